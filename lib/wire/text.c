/* SPDX-License-Identifier: MIT */
#include <devlink3/wire.h>

#include "base/octets.h"
#include "base/out.h"
#include "base/utf8.h"
#include "wire/text.h"

static bool high(uint32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool low(uint32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The code point at `p`, a lone surrogate as it is. @return the octets it takes. */
static size_t next_unit(const uint8_t *p, const uint8_t *end, uint32_t *code)
{
	uint32_t first = dl3i_get16(p);

	*code = first;
	if (!high(first) || end - p < 4)
		return 2;
	uint32_t second = dl3i_get16(p + 2);
	if (!low(second))
		return 2;
	*code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
	return 4;
}

uint64_t dl3i_utf16_octets(const char *text, size_t len)
{
	const char *end = text + len;
	uint64_t octets = 0;

	while (text < end) {
		uint32_t code = 0;
		text += dl3i_utf8_next(text, end, &code);
		octets += code >= 0x10000 ? 4 : 2;
	}
	return octets;
}

enum dl3_err dl3_utf16_decode(struct dl3_octets in, char *buf, size_t cap, size_t *len,
                              struct dl3_fault *fault)
{
	struct dl3i_out o = dl3i_out_to(buf, cap);
	const uint8_t *p = in.ptr;

	*len = 0;
	if (in.len % 2 != 0)
		return dl3i_fail_value(fault, DL3_ERR_TEXT, in.len - 1,
		                       "double-octet text of an even number of octets", "octets:", in.len);
	if (in.len >= 2 && dl3i_get16(p + in.len - 2) == 0)
		in.len -= 2;
	/* An empty view may have no pointer to count from. */
	const uint8_t *end = p ? p + in.len : p;
	while (p < end) {
		uint32_t code = 0;
		char octets[4];
		p += next_unit(p, end, &code);
		dl3i_put(&o, octets, dl3i_utf8_put(code, octets));
	}
	*len = o.len;
	if (o.len > cap)
		return dl3i_fail_space(fault, "a buffer that holds the text", cap);
	return DL3_OK;
}

static void put_unit(struct dl3i_out *o, uint32_t unit)
{
	uint8_t octets[2];

	dl3i_set16(octets, (uint16_t)unit);
	dl3i_put(o, octets, sizeof(octets));
}

enum dl3_err dl3_utf16_encode(struct dl3_str in, bool closed, void *buf, size_t cap, size_t *len)
{
	struct dl3i_out o = dl3i_out_to(buf, cap);
	const char *p = in.ptr;
	const char *end = p ? p + in.len : p;

	while (p < end) {
		uint32_t code = 0;
		p += dl3i_utf8_next(p, end, &code);
		if (code >= 0x10000) {
			put_unit(&o, 0xd800 + ((code - 0x10000) >> 10));
			put_unit(&o, 0xdc00 + ((code - 0x10000) & 0x3ff));
		} else {
			put_unit(&o, code);
		}
	}
	if (closed)
		put_unit(&o, 0);
	*len = o.len;
	return dl3i_out_err(&o);
}
