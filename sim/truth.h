/* SPDX-License-Identifier: MIT */
/*
 * What really happened: a line of JSON for each call that is over, worked out from the exchange itself,
 * never from what was reported. The fields are those of a call record: docs/simulator.md.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "exchange.h"

struct sim_truth;
/* `write` gets each line, without its line break, when the call is over. NULL without memory. */
struct sim_truth *sim_truth_new(struct sim_exchange *x, void (*write)(const char *line, size_t len, void *arg),
                                void *arg);
/* Calls in progress get no line. */
void sim_truth_free(struct sim_truth *t);
/* Lines written, and calls followed now. */
uint64_t sim_truth_lines(const struct sim_truth *t);

#endif
