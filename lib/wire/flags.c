/* SPDX-License-Identifier: MIT */
#include <devlink3/wire.h>
#include <string.h>

#include "base/out.h"

struct flag {
	uint32_t bit;
	const char *word;
};

static const struct flag flags_known[] = {
#define DL3_STREAM_FLAG(bit, word, meaning) { bit, word },
#include <devlink3/tables/wire.def>
};
#define FLAGS_KNOWN (sizeof(flags_known) / sizeof(flags_known[0]))

/* The description has an underscore before two of its flags; a hyphen is meant. */
static uint32_t bit_of(const char *word, size_t len)
{
	if (len == 0 || (word[0] != '-' && word[0] != '_'))
		return 0;
	for (size_t i = 0; i < FLAGS_KNOWN; i++) {
		const struct flag *f = &flags_known[i];
		if (strlen(f->word) == len && memcmp(f->word + 1, word + 1, len - 1) == 0)
			return f->bit;
	}
	return 0;
}

uint32_t dl3_flags_parse(struct dl3_str text, struct dl3_str *unknown)
{
	struct dl3_str first_unknown = { 0 };
	uint32_t flags = 0;
	uint32_t at = 0;

	while (at < text.len) {
		uint32_t start = at;
		while (at < text.len && text.ptr[at] != ' ')
			at++;
		uint32_t bit = bit_of(text.ptr + start, at - start);
		flags |= bit;
		if (bit == 0 && at > start && !first_unknown.ptr)
			first_unknown = (struct dl3_str){ .ptr = text.ptr + start, .len = at - start };
		at++;
	}
	if (unknown)
		*unknown = first_unknown;
	return flags;
}

size_t dl3_flags_format(uint32_t flags, char buf[DL3_FLAGS_TEXT_MAX])
{
	struct dl3i_out o = dl3i_out_to(buf, DL3_FLAGS_TEXT_MAX - 1);

	for (size_t i = 0; i < FLAGS_KNOWN; i++) {
		if (!(flags & flags_known[i].bit))
			continue;
		if (o.len > 0)
			dl3i_put_char(&o, ' ');
		dl3i_put_z(&o, flags_known[i].word);
	}
	buf[o.len] = '\0';
	return o.len;
}
