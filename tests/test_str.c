/* SPDX-License-Identifier: MIT */
/* Views of text, and dl3_str_plain(): quotes, entities, UTF-8. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include <devlink3/base.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/same.h"

/* Text as from the wire, whose plain form must be `want`; tried at every cap. */
static void is_plainly(const char *wire, const char *want)
{
	struct dl3_str text = dl3t_wire_text(wire);
	size_t want_len = strlen(want);

	for (size_t cap = 0; cap <= want_len + 2; cap++) {
		char fill[600];

		memset(fill, '#', sizeof(fill));
		char *out = dl3t_guard(fill, cap);
		size_t len = 9999;
		enum dl3_err err = dl3_str_plain(text, out, cap, &len);

		assert_int_equal(err, cap < want_len ? DL3_ERR_SPACE : DL3_OK);
		assert_int_equal(len, want_len);
		assert_memory_equal(out, want, cap < want_len ? cap : want_len);
		if (cap > want_len) {
			assert_int_equal(out[want_len], '\0');
		}
		if (cap > want_len + 1) {
			assert_int_equal(out[want_len + 1], '#');
		}
		dl3t_guard_free(out, cap);
	}
	assert_true(want_len <= 2 * (size_t)text.len);
	dl3t_wire_text_free(text);
}

/* Text whose escapes somebody undid already: it is what it is. */
static void is_itself(const char *plain)
{
	size_t len;
	char *out = dl3t_plain(dl3_str_of(plain), &len);

	assert_int_equal(len, strlen(plain));
	assert_string_equal(out, plain);
	free(out);
}

static void text_without_escapes_is_itself(void **state)
{
	(void)state;
	is_plainly("", "");
	is_plainly("4001", "4001");
	is_plainly("Z\xc3\xbcrich \xe6\x9d\x8e", "Z\xc3\xbcrich \xe6\x9d\x8e");
	is_plainly("\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e");
}

static void enclosing_quotes_go(void **state)
{
	(void)state;
	is_plainly("\"Smith, John\"", "Smith, John");
	is_plainly("\"\"", "");
	is_plainly("\" blanks \"", " blanks ");
}

static void doubled_quotes_are_one(void **state)
{
	(void)state;
	is_plainly("\"Sales, then \"\"Support\"\"\"", "Sales, then \"Support\"");
	is_plainly("\"\"\"\"", "\"");
	is_plainly("\"\"\"\"\"\"", "\"\"");
	is_plainly("\"a\"\"b\"", "a\"b");
}

static void quotes_that_enclose_nothing_stay(void **state)
{
	(void)state;
	is_plainly("ab\"cd", "ab\"cd");
	is_plainly("ab\"", "ab\"");
	is_plainly("\"", "\"");
	is_plainly("\"ab", "\"ab");
	is_plainly("5\" pipe", "5\" pipe");
}

static void the_five_entities(void **state)
{
	(void)state;
	is_plainly("&amp;", "&");
	is_plainly("&lt;HQ&gt;", "<HQ>");
	is_plainly("O&apos;Neil", "O'Neil");
	is_plainly("a &quot;b&quot;", "a \"b\"");
	is_plainly("\"M&amp;S &lt;HQ&gt;\"", "M&S <HQ>");
	is_plainly("&amp;&amp;&amp;", "&&&");
}

static void entities_are_undone_once(void **state)
{
	(void)state;
	is_plainly("&amp;lt;", "&lt;");
	is_plainly("&amp;amp;", "&amp;");
	is_plainly("&#38;lt;", "&lt;");
}

static void numeric_entities(void **state)
{
	(void)state;
	is_plainly("&#65;", "A");
	is_plainly("&#x41;&#x4a;&#x4A;", "AJJ");
	is_plainly("&#00065;", "A");
	is_plainly("&#235;", "\xc3\xab");
	is_plainly("&#x20ac;", "\xe2\x82\xac");
	is_plainly("&#x1F4DE;", "\xf0\x9f\x93\x9e");
	is_plainly("&#128222;", "\xf0\x9f\x93\x9e");
	is_plainly("&#x10ffff;", "\xf4\x8f\xbf\xbf");
}

static void broken_entities_are_kept_as_they_are(void **state)
{
	static const char *const broken[] = {
		"&",
		"a & b",
		"&&",
		"&;",
		"&amp",
		"&amp ;",
		"&bogus;",
		"&#;",
		"&#x;",
		"&#xg;",
		"&#12",
		"&#x41",
		"&#a;",
		"&#-5;",
		"&#+65;",
		"& amp;",
		"&Amp;",
		"&AMP;",
		"&ampx;",
		"&lt",
		"&quo",
		"&#99999999999;",
		"&#x110000;",
		"&#xd800;",
		"&#;;",
		"&#xdfff;",
		"&apos",
		"&gt",
		"&nbsp;",
		"&#4294967361;",
		"&#x100000041;",
		"&#18446744073709551681;",
		"&#x10000000000000041;",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		is_plainly(broken[i], broken[i]);
	}
	is_plainly("&amp&amp;", "&amp&");
	is_plainly("&&lt;", "&<");
	is_plainly("&#&#65;", "&#A");
}

static void octets_that_are_no_utf8_are_taken_as_latin_1(void **state)
{
	(void)state;
	is_plainly("Z\xfcrich", "Z\xc3\xbcrich");
	is_plainly("\xff", "\xc3\xbf");
	is_plainly("\xc0\x80", "\xc3\x80\xc2\x80");
	is_plainly("\xed\xa0\x80", "\xc3\xad\xc2\xa0\xc2\x80");
	is_plainly("\xf4\x90\x80\x80", "\xc3\xb4\xc2\x90\xc2\x80\xc2\x80");
	is_plainly("\xe6\x9d", "\xc3\xa6\xc2\x9d");
	is_plainly("\"\xe6\x9d\"", "\xc3\xa6\xc2\x9d");
	is_plainly("\xe6\x9d&amp;", "\xc3\xa6\xc2\x9d&");
	is_plainly("\x80\x80\x80\x80", "\xc2\x80\xc2\x80\xc2\x80\xc2\x80");
}

static void no_sequence_forms_across_an_escape(void **state)
{
	(void)state;
	/* The octets only look like one character once the quote between them has gone. */
	is_plainly("\"\xc3\"\"\xab\"", "\xc3\x83\"\xc2\xab");
}

static void text_that_is_not_escaped_is_left_as_it_is(void **state)
{
	(void)state;
	is_itself("");
	is_itself("\"quoted\"");
	is_itself("a \"\" b");
	is_itself("&amp; &#65; &");
	is_itself("<tag>");
}

static void text_that_is_not_escaped_becomes_utf8_too(void **state)
{
	size_t len;
	char *out = dl3t_plain(dl3_str_of("\"\xe9\""), &len);

	(void)state;
	assert_string_equal(out, "\"\xc3\xa9\"");
	free(out);
}

static void absent_text_is_plainly_nothing(void **state)
{
	size_t len = 7;
	char out[1] = { 'x' };

	(void)state;
	assert_int_equal(dl3_str_plain((struct dl3_str){ 0 }, NULL, 0, &len), DL3_OK);
	assert_int_equal(len, 0);
	len = 7;
	assert_int_equal(dl3_str_plain((struct dl3_str){ 0 }, out, 1, &len), DL3_OK);
	assert_int_equal(len, 0);
	assert_int_equal(out[0], '\0');
}

static void zeros_inside_are_kept(void **state)
{
	struct dl3_str text = { .ptr = "a\0b", .len = 3, .escaped = true };
	size_t len;
	char *out = dl3t_plain(text, &len);

	(void)state;
	assert_int_equal(len, 3);
	assert_memory_equal(out, "a\0b", 3);
	free(out);
}

/* Whatever is taken at a time, the escape sits at each place of it. */
static void an_escape_anywhere_in_a_long_text(void **state)
{
	(void)state;
	for (size_t at = 0; at < 70; at++) {
		char wire[100];
		char want[100];

		memset(wire, 'a', sizeof(wire));
		memset(want, 'a', sizeof(want));
		memcpy(wire + at, "&amp;", 5);
		wire[at + 5 + 20] = '\0';
		want[at] = '&';
		want[at + 1 + 20] = '\0';
		struct dl3_str text = dl3t_wire_text(wire);
		char *out = dl3t_plain(text, NULL);

		assert_string_equal(out, want);
		free(out);
		dl3t_wire_text_free(text);
	}
}

static void of_makes_views(void **state)
{
	struct dl3_str none = dl3_str_of(NULL);
	struct dl3_str empty = dl3_str_of("");
	struct dl3_str text = dl3_str_of("abc");

	(void)state;
	assert_null(none.ptr);
	assert_int_equal(none.len, 0);
	assert_non_null(empty.ptr);
	assert_int_equal(empty.len, 0);
	assert_int_equal(text.len, 3);
	assert_false(text.escaped);
}

static void is_compares_octets(void **state)
{
	struct dl3_str quoted = { .ptr = "\"a\"", .len = 3, .escaped = true };

	(void)state;
	assert_true(dl3_str_is(dl3_str_of("abc"), "abc"));
	assert_false(dl3_str_is(dl3_str_of("abc"), "ab"));
	assert_false(dl3_str_is(dl3_str_of("abc"), "abcd"));
	assert_false(dl3_str_is(dl3_str_of("abc"), "abd"));
	assert_true(dl3_str_is(dl3_str_of(""), ""));
	assert_true(dl3_str_is(quoted, "\"a\""));
	assert_false(dl3_str_is(quoted, "a"));
	assert_false(dl3_str_is((struct dl3_str){ .ptr = "a\0b", .len = 3 }, "a"));
}

static void same_takes_absent_and_empty_as_one(void **state)
{
	(void)state;
	assert_true(dl3_str_same(dl3_str_of("abc"), dl3_str_of("abc")));
	assert_false(dl3_str_same(dl3_str_of("abc"), dl3_str_of("abd")));
	assert_false(dl3_str_same(dl3_str_of("abc"), dl3_str_of("ab")));
	assert_true(dl3_str_same(dl3_str_of(NULL), dl3_str_of("")));
	assert_true(dl3_str_same(dl3_str_of(""), dl3_str_of(NULL)));
	assert_true(dl3_str_same(dl3_str_of(NULL), dl3_str_of(NULL)));
	assert_false(dl3_str_same(dl3_str_of(NULL), dl3_str_of("a")));
}

DL3T_TESTS(cmocka_unit_test(text_without_escapes_is_itself), cmocka_unit_test(enclosing_quotes_go),
           cmocka_unit_test(doubled_quotes_are_one), cmocka_unit_test(quotes_that_enclose_nothing_stay),
           cmocka_unit_test(the_five_entities), cmocka_unit_test(entities_are_undone_once),
           cmocka_unit_test(numeric_entities), cmocka_unit_test(broken_entities_are_kept_as_they_are),
           cmocka_unit_test(octets_that_are_no_utf8_are_taken_as_latin_1),
           cmocka_unit_test(no_sequence_forms_across_an_escape),
           cmocka_unit_test(text_that_is_not_escaped_is_left_as_it_is),
           cmocka_unit_test(text_that_is_not_escaped_becomes_utf8_too),
           cmocka_unit_test(absent_text_is_plainly_nothing), cmocka_unit_test(zeros_inside_are_kept),
           cmocka_unit_test(an_escape_anywhere_in_a_long_text), cmocka_unit_test(of_makes_views),
           cmocka_unit_test(is_compares_octets), cmocka_unit_test(same_takes_absent_and_empty_as_one));
