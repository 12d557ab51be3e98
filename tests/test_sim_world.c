/* SPDX-License-Identifier: MIT */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "sim/world_parts.h"
#include "support/test.h"

/* Nodes in a row with one between two and five hanging on the last, and a trunk 17 on each. */
static struct sim_world *row_of_nodes(size_t nodes)
{
	struct sim_world *w = sim_world_new(NULL);

	assert_non_null(w);
	w->node_count = nodes;
	w->nodes = sim_world_alloc(w, nodes, sizeof(*w->nodes));
	w->trunk_count = nodes;
	w->trunks = sim_world_alloc(w, nodes, sizeof(*w->trunks));
	w->links = sim_world_alloc(w, nodes, sizeof(*w->links));
	assert_true(w->nodes && w->trunks && w->links);
	for (size_t i = 0; i < nodes; i++)
		w->trunks[i] = (struct sim_trunk){ .line = 17 + (uint32_t)(i == 2), .node = i };
	for (size_t i = 1; i < nodes; i++)
		w->links[w->link_count++] = (struct sim_link){ .from = i, .to = i - 1, .line = 1 };
	return w;
}

static void ways_have_the_fewest_links(void **state)
{
	(void)state;
	struct sim_world *w = row_of_nodes(6);
	size_t path[6];

	assert_true(sim_world_seal(w));
	assert_int_equal(sim_world_path(w, 1, 4, path), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(path[i], i + 1);
	assert_int_equal(sim_world_path(w, 3, 3, path), 1);
	assert_int_equal(path[0], 3);
	assert_int_equal(sim_world_path(w, 0, 6, path), 0);
	w->links[w->link_count++] = (struct sim_link){ .from = 0, .to = 4, .line = 2 };
	assert_true(sim_world_seal(w));
	assert_int_equal(sim_world_path(w, 1, 4, path), 3);
	assert_int_equal(path[1], 0);
	w->link_count = 1;
	assert_true(sim_world_seal(w));
	assert_int_equal(sim_world_path(w, 1, 4, path), 0);
	sim_world_free(w);
}

static void a_trunk_is_found_by_its_line(void **state)
{
	(void)state;
	struct sim_world *w = row_of_nodes(5);

	assert_true(sim_world_seal(w));
	assert_ptr_equal(sim_world_trunk(w, 3, 17), &w->trunks[3]);
	assert_ptr_equal(sim_world_trunk(w, SIM_NONE, 17), &w->trunks[0]);
	assert_ptr_equal(sim_world_trunk(w, SIM_NONE, 18), &w->trunks[2]);
	assert_null(sim_world_trunk(w, 2, 17));
	assert_null(sim_world_trunk(w, SIM_NONE, 16));
	assert_null(sim_world_trunk(w, SIM_NONE, 19));
	sim_world_free(w);
}

static void users_are_found_by_extension_and_login(void **state)
{
	(void)state;
	struct sim_world *w = row_of_nodes(1);

	w->user_count = 1000;
	w->users = sim_world_alloc(w, w->user_count, sizeof(*w->users));
	w->group_count = 1;
	w->groups = sim_world_alloc(w, 1, sizeof(*w->groups));
	w->contact_count = 1;
	w->contacts = sim_world_alloc(w, 1, sizeof(*w->contacts));
	assert_true(w->users && w->groups && w->contacts);
	for (unsigned i = 0; i < w->user_count; i++) {
		w->users[i].extension = sim_world_printf(w, "%u", 2000 + i);
		w->users[i].login = sim_world_printf(w, "Extn%u", 2000 + i);
	}
	w->groups[0].extension = sim_world_text(w, "900");
	w->contacts[0].number = sim_world_text(w, "01632960123");
	assert_true(sim_world_seal(w));
	for (unsigned i = 0; i < w->user_count; i++) {
		assert_ptr_equal(sim_world_user(w, w->users[i].extension), &w->users[i]);
		assert_ptr_equal(sim_world_user_named(w, w->users[i].login), &w->users[i]);
	}
	assert_ptr_equal(sim_world_group(w, "900"), &w->groups[0]);
	assert_ptr_equal(sim_world_contact(w, "01632960123"), &w->contacts[0]);
	assert_null(sim_world_user(w, "900"));
	assert_null(sim_world_user(w, ""));
	assert_null(sim_world_user(w, NULL));
	assert_null(sim_world_group(w, "2000"));
	assert_null(sim_world_user_named(w, "extn2000"));
	assert_null(sim_world_contact(w, "01632"));
	sim_world_free(w);
}

static void freeing_no_world_is_fine(void **state)
{
	(void)state;
	sim_world_free(NULL);
}

DL3T_TESTS(cmocka_unit_test(ways_have_the_fewest_links), cmocka_unit_test(a_trunk_is_found_by_its_line),
           cmocka_unit_test(users_are_found_by_extension_and_login),
           cmocka_unit_test(freeing_no_world_is_fine));
