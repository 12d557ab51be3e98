/* SPDX-License-Identifier: MIT */
/* People: who does what, by the ends that are theirs. */
#include <string.h>

#include "call/tracker.h"

static uint32_t bucket(const struct dl3_tracker *t, uint32_t hash)
{
	return hash & (t->user_bucket_count - 1);
}

uint32_t dl3i_user_find(const struct dl3_tracker *t, struct dl3_str extension)
{
	if (t->user_bucket_count == 0)
		return 0;
	uint32_t i = t->user_buckets[bucket(t, (uint32_t)dl3i_hash(extension.ptr, extension.len))];

	while (i != 0 && !dl3_str_same(dl3i_text_str(dl3i_user_at(t, i)->extension), extension))
		i = dl3i_user_at(t, i)->hash_next;
	return i;
}

static bool grow(struct dl3_tracker *t)
{
	uint32_t count = t->user_bucket_count > 0 ? t->user_bucket_count * 2 : 64, old = t->user_bucket_count;
	uint32_t *buckets = dl3i_track_resize(t, NULL, 0, count * sizeof(*buckets)), *was = t->user_buckets;

	if (!buckets)
		return old > 0;
	memset(buckets, 0, count * sizeof(*buckets));
	t->user_buckets = buckets;
	t->user_bucket_count = count;
	for (uint32_t b = 0; b < old; b++) {
		for (uint32_t i = was[b], next; i != 0; i = next) {
			struct dl3i_user *u = dl3i_user_at(t, i);
			uint32_t to = bucket(t, u->extension->hash);

			next = u->hash_next;
			u->hash_next = buckets[to];
			buckets[to] = i;
		}
	}
	if (was)
		dl3i_track_resize(t, was, old * sizeof(*was), 0);
	return true;
}

/* The same text is kept once. */
static uint32_t find_kept(const struct dl3_tracker *t, const struct dl3i_text *extension)
{
	uint32_t i = t->user_bucket_count > 0 ? t->user_buckets[bucket(t, extension->hash)] : 0;

	while (i != 0 && dl3i_user_at(t, i)->extension != extension)
		i = dl3i_user_at(t, i)->hash_next;
	return i;
}

/* ---- Those who are idle, the one heard of longest ago first ---- */

static void idle_out(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);

	*(u->prev ? &dl3i_user_at(t, u->prev)->next : &t->idle_first) = u->next;
	*(u->next ? &dl3i_user_at(t, u->next)->prev : &t->idle_last) = u->prev;
	u->prev = u->next = 0;
}

void dl3i_user_idle(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);

	u->prev = t->idle_last;
	u->next = 0;
	*(u->prev ? &dl3i_user_at(t, u->prev)->next : &t->idle_first) = user;
	t->idle_last = user;
}

/* Somebody has told of an idle user. */
static void heard_of(struct dl3_tracker *t, uint32_t user)
{
	if (dl3i_user_at(t, user)->ends)
		return;
	idle_out(t, user);
	dl3i_user_idle(t, user);
}

static void forget(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);
	uint32_t *p = &t->user_buckets[bucket(t, u->extension->hash)];

	while (*p != user)
		p = &dl3i_user_at(t, *p)->hash_next;
	*p = u->hash_next;
	idle_out(t, user);
	dl3i_text_drop(t, u->extension);
	dl3i_text_drop(t, u->name);
	dl3i_text_drop(t, u->cmextn);
	dl3i_pool_give(&t->users, user);
	t->counts.users_forgotten++;
}

/* Who is still to be told of stays; with all of them to be told, whoever comes has to. */
#define LOOKS 64u
static bool make_room(struct dl3_tracker *t)
{
	uint32_t user = t->idle_first;

	for (unsigned i = 0; i < LOOKS && user != 0; i++, user = dl3i_user_at(t, user)->next) {
		if (dl3i_user_at(t, user)->is_queued)
			continue;
		forget(t, user);
		return true;
	}
	t->counts.overflow++;
	return false;
}

uint32_t dl3i_user_of(struct dl3_tracker *t, struct dl3i_text *extension)
{
	uint32_t user = find_kept(t, extension);

	if (user)
		return user;
	if (t->users.live >= t->config.max_users && !make_room(t))
		return 0;
	if (t->users.live >= t->user_bucket_count && !grow(t))
		return 0;
	user = dl3i_pool_take(t, &t->users);
	if (user == 0)
		return 0;
	struct dl3i_user *u = dl3i_user_at(t, user);
	uint32_t to = bucket(t, extension->hash);

	u->extension = dl3i_text_more(extension);
	u->since = DL3_NO_TIME;
	u->hash_next = t->user_buckets[to];
	t->user_buckets[to] = user;
	dl3i_user_idle(t, user);
	return user;
}

bool dl3i_user_name(struct dl3_tracker *t, uint32_t user, struct dl3i_text *name)
{
	struct dl3i_user *u = dl3i_user_at(t, user);

	if (u->name == name)
		return false;
	dl3i_text_drop(t, u->name);
	u->name = dl3i_text_more(name);
	return true;
}

void dl3i_user_tell(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);

	if (u->is_queued || dl3i_is_quiet(t, DL3_TRACKED_USER_CHANGED))
		return;
	u->is_queued = true;
	u->queued_next = 0;
	if (t->tell_user_last)
		dl3i_user_at(t, t->tell_user_last)->queued_next = user;
	else
		t->tell_user_first = user;
	t->tell_user_last = user;
}

void dl3i_user_join(struct dl3_tracker *t, uint32_t end)
{
	struct dl3i_end *e = dl3i_end_at(t, end);

	if (e->user || !e->identity || !(dl3i_end_is_there(e) || dl3i_end_rings(e)))
		return;
	uint32_t user = dl3i_user_of(t, e->identity);
	if (user == 0)
		return;
	struct dl3i_user *u = dl3i_user_at(t, user);

	e->user = user;
	e->user_prev = 0;
	e->user_next = u->ends;
	if (u->ends)
		dl3i_end_at(t, u->ends)->user_prev = end;
	else
		idle_out(t, user);
	u->ends = end;
	u->calls++;
}

void dl3i_user_named(struct dl3_tracker *t, uint32_t end, bool own)
{
	const struct dl3i_end *e = dl3i_end_at(t, end);
	struct dl3i_user *u = e->user ? dl3i_user_at(t, e->user) : NULL;

	if (u && e->name && !u->seeded && (own || !u->name) && dl3i_user_name(t, e->user, e->name))
		dl3i_user_tell(t, e->user);
}

void dl3i_user_leave(struct dl3_tracker *t, uint32_t end)
{
	struct dl3i_end *e = dl3i_end_at(t, end);
	uint32_t user = e->user;

	if (!user)
		return;
	struct dl3i_user *u = dl3i_user_at(t, user);
	if (e->user_prev)
		dl3i_end_at(t, e->user_prev)->user_next = e->user_next;
	else
		u->ends = e->user_next;
	if (e->user_next)
		dl3i_end_at(t, e->user_next)->user_prev = e->user_prev;
	e->user = e->user_next = e->user_prev = 0;
	u->calls--;
	if (!u->ends)
		dl3i_user_idle(t, user);
	dl3i_user_look(t, user);
}

static uint32_t other_side(const struct dl3_tracker *t, uint32_t end)
{
	const struct dl3i_call *c = dl3i_call_at(t, dl3i_end_at(t, end)->call);

	return c->a == end ? c->b : c->a;
}

/* The end that says what a user is doing; 0 for none. */
static uint32_t best_end(const struct dl3_tracker *t, const struct dl3i_user *u, uint8_t *state)
{
	uint32_t best = 0;
	unsigned looked = 0;

	*state = DL3_USER_IDLE;

	for (uint32_t i = u->ends; i != 0 && looked < 64; i = dl3i_end_at(t, i)->user_next, looked++) {
		uint8_t s = (uint8_t)dl3i_rules_user(dl3i_end_at(t, i));

		if (s > *state) {
			*state = s;
			best = i;
		}
	}
	return best;
}

void dl3i_user_point(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);
	uint8_t state;
	uint32_t best = best_end(t, u, &state);

	u->call = best ? dl3i_end_at(t, best)->call : 0;
	u->with = best ? other_side(t, best) : 0;
}

void dl3i_user_look(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);
	uint8_t state;
	uint32_t best = best_end(t, u, &state);
	uint32_t call = best ? dl3i_end_at(t, best)->call : 0, with = best ? other_side(t, best) : 0;
	if (state == u->state && call == u->call && with == u->with)
		return;
	if (state != u->state)
		u->since = t->now_ms;
	u->state = state;
	u->call = call;
	u->with = with;
	dl3i_user_tell(t, user);
}

enum dl3_err dl3_tracker_user(struct dl3_tracker *t, struct dl3_str extension, struct dl3_str name)
{
	if (extension.len == 0)
		return DL3_ERR_ARGUMENT;
	t->poor = false;
	struct dl3i_text *text = dl3i_text_of(t, extension), *named = dl3i_text_of(t, name);
	uint32_t user = text ? dl3i_user_of(t, text) : 0;

	dl3i_text_drop(t, text);
	if (user) {
		heard_of(t, user);
		dl3i_user_at(t, user)->seeded = named != NULL;
		if (dl3i_user_name(t, user, named))
			dl3i_user_tell(t, user);
	}
	dl3i_text_drop(t, named);
	return t->poor ? DL3_ERR_MEMORY : DL3_OK;
}

void dl3i_users_free(struct dl3_tracker *t)
{
	if (t->user_buckets)
		dl3i_track_resize(t, t->user_buckets, t->user_bucket_count * sizeof(uint32_t), 0);
	dl3i_pool_free(t, &t->users);
}

/* "Extn4001: ..." or "Extn4001". */
void dl3i_user_cmextn(struct dl3_tracker *t, struct dl3_str who, struct dl3_str text)
{
	if (who.len > 4 && memcmp(who.ptr, "Extn", 4) == 0) {
		who.ptr += 4;
		who.len -= 4;
	}
	const char *colon = who.len > 0 ? memchr(who.ptr, ':', who.len) : NULL;
	if (colon)
		who.len = (uint32_t)(colon - who.ptr);
	struct dl3i_text *extension = dl3i_text_of(t, who);
	uint32_t user = extension ? dl3i_user_of(t, extension) : 0;

	dl3i_text_drop(t, extension);
	if (user)
		heard_of(t, user);
	if (user && dl3i_text_note(t, &dl3i_user_at(t, user)->cmextn, text))
		dl3i_user_tell(t, user);
}
