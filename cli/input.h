/* SPDX-License-Identifier: MIT */
/*
 * Octets of a file or pipe, read ahead as far as is asked for and no further: what a slow pipe has
 * given is there at once. Memory stays within two of the longest frames and a chunk.
 *
 * Or octets that somebody else has and feeds: then reading never waits, and input_fill() fails with
 * EAGAIN when more is to be fed first.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called before waiting for octets, so that what is known so far gets shown. @return 0, or -1 to give up. */
typedef int (*input_wait_fn)(void *arg);

struct input {
	int fd;
	bool fed; /* no `fd`, input_feed() instead */
	input_wait_fn wait;
	void *arg;
	bool at_end;
	uint8_t *octets;
	size_t cap;
	size_t len;
	size_t at;     /* how far they have been used */
	uint64_t base; /* place of octets[0] in the file */
};

void input_finish(struct input *in);

/* The octets not used yet, and how many those are; both until the next call that reads. */
static inline const uint8_t *input_here(const struct input *in)
{
	return in->octets ? in->octets + in->at : (const uint8_t *)"";
}
static inline size_t input_left(const struct input *in)
{
	return in->len - in->at;
}
static inline uint64_t input_place(const struct input *in)
{
	return in->base + in->at;
}

/*
 * Reads until `want` octets are left, or the file ends; `want` is at most the longest frame and
 * a little. @return 0, or -1 when reading failed or the wait function gave up (errno).
 */
int input_fill(struct input *in, size_t want);

/* As input_fill(), but stops short of waiting. */
int input_fill_at_hand(struct input *in, size_t want);

/* Adds octets of one that is fed. @return 0, or -1 without memory (errno). */
int input_feed(struct input *in, const uint8_t *data, size_t len);

/* Throws away what is left, and goes on `missing` octets further. */
void input_jump(struct input *in, uint64_t missing);

#endif
