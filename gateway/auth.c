/* SPDX-License-Identifier: MIT */
/* Who may ask: tokens, the page's cookie, and what browsers say of where a request comes from. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway_parts.h"

#define COOKIE "devlink3"

/* ---- Tokens ---- */

bool gateway_begin_tokens(struct gateway *g, struct config_error *error)
{
	const char *file = g->config->tokens_file;

	if (!file)
		return true;
	g->tokens = tokens_load(file, error->text, sizeof(error->text));
	if (!g->tokens)
		return false;
	g->sessions = token_sessions_new(g->config->state, error->text, sizeof(error->text));
	return g->sessions != NULL;
}

void gateway_end_tokens(struct gateway *g)
{
	tokens_free(g->tokens);
	token_sessions_free(g->sessions);
}

static bool still_allowed(void *owner, void *arg)
{
	const struct gateway *g = arg;

	return !owner || (tokens_renew(g->tokens, owner) && token_grant_allows(owner, TOKEN_LIVE));
}

void gateway_look_at_tokens(struct gateway *g)
{
	char error[TOKENS_ERROR_SIZE];

	if (!g->tokens || !tokens_stale(g->tokens))
		return;
	if (!tokens_reload(g->tokens, error, sizeof(error))) {
		log_say(g->log, LOG_LEVEL_ERROR, "tokens", LOG_TEXT("what", "not read again"),
		        LOG_TEXT("reason", error));
		return;
	}
	log_say(g->log, LOG_LEVEL_INFO, "tokens", LOG_UNSIGNED("count", tokens_count(g->tokens)));
	consumers_keep(g->consumers, still_allowed, g);
}

/* ---- Where it comes from ---- */

/* "host:port", or "[::1]:port". */
static struct dl3_str without_port(struct dl3_str host)
{
	const char *end = host.len > 0 && host.ptr[0] == '[' ? memchr(host.ptr, ']', host.len) : NULL;

	if (end) {
		host.len = (uint32_t)(end - host.ptr + 1);
		return host;
	}
	end = host.len > 0 ? memchr(host.ptr, ':', host.len) : NULL;
	if (end)
		host.len = (uint32_t)(end - host.ptr);
	return host;
}

/* Without tokens it is reached by this machine alone; a page of a foreign name that has been led here by its own name
 * service must not read it. */
static bool host_is_here(const struct http_exchange *x)
{
	const struct dl3_str host = without_port(http_header(x, "host"));

	return dl3_str_is(host, "localhost") || dl3_str_is(host, "127.0.0.1") || dl3_str_is(host, "[::1]");
}

static bool same_origin(struct dl3_str origin, struct dl3_str host)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < 2; i++) {
		const size_t n = strlen(schemes[i]);
		if (host.len > 0 && origin.len == n + host.len && memcmp(origin.ptr, schemes[i], n) == 0 &&
		    memcmp(origin.ptr + n, host.ptr, host.len) == 0)
			return true;
	}
	return false;
}

static bool origin_is_listed(const struct gateway *g, struct dl3_str origin)
{
	for (size_t i = 0; i < g->config->origin_count; i++)
		if (dl3_str_is(origin, g->config->allowed_origins[i]))
			return true;
	return false;
}

bool gateway_accepts(const struct gateway *g, struct http_exchange *x)
{
	/* A browser says where a request comes from; nobody else does. */
	const struct dl3_str origin = http_header(x, "origin");
	char text[256];

	if (!g->tokens && !host_is_here(x)) {
		http_problem(x, 421,
		             "without tokens this gateway answers as localhost, 127.0.0.1 or [::1] alone");
		return false;
	}
	if (!origin.ptr || same_origin(origin, http_header(x, "host")))
		return true;
	if (!origin_is_listed(g, origin)) {
		http_problem(
			x, 403,
			"pages of other origins may not use this gateway; allowed_origins says which may");
		return false;
	}
	(void)snprintf(text, sizeof(text), "%.*s", (int)(origin.len < 200 ? origin.len : 200), origin.ptr);
	http_set(x, "Access-Control-Allow-Origin", text);
	http_set(x, "Vary", "Origin");
	return true;
}

/* ---- Who it is ---- */

static struct dl3_str bearer(const struct http_exchange *x)
{
	struct dl3_str s = http_header(x, "authorization");

	if (s.len <= 7 || strncasecmp(s.ptr, "Bearer ", 7) != 0)
		return (struct dl3_str){ 0 };
	s.ptr += 7;
	s.len -= 7;
	return s;
}

/* The value of our cookie; absent when there is none. */
static struct dl3_str cookie(const struct http_exchange *x)
{
	const struct dl3_str all = http_header(x, "cookie");
	const size_t n = strlen(COOKIE "=");

	for (size_t at = 0; at + n <= all.len;) {
		const char *semicolon = memchr(all.ptr + at, ';', all.len - at);
		size_t end = semicolon ? (size_t)(semicolon - all.ptr) : all.len;
		if (end - at >= n && memcmp(all.ptr + at, COOKIE "=", n) == 0)
			return (struct dl3_str){ .ptr = all.ptr + at + n, .len = (uint32_t)(end - at - n) };
		for (at = end + 1; at < all.len && all.ptr[at] == ' '; at++)
			;
	}
	return (struct dl3_str){ 0 };
}

static bool who(const struct gateway *g, const struct http_exchange *x, struct token_grant *grant)
{
	const struct dl3_str token = bearer(x), session = cookie(x);

	if (token.len > 0)
		return tokens_check(g->tokens, token, grant);
	return session.len > 0 &&
	       token_session_check(g->sessions, g->tokens, session, site_now_ms() / 1000, grant);
}

bool gateway_authorise(struct gateway *g, struct http_exchange *x, unsigned scopes, struct token_grant *grant)
{
	*grant = (struct token_grant){ .scopes = ~0u };
	if (scopes == 0 || !g->tokens)
		return true;
	if (!who(g, x, grant)) {
		http_set(x, "WWW-Authenticate", "Bearer");
		http_problem(x, 401, "a token of this gateway is needed: Authorization: Bearer TOKEN");
		return false;
	}
	if (token_grant_allows(grant, scopes))
		return true;
	unsigned missing = 0;
	while (token_scope_name(missing) && !((scopes & ~grant->scopes) & 1u << missing))
		missing++;
	http_problem(x, 403, "the token '%s' does not have the scope '%s'", grant->name,
	             token_scope_name(missing) ? token_scope_name(missing) : "?");
	return false;
}

/* ---- The page ---- */

static void set_cookie(struct http_exchange *x, const char *value, int64_t seconds)
{
	char text[TOKEN_SESSION_SIZE + 160];

	(void)snprintf(text, sizeof(text), COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
	               value, (long long)seconds, http_encrypted(x) ? "; Secure" : "");
	http_set(x, "Set-Cookie", text);
}

void api_login(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	const struct dl3_str body = http_body(x);
	const int64_t now = site_now_ms() / 1000;
	char session[TOKEN_SESSION_SIZE];
	struct token_grant is;

	(void)grant;
	if (!g->tokens) {
		http_reply(x, 204, NULL, (struct dl3_str){ 0 });
		return;
	}
	json_t *said = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
	const char *token = json_string_value(json_object_get(said, "token"));
	bool known = token && tokens_check(g->tokens, dl3_str_of(token), &is);
	if (!token) {
		http_problem(x, 400, "expected {\"token\": \"...\"}");
	} else if (!known || !token_session_new(g->sessions, &is, now, now + TOKEN_SESSION_S, session)) {
		log_say(g->log, LOG_LEVEL_WARNING, "login", LOG_TEXT("result", "refused"),
		        LOG_VARYING_TEXT("peer", http_peer(x)));
		http_problem(x, 401, "this is no token of this gateway");
	} else {
		log_say(g->log, LOG_LEVEL_INFO, "login", LOG_TEXT("token", is.name),
		        LOG_VARYING_TEXT("peer", http_peer(x)));
		set_cookie(x, session, TOKEN_SESSION_S);
		http_reply(x, 204, NULL, (struct dl3_str){ 0 });
	}
	json_decref(said);
}

void api_logout(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	(void)g;
	(void)grant;
	set_cookie(x, "", 0);
	http_reply(x, 204, NULL, (struct dl3_str){ 0 });
}

/* ---- Which PBXs ---- */

static bool refuse_pbx(struct http_exchange *x, const struct token_grant *grant, struct dl3_str pbx)
{
	http_problem(x, 403, "the token '%s' is not for the PBX '%.*s'", grant->name,
	             (int)(pbx.len < 80 ? pbx.len : 80), pbx.ptr);
	return false;
}

bool api_pbx(struct http_exchange *x, const struct token_grant *grant, struct dl3_str *out)
{
	const struct dl3_str pbx = http_query(x, "pbx");

	*out = pbx.len > 0 ? pbx : (struct dl3_str){ 0 };
	if (grant->pbx_count == 0)
		return true;
	if (pbx.len > 0)
		return token_grant_allows_pbx(grant, pbx) || refuse_pbx(x, grant, pbx);
	if (grant->pbx_count == 1) {
		*out = dl3_str_of(grant->pbxs[0]);
		return true;
	}
	http_problem(x, 400, "the token '%s' is for several PBXs: pbx= says which one is meant", grant->name);
	return false;
}

static bool is_one_of(uint64_t tag, const struct token_grant *grant)
{
	for (unsigned i = 0; i < grant->pbx_count; i++)
		if (tag == hub_tag(HUB_PBX, dl3_str_of(grant->pbxs[i])))
			return true;
	return false;
}

bool gateway_narrow(const void *owner, struct consumer_wish *wish, char *error, size_t error_size)
{
	const struct token_grant *grant = owner;
	const unsigned asked = wish->filter.count[HUB_PBX];

	if (!grant || grant->pbx_count == 0)
		return true;
	for (unsigned i = 0; i < grant->pbx_count && asked == 0; i++)
		if (!consumer_wish_set(wish, dl3_str_of("pbx"), dl3_str_of(grant->pbxs[i]), error,
		                       error_size))
			return false;
	for (unsigned k = 0; k < asked; k++) {
		if (is_one_of(wish->filter.tags[HUB_PBX][k], grant))
			continue;
		(void)snprintf(error, error_size, "the token '%s' is not for all of these PBXs", grant->name);
		return false;
	}
	return true;
}

bool api_narrow(struct http_exchange *x, const struct token_grant *grant, struct consumer_wish *wish)
{
	char error[200];

	if (gateway_narrow(grant, wish, error, sizeof(error)))
		return true;
	http_problem(x, 403, "%s", error);
	return false;
}
