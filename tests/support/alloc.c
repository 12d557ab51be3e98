/* SPDX-License-Identifier: MIT */
#include "support/alloc.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands before every block; the blocks form a list, newest first. */
struct dl3t_block {
	struct dl3t_block *next;
	size_t size;
	alignas(max_align_t) uint8_t data[];
};

static void stop(const char *why, size_t claimed, size_t true_size)
{
	(void)fprintf(stderr, "dl3t_alloc: %s (claimed %zu, is %zu)\n", why, claimed, true_size);
	abort();
}

/* Stands behind every block, and must stand there still when it is given back. */
static const uint8_t fence[16] = { 0x5a, 0xc3, 0x5a, 0xc3, 0x5a, 0xc3, 0x5a, 0xc3,
	                           0x5a, 0xc3, 0x5a, 0xc3, 0x5a, 0xc3, 0x5a, 0xc3 };

/* Takes the block out of the list; stops when it is not there. */
static struct dl3t_block *take(struct dl3t_alloc *a, const void *data, size_t old_size)
{
	for (struct dl3t_block **at = &a->blocks; *at != NULL; at = &(*at)->next) {
		struct dl3t_block *block = *at;

		if (block->data != data) {
			continue;
		}
		if (block->size != old_size) {
			stop("wrong old size", old_size, block->size);
		}
		if (memcmp(block->data + block->size, fence, sizeof(fence)) != 0) {
			stop("written behind its end", old_size, block->size);
		}
		*at = block->next;
		a->live -= block->size;
		return block;
	}
	stop("not a block of this allocator, or freed before", old_size, 0);
	return NULL;
}

static void put(struct dl3t_alloc *a, struct dl3t_block *block)
{
	block->next = a->blocks;
	a->blocks = block;
	a->live += block->size;
	if (a->live > a->peak) {
		a->peak = a->live;
	}
}

static bool fails(struct dl3t_alloc *a)
{
	a->attempts++;
	bool failed =
		a->fail_at != 0 && (a->attempts == a->fail_at || (a->fail_on && a->attempts > a->fail_at));

	a->failures += failed;
	return failed;
}

static struct dl3t_block *new_block(size_t size)
{
	struct dl3t_block *block = malloc(sizeof(*block) + size + sizeof(fence));

	if (block == NULL) {
		stop("the machine has no memory", size, 0);
	}
	block->size = size;
	/* Old contents of the heap are often zeros; what reads unset memory should notice. */
	memset(block->data, 0xa5, size);
	memcpy(block->data + size, fence, sizeof(fence));
	return block;
}

/* Always moves, so that a pointer kept over a resize is one into freed memory. */
static void *resize(void *data, size_t old_size, size_t new_size, void *arg)
{
	struct dl3t_alloc *a = arg;

	if (data == NULL && old_size != 0) {
		stop("no block, but an old size", old_size, 0);
	}
	if (new_size > 0 && fails(a)) {
		return NULL;
	}
	struct dl3t_block *old = data == NULL ? NULL : take(a, data, old_size);
	struct dl3t_block *block = new_size == 0 ? NULL : new_block(new_size);

	if (old != NULL && block != NULL) {
		memcpy(block->data, old->data, old_size < new_size ? old_size : new_size);
	}
	free(old);
	if (block == NULL) {
		return NULL;
	}
	put(a, block);
	return block->data;
}

void dl3t_alloc_init(struct dl3t_alloc *a)
{
	*a = (struct dl3t_alloc){ .allocator = { .resize = resize, .arg = a } };
}

size_t dl3t_alloc_finish(struct dl3t_alloc *a)
{
	size_t leaked = 0;

	while (a->blocks != NULL) {
		struct dl3t_block *block = a->blocks;

		(void)fprintf(stderr, "dl3t_alloc: %zu octets were not freed\n", block->size);
		a->blocks = block->next;
		free(block);
		leaked++;
	}
	a->live = 0;
	return leaked;
}
