/* SPDX-License-Identifier: MIT */
/* Looking into a tracker: walks, look-ups, names, counts. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PBX 0xc0000201u

static void tell(struct dl3_tracker *t, int64_t now, const char *xml)
{
	struct dl3_record record;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &record, NULL), DL3_OK);
	assert_int_equal(dl3_tracker_record(t, now, PBX, 1, &record), DL3_OK);
}

/* A trunk's end that calls group 300, for which an extension rings. */
static void ring(struct dl3_tracker *t, int64_t now, unsigned a, unsigned b, unsigned extension)
{
	char xml[768];

	(void)snprintf(
		xml, sizeof(xml),
		"<Detail><Call>c0000201,%u,,,,0,,300,,300,%u,,,,,,,</Call>"
		"<PartyA>c0000201%08x,1,19,1,2,0,1,0,1,3,31,,,0,0,550100,,,,,300,01555%04u,0,0,,</PartyA>"
		"<Target_list><Target>c0000201%08x,0,0,8,106,,%u,0,0,,,300,550100,0</Target></Target_list></"
		"Detail>",
		a, extension, a, a, b, extension);
	tell(t, now, xml);
}

static void clear(struct dl3_tracker *t, int64_t now, unsigned end)
{
	char xml[160];

	(void)snprintf(xml, sizeof(xml), "<CallLost>c0000201,c0000201%08x,1,16,100</CallLost>", end);
	tell(t, now, xml);
}

static void drain(struct dl3_tracker *t)
{
	struct dl3_tracked told;

	while (dl3_tracker_next(t, &told) == DL3_OK)
		;
}

static void assert_text(struct dl3_str s, const char *z)
{
	assert_int_equal(s.len, strlen(z));
	assert_memory_equal(s.ptr, z, s.len);
}

static void a_walk_meets_each_call_once_oldest_first(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_call_info *call;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		ring(t, 1000 + i, 0x10 + i, 0x80 + i, 201 + i);
	for (unsigned i = 0; i < 5; i++) {
		char id[17];
		(void)snprintf(id, sizeof(id), "c0000201%08x", 0x10 + i);
		assert_int_equal(dl3_tracker_walk_calls(t, &at, &call), DL3_OK);
		assert_text(call->id, id);
	}
	assert_int_equal(dl3_tracker_walk_calls(t, &at, &call), DL3_END);
	dl3_tracker_free(t);
}

static void a_walk_goes_on_when_the_call_it_is_at_ends(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_call_info *call;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		ring(t, 1000 + i, 0x10 + i, 0x80 + i, 201 + i);
	assert_int_equal(dl3_tracker_walk_calls(t, &at, &call), DL3_OK);
	assert_int_equal(dl3_tracker_walk_calls(t, &at, &call), DL3_OK);
	clear(t, 2000, 0x11);
	drain(t);
	ring(t, 2001, 0x20, 0x90, 209);
	assert_int_equal(dl3_tracker_walk_calls(t, &at, &call), DL3_OK);
	assert_text(call->id, "c000020100000012");
	assert_int_equal(dl3_tracker_walk_calls(t, &at, &call), DL3_OK);
	assert_text(call->id, "c000020100000020");
	assert_int_equal(dl3_tracker_walk_calls(t, &at, &call), DL3_END);
	dl3_tracker_free(t);
}

static void a_call_is_found_by_its_id_and_by_any_of_its_ends(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	const struct dl3_call_info *call;

	(void)state;
	ring(t, 1000, 0x10, 0x80, 201);
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c000020100000010"), &call), DL3_OK);
	assert_text(call->cli, "015550016");
	assert_int_equal(dl3_tracker_find_end(t, dl3_str_of("c000020100000080"), &call), DL3_OK);
	assert_text(call->id, "c000020100000010");
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c000020100000080"), &call), DL3_END);
	assert_int_equal(dl3_tracker_find_end(t, dl3_str_of("c000020100000099"), &call), DL3_END);
	clear(t, 2000, 0x10);
	drain(t);
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c000020100000010"), &call), DL3_END);
	dl3_tracker_free(t);
}

static void names_are_given_and_taken_away(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;
	struct dl3_tracked told;

	(void)state;
	assert_int_equal(dl3_tracker_user(t, dl3_str_of(""), dl3_str_of("Nobody")), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_tracker_group(t, dl3_str_of(""), dl3_str_of("None")), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("201"), dl3_str_of("Ann")), DL3_OK);
	assert_int_equal(dl3_tracker_group(t, dl3_str_of("300"), dl3_str_of("Sales")), DL3_OK);
	assert_int_equal(dl3_tracker_next(t, &told), DL3_OK);
	assert_int_equal(told.type, DL3_TRACKED_USER_CHANGED);
	assert_text(told.user->name, "Ann");
	assert_int_equal(dl3_tracker_next(t, &told), DL3_OK);
	assert_int_equal(told.type, DL3_TRACKED_GROUP_CHANGED);
	assert_text(told.group->name, "Sales");
	/* The same again is no news. */
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("201"), dl3_str_of("Ann")), DL3_OK);
	assert_int_equal(dl3_tracker_next(t, &told), DL3_END);
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("201"), (struct dl3_str){ 0 }), DL3_OK);
	assert_int_equal(dl3_tracker_find_user(t, dl3_str_of("201"), &user), DL3_OK);
	assert_null(user->name.ptr);
	assert_int_equal(dl3_tracker_find_group(t, dl3_str_of("300"), &group), DL3_OK);
	assert_text(group->name, "Sales");
	assert_int_equal(dl3_tracker_find_user(t, dl3_str_of("999"), &user), DL3_END);
	assert_int_equal(dl3_tracker_find_group(t, dl3_str_of("999"), &group), DL3_END);
	dl3_tracker_free(t);
}

static void people_and_groups_are_walked_in_the_order_in_which_they_were_seen(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;

	(void)state;
	assert_int_equal(dl3_tracker_walk_users(t, &at, &user), DL3_END);
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("209"), dl3_str_of("Zoë")), DL3_OK);
	ring(t, 1000, 0x10, 0x80, 201);
	assert_int_equal(dl3_tracker_walk_users(t, &at, &user), DL3_OK);
	assert_text(user->extension, "209");
	assert_int_equal(user->state, DL3_USER_IDLE);
	assert_int_equal(dl3_tracker_walk_users(t, &at, &user), DL3_OK);
	assert_text(user->extension, "201");
	assert_int_equal(user->state, DL3_USER_RINGING);
	assert_text(user->call, "c000020100000010");
	assert_int_equal(dl3_tracker_walk_users(t, &at, &user), DL3_END);
	at = (struct dl3_tracker_cursor){ 0 };
	assert_int_equal(dl3_tracker_walk_groups(t, &at, &group), DL3_OK);
	assert_text(group->group, "300");
	assert_int_equal(group->waiting, 1);
	assert_int_equal(group->waiting_since, 1000);
	assert_int_equal(dl3_tracker_walk_groups(t, &at, &group), DL3_END);
	dl3_tracker_free(t);
}

static void a_group_s_window_counts_what_came_in_its_minutes(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3_group_stats stats;

	(void)state;
	ring(t, 60000, 0x10, 0x80, 201);
	clear(t, 61000, 0x10);
	ring(t, 180000, 0x11, 0x81, 202);
	clear(t, 190000, 0x11);
	drain(t);
	assert_int_equal(dl3_tracker_group_stats(t, dl3_str_of("300"), 60000, 120000, &stats), DL3_OK);
	assert_int_equal(stats.offered, 1);
	assert_int_equal(stats.abandoned, 1);
	assert_int_equal(stats.abandoned_short, 1);
	assert_int_equal(dl3_tracker_group_stats(t, dl3_str_of("300"), 0, 600000, &stats), DL3_OK);
	assert_int_equal(stats.offered, 2);
	assert_int_equal(stats.abandoned, 2);
	assert_int_equal(stats.abandoned_short, 1);
	assert_int_equal(stats.abandoned_wait_ms, 11000);
	assert_int_equal(dl3_tracker_group_stats(t, dl3_str_of("301"), 0, 600000, &stats), DL3_END);
	dl3_tracker_free(t);
}

static void who_gave_up_is_listed_newest_first_up_to_the_limit(void **state)
{
	const struct dl3_tracker_config config = { .max_abandoned = 2 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	const struct dl3_group_info *group;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		ring(t, 1000 + i * 10000, 0x10 + i, 0x80 + i, 201);
		clear(t, 8000 + i * 10000, 0x10 + i);
	}
	drain(t);
	assert_int_equal(dl3_tracker_find_group(t, dl3_str_of("300"), &group), DL3_OK);
	assert_int_equal(group->abandoned_count, 2);
	assert_text(group->abandoned[0].cli, "015550018");
	assert_int_equal(group->abandoned[0].waited_ms, 7000);
	assert_text(group->abandoned[0].call, "c000020100000012");
	assert_text(group->abandoned[1].cli, "015550017");
	assert_int_equal(group->today.abandoned, 3);
	dl3_tracker_free(t);
}

static void past_the_limit_of_calls_the_oldest_is_closed_marked_and_counted(void **state)
{
	const struct dl3_tracker_config config = { .max_calls = 2 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	struct dl3_tracked told;
	unsigned ended = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		ring(t, 1000 + i, 0x10 + i, 0x80 + i, 201 + i);
		while (dl3_tracker_next(t, &told) == DL3_OK)
			if (told.type == DL3_TRACKED_CALL_ENDED) {
				ended++;
				assert_text(told.call->id, "c000020100000010");
				assert_true(told.call->incomplete);
			}
	}
	assert_int_equal(ended, 1);
	const struct dl3_tracked_counts counts = dl3_tracker_counts(t);
	assert_int_equal(counts.calls, 2);
	assert_int_equal(counts.began, 3);
	assert_int_equal(counts.ended, 1);
	assert_true(counts.overflow > 0);
	assert_true(dl3_tracker_memory(t) > 0);
	dl3_tracker_free(t);
}

static void closing_ends_all_calls_marked(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3_tracked told;
	unsigned ended = 0;

	(void)state;
	ring(t, 1000, 0x10, 0x80, 201);
	ring(t, 1000, 0x11, 0x81, 202);
	dl3_tracker_close(t, 5000);
	while (dl3_tracker_next(t, &told) == DL3_OK)
		if (told.type == DL3_TRACKED_CALL_ENDED) {
			ended++;
			assert_true(told.call->incomplete);
		}
	assert_int_equal(ended, 2);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
	dl3_tracker_free(t);
}

static void json_needs_the_room_that_it_says(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	const struct dl3_call_info *call;
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;
	size_t need = 0, len = 0;
	char *text;

	(void)state;
	ring(t, 1000, 0x10, 0x80, 201);
	assert_int_equal(dl3_tracker_find_end(t, dl3_str_of("c000020100000010"), &call), DL3_OK);
	assert_int_equal(dl3_call_json(call, DL3_CALL_JSON_DEFAULT, NULL, 0, &need), DL3_ERR_SPACE);
	text = malloc(need);
	assert_non_null(text);
	assert_int_equal(dl3_call_json(call, DL3_CALL_JSON_DEFAULT, text, need, &len), DL3_OK);
	assert_int_equal(len, need);
	assert_int_equal(dl3_call_json(call, DL3_CALL_JSON_DEFAULT, text, need - 1, &len), DL3_ERR_SPACE);
	assert_int_equal(dl3_call_json(call, DL3_CALL_JSON_NO_TIMELINE, text, need, &len), DL3_OK);
	assert_true(len < need);
	free(text);
	assert_int_equal(dl3_tracker_find_user(t, dl3_str_of("201"), &user), DL3_OK);
	assert_int_equal(dl3_user_json(user, NULL, 0, &need), DL3_ERR_SPACE);
	assert_int_equal(dl3_tracker_find_group(t, dl3_str_of("300"), &group), DL3_OK);
	assert_int_equal(dl3_group_json(group, NULL, 0, &need), DL3_ERR_SPACE);
	dl3_tracker_free(t);
}

static void what_is_no_value_has_the_name_unknown(void **state)
{
	(void)state;
	assert_string_equal(dl3_call_direction_name((enum dl3_call_direction)99), "unknown");
	assert_string_equal(dl3_call_outcome_name((enum dl3_call_outcome)99), "unknown");
	assert_string_equal(dl3_call_state_name((enum dl3_call_state)99), "unknown");
	assert_string_equal(dl3_call_what_name((enum dl3_call_what)99), "unknown");
	assert_string_equal(dl3_user_state_name((enum dl3_user_state)99), "unknown");
	assert_string_equal(dl3_user_state_name(DL3_USER_RINGING), "ringing");
}

DL3T_TESTS(cmocka_unit_test(a_walk_meets_each_call_once_oldest_first),
           cmocka_unit_test(a_walk_goes_on_when_the_call_it_is_at_ends),
           cmocka_unit_test(a_call_is_found_by_its_id_and_by_any_of_its_ends),
           cmocka_unit_test(names_are_given_and_taken_away),
           cmocka_unit_test(people_and_groups_are_walked_in_the_order_in_which_they_were_seen),
           cmocka_unit_test(a_group_s_window_counts_what_came_in_its_minutes),
           cmocka_unit_test(who_gave_up_is_listed_newest_first_up_to_the_limit),
           cmocka_unit_test(past_the_limit_of_calls_the_oldest_is_closed_marked_and_counted),
           cmocka_unit_test(closing_ends_all_calls_marked),
           cmocka_unit_test(json_needs_the_room_that_it_says),
           cmocka_unit_test(what_is_no_value_has_the_name_unknown));
