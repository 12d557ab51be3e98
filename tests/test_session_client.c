/* SPDX-License-Identifier: MIT */
/* The client: requests and their answers, events and counters, time, against a PBX made by hand. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdlib.h>
#include <string.h>

#include "support/conversation.h"

#define PBX 0xc0a82a03u

static const char call_lost[] = "<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>";
static const char call_lost_json[] =
	"{\"kind\":\"call_lost\",\"node\":\"c0a82a03\",\"end\":\"c0a82a0300000413\","
	"\"cleared_inbound\":1,\"cause\":\"normal\"}";

/* An authenticated client; its next request has id 2. */
static void begin_with(struct dl3t_end *end, const struct dl3_client_config *config)
{
	*end = (struct dl3t_end){ .s = dl3_client_new(config, NULL) };
	assert_non_null(end->s);
	dl3_session_tick(end->s, 0);
	assert_int_equal(dl3_client_authenticate(end->s, "app", "secret", NULL), DL3_OK);
	dl3t_say_hex(end, "49000f803000010000000100000000");
	assert_string_equal(dl3t_text_of(&end->log), "authenticated\n");
	dl3t_end_quiet(end);
	dl3t_text_free(&end->out);
}

static void begin(struct dl3t_end *end)
{
	begin_with(end, NULL);
}

static void assert_log(struct dl3t_end *end, const char *expected)
{
	assert_string_equal(dl3t_text_of(&end->log), expected);
	dl3t_end_quiet(end);
}

static void test_reply(struct dl3t_end *end, uint32_t id, uint32_t result)
{
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REPLY, .request_id = id };

	msg.u.test_reply.result = result;
	dl3t_say(end, &msg);
}

static void event_reply(struct dl3t_end *end, uint32_t id, uint32_t result, const char *flags)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REPLY, .request_id = id };

	msg.u.event_reply.result = result;
	msg.u.event_reply.flags = dl3_str_of(flags);
	dl3t_say(end, &msg);
}

static void file_reply(struct dl3t_end *end, uint32_t id, const char *contents)
{
	struct dl3_msg msg = { .type = DL3_MSG_READ_REPLY, .request_id = id };

	msg.u.read_reply.contents = (struct dl3_octets){ (const uint8_t *)contents, strlen(contents) };
	dl3t_say(end, &msg);
}

static void event(struct dl3t_end *end, uint32_t pbx, uint32_t counter, const void *tuples, size_t len)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT };

	msg.u.event = (struct dl3_event_message){ .pbx = pbx, .counter = counter, .tuples = { tuples, len } };
	dl3t_say(end, &msg);
}

/* ---- Requests and answers ---- */

static void calls_before_authentication(void **state)
{
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };
	uint32_t id = 77;

	(void)state;
	dl3_session_tick(end.s, 10);
	assert_int_equal(dl3_client_stream(end.s, 0, &id), DL3_ERR_STATE);
	assert_int_equal(dl3_client_read(end.s, "x", &id), DL3_ERR_STATE);
	assert_int_equal(id, 77);
	assert_int_equal(dl3_client_test(end.s, "hello", 5, &id), DL3_OK);
	assert_int_equal(id, 1);
	dl3t_end_tick(&end, 25);
	dl3t_say_hex(&end, "490018802a000100000001000000000000000568656c6c6f");
	assert_log(&end, "test_reply 1 result 00000000 after 15 payload='hello'\n");
	dl3t_end_finish(&end);
}

static void arguments_of_requests(void **state)
{
	static char name[DL3_NAME_MAX + 2];
	struct dl3t_end end;

	(void)state;
	memset(name, 'x', DL3_NAME_MAX + 1);
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAGS_ALL + 1, NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_client_read(end.s, NULL, NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_client_read(end.s, "", NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_client_read(end.s, name, NULL), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_client_test(end.s, NULL, 1, NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_client_test(end.s, name, DL3_TEST_PAYLOAD_MAX + 1, NULL), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_session_output(end.s).len, 0);
	assert_int_equal(dl3_client_read(end.s, name + 1, NULL), DL3_OK);
	assert_int_equal(dl3_client_test(end.s, name, DL3_TEST_PAYLOAD_MAX, NULL), DL3_OK);
	dl3t_end_finish(&end);
}

static void answers_come_in_any_order(void **state)
{
	struct dl3t_end end;
	uint32_t first = 0;
	uint32_t second = 0;
	uint32_t test = 0;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "a", &first), DL3_OK);
	assert_int_equal(dl3_client_read(end.s, "b", &second), DL3_OK);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, &test), DL3_OK);
	assert_true(first == 2 && second == 3 && test == 4);
	test_reply(&end, test, DL3_TEST_SUCCESS);
	file_reply(&end, second, "B");
	file_reply(&end, first, "A");
	assert_log(&end, "test_reply 4 result 00000000 after 0 payload=''\n"
	                 "file 3 result 00000000 contents='B'\n"
	                 "file 2 result 00000000 contents='A'\n");
	assert_int_equal(dl3_session_deadline(end.s), DL3_KEEPALIVE_MS);
	dl3t_end_finish(&end);
}

static void answers_nobody_waits_for(void **state)
{
	struct dl3t_end end;
	uint32_t id = 0;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "a", &id), DL3_OK);
	test_reply(&end, id, DL3_TEST_SUCCESS);
	event_reply(&end, id, DL3_EVENTS_SUCCESS, "");
	file_reply(&end, id + 1, "no");
	file_reply(&end, id, "yes");
	file_reply(&end, id, "again");
	test_reply(&end, 0, DL3_TEST_STREAM_INTEGRITY_LOST);
	assert_log(&end, "unknown test_reply 802a0001 id 2\n"
	                 "unknown event_reply 80300011 id 2\n"
	                 "unknown read_reply 80300041 id 3\n"
	                 "file 2 result 00000000 contents='yes'\n"
	                 "unknown read_reply 80300041 id 2\n"
	                 "unknown test_reply 802a0001 id 0\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

static void messages_nobody_knows(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	dl3t_say_hex(&end, "49000912345678"
	                   "abcd");
	dl3t_say_hex(&end, "49000f002a00010000000700000000");
	assert_log(&end, "unknown unknown 12345678 id 0\n"
	                 "unknown test_request 002a0001 id 7\n");
	dl3t_end_finish(&end);
}

static void messages_that_cannot_be_read(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	dl3t_say_hex(&end, "4900050030");
	dl3t_say_hex(&end, "49000d10300011c0a82a030001");
	dl3t_say_hex(&end, "49000b8030004100000001");
	assert_log(
		&end,
		"malformed 00000000 0: expected 4 octets of message code, came octets left: 2, at octet 0; "
		"octets=2 octets, sum 00000030\n"
		"malformed c0a82a03 0: expected 4 octets of event counter, came octets left: 2, at octet 8; "
		"octets=10 octets, sum e5aad833\n"
		"malformed 00000000 0: expected 4 octets of file result, came octets left: 0, at octet 8; "
		"octets=8 octets, sum df558372\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

/* The owner's requests fail of them, those of the session's own are over. */
static void answers_that_cannot_be_read(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "x", NULL), DL3_OK);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	dl3t_say_hex(&end, "49000b8030004100000002");
	dl3t_say_hex(&end, "490013802a0001000000030000000000000001");
	dl3t_say_hex(&end, "490010803000110000000400000000ff");
	assert_log(&end, "failed 2 truncated message: 4 octets of file result; 8 octets\n"
	                 "failed 3 truncated message: a test payload that ends inside its frame; 16 octets\n"
	                 "failed 4 truncated message: 2 octets of flags length; 13 octets\n");
	/* Whether events follow is not known, so there is no snapshot to end. */
	test_reply(&end, 5, DL3_TEST_SUCCESS);
	assert_log(&end, "");
	dl3t_end_tick(&end, DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_NEED_MORE);
	assert_int_equal(dl3_session_deadline(end.s), DL3_KEEPALIVE_MS);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS);
	dl3t_say_hex(&end, "49000d802a0001000000060000");
	assert_memory_equal(dl3t_text_of(&end.log), "malformed ", 10);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS + DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

static void answers_of_another_kind_retire_nothing(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	dl3t_say_hex(&end, "49000b8030004100000002");
	dl3t_say_hex(&end, "49000b8030001100000002");
	dl3t_say_hex(&end, "49000b802a000100000003");
	dl3t_end_quiet(&end);
	test_reply(&end, 2, DL3_TEST_SUCCESS);
	assert_log(&end, "test_reply 2 result 00000000 after 0 payload=''\n");
	dl3t_end_finish(&end);
}

static void a_barrier_that_cannot_be_read_ends_the_snapshot(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	event_reply(&end, 2, DL3_EVENTS_SUCCESS, "");
	dl3t_end_quiet(&end);
	dl3t_say_hex(&end, "490010802a0001000000030000000000");
	const char *line = strchr(dl3t_text_of(&end.log), '\n');
	assert_memory_equal(dl3t_text_of(&end.log), "malformed ", 10);
	assert_non_null(line);
	assert_string_equal(line, "\nsnapshot_end 2\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

static void a_dead_stream_is_heard_in_an_answer_half_read(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	dl3t_say_hex(&end, "490010802a0001000000028000000200");
	assert_memory_equal(dl3t_text_of(&end.log), "failed 2 truncated message", 26);
	assert_int_equal(end.err, DL3_ERR_STREAM_DEAD);
	dl3t_end_finish(&end);
}

static void files_that_are_not_there(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "a", NULL), DL3_OK);
	dl3t_say_hex(&end, "49000f803000410000000280000051");
	assert_log(&end, "file 2 result 80000051 contents=''\n");
	dl3t_end_finish(&end);
}

/* ---- Streams and barriers ---- */

static void event_request_and_its_barrier_on_the_wire(void **state)
{
	static const uint8_t expected[] = { 0x49, 0,   0x1a, 0,   0x30, 0,   0x11, 0,   0,    0,   2,
		                            0,    13,  '-',  'S', 'C',  'N', ' ',  '-', 'C',  'M', 'E',
		                            'x',  't', 'n',  0,   0x49, 0,   0x0f, 0,   0x2a, 0,   1,
		                            0,    0,   0,    3,   0,    0,   0,    0 };
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_SCN | DL3_FLAG_CMEXTN, NULL), DL3_OK);
	dl3t_end_run(&end);
	assert_int_equal(end.out.len, sizeof(expected));
	assert_memory_equal(end.out.ptr, expected, sizeof(expected));
	dl3t_end_finish(&end);
}

static void snapshot_ends_with_the_barrier(void **state)
{
	struct dl3t_end end;
	uint32_t id = 0;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_CD2 | DL3_FLAG_SCN, &id), DL3_OK);
	event_reply(&end, id, DL3_EVENTS_PARTIAL_SUCCESS, "-CD2");
	assert_log(&end, "stream 2 on result 00000009 accepted=[-CD2] dropped=[-SCN]\n");
	test_reply(&end, id + 1, DL3_TEST_SUCCESS);
	assert_log(&end, "snapshot_end 2\n");
	test_reply(&end, id + 1, DL3_TEST_SUCCESS);
	assert_log(&end, "unknown test_reply 802a0001 id 3\n");
	dl3t_end_finish(&end);
}

static void no_snapshot_without_a_stream(void **state)
{
	static const uint32_t refusals[] = { DL3_EVENTS_UNKNOWN_FLAG, DL3_EVENTS_INSUFFICIENT_LICENCE,
		                             DL3_EVENTS_FEATURE_NOT_AVAILABLE, 0x80000077u };
	static const char *const logs[] = {
		"stream 2 off result 80000021 accepted=[] dropped=[-SCN]\n",
		"stream 2 off result 80000022 accepted=[] dropped=[-SCN]\n",
		"stream 2 off result 80000023 accepted=[] dropped=[-SCN]\n",
		"stream 2 off result 80000077 accepted=[] dropped=[-SCN]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct dl3t_end end;

		begin(&end);
		assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_SCN, NULL), DL3_OK);
		event_reply(&end, 2, refusals[i], i == 0 ? NULL : "-SCN");
		test_reply(&end, 3, DL3_TEST_SUCCESS);
		assert_log(&end, logs[i]);
		dl3t_end_finish(&end);
	}
}

/* A PBX may leave out what says nothing: the flags it accepted all of, an empty payload. */
static void answers_of_few_words(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_SCN, NULL), DL3_OK);
	dl3t_say_hex(&end, "49000f803000110000000200000000");
	dl3t_say_hex(&end, "49000f802a00010000000300000000");
	assert_log(&end, "stream 2 on result 00000000 accepted=[-SCN] dropped=[]\n"
	                 "snapshot_end 2\n");
	/* A partial success that does not say what it dropped cannot be taken for all. */
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_SCN, NULL), DL3_OK);
	dl3t_say_hex(&end, "49000f803000110000000400000009");
	dl3t_say_hex(&end, "49000f802a00010000000500000000");
	assert_log(&end, "stream 4 on result 00000009 accepted=[] dropped=[-SCN]\n"
	                 "snapshot_end 4\n");
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	dl3t_say_hex(&end, "49000f802a00010000000680000001");
	assert_log(&end, "test_reply 6 result 80000001 after 0 payload=''\n");
	dl3t_end_finish(&end);
}

static void barrier_that_overtakes_is_sent_again(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	dl3t_end_run(&end);
	size_t sent = end.out.len;
	test_reply(&end, 3, DL3_TEST_SUCCESS);
	assert_log(&end, "");
	event_reply(&end, 2, DL3_EVENTS_SUCCESS, "");
	assert_log(&end, "stream 2 on result 00000000 accepted=[] dropped=[]\n");
	assert_int_equal(end.out.len, sent + 15);
	test_reply(&end, 4, DL3_TEST_SUCCESS);
	assert_log(&end, "snapshot_end 2\n");
	dl3t_end_finish(&end);
}

static void barrier_alone_does_not_answer_the_request(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	dl3t_end_tick(&end, 100);
	test_reply(&end, 3, DL3_TEST_SUCCESS);
	dl3t_end_tick(&end, DL3_ANSWER_TIMEOUT_MS);
	assert_log(
		&end,
		"end: timeout: expected an answer to the event request, came none in milliseconds: 10000\n");
	dl3t_end_finish(&end);
}

static void two_event_requests_at_once(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_CMEXTN, NULL), DL3_OK);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_CONN, NULL), DL3_OK);
	event_reply(&end, 4, DL3_EVENTS_SUCCESS, "-CONN");
	event_reply(&end, 2, DL3_EVENTS_FEATURE_NOT_AVAILABLE, "");
	test_reply(&end, 3, DL3_TEST_SUCCESS);
	test_reply(&end, 5, DL3_TEST_SUCCESS);
	assert_log(&end, "stream 4 on result 00000000 accepted=[-CONN] dropped=[]\n"
	                 "stream 2 off result 80000023 accepted=[] dropped=[-CMExtn]\n"
	                 "snapshot_end 4\n");
	dl3t_end_finish(&end);
}

/* ---- Dead streams ---- */

static void the_owners_test_tells_of_a_dead_stream(void **state)
{
	static const uint32_t dead[] = { DL3_TEST_STREAM_INTEGRITY_LOST,
		                         DL3_TEST_STREAM_AUTHENTICATION_FAILED };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct dl3t_end end;

		begin(&end);
		assert_int_equal(dl3_client_test(end.s, "x", 1, NULL), DL3_OK);
		test_reply(&end, 2, dead[i]);
		assert_non_null(strstr(dl3t_text_of(&end.log), "test_reply 2 result 8000000"));
		assert_int_equal(end.err, DL3_ERR_STREAM_DEAD);
		assert_int_equal(dl3_session_fault(end.s).value, dead[i]);
		dl3t_end_finish(&end);
	}
}

static void a_barrier_finds_a_dead_stream(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	test_reply(&end, 3, DL3_TEST_STREAM_INTEGRITY_LOST);
	assert_log(&end, "end: stream dead: expected a stream that works, came the test result "
	                 "0x80000002\n");
	dl3t_end_finish(&end);
}

static void a_payload_too_long_is_no_end(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_test(end.s, "x", 1, NULL), DL3_OK);
	test_reply(&end, 2, DL3_TEST_PAYLOAD_TOO_LONG);
	assert_log(&end, "test_reply 2 result 80000001 after 0 payload=''\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

/* ---- Events ---- */

/* A tuple of `code` around text, its NUL included. */
static size_t tuple(uint8_t *buf, size_t cap, uint32_t code, const void *data, size_t len)
{
	struct dl3_tuple t = { .code = code, .data = { data, len } };
	size_t size = 0;

	assert_int_equal(dl3_tuple_encode(&t, buf, cap, &size), DL3_OK);
	return size;
}

static void lost(struct dl3t_end *end, uint32_t pbx, uint32_t counter)
{
	uint8_t buf[128];

	event(end, pbx, counter, buf,
	      tuple(buf, sizeof(buf), DL3_TUPLE_DELTA3, call_lost, sizeof(call_lost)));
}

static void assert_line(struct dl3t_end *end, const char *before, uint32_t pbx, uint32_t counter)
{
	struct dl3t_text expected = { 0 };

	dl3t_printf(&expected, "%srecord %08x %u.0 %s\n", before, pbx, counter, call_lost_json);
	assert_log(end, dl3t_text_of(&expected));
	dl3t_text_free(&expected);
}

static void counters_in_order(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	for (uint32_t i = 41; i < 44; i++) {
		lost(&end, PBX, i);
		assert_line(&end, "", PBX, i);
	}
	dl3t_end_finish(&end);
}

static void counter_wraps_in_order(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	lost(&end, PBX, UINT32_MAX);
	lost(&end, PBX, 0);
	assert_null(strstr(dl3t_text_of(&end.log), "expected"));
	dl3t_end_quiet(&end);
	lost(&end, PBX, 1);
	assert_line(&end, "", PBX, 1);
	dl3t_end_finish(&end);
}

static void gap_is_told_before_the_records(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	lost(&end, PBX, UINT32_MAX - 1);
	dl3t_end_quiet(&end);
	lost(&end, PBX, 2);
	assert_line(&end, "gap c0a82a03 expected 4294967295 came 2 missed 3\n", PBX, 2);
	lost(&end, PBX, 3);
	assert_line(&end, "", PBX, 3);
	lost(&end, PBX, 3 + 0x80000000u);
	assert_line(&end, "gap c0a82a03 expected 4 came 2147483651 missed 2147483647\n", PBX,
	            3 + 0x80000000u);
	dl3t_end_finish(&end);
}

static void duplicate_gives_no_records(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	lost(&end, PBX, 9);
	dl3t_end_quiet(&end);
	lost(&end, PBX, 9);
	assert_log(&end, "duplicate c0a82a03 expected 10 came 9 missed 0\n");
	lost(&end, PBX, 10);
	assert_line(&end, "", PBX, 10);
	dl3t_end_finish(&end);
}

static void jump_back_is_a_restart(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	lost(&end, PBX, 9);
	dl3t_end_quiet(&end);
	lost(&end, PBX, 8);
	assert_line(&end, "restart c0a82a03 expected 10 came 8 missed 0\n", PBX, 8);
	lost(&end, PBX, 9);
	assert_line(&end, "", PBX, 9);
	lost(&end, PBX, 10 + 0x80000000u);
	assert_line(&end, "restart c0a82a03 expected 10 came 2147483658 missed 0\n", PBX, 10 + 0x80000000u);
	dl3t_end_finish(&end);
}

static void each_pbx_has_its_counter(void **state)
{
	static const uint32_t pbxs[] = { 7, 3, 9, 1, 5, 8, 2 };
	struct dl3t_end end;

	(void)state;
	begin(&end);
	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t i = 0; i < 7; i++)
			lost(&end, pbxs[i], pbxs[i] * 1000 + round);
	assert_null(strstr(dl3t_text_of(&end.log), "expected"));
	dl3t_end_quiet(&end);
	lost(&end, 5, 5004);
	assert_line(&end, "gap 00000005 expected 5003 came 5004 missed 1\n", 5, 5004);
	dl3t_end_finish(&end);
}

static void more_pbxs_than_are_followed(void **state)
{
	struct dl3_client_config config = { .limits = { .max_pbxs = 2 } };
	struct dl3t_end end;

	(void)state;
	begin_with(&end, &config);
	lost(&end, 1, 1);
	lost(&end, 2, 1);
	lost(&end, 3, 1);
	dl3t_end_quiet(&end);
	lost(&end, 3, 100);
	assert_line(&end, "", 3, 100);
	lost(&end, 2, 100);
	assert_line(&end, "gap 00000002 expected 2 came 100 missed 98\n", 2, 100);
	dl3t_end_finish(&end);
}

static void event_of_many_tuples(void **state)
{
	static const uint8_t track[] = { 0, 'E', 0, 'N', 0, 'D', 0, ',', 0, 'e', 0, 0 };
	uint8_t buf[256];
	struct dl3t_end end;

	(void)state;
	begin(&end);
	size_t len = tuple(buf, sizeof(buf), DL3_TUPLE_SIPTRACK, track, sizeof(track));
	len += tuple(buf + len, sizeof(buf) - len, 0x0076ffff, "??", 2);
	len += tuple(buf + len, sizeof(buf) - len, DL3_TUPLE_DELTA3, call_lost, sizeof(call_lost));
	event(&end, PBX, 1, buf, len);
	struct dl3t_text expected = { 0 };
	dl3t_printf(&expected,
	            "record c0a82a03 1.0 {\"kind\":\"siptrack\",\"event\":\"END\",\"end\":\"e\"}\n"
	            "record c0a82a03 1.1 {\"kind\":\"unknown\",\"tuple\":7798783,\"data\":\"3f3f\"}\n"
	            "record c0a82a03 1.2 %s\n",
	            call_lost_json);
	assert_log(&end, dl3t_text_of(&expected));
	dl3t_text_free(&expected);
	dl3t_end_finish(&end);
}

static void event_without_tuples(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	event(&end, PBX, 1, "", 0);
	assert_log(&end, "");
	event(&end, PBX, 3, "", 0);
	assert_log(&end, "gap c0a82a03 expected 2 came 3 missed 1\n");
	dl3t_end_finish(&end);
}

static void bad_tuple_does_not_hide_the_next(void **state)
{
	uint8_t buf[256];
	struct dl3t_end end;

	(void)state;
	begin(&end);
	size_t len = tuple(buf, sizeof(buf), DL3_TUPLE_SIPTRACK, "\0S\0T\0", 5);
	len += tuple(buf + len, sizeof(buf) - len, DL3_TUPLE_DELTA3, "<Detail><Call>", 15);
	len += tuple(buf + len, sizeof(buf) - len, DL3_TUPLE_DELTA3, call_lost, sizeof(call_lost));
	event(&end, PBX, 7, buf, len);
	const char *log = dl3t_text_of(&end.log);
	assert_memory_equal(log, "malformed tuple c0a82a03 7: tuple 00760003 ", 43);
	log = strchr(log, '\n') + 1;
	assert_memory_equal(log, "malformed tuple c0a82a03 7: tuple 00760001 ", 43);
	log = strchr(log, '\n') + 1;
	assert_memory_equal(log, "record c0a82a03 7.2 ", 20);
	dl3t_end_finish(&end);
}

static void truncated_tuple_after_a_good_one(void **state)
{
	uint8_t buf[128];
	struct dl3t_end end;

	(void)state;
	begin(&end);
	size_t len = tuple(buf, sizeof(buf), DL3_TUPLE_DELTA3, call_lost, sizeof(call_lost));
	memcpy(buf + len, "\x00\x76\x00\x01\xea\x60<", 7);
	event(&end, PBX, 7, buf, len + 7);
	const char *log = dl3t_text_of(&end.log);
	assert_memory_equal(log, "record c0a82a03 7.0 ", 20);
	log = strchr(log, '\n') + 1;
	/* The length stands behind 12 octets of head, the first tuple of 58, and the code. */
	assert_memory_equal(
		log,
		"malformed c0a82a03 7: expected a tuple that ends inside its frame, came the length 60000 ",
		88);
	assert_non_null(strstr(log, "at octet 74; octets=77 octets"));
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_quiet(&end);
	lost(&end, PBX, 8);
	assert_line(&end, "", PBX, 8);
	dl3t_end_finish(&end);
}

static void event_before_authentication(void **state)
{
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };

	(void)state;
	lost(&end, PBX, 1);
	assert_log(&end, "unknown event 10300011 id 0\n");
	dl3t_end_finish(&end);
}

static void feeding_does_not_disturb_an_event_half_told(void **state)
{
	uint8_t buf[256];
	uint8_t frame[512];
	size_t len = 0;
	struct dl3_event ev;
	struct dl3t_end end;
	struct dl3_msg msg = { .type = DL3_MSG_EVENT };

	(void)state;
	begin(&end);
	for (int i = 0; i < 3; i++)
		len += tuple(buf + len, sizeof(buf) - len, DL3_TUPLE_DELTA3, call_lost, sizeof(call_lost));
	msg.u.event = (struct dl3_event_message){ .pbx = PBX, .counter = 1, .tuples = { buf, len } };
	assert_int_equal(dl3_msg_encode(&msg, frame, sizeof(frame), &len), DL3_OK);
	assert_int_equal(dl3_session_feed(end.s, frame, len), len);
	uint8_t filler[DL3_INPUT_WINDOW] = { 0x49, 0, 0x07, 0x12, 0x34, 0x56, 0x78 };
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(dl3_session_next(end.s, &ev), DL3_OK);
		assert_int_equal(ev.type, DL3_EV_RECORD);
		assert_int_equal(ev.u.record.index, i);
		assert_int_equal(ev.u.record.record->kind, DL3_KIND_CALL_LOST);
		assert_int_equal(dl3_session_feed(end.s, i == 0 ? filler : filler + 7, i == 0 ? 7 : 0),
		                 i == 0 ? 7 : 0);
	}
	assert_int_equal(dl3_session_next(end.s, &ev), DL3_OK);
	assert_int_equal(ev.type, DL3_EV_UNKNOWN);
	dl3t_end_finish(&end);
}

/* ---- Time ---- */

static void assert_times_out(struct dl3t_end *end, uint64_t sent, const char *what)
{
	uint64_t due = sent + DL3_ANSWER_TIMEOUT_MS;

	assert_int_equal(dl3_session_deadline(end->s), due);
	dl3t_end_tick(end, due - 1);
	assert_int_equal(end->err, DL3_NEED_MORE);
	dl3t_end_tick(end, due);
	assert_int_equal(end->err, DL3_ERR_TIMEOUT);
	assert_string_equal(dl3_session_fault(end->s).expected, what);
	assert_int_equal(dl3_session_deadline(end->s), DL3_NEVER);
	dl3t_end_tick(end, due + 1);
	dl3t_end_finish(end);
}

static void what_does_not_come_in_time(void **state)
{
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };

	(void)state;
	dl3_session_tick(end.s, 5);
	assert_int_equal(dl3_client_authenticate(end.s, "app", "secret", NULL), DL3_OK);
	assert_times_out(&end, 5, "an answer to the authentication");
	begin(&end);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	assert_times_out(&end, 0, "an answer to the test packet");
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	event_reply(&end, 2, DL3_EVENTS_SUCCESS, "");
	assert_times_out(&end, 0, "an answer to the test packet behind the event request");
}

#define LATE_FILE "timeout: an answer to the file read; 0 octets\n"

static void a_file_that_does_not_come_fails_alone(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	dl3t_end_tick(&end, 1000);
	assert_int_equal(dl3_client_read(end.s, "x", NULL), DL3_OK);
	assert_int_equal(dl3_client_read(end.s, "y", NULL), DL3_OK);
	assert_int_equal(dl3_session_deadline(end.s), 11000);
	dl3t_end_tick(&end, 10999);
	assert_log(&end, "");
	file_reply(&end, 3, "b");
	assert_log(&end, "file 3 result 00000000 contents='b'\n");
	dl3t_end_tick(&end, 11000);
	assert_log(&end, "failed 2 " LATE_FILE);
	/* What comes too late answers nothing, and least of all another request. */
	uint32_t id = 0;
	assert_int_equal(dl3_client_read(end.s, "z", &id), DL3_OK);
	file_reply(&end, 2, "a");
	assert_log(&end, "unknown read_reply 80300041 id 2\n");
	file_reply(&end, id, "c");
	assert_log(&end, "file 4 result 00000000 contents='c'\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	assert_int_equal(dl3_session_deadline(end.s), 11000 + DL3_KEEPALIVE_MS);
	dl3t_end_finish(&end);
}

static void files_do_not_hide_a_dead_link(void **state)
{
	struct dl3t_end end;
	uint64_t now = 0;

	(void)state;
	begin(&end);
	while (end.err == DL3_NEED_MORE && now < 100000) {
		assert_int_equal(dl3_client_read(end.s, "x", NULL), DL3_OK);
		now += 5000;
		dl3t_end_tick(&end, now);
	}
	assert_int_equal(now, DL3_KEEPALIVE_MS + DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	assert_string_equal(dl3_session_fault(end.s).expected, "an answer to the keep-alive");
	dl3t_end_finish(&end);
}

static void silence_is_broken_by_a_keepalive(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_session_deadline(end.s), DL3_KEEPALIVE_MS);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS - 1);
	assert_int_equal(end.out.len, 0);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS);
	assert_int_equal(end.out.len, 15);
	assert_int_equal(dl3_session_deadline(end.s), DL3_KEEPALIVE_MS + DL3_ANSWER_TIMEOUT_MS);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS + 10);
	test_reply(&end, 2, DL3_TEST_SUCCESS);
	assert_log(&end, "");
	assert_int_equal(dl3_session_deadline(end.s), 2 * DL3_KEEPALIVE_MS + 10);
	dl3t_end_finish(&end);
}

static void half_open_link_is_found(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS);
	assert_times_out(&end, DL3_KEEPALIVE_MS, "an answer to the keep-alive");
}

static void input_puts_the_keepalive_off(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	dl3t_end_tick(&end, 20000);
	lost(&end, PBX, 1);
	assert_int_equal(dl3_session_deadline(end.s), 20000 + DL3_KEEPALIVE_MS);
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS);
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

static void keepalives_may_be_off(void **state)
{
	struct dl3_client_config config = { .limits = { .no_keepalive = true } };
	struct dl3t_end end;

	(void)state;
	begin_with(&end, &config);
	assert_int_equal(dl3_session_deadline(end.s), DL3_NEVER);
	dl3t_end_tick(&end, 100 * DL3_KEEPALIVE_MS);
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

static void no_keepalive_before_authentication(void **state)
{
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };

	(void)state;
	assert_int_equal(dl3_session_deadline(end.s), 0);
	dl3t_end_tick(&end, 1);
	assert_int_equal(dl3_session_deadline(end.s), DL3_NEVER);
	dl3t_end_tick(&end, 10 * DL3_KEEPALIVE_MS);
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

static void time_does_not_run_backwards(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	dl3t_end_tick(&end, 5000);
	dl3t_end_tick(&end, 10);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	assert_times_out(&end, 5000, "an answer to the test packet");
}

static void what_is_asked_before_the_first_tick(void **state)
{
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };

	(void)state;
	assert_int_equal(dl3_client_authenticate(end.s, "app", "secret", NULL), DL3_OK);
	dl3t_end_run(&end);
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_tick(&end, 1u << 30);
	assert_times_out(&end, 1u << 30, "an answer to the authentication");
}

static void round_trip_of_what_is_asked_before_the_first_tick(void **state)
{
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };

	(void)state;
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	dl3t_end_tick(&end, 5000);
	dl3t_end_tick(&end, 5003);
	test_reply(&end, 1, DL3_TEST_SUCCESS);
	assert_log(&end, "test_reply 1 result 00000000 after 3 payload=''\n");
	dl3t_end_finish(&end);
}

static void end_of_time(void **state)
{
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };

	(void)state;
	dl3_session_tick(end.s, DL3_NEVER - 1);
	assert_int_equal(dl3_client_authenticate(end.s, "app", "secret", NULL), DL3_OK);
	assert_int_equal(dl3_session_deadline(end.s), DL3_NEVER);
	dl3t_end_run(&end);
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

static void answer_that_was_fed_is_not_late(void **state)
{
	static const uint8_t answer[] = {
		0x49, 0, 0x13, 0x80, 0x2a, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0
	};
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	assert_int_equal(dl3_session_feed(end.s, answer, sizeof(answer)), sizeof(answer));
	dl3t_end_tick(&end, DL3_ANSWER_TIMEOUT_MS + 1);
	assert_log(&end, "test_reply 2 result 00000000 after 10001 payload=''\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

static void large_file_that_still_arrives_is_not_late(void **state)
{
	size_t size = 200000;
	uint8_t *file = calloc(size, 1);
	uint8_t header[DL3_FRAME_HEADER_MAX];
	static const uint8_t head[] = { 0x80, 0x30, 0, 0x41, 0, 0, 0, 2, 0, 0, 0, 0 };
	uint64_t now = 0;
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "large", NULL), DL3_OK);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	size_t n = dl3_frame_header(sizeof(head) + size, header);
	dl3t_end_feed(&end, header, n, 0);
	dl3t_end_feed(&end, head, sizeof(head), 0);
	for (size_t at = 0; at < size; at += 20000) {
		now += DL3_ANSWER_TIMEOUT_MS - 1;
		dl3t_end_tick(&end, now);
		dl3t_end_feed(&end, file + at, 20000, 0);
		assert_int_equal(end.err, DL3_NEED_MORE);
		assert_int_equal(dl3_session_deadline(end.s), now + DL3_ANSWER_TIMEOUT_MS);
	}
	assert_log(&end, "file 2 result 00000000 contents=200000 octets, sum 00000000\n");
	dl3t_end_tick(&end, now + DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	free(file);
	dl3t_end_finish(&end);
}

static void large_file_that_stops_is_late(void **state)
{
	static const uint8_t start[] = {
		0x49, 0xff, 0x7f, 0xff, 0x80, 0x30, 0, 0x41, 0, 0, 0, 2, 0, 0, 0, 0
	};
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "large", NULL), DL3_OK);
	dl3t_end_feed(&end, start, sizeof(start), 0);
	assert_times_out(&end, 0, "the rest of a frame");
}

/* Feeds `step` octets every `ms`, up to `most`. @return how many were fed before the session ended. */
static size_t drip(struct dl3t_end *end, size_t step, uint64_t ms, size_t most)
{
	static const uint8_t zeros[DL3_INPUT_WINDOW];
	uint64_t now = 0;
	size_t fed = 0;

	while (fed < most && end->err == DL3_NEED_MORE) {
		now += ms;
		dl3t_end_tick(end, now);
		if (end->err != DL3_NEED_MORE)
			break;
		dl3t_end_feed(end, zeros, step, 0);
		fed += step;
	}
	return fed;
}

static void a_large_frame_that_drips_in_is_late(void **state)
{
	static const uint8_t head[] = { 0x49, 0xff, 0x7f, 0xff, 0x80, 0x30, 0, 0x41, 0, 0, 0, 2, 0, 0, 0, 0 };
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "large", NULL), DL3_OK);
	dl3t_end_feed(&end, head, sizeof(head), 0);
	assert_int_equal(drip(&end, 1, 3000, 4000000), 3);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	struct dl3_fault fault = dl3_session_fault(end.s);
	assert_string_equal(fault.expected, "the rest of a frame");
	assert_int_equal(fault.offset, 15);
	dl3t_end_finish(&end);
}

static void a_small_frame_that_drips_in_is_late(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	dl3t_say_hex(&end, "4970");
	assert_int_equal(dl3_session_deadline(end.s), DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(drip(&end, 1, 5000, 20000), 1);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	dl3t_end_finish(&end);
}

/* The clock of a frame begins where the one before it ends, not with that one. */
static void each_frame_has_its_time(void **state)
{
	static const uint8_t unknown[] = { 0x49, 0, 7, 1, 2, 3, 4 };
	struct dl3t_end end;

	(void)state;
	begin(&end);
	for (uint64_t i = 0; i < sizeof(unknown) * 10; i++) {
		dl3t_end_tick(&end, i * 1500);
		dl3t_end_feed(&end, unknown + i % sizeof(unknown), 1, 0);
		assert_int_equal(end.err, DL3_NEED_MORE);
	}
	/* Two frames end in one read with the start of a third. */
	uint64_t now = 200000;
	dl3t_end_tick(&end, now);
	dl3t_say_hex(&end, "49000701020304490007010203044900");
	dl3t_end_tick(&end, now + DL3_ANSWER_TIMEOUT_MS - 1);
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_tick(&end, now + DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	dl3t_end_finish(&end);
}

static void a_slow_frame_goes_on(void **state)
{
	static const uint8_t head[] = { 0x49, 0xff, 0x7f, 0xff, 0x80, 0x30, 0, 0x41, 0, 0, 0, 2, 0, 0, 0, 0 };
	size_t left = DL3_FRAME_MAX - sizeof(head);
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_read(end.s, "large", NULL), DL3_OK);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	dl3t_end_feed(&end, head, sizeof(head), 0);
	assert_int_equal(drip(&end, DL3_INPUT_WINDOW / 4, 2499, left), (left / 4096 + 1) * 4096);
	assert_memory_equal(dl3t_text_of(&end.log), "file 2 result 00000000 contents=41942", 37);
	dl3t_end_finish(&end);
}

/* Events of a snapshot: `each` records every `ms`. @return when the session ended; 0 if it did not. */
static uint64_t snapshot(struct dl3t_end *end, unsigned each, uint64_t ms, uint64_t until)
{
	uint32_t counter = 0;

	for (uint64_t now = 0; now < until; now += ms) {
		dl3t_end_tick(end, now);
		if (end->err != DL3_NEED_MORE)
			return now;
		for (unsigned i = 0; i < each; i++)
			lost(end, PBX, counter++);
		dl3t_end_quiet(end);
	}
	return 0;
}

static void a_long_snapshot_is_not_late(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	event_reply(&end, 2, DL3_EVENTS_SUCCESS, "");
	assert_int_equal(snapshot(&end, 50, 1000, 100000), 0);
	test_reply(&end, 3, DL3_TEST_SUCCESS);
	assert_log(&end, "snapshot_end 2\n");
	dl3t_end_finish(&end);
}

static void a_snapshot_without_an_end_is_late(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	event_reply(&end, 2, DL3_EVENTS_SUCCESS, "");
	assert_int_equal(snapshot(&end, 50, 1000, 1000000), DL3_SNAPSHOT_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	dl3t_end_finish(&end);
	/* A few events are no snapshot that comes on. */
	begin(&end);
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_OK);
	event_reply(&end, 2, DL3_EVENTS_SUCCESS, "");
	assert_in_range(snapshot(&end, 1, 1000, 1000000), 1, 2 * DL3_ANSWER_TIMEOUT_MS);
	dl3t_end_finish(&end);
}

static void small_frames_do_not_hide_a_late_answer(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin(&end);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	for (uint32_t i = 1; i < 10; i++) {
		dl3t_end_tick(&end, 1000u * i);
		lost(&end, PBX, i);
		assert_int_equal(end.err, DL3_NEED_MORE);
	}
	dl3t_end_tick(&end, DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	dl3t_end_finish(&end);
}

DL3T_TESTS(cmocka_unit_test(calls_before_authentication), cmocka_unit_test(arguments_of_requests),
           cmocka_unit_test(answers_come_in_any_order), cmocka_unit_test(answers_nobody_waits_for),
           cmocka_unit_test(messages_nobody_knows), cmocka_unit_test(messages_that_cannot_be_read),
           cmocka_unit_test(answers_that_cannot_be_read),
           cmocka_unit_test(answers_of_another_kind_retire_nothing),
           cmocka_unit_test(a_barrier_that_cannot_be_read_ends_the_snapshot),
           cmocka_unit_test(a_dead_stream_is_heard_in_an_answer_half_read),
           cmocka_unit_test(files_that_are_not_there),
           cmocka_unit_test(event_request_and_its_barrier_on_the_wire),
           cmocka_unit_test(snapshot_ends_with_the_barrier), cmocka_unit_test(no_snapshot_without_a_stream),
           cmocka_unit_test(answers_of_few_words), cmocka_unit_test(barrier_that_overtakes_is_sent_again),
           cmocka_unit_test(barrier_alone_does_not_answer_the_request),
           cmocka_unit_test(two_event_requests_at_once),
           cmocka_unit_test(the_owners_test_tells_of_a_dead_stream),
           cmocka_unit_test(a_barrier_finds_a_dead_stream), cmocka_unit_test(a_payload_too_long_is_no_end),
           cmocka_unit_test(counters_in_order), cmocka_unit_test(counter_wraps_in_order),
           cmocka_unit_test(gap_is_told_before_the_records), cmocka_unit_test(duplicate_gives_no_records),
           cmocka_unit_test(jump_back_is_a_restart), cmocka_unit_test(each_pbx_has_its_counter),
           cmocka_unit_test(more_pbxs_than_are_followed), cmocka_unit_test(event_of_many_tuples),
           cmocka_unit_test(event_without_tuples), cmocka_unit_test(bad_tuple_does_not_hide_the_next),
           cmocka_unit_test(truncated_tuple_after_a_good_one), cmocka_unit_test(event_before_authentication),
           cmocka_unit_test(feeding_does_not_disturb_an_event_half_told),
           cmocka_unit_test(what_does_not_come_in_time),
           cmocka_unit_test(a_file_that_does_not_come_fails_alone),
           cmocka_unit_test(files_do_not_hide_a_dead_link),
           cmocka_unit_test(silence_is_broken_by_a_keepalive), cmocka_unit_test(half_open_link_is_found),
           cmocka_unit_test(input_puts_the_keepalive_off), cmocka_unit_test(keepalives_may_be_off),
           cmocka_unit_test(no_keepalive_before_authentication),
           cmocka_unit_test(time_does_not_run_backwards),
           cmocka_unit_test(what_is_asked_before_the_first_tick),
           cmocka_unit_test(round_trip_of_what_is_asked_before_the_first_tick), cmocka_unit_test(end_of_time),
           cmocka_unit_test(answer_that_was_fed_is_not_late),
           cmocka_unit_test(large_file_that_still_arrives_is_not_late),
           cmocka_unit_test(large_file_that_stops_is_late),
           cmocka_unit_test(a_large_frame_that_drips_in_is_late),
           cmocka_unit_test(a_small_frame_that_drips_in_is_late), cmocka_unit_test(each_frame_has_its_time),
           cmocka_unit_test(a_slow_frame_goes_on), cmocka_unit_test(a_long_snapshot_is_not_late),
           cmocka_unit_test(a_snapshot_without_an_end_is_late),
           cmocka_unit_test(small_frames_do_not_hide_a_late_answer));
