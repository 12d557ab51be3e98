/* SPDX-License-Identifier: MIT */
#include "store.h"

const char *store_kind_name(enum store_kind kind)
{
	static const char *const names[STORE_KINDS] = { "call", "event", "user", "group", "merged", "open" };

	return kind < STORE_KINDS ? names[kind] : "unknown";
}

const char *store_state_name(enum store_state state)
{
	static const char *const names[] = { "ok", "slow", "failing" };

	return state <= STORE_FAILING ? names[state] : "unknown";
}
