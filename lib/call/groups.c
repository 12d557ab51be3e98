/* SPDX-License-Identifier: MIT */
/* Queues: what came of the calls of each hunt group, by the minute. */
#include <string.h>

#include "call/tracker.h"

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)

uint32_t dl3i_group_find(const struct dl3_tracker *t, struct dl3_str number)
{
	for (uint32_t i = 0; i < t->group_count; i++)
		if (dl3_str_same(dl3i_text_str(t->groups[i].number), number))
			return i + 1;
	return 0;
}

uint32_t dl3i_group_of(struct dl3_tracker *t, struct dl3i_text *number)
{
	for (uint32_t i = 0; i < t->group_count; i++)
		if (t->groups[i].number == number)
			return i + 1;
	if (t->group_count >= t->config.max_groups) {
		t->counts.overflow++;
		return 0;
	}
	struct dl3i_list l = { t->groups, t->group_count, t->group_cap };
	struct dl3i_group *g = dl3i_list_add(t, &l, sizeof(*g));

	if (!g)
		return 0;
	t->groups = l.at;
	t->group_cap = (uint32_t)l.cap;
	g->number = dl3i_text_more(number);
	return ++t->group_count;
}

void dl3i_group_tell(struct dl3_tracker *t, struct dl3i_group *g)
{
	uint32_t index = (uint32_t)(g - t->groups) + 1;

	if (g->is_queued)
		return;
	g->is_queued = true;
	g->queued_next = 0;
	if (t->tell_group_last)
		t->groups[t->tell_group_last - 1].queued_next = index;
	else
		t->tell_group_first = index;
	t->tell_group_last = index;
}

static struct dl3i_minute *minute_of(struct dl3_tracker *t, struct dl3i_group *g)
{
	int64_t ms = t->now_ms > 0 ? t->now_ms : 0, hour = ms / HOUR_MS;
	struct dl3i_hour **h = &g->hours[hour % DL3I_HOURS];

	if (!*h) {
		*h = dl3i_track_resize(t, NULL, 0, sizeof(**h));
		if (!*h)
			return NULL;
		(*h)->hour = -1;
	}
	if ((*h)->hour != hour) {
		memset(*h, 0, sizeof(**h));
		(*h)->hour = hour;
	}
	return &(*h)->minutes[ms / MINUTE_MS % 60];
}

static void remember(struct dl3_tracker *t, struct dl3i_group *g, const struct dl3i_call *c, int32_t waited)
{
	uint32_t max = t->config.max_abandoned;

	if (!g->abandoned) {
		g->abandoned = dl3i_track_resize(t, NULL, 0, max * sizeof(*g->abandoned));
		if (!g->abandoned)
			return;
		memset(g->abandoned, 0, max * sizeof(*g->abandoned));
		g->abandoned_cap = max;
	}
	struct dl3i_abandoned *a = &g->abandoned[g->abandoned_at];
	dl3i_text_drop(t, a->cli);
	dl3i_text_drop(t, a->name);
	dl3i_text_drop(t, a->odd);
	*a = (struct dl3i_abandoned){ .cli = dl3i_text_more(c->cli),
		                      .name = dl3i_text_more(c->name),
		                      .odd = dl3i_text_more(c->odd),
		                      .key = c->key,
		                      .at = t->now_ms,
		                      .waited_ms = (int64_t)waited * 100 };
	g->abandoned_at = (g->abandoned_at + 1) % g->abandoned_cap;
	if (g->abandoned_count < g->abandoned_cap)
		g->abandoned_count++;
}

static void begins(struct dl3_tracker *t, struct dl3i_call *c)
{
	c->group = dl3i_group_of(t, c->first_group);
	c->group_part = c->group ? DL3I_GROUP_WAITS : DL3I_GROUP_DONE;
	if (!c->group)
		return;
	struct dl3i_group *g = &t->groups[c->group - 1];
	struct dl3i_minute *m = minute_of(t, g);

	c->grouped = c->last;
	g->waiting++;
	if (m)
		m->offered++;
	dl3i_group_tell(t, g);
}

static int32_t waited(const struct dl3i_call *c, int32_t to)
{
	return to > c->grouped ? to - c->grouped : 0;
}

static void answers(struct dl3_tracker *t, struct dl3i_call *c)
{
	struct dl3i_group *g = &t->groups[c->group - 1];
	struct dl3i_minute *m = minute_of(t, g);
	int32_t wait = waited(c, c->answered);

	c->group_part = DL3I_GROUP_TALKS;
	g->waiting--;
	g->talking++;
	dl3i_group_tell(t, g);
	if (!m)
		return;
	m->answered++;
	if ((uint32_t)wait * 100u <= t->config.answer_goal_ms)
		m->in_time++;
	m->wait_s10 += (uint32_t)wait;
	if ((uint32_t)wait > m->longest_s10)
		m->longest_s10 = (uint32_t)wait;
}

static void gives_up(struct dl3_tracker *t, struct dl3i_call *c)
{
	struct dl3i_group *g = &t->groups[c->group - 1];
	struct dl3i_minute *m = minute_of(t, g);
	int32_t wait = waited(c, c->ended);

	g->waiting--;
	dl3i_group_tell(t, g);
	if (c->voicemail >= 0) {
		if (m)
			m->voicemail++;
		return;
	}
	remember(t, g, c, wait);
	if (!m)
		return;
	m->abandoned++;
	if ((uint32_t)wait * 100u < t->config.short_ms)
		m->abandoned_short++;
	m->abandoned_s10 += (uint32_t)wait;
	if ((uint32_t)wait > m->longest_s10)
		m->longest_s10 = (uint32_t)wait;
}

static void is_over(struct dl3_tracker *t, struct dl3i_call *c)
{
	if (c->group_part == DL3I_GROUP_WAITS) {
		gives_up(t, c);
	} else {
		struct dl3i_group *g = &t->groups[c->group - 1];
		struct dl3i_minute *m = minute_of(t, g);

		g->talking--;
		if (m)
			m->talk_s10 += (uint32_t)dl3i_rules_times(t, c, c->ended).talk;
		dl3i_group_tell(t, g);
	}
	c->group_part = DL3I_GROUP_DONE;
}

void dl3i_group_follow(struct dl3_tracker *t, struct dl3i_call *c)
{
	if (c->group_part == DL3I_GROUP_NONE && c->first_group && c->answered < 0 && !c->over)
		begins(t, c);
	if (c->group_part == DL3I_GROUP_WAITS && c->answered >= 0)
		answers(t, c);
	if (c->over && (c->group_part == DL3I_GROUP_WAITS || c->group_part == DL3I_GROUP_TALKS))
		is_over(t, c);
}

void dl3i_group_withdraw(struct dl3_tracker *t, struct dl3i_call *c)
{
	if (c->group_part == DL3I_GROUP_WAITS)
		t->groups[c->group - 1].waiting--;
	else if (c->group_part == DL3I_GROUP_TALKS)
		t->groups[c->group - 1].talking--;
	else
		return;
	dl3i_group_tell(t, &t->groups[c->group - 1]);
	c->group_part = DL3I_GROUP_DONE;
}

static void add(const struct dl3i_minute *m, struct dl3_group_stats *s)
{
	s->offered += m->offered;
	s->answered += m->answered;
	s->answered_in_time += m->in_time;
	s->abandoned += m->abandoned;
	s->abandoned_short += m->abandoned_short;
	s->voicemail += m->voicemail;
	s->wait_ms += (uint64_t)m->wait_s10 * 100;
	s->abandoned_wait_ms += (uint64_t)m->abandoned_s10 * 100;
	s->talk_ms += (uint64_t)m->talk_s10 * 100;
	if ((uint64_t)m->longest_s10 * 100 > s->longest_wait_ms)
		s->longest_wait_ms = (uint64_t)m->longest_s10 * 100;
}

void dl3i_group_sum(const struct dl3i_group *g, int64_t from_ms, int64_t to_ms, struct dl3_group_stats *out)
{
	*out = (struct dl3_group_stats){ 0 };
	for (unsigned h = 0; h < DL3I_HOURS; h++) {
		const struct dl3i_hour *hour = g->hours[h];

		for (int64_t m = 0; hour && m < 60; m++) {
			int64_t at = hour->hour * HOUR_MS + m * MINUTE_MS;

			if (at >= from_ms - from_ms % MINUTE_MS && at < to_ms)
				add(&hour->minutes[m], out);
		}
	}
}

void dl3i_groups_free(struct dl3_tracker *t)
{
	for (uint32_t i = 0; i < t->group_count; i++) {
		struct dl3i_group *g = &t->groups[i];

		for (unsigned h = 0; h < DL3I_HOURS; h++)
			if (g->hours[h])
				dl3i_track_resize(t, g->hours[h], sizeof(*g->hours[h]), 0);
		if (g->abandoned)
			dl3i_track_resize(t, g->abandoned, g->abandoned_cap * sizeof(*g->abandoned), 0);
	}
	if (t->groups)
		dl3i_track_resize(t, t->groups, t->group_cap * sizeof(*t->groups), 0);
}
