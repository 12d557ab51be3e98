/* SPDX-License-Identifier: MIT */
/* The flags of an event request: section 6.4.1 and docs/rulings.md#flag-names. */
#include "support/test.h"

#include <stdbool.h>
#include <string.h>

#include <devlink3/wire.h>

#include "support/guard.h"
#include "support/hex.h"

static const struct {
	const char *word;
	uint32_t bit;
} words[] = {
	{ "-SCN", DL3_FLAG_SCN },       { "-CD2", DL3_FLAG_CD2 },   { "-SIPTrack", DL3_FLAG_SIPTRACK },
	{ "-CMExtn", DL3_FLAG_CMEXTN }, { "-CONN", DL3_FLAG_CONN }, { "-TEXT", DL3_FLAG_TEXT },
};
#define WORDS (sizeof(words) / sizeof(words[0]))

static uint32_t parse(const char *text, char *stranger, size_t cap)
{
	struct dl3_str wire = dl3t_wire_text(text);
	struct dl3_str unknown = dl3_str_of("not touched");
	uint32_t bits = dl3_flags_parse(wire, &unknown);

	assert_true(cap > unknown.len);
	if (unknown.len > 0) {
		assert_true(unknown.ptr >= wire.ptr && unknown.ptr + unknown.len <= wire.ptr + wire.len);
		memcpy(stranger, unknown.ptr, unknown.len);
	}
	stranger[unknown.len] = '\0';
	assert_true(unknown.len > 0 || unknown.ptr == NULL);
	dl3t_wire_text_free(wire);
	return bits;
}

static void reads(const char *text, uint32_t bits, const char *stranger)
{
	char came[80];

	assert_int_equal(parse(text, came, sizeof(came)), bits);
	assert_string_equal(came, stranger);
}

static void each_word_is_its_bit(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORDS; i++) {
		reads(words[i].word, words[i].bit, "");
	}
	reads("-SCN -CD2 -SIPTrack -CMExtn -CONN -TEXT", DL3_FLAGS_ALL, "");
}

static void underscores_are_taken_as_hyphens(void **state)
{
	(void)state;
	reads("_SIPTrack", DL3_FLAG_SIPTRACK, "");
	reads("_CMExtn -SCN", DL3_FLAG_CMEXTN | DL3_FLAG_SCN, "");
}

static void no_words_are_no_flags(void **state)
{
	(void)state;
	reads("", 0, "");
	reads(" ", 0, "");
	reads("     ", 0, "");
	assert_int_equal(dl3_flags_parse((struct dl3_str){ 0 }, NULL), 0);
}

static void more_than_one_space_parts_words(void **state)
{
	(void)state;
	reads("  -SCN   -CONN  ", DL3_FLAG_SCN | DL3_FLAG_CONN, "");
}

static void a_word_twice_is_the_same_flag(void **state)
{
	(void)state;
	reads("-SCN -SCN", DL3_FLAG_SCN, "");
}

static void the_first_unknown_word_is_told_and_the_others_count(void **state)
{
	(void)state;
	reads("-SCN -FOO -BAR -CONN", DL3_FLAG_SCN | DL3_FLAG_CONN, "-FOO");
	reads("-SCNX", 0, "-SCNX");
	reads("-SC", 0, "-SC");
	reads("-", 0, "-");
	reads("SCN", 0, "SCN");
	reads("--SCN", 0, "--SCN");
	reads("-SCN,-CD2", 0, "-SCN,-CD2");
}

static void who_does_not_ask_for_the_unknown_word_gets_none(void **state)
{
	(void)state;
	assert_int_equal(dl3_flags_parse(dl3_str_of("-FOO -TEXT"), NULL), DL3_FLAG_TEXT);
}

static void every_set_of_flags_is_read_as_it_was_written(void **state)
{
	(void)state;
	for (uint32_t flags = 0; flags <= DL3_FLAGS_ALL; flags++) {
		char text[DL3_FLAGS_TEXT_MAX];
		size_t len = dl3_flags_format(flags, text);

		assert_int_equal(len, strlen(text));
		assert_true(len < DL3_FLAGS_TEXT_MAX);
		assert_null(strstr(text, "  "));
		assert_null(strchr(text, '_'));
		assert_true(len == 0 || (text[0] == '-' && text[len - 1] != ' '));
		reads(text, flags, "");
	}
}

static void one_flag_is_written_as_its_word(void **state)
{
	char text[DL3_FLAGS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < WORDS; i++) {
		(void)dl3_flags_format(words[i].bit, text);
		assert_string_equal(text, words[i].word);
	}
}

static void bits_that_are_no_flags_are_not_written(void **state)
{
	char text[DL3_FLAGS_TEXT_MAX];

	(void)state;
	assert_int_equal(dl3_flags_format(UINT32_MAX & ~DL3_FLAGS_ALL, text), 0);
	(void)dl3_flags_format(0x40u | DL3_FLAG_SCN, text);
	assert_string_equal(text, "-SCN");
}

DL3T_TESTS(cmocka_unit_test(each_word_is_its_bit), cmocka_unit_test(underscores_are_taken_as_hyphens),
           cmocka_unit_test(no_words_are_no_flags), cmocka_unit_test(more_than_one_space_parts_words),
           cmocka_unit_test(a_word_twice_is_the_same_flag),
           cmocka_unit_test(the_first_unknown_word_is_told_and_the_others_count),
           cmocka_unit_test(who_does_not_ask_for_the_unknown_word_gets_none),
           cmocka_unit_test(every_set_of_flags_is_read_as_it_was_written),
           cmocka_unit_test(one_flag_is_written_as_its_word),
           cmocka_unit_test(bits_that_are_no_flags_are_not_written));
