/* SPDX-License-Identifier: MIT */
/*
 * The gateway: a link to each PBX, what happens there for any number of consumers, and its history. All of it
 * runs in the thread of one loop, but for the store's own threads.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "config.h"
#include "log.h"

struct event_base;
struct gateway;

/* A simulated PBX beside those of the configuration. */
struct gateway_demo {
	const char *url, *password;
};

struct gateway_options {
	const struct gateway_config
		*config; /* checked; lives as long as the gateway, or until a reload has replaced it */
	struct log *log; /* NULL: nothing is said */
	const struct gateway_demo *demo; /* NULL: none */
};

/* @return NULL with an error. */
struct gateway *gateway_new(struct event_base *base, const struct gateway_options *options,
                            struct config_error *error);
/* Where it listens, with "http://" or "https://"; NULL past the last. */
const char *gateway_address(const struct gateway *g, size_t index);
/* Where the PBXs' own protocol is served on, "devlink3://127.0.0.1:50797"; NULL past the last. */
const char *gateway_proxy_address(const struct gateway *g, size_t index);
/*
 * Goes on with another configuration, which then takes the place of the one before. Consumers stay. What only another
 * start brings about is said in the log. Certificates, tokens and passwords are read again. @return false with an
 * error: then all is as it was.
 */
bool gateway_reload(struct gateway *g, const struct gateway_config *config, struct config_error *error);
/* The configuration it has, or its copy, lies elsewhere from now on. */
void gateway_moved(struct gateway *g, const struct gateway_config *config);
/* Consumers are told, no more requests are taken. */
void gateway_stop(struct gateway *g);
/* Whether all who were told have gone. */
bool gateway_is_quiet(const struct gateway *g);
/* Ends all the rest; what the store has not written yet is written. NULL is allowed. */
void gateway_free(struct gateway *g);

#endif
