/* SPDX-License-Identifier: MIT */
#include "config_schema.h"

#include "config.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OPTIONAL CYAML_FLAG_OPTIONAL
#define CHOICE CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT
#define TEXT_MAX 4095

/* Keys are called as the members are. */
#define TEXT(of, key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, struct of, key, 1, TEXT_MAX)
#define TEXT_NEEDED(of, key) CYAML_FIELD_STRING_PTR(#key, 0, struct of, key, 1, TEXT_MAX)
/* No flags at all are something else than none told. */
#define WORDS(of, key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, struct of, key, 0, TEXT_MAX)
#define UINT(of, key) CYAML_FIELD_UINT_PTR(#key, OPTIONAL, struct of, key)
#define BOOL(of, key) CYAML_FIELD_BOOL_PTR(#key, OPTIONAL, struct of, key)
#define ENUM(of, key, words) CYAML_FIELD_ENUM_PTR(#key, CHOICE, struct of, key, words, COUNT(words))
#define LIST(of, key, entry, most) \
	CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER | OPTIONAL, struct of, key, entry, 0, most)
#define SECTION(of, key, fields) CYAML_FIELD_MAPPING_PTR(#key, OPTIONAL, struct of, key, fields)
#define ENTRY(of, fields)                                                  \
	{                                                                  \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct of, fields) \
	}

static const cyaml_strval_t formats[] = {
	{ "text", LOG_FORMAT_TEXT },
	{ "json", LOG_FORMAT_JSON },
};
static const cyaml_strval_t levels[] = {
	{ "debug", LOG_LEVEL_DEBUG },
	{ "info", LOG_LEVEL_INFO },
	{ "warning", LOG_LEVEL_WARNING },
	{ "error", LOG_LEVEL_ERROR },
};

static const cyaml_schema_field_t pbx_fields[] = {
	TEXT_NEEDED(raw_pbx, name),  TEXT_NEEDED(raw_pbx, url),  TEXT(raw_pbx, password_file),
	TEXT(raw_pbx, password_env), TEXT(raw_pbx, ca_file),     TEXT(raw_pbx, fingerprint),
	TEXT(raw_pbx, tls_name),     TEXT(raw_pbx, certificate), TEXT(raw_pbx, key),
	WORDS(raw_pbx, flags),       TEXT(raw_pbx, application), CYAML_FIELD_END,
};
static const cyaml_schema_value_t pbx = ENTRY(raw_pbx, pbx_fields);

static const cyaml_schema_field_t tls_fields[] = {
	TEXT(raw_tls, certificate),    TEXT(raw_tls, key), TEXT(raw_tls, client_ca),
	BOOL(raw_tls, require_client), CYAML_FIELD_END,
};

static const cyaml_schema_field_t listen_fields[] = {
	TEXT_NEEDED(raw_listen, address),
	SECTION(raw_listen, tls, tls_fields),
	BOOL(raw_listen, allow_insecure),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t listening = ENTRY(raw_listen, listen_fields);

static const cyaml_schema_field_t user_fields[] = {
	TEXT_NEEDED(raw_user, name),
	TEXT(raw_user, password_file),
	TEXT(raw_user, password_env),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t user = ENTRY(raw_user, user_fields);

static const cyaml_schema_field_t proxy_fields[] = {
	LIST(raw_proxy, listen, &listening, CONFIG_LISTEN_MAX),
	LIST(raw_proxy, users, &user, CONFIG_USERS_MAX),
	UINT(raw_proxy, connections),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t store_fields[] = {
	TEXT(raw_store, where),
	UINT(raw_store, calls_days),
	UINT(raw_store, events_days),
	UINT(raw_store, max_bytes),
	UINT(raw_store, commit_ms),
	BOOL(raw_store, records),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t calls_fields[] = {
	UINT(raw_calls, answer_goal_s),
	UINT(raw_calls, short_s),
	TEXT(raw_calls, day_start),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t limits_fields[] = {
	UINT(raw_limits, consumers),
	UINT(raw_limits, connections),
	UINT(raw_limits, connections_per_address),
	UINT(raw_limits, ring_messages),
	UINT(raw_limits, ring_bytes),
	UINT(raw_limits, request_timeout_s),
	UINT(raw_limits, queue),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t log_fields[] = {
	ENUM(raw_log, format, formats),
	ENUM(raw_log, level, levels),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t origin = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX) };

static const cyaml_schema_field_t config_fields[] = {
	LIST(raw_config, pbxs, &pbx, CONFIG_PBXS_MAX),
	/* A gateway that listens nowhere is none. */
	CYAML_FIELD_SEQUENCE("listen", CYAML_FLAG_POINTER | OPTIONAL, struct raw_config, listen, &listening,
	                     1, CONFIG_LISTEN_MAX),
	SECTION(raw_config, proxy, proxy_fields),
	TEXT(raw_config, tokens_file),
	LIST(raw_config, allowed_origins, &origin, CONFIG_ORIGINS_MAX),
	SECTION(raw_config, store, store_fields),
	SECTION(raw_config, calls, calls_fields),
	SECTION(raw_config, limits, limits_fields),
	SECTION(raw_config, log, log_fields),
	TEXT(raw_config, state),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t config_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, config_fields),
};
