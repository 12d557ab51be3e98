/* SPDX-License-Identifier: MIT */
/* CMExtn records, plain and extended: sections 6.5.1.4 and 6.5.1.5, docs/rulings.md#cmextn-forms. */
#include "support/test.h"

#include <stdbool.h>
#include <string.h>

#include <devlink3/record.h>

#include "support/guard.h"
#include "support/hex.h"

static char scratch[512];

static enum dl3_err decode_code(uint32_t code, const char *hex, struct dl3_record *record)
{
	size_t len;
	uint8_t *data = dl3t_hex(hex, &len);
	struct dl3_tuple tuple = { code, { data, len } };
	enum dl3_err err = dl3_record_decode(&tuple, scratch, sizeof(scratch), record, NULL);

	return err;
}

static enum dl3_err decode(const char *hex, struct dl3_record *record)
{
	return decode_code(DL3_TUPLE_CMEXTN, hex, record);
}

static void a_plain_event_is_text(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("0045 0078 0074 006e 0031 003a d83d dcde 0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN);
	assert_true(dl3_str_is(r.u.cmextn.text, "Extn1:\xf0\x9f\x93\x9e"));
	assert_true(dl3_str_is(r.raw, "Extn1:\xf0\x9f\x93\x9e"));
}

static void an_extended_event_has_three_numbers(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("00000001 00000002 00000000 0045 0078 0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN_STATE);
	assert_int_equal(r.u.cmextn_state.v, 1);
	assert_int_equal(r.u.cmextn_state.p1, 2);
	assert_int_equal(r.u.cmextn_state.p2, 0);
	assert_true(dl3_str_is(r.u.cmextn_state.who, "Ex"));
}

static void numbers_of_all_sizes_are_kept(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("0000ffff ffffffff 80000000 0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN_STATE);
	assert_int_equal(r.u.cmextn_state.v, 0xffff);
	assert_int_equal(r.u.cmextn_state.p1, 0xffffffff);
	assert_int_equal(r.u.cmextn_state.p2, 0x80000000);
}

static void the_shortest_extended_event_has_14_octets(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("00000001 00000002 00000003 0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN_STATE);
	assert_int_equal(r.u.cmextn_state.who.len, 0);
	assert_int_equal(decode("00000001 00000002 00000003", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN);
	assert_int_equal(decode("00000001 00000002 00000003 0041", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN_STATE);
	assert_true(dl3_str_is(r.u.cmextn_state.who, "A"));
}

static void a_first_character_that_is_not_zero_makes_it_plain(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("0001 0001 0001 0002 0001 0003 0041 0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN);
	assert_int_equal(decode("0100 0001 0001 0002 0001 0003 0041 0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN);
}

static void an_empty_event_is_plain(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN);
	assert_int_equal(r.u.cmextn.text.len, 0);
	assert_int_equal(decode("0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_CMEXTN);
}

static void a_zero_ends_the_text_in_both_forms(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("0045 0078 0000 0000 0000", &r), DL3_OK);
	assert_true(dl3_str_is(r.u.cmextn.text, "Ex"));
	assert_true(dl3_str_is(r.raw, "Ex"));
	assert_false(r.irregular);
	assert_int_equal(decode("00000001 00000002 00000003 0041 0000 0042 0000", &r), DL3_OK);
	assert_true(dl3_str_is(r.u.cmextn_state.who, "A"));
	assert_int_equal(r.raw.len, 3);
	assert_true(r.irregular);
}

static void odd_lengths_are_refused_in_both_forms(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode("0045 00", &r), DL3_ERR_TEXT);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(r.u.unknown.tuple, DL3_TUPLE_CMEXTN);
	assert_int_equal(decode("00000001 00000002 00000003 0041 00", &r), DL3_ERR_TEXT);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(r.u.unknown.data.len, 15);
}

static void fault_offsets_count_from_the_start_of_the_tuple(void **state)
{
	size_t len;
	uint8_t *data = dl3t_hex("00000001 00000002 00000003 0041 00", &len);
	struct dl3_tuple tuple = { DL3_TUPLE_CMEXTN, { data, len } };
	struct dl3_record r;
	struct dl3_fault fault = { .err = DL3_OK };

	(void)state;
	assert_int_equal(dl3_record_decode(&tuple, scratch, sizeof(scratch), &r, &fault), DL3_ERR_TEXT);
	assert_int_equal(fault.err, DL3_ERR_TEXT);
	assert_in_range(fault.offset, 12, 15);
	dl3t_guard_free(data, len);
}

static void too_little_scratch_is_said(void **state)
{
	size_t len;
	uint8_t *data = dl3t_hex("00000001 00000002 00000000 0045 0078 0074 006e 0000", &len);
	struct dl3_tuple tuple = { DL3_TUPLE_CMEXTN, { data, len } };
	struct dl3_record r;

	(void)state;
	assert_int_equal(dl3_record_decode(&tuple, scratch, 3, &r, NULL), DL3_ERR_SPACE);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(dl3_record_decode(&tuple, scratch, DL3_RECORD_SCRATCH(len), &r, NULL), DL3_OK);
	dl3t_guard_free(data, len);
}

static void tuples_of_other_codes_are_unknown(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode_code(0x00760005, "00450000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(r.u.unknown.tuple, 0x00760005);
	assert_int_equal(r.u.unknown.data.len, 4);
	assert_null(r.u.unknown.name.ptr);
	assert_null(r.raw.ptr);
	assert_int_equal(decode_code(DL3_TUPLE_PBX_VERSION, "4100", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
}

DL3T_TESTS(cmocka_unit_test(a_plain_event_is_text), cmocka_unit_test(an_extended_event_has_three_numbers),
           cmocka_unit_test(numbers_of_all_sizes_are_kept),
           cmocka_unit_test(the_shortest_extended_event_has_14_octets),
           cmocka_unit_test(a_first_character_that_is_not_zero_makes_it_plain),
           cmocka_unit_test(an_empty_event_is_plain), cmocka_unit_test(a_zero_ends_the_text_in_both_forms),
           cmocka_unit_test(odd_lengths_are_refused_in_both_forms),
           cmocka_unit_test(fault_offsets_count_from_the_start_of_the_tuple),
           cmocka_unit_test(too_little_scratch_is_said), cmocka_unit_test(tuples_of_other_codes_are_unknown));
