/* SPDX-License-Identifier: MIT */
/**
 * @file play.h
 * A session and its owner, for the two session targets. The input is a script of what the
 * network, the clock and the owner do; or, the other way, a stream that is fed whole and in
 * pieces and must mean the same.
 */
#ifndef DL3_FUZZ_PLAY_H
#define DL3_FUZZ_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devlink3/session.h>

/** What a session's memory is counted with; allocation `fail_at` fails, 0 for none. */
struct play_memory {
	size_t live;
	size_t attempts;
	size_t fail_at;
};

struct play;

/** One end of the conversation. */
struct play_role {
	/** A new session with small limits; NULL when there is no memory. */
	struct dl3_session *(*start)(bool encrypted, const struct dl3_allocator *allocator);
	/** What the owner does of itself, chosen by an octet. */
	void (*act)(struct play *p, uint8_t choice);
	/** How the owner answers an event, always the same way. */
	void (*answer)(struct play *p, const struct dl3_event *ev);
};

struct play {
	const struct play_role *role;
	struct dl3_session *session;
	struct play_memory memory;
	uint64_t now;
	uint64_t log;      /**< a sum of the events so far and what they hold */
	uint64_t sent;     /**< a sum of what was sent */
	uint64_t sent_len; /**< octets sent */
	enum dl3_err ended;
	bool quiet;   /**< the owner does not answer */
	bool blocked; /**< the session waits for the owner */
};

/** Runs an input for a role. */
void play(const struct play_role *role, const uint8_t *data, size_t size);

#endif
