/* SPDX-License-Identifier: MIT */
/* The thread that answers questions, one after the other, on a connection of its own. */
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

bool store_no_answer(struct store_query *q, enum store_answer answer, const char *reason)
{
	size_t n = strlen(reason) < sizeof(q->reason) ? strlen(reason) : sizeof(q->reason) - 1;

	q->result = (struct store_result){ .answer = answer };
	memcpy(q->reason, reason, n);
	q->reason[n] = '\0';
	return false;
}

/* ---- Statements ---- */

void store_sql_add(struct store_sql *sql, const char *text)
{
	size_t n = strlen(text);

	if (sql->len + n >= sizeof(sql->text)) {
		sql->failed = true;
		return;
	}
	memcpy(sql->text + sql->len, text, n + 1);
	sql->len += n;
}

void store_sql_param(struct store_sql *sql, const char *text, struct store_value value)
{
	char name[4] = { '$' };

	store_sql_add(sql, text);
	if (sql->count == sizeof(sql->values) / sizeof(sql->values[0])) {
		sql->failed = true;
		return;
	}
	sql->values[sql->count++] = value;
	name[1] = (char)('0' + (sql->count >= 10 ? sql->count / 10 : sql->count));
	if (sql->count >= 10)
		name[2] = (char)('0' + sql->count % 10);
	store_sql_add(sql, name);
}

void store_reader_close(struct store_reader *r)
{
	for (size_t i = 0; i < STORE_READER_STATEMENTS; i++) {
		if (r->kept[i].stmt)
			r->db->backend->finish(r->kept[i].stmt);
		free(r->kept[i].sql);
		r->kept[i].stmt = NULL;
		r->kept[i].sql = NULL;
		r->kept[i].used = 0;
	}
	if (r->db)
		r->db->backend->close(r->db);
	r->db = NULL;
}

static bool unwanted(void *arg)
{
	struct store_reader *r = arg;
	struct store *s = r->s;
	bool is;

	(void)pthread_mutex_lock(&s->lock);
	is = s->stopping || (s->running && s->running->cancelled);
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}

static bool reader_open(struct store_reader *r, struct store_fault *fault)
{
	struct store_db_config config = {
		.where = r->s->config.where, .limit_ms = r->s->config.query_ms, .unwanted = unwanted, .arg = r
	};

	if (!r->db)
		r->db = store_backend_of(config.where)->open(&config, fault);
	return r->db != NULL;
}

/* The statement, made ready anew in the place that was not used for longest, unless it is there. */
static struct store_stmt *ready(struct store_reader *r, const char *text, struct store_fault *fault)
{
	size_t oldest = 0;
	char *spelled;

	for (size_t i = 0; i < STORE_READER_STATEMENTS; i++) {
		if (r->kept[i].sql && strcmp(r->kept[i].sql, text) == 0) {
			r->kept[i].used = ++r->clock;
			return r->kept[i].stmt;
		}
		if (r->kept[i].used < r->kept[oldest].used)
			oldest = i;
	}
	if (r->kept[oldest].stmt)
		r->db->backend->finish(r->kept[oldest].stmt);
	free(r->kept[oldest].sql);
	r->kept[oldest].sql = strdup(text);
	spelled = store_sql_spell(r->db->backend, text);
	r->kept[oldest].stmt = NULL;
	if (spelled && r->kept[oldest].sql)
		r->kept[oldest].stmt = r->db->backend->prepare(r->db, spelled, fault);
	else
		store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
	free(spelled);
	r->kept[oldest].used = ++r->clock;
	if (!r->kept[oldest].stmt) {
		free(r->kept[oldest].sql);
		r->kept[oldest].sql = NULL;
	}
	return r->kept[oldest].stmt;
}

bool store_ask(struct store_reader *r, struct store_query *q, struct store_sql *sql, store_row_fn row,
               void *arg)
{
	struct store_fault fault = { STORE_FAIL_NONE, "" };
	struct store_stmt *stmt;

	if (sql->failed)
		return store_no_answer(q, STORE_BAD_QUERY, "there are too many filters");
	stmt = reader_open(r, &fault) ? ready(r, sql->text, &fault) : NULL;
	if (stmt && r->db->backend->run(stmt, sql->values, sql->count, row, arg, NULL, &fault))
		return true;
	if (fault.fail == STORE_FAIL_TIME) {
		if (r->db && r->db->backend != &store_sqlite)
			store_reader_close(r);
		return store_no_answer(q, STORE_TOO_LONG,
		                       "it took too long: ask for a shorter time, or for less");
	}
	if (fault.fail != STORE_FAIL_BUSY)
		store_reader_close(r);
	return store_no_answer(q, STORE_UNREACHABLE, fault.text);
}

/* ---- Questions ---- */

struct store_query *store_queries_add(struct store *s, struct store_query *q, store_result_fn fn, void *arg)
{
	if (!q)
		return NULL;
	if (s->queries >= STORE_QUERIES || q->kept.failed) {
		q->free(q);
		return NULL;
	}
	q->fn = fn;
	q->arg = arg;
	s->queries++;
	(void)pthread_mutex_lock(&s->lock);
	if (s->asked_last)
		s->asked_last->next = q;
	else
		s->asked = q;
	s->asked_last = q;
	(void)pthread_cond_signal(&s->wake_reader);
	(void)pthread_mutex_unlock(&s->lock);
	return q;
}

void store_cancel(struct store *s, struct store_query *query)
{
	(void)pthread_mutex_lock(&s->lock);
	query->cancelled = true;
	(void)pthread_mutex_unlock(&s->lock);
}

static void free_list(struct store_query *q)
{
	while (q) {
		struct store_query *next = q->next;
		q->free(q);
		q = next;
	}
}

void store_queries_free(struct store *s)
{
	free_list(s->asked);
	free_list(s->told);
}

/* Under the lock; released while the database is asked. */
static void answer_next(struct store_reader *r)
{
	struct store *s = r->s;
	struct store_query *q = s->asked;

	s->asked = q->next;
	if (!s->asked)
		s->asked_last = NULL;
	q->next = NULL;
	s->running = q;
	if (!q->cancelled) {
		(void)pthread_mutex_unlock(&s->lock);
		q->result.reason = "";
		if (!q->answer(q, r))
			q->result.reason = q->reason;
		(void)pthread_mutex_lock(&s->lock);
	}
	s->running = NULL;
	if (s->told_last)
		s->told_last->next = q;
	else
		s->told = q;
	s->told_last = q;
	store_wake_loop(s);
}

void *store_reader_main(void *arg)
{
	struct store_reader r = { .s = arg };
	struct store *s = arg;

	(void)pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		if (s->asked)
			answer_next(&r);
		else
			(void)pthread_cond_wait(&s->wake_reader, &s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	store_reader_close(&r);
	return NULL;
}
