/* SPDX-License-Identifier: MIT */
/* The client's half: what its owner asks for, and its time. */
#include <string.h>

#include "base/octets.h"
#include "session/session.h"

/* ---- Sending ---- */

/* Ids are not 0, and not those of requests that still wait, also after four thousand millions. */
static uint32_t fresh_id(struct dl3i_client *c)
{
	do
		c->last_id++;
	while (c->last_id == 0 || dl3i_request_any(&c->requests, c->last_id));
	return c->last_id;
}

enum dl3_err dl3i_client_send(struct dl3_session *s, struct dl3_msg *msg, const struct dl3i_request *request)
{
	struct dl3i_client *c = &s->u.client;
	struct dl3i_request r = *request;

	r.id = fresh_id(c);
	r.sent = s->now;
	r.due = dl3i_later(s->now, s->limits.answer_timeout_ms);
	enum dl3_err err = dl3i_request_add(s, &c->requests, &r);
	if (err != DL3_OK)
		return err;
	msg->request_id = r.id;
	err = dl3i_queue(s, msg);
	if (err != DL3_OK)
		c->requests.count--;
	return err;
}

enum dl3_err dl3i_client_barrier(struct dl3_session *s, uint32_t stream, bool accepted)
{
	struct dl3_msg test = { .type = DL3_MSG_TEST_REQUEST };
	struct dl3i_request barrier = { .kind = DL3I_REQUEST_BARRIER,
		                        .stream = stream,
		                        .accepted = accepted };

	return dl3i_client_send(s, &test, &barrier);
}

static enum dl3_err ready(const struct dl3_session *s)
{
	bool usable = s->role == &dl3i_client_role && !dl3i_ended(s);

	return usable && s->u.client.state == DL3I_CLIENT_READY ? DL3_OK : DL3_ERR_STATE;
}

static void tell_id(const struct dl3_session *s, uint32_t *request)
{
	if (request)
		*request = s->u.client.last_id;
}

/* ---- What the owner asks for ---- */

static bool too_long(const char *z, size_t most)
{
	return z && memchr(z, '\0', most + 1) == NULL;
}

enum dl3_err dl3_client_authenticate(struct dl3_session *s, const char *user, const char *password,
                                     const char *application)
{
	struct dl3i_client *c = &s->u.client;
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST };
	struct dl3i_request request = { .kind = DL3I_REQUEST_AUTH };

	if (s->role != &dl3i_client_role || dl3i_ended(s) || c->state != DL3I_CLIENT_NEW)
		return DL3_ERR_STATE;
	if (!user || user[0] == '\0' || !password)
		return DL3_ERR_ARGUMENT;
	if (too_long(user, DL3_NAME_MAX) || too_long(application, DL3_NAME_MAX))
		return DL3_ERR_TOO_LONG;
	msg.u.auth_request.step = DL3_AUTH_STEP_REQUEST;
	msg.u.auth_request.user = dl3_str_of(user);
	if (application && application[0] != '\0')
		msg.u.auth_request.application = dl3_str_of(application);
	enum dl3_err err = dl3i_client_send(s, &msg, &request);
	if (err != DL3_OK)
		return err;
	dl3i_password_pad(password, c->password, sizeof(c->password));
	c->state = DL3I_CLIENT_ASKED;
	return DL3_OK;
}

enum dl3_err dl3_client_stream(struct dl3_session *s, uint32_t flags, uint32_t *request)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REQUEST };
	struct dl3i_request stream = { .kind = DL3I_REQUEST_STREAM, .flags = flags };
	char text[DL3_FLAGS_TEXT_MAX];
	size_t queued = dl3i_held(&s->out);

	if (ready(s) != DL3_OK)
		return DL3_ERR_STATE;
	if (flags & ~DL3_FLAGS_ALL)
		return DL3_ERR_ARGUMENT;
	msg.u.event_request.flags =
		(struct dl3_str){ .ptr = text, .len = (uint32_t)dl3_flags_format(flags, text) };
	enum dl3_err err = dl3i_client_send(s, &msg, &stream);
	if (err != DL3_OK)
		return err;
	uint32_t id = s->u.client.last_id;
	err = dl3i_client_barrier(s, id, false);
	if (err != DL3_OK) {
		/* Without its barrier the request is taken back as if it had never been. */
		s->u.client.requests.count--;
		s->out.end = s->out.start + queued;
		return err;
	}
	if (request)
		*request = id;
	return DL3_OK;
}

enum dl3_err dl3_client_read(struct dl3_session *s, const char *file, uint32_t *request)
{
	struct dl3_msg msg = { .type = DL3_MSG_READ_REQUEST };
	struct dl3i_request read = { .kind = DL3I_REQUEST_READ };

	if (ready(s) != DL3_OK)
		return DL3_ERR_STATE;
	if (!file || file[0] == '\0')
		return DL3_ERR_ARGUMENT;
	if (too_long(file, DL3_NAME_MAX))
		return DL3_ERR_TOO_LONG;
	msg.u.read_request.file = dl3_str_of(file);
	enum dl3_err err = dl3i_client_send(s, &msg, &read);
	if (err == DL3_OK)
		tell_id(s, request);
	return err;
}

enum dl3_err dl3_client_test(struct dl3_session *s, const void *payload, size_t len, uint32_t *request)
{
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST };
	struct dl3i_request test = { .kind = DL3I_REQUEST_TEST };

	if (s->role != &dl3i_client_role || dl3i_ended(s))
		return DL3_ERR_STATE;
	if (!payload && len > 0)
		return DL3_ERR_ARGUMENT;
	if (len > DL3_TEST_PAYLOAD_MAX)
		return DL3_ERR_TOO_LONG;
	msg.u.test_request.payload = (struct dl3_octets){ payload, len };
	enum dl3_err err = dl3i_client_send(s, &msg, &test);
	if (err == DL3_OK)
		tell_id(s, request);
	return err;
}

/* ---- Time ---- */

static const char *const awaited[] = {
	[DL3I_REQUEST_AUTH] = "an answer to the authentication",
	[DL3I_REQUEST_STREAM] = "an answer to the event request",
	[DL3I_REQUEST_BARRIER] = "an answer to the test packet behind the event request",
	[DL3I_REQUEST_READ] = "an answer to the file read",
	[DL3I_REQUEST_TEST] = "an answer to the test packet",
	[DL3I_REQUEST_KEEPALIVE] = "an answer to the keep-alive",
};

static struct dl3i_request *first_due(const struct dl3i_requests *r)
{
	struct dl3i_request *first = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (!first || r->list[i].due < first->due)
			first = &r->list[i];
	return first;
}

/* Gives an answer its time again. Only a snapshot has an end to that. */
static void restart(const struct dl3_session *s, struct dl3i_request *r)
{
	uint64_t last = dl3i_later(r->sent, s->limits.snapshot_timeout_ms);

	r->due = dl3i_later(s->now, s->limits.answer_timeout_ms);
	if (r->kind == DL3I_REQUEST_BARRIER && r->due > last)
		r->due = last;
}

static void restart_clocks(struct dl3_session *s)
{
	struct dl3i_requests *r = &s->u.client.requests;

	for (size_t i = 0; i < r->count; i++)
		restart(s, &r->list[i]);
}

/* The answer to a barrier stands behind the snapshot, and cannot come before that has. */
static void restart_barriers(struct dl3_session *s)
{
	struct dl3i_requests *r = &s->u.client.requests;

	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].kind == DL3I_REQUEST_BARRIER)
			restart(s, &r->list[i]);
}

/* Whether the frame at the front has begun or come on. */
static bool arrives(const struct dl3_session *s, const struct dl3i_arrival *a, uint64_t came)
{
	return !a->begun || a->at != s->taken || came >= a->goal;
}

static void client_fed(struct dl3_session *s)
{
	struct dl3i_client *c = &s->u.client;
	struct dl3i_arrival *a = &c->arrival;
	uint64_t came = s->taken + dl3i_held(&s->in);
	enum dl3i_front front = dl3i_front(s);
	bool large = front == DL3I_FRONT_PART_LARGE;
	bool on = arrives(s, a, came);

	if (came >= c->flow) {
		c->flow = came + DL3_INPUT_WINDOW;
		restart_barriers(s);
	}
	/* No other answer overtakes one that is on its way. */
	if (large != a->large || (large && on))
		restart_clocks(s);
	a->begun = large || front == DL3I_FRONT_PART;
	a->large = large;
	if (!on)
		return;
	a->at = s->taken;
	a->goal = came + DL3_INPUT_WINDOW;
	a->due = dl3i_later(s->now, s->limits.answer_timeout_ms);
}

static enum dl3_err late_file(struct dl3_session *s, struct dl3i_request *file, struct dl3_event *ev)
{
	ev->type = DL3_EV_FAILED;
	ev->u.failed.request = file->id;
	(void)dl3i_fail_value(&ev->u.failed.fault, DL3_ERR_TIMEOUT, 0, awaited[file->kind],
	                      "none in milliseconds:", s->limits.answer_timeout_ms);
	dl3i_request_remove(&s->u.client.requests, file);
	return DL3_OK;
}

static enum dl3_err frame_stops(struct dl3_session *s)
{
	struct dl3_fault fault = { 0 };

	(void)dl3i_fail_value(&fault, DL3_ERR_TIMEOUT, 0, "the rest of a frame",
	                      "too little in milliseconds:", s->limits.answer_timeout_ms);
	fault.offset = s->taken;
	return dl3i_end(s, &fault);
}

static enum dl3_err client_late(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3i_request *first = first_due(&s->u.client.requests);

	/* One that came behind other frames begins here. */
	client_fed(s);
	if (s->u.client.arrival.begun && s->u.client.arrival.due <= s->now)
		return frame_stops(s);
	if (!first || first->due > s->now)
		return DL3_END;
	if (first->kind == DL3I_REQUEST_READ)
		return late_file(s, first, ev);
	return dl3i_end_value(s, DL3_ERR_TIMEOUT, awaited[first->kind],
	                      "none in milliseconds:", s->limits.answer_timeout_ms);
}

/* What was sent before the time was known is taken as sent now. */
static void client_begin(struct dl3_session *s)
{
	struct dl3i_requests *r = &s->u.client.requests;

	for (size_t i = 0; i < r->count; i++)
		r->list[i].sent = s->now;
	restart_clocks(s);
	s->u.client.arrival.due = dl3i_later(s->now, s->limits.answer_timeout_ms);
}

/* Whether a request waits that ends the session when it is late: it is a keep-alive already. */
static bool link_is_tried(const struct dl3i_requests *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].kind != DL3I_REQUEST_READ)
			return true;
	return false;
}

static uint64_t keepalive_due(const struct dl3_session *s)
{
	const struct dl3i_client *c = &s->u.client;

	if (c->state != DL3I_CLIENT_READY || s->limits.no_keepalive || link_is_tried(&c->requests))
		return DL3_NEVER;
	return dl3i_later(s->last_input, s->limits.keepalive_ms);
}

static void client_tick(struct dl3_session *s)
{
	struct dl3_msg test = { .type = DL3_MSG_TEST_REQUEST };
	struct dl3i_request keepalive = { .kind = DL3I_REQUEST_KEEPALIVE };

	/* What is late is found by next(): an answer that has come and was not yet told is not. */
	if (keepalive_due(s) > s->now)
		return;
	enum dl3_err err = dl3i_client_send(s, &test, &keepalive);
	if (err != DL3_OK)
		(void)dl3i_end_of(s, err, "room for a keep-alive", NULL);
}

static uint64_t client_deadline(const struct dl3_session *s)
{
	const struct dl3i_request *first = first_due(&s->u.client.requests);
	const struct dl3i_arrival *arrival = &s->u.client.arrival;
	uint64_t due = keepalive_due(s);

	if (first && first->due < due)
		due = first->due;
	return arrival->begun && arrival->due < due ? arrival->due : due;
}

static void client_finish(struct dl3_session *s)
{
	dl3i_requests_free(s, &s->u.client.requests);
	dl3i_counters_free(s, &s->u.client.counters);
}

const struct dl3i_role dl3i_client_role = {
	.resume = dl3i_client_resume,
	.message = dl3i_client_message,
	.malformed = dl3i_client_malformed,
	.begin = client_begin,
	.tick = client_tick,
	.late = client_late,
	.fed = client_fed,
	.deadline = client_deadline,
	.ended = dl3i_client_forget,
	.finish = client_finish,
};

struct dl3_session *dl3_client_new(const struct dl3_client_config *config,
                                   const struct dl3_allocator *allocator)
{
	return dl3i_session_new(&dl3i_client_role, config && config->encrypted,
	                        config ? &config->limits : NULL, DL3_CLIENT_MAX_FRAME, DL3_CLIENT_MAX_OUTPUT,
	                        allocator);
}
