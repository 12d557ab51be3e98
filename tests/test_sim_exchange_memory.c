/* SPDX-License-Identifier: MIT */
/*
 * The exchange when memory is short, and how little it takes. The linker leads the allocating
 * functions of this program through here (--wrap, tests/CMakeLists.txt).
 */
#include "support/test.h"

#include <malloc.h>
#include <stdlib.h>

#include "support/office.h"
#include "support/storm.h"

static struct {
	const bool *when; /* fails while this is set, */
	unsigned one_in;  /* one of so many */
	size_t countdown; /* or fails the allocation that brings it to 0 */
	uint64_t random;  /* never 0 */
	size_t failures;
	long long in_use; /* octets, since it was set to 0 */
} memory = { .random = 88172645463325252u };

static bool fails(void)
{
	bool failed = false;

	if (memory.when && *memory.when && memory.one_in > 0) {
		memory.random ^= memory.random << 13;
		memory.random ^= memory.random >> 7;
		memory.random ^= memory.random << 17;
		failed = memory.random % memory.one_in == 0;
	}
	if (memory.countdown > 0 && --memory.countdown == 0)
		failed = true;
	memory.failures += failed;
	return failed;
}

static void *count(void *block)
{
	memory.in_use += block ? (long long)malloc_usable_size(block) : 0;
	return block;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t n);
void __real_free(void *block);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t n);
void __wrap_free(void *block);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : count(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t n)
{
	if (fails())
		return NULL;
	long long before = block ? (long long)malloc_usable_size(block) : 0;
	void *moved = __real_realloc(block, n);

	if (moved)
		memory.in_use -= before;
	return count(moved);
}

void __wrap_free(void *block)
{
	memory.in_use -= block ? (long long)malloc_usable_size(block) : 0;
	__real_free(block);
}

static void the_books_are_right_though_memory_fails(void **state)
{
	(void)state;
	memory.failures = 0;
	for (unsigned seed = 20; seed < 26; seed++) {
		struct dl3t_storm *s = malloc(sizeof(*s));

		assert_non_null(s);
		dl3t_storm_open(s, seed);
		s->hungry = true;
		memory.when = &s->doing;
		memory.one_in = 2 + seed % 3;
		for (unsigned i = 0; i < 3000; i++) {
			dl3t_storm_step(s);
			dl3t_storm_check(s);
		}
		memory.when = NULL;
		/* With memory again nobody waits beside a free phone. */
		DL3T_DO(sim_set_do_not_disturb(s->x, &s->world->users[0], false, &error));
		s->hungry = false;
		dl3t_storm_check(s);
		dl3t_storm_close(s);
		free(s);
	}
	assert_true(memory.failures > 300);
}

static void an_exchange_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();
	struct sim_exchange *x = NULL;
	size_t tried = 0;

	o->silent = true;
	dl3t_office_open(o);
	while (!x) {
		memory.in_use = 0;
		memory.countdown = ++tried;
		x = sim_exchange_new(o->world, &o->clock, 1);
		assert_true(x || memory.in_use == 0);
	}
	memory.countdown = 0;
	assert_true(tried > 5);
	sim_exchange_free(x);
	dl3t_office_free(o);
}

static void never(void *arg)
{
	(void)arg;
}

/* Takes all the room that the clock has for alarms; another one needs memory. */
static void fill_clock(struct sim_clock *c, struct sim_alarm *alarms, size_t count)
{
	for (size_t i = 0; c->count < c->cap; i++) {
		assert_true(i < count);
		assert_true(sim_alarm_set(c, &alarms[i], UINT64_MAX, never, NULL));
	}
}

static void empty_clock(struct sim_clock *c, struct sim_alarm *alarms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sim_alarm_cancel(c, &alarms[i]);
}

static const bool always = true;

static void hanging_up_needs_no_memory(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();
	struct sim_alarm alarms[64] = { 0 };

	o->silent = true;
	dl3t_office_open(o);
	struct sim_call *first = dl3t_incoming(o, "4001"), *second = dl3t_incoming(o, "4002");

	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	fill_clock(&o->clock, alarms, 64);
	memory.when = &always;
	memory.one_in = 1;
	bool hung_up = sim_hang_up(o->x, dl3t_user(o, "4001"), first, NULL);
	bool cleared = sim_far_clear(o->x, second, DL3_CAUSE_NORMAL, NULL);

	memory.when = NULL;
	empty_clock(&o->clock, alarms, 64);
	assert_true(hung_up);
	assert_true(cleared);
	dl3t_office_free(o);
}

static void who_could_not_be_rung_for_want_of_memory_is_rung_later(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();
	struct sim_alarm alarms[64] = { 0 };

	o->silent = true;
	dl3t_office_open(o);
	for (unsigned i = 0; i < 3; i++)
		DL3T_DO(sim_off_hook(o->x, &o->world->users[i], NULL, &error));
	dl3t_incoming(o, "5678");
	dl3t_incoming(o, "5678");
	fill_clock(&o->clock, alarms, 64);
	memory.when = &always;
	memory.one_in = 1;
	for (unsigned i = 0; i < 3; i++)
		(void)sim_hang_up(o->x, &o->world->users[i], NULL, NULL);
	memory.when = NULL;
	empty_clock(&o->clock, alarms, 64);
	assert_int_equal(sim_group_waiting(o->x, dl3t_group(o, "200")), 2);
	DL3T_DO(sim_set_do_not_disturb(o->x, dl3t_user(o, "4004"), false, &error));
	assert_int_equal(sim_group_waiting(o->x, dl3t_group(o, "200")), 0);
	dl3t_office_free(o);
}

#define KIB 1024

static void an_idle_exchange_takes_a_few_kib_also_behind_a_busy_hour(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();

	o->world->groups[0].queue_limit = 200;
	o->world->trunks[0].channels = 200;
	o->silent = true;
	dl3t_office_open(o);
	sim_truth_free(o->truth); /* its own memory is not the exchange's */
	o->truth = NULL;
	sim_exchange_free(o->x);
	memory.in_use = 0;
	o->x = sim_exchange_new(o->world, &o->clock, 1);
	assert_non_null(o->x);
	assert_true(memory.in_use < 4 * KIB);
	for (unsigned i = 0; i < 200; i++)
		dl3t_incoming(o, "5678");
	sim_exchange_clear(o->x);
	assert_true(memory.in_use < 24 * KIB);
	dl3t_office_free(o);
}

DL3T_TESTS(cmocka_unit_test(the_books_are_right_though_memory_fails),
           cmocka_unit_test(an_exchange_is_made_whole_or_not_at_all),
           cmocka_unit_test(hanging_up_needs_no_memory),
           cmocka_unit_test(who_could_not_be_rung_for_want_of_memory_is_rung_later),
           cmocka_unit_test(an_idle_exchange_takes_a_few_kib_also_behind_a_busy_hour));
