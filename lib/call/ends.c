/* SPDX-License-Identifier: MIT */
/* Ends: the table in which they are found, and those that are gone but may still be told of. */
#include <string.h>

#include "base/octets.h"
#include "call/tracker.h"

/* ---- Identifiers ---- */

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Eight digits at once, each in an octet of a word. */
static bool read_digits(const char *p, uint32_t *value)
{
	uint64_t x = (uint64_t)dl3i_get32((const uint8_t *)p) << 32 | dl3i_get32((const uint8_t *)p + 4);

	if (x & EACH(0x80))
		return false;
	/* The highest bit of an octet says: at least '0', above '9', at least 'a', above 'f'. */
	uint64_t from_0 = x + EACH(0x80 - '0'), above_9 = x + EACH(0x7f - '9');
	uint64_t from_a = x + EACH(0x80 - 'a'), above_f = x + EACH(0x7f - 'f');
	uint64_t letters = from_a & ~above_f & EACH(0x80);

	if (((from_0 & ~above_9 & EACH(0x80)) | letters) != EACH(0x80))
		return false;
	x = (x & EACH(0x0f)) + (letters >> 7) * 9;
	x = (x | x >> 4) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x | x >> 8) & UINT64_C(0x0000ffff0000ffff);
	*value = (uint32_t)(x | x >> 16);
	return true;
}

struct dl3i_key dl3i_key_of(struct dl3_str end)
{
	uint32_t high, low;

	if (end.len == 16 && !end.escaped && read_digits(end.ptr, &high) && read_digits(end.ptr + 8, &low))
		return (struct dl3i_key){ .value = (uint64_t)high << 32 | low };
	if (end.len > DL3_TRACKER_MAX_TEXT)
		end.len = DL3_TRACKER_MAX_TEXT;
	return (struct dl3i_key){ .odd = end, .value = dl3i_hash(end.ptr, end.len) };
}

static bool is_key(const struct dl3i_key *key, uint64_t value, const struct dl3i_text *odd)
{
	if (key->value != value || (key->odd.len > 0) != (odd != NULL))
		return false;
	return !odd || (odd->len == key->odd.len && memcmp(odd->at, key->odd.ptr, odd->len) == 0);
}

/* The identifiers of a node differ in their last digits only, so that all of them must count. */
static uint32_t bucket_of(uint64_t key, uint32_t count)
{
	key ^= key >> 32;
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(key >> 40) & (count - 1);
}

/* ---- The table ---- */

void dl3i_end_soon(const struct dl3_tracker *t, const struct dl3i_key *key)
{
	if (t->table.bucket_count > 0)
		dl3i_soon(&t->table.buckets[bucket_of(key->value, t->table.bucket_count)], sizeof(uint32_t));
}

void dl3i_end_sooner(const struct dl3_tracker *t, const struct dl3i_key *key)
{
	uint32_t end = t->table.bucket_count > 0
	                       ? t->table.buckets[bucket_of(key->value, t->table.bucket_count)]
	                       : 0;

	if (end)
		dl3i_soon(dl3i_end_at(t, end), sizeof(struct dl3i_end));
}

void dl3i_call_soon(const struct dl3_tracker *t, uint32_t end)
{
	if (end == 0)
		return;
	const struct dl3i_end *e = dl3i_end_at(t, end);

	dl3i_soon(dl3i_call_at(t, e->call), sizeof(struct dl3i_call));
	dl3i_soon(e->identity, sizeof(*e->identity));
	dl3i_soon(e->name, sizeof(*e->name));
	dl3i_soon(e->number, sizeof(*e->number));
	if (e->user)
		dl3i_soon(dl3i_user_at(t, e->user), sizeof(struct dl3i_user));
	if (e->next)
		dl3i_soon(dl3i_end_at(t, e->next), sizeof(*e));
}

uint32_t dl3i_end_find(const struct dl3_tracker *t, const struct dl3i_key *key)
{
	if (t->table.bucket_count == 0)
		return 0;
	uint32_t i = t->table.buckets[bucket_of(key->value, t->table.bucket_count)];

	while (i != 0) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (is_key(key, e->key, e->odd))
			return i;
		i = e->chain;
	}
	return 0;
}

static bool grow(struct dl3_tracker *t)
{
	struct dl3i_table *a = &t->table;
	uint32_t count = a->bucket_count > 0 ? a->bucket_count * 2 : 64;
	uint32_t *buckets = dl3i_track_resize(t, NULL, 0, count * sizeof(*buckets));

	if (!buckets)
		return a->bucket_count > 0;
	memset(buckets, 0, count * sizeof(*buckets));
	for (uint32_t b = 0; b < a->bucket_count; b++) {
		for (uint32_t i = a->buckets[b], next; i != 0; i = next) {
			struct dl3i_end *e = dl3i_end_at(t, i);
			uint32_t to = bucket_of(e->key, count);

			next = e->chain;
			e->chain = buckets[to];
			buckets[to] = i;
		}
	}
	if (a->buckets)
		dl3i_track_resize(t, a->buckets, a->bucket_count * sizeof(*a->buckets), 0);
	a->buckets = buckets;
	a->bucket_count = count;
	return true;
}

static void put(struct dl3_tracker *t, uint32_t end)
{
	struct dl3i_end *e = dl3i_end_at(t, end);
	uint32_t *bucket = &t->table.buckets[bucket_of(e->key, t->table.bucket_count)];

	e->chain = *bucket;
	*bucket = end;
	e->flags |= DL3I_END_FOUND;
	t->table.count++;
}

void dl3i_end_forget(struct dl3_tracker *t, uint32_t end)
{
	struct dl3i_end *e = dl3i_end_at(t, end);

	if (!(e->flags & DL3I_END_FOUND))
		return;
	uint32_t *p = &t->table.buckets[bucket_of(e->key, t->table.bucket_count)];

	while (*p != end)
		p = &dl3i_end_at(t, *p)->chain;
	*p = e->chain;
	e->flags &= (uint16_t)~DL3I_END_FOUND;
	t->table.count--;
}

bool dl3i_end_rename(struct dl3_tracker *t, uint32_t end, const struct dl3i_key *key)
{
	struct dl3i_end *e = dl3i_end_at(t, end);
	struct dl3i_text *odd = key->odd.len > 0 ? dl3i_text_keep(t, key->odd.ptr, key->odd.len) : NULL;

	if (key->odd.len > 0 && !odd)
		return false;
	dl3i_end_forget(t, end);
	dl3i_text_drop(t, e->odd);
	e->odd = odd;
	e->key = key->value;
	e->flags &= (uint16_t)~DL3I_END_UNNAMED;
	put(t, end);
	return true;
}

/* ---- Coming ---- */

static void append(struct dl3_tracker *t, struct dl3i_call *c, uint32_t end)
{
	if (c->last_end)
		dl3i_end_at(t, c->last_end)->next = end;
	else
		c->first_end = end;
	c->last_end = end;
	c->end_count++;
}

uint32_t dl3i_end_add(struct dl3_tracker *t, uint32_t call, const struct dl3i_key *key)
{
	struct dl3i_call *c = dl3i_call_at(t, call);

	if (c->end_count >= t->config.max_ends) {
		uint32_t spare = dl3i_call_spare(t, c);

		t->counts.overflow++;
		c->incomplete = true;
		if (spare == 0)
			return 0;
		dl3i_end_free(t, spare);
	}
	if (t->table.count >= t->table.bucket_count && !grow(t))
		return 0;
	struct dl3i_text *odd = key->odd.len > 0 ? dl3i_text_keep(t, key->odd.ptr, key->odd.len) : NULL;
	uint32_t end = odd || key->odd.len == 0 ? dl3i_pool_take(t, &t->ends) : 0;

	if (end == 0) {
		dl3i_text_drop(t, odd);
		return 0;
	}
	*dl3i_end_at(t, end) = (struct dl3i_end){ .call = call,
		                                  .key = key->value,
		                                  .odd = odd,
		                                  .first = DL3I_NEVER,
		                                  .lost = DL3I_NEVER,
		                                  .state = -1,
		                                  .tone = -1,
		                                  .cls = -1,
		                                  .far_cls = -1,
		                                  .cause = -1,
		                                  .flags = DL3I_END_AUDIO };
	append(t, c, end);
	put(t, end);
	return end;
}

/* ---- Going ---- */

void dl3i_end_free(struct dl3_tracker *t, uint32_t end)
{
	struct dl3i_end *e = dl3i_end_at(t, end);

	dl3i_user_leave(t, end);
	dl3i_end_forget(t, end);
	dl3i_text_drop(t, e->odd);
	dl3i_text_drop(t, e->identity);
	dl3i_text_drop(t, e->name);
	dl3i_text_drop(t, e->number);
	dl3i_text_drop(t, e->sip);
	dl3i_pool_give(&t->ends, end);
}

/* Connected time in a hold that goes on counts up to its loss. */
static void count_hold(const struct dl3i_call *c, struct dl3i_end *e, int32_t at)
{
	int32_t from = c->hold_since;

	if (!c->on_hold || from == DL3I_NEVER)
		return;
	if (from < e->first)
		from = e->first;
	if (at > from)
		e->held += at - from;
}

void dl3i_end_lose(struct dl3_tracker *t, uint32_t end, int32_t at, int64_t cause, bool cleared)
{
	struct dl3i_end *e = dl3i_end_at(t, end);
	struct dl3i_call *c = dl3i_call_at(t, e->call);

	count_hold(c, e, at);
	e->flags |= DL3I_END_LOST;
	if (cleared)
		e->flags |= DL3I_END_CLEARED;
	e->lost = at;
	e->order = ++t->order;
	e->cause = -1;
	if (cause >= 0 && cause <= INT16_MAX)
		e->cause = (int16_t)cause;
	e->party_views = e->target_views = 0;
	if (c->first_leg)
		dl3i_legs_forget(t, c, end);
	c->live--;
	t->counts.ends--;
	if (c->a == end)
		c->a = 0;
	if (c->b == end)
		c->b = 0;
	dl3i_user_leave(t, end);
}

void dl3i_end_withdraw(struct dl3_tracker *t, uint32_t end)
{
	dl3i_end_at(t, end)->target_views = 0;
	if (!dl3i_end_is_there(dl3i_end_at(t, end)))
		dl3i_user_leave(t, end);
}

/* ---- Gone: each identifier has one place, and the newer takes it ---- */

static struct dl3i_gone *gone_of(const struct dl3_tracker *t, uint64_t key)
{
	uint64_t h = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);

	return (struct dl3i_gone *)t->gone.at + (h >> 40) % t->gone.count;
}

int32_t dl3i_gone_when(const struct dl3_tracker *t, const struct dl3i_key *key)
{
	if (t->gone.count == 0)
		return DL3I_NEVER;
	const struct dl3i_gone *g = gone_of(t, key->value);

	if (!g->used || t->now_ms - g->at_ms > (int64_t)t->config.grace_ms || !is_key(key, g->key, g->odd))
		return DL3I_NEVER;
	return g->lost;
}

static bool make_room_for_gone(struct dl3_tracker *t)
{
	size_t size = t->config.max_gone * sizeof(struct dl3i_gone);

	if (t->gone.at)
		return true;
	t->gone.at = dl3i_track_resize(t, NULL, 0, size);
	if (!t->gone.at)
		return false;
	memset(t->gone.at, 0, size);
	t->gone.count = t->gone.cap = t->config.max_gone;
	return true;
}

void dl3i_gone_put(struct dl3_tracker *t, const struct dl3i_gone *gone)
{
	if (!make_room_for_gone(t))
		return;
	struct dl3i_gone *g = gone_of(t, gone->key);
	dl3i_text_drop(t, g->odd);
	*g = *gone;
	g->used = true;
	dl3i_text_more(g->odd);
}

void dl3i_gone_add(struct dl3_tracker *t, uint64_t key, struct dl3i_text *odd, int32_t lost)
{
	dl3i_gone_put(t, &(struct dl3i_gone){ .key = key, .odd = odd, .lost = lost, .at_ms = t->now_ms });
}

void dl3i_gone_clear(struct dl3_tracker *t, uint32_t pbx)
{
	for (size_t i = 0; i < t->gone.count; i++) {
		struct dl3i_gone *g = (struct dl3i_gone *)t->gone.at + i;

		if (!g->odd && (uint32_t)(g->key >> 32) == pbx)
			g->used = false;
	}
}

/* ---- Orphans ---- */

void dl3i_orphan(struct dl3_tracker *t, uint32_t end, int64_t due_ms)
{
	struct dl3i_end *e = dl3i_end_at(t, end);
	struct dl3i_orphan *o = e->flags & DL3I_END_ORPHAN ? NULL : dl3i_list_add(t, &t->orphans, sizeof(*o));

	if (!o)
		return;
	*o = (struct dl3i_orphan){ .end = end, .key = e->key, .due_ms = due_ms };
	e->flags |= DL3I_END_ORPHAN;
}

/* Its place may have been given to another end meanwhile. */
bool dl3i_is_orphan(const struct dl3_tracker *t, const struct dl3i_orphan *o)
{
	const struct dl3i_end *e = dl3i_end_at(t, o->end);

	return e->key == o->key && e->call != 0 && (e->flags & DL3I_END_ORPHAN) && dl3i_end_is_there(e);
}

void dl3i_orphans_sweep(struct dl3_tracker *t)
{
	struct dl3i_orphan *list = t->orphans.at;
	size_t done = 0;

	while (done < t->orphans.count && list[done].due_ms <= t->now_ms) {
		const struct dl3i_orphan *o = &list[done++];
		struct dl3i_end *e = dl3i_end_at(t, o->end);

		if (!dl3i_is_orphan(t, o))
			continue;
		e->flags &= (uint16_t)~DL3I_END_ORPHAN;
		if (e->party_views != 0)
			continue;
		uint32_t call = e->call;
		int32_t at = dl3i_call_at(t, call)->last;
		dl3i_end_lose(t, o->end, at, -1, false);
		dl3i_call_settle(t, call, at, true);
	}
	if (done > 0) {
		memmove(list, list + done, (t->orphans.count - done) * sizeof(*list));
		t->orphans.count -= done;
	}
}
