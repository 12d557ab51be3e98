/* SPDX-License-Identifier: MIT */
/*
 * A YAML document with the place of everything in it, for errors that say where. It is bounded before it
 * is taken in: octets, depth, nodes; no aliases, so nothing in it is more than it looks.
 *
 * The check against a libcyaml schema is stricter than libcyaml's own, which takes "1x" for 1, "010"
 * for 8 and "maybe" for true; what has passed it, libcyaml can load.
 */
#ifndef SIM_DOCUMENT_H
#define SIM_DOCUMENT_H

#include <cyaml/cyaml.h>
#include <yaml.h>

#include "world.h"

#define SIM_DOCUMENT_MAX 4194304u /* octets; a world of 3,000 users takes half of one */
#define SIM_DOCUMENT_NODES_MAX 400000u
#define SIM_DOCUMENT_DEPTH_MAX 16u

struct sim_document {
	yaml_document_t yaml;
	const char *name;
	struct sim_error *error;
};

/* False with `error` filled, and nothing to free. `name` and `error` must outlive it. */
bool sim_document_read(struct sim_document *d, const char *text, size_t len, const char *name,
                       struct sim_error *error);
void sim_document_free(struct sim_document *d);
/* Whether it is what the schema says: mappings, sequences, enumerations, numbers, text, booleans. Text
 * may have no control characters. */
bool sim_document_check(struct sim_document *d, const cyaml_schema_value_t *schema);

/* list[entry - 1].key[item - 1].sub; zeros and NULLs at the end name what is above. */
struct sim_place {
	const char *list;
	size_t entry;
	const char *key;
	size_t item;
	const char *sub;
};
/* Where that stands, or else where the nearest thing above it does. */
yaml_mark_t sim_document_mark(struct sim_document *d, const struct sim_place *place);
/* Says "NAME:LINE:COLUMN: " and the rest. @return false, for a return statement. */
bool sim_document_fail(struct sim_document *d, const struct sim_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
