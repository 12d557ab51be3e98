/* SPDX-License-Identifier: MIT */
#include "store_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct store_backend *store_backend_of(const char *where)
{
	if (strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0)
		return &store_postgres;
	return &store_sqlite;
}

bool store_fault_set(struct store_fault *fault, enum store_fail fail, const char *text)
{
	size_t n;

	fault->fail = fail;
	n = (size_t)snprintf(fault->text, sizeof(fault->text), "%s", text ? text : "");
	if (n >= sizeof(fault->text))
		n = sizeof(fault->text) - 1;
	while (n > 0 && strchr(" \r\n\t", fault->text[n - 1]))
		fault->text[--n] = '\0';
	for (char *p = fault->text; *p; p++) {
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	}
	return false;
}

/* What stands for the word of `len` octets at `word`; `*tail` gets what of the word is kept behind it. */
static const char *spelling(const struct store_backend *b, const char *word, size_t len, size_t *tail)
{
	const struct {
		const char *word, *spelling;
	} words[] = { { "key", b->key },     { "seq", b->seq },   { "blob", b->blob }, { "c", b->c },
		      { "plain", b->plain }, { "join", b->join }, { "at", b->at } };

	*tail = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0)
			return words[i].spelling;
	}
	if (len > 3 && memcmp(word, "by ", 3) == 0) {
		*tail = b->by[0] ? len - 3 : 0;
		return b->by;
	}
	return NULL;
}

char *store_sql_spell(const struct store_backend *b, const char *sql)
{
	/* No word becomes longer than this. */
	char *out = malloc(strlen(sql) * 16 + 64);
	size_t n = 0;

	while (out && *sql) {
		size_t len, tail;
		const char *with;
		if (*sql != '{') {
			out[n++] = *sql++;
			continue;
		}
		len = strcspn(++sql, "}");
		with = spelling(b, sql, len, &tail);
		if (with) {
			memcpy(out + n, with, strlen(with));
			n += strlen(with);
		}
		memcpy(out + n, sql + len - tail, tail);
		n += tail;
		sql += len + 1;
	}
	if (out)
		out[n] = '\0';
	return out;
}
