/* SPDX-License-Identifier: MIT */
/* Each macro of the public headers that is more than a number, used as C and as C++ would. */
#include <devlink3/devlink3.h>

static inline bool macros_of_rows(struct dl3_party *party, struct dl3_delta2_s *s)
{
	DL3_SET(party, DL3_PARTY_STATE, state, DL3_STATE_CONNECTED);
	DL3_SET(s, DL3_DELTA2_S_CALL_ID, call_id, 4294967296);
	return DL3_HAS(party, DL3_PARTY_STATE) && DL3_HAS(s, DL3_DELTA2_S_CALL_ID);
}

static inline size_t macros_of_sizes(const struct dl3_tuple *tuple)
{
	char scratch[DL3_RECORD_SCRATCH_MAX];
	size_t need = DL3_RECORD_SCRATCH(tuple->data.len);

	return need < sizeof(scratch) ? need : DL3_RECORD_SCRATCH(2 + 2);
}
