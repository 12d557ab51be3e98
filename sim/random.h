/* SPDX-License-Identifier: MIT */
/* Numbers that look random and depend on the seed alone, the same on every machine. Each part
 * of the simulation has a source of its own, so that more of one thing does not change another. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_random {
	uint64_t s[4];
};

/* `part` names who uses it: two parts of one seed have nothing to do with each other. */
void sim_random_init(struct sim_random *r, uint64_t seed, const char *part);
uint64_t sim_random_next(struct sim_random *r);
/* From 0 to n - 1, each alike; 0 when n is 0. */
uint32_t sim_random_below(struct sim_random *r, uint32_t n);
/* Whether something of this probability happens. */
bool sim_random_chance(struct sim_random *r, double probability);
/* At least `low`, less than `high`. */
uint64_t sim_random_between(struct sim_random *r, uint64_t low, uint64_t high);
/* Gaps between arrivals of a Poisson process, of this mean; durations of calls, of this median,
 * with the long tail that they have (log-normal). Computed with integers and tables or with
 * operations that IEEE 754 rounds exactly, so that they too are the same on every machine. */
uint64_t sim_random_gap(struct sim_random *r, uint64_t mean);
uint64_t sim_random_duration(struct sim_random *r, uint64_t median);

#endif
