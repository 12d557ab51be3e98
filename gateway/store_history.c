/* SPDX-License-Identifier: MIT */
/*
 * A page of the history. Pages follow one another by the start and key of their last call, never by counting.
 * What a page is read by:
 *   a number or an extension    `lookup`, which has each one's calls in the order of time
 *   a beginning of a number or word, or a least length, when few calls have it    those, sorted
 *   anything else               calls in the order of time, of a group, of a PBX, or all; what else they are
 *                               filtered by stands in the index too, but for names and numbers, which are then
 *                               so common that the page is soon full
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

#define LIMIT_DEFAULT 100u
/* The last character there is: behind everything that begins with the same octets. */
static const char last_character[] = { '\xf4', '\x8f', '\xbf', '\xbf' };

struct history {
	struct store_query q;
	struct store_filter f;
	struct store_terms words; /* of f.text */
	struct store_terms extension;
	struct dl3_str *rows;
	size_t count;
	bool more;
	int64_t started, key; /* of the last row */
	bool has_cursor;
	int64_t cursor_started, cursor_key;
	char next[STORE_CURSOR_SIZE];
};

/* By what a page is read. */
struct way {
	enum { BY_TERM, BY_RANGE, BY_LENGTH, BY_WALK } by;
	enum store_term kind;
	struct store_value term, behind; /* BY_TERM: term; BY_RANGE: from term up to, not with, behind */
	const char *started, *key;       /* the columns that have the order */
};

static struct history *of(struct store_query *q)
{
	return (struct history *)(void *)q;
}

static struct store_value text_of(struct dl3_str s)
{
	return store_text(s.ptr, s.len);
}

/* ---- The filter ---- */

static bool read_cursor(struct history *h)
{
	char text[STORE_CURSOR_SIZE], *end;

	if (!h->f.cursor.ptr)
		return true;
	if (h->f.cursor.len >= sizeof(text))
		return false;
	memcpy(text, h->f.cursor.ptr, h->f.cursor.len);
	text[h->f.cursor.len] = '\0';
	errno = 0;
	h->cursor_started = strtoll(text, &end, 10);
	if (end == text || *end != '_' || strlen(text) != h->f.cursor.len)
		return false;
	h->cursor_key = strtoll(end + 1, &end, 10);
	h->has_cursor = *end == '\0' && end[-1] != '_' && errno == 0;
	return h->has_cursor;
}

/* Conditions on the time, and on where the page before ended. */
static void add_time(struct store_sql *sql, const struct history *h, const char *started, const char *key)
{
	char text[128];

	if (h->f.from_ms != STORE_NULL) {
		(void)snprintf(text, sizeof(text), " AND %s >= ", started);
		store_sql_param(sql, text, store_number(h->f.from_ms));
	}
	if (h->f.to_ms != STORE_NULL) {
		(void)snprintf(text, sizeof(text), " AND %s < ", started);
		store_sql_param(sql, text, store_number(h->f.to_ms));
	}
	if (h->has_cursor) {
		(void)snprintf(text, sizeof(text), " AND (%s, %s) %s (", started, key,
		               h->f.ascending ? ">" : "<");
		store_sql_param(sql, text, store_number(h->cursor_started));
		store_sql_param(sql, ", ", store_number(h->cursor_key));
		store_sql_add(sql, ")");
	}
}

static void add_order(struct store_sql *sql, const struct history *h, const char *started, const char *key)
{
	const char *direction = h->f.ascending ? "ASC" : "DESC";
	char text[128];

	(void)snprintf(text, sizeof(text), " ORDER BY %s %s, %s %s", started, direction, key, direction);
	store_sql_add(sql, text);
}

static struct store_value behind(struct store_query *q, const char *text, size_t len)
{
	char end[STORE_TERM_SIZE + sizeof(last_character)];
	struct dl3_str copy;

	if (len > STORE_TERM_SIZE)
		len = STORE_TERM_SIZE;
	if (text && len > 0)
		memcpy(end, text, len);
	memcpy(end + len, last_character, sizeof(last_character));
	copy = store_clean_copy(&q->kept, end, len + sizeof(last_character));
	return text_of(copy);
}

static void add_number(struct store_sql *sql, struct history *h)
{
	static const char *const columns[] = { "c.cli", "c.dialled", "c.did" };
	struct store_value number = text_of(h->f.number);
	char text[64];

	for (size_t i = 0; i < 3; i++) {
		store_sql_add(sql, i == 0 ? " AND (" : " OR ");
		(void)snprintf(text, sizeof(text), "(%s %s ", columns[i], h->f.number_prefix ? ">=" : "=");
		store_sql_param(sql, text, number);
		if (h->f.number_prefix) {
			(void)snprintf(text, sizeof(text), " AND %s < ", columns[i]);
			store_sql_param(sql, text, behind(&h->q, number.ptr, number.len));
		}
		store_sql_add(sql, ")");
	}
	store_sql_add(sql, ")");
}

/* That `terms` has lines which begin as those of `t` do, or, when `whole`, are the same. */
static void add_terms(struct store_sql *sql, struct history *h, const struct store_terms *t, bool whole)
{
	enum store_term kind;
	const char *text;
	size_t at = 0, len;

	while (store_terms_next(t->text, t->len, &at, &kind, &text, &len)) {
		/* With the line break and digit in front, and perhaps the line break behind. */
		struct dl3_str line = store_clean_copy(&h->q.kept, text - 2, len + (whole ? 3 : 2));
		store_sql_param(sql, " AND {at}(c.terms, ", text_of(line));
		store_sql_add(sql, ") > 0");
	}
}

static void add_equal(struct store_sql *sql, const char *text, struct dl3_str s)
{
	if (s.ptr)
		store_sql_param(sql, text, text_of(s));
}

static void add_filters(struct store_sql *sql, struct history *h)
{
	add_equal(sql, " AND c.pbx = ", h->f.pbx);
	add_equal(sql, " AND c.direction = ", h->f.direction);
	add_equal(sql, " AND c.outcome = ", h->f.outcome);
	add_equal(sql, " AND c.hunt_group = ", h->f.group);
	if (h->f.min_ms != STORE_NULL)
		store_sql_param(sql, " AND c.duration >= ", store_number(h->f.min_ms));
	if (h->f.number.ptr)
		add_number(sql, h);
	add_terms(sql, h, &h->words, false);
	add_terms(sql, h, &h->extension, true);
}

/* ---- The way ---- */

static bool take_count(const struct store_value *columns, size_t count, void *arg)
{
	*(int64_t *)arg = count == 1 ? columns[0].number : 0;
	return true;
}

/* Whether few calls have a term in the range. */
static bool few(struct history *h, struct store_reader *r, const struct way *w, bool *yes)
{
	struct store_sql sql = { .len = 0 };
	int64_t count = 0;

	if (w->by == BY_LENGTH) {
		store_sql_param(
			&sql,
			"SELECT count(*) FROM (SELECT 1 FROM calls {by calls_duration} WHERE duration >= ",
			store_number(h->f.min_ms));
	} else {
		store_sql_param(&sql, "SELECT count(*) FROM (SELECT 1 FROM lookup WHERE kind = ",
		                store_number(w->kind));
		store_sql_param(&sql, " AND term >= ", w->term);
		store_sql_param(&sql, " AND term < ", w->behind);
	}
	store_sql_param(&sql, " LIMIT ", store_number((int64_t)r->s->config.few + 1));
	store_sql_add(&sql, ") AS n");
	if (!store_ask(r, &h->q, &sql, take_count, &count))
		return false;
	*yes = count <= (int64_t)r->s->config.few;
	return true;
}

/* The longest word is the rarest, as a rule. */
static bool longest_word(struct history *h, struct way *w)
{
	enum store_term kind;
	const char *text;
	size_t at = 0, len, best = 0;

	while (store_terms_next(h->words.text, h->words.len, &at, &kind, &text, &len)) {
		if (len <= best)
			continue;
		best = len;
		w->kind = kind;
		w->term = store_text(text, len);
	}
	if (best > 0)
		w->behind = behind(&h->q, w->term.ptr, w->term.len);
	return best > 0;
}

static bool choose_range(struct history *h, struct store_reader *r, struct way *w, bool *found)
{
	w->by = BY_RANGE;
	*found = false;
	if (h->f.number.ptr && h->f.number_prefix) {
		w->kind = STORE_TERM_NUMBER;
		w->term = store_text(h->f.number.ptr,
		                     h->f.number.len < STORE_TERM_SIZE ? h->f.number.len : STORE_TERM_SIZE);
		w->behind = behind(&h->q, w->term.ptr, w->term.len);
		if (!few(h, r, w, found))
			return false;
	}
	return *found || !longest_word(h, w) || few(h, r, w, found);
}

static bool choose(struct history *h, struct store_reader *r, struct way *w)
{
	struct store_terms number;
	bool found;

	*w = (struct way){ .by = BY_TERM, .started = "l.started", .key = "l.call" };
	if (h->f.number.ptr && !h->f.number_prefix) {
		store_terms_begin(&number);
		store_terms_add(&number, STORE_TERM_NUMBER, h->f.number.ptr, h->f.number.len);
		w->kind = STORE_TERM_NUMBER;
		w->term = store_text(h->f.number.ptr, number.len > 3 ? number.len - 3 : 0);
		return true;
	}
	if (!choose_range(h, r, w, &found))
		return false;
	if (found)
		return true;
	if (h->extension.count > 0) {
		w->by = BY_TERM;
		w->kind = STORE_TERM_EXTENSION;
		w->term = store_text(h->extension.text + 2, h->extension.len - 3);
		return true;
	}
	w->by = BY_LENGTH;
	if (h->f.min_ms != STORE_NULL && h->f.min_ms > 0 && !few(h, r, w, &found))
		return false;
	if (!found)
		*w = (struct way){ .by = BY_WALK, .started = "c.started", .key = "c.key" };
	return true;
}

static void add_source(struct store_sql *sql, struct history *h, const struct way *w)
{
	if (w->by == BY_WALK) {
		store_sql_add(sql, h->f.group.ptr ? "calls AS c {by calls_group}"
		                   : h->f.pbx.ptr ? "calls AS c {by calls_pbx}"
		                                  : "calls AS c {by calls_started}");
		return;
	}
	if (w->by == BY_TERM) {
		store_sql_add(sql, "lookup AS l");
	} else if (w->by == BY_RANGE) {
		store_sql_param(sql, "(SELECT DISTINCT started, call FROM lookup WHERE kind = ",
		                store_number(w->kind));
		store_sql_param(sql, " AND term >= ", w->term);
		store_sql_param(sql, " AND term < ", w->behind);
		add_time(sql, h, "started", "call");
		add_order(sql, h, "started", "call");
		/* A subquery with a limit is left in one piece. */
		store_sql_param(sql, " LIMIT ", store_number(INT64_MAX));
		store_sql_add(sql, ") AS l");
	} else {
		store_sql_param(
			sql, "(SELECT started, key AS call FROM calls {by calls_duration} WHERE duration >= ",
			store_number(h->f.min_ms));
		add_time(sql, h, "started", "key");
		add_order(sql, h, "started", "key");
		store_sql_param(sql, " LIMIT ", store_number(INT64_MAX));
		store_sql_add(sql, ") AS l");
	}
	store_sql_add(sql, " {join} calls AS c ON c.key = l.call");
}

static void build(struct store_sql *sql, struct history *h, const struct way *w, bool keeps_order)
{
	bool sorted = w->by == BY_RANGE || w->by == BY_LENGTH;

	store_sql_add(sql, "SELECT c.started, c.key, ");
	store_sql_add(sql, h->f.csv ? store_csv_columns : "c.json");
	store_sql_add(sql, " FROM ");
	add_source(sql, h, w);
	store_sql_add(sql, " WHERE 1 = 1");
	if (w->by == BY_TERM) {
		store_sql_param(sql, " AND l.kind = ", store_number(w->kind));
		store_sql_param(sql, " AND l.term = ", w->term);
	}
	if (!sorted)
		add_time(sql, h, w->started, w->key);
	add_filters(sql, h);
	/* SQLite would sort again what is sorted, and for that read all of it. */
	if (!sorted || !keeps_order)
		add_order(sql, h, w->started, w->key);
	store_sql_param(sql, " LIMIT ", store_number((int64_t)h->f.limit + 1));
}

/* ---- The page ---- */

static bool take_row(const struct store_value *columns, size_t count, void *arg)
{
	struct history *h = arg;

	if (count < 3 || h->count == h->f.limit) {
		h->more = h->count == h->f.limit;
		return false;
	}
	h->started = columns[0].number;
	h->key = columns[1].number;
	h->rows[h->count] = h->f.csv ? store_csv_line(columns + 2, count - 2, &h->q.kept)
	                             : store_clean_copy(&h->q.kept, columns[2].ptr, columns[2].len);
	h->count++;
	return !h->q.kept.failed;
}

static bool answer(struct store_query *q, struct store_reader *r)
{
	struct history *h = of(q);
	struct store_sql sql = { .len = 0 };
	struct way way;

	if (!read_cursor(h))
		return store_no_answer(q, STORE_BAD_QUERY, "the cursor is none that was given out");
	if (h->f.limit > STORE_PAGE_MAX)
		return store_no_answer(q, STORE_BAD_QUERY, "the limit is more than 1000");
	q->result.rows = h->rows;
	/* Words were asked for, and what came are none. */
	if (h->f.text.len > 0 && h->words.count == 0)
		return true;
	if (!choose(h, r, &way))
		return false;
	build(&sql, h, &way, store_backend_of(r->s->config.where)->keeps_order);
	if (!store_ask(r, q, &sql, take_row, h))
		return false;
	if (q->kept.failed)
		return store_no_answer(q, STORE_UNREACHABLE, "out of memory");
	(void)snprintf(h->next, sizeof(h->next), "%lld_%lld", (long long)h->started, (long long)h->key);
	q->result.row_count = h->count;
	q->result.next = h->more ? h->next : NULL;
	return true;
}

static void history_free(struct store_query *q)
{
	struct history *h = of(q);

	store_clean_done(&q->kept);
	free(h->rows);
	free(h);
}

/* The filter's text, made fit to be compared with what is stored. */
static void keep(struct store_clean *kept, struct dl3_str *s)
{
	struct store_value v = store_clean_text(kept, *s);

	*s = v.ptr ? store_clean_copy(kept, v.ptr, v.len) : (struct dl3_str){ .ptr = NULL };
}

static void keep_filter(struct history *h, const struct store_filter *filter)
{
	struct dl3_str *texts[] = { &h->f.pbx,   &h->f.direction, &h->f.outcome, &h->f.extension,
		                    &h->f.group, &h->f.number,    &h->f.text,    &h->f.cursor };

	h->f = *filter;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		keep(&h->q.kept, texts[i]);
	if (h->f.limit == 0)
		h->f.limit = LIMIT_DEFAULT;
	store_terms_begin(&h->words);
	store_terms_begin(&h->extension);
	if (h->f.text.ptr)
		store_terms_words(&h->words, h->f.text.ptr, h->f.text.len);
	if (h->f.extension.ptr)
		store_terms_add(&h->extension, STORE_TERM_EXTENSION, h->f.extension.ptr, h->f.extension.len);
}

struct store_query *store_history(struct store *s, const struct store_filter *filter, store_result_fn fn,
                                  void *arg)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	keep_filter(h, filter);
	h->q.answer = answer;
	h->q.free = history_free;
	h->rows = calloc((h->f.limit <= STORE_PAGE_MAX ? h->f.limit : 1), sizeof(*h->rows));
	h->q.kept.failed = h->q.kept.failed || !h->rows;
	return store_queries_add(s, &h->q, fn, arg);
}
