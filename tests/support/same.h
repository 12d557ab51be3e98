/* SPDX-License-Identifier: MIT */
/**
 * @file same.h
 * What tests and fuzz targets need to look at text and records without knowing their tables:
 * plain text, an independent UTF-8 check, and whether two records say the same.
 */
#ifndef DL3T_SAME_H
#define DL3T_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devlink3/record.h>

/** Whether octets are valid UTF-8: shortest form, no surrogates, nothing past U+10FFFF. */
bool dl3t_utf8_valid(const void *data, size_t len);

/** The plain text as a NUL-terminated string of `*len` octets (`len` may be NULL), to be freed.
 * Ends the program when dl3_str_plain() breaks its contract. */
char *dl3t_plain(struct dl3_str s, size_t *len);

/** Whether two views are the same text, once plain. Absent and empty are the same here. */
bool dl3t_text_same(struct dl3_str a, struct dl3_str b);

/** The row of a record that has just one, and its table; NULL for the other kinds. */
const struct dl3_row *dl3t_record_row(const struct dl3_record *record, enum dl3_row_kind *kind);

/** The members of a row by index. */
struct dl3_str dl3t_text_at(enum dl3_row_kind kind, const void *row, size_t index);
int64_t dl3t_number_at(enum dl3_row_kind kind, const void *row, size_t index);
bool dl3t_is_text(enum dl3_row_kind kind, size_t index);

/** How alike two records must be; bits. */
enum dl3t_likeness {
	DL3T_EXACT = 0,
	/** The second was written from the first: it may have more empty fields, is regular where
	 * the first was not, and has no say on numbers that could not be read. */
	DL3T_REWRITTEN = 1,
	/** A comma of the first became a blank: Delta2 and SIPTrack have no quoting. */
	DL3T_NO_COMMAS = 2,
};

/** What differs, as a static or caller's text: "target 2: cli"; empty when nothing does. */
struct dl3t_difference {
	char text[160];
};

/** Whether two rows of a kind are alike. `why` gets the first difference. */
bool dl3t_row_same(enum dl3_row_kind kind, const void *a, const void *b, unsigned likeness,
                   struct dl3t_difference *why);

/** Whether two records are alike, raw text apart. `why` gets the first difference. */
bool dl3t_record_same(const struct dl3_record *a, const struct dl3_record *b, unsigned likeness,
                      struct dl3t_difference *why);

#endif
