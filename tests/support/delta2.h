/* SPDX-License-Identifier: MIT */
/**
 * @file delta2.h
 * Delta2 records by their fields, for a tracker, and what it tells of them.
 */
#ifndef DL3T_DELTA2_H
#define DL3T_DELTA2_H

#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdio.h>
#include <string.h>

#define PBX 0xc0000201u
#define RINGS "1,0,0,0,0,0"
#define TALKS "2,2,1,0,1,0"
#define A_HELD "12,2,0,1,0,0"
#define WAITS "10,0,0,1,0,0"

/* An S record, in its fields of use here. */
struct dl3t_said {
	int id; /* 0: not told */
	const char *a, *b, *states, *a_name, *b_name, *list;
	const char *called, *calling, *dialled, *group, *now_group, *park, *tag, *account;
	int cause;
	long time;
};

static inline const char *dl3t_or_none(const char *s)
{
	return s ? s : "";
}

static inline void dl3t_feed(struct dl3_tracker *t, int64_t now, const char *text)
{
	struct dl3_record record;

	assert_int_equal(dl3_delta2_decode(dl3_str_of(text), &record, NULL), DL3_OK);
	enum dl3_err err = dl3_tracker_record(t, now, PBX, 1, &record);
	assert_true(err == DL3_OK || err == DL3_ERR_MEMORY);
}

static inline void dl3t_feed3(struct dl3_tracker *t, int64_t now, const char *xml)
{
	struct dl3_record record;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &record, NULL), DL3_OK);
	assert_int_equal(dl3_tracker_record(t, now, PBX, 1, &record), DL3_OK);
}

static inline void dl3t_say(struct dl3_tracker *t, int64_t now, const struct dl3t_said *s)
{
	char text[2048], id[16] = "", time[24] = "";

	if (s->id)
		snprintf(id, sizeof(id), "%d", s->id);
	if (s->time)
		snprintf(time, sizeof(time), "%ld", s->time);
	snprintf(text, sizeof(text),
	         "CALL:S "
	         "%s,%s,%s,%s,%s,%s,0.0,0.0,0.0,%s,0.0,%s,,,0,%s,0,,0,%d,0,1,0.0,,%s,,%s,,,0,%s,,,,,,%s,,%s,,"
	         ",,,"
	         "%s,%s",
	         s->a, dl3t_or_none(s->b), s->states, dl3t_or_none(s->a_name), dl3t_or_none(s->b_name),
	         dl3t_or_none(s->list), dl3t_or_none(s->called), dl3t_or_none(s->calling),
	         dl3t_or_none(s->dialled), s->cause, dl3t_or_none(s->group), dl3t_or_none(s->now_group), time,
	         dl3t_or_none(s->park), dl3t_or_none(s->tag), dl3t_or_none(s->account), id);
	dl3t_feed(t, now, text);
}
#define SAY(t, now, ...) dl3t_say(t, now, &(struct dl3t_said){ __VA_ARGS__ })

static inline struct dl3_tracker *dl3t_tracker(void)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	assert_non_null(t);
	return t;
}

/* The calls that ended, as JSON, in order; and how many others began. */
struct dl3t_heard {
	unsigned ended, merged;
	char json[4][4096];
};

static inline void dl3t_fetch(struct dl3_tracker *t, struct dl3t_heard *h)
{
	struct dl3_tracked told;
	size_t len;

	memset(h, 0, sizeof(*h));
	while (dl3_tracker_next(t, &told) == DL3_OK) {
		h->merged += told.type == DL3_TRACKED_CALL_MERGED;
		if (told.type != DL3_TRACKED_CALL_ENDED || !told.call->counts)
			continue;
		assert_in_range(h->ended, 0, 3);
		char *to = h->json[h->ended++];
		assert_int_equal(dl3_call_json(told.call, DL3_CALL_JSON_DEFAULT, to, 4095, &len), DL3_OK);
		to[len] = '\0';
	}
}

static inline void dl3t_has(const char *json, const char *member)
{
	if (!strstr(json, member))
		fail_msg("no %s in %s", member, json);
}

/* The one call that ended. */
static inline const char *dl3t_only(struct dl3_tracker *t, struct dl3t_heard *h)
{
	dl3t_fetch(t, h);
	assert_int_equal(h->ended, 1);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
	assert_int_equal(dl3_tracker_counts(t).ends, 0);
	return h->json[0];
}

static inline enum dl3_user_state dl3t_user(struct dl3_tracker *t, const char *extension)
{
	const struct dl3_user_info *u;

	return dl3_tracker_find_user(t, dl3_str_of(extension), &u) == DL3_OK ? u->state : DL3_USER_IDLE;
}

/* An outside call to 4001, which takes it. */
static inline void dl3t_ring_in(struct dl3_tracker *t, int64_t now)
{
	SAY(t, now, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17", .list = "Ada(4001)",
	    .called = "5678", .calling = "901707123456");
}

static inline void dl3t_answer_in(struct dl3_tracker *t, int64_t now)
{
	SAY(t, now, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Ada(4001)", .called = "4001", .calling = "901707123456");
}

#endif
