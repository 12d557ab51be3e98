/* SPDX-License-Identifier: MIT */
/* Whichever allocation fails, the tracker goes on, and nothing is lost when it is freed. */
#include "support/test.h"

#include <stdio.h>

#include "support/alloc.h"
#include <devlink3/devlink3.h>

static const char *const stream[] = {
	"<Detail><Call>c0a82a03,3,,,,0,,200,,200,,,,1,100,,,</"
	"Call><PartyA>c0a82a0300002329,1,19,1,2,0,1,0,1,5,106,,,0,0,5678,,,,,,01707123456,100,0,,</"
	"PartyA><Target_list><Target>c0a82a0300000400,0,0,8,106,,4001,0,4,,,200,901707123456,100</Target></"
	"Target_list></Detail>",
	"<Detail><Call>c0a82a03,3,,,,0,,200,,200,4001,,,,160,,,</"
	"Call><PartyA>c0a82a0300002329,1,2,1,0,0,1,0,1,5,106,,,0,0,5678,,,,,,01707123456,100,0,,</"
	"PartyA><PartyB>c0a82a0300000400,0,2,1,0,0,0,0,1,8,106,,4001,0,4,,,,,,200,901707123456,100,0,,</"
	"PartyB></Detail>",
	"<CallLost>c0a82a03,c0a82a0300000400,1,16,460</CallLost>",
	"<CallLost>c0a82a03,c0a82a0300002329,0,16,461</CallLost>",
};

static void play(struct dl3_tracker *t)
{
	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++) {
		struct dl3_record record;
		struct dl3_tracked told;

		assert_int_equal(dl3_delta3_decode(dl3_str_of(stream[i]), &record, NULL), DL3_OK);
		enum dl3_err err = dl3_tracker_record(t, 1000 * (int64_t)i, 1, 1, &record);
		assert_true(err == DL3_OK || err == DL3_ERR_MEMORY);
		while (dl3_tracker_next(t, &told) == DL3_OK)
			assert_true(told.call || told.user || told.group);
	}
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
			play(t);
			assert_int_equal(dl3_tracker_memory(t), a.live);
			dl3_tracker_free(t);
		}
		failures = a.failures;
		assert_int_equal(dl3t_alloc_finish(&a), 0);
	}
}

static void texts_of_any_length_fit(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	(void)state;
	for (int len = 1; len < (int)sizeof(letters); len++) {
		struct dl3t_alloc a;
		struct dl3_record record;
		char xml[256];

		snprintf(
			xml, sizeof(xml),
			"<Detail><Call>c0a82a03,3,%.*s</Call><PartyA>c0a82a0300002329,1,19</PartyA></Detail>",
			len, letters);
		dl3t_alloc_init(&a);
		struct dl3_tracker *t = dl3_tracker_new(NULL, &a.allocator);
		assert_non_null(t);
		assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &record, NULL), DL3_OK);
		assert_int_equal(dl3_tracker_record(t, 1000, 1, 1, &record), DL3_OK);
		dl3_tracker_free(t);
		assert_int_equal(dl3t_alloc_finish(&a), 0);
	}
}

DL3T_TESTS(cmocka_unit_test(each_allocation_may_fail), cmocka_unit_test(texts_of_any_length_fit));
