/* SPDX-License-Identifier: MIT */
/* Decodes one record and prints what it says: `CallLost c0a82a0300000413: normal`. */
#include <devlink3/devlink3.h>
#include <stdio.h>

int main(void)
{
	struct dl3_str text = dl3_str_of("<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>");
	struct dl3_record record;
	struct dl3_fault fault;

	if (dl3_delta3_decode(text, &record, &fault) != DL3_OK) {
		char why[DL3_FAULT_TEXT_MAX];
		dl3_fault_text(&fault, why, sizeof(why));
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	if (record.kind != DL3_KIND_CALL_LOST || !DL3_HAS(&record.u.call_lost, DL3_CALL_LOST_CAUSE)) {
		return 1;
	}
	const struct dl3_call_lost *lost = &record.u.call_lost;
	const char *cause = dl3_enum_name(DL3_ENUM_cause, lost->cause);
	printf("CallLost %.*s: %s\n", (int)lost->end.len, lost->end.ptr,
	       cause ? cause : "a cause without a name");
	return 0;
}
