/* SPDX-License-Identifier: MIT */
/* Frames and messages: the input is a stream of frames, and also one payload. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void str_lies_in(struct dl3_str s, struct dl3_octets home)
{
	must_lie_in(s.ptr, s.len, home);
}

static void octets_lie_in(struct dl3_octets o, struct dl3_octets home)
{
	must_lie_in(o.ptr, o.len, home);
}

static void message_lies_in(const struct dl3_msg *m, struct dl3_octets home)
{
	octets_lie_in(m->body, home);
	octets_lie_in(m->rest, home);
	switch (m->type) {
	case DL3_MSG_TEST_REQUEST:
		octets_lie_in(m->u.test_request.payload, home);
		break;
	case DL3_MSG_TEST_REPLY:
		octets_lie_in(m->u.test_reply.payload, home);
		break;
	case DL3_MSG_AUTH_REQUEST:
		str_lies_in(m->u.auth_request.user, home);
		str_lies_in(m->u.auth_request.application, home);
		octets_lie_in(m->u.auth_request.response, home);
		octets_lie_in(m->u.auth_request.tuples, home);
		break;
	case DL3_MSG_AUTH_REPLY:
		octets_lie_in(m->u.auth_reply.challenge, home);
		str_lies_in(m->u.auth_reply.pbx, home);
		str_lies_in(m->u.auth_reply.variant, home);
		octets_lie_in(m->u.auth_reply.tuples, home);
		break;
	case DL3_MSG_EVENT_REQUEST:
		str_lies_in(m->u.event_request.flags, home);
		break;
	case DL3_MSG_EVENT_REPLY:
		str_lies_in(m->u.event_reply.flags, home);
		break;
	case DL3_MSG_EVENT:
		octets_lie_in(m->u.event.tuples, home);
		break;
	case DL3_MSG_READ_REQUEST:
		str_lies_in(m->u.read_request.file, home);
		break;
	case DL3_MSG_READ_REPLY:
		octets_lie_in(m->u.read_reply.contents, home);
		break;
	case DL3_MSG_UNKNOWN:
		break;
	}
}

/* The message's frame, to be freed. */
static uint8_t *encode(const struct dl3_msg *m, size_t *len)
{
	size_t need = 0;

	MUST(dl3_msg_encode(m, NULL, 0, &need) == DL3_ERR_SPACE);
	uint8_t *out = malloc(need);

	MUST(out != NULL && dl3_msg_encode(m, out, need, len) == DL3_OK && *len == need);
	return out;
}

/* What a message keeps of the octets it came from is kept for good. */
static void encodes_and_decodes(const struct dl3_msg *m)
{
	size_t len = 0;
	size_t again_len = 0;
	uint8_t *out = encode(m, &len);
	struct dl3_frame frame;
	struct dl3_msg again;

	MUST(dl3_frame_decode(out, len, &frame, NULL) == DL3_OK && frame.size == len);
	MUST(dl3_msg_decode(frame.payload, &again, NULL) == DL3_OK);
	MUST(again.type == m->type && again.code == m->code && again.request_id == m->request_id);
	uint8_t *out_again = encode(&again, &again_len);

	MUST(again_len == len && memcmp(out, out_again, len) == 0);
	free(out);
	free(out_again);
}

static void walk(struct dl3_octets table)
{
	struct dl3_octets home = table;
	struct dl3_tuple tuple;
	struct dl3_fault fault = { .err = DL3_OK };
	enum dl3_err err;

	while ((err = dl3_tuple_next(&table, &tuple, &fault)) == DL3_OK) {
		size_t len = 0;
		uint8_t *out = malloc(tuple.data.len + DL3_TUPLE_HEADER);

		octets_lie_in(tuple.data, home);
		MUST(out != NULL);
		MUST(dl3_tuple_encode(&tuple, out, tuple.data.len + DL3_TUPLE_HEADER, &len) == DL3_OK);
		MUST(memcmp(out, tuple.data.ptr - DL3_TUPLE_HEADER, len) == 0);
		free(out);
	}
	MUST(err == DL3_END ||
	     (err == DL3_ERR_TRUNCATED_TUPLE && fault.err == err && fault.offset <= home.len));
	MUST(table.len == 0);
}

static void message(struct dl3_octets payload)
{
	struct dl3_msg m;
	struct dl3_fault fault = { .err = DL3_OK };
	enum dl3_err err = dl3_msg_decode(payload, &m, &fault);
	char text[DL3_FAULT_TEXT_MAX];

	MUST(fault.err == err);
	message_lies_in(&m, payload);
	if (err != DL3_OK) {
		MUST(fault.offset <= payload.len && fault.expected != NULL);
		MUST(dl3_fault_text(&fault, text, sizeof(text)) > 0);
		return;
	}
	encodes_and_decodes(&m);
	if (m.type == DL3_MSG_EVENT) {
		walk(m.u.event.tuples);
	}
	if (m.type == DL3_MSG_EVENT_REQUEST) {
		struct dl3_str unknown;

		MUST((dl3_flags_parse(m.u.event_request.flags, &unknown) & ~DL3_FLAGS_ALL) == 0);
		str_lies_in(unknown, payload);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dl3_frame frame;
	size_t at = 0;

	for (;;) {
		enum dl3_err err = dl3_frame_decode(data + at, size - at, &frame, NULL);

		if (err != DL3_OK) {
			MUST(err != DL3_NEED_MORE || frame.size > size - at);
			break;
		}
		MUST(frame.size >= frame.header && frame.size <= size - at);
		MUST(frame.payload.ptr == data + at + frame.header);
		message(frame.payload);
		at += frame.size;
	}
	message((struct dl3_octets){ data, size });
	return 0;
}
