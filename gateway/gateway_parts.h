/* SPDX-License-Identifier: MIT */
/* Between the files of the gateway. */
#ifndef GATEWAY_GATEWAY_PARTS_H
#define GATEWAY_GATEWAY_PARTS_H

#include <event2/buffer.h>
#include <event2/event.h>

#include "consumer.h"
#include "gateway.h"
#include "http.h"
#include "hub.h"
#include "site.h"
#include "store.h"

#define GATEWAY_LISTENERS 16u

struct gateway {
	struct event_base *base;
	struct hub *hub;
	struct consumers *consumers;
	struct store *store;
	struct event *store_ready, *tick;
	struct http *https[GATEWAY_LISTENERS];
	size_t http_count;
	struct site **sites;
	size_t site_count;
	int64_t started_ms, day_start_ms;
	unsigned day_start_min, answer_goal_ms, short_ms;
	const char *const *origins;
	size_t origin_count;
	bool demo, stopping;
	void (*log)(const char *what, const char *line, void *arg);
	void *arg;
};

void gateway_log(const struct gateway *g, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* NULL when there is none of that name. */
struct site *gateway_site(const struct gateway *g, struct dl3_str name);

/* ---- routes.c ---- */

void gateway_handle(struct http_exchange *x, void *arg);
/* Of every answer. */
extern const char gateway_headers[];

/* ---- Answers: each takes the exchange ---- */

void api_info(struct gateway *g, struct http_exchange *x);
void api_calls(struct gateway *g, struct http_exchange *x);
void api_call(struct gateway *g, struct http_exchange *x);
void api_users(struct gateway *g, struct http_exchange *x);
void api_groups(struct gateway *g, struct http_exchange *x);
void api_group_series(struct gateway *g, struct http_exchange *x);
void api_series(struct gateway *g, struct http_exchange *x);
void api_history(struct gateway *g, struct http_exchange *x);
void api_pbxs(struct gateway *g, struct http_exchange *x);
void api_file(struct gateway *g, struct http_exchange *x);
void api_stream(struct gateway *g, struct http_exchange *x);
void api_ws(struct gateway *g, struct http_exchange *x);
void api_metrics(struct gateway *g, struct http_exchange *x);
void api_health(struct gateway *g, struct http_exchange *x);
void api_ready(struct gateway *g, struct http_exchange *x);
void api_page(struct gateway *g, struct http_exchange *x);

/* ---- Parameters ---- */

/* A whole number in a range; `*out` stays when the parameter is absent. @return false when the answer has been given. */
bool api_number(struct http_exchange *x, const char *key, int64_t low, int64_t high, int64_t *out);
/* A point in time, Unix seconds with a fraction or not, or RFC 3339, as milliseconds. The same. */
bool api_time(struct http_exchange *x, const char *key, int64_t *out);
/* What is not known is told, so that nobody believes in a filter that is none. `known` ends with NULL. */
bool api_only(struct http_exchange *x, const char *const *known);

/* ---- JSON into buffers ---- */

void put_z(struct evbuffer *b, const char *z);
void put_str(struct evbuffer *b, struct dl3_str s); /* as it is */
void put_json_str(struct evbuffer *b, struct dl3_str s);
void put_ms(struct evbuffer *b, int64_t ms); /* as Unix seconds */
void put_or_null(struct evbuffer *b, bool is, double value);

#endif
