/* SPDX-License-Identifier: MIT */
/* A socket, with TLS on it or not: what can be read and written at once is. */
#ifndef DL3I_NET_STREAM_H
#define DL3I_NET_STREAM_H

#include <event2/util.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct dl3i_stream {
	evutil_socket_t fd;
	SSL *ssl;               /* NULL in the clear */
	int error;              /* of the system, after FAILED; 0 when it has none to tell */
	unsigned long tls;      /* of OpenSSL, after FAILED; 0 as well */
	size_t retry;           /* octets that TLS began to write and wants to be given again */
	bool read_needs_room;   /* reading waits until it can be written */
	bool write_needs_input; /* and the other way round */
};

enum dl3i_io {
	DL3I_IO_DONE,
	DL3I_IO_WAIT, /* nothing to be had now, or no room */
	DL3I_IO_END,  /* the other end sends no more */
	DL3I_IO_FAILED,
};

void dl3i_stream_close(struct dl3i_stream *s);

enum dl3i_io dl3i_stream_handshake(struct dl3i_stream *s);
enum dl3i_io dl3i_stream_read(struct dl3i_stream *s, void *buf, size_t cap, size_t *n);
/** What TLS began it must be given again: the same octets, and at least as many. */
enum dl3i_io dl3i_stream_write(struct dl3i_stream *s, const void *data, size_t len, size_t *n);
/** Throws away at most `cap` octets that came, as they came: nothing can be read any more. */
enum dl3i_io dl3i_stream_discard(struct dl3i_stream *s, size_t cap);
/** Closes our direction. */
void dl3i_stream_shut(struct dl3i_stream *s);
/** Whether the other end has gone, seen without reading: END, FAILED, or WAIT when it has not. */
enum dl3i_io dl3i_stream_look(struct dl3i_stream *s);

#endif
