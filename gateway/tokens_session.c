/* SPDX-License-Identifier: MIT */
/* Cookies: until when (16 hexadecimal digits), the first octets of the token's hash (16), the HMAC of all the rest
 * (64), the token's name. */
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret_file.h"
#include "tokens_parts.h"

/* Octets, and the digits of those that are written. */
#define KEY_SIZE 32u
#define KEY_DIGITS ((size_t)2 * KEY_SIZE)
#define TIME_DIGITS 16u
#define HASH_OCTETS 8u
#define HASH_DIGITS ((size_t)2 * HASH_OCTETS)
#define MAC_OCTETS 32u
#define MAC_DIGITS ((size_t)2 * MAC_OCTETS)
#define MAC_AT (TIME_DIGITS + HASH_DIGITS)
#define NAME_AT (MAC_AT + MAC_DIGITS)
/* Should the key ever serve another purpose, neither can be taken for the other. */
#define PURPOSE "devlink3 session 1"

struct token_sessions {
	uint8_t key[KEY_SIZE];
};

/* ---- The key ---- */

static bool read_key(struct token_sessions *s, const char *path, char *error, size_t error_size)
{
	char text[KEY_DIGITS + 2];
	size_t len;

	if (!secret_file_read(path, text, sizeof(text) - 1, &len, NULL, error, error_size))
		return false;
	text[len > 0 && text[len - 1] == '\n' ? len - 1 : len] = '\0';
	bool ok = token_unhex(text, s->key, KEY_SIZE);

	if (!ok)
		snprintf(error, error_size,
		         "%.300s: expected 64 small hexadecimal digits: delete it, and it is made anew",
		         path);
	OPENSSL_cleanse(text, sizeof(text));
	return ok;
}

static bool make_key(struct token_sessions *s, const char *path, char *error, size_t error_size)
{
	char text[KEY_DIGITS + 1];

	if (RAND_priv_bytes(s->key, KEY_SIZE) != 1) {
		snprintf(error, error_size, "no random numbers for a key of sessions");
		return false;
	}
	if (!path)
		return true;
	token_hex(s->key, KEY_SIZE, text);
	text[KEY_DIGITS] = '\n';
	bool ok = secret_file_write(path, text, sizeof(text), error, error_size);

	OPENSSL_cleanse(text, sizeof(text));
	return ok;
}

static bool get_key(struct token_sessions *s, const char *state, char *error, size_t error_size)
{
	char path[PATH_MAX];
	struct stat st;

	if (!state)
		return make_key(s, NULL, error, error_size);
	int n = snprintf(path, sizeof(path), "%s/" TOKEN_SESSION_KEY, state);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		snprintf(error, error_size, "%.300s: %s", state, strerror(ENAMETOOLONG));
		return false;
	}
	if (stat(path, &st) != 0 && errno == ENOENT)
		return make_key(s, path, error, error_size);
	return read_key(s, path, error, error_size);
}

struct token_sessions *token_sessions_new(const char *state, char *error, size_t error_size)
{
	struct token_sessions *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	if (get_key(s, state, error, error_size))
		return s;
	token_sessions_free(s);
	return NULL;
}

void token_sessions_free(struct token_sessions *s)
{
	if (s)
		OPENSSL_cleanse(s, sizeof(*s));
	free(s);
}

/* ---- Cookies ---- */

static bool make_mac(const struct token_sessions *s, const char *head, const char *name,
                     uint8_t out[MAC_OCTETS])
{
	char text[sizeof(PURPOSE) + MAC_AT + TOKEN_NAME_MAX + 1];
	unsigned len = 0;
	int n = snprintf(text, sizeof(text), PURPOSE " %.*s%s", (int)MAC_AT, head, name);

	return n > 0 && (size_t)n < sizeof(text) &&
	       HMAC(EVP_sha256(), s->key, KEY_SIZE, (const uint8_t *)text, (size_t)n, out, &len) &&
	       len == MAC_OCTETS;
}

bool token_session_new(const struct token_sessions *s, const struct token_grant *grant, int64_t now,
                       int64_t expires, char out[TOKEN_SESSION_SIZE])
{
	uint8_t mac[MAC_OCTETS];

	if (expires <= now || !token_name_ok(grant->name, strlen(grant->name)))
		return false;
	snprintf(out, TIME_DIGITS + 1, "%016jx", (uintmax_t)expires);
	token_hex(grant->hash, HASH_OCTETS, out + TIME_DIGITS);
	if (!make_mac(s, out, grant->name, mac))
		return false;
	token_hex(mac, MAC_OCTETS, out + MAC_AT);
	memcpy(out + NAME_AT, grant->name, strlen(grant->name) + 1);
	return true;
}

struct search {
	const char *name;
	uint8_t hash[HASH_OCTETS];
	struct token_grant *grant;
	bool found;
};

static void compare(const struct token_grant *grant, const char *created, void *arg)
{
	struct search *look = arg;

	(void)created;
	if (strcmp(grant->name, look->name) != 0 || CRYPTO_memcmp(grant->hash, look->hash, HASH_OCTETS) != 0)
		return;
	*look->grant = *grant;
	look->found = true;
}

static bool is_ours(const struct token_sessions *s, const char *text)
{
	uint8_t mac[MAC_OCTETS];
	char hex[MAC_DIGITS + 1];

	if (!make_mac(s, text, text + NAME_AT, mac))
		return false;
	token_hex(mac, MAC_OCTETS, hex);
	return CRYPTO_memcmp(hex, text + MAC_AT, MAC_DIGITS) == 0;
}

bool token_session_check(const struct token_sessions *s, const struct tokens *t, struct dl3_str cookie,
                         int64_t now, struct token_grant *grant)
{
	char text[TOKEN_SESSION_SIZE], hash[HASH_DIGITS + 1], expires[TIME_DIGITS + 1];
	struct search look = { .name = text + NAME_AT, .grant = grant };

	if (cookie.len <= NAME_AT || cookie.len >= sizeof(text) || memchr(cookie.ptr, '\0', cookie.len))
		return false;
	memcpy(text, cookie.ptr, cookie.len);
	text[cookie.len] = '\0';
	/* What is ours has the form that it was given. */
	if (!is_ours(s, text))
		return false;
	snprintf(hash, sizeof(hash), "%.*s", (int)HASH_DIGITS, text + TIME_DIGITS);
	snprintf(expires, sizeof(expires), "%.*s", (int)TIME_DIGITS, text);
	if (!token_unhex(hash, look.hash, HASH_OCTETS) || now >= strtoll(expires, NULL, 16))
		return false;
	tokens_each(t, compare, &look);
	return look.found;
}
