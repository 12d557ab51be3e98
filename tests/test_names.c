/* SPDX-License-Identifier: MIT */
/* Names of codes, and the tables as a caller can walk them. */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <devlink3/record.h>

/* What a name looks like in JSON. */
static bool snake(const char *name)
{
	return name != NULL && name[0] >= 'a' && name[0] <= 'z' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static bool sentence(const char *text)
{
	return text != NULL && strlen(text) > 2 && text[strlen(text) - 1] == '.';
}

static void every_value_has_a_name_and_a_meaning(void **state)
{
	(void)state;
	for (unsigned e = 1; e < DL3_ENUM_COUNT; e++) {
		size_t count = 0;
		const struct dl3_value *values = dl3_enum_values((enum dl3_enumeration)e, &count);

		assert_non_null(values);
		assert_true(count > 0);
		assert_non_null(dl3_enum_title((enum dl3_enumeration)e));
		for (size_t i = 0; i < count; i++) {
			assert_true(snake(values[i].name));
			assert_true(sentence(values[i].meaning));
			assert_string_equal(dl3_enum_name((enum dl3_enumeration)e, values[i].code),
			                    values[i].name);
		}
	}
}

static void codes_and_names_are_unique(void **state)
{
	(void)state;
	for (unsigned e = 1; e < DL3_ENUM_COUNT; e++) {
		size_t count = 0;
		const struct dl3_value *values = dl3_enum_values((enum dl3_enumeration)e, &count);

		for (size_t i = 0; i < count; i++) {
			for (size_t k = i + 1; k < count; k++) {
				/* docs/rulings.md#called-types: 0 and 100 are the same called type. */
				bool both = e == DL3_ENUM_called_type && values[i].code == 0 &&
				            values[k].code == 100;

				assert_true(values[i].code != values[k].code);
				assert_true((strcmp(values[i].name, values[k].name) == 0) == both);
			}
		}
	}
}

static void the_tables_have_every_value_of_the_description(void **state)
{
	static const struct {
		enum dl3_enumeration e;
		size_t count;
	} want[] = {
		{ DL3_ENUM_state, 18 },           { DL3_ENUM_tone, 5 },
		{ DL3_ENUM_equipment_class, 30 }, { DL3_ENUM_equipment_type, 2 },
		{ DL3_ENUM_called_type, 45 },     { DL3_ENUM_presentation, 4 },
		{ DL3_ENUM_name_type, 9 },        { DL3_ENUM_queueing, 2 },
		{ DL3_ENUM_party_flag, 5 },       { DL3_ENUM_delta2_state, 14 },
		{ DL3_ENUM_cause, 38 },
	};

	(void)state;
	assert_int_equal(sizeof(want) / sizeof(want[0]), DL3_ENUM_COUNT - 1);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		size_t count = 0;

		(void)dl3_enum_values(want[i].e, &count);
		assert_int_equal(count, want[i].count);
	}
}

static void some_values_by_the_description(void **state)
{
	(void)state;
	assert_string_equal(dl3_enum_name(DL3_ENUM_state, 2), "connected");
	assert_string_equal(dl3_enum_name(DL3_ENUM_state, 25), "preserved");
	assert_string_equal(dl3_enum_name(DL3_ENUM_tone, 6), "busy");
	assert_string_equal(dl3_enum_name(DL3_ENUM_equipment_class, 8), "tdm_phone");
	assert_string_equal(dl3_enum_name(DL3_ENUM_equipment_class, 30), "conference_meet_me");
	assert_string_equal(dl3_enum_name(DL3_ENUM_called_type, 112), "inclusion");
	assert_string_equal(dl3_enum_name(DL3_ENUM_called_type, 100), "unspecified");
	assert_string_equal(dl3_enum_name(DL3_ENUM_presentation, 100), "unspecified");
	assert_string_equal(dl3_enum_name(DL3_ENUM_cause, 16), "normal");
	assert_string_equal(dl3_enum_name(DL3_ENUM_cause, 126), "transfer");
	assert_string_equal(dl3_enum_name(DL3_ENUM_delta2_state, 9), "local_dial");
	assert_string_equal(dl3_enum_name(DL3_ENUM_party_flag, 0x20), "consent_refused");
}

static void codes_that_no_table_knows_have_no_name(void **state)
{
	static const int64_t strange[] = {
		-1, -16, INT64_MIN, INT64_MAX, (int64_t)1 << 32, ((int64_t)1 << 32) + 16, 4711
	};

	(void)state;
	for (unsigned e = 0; e < DL3_ENUM_COUNT; e++) {
		for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
			assert_null(dl3_enum_name((enum dl3_enumeration)e, strange[i]));
		}
	}
	assert_null(dl3_enum_name(DL3_ENUM_called_type, 128));
	assert_null(dl3_enum_name(DL3_ENUM_state, 4));
	assert_null(dl3_enum_name(DL3_ENUM_party_flag, 8));
	assert_null(dl3_enum_name(DL3_ENUM_party_flag, 3));
	assert_null(dl3_enum_name(DL3_ENUM_none, 0));
	assert_null(dl3_enum_title(DL3_ENUM_none));
}

/* The name of each code is the value's own, over more than the tables reach. */
static void names_agree_with_the_tables_over_a_range(void **state)
{
	(void)state;
	for (unsigned e = 1; e < DL3_ENUM_COUNT; e++) {
		size_t count = 0;
		const struct dl3_value *values = dl3_enum_values((enum dl3_enumeration)e, &count);

		for (int64_t code = -300; code < 1000; code++) {
			const char *want = NULL;
			const char *came = dl3_enum_name((enum dl3_enumeration)e, code);

			for (size_t i = 0; i < count; i++) {
				want = values[i].code == code ? values[i].name : want;
			}
			assert_true(want == NULL ? came == NULL : came != NULL && strcmp(want, came) == 0);
		}
	}
}

static void an_enumeration_that_does_not_exist(void **state)
{
	size_t count = 7;

	(void)state;
	(void)dl3_enum_values(DL3_ENUM_none, &count);
	assert_int_equal(count, 0);
}

static void the_tables_of_rows(void **state)
{
	static const struct {
		const char *name;
		size_t count;
		size_t size;
	} want[DL3_ROW_COUNT] = {
		[DL3_ROW_call] = { "call", 18, sizeof(struct dl3_call) },
		[DL3_ROW_party] = { "party", 26, sizeof(struct dl3_party) },
		[DL3_ROW_target] = { "target", 14, sizeof(struct dl3_target) },
		[DL3_ROW_call_lost] = { "call_lost", 5, sizeof(struct dl3_call_lost) },
		[DL3_ROW_link_lost] = { "link_lost", 6, sizeof(struct dl3_link_lost) },
		[DL3_ROW_attempt_reject] = { "attempt_reject", 5, sizeof(struct dl3_attempt_reject) },
		[DL3_ROW_delta2_s] = { "delta2_s", 50, sizeof(struct dl3_delta2_s) },
		[DL3_ROW_delta2_ends] = { "delta2_ends", 3, sizeof(struct dl3_delta2_ends) },
		[DL3_ROW_siptrack] = { "siptrack", 6, sizeof(struct dl3_siptrack) },
	};

	(void)state;
	for (unsigned k = 0; k < DL3_ROW_COUNT; k++) {
		const struct dl3_table *table = dl3_row_table((enum dl3_row_kind)k);

		assert_non_null(table);
		assert_string_equal(table->name, want[k].name);
		assert_int_equal(table->count, want[k].count);
		assert_int_equal(table->size, want[k].size);
		assert_true(strlen(table->title) > 0 && table->section[0] == '6');
	}
	assert_null(dl3_row_table(DL3_ROW_COUNT));
	assert_null(dl3_row_table((enum dl3_row_kind)9999));
}

static bool numeric(enum dl3_field_type type)
{
	return type == DL3_TYPE_ENUM || type == DL3_TYPE_FLAGS;
}

static void the_fields_of_rows(void **state)
{
	(void)state;
	for (unsigned k = 0; k < DL3_ROW_COUNT; k++) {
		const struct dl3_table *table = dl3_row_table((enum dl3_row_kind)k);
		size_t before = sizeof(struct dl3_row);

		for (size_t i = 0; i < table->count; i++) {
			const struct dl3_field *field = &table->fields[i];

			assert_true(snake(field->name));
			assert_true(sentence(field->meaning));
			/* Members follow one another, and an enumeration belongs to those that have one. */
			assert_true(field->offset >= before);
			before = field->offset + (numeric(field->type) || field->type == DL3_TYPE_INT
			                                  ? sizeof(int64_t)
			                                  : sizeof(struct dl3_str));
			assert_true(before <= table->size);
			assert_int_equal(numeric(field->type), field->enumeration != DL3_ENUM_none);
			for (size_t j = 0; j < i; j++) {
				assert_string_not_equal(field->name, table->fields[j].name);
			}
		}
	}
}

static void fields_lie_where_their_struct_has_them(void **state)
{
	const struct dl3_table *party = dl3_row_table(DL3_ROW_party);

	(void)state;
	assert_int_equal(party->fields[DL3_PARTY_STATE].offset, offsetof(struct dl3_party, state));
	assert_int_equal(party->fields[DL3_PARTY_RELATED_END].offset,
	                 offsetof(struct dl3_party, related_end));
	assert_int_equal(party->fields[DL3_PARTY_NAME].type, DL3_TYPE_QUOTED);
	assert_int_equal(party->fields[DL3_PARTY_FLAGS].type, DL3_TYPE_FLAGS);
	assert_int_equal(party->fields[DL3_PARTY_FLAGS].enumeration, DL3_ENUM_party_flag);
	assert_string_equal(party->fields[DL3_PARTY_AUDIO_PATH].name, "audio_path");
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(dl3_kind_name(DL3_KIND_UNKNOWN), "unknown");
	assert_string_equal(dl3_kind_name(DL3_KIND_DETAIL), "detail");
	assert_string_equal(dl3_kind_name(DL3_KIND_DELTA2_A), "delta2_a");
	assert_string_equal(dl3_kind_name(DL3_KIND_CMEXTN_STATE), "cmextn_state");
	assert_non_null(dl3_kind_name((enum dl3_kind)999));
}

static void messages_have_names(void **state)
{
	(void)state;
	for (unsigned t = DL3_MSG_UNKNOWN; t <= DL3_MSG_READ_REPLY; t++) {
		assert_true(snake(dl3_msg_name((enum dl3_msg_type)t)));
	}
	assert_string_equal(dl3_msg_name(DL3_MSG_UNKNOWN), "unknown");
	assert_string_equal(dl3_msg_name((enum dl3_msg_type)999), "unknown");
	assert_string_equal(dl3_msg_name(DL3_MSG_TEST_REQUEST), "test_request");
	assert_string_equal(dl3_msg_name(DL3_MSG_READ_REPLY), "read_reply");
}

static void tuples_have_names(void **state)
{
	static const uint32_t codes[] = { DL3_TUPLE_DELTA3,     DL3_TUPLE_DELTA2,      DL3_TUPLE_SIPTRACK,
		                          DL3_TUPLE_CMEXTN,     DL3_TUPLE_PBX_VERSION, DL3_TUPLE_VARIANT,
		                          DL3_TUPLE_APPLICATION };

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_true(snake(dl3_tuple_name(codes[i])));
		assert_string_not_equal(dl3_tuple_name(codes[i]), "unknown");
	}
	assert_string_equal(dl3_tuple_name(0), "unknown");
	assert_string_equal(dl3_tuple_name(0x00760005), "unknown");
	assert_string_equal(dl3_tuple_name(DL3_TUPLE_CMEXTN), "cmextn");
}

static void steps_and_results_have_names_or_none(void **state)
{
	(void)state;
	assert_string_equal(dl3_auth_step_name(0x50), "sha1_response");
	assert_null(dl3_auth_step_name(0));
	assert_null(dl3_auth_step_name(0x52));
	assert_string_equal(dl3_test_result_name(DL3_TEST_STREAM_INTEGRITY_LOST), "stream_integrity_lost");
	assert_null(dl3_test_result_name(1));
	assert_null(dl3_test_result_name(0x80000041));
	assert_string_equal(dl3_auth_result_name(DL3_AUTH_LICENCE_MISSING), "licence_missing");
	assert_null(dl3_auth_result_name(0x80000045));
	assert_null(dl3_auth_result_name(3));
	assert_string_equal(dl3_event_result_name(9), "partial_success");
	assert_null(dl3_event_result_name(0x80000024));
	assert_string_equal(dl3_read_result_name(0), "success");
	assert_string_equal(dl3_read_result_name(DL3_READ_NOT_FOUND), "not_found");
	assert_string_equal(dl3_read_result_name(1), "not_found");
	assert_string_equal(dl3_read_result_name(UINT32_MAX), "not_found");
}

static void results_are_explained_in_a_sentence(void **state)
{
	static const uint32_t auth[] = { 0, 1, 2, 0x80000041, 0x80000042, 0x80000043, 0x80000044 };
	static const uint32_t events[] = { 0, 9, 0x80000021, 0x80000022, 0x80000023 };

	(void)state;
	for (size_t i = 0; i < sizeof(auth) / sizeof(auth[0]); i++) {
		assert_true(sentence(dl3_auth_result_text(auth[i])));
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		assert_true(sentence(dl3_event_result_text(events[i])));
	}
	assert_null(dl3_auth_result_text(0x80000045));
	assert_null(dl3_event_result_text(0x80000041));
}

DL3T_TESTS(cmocka_unit_test(every_value_has_a_name_and_a_meaning),
           cmocka_unit_test(codes_and_names_are_unique),
           cmocka_unit_test(the_tables_have_every_value_of_the_description),
           cmocka_unit_test(some_values_by_the_description),
           cmocka_unit_test(codes_that_no_table_knows_have_no_name),
           cmocka_unit_test(names_agree_with_the_tables_over_a_range),
           cmocka_unit_test(an_enumeration_that_does_not_exist), cmocka_unit_test(the_tables_of_rows),
           cmocka_unit_test(the_fields_of_rows), cmocka_unit_test(fields_lie_where_their_struct_has_them),
           cmocka_unit_test(kinds_have_names), cmocka_unit_test(messages_have_names),
           cmocka_unit_test(tuples_have_names), cmocka_unit_test(steps_and_results_have_names_or_none),
           cmocka_unit_test(results_are_explained_in_a_sentence));
