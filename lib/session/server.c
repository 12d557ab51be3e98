/* SPDX-License-Identifier: MIT */
/* The server's half: what its owner answers and sends, and its time. */
#include <string.h>

#include "session/session.h"

static bool is_server(const struct dl3_session *s)
{
	return s->role == &dl3i_server_role && !dl3i_ended(s);
}

static void forget_proof(struct dl3_session *s)
{
	struct dl3i_server *v = &s->u.server;

	dl3i_wipe(v->proof, sizeof(v->proof));
	v->right = false;
	v->known = false;
}

void dl3i_server_die(struct dl3_session *s, enum dl3i_server_life life)
{
	struct dl3i_server *v = &s->u.server;

	/* A dead stream may still be tested, but not for ever. */
	if (v->life == DL3I_SERVER_ALIVE)
		v->login_due = dl3i_later(s->now, s->limits.login_timeout_ms);
	v->life = life;
	v->step = DL3I_SERVER_NONE;
	v->admitted = false;
	v->streaming = false;
	v->hold = false;
	v->requests.count = 0;
	forget_proof(s);
}

/* ---- Authentication: sections 6.2 and 6.3 ---- */

static enum dl3_err auth_answer(struct dl3_session *s, struct dl3_auth_reply reply)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REPLY, .request_id = s->u.server.auth_id };

	msg.u.auth_reply = reply;
	return dl3i_queue(s, &msg);
}

static void challenged(struct dl3_session *s, const char *password, bool plain)
{
	struct dl3i_server *v = &s->u.server;

	v->known = password != NULL;
	v->plain = plain;
	v->step = DL3I_SERVER_CHALLENGED;
}

enum dl3_err dl3_server_challenge(struct dl3_session *s, const uint8_t challenge[DL3_CHALLENGE_SIZE],
                                  const char *password)
{
	struct dl3_octets octets = { challenge, DL3_CHALLENGE_SIZE };
	uint8_t padded[DL3_SHA1_PASSWORD_MAX];

	if (!is_server(s) || s->u.server.step != DL3I_SERVER_LOGIN)
		return DL3_ERR_STATE;
	if (!challenge)
		return DL3_ERR_ARGUMENT;
	/* For a user who does not exist the same is done, so that the time taken tells nothing. */
	dl3i_password_pad(password, padded, sizeof(padded));
	enum dl3_err err = dl3i_auth_sha1(octets, padded, s->u.server.proof);
	dl3i_wipe(padded, sizeof(padded));
	if (err == DL3_OK)
		err = auth_answer(
			s, (struct dl3_auth_reply){ .result = DL3_AUTH_CHALLENGE_SHA1, .challenge = octets });
	if (err == DL3_OK)
		challenged(s, password, false);
	return err;
}

enum dl3_err dl3_server_challenge_plain(struct dl3_session *s, const char *password)
{
	if (!is_server(s) || s->u.server.step != DL3I_SERVER_LOGIN || !s->encrypted)
		return DL3_ERR_STATE;
	enum dl3_err err = auth_answer(s, (struct dl3_auth_reply){ .result = DL3_AUTH_CHALLENGE_PLAIN });
	if (err != DL3_OK)
		return err;
	dl3i_password_pad(password, s->u.server.proof, sizeof(s->u.server.proof));
	challenged(s, password, true);
	/* The password comes with the input. */
	s->in.secret = true;
	return DL3_OK;
}

enum dl3_err dl3_server_admit(struct dl3_session *s, const char *pbx, const char *variant)
{
	struct dl3_auth_reply reply = { .result = DL3_AUTH_SUCCESS };
	struct dl3i_server *v = &s->u.server;

	if (!is_server(s) || v->step != DL3I_SERVER_PROOF || !v->right)
		return DL3_ERR_STATE;
	if ((pbx && strlen(pbx) > DL3_NAME_MAX) || (variant && strlen(variant) > DL3_NAME_MAX))
		return DL3_ERR_TOO_LONG;
	reply.pbx = dl3_str_of(pbx);
	reply.variant = dl3_str_of(variant);
	enum dl3_err err = auth_answer(s, reply);
	if (err != DL3_OK)
		return err;
	v->step = DL3I_SERVER_NONE;
	v->admitted = true;
	forget_proof(s);
	return DL3_OK;
}

enum dl3_err dl3_server_refuse(struct dl3_session *s, uint32_t result)
{
	struct dl3i_server *v = &s->u.server;

	if (!is_server(s) || (v->step != DL3I_SERVER_LOGIN && v->step != DL3I_SERVER_PROOF))
		return DL3_ERR_STATE;
	if (result == DL3_AUTH_SUCCESS || result == DL3_AUTH_CHALLENGE_PLAIN ||
	    result == DL3_AUTH_CHALLENGE_SHA1)
		return DL3_ERR_ARGUMENT;
	enum dl3_err err = auth_answer(s, (struct dl3_auth_reply){ .result = result });
	if (err != DL3_OK)
		return err;
	dl3i_server_die(s, DL3I_SERVER_REFUSED);
	return DL3_OK;
}

/* ---- Answers to requests: sections 6.4 and 6.6 ---- */

static struct dl3i_request *waiting(struct dl3_session *s, uint32_t request, enum dl3i_request_kind kind)
{
	return is_server(s) ? dl3i_request_find(&s->u.server.requests, request, kind) : NULL;
}

enum dl3_err dl3_server_stream(struct dl3_session *s, uint32_t request, uint32_t result, uint32_t accepted)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REPLY, .request_id = request };
	struct dl3_event_reply *reply = &msg.u.event_reply;
	struct dl3i_request *asked = waiting(s, request, DL3I_REQUEST_STREAM);
	bool streaming = result == DL3_EVENTS_SUCCESS || result == DL3_EVENTS_PARTIAL_SUCCESS;
	char text[DL3_FLAGS_TEXT_MAX];

	if (!asked)
		return DL3_ERR_STATE;
	if (accepted & ~DL3_FLAGS_ALL)
		return DL3_ERR_ARGUMENT;
	reply->result = result;
	reply->flags = (struct dl3_str){ .ptr = "" };
	reply->unclosed = !streaming; /* no flags at all, rather than an empty list of them */
	if (streaming)
		reply->flags =
			(struct dl3_str){ .ptr = text, .len = (uint32_t)dl3_flags_format(accepted, text) };
	/* Id 0 asks for no answer; section 6.4.1. */
	enum dl3_err err = request != 0 ? dl3i_queue(s, &msg) : DL3_OK;
	if (err != DL3_OK)
		return err;
	dl3i_request_remove(&s->u.server.requests, asked);
	if (streaming) {
		s->u.server.streaming = true;
		s->u.server.flags = accepted;
	}
	return DL3_OK;
}

void dl3_server_hold(struct dl3_session *s, bool hold)
{
	if (is_server(s) && s->u.server.life == DL3I_SERVER_ALIVE)
		s->u.server.hold = hold;
}

static enum dl3_err file_answer(struct dl3_session *s, uint32_t request, uint32_t result,
                                struct dl3_octets contents)
{
	struct dl3_msg msg = { .type = DL3_MSG_READ_REPLY, .request_id = request };
	struct dl3i_request *asked = waiting(s, request, DL3I_REQUEST_READ);

	if (!asked)
		return DL3_ERR_STATE;
	msg.u.read_reply.result = result;
	msg.u.read_reply.contents = contents;
	enum dl3_err err = dl3i_queue(s, &msg);
	if (err == DL3_OK)
		dl3i_request_remove(&s->u.server.requests, asked);
	return err;
}

enum dl3_err dl3_server_file(struct dl3_session *s, uint32_t request, const void *contents, size_t len)
{
	if (!contents && len > 0)
		return DL3_ERR_ARGUMENT;
	return file_answer(s, request, DL3_READ_SUCCESS, (struct dl3_octets){ contents, len });
}

enum dl3_err dl3_server_no_file(struct dl3_session *s, uint32_t request)
{
	return file_answer(s, request, DL3_READ_NOT_FOUND, (struct dl3_octets){ 0 });
}

/* ---- Events: section 6.5 ---- */

static bool streaming(const struct dl3_session *s)
{
	return is_server(s) && s->u.server.streaming;
}

uint32_t dl3_server_flags(const struct dl3_session *s, bool *is_streaming)
{
	bool yes = streaming(s);

	if (is_streaming)
		*is_streaming = yes;
	return yes ? s->u.server.flags : 0;
}

/* Writes the record as a tuple into scratch. */
static enum dl3_err encode_tuple(struct dl3_session *s, const struct dl3_record *record, size_t *len)
{
	bool utf8 = (s->u.server.flags & DL3_FLAG_TEXT) != 0;
	enum dl3_delta2_form form = utf8 ? DL3_DELTA2_UTF8 : DL3_DELTA2_UNICODE;
	enum dl3_err err = dl3_record_encode(record, form, s->scratch, s->scratch_cap, len);

	if (err != DL3_ERR_SPACE)
		return err;
	if (!dl3i_scratch_reserve(s, *len))
		return DL3_ERR_MEMORY;
	return dl3_record_encode(record, form, s->scratch, s->scratch_cap, len);
}

enum dl3_err dl3_server_event(struct dl3_session *s, uint32_t pbx, uint32_t counter,
                              const struct dl3_record *record)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT };
	size_t len = 0;

	if (!streaming(s))
		return DL3_ERR_STATE;
	if (!record)
		return DL3_ERR_ARGUMENT;
	enum dl3_err err = encode_tuple(s, record, &len);
	if (err == DL3_OK) {
		msg.u.event.pbx = pbx;
		msg.u.event.counter = counter;
		msg.u.event.tuples = (struct dl3_octets){ (const uint8_t *)s->scratch, len };
		err = dl3i_queue(s, &msg);
	}
	dl3i_scratch_trim(s);
	return err;
}

enum dl3_err dl3_server_frame(struct dl3_session *s, const void *frame, size_t len)
{
	struct dl3_frame whole;

	if (!streaming(s))
		return DL3_ERR_STATE;
	if (!frame || dl3_frame_decode(frame, len, &whole, NULL) != DL3_OK || whole.size != len)
		return DL3_ERR_ARGUMENT;
	enum dl3_err err = dl3i_output_reserve(s, len);
	if (err != DL3_OK)
		return err;
	memcpy(s->out.ptr + s->out.end, frame, len);
	s->out.end += len;
	return DL3_OK;
}

/* ---- Flow and time ---- */

/* Whoever can connect can have tests answered, without a password. */
static size_t output_high(const struct dl3_session *s)
{
	size_t high = DL3_OUTPUT_HIGH(s->limits.max_output);

	return s->u.server.admitted || high < DL3_STRANGER_OUTPUT ? high : DL3_STRANGER_OUTPUT;
}

/* A client that asks and does not read waits, and so do those behind an owner that owes answers. */
static bool server_blocked(const struct dl3_session *s)
{
	return dl3i_held(&s->out) > output_high(s) || s->u.server.requests.count >= s->limits.max_requests;
}

static void server_begin(struct dl3_session *s)
{
	s->u.server.login_due = dl3i_later(s->now, s->limits.login_timeout_ms);
}

static uint64_t server_deadline(const struct dl3_session *s)
{
	return s->u.server.admitted ? DL3_NEVER : s->u.server.login_due;
}

static void server_tick(struct dl3_session *s)
{
	if (server_deadline(s) <= s->now)
		(void)dl3i_end_value(s, DL3_ERR_TIMEOUT, "an authentication",
		                     "none in milliseconds:", s->limits.login_timeout_ms);
}

static void server_finish(struct dl3_session *s)
{
	struct dl3i_server *v = &s->u.server;

	if (v->user)
		dl3i_resize(s, v->user, v->user_len + 1, 0);
	dl3i_requests_free(s, &v->requests);
}

const struct dl3i_role dl3i_server_role = {
	.message = dl3i_server_message,
	.malformed = dl3i_server_malformed,
	.begin = server_begin,
	.tick = server_tick,
	.deadline = server_deadline,
	.ended = forget_proof,
	.finish = server_finish,
	.blocked = server_blocked,
	.oversize = dl3i_server_oversize,
};

struct dl3_session *dl3_server_new(const struct dl3_server_config *config,
                                   const struct dl3_allocator *allocator)
{
	return dl3i_session_new(&dl3i_server_role, config && config->encrypted,
	                        config ? &config->limits : NULL, DL3_SERVER_MAX_FRAME, DL3_SERVER_MAX_OUTPUT,
	                        allocator);
}
