/* SPDX-License-Identifier: MIT */
/*
 * Delta2: S, D and A, as views of a call by the one PBX that tells, in order. What it does not say is told
 * by what changes: an end is gone when no leg has it any more. The rules are in docs/calls.md, "Under -CD2".
 */
#include "call/delta2.h"

#define TIME_MAX ((int64_t)1 << 44)

static uint32_t node_of(struct dl3_tracker *t, uint32_t pbx)
{
	char name[8];

	dl3i_put_hex(name, pbx);
	return dl3i_node_of(t, (struct dl3_str){ .ptr = name, .len = sizeof(name) }, pbx);
}

/* The unit is not published: only who knows it has the PBX's own times. */
static int32_t when(struct dl3_tracker *t, uint32_t node, const struct dl3_delta2_s *s)
{
	int64_t unit = t->config.delta2_unit_ms;
	bool has = unit > 0 && DL3_HAS(s, DL3_DELTA2_S_TIMESTAMP) && s->timestamp >= 0 &&
	           s->timestamp < TIME_MAX;

	return dl3i_moment_of(t, node, has, has ? s->timestamp * unit / 100 : 0);
}

bool dl3i_hears_delta2(const struct dl3_tracker *t, uint32_t pbx)
{
	bool heard = false;

	for (uint32_t i = 0; i < t->node_count; i++) {
		if (t->nodes[i].pbx != pbx)
			continue;
		if (t->nodes[i].heard3)
			return false;
		heard = heard || t->nodes[i].heard2;
	}
	return heard;
}

/* ---- Going ---- */

/* `deduced`: the cause is not one that was told. */
static void clear(struct dl3_tracker *t, uint32_t end, int32_t at, int16_t cause, bool deduced)
{
	struct dl3i_end *e = dl3i_end_at(t, end);
	struct dl3i_call *c = dl3i_call_at(t, e->call);
	enum dl3_call_what what = cause == DL3_CAUSE_TRANSFER   ? DL3_CALL_DID_TRANSFER
	                          : cause == DL3_CAUSE_UNPARKED ? DL3_CALL_DID_UNPARK
	                                                        : DL3_CALL_DID_CLEAR;

	if (at < c->began)
		at = c->began;
	if (deduced)
		e->flags |= DL3I_END_DEDUCED;
	dl3i_end_lose(t, end, at, cause, false);
	dl3i_moment_add(t, c, what, at, end, 0, cause);
	dl3i_call_settle(t, e->call, at, true);
}

static void reject(struct dl3_tracker *t, uint32_t end, int32_t at)
{
	struct dl3i_end *e = dl3i_end_at(t, end);

	if (e->flags & DL3I_END_REJECTED)
		return;
	e->flags |= DL3I_END_REJECTED;
	e->order = ++t->order;
	dl3i_moment_add(t, dl3i_call_at(t, e->call), DL3_CALL_DID_REJECT, at, end, 0, -1);
}

/* Targets of a call that ring no more; with the cause of a rejection they have pushed it away. */
static void drop_targets(struct dl3_tracker *t, struct dl3i_call *c, int16_t cause, int32_t at)
{
	for (uint32_t i = c->first_leg; i != 0; i = dl3i_leg_at(t, i)->next)
		if (dl3i_leg_at(t, i)->b == 0)
			return; /* it may be for that one that they ring */
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		if (!dl3i_end_rings(e) || !(e->flags & DL3I_END_UNNAMED))
			continue;
		if (cause == DL3_CAUSE_CALL_REJECTED)
			reject(t, i, at);
		dl3i_end_withdraw(t, i);
	}
}

/* Without a leg there is no call, but for what Delta3 has told of. */
static void settle(struct dl3_tracker *t, uint32_t call, int32_t at)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (c->over)
		return;
	if (c->first_leg == 0 && !c->told3)
		dl3i_call_close(t, call, at);
	else
		dl3i_call_settle(t, call, at, true);
}

/* Its ends go, but for those that another leg has: who was with them passed them on. */
static void end_leg(struct dl3_tracker *t, uint32_t leg, int32_t at)
{
	const struct dl3i_leg l = *dl3i_leg_at(t, leg);
	uint32_t ends[2] = { l.a, l.b };
	bool stays[2];

	dl3i_leg_remove(t, leg);
	if (l.call == 0)
		return;
	drop_targets(t, dl3i_call_at(t, l.call), l.cause, at);
	for (int i = 0; i < 2; i++)
		stays[i] = ends[i] && dl3i_legs_have(t, ends[i]);
	for (int i = 0; i < 2; i++) {
		bool passed_on = stays[1 - i] && !dl3i_is_conference(dl3i_end_at(t, ends[1 - i]));

		if (ends[i] && !stays[i] && dl3i_end_is_there(dl3i_end_at(t, ends[i])))
			clear(t, ends[i], at, (int16_t)(passed_on ? DL3_CAUSE_TRANSFER : l.cause), passed_on);
	}
	settle(t, l.call, at);
}

/* Why an end is in its leg no more, by what stands there now. */
static int16_t why_replaced(const struct dl3i_delta2_view *v, const struct dl3i_leg *l, uint32_t old)
{
	uint32_t b = l->b;

	if (dl3i_is_park_slot(dl3i_end_at(v->t, old)))
		return DL3_CAUSE_UNPARKED;
	if (b && dl3i_is_park_slot(dl3i_end_at(v->t, b)))
		return DL3_CAUSE_PARKED;
	if ((l->a && l->b) || v->s->b_list.len > 0 || dl3i_delta2_queues(v->s))
		return DL3_CAUSE_TRANSFER;
	return l->cause;
}

/* ---- Which leg ---- */

static uint32_t there(const struct dl3_tracker *t, const struct dl3i_seen *p)
{
	uint32_t end = p->there ? dl3i_end_find(t, &p->key) : 0;

	return end && dl3i_end_is_there(dl3i_end_at(t, end)) ? end : 0;
}

/* A leg's number with none of its ends: the number has been given again, and what it was is over. */
static bool is_another(const struct dl3i_leg *l, uint32_t a, uint32_t b)
{
	return l->call != 0 && !(a && (l->a == a || l->b == a)) && !(b && (l->a == b || l->b == b));
}

/* @return the leg that a view is about; 0 for a new one. `*again`: it was given up before. */
static uint32_t leg_of(struct dl3i_delta2_view *v, bool *again)
{
	struct dl3_tracker *t = v->t;
	uint32_t a = there(t, &v->sight.a), b = there(t, &v->sight.b);
	uint32_t leg = dl3i_leg_find(t, v->pbx, v->call_id);

	if (leg && dl3i_leg_at(t, leg)->call == 0) {
		dl3i_leg_remove(t, leg);
		*again = true;
		leg = 0;
	} else if (leg && is_another(dl3i_leg_at(t, leg), a, b)) {
		dl3i_call_at(t, dl3i_leg_at(t, leg)->call)->incomplete = true;
		end_leg(t, leg, v->sight.at);
		leg = 0;
	}
	if (!leg)
		leg = dl3i_leg_of_pair(t, a, b, v->call_id < 0);
	return leg;
}

/* A target that answers becomes the party. */
static void name_target(struct dl3i_delta2_view *v, uint32_t leg)
{
	struct dl3_tracker *t = v->t;
	const struct dl3i_seen *b = &v->sight.b;

	if (!b->there || b->identity.len == 0 || dl3i_end_find(t, &b->key))
		return;
	uint32_t i = dl3i_call_at(t, dl3i_leg_at(t, leg)->call)->first_end;

	for (; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (dl3i_end_rings(e) && e->flags & DL3I_END_UNNAMED &&
		    dl3_str_same(dl3i_text_str(e->identity), b->identity)) {
			(void)dl3i_end_rename(t, i, &b->key);
			return;
		}
	}
}

static bool is_listed(struct dl3i_delta2_view *v, uint32_t end)
{
	struct dl3_str all = v->targets;
	struct dl3i_seen p;
	bool found = false;

	while (!found && dl3i_delta2_next_target(&p, v))
		found = dl3i_end_find(v->t, &p.key) == end;
	v->targets = all;
	return found;
}

/* Those that a rejection has taken off the list. */
static void note_rejections(struct dl3i_delta2_view *v, uint32_t leg)
{
	struct dl3_tracker *t = v->t;
	struct dl3i_call *c = dl3i_call_at(t, dl3i_leg_at(t, leg)->call);

	if (v->sight.b.there || dl3i_leg_at(t, leg)->cause != DL3_CAUSE_CALL_REJECTED)
		return;
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (dl3i_end_rings(e) && e->flags & DL3I_END_UNNAMED && !is_listed(v, i))
			reject(t, i, v->sight.at);
	}
}

static void note_cause(struct dl3i_leg *l, const struct dl3_delta2_s *s)
{
	if (DL3_HAS(s, DL3_DELTA2_S_CAUSE))
		l->cause = (int16_t)(s->cause > 0 && s->cause <= INT16_MAX ? s->cause : -1);
}

/* ---- S ---- */

/* Who is disconnected first has cleared. */
static void note_clearing(struct dl3_tracker *t, uint32_t end, uint32_t other)
{
	if (!end || dl3i_end_at(t, end)->state != DL3_STATE_DISCONNECTING)
		return;
	if (!other || !(dl3i_end_at(t, other)->flags & DL3I_END_CLEARED))
		dl3i_end_at(t, end)->flags |= DL3I_END_CLEARED;
}

/* The leg has the ends of the view now; what it had before and no leg has now is gone. */
static void put_ends(struct dl3i_delta2_view *v, uint32_t leg, uint32_t a, uint32_t b)
{
	struct dl3_tracker *t = v->t;
	struct dl3i_leg *l = dl3i_leg_at(t, leg);
	uint32_t old[2] = { l->a, l->b }, call = l->call;

	l->a = a;
	l->b = b;
	note_cause(l, v->s);
	note_clearing(t, a, b);
	note_clearing(t, b, a);
	for (int i = 0; i < 2; i++) {
		if (!old[i] || !dl3i_end_is_there(dl3i_end_at(t, old[i])) || dl3i_legs_have(t, old[i]))
			continue;
		if (b && dl3i_is_conference(dl3i_end_at(t, b))) {
			/* It is told of next, in a leg of its own with the bridge; or it is gone. */
			dl3i_end_at(t, old[i])->party_views = 0;
			dl3i_end_at(t, old[i])->flags |= DL3I_END_AUDIO;
			dl3i_orphan(t, old[i], t->now_ms + t->config.grace_ms);
			dl3i_call_settle(t, call, v->sight.at, true);
		} else {
			int16_t why = why_replaced(v, l, old[i]);

			clear(t, old[i], v->sight.at, why, why != l->cause);
		}
	}
}

/* The leg of a view; 0 without memory. Past the limit the oldest of the call goes. */
static uint32_t make_leg(struct dl3i_delta2_view *v, uint32_t call)
{
	struct dl3_tracker *t = v->t;
	struct dl3i_call *c = dl3i_call_at(t, call);
	uint32_t oldest = c->first_leg;

	if (c->leg_count >= t->config.max_ends) {
		t->counts.overflow++;
		c->incomplete = true;
		while (dl3i_leg_at(t, oldest)->next)
			oldest = dl3i_leg_at(t, oldest)->next;
		end_leg(t, oldest, v->sight.at);
	}
	return c->over ? 0 : dl3i_leg_add(t, call, v->pbx, v->call_id);
}

static uint32_t in_call(const struct dl3_tracker *t, uint32_t end, uint32_t call)
{
	return end && dl3i_end_at(t, end)->call == call ? end : 0;
}

static void take_ends(struct dl3i_delta2_view *v, bool again)
{
	struct dl3_tracker *t = v->t;
	uint32_t a = there(t, &v->sight.a), b = there(t, &v->sight.b), leg = t->leg_now;

	if (!a && !b)
		return;
	uint32_t call = dl3i_end_at(t, a ? a : b)->call;

	if (leg && dl3i_leg_at(t, leg)->call != call)
		end_leg(t, leg, v->sight.at);
	leg = t->leg_now ? t->leg_now : make_leg(v, call);
	if (again || !leg) {
		/* Without a leg nothing says when it is over. */
		dl3i_call_at(t, call)->incomplete = dl3i_call_at(t, call)->touched = true;
		dl3i_call_tell(t, call, DL3I_TELL_CHANGED);
	}
	if (!leg)
		return;
	a = in_call(t, there(t, &v->sight.a), call);
	b = in_call(t, there(t, &v->sight.b), call);
	if (!a && !b) { /* the limit took them */
		dl3i_leg_remove(t, leg);
		return;
	}
	dl3i_leg_number(t, leg, v->call_id);
	put_ends(v, leg, a, b);
}

void dl3i_take_delta2_s(struct dl3_tracker *t, uint32_t pbx, const struct dl3_delta2_s *s)
{
	struct dl3i_delta2_view v = { .t = t, .s = s, .pbx = pbx, .call_id = -1, .targets = s->b_list };
	uint32_t node = node_of(t, pbx);
	bool again = false;

	if (node == UINT32_MAX)
		return;
	if (DL3_HAS(s, DL3_DELTA2_S_CALL_ID) && s->call_id >= 0)
		v.call_id = s->call_id;
	t->nodes[node].heard2 = true;
	v.sight.node = node;
	v.sight.at = when(t, node, s);
	dl3i_delta2_see(&v);
	uint32_t leg = leg_of(&v, &again);
	/* Delta3 tells of it as well, and more. */
	if (!leg && !dl3i_hears_delta2(t, pbx))
		return;
	/* What the called party is told to be later is no digits of the line. */
	if (v.sight.a.outside && (!leg || !v.sight.b.there))
		v.sight.a.did = s->called_number;
	if (leg) {
		note_cause(dl3i_leg_at(t, leg), s);
		note_rejections(&v, leg);
		name_target(&v, leg);
	}
	t->leg_now = leg;
	dl3i_take_sight(t, &v.sight, dl3i_delta2_next_target, &v);
	take_ends(&v, again);
	t->leg_now = 0;
}

/* ---- D and A ---- */

static uint32_t end_of(const struct dl3_tracker *t, uint32_t pbx, struct dl3_str local)
{
	struct dl3i_local_key k;
	struct dl3i_seen p = { 0 };

	if (!dl3i_local_key(&k, pbx, local))
		return 0;
	p.key = k.key;
	p.there = true;
	return there(t, &p);
}

static void swap(struct dl3_tracker *t, uint32_t leg)
{
	struct dl3i_leg *l = dl3i_leg_at(t, leg);
	struct dl3i_call *c = dl3i_call_at(t, l->call);
	uint32_t a = l->a;

	if (c->a == l->a && c->b == l->b) {
		c->a = l->b;
		c->b = a;
	}
	l->a = l->b;
	l->b = a;
	dl3i_call_settle(t, l->call, dl3i_moment_now(t), true);
}

void dl3i_take_delta2_ends(struct dl3_tracker *t, uint32_t pbx, const struct dl3_delta2_ends *e, bool swapped)
{
	bool has_id = DL3_HAS(e, DL3_DELTA2_ENDS_CALL_ID) && e->call_id >= 0;
	uint32_t a = end_of(t, pbx, e->a_call_id), b = end_of(t, pbx, e->b_call_id);
	uint32_t leg = has_id ? dl3i_leg_find(t, pbx, e->call_id) : 0;

	if (swapped) { /* the record has them as they are now */
		if (!leg)
			leg = dl3i_leg_of_pair(t, b, a, !has_id);
		if (leg && dl3i_leg_at(t, leg)->call && dl3i_leg_at(t, leg)->a != a)
			swap(t, leg);
		return;
	}
	int32_t at = dl3i_moment_now(t);
	if (leg)
		end_leg(t, leg, at);
	/* The same two under another number, which a comma in a name had made. */
	a = end_of(t, pbx, e->a_call_id);
	b = end_of(t, pbx, e->b_call_id);
	leg = dl3i_leg_of_pair(t, a, b, !has_id);
	if (leg)
		end_leg(t, leg, at);
}

/* ---- Delta3 goes on where Delta2 was ---- */

static void hand_over_end(struct dl3_tracker *t, uint32_t end, const struct dl3i_seen *p)
{
	if (!end)
		return;
	if (p->there && !dl3i_end_find(t, &p->key) && dl3i_end_rename(t, end, &p->key)) {
		dl3i_call_loosen(t, dl3i_call_at(t, dl3i_end_at(t, end)->call));
		return;
	}
	dl3i_end_lose(t, end, dl3i_moment_now(t), -1, false);
}

void dl3i_delta2_hand_over(struct dl3_tracker *t, uint32_t pbx, const struct dl3i_sight *s)
{
	uint32_t leg = dl3i_leg_find(t, pbx, s->call_id);

	if (!leg)
		return;
	const struct dl3i_leg l = *dl3i_leg_at(t, leg);
	dl3i_leg_remove(t, leg);
	if (l.call == 0)
		return;
	uint32_t ends[2] = { l.a, l.b };
	const struct dl3i_seen *seen[2] = { &s->a, &s->b };

	for (int i = 0; i < 2; i++)
		if (ends[i] && !dl3i_legs_have(t, ends[i]))
			hand_over_end(t, ends[i], seen[i]);
	dl3i_call_settle(t, l.call, dl3i_moment_now(t), true);
}
