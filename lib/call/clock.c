/* SPDX-License-Identifier: MIT */
/*
 * Nodes and their clocks. All nodes are taken to count from one start, until one is seen to go back
 * against what was told before: then it is related by arrival.
 */
#include "call/tracker.h"

#define WRAP ((int64_t)1 << 32)
#define RAW_MAX ((int64_t)1 << 48)
#define LONG_AHEAD 8640000 /* ten days: no stream was silent for so long */
#define SHIFTS_MAX 8u      /* of the calls of a node; past it the clock is not worth the work */

void dl3i_clock_arrive(struct dl3_tracker *t, int64_t now_ms)
{
	struct dl3i_clock *k = &t->clock;

	if (!k->begun) {
		k->begun = true;
		k->epoch_ms = now_ms - (int64_t)DL3I_FIRST_MOMENT * 100;
		k->latest = DL3I_FIRST_MOMENT;
		k->latest_ms = now_ms;
		k->latest_node = UINT32_MAX;
		t->now_ms = now_ms;
	}
	if (now_ms > t->now_ms)
		t->now_ms = now_ms;
}

static int32_t moment(int64_t at)
{
	return at < 0 ? 0 : at > INT32_MAX ? INT32_MAX : (int32_t)at;
}

int32_t dl3i_moment_now(const struct dl3_tracker *t)
{
	return moment(t->clock.latest + (t->now_ms - t->clock.latest_ms) / 100);
}

uint32_t dl3i_node_of(struct dl3_tracker *t, struct dl3_str name, uint32_t pbx)
{
	uint32_t i = t->node_last;

	if (i >= t->node_count || !dl3_str_same(dl3i_text_str(t->nodes[i].name), name))
		for (i = 0; i < t->node_count && !dl3_str_same(dl3i_text_str(t->nodes[i].name), name);)
			i++;
	if (i == t->node_count && t->node_count >= t->config.max_nodes) {
		t->counts.overflow++;
		i--;
	} else if (i == t->node_count) {
		struct dl3i_list l = { t->nodes, t->node_count, t->node_cap };
		struct dl3i_node *n = dl3i_list_add(t, &l, sizeof(*n));

		if (!n)
			return UINT32_MAX;
		t->nodes = l.at;
		t->node_cap = (uint32_t)l.cap;
		t->node_count++;
		n->name = dl3i_text_of(t, name);
		n->jumped = DL3I_NEVER;
	}
	t->nodes[i].pbx = pbx;
	t->node_last = i;
	return i;
}

static int32_t tolerance(const struct dl3_tracker *t)
{
	return (int32_t)(t->config.clock_tolerance_ms / 100);
}

static void relate(struct dl3i_node *n, int64_t raw, int32_t at)
{
	n->offset = at - raw;
	n->jumped = at;
}

static int32_t first_of_node(struct dl3_tracker *t, struct dl3i_node *n, int64_t raw, int32_t here)
{
	struct dl3i_clock *k = &t->clock;
	int64_t at = raw + k->common;

	n->has_clock = true;
	if (k->has_common && at >= k->latest - tolerance(t) && at <= (int64_t)k->latest + LONG_AHEAD) {
		n->offset = k->common;
		return moment(at);
	}
	n->offset = here - raw;
	if (!k->has_common) {
		k->has_common = true;
		k->common = n->offset;
	}
	return here;
}

/* The node that spoke last was ahead: it is put to where the others are, and its calls with it. */
static void put_back(struct dl3_tracker *t, uint32_t node, int32_t by)
{
	struct dl3i_node *m = &t->nodes[node];

	m->offset -= by;
	m->last -= by;
	m->jumped = m->last;
	t->clock.latest -= by;
	if (m->shifts++ >= SHIFTS_MAX)
		return;
	for (uint32_t i = t->first_call; i != 0; i = dl3i_call_at(t, i)->next)
		if (dl3i_call_at(t, i)->began > t->clock.latest)
			dl3i_call_shift(t, dl3i_call_at(t, i), -by);
}

static int32_t of_known_node(struct dl3_tracker *t, uint32_t node, int64_t raw, int32_t here)
{
	struct dl3i_clock *k = &t->clock;
	struct dl3i_node *n = &t->nodes[node];

	if (raw - n->raw < -WRAP / 2 && n->raw < WRAP) {
		if (n->offset == k->common)
			k->common += WRAP;
		n->offset += WRAP;
		n->raw -= WRAP;
	}
	int64_t at = raw + n->offset;
	if (raw - n->raw < -tolerance(t) || at > (int64_t)k->latest + LONG_AHEAD) {
		relate(n, raw, here);
		return here;
	}
	if (at >= k->latest - tolerance(t))
		return moment(at);
	uint32_t other = k->latest_node;
	if (other < t->node_count && other != node && t->nodes[other].reports < n->reports)
		put_back(t, other, k->latest - moment(at));
	else
		relate(n, raw, here);
	return moment(raw + n->offset);
}

int32_t dl3i_moment_of(struct dl3_tracker *t, uint32_t node, bool has_time, int64_t raw)
{
	struct dl3i_clock *k = &t->clock;
	struct dl3i_node *n = &t->nodes[node];
	int32_t here = dl3i_moment_now(t), at = here;

	if (has_time && raw >= 0 && raw < RAW_MAX) {
		at = n->has_clock ? of_known_node(t, node, raw, here) : first_of_node(t, n, raw, here);
		if (raw > n->raw || n->jumped == at)
			n->raw = raw;
		n->last = at;
		n->reports++;
	}
	if (at >= k->latest) {
		k->latest = at;
		k->latest_ms = t->now_ms;
		k->latest_node = node;
	}
	return at;
}
