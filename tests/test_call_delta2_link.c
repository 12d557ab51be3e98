/* SPDX-License-Identifier: MIT */
/* Calls out of Delta2 while things go wrong, or Delta3 tells too; and what all of it takes. */
#include "support/alloc.h"
#include "support/delta2.h"
#include "support/random.h"

static void a_gap_marks(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3_tracker_counter(t, 2000, PBX, DL3_COUNTER_GAP);
	dl3t_answer_in(t, 3000);
	dl3t_feed(t, 4000, "CALL:D 17.3.1,0.4.0,7");
	dl3t_has(dl3t_only(t, &h), "\"incomplete\":true");
	dl3_tracker_free(t);
}

static void a_restart_ends_all(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	dl3_tracker_counter(t, 3000, PBX, DL3_COUNTER_RESTART);
	dl3t_has(dl3t_only(t, &h), "\"incomplete\":true");
	dl3_tracker_free(t);
}

static void what_is_not_told_of_again_ended_with_the_link(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3_tracker_link_up(t, 500);
	dl3_tracker_snapshot_end(t, 500);
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	dl3_tracker_link_lost(t, 5000);
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 0);
	dl3_tracker_link_up(t, 9000);
	dl3_tracker_snapshot_end(t, 9000);
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"duration_s\":4.0");
	dl3t_has(json, "\"incomplete\":true");
	dl3_tracker_free(t);
}

static void what_is_told_of_later_all_the_same_is_marked(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3_tracker_link_lost(t, 5000);
	dl3_tracker_link_up(t, 9000);
	dl3_tracker_snapshot_end(t, 9000);
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 1);
	dl3t_ring_in(t, 9500);
	dl3t_feed(t, 9900, "CALL:D 17.3.1,,7");
	dl3t_has(dl3t_only(t, &h), "\"incomplete\":true");
	/* But not what gets its number after that. */
	dl3t_ring_in(t, 10000);
	dl3t_feed(t, 10500, "CALL:D 17.3.1,,7");
	dl3t_has(dl3t_only(t, &h), "\"incomplete\":false");
	dl3_tracker_free(t);
}

static void what_a_snapshot_has_goes_on_marked(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3_tracker_link_lost(t, 5000);
	dl3_tracker_link_up(t, 9000);
	dl3t_answer_in(t, 9000);
	dl3_tracker_snapshot_end(t, 9000);
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 0);
	dl3t_feed(t, 11000, "CALL:D 17.3.1,0.4.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"duration_s\":10.0");
	dl3t_has(json, "\"incomplete\":true");
	dl3_tracker_free(t);
}

#define RINGS_3                                                                                           \
	"<Detail><Call>c0000201,7,,,,0,,,,,4001,,,,,,,</Call>"                                            \
	"<PartyA>c000020100000003,1,19,1,2,0,1,0,1,5,106,,,0,0,,,,,,,01707123456,0,0,,</PartyA>"          \
	"<Target_list><Target>c000020100000004,0,0,8,106,,4001,0,0,,,,5550100,0</Target></Target_list></" \
	"Detail>"
#define TALKS_3                                                                                 \
	"<Detail><Call>c0000201,7,,,,0,,,,,4001,,,,,,,</Call>"                                  \
	"<PartyA>c000020100000003,1,2,1,0,0,1,0,1,5,106,,,0,0,,,,,,,01707123456,0,0,,</PartyA>" \
	"<PartyB>c000020100000004,0,2,1,0,0,0,0,1,8,106,,4001,0,4,,,,,,,5550100,0,0,,</PartyB></Detail>"

static void lose_3(struct dl3_tracker *t, int64_t now)
{
	dl3t_feed3(t, now, "<CallLost>c0000201,c000020100000004,1,16,100</CallLost>");
	dl3t_feed3(t, now, "<CallLost>c0000201,c000020100000003,0,16,100</CallLost>");
}

static void where_delta3_tells_delta2_is_passed_over(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_feed3(t, 1000, RINGS_3);
	dl3t_ring_in(t, 1000);
	dl3t_feed3(t, 2000, TALKS_3);
	dl3t_answer_in(t, 2000);
	lose_3(t, 5000);
	dl3t_feed(t, 5000, "CALL:D 17.3.1,0.4.0,7");
	assert_int_equal(dl3_tracker_counts(t).began, 1);
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"id\":\"c000020100000003\"");
	dl3t_has(json, "\"end_party\":\"4001\"");
	dl3_tracker_free(t);
}

static void delta3_goes_on_with_what_delta2_has_begun(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	const struct dl3_call_info *c;
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	dl3t_feed3(t, 3000, TALKS_3);
	dl3t_answer_in(t, 3000);
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c0000201:17.3.1"), &c), DL3_OK);
	dl3t_feed(t, 5000, "CALL:D 17.3.1,0.4.0,7");
	lose_3(t, 5000);
	assert_int_equal(dl3_tracker_counts(t).began, 1);
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"id\":\"c0000201:17.3.1\"");
	dl3t_has(json, "\"ends\":[\"c000020100000003\",\"c000020100000004\"]");
	dl3t_has(json, "\"duration_s\":4.0,\"ring_s\":1.0");
	dl3t_has(json, "\"cause\":16");
	dl3t_has(json, "\"voicemail_s\":0");
	dl3_tracker_free(t);
}

static void a_new_stream_may_be_of_the_other_kind(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	dl3t_feed3(t, 1000, RINGS_3);
	dl3_tracker_link_lost(t, 2000);
	dl3_tracker_link_up(t, 3000);
	dl3_tracker_snapshot_end(t, 3000);
	dl3t_fetch(t, &h);
	assert_int_equal(h.ended, 1);
	SAY(t, 4000, .id = 8, .a = "17.5.1", .states = RINGS, .a_name = "Line 17", .list = "Ada(4001)");
	assert_int_equal(dl3_tracker_counts(t).calls, 1);
	dl3_tracker_free(t);
}

static void with_a_unit_the_times_are_the_pbxs(void **state)
{
	struct dl3_tracker_config config = { .delta2_unit_ms = 1000 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17", .list = "Ada(4001)",
	    .time = 100);
	SAY(t, 1000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Ada(4001)", .time = 112);
	SAY(t, 1000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Ada(4001)", .time = 150, .tag = "x");
	dl3t_feed(t, 1000, "CALL:D 17.3.1,0.4.0,7");
	const char *json = dl3t_only(t, &h);
	dl3t_has(json, "\"duration_s\":50.0,\"ring_s\":12.0,\"queue_s\":0.0,\"talk_s\":38.0");
	dl3t_has(json, "\"tag\":\"x\"");
	dl3_tracker_free(t);
}

static void without_a_unit_they_are_those_of_arrival(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3t_heard h;

	(void)state;
	SAY(t, 1000, .id = 7, .a = "17.3.1", .states = RINGS, .a_name = "Line 17", .list = "Ada(4001)",
	    .time = 100);
	SAY(t, 3000, .id = 7, .a = "17.3.1", .b = "0.4.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Ada(4001)", .time = 100000);
	dl3t_feed(t, 4000, "CALL:D 17.3.1,0.4.0,7");
	dl3t_has(dl3t_only(t, &h), "\"duration_s\":3.0,\"ring_s\":2.0");
	dl3_tracker_free(t);
}

static void a_sip_dialogue_is_found_by_the_local_form(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();
	struct dl3_record record;
	struct dl3t_heard h;

	(void)state;
	dl3t_ring_in(t, 1000);
	dl3_siptrack_decode(dl3_str_of("START,c000020100000003,17.3.1,TRUNK,IN,0f57@198.51.100.1"), &record);
	assert_int_equal(dl3_tracker_record(t, 1000, PBX, 2, &record), DL3_OK);
	dl3t_feed(t, 2000, "CALL:D 17.3.1,,7");
	dl3t_has(dl3t_only(t, &h), "\"sip_call_ids\":[\"0f57@198.51.100.1\"]");
	dl3_tracker_free(t);
}

static void a_call_of_any_number_of_legs_stays_small(void **state)
{
	struct dl3_tracker_config config = { .max_ends = 8 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	size_t most = 0;

	(void)state;
	for (int i = 1; i < 5000; i++) {
		char a[16];

		snprintf(a, sizeof(a), "0.%d.1", i);
		SAY(t, i, .id = i, .a = a, .b = "0.99999.0", .states = TALKS, .a_name = "Bo(4002)",
		    .b_name = "Conf 101");
		if (i == 100)
			most = dl3_tracker_memory(t);
		assert_int_equal(dl3_tracker_counts(t).calls, 1);
		assert_in_range(dl3_tracker_counts(t).ends, 1, 8);
	}
	assert_in_range(dl3_tracker_memory(t), 1, most);
	assert_int_not_equal(dl3_tracker_counts(t).overflow, 0);
	dl3_tracker_close(t, 5000);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
	dl3_tracker_free(t);
}

/* What was given up is remembered until the next time, and no longer. */
static void links_that_come_and_go_leave_nothing_behind(void **state)
{
	struct dl3_tracker_config config = { .max_gone = 8 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	struct dl3t_heard h;
	size_t most = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 3; i++) {
			char a[24];

			snprintf(a, sizeof(a), "17.%d.1", 1000 + round * 3 + i);
			SAY(t, round, .id = round * 3 + i + 1, .a = a, .states = RINGS, .a_name = "Line 17",
			    .list = "Ada(4001)");
		}
		dl3_tracker_link_lost(t, round);
		dl3_tracker_link_up(t, round);
		dl3_tracker_snapshot_end(t, round);
		dl3t_fetch(t, &h);
		assert_int_equal(h.ended, 3);
		if (round == 20)
			most = dl3_tracker_memory(t);
	}
	assert_in_range(dl3_tracker_memory(t), 1, most);
	dl3_tracker_free(t);
}

static void a_story(struct dl3_tracker *t)
{
	struct dl3t_heard h;

	dl3t_ring_in(t, 1000);
	dl3t_answer_in(t, 2000);
	SAY(t, 5000, .id = 8, .a = "0.6.1", .states = RINGS, .a_name = "Ada(4001)",
	    .list = "Bo(4002);Cy(4003)");
	SAY(t, 6000, .id = 8, .a = "0.6.1", .b = "0.7.0", .states = TALKS, .a_name = "Ada(4001)",
	    .b_name = "Bo(4002)");
	SAY(t, 9000, .id = 7, .a = "17.3.1", .b = "0.7.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Bo(4002)");
	dl3t_feed(t, 9000, "CALL:D 0.6.1,0.7.0,8");
	dl3_tracker_link_up(t, 9500);
	dl3_tracker_snapshot_end(t, 9500);
	SAY(t, 9900, .id = 7, .a = "17.3.1", .b = "0.7.0", .states = TALKS, .a_name = "Line 17",
	    .b_name = "Conf 1");
	dl3t_feed(t, 12000, "CALL:D 17.3.1,0.7.0,7");
	dl3t_fetch(t, &h);
}

static void each_allocation_may_fail(void **state)
{
	size_t failures = 1;

	(void)state;
	for (size_t at = 1; failures > 0; at++) {
		struct dl3t_alloc a;

		dl3t_alloc_init(&a);
		a.fail_at = at;
		struct dl3_tracker *t = dl3_tracker_new(NULL, &a.allocator);
		if (t) {
			a_story(t);
			assert_int_equal(dl3_tracker_memory(t), a.live);
			dl3_tracker_free(t);
		}
		failures = a.failures;
		assert_int_equal(dl3t_alloc_finish(&a), 0);
	}
}

static void a_story_without_failures_leaves_no_call(void **state)
{
	struct dl3_tracker *t = dl3t_tracker();

	(void)state;
	a_story(t);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
	assert_int_equal(dl3_tracker_counts(t).ends, 0);
	dl3_tracker_free(t);
}

/* ---- Anything at all ---- */

static const char *any(struct dl3t_random *r, const char *const *list, size_t count)
{
	return list[dl3t_below(r, count)];
}
#define ANY(r, list) any(r, list, sizeof(list) / sizeof((list)[0]))

static const char *const states[] = { RINGS,     TALKS,           A_HELD,         WAITS, "3,3,0,0,0,0",
	                              "2,3,,,,", "99,-1,7,7,7,7", "11,2,1,1,1,0", "" };
static const char *const names[] = { "Line 17", "Ada(4001)", "Bo(4002)", "Voicemail", "Park 1", "Conf 1",
	                             "",        "(",         "()",       "x (12",     ")" };
static const char *const lists[] = { "",   "Ada(4001)",           "Bo(4002);Cy(4003)",
	                             ";;", "Ada(4001);Ada(4001)", "Line 1;(9)" };

static void say_anything(struct dl3_tracker *t, struct dl3t_random *r, int64_t now)
{
	struct dl3t_said s = { .a = "" };
	char a[16] = "", b[16] = "";
	int number = (int)dl3t_below(r, 12), other = (int)dl3t_below(r, 12), in = (int)dl3t_below(r, 2);

	if (dl3t_below(r, 8) > 0)
		snprintf(a, sizeof(a), "0.%d.1", number);
	if (dl3t_below(r, 2) > 0)
		snprintf(b, sizeof(b), "0.%d.%d", other, in);
	s.a = a;
	s.b = b;
	s.id = (int)dl3t_below(r, 9);
	s.states = ANY(r, states);
	s.a_name = ANY(r, names);
	s.b_name = ANY(r, names);
	s.list = ANY(r, lists);
	s.group = dl3t_below(r, 3) ? "" : "200";
	s.cause = dl3t_below(r, 4) ? 0 : 21;
	s.time = (long)dl3t_below(r, 500);
	dl3t_say(t, now, &s);
}

static void lose_anything(struct dl3_tracker *t, struct dl3t_random *r, int64_t now)
{
	char text[64], letter = dl3t_below(r, 3) ? 'D' : 'A';
	int number = (int)dl3t_below(r, 12), other = (int)dl3t_below(r, 12), in = (int)dl3t_below(r, 2),
	    id = (int)dl3t_below(r, 9);

	snprintf(text, sizeof(text), "CALL:%c 0.%d.1,0.%d.%d,%d", letter, number, other, in, id);
	dl3t_feed(t, now, text);
}

static void tell_delta3(struct dl3_tracker *t, struct dl3t_random *r, int64_t now)
{
	static const char *const xml[] = { RINGS_3, TALKS_3,
		                           "<CallLost>c0000201,c000020100000004,1,16,100</CallLost>",
		                           "<CallLost>c0000201,c000020100000003,0,16,100</CallLost>" };
	struct dl3_record record;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(ANY(r, xml)), &record, NULL), DL3_OK);
	(void)!dl3_tracker_record(t, now, PBX, 1, &record);
}

static void link_does_anything(struct dl3_tracker *t, struct dl3t_random *r, int64_t now)
{
	switch (dl3t_below(r, 6)) {
	case 0:
		dl3_tracker_link_lost(t, now);
		break;
	case 1:
		dl3_tracker_link_up(t, now);
		break;
	case 2:
		dl3_tracker_snapshot_end(t, now);
		break;
	case 3:
		dl3_tracker_counter(t, now, PBX, DL3_COUNTER_RESTART);
		break;
	default:
		dl3_tracker_tick(t, now);
	}
}

static void storm(struct dl3_tracker *t, uint64_t seed)
{
	struct dl3t_random r = { .state = seed };
	struct dl3_tracked told;
	bool both = seed % 2;
	size_t fetches = seed / 4 % 16; /* of 16: whoever fetches less makes more room */

	for (int i = 0; i < 400; i++) {
		int64_t now = 1000 + i * 200;
		size_t what = dl3t_below(&r, 100);

		if (what < 60)
			say_anything(t, &r, now);
		else if (what < 85)
			lose_anything(t, &r, now);
		else if (what < 90 && both)
			tell_delta3(t, &r, now);
		else if (what > 96)
			link_does_anything(t, &r, now);
		while (dl3t_below(&r, 16) < fetches && dl3_tracker_next(t, &told) == DL3_OK) {
			char json[16384];
			size_t len;

			if (told.call)
				assert_int_equal(dl3_call_json(told.call, 0, json, sizeof(json), &len),
				                 DL3_OK);
		}
	}
	dl3_tracker_close(t, 100000);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
	assert_int_equal(dl3_tracker_counts(t).ends, 0);
}

static void whatever_is_told_all_of_it_ends(void **state)
{
	static const struct dl3_tracker_config configs[] = {
		{ 0 }, { .max_calls = 3, .max_ends = 4, .max_gone = 2 }
	};

	(void)state;
	for (uint64_t seed = 0; seed < 400; seed++) {
		struct dl3t_alloc a;

		dl3t_alloc_init(&a);
		if (seed >= 200)
			a.fail_at = 20 + (size_t)seed;
		struct dl3_tracker *t = dl3_tracker_new(&configs[seed / 2 % 2], &a.allocator);
		assert_non_null(t);
		storm(t, seed);
		assert_int_equal(dl3_tracker_memory(t), a.live);
		dl3_tracker_free(t);
		assert_int_equal(dl3t_alloc_finish(&a), 0);
	}
}

DL3T_TESTS(cmocka_unit_test(a_gap_marks), cmocka_unit_test(a_restart_ends_all),
           cmocka_unit_test(what_is_not_told_of_again_ended_with_the_link),
           cmocka_unit_test(what_is_told_of_later_all_the_same_is_marked),
           cmocka_unit_test(what_a_snapshot_has_goes_on_marked),
           cmocka_unit_test(where_delta3_tells_delta2_is_passed_over),
           cmocka_unit_test(delta3_goes_on_with_what_delta2_has_begun),
           cmocka_unit_test(a_new_stream_may_be_of_the_other_kind),
           cmocka_unit_test(with_a_unit_the_times_are_the_pbxs),
           cmocka_unit_test(without_a_unit_they_are_those_of_arrival),
           cmocka_unit_test(a_sip_dialogue_is_found_by_the_local_form),
           cmocka_unit_test(a_call_of_any_number_of_legs_stays_small),
           cmocka_unit_test(links_that_come_and_go_leave_nothing_behind),
           cmocka_unit_test(each_allocation_may_fail),
           cmocka_unit_test(a_story_without_failures_leaves_no_call),

           cmocka_unit_test(whatever_is_told_all_of_it_ends));
