/* SPDX-License-Identifier: MIT */
/* WebSocket: frames that go out, and subscriptions that come. */
#include "support/test.h"

#include "gateway/consumer_parts.h"
#include "support/stage.h"

static const uint64_t *tagged(const char *extension)
{
	static uint64_t tags[2];

	tags[0] = hub_tag(HUB_EXTENSION, dl3_str_of(extension));
	return tags;
}

/* Publishes a call of each of two extensions. @return whether the first one's, the second's came, as bits. */
static unsigned heard(struct stage *s, struct reader *r)
{
	const size_t before = r->count;
	unsigned bits = 0;

	stage_tell(s, HUB_CALL, "a", 201, tagged("201"));
	stage_tell(s, HUB_CALL, "b", 202, tagged("202"));
	stage_drain(s, r);
	for (size_t i = before; i < r->count; i++)
		bits |= r->messages[i].n == 201 ? 1u : r->messages[i].n == 202 ? 2u : 0u;
	return bits;
}

/* ---- What goes out ---- */

static void messages_of_a_turn_share_frames(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	stage_tell(&s, HUB_CALL, "a", 0, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.frames, 1);
	for (int i = 1; i <= 100; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.frames, 2);
	assert_int_equal(r.count, 101);
	for (int i = 0; i <= 100; i++) {
		assert_int_equal(r.messages[i].n, i);
		assert_int_equal(r.messages[i].seq, i + 1);
	}
	reader_close(&r);
	stage_close(&s);
}

static void frames_are_of_every_length(void **state)
{
	(void)state;
	static char body[70001];
	struct stage s;
	struct reader r;
	/* Around the lengths at which the header changes, and those at which a frame is closed. */
	static const size_t around[] = { 126, 65536, CONSUMER_CHUNK };

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	for (size_t i = 0; i < 3; i++)
		for (size_t len = around[i] - 100; len < around[i] + 10; len++) {
			struct hub_news news = { .kind = HUB_CALL, .key = "call" };
			memset(body, 'x', len);
			memcpy(body, "{\"x\":\"", 6);
			memcpy(body + len - 2, "\"}", 2);
			news.body = (struct dl3_str){ .ptr = body, .len = (uint32_t)len };
			hub_publish(s.hub, &news);
			if (len % 3 == 0)
				stage_drain(&s, &r);
		}
	stage_drain(&s, &r);
	assert_int_equal(r.count, 330);
	for (size_t i = 0; i < r.count; i++)
		assert_int_equal(r.messages[i].seq, i + 1);
	reader_close(&r);
	stage_close(&s);
}

static void frames_of_many_messages_are_not_too_long(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	for (int i = 1; i <= 5000; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 5000);
	assert_true(r.longest_frame <= CONSUMER_CHUNK && r.longest_frame > CONSUMER_CHUNK / 2);
	reader_close(&r);
	stage_close(&s);
}

static void snapshots_and_gaps_come_as_messages(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ .ring_messages = 8 }, (struct consumers_config){ 0 });
	for (int i = 1; i <= 20; i++)
		stage_tell(&s, HUB_CALL, "a", i, NULL);
	stage_join_ws(&s, &r, "snapshot=1&from=2");
	stage_drain(&s, &r);
	assert_int_equal(r.count, 12);
	assert_string_equal(r.messages[0].scope, "history");
	assert_int_equal(r.messages[0].missed, 10);
	assert_string_equal(r.messages[1].what, "begin");
	assert_int_equal(r.messages[2].seq, 20);
	assert_string_equal(r.messages[3].what, "end");
	assert_int_equal(r.messages[4].seq, 13);
	reader_close(&r);
	stage_close(&s);
}

static void silence_is_broken_by_pings(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ 0 }, (struct consumers_config){ .heartbeat_ms = 30 });
	stage_join_ws(&s, &r, "");
	while (r.pings < 3) {
		stage_drain(&s, &r);
		(void)usleep(5000);
	}
	reader_say(&r, 0x8a, "", 0); /* a pong, which needs no answer */
	assert_int_equal(heard(&s, &r), 3);
	assert_int_equal(r.pongs, 0);
	reader_close(&r);
	stage_close(&s);
}

/* ---- Subscriptions ---- */

static void a_subscription_takes_the_place_of_the_one_before(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	assert_int_equal(heard(&s, &r), 3);
	reader_say_text(&r, "{\"subscribe\": {\"extension\": \"201\"}}");
	stage_turn(&s);
	assert_int_equal(heard(&s, &r), 1);
	reader_say_text(
		&r, "{\"subscribe\": {\"extension\": [\"999\", \"202\"], \"kind\": [\"user\", \"call\"]}}");
	stage_turn(&s);
	assert_int_equal(heard(&s, &r), 2);
	reader_say_text(&r, "{\"subscribe\": {\"extension\": 202}}");
	stage_turn(&s);
	assert_int_equal(heard(&s, &r), 2);
	reader_say_text(&r, "{\"subscribe\": {\"kind\": \"user,group\"}}");
	stage_turn(&s);
	assert_int_equal(heard(&s, &r), 0);
	reader_say_text(&r, "{\"subscribe\": {}}");
	stage_turn(&s);
	assert_int_equal(heard(&s, &r), 3);
	assert_int_equal(hub_counts(s.hub).channels, 1);
	reader_close(&r);
	stage_close(&s);
}

static void a_subscription_may_want_a_snapshot_or_what_was(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "kind=link");
	(void)heard(&s, &r);
	assert_int_equal(r.count, 0);
	reader_say_text(&r, "{\"subscribe\": {\"snapshot\": true}}");
	stage_drain(&s, &r);
	assert_int_equal(r.count, 4);
	assert_string_equal(r.messages[0].what, "begin");
	assert_string_equal(r.messages[3].what, "end");
	reader_say_text(&r, "{\"subscribe\": {\"from\": 1}}");
	stage_drain(&s, &r);
	assert_int_equal(r.count, 5);
	assert_int_equal(r.messages[4].seq, 2);
	reader_close(&r);
	stage_close(&s);
}

static void a_subscription_may_come_in_any_pieces(void **state)
{
	(void)state;
	static const char text[] = "{\"subscribe\": {\"extension\": \"201\"}}";
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join_ws(&s, &r, "");
	/* In frames of one octet, with a ping between them. */
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		unsigned first = (i == 0 ? 1u : 0u) | (i + 2 == sizeof(text) ? 0x80u : 0u);
		reader_say(&r, first, text + i, 1);
		if (i == 5)
			reader_say(&r, 0x89, "between", 7);
		stage_turn(&s);
	}
	assert_int_equal(heard(&s, &r), 1);
	assert_int_equal(r.pongs, 1);
	/* And a frame in pieces of one octet. */
	unsigned char frame[64] = { 0x81, 0x80 + 32, 0, 0, 0, 0 };
	memcpy(frame + 6, "{\"subscribe\":{\"extension\":\"202\"}}", 33);
	frame[1] = 0x80 + 33;
	for (size_t i = 0; i < 39; i++) {
		assert_int_equal(send(r.fd, frame + i, 1, 0), 1);
		stage_turn(&s);
	}
	assert_int_equal(heard(&s, &r), 2);
	reader_close(&r);
	stage_close(&s);
}

static void what_came_behind_the_request_is_heard(void **state)
{
	(void)state;
	static const char frame[] = "\x81\xa1\0\0\0\0{\"subscribe\":{\"extension\":\"202\"}}";
	struct stage s;
	struct reader r;
	int ends[2];

	stage_open(&s);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	reader_open(&r, ends[1], true);
	struct consumer_start start = { .fd = ends[0], .encoding = HUB_WEBSOCKET, .wish = stage_wish("") };
	start.input = (struct dl3_str){ .ptr = frame, .len = sizeof(frame) - 1 };
	assert_true(consumer_begin(s.consumers, &start));
	assert_int_equal(heard(&s, &r), 2);
	reader_close(&r);
	stage_close(&s);
}

static void a_subscription_that_cannot_be_is_answered_and_changes_nothing(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
		{ "", "no JSON" },
		{ "hello", "no JSON" },
		{ "{\"subscribe\": {\"extension\": \"201\"}", "no JSON" },
		{ "{\"subscribe\": {}, \"subscribe\": {}}", "no JSON" },
		{ "[]", "expected {\"subscribe\": {...}}" },
		{ "{}", "expected {\"subscribe\": {...}}" },
		{ "{\"subscribe\": []}", "expected {\"subscribe\": {...}}" },
		{ "{\"subscribe\": {\"extention\": \"201\"}}", "came 'extention'" },
		{ "{\"subscribe\": {\"kind\": \"calls\"}}", "came 'calls'" },
		{ "{\"subscribe\": {\"policy\": \"\"}}", "disconnect, skip or latest" },
		{ "{\"subscribe\": {\"queue\": -1}}", "came '-1'" },
		{ "{\"subscribe\": {\"queue\": 1.5}}", "expected text, a number" },
		{ "{\"subscribe\": {\"extension\": null}}", "expected text, a number" },
		{ "{\"subscribe\": {\"extension\": {}}}", "expected text, a number" },
		{ "{\"subscribe\": {\"extension\": [201]}}", "expected a list of text" },
		{ "{\"subscribe\": "
		  "{\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		  "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4x\xc3\xa4\xc3\xa4"
		  "\": 1}}",
		  "came '\xc3\xa4" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct stage s;
		struct reader r;
		stage_open(&s);
		stage_join_ws(&s, &r, "extension=202");
		reader_say_text(&r, bad[i][0]);
		stage_drain(&s, &r);
		assert_int_equal(r.count, 1);
		assert_string_equal(r.messages[0].kind, "error");
		if (!strstr(r.messages[0].detail, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], r.messages[0].detail);
		assert_int_equal(heard(&s, &r), 2);
		reader_close(&r);
		stage_close(&s);
	}
}

static bool only_201(const void *owner, struct consumer_wish *wish, char *error, size_t size)
{
	(void)owner;
	if (wish->filter.count[HUB_EXTENSION] > 0) {
		(void)snprintf(error, size, "you may not choose");
		return false;
	}
	wish->filter.tags[HUB_EXTENSION][wish->filter.count[HUB_EXTENSION]++] =
		hub_tag(HUB_EXTENSION, dl3_str_of("201"));
	return true;
}

static void a_subscription_is_narrowed_to_what_the_owner_may_have(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ 0 }, (struct consumers_config){ .narrow = only_201 });
	stage_join_ws(&s, &r, "");
	reader_say_text(&r, "{\"subscribe\": {}}");
	stage_turn(&s);
	assert_int_equal(heard(&s, &r), 1);
	reader_say_text(&r, "{\"subscribe\": {\"extension\": \"202\"}}");
	stage_drain(&s, &r);
	assert_string_equal(r.messages[r.count - 1].detail, "you may not choose");
	assert_int_equal(heard(&s, &r), 1);
	reader_close(&r);
	stage_close(&s);
}

static void who_is_behind_may_subscribe_anew(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	const struct consumer_wish wish = stage_wish("queue=100&policy=skip");
	long long users = 0, missed = 0;

	stage_open(&s);
	assert_true(stage_join_as(&s, &r, HUB_WEBSOCKET, &wish, 4096));
	for (int i = 1; i <= 300; i++) {
		stage_tell(&s, i % 2 ? HUB_CALL : HUB_USER, "a", i, NULL);
		stage_turn(&s);
	}
	const struct consumer *c = s.consumers->first;
	const uint64_t told = c->missed, from = c->next;
	reader_say_text(&r, "{\"subscribe\": {\"kind\": \"user\"}}");
	stage_turn(&s);
	assert_int_equal(c->behind, 0);
	stage_drain(&s, &r);
	for (size_t i = 0; i < r.count; i++) {
		missed += r.messages[i].missed > 0 ? r.messages[i].missed : 0;
		users += r.messages[i].seq >= (long long)from && strcmp(r.messages[i].kind, "user") == 0;
		if (r.messages[i].seq >= (long long)from)
			assert_string_not_equal(r.messages[i].kind, "call");
	}
	assert_true(told > 0);
	assert_int_equal(missed, told);
	assert_int_equal(users, (301 - (long long)from) / 2 + (from % 2 == 0));
	reader_close(&r);
	stage_close(&s);
}

DL3T_TESTS(cmocka_unit_test(messages_of_a_turn_share_frames), cmocka_unit_test(frames_are_of_every_length),
           cmocka_unit_test(frames_of_many_messages_are_not_too_long),
           cmocka_unit_test(snapshots_and_gaps_come_as_messages),
           cmocka_unit_test(silence_is_broken_by_pings),
           cmocka_unit_test(a_subscription_takes_the_place_of_the_one_before),
           cmocka_unit_test(a_subscription_may_want_a_snapshot_or_what_was),
           cmocka_unit_test(a_subscription_may_come_in_any_pieces),
           cmocka_unit_test(what_came_behind_the_request_is_heard),
           cmocka_unit_test(a_subscription_that_cannot_be_is_answered_and_changes_nothing),
           cmocka_unit_test(a_subscription_is_narrowed_to_what_the_owner_may_have),
           cmocka_unit_test(who_is_behind_may_subscribe_anew));
