/* SPDX-License-Identifier: MIT */
/* Legs: the calls as Delta2 numbers them, and which ends each has now. */
#include <string.h>

#include "call/tracker.h"

/* ---- The table, by PBX and number ---- */

static uint32_t bucket_of(uint32_t pbx, int64_t call_id, uint32_t count)
{
	uint64_t key = ((uint64_t)pbx << 32 ^ (uint64_t)call_id) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(key >> 40) & (count - 1);
}

static uint32_t *place_of(const struct dl3_tracker *t, const struct dl3i_leg *l)
{
	return &t->leg_table.buckets[bucket_of(l->pbx, l->call_id, t->leg_table.bucket_count)];
}

uint32_t dl3i_leg_find(const struct dl3_tracker *t, uint32_t pbx, int64_t call_id)
{
	if (t->leg_table.bucket_count == 0 || call_id < 0)
		return 0;
	uint32_t i = t->leg_table.buckets[bucket_of(pbx, call_id, t->leg_table.bucket_count)];

	while (i != 0 && (dl3i_leg_at(t, i)->pbx != pbx || dl3i_leg_at(t, i)->call_id != call_id))
		i = dl3i_leg_at(t, i)->chain;
	return i;
}

static void put(struct dl3_tracker *t, uint32_t leg)
{
	uint32_t *place = place_of(t, dl3i_leg_at(t, leg));

	dl3i_leg_at(t, leg)->chain = *place;
	*place = leg;
}

static void take(struct dl3_tracker *t, uint32_t leg)
{
	uint32_t *p = place_of(t, dl3i_leg_at(t, leg));

	while (*p != leg)
		p = &dl3i_leg_at(t, *p)->chain;
	*p = dl3i_leg_at(t, leg)->chain;
}

static bool grow(struct dl3_tracker *t)
{
	struct dl3i_table old = t->leg_table;
	uint32_t count = old.bucket_count > 0 ? old.bucket_count * 2 : 64;
	uint32_t *buckets = dl3i_track_resize(t, NULL, 0, count * sizeof(*buckets));

	if (!buckets)
		return old.bucket_count > 0;
	memset(buckets, 0, count * sizeof(*buckets));
	t->leg_table.buckets = buckets;
	t->leg_table.bucket_count = count;
	for (uint32_t b = 0; b < old.bucket_count; b++) {
		for (uint32_t i = old.buckets[b], next; i != 0; i = next) {
			next = dl3i_leg_at(t, i)->chain;
			put(t, i);
		}
	}
	if (old.buckets)
		dl3i_track_resize(t, old.buckets, old.bucket_count * sizeof(*buckets), 0);
	return true;
}

/* ---- The list of a call, or of the ghosts ---- */

static uint32_t *list_of(struct dl3_tracker *t, const struct dl3i_leg *l)
{
	return l->call ? &dl3i_call_at(t, l->call)->first_leg : &t->first_ghost;
}

static void unlink_leg(struct dl3_tracker *t, uint32_t leg)
{
	struct dl3i_leg *l = dl3i_leg_at(t, leg);
	uint32_t *p = list_of(t, l);

	while (*p != leg)
		p = &dl3i_leg_at(t, *p)->next;
	*p = l->next;
	if (l->call)
		dl3i_call_at(t, l->call)->leg_count--;
	if (t->leg_now == leg)
		t->leg_now = 0;
}

uint32_t dl3i_leg_add(struct dl3_tracker *t, uint32_t call, uint32_t pbx, int64_t call_id)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (t->legs.live >= t->leg_table.bucket_count && !grow(t))
		return 0;
	uint32_t leg = dl3i_pool_take(t, &t->legs);
	if (leg == 0)
		return 0;
	*dl3i_leg_at(t, leg) = (struct dl3i_leg){
		.next = c->first_leg, .call = call, .pbx = pbx, .call_id = call_id, .cause = -1
	};
	c->first_leg = leg;
	c->leg_count++;
	put(t, leg);
	return leg;
}

void dl3i_leg_number(struct dl3_tracker *t, uint32_t leg, int64_t call_id)
{
	if (call_id < 0 || dl3i_leg_at(t, leg)->call_id == call_id)
		return;
	take(t, leg);
	dl3i_leg_at(t, leg)->call_id = call_id;
	put(t, leg);
}

void dl3i_leg_remove(struct dl3_tracker *t, uint32_t leg)
{
	unlink_leg(t, leg);
	take(t, leg);
	dl3i_pool_give(&t->legs, leg);
}

/* It may go on unheard: when it is told of again, it is known to be no new one. */
static void give_up(struct dl3_tracker *t, uint32_t leg)
{
	struct dl3i_leg *l = dl3i_leg_at(t, leg);

	unlink_leg(t, leg);
	l->call = l->a = l->b = 0;
	l->next = t->first_ghost;
	t->first_ghost = leg;
}

void dl3i_ghosts_clear(struct dl3_tracker *t)
{
	while (t->first_ghost)
		dl3i_leg_remove(t, t->first_ghost);
}

/* ---- Their ends ---- */

static bool is_pair(const struct dl3i_leg *l, uint32_t a, uint32_t b, bool loosely)
{
	if (loosely)
		return (a && l->a == a) || (b && l->b == b);
	return l->a == a && l->b == b;
}

uint32_t dl3i_leg_of_pair(const struct dl3_tracker *t, uint32_t a, uint32_t b, bool loosely)
{
	uint32_t end = a ? a : b;

	if (!end)
		return 0;
	uint32_t i = dl3i_call_at(t, dl3i_end_at(t, end)->call)->first_leg;

	while (i != 0 && !is_pair(dl3i_leg_at(t, i), a, b, loosely))
		i = dl3i_leg_at(t, i)->next;
	return i;
}

bool dl3i_legs_have(const struct dl3_tracker *t, uint32_t end)
{
	uint32_t i = dl3i_call_at(t, dl3i_end_at(t, end)->call)->first_leg;

	while (i != 0 && dl3i_leg_at(t, i)->a != end && dl3i_leg_at(t, i)->b != end)
		i = dl3i_leg_at(t, i)->next;
	return i != 0;
}

void dl3i_legs_forget(struct dl3_tracker *t, struct dl3i_call *c, uint32_t end)
{
	for (uint32_t i = c->first_leg, next; i != 0; i = next) {
		struct dl3i_leg *l = dl3i_leg_at(t, i);

		next = l->next;
		if (l->a != end && l->b != end)
			continue;
		if (l->a == end)
			l->a = 0;
		if (l->b == end)
			l->b = 0;
		if (l->a || l->b)
			continue;
		if (t->giving_up && l->call_id >= 0)
			give_up(t, i);
		else
			dl3i_leg_remove(t, i);
	}
}

void dl3i_legs_move(struct dl3_tracker *t, uint32_t to, struct dl3i_call *from)
{
	struct dl3i_call *c = dl3i_call_at(t, to);

	while (from->first_leg) {
		uint32_t leg = from->first_leg;
		struct dl3i_leg *l = dl3i_leg_at(t, leg);

		from->first_leg = l->next;
		l->call = to;
		l->next = c->first_leg;
		c->first_leg = leg;
		c->leg_count++;
	}
	from->leg_count = 0;
}

void dl3i_legs_free(struct dl3_tracker *t)
{
	if (t->leg_table.buckets)
		dl3i_track_resize(t, t->leg_table.buckets, t->leg_table.bucket_count * sizeof(uint32_t), 0);
	dl3i_pool_free(t, &t->legs);
}
