/* SPDX-License-Identifier: MIT */
/* The counter of each PBX: what came last, in the order of their addresses. */
#include <string.h>

#include "session/session.h"

#define COUNTERS_FIRST 4u
/* Half the circle: a step forward is less than this, anything else is a step back. */
#define HALF 0x80000000u

static size_t place_of(const struct dl3i_counters *c, uint32_t pbx)
{
	size_t low = 0;
	size_t high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c->list[middle].pbx < pbx)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool grow(struct dl3_session *s, struct dl3i_counters *c)
{
	size_t cap = c->cap > 0 ? c->cap * 2 : COUNTERS_FIRST;
	struct dl3i_counter *list = dl3i_resize(s, c->list, c->cap * sizeof(*list), cap * sizeof(*list));

	if (!list)
		return false;
	c->list = list;
	c->cap = cap;
	return true;
}

/* The first counter of a PBX is where its count begins. Past the limit it is not followed. */
static enum dl3_err add(struct dl3_session *s, struct dl3i_counters *c, size_t at,
                        struct dl3i_counter counter)
{
	if (c->count >= s->limits.max_pbxs)
		return DL3_OK;
	if (c->count == c->cap && !grow(s, c))
		return DL3_ERR_MEMORY;
	memmove(c->list + at + 1, c->list + at, (c->count - at) * sizeof(*c->list));
	c->list[at] = counter;
	c->count++;
	return DL3_OK;
}

enum dl3_err dl3i_counter_note(struct dl3_session *s, struct dl3i_counters *c, uint32_t pbx, uint32_t came,
                               struct dl3i_counted *out)
{
	size_t at = place_of(c, pbx);

	*out = (struct dl3i_counted){ 0 };
	if (at == c->count || c->list[at].pbx != pbx)
		return add(s, c, at, (struct dl3i_counter){ .pbx = pbx, .last = came });

	uint32_t last = c->list[at].last;
	out->expected = last + 1;
	c->list[at].last = came;
	if (came == out->expected)
		return DL3_OK;
	out->changed = true;
	if (came == last)
		out->change = DL3_COUNTER_DUPLICATE;
	else
		out->change = came - out->expected < HALF ? DL3_COUNTER_GAP : DL3_COUNTER_RESTART;
	return DL3_OK;
}

void dl3i_counters_free(struct dl3_session *s, struct dl3i_counters *c)
{
	if (c->list)
		dl3i_resize(s, c->list, c->cap * sizeof(*c->list), 0);
	*c = (struct dl3i_counters){ 0 };
}
