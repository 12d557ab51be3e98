/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/out.h"
#include "secret_file.h"
#include "tokens_parts.h"

#define PREFIX "dl3_"
/* Another `devlink3 token` is done long before. */
#define LOCK_MS 5000u
#define LOCK_STEP_MS 50u

static const char preamble[] =
	"# Tokens of the gateway, as `devlink3 token` writes them: comments do not stay.\n";

static bool fail(char *error, size_t size, const char *path, const char *what)
{
	snprintf(error, size, "%.300s: %s", path, what);
	return false;
}

/* ---- One at a time ---- */

/* The folder is what is locked: the file itself is another one afterwards. @return -1 with an error. */
static int lock_folder(const char *path, char *error, size_t error_size)
{
	static const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int n = snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1,
	                 slash ? path : ".");
	int fd = n > 0 && (size_t)n < sizeof(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0) {
		fail(error, error_size, path, strerror(errno));
		return -1;
	}
	for (unsigned waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK || waited >= LOCK_MS) {
			fail(error, error_size, path,
			     errno == EWOULDBLOCK ? "somebody else is changing it" : strerror(errno));
			close(fd);
			return -1;
		}
		nanosleep(&step, NULL);
	}
	return fd;
}

/* ---- Writing ---- */

static void put_token(struct dl3i_out *o, const struct token *t)
{
	char hex[2 * TOKEN_HASH_SIZE + 1];
	const char *comma = "";

	dl3i_put_z(o, "  - name: \"");
	dl3i_put_z(o, t->grant.name);
	dl3i_put_z(o, "\"\n    scopes: [");
	for (unsigned i = 0; i < TOKEN_SCOPES; i++) {
		if (!(t->grant.scopes & 1u << i))
			continue;
		dl3i_put_z(o, comma);
		dl3i_put_z(o, token_scope_name(i));
		comma = ", ";
	}
	dl3i_put_z(o, "]\n");
	for (unsigned i = 0; i < t->grant.pbx_count; i++) {
		dl3i_put_z(o, i == 0 ? "    pbxs: [\"" : ", \"");
		dl3i_put_z(o, t->grant.pbxs[i]);
		dl3i_put_z(o, i + 1 == t->grant.pbx_count ? "\"]\n" : "\"");
	}
	token_hex(t->grant.hash, TOKEN_HASH_SIZE, hex);
	dl3i_put_z(o, "    hash: sha256:");
	dl3i_put_z(o, hex);
	dl3i_put_z(o, "\n    created: ");
	dl3i_put_z(o, t->created);
	dl3i_put_z(o, "\n");
}

static bool write_list(const char *path, const struct token_list *list, char *error, size_t error_size)
{
	char *text = malloc(TOKENS_FILE_MAX);
	struct dl3i_out o = dl3i_out_to(text, TOKENS_FILE_MAX);

	if (!text)
		return fail(error, error_size, path, "no memory to write it");
	dl3i_put_z(&o, preamble);
	dl3i_put_z(&o, list->count > 0 ? "tokens:\n" : "tokens: []\n");
	for (size_t i = 0; i < list->count; i++)
		put_token(&o, &list->tokens[i]);
	bool ok = dl3i_out_err(&o) == DL3_OK ? secret_file_write(path, text, o.len, error, error_size)
	                                     : fail(error, error_size, path, "it would be too long");

	free(text);
	return ok;
}

/* ---- Adding ---- */

/* base64url without padding: nothing in it needs quoting anywhere. */
static bool make_token(char token[TOKEN_TEXT_SIZE])
{
	unsigned char random[TOKEN_HASH_SIZE], text[48];
	bool ok = RAND_priv_bytes(random, sizeof(random)) == 1;

	if (ok) {
		EVP_EncodeBlock(text, random, sizeof(random));
		for (size_t i = 0; i < 43; i++)
			text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
		snprintf(token, TOKEN_TEXT_SIZE, PREFIX "%.43s", (const char *)text);
	}
	OPENSSL_cleanse(random, sizeof(random));
	OPENSSL_cleanse(text, sizeof(text));
	return ok;
}

static bool fill(struct token *t, const struct token_wish *wish, const char *token)
{
	time_t when = (time_t)wish->created;
	struct tm tm;

	*t = (struct token){ .grant = { .scopes = wish->scopes } };
	snprintf(t->grant.name, sizeof(t->grant.name), "%s", wish->name);
	for (size_t i = 0; i < wish->pbx_count; i++)
		snprintf(t->grant.pbxs[t->grant.pbx_count++], TOKEN_NAME_MAX + 1, "%s", wish->pbxs[i]);
	return gmtime_r(&when, &tm) &&
	       strftime(t->created, sizeof(t->created), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0 &&
	       token_hash(token, strlen(token), t->grant.hash);
}

static size_t find_name(const struct token_list *list, const char *name)
{
	size_t i = 0;

	while (i < list->count && strcmp(list->tokens[i].grant.name, name) != 0)
		i++;
	return i;
}

static bool add_to(struct token_list *list, const struct token_wish *wish, char token[TOKEN_TEXT_SIZE])
{
	struct token *more = realloc(list->tokens, (list->count + 1) * sizeof(*more));

	if (!more)
		return false;
	list->tokens = more;
	if (!make_token(token) || !fill(&more[list->count], wish, token))
		return false;
	list->count++;
	return true;
}

static bool check_wish(const char *path, const struct token_wish *wish, char *error, size_t error_size)
{
	bool names = token_name_ok(wish->name, strlen(wish->name));

	for (size_t i = 0; i < wish->pbx_count; i++)
		names = names && token_name_ok(wish->pbxs[i], strlen(wish->pbxs[i]));
	if (!names)
		return fail(error, error_size, path, "the name cannot be one");
	if (wish->pbx_count > TOKEN_PBXS_MAX)
		return fail(error, error_size, path, "too many PBXs for one token");
	return true;
}

static bool add_unless_taken(const char *path, struct token_list *list, const struct token_wish *wish,
                             char token[TOKEN_TEXT_SIZE], char *error, size_t error_size)
{
	if (find_name(list, wish->name) < list->count) {
		snprintf(error, error_size, "%.300s: there is a token \"%s\" already: remove it first", path,
		         wish->name);
		return false;
	}
	if (list->count >= TOKENS_MAX)
		return fail(error, error_size, path, "there are too many tokens in it");
	if (!add_to(list, wish, token))
		return fail(error, error_size, path, "no random numbers or no memory for a token");
	return write_list(path, list, error, error_size);
}

bool token_file_add(const char *path, const struct token_wish *wish, char token[TOKEN_TEXT_SIZE], char *error,
                    size_t error_size)
{
	struct token_list list = { NULL, 0 };

	if (!check_wish(path, wish, error, error_size))
		return false;
	int lock = lock_folder(path, error, error_size);

	if (lock < 0)
		return false;
	bool ok = token_list_read(path, true, &list, NULL, error, error_size) &&
	          add_unless_taken(path, &list, wish, token, error, error_size);

	if (!ok)
		OPENSSL_cleanse(token, TOKEN_TEXT_SIZE);
	token_list_free(&list);
	close(lock);
	return ok;
}

/* ---- Removing ---- */

static bool remove_from(const char *path, struct token_list *list, const char *name, char *error,
                        size_t error_size)
{
	size_t i = find_name(list, name);

	if (i == list->count) {
		snprintf(error, error_size, "%.300s: there is no token \"%.40s\"", path, name);
		return false;
	}
	list->count--;
	memmove(&list->tokens[i], &list->tokens[i + 1], (list->count - i) * sizeof(*list->tokens));
	return write_list(path, list, error, error_size);
}

bool token_file_remove(const char *path, const char *name, char *error, size_t error_size)
{
	struct token_list list;
	int lock = lock_folder(path, error, error_size);

	if (lock < 0)
		return false;
	bool ok = token_list_read(path, false, &list, NULL, error, error_size) &&
	          remove_from(path, &list, name, error, error_size);

	token_list_free(&list);
	close(lock);
	return ok;
}
