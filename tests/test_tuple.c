/* SPDX-License-Identifier: MIT */
/* Tables of tuples: sections 6.2.1.1, 6.2.4.1 and 6.5.1. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include <devlink3/wire.h>

#include "support/guard.h"
#include "support/hex.h"

static void an_empty_table_is_at_its_end(void **state)
{
	struct dl3_octets table = { NULL, 0 };
	struct dl3_tuple tuple;

	(void)state;
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_END);
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_END);
}

static void tuples_come_in_order(void **state)
{
	size_t len;
	uint8_t *data = dl3t_hex("007d0001 0002 4100  00760003 0000  12345678 0001 ff", &len);
	struct dl3_octets table = { data, len };
	struct dl3_tuple tuple;

	(void)state;
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(tuple.code, DL3_TUPLE_PBX_VERSION);
	assert_int_equal(tuple.data.len, 2);
	assert_ptr_equal(tuple.data.ptr, data + 6);
	assert_int_equal(table.len, len - 8);
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(tuple.code, DL3_TUPLE_SIPTRACK);
	assert_int_equal(tuple.data.len, 0);
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(tuple.code, 0x12345678);
	assert_int_equal(tuple.data.ptr[0], 0xff);
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_END);
	dl3t_guard_free(data, len);
}

static void a_tuple_cut_anywhere_is_truncated_and_ends_the_table(void **state)
{
	size_t len;
	uint8_t *whole = dl3t_hex("00760001 0003 616200", &len);

	(void)state;
	for (size_t n = 1; n < len; n++) {
		uint8_t *data = dl3t_guard(whole, n);
		struct dl3_octets table = { data, n };
		struct dl3_tuple tuple = { .code = 0 };
		struct dl3_fault fault = { .err = DL3_OK };

		assert_int_equal(dl3_tuple_next(&table, &tuple, &fault), DL3_ERR_TRUNCATED_TUPLE);
		assert_int_equal(fault.err, DL3_ERR_TRUNCATED_TUPLE);
		assert_true(fault.offset <= n);
		assert_int_equal(table.len, 0);
		if (n >= 4) {
			assert_int_equal(tuple.code, DL3_TUPLE_DELTA3);
		}
		assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_END);
		dl3t_guard_free(data, n);
	}
	dl3t_guard_free(whole, len);
}

static void fault_offsets_count_from_the_table_at_the_call(void **state)
{
	size_t len;
	uint8_t *data = dl3t_hex("007d0001 0002 4100  00760003 ffff 00", &len);
	struct dl3_octets table = { data, len };
	struct dl3_tuple tuple;
	struct dl3_fault fault = { .err = DL3_OK, .offset = 99 };

	(void)state;
	assert_int_equal(dl3_tuple_next(&table, &tuple, &fault), DL3_OK);
	assert_int_equal(fault.offset, 99);
	assert_int_equal(dl3_tuple_next(&table, &tuple, &fault), DL3_ERR_TRUNCATED_TUPLE);
	assert_in_range(fault.offset, 0, 7);
	dl3t_guard_free(data, len);
}

static void encoding_measures_first(void **state)
{
	static const uint8_t octets[] = { 1, 2, 3 };
	struct dl3_tuple tuple = { 0x00770003, { octets, sizeof(octets) } };
	uint8_t out[16];

	(void)state;
	for (size_t cap = 0; cap < 9; cap++) {
		size_t len = 0;
		uint8_t *room = dl3t_guard(out, cap);

		assert_int_equal(dl3_tuple_encode(&tuple, room, cap, &len), DL3_ERR_SPACE);
		assert_int_equal(len, 9);
		dl3t_guard_free(room, cap);
	}
	size_t len = 0;

	assert_int_equal(dl3_tuple_encode(&tuple, out, 9, &len), DL3_OK);
	assert_int_equal(len, 9);
	assert_memory_equal(out, "\x00\x77\x00\x03\x00\x03\x01\x02\x03", 9);
}

static void the_longest_tuple(void **state)
{
	uint8_t *octets = calloc(1, DL3_TUPLE_DATA_MAX + 1);
	uint8_t *out = malloc(DL3_TUPLE_DATA_MAX + DL3_TUPLE_HEADER);
	struct dl3_tuple tuple = { DL3_TUPLE_DELTA3, { octets, DL3_TUPLE_DATA_MAX } };
	struct dl3_octets table;
	size_t len = 0;

	(void)state;
	assert_int_equal(dl3_tuple_encode(&tuple, out, DL3_TUPLE_DATA_MAX + DL3_TUPLE_HEADER, &len), DL3_OK);
	assert_int_equal(len, DL3_TUPLE_DATA_MAX + DL3_TUPLE_HEADER);
	table = (struct dl3_octets){ out, len };
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(tuple.data.len, DL3_TUPLE_DATA_MAX);
	tuple.data = (struct dl3_octets){ octets, DL3_TUPLE_DATA_MAX + 1 };
	assert_int_equal(dl3_tuple_encode(&tuple, NULL, 0, &len), DL3_ERR_TOO_LONG);
	assert_int_equal(len, 0);
	free(octets);
	free(out);
}

static void a_tuple_without_data(void **state)
{
	struct dl3_tuple tuple = { DL3_TUPLE_CMEXTN, { NULL, 0 } };
	uint8_t out[DL3_TUPLE_HEADER];
	size_t len = 0;

	(void)state;
	assert_int_equal(dl3_tuple_encode(&tuple, out, sizeof(out), &len), DL3_OK);
	assert_memory_equal(out, "\x00\x76\x00\x04\x00\x00", 6);
}

/* docs/rulings.md#doubled-tuple-code: the description's table has both codes in front of a Delta2 record. */
static void a_delta3_code_in_front_of_a_delta2_one_is_skipped(void **state)
{
	size_t len;
	uint8_t *data = dl3t_hex("00760001 00760002 0003 434400  007d0001 0000", &len);
	struct dl3_octets table = { data, len };
	struct dl3_tuple tuple;

	(void)state;
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(tuple.code, DL3_TUPLE_DELTA2);
	assert_int_equal(tuple.data.len, 3);
	assert_ptr_equal(tuple.data.ptr, data + 10);
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(tuple.code, DL3_TUPLE_PBX_VERSION);
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_END);
	dl3t_guard_free(data, len);
}

static void a_delta3_record_of_118_octets_is_not_mistaken_for_that(void **state)
{
	uint8_t octets[6 + 118] = { 0x00, 0x76, 0x00, 0x01, 0x00, 0x76, '<', 'x' };
	uint8_t *data = dl3t_guard(octets, sizeof(octets));
	struct dl3_octets table = { data, sizeof(octets) };
	struct dl3_tuple tuple;

	(void)state;
	assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_OK);
	assert_int_equal(tuple.code, DL3_TUPLE_DELTA3);
	assert_int_equal(tuple.data.len, 118);
	dl3t_guard_free(data, sizeof(octets));
}

static void both_codes_cut_anywhere_are_truncated(void **state)
{
	size_t len;
	uint8_t *whole = dl3t_hex("00760001 00760002 0003 434400", &len);

	(void)state;
	for (size_t n = 1; n < len; n++) {
		uint8_t *data = dl3t_guard(whole, n);
		struct dl3_octets table = { data, n };
		struct dl3_tuple tuple;

		assert_int_equal(dl3_tuple_next(&table, &tuple, NULL), DL3_ERR_TRUNCATED_TUPLE);
		assert_int_equal(table.len, 0);
		dl3t_guard_free(data, n);
	}
	dl3t_guard_free(whole, len);
}

DL3T_TESTS(cmocka_unit_test(a_delta3_code_in_front_of_a_delta2_one_is_skipped),
           cmocka_unit_test(a_delta3_record_of_118_octets_is_not_mistaken_for_that),
           cmocka_unit_test(both_codes_cut_anywhere_are_truncated),
           cmocka_unit_test(an_empty_table_is_at_its_end), cmocka_unit_test(tuples_come_in_order),
           cmocka_unit_test(a_tuple_cut_anywhere_is_truncated_and_ends_the_table),
           cmocka_unit_test(fault_offsets_count_from_the_table_at_the_call),
           cmocka_unit_test(encoding_measures_first), cmocka_unit_test(the_longest_tuple),
           cmocka_unit_test(a_tuple_without_data));
