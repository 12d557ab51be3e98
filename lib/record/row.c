/* SPDX-License-Identifier: MIT */
#include "record/row.h"

#include <string.h>

#include "base/text.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define BIT(n) ((uint64_t)1 << (n))

/* A party row of these lengths lost fields on its way into the description: docs/rulings.md#party-rows. */
#define PARTY_SHORT_MIN 21
#define PARTY_SHORT_MAX 22
#define PARTY_SHORT_HEAD 17

/* ---- Fields ---- */

struct field {
	const char *p;
	uint32_t len;
};

static struct field trimmed(struct field f)
{
	while (f.len > 0 && dl3i_space(f.p[f.len - 1]))
		f.len--;
	while (f.len > 0 && dl3i_space(*f.p)) {
		f.p++;
		f.len--;
	}
	return f;
}

static bool escaped(struct field f)
{
	return f.len > 0 && (*f.p == '"' || memchr(f.p, '&', f.len));
}

/* So many digits cannot pass 64 bits. */
#define DIGITS_SAFE 18u

/* A decimal number with an optional sign. @return false when it is none, or past 64 bits. */
static bool long_number(struct field f, int64_t *out)
{
	bool negative = f.len > 0 && *f.p == '-';
	uint64_t value = 0;
	uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	uint32_t i = negative ? 1 : 0;

	if (i == f.len)
		return false;
	for (; i < f.len; i++) {
		unsigned digit = (unsigned)(uint8_t)f.p[i] - '0';
		if (digit > 9 || value > (most - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

static inline bool number(struct field f, int64_t *out)
{
	int64_t value = 0;

	if (f.len > DIGITS_SAFE)
		return long_number(f, out);
	for (uint32_t i = 0; i < f.len; i++) {
		unsigned digit = (unsigned)(uint8_t)f.p[i] - '0';
		if (digit > 9)
			return long_number(f, out);
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

/*
 * These take a field as it stands and return its bit when it has a value. What white space,
 * quotes and entities there are is seen to afterwards, in the few fields that have any.
 */
ALWAYS_INLINE uint64_t text_field(struct field f, struct dl3_str *out, uint64_t bit, const uint64_t *unread)
{
	(void)unread;
	*out = (struct dl3_str){ .ptr = f.p, .len = f.len, .escaped = false };
	return f.len != 0 ? bit : 0;
}

ALWAYS_INLINE uint64_t int_field(struct field f, int64_t *out, uint64_t bit, uint64_t *unread)
{
	/* An empty field may lie at the very end of what can be read. */
	unsigned digit = f.len == 1 ? (unsigned)(uint8_t)*f.p - '0' : 10;

	if (digit <= 9) {
		*out = (int64_t)digit;
		return bit;
	}
	*out = 0;
	if (f.len == 0)
		return 0;
	if (number(f, out))
		return bit;
	*unread |= bit;
	return 0;
}

#define FILL_TEXT text_field
#define FILL_QUOTED text_field
#define FILL_INT int_field
#define FILL_ENUM int_field
#define FILL_FLAGS int_field

#define NONE_TEXT        \
	(struct dl3_str) \
	{                \
		0        \
	}
#define NONE_QUOTED      \
	(struct dl3_str) \
	{                \
		0        \
	}
#define NONE_INT 0
#define NONE_ENUM 0
#define NONE_FLAGS 0

/* A function for each table: fields_call() and so on. */
#define ROW_STRUCT dl3_call
#define ROW_FUNCTION fields_call
#define ROW_TABLE <devlink3/tables/call.def>
#define ROW_FIELDS DL3_CALL_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_party
#define ROW_FUNCTION fields_party
#define ROW_TABLE <devlink3/tables/party.def>
#define ROW_FIELDS DL3_PARTY_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_target
#define ROW_FUNCTION fields_target
#define ROW_TABLE <devlink3/tables/target.def>
#define ROW_FIELDS DL3_TARGET_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_call_lost
#define ROW_FUNCTION fields_call_lost
#define ROW_TABLE <devlink3/tables/call_lost.def>
#define ROW_FIELDS DL3_CALL_LOST_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_link_lost
#define ROW_FUNCTION fields_link_lost
#define ROW_TABLE <devlink3/tables/link_lost.def>
#define ROW_FIELDS DL3_LINK_LOST_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_attempt_reject
#define ROW_FUNCTION fields_attempt_reject
#define ROW_TABLE <devlink3/tables/attempt_reject.def>
#define ROW_FIELDS DL3_ATTEMPT_REJECT_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_delta2_s
#define ROW_FUNCTION fields_delta2_s
#define ROW_TABLE <devlink3/tables/delta2_s.def>
#define ROW_FIELDS DL3_DELTA2_S_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_delta2_ends
#define ROW_FUNCTION fields_delta2_ends
#define ROW_TABLE <devlink3/tables/delta2_ends.def>
#define ROW_FIELDS DL3_DELTA2_ENDS_FIELDS
#include "record/fields.inc"

#define ROW_STRUCT dl3_siptrack
#define ROW_FUNCTION fields_siptrack
#define ROW_TABLE <devlink3/tables/siptrack.def>
#define ROW_FIELDS DL3_SIPTRACK_FIELDS
#include "record/fields.inc"

/* ---- A closer look ---- */

static struct dl3_str *text_member(void *row, const struct dl3_field *f)
{
	return (struct dl3_str *)(void *)((char *)row + f->offset);
}

static int64_t *number_member(void *row, const struct dl3_field *f)
{
	return (int64_t *)(void *)((char *)row + f->offset);
}

static bool is_text(const struct dl3_field *f)
{
	return f->type == DL3_TYPE_TEXT || f->type == DL3_TYPE_QUOTED;
}

/* Puts one field in its place once more, trimmed, and marked when it is escaped. */
static void mend_field(const struct dl3_table *table, uint32_t index, struct field f, bool xml, void *out)
{
	const struct dl3_field *field = &table->fields[index];
	struct dl3_row *head = out;
	uint64_t bit = BIT(index);

	f = trimmed(f);
	head->valued &= ~bit;
	head->unread &= ~bit;
	if (!is_text(field)) {
		head->valued |= int_field(f, number_member(out, field), bit, &head->unread);
		return;
	}
	struct dl3_str *text = text_member(out, field);
	head->valued |= text_field(f, text, bit, &head->unread);
	text->escaped = xml && escaped(f);
}

/* Without the instruction for it, which not every processor of the kind has. */
static inline uint32_t count_bits(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555u;
	v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (uint32_t)(v * 0x0101010101010101u >> 56);
}

/* The end of the field that goes on behind block `i`. */
static const char *end_behind(const struct dl3i_cut *c, uint32_t i)
{
	do
		i++;
	while (c->ends[i] == 0);
	return c->row + (size_t)i * DL3I_BLOCK + (unsigned)__builtin_ctzll(c->ends[i]);
}

/*
 * Goes through the odd octets of a row, which are few, and mends the fields that hold them.
 * Which field that is, is the number of ends in front.
 */
static void mend_odd(enum dl3_row_kind kind, const struct dl3i_cut *c, uint32_t count, bool xml, void *out)
{
	const struct dl3_table *table = dl3_row_table(kind);
	const char *block_start = c->row; /* of the field that reaches into the block */
	uint32_t passed = 0;              /* ends in the blocks in front */

	for (uint32_t i = 0; i < c->blocks; i++) {
		const char *base = c->row + (size_t)i * DL3I_BLOCK;
		uint64_t odd = c->odd[i];
		while (odd) {
			uint64_t below = (odd & (0 - odd)) - 1;
			uint64_t before = c->ends[i] & below, behind = c->ends[i] & ~below;
			const char *start = before ? base + 64 - __builtin_clzll(before) : block_start;
			const char *end = behind ? base + __builtin_ctzll(behind) : end_behind(c, i);
			uint32_t index = passed + count_bits(before);
			if (index >= count)
				return;
			mend_field(table, index, (struct field){ start, (uint32_t)(end - start) }, xml, out);
			odd &= behind ? 0 - (behind & (0 - behind)) : 0;
		}
		if (c->ends[i])
			block_start = base + 64 - __builtin_clzll(c->ends[i]);
		passed += count_bits(c->ends[i]);
	}
}

/* ---- Whole rows ---- */

static inline uint64_t low_bits(uint32_t n)
{
	return n >= 64 ? ~(uint64_t)0 : BIT(n) - 1;
}

/* What every row begins with, but for `valued` and `unread`, which its fields have set. */
static inline void fill_head(struct dl3_row *row, const char *start, const char *end, const char *extra,
                             uint32_t count)
{
	row->present = low_bits(count);
	row->raw = (struct dl3_str){ .ptr = start, .len = (uint32_t)(end - start) };
	row->extra = (struct dl3_str){ 0 };
	row->irregular = false;
	if (extra)
		row->extra = (struct dl3_str){ .ptr = extra, .len = (uint32_t)(end - extra) };
}

static struct field split_field(const struct dl3i_split *s, uint32_t i)
{
	return (struct field){ .p = s->row + s->starts[i], .len = s->starts[i + 1] - 1 - s->starts[i] };
}

/* Makes all fields absent; what the row's text was stays known. */
static void clear_row(enum dl3_row_kind kind, void *out)
{
	const struct dl3_table *table = dl3_row_table(kind);
	struct dl3_row *head = out;

	for (size_t i = 0; i < table->count; i++) {
		if (is_text(&table->fields[i]))
			*text_member(out, &table->fields[i]) = (struct dl3_str){ 0 };
		else
			*number_member(out, &table->fields[i]) = 0;
	}
	head->present = head->valued = head->unread = 0;
}

/* Any row at all, field by field: for those too long to be cut. */
static const char *read_closely(enum dl3_row_kind kind, const struct dl3i_row_text *t, void *out)
{
	const struct dl3_table *table = dl3_row_table(kind);
	struct dl3i_split s;

	dl3i_split_row(t, (uint32_t)table->count, &s);
	clear_row(kind, out);
	for (uint32_t i = 0; i < s.count; i++)
		mend_field(table, i, split_field(&s, i), t->xml, out);
	fill_head(out, s.row, s.row_end, s.extra, s.count);
	return s.row_end;
}

/*
 * A party row of 21 or 22 fields: the head by position, and the last three are Purpose, CLI
 * and its presentation. What lies between cannot be told apart and stays in the raw text.
 */
static void read_short_party(const struct dl3i_row_text *t, struct dl3_party *out)
{
	const struct dl3_table *table = dl3_row_table(DL3_ROW_party);
	struct dl3i_split s;

	dl3i_split_row(t, (uint32_t)table->count, &s);
	clear_row(DL3_ROW_party, out);
	for (uint32_t i = 0; i < PARTY_SHORT_HEAD; i++)
		mend_field(table, i, split_field(&s, i), true, out);
	for (uint32_t i = 0; i < 3; i++)
		mend_field(table, DL3_PARTY_PURPOSE + i, split_field(&s, s.count - 3 + i), true, out);
	fill_head(&out->row, s.row, s.row_end, NULL, PARTY_SHORT_HEAD);
	out->row.present |= (uint64_t)7 << DL3_PARTY_PURPOSE;
	out->row.irregular = true;
}

static inline bool short_row(enum dl3_row_kind kind, const struct dl3_row *row)
{
	return kind == DL3_ROW_party &&
	       (row->present == BIT(PARTY_SHORT_MIN) - 1 || row->present == BIT(PARTY_SHORT_MAX) - 1);
}

static inline bool blank(const struct dl3_row *row)
{
	const char *end = row->raw.ptr + row->raw.len;

	return dl3i_skip_space(row->raw.ptr, end) == end;
}

#define DL3_ROW(kind, title, section)                                                       \
	const char *dl3i_read_##kind(const struct dl3i_row_text *t, struct dl3_##kind *out) \
	{                                                                                   \
		const char *extra = NULL;                                                   \
		struct dl3i_cut cut;                                                        \
                                                                                            \
		if (dl3i_cut_row(t, &cut)) {                                                \
			uint32_t count = fields_##kind(&cut, out, &extra);                  \
			if (cut.any_odd)                                                    \
				mend_odd(DL3_ROW_##kind, &cut, count, t->xml, out);         \
			fill_head(&out->row, cut.row, cut.row_end, extra, count);           \
		} else {                                                                    \
			cut.row_end = read_closely(DL3_ROW_##kind, t, out);                 \
		}                                                                           \
		if (out->row.present == BIT(0) && blank(&out->row))                         \
			clear_row(DL3_ROW_##kind, out);                                     \
		if (short_row(DL3_ROW_##kind, &out->row))                                   \
			read_short_party(t, (void *)out);                                   \
		return cut.row_end;                                                         \
	}
#include <devlink3/tables/rows.def>
#undef DL3_ROW

/* Delta2 and SIPTrack have no quotes, and no element that could end them. */
static bool of_delta3(enum dl3_row_kind kind)
{
	return kind != DL3_ROW_delta2_s && kind != DL3_ROW_delta2_ends && kind != DL3_ROW_siptrack;
}

static struct dl3i_row_text row_text(enum dl3_row_kind kind, struct dl3_str text)
{
	const char *p = text.ptr ? text.ptr : "";

	return (struct dl3i_row_text){ .start = p, .end = p + text.len, .row = p, .xml = of_delta3(kind) };
}

void dl3_row_decode(enum dl3_row_kind kind, struct dl3_str text, void *out)
{
	struct dl3i_row_text t = row_text(kind, text);

	dl3i_read_row(kind, &t, out);
}

struct dl3_str dl3_row_text(enum dl3_row_kind kind, struct dl3_str raw, size_t index)
{
	struct dl3i_row_text t = row_text(kind, raw);
	struct dl3i_split s;

	dl3i_split_row(&t, (uint32_t)dl3_row_table(kind)->count, &s);
	if (index >= s.count)
		return (struct dl3_str){ 0 };
	struct field f = trimmed(split_field(&s, (uint32_t)index));
	return (struct dl3_str){ .ptr = f.p, .len = f.len, .escaped = t.xml && escaped(f) };
}
