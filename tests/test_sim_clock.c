/* SPDX-License-Identifier: MIT */
#include "sim/clock.h"

#include <stdlib.h>
#include <string.h>

#include "sim/random.h"
#include "support/test.h"

struct bell {
	struct sim_alarm alarm;
	struct sim_clock *clock;
	uint64_t rang_at;
	unsigned rang, *turn, rang_as;
};

static void ring(void *arg)
{
	struct bell *b = arg;

	b->rang++;
	b->rang_at = b->clock->now;
	b->rang_as = (*b->turn)++;
}

#define BELLS 500

static void alarms_ring_at_their_times_in_order(void **state)
{
	(void)state;
	struct sim_clock clock;
	struct sim_random random;
	struct bell *bells = calloc(BELLS, sizeof(*bells));
	unsigned turn = 0;

	assert_non_null(bells);
	sim_clock_init(&clock);
	sim_random_init(&random, 7, "bells");
	for (unsigned i = 0; i < BELLS; i++) {
		bells[i].clock = &clock;
		bells[i].turn = &turn;
		assert_true(sim_alarm_set(&clock, &bells[i].alarm, sim_random_below(&random, 50), ring,
		                          &bells[i]));
	}
	for (unsigned i = 0; i < BELLS; i += 3)
		sim_alarm_cancel(&clock, &bells[i].alarm);
	for (unsigned i = 1; i < BELLS; i += 7)
		assert_true(sim_alarm_set(&clock, &bells[i].alarm, 20, ring, &bells[i]));
	sim_clock_run(&clock, 100);
	assert_int_equal(clock.now, 100);
	assert_true(sim_clock_next(&clock) == UINT64_MAX);
	for (unsigned i = 0; i < BELLS; i++) {
		bool set_again = i % 7 == 1;

		assert_int_equal(bells[i].rang, i % 3 != 0 || set_again ? 1 : 0);
		assert_false(sim_alarm_is_set(&bells[i].alarm));
		for (unsigned j = 0; j < BELLS; j++)
			if (bells[i].rang && bells[j].rang && bells[i].rang_at < bells[j].rang_at)
				assert_true(bells[i].rang_as < bells[j].rang_as);
	}
	free(bells);
	sim_clock_finish(&clock);
}

static void alarms_of_one_moment_ring_as_they_were_set(void **state)
{
	(void)state;
	struct sim_clock clock;
	struct bell bells[20] = { 0 };
	unsigned turn = 0;

	sim_clock_init(&clock);
	for (unsigned i = 0; i < 20; i++) {
		bells[i].clock = &clock;
		bells[i].turn = &turn;
		assert_true(sim_alarm_set(&clock, &bells[i].alarm, 5, ring, &bells[i]));
	}
	sim_clock_run(&clock, 4);
	assert_int_equal(turn, 0);
	sim_clock_run(&clock, 5);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(bells[i].rang_as, i);
	sim_clock_finish(&clock);
}

static void again(void *arg)
{
	struct bell *b = arg;

	ring(b);
	if (b->rang < 3)
		assert_true(sim_alarm_set(b->clock, &b->alarm, 10, again, b));
}

static void an_alarm_may_set_itself_anew(void **state)
{
	(void)state;
	struct sim_clock clock;
	unsigned turn = 0;
	struct bell bell = { .clock = &clock, .turn = &turn };

	sim_clock_init(&clock);
	assert_true(sim_alarm_set(&clock, &bell.alarm, 10, again, &bell));
	assert_int_equal(sim_clock_next(&clock), 10);
	sim_clock_run(&clock, 1000);
	assert_int_equal(bell.rang, 3);
	assert_int_equal(bell.rang_at, 30);
	sim_clock_finish(&clock);
}

static void random_numbers_depend_on_seed_and_part_alone(void **state)
{
	(void)state;
	struct sim_random a, b, c, d;

	sim_random_init(&a, 1, "x");
	sim_random_init(&b, 1, "x");
	sim_random_init(&c, 1, "y");
	sim_random_init(&d, 2, "x");
	for (int i = 0; i < 100; i++) {
		uint64_t n = sim_random_next(&a);

		assert_true(n == sim_random_next(&b));
		assert_true(n != sim_random_next(&c));
		assert_true(n != sim_random_next(&d));
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

#define DRAWS 20000

static void gaps_and_durations_have_their_mean_and_median(void **state)
{
	(void)state;
	struct sim_random r;
	uint64_t sum = 0, *durations = calloc(DRAWS, sizeof(*durations));
	unsigned longer = 0;

	assert_non_null(durations);
	sim_random_init(&r, 3, "draws");
	for (unsigned i = 0; i < DRAWS; i++) {
		uint64_t gap = sim_random_gap(&r, 60000);

		sum += gap;
		longer += gap > 60000;
		durations[i] = sim_random_duration(&r, 60000);
	}
	qsort(durations, DRAWS, sizeof(*durations), compare);
	assert_in_range(sum / DRAWS, 58500, 61500);
	assert_in_range(longer, DRAWS * 35 / 100, DRAWS * 39 / 100); /* 1 in e */
	assert_in_range(durations[DRAWS / 2], 58500, 61500);
	assert_in_range(durations[DRAWS * 84 / 100], 115000, 125000);
	free(durations);
}

static void limits_of_random_numbers_hold(void **state)
{
	(void)state;
	struct sim_random r;
	unsigned heads = 0;

	sim_random_init(&r, 4, "limits");
	for (int i = 0; i < 2000; i++) {
		assert_true(sim_random_below(&r, 6) < 6);
		assert_in_range(sim_random_between(&r, 10, 20), 10, 19);
		assert_false(sim_random_chance(&r, 0));
		assert_true(sim_random_chance(&r, 1));
		heads += sim_random_chance(&r, 0.25);
	}
	assert_in_range(heads, 400, 600);
	assert_int_equal(sim_random_below(&r, 0), 0);
	assert_int_equal(sim_random_between(&r, 9, 9), 9);
}

DL3T_TESTS(cmocka_unit_test(alarms_ring_at_their_times_in_order),
           cmocka_unit_test(alarms_of_one_moment_ring_as_they_were_set),
           cmocka_unit_test(an_alarm_may_set_itself_anew),
           cmocka_unit_test(random_numbers_depend_on_seed_and_part_alone),
           cmocka_unit_test(gaps_and_durations_have_their_mean_and_median),
           cmocka_unit_test(limits_of_random_numbers_hold));
