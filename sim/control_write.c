/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "control_parts.h"

#define KEY(name) DL3I_JSON_KEY(j, name)

/* ---- Values ---- */

static void put_text(struct dl3i_json *j, const char *text)
{
	if (text && *text)
		dl3i_json_z(j, text);
	else
		dl3i_json_literal(j, "null");
}

static void put_bool(struct dl3i_json *j, bool value)
{
	dl3i_json_literal(j, value ? "true" : "false");
}

static void put_seconds(struct dl3i_json *j, uint64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
	dl3i_json_literal(j, text);
}

static void put_code(struct dl3i_json *j, enum dl3_enumeration e, int64_t code)
{
	const char *name = dl3_enum_name(e, code);

	if (name)
		dl3i_json_z(j, name);
	else
		dl3i_json_signed(j, code);
}

static void put_flags(struct dl3i_json *j, int64_t flags)
{
	size_t count;
	const struct dl3_value *values = dl3_enum_values(DL3_ENUM_party_flag, &count);

	dl3i_json_open(j, '[');
	for (size_t i = 0; i < count; i++)
		if (flags & values[i].code)
			dl3i_json_z(j, values[i].name);
	dl3i_json_close(j, ']');
}

static void put_number_of(struct dl3i_json *j, const struct sim_call *call)
{
	if (call)
		dl3i_json_unsigned(j, call->number);
	else
		dl3i_json_literal(j, "null");
}

static void put_user_number(struct dl3i_json *j, const struct sim_user *u)
{
	put_text(j, u ? u->extension : NULL);
}

static void put_group_number(struct dl3i_json *j, const struct sim_group *g)
{
	put_text(j, g ? g->extension : NULL);
}

static void put_node(struct dl3i_json *j, const struct sim_exchange *x, size_t node)
{
	put_text(j, sim_exchange_world(x)->nodes[node].name);
}

/* ---- Ends and calls ---- */

static const char *device_name(enum sim_device device)
{
	switch (device) {
	case SIM_AT_USER:
		return "user";
	case SIM_AT_TRUNK:
		return "trunk";
	case SIM_AT_VOICEMAIL:
		return "voicemail";
	case SIM_AT_PARK:
		return "park";
	case SIM_AT_CONFERENCE:
		break;
	}
	return "conference";
}

/* The trunk's channel, the slot or the conference. */
static void put_place(struct dl3i_json *j, const struct sim_end *e)
{
	KEY("trunk");
	if (e->trunk)
		dl3i_json_unsigned(j, e->trunk->line);
	else
		dl3i_json_literal(j, "null");
	KEY("channel");
	if (e->device != SIM_AT_USER)
		dl3i_json_unsigned(j, e->channel);
	else
		dl3i_json_literal(j, "null");
}

static void put_numbers(struct dl3i_json *j, const struct sim_end *e)
{
	KEY("cli");
	put_text(j, e->cli);
	KEY("presentation");
	put_code(j, DL3_ENUM_presentation, e->presentation);
	KEY("name");
	put_text(j, e->name);
	KEY("did");
	put_text(j, e->did);
	KEY("dialled");
	put_text(j, e->dialled);
	KEY("target_number");
	put_text(j, e->target_number);
}

static void put_end(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_end *e)
{
	if (!e) {
		dl3i_json_literal(j, "null");
		return;
	}
	dl3i_json_open(j, '{');
	KEY("end");
	dl3i_json_z(j, e->id);
	KEY("node");
	put_node(j, x, e->node);
	KEY("at");
	dl3i_json_z(j, device_name(e->device));
	KEY("user");
	put_user_number(j, e->user);
	KEY("group");
	put_group_number(j, e->group);
	put_place(j, e);
	KEY("state");
	put_code(j, DL3_ENUM_state, e->state);
	KEY("tone");
	put_code(j, DL3_ENUM_tone, e->tone);
	KEY("audio");
	put_bool(j, e->audio);
	KEY("on_hold");
	put_bool(j, e->on_hold);
	KEY("holding");
	put_bool(j, e->holding);
	KEY("flags");
	put_flags(j, e->flags);
	put_numbers(j, e);
	dl3i_json_close(j, '}');
}

static void put_views(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_call *call)
{
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < call->view_count; i++) {
		dl3i_json_open(j, '{');
		KEY("node");
		put_node(j, x, call->views[i].node);
		KEY("call_id");
		dl3i_json_unsigned(j, call->views[i].call_id);
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
}

static void put_queueing(struct dl3i_json *j, int64_t queueing)
{
	if (queueing)
		put_code(j, DL3_ENUM_queueing, queueing);
	else
		dl3i_json_literal(j, "null");
}

void sim_write_call(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_call *call)
{
	dl3i_json_open(j, '{');
	KEY("call");
	dl3i_json_unsigned(j, call->number);
	KEY("began_s");
	put_seconds(j, call->began);
	KEY("answered_s");
	if (call->answered)
		put_seconds(j, call->answered);
	else
		dl3i_json_literal(j, "null");
	KEY("a");
	put_end(j, x, call->a);
	KEY("b");
	put_end(j, x, call->b);
	KEY("targets");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < call->target_count; i++)
		put_end(j, x, call->targets[i]);
	dl3i_json_close(j, ']');
	KEY("group");
	put_group_number(j, call->owner_group ? call->owner_group : call->current_group);
	KEY("queueing");
	put_queueing(j, call->queueing);
	KEY("leaving_message");
	put_bool(j, call->leaving_message);
	KEY("message_s");
	dl3i_json_unsigned(j, call->message_s);
	KEY("account_code");
	put_text(j, call->account_code);
	KEY("tag");
	put_text(j, call->tag);
	KEY("nodes");
	put_views(j, x, call);
	dl3i_json_close(j, '}');
}

/* ---- People ---- */

void sim_write_user(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_user *u)
{
	dl3i_json_open(j, '{');
	KEY("user");
	put_text(j, u->extension);
	KEY("login");
	put_text(j, u->login);
	KEY("name");
	put_text(j, u->full_name);
	KEY("node");
	put_node(j, x, u->node);
	KEY("free");
	put_bool(j, sim_user_is_free(x, u));
	KEY("ringing");
	put_number_of(j, sim_user_ringing(x, u));
	KEY("active");
	put_number_of(j, sim_user_active(x, u));
	KEY("held");
	put_number_of(j, sim_user_held(x, u));
	dl3i_json_close(j, '}');
}

static const char *mode_name(enum sim_group_mode mode)
{
	static const char *const names[] = { "collective", "sequential", "rotary", "longest_waiting" };

	return names[mode];
}

static const char *service_name(enum sim_service_mode service)
{
	static const char *const names[] = { "out_of_service", "day", "night" };

	return names[service];
}

void sim_write_group(struct dl3i_json *j, const struct sim_exchange *x, const struct sim_group *g)
{
	const struct sim_world *w = sim_exchange_world(x);

	dl3i_json_open(j, '{');
	KEY("group");
	put_text(j, g->extension);
	KEY("name");
	put_text(j, g->name);
	KEY("node");
	put_node(j, x, g->node);
	KEY("mode");
	dl3i_json_z(j, mode_name(g->mode));
	KEY("service");
	dl3i_json_z(j, service_name(g->service));
	KEY("waiting");
	dl3i_json_unsigned(j, sim_group_waiting(x, g));
	KEY("members");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < g->member_count; i++) {
		const struct sim_user *u = &w->users[g->members[i]];

		dl3i_json_open(j, '{');
		KEY("user");
		put_text(j, u->extension);
		KEY("active");
		put_bool(j, sim_member_is_active(x, g, u));
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
	dl3i_json_close(j, '}');
}

/* ---- Lists ---- */

static void put_calls(struct dl3i_json *j, const struct sim_exchange *x)
{
	KEY("calls");
	dl3i_json_open(j, '[');
	for (const struct sim_call *c = sim_call_first(x); c; c = sim_call_next(x, c))
		sim_write_call(j, x, c);
	dl3i_json_close(j, ']');
}

static void put_users(struct dl3i_json *j, const struct sim_exchange *x)
{
	const struct sim_world *w = sim_exchange_world(x);

	KEY("users");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < w->user_count; i++)
		sim_write_user(j, x, &w->users[i]);
	dl3i_json_close(j, ']');
}

static void put_groups(struct dl3i_json *j, const struct sim_exchange *x)
{
	const struct sim_world *w = sim_exchange_world(x);

	KEY("groups");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < w->group_count; i++)
		sim_write_group(j, x, &w->groups[i]);
	dl3i_json_close(j, ']');
}

void sim_write_calls(struct dl3i_json *j, const struct sim_exchange *x)
{
	dl3i_json_open(j, '{');
	put_calls(j, x);
	dl3i_json_close(j, '}');
}

void sim_write_users(struct dl3i_json *j, const struct sim_exchange *x)
{
	dl3i_json_open(j, '{');
	put_users(j, x);
	dl3i_json_close(j, '}');
}

void sim_write_groups(struct dl3i_json *j, const struct sim_exchange *x)
{
	dl3i_json_open(j, '{');
	put_groups(j, x);
	dl3i_json_close(j, '}');
}

void sim_write_state(struct dl3i_json *j, const struct sim_exchange *x)
{
	dl3i_json_open(j, '{');
	KEY("now_s");
	put_seconds(j, sim_exchange_clock(x)->now);
	put_calls(j, x);
	put_users(j, x);
	put_groups(j, x);
	dl3i_json_close(j, '}');
}

void sim_write_counts(struct dl3i_json *j, const struct sim_host_counts *n)
{
	dl3i_json_open(j, '{');
	KEY("now_s");
	put_seconds(j, n->now_ms);
	KEY("lag_s");
	put_seconds(j, n->lag_ms);
	KEY("calls_now");
	dl3i_json_unsigned(j, n->calls_now);
	KEY("calls");
	dl3i_json_unsigned(j, n->calls);
	KEY("answered");
	dl3i_json_unsigned(j, n->answered);
	KEY("events");
	dl3i_json_unsigned(j, n->events);
	KEY("deliveries");
	dl3i_json_unsigned(j, n->deliveries);
	KEY("connections");
	dl3i_json_unsigned(j, n->connections);
	KEY("monitors");
	dl3i_json_unsigned(j, n->monitors);
	KEY("overruns");
	dl3i_json_unsigned(j, n->overruns);
	dl3i_json_close(j, '}');
}

/* ---- What there is to ask for ---- */

static void put_actions(struct dl3i_json *j)
{
	const char *name, *arguments, *meaning;

	KEY("actions");
	dl3i_json_open(j, '[');
	for (size_t i = 0; (name = sim_command_action(i, &arguments, &meaning)); i++) {
		dl3i_json_open(j, '{');
		KEY("action");
		dl3i_json_z(j, name);
		KEY("arguments");
		dl3i_json_z(j, arguments);
		KEY("meaning");
		dl3i_json_z(j, meaning);
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
}

static void put_arguments(struct dl3i_json *j)
{
	const struct sim_argument *a;

	KEY("arguments");
	dl3i_json_open(j, '{');
	for (size_t i = 0; (a = sim_argument_at(i)); i++) {
		char key[48];
		int len = snprintf(key, sizeof(key), "\"%s\":", a->name);

		dl3i_json_ready_key(j, key, (size_t)len);
		dl3i_json_z(j, a->meaning);
	}
	dl3i_json_close(j, '}');
}

static void put_faults(struct dl3i_json *j)
{
	KEY("faults");
	dl3i_json_open(j, '{');
	for (size_t i = 0; i < SIM_FAULT_KINDS; i++) {
		char key[48];
		int len = snprintf(key, sizeof(key), "\"%s\":", sim_fault_name((enum sim_fault_kind)i));

		dl3i_json_ready_key(j, key, (size_t)len);
		dl3i_json_z(j, sim_fault_meaning((enum sim_fault_kind)i));
	}
	dl3i_json_close(j, '}');
}

void sim_write_catalogue(struct dl3i_json *j)
{
	put_actions(j);
	put_arguments(j);
	put_faults(j);
}
