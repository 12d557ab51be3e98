/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/utf8.h"
#include "store_item.h"

void store_terms_begin(struct store_terms *t)
{
	t->text[0] = '\n';
	t->len = 1;
	t->count = 0;
}

/* As much of a text as fits into a term, cut at a character. */
static size_t cut(const char *text, size_t len)
{
	size_t n = len < STORE_TERM_SIZE ? len : STORE_TERM_SIZE;

	while (n > 0 && n < len && ((uint8_t)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static bool has(const struct store_terms *t, const char *line, size_t len)
{
	const char *at = t->text, *end = t->text + t->len;

	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL && (size_t)(end - at) > len + 1) {
		at++;
		if (memcmp(at, line, len) == 0 && at[len] == '\n')
			return true;
	}
	return false;
}

void store_terms_add(struct store_terms *t, enum store_term kind, const char *text, size_t len)
{
	char line[STORE_TERM_SIZE + 1];
	size_t n = cut(text, len);

	if (n == 0 || t->count == STORE_TERMS_MAX || memchr(text, '\n', n))
		return;
	line[0] = (char)('0' + kind);
	memcpy(line + 1, text, n);
	if (has(t, line, n + 1))
		return;
	memcpy(t->text + t->len, line, n + 1);
	t->len += n + 1;
	t->text[t->len++] = '\n';
	t->count++;
}

/* The small letter, in the alphabets of Europe; others have none or are compared as they are. */
static uint32_t small(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if (c == 0x178)
		return 0xff;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	if (c >= 0x100 && c <= 0x177 && c != 0x130 && c != 0x131 && c != 0x138 && c != 0x149)
		return c | 1;
	return c;
}

static bool of_a_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
	       c == '*' || c == '#' ||
	       (c >= 0xc0 && (c < 0x2000 || c > 0x206f) && c != 0x3000 && c != 0xfffd);
}

void store_terms_words(struct store_terms *t, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	char word[STORE_TERM_SIZE + 4];
	size_t n = 0;

	while (p < end || n > 0) {
		uint32_t code = ' ';
		if (p < end)
			p += dl3i_utf8_next(p, end, &code);
		if (of_a_word(code)) {
			if (n < STORE_TERM_SIZE)
				n += dl3i_utf8_put(small(code), word + n);
		} else if (n > 0) {
			bool number = (word[0] >= '0' && word[0] <= '9') || strchr("+*#", word[0]);
			store_terms_add(t, number ? STORE_TERM_NUMBER : STORE_TERM_WORD, word, n);
			n = 0;
		}
	}
}

bool store_terms_next(const char *terms, size_t terms_len, size_t *at, enum store_term *kind,
                      const char **text, size_t *len)
{
	const char *start = terms + *at + 1, *end = terms + terms_len, *close;

	if (*at >= terms_len || start >= end)
		return false;
	close = memchr(start, '\n', (size_t)(end - start));
	if (!close || close == start)
		return false;
	*kind = (enum store_term)(*start - '0');
	*text = start + 1;
	*len = (size_t)(close - start) - 1;
	*at = (size_t)(close - terms);
	return true;
}
