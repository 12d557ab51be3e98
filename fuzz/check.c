/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/same.h"

void must(bool holds, const char *condition, const char *file, int line)
{
	if (!holds) {
		(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
		abort();
	}
}

void must_lie_in(const void *ptr, size_t len, struct dl3_octets home)
{
	uintptr_t start = (uintptr_t)home.ptr;
	uintptr_t at = (uintptr_t)ptr;

	/* Empty text may be a literal of the library's. */
	if (ptr != NULL && len > 0) {
		MUST(at >= start && len <= home.len && at - start <= home.len - len);
	}
}

static void text_lies_in(struct dl3_str text, struct dl3_octets home)
{
	must_lie_in(text.ptr, text.len, home);
}

static void row_lies_in(enum dl3_row_kind kind, const void *row, struct dl3_octets home)
{
	const struct dl3_table *table = dl3_row_table(kind);
	const struct dl3_row *head = row;
	uint64_t all = ((uint64_t)1 << table->count) - 1;

	text_lies_in(head->raw, home);
	text_lies_in(head->extra, home);
	MUST((head->present & ~all) == 0);
	MUST(((head->valued | head->unread) & ~head->present) == 0);
	MUST((head->valued & head->unread) == 0);
	for (size_t i = 0; i < table->count; i++) {
		if (dl3t_is_text(kind, i)) {
			struct dl3_str text = dl3t_text_at(kind, row, i);

			text_lies_in(text, home);
			MUST((text.ptr != NULL) == ((head->present >> i & 1u) != 0));
			MUST((text.len > 0) == ((head->valued >> i & 1u) != 0));
			MUST((head->unread >> i & 1u) == 0);
			must_hold_text(text);
		}
	}
}

static void detail_lies_in(const struct dl3_detail *detail, struct dl3_octets home)
{
	struct dl3_str rest = detail->targets.raw;
	struct dl3_target target;
	size_t count = 0;

	if (detail->has_call) {
		row_lies_in(DL3_ROW_call, &detail->call, home);
	}
	if (detail->has_a) {
		row_lies_in(DL3_ROW_party, &detail->a, home);
	}
	if (detail->has_b) {
		row_lies_in(DL3_ROW_party, &detail->b, home);
	}
	text_lies_in(rest, home);
	for (; dl3_target_next(&rest, &target) == DL3_OK; count++) {
		row_lies_in(DL3_ROW_target, &target, home);
	}
	MUST(count == detail->targets.count);
}

static void record_lies_in(const struct dl3_record *record, struct dl3_octets home)
{
	enum dl3_row_kind kind;
	const struct dl3_row *row = dl3t_record_row(record, &kind);

	text_lies_in(record->raw, home);
	if (row != NULL) {
		row_lies_in(kind, row, home);
	} else if (record->kind == DL3_KIND_DETAIL) {
		detail_lies_in(&record->u.detail, home);
	} else if (record->kind == DL3_KIND_CMEXTN) {
		text_lies_in(record->u.cmextn.text, home);
	} else if (record->kind == DL3_KIND_CMEXTN_STATE) {
		text_lies_in(record->u.cmextn_state.who, home);
	} else {
		text_lies_in(record->u.unknown.name, home);
	}
}

static void json_holds(const struct dl3_record *record, unsigned options)
{
	size_t need = 0;
	size_t len = 0;
	enum dl3_err err = dl3_record_json(record, options, NULL, 0, &need);

	MUST(err == DL3_ERR_SPACE && need > 0);
	char *text = malloc(need);

	MUST(text != NULL);
	MUST(dl3_record_json(record, options, text, need, &len) == DL3_OK && len == need);
	must_be_json(text, len);
	free(text);
}

static char *text_of(const struct dl3_record *record, size_t *len)
{
	size_t need = 0;
	enum dl3_err err = dl3_record_text(record, NULL, 0, &need);

	MUST((err == DL3_OK) == (need == 0));
	char *text = malloc(need + 1);

	MUST(text != NULL);
	MUST(dl3_record_text(record, text, need, len) == DL3_OK && *len == need);
	return text;
}

/* Encodes as a tuple; NULL when no tuple can carry it. To be freed. */
static uint8_t *tuple_of(const struct dl3_record *record, enum dl3_delta2_form form, size_t *len)
{
	size_t need = 0;
	enum dl3_err err = dl3_record_encode(record, form, NULL, 0, &need);

	if (err == DL3_ERR_TOO_LONG) {
		return NULL;
	}
	MUST(err == DL3_ERR_SPACE);
	uint8_t *octets = malloc(need);

	MUST(octets != NULL);
	err = dl3_record_encode(record, form, octets, need, len);
	if (err == DL3_ERR_TOO_LONG) {
		free(octets);
		return NULL;
	}
	MUST(err == DL3_OK && *len <= need);
	return octets;
}

/* What cannot come back as it was: text with U+0000 where one closes or parts things, and
 * records of which nobody knows the kind. */
static bool comes_back(const struct dl3_record *record)
{
	return record->kind != DL3_KIND_UNKNOWN &&
	       (record->raw.ptr == NULL || memchr(record->raw.ptr, '\0', record->raw.len) == NULL);
}

/* Octets that are no UTF-8 become such on the way through double-octet text. */
static void same_text(const struct dl3_record *a, const struct dl3_record *b)
{
	size_t a_len;
	size_t b_len;
	char *a_text = text_of(a, &a_len);
	char *b_text = text_of(b, &b_len);

	MUST(dl3t_text_same((struct dl3_str){ .ptr = a_text, .len = (uint32_t)a_len },
	                    (struct dl3_str){ .ptr = b_text, .len = (uint32_t)b_len }));
	free(a_text);
	free(b_text);
}

static void encoding_holds(const struct dl3_record *record, enum dl3_delta2_form form)
{
	size_t len = 0;
	uint8_t *octets = tuple_of(record, form, &len);
	struct dl3_octets table = { octets, len };
	struct dl3_tuple tuple;
	struct dl3_record back;
	struct dl3t_difference why;

	if (octets == NULL) {
		return;
	}
	MUST(dl3_tuple_next(&table, &tuple, NULL) == DL3_OK && table.len == 0);
	size_t room = DL3_RECORD_SCRATCH(tuple.data.len);
	char *scratch = malloc(room + 1);
	enum dl3_err err = dl3_record_decode(&tuple, scratch, room, &back, NULL);

	if (comes_back(record)) {
		MUST(err == DL3_OK);
		bool same = dl3t_record_same(record, &back, DL3T_REWRITTEN, &why);

		if (!same) {
			(void)fprintf(stderr, "differs: %s\n", why.text);
		}
		MUST(same);
		same_text(record, &back);
	}
	free(scratch);
	free(octets);
}

void must_hold(const struct dl3_record *record, struct dl3_octets home)
{
	size_t len = 0;

	record_lies_in(record, home);
	json_holds(record, DL3_JSON_DEFAULT);
	json_holds(record, DL3_JSON_RAW);
	free(text_of(record, &len));
	encoding_holds(record, DL3_DELTA2_UNICODE);
	/* Only Delta2 has two forms. */
	if (record->kind >= DL3_KIND_DELTA2_S && record->kind <= DL3_KIND_DELTA2_A) {
		encoding_holds(record, DL3_DELTA2_UTF8);
	}
}

void must_hold_text(struct dl3_str text)
{
	/* dl3t_plain() has the checks in it. */
	free(dl3t_plain(text, NULL));
}

void must_hold_rows(struct dl3_str text)
{
	struct dl3_octets home = { (const uint8_t *)text.ptr, text.len };

	for (unsigned kind = 0; kind < DL3_ROW_COUNT; kind++) {
		union {
			struct dl3_row row;
			struct dl3_call call;
			struct dl3_party party;
			struct dl3_delta2_s delta2_s;
		} row;
		const struct dl3_table *table = dl3_row_table((enum dl3_row_kind)kind);

		MUST(table->size <= sizeof(row));
		dl3_row_decode((enum dl3_row_kind)kind, text, &row);
		row_lies_in((enum dl3_row_kind)kind, &row, home);
		/* Each asks for the row to be split again: the first, one in the middle, one too far. */
		text_lies_in(dl3_row_text((enum dl3_row_kind)kind, text, 0), home);
		text_lies_in(dl3_row_text((enum dl3_row_kind)kind, text, text.len % table->count), home);
		text_lies_in(dl3_row_text((enum dl3_row_kind)kind, text, table->count), home);
	}
}
