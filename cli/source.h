/* SPDX-License-Identifier: MIT */
/*
 * Frames out of a file: raw octets of one direction, or hexadecimal text with a frame a line.
 * The form is told apart by the first octets. Memory stays within two of the longest frames,
 * whatever the file holds.
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include <devlink3/devlink3.h>
#include <stdio.h>

enum source_form {
	SOURCE_DETECT,
	SOURCE_RAW,
	SOURCE_HEX,
};

/* What source_next() found. */
struct source_item {
	struct dl3_octets payload; /* of a frame; lives until the next call */
	uint64_t offset;           /* of the frame: in the file, or (hex) in its line's octets */
	size_t header;             /* octets of the frame's header */
	uint64_t line;             /* hex: the line, from 1; raw: 0 */
	/* When there is no frame: what is wrong there. `fault.err` is DL3_OK otherwise; `fault.offset`
	 * counts like `offset`. For hex that is no hex `fault.err` is DL3_ERR_TEXT and `not_hex` set. */
	struct dl3_fault fault;
	bool not_hex;
	bool resumed; /* raw: decoding goes on at `resume`, found by searching */
	uint64_t resume;
};

struct source;

/* `file` is not closed by source_free(). NULL when there is no memory. */
struct source *source_new(FILE *file, enum source_form form);
void source_free(struct source *s);

/* The next frame or fault. @return 1, 0 at the end, -1 when reading failed (errno) or no memory. */
int source_next(struct source *s, struct source_item *item);

#endif
