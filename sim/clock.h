/* SPDX-License-Identifier: MIT */
/*
 * The simulation's own time and what is due in it. Time is in milliseconds since the simulation
 * began; who runs it decides how that goes with the real one.
 *
 * Alarms that are due at the same time ring in the order in which they were set, so that a run
 * depends on nothing but its seed.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of what it wakes; zeroed at first. An alarm that is set may not be moved or freed. */
struct sim_alarm {
	uint64_t at, order;
	size_t place; /* in the heap, from 1; 0 when not set */
	void (*ring)(void *arg);
	void *arg;
};

struct sim_clock {
	uint64_t now, order;
	struct sim_alarm **heap;
	size_t count, cap;
};

void sim_clock_init(struct sim_clock *c);
void sim_clock_finish(struct sim_clock *c);

/* Sets an alarm, or sets it anew, `after` from now. Without memory it is not set: false. */
bool sim_alarm_set(struct sim_clock *c, struct sim_alarm *a, uint64_t after, void (*ring)(void *arg), void *arg);
/* Makes room, so that so many more alarms can be set without fail. */
bool sim_clock_reserve(struct sim_clock *c, size_t more);
void sim_alarm_cancel(struct sim_clock *c, struct sim_alarm *a);
bool sim_alarm_is_set(const struct sim_alarm *a);

/* When the next alarm is due; UINT64_MAX when none is. */
uint64_t sim_clock_next(const struct sim_clock *c);
/* Rings what is due up to and at `until`, at its own time each, and leaves the clock there. */
void sim_clock_run(struct sim_clock *c, uint64_t until);

#endif
