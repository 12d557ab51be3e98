/* SPDX-License-Identifier: MIT */
/* The server: tests, event requests, files and events, against a client made by hand. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdlib.h>
#include <string.h>

#include "support/conversation.h"

/* The user "app", then the right answer to dl3t_challenge. */
static const char login_hex[] = "49001300300001000000010000000161707000";
static const char proof_hex[] =
	"4900270030000100000001000000500000001444725f4e04cb35fe68f44ac50f418c8c193cb893";

static void begin(struct dl3t_end *end, struct dl3t_pbx *pbx)
{
	*end = (struct dl3t_end){ .s = dl3_server_new(NULL, NULL), .owner = dl3t_pbx_owner, .script = pbx };
	dl3_session_tick(end->s, 0);
}

static void begin_admitted(struct dl3t_end *end, struct dl3t_pbx *pbx)
{
	begin(end, pbx);
	dl3t_say_hex(end, login_hex);
	dl3t_say_hex(end, proof_hex);
	assert_string_equal(dl3t_text_of(&end->log), "login user=app\nproof right user=app\n");
	dl3t_end_quiet(end);
	dl3t_text_free(&end->out);
}

static void assert_log(struct dl3t_end *end, const char *expected)
{
	assert_string_equal(dl3t_text_of(&end->log), expected);
	dl3t_end_quiet(end);
}

/* Checks that the one frame sent is this test reply, and forgets it. */
static void assert_test_reply(struct dl3t_end *end, uint32_t id, uint32_t result, const void *payload,
                              size_t len)
{
	struct dl3_frame frame;
	struct dl3_msg msg;

	assert_int_equal(dl3_frame_decode(end->out.ptr, end->out.len, &frame, NULL), DL3_OK);
	assert_int_equal(frame.size, end->out.len);
	assert_int_equal(dl3_msg_decode(frame.payload, &msg, NULL), DL3_OK);
	assert_int_equal(msg.type, DL3_MSG_TEST_REPLY);
	assert_int_equal(msg.request_id, id);
	assert_int_equal(msg.u.test_reply.result, result);
	assert_int_equal(msg.u.test_reply.payload.len, len);
	if (len > 0)
		assert_memory_equal(msg.u.test_reply.payload.ptr, payload, len);
	dl3t_text_free(&end->out);
}

static void say_test(struct dl3t_end *end, uint32_t id, const void *payload, size_t len)
{
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = id };

	msg.u.test_request.payload = (struct dl3_octets){ payload, len };
	dl3t_say(end, &msg);
}

static void say_flags(struct dl3t_end *end, uint32_t id, const char *flags)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REQUEST, .request_id = id };

	msg.u.event_request.flags = dl3_str_of(flags);
	dl3t_say(end, &msg);
}

static void say_read(struct dl3t_end *end, uint32_t id, const char *file)
{
	struct dl3_msg msg = { .type = DL3_MSG_READ_REQUEST, .request_id = id };

	msg.u.read_request.file = dl3_str_of(file);
	dl3t_say(end, &msg);
}

/* ---- Tests: section 6.1 ---- */

static void tests_before_authentication(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	dl3t_say_hex(&end, "490014002a0001000000080000000568656c6c6f");
	assert_log(&end, "tested 8 result 00000000\n");
	assert_test_reply(&end, 8, DL3_TEST_SUCCESS, "hello", 5);
	dl3t_end_finish(&end);
}

static void id_zero_asks_for_no_answer(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	say_test(&end, 0, "hello", 5);
	assert_log(&end, "tested 0 result 00000000\n");
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

static void test_payloads_at_their_limits(void **state)
{
	static uint8_t payload[DL3_TEST_PAYLOAD_FATAL + 1];
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	memset(payload, 'p', sizeof(payload));
	begin(&end, &pbx);
	say_test(&end, 1, payload, 1000);
	assert_test_reply(&end, 1, DL3_TEST_SUCCESS, payload, 1000);
	say_test(&end, 2, payload, 1001);
	assert_test_reply(&end, 2, DL3_TEST_PAYLOAD_TOO_LONG, NULL, 0);
	say_test(&end, 3, payload, 4000);
	assert_test_reply(&end, 3, DL3_TEST_PAYLOAD_TOO_LONG, NULL, 0);
	say_test(&end, 4, payload, 1000);
	assert_test_reply(&end, 4, DL3_TEST_SUCCESS, payload, 1000);
	say_test(&end, 5, payload, 4001);
	assert_test_reply(&end, 5, DL3_TEST_STREAM_INTEGRITY_LOST, NULL, 0);
	say_test(&end, 6, payload, 1);
	assert_test_reply(&end, 6, DL3_TEST_STREAM_INTEGRITY_LOST, NULL, 0);
	dl3t_end_finish(&end);
}

static void test_past_its_frame(void **state)
{
	static const char *const frames[] = {
		"490014002a0001000000080000000668656c6c6f", /* says 6, has 5 */
		"490014002a000100000008ffffffff68656c6c6f",
		"490010002a000100000008000000010049000f002a00010000000900000001", /* the first of two is whole */
		"49000e002a000100000008000000",                                   /* a length cut short */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct dl3t_pbx pbx = { 0 };
		struct dl3t_end end;

		begin(&end, &pbx);
		dl3t_say_hex(&end, frames[i]);
		if (i == 2)
			assert_log(&end, "tested 8 result 00000000\ntested 9 result 80000002\n");
		else
			assert_log(&end, "tested 8 result 80000002\n");
		assert_int_equal(end.err, DL3_NEED_MORE);
		dl3t_end_finish(&end);
	}
}

static void test_that_ends_before_its_id(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	dl3t_say_hex(&end, "490009002a0001"
	                   "0000");
	assert_log(&end, "tested 0 result 80000002\n");
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

static void dead_stream_answers_tests_alone(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;
	bool streaming = false;

	(void)state;
	begin_admitted(&end, &pbx);
	say_flags(&end, 2, "");
	(void)dl3_server_flags(end.s, &streaming);
	assert_true(streaming);
	dl3t_say_hex(&end, "490014002a0001000000080000000668656c6c6f");
	(void)dl3_server_flags(end.s, &streaming);
	assert_false(streaming);
	dl3t_end_quiet(&end);
	dl3t_text_free(&end.out);
	say_flags(&end, 3, "");
	say_read(&end, 4, "x");
	dl3t_say_hex(&end, login_hex);
	dl3t_say_hex(&end, "49000912345678"
	                   "abcd");
	assert_log(&end, "ignored event_request 00300011 id 3\n"
	                 "ignored read_request 00300041 id 4\n"
	                 "ignored auth_request 00300001 id 1\n"
	                 "ignored unknown 12345678 id 0\n");
	assert_int_equal(end.out.len, 0);
	say_test(&end, 9, "x", 1);
	assert_test_reply(&end, 9, DL3_TEST_STREAM_INTEGRITY_LOST, NULL, 0);
	dl3t_end_finish(&end);
}

/* A peer that keeps testing a dead stream does not keep it either. */
static void dead_stream_is_given_up_in_time(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;
	struct dl3_event ev;

	(void)state;
	begin_admitted(&end, &pbx);
	assert_int_equal(dl3_session_deadline(end.s), DL3_NEVER);
	dl3t_say_hex(&end, "490014002a0001000000080000000668656c6c6f");
	uint64_t due = dl3_session_deadline(end.s);
	assert_true(due != DL3_NEVER);
	dl3_session_tick(end.s, due - 1);
	say_test(&end, 9, "x", 1);
	assert_int_equal(dl3_session_deadline(end.s), due);
	assert_int_equal(dl3_session_next(end.s, &ev), DL3_NEED_MORE);
	dl3_session_tick(end.s, due);
	assert_int_equal(dl3_session_next(end.s, &ev), DL3_ERR_TIMEOUT);
	dl3t_end_finish(&end);
}

static void dead_stream_takes_no_answer_to_an_earlier_request(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	pbx.silent = true;
	say_read(&end, 2, "x");
	say_flags(&end, 3, "");
	dl3t_say_hex(&end, "490014002a0001000000080000000668656c6c6f");
	assert_int_equal(dl3_server_no_file(end.s, 2), DL3_ERR_STATE);
	assert_int_equal(dl3_server_stream(end.s, 3, DL3_EVENTS_SUCCESS, 0), DL3_ERR_STATE);
	dl3t_end_finish(&end);
}

static void failed_authentication_answers_tests_alone(void **state)
{
	static uint8_t payload[5000];
	struct dl3t_pbx pbx = { .password = "another" };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	dl3t_say_hex(&end, login_hex);
	dl3t_say_hex(&end, proof_hex);
	dl3t_end_quiet(&end);
	dl3t_text_free(&end.out);
	say_test(&end, 9, "x", 1);
	assert_test_reply(&end, 9, DL3_TEST_STREAM_AUTHENTICATION_FAILED, NULL, 0);
	say_test(&end, 10, payload, sizeof(payload));
	assert_test_reply(&end, 10, DL3_TEST_STREAM_AUTHENTICATION_FAILED, NULL, 0);
	dl3t_end_quiet(&end);
	dl3t_say_hex(&end, login_hex);
	say_read(&end, 4, "x");
	assert_log(&end, "ignored auth_request 00300001 id 1\n"
	                 "ignored read_request 00300041 id 4\n");
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

static void test_larger_than_any_frame(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	dl3t_say_hex(&end, "494001"
	                   "002a0001000000");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_say_hex(&end, "08");
	assert_test_reply(&end, 8, DL3_TEST_STREAM_INTEGRITY_LOST, NULL, 0);
	assert_log(
		&end,
		"tested 8 result 80000002\n"
		"end: frame limit: expected a frame within the limit of this session, came the length 16385, "
		"at octet 1\n");
	dl3t_end_finish(&end);
	pbx.refuse_login = DL3_AUTH_FAILED;
	begin(&end, &pbx);
	dl3t_say_hex(&end, login_hex);
	dl3t_text_free(&end.out);
	dl3t_say_hex(&end, "494001"
	                   "002a000100000008");
	assert_test_reply(&end, 8, DL3_TEST_STREAM_AUTHENTICATION_FAILED, NULL, 0);
	assert_int_equal(end.err, DL3_ERR_FRAME_LIMIT);
	assert_int_equal(dl3_session_fault(end.s).offset, 20);
	dl3t_end_finish(&end);
}

static void frame_over_the_limit(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	dl3t_say_hex(&end, "49ffffff"
	                   "0030000100000008");
	assert_int_equal(end.err, DL3_ERR_FRAME_LIMIT);
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

/* ---- Event requests: section 6.4 ---- */

static void requests_before_authentication(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	say_flags(&end, 2, "-SCN");
	say_read(&end, 3, "nasystem/user_list");
	assert_log(&end, "ignored event_request 00300011 id 2\nignored read_request 00300041 id 3\n");
	assert_int_equal(end.out.len, 0);
	assert_int_equal(dl3_server_stream(end.s, 2, DL3_EVENTS_SUCCESS, 0), DL3_ERR_STATE);
	assert_int_equal(dl3_server_no_file(end.s, 3), DL3_ERR_STATE);
	dl3t_end_finish(&end);
}

struct flags_case {
	const char *asked;
	const char *log;
	const char *reply; /* hex behind type and id */
};

static const struct flags_case flags_cases[] = {
	{ "", "result 00000000 asked=[] accepted=[]\n",
	  "00000000"
	  "0001"
	  "00" },
	{ "-SCN", "result 00000000 asked=[-SCN] accepted=[-SCN]\n",
	  "00000000"
	  "0005"
	  "2d53434e00" },
	{ "-CD2 -SCN", "result 00000009 asked=[-SCN -CD2] accepted=[-CD2]\n",
	  "00000009"
	  "0005"
	  "2d43443200" },
	{ "_SIPTrack  -TEXT", "result 00000000 asked=[-SIPTrack -TEXT] accepted=[-SIPTrack -TEXT]\n",
	  "00000000"
	  "0010"
	  "2d53495054726163"
	  "6b202d5445585400" },
	{ "-SCN -Wombat -CD2", "result 80000021 asked=[-SCN -CD2] accepted=[] unknown=-Wombat\n",
	  "80000021"
	  "0000" },
	{ "-scn", "result 80000021 asked=[] accepted=[] unknown=-scn\n",
	  "80000021"
	  "0000" },
};

static void assert_hex(const struct dl3t_text *out, size_t at, const char *hex)
{
	size_t len = strlen(hex) / 2;

	assert_int_equal(out->len, at + len);
	for (size_t i = 0; i < len; i++) {
		char octet[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
		assert_int_equal((uint8_t)out->ptr[at + i], strtoul(octet, NULL, 16));
	}
}

static void flags_and_their_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(flags_cases) / sizeof(flags_cases[0]); i++) {
		const struct flags_case *c = &flags_cases[i];
		struct dl3t_pbx pbx = { 0 };
		struct dl3t_end end;

		begin_admitted(&end, &pbx);
		say_flags(&end, 2, c->asked);
		assert_memory_equal(dl3t_text_of(&end.log), "stream_request 2 ", 17);
		assert_string_equal(dl3t_text_of(&end.log) + 17, c->log);
		assert_hex(&end.out, 11, c->reply);
		dl3t_end_finish(&end);
	}
}

static void flags_longer_than_they_say(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;
	bool streaming = false;

	(void)state;
	begin_admitted(&end, &pbx);
	dl3t_say_hex(&end, "490017003000111234567800052d534950547261636b00");
	assert_log(&end, "stream_request 305419896 result 00000000 asked=[-SIPTrack] accepted=[-SIPTrack]\n");
	assert_int_equal(dl3_server_flags(end.s, &streaming), DL3_FLAG_SIPTRACK);
	assert_true(streaming);
	dl3t_end_finish(&end);
}

static void event_request_without_an_answer(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;
	bool streaming = false;

	(void)state;
	begin_admitted(&end, &pbx);
	say_flags(&end, 0, "-CMExtn");
	assert_int_equal(end.out.len, 0);
	assert_int_equal(dl3_server_flags(end.s, &streaming), DL3_FLAG_CMEXTN);
	assert_true(streaming);
	dl3t_end_finish(&end);
}

static void refused_change_leaves_the_stream(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;
	bool streaming = false;

	(void)state;
	begin_admitted(&end, &pbx);
	say_flags(&end, 2, "-CMExtn");
	pbx.stream_result = DL3_EVENTS_INSUFFICIENT_LICENCE;
	say_flags(&end, 3, "-SCN");
	assert_int_equal(dl3_server_flags(end.s, &streaming), DL3_FLAG_CMEXTN);
	assert_true(streaming);
	pbx.stream_result = 0;
	say_flags(&end, 4, "-SCN");
	assert_int_equal(dl3_server_flags(end.s, &streaming), DL3_FLAG_SCN);
	dl3t_end_finish(&end);
}

static void every_event_result_can_be_given(void **state)
{
	static const uint32_t results[] = { DL3_EVENTS_UNKNOWN_FLAG, DL3_EVENTS_INSUFFICIENT_LICENCE,
		                            DL3_EVENTS_FEATURE_NOT_AVAILABLE };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct dl3t_pbx pbx = { .stream_result = results[i] };
		struct dl3t_end end;
		bool streaming = true;

		begin_admitted(&end, &pbx);
		say_flags(&end, 2, "-SCN");
		assert_int_equal((uint8_t)end.out.ptr[14], results[i] & 0xff);
		assert_int_equal(dl3_server_flags(end.s, &streaming), 0);
		assert_false(streaming);
		dl3t_end_finish(&end);
	}
}

static void stream_answers_out_of_turn(void **state)
{
	struct dl3t_pbx pbx = { .silent = false };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	pbx.silent = true;
	say_flags(&end, 2, "");
	say_read(&end, 3, "x");
	assert_int_equal(dl3_server_stream(end.s, 3, DL3_EVENTS_SUCCESS, 0), DL3_ERR_STATE);
	assert_int_equal(dl3_server_no_file(end.s, 2), DL3_ERR_STATE);
	assert_int_equal(dl3_server_stream(end.s, 2, DL3_EVENTS_SUCCESS, 0x80), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_file(end.s, 3, NULL, 1), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_no_file(end.s, 3), DL3_OK);
	assert_int_equal(dl3_server_no_file(end.s, 3), DL3_ERR_STATE);
	assert_int_equal(dl3_server_stream(end.s, 2, DL3_EVENTS_SUCCESS, 0), DL3_OK);
	assert_int_equal(dl3_server_stream(end.s, 2, DL3_EVENTS_SUCCESS, 0), DL3_ERR_STATE);
	dl3t_end_finish(&end);
}

static void a_test_waits_for_the_answer_before_it(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	pbx.silent = true;
	say_flags(&end, 2, "");
	say_read(&end, 3, "x");
	say_test(&end, 4, NULL, 0);
	say_read(&end, 5, "y");
	assert_log(&end, "stream_request 2 result 00000000 asked=[] accepted=[]\n"
	                 "read_request 3 file=x\n");
	assert_int_equal(end.err, DL3_BLOCKED);
	assert_int_equal(end.out.len, 0);
	assert_int_equal(dl3_server_stream(end.s, 2, DL3_EVENTS_SUCCESS, 0), DL3_OK);
	assert_int_equal(dl3_server_frame(end.s, "I\0\7\1\2\3\4", 7), DL3_OK);
	dl3t_end_run(&end);
	assert_log(&end, "tested 4 result 00000000\n"
	                 "read_request 5 file=y\n");
	/* The answer, the event, and only then the test's. */
	assert_int_equal(end.out.len, 18 + 7 + 19);
	assert_memory_equal(end.out.ptr + 18, "I\0\7\1\2\3\4I\0\23\x80\x2a\0\1", 14);
	dl3t_end_finish(&end);
}

static void tests_are_held_while_a_snapshot_is_sent(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	say_flags(&end, 2, "");
	dl3t_end_quiet(&end);
	dl3_server_hold(end.s, true);
	say_read(&end, 3, "x");
	say_test(&end, 4, NULL, 0);
	assert_log(&end, "read_request 3 file=x\n");
	assert_int_equal(end.err, DL3_BLOCKED);
	dl3_server_hold(end.s, false);
	dl3t_end_run(&end);
	assert_log(&end, "tested 4 result 00000000\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

/* A test packet that breaks the stream is no barrier, and there is nothing left to hold for. */
static void a_broken_test_is_not_held(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	dl3_server_hold(end.s, true);
	dl3t_say_hex(&end, "49000f002a00010000000700000009");
	say_test(&end, 8, NULL, 0);
	assert_log(&end, "tested 7 result 80000002\n"
	                 "tested 8 result 80000002\n");
	dl3_server_hold(end.s, true);
	say_test(&end, 9, NULL, 0);
	assert_log(&end, "tested 9 result 80000002\n");
	dl3t_end_finish(&end);
}

/* ---- Files ---- */

static void files_are_answered_in_any_order(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	pbx.silent = true;
	say_read(&end, 7, "a");
	say_read(&end, 8, "b");
	say_read(&end, 7, "c");
	assert_log(&end, "read_request 7 file=a\nread_request 8 file=b\nread_request 7 file=c\n");
	assert_int_equal(dl3_server_file(end.s, 8, "B", 1), DL3_OK);
	assert_int_equal(dl3_server_file(end.s, 7, "A", 1), DL3_OK);
	assert_int_equal(dl3_server_no_file(end.s, 7), DL3_OK);
	assert_int_equal(dl3_server_no_file(end.s, 7), DL3_ERR_STATE);
	dl3t_end_run(&end);
	assert_hex(&end.out, 0,
	           "490010803000410000000800000000"
	           "42"
	           "490010803000410000000700000000"
	           "41"
	           "49000f803000410000000780000051");
	dl3t_end_finish(&end);
}

static void file_with_id_zero_is_ignored(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	say_read(&end, 0, "a");
	assert_log(&end, "ignored read_request 00300041 id 0\n");
	dl3t_end_finish(&end);
}

static void file_too_long_for_a_frame(void **state)
{
	size_t most = DL3_PAYLOAD_MAX - 12;
	char *file = calloc(most + 1, 1);
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	pbx.silent = true;
	say_read(&end, 7, "a");
	assert_int_equal(dl3_server_file(end.s, 7, file, most + 1), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_session_output(end.s).len, 0);
	assert_int_equal(dl3_server_file(end.s, 7, file, most), DL3_OK);
	assert_int_equal(dl3_session_output(end.s).len, DL3_FRAME_MAX);
	free(file);
	dl3t_end_finish(&end);
}

/* ---- Events ---- */

static struct dl3_record extension_event(void)
{
	struct dl3_record r = { .kind = DL3_KIND_CMEXTN };

	r.u.cmextn.text = dl3_str_of("Hi");
	r.raw = r.u.cmextn.text;
	return r;
}

static void event_on_the_wire(void **state)
{
	struct dl3_record r = extension_event();
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	assert_int_equal(dl3_server_event(end.s, 0xc0a82a03, 5, &r), DL3_ERR_STATE);
	say_flags(&end, 2, "");
	dl3t_text_free(&end.out);
	assert_int_equal(dl3_server_event(end.s, 0xc0a82a03, 5, NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_event(end.s, 0xc0a82a03, 5, &r), DL3_OK);
	dl3t_end_run(&end);
	assert_hex(&end.out, 0,
	           "49001b10300011c0a82a030000000500760004"
	           "0006"
	           "004800690000");
	dl3t_end_finish(&end);
}

static struct dl3_record delta2_event(void)
{
	struct dl3_record r;

	assert_int_equal(dl3_delta2_decode(dl3_str_of("CALL:D 9.1.0,0.2.0,77"), &r, NULL), DL3_OK);
	return r;
}

static void delta2_in_the_form_asked_for(void **state)
{
	struct dl3_record r = delta2_event();
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	say_flags(&end, 2, "-CD2");
	dl3t_text_free(&end.out);
	assert_int_equal(dl3_server_event(end.s, 1, 1, &r), DL3_OK);
	dl3t_end_run(&end);
	assert_memory_equal(end.out.ptr + 15, "\0\x76\0\2\0\x2c\0C\0A", 10);
	say_flags(&end, 3, "-CD2 -TEXT");
	dl3t_text_free(&end.out);
	assert_int_equal(dl3_server_event(end.s, 1, 2, &r), DL3_OK);
	dl3t_end_run(&end);
	assert_memory_equal(end.out.ptr + 15,
	                    "\0\x76\0\2\0\x16"
	                    "CALL",
	                    10);
	dl3t_end_finish(&end);
}

static void event_longer_than_a_tuple(void **state)
{
	size_t len = 40000;
	char *text = malloc(len);
	struct dl3_record r = extension_event();
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	memset(text, 'x', len);
	begin_admitted(&end, &pbx);
	say_flags(&end, 2, "");
	dl3t_text_free(&end.out);
	r.u.cmextn.text = (struct dl3_str){ .ptr = text, .len = (uint32_t)len };
	assert_int_equal(dl3_server_event(end.s, 1, 1, &r), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_session_output(end.s).len, 0);
	r.u.cmextn.text.len = 20000;
	size_t before = dl3_session_memory(end.s);
	assert_int_equal(dl3_server_event(end.s, 1, 1, &r), DL3_OK);
	dl3t_end_run(&end);
	assert_int_equal(end.out.len, 4 + 12 + 6 + 40002);
	assert_true(dl3_session_memory(end.s) <= before);
	free(text);
	dl3t_end_finish(&end);
}

static void frames_made_elsewhere(void **state)
{
	static const uint8_t frame[] = { 0x49, 0, 7, 1, 2, 3, 4, 0x49 };
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	assert_int_equal(dl3_server_frame(end.s, frame, 7), DL3_ERR_STATE);
	say_flags(&end, 2, "");
	dl3t_text_free(&end.out);
	assert_int_equal(dl3_server_frame(end.s, NULL, 0), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_frame(end.s, frame, 6), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_frame(end.s, frame, 8), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_frame(end.s, frame + 1, 7), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_frame(end.s, frame, 7), DL3_OK);
	dl3t_end_run(&end);
	assert_hex(&end.out, 0, "49000701020304");
	dl3t_end_finish(&end);
}

/* ---- What cannot be read, and what nobody knows ---- */

static void unreadable_requests_end_the_server(void **state)
{
	static const char *const frames[] = {
		"4900050030",                       /* no code */
		"49001000300001000000010000000161", /* a name without its end */
		"49000b0030001100000002",           /* no flags */
		"49000f003000410000000300136e6f",   /* a file name past its frame */
		"49000f3000410000000000300136e6",   /* nobody knows it, which is no fault */
	};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct dl3t_pbx pbx = { 0 };
		struct dl3t_end end;

		begin_admitted(&end, &pbx);
		dl3t_say_hex(&end, frames[i]);
		assert_int_equal(end.err, i == 4 ? DL3_NEED_MORE : DL3_ERR_TRUNCATED_MESSAGE);
		assert_int_equal(end.out.len, 0);
		dl3t_end_finish(&end);
	}
}

static void replies_and_events_are_unknown_here(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end, &pbx);
	dl3t_say_hex(&end, "49000f803000010000000180000041");
	dl3t_say_hex(&end, "49000f10300011c0a82a0300000001");
	dl3t_say_hex(&end, "49000912345678"
	                   "abcd");
	assert_log(&end, "unknown auth_reply 80300001 id 1\n"
	                 "unknown event 10300011 id 0\n"
	                 "unknown unknown 12345678 id 0\n");
	dl3t_end_finish(&end);
}

static void calls_on_a_server_that_has_ended(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_admitted(&end, &pbx);
	say_flags(&end, 2, "");
	pbx.silent = true;
	say_read(&end, 3, "x");
	dl3t_end_feed(&end, "GET / HTTP/1.1\r\n", 16, 0);
	assert_int_equal(end.err, DL3_ERR_DISCRIMINATOR);
	assert_int_equal(dl3_server_frame(end.s, "I\0\7aaaa", 7), DL3_ERR_STATE);
	assert_int_equal(dl3_server_no_file(end.s, 3), DL3_ERR_STATE);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_FAILED), DL3_ERR_STATE);
	assert_int_equal(dl3_session_feed(end.s, "more", 4), 4);
	dl3t_end_finish(&end);
}

DL3T_TESTS(cmocka_unit_test(tests_before_authentication), cmocka_unit_test(id_zero_asks_for_no_answer),
           cmocka_unit_test(test_payloads_at_their_limits), cmocka_unit_test(test_past_its_frame),
           cmocka_unit_test(test_that_ends_before_its_id), cmocka_unit_test(dead_stream_answers_tests_alone),
           cmocka_unit_test(dead_stream_is_given_up_in_time),
           cmocka_unit_test(dead_stream_takes_no_answer_to_an_earlier_request),
           cmocka_unit_test(failed_authentication_answers_tests_alone),
           cmocka_unit_test(test_larger_than_any_frame), cmocka_unit_test(frame_over_the_limit),
           cmocka_unit_test(requests_before_authentication), cmocka_unit_test(flags_and_their_answers),
           cmocka_unit_test(flags_longer_than_they_say), cmocka_unit_test(event_request_without_an_answer),
           cmocka_unit_test(refused_change_leaves_the_stream),
           cmocka_unit_test(every_event_result_can_be_given), cmocka_unit_test(stream_answers_out_of_turn),
           cmocka_unit_test(a_test_waits_for_the_answer_before_it),
           cmocka_unit_test(tests_are_held_while_a_snapshot_is_sent),
           cmocka_unit_test(a_broken_test_is_not_held), cmocka_unit_test(files_are_answered_in_any_order),
           cmocka_unit_test(file_with_id_zero_is_ignored), cmocka_unit_test(file_too_long_for_a_frame),
           cmocka_unit_test(event_on_the_wire), cmocka_unit_test(delta2_in_the_form_asked_for),
           cmocka_unit_test(event_longer_than_a_tuple), cmocka_unit_test(frames_made_elsewhere),
           cmocka_unit_test(unreadable_requests_end_the_server),
           cmocka_unit_test(replies_and_events_are_unknown_here),
           cmocka_unit_test(calls_on_a_server_that_has_ended));
