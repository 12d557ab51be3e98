/* SPDX-License-Identifier: MIT */
#include "sim/faults.h"

#include <string.h>

#include "support/test.h"

static char office[] = "Office", warehouse[] = "Warehouse";
static struct sim_node nodes[] = { { .name = office, .id = "c0a82a01" },
	                           { .name = warehouse, .id = "c0a82a02" } };
static const struct sim_world world = { .nodes = nodes, .node_count = 2 };

static struct sim_fault parsed(const char *text)
{
	struct sim_error error = { "" };
	struct sim_fault fault;

	if (!sim_fault_parse(text, &world, &fault, &error))
		fail_msg("%s: %s", text, error.text);
	return fault;
}

static void refused(const char *text, const char *because)
{
	struct sim_error error = { "" };
	struct sim_fault fault;

	if (sim_fault_parse(text, &world, &fault, &error))
		fail_msg("%s was taken", text);
	if (!strstr(error.text, because))
		fail_msg("%s: '%s' says nothing of '%s'", text, error.text, because);
}

static void a_name_alone_is_a_fault_for_now(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_FAULT_KINDS; i++) {
		struct sim_fault f = parsed(sim_fault_name((enum sim_fault_kind)i));
		uint64_t normal;

		assert_int_equal(f.kind, i);
		assert_true(f.rate == 0);
		assert_int_equal(f.node, SIM_NONE);
		(void)sim_fault_parameter((enum sim_fault_kind)i, &normal);
		assert_int_equal(f.value, normal);
		assert_false(f.off);
		assert_true(strlen(sim_fault_meaning((enum sim_fault_kind)i)) > 10);
	}
}

static void a_rate_a_parameter_and_a_node_are_read(void **state)
{
	(void)state;
	struct sim_fault f = parsed("stall=0.5,ms=250,node=Warehouse");

	assert_int_equal(f.kind, SIM_FAULT_STALL);
	assert_true(f.rate == 0.5);
	assert_int_equal(f.value, 250);
	assert_int_equal(f.node, 1);
	assert_int_equal(parsed("gap,node=c0a82a01").node, 0);
	assert_true(parsed("pieces=off").off);
}

static void what_cannot_be_read_is_said(void **state)
{
	(void)state;
	refused("", "there is no fault ''");
	refused("fire", "half_open");
	refused("reset=", "expected a rate");
	refused("reset=0", "expected a rate");
	refused("reset=-1", "expected a rate");
	refused("reset=nan", "expected a rate");
	refused("reset=inf", "expected a rate");
	refused("reset=1x", "expected a rate");
	refused("reset=1,ms=5", "takes no 'ms'");
	refused("stall=1,ms=0", "expected a number");
	refused("stall=1,ms=-5", "expected a number");
	refused("stall=1,ms=99999999999999999999", "expected a number");
	refused("stall=1,", "takes no ''");
	refused("stall,node=Attic", "no node 'Attic'");
	char text[400];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refused(text, "399 characters");
}

struct strikes {
	unsigned of[SIM_FAULT_KINDS], off;
	uint64_t first_at;
	struct sim_clock *clock;
};

static void count(const struct sim_fault *fault, void *arg)
{
	struct strikes *s = arg;

	s->of[fault->kind]++;
	s->off += fault->off;
	if (s->first_at == 0)
		s->first_at = s->clock->now;
}

static void run(uint64_t seed, struct strikes *s)
{
	struct sim_clock clock;
	struct sim_fault often = parsed("reset=60"), seldom = parsed("gap=1"), once = parsed("cut");

	sim_clock_init(&clock);
	*s = (struct strikes){ .clock = &clock };
	struct sim_faults *f = sim_faults_new(&clock, seed, count, s);

	assert_non_null(f);
	assert_true(sim_faults_arm(f, &often));
	assert_true(sim_faults_arm(f, &seldom));
	sim_clock_run(&clock, 1);
	assert_true(sim_faults_arm(f, &once));
	assert_int_equal(s->of[SIM_FAULT_CUT], 1);
	sim_clock_run(&clock, 600000);
	sim_faults_free(f);
	assert_true(sim_clock_next(&clock) == UINT64_MAX);
	sim_clock_finish(&clock);
}

static void faults_come_at_their_rates_and_by_the_seed(void **state)
{
	(void)state;
	struct strikes a, b, c;

	run(1, &a);
	run(1, &b);
	run(2, &c);
	assert_in_range(a.of[SIM_FAULT_RESET], 500, 700);
	assert_in_range(a.of[SIM_FAULT_GAP], 2, 25);
	assert_int_equal(a.of[SIM_FAULT_RESET], b.of[SIM_FAULT_RESET]);
	assert_true(a.of[SIM_FAULT_RESET] != c.of[SIM_FAULT_RESET] ||
	            a.of[SIM_FAULT_GAP] != c.of[SIM_FAULT_GAP]);
}

static void a_fault_armed_again_gives_way_and_off_ends_it(void **state)
{
	(void)state;
	struct sim_clock clock;
	struct strikes s = { .clock = &clock };
	struct sim_fault often = parsed("reset=6000"), off = parsed("reset=off");

	sim_clock_init(&clock);
	struct sim_faults *f = sim_faults_new(&clock, 1, count, &s);

	assert_non_null(f);
	assert_true(sim_faults_arm(f, &often));
	assert_true(sim_faults_arm(f, &often));
	sim_clock_run(&clock, 60000);
	assert_in_range(s.of[SIM_FAULT_RESET], 5000, 7000);
	assert_true(sim_faults_arm(f, &off));
	assert_int_equal(s.off, 1);
	unsigned before = s.of[SIM_FAULT_RESET];

	sim_clock_run(&clock, 120000);
	assert_int_equal(s.of[SIM_FAULT_RESET], before);
	sim_faults_free(f);
	sim_clock_finish(&clock);
}

DL3T_TESTS(cmocka_unit_test(a_name_alone_is_a_fault_for_now),
           cmocka_unit_test(a_rate_a_parameter_and_a_node_are_read),
           cmocka_unit_test(what_cannot_be_read_is_said),
           cmocka_unit_test(faults_come_at_their_rates_and_by_the_seed),
           cmocka_unit_test(a_fault_armed_again_gives_way_and_off_ends_it));
