/* SPDX-License-Identifier: MIT */
/* A record in the words of the log: which call, who, whom, and what happened. */
#ifndef CLI_WATCH_ROW_H
#define CLI_WATCH_ROW_H

#include <devlink3/session.h>

#include "watch_cells.h"
#include "watch_ends.h"

/* How a row is coloured. */
enum watch_tone {
	TONE_PLAIN,
	TONE_UP,      /* connected */
	TONE_RINGING, /* something is to be done about it */
	TONE_GONE,
	TONE_BAD,
	TONE_ASIDE,
	TONE_LINK,
	TONES
};

struct watch_row {
	uint32_t pbx;
	struct cells_text call, from, to, what;
	enum watch_tone tone;
};

/* Fills in a row, which is empty, and remembers the ends that the record tells of. */
void watch_row_of(struct watch_row *row, struct watch_ends *ends, uint32_t pbx,
                  const struct dl3_record *record);

#endif
