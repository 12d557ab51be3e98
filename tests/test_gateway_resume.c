/* SPDX-License-Identifier: MIT */
/* What a consumer gets at first: snapshots of what is now, and what was since it was here last. */
#include "support/test.h"

#include "gateway/consumer_parts.h"
#include "support/stage.h"

/* ---- Snapshots ---- */

static void tell_all_kinds(struct stage *s)
{
	stage_tell(s, HUB_CALL, "c1", 1, (const uint64_t[]){ hub_tag(HUB_EXTENSION, dl3_str_of("201")), 0 });
	stage_tell(s, HUB_CALL, "c2", 2, NULL);
	stage_tell(s, HUB_USER, "201", 3, (const uint64_t[]){ hub_tag(HUB_EXTENSION, dl3_str_of("201")), 0 });
	stage_tell(s, HUB_GROUP, "700", 4, NULL);
	stage_tell(s, HUB_LINK, "main", 5, NULL);
	stage_tell(s, HUB_CALL, "c1", 6, (const uint64_t[]){ hub_tag(HUB_EXTENSION, dl3_str_of("201")), 0 });
	stage_tell(s, HUB_GAP, NULL, 7, NULL);
	stage_end(s, "c2", 8, NULL);
}

static void a_snapshot_is_what_is_now_without_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *kind;
		long long n, seq;
	} want[] = { { "link", 5, 5 }, { "group", 4, 4 }, { "user", 3, 3 }, { "call", 6, 6 } };
	struct stage s;
	struct reader r;

	stage_open(&s);
	tell_all_kinds(&s);
	stage_join(&s, &r, "snapshot=1");
	stage_tell(&s, HUB_CALL, "c3", 9, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 7);
	assert_string_equal(r.messages[0].kind, "snapshot");
	assert_string_equal(r.messages[0].what, "begin");
	assert_string_equal(r.messages[5].what, "end");
	for (int i = 0; i < 4; i++) {
		assert_string_equal(r.messages[1 + i].kind, want[i].kind);
		assert_int_equal(r.messages[1 + i].n, want[i].n);
		assert_int_equal(r.messages[1 + i].seq, want[i].seq);
	}
	for (int i = 0; i < 6; i++)
		assert_false(r.messages[i].has_id);
	/* The number from which it goes on. */
	assert_int_equal(r.messages[0].seq, 8);
	assert_int_equal(r.messages[5].seq, 8);
	assert_int_equal(r.messages[6].id, 9);
	reader_close(&r);
	stage_close(&s);
}

static void a_snapshot_is_filtered(void **state)
{
	(void)state;
	struct stage s;
	struct reader a, b, c;

	stage_open(&s);
	tell_all_kinds(&s);
	stage_tell(&s, HUB_CALL, "c4", 9, NULL);
	stage_join(&s, &a, "snapshot=1&kind=call&extension=201");
	stage_join(&s, &b, "snapshot=1&pbx=other");
	stage_join(&s, &c, "snapshot=1&kind=record");
	stage_drain(&s, &a);
	stage_drain(&s, &b);
	stage_drain(&s, &c);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.messages[1].n, 6);
	assert_int_equal(b.count, 2);
	assert_int_equal(c.count, 2);
	reader_close(&a);
	reader_close(&b);
	reader_close(&c);
	stage_close(&s);
}

/* Reads a slow reader's snapshot to its end, while `meanwhile` changes things. */
static void slow_snapshot(struct stage *s, struct reader *r, void (*meanwhile)(struct stage *, int))
{
	const struct consumer_wish wish = stage_wish("snapshot=1");
	char about[16];

	for (int i = 0; i < 2000; i++) {
		(void)snprintf(about, sizeof(about), "c%d", i);
		stage_tell(s, HUB_CALL, about, i, NULL);
	}
	assert_true(stage_join_as(s, r, HUB_SSE, &wish, 4096));
	for (int i = 0; i < 200; i++) {
		meanwhile(s, i);
		stage_turn(s);
		(void)reader_read(r, 700);
	}
	/* It is still in the middle of it. */
	for (size_t i = 0; i < r->count; i++)
		assert_false(r->messages[i].has_id);
	stage_drain(s, r);
}

static void change_some(struct stage *s, int i)
{
	char about[16];

	(void)snprintf(about, sizeof(about), "c%d", i * 7);
	if (i % 3 == 0)
		stage_end(s, about, 10000 + i, NULL);
	else
		stage_tell(s, HUB_CALL, about, 10000 + i, NULL);
	(void)snprintf(about, sizeof(about), "new%d", i);
	stage_tell(s, HUB_CALL, about, 20000 + i, NULL);
}

static void changes_during_a_snapshot_come_behind_it(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	size_t end = 0;

	stage_open(&s);
	slow_snapshot(&s, &r, change_some);
	for (size_t i = 0; i < r.count; i++)
		if (strcmp(r.messages[i].what, "end") == 0)
			end = i;
	assert_true(end > 1000);
	/* All 400 of them, each once. */
	assert_int_equal(r.count - end - 1, 400);
	for (size_t i = end + 1; i < r.count; i++)
		assert_int_equal(r.messages[i].id, 2001 + (long long)(i - end - 1));
	for (size_t i = 1; i < end; i++)
		assert_false(r.messages[i].has_id);
	reader_close(&r);
	stage_close(&s);
}

static void end_one(struct stage *s, int i)
{
	char about[16];

	/* Ten of them each time: also those at which the snapshot just is. */
	for (int k = 0; k < 10; k++) {
		(void)snprintf(about, sizeof(about), "c%d", i * 10 + k);
		stage_end(s, about, i, NULL);
	}
}

static void what_ends_during_a_snapshot_is_no_place_to_be_lost_at(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	unsigned ended = 0, present = 0;

	stage_open(&s);
	slow_snapshot(&s, &r, end_one);
	for (size_t i = 0; i < r.count; i++) {
		ended += r.messages[i].has_id && strcmp(r.messages[i].kind, "call") == 0;
		present += !r.messages[i].has_id && strcmp(r.messages[i].kind, "call") == 0;
	}
	assert_int_equal(ended, 2000);
	assert_true(present > 100 && present < 2000);
	assert_int_equal(hub_counts(s.hub).things, 0);
	reader_close(&r);
	stage_close(&s);
}

static void who_leaves_in_a_snapshot_leaves_nothing_behind(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("snapshot=1");
	char about[16];

	stage_open(&s);
	for (int i = 0; i < 2000; i++) {
		(void)snprintf(about, sizeof(about), "c%d", i);
		stage_tell(&s, HUB_CALL, about, i, NULL);
	}
	assert_true(stage_join_as(&s, &r, HUB_SSE, &wish, 4096));
	(void)reader_read(&r, 10000);
	for (int i = 0; i < 200; i++)
		end_one(&s, i);
	reader_close(&r);
	stage_turn(&s);
	assert_int_equal(consumers_count(s.consumers), 0);
	assert_null(hub_thing_after(s.hub, HUB_CALL, NULL));
	assert_null(s.hub->oldest[HUB_CALL]);
	stage_close(&s);
}

/* ---- Resuming ---- */

static void resuming_misses_nothing_and_repeats_nothing(void **state)
{
	(void)state;
	struct stage s;
	char query[32];

	stage_open(&s);
	for (int i = 1; i <= 300; i++)
		stage_tell(&s, i % 4 ? HUB_CALL : HUB_RECORD, "a", i, NULL);
	for (int after = 0; after <= 300; after++) {
		struct reader r;
		long long last = after;
		(void)snprintf(query, sizeof(query), "from=%d", after);
		stage_join(&s, &r, query);
		stage_tell(&s, HUB_CALL, "a", 0, NULL);
		stage_drain(&s, &r);
		for (size_t i = 0; i < r.count; i++) {
			do
				last++;
			while (last % 4 == 0 && last <= 300);
			assert_string_equal(r.messages[i].kind, "call");
			assert_int_equal(r.messages[i].id, last);
		}
		assert_int_equal(last, hub_seq(s.hub));
		reader_close(&r);
		stage_turn(&s);
	}
	stage_close(&s);
}

static void resuming_from_before_the_ring_says_how_many_are_gone(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ .ring_messages = 64 }, (struct consumers_config){ 0 });
	for (int i = 1; i <= 1000; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_join(&s, &r, "from=100");
	stage_drain(&s, &r);
	assert_int_equal(r.count, 65);
	assert_string_equal(r.messages[0].kind, "gap");
	assert_string_equal(r.messages[0].scope, "history");
	assert_int_equal(r.messages[0].missed, 1000 - 64 - 100);
	/* Who breaks off here goes on behind the gap. */
	assert_int_equal(r.messages[0].id, 936);
	for (int i = 1; i <= 64; i++)
		assert_int_equal(r.messages[i].id, 936 + i);
	assert_int_equal(hub_counts(s.hub).missed, 836);
	reader_close(&r);
	stage_close(&s);
}

static void the_oldest_that_is_kept_is_no_gap(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ .ring_messages = 64 }, (struct consumers_config){ 0 });
	for (int i = 1; i <= 1000; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_join(&s, &r, "from=936");
	stage_drain(&s, &r);
	assert_int_equal(r.count, 64);
	assert_int_equal(r.messages[0].id, 937);
	reader_close(&r);
	stage_close(&s);
}

static void a_number_of_another_life_is_a_gap_of_unknown_size(void **state)
{
	(void)state;
	struct stage s;
	struct reader r, empty;

	stage_open(&s);
	stage_join(&s, &empty, "from=77");
	stage_drain(&s, &empty);
	assert_int_equal(empty.count, 1);
	assert_string_equal(empty.messages[0].scope, "history");
	assert_int_equal(empty.messages[0].missed, READER_NULL);
	for (int i = 1; i <= 10; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_join(&s, &r, "from=11");
	stage_drain(&s, &r);
	/* And all that there is: any of it may be news. */
	assert_int_equal(r.count, 11);
	assert_string_equal(r.messages[0].scope, "history");
	assert_int_equal(r.messages[0].missed, READER_NULL);
	assert_int_equal(r.messages[0].id, 0);
	for (int i = 1; i <= 10; i++)
		assert_int_equal(r.messages[i].id, i);
	reader_close(&r);
	reader_close(&empty);
	stage_close(&s);
}

static void expect_earlier_gap(struct stage *s, const char *query, long long missed)
{
	struct reader r;

	stage_join(s, &r, query);
	stage_drain(s, &r);
	assert_int_equal(r.count, 4);
	assert_string_equal(r.messages[0].scope, "history");
	assert_int_equal(r.messages[0].missed, missed);
	assert_true(r.messages[0].at_least);
	/* Who breaks off here is of this life. */
	assert_int_equal(r.messages[0].id, 1000);
	for (int i = 1; i <= 3; i++)
		assert_int_equal(r.messages[i].id, 1000 + i);
	reader_close(&r);
}

static void a_number_of_an_earlier_life_is_a_gap_without_the_distance_between(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ .first_seq = 1001, .last_seq = 50 },
	              (struct consumers_config){ 0 });
	for (int i = 1; i <= 3; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	expect_earlier_gap(&s, "from=20", 30);
	expect_earlier_gap(&s, "from=50", 0);
	expect_earlier_gap(&s, "from=51", 0);
	expect_earlier_gap(&s, "from=0", 50);
	stage_join(&s, &r, "from=1000");
	stage_drain(&s, &r);
	assert_int_equal(r.count, 3);
	assert_int_equal(r.messages[0].id, 1001);
	reader_close(&r);
	stage_close(&s);
}

static void of_an_earlier_life_what_the_ring_lost_since_is_missing_as_well(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ .first_seq = 1001, .last_seq = 50, .ring_messages = 64 },
	              (struct consumers_config){ 0 });
	for (int i = 1; i <= 100; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_join(&s, &r, "from=40");
	stage_drain(&s, &r);
	assert_int_equal(r.count, 65);
	assert_int_equal(r.messages[0].missed, 10 + 36);
	assert_true(r.messages[0].at_least);
	assert_int_equal(r.messages[1].id, 1037);
	reader_close(&r);
	stage_close(&s);
}

static void history_does_not_count_as_being_behind(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("from=0&queue=10&policy=disconnect");

	stage_open(&s);
	for (int i = 1; i <= 2000; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	assert_true(stage_join_as(&s, &r, HUB_SSE, &wish, 4096));
	for (int i = 1; i <= 10; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_turn(&s);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 2010);
	assert_int_equal(r.messages[2009].id, 2010);
	assert_false(r.ended);
	reader_close(&r);
	stage_close(&s);
}

DL3T_TESTS(cmocka_unit_test(a_snapshot_is_what_is_now_without_numbers),
           cmocka_unit_test(a_snapshot_is_filtered),
           cmocka_unit_test(changes_during_a_snapshot_come_behind_it),
           cmocka_unit_test(what_ends_during_a_snapshot_is_no_place_to_be_lost_at),
           cmocka_unit_test(who_leaves_in_a_snapshot_leaves_nothing_behind),
           cmocka_unit_test(resuming_misses_nothing_and_repeats_nothing),
           cmocka_unit_test(resuming_from_before_the_ring_says_how_many_are_gone),
           cmocka_unit_test(the_oldest_that_is_kept_is_no_gap),
           cmocka_unit_test(a_number_of_another_life_is_a_gap_of_unknown_size),
           cmocka_unit_test(a_number_of_an_earlier_life_is_a_gap_without_the_distance_between),
           cmocka_unit_test(of_an_earlier_life_what_the_ring_lost_since_is_missing_as_well),
           cmocka_unit_test(history_does_not_count_as_being_behind));
