/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_parts.h"
#include "consumer.h"
#include "http.h"
#include "hub.h"
#include "store.h"
#include "tokens.h"

struct config_memory {
	struct config_memory *next;
	max_align_t data[];
};

/* ---- Memory ---- */

void *config_alloc(struct gateway_config *config, size_t count, size_t size)
{
	struct config_memory *m = calloc(1, sizeof(*m) + (count > 0 ? count : 1) * size);

	if (!m)
		return NULL;
	m->next = config->memory;
	config->memory = m;
	return m->data;
}

char *config_printf(struct gateway_config *config, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	char *text = n >= 0 ? config_alloc(config, (size_t)n + 1, 1) : NULL;

	if (text)
		vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

const char *gateway_config_text(struct gateway_config *config, const char *text)
{
	return config_printf(config, "%s", text);
}

void gateway_config_free(struct gateway_config *config)
{
	while (config->memory) {
		struct config_memory *next = config->memory->next;

		free(config->memory);
		config->memory = next;
	}
	*config = (struct gateway_config){ 0 };
}

/* ---- Errors ---- */

bool config_fail(const struct gateway_config *config, const struct config_place *place,
                 struct config_error *error, const char *format, ...)
{
	va_list args;
	int n = 0;

	if (config->file && place && place->line > 0)
		n = snprintf(error->text, sizeof(error->text), "%.200s:%zu:%zu: ", config->file, place->line,
		             place->column);
	else if (config->file && !place)
		n = snprintf(error->text, sizeof(error->text), "%.200s: ", config->file);
	va_start(args, format);
	vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, format, args);
	va_end(args);
	return false;
}

bool config_no_memory(struct config_error *error)
{
	snprintf(error->text, sizeof(error->text), "no memory for the configuration");
	return false;
}

/* ---- Defaults ---- */

static const char *default_state(struct gateway_config *config, struct config_error *error)
{
	const char *given = getenv("STATE_DIRECTORY"), *state = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");

	/* systemd gives several, if it was told several: with colons between. */
	if (given && *given)
		return config_printf(config, "%.*s", (int)strcspn(given, ":"), given);
	if (geteuid() == 0)
		return gateway_config_text(config, "/var/lib/devlink3");
	if (state && *state)
		return config_printf(config, "%s/devlink3", state);
	if (home && *home)
		return config_printf(config, "%s/.local/state/devlink3", home);
	snprintf(error->text, sizeof(error->text),
	         "no folder for the state: expected STATE_DIRECTORY, XDG_STATE_HOME or HOME in the "
	         "environment");
	return NULL;
}

static void set_numbers(struct gateway_config *config)
{
	config->proxy.connections = CONFIG_PROXY_CONNECTIONS;
	config->store.calls_days = CONFIG_CALLS_DAYS;
	config->store.events_days = CONFIG_EVENTS_DAYS;
	config->store.commit_ms = STORE_COMMIT_MS;
	config->store.records = true;
	config->calls =
		(struct config_calls){ .answer_goal_s = CONFIG_ANSWER_GOAL_S, .short_s = CONFIG_SHORT_S };
	config->limits = (struct config_limits){
		.consumers = CONFIG_CONSUMERS,
		.connections = HTTP_CONNECTIONS,
		.connections_per_address = HTTP_CONNECTIONS_OF_ADDRESS,
		.ring_messages = HUB_RING_MESSAGES,
		.ring_bytes = HUB_RING_BYTES,
		.request_timeout_s = HTTP_REQUEST_MS / 1000,
		.queue = CONSUMER_QUEUE,
	};
	config->log = (struct config_log){ .format = LOG_FORMAT_TEXT, .level = LOG_LEVEL_INFO };
}

bool config_begin(struct gateway_config *config, struct config_error *error)
{
	static const char *const listen = CONFIG_LISTEN;

	*config = (struct gateway_config){ 0 };
	set_numbers(config);
	return gateway_config_set_listen(config, &listen, 1, error);
}

bool config_finish(struct gateway_config *config, struct config_error *error)
{
	config_no_memory(error);
	if (!config->state)
		config->state = default_state(config, error);
	if (config->state && !config->store.where)
		config->store.where = config_printf(config, "%s/" CONFIG_STORE, config->state);
	if (!config->store.where)
		return false;
	error->text[0] = '\0';
	return true;
}

bool gateway_config_default(struct gateway_config *config, struct config_error *error)
{
	if (config_begin(config, error) && config_finish(config, error))
		return true;
	gateway_config_free(config);
	return false;
}

/* ---- The command line ---- */

bool gateway_config_set_listen(struct gateway_config *config, const char *const *addresses, size_t count,
                               struct config_error *error)
{
	struct config_listen *list = config_alloc(config, count, sizeof(*list));

	if (!list)
		return config_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		list[i].address = gateway_config_text(config, addresses[i]);
		if (!list[i].address)
			return config_no_memory(error);
		if (!gateway_is_address(addresses[i]))
			return config_fail(
				config, &list[i].place, error,
				"expected an address such as 127.0.0.1:8080 or [::1]:8080, came \"%.60s\"",
				addresses[i]);
	}
	config->listen = list;
	config->listen_count = count;
	return true;
}

bool config_url(struct gateway_config *config, struct config_pbx *pbx, const char *url, char *error,
                size_t error_size)
{
	pbx->url = gateway_config_text(config, url);
	if (!pbx->url) {
		snprintf(error, error_size, "no memory for it");
		return false;
	}
	if (!strstr(url, "://")) {
		snprintf(error, error_size,
		         "expected devlink3://USER@HOST or devlink3s://USER@HOST, came \"%.100s\"", url);
		return false;
	}
	if (!dl3_url_parse(url, &pbx->parsed, error, error_size))
		return false;
	if (pbx->parsed.user[0])
		return true;
	snprintf(error, error_size, "expected a user: devlink3%s://USER@%.100s", pbx->parsed.tls ? "s" : "",
	         pbx->parsed.host);
	return false;
}

static bool is_taken(const struct gateway_config *config, const char *name)
{
	for (size_t i = 0; i < config->pbx_count; i++)
		if (strcmp(config->pbxs[i].name, name) == 0)
			return true;
	return false;
}

/* "PBX.example.org" is "pbx.example.org", "[fe80::1]" is "fe80--1". */
static const char *name_of_host(struct gateway_config *config, const char *host)
{
	char name[CONFIG_NAME_MAX + 1], numbered[CONFIG_NAME_MAX + 1];
	size_t len = 0;

	for (; *host && len < CONFIG_NAME_MAX; host++) {
		char c = (char)tolower((unsigned char)*host);

		if (isalnum((unsigned char)c) || (len > 0 && (c == '.' || c == '_')))
			name[len++] = c;
		else if (len > 0)
			name[len++] = '-';
	}
	name[len] = '\0';
	if (!token_name_ok(name, len))
		snprintf(name, sizeof(name), "pbx");
	if (!is_taken(config, name))
		return gateway_config_text(config, name);
	/* There are fewer PBXs than seven digits can number. */
	for (unsigned i = 2;; i++) {
		snprintf(numbered, sizeof(numbered), "%.24s-%u", name, i);
		if (!is_taken(config, numbered))
			return gateway_config_text(config, numbered);
	}
}

bool gateway_config_add_pbx(struct gateway_config *config, const char *url, struct config_error *error)
{
	struct config_pbx *list = config_alloc(config, config->pbx_count + 1, sizeof(*list));
	char why[CONFIG_ERROR_SIZE];

	if (!list)
		return config_no_memory(error);
	if (config->pbx_count > 0)
		memcpy(list, config->pbxs, config->pbx_count * sizeof(*list));
	struct config_pbx *pbx = &list[config->pbx_count];

	if (!config_url(config, pbx, url, why, sizeof(why)))
		return config_fail(config, &pbx->place, error, "%s", why);
	pbx->name = name_of_host(config, pbx->parsed.host);
	pbx->password.env = CONFIG_PASSWORD_VARIABLE;
	pbx->application = CONFIG_APPLICATION;
	pbx->flags = CONFIG_FLAGS;
	if (!pbx->name)
		return config_no_memory(error);
	config->pbxs = list;
	config->pbx_count++;
	return true;
}
