/* SPDX-License-Identifier: MIT */
/*
 * One direction of a TCP connection as a capture has it: segments out of order, repeated, overlapping
 * and missing become octets in order and holes. What comes too early is kept, REASSEMBLY_HELD_MAX
 * octets at most; past that, what is missing is taken for lost.
 */
#ifndef CLI_REASSEMBLY_H
#define CLI_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REASSEMBLY_HELD_MAX 262144u
#define REASSEMBLY_SEGMENTS_MAX 1024u
/* Further from what is awaited than any window is wide: such a segment does not belong there. */
#define REASSEMBLY_FAR (1 << 26)
/* So many of those one after the other are believed: the stream goes on where they are. */
#define REASSEMBLY_STRAYS_MAX 4u
/* Packets of the connection that may still bring what the other side has acknowledged already: a capture
 * may have packets a little out of order. */
#define REASSEMBLY_GRACE 3u

struct reassembly_piece; /* kept */

/* What comes out, in order. `time_ns` is the packet's, never before that of an earlier call. */
struct reassembly_out {
	/* Octets; they live as long as the call. */
	void (*octets)(void *arg, uint64_t time_ns, const uint8_t *data, size_t len);
	/* So many octets are not in the capture; 0 when nobody can say how many. */
	void (*hole)(void *arg, uint64_t time_ns, uint64_t missing);
	void *arg;
};

struct reassembly {
	bool started;  /* `next` is known */
	bool ended;    /* everything up to its end has come out */
	bool has_fin;  /* `fin` is known */
	bool acked_on; /* `acked` is known */
	uint32_t next; /* sequence number awaited */
	uint32_t fin;  /* sequence number behind the last octet */
	uint32_t top;  /* behind the last octet that was sent, captured or not */
	uint32_t acked;
	unsigned grace, strays;
	uint64_t time_ns;
	struct reassembly_piece *held; /* by sequence, none overlapping */
	size_t count, cap;
	size_t octets; /* held, with what holding them takes */
};

/* A TCP segment of the direction. */
struct reassembly_segment {
	uint64_t time_ns;
	uint32_t seq;
	const uint8_t *data;
	size_t captured; /* octets of `data` */
	size_t len;      /* octets that were sent, `captured` or more */
	bool syn, fin;
};

/* Takes a segment. @return 0, or -1 without memory: then the segment counts as missing. */
int reassembly_add(struct reassembly *r, const struct reassembly_segment *s,
                   const struct reassembly_out *out);

/* What the other side has acknowledged. */
void reassembly_acked(struct reassembly *r, uint32_t ack);

/* To be called for each packet of the connection, behind the others: gives up what will not come. */
void reassembly_turn(struct reassembly *r, const struct reassembly_out *out);

/* Nothing more comes: what is held comes out, with the holes between. */
void reassembly_end(struct reassembly *r, const struct reassembly_out *out);

/* Forgets everything; also how to begin. */
void reassembly_finish(struct reassembly *r);

#endif
