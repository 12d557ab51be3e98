/* SPDX-License-Identifier: MIT */
/*
 * One call: as it is now when it is up, with the records that are stored; else out of the store. A call that has just ended is
 * in neither until the store has made its next commit: then the question is asked again.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway_parts.h"

/* How often and how long a call that is not stored yet is waited for. */
#define AGAIN_MS 40
#define PATIENCE_MS 3000

struct asked {
	struct gateway *g;
	struct http_exchange *x;
	struct store_query *query;
	struct event *again;
	struct evbuffer *live; /* the call as it is now */
	struct dl3_str pbx, id;
	uint64_t committed; /* by the time that all was that had been put when the question came */
	int64_t until_ms;
	bool last;    /* all that is was there when it was asked again */
	char texts[]; /* pbx and id */
};

static void forget(struct asked *a)
{
	if (a->live)
		evbuffer_free(a->live);
	if (a->again)
		event_free(a->again);
	free(a);
}

static void gone(struct http_exchange *x)
{
	struct asked *a = http_user(x);

	if (a->query)
		store_cancel(a->g->store, a->query);
	forget(a);
}

/* ---- Its records ---- */

static void put_event(struct evbuffer *b, const struct store_event_row *e)
{
	put_z(b, "{\"seq\":");
	(void)evbuffer_add_printf(b, "%llu,\"time\":", (unsigned long long)e->seq);
	put_ms(b, e->time_ms);
	put_z(b, ",\"node\":");
	put_json_str(b, e->node);
	(void)evbuffer_add_printf(b, ",\"counter\":%llu,\"record\":", (unsigned long long)e->counter);
	put_str(b, e->json.len > 0 ? e->json : dl3_str_of("null"));
	put_z(b, ",\"raw\":");
	put_json_str(b, e->raw);
	put_z(b, "}");
}

static void put_stored(struct evbuffer *b, const struct store_result *r)
{
	put_z(b, ",\"records\":[");
	for (size_t i = 0; r && i < r->event_count; i++) {
		if (i > 0)
			put_z(b, ",");
		put_event(b, &r->events[i]);
	}
	put_z(b, "]}");
}

/* ---- The answer ---- */

static void ask(struct asked *a);

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask(arg);
}

/* @return whether it may be stored in a moment, and is asked for again. */
static bool wait_more(struct asked *a)
{
	const struct timeval pause = { .tv_usec = AGAIN_MS * 1000L };
	struct store_status now;

	store_status(a->g->store, &now);
	if (a->until_ms == 0) {
		a->until_ms = site_now_ms() + PATIENCE_MS;
		a->committed = now.committed + now.queued;
	} else if (a->last || site_now_ms() > a->until_ms) {
		return false;
	}
	/* It may have been stored between the answer and now: then once more. */
	a->last = now.committed >= a->committed;
	if (!a->again)
		a->again = evtimer_new(a->g->base, on_again, a);
	return a->again && event_add(a->again, &pause) == 0;
}

static void on_call(const struct store_result *r, void *arg)
{
	struct asked *a = arg;
	struct http_exchange *x = a->x;
	struct evbuffer *b = a->live;

	a->query = NULL;
	/* What is up has been found already; the store adds its records if it has any. */
	const bool stored = r->answer == STORE_ANSWERED && r->row_count > 0;
	const bool missing = !b && !stored && (r->answer == STORE_NOT_FOUND || r->answer == STORE_ANSWERED);
	if (missing && wait_more(a))
		return;
	http_on_gone(x, NULL);
	a->live = NULL;
	if (!b && stored) {
		b = evbuffer_new();
		if (b) {
			put_z(b, "{\"call\":");
			put_str(b, r->rows[0]);
		}
	}
	forget(a);
	if (b) {
		put_stored(b, r->answer == STORE_ANSWERED ? r : NULL);
		api_reply(x, b);
	} else if (missing) {
		http_problem(x, 404, "no such call is stored");
	} else if (stored) {
		http_problem(x, 503, "no memory is left");
	} else {
		api_refuse(x, r);
	}
}

static void ask(struct asked *a)
{
	struct http_exchange *x = a->x;

	a->query = store_find_call(a->g->store, a->pbx, a->id, on_call, a);
	if (a->query)
		return;
	http_on_gone(x, NULL);
	forget(a);
	http_set(x, "Retry-After", "1");
	http_problem(x, 503, "too many questions wait for the store");
}

/* ---- The question ---- */

/* The PBX on which a call is up, and the call; absent when there is none. */
static struct dl3_str live_call(struct gateway *g, struct dl3_str pbx, struct dl3_str id,
                                struct dl3_str *found)
{
	for (size_t i = 0; i < g->site_count; i++) {
		const struct dl3_str name = dl3_str_of(site_name(g->sites[i]));
		if (pbx.len > 0 && !dl3_str_same(pbx, name))
			continue;
		struct dl3_str body = hub_latest(g->hub, HUB_CALL, name, id);
		if (body.len > 0) {
			*found = name;
			return body;
		}
	}
	return (struct dl3_str){ 0 };
}

static struct dl3_str keep(char *to, struct dl3_str text)
{
	if (text.len > 0)
		memcpy(to, text.ptr, text.len);
	return (struct dl3_str){ .ptr = text.len > 0 ? to : NULL, .len = text.len };
}

static void ask_store(struct gateway *g, struct http_exchange *x, struct evbuffer *live, struct dl3_str pbx,
                      struct dl3_str id)
{
	struct asked *a = calloc(1, sizeof(*a) + pbx.len + id.len);

	if (!a) {
		if (live)
			evbuffer_free(live);
		http_problem(x, 503, "no memory is left");
		return;
	}
	a->g = g;
	a->x = x;
	a->live = live;
	a->pbx = keep(a->texts, pbx);
	a->id = keep(a->texts + pbx.len, id);
	http_set_user(x, a);
	http_on_gone(x, gone);
	ask(a);
}

void api_call(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	const struct dl3_str id = http_segment(x, 2);
	struct dl3_str pbx;
	struct evbuffer *live = NULL;

	if (!api_only(x, (const char *const[]){ "pbx", NULL }) || !api_pbx(x, grant, &pbx))
		return;
	struct dl3_str body = live_call(g, pbx, id, &pbx);
	if (body.len > 0) {
		live = evbuffer_new();
		if (!live) {
			http_problem(x, 503, "no memory is left");
			return;
		}
		put_z(live, "{\"call\":");
		put_str(live, body);
	}
	if (g->store) {
		ask_store(g, x, live, pbx, id);
	} else if (live) {
		put_stored(live, NULL);
		api_reply(x, live);
	} else {
		http_problem(x, 404, "this gateway keeps no history: it was started without a store");
	}
}
