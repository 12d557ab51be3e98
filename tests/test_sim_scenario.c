/* SPDX-License-Identifier: MIT */
#include "sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/company.h"
#include "support/conversation.h"
#include "support/test.h"

/* ---- Reading ---- */

static struct sim_scenario *parsed(const char *text)
{
	struct sim_error error = { "" };
	struct sim_scenario *s = sim_scenario_parse(text, strlen(text), "s.yaml", &error);

	if (!s)
		fail_msg("refused: %s", error.text);
	return s;
}

static void refused_text(const char *text, size_t len, const char *expected)
{
	struct sim_error error = { "" };

	if (sim_scenario_parse(text, len, "s.yaml", &error))
		fail_msg("read: %s", text);
	if (strncmp(error.text, expected, strlen(expected)) != 0)
		fail_msg("'%s' does not begin with '%s'", error.text, expected);
}

static void refused(const char *text, const char *expected)
{
	refused_text(text, strlen(text), expected);
}

static void what_is_no_yaml_is_refused(void **state)
{
	(void)state;
	refused("steps:\n  - {do: clear\n",
	        "s.yaml:3:1: while parsing a flow mapping: did not find expected");
	refused("", "s.yaml:1:1: empty: expected a mapping with steps");
	refused("# nothing\n", "s.yaml:1:1: empty");
	refused("steps:\n - do: \"\xff\"\n", "s.yaml:1:1: invalid leading UTF-8 octet");
	refused("steps:\n- {do: clear}\n---\nsteps:\n- {do: clear}\n", "s.yaml:4:1: a second document");
	refused("steps:\n- {do: \"cl\\0ear\"}\n", "s.yaml:2:8: a NUL");
}

static void what_the_schema_does_not_have_is_refused_with_its_place(void **state)
{
	(void)state;
	refused("- do: clear\n", "s.yaml:1:1: Expecting MAPPING");
	refused("step:\n- {do: clear}\n",
	        "s.yaml:1:1: no key is called 'step': expected one of about, repeat, steps");
	refused("steps:\n- {do: clear}\n- {do: clear, whom: 3}\n",
	        "s.yaml:3:15: no key is called 'whom': expected one of at, after, do, may_fail, call");
	refused("repeat: {times: 2, each: 3}\nsteps:\n- {do: clear}\n",
	        "s.yaml:1:20: no key is called 'each': expected one of times, every");
	refused("about: x\n", "s.yaml:1:1: Missing required mapping field: steps");
	refused("steps:\n- {do: clear}\n- {at: 3}\n", "s.yaml:3:3: Missing required mapping field: do");
	refused("steps: 3\n", "s.yaml:1:8: Expecting SEQUENCE");
	refused("steps: []\n", "s.yaml:1:8: Insufficient entries");
	refused("steps:\n- {do: clear, do: clear}\n", "s.yaml:2:15: Mapping field already seen: do");
	refused("steps:\n- {do: {a: b}}\n", "s.yaml:2:8: Expecting STRING");
}

static void values_of_the_wrong_type_are_refused_with_their_place(void **state)
{
	(void)state;
	refused("steps:\n- {at: soon, do: clear}\n",
	        "s.yaml:2:8: Invalid FLOAT value: soon: expected seconds");
	refused("steps:\n- {do: park, user: 4001, slot: one}\n",
	        "s.yaml:2:32: Invalid INT value: 'one': expected a whole number");
	refused("steps:\n- {do: clear, may_fail: maybe}\n",
	        "s.yaml:2:25: Invalid ENUM value: maybe: expected true or false");
	refused("steps:\n- &a {do: clear}\n- *a\n", "s.yaml:2:3: YAML alias unsupported");
}

static void what_a_step_means_is_checked_with_its_place(void **state)
{
	(void)state;
	refused("steps:\n- {do: juggle}\n",
	        "s.yaml:2:8: no action is called 'juggle': expected one of incoming");
	refused("steps:\n- {do: hold}\n", "s.yaml:2:8: hold needs user: expected user [call]");
	refused("steps:\n- {do: hold, user: 4001, cli: 33}\n", "s.yaml:2:31: hold takes no cli");
	refused("steps:\n- do: hold\n  user: boss\n", "s.yaml:3:9: user is 'boss': expected digits");
	refused("steps:\n- {do: park, user: 4001, slot: -1}\n",
	        "s.yaml:2:32: slot is -1: expected 1 to 9999");
	refused("steps:\n- {do: hold, user: }\n", "s.yaml:2:20: user has 0 octets");
}

static void times_that_cannot_be_are_refused(void **state)
{
	(void)state;
	refused("steps:\n- {at: 2, do: clear}\n- {at: 1, do: clear}\n",
	        "s.yaml:3:8: this lies before the step above");
	refused("steps:\n- {at: 2, after: 1, do: clear}\n",
	        "s.yaml:2:18: at and after: expected one of them");
	refused("steps:\n- {at: -1, do: clear}\n", "s.yaml:2:8: no time");
	refused("steps:\n- {at: .nan, do: clear}\n", "s.yaml:2:8: Invalid FLOAT");
	refused("steps:\n- {at: nan, do: clear}\n", "s.yaml:2:8: no time");
	refused("steps:\n- {after: 1e30, do: clear}\n", "s.yaml:2:11: no time");
	refused("repeat: {times: 0, every: 3}\nsteps:\n- {do: clear}\n", "s.yaml:1:17: times: expected 1 to");
	refused("repeat: {times: 3, every: 2}\nsteps:\n- {at: 2.5, do: clear}\n",
	        "s.yaml:1:27: every: expected no less");
	refused("repeat: {times: 3, every: inf}\nsteps:\n- {do: clear}\n", "s.yaml:1:27: no time");
}

static void what_is_too_long_is_refused(void **state)
{
	(void)state;
	size_t len = SIM_SCENARIO_MAX + 1;
	char *text = malloc(len);

	assert_non_null(text);
	memset(text, ' ', len);
	refused_text(text, len, "s.yaml: expected at most 4194304 octets");
	free(text);
}

static void nested_text_is_refused_without_harm(void **state)
{
	(void)state;
	size_t len = 100000;
	char *text = malloc(len);
	struct sim_error error;

	assert_non_null(text);
	memset(text, '[', len);
	assert_null(sim_scenario_parse(text, len, "s.yaml", &error));
	assert_memory_equal(error.text, "s.yaml:", 7);
	free(text);
}

static void names_of_files_are_in_what_is_said(void **state)
{
	(void)state;
	struct sim_error error;
	char path[] = "/tmp/scenario-XXXXXX", expected[64];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "steps: 1\n", 9), 9);
	close(fd);
	assert_null(sim_scenario_load(path, &error));
	snprintf(expected, sizeof(expected), "%s:1:8: ", path);
	assert_memory_equal(error.text, expected, strlen(expected));
	unlink(path);
	assert_null(sim_scenario_load(path, &error));
	snprintf(expected, sizeof(expected), "%s: No such file", path);
	assert_memory_equal(error.text, expected, strlen(expected));
	assert_null(sim_scenario_load("/tmp", &error));
	assert_string_equal(error.text, "/tmp: Is a directory");
}

/* ---- Playing ---- */

struct stage {
	struct dl3t_company *company;
	struct sim_scenario *s;
	struct sim_observer observer;
	struct dl3t_text told, warnings;
	unsigned done;
	struct sim_error error; /* "" when there was none */
};

static void news(const struct sim_news *n, void *arg)
{
	struct stage *g = arg;
	unsigned long long now = g->company->clock.now;

	switch (n->what) {
	case SIM_BEGAN:
		dl3t_printf(&g->told, "%llu began\n", now);
		break;
	case SIM_ANSWERED:
		dl3t_printf(&g->told, "%llu answered\n", now);
		break;
	case SIM_HELD:
		dl3t_printf(&g->told, "%llu held\n", now);
		break;
	case SIM_ENDED:
		dl3t_printf(&g->told, "%llu ended\n", now);
		break;
	default:
		break;
	}
}

static void done(const struct sim_error *error, void *arg)
{
	struct stage *g = arg;

	g->done++;
	if (error)
		g->error = *error;
}

static void warn(const char *line, void *arg)
{
	struct stage *g = arg;

	dl3t_printf(&g->warnings, "%s\n", line);
}

static void open_stage(struct stage *g, void **state, const char *text)
{
	*g = (struct stage){ .company = *state, .s = parsed(text) };
	g->observer = (struct sim_observer){ .news = news, .arg = g };
	sim_exchange_observe(g->company->x, &g->observer);
	sim_scenario_set_log(g->s, warn, g);
	assert_true(sim_scenario_play(g->s, g->company->x, done, g));
}

static void close_stage(struct stage *g)
{
	sim_scenario_stop(g->s);
	sim_scenario_free(g->s);
	dl3t_text_free(&g->told);
	dl3t_text_free(&g->warnings);
}

#define CALL "{at: 1.5, do: incoming, trunk: 5, did: 5678, to: 4001, call: c1}"

static void steps_are_done_at_their_times(void **state)
{
	struct stage g;

	dl3t_company_wait(*state, 1000);
	open_stage(&g, state,
	           "about: a call\nsteps:\n- " CALL "\n- {after: 2.25, do: answer, user: 4001, call: c1}\n"
	           "- {do: hold, user: 4001}\n- {at: 10, do: hang_up, call: c1}\n");
	dl3t_company_wait(g.company, 9999);
	assert_int_equal(g.done, 0);
	dl3t_company_wait(g.company, 1);
	assert_string_equal(dl3t_text_of(&g.told), "2500 began\n4750 answered\n4750 held\n11000 ended\n");
	assert_int_equal(g.done, 1);
	assert_string_equal(g.error.text, "");
	dl3t_company_wait(g.company, 100000);
	assert_int_equal(g.done, 1);
	close_stage(&g);
}

static void what_cannot_be_done_ends_it_with_its_place(void **state)
{
	struct stage g;

	open_stage(&g, state,
	           "steps:\n- " CALL "\n- {at: 2, do: answer, user: 4002}\n- {at: 3, do: clear}\n");
	dl3t_company_wait(g.company, 5000);
	assert_int_equal(g.done, 1);
	assert_memory_equal(g.error.text, "s.yaml:3:3: answer: ", 20);
	assert_string_equal(dl3t_text_of(&g.told), "1500 began\n");
	close_stage(&g);
}

static void a_step_that_may_fail_is_a_warning(void **state)
{
	struct stage g;

	open_stage(&g, state,
	           "steps:\n- " CALL
	           "\n- {at: 2, do: answer, user: 4002, may_fail: true}\n- {at: 3, do: clear}\n");
	dl3t_company_wait(g.company, 5000);
	assert_int_equal(g.done, 1);
	assert_string_equal(g.error.text, "");
	assert_memory_equal(dl3t_text_of(&g.warnings), "s.yaml:3:3: answer: ", 20);
	assert_string_equal(dl3t_text_of(&g.told), "1500 began\n3000 ended\n");
	close_stage(&g);
}

static void it_is_played_again(void **state)
{
	struct stage g;

	open_stage(&g, state,
	           "repeat: {times: 3, every: 20}\nsteps:\n- " CALL
	           "\n- {after: 2, do: hang_up, call: c1}\n");
	dl3t_company_wait(g.company, 100000);
	assert_string_equal(dl3t_text_of(&g.told),
	                    "1500 began\n3500 ended\n21500 began\n23500 ended\n41500 began\n43500 ended\n");
	assert_int_equal(g.done, 1);
	close_stage(&g);
}

static void it_stops_where_it_is(void **state)
{
	struct stage g;

	open_stage(&g, state, "steps:\n- " CALL "\n- {at: 2, do: answer, user: 4001}\n");
	dl3t_company_wait(g.company, 1600);
	assert_false(sim_scenario_play(g.s, g.company->x, done, &g));
	sim_scenario_stop(g.s);
	dl3t_company_wait(g.company, 5000);
	assert_string_equal(dl3t_text_of(&g.told), "1500 began\n");
	assert_int_equal(g.done, 0);
	assert_true(sim_scenario_play(g.s, g.company->x, done, &g));
	close_stage(&g);
}

static void what_stands_on_the_first_moment_is_done(void **state)
{
	struct stage g;

	open_stage(&g, state, "steps:\n- {do: incoming, trunk: 5, to: 4001}\n");
	dl3t_company_wait(g.company, 0);
	assert_string_equal(dl3t_text_of(&g.told), "0 began\n");
	assert_int_equal(g.done, 1);
	close_stage(&g);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dl3t_company_open, dl3t_company_close)

DL3T_TESTS(cmocka_unit_test(what_is_no_yaml_is_refused),
           cmocka_unit_test(what_the_schema_does_not_have_is_refused_with_its_place),
           cmocka_unit_test(values_of_the_wrong_type_are_refused_with_their_place),
           cmocka_unit_test(what_a_step_means_is_checked_with_its_place),
           cmocka_unit_test(times_that_cannot_be_are_refused), cmocka_unit_test(what_is_too_long_is_refused),
           cmocka_unit_test(nested_text_is_refused_without_harm),
           cmocka_unit_test(names_of_files_are_in_what_is_said), TEST(steps_are_done_at_their_times),
           TEST(what_cannot_be_done_ends_it_with_its_place), TEST(a_step_that_may_fail_is_a_warning),
           TEST(it_is_played_again), TEST(it_stops_where_it_is),
           TEST(what_stands_on_the_first_moment_is_done));
