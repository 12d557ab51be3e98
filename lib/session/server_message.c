/* SPDX-License-Identifier: MIT */
/* The server's half: what the client says. */
#include <string.h>

#include "base/octets.h"
#include "session/session.h"

static enum dl3_err ignored(struct dl3_session *s, struct dl3_event *ev)
{
	return dl3i_tell_message(s, DL3_EV_IGNORED, ev);
}

/* ---- Tests: section 6.1 ---- */

static enum dl3_err tested(struct dl3_session *s, uint32_t id, uint32_t result, struct dl3_octets payload,
                           struct dl3_event *ev)
{
	struct dl3_msg reply = { .type = DL3_MSG_TEST_REPLY, .request_id = id };

	reply.u.test_reply.result = result;
	reply.u.test_reply.payload = payload;
	enum dl3_err err = id != 0 ? dl3i_queue(s, &reply) : DL3_OK;
	if (err != DL3_OK)
		return dl3i_end_of(s, err, "room for the answer to a test packet", NULL);
	ev->type = DL3_EV_TESTED;
	ev->u.tested.request = id;
	ev->u.tested.result = result;
	return DL3_OK;
}

static uint32_t judge(const struct dl3_session *s, size_t payload, bool whole)
{
	const struct dl3i_server *v = &s->u.server;

	if (v->life == DL3I_SERVER_REFUSED)
		return DL3_TEST_STREAM_AUTHENTICATION_FAILED;
	if (v->life == DL3I_SERVER_LOST || !whole || payload > DL3_TEST_PAYLOAD_FATAL)
		return DL3_TEST_STREAM_INTEGRITY_LOST;
	return payload > DL3_TEST_PAYLOAD_MAX ? DL3_TEST_PAYLOAD_TOO_LONG : DL3_TEST_SUCCESS;
}

/* Whether the answer to a test packet would come before the snapshot that it is to come behind. */
static bool snapshot_is_owed(const struct dl3i_server *v)
{
	bool asked = false;

	for (size_t i = 0; i < v->requests.count; i++)
		asked = asked || v->requests.list[i].kind == DL3I_REQUEST_STREAM;
	return v->hold || asked;
}

/* `whole` is false for a payload that runs past its frame, or whose end is not there to see. */
static enum dl3_err test(struct dl3_session *s, uint32_t id, struct dl3_octets payload, bool whole,
                         struct dl3_event *ev)
{
	uint32_t result = judge(s, payload.len, whole);

	if (result != DL3_TEST_STREAM_INTEGRITY_LOST && snapshot_is_owed(&s->u.server))
		return dl3i_put_off(s);
	if (result == DL3_TEST_STREAM_INTEGRITY_LOST)
		dl3i_server_die(s, DL3I_SERVER_LOST);
	if (result != DL3_TEST_SUCCESS)
		payload = (struct dl3_octets){ 0 };
	return tested(s, id, result, payload, ev);
}

/* ---- Authentication: sections 6.2 and 6.3 ---- */

/* A new login may begin when none is under way, after an earlier one was admitted too. */
static enum dl3_err login(struct dl3_session *s, struct dl3_event *ev)
{
	const struct dl3_auth_request *m = &s->msg.u.auth_request;
	struct dl3i_server *v = &s->u.server;

	if (v->step != DL3I_SERVER_NONE)
		return ignored(s, ev);
	char *user = dl3i_resize(s, NULL, 0, (size_t)m->user.len + 1);
	if (!user)
		return dl3i_end_of(s, DL3_ERR_MEMORY, "memory for the user's name", NULL);
	memcpy(user, m->user.ptr, m->user.len);
	user[m->user.len] = '\0';
	if (v->user)
		dl3i_resize(s, v->user, v->user_len + 1, 0);
	v->user = user;
	v->user_len = m->user.len;
	v->step = DL3I_SERVER_LOGIN;
	v->auth_id = s->msg.request_id;
	ev->type = DL3_EV_LOGIN;
	ev->u.login.user = m->user;
	ev->u.login.application = m->application;
	return DL3_OK;
}

/* The whole right answer is compared whatever came, so that the time taken tells nothing. */
static bool right_proof(const struct dl3i_server *v, uint32_t step, struct dl3_octets response)
{
	uint32_t awaited = v->plain ? DL3_AUTH_STEP_PLAIN_RESPONSE : DL3_AUTH_STEP_SHA1_RESPONSE;
	size_t size = v->plain ? DL3_PLAIN_PASSWORD_MAX : DL3_SHA1_SIZE;
	uint8_t came[DL3_PLAIN_PASSWORD_MAX] = { 0 };
	/* A password that was not padded is the same password; a short digest is no digest. */
	bool fits = v->plain ? response.len <= size : response.len == size;

	if (fits && response.len > 0)
		memcpy(came, response.ptr, response.len);
	bool same = dl3i_auth_same(came, v->proof, size);
	dl3i_wipe(came, sizeof(came));
	return same && fits && v->known && step == awaited;
}

static enum dl3_err proof(struct dl3_session *s, struct dl3_event *ev)
{
	const struct dl3_auth_request *m = &s->msg.u.auth_request;
	struct dl3i_server *v = &s->u.server;

	if (v->step != DL3I_SERVER_CHALLENGED)
		return ignored(s, ev);
	v->right = right_proof(v, m->step, m->response);
	dl3i_wipe(v->proof, sizeof(v->proof));
	v->step = DL3I_SERVER_PROOF;
	v->auth_id = s->msg.request_id;
	ev->type = DL3_EV_PROOF;
	ev->u.proof.user = (struct dl3_str){ .ptr = v->user, .len = (uint32_t)v->user_len };
	ev->u.proof.right = v->right;
	return DL3_OK;
}

static enum dl3_err auth_request(struct dl3_session *s, struct dl3_event *ev)
{
	switch (s->msg.u.auth_request.step) {
	case DL3_AUTH_STEP_REQUEST:
		return login(s, ev);
	case DL3_AUTH_STEP_SHA1_RESPONSE:
	case DL3_AUTH_STEP_PLAIN_RESPONSE:
		return proof(s, ev);
	default:
		return ignored(s, ev);
	}
}

/* ---- Requests: sections 6.4 and 6.6 ---- */

static enum dl3_err ask_owner(struct dl3_session *s, enum dl3i_request_kind kind)
{
	struct dl3i_request request = { .id = s->msg.request_id, .kind = kind };
	enum dl3_err err = dl3i_request_add(s, &s->u.server.requests, &request);

	return err == DL3_OK ? DL3_OK : dl3i_end_of(s, err, "memory for a request", NULL);
}

static enum dl3_err event_request(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3_str unknown = { 0 };

	if (!s->u.server.admitted)
		return ignored(s, ev);
	enum dl3_err err = ask_owner(s, DL3I_REQUEST_STREAM);
	if (err != DL3_OK)
		return err;
	uint32_t asked = dl3_flags_parse(s->msg.u.event_request.flags, &unknown);
	ev->type = DL3_EV_STREAM_REQUEST;
	ev->u.stream_request.request = s->msg.request_id;
	ev->u.stream_request.asked = asked;
	ev->u.stream_request.unknown = unknown;
	ev->u.stream_request.result = DL3_EVENTS_SUCCESS;
	ev->u.stream_request.accepted = asked;
	if (unknown.ptr) {
		ev->u.stream_request.result = DL3_EVENTS_UNKNOWN_FLAG;
		ev->u.stream_request.accepted = 0;
	} else if ((asked & DL3_FLAG_CD2) && (asked & DL3_FLAG_SCN)) {
		ev->u.stream_request.result = DL3_EVENTS_PARTIAL_SUCCESS;
		ev->u.stream_request.accepted = asked & ~DL3_FLAG_SCN;
	}
	return DL3_OK;
}

static enum dl3_err read_request(struct dl3_session *s, struct dl3_event *ev)
{
	/* A file without an answer is no file. */
	if (!s->u.server.admitted || s->msg.request_id == 0)
		return ignored(s, ev);
	enum dl3_err err = ask_owner(s, DL3I_REQUEST_READ);
	if (err != DL3_OK)
		return err;
	ev->type = DL3_EV_READ_REQUEST;
	ev->u.read_request.request = s->msg.request_id;
	ev->u.read_request.file = s->msg.u.read_request.file;
	return DL3_OK;
}

/* ---- All messages ---- */

enum dl3_err dl3i_server_message(struct dl3_session *s, struct dl3_event *ev)
{
	if (s->msg.type == DL3_MSG_TEST_REQUEST)
		return test(s, s->msg.request_id, s->msg.u.test_request.payload, true, ev);
	if (s->u.server.life != DL3I_SERVER_ALIVE)
		return ignored(s, ev);
	switch (s->msg.type) {
	case DL3_MSG_AUTH_REQUEST:
		return auth_request(s, ev);
	case DL3_MSG_EVENT_REQUEST:
		return event_request(s, ev);
	case DL3_MSG_READ_REQUEST:
		return read_request(s, ev);
	default:
		return dl3i_tell_message(s, DL3_EV_UNKNOWN, ev);
	}
}

enum dl3_err dl3i_server_malformed(struct dl3_session *s, const struct dl3_fault *fault, struct dl3_event *ev)
{
	if (s->msg.type == DL3_MSG_TEST_REQUEST)
		return test(s, s->msg.request_id, (struct dl3_octets){ 0 }, false, ev);
	return dl3i_end(s, fault);
}

/* A test packet that is too long to be taken in is still answered, before the session ends. */
enum dl3_err dl3i_server_oversize(struct dl3_session *s, struct dl3_octets seen, struct dl3_event *ev)
{
	if (seen.len < 8)
		return DL3_NEED_MORE;
	if (dl3i_get32(seen.ptr) != DL3_CODE_TEST_REQUEST)
		return DL3_END;
	return test(s, dl3i_get32(seen.ptr + 4), (struct dl3_octets){ 0 }, false, ev);
}
