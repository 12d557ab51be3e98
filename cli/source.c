/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "source_pcap.h"

/* As many octets as are looked at to tell the forms apart. */
#define LOOK 8u
/* So much white space in front is text of whatever kind. */
#define BLANK_MAX 65536u

void source_init(struct source *s, int fd, enum source_form form, input_wait_fn wait, void *arg)
{
	*s = (struct source){ .in = { .fd = fd, .wait = wait, .arg = arg }, .form = form };
}

void source_finish(struct source *s)
{
	input_finish(&s->in);
	free(s->row.octets);
	s->row.octets = NULL;
}

/* Whether octets in front of a file could be those of hexadecimal text. */
static bool looks_like_hex(const uint8_t *p, size_t left)
{
	static const char with_digits[] = "xX:-,";

	if (left == 0 || (p[0] != '#' && !isxdigit(p[0])))
		return left == 0;
	bool comment = false;
	for (size_t k = 0; k < left && k < LOOK; k++) {
		comment = (comment || p[k] == '#') && p[k] != '\n';
		bool text = isspace(p[k]) || (p[k] >= ' ' && p[k] != 0x7f);
		bool hex = isspace(p[k]) || isxdigit(p[k]) || (p[k] != 0 && strchr(with_digits, p[k]));
		if (comment ? !text : !hex)
			return false;
	}
	return true;
}

/*
 * Hexadecimal text begins with a digit, a comment, white space or a byte order mark. A frame begins
 * with 'I', which is none of these, and octets that go on as no such text does are raw.
 */
static int detect_text(struct source *s)
{
	struct input *in = &s->in;
	size_t i = 0;

	if (input_fill(in, 1) != 0)
		return -1;
	if (input_left(in) > 0 && input_here(in)[0] == 0xef) {
		if (input_fill(in, 3) != 0)
			return -1;
		i = input_left(in) >= 3 && memcmp(input_here(in), "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	}
	do {
		if (input_fill(in, i + 1) != 0 || input_fill_at_hand(in, i + LOOK) != 0)
			return -1;
		while (i < input_left(in) && isspace(input_here(in)[i]))
			i++;
	} while (i == input_left(in) && !in->at_end && i < BLANK_MAX);
	s->form = looks_like_hex(input_here(in) + i, input_left(in) - i) ? SOURCE_HEX : SOURCE_RAW;
	return 0;
}

int source_detect(struct source *s)
{
	int capture = s->form == SOURCE_DETECT ? source_pcap_detect(&s->in) : 0;

	if (capture == 1)
		s->form = SOURCE_PCAP;
	if (capture < 0 || (s->form == SOURCE_DETECT && detect_text(s) != 0))
		return -1;
	return (int)s->form;
}

int source_next(struct source *s, struct source_item *item)
{
	*item = (struct source_item){ 0 };
	if (source_detect(s) < 0)
		return -1;
	return s->form == SOURCE_RAW ? source_next_raw(&s->in, &s->search, item)
	                             : source_next_hex(&s->in, &s->row, item);
}
