/* SPDX-License-Identifier: MIT */
/* The ends of the calls in progress, found by their identifiers. */
#include <stdlib.h>
#include <string.h>

#include "proxy_calls_parts.h"

/* Longer identifiers than that are no PBX's. */
#define END_MAX 64u
#define SLOTS_FIRST 64u
/* Ends that are in no call any more, and may still be told as lost. */
#define GONE_MAX 512u

/* ---- Tables ---- */

uint64_t proxy_hash(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static struct link **slot(const struct table *t, uint64_t h)
{
	return &t->slots[h & (t->slot_count - 1)];
}

struct link *proxy_chain(const struct table *t, uint64_t h)
{
	return t->slot_count > 0 ? *slot(t, h) : NULL;
}

static bool grow(struct table *t)
{
	struct table wider = { .slot_count = t->slot_count > 0 ? t->slot_count * 2 : SLOTS_FIRST,
		               .count = t->count };

	if (t->count < t->slot_count)
		return true;
	wider.slots = calloc(wider.slot_count, sizeof(struct link *));
	if (!wider.slots)
		return t->slot_count > 0;
	for (size_t i = 0; i < t->slot_count; i++) {
		for (struct link *l = t->slots[i], *next; l; l = next) {
			struct link **to = slot(&wider, l->hash);

			next = l->chain;
			l->chain = *to;
			*to = l;
		}
	}
	free(t->slots);
	*t = wider;
	return true;
}

bool proxy_table_put(struct table *t, struct link *l, uint64_t h)
{
	if (!grow(t))
		return false;
	l->hash = h;
	l->chain = *slot(t, h);
	*slot(t, h) = l;
	t->count++;
	return true;
}

void proxy_table_take_out(struct table *t, const struct link *l)
{
	struct link **at = slot(t, l->hash);

	while (*at != l)
		at = &(*at)->chain;
	*at = l->chain;
	t->count--;
}

/* ---- Ends ---- */

struct end *proxy_find_end(const struct proxy_calls *k, struct dl3_str id)
{
	const uint64_t h = proxy_hash(id.ptr, id.len);

	for (struct link *l = proxy_chain(&k->ends, h); l; l = l->chain) {
		struct end *e = (struct end *)l;

		if (l->hash == h && e->len == id.len && memcmp(e->id, id.ptr, id.len) == 0)
			return e;
	}
	return NULL;
}

struct end *proxy_end_of(struct proxy_calls *k, struct dl3_str id)
{
	struct end *e;

	if (id.len == 0 || id.len > END_MAX)
		return NULL;
	e = proxy_find_end(k, id);
	if (e)
		return e;
	e = calloc(1, sizeof(*e) + id.len);
	if (!e)
		return NULL;
	e->len = id.len;
	memcpy(e->id, id.ptr, id.len);
	if (proxy_table_put(&k->ends, &e->link, proxy_hash(id.ptr, id.len)))
		return e;
	free(e);
	return NULL;
}

static void free_end(struct proxy_calls *k, struct end *e)
{
	proxy_table_take_out(&k->ends, &e->link);
	free(e);
}

static void come_back(struct proxy_calls *k, struct end *e)
{
	if (!e->gone_back)
		return;
	*e->gone_back = e->gone_next;
	if (e->gone_next)
		e->gone_next->gone_back = e->gone_back;
	else
		k->gone_last = e->gone_back;
	e->gone_back = NULL;
	k->gone_count--;
}

static void drop_longest_gone(struct proxy_calls *k)
{
	struct end *e = k->gone;

	come_back(k, e);
	free_end(k, e);
}

/* A PBX tells where a call went before it tells the loss of the end that it went from. */
static void remember(struct proxy_calls *k, struct end *e)
{
	e->gone_next = NULL;
	e->gone_back = k->gone_last;
	*k->gone_last = e;
	k->gone_last = &e->gone_next;
	if (++k->gone_count > GONE_MAX)
		drop_longest_gone(k);
}

void proxy_leave(struct proxy_calls *k, struct side *s)
{
	struct end *e = s->end;

	if (!e)
		return;
	*s->back = s->next;
	if (s->next)
		s->next->back = s->back;
	s->end = NULL;
	if (e->sides)
		return;
	if (e->connected)
		remember(k, e);
	else
		free_end(k, e);
}

void proxy_join(struct proxy_calls *k, struct side *s, struct call *call, struct end *e)
{
	come_back(k, e);
	*s = (struct side){ .next = e->sides, .back = &e->sides, .end = e, .call = call };
	if (s->next)
		s->next->back = &s->next;
	e->sides = s;
}

void proxy_forget_gone(struct proxy_calls *k)
{
	for (struct end *e = k->gone, *next; e; e = next) {
		next = e->gone_next;
		free_end(k, e);
	}
	k->gone = NULL;
	k->gone_last = &k->gone;
	k->gone_count = 0;
}
