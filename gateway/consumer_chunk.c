/* SPDX-License-Identifier: MIT */
/*
 * What is made for one consumer alone: chunks of what is now and of the ring, until it has caught up, and what it
 * is told when it cannot have all.
 */
#include <stdio.h>
#include <string.h>

#include "consumer_parts.h"

/* ---- Notices ---- */

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

static void put_unknown_gap(const struct consumer *c, struct hub_writer *w)
{
	put_notice(c, w, true, "gap", "\"scope\":\"history\",\"missed\":null");
}

static void put_gap(const struct consumer *c, struct hub_writer *w, const char *scope, uint64_t missed,
                    bool at_least)
{
	char members[96];

	(void)snprintf(members, sizeof(members), "\"scope\":\"%s\",\"missed\":%llu%s", scope,
	               (unsigned long long)missed, at_least ? ",\"at_least\":true" : "");
	put_notice(c, w, true, "gap", members);
	c->all->hub->counts.missed += missed;
}

static void put_gaps(struct consumer *c, struct hub_writer *w)
{
	if (c->history_unknown)
		put_unknown_gap(c, w);
	else if (c->history_gap > 0 || c->history_earlier)
		put_gap(c, w, "history", c->history_gap, c->history_earlier);
	c->history_unknown = c->history_earlier = false;
	c->history_gap = 0;
	/* One that coalesces is told at the end, when it is known how many. */
	if (c->missed == 0 || c->coalesces)
		return;
	put_gap(c, w, "slow", c->missed, false);
	c->missed = 0;
}

/* ---- Falling behind ---- */

/* Messages for it that it was not given. Of those from before it came, only what is kept is known. */
static uint64_t outstanding(const struct consumer *c)
{
	const struct hub *h = c->all->hub;
	uint64_t n = c->behind;

	for (uint64_t seq = c->next < h->first ? h->first : c->next; seq < c->joined; seq++) {
		const struct hub_message *m = hub_message_of(h, seq);
		n += m && hub_filter_takes(&c->channel->filter, m);
	}
	return n;
}

/* What it has not been given yet is passed over, and will be told. */
static void pass_over(struct consumer *c)
{
	const struct hub *h = c->all->hub;

	c->missed += outstanding(c);
	c->behind = 0;
	c->next = (h->flushing ? h->turn : h->flushed) + 1;
}

void consumer_overflow(struct consumer *c)
{
	struct hub_counts *counts = &c->all->hub->counts;

	counts->skipped += c->policy != CONSUMER_DISCONNECT;
	if (c->policy == CONSUMER_LATEST) {
		c->coalesces = true;
	} else if (c->policy == CONSUMER_SKIP) {
		pass_over(c);
	} else {
		/* It stays where it is: it may come again and have the rest, if that is still kept then. */
		counts->disconnected++;
		c->too_slow = c->closing = true;
		if (c->ws)
			consumer_ws_close(c, 1008);
	}
}

void consumer_snapshot(struct consumer *c, bool wanted)
{
	c->snapshot = wanted;
	c->snapshot_begun = false;
	c->at_kind = 0;
	hub_thing_pin(c->all->hub, &c->at, NULL);
}

/* The ring has gone past it. */
static void fell_out(struct consumer *c)
{
	const struct hub *h = c->all->hub;
	const uint64_t history = h->first < c->joined ? h->first : c->joined;

	if (c->next < history) {
		c->history_gap += history - c->next;
		c->next = history;
	}
	if (c->next >= h->first)
		return;
	if (c->policy != CONSUMER_LATEST) {
		consumer_overflow(c);
		return;
	}
	/* The latest about something may be among what is gone. */
	c->coalesces = false;
	pass_over(c);
	consumer_snapshot(c, true);
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

static struct hub_thing *next_of_snapshot(struct consumer *c)
{
	static const enum hub_kind kinds[] = { HUB_LINK, HUB_GROUP, HUB_USER, HUB_CALL };
	struct hub *h = c->all->hub;

	for (; c->at_kind < sizeof(kinds) / sizeof(kinds[0]); c->at_kind++) {
		struct hub_thing *t = hub_thing_after(h, kinds[c->at_kind], c->at);
		while (t && !hub_filter_takes(&c->channel->filter, t->latest))
			t = hub_thing_after(h, kinds[c->at_kind], t);
		if (t)
			return t;
		hub_thing_pin(h, &c->at, NULL);
	}
	return NULL;
}

/* Without numbers, so that whoever breaks off inside of it asks for all of it again. */
static void put_snapshot(struct consumer *c, struct hub_writer *w)
{
	struct hub_thing *t;

	if (!c->snapshot_begun)
		put_notice(c, w, false, "snapshot", "\"what\":\"begin\"");
	c->snapshot_begun = true;
	while ((t = next_of_snapshot(c)) != NULL) {
		const struct hub_message *m = t->latest;
		if (!has_room(c, w, m))
			return;
		hub_writer_put(w, m->text + m->event_at, m->len - m->event_at, m->text + m->json_at,
		               m->json_len);
		hub_thing_pin(c->all->hub, &c->at, t);
	}
	put_notice(c, w, false, "snapshot", "\"what\":\"end\"");
	consumer_snapshot(c, false);
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
		c->behind -= c->next >= c->joined && c->behind > 0;
	}
	c->coalesces = false;
	c->behind = 0;
	put_gaps(c, w);
}

struct hub_block *consumer_chunk(struct consumer *c)
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
	if (!c->closing) {
		put_gaps(c, &w);
		if (c->snapshot)
			put_snapshot(c, &w);
		if (!c->snapshot)
			put_ring(c, &w);
	}
	hub_writer_end(&w);
	b->len = w.len;
	return b;
}

struct hub_block *consumer_farewell(struct consumer *c)
{
	struct hub_block *b = hub_block_new(NOTICES_ROOM);
	struct hub_writer w = { .encoding = c->channel->encoding };

	if (!b)
		return NULL;
	w.out = b->octets;
	hub_writer_begin(&w);
	c->coalesces = false;
	if (c->too_slow)
		c->missed += outstanding(c);
	put_gaps(c, &w);
	if (c->channel->encoding == HUB_SSE)
		put_notice(c, &w, false, "bye", "\"what\":\"closed\"");
	hub_writer_end(&w);
	b->len = w.len;
	return b;
}
