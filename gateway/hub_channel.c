/* SPDX-License-Identifier: MIT */
/* Channels: consumers with one filter and one encoding, and the block that each turn of the loop makes for them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hub_parts.h"

/* ---- Filters ---- */

static bool has_tag(const struct hub_message *m, const uint64_t *tags, size_t count)
{
	for (uint32_t i = 0; i < m->tag_count; i++)
		for (size_t k = 0; k < count; k++)
			if (m->tags[i] == tags[k])
				return true;
	return false;
}

bool hub_filter_takes(const struct hub_filter *f, const struct hub_message *m)
{
	if (!(f->kinds & 1u << m->kind))
		return false;
	/* The state of a link concerns whoever listens to that PBX, whatever else they chose. */
	unsigned dimensions = m->kind == HUB_LINK || m->kind == HUB_GAP ? HUB_PBX + 1 : HUB_DIMENSIONS;
	for (unsigned d = 0; d < dimensions; d++)
		if (f->count[d] > 0 && !has_tag(m, f->tags[d], f->count[d]))
			return false;
	return true;
}

struct hub_channel *hub_channel_join(struct hub *h, const struct hub_filter *f, enum hub_encoding encoding)
{
	struct hub_channel *ch = h->channels;

	while (ch && (ch->encoding != encoding || memcmp(&ch->filter, f, sizeof(*f)) != 0))
		ch = ch->next;
	if (!ch) {
		ch = calloc(1, sizeof(*ch));
		if (!ch)
			return NULL;
		ch->hub = h;
		ch->encoding = encoding;
		memcpy(&ch->filter, f, sizeof(*f));
		ch->next = h->channels;
		h->channels = ch;
		h->counts.channels++;
	}
	ch->consumers++;
	h->counts.consumers++;
	h->counts.listening[encoding]++;
	return ch;
}

void hub_channel_leave(struct hub_channel *ch)
{
	struct hub *h = ch->hub;
	struct hub_channel **at = &h->channels;

	h->counts.consumers--;
	h->counts.listening[ch->encoding]--;
	if (--ch->consumers > 0)
		return;
	while (*at != ch)
		at = &(*at)->next;
	*at = ch->next;
	h->counts.channels--;
	free(ch);
}

/* ---- Encoding ---- */

static void put(struct hub_writer *w, const char *octets, size_t len)
{
	if (w->out)
		memcpy(w->out + w->len, octets, len);
	w->len += len;
}

/* A frame of text, final, from the server: its length in one, three or nine octets. */
static size_t frame_header(size_t len, char out[10])
{
	size_t octets = len < 126 ? 0 : len <= UINT16_MAX ? 2 : 8;

	out[0] = (char)0x81;
	out[1] = (char)(octets == 0 ? len : octets == 2 ? 126 : 127);
	for (size_t i = 0; i < octets; i++)
		out[2 + i] = (char)(len >> (8 * (octets - 1 - i)));
	return 2 + octets;
}

/* Lines of a frame are gathered until it is long enough; its header has room for the longest in front of it. */
#define FRAME_ROOM 10u

void hub_writer_begin(struct hub_writer *w)
{
	w->len = 0;
	w->frame_at = 0;
	w->frame_len = 0;
}

/* Puts the header of the frame that is open in front of it. */
static void close_frame(struct hub_writer *w)
{
	char header[FRAME_ROOM];

	if (w->frame_len == 0)
		return;
	size_t len = frame_header(w->frame_len, header);
	if (w->out) {
		memmove(w->out + w->frame_at + len, w->out + w->frame_at + FRAME_ROOM, w->frame_len);
		memcpy(w->out + w->frame_at, header, len);
	}
	w->len -= FRAME_ROOM - len;
	w->frame_len = 0;
}

void hub_writer_put(struct hub_writer *w, const char *sse, size_t sse_len, const char *json, size_t json_len)
{
	if (w->encoding == HUB_SSE) {
		put(w, sse, sse_len);
		return;
	}
	if (w->frame_len > 0 && w->frame_len + json_len > CONSUMER_CHUNK)
		close_frame(w);
	if (w->frame_len == 0) {
		w->frame_at = w->len;
		w->len += FRAME_ROOM;
	} else {
		put(w, "\n", 1);
		w->frame_len++;
	}
	put(w, json, json_len);
	w->frame_len += json_len;
}

void hub_writer_end(struct hub_writer *w)
{
	close_frame(w);
}

void hub_writer_message(struct hub_writer *w, const struct hub_message *m)
{
	hub_writer_put(w, m->text, m->len, m->text + m->json_at, m->json_len);
}

struct hub_block *hub_block_new(size_t cap)
{
	struct hub_block *b = malloc(sizeof(*b) + cap);

	if (b)
		*b = (struct hub_block){ .refs = 1 };
	return b;
}

void hub_block_release(struct hub_block *b)
{
	if (b && --b->refs == 0)
		free(b);
}

/* As much as messages take at most, whatever the encoding makes of them. */
size_t hub_message_room(const struct hub_message *m)
{
	return (size_t)m->len + FRAME_ROOM + 1;
}

/* ---- A turn ---- */

static struct hub_block *turn_block(struct hub *h, const struct hub_channel *ch, uint32_t *messages)
{
	struct hub_writer w = { .encoding = ch->encoding };
	size_t room = 0;

	*messages = 0;
	for (uint64_t seq = h->flushed + 1; seq <= h->turn; seq++) {
		const struct hub_message *m = hub_message_of(h, seq);
		if (m && hub_filter_takes(&ch->filter, m)) {
			room += hub_message_room(m);
			++*messages;
		}
	}
	struct hub_block *b = room > 0 ? hub_block_new(room) : NULL;
	if (!b)
		return NULL;
	w.out = b->octets;
	hub_writer_begin(&w);
	for (uint64_t seq = h->flushed + 1; seq <= h->turn; seq++) {
		const struct hub_message *m = hub_message_of(h, seq);
		if (m && hub_filter_takes(&ch->filter, m))
			hub_writer_message(&w, m);
	}
	hub_writer_end(&w);
	b->len = w.len;
	h->counts.blocks++;
	return b;
}

/* Consumers may end by it, also others than the one that is served. */
static void serve_channel(struct hub *h, struct hub_channel *ch)
{
	uint32_t messages = 0;
	struct hub_block *b = turn_block(h, ch, &messages);

	ch->served = ch->first;
	while (ch->served) {
		struct consumer *c = ch->served;
		ch->served = consumer_next_of_channel(c);
		consumer_turn(c, b, messages);
	}
	hub_block_release(b);
}

/* ---- How long it took ---- */

const double hub_latency_bounds[HUB_LATENCY_BUCKETS] = { 0.00005, 0.0001, 0.00025, 0.0005, 0.001,
	                                                 0.0025,  0.005,  0.01,    0.025,  0.05,
	                                                 0.1,     0.25,   1 };

static uint64_t monotonic_ns(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void hub_arrived(struct hub *h)
{
	if (h->arrived_ns > 0)
		return;
	h->arrived_ns = monotonic_ns();
	/* The turn ends there, also when nothing is left to be served. */
	if (!h->flush_set) {
		h->flush_set = true;
		event_active(h->flush, EV_TIMEOUT, 0);
	}
}

static void observe(struct hub *h, uint64_t messages)
{
	if (h->arrived_ns == 0 || messages == 0)
		return;
	const double s = (double)(monotonic_ns() - h->arrived_ns) / 1e9;
	size_t i = 0;
	while (i < HUB_LATENCY_BUCKETS && s > hub_latency_bounds[i])
		i++;
	h->counts.latency[i] += messages;
	h->counts.latency_s += s * (double)messages;
}

void hub_flush(struct hub *h)
{
	if (h->flushing)
		return;
	h->flushing = true;
	h->turn = h->last;
	h->turn_bytes = 0;
	for (struct hub_channel *ch = h->channels, *next; ch; ch = next) {
		/* Its last consumer may go meanwhile. */
		ch->consumers++;
		h->counts.consumers++;
		h->counts.listening[ch->encoding]++;
		serve_channel(h, ch);
		next = ch->next;
		hub_channel_leave(ch);
	}
	observe(h, h->turn - h->flushed);
	h->flushed = h->turn;
	h->flushing = false;
	hub_trim(h);
}

void hub_on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;

	(void)fd;
	(void)what;
	h->flush_set = false;
	hub_flush(h);
	h->arrived_ns = 0;
}
