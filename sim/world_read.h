/* SPDX-License-Identifier: MIT */
/* Making a world of what a file says: sense, where the schema only sees form. All functions return false
 * with an error, or without one when there is no memory. */
#ifndef SIM_WORLD_READ_H
#define SIM_WORLD_READ_H

#include "document.h"
#include "world_maker.h"
#include "world_schema.h"

struct sim_reader {
	struct sim_document doc;
	const struct sim_world_file *file;
	struct sim_generate_entry generate; /* the file's, or nothing */
	struct sim_world *w;
	struct sim_maker maker; /* its table of extensions has all of them, with users' and groups' places */
	struct sim_table node_names, group_names, logins;
};

/* A place in the file, for errors. */
#define SIM_AT(list, entry, key) (&(struct sim_place){ list, entry, key, 0, NULL })
#define SIM_AT_ITEM(list, entry, key, item, sub) (&(struct sim_place){ list, entry, key, item, sub })

/* What is told, or the normal. */
#define SIM_TOLD(given, normal) ((given) ? *(given) : (normal))
/* In the table of extensions users have their places, groups theirs from here on. */
#define SIM_GROUPS_FROM ((size_t)1 << 31)

bool sim_read_nodes(struct sim_reader *r);
bool sim_read_links(struct sim_reader *r);
bool sim_read_users(struct sim_reader *r);
/* Names and extensions first, since what is made must keep clear of them; members when all users are there. */
bool sim_read_groups(struct sim_reader *r);
bool sim_read_members(struct sim_reader *r);
bool sim_read_overflows(struct sim_reader *r);
bool sim_read_trunks(struct sim_reader *r);
bool sim_read_contacts(struct sim_reader *r);
bool sim_read_accounts(struct sim_reader *r);
bool sim_read_service_users(struct sim_reader *r);
bool sim_read_security(struct sim_reader *r);

/* ---- Helpers ---- */

/* NULL stays NULL. */
bool sim_read_text(struct sim_reader *r, char **out, const char *text);
/* `given` or `normal`, from `least` to `most`. */
bool sim_read_number(struct sim_reader *r, const struct sim_place *at, const uint32_t *given, uint32_t normal,
                     uint32_t least, uint32_t most, uint32_t *out);
/* Only digits, and what else stands in `more`; NULL is fine. */
bool sim_read_digits(struct sim_reader *r, const struct sim_place *at, const char *text, const char *more);
/* The first node when `name` is NULL. */
bool sim_read_node(struct sim_reader *r, const struct sim_place *at, const char *name, size_t *out);
/* An array of what is listed and what is to be made; `what` is its key in the file. */
bool sim_read_room(struct sim_reader *r, const char *what, size_t listed, const uint32_t *made, size_t most,
                   size_t size, void **out);
/* Says where the same thing stood first. */
bool sim_read_twice(struct sim_reader *r, const struct sim_place *at, const struct sim_place *first,
                    const char *what, const char *text);
/* The extension of a user or group, registered; a second of the same is an error. */
bool sim_read_extension(struct sim_reader *r, const struct sim_place *at, const char *text, size_t value, char **out);
/* Its owner in the world's memory, or an error. */
bool sim_read_target(struct sim_reader *r, const struct sim_place *at, const char *text, char **out);

#endif
