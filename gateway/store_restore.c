/* SPDX-License-Identifier: MIT */
/* What the store knows from before a restart. Each question has a connection of its own, and waits. */
#include <stdio.h>
#include <string.h>

#include "store_internal.h"

struct restore {
	uint64_t last_seq;
	store_open_fn open;
	void *arg;
};

static bool take_seq(const struct store_value *c, size_t count, void *arg)
{
	struct restore *r = arg;

	if (count == 1 && c[0].type == STORE_NUMBER && (uint64_t)c[0].number > r->last_seq)
		r->last_seq = (uint64_t)c[0].number;
	return true;
}

static bool take_open(const struct store_value *c, size_t count, void *arg)
{
	struct restore *r = arg;

	if (count == 2 && c[0].type == STORE_TEXT && c[1].type == STORE_BLOB && r->open)
		r->open((struct dl3_str){ .ptr = c[0].ptr, .len = (uint32_t)c[0].len },
		        (struct dl3_octets){ (const uint8_t *)c[1].ptr, c[1].len }, r->arg);
	return true;
}

static bool read_all(struct store_db *db, const char *sql, store_row_fn row, void *arg,
                     struct store_fault *fault)
{
	struct store_stmt *stmt = db->backend->prepare(db, sql, fault);
	bool ok = stmt && db->backend->run(stmt, NULL, 0, row, arg, NULL, fault);

	if (stmt)
		db->backend->finish(stmt);
	return ok;
}

static struct store_db *open_db(const struct store *s, struct store_fault *fault)
{
	struct store_db_config config = { .where = s->config.where, .limit_ms = s->config.query_ms };

	return store_backend_of(config.where)->open(&config, fault);
}

bool store_restore(struct store *s, uint64_t *last_seq, store_open_fn open, void *arg, char *error,
                   size_t error_size)
{
	struct store_fault fault = { STORE_FAIL_NONE, "" };
	struct restore r = { .open = open, .arg = arg };
	struct store_db *db = open_db(s, &fault);
	/* Events may have been stored without the number, by a store_put_seq() that came late. */
	bool ok = db && read_all(db, "SELECT value FROM meta WHERE key = 'last_seq'", take_seq, &r, &fault) &&
	          read_all(db, "SELECT max(seq) FROM events", take_seq, &r, &fault) &&
	          read_all(db, "SELECT pbx, state FROM open_calls ORDER BY pbx", take_open, &r, &fault);

	if (db)
		db->backend->close(db);
	if (!ok)
		(void)snprintf(error, error_size, "the store %s: %s", s->shown, fault.text);
	*last_seq = r.last_seq;
	return ok;
}

static bool take_ended(const struct store_value *c, size_t count, void *arg)
{
	bool *ended = arg;

	(void)c;
	*ended = count > 0;
	return false;
}

bool store_know_ended(struct store *s, struct dl3_str pbx, struct store_known *calls, size_t count)
{
	struct store_fault fault = { STORE_FAIL_NONE, "" };
	struct store_db *db = count > 0 ? open_db(s, &fault) : NULL;
	struct store_stmt *stmt =
		db ? db->backend->prepare(
			     db, "SELECT 1 FROM calls WHERE id = $1 AND pbx = $2 AND started = $3", &fault)
		   : NULL;
	bool ok = stmt || count == 0;

	for (size_t i = 0; ok && i < count; i++) {
		const struct store_value v[] = { store_text(calls[i].id.ptr, calls[i].id.len),
			                         store_text(pbx.ptr, pbx.len),
			                         store_number(calls[i].started_ms) };
		ok = db->backend->run(stmt, v, 3, take_ended, &calls[i].ended, NULL, &fault);
	}
	if (stmt)
		db->backend->finish(stmt);
	if (db)
		db->backend->close(db);
	return ok;
}
