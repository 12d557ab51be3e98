/* SPDX-License-Identifier: MIT */
/* A packet of a capture, as far as TCP needs it: link layer, IP, TCP. Nothing is copied. */
#ifndef CLI_CAPTURE_PACKET_H
#define CLI_CAPTURE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a packet begins with. */
enum capture_link {
	CAPTURE_LINK_ETHERNET,
	CAPTURE_LINK_SLL,  /* Linux's "any" interface */
	CAPTURE_LINK_SLL2, /* the newer form of it */
	CAPTURE_LINK_NULL, /* BSD's loopback: family in the order of whoever wrote it */
	CAPTURE_LINK_LOOP, /* OpenBSD's: family in the order of the network */
	CAPTURE_LINK_RAW,  /* IPv4 or IPv6 */
};

/* An end of a connection. IPv4 addresses have their four octets in front, and `ip6` false. */
struct capture_end_point {
	uint8_t address[16];
	uint16_t port;
	bool ip6;
};

/* What a packet is. */
enum capture_kind {
	CAPTURE_TCP,      /* a segment of TCP */
	CAPTURE_FRAGMENT, /* a later part of an IP packet that was sent in parts; whose, it does not say */
	CAPTURE_CUT,      /* captured only in part, not even its headers are there, or they are senseless */
	CAPTURE_OTHER,    /* nothing for us */
};

#define CAPTURE_FIN 0x01u
#define CAPTURE_SYN 0x02u
#define CAPTURE_RST 0x04u
#define CAPTURE_ACK 0x10u

struct capture_segment {
	struct capture_end_point from, to;
	uint32_t seq, ack;
	uint8_t flags;
	const uint8_t *data;
	size_t captured; /* octets of `data` */
	size_t len;      /* octets that were sent: `captured`, or more when the capture is cut */
};

/*
 * Reads a packet of `captured` octets, of which there were `len` on the wire. `out` is set for
 * CAPTURE_TCP only.
 */
enum capture_kind capture_packet(enum capture_link link, const uint8_t *data, size_t captured, size_t len,
                                 struct capture_segment *out);

#endif
