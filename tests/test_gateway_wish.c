/* SPDX-License-Identifier: MIT */
/* What a consumer may ask for, and how what cannot be is refused. */
#include "support/test.h"

#include "support/stage.h"

static char error[240];

static bool set(struct consumer_wish *w, const char *key, const char *value)
{
	error[0] = '\0';
	return consumer_wish_set(w, dl3_str_of(key), dl3_str_of(value), error, sizeof(error));
}

static bool refused(const char *key, const char *value)
{
	struct consumer_wish w;

	consumer_wish_init(&w);
	return !set(&w, key, value) && error[0] != '\0';
}

static bool same_filter(const char *a, const char *b)
{
	const struct consumer_wish x = stage_wish(a), y = stage_wish(b);

	return memcmp(&x.filter, &y.filter, sizeof(x.filter)) == 0;
}

static void who_says_nothing_gets_all_but_records(void **state)
{
	(void)state;
	const struct consumer_wish w = stage_wish("");

	assert_int_equal(w.filter.kinds,
	                 1u << HUB_CALL | 1u << HUB_USER | 1u << HUB_GROUP | 1u << HUB_LINK | 1u << HUB_GAP);
	for (unsigned d = 0; d < HUB_DIMENSIONS; d++)
		assert_int_equal(w.filter.count[d], 0);
	assert_int_equal(w.policy, CONSUMER_SKIP);
	assert_int_equal(w.queue, CONSUMER_QUEUE);
	assert_false(w.snapshot);
	assert_false(w.resume);
}

static void kinds_are_those_named_and_gaps(void **state)
{
	(void)state;
	assert_int_equal(stage_wish("kind=record").filter.kinds, 1u << HUB_RECORD | 1u << HUB_GAP);
	assert_int_equal(stage_wish("kind=call,user,,link").filter.kinds,
	                 1u << HUB_CALL | 1u << HUB_USER | 1u << HUB_LINK | 1u << HUB_GAP);
	assert_true(same_filter("kind=call&kind=user", "kind=user,call"));
	assert_true(same_filter("kind=", ""));
}

static void a_filter_is_the_same_in_any_order_and_with_repetitions(void **state)
{
	(void)state;
	assert_true(same_filter("extension=201,202&pbx=main", "pbx=main&extension=202&extension=201"));
	assert_true(same_filter("extension=201,202,201,201", "extension=202,201"));
	assert_false(same_filter("extension=201", "extension=202"));
	assert_false(same_filter("extension=201", "group=201"));
	assert_false(same_filter("extension=201", "node=201"));
	assert_false(same_filter("extension=201", "extension=2,01"));
}

static void values_are_limited_in_number(void **state)
{
	(void)state;
	struct consumer_wish w;
	char value[16];

	consumer_wish_init(&w);
	for (unsigned i = 0; i < HUB_FILTER_VALUES; i++) {
		(void)snprintf(value, sizeof(value), "%u", i);
		assert_true(set(&w, "extension", value));
	}
	assert_false(set(&w, "extension", "999"));
	assert_non_null(strstr(error, "at most 32"));
	assert_true(set(&w, "group", "1"));
	consumer_wish_done(&w);
	assert_int_equal(w.filter.count[HUB_EXTENSION], HUB_FILTER_VALUES);
}

static void the_rest_is_read_as_it_is_said(void **state)
{
	(void)state;
	const struct consumer_wish w =
		stage_wish("policy=latest&queue=7&snapshot=1&from=9223372036854775807");

	assert_int_equal(w.policy, CONSUMER_LATEST);
	assert_int_equal(w.queue, 7);
	assert_true(w.snapshot);
	assert_true(w.resume);
	assert_true(w.after == INT64_MAX);
	assert_int_equal(stage_wish("policy=disconnect").policy, CONSUMER_DISCONNECT);
	assert_int_equal(stage_wish("policy=latest&policy=skip").policy, CONSUMER_SKIP);
	assert_false(stage_wish("snapshot=true&snapshot=false").snapshot);
	const struct consumer_wish zero = stage_wish("from=0");
	assert_true(zero.resume && zero.after == 0);
}

static void what_cannot_be_is_refused_with_what_was_expected(void **state)
{
	(void)state;
	static const char *const bad[][3] = {
		{ "kind", "calls", "record, call, user, group, link or gap, came 'calls'" },
		{ "kind", "call,snapshot", "came 'snapshot'" },
		{ "kind", "Call", "came 'Call'" },
		{ "policy", "block", "disconnect, skip or latest, came 'block'" },
		{ "policy", "", "came ''" },
		{ "snapshot", "yes", "1 or 0, came 'yes'" },
		{ "queue", "0", "1 to 1000000, came '0'" },
		{ "queue", "1000001", "came '1000001'" },
		{ "queue", "-1", "came '-1'" },
		{ "queue", "", "came ''" },
		{ "from", "9223372036854775808", "came '9223372036854775808'" },
		{ "from", "99999999999999999999", "came '99999999999999999999'" },
		{ "from", "1e3", "came '1e3'" },
		{ "from", " 1", "came ' 1'" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(refused(bad[i][0], bad[i][1]));
		assert_memory_equal(error, bad[i][0], strlen(bad[i][0]));
		assert_non_null(strstr(error, bad[i][2]));
	}
}

static void what_is_long_is_refused_in_short(void **state)
{
	(void)state;
	char value[5000];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_true(refused("policy", value));
	assert_true(refused("kind", value));
	assert_true(strlen(error) < 200);
}

static void other_parameters_are_left_to_others(void **state)
{
	(void)state;
	struct consumer_wish w, untouched;

	consumer_wish_init(&w);
	consumer_wish_init(&untouched);
	assert_true(set(&w, "format", "csv"));
	assert_true(set(&w, "kin", "call"));
	assert_memory_equal(&w, &untouched, sizeof(w));
}

DL3T_TESTS(cmocka_unit_test(who_says_nothing_gets_all_but_records),
           cmocka_unit_test(kinds_are_those_named_and_gaps),
           cmocka_unit_test(a_filter_is_the_same_in_any_order_and_with_repetitions),
           cmocka_unit_test(values_are_limited_in_number), cmocka_unit_test(the_rest_is_read_as_it_is_said),
           cmocka_unit_test(what_cannot_be_is_refused_with_what_was_expected),
           cmocka_unit_test(what_is_long_is_refused_in_short),
           cmocka_unit_test(other_parameters_are_left_to_others));
