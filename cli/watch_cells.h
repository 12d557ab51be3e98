/* SPDX-License-Identifier: MIT */
/* Text in the cells of a terminal: names come from the wire, and may not disturb what is beside them. */
#ifndef CLI_WATCH_CELLS_H
#define CLI_WATCH_CELLS_H

#include <stdbool.h>

#include "base/out.h"

/* Room for the text of a column; what is longer is cut. */
#define CELLS_TEXT_MAX 1024u
struct cells_text {
	char buf[CELLS_TEXT_MAX];
	size_t len;
};

/* Has the width of characters known, whatever the locale. @return whether the terminal takes UTF-8. */
bool cells_locale(void);

/* Each adds to a text. From the wire: unescaped, and what a terminal would obey is a dot. */
void cells_str(struct cells_text *t, struct dl3_str s);
void cells_z(struct cells_text *t, const char *z);
void cells_signed(struct cells_text *t, int64_t value);
/* A word of a list: behind ", " when it is not the first. */
void cells_next(struct cells_text *t);

/*
 * Writes a text in at most `width` cells, with an ellipsis when it is cut, and fills up with spaces
 * to `width` when `pad`. A `width` of 0 is none. @return the cells written.
 */
unsigned cells_fit(struct dl3i_out *o, const struct cells_text *t, unsigned width, bool pad, bool utf8);

#endif
