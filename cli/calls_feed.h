/* SPDX-License-Identifier: MIT */
/*
 * What was recorded, into printers of calls: the frames of octets, of hexadecimal text or of a capture, and lines
 * of JSON. What a live connection tells by itself has to be seen here: that a stream begins, that its
 * snapshot is whole, that a counter is not in order.
 */
#ifndef CLI_CALLS_FEED_H
#define CLI_CALLS_FEED_H

#include "calls.h"
#include "source.h"

/* Streams of different PBXs in one capture, each with its own calls. */
#define CALLS_STREAMS_MAX 64u
/* PBXs that one stream tells of: nodes of a network, with room. */
#define CALLS_PBXS_MAX 256u

/* A snapshot comes in one piece. What comes so long after its beginning is no part of it, though no answer to a
 * test packet says so: not every application sends any. */
#define CALLS_SNAPSHOT_MS 1000

/* The counter of each PBX of a stream. Past the limit they are not followed. */
struct calls_counters {
	struct {
		uint32_t pbx, last;
	} at[CALLS_PBXS_MAX];
	size_t count;
};

/* What one PBX tells one client. */
struct calls_stream {
	struct call_printer *printer;
	struct calls_counters counters;
	char *pbx, *client; /* of a capture: addresses with ports; NULL otherwise */
	bool snapshot;      /* it has not ended */
	int64_t since_ms;   /* the snapshot; -1 when not known yet */
	int64_t now_ms;     /* never goes back */
	int64_t time_ms;    /* of what is fed now; -1 when it has none */
};

struct calls_feed {
	struct call_style style;
	calls_write_fn write;
	void *arg;
	struct calls_stream streams[CALLS_STREAMS_MAX];
	size_t count;
	char *scratch; /* DL3_RECORD_SCRATCH_MAX octets */
	uint64_t records;
	uint64_t passed_over; /* events of connections that tell the same again */
	uint64_t
		timeless; /* records of a stream under -CD2 without a time of arrival, nor one that can be read */
	uint64_t faults; /* frames, records and holes that hide something */
};

/* @return 0, or -1 without memory. */
int calls_feed_init(struct calls_feed *f, const struct call_style *style, calls_write_fn write, void *arg);
void calls_feed_finish(struct calls_feed *f);

/* One item of a source. @return 0, or -1 as a printer does. */
int calls_feed_item(struct calls_feed *f, const struct source_item *item);

/* The one stream of a source that is no capture; NULL without memory. */
struct calls_stream *calls_feed_stream(struct calls_feed *f);

/* Into a stream: its time, in Unix milliseconds or -1 when none is known, comes first. */
void calls_stream_time(struct calls_stream *s, int64_t time_ms);
int calls_stream_begins(struct calls_stream *s);
int calls_stream_ends(struct calls_stream *s);
int calls_stream_snapshot_end(struct calls_stream *s);
int calls_stream_counter(struct calls_stream *s, uint32_t pbx, uint32_t came, enum dl3_counter_change change);
/* What a counter says of the one before; 0: in order or the first, else 1 and `*change`. */
int calls_stream_count(struct calls_stream *s, uint32_t pbx, uint32_t came, enum dl3_counter_change *change);
int calls_stream_record(struct calls_feed *f, struct calls_stream *s, uint32_t pbx, uint32_t counter,
                        const struct dl3_record *record);

/* Nothing more comes: what is overdue is done, and all that the style asks for is written. */
int calls_feed_end(struct calls_feed *f);
/* Calls that are still up, of all streams. */
size_t calls_feed_up(const struct calls_feed *f);

#endif
