/* SPDX-License-Identifier: MIT */
/*
 * The thread that writes. A batch is one transaction. When one fails because of the database, all of it is tried
 * again until it succeeds; when it fails because of an item, it is done again item by item, without those that
 * cannot be stored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

#define IDLE_MS 1000     /* how often is looked after what else there is to do */
#define SWEEP_MS 60000   /* between two looks for what is too old */
#define SWEEP_STEP_MS 20 /* between two steps of it */
#define SWEEP_CALLS 100  /* deleted in a step */
#define SWEEP_EVENTS 500
#define DAY_MS 86400000LL
/* After that many failures for an unknown reason, and nothing else stored, the item is to blame. */
#define PATIENCE 20u

struct store_writer {
	struct store *s;
	struct store_rows rows;
	struct store_item *taken;
	size_t taken_count;
	unsigned attempts;
	int64_t backoff_ms;
	int64_t sweep_at_ms; /* monotonic: when to look for what is too old */
	int64_t idle_ms;
};

/* ---- The database ---- */

/* A server that has frozen must not hold up the end. */
static bool out_of_time(void *arg)
{
	struct store *s = arg;
	bool is;

	(void)pthread_mutex_lock(&s->lock);
	is = s->stopping && store_monotonic_ms() >= s->stop_at_ms;
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}

struct store_db *store_open_writer(struct store *s, struct store_fault *fault)
{
	struct store_db_config config = { .where = s->config.where,
		                          .writer = true,
		                          .limit_ms = 0,
		                          .max_bytes = s->config.max_bytes,
		                          .unwanted = out_of_time,
		                          .arg = s };
	const struct store_backend *backend = store_backend_of(config.where);
	struct store_db *db = backend->open(&config, fault);

	if (db && !store_schema_update(db, store_steps, store_step_count, fault)) {
		backend->close(db);
		db = NULL;
	}
	/* It has copied the configuration. */
	/* cppcheck-suppress returnDanglingLifetime */
	return db;
}

struct store_writer *store_writer_new(struct store *s, struct store_db *db)
{
	struct store_writer *w = calloc(1, sizeof(*w));

	if (!w && db)
		db->backend->close(db);
	if (!w)
		return NULL;
	w->s = s;
	w->rows.db = db;
	w->backoff_ms = s->config.retry_min_ms;
	w->idle_ms = IDLE_MS;
	return w;
}

static bool exec(struct store_writer *w, const char *sql, struct store_fault *fault)
{
	return w->rows.db->backend->exec(w->rows.db, sql, fault);
}

static bool begin(struct store_writer *w, struct store_fault *fault)
{
	return exec(w, w->rows.db->backend->begin, fault);
}

/* Leaves the transaction, and the database as well when that is no longer of use. @return false */
static bool give_up(struct store_writer *w, const struct store_fault *fault)
{
	struct store_fault ignored;
	bool back = exec(w, "ROLLBACK", &ignored);

	if (fault->fail == STORE_FAIL_GONE || fault->fail == STORE_FAIL_REFUSED ||
	    fault->fail == STORE_FAIL_TIME || (!back && ignored.fail == STORE_FAIL_GONE))
		store_rows_close(&w->rows);
	return false;
}

/* ---- Batches ---- */

static bool put_seq(struct store_writer *w, uint64_t *seq, struct store_fault *fault)
{
	struct store *s = w->s;
	bool due;

	(void)pthread_mutex_lock(&s->lock);
	*seq = s->seq;
	due = s->seq != s->seq_stored;
	(void)pthread_mutex_unlock(&s->lock);
	return !due || store_rows_put_seq(&w->rows, *seq, fault);
}

static void seq_is_stored(struct store_writer *w, uint64_t seq)
{
	(void)pthread_mutex_lock(&w->s->lock);
	w->s->seq_stored = seq;
	(void)pthread_mutex_unlock(&w->s->lock);
}

static bool of_the_item(const struct store_fault *fault)
{
	return fault->fail == STORE_FAIL_ITEM || fault->fail == STORE_FAIL_OTHER;
}

/* One item inside a transaction that goes on without it. */
static bool try_one(struct store_writer *w, struct store_item *i, int64_t now, struct store_fault *fault)
{
	struct store_fault again;

	if (!exec(w, "SAVEPOINT item", fault))
		return false;
	if (store_rows_put(&w->rows, i, now, fault))
		return exec(w, "RELEASE SAVEPOINT item", fault);
	i->unstorable = of_the_item(fault);
	if (i->unstorable &&
	    (!exec(w, "ROLLBACK TO SAVEPOINT item", &again) || !exec(w, "RELEASE SAVEPOINT item", &again)))
		*fault = again;
	return false;
}

static bool item_by_item(struct store_writer *w, struct store_fault *fault)
{
	int64_t now = store_now_ms(w->s);
	bool any = false, unknown = false, ok = begin(w, fault);

	for (struct store_item *i = w->taken; ok && i; i = i->next) {
		bool stored;
		i->unstorable = false;
		stored = try_one(w, i, now, fault);
		any = any || stored || fault->fail == STORE_FAIL_ITEM;
		unknown = unknown || (!stored && fault->fail == STORE_FAIL_OTHER);
		ok = stored || of_the_item(fault);
	}
	if (ok && unknown && !any && w->attempts < PATIENCE)
		ok = store_fault_set(fault, STORE_FAIL_GONE, fault->text);
	ok = ok && exec(w, "COMMIT", fault);
	return ok || give_up(w, fault);
}

static bool all_at_once(struct store_writer *w, struct store_fault *fault)
{
	int64_t now = store_now_ms(w->s);
	uint64_t seq = 0;
	bool ok = begin(w, fault);

	for (struct store_item *i = w->taken; ok && i; i = i->next) {
		i->unstorable = false;
		ok = store_rows_put(&w->rows, i, now, fault);
	}
	if (ok && put_seq(w, &seq, fault) && exec(w, "COMMIT", fault)) {
		seq_is_stored(w, seq);
		return true;
	}
	return give_up(w, fault);
}

static bool ready(struct store_writer *w, struct store_fault *fault)
{
	if (!w->rows.db)
		w->rows.db = store_open_writer(w->s, fault);
	return w->rows.db != NULL;
}

static bool write_batch(struct store_writer *w, struct store_fault *fault)
{
	if (!ready(w, fault))
		return false;
	if (all_at_once(w, fault))
		return true;
	return of_the_item(fault) && ready(w, fault) && item_by_item(w, fault);
}

/* ---- What is told; under the lock ---- */

static void tell_state(struct store *s, enum store_state state, const char *reason)
{
	if (s->status.state == state && strcmp(s->status.reason, reason) == 0)
		return;
	s->status.state = state;
	(void)snprintf(s->status.reason, sizeof(s->status.reason), "%s", reason);
	s->changed = true;
	store_wake_loop(s);
}

static void judge(struct store *s)
{
	char reason[128] = "";

	if (s->queue.count > s->config.queue_items / 2 || s->queue.bytes > s->config.queue_bytes / 2)
		(void)snprintf(reason, sizeof(reason), "more than half of the queue is full");
	else if (s->status.commit_ms > s->config.slow_ms)
		(void)snprintf(reason, sizeof(reason), "a commit took longer than %u ms", s->config.slow_ms);
	tell_state(s, reason[0] ? STORE_SLOW : STORE_OK, reason);
}

void store_tick(struct store *s)
{
	(void)pthread_mutex_lock(&s->lock);
	const int64_t silent = s->busy_ms > 0 ? store_monotonic_ms() - s->busy_ms : 0;
	if (silent > STORE_STUCK_MS && s->status.state != STORE_FAILING)
		tell_state(s, STORE_FAILING, "the database has not answered for seconds");
	else if (silent > s->config.slow_ms && s->status.state == STORE_OK)
		tell_state(s, STORE_SLOW, "the database takes its time to answer");
	(void)pthread_mutex_unlock(&s->lock);
}

static void count_done(struct store_writer *w)
{
	struct store *s = w->s;

	for (const struct store_item *i = w->taken; i; i = i->next) {
		struct store_pbx *p = i->kind == STORE_OPEN ? store_pbx_of(s, i->u.open.pbx) : NULL;
		if (i->unstorable) {
			s->status.unstorable[i->kind]++;
			s->changed = true;
		} else {
			s->status.stored[i->kind]++;
		}
		if (p)
			p->waiting = false;
		s->queue.count--;
		s->queue.bytes -= i->bytes;
		s->status.committed++;
	}
	s->status.commits++;
	if (s->changed)
		store_wake_loop(s);
}

/* ---- Other work ---- */

static bool expire(struct store_writer *w, bool calls, uint64_t *count, struct store_fault *fault)
{
	unsigned days = calls ? w->s->config.calls_days : w->s->config.events_days;
	int64_t before = store_now_ms(w->s) - (int64_t)days * DAY_MS;
	bool ok;

	*count = 0;
	if (days == 0)
		return true;
	ok = begin(w, fault) &&
	     (calls ? store_rows_expire_calls(&w->rows, before, SWEEP_CALLS, count, fault)
	            : store_rows_expire_events(&w->rows, before, SWEEP_EVENTS, count, fault)) &&
	     exec(w, "COMMIT", fault);
	return ok || give_up(w, fault);
}

/* A step of getting rid of what is too old. */
static bool sweep(struct store_writer *w, struct store_fault *fault)
{
	uint64_t calls = 0, events = 0;
	bool ok;

	if (store_monotonic_ms() < w->sweep_at_ms)
		return true;
	ok = expire(w, true, &calls, fault) && expire(w, false, &events, fault);
	(void)pthread_mutex_lock(&w->s->lock);
	w->s->status.expired_calls += ok ? calls : 0;
	w->s->status.expired_events += ok ? events : 0;
	(void)pthread_mutex_unlock(&w->s->lock);
	w->sweep_at_ms = store_monotonic_ms() + (calls + events > 0 ? SWEEP_STEP_MS : SWEEP_MS);
	return ok;
}

/* What is done between batches: none of it must keep the next one waiting for long. */
static bool other_work(struct store_writer *w, bool idle, struct store_fault *fault)
{
	bool more = false;
	uint64_t seq = 0;

	if (!ready(w, fault) || !sweep(w, fault))
		return false;
	if (idle && !put_seq(w, &seq, fault))
		return give_up(w, fault);
	if (idle)
		seq_is_stored(w, seq);
	if (idle && !w->rows.db->backend->tidy(w->rows.db, &more, fault))
		return false;
	w->idle_ms = more || w->sweep_at_ms < store_monotonic_ms() + IDLE_MS ? SWEEP_STEP_MS : IDLE_MS;
	return true;
}

/* ---- The thread ---- */

/* Waits until there is a batch, or it is time for something else. Under the lock. */
static void take(struct store_writer *w)
{
	struct store *s = w->s;
	int64_t until;
	struct store_item *last;

	if (!s->queue.first && !s->stopping)
		store_wait(s, &s->wake_writer, w->idle_ms);
	if (!s->queue.first)
		return;
	until = store_monotonic_ms() + s->config.commit_ms;
	while (s->queue.count < s->config.batch && !s->stopping && store_monotonic_ms() < until)
		store_wait(s, &s->wake_writer, until - store_monotonic_ms());
	w->taken = last = s->queue.first;
	s->queue.taken_ms = last->since_ms;
	for (w->taken_count = 1; last->next && w->taken_count < s->config.batch; w->taken_count++)
		last = last->next;
	s->queue.first = last->next;
	if (!s->queue.first)
		s->queue.last = NULL;
	last->next = NULL;
}

/* Under the lock; released while something is done. @return whether it worked */
static bool work(struct store_writer *w, struct store_fault *fault)
{
	struct store *s = w->s;
	int64_t began;
	bool ok, batch = w->taken != NULL;

	began = s->busy_ms = store_monotonic_ms();
	(void)pthread_mutex_unlock(&s->lock);
	ok = !batch || write_batch(w, fault);
	(void)pthread_mutex_lock(&s->lock);
	s->busy_ms = 0;
	if (!ok)
		return false;
	if (batch) {
		struct store_item *done = w->taken;
		s->status.commit_ms = (unsigned)(store_monotonic_ms() - began);
		judge(s);
		count_done(w);
		w->taken = NULL;
		s->queue.taken_ms = 0;
		w->attempts = 0;
		store_items_free(done);
	}
	s->busy_ms = store_monotonic_ms();
	(void)pthread_mutex_unlock(&s->lock);
	ok = other_work(w, !batch, fault);
	(void)pthread_mutex_lock(&s->lock);
	s->busy_ms = 0;
	if (ok && !batch)
		judge(s);
	return ok;
}

/* Under the lock. */
static void after_failure(struct store_writer *w, const struct store_fault *fault)
{
	struct store *s = w->s;
	int64_t until = store_monotonic_ms() + w->backoff_ms;

	w->attempts++;
	s->status.retries++;
	tell_state(s, STORE_FAILING, fault->text);
	while (store_monotonic_ms() < until && (!s->stopping || store_monotonic_ms() < s->stop_at_ms)) {
		int64_t now = store_monotonic_ms();
		store_wait(s, &s->wake_writer, until - now < 50 ? until - now : 50);
	}
	w->backoff_ms =
		w->backoff_ms * 2 < s->config.retry_max_ms ? w->backoff_ms * 2 : s->config.retry_max_ms;
}

static bool finished(const struct store_writer *w)
{
	const struct store *s = w->s;

	return s->stopping && ((!w->taken && !s->queue.first && s->seq == s->seq_stored) ||
	                       store_monotonic_ms() >= s->stop_at_ms);
}

/* What was taken and never stored goes back, to be counted. */
static void put_back(struct store_writer *w)
{
	struct store_item *last = w->taken;

	while (last && last->next)
		last = last->next;
	if (!last)
		return;
	last->next = w->s->queue.first;
	w->s->queue.first = w->taken;
}

void *store_writer_main(void *arg)
{
	struct store_writer *w = arg;
	struct store *s = w->s;

	(void)pthread_mutex_lock(&s->lock);
	while (!finished(w)) {
		struct store_fault fault = { STORE_FAIL_NONE, "" };
		if (!w->taken)
			take(w);
		if (work(w, &fault))
			w->backoff_ms = s->config.retry_min_ms;
		else
			after_failure(w, &fault);
	}
	put_back(w);
	(void)pthread_mutex_unlock(&s->lock);
	store_rows_close(&w->rows);
	free(w);
	return NULL;
}
