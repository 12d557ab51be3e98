/* SPDX-License-Identifier: MIT */
/* The other questions: one call, events, counts, and what a restart goes on with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

static struct dl3_str copy_of(struct store_clean *kept, const struct store_value *v)
{
	return store_clean_copy(kept, v->type == STORE_TEXT ? v->ptr : NULL, v->len);
}

static void keep(struct store_clean *kept, struct dl3_str *out, struct dl3_str s)
{
	struct store_value v = store_clean_text(kept, s);

	*out = store_clean_copy(kept, v.ptr, v.len);
}

/* ---- Events ---- */

#define EVENT_COLUMNS "seq, time, counter, pbx, node, kind, call, json, raw"

/* Of events, or of a call with its events. */
struct events {
	struct store_query q;
	struct dl3_str pbx, id; /* of the call */
	uint64_t after;
	unsigned limit;
	struct dl3_str row;
	struct store_event_row *events;
	size_t count, cap;
};

static struct events *events_of(struct store_query *q)
{
	return (struct events *)(void *)q;
}

static void events_free(struct store_query *q)
{
	store_clean_done(&q->kept);
	free(events_of(q)->events);
	free(q);
}

static bool grow(struct events *e)
{
	size_t cap = e->cap > 0 ? e->cap * 2 : 64;
	struct store_event_row *at = realloc(e->events, cap * sizeof(*at));

	if (!at) {
		e->q.kept.failed = true;
		return false;
	}
	e->events = at;
	e->cap = cap;
	return true;
}

static bool take_event(const struct store_value *c, size_t count, void *arg)
{
	struct events *e = arg;
	struct store_clean *kept = &e->q.kept;

	if (count != 9 || (e->count == e->cap && !grow(e)))
		return false;
	e->events[e->count++] = (struct store_event_row){
		.seq = (uint64_t)c[0].number,
		.time_ms = c[1].type == STORE_NUMBER ? c[1].number : STORE_NULL,
		.counter = (uint64_t)c[2].number,
		.pbx = copy_of(kept, &c[3]),
		.node = copy_of(kept, &c[4]),
		.kind = copy_of(kept, &c[5]),
		.call = copy_of(kept, &c[6]),
		.json = copy_of(kept, &c[7]),
		.raw = copy_of(kept, &c[8]),
	};
	return !kept->failed;
}

static bool tell_events(struct events *e)
{
	if (e->q.kept.failed)
		return store_no_answer(&e->q, STORE_UNREACHABLE, "out of memory");
	e->q.result.events = e->events;
	e->q.result.event_count = e->count;
	return true;
}

static bool answer_events(struct store_query *q, struct store_reader *r)
{
	struct events *e = events_of(q);
	struct store_sql sql = { .len = 0 };

	if (e->limit > STORE_EVENTS_MAX)
		return store_no_answer(q, STORE_BAD_QUERY, "the limit is more than 10000");
	store_sql_param(&sql, "SELECT " EVENT_COLUMNS " FROM events WHERE seq > ",
	                store_number(e->after > INT64_MAX ? INT64_MAX : (int64_t)e->after));
	store_sql_param(&sql, " ORDER BY seq LIMIT ", store_number(e->limit));
	return store_ask(r, q, &sql, take_event, e) && tell_events(e);
}

struct store_query *store_events_after(struct store *s, uint64_t after, unsigned limit, store_result_fn fn,
                                       void *arg)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->q.answer = answer_events;
	e->q.free = events_free;
	e->after = after;
	e->limit = limit > 0 ? limit : STORE_EVENTS_MAX;
	return store_queries_add(s, &e->q, fn, arg);
}

/* ---- One call ---- */

static bool take_call(const struct store_value *c, size_t count, void *arg)
{
	struct events *e = arg;

	if (count == 2) {
		e->pbx = copy_of(&e->q.kept, &c[0]);
		e->row = copy_of(&e->q.kept, &c[1]);
	}
	return false;
}

static bool answer_call(struct store_query *q, struct store_reader *r)
{
	struct events *e = events_of(q);
	struct store_sql call = { .len = 0 }, events = { .len = 0 };

	store_sql_param(&call, "SELECT pbx, json FROM calls WHERE id = ", store_text(e->id.ptr, e->id.len));
	if (e->pbx.ptr)
		store_sql_param(&call, " AND pbx = ", store_text(e->pbx.ptr, e->pbx.len));
	store_sql_add(&call, " ORDER BY started DESC LIMIT 1");
	if (!store_ask(r, q, &call, take_call, e))
		return false;
	if (!e->row.ptr && !e->pbx.ptr)
		return store_no_answer(q, STORE_NOT_FOUND, "no such call is stored");
	store_sql_param(&events, "SELECT " EVENT_COLUMNS " FROM events WHERE call = ",
	                store_text(e->id.ptr, e->id.len));
	store_sql_param(&events, " AND pbx = ", store_text(e->pbx.ptr, e->pbx.len));
	store_sql_param(&events, " ORDER BY seq LIMIT ", store_number(STORE_EVENTS_MAX));
	if (!store_ask(r, q, &events, take_event, e))
		return false;
	if (!e->row.ptr && e->count == 0)
		return store_no_answer(q, STORE_NOT_FOUND, "no such call is stored");
	q->result.rows = &e->row;
	q->result.row_count = e->row.ptr ? 1 : 0;
	return tell_events(e);
}

struct store_query *store_find_call(struct store *s, struct dl3_str pbx, struct dl3_str id,
                                    store_result_fn fn, void *arg)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->q.answer = answer_call;
	e->q.free = events_free;
	keep(&e->q.kept, &e->pbx, pbx);
	keep(&e->q.kept, &e->id, id);
	return store_queries_add(s, &e->q, fn, arg);
}

/* ---- Counts ---- */

struct series {
	struct store_query q;
	struct dl3_str pbx, group;
	int64_t from, to, step;
	struct store_point *points;
	size_t count;
};

static struct series *series_of(struct store_query *q)
{
	return (struct series *)(void *)q;
}

static void series_free(struct store_query *q)
{
	store_clean_done(&q->kept);
	free(series_of(q)->points);
	free(q);
}

static bool take_point(const struct store_value *c, size_t count, void *arg)
{
	struct series *s = arg;
	struct store_point *p;

	if (count != 13 || c[0].number < 0 || c[0].number >= (int64_t)s->count)
		return true;
	p = &s->points[c[0].number];
	p->calls = (uint64_t)c[1].number;
	p->incoming = (uint64_t)c[2].number;
	p->outgoing = (uint64_t)c[3].number;
	p->internal = (uint64_t)c[4].number;
	p->tandem = (uint64_t)c[5].number;
	p->answered = (uint64_t)c[6].number;
	p->abandoned = (uint64_t)c[7].number;
	p->voicemail = (uint64_t)c[8].number;
	p->rejected = (uint64_t)c[9].number;
	p->failed = (uint64_t)c[10].number;
	p->ring_ms = (uint64_t)c[11].number;
	p->talk_ms = (uint64_t)c[12].number;
	return true;
}

#define COUNT(column, value) ", count(CASE WHEN " column " = '" value "' THEN 1 END)"
/* PostgreSQL's sum of big numbers is of another type. */
#define SUM(column) ", CAST(coalesce(sum(CASE WHEN outcome = 'answered' THEN " column " END), 0) AS BIGINT)"

static void build_series(struct store_sql *sql, const struct series *s)
{
	store_sql_param(sql, "SELECT (started - ", store_number(s->from));
	store_sql_param(sql, ") / ", store_number(s->step));
	store_sql_add(sql,
	              " AS n, count(*)" COUNT("direction", "incoming") COUNT("direction", "outgoing")
	                      COUNT("direction", "internal") COUNT("direction", "tandem")
	                              COUNT("outcome", "answered") COUNT("outcome", "abandoned")
	                                      COUNT("outcome", "voicemail") COUNT("outcome", "rejected")
	                                              COUNT("outcome", "failed") SUM("ring") SUM("talk"));
	store_sql_add(sql, s->group.ptr ? " FROM calls {by calls_group}"
	                   : s->pbx.ptr ? " FROM calls {by calls_pbx}"
	                                : " FROM calls {by calls_started}");
	store_sql_param(sql, " WHERE started >= ", store_number(s->from));
	store_sql_param(sql, " AND started < ", store_number(s->to));
	if (s->pbx.ptr)
		store_sql_param(sql, " AND pbx = ", store_text(s->pbx.ptr, s->pbx.len));
	if (s->group.ptr)
		store_sql_param(sql, " AND hunt_group = ", store_text(s->group.ptr, s->group.len));
	store_sql_add(sql, " GROUP BY n");
}

static bool answer_series(struct store_query *q, struct store_reader *r)
{
	struct series *s = series_of(q);
	struct store_sql sql = { .len = 0 };

	if (s->count == 0)
		return store_no_answer(
			q, STORE_BAD_QUERY,
			"a series needs a step, a beginning before its end, and at most 10000 points");
	build_series(&sql, s);
	if (!store_ask(r, q, &sql, take_point, s))
		return false;
	q->result.points = s->points;
	q->result.point_count = s->count;
	return true;
}

/* 0 when there is no such series. */
static size_t points_of(int64_t from, int64_t to, int64_t step)
{
	/* Year 200000 and so: far enough for anybody, and no sum of two overflows. */
	const int64_t far = INT64_MAX / 4;
	int64_t count;

	if (from < -far || to > far || from >= to || step <= 0)
		return 0;
	count = (to - from - 1) / step + 1;
	return count > STORE_POINTS_MAX ? 0 : (size_t)count;
}

struct store_query *store_series(struct store *s, struct dl3_str pbx, struct dl3_str group, int64_t from_ms,
                                 int64_t to_ms, int64_t step_ms, store_result_fn fn, void *arg)
{
	struct series *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->q.answer = answer_series;
	n->q.free = series_free;
	keep(&n->q.kept, &n->pbx, pbx);
	keep(&n->q.kept, &n->group, group);
	n->from = from_ms;
	n->to = to_ms;
	n->step = step_ms;
	n->count = points_of(from_ms, to_ms, step_ms);
	n->points = calloc(n->count + 1, sizeof(*n->points));
	n->q.kept.failed = n->q.kept.failed || !n->points;
	for (size_t i = 0; n->points && i < n->count; i++)
		n->points[i].at_ms = from_ms + (int64_t)i * step_ms;
	return store_queries_add(s, &n->q, fn, arg);
}
