/* SPDX-License-Identifier: MIT */
#include <devlink3/wire.h>
#include <string.h>

#include "base/octets.h"

/*
 * The table of section 6.5.1.2 prints two codes above CallDelta2. Should a PBX send both, the
 * second stands where a length belongs; XML cannot begin with the octets that would follow.
 */
static bool doubled_code(const uint8_t *p, size_t len)
{
	return len >= 8 && dl3i_get32(p) == DL3_TUPLE_DELTA3 && dl3i_get32(p + 4) == DL3_TUPLE_DELTA2;
}

static enum dl3_err truncated(struct dl3_octets *table, struct dl3_fault *fault, size_t at,
                              const char *expected, const char *came, uint64_t value)
{
	table->ptr += table->len;
	table->len = 0;
	return dl3i_fail_value(fault, DL3_ERR_TRUNCATED_TUPLE, at, expected, came, value);
}

enum dl3_err dl3_tuple_next(struct dl3_octets *table, struct dl3_tuple *out, struct dl3_fault *fault)
{
	const uint8_t *p = table->ptr;
	size_t at = 0;

	*out = (struct dl3_tuple){ 0 };
	if (table->len == 0)
		return DL3_END;
	if (doubled_code(p, table->len))
		at = 4;
	if (table->len - at >= 4)
		out->code = dl3i_get32(p + at);
	if (table->len - at < DL3_TUPLE_HEADER)
		return truncated(table, fault, at, "6 octets of tuple code and length",
		                 "octets left:", table->len - at);

	size_t size = dl3i_get16(p + at + 4);
	size_t left = table->len - at - DL3_TUPLE_HEADER;
	if (size > left) {
		out->data = (struct dl3_octets){ p + at + DL3_TUPLE_HEADER, left };
		return truncated(table, fault, at + 4, "a tuple that ends inside its frame", "the length",
		                 size);
	}
	out->data = (struct dl3_octets){ p + at + DL3_TUPLE_HEADER, size };
	table->ptr += at + DL3_TUPLE_HEADER + size;
	table->len -= at + DL3_TUPLE_HEADER + size;
	return DL3_OK;
}

enum dl3_err dl3_tuple_encode(const struct dl3_tuple *tuple, void *buf, size_t cap, size_t *len)
{
	uint8_t *p = buf;

	*len = 0;
	if (tuple->data.len > DL3_TUPLE_DATA_MAX)
		return DL3_ERR_TOO_LONG;
	*len = DL3_TUPLE_HEADER + tuple->data.len;
	if (*len > cap)
		return DL3_ERR_SPACE;
	dl3i_set32(p, tuple->code);
	dl3i_set16(p + 4, (uint16_t)tuple->data.len);
	if (tuple->data.len > 0)
		memcpy(p + DL3_TUPLE_HEADER, tuple->data.ptr, tuple->data.len);
	return DL3_OK;
}
