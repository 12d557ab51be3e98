/* SPDX-License-Identifier: MIT */
#include "support/depot.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/test.h"

#define PATIENCE_MS 30000

static void on_status(const struct store_status *status, void *arg)
{
	struct dl3t_depot *d = arg;

	d->told = *status;
	d->tellings++;
}

bool dl3t_depot_is_file(void)
{
	return !getenv("DL3T_STORE");
}

void dl3t_depot_prepare(struct dl3t_depot *d)
{
	*d = (struct dl3t_depot){ .folder = "/tmp/dl3t-store-XXXXXX" };
	assert_non_null(mkdtemp(d->folder));
	(void)snprintf(d->path, sizeof(d->path), "%s/calls.db", d->folder);
	d->config = (struct store_config){ .where = dl3t_depot_is_file() ? d->path : getenv("DL3T_STORE"),
		                           .commit_ms = 5,
		                           .retry_min_ms = 5,
		                           .retry_max_ms = 50,
		                           .on_status = on_status,
		                           .arg = d };
}

void dl3t_depot_open(struct dl3t_depot *d)
{
	char error[300] = "";

	d->store = store_new(&d->config, error, sizeof(error));
	if (!d->store)
		fail_msg("%s", error);
}

void dl3t_depot_begin(struct dl3t_depot *d)
{
	dl3t_depot_prepare(d);
	dl3t_depot_open(d);
}

static void forget(struct dl3t_depot *d)
{
	for (size_t i = 0; i < d->row_count; i++)
		free(d->rows[i]);
	for (size_t i = 0; i < d->event_count; i++) {
		free((char *)(uintptr_t)d->events[i].pbx.ptr);
		free((char *)(uintptr_t)d->events[i].node.ptr);
		free((char *)(uintptr_t)d->events[i].kind.ptr);
		free((char *)(uintptr_t)d->events[i].call.ptr);
		free((char *)(uintptr_t)d->events[i].json.ptr);
		free((char *)(uintptr_t)d->events[i].raw.ptr);
	}
	free(d->rows);
	free(d->events);
	free(d->points);
	d->rows = NULL;
	d->events = NULL;
	d->points = NULL;
	d->row_count = d->event_count = d->point_count = 0;
	d->answered = false;
}

struct store_status dl3t_depot_close(struct dl3t_depot *d)
{
	struct store_status last = { .queued = 0 };

	store_free(d->store, &last);
	d->store = NULL;
	return last;
}

void dl3t_depot_end(struct dl3t_depot *d)
{
	static const char *const files[] = { "calls.db", "calls.db-wal", "calls.db-shm", "other" };
	char path[160];

	if (d->store)
		(void)dl3t_depot_close(d);
	forget(d);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", d->folder, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(d->folder);
}

/* ---- Waiting ---- */

static void pause_for(struct dl3t_depot *d)
{
	struct pollfd p = { .fd = store_fd(d->store), .events = POLLIN };

	(void)poll(&p, 1, 2);
	store_dispatch(d->store);
}

void dl3t_depot_until(struct dl3t_depot *d, bool (*done)(const struct store_status *s, uint64_t n),
                      uint64_t n)
{
	for (int i = 0; i < PATIENCE_MS / 2; i++) {
		struct store_status s;
		store_status(d->store, &s);
		if (done(&s, n))
			return;
		pause_for(d);
	}
	fail_msg("waited in vain");
}

static bool settled(const struct store_status *s, uint64_t n)
{
	(void)n;
	return s->queued == 0;
}

void dl3t_depot_settle(struct dl3t_depot *d)
{
	dl3t_depot_until(d, settled, 0);
}

void dl3t_depot_wait(struct dl3t_depot *d)
{
	for (int i = 0; i < PATIENCE_MS / 2 && !d->answered; i++)
		pause_for(d);
	assert_true(d->answered);
}

/* ---- Answers ---- */

static struct dl3_str copy(struct dl3_str s)
{
	char *p = s.ptr ? malloc(s.len + 1u) : NULL;

	if (p) {
		memcpy(p, s.ptr, s.len);
		p[s.len] = '\0';
	}
	return (struct dl3_str){ .ptr = p, .len = s.len };
}

void dl3t_depot_result(const struct store_result *r, void *arg)
{
	struct dl3t_depot *d = arg;

	forget(d);
	d->answered = true;
	d->answer = r->answer;
	(void)snprintf(d->reason, sizeof(d->reason), "%s", r->reason);
	(void)snprintf(d->next, sizeof(d->next), "%s", r->next ? r->next : "");
	d->rows = calloc(r->row_count + 1, sizeof(*d->rows));
	for (size_t i = 0; i < r->row_count; i++)
		d->rows[i] = (char *)(uintptr_t)copy(r->rows[i]).ptr;
	d->row_count = r->row_count;
	d->events = calloc(r->event_count + 1, sizeof(*d->events));
	for (size_t i = 0; i < r->event_count; i++) {
		d->events[i] = r->events[i];
		d->events[i].pbx = copy(r->events[i].pbx);
		d->events[i].node = copy(r->events[i].node);
		d->events[i].kind = copy(r->events[i].kind);
		d->events[i].call = copy(r->events[i].call);
		d->events[i].json = copy(r->events[i].json);
		d->events[i].raw = copy(r->events[i].raw);
	}
	d->event_count = r->event_count;
	d->points = calloc(r->point_count + 1, sizeof(*d->points));
	if (r->point_count > 0)
		memcpy(d->points, r->points, r->point_count * sizeof(*d->points));
	d->point_count = r->point_count;
}

void dl3t_depot_history(struct dl3t_depot *d, const struct store_filter *f)
{
	d->answered = false;
	assert_non_null(store_history(d->store, f, dl3t_depot_result, d));
	dl3t_depot_wait(d);
}

void dl3t_depot_call(struct dl3t_depot *d, const char *pbx, const char *id)
{
	d->answered = false;
	assert_non_null(store_find_call(d->store, dl3_str_of(pbx), dl3_str_of(id), dl3t_depot_result, d));
	dl3t_depot_wait(d);
}

void dl3t_depot_events(struct dl3t_depot *d, uint64_t after, unsigned limit)
{
	d->answered = false;
	assert_non_null(store_events_after(d->store, after, limit, dl3t_depot_result, d));
	dl3t_depot_wait(d);
}

void dl3t_depot_series(struct dl3t_depot *d, const char *pbx, const char *group, int64_t from, int64_t to,
                       int64_t step)
{
	d->answered = false;
	assert_non_null(store_series(d->store, dl3_str_of(pbx), dl3_str_of(group), from, to, step,
	                             dl3t_depot_result, d));
	dl3t_depot_wait(d);
}

/* ---- What is put ---- */

struct store_filter dl3t_all(void)
{
	return (struct store_filter){ .from_ms = STORE_NULL, .to_ms = STORE_NULL, .min_ms = STORE_NULL };
}

struct store_call dl3t_call(const char *id, int64_t start_s)
{
	return (struct store_call){ .pbx = dl3_str_of("main"),
		                    .id = dl3_str_of(id),
		                    .direction = dl3_str_of("incoming"),
		                    .outcome = dl3_str_of("answered"),
		                    .started_ms = start_s * 1000,
		                    .answered_ms = start_s * 1000 + 5000,
		                    .ended_ms = start_s * 1000 + 60000,
		                    .duration_ms = 60000,
		                    .ring_ms = 5000,
		                    .queue_ms = 0,
		                    .talk_ms = 55000,
		                    .hold_ms = 0,
		                    .voicemail_ms = 0,
		                    .transfers = 0,
		                    .cause = 16,
		                    .json = dl3_str_of(id) };
}

void dl3t_depot_put(struct dl3t_depot *d, const struct store_call *call)
{
	assert_true(store_put_call(d->store, call));
}

const char *dl3t_depot_rows(const struct dl3t_depot *d)
{
	static char text[65536];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < d->row_count && n + 64 < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? " " : "", d->rows[i]);
	return text;
}
