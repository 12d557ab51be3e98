/* SPDX-License-Identifier: MIT */
/* People: their names, and how many are followed. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdio.h>
#include <string.h>

#define PBX 0xc0000201u

static void tell(struct dl3_tracker *t, int64_t now, const char *xml)
{
	struct dl3_record record;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &record, NULL), DL3_OK);
	assert_int_equal(dl3_tracker_record(t, now, PBX, 1, &record), DL3_OK);
}

static void drain(struct dl3_tracker *t)
{
	struct dl3_tracked told;

	while (dl3_tracker_next(t, &told) == DL3_OK)
		;
}

/* The extension lifts its handset. */
static void lift(struct dl3_tracker *t, unsigned end, unsigned extension, bool remote, unsigned name_type,
                 const char *name)
{
	char xml[512];

	(void)snprintf(
		xml, sizeof(xml),
		"<Detail><Call>c0000201,%u,,,,0,,,,,,,,,,,,</Call><PartyA>c0000201%08x,1,1,1,0,%d,0,0,1,"
		"8,106,,%u,0,0,,,,,,,,100,%u,%s,</PartyA></Detail>",
		end, end, remote, extension, name_type, name);
	tell(t, 1000 + end, xml);
}

static void put_down(struct dl3_tracker *t, unsigned end)
{
	char xml[160];

	(void)snprintf(xml, sizeof(xml), "<CallLost>c0000201,c0000201%08x,1,16,100</CallLost>", end);
	tell(t, 1000 + end, xml);
	drain(t);
}

static void was_here(struct dl3_tracker *t, unsigned end, unsigned extension)
{
	lift(t, end, extension, false, 5, "");
	put_down(t, end);
}

static bool is_followed(struct dl3_tracker *t, const char *extension)
{
	const struct dl3_user_info *user;

	return dl3_tracker_find_user(t, dl3_str_of(extension), &user) == DL3_OK;
}

static void must_be_called(struct dl3_tracker *t, const char *extension, const char *name)
{
	const struct dl3_user_info *user;

	assert_int_equal(dl3_tracker_find_user(t, dl3_str_of(extension), &user), DL3_OK);
	assert_int_equal(user->name.len, strlen(name));
	if (user->name.len > 0)
		assert_memory_equal(user->name.ptr, name, user->name.len);
}

static void a_record_names_an_internal_user(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3_tracked told;
	bool named = false;

	(void)state;
	lift(t, 1, 201, false, 5, "\"Zoë &amp; Co\"");
	while (dl3_tracker_next(t, &told) == DL3_OK)
		named = named || (told.user && told.user->name.len > 0);
	assert_true(named);
	must_be_called(t, "201", "Zoë & Co");
	put_down(t, 1);
	must_be_called(t, "201", "Zoë & Co");
	lift(t, 2, 201, false, 5, "\"Zoë\"");
	must_be_called(t, "201", "Zoë");
	dl3_tracker_free(t);
}

static void names_of_other_types_are_no_user_s(void **state)
{
	static const unsigned types[] = { 0, 1, 2, 4, 6, 8, 9, 12 };
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		lift(t, 1 + i, 201, false, types[i], "\"Restricted\"");
		must_be_called(t, "201", "");
	}
	dl3_tracker_free(t);
}

static void another_node_s_name_is_taken_only_where_there_is_none(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	lift(t, 1, 201, true, 5, "\"Zoe\"");
	must_be_called(t, "201", "Zoe");
	put_down(t, 1);
	lift(t, 2, 201, false, 5, "\"Zoë\"");
	must_be_called(t, "201", "Zoë");
	put_down(t, 2);
	lift(t, 3, 201, true, 5, "\"Zoe\"");
	must_be_called(t, "201", "Zoë");
	dl3_tracker_free(t);
}

static void a_name_that_was_given_stays_until_it_is_taken_away(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("201"), dl3_str_of("Ann")), DL3_OK);
	lift(t, 1, 201, false, 5, "\"Zoë\"");
	must_be_called(t, "201", "Ann");
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("201"), (struct dl3_str){ 0 }), DL3_OK);
	must_be_called(t, "201", "");
	put_down(t, 1);
	lift(t, 2, 201, false, 5, "\"Zoë\"");
	must_be_called(t, "201", "Zoë");
	dl3_tracker_free(t);
}

static void past_the_limit_the_idle_one_heard_of_longest_ago_makes_room(void **state)
{
	const struct dl3_tracker_config config = { .max_users = 3 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);

	(void)state;
	was_here(t, 1, 201);
	was_here(t, 2, 202);
	was_here(t, 3, 203);
	was_here(t, 4, 201); /* heard of again */
	lift(t, 5, 204, false, 5, "");
	drain(t);
	assert_false(is_followed(t, "202"));
	assert_true(is_followed(t, "201") && is_followed(t, "203") && is_followed(t, "204"));
	assert_int_equal(dl3_tracker_counts(t).users, 3);
	assert_int_equal(dl3_tracker_counts(t).users_forgotten, 1);
	assert_int_equal(dl3_tracker_counts(t).overflow, 0);
	dl3_tracker_free(t);
}

static void to_be_named_and_to_have_an_event_is_to_be_heard_of(void **state)
{
	const struct dl3_tracker_config config = { .max_users = 3 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	const struct dl3_record event = { .kind = DL3_KIND_CMEXTN,
		                          .u.cmextn = { .text = dl3_str_of("Extn202: x") } };

	(void)state;
	was_here(t, 1, 201);
	was_here(t, 2, 202);
	was_here(t, 3, 203);
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("201"), dl3_str_of("Ann")), DL3_OK);
	assert_int_equal(dl3_tracker_record(t, 2000, PBX, 1, &event), DL3_OK);
	drain(t);
	was_here(t, 4, 204);
	assert_false(is_followed(t, "203"));
	assert_true(is_followed(t, "201") && is_followed(t, "202"));
	dl3_tracker_free(t);
}

static void with_nobody_idle_whoever_comes_is_not_followed(void **state)
{
	const struct dl3_tracker_config config = { .max_users = 2 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);

	(void)state;
	for (unsigned i = 1; i <= 3; i++)
		lift(t, i, 200 + i, false, 5, "");
	drain(t);
	assert_true(is_followed(t, "201") && is_followed(t, "202"));
	assert_false(is_followed(t, "203"));
	assert_int_equal(dl3_tracker_counts(t).users_forgotten, 0);
	assert_true(dl3_tracker_counts(t).overflow > 0);
	/* The call is there all the same. */
	assert_int_equal(dl3_tracker_counts(t).calls, 3);
	put_down(t, 1);
	was_here(t, 4, 204);
	assert_true(is_followed(t, "204"));
	assert_false(is_followed(t, "201"));
	dl3_tracker_free(t);
}

static void who_is_still_to_be_told_of_stays(void **state)
{
	const struct dl3_tracker_config config = { .max_users = 2 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	struct dl3_tracked told;

	(void)state;
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("201"), dl3_str_of("Ann")), DL3_OK);
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("202"), dl3_str_of("Bea")), DL3_OK);
	assert_int_equal(dl3_tracker_user(t, dl3_str_of("203"), dl3_str_of("Cem")), DL3_OK);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(dl3_tracker_next(t, &told), DL3_OK);
		assert_memory_equal(told.user->extension.ptr, i == 0 ? "201" : "202", 3);
	}
	assert_int_equal(dl3_tracker_next(t, &told), DL3_END);
	dl3_tracker_free(t);
}

static void a_walk_passes_over_those_that_were_forgotten(void **state)
{
	const struct dl3_tracker_config config = { .max_users = 3 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_user_info *user;
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 1; i <= 50; i++)
		was_here(t, i, 200 + i);
	while (dl3_tracker_walk_users(t, &at, &user) == DL3_OK) {
		assert_true(user->extension.len == 3 && memcmp(user->extension.ptr, "248", 3) >= 0);
		seen++;
	}
	assert_int_equal(seen, 3);
	assert_int_equal(dl3_tracker_counts(t).users_forgotten, 47);
	dl3_tracker_free(t);
}

static void over_a_restart_the_same_one_makes_room(void **state)
{
	const struct dl3_tracker_config config = { .max_users = 3 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL), *next = dl3_tracker_new(&config, NULL);
	uint8_t saved[4096];
	size_t len = 0;

	(void)state;
	was_here(t, 1, 201);
	was_here(t, 2, 202);
	was_here(t, 3, 203);
	was_here(t, 4, 201);
	assert_int_equal(dl3_tracker_save(t, saved, sizeof(saved), &len), DL3_OK);
	assert_int_equal(dl3_tracker_restore(next, (struct dl3_octets){ saved, len }), DL3_OK);
	was_here(next, 5, 204);
	assert_false(is_followed(next, "202"));
	assert_true(is_followed(next, "201"));
	dl3_tracker_free(t);
	dl3_tracker_free(next);
}

DL3T_TESTS(cmocka_unit_test(a_record_names_an_internal_user),
           cmocka_unit_test(names_of_other_types_are_no_user_s),
           cmocka_unit_test(another_node_s_name_is_taken_only_where_there_is_none),
           cmocka_unit_test(a_name_that_was_given_stays_until_it_is_taken_away),
           cmocka_unit_test(past_the_limit_the_idle_one_heard_of_longest_ago_makes_room),
           cmocka_unit_test(to_be_named_and_to_have_an_event_is_to_be_heard_of),
           cmocka_unit_test(with_nobody_idle_whoever_comes_is_not_followed),
           cmocka_unit_test(who_is_still_to_be_told_of_stays),
           cmocka_unit_test(a_walk_passes_over_those_that_were_forgotten),
           cmocka_unit_test(over_a_restart_the_same_one_makes_room));
