/* SPDX-License-Identifier: MIT */
/* Conferences: each member has a call of his own to the bridge, which is one end in all of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange_parts.h"

#define FIRST_CONFERENCE 100u

static void free_bridge(struct sim_exchange *x, struct sim_bridge *b)
{
	x->nodes[b->end->node].seats -= b->members;
	*b->back = b->next;
	if (b->next)
		b->next->back = b->back;
	free(b);
}

/* The last one does not talk to himself: he goes, and the bridge with him. */
static void close_bridge(struct sim_bridge *b, struct sim_live *last)
{
	struct sim_exchange *x = last->x;
	struct sim_end *a = last->c.a, *bridge = b->end;
	int64_t cause = last->rebooted ? DL3_CAUSE_NETWORK_OUT_OF_ORDER : DL3_CAUSE_NORMAL;

	sim_stop_waiting(last);
	last->c.a = last->c.b = NULL;
	last->bridge = NULL;
	sim_lose(last, a, cause, false);
	free_bridge(x, b);
	sim_lose(last, bridge, cause, false);
	sim_end_call(last);
}

void sim_bridge_left(struct sim_live *l)
{
	struct sim_bridge *b = l->bridge;
	struct sim_live **link = &b->first, *other;

	while (*link != l)
		link = &(*link)->next_member_call;
	*link = l->next_member_call;
	other = b->first;
	l->bridge = NULL;
	b->members--;
	l->x->nodes[b->end->node].seats--;
	if (b->end->call == &l->c && other)
		b->end->call = &other->c;
	if (b->members == 1 && other)
		close_bridge(b, other);
}

static struct sim_bridge *new_bridge(struct sim_exchange *x, const struct sim_user *owner)
{
	struct sim_bridge *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->number = FIRST_CONFERENCE + x->bridge_count++ % 900;
	b->next = x->bridges;
	b->back = &x->bridges;
	if (b->next)
		b->next->back = &b->next;
	x->bridges = b;
	b->end = sim_end_of(x, SIM_AT_CONFERENCE, owner->node, DL3_EQUIPMENT_CONFERENCE);
	b->end->channel = b->number;
	b->end->state = DL3_STATE_CONNECTED;
	b->end->name_type = DL3_NAME_TYPE_CONFERENCE;
	snprintf(b->end->description, sizeof(b->end->description), "Conference %u", b->number);
	snprintf(b->end->target_number, sizeof(b->end->target_number), "%u", b->number);
	return b;
}

/* The call's A is a member from now on. */
static void seat(struct sim_bridge *b, struct sim_live *l)
{
	struct sim_exchange *x = l->x;
	/* The one that opened it may have left long ago. */
	struct sim_call *seated = b->first ? &b->first->c : NULL;

	l->c.b = b->end;
	if (!b->end->call)
		b->end->call = &l->c;
	l->bridge = b;
	l->next_member_call = b->first;
	b->first = l;
	b->members++;
	x->nodes[b->end->node].seats++;
	sim_connect(l);
	sim_tell(x,
	         &(struct sim_news){ .what = SIM_CONFERENCED, .call = &l->c, .end = l->c.a, .other = seated });
	sim_changed(l);
}

/* A call of its own for an end that was B in another. */
static void seat_in_new_call(struct sim_bridge *b, struct sim_end *e)
{
	struct sim_live *l = sim_live_new(b->end->call ? sim_live(b->end->call)->x : sim_live(e->call)->x);

	sim_join(l, &l->c.a, e);
	sim_tell(l->x, &(struct sim_news){ .what = SIM_BEGAN, .call = &l->c, .end = e });
	seat(b, l);
}

/* Held: the one who waits sits down in this call, and the end that held him is lost. */
static void seat_held(struct sim_bridge *b, struct sim_live *held, struct sim_end *e1)
{
	sim_leave_to_a(held, e1);
	seat(b, held);
	sim_lose(held, e1, DL3_CAUSE_CONFERENCING_MOVE, false);
}

static void start_conference(struct sim_bridge *b, struct sim_live *held, struct sim_live *second,
                             const struct sim_user *u)
{
	struct sim_end *e1 = sim_call_end_of(&held->c, u), *e2 = sim_call_end_of(&second->c, u);
	struct sim_end *e3 = sim_other(second, e2);

	seat_held(b, held, e1);
	if (e2 != second->c.a)
		sim_swap(second);
	second->c.b = NULL;
	seat(b, second);
	seat_in_new_call(b, e3);
}

/* A member brings in one more. */
static void add_to_conference(struct sim_bridge *b, struct sim_live *member, struct sim_live *second,
                              const struct sim_user *u)
{
	struct sim_end *e2 = sim_call_end_of(&second->c, u);

	sim_leave_to_a(second, e2);
	seat(b, second);
	sim_lose(second, e2, DL3_CAUSE_CONFERENCING_MOVE, false);
	sim_connect(member);
	sim_changed(member);
}

static bool has_seats(const struct sim_exchange *x, size_t node, unsigned more, struct sim_error *error)
{
	uint32_t all = x->world->nodes[node].bridges;

	return x->nodes[node].seats + more <= all ||
	       sim_no(error, "expected %u free seats in conferences of %s, and %u of %u are taken", more,
	              x->world->nodes[node].name, x->nodes[node].seats, all);
}

static bool talks(const struct sim_live *l)
{
	return l->stage == SIM_STAGE_CONNECTED || l->stage == SIM_STAGE_CONFERENCE;
}

bool sim_conference(struct sim_exchange *x, const struct sim_user *u, struct sim_error *error)
{
	struct sim_call *held = sim_user_held(x, u), *active = sim_user_active(x, u);

	if (!held || !active || !talks(sim_live(active)))
		return sim_no(error, "expected %s to hold one and to talk to another, and it does not",
		              u->extension);
	struct sim_live *l = sim_live(held), *m = sim_live(active);
	struct sim_bridge *there = l->bridge ? l->bridge : m->bridge;

	if (l->bridge && m->bridge)
		return sim_no(error, "expected %s to be in one conference, and it is in two", u->extension);
	if (sim_call_end_of(active, u)->on_hold)
		return sim_no(error, "expected the other side of %s to be there, and it has put %s on hold",
		              u->extension, u->extension);
	if (!has_seats(x, there ? there->end->node : u->node, there ? 1 : 3, error) ||
	    !sim_reserve(x, 1, 2 + sim_goal_ends(x, NULL), error))
		return false;
	if (there) {
		add_to_conference(there, l->bridge ? l : m, l->bridge ? m : l, u);
	} else {
		struct sim_bridge *b = new_bridge(x, u);

		if (!b)
			return sim_no(error, "no memory");
		start_conference(b, l, m, u);
	}
	sim_settle(x);
	return true;
}
