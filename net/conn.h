/* SPDX-License-Identifier: MIT */
/*
 * One connection: a server session on a bufferevent.
 *
 * It is freed in one place, when the outermost of its callbacks returns; calls that end it only
 * say so. What comes from the owner outside of a callback is done by `work`, an event that the
 * loop runs, so that no call of the owner's ever leads to a callback inside of it. The one
 * exception is dl3_listener_free(), after which the loop may never run again.
 */
#ifndef DL3I_NET_CONN_H
#define DL3I_NET_CONN_H

#include <devlink3/event.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "address.h"

enum dl3i_conn_state {
	DL3I_CONN_HANDSHAKE, /* of TLS */
	DL3I_CONN_OPEN,
	DL3I_CONN_LINGER, /* `why` is known; what is queued is still being sent */
	DL3I_CONN_DONE,   /* to be freed */
};

struct dl3_conn {
	struct dl3_conn *next, *previous; /* in the listener's list */
	struct dl3_listener *listener;
	struct bufferevent *bev;
	SSL *ssl; /* the bufferevent's; NULL in the clear */
	struct dl3_session *session;
	struct event *timer, *work;
	enum dl3i_conn_state state;
	unsigned depth;    /* callbacks of it on the stack */
	uint64_t deadline; /* of a handshake or of lingering; DL3_NEVER: none */
	bool paused;
	bool eof;  /* the other end sends no more */
	bool owes; /* `drained`, once all has been taken */
	bool shut; /* our direction is closed */
	void *user;
	struct dl3_close why;
	char detail[DL3_FAULT_TEXT_MAX];
	char peer[DL3I_ADDRESS_TEXT_MAX];
};

/** Begins a connection on a socket, which it owns from then on, also on failure. */
void dl3i_conn_begin(struct dl3_listener *l, evutil_socket_t fd, const struct sockaddr *sa, socklen_t len);
/** Ends it for the owner, at once. It is freed by the caller or by the loop. */
void dl3i_conn_drop(struct dl3_conn *c);
/** Calls `closed` and frees it. Only at depth 0. */
void dl3i_conn_finish(struct dl3_conn *c);

#endif
