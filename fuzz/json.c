/* SPDX-License-Identifier: MIT */
/* A reader of JSON that only says whether it is any. */
#include <string.h>

#include "check.h"
#include "support/same.h"

struct reader {
	const char *p;
	const char *end;
};

static void value(struct reader *r, unsigned depth);

static char take(struct reader *r)
{
	MUST(r->p < r->end);
	return *r->p++;
}

static void escape(struct reader *r)
{
	char c = take(r);

	if (c != 'u') {
		MUST(c != '\0' && strchr("\"\\/bfnrt", c) != NULL);
		return;
	}
	for (unsigned i = 0; i < 4; i++) {
		c = take(r);
		MUST(c != '\0' && strchr("0123456789abcdefABCDEF", c) != NULL);
	}
}

static void string(struct reader *r)
{
	MUST(take(r) == '"');
	for (;;) {
		char c = take(r);

		MUST((unsigned char)c >= ' ');
		if (c == '"') {
			return;
		}
		if (c == '\\') {
			escape(r);
		}
	}
}

static bool next_is(const struct reader *r, char c)
{
	return r->p < r->end && *r->p == c;
}

static void digits(struct reader *r)
{
	const char *start = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9') {
		r->p++;
	}
	/* JSON has no leading zeros. */
	MUST(r->p > start && (*start != '0' || r->p == start + 1));
}

/* Whole, or with decimals: the writers write no exponents. */
static void number(struct reader *r)
{
	digits(r);
	if (!next_is(r, '.'))
		return;
	const char *start = ++r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	MUST(r->p > start);
}

static void word(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	MUST((size_t)(r->end - r->p) >= len && memcmp(r->p, text, len) == 0);
	r->p += len;
}

static void members(struct reader *r, char closing, bool named, unsigned depth)
{
	(void)take(r);
	while (!next_is(r, closing)) {
		if (named) {
			string(r);
			MUST(take(r) == ':');
		}
		value(r, depth + 1);
		if (!next_is(r, closing)) {
			MUST(take(r) == ',');
			MUST(!next_is(r, closing));
		}
	}
	(void)take(r);
}

static void value(struct reader *r, unsigned depth)
{
	MUST(depth < 8 && r->p < r->end);
	switch (*r->p) {
	case '{':
		members(r, '}', true, depth);
		break;
	case '[':
		members(r, ']', false, depth);
		break;
	case '"':
		string(r);
		break;
	case 'n':
		word(r, "null");
		break;
	case 't':
		word(r, "true");
		break;
	case 'f':
		word(r, "false");
		break;
	case '-':
		r->p++;
		number(r);
		break;
	default:
		number(r);
	}
}

void must_be_json(const char *text, size_t len)
{
	struct reader r = { text, text + len };

	MUST(dl3t_utf8_valid(text, len));
	value(&r, 0);
	MUST(r.p == r.end);
}
