/* SPDX-License-Identifier: MIT */
/*
 * Blanks passwords in what a client sends: a PLAIN response has the password in it, and a recording
 * is given to others. All else is as it was.
 */
#ifndef CLI_RECORD_BLANK_H
#define CLI_RECORD_BLANK_H

#include <stddef.h>
#include <stdint.h>

/* Behind code, request id, step and length the response begins. */
#define RECORD_BLANK_HEAD 16u

/* One connection's octets from the client, wherever they are cut. All zeros is its beginning. */
struct record_blank {
	uint8_t header[4];
	uint8_t head[RECORD_BLANK_HEAD];
	size_t header_len;
	size_t at, len;   /* of the payload */
	uint64_t blanked; /* octets */
};

/* Goes on with the octets in `data`, in which it blanks. */
void record_blank(struct record_blank *b, uint8_t *data, size_t len);

#endif
