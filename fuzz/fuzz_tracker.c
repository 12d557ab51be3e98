/* SPDX-License-Identifier: MIT */
/*
 * A tracker of calls, with small limits. The first six octets set these, then comes a script of records with any values in any order, of the
 * connection coming and going, and of the time: see play_one() for its form.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "told.h"

/* With the limits set here nothing comes near it: the groups' 24 hours are the most of it. */
#define MEMORY_MAX (1024u * 1024u)

struct memory {
	size_t live, attempts, fail_at;
};

struct script {
	const uint8_t *at, *end;
	struct told told;
	struct memory memory;
	int64_t now;
	int64_t raw; /* a PBX's tenths */
	char ids[16][24];
	size_t id_next;
};

static void *resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	struct memory *m = arg;

	if (new_size == 0) {
		m->live -= old_size;
		free(block);
		return NULL;
	}
	if (++m->attempts == m->fail_at)
		return NULL;
	/* Always moved, so that a view kept too long is seen. */
	void *moved = malloc(new_size);

	MUST(moved != NULL);
	if (block != NULL)
		memcpy(moved, block, old_size < new_size ? old_size : new_size);
	free(block);
	m->live += new_size - old_size;
	return moved;
}

/* ---- Reading the script ---- */

static uint8_t take(struct script *s)
{
	return s->at < s->end ? *s->at++ : 0;
}

static uint32_t node_of(uint8_t choice)
{
	return 0xc0000201u + (choice & 3u);
}

static struct dl3_str hex(struct script *s, uint64_t value, size_t digits)
{
	char *text = s->ids[s->id_next++ % 16];

	for (size_t i = digits; i-- > 0; value >>= 4)
		text[i] = "0123456789abcdef"[value & 15u];
	return (struct dl3_str){ .ptr = text, .len = (uint32_t)digits };
}

/* Few ends, so that they meet often; the last ones are no proper identifiers. */
static struct dl3_str end_of(struct script *s, uint8_t choice)
{
	static const char *const odd[] = { "", "c0000201000000", "C000020100000001",
		                           "an identifier that is none, and much longer than any is" };

	if (choice >= 0xfc)
		return dl3_str_of(odd[choice - 0xfc]);
	return hex(s, (uint64_t)node_of(choice & 1u) << 32 | choice >> 1, 16);
}

static struct dl3_str text_of(uint8_t choice)
{
	static const char *const texts[] = { "",    "201", "202",         "203",
		                             "204", "300", "\"a,\"\"b\"", "&lt;\xc3\xa9&#x1f600;\xff\\\x01" };
	struct dl3_str text = dl3_str_of(texts[choice & 7u]);

	text.escaped = (choice & 7u) == 7;
	return text;
}

/* A small number mostly, and now and then one that no table has. */
static bool number_of(uint8_t choice, int64_t *out)
{
	static const int64_t far[] = { -1, INT64_MAX, INT64_MIN, 65536, 32767, 126, 117 };

	*out = choice >= 0xf8 && choice < 0xff ? far[choice - 0xf8] : choice;
	return choice != 0xff;
}

static bool time_of(struct script *s, uint8_t choice, int64_t *out)
{
	static const int64_t jumps[] = { 864000, -864000, 90000000, 4294967295, -4294967296, -150, 1000, 0 };

	if (choice == 0xff)
		return false;
	if (choice >= 0xf8) {
		*out = s->raw + jumps[choice - 0xf8];
		return true;
	}
	if (choice >= 0xf0)
		s->raw += jumps[choice & 7u] & 0xffffffff;
	else
		s->raw += choice & 15u;
	s->now += (choice >> 4) * 100;
	*out = s->raw;
	return true;
}

#define NUMBER(row, FIELD, member, choice)               \
	do {                                             \
		int64_t n_;                              \
		if (number_of(choice, &n_))              \
			DL3_SET(row, FIELD, member, n_); \
	} while (0)

/* ---- Records ---- */

static void make_party(struct script *s, uint8_t end, struct dl3_party *p)
{
	uint8_t bits = take(s), texts = take(s), cls = take(s);

	*p = (struct dl3_party){ .end = end_of(s, end),
		                 .identity = text_of(texts),
		                 .cli = text_of(texts >> 3) };
	NUMBER(p, DL3_PARTY_STATE, state, bits & 7 ? (uint8_t)(bits & 7u) : take(s));
	NUMBER(p, DL3_PARTY_EQUIPMENT_CLASS, equipment_class, cls);
	DL3_SET(p, DL3_PARTY_AUDIO_PATH, audio_path, bits >> 3 & 1);
	DL3_SET(p, DL3_PARTY_REMOTE, remote, bits >> 4 & 1);
	DL3_SET(p, DL3_PARTY_PUBLIC_LINE, public_line, bits >> 5 & 1);
	NUMBER(p, DL3_PARTY_TONE, tone, bits >> 6);
	p->name = text_of(texts >> 2);
	p->dialled = text_of(texts >> 4);
	p->did = text_of(texts >> 5);
}

static void make_targets(struct script *s, struct dl3_targets *targets, struct dl3_target *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t end = take(s), texts = take(s);

		list[i] = (struct dl3_target){ .end = end_of(s, end), .identity = text_of(texts) };
		DL3_SET(&list[i], DL3_TARGET_REMOTE, remote, texts >> 3 & 1);
		DL3_SET(&list[i], DL3_TARGET_PUBLIC_LINE, public_line, texts >> 4 & 1);
		NUMBER(&list[i], DL3_TARGET_EQUIPMENT_CLASS, equipment_class, texts >> 5);
	}
	*targets = (struct dl3_targets){ .list = list, .count = count };
}

static void make_detail(struct script *s, struct dl3_detail *d, struct dl3_target *list)
{
	uint8_t shape = take(s), a = take(s), b = take(s), texts = take(s);
	int64_t at;

	*d = (struct dl3_detail){ .has_call = (shape & 0xe0u) != 0xe0,
		                  .has_a = shape & 4,
		                  .has_b = shape & 8 };
	d->call.node = hex(s, node_of(shape), 8);
	NUMBER(&d->call, DL3_CALL_CALL_ID, call_id, a);
	if (time_of(s, take(s), &at))
		DL3_SET(&d->call, DL3_CALL_TIMESTAMP, timestamp, at);
	if (d->has_a)
		make_party(s, a, &d->a);
	if (d->has_b)
		make_party(s, b, &d->b);
	if (shape & 16) {
		NUMBER(&d->call, DL3_CALL_QUEUEING, queueing, take(s));
		NUMBER(&d->call, DL3_CALL_VOICEMAIL_LENGTH, voicemail_length, take(s));
	}
	d->call.originally_targeted_huntgroup = text_of(texts);
	d->call.currently_targeted_huntgroup = text_of(texts >> 3);
	d->call.account_code = text_of(texts >> 5);
	make_targets(s, &d->targets, list, shape >> 5);
}

static void make_loss(struct script *s, enum dl3_kind kind, struct dl3_record *r)
{
	uint8_t end = take(s), more = take(s);
	int64_t at;
	bool timed = time_of(s, take(s), &at);

	if (kind == DL3_KIND_CALL_LOST) {
		struct dl3_call_lost *l = &r->u.call_lost;

		*l = (struct dl3_call_lost){ .node = hex(s, node_of(more), 8), .end = end_of(s, end) };
		DL3_SET(l, DL3_CALL_LOST_CLEARED_INBOUND, cleared_inbound, more >> 2 & 1);
		NUMBER(l, DL3_CALL_LOST_CAUSE, cause, more & 8 ? take(s) : 16);
		if (timed)
			DL3_SET(l, DL3_CALL_LOST_TIMESTAMP, timestamp, at);
	} else if (kind == DL3_KIND_LINK_LOST) {
		struct dl3_link_lost *l = &r->u.link_lost;

		*l = (struct dl3_link_lost){ .node = hex(s, node_of(more), 8), .end = end_of(s, end) };
		NUMBER(l, DL3_LINK_LOST_CAUSE, cause, more);
		if (timed)
			DL3_SET(l, DL3_LINK_LOST_TIMESTAMP, timestamp, at);
	} else {
		struct dl3_attempt_reject *l = &r->u.attempt_reject;

		*l = (struct dl3_attempt_reject){ .node = hex(s, node_of(more), 8),
			                          .end = end_of(s, end),
			                          .user = text_of(more >> 2) };
		if (timed)
			DL3_SET(l, DL3_ATTEMPT_REJECT_TIMESTAMP, timestamp, at);
	}
}

static void make_text(struct script *s, struct dl3_record *r)
{
	size_t len = take(s);

	if (len > (size_t)(s->end - s->at))
		len = (size_t)(s->end - s->at);
	struct dl3_str text = { .ptr = (const char *)s->at, .len = (uint32_t)len };

	s->at += len;
	if (dl3_delta3_decode(text, r, NULL) != DL3_OK)
		dl3_siptrack_decode(text, r);
}

static void make_sip(struct script *s, struct dl3_siptrack *r)
{
	uint8_t end = take(s), more = take(s);

	*r = (struct dl3_siptrack){ .end = end_of(s, end),
		                    .event = dl3_str_of(more & 1 ? "END" : "START"),
		                    .type = dl3_str_of(more & 2 ? "TRUNK" : "PHONE"),
		                    .direction = dl3_str_of(more & 4 ? "IN" : "OUT"),
		                    .sip_call_id = text_of(more >> 3) };
}

static void feed(struct script *s, enum dl3_kind kind)
{
	struct dl3_record r = { .kind = kind };
	struct dl3_target list[7];

	switch (kind) {
	case DL3_KIND_DETAIL:
		make_detail(s, &r.u.detail, list);
		break;
	case DL3_KIND_SIPTRACK:
		make_sip(s, &r.u.siptrack);
		break;
	case DL3_KIND_CMEXTN:
		r.u.cmextn.text = text_of(take(s));
		break;
	case DL3_KIND_UNKNOWN:
		make_text(s, &r);
		break;
	default:
		make_loss(s, kind, &r);
	}
	enum dl3_err err = dl3_tracker_record(s->told.tracker, s->now, node_of((uint8_t)s->raw), 0, &r);

	MUST(err == DL3_OK || (err == DL3_ERR_MEMORY && s->memory.fail_at != 0));
}

/* ---- The connection and the time ---- */

static void connection(struct script *s, uint8_t choice)
{
	struct dl3_tracker *t = s->told.tracker;
	const uint32_t pbx = node_of(choice >> 4);

	switch (choice & 7u) {
	case 0:
		dl3_tracker_link_lost(t, s->now);
		break;
	case 1:
		dl3_tracker_link_up(t, s->now);
		break;
	case 2:
		dl3_tracker_snapshot_end(t, s->now);
		break;
	case 3:
		dl3_tracker_counter(t, s->now, pbx, DL3_COUNTER_GAP);
		break;
	case 4:
		dl3_tracker_counter(t, s->now, pbx, DL3_COUNTER_RESTART);
		break;
	case 5:
		dl3_tracker_counter(t, s->now, pbx, DL3_COUNTER_DUPLICATE);
		break;
	case 6:
		dl3_tracker_day(t, s->now - choice * INT64_C(60000));
		break;
	default:
		dl3_tracker_close(t, s->now);
	}
}

static void time_goes(struct script *s, uint8_t choice)
{
	static const int64_t jumps[] = { 0, 1, 100, 3000, 61000, 3600000, 90000000, -1000 };

	s->now += jumps[choice & 7u];
	if (choice & 8)
		s->raw += jumps[choice & 7u] / 100;
	dl3_tracker_tick(s->told.tracker, s->now);
}

/* ---- The script: an octet says what is done, those behind it how ---- */

static void play_one(struct script *s)
{
	static const enum dl3_kind kinds[] = {
		DL3_KIND_DETAIL,    DL3_KIND_DETAIL,    DL3_KIND_DETAIL,    DL3_KIND_DETAIL,
		DL3_KIND_CALL_LOST, DL3_KIND_CALL_LOST, DL3_KIND_LINK_LOST, DL3_KIND_ATTEMPT_REJECT,
		DL3_KIND_SIPTRACK,  DL3_KIND_CMEXTN,    DL3_KIND_UNKNOWN
	};
	uint8_t what = take(s) & 15u;

	if (what < sizeof(kinds) / sizeof(kinds[0]))
		feed(s, kinds[what]);
	else if (what == 11 || what == 12)
		connection(s, take(s));
	else if (what == 13 || what == 14)
		time_goes(s, take(s));
	else if (s->told.lazy)
		told_fetch(&s->told, take(s));
	if (s->told.lazy)
		return;
	told_fetch(&s->told, SIZE_MAX);
	told_look(&s->told);
}

static void set_limits(struct script *s)
{
	uint8_t how = take(s), calls = take(s), ends = take(s), people = take(s), texts = take(s);

	s->told.lazy = how & 1;
	s->memory.fail_at = take(s);
	s->told.limits = (struct dl3_tracker_config){
		.max_calls = 1u + (calls & 15u),
		.max_timeline = 4u + (calls >> 4),
		.max_ends = 2u + (ends & 15u),
		.max_abandoned = 1u + (ends >> 4),
		.max_users = 1u + (people & 3u),
		.max_groups = 1u + (people >> 2 & 3u),
		.max_nodes = 1u + (people >> 4 & 3u),
		.max_text = 1u + (texts & 63u),
		.max_gone = 1u + (texts >> 6),
		.quiet = how & 2 ? (uint32_t)1 << DL3_TRACKED_CALL_CHANGED : 0,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct script none;
	struct script *s = malloc(sizeof(*s));

	MUST(s != NULL);
	*s = none;
	s->at = data;
	s->end = data + size;
	s->now = INT64_C(1795434000000);
	s->raw = 1000;
	set_limits(s);
	const struct dl3_allocator allocator = { .resize = resize, .arg = &s->memory };

	s->told.tracker = dl3_tracker_new(&s->told.limits, &allocator);
	while (s->told.tracker != NULL && s->at < s->end) {
		play_one(s);
		MUST(dl3_tracker_memory(s->told.tracker) == s->memory.live && s->memory.live <= MEMORY_MAX);
	}
	if (s->told.tracker != NULL) {
		told_look(&s->told);
		dl3_tracker_close(s->told.tracker, s->now);
		told_fetch(&s->told, SIZE_MAX);
		told_look(&s->told);
		MUST(dl3_tracker_counts(s->told.tracker).calls == 0);
	}
	dl3_tracker_free(s->told.tracker);
	MUST(s->memory.live == 0);
	free(s);
	return 0;
}
