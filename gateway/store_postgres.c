/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL, with libpq's asynchronous functions, so that a server which is there and does not answer costs a
 * limited time. The tables are in the schema `devlink3` of the database that the URL names.
 */
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_db.h"

#define CONNECT_MS 5000
#define WRITER_LIMIT_MS 30000 /* a write that takes longer has no server */
#define LOOK_MS 100           /* between two looks whether the answer is still wanted */
#define BYTEA_OID 17
#define PARAMS_MAX 40

struct pg_db {
	struct store_db db; /* first: what others see of it */
	PGconn *conn;
	struct store_db_config config;
	unsigned statements;
};

struct store_stmt {
	struct pg_db *db;
	char name[16];
};

static struct pg_db *of(struct store_db *db)
{
	return (struct pg_db *)(void *)db;
}

static int64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Failures ---- */

static const struct {
	const char *begins;
	enum store_fail fail;
} states[] = {
	{ "57014", STORE_FAIL_TIME }, { "53100", STORE_FAIL_FULL },    { "53", STORE_FAIL_BUSY },
	{ "40", STORE_FAIL_BUSY },    { "55P03", STORE_FAIL_BUSY },    { "22", STORE_FAIL_ITEM },
	{ "23", STORE_FAIL_ITEM },    { "54", STORE_FAIL_ITEM },       { "28", STORE_FAIL_REFUSED },
	{ "3D", STORE_FAIL_REFUSED }, { "42501", STORE_FAIL_REFUSED }, { "08", STORE_FAIL_GONE },
	{ "57", STORE_FAIL_GONE },    { "58", STORE_FAIL_GONE },       { "25006", STORE_FAIL_GONE },
};

static enum store_fail fail_of(const char *state)
{
	for (size_t i = 0; state && i < sizeof(states) / sizeof(states[0]); i++) {
		if (strncmp(state, states[i].begins, strlen(states[i].begins)) == 0)
			return states[i].fail;
	}
	return state ? STORE_FAIL_OTHER : STORE_FAIL_GONE;
}

/* A message of libpq's, in which the password is never to be seen. */
static bool failed(const struct pg_db *db, enum store_fail fail, const char *message,
                   struct store_fault *fault)
{
	const char *password = db->conn ? PQpass(db->conn) : NULL;
	char *found;

	store_fault_set(fault, fail, message && message[0] ? message : "the connection was lost");
	while (password && password[0] && (found = strstr(fault->text, password)) != NULL) {
		found[0] = '*';
		memmove(found + 1, found + strlen(password), strlen(found + strlen(password)) + 1);
		if (strcmp(password, "*") == 0)
			break;
	}
	return false;
}

static bool result_failed(const struct pg_db *db, const PGresult *res, struct store_fault *fault)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	const char *text = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	enum store_fail fail = PQstatus(db->conn) == CONNECTION_OK ? fail_of(state) : STORE_FAIL_GONE;

	return failed(db, fail, text ? text : PQerrorMessage(db->conn), fault);
}

/* ---- Waiting ---- */

enum waited { READY, LATE, UNWANTED };

static enum waited wait_for(struct pg_db *db, short events, int64_t until)
{
	struct pollfd p = { .fd = PQsocket(db->conn), .events = events };

	for (;;) {
		int64_t left = until - monotonic_ms();
		if (left <= 0)
			return LATE;
		if (db->config.unwanted && db->config.unwanted(db->config.arg))
			return UNWANTED;
		if (poll(&p, 1, (int)(left < LOOK_MS ? left : LOOK_MS)) > 0)
			return READY;
	}
}

/* Sends what is to be sent and waits until a result can be had. */
static bool exchange(struct pg_db *db, struct store_fault *fault)
{
	int64_t until = monotonic_ms() + (db->config.limit_ms > 0 ? db->config.limit_ms : WRITER_LIMIT_MS);
	int unsent = PQflush(db->conn);

	while (unsent > 0 || (unsent == 0 && PQisBusy(db->conn))) {
		enum waited w = wait_for(db, (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN), until);
		if (w != READY)
			return failed(db, w == LATE && db->config.writer ? STORE_FAIL_GONE : STORE_FAIL_TIME,
			              "the server does not answer", fault);
		if (!PQconsumeInput(db->conn))
			return failed(db, STORE_FAIL_GONE, PQerrorMessage(db->conn), fault);
		if (unsent > 0)
			unsent = PQflush(db->conn);
	}
	return unsent == 0 || failed(db, STORE_FAIL_GONE, PQerrorMessage(db->conn), fault);
}

/* The last result of what was sent; NULL with the fault. To be cleared. */
static PGresult *result_of(struct pg_db *db, int sent, struct store_fault *fault)
{
	PGresult *last = NULL, *next;

	if (!sent) {
		failed(db, STORE_FAIL_GONE, PQerrorMessage(db->conn), fault);
		return NULL;
	}
	for (;;) {
		ExecStatusType status;
		if (!exchange(db, fault))
			break;
		next = PQgetResult(db->conn);
		if (!next)
			return last;
		status = PQresultStatus(next);
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(next);
			continue;
		}
		PQclear(last);
		last = next;
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
			break;
	}
	PQclear(last);
	return NULL;
}

static bool succeeded(const struct pg_db *db, PGresult *res, struct store_fault *fault)
{
	ExecStatusType status = PQresultStatus(res);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

	if (!res)
		return fault->fail != STORE_FAIL_NONE ? false : result_failed(db, NULL, fault);
	return ok || result_failed(db, res, fault);
}

static bool pg_exec(struct store_db *base, const char *sql, struct store_fault *fault)
{
	struct pg_db *db = of(base);
	PGresult *res;
	bool ok;

	fault->fail = STORE_FAIL_NONE;
	res = result_of(db, PQsendQuery(db->conn, sql), fault);
	ok = succeeded(db, res, fault);
	PQclear(res);
	return ok;
}

/* ---- Connecting ---- */

static void pg_close(struct store_db *base)
{
	if (!base)
		return;
	PQfinish(of(base)->conn);
	free(base);
}

static bool connected(struct pg_db *db, struct store_fault *fault)
{
	int64_t until = monotonic_ms() + CONNECT_MS;
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	while (want != PGRES_POLLING_OK) {
		if (want == PGRES_POLLING_FAILED || PQstatus(db->conn) == CONNECTION_BAD)
			return failed(db, STORE_FAIL_GONE, PQerrorMessage(db->conn), fault);
		if (wait_for(db, want == PGRES_POLLING_READING ? POLLIN : POLLOUT, until) != READY)
			return failed(db, STORE_FAIL_GONE, "the server does not answer", fault);
		want = PQconnectPoll(db->conn);
	}
	return true;
}

/* The server said no to who we are, and says so again however often it is asked. */
static void judge_refusal(const struct pg_db *db, struct store_fault *fault)
{
	if (PQconnectionNeedsPassword(db->conn) || strstr(fault->text, "password authentication failed"))
		fault->fail = STORE_FAIL_REFUSED;
}

static void ignore_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

static bool set_up(struct pg_db *db, struct store_fault *fault)
{
	char limit[64];
	unsigned ms = db->config.limit_ms > 0 ? db->config.limit_ms : WRITER_LIMIT_MS;

	PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
	(void)snprintf(limit, sizeof(limit), "SET statement_timeout = %u", ms);
	if (PQsetnonblocking(db->conn, 1) != 0)
		return failed(db, STORE_FAIL_GONE, PQerrorMessage(db->conn), fault);
	return pg_exec(&db->db, "SET client_encoding = 'UTF8'", fault) && pg_exec(&db->db, limit, fault) &&
	       (!db->config.writer || pg_exec(&db->db, "CREATE SCHEMA IF NOT EXISTS devlink3", fault)) &&
	       pg_exec(&db->db, "SET search_path = devlink3", fault) &&
	       pg_exec(&db->db,
	               db->config.writer ? "SET lock_timeout = 2000"
	                                 : "SET default_transaction_read_only = on",
	               fault);
}

static struct store_db *pg_open(const struct store_db_config *config, struct store_fault *fault)
{
	const char *const keys[] = { "dbname", "fallback_application_name", NULL };
	const char *const values[] = { config->where, "devlink3", NULL };
	struct pg_db *db = calloc(1, sizeof(*db));

	if (!db) {
		store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
		return NULL;
	}
	db->db.backend = &store_postgres;
	db->config = *config;
	db->conn = PQconnectStartParams(keys, values, 1);
	if (!db->conn)
		store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
	else if (!connected(db, fault))
		judge_refusal(db, fault);
	else if (set_up(db, fault))
		return &db->db;
	pg_close(&db->db);
	return NULL;
}

/* A schema of our own: whatever else is in the database does not matter. */
static bool pg_foreign(struct store_db *db, bool *foreign, struct store_fault *fault)
{
	(void)db;
	(void)fault;
	*foreign = false;
	return true;
}

/* ---- Statements ---- */

static struct store_stmt *pg_prepare(struct store_db *base, const char *sql, struct store_fault *fault)
{
	struct pg_db *db = of(base);
	struct store_stmt *stmt = calloc(1, sizeof(*stmt));
	PGresult *res;
	bool ok;

	fault->fail = STORE_FAIL_NONE;
	if (!stmt) {
		store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
		return NULL;
	}
	stmt->db = db;
	(void)snprintf(stmt->name, sizeof(stmt->name), "s%u", db->statements++);
	res = result_of(db, PQsendPrepare(db->conn, stmt->name, sql, 0, NULL), fault);
	ok = succeeded(db, res, fault);
	PQclear(res);
	if (ok)
		return stmt;
	free(stmt);
	return NULL;
}

static void pg_finish(struct store_stmt *stmt)
{
	struct store_fault ignored;

	if (!stmt)
		return;
	if (PQstatus(stmt->db->conn) == CONNECTION_OK &&
	    PQtransactionStatus(stmt->db->conn) == PQTRANS_IDLE) {
		char sql[40];
		(void)snprintf(sql, sizeof(sql), "DEALLOCATE %s", stmt->name);
		(void)pg_exec(&stmt->db->db, sql, &ignored);
	}
	free(stmt);
}

/* Texts as they are, numbers written out: libpq wants them with a NUL behind. */
struct params {
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX], formats[PARAMS_MAX];
	char numbers[PARAMS_MAX][24];
	char *texts[PARAMS_MAX];
};

static bool bind(struct params *p, size_t i, const struct store_value *v)
{
	p->texts[i] = NULL;
	p->formats[i] = v->type == STORE_BLOB;
	p->lengths[i] = (int)v->len;
	p->values[i] = NULL;
	if (v->type == STORE_NUMBER) {
		(void)snprintf(p->numbers[i], sizeof(p->numbers[i]), "%lld", (long long)v->number);
		p->values[i] = p->numbers[i];
	} else if (v->type == STORE_BLOB) {
		p->values[i] = v->len > 0 ? v->ptr : "";
	} else if (v->type == STORE_TEXT) {
		p->texts[i] = malloc(v->len + 1);
		if (!p->texts[i])
			return false;
		memcpy(p->texts[i], v->ptr, v->len);
		p->texts[i][v->len] = '\0';
		p->values[i] = p->texts[i];
	}
	return true;
}

static void read_column(struct store_value *out, const PGresult *res, int row, int column,
                        unsigned char **made)
{
	const char *text = PQgetvalue(res, row, column);

	*made = NULL;
	*out = (struct store_value){ .type = STORE_NOTHING };
	if (PQgetisnull(res, row, column))
		return;
	switch (PQftype(res, column)) {
	case 20: /* int8, int4, int2 */
	case 23:
	case 21:
		*out = store_number(strtoll(text, NULL, 10));
		break;
	case BYTEA_OID:
		*made = PQunescapeBytea((const unsigned char *)text, &out->len);
		out->type = STORE_BLOB;
		out->ptr = (const char *)*made;
		break;
	default:
		*out = store_text(text, (size_t)PQgetlength(res, row, column));
		break;
	}
}

static void give_rows(const PGresult *res, store_row_fn fn, void *arg)
{
	struct store_value columns[PARAMS_MAX];
	unsigned char *made[PARAMS_MAX];
	int count = PQnfields(res) < PARAMS_MAX ? PQnfields(res) : PARAMS_MAX;
	bool more = true;

	for (int row = 0; more && row < PQntuples(res); row++) {
		for (int i = 0; i < count; i++)
			read_column(&columns[i], res, row, i, &made[i]);
		more = fn(columns, (size_t)count, arg);
		for (int i = 0; i < count; i++)
			PQfreemem(made[i]);
	}
}

static bool pg_run(struct store_stmt *stmt, const struct store_value *values, size_t count, store_row_fn row,
                   void *arg, int64_t *changed, struct store_fault *fault)
{
	struct pg_db *db = stmt->db;
	struct params p = { .values = { NULL } };
	PGresult *res = NULL;
	bool ok = count <= PARAMS_MAX;
	size_t bound = 0;

	fault->fail = STORE_FAIL_NONE;
	for (; ok && bound < count; bound++)
		ok = bind(&p, bound, &values[bound]);
	if (ok) {
		res = result_of(db,
		                PQsendQueryPrepared(db->conn, stmt->name, (int)count, p.values, p.lengths,
		                                    p.formats, 0),
		                fault);
		ok = succeeded(db, res, fault);
	} else {
		store_fault_set(fault, STORE_FAIL_GONE, "out of memory");
	}
	for (size_t i = 0; i < bound; i++)
		free(p.texts[i]);
	if (ok && row)
		give_rows(res, row, arg);
	if (ok && changed)
		*changed = strtoll(PQcmdTuples(res), NULL, 10);
	PQclear(res);
	return ok;
}

/* The server's own vacuum does that. */
static bool pg_tidy(struct store_db *db, bool *more, struct store_fault *fault)
{
	*more = false;
	(void)db;
	(void)fault;
	return true;
}

const struct store_backend store_postgres = {
	.name = "PostgreSQL",
	.key = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
	.seq = "BIGINT PRIMARY KEY",
	.blob = "BYTEA",
	.c = " COLLATE \"C\"",
	.plain = "",
	.join = "JOIN",
	.by = "",
	.at = "strpos",
	.begin = "BEGIN",
	.keeps_order = false,
	.open = pg_open,
	.close = pg_close,
	.foreign = pg_foreign,
	.exec = pg_exec,
	.prepare = pg_prepare,
	.run = pg_run,
	.finish = pg_finish,
	.tidy = pg_tidy,
};

/* ---- The address ---- */

static const char *option(const PQconninfoOption *options, const char *keyword, const char *otherwise)
{
	for (const PQconninfoOption *o = options; o->keyword; o++) {
		if (strcmp(o->keyword, keyword) == 0 && o->val)
			return o->val;
	}
	return otherwise;
}

bool store_where_shown(const char *where, char *out, size_t cap)
{
	PQconninfoOption *options;
	char *message = NULL;

	if (store_backend_of(where) != &store_postgres) {
		(void)snprintf(out, cap, "%s", where);
		return true;
	}
	options = PQconninfoParse(where, &message);
	/* The message would repeat parts of it, the password perhaps among them. */
	PQfreemem(message);
	if (!options) {
		(void)snprintf(out, cap,
		               "expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE, came a URL that"
		               " is malformed");
		return false;
	}
	(void)snprintf(out, cap, "postgresql://%s%s%s:%s/%s", option(options, "user", ""),
	               option(options, "user", NULL) ? "@" : "",
	               option(options, "host", option(options, "hostaddr", "localhost")),
	               option(options, "port", "5432"), option(options, "dbname", ""));
	PQconninfoFree(options);
	return true;
}
