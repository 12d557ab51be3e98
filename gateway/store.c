/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "store_internal.h"

int64_t store_monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t store_now_ms(const struct store *s)
{
	struct timespec t;

	if (s->config.now_ms)
		return s->config.now_ms(s->config.arg);
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void store_wake_loop(struct store *s)
{
	uint64_t one = 1;

	/* Full is as good as written: it is readable. */
	while (write(s->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void store_wait(struct store *s, pthread_cond_t *cond, int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(cond, &s->lock, &t);
}

struct store_pbx *store_pbx_of(struct store *s, struct dl3_str name)
{
	uint32_t hash = 2166136261u;
	struct store_pbx **chain, *p;

	for (uint32_t i = 0; i < name.len; i++)
		hash = (hash ^ (uint8_t)name.ptr[i]) * 16777619u;
	chain = &s->pbxs[hash % STORE_PBX_CHAINS];
	for (p = *chain; p; p = p->next) {
		if (p->len == name.len && memcmp(p->name, name.ptr, name.len) == 0)
			return p;
	}
	p = malloc(sizeof(*p) + name.len);
	if (!p)
		return NULL;
	*p = (struct store_pbx){ .next = *chain, .len = name.len };
	memcpy(p->name, name.ptr, name.len);
	*chain = p;
	return p;
}

/* ---- Beginning ---- */

#define DEFAULT(member, value) \
	if (c->member == 0)    \
	c->member = (value)

static void set_defaults(struct store_config *c)
{
	DEFAULT(commit_ms, STORE_COMMIT_MS);
	DEFAULT(batch, STORE_BATCH);
	DEFAULT(queue_items, STORE_QUEUE_ITEMS);
	DEFAULT(queue_bytes, STORE_QUEUE_BYTES);
	DEFAULT(slow_ms, STORE_SLOW_MS);
	DEFAULT(retry_min_ms, STORE_RETRY_MIN_MS);
	DEFAULT(retry_max_ms, STORE_RETRY_MAX_MS);
	DEFAULT(query_ms, STORE_QUERY_MS);
	DEFAULT(close_ms, STORE_CLOSE_MS);
	DEFAULT(few, STORE_FEW);
}

static bool init_locks(struct store *s)
{
	pthread_condattr_t attr;
	bool ok = pthread_condattr_init(&attr) == 0;

	if (!ok)
		return false;
	ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	     pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->wake_writer, &attr) == 0 &&
	     pthread_cond_init(&s->wake_reader, &attr) == 0;
	(void)pthread_condattr_destroy(&attr);
	return ok;
}

static struct store *make(const struct store_config *config, char *error, size_t error_size)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = *config;
	set_defaults(&s->config);
	s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->where = strdup(config->where);
	s->config.where = s->where;
	if (s->fd < 0 || !s->where || !init_locks(s)) {
		(void)snprintf(error, error_size, "the store: out of memory or descriptors");
	} else if (store_where_shown(config->where, s->shown, sizeof(s->shown))) {
		return s;
	} else {
		(void)snprintf(error, error_size, "the store: %s", s->shown);
	}
	if (s->fd >= 0)
		(void)close(s->fd);
	free(s->where);
	free(s);
	return NULL;
}

struct store *store_new(const struct store_config *config, char *error, size_t error_size)
{
	struct store_fault fault = { STORE_FAIL_NONE, "" };
	struct store *s = make(config, error, error_size);
	struct store_writer *w;
	struct store_db *db;

	if (!s)
		return NULL;
	db = store_open_writer(s, &fault);
	if (!db && fault.fail == STORE_FAIL_REFUSED) {
		(void)snprintf(error, error_size, "the store %s: %s", s->shown, fault.text);
		store_free(s, NULL);
		return NULL;
	}
	w = store_writer_new(s, db);
	s->writing = w && pthread_create(&s->writer, NULL, store_writer_main, w) == 0;
	s->reading = s->writing && pthread_create(&s->reader, NULL, store_reader_main, s) == 0;
	if (s->reading)
		return s;
	(void)snprintf(error, error_size, "the store: no memory or no more threads");
	store_free(s, NULL);
	return NULL;
}

/* ---- Ending ---- */

static void stop_threads(struct store *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->stopping = true;
	s->stop_at_ms = store_monotonic_ms() + s->config.close_ms;
	(void)pthread_cond_broadcast(&s->wake_writer);
	(void)pthread_cond_broadcast(&s->wake_reader);
	(void)pthread_mutex_unlock(&s->lock);
	if (s->reading)
		(void)pthread_join(s->reader, NULL);
	if (s->writing)
		(void)pthread_join(s->writer, NULL);
}

void store_free(struct store *s, struct store_status *last)
{
	if (!s)
		return;
	stop_threads(s);
	for (struct store_item *i = s->queue.first; i; i = i->next)
		s->status.lost[i->kind]++;
	store_items_free(s->queue.first);
	store_queries_free(s);
	if (last)
		*last = s->status;
	for (size_t i = 0; i < STORE_PBX_CHAINS; i++) {
		while (s->pbxs[i]) {
			struct store_pbx *next = s->pbxs[i]->next;
			free(s->pbxs[i]);
			s->pbxs[i] = next;
		}
	}
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->wake_writer);
	(void)pthread_cond_destroy(&s->wake_reader);
	(void)close(s->fd);
	free(s->where);
	free(s);
}

/* ---- What is seen of it ---- */

const char *store_where(const struct store *s)
{
	return s->shown;
}

int store_fd(const struct store *s)
{
	return s->fd;
}

void store_status(struct store *s, struct store_status *status)
{
	(void)pthread_mutex_lock(&s->lock);
	*status = s->status;
	status->queued = s->queue.count;
	status->queued_bytes = s->queue.bytes;
	if (s->queue.taken_ms > 0 || s->queue.first)
		status->lag_ms =
			(uint64_t)(store_monotonic_ms() -
		                   (s->queue.taken_ms > 0 ? s->queue.taken_ms : s->queue.first->since_ms));
	(void)pthread_mutex_unlock(&s->lock);
}

static struct store_query *next_told(struct store *s, bool *changed)
{
	struct store_query *q;

	(void)pthread_mutex_lock(&s->lock);
	q = s->told;
	if (q)
		s->told = q->next;
	if (!s->told)
		s->told_last = NULL;
	*changed = s->changed;
	s->changed = false;
	(void)pthread_mutex_unlock(&s->lock);
	return q;
}

void store_dispatch(struct store *s)
{
	struct store_query *q;
	uint64_t count;
	bool changed;

	while (read(s->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	do {
		q = next_told(s, &changed);
		if (changed && s->config.on_status) {
			struct store_status status;
			store_status(s, &status);
			s->config.on_status(&status, s->config.arg);
		}
		if (q && !q->cancelled)
			q->fn(&q->result, q->arg);
		if (q) {
			s->queries--;
			q->free(q);
		}
	} while (q);
}
