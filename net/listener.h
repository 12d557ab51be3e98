/* SPDX-License-Identifier: MIT */
#ifndef DL3I_NET_LISTENER_H
#define DL3I_NET_LISTENER_H

#include <event2/listener.h>

#include "conn.h"

struct dl3_listener {
	struct event_base *base;
	struct dl3_listener_callbacks callbacks;
	void *arg;
	struct dl3_allocator allocator;
	struct dl3_server_config session;
	SSL_CTX *tls; /* NULL: in the clear */
	struct evconnlistener *socket;
	struct event *again; /* accepts again, after the system ran out of something */
	struct dl3_conn *conns;
	uint32_t count, max_connections;
	uint32_t handshake_ms, linger_ms, look_ms;
	uint64_t turned_away;
	unsigned refs; /* the owner's, each connection's, and that of an accept */
	char address[DL3I_ADDRESS_TEXT_MAX];
};

/** Other times than the defaults, for tests. */
void dl3i_listener_set_times(struct dl3_listener *l, uint32_t handshake_ms, uint32_t linger_ms);

/** The listener's allocator, as dl3_allocator.resize. */
void *dl3i_listener_resize(const struct dl3_listener *l, void *block, size_t old_size, size_t new_size);

/** Gives a reference back; with the last one the listener's memory goes. */
void dl3i_listener_release(struct dl3_listener *l);

#endif
