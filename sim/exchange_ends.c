/* SPDX-License-Identifier: MIT */
/* Ends: how they come to be, where they belong, how they go. */
#include <stdio.h>
#include <string.h>

#include "exchange_parts.h"

#define COMMON_EQUIPMENT 106 /* the one type of equipment that the description shows everywhere */

void sim_text(char *to, size_t cap, const char *from)
{
	size_t len = from ? strlen(from) : 0;

	if (len >= cap) {
		len = cap - 1;
		/* Not in the middle of a character. */
		while (len > 0 && ((unsigned char)from[len] & 0xc0) == 0x80)
			len--;
	}
	if (len > 0)
		memcpy(to, from, len);
	to[len] = '\0';
}

/* ---- Making ---- */

struct sim_end *sim_end_of(struct sim_exchange *x, enum sim_device device, size_t node,
                           int64_t equipment_class)
{
	struct sim_end *e = sim_end_take(x);

	e->number = ++x->nodes[node].ends;
	snprintf(e->id, sizeof(e->id), "%.8s%08x", x->world->nodes[node].id, e->number);
	e->node = node;
	e->device = device;
	e->equipment_class = equipment_class;
	e->equipment_type = COMMON_EQUIPMENT;
	e->audio = true;
	e->presentation = DL3_PRESENTATION_UNSPECIFIED;
	return e;
}

static void give_sip_call_id(struct sim_exchange *x, struct sim_end *e)
{
	/* One behind the other: a compiler may compute arguments in any order. */
	unsigned long long high = sim_random_next(&x->random), low = sim_random_next(&x->random);

	snprintf(e->sip_call_id, sizeof(e->sip_call_id), "%016llx%016llx", high, low);
}

struct sim_end *sim_end_of_user(struct sim_exchange *x, const struct sim_user *u, bool incoming)
{
	struct sim_end *e = sim_end_of(x, SIM_AT_USER, u->node, u->device);

	e->user = u;
	e->incoming = incoming;
	e->equipment_type = u->equipment != 0 ? u->equipment : COMMON_EQUIPMENT;
	e->flags = u->privacy ? DL3_PARTY_FLAG_PRIVACY : 0;
	if (incoming) {
		sim_text(e->cli, sizeof(e->cli), u->extension);
		sim_text(e->name, sizeof(e->name), u->full_name);
		e->name_type = DL3_NAME_TYPE_INTERNAL_USER;
	}
	if (u->device == DL3_EQUIPMENT_SIP_DEVICE)
		give_sip_call_id(x, e);
	return e;
}

static uint32_t take_channel(struct sim_exchange *x, const struct sim_trunk *t)
{
	struct sim_trunk_state *s = sim_trunk_state_of(x, t);

	uint32_t channel = s->free[s->first];

	s->first = (s->first + 1) % t->channels;
	s->free_count--;
	return channel;
}

static void give_channel_back(struct sim_exchange *x, const struct sim_trunk *t, uint32_t channel)
{
	struct sim_trunk_state *s = sim_trunk_state_of(x, t);

	s->free[(s->first + s->free_count++) % t->channels] = channel;
}

struct sim_end *sim_end_of_trunk(struct sim_exchange *x, const struct sim_trunk *t, bool incoming)
{
	struct sim_end *e = sim_end_of(x, SIM_AT_TRUNK, t->node, t->class);

	e->trunk = t;
	e->incoming = incoming;
	e->channel = take_channel(x, t);
	if (t->class == DL3_EQUIPMENT_SIP_TRUNK) {
		give_sip_call_id(x, e);
		sim_text(e->description, sizeof(e->description), e->sip_call_id);
	} else {
		snprintf(e->description, sizeof(e->description), "%u.%u", t->line, e->channel);
	}
	return e;
}

/* ---- Places ---- */

static void tell_sip(struct sim_live *l, struct sim_end *e, bool start)
{
	if (e->sip_call_id[0])
		sim_tell(l->x,
		         &(struct sim_news){ .what = SIM_SIP, .call = &l->c, .end = e, .inbound = start });
}

void sim_join(struct sim_live *l, struct sim_end **place, struct sim_end *e)
{
	bool is_new = !e->call;

	*place = e;
	e->call = &l->c;
	if (e->device == SIM_AT_USER) {
		struct sim_user_state *s = sim_state_of(l->x, e->user);
		bool known = false;

		if (s->ringing == e)
			s->ringing = NULL;
		for (unsigned i = 0; i < s->end_count; i++)
			known = known || s->ends[i] == e;
		if (!known)
			s->ends[s->end_count++] = e;
	}
	if (is_new)
		tell_sip(l, e, true);
}

struct sim_end *sim_other(const struct sim_live *l, const struct sim_end *e)
{
	return e == l->c.a ? l->c.b : l->c.a;
}

void sim_swap(struct sim_live *l)
{
	struct sim_end *a = l->c.a;

	l->c.a = l->c.b;
	l->c.b = a;
	sim_tell(l->x, &(struct sim_news){ .what = SIM_SWAPPED, .call = &l->c });
}

void sim_leave_to_a(struct sim_live *l, const struct sim_end *gone)
{
	if (gone == l->c.a && l->c.b)
		sim_swap(l);
	if (gone == l->c.a)
		l->c.a = NULL;
	else
		l->c.b = NULL;
}

/* ---- Going ---- */

void sim_want_service(struct sim_exchange *x, const struct sim_user *u)
{
	struct sim_user_state *s = sim_state_of(x, u);

	if (s->wants_service)
		return;
	s->wants_service = true;
	x->freed[x->freed_count++] = (uint32_t)(u - x->world->users);
}

static void leave_user(struct sim_exchange *x, struct sim_end *e)
{
	struct sim_user_state *s = sim_state_of(x, e->user);

	if (s->ringing == e)
		s->ringing = NULL;
	for (unsigned i = 0; i < s->end_count; i++)
		if (s->ends[i] == e) {
			s->end_count--;
			for (; i < s->end_count; i++)
				s->ends[i] = s->ends[i + 1];
		}
	if (s->end_count > 0 || s->ringing)
		return;
	s->free_since = x->clock->now;
	sim_want_service(x, e->user);
}

static void give_device_back(struct sim_exchange *x, struct sim_end *e)
{
	switch (e->device) {
	case SIM_AT_USER:
		leave_user(x, e);
		break;
	case SIM_AT_TRUNK:
		give_channel_back(x, e->trunk, e->channel);
		break;
	case SIM_AT_VOICEMAIL:
		x->nodes[e->node].voicemail--;
		break;
	case SIM_AT_PARK:
		x->nodes[e->node].slots[e->channel - 1] = NULL;
		break;
	case SIM_AT_CONFERENCE:
		break;
	}
}

static void gone(struct sim_live *l, struct sim_end *e)
{
	const struct sim_user *u = e->device == SIM_AT_USER ? e->user : NULL;

	tell_sip(l, e, false);
	give_device_back(l->x, e);
	sim_end_give(l->x, e);
	if (u)
		sim_touch(l->x, u);
}

static const char *cause_text(int64_t cause)
{
	switch (cause) {
	case DL3_CAUSE_NORMAL:
		return "CALL LOST (CMCauseNormal)";
	case DL3_CAUSE_BUSY:
		return "CALL LOST (CMCauseBusy)";
	case DL3_CAUSE_TRANSFER:
		return "CALL LOST (CMCauseTransfer)";
	default:
		return "CALL LOST (CMCauseForceIdle)";
	}
}

void sim_lose(struct sim_live *l, struct sim_end *e, int64_t cause, bool inbound)
{
	sim_tell(l->x,
	         &(struct sim_news){
			 .what = SIM_END_LOST, .call = &l->c, .end = e, .cause = cause, .inbound = inbound });
	if (e->device == SIM_AT_USER)
		sim_tell(l->x,
		         &(struct sim_news){ .what = SIM_USER, .user = e->user, .text = cause_text(cause) });
	gone(l, e);
}

void sim_withdraw(struct sim_live *l, size_t index, bool tell)
{
	struct sim_end *e = l->c.targets[index];

	l->c.target_count--;
	memmove(&l->c.targets[index], &l->c.targets[index + 1],
	        (l->c.target_count - index) * sizeof(l->c.targets[0]));
	if (tell)
		sim_tell(l->x, &(struct sim_news){ .what = SIM_WITHDRAWN, .call = &l->c, .end = e });
	gone(l, e);
}

void sim_withdraw_all(struct sim_live *l)
{
	while (l->c.target_count > 0)
		sim_withdraw(l, l->c.target_count - 1, true);
}

static void lose_leaving(struct sim_live *l)
{
	struct sim_end *e = l->leaving;

	l->leaving = NULL;
	if (e)
		sim_lose(l, e, DL3_CAUSE_TRANSFER, true);
}

void sim_clear(struct sim_live *l, const struct sim_end *by, int64_t cause)
{
	struct sim_end *ends[2] = { l->c.a, l->c.b };

	if (by && by == l->c.b) {
		ends[0] = l->c.b;
		ends[1] = l->c.a;
	}
	sim_stop_waiting(l);
	sim_withdraw_all(l);
	l->c.a = l->c.b = NULL;
	lose_leaving(l);
	for (unsigned i = 0; i < 2; i++)
		if (ends[i] && ends[i]->device != SIM_AT_CONFERENCE)
			sim_lose(l, ends[i], cause, ends[i] == by);
	if (l->bridge)
		sim_bridge_left(l);
	sim_end_call(l);
}

/* ---- What can be seen where ---- */

static uint64_t nodes_between(const struct sim_live *l, const struct sim_end *e)
{
	const struct sim_world *w = l->x->world;
	size_t path[SIM_NODES_MAX], count;
	uint64_t nodes = 0;

	if (l->c.a->node == e->node)
		return (uint64_t)1 << e->node;
	count = sim_world_path(w, l->c.a->node, e->node, path);
	for (size_t i = 0; i < count; i++)
		nodes |= (uint64_t)1 << path[i];
	return nodes;
}

static uint64_t nodes_now(const struct sim_live *l)
{
	uint64_t nodes = (uint64_t)1 << l->c.a->node;

	if (l->c.b)
		nodes |= nodes_between(l, l->c.b);
	for (size_t i = 0; i < l->c.target_count; i++)
		nodes |= nodes_between(l, l->c.targets[i]);
	return nodes;
}

/* @return how many views of nodes that see it no more were put into `left`. */
static size_t look_again(struct sim_live *l, struct sim_view *left)
{
	uint64_t nodes = nodes_now(l);
	size_t kept = 0, count = 0;

	for (size_t i = 0; i < l->c.view_count; i++) {
		struct sim_view v = l->kept[i];

		if (nodes & (uint64_t)1 << v.node)
			l->kept[kept++] = v;
		else
			left[count++] = v;
		nodes &= ~((uint64_t)1 << v.node);
	}
	l->c.view_count = kept;
	/* A's own node tells first. */
	for (size_t i = 0; nodes != 0 && i <= l->x->world->node_count; i++) {
		size_t node = i == 0 ? l->c.a->node : i - 1;

		if (!(nodes & (uint64_t)1 << node))
			continue;
		nodes &= ~((uint64_t)1 << node);
		l->kept[l->c.view_count++] = (struct sim_view){ node, ++l->x->nodes[node].calls };
	}
	return count;
}

void sim_changed(struct sim_live *l)
{
	struct sim_view left[SIM_NODES_MAX];
	size_t count = look_again(l, left);

	sim_tell(l->x, &(struct sim_news){ .what = SIM_CHANGED, .call = &l->c });
	for (size_t i = 0; i < count; i++)
		sim_tell(l->x, &(struct sim_news){ .what = SIM_LEFT,
		                                   .call = &l->c,
		                                   .node = left[i].node,
		                                   .call_id = left[i].call_id });
	lose_leaving(l);
}

/* ---- States ---- */

static uint32_t state_of(const struct sim_user_state *s)
{
	bool held = false;

	for (unsigned i = 0; i < s->end_count; i++) {
		const struct sim_end *e = s->ends[i];

		if (e->holding)
			held = true;
		else
			return e->state == DL3_STATE_CONNECTED ? SIM_EXTN_CONNECTED : SIM_EXTN_DIALLING;
	}
	if (s->ringing)
		return SIM_EXTN_RINGING;
	return held ? SIM_EXTN_HELD : SIM_EXTN_IDLE;
}

void sim_touch(struct sim_exchange *x, const struct sim_user *u)
{
	struct sim_user_state *s = sim_state_of(x, u);
	uint32_t state = state_of(s), old = s->state;

	if (state == old)
		return;
	s->state = state;
	sim_tell(x, &(struct sim_news){ .what = SIM_USER, .user = u, .state = state, .old_state = old });
}

static void touch_end(struct sim_live *l, const struct sim_end *e)
{
	if (e && e->device == SIM_AT_USER)
		sim_touch(l->x, e->user);
}

static void connect_end(struct sim_end *e)
{
	e->state = DL3_STATE_CONNECTED;
	e->audio = true;
	e->tone = DL3_TONE_NONE;
	e->on_hold = e->holding = false;
}

void sim_connect(struct sim_live *l)
{
	struct sim_exchange *x = l->x;

	sim_stop_waiting(l);
	connect_end(l->c.a);
	connect_end(l->c.b);
	l->c.queueing = 0;
	l->c.was_connected = true;
	if (l->c.answered == 0) {
		l->c.answered = x->clock->now;
		x->answered++;
	}
	l->stage = l->bridge ? SIM_STAGE_CONFERENCE : SIM_STAGE_CONNECTED;
	touch_end(l, l->c.a);
	touch_end(l, l->c.b);
}
