/* SPDX-License-Identifier: MIT */
/* How long a call rang, queued, was held and talked, and who talked: docs/calls.md. */
#include "support/test.h"

#include "support/board.h"

#define NORMAL DL3_CAUSE_NORMAL
#define MOVED DL3_CAUSE_TRANSFER

/* ---- Durations ---- */

static void ringing_lasts_to_the_answer(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 95);
	record_has(&b, 0, "ring_s", "2.0");
	record_has(&b, 0, "talk_s", "6.0");
	record_has(&b, 0, "duration_s", "8.5");
	board_free(&b);
}

static void ringing_that_voicemail_ends_lasts_to_voicemail(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	ring(&b);
	SEE(&b, .id = 1, .at = 70, .a = LINE_TALKS(END(01), "5550100"),
	    .b = THING(END(08), DL3_EQUIPMENT_VOICEMAIL));
	SEE(&b, .id = 1, .at = 150, .a = LINE_TALKS(END(01), "5550100"),
	    .b = THING(END(08), DL3_EQUIPMENT_VOICEMAIL), .message_s = 7);
	lose(&b, END(01), NORMAL, 160);
	lose(&b, END(08), NORMAL, 160);
	record_has(&b, 0, "outcome", "\"voicemail\"");
	record_has(&b, 0, "ring_s", "6.0");
	record_has(&b, 0, "talk_s", "0.0");
	record_has(&b, 0, "answered", "null");
	record_has(&b, 0, "voicemail_s", "7");
	board_free(&b);
}

static void machines_do_not_answer(void **state)
{
	static const int64_t machines[] = { DL3_EQUIPMENT_PARK_SLOT, DL3_EQUIPMENT_WAV_DRIVER,
		                            DL3_EQUIPMENT_RECORDING_HANDLER, DL3_EQUIPMENT_CONFERENCE,
		                            DL3_EQUIPMENT_CONFERENCE_RECORDER };

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct board b = board_of(NULL);

		ring(&b);
		SEE(&b, .id = 1, .at = 70, .a = LINE_TALKS(END(01), "5550100"),
		    .b = THING(END(08), machines[i]));
		lose(&b, END(01), NORMAL, 160);
		lose(&b, END(08), NORMAL, 160);
		record_has(&b, 0, "answered", "null");
		record_has(&b, 0, "outcome", "\"abandoned\"");
		board_free(&b);
	}
}

static void a_queue_lasts_to_the_answer(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 10, .a = LINE_WAITS(END(01), "5550100"), .group = "200",
	    .queueing = DL3_QUEUEING_QUEUEING);
	SEE(&b, .id = 1, .at = 50, .a = LINE_WAITS(END(01), "5550100"), .group = "200",
	    .targets = { RINGS(END(02), "4001") });
	SEE(&b, .id = 1, .at = 80, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(END(02), "4001"));
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "queue_s", "7.0");
	record_has(&b, 0, "ring_s", "3.0");
	board_free(&b);
}

static void a_queue_that_nobody_answers_lasts_to_the_end(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	SEE(&b, .id = 1, .at = 10, .a = LINE_WAITS(END(01), "5550100"));
	SEE(&b, .id = 1, .at = 30, .a = LINE_WAITS(END(01), "5550100"),
	    .queueing = DL3_QUEUEING_ANNOUNCEMENT);
	lose(&b, END(01), NORMAL, 75);
	record_has(&b, 0, "queue_s", "4.5");
	record_has(&b, 0, "ring_s", "0.0");
	board_free(&b);
}

static void hold_is_connected_time_without_audio_after_the_answer(void **state)
{
	(void)state;
	struct board b = board_of(NULL);
	struct phone held = LINE_TALKS(END(01), "5550100");

	held.mute = true;
	held.tone = DL3_TONE_HOLD_MUSIC;
	answer(&b);
	SEE(&b, .id = 1, .at = 50, .a = held, .b = TALKS(END(02), "4001"));
	SEE(&b, .id = 1, .at = 85, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(END(02), "4001"));
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "hold_s", "3.5");
	record_has(&b, 0, "talk_s", "6.0");
	board_free(&b);
}

static void hold_that_the_end_of_the_call_ends_counts(void **state)
{
	(void)state;
	struct board b = board_of(NULL);
	struct phone held = LINE_TALKS(END(01), "5550100");

	held.mute = true;
	answer(&b);
	SEE(&b, .id = 1, .at = 50, .a = held, .b = TALKS(END(02), "4001"));
	lose(&b, END(01), NORMAL, 95);
	lose(&b, END(02), NORMAL, 95);
	record_has(&b, 0, "hold_s", "4.5");
	board_free(&b);
}

static void no_audio_before_the_answer_is_no_hold(void **state)
{
	(void)state;
	struct board b = board_of(NULL);
	struct phone a = LINE_TALKS(END(01), "5550100");

	a.mute = true;
	SEE(&b, .id = 1, .at = 10, .a = a, .targets = { RINGS(END(02), "4001") });
	SEE(&b, .id = 1, .at = 30, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(END(02), "4001"));
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "hold_s", "0.0");
	board_free(&b);
}

/* 4001 parks the caller at 50; 4002 takes the call at 90. */
static void park(struct board *b)
{
	answer(b);
	SEE(b, .id = 1, .at = 50, .a = LINE_TALKS(END(01), "5550100"),
	    .b = THING(END(08), DL3_EQUIPMENT_PARK_SLOT));
	lose(b, END(02), DL3_CAUSE_PARKED, 50);
}

static void time_in_a_park_slot_is_hold(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	park(&b);
	SEE(&b, .id = 1, .at = 90, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(END(03), "4002"));
	lose(&b, END(08), DL3_CAUSE_UNPARKED, 90);
	lose(&b, END(03), NORMAL, 120);
	lose(&b, END(01), NORMAL, 120);
	ended_are(&b, 1);
	record_has(&b, 0, "hold_s", "4.0");
	record_has(&b, 0, "talk_s", "9.0");
	record_has(&b, 0, "transfers", "1");
	record_has(&b, 0, "parties", "[\"4001\",\"4002\"]");
	board_free(&b);
}

static void talk_is_less_the_time_with_voicemail(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .id = 1, .at = 50, .a = LINE_TALKS(END(01), "5550100"),
	    .b = THING(END(08), DL3_EQUIPMENT_VOICEMAIL));
	lose(&b, END(02), MOVED, 50);
	lose(&b, END(08), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	record_has(&b, 0, "outcome", "\"answered\"");
	record_has(&b, 0, "talk_s", "2.0");
	board_free(&b);
}

static void without_tenths_the_arrival_counts(void **state)
{
	(void)state;
	struct board b = board_of(NULL);
	static const char *const texts[] = {
		"<Detail><Call>c0000201,1</Call><PartyA>" END(
			01) ",1,19,1,0,0,1</PartyA><Target_list><Target>" END(02) ",0,0,8</Target></"
										  "Target_list></Detail>",
		"<Detail><Call>c0000201,1</Call><PartyA>" END(01) ",1,2,1,0,0,1</PartyA><PartyB>" END(
			02) ",0,2,1,0,0,0,0,0,8</PartyB></Detail>",
		"<CallLost>c0000201," END(02) ",0,16</CallLost>",
		"<CallLost>c0000201," END(01) ",0,16</CallLost>"
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dl3_record r;

		assert_int_equal(dl3_delta3_decode(dl3_str_of(texts[i]), &r, NULL), DL3_OK);
		board_feed(&b, NODE, (int64_t)i * 30, &r);
	}
	record_has(&b, 0, "ring_s", "3.0");
	record_has(&b, 0, "talk_s", "6.0");
	record_has(&b, 0, "duration_s", "9.0");
	board_free(&b);
}

/* ---- Who talked ---- */

/* 4001 asks 4002 from 50 to 80, and then joins the caller and 4002. */
static void consult(struct board *b)
{
	struct phone held = LINE_TALKS(END(01), "5550100");

	held.mute = true;
	answer(b);
	SEE(b, .id = 1, .at = 50, .a = held, .b = TALKS(END(02), "4001"));
	SEE(b, .id = 2, .at = 50, .a = TALKS(END(03), "4001"), .b = TALKS(END(04), "4002"));
	SEE(b, .id = 1, .at = 80, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(END(04), "4002"));
	lose(b, END(02), MOVED, 80);
	lose(b, END(03), MOVED, 80);
}

static void the_cause_is_the_first_but_a_transfer_s_after_the_last_answer(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	consult(&b);
	lose(&b, END(04), DL3_CAUSE_NORMAL_UNSPECIFIED, 120);
	lose(&b, END(01), NORMAL, 121);
	record_has(&b, 0, "transfers", "1");
	record_has(&b, 0, "cause", "31");
	board_free(&b);
}

static void ends_of_one_person_that_overlap_are_one_segment(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	consult(&b);
	lose(&b, END(04), NORMAL, 120);
	lose(&b, END(01), NORMAL, 120);
	ended_are(&b, 1);
	const json_t *segments = json_object_get(json_array_get(b.ended, 0), "segments");

	assert_int_equal(json_array_size(segments), 2);
	record_has(&b, 0, "answered_by", "\"4001\"");
	record_has(&b, 0, "parties", "[\"4001\",\"4002\"]");
	record_has(&b, 0, "hold_s", "3.0");
	for (size_t i = 0; i < 2; i++) {
		const json_t *s = json_array_get(segments, i);

		assert_string_equal(json_string_value(json_object_get(s, "party")), i ? "4002" : "4001");
		assert_int_equal((int)(10 * json_number_value(json_object_get(s, "talk_s")) + 0.5),
		                 i ? 70 : 50);
	}
	board_free(&b);
}

static void ender_is(const char *json, bool line_clears, bool phone_clears)
{
	struct board b = board_of(NULL);

	answer(&b);
	lose_on(&b, NODE, END(02), NORMAL, 60, phone_clears);
	lose_on(&b, NODE, END(01), NORMAL, 60, line_clears);
	record_has(&b, 0, "end_party", json);
	board_free(&b);
}

static void who_clears_first_after_the_last_answer_ended_the_call(void **state)
{
	(void)state;
	ender_is("\"4001\"", true, true);
	ender_is("\"caller\"", true, false);
	ender_is("\"system\"", false, false);
}

static void a_conference_is_one_call_of_all_who_talked(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	answer(&b);
	SEE(&b, .id = 2, .at = 40, .a = TALKS(END(03), "4001"), .b = TALKS(END(04), "4002"));
	SEE(&b, .id = 3, .at = 60, .a = LINE_TALKS(END(01), "5550100"),
	    .b = THING(END(10), DL3_EQUIPMENT_CONFERENCE));
	SEE(&b, .id = 3, .at = 60, .a = TALKS(END(02), "4001"),
	    .b = THING(END(10), DL3_EQUIPMENT_CONFERENCE));
	SEE(&b, .id = 3, .at = 60, .a = TALKS(END(04), "4002"),
	    .b = THING(END(10), DL3_EQUIPMENT_CONFERENCE));
	lose(&b, END(03), DL3_CAUSE_CONFERENCING_MOVE, 60);
	assert_int_equal(dl3_tracker_counts(b.t).calls, 1);
	const struct dl3_call_info *call;

	assert_int_equal(dl3_tracker_find_call(b.t, dl3_str_of(END(01)), &call), DL3_OK);
	assert_int_equal(call->state, DL3_CALL_CONFERENCE);
	lose(&b, END(04), NORMAL, 80);
	lose(&b, END(02), NORMAL, 90);
	lose(&b, END(01), NORMAL, 90);
	lose(&b, END(10), NORMAL, 90);
	ended_are(&b, 1);
	record_has(&b, 0, "parties", "[\"4001\",\"4002\"]");
	record_has(&b, 0, "talk_s", "6.0");
	record_has(&b, 0, "transfers", "0");
	board_free(&b);
}

DL3T_TESTS(cmocka_unit_test(ringing_lasts_to_the_answer),
           cmocka_unit_test(ringing_that_voicemail_ends_lasts_to_voicemail),
           cmocka_unit_test(machines_do_not_answer), cmocka_unit_test(a_queue_lasts_to_the_answer),
           cmocka_unit_test(a_queue_that_nobody_answers_lasts_to_the_end),
           cmocka_unit_test(hold_is_connected_time_without_audio_after_the_answer),
           cmocka_unit_test(hold_that_the_end_of_the_call_ends_counts),
           cmocka_unit_test(no_audio_before_the_answer_is_no_hold),
           cmocka_unit_test(time_in_a_park_slot_is_hold),
           cmocka_unit_test(talk_is_less_the_time_with_voicemail),
           cmocka_unit_test(without_tenths_the_arrival_counts),
           cmocka_unit_test(the_cause_is_the_first_but_a_transfer_s_after_the_last_answer),
           cmocka_unit_test(ends_of_one_person_that_overlap_are_one_segment),
           cmocka_unit_test(who_clears_first_after_the_last_answer_ended_the_call),
           cmocka_unit_test(a_conference_is_one_call_of_all_who_talked));
