/* SPDX-License-Identifier: MIT */
/* Server-sent events: order, signs of life, ends, and how many there may be. */
#include "support/test.h"

#include <sys/resource.h>
#include <time.h>

#include "gateway/consumer_parts.h"
#include "support/stage.h"

static const char head[] = "event: gap\ndata: {\"kind\":\"gap\",\"time\":1.5,\"n\":-7}\n\n";

/* ---- Order ---- */

static void messages_come_in_order_under_their_numbers(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join(&s, &r, "");
	for (int i = 0; i < 1000; i++) {
		stage_tell(&s, HUB_CALL, i % 3 ? "a" : NULL, i, NULL);
		if (i % 7 == 0)
			stage_drain(&s, &r);
	}
	stage_drain(&s, &r);
	assert_int_equal(r.count, 1000);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(r.messages[i].n, i);
		assert_true(r.messages[i].has_id);
		assert_int_equal(r.messages[i].id, i + 1);
	}
	reader_close(&r);
	stage_close(&s);
}

static void the_answer_s_head_comes_first(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	int ends[2];

	stage_open(&s);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	reader_open(&r, ends[1], false);
	struct consumer_start start = { .fd = ends[0], .wish = stage_wish(""), .head = dl3_str_of(head) };
	assert_true(consumer_begin(s.consumers, &start));
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.messages[0].n, -7);
	assert_int_equal(r.messages[1].n, 1);
	reader_close(&r);
	stage_close(&s);
}

static void who_comes_gets_what_is_published_from_then_on(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_turn(&s);
	/* In the same turn of the loop. */
	stage_tell(&s, HUB_CALL, "a", 2, NULL);
	stage_join(&s, &r, "");
	stage_tell(&s, HUB_CALL, "a", 3, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.messages[0].n, 3);
	reader_close(&r);
	stage_close(&s);
}

static void messages_longer_than_a_chunk_come_whole(void **state)
{
	(void)state;
	static char body[100101];
	static const size_t sizes[] = { 100, 14000, 15300, 15360, 15400, 16384, 17000, 100000 };
	struct stage s;
	struct reader r;

	stage_open(&s);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct hub_news news = { .kind = HUB_CALL, .key = "call" };
		int len = snprintf(body, sizeof(body), "{\"n\":%zu,\"x\":\"", i);
		memset(body + len, 'x', sizes[i]);
		memcpy(body + sizes[i] - 2, "\"}", 2);
		news.body = (struct dl3_str){ .ptr = body, .len = (uint32_t)sizes[i] };
		hub_publish(s.hub, &news);
		stage_turn(&s);
	}
	stage_join(&s, &r, "from=0");
	stage_drain(&s, &r);
	assert_int_equal(r.count, sizeof(sizes) / sizeof(sizes[0]));
	for (size_t i = 0; i < r.count; i++) {
		assert_int_equal(r.messages[i].n, i);
		assert_true(r.messages[i].len > sizes[i]);
	}
	reader_close(&r);
	stage_close(&s);
}

/* ---- Signs of life, and ends ---- */

static void run_ms(struct stage *s, struct reader *r, unsigned ms)
{
	struct timespec now, end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	do {
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
		if (r)
			(void)reader_read(r, 65536);
		(void)usleep(2000);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

static void silence_is_broken_by_comments(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ 0 }, (struct consumers_config){ .heartbeat_ms = 30 });
	stage_join(&s, &r, "");
	while (r.comments < 3)
		run_ms(&s, &r, 20);
	assert_int_equal(r.count, 0);
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 1);
	reader_close(&r);
	stage_close(&s);
}

static void who_takes_nothing_for_too_long_is_closed(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("policy=skip");

	stage_open_as(&s, (struct hub_config){ 0 }, (struct consumers_config){ .stall_ms = 60 });
	assert_true(stage_join_as(&s, &r, HUB_SSE, &wish, 4096));
	for (int i = 1; i <= 1000; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_turn(&s);
	assert_int_equal(consumers_count(s.consumers), 1);
	while (consumers_count(s.consumers) > 0)
		run_ms(&s, NULL, 20);
	assert_int_equal(hub_counts(s.hub).disconnected, 1);
	assert_int_equal(s.released, 1);
	reader_close(&r);
	stage_close(&s);
}

static void who_has_nothing_to_take_does_not_stall(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ 0 }, (struct consumers_config){ .stall_ms = 50 });
	stage_join(&s, &r, "");
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_turn(&s);
	run_ms(&s, NULL, 300);
	assert_int_equal(consumers_count(s.consumers), 1);
	reader_close(&r);
	stage_close(&s);
}

static void all_are_told_of_the_end(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join(&s, &r, "");
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_turn(&s);
	consumers_stop(s.consumers);
	stage_drain(&s, &r);
	assert_true(r.ended);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.messages[1].kind, "bye");
	assert_false(r.messages[1].has_id);
	assert_int_equal(r.messages[1].seq, 1);
	assert_int_equal(consumers_count(s.consumers), 0);
	assert_int_equal(s.released, 1);
	reader_close(&r);
	stage_close(&s);
}

static void who_is_in_the_middle_of_a_block_is_told_behind_it(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("");

	stage_open(&s);
	assert_true(stage_join_as(&s, &r, HUB_SSE, &wish, 4096));
	for (int i = 1; i <= 1000; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_turn(&s);
	consumers_stop(s.consumers);
	assert_int_equal(consumers_count(s.consumers), 1);
	stage_drain(&s, &r);
	assert_true(r.ended);
	assert_true(r.count > 100 && r.count < 1001);
	assert_string_equal(r.messages[r.count - 1].kind, "bye");
	/* It can resume from there. */
	assert_int_equal(r.messages[r.count - 1].seq, r.count - 1);
	assert_int_equal(r.messages[r.count - 2].id, r.count - 1);
	reader_close(&r);
	stage_close(&s);
}

static bool is_even(void *owner, void *arg)
{
	(void)arg;
	return *(unsigned *)owner % 2 == 0;
}

static void those_whose_owner_is_gone_end(void **state)
{
	(void)state;
	struct stage s;
	struct reader r[6];
	unsigned owners[6] = { 0, 1, 2, 3, 4, 5 };

	stage_open(&s);
	for (int i = 0; i < 6; i++) {
		int ends[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
		reader_open(&r[i], ends[1], false);
		struct consumer_start start = { .fd = ends[0], .wish = stage_wish(""), .owner = &owners[i] };
		assert_true(consumer_begin(s.consumers, &start));
	}
	consumers_keep(s.consumers, is_even, NULL);
	for (int i = 0; i < 6; i++) {
		stage_drain(&s, &r[i]);
		assert_int_equal(r[i].ended, i % 2);
		assert_int_equal(r[i].count, i % 2);
		reader_close(&r[i]);
	}
	stage_close(&s);
}

static void who_leaves_is_forgotten_in_whatever_it_was(void **state)
{
	(void)state;
	static const char *const queries[] = { "", "snapshot=1", "from=0", "from=9999", "policy=latest" };

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct stage s;
		struct reader r, other;
		const struct consumer_wish wish = stage_wish(queries[i]);
		stage_open(&s);
		for (int n = 1; n <= 1000; n++)
			stage_tell(&s, HUB_CALL, NULL, n, NULL);
		assert_true(stage_join_as(&s, &r, HUB_SSE, &wish, 4096));
		stage_join(&s, &other, "");
		for (int n = 1; n <= 1000; n++)
			stage_tell(&s, HUB_CALL, NULL, n, NULL);
		stage_turn(&s);
		reader_close(&r);
		stage_tell(&s, HUB_CALL, NULL, 1, NULL);
		stage_drain(&s, &other);
		assert_int_equal(consumers_count(s.consumers), 1);
		assert_int_equal(s.released, 1);
		assert_int_equal(other.count, 1001);
		reader_close(&other);
		stage_close(&s);
	}
}

/* ---- How many, and how large ---- */

static void more_than_may_be_are_turned_away(void **state)
{
	(void)state;
	struct stage s;
	struct reader r[4];
	const struct consumer_wish wish = stage_wish("");

	stage_open_as(&s, (struct hub_config){ 0 }, (struct consumers_config){ .max = 3 });
	assert_int_equal(consumers_max(s.consumers), 3);
	for (int i = 0; i < 4; i++)
		assert_int_equal(stage_join_as(&s, &r[i], HUB_SSE, &wish, 0), i < 3);
	assert_int_equal(consumers_count(s.consumers), 3);
	assert_int_equal(s.released, 1);
	stage_drain(&s, &r[3]);
	assert_true(r[3].ended);
	for (int i = 0; i < 4; i++)
		reader_close(&r[i]);
	stage_close(&s);
}

static void what_one_has_waiting_is_bounded(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("queue=1000000");

	stage_open(&s);
	assert_true(stage_join_as(&s, &r, HUB_SSE, &wish, 4096));
	for (int i = 1; i <= 20000; i++) {
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
		if (i % 10 == 0)
			stage_turn(&s);
		if (i % 100 == 0)
			(void)reader_read(&r, 3000);
		const struct consumer *c = s.consumers->first;
		assert_true(!c->block || c->block->len <= CONSUMER_CHUNK);
	}
	assert_true(sizeof(struct consumer) <= 512);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 20000);
	reader_close(&r);
	stage_close(&s);
}

/* As many as there may be open files for: two for each. */
static void thousands_are_served(void **state)
{
	(void)state;
	static struct reader readers[10000];
	struct rlimit limit;
	struct stage s;
	const struct consumer_wish wish = stage_wish("");

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	const unsigned many = limit.rlim_cur >= 20100 ? 10000 : (unsigned)(limit.rlim_cur - 100) / 2;
	assert_true(many >= 400);
	stage_open(&s);
	for (unsigned i = 0; i < many; i++)
		assert_true(stage_join_as(&s, &readers[i], i % 2 ? HUB_WEBSOCKET : HUB_SSE, &wish, 0));
	for (int i = 0; i < 50; i++) {
		stage_tell(&s, HUB_CALL, "a", i, NULL);
		if (i % 10 == 9)
			stage_turn(&s);
	}
	assert_int_equal(hub_counts(s.hub).blocks, 10);
	for (unsigned i = 0; i < many; i++) {
		(void)reader_read(&readers[i], 65536);
		assert_int_equal(readers[i].count, 50);
		reader_close(&readers[i]);
	}
	while (consumers_count(s.consumers) > 0)
		stage_turn(&s);
	assert_int_equal(s.released, many);
	stage_close(&s);
}

DL3T_TESTS(cmocka_unit_test(messages_come_in_order_under_their_numbers),
           cmocka_unit_test(the_answer_s_head_comes_first),
           cmocka_unit_test(who_comes_gets_what_is_published_from_then_on),
           cmocka_unit_test(messages_longer_than_a_chunk_come_whole),
           cmocka_unit_test(silence_is_broken_by_comments),
           cmocka_unit_test(who_takes_nothing_for_too_long_is_closed),
           cmocka_unit_test(who_has_nothing_to_take_does_not_stall),
           cmocka_unit_test(all_are_told_of_the_end),
           cmocka_unit_test(who_is_in_the_middle_of_a_block_is_told_behind_it),
           cmocka_unit_test(those_whose_owner_is_gone_end),
           cmocka_unit_test(who_leaves_is_forgotten_in_whatever_it_was),
           cmocka_unit_test(more_than_may_be_are_turned_away),
           cmocka_unit_test(what_one_has_waiting_is_bounded), cmocka_unit_test(thousands_are_served));
