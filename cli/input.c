/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <devlink3/wire.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Octets read at once. */
#define CHUNK 65536u
/* Room of one that is fed, at first: a packet and a little. */
#define FED_FIRST 4096u
/* The most that is ever kept: a frame read ahead, as much in front of it that is used up, and room. */
#define KEEP_MAX ((size_t)2 * DL3_FRAME_MAX + (size_t)4 * CHUNK)

void input_finish(struct input *in)
{
	free(in->octets);
	in->octets = NULL;
}

/*
 * Makes room for a chunk. What is left is moved down only when at least as much in front of it
 * is used up, so that no octet is moved again and again.
 */
static int make_room(struct input *in)
{
	size_t left = input_left(in);

	if (in->cap - in->len >= CHUNK)
		return 0;
	if (in->at >= left && in->at > 0) {
		memmove(in->octets, in->octets + in->at, left);
		in->base += in->at;
		in->len = left;
		in->at = 0;
	}
	if (in->cap - in->len >= CHUNK)
		return 0;
	size_t cap = in->cap > 0 ? in->cap * 2 : (size_t)2 * CHUNK;
	if (cap > KEEP_MAX)
		cap = KEEP_MAX;
	if (cap - in->len < CHUNK) {
		errno = EFBIG;
		return -1;
	}
	uint8_t *octets = realloc(in->octets, cap);
	if (!octets)
		return -1;
	in->octets = octets;
	in->cap = cap;
	return 0;
}

/* @return 1 when read() will not wait, 0 when it would. */
static int readable(const struct input *in, int timeout)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };

	/* What cannot be polled is left to read() to judge. */
	return poll(&p, 1, timeout) != 0;
}

int input_feed(struct input *in, const uint8_t *data, size_t len)
{
	size_t left = input_left(in);

	if (in->at >= left && in->at > 0) {
		memmove(in->octets, in->octets + in->at, left);
		in->base += in->at;
		in->len = left;
		in->at = 0;
	}
	if (in->cap - in->len < len) {
		size_t cap = in->cap > 0 ? in->cap : FED_FIRST;
		while (cap - in->len < len)
			cap *= 2;
		uint8_t *octets = realloc(in->octets, cap);
		if (!octets)
			return -1;
		in->octets = octets;
		in->cap = cap;
	}
	memcpy(in->octets + in->len, data, len);
	in->len += len;
	return 0;
}

void input_jump(struct input *in, uint64_t missing)
{
	in->base += in->len + missing;
	in->at = in->len = 0;
}

/* Reads what is there. @return 1, or 0 when that is nothing yet, -1 when it failed. */
static int read_some(struct input *in)
{
	if (make_room(in) != 0)
		return -1;
	ssize_t n = read(in->fd, in->octets + in->len, CHUNK);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	in->len += (size_t)n;
	in->at_end = n == 0;
	return 1;
}

int input_fill_at_hand(struct input *in, size_t want)
{
	int got = in->fed ? 0 : 1;

	while (got == 1 && input_left(in) < want && !in->at_end && readable(in, 0))
		got = read_some(in);
	return got < 0 ? -1 : 0;
}

int input_fill(struct input *in, size_t want)
{
	for (;;) {
		if (input_fill_at_hand(in, want) != 0)
			return -1;
		if (input_left(in) >= want || in->at_end)
			return 0;
		if (in->fed) {
			errno = EAGAIN;
			return -1;
		}
		if (in->wait && in->wait(in->arg) != 0)
			return -1;
		(void)readable(in, -1);
	}
}
