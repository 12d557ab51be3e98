/* SPDX-License-Identifier: MIT */
#include "capture_write.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKTYPE_RAW 101u
#define SNAPLEN 65535u
#define SEGMENT_MAX 1460u
/* Octets that may be under way before the other side acknowledges them: within any window. */
#define UNACKED_MAX 32768u
#define WINDOW 65535u
/* Clients whose port is not known get those from here on. */
#define FIRST_PORT 49152u
#define LAST_PORT 65535u

#define RECORD_HEADER 16u
#define IP4_HEADER 20u
#define IP6_HEADER 40u
#define TCP_HEADER 20u
#define MSS_OPTION 4u
#define PACKET_MAX (IP6_HEADER + TCP_HEADER + MSS_OPTION + SEGMENT_MAX)
#define PROTOCOL_TCP 6u
#define HOPS 64u

#define FIN 0x01u
#define SYN 0x02u
#define RST 0x04u
#define PSH 0x08u
#define ACK 0x10u

/* One side of the connection. */
struct side {
	uint8_t address[16];
	uint16_t port;
	uint32_t next;  /* sequence number of the octet it sends next */
	uint32_t acked; /* what the other side has acknowledged */
};

struct capture_writer {
	FILE *file;
	char *name;
	int error; /* the first errno; 0 */
	bool open; /* a connection is */
	bool ip6;
	struct side sides[2]; /* client, PBX */
	uint64_t time_us;
	uint32_t connections;
	uint16_t port; /* given last to a client without one */
};

static void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

static void failed(struct capture_writer *w, int error)
{
	if (w->error == 0)
		w->error = error != 0 ? error : EIO;
}

static void put(struct capture_writer *w, const void *data, size_t len)
{
	errno = 0;
	if (w->error == 0 && fwrite(data, 1, len, w->file) != len)
		failed(w, errno);
}

/* ---- Packets ---- */

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return len % 2 > 0 ? sum + ((uint32_t)p[len - 1] << 8) : sum;
}

static unsigned checksum(uint32_t sum)
{
	while (sum >> 16 > 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* @return the header's length. */
static size_t put_ip(const struct capture_writer *w, uint8_t *p, const struct side *from,
                     const struct side *to, size_t len)
{
	if (w->ip6) {
		put32(p, 0x60000000u);
		put16(p + 4, (unsigned)len);
		p[6] = PROTOCOL_TCP;
		p[7] = HOPS;
		memcpy(p + 8, from->address, 16);
		memcpy(p + 24, to->address, 16);
		return IP6_HEADER;
	}
	memset(p, 0, IP4_HEADER);
	p[0] = 0x45;
	put16(p + 2, (unsigned)(len + IP4_HEADER));
	p[6] = 0x40; /* not to be fragmented */
	p[8] = HOPS;
	p[9] = PROTOCOL_TCP;
	memcpy(p + 12, from->address, 4);
	memcpy(p + 16, to->address, 4);
	put16(p + 10, checksum(sum16(0, p, IP4_HEADER)));
	return IP4_HEADER;
}

static size_t put_tcp(const struct side *from, const struct side *to, uint8_t *p, unsigned flags)
{
	size_t header = TCP_HEADER + (flags & SYN ? MSS_OPTION : 0);

	memset(p, 0, header);
	put16(p, from->port);
	put16(p + 2, to->port);
	put32(p + 4, from->next);
	put32(p + 8, flags & ACK ? to->next : 0);
	p[12] = (uint8_t)(header / 4 << 4);
	p[13] = (uint8_t)flags;
	put16(p + 14, WINDOW);
	if (flags & SYN) {
		p[20] = 2;
		p[21] = MSS_OPTION;
		put16(p + 22, SEGMENT_MAX);
	}
	return header;
}

static void put_tcp_checksum(const struct capture_writer *w, const struct side *from, const struct side *to,
                             uint8_t *tcp, size_t len)
{
	size_t address = w->ip6 ? 16 : 4;
	uint32_t sum = sum16(sum16(0, from->address, address), to->address, address);

	sum += PROTOCOL_TCP + (uint32_t)len;
	put16(tcp + 16, checksum(sum16(sum, tcp, len)));
}

static void put_record(struct capture_writer *w, const uint8_t *packet, size_t len)
{
	uint8_t header[RECORD_HEADER];

	put32(header, (uint32_t)(w->time_us / 1000000u));
	put32(header + 4, (uint32_t)(w->time_us % 1000000u));
	put32(header + 8, (uint32_t)len);
	put32(header + 12, (uint32_t)len);
	put(w, header, sizeof(header));
	put(w, packet, len);
}

/* One packet. What it carries, SYN and FIN move the sender's sequence on. */
static void packet(struct capture_writer *w, bool from_pbx, unsigned flags, const uint8_t *data, size_t len)
{
	uint8_t octets[PACKET_MAX];
	struct side *from = &w->sides[from_pbx], *to = &w->sides[!from_pbx];
	size_t options = flags & SYN ? MSS_OPTION : 0;
	size_t ip = put_ip(w, octets, from, to, TCP_HEADER + options + len);
	size_t tcp = put_tcp(from, to, octets + ip, flags);

	if (len > 0)
		memcpy(octets + ip + tcp, data, len);
	put_tcp_checksum(w, from, to, octets + ip, tcp + len);
	put_record(w, octets, ip + tcp + len);
	from->next += (uint32_t)len + ((flags & (SYN | FIN)) != 0 ? 1 : 0);
	if (flags & ACK)
		to->acked = to->next;
}

static void tell_time(struct capture_writer *w, uint64_t time_us)
{
	if (time_us > w->time_us)
		w->time_us = time_us;
}

/* ---- Opening and closing the file ---- */

static bool put_file_header(struct capture_writer *w)
{
	uint8_t header[24] = { 0 };

	put32(header, 0xa1b2c3d4u);
	put16(header + 4, 2);
	put16(header + 6, 4);
	put32(header + 16, SNAPLEN);
	put32(header + 20, LINKTYPE_RAW);
	put(w, header, sizeof(header));
	return capture_writer_flush(w) == 0;
}

static void say(char *error, size_t cap, const char *name, int number)
{
	snprintf(error, cap, "%s: %s", name, strerror(number));
}

static void writer_free(struct capture_writer *w)
{
	free(w->name);
	free(w);
}

struct capture_writer *capture_writer_open(const char *file, char *error, size_t cap)
{
	bool out = strcmp(file, "-") == 0;
	const char *name = out ? "standard output" : file;
	struct capture_writer *w = calloc(1, sizeof(*w));

	if (w)
		w->name = strdup(name);
	if (!w || !w->name) {
		say(error, cap, name, ENOMEM);
		free(w);
		return NULL;
	}
	w->port = FIRST_PORT - 1;
	w->file = out ? stdout : fopen(file, "wbe");
	if (!w->file) {
		say(error, cap, name, errno);
		writer_free(w);
		return NULL;
	}
	if (put_file_header(w))
		return w;
	(void)capture_writer_close(w, error, cap);
	return NULL;
}

int capture_writer_flush(struct capture_writer *w)
{
	errno = 0;
	if (fflush(w->file) != 0)
		failed(w, errno);
	return w->error;
}

int capture_writer_close(struct capture_writer *w, char *error, size_t cap)
{
	if (!w)
		return 0;
	(void)capture_writer_flush(w);
	errno = 0;
	if (w->file != stdout && fclose(w->file) != 0)
		failed(w, errno);
	int number = w->error;
	if (number != 0)
		say(error, cap, w->name, number);
	writer_free(w);
	return number != 0 ? -1 : 0;
}

/* ---- Connections ---- */

static uint16_t next_port(struct capture_writer *w)
{
	w->port = w->port == LAST_PORT ? FIRST_PORT : (uint16_t)(w->port + 1);
	return w->port;
}

static void set_side(struct side *side, const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		memcpy(side->address, &in.sin_addr, 4);
		side->port = ntohs(in.sin_port);
	} else {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		memcpy(side->address, &in6.sin6_addr, 16);
		side->port = ntohs(in6.sin6_port);
	}
}

void capture_writer_connection(struct capture_writer *w, uint64_t time_us, const struct sockaddr *client,
                               const struct sockaddr *pbx)
{
	capture_writer_end(w, time_us, CAPTURE_END_CLIENT);
	if (client->sa_family != pbx->sa_family ||
	    (client->sa_family != AF_INET && client->sa_family != AF_INET6)) {
		failed(w, EAFNOSUPPORT);
		return;
	}
	tell_time(w, time_us);
	memset(w->sides, 0, sizeof(w->sides));
	w->ip6 = client->sa_family == AF_INET6;
	set_side(&w->sides[0], client);
	set_side(&w->sides[1], pbx);
	if (w->sides[0].port == 0)
		w->sides[0].port = next_port(w);
	/* Apart from those of the connections before, for the case that the ports are the same. */
	w->sides[0].next = w->connections << 26;
	w->sides[1].next = w->connections++ << 26 | 1u << 25;
	w->open = true;
	packet(w, false, SYN, NULL, 0);
	packet(w, true, SYN | ACK, NULL, 0);
	packet(w, false, ACK, NULL, 0);
}

void capture_writer_data(struct capture_writer *w, uint64_t time_us, bool from_pbx, const void *octets,
                         size_t len)
{
	const uint8_t *p = octets;
	struct side *from = &w->sides[from_pbx];

	if (!w->open)
		return;
	tell_time(w, time_us);
	while (len > 0 && w->error == 0) {
		size_t n = len < SEGMENT_MAX ? len : SEGMENT_MAX;

		packet(w, from_pbx, PSH | ACK, p, n);
		if (from->next - from->acked >= UNACKED_MAX)
			packet(w, !from_pbx, ACK, NULL, 0);
		p += n;
		len -= n;
	}
}

void capture_writer_end(struct capture_writer *w, uint64_t time_us, enum capture_end how)
{
	bool by_pbx = how != CAPTURE_END_CLIENT;

	if (!w->open)
		return;
	tell_time(w, time_us);
	w->open = false;
	if (how == CAPTURE_END_RESET) {
		packet(w, true, RST | ACK, NULL, 0);
		return;
	}
	packet(w, by_pbx, FIN | ACK, NULL, 0);
	packet(w, !by_pbx, FIN | ACK, NULL, 0);
	packet(w, by_pbx, ACK, NULL, 0);
}
