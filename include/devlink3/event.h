/* SPDX-License-Identifier: MIT */
/**
 * @file event.h
 * libdevlink3-event: sessions on sockets, with libevent and OpenSSL. A listener is the PBX's side: it
 * accepts connections and runs a server session on each. A link is the application's: it runs a client
 * session, and when the connection is lost it makes another.
 *
 * Everything runs in the thread of one `event_base`, and callbacks come from there. A callback
 * may call anything here, dl3_conn_close(), dl3_listener_free() and dl3_link_free() included.
 *
 * A write to a closed socket raises SIGPIPE: a program that has left that signal at its default
 * gets it ignored by the first listener or link.
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
/** Octets that hold any socket address as text, with brackets, port and NUL. */
#define DL3_ADDRESS_TEXT 96
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

/** Octets that the other end's system has not acknowledged: those that wait here and those in the socket.
 * To be 0 before a close that must not cost a slow reader anything. Where the operating system does not
 * tell of its own, those that wait here only. */
DL3_API uint64_t dl3_conn_unsent(const struct dl3_conn *conn);

/** The other end's address, "127.0.0.1:53112". */
DL3_API const char *dl3_conn_peer(const struct dl3_conn *conn);
/** Whether it is encrypted. */
DL3_API bool dl3_conn_encrypted(const struct dl3_conn *conn);
/** A pointer of the owner's; NULL at first. */
DL3_API void dl3_conn_set_user(struct dl3_conn *conn, void *user);
DL3_API void *dl3_conn_user(const struct dl3_conn *conn);

/* ---- Links: the application's side ---- */

/** Time to look the host up, and for each of its addresses to accept the connection. */
#define DL3_CONNECT_TIMEOUT_MS 10000u
/** Wait after a first failure; each further one waits twice as long, with jitter. */
#define DL3_RETRY_MIN_MS 1000u
/** The longest such wait: a PBX takes minutes to start, so nobody waits much longer than it takes. */
#define DL3_RETRY_MAX_MS 60000u
/** Wait after RETRY LATER and LIMITS EXCEEDED: longer than a PBX locks an account, as far as known. */
#define DL3_RETRY_LONG_MS 120000u
/** A link that was up so long has proven itself: the next failure counts as a first one. */
#define DL3_LINK_STABLE_MS 30000u
/** Longest host name in a URL. */
#define DL3_HOST_MAX 255u
/** Ports of the description, section 3. */
#define DL3_PORT 50797u
#define DL3_PORT_TLS 50796u

/** A URL's parts: `devlink3://user@host:port` in the clear, `devlink3s://` with TLS. */
struct dl3_url {
	bool tls;
	char user[DL3_NAME_MAX + 1]; /**< percent-decoded; empty when there is none */
	char host[DL3_HOST_MAX + 1]; /**< a name or an address, IPv6 without its brackets */
	uint16_t port;               /**< the default of the scheme when there is none */
};

/**
 * Reads a URL. Whatever it cannot mean is an error: a password (it would be seen by all that see the
 * URL), a path, a query, a port that is none.
 * @return false; `error` then has one line with what was expected and what came.
 */
DL3_API DL3_MUST_USE bool dl3_url_parse(const char *text, struct dl3_url *out, char *error, size_t error_cap);

/** TLS of a link. The other end's certificate is always checked, in one of two ways. */
struct dl3_tls_client {
	const char *ca_file; /**< PEM file of the CAs to trust; NULL: those of the system */
	/** SHA-256 of the PBX's certificate, 64 hexadecimal digits with or without colons: then that one is
	 * accepted and no other, and neither its CA, its dates nor its name matter. NULL: none */
	const char *fingerprint;
	const char *name; /**< the name or address that has to be in the certificate; NULL: the URL's host */
	const char *certificate; /**< our own, a PEM chain, where the PBX asks for one; NULL: none */
	const char *key;         /**< its private key */
};

struct dl3_link;

/** What a link is doing. */
enum dl3_link_state {
	DL3_LINK_RESOLVING,  /**< looking the host up */
	DL3_LINK_CONNECTING, /**< TCP, and TLS */
	DL3_LINK_LOGIN,      /**< authentication */
	DL3_LINK_ASKING,     /**< let in; the event request waits for its answer */
	DL3_LINK_SNAPSHOT,   /**< events come; those so far are of calls that were in progress */
	DL3_LINK_UP,         /**< all calls in progress have been told, or no events were asked for */
	DL3_LINK_WAITING,    /**< down, until `retry_ms` have passed */
	DL3_LINK_STOPPED,    /**< down until dl3_link_start() */
};
/** "resolving", "connecting", ... */
DL3_API const char *dl3_link_state_name(enum dl3_link_state state);

/** Why a link went down, or did not come up. */
enum dl3_link_reason {
	DL3_REASON_NONE,
	DL3_REASON_UNKNOWN_HOST,       /**< the host has no address, or nobody tells it */
	DL3_REASON_UNREACHABLE,        /**< no route, nobody answers, or in no time */
	DL3_REASON_CONNECTION_REFUSED, /**< the machine is there and nobody listens on that port */
	DL3_REASON_TLS,                /**< the handshake failed, or the certificate was not accepted */
	DL3_REASON_NOT_DEVLINK3,       /**< what came first is no DevLink3 */
	DL3_REASON_WRONG_PASSWORD,     /**< AUTHENTICATION FAILED; the link stops */
	DL3_REASON_REFUSED,            /**< refused with a code that nobody knows; the link stops */
	DL3_REASON_RETRY_LATER,        /**< RETRY LATER; waits long */
	DL3_REASON_LIMITS_EXCEEDED, /**< LIMITS EXCEEDED, or FEATURE NOT AVAILABLE for the events, which is what the
	                             * fourth of three gets (docs/rulings.md#limit-of-three); waits long */
	DL3_REASON_LICENCE_MISSING, /**< no licence for what was asked; the link stops */
	DL3_REASON_STREAM_REFUSED,  /**< the event request was refused; the link stops */
	DL3_REASON_NO_ANSWER,       /**< connected, but an answer did not come in time: half-open, or hung */
	DL3_REASON_CLOSED,          /**< the PBX closed or reset the connection */
	DL3_REASON_PROTOCOL,        /**< what came cannot be a PBX's: framing lost, broken authentication */
	DL3_REASON_SYSTEM,          /**< this machine: out of memory or descriptors, the network is down */
	DL3_REASON_OWNER,           /**< dl3_link_stop() */
};
/** "none", "unknown_host", ... */
DL3_API const char *dl3_link_reason_name(enum dl3_link_reason reason);

/** A change of state. Text lives as long as the callback and is never NULL. */
struct dl3_link_change {
	enum dl3_link_state state, before;
	enum dl3_link_reason reason; /**< of WAITING and STOPPED; NONE otherwise */
	const char *detail;          /**< WAITING, STOPPED: one line for people, what happened */
	const char *advice;          /**< one line, what to try; empty when there is nothing to try */
	uint32_t retry_ms;           /**< WAITING: until the next attempt */
	uint32_t attempt;            /**< since it last was UP, from 1 */
	const char *address;         /**< of the PBX, "192.0.2.1:50797"; empty before it is known */
	struct dl3_fault fault;      /**< of the session, when it ended by itself */
	uint32_t result;             /**< the PBX's code, when it refused: DL3_AUTH_* or DL3_EVENTS_* */
};

struct dl3_link_callbacks {
	/** The state is another. May be NULL. */
	void (*changed)(struct dl3_link *link, const struct dl3_link_change *change, void *arg);
	/** An event of the session, as session.h has it. The link has done what is its own to do: it logs in,
	 * asks for events and keeps the connection alive. May be NULL. */
	void (*event)(struct dl3_link *link, const struct dl3_event *event, void *arg);
	/** Octets as they were sent or came, in the clear, before they are understood; those of
	 * authentication too. For recording. May be NULL. */
	void (*octets)(struct dl3_link *link, bool from_pbx, struct dl3_octets octets, void *arg);
};

/** Times in milliseconds; 0 means the default above, or that of session.h. */
struct dl3_link_config {
	const char *url;
	const char *user;     /**< NULL: the URL's. Neither: no authentication, for tests of the line alone */
	const char *password; /**< kept while the link lives, wiped at its end; NULL only without a user */
	const char *application;          /**< told to the PBX; NULL: nothing */
	const struct dl3_tls_client *tls; /**< NULL: the system's CAs, the URL's host. Only used with TLS */
	bool no_stream;                   /**< ask for no events: UP means authenticated */
	uint32_t flags;                   /**< DL3_FLAG_* to ask for */
	bool once;                        /**< no second attempt: the first failure stops it */
	uint32_t connect_timeout_ms, retry_min_ms, retry_max_ms, retry_long_ms, stable_ms;
	struct dl3_limits limits; /**< of each session */
	const struct dl3_allocator
		*allocator; /**< of the link and its sessions; NULL: realloc and free. Copied */
	struct dl3_link_callbacks callbacks;
	void *arg;
};

/**
 * A link: it connects, logs in, asks for events, finds out when the connection is dead, and begins
 * again, for as long as it lives; but what cannot get better by itself stops it: a wrong password (a PBX
 * locks accounts), a missing licence or right, a refused event request. The configuration is copied.
 * The first attempt begins when the loop runs.
 * @return NULL on failure; `error` then has one line that says what failed and what to try.
 */
DL3_API struct dl3_link *dl3_link_new(struct event_base *base, const struct dl3_link_config *config,
                                      char *error, size_t error_cap);
/** Closes without a further callback. NULL is allowed. */
DL3_API void dl3_link_free(struct dl3_link *link);

/** Begins again when STOPPED or WAITING, at once, and behind a dl3_link_stop() as soon as that is done: both
 * together make a new connection. Otherwise does nothing. */
DL3_API void dl3_link_start(struct dl3_link *link);
/** Closes, once what is queued has been sent, and stays STOPPED. */
DL3_API void dl3_link_stop(struct dl3_link *link);
/** A new password for the next attempt; the old one is wiped. DL3_ERR_MEMORY, DL3_ERR_ARGUMENT. */
DL3_API DL3_MUST_USE enum dl3_err dl3_link_set_password(struct dl3_link *link, const char *password);

DL3_API enum dl3_link_state dl3_link_state(const struct dl3_link *link);
/**
 * The session, for dl3_client_read(), dl3_client_test() and dl3_client_stream(); NULL while there is
 * no connection. Another one after each reconnection, and what was asked of the one before is not
 * answered any more. After calls on it outside of a callback use dl3_link_flush().
 */
DL3_API struct dl3_session *dl3_link_session(struct dl3_link *link);
/** Has the loop send what the session has queued. */
DL3_API void dl3_link_flush(struct dl3_link *link);
/** Stops or goes on reading: back-pressure. A PBX that is not read gives the link up in the end. */
DL3_API void dl3_link_pause(struct dl3_link *link, bool paused);
/** Both ends of the connection as text; false while there is none. Either may be NULL. */
DL3_API bool dl3_link_addresses(const struct dl3_link *link, char local[DL3_ADDRESS_TEXT],
                                char pbx[DL3_ADDRESS_TEXT]);

/** What a link did, ever. */
struct dl3_link_totals {
	uint64_t attempts;    /**< of connecting */
	uint64_t connections; /**< that came UP */
	uint64_t events;      /**< callbacks of records */
	uint64_t gaps;        /**< of counters */
	uint64_t missed;      /**< events that those say were lost */
	uint64_t octets_in, octets_out;
};
DL3_API struct dl3_link_totals dl3_link_counts(const struct dl3_link *link);
DL3_API void dl3_link_set_user(struct dl3_link *link, void *user);
DL3_API void *dl3_link_user(const struct dl3_link *link);

#ifdef __cplusplus
}
#endif
#endif
