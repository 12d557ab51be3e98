/* SPDX-License-Identifier: MIT */
#include <devlink3/base.h>
#include <string.h>

#include "base/out.h"
#include "base/text.h"
#include "base/utf8.h"

struct dl3_str dl3_str_of(const char *z)
{
	return (struct dl3_str){ .ptr = z, .len = z ? (uint32_t)strlen(z) : 0, .escaped = false };
}

bool dl3_str_same(struct dl3_str a, struct dl3_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool dl3_str_is(struct dl3_str s, const char *z)
{
	return dl3_str_same(s, dl3_str_of(z));
}

bool dl3i_obeyed(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return true;
	return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

const char *dl3i_quote_end(const char *open, const char *end)
{
	const char *p = open + 1;

	while (p < end && (p = memchr(p, '"', (size_t)(end - p))) != NULL) {
		if (p + 1 == end || p[1] != '"')
			return p + 1;
		p += 2;
	}
	return NULL;
}

struct dl3i_plain dl3i_plain_of(struct dl3_str s)
{
	struct dl3i_plain p = { .at = "", .escaped = s.escaped };

	p.end = p.at;
	if (s.len == 0)
		return p;
	p.at = s.ptr;
	p.end = s.ptr + s.len;
	if (s.escaped && s.len >= 2 && *s.ptr == '"' && dl3i_quote_end(s.ptr, p.end) == p.end) {
		p.quoted = true;
		p.at++;
		p.end--;
	}
	return p;
}

struct entity {
	const char *name;
	size_t len;
	char is;
};

static size_t named_entity(const char *p, const char *end, uint32_t *code)
{
	static const struct entity known[] = {
		{ "&amp;", 5, '&' },  { "&lt;", 4, '<' },    { "&gt;", 4, '>' },
		{ "&quot;", 6, '"' }, { "&apos;", 6, '\'' },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((size_t)(end - p) >= known[i].len && memcmp(p, known[i].name, known[i].len) == 0) {
			*code = (uint8_t)known[i].is;
			return known[i].len;
		}
	}
	return 0;
}

/* The value of a digit in a base of up to 16; 16 for what is none. */
static uint32_t digit(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint32_t)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (uint32_t)(c - 'A') + 10;
	return 16;
}

/* "&#252;" or "&#xfc;". @return its length, 0 when it is not whole or names no character. */
static size_t numbered_entity(const char *p, const char *end, uint32_t *code)
{
	const char *q = p + 2;
	uint32_t base = 10, value = 0;

	if (end - p < 4 || p[1] != '#')
		return 0;
	if (*q == 'x' || *q == 'X') {
		base = 16;
		q++;
	}
	const char *first = q;
	while (q < end && digit(*q) < base && value <= 0x10ffff)
		value = value * base + digit(*q++);
	bool character = value > 0 && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
	if (q == first || q == end || *q != ';' || !character)
		return 0;
	*code = value;
	return (size_t)(q + 1 - p);
}

bool dl3i_plain_next(struct dl3i_plain *p, uint32_t *code)
{
	size_t n = 0;

	if (p->at == p->end)
		return false;
	if (p->escaped && *p->at == '&') {
		n = named_entity(p->at, p->end, code);
		if (n == 0)
			n = numbered_entity(p->at, p->end, code);
	}
	if (n == 0)
		n = dl3i_utf8_next(p->at, p->end, code);
	if (p->quoted && *p->at == '"')
		n = 2;
	p->at += n;
	return true;
}

enum dl3_err dl3_str_plain(struct dl3_str s, char *buf, size_t cap, size_t *len)
{
	struct dl3i_out o = dl3i_out_to(buf, cap);
	struct dl3i_plain p = dl3i_plain_of(s);
	uint32_t code = 0;

	while (dl3i_plain_next(&p, &code)) {
		char octets[4];
		dl3i_put(&o, octets, dl3i_utf8_put(code, octets));
	}
	if (o.len < cap)
		buf[o.len] = '\0';
	*len = o.len;
	return dl3i_out_err(&o);
}
