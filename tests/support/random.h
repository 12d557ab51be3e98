/* SPDX-License-Identifier: MIT */
/**
 * @file random.h
 * Numbers and records that look random and are the same in every run.
 */
#ifndef DL3T_RANDOM_H
#define DL3T_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devlink3/record.h>

/** A source of numbers; set `state` to the seed. */
struct dl3t_random {
	uint64_t state;
};

/** 64 bits. */
uint64_t dl3t_random(struct dl3t_random *r);
/** A number below `n`, which is above 0. */
size_t dl3t_below(struct dl3t_random *r, size_t n);

#define DL3T_TARGETS_MAX 6u
#define DL3T_ARENA 65536u

/** A record made by hand, with the memory that its views point into. */
struct dl3t_made {
	struct dl3_record record;
	struct dl3_target targets[DL3T_TARGETS_MAX];
	char arena[DL3T_ARENA];
	size_t used;
};

/** Makes a record of the kind, UNKNOWN excepted: rows of any length that an encoder writes as
 * it is, numbers of every size, nasty text. What the kind's form cannot carry is left out,
 * but for commas in Delta2 and SIPTrack. */
void dl3t_make_record(struct dl3t_random *r, enum dl3_kind kind, struct dl3t_made *made);

#endif
