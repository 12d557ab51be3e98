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

uint32_t dl3i_user_of(struct dl3_tracker *t, struct dl3i_text *extension)
{
	uint32_t user = dl3i_user_find(t, dl3i_text_str(extension));

	if (user)
		return user;
	if (t->users.live >= t->config.max_users) {
		t->counts.overflow++;
		return 0;
	}
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
	return user;
}

void dl3i_user_tell(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);

	if (u->is_queued)
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
	u->ends = end;
	u->calls++;
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
	dl3i_user_look(t, user);
}

static uint32_t other_side(const struct dl3_tracker *t, uint32_t end)
{
	const struct dl3i_call *c = dl3i_call_at(t, dl3i_end_at(t, end)->call);

	return c->a == end ? c->b : c->a;
}

void dl3i_user_look(struct dl3_tracker *t, uint32_t user)
{
	struct dl3i_user *u = dl3i_user_at(t, user);
	uint8_t state = DL3_USER_IDLE;
	uint32_t best = 0;
	unsigned looked = 0;

	for (uint32_t i = u->ends; i != 0 && looked < 64; i = dl3i_end_at(t, i)->user_next, looked++) {
		uint8_t s = (uint8_t)dl3i_rules_user(dl3i_end_at(t, i));

		if (s > state) {
			state = s;
			best = i;
		}
	}
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
	if (user && dl3i_text_note(t, &dl3i_user_at(t, user)->cmextn, text))
		dl3i_user_tell(t, user);
}
