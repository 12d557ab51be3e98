/* SPDX-License-Identifier: MIT */
/* Delta3 records, rows and plain text: the input is the text. */
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dl3_octets home = { data, size };
	struct dl3_str text = { .ptr = (const char *)data, .len = (uint32_t)size, .escaped = true };
	struct dl3_record record;
	struct dl3_fault fault = { .err = DL3_OK };
	enum dl3_err err = dl3_delta3_decode(text, &record, &fault);

	MUST(err == DL3_OK || err == DL3_ERR_DELTA3);
	MUST(fault.err == err && fault.offset <= size);
	MUST(err == DL3_OK || record.kind == DL3_KIND_UNKNOWN);
	MUST(record.raw.len == size);
	must_hold(&record, home);
	must_hold_rows(text);
	must_hold_text(text);
	text.escaped = false;
	must_hold_text(text);
	return 0;
}
