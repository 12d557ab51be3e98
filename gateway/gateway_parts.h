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
#include "proxy.h"
#include "site.h"
#include "store.h"
#include "tokens.h"

struct gateway_listener {
	struct http *http;
	bool encrypted;
	char url[DL3_ADDRESS_TEXT + 16];
};

struct gateway_proxy {
	struct gateway *gateway;
	struct proxy *proxy;
	char pbx[CONFIG_NAME_MAX + 1];
	char url[DL3_ADDRESS_TEXT + 16];
};

struct gateway {
	struct event_base *base;
	struct log *log;
	const struct gateway_config *config;
	struct hub *hub;
	struct consumers *consumers;
	struct store *store;
	struct event *store_ready, *tick;
	struct gateway_listener listeners[CONFIG_LISTEN_MAX];
	size_t listener_count;
	struct site **sites;
	size_t site_count;
	struct site *demo; /* one of them */
	struct gateway_proxy proxies[CONFIG_LISTEN_MAX];
	size_t proxy_count;
	struct tokens *tokens; /* NULL: whoever reaches it may use it */
	struct token_sessions *sessions;
	struct gateway_saved *saved; /* until the sites are made */
	int64_t started_ms, day_start_ms;
	bool stopping;
};

/* NULL when there is none of that name. */
struct site *gateway_site(const struct gateway *g, struct dl3_str name);
/* @return false. */
bool gateway_fail(struct config_error *error, const char *text);
/* Of the configuration's own; its password is fetched. NULL with an error. */
struct site *gateway_make_site(struct gateway *g, const struct config_pbx *p, struct config_error *error);
struct dl3_tls *gateway_make_tls(const struct config_listen *l, struct config_error *error);

/* ---- gateway_store.c ---- */

/* `*seq`: the last number of an earlier life, or 0. */
bool gateway_open_store(struct gateway *g, uint64_t *seq, struct config_error *error);
/* The state of a PBX's calls from before; absent when there is none. */
struct dl3_octets gateway_saved(const struct gateway *g, const char *pbx);
void gateway_forget_saved(struct gateway *g);
void gateway_close_store(struct gateway *g);

/* ---- gateway_proxy.c ---- */

bool gateway_begin_proxies(struct gateway *g, struct config_error *error);
void gateway_end_proxies(struct gateway *g);
/* Names and passwords as the configuration has them now. */
void gateway_renew_proxy_users(struct gateway *g);
void gateway_proxy_event(const struct gateway *g, const struct site *s, const struct dl3_event *event);
void gateway_proxy_changed(const struct gateway *g, const struct site *s,
                           const struct dl3_link_change *change);

/* ---- auth.c: who may ask ---- */

bool gateway_begin_tokens(struct gateway *g, struct config_error *error);
void gateway_end_tokens(struct gateway *g);
/* Takes what has changed in the tokens' file; whose token has gone is ended. */
void gateway_look_at_tokens(struct gateway *g);
/* Who it is, and whether all of `scopes` are his. @return false when the answer has been given. */
bool gateway_authorise(struct gateway *g, struct http_exchange *x, unsigned scopes,
                       struct token_grant *grant);
/* Whether the request is one that may be answered at all: names, origins. The same. */
bool gateway_accepts(const struct gateway *g, struct http_exchange *x);
/* For those who ask for something else later. `owner` is a grant, or NULL. @return false with `error`. */
bool gateway_narrow(const void *owner, struct consumer_wish *wish, char *error, size_t error_size);
void api_login(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_logout(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);

/* ---- routes.c ---- */

void gateway_handle(struct http_exchange *x, void *arg);
/* Of every answer. */
extern const char gateway_headers[];

/* ---- Answers: each takes the exchange ---- */

typedef void (*api_fn)(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_info(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_calls(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_call(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_users(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_groups(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_group_series(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_series(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_history(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_pbxs(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_file(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_stream(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_ws(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_metrics(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_health(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_ready(struct gateway *g, struct http_exchange *x, const struct token_grant *grant);
void api_page(struct http_exchange *x);

/* ---- Parameters: api_parameter.c ---- */

/* A whole number in a range; `*out` stays when the parameter is absent. @return false when the answer has been given. */
bool api_number(struct http_exchange *x, const char *key, int64_t low, int64_t high, int64_t *out);
/* A point in time, Unix seconds with a fraction or not, or RFC 3339, as milliseconds. The same. */
bool api_time(struct http_exchange *x, const char *key, int64_t *out);
/* What is not known is told, so that nobody believes in a filter that is none. `known` ends with NULL. */
bool api_only(struct http_exchange *x, const char *const *known);
/* The one PBX that is asked about, or absent for all; of those that are allowed. The same. */
bool api_pbx(struct http_exchange *x, const struct token_grant *grant, struct dl3_str *out);
/* Narrows a wish to the PBXs that are allowed. The same. */
bool api_narrow(struct http_exchange *x, const struct token_grant *grant, struct consumer_wish *wish);

/* ---- api_store.c ---- */

/* What the store did not answer, as a problem. */
void api_refuse(struct http_exchange *x, const struct store_result *r);

/* ---- JSON into buffers ---- */

/* Answers with it, as JSON that may not be kept; frees it. */
void api_reply(struct http_exchange *x, struct evbuffer *b);

void put_z(struct evbuffer *b, const char *z);
void put_str(struct evbuffer *b, struct dl3_str s); /* as it is */
void put_json_str(struct evbuffer *b, struct dl3_str s);
void put_ms(struct evbuffer *b, int64_t ms); /* as Unix seconds */

#endif
