/* SPDX-License-Identifier: MIT */
/*
 * The time that a session is told. It stands still while nobody looks: of an answer that came, or would
 * have come, while the program was stopped or its owner did not read, nobody may say that it was late.
 */
#ifndef DL3I_NET_PACE_H
#define DL3I_NET_PACE_H

#include <stdbool.h>
#include <stdint.h>

/** A loop that comes so much later than it wanted to was not just busy. */
#define DL3I_STANDSTILL_MS 200u

struct dl3i_pace {
	uint64_t behind; /* what the session was not told of */
	uint64_t told;   /* when it was told last */
	bool still;      /* its owner does not read */
	bool put_off;    /* once, and nothing has come since: a dead one is found all the same */
};

/** What the session's time is at `now`. */
uint64_t dl3i_pace_time(const struct dl3i_pace *p, uint64_t now);
/** When it will be `due` by the session's time; DL3_NEVER. */
uint64_t dl3i_pace_due(const struct dl3i_pace *p, uint64_t due);
/** Begins, or goes on: to be called before the session is told. `due` is the session's deadline. */
void dl3i_pace_tell(struct dl3i_pace *p, uint64_t now, uint64_t due);
/** Stands still until the next dl3i_pace_tell(). */
void dl3i_pace_stop(struct dl3i_pace *p);
/** Something came. */
void dl3i_pace_heard(struct dl3i_pace *p);

#endif
