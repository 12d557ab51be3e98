/* SPDX-License-Identifier: MIT */
#include "fanout.h"

#include <devlink3/devlink3.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feed.h"
#include "gateway/consumer.h"
#include "gateway/proxy.h"
#include "stream.h"

/* Redis reads so much at a time; so do our servers here. */
#define READ_SIZE 16384

/* ---- Messages ---- */

/* A call in the middle of its life, as the tracker writes it. */
const char fanout_body[] =
	"{\"id\":\"0a2a00c8-1187-4f\",\"direction\":\"incoming\",\"outcome\":\"answered\",\"state\":"
	"\"connected\","
	"\"since\":1795434003.4,\"started\":1795433996.1,\"answered\":1795434003.4,\"ended\":null,"
	"\"duration_s\":7.3,\"ring_s\":5.1,\"queue_s\":2.2,\"talk_s\":0.0,\"hold_s\":0.0,\"voicemail_s\":0.0,"
	"\"cli\":\"+493012345678\",\"name\":\"Example, Anna~\",\"did\":\"98765432\",\"dialled\":\"700\","
	"\"group\":\"700\",\"answered_by\":\"201\",\"parties\":[\"201\"],"
	"\"segments\":[{\"party\":\"201\",\"from\":1795434003.4,\"to\":null,\"talk_s\":0.0,\"hold_s\":0.0}],"
	"\"transfers\":0,\"rejected_by\":[],\"nodes\":[\"c0a82a03\"],\"call_ids\":[\"c0a82a03:1187\"],"
	"\"sip_call_ids\":[],\"account_code\":null,\"tag\":null,\"cause\":null,\"incomplete\":false,"
	"\"a\":{\"end\":\"c0a82a03.17.0\",\"number\":\"+493012345678\",\"state\":\"connected\",\"class\":"
	"\"trunk\"},"
	"\"b\":{\"end\":\"c0a82a03.1001.0\",\"extension\":\"201\",\"name\":\"Extn201\",\"state\":"
	"\"connected\","
	"\"class\":\"phone\"},\"targets\":[{\"end\":\"c0a82a03.1001.0\",\"extension\":\"201\"}]}";
/* As much as the hub puts around it. */
const char fanout_around[] =
	"{\"seq\":1000000001,\"time\":1795434003.412,\"pbx\":\"main\",\"kind\":\"call\",\"what\":\"changed\","
	"\"call\":{\"pbx\":\"main\",";

static size_t distance(size_t a, size_t b)
{
	return a > b ? a - b : b - a;
}

void fanout_event(struct fanout_event *e, size_t want)
{
	struct stream s = stream_make(1, 65536);
	size_t best = 0;

	for (size_t at = 0; at < s.len;) {
		struct dl3_frame f;
		if (dl3_frame_decode(s.octets + at, s.len - at, &f, NULL) != DL3_OK)
			abort();
		if (f.size <= sizeof(e->octets) &&
		    (best == 0 || distance(f.size, want) < distance(best, want))) {
			memcpy(e->octets, s.octets + at, f.size);
			best = f.size;
		}
		at += f.size;
	}
	e->len = best;
	stream_free(&s);
}

/* ---- The hub ---- */

struct server {
	struct event_base *base;
	size_t (*take)(struct server *s); /* handles the messages in `in`; how many they were */
	struct proxy *proxy;
	uint32_t counter;
	struct hub *hub;
	struct consumers *consumers;
	enum hub_encoding encoding;
	struct event *publisher;
	char in[READ_SIZE + sizeof(fanout_body)];
	size_t len;
	unsigned count;
	uint64_t tags[4];
};

static void publish(struct server *s, const char *line, size_t len)
{
	char id[16];
	struct hub_news news = { .kind = HUB_CALL, .pbx = dl3_str_of("main"), .what = "changed" };

	news.about = (struct dl3_str){ .ptr = id };
	news.about.len = (uint32_t)snprintf(id, sizeof(id), "%u", s->count++ % 200);
	news.key = "call";
	news.body = (struct dl3_str){ .ptr = line, .len = (uint32_t)len };
	news.tags = s->tags;
	news.tag_count = sizeof(s->tags) / sizeof(s->tags[0]);
	(void)hub_publish(s->hub, &news);
}

/* Lines, each of which is a call. */
static size_t take_lines(struct server *s)
{
	const char *end;
	size_t at = 0, lines = 0;

	while ((end = memchr(s->in + at, '\n', s->len - at)) != NULL) {
		publish(s, s->in + at, (size_t)(end - s->in) - at);
		at = (size_t)(end - s->in) + 1;
		lines++;
	}
	memmove(s->in, s->in + at, s->len - at);
	s->len -= at;
	return lines;
}
static void on_subscriber(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct consumer_start start = { .encoding = s->encoding };

	(void)what;
	while ((start.fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		consumer_wish_init(&start.wish);
		start.wish.queue = CONSUMER_QUEUE_MAX;
		consumer_wish_done(&start.wish);
		start.head = dl3_str_of("hello");
		if (!consumer_begin(s->consumers, &start))
			_exit(1);
	}
}

static void begin_hub(struct server *s)
{
	const struct hub_config hub = { .first_seq = 1000000001 };

	s->hub = hub_new(s->base, &hub);
	const struct consumers_config config = { .hub = s->hub, .max = MANY + 1 };
	s->consumers = s->hub ? consumers_new(s->base, &config) : NULL;
	if (!s->consumers)
		_exit(1);
	for (unsigned i = 0; i < sizeof(s->tags) / sizeof(s->tags[0]); i++)
		s->tags[i] = hub_tag(HUB_EXTENSION, dl3_str_of("201")) + i;
	s->take = take_lines;
}

/* ---- The proxy ---- */

static size_t take_frames(struct server *s)
{
	size_t at = 0, frames = 0;
	struct dl3_frame f;

	while (dl3_frame_decode(s->in + at, s->len - at, &f, NULL) == DL3_OK) {
		feed_event(s->proxy, (struct dl3_octets){ (const uint8_t *)s->in + at, f.size },
		           ++s->counter);
		at += f.size;
		frames++;
	}
	memmove(s->in, s->in + at, s->len - at);
	s->len -= at;
	return frames;
}

static void begin_proxy(struct server *s, uint16_t port)
{
	char address[32], error[256];
	const struct proxy_listen listen = { .address = address };

	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	s->proxy = feed_proxy(s->base, &listen, MANY + 1, error, sizeof(error));
	if (!s->proxy) {
		(void)fprintf(stderr, "bench/fanout: %s\n", error);
		_exit(1);
	}
	s->take = take_frames;
}

/* ---- Both ---- */

/* Answers each message with an octet, as Redis does with a number. */
static void on_message(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	static const char answers[READ_SIZE];

	(void)what;
	ssize_t n = read(fd, s->in + s->len, READ_SIZE);
	if (n <= 0) {
		event_free(s->publisher);
		(void)close(fd);
		return;
	}
	s->len += (size_t)n;
	size_t count = s->take(s);
	if (count > 0 && write(fd, answers, count) < 0)
		_exit(1);
}

static void on_publisher(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	int one = accept4(fd, NULL, NULL, SOCK_NONBLOCK);

	(void)what;
	s->publisher = event_new(s->base, one, EV_READ | EV_PERSIST, on_message, s);
	if (one < 0 || !s->publisher || event_add(s->publisher, NULL) != 0)
		_exit(1);
}

static void watch(struct server *s, int fd, event_callback_fn on)
{
	struct event *e = event_new(s->base, fd, EV_READ | EV_PERSIST, on, s);

	(void)evutil_make_socket_nonblocking(fd);
	if (!e || event_add(e, NULL) != 0)
		_exit(1);
}

void fanout_serve(enum kind kind, int publishers, int subscribers, uint16_t port)
{
	static struct server s;

	s.encoding = kind == SSE ? HUB_SSE : HUB_WEBSOCKET;
	s.base = event_base_new();
	if (!s.base)
		_exit(1);
	watch(&s, publishers, on_publisher);
	if (kind == PROXY) {
		begin_proxy(&s, port);
	} else {
		begin_hub(&s);
		watch(&s, subscribers, on_subscriber);
	}
	(void)event_base_dispatch(s.base);
	_exit(0);
}
