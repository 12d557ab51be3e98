/* SPDX-License-Identifier: MIT */
/* Between the files of the consumers. */
#ifndef GATEWAY_CONSUMER_PARTS_H
#define GATEWAY_CONSUMER_PARTS_H

#include "hub_parts.h"

struct consumer_ws;

struct consumers {
	struct hub *hub;
	struct event_base *base;
	struct event *beat;
	uint32_t max, count;
	uint32_t heartbeat_ms, stall_ms, queue;
	bool (*narrow)(const void *owner, struct consumer_wish *wish, char *error, size_t error_size);
	uint64_t now; /* monotonic milliseconds, as of the last beat: near enough for what lasts seconds */
	struct consumer *first;
};

struct consumer {
	struct consumers *all;
	struct consumer *older, *newer;
	struct hub_channel *channel;
	struct consumer *channel_before, *channel_next;
	struct dl3i_stream stream;
	struct event *readable, *writable;
	bool waits; /* for room */
	struct hub_block *block;
	size_t sent;
	uint64_t next;   /* the first message that it was not given, nor passed over */
	uint64_t joined; /* those before are history, and do not count as being behind */
	uint32_t behind; /* messages for it from there on that the channels were given and it was not */
	uint32_t limit;
	enum consumer_policy policy;
	bool coalesces; /* gets the latest of each only, until it has caught up */
	bool history_unknown;
	bool history_earlier;         /* what it missed of an earlier life may be more than is known */
	uint64_t missed, history_gap; /* to be told */
	bool snapshot, snapshot_begun;
	unsigned at_kind;     /* of the snapshot: the kind, by its place in the order, */
	struct hub_thing *at; /* and the last thing of it that was put; pinned */
	size_t chunk_room, chunk_need;
	bool deaf;     /* until it has taken what it asked for */
	bool too_slow; /* and is closed for it */
	bool closing;  /* one more block, which says why, */
	bool ending;   /* and that is it */
	bool pumping;  /* to be freed by whom it is served just now */
	bool dead;
	uint64_t moved; /* when it last took something */
	struct consumer_ws *ws;
	void *owner;
	void (*release)(void *owner);
};

/* Goes on with it: sends what there is. It may be freed by that. */
void consumer_pump(struct consumer *c);
/* Ends it once it has been told. */
void consumer_close(struct consumer *c);
/* Ends it at once. */
void consumer_destroy(struct consumer *c);
/* Takes another filter from here on. @return false without memory; then all is as before. */
bool consumer_subscribe(struct consumer *c, const struct consumer_wish *wish);

/* ---- For one alone: consumer_chunk.c ---- */

/* The next octets of one that is not live; of length 0 when it is now. NULL without memory. */
struct hub_block *consumer_chunk(struct consumer *c);
/* The last: why it ends. NULL without memory. */
struct hub_block *consumer_farewell(struct consumer *c);
/* It is further behind than it has allowed. */
void consumer_overflow(struct consumer *c);
/* Begins a snapshot, or gives up the one that it is in. */
void consumer_snapshot(struct consumer *c, bool wanted);

/* ---- WebSocket: consumer_ws.c ---- */

/* @return false without memory. */
bool consumer_ws_init(struct consumer *c);
void consumer_ws_finish(struct consumer *c);
/* Takes octets of the other end. @return false when they end the connection at once. */
bool consumer_ws_feed(struct consumer *c, const uint8_t *data, size_t len);
/* Whether it may say more: few of its answers wait. */
bool consumer_ws_hears(const struct consumer *c);
/* What it has to say itself: answers to pings, the end. NULL when nothing. */
struct hub_block *consumer_ws_block(struct consumer *c);
/* Queues the end, with a code of RFC 6455, section 7.4. */
void consumer_ws_close(struct consumer *c, unsigned code);

#endif
