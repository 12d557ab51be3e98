/* SPDX-License-Identifier: MIT */
/*
 * One connection: a session on a socket, with an owner that gets what happens: a listener or a link. What it sends is written from the session's own
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
#include "pace.h"
#include "stream.h"

/*
 * What connections have in common with those beside them. It is part of a listener or a link, and
 * its memory goes with the last reference: the owner's own, each connection's, and those of calls
 * that are on the stack.
 */
struct dl3i_owner {
	struct event_base *base;
	struct dl3_listener_callbacks callbacks;
	/* Octets as they came, or as they were taken by the stream; NULL: nobody wants them. */
	void (*octets)(struct dl3_conn *conn, bool came, struct dl3_octets octets, void *arg);
	void *arg;
	struct dl3_allocator allocator;
	struct dl3_conn *conns;
	uint32_t count;
	uint32_t handshake_ms, linger_ms, look_ms;
	bool waits_when_paused; /* a session that is not read is not told the time either */
	unsigned refs;
	void (*release)(struct dl3i_owner *owner); /* frees the memory that it is part of */
};

enum dl3i_conn_state {
	DL3I_CONN_HANDSHAKE, /* of TLS */
	DL3I_CONN_OPEN,
	DL3I_CONN_LINGER, /* `why` is known; what is queued is still being sent */
	DL3I_CONN_DONE,   /* to be freed */
};

/* Octets that many connections send from the same memory. Whoever makes them fills them before the first
 * dl3i_conn_share(), and they do not change from then on. */
struct dl3i_shared {
	unsigned refs;
	size_t len;
	uint8_t octets[];
};

/* Octets of the owner's, between those of the session. */
struct dl3i_raw {
	struct dl3i_raw *next;
	uint64_t at; /* behind how many octets of the session's */
	size_t sent, len;
	struct dl3i_shared *shared; /* where they are; NULL: here */
	uint8_t octets[];
};

struct dl3i_output {
	struct dl3i_raw *raw, *raw_last; /* in the order of `at` */
	size_t raw_held, shared_held;    /* octets of the list, here and in what is shared */
	uint64_t sent;                   /* octets of the session's, ever */
	uint32_t piece;                  /* octets of one write; 0: as many as there are */
	uint32_t interval;               /* between two pieces, in milliseconds */
	uint64_t next;                   /* when the next piece may go */
	bool held;                       /* the owner wants nothing sent */
	bool full;                       /* the socket takes no more */
};

struct dl3_conn {
	struct dl3_conn *next, *previous; /* in the owner's list */
	struct dl3i_owner *owner;
	struct dl3i_stream stream;
	struct dl3_session *session;
	struct event *readable, *writable, *timer;
	bool waits_readable, waits_writable; /* which of the events are set */
	enum dl3i_conn_state state;
	unsigned depth;    /* callbacks of it on the stack */
	uint64_t deadline; /* of a handshake, of lingering, of one that sends no more; DL3_NEVER: none */
	uint64_t look;     /* when to see whether one that is not read is still there; DL3_NEVER: never */
	struct dl3i_output out;
	struct dl3i_pace pace;
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

/** What a connection begins with. */
struct dl3i_conn_start {
	evutil_socket_t fd;        /* connected; the connection's from then on, also on failure */
	const struct sockaddr *sa; /* the other end's */
	socklen_t len;
	SSL *ssl; /* its role and what it checks are set; owned likewise; NULL: in the clear */
	struct dl3_session *session; /* owned likewise; NULL: there was no memory for one */
};

/** Begins a connection. @return false without memory; what ends it later is told by `closed`, which may
 * have been called before this returns. */
bool dl3i_conn_begin(struct dl3i_owner *owner, const struct dl3i_conn_start *start);
/** Ends all connections of an owner, at once. Those whose callback is on the stack are freed when it
 * returns. */
void dl3i_conns_drop(struct dl3i_owner *owner);
/** Calls `closed` and frees it. Only at depth 0. */
void dl3i_conn_finish(struct dl3_conn *c);
/** Has the loop go on with it, unless it is just doing so. */
void dl3i_conn_wake(struct dl3_conn *c);
/** Other times than the defaults. */
void dl3i_owner_set_times(struct dl3i_owner *owner, uint32_t handshake_ms, uint32_t linger_ms);
/** The owner's allocator, as dl3_allocator.resize; NULL in a configuration means realloc and free. */
void *dl3i_owner_resize(const struct dl3i_owner *owner, void *block, size_t old_size, size_t new_size);
struct dl3_allocator dl3i_allocator(const struct dl3_allocator *configured);
/** Gives a reference back; with the last one the memory goes. */
void dl3i_owner_release(struct dl3i_owner *owner);
/** Spares the program from SIGPIPE: neither libevent nor OpenSSL writes so that a closed socket is only an
 * error. A handler that the program has set stays. */
void dl3i_ignore_sigpipe(void);

/** The time that deadlines are in. */
uint64_t dl3i_now_ms(void);

/** Writes what may be written now. `*any` tells whether some was. @return DONE, or FAILED. */
enum dl3i_io dl3i_output_send(struct dl3_conn *c, bool *any);
/** Whether nothing waits to be sent. */
bool dl3i_output_empty(const struct dl3_conn *c);
/** When there is something to be done without the socket having said so; DL3_NEVER. */
uint64_t dl3i_output_due(const struct dl3_conn *c);
void dl3i_output_free(struct dl3_conn *c);

/** Queues octets behind what is queued now, as dl3_conn_raw(), but without a copy: it takes a reference.
 * @return DL3_OK, DL3_ERR_STATE, DL3_ERR_MEMORY. */
DL3_MUST_USE enum dl3_err dl3i_conn_share(struct dl3_conn *c, struct dl3i_shared *shared);
/** Octets of those that wait, with all of one that has begun. */
size_t dl3i_conn_shared(const struct dl3_conn *c);
/** With one reference, the caller's; from malloc(). NULL without memory. */
struct dl3i_shared *dl3i_shared_new(size_t len);
/** Gives a reference back. NULL is allowed. */
void dl3i_shared_release(struct dl3i_shared *shared);

#endif
