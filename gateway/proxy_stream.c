/* SPDX-License-Identifier: MIT */
/*
 * Who gets which events. Those who asked for the same are a view; what a view gets is put together once, in a
 * block that all of its clients send from.
 */
#include <stdlib.h>
#include <string.h>

#include "proxy_parts.h"

/* A block of a turn that has become so long is given to the clients at once. */
#define BLOCK_FULL 65536u
#define BLOCK_FIRST 4096u
/* Memory that a view keeps between two turns. */
#define BLOCK_KEEP 16384u

unsigned proxy_choice(uint32_t flags)
{
	return (flags & DL3_FLAG_SIPTRACK ? 1u : 0u) | (flags & DL3_FLAG_CMEXTN ? 2u : 0u) |
	       (flags & DL3_FLAG_CONN ? 4u : 0u);
}

uint32_t proxy_own_node(const struct proxy *p)
{
	if (p->configured_node != 0 || !(p->flags & DL3_FLAG_SCN))
		return p->configured_node;
	for (size_t i = 0; i < p->node_count; i++)
		if (p->nodes[i].pbx == p->link_address)
			return p->link_address;
	return 0;
}

/* ---- Views ---- */

static struct proxy_view *view_of(struct proxy *p, uint32_t flags)
{
	struct proxy_view *v;

	for (v = p->views; v; v = v->next)
		if (v->flags == flags)
			return v;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->flags = flags;
	v->next = p->views;
	p->views = v;
	return v;
}

void proxy_views_free(struct proxy *p)
{
	for (struct proxy_view *v = p->views, *next; v; v = next) {
		next = v->next;
		dl3i_shared_release(v->snapshot);
		free(v->octets);
		free(v);
	}
	p->views = NULL;
}

static void join(struct proxy_client *c, struct proxy_view *v)
{
	c->view = v;
	c->view_next = v->clients;
	c->view_back = &v->clients;
	if (c->view_next)
		c->view_next->view_back = &c->view_next;
	v->clients = c;
	c->proxy->counts.monitors++;
}

void proxy_stream_end(struct proxy_client *c)
{
	struct proxy_view *v = c->view;

	if (!v)
		return;
	*c->view_back = c->view_next;
	if (c->view_next)
		c->view_next->view_back = c->view_back;
	c->view = NULL;
	c->proxy->counts.monitors--;
	if (v->clients)
		return;
	/* What the next one is to get begins with its snapshot. */
	v->len = 0;
	v->events = 0;
	dl3i_shared_release(v->snapshot);
	v->snapshot = NULL;
}

bool proxy_view_hears(const struct proxy_view *v, uint32_t pbx)
{
	const struct proxy *p = v->clients ? v->clients->proxy : NULL;

	if (!p || v->flags & DL3_FLAG_SCN || !(p->flags & DL3_FLAG_SCN))
		return p != NULL;
	return pbx == proxy_own_node(p);
}

/* ---- What came ---- */

static bool hand_over(struct proxy_client *c, struct dl3i_shared *block, uint32_t events)
{
	struct proxy *p = c->proxy;
	const size_t waiting = dl3i_conn_shared(c->conn);

	if (waiting <= p->queue / 2)
		c->snapshot = 0;
	/* What does not fit in an empty queue never will, and a snapshot is not the client's doing. */
	if (waiting > 0 && waiting + block->len > p->queue + c->snapshot) {
		p->counts.disconnected++;
		proxy_say(c, PROXY_SAID_STREAM,
		          "'%s' does not read, and was disconnected with %zu octets queued", c->name,
		          waiting);
		proxy_cut(c);
		return false;
	}
	if (dl3i_conn_share(c->conn, block) != DL3_OK) {
		proxy_cut(c);
		return false;
	}
	p->counts.deliveries += events;
	p->counts.octets += block->len;
	return true;
}

static void cut_all(struct proxy_view *v)
{
	while (v->clients)
		proxy_cut(v->clients);
}

void proxy_view_give(struct proxy_view *v)
{
	struct dl3i_shared *block;

	if (v->len == 0)
		return;
	dl3i_shared_release(v->snapshot);
	v->snapshot = NULL;
	block = dl3i_shared_new(v->len);
	if (!block) {
		cut_all(v);
		return;
	}
	memcpy(block->octets, v->octets, v->len);
	for (struct proxy_client *c = v->clients, *next; c; c = next) {
		next = c->view_next;
		(void)hand_over(c, block, v->events);
	}
	dl3i_shared_release(block);
	v->len = 0;
	v->events = 0;
	if (v->cap > BLOCK_KEEP) {
		free(v->octets);
		v->octets = NULL;
		v->cap = 0;
	}
}

static bool widen(struct proxy_view *v, size_t size)
{
	size_t cap = v->cap > 0 ? v->cap : BLOCK_FIRST;
	uint8_t *octets;

	if (size <= v->cap)
		return true;
	while (cap < size)
		cap *= 2;
	octets = realloc(v->octets, cap);
	if (!octets)
		return false;
	v->octets = octets;
	v->cap = cap;
	return true;
}

uint8_t *proxy_view_add(struct proxy_view *v, size_t len)
{
	uint8_t *at;

	if (v->len > 0 && v->len + len > BLOCK_FULL)
		proxy_view_give(v);
	if (!widen(v, v->len + len)) {
		cut_all(v);
		return NULL;
	}
	at = v->octets + v->len;
	v->len += len;
	v->events++;
	return at;
}

/* ---- Snapshots ---- */

static bool told_to(const struct proxy *p, uint32_t flags, const struct proxy_told *t)
{
	if (flags & DL3_FLAG_CONN && !t->connected)
		return false;
	return flags & DL3_FLAG_SCN || !(p->flags & DL3_FLAG_SCN) || t->pbx == proxy_own_node(p);
}

/* How many there are of each node, in the order of nodes, and how long all is. */
static size_t measure(struct proxy *p, const struct proxy_view *v, uint32_t *left)
{
	struct proxy_told t;
	const void *at = NULL;
	size_t len = 0, size;

	while (proxy_calls_next(p->calls, &at, &t)) {
		const struct proxy_node *n = proxy_node_find(p, t.pbx);

		if (!n || !told_to(p, v->flags, &t))
			continue;
		left[n - p->nodes]++;
		(void)proxy_event_head(NULL, 0, 0, t.tuple.len, &size);
		len += size;
	}
	return len;
}

/* Numbered so that the next event that comes has the number behind them. */
static void write_all(struct proxy *p, struct proxy_view *v, uint32_t *left)
{
	const unsigned choice = proxy_choice(v->flags);
	uint8_t *out = v->snapshot->octets;
	struct proxy_told t;
	const void *at = NULL;
	size_t size;

	while (proxy_calls_next(p->calls, &at, &t)) {
		const struct proxy_node *n = proxy_node_find(p, t.pbx);

		if (!n || !told_to(p, v->flags, &t))
			continue;
		uint32_t counter = n->last - n->hidden[choice] - --left[n - p->nodes];
		uint8_t *tuples = proxy_event_head(out, t.pbx, counter, t.tuple.len, &size);
		memcpy(tuples, t.tuple.ptr, t.tuple.len);
		out += size;
		v->snapshot_events++;
	}
}

/* The same for all who come before the next event. */
static bool make_snapshot(struct proxy *p, struct proxy_view *v)
{
	uint32_t *left = calloc(p->node_count + 1, sizeof(*left));

	if (!left)
		return false;
	dl3i_shared_release(v->snapshot);
	v->snapshot = dl3i_shared_new(measure(p, v, left));
	v->snapshot_events = 0;
	v->snapshot_at = p->version;
	if (v->snapshot)
		write_all(p, v, left);
	free(left);
	return v->snapshot != NULL;
}

static void begin(struct proxy_client *c, uint32_t flags)
{
	struct proxy *p = c->proxy;
	struct proxy_view *v;

	/* What has come is in the snapshot, so it is not for those who get that. */
	proxy_event_end(p);
	if (c->view)
		proxy_view_give(c->view);
	proxy_stream_end(c);
	v = view_of(p, flags);
	if (v)
		proxy_view_give(v);
	if (!v || ((!v->snapshot || v->snapshot_at != p->version) && !make_snapshot(p, v))) {
		proxy_cut(c);
		return;
	}
	if (!hand_over(c, v->snapshot, v->snapshot_events))
		return;
	c->snapshot = v->snapshot->len;
	join(c, v);
}

/* ---- Requests ---- */

/* What of the flags there is: a result, and `*flags` accepted. */
static uint32_t judge(const struct proxy *p, uint32_t result, uint32_t *flags)
{
	const uint32_t asked = *flags;
	uint32_t missing = asked & ~p->flags & (DL3_FLAG_SCN | DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN);

	if (result != DL3_EVENTS_SUCCESS && result != DL3_EVENTS_PARTIAL_SUCCESS)
		return result;
	/* The link brings the one kind of events or the other. */
	if ((asked ^ p->flags) & DL3_FLAG_CD2)
		return DL3_EVENTS_FEATURE_NOT_AVAILABLE;
	if (asked & DL3_FLAG_CD2) {
		missing |= asked & ~p->flags & DL3_FLAG_TEXT;
		if (p->flags & ~asked & DL3_FLAG_TEXT)
			return DL3_EVENTS_FEATURE_NOT_AVAILABLE;
	}
	/* What happens before a call is connected does not come. */
	if (p->flags & ~asked & DL3_FLAG_CONN)
		return DL3_EVENTS_FEATURE_NOT_AVAILABLE;
	if (p->flags & ~asked & DL3_FLAG_SCN && proxy_own_node(p) == 0)
		return DL3_EVENTS_FEATURE_NOT_AVAILABLE;
	*flags = asked & ~missing;
	return missing != 0 ? DL3_EVENTS_PARTIAL_SUCCESS : result;
}

void proxy_stream(struct proxy_client *c, uint32_t request, uint32_t result, uint32_t flags)
{
	uint32_t judged = judge(c->proxy, result, &flags);

	if (judged != DL3_EVENTS_SUCCESS && judged != DL3_EVENTS_PARTIAL_SUCCESS)
		proxy_say(c, PROXY_SAID_STREAM, "'%s' was refused events: %s%s", c->name,
		          dl3_event_result_name(judged),
		          judged == DL3_EVENTS_FEATURE_NOT_AVAILABLE
		                  ? "; they are not of the kind that the link to the PBX brings"
		                  : "");
	if (dl3_server_stream(dl3_conn_session(c->conn), request, judged, flags) != DL3_OK) {
		proxy_cut(c);
		return;
	}
	if (judged == DL3_EVENTS_SUCCESS || judged == DL3_EVENTS_PARTIAL_SUCCESS)
		begin(c, flags);
}
