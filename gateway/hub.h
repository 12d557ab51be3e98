/* SPDX-License-Identifier: MIT */
/*
 * The hub: what happened, in order, once, for as many as listen.
 *
 * A message is written to JSON once, when it is published, and gets a sequence number. The last ones are kept in
 * a ring, by octets and by number; that ring is the queue of every consumer: each has only a place in it.
 * Consumers with the same filter and the same encoding share a channel. When the loop's turn ends the
 * channel makes one block of what the turn brought, and its consumers are sent that block, all the same one.
 * Whoever could not take it goes on from the ring when there is room again.
 *
 * Messages about a call, a person, a group or a link replace the one before about the same: the latest of
 * each is what a snapshot consists of.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef GATEWAY_HUB_H
#define GATEWAY_HUB_H

#include <devlink3/base.h>

struct event_base;
struct hub;

/* Messages and octets of them that are kept: a quarter of an hour of a busy site, and minutes of a provider. */
#define HUB_RING_MESSAGES 65536u
#define HUB_RING_BYTES (64u << 20)
/* Octets of text after which the consumers are served without waiting for the end of the loop's turn. */
#define HUB_TURN_BYTES (64u << 10)
/* Values that a filter may list of each kind, and tags that a message has at most. */
#define HUB_FILTER_VALUES 32u
#define HUB_TAGS 64u

enum hub_kind { HUB_RECORD, HUB_CALL, HUB_USER, HUB_GROUP, HUB_LINK, HUB_GAP, HUB_KINDS };

/* How consumers listen. */
enum hub_encoding { HUB_SSE, HUB_WEBSOCKET, HUB_ENCODINGS };

/* "record", "call", ... */
const char *hub_kind_name(enum hub_kind kind);
/* @return HUB_KINDS when there is none of that name. */
enum hub_kind hub_kind_of(struct dl3_str name);

/* What filters go by. */
enum hub_dimension { HUB_PBX, HUB_NODE, HUB_EXTENSION, HUB_GROUP_NUMBER, HUB_DIMENSIONS };

/* A value of a dimension as a number: what is equal as text is equal here. */
uint64_t hub_tag(enum hub_dimension dimension, struct dl3_str value);

struct hub_config {
	uint32_t ring_messages; /* rounded up to a power of two; 0: the default */
	size_t ring_bytes;
	uint64_t first_seq; /* 0: 1 */
	/* Of an earlier life: the last number that is known to have been given; smaller than first_seq. */
	uint64_t last_seq;
	/* The wall clock, Unix milliseconds; NULL: the system's. */
	int64_t (*now_ms)(void *arg);
	void *arg;
};

/* @return NULL without memory. The configuration may be NULL. */
struct hub *hub_new(struct event_base *base, const struct hub_config *config);
/* All consumers are gone before. NULL is allowed. */
void hub_free(struct hub *h);

/* ---- Publishing ---- */

struct hub_news {
	enum hub_kind kind;
	struct dl3_str pbx; /* the configured name; absent: of the gateway itself */
	/* What it is about, where the latest of each counts: a call's id, an extension, a group; absent for others. */
	struct dl3_str about;
	bool over;        /* there will be no more about it */
	const char *what; /* "began", "changed", ...; NULL: no such member */
	const char *key;  /* the member under which `body` stands; NULL: `body` is the members themselves */
	struct dl3_str body;  /* JSON: an object, or with no key its members without braces */
	const uint64_t *tags; /* without that of the PBX */
	size_t tag_count;
};

/* @return its sequence number; 0 without memory: then it is counted as lost. */
uint64_t hub_publish(struct hub *h, const struct hub_news *news);

/* Octets have come of which messages will be made: the time from the first of them in a turn of the loop until the consumers
 * have been served is what their delivery took. */
void hub_arrived(struct hub *h);

/* The last sequence number given. */
uint64_t hub_seq(const struct hub *h);

/* ---- What is now ---- */

/* The latest about each thing of a kind, in the order in which the things came up. `body` is as published,
 * with "pbx" in front of its members. */
typedef void (*hub_each_fn)(struct dl3_str pbx, struct dl3_str about, struct dl3_str body,
                            const uint64_t *tags, size_t tag_count, void *arg);
void hub_each(struct hub *h, enum hub_kind kind, hub_each_fn fn, void *arg);
/* The latest about one thing; `body` absent when there is none. Until the next publish. */
struct dl3_str hub_latest(struct hub *h, enum hub_kind kind, struct dl3_str pbx, struct dl3_str about);

/* Seconds up to which a delivery counts into each bucket of the histogram; behind them is one without end. */
#define HUB_LATENCY_BUCKETS 13u
extern const double hub_latency_bounds[HUB_LATENCY_BUCKETS];

struct hub_counts {
	uint64_t published[HUB_KINDS];
	uint64_t lost; /* without memory */
	uint32_t kept;
	size_t kept_bytes;
	uint64_t first; /* the oldest that is kept */
	uint32_t things, channels, consumers;
	uint64_t deliveries, octets, blocks;
	uint64_t missed, disconnected, skipped; /* of consumers that did not keep up */
	uint32_t listening[HUB_ENCODINGS];      /* consumers, by how they listen */
	/* Messages by the time from hub_arrived() until their consumers had been served; each in one bucket. */
	uint64_t latency[HUB_LATENCY_BUCKETS + 1];
	double latency_s; /* the sum */
};
struct hub_counts hub_counts(const struct hub *h);

#endif
