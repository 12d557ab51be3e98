/* SPDX-License-Identifier: MIT */
/*
 * The DevLink3 in a capture's packets. Packets go in, frames and faults come out, those of each
 * direction in their order. Memory stays within CAPTURE_MEMORY_MAX and a few of the longest frames:
 * past that, and past CAPTURE_CONNECTIONS_MAX, what was silent longest is forgotten.
 */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include "capture_packet.h"
#include "source.h"

#define CAPTURE_CONNECTIONS_MAX 4096u
#define CAPTURE_MEMORY_MAX (64u << 20)
/* In the clear, and with TLS. */
#define CAPTURE_PORT_CLEAR 50797u
#define CAPTURE_PORT_TLS 50796u
#define CAPTURE_PORTS_MAX 16u

struct capture_counts {
	uint64_t packets;
	uint64_t cut;         /* packets whose headers are not whole */
	uint64_t fragments;   /* later parts of IP packets, which are not put together */
	uint64_t connections; /* followed */
	uint64_t middle;      /* directions of those whose beginning is not in the capture */
	uint64_t passed_over; /* octets in front of the first frame found, there and behind holes */
	uint64_t encrypted;   /* connections */
	uint64_t dropped;     /* connections forgotten while they went on */
	uint64_t holes;
	uint64_t missing; /* octets, in holes of which it is known */
};

struct capture_config {
	/* Connections of these ports only. None: CAPTURE_PORT_CLEAR, and whatever begins as DevLink3 does. */
	uint16_t ports[CAPTURE_PORTS_MAX];
	size_t port_count;
	/* An item; it lives as long as the call. Anything but 0 ends it all. */
	int (*item)(const struct source_item *item, void *arg);
	/* A connection that cannot be read, at its first packet. */
	void (*encrypted)(const char *from, const char *to, void *arg);
	void *arg;
};

struct capture;

/* The configuration is copied. @return NULL without memory. */
struct capture *capture_new(const struct capture_config *config);
void capture_free(struct capture *c);

/*
 * Takes the next packet, of which `captured` octets are there of `len`.
 * @return 0, or -1 without memory, or when `item` ended it: then nothing more may be fed.
 */
int capture_feed(struct capture *c, enum capture_link link, uint64_t time_ns, const uint8_t *data,
                 size_t captured, size_t len);

/* There are no more packets: gives what is left. @return as capture_feed(). */
int capture_end(struct capture *c);

struct capture_counts capture_counts(const struct capture *c);

#endif
