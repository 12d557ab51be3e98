/* SPDX-License-Identifier: MIT */
#include "source_pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sections of the format's description: blocks, 3.1; types 4; options 3.5. */
#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_OLD_PACKET 2u
#define BLOCK_SIMPLE_PACKET 3u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define OPTION_RESOLUTION 9u
#define OPTION_OFFSET 14u

/* The longest packet that anybody captures, several times over. */
#define BLOCK_MAX (1u << 20)
#define INTERFACES_MAX 4096u
#define NS 1000000000u

struct interface {
	enum capture_link link;
	bool known;
	uint64_t per_second; /* of its clock */
	int64_t offset_s;
};

struct section {
	struct input *in;
	struct capture *capture;
	bool big;
	struct interface *interfaces;
	size_t count, cap;
	uint64_t packets, passed_over;
	uint16_t strange; /* the kind of those */
	char *error;
	size_t error_cap;
};

static uint32_t get32(const struct section *s, const uint8_t *p)
{
	return s->big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
	              : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t get16(const struct section *s, const uint8_t *p)
{
	return (uint16_t)(s->big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static int damaged(struct section *s, const char *expected)
{
	(void)snprintf(s->error, s->error_cap, "damaged behind packet %llu: expected %s",
	               (unsigned long long)s->packets, expected);
	return -1;
}

/* ---- Interfaces ---- */

static bool link_of(uint16_t type, enum capture_link *link)
{
	switch (type) {
	case 1:
		*link = CAPTURE_LINK_ETHERNET;
		return true;
	case 113:
		*link = CAPTURE_LINK_SLL;
		return true;
	case 276:
		*link = CAPTURE_LINK_SLL2;
		return true;
	case 0:
		*link = CAPTURE_LINK_NULL;
		return true;
	case 108:
		*link = CAPTURE_LINK_LOOP;
		return true;
	case 12: /* as some systems write it */
	case 14:
	case 101:
	case 228:
	case 229:
		*link = CAPTURE_LINK_RAW;
		return true;
	default:
		return false;
	}
}

/* Powers of ten, or of two with the highest bit. What no clock has is taken as microseconds. */
static uint64_t resolution_of(uint8_t value)
{
	const unsigned power = value & 0x7f;
	uint64_t n = 1;

	if (value & 0x80)
		return power < 63 ? UINT64_C(1) << power : 1000000;
	if (power > 18)
		return 1000000;
	for (unsigned i = 0; i < power; i++)
		n *= 10;
	return n;
}

static void read_options(const struct section *s, struct interface *i, const uint8_t *p, size_t len)
{
	while (len >= 4) {
		const uint16_t code = get16(s, p), size = get16(s, p + 2);
		const size_t whole = 4 + ((size_t)size + 3) / 4 * 4;
		if (code == 0 || whole > len)
			return;
		if (code == OPTION_RESOLUTION && size == 1)
			i->per_second = resolution_of(p[4]);
		if (code == OPTION_OFFSET && size == 8) {
			const uint64_t low = get32(s, p + (s->big ? 8 : 4)),
				       high = get32(s, p + (s->big ? 4 : 8));
			i->offset_s = (int64_t)(high << 32 | low);
		}
		p += whole;
		len -= whole;
	}
}

static int add_interface(struct section *s, const uint8_t *body, size_t len)
{
	struct interface i = { .per_second = 1000000 };

	if (len < 8)
		return damaged(s, "an interface's description of at least 8 octets");
	if (s->count == INTERFACES_MAX)
		return damaged(s, "at most 4096 interfaces");
	if (s->count == s->cap) {
		const size_t cap = s->cap ? s->cap * 2 : 8;
		struct interface *wider = realloc(s->interfaces, cap * sizeof(*wider));
		if (!wider)
			return damaged(s, "more memory than there is");
		s->interfaces = wider;
		s->cap = cap;
	}
	i.known = link_of(get16(s, body), &i.link);
	if (!i.known)
		s->strange = get16(s, body);
	read_options(s, &i, body + 8, len - 8);
	s->interfaces[s->count++] = i;
	return 0;
}

/* ---- Packets ---- */

static uint64_t time_of(const struct interface *i, uint32_t high, uint32_t low)
{
	const uint64_t last = UINT64_MAX / NS - 1, ticks = (uint64_t)high << 32 | low;
	const uint64_t s = ticks / i->per_second, rest = ticks % i->per_second;
	/* Where the product would be too large, the clock is finer than anybody needs. */
	const uint64_t ns = i->per_second <= NS ? rest * (NS / i->per_second) : rest / (i->per_second / NS);
	const int64_t whole = (int64_t)(s < last ? s : last) + i->offset_s;

	return whole < 0 ? 0
	                 : ((uint64_t)whole < last ? (uint64_t)whole : last) * NS + (ns < NS ? ns : NS - 1);
}

struct packet {
	uint32_t interface, high, low, captured, len;
	const uint8_t *data;
	size_t room; /* octets of the block from there on */
};

static int feed(struct section *s, const struct packet *p)
{
	if (p->interface >= s->count)
		return damaged(s, "a packet of an interface that was described");
	if (p->captured > p->room)
		return damaged(s, "a packet that ends inside its block");
	const struct interface *i = &s->interfaces[p->interface];
	s->packets++;
	if (!i->known) {
		s->passed_over++;
		return 0;
	}
	return capture_feed(s->capture, i->link, time_of(i, p->high, p->low), p->data, p->captured, p->len) ==
	                       0
	               ? 0
	               : -2;
}

static int take_packet(struct section *s, uint32_t type, const uint8_t *b, size_t len)
{
	struct packet p = { 0 };

	if (type == BLOCK_SIMPLE_PACKET) {
		if (len < 4)
			return damaged(s, "a simple packet of at least 4 octets");
		p.len = get32(s, b);
		p.data = b + 4;
		p.room = len - 4;
		p.captured = p.len < p.room ? p.len : (uint32_t)p.room;
		return feed(s, &p);
	}
	if (len < 20)
		return damaged(s, "a packet's block of at least 20 octets");
	p.interface = type == BLOCK_PACKET ? get32(s, b) : get16(s, b);
	p.high = get32(s, b + 4);
	p.low = get32(s, b + 8);
	p.captured = get32(s, b + 12);
	p.len = get32(s, b + 16);
	p.data = b + 20;
	p.room = len - 20;
	return feed(s, &p);
}

/* ---- Blocks ---- */

static int begin_section(struct section *s)
{
	static const uint8_t big[] = { 0x1a, 0x2b, 0x3c, 0x4d };

	if (input_fill(s->in, 12) != 0)
		return -2;
	if (input_left(s->in) < 12)
		return damaged(s, "a section's header");
	s->big = memcmp(input_here(s->in) + 8, big, sizeof(big)) == 0;
	if (get32(s, input_here(s->in) + 8) != BYTE_ORDER_MAGIC)
		return damaged(s, "a section's byte order");
	s->count = 0;
	return 0;
}

/* What is of no use here may be of any length. */
static int skip(struct section *s, uint64_t len)
{
	while (len > 0) {
		if (input_fill(s->in, 1) != 0)
			return -2;
		size_t left = input_left(s->in), n = len < left ? (size_t)len : left;
		if (n == 0)
			return damaged(s, "the end of a block");
		s->in->at += n;
		len -= n;
	}
	return 0;
}

static bool is_of_use(uint32_t type)
{
	return type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET ||
	       type == BLOCK_OLD_PACKET;
}

static int take_block(struct section *s, uint32_t type, uint32_t size)
{
	if (size > BLOCK_MAX)
		return damaged(s, "a block of at most a mebioctet");
	if (input_fill(s->in, size) != 0)
		return -2;
	if (input_left(s->in) < size)
		return damaged(s, "the end of a block");
	const uint8_t *p = input_here(s->in);
	if (get32(s, p + size - 4) != size)
		return damaged(s, "a block that ends with its length");
	int result = type == BLOCK_INTERFACE ? add_interface(s, p + 8, size - 12)
	                                     : take_packet(s, type, p + 8, size - 12);
	if (result == 0)
		s->in->at += size;
	return result;
}

/* @return 1 when there may be more, 0 at the end, or as source_pcap_run(). */
static int next_block(struct section *s)
{
	if (input_fill(s->in, 8) != 0)
		return -2;
	if (input_left(s->in) == 0)
		return 0;
	if (input_left(s->in) < 8)
		return damaged(s, "a block's header");
	/* The same in either order of octets, which is known only behind it. */
	if (get32(s, input_here(s->in)) == BLOCK_SECTION) {
		int result = begin_section(s);
		if (result != 0)
			return result;
	}
	const uint32_t type = get32(s, input_here(s->in)), size = get32(s, input_here(s->in) + 4);
	if (size < 12 || size % 4 != 0)
		return damaged(s, "a block's length of 12 or more, in fours");
	int result = is_of_use(type) ? take_block(s, type, size) : skip(s, size);
	return result == 0 ? 1 : result;
}

bool source_pcapng_is(const struct input *in)
{
	return input_left(in) > 0 && input_here(in)[0] == 0x0a;
}

int source_pcapng_run(struct input *in, struct capture *capture, char *error, size_t cap)
{
	struct section s = { .in = in, .capture = capture, .error = error, .error_cap = cap };
	int result;

	while ((result = next_block(&s)) == 1)
		;
	free(s.interfaces);
	if (result == -2 || capture_end(capture) != 0)
		return -2;
	if (result == 0 && s.passed_over > 0) {
		(void)snprintf(error, cap,
		               "%llu packets of the kind %u are not understood and were passed over; "
		               "Ethernet, Linux cooked, "
		               "loopback and raw IP are understood",
		               (unsigned long long)s.passed_over, (unsigned)s.strange);
		return -1;
	}
	return result;
}
