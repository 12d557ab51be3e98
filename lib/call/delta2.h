/* SPDX-License-Identifier: MIT */
/* An S record of Delta2 as a view of a call. */
#ifndef DL3I_CALL_DELTA2_H
#define DL3I_CALL_DELTA2_H

#include "call/tracker.h"

struct dl3i_delta2_view {
	struct dl3_tracker *t;
	const struct dl3_delta2_s *s;
	uint32_t pbx;
	int64_t call_id; /* -1: not told */
	struct dl3i_local_key a, b;
	struct dl3i_sight sight;
	struct dl3_str targets; /* that are not given out yet */
	struct dl3i_local_key target;
};

/* Fills `sight` from the record, but for its node and time. */
void dl3i_delta2_see(struct dl3i_delta2_view *v);
/* The targets one by one; `arg` is the view. They are known by their names, within the call. */
bool dl3i_delta2_next_target(struct dl3i_seen *out, void *arg);
bool dl3i_delta2_queues(const struct dl3_delta2_s *s);

/* Eight digits. */
static inline void dl3i_put_hex(char *to, uint32_t value)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
}

#endif
