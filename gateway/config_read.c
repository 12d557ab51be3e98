/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_parts.h"
#include "consumer.h"

#define DAYS_MAX 36500u
#define CONNECTIONS_MAX 1000000u
#define RING_MESSAGES_MIN 1024u
#define RING_MESSAGES_MAX (1u << 24)
#define RING_BYTES_MIN (1u << 20)
#define RING_BYTES_MAX ((uint64_t)1 << 36)
#define STORE_BYTES_MIN (1u << 20)

/* ---- Values ---- */

bool config_read_text(struct config_reader *r, const char **out, const char *text)
{
	if (!text)
		return true;
	*out = gateway_config_text(r->config, text);
	return *out;
}

bool config_read_path(struct config_reader *r, const char **out, const char *path)
{
	if (!path)
		return true;
	*out = config_printf(r->config, "%s%s", path[0] == '/' ? "" : r->folder, path);
	return *out;
}

struct config_place config_place_of(struct config_reader *r, const struct sim_place *at)
{
	yaml_mark_t mark = sim_document_mark(&r->doc, at);

	return (struct config_place){ mark.line + 1, mark.column + 1 };
}

bool config_read_number(struct config_reader *r, const struct sim_place *at, const uint32_t *given,
                        uint32_t low, uint32_t high, uint32_t *out)
{
	if (!given)
		return true;
	*out = *given;
	return (*given >= low && *given <= high) ||
	       sim_document_fail(&r->doc, at, "%s: expected a number from %u to %u, came %u",
	                         at->sub ? at->sub : at->key, low, high, *given);
}

static bool read_large(struct config_reader *r, const struct sim_place *at, const uint64_t *given,
                       uint64_t low, uint64_t high, uint64_t *out)
{
	if (!given)
		return true;
	*out = *given;
	return (*given >= low && *given <= high) ||
	       sim_document_fail(&r->doc, at, "%s: expected a number from %ju to %ju, came %ju", at->key,
	                         (uintmax_t)low, (uintmax_t)high, (uintmax_t)*given);
}

/* ---- Sections of single values ---- */

static bool has_password(const char *where)
{
	const char *authority = strstr(where, "://") + 3;
	size_t len = strcspn(authority, "/?#");
	const char *at = memchr(authority, '@', len), *colon = memchr(authority, ':', len);

	return (at && colon && colon < at) || strstr(where, "?password=") || strstr(where, "&password=");
}

static bool read_where(struct config_reader *r, const char *where)
{
	struct config_store *s = &r->config->store;

	if (!where)
		return true;
	if (strncmp(where, "postgresql://", 13) != 0 && strncmp(where, "postgres://", 11) != 0)
		return config_read_path(r, &s->where, where);
	if (has_password(where))
		return sim_document_fail(
			&r->doc, CONFIG_AT("store", "where"),
			"where: expected a URL without a password: write ?passfile=FILE, or set "
			"PGPASSFILE or PGPASSWORD");
	return config_read_text(r, &s->where, where);
}

static bool read_store(struct config_reader *r)
{
	static const struct raw_store nothing = { 0 };
	const struct raw_store *raw = r->raw->store ? r->raw->store : &nothing;
	struct config_store *s = &r->config->store;

	if (raw->records)
		s->records = *raw->records;
	/* 0 of these two is no small number but no limit at all. */
	return read_where(r, raw->where) &&
	       config_read_number(r, CONFIG_AT("store", "calls_days"), raw->calls_days, 0, DAYS_MAX,
	                          &s->calls_days) &&
	       config_read_number(r, CONFIG_AT("store", "events_days"), raw->events_days, 0, DAYS_MAX,
	                          &s->events_days) &&
	       config_read_number(r, CONFIG_AT("store", "commit_ms"), raw->commit_ms, 1, 60000,
	                          &s->commit_ms) &&
	       (!raw->max_bytes || *raw->max_bytes == 0 ||
	        read_large(r, CONFIG_AT("store", "max_bytes"), raw->max_bytes, STORE_BYTES_MIN, INT64_MAX,
	                   &s->max_bytes));
}

static bool two_digits(const char *text, uint32_t *out)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*out = (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
	return true;
}

static bool read_day_start(struct config_reader *r, const char *text)
{
	uint32_t hour, minute;

	if (!text)
		return true;
	if (strlen(text) == 5 && text[2] == ':' && two_digits(text, &hour) && two_digits(text + 3, &minute) &&
	    hour < 24 && minute < 60) {
		r->config->calls.day_start_min = hour * 60 + minute;
		return true;
	}
	return sim_document_fail(&r->doc, CONFIG_AT("calls", "day_start"),
	                         "day_start: expected a time from 00:00 to 23:59, came \"%.40s\"", text);
}

static bool read_calls(struct config_reader *r)
{
	const struct raw_calls *raw = r->raw->calls;
	struct config_calls *c = &r->config->calls;

	return !raw ||
	       (config_read_number(r, CONFIG_AT("calls", "answer_goal_s"), raw->answer_goal_s, 1, 3600,
	                           &c->answer_goal_s) &&
	        config_read_number(r, CONFIG_AT("calls", "short_s"), raw->short_s, 0, 3600, &c->short_s) &&
	        read_day_start(r, raw->day_start));
}

static bool read_ring(struct config_reader *r, const struct raw_limits *raw)
{
	struct config_limits *l = &r->config->limits;
	const struct sim_place *at = CONFIG_AT("limits", "ring_messages");

	if (!config_read_number(r, at, raw->ring_messages, RING_MESSAGES_MIN, RING_MESSAGES_MAX,
	                        &l->ring_messages))
		return false;
	if (l->ring_messages & (l->ring_messages - 1))
		return sim_document_fail(&r->doc, at,
		                         "ring_messages: expected a power of two, such as 65536, came %u",
		                         l->ring_messages);
	return read_large(r, CONFIG_AT("limits", "ring_bytes"), raw->ring_bytes, RING_BYTES_MIN,
	                  RING_BYTES_MAX, &l->ring_bytes);
}

static bool read_limits(struct config_reader *r)
{
	const struct raw_limits *raw = r->raw->limits;
	struct config_limits *l = &r->config->limits;

	return !raw || (config_read_number(r, CONFIG_AT("limits", "consumers"), raw->consumers, 1,
	                                   CONNECTIONS_MAX, &l->consumers) &&
	                config_read_number(r, CONFIG_AT("limits", "connections"), raw->connections, 1,
	                                   CONNECTIONS_MAX, &l->connections) &&
	                config_read_number(r, CONFIG_AT("limits", "connections_per_address"),
	                                   raw->connections_per_address, 1, CONNECTIONS_MAX,
	                                   &l->connections_per_address) &&
	                config_read_number(r, CONFIG_AT("limits", "request_timeout_s"),
	                                   raw->request_timeout_s, 1, 3600, &l->request_timeout_s) &&
	                config_read_number(r, CONFIG_AT("limits", "queue"), raw->queue, 1, CONSUMER_QUEUE_MAX,
	                                   &l->queue) &&
	                read_ring(r, raw));
}

static void read_log(struct config_reader *r)
{
	const struct raw_log *raw = r->raw->log;

	if (raw && raw->format)
		r->config->log.format = (enum log_format) * raw->format;
	if (raw && raw->level)
		r->config->log.level = (enum log_level) * raw->level;
}

/* ---- All of it ---- */

static bool build(struct config_reader *r)
{
	read_log(r);
	return config_read_path(r, &r->config->state, r->raw->state) &&
	       config_read_path(r, &r->config->tokens_file, r->raw->tokens_file) && config_read_pbxs(r) &&
	       config_read_listen(r) && config_read_proxy(r) && config_read_origins(r) && read_store(r) &&
	       read_calls(r) && read_limits(r);
}

/* The most natural mistake, and one that should say more than "unknown key". */
static bool check_passwords(struct config_reader *r)
{
	yaml_document_t *y = &r->doc.yaml;

	for (const yaml_node_t *n = y->nodes.start; n < y->nodes.top; n++) {
		if (n->type != YAML_MAPPING_NODE)
			continue;
		for (const yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
		     p++) {
			const yaml_node_t *key = yaml_document_get_node(y, p->key);

			if (key->type != YAML_SCALAR_NODE ||
			    strcmp((const char *)key->data.scalar.value, "password") != 0)
				continue;
			snprintf(r->doc.error->text, sizeof(r->doc.error->text),
			         "%.200s:%zu:%zu: password: a password does not belong into this file: "
			         "expected "
			         "password_file: FILE, or password_env: VARIABLE",
			         r->doc.name, key->start_mark.line + 1, key->start_mark.column + 1);
			return false;
		}
	}
	return true;
}

static bool load(struct config_reader *r, const char *text, size_t len)
{
	const cyaml_config_t config = { .mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS };
	cyaml_data_t *raw = NULL;
	cyaml_err_t err = cyaml_load_data((const uint8_t *)text, len, &config, &config_schema, &raw, NULL);
	bool ok = err == CYAML_OK && raw;

	if (ok) {
		r->raw = raw;
		ok = build(r);
	} else {
		sim_document_fail(&r->doc, CONFIG_AT(NULL, NULL), "%s", cyaml_strerror(err));
	}
	cyaml_free(&config, &config_schema, raw, 0);
	return ok;
}

static bool read_document(struct config_reader *r, const char *text, size_t len, struct sim_error *why)
{
	if (!sim_document_read(&r->doc, text, len, r->config->file, why))
		return false;
	bool ok = check_passwords(r) && sim_document_check(&r->doc, &config_schema) && load(r, text, len);

	sim_document_free(&r->doc);
	return ok;
}

/* Everything may be commented out. */
static bool is_blank(const char *text, size_t len)
{
	bool comment = false;

	for (size_t i = 0; i < len; i++) {
		comment = text[i] == '#' || (comment && text[i] != '\n');
		if (!comment && !strchr(" \t\r\n", text[i]))
			return false;
		if (!comment && text[i] == '\0')
			return false;
	}
	return true;
}

static const char *folder_of(struct gateway_config *config, const char *file)
{
	const char *slash = strrchr(file, '/');

	return config_printf(config, "%.*s", slash ? (int)(slash - file) + 1 : 0, file);
}

bool gateway_config_parse(const char *text, size_t len, const char *name, struct gateway_config *config,
                          struct config_error *error)
{
	struct config_reader r = { .config = config };
	struct sim_error why = { "" };
	bool ok = false;

	/* What has no words of its own is want of memory. */
	config_no_memory(error);
	if (config_begin(config, error)) {
		config->file = gateway_config_text(config, name);
		r.folder = folder_of(config, name);
	}
	if (config->file && r.folder)
		ok = is_blank(text, len) ? read_document(&r, "{}", 2, &why)
		                         : read_document(&r, text, len, &why);
	if (ok && config_finish(config, error))
		return true;
	if (why.text[0])
		snprintf(error->text, sizeof(error->text), "%s", why.text);
	gateway_config_free(config);
	return false;
}

static bool read_file(const char *path, char *to, size_t cap, size_t *len, struct config_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = 0;

	*len = 0;
	while (fd >= 0 && *len < cap && (n = read(fd, to + *len, cap - *len)) != 0) {
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			break;
	}
	bool ok = fd >= 0 && n >= 0;

	if (!ok)
		snprintf(error->text, sizeof(error->text), "%.200s: cannot be read: %s", path,
		         strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool gateway_config_read(const char *path, struct gateway_config *config, struct config_error *error)
{
	/* One octet more than is allowed shows that it is too long. */
	char *text = malloc(SIM_DOCUMENT_MAX + 1);
	size_t len;

	*config = (struct gateway_config){ 0 };
	if (!text)
		return config_no_memory(error);
	bool ok = read_file(path, text, SIM_DOCUMENT_MAX + 1, &len, error) &&
	          gateway_config_parse(text, len, path, config, error);

	free(text);
	return ok;
}
