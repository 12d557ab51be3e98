/* SPDX-License-Identifier: MIT */
/* A tracker's state to octets and back: the frame around it, numbers and texts, nodes and what is left over. */
#include "call/saved.h"

#include <string.h>

#include "base/octets.h"

/* The frame: four letters, the version, the sum of the rest, the length of the rest. */
#define FRAME 16u
#define VERSION 2u
static const char letters[4] = { 'D', 'L', '3', 'T' };

/* CRC-32 as in IEEE 802.3: finds each flip of up to three bits. */
static uint32_t sum_of(const uint8_t *p, size_t len)
{
	uint32_t table[16], sum = UINT32_MAX;

	for (uint32_t i = 0; i < 16; i++) {
		uint32_t v = i;

		for (unsigned bit = 0; bit < 4; bit++)
			v = v >> 1 ^ (v & 1 ? UINT32_C(0xedb88320) : 0);
		table[i] = v;
	}
	while (len-- > 0) {
		sum ^= *p++;
		sum = sum >> 4 ^ table[sum & 15];
		sum = sum >> 4 ^ table[sum & 15];
	}
	return ~sum;
}

/* ---- Numbers and texts ---- */

static uint64_t read_number(struct dl3i_saved *s)
{
	uint64_t value = 0;

	for (unsigned shift = 0; s->at < s->end && shift < 64; shift += 7) {
		uint8_t octet = *s->at++;

		if (shift == 63 && octet > 1)
			break;
		value |= (uint64_t)(octet & 0x7f) << shift;
		if (octet < 0x80)
			return value;
	}
	s->bad = true;
	return 0;
}

uint64_t dl3i_pass(struct dl3i_saved *s, uint64_t value, uint64_t most)
{
	if (!s->reading) {
		for (uint64_t v = value;; v >>= 7) {
			dl3i_put_char(&s->out, (char)(uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0)));
			if (v <= 0x7f)
				return value;
		}
	}
	value = s->bad ? 0 : read_number(s);
	if (value <= most)
		return value;
	s->bad = true;
	return 0;
}

/* The sign is the lowest bit, so that small numbers are short. */
int64_t dl3i_pass_signed(struct dl3i_saved *s, int64_t value, int64_t least, int64_t most)
{
	uint64_t flat = value < 0 ? ~((uint64_t)value << 1) : (uint64_t)value << 1;

	flat = dl3i_pass(s, flat, UINT64_MAX);
	if (!s->reading)
		return value;
	value = flat & 1 ? -(int64_t)(flat >> 1) - 1 : (int64_t)(flat >> 1);
	if (s->bad || value < least || value > most) {
		s->bad = true;
		return least;
	}
	return value;
}

uint32_t dl3i_pass_count(struct dl3i_saved *s, uint64_t value)
{
	return (uint32_t)dl3i_pass(s, value, s->reading ? (uint64_t)(s->end - s->at) : UINT32_MAX);
}

void dl3i_pass_text(struct dl3i_saved *s, struct dl3i_text **slot)
{
	struct dl3_str text = dl3i_text_str(*slot);
	uint32_t len = dl3i_pass_count(s, text.len);

	if (!s->reading) {
		dl3i_put(&s->out, text.ptr, text.len);
		return;
	}
	if (s->bad || len > (size_t)(s->end - s->at)) {
		s->bad = true;
		return;
	}
	if (len == 0)
		return;
	*slot = dl3i_text_keep(s->t, (const char *)s->at, len);
	s->at += len;
	if (!*slot)
		s->bad = true;
}

uint32_t dl3i_pass_end(struct dl3i_saved *s, uint32_t end)
{
	struct dl3_tracker *t = s->t;
	const struct dl3i_call *c = end ? dl3i_call_at(t, dl3i_end_at(t, end)->call) : NULL;
	uint32_t place = 0;

	for (uint32_t i = c ? c->first_end : 0; i != 0; i = dl3i_end_at(t, i)->next) {
		place++;
		if (i == end)
			break;
	}
	/* Nothing is to be told, so that the link of that queue is free for the place of the call. */
	uint32_t call = dl3i_pass_u32(s, c ? c->queued_next : 0);
	place = dl3i_pass_u32(s, place);
	if (!s->reading || call == 0)
		return end;
	/* What is read lies in the pools in the order in which it came. */
	if (call >= t->calls.used || place == 0 || place > dl3i_call_at(t, call)->end_count) {
		s->bad = true;
		return 0;
	}
	return dl3i_call_at(t, call)->first_end + place - 1;
}

/* ---- Nodes and clocks ---- */

#define RAW_MOST ((int64_t)1 << 52)

static void pass_node(struct dl3i_saved *s, struct dl3i_node *n)
{
	dl3i_pass_text(s, &n->name);
	n->pbx = dl3i_pass_u32(s, n->pbx);
	n->has_clock = dl3i_pass_bool(s, n->has_clock);
	n->raw = dl3i_pass_signed(s, n->raw, -RAW_MOST, RAW_MOST);
	n->offset = dl3i_pass_signed(s, n->offset, -RAW_MOST, RAW_MOST);
	n->last = (int32_t)dl3i_pass_signed(s, n->last, -INT32_MAX / 2, INT32_MAX);
	n->jumped = (int32_t)dl3i_pass_signed(s, n->jumped, -INT32_MAX / 2, INT32_MAX);
	n->reports = dl3i_pass_u32(s, n->reports);
	n->shifts = dl3i_pass_u32(s, n->shifts);
}

static void pass_nodes(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	uint32_t count = dl3i_pass_count(s, t->node_count);

	for (uint32_t i = 0; i < count && !s->bad; i++) {
		if (s->reading) {
			struct dl3i_list l = { t->nodes, t->node_count, t->node_cap };

			if (!dl3i_list_add(t, &l, sizeof(struct dl3i_node))) {
				s->bad = true;
				return;
			}
			t->nodes = l.at;
			t->node_cap = (uint32_t)l.cap;
			t->node_count++;
		}
		pass_node(s, &t->nodes[i]);
	}
}

static void pass_clock(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	struct dl3i_clock *k = &t->clock;

	t->now_ms = dl3i_pass_ms(s, t->now_ms);
	t->swept_ms = dl3i_pass_ms(s, t->swept_ms);
	t->day_ms = dl3i_pass_ms(s, t->day_ms);
	k->begun = dl3i_pass_bool(s, k->begun);
	k->has_common = dl3i_pass_bool(s, k->has_common);
	k->epoch_ms = dl3i_pass_ms(s, k->epoch_ms);
	k->common = dl3i_pass_signed(s, k->common, -RAW_MOST, RAW_MOST);
	k->latest = dl3i_pass_moment(s, k->latest);
	k->latest_ms = dl3i_pass_ms(s, k->latest_ms);
	k->latest_node = dl3i_pass_u32(s, k->latest_node);
}

/* ---- What is left over ---- */

/* Those that are remembered no longer are not worth keeping; each finds its place anew. */
static bool is_worth(const struct dl3_tracker *t, const struct dl3i_gone *g)
{
	return g->used && t->now_ms - g->at_ms <= (int64_t)t->config.grace_ms;
}

static void pass_gone(struct dl3i_saved *s, const struct dl3i_gone *from)
{
	struct dl3i_gone g = { 0 };

	if (from)
		g = *from;
	g.key = dl3i_pass(s, g.key, UINT64_MAX);
	dl3i_pass_text(s, &g.odd);
	g.lost = dl3i_pass_moment(s, g.lost);
	g.at_ms = dl3i_pass_ms(s, g.at_ms);
	if (!s->reading)
		return;
	if (g.odd)
		g.key = dl3i_hash(g.odd->at, g.odd->len);
	if (!s->bad)
		dl3i_gone_put(s->t, &g);
	dl3i_text_drop(s->t, g.odd);
}

static void pass_all_gone(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	const struct dl3i_gone *list = t->gone.at;
	uint64_t worth = 0;

	for (size_t i = 0; i < t->gone.count; i++)
		worth += is_worth(t, &list[i]);
	uint32_t count = dl3i_pass_count(s, worth);
	if (s->reading) {
		while (count-- > 0 && !s->bad)
			pass_gone(s, NULL);
		return;
	}
	for (size_t i = 0; i < t->gone.count; i++)
		if (is_worth(t, &list[i]))
			pass_gone(s, &list[i]);
}

static void pass_orphans(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	uint64_t there = 0;

	for (size_t i = 0; i < t->orphans.count; i++)
		there += dl3i_is_orphan(t, (struct dl3i_orphan *)t->orphans.at + i);
	uint32_t count = dl3i_pass_count(s, there);
	for (size_t i = 0; !s->reading && i < t->orphans.count; i++) {
		const struct dl3i_orphan *o = (struct dl3i_orphan *)t->orphans.at + i;

		if (!dl3i_is_orphan(t, o))
			continue;
		(void)dl3i_pass_end(s, o->end);
		(void)dl3i_pass_ms(s, o->due_ms);
	}
	while (s->reading && count-- > 0 && !s->bad) {
		uint32_t end = dl3i_pass_end(s, 0);
		int64_t due_ms = dl3i_pass_ms(s, 0);

		if (s->bad || end == 0 || !dl3i_end_is_there(dl3i_end_at(t, end))) {
			s->bad = true;
			return;
		}
		dl3i_orphan(t, end, due_ms);
	}
}

static void pass_waiting(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	uint32_t count = dl3i_pass_count(s, t->waiting.count);

	for (uint32_t i = 0; i < count && !s->bad; i++) {
		struct dl3i_sip *w = s->reading ? dl3i_list_add(t, &t->waiting, sizeof(*w))
		                                : (struct dl3i_sip *)t->waiting.at + i;

		if (!w) {
			s->bad = true;
			return;
		}
		w->key = dl3i_pass(s, w->key, UINT64_MAX);
		dl3i_pass_text(s, &w->odd);
		dl3i_pass_text(s, &w->sip);
		w->trunk = dl3i_pass_bool(s, w->trunk);
		w->in = dl3i_pass_bool(s, w->in);
		w->started = true;
		if (s->reading && w->odd)
			w->key = dl3i_hash(w->odd->at, w->odd->len);
	}
}

static void pass_link(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;
	/* Whoever restores has lost the link, and a snapshot that was not whole with it. */
	bool known = t->link_was_lost || t->in_snapshot;

	t->link_lost_at = dl3i_pass_moment(s, known ? t->link_lost_at : dl3i_moment_now(t));
	/* Behind the facts that were added anew. */
	t->order = dl3i_pass_u32(s, t->order);
	if (s->reading)
		t->link_was_lost = true;
}

static void pass_counts(struct dl3i_saved *s)
{
	struct dl3_tracker *t = s->t;

	t->calls_begun = dl3i_pass(s, t->calls_begun, (UINT64_C(1) << 40) - 1);
	t->counts.began = dl3i_pass(s, t->counts.began, UINT64_MAX);
	t->counts.ended = dl3i_pass(s, t->counts.ended, UINT64_MAX);
	t->counts.merged = dl3i_pass(s, t->counts.merged, UINT64_MAX);
	t->counts.records = dl3i_pass(s, t->counts.records, UINT64_MAX);
	t->counts.stale = dl3i_pass(s, t->counts.stale, UINT64_MAX);
	t->counts.overflow = dl3i_pass(s, t->counts.overflow, UINT64_MAX);
	t->counts.users_forgotten = dl3i_pass(s, t->counts.users_forgotten, UINT64_MAX);
}

static void pass_all(struct dl3i_saved *s)
{
	pass_clock(s);
	pass_nodes(s);
	pass_counts(s);
	dl3i_pass_groups(s);
	dl3i_pass_calls(s);
	dl3i_pass_users(s);
	pass_all_gone(s);
	pass_orphans(s);
	pass_waiting(s);
	pass_link(s);
}

/* ---- The two directions ---- */

enum dl3_err dl3_tracker_save(struct dl3_tracker *t, void *buf, size_t cap, size_t *len)
{
	size_t room = cap > FRAME ? cap - FRAME : 0;
	uint8_t *frame = buf;
	struct dl3i_saved s = { .t = t, .out = dl3i_out_to(room > 0 ? frame + FRAME : NULL, room) };
	int32_t lost_at = t->link_lost_at;

	*len = 0;
	if (t->tell_first || t->tell_sip_at < t->tell_sip.count || t->tell_user_first || t->tell_group_first)
		return DL3_ERR_STATE;
	pass_all(&s);
	t->link_lost_at = lost_at;
	*len = FRAME + s.out.len;
	if (s.out.len > UINT32_MAX)
		return DL3_ERR_TOO_LONG;
	if (*len > cap)
		return DL3_ERR_SPACE;
	memcpy(frame, letters, sizeof(letters));
	dl3i_set32(frame + 4, VERSION);
	dl3i_set32(frame + 8, sum_of(frame + FRAME, s.out.len));
	dl3i_set32(frame + 12, (uint32_t)s.out.len);
	return DL3_OK;
}

static bool is_whole(struct dl3_octets saved)
{
	const uint8_t *p = saved.ptr;

	return saved.len >= FRAME && memcmp(p, letters, sizeof(letters)) == 0 &&
	       dl3i_get32(p + 4) == VERSION && dl3i_get32(p + 12) == saved.len - FRAME &&
	       dl3i_get32(p + 8) == sum_of(p + FRAME, saved.len - FRAME);
}

enum dl3_err dl3i_restore(struct dl3_tracker *t, struct dl3_octets inside)
{
	struct dl3_tracker *n = dl3_tracker_new(&t->config, &t->allocator);
	struct dl3i_saved s = { .t = n, .reading = true, .at = inside.ptr, .end = inside.ptr + inside.len };

	if (!n)
		return DL3_ERR_MEMORY;
	n->fed = true;
	pass_all(&s);
	bool poor = n->poor, good = !poor && !s.bad && s.at == s.end;
	if (good) {
		struct dl3_tracker old = *t;

		*t = *n;
		*n = old;
	}
	dl3_tracker_free(n);
	if (good)
		return DL3_OK;
	return poor ? DL3_ERR_MEMORY : DL3_ERR_SAVED;
}

enum dl3_err dl3_tracker_restore(struct dl3_tracker *t, struct dl3_octets saved)
{
	if (!is_whole(saved))
		return DL3_ERR_SAVED;
	return dl3i_restore(t, (struct dl3_octets){ saved.ptr + FRAME, saved.len - FRAME });
}
