/* SPDX-License-Identifier: MIT */
/**
 * @file guard.h
 * Inputs that lie against a page which cannot be read: reading one octet past the end stops
 * the program, in every build and under every emulator.
 */
#ifndef DL3T_GUARD_H
#define DL3T_GUARD_H

#include <stddef.h>

/**
 * A copy of `len` octets that ends exactly where an unreadable page begins. Never NULL, not
 * for `len == 0` either: then it points at that page. Ends the program when there is no memory.
 * The copy may be written to. Free it with dl3t_guard_free().
 */
void *dl3t_guard(const void *data, size_t len);

/** Frees a copy; `len` is the length it was made with. NULL is taken. */
void dl3t_guard_free(void *copy, size_t len);

#endif
