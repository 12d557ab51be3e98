/* SPDX-License-Identifier: MIT */
/* What a tracker does where something is too much, and where identifiers come again. */
#include "support/test.h"

#include "support/alloc.h"
#include "support/board.h"

#define NORMAL DL3_CAUSE_NORMAL

static const struct dl3_call_info *find(struct board *b, const char *id)
{
	const struct dl3_call_info *call = NULL;

	assert_int_equal(dl3_tracker_find_call(b->t, dl3_str_of(id), &call), DL3_OK);
	return call;
}

/* A call of two phones of NODE: ends `n` and `n` + 1. */
static void phones_talk(struct board *b, unsigned n, int64_t at)
{
	char ends[2][20];

	for (unsigned i = 0; i < 2; i++)
		(void)snprintf(ends[i], sizeof(ends[i]), "c0000201%08x", n + i);
	SEE(b, .id = n, .at = at, .a = WAITS(ends[0], "4001"), .b = RINGS(ends[1], "4002"));
}

/* ---- Identifiers given again ---- */

/* Lasts on another node, while the one on which it began has restarted. */
static void begin_on_two_nodes(struct board *b)
{
	SEE(b, .id = 1, .at = 10, .a = TALKS(END(01), "4001"),
	    .b = { .end = FAR_END(02), .state = DL3_STATE_CONNECTED, .remote = true });
	SEE(b, .node = FAR_NODE, .id = 9, .at = 10,
	    .a = { .end = END(01), .state = DL3_STATE_CONNECTED, .remote = true },
	    .b = TALKS(FAR_END(02), "5001"));
	dl3_tracker_counter(b->t, ARRIVAL(40), NODE, DL3_COUNTER_RESTART);
	SEE(b, .id = 1, .at = 60, .a = WAITS(END(01), "4007"), .b = RINGS(END(02), "4002"));
}

static void two_calls_that_are_up_never_have_one_id(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	begin_on_two_nodes(&b);
	assert_int_equal(dl3_tracker_counts(b.t).calls, 2);
	assert_true(dl3_str_is(find(&b, END(01))->nodes.at[1], "c0000202"));
	assert_true(dl3_str_is(find(&b, END(01) ".2")->a.extension, "4007"));
	lose(&b, END(02), NORMAL, 70);
	lose(&b, END(01), NORMAL, 70);
	ended_are(&b, 1);
	record_has(&b, 0, "id", "\"" END(01) ".2\"");
	lose_on(&b, FAR_NODE, FAR_END(02), NORMAL, 80, false);
	record_has(&b, 1, "id", "\"" END(01) "\"");
	board_free(&b);
}

static void an_id_is_free_again_when_its_call_is_over(void **state)
{
	(void)state;
	struct board b = board_of(NULL);

	begin_on_two_nodes(&b);
	lose_on(&b, FAR_NODE, FAR_END(02), NORMAL, 65, false);
	lose(&b, END(02), NORMAL, 70);
	lose(&b, END(01), NORMAL, 70);
	SEE(&b, .id = 1, .at = 90, .a = WAITS(END(01), "4007"), .b = RINGS(END(02), "4002"));
	assert_true(dl3_str_is(find(&b, END(01))->a.extension, "4007"));
	board_free(&b);
}

static void an_id_given_again_is_told_apart_after_a_restart(void **state)
{
	(void)state;
	struct board b = board_of(NULL), later = board_of(NULL);
	uint8_t saved[8192];
	size_t len = 0;

	begin_on_two_nodes(&b);
	assert_int_equal(dl3_tracker_save(b.t, saved, sizeof(saved), &len), DL3_OK);
	assert_int_equal(dl3_tracker_restore(later.t, (struct dl3_octets){ saved, len }), DL3_OK);
	assert_true(dl3_str_is(find(&later, END(01))->nodes.at[1], "c0000202"));
	assert_true(dl3_str_is(find(&later, END(01) ".2")->a.extension, "4007"));
	board_free(&later);
	board_free(&b);
}

static void an_identifier_of_any_length_takes_no_more_than_a_text(void **state)
{
	(void)state;
	struct dl3t_alloc a;
	char *end = malloc(60001);

	assert_non_null(end);
	memset(end, 'x', 60000);
	end[60000] = '\0';
	dl3t_alloc_init(&a);
	struct board b = { .t = dl3_tracker_new(NULL, &a.allocator), .ended = json_array() };

	assert_non_null(b.t);
	SEE(&b, .at = 10, .a = TALKS(end, "4001"));
	assert_int_equal(find(&b, end)->id.len, DL3_TRACKER_MAX_TEXT);
	assert_true(a.peak < 40000);
	lose(&b, end, NORMAL, 20);
	assert_int_equal(dl3_tracker_counts(b.t).calls, 0);
	board_free(&b);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
	free(end);
}

/* ---- Calls ---- */

static void tell(struct dl3_tracker *t, const char *xml)
{
	struct dl3_record r;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &r, NULL), DL3_OK);
	assert_int_equal(dl3_tracker_record(t, 1000, NODE, 1, &r), DL3_OK);
}

static void lift(struct dl3_tracker *t, unsigned end)
{
	char xml[160];

	(void)snprintf(xml, sizeof(xml),
	               "<Detail><Call>c0000201,1</Call><PartyA>c0000201%08x,0,7</PartyA></Detail>", end);
	tell(t, xml);
}

static void put_down(struct dl3_tracker *t, unsigned end)
{
	char xml[160];

	(void)snprintf(xml, sizeof(xml), "<CallLost>c0000201,c0000201%08x,1,16</CallLost>", end);
	tell(t, xml);
}

static void what_is_over_and_was_not_fetched_goes_before_what_is_up(void **state)
{
	const struct dl3_tracker_config config = { .max_calls = 3 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	struct dl3_tracked told;
	unsigned ended = 0;

	(void)state;
	lift(t, 0);
	for (unsigned i = 1; i < 5; i++) {
		lift(t, i);
		put_down(t, i);
	}
	assert_int_equal(dl3_tracker_counts(t).calls, 1);
	while (dl3_tracker_next(t, &told) == DL3_OK)
		ended += told.type == DL3_TRACKED_CALL_ENDED;
	assert_int_equal(ended, 2);
	assert_int_equal(dl3_tracker_counts(t).overflow, 2);
	dl3_tracker_free(t);
}

static void calls_taken_in_and_not_fetched_count_too(void **state)
{
	const struct dl3_tracker_config config = { .max_calls = 4 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	size_t early = 0;

	(void)state;
	lift(t, 0);
	for (unsigned i = 1; i < 4000; i++) {
		char xml[256];

		lift(t, i);
		(void)snprintf(xml, sizeof(xml),
		               "<Detail><Call>c0000201,1</Call><PartyA>c000020100000000,0,2</PartyA>"
		               "<PartyB>c0000201%08x,0,2</PartyB></Detail>",
		               i);
		tell(t, xml);
		put_down(t, i);
		if (i == 2000)
			early = dl3_tracker_memory(t);
	}
	assert_int_equal(dl3_tracker_memory(t), early);
	dl3_tracker_free(t);
}

/* ---- Ends ---- */

static void a_call_keeps_its_limit_of_ends_when_it_takes_in_another(void **state)
{
	const struct dl3_tracker_config config = { .max_ends = 3 };

	(void)state;
	struct board b = board_of(&config);

	phones_talk(&b, 1, 10);
	phones_talk(&b, 3, 20);
	SEE(&b, .id = 1, .at = 30, .a = TALKS(END(01), "4001"), .b = TALKS(END(03), "4003"));
	const struct dl3_call_info *call = find(&b, END(01));

	assert_true(call->ends.count <= 3);
	assert_true(call->incomplete);
	assert_int_equal(dl3_tracker_counts(b.t).ends, 3);
	assert_true(dl3_tracker_counts(b.t).overflow > 0);
	board_free(&b);
}

static void ends_that_are_gone_make_room_for_new_ones(void **state)
{
	const struct dl3_tracker_config config = { .max_ends = 3 };

	(void)state;
	struct board b = board_of(&config);

	answer(&b);
	for (unsigned i = 3; i < 9; i++) {
		char end[20];

		(void)snprintf(end, sizeof(end), "c0000201%08x", i);
		SEE(&b, .id = 1, .at = 30 + i, .a = LINE_TALKS(END(01), "5550100"), .b = TALKS(end, "4009"));
		lose(&b, end, DL3_CAUSE_TRANSFER, 31 + i);
	}
	lose(&b, END(02), NORMAL, 50);
	lose(&b, END(01), NORMAL, 50);
	ended_are(&b, 1);
	record_has(&b, 0, "incomplete", "true");
	record_has(&b, 0, "answered_by", "\"4001\"");
	board_free(&b);
}

/* ---- The rest ---- */

static void a_long_history_keeps_its_first_and_last_lines(void **state)
{
	const struct dl3_tracker_config config = { .max_timeline = 8 };

	(void)state;
	struct board b = board_of(&config);

	answer(&b);
	for (unsigned i = 0; i < 20; i++) {
		struct phone held = LINE_TALKS(END(01), "5550100");

		held.mute = i % 2 == 0;
		SEE(&b, .id = 1, .at = 40 + i, .a = held, .b = TALKS(END(02), "4001"));
	}
	const struct dl3_call_info *call = find(&b, END(01));

	assert_int_equal(call->timeline_count, 8);
	assert_int_equal(call->timeline[0].what, DL3_CALL_DID_BEGIN);
	assert_int_equal(call->timeline[1].what, DL3_CALL_DID_OFFER);
	assert_int_equal(call->timeline[2].what, DL3_CALL_DID_ANSWER);
	assert_int_equal(call->timeline[7].what, DL3_CALL_DID_RETRIEVE);
	assert_int_equal(call->timeline[7].at, ARRIVAL(59));
	assert_int_equal(call->timeline_count + call->timeline_left_out, 23);
	board_free(&b);
}

static void people_groups_and_nodes_past_their_limit_are_counted_and_not_followed(void **state)
{
	const struct dl3_tracker_config config = { .max_users = 1, .max_groups = 1, .max_nodes = 1 };

	(void)state;
	struct board b = board_of(&config);
	static const char *const groups[] = { "200", "201" };

	for (unsigned i = 0; i < 2; i++)
		SEE(&b, .node = i ? FAR_NODE : NODE, .at = 10,
		    .a = LINE_WAITS(i ? FAR_END(01) : END(01), "5"), .group = groups[i],
		    .targets = { RINGS(i ? FAR_END(02) : END(02), i ? "4001" : "4002") });
	const struct dl3_tracked_counts counts = dl3_tracker_counts(b.t);

	assert_int_equal(counts.calls, 2);
	assert_int_equal(counts.users, 1);
	assert_int_equal(counts.groups, 1);
	assert_int_equal(counts.nodes, 1);
	assert_int_equal(counts.overflow, 3);
	board_free(&b);
}

static void long_text_is_cut_at_a_character(void **state)
{
	const struct dl3_tracker_config config = { .max_text = 5 };

	(void)state;
	struct board b = board_of(&config);
	struct phone a = TALKS(END(01), "4001");

	a.name = "Zo\xc3\xabZ\xc3\xab";
	SEE(&b, .at = 10, .a = a);
	assert_true(dl3_str_is(find(&b, END(01))->a.name, "Zo\xc3\xabZ"));
	board_free(&b);
}

static void a_walk_stays_where_it_is_when_memory_fails(void **state)
{
	(void)state;
	struct dl3t_alloc a;
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_call_info *call;

	dl3t_alloc_init(&a);
	struct board b = { .t = dl3_tracker_new(NULL, &a.allocator), .ended = json_array() };
	struct dl3_record r;

	/* Nothing was shown so far, so that there is no room to show it in. */
	assert_int_equal(dl3_delta3_decode(dl3_str_of("<Detail><Call>c0000201,1</Call><PartyA>" END(
						   01) ",0,7</PartyA></Detail>"),
	                                   &r, NULL),
	                 DL3_OK);
	assert_int_equal(dl3_tracker_record(b.t, 1000, NODE, 1, &r), DL3_OK);
	a.fail_at = a.attempts + 1;
	assert_int_equal(dl3_tracker_walk_calls(b.t, &at, &call), DL3_ERR_MEMORY);
	assert_int_equal(dl3_tracker_walk_calls(b.t, &at, &call), DL3_OK);
	assert_int_equal(dl3_tracker_walk_calls(b.t, &at, &call), DL3_END);
	board_free(&b);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

DL3T_TESTS(cmocka_unit_test(two_calls_that_are_up_never_have_one_id),
           cmocka_unit_test(an_id_is_free_again_when_its_call_is_over),
           cmocka_unit_test(an_id_given_again_is_told_apart_after_a_restart),
           cmocka_unit_test(an_identifier_of_any_length_takes_no_more_than_a_text),
           cmocka_unit_test(what_is_over_and_was_not_fetched_goes_before_what_is_up),
           cmocka_unit_test(calls_taken_in_and_not_fetched_count_too),
           cmocka_unit_test(a_call_keeps_its_limit_of_ends_when_it_takes_in_another),
           cmocka_unit_test(ends_that_are_gone_make_room_for_new_ones),
           cmocka_unit_test(a_long_history_keeps_its_first_and_last_lines),
           cmocka_unit_test(people_groups_and_nodes_past_their_limit_are_counted_and_not_followed),
           cmocka_unit_test(long_text_is_cut_at_a_character),
           cmocka_unit_test(a_walk_stays_where_it_is_when_memory_fails));
