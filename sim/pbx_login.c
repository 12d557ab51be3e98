/* SPDX-License-Identifier: MIT */
/* Who may log in: rights, licences, limits, and the memory of failures. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pbx_parts.h"

/* An address may stand for several applications: it takes more failures than a user. */
#define ADDRESS_FACTOR 4u

/* ---- Failures ---- */

static struct sim_lock *find_lock(struct sim_pbx *p, const char *key)
{
	for (size_t i = 0; i < p->lock_count; i++)
		if (strcmp(p->locks[i].key, key) == 0)
			return &p->locks[i];
	return NULL;
}

static bool widen(struct sim_pbx *p)
{
	size_t cap = p->lock_cap > 0 ? p->lock_cap * 2 : 8;
	struct sim_lock *locks = cap <= SIM_LOCKS ? realloc(p->locks, cap * sizeof(*locks)) : NULL;

	if (!locks)
		return false;
	p->locks = locks;
	p->lock_cap = cap;
	return true;
}

/* The one that was used least lately gives way: a locked one only when all are. */
static struct sim_lock *take_lock(struct sim_pbx *p)
{
	struct sim_lock *oldest = NULL;

	if (p->lock_count < p->lock_cap || widen(p))
		return &p->locks[p->lock_count++];
	for (size_t i = 0; i < p->lock_count; i++) {
		struct sim_lock *l = &p->locks[i];
		bool locked = l->until > p->clock->now, was = oldest && oldest->until > p->clock->now;

		if (!oldest || (was && !locked) || (was == locked && l->used < oldest->used))
			oldest = l;
	}
	return oldest;
}

static struct sim_lock *new_lock(struct sim_pbx *p, const char *key)
{
	struct sim_lock *l = take_lock(p);

	if (!l)
		return NULL;
	*l = (struct sim_lock){ 0 };
	memcpy(l->key, key, strlen(key) + 1);
	return l;
}

static void user_key(const char *name, char *out)
{
	snprintf(out, SIM_LOCK_KEY, "u:%.60s", name);
}

static void address_key(const struct sim_client *c, char *out)
{
	const char *colon = strrchr(c->c.peer, ':');

	snprintf(out, SIM_LOCK_KEY, "a:%.*s", colon ? (int)(colon - c->c.peer) : 60, c->c.peer);
}

static bool is_locked(struct sim_pbx *p, const char *key)
{
	const struct sim_lock *l = find_lock(p, key);

	return l && l->until > p->clock->now;
}

/* The user or the address. */
static bool locked_out(const struct sim_client *c)
{
	char user[SIM_LOCK_KEY], address[SIM_LOCK_KEY];

	user_key(c->name, user);
	address_key(c, address);
	return is_locked(c->pbx, user) || is_locked(c->pbx, address);
}

static void fail(struct sim_pbx *p, const char *key, uint32_t limit)
{
	struct sim_lock *l = find_lock(p, key);
	const struct sim_security *s = &p->world->security;

	if (!l)
		l = new_lock(p, key);
	if (!l)
		return;
	l->used = p->clock->now;
	if (limit == 0 || ++l->failures < limit)
		return;
	l->failures = 0;
	l->until = p->clock->now + (uint64_t)s->lockout_s * 1000;
	p->counts.lockouts++;
}

static void forgive(struct sim_pbx *p, const char *key)
{
	struct sim_lock *l = find_lock(p, key);

	if (l)
		l->failures = 0;
}

void sim_pbx_lock_out(struct sim_pbx *p, const char *user, uint64_t for_ms)
{
	char key[SIM_LOCK_KEY];

	user_key(user, key);
	struct sim_lock *l = find_lock(p, key);

	if (!l)
		l = new_lock(p, key);
	if (!l)
		return;
	l->until = p->clock->now + for_ms;
	l->used = p->clock->now;
}

/* ---- Logging in ---- */

static void refuse(struct sim_client *c, uint32_t result)
{
	c->pbx->counts.refusals++;
	sim_pbx_log(c, SIM_LOG_REFUSED, "refused: %s", dl3_auth_result_name(result));
	sim_pbx_dead(c);
	if (dl3_server_refuse(c->c.session, result) != DL3_OK)
		sim_pbx_give_up(c, "it could not be refused");
}

static const struct sim_service_user *find_user(const struct sim_world *w, struct dl3_str name)
{
	for (size_t i = 0; i < w->service_user_count; i++)
		if (dl3_str_is(name, w->service_users[i].name))
			return &w->service_users[i];
	return NULL;
}

static bool random_challenge(const struct sim_pbx *p, uint8_t out[DL3_CHALLENGE_SIZE])
{
	if (!p->config.challenge)
		return RAND_bytes(out, DL3_CHALLENGE_SIZE) == 1;
	p->config.challenge(out, p->config.arg);
	return true;
}

static void challenge(struct sim_client *c)
{
	const struct sim_world *w = c->pbx->world;
	const char *password = c->user ? c->user->password : NULL;
	uint8_t octets[DL3_CHALLENGE_SIZE];
	enum dl3_err err = DL3_ERR_CRYPTO;

	if (w->security.plain && c->c.encrypted)
		err = dl3_server_challenge_plain(c->c.session, password);
	else if (random_challenge(c->pbx, octets))
		err = dl3_server_challenge(c->c.session, octets, password);
	if (err != DL3_OK)
		sim_pbx_give_up(c, "it could not be challenged");
}

void sim_pbx_login(struct sim_client *c, const struct dl3_event *ev)
{
	struct sim_pbx *p = c->pbx;
	struct dl3_str name = ev->u.login.user;

	snprintf(c->name, sizeof(c->name), "%.*s", name.len < 60 ? (int)name.len : 60, name.ptr ? name.ptr : "");
	c->user = find_user(p->world, name);
	if (p->refuse_until > p->clock->now)
		refuse(c, p->refusal);
	else if (locked_out(c))
		refuse(c, DL3_AUTH_RETRY_LATER);
	else
		challenge(c);
}

/* Connections to the same system that have been let in: the limit is of each system. */
static uint64_t admitted(const struct sim_client *me)
{
	uint64_t count = 0;

	for (const struct sim_client *c = me->pbx->clients; c; c = c->next)
		count += c != me && c->admitted && c->node == me->node;
	return count;
}

static void fail_login(struct sim_client *c)
{
	struct sim_pbx *p = c->pbx;
	uint32_t limit = p->world->security.lockout_failures;
	char key[SIM_LOCK_KEY];

	user_key(c->name, key);
	fail(p, key, limit);
	address_key(c, key);
	fail(p, key, limit * ADDRESS_FACTOR);
	refuse(c, DL3_AUTH_FAILED);
}

static void admit(struct sim_client *c)
{
	struct sim_pbx *p = c->pbx;
	const struct sim_node *n = &p->world->nodes[c->node];
	char key[SIM_LOCK_KEY];

	user_key(c->name, key);
	forgive(p, key);
	address_key(c, key);
	forgive(p, key);
	if (dl3_server_admit(c->c.session, n->version, n->variant) != DL3_OK) {
		sim_pbx_give_up(c, "it could not be admitted");
		return;
	}
	c->admitted = true;
	p->counts.logins++;
}

void sim_pbx_proof(struct sim_client *c, const struct dl3_event *ev)
{
	struct sim_pbx *p = c->pbx;
	const struct sim_security *s = &p->world->security;

	/* Challenges may have been collected before the lock fell. */
	if (locked_out(c))
		refuse(c, DL3_AUTH_RETRY_LATER);
	else if (!ev->u.proof.right || !c->user || !c->user->enabled || !c->user->devlink3)
		fail_login(c);
	else if (p->world->nodes[c->node].cti_licences == 0)
		refuse(c, DL3_AUTH_LICENCE_MISSING);
	else if (s->limit == SIM_LIMIT_CONNECTIONS && admitted(c) >= s->monitors)
		refuse(c, DL3_AUTH_LIMITS_EXCEEDED);
	else
		admit(c);
}
