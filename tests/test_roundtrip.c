/* SPDX-License-Identifier: MIT */
/* Records made by hand, with nasty text, come back from the wire as they were. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/record.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/random.h"
#include "support/same.h"

#define ROUNDS 2000u

static struct dl3t_made made;
static char buffer[4 * DL3_TUPLE_DATA_MAX];
static char scratch[DL3_RECORD_SCRATCH_MAX];

static void say_which(enum dl3_kind kind, unsigned round, const char *text, size_t len)
{
	/* cmocka's own printing cuts long text. */
	(void)fprintf(stderr, "%s, round %u: %.*s\n", dl3_kind_name(kind), round, (int)len, text);
}

/* Encodes what was made and decodes it from against an unreadable page. */
static void there_and_back(enum dl3_kind kind, unsigned round, enum dl3_delta2_form form, unsigned likeness)
{
	struct dl3_record back;
	struct dl3t_difference why = { "" };
	size_t len = 0;

	assert_int_equal(dl3_record_encode(&made.record, form, buffer, sizeof(buffer), &len), DL3_OK);
	uint8_t *wire = dl3t_guard(buffer, len);
	struct dl3_octets table = { wire, len };
	struct dl3_tuple tuple;

	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(table.len, 0);
	enum dl3_err err =
		dl3_record_decode(&tuple, scratch, DL3_RECORD_SCRATCH(tuple.data.len), &back, NULL);

	if (err != DL3_OK || !dl3t_record_same(&made.record, &back, likeness, &why)) {
		if (dl3_record_text(&made.record, buffer, sizeof(buffer), &len) == DL3_OK) {
			say_which(kind, round, buffer, len);
		}
		fail_msg("%s: %s", dl3_err_name(err), why.text);
	}
	dl3t_guard_free(wire, len);
}

static void many(enum dl3_kind kind, enum dl3_delta2_form form, unsigned likeness)
{
	struct dl3t_random random = { 20260 + (uint64_t)kind };

	for (unsigned round = 0; round < ROUNDS; round++) {
		dl3t_make_record(&random, kind, &made);
		there_and_back(kind, round, form, likeness);
	}
}

static void details(void **state)
{
	(void)state;
	many(DL3_KIND_DETAIL, DL3_DELTA2_UNICODE, DL3T_EXACT);
}

static void losses_and_rejects(void **state)
{
	(void)state;
	many(DL3_KIND_CALL_LOST, DL3_DELTA2_UNICODE, DL3T_EXACT);
	many(DL3_KIND_LINK_LOST, DL3_DELTA2_UNICODE, DL3T_EXACT);
	many(DL3_KIND_ATTEMPT_REJECT, DL3_DELTA2_UTF8, DL3T_EXACT);
}

static void delta2_in_double_octets(void **state)
{
	(void)state;
	many(DL3_KIND_DELTA2_S, DL3_DELTA2_UNICODE, DL3T_NO_COMMAS);
	many(DL3_KIND_DELTA2_D, DL3_DELTA2_UNICODE, DL3T_NO_COMMAS);
	many(DL3_KIND_DELTA2_A, DL3_DELTA2_UNICODE, DL3T_NO_COMMAS);
}

static void delta2_in_utf8(void **state)
{
	(void)state;
	many(DL3_KIND_DELTA2_S, DL3_DELTA2_UTF8, DL3T_NO_COMMAS);
	many(DL3_KIND_DELTA2_D, DL3_DELTA2_UTF8, DL3T_NO_COMMAS);
	many(DL3_KIND_DELTA2_A, DL3_DELTA2_UTF8, DL3T_NO_COMMAS);
}

static void siptrack(void **state)
{
	(void)state;
	many(DL3_KIND_SIPTRACK, DL3_DELTA2_UNICODE, DL3T_NO_COMMAS);
}

static void cmextn_in_both_forms(void **state)
{
	(void)state;
	many(DL3_KIND_CMEXTN, DL3_DELTA2_UNICODE, DL3T_EXACT);
	many(DL3_KIND_CMEXTN_STATE, DL3_DELTA2_UNICODE, DL3T_EXACT);
}

static void a_cmextn_that_would_be_read_as_the_other_form_is_refused(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_CMEXTN_STATE, .u.cmextn_state = { .v = 0x10000 } };
	size_t len = 77;

	(void)state;
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_ERR_ARGUMENT);
	assert_int_equal(len, 0);
	record.u.cmextn_state.v = 0xffff;
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_OK);
	record.u.cmextn_state.who = (struct dl3_str){ .ptr = "a\0b", .len = 3 };
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_ERR_ARGUMENT);
	record = (struct dl3_record){ .kind = DL3_KIND_CMEXTN };
	record.u.cmextn.text = (struct dl3_str){ .ptr = "\0abcdefgh", .len = 9 };
	len = 77;
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, 0, &len), DL3_ERR_ARGUMENT);
	assert_int_equal(len, 0);
	record.u.cmextn.text.ptr++;
	record.u.cmextn.text.len--;
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_OK);
}

/* What was decoded can be encoded as it is: its targets are then only raw text. */
static void what_was_decoded_can_be_encoded(void **state)
{
	static const enum dl3_kind kinds[] = { DL3_KIND_DETAIL,   DL3_KIND_CALL_LOST, DL3_KIND_LINK_LOST,
		                               DL3_KIND_DELTA2_S, DL3_KIND_SIPTRACK,  DL3_KIND_CMEXTN_STATE };
	struct dl3t_random random = { 4711 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		enum dl3_kind kind = kinds[round % (sizeof(kinds) / sizeof(kinds[0]))];
		struct dl3_record once;
		struct dl3_octets table;
		struct dl3_tuple tuple;
		size_t len = 0;
		size_t again = 0;
		static char second[sizeof(buffer)];

		dl3t_make_record(&random, kind, &made);
		assert_int_equal(
			dl3_record_encode(&made.record, DL3_DELTA2_UTF8, buffer, sizeof(buffer), &len),
			DL3_OK);
		table = (struct dl3_octets){ (const uint8_t *)buffer, len };
		assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
		assert_int_equal(dl3_record_decode(&tuple, scratch, sizeof(scratch), &once, NULL), DL3_OK);
		assert_int_equal(dl3_record_encode(&once, DL3_DELTA2_UTF8, second, sizeof(second), &again),
		                 DL3_OK);
		assert_int_equal(again, len);
		assert_memory_equal(buffer, second, len);
	}
}

static void the_text_of_a_record_is_measured_first(void **state)
{
	struct dl3t_random random = { 99 };

	(void)state;
	for (unsigned kind = DL3_KIND_DETAIL; kind <= DL3_KIND_CMEXTN_STATE; kind++) {
		size_t need = 0;

		dl3t_make_record(&random, (enum dl3_kind)kind, &made);
		(void)!dl3_record_text(&made.record, NULL, 0, &need);
		for (size_t cap = 0; cap <= need; cap++) {
			char *out = dl3t_guard(buffer, cap);
			size_t len = 0;

			assert_int_equal(dl3_record_text(&made.record, out, cap, &len),
			                 cap < need ? DL3_ERR_SPACE : DL3_OK);
			assert_int_equal(len, need);
			dl3t_guard_free(out, cap);
		}
	}
}

static void too_little_room_for_a_tuple_tells_how_much_suffices(void **state)
{
	struct dl3t_random random = { 7 };

	(void)state;
	for (unsigned kind = DL3_KIND_DETAIL; kind <= DL3_KIND_CMEXTN_STATE; kind++) {
		size_t whole = 0;

		dl3t_make_record(&random, (enum dl3_kind)kind, &made);
		assert_int_equal(
			dl3_record_encode(&made.record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &whole),
			DL3_OK);
		for (size_t cap = 0; cap < whole; cap++) {
			char *out = dl3t_guard(buffer, cap);
			size_t need = 0;

			assert_int_equal(dl3_record_encode(&made.record, DL3_DELTA2_UNICODE, out, cap, &need),
			                 DL3_ERR_SPACE);
			assert_true(need >= whole);
			dl3t_guard_free(out, cap);
			if (cap % 16 == 0) {
				size_t len = 0;

				out = dl3t_guard(buffer, need);
				assert_int_equal(
					dl3_record_encode(&made.record, DL3_DELTA2_UNICODE, out, need, &len),
					DL3_OK);
				assert_int_equal(len, whole);
				dl3t_guard_free(out, need);
			}
		}
	}
}

/* ---- What the encoder promises about the text itself ---- */

static void writes(const struct dl3_record *record, const char *want)
{
	size_t len = 0;

	assert_int_equal(dl3_record_text(record, buffer, sizeof(buffer) - 1, &len), DL3_OK);
	buffer[len] = '\0';
	assert_string_equal(buffer, want);
}

static void a_call_reaches_its_tenth_field_and_a_party_its_23rd(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_DETAIL };
	struct dl3_detail *detail = &record.u.detail;

	(void)state;
	detail->has_call = true;
	detail->call.node = dl3_str_of("c0a82a03");
	DL3_SET(&detail->call, DL3_CALL_CALL_ID, call_id, 1);
	detail->has_a = true;
	detail->a.end = dl3_str_of("c0a82a03000003ea");
	DL3_SET(&detail->a, DL3_PARTY_STATE, state, 7);
	writes(&record, "<Detail><Call>c0a82a03,1,,,,,,,,</Call>"
	                "<PartyA>c0a82a03000003ea,,7,,,,,,,,,,,,,,,,,,,,</PartyA></Detail>");
}

static void a_row_made_by_hand_needs_no_bits_for_its_text(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_LINK_LOST };

	(void)state;
	record.u.link_lost.node = dl3_str_of("c0a82a03");
	record.u.link_lost.end = dl3_str_of("c0a82a0300000413");
	DL3_SET(&record.u.link_lost, DL3_LINK_LOST_CLEARED_INBOUND, cleared_inbound, 0);
	DL3_SET(&record.u.link_lost, DL3_LINK_LOST_CAUSE, cause, 126);
	record.u.link_lost.link = dl3_str_of("18.1");
	writes(&record, "<LinkLost>c0a82a03,c0a82a0300000413,0,126,,18.1</LinkLost>");
}

static void numbers_without_their_bit_are_not_written(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_CALL_LOST };

	(void)state;
	record.u.call_lost.node = dl3_str_of("n");
	record.u.call_lost.cause = 16;
	writes(&record, "<CallLost>n</CallLost>");
}

static void quoted_fields_are_quoted_and_others_only_where_needed(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_DETAIL };
	struct dl3_party *a = &record.u.detail.a;

	(void)state;
	record.u.detail.has_a = true;
	a->end = dl3_str_of("e");
	a->description = dl3_str_of("a,b");
	a->name = dl3_str_of("Ann");
	writes(&record, "<Detail><PartyA>e,,,,,,,,,,,\"a,b\",,,,,,,,,,,,,\"Ann\"</PartyA></Detail>");
}

static void markup_is_escaped(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_ATTEMPT_REJECT };
	struct dl3_str text = dl3_str_of("<M&S>");
	size_t len = 0;

	(void)state;
	record.u.attempt_reject.node = text;
	record.u.attempt_reject.end = dl3_str_of("e");
	assert_int_equal(dl3_record_text(&record, buffer, sizeof(buffer), &len), DL3_OK);
	buffer[len] = '\0';
	assert_non_null(strstr(buffer, "&lt;M&amp;S"));
	assert_null(strstr(buffer, "<M"));
}

static void a_record_is_one_line_without_a_closing_zero(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_CALL_LOST };
	size_t len = 0;

	(void)state;
	record.u.call_lost.node = dl3_str_of("c0a82a03");
	record.u.call_lost.end = dl3_str_of("e");
	assert_int_equal(dl3_record_text(&record, buffer, sizeof(buffer), &len), DL3_OK);
	assert_null(memchr(buffer, '\n', len));
	assert_null(memchr(buffer, '\0', len));
}

static void commas_in_delta2_become_spaces(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_DELTA2_S };

	(void)state;
	record.u.delta2_s.a_call_id = dl3_str_of("9.1.0");
	record.u.delta2_s.b_call_id = dl3_str_of("Smith,John");
	DL3_SET(&record.u.delta2_s, DL3_DELTA2_S_A_STATE, a_state, 2);
	writes(&record, "CALL:S 9.1.0,Smith John,2");
}

/* As the header says: there is nothing to protect them with. */
static void outer_blanks_in_delta2_are_lost(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_DELTA2_D }, back;
	struct dl3_octets table;
	struct dl3_tuple tuple;
	size_t len = 0;

	(void)state;
	record.u.delta2_ends.a_call_id = dl3_str_of("  a b\t");
	record.u.delta2_ends.b_call_id = (struct dl3_str){ .ptr = "c\0d", .len = 3 };
	writes(&record, "CALL:D   a b\t,c d");
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UTF8, buffer, sizeof(buffer), &len), DL3_OK);
	table = (struct dl3_octets){ (const uint8_t *)buffer, len };
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(dl3_record_decode(&tuple, scratch, sizeof(scratch), &back, NULL), DL3_OK);
	assert_true(dl3_str_is(back.u.delta2_ends.a_call_id, "a b"));
	assert_true(dl3_str_is(back.u.delta2_ends.b_call_id, "c d"));
}

static void targets_are_written_as_a_list(void **state)
{
	struct dl3_target list[2] = { 0 };
	struct dl3_record record = { .kind = DL3_KIND_DETAIL };

	(void)state;
	list[0].end = dl3_str_of("e1");
	list[1].end = dl3_str_of("e2");
	record.u.detail.targets = (struct dl3_targets){ .count = 2, .list = list };
	writes(&record, "<Detail><Target_list><Target>e1</Target><Target>e2</Target></Target_list></Detail>");
}

/* Decoded, such a quote is a character; written as it came, it would pair with the next one. */
static void a_quote_never_closed_stays_inside_its_field(void **state)
{
	static const char *const texts[] = {
		"<Detail><Call>n,1,\"a,,,0,,,,,,,,,,,x</Call></Detail>",
		"<Detail><Call>n,\",,,,0,,,,,,,,,,,x</Call></Detail>",
	};
	char plain[4];
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dl3_record record;
		struct dl3_record back;
		struct dl3t_difference why;

		assert_int_equal(dl3_delta3_decode(dl3_str_of(texts[i]), &record, NULL), DL3_OK);
		assert_int_equal(dl3_record_text(&record, buffer, sizeof(buffer), &len), DL3_OK);
		struct dl3_str text = { .ptr = buffer, .len = (uint32_t)len, .escaped = true };

		assert_int_equal(dl3_delta3_decode(text, &back, NULL), DL3_OK);
		if (!dl3t_record_same(&record, &back, DL3T_REWRITTEN, &why)) {
			fail_msg("%s: %.*s", why.text, (int)len, buffer);
		}
		assert_int_equal(dl3_str_plain(back.u.detail.call.ivr_callflow, plain, sizeof(plain), &len),
		                 DL3_OK);
		assert_string_equal(plain, "x");
	}
}

/* A tuple's length has 16 bits. */
static void a_record_longer_than_a_tuple_is_too_long(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_CMEXTN };
	size_t size = DL3_TUPLE_DATA_MAX;
	char *text = malloc(size);
	size_t len = 0;

	(void)state;
	memset(text, 'a', size);
	record.u.cmextn.text = (struct dl3_str){ .ptr = text, .len = 40000 };
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_ERR_TOO_LONG);
	record.u.cmextn.text.len = (DL3_TUPLE_DATA_MAX - 2) / 2;
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_OK);
	assert_int_equal(len, DL3_TUPLE_HEADER + 0xfffe);
	record.kind = DL3_KIND_CALL_LOST;
	record.u.call_lost = (struct dl3_call_lost){ .node = { .ptr = text, .len = 65530 } };
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_ERR_TOO_LONG);
	assert_int_equal(len, 0);
	/* Known exactly without any room. */
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, NULL, 0, &len), DL3_ERR_TOO_LONG);
	assert_int_equal(len, 0);
	free(text);
}

static void what_nobody_knows_is_written_as_it_came(void **state)
{
	struct dl3_octets data = { (const uint8_t *)"\x01\x02\x00\xff", 4 };
	struct dl3_record record;
	struct dl3_tuple tuple = { 0x0076ffff, data };
	size_t len = 0;

	(void)state;
	assert_int_equal(dl3_record_decode(&tuple, scratch, sizeof(scratch), &record, NULL), DL3_OK);
	assert_int_equal(record.kind, DL3_KIND_UNKNOWN);
	assert_null(record.raw.ptr);
	assert_int_equal(dl3_record_encode(&record, DL3_DELTA2_UNICODE, buffer, sizeof(buffer), &len),
	                 DL3_OK);
	assert_int_equal(len, 10);
	assert_memory_equal(buffer, "\x00\x76\xff\xff\x00\x04\x01\x02\x00\xff", 10);
}

static void numbers_that_could_not_be_read_are_written_as_they_came(void **state)
{
	static const char *const same[] = {
		"<CallLost>n,e,x y,16,99999999999999999999</CallLost>",
		"<CallLost>n,e,&amp;,\"1\"\"\",5</CallLost>",
	};
	struct dl3_record record;

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct dl3_str text = { .ptr = same[i], .len = (uint32_t)strlen(same[i]), .escaped = true };

		assert_int_equal(dl3_delta3_decode(text, &record, NULL), DL3_OK);
		writes(&record, same[i]);
	}
	assert_int_equal(dl3_delta2_decode(dl3_str_of("CALL:D 1,2,seven"), &record, NULL), DL3_OK);
	writes(&record, "CALL:D 1,2,seven");
}

static void the_text_of_an_unknown_tuple_is_its_octets(void **state)
{
	struct dl3_record record = { .kind = DL3_KIND_UNKNOWN,
		                     .u.unknown = { .tuple = 0x0076ffff,
		                                    .data = { (const uint8_t *)"abc", 3 } } };

	(void)state;
	writes(&record, "abc");
}

/* An irregular row is written by the table, so that the next reader need not guess. */
static void an_irregular_party_is_written_by_the_table(void **state)
{
	struct dl3_record record;
	const char *printed = "<Detail><PartyA>c0a82a03000003ea,1,7,1,3,0,0,0,1,8,106,,4001,0,0,,,,,4001,100<"
			      "/PartyA></Detail>";

	(void)state;
	assert_int_equal(dl3_delta3_decode(dl3_str_of(printed), &record, NULL), DL3_OK);
	assert_true(record.irregular);
	writes(&record, "<Detail><PartyA>c0a82a03000003ea,1,7,1,3,0,0,0,1,8,106,,4001,0,0,,,,,,,4001,100</"
	                "PartyA></Detail>");
}

DL3T_TESTS(cmocka_unit_test(numbers_that_could_not_be_read_are_written_as_they_came),
           cmocka_unit_test(the_text_of_an_unknown_tuple_is_its_octets),
           cmocka_unit_test(an_irregular_party_is_written_by_the_table), cmocka_unit_test(details),
           cmocka_unit_test(losses_and_rejects), cmocka_unit_test(delta2_in_double_octets),
           cmocka_unit_test(delta2_in_utf8), cmocka_unit_test(siptrack),
           cmocka_unit_test(cmextn_in_both_forms),
           cmocka_unit_test(a_cmextn_that_would_be_read_as_the_other_form_is_refused),
           cmocka_unit_test(what_was_decoded_can_be_encoded),
           cmocka_unit_test(the_text_of_a_record_is_measured_first),
           cmocka_unit_test(too_little_room_for_a_tuple_tells_how_much_suffices),
           cmocka_unit_test(a_call_reaches_its_tenth_field_and_a_party_its_23rd),
           cmocka_unit_test(a_row_made_by_hand_needs_no_bits_for_its_text),
           cmocka_unit_test(numbers_without_their_bit_are_not_written),
           cmocka_unit_test(quoted_fields_are_quoted_and_others_only_where_needed),
           cmocka_unit_test(markup_is_escaped), cmocka_unit_test(a_record_is_one_line_without_a_closing_zero),
           cmocka_unit_test(commas_in_delta2_become_spaces),
           cmocka_unit_test(outer_blanks_in_delta2_are_lost), cmocka_unit_test(targets_are_written_as_a_list),
           cmocka_unit_test(a_quote_never_closed_stays_inside_its_field),
           cmocka_unit_test(a_record_longer_than_a_tuple_is_too_long),
           cmocka_unit_test(what_nobody_knows_is_written_as_it_came));
