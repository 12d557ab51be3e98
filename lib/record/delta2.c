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
	const char *start = text.ptr ? text.ptr : "";
	const char *end = dl3i_nul(start, start + text.len);
	const char *p = dl3i_skip_space(dl3i_skip_mark(start, end), end);

	out->irregular = !dl3i_padding(end, start + text.len);
	out->raw = (struct dl3_str){ .ptr = start, .len = text.len, .escaped = false };
	unknown(out->raw, DL3_TUPLE_DELTA2, out);
	if (end - p < PREFIX_LEN || memcmp(p, PREFIX, PREFIX_LEN) != 0)
		return DL3_OK;
	p = dl3i_skip_space(p + PREFIX_LEN, end);
	if (p == end)
		return dl3i_fail(fault, DL3_ERR_DELTA2, (size_t)(end - start), "a letter behind \"CALL:\"",
		                 "the end of the text");
	read_letter(p, end, out->raw, out);
	return DL3_OK;
}

void dl3_siptrack_decode(struct dl3_str text, struct dl3_record *out)
{
	const char *start = text.ptr ? text.ptr : "";
	const char *end = dl3i_nul(start, start + text.len);

	out->kind = DL3_KIND_SIPTRACK;
	out->irregular = !dl3i_padding(end, start + text.len);
	out->raw = (struct dl3_str){ .ptr = start, .len = text.len, .escaped = false };
	read_row(dl3i_skip_mark(start, end), end, DL3_ROW_siptrack, &out->u.siptrack);
}
