/* SPDX-License-Identifier: MIT */
/* Frames out of hexadecimal text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

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

static void not_hex(struct source_item *item, size_t column, const char *expected, const char *came, int c)
{
	item->not_hex = true;
	item->fault = (struct dl3_fault){
		.err = DL3_ERR_TEXT,
		.offset = column,
		.expected = expected,
		.came = came,
		.value = (uint64_t)c,
		.has_value = c != EOF,
	};
}

/* Adds a digit to the octets of the line. */
static int add_digit(struct source_row *row, size_t nibbles, int value)
{
	if (nibbles % 2 == 1) {
		row->octets[row->len - 1] = (uint8_t)(row->octets[row->len - 1] | value);
		return 0;
	}
	if (grow(row) != 0)
		return -1;
	row->octets[row->len++] = (uint8_t)(value << 4);
	return 0;
}

/* Reads a line's octets. @return 1 with octets or a fault, 0 at the end of the file, -1 when reading failed. */
static int read_line(struct input *in, struct source_row *row, struct source_item *item)
{
	size_t nibbles = 0, column = 0;
	int c = next_char(in);

	row->len = row->at = 0;
	row->line++;
	if (c < 0)
		return c == EOF ? 0 : -1;
	for (; c != '\n' && c >= 0 && c != '#'; c = next_char(in)) {
		column++;
		if (isspace(c))
			continue;
		if (digit(c) < 0 || row->len > ROW_MAX) {
			bool digits = digit(c) >= 0;
			not_hex(item, column,
			        digits ? "no more than two of the longest frames on a line"
			               : "a hexadecimal digit",
			        digits ? "a longer line" : "the character", digits ? EOF : c);
			break;
		}
		if (add_digit(row, nibbles++, digit(c)) != 0)
			return -1;
	}
	if (skip_line(in, c) == FAILED)
		return -1;
	if (!item->not_hex && nibbles % 2 == 1)
		not_hex(item, column, "an even number of hexadecimal digits", "one too few", EOF);
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
