/* SPDX-License-Identifier: MIT */
#include "capture_table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t mix(uint32_t hash, uint32_t value)
{
	hash = (hash ^ value) * 0x9e3779b1u;
	return hash ^ hash >> 15;
}

static uint32_t hash_end(const struct capture_end_point *e)
{
	uint32_t hash = e->port;
	uint32_t word;

	for (size_t i = 0; i < (e->ip6 ? sizeof(e->address) : 4); i += sizeof(word)) {
		memcpy(&word, e->address + i, sizeof(word));
		hash = mix(hash, word);
	}
	return hash;
}

/* The same for both directions. */
static size_t bucket_of(const struct capture_end_point *a, const struct capture_end_point *b)
{
	return mix(0, hash_end(a) + hash_end(b)) % CAPTURE_BUCKETS;
}

static bool same_end(const struct capture_end_point *a, const struct capture_end_point *b)
{
	return a->port == b->port && a->ip6 == b->ip6 &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

struct capture_connection *capture_table_find(const struct capture_table *t,
                                              const struct capture_end_point *from,
                                              const struct capture_end_point *to, int *side)
{
	struct capture_connection *c = t->buckets[bucket_of(from, to)];

	for (; c; c = c->chain) {
		*side = same_end(&c->ends[0], from) ? 0 : 1;
		if (same_end(&c->ends[*side], from) && same_end(&c->ends[!*side], to))
			return c;
	}
	return NULL;
}

/* ---- The lists ---- */

static struct capture_list *list_of(struct capture_table *t, const struct capture_connection *c)
{
	return c->state == CAPTURE_FOLLOWED ? &t->followed : &t->others;
}

static void unlink_from(struct capture_list *l, struct capture_connection *c)
{
	*(c->newer ? &c->newer->older : &l->newest) = c->older;
	*(c->older ? &c->older->newer : &l->oldest) = c->newer;
	l->count--;
}

static void put_newest(struct capture_list *l, struct capture_connection *c)
{
	c->newer = NULL;
	c->older = l->newest;
	*(l->newest ? &l->newest->newer : &l->oldest) = c;
	l->newest = c;
	l->count++;
}

static void put_oldest(struct capture_list *l, struct capture_connection *c)
{
	c->older = NULL;
	c->newer = l->oldest;
	*(l->oldest ? &l->oldest->older : &l->newest) = c;
	l->oldest = c;
	l->count++;
}

void capture_table_touch(struct capture_table *t, struct capture_connection *c)
{
	struct capture_list *l = list_of(t, c);

	if (l->newest == c)
		return;
	unlink_from(l, c);
	put_newest(l, c);
}

void capture_table_retire(struct capture_table *t, struct capture_connection *c)
{
	struct capture_list *l = list_of(t, c);

	unlink_from(l, c);
	put_oldest(l, c);
}

void capture_table_set_state(struct capture_table *t, struct capture_connection *c, enum capture_state state)
{
	unlink_from(list_of(t, c), c);
	c->state = state;
	put_newest(list_of(t, c), c);
}

/* ---- Connections ---- */

static void name_end(const struct capture_end_point *e, char name[CAPTURE_NAME_MAX])
{
	char address[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(e->ip6 ? AF_INET6 : AF_INET, e->address, address, sizeof(address));
	snprintf(name, CAPTURE_NAME_MAX, e->ip6 ? "[%s]:%u" : "%s:%u", address, (unsigned)e->port);
}

struct capture_connection *capture_table_add(struct capture_table *t, const struct capture_end_point *from,
                                             const struct capture_end_point *to, enum capture_state state)
{
	struct capture_connection *c = calloc(1, sizeof(*c));
	struct capture_connection **bucket = &t->buckets[bucket_of(from, to)];

	if (!c)
		return NULL;
	c->ends[0] = *from;
	c->ends[1] = *to;
	name_end(from, c->names[0]);
	name_end(to, c->names[1]);
	c->pbx = -1;
	c->state = state;
	c->chain = *bucket;
	*bucket = c;
	for (int i = 0; i < 2; i++)
		c->streams[i].in = (struct input){ .fd = -1, .fed = true };
	put_newest(list_of(t, c), c);
	return c;
}

void capture_table_clear(struct capture_table *t, struct capture_connection *c)
{
	for (int i = 0; i < 2; i++) {
		reassembly_finish(&c->streams[i].tcp);
		input_finish(&c->streams[i].in);
		c->streams[i] = (struct capture_stream){ .in = { .fd = -1, .fed = true } };
	}
	capture_table_measure(t, c);
}

void capture_table_remove(struct capture_table *t, struct capture_connection *c)
{
	struct capture_connection **at = &t->buckets[bucket_of(&c->ends[0], &c->ends[1])];

	capture_table_clear(t, c);
	while (*at != c)
		at = &(*at)->chain;
	*at = c->chain;
	unlink_from(list_of(t, c), c);
	free(c);
}

void capture_table_measure(struct capture_table *t, struct capture_connection *c)
{
	size_t memory = 0;

	for (int i = 0; i < 2; i++)
		memory += c->streams[i].tcp.octets + c->streams[i].in.cap;
	t->memory += memory - c->memory;
	c->memory = memory;
}
