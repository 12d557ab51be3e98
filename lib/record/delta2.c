/* SPDX-License-Identifier: MIT */
/* Delta2 and SIPTrack: flat rows without quotes, entities or tags. */
#include <devlink3/record.h>
#include <string.h>

#include "base/octets.h"
#include "base/text.h"
#include "record/row.h"

#define PREFIX "CALL:"
#define PREFIX_LEN 5

static void unknown(struct dl3_str text, uint32_t tuple, struct dl3_record *out)
{
	out->kind = DL3_KIND_UNKNOWN;
	out->u.unknown =
		(struct dl3_unknown){ .tuple = tuple, .data = { (const uint8_t *)text.ptr, text.len } };
}

static void read_row(const char *p, const char *end, enum dl3_row_kind row, void *out)
{
	dl3_row_decode(row, (struct dl3_str){ .ptr = p, .len = (uint32_t)(end - p) }, out);
}

static void read_letter(const char *p, const char *end, struct dl3_str text, struct dl3_record *out)
{
	char letter = *p;

	p = dl3i_skip_space(p + 1, end);
	switch (letter) {
	case 'S':
		out->kind = DL3_KIND_DELTA2_S;
		read_row(p, end, DL3_ROW_delta2_s, &out->u.delta2_s);
		break;
	case 'D':
	case 'A':
		out->kind = letter == 'D' ? DL3_KIND_DELTA2_D : DL3_KIND_DELTA2_A;
		read_row(p, end, DL3_ROW_delta2_ends, &out->u.delta2_ends);
		break;
	default:
		unknown(text, DL3_TUPLE_DELTA2, out);
	}
}

enum dl3_err dl3_delta2_decode(struct dl3_str text, struct dl3_record *out, struct dl3_fault *fault)
{
	text.ptr = text.ptr ? text.ptr : "";
	text.escaped = false;
	const char *end = text.ptr + text.len;

	out->irregular = false;
	out->raw = text;
	unknown(text, DL3_TUPLE_DELTA2, out);
	if (text.len < PREFIX_LEN || memcmp(text.ptr, PREFIX, PREFIX_LEN) != 0)
		return DL3_OK;
	const char *p = dl3i_skip_space(text.ptr + PREFIX_LEN, end);
	if (p == end)
		return dl3i_fail(fault, DL3_ERR_DELTA2, text.len, "a letter behind \"CALL:\"",
		                 "the end of the text");
	read_letter(p, end, text, out);
	return DL3_OK;
}

void dl3_siptrack_decode(struct dl3_str text, struct dl3_record *out)
{
	const char *p = text.ptr ? text.ptr : "";

	out->kind = DL3_KIND_SIPTRACK;
	out->irregular = false;
	out->raw = (struct dl3_str){ .ptr = p, .len = text.len, .escaped = false };
	read_row(p, p + text.len, DL3_ROW_siptrack, &out->u.siptrack);
}
