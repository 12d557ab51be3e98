/* SPDX-License-Identifier: MIT */
/* A story as a call record. Times are given as the PBX gives them, in tenths of a second, and
 * durations are differences of these, so that both can be compared with what was reported. */
#include <stdlib.h>

#include "base/json.h"
#include "truth_story.h"

#define NEVER UINT64_MAX

static uint64_t tenths(uint64_t ms)
{
	return ms / 100;
}

static uint64_t between(uint64_t from, uint64_t to)
{
	return from == NEVER || to == NEVER || to < from ? 0 : tenths(to) - tenths(from);
}

static void put_tenths(struct dl3i_json *j, uint64_t value)
{
	dl3i_json_unsigned(j, value / 10);
	dl3i_put_char(&j->out, '.');
	dl3i_put_char(&j->out, (char)('0' + value % 10));
}

static void put_time(struct dl3i_json *j, uint64_t ms)
{
	if (ms == NEVER)
		dl3i_json_literal(j, "null");
	else
		put_tenths(j, tenths(ms));
}

static void put_text(struct dl3i_json *j, const char *z)
{
	if (z && *z)
		dl3i_json_z(j, z);
	else
		dl3i_json_literal(j, "null");
}

/* ---- What follows from what happened ---- */

static const char *direction(const struct sim_story *s)
{
	if (s->a_public)
		return s->b_public ? "tandem" : "incoming";
	return s->b_public ? "outgoing" : "internal";
}

static const struct sim_loss *failure(const struct sim_story *s)
{
	for (size_t i = 0; i < s->losses.count; i++) {
		const struct sim_loss *l = &s->losses.at[i];

		if (!l->answered && l->cause != DL3_CAUSE_NORMAL && l->cause != DL3_CAUSE_TRANSFER)
			return l;
	}
	return NULL;
}

static const char *outcome(const struct sim_story *s)
{
	if (s->answered != NEVER)
		return "answered";
	if (s->went_to_voicemail != NEVER)
		return "voicemail";
	if (s->offered > 0 && s->rejections >= s->offered)
		return "rejected";
	return failure(s) ? "failed" : "abandoned";
}

/* The first in time for which `after` and `but` allow it; lists that became one are not in order. */
static const struct sim_loss *first_loss(const struct sim_story *s, uint64_t after, int64_t but)
{
	const struct sim_loss *first = NULL;

	for (size_t i = 0; i < s->losses.count; i++) {
		const struct sim_loss *l = &s->losses.at[i];

		if (l->order > after && l->cause != but && (!first || l->order < first->order))
			first = l;
	}
	return first;
}

static const struct sim_loss *deciding_loss(const struct sim_story *s)
{
	const struct sim_loss *l = NULL;

	if (s->answered != NEVER)
		l = first_loss(s, s->last_answer, DL3_CAUSE_TRANSFER);
	else if (s->went_to_voicemail == NEVER)
		l = failure(s);
	return l ? l : first_loss(s, 0, -1);
}

/* When the last of those who talked had gone: of the extensions, or of the lines where there were none. */
static uint64_t talk_ended(const struct sim_story *s)
{
	uint64_t last[2] = { 0, 0 };

	for (size_t i = 0; i < s->talkers.count; i++) {
		const struct sim_talker *t = &s->talkers.at[i];
		uint64_t to = t->gone ? t->to : s->ended;

		if (t->talked && to > last[t->user != NULL])
			last[t->user != NULL] = to;
	}
	return last[1] > 0 ? last[1] : last[0];
}

static uint64_t voicemail_within(const struct sim_story *s, uint64_t from, uint64_t to)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->voicemail.count; i++) {
		struct sim_stretch v = s->voicemail.at[i];

		if (v.from < from)
			v.from = from;
		if (v.to > to)
			v.to = to;
		sum += v.from < v.to ? between(v.from, v.to) : 0;
	}
	return sum;
}

static uint64_t talked(const struct sim_story *s, uint64_t from, uint64_t to)
{
	uint64_t all = between(from, to), voicemail = from < to ? voicemail_within(s, from, to) : 0;

	return all > voicemail ? all - voicemail : 0;
}

/* ---- Lists ---- */

static bool first_of_user(const struct sim_story *s, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (s->talkers.at[i].talked && s->talkers.at[i].user == s->talkers.at[index].user)
			return false;
	return true;
}

static void put_parties(struct dl3i_json *j, const struct sim_story *s)
{
	DL3I_JSON_KEY(j, "parties");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < s->talkers.count; i++) {
		const struct sim_talker *t = &s->talkers.at[i];

		if (t->talked && t->user && first_of_user(s, i))
			dl3i_json_z(j, t->user->extension);
	}
	dl3i_json_close(j, ']');
}

/* Ends of one person that overlap, as in a consultation, are one segment. */
static bool is_inside_earlier(const struct sim_story *s, size_t index)
{
	const struct sim_talker *t = &s->talkers.at[index];

	for (size_t i = 0; i < index; i++) {
		const struct sim_talker *u = &s->talkers.at[i];

		if (u->talked && u->user == t->user && t->from < (u->gone ? u->to : s->ended))
			return true;
	}
	return false;
}

static uint64_t segment_end(const struct sim_story *s, size_t index)
{
	uint64_t to = s->talkers.at[index].gone ? s->talkers.at[index].to : s->ended;

	for (size_t i = index + 1; i < s->talkers.count; i++) {
		const struct sim_talker *t = &s->talkers.at[i];
		uint64_t end = t->gone ? t->to : s->ended;

		if (t->talked && t->user == s->talkers.at[index].user && t->from < to && end > to)
			to = end;
	}
	return to;
}

static void put_segments(struct dl3i_json *j, const struct sim_story *s)
{
	DL3I_JSON_KEY(j, "segments");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < s->talkers.count; i++) {
		const struct sim_talker *t = &s->talkers.at[i];

		if (!t->talked || !t->user || is_inside_earlier(s, i))
			continue;
		dl3i_json_open(j, '{');
		DL3I_JSON_KEY(j, "party");
		dl3i_json_z(j, t->user->extension);
		DL3I_JSON_KEY(j, "talk_s");
		put_tenths(j, talked(s, t->from, segment_end(s, i)));
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
}

static void put_rest(struct dl3i_json *j, const struct sim_story *s, const struct sim_world *w)
{
	DL3I_JSON_KEY(j, "rejected_by");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < s->rejected_by.count; i++)
		dl3i_json_z(j, s->rejected_by.at[i]->extension);
	dl3i_json_close(j, ']');
	DL3I_JSON_KEY(j, "nodes");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < s->nodes.count; i++)
		dl3i_json_z(j, w->nodes[s->nodes.at[i]].id);
	dl3i_json_close(j, ']');
	DL3I_JSON_KEY(j, "ends");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < s->talkers.count; i++)
		dl3i_json_z(j, s->talkers.at[i].id);
	dl3i_json_close(j, ']');
}

/* ---- The record ---- */

#define PUT_TENTHS(j, name, value)        \
	do {                              \
		DL3I_JSON_KEY(j, name);   \
		put_tenths(j, value);     \
	} while (0)
#define PUT_TEXT(j, name, value)          \
	do {                              \
		DL3I_JSON_KEY(j, name);   \
		put_text(j, value);       \
	} while (0)
#define PUT_TIME(j, name, value)          \
	do {                              \
		DL3I_JSON_KEY(j, name);   \
		put_time(j, value);       \
	} while (0)

static void put_times(struct dl3i_json *j, const struct sim_story *s)
{
	uint64_t stop = s->answered != NEVER        ? s->answered :
	                s->went_to_voicemail != NEVER ? s->went_to_voicemail :
	                                                s->ended;
	uint64_t talk = s->answered != NEVER ? talked(s, s->answered, talk_ended(s)) : 0;

	PUT_TIME(j, "started", s->began);
	PUT_TIME(j, "answered", s->answered);
	PUT_TIME(j, "ended", s->ended);
	PUT_TENTHS(j, "duration_s", between(s->began, s->ended));
	PUT_TENTHS(j, "ring_s", between(s->rang, stop));
	PUT_TENTHS(j, "queue_s", between(s->queued, s->answered != NEVER ? s->answered : s->ended));
	PUT_TENTHS(j, "talk_s", talk);
	PUT_TENTHS(j, "hold_s", s->held);
	DL3I_JSON_KEY(j, "voicemail_s");
	dl3i_json_unsigned(j, s->message_s);
}

static void put_record(struct dl3i_json *j, const struct sim_story *s, const struct sim_world *w)
{
	const struct sim_loss *l = deciding_loss(s);

	dl3i_json_open(j, '{');
	PUT_TEXT(j, "id", s->talkers.count > 0 ? s->talkers.at[0].id : NULL);
	PUT_TEXT(j, "direction", direction(s));
	PUT_TEXT(j, "outcome", outcome(s));
	put_times(j, s);
	PUT_TEXT(j, "cli", s->cli);
	PUT_TEXT(j, "name", s->name);
	PUT_TEXT(j, "did", s->did);
	PUT_TEXT(j, "dialled", s->dialled);
	PUT_TEXT(j, "group", s->group ? s->group->extension : NULL);
	PUT_TEXT(j, "answered_by", s->answered_by ? s->answered_by->extension : NULL);
	put_parties(j, s);
	put_segments(j, s);
	DL3I_JSON_KEY(j, "transfers");
	dl3i_json_unsigned(j, s->transfers);
	put_rest(j, s, w);
	PUT_TEXT(j, "account_code", s->account);
	PUT_TEXT(j, "tag", s->tag);
	DL3I_JSON_KEY(j, "cause");
	if (l)
		dl3i_json_signed(j, l->cause);
	else
		dl3i_json_literal(j, "null");
	DL3I_JSON_KEY(j, "incomplete");
	dl3i_json_literal(j, s->poor ? "true" : "false");
	dl3i_json_close(j, '}');
}

char *sim_story_json(const struct sim_story *s, const struct sim_world *w, size_t *len)
{
	struct dl3i_json j = dl3i_json_to(NULL, 0);

	put_record(&j, s, w);
	char *line = malloc(j.out.len + 1);

	if (!line)
		return NULL;
	j = dl3i_json_to(line, j.out.len);
	put_record(&j, s, w);
	line[j.out.len] = '\0';
	*len = j.out.len;
	return line;
}
