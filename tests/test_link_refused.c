/* SPDX-License-Identifier: MIT */
/* A link that does not come up, or goes down: the reason it tells, what it advises, and whether and how long
 * it waits. */
#include "support/test.h"

#include "support/linked.h"

struct stage {
	struct pbx pbx;
	struct linked link;
	struct hand hand;
};

static void stage_begin(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	hand_link(&s->hand, &s->link, &s->pbx, "devlink3");
	s->link.config.retry_min_ms = 600000;
	s->link.config.retry_max_ms = 600000;
	s->link.config.retry_long_ms = 1000000;
	link_begin(&s->link);
}

static void stage_end(struct stage *s)
{
	hand_end(&s->hand, &s->link, &s->pbx);
}

static void down(struct stage *s, enum dl3_link_state to, enum dl3_link_reason reason, const char *detail,
                 const char *advice)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	UNTIL(k->down.reason != DL3_REASON_NONE);
	if (k->down.reason != reason)
		fail_msg("'%s' was expected, '%s' came: %s", dl3_link_reason_name(reason),
		         dl3_link_reason_name(k->down.reason), k->detail);
	assert_int_equal(k->down.state, to);
	if (!strstr(k->detail, detail))
		fail_msg("'%s' was expected, '%s' came", detail, k->detail);
	if (!strstr(k->advice, advice) || (*advice == '\0' && k->advice[0] != '\0'))
		fail_msg("'%s' was expected, '%s' came", advice, k->advice);
	assert_null(strchr(k->detail, '\n'));
	assert_int_equal(k->down.attempt, 1);
	if (to == DL3_LINK_STOPPED)
		assert_int_equal(k->down.retry_ms, 0);
	else
		assert_in_range(k->down.retry_ms, 300000, 1250000);
}

/* ---- Refusals ---- */

static void login_is_refused(uint32_t code, bool at_once, enum dl3_link_state to, enum dl3_link_reason reason,
                             const char *detail, const char *advice)
{
	struct stage stage, *s = &stage;

	stage_begin(s);
	hand_accept(&s->hand, &s->pbx);
	if (!at_once)
		(void)hand_auth(&s->hand, &s->pbx, DL3_AUTH_CHALLENGE_SHA1);
	(void)hand_auth(&s->hand, &s->pbx, code);
	down(s, to, reason, detail, advice);
	assert_int_equal(s->link.down.result, code);
	assert_int_equal(s->link.down.before, DL3_LINK_LOGIN);
	assert_int_equal(s->link.down.fault.err, DL3_ERR_REFUSED);
	assert_int_equal(s->link.refused, 1);
	stage_end(s);
}

static void wrong_password_stops(void **state)
{
	(void)state;
	for (int at_once = 0; at_once < 2; at_once++)
		login_is_refused(DL3_AUTH_FAILED, at_once != 0, DL3_LINK_STOPPED, DL3_REASON_WRONG_PASSWORD,
		                 "AUTHENTICATION FAILED", "too many wrong attempts lock it");
}

static void limits_exceeded_waits_long(void **state)
{
	(void)state;
	login_is_refused(DL3_AUTH_LIMITS_EXCEEDED, false, DL3_LINK_WAITING, DL3_REASON_LIMITS_EXCEEDED,
	                 "LIMITS EXCEEDED", "three connections");
}

static void retry_later_waits_long(void **state)
{
	(void)state;
	login_is_refused(DL3_AUTH_RETRY_LATER, true, DL3_LINK_WAITING, DL3_REASON_RETRY_LATER, "RETRY LATER",
	                 "may be locked");
}

static void missing_licence_stops(void **state)
{
	(void)state;
	login_is_refused(DL3_AUTH_LICENCE_MISSING, false, DL3_LINK_STOPPED, DL3_REASON_LICENCE_MISSING,
	                 "LICENCE MISSING", "install the licence");
}

static void unknown_code_stops(void **state)
{
	(void)state;
	login_is_refused(0x80000099, false, DL3_LINK_STOPPED, DL3_REASON_REFUSED, "0x80000099", "");
}

static void stream_is_refused(uint32_t code, enum dl3_link_state to, enum dl3_link_reason reason,
                              const char *detail, const char *advice)
{
	struct stage stage, *s = &stage;

	stage_begin(s);
	hand_accept(&s->hand, &s->pbx);
	hand_let_in(&s->hand, &s->pbx);
	hand_say_stream(&s->hand, &s->pbx, hear(&s->pbx, &s->hand.c).request_id, code);
	down(s, to, reason, detail, advice);
	assert_int_equal(s->link.down.result, code);
	assert_int_equal(s->link.down.before, DL3_LINK_ASKING);
	assert_int_equal(dl3_link_counts(s->link.link).connections, 0);
	stage_end(s);
}

static void unknown_flag_stops(void **state)
{
	(void)state;
	stream_is_refused(DL3_EVENTS_UNKNOWN_FLAG, DL3_LINK_STOPPED, DL3_REASON_STREAM_REFUSED,
	                  "UNKNOWN FLAG", "fewer flags");
}

static void insufficient_licence_stops(void **state)
{
	(void)state;
	stream_is_refused(DL3_EVENTS_INSUFFICIENT_LICENCE, DL3_LINK_STOPPED, DL3_REASON_LICENCE_MISSING,
	                  "INSUFFICIENT LICENCE", "licence on the PBX");
}

static void fourth_of_three_waits_long(void **state)
{
	(void)state;
	stream_is_refused(DL3_EVENTS_FEATURE_NOT_AVAILABLE, DL3_LINK_WAITING, DL3_REASON_LIMITS_EXCEEDED,
	                  "FEATURE NOT AVAILABLE", "close another one");
}

static void unknown_answer_to_the_event_request_stops(void **state)
{
	(void)state;
	stream_is_refused(0x80000077, DL3_LINK_STOPPED, DL3_REASON_STREAM_REFUSED, "0x80000077",
	                  "fewer flags");
}

static void waits_of_refusals_are_long(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	hand_link(h, k, p, "devlink3");
	k->config.retry_long_ms = 8;
	link_begin(k);
	for (int i = 0; i < 6; i++) {
		hand_accept(h, p);
		(void)hand_auth(h, p, i % 2 ? DL3_AUTH_RETRY_LATER : DL3_AUTH_LIMITS_EXCEEDED);
		hang_up(&h->c);
		UNTIL(times_in(k, DL3_LINK_WAITING) == (unsigned)i + 1);
		assert_in_range(k->down.retry_ms, 8, 10);
		assert_int_equal(k->down.attempt, i + 1);
	}
	hand_end(h, k, p);
}

/* A PBX locks accounts: so the same password is never tried twice. */
static void wrong_password_is_tried_once(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.password = "wrong";
	link_begin(k);
	UNTIL(k->count > 1 && IN_STATE(k, DL3_LINK_STOPPED));
	wait_ms(p, 20);
	assert_int_equal(p->logins, 1);
	/* Until there is another. */
	assert_int_equal(dl3_link_set_password(k->link, NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_link_set_password(k->link, "secret"), DL3_OK);
	wait_ms(p, 20);
	assert_int_equal(p->logins, 1);
	dl3_link_start(k->link);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(p->logins, 2);
	link_end(k);
	pbx_end(p);
}

static void once_is_once(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.once = true;
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	dl3_conn_abort(p->last, true);
	UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
	assert_int_equal(k->down.reason, DL3_REASON_CLOSED);
	wait_ms(p, 10);
	assert_int_equal(dl3_link_counts(k->link).attempts, 1);
	link_end(k);
	pbx_end(p);
}

/* ---- Waits ---- */

static void lies_between(uint32_t ms, uint32_t whole)
{
	if (ms < whole / 2 || ms > whole)
		fail_msg("%u is not from %u to %u", ms, whole / 2, whole);
}

static void back_off_doubles_up_to_its_end(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	uint32_t whole = 2, differ = 0;

	(void)state;
	pbx_prepare(p);
	link_prepare(k, p, "devlink3://app@127.0.0.1:1");
	k->config.retry_min_ms = 2;
	k->config.retry_max_ms = 13;
	link_begin(k);
	UNTIL(times_in(k, DL3_LINK_WAITING) == 40);
	for (size_t i = 0; i < k->count; i++) {
		if (k->states[i] != DL3_LINK_WAITING)
			continue;
		lies_between(k->waits[i], whole);
		differ += whole == 13 && k->waits[i] != k->waits[i - 1];
		whole = whole * 2 > 13 ? 13 : whole * 2;
	}
	/* Of forty some differ, or there is no jitter. */
	assert_true(differ > 0);
	assert_int_equal(k->down.attempt, 40);
	assert_int_equal(dl3_link_counts(k->link).attempts, 40);
	link_end(k);
	pbx_end(p);
}

/* Times as long as they can be lead to no short ones. */
static void longest_times_do_not_overflow(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	hand_link(h, k, p, "devlink3");
	k->config.retry_min_ms = k->config.retry_max_ms = k->config.retry_long_ms = UINT32_MAX;
	link_begin(k);
	hand_accept(h, p);
	(void)hand_auth(h, p, DL3_AUTH_RETRY_LATER);
	UNTIL(IN_STATE(k, DL3_LINK_WAITING));
	assert_true(k->down.retry_ms >= UINT32_MAX / 2);
	hang_up(&h->c);
	dl3_link_start(k->link);
	hand_accept(h, p);
	hang_up(&h->c);
	UNTIL(times_in(k, DL3_LINK_WAITING) == 2);
	assert_true(k->down.retry_ms >= UINT32_MAX / 2);
	hand_end(h, k, p);
}

/* A PBX that takes the link in and drops it at once is not asked ever faster. */
static void unstable_connection_does_not_take_the_back_off_away(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	uint32_t whole = 1;

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.retry_max_ms = 64;
	k->config.stable_ms = 600000;
	link_begin(k);
	for (unsigned i = 1; i <= 6; i++) {
		UNTIL(times_in(k, DL3_LINK_UP) == i);
		dl3_conn_abort(p->last, true);
		UNTIL(times_in(k, DL3_LINK_WAITING) == i);
		lies_between(k->down.retry_ms, whole);
		assert_int_equal(k->down.attempt, 0);
		whole *= 2;
	}
	/* Asked for, it begins anew. */
	dl3_link_start(k->link);
	UNTIL(times_in(k, DL3_LINK_UP) == 7);
	dl3_conn_abort(p->last, true);
	UNTIL(times_in(k, DL3_LINK_WAITING) == 7);
	lies_between(k->down.retry_ms, 1);
	link_end(k);
	pbx_end(p);
}

static void stable_connection_takes_the_back_off_away(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.retry_min_ms = 10;
	k->config.retry_max_ms = 80;
	k->config.stable_ms = 1;
	link_begin(k);
	for (unsigned i = 1; i <= 4; i++) {
		UNTIL(times_in(k, DL3_LINK_UP) == i);
		uint64_t since = k->link->up_since;
		UNTIL(dl3i_now_ms() > since + 1);
		dl3_conn_abort(p->last, true);
		UNTIL(times_in(k, DL3_LINK_WAITING) == i);
		lies_between(k->down.retry_ms, 10);
	}
	link_end(k);
	pbx_end(p);
}

/* ---- Strangers ---- */

static void stranger(const void *octets, size_t len, enum dl3_link_reason reason, const char *detail,
                     const char *advice)
{
	struct stage stage, *s = &stage;

	stage_begin(s);
	hand_accept(&s->hand, &s->pbx);
	put(&s->pbx, &s->hand.c, octets, len);
	down(s, DL3_LINK_WAITING, reason, detail, advice);
	stage_end(s);
}

#define STRANGER(text, detail, advice) \
	stranger(text, sizeof(text) - 1, DL3_REASON_NOT_DEVLINK3, detail, advice)

static void strangers_are_named(void **state)
{
	(void)state;
	STRANGER("HTTP/1.1 400 Bad Request\r\n\r\n",
	         "a web server; it began with \"HTTP/1.1 400 Bad Request\"", "50797");
	STRANGER("SSH-2.0-OpenSSH_9.2\r\n", "an SSH server; it began with \"SSH-2.0-OpenSSH_9.2\"", "50797");
	STRANGER("220 mail ESMTP\r\n", "a mail or file server", "50797");
	STRANGER("\x15\x03\x01\0\x02\x02\x0a", "TLS", "use devlink3s://127.0.0.1:");
	STRANGER("hello, who are you?\n", "it began with \"hello, who are you?\"", "check host and port");
	STRANGER("\xff\xfe\0\1\2\3", "it began with octets ff fe 00 01", "check host and port");
	STRANGER("A", "it began with \"A\"", "check host and port");
	STRANGER("\x1b[2J\x1b[31mboo", "octets 1b 5b 32 4a", "check host and port");
}

static void lost_framing_is_told(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_bring_up(&s->hand, &s->link, p);
	put(p, &s->hand.c, "garbage", 7);
	UNTIL(s->link.down.reason != DL3_REASON_NONE);
	assert_int_equal(s->link.down.reason, DL3_REASON_PROTOCOL);
	assert_non_null(strstr(s->link.detail, "expected"));
	assert_int_equal(s->link.down.fault.err, DL3_ERR_DISCRIMINATOR);
	assert_int_equal(s->link.down.state, DL3_LINK_WAITING);
	stage_end(s);
}

/* ---- Closed at each step ---- */

static void close_now(struct stage *s, bool reset)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (reset)
		(void)setsockopt(s->hand.c.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	hang_up(&s->hand.c);
}

static void closed_before_a_word(void **state)
{
	struct stage stage, *s = &stage;

	(void)state;
	stage_begin(s);
	hand_accept(&s->hand, &s->pbx);
	struct pbx *p = &s->pbx;
	UNTIL((take(&s->hand.c), s->hand.c.len > 0));
	close_now(s, false);
	down(s, DL3_LINK_WAITING, DL3_REASON_CLOSED, "without a word", "does that port want TLS?");
	stage_end(s);
}

static void closed_at_each_step(void **state)
{
	(void)state;
	for (int step = 0; step < 8; step++) {
		struct stage stage, *s = &stage;
		struct hand *h = &s->hand;
		struct pbx *p = &s->pbx;
		stage_begin(s);
		hand_accept(h, p);
		(void)hand_auth(h, p, DL3_AUTH_CHALLENGE_SHA1);
		if (step / 2 >= 1)
			(void)hand_auth(h, p, DL3_AUTH_SUCCESS);
		struct dl3_msg m = hear(p, &h->c);
		if (step / 2 >= 2) {
			assert_int_equal(m.type, DL3_MSG_EVENT_REQUEST);
			hand_say_stream(h, p, m.request_id, DL3_EVENTS_PARTIAL_SUCCESS);
			m = hear(p, &h->c);
			assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
		}
		if (step / 2 >= 3)
			hand_say_event(h, p, 1);
		UNTIL((take(&h->c), true));
		close_now(s, step % 2 == 1);
		down(s, DL3_LINK_WAITING, DL3_REASON_CLOSED, "closed the connection", "");
		stage_end(s);
	}
}

static void closed_in_a_frame(void **state)
{
	uint8_t octets[256];
	const size_t len = event_octets(1, octets, sizeof(octets));

	(void)state;
	for (size_t cut = 1; cut < len; cut++) {
		struct stage stage, *s = &stage;
		stage_begin(s);
		hand_accept(&s->hand, &s->pbx);
		(void)hand_auth(&s->hand, &s->pbx, DL3_AUTH_CHALLENGE_SHA1);
		(void)hear(&s->pbx, &s->hand.c);
		put(&s->pbx, &s->hand.c, octets, cut);
		close_now(s, false);
		down(s, DL3_LINK_WAITING, DL3_REASON_CLOSED, "in the middle of a message", "");
		assert_int_equal(s->link.down.fault.err, DL3_ERR_TRUNCATED_FRAME);
		stage_end(s);
	}
}

/* ---- Answers that are none ---- */

static void stage_hurried(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	hand_link(&s->hand, &s->link, &s->pbx, "devlink3");
	s->link.config.retry_min_ms = 600000;
	s->link.config.retry_max_ms = 600000;
	s->link.config.limits.answer_timeout_ms = 300;
	s->link.config.limits.keepalive_ms = 100;
	link_begin(&s->link);
}

static void one_that_says_nothing_is_given_up(void **state)
{
	struct stage stage, *s = &stage;

	(void)state;
	stage_hurried(s);
	hand_accept(&s->hand, &s->pbx);
	down(s, DL3_LINK_WAITING, DL3_REASON_NO_ANSWER, "said nothing", "is it the DevLink3 port");
	assert_int_equal(s->link.down.fault.err, DL3_ERR_TIMEOUT);
	stage_end(s);
}

static void one_that_falls_silent_is_given_up_at_each_step(void **state)
{
	(void)state;
	for (int step = 0; step < 3; step++) {
		struct stage stage, *s = &stage;
		struct hand *h = &s->hand;
		struct pbx *p = &s->pbx;
		stage_hurried(s);
		hand_accept(h, p);
		(void)hand_auth(h, p, DL3_AUTH_CHALLENGE_SHA1);
		if (step >= 1)
			(void)hand_auth(h, p, DL3_AUTH_SUCCESS);
		if (step >= 2)
			hand_say_stream(h, p, hear(p, &h->c).request_id, DL3_EVENTS_SUCCESS);
		down(s, DL3_LINK_WAITING, DL3_REASON_NO_ANSWER, "does not answer any more", "overloaded");
		stage_end(s);
	}
}

/* Half-open, or hung: nobody closes, and the keep-alive is not answered. */
static void half_open_connection_is_found(void **state)
{
	struct stage stage, *s = &stage;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_hurried(s);
	hand_bring_up(&s->hand, &s->link, p);
	for (int i = 0; i < 3; i++) {
		struct dl3_msg m = hear(p, &s->hand.c);
		assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
		hand_say_test(&s->hand, p, m.request_id);
	}
	assert_int_equal(s->link.down.reason, DL3_REASON_NONE);
	UNTIL(s->link.down.reason != DL3_REASON_NONE);
	assert_int_equal(s->link.down.reason, DL3_REASON_NO_ANSWER);
	assert_int_equal(s->link.down.before, DL3_LINK_UP);
	stage_end(s);
}

/* An answer with another id is none; one that comes twice counts once. */
static void wrong_ids_and_second_answers_do_nothing(void **state)
{
	struct stage stage, *s = &stage;
	struct hand *h = &s->hand;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_accept(h, p);
	struct dl3_msg m = hear(p, &h->c);
	hand_say_auth(h, p, m.request_id + 1, DL3_AUTH_SUCCESS);
	UNTIL(s->link.event == DL3_EV_UNKNOWN);
	assert_true(IN_STATE(&s->link, DL3_LINK_LOGIN));
	hand_say_auth(h, p, m.request_id, DL3_AUTH_CHALLENGE_SHA1);
	m = hear(p, &h->c);
	hand_say_auth(h, p, m.request_id, DL3_AUTH_SUCCESS);
	hand_say_auth(h, p, m.request_id, DL3_AUTH_SUCCESS);
	hand_say_auth(h, p, m.request_id, DL3_AUTH_FAILED);
	m = hear(p, &h->c);
	assert_int_equal(m.type, DL3_MSG_EVENT_REQUEST);
	hand_say_stream(h, p, m.request_id + 7, DL3_EVENTS_UNKNOWN_FLAG);
	hand_say_stream(h, p, m.request_id, DL3_EVENTS_SUCCESS);
	hand_say_stream(h, p, m.request_id, DL3_EVENTS_UNKNOWN_FLAG);
	m = hear(p, &h->c);
	assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
	hand_say_test(h, p, m.request_id + 1);
	UNTIL(s->link.events == 8);
	assert_true(IN_STATE(&s->link, DL3_LINK_SNAPSHOT));
	hand_say_test(h, p, m.request_id);
	hand_say_test(h, p, m.request_id);
	UNTIL(IN_STATE(&s->link, DL3_LINK_UP));
	wait_ms(p, 2);
	assert_int_equal(times_in(&s->link, DL3_LINK_UP), 1);
	assert_int_equal(s->link.count, 6);
	stage_end(s);
}

static void event_answer_that_cannot_be_read_is_told(void **state)
{
	struct stage stage, *s = &stage;
	struct hand *h = &s->hand;
	uint8_t octets[64];
	size_t len;

	(void)state;
	stage_begin(s);
	hand_accept(h, &s->pbx);
	hand_let_in(h, &s->pbx);
	struct dl3_msg m = { .type = DL3_MSG_EVENT_REPLY, .request_id = hear(&s->pbx, &h->c).request_id };
	assert_int_equal(dl3_msg_encode(&m, octets, sizeof(octets), &len), DL3_OK);
	/* Nothing is left of it behind the request's id. */
	octets[1] = 0;
	octets[2] = 11;
	put(&s->pbx, &h->c, octets, 11);
	down(s, DL3_LINK_WAITING, DL3_REASON_PROTOCOL, "could not be read", "record it");
	stage_end(s);
}

/* Its password is not for everybody to read: not a single octet of an answer is sent. */
static void plain_challenge_in_the_clear_stops(void **state)
{
	struct stage stage, *s = &stage;
	struct hand *h = &s->hand;
	struct pbx *p = &s->pbx;

	(void)state;
	stage_begin(s);
	hand_accept(h, p);
	(void)hand_auth(h, p, DL3_AUTH_CHALLENGE_PLAIN);
	down(s, DL3_LINK_STOPPED, DL3_REASON_PROTOCOL, "", "use devlink3s://");
	UNTIL(at_end(&h->c));
	assert_int_equal(h->c.len, 0);
	stage_end(s);
}

DL3T_TESTS(cmocka_unit_test(wrong_password_stops), cmocka_unit_test(limits_exceeded_waits_long),
           cmocka_unit_test(retry_later_waits_long), cmocka_unit_test(missing_licence_stops),
           cmocka_unit_test(unknown_code_stops), cmocka_unit_test(unknown_flag_stops),
           cmocka_unit_test(insufficient_licence_stops), cmocka_unit_test(fourth_of_three_waits_long),
           cmocka_unit_test(unknown_answer_to_the_event_request_stops),
           cmocka_unit_test(waits_of_refusals_are_long), cmocka_unit_test(wrong_password_is_tried_once),
           cmocka_unit_test(once_is_once), cmocka_unit_test(back_off_doubles_up_to_its_end),
           cmocka_unit_test(longest_times_do_not_overflow),
           cmocka_unit_test(unstable_connection_does_not_take_the_back_off_away),
           cmocka_unit_test(stable_connection_takes_the_back_off_away), cmocka_unit_test(strangers_are_named),
           cmocka_unit_test(lost_framing_is_told), cmocka_unit_test(closed_before_a_word),
           cmocka_unit_test(closed_at_each_step), cmocka_unit_test(closed_in_a_frame),
           cmocka_unit_test(one_that_says_nothing_is_given_up),
           cmocka_unit_test(one_that_falls_silent_is_given_up_at_each_step),
           cmocka_unit_test(half_open_connection_is_found),
           cmocka_unit_test(wrong_ids_and_second_answers_do_nothing),
           cmocka_unit_test(event_answer_that_cannot_be_read_is_told),
           cmocka_unit_test(plain_challenge_in_the_clear_stops));
