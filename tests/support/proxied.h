/* SPDX-License-Identifier: MIT */
/*
 * A simulated network, a link to it as a gateway's site has one, the proxy that it feeds, and applications: links to
 * the one or the other. Everything runs in one loop.
 */
#ifndef DL3T_PROXIED_H
#define DL3T_PROXIED_H

#include <devlink3/call.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/proxy.h"
#include "sim/host.h"

#define PROXIED_ALL (DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN)
#define PROXIED_PEERS 256u

struct proxied {
	struct event_base *base;
	struct sim_world *world;
	struct sim_host *host;
	struct dl3_link *link;
	struct proxy *proxy;
	enum dl3_link_state state;
	char log[8192];
	size_t files, answer_late; /* asked for; held back until told to go on */
	bool no_files;
	proxy_file_fn done[8];
	void *done_arg[8];
	struct peer *peers;
};

/* An application. */
struct peer {
	struct peer *next;
	struct dl3_link *link;
	struct dl3_tracker *tracker; /* NULL: none wanted */
	enum dl3_link_state state;
	enum dl3_link_reason reason;
	uint32_t result, stream_result, accepted, file_result;
	uint8_t *octets; /* events as they came since `from_now` */
	size_t len, cap, counted;
	bool keeps;
	size_t events, records, gaps, restarts, snapshot_records, ups, downs, files;
	char file[512], pbx[64];
	uint8_t *rest;
	size_t rest_len, rest_cap;
};

static inline int64_t proxied_now(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline void proxied_turn(struct proxied *x)
{
	const struct timeval tv = { .tv_usec = 2000 };

	(void)event_base_loopexit(x->base, &tv);
	(void)event_base_loop(x->base, EVLOOP_ONCE);
}

static inline void proxied_wait(struct proxied *x, int64_t ms)
{
	for (int64_t begun = proxied_now(); proxied_now() - begun < ms;)
		proxied_turn(x);
}

/* Goes on until it is so; long enough that only what never comes fails. */
#define PROXIED_UNTIL(x, condition)                                    \
	do {                                                           \
		int64_t begun_ = proxied_now();                        \
		while (!(condition) && proxied_now() - begun_ < 60000) \
			proxied_turn(x);                               \
		assert_true(condition);                                \
	} while (0)

/* ---- The gateway's side ---- */

static inline void proxied_event(struct dl3_link *link, const struct dl3_event *ev, void *arg)
{
	struct proxied *x = arg;

	(void)link;
	if (x->proxy)
		proxy_event(x->proxy, ev);
}

static inline void proxied_changed(struct dl3_link *link, const struct dl3_link_change *change, void *arg)
{
	struct proxied *x = arg;

	(void)link;
	x->state = change->state;
	if (x->proxy)
		proxy_changed(x->proxy, change);
}

static inline bool proxied_file(void *arg, struct dl3_str path, proxy_file_fn done, void *done_arg)
{
	static const char contents[] = "one,201,Someone\n";
	struct proxied *x = arg;

	x->files++;
	if (x->no_files)
		return false;
	if (x->answer_late > 0) {
		x->done[x->files - 1] = done;
		x->done_arg[x->files - 1] = done_arg;
		return true;
	}
	done(dl3_str_is(path, "nasystem/user_list"),
	     (struct dl3_octets){ (const uint8_t *)contents, sizeof(contents) - 1 }, done_arg);
	return true;
}

static inline void proxied_log(const char *line, void *arg)
{
	struct proxied *x = arg;
	size_t len = strlen(x->log);

	(void)snprintf(x->log + len, sizeof(x->log) - len, "%s\n", line);
}

static inline void proxied_dial(struct proxied *x, uint32_t flags)
{
	char url[160], error[256];

	(void)snprintf(url, sizeof(url), "devlink3://devlink3@%s", sim_host_address(x->host, 0, NULL, NULL));
	const struct dl3_link_config config = { .url = url,
		                                .password = "devlink3",
		                                .flags = flags,
		                                .retry_min_ms = 20,
		                                .retry_max_ms = 50,
		                                .callbacks = { .changed = proxied_changed,
		                                               .event = proxied_event },
		                                .arg = x };
	x->link = dl3_link_new(x->base, &config, error, sizeof(error));
	assert_non_null(x->link);
}

struct proxied_options {
	struct sim_size size;
	double rate, speed; /* calls a minute from the start; 0: none, 200 times as fast */
	uint32_t flags;     /* of the link; 0: PROXIED_ALL */
	bool no_link;
	struct proxy_config proxy;
};

static inline void proxied_sim(struct proxied *x, const struct proxied_options *o)
{
	static const char *const listen[] = { "127.0.0.1:0" };
	struct sim_error error;

	x->world = sim_world_make(&o->size, &error);
	assert_non_null(x->world);
	x->world->security.monitors = 100;
	for (size_t i = 0; i < x->world->node_count; i++)
		x->world->nodes[i].cti_licences = 10;
	const struct sim_host_config host = { .world = x->world,
		                              .listen = listen,
		                              .listen_count = 1,
		                              .traffic = { .rate = o->rate },
		                              .speed = o->speed > 0 ? o->speed : 200,
		                              .seed = 7 };
	x->host = sim_host_new(x->base, &host, &error);
	assert_non_null(x->host);
}

static inline void proxied_begin(struct proxied *x, const struct proxied_options *o)
{
	static const struct proxy_listen at = { .address = "127.0.0.1:0" };
	static const struct proxy_user users[] = { { "app", "secret" }, { "other", "0123456789abcdefXX" } };
	struct proxy_config config = o->proxy;
	char error[256];

	memset(x, 0, sizeof(*x));
	x->base = event_base_new();
	assert_non_null(x->base);
	proxied_sim(x, o);
	if (config.listen_count == 0) {
		config.listen = &at;
		config.listen_count = 1;
	}
	config.name = "main";
	config.users = users;
	config.user_count = 2;
	config.file = proxied_file;
	config.log = proxied_log;
	config.arg = x;
	x->proxy = proxy_new(x->base, &config, error, sizeof(error));
	assert_non_null(x->proxy);
	if (o->no_link)
		return;
	proxied_dial(x, o->flags ? o->flags : PROXIED_ALL);
	PROXIED_UNTIL(x, proxy_counts(x->proxy).up);
}

/* ---- Applications ---- */

static inline void peer_octets(struct dl3_link *link, bool from_pbx, struct dl3_octets o, void *arg)
{
	struct peer *p = arg;
	struct dl3_frame f;
	size_t at = 0;

	(void)link;
	if (!from_pbx)
		return;
	if (p->rest_len + o.len > p->rest_cap) {
		p->rest_cap = 2 * (p->rest_len + o.len);
		p->rest = realloc(p->rest, p->rest_cap);
		assert_non_null(p->rest);
	}
	memcpy(p->rest + p->rest_len, o.ptr, o.len);
	p->rest_len += o.len;
	while (dl3_frame_decode(p->rest + at, p->rest_len - at, &f, NULL) == DL3_OK) {
		static const uint8_t code[4] = { 0x10, 0x30, 0, 0x11 };
		const bool event = f.payload.len >= 4 && memcmp(f.payload.ptr, code, 4) == 0;

		p->events += event;
		if (event && p->keeps) {
			if (p->len + f.size > p->cap) {
				p->cap = 2 * (p->len + f.size);
				p->octets = realloc(p->octets, p->cap);
				assert_non_null(p->octets);
			}
			memcpy(p->octets + p->len, p->rest + at, f.size);
			p->len += f.size;
			p->counted++;
		}
		at += f.size;
	}
	p->rest_len -= at;
	memmove(p->rest, p->rest + at, p->rest_len);
}

static inline void peer_tell(struct peer *p)
{
	struct dl3_tracked told;

	while (dl3_tracker_next(p->tracker, &told) == DL3_OK)
		;
}

static inline void peer_event(struct dl3_link *link, const struct dl3_event *ev, void *arg)
{
	struct peer *p = arg;

	(void)link;
	switch (ev->type) {
	case DL3_EV_AUTHENTICATED:
		(void)snprintf(p->pbx, sizeof(p->pbx), "%.*s", (int)ev->u.authenticated.pbx.len,
		               ev->u.authenticated.pbx.len ? ev->u.authenticated.pbx.ptr : "");
		break;
	case DL3_EV_STREAM:
		p->stream_result = ev->u.stream.result;
		p->accepted = ev->u.stream.accepted;
		break;
	case DL3_EV_RECORD:
		p->records++;
		p->snapshot_records += p->state == DL3_LINK_SNAPSHOT;
		if (p->tracker)
			assert_int_equal(dl3_tracker_record(p->tracker, proxied_now(), ev->u.record.pbx,
			                                    ev->u.record.counter, ev->u.record.record),
			                 DL3_OK);
		break;
	case DL3_EV_COUNTER:
		p->gaps += ev->u.counter.change == DL3_COUNTER_GAP;
		p->restarts += ev->u.counter.change == DL3_COUNTER_RESTART;
		break;
	case DL3_EV_SNAPSHOT_END:
		if (p->tracker)
			dl3_tracker_snapshot_end(p->tracker, proxied_now());
		break;
	case DL3_EV_FILE:
		p->files++;
		p->file_result = ev->u.file.result;
		(void)snprintf(p->file, sizeof(p->file), "%.*s", (int)ev->u.file.contents.len,
		               ev->u.file.contents.len ? (const char *)ev->u.file.contents.ptr : "");
		break;
	default:
		break;
	}
	if (p->tracker)
		peer_tell(p);
}

static inline void peer_changed(struct dl3_link *link, const struct dl3_link_change *change, void *arg)
{
	struct peer *p = arg;

	(void)link;
	p->state = change->state;
	if (change->reason != DL3_REASON_NONE)
		p->reason = change->reason;
	if (change->result != 0)
		p->result = change->result;
	p->ups += change->state == DL3_LINK_UP;
	p->downs += change->state == DL3_LINK_WAITING || change->state == DL3_LINK_STOPPED;
	p->rest_len = change->state == DL3_LINK_CONNECTING ? 0 : p->rest_len;
	if (p->tracker && change->state == DL3_LINK_SNAPSHOT)
		dl3_tracker_link_up(p->tracker, proxied_now());
}

struct peer_options {
	bool direct; /* to the simulated PBX instead */
	const char *user, *password;
	uint32_t flags;
	bool tracks, once, no_stream;
	uint32_t retry_ms;
};

static inline struct peer *peer_new(struct proxied *x, const struct peer_options *o)
{
	struct peer *p = calloc(1, sizeof(*p));
	char url[160], error[256];

	assert_non_null(p);
	p->state = DL3_LINK_STOPPED;
	p->next = x->peers;
	x->peers = p;
	(void)snprintf(url, sizeof(url), "devlink3://%s",
	               o->direct ? sim_host_address(x->host, 0, NULL, NULL) : proxy_address(x->proxy, 0));
	if (o->tracks) {
		p->tracker = dl3_tracker_new(NULL, NULL);
		assert_non_null(p->tracker);
	}
	const struct dl3_link_config config = {
		.url = url,
		.user = o->user     ? o->user
		        : o->direct ? "devlink3"
		                    : "app",
		.password = o->password ? o->password
		            : o->direct ? "devlink3"
		                        : "secret",
		.flags = o->flags,
		.once = o->once,
		.no_stream = o->no_stream,
		.retry_min_ms = o->retry_ms,
		.retry_max_ms = o->retry_ms,
		.retry_long_ms = o->retry_ms,
		.callbacks = { .changed = peer_changed, .event = peer_event, .octets = peer_octets },
		.arg = p,
	};
	p->link = dl3_link_new(x->base, &config, error, sizeof(error));
	assert_non_null(p->link);
	return p;
}

/* One that is up. */
static inline struct peer *peer_up(struct proxied *x, const struct peer_options *o)
{
	struct peer *p = peer_new(x, o);

	PROXIED_UNTIL(x, p->state == DL3_LINK_UP);
	return p;
}

static inline struct peer *peer_with(struct proxied *x, bool direct, uint32_t flags)
{
	return peer_up(x, &(struct peer_options){ .direct = direct, .flags = flags });
}

static inline void proxied_end(struct proxied *x)
{
	for (struct peer *p = x->peers, *next; p; p = next) {
		next = p->next;
		dl3_link_free(p->link);
		dl3_tracker_free(p->tracker);
		free(p->octets);
		free(p->rest);
		free(p);
	}
	dl3_link_free(x->link);
	proxy_free(x->proxy);
	sim_host_free(x->host);
	sim_world_free(x->world);
	/* What the loop still has to free. */
	(void)event_base_loop(x->base, EVLOOP_NONBLOCK);
	event_base_free(x->base);
}

#endif
