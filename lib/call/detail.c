/* SPDX-License-Identifier: MIT */
/* A Detail: a view of a call, by one node, at one moment. */
#include "call/tracker.h"

static int16_t number(int64_t value, bool has)
{
	if (has && value >= 0 && value <= INT16_MAX)
		return (int16_t)value;
	return -1;
}

static void see_party(const struct dl3_party *p, struct dl3i_seen *out)
{
	*out = (struct dl3i_seen){ .key = dl3i_key_of(p->end),
		                   .identity = p->identity,
		                   .name = p->name,
		                   .number = p->target_number.len > 0 ? p->target_number : p->cli,
		                   .did = p->did,
		                   .dialled = p->dialled,
		                   .state = number(p->state, DL3_HAS(p, DL3_PARTY_STATE)),
		                   .tone = number(p->tone, DL3_HAS(p, DL3_PARTY_TONE)),
		                   .cls = number(p->equipment_class, DL3_HAS(p, DL3_PARTY_EQUIPMENT_CLASS)),
		                   .remote = p->remote == 1,
		                   .outside = p->public_line == 1,
		                   .has_audio = DL3_HAS(p, DL3_PARTY_AUDIO_PATH),
		                   .audio = p->audio_path != 0,
		                   .named = p->name_type == DL3_NAME_TYPE_INTERNAL_USER,
		                   .there = p->end.len > 0 };
}

static void see_target(const struct dl3_target *p, struct dl3i_seen *out)
{
	*out = (struct dl3i_seen){ .key = dl3i_key_of(p->end),
		                   .identity = p->identity,
		                   .number = p->target_number,
		                   .state = -1,
		                   .tone = -1,
		                   .cls = number(p->equipment_class, DL3_HAS(p, DL3_TARGET_EQUIPMENT_CLASS)),
		                   .remote = p->remote == 1,
		                   .outside = p->public_line == 1,
		                   .there = p->end.len > 0 };
}

/* ---- Which call ---- */

/* What one party of a view is to the tracker. */
struct known {
	uint32_t end; /* a party or target that is there; 0 */
	bool stale;   /* it is gone, and this view of it is late */
};

/* An end that is gone, of a call that is up: its identifier is another's now. */
static void give_again(struct dl3_tracker *t, uint32_t end)
{
	struct dl3i_call *c = dl3i_call_at(t, dl3i_end_at(t, end)->call);

	if (end == c->first_end)
		dl3i_call_loosen(t, c);
	dl3i_end_forget(t, end);
}

static struct known look_up(struct dl3_tracker *t, const struct dl3i_seen *p, int32_t at)
{
	struct known k = { 0 };
	int32_t lost = DL3I_NEVER;

	if (!p->there)
		return k;
	k.end = dl3i_end_find(t, &p->key);
	if (k.end && !(dl3i_end_at(t, k.end)->flags & DL3I_END_LOST))
		return k;
	lost = k.end ? dl3i_end_at(t, k.end)->lost : dl3i_gone_when(t, &p->key);
	/* Only its own node can begin to use an identifier again. */
	k.stale = lost >= 0 && !p->in_order && (p->remote || at <= lost);
	if (k.end && !k.stale)
		give_again(t, k.end);
	k.end = 0;
	t->counts.stale += k.stale;
	return k;
}

static bool is_party(const struct dl3_tracker *t, uint32_t end)
{
	return end != 0 && dl3i_end_at(t, end)->flags & DL3I_END_PARTY;
}

/* The call of this view: of its parties, or a new one. Targets are offers and join nothing, unless they
 * are all there is. */
static uint32_t call_of(struct dl3_tracker *t, const struct known *a, const struct known *b, int32_t at,
                        bool *is_new)
{
	uint32_t one = is_party(t, a->end) ? dl3i_end_at(t, a->end)->call : 0;
	uint32_t other = is_party(t, b->end) ? dl3i_end_at(t, b->end)->call : 0;

	if (one && other && one != other)
		return dl3i_call_merge(t, one, other);
	if (one || other)
		return one ? one : other;
	if (a->end || b->end)
		return dl3i_end_at(t, a->end ? a->end : b->end)->call;
	*is_new = true;
	return dl3i_call_new(t, at);
}

/* ---- Parties ---- */

static bool note_class(struct dl3i_end *e, const struct dl3i_seen *p)
{
	int16_t *slot = p->remote ? &e->far_cls : &e->cls, old = *slot;

	if (!p->remote)
		e->flags |= DL3I_END_OWN;
	if (p->cls >= 0)
		*slot = p->cls;
	return *slot != old;
}

static bool note_state(struct dl3i_end *e, const struct dl3i_seen *p)
{
	uint16_t flags = e->flags;
	int16_t state = e->state, tone = e->tone;

	if (p->state >= 0)
		e->state = p->state;
	if (p->tone >= 0 && (!p->remote || e->tone < 0 || p->tone == DL3_TONE_HOLD_MUSIC || !p->audio))
		e->tone = p->tone;
	if (p->has_audio)
		e->flags = (uint16_t)(p->audio ? e->flags | DL3I_END_AUDIO : e->flags & ~DL3I_END_AUDIO);
	if (p->outside)
		e->flags |= DL3I_END_PUBLIC;
	return e->state != state || e->tone != tone || e->flags != flags;
}

static bool note_texts(struct dl3_tracker *t, struct dl3i_end *e, const struct dl3i_seen *p)
{
	bool changed = dl3i_text_note(t, &e->identity, p->identity);

	if (!p->remote || !e->name)
		changed |= dl3i_text_note(t, &e->name, p->name);
	if (!p->remote || !e->number)
		changed |= dl3i_text_note(t, &e->number, p->number);
	return changed;
}

static uint32_t end_for(struct dl3_tracker *t, uint32_t call, uint32_t known, const struct dl3i_seen *p)
{
	struct dl3i_end *e = known ? dl3i_end_at(t, known) : NULL;

	if (e && e->call != call) { /* a target of another call, taken from there */
		dl3i_end_withdraw(t, known);
		dl3i_end_forget(t, known);
		dl3i_call_tell(t, e->call, DL3I_TELL_CHANGED);
		e = NULL;
	}
	uint32_t end = e ? known : dl3i_end_add(t, call, &p->key);
	if (end && p->unnamed)
		dl3i_end_at(t, end)->flags |= DL3I_END_UNNAMED;
	return end;
}

static uint32_t take_party(struct dl3_tracker *t, uint32_t call, struct known k, const struct dl3i_seen *p,
                           uint32_t bit, int32_t at, bool *changed)
{
	if (!p->there || k.stale)
		return 0;
	uint32_t end = end_for(t, call, k.end, p);
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (end == 0)
		return 0;
	struct dl3i_end *e = dl3i_end_at(t, end);
	if (!(e->flags & DL3I_END_PARTY)) {
		e->flags |= DL3I_END_PARTY;
		e->target_views = 0;
		e->first = at;
		c->live++;
		t->counts.ends++;
		*changed = true;
		dl3i_sip_join(t, end);
	}
	e->party_views |= bit;
	e->flags |= DL3I_END_CONFIRMED;
	if (note_class(e, p))
		*changed = c->reread = true;
	*changed |= note_state(e, p);
	*changed |= note_texts(t, e, p);
	dl3i_user_join(t, end);
	if (p->named)
		dl3i_user_named(t, end, !p->remote);
	if (p->dialled.len > 0 && !(e->flags & DL3I_END_DIALLED)) {
		e->flags |= DL3I_END_DIALLED;
		dl3i_moment_add(t, c, DL3_CALL_DID_DIAL, at, end, 0, -1);
	}
	return end;
}

/* ---- Targets ---- */

static bool take_target(struct dl3_tracker *t, uint32_t call, const struct dl3i_seen *p, uint32_t bit,
                        int32_t at)
{
	struct known k = look_up(t, p, at);

	if (!p->there || k.stale || is_party(t, k.end))
		return false;
	uint32_t end = end_for(t, call, k.end, p);
	struct dl3i_call *c = dl3i_call_at(t, call);
	if (end == 0)
		return false;
	struct dl3i_end *e = dl3i_end_at(t, end);
	bool changed = e->target_views == 0;

	e->target_views |= bit;
	if (!(e->flags & DL3I_END_OFFERED)) {
		e->flags |= DL3I_END_OFFERED;
		e->first = at;
		dl3i_moment_add(t, c, DL3_CALL_DID_OFFER, at, end, 0, -1);
	}
	changed |= note_class(e, p);
	changed |= note_texts(t, e, p);
	if (p->outside) {
		e->flags |= DL3I_END_PUBLIC;
		c->b_public = true;
	}
	dl3i_user_join(t, end);
	return changed;
}

/* A node no longer tells of targets that it told of before. */
static bool withdraw_targets(struct dl3_tracker *t, struct dl3i_call *c, uint32_t bit)
{
	bool changed = false;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		if (!dl3i_end_rings(e) || !(e->target_views & bit) || e->flags & DL3I_END_CONFIRMED)
			continue;
		e->target_views &= ~bit;
		if (e->target_views == 0) {
			uint32_t user = e->user;

			dl3i_end_withdraw(t, i);
			if (user)
				dl3i_user_look(t, user);
			changed = true;
		}
	}
	return changed;
}

static bool take_targets(struct dl3_tracker *t, uint32_t call, uint32_t bit, int32_t at, dl3i_targets_fn next,
                         void *arg)
{
	struct dl3i_call *c = dl3i_call_at(t, call);
	struct dl3i_seen p;
	bool changed = false, any = false;

	/* CONFIRMED marks those of this very list. */
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next)
		if (!(dl3i_end_at(t, i)->flags & DL3I_END_PARTY))
			dl3i_end_at(t, i)->flags &= (uint16_t)~DL3I_END_CONFIRMED;
	while (next && next(&p, arg)) {
		any = true;
		changed |= take_target(t, call, &p, bit, at);
		uint32_t end = dl3i_end_find(t, &p.key);
		if (end)
			dl3i_end_at(t, end)->flags |= DL3I_END_CONFIRMED;
	}
	changed |= withdraw_targets(t, c, bit);
	if (any && c->rang < 0)
		c->rang = at;
	if (any && !c->counts)
		c->counts = changed = true;
	return changed;
}

/* ---- The call ---- */

/* The numbers are those of the end with which it began, as its own node has them. */
static bool note_caller(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_seen *a)
{
	bool changed = false;

	if (c->caller_own && a->remote)
		return false;
	bool better = !a->remote && !c->caller_own;
	if (better)
		c->caller_own = true;
	if (!c->cli || better)
		changed |= dl3i_text_note(t, &c->cli, a->number);
	if (!c->name || better)
		changed |= dl3i_text_note(t, &c->name, a->name);
	if (!c->did || better)
		changed |= dl3i_text_note(t, &c->did, a->did);
	/* Digits are dialled one by one. */
	if (!c->dialled || better || (c->answered < 0 && a->dialled.len > c->dialled->len))
		changed |= dl3i_text_note(t, &c->dialled, a->dialled);
	return changed;
}

static bool note_queueing(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_sight *s)
{
	uint8_t now = s->queueing > 0 && s->queueing < 255 ? (uint8_t)s->queueing : 0;

	if (now == c->queueing)
		return false;
	c->queueing = now;
	if (now == 0)
		return true;
	if (c->queued < 0)
		c->queued = s->at;
	c->counts = true;
	dl3i_moment_add(t, c, now == DL3_QUEUEING_ANNOUNCEMENT ? DL3_CALL_DID_ANNOUNCE : DL3_CALL_DID_QUEUE,
	                s->at, c->a, 0, -1);
	return true;
}

static bool note_row(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_sight *s)
{
	bool changed = note_queueing(t, c, s);

	changed |= dl3i_text_note(t, &c->account, s->account);
	changed |= dl3i_text_note(t, &c->tag, s->tag);
	changed |= dl3i_text_note(t, &c->ivr, s->ivr);
	changed |= dl3i_text_note(t, &c->group_now, s->group_now);
	if (!c->first_group)
		changed |= dl3i_text_note(t, &c->first_group, s->first_group);
	if (s->message_s > 0 && s->message_s <= INT32_MAX / 1000 && c->message_s != (uint32_t)s->message_s) {
		c->message_s = (uint32_t)s->message_s;
		changed = true;
	}
	return changed;
}

static bool note_meet(struct dl3_tracker *t, struct dl3i_call *c, uint32_t a, uint32_t b, int32_t at,
                      bool is_new)
{
	if (!a || !b || !dl3i_connected(dl3i_end_at(t, a)) || !dl3i_connected(dl3i_end_at(t, b)) ||
	    !dl3i_meet_add(t, c, a, b, at))
		return false;
	dl3i_moment_meet(t, c, a, b, at);
	if (is_new)
		c->incomplete = true;
	return true;
}

static bool note_pair(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_sight *s, uint32_t a,
                      uint32_t b)
{
	bool changed = c->a != a || c->b != b;

	c->a = a;
	c->b = b;
	if (a && a == c->first_end)
		changed |= note_caller(t, c, &s->a);
	if (b) {
		if (c->rang < 0)
			c->rang = s->at;
		c->counts = true;
		if (s->b.outside && b != c->first_end)
			c->b_public = true;
	}
	return changed;
}

static void begin(struct dl3_tracker *t, uint32_t call, const struct dl3i_sight *s, uint32_t first)
{
	struct dl3i_call *c = dl3i_call_at(t, call);
	struct dl3i_end *e = dl3i_end_at(t, first);

	e->flags |= DL3I_END_STARTER;
	dl3i_call_name(t, c, e);
	c->a_public = s->a.there && s->a.outside;
	/* It was there before: how long, and what came of it until now, was not told. */
	c->incomplete = c->incomplete || t->in_snapshot;
	unsigned lines = c->timeline_count;
	dl3i_moment_add(t, c, DL3_CALL_DID_BEGIN, s->at, first, 0, -1);
	/* In front of what its party has done in the same moment. */
	if (c->timeline_count > lines)
		dl3i_moment_to_front(c);
}

/* Nothing could be kept of it. */
static void undo(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	c->key = UINT64_MAX;
	c->incomplete = true;
	dl3i_call_settle(t, call, c->began, true);
}

static bool is_same_end(const struct dl3i_seen *a, const struct dl3i_seen *b)
{
	return a->there && b->there && a->key.value == b->key.value && dl3_str_same(a->key.odd, b->key.odd);
}

void dl3i_take_sight(struct dl3_tracker *t, struct dl3i_sight *s, dl3i_targets_fn next, void *arg)
{
	/* Nobody is his own partner. */
	if (is_same_end(&s->a, &s->b))
		s->b.there = false;
	dl3i_end_sooner(t, &s->a.key);
	dl3i_end_sooner(t, &s->b.key);
	struct known ka = look_up(t, &s->a, s->at), kb = look_up(t, &s->b, s->at);
	bool is_new = false, stale = ka.stale || kb.stale;
	bool any = (s->a.there && !ka.stale) || (s->b.there && !kb.stale);

	if (!any || (stale && !ka.end && !kb.end))
		return;
	dl3i_call_soon(t, ka.end);
	dl3i_call_soon(t, kb.end);
	uint32_t call = call_of(t, &ka, &kb, s->at, &is_new);
	if (call == 0)
		return;
	struct dl3i_call *c = dl3i_call_at(t, call);
	const struct dl3i_view view = { .node = s->node,
		                        .call_id = s->has_call_id ? s->call_id : DL3I_NO_ID,
		                        .since = s->at };
	const unsigned views = c->view_count;
	uint32_t bit = dl3i_call_view(t, c, &view);
	bool changed = is_new;

	dl3i_soon(c->timeline, c->timeline_count * sizeof(*c->timeline));
	if (c->first_meet)
		dl3i_soon(dl3i_meet_at(t, c->first_meet), sizeof(struct dl3i_meet));
	c->confirmed = true;
	if (s->delta2)
		c->told2 = true;
	else
		c->told3 = true;
	if (s->at < c->began)
		s->at = c->began;
	uint32_t a = take_party(t, call, ka, &s->a, bit, s->at, &changed);
	if (is_new && a)
		begin(t, call, s, a);
	uint32_t b = take_party(t, call, kb, &s->b, bit, s->at, &changed);
	if (is_new && !a && b)
		begin(t, call, s, b);
	if (!a && !b) {
		if (is_new)
			undo(t, call);
		return;
	}
	changed |= views != c->view_count;
	if (!stale) {
		changed |= note_pair(t, c, s, a, b);
		changed |= note_row(t, c, s);
		changed |= take_targets(t, call, bit, s->at, b ? NULL : next, arg);
		changed |= note_meet(t, c, a, b, s->at, is_new);
	}
	dl3i_call_settle(t, call, s->at, changed || c->reread);
}

/* ---- Delta3 ---- */

struct target_walk {
	struct dl3_str rest;
	const struct dl3_target *list;
	size_t left;
};

static bool next_target(struct dl3i_seen *out, void *arg)
{
	struct target_walk *w = arg;
	struct dl3_target target;

	if (w->list) {
		if (w->left == 0)
			return false;
		w->left--;
		see_target(w->list++, out);
		return true;
	}
	if (dl3_target_next(&w->rest, &target) != DL3_OK)
		return false;
	see_target(&target, out);
	return true;
}

void dl3i_take_detail(struct dl3_tracker *t, uint32_t pbx, const struct dl3_detail *d)
{
	struct dl3i_sight s = { .node = dl3i_node_of(t, d->call.node, pbx) };
	const struct dl3_call *c = &d->call;
	struct target_walk walk = { .rest = d->targets.raw,
		                    .list = d->targets.list,
		                    .left = d->targets.count };

	if (!d->has_call || s.node == UINT32_MAX)
		return;
	if (d->has_a)
		see_party(&d->a, &s.a);
	if (d->has_b)
		see_party(&d->b, &s.b);
	dl3i_end_soon(t, &s.a.key);
	dl3i_end_soon(t, &s.b.key);
	s.at = dl3i_moment_of(t, s.node, DL3_HAS(c, DL3_CALL_TIMESTAMP), c->timestamp);
	s.call_id = c->call_id;
	s.has_call_id = DL3_HAS(c, DL3_CALL_CALL_ID);
	s.account = c->account_code;
	s.tag = c->tag;
	s.first_group = c->originally_targeted_huntgroup;
	s.group_now = c->currently_targeted_huntgroup;
	s.ivr = c->ivr_callflow;
	s.queueing = DL3_HAS(c, DL3_CALL_QUEUEING) ? c->queueing : 0;
	s.message_s = DL3_HAS(c, DL3_CALL_VOICEMAIL_LENGTH) ? c->voicemail_length : 0;
	t->nodes[s.node].heard3 = true;
	if (t->legs.live > 0 && s.has_call_id)
		dl3i_delta2_hand_over(t, pbx, &s);
	dl3i_take_sight(t, &s, next_target, &walk);
}
