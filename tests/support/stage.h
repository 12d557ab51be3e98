/* SPDX-License-Identifier: MIT */
/**
 * @file stage.h
 * A hub with its consumers in a loop, and readers on the other ends of their sockets.
 */
#ifndef DL3T_STAGE_H
#define DL3T_STAGE_H

#include <event2/event.h>
#include <stdio.h>

#include "gateway/consumer.h"
#include "support/stream_reader.h"

struct stage {
	struct event_base *base;
	struct hub *hub;
	struct consumers *consumers;
	int64_t now_ms;
	unsigned released;
};

static inline int64_t stage_now(void *arg)
{
	return ((const struct stage *)arg)->now_ms;
}

/** Zeros in `hub` and `consumers` stand for the defaults. */
static inline void stage_open_as(struct stage *s, struct hub_config hub, struct consumers_config consumers)
{
	*s = (struct stage){ .now_ms = 1795434000123 };
	s->base = event_base_new();
	assert_non_null(s->base);
	hub.now_ms = stage_now;
	hub.arg = s;
	s->hub = hub_new(s->base, &hub);
	assert_non_null(s->hub);
	consumers.hub = s->hub;
	s->consumers = consumers_new(s->base, &consumers);
	assert_non_null(s->consumers);
}

static inline void stage_open(struct stage *s)
{
	stage_open_as(s, (struct hub_config){ 0 }, (struct consumers_config){ 0 });
}

static inline void stage_close(struct stage *s)
{
	consumers_free(s->consumers);
	hub_free(s->hub);
	event_base_free(s->base);
}

/** Lets the loop do what there is to do. */
static inline void stage_turn(struct stage *s)
{
	for (int i = 0; i < 3; i++)
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
}

/** Publishes a message with {"n": n} in it. `about` NULL: about nothing; `tags` end with a 0. */
static inline uint64_t stage_tell(struct stage *s, enum hub_kind kind, const char *about, long long n,
                                  const uint64_t *tags)
{
	char body[64];
	const bool bare = kind == HUB_GAP;
	struct hub_news news = { .kind = kind, .pbx = dl3_str_of("main"), .about = dl3_str_of(about) };

	(void)snprintf(body, sizeof(body), bare ? "\"n\":%lld" : "{\"n\":%lld}", n);
	news.key = bare ? NULL : hub_kind_name(kind);
	news.what = kind == HUB_CALL ? "changed" : NULL;
	news.body = dl3_str_of(body);
	news.tags = tags;
	while (tags && tags[news.tag_count])
		news.tag_count++;
	return hub_publish(s->hub, &news);
}

/** The last about a call. */
static inline uint64_t stage_end(struct stage *s, const char *about, long long n, const uint64_t *tags)
{
	char body[64];
	struct hub_news news = { .kind = HUB_CALL, .pbx = dl3_str_of("main"), .about = dl3_str_of(about) };

	(void)snprintf(body, sizeof(body), "{\"n\":%lld}", n);
	news.over = true;
	news.what = "ended";
	news.key = "call";
	news.body = dl3_str_of(body);
	news.tags = tags;
	while (tags && tags[news.tag_count])
		news.tag_count++;
	return hub_publish(s->hub, &news);
}

/** From the parameters of a query: "kind=call,user&policy=skip". */
static inline struct consumer_wish stage_wish(const char *query)
{
	struct consumer_wish wish;
	char error[240] = "";

	consumer_wish_init(&wish);
	while (*query) {
		size_t key = strcspn(query, "="), len = strcspn(query, "&");
		struct dl3_str k = { .ptr = query, .len = (uint32_t)key };
		struct dl3_str v = { .ptr = query + key + 1, .len = (uint32_t)(len - key - 1) };
		if (!consumer_wish_set(&wish, k, v, error, sizeof(error)))
			fail_msg("%s", error);
		query += len + (query[len] == '&');
	}
	consumer_wish_done(&wish);
	return wish;
}

static inline void stage_release(void *owner)
{
	++*(unsigned *)owner;
}

/** Joins with a wish, on a socket that takes so many octets at a time; 0: as the system likes. */
static inline bool stage_join_as(struct stage *s, struct reader *r, enum hub_encoding encoding,
                                 const struct consumer_wish *wish, int room)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	if (room > 0)
		(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	reader_open(r, ends[1], encoding == HUB_WEBSOCKET);
	struct consumer_start start = { .fd = ends[0], .encoding = encoding, .wish = *wish };
	start.owner = &s->released;
	start.release = stage_release;
	return consumer_begin(s->consumers, &start);
}

static inline void stage_join(struct stage *s, struct reader *r, const char *query)
{
	const struct consumer_wish wish = stage_wish(query);

	assert_true(stage_join_as(s, r, HUB_SSE, &wish, 0));
}

static inline void stage_join_ws(struct stage *s, struct reader *r, const char *query)
{
	const struct consumer_wish wish = stage_wish(query);

	assert_true(stage_join_as(s, r, HUB_WEBSOCKET, &wish, 0));
}

/** Reads until nothing more comes. */
static inline void stage_drain(struct stage *s, struct reader *r)
{
	unsigned idle = 0;

	while (idle < 3) {
		stage_turn(s);
		idle = reader_read(r, 65536) > 0 ? 0 : idle + 1;
	}
}

#endif
