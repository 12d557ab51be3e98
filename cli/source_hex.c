/* SPDX-License-Identifier: MIT */
/* Frames out of hexadecimal text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

/* The most octets on a line. */
#define ROW_MAX ((size_t)2 * DL3_FRAME_MAX)

static int grow(struct source_row *row)
{
	size_t cap = row->cap > 0 ? row->cap * 2 : 4096;

	if (row->len < row->cap)
		return 0;
	uint8_t *octets = realloc(row->octets, cap);
	if (!octets)
		return -1;
	row->octets = octets;
	row->cap = cap;
	return 0;
}

/* The next character, EOF at the end, or FAILED. */
#define FAILED (EOF - 1)
static int next_char(struct input *in)
{
	if (input_left(in) == 0 && input_fill(in, 1) != 0)
		return FAILED;
	return input_left(in) > 0 ? in->octets[in->at++] : EOF;
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

static int skip_line(struct input *in, int c)
{
	while (c != '\n' && c >= 0)
		c = next_char(in);
	return c;
}

/* Where in a line reading is. */
struct cursor {
	size_t column;     /* from 1 */
	size_t last_digit; /* column of it */
	size_t digits;     /* in the group so far */
	bool prefixed;     /* the group begins with 0x */
};

static int not_hex(struct source_item *item, size_t column, const char *expected, const char *came)
{
	item->not_hex = true;
	item->fault = (struct dl3_fault){
		.err = DL3_ERR_TEXT, .offset = column, .expected = expected, .came = came
	};
	return 0;
}

/* A character that has no place where it stands. */
static int wrong_character(struct source_item *item, size_t column, int c)
{
	not_hex(item, column, "a hexadecimal digit", "the character");
	item->fault.value = (uint64_t)c;
	item->fault.has_value = true;
	return 0;
}

static bool separates(int c)
{
	return isspace(c) || c == ':' || c == '-' || c == ',';
}

/* A group of digits ends: it must be whole octets. @return 1, or 0 with a fault. */
static int end_group(struct cursor *at, struct source_item *item)
{
	if (at->digits % 2 == 1)
		return not_hex(item, at->last_digit, "an even number of hexadecimal digits", "one too few");
	if (at->prefixed && at->digits == 0)
		return not_hex(item, at->column, "hexadecimal digits behind 0x", "none");
	at->digits = 0;
	at->prefixed = false;
	return 1;
}

/* Adds a digit to the octets of the line. @return 1, 0 with a fault, -1 when there is no memory. */
static int add_digit(struct source_row *row, struct cursor *at, struct source_item *item, int value)
{
	at->last_digit = at->column;
	if (at->digits++ % 2 == 1) {
		row->octets[row->len - 1] = (uint8_t)(row->octets[row->len - 1] | value);
		return 1;
	}
	if (row->len == ROW_MAX)
		return not_hex(item, at->column,
		               "no more octets on a line than two of the longest frames have", "another");
	if (grow(row) != 0)
		return -1;
	row->octets[row->len++] = (uint8_t)(value << 4);
	return 1;
}

/* @return as add_digit(). */
static int take(struct source_row *row, struct cursor *at, struct source_item *item, int c)
{
	at->column++;
	if (separates(c))
		return end_group(at, item);
	if (digit(c) >= 0)
		return add_digit(row, at, item, digit(c));
	bool zero = at->digits == 1 && !at->prefixed && row->octets[row->len - 1] == 0;
	if (!zero || (c != 'x' && c != 'X'))
		return wrong_character(item, at->column, c);
	row->len--;
	at->digits = 0;
	at->prefixed = true;
	return 1;
}

/* The mark that some editors put in front of a text. */
static int skip_mark(struct input *in)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	if (input_fill(in, 1) != 0)
		return -1;
	if (input_left(in) == 0 || input_here(in)[0] != mark[0])
		return 0;
	if (input_fill(in, sizeof(mark)) != 0)
		return -1;
	if (input_left(in) >= sizeof(mark) && memcmp(input_here(in), mark, sizeof(mark)) == 0)
		in->at += sizeof(mark);
	return 0;
}

/* Reads a line's octets. @return 1 with octets or a fault, 0 at the end of the file, -1 when reading failed. */
static int read_line(struct input *in, struct source_row *row, struct source_item *item)
{
	struct cursor at = { 0 };
	int took = 1;

	row->len = row->at = 0;
	if (row->line++ == 0 && skip_mark(in) != 0)
		return -1;
	int c = next_char(in);
	if (c < 0)
		return c == EOF ? 0 : -1;
	for (; took == 1 && c != '\n' && c >= 0 && c != '#'; c = next_char(in))
		took = take(row, &at, item, c);
	if (took < 0 || skip_line(in, c) == FAILED)
		return -1;
	if (took == 1)
		end_group(&at, item);
	if (item->not_hex)
		row->len = 0;
	return 1;
}

static int cut_short(struct source_row *row, struct source_item *item)
{
	item->fault = (struct dl3_fault){
		.err = DL3_ERR_TRUNCATED_FRAME,
		.offset = item->offset,
		.expected = "a whole frame",
		.came = "the end after octets:",
		.value = row->len - row->at,
		.has_offset = true,
		.has_value = true,
	};
	row->at = row->len;
	return 1;
}

int source_next_hex(struct input *in, struct source_row *row, struct source_item *item)
{
	struct dl3_frame frame;

	while (row->at == row->len && !item->not_hex) {
		int got = read_line(in, row, item);
		if (got != 1)
			return got;
	}
	item->line = row->line;
	if (item->not_hex)
		return 1;
	item->offset = row->at;
	enum dl3_err err = dl3_frame_decode(row->octets + row->at, row->len - row->at, &frame, &item->fault);
	if (err == DL3_NEED_MORE)
		return cut_short(row, item);
	if (err != DL3_OK) {
		/* The next line begins a frame of its own: there is no need to search. */
		item->fault.offset += row->at;
		row->at = row->len;
		return 1;
	}
	item->payload = frame.payload;
	item->header = frame.header;
	row->at += frame.size;
	return 1;
}
