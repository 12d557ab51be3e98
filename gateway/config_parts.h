/* SPDX-License-Identifier: MIT */
/* Between the files of the configuration. */
#ifndef GATEWAY_CONFIG_PARTS_H
#define GATEWAY_CONFIG_PARTS_H

#include "config.h"
#include "config_schema.h"
#include "sim/document.h"

#define CONFIG_PASSWORD_VARIABLE "DEVLINK3_PASSWORD"

/* Zeroed, and freed with the configuration; NULL without memory. */
void *config_alloc(struct gateway_config *config, size_t count, size_t size);
char *config_printf(struct gateway_config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The defaults but for the state's folder and the store, which come last, once it is known what was told. */
bool config_begin(struct gateway_config *config, struct config_error *error);
bool config_finish(struct gateway_config *config, struct config_error *error);

/* Says "FILE:LINE:COLUMN: " where there is such a place, and the rest. @return false. */
bool config_fail(const struct gateway_config *config, const struct config_place *place,
                 struct config_error *error, const char *format, ...) __attribute__((format(printf, 4, 5)));
bool config_no_memory(struct config_error *error);

/* A URL that the gateway can use. */
bool config_url(struct gateway_config *config, struct config_pbx *pbx, const char *url, char *error,
                size_t error_size);

/* One reading. */
struct config_reader {
	struct sim_document doc;
	const struct raw_config *raw;
	struct gateway_config *config;
	const char *folder; /* with its slash; "" */
};

#define CONFIG_AT(list, key) (&(struct sim_place){ list, 0, key, 0, NULL })
#define CONFIG_AT_ENTRY(list, entry, key) (&(struct sim_place){ list, (entry) + 1, key, 0, NULL })

bool config_read_pbxs(struct config_reader *r);
bool config_read_listen(struct config_reader *r);
bool config_read_proxy(struct config_reader *r);
bool config_read_origins(struct config_reader *r);

/* Copies; NULL stays NULL. */
bool config_read_text(struct config_reader *r, const char **out, const char *text);
/* The same of a path, with the folder in front of a relative one. */
bool config_read_path(struct config_reader *r, const char **out, const char *path);
bool config_read_secret(struct config_reader *r, const struct sim_place *at, const char *file,
                        const char *env, struct config_secret *out);
/* `*out` stays when nothing is given. */
bool config_read_number(struct config_reader *r, const struct sim_place *at, const uint32_t *given,
                        uint32_t low, uint32_t high, uint32_t *out);
struct config_place config_place_of(struct config_reader *r, const struct sim_place *at);

#endif
