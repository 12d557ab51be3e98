/* SPDX-License-Identifier: MIT */
/*
 * A made-up stream of what two nodes tell of calls, for the tracker: people who call, push away, answer, hold, pass on,
 * join, park, leave messages and clear, at random and the same for the same seed. And what a tracker makes of a stream, as text.
 */
#ifndef DL3T_TALK_H
#define DL3T_TALK_H

#include "support/conversation.h"

enum dl3t_talk_what {
	DL3T_RECORD,
	DL3T_LINK_LOST,
	DL3T_LINK_UP,
	DL3T_SNAPSHOT_END,
	DL3T_GAP,
	DL3T_RESTART,
	DL3T_TICK
};

struct dl3t_said {
	enum dl3t_talk_what what;
	int64_t now_ms;
	uint32_t pbx;
	unsigned moment; /* what several nodes tell of one moment has one number */
	unsigned call;   /* which of the calls made up it tells of, from 1 */
	bool over;       /* and after it that call is over */
	bool siptrack;
	char *text;
};

struct dl3t_talk {
	struct dl3t_said *said;
	size_t count, cap;
};

#define DL3T_TALK_FAULTS 1u /* gaps, restarts, lost links with their snapshots */
/* So many things happen, each of which is told in one record or several; then all calls end. */
void dl3t_talk_make(struct dl3t_talk *talk, uint64_t seed, unsigned happenings, unsigned options);
/* The events of a file in tests/data/calls. */
void dl3t_talk_load(struct dl3t_talk *talk, const char *name);
void dl3t_talk_free(struct dl3t_talk *talk);

/* Hands one thing to the tracker. */
void dl3t_talk_tell(struct dl3_tracker *t, const struct dl3t_said *said);
/* What the tracker has to tell, all of it, in lines; only the calls that are over when `out` is to have those alone. */
void dl3t_talk_fetch(struct dl3_tracker *t, struct dl3t_text *out, bool ended_only);
/* What it has now: calls that are up, users, groups, counts. */
void dl3t_talk_look(struct dl3_tracker *t, struct dl3t_text *out);

#endif
