/* SPDX-License-Identifier: MIT */
/* Errors and faults as people read them. */
#include "support/test.h"

#include <stdbool.h>
#include <string.h>

#include <devlink3/wire.h>

#include "support/guard.h"

static const struct {
	enum dl3_err err;
	const char *name;
	enum dl3_class class;
} errors[] = {
#define DL3_ERROR(NAME, number, name, class, text) { DL3_##NAME, name, class },
#include <devlink3/tables/errors.def>
#undef DL3_ERROR
};
#define ERRORS (sizeof(errors) / sizeof(errors[0]))

static void every_error_has_a_name_a_sentence_and_a_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ERRORS; i++) {
		const char *text = dl3_err_text(errors[i].err);

		assert_string_equal(dl3_err_name(errors[i].err), errors[i].name);
		assert_int_equal(dl3_err_class(errors[i].err), errors[i].class);
		assert_true(strlen(text) > 3 && text[strlen(text) - 1] == '.');
	}
}

static void error_names_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < ERRORS; i++) {
		for (size_t k = i + 1; k < ERRORS; k++) {
			assert_string_not_equal(errors[i].name, errors[k].name);
			assert_int_not_equal(errors[i].err, errors[k].err);
		}
	}
}

static void an_unknown_error_is_called_error(void **state)
{
	(void)state;
	assert_string_equal(dl3_err_name((enum dl3_err)9999), "error");
	assert_string_equal(dl3_err_name((enum dl3_err)4), "error");
	assert_non_null(dl3_err_text((enum dl3_err)9999));
}

static void a_fault_says_expected_came_and_where(void **state)
{
	struct dl3_fault fault = { .err = DL3_ERR_DELTA3,
		                   .offset = 42,
		                   .expected = "a tag",
		                   .came = "the end",
		                   .has_offset = true };
	char text[DL3_FAULT_TEXT_MAX];
	size_t len = dl3_fault_text(&fault, text, sizeof(text));

	(void)state;
	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "expected a tag, came the end, at octet 42");
}

static void a_faults_value_is_shown_when_it_has_one(void **state)
{
	struct dl3_fault fault = { .err = DL3_ERR_LENGTH,
		                   .offset = 1,
		                   .expected = "3 or more",
		                   .came = "length",
		                   .value = 16909060,
		                   .has_value = false };
	char text[DL3_FAULT_TEXT_MAX];

	(void)state;
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_null(strstr(text, "16909060"));
	assert_null(strstr(text, "1020304"));
	fault.has_value = true;
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected 3 or more, came length 16909060");
}

static void only_codes_are_shown_in_hexadecimal(void **state)
{
	struct dl3_fault fault = { .err = DL3_ERR_REFUSED,
		                   .expected = "success",
		                   .came = "the result",
		                   .value = 0x80000041u,
		                   .has_value = true };
	char text[DL3_FAULT_TEXT_MAX];

	(void)state;
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected success, came the result 2147483713");
	fault.is_code = true;
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected success, came the result 0x80000041");
}

static void a_fault_that_lies_nowhere_names_no_octet(void **state)
{
	struct dl3_fault fault = { .err = DL3_ERR_TIMEOUT, .expected = "an answer", .came = "none" };
	char text[DL3_FAULT_TEXT_MAX];

	(void)state;
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected an answer, came none");
	fault.has_offset = true;
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected an answer, came none, at octet 0");
}

static void what_a_decoder_finds_has_a_place(void **state)
{
	struct dl3_frame frame;
	struct dl3_fault fault = { .err = DL3_OK };
	char text[DL3_FAULT_TEXT_MAX];

	(void)state;
	assert_int_equal(dl3_frame_decode("J", 1, &frame, &fault), DL3_ERR_DISCRIMINATOR);
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected the discriminator 0x49, came the octet 0x4a, at octet 0");
	assert_int_equal(dl3_frame_decode("I\0\2", 3, &frame, &fault), DL3_ERR_LENGTH);
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected a frame length of at least its header's, came the length 2, "
	                          "at octet 1");
}

static void what_did_not_fit_has_none(void **state)
{
	struct dl3_octets in = { (const uint8_t *)"\0a\0b", 4 };
	struct dl3_fault fault = { .err = DL3_OK };
	char text[DL3_FAULT_TEXT_MAX], out[1];
	size_t len;

	(void)state;
	assert_int_equal(dl3_utf16_decode(in, out, sizeof(out), &len, &fault), DL3_ERR_SPACE);
	assert_int_equal(fault.err, DL3_ERR_SPACE);
	assert_false(fault.has_offset);
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "expected a buffer that holds the text, came one of octets: 1");
}

static void a_fault_without_what_came(void **state)
{
	struct dl3_fault fault = {
		.err = DL3_ERR_DELTA3, .offset = 7, .expected = "a tag", .came = NULL, .has_offset = true
	};
	char text[DL3_FAULT_TEXT_MAX];

	(void)state;
	(void)dl3_fault_text(&fault, text, sizeof(text));
	assert_non_null(strstr(text, "a tag"));
	assert_non_null(strstr(text, "7"));
	assert_null(strstr(text, "null"));
}

static void a_fault_is_cut_to_the_room_there_is(void **state)
{
	struct dl3_fault fault = { .err = DL3_ERR_DELTA3,
		                   .offset = 42,
		                   .expected = "a tag",
		                   .came = "the end",
		                   .has_offset = true };
	char whole[DL3_FAULT_TEXT_MAX];

	(void)state;
	(void)dl3_fault_text(&fault, whole, sizeof(whole));
	for (size_t cap = 1; cap <= strlen(whole) + 1; cap++) {
		char *text = dl3t_guard(whole, cap);

		(void)dl3_fault_text(&fault, text, cap);
		assert_int_equal(strlen(text), cap - 1);
		assert_memory_equal(text, whole, cap - 1);
		dl3t_guard_free(text, cap);
	}
	char *none = dl3t_guard(whole, 0);

	(void)dl3_fault_text(&fault, none, 0);
	dl3t_guard_free(none, 0);
}

static void a_long_fault_fits_the_named_size(void **state)
{
	char expected[400];
	char text[DL3_FAULT_TEXT_MAX];
	struct dl3_fault fault = { .err = DL3_ERR_DELTA3,
		                   .offset = SIZE_MAX,
		                   .expected = expected,
		                   .came = expected,
		                   .value = UINT64_MAX,
		                   .has_offset = true,
		                   .has_value = true };

	(void)state;
	memset(expected, 'e', sizeof(expected));
	expected[sizeof(expected) - 1] = '\0';
	assert_true(dl3_fault_text(&fault, text, sizeof(text)) > 0);
	assert_true(strlen(text) < sizeof(text));
}

static void no_fault_is_text_too(void **state)
{
	struct dl3_fault fault = { .err = DL3_OK };
	char text[DL3_FAULT_TEXT_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	size_t len = dl3_fault_text(&fault, text, sizeof(text));

	assert_true(len < sizeof(text));
	assert_int_equal(text[len], '\0');
}

static void the_version_has_three_numbers(void **state)
{
	const char *version = dl3_version();
	unsigned dots = 0;

	(void)state;
	for (const char *p = version; *p != '\0'; p++) {
		dots += *p == '.';
		assert_true(*p == '.' || (*p >= '0' && *p <= '9'));
	}
	assert_int_equal(dots, 2);
}

DL3T_TESTS(cmocka_unit_test(every_error_has_a_name_a_sentence_and_a_class),
           cmocka_unit_test(error_names_are_unique), cmocka_unit_test(an_unknown_error_is_called_error),
           cmocka_unit_test(a_fault_says_expected_came_and_where),
           cmocka_unit_test(a_faults_value_is_shown_when_it_has_one),
           cmocka_unit_test(only_codes_are_shown_in_hexadecimal),
           cmocka_unit_test(a_fault_that_lies_nowhere_names_no_octet),
           cmocka_unit_test(what_a_decoder_finds_has_a_place), cmocka_unit_test(what_did_not_fit_has_none),
           cmocka_unit_test(a_fault_without_what_came), cmocka_unit_test(a_fault_is_cut_to_the_room_there_is),
           cmocka_unit_test(a_long_fault_fits_the_named_size), cmocka_unit_test(no_fault_is_text_too),
           cmocka_unit_test(the_version_has_three_numbers));
