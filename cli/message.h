/* SPDX-License-Identifier: MIT */
/* A message with its records, ready to be shown as JSON or as text. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <devlink3/devlink3.h>

#include "base/json.h"

/* Where an item stands in its file. */
struct place {
	uint64_t offset; /* of the frame */
	uint64_t line;   /* hex text: its line; 0 otherwise */
};

/* One message and what decoding it said. */
struct message {
	struct place place;
	size_t header; /* octets of its frame's header */
	struct dl3_octets payload;
	struct dl3_msg msg;
	struct dl3_fault fault; /* of the message; offsets count from the payload */
	char *scratch;          /* DL3_RECORD_SCRATCH_MAX octets, for its records */
};

/*
 * Goes through the records of an event. `fault` gets the first thing that is wrong with one,
 * its offset counted from the payload.
 */
struct records {
	struct dl3_octets left;
	struct dl3_octets payload;
	struct dl3_fault *fault;
	char *scratch;
};

/* The records of a message; none unless it is an event. */
struct records records_of(const struct message *m, struct dl3_fault *fault);

/* @return 1 with a record, 0 at the end. */
int records_next(struct records *r, struct dl3_tuple *tuple, struct dl3_record *record);

/* Writes a message as the members of a JSON object. @return whether it is well formed. */
bool message_json(struct dl3i_json *j, const struct message *m);

/* Writes a fault as JSON members: error, offset, reason. */
void fault_json(struct dl3i_json *j, const char *name, const struct dl3_fault *fault);

/* Writes a message as a line of text for people; `colour` allows escapes. @return whether it is well formed. */
bool message_text(struct dl3i_out *o, const struct message *m, bool colour);

#endif
