/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/text.h"
#include "base/utf8.h"

static void comma(struct dl3i_json *j)
{
	if (j->comma)
		dl3i_put_char(&j->out, ',');
	j->comma = true;
}

/* Octets that stand for themselves in a JSON string. */
static bool itself(char c)
{
	uint8_t u = (uint8_t)c;

	return u >= 0x20 && u < 0x7f && u != '"' && u != '\\';
}

static void put_control(struct dl3i_out *o, uint32_t code)
{
	static const char hex[] = "0123456789abcdef";
	char escape[6] = { '\\',          'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15],
		           hex[code & 15] };

	switch (code) {
	case '\n':
		dl3i_put(o, "\\n", 2);
		break;
	case '\r':
		dl3i_put(o, "\\r", 2);
		break;
	case '\t':
		dl3i_put(o, "\\t", 2);
		break;
	default:
		dl3i_put(o, escape, sizeof(escape));
	}
}

static void put_code(struct dl3i_out *o, uint32_t code)
{
	char octets[4];

	/* None of them lies past U+FFFF, where one escape would not do. */
	if (dl3i_obeyed(code)) {
		put_control(o, code);
		return;
	}
	if (code == '"' || code == '\\')
		dl3i_put_char(o, '\\');
	dl3i_put(o, octets, dl3i_utf8_put(code, octets));
}

void dl3i_json_str(struct dl3i_json *j, struct dl3_str s)
{
	uint32_t plain = 0, code = 0;

	comma(j);
	dl3i_put_char(&j->out, '"');
	while (plain < s.len && itself(s.ptr[plain]) && s.ptr[plain] != '&')
		plain++;
	if (plain == s.len) {
		dl3i_put(&j->out, s.ptr, s.len);
	} else {
		struct dl3i_plain p = dl3i_plain_of(s);
		while (dl3i_plain_next(&p, &code))
			put_code(&j->out, code);
	}
	dl3i_put_char(&j->out, '"');
}

void dl3i_json_z(struct dl3i_json *j, const char *z)
{
	dl3i_json_str(j, dl3_str_of(z));
}

void dl3i_json_signed(struct dl3i_json *j, int64_t value)
{
	comma(j);
	dl3i_put_signed(&j->out, value);
}

void dl3i_json_unsigned(struct dl3i_json *j, uint64_t value)
{
	comma(j);
	dl3i_put_unsigned(&j->out, value);
}

void dl3i_json_literal(struct dl3i_json *j, const char *z)
{
	comma(j);
	dl3i_put_z(&j->out, z);
}

void dl3i_json_hex(struct dl3i_json *j, struct dl3_octets octets)
{
	static const char hex[] = "0123456789abcdef";

	comma(j);
	dl3i_put_char(&j->out, '"');
	for (size_t i = 0; i < octets.len; i++) {
		char pair[2] = { hex[octets.ptr[i] >> 4], hex[octets.ptr[i] & 15] };
		dl3i_put(&j->out, pair, sizeof(pair));
	}
	dl3i_put_char(&j->out, '"');
}
