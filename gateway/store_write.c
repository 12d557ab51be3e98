/* SPDX-License-Identifier: MIT */
/* Items to rows. */
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

#define CALL_COLUMNS                                                                                  \
	"pbx, id, started, answered, ended, direction, outcome, duration, ring, queue, talk, hold, "  \
	"voicemail,"                                                                                  \
	" cli, name, did, dialled, hunt_group, answered_by, transfers, cause, end_party, incomplete," \
	" account_code, tag, terms, json"
#define CALL_VALUES                                                                                        \
	"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, " \
	"$22,"                                                                                             \
	" $23, $24, $25, $26, $27"
#define NEW(column) #column " = excluded." #column

enum statement {
	FIND_CALL,
	PUT_CALL,
	PUT_TERM,
	DROP_TERM,
	PUT_SEGMENT,
	DROP_SEGMENTS,
	PUT_EVENT,
	MOVE_EVENTS,
	PUT_USER,
	PUT_GROUP,
	PUT_OPEN,
	DROP_OPEN,
	PUT_META,
	OLD_CALLS,
	DROP_CALL,
	DROP_EVENTS,
};

static const char
	*const sql_of[STORE_STATEMENTS] = {
		[FIND_CALL] =
			"SELECT key, started, terms FROM calls WHERE id = $1 AND pbx = $2 AND started = $3",
		[PUT_CALL] = "INSERT INTO calls (" CALL_COLUMNS ") VALUES (" CALL_VALUES
			     ") ON CONFLICT (id, pbx, started) DO UPDATE SET " NEW(answered) ", " NEW(ended) ", " NEW(direction) ", " NEW(
				     outcome) ", " NEW(duration) ", " NEW(ring) ", " NEW(queue) ", " NEW(talk) ", " NEW(hold) ", " NEW(voicemail) ", " NEW(cli) ", " NEW(name) ", " NEW(did) ", " NEW(dialled) ", " NEW(hunt_group) ", " NEW(answered_by) ", " NEW(transfers) ", " NEW(cause) ", " NEW(end_party) ", " NEW(incomplete) ", " NEW(account_code) ", " NEW(tag) ", " NEW(terms) ", " NEW(json) " RETURNING key",
		[PUT_TERM] = "INSERT INTO lookup (kind, term, started, call) VALUES ($1, $2, $3, $4)"
			     " ON CONFLICT DO NOTHING",
		[DROP_TERM] =
			"DELETE FROM lookup WHERE kind = $1 AND term = $2 AND started = $3 AND call = $4",
		[PUT_SEGMENT] = "INSERT INTO segments (call, n, who, began, ended, talk, hold)"
				" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		[DROP_SEGMENTS] = "DELETE FROM segments WHERE call = $1",
		[PUT_EVENT] = "INSERT INTO events (seq, time, pbx, node, counter, kind, call, json, raw)"
			      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (seq) DO UPDATE "
			      "SET " NEW(time) ", " NEW(pbx) ", " NEW(node) ", " NEW(counter) ", " NEW(
				      kind) ", " NEW(call) ", " NEW(json) ", " NEW(raw),
		[MOVE_EVENTS] = "UPDATE events SET call = $3 WHERE call = $2 AND pbx = $1",
		[PUT_USER] =
			"INSERT INTO users (pbx, extension, name, time, json) VALUES ($1, $2, $3, $4, $5)"
			" ON CONFLICT (pbx, extension) DO UPDATE SET " NEW(name) ", " NEW(time) ", " NEW(
				json),
		[PUT_GROUP] =
			"INSERT INTO groups (pbx, number, name, time, json) VALUES ($1, $2, $3, $4, $5)"
			" ON CONFLICT (pbx, number) DO UPDATE SET " NEW(name) ", " NEW(time) ", " NEW(json),
		[PUT_OPEN] = "INSERT INTO open_calls (pbx, time, state) VALUES ($1, $2, $3)"
			     " ON CONFLICT (pbx) DO UPDATE SET " NEW(time) ", " NEW(state),
		[DROP_OPEN] = "DELETE FROM open_calls WHERE pbx = $1",
		[PUT_META] =
			"INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET " NEW(
				value),
		[OLD_CALLS] =
			"SELECT key, started, terms FROM calls WHERE started < $1 ORDER BY started LIMIT $2",
		[DROP_CALL] = "DELETE FROM calls WHERE key = $1",
		[DROP_EVENTS] = "DELETE FROM events WHERE seq IN"
				" (SELECT seq FROM events WHERE time < $1 ORDER BY time LIMIT $2)",
	};

void store_rows_close(struct store_rows *r)
{
	for (size_t i = 0; i < STORE_STATEMENTS; i++) {
		if (r->statements[i])
			r->db->backend->finish(r->statements[i]);
		r->statements[i] = NULL;
	}
	if (r->db)
		r->db->backend->close(r->db);
	r->db = NULL;
}

static bool run(struct store_rows *r, enum statement which, const struct store_value *values, size_t count,
                store_row_fn row, void *arg, int64_t *changed, struct store_fault *fault)
{
	struct store_stmt **stmt = &r->statements[which];

	if (!*stmt)
		*stmt = r->db->backend->prepare(r->db, sql_of[which], fault);
	return *stmt && r->db->backend->run(*stmt, values, count, row, arg, changed, fault);
}

#define RUN(r, which, values, fault) \
	run(r, which, values, sizeof(values) / sizeof((values)[0]), NULL, NULL, NULL, fault)

static struct store_value number_or_null(int64_t n)
{
	struct store_value v = store_number(n);

	if (n == STORE_NULL)
		v.type = STORE_NOTHING;
	return v;
}

/* Past what the database's numbers hold there is only "very large". */
static struct store_value unsigned_number(uint64_t n)
{
	return store_number(n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

/* ---- Calls ---- */

/* A call that is stored already. */
struct old_call {
	int64_t key, started;
	char *terms; /* NULL when there was no memory */
	size_t terms_len;
	bool found;
};

static bool take_old(const struct store_value *columns, size_t count, struct old_call *old)
{
	char *terms = count == 3 ? malloc(columns[2].len + 1) : NULL;

	if (terms && columns[2].len > 0)
		memcpy(terms, columns[2].ptr, columns[2].len);
	if (terms)
		*old = (struct old_call){ columns[0].number, columns[1].number, terms, columns[2].len, true };
	old->found = true;
	return terms != NULL;
}

static bool take_one(const struct store_value *columns, size_t count, void *arg)
{
	(void)take_old(columns, count, arg);
	return false;
}

static bool each_term(struct store_rows *r, enum statement which, const char *terms, size_t len,
                      int64_t started, int64_t key, struct store_fault *fault)
{
	enum store_term kind;
	const char *text;
	size_t at = 0, n;

	while (store_terms_next(terms, len, &at, &kind, &text, &n)) {
		struct store_value v[] = { store_number(kind), store_text(text, n), store_number(started),
			                   store_number(key) };
		if (!RUN(r, which, v, fault))
			return false;
	}
	return true;
}

static bool drop_parts(struct store_rows *r, const struct old_call *old, struct store_fault *fault)
{
	struct store_value key[] = { store_number(old->key) };

	if (!old->terms)
		return store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
	return each_term(r, DROP_TERM, old->terms, old->terms_len, old->started, old->key, fault) &&
	       RUN(r, DROP_SEGMENTS, key, fault);
}

/* What an earlier version of the same call has elsewhere. */
static bool drop_earlier(struct store_rows *r, const struct store_value call[3], struct store_fault *fault)
{
	struct store_value v[] = { call[1], call[0], call[2] };
	struct old_call old = { .terms = NULL };
	bool ok = run(r, FIND_CALL, v, 3, take_one, &old, NULL, fault) &&
	          (!old.found || drop_parts(r, &old, fault));

	free(old.terms);
	return ok;
}

static void add_number(struct store_terms *t, struct store_value number)
{
	if (number.type != STORE_TEXT)
		return;
	store_terms_add(t, STORE_TERM_NUMBER, number.ptr, number.len);
	store_terms_words(t, number.ptr, number.len);
}

static void find_terms(struct store_terms *t, const struct store_call *c, const struct store_value *v,
                       struct store_clean *clean)
{
	store_terms_begin(t);
	for (size_t i = 0; i < c->extension_count; i++) {
		struct store_value e = store_clean_text(clean, c->extensions[i]);
		if (e.type == STORE_TEXT)
			store_terms_add(t, STORE_TERM_EXTENSION, e.ptr, e.len);
	}
	add_number(t, v[13]);
	add_number(t, v[15]);
	add_number(t, v[16]);
	if (v[14].type == STORE_TEXT)
		store_terms_words(t, v[14].ptr, v[14].len);
}

static bool put_segments(struct store_rows *r, const struct store_call *c, int64_t key,
                         struct store_clean *clean, struct store_fault *fault)
{
	for (size_t i = 0; i < c->segment_count; i++) {
		const struct store_segment *s = &c->segments[i];
		struct store_value v[] = {
			store_number(key),          store_number((int64_t)i), store_clean_text(clean, s->who),
			number_or_null(s->from_ms), number_or_null(s->to_ms), number_or_null(s->talk_ms),
			number_or_null(s->hold_ms)
		};
		if (!RUN(r, PUT_SEGMENT, v, fault))
			return false;
	}
	return true;
}

static bool take_key(const struct store_value *columns, size_t count, void *arg)
{
	if (count == 1)
		*(int64_t *)arg = columns[0].number;
	return true;
}

static bool put_call(struct store_rows *r, const struct store_call *c, struct store_clean *clean,
                     struct store_fault *fault)
{
	struct store_value v[] = {
		store_clean_text(clean, c->pbx),
		store_clean_text(clean, c->id),
		number_or_null(c->started_ms),
		number_or_null(c->answered_ms),
		number_or_null(c->ended_ms),
		store_clean_text(clean, c->direction),
		store_clean_text(clean, c->outcome),
		number_or_null(c->duration_ms),
		number_or_null(c->ring_ms),
		number_or_null(c->queue_ms),
		number_or_null(c->talk_ms),
		number_or_null(c->hold_ms),
		number_or_null(c->voicemail_ms),
		store_clean_text(clean, c->cli),
		store_clean_text(clean, c->name),
		store_clean_text(clean, c->did),
		store_clean_text(clean, c->dialled),
		store_clean_text(clean, c->group),
		store_clean_text(clean, c->answered_by),
		number_or_null(c->transfers),
		number_or_null(c->cause),
		store_clean_text(clean, c->end_party),
		store_number(c->incomplete),
		store_clean_text(clean, c->account_code),
		store_clean_text(clean, c->tag),
		{ .type = STORE_NOTHING },
		store_clean_text(clean, c->json),
	};
	struct store_terms terms;
	int64_t key = 0;

	find_terms(&terms, c, v, clean);
	v[25] = store_text(terms.text, terms.len);
	return drop_earlier(r, v, fault) &&
	       run(r, PUT_CALL, v, sizeof(v) / sizeof(v[0]), take_key, &key, NULL, fault) &&
	       each_term(r, PUT_TERM, terms.text, terms.len, c->started_ms, key, fault) &&
	       put_segments(r, c, key, clean, fault);
}

/* ---- The others ---- */

static bool put_event(struct store_rows *r, const struct store_event *e, struct store_clean *clean,
                      struct store_fault *fault)
{
	struct store_value v[] = { unsigned_number(e->seq),          number_or_null(e->time_ms),
		                   store_clean_text(clean, e->pbx),  store_clean_text(clean, e->node),
		                   unsigned_number(e->counter),      store_clean_text(clean, e->kind),
		                   store_clean_text(clean, e->call), store_clean_text(clean, e->json),
		                   store_clean_text(clean, e->raw) };

	return RUN(r, PUT_EVENT, v, fault);
}

static bool put_thing(struct store_rows *r, enum statement which, const struct store_thing *t,
                      struct store_clean *clean, struct store_fault *fault)
{
	struct store_value v[] = { store_clean_text(clean, t->pbx), store_clean_text(clean, t->number),
		                   store_clean_text(clean, t->name), number_or_null(t->time_ms),
		                   store_clean_text(clean, t->json) };

	return RUN(r, which, v, fault);
}

static bool put_merged(struct store_rows *r, const struct store_thing *t, struct store_clean *clean,
                       struct store_fault *fault)
{
	struct store_value v[] = { store_clean_text(clean, t->pbx), store_clean_text(clean, t->number),
		                   store_clean_text(clean, t->name) };

	return RUN(r, MOVE_EVENTS, v, fault);
}

static bool put_open(struct store_rows *r, const struct store_open_state *o, int64_t now_ms,
                     struct store_clean *clean, struct store_fault *fault)
{
	struct store_value v[] = {
		store_clean_text(clean, o->pbx),
		store_number(now_ms),
		{ .type = STORE_BLOB, .ptr = (const char *)o->state.ptr, .len = o->state.len }
	};

	return o->state.len > 0 ? RUN(r, PUT_OPEN, v, fault)
	                        : run(r, DROP_OPEN, v, 1, NULL, NULL, NULL, fault);
}

bool store_rows_put(struct store_rows *r, const struct store_item *item, int64_t now_ms,
                    struct store_fault *fault)
{
	struct store_clean clean = { .made = NULL };
	bool ok = false;

	switch (item->kind) {
	case STORE_CALL:
		ok = put_call(r, &item->u.call, &clean, fault);
		break;
	case STORE_EVENT:
		ok = put_event(r, &item->u.event, &clean, fault);
		break;
	case STORE_USER:
		ok = put_thing(r, PUT_USER, &item->u.thing, &clean, fault);
		break;
	case STORE_MERGED:
		ok = put_merged(r, &item->u.thing, &clean, fault);
		break;
	case STORE_GROUP:
		ok = put_thing(r, PUT_GROUP, &item->u.thing, &clean, fault);
		break;
	default:
		ok = put_open(r, &item->u.open, now_ms, &clean, fault);
		break;
	}
	if (clean.failed)
		ok = store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
	store_clean_done(&clean);
	return ok;
}

bool store_rows_put_seq(struct store_rows *r, uint64_t seq, struct store_fault *fault)
{
	struct store_value v[] = { store_text("last_seq", 8), unsigned_number(seq) };

	return RUN(r, PUT_META, v, fault);
}

/* ---- Age ---- */

struct old_calls {
	struct old_call *at;
	size_t count, cap;
};

static bool take_next(const struct store_value *columns, size_t count, void *arg)
{
	struct old_calls *all = arg;

	if (all->count == all->cap || !take_old(columns, count, &all->at[all->count]))
		return false;
	all->count++;
	return true;
}

bool store_rows_expire_calls(struct store_rows *r, int64_t before_ms, int64_t limit, uint64_t *count,
                             struct store_fault *fault)
{
	struct old_calls all = { .at = calloc((size_t)limit, sizeof(*all.at)), .cap = (size_t)limit };
	struct store_value v[] = { store_number(before_ms), store_number(limit) };
	bool ok = all.at ? run(r, OLD_CALLS, v, 2, take_next, &all, NULL, fault)
	                 : store_fault_set(fault, STORE_FAIL_GONE, "out of memory");

	for (size_t i = 0; ok && i < all.count; i++) {
		struct store_value key[] = { store_number(all.at[i].key) };
		ok = drop_parts(r, &all.at[i], fault) && RUN(r, DROP_CALL, key, fault);
	}
	*count = all.count;
	for (size_t i = 0; i < all.count; i++)
		free(all.at[i].terms);
	free(all.at);
	return ok;
}

bool store_rows_expire_events(struct store_rows *r, int64_t before_ms, int64_t limit, uint64_t *count,
                              struct store_fault *fault)
{
	struct store_value v[] = { store_number(before_ms), store_number(limit) };
	int64_t changed = 0;
	bool ok = run(r, DROP_EVENTS, v, 2, NULL, NULL, &changed, fault);

	*count = (uint64_t)changed;
	return ok;
}
