/* SPDX-License-Identifier: MIT */
/* What was: questions to the store, whose answers come later. Whoever goes away meanwhile takes the question back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway_parts.h"

struct asked {
	struct gateway *g;
	struct http_exchange *x;
	struct store_query *query;
	struct store_csv *csv;
	bool begun;
	int64_t step_ms;
};

static void gone(struct http_exchange *x)
{
	struct asked *a = http_user(x);

	if (a->query)
		store_cancel(a->g->store, a->query);
	store_csv_free(a->csv);
	free(a);
}

static struct asked *begin(struct gateway *g, struct http_exchange *x)
{
	struct asked *a = g->store ? calloc(1, sizeof(*a)) : NULL;

	if (!a) {
		if (g->store)
			http_problem(x, 503, "no memory is left");
		else
			http_problem(x, 404, "this gateway keeps no history: it was started without a store");
		return NULL;
	}
	a->g = g;
	a->x = x;
	http_set_user(x, a);
	return a;
}

/* The question is on its way, or it is not. */
static void wait_for(struct asked *a, struct store_query *query)
{
	struct http_exchange *x = a->x;

	a->query = query;
	if (query) {
		http_on_gone(x, gone);
		return;
	}
	free(a);
	http_set(x, "Retry-After", "1");
	http_problem(x, 503, "too many questions wait for the store");
}

void api_refuse(struct http_exchange *x, const struct store_result *r)
{
	switch (r->answer) {
	case STORE_NOT_FOUND:
		http_problem(x, 404, "%s", r->reason);
		break;
	case STORE_BAD_QUERY:
		http_problem(x, 400, "%s", r->reason);
		break;
	case STORE_TOO_LONG:
		http_problem(x, 504, "%s", r->reason);
		break;
	default:
		http_problem(x, 503, "%s", r->reason);
		break;
	}
}

/* The answer is there: the question is over. NULL when it was a refusal, which has been passed on. */
static struct http_exchange *answered(struct asked *a, const struct store_result *r)
{
	struct http_exchange *x = a->x;

	a->query = NULL;
	http_on_gone(x, NULL);
	if (r->answer == STORE_ANSWERED)
		return x;
	api_refuse(x, r);
	free(a);
	return NULL;
}

/* ---- History ---- */

static const char *const history_keys[] = { "from",   "to",     "pbx",    "direction", "outcome", "extension",
	                                    "group",  "number", "prefix", "q",         "min_s",   "limit",
	                                    "cursor", "order",  "format", NULL };

static bool one_of(struct http_exchange *x, const char *key, struct dl3_str value, const char *const *names)
{
	char list[160] = "";
	size_t len = 0;

	if (value.len == 0)
		return true;
	for (const char *const *n = names; *n; n++) {
		if (dl3_str_is(value, *n))
			return true;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len > 0 ? ", " : "", *n);
	}
	http_problem(x, 400, "%s: expected one of %s, came '%.*s'", key, list,
	             (int)(value.len < 80 ? value.len : 80), value.ptr);
	return false;
}

static struct dl3_str given(const struct http_exchange *x, const char *key)
{
	struct dl3_str s = http_query(x, key);

	return s.len > 0 ? s : (struct dl3_str){ 0 };
}

static bool wants_csv(const struct http_exchange *x)
{
	struct dl3_str accept = http_header(x, "accept"), format = http_query(x, "format");

	return dl3_str_is(format, "csv") ||
	       (format.len == 0 && accept.len >= 8 && memcmp(accept.ptr, "text/csv", 8) == 0);
}

static bool read_filter(struct http_exchange *x, const struct token_grant *grant, struct store_filter *f)
{
	static const char *const directions[] = { "incoming", "outgoing", "internal", "tandem", NULL };
	static const char *const outcomes[] = { "answered", "voicemail", "rejected",
		                                "failed",   "abandoned", NULL };
	static const char *const orders[] = { "asc", "desc", NULL };
	static const char *const formats[] = { "json", "csv", NULL };
	int64_t limit = 100, min_s = -1, prefix = 0;

	*f = (struct store_filter){ .from_ms = STORE_NULL, .to_ms = STORE_NULL, .min_ms = STORE_NULL };
	f->direction = given(x, "direction");
	f->outcome = given(x, "outcome");
	f->extension = given(x, "extension");
	f->group = given(x, "group");
	f->number = given(x, "number");
	f->text = given(x, "q");
	f->cursor = given(x, "cursor");
	f->ascending = dl3_str_is(http_query(x, "order"), "asc");
	f->csv = wants_csv(x);
	if (!api_only(x, history_keys) || !api_pbx(x, grant, &f->pbx) ||
	    !one_of(x, "direction", f->direction, directions) ||
	    !one_of(x, "outcome", f->outcome, outcomes) ||
	    !one_of(x, "order", http_query(x, "order"), orders) ||
	    !one_of(x, "format", http_query(x, "format"), formats) || !api_time(x, "from", &f->from_ms) ||
	    !api_time(x, "to", &f->to_ms) || !api_number(x, "limit", 1, STORE_PAGE_MAX, &limit) ||
	    !api_number(x, "prefix", 0, 1, &prefix) || !api_number(x, "min_s", 0, INT32_MAX, &min_s))
		return false;
	f->limit = (unsigned)limit;
	f->number_prefix = prefix == 1;
	if (min_s >= 0)
		f->min_ms = min_s * 1000;
	return true;
}

static void on_history(const struct store_result *r, void *arg)
{
	struct asked *a = arg;
	struct http_exchange *x = answered(a, r);
	struct evbuffer *b = x ? evbuffer_new() : NULL;

	if (!x)
		return;
	free(a);
	if (!b) {
		http_problem(x, 503, "no memory is left");
		return;
	}
	put_z(b, "{\"calls\":[");
	for (size_t i = 0; i < r->row_count; i++) {
		if (i > 0)
			put_z(b, ",");
		put_str(b, r->rows[i]);
	}
	put_z(b, "],\"next\":");
	if (r->next)
		put_json_str(b, dl3_str_of(r->next));
	else
		put_z(b, "null");
	put_z(b, "}");
	api_reply(x, b);
}

/* ---- As CSV ---- */

static void on_room(struct http_exchange *x)
{
	struct asked *a = http_user(x);

	store_csv_more(a->csv);
}

static void on_csv(const char *text, size_t len, bool end, const char *reason, void *arg)
{
	struct asked *a = arg;
	struct http_exchange *x = a->x;

	if (!a->begun && end && reason) {
		http_on_gone(x, NULL);
		http_problem(x, 503, "%s", reason);
	} else {
		if (!a->begun) {
			http_set(x, "Content-Disposition", "attachment; filename=\"calls.csv\"");
			http_set(x, "Cache-Control", "no-store");
			http_begin(x, 200, "text/csv; charset=utf-8", on_room);
			http_on_gone(x, gone);
		}
		a->begun = true;
		bool room = http_write(x, text, len);
		if (!end) {
			if (room)
				store_csv_more(a->csv);
			return;
		}
		http_on_gone(x, NULL);
		if (reason)
			http_break(x);
		else
			http_end(x);
	}
	store_csv_free(a->csv);
	free(a);
}

void api_history(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct store_filter f;
	struct asked *a = read_filter(x, grant, &f) ? begin(g, x) : NULL;

	if (!a)
		return;
	if (!f.csv) {
		wait_for(a, store_history(g->store, &f, on_history, a));
		return;
	}
	a->csv = store_csv_new(g->store, &f, on_csv, a);
	if (a->csv) {
		http_on_gone(x, gone);
		return;
	}
	free(a);
	http_problem(x, 503, "too many questions wait for the store");
}

/* ---- Series ---- */

static void put_point(struct evbuffer *b, const struct store_point *p)
{
	put_z(b, "{\"at\":");
	put_ms(b, p->at_ms);
	(void)evbuffer_add_printf(b,
	                          ",\"calls\":%llu,\"incoming\":%llu,\"outgoing\":%llu,\"internal\":%llu,"
	                          "\"tandem\":%llu,\"answered\":%llu,"
	                          "\"abandoned\":%llu,\"voicemail\":%llu,\"rejected\":%llu,\"failed\":%llu,"
	                          "\"ring_s\":%.1f,\"talk_s\":%.1f}",
	                          (unsigned long long)p->calls, (unsigned long long)p->incoming,
	                          (unsigned long long)p->outgoing, (unsigned long long)p->internal,
	                          (unsigned long long)p->tandem, (unsigned long long)p->answered,
	                          (unsigned long long)p->abandoned, (unsigned long long)p->voicemail,
	                          (unsigned long long)p->rejected, (unsigned long long)p->failed,
	                          (double)p->ring_ms / 1000, (double)p->talk_ms / 1000);
}

static void on_series(const struct store_result *r, void *arg)
{
	struct asked *a = arg;
	struct http_exchange *x = answered(a, r);
	struct evbuffer *b = x ? evbuffer_new() : NULL;

	if (!x)
		return;
	const int64_t step_ms = a->step_ms;
	free(a);
	if (!b) {
		http_problem(x, 503, "no memory is left");
		return;
	}
	(void)evbuffer_add_printf(b, "{\"step_s\":%lld,\"points\":[", (long long)(step_ms / 1000));
	for (size_t i = 0; i < r->point_count; i++) {
		if (i > 0)
			put_z(b, ",");
		put_point(b, &r->points[i]);
	}
	put_z(b, "]}");
	api_reply(x, b);
}

static void series(struct gateway *g, struct http_exchange *x, const struct token_grant *grant,
                   struct dl3_str group)
{
	static const char *const known[] = { "pbx", "from", "to", "step", "minutes", NULL };
	int64_t from = g->day_start_ms, to = site_now_ms(), step = 900, minutes = 0;
	struct dl3_str pbx;

	if (!api_only(x, known) || !api_pbx(x, grant, &pbx) || !api_time(x, "from", &from) ||
	    !api_time(x, "to", &to) || !api_number(x, "step", 1, 86400, &step) ||
	    !api_number(x, "minutes", 1, 1440, &minutes))
		return;
	if (minutes > 0)
		from = to - minutes * 60000;
	from -= from % (step * 1000);
	struct asked *a = begin(g, x);
	if (!a)
		return;
	a->step_ms = step * 1000;
	wait_for(a, store_series(g->store, pbx, group, from, to, a->step_ms, on_series, a));
}

void api_series(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	series(g, x, grant, (struct dl3_str){ 0 });
}

void api_group_series(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	series(g, x, grant, http_segment(x, 2));
}
