/* SPDX-License-Identifier: MIT */
/* Delta2 records: section 6.5.1.2 and docs/rulings.md#delta2. */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/record.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/same.h"

static struct dl3_record decode(const char *text)
{
	struct dl3_record record;
	struct dl3_fault fault = { .err = DL3_OK };
	struct dl3_str wire = dl3t_wire_text(text);

	assert_int_equal(dl3_delta2_decode(wire, &record, &fault), DL3_OK);
	assert_int_equal(fault.err, DL3_OK);
	assert_true(dl3_str_same(record.raw, wire));
	return record;
}

static void plainly(struct dl3_str came, const char *want)
{
	char *text = dl3t_plain(came, NULL);

	assert_string_equal(text, want);
	free(text);
}

static void a_created_call(void **state)
{
	struct dl3_record r = decode("CALL:S 9.1.0,0.2.0,2,1,1,0,0,0,Zo\xc3\xab(4001)");
	const struct dl3_delta2_s *s = &r.u.delta2_s;

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_DELTA2_S);
	plainly(s->a_call_id, "9.1.0");
	plainly(s->b_call_id, "0.2.0");
	assert_int_equal(s->a_state, DL3_DELTA2_STATE_CONNECTED);
	assert_int_equal(s->b_state, DL3_DELTA2_STATE_RINGING);
	assert_int_equal(s->a_connected, 1);
	plainly(s->a_name, "Zo\xc3\xab(4001)");
	assert_null(s->b_name.ptr);
	assert_int_equal(s->row.present, 0x1ff);
}

static void a_call_that_is_gone_and_one_that_swapped(void **state)
{
	struct dl3_record r = decode("CALL:D 9.1.0,0.2.0,77");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_DELTA2_D);
	plainly(r.u.delta2_ends.a_call_id, "9.1.0");
	plainly(r.u.delta2_ends.b_call_id, "0.2.0");
	assert_int_equal(r.u.delta2_ends.call_id, 77);
	r = decode("CALL:A 1,2,3");
	assert_int_equal(r.kind, DL3_KIND_DELTA2_A);
	assert_int_equal(r.u.delta2_ends.call_id, 3);
}

static void any_spaces_around_the_letter(void **state)
{
	static const char *const same[] = { "CALL:S1,2,3", "CALL:S 1,2,3", "CALL: S1,2,3", "CALL: S 1,2,3",
		                            "CALL:    S     1,2,3" };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct dl3_record r = decode(same[i]);

		assert_int_equal(r.kind, DL3_KIND_DELTA2_S);
		plainly(r.u.delta2_s.a_call_id, "1");
		assert_int_equal(r.u.delta2_s.a_state, 3);
	}
}

/* A record of `n` fields, each the number of its place from 1. */
static void fields_of(size_t n, char *text)
{
	strcpy(text, "CALL:S ");
	for (size_t i = 1; i <= n; i++) {
		(void)sprintf(text + strlen(text), "%s%zu", i == 1 ? "" : ",", i);
	}
}

static void fields_come_in_the_order_of_the_ruling(void **state)
{
	char text[512];

	(void)state;
	fields_of(50, text);
	struct dl3_record r = decode(text);
	const struct dl3_delta2_s *s = &r.u.delta2_s;

	assert_int_equal(s->row.present, ((uint64_t)1 << 50) - 1);
	assert_null(s->row.extra.ptr);
	plainly(s->b_list, "11");
	plainly(s->called_presentation_type, "14");
	plainly(s->calling_number, "17");
	assert_int_equal(s->dialled_type, 20);
	plainly(s->dialled_number, "21");
	assert_int_equal(s->ring_attempts, 24);
	assert_int_equal(s->cause, 25);
	plainly(s->call_type_transport, "28");
	plainly(s->target_ras, "34");
	assert_int_equal(s->is_internal, 35);
	assert_int_equal(s->timestamp, 36);
	plainly(s->locale, "41");
	plainly(s->park_slot, "42");
	plainly(s->tag, "44");
	assert_int_equal(s->service_quota_time, 48);
	plainly(s->account_code, "49");
	assert_int_equal(s->call_id, 50);
}

static void records_of_every_length(void **state)
{
	char text[512];

	(void)state;
	for (size_t n = 1; n <= 60; n++) {
		fields_of(n, text);
		struct dl3_record r = decode(text);
		size_t known = n < 50 ? n : 50;

		assert_int_equal(r.u.delta2_s.row.present, ((uint64_t)1 << known) - 1);
		assert_int_equal(r.u.delta2_s.row.extra.ptr != NULL, n > 50);
		assert_false(r.irregular);
	}
}

static void what_follows_the_last_field_is_extra(void **state)
{
	char text[512];

	(void)state;
	fields_of(52, text);
	struct dl3_record r = decode(text);

	assert_true(dl3_str_is(r.u.delta2_s.row.extra, "51,52"));
	r = decode("CALL:D 1,2,3,4,,5");
	assert_true(dl3_str_is(r.u.delta2_ends.row.extra, "4,,5"));
}

static void there_is_no_quoting(void **state)
{
	struct dl3_record r = decode("CALL:S \"a,b\",2,,,,,,O&apos;Neil,\"x\"");

	(void)state;
	plainly(r.u.delta2_s.a_call_id, "\"a");
	plainly(r.u.delta2_s.b_call_id, "b\"");
	plainly(r.u.delta2_s.a_name, "O&apos;Neil");
	assert_int_equal(r.u.delta2_s.row.unread, 0);
	plainly(r.u.delta2_s.b_name, "\"x\"");
	r = decode("CALL:D M&amp;S <x>,,1");
	plainly(r.u.delta2_ends.a_call_id, "M&amp;S <x>");
}

static void unread_numbers_keep_their_text(void **state)
{
	struct dl3_record r = decode("CALL:D 1,2,seven");
	const struct dl3_row *row = &r.u.delta2_ends.row;

	(void)state;
	assert_int_equal(row->unread, 4);
	assert_true(dl3_str_is(dl3_row_text(DL3_ROW_delta2_ends, row->raw, 2), "seven"));
}

static void other_letters_and_other_text_are_unknown(void **state)
{
	static const char *const strange[] = { "CALL:X 1,2,3", "CALL:s 1,2", "CALL:1,2",
		                               "CALL:,",       "call:S 1,2", "CALLS 1,2",
		                               "CALL",         "",           "C",
		                               "xCALL:S 1,2",  "CALL;S 1,2", "Extn4001: x",
		                               "CALL S 1" };

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct dl3_record r = decode(strange[i]);

		assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
		assert_null(r.u.unknown.name.ptr);
	}
}

static void a_mark_and_white_space_in_front_are_skipped(void **state)
{
	static const char *const same[] = { " CALL:S 1,2,3", "\r\n\tCALL:S1,2,3", "\357\273\277CALL:S 1,2,3",
		                            "\xef\xbb\xbf CALL:S 1,2,3" };

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct dl3_record r = decode(same[i]);

		assert_int_equal(r.kind, DL3_KIND_DELTA2_S);
		plainly(r.u.delta2_s.a_call_id, "1");
		assert_int_equal(r.u.delta2_s.a_state, 3);
		assert_false(r.irregular);
	}
	/* Just in front, and once. */
	assert_int_equal(decode(" \xef\xbb\xbf"
	                        "CALL:S 1")
	                         .kind,
	                 DL3_KIND_UNKNOWN);
	assert_int_equal(decode("\xef\xbb"
	                        "CALL:S 1")
	                         .kind,
	                 DL3_KIND_UNKNOWN);
}

static void a_nul_ends_the_text(void **state)
{
	struct dl3_str text = { .ptr = "CALL:D 1,2,77\0\0\0x", .len = 16 };
	struct dl3_record r;

	(void)state;
	assert_int_equal(dl3_delta2_decode(text, &r, NULL), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_DELTA2_D);
	assert_int_equal(r.u.delta2_ends.call_id, 77);
	assert_int_equal(r.u.delta2_ends.row.valued, 7);
	assert_false(r.irregular);
	assert_int_equal(r.raw.len, 16);
	/* What an earlier, longer record left in the buffer is none of this one, but it can be seen. */
	text.len = 17;
	assert_int_equal(dl3_delta2_decode(text, &r, NULL), DL3_OK);
	assert_int_equal(r.u.delta2_ends.call_id, 77);
	assert_true(r.irregular);
	assert_int_equal(r.raw.len, 17);
	text = (struct dl3_str){ .ptr = "CALL:\0S 1", .len = 9 };
	assert_int_equal(dl3_delta2_decode(text, &r, NULL), DL3_ERR_DELTA2);
}

static void nothing_behind_the_colon_is_refused(void **state)
{
	static const char *const bad[] = { "CALL:", "CALL: ", "CALL:    " };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dl3_record record;
		struct dl3_fault fault = { .err = DL3_OK };
		struct dl3_str wire = dl3t_wire_text(bad[i]);

		assert_int_equal(dl3_delta2_decode(wire, &record, &fault), DL3_ERR_DELTA2);
		assert_int_equal(fault.err, DL3_ERR_DELTA2);
		assert_in_range(fault.offset, 5, wire.len);
		dl3t_wire_text_free(wire);
	}
}

static void a_letter_alone_is_a_record_without_values(void **state)
{
	struct dl3_record r = decode("CALL:S");

	(void)state;
	assert_int_equal(r.kind, DL3_KIND_DELTA2_S);
	assert_int_equal(r.u.delta2_s.row.valued, 0);
	r = decode("CALL:D ");
	assert_int_equal(r.kind, DL3_KIND_DELTA2_D);
	assert_int_equal(r.u.delta2_ends.row.valued, 0);
}

static void absent_text_is_unknown(void **state)
{
	struct dl3_record record;

	(void)state;
	assert_int_equal(dl3_delta2_decode((struct dl3_str){ 0 }, &record, NULL), DL3_OK);
	assert_int_equal(record.kind, DL3_KIND_UNKNOWN);
}

/* ---- As a tuple, in both its forms ---- */

static enum dl3_err decode_tuple(const char *hex, struct dl3_record *record, struct dl3_fault *fault)
{
	static char scratch[512];
	size_t len;
	uint8_t *data = dl3t_hex(hex, &len);
	struct dl3_tuple tuple = { DL3_TUPLE_DELTA2, { data, len } };

	return dl3_record_decode(&tuple, scratch, sizeof(scratch), record, fault);
}

static void the_form_is_seen_from_the_first_octet(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode_tuple("00430041004c004c003a00440020 0031 002c 00eb 0000", &r, NULL), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_DELTA2_D);
	plainly(r.u.delta2_ends.b_call_id, "\xc3\xab");
	assert_int_equal(decode_tuple("43414c4c3a4420 31 2c c3ab 00", &r, NULL), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_DELTA2_D);
	plainly(r.u.delta2_ends.b_call_id, "\xc3\xab");
	assert_true(dl3_str_is(r.raw, "CALL:D 1,\xc3\xab"));
}

static void either_form_may_lack_its_closing_zero(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode_tuple("00430041004c004c003a00440020 0031 002c 0032", &r, NULL), DL3_OK);
	plainly(r.u.delta2_ends.b_call_id, "2");
	assert_int_equal(decode_tuple("43414c4c3a4420 31 2c 32", &r, NULL), DL3_OK);
	plainly(r.u.delta2_ends.b_call_id, "2");
}

static void an_odd_length_of_the_double_octet_form_is_refused(void **state)
{
	struct dl3_record r;
	struct dl3_fault fault = { .err = DL3_OK };

	(void)state;
	assert_int_equal(decode_tuple("00430041004c004c003a00", &r, &fault), DL3_ERR_TEXT);
	assert_int_equal(fault.err, DL3_ERR_TEXT);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(r.u.unknown.tuple, DL3_TUPLE_DELTA2);
	assert_int_equal(r.u.unknown.data.len, 11);
	assert_int_equal(decode_tuple("43414c4c3a", &r, NULL), DL3_ERR_DELTA2);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(r.u.unknown.data.len, 5);
}

static void either_form_may_have_a_mark_and_padding(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(
		decode_tuple("feff 0020 00430041004c004c003a0044 0031 002c 0032 002c 0037 0000 0000 0000", &r,
	                     NULL),
		DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_DELTA2_D);
	assert_int_equal(r.u.delta2_ends.call_id, 7);
	assert_false(r.irregular);
	assert_true(dl3_str_is(r.raw, "\xef\xbb\xbf CALL:D1,2,7"));
	assert_int_equal(
		decode_tuple("00430041004c004c003a0044 0031 002c 0032 002c 0037 0000 0041 0000", &r, NULL),
		DL3_OK);
	assert_int_equal(r.u.delta2_ends.call_id, 7);
	assert_true(r.irregular);
	assert_int_equal(r.raw.len, 13);
	assert_int_equal(decode_tuple("efbbbf 43414c4c3a44 31 2c 32 2c 37 00 00 00", &r, NULL), DL3_OK);
	assert_int_equal(r.u.delta2_ends.call_id, 7);
	assert_false(r.irregular);
}

static void fault_offsets_count_the_octets_that_came(void **state)
{
	static const char blank[] = "0043 0041 004c 004c 003a 0020 0020 0000";
	struct dl3_record r;
	struct dl3_fault fault = { .err = DL3_OK };

	(void)state;
	assert_int_equal(decode_tuple(blank, &r, &fault), DL3_ERR_DELTA2);
	assert_true(fault.has_offset);
	assert_int_equal(fault.offset, 14);
	assert_int_equal(decode_tuple("43414c4c3a 2020 00", &r, &fault), DL3_ERR_DELTA2);
	assert_int_equal(fault.offset, 7);
	assert_int_equal(decode_tuple("feff 0043 0041 004c 004c 003a", &r, &fault), DL3_ERR_DELTA2);
	assert_int_equal(fault.offset, 12);
}

static void an_empty_tuple_is_unknown(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode_tuple("", &r, NULL), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(decode_tuple("00", &r, NULL) == DL3_OK || r.kind == DL3_KIND_UNKNOWN, true);
	assert_int_equal(decode_tuple("0000", &r, NULL), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
}

static void too_little_scratch_is_said(void **state)
{
	size_t len;
	uint8_t *data = dl3t_hex("00430041004c004c003a00440020 0031 002c 0032 0000", &len);
	struct dl3_tuple tuple = { DL3_TUPLE_DELTA2, { data, len } };
	struct dl3_record r;

	(void)state;
	/* Below what the text needs it must fail; from what is promised on it must not. */
	for (size_t cap = 0; cap <= DL3_RECORD_SCRATCH(len); cap++) {
		char zeros[DL3_RECORD_SCRATCH(64)] = { 0 };
		char *scratch = dl3t_guard(zeros, cap);
		enum dl3_err err = dl3_record_decode(&tuple, scratch, cap, &r, NULL);

		assert_true(err == DL3_ERR_SPACE || err == DL3_OK);
		assert_true(cap >= 10 || err == DL3_ERR_SPACE);
		assert_true(cap < DL3_RECORD_SCRATCH(len) || err == DL3_OK);
		assert_true(err == DL3_OK || r.kind == DL3_KIND_UNKNOWN);
		dl3t_guard_free(scratch, cap);
	}
	dl3t_guard_free(data, len);
}

static void records_cut_and_changed_anywhere_are_survived(void **state)
{
	char text[512];

	(void)state;
	fields_of(52, text);
	size_t len = strlen(text);

	for (size_t n = 0; n <= len; n++) {
		char *copy = dl3t_guard(text, n);
		struct dl3_record r;

		(void)!dl3_delta2_decode((struct dl3_str){ .ptr = copy, .len = (uint32_t)n }, &r, NULL);
		dl3t_guard_free(copy, n);
		for (size_t k = 0; n < len && k < 6; k++) {
			char kept = text[n];

			text[n] = "\0,:\xff \""[k];
			copy = dl3t_guard(text, len);
			(void)!dl3_delta2_decode((struct dl3_str){ .ptr = copy, .len = (uint32_t)len }, &r,
			                         NULL);
			dl3t_guard_free(copy, len);
			text[n] = kept;
		}
	}
}

DL3T_TESTS(cmocka_unit_test(a_created_call), cmocka_unit_test(a_call_that_is_gone_and_one_that_swapped),
           cmocka_unit_test(any_spaces_around_the_letter),
           cmocka_unit_test(fields_come_in_the_order_of_the_ruling),
           cmocka_unit_test(records_of_every_length), cmocka_unit_test(what_follows_the_last_field_is_extra),
           cmocka_unit_test(there_is_no_quoting), cmocka_unit_test(unread_numbers_keep_their_text),
           cmocka_unit_test(other_letters_and_other_text_are_unknown),
           cmocka_unit_test(nothing_behind_the_colon_is_refused),
           cmocka_unit_test(a_letter_alone_is_a_record_without_values),
           cmocka_unit_test(absent_text_is_unknown), cmocka_unit_test(the_form_is_seen_from_the_first_octet),
           cmocka_unit_test(either_form_may_lack_its_closing_zero),
           cmocka_unit_test(an_odd_length_of_the_double_octet_form_is_refused),
           cmocka_unit_test(a_mark_and_white_space_in_front_are_skipped),
           cmocka_unit_test(a_nul_ends_the_text), cmocka_unit_test(either_form_may_have_a_mark_and_padding),
           cmocka_unit_test(fault_offsets_count_the_octets_that_came),
           cmocka_unit_test(an_empty_tuple_is_unknown), cmocka_unit_test(too_little_scratch_is_said),
           cmocka_unit_test(records_cut_and_changed_anywhere_are_survived));
