/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

/* The limits that the roles set keep a session below this; what it holds for a client of 16
 * PBXs and 8 requests is small beside its frame and its output queue, both doubled to grow. */
#define MEMORY_MAX (96u * 1024u)

static void *resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	struct play_memory *memory = arg;
	void *moved;

	if (new_size == 0) {
		memory->live -= old_size;
		free(block);
		return NULL;
	}
	memory->attempts++;
	if (memory->attempts == memory->fail_at) {
		return NULL;
	}
	/* Always moved, so that a view kept too long is seen. */
	moved = malloc(new_size);
	MUST(moved != NULL);
	if (block != NULL) {
		memcpy(moved, block, old_size < new_size ? old_size : new_size);
		free(block);
	}
	memory->live += new_size - old_size;
	return moved;
}

static void add(uint64_t *sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		*sum = (*sum ^ p[i]) * 0x100000001b3u;
	}
}

static void add_number(uint64_t *sum, uint64_t number)
{
	add(sum, &number, sizeof(number));
}

static void add_text(uint64_t *sum, struct dl3_str text)
{
	add_number(sum, text.ptr == NULL);
	add_number(sum, text.len);
	add(sum, text.ptr, text.len);
}

static void add_octets(uint64_t *sum, struct dl3_octets octets)
{
	add_number(sum, octets.len);
	add(sum, octets.ptr, octets.len);
}

static void add_record(uint64_t *sum, const struct dl3_event *ev)
{
	char json[512];
	size_t len = 0;
	enum dl3_err err = dl3_record_json(ev->u.record.record, DL3_JSON_RAW, json, sizeof(json), &len);

	add_number(sum, ev->u.record.pbx);
	add_number(sum, ev->u.record.counter);
	add_number(sum, ev->u.record.index);
	add_number(sum, ev->u.record.tuple->code);
	add_octets(sum, ev->u.record.tuple->data);
	add_number(sum, len);
	add(sum, json, err == DL3_OK ? len : sizeof(json));
}

/* Events of a client; false for one that is not a client's. */
static bool add_client_event(uint64_t *sum, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_AUTHENTICATED:
		add_text(sum, ev->u.authenticated.pbx);
		add_text(sum, ev->u.authenticated.variant);
		return true;
	case DL3_EV_REFUSED:
		add_number(sum, ev->u.refused.result);
		return true;
	case DL3_EV_STREAM:
		add_number(sum, ev->u.stream.request);
		add_number(sum, ev->u.stream.result);
		add_number(sum, ev->u.stream.accepted);
		add_number(sum, ev->u.stream.dropped);
		return true;
	case DL3_EV_RECORD:
		add_record(sum, ev);
		return true;
	case DL3_EV_COUNTER:
		add_number(sum, ev->u.counter.change);
		add_number(sum, ev->u.counter.pbx);
		add_number(sum, ev->u.counter.expected);
		add_number(sum, ev->u.counter.came);
		return true;
	case DL3_EV_SNAPSHOT_END:
		add_number(sum, ev->u.request);
		return true;
	case DL3_EV_FILE:
		add_number(sum, ev->u.file.request);
		add_octets(sum, ev->u.file.contents);
		return true;
	case DL3_EV_TEST_REPLY:
		add_number(sum, ev->u.test_reply.request);
		add_octets(sum, ev->u.test_reply.payload);
		return true;
	case DL3_EV_FAILED:
		MUST(ev->u.failed.fault.err != DL3_OK && ev->u.failed.fault.expected != NULL);
		add_number(sum, ev->u.failed.request);
		add_number(sum, ev->u.failed.fault.err);
		add_octets(sum, ev->u.failed.octets);
		return true;
	default:
		return false;
	}
}

static bool add_server_event(uint64_t *sum, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_LOGIN:
		add_text(sum, ev->u.login.user);
		add_text(sum, ev->u.login.application);
		return true;
	case DL3_EV_PROOF:
		add_text(sum, ev->u.proof.user);
		add_number(sum, ev->u.proof.right);
		return true;
	case DL3_EV_STREAM_REQUEST:
		add_number(sum, ev->u.stream_request.request);
		add_number(sum, ev->u.stream_request.asked);
		add_text(sum, ev->u.stream_request.unknown);
		add_number(sum, ev->u.stream_request.result);
		add_number(sum, ev->u.stream_request.accepted);
		return true;
	case DL3_EV_READ_REQUEST:
		add_number(sum, ev->u.read_request.request);
		add_text(sum, ev->u.read_request.file);
		return true;
	case DL3_EV_TESTED:
		add_number(sum, ev->u.tested.request);
		add_number(sum, ev->u.tested.result);
		return true;
	default:
		return false;
	}
}

static void add_event(uint64_t *sum, const struct dl3_event *ev)
{
	add_number(sum, ev->type);
	if (add_client_event(sum, ev) || add_server_event(sum, ev)) {
		return;
	}
	if (ev->type == DL3_EV_MALFORMED) {
		MUST(ev->u.malformed.fault.err != DL3_OK && ev->u.malformed.fault.expected != NULL);
		add_number(sum, ev->u.malformed.fault.err);
		add_number(sum, ev->u.malformed.fault.offset);
		add_octets(sum, ev->u.malformed.octets);
		add_number(sum, ev->u.malformed.in_tuple);
		return;
	}
	MUST(ev->type == DL3_EV_IGNORED || ev->type == DL3_EV_UNKNOWN);
	add_number(sum, ev->u.message->type);
	add_number(sum, ev->u.message->code);
	add_octets(sum, ev->u.message->body);
	add_octets(sum, ev->u.message->rest);
}

static void memory_holds(const struct play *p)
{
	MUST(dl3_session_memory(p->session) == p->memory.live);
	MUST(p->memory.live <= MEMORY_MAX);
}

/* Sends up to `most` octets of what is to be sent. */
static void send_some(struct play *p, size_t most)
{
	struct dl3_octets out = dl3_session_output(p->session);
	size_t n = out.len < most ? out.len : most;

	add(&p->sent, out.ptr, n);
	p->sent_len += n;
	dl3_session_sent(p->session, n);
	MUST(dl3_session_output(p->session).len == out.len - n);
}

/* Takes events until there are none; a blocked session is helped by sending, unless quiet. */
static void take_events(struct play *p)
{
	for (;;) {
		struct dl3_event ev;
		enum dl3_err err = dl3_session_next(p->session, &ev);

		memory_holds(p);
		if (err == DL3_OK) {
			add_event(&p->log, &ev);
			if (!p->quiet) {
				p->role->answer(p, &ev);
			}
		} else if (err == DL3_BLOCKED && !p->quiet && dl3_session_output(p->session).len > 0) {
			send_some(p, SIZE_MAX);
		} else {
			struct dl3_fault fault = dl3_session_fault(p->session);

			MUST((err == DL3_NEED_MORE || err == DL3_BLOCKED) == (fault.err == DL3_OK));
			MUST(fault.err == DL3_OK || fault.err == err);
			/* Errors are sticky. */
			MUST(p->ended == DL3_OK || p->ended == err);
			p->ended = fault.err;
			p->blocked = err == DL3_BLOCKED;
			return;
		}
	}
}

/* Feeds all of it, taking events in between. */
static void feed(struct play *p, const uint8_t *data, size_t len)
{
	while (len > 0) {
		size_t used = dl3_session_feed(p->session, data, len);

		MUST(used <= len);
		take_events(p);
		memory_holds(p);
		if (used == 0) {
			/* Only a session that waits for its owner may refuse to go on. */
			MUST(p->blocked);
			return;
		}
		data += used;
		len -= used;
	}
}

static bool begin(struct play *p, const struct play_role *role, bool encrypted, size_t fail_at)
{
	struct dl3_allocator allocator = { resize, &p->memory };

	*p = (struct play){ .role = role, .memory = { .fail_at = fail_at } };
	p->session = role->start(encrypted, &allocator);
	MUST(p->session != NULL || fail_at > 0);
	if (p->session != NULL) {
		dl3_session_tick(p->session, 0);
	}
	return p->session != NULL;
}

static void end(struct play *p)
{
	dl3_session_free(p->session);
	MUST(p->memory.live == 0);
}

/* ---- A script: two octets say what happens, some more may belong to it ---- */

static void script(const struct play_role *role, uint8_t how, const uint8_t *data, size_t size)
{
	struct play p;

	if (!begin(&p, role, (how & 2u) != 0, how >> 3)) {
		MUST(p.memory.live == 0);
		return;
	}
	p.quiet = (how & 4u) != 0;
	while (size >= 2) {
		size_t n = data[1];
		uint8_t what = data[0] & 7u;

		data += 2;
		size -= 2;
		if (what < 4) {
			n = (n | (size_t)what << 8) < size ? (n | (size_t)what << 8) : size;
			feed(&p, data, n);
			data += n;
			size -= n;
		} else if (what == 4) {
			p.now += n * 500;
			MUST(dl3_session_deadline(p.session) > 0);
			dl3_session_tick(p.session, p.now);
			take_events(&p);
		} else if (what == 5) {
			send_some(&p, n);
		} else {
			role->act(&p, (uint8_t)n);
			take_events(&p);
		}
		memory_holds(&p);
	}
	end(&p);
}

/* ---- A stream, fed whole and in pieces ---- */

static void stream(struct play *p, const struct play_role *role, bool encrypted, const uint8_t *data,
                   size_t size, uint8_t piece)
{
	MUST(begin(p, role, encrypted, 0));
	role->act(p, 0);
	take_events(p);
	send_some(p, SIZE_MAX);
	while (size > 0) {
		size_t n = piece == 0 || piece > size ? size : piece;

		feed(p, data, n);
		send_some(p, SIZE_MAX);
		data += n;
		size -= n;
	}
	take_events(p);
	send_some(p, SIZE_MAX);
	end(p);
}

void play(const struct play_role *role, const uint8_t *data, size_t size)
{
	struct play whole;
	struct play pieces;

	if (size < 2) {
		return;
	}
	if ((data[0] & 1u) != 0) {
		script(role, data[0], data + 1, size - 1);
		return;
	}
	bool encrypted = (data[0] & 2u) != 0;

	stream(&whole, role, encrypted, data + 2, size - 2, 0);
	stream(&pieces, role, encrypted, data + 2, size - 2, 1);
	MUST(whole.log == pieces.log && whole.sent == pieces.sent && whole.ended == pieces.ended);
	stream(&pieces, role, encrypted, data + 2, size - 2, (uint8_t)(data[1] | 2u));
	MUST(whole.log == pieces.log && whole.sent == pieces.sent && whole.ended == pieces.ended);
}
