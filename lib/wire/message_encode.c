/* SPDX-License-Identifier: MIT */
#include <devlink3/wire.h>
#include <string.h>

#include "base/octets.h"
#include "base/out.h"

/* Collects what the length fields could not say, so that each writer need not return it. */
struct writer {
	struct dl3i_out out;
	enum dl3_err err;
};

static void put16(struct writer *w, size_t v)
{
	uint8_t octets[2];

	if (v > UINT16_MAX)
		w->err = DL3_ERR_TOO_LONG;
	dl3i_set16(octets, (uint16_t)v);
	dl3i_put(&w->out, octets, sizeof(octets));
}

static void put32(struct writer *w, uint32_t v)
{
	uint8_t octets[4];

	dl3i_set32(octets, v);
	dl3i_put(&w->out, octets, sizeof(octets));
}

static void put_octets(struct writer *w, struct dl3_octets o)
{
	/* Seen here, so that adding up lengths cannot overflow. */
	if (o.len > DL3_PAYLOAD_MAX) {
		w->err = DL3_ERR_TOO_LONG;
		return;
	}
	dl3i_put(&w->out, o.ptr, o.len);
}

static void put_counted32(struct writer *w, struct dl3_octets o)
{
	put32(w, (uint32_t)o.len);
	put_octets(w, o);
}

/* A NUL inside text would end it early at the other end. */
static void put_text(struct writer *w, struct dl3_str s)
{
	if (s.len > 0 && memchr(s.ptr, 0, s.len))
		w->err = DL3_ERR_ARGUMENT;
	dl3i_put(&w->out, s.ptr, s.len);
}

static void put_closed(struct writer *w, struct dl3_str s)
{
	put_text(w, s);
	dl3i_put_char(&w->out, '\0');
}

static void put_text_tuple(struct writer *w, uint32_t code, struct dl3_str s)
{
	if (!s.ptr)
		return;
	put32(w, code);
	put16(w, (size_t)s.len + 1);
	put_closed(w, s);
}

static void put_auth_request(struct writer *w, const struct dl3_auth_request *m)
{
	put32(w, m->step);
	if (m->step == DL3_AUTH_STEP_SHA1_RESPONSE || m->step == DL3_AUTH_STEP_PLAIN_RESPONSE) {
		put_counted32(w, m->response);
	} else if (m->step == DL3_AUTH_STEP_REQUEST) {
		put_closed(w, m->user);
		if (m->tuples.ptr)
			put_octets(w, m->tuples);
		else
			put_text_tuple(w, DL3_TUPLE_APPLICATION, m->application);
	}
}

static void put_auth_reply(struct writer *w, const struct dl3_auth_reply *m)
{
	put32(w, m->result);
	if (m->result == DL3_AUTH_CHALLENGE_SHA1) {
		put_counted32(w, m->challenge);
	} else if (m->result != DL3_AUTH_CHALLENGE_PLAIN && m->tuples.ptr) {
		put_octets(w, m->tuples);
	} else if (m->result != DL3_AUTH_CHALLENGE_PLAIN) {
		put_text_tuple(w, DL3_TUPLE_PBX_VERSION, m->pbx);
		put_text_tuple(w, DL3_TUPLE_VARIANT, m->variant);
	}
}

static void put_flags(struct writer *w, struct dl3_str flags, uint16_t claimed, bool unclosed)
{
	size_t length = (size_t)flags.len + (unclosed ? 0 : 1);

	put16(w, claimed != 0 ? claimed : length);
	put_text(w, flags);
	if (!unclosed)
		dl3i_put_char(&w->out, '\0');
}

static void put_event_reply(struct writer *w, const struct dl3_event_reply *m)
{
	put32(w, m->result);
	if (m->flags.ptr)
		put_flags(w, m->flags, m->claimed_length, m->unclosed);
}

static void put_read_request(struct writer *w, const struct dl3_read_request *m)
{
	put16(w, (size_t)m->file.len + 1);
	put_closed(w, m->file);
}

static void put_body(struct writer *w, const struct dl3_msg *msg)
{
	switch (msg->type) {
	case DL3_MSG_TEST_REQUEST:
		put_counted32(w, msg->u.test_request.payload);
		break;
	case DL3_MSG_TEST_REPLY:
		put32(w, msg->u.test_reply.result);
		put_counted32(w, msg->u.test_reply.payload);
		break;
	case DL3_MSG_AUTH_REQUEST:
		put_auth_request(w, &msg->u.auth_request);
		break;
	case DL3_MSG_AUTH_REPLY:
		put_auth_reply(w, &msg->u.auth_reply);
		break;
	case DL3_MSG_EVENT_REQUEST:
		put_flags(w, msg->u.event_request.flags, msg->u.event_request.claimed_length,
		          msg->u.event_request.unclosed);
		break;
	case DL3_MSG_EVENT_REPLY:
		put_event_reply(w, &msg->u.event_reply);
		break;
	case DL3_MSG_EVENT:
		put32(w, msg->u.event.pbx);
		put32(w, msg->u.event.counter);
		put_octets(w, msg->u.event.tuples);
		break;
	case DL3_MSG_READ_REQUEST:
		put_read_request(w, &msg->u.read_request);
		break;
	case DL3_MSG_READ_REPLY:
		put32(w, msg->u.read_reply.result);
		put_octets(w, msg->u.read_reply.contents);
		break;
	case DL3_MSG_UNKNOWN:
		put_octets(w, msg->body);
		break;
	}
}

static uint32_t code_of(const struct dl3_msg *msg)
{
	switch (msg->type) {
#define DL3_MESSAGE_TYPE(NAME, name, meaning) \
	case DL3_MSG_##NAME:                  \
		return DL3_CODE_##NAME;
#include <devlink3/tables/wire.def>
	case DL3_MSG_UNKNOWN:
		break;
	}
	return msg->code;
}

static void put_payload(struct writer *w, const struct dl3_msg *msg)
{
	put32(w, code_of(msg));
	if (msg->type != DL3_MSG_UNKNOWN && msg->type != DL3_MSG_EVENT)
		put32(w, msg->request_id);
	put_body(w, msg);
	put_octets(w, msg->rest);
}

enum dl3_err dl3_msg_encode(const struct dl3_msg *msg, void *buf, size_t cap, size_t *len)
{
	struct writer w = { .out = dl3i_out_to(NULL, 0), .err = DL3_OK };
	uint8_t header[DL3_FRAME_HEADER_MAX];

	*len = 0;
	if ((unsigned)msg->type > DL3_MSG_READ_REPLY)
		return DL3_ERR_ARGUMENT;
	/* Once to measure, since the header's own length hangs on the payload's. */
	put_payload(&w, msg);
	if (w.err != DL3_OK)
		return w.err;
	size_t payload = w.out.len;
	size_t n = dl3_frame_header(payload, header);
	if (n == 0)
		return DL3_ERR_TOO_LONG;
	*len = n + payload;
	if (*len > cap)
		return DL3_ERR_SPACE;
	w.out = dl3i_out_to(buf, cap);
	dl3i_put(&w.out, header, n);
	put_payload(&w, msg);
	return DL3_OK;
}
