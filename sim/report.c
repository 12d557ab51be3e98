/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_rows.h"

struct sim_report {
	struct sim_exchange *exchange;
	const struct sim_world *world;
	struct sim_audience audience;
	struct sim_observer observer;
};

static struct sim_look look_from(const struct sim_report *r, size_t node)
{
	return (struct sim_look){ .world = r->world,
		                  .node = node,
		                  .now_ms = sim_exchange_clock(r->exchange)->now };
}

static unsigned wants(const struct sim_report *r, size_t node)
{
	return r->audience.wants(node, r->audience.arg);
}

static void tell(const struct sim_report *r, size_t node, enum sim_stream_kind kind, bool connected,
                 const struct dl3_record *record)
{
	r->audience.tell(node, kind, connected, record, r->audience.arg);
}

static uint64_t bit(size_t node)
{
	return (uint64_t)1 << node;
}

/* ---- Losses ---- */

static void tell_call_lost(struct sim_report *r, const struct sim_call *call, const struct sim_end *end,
                           int64_t cause, bool inbound)
{
	struct sim_look look = look_from(r, end->node);
	struct dl3_record record = { .kind = DL3_KIND_CALL_LOST };
	struct dl3_call_lost *l = &record.u.call_lost;

	l->node = dl3_str_of(r->world->nodes[end->node].id);
	l->end = dl3_str_of(end->id);
	DL3_SET(l, DL3_CALL_LOST_CLEARED_INBOUND, cleared_inbound, inbound ? 1 : 0);
	DL3_SET(l, DL3_CALL_LOST_CAUSE, cause, cause);
	DL3_SET(l, DL3_CALL_LOST_TIMESTAMP, timestamp, sim_look_time(&look));
	tell(r, end->node, SIM_TELLS_DELTA3, call->was_connected, &record);
}

static void tell_link_lost(struct sim_report *r, const struct sim_call *call, const struct sim_end *end, size_t node,
                           int64_t cause)
{
	struct sim_look look = look_from(r, node);
	struct dl3_record record = { .kind = DL3_KIND_LINK_LOST };
	struct dl3_link_lost *l = &record.u.link_lost;
	char link[SIM_NUMBER_MAX];

	sim_link_reference(&look, end, link, sizeof(link));
	l->node = dl3_str_of(r->world->nodes[node].id);
	l->end = dl3_str_of(end->id);
	DL3_SET(l, DL3_LINK_LOST_CLEARED_INBOUND, cleared_inbound, 0);
	DL3_SET(l, DL3_LINK_LOST_CAUSE, cause, cause);
	DL3_SET(l, DL3_LINK_LOST_TIMESTAMP, timestamp, sim_look_time(&look));
	l->link = dl3_str_of(link);
	tell(r, node, SIM_TELLS_DELTA3, call->was_connected, &record);
}

static void tell_loss(struct sim_report *r, const struct sim_call *call, const struct sim_end *end, size_t node,
                      int64_t cause, bool inbound)
{
	if (!(wants(r, node) & SIM_TELLS_DELTA3))
		return;
	if (end->node == node)
		tell_call_lost(r, call, end, cause, inbound);
	else
		tell_link_lost(r, call, end, node, cause);
}

/* The nodes of a set tell that an end is gone, its own node first. */
static void tell_losses(struct sim_report *r, const struct sim_call *call, struct sim_end *end, uint64_t nodes,
                        int64_t cause, bool inbound)
{
	nodes &= end->seen_by;
	end->seen_by &= ~nodes;
	if (nodes & bit(end->node))
		tell_loss(r, call, end, end->node, cause, inbound);
	for (size_t node = 0; node < r->world->node_count; node++)
		if (node != end->node && nodes & bit(node))
			tell_loss(r, call, end, node, cause, inbound);
}

/* ---- Details ---- */

static void tell_delta2(struct sim_report *r, struct sim_call *call, const struct sim_look *look)
{
	struct sim_delta2_text text;
	struct dl3_record record;

	sim_delta2(look, call, &text, &record);
	tell(r, look->node, SIM_TELLS_DELTA2, call->was_connected, &record);
}

static void tell_delta3(struct sim_report *r, struct sim_call *call, const struct sim_look *look)
{
	struct sim_scratch scratch;
	struct dl3_record record;

	sim_detail(look, call, &scratch, &record);
	tell(r, look->node, SIM_TELLS_DELTA3, call->was_connected, &record);
}

/* Whoever comes later is told of the losses of what its snapshot has, and of what it missed: seen is
 * seen, whether or not anybody listened. */
static void note_ends(struct sim_call *call, size_t node)
{
	if (call->a) {
		call->a->seen_by |= bit(node);
		call->told_a = sim_told_of(call->a);
	}
	if (call->b) {
		call->b->seen_by |= bit(node);
		call->told_b = sim_told_of(call->b);
	}
}

static void tell_view(struct sim_report *r, struct sim_call *call, size_t node)
{
	struct sim_look look = look_from(r, node);
	unsigned kinds = wants(r, node);

	note_ends(call, node);
	if (kinds & SIM_TELLS_DELTA3)
		tell_delta3(r, call, &look);
	if (kinds & SIM_TELLS_DELTA2)
		tell_delta2(r, call, &look);
}

static void changed(struct sim_report *r, struct sim_call *call)
{
	for (size_t i = 0; i < call->view_count; i++)
		tell_view(r, call, call->views[i].node);
}

/* ---- The other records ---- */

static void tell_delta2_ends(struct sim_report *r, struct sim_call *call, const struct sim_view *views,
                             size_t count, enum dl3_kind kind)
{
	char a_id[SIM_NUMBER_MAX], b_id[SIM_NUMBER_MAX];

	for (size_t i = 0; i < count; i++) {
		struct dl3_record record = { .kind = kind };
		struct dl3_delta2_ends *e = &record.u.delta2_ends;

		if (!(wants(r, views[i].node) & SIM_TELLS_DELTA2))
			continue;
		struct sim_look look = look_from(r, views[i].node);
		sim_local_form(&look, &call->told_a, a_id, sizeof(a_id));
		sim_local_form(&look, &call->told_b, b_id, sizeof(b_id));
		e->a_call_id = dl3_str_of(a_id);
		e->b_call_id = dl3_str_of(b_id);
		DL3_SET(e, DL3_DELTA2_ENDS_CALL_ID, call_id, views[i].call_id);
		tell(r, views[i].node, SIM_TELLS_DELTA2, call->was_connected, &record);
	}
}

/* A call that was moved passes a node no more. A conference is in several calls at once: what one of
 * them leaves the others may still pass. */
static void left(struct sim_report *r, struct sim_call *call, struct sim_view view)
{
	if (call->a)
		tell_losses(r, call, call->a, bit(view.node), DL3_CAUSE_TRANSFER, false);
	if (call->b && call->b->device != SIM_AT_CONFERENCE)
		tell_losses(r, call, call->b, bit(view.node), DL3_CAUSE_TRANSFER, false);
	tell_delta2_ends(r, call, &view, 1, DL3_KIND_DELTA2_D);
}

static void swapped(struct sim_report *r, struct sim_call *call)
{
	struct sim_told a = call->told_a;

	call->told_a = call->told_b;
	call->told_b = a;
	tell_delta2_ends(r, call, call->views, call->view_count, DL3_KIND_DELTA2_A);
}

static void rejected(struct sim_report *r, const struct sim_news *n)
{
	struct sim_look look = look_from(r, n->end->node);
	struct dl3_record record = { .kind = DL3_KIND_ATTEMPT_REJECT };
	struct dl3_attempt_reject *a = &record.u.attempt_reject;

	if (!(wants(r, look.node) & SIM_TELLS_DELTA3))
		return;
	a->node = dl3_str_of(r->world->nodes[look.node].id);
	a->end = dl3_str_of(n->end->id);
	a->user = sim_user_number(n->end->user);
	a->qualifier = dl3_str_of(n->text ? n->text : "");
	DL3_SET(a, DL3_ATTEMPT_REJECT_TIMESTAMP, timestamp, sim_look_time(&look));
	tell(r, look.node, SIM_TELLS_DELTA3, n->call->was_connected, &record);
}

static void sip(struct sim_report *r, const struct sim_news *n)
{
	const struct sim_end *end = n->end;
	struct dl3_record record = { .kind = DL3_KIND_SIPTRACK };
	struct dl3_siptrack *s = &record.u.siptrack;
	struct sim_told told = sim_told_of(end);
	char local[SIM_NUMBER_MAX];

	if (!(wants(r, end->node) & SIM_TELLS_SIPTRACK))
		return;
	struct sim_look look = look_from(r, end->node);
	sim_local_form(&look, &told, local, sizeof(local));
	s->event = dl3_str_of(n->inbound ? "START" : "END");
	s->end = dl3_str_of(end->id);
	s->local_end = dl3_str_of(local);
	s->type = dl3_str_of(end->device == SIM_AT_TRUNK ? "TRUNK" : "PHONE");
	s->direction = dl3_str_of(end->incoming ? "IN" : "OUT");
	s->sip_call_id = dl3_str_of(end->sip_call_id);
	tell(r, end->node, SIM_TELLS_SIPTRACK, true, &record);
}

static const char *extension_state(uint32_t state)
{
	switch (state) {
	case SIM_EXTN_IDLE:
		return "Idle";
	case SIM_EXTN_DIALLING:
		return "Dialling";
	case SIM_EXTN_RINGING:
		return "Ringing";
	case SIM_EXTN_CONNECTED:
		return "Connected";
	default:
		return "Held";
	}
}

static bool has_number(uint32_t state)
{
	return state == SIM_EXTN_IDLE || state == SIM_EXTN_DIALLING;
}

static void user_state(struct sim_report *r, const struct sim_news *n)
{
	struct dl3_record record = { .kind = DL3_KIND_CMEXTN };
	char who[SIM_NAME_MAX], text[3 * SIM_NAME_MAX];

	if (!(wants(r, n->user->node) & SIM_TELLS_CMEXTN))
		return;
	snprintf(who, sizeof(who), "Extn%s", n->user->extension);
	if (n->text) {
		snprintf(text, sizeof(text), "%s: %s", who, n->text);
		record.u.cmextn.text = dl3_str_of(text);
	} else if (has_number(n->state) && has_number(n->old_state)) {
		record.kind = DL3_KIND_CMEXTN_STATE;
		record.u.cmextn_state = (struct dl3_cmextn_state){
			.v = 1, .p1 = n->state, .p2 = n->old_state, .who = dl3_str_of(who)
		};
	} else {
		snprintf(text, sizeof(text), "%s: State, new=%s old=%s", who, extension_state(n->state),
		         extension_state(n->old_state));
		record.u.cmextn.text = dl3_str_of(text);
	}
	tell(r, n->user->node, SIM_TELLS_CMEXTN, true, &record);
}

static void on_news(const struct sim_news *n, void *arg)
{
	struct sim_report *r = arg;

	switch (n->what) {
	case SIM_CHANGED:
		changed(r, n->call);
		break;
	case SIM_LEFT:
		left(r, n->call, (struct sim_view){ n->node, n->call_id });
		break;
	case SIM_END_LOST:
		tell_losses(r, n->call, n->end, UINT64_MAX, n->cause, n->inbound);
		break;
	case SIM_REJECTED:
		rejected(r, n);
		break;
	case SIM_SWAPPED:
		swapped(r, n->call);
		break;
	case SIM_SIP:
		sip(r, n);
		break;
	case SIM_USER:
		user_state(r, n);
		break;
	case SIM_ENDED:
		tell_delta2_ends(r, n->call, n->call->views, n->call->view_count, DL3_KIND_DELTA2_D);
		break;
	default:
		break; /* what these change is told by the CHANGED that follows */
	}
}

struct sim_report *sim_report_new(struct sim_exchange *x, const struct sim_audience *audience)
{
	struct sim_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->exchange = x;
	r->world = sim_exchange_world(x);
	r->audience = *audience;
	r->observer = (struct sim_observer){ .news = on_news, .arg = r };
	sim_exchange_observe(x, &r->observer);
	return r;
}

void sim_report_free(struct sim_report *r)
{
	free(r);
}

bool sim_report_snapshot(struct sim_report *r, size_t node, bool connected_only, uint64_t *from,
                         bool (*tell_one)(const struct dl3_record *record, void *arg), void *arg)
{
	struct sim_look look = look_from(r, node);

	for (struct sim_call *call = sim_call_first(r->exchange); call; call = sim_call_next(r->exchange, call)) {
		struct sim_scratch scratch;
		struct dl3_record record;

		if (call->number <= *from || sim_call_id_on(call, node) == 0 ||
		    (connected_only && !call->was_connected))
			continue;
		sim_detail(&look, call, &scratch, &record);
		if (!tell_one(&record, arg))
			return false;
		*from = call->number;
	}
	return true;
}
