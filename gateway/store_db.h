/* SPDX-License-Identifier: MIT */
/*
 * One connection to a database, the same for SQLite and PostgreSQL: each is a table of functions. One thread
 * at a time. SQL has its parameters as $1, $2, ... and words in braces for what the two spell differently:
 *   {key}    a primary key that counts itself        {seq}    a primary key of 64 bits that is given
 *   {blob}   octets                                  {c}      order by octets, whatever the database's own
 *   {plain}  a table that is its primary key         {join}   join in the written order
 *   {by X}   with the index X                        {at}     the function that finds text in text
 */
#ifndef GATEWAY_STORE_DB_H
#define GATEWAY_STORE_DB_H

#include <devlink3/base.h>

/* What a failure asks for. */
enum store_fail {
	STORE_FAIL_NONE,
	STORE_FAIL_BUSY,    /* locked by somebody: again, later */
	STORE_FAIL_FULL,    /* no room on the disk: again, later */
	STORE_FAIL_GONE,    /* the connection or file is of no use any more: open it anew, later */
	STORE_FAIL_ITEM,    /* what was to be stored cannot be: not again */
	STORE_FAIL_OTHER,   /* may be either of the two before */
	STORE_FAIL_TIME,    /* broken off, because it took too long or was not wanted any more */
	STORE_FAIL_REFUSED, /* not by trying again: a wrong password, a file of somebody else */
};

struct store_fault {
	enum store_fail fail;
	char text[240]; /* one line without secrets */
};

enum store_type { STORE_NOTHING, STORE_NUMBER, STORE_TEXT, STORE_BLOB };

struct store_value {
	enum store_type type;
	int64_t number;
	const char *ptr; /* of a row: until the row function returns */
	size_t len;
};

struct store_db_config {
	const char *where;
	bool writer;       /* else it only reads */
	unsigned limit_ms; /* how long one statement may take */
	uint64_t max_bytes;
	/* Asked now and then during a statement, in this thread: true breaks it off. May be NULL. */
	bool (*unwanted)(void *arg);
	void *arg;
};

struct store_db;
struct store_stmt;

/* @return false when no more rows are wanted. */
typedef bool (*store_row_fn)(const struct store_value *columns, size_t count, void *arg);

struct store_backend {
	const char *name;
	/* What the words in braces stand for, {by X} by its first letters: see store_sql_spell(). */
	const char *key, *seq, *blob, *c, *plain, *join, *by, *at;
	const char *begin; /* a transaction that writes */
	/* The order of a subquery holds for what is joined to it in the written order. */
	bool keeps_order;

	struct store_db *(*open)(const struct store_db_config *config, struct store_fault *fault);
	void (*close)(struct store_db *db);
	/* Whether there is anything in the database that is not ours. */
	bool (*foreign)(struct store_db *db, bool *foreign, struct store_fault *fault);
	/* Statements without parameters and rows. */
	bool (*exec)(struct store_db *db, const char *sql, struct store_fault *fault);
	struct store_stmt *(*prepare)(struct store_db *db, const char *sql, struct store_fault *fault);
	/* Runs from the start to the end. `row` may be NULL. `*changed` may be NULL; else rows changed. */
	bool (*run)(struct store_stmt *stmt, const struct store_value *values, size_t count, store_row_fn row,
	            void *arg, int64_t *changed, struct store_fault *fault);
	void (*finish)(struct store_stmt *stmt);
	/* A short step of tidying, when there is nothing else to do; `*more`: another one is due. */
	bool (*tidy)(struct store_db *db, bool *more, struct store_fault *fault);
};

struct store_db {
	const struct store_backend *backend;
};

/* The database that an address names. */
const struct store_backend *store_backend_of(const char *where);
extern const struct store_backend store_sqlite, store_postgres;

/* The address without password. @return false when it is malformed (then `out` says so). */
bool store_where_shown(const char *where, char *out, size_t cap);

/* SQL with the braces replaced; NULL without memory. To be freed. */
char *store_sql_spell(const struct store_backend *backend, const char *sql);

bool store_fault_set(struct store_fault *fault, enum store_fail fail, const char *text);

static inline struct store_value store_number(int64_t n)
{
	return (struct store_value){ .type = STORE_NUMBER, .number = n };
}

static inline struct store_value store_text(const char *ptr, size_t len)
{
	return (struct store_value){ .type = ptr ? STORE_TEXT : STORE_NOTHING, .ptr = ptr, .len = len };
}

/* ---- Tables (store_schema.c) ---- */

/* A step of the schema: statements, NULL behind the last. Step n makes version n + 1 of version n. */
struct store_step {
	const char *const *statements;
};
extern const struct store_step store_steps[];
extern const unsigned store_step_count;

/*
 * Brings the tables to version `count`, each step in a transaction of its own. Refuses a database with a greater
 * version or of somebody else; then nothing was changed.
 */
bool store_schema_update(struct store_db *db, const struct store_step *steps, unsigned count,
                         struct store_fault *fault);

#endif
