/* SPDX-License-Identifier: MIT */
/* Delta2 and SIPTrack records: the input is their text in UTF-8. */
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dl3_octets home = { data, size };
	struct dl3_str text = { .ptr = (const char *)data, .len = (uint32_t)size };
	struct dl3_record record;
	struct dl3_fault fault = { .err = DL3_OK };
	enum dl3_err err = dl3_delta2_decode(text, &record, &fault);

	MUST(err == DL3_OK || err == DL3_ERR_DELTA2);
	MUST(fault.err == err && fault.offset <= size);
	must_hold(&record, home);
	dl3_siptrack_decode(text, &record);
	must_hold(&record, home);
	return 0;
}
