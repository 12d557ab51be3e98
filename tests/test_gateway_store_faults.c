/* SPDX-License-Identifier: MIT */
/* What the store does when the database fails it: full, locked, killed, refusing. SQLite only, since a file is
 * easily spoiled; tests/gateway has the same of PostgreSQL. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/depot.h"
#include "support/test.h"

#define DAY_MS 86400000LL

static int64_t sql(const struct dl3t_depot *d, const char *text)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(d->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

static bool is_sound(const struct dl3t_depot *d)
{
	return sql(d, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0;
}

static void put_number(struct dl3t_depot *d, int n)
{
	char id[16] = "";
	struct store_call c = dl3t_call(id, n);

	c.id.len = c.json.len = (uint32_t)snprintf(id, sizeof(id), "%d", n);
	c.name = dl3_str_of("Some Name");
	dl3t_depot_put(d, &c);
}

static bool has_state(const struct store_status *s, uint64_t state)
{
	return (uint64_t)s->state == state;
}

/* ---- A transaction of somebody else ---- */

static sqlite3 *lock(const struct dl3t_depot *d)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(d->path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void a_locked_database_loses_nothing(void **state)
{
	struct dl3t_depot d;
	sqlite3 *other;

	(void)state;
	dl3t_depot_begin(&d);
	other = lock(&d);
	for (int i = 0; i < 100; i++)
		put_number(&d, i);
	dl3t_depot_until(&d, has_state, STORE_FAILING);
	store_dispatch(d.store);
	assert_int_equal(d.told.state, STORE_FAILING);
	assert_string_equal(d.told.reason, "database is locked");
	assert_int_equal(d.told.committed, 0);
	sqlite3_close(other);
	dl3t_depot_settle(&d);
	dl3t_depot_until(&d, has_state, STORE_OK);
	store_dispatch(d.store);
	assert_int_equal(d.told.state, STORE_OK);
	assert_string_equal(d.told.reason, "");
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 100);
	dl3t_depot_end(&d);
}

static void a_store_that_is_locked_from_the_start_begins_as_failing(void **state)
{
	struct dl3t_depot d;
	sqlite3 *other;

	(void)state;
	dl3t_depot_prepare(&d);
	other = lock(&d);
	dl3t_depot_open(&d);
	put_number(&d, 1);
	dl3t_depot_until(&d, has_state, STORE_FAILING);
	sqlite3_close(other);
	dl3t_depot_settle(&d);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 1);
	dl3t_depot_end(&d);
}

static void what_does_not_fit_into_the_queue_is_counted_by_kind(void **state)
{
	struct store_call c = dl3t_call("1", 1);
	struct store_event e = { .seq = 1 };
	struct store_status last;
	unsigned calls = 0, events = 0;
	struct dl3t_depot d;
	sqlite3 *other;

	(void)state;
	dl3t_depot_prepare(&d);
	d.config.queue_items = 100;
	d.config.close_ms = 1;
	dl3t_depot_open(&d);
	other = lock(&d);
	while (store_put_event(d.store, &e))
		events++;
	while (store_put_call(d.store, &c))
		calls++;
	/* A quarter is left for calls, and it is little memory anyway. */
	assert_int_equal(events, 75);
	assert_int_equal(calls, 25);
	assert_false(store_put_call(d.store, &c));
	store_dispatch(d.store);
	assert_int_equal(d.told.lost[STORE_EVENT], 1);
	assert_int_equal(d.told.lost[STORE_CALL], 2);
	/* What is still in the queue at the end is lost too, and said to be. */
	last = dl3t_depot_close(&d);
	assert_int_equal(last.lost[STORE_EVENT], 76);
	assert_int_equal(last.lost[STORE_CALL], 27);
	sqlite3_close(other);
	dl3t_depot_end(&d);
}

static void the_memory_of_the_queue_is_bounded(void **state)
{
	struct store_call c = dl3t_call("1", 1);
	struct store_status s;
	char json[10000];
	struct dl3t_depot d;
	sqlite3 *other;

	(void)state;
	memset(json, 'x', sizeof(json));
	dl3t_depot_prepare(&d);
	d.config.queue_bytes = 1000000;
	d.config.close_ms = 1;
	dl3t_depot_open(&d);
	other = lock(&d);
	c.json = (struct dl3_str){ .ptr = json, .len = sizeof(json) };
	while (store_put_call(d.store, &c))
		;
	store_status(d.store, &s);
	assert_in_range(s.queued_bytes, 900000, 1000000);
	assert_in_range(s.queued, 80, 100);
	sqlite3_close(other);
	dl3t_depot_end(&d);
}

static void a_queue_half_full_is_told_as_slow(void **state)
{
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_prepare(&d);
	d.config.queue_items = 100;
	d.config.batch = 60;
	d.config.commit_ms = 3600000;
	dl3t_depot_open(&d);
	/* The first sixty are stored at once; the others wait for their hour. */
	for (int i = 0; i < 60; i++)
		put_number(&d, i);
	dl3t_depot_until(&d, has_state, STORE_SLOW);
	store_dispatch(d.store);
	assert_int_equal(d.told.state, STORE_SLOW);
	assert_string_equal(d.told.reason, "more than half of the queue is full");
	dl3t_depot_end(&d);
}

static void an_open_state_waits_for_the_one_before(void **state)
{
	struct dl3_octets o = { (const uint8_t *)"x", 1 };
	struct dl3_str pbx = dl3_str_of("main"), branch = dl3_str_of("branch");
	struct store_status s;
	struct dl3t_depot d;
	sqlite3 *other;

	(void)state;
	dl3t_depot_begin(&d);
	other = lock(&d);
	assert_true(store_open_due(d.store, pbx));
	assert_true(store_put_open(d.store, pbx, o));
	assert_false(store_open_due(d.store, pbx));
	assert_false(store_put_open(d.store, pbx, o));
	assert_true(store_put_open(d.store, branch, o));
	sqlite3_close(other);
	dl3t_depot_settle(&d);
	assert_true(store_put_open(d.store, pbx, o));
	dl3t_depot_settle(&d);
	store_status(d.store, &s);
	assert_int_equal(s.stored[STORE_OPEN], 3);
	assert_int_equal(s.lost[STORE_OPEN], 0);
	dl3t_depot_end(&d);
}

/* ---- No room ---- */

static void fill(struct dl3t_depot *d, int from, int to)
{
	static char json[20000];

	memset(json, 'x', sizeof(json));
	for (int i = from; i < to; i++) {
		char id[16] = "";
		struct store_call c = dl3t_call(id, i);
		c.id.len = (uint32_t)snprintf(id, sizeof(id), "%d", i);
		c.json = (struct dl3_str){ .ptr = json, .len = sizeof(json) };
		dl3t_depot_put(d, &c);
	}
}

static void a_file_at_its_limit_goes_on_when_there_is_room_again(void **state)
{
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_prepare(&d);
	d.config.max_bytes = 2000000;
	d.config.batch = 10;
	dl3t_depot_open(&d);
	fill(&d, 0, 150);
	dl3t_depot_until(&d, has_state, STORE_FAILING);
	store_dispatch(d.store);
	assert_string_equal(d.told.reason, "database or disk is full");
	assert_in_range(sql(&d, "SELECT count(*) FROM calls"), 10, 100);
	(void)sql(&d, "DELETE FROM calls WHERE started < 80000");
	dl3t_depot_settle(&d);
	dl3t_depot_until(&d, has_state, STORE_OK);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls WHERE started >= 80000"), 70);
	assert_true(is_sound(&d));
	dl3t_depot_end(&d);
}

static void take_up(const char *path, bool all)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char zeros[4096] = { 0 };

	assert_true(fd >= 0);
	while (all && write(fd, zeros, sizeof(zeros)) > 0)
		;
	(void)close(fd);
}

/* A real disk that is full: a small one in memory, for which one must be root. */
static void a_full_disk_loses_nothing_that_waits(void **state)
{
	struct dl3t_depot d;
	char other[160];

	(void)state;
	dl3t_depot_prepare(&d);
	if (mount("none", d.folder, "tmpfs", 0, "size=4m") != 0) {
		dl3t_depot_end(&d);
		skip();
	}
	(void)snprintf(other, sizeof(other), "%s/other", d.folder);
	dl3t_depot_open(&d);
	fill(&d, 0, 20);
	dl3t_depot_settle(&d);
	take_up(other, true);
	fill(&d, 20, 60);
	dl3t_depot_until(&d, has_state, STORE_FAILING);
	take_up(other, false);
	dl3t_depot_settle(&d);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 60);
	assert_true(is_sound(&d));
	(void)dl3t_depot_close(&d);
	assert_int_equal(umount2(d.folder, MNT_DETACH), 0);
	dl3t_depot_end(&d);
}

/* ---- An item that cannot be stored ---- */

static void what_cannot_be_stored_is_passed_over(void **state)
{
	struct dl3t_depot d;
	struct store_status s;

	(void)state;
	dl3t_depot_begin(&d);
	(void)sql(&d, "CREATE TRIGGER t BEFORE INSERT ON calls WHEN new.id = '50' OR new.id = '99'"
	              " BEGIN SELECT raise(ABORT, 'no'); END");
	for (int i = 0; i < 100; i++)
		put_number(&d, i);
	dl3t_depot_settle(&d);
	store_status(d.store, &s);
	store_dispatch(d.store);
	assert_int_equal(s.unstorable[STORE_CALL], 2);
	assert_int_equal(s.stored[STORE_CALL], 98);
	assert_int_equal(s.committed, 100);
	assert_int_equal(d.told.unstorable[STORE_CALL], 2);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 98);
	/* Nothing of them is left elsewhere. */
	assert_int_equal(sql(&d, "SELECT count(*) FROM lookup WHERE started IN (50000, 99000)"), 0);
	dl3t_depot_end(&d);
}

/* The item that cannot be stored sends the batch through item by item, and there the room ends. */
static void no_room_behind_what_cannot_be_stored(void **state)
{
	struct store_status s;
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_prepare(&d);
	d.config.max_bytes = 2000000;
	dl3t_depot_open(&d);
	fill(&d, 0, 60);
	dl3t_depot_settle(&d);
	(void)sql(&d, "CREATE TRIGGER t BEFORE INSERT ON calls WHEN new.id = '60' BEGIN SELECT raise(ABORT, "
	              "'no'); END");
	fill(&d, 60, 120);
	dl3t_depot_until(&d, has_state, STORE_FAILING);
	(void)sql(&d, "DELETE FROM calls");
	dl3t_depot_settle(&d);
	store_status(d.store, &s);
	assert_int_equal(s.unstorable[STORE_CALL], 1);
	assert_int_equal(s.stored[STORE_CALL], 119);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls WHERE started > 60000"), 59);
	dl3t_depot_end(&d);
}

static void an_error_of_no_known_kind_does_not_stop_the_others(void **state)
{
	struct dl3t_depot d;
	struct store_status s;

	(void)state;
	dl3t_depot_begin(&d);
	(void)sql(&d, "CREATE TRIGGER t BEFORE INSERT ON calls WHEN new.id = '5'"
	              " BEGIN SELECT json_extract('{', '$'); END");
	for (int i = 0; i < 10; i++)
		put_number(&d, i);
	dl3t_depot_settle(&d);
	store_status(d.store, &s);
	assert_int_equal(s.unstorable[STORE_CALL], 1);
	assert_int_equal(s.stored[STORE_CALL], 9);
	dl3t_depot_end(&d);
}

static void a_call_without_a_start_cannot_be_stored(void **state)
{
	struct store_call c = dl3t_call("1", 1);
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	c.started_ms = STORE_NULL;
	dl3t_depot_put(&d, &c);
	put_number(&d, 2);
	dl3t_depot_settle(&d);
	store_dispatch(d.store);
	assert_int_equal(d.told.unstorable[STORE_CALL], 1);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 1);
	dl3t_depot_end(&d);
}

/* ---- Death ---- */

/* Stores calls without end, and says after each commit how many are done. */
static void write_without_end(struct dl3t_depot *d, int to)
{
	uint64_t said = 0;
	int n = 0;

	for (;;) {
		struct store_status s;
		store_status(d->store, &s);
		if (s.committed != said &&
		    write(to, &s.committed, sizeof(s.committed)) != sizeof(s.committed))
			_exit(1);
		said = s.committed;
		for (int i = 0; i < 20 && s.queued < 1000; i++)
			put_number(d, n++);
		(void)usleep(200);
	}
}

/* What a child acknowledged before it was killed after `us`. */
static uint64_t kill_a_writer(struct dl3t_depot *d, unsigned us)
{
	uint64_t acknowledged = 0, n;
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[0]);
		d->config.commit_ms = 1;
		dl3t_depot_open(d);
		write_without_end(d, ends[1]);
	}
	(void)close(ends[1]);
	/* Not before it is at work. */
	if (read(ends[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
		acknowledged = n;
	(void)usleep(us);
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	while (read(ends[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
		acknowledged = n;
	(void)close(ends[0]);
	return acknowledged;
}

static void a_killed_writer_loses_nothing_it_acknowledged(void **state)
{
	char path[160];
	uint32_t seed = (uint32_t)getpid();

	(void)state;
	for (int i = 0; i < 30; i++) {
		struct dl3t_depot d;
		uint64_t acknowledged;
		char query[100];
		dl3t_depot_prepare(&d);
		seed = seed * 1664525u + 1013904223u;
		acknowledged = kill_a_writer(&d, (seed >> 16) % 40000);
		assert_true(acknowledged > 0);
		assert_true(is_sound(&d));
		(void)snprintf(query, sizeof(query), "SELECT count(*) FROM calls WHERE started < %llu000",
		               (unsigned long long)acknowledged);
		assert_int_equal(sql(&d, query), acknowledged);
		/* Each call with all its parts: "some" and "name". */
		assert_int_equal(sql(&d, "SELECT count(*) FROM lookup"),
		                 2 * sql(&d, "SELECT count(*) FROM calls"));
		dl3t_depot_open(&d);
		put_number(&d, 0);
		dl3t_depot_settle(&d);
		(void)snprintf(path, sizeof(path), "%s", d.path);
		dl3t_depot_end(&d);
		assert_int_not_equal(access(path, F_OK), 0);
	}
}

/* ---- Age ---- */

static int64_t now_is(void *arg)
{
	(void)arg;
	return 100 * DAY_MS;
}

static bool expired(const struct store_status *s, uint64_t n)
{
	return s->expired_calls + s->expired_events >= n;
}

static void what_is_too_old_goes_with_all_its_parts(void **state)
{
	struct dl3_str extension = dl3_str_of("201");
	struct store_segment segment = { .who = extension };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	for (int i = 0; i < 1000; i++) {
		char id[16] = "";
		struct store_call c = dl3t_call(id, i < 700 ? 86400 + i : 95 * 86400 + i);
		struct store_event e = { .seq = (uint64_t)i + 1, .time_ms = i < 800 ? DAY_MS : 99 * DAY_MS };
		c.id.len = (uint32_t)snprintf(id, sizeof(id), "%d", i);
		c.extensions = &extension;
		c.segments = &segment;
		c.extension_count = c.segment_count = 1;
		dl3t_depot_put(&d, &c);
		assert_true(store_put_event(d.store, &e));
	}
	(void)dl3t_depot_close(&d);
	d.config.now_ms = now_is;
	d.config.calls_days = 10;
	d.config.events_days = 3;
	dl3t_depot_open(&d);
	dl3t_depot_until(&d, expired, 1500);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 300);
	assert_int_equal(sql(&d, "SELECT count(*) FROM lookup"), 300);
	assert_int_equal(sql(&d, "SELECT count(*) FROM segments"), 300);
	assert_int_equal(sql(&d, "SELECT count(*) FROM events"), 200);
	dl3t_depot_end(&d);
}

static void without_a_limit_nothing_is_too_old(void **state)
{
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_prepare(&d);
	d.config.now_ms = now_is;
	d.config.events_days = 1;
	dl3t_depot_open(&d);
	put_number(&d, 1);
	dl3t_depot_settle(&d);
	(void)dl3t_depot_close(&d);
	dl3t_depot_open(&d);
	put_number(&d, 2);
	dl3t_depot_settle(&d);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 2);
	dl3t_depot_end(&d);
}

static void space_is_given_back(void **state)
{
	int64_t before;
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	fill(&d, 0, 400);
	dl3t_depot_settle(&d);
	(void)dl3t_depot_close(&d);
	before = sql(&d, "PRAGMA page_count");
	d.config.now_ms = now_is;
	d.config.calls_days = 10;
	dl3t_depot_open(&d);
	dl3t_depot_until(&d, expired, 400);
	for (int i = 0; i < 2000 && sql(&d, "PRAGMA page_count") > before / 2; i++)
		(void)usleep(10000);
	assert_true(sql(&d, "PRAGMA page_count") <= before / 2);
	assert_true(is_sound(&d));
	dl3t_depot_end(&d);
}

DL3T_TESTS(cmocka_unit_test(a_locked_database_loses_nothing),
           cmocka_unit_test(a_store_that_is_locked_from_the_start_begins_as_failing),
           cmocka_unit_test(what_does_not_fit_into_the_queue_is_counted_by_kind),
           cmocka_unit_test(the_memory_of_the_queue_is_bounded),
           cmocka_unit_test(a_queue_half_full_is_told_as_slow),
           cmocka_unit_test(an_open_state_waits_for_the_one_before),
           cmocka_unit_test(a_file_at_its_limit_goes_on_when_there_is_room_again),
           cmocka_unit_test(a_full_disk_loses_nothing_that_waits),
           cmocka_unit_test(what_cannot_be_stored_is_passed_over),
           cmocka_unit_test(no_room_behind_what_cannot_be_stored),
           cmocka_unit_test(an_error_of_no_known_kind_does_not_stop_the_others),
           cmocka_unit_test(a_call_without_a_start_cannot_be_stored),
           cmocka_unit_test(a_killed_writer_loses_nothing_it_acknowledged),
           cmocka_unit_test(what_is_too_old_goes_with_all_its_parts),
           cmocka_unit_test(without_a_limit_nothing_is_too_old), cmocka_unit_test(space_is_given_back));
