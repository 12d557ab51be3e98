/* SPDX-License-Identifier: MIT */
/* Calls that go from one person to another: transfer, consultation, park. */
#include <stdio.h>
#include <string.h>

#include "exchange_parts.h"

static struct sim_live *talking_call(const struct sim_exchange *x, const struct sim_user *u,
                                     struct sim_call *call, struct sim_error *error)
{
	struct sim_call *c = call ? call : sim_user_active(x, u);
	struct sim_end *e = c ? sim_call_end_of(c, u) : NULL;

	if (!e || sim_live(c)->stage != SIM_STAGE_CONNECTED || e->on_hold) {
		(void)sim_no(error, "expected %s to talk to somebody, and it does not", u->extension);
		return NULL;
	}
	return sim_live(c);
}

static void take_off_hold(struct sim_end *e)
{
	e->on_hold = e->holding = false;
	e->audio = true;
	e->tone = DL3_TONE_NONE;
}

/* ---- Unannounced ---- */

/* Who is passed on, and to whom, shows as the original and the present target. */
static void note_transfer(struct sim_live *l, const struct sim_user *by, const struct sim_end *gone)
{
	if (!l->c.original_group && !l->c.original_user)
		l->c.original_user = by;
	memcpy(l->related, gone->id, sizeof(l->related));
}

static void pass_on(struct sim_live *l, struct sim_end *e, const struct sim_goal *goal)
{
	struct sim_exchange *x = l->x;
	const struct sim_user *by = e->user;

	sim_leave_to_a(l, e);
	l->leaving = e;
	l->overflow_done = false;
	take_off_hold(l->c.a);
	note_transfer(l, by, e);
	sim_tell(x, &(struct sim_news){ .what = SIM_TRANSFERRED, .call = &l->c, .user = by });
	(void)sim_route(l, goal);
}

bool sim_transfer(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call, const char *to,
                  struct sim_error *error)
{
	struct sim_live *l = talking_call(x, u, call, error);
	struct sim_goal goal;

	if (!l)
		return false;
	struct sim_end *e = sim_call_end_of(&l->c, u), *other = sim_other(l, e);

	if (!to || !sim_resolve(x, to, u->node, &goal))
		return sim_no(error, "expected a number to transfer to, and '%s' leads nowhere",
		              to ? to : "");
	if (goal.user == u || (other->device == SIM_AT_USER && goal.user == other->user))
		return sim_no(error, "expected somebody else to transfer to, and %s is in the call", to);
	if (!sim_goal_is_open(x, &goal, error) || !sim_reserve(x, 0, 1 + sim_goal_ends(x, &goal), error))
		return false;
	pass_on(l, e, &goal);
	sim_settle(x);
	return true;
}

/* ---- Consultation ---- */

bool sim_consult(struct sim_exchange *x, const struct sim_user *u, const char *to, struct sim_call **call,
                 struct sim_error *error)
{
	struct sim_call *active = sim_user_active(x, u), *held = sim_user_held(x, u);
	struct sim_goal goal;

	if (!active && !held)
		return sim_no(error, "expected %s to talk to somebody, and it does not", u->extension);
	if (!to || !sim_resolve(x, to, u->node, &goal))
		return sim_no(error, "expected a number to call, and '%s' leads nowhere", to ? to : "");
	if (goal.user == u)
		return sim_no(error, "%s would call itself", u->extension);
	if (sim_state_of(x, u)->end_count >= SIM_USER_ENDS_MAX - 1 || sim_state_of(x, u)->ringing)
		return sim_no(error, "expected %s to be able to make another call, and it is not",
		              u->extension);
	if (!sim_goal_is_open(x, &goal, error) || !sim_reserve(x, 1, 1 + sim_goal_ends(x, &goal), error))
		return false;
	if (active && !sim_hold(x, u, active, error))
		return false;
	return sim_dial(x, u, &(struct sim_dialling){ .number = to }, call, error);
}

/* The two that remain are joined in the call that was held. */
static void join_talking(struct sim_live *held, struct sim_live *second, struct sim_end *e1,
                         struct sim_end *e2)
{
	struct sim_exchange *x = held->x;
	const struct sim_user *by = e1->user;
	struct sim_end *e3 = sim_other(second, e2);

	memcpy(e3->related, e1->id, sizeof(e3->related));
	sim_join(held, e1 == held->c.a ? &held->c.a : &held->c.b, e3);
	take_off_hold(held->c.a);
	take_off_hold(held->c.b);
	if (e3->device == SIM_AT_USER)
		held->c.current_user = e3->user;
	second->c.a = second->c.b = NULL;
	sim_tell(x, &(struct sim_news){ .what = SIM_TRANSFERRED,
	                                .call = &held->c,
	                                .other = &second->c,
	                                .end = e3,
	                                .user = by });
	sim_changed(held);
	sim_lose(held, e1, DL3_CAUSE_TRANSFER, true);
	sim_lose(second, e2, DL3_CAUSE_TRANSFER, true);
	sim_end_call(second);
	if (e3->device == SIM_AT_USER)
		sim_touch(x, e3->user);
}

/* It rings for the one who waits from now on, in place of the one who asked. */
static void join_ringing(struct sim_live *held, struct sim_live *second, struct sim_end *e1)
{
	struct sim_goal goal = { .group = second->group,
		                 .user = second->group ? NULL : second->c.current_user };

	sim_clear(second, NULL, DL3_CAUSE_TRANSFER);
	pass_on(held, e1, &goal);
}

/* The line is dialled anew for the one who waits, on a channel of the same trunk. */
static void join_dialled(struct sim_live *held, struct sim_live *second, struct sim_end *e1)
{
	char number[SIM_NUMBER_MAX];
	struct sim_goal goal = { .trunk = second->c.b->trunk, .outside = number };

	memcpy(number, second->c.b->target_number, sizeof(number));
	sim_clear(second, NULL, DL3_CAUSE_TRANSFER);
	pass_on(held, e1, &goal);
}

bool sim_complete(struct sim_exchange *x, const struct sim_user *u, struct sim_error *error)
{
	struct sim_call *held = sim_user_held(x, u), *active = sim_user_active(x, u);

	if (!held || !active)
		return sim_no(error, "expected %s to hold one call and to be in another, and it does not",
		              u->extension);
	struct sim_live *l = sim_live(held), *m = sim_live(active);
	struct sim_end *e1 = sim_call_end_of(held, u), *e2 = sim_call_end_of(active, u);

	if (l->stage != SIM_STAGE_CONNECTED)
		return sim_no(error, "expected %s to hold somebody, and it is in a conference", u->extension);
	if (e2->on_hold)
		return sim_no(error, "expected the other side of %s to be there, and it has put %s on hold",
		              u->extension, u->extension);
	if (!sim_reserve(x, 0, 1 + sim_goal_ends(x, NULL), error))
		return false;
	if (m->stage == SIM_STAGE_CONNECTED)
		join_talking(l, m, e1, e2);
	else if (m->stage == SIM_STAGE_OFFERING && m->c.target_count > 0)
		join_ringing(l, m, e1);
	else if (m->stage == SIM_STAGE_OFFERING && m->c.b)
		join_dialled(l, m, e1);
	else
		return sim_no(error,
		              "expected the second call of %s to ring or to be answered, and it does not",
		              u->extension);
	sim_settle(x);
	return true;
}

/* ---- Park ---- */

bool sim_park(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call, uint32_t slot,
              struct sim_error *error)
{
	struct sim_live *l = talking_call(x, u, call, error);
	struct sim_node_state *n = &x->nodes[u->node];

	if (!l)
		return false;
	if (slot == 0 || slot > x->world->nodes[u->node].park_slots)
		return sim_no(error, "expected a park slot from 1 to %u, and came %u",
		              x->world->nodes[u->node].park_slots, slot);
	if (n->slots[slot - 1])
		return sim_no(error, "expected park slot %u to be free, and call %llu is in it", slot,
		              (unsigned long long)n->slots[slot - 1]->c.number);
	if (!sim_reserve(x, 0, 1 + sim_goal_ends(x, NULL), error))
		return false;
	struct sim_end *e = sim_call_end_of(&l->c, u), *p;

	p = sim_end_of(x, SIM_AT_PARK, u->node, DL3_EQUIPMENT_PARK_SLOT);
	p->channel = slot;
	p->state = DL3_STATE_CONNECTED;
	p->called_type = DL3_CALLED_PARK_CALL;
	snprintf(p->description, sizeof(p->description), "%u", slot);
	n->slots[slot - 1] = l;
	sim_leave_to_a(l, e);
	sim_join(l, &l->c.b, p);
	take_off_hold(l->c.a);
	l->c.a->tone = DL3_TONE_HOLD_MUSIC;
	l->stage = SIM_STAGE_PARKED;
	memcpy(l->related, e->id, sizeof(l->related));
	sim_tell(x, &(struct sim_news){ .what = SIM_PARKED, .call = &l->c, .end = p, .user = u });
	sim_changed(l);
	sim_lose(l, e, DL3_CAUSE_PARKED, true);
	sim_settle(x);
	return true;
}

bool sim_unpark(struct sim_exchange *x, const struct sim_user *u, uint32_t slot, size_t node,
                struct sim_error *error)
{
	if (node >= x->world->node_count || slot == 0 || slot > x->world->nodes[node].park_slots ||
	    !x->nodes[node].slots[slot - 1])
		return sim_no(error, "expected a call in park slot %u, and there is none", slot);
	if (sim_user_active(x, u) || sim_user_ringing(x, u) ||
	    sim_state_of(x, u)->end_count >= SIM_USER_ENDS_MAX - 1)
		return sim_no(error, "expected %s to be free, and it is not", u->extension);
	struct sim_live *l = x->nodes[node].slots[slot - 1];

	/* Who waits in the slot may be on hold or the very user: then he meets himself. */
	if (l->c.a->device == SIM_AT_USER && l->c.a->user == u)
		return sim_no(error, "%s is itself the one in park slot %u", u->extension, slot);
	if (!sim_can_reach(x, l->c.a->node, u->node))
		return sim_no(error, "expected a way from %s to the caller's node, and there is none",
		              u->extension);
	if (!sim_reserve(x, 0, 1, error))
		return false;
	struct sim_end *e = sim_end_of_user(x, u, false), *p = l->c.b;

	e->called_type = DL3_CALLED_UNPARK_CALL;
	memcpy(e->related, l->related, sizeof(e->related));
	l->related[0] = '\0';
	sim_join(l, &l->c.b, e);
	l->c.current_user = u;
	sim_connect(l);
	sim_tell(x, &(struct sim_news){ .what = SIM_UNPARKED, .call = &l->c, .end = e, .user = u });
	sim_changed(l);
	sim_lose(l, p, DL3_CAUSE_UNPARKED, false);
	sim_settle(x);
	return true;
}
