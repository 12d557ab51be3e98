/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Octets read at once. */
#define CHUNK 65536u
/* The most that is ever kept: a frame and what is read ahead of it. */
#define KEEP_MAX ((size_t)2 * DL3_FRAME_MAX)
/* Enough of a frame to believe that it is one: header and message code. */
#define GLANCE (DL3_FRAME_HEADER_MAX + 4u)

struct source {
	FILE *file;
	enum source_form form;
	bool at_end;
	uint8_t *octets; /* raw: what was read; hex: the octets of a line */
	size_t cap;
	size_t len;
	size_t at;            /* how far they have been used */
	uint64_t base;        /* raw: place of octets[0] in the file */
	uint64_t line;        /* hex */
	uint8_t chunk[CHUNK]; /* hex: text not yet read */
	size_t chunk_len;
	size_t chunk_at;
};

struct source *source_new(FILE *file, enum source_form form)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s) {
		s->file = file;
		s->form = form;
	}
	return s;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	free(s->octets);
	free(s);
}

static int grow(struct source *s, size_t want)
{
	size_t cap = s->cap ? s->cap : CHUNK;

	while (cap < want)
		cap *= 2;
	if (cap == s->cap)
		return 0;
	uint8_t *octets = realloc(s->octets, cap);
	if (!octets)
		return -1;
	s->octets = octets;
	s->cap = cap;
	return 0;
}

/* ---- Raw ---- */

/* Reads on until `want` octets lie behind `at`, or the file ends. */
static int fill(struct source *s, size_t want)
{
	if (s->at > 0 && s->len - s->at < want) {
		memmove(s->octets, s->octets + s->at, s->len - s->at);
		s->base += s->at;
		s->len -= s->at;
		s->at = 0;
	}
	while (s->len - s->at < want && !s->at_end) {
		if (grow(s, s->len + CHUNK) != 0)
			return -1;
		size_t n = fread(s->octets + s->len, 1, CHUNK, s->file);
		s->len += n;
		if (n == 0 && ferror(s->file))
			return -1;
		s->at_end = n == 0;
	}
	return 0;
}

static bool known_message(const uint8_t *code)
{
	struct dl3_msg msg;
	/* Four octets of code give a type even where the rest of the message is missing. */
	enum dl3_err err = dl3_msg_decode((struct dl3_octets){ code, 4 }, &msg, NULL);

	(void)err;
	return msg.type != DL3_MSG_UNKNOWN;
}

/* Whether a frame with a message that is known seems to begin at `p`, with GLANCE octets there. */
static bool plausible(const uint8_t *p, size_t left)
{
	struct dl3_frame frame = { 0 };
	enum dl3_err err = dl3_frame_decode(p, left, &frame, NULL);

	if (err != DL3_OK && err != DL3_NEED_MORE)
		return false;
	return frame.header > 0 && frame.size >= frame.header + 4 && left >= frame.header + 4 &&
	       known_message(p + frame.header);
}

/*
 * Searches for the next frame. 0x49 occurs inside payloads too, so it must be followed by a
 * length and a known message code. @return 1 when one is found, 0 at the end of the file.
 */
static int search(struct source *s)
{
	for (;;) {
		s->at++;
		if (fill(s, GLANCE) != 0)
			return -1;
		const uint8_t *p = s->octets + s->at;
		size_t left = s->len - s->at;
		if (left == 0)
			return 0;
		const uint8_t *next = memchr(p, DL3_DISCRIMINATOR, left);
		s->at += next ? (size_t)(next - p) : left - 1;
		if (!next)
			continue;
		if (fill(s, GLANCE) != 0)
			return -1;
		if (plausible(s->octets + s->at, s->len - s->at))
			return 1;
	}
}

/* Framing is lost: says where, and finds the place to go on. */
static int lost(struct source *s, struct source_item *item)
{
	item->fault.offset += item->offset;
	int found = search(s);
	if (found < 0)
		return -1;
	item->resumed = found == 1;
	item->resume = s->base + s->at;
	return 1;
}

static int cut_short(struct source *s, struct source_item *item)
{
	size_t left = s->len - s->at;

	item->fault = (struct dl3_fault){
		.err = DL3_ERR_TRUNCATED_FRAME,
		.offset = item->offset,
		.expected = "a whole frame",
		.came = "the end after octets:",
		.value = left,
		.has_offset = true,
		.has_value = true,
	};
	s->at = s->len;
	return 1;
}

static int next_raw(struct source *s, struct source_item *item)
{
	struct dl3_frame frame = { .size = 1 };
	enum dl3_err err = DL3_NEED_MORE;

	while (err == DL3_NEED_MORE) {
		size_t had = s->len - s->at;
		if (fill(s, frame.size) != 0)
			return -1;
		size_t left = s->len - s->at;
		item->offset = s->base + s->at;
		if (left == 0)
			return 0;
		err = dl3_frame_decode(s->octets + s->at, left, &frame, &item->fault);
		if (err == DL3_NEED_MORE && s->at_end && left == had)
			return cut_short(s, item);
	}
	if (err != DL3_OK)
		return lost(s, item);
	item->payload = frame.payload;
	item->header = frame.header;
	s->at += frame.size;
	return 1;
}

/* ---- Hexadecimal ---- */

static int next_char(struct source *s)
{
	if (s->chunk_at == s->chunk_len) {
		s->chunk_len = fread(s->chunk, 1, sizeof(s->chunk), s->file);
		s->chunk_at = 0;
		if (s->chunk_len == 0)
			return EOF;
	}
	return s->chunk[s->chunk_at++];
}

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int skip_line(struct source *s, int c)
{
	while (c != '\n' && c != EOF)
		c = next_char(s);
	return c;
}

static void not_hex(struct source_item *item, size_t column, const char *expected, const char *came, int c)
{
	item->not_hex = true;
	item->fault = (struct dl3_fault){
		.err = DL3_ERR_TEXT,
		.offset = column,
		.expected = expected,
		.came = came,
		.value = (uint64_t)c,
		.has_offset = true,
		.has_value = c != EOF,
		.is_code = true,
	};
}

/* Adds a digit to the octets of the line. */
static int add_digit(struct source *s, size_t nibbles, int value)
{
	if (nibbles % 2 == 1) {
		s->octets[s->len - 1] = (uint8_t)(s->octets[s->len - 1] | value);
		return 0;
	}
	if (grow(s, s->len + 1) != 0)
		return -1;
	s->octets[s->len++] = (uint8_t)(value << 4);
	return 0;
}

/* Reads a line's octets. @return 1 with octets or a fault, 0 at the end of the file. */
static int read_line(struct source *s, struct source_item *item)
{
	size_t nibbles = 0, column = 0;
	int c = next_char(s);

	s->len = s->at = 0;
	s->line++;
	if (c == EOF)
		return ferror(s->file) ? -1 : 0;
	for (; c != '\n' && c != EOF && c != '#'; c = next_char(s)) {
		column++;
		if (isspace(c))
			continue;
		if (digit(c) < 0 || s->len > KEEP_MAX) {
			bool digits = digit(c) >= 0;
			not_hex(item, column,
			        digits ? "no more than two of the longest frames on a line"
			               : "a hexadecimal digit",
			        digits ? "a longer line" : "the character", digits ? EOF : c);
			break;
		}
		if (add_digit(s, nibbles++, digit(c)) != 0)
			return -1;
	}
	skip_line(s, c);
	if (!item->not_hex && nibbles % 2 == 1)
		not_hex(item, column, "an even number of hexadecimal digits", "one too few", EOF);
	if (item->not_hex)
		s->len = 0;
	return 1;
}

static int next_hex(struct source *s, struct source_item *item)
{
	struct dl3_frame frame;

	while (s->at == s->len && !item->not_hex) {
		int got = read_line(s, item);
		if (got != 1)
			return got;
	}
	item->line = s->line;
	if (item->not_hex)
		return 1;
	item->offset = s->at;
	enum dl3_err err = dl3_frame_decode(s->octets + s->at, s->len - s->at, &frame, &item->fault);
	if (err == DL3_NEED_MORE)
		return cut_short(s, item);
	if (err != DL3_OK) {
		/* The next line begins a frame of its own: there is no need to search. */
		item->fault.offset += s->at;
		s->at = s->len;
		return 1;
	}
	item->payload = frame.payload;
	item->header = frame.header;
	s->at += frame.size;
	return 1;
}

/* ---- Either ---- */

/* Hexadecimal text begins with a digit, a comment or white space; a frame begins with 'I', and
 * octets that are no text at all are raw. */
static int detect(struct source *s)
{
	if (fill(s, 1) != 0)
		return -1;
	size_t i = 0;
	while (i < s->len && isspace(s->octets[i]))
		i++;
	bool hex = i < s->len && (s->octets[i] == '#' || digit(s->octets[i]) >= 0);
	/* A first octet that is a digit and a second that is no text: raw after all. */
	for (size_t k = i; hex && s->octets[i] != '#' && k < s->len && k < i + 8; k++)
		hex = digit(s->octets[k]) >= 0 || isspace(s->octets[k]);
	s->form = hex ? SOURCE_HEX : SOURCE_RAW;
	return 0;
}

/* What detect() read is the first text of a hex file. */
static void hand_over(struct source *s)
{
	size_t n = s->len < sizeof(s->chunk) ? s->len : sizeof(s->chunk);

	memcpy(s->chunk, s->octets, n);
	s->chunk_len = n;
	s->chunk_at = 0;
	s->len = s->at = 0;
}

int source_next(struct source *s, struct source_item *item)
{
	*item = (struct source_item){ 0 };
	if (s->form == SOURCE_DETECT) {
		if (detect(s) != 0)
			return -1;
		if (s->form == SOURCE_HEX)
			hand_over(s);
	}
	return s->form == SOURCE_RAW ? next_raw(s, item) : next_hex(s, item);
}
