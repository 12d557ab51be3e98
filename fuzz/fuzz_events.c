/* SPDX-License-Identifier: MIT */
/* The tuples of an event: the first octet chooses the code, the others are the data. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "support/same.h"

static void double_octets(struct dl3_octets in)
{
	size_t room = in.len / 2 * 3;
	char *text = malloc(room + 1);
	uint8_t *wide = malloc(2 * room + 2);
	char *again = malloc(3 * room + 3);
	size_t len = 0;
	size_t wide_len = 0;
	size_t again_len = 0;

	MUST(text != NULL && wide != NULL && again != NULL);
	enum dl3_err err = dl3_utf16_decode(in, text, room, &len, NULL);

	MUST(err == (in.len % 2 == 0 ? DL3_OK : DL3_ERR_TEXT));
	if (err == DL3_OK) {
		struct dl3_str view = { .ptr = text, .len = (uint32_t)len };

		MUST(len <= room && dl3t_utf8_valid(text, len));
		MUST(dl3_utf16_encode(view, true, wide, 2 * room + 2, &wide_len) == DL3_OK);
		MUST(wide_len <= in.len + 2);
		MUST(dl3_utf16_decode((struct dl3_octets){ wide, wide_len }, again, 3 * room + 3, &again_len,
		                      NULL) == DL3_OK);
		MUST(again_len == len && memcmp(text, again, len) == 0);
	}
	free(text);
	free(wide);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t codes[] = { DL3_TUPLE_CMEXTN, DL3_TUPLE_SIPTRACK, DL3_TUPLE_DELTA2,
		                          DL3_TUPLE_DELTA3, 0x0076ffffu };

	if (size < 1 || size > DL3_TUPLE_DATA_MAX) {
		return 0;
	}
	struct dl3_tuple tuple = { codes[data[0] % (sizeof(codes) / sizeof(codes[0]))],
		                   { data + 1, size - 1 } };
	size_t room = DL3_RECORD_SCRATCH(tuple.data.len);
	char *scratch = malloc(room + 1);
	struct dl3_record record;
	struct dl3_fault fault = { .err = DL3_OK };

	MUST(scratch != NULL);
	enum dl3_err err = dl3_record_decode(&tuple, scratch, room, &record, &fault);

	MUST(fault.err == err);
	MUST(err == DL3_OK || dl3_err_class(err) == DL3_CLASS_PROTOCOL);
	MUST(err == DL3_OK || record.kind == DL3_KIND_UNKNOWN);
	/* UTF-8 points into the tuple, double-octet text into the scratch. */
	bool wide = record.raw.ptr >= scratch && record.raw.ptr <= scratch + room;

	must_hold(&record, wide ? (struct dl3_octets){ (const uint8_t *)scratch, room } : tuple.data);
	double_octets(tuple.data);
	free(scratch);
	return 0;
}
