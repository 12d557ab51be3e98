/* SPDX-License-Identifier: MIT */
/* WebSocket: pings, and the ways to end, also of those who keep to no rule. */
#include "support/test.h"

#include "gateway/consumer_parts.h"
#include "support/stage.h"

/* ---- Pings ---- */

static void a_ping_is_answered_with_what_it_held(void **state)
{
	(void)state;
	char payload[125];
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (char)i;
	for (size_t len = 0; len <= sizeof(payload); len += 25) {
		reader_say(&r, 0x89, payload, len);
		stage_drain(&s, &r);
		assert_int_equal(r.pong_len, len);
		assert_memory_equal(r.pong, payload, len);
	}
	assert_int_equal(r.pongs, 6);
	reader_close(&r);
	stage_close(&s);
}

static void who_pings_and_takes_nothing_has_to_wait(void **state)
{
	(void)state;
	static char payload[125];
	unsigned char frame[6 + sizeof(payload)] = { 0x89, 0x80 | sizeof(payload) };
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("");
	unsigned sent = 0, idle = 0;

	stage_open(&s);
	assert_true(stage_join_as(&s, &r, HUB_WEBSOCKET, &wish, 4096));
	while (idle < 10) {
		ssize_t n = send(r.fd, frame, sizeof(frame), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0) {
			stage_turn(&s);
			idle++;
			continue;
		}
		assert_int_equal(n, sizeof(frame));
		idle = 0;
		assert_true(++sent < 100000);
	}
	/* What it said stands in the socket, where it is the system's; nothing is lost of it. */
	assert_true(sent > 100);
	stage_drain(&s, &r);
	assert_int_equal(r.pongs, sent);
	const size_t before = r.count;
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.count, before + 1);
	reader_close(&r);
	stage_close(&s);
}

static void answers_do_not_break_into_messages(void **state)
{
	(void)state;
	static const char payload[100] = "ping";
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("");
	unsigned sent = 0;

	stage_open(&s);
	assert_true(stage_join_as(&s, &r, HUB_WEBSOCKET, &wish, 4096));
	for (int i = 1; i <= 2000; i++) {
		stage_tell(&s, HUB_CALL, "a", i, NULL);
		for (int k = 0; k < 3 && i % 5 == 0; k++, sent++)
			reader_say(&r, 0x89, payload, sizeof(payload));
		if (i % 50 == 0)
			reader_say_text(&r, "{\"subscribe\": {\"what\": 1}}");
		if (i % 3 == 0)
			stage_turn(&s);
		if (i % 2 == 0)
			(void)reader_read(&r, 600);
	}
	stage_drain(&s, &r);
	assert_int_equal(r.pongs, sent);
	long long last = 0;
	for (size_t i = 0; i < r.count; i++)
		if (strcmp(r.messages[i].kind, "call") == 0)
			assert_int_equal(r.messages[i].seq, ++last);
	assert_int_equal(last, 2000);
	reader_close(&r);
	stage_close(&s);
}

/* ---- The end ---- */

static void who_closes_is_answered(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	reader_say(&r, 0x88, "\x03\xe8", 2);
	stage_drain(&s, &r);
	assert_int_equal(r.close_code, 1000);
	assert_true(r.ended);
	assert_int_equal(consumers_count(s.consumers), 0);
	assert_int_equal(s.released, 1);
	reader_close(&r);
	stage_close(&s);
}

static void all_are_told_that_it_goes_away(void **state)
{
	(void)state;
	struct stage s;
	struct reader r, slow;
	const struct consumer_wish wish = stage_wish("");

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	assert_true(stage_join_as(&s, &slow, HUB_WEBSOCKET, &wish, 4096));
	for (int i = 1; i <= 1000; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_turn(&s);
	(void)reader_read(&r, 1000000);
	consumers_stop(s.consumers);
	stage_drain(&s, &r);
	stage_drain(&s, &slow);
	assert_int_equal(r.count, 1000);
	assert_int_equal(r.close_code, 1001);
	assert_int_equal(slow.close_code, 1001);
	assert_true(r.ended && slow.ended);
	reader_close(&r);
	reader_close(&slow);
	stage_close(&s);
}

static void who_is_too_slow_is_told_with_a_gap_and_a_code(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("policy=disconnect&queue=10");

	stage_open_as(&s, (struct hub_config){ .ring_messages = 64 }, (struct consumers_config){ 0 });
	assert_true(stage_join_as(&s, &r, HUB_WEBSOCKET, &wish, 4096));
	for (int i = 1; i <= 500; i++) {
		stage_tell(&s, HUB_CALL, "a", i, NULL);
		stage_turn(&s);
	}
	stage_drain(&s, &r);
	assert_true(r.ended);
	assert_int_equal(r.close_code, 1008);
	const struct reader_message *m = &r.messages[r.count - 1];
	assert_string_equal(m->scope, "slow");
	assert_int_equal(m->missed + m->seq, 500);
	reader_close(&r);
	stage_close(&s);
}

/* Says octets as they are. @return the code with which it was ended. */
static unsigned code_for(const void *octets, size_t len)
{
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	assert_int_equal(send(r.fd, octets, len, MSG_NOSIGNAL), len);
	stage_drain(&s, &r);
	const unsigned code = r.close_code;
	assert_int_equal(r.ended, code != 0);
	assert_int_equal(consumers_count(s.consumers), !r.ended);
	reader_close(&r);
	stage_close(&s);
	return code;
}

#define CODE_FOR(octets) code_for(octets, sizeof(octets) - 1)

static void what_is_no_frame_ends_it(void **state)
{
	(void)state;
	/* Not masked, of an unknown kind, with reserved bits, a continuation of nothing. */
	assert_int_equal(CODE_FOR("\x81\x02{}"), 1002);
	assert_int_equal(CODE_FOR("\x83\x80\0\0\0\0"), 1002);
	assert_int_equal(CODE_FOR("\xc1\x80\0\0\0\0"), 1002);
	assert_int_equal(CODE_FOR("\x80\x80\0\0\0\0"), 1002);
	/* A text that begins inside of another; what is not UTF-8. */
	assert_int_equal(CODE_FOR("\x01\x81\0\0\0\0{\x81\x81\0\0\0\0}"), 1002);
	assert_int_equal(CODE_FOR("\x81\x82\0\0\0\0\xc3\x28"), 1007);
}

/* wslay closes without a code when the header of a frame makes no sense by itself. */
static void what_has_no_header_of_a_frame_ends_it(void **state)
{
	(void)state;
	/* A ping in pieces, and one that is too long; a length that needs not so many octets, and one that no message has. */
	assert_int_equal(CODE_FOR("\x09\x80\0\0\0\0"), 1005);
	assert_int_equal(CODE_FOR("\x89\xfe\0\x7e\0\0\0\0"), 1005);
	assert_int_equal(CODE_FOR("\x81\xfe\0\x05\0\0\0\0hello"), 1005);
	assert_int_equal(CODE_FOR("\x81\xff\xff\0\0\0\0\0\0\0\0\0\0\0"), 1005);
	/* A close with half a code, which is taken as one without. */
	assert_int_equal(CODE_FOR("\x88\x81\0\0\0\0x"), 1005);
}

static void what_is_too_long_or_binary_ends_it(void **state)
{
	(void)state;
	static char text[20000];
	struct stage s;
	struct reader r;

	memset(text, ' ', sizeof(text));
	assert_int_equal(CODE_FOR("\x82\x81\0\0\0\0x"), 1003);
	stage_open(&s);
	stage_join_ws(&s, &r, "");
	reader_say(&r, 0x81, text, sizeof(text));
	stage_drain(&s, &r);
	assert_int_equal(r.close_code, 1009);
	assert_true(r.ended);
	reader_close(&r);
	/* Also in pieces, each of which is not. */
	stage_join_ws(&s, &r, "");
	for (int i = 0; i < 20 && !r.ended; i++) {
		reader_say(&r, i == 0 ? 0x01 : 0x00, text, 1000);
		stage_drain(&s, &r);
	}
	assert_int_equal(r.close_code, 1009);
	reader_close(&r);
	stage_close(&s);
}

static void who_just_leaves_is_gone(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	assert_int_equal(send(r.fd, "\x81\xfe\x10", 3, 0), 3);
	stage_turn(&s);
	reader_close(&r);
	stage_turn(&s);
	assert_int_equal(consumers_count(s.consumers), 0);
	assert_int_equal(hub_counts(s.hub).channels, 0);
	assert_int_equal(s.released, 1);
	stage_close(&s);
}

DL3T_TESTS(cmocka_unit_test(a_ping_is_answered_with_what_it_held),
           cmocka_unit_test(who_pings_and_takes_nothing_has_to_wait),
           cmocka_unit_test(answers_do_not_break_into_messages), cmocka_unit_test(who_closes_is_answered),
           cmocka_unit_test(all_are_told_that_it_goes_away),
           cmocka_unit_test(who_is_too_slow_is_told_with_a_gap_and_a_code),
           cmocka_unit_test(what_is_no_frame_ends_it),
           cmocka_unit_test(what_has_no_header_of_a_frame_ends_it),
           cmocka_unit_test(what_is_too_long_or_binary_ends_it), cmocka_unit_test(who_just_leaves_is_gone));
