/* SPDX-License-Identifier: MIT */
/* What people do in calls: answer, ignore, hold, pass on, hang up. */
#include <stdlib.h>
#include <string.h>

#include "traffic_parts.h"

#define FEATURES_MAX 4u /* in one call: even busy people come to an end */

/* ---- Actors ---- */

struct sim_actor *sim_actor_new(struct sim_traffic *t, struct sim_call *call)
{
	struct sim_actor *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->traffic = t;
	a->call = call->number;
	a->next = t->actors;
	a->back = &t->actors;
	if (a->next)
		a->next->back = &a->next;
	t->actors = a;
	call->script = a;
	return a;
}

void sim_actor_free(struct sim_actor *a)
{
	sim_alarm_cancel(a->traffic->clock, &a->due);
	*a->back = a->next;
	if (a->next)
		a->next->back = a->back;
	free(a);
}

static void act(void *arg)
{
	struct sim_actor *a = arg;
	struct sim_call *call = sim_call_numbered(a->traffic->exchange, a->call);

	if (call)
		a->step(a, call);
}

void sim_actor_plan(struct sim_actor *a, uint64_t after, void (*step)(struct sim_actor *a, struct sim_call *call))
{
	a->step = step;
	(void)sim_alarm_set(a->traffic->clock, &a->due, after, act, a);
}

static uint64_t seconds(struct sim_traffic *t, unsigned low, unsigned high)
{
	return sim_random_between(&t->people, (uint64_t)low * 1000, (uint64_t)high * 1000);
}

static bool chance(struct sim_traffic *t, double probability)
{
	return sim_random_chance(&t->people, probability);
}

/* ---- The end of a call ---- */

static const struct sim_user *user_at(const struct sim_end *end)
{
	return end && end->device == SIM_AT_USER ? end->user : NULL;
}

static bool hang_up_at(struct sim_traffic *t, struct sim_call *call, const struct sim_end *end)
{
	const struct sim_user *u = user_at(end);

	if (u)
		return sim_hang_up(t->exchange, u, call, NULL);
	return end && end->device == SIM_AT_TRUNK && sim_far_clear(t->exchange, call, DL3_CAUSE_NORMAL, NULL);
}

/* Whoever can; what cannot be hung up now is tried again. */
static void hang_up(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;
	bool a_first = chance(t, 0.5);
	struct sim_end *first = a_first ? call->a : call->b, *second = a_first ? call->b : call->a;
	uint64_t number = a->call;

	sim_actor_plan(a, seconds(t, 5, 20), hang_up);
	sim_count(t, SIM_DOES_HANG_UP);
	if (hang_up_at(t, call, first))
		return;
	call = sim_call_numbered(t->exchange, number);
	if (call)
		(void)hang_up_at(t, call, second);
}

static void give_up(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;

	sim_count(t, SIM_DOES_GIVE_UP);
	sim_actor_plan(a, seconds(t, 5, 10), hang_up);
	(void)hang_up_at(t, call, call->a);
}

void sim_caller_goes_away(struct sim_actor *a)
{
	sim_actor_plan(a, seconds(a->traffic, 1, 10), give_up);
}

void sim_caller_waits(struct sim_actor *a)
{
	sim_actor_plan(a, 4000 + sim_random_gap(&a->traffic->people, 60000), give_up);
}

/* ---- Outside parties ---- */

static void outside_answers(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;

	sim_caller_waits(a);
	if (chance(t, 0.8)) {
		(void)sim_far_answer(t->exchange, call, NULL);
	} else if (chance(t, 0.6)) {
		sim_count(t, SIM_DOES_OUTSIDE_BUSY);
		(void)sim_far_clear(t->exchange, call,
		                    chance(t, 0.7) ? DL3_CAUSE_BUSY : DL3_CAUSE_NO_USER_RESPONDING, NULL);
	}
}

static void outside_alerts(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;

	sim_actor_plan(a, seconds(t, 2, 20), outside_answers);
	(void)sim_far_alert(t->exchange, call, NULL);
}

void sim_outside_rings(struct sim_actor *a)
{
	sim_actor_plan(a, seconds(a->traffic, 1, 4), outside_alerts);
}

/* ---- In the middle of a conversation ---- */

static void talk(struct sim_actor *a, struct sim_call *call);

static void plan_talk(struct sim_actor *a)
{
	struct sim_traffic *t = a->traffic;
	uint64_t whole = sim_random_duration(&t->people, (uint64_t)t->config.talk_s * 1000);

	/* Something may come up before the end. */
	if (a->done < FEATURES_MAX && chance(t, 0.5))
		sim_actor_plan(a, 1000 + sim_random_between(&t->people, 0, whole), talk);
	else
		sim_actor_plan(a, 1000 + whole, hang_up);
}

static void retrieve(struct sim_actor *a, struct sim_call *call)
{
	if (sim_retrieve(a->traffic->exchange, a->user, call, NULL))
		plan_talk(a);
	else
		sim_actor_plan(a, seconds(a->traffic, 1, 10), hang_up);
}

static bool hold(struct sim_actor *a, struct sim_call *call, const struct sim_user *u)
{
	if (!sim_hold(a->traffic->exchange, u, call, NULL))
		return false;
	a->user = u;
	sim_count(a->traffic, SIM_DOES_HOLD);
	sim_actor_plan(a, seconds(a->traffic, 2, 40), retrieve);
	return true;
}

static const char *somewhere(struct sim_traffic *t, const struct sim_user *but)
{
	if (t->world->group_count > 0 && chance(t, 0.15))
		return t->world->groups[sim_random_below(&t->people, (uint32_t)t->world->group_count)].extension;
	const struct sim_user *u = sim_free_user(t, but);

	return u ? u->extension : NULL;
}

static bool blind(struct sim_actor *a, struct sim_call *call, const struct sim_user *u)
{
	struct sim_traffic *t = a->traffic;
	const char *to = somewhere(t, u);

	if (!to)
		return false;
	/* Planned first: where it leads nowhere the call ends at once, and the actor with it. */
	sim_caller_waits(a);
	if (!sim_transfer(t->exchange, u, call, to, NULL))
		return false;
	sim_count(t, SIM_DOES_BLIND);
	return true;
}

/* ---- Consultation: the actor of the second call decides for both ---- */

static void back_to_the_first(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;
	const struct sim_user *u = a->user;
	uint64_t held_call = a->held_call;

	sim_actor_plan(a, seconds(t, 2, 5), hang_up);
	(void)sim_hang_up(t->exchange, u, call, NULL);
	struct sim_call *first = sim_call_numbered(t->exchange, held_call);
	struct sim_actor *b = first ? first->script : NULL;

	if (b) {
		b->user = u;
		sim_actor_plan(b, seconds(t, 1, 3), retrieve);
	}
}

static void decide(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;
	const struct sim_user *u = a->user;
	struct sim_call *first = sim_call_numbered(t->exchange, a->held_call);
	struct sim_actor *b = first ? first->script : NULL;

	sim_actor_plan(a, seconds(t, 5, 20), back_to_the_first);
	if (b)
		plan_talk(b);
	if (a->talking && chance(t, 0.25) && sim_conference(t->exchange, u, NULL))
		sim_count(t, SIM_DOES_CONFERENCE);
	else if (chance(t, 0.8) && sim_complete(t->exchange, u, NULL))
		sim_count(t, SIM_DOES_COMPLETE);
	else
		back_to_the_first(a, call);
}

static bool consult(struct sim_actor *a, struct sim_call *call, const struct sim_user *u)
{
	struct sim_traffic *t = a->traffic;
	const char *to = somewhere(t, u);
	struct sim_call *second = NULL;
	uint64_t first = call->number;

	if (!to || !sim_consult(t->exchange, u, to, &second, NULL))
		return false;
	sim_count(t, SIM_DOES_CONSULT);
	/* Should the second call come to nothing, somebody has to come back to this one. */
	a->user = u;
	sim_actor_plan(a, seconds(t, 60, 120), retrieve);
	struct sim_actor *b = second->script ? second->script : sim_actor_new(t, second);

	if (b) {
		b->user = u;
		b->held_call = first;
		sim_actor_plan(b, seconds(t, 4, 15), decide);
	}
	return true;
}

/* ---- Park ---- */

static void unpark(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;
	const struct sim_user *u = chance(t, 0.3) && sim_user_is_free(t->exchange, a->user) ?
	                                   a->user :
	                                   sim_free_user(t, NULL);

	sim_actor_plan(a, seconds(t, 20, 60), give_up);
	if (!u || !call->b || call->b->device != SIM_AT_PARK || chance(t, 0.1))
		return;
	if (sim_unpark(t->exchange, u, call->b->channel, call->b->node, NULL)) {
		sim_count(t, SIM_DOES_UNPARK);
		plan_talk(a);
	}
}

static bool park(struct sim_actor *a, struct sim_call *call, const struct sim_user *u)
{
	struct sim_traffic *t = a->traffic;
	uint32_t slots = t->world->nodes[u->node].park_slots;

	if (slots == 0)
		return false;
	sim_actor_plan(a, seconds(t, 5, 50), unpark);
	if (!sim_park(t->exchange, u, call, 1 + sim_random_below(&t->people, slots), NULL))
		return false;
	a->user = u;
	sim_count(t, SIM_DOES_PARK);
	return true;
}

/* ---- Marks ---- */

static bool mark(struct sim_actor *a, struct sim_call *call, const struct sim_user *u)
{
	struct sim_traffic *t = a->traffic;
	const struct sim_end *end = sim_call_end_of(call, u);
	const struct sim_end *other = end == call->a ? call->b : call->a;

	plan_talk(a);
	if (t->world->account_count > 0 && chance(t, 0.4)) {
		sim_count(t, SIM_DOES_ACCOUNT);
		return sim_set_account(
			t->exchange, call,
			t->world->accounts[sim_random_below(&t->people, (uint32_t)t->world->account_count)].code, NULL);
	}
	if (end && chance(t, 0.5)) {
		sim_count(t, SIM_DOES_RECORD);
		return sim_set_flags(t->exchange, call, end, end->flags | DL3_PARTY_FLAG_AUTO_RECORDED, NULL);
	}
	if (!other)
		return true;
	sim_count(t, SIM_DOES_CONSENT);
	return sim_set_flags(t->exchange, call, other,
	                     other->flags | (chance(t, 0.8) ? DL3_PARTY_FLAG_CONSENT_ANSWERED :
	                                                      DL3_PARTY_FLAG_CONSENT_REFUSED),
	                     NULL);
}

static bool do_something(struct sim_actor *a, struct sim_call *call, const struct sim_user *u)
{
	uint32_t what = sim_random_below(&a->traffic->people, 100);

	if (what < 30)
		return hold(a, call, u);
	if (what < 47)
		return blind(a, call, u);
	if (what < 70)
		return consult(a, call, u);
	if (what < 82)
		return park(a, call, u);
	return mark(a, call, u);
}

static void talk(struct sim_actor *a, struct sim_call *call)
{
	/* The one who was called has the work; one who called does it when an outside party was called. */
	const struct sim_user *u = user_at(call->b) ? user_at(call->b) : user_at(call->a);

	a->done++;
	if (!u || !do_something(a, call, u))
		plan_talk(a);
}

/* ---- Voicemail ---- */

static void message_left(struct sim_actor *a, struct sim_call *call)
{
	struct sim_traffic *t = a->traffic;
	uint64_t spoken = (t->clock->now - call->began) / 1000;

	sim_count(t, SIM_DOES_MESSAGE);
	(void)sim_leave_message(t->exchange, call, (uint32_t)(spoken > 120 ? 120 : spoken > 2 ? spoken - 1 : 1), NULL);
	sim_actor_plan(a, seconds(t, 1, 3), give_up);
}

static void at_voicemail(struct sim_actor *a)
{
	sim_count(a->traffic, SIM_DOES_VOICEMAIL);
	if (chance(a->traffic, 0.7))
		sim_actor_plan(a, seconds(a->traffic, 5, 60), message_left);
	else
		sim_actor_plan(a, seconds(a->traffic, 1, 8), give_up);
}

/* ---- Phones that ring ---- */

void sim_ring_free(struct sim_ring *r)
{
	sim_alarm_cancel(r->traffic->clock, &r->due);
	*r->back = r->next;
	if (r->next)
		r->next->back = r->back;
	free(r);
}

static bool still_rings(const struct sim_call *call, const struct sim_user *u)
{
	for (size_t i = 0; call && i < call->target_count; i++)
		if (call->targets[i]->user == u)
			return true;
	return false;
}

static void react(struct sim_traffic *t, const struct sim_ring *r, struct sim_call *call)
{
	const struct sim_user *colleague;

	sim_count(t, r->will);
	switch (r->will) {
	case SIM_DOES_PUSH_AWAY:
		(void)sim_reject(t->exchange, r->user, call, chance(t, 0.5) ? "dnd" : "drop", NULL);
		break;
	case SIM_DOES_PICK_UP:
		colleague = sim_free_user(t, r->user);
		if (colleague)
			(void)sim_pick_up(t->exchange, colleague, r->user->extension, NULL);
		break;
	default:
		(void)sim_answer(t->exchange, r->user, call, NULL);
	}
}

static void ring_due(void *arg)
{
	struct sim_ring *r = arg;
	struct sim_traffic *t = r->traffic;
	struct sim_call *call = sim_call_numbered(t->exchange, r->call);

	if (still_rings(call, r->user))
		react(t, r, call);
	sim_ring_free(r);
}

static void rings(struct sim_traffic *t, const struct sim_call *call, const struct sim_user *u)
{
	uint32_t what = sim_random_below(&t->people, 100);

	/* Some are not at their desk. */
	if (what >= 78)
		return;
	struct sim_ring *r = calloc(1, sizeof(*r));

	if (!r)
		return;
	*r = (struct sim_ring){ .traffic = t, .call = call->number, .user = u, .will = SIM_DOES_ANSWER };
	if (what < 4)
		r->will = SIM_DOES_PUSH_AWAY;
	else if (what < 7)
		r->will = SIM_DOES_PICK_UP;
	r->next = t->rings;
	r->back = &t->rings;
	if (r->next)
		r->next->back = &r->next;
	t->rings = r;
	if (!sim_alarm_set(t->clock, &r->due, 1000 + sim_random_gap(&t->people, 6000), ring_due, r))
		sim_ring_free(r);
}

/* ---- News ---- */

static void answered(struct sim_actor *a)
{
	bool consults = a->held_call != 0 && !a->talking;

	a->talking = true;
	if (consults)
		sim_actor_plan(a, seconds(a->traffic, 3, 25), decide);
	else
		plan_talk(a);
}

static struct sim_actor *actor_of(struct sim_traffic *t, struct sim_call *call)
{
	struct sim_actor *a = call->script;

	return a ? a : sim_actor_new(t, call);
}

void sim_people_news(struct sim_traffic *t, const struct sim_news *n)
{
	struct sim_actor *a;

	/* Nobody lives here: calls are made by scripts, and those know what becomes of them. */
	if (!n->call || (t->begun == 0 && t->config.rate <= 0))
		return;
	switch (n->what) {
	case SIM_BEGAN:
		(void)actor_of(t, n->call);
		break;
	case SIM_OFFERED:
		if (n->end->user)
			rings(t, n->call, n->end->user);
		break;
	case SIM_ANSWERED:
	case SIM_UNPARKED:
	case SIM_CONFERENCED:
		a = actor_of(t, n->call);
		if (a)
			answered(a);
		break;
	case SIM_VOICEMAIL:
		a = actor_of(t, n->call);
		if (a)
			at_voicemail(a);
		break;
	case SIM_ENDED:
		if (n->call->script)
			sim_actor_free(n->call->script);
		n->call->script = NULL;
		break;
	default:
		break;
	}
}
