/* SPDX-License-Identifier: MIT */
/*
 * The packets of a capture: link layers, IP, TCP, and how it is put together. The input is the kind of
 * link, then packets, each behind two octets of its length and one of how much more was sent.
 */
#include "check.h"
#include "cli/capture.h"

struct seen {
	uint64_t holes;
	uint64_t missing;
};

static int item(const struct source_item *item, void *arg)
{
	struct seen *seen = arg;

	MUST(item->origin != NULL && item->origin->from != NULL && item->origin->to != NULL);
	if (item->hole) {
		seen->holes++;
		seen->missing += item->missing;
	} else {
		MUST((item->fault.err == DL3_OK) == (item->header > 0));
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	struct capture_config config = { .item = item, .arg = &seen };
	uint64_t time_ns = 0;

	if (size < 1)
		return 0;
	enum capture_link link = (enum capture_link)(data[0] % (CAPTURE_LINK_RAW + 1));
	struct capture *capture = capture_new(&config);
	MUST(capture != NULL);
	for (size_t at = 1; at + 3 <= size;) {
		size_t len = (size_t)data[at] << 8 | data[at + 1], more = data[at + 2];

		at += 3;
		if (len > size - at)
			len = size - at;
		MUST(capture_feed(capture, link, time_ns++, data + at, len, len + more) == 0);
		at += len;
	}
	MUST(capture_end(capture) == 0);
	struct capture_counts counts = capture_counts(capture);
	MUST(counts.holes == seen.holes && counts.missing == seen.missing);
	capture_free(capture);
	return 0;
}
