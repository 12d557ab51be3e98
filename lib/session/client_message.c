/* SPDX-License-Identifier: MIT */
/* The client's half: what the PBX says. */
#include "session/session.h"

static enum dl3_err unasked(struct dl3_session *s, struct dl3_event *ev)
{
	return dl3i_tell_message(s, DL3_EV_UNKNOWN, ev);
}

/* ---- Authentication: sections 6.2 and 6.3 ---- */

void dl3i_client_forget(struct dl3_session *s)
{
	dl3i_wipe(s->u.client.password, sizeof(s->u.client.password));
}

/* Sends the answer to the challenge. It may hold the password, so the output is wiped as it goes. */
static enum dl3_err answer(struct dl3_session *s, uint32_t step, const uint8_t *response, size_t len)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST };
	struct dl3i_request request = { .kind = DL3I_REQUEST_AUTH };

	s->out.secret = true;
	msg.u.auth_request.step = step;
	msg.u.auth_request.response = (struct dl3_octets){ response, len };
	enum dl3_err err = dl3i_client_send(s, &msg, &request);
	dl3i_client_forget(s);
	if (err != DL3_OK)
		return dl3i_end_of(s, err, "room for the answer to a challenge", NULL);
	s->u.client.state = DL3I_CLIENT_ANSWERED;
	return DL3_END;
}

static enum dl3_err sha1_challenge(struct dl3_session *s)
{
	struct dl3_octets challenge = s->msg.u.auth_reply.challenge;
	uint8_t response[DL3_SHA1_SIZE];

	if (challenge.len == 0 || challenge.len > DL3_CHALLENGE_MAX)
		return dl3i_end_value(s, DL3_ERR_UNEXPECTED, "a challenge of 1 to 64 octets",
		                      "octets:", challenge.len);
	enum dl3_err err = dl3i_auth_sha1(challenge, s->u.client.password, response);
	if (err != DL3_OK)
		return dl3i_end_of(s, err, "a SHA-1 digest", NULL);
	return answer(s, DL3_AUTH_STEP_SHA1_RESPONSE, response, sizeof(response));
}

static enum dl3_err plain_challenge(struct dl3_session *s)
{
	if (!s->encrypted)
		return dl3i_end_of(s, DL3_ERR_PLAIN_IN_CLEAR,
		                   "a SHA-1 challenge on a link that is not encrypted", "a PLAIN challenge");
	return answer(s, DL3_AUTH_STEP_PLAIN_RESPONSE, s->u.client.password, sizeof(s->u.client.password));
}

/* One challenge is answered. A second could only be there to learn more about the password. */
static enum dl3_err challenged(struct dl3_session *s)
{
	if (s->u.client.state != DL3I_CLIENT_ASKED)
		return dl3i_end_of(s, DL3_ERR_UNEXPECTED, "the result of the authentication",
		                   "a second challenge");
	if (s->msg.u.auth_reply.result == DL3_AUTH_CHALLENGE_SHA1)
		return sha1_challenge(s);
	return plain_challenge(s);
}

static enum dl3_err authenticated(struct dl3_session *s, struct dl3_event *ev)
{
	dl3i_client_forget(s);
	s->u.client.state = DL3I_CLIENT_READY;
	ev->type = DL3_EV_AUTHENTICATED;
	ev->u.authenticated.pbx = s->msg.u.auth_reply.pbx;
	ev->u.authenticated.variant = s->msg.u.auth_reply.variant;
	return DL3_OK;
}

static enum dl3_err refused(struct dl3_session *s, struct dl3_event *ev)
{
	uint32_t result = s->msg.u.auth_reply.result;

	(void)dl3i_end_value(s, DL3_ERR_REFUSED, "success of the authentication", "the result", result);
	ev->type = DL3_EV_REFUSED;
	ev->u.refused.result = result;
	return DL3_OK;
}

static enum dl3_err auth_reply(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3i_requests *waiting = &s->u.client.requests;
	struct dl3i_request *request = dl3i_request_find(waiting, s->msg.request_id, DL3I_REQUEST_AUTH);

	if (!request)
		return unasked(s, ev);
	dl3i_request_remove(waiting, request);
	switch (s->msg.u.auth_reply.result) {
	case DL3_AUTH_CHALLENGE_PLAIN:
	case DL3_AUTH_CHALLENGE_SHA1:
		return challenged(s);
	case DL3_AUTH_SUCCESS:
		return authenticated(s, ev);
	default:
		return refused(s, ev);
	}
}

/* ---- Streams and their barriers: section 6.4 ---- */

static struct dl3i_request *barrier_of(struct dl3i_requests *r, uint32_t stream)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].kind == DL3I_REQUEST_BARRIER && r->list[i].stream == stream)
			return &r->list[i];
	return NULL;
}

/*
 * Marks the barrier of a stream that was accepted. When its answer came before that of the
 * event request it says nothing about the snapshot, and another is sent.
 */
static enum dl3_err await_snapshot(struct dl3_session *s, const struct dl3i_request *stream)
{
	if (stream->overtaken)
		return dl3i_client_barrier(s, stream->id, true);
	struct dl3i_request *barrier = barrier_of(&s->u.client.requests, stream->id);
	if (barrier)
		barrier->accepted = true;
	return DL3_OK;
}

/* A success that names no flags at all has accepted what was asked for. */
static uint32_t accepted_flags(const struct dl3_event_reply *m, uint32_t asked)
{
	if (m->result == DL3_EVENTS_SUCCESS && !m->flags.ptr)
		return asked;
	return dl3_flags_parse(m->flags, NULL);
}

static enum dl3_err event_reply(struct dl3_session *s, struct dl3_event *ev)
{
	const struct dl3_event_reply *m = &s->msg.u.event_reply;
	struct dl3i_requests *waiting = &s->u.client.requests;
	struct dl3i_request *request = dl3i_request_find(waiting, s->msg.request_id, DL3I_REQUEST_STREAM);

	if (!request)
		return unasked(s, ev);
	struct dl3i_request stream = *request;
	dl3i_request_remove(waiting, request);
	bool streaming = m->result == DL3_EVENTS_SUCCESS || m->result == DL3_EVENTS_PARTIAL_SUCCESS;
	if (streaming) {
		enum dl3_err err = await_snapshot(s, &stream);
		if (err != DL3_OK)
			return dl3i_end_of(s, err, "room for a test packet behind the event request", NULL);
	}
	uint32_t accepted = streaming ? accepted_flags(m, stream.flags) : 0;
	ev->type = DL3_EV_STREAM;
	ev->u.stream.request = stream.id;
	ev->u.stream.result = m->result;
	ev->u.stream.streaming = streaming;
	ev->u.stream.accepted = accepted;
	ev->u.stream.dropped = stream.flags & ~accepted;
	return DL3_OK;
}

static enum dl3_err barrier_reply(struct dl3_session *s, const struct dl3i_request *barrier,
                                  struct dl3_event *ev)
{
	struct dl3i_request *stream =
		dl3i_request_find(&s->u.client.requests, barrier->stream, DL3I_REQUEST_STREAM);

	if (stream)
		stream->overtaken = true;
	if (!barrier->accepted)
		return DL3_END;
	ev->type = DL3_EV_SNAPSHOT_END;
	ev->u.request = barrier->stream;
	return DL3_OK;
}

/* ---- Tests: section 6.1 ---- */

static bool is_test(const struct dl3i_request *r)
{
	return r && (r->kind == DL3I_REQUEST_TEST || r->kind == DL3I_REQUEST_BARRIER ||
	             r->kind == DL3I_REQUEST_KEEPALIVE);
}

static enum dl3_err own_test_reply(struct dl3_session *s, const struct dl3i_request *test,
                                   struct dl3_event *ev)
{
	ev->type = DL3_EV_TEST_REPLY;
	ev->u.test_reply.request = test->id;
	ev->u.test_reply.result = s->msg.u.test_reply.result;
	ev->u.test_reply.payload = s->msg.u.test_reply.payload;
	ev->u.test_reply.round_trip_ms = s->now - test->sent;
	return DL3_OK;
}

/* Ends the session when the PBX has given the stream up. */
static enum dl3_err judge_stream(struct dl3_session *s)
{
	uint32_t result = s->msg.u.test_reply.result;

	if (result != DL3_TEST_STREAM_INTEGRITY_LOST && result != DL3_TEST_STREAM_AUTHENTICATION_FAILED)
		return DL3_OK;
	return dl3i_end_value(s, DL3_ERR_STREAM_DEAD, "a stream that works", "the test result", result);
}

static enum dl3_err test_reply(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3i_requests *waiting = &s->u.client.requests;
	struct dl3i_request *request = dl3i_request_any(waiting, s->msg.request_id);

	if (!is_test(request))
		return unasked(s, ev);
	struct dl3i_request test = *request;
	dl3i_request_remove(waiting, request);
	enum dl3_err dead = judge_stream(s);
	if (test.kind == DL3I_REQUEST_TEST)
		return own_test_reply(s, &test, ev);
	if (dead != DL3_OK)
		return dead;
	return test.kind == DL3I_REQUEST_BARRIER ? barrier_reply(s, &test, ev) : DL3_END;
}

/* ---- Files: section 6.6 ---- */

static enum dl3_err read_reply(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3i_requests *waiting = &s->u.client.requests;
	struct dl3i_request *request = dl3i_request_find(waiting, s->msg.request_id, DL3I_REQUEST_READ);

	if (!request)
		return unasked(s, ev);
	ev->type = DL3_EV_FILE;
	ev->u.file.request = request->id;
	ev->u.file.result = s->msg.u.read_reply.result;
	ev->u.file.contents = s->msg.u.read_reply.contents;
	dl3i_request_remove(waiting, request);
	return DL3_OK;
}

/* ---- Events: section 6.5 ---- */

static enum dl3_err event(struct dl3_session *s, struct dl3_event *ev)
{
	const struct dl3_event_message *m = &s->msg.u.event;
	struct dl3i_client *c = &s->u.client;
	struct dl3i_counted counted;

	/* No event belongs before the authentication; after it one that was not asked for still counts. */
	if (c->state != DL3I_CLIENT_READY)
		return unasked(s, ev);
	if (dl3i_counter_note(s, &c->counters, m->pbx, m->counter, &counted) != DL3_OK)
		return dl3i_end_of(s, DL3_ERR_MEMORY, "memory for the counter of a PBX", NULL);
	s->more = !counted.changed || counted.change != DL3_COUNTER_DUPLICATE;
	c->walk = (struct dl3i_walk){ .pbx = m->pbx,
		                      .counter = m->counter,
		                      .at = dl3i_payload(s).len - m->tuples.len };
	if (!counted.changed)
		return DL3_END;
	ev->type = DL3_EV_COUNTER;
	ev->u.counter.change = counted.change;
	ev->u.counter.pbx = m->pbx;
	ev->u.counter.expected = counted.expected;
	ev->u.counter.came = m->counter;
	if (counted.change == DL3_COUNTER_GAP)
		ev->u.counter.missed = m->counter - counted.expected;
	return DL3_OK;
}

static enum dl3_err walk_malformed(struct dl3_session *s, const struct dl3_fault *fault, struct dl3_event *ev)
{
	ev->u.malformed.pbx = s->u.client.walk.pbx;
	ev->u.malformed.counter = s->u.client.walk.counter;
	return dl3i_tell_malformed(s, fault, ev);
}

/* Tells of the tuple at hand. Scratch grows to what this one needs and not before. */
static enum dl3_err tell_tuple(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3i_client *c = &s->u.client;
	struct dl3_fault fault = { 0 };
	enum dl3_err err = dl3_record_decode(&c->tuple, s->scratch, s->scratch_cap, &c->record, &fault);

	if (err == DL3_ERR_SPACE) {
		if (!dl3i_scratch_reserve(s, DL3_RECORD_SCRATCH(c->tuple.data.len)))
			return dl3i_end_of(s, DL3_ERR_MEMORY, "memory for the text of a record", NULL);
		err = dl3_record_decode(&c->tuple, s->scratch, s->scratch_cap, &c->record, &fault);
	}
	if (err != DL3_OK) {
		(void)walk_malformed(s, &fault, ev);
		ev->u.malformed.in_tuple = true;
		ev->u.malformed.octets = c->tuple.data;
		ev->u.malformed.tuple = c->tuple;
		return DL3_OK;
	}
	ev->type = DL3_EV_RECORD;
	ev->u.record.pbx = c->walk.pbx;
	ev->u.record.counter = c->walk.counter;
	ev->u.record.index = c->walk.index;
	ev->u.record.record = &c->record;
	ev->u.record.tuple = &c->tuple;
	return DL3_OK;
}

static enum dl3_err next_tuple(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3i_client *c = &s->u.client;
	struct dl3i_walk *walk = &c->walk;
	struct dl3_octets payload = dl3i_payload(s);
	struct dl3_octets table = { payload.ptr + walk->at, payload.len - walk->at };
	struct dl3_fault fault = { 0 };

	enum dl3_err err = dl3_tuple_next(&table, &c->tuple, &fault);
	s->more = table.len > 0;
	if (err == DL3_END)
		return DL3_END;
	if (err != DL3_OK) {
		fault.offset += walk->at;
		return walk_malformed(s, &fault, ev);
	}
	walk->at = payload.len - table.len;
	err = tell_tuple(s, ev);
	walk->index++;
	return err;
}

/* ---- All messages ---- */

enum dl3_err dl3i_client_resume(struct dl3_session *s, struct dl3_event *ev)
{
	if (s->u.client.snapshot == 0)
		return next_tuple(s, ev);
	s->more = false;
	ev->type = DL3_EV_SNAPSHOT_END;
	ev->u.request = s->u.client.snapshot;
	s->u.client.snapshot = 0;
	return DL3_OK;
}

enum dl3_err dl3i_client_message(struct dl3_session *s, struct dl3_event *ev)
{
	switch (s->msg.type) {
	case DL3_MSG_AUTH_REPLY:
		return auth_reply(s, ev);
	case DL3_MSG_EVENT_REPLY:
		return event_reply(s, ev);
	case DL3_MSG_TEST_REPLY:
		return test_reply(s, ev);
	case DL3_MSG_READ_REPLY:
		return read_reply(s, ev);
	case DL3_MSG_EVENT:
		return event(s, ev);
	default:
		return unasked(s, ev);
	}
}

/* Whether what cannot be read is, or may be, the answer to the authentication. */
static bool spoils_authentication(const struct dl3_session *s)
{
	const struct dl3i_requests *r = &s->u.client.requests;

	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].kind == DL3I_REQUEST_AUTH)
			return s->msg.request_id == r->list[i].id || s->msg.request_id == 0;
	return false;
}

/* The request that a message answers, by its type and id; NULL when none waits for it. */
static struct dl3i_request *answered(struct dl3_session *s)
{
	struct dl3i_requests *waiting = &s->u.client.requests;
	struct dl3i_request *request = dl3i_request_any(waiting, s->msg.request_id);

	if (!request)
		return NULL;
	switch (s->msg.type) {
	case DL3_MSG_EVENT_REPLY:
		return request->kind == DL3I_REQUEST_STREAM ? request : NULL;
	case DL3_MSG_READ_REPLY:
		return request->kind == DL3I_REQUEST_READ ? request : NULL;
	case DL3_MSG_TEST_REPLY:
		return is_test(request) ? request : NULL;
	default:
		return NULL;
	}
}

/* The answer to a barrier marks the end of a snapshot by where it stands, whatever it says. */
static enum dl3_err malformed_barrier(struct dl3_session *s, const struct dl3i_request *barrier,
                                      const struct dl3_fault *fault, struct dl3_event *ev)
{
	if (barrier_reply(s, barrier, ev) == DL3_OK) {
		s->u.client.snapshot = barrier->stream;
		s->more = true;
	}
	*ev = (struct dl3_event){ 0 };
	return dl3i_tell_malformed(s, fault, ev);
}

/* An answer that cannot be read is an answer: another will not come. */
static enum dl3_err malformed_answer(struct dl3_session *s, struct dl3i_request *waiting,
                                     const struct dl3_fault *fault, struct dl3_event *ev)
{
	struct dl3i_request request = *waiting;

	dl3i_request_remove(&s->u.client.requests, waiting);
	if (is_test(&request))
		(void)judge_stream(s);
	if (request.kind == DL3I_REQUEST_BARRIER)
		return malformed_barrier(s, &request, fault, ev);
	if (request.kind == DL3I_REQUEST_KEEPALIVE)
		return dl3i_tell_malformed(s, fault, ev);
	ev->type = DL3_EV_FAILED;
	ev->u.failed.request = request.id;
	ev->u.failed.fault = *fault;
	ev->u.failed.octets = dl3i_payload(s);
	return DL3_OK;
}

/* Without an answer to the authentication that can be read there is nothing to go on with. */
enum dl3_err dl3i_client_malformed(struct dl3_session *s, const struct dl3_fault *fault, struct dl3_event *ev)
{
	struct dl3i_request *request = answered(s);

	if (s->msg.type == DL3_MSG_AUTH_REPLY && spoils_authentication(s))
		return dl3i_end(s, fault);
	if (request)
		return malformed_answer(s, request, fault, ev);
	if (s->msg.type == DL3_MSG_EVENT) {
		ev->u.malformed.pbx = s->msg.u.event.pbx;
		ev->u.malformed.counter = s->msg.u.event.counter;
	}
	return dl3i_tell_malformed(s, fault, ev);
}
