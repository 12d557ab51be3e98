/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "message.h"
#include "record/json.h"

static struct dl3_str text_of(struct dl3_octets o)
{
	return (struct dl3_str){ .ptr = o.len > 0 ? (const char *)o.ptr : "", .len = (uint32_t)o.len };
}

/* A name, or the number of what has none. */
static void name_or_number(struct dl3i_json *j, const char *name, uint32_t number)
{
	if (name)
		dl3i_json_z(j, name);
	else
		dl3i_json_unsigned(j, number);
}

static void result(struct dl3i_json *j, const char *name, uint32_t number)
{
	DL3I_JSON_KEY(j, "result");
	name_or_number(j, name, number);
}

static void text_member(struct dl3i_json *j, const char *key, size_t len, struct dl3_str s)
{
	dl3i_json_ready_key(j, key, len);
	if (s.ptr)
		dl3i_json_str(j, s);
	else
		dl3i_json_literal(j, "null");
}
#define TEXT(j, literal, s) text_member(j, "\"" literal "\":", sizeof(literal) + 2, s)

static void hex_member(struct dl3i_json *j, const char *key, size_t len, struct dl3_octets o)
{
	dl3i_json_ready_key(j, key, len);
	dl3i_json_hex(j, o);
}
#define HEX(j, literal, o) hex_member(j, "\"" literal "\":", sizeof(literal) + 2, o)

/* Tuples of authentication that nobody knows are shown as they are. */
static void unknown_tuples(struct dl3i_json *j, struct dl3_octets table)
{
	struct dl3_tuple tuple;
	bool any = false;

	while (dl3_tuple_next(&table, &tuple, NULL) == DL3_OK) {
		if (strcmp(dl3_tuple_name(tuple.code), "unknown") != 0)
			continue;
		if (!any) {
			DL3I_JSON_KEY(j, "unknown_tuples");
			dl3i_json_open(j, '[');
		}
		any = true;
		dl3i_json_open(j, '{');
		DL3I_JSON_KEY(j, "tuple");
		dl3i_json_unsigned(j, tuple.code);
		HEX(j, "data", tuple.data);
		dl3i_json_close(j, '}');
	}
	if (any)
		dl3i_json_close(j, ']');
}

static void flags(struct dl3i_json *j, struct dl3_str text)
{
	uint32_t at = 0;

	DL3I_JSON_KEY(j, "flags");
	dl3i_json_open(j, '[');
	while (at < text.len) {
		uint32_t start = at;
		while (at < text.len && text.ptr[at] != ' ')
			at++;
		if (at > start)
			dl3i_json_str(j, (struct dl3_str){ .ptr = text.ptr + start, .len = at - start });
		at++;
	}
	dl3i_json_close(j, ']');
}

static void auth_request(struct dl3i_json *j, const struct dl3_auth_request *m)
{
	DL3I_JSON_KEY(j, "step");
	name_or_number(j, dl3_auth_step_name(m->step), m->step);
	if (m->step == DL3_AUTH_STEP_REQUEST) {
		TEXT(j, "user", m->user);
		TEXT(j, "application", m->application);
		unknown_tuples(j, m->tuples);
	} else if (m->step == DL3_AUTH_STEP_SHA1_RESPONSE) {
		HEX(j, "response", m->response);
	} else if (m->step == DL3_AUTH_STEP_PLAIN_RESPONSE) {
		struct dl3_str password = text_of(m->response);
		while (password.len > 0 && password.ptr[password.len - 1] == '\0')
			password.len--;
		TEXT(j, "password", password);
	}
}

static void auth_reply(struct dl3i_json *j, const struct dl3_auth_reply *m)
{
	result(j, dl3_auth_result_name(m->result), m->result);
	if (m->result == DL3_AUTH_CHALLENGE_SHA1)
		HEX(j, "challenge", m->challenge);
	if (m->pbx.ptr)
		TEXT(j, "pbx", m->pbx);
	if (m->variant.ptr)
		TEXT(j, "variant", m->variant);
	unknown_tuples(j, m->tuples);
}

static void read_reply(struct dl3i_json *j, const struct dl3_read_reply *m)
{
	result(j, dl3_read_result_name(m->result), m->result);
	/* No number for failure is published, so the one that came is shown. */
	if (m->result != DL3_READ_SUCCESS) {
		DL3I_JSON_KEY(j, "code");
		dl3i_json_unsigned(j, m->result);
	}
	if (m->result == DL3_READ_SUCCESS || m->contents.len > 0)
		TEXT(j, "contents", text_of(m->contents));
}

static const char *tuple_kind(const struct dl3_tuple *tuple, const struct dl3_record *record)
{
	return record->kind == DL3_KIND_CMEXTN_STATE ? "cmextn_state" : dl3_tuple_name(tuple->code);
}

static void pbx_address(struct dl3i_json *j, uint32_t pbx)
{
	char buf[16];
	struct dl3i_out o = dl3i_out_to(buf, sizeof(buf));

	for (int shift = 24; shift >= 0; shift -= 8) {
		dl3i_put_unsigned(&o, pbx >> shift & 255);
		if (shift > 0)
			dl3i_put_char(&o, '.');
	}
	DL3I_JSON_KEY(j, "pbx_address");
	dl3i_json_str(j, (struct dl3_str){ .ptr = buf, .len = (uint32_t)o.len });
}

static void event(struct dl3i_json *j, const struct message *m, struct records *r)
{
	const struct dl3_octets table = r->left;
	struct dl3_tuple tuple;
	struct dl3_record record;

	pbx_address(j, m->msg.u.event.pbx);
	DL3I_JSON_KEY(j, "counter");
	dl3i_json_unsigned(j, m->msg.u.event.counter);
	DL3I_JSON_KEY(j, "tuples");
	dl3i_json_open(j, '[');
	while (records_next(r, &tuple, &record))
		dl3i_json_z(j, tuple_kind(&tuple, &record));
	dl3i_json_close(j, ']');
	r->left = table;
	DL3I_JSON_KEY(j, "records");
	dl3i_json_open(j, '[');
	while (records_next(r, &tuple, &record))
		dl3i_json_record(j, &record, DL3_JSON_DEFAULT);
	dl3i_json_close(j, ']');
}

static void body(struct dl3i_json *j, const struct message *m, struct records *r)
{
	const struct dl3_msg *msg = &m->msg;

	switch (msg->type) {
	case DL3_MSG_TEST_REQUEST:
		TEXT(j, "payload", text_of(msg->u.test_request.payload));
		break;
	case DL3_MSG_TEST_REPLY:
		result(j, dl3_test_result_name(msg->u.test_reply.result), msg->u.test_reply.result);
		TEXT(j, "payload", text_of(msg->u.test_reply.payload));
		break;
	case DL3_MSG_AUTH_REQUEST:
		auth_request(j, &msg->u.auth_request);
		break;
	case DL3_MSG_AUTH_REPLY:
		auth_reply(j, &msg->u.auth_reply);
		break;
	case DL3_MSG_EVENT_REQUEST:
		flags(j, msg->u.event_request.flags);
		break;
	case DL3_MSG_EVENT_REPLY:
		result(j, dl3_event_result_name(msg->u.event_reply.result), msg->u.event_reply.result);
		flags(j, msg->u.event_reply.flags);
		break;
	case DL3_MSG_EVENT:
		event(j, m, r);
		break;
	case DL3_MSG_READ_REQUEST:
		TEXT(j, "file", msg->u.read_request.file);
		break;
	case DL3_MSG_READ_REPLY:
		read_reply(j, &msg->u.read_reply);
		break;
	case DL3_MSG_UNKNOWN:
		DL3I_JSON_KEY(j, "code");
		dl3i_json_unsigned(j, msg->code);
		HEX(j, "body", msg->body);
		break;
	}
}

void fault_json(struct dl3i_json *j, const char *name, const struct dl3_fault *fault)
{
	char reason[DL3_FAULT_TEXT_MAX];

	DL3I_JSON_KEY(j, "error");
	dl3i_json_z(j, name);
	if (fault->has_offset) {
		DL3I_JSON_KEY(j, "offset");
		dl3i_json_unsigned(j, fault->offset);
	}
	dl3_fault_text(fault, reason, sizeof(reason));
	DL3I_JSON_KEY(j, "reason");
	dl3i_json_z(j, reason);
}

bool message_json(struct dl3i_json *j, const struct message *m)
{
	struct dl3_fault fault = m->fault;
	struct records records = records_of(m, &fault);

	DL3I_JSON_KEY(j, "message");
	dl3i_json_z(j, dl3_msg_name(m->msg.type));
	if (m->msg.type != DL3_MSG_UNKNOWN && m->msg.type != DL3_MSG_EVENT) {
		DL3I_JSON_KEY(j, "request_id");
		dl3i_json_unsigned(j, m->msg.request_id);
	}
	/* A message that breaks off has no body to speak of; what was read of an event is shown. */
	if (m->fault.err == DL3_OK || m->msg.type == DL3_MSG_EVENT)
		body(j, m, &records);
	if (m->fault.err == DL3_OK && m->msg.rest.len > 0)
		HEX(j, "rest", m->msg.rest);
	if (fault.err == DL3_OK)
		return true;
	fault.offset += m->place.offset + m->header;
	fault_json(j, dl3_err_name(fault.err), &fault);
	return false;
}
