/* SPDX-License-Identifier: MIT */
/* The simulation by HTTP and JSON, for the tests of somebody else's application: docs/simulator.md has
 * the requests. Listens on loopback unless told otherwise. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "host.h"

struct sim_control;
/* `address` is "127.0.0.1:0" and the like. NULL with `error` when it cannot listen. */
struct sim_control *sim_control_new(struct event_base *base, const char *address, struct sim_host *host,
                                    struct sim_error *error);
void sim_control_free(struct sim_control *c);
/* "127.0.0.1:40321" */
const char *sim_control_address(const struct sim_control *c);

#endif
