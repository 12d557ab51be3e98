/* SPDX-License-Identifier: MIT */
/* What a connection sends: the session's queue and the owner's octets between, its own or such as many
 * connections send, whole or in pieces, now or later. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "conn.h"

uint64_t dl3i_output_due(const struct dl3_conn *c)
{
	const struct dl3i_output *o = &c->out;

	return o->piece == 0 || o->held || o->full || dl3i_output_empty(c) ? DL3_NEVER : o->next;
}

bool dl3i_output_empty(const struct dl3_conn *c)
{
	return !c->out.raw && dl3_session_output(c->session).len == 0;
}

static const uint8_t *octets_of(const struct dl3i_raw *raw)
{
	return raw->shared ? raw->shared->octets : raw->octets;
}

/* The memory of one itself. */
static size_t size_of(const struct dl3i_raw *raw)
{
	return sizeof(*raw) + (raw->shared ? 0 : raw->len);
}

/* The next octets that lie together. */
static struct dl3_octets front(const struct dl3_conn *c)
{
	const struct dl3i_raw *raw = c->out.raw;
	struct dl3_octets out;

	if (raw && raw->at <= c->out.sent)
		return (struct dl3_octets){ octets_of(raw) + raw->sent, raw->len - raw->sent };
	out = dl3_session_output(c->session);
	if (raw && raw->at - c->out.sent < out.len)
		out.len = (size_t)(raw->at - c->out.sent);
	return out;
}

static void drop_raw(struct dl3_conn *c)
{
	struct dl3i_raw *raw = c->out.raw;

	c->out.raw = raw->next;
	if (!raw->next)
		c->out.raw_last = NULL;
	if (raw->shared)
		c->out.shared_held -= raw->len;
	else
		c->out.raw_held -= size_of(raw);
	dl3i_shared_release(raw->shared);
	dl3i_owner_resize(c->owner, raw, size_of(raw), 0);
}

static void sent(struct dl3_conn *c, size_t n)
{
	struct dl3i_raw *raw = c->out.raw;

	c->owes = true;
	if (!raw || raw->at > c->out.sent) {
		dl3_session_sent(c->session, n);
		c->out.sent += n;
		return;
	}
	raw->sent += n;
	if (raw->sent == raw->len)
		drop_raw(c);
}

/* One write. @return DONE when more may follow at once. */
static enum dl3i_io send_once(struct dl3_conn *c, bool *any)
{
	struct dl3i_output *o = &c->out;
	struct dl3_octets out = front(c);
	size_t n = 0;

	if (out.len == 0)
		return DL3I_IO_WAIT;
	if (o->piece > 0 && out.len > o->piece)
		out.len = o->piece;
	/* What TLS has begun it finishes, whatever the pieces are now. */
	if (out.len < c->stream.retry)
		out.len = c->stream.retry;
	enum dl3i_io io = dl3i_stream_write(&c->stream, out.ptr, out.len, &n);
	o->full = io == DL3I_IO_WAIT || (n < out.len && !c->stream.ssl);
	if (io != DL3I_IO_DONE)
		return io;
	*any = true;
	if (c->owner->octets)
		c->owner->octets(c, false, (struct dl3_octets){ out.ptr, n }, c->owner->arg);
	sent(c, n);
	if (o->piece > 0)
		o->next = dl3i_now_ms() + o->interval;
	return o->full || o->piece > 0 ? DL3I_IO_WAIT : DL3I_IO_DONE;
}

enum dl3i_io dl3i_output_send(struct dl3_conn *c, bool *any)
{
	const struct dl3i_output *o = &c->out;
	enum dl3i_io io = DL3I_IO_DONE;

	*any = false;
	if (o->held || o->full || (o->piece > 0 && dl3i_now_ms() < o->next))
		return DL3I_IO_DONE;
	while (io == DL3I_IO_DONE)
		io = send_once(c, any);
	return io == DL3I_IO_WAIT ? DL3I_IO_DONE : io;
}

void dl3i_output_free(struct dl3_conn *c)
{
	while (c->out.raw)
		drop_raw(c);
}

/* Octets that the socket has taken and the other end's system has not. */
static uint64_t on_the_way(const struct dl3_conn *c)
{
#ifdef TIOCOUTQ
	int left = 0;

	if (ioctl(c->stream.fd, TIOCOUTQ, &left) == 0 && left > 0)
		return (uint64_t)left;
#else
	(void)c;
#endif
	return 0;
}

/* ---- The owner's ---- */

uint64_t dl3_conn_unsent(const struct dl3_conn *conn)
{
	uint64_t waiting = dl3_session_output(conn->session).len;

	for (const struct dl3i_raw *raw = conn->out.raw; raw; raw = raw->next)
		waiting += raw->len - raw->sent;
	return waiting + on_the_way(conn);
}

void dl3_conn_throttle(struct dl3_conn *conn, uint32_t max_octets, uint32_t interval_ms)
{
	conn->out.piece = max_octets;
	conn->out.interval = interval_ms;
	conn->out.next = 0;
	dl3i_conn_wake(conn);
}

void dl3_conn_hold(struct dl3_conn *conn, bool held)
{
	conn->out.held = held;
	dl3i_conn_wake(conn);
}

/* Puts it behind all that is queued now. */
static void append(struct dl3_conn *c, struct dl3i_raw *raw)
{
	struct dl3i_output *o = &c->out;

	raw->at = o->sent + dl3_session_output(c->session).len;
	if (o->raw_last)
		o->raw_last->next = raw;
	else
		o->raw = raw;
	o->raw_last = raw;
	dl3i_conn_wake(c);
}

enum dl3_err dl3_conn_raw(struct dl3_conn *conn, const void *data, size_t len)
{
	const size_t size = sizeof(struct dl3i_raw) + len;
	struct dl3i_raw *raw;

	if (conn->state != DL3I_CONN_OPEN)
		return DL3_ERR_STATE;
	if (!data && len > 0)
		return DL3_ERR_ARGUMENT;
	if (len == 0)
		return DL3_OK;
	if (len > DL3_RAW_MAX || size + conn->out.raw_held > DL3_RAW_MAX)
		return DL3_ERR_OUTPUT_LIMIT;
	raw = dl3i_owner_resize(conn->owner, NULL, 0, size);
	if (!raw)
		return DL3_ERR_MEMORY;
	*raw = (struct dl3i_raw){ .len = len };
	memcpy(raw->octets, data, len);
	conn->out.raw_held += size;
	append(conn, raw);
	return DL3_OK;
}

/* ---- What many send ---- */

struct dl3i_shared *dl3i_shared_new(size_t len)
{
	struct dl3i_shared *shared = malloc(sizeof(*shared) + len);

	if (shared)
		*shared = (struct dl3i_shared){ .refs = 1, .len = len };
	return shared;
}

void dl3i_shared_release(struct dl3i_shared *shared)
{
	if (shared && --shared->refs == 0)
		free(shared);
}

enum dl3_err dl3i_conn_share(struct dl3_conn *c, struct dl3i_shared *shared)
{
	struct dl3i_raw *raw;

	if (c->state != DL3I_CONN_OPEN)
		return DL3_ERR_STATE;
	if (shared->len == 0)
		return DL3_OK;
	raw = dl3i_owner_resize(c->owner, NULL, 0, sizeof(*raw));
	if (!raw)
		return DL3_ERR_MEMORY;
	*raw = (struct dl3i_raw){ .len = shared->len, .shared = shared };
	shared->refs++;
	c->out.shared_held += shared->len;
	append(c, raw);
	return DL3_OK;
}

size_t dl3i_conn_shared(const struct dl3_conn *c)
{
	return c->out.shared_held;
}
