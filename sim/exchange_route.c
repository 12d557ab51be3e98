/* SPDX-License-Identifier: MIT */
/* Where calls go: phones that ring, hunt groups, queues, voicemail. */
#include <stdio.h>
#include <string.h>

#include "exchange_parts.h"

/* ---- Numbers ---- */

static bool has_prefix(const struct sim_trunk *t, const char *number)
{
	size_t n = t->prefix ? strlen(t->prefix) : 0;

	return n > 0 && strncmp(number, t->prefix, n) == 0 && number[n] != '\0';
}

bool sim_can_reach(const struct sim_exchange *x, size_t from, size_t to)
{
	size_t path[SIM_NODES_MAX];

	return from == to || sim_world_path(x->world, from, to, path) > 0;
}

/* A line of the caller's own system first, then any. */
static void find_line(const struct sim_exchange *x, const char *number, size_t node, struct sim_goal *goal)
{
	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < x->world->trunk_count; i++) {
			const struct sim_trunk *t = &x->world->trunks[i];

			if ((t->node == node) != (pass == 0) || !has_prefix(t, number) ||
			    !sim_can_reach(x, node, t->node))
				continue;
			goal->outside = number + strlen(t->prefix);
			goal->full = true;
			if (!sim_trunk_has_channel(x, t))
				continue;
			goal->full = false;
			goal->trunk = t;
			return;
		}
}

bool sim_resolve(const struct sim_exchange *x, const char *number, size_t node, struct sim_goal *goal)
{
	*goal = (struct sim_goal){ 0 };
	goal->user = sim_world_user(x->world, number);
	if (!goal->user)
		goal->group = sim_world_group(x->world, number);
	if (goal->user && !sim_can_reach(x, node, goal->user->node))
		goal->user = NULL;
	if (goal->group && !sim_can_reach(x, node, goal->group->node))
		goal->group = NULL;
	if (!goal->user && !goal->group)
		find_line(x, number, node, goal);
	return goal->user || goal->group || goal->outside;
}

size_t sim_goal_ends(const struct sim_exchange *x, const struct sim_goal *goal)
{
	(void)goal;
	/* A group's phones; its overflow group's are no more than the largest group's. And voicemail. */
	return x->max_targets + 2;
}

static bool may_ring(const struct sim_exchange *x, const struct sim_user *u)
{
	return sim_user_is_free(x, u) && !sim_state_of(x, u)->do_not_disturb;
}

static bool has_mailbox(const struct sim_exchange *x, size_t node)
{
	return x->nodes[node].voicemail < x->world->nodes[node].voicemail_channels;
}

/* Whether a call finds somebody there, that is; he may himself be busy when it comes to it. */
static bool is_forwarded(const struct sim_exchange *x, const struct sim_user *u)
{
	struct sim_goal goal;

	return !sim_state_of(x, u)->do_not_disturb && u->forward_busy &&
	       sim_resolve(x, u->forward_busy, u->node, &goal) && (!goal.user || may_ring(x, goal.user)) &&
	       !goal.full;
}

bool sim_goal_is_open(const struct sim_exchange *x, const struct sim_goal *goal, struct sim_error *error)
{
	const struct sim_user *u = goal->user;
	const struct sim_group *g = goal->group;

	if (goal->full)
		return sim_no(error, "expected a free channel to the outside, and all are taken");
	if (u && !may_ring(x, u) && !(u->voicemail && has_mailbox(x, u->node)) && !is_forwarded(x, u))
		return sim_no(error, "expected %s to be free, and it is busy and has no voicemail",
		              u->extension);
	if (g && g->member_count == 0)
		return sim_no(error, "expected group %s to have members, and it has none", g->extension);
	return true;
}

/* ---- Targets ---- */

static const struct sim_trunk *from_outside(const struct sim_live *l)
{
	return l->c.a->device == SIM_AT_TRUNK && l->c.a->incoming ? l->c.a->trunk : NULL;
}

/* What the called phone shows of the caller: a number that can be dialled back. */
static void show_caller(const struct sim_live *l, struct sim_end *e)
{
	const struct sim_trunk *t = from_outside(l);
	const char *prefix = t && t->prefix && l->c.a->cli[0] ? t->prefix : "";

	char number[2 * SIM_NUMBER_MAX];

	snprintf(number, sizeof(number), "%s%s", prefix, l->c.a->cli);
	sim_text(e->cli, sizeof(e->cli), number);
	e->presentation = l->c.a->presentation;
}

static void offer(struct sim_live *l, const struct sim_user *u)
{
	struct sim_exchange *x = l->x;
	struct sim_end *e = sim_end_of_user(x, u, false);

	e->state = DL3_STATE_RINGING;
	e->called_type = DL3_CALLED_UNSPECIFIED;
	e->called_reason = 4;
	show_caller(l, e);
	if (l->group)
		sim_text(e->purpose, sizeof(e->purpose), l->group->extension);
	l->c.targets[l->c.target_count++] = e;
	e->call = &l->c;
	sim_state_of(x, u)->ringing = e;
	sim_tell(x, &(struct sim_news){ .what = SIM_OFFERED, .call = &l->c, .end = e });
	if (e->sip_call_id[0])
		sim_tell(x, &(struct sim_news){ .what = SIM_SIP, .call = &l->c, .end = e, .inbound = true });
	sim_touch(x, u);
}

static void hear(struct sim_live *l, int64_t state, int64_t tone)
{
	l->c.a->state = state;
	l->c.a->tone = tone;
	l->c.a->audio = true;
	l->c.a->on_hold = l->c.a->holding = false;
	if (l->c.a->device == SIM_AT_USER)
		sim_touch(l->x, l->c.a->user);
}

static void ring_over(void *arg);

static void set_ring(struct sim_live *l, uint32_t ring_s)
{
	if (ring_s > 0)
		(void)sim_alarm_set(l->x->clock, &l->ring, (uint64_t)ring_s * 1000, ring_over, l);
}

/* Nobody can be reached: busy tone for those inside, the end for those outside. */
static bool nobody_there(struct sim_live *l, int64_t cause)
{
	sim_stop_waiting(l);
	if (l->c.a->device == SIM_AT_USER) {
		l->stage = SIM_STAGE_BUSY;
		hear(l, DL3_STATE_DIALED, DL3_TONE_BUSY);
		sim_changed(l);
		return true;
	}
	sim_changed(l);
	sim_clear(l, NULL, cause);
	return false;
}

/* ---- Voicemail ---- */

bool sim_send_to_voicemail(struct sim_live *l, const struct sim_user *u, const struct sim_group *g)
{
	struct sim_exchange *x = l->x;
	const char *mailbox = u ? u->extension : g ? g->extension : NULL;
	size_t node = u ? u->node : g ? g->node : 0;

	if (!mailbox || !has_mailbox(x, node))
		return false;
	sim_stop_waiting(l);
	sim_withdraw_all(l);
	struct sim_end *e = sim_end_of(x, SIM_AT_VOICEMAIL, node, DL3_EQUIPMENT_VOICEMAIL);

	e->user = u;
	e->group = g;
	sim_text(e->purpose, sizeof(e->purpose), mailbox);
	show_caller(l, e);
	e->state = DL3_STATE_CONNECTED;
	x->nodes[node].voicemail++;
	sim_join(l, &l->c.b, e);
	hear(l, DL3_STATE_CONNECTED, DL3_TONE_NONE);
	l->c.queueing = 0;
	l->c.was_connected = true;
	l->c.leaving_message = true;
	l->stage = SIM_STAGE_VOICEMAIL;
	sim_tell(x, &(struct sim_news){ .what = SIM_VOICEMAIL, .call = &l->c, .end = e });
	sim_changed(l);
	return true;
}

/* ---- Hunt groups ---- */

static void dequeue(struct sim_live *l)
{
	struct sim_group_state *s = sim_group_state_of(l->x, l->group);

	*(l->queue_back ? &l->queue_back->queue_next : &s->first) = l->queue_next;
	*(l->queue_next ? &l->queue_next->queue_back : &s->last) = l->queue_back;
	s->waiting--;
	l->queue_next = l->queue_back = NULL;
	l->in_queue = false;
}

void sim_stop_waiting(struct sim_live *l)
{
	sim_alarm_cancel(l->x->clock, &l->ring);
	sim_alarm_cancel(l->x->clock, &l->wait);
	if (l->in_queue)
		dequeue(l);
}

static bool enqueue(struct sim_live *l)
{
	struct sim_group_state *s = sim_group_state_of(l->x, l->group);
	bool was_queued = l->c.queueing != 0;

	if (s->waiting >= l->group->queue_limit)
		return false;
	if (s->last)
		s->last->queue_next = l;
	else
		s->first = l;
	l->queue_back = s->last;
	s->last = l;
	s->waiting++;
	l->in_queue = true;
	l->stage = SIM_STAGE_QUEUED;
	l->c.owner_group = l->group;
	if (!was_queued) {
		l->c.queueing = DL3_QUEUEING_QUEUEING;
		hear(l, DL3_STATE_RINGBACK, DL3_TONE_RINGBACK);
		sim_tell(l->x, &(struct sim_news){ .what = SIM_QUEUED, .call = &l->c });
	}
	sim_changed(l);
	return true;
}

static bool member_can(const struct sim_live *l, size_t member)
{
	const struct sim_user *u = &l->x->world->users[l->group->members[member]];

	return sim_group_state_of(l->x, l->group)->active[member] && may_ring(l->x, u) &&
	       sim_can_reach(l->x, l->c.a->node, u->node);
}

/* The next one to try: SIM_NONE when all are busy. */
static size_t choose_member(const struct sim_live *l)
{
	const struct sim_group *g = l->group;
	size_t best = SIM_NONE;

	for (size_t i = 0; i < g->member_count; i++) {
		size_t member = (l->next_member + i) % g->member_count;

		if (!member_can(l, member))
			continue;
		if (g->mode != SIM_LONGEST_WAITING)
			return member;
		if (best == SIM_NONE ||
		    l->x->users[g->members[member]].free_since < l->x->users[g->members[best]].free_since)
			best = member;
	}
	return best;
}

static bool offer_members(struct sim_live *l)
{
	const struct sim_group *g = l->group;
	const struct sim_user *users = l->x->world->users;
	size_t member;

	if (g->mode == SIM_COLLECTIVE) {
		for (size_t i = 0; i < g->member_count && l->c.target_count < l->x->max_targets; i++)
			if (member_can(l, i))
				offer(l, &users[g->members[i]]);
		return l->c.target_count > 0;
	}
	member = choose_member(l);
	if (member == SIM_NONE)
		return false;
	offer(l, &users[g->members[member]]);
	l->next_member = (member + 1) % g->member_count;
	if (g->mode == SIM_ROTARY)
		sim_group_state_of(l->x, g)->rotary = l->next_member;
	return true;
}

#define TRY_AGAIN_MS 1000u

static void waited(void *arg);

static uint64_t due(const struct sim_live *l, uint32_t after_s)
{
	uint64_t at = l->group_since + (uint64_t)after_s * 1000;

	return after_s > 0 ? at : UINT64_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void set_wait(struct sim_live *l)
{
	const struct sim_group *g = l->group;
	uint64_t at = least(due(l, g->voicemail_s), l->announced ? UINT64_MAX : due(l, g->announce_s));

	if (g->overflow != SIM_NONE && !l->overflow_done)
		at = least(at, due(l, g->overflow_s));
	if (at == UINT64_MAX)
		return;
	/* What was due and could not be, for want of a voicemail channel: again and again. */
	(void)sim_alarm_set(l->x->clock, &l->wait,
	                    at > l->x->clock->now ? at - l->x->clock->now : TRY_AGAIN_MS, waited, l);
}

/* Phones of the group ring, or the call waits; the alarms of the group go on. False: it is full. */
static bool distribute(struct sim_live *l)
{
	if (offer_members(l)) {
		l->stage = SIM_STAGE_OFFERING;
		if (l->c.queueing == 0)
			hear(l, DL3_STATE_RINGBACK, DL3_TONE_RINGBACK);
		set_ring(l, l->group->mode == SIM_COLLECTIVE ? 0 : l->group->ring_s);
		sim_changed(l);
		return true;
	}
	return enqueue(l);
}

static bool start_group(struct sim_live *l, const struct sim_group *g)
{
	l->group = g;
	l->group_since = l->x->clock->now;
	l->announced = false;
	l->c.current_group = g;
	l->c.current_user = NULL;
	if (!l->c.original_group && !l->c.original_user)
		l->c.original_group = g;
	l->next_member = g->mode == SIM_ROTARY ? sim_group_state_of(l->x, g)->rotary : 0;
	if (g->service != SIM_DAY || g->member_count == 0)
		return (g->voicemail_s > 0 && sim_send_to_voicemail(l, NULL, g)) ||
		       nobody_there(l, DL3_CAUSE_NO_USER_RESPONDING);
	if (!distribute(l))
		return (g->voicemail_s > 0 && sim_send_to_voicemail(l, NULL, g)) ||
		       nobody_there(l, DL3_CAUSE_BUSY);
	set_wait(l);
	return true;
}

static bool overflow(struct sim_live *l)
{
	const struct sim_group *to = &l->x->world->groups[l->group->overflow];
	size_t sum = l->x->max_targets + 2;

	if (!sim_reserve(l->x, 0, sum, NULL))
		return false;
	l->overflow_done = true;
	sim_stop_waiting(l);
	sim_withdraw_all(l);
	l->c.overflowed = true;
	(void)start_group(l, to);
	return true;
}

static void announce(struct sim_live *l)
{
	l->announced = true;
	if (l->stage != SIM_STAGE_QUEUED)
		return;
	l->c.queueing = DL3_QUEUEING_ANNOUNCEMENT;
	hear(l, DL3_STATE_CONNECTED, DL3_TONE_HOLD_MUSIC);
	sim_tell(l->x, &(struct sim_news){ .what = SIM_ANNOUNCED, .call = &l->c });
	sim_changed(l);
}

static bool is_due(const struct sim_live *l, uint32_t after_s)
{
	return due(l, after_s) <= l->x->clock->now;
}

/* @return false when the call still waits for its group as before. */
static bool waited_long_enough(struct sim_live *l)
{
	const struct sim_group *g = l->group;

	if (is_due(l, g->voicemail_s) && sim_reserve(l->x, 0, 1, NULL) && sim_send_to_voicemail(l, NULL, g))
		return true;
	if (g->overflow != SIM_NONE && !l->overflow_done && is_due(l, g->overflow_s) && overflow(l))
		return true;
	if (!l->announced && is_due(l, g->announce_s))
		announce(l);
	return false;
}

/* The call has waited so long for its group that something else comes. */
static void waited(void *arg)
{
	struct sim_live *l = arg;
	struct sim_exchange *x = l->x;

	if (!waited_long_enough(l))
		set_wait(l);
	sim_settle(x);
}

/* ---- To the outside ---- */

static bool dial_out(struct sim_live *l, const struct sim_goal *goal)
{
	struct sim_end *e = sim_end_of_trunk(l->x, goal->trunk, false);

	e->state = DL3_STATE_DIALED;
	sim_text(e->target_number, sizeof(e->target_number), goal->outside);
	sim_text(e->cli, sizeof(e->cli), goal->trunk->number);
	if (l->c.a->presentation == DL3_PRESENTATION_WITHHELD)
		e->presentation = DL3_PRESENTATION_WITHHELD;
	sim_text(e->related, sizeof(e->related), l->related);
	sim_join(l, &l->c.b, e);
	l->stage = SIM_STAGE_OFFERING;
	hear(l, DL3_STATE_DIALED, DL3_TONE_NONE);
	sim_changed(l);
	return true;
}

/* ---- Nobody answers ---- */

static bool ring_user(struct sim_live *l, const struct sim_user *u)
{
	l->group = NULL;
	l->c.current_group = NULL;
	l->c.current_user = u;
	offer(l, u);
	l->stage = SIM_STAGE_OFFERING;
	hear(l, DL3_STATE_RINGBACK, DL3_TONE_RINGBACK);
	set_ring(l, u->ring_s);
	sim_changed(l);
	return true;
}

/* To somebody who can be rung, to a group, or to the outside; a forwarded call is not forwarded again. */
static bool forward(struct sim_live *l, const char *number)
{
	struct sim_goal goal;

	if (!number || !sim_resolve(l->x, number, l->c.a->node, &goal) || goal.full)
		return false;
	if (goal.user && !may_ring(l->x, goal.user))
		return false;
	sim_withdraw_all(l);
	if (goal.user)
		return ring_user(l, goal.user);
	return goal.group ? start_group(l, goal.group) : dial_out(l, &goal);
}

static bool start_user(struct sim_live *l, const struct sim_user *u)
{
	if (!l->c.original_group && !l->c.original_user)
		l->c.original_user = u;
	if (may_ring(l->x, u))
		return ring_user(l, u);
	l->group = NULL;
	l->c.current_group = NULL;
	l->c.current_user = u;
	if (!sim_state_of(l->x, u)->do_not_disturb && forward(l, u->forward_busy))
		return true;
	return (u->voicemail && sim_send_to_voicemail(l, u, NULL)) || nobody_there(l, DL3_CAUSE_BUSY);
}

static void next_of_user(struct sim_live *l, const struct sim_user *u, int64_t cause)
{
	struct sim_exchange *x = l->x;

	if (sim_reserve(x, 0, x->max_targets + 2, NULL)) {
		if (cause != DL3_CAUSE_CALL_REJECTED && forward(l, u->forward_no_answer))
			return;
		if (u->voicemail && sim_send_to_voicemail(l, u, NULL))
			return;
	}
	if (cause == DL3_CAUSE_CALL_REJECTED)
		(void)nobody_there(l, cause);
	else if (l->c.target_count == 0)
		(void)nobody_there(l, DL3_CAUSE_NO_USER_RESPONDING);
	else
		set_ring(l, u->ring_s);
}

void sim_next_target(struct sim_live *l, int64_t cause)
{
	struct sim_exchange *x = l->x;

	if (!l->group) {
		next_of_user(l, l->c.current_user, cause);
		return;
	}
	if (!sim_reserve(x, 0, x->max_targets + 2, NULL)) {
		set_ring(l, l->group->ring_s);
		return;
	}
	sim_withdraw_all(l);
	sim_alarm_cancel(x->clock, &l->ring);
	/* A call whose group has no queue stays with it all the same: it was taken on. */
	if (!distribute(l)) {
		set_ring(l, l->group->ring_s > 0 ? l->group->ring_s : 1);
		sim_changed(l);
	}
}

static void ring_over(void *arg)
{
	struct sim_live *l = arg;
	struct sim_exchange *x = l->x;

	sim_next_target(l, DL3_CAUSE_NO_USER_RESPONDING);
	sim_settle(x);
}

#define FORWARDS_MAX 3u

bool sim_route(struct sim_live *l, const struct sim_goal *goal)
{
	if (goal->user)
		return start_user(l, goal->user);
	if (goal->group)
		return start_group(l, goal->group);
	if (goal->trunk)
		return dial_out(l, goal);
	return nobody_there(l, goal->full ? DL3_CAUSE_NO_CHANNEL : DL3_CAUSE_UNALLOCATED_NUMBER);
}

/* ---- Those who became free ---- */

static bool is_served_by(const struct sim_live *l, const struct sim_user *u)
{
	const struct sim_group_state *s = sim_group_state_of(l->x, l->group);

	for (size_t i = 0; i < l->group->member_count; i++)
		if (&l->x->world->users[l->group->members[i]] == u)
			return s->active[i] && sim_can_reach(l->x, l->c.a->node, u->node);
	return false;
}

static bool serve(struct sim_exchange *x, const struct sim_user *u, const struct sim_group *g)
{
	struct sim_live *l = sim_group_state_of(x, g)->first;

	while (l && !is_served_by(l, u))
		l = l->queue_next;
	if (!l)
		return false;
	dequeue(l);
	offer(l, u);
	l->stage = SIM_STAGE_OFFERING;
	set_ring(l, g->ring_s);
	sim_changed(l);
	return true;
}

void sim_settle(struct sim_exchange *x)
{
	while (x->freed_count > 0) {
		uint32_t index = x->freed[x->freed_count - 1];
		struct sim_user_state *s = &x->users[index];

		/* Without memory they wait until something else happens. */
		if (!sim_reserve(x, 0, 1, NULL))
			return;
		x->freed_count--;
		s->wants_service = false;
		for (uint32_t i = 0; i < s->group_count && may_ring(x, &x->world->users[index]); i++)
			if (serve(x, &x->world->users[index], &x->world->groups[s->groups[i]]))
				break;
	}
}
