/* SPDX-License-Identifier: MIT */
/* Whatever people do, and in whatever order: the exchange keeps its books. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/storm.h"

#define SEEDS 12u
#define STEPS 4000u

static struct dl3t_storm *storm(uint64_t seed)
{
	struct dl3t_storm *s = malloc(sizeof(*s));

	assert_non_null(s);
	dl3t_storm_open(s, seed);
	return s;
}

static void whatever_is_done_the_books_are_right(void **state)
{
	(void)state;
	uint64_t kinds[SIM_USER + 1] = { 0 };

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct dl3t_storm *s = storm(seed);

		for (unsigned i = 0; i < STEPS; i++) {
			dl3t_storm_step(s);
			dl3t_storm_check(s);
		}
		assert_true(s->done > STEPS / 4);
		assert_true(s->refused > STEPS / 20);
		dl3t_storm_close(s);
		for (size_t i = 0; i <= SIM_USER; i++)
			kinds[i] += s->kinds[i];
		free(s);
	}
	/* Each kind of news has come about, and not once by chance. */
	for (size_t i = 0; i <= SIM_USER; i++)
		if (kinds[i] < SEEDS)
			fail_msg("kind %zu: %llu", i, (unsigned long long)kinds[i]);
}

static uint64_t digest_of(uint64_t seed)
{
	struct dl3t_storm *s = storm(seed);

	for (unsigned i = 0; i < STEPS; i++)
		dl3t_storm_step(s);
	dl3t_storm_close(s);
	uint64_t digest = s->digest;

	free(s);
	return digest;
}

static void the_same_seed_tells_the_same_news(void **state)
{
	(void)state;
	uint64_t first = digest_of(7);

	assert_true(first == digest_of(7));
	assert_true(first != digest_of(8));
}

static void an_exchange_may_go_with_all_its_calls(void **state)
{
	(void)state;
	struct dl3t_storm *s = storm(3);

	for (unsigned i = 0; i < STEPS; i++)
		dl3t_storm_step(s);
	assert_true(sim_exchange_counts(s->x).calls_now > 0);
	sim_exchange_free(s->x);
	assert_int_equal(s->clock.count, 0);
	sim_clock_finish(&s->clock);
	sim_world_free(s->world);
	free(s);
}

static void a_reboot_in_the_middle_leaves_the_books_right(void **state)
{
	(void)state;
	struct dl3t_storm *s = storm(5);

	for (unsigned i = 0; i < STEPS; i++) {
		dl3t_storm_step(s);
		if (i % 100 == 99)
			sim_exchange_reboot(s->x, i % 400 == 399 ? SIM_NONE : i / 100 % s->world->node_count);
		dl3t_storm_check(s);
	}
	dl3t_storm_close(s);
	free(s);
}

DL3T_TESTS(cmocka_unit_test(whatever_is_done_the_books_are_right),
           cmocka_unit_test(the_same_seed_tells_the_same_news),
           cmocka_unit_test(an_exchange_may_go_with_all_its_calls),
           cmocka_unit_test(a_reboot_in_the_middle_leaves_the_books_right));
