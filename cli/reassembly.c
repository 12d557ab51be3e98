/* SPDX-License-Identifier: MIT */
#include "reassembly.h"

#include <stdlib.h>
#include <string.h>

/* What holding a segment takes besides its octets. */
#define OVERHEAD 64u
#define FIRST_CAP 16u

struct reassembly_piece {
	uint32_t seq;
	uint32_t len;
	uint64_t time_ns;
	uint8_t *data;
};

/* How far `a` is behind `b`, around the wrap of sequence numbers. */
static int64_t distance(uint32_t a, uint32_t b)
{
	uint32_t d = a - b;

	return d < 0x80000000u ? (int64_t)d : (int64_t)d - 0x100000000;
}

static uint32_t end_of(const struct reassembly_piece *p)
{
	return p->seq + p->len;
}

void reassembly_finish(struct reassembly *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->held[i].data);
	free(r->held);
	memset(r, 0, sizeof(*r));
}

/* ---- What comes out ---- */

static void give(struct reassembly *r, uint64_t time_ns, const uint8_t *data, size_t len,
                 const struct reassembly_out *out)
{
	if (time_ns > r->time_ns)
		r->time_ns = time_ns;
	if (len > 0)
		out->octets(out->arg, r->time_ns, data, len);
	r->next += (uint32_t)len;
}

/* Gives what is held from `next` on without a gap. */
static void give_held(struct reassembly *r, const struct reassembly_out *out)
{
	size_t n = 0;

	while (n < r->count && r->held[n].seq == r->next) {
		struct reassembly_piece *p = &r->held[n++];

		give(r, p->time_ns, p->data, p->len, out);
		r->octets -= p->len + OVERHEAD;
		free(p->data);
	}
	r->count -= n;
	if (n > 0)
		memmove(r->held, r->held + n, r->count * sizeof(r->held[0]));
	if (r->count == 0)
		r->grace = 0;
	if (r->has_fin && distance(r->next, r->fin) >= 0)
		r->ended = true;
}

/* Gives up what is missing in front of what is held. */
static void skip(struct reassembly *r, const struct reassembly_out *out)
{
	uint32_t to = r->count > 0 ? r->held[0].seq : r->top;
	int64_t missing = distance(to, r->next);

	if (missing <= 0)
		return;
	if (r->count > 0 && r->held[0].time_ns > r->time_ns)
		r->time_ns = r->held[0].time_ns;
	out->hole(out->arg, r->time_ns, (uint64_t)missing);
	r->next = to;
	r->grace = 0;
	give_held(r, out);
}

void reassembly_end(struct reassembly *r, const struct reassembly_out *out)
{
	if (!r->started || r->ended)
		return;
	while (r->count > 0)
		skip(r, out);
	skip(r, out);
	r->ended = true;
}

/* ---- What comes in ---- */

static int make_room(struct reassembly *r)
{
	size_t cap = r->cap > 0 ? r->cap * 2 : FIRST_CAP;

	if (r->count < r->cap)
		return 0;
	if (cap <= r->cap || cap > SIZE_MAX / sizeof(struct reassembly_piece))
		return -1;
	struct reassembly_piece *held = realloc(r->held, cap * sizeof(held[0]));
	if (!held)
		return -1;
	r->held = held;
	r->cap = cap;
	return 0;
}

static int insert(struct reassembly *r, size_t at, const struct reassembly_piece *p)
{
	struct reassembly_piece copy = *p;

	if (make_room(r) != 0)
		return -1;
	copy.data = malloc(p->len);
	if (!copy.data)
		return -1;
	memcpy(copy.data, p->data, p->len);
	memmove(&r->held[at + 1], &r->held[at], (r->count - at) * sizeof(r->held[0]));
	r->held[at] = copy;
	r->count++;
	r->octets += p->len + OVERHEAD;
	return 0;
}

/* Takes `n` octets off the front. */
static void advance(struct reassembly_piece *p, uint32_t n)
{
	p->seq += n;
	p->data += n;
	p->len -= n;
}

/* Keeps what of a piece is not held yet: what came first stays. */
static int hold(struct reassembly *r, struct reassembly_piece p)
{
	size_t at = r->count;

	while (at > 0 && distance(r->held[at - 1].seq, p.seq) > 0)
		at--;
	if (at > 0) {
		int64_t over = distance(end_of(&r->held[at - 1]), p.seq);

		if (over > 0)
			advance(&p, over < p.len ? (uint32_t)over : p.len);
	}
	while (p.len > 0) {
		struct reassembly_piece part = p;
		int64_t room = at < r->count ? distance(r->held[at].seq, p.seq) : p.len;

		if (room > 0 && room < part.len)
			part.len = (uint32_t)room;
		if (room > 0 && insert(r, at++, &part) != 0)
			return -1;
		if (room > 0)
			advance(&p, part.len);
		if (p.len > 0) {
			uint32_t known = r->held[at++].len;

			advance(&p, known < p.len ? known : p.len);
		}
	}
	return 0;
}

/* Whether a segment is so far off that it is none of this stream; and then whether to go there. */
static bool strays(struct reassembly *r, const struct reassembly_segment *s, const struct reassembly_out *out)
{
	int64_t off = distance(s->seq, r->next);

	if (off > -REASSEMBLY_FAR && off < REASSEMBLY_FAR) {
		r->strays = 0;
		return false;
	}
	if (++r->strays < REASSEMBLY_STRAYS_MAX)
		return true;
	reassembly_end(r, out);
	uint64_t time_ns = r->time_ns;
	reassembly_finish(r);
	*r = (struct reassembly){ .started = true, .next = s->seq, .top = s->seq, .time_ns = time_ns };
	out->hole(out->arg, time_ns, 0);
	return false;
}

static void note(struct reassembly *r, const struct reassembly_segment *s, uint32_t seq)
{
	uint32_t end = seq + (uint32_t)s->len;

	if (distance(end, r->top) > 0)
		r->top = end;
	if (s->fin) {
		r->has_fin = true;
		r->fin = end;
	}
}

int reassembly_add(struct reassembly *r, const struct reassembly_segment *s, const struct reassembly_out *out)
{
	/* A SYN takes a number of its own. */
	struct reassembly_piece p = { .seq = s->seq + (s->syn ? 1 : 0),
		                      .len = (uint32_t)s->captured,
		                      .time_ns = s->time_ns,
		                      /* Not written to, and copied by insert() before it is kept.
		                       * NOLINTNEXTLINE(performance-no-int-to-ptr) */
		                      .data = (uint8_t *)(uintptr_t)s->data };
	int result = 0;

	if (r->ended)
		return 0;
	if (!r->started) {
		r->started = true;
		r->next = r->top = p.seq;
	}
	if (strays(r, s, out))
		return 0;
	note(r, s, p.seq);
	int64_t old = distance(r->next, p.seq);
	if (old > 0)
		advance(&p, old < p.len ? (uint32_t)old : p.len);
	if (p.len > 0 && p.seq == r->next && r->count == 0)
		give(r, p.time_ns, p.data, p.len, out);
	else if (p.len > 0)
		result = hold(r, p);
	give_held(r, out);
	while (r->octets > REASSEMBLY_HELD_MAX || r->count > REASSEMBLY_SEGMENTS_MAX)
		skip(r, out);
	return result;
}

void reassembly_acked(struct reassembly *r, uint32_t ack)
{
	if (!r->started || r->ended)
		return;
	if (!r->acked_on || distance(ack, r->acked) > 0)
		r->acked = ack;
	r->acked_on = true;
}

void reassembly_turn(struct reassembly *r, const struct reassembly_out *out)
{
	bool gap = r->started && !r->ended && (r->count > 0 || r->has_fin);

	if (!gap || !r->acked_on || distance(r->acked, r->next) <= 0)
		return;
	if (r->count > 0 && distance(r->acked, r->held[0].seq) < 0)
		return;
	if (r->grace++ >= REASSEMBLY_GRACE)
		skip(r, out);
}
