/* SPDX-License-Identifier: MIT */
/*
 * A consumer is either live: it has taken all that the turns brought and waits for the next; or it is
 * catching up: it is sent chunks made for it alone, of what it asked for at first and of the ring, until
 * it is live. A block that was begun is always sent to its end, or the encoding would break.
 */
#include "consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer_parts.h"

#define BEAT_S 5
/* Chunks for one consumer before others have their turn. */
#define ROUNDS 16u
#define CONSUMERS_MAX 20000u

/* ---- The end ---- */

static void leave_channel(struct consumer *c)
{
	if (!c->channel)
		return;
	if (c->channel_before)
		c->channel_before->channel_next = c->channel_next;
	else
		c->channel->first = c->channel_next;
	if (c->channel_next)
		c->channel_next->channel_before = c->channel_before;
	hub_channel_leave(c->channel);
	c->channel = NULL;
}

static void enter_channel(struct consumer *c, struct hub_channel *channel)
{
	c->channel = channel;
	c->channel_before = NULL;
	c->channel_next = channel->first;
	if (c->channel_next)
		c->channel_next->channel_before = c;
	channel->first = c;
}

static void unlist(struct consumer *c)
{
	if (c->older)
		c->older->newer = c->newer;
	else
		c->all->first = c->newer;
	if (c->newer)
		c->newer->older = c->older;
	c->all->count--;
}

static void destroy(struct consumer *c)
{
	if (c->pumping) {
		c->dead = true;
		return;
	}
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	leave_channel(c);
	unlist(c);
	consumer_ws_finish(c);
	if (c->release)
		c->release(c->owner);
	hub_block_release(c->block);
	dl3i_stream_shut(&c->stream);
	dl3i_stream_close(&c->stream);
	free(c);
}

/* ---- Sending ---- */

static void want_room(struct consumer *c, bool want)
{
	if (c->waits != want && (want ? event_add(c->writable, NULL) : event_del(c->writable)) == 0)
		c->waits = want;
}

/* @return false when the connection is gone. */
static bool send_block(struct consumer *c)
{
	struct hub_counts *counts = &c->all->hub->counts;

	while (c->block) {
		size_t n = 0;
		enum dl3i_io io = dl3i_stream_write(&c->stream, c->block->octets + c->sent,
		                                    c->block->len - c->sent, &n);
		if (io == DL3I_IO_WAIT)
			return true;
		if (io != DL3I_IO_DONE)
			return false;
		c->moved = c->all->now;
		counts->octets += n;
		c->sent += n;
		if (c->sent < c->block->len)
			continue;
		hub_block_release(c->block);
		c->block = NULL;
		c->sent = 0;
	}
	return true;
}

/* ---- Notices: for this one alone ---- */

#define NOTICE_MAX 256u
#define NOTICES_ROOM ((size_t)4 * NOTICE_MAX)

static void put_notice(const struct consumer *c, struct hub_writer *w, bool id, const char *event,
                       const char *members)
{
	char json[NOTICE_MAX], sse[NOTICE_MAX + 64];
	int64_t now = c->all->hub->now_ms(c->all->hub->arg);
	/* The number behind which it goes on: whoever resumes from there misses no more than it was told. */
	const unsigned long long seq = c->next - 1;

	int len = snprintf(json, sizeof(json), "{\"seq\":%llu,\"time\":%lld.%03d,\"kind\":\"%s\",%s}", seq,
	                   (long long)(now / 1000), (int)(now % 1000), event, members);
	int whole = id ? snprintf(sse, sizeof(sse), "id: %llu\nevent: %s\ndata: %s\n\n", seq, event, json)
	               : snprintf(sse, sizeof(sse), "event: %s\ndata: %s\n\n", event, json);
	hub_writer_put(w, sse, (size_t)whole, json, (size_t)len);
}

static void put_gap(const struct consumer *c, struct hub_writer *w, const char *scope, uint64_t missed)
{
	char members[96];

	(void)snprintf(members, sizeof(members), "\"scope\":\"%s\",\"missed\":%llu", scope,
	               (unsigned long long)missed);
	put_notice(c, w, true, "gap", members);
	c->all->hub->counts.missed += missed;
}

static void put_gaps(struct consumer *c, struct hub_writer *w)
{
	if (c->history_gap > 0)
		put_gap(c, w, "history", c->history_gap);
	c->history_gap = 0;
	/* One that coalesces is told at the end, when it is known how many. */
	if (c->missed == 0 || c->coalesces)
		return;
	put_gap(c, w, "slow", c->missed);
	c->missed = 0;
}

/* ---- Chunks ---- */

/* Whether it fits; what does not fit even in an empty chunk gets one of its own next. */
static bool has_room(struct consumer *c, const struct hub_writer *w, const struct hub_message *m)
{
	const size_t need = w->len + hub_message_room(m) + NOTICES_ROOM;

	if (need <= c->chunk_room)
		return true;
	if (hub_message_room(m) + NOTICES_ROOM * 2 > c->chunk_room)
		c->chunk_need = hub_message_room(m) + NOTICES_ROOM * 2;
	return false;
}

static const struct hub_message *next_of_snapshot(struct consumer *c, unsigned *kind, uint64_t *order)
{
	static const enum hub_kind kinds[] = { HUB_LINK, HUB_GROUP, HUB_USER, HUB_CALL };

	for (; *kind < sizeof(kinds) / sizeof(kinds[0]); ++*kind, *order = 0) {
		const struct hub_thing *t = hub_thing_after(c->all->hub, kinds[*kind], *order);
		while (t && !hub_filter_takes(&c->channel->filter, t->latest))
			t = t->newer;
		if (t) {
			*order = t->order;
			return t->latest;
		}
	}
	return NULL;
}

/* Without numbers, so that whoever breaks off inside of it asks for all of it again. */
static void put_snapshot(struct consumer *c, struct hub_writer *w)
{
	const struct hub_message *m;
	unsigned kind = c->at_kind;
	uint64_t order = c->at;

	if (!c->snapshot_begun)
		put_notice(c, w, false, "snapshot", "\"what\":\"begin\"");
	c->snapshot_begun = true;
	while ((m = next_of_snapshot(c, &kind, &order)) != NULL) {
		if (!has_room(c, w, m))
			return;
		hub_writer_put(w, m->text + m->event_at, m->len - m->event_at, m->text + m->json_at,
		               m->json_len);
		c->at_kind = kind;
		c->at = order;
	}
	put_notice(c, w, false, "snapshot", "\"what\":\"end\"");
	c->snapshot = c->snapshot_begun = false;
	c->at_kind = 0;
	c->at = 0;
}

/* What the filter takes of the ring; of one that coalesces, what is still the latest about something. */
static void put_ring(struct consumer *c, struct hub_writer *w)
{
	const struct hub *h = c->all->hub;

	for (; c->next <= h->flushed; c->next++) {
		const struct hub_message *m = hub_message_of(h, c->next);
		if (!m || !hub_filter_takes(&c->channel->filter, m))
			continue;
		if (c->coalesces && (m->replaced || m->kind == HUB_RECORD))
			c->missed++;
		else if (has_room(c, w, m))
			hub_writer_message(w, m);
		else
			return;
		c->behind -= c->behind > 0;
	}
	c->coalesces = c->resuming = false;
	c->behind = 0;
	put_gaps(c, w);
}

/* The ring has gone past it. */
static void fell_out(struct consumer *c)
{
	const struct hub *h = c->all->hub;
	uint64_t *gap = c->resuming ? &c->history_gap : &c->missed;

	*gap += h->first - c->next;
	c->next = h->first;
	if (c->resuming)
		return;
	if (c->policy == CONSUMER_LATEST)
		c->snapshot = true;
	if (c->policy == CONSUMER_DISCONNECT)
		c->closing = true;
}

static struct hub_block *make_chunk(struct consumer *c)
{
	struct hub_writer w = { .encoding = c->channel->encoding };

	c->chunk_room = c->chunk_need > CONSUMER_CHUNK ? c->chunk_need : CONSUMER_CHUNK;
	c->chunk_need = 0;
	struct hub_block *b = hub_block_new(c->chunk_room);
	if (!b)
		return NULL;
	w.out = b->octets;
	hub_writer_begin(&w);
	if (c->next < c->all->hub->first)
		fell_out(c);
	put_gaps(c, &w);
	if (c->snapshot && !c->closing)
		put_snapshot(c, &w);
	if (!c->snapshot && !c->closing)
		put_ring(c, &w);
	hub_writer_end(&w);
	b->len = w.len;
	return b;
}

/* The last block: why it ends. */
static struct hub_block *farewell(struct consumer *c)
{
	struct hub_block *b = hub_block_new(CONSUMER_CHUNK);
	struct hub_writer w = { .encoding = c->channel->encoding };

	c->ending = true;
	if (!b)
		return NULL;
	w.out = b->octets;
	hub_writer_begin(&w);
	c->coalesces = false;
	put_gaps(c, &w);
	if (c->channel->encoding == HUB_SSE)
		put_notice(c, &w, false, "bye", "\"what\":\"closed\"");
	hub_writer_end(&w);
	b->len = w.len;
	return b;
}

/* ---- Going on ---- */

static bool is_live(const struct consumer *c)
{
	return !c->snapshot && !c->closing && c->missed == 0 && c->history_gap == 0 &&
	       c->next > c->all->hub->flushed;
}

/* @return false when it is over. */
static bool next_block(struct consumer *c)
{
	c->block = c->ws ? consumer_ws_block(c) : NULL;
	if (c->block)
		return true;
	if (c->ending)
		return false;
	if (c->closing)
		c->block = farewell(c);
	else if (!is_live(c))
		c->block = make_chunk(c);
	if (c->block && c->block->len == 0) {
		hub_block_release(c->block);
		c->block = NULL;
	}
	return true;
}

static bool pump(struct consumer *c)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (!send_block(c))
			return false;
		if (c->block)
			break;
		if (!next_block(c))
			return false;
		if (!c->block && is_live(c)) {
			c->resuming = false;
			want_room(c, false);
			return true;
		}
	}
	want_room(c, true);
	return true;
}

void consumer_pump(struct consumer *c)
{
	if (c->pumping)
		return;
	c->pumping = true;
	bool alive = pump(c);
	c->pumping = false;
	if (!alive || c->dead)
		destroy(c);
}

void consumer_close(struct consumer *c)
{
	c->closing = true;
	if (c->ws)
		consumer_ws_close(c, 1001);
	if (!c->block)
		consumer_pump(c);
}

/* It is further behind than it has allowed. */
static void overflow(struct consumer *c)
{
	struct hub *h = c->all->hub;

	if (c->policy == CONSUMER_LATEST) {
		c->coalesces = true;
	} else {
		c->missed += c->behind;
		c->next = h->last + 1;
	}
	c->behind = 0;
	h->counts.skipped += c->policy != CONSUMER_DISCONNECT;
	if (c->policy == CONSUMER_DISCONNECT) {
		h->counts.disconnected++;
		c->closing = true;
		if (c->ws)
			consumer_ws_close(c, 1008);
	}
}

void consumer_turn(struct consumer *c, struct hub_block *block, uint32_t messages)
{
	struct hub *h = c->all->hub;

	if (!c->block && is_live(c) && c->next == h->flushed + 1) {
		c->next = h->last + 1;
		if (!block)
			return;
		h->counts.deliveries += messages;
		c->block = block;
		block->refs++;
		consumer_pump(c);
		return;
	}
	c->behind += messages;
	if (c->behind > c->limit && !c->closing)
		overflow(c);
}

struct consumer *consumer_next_of_channel(const struct consumer *c)
{
	return c->channel_next;
}

bool consumer_subscribe(struct consumer *c, const struct consumer_wish *wish)
{
	struct hub_channel *channel = hub_channel_join(c->all->hub, &wish->filter, c->channel->encoding);

	if (!channel)
		return false;
	leave_channel(c);
	enter_channel(c, channel);
	c->policy = wish->policy;
	c->limit = wish->queue;
	c->behind = 0;
	c->snapshot = wish->snapshot;
	c->snapshot_begun = false;
	c->at_kind = 0;
	c->at = 0;
	return true;
}

/* ---- What the loop calls ---- */

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct consumer *c = arg;

	(void)fd;
	(void)what;
	c->waits = false;
	consumer_pump(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct consumer *c = arg;
	uint8_t buf[4096];
	size_t n = 0;

	(void)fd;
	(void)what;
	enum dl3i_io io = dl3i_stream_read(&c->stream, buf, sizeof(buf), &n);
	if (io == DL3I_IO_WAIT)
		return;
	/* Whoever listens to server-sent events has nothing more to say. */
	if (io != DL3I_IO_DONE || (c->ws && !consumer_ws_feed(c, buf, n))) {
		destroy(c);
		return;
	}
	if (!c->block)
		consumer_pump(c);
}

static uint64_t monotonic_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void sign_of_life(struct consumer *c)
{
	static const char sse[] = ":\n\n", ping[] = { (char)0x89, 0 };
	const bool events = c->channel->encoding == HUB_SSE;
	size_t len = events ? sizeof(sse) - 1 : sizeof(ping);

	c->block = hub_block_new(len);
	if (!c->block)
		return;
	memcpy(c->block->octets, events ? sse : ping, len);
	c->block->len = len;
	consumer_pump(c);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct consumers *all = arg;

	(void)fd;
	(void)what;
	all->now = monotonic_ms();
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		if (c->block && all->now - c->moved >= all->stall_ms) {
			all->hub->counts.disconnected++;
			destroy(c);
		} else if (!c->block && all->now - c->moved >= all->heartbeat_ms) {
			sign_of_life(c);
		}
	}
}

/* ---- Life ---- */

struct consumers *consumers_new(struct event_base *base, const struct consumers_config *config)
{
	const struct timeval beat = { .tv_sec = BEAT_S };
	struct consumers *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	all->hub = config->hub;
	all->base = base;
	all->max = config->max ? config->max : CONSUMERS_MAX;
	all->heartbeat_ms = config->heartbeat_ms ? config->heartbeat_ms : CONSUMER_HEARTBEAT_MS;
	all->stall_ms = config->stall_ms ? config->stall_ms : CONSUMER_STALL_MS;
	all->queue = config->queue ? config->queue : CONSUMER_QUEUE;
	all->narrow = config->narrow;
	all->now = monotonic_ms();
	all->beat = event_new(base, -1, EV_PERSIST, on_beat, all);
	if (all->beat && event_add(all->beat, &beat) == 0)
		return all;
	consumers_free(all);
	return NULL;
}

void consumers_keep(struct consumers *all, bool (*still)(void *owner, void *arg), void *arg)
{
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		if (!still(c->owner, arg))
			consumer_close(c);
	}
}

void consumers_stop(struct consumers *all)
{
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		consumer_close(c);
	}
}

void consumers_free(struct consumers *all)
{
	if (!all)
		return;
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		destroy(c);
	}
	if (all->beat)
		event_free(all->beat);
	free(all);
}

uint32_t consumers_count(const struct consumers *all)
{
	return all->count;
}

uint32_t consumers_max(const struct consumers *all)
{
	return all->max;
}

static void place(struct consumer *c, const struct consumer_wish *wish)
{
	const struct hub *h = c->all->hub;

	c->policy = wish->policy;
	c->limit = wish->queue;
	c->snapshot = wish->snapshot;
	c->next = h->flushed + 1;
	if (!wish->resume)
		return;
	c->resuming = true;
	/* A number that was never given out is of another life of ours: then all that is kept may be news. */
	c->next = wish->after <= h->last ? wish->after + 1 : h->first;
	if (wish->after > h->last)
		c->history_gap = 1;
	if (c->next > h->flushed)
		c->next = h->flushed + 1;
}

static struct consumer *make(struct consumers *all, const struct consumer_start *start)
{
	struct consumer *c = all->count < all->max ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->all = all;
	c->stream = (struct dl3i_stream){ .fd = -1 };
	c->moved = all->now;
	c->newer = all->first;
	if (c->newer)
		c->newer->older = c;
	all->first = c;
	all->count++;
	c->readable = event_new(all->base, start->fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(all->base, start->fd, EV_WRITE, on_writable, c);
	struct hub_channel *channel = hub_channel_join(all->hub, &start->wish.filter, start->encoding);
	if (channel)
		enter_channel(c, channel);
	c->block = hub_block_new(start->head.len);
	if (channel && c->readable && c->writable && c->block && event_add(c->readable, NULL) == 0 &&
	    (start->encoding == HUB_SSE || consumer_ws_init(c)))
		return c;
	destroy(c);
	return NULL;
}

bool consumer_begin(struct consumers *all, const struct consumer_start *start)
{
	struct dl3i_stream stream = { .fd = start->fd, .ssl = start->ssl };
	struct consumer *c = make(all, start);

	if (!c) {
		dl3i_stream_close(&stream);
		if (start->release)
			start->release(start->owner);
		return false;
	}
	c->stream = stream;
	c->owner = start->owner;
	c->release = start->release;
	place(c, &start->wish);
	memcpy(c->block->octets, start->head.ptr, start->head.len);
	c->block->len = start->head.len;
	if (c->ws && start->input.len > 0 &&
	    !consumer_ws_feed(c, (const uint8_t *)start->input.ptr, start->input.len)) {
		destroy(c);
		return true;
	}
	consumer_pump(c);
	return true;
}
