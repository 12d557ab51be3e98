/* SPDX-License-Identifier: MIT */
/*
 * A capture file of conversations of which only the octets are known: the TCP around them is made up,
 * so that Wireshark and `devlink3 decode` show who said what and when. pcap with microseconds, packets
 * of raw IP (LINKTYPE_RAW), IPv4 or IPv6. One connection is open at a time; one that follows another in
 * the same file is a connection of its own.
 *
 * What fails is remembered: later calls do nothing, and capture_writer_flush() and
 * capture_writer_close() say what it was. Times are in microseconds since 1970, UTC; one before the
 * last one given is taken as that one.
 */
#ifndef CLI_CAPTURE_WRITE_H
#define CLI_CAPTURE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* The port by which a DevLink3 conversation in the clear is known. */
#define CAPTURE_PORT 50797u

struct capture_writer;

/* How a connection ended, and who ended it. */
enum capture_end {
	CAPTURE_END_CLIENT, /* the client closed */
	CAPTURE_END_PBX,    /* the PBX closed */
	CAPTURE_END_RESET,  /* reset, by the PBX */
};

/*
 * Creates `file`, or empties it; "-" is standard output.
 * @return NULL on failure; `error` then has one line that names the file.
 */
struct capture_writer *capture_writer_open(const char *file, char *error, size_t cap);

/*
 * Begins a connection, with the packets that open one. One that is still open is ended first, by the
 * client. Both addresses are AF_INET or both AF_INET6; anything else is remembered as an error
 * (EAFNOSUPPORT).
 *
 * A client's port of 0 gets one that no other connection of this file has. The PBX's port is the one
 * given. A caller whose link is encrypted gives CAPTURE_PORT in place of the real one: what is
 * written are the octets in the clear, which on port 50796 would be taken for TLS.
 */
void capture_writer_connection(struct capture_writer *w, uint64_t time_us, const struct sockaddr *client,
                               const struct sockaddr *pbx);

/* Octets of one direction, in segments of at most 1,460. Without a connection this does nothing. */
void capture_writer_data(struct capture_writer *w, uint64_t time_us, bool from_pbx, const void *octets,
                         size_t len);

/* Ends the connection, if one is open, with the packets that end one. */
void capture_writer_end(struct capture_writer *w, uint64_t time_us, enum capture_end how);

/* Has what was written reach the file. @return 0, or an errno: this call's, or the one remembered. */
int capture_writer_flush(struct capture_writer *w);

/*
 * Flushes, closes the file (standard output stays open) and frees the writer, which may be NULL. A
 * connection still open gets no end, as in the capture of one that goes on.
 * @return 0; or -1 when anything was lost since capture_writer_open(): `error` then has one line that
 *         names the file and the reason.
 */
int capture_writer_close(struct capture_writer *w, char *error, size_t cap);

#endif
