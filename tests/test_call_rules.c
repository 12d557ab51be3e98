/* SPDX-License-Identifier: MIT */
/* The rules by which calls are made of Details: docs/calls.md, one situation each. */
#include "support/test.h"

#include "support/board.h"

#define BUSY DL3_CAUSE_BUSY
#define NORMAL DL3_CAUSE_NORMAL
#define MOVED DL3_CAUSE_TRANSFER

static void is_id(const struct dl3_call_info *call, const char *id)
{
	assert_int_equal(call->id.len, strlen(id));
	assert_memory_equal(call->id.ptr, id, call->id.len);
}

static size_t up(const struct board *b)
{
	return dl3_tracker_counts(b->t).calls;
}

/* ---- 1. One call ---- */

static void views_that_share_an_end_are_one_call(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .node = FAR_NODE, .id = 77, .at = 31,
	    .a = { .end = END(02), .state = DL3_STATE_CONNECTED, .remote = true },
	    .b = TALKS(FAR_END(09), NULL));
	assert_int_equal(up(&b), 1);
	lose(&b, END(02), NORMAL, 50);
	lose(&b, END(01), NORMAL, 50);
	lose_on(&b, FAR_NODE, FAR_END(09), NORMAL, 50, false);
	ended_are(&b, 1);
	record_has(&b, 0, "nodes", "[\"c0000201\",\"c0000202\"]");
	record_has(&b, 0, "call_ids", "[\"c0000201:1\",\"c0000202:77\"]");
	board_free(&b);
}

static void a_view_that_joins_two_calls_takes_the_younger_into_the_older(void **state)
{
	(void)state;
	struct board b = board_of(NULL);
	const struct dl3_call_info *call;

	answer(&b);
	SEE(&b, .id = 2, .at = 40, .a = TALKS(END(03), "4001"), .b = TALKS(END(04), "4002"));
	assert_int_equal(up(&b), 2);
	/* The younger one's end stands first. */
	SEE(&b, .id = 2, .at = 60, .a = TALKS(END(04), "4002"), .b = LINE_TALKS(END(01), "5550100"));
	assert_int_equal(up(&b), 1);
	assert_string_equal(b.merged, END(03) " ");
	assert_int_equal(dl3_tracker_find_call(b.t, dl3_str_of(END(03)), &call), DL3_OK);
	is_id(call, END(01));
	lose(&b, END(02), MOVED, 60);
	lose(&b, END(03), MOVED, 60);
	lose(&b, END(04), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	ended_are(&b, 1);
	record_has(&b, 0, "id", "\"" END(01) "\"");
	record_has(&b, 0, "ends", "[\"" END(01) "\",\"" END(02) "\",\"" END(03) "\",\"" END(04) "\"]");
	record_has(&b, 0, "parties", "[\"4001\",\"4002\"]");
	board_free(&b);
}

static void a_target_joins_nothing(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .id = 2, .at = 40, .a = WAITS(END(03), "4003"), .targets = { RINGS(END(02), "4001") });
	assert_int_equal(up(&b), 2);
	board_free(&b);
}

static void nobody_is_his_own_partner(void **state)
{
	(void)state;
	struct board b = board_of(NULL);
	const struct dl3_call_info *call;

	SEE(&b, .at = 10, .a = TALKS(END(01), "4001"), .b = TALKS(END(01), "4001"));
	assert_int_equal(dl3_tracker_counts(b.t).ends, 1);
	assert_int_equal(dl3_tracker_find_call(b.t, dl3_str_of(END(01)), &call), DL3_OK);
	assert_false(call->has_b);
	board_free(&b);
}

/* ---- 2. Ends ---- */

static void a_lost_link_takes_one_node_s_view_only(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .node = FAR_NODE, .id = 77, .at = 31, .a = TALKS(FAR_END(09), "5001"),
	    .b = { .end = END(02), .state = DL3_STATE_CONNECTED, .remote = true });
	lose_link(&b, FAR_NODE, END(02), 40);
	dl3_tracker_tick(b.t, ARRIVAL(1000));
	board_fetch(&b);
	assert_int_equal(up(&b), 1);
	assert_int_equal(dl3_tracker_counts(b.t).ends, 3);
	board_free(&b);
}

static void an_end_that_nobody_sees_and_that_its_node_never_told_of_goes_after_the_grace(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 10, .a = TALKS(END(01), "4001"),
	    .b = { .end = FAR_END(09), .state = DL3_STATE_CONNECTED, .remote = true });
	lose_link(&b, NODE, FAR_END(09), 20);
	dl3_tracker_tick(b.t, ARRIVAL(20) + DL3_TRACKER_GRACE_MS - 1);
	assert_int_equal(dl3_tracker_counts(b.t).ends, 2);
	dl3_tracker_tick(b.t, ARRIVAL(20) + DL3_TRACKER_GRACE_MS);
	assert_int_equal(dl3_tracker_counts(b.t).ends, 1);
	board_free(&b);
}

static void a_call_ends_with_its_last_end_whoever_still_rings(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	ring(&b);
	lose(&b, END(01), NORMAL, 20);
	ended_are(&b, 1);
	assert_int_equal(up(&b), 0);
	board_free(&b);
}

static void a_handset_lifted_and_put_down_leaves_no_record(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 10, .a = { .end = END(01), .extension = "4001", .state = DL3_STATE_DIALLING });
	lose(&b, END(01), NORMAL, 20);
	ended_are(&b, 0);
	assert_int_equal(b.uncounted, 1);
	board_free(&b);
}

/* ---- 3. Direction ---- */

static void direction_is(const char *json, bool a_outside, bool b_outside, bool as_target)
{
	struct board b = board_of(NULL);
	struct phone far = { .end = END(02), .state = DL3_STATE_RINGING, .outside = b_outside };

	SEE(&b, .at = 10, .a = { .end = END(01), .state = DL3_STATE_RINGBACK, .outside = a_outside },
	    .b = as_target ? (struct phone){ 0 } : far, .targets = { as_target ? far : (struct phone){ 0 } });
	lose(&b, END(02), NORMAL, 20);
	lose(&b, END(01), NORMAL, 20);
	ended_are(&b, 1);
	record_has(&b, 0, "direction", json);
	board_free(&b);
}

static void a_line_that_calls_a_phone_is_incoming(void **state)
{
	(void)state;
	direction_is("\"incoming\"", true, false, true);
	direction_is("\"incoming\"", true, false, false);
}

static void a_phone_that_calls_a_line_is_outgoing(void **state)
{
	(void)state;
	direction_is("\"outgoing\"", false, true, true);
	direction_is("\"outgoing\"", false, true, false);
}

static void a_phone_that_calls_a_phone_is_internal(void **state)
{
	(void)state;
	direction_is("\"internal\"", false, false, true);
	direction_is("\"internal\"", false, false, false);
}

static void a_line_that_calls_a_line_is_tandem(void **state)
{
	(void)state;
	direction_is("\"tandem\"", true, true, true);
	direction_is("\"tandem\"", true, true, false);
}

static void an_incoming_call_passed_to_the_outside_is_tandem(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .id = 1, .at = 60, .a = LINE_TALKS(END(01), "5550100"), .b = LINE_TALKS(END(05), "5550199"));
	lose(&b, END(02), MOVED, 60);
	lose(&b, END(05), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "direction", "\"tandem\"");
	record_has(&b, 0, "answered_by", "\"4001\"");
	board_free(&b);
}

static void the_direction_is_that_of_the_first_view(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	/* The parties have changed their places. */
	SEE(&b, .id = 1, .at = 40, .a = TALKS(END(02), "4001"), .b = LINE_TALKS(END(01), "5550100"));
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "direction", "\"incoming\"");
	board_free(&b);
}

/* ---- 5. Outcome ---- */

/* Rings at 4001 and 4002. */
static void ring_two(struct board *b)
{
	SEE(b, .id = 1, .at = 10, .a = LINE_WAITS(END(01), "5550100"), .group = "200",
	    .targets = { RINGS(END(02), "4001"), RINGS(END(03), "4002") });
}

static void a_call_that_all_pushed_away_is_rejected(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	ring_two(&b);
	push_away(&b, END(03), "4002", 20);
	push_away(&b, END(02), "4001", 30);
	lose(&b, END(01), NORMAL, 40);
	record_has(&b, 0, "outcome", "\"rejected\"");
	record_has(&b, 0, "rejected_by", "[\"4002\",\"4001\"]");
	board_free(&b);
}

static void a_call_that_one_of_two_pushed_away_is_abandoned(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	ring_two(&b);
	push_away(&b, END(03), "4002", 20);
	lose(&b, END(01), NORMAL, 40);
	record_has(&b, 0, "outcome", "\"abandoned\"");
	record_has(&b, 0, "rejected_by", "[\"4002\"]");
	board_free(&b);
}

static void a_cause_that_is_not_normal_is_a_failure(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 10, .a = WAITS(END(01), "4001"), .b = LINE_WAITS(END(02), "5550100"));
	lose(&b, END(01), NORMAL, 20);
	lose(&b, END(02), BUSY, 20);
	record_has(&b, 0, "outcome", "\"failed\"");
	record_has(&b, 0, "cause", "17");
	record_has(&b, 0, "cause_name", "\"busy\"");
	board_free(&b);
}

static void a_transfer_s_cause_is_no_failure(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 10, .a = WAITS(END(01), "4001"), .b = LINE_WAITS(END(02), "5550100"));
	lose(&b, END(02), MOVED, 20);
	lose(&b, END(01), NORMAL, 25);
	record_has(&b, 0, "outcome", "\"abandoned\"");
	record_has(&b, 0, "cause", "126");
	board_free(&b);
}

static void an_answered_call_does_not_fail(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	lose(&b, END(01), DL3_CAUSE_NETWORK_OUT_OF_ORDER, 60);
	lose(&b, END(02), NORMAL, 60);
	record_has(&b, 0, "outcome", "\"answered\"");
	record_has(&b, 0, "cause", "38");
	board_free(&b);
}

/* ---- 7. Incomplete ---- */

static void a_call_connected_at_its_first_view_is_incomplete(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 30, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(END(02), "4001"));
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "incomplete", "true");
	board_free(&b);
}

static void a_gap_marks_the_calls_that_its_pbx_saw(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .node = FAR_NODE, .id = 5, .at = 30, .a = WAITS(FAR_END(01), "5001"),
	    .targets = { RINGS(FAR_END(02), "5002") });
	dl3_tracker_counter(b.t, ARRIVAL(40), FAR_NODE, DL3_COUNTER_GAP);
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	lose_on(&b, FAR_NODE, FAR_END(01), NORMAL, 91, false);
	ended_are(&b, 2);
	record_has(&b, 0, "incomplete", "false");
	record_has(&b, 1, "incomplete", "true");
	board_free(&b);
}

static void a_counter_that_comes_twice_marks_nothing(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	dl3_tracker_counter(b.t, ARRIVAL(40), NODE, DL3_COUNTER_DUPLICATE);
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "incomplete", "false");
	board_free(&b);
}

static void a_restart_ends_the_calls_of_its_pbx_marked(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .node = FAR_NODE, .id = 5, .at = 30, .a = WAITS(FAR_END(01), "5001"),
	    .targets = { RINGS(FAR_END(02), "5002") });
	dl3_tracker_counter(b.t, ARRIVAL(70), NODE, DL3_COUNTER_RESTART);
	board_fetch(&b);
	ended_are(&b, 1);
	assert_int_equal(up(&b), 1);
	record_has(&b, 0, "id", "\"" END(01) "\"");
	record_has(&b, 0, "incomplete", "true");
	record_has(&b, 0, "talk_s", "4.0");
	record_has(&b, 0, "end_party", "\"system\"");
	board_free(&b);
}

static void a_restart_leaves_a_call_that_another_node_has_an_end_of(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 10, .a = TALKS(END(01), "4001"),
	    .b = { .end = FAR_END(02), .state = DL3_STATE_CONNECTED, .remote = true });
	SEE(&b, .node = FAR_NODE, .id = 9, .at = 10,
	    .a = { .end = END(01), .state = DL3_STATE_CONNECTED, .remote = true },
	    .b = TALKS(FAR_END(02), "5001"));
	dl3_tracker_counter(b.t, ARRIVAL(40), NODE, DL3_COUNTER_RESTART);
	board_fetch(&b);
	assert_int_equal(up(&b), 1);
	assert_int_equal(dl3_tracker_counts(b.t).ends, 1);
	lose_on(&b, FAR_NODE, FAR_END(02), NORMAL, 60, false);
	ended_are(&b, 1);
	record_has(&b, 0, "incomplete", "true");
	board_free(&b);
}

DL3T_TESTS(cmocka_unit_test(views_that_share_an_end_are_one_call),
           cmocka_unit_test(a_view_that_joins_two_calls_takes_the_younger_into_the_older),
           cmocka_unit_test(a_target_joins_nothing), cmocka_unit_test(nobody_is_his_own_partner),
           cmocka_unit_test(a_lost_link_takes_one_node_s_view_only),
           cmocka_unit_test(an_end_that_nobody_sees_and_that_its_node_never_told_of_goes_after_the_grace),
           cmocka_unit_test(a_call_ends_with_its_last_end_whoever_still_rings),
           cmocka_unit_test(a_handset_lifted_and_put_down_leaves_no_record),
           cmocka_unit_test(a_line_that_calls_a_phone_is_incoming),
           cmocka_unit_test(a_phone_that_calls_a_line_is_outgoing),
           cmocka_unit_test(a_phone_that_calls_a_phone_is_internal),
           cmocka_unit_test(a_line_that_calls_a_line_is_tandem),
           cmocka_unit_test(an_incoming_call_passed_to_the_outside_is_tandem),
           cmocka_unit_test(the_direction_is_that_of_the_first_view),
           cmocka_unit_test(a_call_that_all_pushed_away_is_rejected),
           cmocka_unit_test(a_call_that_one_of_two_pushed_away_is_abandoned),
           cmocka_unit_test(a_cause_that_is_not_normal_is_a_failure),
           cmocka_unit_test(a_transfer_s_cause_is_no_failure),
           cmocka_unit_test(an_answered_call_does_not_fail),
           cmocka_unit_test(a_call_connected_at_its_first_view_is_incomplete),
           cmocka_unit_test(a_gap_marks_the_calls_that_its_pbx_saw),
           cmocka_unit_test(a_counter_that_comes_twice_marks_nothing),
           cmocka_unit_test(a_restart_ends_the_calls_of_its_pbx_marked),
           cmocka_unit_test(a_restart_leaves_a_call_that_another_node_has_an_end_of));
