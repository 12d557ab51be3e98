/* SPDX-License-Identifier: MIT */
#include "tokens.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokens_parts.h"

/* Far more than a token has; what is longer is none. */
#define PRESENTED_MAX 256u

struct tokens {
	char *path;
	struct token_list list;
	struct stat read; /* as of the last attempt to read it */
};

static const char *const scopes[TOKEN_SCOPES] = { "live", "history", "files", "metrics", "admin" };

const char *token_scope_name(unsigned number)
{
	return number < TOKEN_SCOPES ? scopes[number] : NULL;
}

unsigned token_scope_of(const char *name, size_t len)
{
	for (unsigned i = 0; i < TOKEN_SCOPES; i++)
		if (strlen(scopes[i]) == len && memcmp(scopes[i], name, len) == 0)
			return 1u << i;
	return 0;
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool token_name_ok(const char *name, size_t len)
{
	if (len == 0 || len > TOKEN_NAME_MAX || !is_letter_or_digit(name[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter_or_digit(name[i]) && name[i] != '-' && name[i] != '_' && name[i] != '.')
			return false;
	return true;
}

bool token_grant_allows(const struct token_grant *grant, unsigned wanted)
{
	return (grant->scopes & wanted) == wanted;
}

bool token_grant_allows_pbx(const struct token_grant *grant, struct dl3_str pbx)
{
	for (unsigned i = 0; i < grant->pbx_count; i++)
		if (dl3_str_is(pbx, grant->pbxs[i]))
			return true;
	return grant->pbx_count == 0;
}

bool token_hash(const void *data, size_t len, uint8_t out[TOKEN_HASH_SIZE])
{
	unsigned written = 0;

	return EVP_Digest(data, len, out, &written, EVP_sha256(), NULL) == 1 && written == TOKEN_HASH_SIZE;
}

void token_hex(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool token_unhex(const char *text, uint8_t *out, size_t len)
{
	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* ---- The file ---- */

struct tokens *tokens_load(const char *path, char *error, size_t error_size)
{
	struct tokens *t = calloc(1, sizeof(*t));

	if (t)
		t->path = strdup(path);
	if (!t || !t->path) {
		snprintf(error, error_size, "%.300s: no memory to read it", path);
		tokens_free(t);
		return NULL;
	}
	if (tokens_reload(t, error, error_size))
		return t;
	tokens_free(t);
	return NULL;
}

void tokens_free(struct tokens *t)
{
	if (!t)
		return;
	token_list_free(&t->list);
	free(t->path);
	free(t);
}

bool tokens_reload(struct tokens *t, char *error, size_t error_size)
{
	struct token_list list;

	/* Taken before, so that a change while it is read makes it stale. */
	if (stat(t->path, &t->read) != 0)
		t->read = (struct stat){ 0 };
	if (!token_list_read(t->path, false, &list, NULL, error, error_size))
		return false;
	token_list_free(&t->list);
	t->list = list;
	return true;
}

bool tokens_stale(const struct tokens *t)
{
	struct stat st, none = { 0 };
	const struct stat *now = stat(t->path, &st) == 0 ? &st : &none;

	return now->st_ino != t->read.st_ino || now->st_dev != t->read.st_dev ||
	       now->st_size != t->read.st_size || now->st_mode != t->read.st_mode ||
	       now->st_mtim.tv_sec != t->read.st_mtim.tv_sec ||
	       now->st_mtim.tv_nsec != t->read.st_mtim.tv_nsec;
}

size_t tokens_count(const struct tokens *t)
{
	return t ? t->list.count : 0;
}

void tokens_each(const struct tokens *t, token_each_fn fn, void *arg)
{
	for (size_t i = 0; i < tokens_count(t); i++)
		fn(&t->list.tokens[i].grant, t->list.tokens[i].created, arg);
}

/* ---- Asking ---- */

/* All are looked at, whichever it is. */
static const struct token *find_hash(const struct tokens *t, const uint8_t hash[TOKEN_HASH_SIZE])
{
	const struct token *found = NULL;

	for (size_t i = 0; i < tokens_count(t); i++)
		if (CRYPTO_memcmp(t->list.tokens[i].grant.hash, hash, TOKEN_HASH_SIZE) == 0)
			found = &t->list.tokens[i];
	return found;
}

bool tokens_check(const struct tokens *t, struct dl3_str presented, struct token_grant *grant)
{
	uint8_t hash[TOKEN_HASH_SIZE];

	if (presented.len == 0 || presented.len > PRESENTED_MAX ||
	    !token_hash(presented.ptr, presented.len, hash))
		return false;
	const struct token *found = find_hash(t, hash);

	if (found)
		*grant = found->grant;
	return found;
}

bool tokens_renew(const struct tokens *t, struct token_grant *grant)
{
	const struct token *found = find_hash(t, grant->hash);

	if (!found || strcmp(found->grant.name, grant->name) != 0)
		return false;
	*grant = found->grant;
	return true;
}
