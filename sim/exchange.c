/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange_parts.h"

#define FIRST_CHAINS 16u
#define ALARMS_OF_AN_OPERATION 8u
#define SPARE_CALLS_MAX 2u /* kept for the next ones, as are the ends that an operation may need */

bool sim_no(struct sim_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return false;
}

struct sim_user_state *sim_state_of(const struct sim_exchange *x, const struct sim_user *u)
{
	return &x->users[u - x->world->users];
}

struct sim_group_state *sim_group_state_of(const struct sim_exchange *x, const struct sim_group *g)
{
	return &x->groups[g - x->world->groups];
}

struct sim_trunk_state *sim_trunk_state_of(const struct sim_exchange *x, const struct sim_trunk *t)
{
	return &x->trunks[t - x->world->trunks];
}

/* ---- Observers ---- */

void sim_exchange_observe(struct sim_exchange *x, struct sim_observer *o)
{
	o->next = NULL;
	*x->last_observer = o;
	x->last_observer = &o->next;
}

void sim_tell(struct sim_exchange *x, const struct sim_news *news)
{
	for (struct sim_observer *o = x->observers; o; o = o->next)
		o->news(news, o->arg);
}

/* ---- Memory of calls and ends ---- */

static size_t live_size(const struct sim_exchange *x)
{
	return sizeof(struct sim_live) + x->world->node_count * sizeof(struct sim_view) +
	       x->max_targets * sizeof(struct sim_end *);
}

static bool spare_call(struct sim_exchange *x)
{
	struct sim_live *l = malloc(live_size(x));

	if (!l)
		return false;
	l->newer = x->spare_calls;
	x->spare_calls = l;
	x->spare_call_count++;
	return true;
}

static bool spare_end(struct sim_exchange *x)
{
	struct sim_end *e = malloc(sizeof(*e));

	if (!e)
		return false;
	sim_end_give(x, e);
	x->ends_now++; /* it was never there */
	return true;
}

bool sim_reserve(struct sim_exchange *x, size_t calls, size_t ends, struct sim_error *error)
{
	bool room = sim_clock_reserve(x->clock, ALARMS_OF_AN_OPERATION);

	while (room && x->spare_call_count < calls)
		room = spare_call(x);
	while (room && x->spare_end_count < ends)
		room = spare_end(x);
	return room || sim_no(error, "no memory");
}

struct sim_end *sim_end_take(struct sim_exchange *x)
{
	struct sim_end *e = x->spare_ends;

	x->spare_ends = (struct sim_end *)(void *)e->call;
	x->spare_end_count--;
	x->ends_now++;
	memset(e, 0, sizeof(*e));
	return e;
}

void sim_end_give(struct sim_exchange *x, struct sim_end *e)
{
	x->ends_now--;
	e->call = (struct sim_call *)(void *)x->spare_ends;
	x->spare_ends = e;
	x->spare_end_count++;
	if (x->spare_end_count <= x->max_targets + 4)
		return;
	x->spare_ends = (struct sim_end *)(void *)e->call;
	x->spare_end_count--;
	free(e);
}

/* ---- The list of calls, and finding one by number ---- */

static struct sim_live **chain(const struct sim_exchange *x, uint64_t number)
{
	return &x->chains[number % x->chain_count];
}

static void widen(struct sim_exchange *x)
{
	size_t count = x->chain_count * 2;
	struct sim_live **chains = calloc(count, sizeof(*chains));

	if (!chains)
		return; /* longer chains are slower, no more */
	free(x->chains);
	x->chains = chains;
	x->chain_count = count;
	for (struct sim_live *l = x->oldest; l; l = l->newer) {
		struct sim_live **c = chain(x, l->c.number);

		l->chained = *c;
		*c = l;
	}
}

struct sim_live *sim_live_new(struct sim_exchange *x)
{
	struct sim_live *l = x->spare_calls;

	x->spare_calls = l->newer;
	x->spare_call_count--;
	memset(l, 0, live_size(x));
	l->x = x;
	l->kept = (struct sim_view *)(void *)(l + 1);
	l->c.views = l->kept;
	l->c.targets = (struct sim_end **)(void *)(l->kept + x->world->node_count);
	l->c.number = ++x->calls_made;
	l->c.began = x->clock->now;
	l->older = x->newest;
	if (x->newest)
		x->newest->newer = l;
	else
		x->oldest = l;
	x->newest = l;
	if (++x->calls_now > x->chain_count * 2)
		widen(x);
	struct sim_live **c = chain(x, l->c.number);

	/* widen() has found it in the list already. */
	if (*c != l) {
		l->chained = *c;
		*c = l;
	}
	return l;
}

static void forget(struct sim_exchange *x, struct sim_live *l)
{
	struct sim_live **c = chain(x, l->c.number);

	while (*c != l)
		c = &(*c)->chained;
	*c = l->chained;
	if (x->walk == l)
		x->walk = l->newer;
	if (l->older)
		l->older->newer = l->newer;
	else
		x->oldest = l->newer;
	if (l->newer)
		l->newer->older = l->older;
	else
		x->newest = l->older;
	x->calls_now--;
	if (x->spare_call_count >= SPARE_CALLS_MAX) {
		free(l);
		return;
	}
	l->newer = x->spare_calls;
	x->spare_calls = l;
	x->spare_call_count++;
}

void sim_end_call(struct sim_live *l)
{
	struct sim_exchange *x = l->x;

	sim_stop_waiting(l);
	sim_tell(x, &(struct sim_news){ .what = SIM_ENDED, .call = &l->c });
	forget(x, l);
}

/* ---- Questions ---- */

const struct sim_world *sim_exchange_world(const struct sim_exchange *x)
{
	return x->world;
}

struct sim_clock *sim_exchange_clock(const struct sim_exchange *x)
{
	return x->clock;
}

struct sim_counts sim_exchange_counts(const struct sim_exchange *x)
{
	return (struct sim_counts){ .calls_now = x->calls_now,
		                    .ends_now = x->ends_now,
		                    .calls = x->calls_made,
		                    .answered = x->answered };
}

struct sim_call *sim_call_first(const struct sim_exchange *x)
{
	return x->oldest ? &x->oldest->c : NULL;
}

struct sim_call *sim_call_next(const struct sim_exchange *x, const struct sim_call *call)
{
	const struct sim_live *l = (const struct sim_live *)(const void *)call;

	(void)x;
	return l->newer ? &l->newer->c : NULL;
}

struct sim_call *sim_call_numbered(const struct sim_exchange *x, uint64_t number)
{
	struct sim_live *l = *chain(x, number);

	while (l && l->c.number != number)
		l = l->chained;
	return l ? &l->c : NULL;
}

struct sim_call *sim_user_ringing(const struct sim_exchange *x, const struct sim_user *u)
{
	const struct sim_end *e = sim_state_of(x, u)->ringing;

	return e ? e->call : NULL;
}

static struct sim_call *call_of_user(const struct sim_exchange *x, const struct sim_user *u, bool holding)
{
	const struct sim_user_state *s = sim_state_of(x, u);

	for (unsigned i = s->end_count; i-- > 0;)
		if (s->ends[i]->holding == holding)
			return s->ends[i]->call;
	return NULL;
}

struct sim_call *sim_user_active(const struct sim_exchange *x, const struct sim_user *u)
{
	return call_of_user(x, u, false);
}

struct sim_call *sim_user_held(const struct sim_exchange *x, const struct sim_user *u)
{
	return call_of_user(x, u, true);
}

bool sim_user_is_free(const struct sim_exchange *x, const struct sim_user *u)
{
	const struct sim_user_state *s = sim_state_of(x, u);

	return s->end_count == 0 && !s->ringing;
}

struct sim_end *sim_call_end_of(const struct sim_call *call, const struct sim_user *u)
{
	if (call->a && call->a->device == SIM_AT_USER && call->a->user == u)
		return call->a;
	if (call->b && call->b->device == SIM_AT_USER && call->b->user == u)
		return call->b;
	return NULL;
}

bool sim_trunk_has_channel(const struct sim_exchange *x, const struct sim_trunk *t)
{
	return sim_trunk_state_of(x, t)->free_count > 0;
}

uint32_t sim_group_waiting(const struct sim_exchange *x, const struct sim_group *g)
{
	return sim_group_state_of(x, g)->waiting;
}

/* ---- All at once ---- */

void sim_exchange_clear(struct sim_exchange *x)
{
	while (x->oldest)
		sim_clear(x->oldest, NULL, DL3_CAUSE_NORMAL);
	sim_settle(x);
}

static void hush_end(struct sim_end *e, uint64_t nodes)
{
	if (e)
		e->seen_by &= ~nodes;
}

/* Those nodes know nothing of the call any more, and so do not tell that it is over. @return whether one did. */
static bool hush(struct sim_live *l, uint64_t nodes)
{
	size_t kept = 0, count = l->c.view_count;

	for (size_t i = 0; i < count; i++)
		if (!(nodes & (uint64_t)1 << l->kept[i].node))
			l->kept[kept++] = l->kept[i];
	l->c.view_count = kept;
	if (kept == count)
		return false;
	hush_end(l->c.a, nodes);
	hush_end(l->c.b, nodes);
	return true;
}

void sim_exchange_reboot(struct sim_exchange *x, size_t node)
{
	uint64_t nodes = node == SIM_NONE ? UINT64_MAX : (uint64_t)1 << node;

	/* All of them first: the end of one call of a conference may be that of another. */
	for (struct sim_live *l = x->oldest; l; l = l->newer)
		l->rebooted = hush(l, nodes);
	for (struct sim_live *l = x->oldest; l; l = x->walk) {
		x->walk = l->newer;
		if (l->rebooted)
			sim_clear(l, NULL, DL3_CAUSE_NETWORK_OUT_OF_ORDER);
	}
	x->walk = NULL;
	for (size_t i = 0; i < x->world->node_count; i++)
		if (node == SIM_NONE || node == i)
			x->nodes[i].ends = x->nodes[i].calls = 0;
	sim_settle(x);
}

/* ---- The exchange itself ---- */

static bool make_members(struct sim_exchange *x)
{
	const struct sim_world *w = x->world;
	size_t sum = 0, at = 0;

	for (size_t i = 0; i < w->group_count; i++) {
		sum += w->groups[i].member_count;
		if (w->groups[i].member_count > x->max_targets)
			x->max_targets = w->groups[i].member_count;
	}
	if (x->max_targets > SIM_TARGETS_MAX)
		x->max_targets = SIM_TARGETS_MAX;
	x->active = calloc(sum + 1, sizeof(*x->active));
	x->memberships = calloc(sum + 1, sizeof(*x->memberships));
	if (!x->active || !x->memberships)
		return false;
	for (size_t i = 0; i < w->group_count; i++) {
		x->groups[i].active = &x->active[at];
		for (size_t j = 0; j < w->groups[i].member_count; j++) {
			x->active[at++] = w->groups[i].active ? w->groups[i].active[j] : true;
			x->users[w->groups[i].members[j]].group_count++;
		}
	}
	uint32_t *next = x->memberships;

	for (size_t i = 0; i < w->user_count; i++) {
		x->users[i].groups = next;
		next += x->users[i].group_count;
		x->users[i].group_count = 0;
	}
	for (size_t i = 0; i < w->group_count; i++)
		for (size_t j = 0; j < w->groups[i].member_count; j++) {
			struct sim_user_state *u = &x->users[w->groups[i].members[j]];

			x->memberships[(size_t)(u->groups - x->memberships) + u->group_count++] = (uint32_t)i;
		}
	return true;
}

static bool make_channels(struct sim_exchange *x)
{
	const struct sim_world *w = x->world;
	size_t sum = 0;

	for (size_t i = 0; i < w->trunk_count; i++)
		sum += w->trunks[i].channels;
	x->channels = calloc(sum + 1, sizeof(*x->channels));
	if (!x->channels)
		return false;
	sum = 0;
	for (size_t i = 0; i < w->trunk_count; i++) {
		struct sim_trunk_state *t = &x->trunks[i];

		t->free = &x->channels[sum];
		sum += w->trunks[i].channels;
		for (; t->free_count < w->trunks[i].channels; t->free_count++)
			t->free[t->free_count] = t->free_count + 1;
	}
	return true;
}

static bool make_slots(struct sim_exchange *x)
{
	const struct sim_world *w = x->world;
	size_t sum = 0;

	for (size_t i = 0; i < w->node_count; i++)
		sum += w->nodes[i].park_slots;
	x->slots = calloc(sum + 1, sizeof(*x->slots));
	if (!x->slots)
		return false;
	sum = 0;
	for (size_t i = 0; i < w->node_count; i++) {
		x->nodes[i].slots = &x->slots[sum];
		sum += w->nodes[i].park_slots;
	}
	return true;
}

static bool make_devices(struct sim_exchange *x)
{
	for (size_t i = 0; i < x->world->user_count; i++)
		x->users[i].do_not_disturb = x->world->users[i].do_not_disturb;
	return make_channels(x) && make_slots(x);
}

static bool make_states(struct sim_exchange *x)
{
	const struct sim_world *w = x->world;

	x->chain_count = FIRST_CHAINS;
	x->max_targets = 1;
	x->chains = calloc(x->chain_count, sizeof(*x->chains));
	x->users = calloc(w->user_count + 1, sizeof(*x->users));
	x->groups = calloc(w->group_count + 1, sizeof(*x->groups));
	x->trunks = calloc(w->trunk_count + 1, sizeof(*x->trunks));
	x->nodes = calloc(w->node_count + 1, sizeof(*x->nodes));
	x->freed = calloc(w->user_count + 1, sizeof(*x->freed));
	return x->chains && x->users && x->groups && x->trunks && x->nodes && x->freed && make_members(x) &&
	       make_devices(x);
}

struct sim_exchange *sim_exchange_new(const struct sim_world *world, struct sim_clock *clock, uint64_t seed)
{
	struct sim_exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->world = world;
	x->clock = clock;
	x->last_observer = &x->observers;
	sim_random_init(&x->random, seed, "exchange");
	if (make_states(x))
		return x;
	sim_exchange_free(x);
	return NULL;
}

static void free_calls(struct sim_exchange *x)
{
	x->observers = NULL; /* nobody is there any more to hear of it */
	x->last_observer = &x->observers;
	while (x->oldest)
		sim_clear(x->oldest, NULL, DL3_CAUSE_NORMAL);
	while (x->spare_calls) {
		struct sim_live *l = x->spare_calls;

		x->spare_calls = l->newer;
		free(l);
	}
	while (x->spare_ends) {
		struct sim_end *e = x->spare_ends;

		x->spare_ends = (struct sim_end *)(void *)e->call;
		free(e);
	}
}

void sim_exchange_free(struct sim_exchange *x)
{
	if (!x)
		return;
	if (x->chains)
		free_calls(x);
	free(x->channels);
	free(x->slots);
	free(x->chains);
	free(x->users);
	free(x->groups);
	free(x->trunks);
	free(x->nodes);
	free(x->memberships);
	free(x->active);
	free(x->freed);
	free(x);
}
