/* SPDX-License-Identifier: MIT */
#include "capture_packet.h"

#include <string.h>

#define ETHERTYPE_IP4 0x0800u
#define ETHERTYPE_IP6 0x86ddu
#define ETHERTYPE_VLAN 0x8100u
#define ETHERTYPE_QINQ 0x88a8u
#define ETHERTYPE_QINQ_OLD 0x9100u
#define TAGS_MAX 8

#define FAMILY_IP4 2u
#define PROTOCOL_TCP 6u

/* IPv6's headers between its own and what it carries. */
#define HOP_BY_HOP 0u
#define ROUTING 43u
#define FRAGMENT 44u
#define AUTHENTICATION 51u
#define DESTINATION 60u
#define EXTENSIONS_MAX 16

/* No network sends more at once: a length past it is none. */
#define SENT_MAX (1u << 20)

/* Octets not looked at yet. `sent` counts those that were not captured as well. */
struct view {
	const uint8_t *p;
	size_t left;
	size_t sent;
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool skip(struct view *v, size_t n)
{
	if (v->left < n)
		return false;
	v->p += n;
	v->left -= n;
	v->sent -= n;
	return true;
}

/* Nothing behind `n` octets belongs to the packet: padding, or a check sum. */
static void limit(struct view *v, size_t n)
{
	v->sent = n;
	if (v->left > n)
		v->left = n;
}

/* ---- TCP ---- */

static enum capture_kind tcp(struct view v, struct capture_segment *out)
{
	if (v.left < 20)
		return CAPTURE_CUT;
	size_t header = (size_t)(v.p[12] >> 4) * 4;
	if (header < 20 || header > v.sent)
		return CAPTURE_CUT;
	out->from.port = (uint16_t)get16(v.p);
	out->to.port = (uint16_t)get16(v.p + 2);
	out->seq = get32(v.p + 4);
	out->ack = get32(v.p + 8);
	out->flags = v.p[13];
	out->len = v.sent - header;
	/* Cut inside of the options: what it carries was sent, and is not there. */
	if (!skip(&v, header))
		skip(&v, v.left);
	out->data = v.p;
	out->captured = v.left;
	return CAPTURE_TCP;
}

/* ---- IP ---- */

static enum capture_kind ip4(struct view v, struct capture_segment *out)
{
	if (v.left < 20)
		return CAPTURE_CUT;
	size_t header = (size_t)(v.p[0] & 15) * 4;
	size_t total = get16(v.p + 2);
	unsigned part = get16(v.p + 6) & 0x1fff;

	if (v.p[9] != PROTOCOL_TCP)
		return CAPTURE_OTHER;
	if (part > 0)
		return CAPTURE_FRAGMENT;
	/* No length: the sender's network card was to make several packets of it. */
	if (total > v.sent || (total > 0 && total < header) || header < 20)
		return CAPTURE_CUT;
	if (total > 0)
		limit(&v, total);
	memcpy(out->from.address, v.p + 12, 4);
	memcpy(out->to.address, v.p + 16, 4);
	return skip(&v, header) ? tcp(v, out) : CAPTURE_CUT;
}

/*
 * Passes over the headers between IPv6's own and TCP.
 * @return CAPTURE_TCP when TCP is what follows.
 */
static enum capture_kind extensions(struct view *v, unsigned next)
{
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		if (next == PROTOCOL_TCP)
			return CAPTURE_TCP;
		if (next != HOP_BY_HOP && next != ROUTING && next != FRAGMENT && next != AUTHENTICATION &&
		    next != DESTINATION)
			return CAPTURE_OTHER;
		if (v->left < 8)
			return CAPTURE_CUT;
		size_t size = next == FRAGMENT         ? 8
		              : next == AUTHENTICATION ? ((size_t)v->p[1] + 2) * 4
		                                       : ((size_t)v->p[1] + 1) * 8;
		if (next == FRAGMENT && get16(v->p + 2) >> 3 > 0)
			return v->p[0] == PROTOCOL_TCP ? CAPTURE_FRAGMENT : CAPTURE_OTHER;
		next = v->p[0];
		if (!skip(v, size))
			return CAPTURE_CUT;
	}
	return CAPTURE_CUT;
}

static enum capture_kind ip6(struct view v, struct capture_segment *out)
{
	if (v.left < 40)
		return CAPTURE_CUT;
	size_t len = get16(v.p + 4);
	unsigned next = v.p[6];

	if (len + 40 > v.sent)
		return CAPTURE_CUT;
	if (len > 0)
		limit(&v, len + 40);
	memcpy(out->from.address, v.p + 8, 16);
	memcpy(out->to.address, v.p + 24, 16);
	out->from.ip6 = out->to.ip6 = true;
	(void)skip(&v, 40);
	enum capture_kind kind = extensions(&v, next);
	return kind == CAPTURE_TCP ? tcp(v, out) : kind;
}

static enum capture_kind ip(struct view v, struct capture_segment *out)
{
	unsigned version = v.left > 0 ? v.p[0] >> 4 : 0;

	if (v.left == 0)
		return CAPTURE_CUT;
	return version == 4 ? ip4(v, out) : version == 6 ? ip6(v, out) : CAPTURE_OTHER;
}

/* ---- Link layers ---- */

/* What follows an EtherType at `type`, which may be those of tags. */
static enum capture_kind ether(struct view v, size_t type, struct capture_segment *out)
{
	if (!skip(&v, type))
		return CAPTURE_CUT;
	for (int tags = 0; tags <= TAGS_MAX && v.left >= 2; tags++) {
		unsigned what = get16(v.p);

		if (what == ETHERTYPE_IP4 || what == ETHERTYPE_IP6)
			return skip(&v, 2) ? ip(v, out) : CAPTURE_CUT;
		if (what != ETHERTYPE_VLAN && what != ETHERTYPE_QINQ && what != ETHERTYPE_QINQ_OLD)
			return CAPTURE_OTHER;
		if (!skip(&v, 4))
			return CAPTURE_CUT;
	}
	return v.left < 2 ? CAPTURE_CUT : CAPTURE_OTHER;
}

/* The type stands in front of the rest of the header. */
static enum capture_kind sll2(struct view v, struct capture_segment *out)
{
	if (v.left < 20)
		return CAPTURE_CUT;
	unsigned what = get16(v.p);

	if (what == ETHERTYPE_VLAN || what == ETHERTYPE_QINQ)
		return ether(v, 22, out);
	if (what != ETHERTYPE_IP4 && what != ETHERTYPE_IP6)
		return CAPTURE_OTHER;
	(void)skip(&v, 20);
	return ip(v, out);
}

/* The family of IPv6 has a number of its own in each BSD. */
static bool is_family(uint32_t family)
{
	return family == FAMILY_IP4 || family == 10 || family == 24 || family == 28 || family == 30;
}

static enum capture_kind loopback(struct view v, bool either_order, struct capture_segment *out)
{
	if (v.left < 4)
		return CAPTURE_CUT;
	uint32_t family = get32(v.p);
	uint32_t turned = (uint32_t)v.p[3] << 24 | (uint32_t)v.p[2] << 16 | (uint32_t)v.p[1] << 8 | v.p[0];

	if (!is_family(family) && !(either_order && is_family(turned)))
		return CAPTURE_OTHER;
	(void)skip(&v, 4);
	return ip(v, out);
}

enum capture_kind capture_packet(enum capture_link link, const uint8_t *data, size_t captured, size_t len,
                                 struct capture_segment *out)
{
	struct view v = { .p = data, .left = captured, .sent = len };

	if (v.sent < v.left || v.sent > SENT_MAX)
		v.sent = v.left;
	memset(out, 0, sizeof(*out));
	switch (link) {
	case CAPTURE_LINK_ETHERNET:
		return ether(v, 12, out);
	case CAPTURE_LINK_SLL:
		return ether(v, 14, out);
	case CAPTURE_LINK_SLL2:
		return sll2(v, out);
	case CAPTURE_LINK_NULL:
		return loopback(v, true, out);
	case CAPTURE_LINK_LOOP:
		return loopback(v, false, out);
	default:
		return ip(v, out);
	}
}
