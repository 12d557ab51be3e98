/* SPDX-License-Identifier: MIT */
/* Records, and what stands around them, out of the lines of JSON that `watch` and `decode` print. */
#ifndef CLI_CALLS_JSON_H
#define CLI_CALLS_JSON_H

#include <devlink3/devlink3.h>
#include <jansson.h>

/* Targets of a Detail; past it a line is none that a PBX can send. */
#define CALLS_TARGETS_MAX 4096u

/* What is wrong with a line. */
struct calls_problem {
	char where[64]; /* "record.call.state"; empty for the line as a whole */
	const char *expected;
	char came[64];
};

/* What a record that was read points to beside its JSON; all zeros at first. */
struct calls_record_room {
	struct dl3_target *targets;
	size_t cap;
};
void calls_record_room_free(struct calls_record_room *room);

/*
 * Makes a record of its JSON, by the tables, or of its text where the JSON has that. `out` points into `json`
 * and `room`, and lives as long as they do and are not used again.
 * @return 1; 0 with a problem; -1 without memory.
 */
int calls_record_of(const json_t *json, struct calls_record_room *room, struct dl3_record *out,
                    struct calls_problem *problem);

/* Fills in a problem. @return 0. */
int calls_problem_is(struct calls_problem *p, const char *where, const char *member, const char *expected,
                     const json_t *came);

/* "192.0.2.5". @return 1, or 0 when it is none. */
int calls_address_of(const json_t *json, uint32_t *out);
/* Unix milliseconds of "2026-01-31T09:05:07.042Z", or of Unix seconds as a number. @return likewise. */
int calls_time_of(const json_t *json, int64_t *out);

#endif
