/* SPDX-License-Identifier: MIT */
/*
 * How each node tells what happens: Delta3 and Delta2, SIPTrack and CMExtn, as records, all of the
 * same story. docs/simulator.md says which choices are ours where the description says nothing.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "exchange.h"

enum sim_stream_kind {
	SIM_TELLS_DELTA3 = 1,
	SIM_TELLS_DELTA2 = 2,
	SIM_TELLS_SIPTRACK = 4,
	SIM_TELLS_CMEXTN = 8,
};

/* Who gets the records. */
struct sim_audience {
	/* Which kinds anybody listens to on a node, SIM_TELLS_*: others are not made. */
	unsigned (*wants)(size_t node, void *arg);
	/* A record of `kind`. `connected`: it also goes to those who asked for calls that have been connected
	 * only. The record and its text live until this returns. */
	void (*tell)(size_t node, enum sim_stream_kind kind, bool connected, const struct dl3_record *record,
	             void *arg);
	void *arg;
};

struct sim_report;
/* Observes `x` from now on: one report for an exchange, which notes in its ends who has told of them.
 * Everything given must outlive it. NULL without memory. */
struct sim_report *sim_report_new(struct sim_exchange *x, const struct sim_audience *audience);
void sim_report_free(struct sim_report *r);

/* Tells the Delta3 Detail of each call in progress that `node` sees, to `tell` alone, from the call
 * after `*from` on (0 at first), until `tell` returns false, which says that this one was not taken.
 * `*from` is where to go on. @return true when all has been told. */
bool sim_report_snapshot(struct sim_report *r, size_t node, bool connected_only, uint64_t *from,
                         bool (*tell)(const struct dl3_record *record, void *arg), void *arg);

#endif
