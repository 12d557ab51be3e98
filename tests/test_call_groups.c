/* SPDX-License-Identifier: MIT */
/* Hunt groups: what came of their calls, in any window of the last day. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdio.h>
#include <string.h>

#define PBX 0xc0000201u
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
/* Midnight, UTC. */
#define MIDNIGHT INT64_C(1700006400000)

static void tell(struct dl3_tracker *t, int64_t now, const char *xml)
{
	struct dl3_record record;
	struct dl3_tracked told;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(xml), &record, NULL), DL3_OK);
	assert_int_equal(dl3_tracker_record(t, now, PBX, 1, &record), DL3_OK);
	while (dl3_tracker_next(t, &told) == DL3_OK)
		;
}

/* A line calls group 300; one extension rings, or talks. Each call has two ends, 2n and 2n + 1. */
static void detail(struct dl3_tracker *t, int64_t now, unsigned n, const char *group, bool met)
{
	char xml[1024], b[512];

	(void)snprintf(b, sizeof(b),
	               met ? "<PartyB>c0000201%08x,0,2,1,0,0,0,0,1,8,106,,201,0,4,,,,,,%s,,100,0,,</PartyB>"
	                   : "<Target_list><Target>c0000201%08x,0,0,8,106,,201,0,4,,,%s,,100</Target></"
	                     "Target_list>",
	               2 * n + 1, group);
	(void)snprintf(
		xml, sizeof(xml),
		"<Detail><Call>c0000201,%u,,,,0,,%s,,%s,,,,,,,,</Call>"
		"<PartyA>c0000201%08x,1,%d,1,2,0,1,0,1,3,31,,,0,0,550100,,,,,%s,01555%04u,0,0,,</PartyA>"
		"%s</Detail>",
		n, group, group, 2 * n, met ? 2 : 19, group, n, b);
	tell(t, now, xml);
}

static void clear(struct dl3_tracker *t, int64_t now, unsigned n, bool met)
{
	char xml[160];

	(void)snprintf(xml, sizeof(xml), "<CallLost>c0000201,c0000201%08x,1,16,</CallLost>", 2 * n);
	tell(t, now, xml);
	(void)snprintf(xml, sizeof(xml), "<CallLost>c0000201,c0000201%08x,0,16,</CallLost>", 2 * n + 1);
	if (met)
		tell(t, now, xml);
}

static void is_answered(struct dl3_tracker *t, int64_t at, unsigned n, int64_t wait_ms, int64_t talk_ms)
{
	detail(t, at, n, "300", false);
	detail(t, at + wait_ms, n, "300", true);
	clear(t, at + wait_ms + talk_ms, n, true);
}

static void gives_up(struct dl3_tracker *t, int64_t at, unsigned n, int64_t wait_ms)
{
	detail(t, at, n, "300", false);
	clear(t, at + wait_ms, n, false);
}

static struct dl3_group_stats window(struct dl3_tracker *t, int64_t from, int64_t to)
{
	struct dl3_group_stats s;

	assert_int_equal(dl3_tracker_group_stats(t, dl3_str_of("300"), from, to, &s), DL3_OK);
	return s;
}

static struct dl3_group_info now_of(struct dl3_tracker *t)
{
	const struct dl3_group_info *group;

	assert_int_equal(dl3_tracker_find_group(t, dl3_str_of("300"), &group), DL3_OK);
	return *group;
}

static void a_window_has_just_its_minutes(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	const int64_t nine = MIDNIGHT + 9 * HOUR, now = MIDNIGHT + 10 * HOUR + 30 * MINUTE;

	(void)state;
	/* One a minute from 8:00 to 10:29, each with another wait. */
	for (unsigned i = 0; i < 150; i++)
		is_answered(t, nine - HOUR + i * MINUTE, i, 100 * (i + 1), 20000);
	dl3_tracker_tick(t, now);
	/* From nine, and the last 30 minutes. */
	struct dl3_group_stats s = window(t, nine, now);
	assert_int_equal(s.offered, 90);
	assert_int_equal(s.answered, 90);
	assert_int_equal(s.wait_ms, 100 * (61 + 150) * 90 / 2);
	assert_int_equal(s.longest_wait_ms, 15000);
	assert_int_equal(s.talk_ms, 90 * 20000);
	s = window(t, now - 30 * MINUTE, now);
	assert_int_equal(s.offered, 30);
	assert_int_equal(s.wait_ms, 100 * (121 + 150) * 30 / 2);
	/* Within an hour, over an hour's end, a minute, none. */
	assert_int_equal(window(t, nine + 10 * MINUTE, nine + 25 * MINUTE).offered, 15);
	assert_int_equal(window(t, nine - 5 * MINUTE, nine + 5 * MINUTE).offered, 10);
	assert_int_equal(window(t, nine + 30 * MINUTE, nine + 31 * MINUTE).longest_wait_ms, 9100);
	assert_int_equal(window(t, nine, nine).offered, 0);
	assert_int_equal(window(t, now, nine).offered, 0);
	assert_int_equal(window(t, 0, INT64_MAX - INT64_MAX % MINUTE).offered, 150);
	dl3_tracker_free(t);
}

static void each_thing_counts_in_the_minute_in_which_it_happens(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	const int64_t at = MIDNIGHT + 50000;

	(void)state;
	/* Offered in one minute, answered in the next, over in the third. */
	is_answered(t, at, 1, 30000, 60000);
	assert_int_equal(window(t, MIDNIGHT, MIDNIGHT + MINUTE).offered, 1);
	assert_int_equal(window(t, MIDNIGHT, MIDNIGHT + MINUTE).answered, 0);
	assert_int_equal(window(t, MIDNIGHT + MINUTE, MIDNIGHT + 2 * MINUTE).answered, 1);
	assert_int_equal(window(t, MIDNIGHT + MINUTE, MIDNIGHT + 2 * MINUTE).wait_ms, 30000);
	assert_int_equal(window(t, MIDNIGHT + 2 * MINUTE, MIDNIGHT + 3 * MINUTE).talk_ms, 60000);
	dl3_tracker_free(t);
}

static void twenty_seconds_are_in_time_and_more_is_not(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	is_answered(t, MIDNIGHT, 1, 0, 1000);
	is_answered(t, MIDNIGHT, 2, 20000, 1000);
	is_answered(t, MIDNIGHT + MINUTE, 3, 20100, 1000);
	struct dl3_group_stats s = window(t, MIDNIGHT, MIDNIGHT + HOUR);
	assert_int_equal(s.answered, 3);
	assert_int_equal(s.answered_in_time, 2);
	dl3_tracker_free(t);
}

static void the_goal_and_what_is_short_can_be_set(void **state)
{
	const struct dl3_tracker_config config = { .answer_goal_ms = 10000, .short_ms = 2000 };
	struct dl3_tracker *t = dl3_tracker_new(&config, NULL);

	(void)state;
	is_answered(t, MIDNIGHT, 1, 10000, 1000);
	is_answered(t, MIDNIGHT + MINUTE, 2, 10100, 1000);
	gives_up(t, MIDNIGHT + 2 * MINUTE, 3, 1900);
	gives_up(t, MIDNIGHT + 3 * MINUTE, 4, 2000);
	struct dl3_group_stats s = window(t, MIDNIGHT, MIDNIGHT + HOUR);
	assert_int_equal(s.answered_in_time, 1);
	assert_int_equal(s.abandoned, 2);
	assert_int_equal(s.abandoned_short, 1);
	assert_int_equal(s.abandoned_wait_ms, 3900);
	dl3_tracker_free(t);
}

static void the_day_is_counted_from_where_it_began(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	is_answered(t, MIDNIGHT - MINUTE, 1, 1000, 1000);
	is_answered(t, MIDNIGHT, 2, 1000, 1000);
	assert_int_equal(now_of(t).today.offered, 2);
	dl3_tracker_day(t, MIDNIGHT);
	assert_int_equal(now_of(t).today.offered, 1);
	/* The next day. */
	is_answered(t, MIDNIGHT + 24 * HOUR, 3, 1000, 1000);
	dl3_tracker_day(t, MIDNIGHT + 24 * HOUR);
	assert_int_equal(now_of(t).today.offered, 1);
	dl3_tracker_free(t);
}

/* As where clocks are half an hour off, on the day on which summer time ends. */
static void a_day_of_25_hours_that_begins_at_half_past_is_whole(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	const int64_t day = MIDNIGHT - 30 * MINUTE;
	unsigned calls = 0;

	(void)state;
	dl3_tracker_day(t, day);
	for (int64_t at = day; at < day + 25 * HOUR; at += 10 * MINUTE)
		is_answered(t, at, calls++, 1000, 1000);
	assert_int_equal(now_of(t).today.offered, 150);
	assert_int_equal(now_of(t).today.wait_ms, 150 * 1000);
	assert_int_equal(window(t, day, day + 10 * MINUTE).offered, 1);
	dl3_tracker_free(t);
}

static void what_is_older_than_a_day_is_gone(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	is_answered(t, MIDNIGHT, 1, 1000, 1000);
	is_answered(t, MIDNIGHT + 26 * HOUR, 2, 1000, 1000);
	assert_int_equal(window(t, MIDNIGHT, MIDNIGHT + HOUR).offered, 0);
	assert_int_equal(window(t, MIDNIGHT, MIDNIGHT + 27 * HOUR).offered, 1);
	dl3_tracker_free(t);
}

static void a_call_that_talks_when_it_is_first_told_of_is_one_that_talks(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	detail(t, MIDNIGHT, 1, "300", true);
	assert_int_equal(now_of(t).talking, 1);
	assert_int_equal(now_of(t).waiting, 0);
	clear(t, MIDNIGHT + 30000, 1, true);
	assert_int_equal(now_of(t).talking, 0);
	/* Its wait is not known, and so it is in no number. */
	struct dl3_group_stats s = now_of(t).today;
	assert_int_equal(s.offered + s.answered + s.answered_in_time + s.abandoned, 0);
	assert_int_equal(s.talk_ms, 0);
	dl3_tracker_free(t);
}

static void such_a_call_talks_on_over_a_restart(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL), *next = dl3_tracker_new(NULL, NULL);
	uint8_t saved[4096];
	size_t len = 0;

	(void)state;
	detail(t, MIDNIGHT, 1, "300", true);
	assert_int_equal(dl3_tracker_save(t, saved, sizeof(saved), &len), DL3_OK);
	assert_int_equal(dl3_tracker_restore(next, (struct dl3_octets){ saved, len }), DL3_OK);
	assert_int_equal(now_of(next).talking, 1);
	clear(next, MIDNIGHT + 30000, 1, true);
	assert_int_equal(now_of(next).talking, 0);
	assert_int_equal(now_of(next).today.talk_ms, 0);
	dl3_tracker_free(t);
	dl3_tracker_free(next);
}

static void windows_are_the_same_after_a_restart(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL), *next = dl3_tracker_new(NULL, NULL);
	uint8_t saved[65536];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		is_answered(t, MIDNIGHT + i * 7 * MINUTE, i, 100 * i, 2000);
	assert_int_equal(dl3_tracker_save(t, saved, sizeof(saved), &len), DL3_OK);
	assert_int_equal(dl3_tracker_restore(next, (struct dl3_octets){ saved, len }), DL3_OK);
	for (int64_t from = MIDNIGHT; from < MIDNIGHT + 24 * HOUR; from += 13 * MINUTE) {
		struct dl3_group_stats before = window(t, from, from + 2 * HOUR),
				       after = window(next, from, from + 2 * HOUR);

		assert_memory_equal(&before, &after, sizeof(before));
	}
	dl3_tracker_free(t);
	dl3_tracker_free(next);
}

/* The longest of the waiting ones is known, whichever goes. */
static void who_waits_longest_is_known(void **state)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	for (unsigned i = 1; i <= 4; i++)
		detail(t, MIDNIGHT + i * 1000, i, "300", false);
	assert_int_equal(now_of(t).waiting_since, MIDNIGHT + 1000);
	clear(t, MIDNIGHT + 5000, 2, false);
	assert_int_equal(now_of(t).waiting_since, MIDNIGHT + 1000);
	clear(t, MIDNIGHT + 6000, 1, false);
	assert_int_equal(now_of(t).waiting_since, MIDNIGHT + 3000);
	detail(t, MIDNIGHT + 7000, 3, "300", true);
	assert_int_equal(now_of(t).waiting_since, MIDNIGHT + 4000);
	clear(t, MIDNIGHT + 8000, 4, false);
	assert_int_equal(now_of(t).waiting_since, DL3_NO_TIME);
	assert_int_equal(now_of(t).waiting, 0);
	dl3_tracker_free(t);
}

DL3T_TESTS(cmocka_unit_test(a_window_has_just_its_minutes),
           cmocka_unit_test(each_thing_counts_in_the_minute_in_which_it_happens),
           cmocka_unit_test(twenty_seconds_are_in_time_and_more_is_not),
           cmocka_unit_test(the_goal_and_what_is_short_can_be_set),
           cmocka_unit_test(the_day_is_counted_from_where_it_began),
           cmocka_unit_test(a_day_of_25_hours_that_begins_at_half_past_is_whole),
           cmocka_unit_test(what_is_older_than_a_day_is_gone),
           cmocka_unit_test(a_call_that_talks_when_it_is_first_told_of_is_one_that_talks),
           cmocka_unit_test(such_a_call_talks_on_over_a_restart),
           cmocka_unit_test(windows_are_the_same_after_a_restart),
           cmocka_unit_test(who_waits_longest_is_known));
