/* SPDX-License-Identifier: MIT */
/**
 * @file depot.h
 * A gateway's store for a test: SQLite in a folder of its own, or the database that DL3T_STORE names;
 * and its answers, waited for.
 */
#ifndef DL3T_DEPOT_H
#define DL3T_DEPOT_H

#include "gateway/store.h"

struct dl3t_depot {
	char folder[64];
	char path[128];
	struct store_config config; /**< may be changed between closing and opening */
	struct store *store;
	struct store_status told; /**< as on_status was told last */
	unsigned tellings;
	/* The last answer, copied. */
	enum store_answer answer;
	char reason[256];
	char **rows;
	size_t row_count;
	char next[STORE_CURSOR_SIZE]; /**< "" when there is none */
	struct store_event_row *events;
	size_t event_count;
	struct store_point *points;
	size_t point_count;
	bool answered;
};

/** Makes the folder and opens the store with a commit every 5 ms. */
void dl3t_depot_begin(struct dl3t_depot *d);
/** Only the folder. */
void dl3t_depot_prepare(struct dl3t_depot *d);
void dl3t_depot_open(struct dl3t_depot *d);
/** Closes the store; what is in it stays. */
struct store_status dl3t_depot_close(struct dl3t_depot *d);
/** Closes it and removes everything. */
void dl3t_depot_end(struct dl3t_depot *d);

/** Dispatches until `done` says so. Fails the test after half a minute. */
void dl3t_depot_until(struct dl3t_depot *d, bool (*done)(const struct store_status *s, uint64_t n),
                      uint64_t n);
/** Until everything that was put is committed. */
void dl3t_depot_settle(struct dl3t_depot *d);

/** Each waits for the answer. */
void dl3t_depot_history(struct dl3t_depot *d, const struct store_filter *f);
void dl3t_depot_call(struct dl3t_depot *d, const char *pbx, const char *id);
void dl3t_depot_events(struct dl3t_depot *d, uint64_t after, unsigned limit);
void dl3t_depot_series(struct dl3t_depot *d, const char *pbx, const char *group, int64_t from, int64_t to,
                       int64_t step);
/** For store_history() and the others, with the depot as `arg`. */
void dl3t_depot_result(const struct store_result *r, void *arg);
void dl3t_depot_wait(struct dl3t_depot *d);

/** A filter that lets everything through. */
struct store_filter dl3t_all(void);
/** A call: incoming, answered, from start_s for a minute; its JSON is its id. */
struct store_call dl3t_call(const char *id, int64_t start_s);
/** Puts a call that must be accepted. */
void dl3t_depot_put(struct dl3t_depot *d, const struct store_call *call);
/** The rows of the last answer, with blanks between. Valid until the next call. */
const char *dl3t_depot_rows(const struct dl3t_depot *d);
/** Whether it is SQLite. */
bool dl3t_depot_is_file(void);

#endif
