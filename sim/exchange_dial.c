/* SPDX-License-Identifier: MIT */
/* How calls begin, and what the outside party does. */
#include <string.h>

#include "exchange_parts.h"

/* What the caller gets of his call: NULL when it is over. */
static void hand_out(struct sim_exchange *x, uint64_t number, struct sim_call **call)
{
	sim_settle(x);
	if (call)
		*call = sim_call_numbered(x, number);
}

static struct sim_live *begin(struct sim_exchange *x, struct sim_end *a)
{
	struct sim_live *l = sim_live_new(x);

	sim_join(l, &l->c.a, a);
	sim_tell(x, &(struct sim_news){ .what = SIM_BEGAN, .call = &l->c, .end = a });
	return l;
}

/* ---- From outside ---- */

static const char *destination(const struct sim_incoming *in)
{
	const struct sim_trunk *t = in->trunk;

	if (in->to)
		return in->to;
	for (size_t i = 0; in->did && i < t->route_count; i++)
		if (strcmp(t->routes[i].did, in->did) == 0)
			return t->routes[i].to;
	return t->fallback;
}

static void describe_caller(struct sim_exchange *x, struct sim_end *e, const struct sim_incoming *in)
{
	const struct sim_contact *c = in->cli && *in->cli ? sim_world_contact(x->world, in->cli) : NULL;

	e->state = DL3_STATE_RINGBACK;
	e->tone = DL3_TONE_RINGBACK;
	e->presentation = in->presentation;
	sim_text(e->did, sizeof(e->did), in->did);
	sim_text(e->cli, sizeof(e->cli), in->cli);
	if (in->name) {
		sim_text(e->name, sizeof(e->name), in->name);
		e->name_type = DL3_NAME_TYPE_EXTERNAL_TRUNK;
	} else if (c && c->in_directory && c->name) {
		sim_text(e->name, sizeof(e->name), c->name);
		e->name_type = DL3_NAME_TYPE_DIRECTORY;
	}
}

static void describe_call(struct sim_call *c, const struct sim_incoming *in)
{
	sim_text(c->tag, sizeof(c->tag), in->tag);
	sim_text(c->account_code, sizeof(c->account_code), in->account_code);
	sim_text(c->ivr, sizeof(c->ivr), in->ivr);
	c->ivr_ms = in->ivr_ms;
}

bool sim_call_in(struct sim_exchange *x, const struct sim_incoming *in, struct sim_call **call,
                 struct sim_error *error)
{
	const char *to = destination(in);
	struct sim_goal goal;

	if (!to)
		return sim_no(error, "line %u has no route for '%s', and no fallback", in->trunk->line,
		              in->did ? in->did : "");
	if (!sim_resolve(x, to, in->trunk->node, &goal) || goal.outside)
		return sim_no(error, "expected the extension of a user or a group, and '%s' is neither", to);
	if (!sim_trunk_has_channel(x, in->trunk))
		return sim_no(error, "expected a free channel on line %u, and all %u are taken",
		              in->trunk->line, in->trunk->channels);
	if (!sim_reserve(x, 1, 1 + sim_goal_ends(x, &goal), error))
		return false;
	struct sim_end *a = sim_end_of_trunk(x, in->trunk, true);

	describe_caller(x, a, in);
	struct sim_live *l = begin(x, a);
	uint64_t number = l->c.number;

	describe_call(&l->c, in);
	(void)sim_route(l, &goal);
	hand_out(x, number, call);
	return true;
}

/* ---- From inside ---- */

static bool may_begin(const struct sim_exchange *x, const struct sim_user *u, struct sim_error *error)
{
	const struct sim_user_state *s = sim_state_of(x, u);

	if (s->ringing)
		return sim_no(error, "expected %s to be free, and it rings", u->extension);
	if (sim_user_active(x, u))
		return sim_no(error, "expected %s to be free, and it is in a call", u->extension);
	if (s->end_count >= SIM_USER_ENDS_MAX - 1)
		return sim_no(error, "%s has %u calls already, as many as a phone can have", u->extension,
		              s->end_count);
	return true;
}

static struct sim_live *lift(struct sim_exchange *x, const struct sim_user *u)
{
	struct sim_end *a = sim_end_of_user(x, u, true);

	a->state = DL3_STATE_DIALLING;
	a->tone = DL3_TONE_DIAL;
	struct sim_live *l = begin(x, a);

	l->stage = SIM_STAGE_DIALLING;
	sim_touch(x, u);
	return l;
}

bool sim_off_hook(struct sim_exchange *x, const struct sim_user *u, struct sim_call **call,
                  struct sim_error *error)
{
	if (!may_begin(x, u, error) || !sim_reserve(x, 1, 1, error))
		return false;
	struct sim_live *l = lift(x, u);

	sim_changed(l);
	hand_out(x, l->c.number, call);
	return true;
}

static void describe_dialling(struct sim_live *l, const struct sim_dialling *d)
{
	struct sim_end *a = l->c.a;

	sim_text(a->dialled, sizeof(a->dialled), d->number);
	sim_text(a->on_behalf, sizeof(a->on_behalf), d->on_behalf);
	if (d->account_code)
		sim_text(l->c.account_code, sizeof(l->c.account_code), d->account_code);
	if (d->withhold)
		a->presentation = DL3_PRESENTATION_WITHHELD;
	a->state = DL3_STATE_DIALED;
	a->tone = DL3_TONE_NONE;
}

bool sim_dial(struct sim_exchange *x, const struct sim_user *u, const struct sim_dialling *d,
              struct sim_call **call, struct sim_error *error)
{
	struct sim_call *active = sim_user_active(x, u);
	struct sim_live *l = active ? sim_live(active) : NULL;
	struct sim_goal goal = { 0 };

	if (!d->number || !*d->number)
		return sim_no(error, "expected a number to dial");
	if (l && l->stage != SIM_STAGE_DIALLING)
		return sim_no(error, "expected %s to hear dial tone or to be free, and it is in a call",
		              u->extension);
	if (!l && !may_begin(x, u, error))
		return false;
	(void)sim_resolve(x, d->number, u->node, &goal);
	if (goal.user == u)
		return sim_no(error, "%s would call itself", u->extension);
	if (!sim_reserve(x, 1, 1 + sim_goal_ends(x, &goal), error))
		return false;
	if (!l)
		l = lift(x, u);
	uint64_t number = l->c.number;

	describe_dialling(l, d);
	(void)sim_route(l, &goal);
	hand_out(x, number, call);
	return true;
}

/* ---- The outside party ---- */

static struct sim_end *outside_end(const struct sim_call *call, bool must_be_called, struct sim_error *error)
{
	if (call->b && call->b->device == SIM_AT_TRUNK)
		return call->b;
	if (!must_be_called && call->a && call->a->device == SIM_AT_TRUNK)
		return call->a;
	(void)sim_no(error, "expected call %llu to %s, and it does not", (unsigned long long)call->number,
	             must_be_called ? "go to the outside" : "have an outside party");
	return NULL;
}

static bool not_connected(const struct sim_call *call, const struct sim_end *e, struct sim_error *error)
{
	return e->state != DL3_STATE_CONNECTED ||
	       sim_no(error, "expected call %llu not to have been answered, and it has",
	              (unsigned long long)call->number);
}

bool sim_far_alert(struct sim_exchange *x, struct sim_call *call, struct sim_error *error)
{
	struct sim_end *e = outside_end(call, true, error);

	(void)x;
	if (!e || !not_connected(call, e, error))
		return false;
	e->state = DL3_STATE_RINGBACK;
	call->a->tone = DL3_TONE_RINGBACK;
	sim_changed(sim_live(call));
	return true;
}

bool sim_far_answer(struct sim_exchange *x, struct sim_call *call, struct sim_error *error)
{
	struct sim_end *e = outside_end(call, true, error);

	if (!e || !not_connected(call, e, error) || !sim_reserve(x, 0, 0, error))
		return false;
	sim_connect(sim_live(call));
	sim_tell(x, &(struct sim_news){ .what = SIM_ANSWERED, .call = call, .end = e });
	sim_changed(sim_live(call));
	sim_settle(x);
	return true;
}

bool sim_far_clear(struct sim_exchange *x, struct sim_call *call, int64_t cause, struct sim_error *error)
{
	struct sim_end *e = outside_end(call, false, error);

	if (!e)
		return false;
	if (cause == DL3_CAUSE_NORMAL && call->a->device == SIM_AT_TRUNK)
		e = call->a;
	sim_clear(sim_live(call), e, cause);
	sim_settle(x);
	return true;
}
