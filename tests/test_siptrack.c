/* SPDX-License-Identifier: MIT */
/* SIPTrack records: section 6.5.1.3. */
#include "support/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/record.h>

#include "support/guard.h"
#include "support/hex.h"

static struct dl3_siptrack decode(const char *text)
{
	struct dl3_record record;
	struct dl3_str wire = dl3t_wire_text(text);

	dl3_siptrack_decode(wire, &record);
	assert_int_equal(record.kind, DL3_KIND_SIPTRACK);
	assert_true(dl3_str_same(record.raw, wire));
	assert_false(record.irregular);
	return record.u.siptrack;
}

static void the_printed_example(void **state)
{
	struct dl3_siptrack s =
		decode("START,c0a82a1f000003eb,17.1003.1,TRUNK,IN,0f5757c5c504c74197be9699697eab8d");

	(void)state;
	assert_true(dl3_str_is(s.event, "START"));
	assert_true(dl3_str_is(s.end, "c0a82a1f000003eb"));
	assert_true(dl3_str_is(s.local_end, "17.1003.1"));
	assert_true(dl3_str_is(s.type, "TRUNK"));
	assert_true(dl3_str_is(s.direction, "IN"));
	assert_true(dl3_str_is(s.sip_call_id, "0f5757c5c504c74197be9699697eab8d"));
	assert_int_equal(s.row.valued, 0x3f);
	assert_null(s.row.extra.ptr);
}

static void words_that_nobody_knows_are_text(void **state)
{
	struct dl3_siptrack s = decode("MIDDLE,x,y,SATELLITE,SIDEWAYS,id@host");

	(void)state;
	assert_true(dl3_str_is(s.event, "MIDDLE"));
	assert_true(dl3_str_is(s.direction, "SIDEWAYS"));
}

static void missing_fields_are_absent(void **state)
{
	struct dl3_siptrack s = decode("END,e,,PHONE");

	(void)state;
	assert_true(dl3_str_is(s.type, "PHONE"));
	assert_non_null(s.local_end.ptr);
	assert_int_equal(s.local_end.len, 0);
	assert_null(s.direction.ptr);
	assert_null(s.sip_call_id.ptr);
	assert_int_equal(s.row.present, 0xf);
	assert_int_equal(s.row.valued, 0xb);
}

static void more_fields_are_extra(void **state)
{
	struct dl3_siptrack s = decode("END,e,l,PHONE,OUT,id,new,\"er\"");

	(void)state;
	assert_true(dl3_str_is(s.row.extra, "new,\"er\""));
}

static void there_is_no_quoting(void **state)
{
	struct dl3_siptrack s = decode("END,\"e,l\",PHONE,OUT,a&amp;b");
	char plain[16];
	size_t len = 0;

	(void)state;
	assert_true(dl3_str_is(s.end, "\"e"));
	assert_true(dl3_str_is(s.local_end, "l\""));
	assert_int_equal(dl3_str_plain(s.sip_call_id, plain, sizeof(plain), &len), DL3_OK);
	assert_string_equal(plain, "a&amp;b");
}

static void any_text_is_a_record(void **state)
{
	struct dl3_siptrack s = decode("");
	struct dl3_record record;

	(void)state;
	assert_int_equal(s.row.valued, 0);
	s = decode("hello");
	assert_true(dl3_str_is(s.event, "hello"));
	s = decode(",,,,,,,,,,");
	assert_int_equal(s.row.present, 0x3f);
	assert_int_equal(s.row.valued, 0);
	dl3_siptrack_decode((struct dl3_str){ 0 }, &record);
	assert_int_equal(record.kind, DL3_KIND_SIPTRACK);
	assert_int_equal(record.u.siptrack.row.valued, 0);
}

static enum dl3_err decode_tuple(const char *hex, struct dl3_record *record)
{
	static char scratch[256];
	size_t len;
	uint8_t *data = dl3t_hex(hex, &len);
	struct dl3_tuple tuple = { DL3_TUPLE_SIPTRACK, { data, len } };

	return dl3_record_decode(&tuple, scratch, sizeof(scratch), record, NULL);
}

static void the_tuple_is_double_octet_text(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode_tuple("0045004e0044 002c 0065 002c 674e 0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_SIPTRACK);
	assert_true(dl3_str_is(r.u.siptrack.event, "END"));
	assert_true(dl3_str_is(r.u.siptrack.local_end, "\xe6\x9d\x8e"));
	assert_true(dl3_str_is(r.raw, "END,e,\xe6\x9d\x8e"));
	assert_int_equal(decode_tuple("", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_SIPTRACK);
	assert_int_equal(decode_tuple("0000", &r), DL3_OK);
	assert_int_equal(r.kind, DL3_KIND_SIPTRACK);
	assert_int_equal(r.raw.len, 0);
}

static void an_odd_length_is_refused(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode_tuple("004500", &r), DL3_ERR_TEXT);
	assert_int_equal(r.kind, DL3_KIND_UNKNOWN);
	assert_int_equal(r.u.unknown.tuple, DL3_TUPLE_SIPTRACK);
	assert_int_equal(r.u.unknown.data.len, 3);
	assert_int_equal(decode_tuple("00", &r), DL3_ERR_TEXT);
}

static void a_mark_is_skipped_and_a_zero_ends_the_text(void **state)
{
	struct dl3_record r;

	(void)state;
	assert_int_equal(decode_tuple("feff 0041 002c 0042 0000 0000", &r), DL3_OK);
	assert_true(dl3_str_is(r.u.siptrack.row.raw, "A,B"));
	assert_false(r.irregular);
	assert_int_equal(decode_tuple("0041 002c 0042 0000 0043 0000", &r), DL3_OK);
	assert_true(dl3_str_is(r.u.siptrack.row.raw, "A,B"));
	assert_true(r.irregular);
	assert_int_equal(r.raw.len, 5);
}

DL3T_TESTS(cmocka_unit_test(the_printed_example), cmocka_unit_test(words_that_nobody_knows_are_text),
           cmocka_unit_test(missing_fields_are_absent), cmocka_unit_test(more_fields_are_extra),
           cmocka_unit_test(there_is_no_quoting), cmocka_unit_test(any_text_is_a_record),
           cmocka_unit_test(the_tuple_is_double_octet_text), cmocka_unit_test(an_odd_length_is_refused),
           cmocka_unit_test(a_mark_is_skipped_and_a_zero_ends_the_text));
