/* SPDX-License-Identifier: MIT */
/*
 * A consumer is either live: it has taken all that the turns brought and waits for the next; or it is
 * catching up: it is sent chunks made for it alone (consumer_chunk.c), until it is live. A block that was begun is always sent to its end, or the encoding would break.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "consumer_parts.h"

/* Chunks for one consumer, and pieces of what it says, before others have their turn. */
#define ROUNDS 16u
#define PIECE 4096u
/* What it said and nobody will read: closing on top of it would break the connection before our end is heard. */
#define UNREAD_MAX 65536u

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

void consumer_destroy(struct consumer *c)
{
	if (c->pumping) {
		c->dead = true;
		return;
	}
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	hub_thing_pin(c->all->hub, &c->at, NULL);
	leave_channel(c);
	unlist(c);
	consumer_ws_finish(c);
	if (c->release)
		c->release(c->owner);
	hub_block_release(c->block);
	dl3i_stream_shut(&c->stream);
	if (c->stream.fd >= 0)
		(void)dl3i_stream_discard(&c->stream, UNREAD_MAX);
	dl3i_stream_close(&c->stream);
	free(c);
}

/* ---- Sending ---- */

static void want_room(struct consumer *c, bool want)
{
	want = want && !c->stream.write_needs_input;
	if (c->waits != want && (want ? event_add(c->writable, NULL) : event_del(c->writable)) == 0)
		c->waits = want;
}

static void drop_block(struct consumer *c)
{
	hub_block_release(c->block);
	c->block = NULL;
	c->sent = 0;
}

/* @return false when the connection is gone. */
static bool send_block(struct consumer *c)
{
	while (c->block && c->sent < c->block->len) {
		size_t n = 0;
		enum dl3i_io io = dl3i_stream_write(&c->stream, c->block->octets + c->sent,
		                                    c->block->len - c->sent, &n);
		if (io == DL3I_IO_WAIT)
			return true;
		if (io != DL3I_IO_DONE)
			return false;
		c->moved = c->all->now;
		c->all->hub->counts.octets += n;
		c->sent += n;
	}
	drop_block(c);
	return true;
}

/* ---- Going on ---- */

static bool is_live(const struct consumer *c)
{
	return !c->snapshot && !c->closing && c->missed == 0 && c->history_gap == 0 && !c->history_unknown &&
	       !c->history_earlier && c->next > c->all->hub->flushed;
}

/* @return false when it is over. */
static bool next_block(struct consumer *c)
{
	c->block = c->ws ? consumer_ws_block(c) : NULL;
	if (c->block)
		return true;
	if (c->ending)
		return false;
	if (!c->closing && is_live(c))
		return true;
	c->ending = c->closing;
	c->block = c->closing ? consumer_farewell(c) : consumer_chunk(c);
	/* Without memory it comes again later, when there may be some. */
	if (!c->block)
		return c->ending;
	if (c->block->len == 0)
		drop_block(c);
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
			want_room(c, false);
			return true;
		}
	}
	want_room(c, true);
	return true;
}

/* Whoever wants more answers than it takes is not listened to for a while. */
static bool is_heard(const struct consumer *c)
{
	return !c->ws || consumer_ws_hears(c);
}

static void hear_again(struct consumer *c)
{
	if (!c->deaf || !is_heard(c) || event_add(c->readable, NULL) != 0)
		return;
	c->deaf = false;
	/* TLS may hold what came meanwhile. */
	if (c->stream.ssl)
		event_active(c->readable, EV_READ, 0);
}

void consumer_pump(struct consumer *c)
{
	if (c->pumping)
		return;
	c->pumping = true;
	bool alive = pump(c);
	c->pumping = false;
	if (!alive || c->dead)
		consumer_destroy(c);
	else
		hear_again(c);
}

void consumer_close(struct consumer *c)
{
	c->closing = true;
	if (c->ws)
		consumer_ws_close(c, 1001);
	if (!c->block)
		consumer_pump(c);
}

void consumer_turn(struct consumer *c, struct hub_block *block, uint32_t messages)
{
	struct hub *h = c->all->hub;

	if (!c->block && is_live(c) && c->next == h->flushed + 1 && (block || messages == 0)) {
		c->next = h->turn + 1;
		if (!block)
			return;
		h->counts.deliveries += messages;
		c->block = block;
		block->refs++;
		consumer_pump(c);
		return;
	}
	c->behind += messages;
	/* Where there was no memory for all, there may be for each. */
	if (!c->block)
		want_room(c, true);
	if (c->behind > c->limit && !c->closing && !c->coalesces)
		consumer_overflow(c);
}

struct consumer *consumer_next_of_channel(const struct consumer *c)
{
	return c->channel_next;
}

/* From where on it is given what it wishes. */
static void place(struct consumer *c, const struct consumer_wish *wish)
{
	const struct hub *h = c->all->hub;

	c->policy = wish->policy;
	c->limit = wish->queue;
	c->joined = h->flushed + 1;
	c->behind = 0;
	c->coalesces = false;
	consumer_snapshot(c, wish->snapshot);
	if (!wish->resume)
		return;
	/* A number that was never given out is of another life of ours: then all that is kept may be news. */
	c->history_unknown = wish->after > h->last;
	c->history_earlier = wish->after + 1 < h->began;
	c->next = c->history_unknown ? h->first : wish->after + 1;
	if (c->history_earlier) {
		/* The numbers between the lives were nobody's. */
		c->history_gap = wish->after < h->earlier ? h->earlier - wish->after : 0;
		c->next = h->began;
	}
	if (c->next > c->joined)
		c->next = c->joined;
}

bool consumer_subscribe(struct consumer *c, const struct consumer_wish *wish)
{
	struct hub_channel *channel = hub_channel_join(c->all->hub, &wish->filter, c->channel->encoding);

	if (!channel)
		return false;
	leave_channel(c);
	enter_channel(c, channel);
	place(c, wish);
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

/* @return false when the connection is gone. */
static bool hear(struct consumer *c)
{
	uint8_t buf[PIECE];

	for (unsigned round = 0; round < ROUNDS && is_heard(c); round++) {
		size_t n = 0;
		enum dl3i_io io = dl3i_stream_read(&c->stream, buf, sizeof(buf), &n);
		if (io == DL3I_IO_WAIT)
			return true;
		/* Whoever listens to server-sent events has nothing more to say. */
		if (io != DL3I_IO_DONE || (c->ws && !consumer_ws_feed(c, buf, n)))
			return false;
	}
	if (!is_heard(c))
		c->deaf = event_del(c->readable) == 0;
	else if (c->stream.ssl)
		event_active(c->readable, EV_READ, 0);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct consumer *c = arg;

	(void)fd;
	(void)what;
	if (!hear(c))
		consumer_destroy(c);
	else if (!c->block || c->stream.write_needs_input)
		consumer_pump(c);
}

/* ---- Life ---- */

/* Small messages go at once, and an end that has vanished is not waited for longer than one that stalls. */
static void set_options(const struct consumer *c)
{
	const int yes = 1;
	const unsigned stall = c->all->stall_ms;

	(void)setsockopt(c->stream.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	(void)setsockopt(c->stream.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall, sizeof(stall));
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
	consumer_destroy(c);
	return NULL;
}

bool consumer_begin(struct consumers *all, const struct consumer_start *start)
{
	struct dl3i_stream stream = { .fd = start->fd, .ssl = start->ssl };

	/* What is on its way to the others is none of its news. */
	hub_flush(all->hub);
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
	set_options(c);
	c->next = all->hub->flushed + 1;
	place(c, &start->wish);
	if (start->head.len > 0)
		memcpy(c->block->octets, start->head.ptr, start->head.len);
	c->block->len = start->head.len;
	if (c->ws && start->input.len > 0 &&
	    !consumer_ws_feed(c, (const uint8_t *)start->input.ptr, start->input.len)) {
		consumer_destroy(c);
		return true;
	}
	consumer_pump(c);
	return true;
}
