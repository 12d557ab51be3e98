/* SPDX-License-Identifier: MIT */
/* Double-octet text to UTF-8 and back. */
#include "support/test.h"

#include <stdbool.h>
#include <string.h>

#include <devlink3/record.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/same.h"
#include "wire/text.h"

#define FFFD "\xef\xbf\xbd"

/* The UTF-8 of double-octet text given in hexadecimal, which must be `want`; tried at every cap. */
static void decodes_to(const char *hex, const char *want)
{
	size_t in_len;
	uint8_t *in = dl3t_hex(hex, &in_len);
	size_t want_len = strlen(want);
	struct dl3_octets view = { in, in_len };

	assert_true(want_len <= in_len / 2 * 3);
	for (size_t cap = 0; cap <= want_len; cap++) {
		char *out = dl3t_guard(want, cap);
		size_t len = 999;

		memset(out, 0, cap);
		assert_int_equal(dl3_utf16_decode(view, out, cap, &len, NULL),
		                 cap < want_len ? DL3_ERR_SPACE : DL3_OK);
		assert_int_equal(len, want_len);
		if (cap == want_len) {
			assert_memory_equal(out, want, want_len);
		}
		dl3t_guard_free(out, cap);
	}
	dl3t_guard_free(in, in_len);
}

/* The double-octet form of `text` (of `text_len` octets), which must be what `hex` says. */
static void encodes_to(const char *text, size_t text_len, bool closed, const char *hex)
{
	size_t want_len;
	uint8_t *want = dl3t_hex(hex, &want_len);
	char *in = dl3t_guard(text, text_len);
	struct dl3_str view = { .ptr = in, .len = (uint32_t)text_len };

	assert_true(want_len <= 2 * text_len + 2);
	for (size_t cap = 0; cap <= want_len; cap++) {
		uint8_t *out = dl3t_guard(want, cap);
		size_t len = 999;

		memset(out, 0xee, cap);
		assert_int_equal(dl3_utf16_encode(view, closed, out, cap, &len),
		                 cap < want_len ? DL3_ERR_SPACE : DL3_OK);
		assert_int_equal(len, want_len);
		if (cap == want_len) {
			assert_memory_equal(out, want, want_len);
		}
		dl3t_guard_free(out, cap);
	}
	dl3t_guard_free(in, text_len);
	dl3t_guard_free(want, want_len);
}

static void plain_text_decodes(void **state)
{
	(void)state;
	decodes_to("", "");
	decodes_to("0041", "A");
	decodes_to("005a006f00eb", "Zo\xc3\xab");
	decodes_to("674e96f7", "\xe6\x9d\x8e\xe9\x9b\xb7");
	decodes_to("007f0080 07ff0800 ffff", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
	decodes_to("d7ff e000", "\xed\x9f\xbf\xee\x80\x80");
}

static void one_closing_zero_is_dropped(void **state)
{
	(void)state;
	decodes_to("0000", "");
	decodes_to("00410000", "A");
	decodes_to("0041004200430044004500460047004800490000", "ABCDEFGHI");
}

/* A zero that closes nothing is a character. */
static void other_zeros_are_characters(void **state)
{
	uint8_t *in;
	size_t in_len;
	char out[16];
	size_t len = 0;

	(void)state;
	in = dl3t_hex("0041 0000 0042", &in_len);
	assert_int_equal(dl3_utf16_decode((struct dl3_octets){ in, in_len }, out, sizeof(out), &len, NULL),
	                 DL3_OK);
	assert_int_equal(len, 3);
	assert_memory_equal(out, "A\0B", 3);
	dl3t_guard_free(in, in_len);

	in = dl3t_hex("0041 0000 0000", &in_len);
	assert_int_equal(dl3_utf16_decode((struct dl3_octets){ in, in_len }, out, sizeof(out), &len, NULL),
	                 DL3_OK);
	assert_int_equal(len, 2);
	assert_memory_equal(out, "A\0", 2);
	dl3t_guard_free(in, in_len);
}

static void pairs_of_surrogates_are_one_character(void **state)
{
	(void)state;
	decodes_to("d83ddcde", "\xf0\x9f\x93\x9e");
	decodes_to("d800dc00", "\xf0\x90\x80\x80");
	decodes_to("dbffdfff", "\xf4\x8f\xbf\xbf");
	decodes_to("0041 d83ddcde 0042 d83ddcde 0000", "A\xf0\x9f\x93\x9e"
	                                               "B\xf0\x9f\x93\x9e");
}

static void lone_surrogates_become_the_replacement_character(void **state)
{
	(void)state;
	decodes_to("d83d", FFFD);
	decodes_to("dcde", FFFD);
	decodes_to("d83d0000", FFFD);
	decodes_to("0041d83d", "A" FFFD);
	decodes_to("0041dcde", "A" FFFD);
	decodes_to("d83d0041", FFFD "A");
	decodes_to("dcde0041", FFFD "A");
}

static void surrogates_in_the_wrong_order_are_two_lone_ones(void **state)
{
	(void)state;
	decodes_to("dcded83d", FFFD FFFD);
	decodes_to("d83dd83d", FFFD FFFD);
	decodes_to("dcdedcde", FFFD FFFD);
	/* The first is alone, the others are a pair. */
	decodes_to("d83dd83ddcde", FFFD "\xf0\x9f\x93\x9e");
	decodes_to("d83ddcdedcde", "\xf0\x9f\x93\x9e" FFFD);
	decodes_to("dcded83ddcded83d", FFFD "\xf0\x9f\x93\x9e" FFFD);
}

/* Whatever a fast path takes at a time, the odd one sits at each place of it. */
static void a_strange_character_anywhere_in_a_long_text(void **state)
{
	(void)state;
	for (size_t at = 0; at < 70; at++) {
		char hex[71 * 4 + 1];
		char want[71 * 3 + 1] = "";

		for (size_t i = 0; i < 70; i++) {
			memcpy(hex + 4 * i, i == at ? "dc01" : "0061", 5);
			strcat(want, i == at ? FFFD : "a");
		}
		size_t in_len;
		uint8_t *in = dl3t_hex(hex, &in_len);
		char out[DL3_RECORD_SCRATCH(140)];
		size_t len = 0;

		assert_int_equal(
			dl3_utf16_decode((struct dl3_octets){ in, in_len }, out, sizeof(out), &len, NULL),
			DL3_OK);
		assert_int_equal(len, 72);
		assert_memory_equal(out, want, len);
		dl3t_guard_free(in, in_len);
	}
}

static void an_odd_number_of_octets_is_refused(void **state)
{
	(void)state;
	for (size_t n = 1; n < 80; n += 2) {
		uint8_t octets[80] = { 0 };
		uint8_t *in = dl3t_guard(octets, n);
		char out[128];
		size_t len = 0;
		struct dl3_fault fault = { .err = DL3_OK };

		assert_int_equal(
			dl3_utf16_decode((struct dl3_octets){ in, n }, out, sizeof(out), &len, &fault),
			DL3_ERR_TEXT);
		assert_int_equal(fault.err, DL3_ERR_TEXT);
		assert_true(fault.offset <= n);
		assert_non_null(fault.expected);
		dl3t_guard_free(in, n);
	}
}

static void plain_text_encodes(void **state)
{
	(void)state;
	encodes_to("", 0, false, "");
	encodes_to("", 0, true, "0000");
	encodes_to("A", 1, false, "0041");
	encodes_to("Zo\xc3\xab", 4, true, "005a006f00eb0000");
	encodes_to("\xf0\x9f\x93\x9e", 4, false, "d83ddcde");
	encodes_to("\xf4\x8f\xbf\xbf", 4, false, "dbffdfff");
	encodes_to("A\0B", 3, true, "0041000000420000");
}

static void octets_that_are_no_utf8_are_taken_as_latin_1(void **state)
{
	(void)state;
	encodes_to("\xff", 1, false, "00ff");
	encodes_to("\x80", 1, false, "0080");
	encodes_to("Z\xfcrich", 6, false, "005a00fc0072006900630068");
	encodes_to("\xc3\xc3\xab", 3, false, "00c300eb");
}

static void overlong_forms_are_latin_1(void **state)
{
	(void)state;
	encodes_to("\xc0\x80", 2, false, "00c00080");
	encodes_to("\xc1\xbf", 2, false, "00c100bf");
	encodes_to("\xe0\x80\x80", 3, false, "00e000800080");
	encodes_to("\xe0\x9f\xbf", 3, false, "00e0009f00bf");
	encodes_to("\xf0\x8f\xbf\xbf", 4, false, "00f0008f00bf00bf");
}

static void surrogates_in_utf8_are_latin_1(void **state)
{
	(void)state;
	encodes_to("\xed\xa0\x80", 3, false, "00ed00a00080");
	encodes_to("\xed\xbf\xbf", 3, false, "00ed00bf00bf");
	encodes_to("\xed\x9f\xbf", 3, false, "d7ff");
}

static void code_points_past_the_last_are_latin_1(void **state)
{
	(void)state;
	encodes_to("\xf4\x90\x80\x80", 4, false, "00f4009000800080");
	encodes_to("\xf5\x80\x80\x80", 4, false, "00f5008000800080");
	encodes_to("\xf8\x88\x80\x80\x80", 5, false, "00f80088008000800080");
}

static void sequences_cut_short_are_latin_1(void **state)
{
	(void)state;
	encodes_to("\xc3", 1, false, "00c3");
	encodes_to("\xe6\x9d", 2, false, "00e6009d");
	encodes_to("\xf0\x9f\x93", 3, false, "00f0009f0093");
	encodes_to("\xf0\x9f\x93"
	           "A",
	           4, true, "00f0009f009300410000");
	encodes_to("\xe6\x9d\xe6\x9d\x8e", 5, false, "00e6009d674e");
}

static void absent_text_encodes_to_nothing(void **state)
{
	size_t len = 99;
	uint8_t out[2];

	(void)state;
	assert_int_equal(dl3_utf16_encode((struct dl3_str){ 0 }, false, NULL, 0, &len), DL3_OK);
	assert_int_equal(len, 0);
	assert_int_equal(dl3_utf16_encode((struct dl3_str){ 0 }, true, out, sizeof(out), &len), DL3_OK);
	assert_int_equal(len, 2);
}

static void every_character_survives_both_ways(void **state)
{
	(void)state;
	for (uint32_t code = 1; code <= 0x10ffff; code += code < 0x11000 ? 1 : 251) {
		if (code >= 0xd800 && code < 0xe000) {
			continue;
		}
		uint8_t wide[4] = { (uint8_t)(code >> 8), (uint8_t)code, 0, 0 };
		size_t wide_len = 2;
		char text[6];
		uint8_t again[12];
		size_t len = 0;
		size_t again_len = 0;

		if (code > 0xffff) {
			uint32_t high = 0xd800 + ((code - 0x10000) >> 10);
			uint32_t low = 0xdc00 + ((code - 0x10000) & 0x3ff);

			memcpy(wide,
			       (uint8_t[]){ (uint8_t)(high >> 8), (uint8_t)high, (uint8_t)(low >> 8),
			                    (uint8_t)low },
			       4);
			wide_len = 4;
		}
		assert_int_equal(dl3_utf16_decode((struct dl3_octets){ wide, wide_len }, text, sizeof(text),
		                                  &len, NULL),
		                 DL3_OK);
		assert_true(dl3t_utf8_valid(text, len));
		assert_int_equal(dl3_utf16_encode((struct dl3_str){ .ptr = text, .len = (uint32_t)len },
		                                  false, again, sizeof(again), &again_len),
		                 DL3_OK);
		assert_int_equal(again_len, wide_len);
		assert_memory_equal(again, wide, wide_len);
	}
}

/* One octet of UTF-8 is two of double-octet text, and so are three; four are a pair of surrogates. */
static void places_are_told_in_the_octets_that_came(void **state)
{
	size_t len;
	uint8_t *wide = dl3t_hex("0041 00e9 20ac d83d dcde dc00 0042", &len);
	char text[32];
	size_t text_len;

	(void)state;
	assert_int_equal(
		dl3_utf16_decode((struct dl3_octets){ wide, len }, text, sizeof(text), &text_len, NULL),
		DL3_OK);
	assert_int_equal(text_len, 1 + 2 + 3 + 4 + 3 + 1);
	assert_int_equal(dl3i_utf16_octets(text, 0), 0);
	assert_int_equal(dl3i_utf16_octets(text, 6), 6);
	assert_int_equal(dl3i_utf16_octets(text, 10), 10);
	assert_int_equal(dl3i_utf16_octets(text, 13), 12);
	assert_int_equal(dl3i_utf16_octets(text, text_len), len);
	dl3t_guard_free(wide, len);
}

DL3T_TESTS(cmocka_unit_test(plain_text_decodes), cmocka_unit_test(one_closing_zero_is_dropped),
           cmocka_unit_test(other_zeros_are_characters),
           cmocka_unit_test(pairs_of_surrogates_are_one_character),
           cmocka_unit_test(lone_surrogates_become_the_replacement_character),
           cmocka_unit_test(surrogates_in_the_wrong_order_are_two_lone_ones),
           cmocka_unit_test(a_strange_character_anywhere_in_a_long_text),
           cmocka_unit_test(an_odd_number_of_octets_is_refused), cmocka_unit_test(plain_text_encodes),
           cmocka_unit_test(octets_that_are_no_utf8_are_taken_as_latin_1),
           cmocka_unit_test(overlong_forms_are_latin_1), cmocka_unit_test(surrogates_in_utf8_are_latin_1),
           cmocka_unit_test(code_points_past_the_last_are_latin_1),
           cmocka_unit_test(sequences_cut_short_are_latin_1),
           cmocka_unit_test(absent_text_encodes_to_nothing),
           cmocka_unit_test(every_character_survives_both_ways),
           cmocka_unit_test(places_are_told_in_the_octets_that_came));
