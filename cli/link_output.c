/* SPDX-License-Identifier: MIT */
#include "link_output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM 8192u
/* More than this is not kept, also in the middle of a turn. */
#define KEEP_MAX 262144u
/* What poll() says there is room for: then a write does not block. */
#define PIECE 4096u

void link_output_init(struct link_output *o, int fd, int wake)
{
	*o = (struct link_output){ .fd = fd, .wake = wake };
}

void link_output_finish(struct link_output *o)
{
	link_output_flush(o);
	free(o->buf);
	o->buf = NULL;
	o->cap = 0;
}

static void fail(struct link_output *o, enum link_output_state state, int error)
{
	o->state = state;
	o->error = error;
	o->len = 0;
}

static bool reserve(struct link_output *o, size_t more)
{
	size_t cap = o->cap ? o->cap : FIRST_ROOM;

	while (cap - o->len < more)
		cap *= 2;
	if (cap == o->cap)
		return true;
	char *buf = realloc(o->buf, cap);
	if (!buf) {
		fail(o, OUTPUT_FAILED, ENOMEM);
		return false;
	}
	o->buf = buf;
	o->cap = cap;
	return true;
}

static void keep(struct link_output *o, size_t len)
{
	o->len += len;
	if (o->len >= KEEP_MAX)
		link_output_flush(o);
}

void link_output_put(struct link_output *o, link_render_fn render, const void *what)
{
	size_t need = 1;

	while (o->state == OUTPUT_OPEN && reserve(o, need)) {
		struct dl3i_out out = dl3i_out_to(o->buf + o->len, o->cap - o->len);
		render(&out, what);
		if (dl3i_out_err(&out) == DL3_OK) {
			keep(o, out.len);
			return;
		}
		need = out.len;
	}
}

void link_output_octets(struct link_output *o, const void *data, size_t len)
{
	if (o->state != OUTPUT_OPEN || len == 0 || !reserve(o, len))
		return;
	memcpy(o->buf + o->len, data, len);
	keep(o, len);
}

/* Waits until it takes something, or a signal comes. @return whether to write. */
static bool wait_for_room(struct link_output *o)
{
	struct pollfd fds[] = { { .fd = o->fd, .events = POLLOUT }, { .fd = o->wake, .events = POLLIN } };

	while (poll(fds, 2, -1) < 0) {
		if (errno == EINTR || errno == EAGAIN)
			continue;
		fail(o, OUTPUT_FAILED, errno);
		return false;
	}
	if (fds[0].revents == 0)
		fail(o, OUTPUT_INTERRUPTED, EINTR);
	return fds[0].revents != 0;
}

static bool write_piece(struct link_output *o, size_t *at)
{
	size_t left = o->len - *at;
	ssize_t n = 0;

	if (!wait_for_room(o))
		return false;
	n = write(o->fd, o->buf + *at, left < PIECE ? left : PIECE);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n < 0) {
		fail(o, errno == EPIPE ? OUTPUT_CLOSED : OUTPUT_FAILED, errno);
		return false;
	}
	*at += (size_t)n;
	return true;
}

bool link_output_flush(struct link_output *o)
{
	size_t at = 0;

	while (o->state == OUTPUT_OPEN && at < o->len)
		if (!write_piece(o, &at))
			return false;
	o->len = 0;
	return o->state == OUTPUT_OPEN;
}
