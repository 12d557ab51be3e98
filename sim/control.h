/* SPDX-License-Identifier: MIT */
/* The simulation by HTTP and JSON, for the tests of somebody else's application: docs/simulator.md has
 * the requests. Whoever reaches it may do anything with the simulation, and nothing else: it should
 * listen on loopback. Pages of other sites cannot use it through a browser: requests are refused whose
 * Host is not the address that it listens on, or whose body does not call itself JSON. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include "host.h"

#define SIM_CONTROL_BODY_MAX 65536u
#define SIM_CONTROL_HEADERS_MAX 8192u
#define SIM_CONTROL_TIMEOUT_S 30

struct sim_control;
/* `address` is "127.0.0.1:0" and the like. NULL with `error` when it cannot listen. `host` must outlive it. */
struct sim_control *sim_control_new(struct event_base *base, const char *address, struct sim_host *host,
                                    struct sim_error *error);
void sim_control_free(struct sim_control *c);
/* "127.0.0.1:40321" */
const char *sim_control_address(const struct sim_control *c);

#endif
