/* SPDX-License-Identifier: MIT */
/* Inside of the control: requests, and what is written as an answer. */
#ifndef SIM_CONTROL_PARTS_H
#define SIM_CONTROL_PARTS_H

#include <jansson.h>

#include "base/json.h"
#include "control.h"

/* ---- control_write.c: one JSON value each ---- */

void sim_write_counts(struct dl3i_json *j, const struct sim_host_counts *n);
void sim_write_state(struct dl3i_json *j, const struct sim_exchange *x);
void sim_write_calls(struct dl3i_json *j, const struct sim_exchange *x);
void sim_write_users(struct dl3i_json *j, const struct sim_exchange *x);
void sim_write_groups(struct dl3i_json *j, const struct sim_exchange *x);
void sim_write_call(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_call *call);
void sim_write_user(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_user *u);
void sim_write_group(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_group *g);
/* The lists "actions", "arguments" and "faults" as members of an open object. */
void sim_write_catalogue(struct dl3i_json *j);

/* ---- control_read.c ---- */

/* What is wrong with a request; RFC 9457. */
struct sim_problem {
	int status;
	const char *argument; /* the member at fault; NULL */
	struct sim_error error;
};

/* A body of at most SIM_CONTROL_BODY_MAX octets as an object; NULL with `p`. Nothing at all is an empty one. */
json_t *sim_read_object(const char *text, size_t len, struct sim_problem *p);
/* The object has these members alone; `names` ends with NULL. */
bool sim_control_members(json_t *object, const char *const *names, struct sim_problem *p);
/* A number from `least` to `most`. */
bool sim_control_number(json_t *object, const char *name, double least, double most, double *out,
                     struct sim_problem *p);

/* Text of a command that was a number in JSON. */
struct sim_numerals {
	char text[32][24];
	size_t count;
};
/* {"action": "answer", "user": "4001"}; what is read borrows from `object` and `numerals`. */
bool sim_read_command(json_t *object, struct sim_numerals *numerals, struct sim_command *out,
                      struct sim_problem *p);

#endif
