/* SPDX-License-Identifier: MIT */
/* Calls out of Delta2, each rule of docs/calls.md, "Under -CD2", by itself. */
#include "support/delta2.h"

static void a_call_that_is_answered(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 4000);
	dl3t_feed(t, 24000, "CALL:D 17.3.1,0.4.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"id\":\"c0000201:17.3.1\",\"direction\":\"incoming\",\"outcome\":\"answered\"");
	dl3t_has(json, "\"duration_s\":23.0,\"ring_s\":3.0,\"queue_s\":0.0,\"talk_s\":20.0,\"hold_s\":0.0");
	dl3t_has(json, "\"cli\":\"901707123456\",\"name\":null,\"did\":\"5678\",\"dialled\":null");
	dl3t_has(json, "\"answered_by\":\"4001\",\"parties\":[\"4001\"]");
	dl3t_has(json, "\"nodes\":[\"c0000201\"],\"ends\":[\"c0000201:17.3.1\",\"c0000201:0.4.0\"]");
	dl3t_has(json, "\"call_ids\":[\"c0000201:7\"]");
	dl3t_has(json, "\"incomplete\":false");
	dl3_tracker_free(t);
}

static void what_delta2_does_not_say_is_null(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 4000);
	dl3t_feed(t, 24000, "CALL:D 17.3.1,0.4.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"voicemail_s\":null");
	dl3t_has(json, "\"cause\":null,\"cause_name\":null,\"end_party\":null");
	dl3_tracker_free(t);
}

static void an_outgoing_call(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 1, .a = "0.1.1", .b = "17.2.0", .states = "8,8,0,0,0,0", .a_name = "Bo Li (4002)",
	    .b_name = "Line 17", .called = "5550100", .calling = "4002", .dialled = "95550100");
	SAY(t, 2000, .id = 1, .a = "0.1.1", .b = "17.2.0", .states = TALKS, .a_name = "Bo Li (4002)",
	    .b_name = "Line 17", .called = "5550100", .calling = "4002", .dialled = "95550100");
	dl3t_feed(t, 5000, "CALL:D 0.1.1,17.2.0,1");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"direction\":\"outgoing\",\"outcome\":\"answered\"");
	dl3t_has(json, "\"cli\":\"4002\",\"name\":\"Bo Li\",\"did\":null,\"dialled\":\"95550100\"");
	dl3t_has(json, "\"answered_by\":null,\"parties\":[\"4002\"]");
	dl3_tracker_free(t);
}

static void a_call_between_extensions_is_internal(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 1, .a = "0.1.1", .states = RINGS, .a_name = "Bo(4002)", .list = "Ada(4001)");
	assert_int_equal(dl3t_user(t, "4002"), DL3_USER_DIALLING);
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_RINGING);
	SAY(t, 2000, .id = 1, .a = "0.1.1", .b = "0.2.0", .states = TALKS, .a_name = "Bo(4002)",
	    .b_name = "Ada(4001)");
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_TALKING);
	dl3t_feed(t, 5000, "CALL:D 0.1.1,0.2.0,1");
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_IDLE);
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"direction\":\"internal\"");
	dl3t_has(json, "\"parties\":[\"4002\",\"4001\"]");
	dl3_tracker_free(t);
}

static void a_call_that_nobody_takes_is_abandoned(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_feed(t, 9000, "CALL:D 17.3.1,,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"outcome\":\"abandoned\"");
	dl3t_has(json, "\"ring_s\":8.0");
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_IDLE);
	dl3_tracker_free(t);
}

static void a_handset_lifted_leaves_no_record(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 9, .a = "0.1.1", .states = "9,0,0,0,0,0", .a_name = "Bo(4002)");
	dl3t_feed(t, 2000, "CALL:D 0.1.1,,9");
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 0);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
	dl3_tracker_free(t);
}

static void hold_counts(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = A_HELD, .a_name = "Line 17",
	    .b_name = "Ada(4001)");
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_HELD);
	dl3t_answer_in(t, 9000);
	dl3t_feed(t, 12000, "CALL:D 17.3.1,0.4.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"talk_s\":10.0,\"hold_s\":4.0");
	dl3t_has(json, "\"what\":\"held\",\"who\":\"901707123456\"");
	dl3t_has(json, "\"what\":\"retrieved\"");
	dl3_tracker_free(t);
}

static void a_blind_transfer(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17", .list = "Bo(4002)");
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_IDLE);
	SAY(t, 8000, .id = 7, .a = "17.3.1", .b = "0.5.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Bo(4002)");
	dl3t_feed(t, 10000, "CALL:D 17.3.1,0.5.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"answered_by\":\"4001\",\"parties\":[\"4001\",\"4002\"]");
	dl3t_has(json, "\"transfers\":1");
	dl3t_has(json, "\"talk_s\":8.0");
	dl3t_has(json, "\"what\":\"transferred\",\"who\":\"4001\"");
	dl3_tracker_free(t);
}

static void a_consultation_that_is_completed_joins_two_calls(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = A_HELD, .a_name = "Line 17",
	    .b_name = "Ada(4001)");
	SAY(t, 5000, .id = 8, .a = "0.6.1", .states = RINGS, .a_name = "Ada(4001)", .list = "Bo(4002)");
	SAY(t, 7000, .id = 8, .a = "0.6.1", .b = "0.7.0", .states = TALKS, .a_name = "Ada(4001)",
	    .b_name = "Bo(4002)");
	assert_int_equal(dl3_tracker_counts(t).calls, 2);
	dl3t_fetch(t, &h);
	SAY(t, 9000, .id = 7, .a = "17.3.1", .b = "0.7.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Bo(4002)");
	dl3t_feed(t, 9000, "CALL:D 0.6.1,0.7.0,8");
	assert_int_equal(dl3_tracker_counts(t).calls, 1);
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_IDLE);
	assert_int_equal(dl3t_user(t, "4002"), DL3_USER_TALKING);
	dl3t_feed(t, 12000, "CALL:D 17.3.1,0.7.0,7");
	const char *json = dl3t_only(t, &h);
	assert_int_equal(h.merged, 1);
	dl3t_has(json, "\"parties\":[\"4001\",\"4002\"]");
	dl3t_has(json, "\"transfers\":1");
	dl3t_has(json, "\"hold_s\":4.0");
	dl3_tracker_free(t);
}

static void park_and_unpark(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_call_info *c;
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 7, .a = "17.3.1", .b = "0.8.0", .states = "11,2,1,1,1,0", .a_name = "Line 17",
	    .b_name = "Park 6", .park = "6");
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c0000201:17.3.1"), &c), DL3_OK);
	assert_int_equal(c->state, DL3_CALL_PARKED);
	SAY(t, 8000, .id = 7, .a = "17.3.1", .b = "0.9.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Bo(4002)");
	dl3t_feed(t, 10000, "CALL:D 17.3.1,0.9.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"hold_s\":3.0");
	dl3t_has(json, "\"parties\":[\"4001\",\"4002\"]");
	dl3t_has(json, "\"transfers\":1");
	dl3t_has(json, "\"what\":\"parked\"");
	dl3t_has(json, "\"what\":\"unparked\"");
	dl3_tracker_free(t);
}

static void a_slot_is_known_by_its_field_whatever_its_name(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_call_info *c;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 7, .a = "17.3.1", .b = "0.8.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Parkplatz", .park = "6");
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c0000201:17.3.1"), &c), DL3_OK);
	assert_int_equal(c->state, DL3_CALL_PARKED);
	dl3_tracker_free(t);
}

static void a_conference_is_one_call(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = A_HELD, .a_name = "Line 17",
	    .b_name = "Ada(4001)");
	SAY(t, 5000, .id = 8, .a = "0.6.1", .states = RINGS, .a_name = "Ada(4001)", .list = "Bo(4002)");
	SAY(t, 6000, .id = 8, .a = "0.6.1", .b = "0.7.0", .states = TALKS, .a_name = "Ada(4001)",
	    .b_name = "Bo(4002)");
	SAY(t, 7000, .id = 7, .a = "17.3.1", .b = "0.9.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Conf 101");
	SAY(t, 7000, .id = 8, .a = "0.6.1", .b = "0.9.0", .states = TALKS, .a_name = "Ada(4001)",
	    .b_name = "Conf 101");
	SAY(t, 7000, .id = 9, .a = "0.7.0", .b = "0.9.0", .states = TALKS, .a_name = "Bo(4002)",
	    .b_name = "Conf 101");
	assert_int_equal(dl3_tracker_counts(t).calls, 1);
	dl3t_feed(t, 8000, "CALL:D 17.3.1,0.9.0,7");
	assert_int_equal(dl3t_user(t, "4002"), DL3_USER_TALKING);
	dl3t_feed(t, 9000, "CALL:D 0.6.1,0.9.0,8");
	dl3t_feed(t, 9500, "CALL:D 0.7.0,0.9.0,9");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"parties\":[\"4001\",\"4002\"],\"segments\":[{\"party\":\"4001\"");
	dl3t_has(json,
	         "\"ends\":[\"c0000201:17.3.1\",\"c0000201:0.4.0\",\"c0000201:0.9.0\",\"c0000201:0.6.1\","
	         "\"c0000201:0.7.0\"]");
	dl3t_has(json, "\"transfers\":0");
	dl3t_has(json, "\"cause\":null");
	dl3t_has(json, "\"what\":\"conferenced\"");
	dl3_tracker_free(t);
}

static void a_queue_and_the_numbers_of_its_group(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_group_info *g;
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 7, .a = "17.3.1", .states = WAITS, .a_name = "Line 17", .group = "200",
	    .now_group = "200");
	assert_int_equal(dl3_tracker_find_group(t, dl3_str_of("200"), &g), DL3_OK);
	assert_int_equal(g->waiting, 1);
	SAY(t, 4000, .id = 7, .a = "17.3.1", .states = WAITS, .a_name = "Line 17", .list = "Ada(4001)",
	    .group = "200", .now_group = "200");
	SAY(t, 6000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Ada(4001)", .group = "200", .now_group = "200");
	dl3t_feed(t, 8000, "CALL:D 17.3.1,0.4.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"ring_s\":2.0,\"queue_s\":5.0,\"talk_s\":2.0");
	dl3t_has(json, "\"group\":\"200\"");
	dl3t_has(json, "\"what\":\"queued\"");
	assert_int_equal(dl3_tracker_find_group(t, dl3_str_of("200"), &g), DL3_OK);
	assert_int_equal(g->today.answered, 1);
	assert_int_equal(g->today.wait_ms, 5000);
	dl3_tracker_free(t);
}

static void voicemail_is_known_by_its_name(void **state)
{
	static const char *const names[] = { "Voicemail", "VM Channel 12" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct dl3_tracker *t = dl3t_tracker();
		struct dl3t_heard h;

		dl3t_ring_in(t, 1000);
		SAY(t, 6000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
		    .b_name = names[i]);
		dl3t_feed(t, 9000, "CALL:D 17.3.1,0.4.0,7");
		const char *json = dl3t_only(t, &h);
		dl3t_has(json, "\"outcome\":\"voicemail\"");
		dl3t_has(json, "\"ring_s\":5.0,\"queue_s\":0.0,\"talk_s\":0.0");
		dl3t_has(json, "\"parties\":[]");
		dl3_tracker_free(t);
	}
}

static void somebody_called_voicemail_is_a_person(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	SAY(t, 6000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Voicemail(4009)");
	dl3t_feed(t, 9000, "CALL:D 17.3.1,0.4.0,7");
	dl3t_has(dl3t_only(t, &h), "\"outcome\":\"answered\"");
	dl3_tracker_free(t);
}

static void who_is_off_the_list_by_cause_21_has_rejected(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17",
	    .list = "Ada(4001);Bo(4002)");
	SAY(t, 2000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17", .list = "Bo(4002)",
	    .cause = 21);
	SAY(t, 3000, .id = 7, .a = "17.3.1", .b = "0.5.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Bo(4002)");
	dl3t_feed(t, 9000, "CALL:D 17.3.1,0.5.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"outcome\":\"answered\"");
	dl3t_has(json, "\"rejected_by\":[\"4001\"]");
	dl3_tracker_free(t);
}

static void a_call_that_all_have_rejected(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	SAY(t, 2000, .id = 7, .a = "17.3.1", .states = "3,0,0,0,0,0", .a_name = "Line 17", .cause = 21);
	dl3t_feed(t, 2000, "CALL:D 17.3.1,,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"outcome\":\"rejected\"");
	dl3t_has(json, "\"rejected_by\":[\"4001\"]");
	dl3t_has(json, "\"cause\":21");
	dl3_tracker_free(t);
}

static void without_a_cause_a_rejection_is_not_told(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17",
	    .list = "Ada(4001);Bo(4002)");
	SAY(t, 2000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17", .list = "Bo(4002)");
	assert_int_equal(dl3t_user(t, "4001"), DL3_USER_IDLE);
	dl3t_feed(t, 9000, "CALL:D 17.3.1,,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"outcome\":\"abandoned\"");
	dl3t_has(json, "\"rejected_by\":[]");
	dl3_tracker_free(t);
}

static void a_cause_that_is_told_is_the_calls(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 1, .a = "0.1.1", .b = "17.2.0", .states = "8,8,0,0,0,0", .a_name = "Bo(4002)",
	    .b_name = "Line 17");
	SAY(t, 2000, .id = 1, .a = "0.1.1", .b = "17.2.0", .states = "8,3,0,0,0,0", .a_name = "Bo(4002)",
	    .b_name = "Line 17", .cause = 17);
	dl3t_feed(t, 3000, "CALL:D 0.1.1,17.2.0,1");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"outcome\":\"failed\"");
	dl3t_has(json, "\"cause\":17,\"cause_name\":\"busy\"");
	dl3t_has(json, "\"end_party\":\"called\"");
	dl3_tracker_free(t);
}

static void who_is_disconnected_first_has_ended_it(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = "2,3,1,0,0,0", .a_name = "Line 17",
	    .b_name = "Ada(4001)", .cause = 16);
	SAY(t, 5100, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = "3,3,0,0,0,0", .a_name = "Line 17",
	    .b_name = "Ada(4001)", .cause = 16);
	dl3t_feed(t, 5100, "CALL:D 17.3.1,0.4.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"cause\":16");
	dl3t_has(json, "\"end_party\":\"4001\"");
	dl3_tracker_free(t);
}

static void ends_that_change_places_are_the_same(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_call_info *c;
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	dl3t_feed(t, 3000, "CALL:A 0.4.0,17.3.1,7");
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c0000201:17.3.1"), &c), DL3_OK);
	assert_true(dl3_str_same(c->a.extension, dl3_str_of("4001")));
	assert_true(dl3_str_same(c->b.end, dl3_str_of("c0000201:17.3.1")));
	SAY(t, 5000, .id = 7, .a = "0.4.0", .states = RINGS, .a_name = "Ada(4001)", .list = "Bo(4002)");
	dl3t_feed(t, 6000, "CALL:D 0.4.0,,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"direction\":\"incoming\"");
	dl3t_has(json, "\"ends\":[\"c0000201:17.3.1\",\"c0000201:0.4.0\"]");
	dl3_tracker_free(t);
}

static void what_is_connected_at_first_is_incomplete(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_answer_in(t, 2000);
	dl3t_feed(t, 3000, "CALL:D 17.3.1,0.4.0,7");
	dl3t_has(dl3t_only(t, &h), "\"incomplete\":true");
	dl3_tracker_free(t);
}

static void targets_have_no_identifier(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_call_info *c;

	(void)state;
	SAY(t, 1000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17",
	    .list = "Ada(4001); ;Bo(4002)");
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c0000201:17.3.1"), &c), DL3_OK);
	assert_int_equal(c->target_count, 2);
	assert_int_equal(c->targets[0].end.len, 0);
	assert_true(dl3_str_same(c->targets[1].extension, dl3_str_of("4002")));
	dl3_tracker_free(t);
}

static void a_target_that_answers_is_the_party(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_call_info *c;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	assert_int_equal(dl3_tracker_find_end(t, dl3_str_of("c0000201:0.4.0"), &c), DL3_OK);
	assert_int_equal(c->target_count, 0);
	assert_int_equal(c->timeline[1].what, DL3_CALL_DID_OFFER);
	assert_true(dl3_str_same(c->timeline[1].end, dl3_str_of("c0000201:0.4.0")));
	dl3_tracker_free(t);
}

static void one_name_rings_in_two_calls(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_user_info *u;

	(void)state;
	dl3t_ring_in(t, 1000);
	SAY(t, 1500, .id = 8, .a = "17.5.1", .states = RINGS, .a_name = "Line 17", .list = "Ada(4001)");
	assert_int_equal(dl3_tracker_find_user(t, dl3_str_of("4001"), &u), DL3_OK);
	assert_int_equal(u->calls, 2);
	dl3t_feed(t, 2000, "CALL:D 17.3.1,,7");
	assert_int_equal(dl3_tracker_find_user(t, dl3_str_of("4001"), &u), DL3_OK);
	assert_int_equal(u->calls, 1);
	dl3_tracker_free(t);
}

static void a_number_given_again_ends_what_had_it(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 9000, .id = 7, .a = "17.9.1", .states = RINGS, .a_name = "Line 17", .list = "Bo(4002)");
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 1);
	dl3t_has(h.json[0], "\"id\":\"c0000201:17.3.1\"");
	dl3t_has(h.json[0], "\"incomplete\":true");
	dl3t_feed(t, 10000, "CALL:D 17.9.1,,7");
	dl3t_has(dl3t_only(t, &h), "\"incomplete\":false");
	dl3_tracker_free(t);
}

static void an_identifier_may_be_used_again_at_once(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_feed(t, 1000, "CALL:D 17.3.1,,7");
	SAY(t, 1000, .id = 8, .a = "17.3.1", .states = RINGS, .a_name = "Line 17", .list = "Bo(4002)");
	dl3t_feed(t, 1000, "CALL:D 17.3.1,,8");
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 2);
	dl3_tracker_free(t);
}

static void a_loss_without_a_number_is_found_by_its_ends(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	dl3t_feed(t, 3000, "CALL:D 17.3.1,0.4.0");
	dl3t_has(dl3t_only(t, &h), "\"outcome\":\"answered\"");
	dl3_tracker_free(t);
}

static void a_loss_of_what_nobody_knows_does_nothing(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_feed(t, 500, "CALL:D 17.3.1,0.4.0,7");
	dl3t_ring_in(t, 1000);
	dl3t_feed(t, 2000, "CALL:D 17.77.1,0.78.0,9");
	dl3t_feed(t, 2000, "CALL:D ,,");
	dl3t_feed(t, 2000, "CALL:A 0.78.0,17.77.1,9");
	dl3t_feed(t, 2000, "CALL:S ,,1,0,0,0,0,0");
	dl3t_feed(t, 2000, "CALL:S 0.0.0,0.0.0,1,0,0,0,0,0");
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 0);
	assert_int_equal(dl3_tracker_counts(t).calls, 1);
	assert_int_equal(dl3_tracker_counts(t).ends, 1);
	dl3_tracker_free(t);
}

/* Nothing quotes it: all behind it is one field further, the number too. */
static void a_comma_in_a_name_makes_no_second_call(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	SAY(t, 2000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "King, Ada(4001)", .account = "1001");
	dl3t_feed(t, 3000, "CALL:D 17.3.1,0.4.0,7");
	dl3t_has(dl3t_only(t, &h), "\"outcome\":\"answered\"");
	dl3_tracker_free(t);
}

static void a_state_that_nobody_knows_changes_nothing(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_call_info *c;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 3000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = "99,-3,1,0,1,0", .a_name = "Line 17",
	    .b_name = "Ada(4001)");
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c0000201:17.3.1"), &c), DL3_OK);
	assert_int_equal(c->state, DL3_CALL_CONNECTED);
	assert_int_equal(c->a.state, DL3_STATE_CONNECTED);
	dl3_tracker_free(t);
}

DL3T_TESTS(cmocka_unit_test(a_call_that_is_answered), cmocka_unit_test(what_delta2_does_not_say_is_null),
           cmocka_unit_test(an_outgoing_call), cmocka_unit_test(a_call_between_extensions_is_internal),
           cmocka_unit_test(a_call_that_nobody_takes_is_abandoned),
           cmocka_unit_test(a_handset_lifted_leaves_no_record), cmocka_unit_test(hold_counts),
           cmocka_unit_test(a_blind_transfer),
           cmocka_unit_test(a_consultation_that_is_completed_joins_two_calls),
           cmocka_unit_test(park_and_unpark),
           cmocka_unit_test(a_slot_is_known_by_its_field_whatever_its_name),
           cmocka_unit_test(a_conference_is_one_call), cmocka_unit_test(a_queue_and_the_numbers_of_its_group),
           cmocka_unit_test(voicemail_is_known_by_its_name),
           cmocka_unit_test(somebody_called_voicemail_is_a_person),
           cmocka_unit_test(who_is_off_the_list_by_cause_21_has_rejected),
           cmocka_unit_test(a_call_that_all_have_rejected),
           cmocka_unit_test(without_a_cause_a_rejection_is_not_told),
           cmocka_unit_test(a_cause_that_is_told_is_the_calls),
           cmocka_unit_test(who_is_disconnected_first_has_ended_it),
           cmocka_unit_test(ends_that_change_places_are_the_same),
           cmocka_unit_test(what_is_connected_at_first_is_incomplete),
           cmocka_unit_test(targets_have_no_identifier), cmocka_unit_test(a_target_that_answers_is_the_party),
           cmocka_unit_test(one_name_rings_in_two_calls),
           cmocka_unit_test(a_number_given_again_ends_what_had_it),
           cmocka_unit_test(an_identifier_may_be_used_again_at_once),
           cmocka_unit_test(a_loss_without_a_number_is_found_by_its_ends),
           cmocka_unit_test(a_loss_of_what_nobody_knows_does_nothing),
           cmocka_unit_test(a_comma_in_a_name_makes_no_second_call),
           cmocka_unit_test(a_state_that_nobody_knows_changes_nothing));
