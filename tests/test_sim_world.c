/* SPDX-License-Identifier: MIT */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/document.h"
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
		assert_int_equal(u->id, i + 1);
		assert_true(u->node < w->node_count);
		assert_true(u->ring_s > 0);
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
	for (size_t i = 0; i < w->user_count; i++) {
		const struct sim_user *u = &w->users[i];

		assert_true(u->extension[0] != '9'); /* that gets a line */
		assert_true(!u->forward_busy || sim_world_user(w, u->forward_busy));
		assert_true(!u->forward_no_answer || sim_world_user(w, u->forward_no_answer));
	}
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

static void users_of_the_built_in_world_differ_in_their_habits(void **state)
{
	(void)state;
	struct sim_world *w = made((struct sim_size){ 0 });
	unsigned dnd = 0, record = 0, automatic = 0, privacy = 0, answered = 0, refused = 0, forward = 0,
		 no_mail = 0;

	for (size_t i = 0; i < w->user_count; i++) {
		const struct sim_user *u = &w->users[i];

		dnd += u->do_not_disturb;
		record += u->record;
		automatic += u->auto_answer;
		privacy += u->privacy;
		answered += u->consent == DL3_PARTY_FLAG_CONSENT_ANSWERED;
		refused += u->consent == DL3_PARTY_FLAG_CONSENT_REFUSED;
		forward += u->forward_busy && !u->forward_no_answer;
		no_mail += !u->voicemail;
	}
	assert_true(dnd == 1 && record && automatic && privacy && answered && refused && forward && no_mail);
	sim_world_free(w);
}

static void groups_of_the_built_in_world_reach_over_both_nodes(void **state)
{
	(void)state;
	struct sim_world *w = made((struct sim_size){ 0 });
	unsigned inactive = 0;

	for (size_t i = 0; i < w->group_count; i++) {
		const struct sim_group *g = &w->groups[i];
		unsigned distant = 0;

		for (size_t k = 0; k < g->member_count; k++) {
			distant += w->users[g->members[k]].node != g->node;
			inactive += !g->active[k];
		}
		assert_int_equal(distant, 1);
	}
	assert_true(inactive > 0);
	sim_world_free(w);
}

static void made_contacts_are_known_unknown_and_withheld(void **state)
{
	(void)state;
	struct sim_world *w = made((struct sim_size){ 0 });
	unsigned nameless = 0, listed = 0, withheld = 0, unavailable = 0;

	for (size_t i = 0; i < w->contact_count; i++) {
		const struct sim_contact *c = &w->contacts[i];

		nameless += !c->name;
		listed += c->in_directory;
		withheld += c->presentation == DL3_PRESENTATION_WITHHELD;
		unavailable += c->presentation == DL3_PRESENTATION_NOT_AVAILABLE;
		assert_true(c->name || !c->in_directory);
	}
	assert_true(nameless && listed && withheld && unavailable);
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

/* ---- Worlds in files ---- */

static struct sim_world *parsed(const char *text)
{
	struct sim_error error = { "" };
	struct sim_world *w = sim_world_parse(text, strlen(text), "w.yaml", &error);

	assert_string_equal(error.text, "");
	assert_non_null(w);
	check_world(w);
	return w;
}

static void a_world_of_one_user_has_everything_else_as_usual(void **state)
{
	(void)state;
	struct sim_world *w = parsed("users: [{ extension: 4001 }]\n");
	const struct sim_user *u = &w->users[0];

	assert_string_equal(w->name, "Example Network");
	assert_int_equal(w->node_count, 1);
	assert_string_equal(w->nodes[0].id, "c0a82a01");
	assert_int_equal(w->nodes[0].cti_licences, 1);
	assert_int_equal(w->user_count, 1);
	assert_string_equal(u->login, "Extn4001");
	assert_string_equal(u->full_name, "Extn4001");
	assert_null(u->email);
	assert_int_equal(u->device, DL3_EQUIPMENT_H323_PHONE);
	assert_int_equal(u->equipment, 106);
	assert_int_equal(u->ring_s, 15);
	assert_true(u->voicemail && !u->do_not_disturb && !u->record && !u->auto_answer && !u->privacy);
	assert_true(!u->consent && !u->forward_busy && !u->forward_no_answer);
	assert_int_equal(w->group_count, 0);
	assert_int_equal(w->trunk_count, 0);
	assert_int_equal(w->contact_count, 60);
	assert_int_equal(w->account_count, 4);
	assert_int_equal(w->service_user_count, 3);
	assert_int_equal(w->security.monitors, 3);
	sim_world_free(w);
}

static void every_field_of_nodes_and_links_arrives(void **state)
{
	(void)state;
	struct sim_world *w =
		parsed("name: N\n"
	               "nodes:\n"
	               "  - { name: A, address: 10.0.0.255, version: V, variant: S, clock_offset: -5,\n"
	               "      cti_licences: 7, park_slots: 8, bridges: 9, voicemail_channels: 0 }\n"
	               "  - { name: B }\n"
	               "  - { name: C }\n"
	               "links: [{ from: A, to: C, line: 33 }, { from: C, to: B }]\n"
	               "users: [{ extension: 1, node: C }]\n");
	const struct sim_node *n = &w->nodes[0];

	assert_string_equal(w->name, "N");
	assert_string_equal(n->name, "A");
	assert_int_equal(n->address, 0x0a0000ff);
	assert_string_equal(n->id, "0a0000ff");
	assert_string_equal(n->version, "V");
	assert_string_equal(n->variant, "S");
	assert_int_equal(n->clock_offset, -5);
	assert_int_equal(n->cti_licences, 7);
	assert_int_equal(n->park_slots, 8);
	assert_int_equal(n->bridges, 9);
	assert_int_equal(n->voicemail_channels, 0);
	assert_string_equal(w->nodes[2].id, "c0a82a03");
	assert_int_equal(w->link_count, 2);
	assert_int_equal(w->links[0].from, 0);
	assert_int_equal(w->links[0].to, 2);
	assert_int_equal(w->links[0].line, 33);
	assert_int_equal(w->links[1].line, 102);
	assert_int_equal(w->users[0].node, 2);
	sim_world_free(w);
}

static void every_field_of_users_arrives(void **state)
{
	(void)state;
	struct sim_world *w = parsed("users:\n"
	                             "  - extension: 0201\n"
	                             "    name: \"O'Brien, \\\"Bob\\\" & Søn\"\n"
	                             "    login: Bob\n"
	                             "    email: b@example.com\n"
	                             "    device: dect_phone\n"
	                             "    equipment: ipocc\n"
	                             "    ring_s: 7\n"
	                             "    voicemail: no\n"
	                             "    do_not_disturb: true\n"
	                             "    record: yes\n"
	                             "    auto_answer: on\n"
	                             "    privacy: true\n"
	                             "    consent: refused\n"
	                             "    forward_busy: +44#\n"
	                             "    forward_no_answer: 202\n");
	const struct sim_user *u = sim_world_user_named(w, "Bob");

	assert_non_null(u);
	assert_string_equal(u->extension, "0201");
	assert_string_equal(u->full_name, "O'Brien, \"Bob\" & Søn");
	assert_string_equal(u->email, "b@example.com");
	assert_int_equal(u->device, DL3_EQUIPMENT_DECT_PHONE);
	assert_int_equal(u->equipment, DL3_EQUIPMENT_TYPE_IPOCC);
	assert_int_equal(u->ring_s, 7);
	assert_true(!u->voicemail && u->do_not_disturb && u->record && u->auto_answer && u->privacy);
	assert_int_equal(u->consent, DL3_PARTY_FLAG_CONSENT_REFUSED);
	assert_string_equal(u->forward_busy, "+44#");
	assert_string_equal(u->forward_no_answer, "202");
	sim_world_free(w);
}

static void every_field_of_groups_arrives(void **state)
{
	(void)state;
	struct sim_world *w = parsed(
		"nodes: [{ name: A }, { name: B }]\n"
		"users: [{ extension: 1 }, { extension: 2 }, { extension: 3, login: Three }]\n"
		"groups:\n"
		"  - { extension: 90, name: Sales, node: B, mode: rotary, service: night, ring_s: 5,\n"
		"      members: [Three, 1-2], inactive: [2], queue_limit: 6, announce_s: 7,\n"
		"      overflow: 91, overflow_s: 8, voicemail_s: 9 }\n"
		"  - { extension: 91, name: Support, mode: sequential, members: [2], overflow: Last }\n"
		"  - { extension: 92, name: Last, members: [1] }\n");
	const struct sim_group *g = sim_world_group(w, "90");

	assert_string_equal(g->name, "Sales");
	assert_int_equal(g->node, 1);
	assert_int_equal(g->mode, SIM_ROTARY);
	assert_int_equal(g->service, SIM_NIGHT);
	assert_int_equal(g->member_count, 3);
	assert_int_equal(g->members[0], 2);
	assert_int_equal(g->members[1], 0);
	assert_int_equal(g->members[2], 1);
	assert_true(g->active[0] && g->active[1] && !g->active[2]);
	assert_int_equal(g->ring_s, 5);
	assert_int_equal(g->queue_limit, 6);
	assert_int_equal(g->announce_s, 7);
	assert_int_equal(g->overflow, 1);
	assert_int_equal(g->overflow_s, 8);
	assert_int_equal(g->voicemail_s, 9);
	assert_int_equal(w->groups[1].mode, SIM_SEQUENTIAL);
	assert_int_equal(w->groups[1].overflow, 2);
	assert_int_equal(w->groups[1].overflow_s, 30);
	assert_int_equal(w->groups[2].mode, SIM_COLLECTIVE);
	assert_int_equal(w->groups[2].service, SIM_DAY);
	assert_true(w->groups[2].overflow == SIM_NONE && w->groups[2].overflow_s == 0);
	sim_world_free(w);
}

static void every_field_of_trunks_arrives(void **state)
{
	(void)state;
	struct sim_world *w =
		parsed("nodes: [{ name: A }, { name: B }]\n"
	               "users: [{ extension: 8 }, { extension: 9 }]\n"
	               "trunks:\n"
	               "  - { fallback: 8 }\n"
	               "  - { type: t1_trunk, node: B, line: 4, channels: 5, number: +44, prefix: 0*,\n"
	               "      routes: [{ did: 099, to: 8, count: 2 }, { did: 7, to: 9 }] }\n"
	               "  - { type: alog_trunk, line: 17, fallback: 9 }\n");
	const struct sim_trunk *t = &w->trunks[1];

	assert_int_equal(w->trunks[0].class, DL3_EQUIPMENT_SIP_TRUNK);
	assert_int_equal(w->trunks[0].line, 18);
	assert_int_equal(w->trunks[0].channels, 30);
	assert_string_equal(w->trunks[0].number, "01632960000");
	assert_string_equal(w->trunks[0].prefix, "9");
	assert_string_equal(w->trunks[0].fallback, "8");
	assert_int_equal(t->class, DL3_EQUIPMENT_T1_TRUNK);
	assert_int_equal(t->node, 1);
	assert_int_equal(t->line, 4);
	assert_int_equal(t->channels, 5);
	assert_string_equal(t->number, "+44");
	assert_string_equal(t->prefix, "0*");
	assert_null(t->fallback);
	assert_int_equal(t->route_count, 3);
	assert_string_equal(t->routes[0].did, "099");
	assert_string_equal(t->routes[0].to, "8");
	assert_string_equal(t->routes[1].did, "100");
	assert_string_equal(t->routes[1].to, "9");
	assert_string_equal(t->routes[2].did, "7");
	assert_int_equal(w->trunks[2].channels, 4);
	sim_world_free(w);
}

static void every_field_of_contacts_and_security_arrives(void **state)
{
	(void)state;
	struct sim_world *w =
		parsed("users: [{ extension: 1 }]\n"
	               "contacts:\n"
	               "  - { number: +1202, name: X, presentation: not_available, in_directory: no }\n"
	               "  - { number: 2, name: Y }\n"
	               "  - { number: 3, presentation: withheld }\n"
	               "accounts: [{ code: 12*, name: Z }, { code: 13 }]\n"
	               "service_users:\n"
	               "  - { name: a, password: b }\n"
	               "  - { name: c, password: d, devlink3: no, enabled: no }\n"
	               "security: { unsecured: no, plain: yes, lockout_failures: 2, lockout_s: 9,\n"
	               "            monitors: 4, limit: connections }\n");

	assert_int_equal(w->contact_count, 3);
	assert_string_equal(w->contacts[0].number, "+1202");
	assert_string_equal(w->contacts[0].name, "X");
	assert_int_equal(w->contacts[0].presentation, DL3_PRESENTATION_NOT_AVAILABLE);
	assert_false(w->contacts[0].in_directory);
	assert_true(w->contacts[1].in_directory);
	assert_null(w->contacts[2].name);
	assert_int_equal(w->contacts[2].presentation, DL3_PRESENTATION_WITHHELD);
	assert_string_equal(w->accounts[0].code, "12*");
	assert_string_equal(w->accounts[0].name, "Z");
	assert_string_equal(w->accounts[1].name, "13");
	assert_int_equal(w->service_user_count, 2);
	assert_true(w->service_users[0].devlink3 && w->service_users[0].enabled);
	assert_false(w->service_users[1].devlink3 || w->service_users[1].enabled);
	assert_string_equal(w->service_users[1].password, "d");
	assert_true(!w->security.unsecured && w->security.plain);
	assert_int_equal(w->security.lockout_failures, 2);
	assert_int_equal(w->security.lockout_s, 9);
	assert_int_equal(w->security.monitors, 4);
	assert_int_equal(w->security.limit, SIM_LIMIT_CONNECTIONS);
	sim_world_free(w);
}

static void what_is_not_listed_can_be_made(void **state)
{
	(void)state;
	struct sim_world *w = parsed("nodes: [{ name: Only }]\n"
	                             "users: [{ extension: 2002, name: Mine }]\n"
	                             "groups: [{ extension: 2004, name: Ours, members: [2001-2003] }]\n"
	                             "trunks: [{ line: 17, fallback: 2002 }]\n"
	                             "contacts: [{ number: 01632960700 }]\n"
	                             "generate: { nodes: 2, users: 30, groups: 3, trunks: 4, channels: 5, "
	                             "contacts: 7, seed: 8 }\n");

	assert_int_equal(w->node_count, 3);
	assert_int_equal(w->user_count, 31);
	assert_int_equal(w->group_count, 4);
	assert_int_equal(w->trunk_count, 5);
	assert_int_equal(w->contact_count, 8);
	assert_int_equal(w->trunks[4].channels, 5);
	assert_string_equal(sim_world_user(w, "2002")->full_name, "Mine");
	assert_string_equal(sim_world_group(w, "2004")->name, "Ours");
	assert_int_equal(w->groups[0].member_count, 3);
	assert_non_null(sim_world_user(w, "2005"));
	sim_world_free(w);
}

static void the_seed_of_a_file_counts(void **state)
{
	(void)state;
	struct sim_world *a = parsed("generate: { users: 20, seed: 1 }"),
			 *b = parsed("generate: { users: 20, seed: 2 }"),
			 *c = parsed("generate: { users: 20, seed: 1 }");

	assert_false(same_names(a, b));
	assert_true(same_names(a, c));
	sim_world_free(a);
	sim_world_free(b);
	sim_world_free(c);
}

static void examples_load(void **state)
{
	(void)state;
	static const char *const paths[] = { DL3T_DATA "/../../examples/worlds/small-office.yaml",
		                             DL3T_DATA "/../../examples/worlds/three-nodes.yaml" };
	static const size_t users[] = { 6, 24 };

	for (size_t i = 0; i < 2; i++) {
		struct sim_error error = { "" };
		struct sim_world *w = sim_world_load(paths[i], &error);

		assert_string_equal(error.text, "");
		assert_non_null(w);
		check_world(w);
		assert_int_equal(w->user_count, users[i]);
		sim_world_free(w);
	}
}

/* ---- Files that are wrong ---- */

struct wrong {
	const char *text, *error;
};

static void refuse(const struct wrong *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sim_error error = { "" };

		assert_null(sim_world_parse(cases[i].text, strlen(cases[i].text), "w.yaml", &error));
		assert_string_equal(error.text, cases[i].error);
	}
}
#define REFUSE(cases) refuse(cases, sizeof(cases) / sizeof((cases)[0]))

#define USER "users: [{ extension: 1 }, { extension: 2 }]\n"

static void errors_of_syntax_have_their_place(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ "users: [\n", "w.yaml:2:1: did not find expected node content, while parsing a flow node" },
		{ "name: x\n\tusers: 1\n", "w.yaml:2:1: found a tab character that violates indentation, "
		                           "while scanning a plain scalar" },
		{ "name: x\nusers: \xff\n", "w.yaml:2:8: invalid leading UTF-8 octet" },
		{ "", "w.yaml:1:1: nothing in it" },
		{ "# nothing\n", "w.yaml:1:1: nothing in it" },
		{ USER "---\nname: x\n", "w.yaml:2:1: expected one document, not a second one" },
	};

	REFUSE(cases);
}

static void errors_of_the_schema_have_their_place(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ "- 1\n", "w.yaml:1:1: the document: expected a mapping, not a list" },
		{ "users:\n  - extension: 1\n    nmae: x\n",
		  "w.yaml:3:5: unknown key \"nmae\"; expected one of extension, name, login, email, node, "
		  "device, equipment, "
		  "consent, ring_s, voicemail, do_not_disturb, record, auto_answer, privacy, forward_busy, "
		  "forward_no_answer" },
		{ "users:\n  - name: x\n", "w.yaml:2:5: users: expected \"extension\", which is missing" },
		{ USER "name: a\nname: b\n", "w.yaml:3:1: name: given twice" },
		{ "users: 7\n", "w.yaml:1:8: users: expected a list, not a single value" },
		{ "users: [7]\n", "w.yaml:1:9: users: expected a mapping, not a single value" },
		{ "users: [{ extension: [1] }]\n",
		  "w.yaml:1:22: extension: expected a single value, not a list" },
		{ "users: [{ ? [x] : 1 }]\n", "w.yaml:1:13: users: expected a key, not a list" },
		{ "users: [{ extension: }]\n", "w.yaml:1:22: extension: expected some text, not nothing" },
		{ "users: [{ extension: 1, name: \"a\\nb\" }]\n",
		  "w.yaml:1:31: name: expected text without control characters, not 0x0a" },
		{ "users: [{ extension: 1, name: \"a\\0b\" }]\n",
		  "w.yaml:1:31: name: expected text without control characters, not 0x00" },
		{ "users: [{ extension: 1234567890123456789012345678901234567890 }]\n",
		  "w.yaml:1:22: extension: expected at most 39 octets, not 40" },
		{ "users: [{ extension: 1, device: telex }]\n",
		  "w.yaml:1:33: device: expected one of tdm_phone, h323_phone, sip_device, dect_phone, "
		  "dte_port, mobile_phone, "
		  "outdialer, webrtc_phone, not \"telex\"" },
		{ "users: [{ extension: 1, device: 8 }]\n",
		  "w.yaml:1:33: device: expected one of tdm_phone, h323_phone, sip_device, dect_phone, "
		  "dte_port, mobile_phone, "
		  "outdialer, webrtc_phone, not \"8\"" },
		{ "users: [{ extension: 1, voicemail: maybe }]\n",
		  "w.yaml:1:36: voicemail: expected true or false, not \"maybe\"" },
		{ "users: [{ extension: 1, ring_s: 1x }]\n",
		  "w.yaml:1:33: ring_s: expected a whole number from 0 up, not \"1x\"" },
		{ "users: [{ extension: 1, ring_s: 010 }]\n",
		  "w.yaml:1:33: ring_s: expected a whole number from 0 up, not \"010\"" },
		{ "users: [{ extension: 1, ring_s: -1 }]\n",
		  "w.yaml:1:33: ring_s: expected a whole number from 0 up, not \"-1\"" },
		{ "users: [{ extension: 1, ring_s: 4294967296 }]\n",
		  "w.yaml:1:33: ring_s: expected a whole number from 0 up, not \"4294967296\"" },
		{ "users: [{ extension: 1, ring_s: 99999999999999999999 }]\n",
		  "w.yaml:1:33: ring_s: expected a whole number from 0 up, not \"99999999999999999999\"" },
		{ "users: [{ extension: 1, ring_s: \"\" }]\n",
		  "w.yaml:1:33: ring_s: expected a whole number from 0 up, not \"\"" },
		{ USER "nodes: [{ name: x, clock_offset: 1.5 }]\n",
		  "w.yaml:2:34: clock_offset: expected a whole number, not \"1.5\"" },
		{ USER "groups:\n  - { extension: 9, name: x, members: [] }\n",
		  "w.yaml:3:39: members: expected at least 1, not 0" },
		{ USER "service_users: [{ name: a, password: 12345678901234567890123456789012 }]\n",
		  "w.yaml:2:38: password: expected at most 31 octets, not 32" },
	};

	REFUSE(cases);
}

static void errors_of_nodes_and_links_have_their_place(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ USER "nodes:\n  - name: A\n    address: 10.0.0\n",
		  "w.yaml:4:14: address: expected one such as 192.168.42.1, not \"10.0.0\"" },
		{ USER "nodes: [{ name: A, address: 10.0.0.256 }]\n",
		  "w.yaml:2:29: address: expected one such as 192.168.42.1, not \"10.0.0.256\"" },
		{ USER "nodes: [{ name: A, address: 10.0.0.1.2 }]\n",
		  "w.yaml:2:29: address: expected one such as 192.168.42.1, not \"10.0.0.1.2\"" },
		{ USER "nodes:\n  - name: A\n  - name: A\n", "w.yaml:4:11: name \"A\" is taken: see line 3" },
		{ USER "nodes:\n  - name: A\n  - { name: B, address: 192.168.42.1 }\n",
		  "w.yaml:4:25: nodes 1 and 2 have the same address" },
		{ USER "nodes: [{ name: A, clock_offset: 1000000001 }]\n",
		  "w.yaml:2:34: clock_offset: expected tenths of a second, at most 1000000000 of them" },
		{ USER "nodes: [{ name: A, cti_licences: 101 }]\n",
		  "w.yaml:2:34: cti_licences: expected a number from 0 to 100, not 101" },
		{ USER "generate: { nodes: 65 }\n",
		  "w.yaml:2:20: nodes: expected at most 64 in all, not 65" },
		{ USER "nodes: [{ name: A }]\nlinks: [{ from: A, to: B }]\n",
		  "w.yaml:3:24: to: no node is called \"B\"" },
		{ USER "nodes: [{ name: A }]\nlinks: [{ from: A, to: A }]\n",
		  "w.yaml:3:24: to: expected another node than \"A\"" },
		{ USER "nodes: [{ name: A }, { name: B }]\nlinks: [{ from: A, to: B, line: 0 }]\n",
		  "w.yaml:3:33: line: expected a number from 1 to 9999, not 0" },
		{ USER "nodes: [{ name: A }, { name: B }]\nlinks:\n  - { from: A, to: B, line: 5 }\n"
		       "  - { from: B, to: A, line: 5 }\n",
		  "w.yaml:5:29: line: \"B\" has a line 5 already" },
		{ USER "nodes: [{ name: A }, { name: B }, { name: C }]\nlinks: [{ from: A, to: B }]\n",
		  "w.yaml:2:35: no link leads from \"A\" to \"C\"" },
	};

	REFUSE(cases);
}

static void errors_of_users_have_their_place(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ "name: nobody\n", "w.yaml:1:1: expected a list of users, or generate: { users: ... }" },
		{ "name: x\nusers: []\n",
		  "w.yaml:2:8: expected a list of users, or generate: { users: ... }" },
		{ "users:\n  - extension: 4001\n  - name: x\n    extension: 4001\n",
		  "w.yaml:4:16: extension \"4001\" is taken: see line 2" },
		{ "users:\n  - extension: 40O1\n", "w.yaml:2:16: extension: expected digits, not \"40O1\"" },
		{ "users:\n  - { extension: 1, login: a }\n  - { extension: 2, login: a }\n",
		  "w.yaml:3:28: login \"a\" is taken: see line 2" },
		{ "users:\n  - { extension: 1, node: Here }\n",
		  "w.yaml:2:27: node: no node is called \"Here\"" },
		{ "users:\n  - { extension: 1, ring_s: 0 }\n",
		  "w.yaml:2:29: ring_s: expected a number from 1 to 3600, not 0" },
		{ "users:\n  - { extension: 1, forward_busy: home }\n",
		  "w.yaml:2:35: forward_busy: expected digits or +*#, not \"home\"" },
		{ "users:\n  - { extension: 1, forward_no_answer: 1 }\n",
		  "w.yaml:2:40: forward_no_answer: expected another number than the user's own" },
		{ USER "generate: { users: 10000 }\n",
		  "w.yaml:2:20: users: expected at most 10000 in all, not 10002" },
	};

	REFUSE(cases);
}

#define GROUP(rest) USER "groups:\n  - { extension: 9, name: G, " rest " }\n"

static void errors_of_groups_have_their_place(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ GROUP("members: [1, 3]"),
		  "w.yaml:3:43: members: no user has the extension or login \"3\"" },
		{ GROUP("members: [9]"), "w.yaml:3:40: members: no user has the extension or login \"9\"" },
		{ GROUP("members: [3-5]"), "w.yaml:3:40: members: no user has an extension in \"3-5\"" },
		{ GROUP("members: [1, 1-2]"), "w.yaml:3:43: members: extension \"1\" is named twice" },
		{ GROUP("members: [1], inactive: [2]"),
		  "w.yaml:3:55: inactive: extension \"2\" is no member" },
		{ GROUP("members: [1], node: X"), "w.yaml:3:50: node: no node is called \"X\"" },
		{ GROUP("members: [1], mode: all"), "w.yaml:3:50: mode: expected one of collective, "
		                                    "sequential, rotary, longest_waiting, not \"all\"" },
		{ GROUP("members: [1], queue_limit: 10001"),
		  "w.yaml:3:57: queue_limit: expected a number from 0 to 10000, not 10001" },
		{ GROUP("members: [1], overflow: X"),
		  "w.yaml:3:54: overflow: no group has the name or extension \"X\"" },
		{ GROUP("members: [1], overflow: G"),
		  "w.yaml:3:54: overflow: calls of \"G\" would come back to it in a circle" },
		{ GROUP("members: [1], overflow_s: 5"),
		  "w.yaml:3:56: overflow_s: expected \"overflow\" with it, the group to go to" },
		{ GROUP("members: [1]") "  - { extension: 1, name: H, members: [1] }\n",
		  "w.yaml:4:18: extension \"1\" is taken: see line 1" },
		{ GROUP("members: [1]") "  - { extension: 9, name: H, members: [1] }\n",
		  "w.yaml:4:18: extension \"9\" is taken: see line 3" },
		{ GROUP("members: [1]") "  - { extension: 8, name: G, members: [1] }\n",
		  "w.yaml:4:27: name \"G\" is taken: see line 3" },
		{ GROUP("members: [1], overflow: H") "  - { extension: 8, name: H, members: [1], overflow: I "
		                                     "}\n"
		                                     "  - { extension: 7, name: I, members: [1], overflow: 9 "
		                                     "}\n",
		  "w.yaml:5:54: overflow: calls of \"I\" would come back to it in a circle" },
		{ "generate: { users: 65 }\ngroups: [{ extension: 9, name: G, members: [2001-2099] }]\n",
		  "w.yaml:2:44: members: expected at most 64 in a collective group, not 65" },
		{ USER "generate: { groups: 1001 }\n",
		  "w.yaml:2:21: groups: expected at most 1000 in all, not 1001" },
	};

	REFUSE(cases);
}

#define TRUNK(rest) USER "trunks:\n  - { " rest " }\n"

static void errors_of_trunks_have_their_place(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ TRUNK("channels: 0"), "w.yaml:3:17: channels: expected a number from 1 to 1000, not 0" },
		{ TRUNK("channels: 1001"),
		  "w.yaml:3:17: channels: expected a number from 1 to 1000, not 1001" },
		{ TRUNK("line: 0"), "w.yaml:3:13: line: expected a number from 1 to 9999, not 0" },
		{ TRUNK("line: 7") "  - { line: 7 }\n",
		  "w.yaml:4:13: line: \"Head Office\" has a line 7 already" },
		{ TRUNK("node: X"), "w.yaml:3:13: node: no node is called \"X\"" },
		{ TRUNK("type: sip"), "w.yaml:3:13: type: expected one of sip_trunk, isdn_trunk, t1_trunk, "
		                      "r2_trunk, alog_trunk, s0_trunk, "
		                      "h323_trunk, not \"sip\"" },
		{ TRUNK("number: 555-CALL"), "w.yaml:3:15: number: expected digits or +, not \"555-CALL\"" },
		{ TRUNK("prefix: out"), "w.yaml:3:15: prefix: expected digits or *#, not \"out\"" },
		{ TRUNK("fallback: 3"), "w.yaml:3:17: fallback: no user or group has the extension \"3\"" },
		{ TRUNK("routes: [{ did: 5, to: 3 }]"),
		  "w.yaml:3:30: to: no user or group has the extension \"3\"" },
		{ TRUNK("routes: [{ did: 5a, to: 1 }]"), "w.yaml:3:23: did: expected digits, not \"5a\"" },
		{ TRUNK("routes: [{ did: 5, to: Bob }]"), "w.yaml:3:30: to: expected digits, not \"Bob\"" },
		{ TRUNK("routes: [{ did: 5, to: 1 }, { did: 5, to: 2 }]"),
		  "w.yaml:3:42: did: \"5\" has a route on this trunk already" },
		{ TRUNK("routes: [{ did: 5, to: 1, count: 3 }]"),
		  "w.yaml:3:30: to: no user or group has the extension \"3\"" },
		{ TRUNK("routes: [{ did: 9, to: 1, count: 2 }]"),
		  "w.yaml:3:23: did: 2 numbers from \"9\" to \"1\" on are too many for their digits" },
		{ TRUNK("routes: [{ did: 9, to: 1, count: 0 }]"),
		  "w.yaml:3:40: count: expected a number from 1 to 10000, not 0" },
		{ TRUNK("routes: [{ did: 1, to: 1, count: 10000 }, { did: 1, to: 1, count: 10000 }, { did: "
		        "1, to: 1 }]"),
		  "w.yaml:3:15: routes: expected at most 20000 numbers, not 20001" },
		{ USER "generate: { trunks: 1, channels: 0 }\n",
		  "w.yaml:2:34: channels: expected a number from 1 to 1000, not 0" },
	};

	REFUSE(cases);
}

static void errors_of_the_rest_have_their_place(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ USER "contacts: [{ number: 555-CALL }]\n",
		  "w.yaml:2:22: number: expected digits or +, not \"555-CALL\"" },
		{ USER "contacts:\n  - number: 5\n  - number: 5\n",
		  "w.yaml:4:13: number \"5\" is taken: see line 3" },
		{ USER "contacts: [{ number: 5, in_directory: yes }]\n",
		  "w.yaml:2:39: in_directory: expected a contact with a name" },
		{ USER "accounts: [{ code: x }]\n", "w.yaml:2:20: code: expected digits or *#, not \"x\"" },
		{ USER "accounts:\n  - code: 5\n  - code: 5\n",
		  "w.yaml:4:11: code \"5\" is taken: see line 3" },
		{ USER "service_users: [{ name: x }]\n",
		  "w.yaml:2:17: service_users: expected \"password\", which is missing" },
		{ USER "service_users:\n  - { name: x, password: y }\n  - { name: x, password: z }\n",
		  "w.yaml:4:13: name \"x\" is taken: see line 3" },
		{ USER "security: { lockout_failures: 0 }\n",
		  "w.yaml:2:31: lockout_failures: expected a number from 1 to 1000, not 0" },
		{ USER "security: { limit: 3 }\n",
		  "w.yaml:2:20: limit: expected one of monitors, connections, not \"3\"" },
		{ USER "generate: { contacts: 1000 }\n",
		  "w.yaml:2:23: contacts: expected at most 900, not 1000" },
	};

	REFUSE(cases);
}

static void aliases_are_refused(void **state)
{
	(void)state;
	static const struct wrong cases[] = {
		{ "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
		  "w.yaml:1:4: anchors and aliases are not taken: write it out" },
		{ USER "name: *x\n", "w.yaml:2:7: anchors and aliases are not taken: write it out" },
	};

	REFUSE(cases);
}

/* `text` so many times over, between two others. */
static char *repeated(const char *before, const char *text, size_t times, const char *after, size_t *len)
{
	size_t one = strlen(text), first = strlen(before);
	char *all = malloc(first + one * times + strlen(after) + 1), *p = all + first;

	assert_non_null(all);
	memcpy(all, before, first);
	for (size_t i = 0; i < times; i++, p += one)
		memcpy(p, text, one);
	memcpy(p, after, strlen(after) + 1);
	*len = strlen(all);
	return all;
}

static void refuse_repeated(const char *before, const char *text, size_t times, const char *expected)
{
	struct sim_error error = { "" };
	size_t len;
	char *all = repeated(before, text, times, "", &len);

	assert_null(sim_world_parse(all, len, "w.yaml", &error));
	assert_string_equal(error.text, expected);
	free(all);
}

static void giants_are_refused(void **state)
{
	(void)state;
	refuse_repeated("users: ", "[", 100000, "w.yaml:1:23: nested deeper than 16");
	refuse_repeated("users: [", "[],", 500000, "w.yaml:1:600001: more than 400000 things in it");
	refuse_repeated("name: ", "x", SIM_DOCUMENT_MAX, "w.yaml:1:1: longer than 4194304 octets");
	refuse_repeated("name: ", "x", 100000, "w.yaml:1:7: name: expected at most 127 octets, not 100000");
	refuse_repeated("nodes:\n", "  - name: x\n", 65, "w.yaml:66:5: nodes: expected at most 64, not 65");
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	struct sim_error error = { "" };

	assert_null(sim_world_load("/nonexistent/w.yaml", &error));
	assert_string_equal(error.text, "/nonexistent/w.yaml: cannot be opened: No such file or directory");
	assert_null(sim_world_load("/", &error));
	assert_string_equal(error.text, "/: cannot be read: Is a directory");
	assert_null(sim_world_load("/dev/zero", &error));
	assert_string_equal(error.text, "/dev/zero:1:1: longer than 4194304 octets");
}

static void reading_a_world_survives_each_failure_of_memory(void **state)
{
	(void)state;
	static const char text[] = "nodes: [{ name: A }, { name: B }]\n"
				   "users: [{ extension: 1, email: x }, { extension: 2, forward_busy: 1 }]\n"
				   "groups: [{ extension: 3, name: G, members: [1], inactive: [1] }]\n"
				   "trunks: [{ routes: [{ did: 1, to: 3 }] }]\n"
				   "contacts: [{ number: 1 }]\n"
				   "accounts: [{ code: 1 }]\n"
				   "service_users: [{ name: a, password: b }]\n"
				   "security: { plain: yes }\n"
				   "generate: { users: 200, groups: 2, trunks: 2 }\n";
	struct sim_world *w = NULL;
	size_t failed = 0;

	while (!w) {
		struct sim_error error = { "" };
		struct dl3t_alloc a;

		dl3t_alloc_init(&a);
		a.fail_at = failed + 1;
		w = sim_world_parse_in(text, strlen(text), "w.yaml", &a.allocator, &error);
		if (!w) {
			assert_non_null(strstr(error.text, "w.yaml: "));
			failed++;
		}
		sim_world_free(w);
		assert_int_equal(dl3t_alloc_finish(&a), 0);
	}
	assert_true(failed > 50);
}

static void a_file_of_three_thousand_users_fits(void **state)
{
	(void)state;
	struct sim_error error = { "" };
	char *text = malloc(SIM_DOCUMENT_MAX);
	size_t len = 0;

	assert_non_null(text);
	len += (size_t)sprintf(text, "users:\n");
	for (unsigned i = 0; i < 3000; i++)
		len += (size_t)sprintf(
			text + len,
			"  - extension: %u\n    name: Sofía Marín %u\n    login: Extn%u\n"
			"    email: extn%u@example.com\n    node: Head Office\n    device: sip_device\n"
			"    ring_s: 20\n    voicemail: yes\n    record: no\n",
			10000 + i, i, 10000 + i, 10000 + i);
	struct sim_world *w = sim_world_parse(text, len, "w.yaml", &error);

	assert_string_equal(error.text, "");
	assert_int_equal(w->user_count, 3000);
	assert_non_null(sim_world_user(w, "12999"));
	sim_world_free(w);
	free(text);
}

DL3T_TESTS(cmocka_unit_test(ways_have_the_fewest_links), cmocka_unit_test(a_trunk_is_found_by_its_line),
           cmocka_unit_test(users_are_found_by_extension_and_login),
           cmocka_unit_test(freeing_no_world_is_fine),
           cmocka_unit_test(the_built_in_world_has_two_nodes_and_forty_users),
           cmocka_unit_test(the_built_in_world_has_one_of_each_kind),
           cmocka_unit_test(users_of_the_built_in_world_differ_in_their_habits),
           cmocka_unit_test(groups_of_the_built_in_world_reach_over_both_nodes),
           cmocka_unit_test(made_contacts_are_known_unknown_and_withheld),
           cmocka_unit_test(made_service_users_may_and_may_not),
           cmocka_unit_test(made_names_are_in_many_scripts),
           cmocka_unit_test(worlds_of_many_sizes_hold_together),
           cmocka_unit_test(a_seed_makes_the_same_world_again),
           cmocka_unit_test(nodes_follow_from_the_first_address),
           cmocka_unit_test(sizes_that_cannot_be_are_refused),
           cmocka_unit_test(numbers_outside_are_all_different),
           cmocka_unit_test(making_a_world_survives_each_failure_of_memory),
           cmocka_unit_test(a_world_of_one_user_has_everything_else_as_usual),
           cmocka_unit_test(every_field_of_nodes_and_links_arrives),
           cmocka_unit_test(every_field_of_users_arrives), cmocka_unit_test(every_field_of_groups_arrives),
           cmocka_unit_test(every_field_of_trunks_arrives),
           cmocka_unit_test(every_field_of_contacts_and_security_arrives),
           cmocka_unit_test(what_is_not_listed_can_be_made), cmocka_unit_test(the_seed_of_a_file_counts),
           cmocka_unit_test(examples_load), cmocka_unit_test(errors_of_syntax_have_their_place),
           cmocka_unit_test(errors_of_the_schema_have_their_place),
           cmocka_unit_test(errors_of_nodes_and_links_have_their_place),
           cmocka_unit_test(errors_of_users_have_their_place),
           cmocka_unit_test(errors_of_groups_have_their_place),
           cmocka_unit_test(errors_of_trunks_have_their_place),
           cmocka_unit_test(errors_of_the_rest_have_their_place), cmocka_unit_test(aliases_are_refused),
           cmocka_unit_test(giants_are_refused), cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
           cmocka_unit_test(reading_a_world_survives_each_failure_of_memory),
           cmocka_unit_test(a_file_of_three_thousand_users_fits));
