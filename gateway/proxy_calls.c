/* SPDX-License-Identifier: MIT */
/*
 * The calls in progress, each as it was told last: what a PBX tells whoever asks for events. A call is what one
 * PBX's CallID means; it is over when that PBX has told the loss of all its ends, or tells them in other calls.
 */
#include <stdlib.h>
#include <string.h>

#include "proxy_calls_parts.h"

/* ---- Calls ---- */

static uint64_t hash_call(uint32_t pbx, int64_t id)
{
	const uint64_t key[2] = { pbx, (uint64_t)id };

	return proxy_hash(key, sizeof(key));
}

static struct call *find_call(const struct proxy_calls *k, uint32_t pbx, int64_t id)
{
	const uint64_t h = hash_call(pbx, id);

	for (struct link *l = proxy_chain(&k->calls, h); l; l = l->chain) {
		struct call *c = (struct call *)l;

		if (c->pbx == pbx && c->id == id)
			return c;
	}
	return NULL;
}

static void drop(struct proxy_calls *k, struct call *c)
{
	proxy_leave(k, &c->sides[0]);
	proxy_leave(k, &c->sides[1]);
	proxy_table_take_out(&k->calls, &c->link);
	*c->back = c->next;
	if (c->next)
		c->next->back = c->back;
	else
		k->last = c->back;
	k->octets -= c->len;
	free(c->tuple);
	free(c);
}

static bool over(const struct call *c)
{
	for (unsigned i = 0; i < 2; i++)
		if (c->sides[i].end && !c->sides[i].gone && !c->sides[i].moved)
			return false;
	return true;
}

/* An end of it is lost, and nobody has told what became of the other. */
static bool half_gone(const struct call *c)
{
	for (unsigned i = 0; i < 2; i++)
		if (c->sides[i].end && (c->sides[i].gone || c->sides[i].end->lost))
			return true;
	return false;
}

static struct call *new_call(struct proxy_calls *k, uint32_t pbx, int64_t id)
{
	struct call *c = k->calls.count < k->max ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->pbx = pbx;
	c->id = id;
	if (!proxy_table_put(&k->calls, &c->link, hash_call(pbx, id))) {
		free(c);
		return NULL;
	}
	c->back = k->last;
	*k->last = c;
	k->last = &c->next;
	return c;
}

static bool keep_tuple(struct proxy_calls *k, struct call *c, const struct dl3_tuple *t)
{
	const size_t len = DL3_TUPLE_HEADER + t->data.len;
	uint8_t *tuple = k->octets - c->len + len <= k->max_octets ? realloc(c->tuple, len) : NULL;
	size_t written;

	if (!tuple)
		return false;
	c->tuple = tuple;
	k->octets += len - c->len;
	c->len = len;
	return dl3_tuple_encode(t, tuple, len, &written) == DL3_OK;
}

/* The calls of the same PBX in which this end was before are not where it is. */
static void move_here(struct proxy_calls *k, const struct side *here)
{
	for (struct side *s = here->end ? here->end->sides : NULL, *next; s; s = next) {
		struct call *c = s->call;

		next = s->next;
		if (c == here->call || c->pbx != here->call->pbx)
			continue;
		s->moved = true;
		if (over(c))
			drop(k, c);
	}
}

/* @return false without memory. */
static bool set_ends(struct proxy_calls *k, struct call *c, const struct dl3_detail *d)
{
	const struct dl3_str ids[2] = { d->has_a ? d->a.end : (struct dl3_str){ 0 },
		                        d->has_b ? d->b.end : (struct dl3_str){ 0 } };
	struct end *ends[2];

	/* Both are there before any is left: an end that changes sides must not go with its last call. */
	for (unsigned i = 0; i < 2; i++)
		ends[i] = proxy_end_of(k, ids[i]);
	if (ends[1] == ends[0])
		ends[1] = NULL;
	struct side fresh[2] = { { 0 }, { 0 } };
	for (unsigned i = 0; i < 2; i++)
		if (ends[i])
			proxy_join(k, &fresh[i], c, ends[i]);
	proxy_leave(k, &c->sides[0]);
	proxy_leave(k, &c->sides[1]);
	for (unsigned i = 0; i < 2; i++) {
		if (!ends[i])
			continue;
		proxy_join(k, &c->sides[i], c, ends[i]);
		proxy_leave(k, &fresh[i]);
	}
	return ends[0] || ends[1];
}

static bool both_connected(const struct dl3_detail *d)
{
	return d->has_a && d->has_b && DL3_HAS(&d->a, DL3_PARTY_STATE) && DL3_HAS(&d->b, DL3_PARTY_STATE) &&
	       d->a.state == DL3_STATE_CONNECTED && d->b.state == DL3_STATE_CONNECTED;
}

static bool take_detail(struct proxy_calls *k, uint32_t pbx, const struct dl3_detail *d,
                        const struct dl3_tuple *tuple)
{
	const bool connected = both_connected(d);
	struct call *c;

	if (!d->has_call || !DL3_HAS(&d->call, DL3_CALL_CALL_ID))
		return connected;
	c = find_call(k, pbx, d->call.call_id);
	if (!c)
		c = new_call(k, pbx, d->call.call_id);
	if (!c || !set_ends(k, c, d) || !keep_tuple(k, c, tuple)) {
		if (c)
			drop(k, c);
		k->forgotten++;
		return connected;
	}
	c->old = false;
	c->connected |= connected;
	for (unsigned i = 0; i < 2; i++) {
		struct end *e = c->sides[i].end;

		if (!e)
			continue;
		e->lost = false;
		e->connected |= c->connected;
		move_here(k, &c->sides[i]);
	}
	return c->connected;
}

static bool is_connected(const struct proxy_calls *k, struct dl3_str end)
{
	const struct end *e = end.ptr ? proxy_find_end(k, end) : NULL;

	/* Of one that there was no room for nothing is known: better told than not. */
	return e ? e->connected : k->forgotten > 0;
}

/* Whether the text of a call's record has this end. */
static bool names(const struct call *c, struct dl3_str end)
{
	const uint8_t *at = c->tuple, *stop = c->tuple + c->len;

	while (at && (size_t)(stop - at) >= end.len) {
		at = memchr(at, end.ptr[0], (size_t)(stop - at) - end.len + 1);
		if (at && memcmp(at, end.ptr, end.len) == 0)
			return true;
		at = at ? at + 1 : NULL;
	}
	return false;
}

/* A target is an end of no call yet, and few reject one: so those are looked for. */
static bool is_of_connected(const struct proxy_calls *k, uint32_t pbx, struct dl3_str end)
{
	if (end.len == 0 || proxy_find_end(k, end))
		return is_connected(k, end);
	for (const struct call *c = k->first; c; c = c->next)
		if (c->pbx == pbx && c->connected && names(c, end))
			return true;
	return false;
}

/* @return as proxy_calls_take(). */
static bool take_loss(struct proxy_calls *k, uint32_t pbx, struct dl3_str id, bool everywhere)
{
	struct end *e = id.ptr ? proxy_find_end(k, id) : NULL;
	const bool connected = is_connected(k, id);

	if (!e)
		return connected;
	e->lost |= everywhere;
	for (struct side *s = e->sides, *next; s; s = next) {
		next = s->next;
		if (s->call->pbx != pbx)
			continue;
		s->gone = true;
		/* With the last of its calls the end goes as well. */
		if (over(s->call))
			drop(k, s->call);
	}
	return connected;
}

bool proxy_calls_take(struct proxy_calls *k, uint32_t pbx, const struct dl3_record *record,
                      const struct dl3_tuple *tuple)
{
	switch (record->kind) {
	case DL3_KIND_DETAIL:
		return take_detail(k, pbx, &record->u.detail, tuple);
	case DL3_KIND_CALL_LOST:
		return take_loss(k, pbx, record->u.call_lost.end, true);
	case DL3_KIND_LINK_LOST:
		return take_loss(k, pbx, record->u.link_lost.end, false);
	case DL3_KIND_ATTEMPT_REJECT:
		return is_of_connected(k, pbx, record->u.attempt_reject.end);
	default:
		return true;
	}
}

/* ---- All ---- */

void proxy_calls_gap(struct proxy_calls *k, uint32_t pbx)
{
	for (struct call *c = k->first, *next; c; c = next) {
		next = c->next;
		if (c->pbx == pbx && half_gone(c))
			drop(k, c);
	}
}

void proxy_calls_renew(struct proxy_calls *k)
{
	for (struct call *c = k->first; c; c = c->next)
		c->old = true;
}

void proxy_calls_renewed(struct proxy_calls *k)
{
	for (struct call *c = k->first, *next; c; c = next) {
		next = c->next;
		if (c->old)
			drop(k, c);
	}
}

bool proxy_calls_next(const struct proxy_calls *k, const void **at, struct proxy_told *told)
{
	const struct call *c = *at;

	c = c ? c->next : k->first;
	while (c && half_gone(c))
		c = c->next;
	*at = c;
	if (!c)
		return false;
	told->pbx = c->pbx;
	told->connected = c->connected;
	told->tuple = (struct dl3_octets){ c->tuple, c->len };
	return true;
}

size_t proxy_calls_count(const struct proxy_calls *k)
{
	return k->calls.count;
}

uint64_t proxy_calls_forgotten(const struct proxy_calls *k)
{
	return k->forgotten;
}

void proxy_calls_clear(struct proxy_calls *k)
{
	for (struct call *c = k->first, *next; c; c = next) {
		next = c->next;
		drop(k, c);
	}
	proxy_forget_gone(k);
	free(k->calls.slots);
	free(k->ends.slots);
	k->calls = k->ends = (struct table){ 0 };
}

struct proxy_calls *proxy_calls_new(uint32_t max, size_t max_octets)
{
	struct proxy_calls *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->last = &k->first;
	k->gone_last = &k->gone;
	k->max = max;
	k->max_octets = max_octets;
	return k;
}

void proxy_calls_free(struct proxy_calls *k)
{
	if (!k)
		return;
	proxy_calls_clear(k);
	free(k);
}
