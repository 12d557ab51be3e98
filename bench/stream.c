/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <devlink3/devlink3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE "c0a82a03"
#define TEXTS 64

static const char *const names[] = {
	"Reception", "Müller, Jürgen", "O'Neil, Sean", "M&S <HQ>",
	"李雷",      "Sales \"East\"", "Zoë",          "Łukasz Żak",
};
static const char *const devices[] = { "4001", "4002", "4003", "4107", "2205", "201", "865001" };
static const char *const numbers[] = { "01707123456", "0033123456789", "901707123456", "5678",
	                               "+4930123456" };
static const char *const groups[] = { "200", "201", "300" };

struct maker {
	uint64_t random;
	int64_t clock; /* tenths of a second */
	int64_t call_id;
	uint32_t end;
	struct stream *out;
	size_t cap;
	uint32_t counter;
};

static uint64_t next(struct maker *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random;
}

static unsigned below(struct maker *m, unsigned n)
{
	return (unsigned)(next(m) >> 33) % n;
}

#define PICK(m, list) dl3_str_of((list)[below(m, sizeof(list) / sizeof((list)[0]))])

static void *need(void *p)
{
	if (!p) {
		fputs("bench: no memory\n", stderr);
		exit(1);
	}
	return p;
}

static void end_text(uint32_t end, char out[17])
{
	snprintf(out, 17, NODE "%08x", end);
}

static void emit(struct maker *m, const struct dl3_record *r)
{
	uint8_t tuple[8192], frame[8192];
	size_t tuple_len = 0, frame_len = 0;
	struct dl3_msg msg = { .type = DL3_MSG_EVENT };

	if (dl3_record_encode(r, DL3_DELTA2_UNICODE, tuple, sizeof(tuple), &tuple_len) != DL3_OK)
		abort();
	msg.u.event.pbx = 0xc0a82a03;
	msg.u.event.counter = ++m->counter;
	msg.u.event.tuples = (struct dl3_octets){ tuple, tuple_len };
	if (dl3_msg_encode(&msg, frame, sizeof(frame), &frame_len) != DL3_OK)
		abort();
	if (m->out->len + frame_len > m->cap) {
		m->cap = m->cap * 2 + frame_len;
		m->out->octets = need(realloc(m->out->octets, m->cap));
	}
	memcpy(m->out->octets + m->out->len, frame, frame_len);
	m->out->len += frame_len;
	m->out->events++;
	m->out->text += tuple_len - DL3_TUPLE_HEADER - 1;
}

static void make_call(struct maker *m, struct dl3_call *c, bool grouped)
{
	*c = (struct dl3_call){ .node = dl3_str_of(NODE) };
	DL3_SET(c, DL3_CALL_CALL_ID, call_id, m->call_id);
	DL3_SET(c, DL3_CALL_TRANSFER_CAUSE, transfer_cause, 0);
	if (grouped) {
		c->originally_targeted_huntgroup = PICK(m, groups);
		c->currently_targeted_huntgroup = c->originally_targeted_huntgroup;
	}
	if (below(m, 8) == 0)
		c->account_code = dl3_str_of("7741");
	if (below(m, 2) == 0)
		return;
	DL3_SET(c, DL3_CALL_VOICEMAIL_BEING_LEFT, voicemail_being_left, 0);
	DL3_SET(c, DL3_CALL_VOICEMAIL_LENGTH, voicemail_length, 0);
	if (grouped)
		DL3_SET(c, DL3_CALL_QUEUEING, queueing, DL3_QUEUEING_QUEUEING);
	DL3_SET(c, DL3_CALL_TIMESTAMP, timestamp, m->clock);
}

static void make_party(struct maker *m, struct dl3_party *p, const char *end, bool incoming, int64_t state)
{
	bool trunk = incoming && below(m, 3) != 0;

	*p = (struct dl3_party){ .end = dl3_str_of(end) };
	DL3_SET(p, DL3_PARTY_DIRECTION, direction, incoming);
	DL3_SET(p, DL3_PARTY_STATE, state, state);
	DL3_SET(p, DL3_PARTY_AUDIO_PATH, audio_path, below(m, 8) != 0);
	DL3_SET(p, DL3_PARTY_TONE, tone, state == DL3_STATE_CONNECTED ? 0 : 2);
	DL3_SET(p, DL3_PARTY_REMOTE, remote, 0);
	DL3_SET(p, DL3_PARTY_PUBLIC_LINE, public_line, trunk);
	DL3_SET(p, DL3_PARTY_FLAGS, flags, below(m, 6) == 0 ? 20 : 0);
	DL3_SET(p, DL3_PARTY_EMERGENCY_LOCATION, emergency_location, 1);
	DL3_SET(p, DL3_PARTY_EQUIPMENT_CLASS, equipment_class, trunk ? 5 : 8 + below(m, 4));
	DL3_SET(p, DL3_PARTY_EQUIPMENT_TYPE, equipment_type, trunk ? 2 : 106);
	if (trunk)
		p->description = dl3_str_of("0f5757c5c504c74197be9699697eab8d");
	else
		p->identity = PICK(m, devices);
	DL3_SET(p, DL3_PARTY_CALLED_TYPE, called_type, 0);
	DL3_SET(p, DL3_PARTY_CALLED_REASON, called_reason, below(m, 2) * 4);
	if (trunk)
		p->did = dl3_str_of("5678");
	p->cli = PICK(m, numbers);
	DL3_SET(p, DL3_PARTY_CLI_PRESENTATION, cli_presentation, 100);
	if (below(m, 2) == 0)
		return;
	DL3_SET(p, DL3_PARTY_NAME_TYPE, name_type, 5);
	p->name = PICK(m, names);
}

static void make_target(struct maker *m, struct dl3_target *t, const char *end)
{
	*t = (struct dl3_target){ .end = dl3_str_of(end) };
	DL3_SET(t, DL3_TARGET_REMOTE, remote, 0);
	DL3_SET(t, DL3_TARGET_PUBLIC_LINE, public_line, 0);
	DL3_SET(t, DL3_TARGET_EQUIPMENT_CLASS, equipment_class, 8);
	DL3_SET(t, DL3_TARGET_EQUIPMENT_TYPE, equipment_type, 106);
	t->identity = PICK(m, devices);
	DL3_SET(t, DL3_TARGET_CALLED_TYPE, called_type, 0);
	DL3_SET(t, DL3_TARGET_CALLED_REASON, called_reason, 4);
	t->purpose = PICK(m, groups);
	t->cli = PICK(m, numbers);
	DL3_SET(t, DL3_TARGET_CLI_PRESENTATION, cli_presentation, 100);
}

static void emit_lost(struct maker *m, const char *end, bool inbound)
{
	struct dl3_record r = { .kind = DL3_KIND_CALL_LOST };
	struct dl3_call_lost *l = &r.u.call_lost;

	l->node = dl3_str_of(NODE);
	l->end = dl3_str_of(end);
	DL3_SET(l, DL3_CALL_LOST_CLEARED_INBOUND, cleared_inbound, inbound);
	DL3_SET(l, DL3_CALL_LOST_CAUSE, cause, below(m, 6) == 0 ? 126 : 16);
	DL3_SET(l, DL3_CALL_LOST_TIMESTAMP, timestamp, m->clock);
	emit(m, &r);
}

/* A call from its first offer to its last end. */
static void emit_call(struct maker *m)
{
	struct dl3_record r = { .kind = DL3_KIND_DETAIL };
	struct dl3_detail *d = &r.u.detail;
	struct dl3_target targets[6];
	char a[17], b[17], ends[6][17];
	unsigned count = 1 + below(m, 6);

	m->call_id++;
	end_text(m->end++, a);
	end_text(m->end++, b);
	bool grouped = count > 1;
	make_call(m, &d->call, grouped);
	make_party(m, &d->a, a, true, DL3_STATE_RINGBACK);
	d->has_call = d->has_a = true;
	for (unsigned i = 0; i < count; i++) {
		end_text(m->end++, ends[i]);
		make_target(m, &targets[i], ends[i]);
	}
	d->targets.list = targets;
	d->targets.count = count;
	emit(m, &r);
	d->targets = (struct dl3_targets){ 0 };
	d->has_b = true;
	for (unsigned i = 0; i < 2 + below(m, 3); i++) {
		m->clock += 1 + below(m, 300);
		make_call(m, &d->call, grouped);
		make_party(m, &d->a, a, true, DL3_STATE_CONNECTED);
		make_party(m, &d->b, b, false, DL3_STATE_CONNECTED);
		emit(m, &r);
	}
	emit_lost(m, a, true);
	emit_lost(m, b, false);
}

struct stream stream_make(uint64_t seed, size_t want)
{
	struct stream s = { 0 };
	struct maker m = { .random = seed | 1, .clock = 81234, .end = 1000, .out = &s, .cap = want + 65536 };

	s.octets = need(malloc(m.cap));
	while (s.len < want)
		emit_call(&m);
	return s;
}

void stream_free(struct stream *s)
{
	free(s->octets);
	*s = (struct stream){ 0 };
}
