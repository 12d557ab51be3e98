/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <ctype.h>
#include <stdlib.h>

/* As many octets as are looked at to tell the forms apart. */
#define LOOK 8u

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

/* Hexadecimal text begins with a digit, a comment or white space; a frame begins with 'I', and
 * octets that are no text at all are raw. */
static int detect(struct source *s)
{
	size_t i = 0;

	do {
		if (input_fill(&s->in, i + 1) != 0 || input_fill_at_hand(&s->in, i + LOOK) != 0)
			return -1;
		while (i < input_left(&s->in) && isspace(input_here(&s->in)[i]))
			i++;
	} while (i == input_left(&s->in) && !s->in.at_end && i < DL3_FRAME_MAX);

	const uint8_t *p = input_here(&s->in);
	size_t left = input_left(&s->in);
	bool hex = i < left && (p[i] == '#' || isxdigit(p[i]));
	/* A first octet that is a digit and a second that is no text: raw after all. */
	for (size_t k = i; hex && p[i] != '#' && k < left && k < i + LOOK; k++)
		hex = isxdigit(p[k]) || isspace(p[k]);
	s->form = hex ? SOURCE_HEX : SOURCE_RAW;
	return 0;
}

int source_next(struct source *s, struct source_item *item)
{
	*item = (struct source_item){ 0 };
	if (s->form == SOURCE_DETECT && detect(s) != 0)
		return -1;
	return s->form == SOURCE_RAW ? source_next_raw(&s->in, item) : source_next_hex(&s->in, &s->row, item);
}
