/* SPDX-License-Identifier: MIT */
/* Records as JSON: what a JSON reader of somebody else's makes of them. */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/record.h>
#include <jansson.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/random.h"
#include "support/same.h"

static struct dl3t_made made;
static char wire[4 * DL3_TUPLE_DATA_MAX];
static char scratch[DL3_RECORD_SCRATCH_MAX];

/* The record's JSON as octets, to be freed: one line of valid UTF-8. */
static char *render(const struct dl3_record *record, unsigned options, size_t *len)
{
	size_t need = 0;

	assert_int_equal(dl3_record_json(record, options, NULL, 0, &need), DL3_ERR_SPACE);
	char *text = malloc(need + 1);

	text[need] = '#';
	assert_int_equal(dl3_record_json(record, options, text, need, len), DL3_OK);
	assert_int_equal(*len, need);
	assert_int_equal(text[need], '#');
	assert_true(dl3t_utf8_valid(text, need));
	for (size_t i = 0; i < need; i++) {
		assert_true((unsigned char)text[i] >= ' ');
	}
	return text;
}

static json_t *parse(const struct dl3_record *record, unsigned options)
{
	size_t len = 0;
	char *text = render(record, options, &len);
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (root == NULL) {
		fail_msg("%s at %d: %.*s", error.text, error.position, (int)len, text);
	}
	assert_true(json_is_object(root));
	free(text);
	return root;
}

static bool is_plainly(const json_t *value, struct dl3_str want)
{
	size_t len;
	char *text = dl3t_plain(want, &len);
	bool same = json_is_string(value) && json_string_length(value) == len &&
	            memcmp(json_string_value(value), text, len) == 0;

	free(text);
	return same;
}

static bool is_enum(const json_t *value, enum dl3_enumeration e, int64_t code)
{
	const char *name = dl3_enum_name(e, code);

	if (name == NULL) {
		return json_is_integer(value) && json_integer_value(value) == code;
	}
	return json_is_string(value) && strcmp(json_string_value(value), name) == 0;
}

/* A list of names and, for the bits that have none, of numbers; together they are the flags. */
static bool is_flags(const json_t *value, enum dl3_enumeration e, int64_t flags)
{
	size_t count = 0;
	const struct dl3_value *values = dl3_enum_values(e, &count);
	uint64_t sum = 0;
	size_t i;
	json_t *item;

	json_array_foreach(value, i, item)
	{
		sum |= json_is_integer(item) ? (uint64_t)json_integer_value(item) : 0;
		for (size_t k = 0; json_is_string(item) && k < count; k++) {
			sum |= strcmp(json_string_value(item), values[k].name) == 0 ? (uint64_t)values[k].code
			                                                            : 0;
		}
	}
	return json_is_array(value) && sum == (uint64_t)flags;
}

static bool number_is(enum dl3_row_kind kind, const struct dl3_row *row, size_t i, const json_t *value)
{
	const struct dl3_field *field = &dl3_row_table(kind)->fields[i];
	int64_t number = dl3t_number_at(kind, row, i);

	if ((row->unread >> i & 1u) != 0) {
		return is_plainly(value, dl3_row_text(kind, row->raw, i));
	}
	if ((row->valued >> i & 1u) == 0) {
		return (row->present >> i & 1u) == 0 ? value == NULL : json_is_null(value);
	}
	switch (field->type) {
	case DL3_TYPE_ENUM:
		return is_enum(value, field->enumeration, number);
	case DL3_TYPE_FLAGS:
		return is_flags(value, field->enumeration, number);
	default:
		return json_is_integer(value) && json_integer_value(value) == number;
	}
}

static void check_row(enum dl3_row_kind kind, const void *row, const json_t *object)
{
	const struct dl3_table *table = dl3_row_table(kind);
	const struct dl3_row *head = row;

	assert_true(json_is_object(object));
	for (size_t i = 0; i < table->count; i++) {
		const json_t *value = json_object_get(object, table->fields[i].name);
		bool good;

		if (dl3t_is_text(kind, i)) {
			struct dl3_str text = dl3t_text_at(kind, row, i);

			good = text.ptr == NULL ? value == NULL : is_plainly(value, text);
		} else {
			good = number_is(kind, head, i, value);
		}
		if (!good) {
			fail_msg("%s.%s is %s", table->name, table->fields[i].name,
			         json_dumps(value, JSON_ENCODE_ANY));
		}
	}
	assert_int_equal(json_is_string(json_object_get(object, "extra")), head->extra.ptr != NULL);
	assert_int_equal(json_is_true(json_object_get(object, "irregular")), head->irregular);
}

static void check_section(bool there, enum dl3_row_kind kind, const void *row, const json_t *object)
{
	assert_int_equal(object != NULL, there);
	if (there) {
		check_row(kind, row, object);
	}
}

static void check_detail(const struct dl3_detail *detail, const json_t *root)
{
	const json_t *targets = json_object_get(root, "targets");
	struct dl3_str rest = detail->targets.raw;
	struct dl3_target target;
	size_t n = 0;

	check_section(detail->has_call, DL3_ROW_call, &detail->call, json_object_get(root, "call"));
	check_section(detail->has_a, DL3_ROW_party, &detail->a, json_object_get(root, "party_a"));
	check_section(detail->has_b, DL3_ROW_party, &detail->b, json_object_get(root, "party_b"));
	assert_int_equal(json_array_size(targets), detail->targets.count);
	for (; n < detail->targets.count; n++) {
		if (detail->targets.list != NULL) {
			target = detail->targets.list[n];
		} else {
			assert_int_equal(dl3_target_next(&rest, &target), DL3_OK);
		}
		check_row(DL3_ROW_target, &target, json_array_get(targets, n));
	}
}

static void check_record(const struct dl3_record *record)
{
	json_t *root = parse(record, DL3_JSON_DEFAULT);
	enum dl3_row_kind kind;
	const struct dl3_row *row = dl3t_record_row(record, &kind);
	const struct dl3_cmextn_state *state = &record->u.cmextn_state;

	assert_string_equal(json_string_value(json_object_get(root, "kind")), dl3_kind_name(record->kind));
	if (row != NULL) {
		check_row(kind, row, root);
	} else if (record->kind == DL3_KIND_DETAIL) {
		check_detail(&record->u.detail, root);
	} else if (record->kind == DL3_KIND_CMEXTN) {
		assert_true(is_plainly(json_object_get(root, "text"), record->u.cmextn.text));
	} else if (record->kind == DL3_KIND_CMEXTN_STATE) {
		assert_int_equal(json_integer_value(json_object_get(root, "v")), state->v);
		assert_int_equal(json_integer_value(json_object_get(root, "p1")), state->p1);
		assert_int_equal(json_integer_value(json_object_get(root, "p2")), state->p2);
		assert_true(is_plainly(json_object_get(root, "who"), state->who));
	}
	json_decref(root);
}

static struct dl3_record on_the_wire(void)
{
	struct dl3_record record;
	struct dl3_tuple tuple;
	size_t len = 0;

	assert_int_equal(dl3_record_encode(&made.record, DL3_DELTA2_UNICODE, wire, sizeof(wire), &len),
	                 DL3_OK);
	struct dl3_octets table = { (const uint8_t *)wire, len };

	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(dl3_record_decode(&tuple, scratch, sizeof(scratch), &record, NULL), DL3_OK);
	return record;
}

static void records_of_every_kind_say_what_they_hold(void **state)
{
	struct dl3t_random random = { 12 };

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		dl3t_make_record(&random, (enum dl3_kind)(1 + round % 10), &made);
		check_record(&made.record);
		struct dl3_record decoded = on_the_wire();

		check_record(&decoded);
	}
}

static struct dl3_record decode(const char *xml)
{
	struct dl3_record record;
	struct dl3_str text = dl3t_wire_text(xml);

	assert_int_equal(dl3_delta3_decode(text, &record, NULL), DL3_OK);
	return record;
}

/* The JSON of a Delta3 text, letter for letter. */
static void reads(const char *xml, const char *want)
{
	struct dl3_record record = decode(xml);
	size_t len = 0;
	char *text = render(&record, DL3_JSON_DEFAULT, &len);

	assert_int_equal(len, strlen(want));
	assert_memory_equal(text, want, len);
	free(text);
}

static void a_loss(void **state)
{
	(void)state;
	reads("<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>",
	      "{\"kind\":\"call_lost\",\"node\":\"c0a82a03\",\"end\":\"c0a82a0300000413\",\"cleared_"
	      "inbound\":1,"
	      "\"cause\":\"normal\"}");
}

static void absent_empty_zero_and_unreadable_differ(void **state)
{
	(void)state;
	reads("<LinkLost>,e,0,,x</LinkLost>", "{\"kind\":\"link_lost\",\"node\":\"\",\"end\":\"e\",\"cleared_"
	                                      "inbound\":0,\"cause\":null,\"timestamp\":\"x\"}");
}

static void codes_without_a_name_are_numbers(void **state)
{
	(void)state;
	reads("<CallLost>n,e,1,4711</CallLost>",
	      "{\"kind\":\"call_lost\",\"node\":\"n\",\"end\":\"e\",\"cleared_inbound\":1,\"cause\":4711}");
}

static void text_is_unescaped_and_escaped_again(void **state)
{
	(void)state;
	reads("<AttemptReject>\"a \"\"b\"\"\",M&amp;S,\\,\t&#10;&#1;x</AttemptReject>",
	      "{\"kind\":\"attempt_reject\",\"node\":\"a \\\"b\\\"\",\"end\":\"M&S\",\"user\":\"\\\\\","
	      "\"qualifier\":\"\\n\\u0001x\"}");
}

/* Every code point up to U+FFFF stands in a name: those that a terminal or an editor obeys come out as
 * escapes, all others as themselves. */
static void what_is_obeyed_and_not_shown_is_escaped(void **state)
{
	(void)state;
	for (unsigned code = 0x20; code < 0x3000; code++) {
		bool hidden = (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e ||
		              code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
		              (code >= 0x2066 && code <= 0x2069);
		char xml[64], escape[16];

		(void)snprintf(xml, sizeof(xml), "<CallLost>a&#%u;b</CallLost>", code);
		(void)snprintf(escape, sizeof(escape), "a\\u%04xb", code);
		struct dl3_record record = decode(xml);
		size_t len = 0;
		char *text = render(&record, DL3_JSON_DEFAULT, &len);
		bool escaped = false;

		for (size_t i = 0; i + 8 <= len; i++)
			escaped = escaped || memcmp(text + i, escape, 8) == 0;
		if (escaped != hidden)
			fail_msg("U+%04X: %.*s", code, (int)len, text);
		free(text);
	}
	/* The same without an entity, where most octets take a shorter way. */
	reads("<CallLost>\x7f,\xc2\x9b\x33\x31m,,,\xe2\x80\xae</CallLost>",
	      "{\"kind\":\"call_lost\",\"node\":\"\\u007f\",\"end\":\"\\u009b31m\",\"cleared_inbound\":null,"
	      "\"cause\":null,\"timestamp\":\"\\u202e\"}");
}

static void flags_are_a_list(void **state)
{
	struct dl3_record record =
		decode("<Detail><PartyA>e,,,,,,,20</PartyA><PartyB>e,,,,,,,0</PartyB></Detail>");
	json_t *root = parse(&record, DL3_JSON_DEFAULT);
	const json_t *flags = json_object_get(json_object_get(root, "party_a"), "flags");

	(void)state;
	assert_int_equal(json_array_size(flags), 2);
	assert_string_equal(json_string_value(json_array_get(flags, 0)), "auto_recorded");
	assert_string_equal(json_string_value(json_array_get(flags, 1)), "consent_answered");
	flags = json_object_get(json_object_get(root, "party_b"), "flags");
	assert_true(json_is_array(flags));
	assert_int_equal(json_array_size(flags), 0);
	json_decref(root);
}

static void irregular_rows_say_so(void **state)
{
	struct dl3_record record =
		decode("<Detail><PartyA>c0a82a03000003ea,1,7,1,3,0,0,0,1,8,106,,4001,0,0,,,,,4001,100"
	               "</PartyA><PartyB>e,1</PartyB></Detail>");
	json_t *root = parse(&record, DL3_JSON_DEFAULT);
	const json_t *a = json_object_get(root, "party_a");

	(void)state;
	assert_true(json_is_true(json_object_get(root, "irregular")));
	assert_true(json_is_true(json_object_get(a, "irregular")));
	assert_null(json_object_get(json_object_get(root, "party_b"), "irregular"));
	assert_string_equal(json_string_value(json_object_get(a, "cli")), "4001");
	json_decref(root);
	check_record(&record);
}

static void raw_text_only_when_asked_for(void **state)
{
	struct dl3_record record = decode("<CallLost>n,e,1,16\xff</CallLost>");
	json_t *without = parse(&record, DL3_JSON_DEFAULT);
	json_t *with = parse(&record, DL3_JSON_RAW);

	(void)state;
	assert_null(json_object_get(without, "raw"));
	assert_string_equal(json_string_value(json_object_get(with, "raw")),
	                    "<CallLost>n,e,1,16\xc3\xbf</CallLost>");
	json_decref(without);
	json_decref(with);
}

static void what_nobody_knows_is_shown_too(void **state)
{
	struct dl3_record record = decode("<Shrug>1</Shrug>");
	json_t *root = parse(&record, DL3_JSON_RAW);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(root, "kind")), "unknown");
	assert_string_equal(json_string_value(json_object_get(root, "name")), "Shrug");
	assert_string_equal(json_string_value(json_object_get(root, "raw")), "<Shrug>1</Shrug>");
	json_decref(root);
	record = (struct dl3_record){ .kind = DL3_KIND_UNKNOWN,
		                      .u.unknown = { .tuple = 0x0076ffff,
		                                     .data = { (const uint8_t *)"\0\xff", 2 } } };
	root = parse(&record, DL3_JSON_RAW);
	assert_int_equal(json_integer_value(json_object_get(root, "tuple")), 0x0076ffff);
	json_decref(root);
}

/* Text of every octet there is, and every pair of them, comes out as valid UTF-8. */
static void any_octets_become_valid_json(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		char octets[3 * 256];

		for (unsigned second = 0; second < 256; second++) {
			octets[3 * second] = (char)first;
			octets[3 * second + 1] = (char)second;
			octets[3 * second + 2] = 'x';
		}
		struct dl3_record record = { .kind = DL3_KIND_CMEXTN,
			                     .u.cmextn.text = { .ptr = octets, .len = sizeof(octets) } };

		check_record(&record);
		record.u.cmextn.text.escaped = true;
		check_record(&record);
	}
}

/* Escapes at each place of what a fast path takes at a time. */
static void an_escape_anywhere_in_a_long_text(void **state)
{
	static const char *const strange[] = { "\"",   "\\",   "\n",       "\x01",
		                               "\x7f", "\xff", "\xc3\xab", "\xf0\x9f\x93\x9e" };

	(void)state;
	for (size_t k = 0; k < sizeof(strange) / sizeof(strange[0]); k++) {
		for (size_t at = 0; at < 70; at++) {
			char text[100];

			memset(text, 'a', 80);
			memcpy(text + at, strange[k], strlen(strange[k]));
			char *copy = dl3t_guard(text, 80);
			struct dl3_record record = { .kind = DL3_KIND_CMEXTN,
				                     .u.cmextn.text = { .ptr = copy, .len = 80 } };

			check_record(&record);
			record.u.cmextn.text.len = (uint32_t)(at + strlen(strange[k]));
			dl3t_guard_free(copy, 80);
			copy = dl3t_guard(text, record.u.cmextn.text.len);
			record.u.cmextn.text.ptr = copy;
			check_record(&record);
			dl3t_guard_free(copy, record.u.cmextn.text.len);
		}
	}
}

static void too_little_room_is_said_at_every_size(void **state)
{
	struct dl3t_random random = { 3 };

	(void)state;
	for (unsigned kind = DL3_KIND_UNKNOWN; kind <= DL3_KIND_CMEXTN_STATE; kind++) {
		size_t need = 0;

		dl3t_make_record(&random, (enum dl3_kind)kind, &made);
		char *whole = render(&made.record, DL3_JSON_RAW, &need);

		for (size_t cap = 0; cap <= need; cap++) {
			char *out = dl3t_guard(whole, cap);
			size_t len = 0;

			memset(out, '#', cap);
			assert_int_equal(dl3_record_json(&made.record, DL3_JSON_RAW, out, cap, &len),
			                 cap < need ? DL3_ERR_SPACE : DL3_OK);
			assert_int_equal(len, need);
			assert_true(cap < need || memcmp(out, whole, need) == 0);
			dl3t_guard_free(out, cap);
		}
		free(whole);
	}
}

DL3T_TESTS(cmocka_unit_test(records_of_every_kind_say_what_they_hold), cmocka_unit_test(a_loss),
           cmocka_unit_test(absent_empty_zero_and_unreadable_differ),
           cmocka_unit_test(codes_without_a_name_are_numbers),
           cmocka_unit_test(text_is_unescaped_and_escaped_again),
           cmocka_unit_test(what_is_obeyed_and_not_shown_is_escaped), cmocka_unit_test(flags_are_a_list),
           cmocka_unit_test(irregular_rows_say_so), cmocka_unit_test(raw_text_only_when_asked_for),
           cmocka_unit_test(what_nobody_knows_is_shown_too), cmocka_unit_test(any_octets_become_valid_json),
           cmocka_unit_test(an_escape_anywhere_in_a_long_text),
           cmocka_unit_test(too_little_room_is_said_at_every_size));
