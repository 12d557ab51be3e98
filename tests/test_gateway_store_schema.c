/* SPDX-License-Identifier: MIT */
/* The tables of SQLite: how they come to be, from which versions, and that every question has its index. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/store_db.h"
#include "support/depot.h"
#include "support/test.h"

static int64_t sql(const struct dl3t_depot *d, const char *text)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(d->path, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

/* ---- Versions ---- */

static const char *const second[] = { "ALTER TABLE calls ADD COLUMN mood TEXT",
	                              "UPDATE calls SET mood = 'good'", NULL };
static const char *const third[] = { "CREATE TABLE moods (mood TEXT{c})", NULL };
static const char *const broken[] = { "CREATE TABLE half (a BIGINT)", "CREATE TABLE half (a BIGINT)", NULL };

static bool update(struct dl3t_depot *d, const struct store_step *steps, unsigned count,
                   struct store_fault *fault)
{
	struct store_db_config config = { .where = d->path, .writer = true };
	struct store_db *db = store_sqlite.open(&config, fault);
	bool ok;

	assert_non_null(db);
	ok = store_schema_update(db, steps, count, fault);
	store_sqlite.close(db);
	return ok;
}

static void begin_with_a_call(struct dl3t_depot *d)
{
	struct store_call c = dl3t_call("1", 100);

	dl3t_depot_begin(d);
	dl3t_depot_put(d, &c);
	(void)dl3t_depot_close(d);
}

static void an_earlier_version_is_brought_up_to_date(void **state)
{
	struct store_step steps[] = { store_steps[0], { second }, { third } };
	struct store_fault fault;
	struct dl3t_depot d;

	(void)state;
	begin_with_a_call(&d);
	assert_int_equal(sql(&d, "SELECT value FROM meta WHERE key = 'schema_version'"), 1);
	assert_true(update(&d, steps, 3, &fault));
	assert_int_equal(sql(&d, "SELECT value FROM meta WHERE key = 'schema_version'"), 3);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls WHERE mood = 'good' AND id = '1'"), 1);
	assert_int_equal(sql(&d, "SELECT count(*) FROM moods"), 0);
	/* Again is nothing. */
	assert_true(update(&d, steps, 3, &fault));
	dl3t_depot_end(&d);
}

static void a_step_that_fails_leaves_the_version_before(void **state)
{
	struct store_step steps[] = { store_steps[0], { second }, { broken } };
	struct store_fault fault;
	struct dl3t_depot d;

	(void)state;
	begin_with_a_call(&d);
	assert_false(update(&d, steps, 3, &fault));
	assert_string_equal(fault.text, "table half already exists");
	assert_int_equal(sql(&d, "SELECT value FROM meta WHERE key = 'schema_version'"), 2);
	assert_int_equal(sql(&d, "SELECT count(*) FROM sqlite_master WHERE name = 'half'"), 0);
	steps[2] = (struct store_step){ third };
	assert_true(update(&d, steps, 3, &fault));
	dl3t_depot_end(&d);
}

static void a_newer_version_is_refused_and_left_alone(void **state)
{
	struct store_step steps[] = { store_steps[0], { second } };
	struct store_fault fault;
	char error[300];
	struct dl3t_depot d;

	(void)state;
	begin_with_a_call(&d);
	assert_true(update(&d, steps, 2, &fault));
	assert_null(store_new(&d.config, error, sizeof(error)));
	assert_non_null(strstr(error, d.path));
	assert_non_null(strstr(error,
	                       "its tables are of version 2, this program knows up to version 1: a newer"
	                       " devlink3 has written it"));
	assert_int_equal(sql(&d, "SELECT value FROM meta WHERE key = 'schema_version'"), 2);
	assert_int_equal(sql(&d, "SELECT count(*) FROM calls"), 1);
	dl3t_depot_end(&d);
}

static void a_file_of_another_program_is_refused(void **state)
{
	char error[300];
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_prepare(&d);
	(void)sql(&d, "CREATE TABLE theirs (a)");
	assert_null(store_new(&d.config, error, sizeof(error)));
	assert_non_null(strstr(error, "the tables of another program"));
	assert_int_equal(sql(&d, "SELECT count(*) FROM sqlite_master"), 1);
	dl3t_depot_end(&d);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	char error[300];
	struct dl3t_depot d;
	FILE *f;

	(void)state;
	dl3t_depot_prepare(&d);
	f = fopen(d.path, "w");
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		(void)fputs("This is not a database. ", f);
	(void)fclose(f);
	assert_null(store_new(&d.config, error, sizeof(error)));
	assert_non_null(strstr(error, "file is not a database"));
	dl3t_depot_end(&d);
}

static void the_file_is_its_owners_alone(void **state)
{
	char path[160];
	struct stat st;
	struct dl3t_depot d;

	(void)state;
	(void)umask(0);
	dl3t_depot_begin(&d);
	assert_int_equal(stat(d.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)snprintf(path, sizeof(path), "%s-wal", d.path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	dl3t_depot_end(&d);
}

static void a_malformed_url_is_refused_without_repeating_it(void **state)
{
	char error[300];
	struct store_config config = { .where = "postgresql://u:s3cret@h:port:5/x?no" };

	(void)state;
	assert_null(store_new(&config, error, sizeof(error)));
	assert_non_null(strstr(error, "malformed"));
	assert_null(strstr(error, "s3cret"));
}

static void a_url_is_shown_without_its_password(void **state)
{
	char shown[200];

	(void)state;
	assert_true(
		store_where_shown("postgresql://u:s3cret@h:1/calls?password=s3cret", shown, sizeof(shown)));
	assert_string_equal(shown, "postgresql://u@h:1/calls");
	assert_true(store_where_shown("/var/lib/calls.db", shown, sizeof(shown)));
	assert_string_equal(shown, "/var/lib/calls.db");
}

/* ---- Plans ---- */

/* The last statement that a connection made by the reader has run. */
static char last_sql[8192];

static int on_statement(unsigned type, void *arg, void *stmt, void *text)
{
	char *expanded = sqlite3_expanded_sql(stmt);

	(void)type;
	(void)arg;
	(void)text;
	if (expanded && strncmp(expanded, "SELECT", 6) == 0 && sqlite3_stmt_readonly(stmt) &&
	    !strstr(expanded, "meta") && !strstr(expanded, "sqlite_master") &&
	    !strstr(expanded, "SELECT key, started, terms") && !strstr(expanded, "AS n LIMIT"))
		(void)snprintf(last_sql, sizeof(last_sql), "%s", expanded);
	sqlite3_free(expanded);
	return 0;
}

static int watch(sqlite3 *db, const char **error, const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

static void begin_watched(struct dl3t_depot *d, unsigned few)
{
	assert_int_equal(sqlite3_auto_extension((void (*)(void))watch), SQLITE_OK);
	dl3t_depot_prepare(d);
	d->config.few = few;
	dl3t_depot_open(d);
	for (int i = 0; i < 300; i++) {
		char id[16] = "";
		struct store_call c = dl3t_call(id, 100 + i);
		c.id.len = (uint32_t)snprintf(id, sizeof(id), "%d", i);
		c.cli = dl3_str_of("0301234");
		c.name = dl3_str_of("Some Name");
		dl3t_depot_put(d, &c);
	}
	dl3t_depot_settle(d);
	/* The reader opens its connection when it is first asked. */
	dl3t_depot_events(d, 0, 1);
	sqlite3_reset_auto_extension();
}

/* The plan of the last question, a line for each part. */
static const char *plan(const struct dl3t_depot *d)
{
	static char lines[4096];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	char explain[8300];
	size_t n = 0;

	lines[0] = '\0';
	(void)snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", last_sql);
	assert_int_equal(sqlite3_open(d->path, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, explain, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", explain, sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		n += (size_t)snprintf(lines + n, sizeof(lines) - n, "%s\n", sqlite3_column_text(stmt, 3));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return lines;
}

static void check_plan(struct dl3t_depot *d, const struct store_filter *f, const char *index)
{
	const char *p;

	last_sql[0] = '\0';
	dl3t_depot_history(d, f);
	assert_int_equal(d->answer, STORE_ANSWERED);
	p = plan(d);
	if (!strstr(p, index) || strstr(p, "TEMP B-TREE") || strstr(p, "SCAN c\n") || strstr(p, "SCAN l\n"))
		fail_msg("wanted %s, came\n%s\nof %s", index, p, last_sql);
}

static void check_all_plans(struct dl3t_depot *d, bool ascending, bool later_page)
{
	struct store_filter all = dl3t_all(), f;

	all.ascending = ascending;
	all.limit = 3;
	if (later_page)
		all.cursor = dl3_str_of("200000_5");
	f = all;
	check_plan(d, &f, "INDEX calls_started");
	f.from_ms = 1;
	f.to_ms = 1000000;
	f.direction = dl3_str_of("incoming");
	f.outcome = dl3_str_of("answered");
	check_plan(d, &f, "INDEX calls_started");
	f.pbx = dl3_str_of("main");
	check_plan(d, &f, "INDEX calls_pbx (pbx=?");
	f.group = dl3_str_of("300");
	check_plan(d, &f, "INDEX calls_group (hunt_group=?");
	f.extension = dl3_str_of("201");
	check_plan(d, &f, "SEARCH l USING PRIMARY KEY (kind=? AND term=?");
	f.number = dl3_str_of("0301234");
	check_plan(d, &f, "SEARCH l USING PRIMARY KEY (kind=? AND term=?");
	f = all;
	f.min_ms = 1;
	check_plan(d, &f, "INDEX calls_started");
	f.number = dl3_str_of("0301");
	f.number_prefix = true;
	check_plan(d, &f, "INDEX calls_started");
	f = all;
	f.text = dl3_str_of("some na");
	check_plan(d, &f, "INDEX calls_started");
}

static void every_page_is_read_in_order_from_an_index(void **state)
{
	struct dl3t_depot d;

	(void)state;
	begin_watched(&d, 1);
	for (unsigned i = 0; i < 4; i++)
		check_all_plans(&d, i & 1, i & 2);
	dl3t_depot_end(&d);
}

/* What is rare is found by its own index, and only that is sorted. */
static void what_is_rare_is_sorted_and_nothing_else(void **state)
{
	struct store_filter f = dl3t_all();
	struct dl3t_depot d;

	(void)state;
	begin_watched(&d, 0);
	f.number = dl3_str_of("0301");
	f.number_prefix = true;
	dl3t_depot_history(&d, &f);
	assert_non_null(strstr(plan(&d), "SEARCH lookup USING PRIMARY KEY (kind=? AND term>? AND term<?)"));
	assert_non_null(strstr(plan(&d), "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"));
	/* Once inside, never again outside: else all calls would be read for the first page. */
	assert_null(strstr(strstr(plan(&d), "SEARCH c"), "TEMP B-TREE"));
	f = dl3t_all();
	f.min_ms = 50000;
	dl3t_depot_history(&d, &f);
	assert_non_null(strstr(plan(&d), "SEARCH calls USING COVERING INDEX calls_duration (duration>?)"));
	assert_null(strstr(strstr(plan(&d), "SEARCH c USING"), "TEMP B-TREE"));
	dl3t_depot_end(&d);
}

static void the_other_questions_have_their_index_too(void **state)
{
	struct dl3t_depot d;

	(void)state;
	begin_watched(&d, 0);
	dl3t_depot_series(&d, NULL, NULL, 0, 1000, 10);
	assert_non_null(strstr(plan(&d), "USING COVERING INDEX calls_started (started>? AND started<?)"));
	dl3t_depot_series(&d, "main", NULL, 0, 1000, 10);
	assert_non_null(
		strstr(plan(&d), "USING COVERING INDEX calls_pbx (pbx=? AND started>? AND started<?)"));
	dl3t_depot_series(&d, "main", "300", 0, 1000, 10);
	assert_non_null(strstr(
		plan(&d), "USING COVERING INDEX calls_group (hunt_group=? AND started>? AND started<?)"));
	dl3t_depot_events(&d, 5, 10);
	assert_string_equal(plan(&d), "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)\n");
	dl3t_depot_call(&d, "main", "1");
	assert_string_equal(plan(&d), "SEARCH events USING INDEX events_call (call=? AND pbx=?)\n");
	/* With a PBX the events are asked for behind it, also of a call that is not there. */
	dl3t_depot_call(&d, NULL, "none");
	assert_non_null(strstr(plan(&d), "SEARCH calls USING INDEX sqlite_autoindex_calls_1 (id=?)"));
	dl3t_depot_end(&d);
}

DL3T_TESTS(cmocka_unit_test(an_earlier_version_is_brought_up_to_date),
           cmocka_unit_test(a_step_that_fails_leaves_the_version_before),
           cmocka_unit_test(a_newer_version_is_refused_and_left_alone),
           cmocka_unit_test(a_file_of_another_program_is_refused),
           cmocka_unit_test(a_file_that_is_no_database_is_refused),
           cmocka_unit_test(the_file_is_its_owners_alone),
           cmocka_unit_test(a_malformed_url_is_refused_without_repeating_it),
           cmocka_unit_test(a_url_is_shown_without_its_password),
           cmocka_unit_test(every_page_is_read_in_order_from_an_index),
           cmocka_unit_test(what_is_rare_is_sorted_and_nothing_else),
           cmocka_unit_test(the_other_questions_have_their_index_too));
