/* SPDX-License-Identifier: MIT */
#include "support/same.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Octets of the sequence that `lead` begins, and the least code point that needs so many. */
static size_t sequence(uint8_t lead, uint32_t *least, uint32_t *code)
{
	if (lead < 0x80) {
		*least = 0;
		*code = lead;
		return 1;
	}
	if (lead >= 0xc0 && lead < 0xe0) {
		*least = 0x80;
		*code = lead & 0x1fu;
		return 2;
	}
	if (lead >= 0xe0 && lead < 0xf0) {
		*least = 0x800;
		*code = lead & 0x0fu;
		return 3;
	}
	if (lead >= 0xf0 && lead < 0xf8) {
		*least = 0x10000;
		*code = lead & 0x07u;
		return 4;
	}
	return 0;
}

bool dl3t_utf8_valid(const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len;) {
		uint32_t least;
		uint32_t code;
		size_t n = sequence(p[i], &least, &code);

		if (n == 0 || n > len - i) {
			return false;
		}
		for (size_t k = 1; k < n; k++) {
			if ((p[i + k] & 0xc0u) != 0x80u) {
				return false;
			}
			code = code << 6 | (p[i + k] & 0x3fu);
		}
		if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
			return false;
		}
		i += n;
	}
	return true;
}

static void broken(const char *what)
{
	(void)fprintf(stderr, "dl3_str_plain: %s\n", what);
	abort();
}

char *dl3t_plain(struct dl3_str s, size_t *len)
{
	size_t need = 0;
	size_t again = 0;
	enum dl3_err err = dl3_str_plain(s, NULL, 0, &need);

	if ((err == DL3_OK) != (need == 0) || (err != DL3_OK && err != DL3_ERR_SPACE)) {
		broken("measuring says neither DL3_OK for nothing nor DL3_ERR_SPACE");
	}
	if (need > 2 * (size_t)s.len) {
		broken("longer than twice the text");
	}
	char *text = malloc(need + 1);

	if (text == NULL) {
		broken("no memory for the test");
		return NULL;
	}
	memset(text, 'x', need + 1);
	if (dl3_str_plain(s, text, need + 1, &again) != DL3_OK || again != need || text[need] != '\0') {
		broken("the second call differs from the first");
	}
	if (!dl3t_utf8_valid(text, need)) {
		broken("not UTF-8");
	}
	if (len != NULL) {
		*len = need;
	}
	return text;
}

static bool plain_same(struct dl3_str a, struct dl3_str b, bool no_commas)
{
	size_t a_len;
	size_t b_len;
	char *a_text = dl3t_plain(a, &a_len);
	char *b_text = dl3t_plain(b, &b_len);

	for (char *p = a_text; no_commas && p < a_text + a_len; p++) {
		if (*p == ',') {
			*p = ' ';
		}
	}
	bool same = a_len == b_len && memcmp(a_text, b_text, a_len) == 0;

	free(a_text);
	free(b_text);
	return same;
}

bool dl3t_text_same(struct dl3_str a, struct dl3_str b)
{
	return plain_same(a, b, false);
}

const struct dl3_row *dl3t_record_row(const struct dl3_record *record, enum dl3_row_kind *kind)
{
	switch (record->kind) {
	case DL3_KIND_CALL_LOST:
		*kind = DL3_ROW_call_lost;
		return &record->u.call_lost.row;
	case DL3_KIND_LINK_LOST:
		*kind = DL3_ROW_link_lost;
		return &record->u.link_lost.row;
	case DL3_KIND_ATTEMPT_REJECT:
		*kind = DL3_ROW_attempt_reject;
		return &record->u.attempt_reject.row;
	case DL3_KIND_DELTA2_S:
		*kind = DL3_ROW_delta2_s;
		return &record->u.delta2_s.row;
	case DL3_KIND_DELTA2_D:
	case DL3_KIND_DELTA2_A:
		*kind = DL3_ROW_delta2_ends;
		return &record->u.delta2_ends.row;
	case DL3_KIND_SIPTRACK:
		*kind = DL3_ROW_siptrack;
		return &record->u.siptrack.row;
	default:
		return NULL;
	}
}

bool dl3t_is_text(enum dl3_row_kind kind, size_t index)
{
	enum dl3_field_type type = dl3_row_table(kind)->fields[index].type;

	return type == DL3_TYPE_TEXT || type == DL3_TYPE_QUOTED;
}

struct dl3_str dl3t_text_at(enum dl3_row_kind kind, const void *row, size_t index)
{
	struct dl3_str text;

	memcpy(&text, (const char *)row + dl3_row_table(kind)->fields[index].offset, sizeof(text));
	return text;
}

int64_t dl3t_number_at(enum dl3_row_kind kind, const void *row, size_t index)
{
	int64_t number;

	memcpy(&number, (const char *)row + dl3_row_table(kind)->fields[index].offset, sizeof(number));
	return number;
}

static bool differ(struct dl3t_difference *why, const char *what, const char *detail)
{
	(void)snprintf(why->text, sizeof(why->text), "%s: %s", what, detail);
	return false;
}

static bool field_same(enum dl3_row_kind kind, const void *a, const void *b, size_t i, unsigned likeness)
{
	const struct dl3_row *row = a;

	if (!dl3t_is_text(kind, i)) {
		return (row->valued >> i & 1u) == 0 ||
		       dl3t_number_at(kind, a, i) == dl3t_number_at(kind, b, i);
	}
	struct dl3_str x = dl3t_text_at(kind, a, i);
	struct dl3_str y = dl3t_text_at(kind, b, i);

	if ((likeness & DL3T_REWRITTEN) == 0 && (x.ptr == NULL) != (y.ptr == NULL)) {
		return false;
	}
	return plain_same(x, y, (likeness & DL3T_NO_COMMAS) != 0);
}

static bool mask_differs(struct dl3t_difference *why, const char *what, uint64_t a, uint64_t b)
{
	(void)snprintf(why->text, sizeof(why->text), "%s: %#llx, then %#llx", what, (unsigned long long)a,
	               (unsigned long long)b);
	return false;
}

static bool masks_same(const struct dl3_row *a, const struct dl3_row *b, unsigned likeness,
                       struct dl3t_difference *why)
{
	if ((likeness & DL3T_REWRITTEN) != 0) {
		/* Text of nothing but quotes has a value when read and none when written again. */
		return (a->present & ~b->present) == 0 || differ(why, "mask", "present has lost a field");
	}
	if (a->present != b->present) {
		return mask_differs(why, "present", a->present, b->present);
	}
	if (a->valued != b->valued) {
		return mask_differs(why, "valued", a->valued, b->valued);
	}
	if (a->irregular != b->irregular) {
		return differ(why, "mask", "irregular");
	}
	return a->unread == b->unread || mask_differs(why, "unread", a->unread, b->unread);
}

static bool number_kept(enum dl3_row_kind kind, const struct dl3_row *a, const struct dl3_row *b, size_t i)
{
	return dl3t_is_text(kind, i) || (a->valued >> i & 1u) == (b->valued >> i & 1u);
}

bool dl3t_row_same(enum dl3_row_kind kind, const void *a, const void *b, unsigned likeness,
                   struct dl3t_difference *why)
{
	const struct dl3_table *table = dl3_row_table(kind);
	const struct dl3_row *x = a;
	const struct dl3_row *y = b;

	why->text[0] = '\0';
	if (!masks_same(x, y, likeness, why)) {
		return false;
	}
	for (size_t i = 0; i < table->count; i++) {
		if (!number_kept(kind, x, y, i) || !field_same(kind, a, b, i, likeness)) {
			return differ(why, table->name, table->fields[i].name);
		}
	}
	/* Written as it is: its quotes and entities are not undone. */
	struct dl3_str x_extra = { .ptr = x->extra.ptr, .len = x->extra.len };
	struct dl3_str y_extra = { .ptr = y->extra.ptr, .len = y->extra.len };

	return plain_same(x_extra, y_extra, false) || differ(why, table->name, "extra");
}

/* The target at `index`, whether the record was decoded or made by hand. */
static bool target_at(const struct dl3_targets *targets, size_t index, struct dl3_target *out)
{
	struct dl3_str rest = targets->raw;

	if (targets->list != NULL) {
		*out = targets->list[index];
		return index < targets->count;
	}
	for (size_t i = 0; i <= index; i++) {
		if (dl3_target_next(&rest, out) != DL3_OK) {
			return false;
		}
	}
	return true;
}

static bool targets_same(const struct dl3_targets *a, const struct dl3_targets *b, unsigned likeness,
                         struct dl3t_difference *why)
{
	if (a->count != b->count) {
		return differ(why, "targets", "count");
	}
	for (size_t i = 0; i < a->count; i++) {
		struct dl3_target x;
		struct dl3_target y;

		if (!target_at(a, i, &x) || !target_at(b, i, &y)) {
			return differ(why, "targets", "fewer than their count");
		}
		if (!dl3t_row_same(DL3_ROW_target, &x, &y, likeness, why)) {
			return false;
		}
	}
	return true;
}

static bool detail_same(const struct dl3_detail *a, const struct dl3_detail *b, unsigned likeness,
                        struct dl3t_difference *why)
{
	if (a->has_call != b->has_call || a->has_a != b->has_a || a->has_b != b->has_b) {
		return differ(why, "detail", "sections");
	}
	return (!a->has_call || dl3t_row_same(DL3_ROW_call, &a->call, &b->call, likeness, why)) &&
	       (!a->has_a || dl3t_row_same(DL3_ROW_party, &a->a, &b->a, likeness, why)) &&
	       (!a->has_b || dl3t_row_same(DL3_ROW_party, &a->b, &b->b, likeness, why)) &&
	       targets_same(&a->targets, &b->targets, likeness, why);
}

static bool other_same(const struct dl3_record *a, const struct dl3_record *b, struct dl3t_difference *why)
{
	const struct dl3_cmextn_state *x = &a->u.cmextn_state;
	const struct dl3_cmextn_state *y = &b->u.cmextn_state;

	switch (a->kind) {
	case DL3_KIND_CMEXTN:
		return dl3t_text_same(a->u.cmextn.text, b->u.cmextn.text) || differ(why, "cmextn", "text");
	case DL3_KIND_CMEXTN_STATE:
		if (x->v != y->v || x->p1 != y->p1 || x->p2 != y->p2) {
			return differ(why, "cmextn_state", "numbers");
		}
		return dl3t_text_same(x->who, y->who) || differ(why, "cmextn_state", "who");
	default:
		if (a->u.unknown.tuple != b->u.unknown.tuple) {
			return differ(why, "unknown", "tuple");
		}
		return dl3_str_same(a->u.unknown.name, b->u.unknown.name) || differ(why, "unknown", "name");
	}
}

bool dl3t_record_same(const struct dl3_record *a, const struct dl3_record *b, unsigned likeness,
                      struct dl3t_difference *why)
{
	enum dl3_row_kind kind;
	enum dl3_row_kind other;
	const struct dl3_row *x = dl3t_record_row(a, &kind);
	const struct dl3_row *y = dl3t_record_row(b, &other);

	why->text[0] = '\0';
	if (a->kind != b->kind) {
		return differ(why, "kind", dl3_kind_name(b->kind));
	}
	if ((likeness & DL3T_REWRITTEN) == 0 && a->irregular != b->irregular) {
		return differ(why, "record", "irregular");
	}
	if (a->kind == DL3_KIND_DETAIL) {
		return detail_same(&a->u.detail, &b->u.detail, likeness, why);
	}
	if (x != NULL && y != NULL) {
		return dl3t_row_same(kind, x, y, likeness, why);
	}
	return other_same(a, b, why);
}
