/* SPDX-License-Identifier: MIT */
/* A link whose owner does not read, or whose program stood still: what nobody looked at is not late. */
#include "support/test.h"

#include "support/linked.h"

struct stage {
	struct pbx pbx;
	struct linked link;
	struct hand hand;
};

#define ANSWER_MS 300u

static void stage_begin(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	hand_link(&s->hand, &s->link, &s->pbx, "devlink3");
	s->link.config.retry_min_ms = 600000;
	s->link.config.retry_max_ms = 600000;
	s->link.config.limits.answer_timeout_ms = ANSWER_MS;
	s->link.config.limits.keepalive_ms = 50;
	link_begin(&s->link);
}

static void stage_end(struct stage *s)
{
	assert_int_equal(s->link.down.reason, DL3_REASON_NONE);
	hand_end(&s->hand, &s->link, &s->pbx);
}

/* The whole program stands still, as on a laptop whose lid is closed. */
static void stand_still(void)
{
	(void)poll(NULL, 0, 700);
}

/* Sends without the loop's having a turn, as much as there is room for. @return octets. */
static size_t send_only(const struct hand *h, const void *data, size_t len)
{
	ssize_t n = send(h->c.fd, data, len, MSG_NOSIGNAL);

	return n > 0 ? (size_t)n : 0;
}

static void send_test(const struct hand *h, uint32_t request)
{
	struct dl3_msg m = { .type = DL3_MSG_TEST_REPLY, .request_id = request };
	uint8_t octets[64];
	size_t len;

	assert_int_equal(dl3_msg_encode(&m, octets, sizeof(octets), &len), DL3_OK);
	assert_int_equal(send_only(h, octets, len), len);
}

/* So many events, and what their octets are. */
static uint8_t *many_events(uint32_t count, size_t *len)
{
	uint8_t *octets = malloc((size_t)count * 128);

	assert_non_null(octets);
	*len = 0;
	for (uint32_t i = 0; i < count; i++)
		*len += event_octets(i + 1, octets + *len, 128);
	return octets;
}

/* Up to where the barrier behind the event request has been heard. @return its id. */
static uint32_t to_the_snapshot(struct stage *s)
{
	struct hand *h = &s->hand;
	struct pbx *p = &s->pbx;

	hand_accept(h, p);
	hand_let_in(h, p);
	hand_say_stream(h, p, hear(p, &h->c).request_id, DL3_EVENTS_SUCCESS);
	struct dl3_msg m = hear(p, &h->c);
	assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
	UNTIL(IN_STATE(&s->link, DL3_LINK_SNAPSHOT));
	return m.request_id;
}

static uint32_t hear_keepalive(struct stage *s)
{
	struct dl3_msg m = hear(&s->pbx, &s->hand.c);

	assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
	return m.request_id;
}

static void answer_that_came_meanwhile_is_not_late(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_bring_up(&s->hand, &s->link, p);
	send_test(&s->hand, hear_keepalive(s));
	stand_still();
	wait_ms(p, 20);
	/* It goes on with the next. */
	hand_say_test(&s->hand, p, hear_keepalive(s));
	stage_end(s);
}

/* More than one read gives, and the answer behind it. */
static void answer_behind_much_else_is_not_late(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;
	size_t len, at = 0;
	uint8_t *octets = many_events(6000, &len);

	(void)state;
	stage_begin(s);
	uint32_t barrier = to_the_snapshot(s);
	at = send_only(&s->hand, octets, len);
	assert_true(at > 2 * DL3_INPUT_WINDOW);
	stand_still();
	/* What had no room comes now. */
	if (at < len)
		put(p, &s->hand.c, octets + at, len - at);
	hand_say_test(&s->hand, p, barrier);
	UNTIL(IN_STATE(&s->link, DL3_LINK_UP));
	assert_int_equal(s->link.records, 6000);
	free(octets);
	stage_end(s);
}

/* The PBX answers what it is asked, but only sees the question now: its machine is the same. */
static void one_that_answers_after_the_standstill_is_not_late(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_bring_up(&s->hand, &s->link, p);
	uint32_t keepalive = hear_keepalive(s);
	stand_still();
	turn(p);
	turn(p);
	hand_say_test(&s->hand, p, keepalive);
	hand_say_test(&s->hand, p, hear_keepalive(s));
	stage_end(s);
}

/* But a dead one is found all the same, however often the program stands still. */
static void dead_one_is_found_by_one_that_stands_still(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;
	int i = 0;

	(void)state;
	stage_begin(s);
	hand_bring_up(&s->hand, &s->link, p);
	(void)hear_keepalive(s);
	for (; s->link.down.reason == DL3_REASON_NONE && i < 5; i++) {
		stand_still();
		wait_ms(p, 40);
	}
	assert_int_equal(s->link.down.reason, DL3_REASON_NO_ANSWER);
	assert_in_range(i, 1, 3);
	s->link.down.reason = DL3_REASON_NONE;
	stage_end(s);
}

/* ---- Paused ---- */

static void paused_link_is_not_given_up(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_bring_up(&s->hand, &s->link, p);
	(void)hear_keepalive(s); /* which nobody answers now */
	dl3_link_pause(s->link.link, true);
	wait_ms(p, 3 * ANSWER_MS);
	assert_true(IN_STATE(&s->link, DL3_LINK_UP));
	/* And when it is read again there is as much time as there was. */
	dl3_link_pause(s->link.link, false);
	wait_ms(p, 20);
	assert_true(IN_STATE(&s->link, DL3_LINK_UP));
	/* Then it is late. */
	UNTIL(s->link.down.reason != DL3_REASON_NONE);
	assert_int_equal(s->link.down.reason, DL3_REASON_NO_ANSWER);
	s->link.down.reason = DL3_REASON_NONE;
	stage_end(s);
}

static void paused_link_goes_on_where_it_was(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;
	size_t len, at = 0;
	uint8_t *octets = many_events(6000, &len);

	(void)state;
	stage_begin(s);
	uint32_t barrier = to_the_snapshot(s);
	s->link.when_event = PAUSE_IT;
	uint64_t end = now() + 2 * ANSWER_MS;
	while (now() < end) {
		at += send_only(&s->hand, octets + at, len - at);
		turn(p);
	}
	/* One was told, and it was paused there. */
	assert_int_equal(s->link.records, 1);
	assert_true(IN_STATE(&s->link, DL3_LINK_SNAPSHOT));
	/* What a paused link holds of its own is bounded. */
	assert_true(dl3_session_memory(dl3_link_session(s->link.link)) < 128 * 1024);
	/* One event each time it is let go. */
	for (unsigned i = 2; i <= 20; i++) {
		dl3_link_pause(s->link.link, false);
		UNTIL(s->link.records == i);
		turn(p);
		assert_int_equal(s->link.records, i);
	}
	s->link.when_event = LEAVE;
	dl3_link_pause(s->link.link, false);
	if (at < len)
		put(p, &s->hand.c, octets + at, len - at);
	hand_say_test(&s->hand, p, barrier);
	UNTIL(IN_STATE(&s->link, DL3_LINK_UP));
	assert_int_equal(s->link.records, 6000);
	assert_int_equal(dl3_link_counts(s->link.link).gaps, 0);
	free(octets);
	stage_end(s);
}

/* Nor does one that is paused burn time. */
static void paused_link_sleeps(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_bring_up(&s->hand, &s->link, p);
	dl3_link_pause(s->link.link, true);
	hand_say_event(&s->hand, p, 1);
	turn(p);
	unsigned woken = 0;
	for (uint64_t end = now() + 200; now() < end; woken++) {
		const struct timeval tv = { .tv_usec = 50000 };
		(void)event_base_loopexit(p->base, &tv);
		(void)event_base_loop(p->base, EVLOOP_ONCE);
	}
	assert_int_equal(s->link.records, 0);
	assert_true(woken < 60);
	dl3_link_pause(s->link.link, false);
	UNTIL(s->link.records == 1);
	stage_end(s);
}

static void link_paused_before_it_began_logs_in_when_let_go(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	dl3_link_pause(s->link.link, true);
	hand_accept(&s->hand, p);
	struct dl3_msg m = hear(p, &s->hand.c);
	hand_say_auth(&s->hand, p, m.request_id, DL3_AUTH_CHALLENGE_SHA1);
	wait_ms(p, 2 * ANSWER_MS);
	assert_true(IN_STATE(&s->link, DL3_LINK_LOGIN));
	assert_int_equal(s->link.events, 0);
	dl3_link_pause(s->link.link, false);
	(void)hand_auth(&s->hand, p, DL3_AUTH_SUCCESS);
	UNTIL(IN_STATE(&s->link, DL3_LINK_ASKING));
	stage_end(s);
}

/* A PBX that gives a paused link up is noticed, though nobody reads. */
static void paused_link_notices_the_end(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_bring_up(&s->hand, &s->link, p);
	dl3_link_pause(s->link.link, true);
	turn(p);
	hang_up(&s->hand.c);
	UNTIL(s->link.down.reason != DL3_REASON_NONE);
	assert_int_equal(s->link.down.reason, DL3_REASON_CLOSED);
	s->link.down.reason = DL3_REASON_NONE;
	stage_end(s);
}

DL3T_TESTS(cmocka_unit_test(answer_that_came_meanwhile_is_not_late),
           cmocka_unit_test(answer_behind_much_else_is_not_late),
           cmocka_unit_test(one_that_answers_after_the_standstill_is_not_late),
           cmocka_unit_test(dead_one_is_found_by_one_that_stands_still),
           cmocka_unit_test(paused_link_is_not_given_up), cmocka_unit_test(paused_link_goes_on_where_it_was),
           cmocka_unit_test(paused_link_sleeps),
           cmocka_unit_test(link_paused_before_it_began_logs_in_when_let_go),
           cmocka_unit_test(paused_link_notices_the_end));
