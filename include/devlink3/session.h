/* SPDX-License-Identifier: MIT */
/**
 * @file session.h
 * The conversation, both ends of it, without a socket and without a clock. Description:
 * section 6.
 *
 * A session turns octets into events and calls into octets. Its owner moves the octets and
 * tells the time:
 *
 *     dl3_session_tick(s, now);
 *     n = read(fd, data, sizeof(data));                 0: dl3_session_end_of_input(s)
 *     do {
 *         used = dl3_session_feed(s, data + at, n - at);    it may take less than all
 *         at += used;
 *         while ((err = dl3_session_next(s, &ev)) == DL3_OK) { ... }
 *     } while (at < n && err == DL3_NEED_MORE);
 *     out = dl3_session_output(s); n = write(fd, out.ptr, out.len); dl3_session_sent(s, n);
 *     poll until dl3_session_deadline(s), for reading, and for writing while output() is not empty
 *
 * What feed() did not take is offered again; nothing else keeps it. examples/client.c is this in
 * full. A server's next() may say DL3_BLOCKED too: the rest is fed once it does not.
 *
 * Time is in milliseconds from any start; a time before the last one told is taken as that one.
 * A session's first tick should come before its first call: what was asked before it is taken
 * as asked at it. tick() may end the session or queue output, so call next() and output()
 * after it.
 *
 * Errors are sticky: once dl3_session_next() has returned an error (a class other than
 * DL3_CLASS_OK), it returns the same for ever, dl3_session_fault() says where and why, and all
 * that is left is to send what output is queued and to free the session. Other calls on a
 * session that has ended return DL3_ERR_STATE, and so do a client's calls on a server's session.
 *
 * Calls that return an error other than from next() change nothing: they may be tried again.
 *
 * A session is used by one thread at a time and never calls back, but for its allocator. What
 * an event points to belongs to the session and lives until the next call of feed(), next()
 * or free() on it.
 */
#ifndef DEVLINK3_SESSION_H
#define DEVLINK3_SESSION_H

#include <devlink3/base.h>
#include <devlink3/record.h>
#include <devlink3/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dl3_session;

/* ---- Limits; each can be set in the configuration, where 0 means the default ---- */

/** Longest frame accepted by a client: what the length field can say, since files come whole. */
#define DL3_CLIENT_MAX_FRAME DL3_FRAME_MAX
/** Longest frame accepted by a server: a test payload past its 4000 octets must still be seen. */
#define DL3_SERVER_MAX_FRAME 16384u
/** Output a client queues: requests are small, so a peer that does not read is soon seen. As of a
 * server, the memory for it is at most half as much again. */
#define DL3_CLIENT_MAX_OUTPUT (256u * 1024u)
/** Output a server queues: one file of the largest size, and as much again of events. The queue's
 * memory, with the room in which it moves, is at most half as much again: 12 MiB. It is in one block,
 * which is resized; in two, while it grows, only as long as an answer to a challenge lies in it. */
#define DL3_SERVER_MAX_OUTPUT (8u * 1024u * 1024u)
/** Requests that may wait for an answer at once, of each session. */
#define DL3_MAX_REQUESTS 64u
/** PBXs whose counters a client follows: a Server Edition network has 32 systems. Past the limit
 * the events of further PBXs are given, but their counters are not followed. */
#define DL3_MAX_PBXS 1024u
/** Time for the other end to answer: a PBX under load still answers within seconds. */
#define DL3_ANSWER_TIMEOUT_MS 10000u
/** Time for a snapshot to come whole: 3,000 calls, over a slow link. While a window of octets comes
 * in each answer_timeout_ms the answer that ends it is not late until then. */
#define DL3_SNAPSHOT_TIMEOUT_MS 300000u
/** Silence after which a client sends a test packet. */
#define DL3_KEEPALIVE_MS 30000u
/** Time for a client to authenticate before a server gives it up, and to go once its stream is dead. */
#define DL3_LOGIN_TIMEOUT_MS 30000u
/** Optional payload of a test packet that is returned; section 6.1. */
#define DL3_TEST_PAYLOAD_MAX 1000u
/** Payload of a test packet beyond which the stream is lost; section 6.1. */
#define DL3_TEST_PAYLOAD_FATAL 4000u
/** Octets of a challenge that a server sends. */
#define DL3_CHALLENGE_SIZE 16u
/** Longest challenge that a client answers, as long as SHA-1's block: none longer makes sense. */
#define DL3_CHALLENGE_MAX 64u
#define DL3_SHA1_SIZE 20u
/** Octets of a password that SHA-1 authentication uses. Passwords equal in these are equal. */
#define DL3_SHA1_PASSWORD_MAX 16u
/** Octets of a password that the PLAIN form carries. */
#define DL3_PLAIN_PASSWORD_MAX 32u

/** Longest user, application, file, PBX and variant name sent: far past any that a PBX has, and
 * within the frame that a server accepts. */
#define DL3_NAME_MAX 1024u
/** Input that a session takes in at most without next() being called, but for a longer frame:
 * as much as one read of a socket gives. A frame longer than this counts as large: while one
 * arrives, no answer is late, since answers come one behind the other. A frame that a client is
 * sent arrives as long as this many octets of it, or its end, come in each answer_timeout_ms; one
 * that drips in more slowly ends the session. A server has no such clock: a client may be silent
 * for ever once it is admitted, and until then all of it must come within login_timeout_ms. */
#define DL3_INPUT_WINDOW 16384u
/** Memory of a buffer that an idle session keeps; what was needed past it is given back. */
#define DL3_BUFFER_KEEP 4096u
/** Queued output past which a server reads no further request: half of its limit, so that the
 * largest file still fits behind it by default. */
#define DL3_OUTPUT_HIGH(max_output) ((max_output) / 2u)
/** The same before a client is admitted and once its stream is dead, when less than half of the limit:
 * whoever can connect can ask for answers to tests, and read none of them. */
#define DL3_STRANGER_OUTPUT 16384u

/** No deadline. */
#define DL3_NEVER UINT64_MAX

/** Limits of a session. 0 anywhere means the default above. */
struct dl3_limits {
	uint32_t max_frame;
	uint32_t max_output;
	uint32_t max_requests; /**< of a client, a stream takes two until its snapshot ends */
	uint32_t max_pbxs;
	uint32_t answer_timeout_ms;   /**< client */
	uint32_t snapshot_timeout_ms; /**< client */
	uint32_t keepalive_ms;        /**< client */
	uint32_t login_timeout_ms;    /**< server */
	bool no_keepalive;            /**< client: send no test packets by itself, but the barrier's */
};

/* ---- Events ---- */

enum dl3_event_type {
	/* Client */
	DL3_EV_AUTHENTICATED, /**< `authenticated`: the PBX let us in, after a challenge or without */
	DL3_EV_REFUSED,       /**< `refused`: it did not; the next next() returns DL3_ERR_REFUSED */
	DL3_EV_STREAM,        /**< `stream`: the answer to an event request */
	DL3_EV_RECORD,        /**< `record`: one tuple of an event */
	DL3_EV_COUNTER,       /**< `counter`: a gap, duplicate or restart, before the event's records; the
	                       * first counter of a PBX is taken as it is */
	DL3_EV_SNAPSHOT_END,  /**< `request`: all calls in progress at an event request have been told */
	DL3_EV_FILE,          /**< `file`: the answer to a file read */
	DL3_EV_TEST_REPLY,    /**< `test_reply`: the answer to a test of the owner's */
	DL3_EV_FAILED, /**< `failed`: a request of the owner's that waits no longer: its answer could not
	                       * be read, or a file did not come in time. The session goes on */
	/* Server: questions, each to be answered by the call named, and news */
	DL3_EV_LOGIN,          /**< `login`: answer with dl3_server_challenge() or dl3_server_refuse() */
	DL3_EV_PROOF,          /**< `proof`: answer with dl3_server_admit() or dl3_server_refuse() */
	DL3_EV_STREAM_REQUEST, /**< `stream_request`: answer with dl3_server_stream(), and queue the snapshot before
	                        * next() is called again */
	DL3_EV_READ_REQUEST, /**< `read_request`: answer with dl3_server_file() or dl3_server_no_file() */
	DL3_EV_TESTED,       /**< `tested`: a test packet was answered, as section 6.1 has it */
	DL3_EV_IGNORED,      /**< `message`: a request that has no answer here: before login, out of turn,
	                        * on a dead stream, a file read with request id 0 */
	/* Both */
	DL3_EV_UNKNOWN, /**< `message`: a message that nobody knows, or nobody asked for, or an answer to what
	                   * FAILED before */
	DL3_EV_MALFORMED, /**< `malformed`: a message or record that could not be read; the session goes on.
	                   * An answer to a request of the owner's is FAILED instead. Client only */
};

/** Why a counter was worth telling; section 6.5.1 and docs/rulings.md#counters. */
enum dl3_counter_change {
	DL3_COUNTER_GAP,       /**< it jumped forward: `missed` events never came */
	DL3_COUNTER_DUPLICATE, /**< it is the same as before: the event's records are not given */
	DL3_COUNTER_RESTART,   /**< it jumped back: the PBX began again */
};

struct dl3_event {
	enum dl3_event_type type;
	union {
		struct {
			struct dl3_str pbx, variant; /**< absent when the PBX does not tell */
		} authenticated;
		struct {
			uint32_t result; /**< DL3_AUTH_*, or a code nobody knows */
		} refused;
		struct {
			uint32_t request;  /**< as dl3_client_stream() gave it */
			uint32_t result;   /**< DL3_EVENTS_* */
			bool streaming;    /**< SUCCESS or PARTIAL SUCCESS: events follow */
			uint32_t accepted; /**< DL3_FLAG_*; all that was asked for when a SUCCESS names none,
			                    * not even an empty list */
			uint32_t dropped;  /**< asked for and not accepted */
		} stream;
		struct {
			uint32_t pbx;
			uint32_t counter;
			unsigned index; /**< of the tuple in its event, from 0 */
			const struct dl3_record *record;
			const struct dl3_tuple *tuple;
		} record;
		struct {
			enum dl3_counter_change change;
			uint32_t pbx;
			uint32_t expected, came;
			uint32_t missed; /**< GAP: how many events */
		} counter;
		uint32_t request;
		struct {
			uint32_t request;
			uint32_t result; /**< DL3_READ_SUCCESS or else failure */
			struct dl3_octets contents;
		} file;
		struct {
			uint32_t request;
			uint32_t result; /**< DL3_TEST_* */
			struct dl3_octets payload;
			uint64_t
				round_trip_ms; /**< from the tick before the request to the tick before the answer */
		} test_reply;
		struct {
			uint32_t request;
			struct dl3_fault fault; /**< DL3_ERR_TIMEOUT, or why the answer could not be read; its
			                           * offset is from the start of `octets` */
			struct dl3_octets octets; /**< the payload of that answer; empty when none came */
		} failed;
		struct {
			struct dl3_str user;
			struct dl3_str application; /**< absent when not told */
		} login;
		struct {
			struct dl3_str user;
			bool right; /**< whether the password was the one given to dl3_server_challenge() */
		} proof;
		struct {
			uint32_t request;
			uint32_t asked;         /**< DL3_FLAG_*, those known */
			struct dl3_str unknown; /**< the first flag that nobody knows; absent if none */
			uint32_t
				result; /**< what the rules alone say: SUCCESS, PARTIAL_SUCCESS, UNKNOWN_FLAG */
			uint32_t accepted; /**< the flags those rules leave */
		} stream_request;
		struct {
			uint32_t request;
			struct dl3_str file;
		} read_request;
		struct {
			uint32_t request; /**< 0 when no answer was asked for */
			uint32_t result;
		} tested;
		const struct dl3_msg *message;
		struct {
			struct dl3_fault fault;   /**< offset from the start of `octets` */
			struct dl3_octets octets; /**< the payload, or the tuple's data when `in_tuple` */
			bool in_tuple;
			uint32_t pbx, counter;  /**< when it lies in an event */
			struct dl3_tuple tuple; /**< when `in_tuple` */
		} malformed;
	} u;
};

/* ---- Both ends ---- */

/** Frees a session; its secrets are wiped. NULL is allowed. */
DL3_API void dl3_session_free(struct dl3_session *s);

/**
 * Takes octets from the other end; they are copied. @return how many were taken: all of them,
 * or fewer when next() must be called first (or after an error, then all and to no effect).
 * A caller that loops feed and next makes progress always, but while next() says DL3_BLOCKED.
 * Memory grows as octets come, never because a frame announces them; without memory the
 * session ends with DL3_ERR_MEMORY.
 */
DL3_API size_t dl3_session_feed(struct dl3_session *s, const void *data, size_t len);

/**
 * Says that the other end has closed: no more octets will come, and none are taken any more.
 * next() still gives what is whole, then ends the session: with DL3_ERR_CLOSED when it closed
 * between two frames, with DL3_ERR_TRUNCATED_FRAME when inside of one. What output is queued may
 * still be sent, where the other end closed its half only.
 */
DL3_API void dl3_session_end_of_input(struct dl3_session *s);

/**
 * The next event.
 *
 * A client ends with an answer to authentication that cannot be read, with a second challenge
 * after the first, a challenge of 0 or more than DL3_CHALLENGE_MAX octets, a refusal
 * (DL3_ERR_REFUSED, after the event), a test answered with STREAM_INTEGRITY_LOST or
 * STREAM_AUTHENTICATION_FAILED (DL3_ERR_STREAM_DEAD, after the event of an owner's test), and
 * with an answer or the rest of a frame that does not come in time (DL3_ERR_TIMEOUT), but for a file: a PBX may leave
 * one unanswered, which fails by itself (FAILED), and whether the link is dead is for the
 * keep-alives to find. Any other message that cannot be read is an event. A server ends with any message that cannot be read but a test packet, and
 * with a client that is not admitted in time. Both end when framing is lost, and with a frame
 * over max_frame (DL3_ERR_FRAME_LIMIT) as soon as its header is there; a server first answers
 * one that begins as a test packet.
 *
 * @return DL3_OK; DL3_NEED_MORE; DL3_BLOCKED (server: more output is queued than
 *         DL3_OUTPUT_HIGH() or DL3_STRANGER_OUTPUT, max_requests requests wait for the owner, or
 *         a test packet waits for dl3_server_stream() or for the end of dl3_server_hold(): call
 *         again after sent(), after answering one, or after letting go); or the sticky error.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_session_next(struct dl3_session *s, struct dl3_event *ev);

/** What is to be sent; empty when nothing is. Valid until the next call on the session. What an
 * answer to a challenge leaves behind in the queue is wiped once it is sent. */
DL3_API struct dl3_octets dl3_session_output(struct dl3_session *s);
/** Says that the first `n` octets of output() have been sent. */
DL3_API void dl3_session_sent(struct dl3_session *s, size_t n);

/** Tells the time. Sends keep-alives; finds that an answer is late (next() then says so). An answer
 * that was fed but not yet given by next() is not late. */
DL3_API void dl3_session_tick(struct dl3_session *s, uint64_t now_ms);
/** When tick() has something to do, in the owner's time; DL3_NEVER when nothing is due. 0 before
 * the first tick. */
DL3_API uint64_t dl3_session_deadline(const struct dl3_session *s);

/** Where and why the session ended; `err` is DL3_OK while it has not. Offsets count from the
 * start of all octets ever fed for faults of framing, and from the start of the payload for
 * faults of a message; other faults have none. */
DL3_API struct dl3_fault dl3_session_fault(const struct dl3_session *s);

/** Octets of memory that the session holds now, its own struct included. */
DL3_API size_t dl3_session_memory(const struct dl3_session *s);

/* ---- Client ---- */

struct dl3_client_config {
	/** Whether the link is encrypted. A PLAIN challenge is answered then only; otherwise it ends
	 * the session with DL3_ERR_PLAIN_IN_CLEAR and nothing is sent. */
	bool encrypted;
	struct dl3_limits limits;
};

/** A client's session. `config` and `allocator` may be NULL for the defaults (realloc and free);
 * both are copied. @return NULL when there is no memory. */
DL3_API struct dl3_session *dl3_client_new(const struct dl3_client_config *config,
                                           const struct dl3_allocator *allocator);

/**
 * Begins authentication. Strings are NUL-terminated UTF-8 and copied; the password is wiped as
 * soon as it has been used. `application` may be NULL or empty: no tuple then. SHA-1 uses the
 * first 16 octets of the password, PLAIN the first 32. Leads to AUTHENTICATED or REFUSED. Each
 * step has a request id of its own, and an answer counts only with the id of the step before it.
 *
 * @return DL3_OK, DL3_ERR_STATE when begun before, DL3_ERR_ARGUMENT for a user that is missing or
 *         empty or a password that is missing, DL3_ERR_TOO_LONG for a name over DL3_NAME_MAX,
 *         DL3_ERR_REQUEST_LIMIT, DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_client_authenticate(struct dl3_session *s, const char *user,
                                                          const char *password, const char *application);

/**
 * Asks for the stream of events with DL3_FLAG_* and puts a test packet behind the request,
 * whose answer marks the end of the snapshot. Leads to STREAM and, when that streams, in time
 * to SNAPSHOT_END with the same request. An answer that cannot be read leads to FAILED instead;
 * records that come all the same are given, and no SNAPSHOT_END. May be asked again, to change the
 * flags. `request` may be NULL. Records of a stream that nobody asked for are given all the same.
 *
 * @return DL3_OK, DL3_ERR_STATE before AUTHENTICATED, DL3_ERR_ARGUMENT for bits that are no
 *         flags, DL3_ERR_REQUEST_LIMIT, DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_client_stream(struct dl3_session *s, uint32_t flags, uint32_t *request);

/** Asks for a pseudo-file, such as "nasystem/user_list". Leads to FILE, or to FAILED when it does not
 * come in time; if it comes later it is UNKNOWN. Errors as above, and DL3_ERR_ARGUMENT for a name that is missing or empty, DL3_ERR_TOO_LONG for one over DL3_NAME_MAX. */
DL3_API DL3_MUST_USE enum dl3_err dl3_client_read(struct dl3_session *s, const char *file, uint32_t *request);

/** Sends a test packet, allowed at any time, before authentication too. Leads to TEST_REPLY. Errors
 * as above, and DL3_ERR_TOO_LONG when the payload is over DL3_TEST_PAYLOAD_MAX. */
DL3_API DL3_MUST_USE enum dl3_err dl3_client_test(struct dl3_session *s, const void *payload, size_t len,
                                                  uint32_t *request);

/* ---- Server ---- */

struct dl3_server_config {
	bool encrypted; /**< whether a PLAIN challenge may be sent */
	struct dl3_limits limits;
};

/** A server's session, one for each connection. @return NULL when there is no memory. */
DL3_API struct dl3_session *dl3_server_new(const struct dl3_server_config *config,
                                           const struct dl3_allocator *allocator);

/**
 * Answers LOGIN with a SHA-1 challenge: 16 random octets of the owner's, and the password that
 * is right, of which only the right answer is kept, and wiped after use. NULL for a user who
 * does not exist: the challenge is sent all the same and no proof will be right. Leads to PROOF,
 * which is not right either when the client answers in the other form.
 *
 * A client that was admitted may log in again; until that is refused it stays admitted, and its
 * stream goes on. Request ids may differ from step to step; each answer carries the id of the
 * request it answers.
 *
 * @return DL3_OK, DL3_ERR_STATE when no LOGIN waits, DL3_ERR_ARGUMENT for no challenge,
 *         DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY, DL3_ERR_CRYPTO.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_challenge(struct dl3_session *s,
                                                       const uint8_t challenge[DL3_CHALLENGE_SIZE],
                                                       const char *password);

/** As dl3_server_challenge(), with a PLAIN challenge. DL3_ERR_STATE on a link in the clear too. */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_challenge_plain(struct dl3_session *s, const char *password);

/** Answers PROOF with success. `pbx` and `variant` are told to the client; NULL leaves one out.
 * DL3_ERR_STATE when no PROOF waits or the proof was not right; DL3_ERR_TOO_LONG for a text over
 * DL3_NAME_MAX; DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY. */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_admit(struct dl3_session *s, const char *pbx,
                                                   const char *variant);

/** Answers LOGIN or PROOF with a refusal, DL3_AUTH_FAILED and its like; the stream is dead from
 * there on, and only test packets are answered, for login_timeout_ms. DL3_ERR_STATE when neither
 * waits, DL3_ERR_ARGUMENT for a result that is no refusal, DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY. */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_refuse(struct dl3_session *s, uint32_t result);

/**
 * Answers STREAM_REQUEST. With SUCCESS or PARTIAL_SUCCESS events may be sent from then on;
 * `accepted` counts only then. A refusal leaves an earlier stream as it was. Request 0 asks for
 * no answer, and none is sent.
 *
 * A client takes the answer to a test packet that it sent behind the request for the end of the
 * snapshot of calls in progress. So no test packet is answered while an event request waits for this
 * call, and the snapshot is to be queued before next() is called again, or dl3_server_hold()
 * called; it would be a lie to send what is left of it later.
 *
 * @return DL3_OK, DL3_ERR_STATE when that request does not wait, DL3_ERR_ARGUMENT for bits that are
 *         no flags, DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_stream(struct dl3_session *s, uint32_t request, uint32_t result,
                                                    uint32_t accepted);

/**
 * Holds the answers to test packets back while a snapshot is queued in pieces: next() gives
 * what comes before a test packet and then says DL3_BLOCKED, until they are let go. For a snapshot
 * that does not fit in the output at once: hold, send what fits, go on after sent(), let go. A client
 * that hears nothing meanwhile gives the link up within seconds. Ends by itself with the stream.
 */
DL3_API void dl3_server_hold(struct dl3_session *s, bool hold);

/** Answers READ_REQUEST with contents, which are copied. DL3_ERR_STATE when that request does not
 * wait, DL3_ERR_TOO_LONG when no frame can carry them, DL3_ERR_OUTPUT_LIMIT, DL3_ERR_MEMORY. */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_file(struct dl3_session *s, uint32_t request,
                                                  const void *contents, size_t len);
/** Answers READ_REQUEST: there is no such file. Errors as above. */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_no_file(struct dl3_session *s, uint32_t request);

/** The flags of the stream now open; 0 and `*streaming == false` when none is. */
DL3_API uint32_t dl3_server_flags(const struct dl3_session *s, bool *streaming);

/**
 * Sends an event with one record, in the form that the stream's flags ask for. Which records
 * a stream gets is the owner's to decide.
 *
 * @return DL3_OK, DL3_ERR_STATE when nothing streams, DL3_ERR_OUTPUT_LIMIT when the client
 *         does not read (nothing is queued; the owner may try later or give the client up),
 *         DL3_ERR_TOO_LONG, DL3_ERR_MEMORY, DL3_ERR_ARGUMENT for no record.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_event(struct dl3_session *s, uint32_t pbx, uint32_t counter,
                                                   const struct dl3_record *record);

/** Queues a whole frame made elsewhere, such as an event that many streams share. Errors as
 * dl3_server_event(), and DL3_ERR_ARGUMENT when it is not one whole frame. */
DL3_API DL3_MUST_USE enum dl3_err dl3_server_frame(struct dl3_session *s, const void *frame, size_t len);

/* ---- Authentication by itself ---- */

/**
 * The SHA-1 answer to a challenge; section 6.2.3 and docs/rulings.md#sha-1-answer: the challenge, then the
 * password's octets, cut or padded with zeros to 16.
 * @return DL3_OK, DL3_ERR_ARGUMENT for no password or a challenge over DL3_CHALLENGE_MAX,
 *         DL3_ERR_CRYPTO.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_auth_sha1(struct dl3_octets challenge, const char *password,
                                                uint8_t out[DL3_SHA1_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
