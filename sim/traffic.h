/* SPDX-License-Identifier: MIT */
/* People: calls that come at random, and users who answer, hold, transfer, forget and hang up. */
#ifndef SIM_TRAFFIC_H
#define SIM_TRAFFIC_H

#include "exchange.h"

struct sim_traffic_config {
	double rate;         /* calls a minute, in the mean; 0: none */
	uint64_t seed;
	uint32_t talk_s;     /* median of a conversation; 0: 60 */
	uint64_t calls;      /* stops after so many; 0: goes on */
};

struct sim_traffic;
struct sim_traffic *sim_traffic_new(struct sim_exchange *x, const struct sim_traffic_config *config);
void sim_traffic_free(struct sim_traffic *t);
void sim_traffic_set_rate(struct sim_traffic *t, double rate);
/* Calls begun, and arrivals that found no channel, no free phone: those never became calls. */
uint64_t sim_traffic_begun(const struct sim_traffic *t, uint64_t *lost);
/* How often each kind of thing was begun, for statistics and to see that all of them occur: static
 * names, NULL past the last. */
const char *sim_traffic_feature(const struct sim_traffic *t, size_t index, uint64_t *count);

#endif
