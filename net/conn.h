/* SPDX-License-Identifier: MIT */
/*
 * One connection: a server session on a socket. What it sends is written from the session's own
 * queue, once a turn of the loop; what it reads goes into the session at once.
 *
 * It is freed in one place, when the outermost of its callbacks returns; calls that end it only
 * say so. What comes from the owner outside of a callback is done when the loop runs `timer`,
 * so that no call of the owner's ever leads to a callback inside of it. The one exception is
 * dl3_listener_free(), after which the loop may never run again.
 */
#ifndef DL3I_NET_CONN_H
#define DL3I_NET_CONN_H

#include <devlink3/event.h>
#include <event2/event.h>

#include "address.h"
#include "stream.h"

enum dl3i_conn_state {
	DL3I_CONN_HANDSHAKE, /* of TLS */
	DL3I_CONN_OPEN,
	DL3I_CONN_LINGER, /* `why` is known; what is queued is still being sent */
	DL3I_CONN_DONE,   /* to be freed */
};

/* Octets of the owner's, between those of the session. */
struct dl3i_raw {
	struct dl3i_raw *next;
	uint64_t at; /* behind how many octets of the session's */
	size_t sent, len;
	uint8_t octets[];
};

struct dl3i_output {
	struct dl3i_raw *raw, *raw_last; /* in the order of `at` */
	size_t raw_held;
	uint64_t sent;     /* octets of the session's, ever */
	uint32_t piece;    /* octets of one write; 0: as many as there are */
	uint32_t interval; /* between two pieces, in milliseconds */
	uint64_t next;     /* when the next piece may go */
	bool held;         /* the owner wants nothing sent */
	bool full;         /* the socket takes no more */
};

struct dl3_conn {
	struct dl3_conn *next, *previous; /* in the listener's list */
	struct dl3_listener *listener;
	struct dl3i_stream stream;
	struct dl3_session *session;
	struct event *readable, *writable, *timer;
	bool waits_readable, waits_writable; /* which of the events are set */
	enum dl3i_conn_state state;
	unsigned depth;    /* callbacks of it on the stack */
	uint64_t deadline; /* of a handshake, of lingering, of one that sends no more; DL3_NEVER: none */
	uint64_t look;     /* when to see whether one that is not read is still there; DL3_NEVER: never */
	struct dl3i_output out;
	uint8_t *rest; /* input that the session has not taken; NULL when there is none */
	size_t rest_at, rest_len;
	bool input;   /* there may be some to read */
	bool again;   /* there is more to do, after others had their turn */
	bool blocked; /* the session takes no input until output has gone or requests are answered */
	bool paused;
	bool eof;  /* the other end sends no more, and what it sent has been read */
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
/** Has the loop go on with it, unless it is just doing so. */
void dl3i_conn_wake(struct dl3_conn *c);
/** The time that deadlines are in. */
uint64_t dl3i_now_ms(void);

/** Writes what may be written now. `*any` tells whether some was. @return DONE, or FAILED. */
enum dl3i_io dl3i_output_send(struct dl3_conn *c, bool *any);
/** Whether nothing waits to be sent. */
bool dl3i_output_empty(const struct dl3_conn *c);
/** When there is something to be done without the socket having said so; DL3_NEVER. */
uint64_t dl3i_output_due(const struct dl3_conn *c);
void dl3i_output_free(struct dl3_conn *c);

#endif
