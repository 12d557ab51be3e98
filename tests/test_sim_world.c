/* SPDX-License-Identifier: MIT */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "sim/world_maker.h"
#include "sim/world_names.h"
#include "support/alloc.h"
#include "support/test.h"

/* Nodes in a row, and a trunk 17 on each but the third, where it is 18. */
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

static bool is_end(const struct sim_world *w, const char *extension)
{
	return sim_world_user(w, extension) || sim_world_group(w, extension);
}

static void check_name(const char *name)
{
	assert_non_null(name);
	assert_in_range(strlen(name), 1, SIM_NAME_MAX - 1);
}

static void check_users(const struct sim_world *w)
{
	for (size_t i = 0; i < w->user_count; i++) {
		const struct sim_user *u = &w->users[i];

		check_name(u->full_name);
		check_name(u->login);
		assert_ptr_equal(sim_world_user(w, u->extension), u);
		assert_ptr_equal(sim_world_user_named(w, u->login), u);
		assert_null(sim_world_group(w, u->extension));
		assert_true(u->extension[0] != '9');
		assert_int_equal(u->id, i + 1);
		assert_true(u->node < w->node_count);
		assert_true(u->ring_s > 0);
		assert_true(!u->forward_busy || sim_world_user(w, u->forward_busy));
		assert_true(!u->forward_no_answer || sim_world_user(w, u->forward_no_answer));
	}
}

static void check_groups(const struct sim_world *w)
{
	for (size_t i = 0; i < w->group_count; i++) {
		const struct sim_group *g = &w->groups[i];
		size_t steps = 0;

		check_name(g->name);
		assert_ptr_equal(sim_world_group(w, g->extension), g);
		assert_true(g->node < w->node_count);
		assert_int_equal(g->id, i + 1);
		assert_in_range(g->member_count, 1, SIM_TARGETS_MAX);
		for (size_t a = 0; a < g->member_count; a++) {
			assert_true(g->members[a] < w->user_count);
			for (size_t b = 0; b < a; b++)
				assert_true(g->members[a] != g->members[b]);
		}
		for (; g->overflow != SIM_NONE; g = &w->groups[g->overflow]) {
			assert_true(g->overflow < w->group_count && g->overflow_s > 0);
			assert_true(++steps < w->group_count);
		}
	}
}

static void check_trunks(const struct sim_world *w)
{
	for (size_t i = 0; i < w->trunk_count; i++) {
		const struct sim_trunk *t = &w->trunks[i];

		assert_ptr_equal(sim_world_trunk(w, t->node, t->line), t);
		assert_in_range(t->channels, 1, SIM_CHANNELS_MAX);
		assert_true(!t->fallback || is_end(w, t->fallback));
		assert_true(t->fallback || t->route_count > 0);
		for (size_t a = 0; a < t->route_count; a++) {
			assert_true(is_end(w, t->routes[a].to));
			assert_in_range(strspn(t->routes[a].did, "0123456789"), strlen(t->routes[a].did), 20);
			for (size_t b = 0; b < a && b < 50; b++)
				assert_string_not_equal(t->routes[a].did, t->routes[b].did);
		}
	}
}

static void check_network(const struct sim_world *w)
{
	size_t path[SIM_NODES_MAX];

	for (size_t i = 0; i < w->node_count; i++) {
		check_name(w->nodes[i].name);
		assert_true(sim_world_path(w, i, w->node_count - 1, path) > 0);
		assert_int_equal(strtoul(w->nodes[i].id, NULL, 16), w->nodes[i].address);
		assert_int_equal(strlen(w->nodes[i].id), 8);
		for (size_t k = 0; k < i; k++) {
			assert_true(w->nodes[i].address != w->nodes[k].address);
			assert_string_not_equal(w->nodes[i].name, w->nodes[k].name);
		}
	}
	for (size_t i = 0; i < w->link_count; i++) {
		assert_null(sim_world_trunk(w, w->links[i].from, w->links[i].line));
		assert_null(sim_world_trunk(w, w->links[i].to, w->links[i].line));
	}
}

/* Whatever a world is, this holds. */
static void check_world(const struct sim_world *w)
{
	check_network(w);
	check_users(w);
	check_groups(w);
	check_trunks(w);
	for (size_t i = 0; i < w->contact_count; i++) {
		assert_ptr_equal(sim_world_contact(w, w->contacts[i].number), &w->contacts[i]);
		if (w->contacts[i].name)
			check_name(w->contacts[i].name);
	}
	assert_true(w->service_user_count > 0);
}

static struct sim_world *made(struct sim_size size)
{
	struct sim_error error = { "" };
	struct sim_world *w = sim_world_make(&size, &error);

	assert_string_equal(error.text, "");
	assert_non_null(w);
	return w;
}

static void the_built_in_world_has_two_nodes_and_forty_users(void **state)
{
	(void)state;
	struct sim_world *w = made((struct sim_size){ 0 });

	check_world(w);
	assert_int_equal(w->node_count, 2);
	assert_int_equal(w->user_count, 40);
	assert_int_equal(w->group_count, 5);
	assert_string_equal(w->nodes[0].id, "c0a82a01");
	assert_string_equal(w->users[0].extension, "2001");
	assert_string_equal(w->users[39].extension, "3020");
	assert_string_equal(w->groups[1].extension, "3900");
	assert_int_equal(w->nodes[0].cti_licences, 2);
	assert_true(w->nodes[1].park_slots && w->nodes[1].bridges && w->nodes[1].voicemail_channels);
	assert_true(w->account_count > 0);
	assert_int_equal(w->security.lockout_failures, 5);
	assert_int_equal(w->security.lockout_s, 60);
	assert_int_equal(w->security.monitors, 3);
	assert_true(w->security.unsecured && !w->security.plain);
	sim_world_free(w);
}

static void the_built_in_world_has_one_of_each_kind(void **state)
{
	(void)state;
	struct sim_world *w = made((struct sim_size){ 0 });
	unsigned modes = 0, trunks = 0, devices = 0, queue = 0, announce = 0, overflow = 0, routed = 0;

	for (size_t i = 0; i < w->group_count; i++) {
		modes |= 1u << w->groups[i].mode;
		queue += w->groups[i].queue_limit > 0;
		announce += w->groups[i].announce_s > 0;
		overflow += w->groups[i].overflow_s > 0;
	}
	for (size_t i = 0; i < w->trunk_count; i++) {
		trunks |= 1u << w->trunks[i].class;
		routed += w->trunks[i].route_count > 20;
	}
	for (size_t i = 0; i < w->user_count; i++)
		devices |= 1u << w->users[i].device;
	assert_int_equal(modes, 0xf);
	assert_true(queue && announce && overflow);
	assert_int_equal(trunks, 1u << DL3_EQUIPMENT_SIP_TRUNK | 1u << DL3_EQUIPMENT_ISDN_TRUNK |
	                                 1u << DL3_EQUIPMENT_T1_TRUNK | 1u << DL3_EQUIPMENT_R2_TRUNK |
	                                 1u << DL3_EQUIPMENT_ALOG_TRUNK);
	assert_true(routed >= 2);
	assert_int_equal(devices, 1u << DL3_EQUIPMENT_TDM_PHONE | 1u << DL3_EQUIPMENT_H323_PHONE |
	                                  1u << DL3_EQUIPMENT_SIP_DEVICE | 1u << DL3_EQUIPMENT_DECT_PHONE |
	                                  1u << DL3_EQUIPMENT_DTE_PORT | 1u << DL3_EQUIPMENT_MOBILE_PHONE |
	                                  1u << DL3_EQUIPMENT_WEBRTC_PHONE);
	sim_world_free(w);
}

static const struct sim_service_user *service_user(const struct sim_world *w, const char *name)
{
	for (size_t i = 0; i < w->service_user_count; i++)
		if (strcmp(w->service_users[i].name, name) == 0)
			return &w->service_users[i];
	fail_msg("no service user %s", name);
	return NULL;
}

static void made_service_users_may_and_may_not(void **state)
{
	(void)state;
	struct sim_world *w = made((struct sim_size){ 0 });
	const struct sim_service_user *u = service_user(w, "devlink3");

	assert_string_equal(u->password, "devlink3");
	assert_true(u->devlink3 && u->enabled);
	u = service_user(w, "norights");
	assert_true(!u->devlink3 && u->enabled);
	u = service_user(w, "disabled");
	assert_true(u->devlink3 && !u->enabled);
	sim_world_free(w);
}

/* One character of each script, and what is troublesome. */
static void made_names_are_in_many_scripts(void **state)
{
	(void)state;
	static const char *const samples[] = { "\xce",     "\xd0", "\xd8", "\xd7", "\xe4", "\xe3", "\xec",
		                               "\xe0\xa4", "\xc3", "\xc4", ",",    "'",    "\"",   "&" };
	struct sim_world *w = made((struct sim_size){ 0 });

	for (size_t k = 0; k < sizeof(samples) / sizeof(samples[0]); k++) {
		bool found = false;

		for (size_t i = 0; i < w->user_count && !found; i++)
			found = strstr(w->users[i].full_name, samples[k]);
		if (!found)
			fail_msg("no name has sample %zu", k);
	}
	sim_world_free(w);
}

static void worlds_of_many_sizes_hold_together(void **state)
{
	(void)state;
	static const struct sim_size sizes[] = {
		{ .nodes = 1, .users = 1, .groups = 1, .trunks = 1, .channels = 1 },
		{ .nodes = 1, .users = 2, .groups = 9, .trunks = 7 },
		{ .nodes = 3, .users = 899, .groups = 30, .seed = 9 },
		{ .nodes = 1, .users = 899 },
		{ .nodes = 1, .users = 900 },
		{ .nodes = 6, .users = 6, .groups = 20 },
		{ .nodes = 7, .users = 3 },
		{ .nodes = 1, .users = 3000, .groups = 101 },
		{ .nodes = 64, .users = 3000, .groups = 200, .trunks = 100, .channels = 100 },
		{ .nodes = 64,
		  .users = SIM_USERS_MAX,
		  .groups = SIM_GROUPS_MAX,
		  .channels = SIM_CHANNELS_MAX },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct sim_world *w = made(sizes[i]);

		assert_int_equal(w->node_count, sizes[i].nodes);
		assert_int_equal(w->user_count, sizes[i].users);
		if (sizes[i].groups)
			assert_int_equal(w->group_count, sizes[i].groups);
		if (sizes[i].trunks)
			assert_int_equal(w->trunk_count, sizes[i].trunks);
		for (size_t t = 0; t < w->trunk_count && sizes[i].channels; t++)
			assert_int_equal(w->trunks[t].channels, sizes[i].channels);
		check_world(w);
		sim_world_free(w);
	}
}

static bool same_names(const struct sim_world *a, const struct sim_world *b)
{
	for (size_t i = 0; i < a->user_count; i++)
		if (strcmp(a->users[i].full_name, b->users[i].full_name) != 0)
			return false;
	for (size_t i = 0; i < a->group_count; i++)
		if (a->groups[i].member_count != b->groups[i].member_count ||
		    memcmp(a->groups[i].members, b->groups[i].members,
		           a->groups[i].member_count * sizeof(size_t)) != 0)
			return false;
	return true;
}

static void a_seed_makes_the_same_world_again(void **state)
{
	(void)state;
	struct sim_world *a = made((struct sim_size){ .seed = 5 }), *b = made((struct sim_size){ .seed = 5 }),
			 *c = made((struct sim_size){ .seed = 6 });

	assert_true(same_names(a, b));
	assert_false(same_names(a, c));
	sim_world_free(a);
	sim_world_free(b);
	sim_world_free(c);
}

static void nodes_follow_from_the_first_address(void **state)
{
	(void)state;
	struct sim_world *w = made((struct sim_size){ .nodes = 3, .first_address = 0x7f0100fe });

	assert_string_equal(w->nodes[0].id, "7f0100fe");
	assert_string_equal(w->nodes[2].id, "7f010100");
	sim_world_free(w);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
	(void)state;
	static const struct {
		struct sim_size size;
		const char *text;
	} cases[] = {
		{ { .nodes = 65 }, "nodes: expected at most 64, not 65" },
		{ { .users = SIM_USERS_MAX + 1 }, "users: expected at most 10000, not 10001" },
		{ { .groups = 1001 }, "groups: expected at most 1000, not 1001" },
		{ { .trunks = UINT32_MAX }, "trunks: expected at most 1000, not 4294967295" },
		{ { .channels = 1001 }, "channels of a trunk: expected at most 1000, not 1001" },
		{ { .nodes = 2, .first_address = UINT32_MAX },
		  "the addresses of 2 nodes do not fit between the first one and 255.255.255.255" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_error error = { "" };

		assert_null(sim_world_make(&cases[i].size, &error));
		assert_string_equal(error.text, cases[i].text);
	}
}

static void numbers_outside_are_all_different(void **state)
{
	(void)state;
	struct sim_world *w = row_of_nodes(1);
	struct sim_table seen;
	char number[SIM_NUMBER_MAX];

	assert_true(sim_table_init(&seen, w, SIM_OUTSIDE_MAX));
	for (size_t i = 0; i < SIM_OUTSIDE_MAX; i++) {
		sim_number_outside(i, number);
		assert_int_equal(sim_table_put(&seen, sim_world_text(w, number), i), SIM_NONE);
		assert_in_range(strlen(number), 9, 16);
	}
	sim_world_free(w);
}

static void making_a_world_survives_each_failure_of_memory(void **state)
{
	(void)state;
	static const struct sim_size size = { .nodes = 4, .users = 300 };
	struct sim_world *w = NULL;
	size_t failed = 0;

	while (!w) {
		struct sim_error error = { "" };
		struct dl3t_alloc a;

		dl3t_alloc_init(&a);
		a.fail_at = failed + 1;
		w = sim_world_make_in(&size, &a.allocator, &error);
		if (!w) {
			assert_string_equal(error.text, "no memory for a world of 300 users on 4 nodes");
			failed++;
		}
		sim_world_free(w);
		assert_int_equal(dl3t_alloc_finish(&a), 0);
	}
	assert_true(failed > 3);
}

DL3T_TESTS(cmocka_unit_test(ways_have_the_fewest_links), cmocka_unit_test(a_trunk_is_found_by_its_line),
           cmocka_unit_test(users_are_found_by_extension_and_login),
           cmocka_unit_test(freeing_no_world_is_fine),
           cmocka_unit_test(the_built_in_world_has_two_nodes_and_forty_users),
           cmocka_unit_test(the_built_in_world_has_one_of_each_kind),
           cmocka_unit_test(made_service_users_may_and_may_not),
           cmocka_unit_test(made_names_are_in_many_scripts),
           cmocka_unit_test(worlds_of_many_sizes_hold_together),
           cmocka_unit_test(a_seed_makes_the_same_world_again),
           cmocka_unit_test(nodes_follow_from_the_first_address),
           cmocka_unit_test(sizes_that_cannot_be_are_refused),
           cmocka_unit_test(numbers_outside_are_all_different),
           cmocka_unit_test(making_a_world_survives_each_failure_of_memory));
