/* SPDX-License-Identifier: MIT */
/* Tuples to records. */
#include <devlink3/record.h>

#include "base/octets.h"
#include "base/text.h"
#include "wire/text.h"

/* The extended form of CMExtn: three numbers, then at least a closing U+0000. */
#define CMEXTN_NUMBERS 12u
#define CMEXTN_STATE_MIN (CMEXTN_NUMBERS + 2u)

static enum dl3_err unknown(const struct dl3_tuple *tuple, enum dl3_err err, struct dl3_record *out)
{
	out->kind = DL3_KIND_UNKNOWN;
	out->irregular = false;
	out->raw = (struct dl3_str){ 0 };
	out->u.unknown = (struct dl3_unknown){ .tuple = tuple->code, .data = tuple->data };
	return err;
}

/* UTF-8 text is bounded by the length; the NULs that close it are not part of it. */
static struct dl3_str utf8_text(struct dl3_octets data)
{
	while (data.len > 0 && data.ptr[data.len - 1] == 0)
		data.len--;
	return (struct dl3_str){ .ptr = data.len > 0 ? (const char *)data.ptr : "",
		                 .len = (uint32_t)data.len };
}

static enum dl3_err utf16_text(struct dl3_octets data, char *scratch, size_t cap, struct dl3_str *out,
                               struct dl3_fault *fault)
{
	size_t len = 0;
	enum dl3_err err = dl3_utf16_decode(data, scratch, cap, &len, fault);

	*out = (struct dl3_str){ .ptr = "" };
	if (err == DL3_OK)
		*out = utf8_text((struct dl3_octets){ (const uint8_t *)scratch, len });
	return err;
}

static enum dl3_err decode_delta3(const struct dl3_tuple *tuple, struct dl3_record *out,
                                  struct dl3_fault *fault)
{
	return dl3_delta3_decode(utf8_text(tuple->data), out, fault);
}

/* "CALL:" and white space begin with an octet of zero in double-octet text, and never in UTF-8; nor does
 * the byte order mark, U+FEFF, which is no UTF-8. */
static bool double_octet(struct dl3_octets data)
{
	return data.len >= 2 && (data.ptr[0] == 0 || (data.ptr[0] == 0xfe && data.ptr[1] == 0xff));
}

static enum dl3_err decode_delta2(const struct dl3_tuple *tuple, char *scratch, size_t cap,
                                  struct dl3_record *out, struct dl3_fault *fault)
{
	struct dl3_str text;

	if (!double_octet(tuple->data))
		return dl3_delta2_decode(utf8_text(tuple->data), out, fault);
	enum dl3_err err = utf16_text(tuple->data, scratch, cap, &text, fault);
	if (err != DL3_OK)
		return err;
	err = dl3_delta2_decode(text, out, fault);
	/* Counted in the text made of the tuple; the caller has the tuple's own octets. */
	if (err != DL3_OK && fault)
		fault->offset = dl3i_utf16_octets(text.ptr, (size_t)fault->offset);
	return err;
}

static enum dl3_err decode_siptrack(const struct dl3_tuple *tuple, char *scratch, size_t cap,
                                    struct dl3_record *out, struct dl3_fault *fault)
{
	struct dl3_str text;
	enum dl3_err err = utf16_text(tuple->data, scratch, cap, &text, fault);

	if (err == DL3_OK)
		dl3_siptrack_decode(text, out);
	return err;
}

/* `v` is small and text never begins with U+0000, so two octets of zero tell the forms apart. */
static bool extended_form(struct dl3_octets data)
{
	return data.len >= CMEXTN_STATE_MIN && data.ptr[0] == 0 && data.ptr[1] == 0;
}

static enum dl3_err decode_cmextn(const struct dl3_tuple *tuple, char *scratch, size_t cap,
                                  struct dl3_record *out, struct dl3_fault *fault)
{
	bool extended = extended_form(tuple->data);
	const uint8_t *p = tuple->data.ptr;
	struct dl3_octets data = tuple->data;
	struct dl3_str text;

	if (extended) {
		data.ptr += CMEXTN_NUMBERS;
		data.len -= CMEXTN_NUMBERS;
	}
	enum dl3_err err = utf16_text(data, scratch, cap, &text, fault);
	if (err != DL3_OK) {
		if (fault && extended)
			fault->offset += CMEXTN_NUMBERS;
		return err;
	}
	out->raw = text;
	const char *end = text.ptr + text.len;
	text.len = (uint32_t)(dl3i_nul(text.ptr, end) - text.ptr);
	out->irregular = !dl3i_padding(text.ptr + text.len, end);
	out->kind = extended ? DL3_KIND_CMEXTN_STATE : DL3_KIND_CMEXTN;
	if (extended)
		out->u.cmextn_state = (struct dl3_cmextn_state){
			.v = dl3i_get32(p), .p1 = dl3i_get32(p + 4), .p2 = dl3i_get32(p + 8), .who = text
		};
	else
		out->u.cmextn = (struct dl3_cmextn){ .text = text };
	return DL3_OK;
}

enum dl3_err dl3_record_decode(const struct dl3_tuple *tuple, char *scratch, size_t cap,
                               struct dl3_record *out, struct dl3_fault *fault)
{
	enum dl3_err err = DL3_OK;

	switch (tuple->code) {
	case DL3_TUPLE_DELTA3:
		err = decode_delta3(tuple, out, fault);
		break;
	case DL3_TUPLE_DELTA2:
		err = decode_delta2(tuple, scratch, cap, out, fault);
		break;
	case DL3_TUPLE_SIPTRACK:
		err = decode_siptrack(tuple, scratch, cap, out, fault);
		break;
	case DL3_TUPLE_CMEXTN:
		err = decode_cmextn(tuple, scratch, cap, out, fault);
		break;
	default:
		return unknown(tuple, DL3_OK, out);
	}
	return err == DL3_OK ? DL3_OK : unknown(tuple, err, out);
}
