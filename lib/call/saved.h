/* SPDX-License-Identifier: MIT */
/*
 * A tracker's state as octets. Each thing is passed by one function, for both directions, so that what is
 * written and what is read cannot drift apart. Numbers have seven bits an octet, the lowest first; texts their length in
 * front. Whoever reads may trust nothing: each number has its bounds, and what is named by number must be there.
 */
#ifndef DL3I_CALL_SAVED_H
#define DL3I_CALL_SAVED_H

#include "base/out.h"
#include "call/tracker.h"

struct dl3i_saved {
	struct dl3_tracker *t;
	bool reading;
	bool bad; /* what is read cannot be so; or memory ran out, when t->poor */
	struct dl3i_out out;
	const uint8_t *at, *end;
};

/* The number: `value` when writing, else what was read; `least` or 0 when that is out of bounds. */
uint64_t dl3i_pass(struct dl3i_saved *s, uint64_t value, uint64_t most);
int64_t dl3i_pass_signed(struct dl3i_saved *s, int64_t value, int64_t least, int64_t most);
void dl3i_pass_text(struct dl3i_saved *s, struct dl3i_text **slot);
/* A point in time of the owner's clock. */
#define DL3I_TIME_MOST ((int64_t)1 << 60)
static inline int64_t dl3i_pass_ms(struct dl3i_saved *s, int64_t value)
{
	return dl3i_pass_signed(s, value, -DL3I_TIME_MOST, DL3I_TIME_MOST);
}
static inline int32_t dl3i_pass_moment(struct dl3i_saved *s, int32_t value)
{
	return (int32_t)dl3i_pass_signed(s, value, DL3I_NEVER, INT32_MAX);
}
static inline uint32_t dl3i_pass_u32(struct dl3i_saved *s, uint32_t value)
{
	return (uint32_t)dl3i_pass(s, value, UINT32_MAX);
}
static inline bool dl3i_pass_bool(struct dl3i_saved *s, bool value)
{
	return dl3i_pass(s, value, 1) != 0;
}
/* How many of a thing follow, each of which takes an octet at least. */
uint32_t dl3i_pass_count(struct dl3i_saved *s, uint64_t value);

/* An end, named by the place of its call and its own place there, from 1; 0 is none. */
uint32_t dl3i_pass_end(struct dl3i_saved *s, uint32_t end);

/* What stands inside the frame, of which nothing is known yet: dl3_tracker_restore(). */
enum dl3_err dl3i_restore(struct dl3_tracker *t, struct dl3_octets inside);

/* saved_calls.c: after nodes and groups. */
void dl3i_pass_calls(struct dl3i_saved *s);
/* saved_people.c */
void dl3i_pass_groups(struct dl3i_saved *s);
void dl3i_pass_users(struct dl3i_saved *s);

#endif
