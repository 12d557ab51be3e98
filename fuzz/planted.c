/* SPDX-License-Identifier: MIT */
/*
 * A target with a fault in it, to see that fuzzing finds one: it reads past an array when a
 * well-formed Detail has three targets, the last of them with a number that cannot be read,
 * which no seed has. Nothing of the library is at fault, and nothing uses this but the check
 * that runs the fuzzer on it.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* The sum of some octets, of which there is one too few: that is the fault. */
static unsigned sum(size_t count)
{
	unsigned char *few = calloc(count - 1, 1);
	unsigned total = 0;

	MUST(few != NULL);
	for (size_t i = 0; i < count; i++) {
		total += few[i];
	}
	free(few);
	return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dl3_str text = { .ptr = (const char *)data, .len = (uint32_t)size, .escaped = true };
	struct dl3_record record;
	struct dl3_target target = { 0 };
	volatile unsigned total = 0;

	if (dl3_delta3_decode(text, &record, NULL) != DL3_OK || record.kind != DL3_KIND_DETAIL) {
		return 0;
	}
	struct dl3_str rest = record.u.detail.targets.raw;

	while (dl3_target_next(&rest, &target) == DL3_OK) {
	}
	if (record.u.detail.targets.count == 3 && target.row.unread != 0) {
		total = sum(record.u.detail.targets.count);
	}
	(void)total;
	return 0;
}
