/* SPDX-License-Identifier: MIT */
/* Who is let in: the proxy's own users, with the memory of failures, and only while the PBX is there. */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy_parts.h"

void proxy_accounts_free(struct proxy_account *accounts, size_t count)
{
	for (size_t i = 0; accounts && i < count; i++) {
		if (accounts[i].password)
			OPENSSL_cleanse(accounts[i].password, strlen(accounts[i].password));
		free(accounts[i].password);
		free(accounts[i].name);
	}
	free(accounts);
}

static const struct proxy_account *find(const struct proxy_account *accounts, size_t count,
                                        struct dl3_str name)
{
	for (size_t i = 0; i < count; i++)
		if (dl3_str_is(name, accounts[i].name))
			return &accounts[i];
	return NULL;
}

static struct proxy_account *copy(const struct proxy_user *users, size_t count)
{
	struct proxy_account *accounts = calloc(count + 1, sizeof(*accounts));

	for (size_t i = 0; accounts && i < count; i++) {
		accounts[i].name = strdup(users[i].name);
		accounts[i].password = strdup(users[i].password);
		if (!accounts[i].name || !accounts[i].password) {
			proxy_accounts_free(accounts, count);
			return NULL;
		}
	}
	return accounts;
}

bool proxy_set_users(struct proxy *p, const struct proxy_user *users, size_t count)
{
	struct proxy_account *accounts = copy(users, count);

	if (!accounts)
		return false;
	for (struct proxy_client *c = p->clients, *next; c; c = next) {
		const struct proxy_account *before = c->account, *after;

		next = c->next;
		if (!before)
			continue;
		after = find(accounts, count, dl3_str_of(before->name));
		c->account = after;
		if (!after || strcmp(after->password, before->password) != 0)
			proxy_cut(c);
	}
	proxy_accounts_free(p->accounts, p->account_count);
	p->accounts = accounts;
	p->account_count = count;
	return true;
}

/* ---- Logging in ---- */

static void refuse(struct proxy_client *c, uint32_t result)
{
	c->proxy->counts.refused++;
	proxy_say(c, PROXY_SAID_REFUSED, "'%s' was refused: %s", c->name, dl3_auth_result_name(result));
	proxy_stream_end(c);
	c->admitted = false;
	if (dl3_server_refuse(dl3_conn_session(c->conn), result) != DL3_OK)
		proxy_cut(c);
}

/* What may go into a line of the log and into a key. */
static void keep_name(char out[PROXY_LOCK_KEY], struct dl3_str name)
{
	size_t len = name.len;

	if (len >= PROXY_LOCK_KEY)
		len = PROXY_LOCK_KEY - 1;
	for (size_t i = 0; i < len; i++)
		out[i] = (char)((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == 0x7f ? '?' : name.ptr[i]);
	out[len] = '\0';
}

static bool locked(const struct proxy_client *c)
{
	return proxy_locked(&c->proxy->locks, c->name, dl3_conn_peer(c->conn), dl3i_now_ms());
}

void proxy_login(struct proxy_client *c, struct dl3_str user)
{
	const struct proxy *p = c->proxy;
	uint8_t challenge[DL3_CHALLENGE_SIZE];

	proxy_wait_end(c);
	keep_name(c->name, user);
	c->account = find(p->accounts, p->account_count, user);
	if (locked(c)) {
		refuse(c, DL3_AUTH_RETRY_LATER);
		return;
	}
	/* Without random numbers there is no safe challenge, so nobody gets one. */
	if (RAND_bytes(challenge, sizeof(challenge)) != 1 ||
	    dl3_server_challenge(dl3_conn_session(c->conn), challenge,
	                         c->account ? c->account->password : NULL) != DL3_OK)
		proxy_cut(c);
}

static void admit(struct proxy_client *c)
{
	struct proxy *p = c->proxy;

	if (dl3_server_admit(dl3_conn_session(c->conn), p->pbx ? p->pbx : p->name, p->variant) != DL3_OK) {
		proxy_cut(c);
		return;
	}
	c->admitted = true;
	p->counts.logins++;
}

/* ---- Waiting for the PBX ---- */

void proxy_wait_end(struct proxy_client *c)
{
	if (c->patience)
		event_free(c->patience);
	c->patience = NULL;
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct proxy_client *c = arg;

	(void)fd;
	(void)what;
	proxy_wait_end(c);
	refuse(c, DL3_AUTH_RETRY_LATER);
	dl3_conn_flush(c->conn);
}

static void wait_for_pbx(struct proxy_client *c)
{
	const uint32_t ms = c->proxy->patience_ms;
	const struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		                    .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	c->patience = evtimer_new(c->proxy->base, on_patience, c);
	if (c->patience && evtimer_add(c->patience, &tv) == 0)
		return;
	proxy_wait_end(c);
	refuse(c, DL3_AUTH_RETRY_LATER);
}

void proxy_admit_waiting(struct proxy *p)
{
	for (struct proxy_client *c = p->clients, *next; c; c = next) {
		next = c->next;
		if (!c->patience)
			continue;
		proxy_wait_end(c);
		admit(c);
		dl3_conn_flush(c->conn);
	}
}

void proxy_proof(struct proxy_client *c, bool right)
{
	struct proxy *p = c->proxy;
	const char *peer = dl3_conn_peer(c->conn);

	/* Challenges may have been collected before the lock fell. */
	if (locked(c)) {
		refuse(c, DL3_AUTH_RETRY_LATER);
		return;
	}
	if (!right || !c->account) {
		p->counts.locked += proxy_lock_fail(&p->locks, c->name, peer, dl3i_now_ms());
		refuse(c, DL3_AUTH_FAILED);
		return;
	}
	proxy_lock_forgive(&p->locks, c->name, peer);
	if (p->up)
		admit(c);
	else
		wait_for_pbx(c);
}
