/* SPDX-License-Identifier: MIT */
/* Calls come, are merged, and go. */
#include <string.h>

#include "call/tracker.h"

#define MEETS_MAX 128u /* pairs of one call; a conference has one a member */

/* ---- The list of those that are up ---- */

static void link_last(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	c->prev = t->last_call;
	if (t->last_call)
		dl3i_call_at(t, t->last_call)->next = call;
	else
		t->first_call = call;
	t->last_call = call;
	t->counts.calls++;
}

static void unlink_call(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (c->prev)
		dl3i_call_at(t, c->prev)->next = c->next;
	else
		t->first_call = c->next;
	if (c->next)
		dl3i_call_at(t, c->next)->prev = c->prev;
	else
		t->last_call = c->prev;
	c->prev = c->next = 0;
	t->counts.calls--;
	t->loose -= c->loose;
}

/* ---- Telling ---- */

void dl3i_call_tell(struct dl3_tracker *t, uint32_t call, unsigned what)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (what == DL3I_TELL_BEGAN && dl3i_is_quiet(t, DL3_TRACKED_CALL_BEGAN))
		what = DL3I_TOLD_BEGAN;
	c->tell |= (uint8_t)what;
	if (c->is_queued || what == DL3I_TOLD_BEGAN)
		return;
	if (what == DL3I_TELL_CHANGED && !c->absorbed && dl3i_is_quiet(t, DL3_TRACKED_CALL_CHANGED))
		return;
	c->is_queued = true;
	c->queued_next = 0;
	if (t->tell_last)
		dl3i_call_at(t, t->tell_last)->queued_next = call;
	else
		t->tell_first = call;
	t->tell_last = call;
}

/* ---- Beginning ---- */

static uint32_t take(struct dl3_tracker *t, uint64_t number, int32_t at)
{
	uint32_t call = dl3i_pool_take(t, &t->calls);

	if (call == 0)
		return 0;
	struct dl3i_call *c = dl3i_call_at(t, call);

	c->number = number;
	c->started_ms = c->last_ms = t->now_ms;
	c->began = c->last = c->state_since = at;
	c->rang = c->queued = c->ended = c->hold_since = c->grouped = DL3I_NEVER;
	c->answered = c->voicemail = DL3I_NEVER;
	c->state = DL3_CALL_DIALLING;
	c->confirmed = true;
	link_last(t, call);
	return call;
}

uint32_t dl3i_call_new(struct dl3_tracker *t, int32_t at)
{
	if (t->counts.calls + t->over >= t->config.max_calls)
		dl3i_calls_make_room(t);
	uint32_t call = take(t, t->calls_begun + 1, at);

	if (call == 0)
		return 0;
	t->calls_begun++;
	t->counts.began++;
	dl3i_call_tell(t, call, DL3I_TELL_BEGAN);
	return call;
}

uint32_t dl3i_call_restore(struct dl3_tracker *t, uint64_t number)
{
	uint32_t call = take(t, number, 0);

	if (call != 0)
		dl3i_call_at(t, call)->tell = DL3I_TOLD_BEGAN;
	return call;
}

/* ---- Nodes ---- */

static bool more_views(struct dl3_tracker *t, struct dl3i_call *c)
{
	uint8_t cap = c->more_views > 0 ? (uint8_t)(c->more_views * 2) : 1;
	struct dl3i_view *v = dl3i_track_resize(t, c->views, c->more_views * sizeof(*v), cap * sizeof(*v));

	if (!v)
		return false;
	c->views = v;
	c->more_views = cap;
	return true;
}

uint32_t dl3i_call_view(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_view *view)
{
	unsigned i = 0;

	while (i < c->view_count && dl3i_view_at(c, i)->node != view->node)
		i++;
	if (i == c->view_count) {
		if (i == DL3_TRACKER_CALL_NODES) {
			c->incomplete = true;
			return 0;
		}
		if (i > c->more_views && !more_views(t, c))
			return 0;
		c->view_count++;
		*(i == 0 ? &c->view : &c->views[i - 1]) = *view;
	}
	struct dl3i_view *v = i == 0 ? &c->view : &c->views[i - 1];
	if (view->call_id != DL3I_NO_ID)
		v->call_id = view->call_id;
	if (view->since < v->since)
		v->since = view->since;
	return (uint32_t)1 << i;
}

/* ---- Who met ---- */

static void drop_meet(struct dl3_tracker *t, struct dl3i_call *c, uint32_t before, uint32_t meet)
{
	uint32_t next = dl3i_meet_at(t, meet)->next;

	if (before)
		dl3i_meet_at(t, before)->next = next;
	else
		c->first_meet = next;
	if (c->last_meet == meet)
		c->last_meet = before;
	c->meet_count--;
	dl3i_pool_give(&t->meets, meet);
}

void dl3i_meets_forget(struct dl3_tracker *t, struct dl3i_call *c, uint32_t end)
{
	for (uint32_t i = c->first_meet, before = 0, next; i != 0; i = next) {
		const struct dl3i_meet *m = dl3i_meet_at(t, i);

		next = m->next;
		if (m->a == end || m->b == end)
			drop_meet(t, c, before, i);
		else
			before = i;
	}
	c->reread = true;
}

/* The first one says who answered; the one behind it goes. */
static void spare_meet(struct dl3_tracker *t, struct dl3i_call *c)
{
	t->counts.overflow++;
	c->incomplete = true;
	drop_meet(t, c, c->first_meet, dl3i_meet_at(t, c->first_meet)->next);
}

uint32_t dl3i_meet_add(struct dl3_tracker *t, struct dl3i_call *c, uint32_t a, uint32_t b, int32_t at)
{
	for (uint32_t i = c->first_meet; i != 0; i = dl3i_meet_at(t, i)->next) {
		const struct dl3i_meet *m = dl3i_meet_at(t, i);

		if (m->a == a && m->b == b)
			return 0;
	}
	if (c->meet_count >= MEETS_MAX)
		spare_meet(t, c);
	uint32_t meet = dl3i_pool_take(t, &t->meets);

	if (meet == 0)
		return 0;
	*dl3i_meet_at(t, meet) = (struct dl3i_meet){ .a = a, .b = b, .at = at, .order = ++t->order };
	if (c->last_meet)
		dl3i_meet_at(t, c->last_meet)->next = meet;
	else
		c->first_meet = meet;
	c->last_meet = meet;
	c->meet_count++;
	c->reread = true;
	return meet;
}

/* ---- Merging ---- */

static uint32_t mapped_views(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_call *from,
                             uint32_t views)
{
	uint32_t to = 0;

	for (unsigned i = 0; i < from->view_count; i++)
		if (views >> i & 1)
			to |= dl3i_call_view(t, c, dl3i_view_at(from, i));
	return to;
}

static void move_ends(struct dl3_tracker *t, uint32_t to, struct dl3i_call *from)
{
	struct dl3i_call *c = dl3i_call_at(t, to);

	for (unsigned i = 0; i < from->view_count; i++)
		(void)dl3i_call_view(t, c, dl3i_view_at(from, i));
	for (uint32_t i = from->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		e->call = to;
		e->party_views = mapped_views(t, c, from, e->party_views);
		e->target_views = mapped_views(t, c, from, e->target_views);
	}
	if (c->last_end)
		dl3i_end_at(t, c->last_end)->next = from->first_end;
	else
		c->first_end = from->first_end;
	if (from->last_end)
		c->last_end = from->last_end;
	c->end_count += from->end_count;
	c->live += from->live;
	from->first_end = from->last_end = 0;
	from->end_count = from->live = 0;
}

static void move_meets(struct dl3_tracker *t, struct dl3i_call *c, struct dl3i_call *from)
{
	uint32_t a = c->first_meet, b = from->first_meet, last = 0, first = 0;

	while (a != 0 || b != 0) {
		bool mine = b == 0 ||
		            (a != 0 && !dl3i_later(dl3i_meet_at(t, a)->order, dl3i_meet_at(t, b)->order));
		uint32_t *from_which = mine ? &a : &b, i = *from_which;

		*from_which = dl3i_meet_at(t, i)->next;
		dl3i_meet_at(t, i)->next = 0;
		if (last)
			dl3i_meet_at(t, last)->next = i;
		else
			first = i;
		last = i;
	}
	c->first_meet = first;
	c->last_meet = last;
	c->meet_count = (uint16_t)(c->meet_count + from->meet_count);
	from->first_meet = from->last_meet = from->meet_count = 0;
	c->reread = true;
	while (c->meet_count > MEETS_MAX)
		spare_meet(t, c);
}

static void move_text(struct dl3_tracker *t, struct dl3i_text **to, struct dl3i_text **from)
{
	if (!*to)
		*to = *from;
	else
		dl3i_text_drop(t, *from);
	*from = NULL;
}

static int32_t first_of(int32_t a, int32_t b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static void move_rest(struct dl3_tracker *t, struct dl3i_call *c, struct dl3i_call *from)
{
	move_text(t, &c->first_group, &from->first_group);
	move_text(t, &c->group_now, &from->group_now);
	move_text(t, &c->account, &from->account);
	move_text(t, &c->tag, &from->tag);
	move_text(t, &c->ivr, &from->ivr);
	c->rang = first_of(c->rang, from->rang);
	c->queued = first_of(c->queued, from->queued);
	c->held += from->held;
	if (from->on_hold)
		c->hold_since = c->on_hold ? first_of(c->hold_since, from->hold_since) : from->hold_since;
	c->on_hold = c->on_hold || from->on_hold;
	c->b_public = c->b_public || from->b_public || from->a_public;
	c->counts = c->counts || from->counts;
	c->incomplete = c->incomplete || from->incomplete;
	c->touched = c->touched || from->touched;
	c->confirmed = c->confirmed || from->confirmed;
	c->told2 = c->told2 || from->told2;
	c->told3 = c->told3 || from->told3;
	if (c->message_s == 0)
		c->message_s = from->message_s;
}

uint32_t dl3i_call_merge(struct dl3_tracker *t, uint32_t one, uint32_t other)
{
	bool first = dl3i_call_at(t, one)->number < dl3i_call_at(t, other)->number;
	uint32_t call = first ? one : other, gone = first ? other : one;
	struct dl3i_call *c = dl3i_call_at(t, call), *from = dl3i_call_at(t, gone);
	uint32_t starter = from->first_end;

	dl3i_group_withdraw(t, from);
	move_ends(t, call, from);
	dl3i_legs_move(t, call, from);
	move_meets(t, c, from);
	dl3i_moments_merge(t, c, from);
	move_rest(t, c, from);
	dl3i_call_keep_limit(t, c);
	unlink_call(t, gone);
	t->over++;
	t->counts.merged++;
	dl3i_moment_add(t, c, DL3_CALL_DID_MERGE, c->last > from->last ? c->last : from->last, starter, 0,
	                -1);
	from->over = true;
	from->next = c->absorbed; /* what it has absorbed itself, and not told, goes along */
	c->absorbed = gone;
	while (from->absorbed != 0) {
		uint32_t next = from->absorbed;
		struct dl3i_call *n = dl3i_call_at(t, next);

		from->absorbed = n->next;
		n->next = c->absorbed;
		c->absorbed = next;
	}
	dl3i_call_tell(t, call, DL3I_TELL_CHANGED);
	return call;
}

void dl3i_call_shift(struct dl3_tracker *t, struct dl3i_call *c, int32_t by)
{
	int32_t *times[] = { &c->began,       &c->rang,       &c->queued,  &c->ended,    &c->last,
		             &c->state_since, &c->hold_since, &c->grouped, &c->answered, &c->voicemail };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (*times[i] >= 0)
			*times[i] = *times[i] + by > 0 ? *times[i] + by : 0;
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		e->first = e->first + by > 0 ? e->first + by : 0;
		if (e->lost >= 0)
			e->lost = e->lost + by > 0 ? e->lost + by : 0;
	}
	for (uint32_t i = c->first_meet; i != 0; i = dl3i_meet_at(t, i)->next)
		dl3i_meet_at(t, i)->at = dl3i_meet_at(t, i)->at + by > 0 ? dl3i_meet_at(t, i)->at + by : 0;
	for (size_t i = 0; i < c->timeline_count; i++)
		c->timeline[i].at = c->timeline[i].at + by > 0 ? c->timeline[i].at + by : 0;
	c->incomplete = true;
}

/* ---- What follows from facts ---- */

/* The one who hears music is on hold; otherwise whoever hears nothing. */
static uint32_t who_is_held(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	uint32_t who = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (!dl3i_end_is_there(e) || !dl3i_connected(e) || e->flags & DL3I_END_AUDIO)
			continue;
		if (who == 0 || e->tone == DL3_TONE_HOLD_MUSIC)
			who = i;
	}
	return who;
}

static void count_hold(struct dl3_tracker *t, struct dl3i_call *c, int32_t from, int32_t to)
{
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);
		int32_t since = from > e->first ? from : e->first;

		if (dl3i_end_is_there(e) && to > since)
			e->held += to - since;
	}
	c->held += to > from ? to - from : 0;
}

/* Who has hung up, or has nobody to talk to, was not. */
static bool is_taken_back(const struct dl3_tracker *t, const struct dl3i_call *c, uint32_t held)
{
	unsigned connected = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next)
		connected += dl3i_end_is_there(dl3i_end_at(t, i)) && dl3i_connected(dl3i_end_at(t, i));
	return !c->over && connected > 1 && dl3i_end_is_there(dl3i_end_at(t, held));
}

static void watch_hold(struct dl3_tracker *t, struct dl3i_call *c, int32_t at)
{
	bool on = c->answered >= 0 && !c->over && dl3i_rules_on_hold(t, c);

	if (on == c->on_hold)
		return;
	c->on_hold = on;
	if (on) {
		uint32_t who = who_is_held(t, c);

		c->hold_since = at;
		if (who)
			dl3i_moment_add(t, c, DL3_CALL_DID_HOLD, at, who, 0, -1);
		return;
	}
	if (c->answered < 0) { /* nor was it a hold, by what is known now */
		dl3i_moment_not_held(c);
		c->hold_since = DL3I_NEVER;
		return;
	}
	count_hold(t, c, c->hold_since > c->answered ? c->hold_since : c->answered, at);
	c->hold_since = DL3I_NEVER;
	uint32_t held = dl3i_moment_held(c);
	if (held && is_taken_back(t, c, held))
		dl3i_moment_add(t, c, DL3_CALL_DID_RETRIEVE, at, held, 0, -1);
}

static void finish(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	c->ended = c->began;
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		if (e->flags & DL3I_END_LOST && e->lost > c->ended)
			c->ended = e->lost;
		dl3i_user_leave(t, i);
		if (e->flags & DL3I_END_FOUND && e->flags & DL3I_END_PARTY)
			dl3i_gone_add(t, e->key, e->odd, e->lost);
		dl3i_end_forget(t, i);
	}
	c->over = true;
	t->over++;
	t->counts.ended++;
	unlink_call(t, call);
}

static void look_at_users(struct dl3_tracker *t, const struct dl3i_call *c)
{
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next)
		if (dl3i_end_at(t, i)->user)
			dl3i_user_look(t, dl3i_end_at(t, i)->user);
}

void dl3i_call_settle(struct dl3_tracker *t, uint32_t call, int32_t at, bool changed)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (!changed && !t->poor)
		return;
	if (t->poor)
		c->incomplete = true;
	if (at > c->last)
		c->last = at;
	c->last_ms = t->now_ms;
	if (c->reread)
		dl3i_rules_reread(t, c);
	if (c->live == 0)
		finish(t, call);
	watch_hold(t, c, at);
	enum dl3_call_state state = dl3i_rules_state(t, c);
	if (state != c->state) {
		c->state = (uint8_t)state;
		c->state_since = at;
	}
	dl3i_group_follow(t, call);
	look_at_users(t, c);
	dl3i_call_tell(t, call, c->over ? DL3I_TELL_ENDED : DL3I_TELL_CHANGED);
}

void dl3i_call_close(struct dl3_tracker *t, uint32_t call, int32_t at)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (at < c->last)
		at = c->last;
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next)
		if (dl3i_end_is_there(dl3i_end_at(t, i)))
			dl3i_end_lose(t, i, at, -1, false);
	dl3i_call_settle(t, call, at, true);
}

/* ---- Ending ---- */

static void free_texts(struct dl3_tracker *t, struct dl3i_call *c)
{
	struct dl3i_text *texts[] = { c->odd,         c->cli,       c->name,    c->did, c->dialled,
		                      c->first_group, c->group_now, c->account, c->tag, c->ivr };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		dl3i_text_drop(t, texts[i]);
}

/* A call alone, without those that went into it. */
static void free_alone(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	for (uint32_t i = c->first_end, next; i != 0; i = next) {
		next = dl3i_end_at(t, i)->next;
		dl3i_end_free(t, i);
	}
	for (uint32_t i = c->first_meet, next; i != 0; i = next) {
		next = dl3i_meet_at(t, i)->next;
		dl3i_pool_give(&t->meets, i);
	}
	if (c->views)
		dl3i_track_resize(t, c->views, c->more_views * sizeof(*c->views), 0);
	if (c->timeline)
		dl3i_track_resize(t, c->timeline, c->timeline_cap * sizeof(*c->timeline), 0);
	free_texts(t, c);
	if (c->over)
		t->over--;
	dl3i_pool_give(&t->calls, call);
}

/* Those that went into it go as well, unless they are still to be told; and what went into them. */
void dl3i_call_free(struct dl3_tracker *t, uint32_t call)
{
	uint32_t last = call;

	dl3i_call_at(t, call)->next = 0;
	while (call != 0) {
		struct dl3i_call *c = dl3i_call_at(t, call);

		for (uint32_t i = c->absorbed, next; i != 0; i = next) {
			struct dl3i_call *g = dl3i_call_at(t, i);

			next = g->next;
			g->next = 0;
			if (g->is_queued) {
				g->tell |= DL3I_TELL_NO_MORE;
			} else {
				dl3i_call_at(t, last)->next = i;
				last = i;
			}
		}
		uint32_t next = c->next;
		free_alone(t, call);
		call = next;
	}
}
