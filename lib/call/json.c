/* SPDX-License-Identifier: MIT */
/* Calls, users and groups as JSON. */
#include "base/json.h"
#include "call/tracker.h"

#define KEY(j, name) DL3I_JSON_KEY(j, name)

static void text(struct dl3i_json *j, struct dl3_str s)
{
	if (s.len > 0)
		dl3i_json_str(j, s);
	else
		dl3i_json_literal(j, "null");
}

static void truth(struct dl3i_json *j, bool b)
{
	dl3i_json_literal(j, b ? "true" : "false");
}

static void seconds(struct dl3i_json *j, int64_t ms)
{
	uint64_t tenths = ms > 0 ? (uint64_t)ms / 100 : 0;

	dl3i_json_unsigned(j, tenths / 10);
	dl3i_put_char(&j->out, '.');
	dl3i_put_char(&j->out, (char)('0' + tenths % 10));
}

static void point(struct dl3i_json *j, int64_t ms)
{
	if (ms < 0)
		dl3i_json_literal(j, "null");
	else
		seconds(j, ms);
}

static void code(struct dl3i_json *j, enum dl3_enumeration e, int64_t value)
{
	const char *name = value < 0 ? NULL : dl3_enum_name(e, value);

	if (name)
		dl3i_json_z(j, name);
	else if (value < 0)
		dl3i_json_literal(j, "null");
	else
		dl3i_json_signed(j, value);
}

static void texts(struct dl3i_json *j, struct dl3_call_texts list)
{
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < list.count; i++)
		dl3i_json_str(j, list.at[i]);
	dl3i_json_close(j, ']');
}

#define TEXT(j, name, value) (KEY(j, name), text(j, value))
#define POINT(j, name, value) (KEY(j, name), point(j, value))
#define SECONDS(j, name, value) (KEY(j, name), seconds(j, value))
#define TRUTH(j, name, value) (KEY(j, name), truth(j, value))
#define NUMBER(j, name, value) (KEY(j, name), dl3i_json_unsigned(j, value))
#define NAME(j, name, value) (KEY(j, name), dl3i_json_z(j, value))

static void put_times(struct dl3i_json *j, const struct dl3_call_info *c)
{
	POINT(j, "started", c->started);
	POINT(j, "answered", c->answered);
	POINT(j, "ended", c->ended);
	SECONDS(j, "duration_s", c->duration_ms);
	SECONDS(j, "ring_s", c->ring_ms);
	SECONDS(j, "queue_s", c->queue_ms);
	SECONDS(j, "talk_s", c->talk_ms);
	SECONDS(j, "hold_s", c->hold_ms);
	KEY(j, "voicemail_s");
	if (c->voicemail_ms < 0)
		dl3i_json_literal(j, "null");
	else
		dl3i_json_unsigned(j, (uint64_t)(c->voicemail_ms / 1000));
}

static void put_segments(struct dl3i_json *j, const struct dl3_call_info *c)
{
	KEY(j, "segments");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < c->segment_count; i++) {
		const struct dl3_call_segment *s = &c->segments[i];

		dl3i_json_open(j, '{');
		TEXT(j, "party", s->party);
		POINT(j, "from", s->from);
		POINT(j, "to", s->to);
		SECONDS(j, "talk_s", s->talk_ms);
		SECONDS(j, "hold_s", s->hold_ms);
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
}

static void put_record(struct dl3i_json *j, const struct dl3_call_info *c)
{
	TEXT(j, "cli", c->cli);
	TEXT(j, "name", c->name);
	TEXT(j, "did", c->did);
	TEXT(j, "dialled", c->dialled);
	TEXT(j, "group", c->group);
	TEXT(j, "answered_by", c->answered_by);
	KEY(j, "parties");
	texts(j, c->parties);
	put_segments(j, c);
	NUMBER(j, "transfers", c->transfers);
	KEY(j, "rejected_by");
	texts(j, c->rejected_by);
	KEY(j, "nodes");
	texts(j, c->nodes);
	KEY(j, "ends");
	texts(j, c->ends);
	TEXT(j, "account_code", c->account_code);
	TEXT(j, "tag", c->tag);
	TEXT(j, "ivr_callflow", c->ivr_callflow);
	const char *name = c->cause < 0 ? NULL : dl3_enum_name(DL3_ENUM_cause, c->cause);
	KEY(j, "cause");
	if (c->cause < 0)
		dl3i_json_literal(j, "null");
	else
		dl3i_json_signed(j, c->cause);
	TEXT(j, "cause_name", dl3_str_of(name));
	TEXT(j, "end_party", c->end_party);
	TRUTH(j, "incomplete", c->incomplete);
}

static void put_party(struct dl3i_json *j, bool there, const struct dl3_call_party *p)
{
	if (!there) {
		dl3i_json_literal(j, "null");
		return;
	}
	dl3i_json_open(j, '{');
	TEXT(j, "end", p->end);
	TEXT(j, "extension", p->extension);
	TEXT(j, "number", p->number);
	TEXT(j, "name", p->name);
	KEY(j, "state");
	code(j, DL3_ENUM_state, p->state);
	KEY(j, "tone");
	code(j, DL3_ENUM_tone, p->tone);
	TRUTH(j, "audio_path", p->audio);
	TRUTH(j, "outside", p->outside);
	KEY(j, "class");
	code(j, DL3_ENUM_equipment_class, p->equipment_class);
	TRUTH(j, "person", p->person);
	dl3i_json_close(j, '}');
}

static void put_targets(struct dl3i_json *j, const struct dl3_call_info *c)
{
	KEY(j, "targets");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < c->target_count; i++) {
		const struct dl3_call_target *p = &c->targets[i];

		dl3i_json_open(j, '{');
		TEXT(j, "end", p->end);
		TEXT(j, "extension", p->extension);
		TEXT(j, "number", p->number);
		KEY(j, "class");
		code(j, DL3_ENUM_equipment_class, p->equipment_class);
		TRUTH(j, "outside", p->outside);
		TRUTH(j, "rejected", p->rejected);
		POINT(j, "since", p->since);
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
}

static void put_call_ids(struct dl3i_json *j, const struct dl3_call_info *c)
{
	KEY(j, "call_ids");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < c->call_id_count; i++) {
		char buf[2 * DL3_TRACKER_MAX_TEXT + 24];
		struct dl3i_out o = dl3i_out_to(buf, sizeof(buf));

		dl3i_put(&o, c->call_ids[i].node.ptr, c->call_ids[i].node.len);
		dl3i_put_char(&o, ':');
		dl3i_put_signed(&o, c->call_ids[i].call_id);
		dl3i_json_str(
			j, (struct dl3_str){ .ptr = buf, .len = (uint32_t)(o.len < o.cap ? o.len : o.cap) });
	}
	dl3i_json_close(j, ']');
}

static void put_timeline(struct dl3i_json *j, const struct dl3_call_info *c)
{
	KEY(j, "timeline");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < c->timeline_count; i++) {
		const struct dl3_call_moment *m = &c->timeline[i];

		dl3i_json_open(j, '{');
		POINT(j, "at", m->at);
		NAME(j, "what", dl3_call_what_name(m->what));
		TEXT(j, "who", m->who);
		TEXT(j, "end", m->end);
		TEXT(j, "other", m->other);
		KEY(j, "cause");
		code(j, DL3_ENUM_cause, m->cause);
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
	NUMBER(j, "timeline_left_out", c->timeline_left_out);
}

enum dl3_err dl3_call_json(const struct dl3_call_info *c, unsigned options, char *buf, size_t cap,
                           size_t *len)
{
	struct dl3i_json j = dl3i_json_to(buf, cap);
	bool live = !(options & DL3_CALL_JSON_RECORD);

	dl3i_json_open(&j, '{');
	TEXT(&j, "id", c->id);
	NAME(&j, "direction", dl3_call_direction_name(c->direction));
	NAME(&j, "outcome", dl3_call_outcome_name(c->outcome));
	if (live) {
		NAME(&j, "state", dl3_call_state_name(c->state));
		POINT(&j, "since", c->since);
	}
	put_times(&j, c);
	put_record(&j, c);
	if (live) {
		KEY(&j, "a");
		put_party(&j, c->has_a, &c->a);
		KEY(&j, "b");
		put_party(&j, c->has_b, &c->b);
		put_targets(&j, c);
		TEXT(&j, "group_now", c->group_now);
	}
	put_call_ids(&j, c);
	KEY(&j, "sip_call_ids");
	texts(&j, c->sip_call_ids);
	if (!(options & DL3_CALL_JSON_NO_TIMELINE))
		put_timeline(&j, c);
	dl3i_json_close(&j, '}');
	*len = j.out.len;
	return dl3i_out_err(&j.out);
}

enum dl3_err dl3_user_json(const struct dl3_user_info *u, char *buf, size_t cap, size_t *len)
{
	struct dl3i_json j = dl3i_json_to(buf, cap);

	dl3i_json_open(&j, '{');
	TEXT(&j, "extension", u->extension);
	TEXT(&j, "name", u->name);
	NAME(&j, "state", dl3_user_state_name(u->state));
	POINT(&j, "since", u->since);
	TEXT(&j, "call", u->call);
	TEXT(&j, "with", u->with);
	NUMBER(&j, "calls", u->calls);
	TEXT(&j, "cmextn", u->cmextn);
	dl3i_json_close(&j, '}');
	*len = j.out.len;
	return dl3i_out_err(&j.out);
}

static int64_t average(uint64_t sum, uint32_t count)
{
	return count > 0 ? (int64_t)(sum / count) : 0;
}

static void put_stats(struct dl3i_json *j, const struct dl3_group_stats *s)
{
	dl3i_json_open(j, '{');
	NUMBER(j, "offered", s->offered);
	NUMBER(j, "answered", s->answered);
	NUMBER(j, "answered_in_time", s->answered_in_time);
	NUMBER(j, "abandoned", s->abandoned);
	NUMBER(j, "abandoned_short", s->abandoned_short);
	NUMBER(j, "voicemail", s->voicemail);
	SECONDS(j, "wait_s", (int64_t)s->wait_ms);
	SECONDS(j, "average_wait_s", average(s->wait_ms, s->answered));
	SECONDS(j, "longest_wait_s", (int64_t)s->longest_wait_ms);
	SECONDS(j, "abandoned_wait_s", (int64_t)s->abandoned_wait_ms);
	SECONDS(j, "talk_s", (int64_t)s->talk_ms);
	SECONDS(j, "average_talk_s", average(s->talk_ms, s->answered));
	dl3i_json_close(j, '}');
}

enum dl3_err dl3_group_stats_json(const struct dl3_group_stats *stats, char *buf, size_t cap, size_t *len)
{
	struct dl3i_json j = dl3i_json_to(buf, cap);

	put_stats(&j, stats);
	*len = j.out.len;
	return dl3i_out_err(&j.out);
}

static void put_abandoned(struct dl3i_json *j, const struct dl3_group_info *g)
{
	KEY(j, "abandoned");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < g->abandoned_count; i++) {
		const struct dl3_group_abandoned *a = &g->abandoned[i];

		dl3i_json_open(j, '{');
		TEXT(j, "cli", a->cli);
		TEXT(j, "name", a->name);
		TEXT(j, "call", a->call);
		POINT(j, "at", a->at);
		SECONDS(j, "waited_s", a->waited_ms);
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
}

enum dl3_err dl3_group_json(const struct dl3_group_info *g, char *buf, size_t cap, size_t *len)
{
	struct dl3i_json j = dl3i_json_to(buf, cap);

	dl3i_json_open(&j, '{');
	TEXT(&j, "group", g->group);
	TEXT(&j, "name", g->name);
	NUMBER(&j, "waiting", g->waiting);
	POINT(&j, "waiting_since", g->waiting_since);
	NUMBER(&j, "talking", g->talking);
	KEY(&j, "today");
	put_stats(&j, &g->today);
	put_abandoned(&j, g);
	dl3i_json_close(&j, '}');
	*len = j.out.len;
	return dl3i_out_err(&j.out);
}
