/* SPDX-License-Identifier: MIT */
/* Users and hunt groups as octets. */
#include "call/saved.h"

/* ---- Groups ---- */

static void pass_minute(struct dl3i_saved *s, struct dl3i_minute *m)
{
	uint16_t *counts[] = { &m->offered,   &m->answered,        &m->in_time,
		               &m->abandoned, &m->abandoned_short, &m->voicemail };
	uint32_t *sums[] = { &m->wait_s10, &m->abandoned_s10, &m->talk_s10, &m->longest_s10 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		*counts[i] = (uint16_t)dl3i_pass(s, *counts[i], UINT16_MAX);
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		*sums[i] = dl3i_pass_u32(s, *sums[i]);
}

static bool is_empty(const struct dl3i_minute *m)
{
	return !m->offered && !m->answered && !m->abandoned && !m->voicemail && !m->talk_s10;
}

/* Minutes in which nothing was are left out; 60 is behind the last. */
static void pass_hour(struct dl3i_saved *s, struct dl3i_hour *h)
{
	for (uint64_t m = 0; !s->reading && m < 60; m++) {
		if (is_empty(&h->minutes[m]))
			continue;
		(void)dl3i_pass(s, m, 60);
		pass_minute(s, &h->minutes[m]);
	}
	if (!s->reading)
		(void)dl3i_pass(s, 60, 60);
	h->changed = h->changed || s->reading;
	while (s->reading && !s->bad) {
		uint64_t m = dl3i_pass(s, 0, 60);

		if (m == 60)
			return;
		pass_minute(s, &h->minutes[m]);
	}
}

static void pass_hours(struct dl3i_saved *s, struct dl3i_group *g)
{
	uint64_t used = 0;

	for (unsigned i = 0; i < DL3I_HOURS; i++)
		used += g->hours[i] != NULL;
	used = dl3i_pass(s, used, DL3I_HOURS);
	for (unsigned i = 0; !s->reading && i < DL3I_HOURS; i++) {
		if (!g->hours[i])
			continue;
		(void)dl3i_pass(s, (uint64_t)g->hours[i]->hour, UINT64_MAX);
		pass_hour(s, g->hours[i]);
	}
	while (s->reading && used-- > 0 && !s->bad) {
		int64_t hour = (int64_t)dl3i_pass(s, 0, DL3I_TIME_MOST / 3600000);
		struct dl3i_hour *h = s->bad ? NULL : dl3i_group_hour(s->t, g, hour);

		if (!h) {
			s->bad = true;
			return;
		}
		pass_hour(s, h);
	}
}

static void pass_abandoned(struct dl3i_saved *s, struct dl3i_abandoned *a)
{
	dl3i_pass_text(s, &a->cli);
	dl3i_pass_text(s, &a->name);
	dl3i_pass_text(s, &a->odd);
	a->key = dl3i_pass(s, a->key, UINT64_MAX);
	a->at = dl3i_pass_ms(s, a->at);
	a->waited_ms = dl3i_pass_signed(s, a->waited_ms, 0, DL3I_TIME_MOST);
}

/* Oldest first, so that with a smaller limit the newest stay. */
static void pass_ring(struct dl3i_saved *s, struct dl3i_group *g)
{
	uint32_t count = dl3i_pass_count(s, g->abandoned_count);

	for (uint32_t i = 0; i < count && !s->bad; i++) {
		struct dl3i_abandoned *a;

		if (s->reading)
			a = dl3i_group_abandoned(s->t, g);
		else
			a = &g->abandoned[(g->abandoned_at + g->abandoned_cap - count + i) %
			                  g->abandoned_cap];
		if (!a) {
			s->bad = true;
			return;
		}
		pass_abandoned(s, a);
	}
}

void dl3i_pass_groups(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	uint32_t count = dl3i_pass_count(s, t->group_count);

	for (uint32_t i = 0; i < count && !s->bad; i++) {
		struct dl3i_text *number = s->reading ? NULL : t->groups[i].number;

		dl3i_pass_text(s, &number);
		if (s->reading) {
			/* One that is there already, or past the limit. */
			bool new = number &&dl3i_group_of(t, number) == i + 1 && t->group_count == i + 1;

			dl3i_text_drop(t, number);
			if (!new) {
				s->bad = true;
				return;
			}
		}
		dl3i_pass_text(s, &t->groups[i].name);
		pass_hours(s, &t->groups[i]);
		pass_ring(s, &t->groups[i]);
	}
}

/* ---- Users ---- */

/* Those with the state of a user whose ends tell of it in this order, the one that came last in front. */
static void pass_ends_of(struct dl3i_saved *s, uint32_t user)
{
	struct dl3_tracker *t = s->t;
	struct dl3i_user *u = dl3i_user_at(t, user);
	uint32_t count = dl3i_pass_count(s, u->calls), i = u->ends, last = 0;

	while (count-- > 0 && !s->bad) {
		uint32_t end = dl3i_pass_end(s, s->reading ? 0 : i);

		if (!s->reading) {
			i = dl3i_end_at(t, i)->user_next;
			continue;
		}
		struct dl3i_end *e = end ? dl3i_end_at(t, end) : NULL;
		if (!e || e->user || !(dl3i_end_is_there(e) || dl3i_end_rings(e))) {
			s->bad = true;
			return;
		}
		e->user = user;
		e->user_prev = last;
		if (last)
			dl3i_end_at(t, last)->user_next = end;
		else
			u->ends = end;
		last = end;
		u->calls++;
	}
}

static void pass_user(struct dl3i_saved *s, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(s->t, user);

	dl3i_pass_text(s, &u->name);
	dl3i_pass_text(s, &u->cmextn);
	u->since = dl3i_pass_ms(s, u->since);
	u->state = (uint8_t)dl3i_pass(s, u->state, UINT8_MAX);
	u->seeded = dl3i_pass_bool(s, u->seeded);
	pass_ends_of(s, user);
	if (s->reading && !s->bad)
		dl3i_user_point(s->t, user);
}

/* All that were read are in no list yet. */
static uint32_t count_idle(struct dl3_tracker *t)
{
	uint32_t idle = 0;

	t->idle_first = t->idle_last = 0;
	for (uint32_t i = 1; i < t->users.used; i++) {
		struct dl3i_user *u = dl3i_user_at(t, i);

		u->prev = u->next = 0;
		idle += u->ends == 0;
	}
	return idle;
}

/* Who is idle, in the order in which they were heard of; each is named by its place. */
static void pass_idle(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;

	for (uint32_t i = t->idle_first; !s->reading && i != 0; i = dl3i_user_at(t, i)->next)
		(void)dl3i_pass(s, dl3i_user_at(t, i)->queued_next, UINT32_MAX);
	for (uint32_t left = s->reading ? count_idle(t) : 0; left > 0 && !s->bad; left--) {
		uint32_t user = (uint32_t)dl3i_pass(s, 0, t->users.live);
		const struct dl3i_user *u = user ? dl3i_user_at(t, user) : NULL;

		if (!u || u->ends || u->prev || t->idle_first == user)
			s->bad = true;
		else
			dl3i_user_idle(t, user);
	}
}

void dl3i_pass_users(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	uint32_t count = dl3i_pass_count(s, t->users.live), place = 0;

	if (s->reading && count > t->config.max_users)
		s->bad = true;
	for (uint32_t i = 1; !s->reading && i < t->users.used; i++) {
		if (!dl3i_user_at(t, i)->extension)
			continue;
		dl3i_user_at(t, i)->queued_next = ++place;
		dl3i_pass_text(s, &dl3i_user_at(t, i)->extension);
		pass_user(s, i);
	}
	while (s->reading && count-- > 0 && !s->bad) {
		struct dl3i_text *extension = NULL;

		dl3i_pass_text(s, &extension);
		bool new = extension && !dl3i_user_find(t, dl3i_text_str(extension));
		uint32_t user = new ? dl3i_user_of(t, extension) : 0;

		dl3i_text_drop(t, extension);
		if (user == 0) {
			s->bad = true;
			return;
		}
		pass_user(s, user);
	}
	if (!s->bad)
		pass_idle(s);
}
