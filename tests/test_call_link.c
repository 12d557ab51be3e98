/* SPDX-License-Identifier: MIT */
/* Calls while the connection comes and goes: docs/calls.md. */
#include "support/test.h"

#include <devlink3/devlink3.h>

#define PBX 0xc0000201u
#define RINGS                                                                                             \
	"<Detail><Call>c0000201,7,,,,0,,,,,4001,,,,,,,</Call>"                                            \
	"<PartyA>c000020100000001,1,19,1,2,0,1,0,1,5,106,,,0,0,,,,,,,5550100,0,0,,</PartyA>"              \
	"<Target_list><Target>c000020100000002,0,0,8,106,,4001,0,0,,,,5550100,0</Target></Target_list></" \
	"Detail>"

struct seen {
	unsigned ended;
	bool incomplete;
	int64_t at;
};

static void tell(struct dl3_tracker *t, int64_t now, const char *xml)
{
	struct dl3_record record;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &record, NULL), DL3_OK);
	assert_int_equal(dl3_tracker_record(t, now, PBX, 1, &record), DL3_OK);
}

static void lose(struct dl3_tracker *t, int64_t now)
{
	tell(t, now, "<CallLost>c0000201,c000020100000001,1,16,100</CallLost>");
}

static struct seen fetch(struct dl3_tracker *t)
{
	struct seen seen = { 0 };
	struct dl3_tracked told;

	while (dl3_tracker_next(t, &told) == DL3_OK)
		if (told.type == DL3_TRACKED_CALL_ENDED) {
			seen.ended++;
			seen.incomplete = told.call->incomplete;
			seen.at = told.call->ended;
		}
	return seen;
}

static void a_call_that_a_snapshot_tells_of_first_is_incomplete(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	dl3_tracker_link_up(t, 1000);
	tell(t, 1000, RINGS);
	dl3_tracker_snapshot_end(t, 1000);
	lose(t, 5000);
	struct seen seen = fetch(t);
	assert_int_equal(seen.ended, 1);
	assert_true(seen.incomplete);
	dl3_tracker_free(t);
}

static void a_call_that_begins_behind_the_snapshot_is_whole(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	dl3_tracker_link_up(t, 1000);
	dl3_tracker_snapshot_end(t, 1000);
	tell(t, 1000, RINGS);
	lose(t, 5000);
	struct seen seen = fetch(t);
	assert_int_equal(seen.ended, 1);
	assert_false(seen.incomplete);
	dl3_tracker_free(t);
}

static void a_call_that_the_next_snapshot_has_goes_on_marked(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	tell(t, 1000, RINGS);
	dl3_tracker_link_lost(t, 2000);
	dl3_tracker_link_up(t, 9000);
	tell(t, 9000, RINGS);
	dl3_tracker_snapshot_end(t, 9000);
	assert_int_equal(fetch(t).ended, 0);
	lose(t, 10000);
	struct seen seen = fetch(t);
	assert_int_equal(seen.ended, 1);
	assert_true(seen.incomplete);
	dl3_tracker_free(t);
}

static void a_call_that_the_next_snapshot_lacks_ended_when_the_link_was_lost(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	tell(t, 1000, RINGS);
	dl3_tracker_link_lost(t, 2000);
	assert_int_equal(fetch(t).ended, 0);
	dl3_tracker_link_up(t, 9000);
	dl3_tracker_snapshot_end(t, 9000);
	struct seen seen = fetch(t);
	assert_int_equal(seen.ended, 1);
	assert_true(seen.incomplete);
	assert_int_equal(seen.at, 2000);
	dl3_tracker_free(t);
}

static void a_snapshot_that_breaks_off_leaves_the_loss_where_it_was(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	tell(t, 1000, RINGS);
	dl3_tracker_link_lost(t, 2000);
	dl3_tracker_link_up(t, 9000);
	dl3_tracker_link_lost(t, 9500);
	dl3_tracker_link_up(t, 20000);
	dl3_tracker_snapshot_end(t, 20000);
	struct seen seen = fetch(t);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.at, 2000);
	dl3_tracker_free(t);
}

DL3T_TESTS(cmocka_unit_test(a_snapshot_that_breaks_off_leaves_the_loss_where_it_was),
           cmocka_unit_test(a_call_that_a_snapshot_tells_of_first_is_incomplete),
           cmocka_unit_test(a_call_that_begins_behind_the_snapshot_is_whole),
           cmocka_unit_test(a_call_that_the_next_snapshot_has_goes_on_marked),
           cmocka_unit_test(a_call_that_the_next_snapshot_lacks_ended_when_the_link_was_lost));
