/* SPDX-License-Identifier: MIT */
/* The memory of failed logins, by user and by address. */
#include <stdio.h>
#include <string.h>

#include "proxy_parts.h"

/* An address may stand for several applications: it takes more failures than a user. */
#define ADDRESS_FACTOR 4u

static void user_key(const char *user, char *out)
{
	(void)snprintf(out, PROXY_LOCK_KEY, "u:%.70s", user);
}

static void address_key(const char *peer, char *out)
{
	const char *colon = strrchr(peer, ':');

	(void)snprintf(out, PROXY_LOCK_KEY, "a:%.*s", colon ? (int)(colon - peer) : 70, peer);
}

static const struct proxy_lock *find(const struct proxy_locks *l, const char *key)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->list[i].key, key) == 0)
			return &l->list[i];
	return NULL;
}

static struct proxy_lock *find_own(struct proxy_locks *l, const char *key)
{
	const struct proxy_lock *found = find(l, key);

	return found ? &l->list[found - l->list] : NULL;
}

/* The one that failed longest ago gives way; a locked one only when all are. */
static struct proxy_lock *take(struct proxy_locks *l, uint64_t now)
{
	struct proxy_lock *oldest = &l->list[0];

	if (l->count < PROXY_LOCKS)
		return &l->list[l->count++];
	for (size_t i = 1; i < l->count; i++) {
		struct proxy_lock *k = &l->list[i];
		const bool locked = k->until > now, was = oldest->until > now;

		if ((was && !locked) || (was == locked && k->used < oldest->used))
			oldest = k;
	}
	return oldest;
}

static bool is_locked(const struct proxy_locks *l, const char *key, uint64_t now)
{
	const struct proxy_lock *k = find(l, key);

	return k && k->until > now;
}

bool proxy_locked(const struct proxy_locks *l, const char *user, const char *peer, uint64_t now)
{
	char by_user[PROXY_LOCK_KEY], by_address[PROXY_LOCK_KEY];

	user_key(user, by_user);
	address_key(peer, by_address);
	return is_locked(l, by_user, now) || is_locked(l, by_address, now);
}

/* Failures are forgotten as slowly as a lock lasts: guesses further apart than that are no attack that it
 * could stop. */
static unsigned fail(struct proxy_locks *l, const char *key, uint32_t limit, uint64_t now)
{
	struct proxy_lock *k = find_own(l, key);

	if (!k) {
		k = take(l, now);
		*k = (struct proxy_lock){ 0 };
		memcpy(k->key, key, strlen(key) + 1);
	}
	if (now - k->used > l->for_ms)
		k->failures = 0;
	k->used = now;
	if (++k->failures < limit)
		return 0;
	k->failures = 0;
	k->until = now + l->for_ms;
	return 1;
}

unsigned proxy_lock_fail(struct proxy_locks *l, const char *user, const char *peer, uint64_t now)
{
	char key[PROXY_LOCK_KEY];
	unsigned locked;

	user_key(user, key);
	locked = fail(l, key, l->failures, now);
	address_key(peer, key);
	return locked + fail(l, key, l->failures * ADDRESS_FACTOR, now);
}

static void forgive(struct proxy_locks *l, const char *key)
{
	struct proxy_lock *k = find_own(l, key);

	if (k)
		k->failures = 0;
}

void proxy_lock_forgive(struct proxy_locks *l, const char *user, const char *peer)
{
	char key[PROXY_LOCK_KEY];

	user_key(user, key);
	forgive(l, key);
	address_key(peer, key);
	forgive(l, key);
}
