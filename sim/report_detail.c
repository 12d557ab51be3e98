/* SPDX-License-Identifier: MIT */
/* Delta3: the rows of a Detail as each node shows them. */
#include <stdio.h>
#include <string.h>

#include "report_rows.h"

/* What a link between nodes looks like: the ends beyond it are network lines. */
#define LINK_CLASS DL3_EQUIPMENT_H323_TRUNK
#define LINK_CHANNELS 250u

int64_t sim_look_time(const struct sim_look *look)
{
	return (int64_t)(look->now_ms / 100) + look->world->nodes[look->node].clock_offset;
}

uint32_t sim_call_id_on(const struct sim_call *call, size_t node)
{
	for (size_t i = 0; i < call->view_count; i++)
		if (call->views[i].node == node)
			return call->views[i].call_id;
	return 0;
}

struct dl3_str sim_user_number(const struct sim_user *u)
{
	return dl3_str_of(u ? u->extension : "");
}

struct dl3_str sim_group_number(const struct sim_group *g)
{
	return dl3_str_of(g ? g->extension : "");
}

static uint32_t line_towards(const struct sim_look *look, size_t node)
{
	size_t path[SIM_NODES_MAX];

	if (sim_world_path(look->world, look->node, node, path) < 2)
		return 0;
	for (size_t i = 0; i < look->world->link_count; i++) {
		const struct sim_link *l = &look->world->links[i];

		if ((l->from == look->node && l->to == path[1]) || (l->to == look->node && l->from == path[1]))
			return l->line;
	}
	return 0;
}

void sim_link_reference(const struct sim_look *look, const struct sim_end *end, char *out, size_t cap)
{
	snprintf(out, cap, "%u.%u", line_towards(look, end->node), 1 + (end->number - 1) % LINK_CHANNELS);
}

struct sim_told sim_told_of(const struct sim_end *end)
{
	return (struct sim_told){ .line = end->device == SIM_AT_TRUNK ? end->trunk->line : 0,
		                  .number = end->number,
		                  .node = end->node,
		                  .incoming = end->incoming };
}

void sim_local_form(const struct sim_look *look, const struct sim_told *told, char *out, size_t cap)
{
	uint32_t line = told->node == look->node ? told->line : line_towards(look, told->node);

	out[0] = '\0';
	if (told->number != 0)
		snprintf(out, cap, "%u.%u.%d", line, told->number, told->incoming ? 1 : 0);
}

/* The number of the caller as phones show it: one that came from outside can be dialled back. Trunks show
 * the true one; but a node that has the trunk beyond a link sees what the link carries. */
static struct dl3_str shown_cli(const struct sim_look *look, const struct sim_end *end, char *buf, size_t cap)
{
	bool from_outside = end->device == SIM_AT_TRUNK && end->incoming && end->cli[0];

	if (!from_outside || end->node == look->node)
		return dl3_str_of(end->cli);
	snprintf(buf, cap, "%s%s", end->trunk->prefix ? end->trunk->prefix : "", end->cli);
	return dl3_str_of(buf);
}

static struct dl3_str description(const struct sim_look *look, const struct sim_end *end, char *buf, size_t cap)
{
	if (end->node == look->node)
		return dl3_str_of(end->description);
	sim_link_reference(look, end, buf, cap);
	return dl3_str_of(buf);
}

static void party_numbers(const struct sim_end *end, bool local, struct dl3_party *p)
{
	/* A node in the middle neither plays the tone nor knows what it is. */
	int64_t tone = local || end->audio == false ? end->tone : DL3_TONE_NONE;

	DL3_SET(p, DL3_PARTY_DIRECTION, direction, end->incoming ? 1 : 0);
	DL3_SET(p, DL3_PARTY_STATE, state, end->state);
	DL3_SET(p, DL3_PARTY_AUDIO_PATH, audio_path, end->audio ? 1 : 0);
	DL3_SET(p, DL3_PARTY_TONE, tone, tone);
	DL3_SET(p, DL3_PARTY_REMOTE, remote, local ? 0 : 1);
	DL3_SET(p, DL3_PARTY_PUBLIC_LINE, public_line, end->device == SIM_AT_TRUNK ? 1 : 0);
	DL3_SET(p, DL3_PARTY_FLAGS, flags, end->flags);
	DL3_SET(p, DL3_PARTY_EMERGENCY_LOCATION, emergency_location, 1);
	DL3_SET(p, DL3_PARTY_EQUIPMENT_CLASS, equipment_class, local ? end->equipment_class : LINK_CLASS);
	DL3_SET(p, DL3_PARTY_EQUIPMENT_TYPE, equipment_type, local ? end->equipment_type : 106);
	DL3_SET(p, DL3_PARTY_CALLED_TYPE, called_type, end->called_type);
	DL3_SET(p, DL3_PARTY_CALLED_REASON, called_reason, end->called_reason);
	DL3_SET(p, DL3_PARTY_CLI_PRESENTATION, cli_presentation, end->presentation);
	DL3_SET(p, DL3_PARTY_NAME_TYPE, name_type, end->name_type);
}

static void party(const struct sim_look *look, const struct sim_end *end, struct sim_scratch *scratch, int side,
                  struct dl3_party *p)
{
	bool local = end->node == look->node;

	party_numbers(end, local, p);
	p->end = dl3_str_of(end->id);
	p->description = description(look, end, scratch->description[side], sizeof(scratch->description[side]));
	p->identity = sim_user_number(end->device == SIM_AT_USER ? end->user : NULL);
	p->did = dl3_str_of(local ? end->did : "");
	p->dialled = dl3_str_of(end->dialled);
	p->on_behalf = dl3_str_of(end->on_behalf);
	p->target_number = dl3_str_of(local ? end->target_number : "");
	p->target_subaddr = dl3_str_of("");
	p->purpose = dl3_str_of(end->purpose);
	p->cli = shown_cli(look, end, scratch->cli[side], sizeof(scratch->cli[side]));
	p->name = dl3_str_of(end->name);
	p->related_end = dl3_str_of(end->related);
}

static void target(const struct sim_look *look, const struct sim_end *end, char *buf, size_t cap,
                   struct dl3_target *t)
{
	bool local = end->node == look->node;

	*t = (struct dl3_target){ 0 };
	t->end = dl3_str_of(end->id);
	DL3_SET(t, DL3_TARGET_REMOTE, remote, local ? 0 : 1);
	DL3_SET(t, DL3_TARGET_PUBLIC_LINE, public_line, end->device == SIM_AT_TRUNK ? 1 : 0);
	DL3_SET(t, DL3_TARGET_EQUIPMENT_CLASS, equipment_class, local ? end->equipment_class : LINK_CLASS);
	DL3_SET(t, DL3_TARGET_EQUIPMENT_TYPE, equipment_type, local ? end->equipment_type : 106);
	t->description = description(look, end, buf, cap);
	t->identity = sim_user_number(end->device == SIM_AT_USER ? end->user : NULL);
	DL3_SET(t, DL3_TARGET_CALLED_TYPE, called_type, end->called_type);
	DL3_SET(t, DL3_TARGET_CALLED_REASON, called_reason, end->called_reason);
	t->target_number = dl3_str_of(end->target_number);
	t->target_subaddr = dl3_str_of("");
	t->purpose = dl3_str_of(end->purpose);
	t->cli = dl3_str_of(end->cli);
	DL3_SET(t, DL3_TARGET_CLI_PRESENTATION, cli_presentation, end->presentation);
}

static void call_row(const struct sim_look *look, const struct sim_call *call, struct dl3_call *c)
{
	const struct sim_node *node = &look->world->nodes[look->node];

	c->node = dl3_str_of(node->id);
	DL3_SET(c, DL3_CALL_CALL_ID, call_id, sim_call_id_on(call, look->node));
	c->account_code = dl3_str_of(call->account_code);
	/* The description: it is masked if there is one. */
	c->authorization_code = dl3_str_of(call->authorization_code[0] ? "*****" : "");
	c->tag = dl3_str_of(call->tag);
	DL3_SET(c, DL3_CALL_TRANSFER_CAUSE, transfer_cause, 0);
	c->owner_huntgroup = sim_group_number(call->owner_group);
	c->originally_targeted_huntgroup = sim_group_number(call->original_group);
	c->originally_targeted_user = sim_user_number(call->original_user);
	c->currently_targeted_huntgroup = sim_group_number(call->current_group);
	c->currently_targeted_user = sim_user_number(call->current_user);
	if (call->leaving_message)
		DL3_SET(c, DL3_CALL_VOICEMAIL_BEING_LEFT, voicemail_being_left, 1);
	if (call->message_s > 0)
		DL3_SET(c, DL3_CALL_VOICEMAIL_LENGTH, voicemail_length, call->message_s);
	if (call->queueing != 0)
		DL3_SET(c, DL3_CALL_QUEUEING, queueing, call->queueing);
	DL3_SET(c, DL3_CALL_TIMESTAMP, timestamp, sim_look_time(look));
	if (call->overflowed)
		DL3_SET(c, DL3_CALL_HUNTGROUP_OVERFLOW, huntgroup_overflow, 1);
	c->ivr_callflow = dl3_str_of(call->ivr);
	c->row.present = ((uint64_t)1 << DL3_CALL_FIELDS) - 1; /* a PBX writes all of them */
	if (call->ivr[0]) {
		DL3_SET(c, DL3_CALL_IVR_TIME, ivr_time, (int64_t)(call->ivr_ms / 100));
	}
}

void sim_detail(const struct sim_look *look, const struct sim_call *call, struct sim_scratch *scratch,
                struct dl3_record *out)
{
	struct dl3_detail *d = &out->u.detail;

	*out = (struct dl3_record){ .kind = DL3_KIND_DETAIL };
	d->has_call = true;
	call_row(look, call, &d->call);
	if (call->a) {
		d->has_a = true;
		party(look, call->a, scratch, 0, &d->a);
	}
	if (call->b) {
		d->has_b = true;
		party(look, call->b, scratch, 1, &d->b);
		return;
	}
	for (size_t i = 0; i < call->target_count; i++)
		target(look, call->targets[i], scratch->target_description[i],
		       sizeof(scratch->target_description[i]), &scratch->targets[i]);
	d->targets = (struct dl3_targets){ .list = scratch->targets, .count = call->target_count };
}
