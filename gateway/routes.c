/* SPDX-License-Identifier: MIT */
/* Which request is answered by what, and who may ask it. */
#include <stdio.h>
#include <string.h>

#include "gateway_parts.h"

/* The page needs nothing from elsewhere, and nobody may frame it. */
const char gateway_headers[] = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src "
			       "'self'; img-src 'self'; connect-src 'self';"
			       " base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
			       "X-Content-Type-Options: nosniff\r\n"
			       "Referrer-Policy: no-referrer\r\n"
			       "Cross-Origin-Resource-Policy: same-origin\r\n";

/* A path by its parts; "*" is any one, and "**" all the rest. */
static const struct route {
	const char *parts[5];
	const char *method;
	unsigned scopes;
	api_fn answer;
} routes[] = {
	{ { "v1", "stream" }, "GET", TOKEN_LIVE, api_stream },
	{ { "v1", "ws" }, "GET", TOKEN_LIVE, api_ws },
	{ { "v1", "info" }, "GET", TOKEN_LIVE, api_info },
	{ { "v1", "calls" }, "GET", TOKEN_LIVE, api_calls },
	{ { "v1", "calls", "*" }, "GET", TOKEN_LIVE, api_call },
	{ { "v1", "history" }, "GET", TOKEN_HISTORY, api_history },
	{ { "v1", "users" }, "GET", TOKEN_LIVE, api_users },
	{ { "v1", "groups" }, "GET", TOKEN_LIVE, api_groups },
	{ { "v1", "groups", "*", "series" }, "GET", TOKEN_HISTORY, api_group_series },
	{ { "v1", "series" }, "GET", TOKEN_HISTORY, api_series },
	{ { "v1", "pbx" }, "GET", TOKEN_LIVE, api_pbxs },
	{ { "v1", "pbx", "*", "files", "**" }, "GET", TOKEN_FILES, api_file },
	{ { "v1", "login" }, "POST", 0, api_login },
	{ { "v1", "logout" }, "POST", 0, api_logout },
	{ { "metrics" }, "GET", TOKEN_METRICS, api_metrics },
	{ { "healthz" }, "GET", 0, api_health },
	{ { "readyz" }, "GET", 0, api_ready },
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static bool matches(const struct route *r, const struct http_exchange *x)
{
	unsigned i = 0;

	for (; i < sizeof(r->parts) / sizeof(r->parts[0]) && r->parts[i]; i++) {
		struct dl3_str part = http_segment(x, i);
		if (!part.ptr)
			return false;
		if (strcmp(r->parts[i], "**") == 0)
			return part.len > 0;
		if (strcmp(r->parts[i], "*") == 0 ? part.len == 0 : !dl3_str_is(part, r->parts[i]))
			return false;
	}
	return http_segment(x, i).ptr == NULL;
}

static bool is_method(const struct http_exchange *x, const char *method)
{
	const char *is = http_method(x);

	return strcmp(is, method) == 0 || (strcmp(is, "HEAD") == 0 && strcmp(method, "GET") == 0);
}

static void answer(struct gateway *g, struct http_exchange *x, const struct route *r)
{
	struct token_grant grant;

	if (gateway_authorise(g, x, r->scopes, &grant))
		r->answer(g, x, &grant);
}

static void no_route(struct http_exchange *x, const char *other)
{
	const struct dl3_str path = http_path(x);

	if (other) {
		http_set(x, "Allow", strcmp(other, "GET") == 0 ? "GET, HEAD" : other);
		http_problem(x, 405, "%s is not possible here, %s is", http_method(x), other);
	} else if (dl3_str_is(http_segment(x, 0), "v1") || !is_method(x, "GET")) {
		http_problem(x, 404, "there is no %.*s", (int)(path.len < 200 ? path.len : 200), path.ptr);
	} else {
		api_page(x);
	}
}

void gateway_handle(struct http_exchange *x, void *arg)
{
	struct gateway *g = arg;
	const char *other = NULL;

	if (!gateway_accepts(g, x))
		return;
	for (size_t i = 0; i < ROUTES; i++) {
		if (!matches(&routes[i], x))
			continue;
		if (is_method(x, routes[i].method)) {
			answer(g, x, &routes[i]);
			return;
		}
		other = routes[i].method;
	}
	no_route(x, other);
}
