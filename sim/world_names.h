/* SPDX-License-Identifier: MIT */
/* Names of people, groups, places and firms, in many scripts; and telephone numbers out of the ranges
 * that numbering authorities keep for fiction. */
#ifndef SIM_WORLD_NAMES_H
#define SIM_WORLD_NAMES_H

#include "random.h"
#include "world.h"

/* The i-th person's name. Any twenty in a row have every script, and the characters that trouble
 * those who parse: comma, apostrophe, quotes, ampersand. @return its length. */
size_t sim_name_person(struct sim_random *r, size_t i, char out[SIM_NAME_MAX]);
/* Of the i-th node, group, firm; all different. */
size_t sim_name_node(size_t i, char out[SIM_NAME_MAX]);
size_t sim_name_group(size_t i, char out[SIM_NAME_MAX]);
size_t sim_name_firm(size_t i, char out[SIM_NAME_MAX]);
/* The i-th number outside; all different up to SIM_OUTSIDE_MAX. */
#define SIM_OUTSIDE_MAX 1800u
size_t sim_number_outside(size_t i, char out[SIM_NUMBER_MAX]);
/* A national number of the i-th of our own trunks, whose last `digits` are to be `end`. */
size_t sim_number_own(size_t i, uint32_t end, unsigned digits, char out[SIM_NUMBER_MAX]);

#endif
