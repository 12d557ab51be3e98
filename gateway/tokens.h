/* SPDX-License-Identifier: MIT */
/*
 * Who may use the gateway: a file of tokens, each with what it allows. A token is 256 random bits and is shown
 * once; the file has its SHA-256. That is enough: nobody finds 256 random bits by trying, which is what slow hashes of
 * passwords are against.
 *
 * The file is YAML, made by `devlink3 token` (docs/tools.md):
 *
 *     tokens:
 *       - name: wallboard
 *         scopes: [live, history]
 *         pbxs: [main]
 *         hash: sha256:2f0a...
 *         created: 2026-11-23T17:41:27Z
 */
#ifndef GATEWAY_TOKENS_H
#define GATEWAY_TOKENS_H

#include <devlink3/base.h>

#define TOKENS_MAX 1000u
#define TOKEN_NAME_MAX 32u
#define TOKEN_PBXS_MAX 32u
/* "dl3_" and 43 characters of base64url, with the NUL. */
#define TOKEN_TEXT_SIZE 48u
#define TOKEN_HASH_SIZE 32u
#define TOKENS_ERROR_SIZE 512u

enum token_scope {
	TOKEN_LIVE = 1 << 0,    /* streams, calls, users, groups, links */
	TOKEN_HISTORY = 1 << 1, /* what the store has */
	TOKEN_FILES = 1 << 2,   /* pseudo-files of the PBXs: names, directory, licences */
	TOKEN_METRICS = 1 << 3,
	TOKEN_ADMIN = 1 << 4, /* what changes the gateway; contains none of the others */
};
#define TOKEN_SCOPES 5u
/* "live", ...; NULL past the last. By number from 0, not by bit. */
const char *token_scope_name(unsigned number);
/* @return 0 when there is none of that name. */
unsigned token_scope_of(const char *name, size_t len);

/* What a token allows; a copy, which outlives the tokens. */
struct token_grant {
	char name[TOKEN_NAME_MAX + 1];
	uint8_t hash[TOKEN_HASH_SIZE];
	unsigned scopes;
	unsigned pbx_count; /* 0: all PBXs */
	char pbxs[TOKEN_PBXS_MAX][TOKEN_NAME_MAX + 1];
};
/* Whether it allows all of `scopes`. */
bool token_grant_allows(const struct token_grant *grant, unsigned scopes);
bool token_grant_allows_pbx(const struct token_grant *grant, struct dl3_str pbx);

struct tokens;

/* @return NULL with one line in `error`, PATH:LINE:COLUMN where that says anything. A file that others may
 * read, or change, is an error. */
struct tokens *tokens_load(const char *path, char *error, size_t error_size);
/* NULL is allowed. */
void tokens_free(struct tokens *t);
/* Reads the file again. @return false with an error: then the tokens are those of before. */
bool tokens_reload(struct tokens *t, char *error, size_t error_size);
/* Whether the file is another than was read last, or than was last tried: by its time, size and number. Cheap
 * enough for every few seconds. */
bool tokens_stale(const struct tokens *t);
/* May be 0. NULL is allowed. */
size_t tokens_count(const struct tokens *t);

/* Whether it is one of them. It takes the same time however much of a token is right and whichever it is. */
bool tokens_check(const struct tokens *t, struct dl3_str presented, struct token_grant *grant);
/* Whether that token is still there, after a reload; its grant is then what it is now. For streams that go on. */
bool tokens_renew(const struct tokens *t, struct token_grant *grant);

/* ---- Sessions of the page ----
 *
 * What a login gives is a cookie that needs no table: until when it holds, which token it came from, and an
 * HMAC-SHA-256 of that with a key in the state's folder. So it survives a restart of the gateway, which a
 * wallboard on a wall that nobody logs in again must, and costs no memory. It holds no longer than its token:
 * each check looks for it. A logout can only have the browser forget it; to end all, delete the key's file and
 * restart. */

struct token_sessions;

/* Octets of a cookie's value with its NUL; of letters, digits, '.', '-' and '_'. */
#define TOKEN_SESSION_SIZE (16 + 16 + 64 + TOKEN_NAME_MAX + 1)
/* A cookie holds so long; the page logs in again then. */
#define TOKEN_SESSION_S INT64_C(2592000) /* 30 days */
#define TOKEN_SESSION_KEY "session.key"

/* The key is read from the folder, or made there; with NULL it is in memory alone. @return NULL with an error. */
struct token_sessions *token_sessions_new(const char *state, char *error, size_t error_size);
/* Wipes the key. NULL is allowed. */
void token_sessions_free(struct token_sessions *s);
/* Times are Unix seconds. @return false when the cookie cannot be made. */
bool token_session_new(const struct token_sessions *s, const struct token_grant *grant, int64_t now,
                       int64_t expires, char out[TOKEN_SESSION_SIZE]);
/* Whether that is a cookie of ours which still holds, of a token that is still there. */
bool token_session_check(const struct token_sessions *s, const struct tokens *t, struct dl3_str cookie,
                         int64_t now, struct token_grant *grant);

/* ---- Changing the file: of `devlink3 token` ---- */

struct token_wish {
	const char *name;
	unsigned scopes;
	const char *const *pbxs;
	size_t pbx_count;
	int64_t created; /* Unix seconds */
};
/* Whether that can be the name of a token or of a PBX: small letters and digits, behind the first
 * one also '-', '_' and '.'; at most TOKEN_NAME_MAX. */
bool token_name_ok(const char *name, size_t len);

/* Adds one, to a file that need not be there yet, and gives what is to be presented. The file is replaced as a
 * whole or not at all. @return false with an error. */
bool token_file_add(const char *path, const struct token_wish *wish, char token[TOKEN_TEXT_SIZE], char *error,
                    size_t error_size);
bool token_file_remove(const char *path, const char *name, char *error, size_t error_size);
/* Each, in the file's order. `created` is as it stands there. */
typedef void (*token_each_fn)(const struct token_grant *grant, const char *created, void *arg);
void tokens_each(const struct tokens *t, token_each_fn fn, void *arg);

#endif
