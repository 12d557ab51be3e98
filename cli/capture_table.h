/* SPDX-License-Identifier: MIT */
/*
 * The TCP connections of a capture, found by their ends, and how long ago each was heard of. There are
 * two kinds, those that are followed and all others, so that these do not push those out.
 */
#ifndef CLI_CAPTURE_TABLE_H
#define CLI_CAPTURE_TABLE_H

#include "capture_packet.h"
#include "reassembly.h"
#include "source.h"

#define CAPTURE_BUCKETS 8192u
#define CAPTURE_NAME_MAX 64u

enum capture_state {
	CAPTURE_UNDECIDED, /* its first octets have not been seen */
	CAPTURE_IGNORED,
	CAPTURE_FOLLOWED,
};

/* One direction. */
struct capture_stream {
	struct reassembly tcp;
	struct input in;
	struct source_search search;
	bool has_isn;
	bool ruled_out; /* while undecided: this direction does not begin as DevLink3 does */
	bool done;      /* what is left over at its end has been shown */
	uint32_t isn;
};

struct capture_connection {
	struct capture_connection *chain;         /* of the bucket */
	struct capture_connection *newer, *older; /* of its kind */
	struct capture_end_point ends[2];
	struct capture_stream streams[2]; /* [i] is sent by ends[i] */
	char names[2][CAPTURE_NAME_MAX];
	enum capture_state state;
	int pbx; /* which end is the PBX; -1: not known */
	bool closed;
	size_t memory; /* of the streams, when they were looked at last */
};

struct capture_list {
	struct capture_connection *newest, *oldest;
	size_t count;
};

struct capture_table {
	struct capture_connection *buckets[CAPTURE_BUCKETS];
	struct capture_list followed, others;
	size_t memory; /* of all */
};

/* Finds the connection of two ends, and which of its ends `from` is. @return NULL when there is none. */
struct capture_connection *capture_table_find(const struct capture_table *t,
                                              const struct capture_end_point *from,
                                              const struct capture_end_point *to, int *side);

/* Adds one, which is then the newest of its kind; `from` is its end 0. @return NULL without memory. */
struct capture_connection *capture_table_add(struct capture_table *t, const struct capture_end_point *from,
                                             const struct capture_end_point *to, enum capture_state state);

/* It was heard of just now. */
void capture_table_touch(struct capture_table *t, struct capture_connection *c);

/* It may be forgotten before all others of its kind. */
void capture_table_retire(struct capture_table *t, struct capture_connection *c);

/* Its state changes, and with that perhaps its kind. */
void capture_table_set_state(struct capture_table *t, struct capture_connection *c, enum capture_state state);

/* Frees what the streams hold, which are as new. */
void capture_table_clear(struct capture_table *t, struct capture_connection *c);

void capture_table_remove(struct capture_table *t, struct capture_connection *c);

/* Counts the memory of its streams anew. */
void capture_table_measure(struct capture_table *t, struct capture_connection *c);

#endif
