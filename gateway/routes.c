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

/* ---- Parameters ---- */

static bool read_number(struct dl3_str s, int64_t *out)
{
	int64_t n = 0;
	size_t i = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;

	if (s.len == i || s.len > 17)
		return false;
	for (size_t k = i; k < s.len; k++) {
		if (s.ptr[k] < '0' || s.ptr[k] > '9')
			return false;
		n = n * 10 + (s.ptr[k] - '0');
	}
	*out = i > 0 ? -n : n;
	return true;
}

bool api_number(struct http_exchange *x, const char *key, int64_t low, int64_t high, int64_t *out)
{
	struct dl3_str s = http_query(x, key);
	int64_t n = 0;

	if (s.len == 0)
		return true;
	if (read_number(s, &n) && n >= low && n <= high) {
		*out = n;
		return true;
	}
	http_problem(x, 400, "%s: expected a whole number from %lld to %lld, came '%.*s'", key,
	             (long long)low, (long long)high, (int)(s.len < 80 ? s.len : 80), s.ptr);
	return false;
}

/* Digits of RFC 3339 at fixed places. */
static bool read_rfc3339(struct dl3_str s, int64_t *ms)
{
	char text[32];
	int y, mo, d, h, mi, sec, used = 0;

	if (s.len < 20 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &y, &mo, &d, &h, &mi, &sec, &used) != 6 || used != 19)
		return false;
	const char *rest = text + used;
	int fraction = 0, oh = 0, om = 0, sign = 0;
	if (*rest == '.') {
		int scale = 100;
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
			fraction += (*rest - '0') * scale;
	}
	if (*rest == '+' || *rest == '-' || *rest == ' ') {
		sign = *rest == '-' ? -1 : 1;
		if (sscanf(rest + 1, "%2d:%2d%n", &oh, &om, &used) != 2 || rest[1 + used] != '\0')
			return false;
	} else if (strcmp(rest, "Z") != 0) {
		return false;
	}
	if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || sec > 60 || y < 1970)
		return false;
	/* Days since 1970, by months that begin in March. */
	const int64_t years = mo <= 2 ? y - 1 : y, era = years / 400, of_era = years - era * 400;
	const int64_t of_year = (153 * (mo > 2 ? mo - 3 : mo + 9) + 2) / 5 + d - 1;
	const int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
	*ms = ((days * 24 + h) * 60 + mi) * 60000 + sec * 1000 + fraction -
	      sign * (oh * 60 + om) * INT64_C(60000);
	return true;
}

static bool read_seconds(struct dl3_str s, int64_t *ms)
{
	const char *point = s.len > 0 ? memchr(s.ptr, '.', s.len) : NULL;
	struct dl3_str whole = s;
	int64_t n = 0, scale = 100, fraction = 0;

	if (point)
		whole.len = (uint32_t)(point - s.ptr);
	if (!read_number(whole, &n) || whole.len > 13)
		return false;
	for (size_t i = whole.len + 1; i < s.len; i++, scale /= 10) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		fraction += (s.ptr[i] - '0') * scale;
	}
	*ms = n * 1000 + (n < 0 ? -fraction : fraction);
	return true;
}

bool api_time(struct http_exchange *x, const char *key, int64_t *out)
{
	struct dl3_str s = http_query(x, key);

	if (s.len == 0 || read_seconds(s, out) || read_rfc3339(s, out))
		return true;
	http_problem(x, 400, "%s: expected Unix seconds or a time such as 2026-01-31T09:05:00Z, came '%.*s'",
	             key, (int)(s.len < 80 ? s.len : 80), s.ptr);
	return false;
}

bool api_only(struct http_exchange *x, const char *const *known)
{
	struct dl3_str key, value;

	for (unsigned i = 0; http_parameter(x, i, &key, &value); i++) {
		const char *const *k = known;
		while (*k && !dl3_str_is(key, *k))
			k++;
		if (!*k) {
			char list[320] = "";
			size_t len = 0;
			for (k = known; *k && len < sizeof(list) - 40; k++)
				len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
				                        len > 0 ? ", " : "", *k);
			http_problem(x, 400, "there is no parameter '%.*s' here; there are: %s",
			             (int)(key.len < 80 ? key.len : 80), key.ptr, len > 0 ? list : "none");
			return false;
		}
	}
	return true;
}
