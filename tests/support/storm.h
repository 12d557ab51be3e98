/* SPDX-License-Identifier: MIT */
/* People who do anything at any time in a small simulated network, and what must hold all the while. */
#ifndef DL3T_STORM_H
#define DL3T_STORM_H

#include "sim/exchange.h"

#define DL3T_STORM_CALLS 256u

/* What the news have said so far of a call that has not ended. */
struct dl3t_story {
	uint64_t number;
	uint32_t offered[SIM_TARGETS_MAX],
		offered_node[SIM_TARGETS_MAX]; /* rings, and nothing came of it yet */
	size_t offered_count;
	bool told; /* a CHANGED */
};

struct dl3t_storm {
	struct sim_world *world;
	struct sim_clock clock;
	struct sim_exchange *x;
	struct sim_random random;
	struct sim_observer observer;
	struct dl3t_story stories[DL3T_STORM_CALLS];
	size_t story_count;
	uint64_t news, digest;        /* how many, and a sum over all that they said */
	uint64_t kinds[SIM_USER + 1]; /* how many of each */
	uint64_t dialogues;           /* SIP: begun and not over */
	uint64_t done, refused;
	bool hungry; /* memory may fail: what waits for a phone may wait for longer */
	bool doing;  /* inside the exchange, when it may */
};

void dl3t_storm_open(struct dl3t_storm *s, uint64_t seed);
/* Somebody does something, or time passes. What is refused must say why and have done nothing. */
void dl3t_storm_step(struct dl3t_storm *s);
/* Fails the test when something does not hold now. */
void dl3t_storm_check(struct dl3t_storm *s);
/* Clears all calls; then nothing may be left. */
void dl3t_storm_close(struct dl3t_storm *s);

#endif
