/* SPDX-License-Identifier: MIT */
/* Calls that are up, as octets: each with its ends, who met, and its history. */
#include "call/saved.h"

#define END_FLAGS ((1u << 14) - 1)

/* An end of the call at hand, by its place there, from 1. What is read lies in the pool one behind the other. */
static uint32_t pass_place(struct dl3i_saved *s, const struct dl3i_call *c, uint32_t end)
{
	uint32_t place = 0, at = 0;

	for (uint32_t i = s->reading || end == 0 ? 0 : c->first_end; i != 0; i = dl3i_end_at(s->t, i)->next) {
		at++;
		if (i == end) {
			place = at;
			break;
		}
	}
	place = (uint32_t)dl3i_pass(s, place, c->end_count);
	if (!s->reading || place == 0)
		return place ? end : 0;
	return c->first_end + place - 1;
}

/* ---- Ends ---- */

static int16_t pass_small(struct dl3i_saved *s, int16_t value)
{
	return (int16_t)dl3i_pass_signed(s, value, -1, INT16_MAX);
}

static void pass_end_itself(struct dl3i_saved *s, const struct dl3i_call *c, struct dl3i_end *e)
{
	uint64_t views = (UINT64_C(1) << c->view_count) - 1;

	e->party_views = (uint32_t)dl3i_pass(s, e->party_views, views);
	e->target_views = (uint32_t)dl3i_pass(s, e->target_views, views);
	e->first = dl3i_pass_moment(s, e->first);
	e->lost = dl3i_pass_moment(s, e->lost);
	e->held = (int32_t)dl3i_pass(s, (uint64_t)(uint32_t)e->held, INT32_MAX);
	e->order = dl3i_pass_u32(s, e->order);
	e->state = pass_small(s, e->state);
	e->tone = pass_small(s, e->tone);
	e->cls = pass_small(s, e->cls);
	e->far_cls = pass_small(s, e->far_cls);
	e->cause = pass_small(s, e->cause);
	dl3i_pass_text(s, &e->identity);
	dl3i_pass_text(s, &e->name);
	dl3i_pass_text(s, &e->number);
	dl3i_pass_text(s, &e->sip);
}

/* What was read is put where an end of its kind belongs. */
static void place_end(struct dl3i_saved *s, struct dl3i_call *c, uint32_t end, uint16_t flags)
{
	struct dl3i_end *e = dl3i_end_at(s->t, end);
	bool party = flags & DL3I_END_PARTY, lost = flags & DL3I_END_LOST;

	if ((lost && !party) || lost != (e->lost >= 0)) {
		s->bad = true;
		return;
	}
	/* Whether it waits for a grace is read later. */
	e->flags = (uint16_t)((e->flags & DL3I_END_FOUND) | (flags & ~(DL3I_END_ORPHAN | DL3I_END_FOUND)));
	if (!(flags & DL3I_END_FOUND))
		dl3i_end_forget(s->t, end);
	if (party && !lost) {
		c->live++;
		s->t->counts.ends++;
	}
}

static void pass_end_of(struct dl3i_saved *s, uint32_t call, uint32_t end)
{
	struct dl3i_call *c = dl3i_call_at(s->t, call);
	const bool reading = s->reading;
	struct dl3i_end *e = reading ? NULL : dl3i_end_at(s->t, end);
	struct dl3i_text *odd = e ? e->odd : NULL;
	struct dl3i_key key = { .value = dl3i_pass(s, e ? e->key : 0, UINT64_MAX) };
	uint16_t flags = (uint16_t)dl3i_pass(s, e ? e->flags : 0, END_FLAGS);

	dl3i_pass_text(s, &odd);
	if (reading) {
		key.odd = dl3i_text_str(odd);
		/* The sum of a text is this library's own affair. */
		if (odd)
			key.value = dl3i_hash(odd->at, odd->len);
		bool twice = (flags & DL3I_END_FOUND) && dl3i_end_find(s->t, &key);
		end = s->bad || twice ? 0 : dl3i_end_add(s->t, call, &key);
		dl3i_text_drop(s->t, odd);
		e = end ? dl3i_end_at(s->t, end) : NULL;
	}
	if (!e) {
		s->bad = true;
		return;
	}
	pass_end_itself(s, c, e);
	if (reading && !s->bad)
		place_end(s, c, end, flags);
}

static void pass_ends(struct dl3i_saved *s, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(s->t, call);
	uint32_t count = dl3i_pass_count(s, c->end_count), i = c->first_end;

	if (s->reading && count > s->t->config.max_ends)
		s->bad = true;
	while (count-- > 0 && !s->bad) {
		pass_end_of(s, call, s->reading ? 0 : i);
		if (!s->reading)
			i = dl3i_end_at(s->t, i)->next;
	}
}

/* ---- Nodes, meets, history ---- */

static void pass_views(struct dl3i_saved *s, struct dl3i_call *c)
{
	unsigned count = (unsigned)dl3i_pass(s, c->view_count, DL3_TRACKER_CALL_NODES);

	for (unsigned i = 0; i < count && !s->bad; i++) {
		struct dl3i_view v = { 0 };

		if (!s->reading)
			v = *dl3i_view_at(c, i);
		v.node = dl3i_pass_u32(s, v.node);
		v.since = dl3i_pass_moment(s, v.since);
		v.call_id = dl3i_pass_signed(s, v.call_id, INT64_MIN, INT64_MAX);
		if (!s->reading)
			continue;
		if (v.node >= s->t->node_count || !dl3i_call_view(s->t, c, &v) || c->view_count != i + 1)
			s->bad = true;
	}
}

static void pass_meets(struct dl3i_saved *s, struct dl3i_call *c)
{
	uint32_t count = dl3i_pass_count(s, c->meet_count), i = c->first_meet;

	while (count-- > 0 && !s->bad) {
		struct dl3i_meet m = { 0 };

		if (!s->reading)
			m = *dl3i_meet_at(s->t, i);
		m.a = pass_place(s, c, m.a);
		m.b = pass_place(s, c, m.b);
		m.at = dl3i_pass_moment(s, m.at);
		m.order = dl3i_pass_u32(s, m.order);
		if (!s->reading) {
			i = m.next;
			continue;
		}
		i = s->bad || !m.a || !m.b ? 0 : dl3i_meet_add(s->t, c, m.a, m.b, m.at);
		if (i == 0) {
			s->bad = true;
			return;
		}
		dl3i_meet_at(s->t, i)->order = m.order;
	}
}

static void pass_timeline(struct dl3i_saved *s, struct dl3i_call *c)
{
	uint32_t count = dl3i_pass_count(s, c->timeline_count);

	for (uint32_t i = 0; i < count && !s->bad; i++) {
		struct dl3i_moment m = { 0 };

		if (!s->reading)
			m = c->timeline[i];
		m.at = dl3i_pass_moment(s, m.at);
		m.who = pass_place(s, c, m.who);
		m.other = pass_place(s, c, m.other);
		m.cause = (int16_t)dl3i_pass_signed(s, m.cause, INT16_MIN, INT16_MAX);
		m.what = (uint8_t)dl3i_pass(s, m.what, UINT8_MAX);
		if (s->reading && !s->bad)
			dl3i_moment_add(s->t, c, (enum dl3_call_what)m.what, m.at, m.who, m.other, m.cause);
	}
	c->left_out = dl3i_pass_u32(s, c->left_out);
}

/* ---- Calls ---- */

static void pass_times(struct dl3i_saved *s, struct dl3i_call *c)
{
	int32_t *times[] = { &c->began,       &c->rang,       &c->queued,  &c->last,
		             &c->state_since, &c->hold_since, &c->grouped, &c->group_wait };

	c->started_ms = dl3i_pass_ms(s, c->started_ms);
	c->last_ms = dl3i_pass_ms(s, c->last_ms);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		*times[i] = dl3i_pass_moment(s, *times[i]);
	c->held = (int32_t)dl3i_pass(s, (uint64_t)(uint32_t)c->held, INT32_MAX);
	if (s->reading && (c->began < 0 || c->last < 0 || c->state_since < 0))
		s->bad = true;
}

static void pass_call_texts(struct dl3i_saved *s, struct dl3i_call *c)
{
	struct dl3i_text **texts[] = { &c->odd,         &c->cli,       &c->name,    &c->did, &c->dialled,
		                       &c->first_group, &c->group_now, &c->account, &c->tag, &c->ivr };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		dl3i_pass_text(s, texts[i]);
}

static void pass_flags(struct dl3i_saved *s, struct dl3i_call *c)
{
	c->state = (uint8_t)dl3i_pass(s, c->state, DL3_CALL_OVER);
	c->queueing = (uint8_t)dl3i_pass(s, c->queueing, UINT8_MAX);
	c->a_public = dl3i_pass_bool(s, c->a_public);
	c->b_public = dl3i_pass_bool(s, c->b_public);
	c->counts = dl3i_pass_bool(s, c->counts);
	c->incomplete = dl3i_pass_bool(s, c->incomplete);
	c->touched = dl3i_pass_bool(s, c->touched);
	c->on_hold = dl3i_pass_bool(s, c->on_hold);
	c->caller_own = dl3i_pass_bool(s, c->caller_own);
	c->confirmed = dl3i_pass_bool(s, c->confirmed);
	c->told2 = dl3i_pass_bool(s, c->told2);
	c->told3 = dl3i_pass_bool(s, c->told3);
	c->group_longest = dl3i_pass_u32(s, c->group_longest);
	c->message_s = (uint32_t)dl3i_pass(s, c->message_s, INT32_MAX / 1000);
}

static void pass_group_part(struct dl3i_saved *s, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(s->t, call);

	c->group = (uint32_t)dl3i_pass(s, c->group, s->t->group_count);
	c->group_part = (uint8_t)dl3i_pass(s, c->group_part, DL3I_GROUP_DONE);

	if (!s->reading || s->bad || !dl3i_group_has(c))
		return;
	if (c->group == 0) {
		s->bad = true;
		return;
	}
	if (c->group_part == DL3I_GROUP_WAITS)
		dl3i_group_wait(s->t, call);
	else
		s->t->groups[c->group - 1].talking++;
}

static void pass_call(struct dl3i_saved *s, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(s->t, call);

	pass_times(s, c);
	c->key = dl3i_pass(s, c->key, UINT64_MAX);
	pass_call_texts(s, c);
	if (s->reading && c->odd)
		c->key = dl3i_hash(c->odd->at, c->odd->len);
	pass_flags(s, c);
	pass_group_part(s, call);
	pass_views(s, c);
	pass_ends(s, call);
	c->a = pass_place(s, c, c->a);
	c->b = pass_place(s, c, c->b);
	pass_meets(s, c);
	pass_timeline(s, c);
	if (!s->reading || s->bad)
		return;
	if (c->live == 0)
		s->bad = true;
	const struct dl3i_end *first = dl3i_end_at(s->t, c->first_end);

	if (c->first_end == 0 || !(first->flags & DL3I_END_FOUND) || first->key != c->key)
		dl3i_call_loosen(s->t, c);
	dl3i_rules_reread(s->t, c);
}

void dl3i_pass_calls(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	uint32_t count = dl3i_pass_count(s, t->counts.calls), place = 0, call = t->first_call;
	uint64_t number = 0;

	if (s->reading && count > t->config.max_calls)
		s->bad = true;
	for (; !s->reading && call != 0; call = dl3i_call_at(t, call)->next) {
		dl3i_call_at(t, call)->queued_next = ++place;
		(void)dl3i_pass(s, dl3i_call_at(t, call)->number, UINT64_MAX);
		pass_call(s, call);
	}
	while (s->reading && count-- > 0 && !s->bad) {
		uint64_t next = dl3i_pass(s, 0, t->calls_begun);

		call = next > number ? dl3i_call_restore(t, next) : 0;
		if (call == 0) {
			s->bad = true;
			return;
		}
		number = next;
		pass_call(s, call);
	}
}
