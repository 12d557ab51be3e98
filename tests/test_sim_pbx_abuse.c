/* SPDX-License-Identifier: MIT */
/* What the PBX's service does about those who use it badly, and that nobody else is harmed. */
#include <stdlib.h>
#include <string.h>

#include "support/test.h"

#include "support/site.h"

/* ---- Messages that a client of ours would not send ---- */

/* Gives the server's events to the PBX. @return why there are no more. */
static enum dl3_err serve(struct line *l)
{
	struct dl3_event ev;
	enum dl3_err err;

	while ((err = dl3_session_next(l->server, &ev)) == DL3_OK)
		sim_pbx_event(l->port, &ev);
	return err;
}

static enum dl3_err feed(struct line *l, const void *octets, size_t len)
{
	enum dl3_err err = DL3_OK;

	for (size_t at = 0; at < len && dl3_err_class(err) == DL3_CLASS_OK && err != DL3_BLOCKED;) {
		at += dl3_session_feed(l->server, (const uint8_t *)octets + at, len - at);
		err = serve(l);
	}
	return err;
}

static enum dl3_err say(struct line *l, const struct dl3_msg *msg)
{
	uint8_t frame[8192];
	size_t len;

	assert_int_equal(dl3_msg_encode(msg, frame, sizeof(frame), &len), DL3_OK);
	return feed(l, frame, len);
}

static enum dl3_err say_flags(struct line *l, uint32_t id, const char *flags)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REQUEST, .request_id = id };

	msg.u.event_request.flags = dl3_str_of(flags);
	return say(l, &msg);
}

static enum dl3_err say_login(struct line *l, const char *user)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 900 };

	msg.u.auth_request.step = DL3_AUTH_STEP_REQUEST;
	msg.u.auth_request.user = dl3_str_of(user);
	return say(l, &msg);
}

static enum dl3_err say_wrong_proof(struct line *l)
{
	static const uint8_t proof[DL3_SHA1_SIZE];
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 901 };

	msg.u.auth_request.step = DL3_AUTH_STEP_SHA1_RESPONSE;
	msg.u.auth_request.response = (struct dl3_octets){ proof, sizeof(proof) };
	return say(l, &msg);
}

static enum dl3_err say_unknown(struct line *l)
{
	return say(l, &(struct dl3_msg){ .type = DL3_MSG_UNKNOWN, .code = 0x00300099 });
}

static enum dl3_err say_test(struct line *l, size_t size)
{
	static const uint8_t payload[DL3_TEST_PAYLOAD_FATAL + 1];
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = 902 };

	msg.u.test_request.payload = (struct dl3_octets){ payload, size };
	return say(l, &msg);
}

static uint64_t monitors(const struct site *s)
{
	return sim_pbx_counts(s->pbx).monitors;
}

static unsigned wanted(const struct site *s, size_t node)
{
	struct sim_audience a = sim_pbx_audience(s->pbx);

	return a.wants(node, a.arg);
}

/* ---- Streams that die ---- */

static void a_refused_new_login_ends_the_stream(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, DL3_FLAG_SCN), *good = listen_with(s, 0);

	assert_int_equal(wanted(s, 1), SIM_TELLS_DELTA3);
	(void)say_login(l, "app");
	assert_int_equal(monitors(s), 2); /* until it is refused */
	(void)say_wrong_proof(l);
	assert_int_equal(monitors(s), 1);
	assert_int_equal(wanted(s, 1), 0);
	one_call(s);
	assert_string_equal(records(good), "ddlc");
	assert_false(l->closed); /* its test packets are still answered */
	assert_int_equal(sim_pbx_counts(s->pbx).overruns, 0);
	assert_int_equal(sim_pbx_counts(s->pbx).refusals, 1);
	hang_up(l);
	hang_up(good);
	free_site(s);
}

static void a_fatal_test_packet_ends_the_stream(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0);

	(void)say_test(l, DL3_TEST_PAYLOAD_FATAL);
	assert_int_equal(monitors(s), 1);
	(void)say_test(l, DL3_TEST_PAYLOAD_FATAL + 1);
	assert_int_equal(monitors(s), 0);
	assert_int_equal(wanted(s, 0), 0);
	one_call(s);
	assert_int_equal(sim_pbx_counts(s->pbx).overruns, 0);
	hang_up(l);
	free_site(s);
}

static void one_whose_session_ended_is_no_overrun(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0), *good = listen_with(s, 0);

	assert_int_equal(dl3_err_class(feed(l, "garbage", 7)), DL3_CLASS_PROTOCOL);
	one_call(s);
	assert_string_equal(records(good), "ddlc");
	assert_int_equal(monitors(s), 1);
	assert_int_equal(sim_pbx_counts(s->pbx).overruns, 0);
	hang_up(l);
	hang_up(good);
	free_site(s);
}

static void a_giant_frame_ends_its_session_alone(void **state)
{
	static const uint8_t giant[] = { 0x49, 0xff, 0x7f, 0xff, 0x00, 0x30, 0x00, 0x41, 0, 0, 0, 1 };

	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0), *good = listen_with(s, 0);

	assert_int_equal(feed(l, giant, sizeof(giant)), DL3_ERR_FRAME_LIMIT);
	hang_up(l);
	one_call(s);
	assert_string_equal(records(good), "ddlc");
	assert_int_equal(sim_pbx_counts(s->pbx).connections, 1);
	hang_up(good);
	free_site(s);
}

/* ---- Requests ---- */

static void an_unknown_flag_gives_no_stream_and_takes_none(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	(void)say_flags(l, 5, "-SCN -Invented");
	assert_int_equal(monitors(s), 0);
	assert_non_null(strstr(dl3t_text_of(&s->log), "unknown_flag"));
	(void)say_flags(l, 6, "_SIPTrack");
	assert_int_equal(monitors(s), 1);
	(void)say_flags(l, 7, "-Invented");
	assert_int_equal(wanted(s, 0), SIM_TELLS_DELTA3 | SIM_TELLS_SIPTRACK);
	hang_up(l);
	free_site(s);
}

static void request_0_streams_without_an_answer(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	(void)say_flags(l, 0, "");
	assert_int_equal(dl3_session_output(l->server).len, 0);
	assert_int_equal(monitors(s), 1);
	one_call(s);
	assert_string_equal(records(l), "ddlc");
	hang_up(l);
	free_site(s);
}

static void requests_before_login_get_nothing(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = dial_in(s);

	(void)dl3t_incoming(s->o, "4001");
	(void)say_flags(l, 5, "-SCN");
	assert_int_equal(dl3_session_output(l->server).len, 0);
	assert_int_equal(monitors(s), 0);
	hang_up(l);
	free_site(s);
}

/* ---- Guessing ---- */

static void challenges_collected_before_a_lock_are_no_use(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = connect_from(s, 0, "192.0.2.77:1", false, 0);

	assert_int_equal(dl3_client_authenticate(l->client, "app", "secret", NULL), DL3_OK);
	(void)move(l->client, l->server, SIZE_MAX);
	(void)serve(l);
	for (int i = 0; i < 3; i++)
		assert_int_equal(login_once(s, "app", "wrong"), DL3_AUTH_FAILED);
	talk(l);
	assert_true(l->refused);
	assert_int_equal(l->result, DL3_AUTH_RETRY_LATER);
	hang_up(l);
	free_site(s);
}

static void long_and_odd_names_are_locked_out_too(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	char name[1000];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 3; i++)
		assert_int_equal(login_once(s, name, "x"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, name, "x"), DL3_AUTH_RETRY_LATER);
	for (int i = 0; i < 3; i++)
		assert_int_equal(login_once(s, "two\nlines", "x"), DL3_AUTH_FAILED);
	assert_null(strstr(dl3t_text_of(&s->log), "two"));
	assert_null(strstr(dl3t_text_of(&s->log), "nnn"));
	free_site(s);
}

static void a_lock_on_purpose_can_be_taken_off(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	sim_pbx_lock_out(s->pbx, "app", 60000);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	sim_pbx_lock_out(s->pbx, "app", 0);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	sim_pbx_refuse(s->pbx, DL3_AUTH_LIMITS_EXCEEDED, 60000);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_LIMITS_EXCEEDED);
	sim_pbx_refuse(s->pbx, DL3_AUTH_LIMITS_EXCEEDED, 0);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	free_site(s);
}

/* ---- Floods ---- */

static void a_flood_of_nonsense_fills_no_log(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = dial_in(s);

	for (int i = 0; i < 5000; i++) {
		(void)say_unknown(l);
		(void)say_flags(l, 7, "-SCN"); /* not logged in */
	}
	assert_int_equal(count(dl3t_text_of(&s->log), '\n'), 1);
	/* What matters more is still said. */
	assert_int_equal(login(l, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(count(dl3t_text_of(&s->log), '\n'), 2);
	assert_non_null(strstr(dl3t_text_of(&s->log), "192.0.2.1:5000: refused: "));
	hang_up(l);
	free_site(s);
}

static void a_flood_of_requests_waits_for_its_reader(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = connect_from(s, 0, "192.0.2.7:7", false, 20000), *good = listen_with(s, 0);
	enum dl3_err err = DL3_OK;

	(void)dl3t_incoming(s->o, "4003");
	assert_string_equal(records(good), "d");
	assert_int_equal(login(l, "app", "secret"), 0);
	for (int i = 0; i < 5000 && err != DL3_BLOCKED; i++)
		err = say_flags(l, 7, "-SCN");
	assert_int_equal(err, DL3_BLOCKED);
	assert_true(dl3_session_output(l->server).len <= 20000);
	assert_false(l->closed);
	one_call(s);
	assert_string_equal(records(good), "ddlc");
	hang_up(l);
	hang_up(good);
	free_site(s);
}

static void many_who_never_log_in_take_nobodys_place(void **state)
{
	(void)state;
	struct site *s = new_site();
	struct line *idle[200];

	s->o->world->security.limit = SIM_LIMIT_CONNECTIONS;
	open_site(s);
	for (size_t i = 0; i < 200; i++) {
		idle[i] = dial_in(s);
		(void)say_login(idle[i], "app");
	}
	struct line *l = listen_with(s, 0);

	one_call(s);
	assert_string_equal(records(l), "ddlc");
	for (size_t i = 0; i < 200; i++)
		hang_up(idle[i]);
	hang_up(l);
	free_site(s);
}

/* ---- Snapshots ---- */

static void a_call_too_large_for_the_queue_ends_the_stream(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = connect_from(s, 0, "192.0.2.7:7", false, 400);

	(void)dl3t_incoming(s->o, "5678"); /* rings at three: a long Detail */
	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(dl3_client_stream(l->client, 0, NULL), DL3_OK);
	talk(l);
	assert_true(l->closed);
	assert_int_equal(monitors(s), 0);
	assert_int_equal(sim_pbx_counts(s->pbx).overruns, 1);
	hang_up(l);
	free_site(s);
}

static void calls_go_on_during_a_snapshot_in_pieces(void **state)
{
	(void)state;
	struct site *s = new_site();
	unsigned calls = 0;

	s->o->world->trunks[0].channels = 3000;
	s->o->world->groups[0].queue_limit = 3000;
	open_site(s);
	for (int i = 0; i < 500; i++)
		(void)dl3t_incoming(s->o, "5678");
	struct line *l = connect_from(s, 0, "192.0.2.7:7", false, 100000);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(dl3_client_stream(l->client, 0, NULL), DL3_OK);
	/* note_record() sees to it that no counter is left out. */
	for (int i = 0; turn(l, 3000) > 0; i++) {
		if (i % 40 != 39 || l->snapshot_end || dl3_session_output(l->server).len > 90000)
			continue;
		DL3T_DO(sim_call_in(s->o->x,
		                    &(struct sim_incoming){ .trunk = &s->o->world->trunks[0], .did = "6001" },
		                    NULL, &error));
		calls++;
	}
	assert_false(l->closed);
	assert_true(l->snapshot_end);
	assert_true(calls > 0);
	assert_true(count(dl3t_text_of(&l->records), 'd') >= 500 + calls);
	hang_up(l);
	free_site(s);
}

static void the_pbx_may_go_before_its_clients(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0);

	sim_pbx_free(s->pbx);
	s->pbx = NULL;
	dl3_session_free(l->client);
	dl3_session_free(l->server);
	dl3t_text_free(&l->records);
	free(l);
	free_site(s);
}

DL3T_TESTS(cmocka_unit_test(a_refused_new_login_ends_the_stream),
           cmocka_unit_test(a_fatal_test_packet_ends_the_stream),
           cmocka_unit_test(one_whose_session_ended_is_no_overrun),
           cmocka_unit_test(a_giant_frame_ends_its_session_alone),
           cmocka_unit_test(an_unknown_flag_gives_no_stream_and_takes_none),
           cmocka_unit_test(request_0_streams_without_an_answer),
           cmocka_unit_test(requests_before_login_get_nothing),
           cmocka_unit_test(challenges_collected_before_a_lock_are_no_use),
           cmocka_unit_test(long_and_odd_names_are_locked_out_too),
           cmocka_unit_test(a_lock_on_purpose_can_be_taken_off),
           cmocka_unit_test(a_flood_of_nonsense_fills_no_log),
           cmocka_unit_test(a_flood_of_requests_waits_for_its_reader),
           cmocka_unit_test(many_who_never_log_in_take_nobodys_place),
           cmocka_unit_test(a_call_too_large_for_the_queue_ends_the_stream),
           cmocka_unit_test(calls_go_on_during_a_snapshot_in_pieces),
           cmocka_unit_test(the_pbx_may_go_before_its_clients));
