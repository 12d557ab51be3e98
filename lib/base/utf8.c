/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#define REPLACEMENT 0xfffdu

/* Octets of the sequence that a first octet announces, and the bits of its own it carries. */
static size_t announced(uint8_t first, uint32_t *bits)
{
	if (first >= 0xc2 && first <= 0xdf) {
		*bits = first & 0x1fu;
		return 2;
	}
	if (first >= 0xe0 && first <= 0xef) {
		*bits = first & 0x0fu;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		*bits = first & 0x07u;
		return 4;
	}
	return 0;
}

static bool surrogate(uint32_t code)
{
	return code >= 0xd800 && code <= 0xdfff;
}

size_t dl3i_utf8_sequence(const char *p, const char *end, uint32_t *code)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = (uint8_t)*p;
	uint32_t value = 0;

	if (first < 0x80) {
		*code = first;
		return 1;
	}
	size_t n = announced(first, &value);
	if (n == 0 || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		uint8_t next = (uint8_t)p[i];
		if ((next & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3fu);
	}
	if (value < least[n] || value > 0x10ffff || surrogate(value))
		return 0;
	*code = value;
	return n;
}

size_t dl3i_utf8_next(const char *p, const char *end, uint32_t *code)
{
	size_t n = dl3i_utf8_sequence(p, end, code);

	if (n > 0)
		return n;
	*code = (uint8_t)*p;
	return 1;
}

size_t dl3i_utf8_put(uint32_t code, char out[4])
{
	if (surrogate(code) || code > 0x10ffff)
		code = REPLACEMENT;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}
