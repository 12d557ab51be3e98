/* SPDX-License-Identifier: MIT */
/* The gateway's parts as servers for bench/fanout: each is given messages over a socket, as Redis is. */
#ifndef BENCH_FANOUT_H
#define BENCH_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who listens, at most. */
#define MANY 10000u

/* The first of those that are given the same come before the Redis that is given it too. */
enum kind { SSE, WEBSOCKET, REDIS_CALLS, PROXY, REDIS_EVENTS, KINDS };

/* A call in the middle of its life, as the tracker writes it, and as much as the hub puts around it. */
extern const char fanout_body[], fanout_around[];
/* A character that is in it once. */
#define FANOUT_MARK '~'

/* An event of the PBX's, a whole frame of about `want` octets; exits when none can be made. */
struct fanout_event {
	uint8_t octets[1024];
	size_t len;
};
void fanout_event(struct fanout_event *e, size_t want);

/*
 * The server, which does not return. Messages come to `publishers`, which listens, and each is answered with an octet:
 * lines of JSON, or frames. Subscribers come to `subscribers`, which listens too; the proxy's to `port`, where it
 * listens itself, and log in with feed_login().
 */
_Noreturn void fanout_serve(enum kind kind, int publishers, int subscribers, uint16_t port);

#endif
