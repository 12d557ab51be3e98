/* SPDX-License-Identifier: MIT */
/*
 * What the gateway keeps: ended calls, events, users, groups, and what it needs to go on after a restart.
 * SQLite by path, PostgreSQL by URL; the same tables in both (docs/store.md).
 *
 * Threads: all functions here are the loop thread's. A writer thread stores what is put, a reader thread
 * answers what is asked; each has a connection of its own. No function but store_new(), store_restore() and
 * store_free() waits for either. Callbacks come from store_dispatch() alone, in the loop thread.
 *
 * Durability: an item is safe against the death of the process, and with SQLite and PostgreSQL as they are
 * set up here against the loss of power, once it is counted in store_status.committed: at most commit_ms
 * and the length of one commit after it was put, as long as the store keeps up.
 *
 * Times are milliseconds since 1970, lengths of time milliseconds; STORE_NULL is none. Text is read only
 * during the call; absent text (ptr NULL) is stored as NULL, escaped text is undone, octets that are no UTF-8
 * are taken as ISO-8859-1, and a NUL becomes U+FFFD.
 */
#ifndef GATEWAY_STORE_H
#define GATEWAY_STORE_H

#include <devlink3/base.h>

#define STORE_NULL INT64_MIN

#define STORE_COMMIT_MS 100u          /* a tenth of a second is what a crash may cost */
#define STORE_BATCH 1000u             /* items a transaction */
#define STORE_QUEUE_ITEMS 65536u      /* a minute of a busy PBX's events */
#define STORE_QUEUE_BYTES (64u << 20) /* the memory which a dead store may cost */
#define STORE_ITEM_BYTES (8u << 20)   /* an item larger than that is refused */
#define STORE_SLOW_MS 1000u           /* a commit that takes longer is told as slow */
#define STORE_STUCK_MS 5000u          /* a database that says nothing for longer is failing */
#define STORE_RETRY_MIN_MS 100u       /* the first wait after a failure; it doubles */
#define STORE_RETRY_MAX_MS 5000u      /* the longest */
#define STORE_QUERY_MS 10000u         /* a question that takes longer is broken off */
#define STORE_QUERIES 64u             /* questions that may wait; a further one is refused */
#define STORE_CLOSE_MS 3000u          /* how long store_free() tries to store what is queued */
#define STORE_PAGE_MAX 1000u          /* calls a page */
#define STORE_EVENTS_MAX 10000u       /* events an answer */
#define STORE_POINTS_MAX 10000u       /* points a series */
/* Calls that have a beginning of a number, or last that long: up to so many are sorted to make a page; more are so
 * common that a walk in the order of time meets them soon. */
#define STORE_FEW 50000u
#define STORE_CURSOR_SIZE 48u

struct store;
struct store_query;

enum store_kind { STORE_CALL, STORE_EVENT, STORE_USER, STORE_GROUP, STORE_MERGED, STORE_OPEN, STORE_KINDS };

/* "call", "event", "user", "group", "merged", "open" */
const char *store_kind_name(enum store_kind kind);

/* ---- What becomes of it ---- */

enum store_state {
	STORE_OK,
	STORE_SLOW,    /* it works, but commits take long or the queue is more than half full */
	STORE_FAILING, /* nothing is stored at present; it is tried again and again */
};

/* "ok", "slow", "failing" */
const char *store_state_name(enum store_state state);

struct store_status {
	enum store_state state;
	char reason[256]; /* one line, without passwords; "" when ok */
	size_t queued;    /* items that wait or are just being stored */
	size_t queued_bytes;
	uint64_t committed; /* so many of the items that were accepted, the first ones, are done with */
	uint64_t commits;
	uint64_t retries;
	unsigned commit_ms;           /* what the last commit took */
	uint64_t lag_ms;              /* how long the oldest of those that are queued has waited */
	uint64_t stored[STORE_KINDS]; /* by kind */
	uint64_t lost[STORE_KINDS];   /* not accepted: queue full, or larger than STORE_ITEM_BYTES */
	uint64_t unstorable
		[STORE_KINDS];  /* accepted, and then refused for good by the database; passed over */
	uint64_t expired_calls; /* deleted by age */
	uint64_t expired_events;
};

/* Told when the state changes, and when more was lost than was told before. */
typedef void (*store_status_fn)(const struct store_status *status, void *arg);

/* ---- Opening and closing ---- */

struct store_config {
	/* A path, or postgresql://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?...] (also postgres://). */
	const char *where;
	/* Zeros stand for the defaults above. */
	unsigned commit_ms, batch;
	size_t queue_items, queue_bytes;
	unsigned slow_ms, retry_min_ms, retry_max_ms, query_ms, close_ms;
	unsigned few;
	/* Calls and events older than that are deleted; 0 keeps them. */
	unsigned calls_days, events_days;
	/* SQLite: the file never grows beyond; 0: the disk is the limit. */
	uint64_t max_bytes;
	/* Wall clock for the age of things; NULL: the system's. Called in the writer thread. */
	int64_t (*now_ms)(void *arg);
	store_status_fn on_status; /* may be NULL */
	void *arg;
};

/*
 * Opens, makes the tables or brings them up to date, and starts the threads. NULL with one line in `error`
 * when that can never work: a malformed URL, a file of another program or of a newer version of this one, a
 * wrong password. A database that is out of reach, locked or full is no error: the store begins as failing.
 * SQLite is quick; PostgreSQL may take up to five seconds. The configuration need not outlive the call.
 */
struct store *store_new(const struct store_config *config, char *error, size_t error_size);

/*
 * Stores what is queued for as long as `close_ms`, ends the threads and frees everything. Questions that are
 * not answered are dropped without their callbacks. `last` may be NULL; else it gets the last state, what is
 * still not stored being counted as lost. NULL is no store.
 */
void store_free(struct store *s, struct store_status *last);

/* Where the store is, without password. Lives as long as the store. */
const char *store_where(const struct store *s);

/* Readable when there is something to dispatch. It belongs to the store. */
int store_fd(const struct store *s);
void store_dispatch(struct store *s);

void store_status(struct store *s, struct store_status *status);
/* To be called each second: says as slow or failing a database that has not answered for long, before it is given up. */
void store_tick(struct store *s);

/* What is to go on after a restart. Waits for the database; to be called before the loop runs.
 * `open` is called for each PBX whose calls were open. @return false with `error` when it cannot be read. */
typedef void (*store_open_fn)(struct dl3_str pbx, struct dl3_octets state, void *arg);
bool store_restore(struct store *s, uint64_t *last_seq, store_open_fn open, void *arg, char *error,
                   size_t error_size);

struct store_known {
	struct dl3_str id;
	int64_t started_ms;
	bool ended; /* out */
};
/* Which of a PBX's calls are stored as ended. Waits, as store_restore() does. @return false when it cannot be read: then it is
 * known of those alone that have `ended`. */
bool store_know_ended(struct store *s, struct dl3_str pbx, struct store_known *calls, size_t count);

/* ---- Putting in ----
 * @return false when it was not accepted, which is counted in `lost`. When the queue is three quarters full
 * events are no longer accepted, so that room for calls remains. */

struct store_segment {
	struct dl3_str who;
	int64_t from_ms, to_ms, talk_ms, hold_ms;
};

/* An ended call. One with the same pbx, id and start replaces the earlier. pbx, id and started_ms must be. */
struct store_call {
	struct dl3_str pbx, id;
	struct dl3_str direction, outcome; /* names, as in the JSON */
	int64_t started_ms, answered_ms, ended_ms;
	int64_t duration_ms, ring_ms, queue_ms, talk_ms, hold_ms, voicemail_ms;
	struct dl3_str cli, name, did, dialled, group, answered_by, end_party, account_code, tag;
	int64_t transfers, cause; /* STORE_NULL: none */
	bool incomplete;
	struct dl3_str json; /* the whole call */
	const struct store_segment *segments;
	size_t segment_count;
	/* The extensions by which the call is to be found: who talked, and who was called. */
	const struct dl3_str *extensions;
	size_t extension_count;
};

struct store_event {
	uint64_t seq; /* at most INT64_MAX; the same again replaces the earlier */
	int64_t time_ms;
	struct dl3_str pbx, node, kind;
	uint64_t counter;
	struct dl3_str call; /* the call's id where known */
	struct dl3_str json, raw;
};

/* A user or a group as last known. pbx and name (extension, or the group's number) must be. */
struct store_thing {
	struct dl3_str pbx, number, name;
	int64_t time_ms;
	struct dl3_str json;
};

bool store_put_call(struct store *s, const struct store_call *call);
bool store_put_event(struct store *s, const struct store_event *event);
bool store_put_user(struct store *s, const struct store_thing *user);
bool store_put_group(struct store *s, const struct store_thing *group);
/* Two calls have turned out to be one: the events of `younger` are events of `older`. */
bool store_put_merged(struct store *s, struct dl3_str pbx, struct dl3_str younger, struct dl3_str older);
/*
 * The tracker's state of a PBX, to be restored at the next start; an empty one is forgotten. It is stored after
 * all that was put before. While an earlier state of the same PBX is not yet stored the new one is refused
 * without being counted as lost: put a fresh one at the next occasion. store_open_due() says beforehand
 * whether it would be accepted, which saves making it.
 */
bool store_put_open(struct store *s, struct dl3_str pbx, struct dl3_octets state);
bool store_open_due(struct store *s, struct dl3_str pbx);
/* The last sequence number given out, stored with the next commit or within a second. After a crash the numbers
 * of that time may be missing: begin with a distance. */
void store_put_seq(struct store *s, uint64_t seq);

/* ---- Asking ---- */

enum store_answer {
	STORE_ANSWERED,
	STORE_NOT_FOUND,
	STORE_BAD_QUERY,   /* a malformed cursor, or a limit out of range */
	STORE_TOO_LONG,    /* broken off after query_ms: ask for a shorter time, or with more filters */
	STORE_UNREACHABLE, /* the database does not answer */
};

struct store_event_row {
	uint64_t seq;
	int64_t time_ms;
	uint64_t counter;
	struct dl3_str pbx, node, kind, call, json, raw;
};

/* Calls that began in [at_ms, at_ms + step). */
struct store_point {
	int64_t at_ms;
	uint64_t calls, incoming, outgoing, internal, tandem;
	uint64_t answered, abandoned, voicemail, rejected, failed;
	uint64_t ring_ms, talk_ms; /* sums over the answered ones */
};

/* All of it is valid during the callback only. */
struct store_result {
	enum store_answer answer;
	const char *reason;         /* one line when not STORE_ANSWERED; else "" */
	const struct dl3_str *rows; /* a call's JSON each, or a line of CSV with its CRLF */
	size_t row_count;
	const char *next; /* cursor of the next page; NULL when there is none */
	const struct store_event_row *events;
	size_t event_count;
	const struct store_point *points;
	size_t point_count;
};

typedef void (*store_result_fn)(const struct store_result *result, void *arg);

/* Absent text and STORE_NULL: not filtered by. */
struct store_filter {
	int64_t from_ms, to_ms; /* began at or after, began before */
	struct dl3_str pbx, direction, outcome, extension, group;
	struct dl3_str number; /* of the caller, dialled, or called (DID) */
	bool number_prefix;    /* begins with `number`; else it is exactly that */
	struct dl3_str text;   /* each of its words begins a word of the name or a number */
	int64_t min_ms;        /* lasted at least */
	bool ascending;        /* by start; default: the latest first */
	unsigned limit;        /* 1 to STORE_PAGE_MAX; 0 is 100 */
	struct dl3_str cursor; /* `next` of the page before, with the same filter; absent: the first page */
	bool csv;              /* lines of CSV instead of JSON */
};

/*
 * Each of these @return the query, or NULL when STORE_QUERIES wait already or memory is out; `fn` is called
 * exactly once, unless store_cancel() or store_free() came before. Text is copied.
 */
struct store_query *store_history(struct store *s, const struct store_filter *filter, store_result_fn fn,
                                  void *arg);
/* rows[0] is the call, events its events in order (the first STORE_EVENTS_MAX). The latest call of that id; of
 * any PBX when `pbx` is absent. One that is up has no row yet; with `pbx` its events are there all the same. */
struct store_query *store_find_call(struct store *s, struct dl3_str pbx, struct dl3_str id,
                                    store_result_fn fn, void *arg);
/* Events with a sequence number greater than `after`, ascending, at most `limit` (0: STORE_EVENTS_MAX). */
struct store_query *store_events_after(struct store *s, uint64_t after, unsigned limit, store_result_fn fn,
                                       void *arg);
/* Points at from, from + step, ... before to; steps without a call are there with zeros. pbx and group may be
 * absent. */
struct store_query *store_series(struct store *s, struct dl3_str pbx, struct dl3_str group, int64_t from_ms,
                                 int64_t to_ms, int64_t step_ms, store_result_fn fn, void *arg);
/* Its callback will not come any more. Not from outside the time between asking and the callback. */
void store_cancel(struct store *s, struct store_query *query);

/* The first line of the CSV that `csv` gives, with its CRLF. */
struct dl3_str store_csv_header(void);

/*
 * A filtered history as CSV, in pieces that are asked for one by one, so that memory is bounded by one page
 * however long it is. `fn` gets each piece (the header first); `end` is set in the last call, `reason`
 * is NULL unless it ends early. After each call that is not the last, store_csv_more() asks for the next piece,
 * at once or when the reader of the CSV has room again. store_csv_free() may come at any time, but not from `fn`
 * unless `end` was set.
 */
struct store_csv;
typedef void (*store_csv_fn)(const char *text, size_t len, bool end, const char *reason, void *arg);
struct store_csv *store_csv_new(struct store *s, const struct store_filter *filter, store_csv_fn fn,
                                void *arg);
void store_csv_more(struct store_csv *csv);
void store_csv_free(struct store_csv *csv);

#endif
