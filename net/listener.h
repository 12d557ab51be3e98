/* SPDX-License-Identifier: MIT */
#ifndef DL3I_NET_LISTENER_H
#define DL3I_NET_LISTENER_H

#include <event2/listener.h>

#include "conn.h"

struct dl3_listener {
	struct dl3i_owner owner;
	struct dl3_server_config session;
	SSL_CTX *tls; /* NULL: in the clear */
	struct evconnlistener *socket;
	struct event *again; /* accepts again, after the system ran out of something */
	uint32_t max_connections;
	uint64_t turned_away;
	char address[DL3I_ADDRESS_TEXT_MAX];
};

#endif
