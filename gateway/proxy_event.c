/* SPDX-License-Identifier: MIT */
/* What the link brings: its tuples are gathered into the events that they came in, and those go to the views. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "proxy_parts.h"

#define ALL_CHOICES ((1u << PROXY_CHOICE_COUNT) - 1u)

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint8_t *proxy_event_head(uint8_t *at, uint32_t pbx, uint32_t counter, size_t len, size_t *size)
{
	uint8_t header[DL3_FRAME_HEADER_MAX];
	const size_t n = dl3_frame_header(PROXY_EVENT_HEAD + len, header);

	*size = n + PROXY_EVENT_HEAD + len;
	if (!at)
		return NULL;
	memcpy(at, header, n);
	put32(at + n, DL3_CODE_EVENT);
	put32(at + n + 4, pbx);
	put32(at + n + 8, counter);
	return at + n + PROXY_EVENT_HEAD;
}

/* ---- Nodes ---- */

struct proxy_node *proxy_node_find(struct proxy *p, uint32_t pbx)
{
	for (size_t i = 0; i < p->node_count; i++)
		if (p->nodes[i].pbx == pbx)
			return &p->nodes[i];
	return NULL;
}

/* NULL when there are too many, as the session does not follow their counters either. */
static struct proxy_node *node_of(struct proxy *p, uint32_t pbx)
{
	struct proxy_node *n = proxy_node_find(p, pbx);

	if (n || p->node_count == DL3_MAX_PBXS)
		return n;
	n = realloc(p->nodes, (p->node_count + 1) * sizeof(*n));
	if (!n)
		return NULL;
	p->nodes = n;
	n = &p->nodes[p->node_count++];
	*n = (struct proxy_node){ .pbx = pbx };
	return n;
}

/* ---- Out ---- */

static void add_to(struct proxy *p, struct proxy_view *v, const struct proxy_node *n)
{
	const struct proxy_pending *e = &p->pending;
	const unsigned choice = proxy_choice(v->flags);
	size_t len = 0, size;

	for (size_t i = 0; i < e->count; i++)
		len += e->pieces[i].choices >> choice & 1u ? e->pieces[i].len : 0;
	if (len == 0 && e->count > 0)
		return;
	(void)proxy_event_head(NULL, 0, 0, len, &size);
	uint8_t *at = proxy_view_add(v, size);
	if (!at)
		return;
	at = proxy_event_head(at, e->pbx, e->counter - (n ? n->hidden[choice] : 0), len, &size);
	for (size_t i = 0; i < e->count; i++) {
		if (!(e->pieces[i].choices >> choice & 1u))
			continue;
		memcpy(at, e->octets + e->pieces[i].at, e->pieces[i].len);
		at += e->pieces[i].len;
	}
}

/* The session tells of no event that has no tuples: it came, and is left out. */
static void count(struct proxy_node *n, uint32_t counter)
{
	const uint32_t without = n->known && !n->jumped ? counter - n->last - 1 : 0;

	for (unsigned i = 0; i < PROXY_CHOICE_COUNT; i++)
		n->hidden[i] += without;
	n->last = counter;
	n->known = true;
	n->jumped = false;
}

static void hide(struct proxy_node *n, unsigned choices)
{
	for (unsigned i = 0; i < PROXY_CHOICE_COUNT; i++)
		n->hidden[i] += !(choices >> i & 1u);
}

void proxy_event_end(struct proxy *p)
{
	struct proxy_pending *e = &p->pending;
	struct proxy_node *n;
	unsigned choices = 0;

	if (!e->any)
		return;
	e->any = false;
	p->counts.events++;
	p->version++;
	n = node_of(p, e->pbx);
	for (size_t i = 0; i < e->count; i++)
		choices |= e->pieces[i].choices;
	if (n)
		count(n, e->counter);
	for (struct proxy_view *v = p->views; v; v = v->next)
		if (v->clients && proxy_view_hears(v, e->pbx))
			add_to(p, v, n);
	if (n)
		hide(n, e->count > 0 ? choices : ALL_CHOICES);
	e->len = 0;
	e->count = 0;
	event_active(p->turn, EV_TIMEOUT, 0);
}

/* ---- In ---- */

static bool room(struct proxy_pending *e, size_t len)
{
	if (e->len + len > e->cap) {
		const size_t cap = e->len + len > e->cap * 2 ? e->len + len : e->cap * 2;
		uint8_t *octets = realloc(e->octets, cap);

		if (!octets)
			return false;
		e->octets = octets;
		e->cap = cap;
	}
	if (e->count == e->piece_cap) {
		const size_t cap = e->piece_cap > 0 ? e->piece_cap * 2 : 4;
		struct proxy_piece *pieces = realloc(e->pieces, cap * sizeof(*pieces));

		if (!pieces)
			return false;
		e->pieces = pieces;
		e->piece_cap = cap;
	}
	return true;
}

static void begin(struct proxy *p, uint32_t pbx, uint32_t counter)
{
	struct proxy_pending *e = &p->pending;

	if (e->any && e->pbx == pbx && e->counter == counter)
		return;
	proxy_event_end(p);
	e->any = true;
	e->pbx = pbx;
	e->counter = counter;
	event_active(p->turn, EV_TIMEOUT, 0);
}

/* Without memory it is as if the event had been lost, and the counter tells. */
static void add_octets(struct proxy *p, const void *octets, size_t len, unsigned choices)
{
	struct proxy_pending *e = &p->pending;

	if (!room(e, len)) {
		struct proxy_node *n = proxy_node_find(p, e->pbx);

		if (n)
			n->jumped = true;
		e->any = false;
		e->len = 0;
		e->count = 0;
		return;
	}
	memcpy(e->octets + e->len, octets, len);
	e->pieces[e->count++] = (struct proxy_piece){ .at = e->len, .len = len, .choices = choices };
	e->len += len;
}

static void add_tuple(struct proxy *p, const struct dl3_tuple *t, unsigned choices)
{
	uint8_t header[DL3_TUPLE_HEADER];
	struct proxy_pending *e = &p->pending;

	put32(header, t->code);
	header[4] = (uint8_t)(t->data.len >> 8);
	header[5] = (uint8_t)t->data.len;
	add_octets(p, header, sizeof(header), choices);
	if (e->any)
		add_octets(p, t->data.ptr, t->data.len, choices);
}

/* A bit for each choice of flags that gets such a tuple. */
static unsigned choices_of(uint32_t code, bool connected)
{
	unsigned choices = 0;

	for (uint32_t i = 0; i < PROXY_CHOICE_COUNT; i++) {
		bool gets = true;

		if (code == DL3_TUPLE_SIPTRACK)
			gets = i & proxy_choice(DL3_FLAG_SIPTRACK);
		else if (code == DL3_TUPLE_CMEXTN)
			gets = i & proxy_choice(DL3_FLAG_CMEXTN);
		else if (code == DL3_TUPLE_DELTA3)
			gets = connected || !(i & proxy_choice(DL3_FLAG_CONN));
		choices |= gets ? 1u << i : 0;
	}
	return choices;
}

static void take_record(struct proxy *p, const struct dl3_event *ev)
{
	const struct dl3_tuple *t = ev->u.record.tuple;
	bool connected = true;

	begin(p, ev->u.record.pbx, ev->u.record.counter);
	if (t->code == DL3_TUPLE_DELTA3)
		connected = proxy_calls_take(p->calls, ev->u.record.pbx, ev->u.record.record, t);
	add_tuple(p, t, choices_of(t->code, connected));
}

/* Passed on as it is: what the PBX says is for the application to judge. */
static void take_malformed(struct proxy *p, const struct dl3_event *ev)
{
	const struct dl3_octets o = ev->u.malformed.octets;
	struct proxy_pending *e = &p->pending;
	uint8_t code[4];

	put32(code, DL3_CODE_EVENT);
	if (ev->u.malformed.in_tuple) {
		begin(p, ev->u.malformed.pbx, ev->u.malformed.counter);
		add_tuple(p, &ev->u.malformed.tuple, ALL_CHOICES);
	} else if (o.len >= PROXY_EVENT_HEAD && memcmp(o.ptr, code, sizeof(code)) == 0) {
		/* The whole payload, in place of the tuples of it that could be read. */
		begin(p, ev->u.malformed.pbx, ev->u.malformed.counter);
		e->len = 0;
		e->count = 0;
		add_octets(p, o.ptr + PROXY_EVENT_HEAD, o.len - PROXY_EVENT_HEAD, ALL_CHOICES);
	}
}

static void take_counter(struct proxy *p, const struct dl3_event *ev)
{
	struct proxy_node *n = proxy_node_find(p, ev->u.counter.pbx);

	proxy_event_end(p);
	if (ev->u.counter.change == DL3_COUNTER_DUPLICATE)
		return;
	if (n)
		n->jumped = true;
	if (n && ev->u.counter.change == DL3_COUNTER_RESTART)
		memset(n->hidden, 0, sizeof(n->hidden));
	proxy_calls_gap(p->calls, ev->u.counter.pbx);
	p->version++;
}

/* ---- The link ---- */

static void replace(char **text, struct dl3_str with)
{
	free(*text);
	*text = NULL;
	if (with.ptr && with.len > 0 && with.len <= DL3_NAME_MAX)
		*text = strndup(with.ptr, with.len);
}

static void forget(struct proxy *p)
{
	p->streaming = p->up = false;
	p->pending.any = false;
	p->pending.len = 0;
	p->pending.count = 0;
	p->node_count = 0;
	p->version++;
	proxy_calls_clear(p->calls);
}

static void take_stream(struct proxy *p, const struct dl3_event *ev)
{
	if (!ev->u.stream.streaming)
		return;
	/* Asked for again with other flags: who has been promised the old ones is to ask again. */
	if (p->up && ev->u.stream.accepted != p->flags)
		proxy_close_all(p);
	if (p->streaming)
		proxy_calls_renew(p->calls);
	p->streaming = true;
	p->flags = ev->u.stream.accepted;
}

static void take_snapshot_end(struct proxy *p)
{
	if (!p->streaming)
		return;
	proxy_event_end(p);
	proxy_calls_renewed(p->calls);
	p->version++;
	p->up = true;
	proxy_admit_waiting(p);
}

void proxy_event(struct proxy *p, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_AUTHENTICATED:
		replace(&p->pbx, ev->u.authenticated.pbx);
		replace(&p->variant, ev->u.authenticated.variant);
		break;
	case DL3_EV_STREAM:
		take_stream(p, ev);
		break;
	case DL3_EV_RECORD:
		take_record(p, ev);
		break;
	case DL3_EV_MALFORMED:
		take_malformed(p, ev);
		break;
	case DL3_EV_COUNTER:
		take_counter(p, ev);
		break;
	case DL3_EV_SNAPSHOT_END:
		take_snapshot_end(p);
		break;
	default:
		break;
	}
}

static uint32_t ipv4_of(const char *address)
{
	char host[INET_ADDRSTRLEN];
	struct in_addr in;
	const size_t len = strcspn(address, ":");

	if (len >= sizeof(host))
		return 0;
	memcpy(host, address, len);
	host[len] = '\0';
	return inet_pton(AF_INET, host, &in) == 1 ? ntohl(in.s_addr) : 0;
}

void proxy_changed(struct proxy *p, const struct dl3_link_change *change)
{
	p->link_address = ipv4_of(change->address);
	switch (change->state) {
	case DL3_LINK_SNAPSHOT:
	case DL3_LINK_UP:
		break;
	default:
		proxy_event_end(p);
		proxy_close_all(p);
		forget(p);
		break;
	}
}
