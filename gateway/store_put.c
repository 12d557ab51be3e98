/* SPDX-License-Identifier: MIT */
/* The loop thread's way into the queue. */
#include <stdlib.h>

#include "store_internal.h"

/* Events, of which there are many, leave the last quarter to what there is little of. */
static bool has_room(const struct store *s, const struct store_item *i)
{
	size_t items = s->config.queue_items, bytes = s->config.queue_bytes;

	if (i->kind == STORE_EVENT) {
		items -= items / 4;
		bytes -= bytes / 4;
	}
	return s->queue.count < items && s->queue.bytes + i->bytes <= bytes;
}

/* The first one starts the clock of the commit; a batch that is full need not wait for it. */
static bool wakes(const struct store *s)
{
	return s->queue.count == 1 || s->queue.count == s->config.batch;
}

static void append(struct store *s, struct store_item *i)
{
	if (s->queue.last)
		s->queue.last->next = i;
	else
		s->queue.first = i;
	s->queue.last = i;
	i->since_ms = store_monotonic_ms();
	s->queue.count++;
	s->queue.bytes += i->bytes;
}

static bool put(struct store *s, const struct store_item *like)
{
	struct store_item *i = store_item_new(like);
	struct store_pbx *p = NULL;
	bool room, told = false;

	(void)pthread_mutex_lock(&s->lock);
	if (like->kind == STORE_OPEN)
		p = store_pbx_of(s, like->u.open.pbx);
	room = i && has_room(s, i) && (p || like->kind != STORE_OPEN);
	if (room) {
		append(s, i);
		if (p)
			p->waiting = true;
		if (wakes(s))
			(void)pthread_cond_signal(&s->wake_writer);
	} else {
		s->status.lost[like->kind]++;
		told = !s->changed;
		s->changed = true;
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (!room)
		free(i);
	if (told)
		store_wake_loop(s);
	return room;
}

bool store_put_call(struct store *s, const struct store_call *call)
{
	return put(s, &(struct store_item){ .kind = STORE_CALL, .u.call = *call });
}

bool store_put_event(struct store *s, const struct store_event *event)
{
	return put(s, &(struct store_item){ .kind = STORE_EVENT, .u.event = *event });
}

bool store_put_user(struct store *s, const struct store_thing *user)
{
	return put(s, &(struct store_item){ .kind = STORE_USER, .u.thing = *user });
}

bool store_put_group(struct store *s, const struct store_thing *group)
{
	return put(s, &(struct store_item){ .kind = STORE_GROUP, .u.thing = *group });
}

bool store_put_merged(struct store *s, struct dl3_str pbx, struct dl3_str younger, struct dl3_str older)
{
	const struct store_thing merged = { .pbx = pbx, .number = younger, .name = older };

	return put(s, &(struct store_item){ .kind = STORE_MERGED, .u.thing = merged });
}

bool store_open_due(struct store *s, struct dl3_str pbx)
{
	struct store_pbx *p;
	bool due;

	(void)pthread_mutex_lock(&s->lock);
	p = store_pbx_of(s, pbx);
	due = p && !p->waiting;
	(void)pthread_mutex_unlock(&s->lock);
	return due;
}

bool store_put_open(struct store *s, struct dl3_str pbx, struct dl3_octets state)
{
	struct store_item like = { .kind = STORE_OPEN, .u.open = { pbx, state } };

	return store_open_due(s, pbx) && put(s, &like);
}

void store_put_seq(struct store *s, uint64_t seq)
{
	(void)pthread_mutex_lock(&s->lock);
	s->seq = seq;
	(void)pthread_mutex_unlock(&s->lock);
}
