/* SPDX-License-Identifier: MIT */
/* What the PBX's service does for those who use it well; test_sim_pbx_abuse.c has the others. */
#include "sim/pbx.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

#include "support/site.h"

static void rights_and_passwords(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	assert_int_equal(login_once(s, "app", "secret"), 0);
	assert_int_equal(login_once(s, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "norights", "secret"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "disabled", "secret"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "nobody", "secret"), DL3_AUTH_FAILED);
	assert_null(strstr(dl3t_text_of(&s->log), "secret"));
	assert_null(strstr(dl3t_text_of(&s->log), "wrong"));
	free_site(s);
}

static void failures_lock_the_user_out_for_a_time(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	for (int i = 0; i < 2; i++)
		assert_int_equal(login_once(s, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(login_once(s, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 59999);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 1);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	assert_int_equal(sim_pbx_counts(s->pbx).lockouts, 1);
	free_site(s);
}

static void an_address_is_locked_out_too(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	char name[16];

	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "guess%d", i);
		assert_int_equal(login_once(s, name, "x"), DL3_AUTH_FAILED);
	}
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	struct line *l = connect_from(s, 0, "192.0.2.2:5000", false, 0);

	assert_int_equal(login(l, "app", "secret"), 0);
	hang_up(l);
	free_site(s);
}

static void the_memory_of_failures_is_bounded(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	char name[16], peer[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "guess%d", i);
		snprintf(peer, sizeof(peer), "198.51.100.%d:%d", i % 200, i);
		struct line *l = connect_from(s, 0, peer, false, 0);

		(void)login(l, name, "x");
		hang_up(l);
	}
	assert_int_equal(login_once(s, "app", "secret"), 0);
	free_site(s);
}

static void licences(void **state)
{
	(void)state;
	static const struct {
		uint32_t licences;
		uint32_t login, network;
	} cases[] = { { 0, DL3_AUTH_LICENCE_MISSING, 0 },
		      { 1, 0, DL3_EVENTS_INSUFFICIENT_LICENCE },
		      { 2, 0, 0 } };

	for (size_t i = 0; i < 3; i++) {
		struct site *s = new_site();

		s->o->world->nodes[0].cti_licences = cases[i].licences;
		open_site(s);
		struct line *l = dial_in(s);

		assert_int_equal(login(l, "app", "secret"), cases[i].login);
		if (cases[i].login == 0) {
			assert_int_equal(stream(l, DL3_FLAG_SCN), cases[i].network);
			assert_int_equal(stream(l, 0), 0);
		}
		hang_up(l);
		free_site(s);
	}
}

/* Section 5: so many licences for networks of so many systems. */
static void licences_and_the_size_of_the_network(void **state)
{
	(void)state;
	static const struct {
		uint32_t nodes, licences, result;
	} cases[] = {
		{ 1, 1, DL3_EVENTS_INSUFFICIENT_LICENCE },
		{ 5, 2, 0 },
		{ 6, 2, DL3_EVENTS_INSUFFICIENT_LICENCE },
		{ 6, 3, 0 },
		{ 20, 3, 0 },
		{ 21, 3, DL3_EVENTS_INSUFFICIENT_LICENCE },
		{ 21, 4, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct site *s = new_site();

		use_made_world(s, &(struct sim_size){ .nodes = cases[i].nodes });
		s->o->world->nodes[0].cti_licences = cases[i].licences;
		open_site(s);
		struct line *l = dial_in(s);

		assert_int_equal(login(l, "app", "secret"), 0);
		assert_int_equal(stream(l, DL3_FLAG_SCN), cases[i].result);
		/* What is dropped needs no licence. */
		assert_int_equal(stream(l, DL3_FLAG_SCN | DL3_FLAG_CD2), DL3_EVENTS_PARTIAL_SUCCESS);
		hang_up(l);
		free_site(s);
	}
}

static void three_may_listen(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l[4];

	for (int i = 0; i < 3; i++)
		l[i] = listen_with(s, 0);
	l[3] = dial_in(s);
	assert_int_equal(login(l[3], "app", "secret"), 0);
	assert_int_equal(stream(l[3], 0), DL3_EVENTS_FEATURE_NOT_AVAILABLE);
	/* One who listens may ask for something else. */
	assert_int_equal(stream(l[0], DL3_FLAG_SIPTRACK), 0);
	hang_up(l[1]);
	assert_int_equal(stream(l[3], 0), 0);
	assert_int_equal(sim_pbx_counts(s->pbx).monitors, 3);
	hang_up(l[0]);
	hang_up(l[2]);
	hang_up(l[3]);
	assert_int_equal(sim_pbx_counts(s->pbx).connections, 0);
	free_site(s);
}

static void three_may_listen_to_a_network(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l[3], *other = connect_from(s, 1, "192.0.2.9:1", false, 0);

	for (int i = 0; i < 3; i++)
		l[i] = listen_with(s, i == 0 ? 0 : DL3_FLAG_SCN);
	assert_int_equal(login(other, "app", "secret"), 0);
	assert_int_equal(stream(other, DL3_FLAG_SCN), DL3_EVENTS_FEATURE_NOT_AVAILABLE);
	assert_int_equal(stream(other, 0), 0);
	for (int i = 0; i < 3; i++)
		hang_up(l[i]);
	hang_up(other);
	free_site(s);
}

static void or_three_may_connect(void **state)
{
	(void)state;
	struct site *s = new_site();
	struct line *l[3];

	s->o->world->security.limit = SIM_LIMIT_CONNECTIONS;
	open_site(s);
	for (int i = 0; i < 3; i++) {
		l[i] = dial_in(s);
		assert_int_equal(login(l[i], "app", "secret"), 0);
	}
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_LIMITS_EXCEEDED);
	struct line *other = connect_from(s, 1, "192.0.2.9:1", false, 0);

	assert_int_equal(login(other, "app", "secret"), 0); /* the limit is of each system */
	hang_up(other);
	hang_up(l[0]);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	hang_up(l[1]);
	hang_up(l[2]);
	free_site(s);
}

static void plain_on_encrypted_links(void **state)
{
	(void)state;
	struct site *s = new_site();

	s->o->world->security.plain = true;
	open_site(s);
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		struct line *l = connect_from(s, 0, "192.0.2.1:1", encrypted, 0);

		assert_int_equal(login(l, "app", "secret"), 0);
		hang_up(l);
		l = connect_from(s, 0, "192.0.2.1:1", encrypted, 0);
		assert_int_equal(login(l, "app", "Secret"), DL3_AUTH_FAILED);
		hang_up(l);
	}
	free_site(s);
}

static void every_combination_of_flags_gets_its_records(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	for (uint32_t flags = 0; flags <= DL3_FLAGS_ALL; flags++) {
		bool cd2 = flags & DL3_FLAG_CD2, network = flags & DL3_FLAG_SCN && !cd2;
		bool conn = flags & DL3_FLAG_CONN, text = flags & DL3_FLAG_TEXT;
		bool sip = flags & DL3_FLAG_SIPTRACK, extn = flags & DL3_FLAG_CMEXTN;
		const struct {
			char letter;
			bool wanted;
			unsigned own, all;
		} expected[] = {
			{ 'd', !cd2, conn ? 1 : 2, conn ? 2 : 4 },
			{ 'l', !cd2, 1, 2 },
			{ 'c', !cd2, 1, 2 },
			{ '2', cd2 && !text, 3, 0 },
			{ '8', cd2 && text, 3, 0 },
			{ 's', sip, 2, 2 },
			{ 'e', extn, 1, 1 },
			{ 'x', extn, 3, 7 },
		};
		struct line *l = dial_in(s);
		size_t sum = 0;

		assert_int_equal(login(l, "app", "secret"), 0);
		assert_int_equal(stream(l, flags), cd2 && flags & DL3_FLAG_SCN ? DL3_EVENTS_PARTIAL_SUCCESS
		                                                               : DL3_EVENTS_SUCCESS);
		assert_int_equal(l->accepted, cd2 ? flags & ~DL3_FLAG_SCN : flags);
		assert_true(l->snapshot_end);
		one_call(s);
		const char *got = records(l);

		for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
			unsigned n = network ? expected[i].all : expected[i].own;

			n = expected[i].wanted ? n : 0;
			if (count(got, expected[i].letter) != n)
				fail_msg("flags %02x: %u of '%c' expected in '%s'", flags, n,
				         expected[i].letter, got);
			sum += n;
		}
		assert_int_equal(strlen(got), sum);
		hang_up(l);
	}
	free_site(s);
}

static void a_snapshot_comes_before_its_end(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	(void)dl3t_incoming(s->o, "4001");
	(void)dl3t_incoming(s->o, "5001");
	DL3T_DO(sim_answer(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
	struct line *l = listen_with(s, 0);

	assert_string_equal(records(l), "dd");
	assert_int_equal(stream(l, DL3_FLAG_SCN), 0);
	assert_string_equal(records(l), "ddd");
	assert_int_equal(stream(l, DL3_FLAG_CONN), 0);
	assert_string_equal(records(l), "d");
	assert_int_equal(stream(l, DL3_FLAG_CD2), 0);
	assert_string_equal(records(l), "");
	assert_true(l->snapshot_end);
	hang_up(l);
	free_site(s);
}

static void lost_skipped_and_doubled_events(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0);

	sim_pbx_lose(s->pbx, 0, 2);
	one_call(s);
	l->counters[0] = 2;
	assert_string_equal(records(l), "lc");
	sim_pbx_skip(s->pbx, 0, 5);
	l->counters[0] += 5;
	one_call(s);
	assert_string_equal(records(l), "ddlc");
	sim_pbx_duplicate(s->pbx, 0);
	one_call(s); /* the client does not give a duplicate's records */
	assert_string_equal(records(l), "ddlc");
	assert_int_equal(sim_pbx_counts(s->pbx).deliveries, 2 + 4 + 5);
	hang_up(l);
	free_site(s);
}

static void a_restart_begins_anew(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0), *other = connect_from(s, 1, "192.0.2.2:2", false, 0);

	assert_int_equal(login(other, "app", "secret"), 0);
	assert_int_equal(stream(other, 0), 0);
	DL3T_DO(sim_dial(s->o->x, dl3t_user(s->o, "4002"), &(struct sim_dialling){ .number = "5001" }, NULL,
	                 &error));
	DL3T_DO(sim_answer(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
	(void)records(l);
	(void)records(other);
	sim_pbx_reboot(s->pbx, 0);
	assert_string_equal(records(l), "");
	assert_string_equal(records(other), "lc"); /* its neighbour has lost both */
	assert_int_equal(sim_exchange_counts(s->o->x).calls_now, 0);
	l->counters[0] = 0;
	one_call(s);
	assert_string_equal(records(l), "ddlc");
	hang_up(l);
	hang_up(other);
	free_site(s);
}

static void refusals_and_lockouts_on_purpose(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	sim_pbx_refuse(s->pbx, DL3_AUTH_RETRY_LATER, 1000);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 1000);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	sim_pbx_lock_out(s->pbx, "app", 1000);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 1000);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	free_site(s);
}

static void one_who_does_not_read_is_given_up_and_nobody_else(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *lazy = connect_from(s, 0, "192.0.2.7:7", false, 20000), *good = listen_with(s, 0);

	assert_int_equal(login(lazy, "app", "secret"), 0);
	assert_int_equal(stream(lazy, 0), 0);
	for (int i = 0; i < 100; i++) {
		one_call(s);
		assert_string_equal(records(good), "ddlc");
	}
	assert_true(lazy->closed);
	assert_false(good->closed);
	assert_int_equal(sim_pbx_counts(s->pbx).overruns, 1);
	assert_int_equal(sim_pbx_counts(s->pbx).monitors, 1);
	assert_true(dl3_session_output(lazy->server).len <= 20000);
	assert_int_equal(count(dl3t_text_of(&s->log), '\n'), 0);
	hang_up(lazy);
	hang_up(good);
	free_site(s);
}

static void files_have_their_columns(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(read_file(l, "nasystem/user_list"), 0);
	const char *text = dl3t_text_of(&l->file);

	assert_non_null(strstr(text, "4001,4001,Ada Field,,,,,,,,,0\r\n"));
	assert_non_null(strstr(text, "\r\n4003,4003,\xc3\x87"
	                             "elik Deniz,"));
	assert_null(strstr(text, "5001"));
	assert_int_equal(read_file(l, "nasystem/hunt_list"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "Sales,200,,,1,,,0,,0\r\n");
	assert_int_equal(read_file(l, "nasystem/hunt_info/Sales"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "4001\r\n4002\r\n4003\r\n");
	DL3T_DO(sim_set_member(s->o->x, dl3t_group(s->o, "200"), dl3t_user(s->o, "4002"), false, &error));
	assert_int_equal(read_file(l, "nasystem/hunt_info/200"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "4001\r\n4002*\r\n4003\r\n");
	assert_int_equal(read_file(l, "nasystem/dir_list"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "M&S <HQ> Z\xc3\xbcrich,01707123456\r\n");
	for (const char *const *name = (const char *const[]){ "nasystem/hunt_info/nobody", "nasystem/",
	                                                      "user_list", "", "nasystem/user_list9", NULL };
	     *name; name++)
		if (**name)
			assert_int_equal(read_file(l, *name), DL3_READ_NOT_FOUND);
	hang_up(l);
	free_site(s);
}

static void files_of_a_large_system_come_whole(void **state)
{
	(void)state;
	static const char *const names[] = { "nasystem/user_list", "nasystem/user_list8",
		                             "nasystem/extn_list" };
	struct site *s = new_site();

	use_made_world(s, &(struct sim_size){ .nodes = 1, .users = 3000 });
	open_site(s);
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(read_file(l, names[i]), 0);
		assert_true(l->file.len > 32768);
		assert_int_equal(count(dl3t_text_of(&l->file), '\n'), i < 2 ? 3001 : 3000);
	}
	hang_up(l);
	free_site(s);
}

static void a_call_shows_in_its_files(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(read_file(l, "nasystem/call_list/1/1"), 0);
	assert_int_equal(l->file.len, 0);
	assert_int_equal(read_file(l, "nasystem/user_info/4002"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "4002,4002,Bo Lind,0\r\n");
	DL3T_DO(sim_dial(s->o->x, dl3t_user(s->o, "4002"), &(struct sim_dialling){ .number = "5001" }, NULL,
	                 &error));
	assert_int_equal(read_file(l, "nasystem/call_list/1/1"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "1,c0a82a0300000001,\r\n");
	assert_int_equal(read_file(l, "nasystem/user_info/4002"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "4002,4002,Bo Lind,1\r\n");
	assert_int_equal(read_file(l, "nasystem/who_is"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "Office,IP 500 V2,192.168.42.3\r\n");
	assert_int_equal(read_file(l, "nasystem/licence_list"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "CTI Link Pro,4,Valid\r\n");
	assert_int_equal(read_file(l, "nasystem/AccountCode"), 0);
	assert_int_equal(l->file.len, 0);
	hang_up(l);
	free_site(s);
}

static void a_snapshot_larger_than_the_queue_comes_whole(void **state)
{
	(void)state;
	struct site *s = new_site();

	s->o->world->trunks[0].channels = 3000;
	s->o->world->groups[0].queue_limit = 3000;
	open_site(s);
	for (int i = 0; i < 2000; i++)
		(void)dl3t_incoming(s->o, "5678");
	struct line *l = connect_from(s, 0, "192.0.2.7:7", false, 40000);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(dl3_client_stream(l->client, 0, NULL), DL3_OK);
	while (turn(l, 1000) > 0)
		if (l->snapshot_end)
			assert_int_equal(l->records.len, 2000);
	assert_int_equal(l->records.len, 2000);
	assert_true(l->snapshot_end);
	hang_up(l);
	free_site(s);
}

DL3T_TESTS(cmocka_unit_test(rights_and_passwords), cmocka_unit_test(failures_lock_the_user_out_for_a_time),
           cmocka_unit_test(an_address_is_locked_out_too),
           cmocka_unit_test(the_memory_of_failures_is_bounded), cmocka_unit_test(licences),
           cmocka_unit_test(licences_and_the_size_of_the_network), cmocka_unit_test(three_may_listen),
           cmocka_unit_test(three_may_listen_to_a_network), cmocka_unit_test(or_three_may_connect),
           cmocka_unit_test(plain_on_encrypted_links),
           cmocka_unit_test(every_combination_of_flags_gets_its_records),
           cmocka_unit_test(a_snapshot_comes_before_its_end),
           cmocka_unit_test(lost_skipped_and_doubled_events), cmocka_unit_test(a_restart_begins_anew),
           cmocka_unit_test(refusals_and_lockouts_on_purpose),
           cmocka_unit_test(one_who_does_not_read_is_given_up_and_nobody_else),
           cmocka_unit_test(files_have_their_columns), cmocka_unit_test(files_of_a_large_system_come_whole),
           cmocka_unit_test(a_call_shows_in_its_files),
           cmocka_unit_test(a_snapshot_larger_than_the_queue_comes_whole));
