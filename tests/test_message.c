/* SPDX-License-Identifier: MIT */
/* The messages: sections 6.1 to 6.6, docs/rulings.md#on-the-wire. */
#include "support/test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/wire.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/random.h"

/* Decodes a payload; the message points into octets that are kept: tests are short. */
static enum dl3_err decode(const char *hex, struct dl3_msg *msg)
{
	size_t len;
	uint8_t *data = dl3t_hex(hex, &len);
	struct dl3_fault fault = { .err = DL3_OK };
	enum dl3_err err = dl3_msg_decode((struct dl3_octets){ data, len }, msg, &fault);

	assert_int_equal(fault.err, err);
	assert_true(fault.offset <= len);
	assert_true(err == DL3_OK || fault.expected != NULL);
	return err;
}

/* The message's frame must be the header and then `hex`. */
static void encodes_to(const struct dl3_msg *msg, const char *hex)
{
	size_t want_len;
	uint8_t *want = dl3t_hex(hex, &want_len);
	uint8_t header[DL3_FRAME_HEADER_MAX];
	size_t header_len = dl3_frame_header(want_len, header);
	size_t whole = header_len + want_len;
	uint8_t *room = malloc(whole);

	for (size_t cap = 0; cap <= whole; cap++) {
		uint8_t *out = dl3t_guard(room, cap);
		size_t len = 0;

		assert_int_equal(dl3_msg_encode(msg, out, cap, &len), cap < whole ? DL3_ERR_SPACE : DL3_OK);
		assert_int_equal(len, whole);
		if (cap == whole) {
			assert_memory_equal(out, header, header_len);
			assert_memory_equal(out + header_len, want, want_len);
		}
		dl3t_guard_free(out, cap);
	}
	free(room);
	dl3t_guard_free(want, want_len);
}

/* ---- Test packets ---- */

static void a_test_request(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("002a0001 00000008 00000005 68656c6c6f", &m), DL3_OK);
	assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
	assert_int_equal(m.code, DL3_CODE_TEST_REQUEST);
	assert_int_equal(m.request_id, 8);
	assert_int_equal(m.u.test_request.payload.len, 5);
	assert_int_equal(m.u.test_request.claimed_length, 5);
	assert_int_equal(m.rest.len, 0);
}

static void a_test_request_that_claims_more_than_it_has(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("002a0001 00000008 ffffffff 6865", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
	assert_int_equal(m.request_id, 8);
	assert_int_equal(m.u.test_request.claimed_length, 0xffffffff);
	assert_true(m.u.test_request.payload.len <= 2);
}

static void octets_behind_a_test_request_are_rest(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("002a0001 00000008 00000001 68 0102", &m), DL3_OK);
	assert_int_equal(m.u.test_request.payload.len, 1);
	assert_int_equal(m.rest.len, 2);
	encodes_to(&m, "002a0001 00000008 00000001 68 0102");
}

static void test_packets_are_encoded(void **state)
{
	struct dl3_octets hello = { (const uint8_t *)"hello", 5 };
	struct dl3_msg request = { .type = DL3_MSG_TEST_REQUEST,
		                   .request_id = 9,
		                   .u.test_request = { .payload = hello, .claimed_length = 77 } };
	struct dl3_msg reply = { .type = DL3_MSG_TEST_REPLY,
		                 .request_id = 9,
		                 .u.test_reply = { .result = DL3_TEST_PAYLOAD_TOO_LONG } };

	(void)state;
	encodes_to(&request, "002a0001 00000009 00000005 68656c6c6f");
	encodes_to(&reply, "802a0001 00000009 80000001 00000000");
	reply.u.test_reply.payload = hello;
	encodes_to(&reply, "802a0001 00000009 80000001 00000005 68656c6c6f");
}

/* ---- Authentication ---- */

static void a_user_alone(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300001 00000001 00000001 61707000", &m), DL3_OK);
	assert_int_equal(m.u.auth_request.step, DL3_AUTH_STEP_REQUEST);
	assert_true(dl3_str_is(m.u.auth_request.user, "app"));
	assert_null(m.u.auth_request.application.ptr);
}

static void a_user_without_its_zero_is_truncated(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300001 00000001 00000001 617070", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.type, DL3_MSG_AUTH_REQUEST);
	assert_int_equal(m.request_id, 1);
	assert_int_equal(decode("00300001 00000001 00000001", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(decode("00300001 00000001", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(decode("00300001 0000", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.type, DL3_MSG_AUTH_REQUEST);
	assert_int_equal(m.code, DL3_CODE_AUTH_REQUEST);
}

static void the_tuples_of_authentication_are_checked(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300001 00000001 00000001 6100 007e0001 0005 41", &m),
	                 DL3_ERR_TRUNCATED_TUPLE);
	assert_int_equal(m.type, DL3_MSG_AUTH_REQUEST);
	assert_true(dl3_str_is(m.u.auth_request.user, "a"));
	assert_int_equal(decode("80300001 00000001 00000000 007d00", &m), DL3_ERR_TRUNCATED_TUPLE);
	assert_int_equal(m.u.auth_reply.result, 0);
}

static void an_application_may_lack_its_zero(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300001 00000001 00000001 6100 007e0001 0002 4142", &m), DL3_OK);
	assert_true(dl3_str_is(m.u.auth_request.application, "AB"));
	assert_int_equal(decode("00300001 00000001 00000001 6100 007e0001 0003 410042", &m), DL3_OK);
	assert_true(dl3_str_is(m.u.auth_request.application, "A"));
	assert_int_equal(decode("00300001 00000001 00000001 6100 007e0001 0001 00", &m), DL3_OK);
	assert_non_null(m.u.auth_request.application.ptr);
	assert_int_equal(m.u.auth_request.application.len, 0);
}

static void auth_requests_are_encoded(void **state)
{
	uint8_t hash[20] = { 1, 2 };
	struct dl3_msg m = { .type = DL3_MSG_AUTH_REQUEST,
		             .request_id = 1,
		             .u.auth_request = { .step = DL3_AUTH_STEP_REQUEST, .user = dl3_str_of("app") } };

	(void)state;
	encodes_to(&m, "00300001 00000001 00000001 61707000");
	m.u.auth_request.application = dl3_str_of("Acme");
	encodes_to(&m, "00300001 00000001 00000001 61707000 007e0001 0005 41636d6500");
	m.u.auth_request.tuples = (struct dl3_octets){ (const uint8_t *)"\1\2\3\4\0\0", 6 };
	encodes_to(&m, "00300001 00000001 00000001 61707000 01020304 0000");
	m.u.auth_request =
		(struct dl3_auth_request){ .step = DL3_AUTH_STEP_SHA1_RESPONSE, .response = { hash, 20 } };
	encodes_to(&m, "00300001 00000001 00000050 00000014 0102000000000000000000000000000000000000");
}

static void a_user_name_cannot_hold_a_zero(void **state)
{
	struct dl3_msg m = { .type = DL3_MSG_AUTH_REQUEST,
		             .u.auth_request = { .step = DL3_AUTH_STEP_REQUEST,
		                                 .user = { .ptr = "a\0b", .len = 3 } } };
	uint8_t out[64];
	size_t len = 0;

	(void)state;
	assert_int_equal(dl3_msg_encode(&m, out, sizeof(out), &len), DL3_ERR_ARGUMENT);
}

static void an_application_too_long_for_its_tuple(void **state)
{
	char *name = malloc(70000);
	struct dl3_msg m = { .type = DL3_MSG_AUTH_REQUEST,
		             .u.auth_request = { .step = DL3_AUTH_STEP_REQUEST,
		                                 .user = dl3_str_of("a"),
		                                 .application = { .ptr = name, .len = 0xffff } } };
	size_t len = 0;

	(void)state;
	memset(name, 'a', 70000);
	len = 77;
	assert_int_equal(dl3_msg_encode(&m, NULL, 0, &len), DL3_ERR_TOO_LONG);
	assert_int_equal(len, 0);
	m.u.auth_request.application.len = 0xfffe;
	assert_int_equal(dl3_msg_encode(&m, NULL, 0, &len), DL3_ERR_SPACE);
	assert_int_equal(len, 4 + 12 + 2 + 6 + 0xffff);
	free(name);
}

static void challenges_and_responses(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("80300001 00000001 00000002 00000002 a0a1", &m), DL3_OK);
	assert_int_equal(m.u.auth_reply.challenge.len, 2);
	assert_int_equal(decode("80300001 00000001 00000002 00000003 a0a1", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.u.auth_reply.result, DL3_AUTH_CHALLENGE_SHA1);
	assert_int_equal(decode("80300001 00000001 00000002 000000", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(decode("80300001 00000001 00000001", &m), DL3_OK);
	assert_int_equal(m.u.auth_reply.result, DL3_AUTH_CHALLENGE_PLAIN);
	assert_int_equal(decode("00300001 00000001 00000050 00000001 ff", &m), DL3_OK);
	assert_int_equal(m.u.auth_request.response.len, 1);
	assert_int_equal(decode("00300001 00000001 00000051 00000002 ff", &m), DL3_ERR_TRUNCATED_MESSAGE);
}

static void a_result_nobody_knows_is_a_value(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("80300001 00000001 80001234", &m), DL3_OK);
	assert_int_equal(m.u.auth_reply.result, 0x80001234);
	encodes_to(&m, "80300001 00000001 80001234");
}

static void a_refusal_may_be_bare_or_have_tuples(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("80300001 00000001 80000041", &m), DL3_OK);
	assert_null(m.u.auth_reply.pbx.ptr);
	assert_null(m.u.auth_reply.variant.ptr);
	encodes_to(&m, "80300001 00000001 80000041");
	assert_int_equal(decode("80300001 00000001 80000041 007d0001 0002 4100", &m), DL3_OK);
	encodes_to(&m, "80300001 00000001 80000041 007d0001 0002 4100");
}

static void auth_replies_are_encoded(void **state)
{
	struct dl3_msg m = { .type = DL3_MSG_AUTH_REPLY,
		             .request_id = 5,
		             .u.auth_reply = { .result = DL3_AUTH_CHALLENGE_SHA1,
		                               .challenge = { (const uint8_t *)"\xa0\xa1", 2 } } };

	(void)state;
	encodes_to(&m, "80300001 00000005 00000002 00000002 a0a1");
	m.u.auth_reply = (struct dl3_auth_reply){ .result = DL3_AUTH_CHALLENGE_PLAIN };
	encodes_to(&m, "80300001 00000005 00000001");
	m.u.auth_reply = (struct dl3_auth_reply){ .pbx = dl3_str_of("A"), .variant = dl3_str_of("B") };
	encodes_to(&m, "80300001 00000005 00000000 007d0001 0002 4100 007d0002 0002 4200");
	m.u.auth_reply.pbx = (struct dl3_str){ 0 };
	encodes_to(&m, "80300001 00000005 00000000 007d0002 0002 4200");
}

static void an_auth_step_nobody_knows_survives(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300001 00000001 00000077 01020304", &m), DL3_OK);
	assert_int_equal(m.u.auth_request.step, 0x77);
	encodes_to(&m, "00300001 00000001 00000077 01020304");
}

/* ---- Streams ---- */

static void flags_go_to_their_zero_whatever_the_length_says(void **state)
{
	static const char *const same[] = {
		"00300011 00000002 000a 2d534950547261636b00",
		"00300011 00000002 0005 2d534950547261636b00",
		"00300011 00000002 0000 2d534950547261636b00",
		"00300011 00000002 ffff 2d534950547261636b00",
	};
	struct dl3_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(decode(same[i], &m), DL3_OK);
		assert_true(dl3_str_is(m.u.event_request.flags, "-SIPTrack"));
		assert_false(m.u.event_request.unclosed);
	}
}

static void the_length_of_the_sample_client_is_kept(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300011 00000002 0005 2d534950547261636b00", &m), DL3_OK);
	assert_int_equal(m.u.event_request.claimed_length, 5);
	encodes_to(&m, "00300011 00000002 0005 2d534950547261636b00");
}

static void flags_may_lack_their_zero(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300011 00000002 0004 2d53434e", &m), DL3_OK);
	assert_true(dl3_str_is(m.u.event_request.flags, "-SCN"));
	assert_true(m.u.event_request.unclosed);
	encodes_to(&m, "00300011 00000002 0004 2d53434e");
}

static void cannot_hold_a_nul(struct dl3_msg *m, struct dl3_str *text)
{
	size_t len = 77;

	*text = (struct dl3_str){ .ptr = "a\0b", .len = 3 };
	assert_int_equal(dl3_msg_encode(m, NULL, 0, &len), DL3_ERR_ARGUMENT);
	assert_int_equal(len, 0);
	text->len = 1;
	assert_int_equal(dl3_msg_encode(m, NULL, 0, &len), DL3_ERR_SPACE);
}

static void text_that_the_wire_closes_cannot_hold_a_nul(void **state)
{
	struct dl3_msg m = { .type = DL3_MSG_EVENT_REQUEST };

	(void)state;
	cannot_hold_a_nul(&m, &m.u.event_request.flags);
	m.u.event_request.unclosed = true;
	cannot_hold_a_nul(&m, &m.u.event_request.flags);
	m = (struct dl3_msg){ .type = DL3_MSG_EVENT_REPLY };
	cannot_hold_a_nul(&m, &m.u.event_reply.flags);
	m = (struct dl3_msg){ .type = DL3_MSG_READ_REQUEST };
	cannot_hold_a_nul(&m, &m.u.read_request.file);
	m = (struct dl3_msg){ .type = DL3_MSG_AUTH_REQUEST, .u.auth_request.step = DL3_AUTH_STEP_REQUEST };
	cannot_hold_a_nul(&m, &m.u.auth_request.user);
	cannot_hold_a_nul(&m, &m.u.auth_request.application);
	m = (struct dl3_msg){ .type = DL3_MSG_AUTH_REPLY };
	cannot_hold_a_nul(&m, &m.u.auth_reply.pbx);
	cannot_hold_a_nul(&m, &m.u.auth_reply.variant);
}

static void what_lies_behind_the_zero_of_flags_is_kept(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300011 00000002 0005 2d53434e00 ffff", &m), DL3_OK);
	assert_true(dl3_str_is(m.u.event_request.flags, "-SCN"));
	encodes_to(&m, "00300011 00000002 0005 2d53434e00 ffff");
}

static void an_event_request_needs_its_length(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("00300011 00000002 00", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(decode("00300011 00000002", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.request_id, 2);
	assert_int_equal(decode("00300011 000000", &m), DL3_ERR_TRUNCATED_MESSAGE);
}

static void event_requests_are_encoded_with_the_true_length(void **state)
{
	struct dl3_msg m = { .type = DL3_MSG_EVENT_REQUEST,
		             .request_id = 2,
		             .u.event_request = { .flags = dl3_str_of("-SCN") } };

	(void)state;
	encodes_to(&m, "00300011 00000002 0005 2d53434e00");
	m.u.event_request.flags = (struct dl3_str){ 0 };
	encodes_to(&m, "00300011 00000002 0001 00");
}

static void an_event_reply_may_end_before_its_flags(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("80300011 00000002 80000021", &m), DL3_OK);
	assert_int_equal(m.u.event_reply.result, DL3_EVENTS_UNKNOWN_FLAG);
	assert_null(m.u.event_reply.flags.ptr);
	encodes_to(&m, "80300011 00000002 80000021");
	assert_int_equal(decode("80300011 00000002 80000021 0000", &m), DL3_OK);
	assert_non_null(m.u.event_reply.flags.ptr);
	assert_int_equal(m.u.event_reply.flags.len, 0);
	encodes_to(&m, "80300011 00000002 80000021 0000");
	assert_int_equal(decode("80300011 00000002 8000", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(decode("80300011 00000002 80000021 00", &m), DL3_ERR_TRUNCATED_MESSAGE);
}

static void a_success_may_end_before_its_flags(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("80300011 00000002 00000000", &m), DL3_OK);
	assert_int_equal(m.u.event_reply.result, DL3_EVENTS_SUCCESS);
	assert_null(m.u.event_reply.flags.ptr);
	assert_int_equal(decode("80300011 00000002 00000009", &m), DL3_OK);
	assert_int_equal(m.u.event_reply.result, DL3_EVENTS_PARTIAL_SUCCESS);
	assert_null(m.u.event_reply.flags.ptr);
}

static void a_test_reply_may_end_before_its_length(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("802a0001 00000008 80000001", &m), DL3_OK);
	assert_int_equal(m.u.test_reply.result, 0x80000001);
	assert_int_equal(m.u.test_reply.payload.len, 0);
	assert_int_equal(decode("802a0001 00000008 80000001 000000", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(decode("802a0001 00000008 800000", &m), DL3_ERR_TRUNCATED_MESSAGE);
}

static void an_event_has_no_request_id(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("10300011 c0a82a03 ffffffff", &m), DL3_OK);
	assert_int_equal(m.request_id, 0);
	assert_int_equal(m.u.event.pbx, 0xc0a82a03);
	assert_int_equal(m.u.event.counter, 0xffffffff);
	assert_int_equal(m.u.event.tuples.len, 0);
	assert_int_equal(decode("10300011 c0a82a03 ffffff", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.type, DL3_MSG_EVENT);
}

static void the_tuples_of_an_event_are_not_looked_at(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("10300011 c0a82a03 00000001 0076", &m), DL3_OK);
	assert_int_equal(m.u.event.tuples.len, 2);
	encodes_to(&m, "10300011 c0a82a03 00000001 0076");
}

/* ---- Files ---- */

static void file_requests(void **state)
{
	struct dl3_msg m = { .type = DL3_MSG_READ_REQUEST,
		             .request_id = 3,
		             .u.read_request = { .file = dl3_str_of("a/b") } };

	(void)state;
	encodes_to(&m, "00300041 00000003 0004 612f6200");
	assert_int_equal(decode("00300041 00000003 0004 612f6200", &m), DL3_OK);
	assert_true(dl3_str_is(m.u.read_request.file, "a/b"));
	assert_int_equal(decode("00300041 00000003 00", &m), DL3_ERR_TRUNCATED_MESSAGE);
}

static void contents_run_to_the_end_of_the_frame(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("80300041 00000003 00000000 00ff00", &m), DL3_OK);
	assert_int_equal(m.u.read_reply.contents.len, 3);
	assert_int_equal(m.rest.len, 0);
	assert_int_equal(decode("80300041 00000003 00000000", &m), DL3_OK);
	assert_int_equal(m.u.read_reply.contents.len, 0);
	assert_int_equal(decode("80300041 00000003 000000", &m), DL3_ERR_TRUNCATED_MESSAGE);
}

static void the_largest_file_fills_the_largest_frame(void **state)
{
	size_t room = DL3_PAYLOAD_MAX - 12;
	uint8_t *contents = calloc(1, room + 1);
	uint8_t *out = malloc(DL3_FRAME_MAX);
	struct dl3_msg m = { .type = DL3_MSG_READ_REPLY, .u.read_reply = { .contents = { contents, room } } };
	struct dl3_frame frame;
	size_t len = 0;

	(void)state;
	assert_int_equal(dl3_msg_encode(&m, out, DL3_FRAME_MAX, &len), DL3_OK);
	assert_int_equal(len, DL3_FRAME_MAX);
	assert_int_equal(dl3_frame_decode(out, len, &frame, NULL), DL3_OK);
	assert_int_equal(dl3_msg_decode(frame.payload, &m, NULL), DL3_OK);
	assert_int_equal(m.u.read_reply.contents.len, room);
	m.u.read_reply.contents = (struct dl3_octets){ contents, room + 1 };
	assert_int_equal(dl3_msg_encode(&m, NULL, 0, &len), DL3_ERR_TOO_LONG);
	m.u.read_reply.contents.len = SIZE_MAX;
	assert_int_equal(dl3_msg_encode(&m, NULL, 0, &len), DL3_ERR_TOO_LONG);
	free(contents);
	free(out);
}

/* ---- The rest ---- */

static void codes_that_nobody_knows_are_passed_through(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("12345678 0102030405", &m), DL3_OK);
	assert_int_equal(m.type, DL3_MSG_UNKNOWN);
	assert_int_equal(m.code, 0x12345678);
	assert_int_equal(m.request_id, 0);
	assert_int_equal(m.body.len, 5);
	encodes_to(&m, "12345678 0102030405");
	assert_int_equal(decode("12345678", &m), DL3_OK);
	assert_int_equal(m.body.len, 0);
	encodes_to(&m, "12345678");
}

static void no_code_no_message(void **state)
{
	struct dl3_msg m;

	(void)state;
	assert_int_equal(decode("", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.type, DL3_MSG_UNKNOWN);
	assert_int_equal(decode("003000", &m), DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(m.type, DL3_MSG_UNKNOWN);
}

static void a_type_that_does_not_exist_cannot_be_encoded(void **state)
{
	struct dl3_msg m = { .type = (enum dl3_msg_type)77 };
	size_t len = 0;
	uint8_t out[32];

	(void)state;
	assert_int_equal(dl3_msg_encode(&m, out, sizeof(out), &len), DL3_ERR_ARGUMENT);
}

static void views_lie_inside(const struct dl3_octets *payload, struct dl3_octets view)
{
	assert_true(view.len == 0 ||
	            (view.ptr >= payload->ptr && view.ptr + view.len <= payload->ptr + payload->len));
}

/* The three things that a message does not keep of the octets it came from: that a test
 * packet had no length at all, a flags length of 0, and where a file name was closed. */
static bool kept_whole(const struct dl3_msg *m, const uint8_t *octets, size_t len)
{
	switch (m->type) {
	case DL3_MSG_TEST_REQUEST:
		return len > 8;
	case DL3_MSG_TEST_REPLY:
		return len > 12;
	case DL3_MSG_EVENT_REQUEST:
		return m->u.event_request.claimed_length != 0;
	case DL3_MSG_EVENT_REPLY:
		return m->u.event_reply.flags.ptr == NULL || m->u.event_reply.claimed_length != 0;
	case DL3_MSG_READ_REQUEST:
		return (size_t)(octets[8] << 8 | octets[9]) == m->u.read_request.file.len + 1u;
	default:
		return true;
	}
}

static void random_payload(struct dl3t_random *random, uint8_t octets[64], size_t *len)
{
	static const uint32_t codes[] = { DL3_CODE_TEST_REQUEST,  DL3_CODE_TEST_REPLY,
		                          DL3_CODE_AUTH_REQUEST,  DL3_CODE_AUTH_REPLY,
		                          DL3_CODE_EVENT_REQUEST, DL3_CODE_EVENT_REPLY,
		                          DL3_CODE_EVENT,         DL3_CODE_READ_REQUEST,
		                          DL3_CODE_READ_REPLY,    0x0badc0de };
	static const uint8_t small[] = { 0, 0, 0, 0, 1, 2, 0x50, 0x51, 5, 'a', '-', 0x7d, 0x7e, 0xff };
	uint32_t code = codes[dl3t_below(random, sizeof(codes) / sizeof(codes[0]))];

	for (size_t i = 0; i < 4; i++) {
		octets[i] = (uint8_t)(code >> (24 - 8 * i));
	}
	*len = 4 + dl3t_below(random, 60);
	for (size_t i = 4; i < *len; i++) {
		octets[i] = small[dl3t_below(random, sizeof(small))];
	}
}

static void check_both_ways(const struct dl3_msg *m, const uint8_t *octets, size_t len)
{
	uint8_t out[80];
	uint8_t again[80];
	size_t n = 0;
	size_t again_n = 0;
	struct dl3_msg second;

	assert_int_equal(dl3_msg_encode(m, out, sizeof(out), &n), DL3_OK);
	if (kept_whole(m, octets, len)) {
		assert_int_equal(n, len + 3);
		assert_memory_equal(out + 3, octets, len);
	}
	assert_int_equal(dl3_msg_decode((struct dl3_octets){ out + 3, n - 3 }, &second, NULL), DL3_OK);
	assert_int_equal(second.type, m->type);
	assert_int_equal(second.request_id, m->request_id);
	assert_int_equal(dl3_msg_encode(&second, again, sizeof(again), &again_n), DL3_OK);
	assert_int_equal(again_n, n);
	assert_memory_equal(again, out, n);
}

/* Whatever decodes must encode to the octets it came from. */
static void random_payloads_survive_both_ways(void **state)
{
	struct dl3t_random random = { 5 };
	unsigned decoded = 0;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		uint8_t octets[64];
		struct dl3_msg m;
		size_t len;

		random_payload(&random, octets, &len);
		uint8_t *data = dl3t_guard(octets, len);
		struct dl3_octets payload = { data, len };

		if (dl3_msg_decode(payload, &m, NULL) == DL3_OK) {
			decoded++;
			views_lie_inside(&payload, m.rest);
			check_both_ways(&m, data, len);
		}
		dl3t_guard_free(data, len);
	}
	assert_true(decoded > 4000);
}

DL3T_TESTS(cmocka_unit_test(a_test_request), cmocka_unit_test(a_test_request_that_claims_more_than_it_has),
           cmocka_unit_test(octets_behind_a_test_request_are_rest),
           cmocka_unit_test(test_packets_are_encoded), cmocka_unit_test(a_user_alone),
           cmocka_unit_test(a_user_without_its_zero_is_truncated),
           cmocka_unit_test(the_tuples_of_authentication_are_checked),
           cmocka_unit_test(an_application_may_lack_its_zero), cmocka_unit_test(auth_requests_are_encoded),
           cmocka_unit_test(a_user_name_cannot_hold_a_zero),
           cmocka_unit_test(an_application_too_long_for_its_tuple),
           cmocka_unit_test(challenges_and_responses), cmocka_unit_test(a_result_nobody_knows_is_a_value),
           cmocka_unit_test(a_refusal_may_be_bare_or_have_tuples), cmocka_unit_test(auth_replies_are_encoded),
           cmocka_unit_test(an_auth_step_nobody_knows_survives),
           cmocka_unit_test(flags_go_to_their_zero_whatever_the_length_says),
           cmocka_unit_test(the_length_of_the_sample_client_is_kept),
           cmocka_unit_test(flags_may_lack_their_zero),
           cmocka_unit_test(text_that_the_wire_closes_cannot_hold_a_nul),
           cmocka_unit_test(what_lies_behind_the_zero_of_flags_is_kept),
           cmocka_unit_test(an_event_request_needs_its_length),
           cmocka_unit_test(event_requests_are_encoded_with_the_true_length),
           cmocka_unit_test(an_event_reply_may_end_before_its_flags),
           cmocka_unit_test(a_success_may_end_before_its_flags),
           cmocka_unit_test(a_test_reply_may_end_before_its_length),
           cmocka_unit_test(an_event_has_no_request_id),
           cmocka_unit_test(the_tuples_of_an_event_are_not_looked_at), cmocka_unit_test(file_requests),
           cmocka_unit_test(contents_run_to_the_end_of_the_frame),
           cmocka_unit_test(the_largest_file_fills_the_largest_frame),
           cmocka_unit_test(codes_that_nobody_knows_are_passed_through), cmocka_unit_test(no_code_no_message),
           cmocka_unit_test(a_type_that_does_not_exist_cannot_be_encoded),
           cmocka_unit_test(random_payloads_survive_both_ways));
