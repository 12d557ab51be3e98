/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "store_item.h"

static bool storable(struct dl3_str s)
{
	const char *p = s.ptr, *end = s.ptr + s.len;
	uint32_t code;

	if (s.escaped)
		return false;
	while (p < end) {
		size_t n = dl3i_utf8_sequence(p, end, &code);
		if (n == 0 || code == 0)
			return false;
		p += n;
	}
	return true;
}

struct store_made {
	struct store_made *next;
	char text[];
};

static const char replacement[] = { '\xef', '\xbf', '\xbd' };

/* U+FFFD for each NUL, which PostgreSQL has no place for, and at which SQLite's own functions stop. */
static struct store_made *without_nul(const char *text, size_t len, size_t *out_len)
{
	struct store_made *out = malloc(sizeof(*out) + len * 3 + 1);

	*out_len = 0;
	for (size_t i = 0; out && i < len; i++) {
		if (text[i] == '\0') {
			memcpy(out->text + *out_len, replacement, sizeof(replacement));
			*out_len += sizeof(replacement);
		} else {
			out->text[(*out_len)++] = text[i];
		}
	}
	return out;
}

struct store_value store_clean_text(struct store_clean *c, struct dl3_str s)
{
	struct store_made *made = NULL;
	char *plain;
	size_t len = 0;

	if (!s.ptr)
		return (struct store_value){ .type = STORE_NOTHING };
	if (storable(s))
		return store_text(s.ptr, s.len);
	plain = malloc((size_t)s.len * 2 + 1);
	if (plain && dl3_str_plain(s, plain, (size_t)s.len * 2 + 1, &len) == DL3_OK)
		made = without_nul(plain, len, &len);
	free(plain);
	if (!made) {
		c->failed = true;
		return (struct store_value){ .type = STORE_NOTHING };
	}
	made->next = c->made;
	c->made = made;
	return store_text(made->text, len);
}

struct dl3_str store_clean_copy(struct store_clean *c, const char *ptr, size_t len)
{
	struct store_made *made = ptr && len < UINT32_MAX ? malloc(sizeof(*made) + len + 1) : NULL;

	c->failed = c->failed || (ptr && !made);
	if (!made)
		return (struct dl3_str){ .ptr = NULL };
	memcpy(made->text, ptr, len);
	made->text[len] = '\0';
	made->next = c->made;
	c->made = made;
	return (struct dl3_str){ .ptr = made->text, .len = (uint32_t)len };
}

void store_clean_done(struct store_clean *c)
{
	while (c->made) {
		struct store_made *next = c->made->next;
		free(c->made);
		c->made = next;
	}
}
