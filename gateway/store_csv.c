/* SPDX-License-Identifier: MIT */
/* The history as CSV (RFC 4180), made in the reader thread, a page at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store_internal.h"

enum form { AS_TEXT, AS_NUMBER, AS_TIME, AS_SECONDS, AS_BOOL };

/* In the order of store_csv_columns. */
static const enum form forms[] = {
	AS_TEXT,    AS_TEXT,    AS_TIME,    AS_TIME,    AS_TIME, AS_TEXT, AS_TEXT, AS_SECONDS, AS_SECONDS,
	AS_SECONDS, AS_SECONDS, AS_SECONDS, AS_SECONDS, AS_TEXT, AS_TEXT, AS_TEXT, AS_TEXT,    AS_TEXT,
	AS_TEXT,    AS_NUMBER,  AS_NUMBER,  AS_TEXT,    AS_BOOL, AS_TEXT, AS_TEXT,
};
#define COLUMNS (sizeof(forms) / sizeof(forms[0]))

const char store_csv_columns[] =
	"c.pbx, c.id, c.started, c.answered, c.ended, c.direction, c.outcome, c.duration, c.ring, c.queue,"
	" c.talk, c.hold, c.voicemail, c.cli, c.name, c.did, c.dialled, c.hunt_group, c.answered_by,"
	" c.transfers, c.cause, c.end_party, c.incomplete, c.account_code, c.tag";

struct dl3_str store_csv_header(void)
{
	return dl3_str_of(
		"pbx,id,started,answered,ended,direction,outcome,duration_s,ring_s,queue_s,talk_s,hold_s,"
		"voicemail_s,cli,name,did,dialled,group,answered_by,transfers,cause,end_party,incomplete,"
		"account_code,tag\r\n");
}

/*
 * A spreadsheet takes a cell that begins so for a formula, and a caller chooses its name: an apostrophe in
 * front makes it text. Numbers of the telephone begin with + and are left alone.
 */
static bool is_formula(const char *text, size_t len)
{
	if (len == 0 || !strchr("=@+-\t\r", text[0]))
		return false;
	return !strchr("+-", text[0]) || strspn(text + 1, "0123456789 ()-./") < len - 1;
}

static size_t put_text(char *out, const struct store_value *v)
{
	size_t n = 0;
	bool formula = is_formula(v->ptr, v->len), quoted = formula;

	for (size_t i = 0; i < v->len && !quoted; i++)
		quoted = strchr(",\"\r\n", v->ptr[i]) != NULL;
	if (quoted)
		out[n++] = '"';
	if (formula)
		out[n++] = '\'';
	for (size_t i = 0; i < v->len; i++) {
		if (v->ptr[i] == '"')
			out[n++] = '"';
		out[n++] = v->ptr[i];
	}
	if (quoted)
		out[n++] = '"';
	return n;
}

/* UTC, to the tenth of a second. */
static size_t put_time(char out[40], int64_t ms)
{
	time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
	int tenth = (int)((ms - (int64_t)seconds * 1000) / 100);
	struct tm t;
	size_t n = gmtime_r(&seconds, &t) ? strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &t) : 0;

	return n > 0 ? n + (size_t)snprintf(out + n, 8, ".%dZ", tenth) : 0;
}

static size_t put_value(char *out, enum form form, const struct store_value *v)
{
	if (v->type == STORE_TEXT && form == AS_TEXT)
		return put_text(out, v);
	if (v->type != STORE_NUMBER)
		return 0;
	if (form == AS_TIME)
		return put_time(out, v->number);
	if (form == AS_SECONDS)
		return (size_t)snprintf(out, 40, "%s%lld.%lld", v->number < 0 ? "-" : "",
		                        llabs(v->number / 1000), llabs(v->number % 1000) / 100);
	if (form == AS_BOOL)
		return (size_t)snprintf(out, 40, "%s", v->number ? "true" : "false");
	return (size_t)snprintf(out, 40, "%lld", (long long)v->number);
}

struct dl3_str store_csv_line(const struct store_value *columns, size_t count, struct store_clean *kept)
{
	struct dl3_str line = { .ptr = NULL };
	size_t size = 8, n = 0;
	char *out;

	for (size_t i = 0; i < count; i++)
		size += 44 + (columns[i].type == STORE_TEXT ? columns[i].len * 2 : 0);
	out = malloc(size);
	for (size_t i = 0; out && i < count && i < COLUMNS; i++) {
		if (i > 0)
			out[n++] = ',';
		n += put_value(out + n, forms[i], &columns[i]);
	}
	if (out) {
		out[n++] = '\r';
		out[n++] = '\n';
		line = store_clean_copy(kept, out, n);
	} else {
		kept->failed = true;
	}
	free(out);
	return line;
}

/* ---- In pieces ---- */

struct store_csv {
	struct store *s;
	struct store_filter filter;
	struct store_clean kept;
	char cursor[STORE_CURSOR_SIZE];
	struct store_query *query;
	bool begun;
	store_csv_fn fn;
	void *arg;
};

static void on_page(const struct store_result *r, void *arg)
{
	struct store_csv *csv = arg;
	bool ok = r->answer == STORE_ANSWERED, end = !ok || !r->next;
	struct dl3_str header = { .ptr = NULL };
	size_t size, n;
	char *text;

	csv->query = NULL;
	if (!csv->begun)
		header = store_csv_header();
	n = header.len;
	size = n + 1;
	for (size_t i = 0; i < r->row_count; i++)
		size += r->rows[i].len;
	text = malloc(size);
	if (!text) {
		csv->fn(NULL, 0, true, "out of memory", csv->arg);
		return;
	}
	if (header.ptr)
		memcpy(text, header.ptr, header.len);
	for (size_t i = 0; i < r->row_count; i++) {
		memcpy(text + n, r->rows[i].ptr, r->rows[i].len);
		n += r->rows[i].len;
	}
	if (r->next)
		(void)snprintf(csv->cursor, sizeof(csv->cursor), "%s", r->next);
	csv->begun = true;
	csv->fn(text, n, end, ok ? NULL : r->reason, csv->arg);
	free(text);
}

void store_csv_more(struct store_csv *csv)
{
	if (csv->query)
		return;
	if (csv->begun)
		csv->filter.cursor = dl3_str_of(csv->cursor);
	csv->query = store_history(csv->s, &csv->filter, on_page, csv);
	if (!csv->query)
		csv->fn(NULL, 0, true, "too many questions wait for the store", csv->arg);
}

struct store_csv *store_csv_new(struct store *s, const struct store_filter *filter, store_csv_fn fn,
                                void *arg)
{
	struct store_csv *csv = calloc(1, sizeof(*csv));
	struct dl3_str *texts[8];

	if (!csv)
		return NULL;
	*csv = (struct store_csv){ .s = s, .filter = *filter, .fn = fn, .arg = arg };
	csv->filter.csv = true;
	csv->filter.limit = STORE_PAGE_MAX;
	texts[0] = &csv->filter.pbx;
	texts[1] = &csv->filter.direction;
	texts[2] = &csv->filter.outcome;
	texts[3] = &csv->filter.extension;
	texts[4] = &csv->filter.group;
	texts[5] = &csv->filter.number;
	texts[6] = &csv->filter.text;
	texts[7] = &csv->filter.cursor;
	for (size_t i = 0; i < 8; i++) {
		bool escaped = texts[i]->escaped;
		*texts[i] = store_clean_copy(&csv->kept, texts[i]->ptr, texts[i]->len);
		texts[i]->escaped = escaped;
	}
	if (!csv->kept.failed)
		csv->query = store_history(s, &csv->filter, on_page, csv);
	if (csv->query)
		return csv;
	store_clean_done(&csv->kept);
	free(csv);
	return NULL;
}

void store_csv_free(struct store_csv *csv)
{
	if (!csv)
		return;
	if (csv->query)
		store_cancel(csv->s, csv->query);
	store_clean_done(&csv->kept);
	free(csv);
}
