/* SPDX-License-Identifier: MIT */
/**
 * @file board.h
 * A tracker and a PBX's switchboard for it: Details and losses in a line each, and the records of the calls that came of them.
 * Times are the PBX's tenths of a second; a record arrives when it happens.
 */
#ifndef DL3T_BOARD_H
#define DL3T_BOARD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/devlink3.h>
#include <jansson.h>

#define NODE 0xc0000201u
#define FAR_NODE 0xc0000202u
/* The end with this number on a node. */
#define END(n) "c0000201000000" #n
#define FAR_END(n) "c0000202000000" #n
#define ARRIVAL(at) (INT64_C(1795434000000) + (int64_t)(at)*100)

struct board {
	struct dl3_tracker *t;
	json_t *ended;      /* records of calls that are over, those that count */
	unsigned uncounted; /* those that do not */
	char merged[64];    /* ids of calls that were taken into others, a space behind each */
};

struct phone {
	const char *end, *extension, *number, *name;
	int64_t state, cls, tone;
	bool remote, outside, mute;
};

struct view {
	uint32_t node; /* 0: NODE */
	int64_t id, at;
	struct phone a, b, targets[3];
	const char *group;
	int64_t queueing, message_s;
};

/* A phone's two most usual states, and a line's. */
#define TALKS(e, x)                                                                                        \
	{                                                                                                  \
		.end = (e), .extension = (x), .state = DL3_STATE_CONNECTED, .cls = DL3_EQUIPMENT_TDM_PHONE \
	}
#define RINGS(e, x)                                                                                      \
	{                                                                                                \
		.end = (e), .extension = (x), .state = DL3_STATE_RINGING, .cls = DL3_EQUIPMENT_TDM_PHONE \
	}
#define WAITS(e, x)                                                                                       \
	{                                                                                                 \
		.end = (e), .extension = (x), .state = DL3_STATE_RINGBACK, .cls = DL3_EQUIPMENT_TDM_PHONE \
	}
#define LINE_TALKS(e, n)                                                                                 \
	{                                                                                                \
		.end = (e), .number = (n), .state = DL3_STATE_CONNECTED, .cls = DL3_EQUIPMENT_SIP_TRUNK, \
		.outside = true                                                                          \
	}
#define LINE_WAITS(e, n)                                                                                \
	{                                                                                               \
		.end = (e), .number = (n), .state = DL3_STATE_RINGBACK, .cls = DL3_EQUIPMENT_SIP_TRUNK, \
		.outside = true                                                                         \
	}
#define THING(e, c)                                                  \
	{                                                            \
		.end = (e), .state = DL3_STATE_CONNECTED, .cls = (c) \
	}

static inline struct board board_of(const struct dl3_tracker_config *config)
{
	struct board b = { .t = dl3_tracker_new(config, NULL), .ended = json_array() };

	assert_non_null(b.t);
	return b;
}

static inline void board_free(struct board *b)
{
	dl3_tracker_free(b->t);
	json_decref(b->ended);
}

static inline void board_fetch(struct board *b)
{
	struct dl3_tracked told;

	while (dl3_tracker_next(b->t, &told) == DL3_OK) {
		static char text[65536];
		size_t len = 0;

		if (told.type == DL3_TRACKED_CALL_MERGED) {
			assert_true(strlen(b->merged) + told.merged.len + 2 < sizeof(b->merged));
			strncat(b->merged, told.merged.ptr, told.merged.len);
			strcat(b->merged, " ");
		}
		if (told.type != DL3_TRACKED_CALL_ENDED)
			continue;
		b->uncounted += !told.call->counts;
		if (!told.call->counts)
			continue;
		assert_int_equal(dl3_call_json(told.call, DL3_CALL_JSON_DEFAULT, text, sizeof(text), &len),
		                 DL3_OK);
		json_t *call = json_loadb(text, len, 0, NULL);
		assert_non_null(call);
		json_array_append_new(b->ended, call);
	}
}

static inline void board_feed(struct board *b, uint32_t node, int64_t at, const struct dl3_record *r)
{
	assert_int_equal(dl3_tracker_record(b->t, ARRIVAL(at), node, 0, r), DL3_OK);
	board_fetch(b);
}

static inline struct dl3_str node_text(uint32_t node)
{
	return dl3_str_of(node == FAR_NODE ? "c0000202" : "c0000201");
}

static inline void set_party(const struct phone *p, struct dl3_party *out)
{
	*out = (struct dl3_party){ .end = dl3_str_of(p->end),
		                   .identity = dl3_str_of(p->extension),
		                   .cli = dl3_str_of(p->number),
		                   .name = dl3_str_of(p->name) };
	DL3_SET(out, DL3_PARTY_STATE, state, p->state);
	DL3_SET(out, DL3_PARTY_AUDIO_PATH, audio_path, !p->mute);
	DL3_SET(out, DL3_PARTY_TONE, tone, p->tone);
	DL3_SET(out, DL3_PARTY_REMOTE, remote, p->remote);
	DL3_SET(out, DL3_PARTY_PUBLIC_LINE, public_line, p->outside);
	DL3_SET(out, DL3_PARTY_EQUIPMENT_CLASS, equipment_class, p->cls);
}

static inline void set_target(const struct phone *p, struct dl3_target *out)
{
	*out = (struct dl3_target){ .end = dl3_str_of(p->end), .identity = dl3_str_of(p->extension) };
	DL3_SET(out, DL3_TARGET_REMOTE, remote, p->remote);
	DL3_SET(out, DL3_TARGET_PUBLIC_LINE, public_line, p->outside);
	DL3_SET(out, DL3_TARGET_EQUIPMENT_CLASS, equipment_class, p->cls);
}

/* A Detail. It arrives `late` tenths after it happened. */
static inline void see_late(struct board *b, int64_t late, struct view v)
{
	const uint32_t node = v.node ? v.node : NODE;
	struct dl3_record r = { .kind = DL3_KIND_DETAIL };
	struct dl3_detail *d = &r.u.detail;
	struct dl3_target targets[3];

	d->has_call = true;
	d->call.node = node_text(node);
	d->call.originally_targeted_huntgroup = dl3_str_of(v.group);
	DL3_SET(&d->call, DL3_CALL_CALL_ID, call_id, v.id);
	DL3_SET(&d->call, DL3_CALL_TIMESTAMP, timestamp, v.at);
	if (v.queueing)
		DL3_SET(&d->call, DL3_CALL_QUEUEING, queueing, v.queueing);
	if (v.message_s)
		DL3_SET(&d->call, DL3_CALL_VOICEMAIL_LENGTH, voicemail_length, v.message_s);
	d->has_a = v.a.end != NULL;
	d->has_b = v.b.end != NULL;
	set_party(&v.a, &d->a);
	set_party(&v.b, &d->b);
	for (size_t i = 0; i < 3 && v.targets[i].end; i++)
		set_target(&v.targets[i], &targets[d->targets.count++]);
	d->targets.list = targets;
	board_feed(b, node, v.at + late, &r);
}
#define SEE(b, ...) see_late(b, 0, (struct view){ __VA_ARGS__ })

static inline void lose_on(struct board *b, uint32_t node, const char *end, int64_t cause, int64_t at,
                           bool cleared)
{
	struct dl3_record r = { .kind = DL3_KIND_CALL_LOST };
	struct dl3_call_lost *l = &r.u.call_lost;

	*l = (struct dl3_call_lost){ .node = node_text(node), .end = dl3_str_of(end) };
	DL3_SET(l, DL3_CALL_LOST_CAUSE, cause, cause);
	DL3_SET(l, DL3_CALL_LOST_CLEARED_INBOUND, cleared_inbound, cleared);
	DL3_SET(l, DL3_CALL_LOST_TIMESTAMP, timestamp, at);
	board_feed(b, node, at, &r);
}

static inline void lose(struct board *b, const char *end, int64_t cause, int64_t at)
{
	lose_on(b, NODE, end, cause, at, false);
}

static inline void lose_link(struct board *b, uint32_t node, const char *end, int64_t at)
{
	struct dl3_record r = { .kind = DL3_KIND_LINK_LOST };

	r.u.link_lost = (struct dl3_link_lost){ .node = node_text(node), .end = dl3_str_of(end) };
	DL3_SET(&r.u.link_lost, DL3_LINK_LOST_TIMESTAMP, timestamp, at);
	board_feed(b, node, at, &r);
}

static inline void push_away(struct board *b, const char *end, const char *user, int64_t at)
{
	struct dl3_record r = { .kind = DL3_KIND_ATTEMPT_REJECT };

	r.u.attempt_reject = (struct dl3_attempt_reject){ .node = node_text(NODE),
		                                          .end = dl3_str_of(end),
		                                          .user = dl3_str_of(user) };
	DL3_SET(&r.u.attempt_reject, DL3_ATTEMPT_REJECT_TIMESTAMP, timestamp, at);
	board_feed(b, NODE, at, &r);
}

/* A field of an ended call's record, as JSON. */
static inline void record_has(const struct board *b, size_t call, const char *field, const char *json)
{
	const json_t *value = json_object_get(json_array_get(b->ended, call), field);
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));

	if (!text || strcmp(text, json) != 0)
		fail_msg("%s: expected %s, came %s", field, json, text ? text : "nothing");
	free(text);
}

static inline void ended_are(const struct board *b, size_t count)
{
	assert_int_equal(json_array_size(b->ended), count);
}

/* An outside call that rings at 4001 from 10, and is answered at 30. */
static inline void ring(struct board *b)
{
	SEE(b, .id = 1, .at = 10, .a = LINE_WAITS(END(01), "5550100"), .targets = { RINGS(END(02), "4001") });
}

static inline void answer(struct board *b)
{
	ring(b);
	SEE(b, .id = 1, .at = 30, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(END(02), "4001"));
}

#endif
