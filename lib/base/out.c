/* SPDX-License-Identifier: MIT */
#include "base/out.h"

void dl3i_put_unsigned(struct dl3i_out *o, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	dl3i_put(o, digits + at, sizeof(digits) - at);
}

void dl3i_put_signed(struct dl3i_out *o, int64_t value)
{
	if (value < 0) {
		dl3i_put_char(o, '-');
		/* Negated as unsigned: INT64_MIN has no positive twin. */
		dl3i_put_unsigned(o, 0 - (uint64_t)value);
	} else {
		dl3i_put_unsigned(o, (uint64_t)value);
	}
}

void dl3i_put_hex(struct dl3i_out *o, uint64_t value)
{
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value != 0);
	dl3i_put(o, digits + at, sizeof(digits) - at);
}
