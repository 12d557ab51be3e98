/* SPDX-License-Identifier: MIT */
/*
 * From a host's name to a connected socket, without waiting: the name is looked up, then its addresses
 * are tried one behind the other. Numbers need no looking up.
 */
#ifndef DL3I_NET_DIAL_H
#define DL3I_NET_DIAL_H

#include <devlink3/event.h>
#include <event2/event.h>

#include "address.h"
#include "lookup.h"

/** Addresses of one host that are tried; a name with more is one for something else than a PBX. */
#define DL3I_DIAL_ADDRESSES 8

struct dl3i_dial;

struct dl3i_dial_result {
	evutil_socket_t fd;                 /* connected, the receiver's from then on; -1: none */
	const struct dl3i_address *address; /* the one tried last; NULL when there was none */
	enum dl3_link_reason reason;        /* when there is no socket */
	const char *detail;
};

struct dl3i_dial_callbacks {
	/* The name is known and the first address is being tried. */
	void (*resolved)(void *arg);
	/* Called once for each dl3i_dial_begin() that is not cancelled, and never within it. */
	void (*done)(const struct dl3i_dial_result *result, void *arg);
};

struct dl3i_dial {
	struct event_base *base;
	struct dl3i_dial_callbacks callbacks;
	void *arg;
	uint32_t timeout_ms;
	uint16_t port;
	struct event *timer;  /* the next step, or that it takes too long */
	struct event *socket; /* the address that is being tried; NULL: none */
	struct dl3i_lookup *lookup;
	struct dl3i_address list[DL3I_DIAL_ADDRESSES];
	size_t count, at;
	evutil_socket_t fd;
	bool looked_up; /* the list is what it will be */
	bool told;      /* `resolved` was */
	enum dl3_link_reason reason;
	char host[DL3_HOST_MAX + 1];
	char detail[DL3_FAULT_TEXT_MAX];
};

/** @return false without memory. What it made so far goes with finish(). */
bool dl3i_dial_init(struct dl3i_dial *d, struct event_base *base, const struct dl3i_dial_callbacks *callbacks,
                    void *arg);
void dl3i_dial_finish(struct dl3i_dial *d);
/** Begins, in the loop's next turn; what was going on is cancelled. */
void dl3i_dial_begin(struct dl3i_dial *d, const struct dl3_url *url, uint32_t timeout_ms);
/** No `done` comes any more. */
void dl3i_dial_cancel(struct dl3i_dial *d);

#endif
