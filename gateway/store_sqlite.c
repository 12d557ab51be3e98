/* SPDX-License-Identifier: MIT */
/*
 * SQLite. WAL, so that reading and writing do not wait for one another, with synchronous=FULL: each commit is
 * on the disk before it counts. The writer makes ten commits a second at most and has a thread of its own, so
 * that costs nobody anything, and the loss of power costs no more than the death of the process.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store_db.h"

#define PAGE_SIZE 4096u
#define BUSY_MS 250          /* longer waits are the writer's own, which can be ended */
#define LOOK_EVERY 20000     /* steps of SQLite's machine between two looks at the clock */
#define WAL_BYTES "67108864" /* what of the log is kept after it was once longer */
#define FREE_PAGES 256       /* pages without use that are kept for what comes next */
#define TIDY_PAGES "64"      /* pages given back in a step */

struct sqlite_db {
	struct store_db db; /* first: what others see of it */
	sqlite3 *handle;
	struct store_db_config config;
	int64_t deadline_ms;
};

struct store_stmt {
	struct sqlite_db *db;
	sqlite3_stmt *handle;
};

static struct sqlite_db *of(struct store_db *db)
{
	return (struct sqlite_db *)(void *)db;
}

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum store_fail fail_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STORE_FAIL_BUSY;
	case SQLITE_FULL:
		return STORE_FAIL_FULL;
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return STORE_FAIL_ITEM;
	case SQLITE_INTERRUPT:
		return STORE_FAIL_TIME;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return STORE_FAIL_REFUSED;
	case SQLITE_ERROR:
		return STORE_FAIL_OTHER;
	default:
		return STORE_FAIL_GONE;
	}
}

static bool failed(const struct sqlite_db *db, int code, struct store_fault *fault)
{
	return store_fault_set(fault, fail_of(code),
	                       db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
}

static int look(void *arg)
{
	struct sqlite_db *db = arg;

	if (db->config.unwanted && db->config.unwanted(db->config.arg))
		return 1;
	return db->config.limit_ms > 0 && monotonic_ms() > db->deadline_ms;
}

static bool exec(struct store_db *base, const char *sql, struct store_fault *fault)
{
	struct sqlite_db *db = of(base);
	int code;

	db->deadline_ms = monotonic_ms() + db->config.limit_ms;
	code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return code == SQLITE_OK || failed(db, code, fault);
}

/* A number that a pragma or a query answers with; -1 when it does not. */
static int64_t ask(struct sqlite_db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static bool set_up(struct sqlite_db *db, struct store_fault *fault)
{
	char limit[64];
	uint64_t pages = db->config.max_bytes / PAGE_SIZE;

	sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_progress_handler(db->handle, LOOK_EVERY, look, db);
	if (!db->config.writer)
		return exec(&db->db, "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY", fault);
	/* auto_vacuum can be chosen while there is no table, and before the log. */
	if (!exec(&db->db,
	          "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
	          "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = " WAL_BYTES
	          "; PRAGMA cache_size = -16384",
	          fault))
		return false;
	(void)snprintf(limit, sizeof(limit), "PRAGMA max_page_count = %llu", (unsigned long long)pages);
	return pages == 0 || exec(&db->db, limit, fault);
}

/* Calls are nobody else's business: the file is made for its owner alone; log and index follow it. */
static bool make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static void sqlite_close(struct store_db *base)
{
	struct sqlite_db *db = of(base);

	if (!base)
		return;
	(void)sqlite3_close_v2(db->handle);
	free(db);
}

static struct store_db *sqlite_open(const struct store_db_config *config, struct store_fault *fault)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (config->writer ? SQLITE_OPEN_CREATE : 0);
	struct sqlite_db *db = calloc(1, sizeof(*db));
	int code;

	if (!db) {
		store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
		return NULL;
	}
	db->db.backend = &store_sqlite;
	db->config = *config;
	if (config->writer && !make_private(config->where))
		code = SQLITE_CANTOPEN;
	else
		code = sqlite3_open_v2(config->where, &db->handle, flags, NULL);
	if (code != SQLITE_OK) {
		failed(db, code, fault);
	} else if (set_up(db, fault)) {
		return &db->db;
	}
	sqlite_close(&db->db);
	return NULL;
}

static bool sqlite_foreign(struct store_db *base, bool *foreign, struct store_fault *fault)
{
	int64_t tables = ask(of(base), "SELECT count(*) FROM sqlite_master WHERE type = 'table'");
	int64_t ours =
		ask(of(base), "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'");

	if (tables < 0 || ours < 0)
		return failed(of(base), sqlite3_extended_errcode(of(base)->handle), fault);
	*foreign = tables > 0 && ours == 0;
	return true;
}

static struct store_stmt *sqlite_prepare(struct store_db *base, const char *sql, struct store_fault *fault)
{
	struct store_stmt *stmt = calloc(1, sizeof(*stmt));
	char *numbered = strdup(sql);
	int code = SQLITE_NOMEM;

	/* $1 is a name to SQLite, ?1 a number. */
	for (char *p = numbered; p && *p; p++) {
		if (*p == '$')
			*p = '?';
	}
	if (stmt && numbered) {
		stmt->db = of(base);
		code = sqlite3_prepare_v3(stmt->db->handle, numbered, -1, SQLITE_PREPARE_PERSISTENT,
		                          &stmt->handle, NULL);
	}
	free(numbered);
	if (code == SQLITE_OK)
		return stmt;
	failed(of(base), code, fault);
	free(stmt);
	return NULL;
}

static void sqlite_finish(struct store_stmt *stmt)
{
	if (stmt)
		(void)sqlite3_finalize(stmt->handle);
	free(stmt);
}

static int bind(sqlite3_stmt *stmt, int at, const struct store_value *v)
{
	switch (v->type) {
	case STORE_NUMBER:
		return sqlite3_bind_int64(stmt, at, v->number);
	case STORE_TEXT:
		return sqlite3_bind_text64(stmt, at, v->ptr, v->len, SQLITE_STATIC, SQLITE_UTF8);
	case STORE_BLOB:
		return sqlite3_bind_blob64(stmt, at, v->ptr, v->len, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(stmt, at);
	}
}

#define COLUMNS_MAX 40

static size_t read_row(sqlite3_stmt *stmt, struct store_value columns[COLUMNS_MAX])
{
	int count = sqlite3_column_count(stmt);
	int i;

	for (i = 0; i < count && i < COLUMNS_MAX; i++) {
		struct store_value *v = &columns[i];
		int type = sqlite3_column_type(stmt, i);
		*v = (struct store_value){ .type = STORE_NOTHING };
		if (type == SQLITE_INTEGER) {
			*v = store_number(sqlite3_column_int64(stmt, i));
		} else if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
			v->type = type == SQLITE_TEXT ? STORE_TEXT : STORE_BLOB;
			v->ptr = type == SQLITE_TEXT ? (const char *)sqlite3_column_text(stmt, i)
			                             : sqlite3_column_blob(stmt, i);
			v->len = (size_t)sqlite3_column_bytes(stmt, i);
		}
	}
	return (size_t)i;
}

static bool sqlite_run(struct store_stmt *stmt, const struct store_value *values, size_t count,
                       store_row_fn row, void *arg, int64_t *changed, struct store_fault *fault)
{
	struct sqlite_db *db = stmt->db;
	struct store_value columns[COLUMNS_MAX];
	int code = SQLITE_OK;

	db->deadline_ms = monotonic_ms() + db->config.limit_ms;
	for (size_t i = 0; i < count && code == SQLITE_OK; i++)
		code = bind(stmt->handle, (int)i + 1, &values[i]);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt->handle);
	while (code == SQLITE_ROW) {
		size_t n = read_row(stmt->handle, columns);
		if (row && !row(columns, n, arg))
			break;
		code = sqlite3_step(stmt->handle);
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		failed(db, code, fault);
	else if (changed)
		*changed = sqlite3_changes64(db->handle);
	(void)sqlite3_reset(stmt->handle);
	(void)sqlite3_clear_bindings(stmt->handle);
	return code == SQLITE_DONE || code == SQLITE_ROW;
}

/* Space goes back to the disk a little at a time: VACUUM would stop everybody. */
static bool sqlite_tidy(struct store_db *base, bool *more, struct store_fault *fault)
{
	*more = ask(of(base), "PRAGMA freelist_count") > FREE_PAGES;
	if (!*more)
		return true;
	return exec(base, "PRAGMA incremental_vacuum(" TIDY_PAGES ")", fault);
}

const struct store_backend store_sqlite = {
	.name = "SQLite",
	.key = "INTEGER PRIMARY KEY",
	.seq = "INTEGER PRIMARY KEY",
	.blob = "BLOB",
	.c = "",
	.plain = " WITHOUT ROWID",
	.join = "CROSS JOIN",
	.by = "INDEXED BY ",
	.at = "instr",
	.begin = "BEGIN IMMEDIATE",
	.keeps_order = true,
	.open = sqlite_open,
	.close = sqlite_close,
	.foreign = sqlite_foreign,
	.exec = exec,
	.prepare = sqlite_prepare,
	.run = sqlite_run,
	.finish = sqlite_finish,
	.tidy = sqlite_tidy,
};
