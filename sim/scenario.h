/* SPDX-License-Identifier: MIT */
/* A scenario: commands at their times, from a YAML file. Schema-checked when it is read; what cannot
 * be done when its time comes stops the simulation with the file, line and reason, or is a warning
 * where the step says `may_fail`. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "command.h"

#define SIM_SCENARIO_MAX 4194304u /* octets of a file */
#define SIM_STEPS_MAX 100000u

struct sim_scenario;
/* NULL with `error`, which begins with "FILE:LINE:COLUMN: " where there is such a place. */
struct sim_scenario *sim_scenario_load(const char *path, struct sim_error *error);
/* The same of text in memory; `name` is what errors call it. */
struct sim_scenario *sim_scenario_parse(const char *text, size_t len, const char *name,
                                        struct sim_error *error);
/* What it plays in may be gone already, but not its clock run on: else sim_scenario_stop() comes first. */
void sim_scenario_free(struct sim_scenario *s);

/* Where warnings go: steps that may fail and did. NULL: nowhere. */
void sim_scenario_set_log(struct sim_scenario *s, void (*log)(const char *line, void *arg), void *arg);

/* Begins to play it, from the clock's now, with labels of its own. `done` comes once: with NULL when the
 * last step has been done, or with what went wrong. False without memory, or while it plays. */
bool sim_scenario_play(struct sim_scenario *s, struct sim_exchange *x,
                       void (*done)(const struct sim_error *error, void *arg), void *arg);
/* No more steps, and no `done`. */
void sim_scenario_stop(struct sim_scenario *s);

#endif
