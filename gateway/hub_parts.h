/* SPDX-License-Identifier: MIT */
/* Between the files of the hub. */
#ifndef GATEWAY_HUB_PARTS_H
#define GATEWAY_HUB_PARTS_H

#include <event2/event.h>

#include "consumer.h"
#include "hub.h"

/* `text` holds the message as server-sent events have it: lines in front of the JSON, the JSON, two line breaks. */
struct hub_message {
	unsigned refs;
	uint64_t seq;
	enum hub_kind kind;
	bool replaced;     /* there is a later one about the same thing */
	uint32_t event_at; /* behind the line with its number */
	uint32_t json_at, json_len, body_at, body_len, len;
	uint32_t tag_count;
	uint64_t *tags; /* the first is the PBX's; behind them, in the same block of memory, is the text */
	char *text;
	size_t size;
};

struct hub_thing {
	struct hub_thing *next_in_bucket;
	struct hub_thing *newer, *older; /* of its kind, in the order in which they came up */
	enum hub_kind kind;
	unsigned pins;              /* consumers that have come so far in it */
	struct hub_message *latest; /* NULL: it is over, and only pinned */
	size_t pbx_len, about_len;
	char name[]; /* pbx, then what it is about */
};

/* Octets for one turn of one channel, or for one consumer alone. */
struct hub_block {
	unsigned refs;
	size_t len;
	char octets[];
};

struct hub_channel {
	struct hub_channel *next;
	struct hub *hub;
	struct hub_filter filter;
	enum hub_encoding encoding;
	uint32_t consumers;
	struct consumer *first;
	struct consumer *served; /* while a turn is given: whose turn it is next */
};

struct hub {
	struct event_base *base;
	int64_t (*now_ms)(void *arg);
	void *arg;
	struct event *flush;
	bool flush_set, flushing;
	struct hub_message **ring; /* by the low bits of the number */
	uint32_t ring_size;
	size_t ring_bytes, ring_bytes_max;
	uint64_t first, last; /* of the ring; first is last + 1 when it is empty */
	uint64_t began;       /* the first of this life */
	uint64_t earlier;     /* the last of an earlier one, as far as is known */
	uint64_t flushed;     /* the channels have been given all up to it, */
	uint64_t turn;        /* and while they are served: are being given all up to it */
	size_t turn_bytes;    /* of text, since */
	uint64_t arrived_ns;  /* monotonic: when the turn's first octets came; 0: none have */
	struct hub_thing **buckets;
	uint32_t bucket_count, thing_count;
	struct hub_thing *oldest[HUB_KINDS], *newest[HUB_KINDS];
	struct hub_channel *channels;
	struct hub_counts counts;
};

/* The message of a number; NULL when it is not kept. */
static inline struct hub_message *hub_message_of(const struct hub *h, uint64_t seq)
{
	return seq >= h->first && seq <= h->last ? h->ring[seq & (h->ring_size - 1)] : NULL;
}

/* The thing of a kind that came up next behind that one, which is NULL for the first; NULL at the end. */
struct hub_thing *hub_thing_after(const struct hub *h, enum hub_kind kind, const struct hub_thing *t);
/* Keeps a thing as a place in the order, and no longer the one that was pinned before. Either may be NULL. */
void hub_thing_pin(struct hub *h, struct hub_thing **pinned, struct hub_thing *t);
/* Drops what is more than the ring may hold. */
void hub_trim(struct hub *h);
/* The loop's turn is over: what it brought is given to the channels. */
void hub_on_flush(evutil_socket_t fd, short what, void *arg);
/* The same at once, unless it is just being done. */
void hub_flush(struct hub *h);

/* Whether a filter lets a message through. */
bool hub_filter_takes(const struct hub_filter *f, const struct hub_message *m);
/* The channel of a filter and an encoding; made when there is none. NULL without memory. */
struct hub_channel *hub_channel_join(struct hub *h, const struct hub_filter *f, enum hub_encoding encoding);
void hub_channel_leave(struct hub_channel *ch);

struct hub_block *hub_block_new(size_t cap);
void hub_block_release(struct hub_block *b); /* NULL is allowed */

/* Writes messages to octets with as much room as hub_message_room() says, as an encoding has them: as server-sent
 * events, or as frames of WebSocket with a line for each. */
struct hub_writer {
	enum hub_encoding encoding;
	char *out;
	size_t len;
	size_t frame_at, frame_len; /* of the frame that is open */
};
size_t hub_message_room(const struct hub_message *m);
void hub_writer_begin(struct hub_writer *w);
void hub_writer_message(struct hub_writer *w, const struct hub_message *m);
/* One in a form of its own for each encoding. */
void hub_writer_put(struct hub_writer *w, const char *sse, size_t sse_len, const char *json, size_t json_len);
void hub_writer_end(struct hub_writer *w);

/* What a turn brought: `block` is NULL when nothing of it concerns the channel, or there was no memory. The consumer
 * may be freed by it. */
void consumer_turn(struct consumer *c, struct hub_block *block, uint32_t messages);
struct consumer *consumer_next_of_channel(const struct consumer *c);

#endif
