/* SPDX-License-Identifier: MIT */
#include <devlink3/wire.h>
#include <string.h>

#include "base/octets.h"

static enum dl3_msg_type type_of(uint32_t code)
{
	switch (code) {
#define DL3_MESSAGE_TYPE(NAME, name, meaning) \
	case DL3_CODE_##NAME:                 \
		return DL3_MSG_##NAME;
#include <devlink3/tables/wire.def>
	default:
		return DL3_MSG_UNKNOWN;
	}
}

static enum dl3_err truncated(struct dl3i_reader *r, const char *expected)
{
	return dl3i_fail_value(r->fault, DL3_ERR_TRUNCATED_MESSAGE, r->at, expected,
	                       "octets left:", dl3i_left(r));
}

static enum dl3_err read32(struct dl3i_reader *r, uint32_t *out, const char *expected)
{
	if (dl3i_left(r) < 4)
		return truncated(r, expected);
	*out = dl3i_get32(r->start + r->at);
	r->at += 4;
	return DL3_OK;
}

static enum dl3_err read16(struct dl3i_reader *r, uint16_t *out, const char *expected)
{
	if (dl3i_left(r) < 2)
		return truncated(r, expected);
	*out = dl3i_get16(r->start + r->at);
	r->at += 2;
	return DL3_OK;
}

/* Everything that is left. */
static struct dl3_octets take_rest(struct dl3i_reader *r)
{
	struct dl3_octets all = { r->start + r->at, dl3i_left(r) };

	r->at = r->len;
	return all;
}

/* `n` octets, or what there is of them and an error at the length field behind which they stand. */
static enum dl3_err take(struct dl3i_reader *r, size_t n, size_t length_at, struct dl3_octets *out,
                         const char *expected)
{
	size_t left = dl3i_left(r);

	*out = (struct dl3_octets){ r->start + r->at, n < left ? n : left };
	r->at += out->len;
	if (n > left)
		return dl3i_fail_value(r->fault, DL3_ERR_TRUNCATED_MESSAGE, length_at, expected, "the length",
		                       n);
	return DL3_OK;
}

/* Four octets of length, then as many octets. */
static enum dl3_err counted32(struct dl3i_reader *r, struct dl3_octets *out, uint32_t *claimed,
                              const char *expected)
{
	uint32_t n = 0;
	size_t at = r->at;
	enum dl3_err err = read32(r, &n, expected);

	if (claimed)
		*claimed = n;
	return err != DL3_OK ? err : take(r, n, at, out, expected);
}

static struct dl3_str text_of(struct dl3_octets o)
{
	return (struct dl3_str){ .ptr = (const char *)o.ptr, .len = (uint32_t)o.len };
}

/* The text of some octets up to the first NUL, if there is one. */
static struct dl3_str text_to_nul(struct dl3_octets o)
{
	const uint8_t *nul = o.len > 0 ? memchr(o.ptr, 0, o.len) : NULL;

	if (nul)
		o.len = (size_t)(nul - o.ptr);
	return text_of(o);
}

static enum dl3_err test_request(struct dl3i_reader *r, struct dl3_test_request *m)
{
	/* The payload is optional; a packet that ends before its length has none. */
	if (dl3i_left(r) == 0)
		return DL3_OK;
	return counted32(r, &m->payload, &m->claimed_length, "a test payload that ends inside its frame");
}

static enum dl3_err test_reply(struct dl3i_reader *r, struct dl3_test_reply *m)
{
	enum dl3_err err = read32(r, &m->result, "4 octets of test result");

	/* As in the request, a packet that ends before its length has no payload. */
	if (err != DL3_OK || dl3i_left(r) == 0)
		return err;
	return counted32(r, &m->payload, NULL, "a test payload that ends inside its frame");
}

/* Takes the rest as a table of tuples, and the texts of those that are asked for. */
static enum dl3_err auth_tuples(struct dl3i_reader *r, struct dl3_octets *table, uint32_t code_a,
                                struct dl3_str *a, uint32_t code_b, struct dl3_str *b)
{
	size_t start = r->at;
	struct dl3_tuple tuple;
	enum dl3_err err = DL3_OK;

	*table = take_rest(r);
	struct dl3_octets left = *table;
	while (err == DL3_OK) {
		size_t at = start + table->len - left.len;
		err = dl3_tuple_next(&left, &tuple, r->fault);
		if (err != DL3_OK && err != DL3_END && r->fault)
			r->fault->offset += at;
		if (err == DL3_OK && tuple.code == code_a)
			*a = text_to_nul(tuple.data);
		if (err == DL3_OK && b && tuple.code == code_b)
			*b = text_to_nul(tuple.data);
	}
	return err == DL3_END ? DL3_OK : err;
}

static enum dl3_err auth_request(struct dl3i_reader *r, struct dl3_msg *msg)
{
	struct dl3_auth_request *m = &msg->u.auth_request;
	enum dl3_err err = read32(r, &m->step, "4 octets of authentication step");

	if (err != DL3_OK)
		return err;
	if (m->step == DL3_AUTH_STEP_SHA1_RESPONSE || m->step == DL3_AUTH_STEP_PLAIN_RESPONSE)
		return counted32(r, &m->response, NULL, "a challenge response that ends inside its frame");
	if (m->step != DL3_AUTH_STEP_REQUEST)
		return DL3_OK;
	struct dl3_octets left = { r->start + r->at, dl3i_left(r) };
	m->user = text_to_nul(left);
	if (m->user.len == left.len)
		return truncated(r, "a user name closed by a NUL");
	r->at += m->user.len + 1;
	return auth_tuples(r, &m->tuples, DL3_TUPLE_APPLICATION, &m->application, 0, NULL);
}

static enum dl3_err auth_reply(struct dl3i_reader *r, struct dl3_msg *msg)
{
	struct dl3_auth_reply *m = &msg->u.auth_reply;
	enum dl3_err err = read32(r, &m->result, "4 octets of authentication result");

	if (err != DL3_OK || m->result == DL3_AUTH_CHALLENGE_PLAIN)
		return err;
	if (m->result == DL3_AUTH_CHALLENGE_SHA1)
		return counted32(r, &m->challenge, NULL, "a challenge that ends inside its frame");
	return auth_tuples(r, &m->tuples, DL3_TUPLE_PBX_VERSION, &m->pbx, DL3_TUPLE_VARIANT, &m->variant);
}

/*
 * Flags go to their NUL or the end of the frame, whatever their length says: a published
 * sample client sends half the true length.
 */
static enum dl3_err flags_text(struct dl3i_reader *r, struct dl3_str *flags, uint16_t *claimed,
                               bool *unclosed)
{
	enum dl3_err err = read16(r, claimed, "2 octets of flags length");

	if (err != DL3_OK)
		return err;
	struct dl3_octets left = { r->start + r->at, dl3i_left(r) };
	*flags = text_to_nul(left);
	*unclosed = flags->len == left.len;
	r->at += flags->len + (*unclosed ? 0 : 1);
	return DL3_OK;
}

static enum dl3_err event_request(struct dl3i_reader *r, struct dl3_msg *msg)
{
	struct dl3_event_request *m = &msg->u.event_request;

	return flags_text(r, &m->flags, &m->claimed_length, &m->unclosed);
}

static enum dl3_err event_reply(struct dl3i_reader *r, struct dl3_msg *msg)
{
	struct dl3_event_reply *m = &msg->u.event_reply;
	enum dl3_err err = read32(r, &m->result, "4 octets of event request result");

	/* A refusal has no flags to name, and a success need not name those that were asked for. */
	if (err != DL3_OK || dl3i_left(r) == 0)
		return err;
	return flags_text(r, &m->flags, &m->claimed_length, &m->unclosed);
}

static enum dl3_err event(struct dl3i_reader *r, struct dl3_msg *msg)
{
	struct dl3_event_message *m = &msg->u.event;
	enum dl3_err err = read32(r, &m->pbx, "4 octets of PBX address");

	if (err == DL3_OK)
		err = read32(r, &m->counter, "4 octets of event counter");
	if (err == DL3_OK)
		m->tuples = take_rest(r);
	return err;
}

static enum dl3_err read_request(struct dl3i_reader *r, struct dl3_msg *msg)
{
	size_t at = r->at;
	uint16_t n = 0;
	struct dl3_octets name = { 0 };
	enum dl3_err err = read16(r, &n, "2 octets of file name length");

	if (err == DL3_OK)
		err = take(r, n, at, &name, "a file name that ends inside its frame");
	msg->u.read_request.file = text_to_nul(name);
	return err;
}

static enum dl3_err read_reply(struct dl3i_reader *r, struct dl3_msg *msg)
{
	enum dl3_err err = read32(r, &msg->u.read_reply.result, "4 octets of file result");

	if (err == DL3_OK)
		msg->u.read_reply.contents = take_rest(r);
	return err;
}

static enum dl3_err body(struct dl3i_reader *r, struct dl3_msg *msg)
{
	switch (msg->type) {
	case DL3_MSG_TEST_REQUEST:
		return test_request(r, &msg->u.test_request);
	case DL3_MSG_TEST_REPLY:
		return test_reply(r, &msg->u.test_reply);
	case DL3_MSG_AUTH_REQUEST:
		return auth_request(r, msg);
	case DL3_MSG_AUTH_REPLY:
		return auth_reply(r, msg);
	case DL3_MSG_EVENT_REQUEST:
		return event_request(r, msg);
	case DL3_MSG_EVENT_REPLY:
		return event_reply(r, msg);
	case DL3_MSG_EVENT:
		return event(r, msg);
	case DL3_MSG_READ_REQUEST:
		return read_request(r, msg);
	case DL3_MSG_READ_REPLY:
		return read_reply(r, msg);
	case DL3_MSG_UNKNOWN:
		break;
	}
	msg->body = take_rest(r);
	return DL3_OK;
}

enum dl3_err dl3_msg_decode(struct dl3_octets payload, struct dl3_msg *out, struct dl3_fault *fault)
{
	struct dl3i_reader r = { .start = payload.ptr, .len = payload.len, .fault = fault };

	*out = (struct dl3_msg){ .type = DL3_MSG_UNKNOWN };
	enum dl3_err err = read32(&r, &out->code, "4 octets of message code");
	if (err != DL3_OK)
		return err;
	out->type = type_of(out->code);
	if (out->type != DL3_MSG_UNKNOWN && out->type != DL3_MSG_EVENT)
		err = read32(&r, &out->request_id, "4 octets of request id");
	if (err == DL3_OK)
		err = body(&r, out);
	out->rest = take_rest(&r);
	return err;
}
