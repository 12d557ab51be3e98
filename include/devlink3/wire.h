/* SPDX-License-Identifier: MIT */
/**
 * @file wire.h
 * Octets to messages and back: frames, the nine messages, tuples, double-octet text.
 * Description: sections 3 and 6.1 to 6.6; docs/rulings.md where that is silent or contradicts itself.
 *
 * Decoding copies nothing and allocates nothing: every view in a decoded message points into
 * the caller's octets and lives as long as they do. Codes that nobody knows are values, not
 * errors. Encoding writes to the caller's buffer.
 *
 * Functions that decode take a `struct dl3_fault *`, which may be NULL; on an error it gets
 * where and why, and on success it is left alone. Offsets count from the start of the octets
 * that were passed in.
 */
#ifndef DEVLINK3_WIRE_H
#define DEVLINK3_WIRE_H

#include <devlink3/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Frames: section 3 and the header code of section 6.6.1 ---- */

#define DL3_DISCRIMINATOR 0x49u
/** The longest frame that its length field can say, header included. */
#define DL3_FRAME_MAX 0x3fffffu
/** The longest frame in the short form, header included. */
#define DL3_FRAME_SHORT_MAX 0x7fffu
#define DL3_FRAME_HEADER_MAX 4u
/** The longest payload a frame can carry. */
#define DL3_PAYLOAD_MAX (DL3_FRAME_MAX - DL3_FRAME_HEADER_MAX)

/** A frame found at the start of some octets. */
struct dl3_frame {
	struct dl3_octets payload; /**< what it carries */
	size_t header;             /**< octets of its header: 3, or 4 in the long form */
	size_t size;               /**< octets of the whole frame, header included */
};

/**
 * Finds the frame at the start of `data`. A long form that a short one could have carried is
 * accepted.
 *
 * @return DL3_OK; DL3_NEED_MORE when `data` ends inside the frame: then `out->size` is the
 *         least number of octets, counted from the start, with which it is worth calling
 *         again (the whole frame's once its header is there); DL3_ERR_DISCRIMINATOR or
 *         DL3_ERR_LENGTH, after which the stream cannot be followed.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_frame_decode(const void *data, size_t len, struct dl3_frame *out,
                                                   struct dl3_fault *fault);

/**
 * Writes the header of a frame with a payload of `payload_len` octets, in the shorter form
 * that holds it. @return the header's length, 3 or 4; 0 when no frame can carry so much.
 */
DL3_API size_t dl3_frame_header(size_t payload_len, uint8_t out[DL3_FRAME_HEADER_MAX]);

/* ---- Codes: tables/wire.def ---- */

/* Message codes, the first four octets of a payload. */
#define DL3_CODE_TEST_REQUEST 0x002A0001u
#define DL3_CODE_TEST_REPLY 0x802A0001u
#define DL3_CODE_AUTH_REQUEST 0x00300001u
#define DL3_CODE_AUTH_REPLY 0x80300001u
#define DL3_CODE_EVENT_REQUEST 0x00300011u
#define DL3_CODE_EVENT_REPLY 0x80300011u
#define DL3_CODE_EVENT 0x10300011u
#define DL3_CODE_READ_REQUEST 0x00300041u
#define DL3_CODE_READ_REPLY 0x80300041u

/* Tuple codes. */
#define DL3_TUPLE_DELTA3 0x00760001u
#define DL3_TUPLE_DELTA2 0x00760002u
#define DL3_TUPLE_SIPTRACK 0x00760003u
#define DL3_TUPLE_CMEXTN 0x00760004u
#define DL3_TUPLE_PBX_VERSION 0x007D0001u
#define DL3_TUPLE_VARIANT 0x007D0002u
#define DL3_TUPLE_APPLICATION 0x007E0001u

/* Steps of an authenticate request. */
#define DL3_AUTH_STEP_REQUEST 1u
#define DL3_AUTH_STEP_SHA1_RESPONSE 0x50u
#define DL3_AUTH_STEP_PLAIN_RESPONSE 0x51u

/* Results of a test packet. */
#define DL3_TEST_SUCCESS 0u
#define DL3_TEST_PAYLOAD_TOO_LONG 0x80000001u
#define DL3_TEST_STREAM_INTEGRITY_LOST 0x80000002u
#define DL3_TEST_STREAM_AUTHENTICATION_FAILED 0x80000003u

/* Results of an authenticate reply. */
#define DL3_AUTH_SUCCESS 0u
#define DL3_AUTH_CHALLENGE_PLAIN 1u
#define DL3_AUTH_CHALLENGE_SHA1 2u
#define DL3_AUTH_FAILED 0x80000041u
#define DL3_AUTH_LIMITS_EXCEEDED 0x80000042u
#define DL3_AUTH_RETRY_LATER 0x80000043u
#define DL3_AUTH_LICENCE_MISSING 0x80000044u

/* Results of an event request. */
#define DL3_EVENTS_SUCCESS 0u
#define DL3_EVENTS_PARTIAL_SUCCESS 9u
#define DL3_EVENTS_UNKNOWN_FLAG 0x80000021u
#define DL3_EVENTS_INSUFFICIENT_LICENCE 0x80000022u
#define DL3_EVENTS_FEATURE_NOT_AVAILABLE 0x80000023u

/* Results of a file read. */
#define DL3_READ_SUCCESS 0u
#define DL3_READ_NOT_FOUND 0x80000051u

/* Flags of an event request, as bits. */
#define DL3_FLAG_SCN 0x01u
#define DL3_FLAG_CD2 0x02u
#define DL3_FLAG_SIPTRACK 0x04u
#define DL3_FLAG_CMEXTN 0x08u
#define DL3_FLAG_CONN 0x10u
#define DL3_FLAG_TEXT 0x20u

/** Every bit of the stream flags that the description knows. */
#define DL3_FLAGS_ALL 0x3fu

/** The nine messages, and what no table knows. */
enum dl3_msg_type {
	DL3_MSG_UNKNOWN,
	DL3_MSG_TEST_REQUEST,  /**< section 6.1 */
	DL3_MSG_TEST_REPLY,    /**< section 6.1 */
	DL3_MSG_AUTH_REQUEST,  /**< sections 6.2.1, 6.2.3, 6.3.2 */
	DL3_MSG_AUTH_REPLY,    /**< sections 6.2.2, 6.2.4, 6.3.1 */
	DL3_MSG_EVENT_REQUEST, /**< section 6.4.1 */
	DL3_MSG_EVENT_REPLY,   /**< section 6.4.2 */
	DL3_MSG_EVENT,         /**< section 6.5 */
	DL3_MSG_READ_REQUEST,  /**< section 6.6.1 */
	DL3_MSG_READ_REPLY,    /**< section 6.6.1 */
};

/**
 * Names of codes, as JSON uses them. Static; NULL for a code that no table knows, but
 * dl3_msg_name() gives "unknown", dl3_tuple_name() gives "unknown", and dl3_read_result_name()
 * gives "not_found" for every code but 0 (docs/rulings.md#file-results: no number is published).
 */
DL3_API const char *dl3_msg_name(enum dl3_msg_type type);
DL3_API const char *dl3_tuple_name(uint32_t code);
DL3_API const char *dl3_auth_step_name(uint32_t step);
DL3_API const char *dl3_test_result_name(uint32_t result);
DL3_API const char *dl3_auth_result_name(uint32_t result);
DL3_API const char *dl3_event_result_name(uint32_t result);
DL3_API const char *dl3_read_result_name(uint32_t result);

/** One sentence about a result, from the same tables; NULL for a code that none knows. */
DL3_API const char *dl3_auth_result_text(uint32_t result);
DL3_API const char *dl3_event_result_text(uint32_t result);

/* ---- Stream flags: section 6.4.1 ---- */

/**
 * Reads a flags text, words parted by spaces, into bits. Both "-SIPTrack" and "_SIPTrack" are
 * taken. Words that nobody knows set `*unknown` to the first of them (absent when there is
 * none) and are otherwise skipped. `unknown` may be NULL.
 */
DL3_API uint32_t dl3_flags_parse(struct dl3_str text, struct dl3_str *unknown);

/** Octets that always suffice for dl3_flags_format(), the NUL included. */
#define DL3_FLAGS_TEXT_MAX 64
/** Writes flags as the words of the wire, parted by a space, NUL-terminated. @return its length. */
DL3_API size_t dl3_flags_format(uint32_t flags, char buf[DL3_FLAGS_TEXT_MAX]);

/* ---- Messages ---- */

/** A test request; section 6.1. */
struct dl3_test_request {
	struct dl3_octets payload;
	/** What the length field says. On decoding it may exceed `payload.len` (then the decoder
	 * also returns DL3_ERR_TRUNCATED_MESSAGE). Encoding ignores it. */
	uint32_t claimed_length;
};

struct dl3_test_reply {
	uint32_t result;           /**< DL3_TEST_* */
	struct dl3_octets payload; /**< empty as well when the reply ends before its length */
};

/** Either half of a client's authentication; which fields count depends on `step`. */
struct dl3_auth_request {
	uint32_t step;              /**< DL3_AUTH_STEP_* */
	struct dl3_str user;        /**< REQUEST */
	struct dl3_str application; /**< REQUEST; absent when the tuple is not there */
	struct dl3_octets response; /**< SHA1_RESPONSE: the hash; PLAIN_RESPONSE: password and padding */
	struct dl3_octets tuples;   /**< REQUEST: the table as it came; see below for encoding */
};

struct dl3_auth_reply {
	uint32_t result;             /**< DL3_AUTH_* */
	struct dl3_octets challenge; /**< CHALLENGE_SHA1 */
	struct dl3_str pbx;          /**< SUCCESS: type and version; absent when not told */
	struct dl3_str variant;      /**< SUCCESS; absent when not told */
	struct dl3_octets tuples;    /**< SUCCESS and refusals: the table as it came; see below */
};

struct dl3_event_request {
	struct dl3_str flags; /**< the words as they came, for dl3_flags_parse() */
	/** What the length field says; a published sample client sends half the true length.
	 * Encoding writes it when it is not 0, else the true length, NUL included. */
	uint16_t claimed_length;
	bool unclosed; /**< no NUL follows the words */
};

struct dl3_event_reply {
	uint32_t result;         /**< DL3_EVENTS_* */
	struct dl3_str flags;    /**< the accepted words; absent when the reply ends before their length */
	uint16_t claimed_length; /**< as in dl3_event_request */
	bool unclosed;           /**< as in dl3_event_request */
};

/** An event; section 6.5.1. Walk its tuples with dl3_tuple_next(). */
struct dl3_event_message {
	uint32_t pbx;             /**< address of the originating PBX; 192.168.42.3 is 0xc0a82a03 */
	uint32_t counter;         /**< per PBX; wraps at 2^32 */
	struct dl3_octets tuples; /**< the table, not yet checked */
};

struct dl3_read_request {
	struct dl3_str file; /**< such as "nasystem/user_list" */
};

struct dl3_read_reply {
	uint32_t result; /**< DL3_READ_SUCCESS, anything else is failure */
	struct dl3_octets contents;
};

/**
 * One message.
 *
 * Encoding auth messages: when `tuples.ptr` is not NULL the table is written as it is and
 * `application`, `pbx` and `variant` are ignored; else a table is made from them.
 * `rest` holds octets behind what the description defines (empty as a rule); it is written
 * back, so that decoding and encoding returns the same octets, but for three liberties that a
 * decoder takes with what others write: a test request without its length gets one, a flags
 * length of 0 in front of flags becomes the true one, and a file name that is not closed by
 * exactly one NUL is. A frame in the long form that a short one could have carried comes out
 * in the short form.
 */
struct dl3_msg {
	enum dl3_msg_type type;
	uint32_t code;          /**< the code on the wire; for DL3_MSG_UNKNOWN the caller's */
	uint32_t request_id;    /**< 0 in events and unknown messages */
	struct dl3_octets body; /**< DL3_MSG_UNKNOWN: everything behind the code */
	struct dl3_octets rest;
	union {
		struct dl3_test_request test_request;
		struct dl3_test_reply test_reply;
		struct dl3_auth_request auth_request;
		struct dl3_auth_reply auth_reply;
		struct dl3_event_request event_request;
		struct dl3_event_reply event_reply;
		struct dl3_event_message event;
		struct dl3_read_request read_request;
		struct dl3_read_reply read_reply;
	} u;
};

/**
 * Decodes a frame's payload. On an error `out` holds what came before it: its type, code and
 * request id at least, when those octets were there.
 *
 * @return DL3_OK, DL3_ERR_TRUNCATED_MESSAGE, or for the tuples of authentication
 *         DL3_ERR_TRUNCATED_TUPLE. The tuples of an event are checked as they are walked.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_msg_decode(struct dl3_octets payload, struct dl3_msg *out,
                                                 struct dl3_fault *fault);

/**
 * Encodes a message as a whole frame, header included. `*len` gets the frame's length, also
 * when `cap` is too small, so a first call with `cap == 0` measures.
 *
 * Text that the wire closes with a NUL cannot hold one: user, application, PBX and variant,
 * flags (closed or not), and the name of a file. Do not count the closing NUL in its length.
 *
 * @return DL3_OK or DL3_ERR_SPACE; or, with `*len` 0, DL3_ERR_TOO_LONG when no frame or length
 *         field can carry it, DL3_ERR_ARGUMENT for a type that does not exist, or text with a NUL.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_msg_encode(const struct dl3_msg *msg, void *buf, size_t cap,
                                                 size_t *len);

/* ---- Tuples: sections 6.2.1.1, 6.2.4.1, 6.5.1 ---- */

#define DL3_TUPLE_HEADER 6u
#define DL3_TUPLE_DATA_MAX 0xffffu

struct dl3_tuple {
	uint32_t code;          /**< DL3_TUPLE_*, or a code that nobody knows */
	struct dl3_octets data; /**< its octets, a closing NUL included */
};

/**
 * Takes the next tuple off the front of `table`, which is advanced behind it.
 *
 * @return DL3_OK, DL3_END when the table is empty, or DL3_ERR_TRUNCATED_TUPLE: then `out`
 *         holds the code if that was there, and `table` is emptied. Fault offsets count from
 *         the table's start at this call.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_tuple_next(struct dl3_octets *table, struct dl3_tuple *out,
                                                 struct dl3_fault *fault);

/**
 * Writes one tuple. `*len` gets its length, header included, also when `cap` is too small. The data
 * may be any octets; a NUL that closes text is one of them.
 * @return DL3_OK or DL3_ERR_SPACE; or, with `*len` 0, DL3_ERR_TOO_LONG for more than
 *         DL3_TUPLE_DATA_MAX octets.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_tuple_encode(const struct dl3_tuple *tuple, void *buf, size_t cap,
                                                   size_t *len);

/* ---- Text ---- */

/**
 * Double-octet text (UTF-16, high octet first) to UTF-8. A surrogate without its partner
 * becomes U+FFFD. One closing U+0000 is dropped. Never writes more than
 * `in.len / 2 * 3` octets; no NUL is added.
 *
 * @return DL3_OK, DL3_ERR_TEXT for an odd number of octets (`*len` is 0), DL3_ERR_SPACE (`*len`
 *         is the length needed).
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_utf16_decode(struct dl3_octets in, char *buf, size_t cap, size_t *len,
                                                   struct dl3_fault *fault);

/**
 * UTF-8 to double-octet text, with a closing U+0000 if `closed`. An octet that is no part of
 * a valid sequence is taken as ISO-8859-1. Never needs more than `2 * in.len + 2` octets.
 *
 * @return DL3_OK or DL3_ERR_SPACE (`*len` is the length needed).
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_utf16_encode(struct dl3_str in, bool closed, void *buf, size_t cap,
                                                   size_t *len);

#ifdef __cplusplus
}
#endif
#endif
