/* SPDX-License-Identifier: MIT */
/* The scenarios in examples/: what is told of them has the shape of the call vectors. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report.h"
#include "sim/scenario.h"
#include "support/company.h"
#include "support/conversation.h"
#include "support/test.h"

#define EXAMPLES DL3T_DATA "/../../examples/scenarios/"
#define LONG_MS 600000

/* A line for each record that a node has told: the second, the kind, how the parties are, how many targets. */
struct story {
	struct dl3t_company *company;
	struct dl3t_text nodes[2];
	bool over;
};

static void put_party(struct dl3t_text *t, const char *name, const struct dl3_party *p)
{
	dl3t_printf(t, " %s:class %lld, state %lld, audio %lld", name, (long long)p->equipment_class,
	            (long long)p->state, (long long)p->audio_path);
}

static void put_shape(struct dl3t_text *t, double seconds, const char *text, size_t len)
{
	struct dl3_record r;
	unsigned targets = 0;

	assert_int_equal(dl3_delta3_decode((struct dl3_str){ .ptr = text, .len = (uint32_t)len }, &r, NULL),
	                 DL3_OK);
	for (const char *p = text; (p = strstr(p, "<Target>")) && p < text + len; p++)
		targets++;
	dl3t_printf(t, "%.0f %s", seconds, dl3_kind_name(r.kind));
	if (r.kind == DL3_KIND_DETAIL && r.u.detail.has_a)
		put_party(t, "A", &r.u.detail.a);
	if (r.kind == DL3_KIND_DETAIL && r.u.detail.has_b)
		put_party(t, "B", &r.u.detail.b);
	if (targets > 0)
		dl3t_printf(t, " targets:%u", targets);
	if (r.kind == DL3_KIND_CALL_LOST)
		dl3t_printf(t, " cause %lld", (long long)r.u.call_lost.cause);
	dl3t_printf(t, "\n");
}

static unsigned wants(size_t node, void *arg)
{
	(void)node;
	(void)arg;
	return SIM_TELLS_DELTA3;
}

static void tell(size_t node, enum sim_stream_kind kind, bool connected, const struct dl3_record *record,
                 void *arg)
{
	struct story *s = arg;
	char text[16384];
	size_t len;

	(void)kind;
	(void)connected;
	assert_int_equal(dl3_record_text(record, text, sizeof(text) - 1, &len), DL3_OK);
	text[len] = '\0';
	put_shape(&s->nodes[node], (double)s->company->clock.now / 1000, text, len);
}

static void over(const struct sim_error *error, void *arg)
{
	struct story *s = arg;

	if (error)
		fail_msg("%s", error->text);
	s->over = true;
}

static void play(struct story *s, void *company, const char *name)
{
	struct sim_audience audience = { .wants = wants, .tell = tell, .arg = s };
	struct sim_error error = { "" };
	char path[512];

	*s = (struct story){ .company = company };
	struct sim_report *report = sim_report_new(s->company->x, &audience);

	snprintf(path, sizeof(path), "%s%s.yaml", EXAMPLES, name);
	struct sim_scenario *scenario = sim_scenario_load(path, &error);

	if (!scenario)
		fail_msg("%s", error.text);
	assert_non_null(report);
	assert_true(sim_scenario_play(scenario, s->company->x, over, s));
	dl3t_company_wait(company, LONG_MS);
	assert_true(s->over);
	assert_int_equal(sim_exchange_counts(s->company->x).calls_now, 0);
	sim_scenario_free(scenario);
	sim_report_free(report);
}

static void read_vector(const char *name, struct story *s)
{
	char path[512];
	size_t i;
	const json_t *one;

	snprintf(path, sizeof(path), "%s/calls/%s.json", DL3T_DATA, name);
	json_t *vector = json_load_file(path, 0, NULL);

	assert_non_null(vector);
	*s = (struct story){ 0 };
	json_array_foreach(json_object_get(vector, "events"), i, one)
	{
		const char *xml = json_string_value(json_object_get(one, "xml"));
		const char *pbx = json_string_value(json_object_get(one, "pbx"));

		put_shape(&s->nodes[strcmp(pbx, "192.168.42.3") == 0 ? 0 : 1],
		          json_number_value(json_object_get(one, "t")), xml, strlen(xml));
	}
	json_decref(vector);
}

static void finish(struct story *s)
{
	dl3t_text_free(&s->nodes[0]);
	dl3t_text_free(&s->nodes[1]);
}

/* Lines of a vector and those that the simulator tells in their place, one after the other; pairs
 * end with NULL. */
static void is_like(void **state, const char *scenario, const char *vector, const char *const *but)
{
	struct story told, wanted;

	play(&told, *state, scenario);
	read_vector(vector, &wanted);
	for (; but && *but; but += 2) {
		struct dl3t_text changed = { 0 };
		const char *text = dl3t_text_of(&wanted.nodes[0]), *at = strstr(text, but[0]);

		assert_non_null(at);
		dl3t_put(&changed, text, (size_t)(at - text));
		dl3t_put(&changed, but[1], strlen(but[1]));
		dl3t_put(&changed, at + strlen(but[0]), strlen(at + strlen(but[0])));
		dl3t_text_free(&wanted.nodes[0]);
		wanted.nodes[0] = changed;
	}
	for (int i = 0; i < 2; i++)
		assert_string_equal(dl3t_text_of(&told.nodes[i]), dl3t_text_of(&wanted.nodes[i]));
	finish(&told);
	finish(&wanted);
}

static void across_two_nodes(void **state)
{
	is_like(state, "across-two-nodes", "across-two-nodes", NULL);
}

/* 4002 has one phone throughout: that of the outgoing call. */
static void blind_transfer(void **state)
{
	static const char *const but[] = { "28 detail A:class 5, state 2, audio 1 B:class 8",
		                           "28 detail A:class 5, state 2, audio 1 B:class 9", NULL };

	is_like(state, "blind-transfer", "blind-transfer", but);
}

static void group_call_answered(void **state)
{
	is_like(state, "group-call-answered", "group-call-answered", NULL);
}

static void hold_and_retrieve(void **state)
{
	is_like(state, "hold-and-retrieve", "internal-call-with-hold", NULL);
}

static void left_a_message(void **state)
{
	is_like(state, "left-a-message", "left-a-message", NULL);
}

static void off_hook_and_away(void **state)
{
	is_like(state, "off-hook-and-away", "off-hook-and-away", NULL);
}

/* Here nobody rings while the caller waits. */
static void abandoned_in_the_queue(void **state)
{
	static const char *const but[] = { "5 detail A:class 5, state 19, audio 1 targets:3\n",
		                           "5 detail A:class 5, state 19, audio 1\n", NULL };

	is_like(state, "abandoned-in-the-queue", "abandoned-in-the-queue", but);
}

/* The vector begins in the middle of the call. */
static void names_that_bite(void **state)
{
	static const char *const but[] = { "0 detail",
		                           "0 detail A:class 5, state 19, audio 1 targets:1\n0 detail",
		                           NULL };

	is_like(state, "names-that-bite", "names-that-bite", but);
}

/* Digits first, then the far end rings. */
static void outgoing_call(void **state)
{
	static const char *const but[] = {
		"4 detail", "4 detail A:class 9, state 8, audio 1 B:class 5, state 8, audio 1\n4 detail", NULL
	};

	is_like(state, "outgoing-call", "outgoing-call", but);
}

/* The target that is gone is told of at once. */
static void pushed_away_then_answered(void **state)
{
	static const char *const but[] = {
		"2 attempt_reject\n", "2 attempt_reject\n2 detail A:class 5, state 19, audio 1 targets:1\n",
		NULL
	};

	is_like(state, "pushed-away-then-answered", "pushed-away-then-answered", but);
}

/* Transfers, a conference and a parked call have no vector: what matters is who has talked in the end. */
static void consult_conference_park(void **state)
{
	struct story told;

	play(&told, *state, "consult-conference-park");
	const char *text = dl3t_text_of(&told.nodes[0]);

	assert_non_null(strstr(text, "\n20 call_lost cause 126\n20 call_lost cause 126\n"));
	assert_non_null(
		strstr(text, "\n80 detail A:class 5, state 2, audio 1 B:class 17, state 2, audio 1\n"));
	assert_non_null(
		strstr(text, "\n153 detail A:class 5, state 2, audio 1 B:class 16, state 2, audio 1\n"));
	assert_non_null(strstr(text, "\n153 call_lost cause 117\n"));
	assert_non_null(strstr(text, "\n168 call_lost cause 118\n"));
	finish(&told);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dl3t_company_open, dl3t_company_close)

DL3T_TESTS(TEST(across_two_nodes), TEST(blind_transfer), TEST(group_call_answered), TEST(hold_and_retrieve),
           TEST(left_a_message), TEST(off_hook_and_away), TEST(abandoned_in_the_queue), TEST(names_that_bite),
           TEST(outgoing_call), TEST(pushed_away_then_answered), TEST(consult_conference_park));
