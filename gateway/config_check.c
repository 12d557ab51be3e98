/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_parts.h"
#include "net/address.h"
#include "secret_file.h"
#include "tokens.h"

bool gateway_is_address(const char *address)
{
	struct dl3i_address at = { 0 };

	return dl3i_address_parse(address, &at);
}

bool gateway_is_loopback(const char *address)
{
	struct dl3i_address at = { 0 };
	const struct sockaddr_in *four = (const struct sockaddr_in *)&at.sa;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&at.sa;

	if (!dl3i_address_parse(address, &at))
		return false;
	if (((const struct sockaddr *)&at.sa)->sa_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

/* ---- Passwords ---- */

void gateway_password_wipe(struct gateway_password *password)
{
	explicit_bzero(password, sizeof(*password));
}

static bool from_file(const struct gateway_config *config, const struct config_secret *secret,
                      struct gateway_password *password, struct config_error *error)
{
	char why[CONFIG_ERROR_SIZE];
	size_t len;

	if (!secret_file_read(secret->file, password->text, sizeof(password->text) - 1, &len, NULL, why,
	                      sizeof(why)))
		return config_fail(config, &secret->place, error, "password_file: %s", why);
	if (len > 0 && password->text[len - 1] == '\n')
		len--;
	if (len > 0 && password->text[len - 1] == '\r')
		len--;
	password->text[len] = '\0';
	if (len == 0)
		return config_fail(config, &secret->place, error,
		                   "password_file: %.300s: expected a password, came nothing", secret->file);
	if (strlen(password->text) != len || strpbrk(password->text, "\r\n"))
		return config_fail(config, &secret->place, error,
		                   "password_file: %.300s: expected a password on one line and nothing else",
		                   secret->file);
	return true;
}

static bool from_environment(const struct gateway_config *config, const struct config_secret *secret,
                             struct gateway_password *password, struct config_error *error)
{
	const char *value = getenv(secret->env);

	if (!value || !*value)
		return config_fail(config, &secret->place, error,
		                   "expected a password in the environment's %.100s, which is %s",
		                   secret->env, value ? "empty" : "not there");
	if (strlen(value) >= sizeof(password->text))
		return config_fail(config, &secret->place, error, "%.100s is longer than any password",
		                   secret->env);
	memcpy(password->text, value, strlen(value) + 1);
	return true;
}

bool gateway_password_get(const struct gateway_config *config, const struct config_secret *secret,
                          struct gateway_password *password, struct config_error *error)
{
	bool ok;

	gateway_password_wipe(password);
	if (secret->file)
		ok = from_file(config, secret, password, error);
	else if (secret->env)
		ok = from_environment(config, secret, password, error);
	else
		ok = config_fail(config, &secret->place, error,
		                 "expected password_file or password_env, came neither");
	if (!ok)
		gateway_password_wipe(password);
	return ok;
}

static bool check_password(const struct gateway_config *config, const struct config_secret *secret,
                           struct config_error *error)
{
	struct gateway_password password;
	bool ok = gateway_password_get(config, secret, &password, error);

	gateway_password_wipe(&password);
	return ok;
}

/* ---- Files ---- */

static bool check_readable(const struct gateway_config *config, const struct config_place *place,
                           const char *key, const char *path, struct config_error *error)
{
	struct stat st;

	if (!path)
		return true;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return config_fail(config, place, error,
		                   "%s: %.300s: expected a file, came a folder or a device", key, path);
	return access(path, R_OK) == 0 ||
	       config_fail(config, place, error, "%s: %.300s: %s", key, path, strerror(errno));
}

static bool check_pbx(const struct gateway_config *config, const struct config_pbx *pbx,
                      struct config_error *error)
{
	return check_password(config, &pbx->password, error) &&
	       check_readable(config, &pbx->place, "ca_file", pbx->tls.ca_file, error) &&
	       check_readable(config, &pbx->place, "certificate", pbx->tls.certificate, error) &&
	       check_readable(config, &pbx->place, "key", pbx->tls.key, error);
}

/* As it will be used: also that the key is the certificate's. */
static bool check_certificate(const struct gateway_config *config, const struct config_listen *l,
                              struct config_error *error)
{
	char why[CONFIG_ERROR_SIZE];
	struct dl3_tls *tls = dl3_tls_server_new(&l->tls, l->address, why, sizeof(why));

	if (!tls)
		return config_fail(config, &l->place, error, "%s", why);
	dl3_tls_free(tls);
	return true;
}

/* ---- Where it listens ---- */

static bool check_listen(const struct gateway_config *config, const struct config_listen *l,
                         const char *clear, struct config_error *error)
{
	if (!l->encrypted && !l->allow_insecure && !gateway_is_loopback(l->address))
		return config_fail(config, &l->place, error,
		                   "%s: others than this machine reach it: expected tls: { certificate: "
		                   "FILE, key: FILE }, "
		                   "or allow_insecure: true %s",
		                   l->address, clear);
	return !l->encrypted || check_certificate(config, l, error);
}

static bool check_listens(const struct gateway_config *config, size_t tokens, struct config_error *error)
{
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct config_listen *l = &config->listen[i];

		if (!check_listen(config, l, "where a proxy in front of it does TLS", error))
			return false;
		if (tokens == 0 && !gateway_is_loopback(l->address))
			return config_fail(config, &l->place, error,
			                   "%s: others than this machine reach it: expected tokens_file with "
			                   "at least one "
			                   "token: devlink3 token add NAME --file FILE makes it",
			                   l->address);
	}
	for (size_t i = 0; i < config->proxy.listen_count; i++)
		if (!check_listen(config, &config->proxy.listen[i], "where the applications have no TLS",
		                  error))
			return false;
	return true;
}

static bool check_proxy(const struct gateway_config *config, struct config_error *error)
{
	for (size_t i = 0; i < config->proxy.user_count; i++)
		if (!check_password(config, &config->proxy.users[i].password, error))
			return false;
	return true;
}

static bool count_tokens(const struct gateway_config *config, size_t *count, struct config_error *error)
{
	char why[TOKENS_ERROR_SIZE];

	*count = 0;
	if (!config->tokens_file)
		return true;
	struct tokens *t = tokens_load(config->tokens_file, why, sizeof(why));

	if (!t)
		return config_fail(config, NULL, error, "tokens_file: %s", why);
	*count = tokens_count(t);
	tokens_free(t);
	return true;
}

/* ---- The state ---- */

/* What is there of a folder's way, and whether the rest can be made. */
static bool can_be_made(const char *path)
{
	char above[PATH_MAX];

	snprintf(above, sizeof(above), "%s", path);
	while (access(above, F_OK) != 0) {
		if (errno != ENOENT)
			return false;
		char *slash = strrchr(above, '/');

		if (!slash)
			return access(".", W_OK) == 0;
		slash[slash == above ? 1 : 0] = '\0';
	}
	return access(above, W_OK | X_OK) == 0;
}

/* Others have no business with what calls were made. */
static bool make_folder(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return mkdir(part, 0700) == 0 || errno == EEXIST;
}

static bool check_state(const struct gateway_config *config, bool make, struct config_error *error)
{
	const char *path = config->state;
	struct stat st;
	bool is = strlen(path) < PATH_MAX && stat(path, &st) == 0;

	if (!is && !(make ? make_folder(path) : can_be_made(path)))
		return config_fail(config, NULL, error, "state: %.300s cannot be made: %s", path,
		                   strerror(errno));
	if (is && !S_ISDIR(st.st_mode))
		return config_fail(config, NULL, error, "state: %.300s: expected a folder", path);
	return (!is && !make) || access(path, W_OK | X_OK) == 0 ||
	       config_fail(config, NULL, error, "state: %.300s cannot be written: %s", path, strerror(errno));
}

bool gateway_config_check(const struct gateway_config *config, bool make, struct config_error *error)
{
	size_t tokens;

	if (!count_tokens(config, &tokens, error) || !check_listens(config, tokens, error) ||
	    !check_proxy(config, error))
		return false;
	for (size_t i = 0; i < config->pbx_count; i++)
		if (!check_pbx(config, &config->pbxs[i], error))
			return false;
	return check_state(config, make, error);
}
