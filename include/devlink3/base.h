/* SPDX-License-Identifier: MIT */
/**
 * @file base.h
 * What every layer of libdevlink3 shares: views of octets and text, errors, where an
 * error lies, and the allocator.
 *
 * Threads: the library has no globals and no locks. Functions that take no session are
 * re-entrant; one session (session.h) may be used by one thread at a time.
 */
#ifndef DEVLINK3_BASE_H
#define DEVLINK3_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Marks what the shared library exports. */
#if defined(_WIN32)
#define DL3_API
#elif defined(__GNUC__)
#define DL3_API __attribute__((visibility("default")))
#else
#define DL3_API
#endif

/** A result that must not be ignored. */
#if defined(__GNUC__)
#define DL3_MUST_USE __attribute__((warn_unused_result))
#else
#define DL3_MUST_USE
#endif

/** The library's version, as "MAJOR.MINOR.PATCH". Static; never NULL. */
DL3_API const char *dl3_version(void);

/** What a call of the library can come back with. The table is tables/errors.def. */
enum dl3_err {
#define DL3_ERROR(NAME, number, name, class, text) DL3_##NAME = number,
#include <devlink3/tables/errors.def>
#undef DL3_ERROR
};

/** What kind of thing an error is, for those who decide what to do rather than what to print. */
enum dl3_class {
	DL3_CLASS_OK,       /**< no error: done, or wants more input, or room for output */
	DL3_CLASS_PROTOCOL, /**< the octets break the description */
	DL3_CLASS_PEER,     /**< the other end refused, fell silent, or went away */
	DL3_CLASS_LIMIT,    /**< a named limit of ours was reached */
	DL3_CLASS_MEMORY,   /**< the allocator returned NULL */
	DL3_CLASS_USAGE,    /**< the caller asked for what cannot be done */
};

/** A view of octets that belong to somebody else. `ptr` may be NULL when `len` is 0. */
struct dl3_octets {
	const uint8_t *ptr;
	size_t len;
};

/**
 * A view of text that belongs to somebody else; not NUL-terminated.
 *
 * Absent text has `ptr == NULL`; empty text has a pointer and `len == 0`. When `escaped`
 * is true the octets are as they came on the wire, with quotes, doubled quotes or XML
 * entities that dl3_str_plain() undoes; when it is false they are the text itself. Text
 * from the wire is UTF-8 by description but may hold anything.
 */
struct dl3_str {
	const char *ptr;
	uint32_t len;
	bool escaped;
};

/** Text from a NUL-terminated string, which must outlive the view. NULL gives absent text. */
DL3_API struct dl3_str dl3_str_of(const char *z);

/** Whether `s` is exactly the NUL-terminated string `z`, octet for octet, without unescaping. */
DL3_API bool dl3_str_is(struct dl3_str s, const char *z);

/** Whether two views hold the same octets (absent and empty are the same). */
DL3_API bool dl3_str_same(struct dl3_str a, struct dl3_str b);

/**
 * The text itself: enclosing quotes removed, doubled quotes and XML entities undone when
 * `s.escaped`, and made valid UTF-8, an octet that is no part of a valid sequence being
 * taken as ISO-8859-1.
 *
 * Writes at most `cap` octets to `buf` and a NUL where one fits. `*len` gets the length of
 * the whole text whatever `cap` was, so a first call with `cap == 0` measures; it is never
 * more than `2 * s.len`.
 *
 * @return DL3_OK, or DL3_ERR_SPACE when the text did not fit (then `buf` holds its start,
 *         cut at an octet).
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_str_plain(struct dl3_str s, char *buf, size_t cap, size_t *len);

/** The error's short name, such as "truncated tuple". Static; "error" for an unknown number. */
DL3_API const char *dl3_err_name(enum dl3_err err);
/** One sentence about the error. Static. */
DL3_API const char *dl3_err_text(enum dl3_err err);
/** The error's class. */
DL3_API enum dl3_class dl3_err_class(enum dl3_err err);

/**
 * Where and why decoding failed. The strings are static, so a fault may be copied and kept.
 */
struct dl3_fault {
	enum dl3_err err; /**< DL3_OK when there is no fault */
	/** Octet at which it lies, from the start of what was decoded. Only when `has_offset`: what
	 * came too late, or did not fit, lies nowhere; `offset` is 0 then. */
	uint64_t offset;
	const char *expected; /**< what should have been there */
	const char *came;     /**< what was there instead; may be NULL */
	uint64_t value;       /**< a number that belongs to `came`; shown when `has_value` */
	bool has_offset;
	bool has_value;
	bool is_code; /**< `value` is a code of the wire, and shown in hexadecimal, not a count */
};

/** Octets that always suffice for dl3_fault_text(). */
#define DL3_FAULT_TEXT_MAX 256

/**
 * Writes the fault as one line of text, "expected X, came Y, at octet N", NUL-terminated and
 * cut to `cap`; without the place when the fault has none. @return its length.
 */
DL3_API size_t dl3_fault_text(const struct dl3_fault *fault, char *buf, size_t cap);

/**
 * Where a session's memory comes from. `resize(NULL, 0, n)` allocates, `resize(p, old, n)`
 * grows or shrinks and may move, `resize(p, old, 0)` frees and returns NULL. Returning NULL
 * for `n > 0` is an allocation failure and leaves the old block as it was.
 */
struct dl3_allocator {
	void *(*resize)(void *block, size_t old_size, size_t new_size, void *arg);
	void *arg;
};

#ifdef __cplusplus
}
#endif
#endif
