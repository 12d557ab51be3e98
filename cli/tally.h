/* SPDX-License-Identifier: MIT */
/* What was decoded, in numbers. */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include "capture.h"
#include "message.h"

#define TALLY_MESSAGES ((size_t)DL3_MSG_READ_REPLY + 1)
#define TALLY_KINDS ((size_t)DL3_KIND_CMEXTN_STATE + 1)

struct tally {
	uint64_t octets; /* of frames */
	uint64_t messages[TALLY_MESSAGES];
	uint64_t kinds[TALLY_KINDS];
	uint64_t faults; /* frames, messages and records; holes are counted by themselves */
	bool is_capture;
	struct capture_counts capture;
};

/* Counts an item: decodes all of it. `scratch` as in struct message. @return whether it is well formed. */
bool tally_add(struct tally *t, const struct source_item *item, char *scratch);

/* Writes it as a JSON object in a line. Octets that suffice: TALLY_TEXT_MAX. */
#define TALLY_TEXT_MAX 8192u
void tally_json(const struct tally *t, struct dl3i_out *o);
/* Writes it as lines of text for people. */
void tally_text(const struct tally *t, struct dl3i_out *o);

#endif
