/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret_file.h"
#include "sim/document.h"
#include "tokens_parts.h"

/* gcc's analyser takes what hangs in the list for lost. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define HASH_PREFIX "sha256:"
#define TEXT_MAX 128

struct raw_token {
	char *name, *hash, *created;
	char **scopes, **pbxs;
	unsigned scopes_count, pbxs_count;
};

struct raw_tokens {
	struct raw_token *tokens;
	unsigned tokens_count;
};

static const cyaml_schema_value_t word = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX) };
static const cyaml_schema_field_t token_fields[] = {
	CYAML_FIELD_STRING_PTR("name", 0, struct raw_token, name, 1, TEXT_MAX),
	CYAML_FIELD_SEQUENCE("scopes", CYAML_FLAG_POINTER, struct raw_token, scopes, &word, 0, TOKEN_SCOPES),
	CYAML_FIELD_SEQUENCE("pbxs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct raw_token, pbxs, &word,
	                     1, TOKEN_PBXS_MAX),
	CYAML_FIELD_STRING_PTR("hash", 0, struct raw_token, hash, 1, TEXT_MAX),
	CYAML_FIELD_STRING_PTR("created", 0, struct raw_token, created, 1, TOKEN_CREATED_SIZE - 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t token_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_token, token_fields),
};
static const cyaml_schema_field_t tokens_fields[] = {
	CYAML_FIELD_SEQUENCE("tokens", CYAML_FLAG_POINTER, struct raw_tokens, tokens, &token_value, 0,
	                     TOKENS_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t tokens_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_tokens, tokens_fields),
};

struct reader {
	struct sim_document doc;
	const struct raw_tokens *raw;
	struct token_list *list;
};

#define AT(entry, key) (&(struct sim_place){ "tokens", (entry) + 1, key, 0, NULL })
#define AT_ITEM(entry, key, item) (&(struct sim_place){ "tokens", (entry) + 1, key, (item) + 1, NULL })

static bool read_name(struct reader *r, size_t i)
{
	const char *name = r->raw->tokens[i].name;

	if (!token_name_ok(name, strlen(name)))
		return sim_document_fail(
			&r->doc, AT(i, "name"),
			"name: expected at most %u small letters, digits, '-', '_' and '.', a letter or "
			"digit first, came \"%.40s\"",
			TOKEN_NAME_MAX, name);
	for (size_t k = 0; k < i; k++)
		if (strcmp(r->list->tokens[k].grant.name, name) == 0)
			return sim_document_fail(&r->doc, AT(i, "name"), "name \"%s\" is taken: see line %zu",
			                         name, sim_document_mark(&r->doc, AT(k, "name")).line + 1);
	memcpy(r->list->tokens[i].grant.name, name, strlen(name) + 1);
	return true;
}

static bool read_scopes(struct reader *r, size_t i)
{
	const struct raw_token *raw = &r->raw->tokens[i];

	for (size_t k = 0; k < raw->scopes_count; k++) {
		unsigned scope = token_scope_of(raw->scopes[k], strlen(raw->scopes[k]));

		if (scope == 0)
			return sim_document_fail(
				&r->doc, AT_ITEM(i, "scopes", k),
				"scopes: expected live, history, files, metrics or admin, came \"%.40s\"",
				raw->scopes[k]);
		r->list->tokens[i].grant.scopes |= scope;
	}
	return true;
}

static bool read_pbxs(struct reader *r, size_t i)
{
	const struct raw_token *raw = &r->raw->tokens[i];
	struct token_grant *g = &r->list->tokens[i].grant;

	for (size_t k = 0; k < raw->pbxs_count; k++) {
		size_t len = strlen(raw->pbxs[k]);

		if (!token_name_ok(raw->pbxs[k], len))
			return sim_document_fail(&r->doc, AT_ITEM(i, "pbxs", k),
			                         "pbxs: expected the name of a PBX, came \"%.40s\"",
			                         raw->pbxs[k]);
		memcpy(g->pbxs[g->pbx_count++], raw->pbxs[k], len + 1);
	}
	return true;
}

static bool read_hash(struct reader *r, size_t i)
{
	const char *text = r->raw->tokens[i].hash;
	size_t prefix = sizeof(HASH_PREFIX) - 1;

	if (strncmp(text, HASH_PREFIX, prefix) == 0 &&
	    token_unhex(text + prefix, r->list->tokens[i].grant.hash, TOKEN_HASH_SIZE))
		return true;
	/* What stands there may be the token itself, which must not come into a log. */
	return sim_document_fail(&r->doc, AT(i, "hash"),
	                         "hash: expected \"" HASH_PREFIX "\" and 64 small hexadecimal digits");
}

static bool read_all(struct reader *r)
{
	size_t count = r->raw->tokens_count;

	r->list->tokens = calloc(count > 0 ? count : 1, sizeof(*r->list->tokens));
	if (!r->list->tokens)
		return sim_document_fail(&r->doc, AT(0, NULL), "no memory for it");
	for (size_t i = 0; i < count; i++) {
		if (!read_name(r, i) || !read_scopes(r, i) || !read_pbxs(r, i) || !read_hash(r, i))
			return false;
		snprintf(r->list->tokens[i].created, TOKEN_CREATED_SIZE, "%s", r->raw->tokens[i].created);
		r->list->count++;
	}
	return true;
}

static bool load(struct reader *r, const char *text, size_t len)
{
	const cyaml_config_t config = { .mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS };
	cyaml_data_t *raw = NULL;
	cyaml_err_t err = cyaml_load_data((const uint8_t *)text, len, &config, &tokens_value, &raw, NULL);
	bool ok = err == CYAML_OK && raw;

	if (ok) {
		r->raw = raw;
		ok = read_all(r);
	} else {
		sim_document_fail(&r->doc, AT(0, NULL), "%s", cyaml_strerror(err));
	}
	cyaml_free(&config, &tokens_value, raw, 0);
	return ok;
}

bool token_list_parse(const char *text, size_t len, const char *path, struct token_list *list, char *error,
                      size_t error_size)
{
	struct sim_error why = { "" };
	struct reader r = { .list = list };

	*list = (struct token_list){ NULL, 0 };
	bool ok = sim_document_read(&r.doc, text, len, path, &why);

	if (ok) {
		ok = sim_document_check(&r.doc, &tokens_value) && load(&r, text, len);
		sim_document_free(&r.doc);
	}
	if (ok)
		return true;
	token_list_free(list);
	snprintf(error, error_size, "%s", why.text);
	return false;
}

void token_list_free(struct token_list *list)
{
	free(list->tokens);
	*list = (struct token_list){ NULL, 0 };
}

bool token_list_read(const char *path, bool may_lack, struct token_list *list, struct stat *st, char *error,
                     size_t error_size)
{
	struct stat is;
	size_t len;

	*list = (struct token_list){ NULL, 0 };
	if (may_lack && stat(path, &is) != 0 && errno == ENOENT)
		return true;
	char *text = malloc(TOKENS_FILE_MAX);

	if (!text) {
		snprintf(error, error_size, "%.300s: no memory to read it", path);
		return false;
	}
	bool ok = secret_file_read(path, text, TOKENS_FILE_MAX, &len, st, error, error_size) &&
	          token_list_parse(text, len, path, list, error, error_size);

	free(text);
	return ok;
}
