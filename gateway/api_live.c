/* SPDX-License-Identifier: MIT */
/* What is now: calls, people, groups, links. The hub has all of it ready as JSON. */
#include <devlink3/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gateway_parts.h"

/* ---- JSON into buffers ---- */

void put_z(struct evbuffer *b, const char *z)
{
	(void)evbuffer_add(b, z, strlen(z));
}

void put_str(struct evbuffer *b, struct dl3_str s)
{
	if (s.len > 0)
		(void)evbuffer_add(b, s.ptr, s.len);
}

void put_json_str(struct evbuffer *b, struct dl3_str s)
{
	struct dl3i_json j = dl3i_json_to(NULL, 0);
	struct evbuffer_iovec room;

	dl3i_json_str(&j, s);
	if (evbuffer_reserve_space(b, (ev_ssize_t)j.out.len, &room, 1) != 1)
		return;
	room.iov_len = j.out.len;
	j = dl3i_json_to(room.iov_base, room.iov_len);
	dl3i_json_str(&j, s);
	(void)evbuffer_commit_space(b, &room, 1);
}

void put_ms(struct evbuffer *b, int64_t ms)
{
	(void)evbuffer_add_printf(b, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
}

void api_reply(struct http_exchange *x, struct evbuffer *b)
{
	http_set(x, "Cache-Control", "no-store");
	http_reply_buffer(x, 200, "application/json", b);
	evbuffer_free(b);
}

static struct evbuffer *begin(struct http_exchange *x)
{
	struct evbuffer *b = evbuffer_new();

	if (!b)
		http_problem(x, 503, "no memory is left");
	return b;
}

/* ---- Lists ---- */

struct list {
	struct gateway *g;
	struct evbuffer *b;
	struct consumer_wish wish;
	size_t count;
	bool windowed; /* groups: over some time */
	int64_t from_ms, to_ms;
};

static bool tagged(const struct hub_filter *f, const uint64_t *tags, size_t count)
{
	for (unsigned d = 0; d < HUB_DIMENSIONS; d++) {
		bool found = f->count[d] == 0;
		for (size_t i = 0; i < count && !found; i++)
			for (size_t k = 0; k < f->count[d] && !found; k++)
				found = tags[i] == f->tags[d][k];
		if (!found)
			return false;
	}
	return true;
}

static void put_window(struct list *l, struct dl3_str pbx, struct dl3_str group)
{
	const struct site *s = gateway_site(l->g, pbx);
	struct dl3_group_stats stats;
	char text[512];
	size_t len = 0;

	if (!s || !site_group_stats(s, group, l->from_ms, l->to_ms, &stats) ||
	    dl3_group_stats_json(&stats, text, sizeof(text), &len) != DL3_OK)
		return;
	put_z(l->b, ",\"window\":");
	(void)evbuffer_add(l->b, text, len);
}

static void each(struct dl3_str pbx, struct dl3_str about, struct dl3_str body, const uint64_t *tags,
                 size_t tag_count, void *arg)
{
	struct list *l = arg;

	if (!tagged(&l->wish.filter, tags, tag_count))
		return;
	if (l->count++ > 0)
		put_z(l->b, ",");
	if (!l->windowed) {
		put_str(l->b, body);
		return;
	}
	body.len--;
	put_str(l->b, body);
	put_window(l, pbx, about);
	put_z(l->b, "}");
}

/* Reads the filters. @return false when the answer has been given. */
static bool read_filters(struct http_exchange *x, const struct token_grant *grant, struct list *l,
                         const char *const *known)
{
	static const char *const filters[] = { "pbx", "extension", "group", "node" };
	char error[200];

	if (!api_only(x, known))
		return false;
	consumer_wish_init(&l->wish);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		struct dl3_str value = http_query(x, filters[i]);
		if (value.len > 0 &&
		    !consumer_wish_set(&l->wish, dl3_str_of(filters[i]), value, error, sizeof(error))) {
			http_problem(x, 400, "%s", error);
			return false;
		}
	}
	return api_narrow(x, grant, &l->wish);
}

static void answer_list(struct gateway *g, struct http_exchange *x, struct list *l, enum hub_kind kind,
                        const char *key)
{
	l->g = g;
	l->b = begin(x);
	if (!l->b)
		return;
	(void)evbuffer_add_printf(l->b, "{\"seq\":%llu,\"%s\":[", (unsigned long long)hub_seq(g->hub), key);
	hub_each(g->hub, kind, each, l);
	put_z(l->b, "]}");
	api_reply(x, l->b);
}

void api_calls(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	static const char *const known[] = { "pbx", "extension", "group", "node", NULL };
	struct list l = { .g = g };

	if (read_filters(x, grant, &l, known))
		answer_list(g, x, &l, HUB_CALL, "calls");
}

void api_users(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	static const char *const known[] = { "pbx", "extension", NULL };
	struct list l = { .g = g };

	if (read_filters(x, grant, &l, known))
		answer_list(g, x, &l, HUB_USER, "users");
}

void api_groups(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	static const char *const known[] = { "pbx", "group", "from", "to", "minutes", NULL };
	struct list l = { .g = g, .to_ms = site_now_ms() };
	int64_t minutes = 0;

	if (!read_filters(x, grant, &l, known) || !api_number(x, "minutes", 1, 1440, &minutes) ||
	    !api_time(x, "from", &l.from_ms) || !api_time(x, "to", &l.to_ms))
		return;
	if (minutes > 0)
		l.from_ms = l.to_ms - minutes * 60000;
	l.windowed = l.from_ms > 0;
	/* What is counted is counted by the minute, and up to the one that is asked for: it is not to be left out. */
	l.to_ms += 60000;
	answer_list(g, x, &l, HUB_GROUP, "groups");
}

/* ---- The gateway and its links ---- */

void api_info(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct evbuffer *b = api_only(x, (const char *const[]){ NULL }) ? begin(x) : NULL;

	(void)grant;
	if (!b)
		return;
	(void)evbuffer_add_printf(b, "{\"version\":\"%s\",\"started\":", dl3_version());
	put_ms(b, g->started_ms);
	put_z(b, ",\"now\":");
	put_ms(b, site_now_ms());
	(void)evbuffer_add_printf(b, ",\"demo\":%s,\"day_start\":", g->demo ? "true" : "false");
	put_ms(b, g->day_start_ms);
	(void)evbuffer_add_printf(b, ",\"threshold_s\":%u,\"short_s\":%u,\"history\":%s,\"auth\":%s}",
	                          g->config->calls.answer_goal_s, g->config->calls.short_s,
	                          g->store ? "true" : "false", "false");
	api_reply(x, b);
}

void api_pbxs(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct evbuffer *b = api_only(x, (const char *const[]){ NULL }) ? begin(x) : NULL;
	size_t len = 0, count = 0;

	if (!b)
		return;
	put_z(b, "{\"pbxs\":[");
	for (size_t i = 0; i < g->site_count; i++) {
		if (!token_grant_allows_pbx(grant, dl3_str_of(site_name(g->sites[i]))))
			continue;
		char *text = site_link_json(g->sites[i], &len);
		if (!text)
			continue;
		if (count++ > 0)
			put_z(b, ",");
		(void)evbuffer_add(b, text, len);
		free(text);
	}
	put_z(b, "]}");
	api_reply(x, b);
}
