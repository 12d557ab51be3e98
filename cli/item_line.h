/* SPDX-License-Identifier: MIT */
/* An item of a source as a line of JSON or of text. */
#ifndef CLI_ITEM_LINE_H
#define CLI_ITEM_LINE_H

#include "message.h"
#include "source.h"

struct item_style {
	bool text; /* for people; JSON otherwise */
	bool colour;
	char *scratch; /* DL3_RECORD_SCRATCH_MAX octets */
};

/* Writes the line. @return whether the item is well formed: no fault, and nothing missing. */
bool item_line(struct dl3i_out *o, const struct source_item *item, const struct item_style *style);

/* Octets of a time as "2026-03-01T09:30:00.123456Z"; those of far years have a few more. */
#define ITEM_TIME_MAX 40
/* Writes it with a NUL. @return its length. */
size_t item_time(uint64_t time_ns, char out[ITEM_TIME_MAX]);

#endif
