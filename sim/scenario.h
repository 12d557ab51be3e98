/* SPDX-License-Identifier: MIT */
/* A scenario: commands at their times, from a YAML file. Schema-checked when it is read; what cannot
 * be done when its time comes stops the simulation with the file, line and reason, or is a warning
 * where the step says `may_fail`. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "command.h"

struct sim_scenario;
struct sim_scenario *sim_scenario_load(const char *path, struct sim_error *error);
struct sim_scenario *sim_scenario_parse(const char *text, size_t len, const char *name, struct sim_error *error);
void sim_scenario_free(struct sim_scenario *s);

/* Begins to play it, from the clock's now. `done` comes once: with NULL when the last step has been done,
 * or with what went wrong. */
bool sim_scenario_play(struct sim_scenario *s, struct sim_exchange *x,
                       void (*done)(const struct sim_error *error, void *arg), void *arg);

#endif
