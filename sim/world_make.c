/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "world_maker.h"

#define DEFAULT_NODES 2u
#define DEFAULT_USERS 40u
#define DEFAULT_GROUPS 5u
#define DEFAULT_TRUNKS 5u

static bool check_count(const char *what, uint32_t count, uint32_t most, struct sim_error *error)
{
	if (count <= most)
		return true;
	sim_world_fail(error, "%s: expected at most %u, not %u", what, most, count);
	return false;
}

static bool check_size(const struct sim_maker *m, struct sim_error *error)
{
	if (!check_count("nodes", m->nodes, SIM_NODES_MAX, error) ||
	    !check_count("users", m->users, SIM_USERS_MAX, error) ||
	    !check_count("groups", m->groups, SIM_GROUPS_MAX, error) ||
	    !check_count("trunks", m->trunks, SIM_TRUNKS_MAX, error) ||
	    !check_count("channels of a trunk", m->channels, SIM_CHANNELS_MAX, error))
		return false;
	if (m->first_address <= UINT32_MAX - m->nodes)
		return true;
	sim_world_fail(error, "the addresses of %u nodes do not fit between the first one and 255.255.255.255",
	               m->nodes);
	return false;
}

static uint32_t number_or(uint32_t number, uint32_t normal)
{
	return number > 0 ? number : normal;
}

static void resolve(struct sim_maker *m, const struct sim_size *size)
{
	m->seed = size->seed;
	m->nodes = number_or(size->nodes, DEFAULT_NODES);
	m->users = number_or(size->users, DEFAULT_USERS);
	m->groups = number_or(size->groups, DEFAULT_GROUPS);
	m->trunks = number_or(size->trunks, m->nodes > DEFAULT_TRUNKS ? m->nodes : DEFAULT_TRUNKS);
	m->channels = size->channels;
	m->first_address = number_or(size->first_address, SIM_FIRST_ADDRESS);
	m->contacts = 60 + m->users / 4;
	if (m->contacts > 600)
		m->contacts = 600;
}

static bool make_room(struct sim_maker *m)
{
	struct sim_world *w = m->w;

	w->nodes = sim_world_alloc(w, m->nodes, sizeof(*w->nodes));
	w->links = sim_world_alloc(w, m->nodes, sizeof(*w->links));
	w->users = sim_world_alloc(w, m->users, sizeof(*w->users));
	w->groups = sim_world_alloc(w, m->groups, sizeof(*w->groups));
	w->trunks = sim_world_alloc(w, m->trunks, sizeof(*w->trunks));
	w->contacts = sim_world_alloc(w, m->contacts, sizeof(*w->contacts));
	return w->nodes && w->links && w->users && w->groups && w->trunks && w->contacts &&
	       sim_table_init(&m->extensions, w, (size_t)m->users + m->groups) &&
	       sim_table_init(&m->numbers, w, m->contacts);
}

static bool make_all(struct sim_maker *m)
{
	m->w->name = sim_world_text(m->w, "Example Network");
	m->w->security = sim_make_security();
	return m->w->name && make_room(m) && sim_make_nodes(m) && sim_make_links(m) && sim_make_users(m) &&
	       sim_make_groups(m) && sim_make_trunks(m) && sim_make_contacts(m) && sim_make_accounts(m) &&
	       sim_make_service_users(m) && sim_world_seal(m->w);
}

struct sim_world *sim_world_make_in(const struct sim_size *size, const struct dl3_allocator *allocator,
                                    struct sim_error *error)
{
	struct sim_maker m = { 0 };

	resolve(&m, size);
	if (!check_size(&m, error))
		return NULL;
	m.w = sim_world_new(allocator);
	if (m.w && make_all(&m))
		return m.w;
	sim_world_free(m.w);
	return sim_world_fail(error, "no memory for a world of %u users on %u nodes", m.users, m.nodes);
}

struct sim_world *sim_world_make(const struct sim_size *size, struct sim_error *error)
{
	return sim_world_make_in(size, NULL, error);
}
