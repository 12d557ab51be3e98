/* SPDX-License-Identifier: MIT */
/*
 * Frames out of a file: raw octets of one direction, or hexadecimal text with a frame a line.
 * The form is told apart by the first octets. Memory stays within a few of the longest frames,
 * whatever the file holds, and time within a multiple of its length.
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include <devlink3/devlink3.h>

#include "input.h"

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
	 * counts like `offset`. For hex that is no hex `not_hex` is set, there is no frame to have an
	 * offset, and `fault.offset` is the column in its line, from 1. */
	struct dl3_fault fault;
	bool not_hex;
	bool resumed; /* raw: decoding goes on at `resume`, found by searching */
	uint64_t resume;
};

/* Octets of one line of hexadecimal text. */
struct source_row {
	uint8_t *octets;
	size_t cap;
	size_t len;
	size_t at; /* how far they have been used */
	uint64_t line;
};

struct source {
	struct input in;
	enum source_form form;
	struct source_row row;
};

/*
 * `fd` is not closed by source_finish(). `wait(arg)` is called before each time that reading has
 * to wait, and may end it by returning -1.
 */
void source_init(struct source *s, int fd, enum source_form form, input_wait_fn wait, void *arg);
void source_finish(struct source *s);

/* The next frame or fault. @return 1, 0 at the end, -1 when reading failed (errno), no memory, or wait()'s no. */
int source_next(struct source *s, struct source_item *item);

/* ---- Between the files of this module ---- */

int source_next_raw(struct input *in, struct source_item *item);
int source_next_hex(struct input *in, struct source_row *row, struct source_item *item);

#endif
