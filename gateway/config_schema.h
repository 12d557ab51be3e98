/* SPDX-License-Identifier: MIT */
/* The configuration as it stands in the file: NULL for whatever is not told. docs/configuration.md has each key. */
#ifndef GATEWAY_CONFIG_SCHEMA_H
#define GATEWAY_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stdint.h>

struct raw_pbx {
	char *name, *url, *password_file, *password_env, *ca_file, *fingerprint, *tls_name, *certificate,
		*key, *flags, *application;
};

struct raw_tls {
	char *certificate, *key, *client_ca;
	bool *require_client;
};

struct raw_listen {
	char *address;
	struct raw_tls *tls;
	bool *allow_insecure;
};

struct raw_user {
	char *name, *password_file, *password_env;
};

struct raw_proxy {
	struct raw_listen *listen;
	struct raw_user *users;
	unsigned listen_count, users_count;
	uint32_t *connections;
};

struct raw_store {
	char *where;
	uint32_t *calls_days, *events_days, *commit_ms;
	uint64_t *max_bytes;
	bool *records;
};

struct raw_calls {
	uint32_t *answer_goal_s, *short_s;
	char *day_start;
};

struct raw_limits {
	uint32_t *consumers, *connections, *connections_per_address, *ring_messages, *request_timeout_s,
		*queue;
	uint64_t *ring_bytes;
};

struct raw_log {
	int64_t *format, *level;
};

struct raw_config {
	struct raw_pbx *pbxs;
	struct raw_listen *listen;
	struct raw_proxy *proxy;
	char *tokens_file, *state;
	char **allowed_origins;
	struct raw_store *store;
	struct raw_calls *calls;
	struct raw_limits *limits;
	struct raw_log *log;
	unsigned pbxs_count, listen_count, allowed_origins_count;
};

extern const cyaml_schema_value_t config_schema;

#endif
