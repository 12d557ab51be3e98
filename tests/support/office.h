/* SPDX-License-Identifier: MIT */
/* A small simulated network for tests, and what it tells: two offices and a depot behind the first.
 *
 *   node 0 c0a82a03: users 4001 (TDM), 4002 (SIP, no voicemail), 4003 (H.323), 4004 (DECT, mailbox); group
 *                    200 collective of 4001..4003; SIP line 5, ISDN line 6 with one channel
 *   node 1 c0a82a04: user 5001; group 201 sequential of 5001, 4001; behind node 0
 *   node 2 c0a82a05: user 6001; behind node 0
 *   DIDs: 5678 to 200, 4xxx, 5001 and 6001 to those */
#ifndef DL3T_OFFICE_H
#define DL3T_OFFICE_H

#include "sim/exchange.h"
#include "sim/report.h"
#include "sim/truth.h"
#include "support/conversation.h"

struct dl3t_office {
	struct sim_world *world; /* may be changed before dl3t_office_open() */
	struct sim_clock clock;
	struct sim_exchange *x;
	struct sim_report *report;
	struct sim_truth *truth;
	bool silent;            /* no report of its own: an exchange has one at most */
	unsigned kinds;         /* what is listened to: SIM_TELLS_*; Delta3 alone at first */
	struct dl3t_text told;  /* lines "0 <Detail>...": node, text */
	struct dl3t_text lines; /* of the truth */
};

struct dl3t_office *dl3t_office_new(void);
void dl3t_office_open(struct dl3t_office *o);
void dl3t_office_free(struct dl3t_office *o);
const struct sim_user *dl3t_user(const struct dl3t_office *o, const char *extension);
const struct sim_group *dl3t_group(const struct dl3t_office *o, const char *extension);
/* What was told since this was asked last. */
const char *dl3t_told(struct dl3t_office *o);
/* A call comes in on line 5. */
struct sim_call *dl3t_incoming(struct dl3t_office *o, const char *did);
void dl3t_wait(struct dl3t_office *o, uint64_t ms);
/* Does it, or fails the test with what stood in the way. */
#define DL3T_DO(operation)                                          \
	do {                                                        \
		struct sim_error error = { "" };                    \
		if (!(operation))                                   \
			fail_msg("%s: %s", #operation, error.text); \
	} while (0)
/* Must be refused, with a reason in which `word` stands. */
#define DL3T_REFUSED(operation, word)                                                   \
	do {                                                                            \
		struct sim_error error = { "" };                                        \
		if (operation)                                                          \
			fail_msg("%s was done", #operation);                            \
		if (!strstr(error.text, word))                                          \
			fail_msg("%s: '%s' has no '%s'", #operation, error.text, word); \
	} while (0)

#endif
