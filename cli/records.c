/* SPDX-License-Identifier: MIT */
#include "message.h"

static size_t offset_of(const struct records *r, const uint8_t *p)
{
	return (size_t)(p - r->payload.ptr);
}

struct records records_of(const struct message *m, struct dl3_fault *fault)
{
	struct records r = { .payload = m->payload, .fault = fault, .scratch = m->scratch };

	if (m->msg.type == DL3_MSG_EVENT)
		r.left = m->msg.u.event.tuples;
	return r;
}

int records_next(struct records *r, struct dl3_tuple *tuple, struct dl3_record *record)
{
	struct dl3_fault fault = { .err = DL3_OK };

	/* An event that breaks off before its table has no table to count from. */
	if (r->left.len == 0)
		return 0;
	size_t at = offset_of(r, r->left.ptr);
	enum dl3_err err = dl3_tuple_next(&r->left, tuple, &fault);

	if (err == DL3_OK) {
		at = offset_of(r, tuple->data.ptr);
		err = dl3_record_decode(tuple, r->scratch, DL3_RECORD_SCRATCH_MAX, record, &fault);
	} else {
		*record = (struct dl3_record){ .kind = DL3_KIND_UNKNOWN };
		record->u.unknown = (struct dl3_unknown){ .tuple = tuple->code, .data = tuple->data };
	}
	if (err != DL3_OK && r->fault->err == DL3_OK) {
		*r->fault = fault;
		r->fault->offset += at;
	}
	return 1;
}
