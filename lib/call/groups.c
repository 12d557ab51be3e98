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

	if (g->is_queued || dl3i_is_quiet(t, DL3_TRACKED_GROUP_CHANGED))
		return;
	g->is_queued = true;
	g->queued_next = 0;
	if (t->tell_group_last)
		t->groups[t->tell_group_last - 1].queued_next = index;
	else
		t->tell_group_first = index;
	t->tell_group_last = index;
}

struct dl3i_hour *dl3i_group_hour(struct dl3_tracker *t, struct dl3i_group *g, int64_t hour)
{
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
	return *h;
}

static struct dl3i_minute *minute_of(struct dl3_tracker *t, struct dl3i_group *g)
{
	int64_t ms = t->now_ms > 0 ? t->now_ms : 0;
	struct dl3i_hour *h = dl3i_group_hour(t, g, ms / HOUR_MS);

	if (!h)
		return NULL;
	const uint8_t minute = (uint8_t)(ms / MINUTE_MS % 60);
	h->changed |= minute != h->open;
	h->open = minute;
	return &h->minutes[minute];
}

struct dl3i_abandoned *dl3i_group_abandoned(struct dl3_tracker *t, struct dl3i_group *g)
{
	uint32_t max = t->config.max_abandoned;

	if (!g->abandoned) {
		g->abandoned = dl3i_track_resize(t, NULL, 0, max * sizeof(*g->abandoned));
		if (!g->abandoned)
			return NULL;
		memset(g->abandoned, 0, max * sizeof(*g->abandoned));
		g->abandoned_cap = max;
	}
	struct dl3i_abandoned *a = &g->abandoned[g->abandoned_at];
	dl3i_text_drop(t, a->cli);
	dl3i_text_drop(t, a->name);
	dl3i_text_drop(t, a->odd);
	*a = (struct dl3i_abandoned){ 0 };
	g->abandoned_at = (g->abandoned_at + 1) % g->abandoned_cap;
	if (g->abandoned_count < g->abandoned_cap)
		g->abandoned_count++;
	return a;
}

static void remember(struct dl3_tracker *t, struct dl3i_group *g, const struct dl3i_call *c, int32_t waited)
{
	struct dl3i_abandoned *a = dl3i_group_abandoned(t, g);

	if (!a)
		return;
	*a = (struct dl3i_abandoned){ .cli = dl3i_text_more(c->cli),
		                      .name = dl3i_text_more(c->name),
		                      .odd = dl3i_text_more(c->odd),
		                      .key = c->key,
		                      .at = t->now_ms,
		                      .waited_ms = (int64_t)waited * 100 };
}

void dl3i_group_wait(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);
	struct dl3i_group *g = &t->groups[c->group - 1];
	int64_t since = dl3i_unix_ms(c, c->grouped);
	uint32_t before = g->last_waiting;

	while (before && dl3i_unix_ms(dl3i_call_at(t, before), dl3i_call_at(t, before)->grouped) > since)
		before = dl3i_call_at(t, before)->group_prev;
	uint32_t *to = before ? &dl3i_call_at(t, before)->group_next : &g->first_waiting;
	c->group_prev = before;
	c->group_next = *to;
	*to = call;
	if (c->group_next)
		dl3i_call_at(t, c->group_next)->group_prev = call;
	else
		g->last_waiting = call;
	g->waiting++;
}

void dl3i_group_wait_no_more(struct dl3_tracker *t, struct dl3i_call *c)
{
	struct dl3i_group *g = &t->groups[c->group - 1];

	*(c->group_prev ? &dl3i_call_at(t, c->group_prev)->group_next : &g->first_waiting) = c->group_next;
	*(c->group_next ? &dl3i_call_at(t, c->group_next)->group_prev : &g->last_waiting) = c->group_prev;
	c->group_prev = c->group_next = 0;
	g->waiting--;
}

static void begins(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	c->group = dl3i_group_of(t, c->first_group);
	c->group_part = c->group ? DL3I_GROUP_WAITS : DL3I_GROUP_DONE;
	if (!c->group)
		return;
	struct dl3i_group *g = &t->groups[c->group - 1];
	struct dl3i_minute *m = minute_of(t, g);

	c->grouped = c->last;
	dl3i_group_wait(t, call);
	if (m)
		m->offered++;
	dl3i_group_tell(t, g);
}

static int32_t waited(const struct dl3i_call *c, int32_t to)
{
	return to > c->grouped ? to - c->grouped : 0;
}

static void longest(struct dl3i_minute *m, int32_t wait)
{
	if ((uint32_t)wait > m->longest_s10)
		m->longest_s10 = (uint32_t)wait;
}

static void answers(struct dl3_tracker *t, struct dl3i_call *c)
{
	struct dl3i_group *g = &t->groups[c->group - 1];
	struct dl3i_minute *m = minute_of(t, g);
	int32_t wait = waited(c, c->answered);

	c->group_part = DL3I_GROUP_TALKS;
	dl3i_group_wait_no_more(t, c);
	g->talking++;
	c->group_wait = wait;
	c->group_longest = m ? m->longest_s10 : 0;
	dl3i_group_tell(t, g);
	if (!m)
		return;
	m->answered++;
	if ((uint32_t)wait * 100u <= t->config.answer_goal_ms)
		m->in_time++;
	m->wait_s10 += (uint32_t)wait;
	longest(m, wait);
}

/* What took it was no person, as another node has told since. */
static void answers_not(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);
	struct dl3i_group *g = &t->groups[c->group - 1];
	struct dl3i_minute *m = minute_of(t, g);
	const uint32_t wait = (uint32_t)c->group_wait;

	c->group_part = DL3I_GROUP_WAITS;
	g->talking--;
	dl3i_group_wait(t, call);
	dl3i_group_tell(t, g);
	/* It was counted in this minute, or there is nothing to take back. */
	if (!m || m->answered == 0 || m->wait_s10 < wait)
		return;
	m->answered--;
	m->wait_s10 -= wait;
	if (m->longest_s10 == wait)
		m->longest_s10 = c->group_longest;
	if (wait * 100u <= t->config.answer_goal_ms && m->in_time > 0)
		m->in_time--;
}

static void gives_up(struct dl3_tracker *t, struct dl3i_call *c)
{
	struct dl3i_group *g = &t->groups[c->group - 1];
	struct dl3i_minute *m = minute_of(t, g);
	int32_t wait = waited(c, c->ended);

	dl3i_group_wait_no_more(t, c);
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
	longest(m, wait);
}

static void is_over(struct dl3_tracker *t, struct dl3i_call *c)
{
	if (c->group_part == DL3I_GROUP_WAITS) {
		gives_up(t, c);
	} else {
		struct dl3i_group *g = &t->groups[c->group - 1];
		struct dl3i_minute *m = minute_of(t, g);

		g->talking--;
		/* Of one that does not count as answered the talk does not either. */
		if (m && c->group_part == DL3I_GROUP_TALKS)
			m->talk_s10 += (uint32_t)dl3i_rules_times(t, c, c->ended).talk;
		dl3i_group_tell(t, g);
	}
	c->group_part = DL3I_GROUP_DONE;
}

static bool talks(const struct dl3i_call *c)
{
	return c->state == DL3_CALL_CONNECTED || c->state == DL3_CALL_HELD || c->state == DL3_CALL_CONFERENCE;
}

static void is_found(struct dl3_tracker *t, struct dl3i_call *c)
{
	c->group = dl3i_group_of(t, c->first_group);
	c->group_part = c->group ? DL3I_GROUP_FOUND : DL3I_GROUP_DONE;
	if (!c->group)
		return;
	t->groups[c->group - 1].talking++;
	dl3i_group_tell(t, &t->groups[c->group - 1]);
}

void dl3i_group_follow(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (c->group_part == DL3I_GROUP_NONE && c->first_group && !c->over) {
		if (c->answered < 0)
			begins(t, call);
		else if (talks(c))
			is_found(t, c);
	}
	if (c->group_part == DL3I_GROUP_WAITS && c->answered >= 0)
		answers(t, c);
	else if (c->group_part == DL3I_GROUP_TALKS && c->answered < 0)
		answers_not(t, call);
	if (c->over && dl3i_group_has(c))
		is_over(t, c);
}

void dl3i_group_withdraw(struct dl3_tracker *t, struct dl3i_call *c)
{
	if (c->group_part == DL3I_GROUP_WAITS)
		dl3i_group_wait_no_more(t, c);
	else if (dl3i_group_has(c))
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

static void add_sum(const struct dl3_group_stats *hour, struct dl3_group_stats *s)
{
	s->offered += hour->offered;
	s->answered += hour->answered;
	s->answered_in_time += hour->answered_in_time;
	s->abandoned += hour->abandoned;
	s->abandoned_short += hour->abandoned_short;
	s->voicemail += hour->voicemail;
	s->wait_ms += hour->wait_ms;
	s->abandoned_wait_ms += hour->abandoned_wait_ms;
	s->talk_ms += hour->talk_ms;
	if (hour->longest_wait_ms > s->longest_wait_ms)
		s->longest_wait_ms = hour->longest_wait_ms;
}

static void add_hour(struct dl3i_hour *hour, int64_t from_ms, int64_t to_ms, struct dl3_group_stats *out)
{
	int64_t begin = hour->hour * HOUR_MS;

	if (begin >= from_ms && begin + HOUR_MS <= to_ms) {
		if (hour->changed) {
			hour->sum = (struct dl3_group_stats){ 0 };
			for (unsigned m = 0; m < 60; m++)
				if (m != hour->open)
					add(&hour->minutes[m], &hour->sum);
			hour->changed = false;
		}
		add_sum(&hour->sum, out);
		add(&hour->minutes[hour->open], out);
		return;
	}
	for (int64_t m = 0; m < 60; m++)
		if (begin + m * MINUTE_MS >= from_ms && begin + m * MINUTE_MS < to_ms)
			add(&hour->minutes[m], out);
}

void dl3i_group_sum(struct dl3i_group *g, int64_t from_ms, int64_t to_ms, struct dl3_group_stats *out)
{
	*out = (struct dl3_group_stats){ 0 };
	for (unsigned h = 0; h < DL3I_HOURS; h++)
		if (g->hours[h])
			add_hour(g->hours[h], from_ms - from_ms % MINUTE_MS, to_ms, out);
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
