/* SPDX-License-Identifier: MIT */
/* Records to text and tuples. */
#include <devlink3/record.h>
#include <string.h>

#include "base/octets.h"
#include "base/out.h"
#include "base/text.h"
#include "base/utf8.h"

/* Rows are at least this long; the description says so of Call, and 23 is what PBXs send of a party. */
#define CALL_FIELDS_MIN 10u
#define PARTY_FIELDS_MIN 23u

static const struct dl3_str *text_member(const void *row, const struct dl3_field *f)
{
	return (const struct dl3_str *)(const void *)((const char *)row + f->offset);
}

static int64_t number_member(const void *row, const struct dl3_field *f)
{
	return *(const int64_t *)(const void *)((const char *)row + f->offset);
}

static bool is_text(const struct dl3_field *f)
{
	return f->type == DL3_TYPE_TEXT || f->type == DL3_TYPE_QUOTED;
}

/* ---- Text inside XML ---- */

static bool needs_quotes(struct dl3_str s)
{
	return memchr(s.ptr, ',', s.len) || memchr(s.ptr, '"', s.len) || dl3i_space(s.ptr[0]) ||
	       dl3i_space(s.ptr[s.len - 1]);
}

static void put_code(struct dl3i_out *o, uint32_t code)
{
	char octets[4];

	switch (code) {
	case '&':
		dl3i_put_z(o, "&amp;");
		break;
	case '<':
		dl3i_put_z(o, "&lt;");
		break;
	case '>':
		dl3i_put_z(o, "&gt;");
		break;
	case '"':
		dl3i_put_z(o, "\"\"");
		break;
	default:
		dl3i_put(o, octets, dl3i_utf8_put(code, octets));
	}
}

static void put_xml_text(struct dl3i_out *o, struct dl3_str s, bool quoted)
{
	if (s.len == 0)
		return;
	/* A quote that nothing closed would pair with one of a field behind it. */
	bool unclosed = s.escaped && s.ptr[0] == '"' && !dl3i_quote_end(s.ptr, s.ptr + s.len);
	if (s.escaped && !unclosed) {
		dl3i_put(o, s.ptr, s.len);
		return;
	}
	quoted = quoted || unclosed || needs_quotes(s);
	struct dl3i_plain plain = dl3i_plain_of(s);
	uint32_t code = 0;
	if (quoted)
		dl3i_put_char(o, '"');
	while (dl3i_plain_next(&plain, &code))
		put_code(o, code);
	if (quoted)
		dl3i_put_char(o, '"');
}

/* Text where nothing can be quoted: what would part fields, or end the record, becomes a space. */
static void put_flat_text(struct dl3i_out *o, struct dl3_str s)
{
	struct dl3i_plain plain = dl3i_plain_of(s);
	uint32_t code = 0;
	char octets[4];

	while (dl3i_plain_next(&plain, &code)) {
		if (code == ',' || code == 0)
			code = ' ';
		dl3i_put(o, octets, dl3i_utf8_put(code, octets));
	}
}

/* ---- Rows ---- */

/* How many fields a row is to have. */
static size_t row_length(const struct dl3_table *t, const void *row, size_t least)
{
	const struct dl3_row *head = row;
	size_t n = t->count;

	if (head->extra.ptr)
		return n;
	for (; n > least; n--) {
		const struct dl3_field *f = &t->fields[n - 1];
		if ((head->present | head->valued) >> (n - 1) & 1)
			break;
		if (is_text(f) && text_member(row, f)->ptr)
			break;
	}
	return n;
}

static void put_field(struct dl3i_out *o, enum dl3_row_kind kind, const struct dl3_field *f, size_t index,
                      const void *row, bool xml)
{
	const struct dl3_row *head = row;

	if (is_text(f) && xml) {
		put_xml_text(o, *text_member(row, f), f->type == DL3_TYPE_QUOTED);
	} else if (is_text(f)) {
		put_flat_text(o, *text_member(row, f));
	} else if (head->valued >> index & 1) {
		dl3i_put_signed(o, number_member(row, f));
	} else if (head->unread >> index & 1) {
		struct dl3_str came = dl3_row_text(kind, head->raw, index);
		came.escaped = xml;
		if (xml)
			put_xml_text(o, came, false);
		else
			dl3i_put(o, came.ptr, came.len);
	}
}

static void put_row(struct dl3i_out *o, enum dl3_row_kind kind, const void *row, size_t least, bool xml)
{
	const struct dl3_table *t = dl3_row_table(kind);
	const struct dl3_row *head = row;
	size_t n = row_length(t, row, least);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			dl3i_put_char(o, ',');
		put_field(o, kind, &t->fields[i], i, row, xml);
	}
	if (head->extra.ptr) {
		dl3i_put_char(o, ',');
		dl3i_put(o, head->extra.ptr, head->extra.len);
	}
}

static void put_element(struct dl3i_out *o, const char *name, enum dl3_row_kind kind, const void *row,
                        size_t least)
{
	dl3i_put_char(o, '<');
	dl3i_put_z(o, name);
	dl3i_put_char(o, '>');
	put_row(o, kind, row, least, true);
	dl3i_put_z(o, "</");
	dl3i_put_z(o, name);
	dl3i_put_char(o, '>');
}

/* ---- Records ---- */

static void put_targets(struct dl3i_out *o, const struct dl3_targets *targets)
{
	if (targets->count == 0 && !targets->raw.ptr)
		return;
	dl3i_put_z(o, "<Target_list>");
	if (!targets->list)
		dl3i_put(o, targets->raw.ptr, targets->raw.len);
	for (size_t i = 0; targets->list && i < targets->count; i++)
		put_element(o, "Target", DL3_ROW_target, &targets->list[i], 0);
	dl3i_put_z(o, "</Target_list>");
}

static void put_detail(struct dl3i_out *o, const struct dl3_detail *d)
{
	dl3i_put_z(o, "<Detail>");
	if (d->has_call)
		put_element(o, "Call", DL3_ROW_call, &d->call, CALL_FIELDS_MIN);
	if (d->has_a)
		put_element(o, "PartyA", DL3_ROW_party, &d->a, PARTY_FIELDS_MIN);
	if (d->has_b)
		put_element(o, "PartyB", DL3_ROW_party, &d->b, PARTY_FIELDS_MIN);
	put_targets(o, &d->targets);
	dl3i_put_z(o, "</Detail>");
}

static void put_delta2(struct dl3i_out *o, char letter, enum dl3_row_kind kind, const void *row)
{
	dl3i_put_z(o, "CALL:");
	dl3i_put_char(o, letter);
	dl3i_put_char(o, ' ');
	put_row(o, kind, row, 0, false);
}

static void put_unknown(struct dl3i_out *o, const struct dl3_record *r)
{
	if (r->raw.ptr)
		dl3i_put(o, r->raw.ptr, r->raw.len);
	else
		dl3i_put(o, r->u.unknown.data.ptr, r->u.unknown.data.len);
}

static void put_record(struct dl3i_out *o, const struct dl3_record *r)
{
	switch (r->kind) {
	case DL3_KIND_DETAIL:
		put_detail(o, &r->u.detail);
		break;
	case DL3_KIND_CALL_LOST:
		put_element(o, "CallLost", DL3_ROW_call_lost, &r->u.call_lost, 0);
		break;
	case DL3_KIND_LINK_LOST:
		put_element(o, "LinkLost", DL3_ROW_link_lost, &r->u.link_lost, 0);
		break;
	case DL3_KIND_ATTEMPT_REJECT:
		put_element(o, "AttemptReject", DL3_ROW_attempt_reject, &r->u.attempt_reject, 0);
		break;
	case DL3_KIND_DELTA2_S:
		put_delta2(o, 'S', DL3_ROW_delta2_s, &r->u.delta2_s);
		break;
	case DL3_KIND_DELTA2_D:
		put_delta2(o, 'D', DL3_ROW_delta2_ends, &r->u.delta2_ends);
		break;
	case DL3_KIND_DELTA2_A:
		put_delta2(o, 'A', DL3_ROW_delta2_ends, &r->u.delta2_ends);
		break;
	case DL3_KIND_SIPTRACK:
		put_row(o, DL3_ROW_siptrack, &r->u.siptrack, 0, false);
		break;
	case DL3_KIND_CMEXTN:
		dl3i_put(o, r->u.cmextn.text.ptr, r->u.cmextn.text.len);
		break;
	case DL3_KIND_CMEXTN_STATE:
		dl3i_put(o, r->u.cmextn_state.who.ptr, r->u.cmextn_state.who.len);
		break;
	case DL3_KIND_UNKNOWN:
		put_unknown(o, r);
		break;
	}
}

enum dl3_err dl3_record_text(const struct dl3_record *record, char *buf, size_t cap, size_t *len)
{
	struct dl3i_out o = dl3i_out_to(buf, cap);

	put_record(&o, record);
	*len = o.len;
	return dl3i_out_err(&o);
}

/* ---- Tuples ---- */

static uint32_t tuple_code(const struct dl3_record *r)
{
	switch (r->kind) {
	case DL3_KIND_DETAIL:
	case DL3_KIND_CALL_LOST:
	case DL3_KIND_LINK_LOST:
	case DL3_KIND_ATTEMPT_REJECT:
		return DL3_TUPLE_DELTA3;
	case DL3_KIND_DELTA2_S:
	case DL3_KIND_DELTA2_D:
	case DL3_KIND_DELTA2_A:
		return DL3_TUPLE_DELTA2;
	case DL3_KIND_SIPTRACK:
		return DL3_TUPLE_SIPTRACK;
	case DL3_KIND_CMEXTN:
	case DL3_KIND_CMEXTN_STATE:
		return DL3_TUPLE_CMEXTN;
	case DL3_KIND_UNKNOWN:
		break;
	}
	return r->u.unknown.tuple;
}

static enum dl3_err put_tuple_header(uint8_t *p, uint32_t code, size_t data)
{
	if (data > DL3_TUPLE_DATA_MAX)
		return DL3_ERR_TOO_LONG;
	dl3i_set32(p, code);
	dl3i_set16(p + 4, (uint16_t)data);
	return DL3_OK;
}

static size_t text_length(const struct dl3_record *r)
{
	struct dl3i_out o = dl3i_out_to(NULL, 0);

	put_record(&o, r);
	return o.len;
}

/* UTF-8 text and its NUL, or an unknown tuple's octets as they are. */
static enum dl3_err encode_octets(const struct dl3_record *r, bool closed, uint8_t *p, size_t cap,
                                  size_t *len)
{
	size_t n = text_length(r);

	if (n + closed > DL3_TUPLE_DATA_MAX)
		return DL3_ERR_TOO_LONG;
	*len = DL3_TUPLE_HEADER + n + closed;
	if (*len > cap)
		return DL3_ERR_SPACE;
	enum dl3_err err = dl3_record_text(r, (char *)p + DL3_TUPLE_HEADER, n, &n);
	if (closed)
		p[DL3_TUPLE_HEADER + n] = 0;
	return err == DL3_OK ? put_tuple_header(p, tuple_code(r), n + closed) : err;
}

/*
 * Double-octet text with `skip` octets in front of it. The UTF-8 text is written to the end of
 * the space first and widened from there to its place: the writer never overtakes the reader,
 * since an octet becomes at most two.
 */
static enum dl3_err encode_utf16(const struct dl3_record *r, size_t skip, uint8_t *p, size_t cap, size_t *len)
{
	size_t n = text_length(r), wide = 0;
	size_t start = DL3_TUPLE_HEADER + skip;

	*len = start + 2 * n + 2;
	if (*len > cap)
		return DL3_ERR_SPACE;
	struct dl3_str text = { .ptr = (char *)p + *len - n, .len = (uint32_t)n };
	enum dl3_err err = dl3_record_text(r, (char *)p + *len - n, n, &n);
	if (err == DL3_OK)
		err = dl3_utf16_encode(text, true, p + start, *len - start, &wide);
	*len = start + wide;
	return err == DL3_OK ? put_tuple_header(p, tuple_code(r), skip + wide) : err;
}

static enum dl3_err encode_cmextn_state(const struct dl3_record *r, uint8_t *p, size_t cap, size_t *len)
{
	const struct dl3_cmextn_state *s = &r->u.cmextn_state;

	/* The two octets of zero that `v` begins with are what the form is told by. */
	if (s->v > UINT16_MAX)
		return DL3_ERR_ARGUMENT;
	enum dl3_err err = encode_utf16(r, 12, p, cap, len);

	if (err == DL3_OK) {
		dl3i_set32(p + DL3_TUPLE_HEADER, s->v);
		dl3i_set32(p + DL3_TUPLE_HEADER + 4, s->p1);
		dl3i_set32(p + DL3_TUPLE_HEADER + 8, s->p2);
	}
	return err;
}

static bool holds_nul(struct dl3_str s)
{
	return s.len > 0 && memchr(s.ptr, 0, s.len);
}

/* Text that begins with U+0000 would be taken for the numbers of the other form, and one behind it
 * would end the text. */
static enum dl3_err encode_cmextn(const struct dl3_record *r, uint8_t *p, size_t cap, size_t *len)
{
	bool extended = r->kind == DL3_KIND_CMEXTN_STATE;

	if (holds_nul(extended ? r->u.cmextn_state.who : r->u.cmextn.text))
		return DL3_ERR_ARGUMENT;
	return extended ? encode_cmextn_state(r, p, cap, len) : encode_utf16(r, 0, p, cap, len);
}

static enum dl3_err encode(const struct dl3_record *record, enum dl3_delta2_form form, uint8_t *p, size_t cap,
                           size_t *len)
{
	bool unknown_octets = record->kind == DL3_KIND_UNKNOWN && !record->raw.ptr;

	if (unknown_octets)
		return encode_octets(record, false, p, cap, len);
	if (record->kind == DL3_KIND_CMEXTN || record->kind == DL3_KIND_CMEXTN_STATE)
		return encode_cmextn(record, p, cap, len);
	switch (tuple_code(record)) {
	case DL3_TUPLE_DELTA2:
		if (form == DL3_DELTA2_UTF8)
			return encode_octets(record, true, p, cap, len);
		return encode_utf16(record, 0, p, cap, len);
	case DL3_TUPLE_SIPTRACK:
	case DL3_TUPLE_CMEXTN:
		return encode_utf16(record, 0, p, cap, len);
	default:
		return encode_octets(record, true, p, cap, len);
	}
}

enum dl3_err dl3_record_encode(const struct dl3_record *record, enum dl3_delta2_form form, void *buf,
                               size_t cap, size_t *len)
{
	enum dl3_err err = encode(record, form, buf, cap, len);

	if (err != DL3_OK && err != DL3_ERR_SPACE)
		*len = 0;
	return err;
}
