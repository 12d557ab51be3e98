/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "world_parts.h"

struct sim_index {
	struct sim_table users, groups, logins, contacts;
	const struct sim_trunk **trunks; /* by line, then as they stand in the world */
	uint8_t *next;                   /* [from * nodes + to]: the node to go to; NOWHERE */
};
#define NOWHERE UINT8_MAX

static size_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

bool sim_table_init(struct sim_table *t, struct sim_world *w, size_t count)
{
	size_t size = 4;

	while (size / 2 < count)
		size *= 2;
	t->mask = size - 1;
	t->entries = sim_world_alloc(w, size, sizeof(*t->entries));
	return t->entries != NULL;
}

/* The entry of a key, or the free one where it would go. */
static struct sim_entry *entry(const struct sim_table *t, const char *key)
{
	size_t i = hash(key) & t->mask;

	while (t->entries[i].key && strcmp(t->entries[i].key, key) != 0)
		i = (i + 1) & t->mask;
	return &t->entries[i];
}

size_t sim_table_put(struct sim_table *t, const char *key, size_t value)
{
	struct sim_entry *e = entry(t, key);

	if (e->key)
		return e->value;
	*e = (struct sim_entry){ .key = key, .value = value };
	return SIM_NONE;
}

size_t sim_table_get(const struct sim_table *t, const char *key)
{
	const struct sim_entry *e = key ? entry(t, key) : NULL;

	return e && e->key ? e->value : SIM_NONE;
}

static bool seal_names(struct sim_world *w, struct sim_index *x)
{
	if (!sim_table_init(&x->users, w, w->user_count) || !sim_table_init(&x->logins, w, w->user_count) ||
	    !sim_table_init(&x->groups, w, w->group_count) || !sim_table_init(&x->contacts, w, w->contact_count))
		return false;
	for (size_t i = 0; i < w->user_count; i++) {
		sim_table_put(&x->users, w->users[i].extension, i);
		sim_table_put(&x->logins, w->users[i].login, i);
	}
	for (size_t i = 0; i < w->group_count; i++)
		sim_table_put(&x->groups, w->groups[i].extension, i);
	for (size_t i = 0; i < w->contact_count; i++)
		sim_table_put(&x->contacts, w->contacts[i].number, i);
	return true;
}

static int by_line(const void *a, const void *b)
{
	const struct sim_trunk *x = *(const struct sim_trunk *const *)a, *y = *(const struct sim_trunk *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool seal_trunks(struct sim_world *w, struct sim_index *x)
{
	x->trunks = sim_world_alloc(w, w->trunk_count, sizeof(*x->trunks));
	if (!x->trunks)
		return false;
	for (size_t i = 0; i < w->trunk_count; i++)
		x->trunks[i] = &w->trunks[i];
	qsort(x->trunks, w->trunk_count, sizeof(*x->trunks), by_line);
	return true;
}

/* A walk outwards from `to`, so that each node learns its way there. */
static void find_ways(const struct sim_world *w, uint8_t *next, size_t to)
{
	size_t queue[SIM_NODES_MAX], count = 0, nodes = w->node_count;

	queue[count++] = to;
	next[to * nodes + to] = (uint8_t)to;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < w->link_count; k++) {
			const struct sim_link *l = &w->links[k];

			if (l->from != queue[i] && l->to != queue[i])
				continue;
			size_t other = l->from == queue[i] ? l->to : l->from;

			if (next[other * nodes + to] != NOWHERE)
				continue;
			next[other * nodes + to] = (uint8_t)queue[i];
			queue[count++] = other;
		}
	}
}

static bool seal_paths(struct sim_world *w, struct sim_index *x)
{
	size_t size = w->node_count * w->node_count;

	x->next = sim_world_alloc(w, size, 1);
	if (!x->next)
		return false;
	memset(x->next, NOWHERE, size);
	for (size_t i = 0; i < w->node_count; i++)
		find_ways(w, x->next, i);
	return true;
}

bool sim_world_seal(struct sim_world *w)
{
	struct sim_index *x = sim_world_alloc(w, 1, sizeof(*x));

	if (!x || !seal_names(w, x) || !seal_trunks(w, x) || !seal_paths(w, x))
		return false;
	w->index = x;
	return true;
}

const struct sim_user *sim_world_user(const struct sim_world *w, const char *extension)
{
	size_t i = sim_table_get(&w->index->users, extension);

	return i != SIM_NONE ? &w->users[i] : NULL;
}

const struct sim_group *sim_world_group(const struct sim_world *w, const char *extension)
{
	size_t i = sim_table_get(&w->index->groups, extension);

	return i != SIM_NONE ? &w->groups[i] : NULL;
}

const struct sim_user *sim_world_user_named(const struct sim_world *w, const char *login)
{
	size_t i = sim_table_get(&w->index->logins, login);

	return i != SIM_NONE ? &w->users[i] : NULL;
}

const struct sim_contact *sim_world_contact(const struct sim_world *w, const char *number)
{
	size_t i = sim_table_get(&w->index->contacts, number);

	return i != SIM_NONE ? &w->contacts[i] : NULL;
}

const struct sim_trunk *sim_world_trunk(const struct sim_world *w, size_t node, uint32_t line)
{
	const struct sim_trunk *const *trunks = (const struct sim_trunk *const *)w->index->trunks;
	size_t low = 0, high = w->trunk_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (trunks[middle]->line < line)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < w->trunk_count && trunks[low]->line == line; low++)
		if (node == SIM_NONE || trunks[low]->node == node)
			return trunks[low];
	return NULL;
}

size_t sim_world_path(const struct sim_world *w, size_t from, size_t to, size_t *path)
{
	size_t count = 0, nodes = w->node_count;

	if (from >= nodes || to >= nodes || w->index->next[from * nodes + to] == NOWHERE)
		return 0;
	path[count++] = from;
	while (from != to)
		path[count++] = from = w->index->next[from * nodes + to];
	return count;
}
