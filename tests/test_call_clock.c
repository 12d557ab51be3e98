/* SPDX-License-Identifier: MIT */
/* Clocks that go round, jump or differ; and what comes beside the calls: SIPTrack and CMExtn. */
#include "support/test.h"

#include "support/board.h"

#define NORMAL DL3_CAUSE_NORMAL
#define LAST INT64_C(4294967296) /* tenths, where 32 bits end */

static void call_of_two_seconds(struct board *b, int64_t first, int64_t second, int64_t third)
{
	see_late(b, -first,
	         (struct view){
			 .id = 1, .at = first, .a = WAITS(END(01), "4001"), .b = RINGS(END(02), "4002") });
	see_late(b, 10 - second,
	         (struct view){
			 .id = 1, .at = second, .a = TALKS(END(01), "4001"), .b = TALKS(END(02), "4002") });
	struct dl3_record r = { .kind = DL3_KIND_CALL_LOST };
	const char *ends[] = { END(01), END(02) };

	for (size_t i = 0; i < 2; i++) {
		r.u.call_lost = (struct dl3_call_lost){ .node = node_text(NODE), .end = dl3_str_of(ends[i]) };
		DL3_SET(&r.u.call_lost, DL3_CALL_LOST_CAUSE, cause, NORMAL);
		DL3_SET(&r.u.call_lost, DL3_CALL_LOST_TIMESTAMP, timestamp, third);
		board_feed(b, NODE, 20, &r);
	}
}

static void tenths_that_go_round_go_on(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	call_of_two_seconds(&b, LAST - 5, 5, 15);
	record_has(&b, 0, "ring_s", "1.0");
	record_has(&b, 0, "talk_s", "1.0");
	record_has(&b, 0, "duration_s", "2.0");
	record_has(&b, 0, "incomplete", "false");
	board_free(&b);
}

static void a_clock_that_jumps_back_counts_by_arrival_and_marks(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	call_of_two_seconds(&b, 500000, 100010, 100020);
	record_has(&b, 0, "duration_s", "2.0");
	record_has(&b, 0, "talk_s", "1.0");
	record_has(&b, 0, "incomplete", "true");
	board_free(&b);
}

static void a_clock_that_jumps_far_ahead_counts_by_arrival_and_marks(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	call_of_two_seconds(&b, 100, 2000000010, 2000000020);
	record_has(&b, 0, "duration_s", "2.0");
	record_has(&b, 0, "incomplete", "true");
	board_free(&b);
}

static void a_call_behind_a_jump_is_whole(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	call_of_two_seconds(&b, 500000, 100010, 100020);
	see_late(&b, 0,
	         (struct view){
			 .id = 2, .at = 100300, .a = WAITS(END(11), "4001"), .b = RINGS(END(12), "4002") });
	lose(&b, END(12), NORMAL, 100310);
	lose(&b, END(11), NORMAL, 100310);
	record_has(&b, 1, "duration_s", "1.0");
	record_has(&b, 1, "incomplete", "false");
	board_free(&b);
}

static void nodes_may_count_from_different_starts(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	see_late(&b, -500000,
	         (struct view){
			 .id = 1, .at = 500000, .a = WAITS(END(01), "4001"), .b = RINGS(END(02), "4002") });
	/* The other's clock is far behind. */
	see_late(&b, -290,
	         (struct view){ .node = FAR_NODE,
	                        .id = 9,
	                        .at = 300,
	                        .a = WAITS(FAR_END(01), "5001"),
	                        .b = RINGS(FAR_END(02), "5002") });
	struct dl3_record r = { .kind = DL3_KIND_CALL_LOST };
	const char *ends[] = { FAR_END(01), FAR_END(02) };

	for (size_t i = 0; i < 2; i++) {
		r.u.call_lost =
			(struct dl3_call_lost){ .node = node_text(FAR_NODE), .end = dl3_str_of(ends[i]) };
		DL3_SET(&r.u.call_lost, DL3_CALL_LOST_TIMESTAMP, timestamp, 330);
		board_feed(&b, FAR_NODE, 40, &r);
	}
	record_has(&b, 0, "duration_s", "3.0");
	record_has(&b, 0, "incomplete", "false");
	board_free(&b);
}

/* ---- SIPTrack ---- */

static void track(struct board *b, const char *text, int64_t at)
{
	struct dl3_record r;

	dl3_siptrack_decode(dl3_str_of(text), &r);
	board_feed(b, NODE, at, &r);
}

static void a_dialogue_joins_the_call_that_has_its_end(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	track(&b, "START," END(01) ",5.1.1,TRUNK,IN,abc@192.0.2.1", 35);
	track(&b, "END," END(01) ",5.1.1,TRUNK,IN,abc@192.0.2.1", 80);
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "sip_call_ids", "[\"abc@192.0.2.1\"]");
	board_free(&b);
}

static void a_dialogue_that_comes_before_its_end_waits_for_it(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	track(&b, "START," END(02) ",5.2.1,PHONE,OUT,def@192.0.2.2", 5);
	answer(&b);
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "sip_call_ids", "[\"def@192.0.2.2\"]");
	board_free(&b);
}

static void a_dialogue_is_told_with_the_call_it_belongs_to(void **state)
{
	(void)state;
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3_tracked told;
	struct dl3_record r;

	dl3_siptrack_decode(dl3_str_of("START," END(01) ",5.1.1,TRUNK,IN,abc"), &r);
	assert_int_equal(dl3_tracker_record(t, 1000, NODE, 1, &r), DL3_OK);
	assert_int_equal(dl3_tracker_next(t, &told), DL3_OK);
	assert_int_equal(told.type, DL3_TRACKED_SIP);
	assert_true(told.sip.started && told.sip.trunk && told.sip.in);
	assert_true(dl3_str_is(told.sip.end, END(01)));
	assert_true(dl3_str_is(told.sip.sip_call_id, "abc"));
	assert_null(told.sip.call.ptr);
	assert_int_equal(dl3_tracker_next(t, &told), DL3_END);
	dl3_tracker_free(t);
}

/* ---- CMExtn ---- */

static void a_cmextn_event_is_shown_as_it_came(void **state)
{
	(void)state;
	struct board b = board_of(NULL);
	struct dl3_record r = { .kind = DL3_KIND_CMEXTN };
	const struct dl3_user_info *user;

	r.u.cmextn.text = dl3_str_of("Extn4001: CMDialling <- CMIdle");
	board_feed(&b, NODE, 10, &r);
	assert_int_equal(dl3_tracker_find_user(b.t, dl3_str_of("4001"), &user), DL3_OK);
	assert_true(dl3_str_is(user->cmextn, "Extn4001: CMDialling <- CMIdle"));
	/* It says nothing of a call. */
	assert_int_equal(user->state, DL3_USER_IDLE);
	assert_int_equal(dl3_tracker_counts(b.t).calls, 0);
	board_free(&b);
}

DL3T_TESTS(cmocka_unit_test(tenths_that_go_round_go_on),
           cmocka_unit_test(a_clock_that_jumps_back_counts_by_arrival_and_marks),
           cmocka_unit_test(a_clock_that_jumps_far_ahead_counts_by_arrival_and_marks),
           cmocka_unit_test(a_call_behind_a_jump_is_whole),
           cmocka_unit_test(nodes_may_count_from_different_starts),
           cmocka_unit_test(a_dialogue_joins_the_call_that_has_its_end),
           cmocka_unit_test(a_dialogue_that_comes_before_its_end_waits_for_it),
           cmocka_unit_test(a_dialogue_is_told_with_the_call_it_belongs_to),
           cmocka_unit_test(a_cmextn_event_is_shown_as_it_came));
