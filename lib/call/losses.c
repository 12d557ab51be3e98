/* SPDX-License-Identifier: MIT */
/* What goes: ends, views of ends, targets. And SIP dialogues. */
#include "call/tracker.h"

static int32_t when(struct dl3_tracker *t, struct dl3_str node, uint32_t pbx, bool has_time, int64_t raw,
                    uint32_t *out)
{
	*out = dl3i_node_of(t, node, pbx);
	return *out == UINT32_MAX ? dl3i_moment_now(t) : dl3i_moment_of(t, *out, has_time, raw);
}

static enum dl3_call_what what_loss(int64_t cause)
{
	if (cause == DL3_CAUSE_TRANSFER)
		return DL3_CALL_DID_TRANSFER;
	return cause == DL3_CAUSE_UNPARKED ? DL3_CALL_DID_UNPARK : DL3_CALL_DID_CLEAR;
}

void dl3i_take_call_lost(struct dl3_tracker *t, uint32_t pbx, const struct dl3_call_lost *l)
{
	struct dl3i_key key = dl3i_key_of(l->end);
	uint32_t node;

	dl3i_end_soon(t, &key);
	int32_t at = when(t, l->node, pbx, DL3_HAS(l, DL3_CALL_LOST_TIMESTAMP), l->timestamp, &node);
	uint32_t end = dl3i_end_find(t, &key);

	if (end == 0)
		return;
	dl3i_call_soon(t, end);
	struct dl3i_end *e = dl3i_end_at(t, end);
	uint32_t call = e->call;
	struct dl3i_call *c = dl3i_call_at(t, call);
	int64_t cause = DL3_HAS(l, DL3_CALL_LOST_CAUSE) ? l->cause : -1;

	if (dl3i_end_rings(e)) {
		dl3i_end_withdraw(t, end);
		dl3i_call_settle(t, call, at, true);
	} else if (dl3i_end_is_there(e)) {
		if (at < c->began)
			at = c->began;
		dl3i_end_lose(t, end, at, cause,
		              DL3_HAS(l, DL3_CALL_LOST_CLEARED_INBOUND) && l->cleared_inbound == 1);
		dl3i_moment_add(t, c, what_loss(cause), at, end, 0, cause);
		dl3i_call_settle(t, call, at, true);
	}
}

void dl3i_take_link_lost(struct dl3_tracker *t, uint32_t pbx, const struct dl3_link_lost *l)
{
	struct dl3i_key key = dl3i_key_of(l->end);
	uint32_t node, end = dl3i_end_find(t, &key);
	int32_t at = when(t, l->node, pbx, DL3_HAS(l, DL3_LINK_LOST_TIMESTAMP), l->timestamp, &node);

	if (end == 0 || node == UINT32_MAX)
		return;
	struct dl3i_end *e = dl3i_end_at(t, end);
	struct dl3i_call *c = dl3i_call_at(t, e->call);
	const struct dl3i_view view = { .node = node, .call_id = DL3I_NO_ID, .since = at };
	uint32_t bit = dl3i_call_view(t, c, &view), before = e->party_views | e->target_views;

	if (!(before & bit))
		return;
	e->party_views &= ~bit;
	e->target_views &= ~bit;
	if ((e->party_views | e->target_views) != 0 || (e->flags & DL3I_END_OWN) || !dl3i_end_is_there(e))
		return;
	dl3i_moment_add(t, c, DL3_CALL_DID_LOSE_LINK, at, end, 0,
	                DL3_HAS(l, DL3_LINK_LOST_CAUSE) ? l->cause : -1);
	dl3i_orphan(t, end, t->now_ms + t->config.grace_ms);
	dl3i_call_settle(t, e->call, at, true);
}

void dl3i_take_reject(struct dl3_tracker *t, uint32_t pbx, const struct dl3_attempt_reject *r)
{
	struct dl3i_key key = dl3i_key_of(r->end);
	uint32_t node, end = dl3i_end_find(t, &key);
	int32_t at = when(t, r->node, pbx, DL3_HAS(r, DL3_ATTEMPT_REJECT_TIMESTAMP), r->timestamp, &node);

	if (end == 0 || dl3i_end_at(t, end)->flags & DL3I_END_REJECTED)
		return;
	struct dl3i_end *e = dl3i_end_at(t, end);
	uint32_t call = e->call;

	e->flags |= DL3I_END_REJECTED;
	e->order = ++t->order;
	if (!e->identity)
		dl3i_text_note(t, &e->identity, r->user);
	dl3i_moment_add(t, dl3i_call_at(t, call), DL3_CALL_DID_REJECT, at, end, 0, -1);
	dl3i_call_settle(t, call, at, true);
}

/* ---- SIP ---- */

static void sip_end(struct dl3_tracker *t, uint32_t end, struct dl3i_text *sip)
{
	struct dl3i_end *e = dl3i_end_at(t, end);

	if (e->sip == sip)
		return;
	dl3i_text_drop(t, e->sip);
	e->sip = dl3i_text_more(sip);
	dl3i_call_tell(t, e->call, DL3I_TELL_CHANGED);
}

static struct dl3i_sip *place(struct dl3_tracker *t, struct dl3i_list *l)
{
	if (l->count < (l == &t->waiting ? 64 : t->config.max_gone))
		return dl3i_list_add(t, l, sizeof(struct dl3i_sip));
	t->counts.overflow++;
	return NULL;
}

static void keep(struct dl3_tracker *t, struct dl3i_list *l, const struct dl3i_sip *s)
{
	struct dl3i_sip *p = place(t, l);

	if (!p)
		return;
	*p = *s;
	dl3i_text_more(s->odd);
	dl3i_text_more(s->sip);
}

void dl3i_take_siptrack(struct dl3_tracker *t, uint32_t pbx, const struct dl3_siptrack *s)
{
	struct dl3i_local_key local;
	struct dl3i_key key = dl3i_key_of(s->end);

	/* It has both names of an end. */
	if (dl3i_hears_delta2(t, pbx) && dl3i_local_key(&local, pbx, s->local_end))
		key = local.key;
	struct dl3i_sip sip = { .key = key.value,
		                .odd = dl3i_text_of(t, key.odd),
		                .sip = dl3i_text_of(t, s->sip_call_id),
		                .started = !dl3_str_is(s->event, "END"),
		                .trunk = dl3_str_is(s->type, "TRUNK"),
		                .in = dl3_str_is(s->direction, "IN") };
	uint32_t end = dl3i_end_find(t, &key);

	if (sip.sip && (!key.odd.len || sip.odd)) {
		if (!dl3i_is_quiet(t, DL3_TRACKED_SIP))
			keep(t, &t->tell_sip, &sip);
		if (sip.started && end)
			sip_end(t, end, sip.sip);
		else if (sip.started)
			keep(t, &t->waiting, &sip);
	}
	dl3i_text_drop(t, sip.odd);
	dl3i_text_drop(t, sip.sip);
}

void dl3i_sip_join(struct dl3_tracker *t, uint32_t end)
{
	struct dl3i_sip *list = t->waiting.at;

	for (size_t i = 0; i < t->waiting.count; i++) {
		struct dl3i_end *e = dl3i_end_at(t, end);

		if (list[i].key != e->key || list[i].odd != e->odd)
			continue;
		sip_end(t, end, list[i].sip);
		dl3i_text_drop(t, list[i].sip);
		dl3i_text_drop(t, list[i].odd);
		list[i] = list[--t->waiting.count];
		return;
	}
}
