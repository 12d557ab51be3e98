/* SPDX-License-Identifier: MIT */
/*
 * What the parts of world.h share. A world under construction is filled in place; all of its memory
 * comes from blocks that are freed together, so that a half-made one needs no care.
 */
#ifndef SIM_WORLD_PARTS_H
#define SIM_WORLD_PARTS_H

#include "world.h"

/* An empty world. `allocator` NULL: malloc(). NULL without memory. */
struct sim_world *sim_world_new(const struct dl3_allocator *allocator);
/* Zeroed, for any type; lives as long as the world. NULL without memory, or when count * size is too
 * much for any machine. */
void *sim_world_alloc(struct sim_world *w, size_t count, size_t size);
/* A copy of text. */
char *sim_world_text(struct sim_world *w, const char *text);
char *sim_world_printf(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fills `error`; returns NULL, for a return statement. */
void *sim_world_fail(struct sim_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text to number, by hashing; of a fixed size, and its keys belong to others. */
struct sim_table {
	struct sim_entry *entries;
	size_t mask;
};
struct sim_entry {
	const char *key;
	size_t value;
};

/* Room for `count` keys, in the world's memory. */
bool sim_table_init(struct sim_table *t, struct sim_world *w, size_t count);
/* @return SIM_NONE, or when the key is there already its value, which stays. */
size_t sim_table_put(struct sim_table *t, const char *key, size_t value);
/* SIM_NONE when it is not there. */
size_t sim_table_get(const struct sim_table *t, const char *key);

/* Makes what lookups need, after everything else is in place. False without memory. */
bool sim_world_seal(struct sim_world *w);

/* The same as in world.h, with an allocator. */
struct sim_world *sim_world_make_in(const struct sim_size *size, const struct dl3_allocator *allocator,
                                    struct sim_error *error);
struct sim_world *sim_world_parse_in(const char *text, size_t len, const char *name,
                                     const struct dl3_allocator *allocator, struct sim_error *error);

#endif
