/* SPDX-License-Identifier: MIT */
/* What goes when there is no room: calls that nobody has fetched, the oldest calls, ends. */
#include "call/tracker.h"

/* ---- Calls ---- */

static void unqueue(struct dl3_tracker *t, uint32_t before, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	*(before ? &dl3i_call_at(t, before)->queued_next : &t->tell_first) = c->queued_next;
	if (t->tell_last == call)
		t->tell_last = before;
	c->is_queued = false;
}

/* What a call has absorbed is not told any more. */
static void drop_absorbed(struct dl3_tracker *t, struct dl3i_call *c)
{
	for (uint32_t i = c->absorbed, next; i != 0; i = next) {
		struct dl3i_call *g = dl3i_call_at(t, i);

		next = g->next;
		g->next = 0;
		if (g->is_queued)
			g->tell |= DL3I_TELL_NO_MORE;
		else
			dl3i_call_free(t, i);
	}
	c->absorbed = 0;
}

/* Drops the first of what is over and was not fetched. @return whether there was one. */
static bool drop_untold(struct dl3_tracker *t)
{
	const uint32_t over = t->over;

	for (uint32_t i = t->tell_first, before = 0, next; i != 0 && t->over == over; i = next) {
		struct dl3i_call *c = dl3i_call_at(t, i);

		next = c->queued_next;
		if (!c->over) {
			drop_absorbed(t, c);
			before = i;
			continue;
		}
		unqueue(t, before, i);
		/* What was absorbed and is still to be told of goes with the call that has it. */
		if (c->ended >= 0 || c->tell & DL3I_TELL_NO_MORE)
			dl3i_call_free(t, i);
	}
	t->counts.overflow += over - t->over;
	return t->over < over;
}

void dl3i_calls_make_room(struct dl3_tracker *t)
{
	while (t->counts.calls + t->over >= t->config.max_calls && drop_untold(t))
		;
	if (t->counts.calls < t->config.max_calls)
		return;
	t->counts.overflow++;
	dl3i_call_at(t, t->first_call)->incomplete = true;
	dl3i_call_close(t, t->first_call, dl3i_moment_now(t));
}

/* ---- The ends of a call ---- */

/* Targets first, then parties, then those by which a call is known that was taken in. */
static bool can_be_spared(const struct dl3i_end *e, int pass)
{
	if (dl3i_end_is_there(e) || dl3i_end_rings(e))
		return false;
	if (e->flags & DL3I_END_STARTER)
		return pass == 2;
	return pass > 0 || !(e->flags & DL3I_END_PARTY);
}

uint32_t dl3i_call_spare(struct dl3_tracker *t, struct dl3i_call *c)
{
	for (int pass = 0; pass < 3; pass++) {
		for (uint32_t i = c->first_end, before = 0; i != 0; before = i, i = dl3i_end_at(t, i)->next) {
			if (before == 0 || !can_be_spared(dl3i_end_at(t, i), pass))
				continue;
			dl3i_end_at(t, before)->next = dl3i_end_at(t, i)->next;
			if (c->last_end == i)
				c->last_end = before;
			c->end_count--;
			dl3i_meets_forget(t, c, i);
			dl3i_moments_forget(c, i);
			return i;
		}
	}
	return 0;
}

void dl3i_call_keep_limit(struct dl3_tracker *t, struct dl3i_call *c)
{
	while (c->end_count > t->config.max_ends) {
		uint32_t end = dl3i_call_spare(t, c);

		t->counts.overflow++;
		c->incomplete = true;
		if (end == 0) {
			end = c->last_end;
			if (dl3i_end_is_there(dl3i_end_at(t, end)))
				dl3i_end_lose(t, end, c->last, -1, false);
			dl3i_end_withdraw(t, end);
			continue;
		}
		dl3i_end_free(t, end);
	}
}
