/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void dl3i_stream_close(struct dl3i_stream *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
	if (s->fd >= 0)
		(void)evutil_closesocket(s->fd);
	s->fd = -1;
}

/* ---- What went wrong ---- */

static enum dl3i_io system_result(struct dl3i_stream *s)
{
	if (errno == EAGAIN || errno == EINTR)
		return DL3I_IO_WAIT;
	s->error = errno;
	return DL3I_IO_FAILED;
}

/* The first error of a library is the one that came first; system errors have no text there. */
static unsigned long first_of_queue(void)
{
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (!ERR_SYSTEM_ERROR(code) && ERR_reason_error_string(code))
			break;
	}
	/* The queue is the thread's, and the next to look at it is somebody else. */
	ERR_clear_error();
	return code;
}

static enum dl3i_io tls_result(struct dl3i_stream *s, int result, bool *other_way)
{
	int saved = errno;
	int why = SSL_get_error(s->ssl, result);

	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
		*other_way = why == SSL_ERROR_WANT_READ;
		return DL3I_IO_WAIT;
	}
	if (why == SSL_ERROR_ZERO_RETURN)
		return DL3I_IO_END;
	s->error = why == SSL_ERROR_SYSCALL ? saved : 0;
	s->tls = first_of_queue();
	return DL3I_IO_FAILED;
}

/* ---- Octets ---- */

enum dl3i_io dl3i_stream_handshake(struct dl3i_stream *s)
{
	bool input = false;

	ERR_clear_error();
	errno = 0;
	int result = SSL_do_handshake(s->ssl);
	if (result == 1) {
		s->read_needs_room = false;
		return DL3I_IO_DONE;
	}
	enum dl3i_io io = tls_result(s, result, &input);
	s->read_needs_room = io == DL3I_IO_WAIT && !input;
	return io;
}

static enum dl3i_io tls_read(struct dl3i_stream *s, void *buf, size_t cap, size_t *n)
{
	bool input = true;

	ERR_clear_error();
	errno = 0;
	int result = SSL_read_ex(s->ssl, buf, cap, n);
	enum dl3i_io io = result == 1 ? DL3I_IO_DONE : tls_result(s, result, &input);
	s->read_needs_room = io == DL3I_IO_WAIT && !input;
	return io;
}

enum dl3i_io dl3i_stream_read(struct dl3i_stream *s, void *buf, size_t cap, size_t *n)
{
	if (s->ssl)
		return tls_read(s, buf, cap, n);
	ssize_t got = recv(s->fd, buf, cap, 0);
	if (got < 0)
		return system_result(s);
	*n = (size_t)got;
	return got > 0 ? DL3I_IO_DONE : DL3I_IO_END;
}

static enum dl3i_io tls_write(struct dl3i_stream *s, const void *data, size_t len, size_t *n)
{
	bool input = false;

	if (s->retry > 0 && s->retry < len)
		len = s->retry;
	ERR_clear_error();
	errno = 0;
	int result = SSL_write_ex(s->ssl, data, len, n);
	enum dl3i_io io = result == 1 ? DL3I_IO_DONE : tls_result(s, result, &input);
	s->retry = io == DL3I_IO_WAIT ? len : 0;
	s->write_needs_input = io == DL3I_IO_WAIT && input;
	return io;
}

enum dl3i_io dl3i_stream_write(struct dl3i_stream *s, const void *data, size_t len, size_t *n)
{
	if (s->ssl)
		return tls_write(s, data, len, n);
	ssize_t put = send(s->fd, data, len, MSG_NOSIGNAL);
	if (put < 0)
		return system_result(s);
	*n = (size_t)put;
	return DL3I_IO_DONE;
}

enum dl3i_io dl3i_stream_discard(struct dl3i_stream *s, size_t cap)
{
	char buf[4096];

	while (cap > 0) {
		size_t most = cap < sizeof(buf) ? cap : sizeof(buf);
		ssize_t got = recv(s->fd, buf, most, 0);
		if (got < 0)
			return system_result(s);
		if (got == 0)
			return DL3I_IO_END;
		cap -= (size_t)got;
	}
	return DL3I_IO_DONE;
}

/* ---- The end ---- */

void dl3i_stream_shut(struct dl3i_stream *s)
{
	/* A goodbye that cannot be sent at once is not sent. */
	if (s->ssl && SSL_is_init_finished(s->ssl)) {
		(void)SSL_shutdown(s->ssl);
		ERR_clear_error();
	}
	(void)shutdown(s->fd, SHUT_WR);
}

enum dl3i_io dl3i_stream_look(struct dl3i_stream *s)
{
	struct pollfd p = { .fd = s->fd };
	socklen_t len = sizeof(s->error);

#ifdef POLLRDHUP
	p.events = POLLRDHUP;
#endif
	if (poll(&p, 1, 0) <= 0)
		return DL3I_IO_WAIT;
	if (!(p.revents & POLLERR))
		return DL3I_IO_END;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &s->error, &len) != 0)
		s->error = errno;
	return DL3I_IO_FAILED;
}
