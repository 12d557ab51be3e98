/* SPDX-License-Identifier: MIT */
/* The streams of tests/data/calls, whole: the records that each must yield. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/devlink3.h>
#include <jansson.h>

static void fetch(struct dl3_tracker *t, json_t *calls)
{
	struct dl3_tracked told;
	char *buf = malloc(65536);
	size_t len;

	while (dl3_tracker_next(t, &told) == DL3_OK) {
		if (told.type != DL3_TRACKED_CALL_ENDED || !told.call->counts)
			continue;
		assert_int_equal(dl3_call_json(told.call, DL3_CALL_JSON_DEFAULT, buf, 65536, &len), DL3_OK);
		json_error_t error;
		json_t *call = json_loadb(buf, len, 0, &error);
		assert_non_null(call);
		json_array_append_new(calls, call);
	}
	free(buf);
}

static void feed(struct dl3_tracker *t, const json_t *event, unsigned times)
{
	const char *xml = json_string_value(json_object_get(event, "xml"));
	unsigned a = 0, b = 0, c = 0, d = 0;
	int64_t now = (int64_t)(json_number_value(json_object_get(event, "t")) * 1000);
	struct dl3_record record;

	assert_int_equal(
		sscanf(json_string_value(json_object_get(event, "pbx")), "%u.%u.%u.%u", &a, &b, &c, &d), 4);
	assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &record, NULL), DL3_OK);
	while (times-- > 0)
		assert_int_equal(dl3_tracker_record(t, now, a << 24 | b << 16 | c << 8 | d, 1, &record),
		                 DL3_OK);
}

/* Whatever stands in `want` stands in `has`. */
static void must_have(const char *where, const json_t *want, const json_t *has)
{
	if (json_is_object(want)) {
		const char *key;
		json_t *value;

		json_object_foreach((json_t *)(uintptr_t)want, key, value)
			must_have(key, value, json_object_get(has, key));
	} else if (json_is_array(want)) {
		if (json_array_size(want) != json_array_size(has))
			fail_msg("%s: %zu expected, %zu came", where, json_array_size(want),
			         json_array_size(has));
		for (size_t i = 0; i < json_array_size(want); i++)
			must_have(where, json_array_get(want, i), json_array_get(has, i));
	} else if (json_is_number(want)) {
		if (!json_is_number(has) || json_number_value(want) != json_number_value(has))
			fail_msg("%s: %f expected, %f came", where, json_number_value(want),
			         json_number_value(has));
	} else if (!json_equal(want, has)) {
		fail_msg("%s: something else came", where);
	}
}

static void play(const char *name, unsigned times)
{
	char path[512];
	snprintf(path, sizeof(path), DL3T_DATA "/calls/%s.json", name);
	json_t *doc = json_load_file(path, 0, NULL), *calls = json_array();
	assert_non_null(doc);
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	size_t i;
	json_t *event;

	json_array_foreach(json_object_get(doc, "events"), i, event)
	{
		feed(t, event, times);
		fetch(t, calls);
	}
	must_have("calls", json_object_get(json_object_get(doc, "expect"), "calls"), calls);
	struct dl3_tracked_counts counts = dl3_tracker_counts(t);
	assert_int_equal(counts.calls, 0);
	assert_int_equal(counts.ends, 0);
	dl3_tracker_free(t);
	json_decref(calls);
	json_decref(doc);
}

#define VECTOR(function, name)                     \
	static void function(void **state)         \
	{                                          \
		(void)state;                       \
		play(name, 1);                     \
	}                                          \
	static void function##_twice(void **state) \
	{                                          \
		(void)state;                       \
		play(name, 2);                     \
	}

VECTOR(abandoned_in_the_queue, "abandoned-in-the-queue")
VECTOR(across_two_nodes, "across-two-nodes")
VECTOR(blind_transfer, "blind-transfer")
VECTOR(group_call_answered, "group-call-answered")
VECTOR(internal_call_with_hold, "internal-call-with-hold")
VECTOR(left_a_message, "left-a-message")
VECTOR(names_that_bite, "names-that-bite")
VECTOR(off_hook_and_away, "off-hook-and-away")
VECTOR(outgoing_call, "outgoing-call")
VECTOR(pushed_away_then_answered, "pushed-away-then-answered")

#define BOTH(function) cmocka_unit_test(function), cmocka_unit_test(function##_twice)
DL3T_TESTS(BOTH(abandoned_in_the_queue), BOTH(across_two_nodes), BOTH(blind_transfer),
           BOTH(group_call_answered), BOTH(internal_call_with_hold), BOTH(left_a_message),
           BOTH(names_that_bite), BOTH(off_hook_and_away), BOTH(outgoing_call),
           BOTH(pushed_away_then_answered));
