/* SPDX-License-Identifier: MIT */
/* Octets, frames, faults and time: what both ends have in common. */
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/octets.h"

static void *default_resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	(void)old_size;
	(void)arg;
	if (new_size == 0) {
		free(block);
		return NULL;
	}
	return realloc(block, new_size);
}

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static struct dl3_limits resolve(const struct dl3_limits *asked, uint32_t max_frame, uint32_t max_output)
{
	struct dl3_limits l = asked ? *asked : (struct dl3_limits){ 0 };

	l.max_frame = or_else(l.max_frame, max_frame);
	l.max_output = or_else(l.max_output, max_output);
	l.max_requests = or_else(l.max_requests, DL3_MAX_REQUESTS);
	l.max_pbxs = or_else(l.max_pbxs, DL3_MAX_PBXS);
	l.answer_timeout_ms = or_else(l.answer_timeout_ms, DL3_ANSWER_TIMEOUT_MS);
	l.snapshot_timeout_ms = or_else(l.snapshot_timeout_ms, DL3_SNAPSHOT_TIMEOUT_MS);
	l.keepalive_ms = or_else(l.keepalive_ms, DL3_KEEPALIVE_MS);
	l.login_timeout_ms = or_else(l.login_timeout_ms, DL3_LOGIN_TIMEOUT_MS);
	return l;
}

struct dl3_session *dl3i_session_new(const struct dl3i_role *role, bool encrypted,
                                     const struct dl3_limits *limits, uint32_t max_frame, uint32_t max_output,
                                     const struct dl3_allocator *allocator)
{
	struct dl3_allocator a = allocator ? *allocator : (struct dl3_allocator){ .resize = default_resize };
	struct dl3_session *s = a.resize(NULL, 0, sizeof(*s), a.arg);

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->role = role;
	s->allocator = a;
	s->limits = resolve(limits, max_frame, max_output);
	s->encrypted = encrypted;
	s->memory = sizeof(*s);
	return s;
}

void dl3_session_free(struct dl3_session *s)
{
	if (!s)
		return;
	s->role->finish(s);
	dl3i_buf_free(s, &s->in);
	dl3i_buf_free(s, &s->out);
	if (s->scratch)
		dl3i_resize(s, s->scratch, s->scratch_cap, 0);
	struct dl3_allocator a = s->allocator;
	dl3i_wipe(s, sizeof(*s));
	a.resize(s, sizeof(*s), 0, a.arg);
}

size_t dl3_session_memory(const struct dl3_session *s)
{
	return s->memory;
}

/* ---- The end of a session ---- */

enum dl3_err dl3i_end(struct dl3_session *s, const struct dl3_fault *fault)
{
	if (!dl3i_ended(s)) {
		s->fault = *fault;
		s->role->ended(s);
	}
	return s->fault.err;
}

enum dl3_err dl3i_end_of(struct dl3_session *s, enum dl3_err err, const char *expected, const char *came)
{
	struct dl3_fault fault = { .err = err, .expected = expected, .came = came };

	return dl3i_end(s, &fault);
}

enum dl3_err dl3i_end_value(struct dl3_session *s, enum dl3_err err, const char *expected, const char *came,
                            uint64_t value)
{
	/* With these two the value is the result that the PBX gave. */
	struct dl3_fault fault = { .err = err,
		                   .expected = expected,
		                   .came = came,
		                   .value = value,
		                   .has_value = true,
		                   .is_code = err == DL3_ERR_REFUSED || err == DL3_ERR_STREAM_DEAD };

	return dl3i_end(s, &fault);
}

struct dl3_fault dl3_session_fault(const struct dl3_session *s)
{
	return s->fault;
}

/* ---- Input ---- */

/* The frame at the front as far as it has come. @return as dl3_frame_decode(). */
static enum dl3_err front(const struct dl3_session *s, struct dl3_frame *frame, struct dl3_fault *fault)
{
	const uint8_t *p = s->in.ptr ? s->in.ptr + s->in.start : NULL;

	return dl3_frame_decode(p, dl3i_held(&s->in), frame, fault);
}

/* A frame that is longer than the window counts as large: the peer needs time to send it. */
static bool large_arrives(const struct dl3_session *s, const struct dl3_frame *frame, enum dl3_err err)
{
	return err == DL3_NEED_MORE && frame->size > DL3_INPUT_WINDOW && frame->size <= s->limits.max_frame;
}

enum dl3i_front dl3i_front(const struct dl3_session *s)
{
	struct dl3_frame frame = { 0 };
	enum dl3_err err = front(s, &frame, NULL);

	if (dl3i_held(&s->in) == 0)
		return DL3I_FRONT_NOTHING;
	if (large_arrives(s, &frame, err))
		return DL3I_FRONT_PART_LARGE;
	return err == DL3_NEED_MORE ? DL3I_FRONT_PART : DL3I_FRONT_READY;
}

struct dl3_octets dl3i_payload(const struct dl3_session *s)
{
	return (struct dl3_octets){ s->in.ptr + s->in.start + s->header, s->frame - s->header };
}

enum dl3_err dl3i_put_off(struct dl3_session *s)
{
	s->frame = 0;
	return DL3_BLOCKED;
}

/* Lets go of what the last event pointed to. */
static void release(struct dl3_session *s)
{
	dl3i_scratch_trim(s);
	if (s->frame == 0 || s->more)
		return;
	dl3i_buf_drop(s, &s->in, s->frame);
	s->taken += s->frame;
	s->frame = 0;
}

/* How much input is held at most: one large frame, or a window of small ones. */
static size_t input_limit(const struct dl3_session *s)
{
	struct dl3_frame frame = { 0 };
	enum dl3_err err = front(s, &frame, NULL);

	return large_arrives(s, &frame, err) ? frame.size : DL3_INPUT_WINDOW;
}

size_t dl3_session_feed(struct dl3_session *s, const void *data, size_t len)
{
	release(s);
	if (dl3i_ended(s) || s->closed || len == 0)
		return len;
	size_t limit = input_limit(s);
	size_t held = dl3i_held(&s->in);
	size_t n = held < limit ? limit - held : 0;
	if (n > len)
		n = len;
	if (n == 0)
		return 0;
	if (!dl3i_buf_reserve(s, &s->in, n, limit)) {
		(void)dl3i_end_value(s, DL3_ERR_MEMORY, "memory for input", "none for octets:", n);
		return len;
	}
	memcpy(s->in.ptr + s->in.end, data, n);
	s->in.end += n;
	s->last_input = s->now;
	if (s->role->fed)
		s->role->fed(s);
	return n;
}

void dl3_session_end_of_input(struct dl3_session *s)
{
	s->closed = true;
}

/* Nothing is left that is whole, and nothing will come. */
static enum dl3_err closed(struct dl3_session *s)
{
	struct dl3_fault fault = { 0 };
	size_t held = dl3i_held(&s->in);

	if (held > 0)
		(void)dl3i_fail_value(&fault, DL3_ERR_TRUNCATED_FRAME, 0, "the rest of a frame",
		                      "the end, after octets of it:", held);
	else
		(void)dl3i_fail(&fault, DL3_ERR_CLOSED, 0, "more frames", "the end");
	fault.offset = s->taken + held;
	return dl3i_end(s, &fault);
}

/* ---- Events ---- */

enum dl3_err dl3i_tell_message(struct dl3_session *s, enum dl3_event_type type, struct dl3_event *ev)
{
	ev->type = type;
	ev->u.message = &s->msg;
	return DL3_OK;
}

enum dl3_err dl3i_tell_malformed(struct dl3_session *s, const struct dl3_fault *fault, struct dl3_event *ev)
{
	ev->type = DL3_EV_MALFORMED;
	ev->u.malformed.fault = *fault;
	ev->u.malformed.octets = dl3i_payload(s);
	return DL3_OK;
}

static enum dl3_err framing_lost(struct dl3_session *s, struct dl3_fault *fault)
{
	fault->offset += (size_t)s->taken;
	return dl3i_end(s, fault);
}

static enum dl3_err too_large(struct dl3_session *s, const struct dl3_frame *frame, struct dl3_event *ev)
{
	struct dl3_octets seen = { s->in.ptr + s->in.start + frame->header,
		                   dl3i_held(&s->in) - frame->header };
	struct dl3_fault fault = { 0 };
	enum dl3_err told = DL3_END;

	if (s->role->oversize)
		told = s->role->oversize(s, seen, ev);
	if (told == DL3_NEED_MORE)
		return told;
	(void)dl3i_fail_value(&fault, DL3_ERR_FRAME_LIMIT, 1, "a frame within the limit of this session",
	                      "the length", frame->size);
	enum dl3_err err = framing_lost(s, &fault);
	return told == DL3_OK ? DL3_OK : err;
}

/* All whole frames have been told. */
static enum dl3_err drained(struct dl3_session *s, struct dl3_event *ev)
{
	enum dl3_err err = s->role->late ? s->role->late(s, ev) : DL3_END;

	return err == DL3_END ? DL3_NEED_MORE : err;
}

static enum dl3_err show(struct dl3_session *s, const struct dl3_frame *frame, struct dl3_event *ev)
{
	struct dl3_fault fault = { 0 };

	s->frame = frame->size;
	s->header = frame->header;
	if (dl3_msg_decode(frame->payload, &s->msg, &fault) != DL3_OK)
		return s->role->malformed(s, &fault, ev);
	return s->role->message(s, ev);
}

/* One step: at most one event. DL3_END when it led to none. */
static enum dl3_err step(struct dl3_session *s, struct dl3_event *ev)
{
	struct dl3_frame frame = { 0 };
	struct dl3_fault fault = { 0 };

	if (s->more)
		return s->role->resume(s, ev);
	if (s->role->blocked && s->role->blocked(s))
		return DL3_BLOCKED;
	enum dl3_err err = front(s, &frame, &fault);
	if (err != DL3_OK && err != DL3_NEED_MORE)
		return framing_lost(s, &fault);
	if (frame.header > 0 && frame.size > s->limits.max_frame)
		return too_large(s, &frame, ev);
	return err == DL3_OK ? show(s, &frame, ev) : drained(s, ev);
}

enum dl3_err dl3_session_next(struct dl3_session *s, struct dl3_event *ev)
{
	enum dl3_err err;

	memset(ev, 0, sizeof(*ev));
	do {
		release(s);
		err = dl3i_ended(s) ? s->fault.err : step(s, ev);
	} while (err == DL3_END);
	return err == DL3_NEED_MORE && s->closed ? closed(s) : err;
}

/* ---- Output ---- */

enum dl3_err dl3i_output_reserve(struct dl3_session *s, size_t n)
{
	if (n > s->limits.max_output || dl3i_held(&s->out) > s->limits.max_output - n)
		return DL3_ERR_OUTPUT_LIMIT;
	return dl3i_buf_reserve(s, &s->out, n, s->limits.max_output) ? DL3_OK : DL3_ERR_MEMORY;
}

enum dl3_err dl3i_queue(struct dl3_session *s, const struct dl3_msg *msg)
{
	size_t len = 0;
	enum dl3_err err = dl3_msg_encode(msg, NULL, 0, &len);

	if (err == DL3_ERR_SPACE)
		err = dl3i_output_reserve(s, len);
	if (err == DL3_OK)
		err = dl3_msg_encode(msg, s->out.ptr + s->out.end, len, &len);
	if (err == DL3_OK)
		s->out.end += len;
	return err;
}

struct dl3_octets dl3_session_output(struct dl3_session *s)
{
	if (dl3i_held(&s->out) == 0)
		return (struct dl3_octets){ 0 };
	return (struct dl3_octets){ s->out.ptr + s->out.start, dl3i_held(&s->out) };
}

void dl3_session_sent(struct dl3_session *s, size_t n)
{
	size_t held = dl3i_held(&s->out);

	dl3i_buf_drop(s, &s->out, n < held ? n : held);
	/* What was secret went with it. */
	if (n >= held)
		s->out.secret = false;
}

/* ---- Time ---- */

void dl3_session_tick(struct dl3_session *s, uint64_t now_ms)
{
	if (dl3i_ended(s))
		return;
	if (!s->ticked) {
		s->ticked = true;
		s->now = now_ms;
		s->last_input = now_ms;
		s->role->begin(s);
	} else if (now_ms > s->now) {
		s->now = now_ms;
	}
	s->role->tick(s);
}

uint64_t dl3_session_deadline(const struct dl3_session *s)
{
	if (dl3i_ended(s))
		return DL3_NEVER;
	return s->ticked ? s->role->deadline(s) : 0;
}
