/* SPDX-License-Identifier: MIT */
/* A world small enough to be known by heart, and its exchange:
 *
 *   Office, c0a82a03: users 4001 to 4005, 4004 with a mailbox; 4002's phone is an H.323 one, 4005's SIP; group 200 of 4001, 4002, 4003, all at once,
 *                     an announcement after 10 s; SIP line 5, prefix 9; DID 5678 to 200
 *   Branch, c0a82a04: user 5001
 *   01707123456 is in the directory. */
#ifndef DL3T_COMPANY_H
#define DL3T_COMPANY_H

#include "sim/exchange.h"

struct dl3t_company {
	struct sim_world *world;
	struct sim_clock clock;
	struct sim_exchange *x;
};

/* As setup and teardown of a test: *state is a struct dl3t_company. */
int dl3t_company_open(void **state);
int dl3t_company_close(void **state);
/* So many milliseconds later. */
void dl3t_company_wait(struct dl3t_company *c, uint64_t ms);

#endif
