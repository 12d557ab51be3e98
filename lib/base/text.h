/* SPDX-License-Identifier: MIT */
/* Text as the rows of a record carry it: quotes, doubled quotes, XML entities. */
#ifndef DL3I_BASE_TEXT_H
#define DL3I_BASE_TEXT_H

#include <devlink3/base.h>
#include <string.h>

/* White space as XML has it. */
static inline bool dl3i_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The first octet at or behind `p` that is no white space; `end` when there is none. */
static inline const char *dl3i_skip_space(const char *p, const char *end)
{
	while (p < end && dl3i_space(*p))
		p++;
	return p;
}

/* Behind the byte order mark that some writers put in front of UTF-8. */
static inline const char *dl3i_skip_mark(const char *p, const char *end)
{
	bool mark = end - p >= 3 && (uint8_t)p[0] == 0xef && (uint8_t)p[1] == 0xbb && (uint8_t)p[2] == 0xbf;

	return mark ? p + 3 : p;
}

/* The first NUL at or behind `p`, where text that is closed by one ends; `end` when there is none. */
static inline const char *dl3i_nul(const char *p, const char *end)
{
	const char *nul = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;

	return nul ? nul : end;
}

/* Whether there is nothing but NULs, as in a buffer of fixed size behind its text. */
static inline bool dl3i_padding(const char *p, const char *end)
{
	while (p < end && *p == '\0')
		p++;
	return p == end;
}

/* A place in escaped text, read one code point at a time. */
struct dl3i_plain {
	const char *at;
	const char *end;
	bool quoted;  /* doubled quotes are one */
	bool escaped; /* entities are decoded */
};

/* Begins reading: finds out whether the text is quoted as a whole, and steps inside if so. */
struct dl3i_plain dl3i_plain_of(struct dl3_str s);

/* The next code point of the plain text. @return false at the end. */
bool dl3i_plain_next(struct dl3i_plain *p, uint32_t *code);

/*
 * Whether a code point is not shown but obeyed, so that text from the wire could pass for
 * something else on a terminal or in an editor: C0 and C1 controls, line and paragraph
 * separators, and what turns the direction of text around it.
 */
bool dl3i_obeyed(uint32_t code);

/* The octet behind the quote that closes the one at `open`, doubled quotes passed over; NULL
 * when none does before `end`. */
const char *dl3i_quote_end(const char *open, const char *end);

#endif
