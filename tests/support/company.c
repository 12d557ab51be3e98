/* SPDX-License-Identifier: MIT */
#include "support/company.h"

#include <stdlib.h>
#include <string.h>

#include "sim/world_parts.h"
#include "support/test.h"

#define SEED 1

static void *room(struct sim_world *w, size_t count, size_t size)
{
	void *p = sim_world_alloc(w, count, size);

	assert_non_null(p);
	return p;
}

static char *text(struct sim_world *w, const char *z)
{
	char *copy = sim_world_text(w, z);

	assert_non_null(copy);
	return copy;
}

static void make_nodes(struct sim_world *w)
{
	static const char *const names[] = { "Office", "Branch" };

	w->name = text(w, "Company");
	w->node_count = 2;
	w->nodes = room(w, 2, sizeof(*w->nodes));
	for (uint32_t i = 0; i < 2; i++) {
		struct sim_node *n = &w->nodes[i];

		n->name = text(w, names[i]);
		n->version = text(w, "IP 500 V2 11.1.3.1 build 34");
		n->variant = text(w, "Standard 1.0");
		n->address = 0xc0a82a03u + i;
		memcpy(n->id, i == 0 ? "c0a82a03" : "c0a82a04", sizeof(n->id));
		n->cti_licences = 2;
		n->park_slots = 4;
		n->bridges = 16;
		n->voicemail_channels = 4;
	}
	w->link_count = 1;
	w->links = room(w, 1, sizeof(*w->links));
	w->links[0] = (struct sim_link){ .from = 0, .to = 1, .line = 17 };
}

static void make_users(struct sim_world *w)
{
	static const char *const extensions[] = { "4001", "4002", "4003", "4004", "4005", "5001" };
	size_t count = sizeof(extensions) / sizeof(extensions[0]);

	w->user_count = count;
	w->users = room(w, count, sizeof(*w->users));
	for (size_t i = 0; i < count; i++) {
		struct sim_user *u = &w->users[i];

		u->login = sim_world_printf(w, "Extn%s", extensions[i]);
		u->full_name = sim_world_printf(w, "Person %s", extensions[i]);
		u->extension = text(w, extensions[i]);
		assert_true(u->login && u->full_name);
		u->id = (uint32_t)i + 1;
		u->node = extensions[i][0] == '5';
		u->device = i == 1   ? DL3_EQUIPMENT_H323_PHONE
		            : i == 4 ? DL3_EQUIPMENT_SIP_DEVICE
		                     : DL3_EQUIPMENT_TDM_PHONE;
		u->equipment = 106;
		u->ring_s = 60;
		u->voicemail = strcmp(extensions[i], "4004") == 0;
	}
}

static void make_group(struct sim_world *w)
{
	struct sim_group *g = room(w, 1, sizeof(*g));

	w->group_count = 1;
	w->groups = g;
	*g = (struct sim_group){ .name = text(w, "Sales"),
		                 .extension = text(w, "200"),
		                 .id = 100,
		                 .mode = SIM_COLLECTIVE,
		                 .service = SIM_DAY,
		                 .members = room(w, 3, sizeof(size_t)),
		                 .active = room(w, 3, sizeof(bool)),
		                 .member_count = 3,
		                 .ring_s = 30,
		                 .queue_limit = 5,
		                 .announce_s = 10,
		                 .overflow = SIM_NONE };
	for (size_t i = 0; i < 3; i++) {
		g->members[i] = i;
		g->active[i] = true;
	}
}

static void make_trunk(struct sim_world *w)
{
	struct sim_trunk *t = room(w, 1, sizeof(*t));

	w->trunk_count = 1;
	w->trunks = t;
	*t = (struct sim_trunk){ .line = 5,
		                 .class = DL3_EQUIPMENT_SIP_TRUNK,
		                 .channels = 10,
		                 .number = text(w, "01707390000"),
		                 .prefix = text(w, "9"),
		                 .routes = room(w, 1, sizeof(struct sim_route)),
		                 .route_count = 1 };
	t->routes[0] = (struct sim_route){ .did = text(w, "5678"), .to = text(w, "200") };
	w->contact_count = 1;
	w->contacts = room(w, 1, sizeof(*w->contacts));
	w->contacts[0] = (struct sim_contact){ .number = text(w, "01707123456"),
		                               .name = text(w, "M&S <HQ>, Z\xc3\xbcrich"),
		                               .presentation = DL3_PRESENTATION_UNSPECIFIED,
		                               .in_directory = true };
}

int dl3t_company_open(void **state)
{
	struct dl3t_company *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->world = sim_world_new(NULL);
	assert_non_null(c->world);
	make_nodes(c->world);
	make_users(c->world);
	make_group(c->world);
	make_trunk(c->world);
	assert_true(sim_world_seal(c->world));
	sim_clock_init(&c->clock);
	c->x = sim_exchange_new(c->world, &c->clock, SEED);
	assert_non_null(c->x);
	*state = c;
	return 0;
}

int dl3t_company_close(void **state)
{
	struct dl3t_company *c = *state;

	sim_exchange_free(c->x);
	sim_clock_finish(&c->clock);
	sim_world_free(c->world);
	free(c);
	return 0;
}

void dl3t_company_wait(struct dl3t_company *c, uint64_t ms)
{
	sim_clock_run(&c->clock, c->clock.now + ms);
}
