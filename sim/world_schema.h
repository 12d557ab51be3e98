/* SPDX-License-Identifier: MIT */
/* A world as it stands in a file: names in place of indices, and NULL for whatever is not told. */
#ifndef SIM_WORLD_SCHEMA_H
#define SIM_WORLD_SCHEMA_H

#include <cyaml/cyaml.h>

#include "world.h"

struct sim_node_entry {
	char *name, *address, *version, *variant;
	int64_t *clock_offset;
	uint32_t *cti_licences, *park_slots, *bridges, *voicemail_channels;
};

struct sim_link_entry {
	char *from, *to;
	uint32_t *line;
};

struct sim_user_entry {
	char *name, *extension, *login, *email, *node, *forward_busy, *forward_no_answer;
	int64_t *device, *equipment, *consent;
	uint32_t *ring_s;
	bool *voicemail, *do_not_disturb, *record, *auto_answer, *privacy;
};

struct sim_group_entry {
	char *name, *extension, *node, *overflow;
	int64_t *mode, *service;
	char **members, **inactive;
	unsigned members_count, inactive_count;
	uint32_t *ring_s, *queue_limit, *announce_s, *overflow_s, *voicemail_s;
};

struct sim_route_entry {
	char *did, *to;
	uint32_t *count; /* so many numbers in a row to so many extensions in a row */
};

struct sim_trunk_entry {
	char *node, *number, *prefix, *fallback;
	uint32_t *line, *channels;
	int64_t *type;
	struct sim_route_entry *routes;
	unsigned routes_count;
};

struct sim_contact_entry {
	char *number, *name;
	int64_t *presentation;
	bool *in_directory;
};

struct sim_account_entry {
	char *code, *name;
};

struct sim_service_user_entry {
	char *name, *password;
	bool *devlink3, *enabled;
};

struct sim_security_entry {
	bool *unsecured, *plain;
	uint32_t *lockout_failures, *lockout_s, *monitors;
	int64_t *limit;
};

/* How many are to be made besides those that are listed. */
struct sim_generate_entry {
	uint32_t *nodes, *users, *groups, *trunks, *channels, *contacts;
	uint64_t *seed;
};

struct sim_world_file {
	char *name;
	struct sim_generate_entry *generate;
	struct sim_node_entry *nodes;
	struct sim_link_entry *links;
	struct sim_user_entry *users;
	struct sim_group_entry *groups;
	struct sim_trunk_entry *trunks;
	struct sim_contact_entry *contacts;
	struct sim_account_entry *accounts;
	struct sim_service_user_entry *service_users;
	struct sim_security_entry *security;
	unsigned nodes_count, links_count, users_count, groups_count, trunks_count, contacts_count, accounts_count,
		service_users_count;
};

extern const cyaml_schema_value_t sim_world_schema;

#endif
