/* SPDX-License-Identifier: MIT */
/* The tables, and how those of an earlier version become those of this one. docs/store.md says what they hold. */
#include "store_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * calls_started, calls_pbx and calls_group carry what calls are filtered by, so that a walk over them in the
 * order of time reads the calls themselves only where they match. `lookup` has the calls by extension, number
 * and word in the same order; `terms` is what a call has there, to take it away again.
 */
static const char *const version_1[] = {
	"CREATE TABLE calls ("
	" key {key}, pbx TEXT NOT NULL, id TEXT NOT NULL, started BIGINT NOT NULL,"
	" answered BIGINT, ended BIGINT, direction TEXT, outcome TEXT, duration BIGINT, ring BIGINT,"
	" queue BIGINT, talk BIGINT, hold BIGINT, voicemail BIGINT, cli TEXT{c}, name TEXT, did TEXT{c},"
	" dialled TEXT{c}, hunt_group TEXT, answered_by TEXT, transfers BIGINT, cause BIGINT, end_party TEXT,"
	" incomplete BIGINT NOT NULL, account_code TEXT, tag TEXT, terms TEXT NOT NULL, json TEXT,"
	" UNIQUE (id, pbx, started))",
	"CREATE INDEX calls_started ON calls"
	" (started, key, pbx, direction, outcome, hunt_group, duration, ring, queue, talk)",
	"CREATE INDEX calls_pbx ON calls"
	" (pbx, started, key, direction, outcome, hunt_group, duration, ring, queue, talk)",
	"CREATE INDEX calls_group ON calls"
	" (hunt_group, started, key, pbx, direction, outcome, duration, ring, queue, talk)",
	"CREATE INDEX calls_duration ON calls (duration, started)",
	"CREATE TABLE segments ("
	" call BIGINT NOT NULL, n BIGINT NOT NULL, who TEXT, began BIGINT, ended BIGINT, talk BIGINT,"
	" hold BIGINT, PRIMARY KEY (call, n)){plain}",
	"CREATE TABLE lookup ("
	" kind BIGINT NOT NULL, term TEXT{c} NOT NULL, started BIGINT NOT NULL, call BIGINT NOT NULL,"
	" PRIMARY KEY (kind, term, started, call)){plain}",
	"CREATE TABLE events ("
	" seq {seq}, time BIGINT, pbx TEXT, node TEXT, counter BIGINT, kind TEXT, call TEXT, json TEXT, raw "
	"TEXT)",
	"CREATE INDEX events_time ON events (time)",
	"CREATE INDEX events_call ON events (call, pbx, seq) WHERE call IS NOT NULL",
	"CREATE TABLE users ("
	" pbx TEXT NOT NULL, extension TEXT NOT NULL, name TEXT, time BIGINT, json TEXT,"
	" PRIMARY KEY (pbx, extension)){plain}",
	"CREATE TABLE groups ("
	" pbx TEXT NOT NULL, number TEXT NOT NULL, name TEXT, time BIGINT, json TEXT,"
	" PRIMARY KEY (pbx, number)){plain}",
	"CREATE TABLE open_calls (pbx TEXT PRIMARY KEY, time BIGINT, state {blob})",
	NULL,
};

const struct store_step store_steps[] = { { version_1 } };
const unsigned store_step_count = sizeof(store_steps) / sizeof(store_steps[0]);

static bool exec(struct store_db *db, const char *sql, struct store_fault *fault)
{
	char *spelled = store_sql_spell(db->backend, sql);
	bool ok = spelled ? db->backend->exec(db, spelled, fault)
	                  : store_fault_set(fault, STORE_FAIL_GONE, "out of memory");

	free(spelled);
	return ok;
}

static bool take_number(const struct store_value *columns, size_t count, void *arg)
{
	if (count == 1 && columns[0].type == STORE_NUMBER)
		*(int64_t *)arg = columns[0].number;
	return true;
}

static bool version_of(struct store_db *db, int64_t *version, struct store_fault *fault)
{
	struct store_stmt *stmt =
		db->backend->prepare(db, "SELECT value FROM meta WHERE key = 'schema_version'", fault);
	bool ok;

	*version = 0;
	if (!stmt)
		return false;
	ok = db->backend->run(stmt, NULL, 0, take_number, version, NULL, fault);
	db->backend->finish(stmt);
	return ok;
}

/* Makes the table of what is known of the database itself, in a database that is new. */
static bool begin(struct store_db *db, struct store_fault *fault)
{
	bool foreign = false;

	if (!db->backend->foreign(db, &foreign, fault))
		return false;
	if (foreign)
		return store_fault_set(fault, STORE_FAIL_REFUSED,
		                       "it holds the tables of another program, and none of Devlink3's");
	return exec(db, "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BIGINT)", fault);
}

static bool set_version(struct store_db *db, unsigned version, struct store_fault *fault)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO meta (key, value) VALUES ('schema_version', %u)"
	               " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
	               version);
	return exec(db, sql, fault);
}

/* One step. The version is looked at again inside: another process may have been as quick. */
static bool step(struct store_db *db, const struct store_step *s, unsigned to, struct store_fault *fault)
{
	struct store_fault ignored;
	int64_t version;
	bool ok = exec(db, db->backend->begin, fault) && version_of(db, &version, fault);

	for (size_t i = 0; ok && version == (int64_t)to - 1 && s->statements[i]; i++)
		ok = exec(db, s->statements[i], fault);
	ok = ok && (version >= (int64_t)to || set_version(db, to, fault)) && exec(db, "COMMIT", fault);
	if (!ok)
		(void)exec(db, "ROLLBACK", &ignored);
	return ok;
}

bool store_schema_update(struct store_db *db, const struct store_step *steps, unsigned count,
                         struct store_fault *fault)
{
	int64_t version = 0;

	if (!begin(db, fault) || !version_of(db, &version, fault))
		return false;
	if (version > (int64_t)count) {
		char text[160];
		(void)snprintf(text, sizeof(text),
		               "its tables are of version %lld, this program knows up to version %u: a newer"
		               " devlink3 has written it",
		               (long long)version, count);
		return store_fault_set(fault, STORE_FAIL_REFUSED, text);
	}
	for (unsigned to = (unsigned)version + 1; to <= count; to++) {
		if (!step(db, &steps[to - 1], to, fault))
			return false;
	}
	return true;
}
