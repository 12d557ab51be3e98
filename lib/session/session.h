/* SPDX-License-Identifier: MIT */
/*
 * The inside of a session. session.c moves octets, frames and time and is the same for both
 * ends; what a message means is the business of a role, client.c or server.c.
 */
#ifndef DL3I_SESSION_SESSION_H
#define DL3I_SESSION_SESSION_H

#include <devlink3/session.h>

/* ---- Memory: memory.c ---- */

/* A queue of octets: taken from the front, added to the back. */
struct dl3i_buf {
	uint8_t *ptr;
	size_t cap;
	size_t start, end;
	bool secret; /* may hold a password: octets are wiped wherever they leave */
};

static inline size_t dl3i_held(const struct dl3i_buf *b)
{
	return b->end - b->start;
}

/* The session's allocator, counted. Semantics of struct dl3_allocator. */
void *dl3i_resize(struct dl3_session *s, void *block, size_t old_size, size_t new_size);

/* Makes room for `n` octets behind what is held; `limit` is the most the buffer ever holds. */
DL3_MUST_USE bool dl3i_buf_reserve(struct dl3_session *s, struct dl3i_buf *b, size_t n, size_t limit);
/* Takes `n` octets off the front, and gives memory back when much is free. */
void dl3i_buf_drop(struct dl3_session *s, struct dl3i_buf *b, size_t n);
void dl3i_buf_free(struct dl3_session *s, struct dl3i_buf *b);

/* Makes scratch hold `n` octets; what it held is lost. */
DL3_MUST_USE bool dl3i_scratch_reserve(struct dl3_session *s, size_t n);
/* Gives scratch back when it has grown past DL3_BUFFER_KEEP. */
void dl3i_scratch_trim(struct dl3_session *s);

/* ---- Requests that wait for an answer: requests.c ---- */

enum dl3i_request_kind {
	DL3I_REQUEST_AUTH,
	DL3I_REQUEST_STREAM,
	DL3I_REQUEST_BARRIER,
	DL3I_REQUEST_READ,
	DL3I_REQUEST_TEST,
	DL3I_REQUEST_KEEPALIVE,
};

struct dl3i_request {
	uint32_t id;
	enum dl3i_request_kind kind;
	uint64_t sent, due; /* client */
	uint32_t flags;     /* STREAM: what was asked */
	uint32_t stream;    /* BARRIER: the event request before it */
	bool accepted;      /* BARRIER: that request streams */
	bool overtaken;     /* STREAM: the barrier behind it was answered before it */
};

struct dl3i_requests {
	struct dl3i_request *list; /* oldest first */
	size_t count, cap;
};

/* Adds a request to the end. @return DL3_OK, DL3_ERR_REQUEST_LIMIT, DL3_ERR_MEMORY. */
DL3_MUST_USE enum dl3_err dl3i_request_add(struct dl3_session *s, struct dl3i_requests *r,
                                           const struct dl3i_request *request);
/* The oldest with this id and kind; NULL when there is none. */
struct dl3i_request *dl3i_request_find(struct dl3i_requests *r, uint32_t id, enum dl3i_request_kind kind);
/* The oldest with this id, of any kind. */
struct dl3i_request *dl3i_request_any(struct dl3i_requests *r, uint32_t id);
/* Takes one out; pointers to the others are void from then on. */
void dl3i_request_remove(struct dl3i_requests *r, struct dl3i_request *request);
void dl3i_requests_free(struct dl3_session *s, struct dl3i_requests *r);

/* ---- Counters of PBXs: counters.c ---- */

struct dl3i_counter {
	uint32_t pbx;
	uint32_t last;
};

struct dl3i_counters {
	struct dl3i_counter *list; /* by address */
	size_t count, cap;
};

/* What a counter says, compared with the one before it of the same PBX. */
struct dl3i_counted {
	bool changed; /* `change` and `expected` count; the counter is in order otherwise */
	enum dl3_counter_change change;
	uint32_t expected;
};

/* Takes note of a counter. @return DL3_OK, DL3_ERR_MEMORY. */
DL3_MUST_USE enum dl3_err dl3i_counter_note(struct dl3_session *s, struct dl3i_counters *c, uint32_t pbx,
                                            uint32_t came, struct dl3i_counted *out);
void dl3i_counters_free(struct dl3_session *s, struct dl3i_counters *c);

/* ---- Authentication: auth.c ---- */

/* Copies at most `n` octets of a password and pads with zeros. NULL is the empty password. */
void dl3i_password_pad(const char *password, uint8_t *out, size_t n);
DL3_MUST_USE enum dl3_err dl3i_auth_sha1(struct dl3_octets challenge,
                                         const uint8_t password[DL3_SHA1_PASSWORD_MAX],
                                         uint8_t out[DL3_SHA1_SIZE]);

/* What takes the system's cryptography: secret_openssl.c, secret_windows.c. */
/* Compares in a time that does not tell where the difference lies. */
bool dl3i_auth_same(const uint8_t *a, const uint8_t *b, size_t n);
/* Overwrites, in a way that no compiler takes out. */
void dl3i_wipe(void *p, size_t n);
/* @return whether the system could: a policy may forbid SHA-1. */
DL3_MUST_USE bool dl3i_sha1(const uint8_t *data, size_t n, uint8_t out[DL3_SHA1_SIZE]);

/* ---- Client: client.c, client_message.c ---- */

enum dl3i_client_state {
	DL3I_CLIENT_NEW,      /* authentication was not begun */
	DL3I_CLIENT_ASKED,    /* the user was named */
	DL3I_CLIENT_ANSWERED, /* the one challenge was answered */
	DL3I_CLIENT_READY,    /* authenticated */
};

/* Where the tuples of the event at the front of the input have been told up to. */
struct dl3i_walk {
	uint32_t pbx, counter;
	unsigned index;
	size_t at; /* from the start of the payload: the input may move between two calls */
};

/* How a frame that has begun comes on: an octet now and then is no progress. */
struct dl3i_arrival {
	bool begun, large;
	uint64_t at;   /* where in the stream of octets it begins */
	uint64_t goal; /* up to where the stream must have come by `due`, if not to the frame's end */
	uint64_t due;
};

struct dl3i_client {
	enum dl3i_client_state state;
	uint32_t last_id;
	uint8_t password[DL3_PLAIN_PASSWORD_MAX];
	struct dl3i_requests requests;
	struct dl3i_counters counters;
	struct dl3i_arrival arrival;
	uint64_t flow; /* up to where the stream must have come for a snapshot to come on */
	struct dl3i_walk walk;
	uint32_t snapshot; /* the event request whose SNAPSHOT_END is still to be told; 0 when none */
	struct dl3_tuple tuple;
	struct dl3_record record;
};

/* Sends a message that wants an answer: gives it an id, a place in the table and a time. */
DL3_MUST_USE enum dl3_err dl3i_client_send(struct dl3_session *s, struct dl3_msg *msg,
                                           const struct dl3i_request *request);
/* Sends the test packet whose answer ends the snapshot of event request `stream`. */
DL3_MUST_USE enum dl3_err dl3i_client_barrier(struct dl3_session *s, uint32_t stream, bool accepted);

/* Wipes the password. */
void dl3i_client_forget(struct dl3_session *s);

enum dl3_err dl3i_client_message(struct dl3_session *s, struct dl3_event *ev);
enum dl3_err dl3i_client_malformed(struct dl3_session *s, const struct dl3_fault *fault,
                                   struct dl3_event *ev);
enum dl3_err dl3i_client_resume(struct dl3_session *s, struct dl3_event *ev);

/* ---- Server: server.c, server_message.c ---- */

enum dl3i_server_step {
	DL3I_SERVER_NONE,       /* no authentication is going on */
	DL3I_SERVER_LOGIN,      /* the owner is to answer LOGIN */
	DL3I_SERVER_CHALLENGED, /* the client is to answer the challenge */
	DL3I_SERVER_PROOF,      /* the owner is to answer PROOF */
};

enum dl3i_server_life {
	DL3I_SERVER_ALIVE,
	DL3I_SERVER_REFUSED, /* an authentication failed */
	DL3I_SERVER_LOST,    /* a test packet broke the stream */
};

struct dl3i_server {
	enum dl3i_server_step step;
	enum dl3i_server_life life;
	bool admitted, streaming;
	bool hold; /* the owner is at a snapshot: tests wait */
	uint32_t flags;
	uint64_t login_due;
	uint32_t auth_id; /* of the request that `step` is about */
	char *user;       /* copied: a proof comes in a later frame */
	size_t user_len;
	bool plain; /* which challenge was sent */
	bool known; /* the user exists */
	bool right;
	uint8_t proof[DL3_PLAIN_PASSWORD_MAX]; /* what the right answer is; the password is not kept */
	struct dl3i_requests requests;         /* that the owner is to answer */
};

enum dl3_err dl3i_server_message(struct dl3_session *s, struct dl3_event *ev);
enum dl3_err dl3i_server_malformed(struct dl3_session *s, const struct dl3_fault *fault,
                                   struct dl3_event *ev);
enum dl3_err dl3i_server_oversize(struct dl3_session *s, struct dl3_octets seen, struct dl3_event *ev);
/* Ends what was going on: nothing is asked, streamed or secret any more. */
void dl3i_server_die(struct dl3_session *s, enum dl3i_server_life life);

/* ---- Sessions: session.c ---- */

/*
 * What tells the ends apart. Functions that return an error fill in `ev` and return DL3_OK, or
 * return DL3_END when there is nothing to tell and next() goes on, or DL3_NEED_MORE, or what
 * dl3i_end() returned.
 */
struct dl3i_role {
	enum dl3_err (*message)(struct dl3_session *s, struct dl3_event *ev);
	enum dl3_err (*malformed)(struct dl3_session *s, const struct dl3_fault *fault, struct dl3_event *ev);
	void (*begin)(struct dl3_session *s); /* the first tick */
	void (*tick)(struct dl3_session *s);
	uint64_t (*deadline)(const struct dl3_session *s);
	void (*ended)(struct dl3_session *s); /* the session has ended: forget what is secret */
	void (*finish)(struct dl3_session *s);
	/* May be NULL: */
	bool (*blocked)(const struct dl3_session *s);
	/* Goes on with the frame at the front when it has more than one thing to tell. */
	enum dl3_err (*resume)(struct dl3_session *s, struct dl3_event *ev);
	/* Looks at the start of a payload that is too long, before the session ends of it. */
	enum dl3_err (*oversize)(struct dl3_session *s, struct dl3_octets seen, struct dl3_event *ev);
	/* All input has been told: is something overdue? */
	enum dl3_err (*late)(struct dl3_session *s, struct dl3_event *ev);
	void (*fed)(struct dl3_session *s); /* octets came */
};

struct dl3_session {
	const struct dl3i_role *role;
	struct dl3_allocator allocator;
	struct dl3_limits limits; /* no zeros */
	bool encrypted;
	bool ticked;
	bool closed; /* no more input comes */
	uint64_t now;
	uint64_t last_input;
	uint64_t taken; /* octets that have left the input, from the start of the stream */
	size_t memory;
	size_t frame;  /* of the frame at the front that next() has shown; 0 when none */
	size_t header; /* of it, the header */
	bool more;     /* resume() has more to tell of that frame */
	struct dl3_fault fault;
	struct dl3i_buf in, out;
	char *scratch;
	size_t scratch_cap;
	struct dl3_msg msg; /* the message of that frame */
	union {
		struct dl3i_client client;
		struct dl3i_server server;
	} u;
};

struct dl3_session *dl3i_session_new(const struct dl3i_role *role, bool encrypted,
                                     const struct dl3_limits *limits, uint32_t max_frame, uint32_t max_output,
                                     const struct dl3_allocator *allocator);

extern const struct dl3i_role dl3i_client_role;
extern const struct dl3i_role dl3i_server_role;

/* Ends the session with a fault; the first one counts. @return its error. */
enum dl3_err dl3i_end(struct dl3_session *s, const struct dl3_fault *fault);
enum dl3_err dl3i_end_of(struct dl3_session *s, enum dl3_err err, const char *expected, const char *came);
enum dl3_err dl3i_end_value(struct dl3_session *s, enum dl3_err err, const char *expected, const char *came,
                            uint64_t value);

static inline bool dl3i_ended(const struct dl3_session *s)
{
	return s->fault.err != DL3_OK;
}

/* Leaves the frame at the front for another time. @return DL3_BLOCKED. */
enum dl3_err dl3i_put_off(struct dl3_session *s);
/* The payload of the frame at the front. */
struct dl3_octets dl3i_payload(const struct dl3_session *s);

/* What lies at the front of the input. */
enum dl3i_front {
	DL3I_FRONT_NOTHING,
	DL3I_FRONT_PART,       /* a frame has begun, as far as can be told no large one */
	DL3I_FRONT_PART_LARGE, /* a frame longer than the window has begun */
	DL3I_FRONT_READY,      /* a whole frame, or what ends the session */
};
enum dl3i_front dl3i_front(const struct dl3_session *s);

/* Queues a message as a whole or not at all. @return DL3_OK, DL3_ERR_OUTPUT_LIMIT,
 * DL3_ERR_MEMORY, DL3_ERR_TOO_LONG, DL3_ERR_ARGUMENT. */
DL3_MUST_USE enum dl3_err dl3i_queue(struct dl3_session *s, const struct dl3_msg *msg);
/* Makes room for `n` octets of output. @return DL3_OK, DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY. */
DL3_MUST_USE enum dl3_err dl3i_output_reserve(struct dl3_session *s, size_t n);

/* Events about the message at the front. @return DL3_OK. */
enum dl3_err dl3i_tell_message(struct dl3_session *s, enum dl3_event_type type, struct dl3_event *ev);
enum dl3_err dl3i_tell_malformed(struct dl3_session *s, const struct dl3_fault *fault, struct dl3_event *ev);

/* A time later by some milliseconds; never wraps. */
static inline uint64_t dl3i_later(uint64_t t, uint32_t ms)
{
	return t > DL3_NEVER - ms ? DL3_NEVER : t + ms;
}

#endif
