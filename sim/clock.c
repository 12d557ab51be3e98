/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdlib.h>

#define FIRST_CAPACITY 64u

void sim_clock_init(struct sim_clock *c)
{
	*c = (struct sim_clock){ 0 };
}

void sim_clock_finish(struct sim_clock *c)
{
	free(c->heap);
	*c = (struct sim_clock){ 0 };
}

static bool before(const struct sim_alarm *a, const struct sim_alarm *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

/* The heap counts from 1, so that place 0 can mean none. */
static void put(struct sim_clock *c, size_t place, struct sim_alarm *a)
{
	c->heap[place - 1] = a;
	a->place = place;
}

static void rise(struct sim_clock *c, struct sim_alarm *a)
{
	size_t place = a->place;

	while (place > 1 && before(a, c->heap[place / 2 - 1])) {
		put(c, place, c->heap[place / 2 - 1]);
		place /= 2;
	}
	put(c, place, a);
}

static void sink(struct sim_clock *c, struct sim_alarm *a)
{
	size_t place = a->place;

	for (size_t child = place * 2; child <= c->count; child = place * 2) {
		if (child < c->count && before(c->heap[child], c->heap[child - 1]))
			child++;
		if (!before(c->heap[child - 1], a))
			break;
		put(c, place, c->heap[child - 1]);
		place = child;
	}
	put(c, place, a);
}

bool sim_clock_reserve(struct sim_clock *c, size_t more)
{
	if (c->cap - c->count >= more)
		return true;
	size_t cap = c->cap > 0 ? c->cap * 2 : FIRST_CAPACITY;

	while (cap - c->count < more)
		cap *= 2;
	struct sim_alarm **heap = realloc(c->heap, cap * sizeof(*heap));

	if (!heap)
		return false;
	c->heap = heap;
	c->cap = cap;
	return true;
}

bool sim_alarm_set(struct sim_clock *c, struct sim_alarm *a, uint64_t after, void (*ring)(void *arg), void *arg)
{
	sim_alarm_cancel(c, a);
	if (!sim_clock_reserve(c, 1))
		return false;
	a->at = after < UINT64_MAX - c->now ? c->now + after : UINT64_MAX;
	a->order = c->order++;
	a->ring = ring;
	a->arg = arg;
	put(c, ++c->count, a);
	rise(c, a);
	return true;
}

void sim_alarm_cancel(struct sim_clock *c, struct sim_alarm *a)
{
	size_t place = a->place;

	if (place == 0)
		return;
	struct sim_alarm *last = c->heap[--c->count];

	a->place = 0;
	if (last == a)
		return;
	put(c, place, last);
	rise(c, last);
	sink(c, last);
}

bool sim_alarm_is_set(const struct sim_alarm *a)
{
	return a->place != 0;
}

uint64_t sim_clock_next(const struct sim_clock *c)
{
	return c->count > 0 ? c->heap[0]->at : UINT64_MAX;
}

void sim_clock_run(struct sim_clock *c, uint64_t until)
{
	while (c->count > 0 && c->heap[0]->at <= until) {
		struct sim_alarm *a = c->heap[0];

		/* An alarm may be set for a time that has passed when the clock was put forward. */
		if (a->at > c->now)
			c->now = a->at;
		sim_alarm_cancel(c, a);
		a->ring(a->arg);
	}
	if (until > c->now)
		c->now = until;
}
