/* SPDX-License-Identifier: MIT */
/**
 * @file alloc.h
 * An allocator for tests: counts, fails the n-th allocation, checks the old size that each
 * call claims, and that nothing was written behind a block, and tells what was not freed.
 *
 *     struct dl3t_alloc a;
 *     dl3t_alloc_init(&a);
 *     a.fail_at = 3;                  // the third allocation returns NULL; 0: none does
 *     s = dl3_client_new(&config, &a.allocator, 0);
 *     ...
 *     assert_int_equal(dl3t_alloc_finish(&a), 0);
 */
#ifndef DL3T_ALLOC_H
#define DL3T_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include <devlink3/base.h>

struct dl3t_block;

struct dl3t_alloc {
	struct dl3_allocator allocator; /**< to hand to the library */
	size_t fail_at;                 /**< fail this allocation, counted from 1; 0 fails none */
	bool fail_on;                   /**< and every one after it */
	size_t attempts;                /**< allocations asked for: calls with a new size above 0 */
	size_t failures;                /**< of these, made to fail */
	size_t live;                    /**< octets allocated now */
	size_t peak;                    /**< the most there ever were */
	struct dl3t_block *blocks;      /**< what is allocated now */
};

/** Prepares `a`; nothing fails until `fail_at` is set. */
void dl3t_alloc_init(struct dl3t_alloc *a);

/**
 * Frees what was not freed and says so on standard error. @return how many blocks that was;
 * 0 when all is well. A wrong old size, a block that was written past, or one that is not ours, ends the program at once,
 * as there is nothing to go on with.
 */
size_t dl3t_alloc_finish(struct dl3t_alloc *a);

#endif
