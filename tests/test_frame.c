/* SPDX-License-Identifier: MIT */
/* Frames: section 3, the header code of section 6.6.1, docs/rulings.md#frame-length. */
#include "support/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/wire.h>

#include "support/guard.h"
#include "support/hex.h"

static enum dl3_err decode(const char *hex, struct dl3_frame *frame, struct dl3_fault *fault)
{
	size_t len;
	uint8_t *data = dl3t_hex(hex, &len);
	enum dl3_err err = dl3_frame_decode(data, len, frame, fault);

	if (err == DL3_OK) {
		assert_ptr_equal(frame->payload.ptr, data + frame->header);
		assert_int_equal(frame->payload.len, frame->size - frame->header);
		assert_true(frame->size <= len);
	}
	dl3t_guard_free(data, len);
	return err;
}

static void a_short_frame(void **state)
{
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(decode("490005 abcd", &frame, NULL), DL3_OK);
	assert_int_equal(frame.header, 3);
	assert_int_equal(frame.size, 5);
}

static void an_empty_payload_is_a_frame(void **state)
{
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(decode("490003", &frame, NULL), DL3_OK);
	assert_int_equal(frame.payload.len, 0);
	assert_int_equal(decode("49800004", &frame, NULL), DL3_OK);
	assert_int_equal(frame.header, 4);
	assert_int_equal(frame.payload.len, 0);
}

static void what_follows_a_frame_is_left_alone(void **state)
{
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(decode("490004 aa 490004 bb", &frame, NULL), DL3_OK);
	assert_int_equal(frame.size, 4);
	assert_int_equal(decode("490004 aa 000000", &frame, NULL), DL3_OK);
}

static void a_long_form_that_a_short_one_could_carry_is_accepted(void **state)
{
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(decode("49800006 abcd", &frame, NULL), DL3_OK);
	assert_int_equal(frame.header, 4);
	assert_int_equal(frame.size, 6);
}

static void nothing_needs_more(void **state)
{
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(dl3_frame_decode(NULL, 0, &frame, NULL), DL3_NEED_MORE);
	assert_in_range(frame.size, 1, 3);
}

static void part_of_a_header_needs_the_rest_of_it(void **state)
{
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(decode("49", &frame, NULL), DL3_NEED_MORE);
	assert_in_range(frame.size, 2, 3);
	assert_int_equal(decode("4900", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, 3);
	assert_int_equal(decode("4980", &frame, NULL), DL3_NEED_MORE);
	assert_in_range(frame.size, 3, 4);
	assert_int_equal(decode("498000", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, 4);
}

static void a_whole_header_tells_the_frames_size(void **state)
{
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(decode("490010", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, 16);
	assert_int_equal(decode("497fff", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, DL3_FRAME_SHORT_MAX);
	assert_int_equal(decode("49ff7fff", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, DL3_FRAME_MAX);
}

static void the_seven_bits_of_a_long_length(void **state)
{
	struct dl3_frame frame;

	(void)state;
	/* The high bit of the second octet is no part of the length. */
	assert_int_equal(decode("49818001", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, 0x8001);
	assert_int_equal(decode("49807f00", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, 0x7f00);
	assert_int_equal(decode("49810000", &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, 0x8000);
}

static void any_other_first_octet_is_refused_at_once(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		uint8_t octet = (uint8_t)first;
		uint8_t *data = dl3t_guard(&octet, 1);
		struct dl3_frame frame;
		struct dl3_fault fault = { .err = DL3_OK };
		enum dl3_err err = dl3_frame_decode(data, 1, &frame, &fault);

		assert_int_equal(err, first == DL3_DISCRIMINATOR ? DL3_NEED_MORE : DL3_ERR_DISCRIMINATOR);
		if (err == DL3_ERR_DISCRIMINATOR) {
			assert_int_equal(fault.err, err);
			assert_int_equal(fault.offset, 0);
			assert_true(fault.has_value);
			assert_int_equal(fault.value, first);
		}
		dl3t_guard_free(data, 1);
	}
}

static void lengths_below_their_own_header_are_refused(void **state)
{
	static const char *const bad[] = { "490000",   "490001",   "490002",  "49800000",
		                           "49800001", "49800002", "49800003" };
	struct dl3_frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dl3_fault fault = { .err = DL3_OK };

		assert_int_equal(decode(bad[i], &frame, &fault), DL3_ERR_LENGTH);
		assert_int_equal(fault.err, DL3_ERR_LENGTH);
		assert_in_range(fault.offset, 0, 3);
		assert_non_null(fault.expected);
	}
}

static void success_leaves_the_fault_alone(void **state)
{
	struct dl3_fault fault = { .err = DL3_ERR_CRYPTO, .offset = 77 };
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(decode("490005 abcd", &frame, &fault), DL3_OK);
	assert_int_equal(fault.err, DL3_ERR_CRYPTO);
	assert_int_equal(fault.offset, 77);
}

static void headers_take_the_shorter_form(void **state)
{
	uint8_t header[DL3_FRAME_HEADER_MAX];

	(void)state;
	assert_int_equal(dl3_frame_header(0, header), 3);
	assert_memory_equal(header, "\x49\x00\x03", 3);
	assert_int_equal(dl3_frame_header(DL3_FRAME_SHORT_MAX - 3, header), 3);
	assert_memory_equal(header, "\x49\x7f\xff", 3);
	assert_int_equal(dl3_frame_header(DL3_FRAME_SHORT_MAX - 2, header), 4);
	assert_memory_equal(header, "\x49\x81\x00\x01", 4);
	assert_int_equal(dl3_frame_header(DL3_PAYLOAD_MAX, header), 4);
	assert_memory_equal(header, "\x49\xff\x7f\xff", 4);
}

static void no_header_carries_more_than_a_frame_can(void **state)
{
	uint8_t header[DL3_FRAME_HEADER_MAX];

	(void)state;
	assert_int_equal(dl3_frame_header(DL3_PAYLOAD_MAX + 1, header), 0);
	assert_int_equal(dl3_frame_header(0x400000, header), 0);
	assert_int_equal(dl3_frame_header(SIZE_MAX - 3, header), 0);
	assert_int_equal(dl3_frame_header(SIZE_MAX, header), 0);
}

static void every_header_is_read_as_it_was_written(void **state)
{
	(void)state;
	for (size_t payload = 0; payload <= DL3_PAYLOAD_MAX; payload += payload < 70000 ? 1 : 997) {
		uint8_t header[DL3_FRAME_HEADER_MAX];
		size_t n = dl3_frame_header(payload, header);
		struct dl3_frame frame;
		enum dl3_err err = dl3_frame_decode(header, n, &frame, NULL);

		assert_int_equal(err, payload == 0 ? DL3_OK : DL3_NEED_MORE);
		assert_int_equal(frame.size, payload + n);
	}
}

static void the_longest_frame_is_read(void **state)
{
	uint8_t *data = calloc(1, DL3_FRAME_MAX);
	struct dl3_frame frame;

	(void)state;
	assert_int_equal(dl3_frame_header(DL3_PAYLOAD_MAX, data), 4);
	assert_int_equal(dl3_frame_decode(data, DL3_FRAME_MAX, &frame, NULL), DL3_OK);
	assert_int_equal(frame.payload.len, DL3_PAYLOAD_MAX);
	assert_int_equal(dl3_frame_decode(data, DL3_FRAME_MAX - 1, &frame, NULL), DL3_NEED_MORE);
	assert_int_equal(frame.size, DL3_FRAME_MAX);
	free(data);
}

DL3T_TESTS(cmocka_unit_test(a_short_frame), cmocka_unit_test(an_empty_payload_is_a_frame),
           cmocka_unit_test(what_follows_a_frame_is_left_alone),
           cmocka_unit_test(a_long_form_that_a_short_one_could_carry_is_accepted),
           cmocka_unit_test(nothing_needs_more), cmocka_unit_test(part_of_a_header_needs_the_rest_of_it),
           cmocka_unit_test(a_whole_header_tells_the_frames_size),
           cmocka_unit_test(the_seven_bits_of_a_long_length),
           cmocka_unit_test(any_other_first_octet_is_refused_at_once),
           cmocka_unit_test(lengths_below_their_own_header_are_refused),
           cmocka_unit_test(success_leaves_the_fault_alone), cmocka_unit_test(headers_take_the_shorter_form),
           cmocka_unit_test(no_header_carries_more_than_a_frame_can),
           cmocka_unit_test(every_header_is_read_as_it_was_written),
           cmocka_unit_test(the_longest_frame_is_read));
