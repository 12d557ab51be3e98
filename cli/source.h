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
	SOURCE_PCAP, /* not for source_next(), but source_pcap_run() */
};

/* Who sent what is found in a capture. */
enum source_direction {
	SOURCE_DIRECTION_UNKNOWN,
	SOURCE_CLIENT, /* sent by the client */
	SOURCE_PBX,
};

/* Where in a capture an item comes from. */
struct source_origin {
	uint64_t time_ns; /* since 1970, UTC: of the packet with its last octet */
	const char *from, *to;
	enum source_direction direction;
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
	/* Captures only; else NULL. Then `offset` counts from the first octet seen of its direction. */
	const struct source_origin *origin;
	/* Captures: from `offset` on octets are missing, `missing` or, when that is 0, who knows how many;
	 * and `dropped` in front of them were a frame's that is not whole. Nothing else is set then. */
	bool hole;
	uint64_t missing;
	uint64_t dropped;
};

/*
 * Where a search for the next frame in raw octets is, so that it can go on when octets are fed. To
 * begin with a search, as when the beginning of the octets is missing, set `searching` and `silent`.
 */
struct source_search {
	bool searching;
	bool silent;              /* what made it necessary is told otherwise */
	uint64_t passed_over;     /* octets, in all silent searches */
	struct source_item fault; /* what made it necessary */
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
	struct source_search search;
};

/*
 * `fd` is not closed by source_finish(). `wait(arg)` is called before each time that reading has
 * to wait, and may end it by returning -1.
 */
void source_init(struct source *s, int fd, enum source_form form, input_wait_fn wait, void *arg);
void source_finish(struct source *s);

/* Tells the form by the first octets, unless source_init() was told. @return it, or -1 as source_next(). */
int source_detect(struct source *s);

/* The next frame or fault. @return 1, 0 at the end, -1 when reading failed (errno), no memory, or wait()'s no. */
int source_next(struct source *s, struct source_item *item);

/* ---- Between the files of this module ---- */

/* As source_next(); `item` is blank. -1 with EAGAIN: more is to be fed first. */
int source_next_raw(struct input *in, struct source_search *search, struct source_item *item);
/* Whether octets could be those of a frame with a message that is known, as far as they are there. */
bool source_begins(const uint8_t *p, size_t left);

int source_next_hex(struct input *in, struct source_row *row, struct source_item *item);

#endif
