/* SPDX-License-Identifier: MIT */
/* What `devlink3 ping` says of each answer, and of all. */
#ifndef CLI_PING_H
#define CLI_PING_H

#include <devlink3/event.h>

#include "link_output.h"

/* Times kept for the percentiles: the last million. */
#define PING_SAMPLES_MAX 1048576u

struct ping_answer {
	uint64_t seq;
	size_t octets;
	uint64_t ns;
	bool late;         /* after it was said to be lost */
	const char *wrong; /* NULL when it is as it should be */
};

struct ping_report {
	struct link_output *out;
	bool json;
	char address[DL3_ADDRESS_TEXT];
	uint64_t sent, received, late, wrong;
	double sum_ms, squares, min_ms, max_ms;
	float *samples; /* milliseconds */
	size_t count, cap, at;
};

void ping_report_init(struct ping_report *r, struct link_output *out, bool json);
void ping_report_finish(struct ping_report *r);
void ping_report_answer(struct ping_report *r, const struct ping_answer *a);
void ping_report_lost(struct ping_report *r, uint64_t seq);
/* Something odd. */
void ping_report_note(struct ping_report *r, const char *text);
/* So many are still on their way at the end: they are not counted as sent, since nobody waited. */
void ping_report_lose(struct ping_report *r, uint64_t waiting);
void ping_report_summary(struct ping_report *r);

#endif
