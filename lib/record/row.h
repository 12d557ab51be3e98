/* SPDX-License-Identifier: MIT */
/* Rows: text between commas, put into the struct of their table. */
#ifndef DL3I_RECORD_ROW_H
#define DL3I_RECORD_ROW_H

#include <devlink3/record.h>

/* Octets that are looked at together. */
#define DL3I_BLOCK 64u
/* Rows of so many blocks are cut by masks; longer ones, which no PBX sends, are split octet by octet. */
#define DL3I_CUT_BLOCKS 16u
/* The most fields that a table has. */
#define DL3I_ROW_MAX 50u

/* A text, and where in it a row begins. */
struct dl3i_row_text {
	const char *start; /* what may be read */
	const char *end;
	const char *row;
	bool xml; /* '<' ends the row, and a comma in quoted text does not part */
};

/* A row with a bit for each octet that ends a field: its commas, and the octet behind it. */
struct dl3i_cut {
	const char *row;
	const char *row_end; /* '<', or the end of the text */
	uint32_t blocks;
	bool any_odd;
	uint64_t ends[DL3I_CUT_BLOCKS];
	uint64_t odd[DL3I_CUT_BLOCKS]; /* octets that need a closer look: white space, quotes, '&' */
};

/* Cuts a row. @return false when it is too long for that. */
bool dl3i_cut_row(const struct dl3i_row_text *text, struct dl3i_cut *out);

/* A row split at its commas. Field i begins at starts[i] and ends in front of starts[i + 1] - 1,
 * counted from `row`. */
struct dl3i_split {
	const char *row;
	const char *row_end;
	const char *extra; /* what lies behind the last field; NULL when nothing does */
	uint32_t count;    /* fields found, at most those asked for; 0 for a row of white space */
	uint32_t starts[DL3I_ROW_MAX + 1];
};

/* Splits any row into at most `max` fields, octet by octet. */
void dl3i_split_row(const struct dl3i_row_text *text, uint32_t max, struct dl3i_split *out);

/* Put a row into the struct of its kind, which need not be initialised. @return where the row ends. */
#define DL3_ROW(kind, title, section) \
	const char *dl3i_read_##kind(const struct dl3i_row_text *text, struct dl3_##kind *out);
#include <devlink3/tables/rows.def>
#undef DL3_ROW

/* The same for a kind known when it runs; inline, so that a constant kind costs no switch. */
static inline const char *dl3i_read_row(enum dl3_row_kind kind, const struct dl3i_row_text *text, void *out)
{
	switch (kind) {
#define DL3_ROW(kind, title, section) \
	case DL3_ROW_##kind:          \
		return dl3i_read_##kind(text, out);
#include <devlink3/tables/rows.def>
#undef DL3_ROW
	case DL3_ROW_COUNT:
		break;
	}
	return text->row;
}

#endif
