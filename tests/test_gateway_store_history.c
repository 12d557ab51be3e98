/* SPDX-License-Identifier: MIT */
/* Pages of the history, held against a list that is searched from end to end. With DL3T_STORE set to the URL of
 * an empty database all of this is done there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/depot.h"
#include "support/test.h"

#define CALLS 400

static struct dl3_str z(const char *text)
{
	return dl3_str_of(text);
}

/* ---- The list ---- */

static const char *const directions[] = { "incoming", "outgoing", "internal", "tandem" };
static const char *const outcomes[] = { "answered", "abandoned", "voicemail" };
static const char *const pbxs[] = { "main", "branch" };
static const char *const groups[] = { "300", "301", NULL };
static const char *const extensions[] = { "201", "202", "203", "20" };
static const char *const names[] = { "Anna Schmidt", "\xc3\x84nne Schmitt", "Bob O'Hara", "Smith, Anna",
	                             NULL };
static const char *const numbers[] = { "+4930111", "+4930112", "0301", "201", NULL };

struct listed {
	char id[8];
	int64_t started;
	int64_t duration;
	const char *pbx, *direction, *outcome, *group, *name, *cli, *dialled, *did;
	const char *extensions[2];
};

static struct listed list[CALLS];

/* Numbers that look random and are always the same; several calls begin at once. */
static void make_list(void)
{
	uint32_t seed = 1;

	for (int i = 0; i < CALLS; i++) {
		uint32_t r[10];
		for (size_t k = 0; k < 10; k++) {
			seed = seed * 1664525u + 1013904223u;
			r[k] = seed >> 16;
		}
		list[i] = (struct listed){ .started = 1000000 + (int64_t)(r[0] % 60) * 1000,
			                   .duration = (int64_t)(r[1] % 100) * 1000,
			                   .pbx = pbxs[r[2] % 2],
			                   .direction = directions[r[3] % 4],
			                   .outcome = outcomes[r[4] % 3],
			                   .group = groups[r[5] % 3],
			                   .name = names[r[6] % 5],
			                   .cli = numbers[r[7] % 5],
			                   .dialled = numbers[r[8] % 5],
			                   .did = numbers[r[9] % 5],
			                   .extensions = { extensions[r[0] % 4], extensions[r[1] % 4] } };
		(void)snprintf(list[i].id, sizeof(list[i].id), "c%d", i);
	}
}

static void put_list(struct dl3t_depot *d)
{
	make_list();
	for (int i = 0; i < CALLS; i++) {
		const struct listed *l = &list[i];
		struct dl3_str extension[] = { z(l->extensions[0]), z(l->extensions[1]) };
		struct store_call c = dl3t_call(l->id, 0);
		c.pbx = z(l->pbx);
		c.started_ms = l->started;
		c.duration_ms = l->duration;
		c.direction = z(l->direction);
		c.outcome = z(l->outcome);
		c.group = z(l->group);
		c.name = z(l->name);
		c.cli = z(l->cli);
		c.dialled = z(l->dialled);
		c.did = z(l->did);
		c.extensions = extension;
		c.extension_count = 2;
		dl3t_depot_put(d, &c);
	}
	dl3t_depot_settle(d);
}

/* ---- The same filters, in the list ---- */

static bool equal(struct dl3_str wanted, const char *is)
{
	return !wanted.ptr || (is && strcmp(wanted.ptr, is) == 0);
}

static bool number_matches(const struct store_filter *f, const char *is)
{
	return is && (f->number_prefix ? strncmp(is, f->number.ptr, f->number.len) == 0
	                               : strcmp(is, f->number.ptr) == 0);
}

static bool matches(const struct store_filter *f, const struct listed *l)
{
	return (f->from_ms == STORE_NULL || l->started >= f->from_ms) &&
	       (f->to_ms == STORE_NULL || l->started < f->to_ms) && equal(f->pbx, l->pbx) &&
	       equal(f->direction, l->direction) && equal(f->outcome, l->outcome) &&
	       equal(f->group, l->group) &&
	       (equal(f->extension, l->extensions[0]) || equal(f->extension, l->extensions[1])) &&
	       (!f->number.ptr || number_matches(f, l->cli) || number_matches(f, l->dialled) ||
	        number_matches(f, l->did)) &&
	       (f->min_ms == STORE_NULL || l->duration >= f->min_ms);
}

/* All pages of a filter, of `limit` calls each, must be the calls of the list that match, in order. */
static size_t check_pages(struct dl3t_depot *d, struct store_filter f, unsigned limit)
{
	bool seen[CALLS] = { false };
	int64_t last = f.ascending ? INT64_MIN : INT64_MAX;
	char cursor[STORE_CURSOR_SIZE];
	size_t found = 0, wanted = 0;

	f.limit = limit;
	for (;;) {
		dl3t_depot_history(d, &f);
		assert_int_equal(d->answer, STORE_ANSWERED);
		for (size_t i = 0; i < d->row_count; i++) {
			int n = atoi(d->rows[i] + 1);
			assert_true(matches(&f, &list[n]));
			assert_false(seen[n]);
			assert_true(f.ascending ? list[n].started >= last : list[n].started <= last);
			last = list[n].started;
			seen[n] = true;
			found++;
		}
		if (!d->next[0])
			break;
		assert_int_equal(d->row_count, limit);
		memcpy(cursor, d->next, sizeof(cursor));
		f.cursor = z(cursor);
	}
	for (int i = 0; i < CALLS; i++)
		wanted += matches(&f, &list[i]);
	assert_int_equal(found, wanted);
	return found;
}

/* ---- Tests ---- */

static void pages_meet_exactly_though_calls_begin_at_once(void **state)
{
	struct store_filter f = dl3t_all();
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	put_list(&d);
	assert_int_equal(check_pages(&d, f, 7), CALLS);
	f.ascending = true;
	assert_int_equal(check_pages(&d, f, 1), CALLS);
	assert_int_equal(check_pages(&d, f, CALLS), CALLS);
	assert_int_equal(check_pages(&d, f, CALLS - 1), CALLS);
	assert_int_equal(check_pages(&d, f, 1000), CALLS);
	dl3t_depot_end(&d);
}

static void each_filter_lets_through_what_it_should(void **state)
{
	struct store_filter f;
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	put_list(&d);
#define CHECK(member, value) \
	f = dl3t_all(), f.member = (value), assert_in_range(check_pages(&d, f, 20), 1, CALLS - 1)
	CHECK(from_ms, 1030000);
	CHECK(to_ms, 1030000);
	CHECK(pbx, z("branch"));
	CHECK(direction, z("tandem"));
	CHECK(outcome, z("voicemail"));
	CHECK(group, z("301"));
	CHECK(extension, z("20"));
	CHECK(number, z("201"));
	CHECK(min_ms, 90000);
#undef CHECK
	f = dl3t_all();
	f.number = z("+4930");
	f.number_prefix = true;
	assert_in_range(check_pages(&d, f, 20), 1, CALLS - 1);
	f.number_prefix = false;
	assert_int_equal(check_pages(&d, f, 20), 0);
	dl3t_depot_end(&d);
}

/* Every combination of eight filters, of either order. */
static void check_all_filters(struct dl3t_depot *d)
{
	size_t found = 0;

	put_list(d);
	for (unsigned bits = 0; bits < 1024; bits++) {
		struct store_filter f = dl3t_all();
		f.ascending = bits & 1;
		f.from_ms = bits & 2 ? 1010000 : STORE_NULL;
		f.to_ms = bits & 2 ? 1050000 : STORE_NULL;
		f.pbx = z(bits & 4 ? "main" : NULL);
		f.direction = z(bits & 8 ? "incoming" : NULL);
		f.outcome = z(bits & 16 ? "answered" : NULL);
		f.group = z(bits & 32 ? "300" : NULL);
		f.extension = z(bits & 64 ? "202" : NULL);
		f.number = z(bits & 128 ? (bits & 256 ? "+493" : "0301") : NULL);
		f.number_prefix = bits & 256;
		f.min_ms = bits & 512 ? 30000 : STORE_NULL;
		found += check_pages(d, f, 9);
	}
	assert_true(found > 1000);
}

static void all_filters_together(void **state)
{
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	check_all_filters(&d);
	dl3t_depot_end(&d);
}

static void all_filters_where_everything_is_common(void **state)
{
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_prepare(&d);
	d.config.few = 1;
	dl3t_depot_open(&d);
	check_all_filters(&d);
	dl3t_depot_end(&d);
}

static size_t count_text(struct dl3t_depot *d, const char *text)
{
	struct store_filter f = dl3t_all();

	f.text = z(text);
	f.limit = 1000;
	dl3t_depot_history(d, &f);
	assert_int_equal(d->answer, STORE_ANSWERED);
	return d->row_count;
}

static size_t count_names(const char *a, const char *b)
{
	size_t n = 0;

	for (int i = 0; i < CALLS; i++)
		n += list[i].name && (strcmp(list[i].name, a) == 0 || strcmp(list[i].name, b) == 0);
	return n;
}

static void check_words(unsigned few)
{
	struct dl3t_depot d;

	dl3t_depot_prepare(&d);
	d.config.few = few;
	dl3t_depot_open(&d);
	put_list(&d);
	assert_int_equal(count_text(&d, "anna"), count_names(names[0], names[3]));
	assert_int_equal(count_text(&d, "SCHMI"), count_names(names[0], names[1]));
	assert_int_equal(count_text(&d, "schmidt anna"), count_names(names[0], names[0]));
	assert_int_equal(count_text(&d, "\xc3\xa4nn"), count_names(names[1], names[1]));
	assert_int_equal(count_text(&d, "hara"), count_names(names[2], names[2]));
	assert_int_equal(count_text(&d, "chmidt"), 0);
	assert_int_equal(count_text(&d, "%"), 0);
	assert_int_equal(count_text(&d, " ' ; -- "), 0);
	assert_int_equal(count_text(&d, ""), CALLS);
	dl3t_depot_end(&d);
}

static void words_are_found_by_their_beginnings_large_or_small(void **state)
{
	(void)state;
	check_words(0);
}

static void common_words_are_found_too(void **state)
{
	(void)state;
	check_words(1);
}

static void text_finds_numbers_too(void **state)
{
	struct store_filter f = dl3t_all();
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	put_list(&d);
	f.number = z("+49301");
	f.number_prefix = true;
	assert_int_equal(count_text(&d, "+49301"), check_pages(&d, f, 50));
	dl3t_depot_end(&d);
}

static void a_call_put_while_pages_are_turned_disturbs_none(void **state)
{
	struct store_call early = dl3t_call("early", 1), late = dl3t_call("late", 2000);
	struct store_filter f = dl3t_all();
	char cursor[STORE_CURSOR_SIZE];
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	for (int i = 0; i < 4; i++) {
		char id[8] = "";
		struct store_call c = dl3t_call(id, 100);
		c.id.len = c.json.len = (uint32_t)snprintf(id, sizeof(id), "%d", i);
		dl3t_depot_put(&d, &c);
		dl3t_depot_settle(&d);
	}
	f.limit = 2;
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "3 2");
	memcpy(cursor, d.next, sizeof(cursor));
	dl3t_depot_put(&d, &early);
	dl3t_depot_put(&d, &late);
	dl3t_depot_settle(&d);
	f.cursor = z(cursor);
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "1 0");
	f.cursor = z(strcpy(cursor, d.next));
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "early");
	assert_string_equal(d.next, "");
	dl3t_depot_end(&d);
}

static void bad_questions_are_refused(void **state)
{
	static const char *const cursors[] = { "",
		                               "x",
		                               "12",
		                               "12_",
		                               "_12",
		                               "12_x",
		                               "12_3 ",
		                               "1_2_3",
		                               "99999999999999999999999_1",
		                               "' OR 1=1",
		                               "11111111111111111111111111111111111111111111111111111111_1" };
	struct store_filter f = dl3t_all();
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
		f.cursor = z(cursors[i]);
		dl3t_depot_history(&d, &f);
		assert_int_equal(d.answer, STORE_BAD_QUERY);
		assert_string_not_equal(d.reason, "");
	}
	f = dl3t_all();
	f.limit = STORE_PAGE_MAX + 1;
	dl3t_depot_history(&d, &f);
	assert_int_equal(d.answer, STORE_BAD_QUERY);
	dl3t_depot_end(&d);
}

static void long_text_and_strange_text_in_filters(void **state)
{
	struct store_call c = dl3t_call("1", 100);
	struct store_filter f = dl3t_all();
	char long_number[301];
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	memset(long_number, '7', 300);
	long_number[300] = '\0';
	c.cli = z(long_number);
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	f.number = z(long_number);
	dl3t_depot_history(&d, &f);
	assert_int_equal(d.row_count, 1);
	f.number_prefix = true;
	dl3t_depot_history(&d, &f);
	assert_int_equal(d.row_count, 1);
	long_number[299] = '8';
	dl3t_depot_history(&d, &f);
	assert_int_equal(d.row_count, 0);
	f.number = (struct dl3_str){ .ptr = "\0\xff'", .len = 3 };
	dl3t_depot_history(&d, &f);
	assert_int_equal(d.answer, STORE_ANSWERED);
	f = dl3t_all();
	f.text = (struct dl3_str){
		.ptr = "a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 7 8 9 0", .len = 71
	};
	dl3t_depot_history(&d, &f);
	assert_int_equal(d.answer, STORE_BAD_QUERY);
	dl3t_depot_end(&d);
}

static void more_questions_than_may_wait_are_refused(void **state)
{
	struct store_filter f = dl3t_all();
	struct store_query *queries[STORE_QUERIES];
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	for (unsigned i = 0; i < STORE_QUERIES; i++) {
		queries[i] = store_history(d.store, &f, dl3t_depot_result, &d);
		assert_non_null(queries[i]);
	}
	assert_null(store_history(d.store, &f, dl3t_depot_result, &d));
	for (unsigned i = 0; i < STORE_QUERIES; i++)
		store_cancel(d.store, queries[i]);
	/* Until all that were cancelled are gone, silently. */
	while (!store_history(d.store, &f, dl3t_depot_result, &d)) {
		assert_false(d.answered);
		store_dispatch(d.store);
	}
	dl3t_depot_wait(&d);
	dl3t_depot_end(&d);
}

DL3T_TESTS(cmocka_unit_test(pages_meet_exactly_though_calls_begin_at_once),
           cmocka_unit_test(each_filter_lets_through_what_it_should), cmocka_unit_test(all_filters_together),
           cmocka_unit_test(words_are_found_by_their_beginnings_large_or_small),
           cmocka_unit_test(common_words_are_found_too),
           cmocka_unit_test(all_filters_where_everything_is_common), cmocka_unit_test(text_finds_numbers_too),
           cmocka_unit_test(a_call_put_while_pages_are_turned_disturbs_none),
           cmocka_unit_test(bad_questions_are_refused),
           cmocka_unit_test(long_text_and_strange_text_in_filters),
           cmocka_unit_test(more_questions_than_may_wait_are_refused));
