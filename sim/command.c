/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command_parts.h"
#include "fail.h"

#define FIRST_LABELS 16u

struct label {
	struct label *next;
	char name[SIM_LABEL_MAX + 1];
	uint64_t call;
};

struct sim_commands {
	struct sim_exchange *exchange;
	struct label *labels;
	size_t count, sweep_at; /* when calls that are over are looked for */
};

struct sim_commands *sim_commands_new(struct sim_exchange *x)
{
	struct sim_commands *c = calloc(1, sizeof(*c));

	if (c) {
		c->exchange = x;
		c->sweep_at = FIRST_LABELS;
	}
	return c;
}

void sim_commands_free(struct sim_commands *c)
{
	if (!c)
		return;
	for (struct label *l = c->labels, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	free(c);
}

/* ---- Labels ---- */

static struct label *find_label(const struct sim_commands *c, const char *name)
{
	for (struct label *l = c->labels; l; l = l->next)
		if (strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

static void forget_label(struct sim_commands *c, struct label *l)
{
	struct label **link = &c->labels;

	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
	free(l);
	c->count--;
}

/* Labels of calls that are over are kept for a while, for what is said about them. */
static void sweep(struct sim_commands *c)
{
	for (struct label *l = c->labels, *next; l; l = next) {
		next = l->next;
		if (!sim_call_numbered(c->exchange, l->call))
			forget_label(c, l);
	}
	c->sweep_at = c->count < FIRST_LABELS ? FIRST_LABELS : c->count * 2;
}

/* Takes a label, before its call is made: what cannot be labelled is not begun. */
static struct label *take_label(struct sim_commands *c, const char *name, struct sim_error *error)
{
	struct label *l = find_label(c, name);

	if (l && sim_call_numbered(c->exchange, l->call)) {
		sim_fail(error, "call %s: there is one already, number %" PRIu64, name, l->call);
		return NULL;
	}
	if (l)
		return l;
	if (c->count >= c->sweep_at)
		sweep(c);
	l = calloc(1, sizeof(*l));
	if (!l) {
		sim_fail(error, "no memory");
		return NULL;
	}
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->next = c->labels;
	c->labels = l;
	c->count++;
	return l;
}

struct sim_call *sim_commands_call(const struct sim_commands *c, const char *label, struct sim_error *error)
{
	uint64_t number;
	const struct label *l = NULL;

	if (!sim_label_is_number(label, &number)) {
		l = find_label(c, label);
		if (!l) {
			sim_fail(error, "call %.64s: no call was given that label", label);
			return NULL;
		}
		number = l->call;
	}
	struct sim_call *call = sim_call_numbered(c->exchange, number);

	if (!call && l)
		sim_fail(error, "call %s: it is over", label);
	else if (!call)
		sim_fail(error, "call %.64s: there is none with that number now", label);
	return call;
}

size_t sim_commands_labels(const struct sim_commands *c)
{
	return c->count;
}

/* ---- What each does ---- */

struct act {
	struct sim_commands *commands;
	struct sim_exchange *x;
	const struct sim_command *command;
	const struct sim_user *user;
	const struct sim_group *group;
	const struct sim_trunk *trunk;
	size_t node;           /* SIM_NONE */
	struct sim_call *call; /* at first the one that is acted on, then the one that was made */
	struct sim_error *error;
};

static int64_t presentation_of(const struct act *a)
{
	const char *cli = a->command->cli;
	const struct sim_contact *contact = cli ? sim_world_contact(sim_exchange_world(a->x), cli) : NULL;
	int64_t code = contact ? contact->presentation : DL3_PRESENTATION_UNSPECIFIED;

	if (a->command->presentation)
		sim_presentation_named(a->command->presentation, &code);
	return code;
}

static bool do_incoming(struct act *a)
{
	const struct sim_command *c = a->command;
	struct sim_incoming in = {
		.trunk = a->trunk,
		.did = c->did,
		.cli = c->cli,
		.name = c->name,
		.presentation = presentation_of(a),
		.to = c->to,
		.tag = c->tag,
		.account_code = c->account_code,
		.ivr = c->ivr,
		.ivr_ms = c->ivr_seconds > 0 ? (uint64_t)c->ivr_seconds * 1000 : 0,
	};

	return sim_call_in(a->x, &in, &a->call, a->error);
}

static bool do_off_hook(struct act *a)
{
	return sim_off_hook(a->x, a->user, &a->call, a->error);
}

static bool do_dial(struct act *a)
{
	struct sim_dialling d = {
		.number = a->command->to,
		.account_code = a->command->account_code,
		.on_behalf = a->command->on_behalf,
		.withhold = a->command->withhold == 1,
	};

	return sim_dial(a->x, a->user, &d, &a->call, a->error);
}

static bool do_alert(struct act *a)
{
	return sim_far_alert(a->x, a->call, a->error);
}

static bool do_answer(struct act *a)
{
	if (!a->user)
		return sim_far_answer(a->x, a->call, a->error);
	return sim_answer(a->x, a->user, a->call, a->error);
}

static bool do_reject(struct act *a)
{
	return sim_reject(a->x, a->user, a->call, a->command->how ? a->command->how : "drop", a->error);
}

static bool do_hang_up(struct act *a)
{
	if (a->user)
		return sim_hang_up(a->x, a->user, a->call, a->error);
	return sim_far_clear(a->x, a->call, a->command->cause < 0 ? DL3_CAUSE_NORMAL : a->command->cause,
	                     a->error);
}

static bool do_hold(struct act *a)
{
	return sim_hold(a->x, a->user, a->call, a->error);
}

static bool do_retrieve(struct act *a)
{
	return sim_retrieve(a->x, a->user, a->call, a->error);
}

static bool do_transfer(struct act *a)
{
	return sim_transfer(a->x, a->user, a->call, a->command->to, a->error);
}

static bool do_consult(struct act *a)
{
	return sim_consult(a->x, a->user, a->command->to, &a->call, a->error);
}

static bool do_complete(struct act *a)
{
	return sim_complete(a->x, a->user, a->error);
}

static bool do_conference(struct act *a)
{
	return sim_conference(a->x, a->user, a->error);
}

static bool do_park(struct act *a)
{
	return sim_park(a->x, a->user, a->call, (uint32_t)a->command->slot, a->error);
}

static bool do_unpark(struct act *a)
{
	size_t node = a->node != SIM_NONE ? a->node : a->user->node;

	if (!sim_unpark(a->x, a->user, (uint32_t)a->command->slot, node, a->error))
		return false;
	a->call = sim_user_active(a->x, a->user);
	return true;
}

static bool do_pick_up(struct act *a)
{
	if (!sim_pick_up(a->x, a->user, a->command->from, a->error))
		return false;
	a->call = sim_user_active(a->x, a->user);
	return true;
}

static bool do_voicemail(struct act *a)
{
	return sim_to_voicemail(a->x, a->call, a->command->to, a->error);
}

static bool do_message(struct act *a)
{
	return sim_leave_message(a->x, a->call, (uint32_t)a->command->seconds, a->error);
}

static const struct sim_end *outside_end(const struct sim_call *call)
{
	if (call->a && call->a->device == SIM_AT_TRUNK)
		return call->a;
	return call->b && call->b->device == SIM_AT_TRUNK ? call->b : NULL;
}

static bool do_flags(struct act *a)
{
	const struct sim_end *end = a->user ? sim_call_end_of(a->call, a->user) : outside_end(a->call);
	int64_t flags;

	if (!end && a->user)
		return sim_fail(a->error, "%s is not in call %s", a->user->extension, a->command->call);
	if (!end)
		return sim_fail(a->error, "call %s has no outside party", a->command->call);
	sim_flags_named(a->command->flags, &flags);
	return sim_set_flags(a->x, a->call, end, flags, a->error);
}

static bool do_account(struct act *a)
{
	return sim_set_account(a->x, a->call, a->command->account_code, a->error);
}

static bool do_member(struct act *a)
{
	return sim_set_member(a->x, a->group, a->user, a->command->on == 1, a->error);
}

static bool do_do_not_disturb(struct act *a)
{
	return sim_set_do_not_disturb(a->x, a->user, a->command->on == 1, a->error);
}

static bool do_clear(struct act *a)
{
	sim_exchange_clear(a->x);
	return true;
}

static bool (*const doing[])(struct act *a) = {
#define SIM_ACTION(name, arguments, call, meaning) do_##name,
	SIM_ACTIONS(SIM_ACTION)
#undef SIM_ACTION
};

/* ---- From names to what they name ---- */

static bool find_node(struct act *a)
{
	const struct sim_world *w = sim_exchange_world(a->x);
	const char *name = a->command->node;

	a->node = SIM_NONE;
	for (size_t i = 0; name && i < w->node_count; i++)
		if (strcmp(w->nodes[i].name, name) == 0 || strcmp(w->nodes[i].id, name) == 0)
			a->node = i;
	return !name || a->node != SIM_NONE ||
	       sim_fail(a->error, "node %s: there is none of that name", name);
}

static bool find_people(struct act *a)
{
	const struct sim_world *w = sim_exchange_world(a->x);
	const struct sim_command *c = a->command;

	if (c->user) {
		a->user = sim_world_user(w, c->user);
		if (!a->user)
			return sim_fail(a->error, "user %s: nobody has that extension", c->user);
	}
	if (c->group) {
		a->group = sim_world_group(w, c->group);
		if (!a->group)
			return sim_fail(a->error, "group %s: no hunt group has that extension", c->group);
	}
	if (c->trunk >= 0) {
		a->trunk = sim_world_trunk(w, a->node, (uint32_t)c->trunk);
		if (!a->trunk)
			return sim_fail(a->error, "trunk %" PRId64 ": there is no such line%s%s", c->trunk,
			                c->node ? " on node " : "", c->node ? c->node : "");
	}
	return true;
}

static struct sim_call *any_call(const struct act *a)
{
	struct sim_call *call = sim_user_active(a->x, a->user);

	if (!call)
		call = sim_user_held(a->x, a->user);
	return call ? call : sim_user_ringing(a->x, a->user);
}

/* Without one the exchange itself says what it misses. */
static struct sim_call *fitting_call(const struct act *a, enum sim_call_use use)
{
	switch (use) {
	case SIM_CALL_RINGING:
		return sim_user_ringing(a->x, a->user);
	case SIM_CALL_ACTIVE:
		return sim_user_active(a->x, a->user);
	case SIM_CALL_HELD:
		return sim_user_held(a->x, a->user);
	case SIM_CALL_ANY:
		return any_call(a);
	case SIM_CALL_MADE:
	case SIM_CALL_DIALLED:
	case SIM_CALL_NAMED:
		break;
	}
	return NULL;
}

/* Whether the user has lifted the handset in the call that is called so, and may dial in it. */
static bool may_dial_in(const struct act *a, struct sim_call *call)
{
	return call->a && call->a->user == a->user && !call->b && call->target_count == 0 &&
	       sim_user_active(a->x, a->user) == call;
}

/* Finds the call that is acted on, or a place for the label of the one to be made. */
static bool find_call(struct act *a, enum sim_call_use use, struct label **label)
{
	const char *name = a->command->call;
	uint64_t number;

	*label = NULL;
	if (!name) {
		a->call = a->user ? fitting_call(a, use) : NULL;
		return true;
	}
	if (use == SIM_CALL_DIALLED) {
		struct label *known = find_label(a->commands, name);
		bool is_number = sim_label_is_number(name, &number);
		struct sim_call *call = sim_call_numbered(a->x, is_number ? number : known ? known->call : 0);

		if (call && may_dial_in(a, call))
			return true;
		if (is_number)
			return sim_fail(a->error, "call %s: %s has no dial tone in it", name,
			                a->user ? a->user->extension : "nobody");
	}
	if (use == SIM_CALL_MADE || use == SIM_CALL_DIALLED) {
		*label = take_label(a->commands, name, a->error);
		return *label != NULL;
	}
	a->call = sim_commands_call(a->commands, name, a->error);
	return a->call != NULL;
}

static bool act(struct act *a, enum sim_action action, uint64_t *number)
{
	enum sim_call_use use = sim_action_use(action);
	struct label *label;

	if (!find_node(a) || !find_people(a) || !find_call(a, use, &label))
		return false;
	/* What is done to a call may be its end. */
	uint64_t before = a->call ? a->call->number : 0;

	if (before != 0 && use != SIM_CALL_MADE && use != SIM_CALL_DIALLED) {
		*number = before;
		return doing[action](a);
	}
	bool done = doing[action](a);

	*number = done && a->call ? a->call->number : 0;
	if (label && done)
		label->call = *number;
	else if (label && label->call == 0)
		forget_label(a->commands, label);
	return done;
}

bool sim_command_do(struct sim_commands *c, const struct sim_command *command, uint64_t *call,
                    struct sim_error *error)
{
	struct act a = { .commands = c, .x = c->exchange, .command = command };
	struct sim_error why = { "" };
	uint64_t number = 0;

	if (call)
		*call = 0;
	if (!sim_command_check(command, NULL, error))
		return false;
	a.error = &why;
	bool done = act(&a, sim_action_named(command->action), &number);

	if (call && done)
		*call = number;
	return done || sim_fail(error, "%s: %s", command->action, why.text);
}
