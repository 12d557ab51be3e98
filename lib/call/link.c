/* SPDX-License-Identifier: MIT */
/* The connection comes and goes, PBXs restart, counters jump. */
#include "call/tracker.h"

static void time_is(struct dl3_tracker *t, int64_t now_ms)
{
	t->poor = false;
	dl3i_clock_arrive(t, now_ms);
}

static void mark(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (!c->incomplete)
		dl3i_call_tell(t, call, DL3I_TELL_CHANGED);
	c->incomplete = c->touched = true;
}

static bool sees(const struct dl3_tracker *t, const struct dl3i_call *c, uint32_t pbx)
{
	for (unsigned i = 0; i < c->view_count; i++)
		if (t->nodes[dl3i_view_at(c, i)->node].pbx == pbx)
			return true;
	return false;
}

/* Its ends are gone, and it sees the others no more. */
static void restart(struct dl3_tracker *t, uint32_t call, uint32_t pbx, int32_t at)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		for (unsigned v = 0; v < c->view_count; v++) {
			if (t->nodes[dl3i_view_at(c, v)->node].pbx != pbx)
				continue;
			e->party_views &= ~((uint32_t)1 << v);
			e->target_views &= ~((uint32_t)1 << v);
		}
		if (!dl3i_end_is_there(e))
			continue;
		if (dl3i_end_node(e) == pbx || e->party_views == 0)
			dl3i_end_lose(t, i, at, -1, false);
	}
	dl3i_call_settle(t, call, at, true);
}

void dl3_tracker_counter(struct dl3_tracker *t, int64_t now_ms, uint32_t pbx, enum dl3_counter_change change)
{
	time_is(t, now_ms);
	if (change == DL3_COUNTER_DUPLICATE)
		return;
	for (uint32_t i = t->first_call, next; i != 0; i = next) {
		next = dl3i_call_at(t, i)->next;
		if (!sees(t, dl3i_call_at(t, i), pbx))
			continue;
		mark(t, i);
		if (change == DL3_COUNTER_RESTART)
			restart(t, i, pbx, dl3i_moment_now(t));
	}
	if (change != DL3_COUNTER_RESTART)
		return;
	dl3i_gone_clear(t, pbx);
	dl3i_ghosts_clear(t);
}

void dl3_tracker_link_up(struct dl3_tracker *t, int64_t now_ms)
{
	time_is(t, now_ms);
	if (!t->link_was_lost)
		t->link_lost_at = t->clock.latest;
	for (uint32_t i = t->first_call; i != 0; i = dl3i_call_at(t, i)->next) {
		mark(t, i);
		dl3i_call_at(t, i)->confirmed = false;
		for (uint32_t e = dl3i_call_at(t, i)->first_end; e != 0; e = dl3i_end_at(t, e)->next)
			dl3i_end_at(t, e)->flags &= (uint16_t)~DL3I_END_CONFIRMED;
	}
	/* Another front may have been asked for. */
	for (uint32_t i = 0; i < t->node_count; i++)
		t->nodes[i].heard2 = t->nodes[i].heard3 = false;
	t->link_was_lost = false;
	t->in_snapshot = true;
}

void dl3_tracker_link_lost(struct dl3_tracker *t, int64_t now_ms)
{
	time_is(t, now_ms);
	/* What a snapshot that was not whole has not told of was gone at the loss before. */
	if (!t->link_was_lost && !t->in_snapshot)
		t->link_lost_at = dl3i_moment_now(t);
	t->link_was_lost = true;
	t->in_snapshot = false;
}

/* Ends that the snapshot does not have went while nobody listened. */
static void confirm(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);
	bool changed = false;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		if (!dl3i_end_is_there(e) || e->flags & DL3I_END_CONFIRMED)
			continue;
		dl3i_end_lose(t, i, t->link_lost_at > e->first ? t->link_lost_at : e->first, -1, false);
		changed = true;
	}
	dl3i_call_settle(t, call, c->last, changed);
}

void dl3_tracker_snapshot_end(struct dl3_tracker *t, int64_t now_ms)
{
	time_is(t, now_ms);
	if (!t->in_snapshot)
		return;
	t->in_snapshot = false;
	dl3i_ghosts_clear(t);
	t->giving_up = true;
	for (uint32_t i = t->first_call, next; i != 0; i = next) {
		next = dl3i_call_at(t, i)->next;
		if (dl3i_call_at(t, i)->confirmed)
			confirm(t, i);
		else
			dl3i_call_close(t, i, t->link_lost_at);
	}
	t->giving_up = false;
}

void dl3_tracker_close(struct dl3_tracker *t, int64_t now_ms)
{
	time_is(t, now_ms);
	for (uint32_t i = t->first_call, next; i != 0; i = next) {
		next = dl3i_call_at(t, i)->next;
		dl3i_call_at(t, i)->incomplete = true;
		dl3i_call_close(t, i, dl3i_moment_now(t));
	}
}

/* Once a minute is often enough for what has been silent for a day. */
static void sweep_stale(struct dl3_tracker *t)
{
	if (t->now_ms - t->swept_ms < 60000)
		return;
	t->swept_ms = t->now_ms;
	for (uint32_t i = t->first_call, next; i != 0; i = next) {
		const struct dl3i_call *c = dl3i_call_at(t, i);

		next = c->next;
		if (c->touched && t->now_ms - c->last_ms > (int64_t)t->config.stale_ms)
			dl3i_call_close(t, i, c->last);
	}
}

void dl3i_sweep(struct dl3_tracker *t)
{
	if (t->orphans.count > 0)
		dl3i_orphans_sweep(t);
}

void dl3_tracker_tick(struct dl3_tracker *t, int64_t now_ms)
{
	time_is(t, now_ms);
	dl3i_sweep(t);
	sweep_stale(t);
}

void dl3_tracker_day(struct dl3_tracker *t, int64_t start_ms)
{
	if (t->day_ms == start_ms)
		return;
	t->day_ms = start_ms;
	for (uint32_t i = 0; i < t->group_count; i++)
		dl3i_group_tell(t, &t->groups[i]);
}
