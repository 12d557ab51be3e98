/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_parts.h"
#include "tokens.h"

#define PIN_DIGITS 64u

bool config_read_secret(struct config_reader *r, const struct sim_place *at, const char *file,
                        const char *env, struct config_secret *out)
{
	out->place = config_place_of(r, at);
	if (file && env)
		return sim_document_fail(&r->doc, at, "expected password_file or password_env, came both");
	/* A variable's name is all that may stand in a message. */
	if (env && (env[strspn(env, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ||
	            isdigit((unsigned char)*env)))
		return sim_document_fail(
			&r->doc, at,
			"password_env: expected the name of a variable: letters, digits and '_'");
	return config_read_path(r, &out->file, file) && config_read_text(r, &out->env, env);
}

/* ---- PBXs ---- */

static bool read_name(struct config_reader *r, size_t i, const char *name)
{
	if (!token_name_ok(name, strlen(name)))
		return sim_document_fail(
			&r->doc, CONFIG_AT_ENTRY("pbxs", i, "name"),
			"name: expected at most %u small letters, digits, '-', '_' and '.', a letter or "
			"digit first, came \"%.40s\"",
			CONFIG_NAME_MAX, name);
	return config_read_text(r, &r->config->pbxs[i].name, name);
}

static bool is_fingerprint(const char *text)
{
	size_t digits = 0;

	for (; *text; text++) {
		if (isxdigit((unsigned char)*text))
			digits++;
		else if (*text != ':')
			return false;
	}
	return digits == PIN_DIGITS;
}

static const char *first_tls_key(const struct raw_pbx *raw)
{
	return raw->ca_file       ? "ca_file"
	       : raw->fingerprint ? "fingerprint"
	       : raw->tls_name    ? "tls_name"
	       : raw->certificate ? "certificate"
	       : raw->key         ? "key"
	                          : NULL;
}

static bool check_tls(struct config_reader *r, size_t i, const struct raw_pbx *raw)
{
	const char *key = first_tls_key(raw);

	if (key && !r->config->pbxs[i].parsed.tls)
		return sim_document_fail(
			&r->doc, CONFIG_AT_ENTRY("pbxs", i, key),
			"%s: it is for TLS: expected devlink3s:// in the url, came devlink3://", key);
	if (raw->fingerprint && !is_fingerprint(raw->fingerprint))
		return sim_document_fail(
			&r->doc, CONFIG_AT_ENTRY("pbxs", i, "fingerprint"),
			"fingerprint: expected 64 hexadecimal digits, with or without colons, came "
			"\"%.100s\"",
			raw->fingerprint);
	if (raw->key && !raw->certificate)
		return sim_document_fail(&r->doc, CONFIG_AT_ENTRY("pbxs", i, "key"),
		                         "key: expected a certificate that it belongs to");
	return true;
}

static bool read_tls(struct config_reader *r, size_t i, const struct raw_pbx *raw)
{
	struct dl3_tls_client *tls = &r->config->pbxs[i].tls;

	return check_tls(r, i, raw) && config_read_path(r, &tls->ca_file, raw->ca_file) &&
	       config_read_text(r, &tls->fingerprint, raw->fingerprint) &&
	       config_read_text(r, &tls->name, raw->tls_name) &&
	       config_read_path(r, &tls->certificate, raw->certificate) &&
	       config_read_path(r, &tls->key, raw->key ? raw->key : raw->certificate);
}

static bool read_flags(struct config_reader *r, size_t i, const char *words)
{
	struct config_pbx *pbx = &r->config->pbxs[i];
	struct dl3_str unknown;

	pbx->flags = CONFIG_FLAGS;
	if (!words)
		return true;
	pbx->flags = dl3_flags_parse(dl3_str_of(words), &unknown);
	if (unknown.ptr)
		return sim_document_fail(
			&r->doc, CONFIG_AT_ENTRY("pbxs", i, "flags"),
			"flags: expected words of -SCN, -SIPTrack, -CMExtn, -CONN and -TEXT, came "
			"\"%.*s\"",
			unknown.len < 40 ? (int)unknown.len : 40, unknown.ptr);
	if (pbx->flags & DL3_FLAG_CD2)
		return sim_document_fail(&r->doc, CONFIG_AT_ENTRY("pbxs", i, "flags"),
		                         "flags: -CD2 tells less of a call than what is asked for without "
		                         "it: expected others");
	return true;
}

static bool read_pbx(struct config_reader *r, size_t i)
{
	const struct raw_pbx *raw = &r->raw->pbxs[i];
	struct config_pbx *pbx = &r->config->pbxs[i];
	char why[CONFIG_ERROR_SIZE];

	pbx->place = config_place_of(r, CONFIG_AT_ENTRY("pbxs", i, NULL));
	pbx->application = CONFIG_APPLICATION;
	if (!read_name(r, i, raw->name))
		return false;
	if (!config_url(r->config, pbx, raw->url, why, sizeof(why)))
		return sim_document_fail(&r->doc, CONFIG_AT_ENTRY("pbxs", i, "url"), "url: %s", why);
	return config_read_secret(
		       r, CONFIG_AT_ENTRY("pbxs", i, raw->password_file ? "password_file" : "password_env"),
		       raw->password_file,
		       raw->password_file || raw->password_env ? raw->password_env : CONFIG_PASSWORD_VARIABLE,
		       &pbx->password) &&
	       read_tls(r, i, raw) && read_flags(r, i, raw->flags) &&
	       config_read_text(r, &pbx->application, raw->application);
}

static int by_name(const void *a, const void *b)
{
	const struct config_pbx *x = *(const struct config_pbx *const *)a,
				*y = *(const struct config_pbx *const *)b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : x < y ? -1 : x > y;
}

/* Sorted, since there may be thousands. */
static bool check_names(struct config_reader *r)
{
	const struct gateway_config *c = r->config;
	const struct config_pbx **list = calloc(c->pbx_count + 1, sizeof(*list)), *first = NULL,
				*again = NULL;

	if (!list)
		return false;
	for (size_t i = 0; i < c->pbx_count; i++)
		list[i] = &c->pbxs[i];
	qsort(list, c->pbx_count, sizeof(*list), by_name);
	for (size_t i = 1; i < c->pbx_count; i++)
		if (strcmp(list[i - 1]->name, list[i]->name) == 0 && (!again || list[i] < again)) {
			first = list[i - 1];
			again = list[i];
		}
	free(list);
	return !again ||
	       sim_document_fail(&r->doc, CONFIG_AT_ENTRY("pbxs", (size_t)(again - c->pbxs), "name"),
	                         "name \"%s\" is taken: see line %zu", again->name, first->place.line);
}

bool config_read_pbxs(struct config_reader *r)
{
	size_t count = r->raw->pbxs_count;

	r->config->pbxs = config_alloc(r->config, count, sizeof(*r->config->pbxs));
	if (!r->config->pbxs)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_pbx(r, i))
			return false;
		r->config->pbx_count++;
	}
	return check_names(r);
}

/* ---- Where it listens ---- */

/* Where an entry's key stands: both lists are as deep as a place can tell. */
static struct sim_place at_listen(const char *section, size_t i, const char *key)
{
	if (section)
		return (struct sim_place){ section, 0, "listen", i + 1, key };
	return (struct sim_place){ "listen", i + 1, key, 0, NULL };
}

static bool read_listen_tls(struct config_reader *r, const struct raw_tls *raw, const struct sim_place *at,
                            struct dl3_tls_server *out)
{
	if (raw->key && !raw->certificate)
		return sim_document_fail(&r->doc, at, "key: expected a certificate that it belongs to");
	if (raw->require_client && *raw->require_client && !raw->client_ca)
		return sim_document_fail(&r->doc, at,
		                         "require_client: expected client_ca, which says whose certificates");
	out->require_client = raw->require_client ? *raw->require_client : raw->client_ca != NULL;
	return config_read_path(r, &out->certificate, raw->certificate) &&
	       config_read_path(r, &out->key, raw->key ? raw->key : raw->certificate) &&
	       config_read_path(r, &out->client_ca, raw->client_ca);
}

static bool read_listen(struct config_reader *r, const struct raw_listen *raw, const char *section, size_t i,
                        struct config_listen *out)
{
	struct sim_place at = at_listen(section, i, "address"), tls = at_listen(section, i, "tls");

	out->place = config_place_of(r, &at);
	if (!gateway_is_address(raw->address))
		return sim_document_fail(
			&r->doc, &at,
			"address: expected one such as 127.0.0.1:8080 or [::1]:8080, came \"%.60s\"",
			raw->address);
	out->encrypted = raw->tls != NULL;
	out->allow_insecure = raw->allow_insecure && *raw->allow_insecure;
	return config_read_text(r, &out->address, raw->address) &&
	       (!raw->tls || read_listen_tls(r, raw->tls, &tls, &out->tls));
}

static bool read_listens(struct config_reader *r, const struct raw_listen *raw, size_t count,
                         const char *section, struct config_listen **out, size_t *out_count)
{
	struct config_listen *list = config_alloc(r->config, count, sizeof(*list));

	if (!list)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_listen(r, &raw[i], section, i, &list[i]))
			return false;
	*out = list;
	*out_count = count;
	return true;
}

bool config_read_listen(struct config_reader *r)
{
	if (!r->raw->listen)
		return true;
	return read_listens(r, r->raw->listen, r->raw->listen_count, NULL, &r->config->listen,
	                    &r->config->listen_count);
}

/* ---- The proxy ---- */

static bool read_user(struct config_reader *r, size_t i)
{
	const struct raw_user *raw = &r->raw->proxy->users[i];
	struct config_user *users = r->config->proxy.users;
	const char *key = raw->password_file ? "password_file" : "password_env";
	const struct sim_place at = { "proxy", 0, "users", i + 1, "name" };
	const struct sim_place password = { "proxy", 0, "users", i + 1, key };

	users[i].place = config_place_of(r, &at);
	if (strlen(raw->name) > DL3_NAME_MAX)
		return sim_document_fail(&r->doc, &at, "name: expected at most %u octets", DL3_NAME_MAX);
	for (size_t k = 0; k < i; k++)
		if (strcmp(users[k].name, raw->name) == 0)
			return sim_document_fail(&r->doc, &at, "name \"%.60s\" is taken: see line %zu",
			                         raw->name, users[k].place.line);
	/* Whoever may log in is told apart by the password: one that is everybody's is no default. */
	if (!raw->password_file && !raw->password_env)
		return sim_document_fail(&r->doc, &at,
		                         "expected password_file or password_env for \"%.60s\", came neither",
		                         raw->name);
	return config_read_text(r, &users[i].name, raw->name) &&
	       config_read_secret(r, &password, raw->password_file, raw->password_env, &users[i].password);
}

bool config_read_proxy(struct config_reader *r)
{
	const struct raw_proxy *raw = r->raw->proxy;
	struct config_proxy *p = &r->config->proxy;

	if (!raw)
		return true;
	if (!config_read_number(r, CONFIG_AT("proxy", "connections"), raw->connections, 1, 1000000,
	                        &p->connections) ||
	    !read_listens(r, raw->listen, raw->listen_count, "proxy", &p->listen, &p->listen_count))
		return false;
	p->users = config_alloc(r->config, raw->users_count, sizeof(*p->users));
	if (!p->users)
		return false;
	for (size_t i = 0; i < raw->users_count; i++) {
		if (!read_user(r, i))
			return false;
		p->user_count++;
	}
	return p->listen_count == 0 || p->user_count > 0 ||
	       sim_document_fail(&r->doc, CONFIG_AT("proxy", NULL),
	                         "proxy: expected users, without whom nobody can log in, came none");
}

/* ---- Origins ---- */

/* As browsers write them, or none would ever match. */
static bool is_origin(const char *text)
{
	const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
	                   : strncmp(text, "http://", 7) == 0 ? text + 7
	                                                      : "";

	return *host && strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]_") == strlen(host);
}

bool config_read_origins(struct config_reader *r)
{
	size_t count = r->raw->allowed_origins_count;

	r->config->allowed_origins = config_alloc(r->config, count, sizeof(*r->config->allowed_origins));
	if (!r->config->allowed_origins)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *text = r->raw->allowed_origins[i];

		if (!is_origin(text))
			return sim_document_fail(
				&r->doc, CONFIG_AT_ENTRY("allowed_origins", i, NULL),
				"allowed_origins: expected one such as https://board.example.org, in small "
				"letters and without a path, came \"%.60s\"",
				text);
		if (!config_read_text(r, &r->config->allowed_origins[i], text))
			return false;
		r->config->origin_count++;
	}
	return true;
}
