/* SPDX-License-Identifier: MIT */
/*
 * The store's inside: what the three threads share. `lock` guards everything from `queue` on; it is held for a
 * few instructions only, never over a call of the database.
 */
#ifndef GATEWAY_STORE_INTERNAL_H
#define GATEWAY_STORE_INTERNAL_H

#include <pthread.h>

#include "store_item.h"

struct store_reader;

/* A PBX whose state was put once. */
struct store_pbx {
	struct store_pbx *next;
	bool waiting; /* one is in the queue */
	uint32_t len;
	char name[];
};
#define STORE_PBX_CHAINS 256u

struct store_queue {
	struct store_item *first, *last;
	size_t count, bytes; /* with what the writer has taken and not yet done with */
	int64_t taken_ms;    /* since when the first of that waits; 0: nothing is taken */
};

/* A question: asked, answered, told. */
struct store_query {
	struct store_query *next;
	bool (*answer)(struct store_query *q, struct store_reader *r); /* in the reader thread */
	void (*free)(struct store_query *q);
	struct store_clean kept; /* what the result points to, and the question's own text */
	bool cancelled;          /* under the lock */
	struct store_result result;
	char reason[256];
	store_result_fn fn;
	void *arg;
};

struct store {
	struct store_config config; /* its `where` is `where` */
	char *where;
	char shown[256];
	int fd;
	pthread_t writer, reader;
	bool writing, reading; /* the threads run */

	pthread_mutex_t lock;
	pthread_cond_t wake_writer, wake_reader;
	struct store_queue queue;
	struct store_pbx *pbxs[STORE_PBX_CHAINS];
	uint64_t seq, seq_stored;
	int64_t busy_ms; /* monotonic: since when the writer waits for the database; 0: it does not */
	bool stopping;
	int64_t stop_at_ms; /* monotonic: until when the writer may try */
	struct store_status status;
	bool changed; /* status is to be told */
	struct store_query *asked, *asked_last, *running, *told, *told_last;
	size_t queries;
};

/* ---- store.c ---- */

int64_t store_monotonic_ms(void);
int64_t store_now_ms(const struct store *s);
/* Makes store_fd() readable. */
void store_wake_loop(struct store *s);
/* The entry of a PBX, made if it is new; NULL without memory. Under the lock. */
struct store_pbx *store_pbx_of(struct store *s, struct dl3_str name);
/* Waits on `cond` for at most `ms`. Under the lock. */
void store_wait(struct store *s, pthread_cond_t *cond, int64_t ms);

/* ---- store_writer.c ---- */

/* Opens the database and brings its tables up to date. */
struct store_db *store_open_writer(struct store *s, struct store_fault *fault);
/* The thread. It begins with `db`, which may be NULL: then it is not open yet. */
struct store_writer;
struct store_writer *store_writer_new(struct store *s, struct store_db *db);
void *store_writer_main(void *arg);

/* ---- store_write.c: items to rows, inside a transaction ---- */

enum { STORE_STATEMENTS = 20 };
struct store_rows {
	struct store_db *db;
	struct store_stmt *statements[STORE_STATEMENTS];
};
void store_rows_close(struct store_rows *r); /* with its database */
bool store_rows_put(struct store_rows *r, const struct store_item *item, int64_t now_ms,
                    struct store_fault *fault);
bool store_rows_put_seq(struct store_rows *r, uint64_t seq, struct store_fault *fault);
/* Deletes at most `limit` that are older; `*count` gets how many. */
bool store_rows_expire_calls(struct store_rows *r, int64_t before_ms, int64_t limit, uint64_t *count,
                             struct store_fault *fault);
bool store_rows_expire_events(struct store_rows *r, int64_t before_ms, int64_t limit, uint64_t *count,
                              struct store_fault *fault);

/* ---- store_reader.c ---- */

#define STORE_READER_STATEMENTS 24u
struct store_reader {
	struct store *s;
	struct store_db *db;
	struct {
		char *sql;
		struct store_stmt *stmt;
		uint64_t used;
	} kept[STORE_READER_STATEMENTS];
	uint64_t clock;
};
void *store_reader_main(void *arg);
void store_reader_close(struct store_reader *r);
/* A statement under construction (store_history.c has the largest). */
struct store_sql {
	char text[4096];
	size_t len;
	struct store_value values[40];
	size_t count;
	bool failed; /* it did not fit */
};
void store_sql_add(struct store_sql *sql, const char *text);
/* ... and a parameter behind it */
void store_sql_param(struct store_sql *sql, const char *text, struct store_value value);

/* Runs a statement of which many are kept prepared. On failure q's result says why. */
bool store_ask(struct store_reader *r, struct store_query *q, struct store_sql *sql, store_row_fn row,
               void *arg);
/* A line of CSV (store_csv.c) of the columns that store_csv_columns names. */
extern const char store_csv_columns[];
struct dl3_str store_csv_line(const struct store_value *columns, size_t count, struct store_clean *kept);
/* Fills in the answer of a query that failed. @return false */
bool store_no_answer(struct store_query *q, enum store_answer answer, const char *reason);
/* Takes a query on; frees it and @return NULL when too many wait. */
struct store_query *store_queries_add(struct store *s, struct store_query *q, store_result_fn fn, void *arg);
/* Ends all queries; after the reader has ended. */
void store_queries_free(struct store *s);

#endif
