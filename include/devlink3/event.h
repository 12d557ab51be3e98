/* SPDX-License-Identifier: MIT */
/**
 * @file event.h
 * libdevlink3-event: sessions on sockets, with libevent and OpenSSL. This header has the PBX's
 * side: a listener that accepts connections and runs a server session on each.
 *
 * Everything runs in the thread of one `event_base`, and callbacks come from there. A callback
 * may call anything here, dl3_conn_close() and dl3_listener_free() included.
 *
 * A write to a closed socket raises SIGPIPE: a program that has left that signal at its default
 * gets it ignored by the first listener.
 */
#ifndef DEVLINK3_EVENT_H
#define DEVLINK3_EVENT_H

#include <devlink3/session.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base; /* libevent's */

/* ---- Limits; 0 in the configuration means the default ---- */

/** Connections that a listener holds at once; more are accepted and closed at once, counted. */
#define DL3_LISTENER_MAX_CONNECTIONS 1024u
/** Time for a TLS handshake. */
#define DL3_TLS_HANDSHAKE_MS 10000u
/** Time for a client that has been told to go to take what is queued for it. */
#define DL3_LINGER_MS 2000u
/** Octets of dl3_conn_raw() that may wait, with a few octets of bookkeeping for each call. */
#define DL3_RAW_MAX 1048576u

/** TLS of a listener. Strings are paths of PEM files. */
struct dl3_tls_server {
	const char *certificate; /**< chain, the server's own first; NULL: one is generated, self-signed */
	const char *key;         /**< its private key; NULL with `certificate` NULL */
	const char *client_ca;   /**< CAs of client certificates; NULL: none is asked for */
	bool require_client;     /**< a client without a certificate of those CAs is refused */
};

/** TLS made ready once, for any number of listeners: a generated certificate is then the same on
 * all of them, and so is the memory. */
struct dl3_tls;

struct dl3_listener;
/** A connection. Lives until its `closed` callback has returned. */
struct dl3_conn;

/** Why a connection ended. */
enum dl3_close_reason {
	DL3_CLOSED_BY_PEER,  /**< it closed, or reset */
	DL3_CLOSED_BY_OWNER, /**< dl3_conn_close(), or the listener was freed */
	DL3_CLOSED_SESSION,  /**< the session ended: `fault` says why */
	DL3_CLOSED_TLS,      /**< the handshake failed, or took too long: `detail` says why */
	DL3_CLOSED_SOCKET,   /**< the operating system: `detail` says why */
};
/** "peer", "owner", "session", "tls", "socket". */
DL3_API const char *dl3_close_reason_name(enum dl3_close_reason reason);

struct dl3_close {
	enum dl3_close_reason reason;
	struct dl3_fault fault; /**< SESSION; BY_PEER when it closed inside a frame */
	const char *detail;     /**< one line for people; never NULL; lives as long as the callback */
};

struct dl3_listener_callbacks {
	/** A connection is ready: TLS is done, the session waits for the first octet. May be NULL. */
	void (*opened)(struct dl3_conn *conn, void *arg);
	/** An event of its session, questions among them; see session.h. Must not be NULL. */
	void (*event)(struct dl3_conn *conn, const struct dl3_event *event, void *arg);
	/** What was queued has been taken by the socket: there is room again after a dl3_server_event()
	 * that found none. Comes whenever a queue becomes empty, so also without such a call. May be
	 * NULL. */
	void (*drained)(struct dl3_conn *conn, void *arg);
	/** It is over; `conn` is freed when this returns. Also for one that was never `opened`. May be NULL. */
	void (*closed)(struct dl3_conn *conn, const struct dl3_close *why, void *arg);
};

struct dl3_listener_config {
	const char *address; /**< "127.0.0.1:50797", "[::1]:0"; port 0 picks one; NULL: 127.0.0.1:0 */
	const struct dl3_tls_server *tls; /**< NULL: in the clear */
	/** Instead of `tls`. The listener keeps what it needs of it, also when it is freed. */
	const struct dl3_tls *shared_tls;
	struct dl3_limits limits; /**< of each session */
	uint32_t max_connections;
	/** Of the listener, its connections and their sessions; NULL: realloc and free. Copied. */
	const struct dl3_allocator *allocator;
	struct dl3_listener_callbacks callbacks;
	void *arg;
};

/**
 * Reads the files of `config`, or generates a certificate. That is for `address`, written as a
 * listener's; NULL, or one that means every address: for this machine, `localhost`.
 * @return NULL on failure; `error` then has one line that says what failed and what to try.
 */
DL3_API struct dl3_tls *dl3_tls_server_new(const struct dl3_tls_server *config, const char *address,
                                           char *error, size_t error_cap);
/** NULL is allowed. */
DL3_API void dl3_tls_free(struct dl3_tls *tls);

/**
 * Begins to listen. The configuration is copied, the files are read now.
 * @return NULL on failure; `error` then has one line that says what failed and what to try.
 */
DL3_API struct dl3_listener *dl3_listener_new(struct event_base *base,
                                              const struct dl3_listener_config *config, char *error,
                                              size_t error_cap);
/** Closes all connections (their `closed` is called) and stops listening. NULL is allowed. */
DL3_API void dl3_listener_free(struct dl3_listener *l);
/** Where it listens, "127.0.0.1:40123"; lives as long as the listener. */
DL3_API const char *dl3_listener_address(const struct dl3_listener *l);
/** Connections now, and how many were turned away because of max_connections. */
DL3_API uint32_t dl3_listener_connections(const struct dl3_listener *l, uint64_t *turned_away);

/** The connection's session, for the calls of session.h that answer and send. After such calls
 * outside of a callback use dl3_conn_flush(). */
DL3_API struct dl3_session *dl3_conn_session(struct dl3_conn *conn);
/** Has the loop send what the session has queued, in its next turn: however often this is called
 * before, there is one write. Done by itself after each callback of that connection. */
DL3_API void dl3_conn_flush(struct dl3_conn *conn);
/** Ends a connection once what is queued has been sent and the other end has closed as well, or
 * DL3_LINGER_MS have passed. No event comes any more; what still arrives is thrown away, so that
 * it causes no reset, which would destroy what was sent last. */
DL3_API void dl3_conn_close(struct dl3_conn *conn);
/** Ends it at once, with a reset when `reset`. What is queued is not sent. */
DL3_API void dl3_conn_abort(struct dl3_conn *conn, bool reset);
/** Stops or goes on reading from it: back-pressure, or a simulated stall. Answers that are queued
 * are sent all the same. When the other end closes a connection that is not read, it has
 * DL3_LINGER_MS to be read again; then it is `closed`, within another DL3_LINGER_MS. */
DL3_API void dl3_conn_pause(struct dl3_conn *conn, bool paused);

/* ---- Faults, for those who simulate a PBX ---- */

/** Keeps all output queued, or lets it go: a PBX that hangs with its connections open. What comes
 * is still read and asked, until the queue has no room for answers; with dl3_conn_pause() not
 * even that. A close of a connection that is held sends nothing, and takes DL3_LINGER_MS. */
DL3_API void dl3_conn_hold(struct dl3_conn *conn, bool held);
/** Sends in pieces of at most `max_octets`, each in a write of its own, with at least `interval_ms`
 * between them. `max_octets` 0: as fast as it can, as at first. With TLS these are the octets
 * before encryption. */
DL3_API void dl3_conn_throttle(struct dl3_conn *conn, uint32_t max_octets, uint32_t interval_ms);
/**
 * Sends octets that need not be a message, behind what is queued now and before what is queued
 * later. They are copied. With TLS they are encrypted as all others.
 *
 * @return DL3_OK; DL3_ERR_STATE when the connection is not yet open or is closing; DL3_ERR_ARGUMENT
 *         for no octets and a length; DL3_ERR_OUTPUT_LIMIT past DL3_RAW_MAX; DL3_ERR_MEMORY.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_conn_raw(struct dl3_conn *conn, const void *data, size_t len);

/** The other end's address, "127.0.0.1:53112". */
DL3_API const char *dl3_conn_peer(const struct dl3_conn *conn);
/** Whether it is encrypted. */
DL3_API bool dl3_conn_encrypted(const struct dl3_conn *conn);
/** A pointer of the owner's; NULL at first. */
DL3_API void dl3_conn_set_user(struct dl3_conn *conn, void *user);
DL3_API void *dl3_conn_user(const struct dl3_conn *conn);

#ifdef __cplusplus
}
#endif
#endif
