/* SPDX-License-Identifier: MIT */
/* Adding made things to a world: all of one, or what a file leaves to chance. */
#ifndef SIM_WORLD_MAKER_H
#define SIM_WORLD_MAKER_H

#include "world_names.h"
#include "world_parts.h"

#define SIM_GROUPS_MAX 1000u
#define SIM_TRUNKS_MAX 1000u
#define SIM_CHANNELS_MAX 1000u
#define SIM_CONTACTS_MAX 10000u
#define SIM_ROUTES_MAX 20000u /* of one trunk */
#define SIM_LINE_MAX 9999u
#define SIM_LINKS_MAX 1000u
#define SIM_ACCOUNTS_MAX 1000u
#define SIM_SERVICE_USERS_MAX 100u

#define SIM_FIRST_ADDRESS 0xc0a82a01u /* 192.168.42.1 */
#define SIM_NODE_VERSION "IP 500 V2 11.1.3.1 build 34"
#define SIM_NODE_VARIANT "Standard 1.0"
#define SIM_TYPE_PHONE 106 /* equipment type; has no name in the tables */

/* The order is that of the calls: links look at nodes, groups at users, trunks at all of them. Each adds
 * to what the world has, whose arrays must have room. False without memory. */
struct sim_maker {
	struct sim_world *w;
	uint64_t seed;
	uint32_t nodes, users, groups, trunks, channels, contacts; /* how many; channels 0: as befits the trunk */
	uint32_t first_address;
	struct sim_table extensions; /* taken ones; has room for all */
	struct sim_table numbers;    /* of contacts, the same */
	uint32_t span;               /* numbers a node has for its extensions: a power of ten, of so many */
	unsigned digits;
	size_t *local;               /* users by node; and where each node's begin */
	size_t first_local[SIM_NODES_MAX + 1];
};

bool sim_make_nodes(struct sim_maker *m);
/* A star around the first node. */
bool sim_make_links(struct sim_maker *m);
bool sim_make_users(struct sim_maker *m);
bool sim_make_groups(struct sim_maker *m);
bool sim_make_trunks(struct sim_maker *m);
bool sim_make_contacts(struct sim_maker *m);
bool sim_make_accounts(struct sim_maker *m);
/* "devlink3", "norights" and "disabled", all with the password "devlink3". */
bool sim_make_service_users(struct sim_maker *m);
struct sim_security sim_make_security(void);

/* What a node, and a trunk, has unless told otherwise. */
void sim_node_defaults(struct sim_node *n, size_t nodes);
uint32_t sim_natural_channels(int64_t class);
void sim_node_id(struct sim_node *n);
/* The first line number from `from` on that nothing on the node has. */
uint32_t sim_free_line(const struct sim_world *w, size_t node, uint32_t from);

#endif
