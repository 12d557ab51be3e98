/* SPDX-License-Identifier: MIT */
/*
 * One who listens: a socket, a filter, and a place in the hub's ring. Server-sent events or WebSocket.
 * What it cannot take now it takes later; when it falls behind further than it has allowed, what happens
 * is what it has chosen, and it is told how much it did not get.
 */
#ifndef GATEWAY_CONSUMER_H
#define GATEWAY_CONSUMER_H

#include "hub.h"
#include "net/stream.h"

/* Messages that a consumer may be behind before its policy is applied, unless it says otherwise. */
#define CONSUMER_QUEUE 10000u
#define CONSUMER_QUEUE_MAX 1000000u
/* Octets that are made for one consumer alone at a time. */
#define CONSUMER_CHUNK 16384u
/* Silence after which it gets a sign of life. */
#define CONSUMER_HEARTBEAT_MS 15000u
/* Time without taking anything after which a consumer that has something to take is closed. */
#define CONSUMER_STALL_MS 60000u

struct hub_filter {
	unsigned kinds; /* a bit for each hub_kind */
	uint8_t count[HUB_DIMENSIONS];
	uint64_t tags[HUB_DIMENSIONS][HUB_FILTER_VALUES]; /* sorted; none: all */
};

enum consumer_policy {
	CONSUMER_DISCONNECT, /* it is told and closed; it may come again and resume where it was */
	CONSUMER_SKIP,       /* it goes on with what comes next */
	CONSUMER_LATEST, /* it gets the latest about each thing; if too much is gone for that, a snapshot */
};

struct consumer_wish {
	struct hub_filter filter;
	bool kinds_named;
	enum consumer_policy policy;
	uint32_t queue; /* messages */
	bool snapshot;  /* first what is now */
	bool resume;    /* from behind `after` */
	uint64_t after;
};

/*
 * Numbers resume: a consumer that wants all behind `after` gets what of it is kept, each once. Where some are gone it
 * is told first: a gap of scope "history" with how many of all kinds there were, or with null when `after` was never given
 * out, since then it is of another life of the gateway. A gap of scope "slow" has the number of messages that its filter took
 * and it did not get.
 *
 * Reads the parameters of a query: kind, extension, group, node, pbx, policy, queue, snapshot, from. Others are
 * none of its business. Kinds and values of a filter add up. @return false with what is wrong in `error`.
 */
bool consumer_wish_set(struct consumer_wish *w, struct dl3_str key, struct dl3_str value, char *error,
                       size_t error_size);
/* What one who says nothing gets. */
void consumer_wish_init(struct consumer_wish *w);
/* To be called when all are set. */
void consumer_wish_done(struct consumer_wish *w);

/* Where consumers belong: so many at most, of each address, and what becomes of them. */
struct consumers;
struct consumers_config {
	struct hub *hub;
	uint32_t max; /* 0: 20000 */
	uint32_t heartbeat_ms, stall_ms;
	uint32_t queue; /* of those who do not say; 0: CONSUMER_QUEUE */
	/* Whether its owner may have what it subscribes to now; may narrow it. NULL: anything. @return false with `error`. */
	bool (*narrow)(const void *owner, struct consumer_wish *wish, char *error, size_t error_size);
};
struct consumers *consumers_new(struct event_base *base, const struct consumers_config *config);
/* Ends those of whose owner `still` says that it is not any more; each is told. */
void consumers_keep(struct consumers *all, bool (*still)(void *owner, void *arg), void *arg);
/* Tells all of them goodbye; each ends when it has heard. */
void consumers_stop(struct consumers *all);
/* Ends those that are left. NULL is allowed. */
void consumers_free(struct consumers *all);
uint32_t consumers_count(const struct consumers *all);
/* Messages that wait for consumers which are behind: of all of them, and of the one that is furthest. */
void consumers_waiting(const struct consumers *all, uint64_t *sum, uint64_t *most);
uint32_t consumers_max(const struct consumers *all);

/*
 * Begins one on a socket, which it owns from then on, with its TLS if it has any, also on failure. `head` are
 * octets to be sent first: the answer to the request that it began with; `input` what came behind that request.
 * @return false when there are too many or no memory.
 */
struct consumer_start {
	evutil_socket_t fd;
	SSL *ssl;
	enum hub_encoding encoding;
	struct consumer_wish wish;
	struct dl3_str head, input;
	void *owner; /* of whoever asked: given back with `release` at the end, also on failure. Both may be NULL */
	void (*release)(void *owner); /* must not end consumers */
};
bool consumer_begin(struct consumers *all, const struct consumer_start *start);

#endif
