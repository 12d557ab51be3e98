/* SPDX-License-Identifier: MIT */
/*
 * What was told of an end, for the records that name an end and say no more of it. Of bounded size:
 * an end that was told long ago may be forgotten.
 */
#ifndef CLI_WATCH_ENDS_H
#define CLI_WATCH_ENDS_H

#include <stdbool.h>

#include "watch_cells.h"

#define WATCH_WHO_MAX 96u

struct watch_end {
	uint64_t key;
	int64_t call;
	bool has_call;
	uint8_t len;
	char who[WATCH_WHO_MAX];
};

struct watch_ends;

struct watch_ends *watch_ends_new(void);
void watch_ends_free(struct watch_ends *ends);
void watch_ends_tell(struct watch_ends *ends, struct dl3_str end, const int64_t *call,
                     const struct cells_text *who);
/* NULL when it is not known. Lives until the next call. */
const struct watch_end *watch_ends_find(const struct watch_ends *ends, struct dl3_str end);

/* Counts a call of a PBX, by its number there, unless it was counted before. */
void watch_ends_count(struct watch_ends *ends, uint32_t pbx, int64_t call);
uint64_t watch_ends_calls(const struct watch_ends *ends);

#endif
