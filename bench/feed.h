/* SPDX-License-Identifier: MIT */
/* A proxy that benchmarks feed. */
#ifndef BENCH_FEED_H
#define BENCH_FEED_H

#include <devlink3/devlink3.h>
#include <stdint.h>

#include "gateway/proxy.h"

/* Lets applications in, as if a PBX's snapshot had just ended. @return NULL with why not in `error`. */
struct proxy *feed_proxy(struct event_base *base, const struct proxy_listen *listen, uint32_t connections,
                         char *error, size_t error_cap);
/* Gives it a frame's event, as a session does with what comes from a PBX. Exits when it is none. */
void feed_event(struct proxy *p, struct dl3_octets frame, uint32_t counter);

#endif
