/* SPDX-License-Identifier: MIT */
/**
 * @file told.h
 * What a tracker tells, held against what it promises: each call that began ends once, no two that are up have
 * one id, limits are kept, and whatever is shown can be written as JSON.
 */
#ifndef DL3_FUZZ_TOLD_H
#define DL3_FUZZ_TOLD_H

#include <devlink3/call.h>

#define TOLD_CALLS_MAX 64u
#define TOLD_ID_MAX 320u

struct told {
	struct dl3_tracker *tracker;
	struct dl3_tracker_config limits; /**< as they were set, without zeros */
	/** What is not fetched at once may be dropped, and nothing can be said of its end. */
	bool lazy;
	char up[TOLD_CALLS_MAX][TOLD_ID_MAX]; /**< ids of calls that began; empty: a free place */
};

/** Fetches up to `most` things. */
void told_fetch(struct told *s, size_t most);
/** Looks at everything that can be looked at. */
void told_look(struct told *s);

#endif
