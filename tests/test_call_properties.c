/* SPDX-License-Identifier: MIT */
/*
 * What must hold of the calls that are made of a stream, whatever the stream: docs/calls.md. The streams are made up, from seeds:
 * two nodes, and all that can happen to a call.
 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"
#include "support/talk.h"

#define SEEDS 60u
#define HAPPENINGS 250u

/* ---- What a tracker made of a stream ---- */

struct outcome {
	struct dl3t_text ended, told; /* `told`: what is there in the end, without the counts */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Calls that end in one moment may be told in any order. */
static void sort_lines(struct dl3t_text *t)
{
	char **lines = calloc(t->len + 1, sizeof(*lines)), *copy = strdup(dl3t_text_of(t));
	size_t n = 0;

	assert_non_null(lines);
	assert_non_null(copy);
	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), by_text);
	dl3t_text_free(t);
	for (size_t i = 0; i < n; i++) {
		dl3t_put(t, lines[i], strlen(lines[i]));
		dl3t_put(t, "\n", 1);
	}
	free(lines);
	free(copy);
}

static void cut_last_line(struct dl3t_text *t)
{
	assert_true(t->len > 0);
	t->len--;
	while (t->len > 0 && t->ptr[t->len - 1] != '\n')
		t->len--;
	t->ptr[t->len] = '\0';
}

static void conclude(struct dl3_tracker *t, struct outcome *o)
{
	dl3t_talk_look(t, &o->told);
	cut_last_line(&o->told);
	sort_lines(&o->ended);
	sort_lines(&o->told);
	dl3_tracker_free(t);
}

static void forget(struct outcome *o)
{
	dl3t_text_free(&o->ended);
	dl3t_text_free(&o->told);
}

static void hear(struct dl3_tracker *t, const struct dl3t_said *said, struct outcome *o)
{
	dl3t_talk_tell(t, said);
	dl3t_talk_fetch(t, &o->ended, true);
}

static struct outcome as_it_is(const struct dl3t_talk *talk)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct outcome o = { .ended = { 0 } };

	assert_non_null(t);
	for (size_t i = 0; i < talk->count; i++)
		hear(t, &talk->said[i], &o);
	conclude(t, &o);
	assert_true(o.ended.len > 1000);
	return o;
}

/* Line by line, as a text that differs is long. */
static void must_be_equal(const struct dl3t_text *one, const struct dl3t_text *other)
{
	const char *a = dl3t_text_of(one), *b = dl3t_text_of(other);

	while (*a && *b) {
		const size_t m = strcspn(a, "\n"), n = strcspn(b, "\n");

		if (m != n || memcmp(a, b, m) != 0) {
			/* cmocka would cut them short. */
			(void)fprintf(stderr, "expected %.*s\ncame     %.*s\n", (int)m, a, (int)n, b);
			fail();
		}
		a += m + 1;
		b += n + 1;
	}
	assert_string_equal(a, b);
}

static void must_be_the_same(const struct outcome *a, const struct outcome *b)
{
	must_be_equal(&a->ended, &b->ended);
	must_be_equal(&a->told, &b->told);
}

/* ---- The order in which nodes tell of one moment ---- */

/* What each node says keeps its order; whose turn it is does not. */
static void mix(const struct dl3t_said *said, size_t count, struct dl3t_random *random,
                const struct dl3t_said **out)
{
	const uint32_t one = said[0].pbx;
	size_t a = 0, b = 0;

	for (size_t i = 0; i < count; i++) {
		while (a < count && said[a].pbx != one)
			a++;
		while (b < count && said[b].pbx == one)
			b++;
		bool first = b == count || (a < count && dl3t_below(random, 2) == 0);
		out[i] = first ? &said[a++] : &said[b++];
	}
}

static size_t moment_at(const struct dl3t_talk *talk, size_t at)
{
	size_t n = 0;

	while (at + n < talk->count && talk->said[at + n].moment == talk->said[at].moment)
		n++;
	return n;
}

static struct outcome mixed(const struct dl3t_talk *talk, uint64_t seed, size_t *moved)
{
	const struct dl3t_said **order = calloc(talk->count, sizeof(const struct dl3t_said *));
	struct dl3t_random random = { seed };
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct outcome o = { .ended = { 0 } };

	assert_non_null(order);
	assert_non_null(t);
	for (size_t at = 0, n; at < talk->count; at += n) {
		n = moment_at(talk, at);
		mix(&talk->said[at], n, &random, &order[at]);
	}
	for (size_t i = 0; i < talk->count; i++) {
		*moved += order[i] != &talk->said[i];
		hear(t, order[i], &o);
	}
	conclude(t, &o);
	free(order);
	return o;
}

static void nodes_may_tell_of_a_moment_in_any_order(void **state)
{
	size_t moved = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct dl3t_talk talk;

		dl3t_talk_make(&talk, seed, HAPPENINGS, 0);
		struct outcome plain = as_it_is(&talk), other = mixed(&talk, seed * 7919, &moved);
		must_be_the_same(&plain, &other);
		forget(&plain);
		forget(&other);
		dl3t_talk_free(&talk);
	}
	assert_true(moved > SEEDS * 20);
}

/* ---- Repeating ---- */

static void a_record_that_is_repeated_changes_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
		struct dl3t_random random = { seed };
		struct outcome twice = { .ended = { 0 } };
		struct dl3t_talk talk;

		dl3t_talk_make(&talk, seed, HAPPENINGS, 0);
		for (size_t i = 0; i < talk.count; i++) {
			hear(t, &talk.said[i], &twice);
			for (size_t n = dl3t_below(&random, 3); n > 0 && talk.said[i].what == DL3T_RECORD;
			     n--)
				hear(t, &talk.said[i], &twice);
		}
		conclude(t, &twice);
		struct outcome plain = as_it_is(&talk);
		must_be_the_same(&plain, &twice);
		forget(&plain);
		forget(&twice);
		dl3t_talk_free(&talk);
	}
}

/* ---- Cutting ---- */

#define VIEWS 64u

/* What a PBX would tell in a snapshot: of each node's calls the last Detail. Between the loss of one party and what comes
 * of the other it would tell something that is in no Detail yet. */
struct picture {
	struct {
		const struct dl3t_said *said;
		unsigned lost; /* of its parties */
	} views[VIEWS];
	size_t count;
};

static const char *after(const char *text, const char *mark)
{
	const char *at = strstr(text, mark);

	return at ? at + strlen(mark) : NULL;
}

/* Whether two Details are of one node's call: `<Call>NODE,ID,`. */
static bool same_view(const char *a, const char *b)
{
	const char *x = after(a, "<Call>"), *y = after(b, "<Call>");
	size_t len = 0;

	assert_true(x && y);
	for (unsigned commas = 0; commas < 2; len++)
		commas += x[len] == ',';
	return strncmp(x, y, len) == 0;
}

static void take_away(struct picture *p, size_t i)
{
	memmove(&p->views[i], &p->views[i + 1], (p->count - i - 1) * sizeof(p->views[0]));
	p->count--;
}

static unsigned parties_of(const char *text, const char *end)
{
	unsigned n = 0;

	for (const char *at = after(text, "<Party"); at; at = after(at, "<Party"))
		n += !end || strncmp(at + 2, end, 16) == 0;
	return n;
}

static void remember(struct picture *p, const struct dl3t_said *said)
{
	const bool detail = said->what == DL3T_RECORD && strncmp(said->text, "<Detail>", 8) == 0;
	const char *lost = said->what == DL3T_RECORD ? after(said->text, "Lost>") : NULL;

	if (!detail && !lost)
		return;
	for (size_t i = p->count; i-- > 0;) {
		const struct dl3t_said *v = p->views[i].said;

		if (v->pbx != said->pbx)
			continue;
		if (lost)
			p->views[i].lost += parties_of(v->text, lost + 9);
		if (lost ? p->views[i].lost == parties_of(v->text, NULL) : same_view(v->text, said->text))
			take_away(p, i);
	}
	if (lost)
		return;
	assert_true(p->count < VIEWS);
	p->views[p->count].said = said;
	p->views[p->count++].lost = 0;
}

static bool is_whole(const struct picture *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->views[i].lost > 0)
			return false;
	return true;
}

static void list_up(struct dl3_tracker *t, struct dl3t_text *out)
{
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_call_info *call;

	while (dl3_tracker_walk_calls(t, &at, &call) == DL3_OK)
		dl3t_printf(out, "%.*s\n", (int)call->id.len, call->id.ptr);
	sort_lines(out);
}

/* The ids of the calls that ended, one a line. */
static void list_ended(struct dl3_tracker *t, struct dl3t_text *out)
{
	struct dl3_tracked told;

	while (dl3_tracker_next(t, &told) == DL3_OK)
		if (told.type == DL3_TRACKED_CALL_ENDED && told.call->counts)
			dl3t_printf(out, "%.*s %s\n", (int)told.call->id.len, told.call->id.ptr,
			            dl3_call_outcome_name(told.call->outcome));
}

static void lose_and_resume(struct dl3_tracker *t, const struct picture *p, int64_t now_ms)
{
	dl3_tracker_link_lost(t, now_ms);
	dl3_tracker_link_up(t, now_ms + 40);
	for (size_t i = 0; i < p->count; i++) {
		struct dl3t_said again = *p->views[i].said;

		again.now_ms = now_ms + 50;
		dl3t_talk_tell(t, &again);
	}
	dl3_tracker_snapshot_end(t, now_ms + 60);
}

/* @return whether it could be cut there. */
static bool cut_at(const struct dl3t_talk *talk, size_t at, const struct dl3t_text *expected)
{
	bool cut = false;
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3t_text before = { 0 }, behind = { 0 }, ended = { 0 };
	struct picture picture = { .count = 0 };

	for (size_t i = 0; i < talk->count; i++) {
		if (i == at && is_whole(&picture)) {
			cut = true;
			list_up(t, &before);
			lose_and_resume(t, &picture, talk->said[i - 1].now_ms);
			list_up(t, &behind);
			assert_string_equal(dl3t_text_of(&before), dl3t_text_of(&behind));
		}
		dl3t_talk_tell(t, &talk->said[i]);
		list_ended(t, &ended);
		remember(&picture, &talk->said[i]);
	}
	sort_lines(&ended);
	assert_string_equal(dl3t_text_of(&ended), dl3t_text_of(expected));
	dl3t_text_free(&before);
	dl3t_text_free(&behind);
	dl3t_text_free(&ended);
	dl3_tracker_free(t);
	return cut;
}

static void a_stream_that_is_cut_and_resumed_loses_no_call_and_invents_none(void **state)
{
	unsigned cuts = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
		struct dl3t_text expected = { 0 };
		struct dl3t_talk talk;

		dl3t_talk_make(&talk, seed, 120, 0);
		for (size_t i = 0; i < talk.count; i++) {
			dl3t_talk_tell(t, &talk.said[i]);
			list_ended(t, &expected);
		}
		dl3_tracker_free(t);
		sort_lines(&expected);
		assert_true(expected.len > 200);
		for (size_t at = moment_at(&talk, 0); at < talk.count; at += moment_at(&talk, at))
			if (talk.said[at].what == DL3T_RECORD)
				cuts += cut_at(&talk, at, &expected);
		dl3t_text_free(&expected);
		dl3t_talk_free(&talk);
	}
	assert_true(cuts > 500);
}

DL3T_TESTS(cmocka_unit_test(nodes_may_tell_of_a_moment_in_any_order),
           cmocka_unit_test(a_record_that_is_repeated_changes_nothing),
           cmocka_unit_test(a_stream_that_is_cut_and_resumed_loses_no_call_and_invents_none));
