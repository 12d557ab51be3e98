/* SPDX-License-Identifier: MIT */
/*
 * The gateway: a link to each PBX, what happens there for any number of consumers, and its history. All of it
 * runs in the thread of one loop, but for the store's own threads.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <devlink3/event.h>

struct event_base;
struct gateway;

/* What is asked of a PBX unless one says otherwise: all nodes, SIP, and what extensions do. Calls are made of Delta3. */
#define GATEWAY_FLAGS (DL3_FLAG_SCN | DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN)

struct gateway_pbx {
	const char *name; /* unique */
	const char *url, *user, *password;
	const struct dl3_tls_client *tls;
	uint32_t flags; /* DL3_FLAG_* */
};

struct gateway_listen {
	const char *address;
	const struct dl3_tls *tls; /* NULL: in the clear */
};

/* Zeros and NULLs are the defaults. What is pointed to is copied, but for what a comment says. */
struct gateway_settings {
	const struct gateway_pbx *pbxs;
	size_t pbx_count;
	const struct gateway_listen *listen; /* none: 127.0.0.1:8080 */
	size_t listen_count;
	const char *store; /* a path or a URL; NULL: nothing is kept */
	unsigned calls_days, events_days, commit_ms;
	uint64_t store_bytes;
	bool keep_records; /* in the store */
	unsigned answer_goal_ms, short_ms;
	unsigned day_start_min; /* after local midnight */
	uint32_t ring_messages;
	size_t ring_bytes;
	uint32_t consumers;
	uint32_t connections, connections_of_address;
	const char *const *origins; /* of pages of others that may use it; must outlive the gateway */
	size_t origin_count;
	bool demo;
	/* One line for the log. May be NULL. */
	void (*log)(const char *what, const char *line, void *arg);
	void *arg;
};

/* @return NULL with one line in `error`. */
struct gateway *gateway_new(struct event_base *base, const struct gateway_settings *settings, char *error,
                            size_t error_size);
/* Where it listens, NULL past the last. */
const char *gateway_address(const struct gateway *g, size_t index);
/* Consumers are told, no more requests are taken. */
void gateway_stop(struct gateway *g);
/* Whether all who were told have gone. */
bool gateway_is_quiet(const struct gateway *g);
/* Ends all the rest; what the store has not written yet is written. NULL is allowed. */
void gateway_free(struct gateway *g);

#endif
