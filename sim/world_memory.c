/* SPDX-License-Identifier: MIT */
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world_parts.h"

/* A made world of forty users takes two of these. */
#define BLOCK_SIZE 16384u

struct sim_block {
	struct sim_block *next;
	size_t size, used; /* octets, this header included */
};

struct sim_memory {
	struct dl3_allocator allocator;
	struct sim_block *blocks; /* the last one first */
};

static void *resize_by_malloc(void *block, size_t old_size, size_t new_size, void *arg)
{
	(void)old_size;
	(void)arg;
	if (new_size > 0)
		return realloc(block, new_size);
	free(block);
	return NULL;
}

static size_t aligned(size_t size)
{
	return (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

static void *take(struct sim_memory *m, size_t size)
{
	struct sim_block *b = m->blocks;

	if (!b || b->size - b->used < size) {
		size_t header = aligned(sizeof(*b)), total = size + header > BLOCK_SIZE ? size + header : BLOCK_SIZE;

		b = m->allocator.resize(NULL, 0, total, m->allocator.arg);
		if (!b)
			return NULL;
		*b = (struct sim_block){ .next = m->blocks, .size = total, .used = header };
		m->blocks = b;
	}
	void *p = (char *)b + b->used;

	b->used += size;
	return memset(p, 0, size);
}

struct sim_world *sim_world_new(const struct dl3_allocator *allocator)
{
	struct sim_memory first = { .allocator = { .resize = resize_by_malloc } };

	if (allocator)
		first.allocator = *allocator;
	/* Both fit into the first block: that is all that can fail. */
	struct sim_memory *m = take(&first, aligned(sizeof(*m)) + sizeof(struct sim_world));

	if (!m)
		return NULL;
	*m = first;
	struct sim_world *w = (struct sim_world *)(void *)((char *)m + aligned(sizeof(*m)));

	w->memory = m;
	return w;
}

void sim_world_free(struct sim_world *w)
{
	if (!w)
		return;
	/* The world and its memory lie in the first block, which goes last. */
	struct dl3_allocator a = w->memory->allocator;
	struct sim_block *next;

	for (struct sim_block *b = w->memory->blocks; b; b = next) {
		next = b->next;
		a.resize(b, b->size, 0, a.arg);
	}
}

void *sim_world_alloc(struct sim_world *w, size_t count, size_t size)
{
	if (count > SIZE_MAX / 4 / size)
		return NULL;
	return take(w->memory, aligned(count * size));
}

char *sim_world_text(struct sim_world *w, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = take(w->memory, aligned(size));

	return copy ? memcpy(copy, text, size) : NULL;
}

char *sim_world_printf(struct sim_world *w, const char *format, ...)
{
	char text[SIM_ERROR_MAX];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return n < 0 ? NULL : sim_world_text(w, text);
}

void *sim_world_fail(struct sim_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return NULL;
}
