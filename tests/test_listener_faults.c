/* SPDX-License-Identifier: MIT */
/* What a listener offers to those who simulate a PBX in trouble. */
#include "support/test.h"

#include "support/pbx.h"

static void begin_stream(struct pbx *p, struct client *c, bool tls)
{
	pbx_prepare(p);
	if (tls)
		p->config.tls = &generated;
	p->config.limits.max_output = STALL_LIMIT;
	pbx_listen(p);
	if (tls) {
		dial_tls(p, c);
		UNTIL(shake(c));
	} else {
		dial(p, c);
	}
	assert_int_equal(log_in(p, c, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, c);
}

static void finish(struct pbx *p, struct client *c)
{
	hang_up(c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

static void push(const struct pbx *p, uint32_t counter)
{
	struct dl3_record r = a_record();

	assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, counter, &r), DL3_OK);
	dl3_conn_flush(p->last);
}

static void held_connection_answers_nothing(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = 7 };
	struct client c;

	(void)state;
	begin_stream(p, &c, false);
	dl3_conn_hold(p->last, true);
	say_chunks(p, &c, &msg, 0);
	UNTIL(p->tested == 1);
	push(p, 1);
	wait_ms(p, 20);
	take(&c);
	assert_int_equal(c.len, 0);
	assert_false(c.eof);
	dl3_conn_hold(p->last, false);
	assert_int_equal(hear(p, &c).request_id, 7);
	assert_int_equal(hear(p, &c).u.event.counter, 1);
	finish(p, &c);
}

static void closing_a_held_connection_sends_nothing(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	begin_stream(p, &c, false);
	dl3i_owner_set_times(&p->l->owner, 1000, 40);
	dl3_conn_hold(p->last, true);
	push(p, 1);
	dl3_conn_close(p->last);
	UNTIL(p->closed == 1);
	UNTIL(at_end(&c));
	assert_int_equal(c.len, 0);
	hang_up(&c);
	pbx_end(p);
}

/* @return how often something came until the event was whole. */
static unsigned pieces(struct pbx *p, struct client *c, size_t most)
{
	struct dl3_frame frame;
	unsigned n = 0;

	while (dl3_frame_decode(c->in, c->len, &frame, NULL) != DL3_OK) {
		size_t before = c->len;
		/* One turn, so that no two pieces are taken for one. */
		(void)event_base_loop(p->base, EVLOOP_ONCE);
		take(c);
		assert_true(c->len - before <= most);
		n += c->len > before;
	}
	return n;
}

static void throttle(bool tls, uint32_t octets, uint32_t interval)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	begin_stream(p, &c, tls);
	UNTIL(dl3_session_output(dl3_conn_session(p->last)).len == 0);
	dl3_conn_throttle(p->last, octets, interval);
	push(p, 1);
	size_t len = dl3_session_output(dl3_conn_session(p->last)).len;
	uint64_t begun = now();
	assert_int_equal(pieces(p, &c, octets), (len + octets - 1) / octets);
	assert_true(now() - begun >= (len - 1) / octets * interval);
	assert_int_equal(hear(p, &c).u.event.counter, 1);
	dl3_conn_throttle(p->last, 0, 0);
	push(p, 2);
	push(p, 3);
	assert_int_equal(hear(p, &c).u.event.counter, 2);
	assert_int_equal(hear(p, &c).u.event.counter, 3);
	finish(p, &c);
}

static void throttled_connection_sends_in_pieces(void **state)
{
	(void)state;
	throttle(false, 1, 0);
	throttle(false, 7, 2);
	throttle(true, 7, 2);
}

static void turning_the_throttle_off_sends_the_rest(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	begin_stream(p, &c, false);
	dl3_conn_throttle(p->last, 1, 3600000);
	push(p, 1);
	wait_ms(p, 20);
	take(&c);
	assert_int_equal(c.len, 1);
	dl3_conn_throttle(p->last, 0, 0);
	assert_int_equal(hear(p, &c).u.event.counter, 1);
	finish(p, &c);
}

/* TLS has begun a write that is longer than a piece, and insists on it. */
static void throttling_a_full_tls_connection_loses_nothing(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	uint32_t heard = 0;

	(void)state;
	begin_stream(p, &c, true);
	uint32_t pushed = push_until_full(p, p->last);
	assert_true(p->last->stream.retry > 5000);
	dl3_conn_throttle(p->last, 5000, 0);
	while (heard < pushed)
		assert_int_equal(hear(p, &c).u.event.counter, heard++);
	finish(p, &c);
}

static void raw(bool tls)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	struct dl3_frame frame;

	begin_stream(p, &c, tls);
	push(p, 1);
	assert_int_equal(dl3_conn_raw(p->last, "garb", 4), DL3_OK);
	assert_int_equal(dl3_conn_raw(p->last, "age", 3), DL3_OK);
	assert_int_equal(dl3_conn_raw(p->last, NULL, 0), DL3_OK);
	push(p, 2);
	assert_int_equal(hear(p, &c).u.event.counter, 1);
	UNTIL((take(&c), c.len > 7));
	assert_memory_equal(c.in, "garbage", 7);
	assert_int_equal(dl3_frame_decode(c.in, c.len, &frame, NULL), DL3_ERR_DISCRIMINATOR);
	memmove(c.in, c.in + 7, c.len - 7);
	c.len -= 7;
	assert_int_equal(hear(p, &c).u.event.counter, 2);
	finish(p, &c);
}

static void raw_octets_keep_their_place(void **state)
{
	(void)state;
	raw(false);
	raw(true);
}

static void raw_octets_are_bounded(void **state)
{
	static const uint8_t octets[65536];
	struct pbx pbx, *p = &pbx;
	struct client c;
	enum dl3_err err = DL3_OK;
	unsigned n = 0;

	(void)state;
	begin_stream(p, &c, false);
	dl3_conn_hold(p->last, true);
	assert_int_equal(dl3_conn_raw(p->last, NULL, 1), DL3_ERR_ARGUMENT);
	while (err == DL3_OK) {
		err = dl3_conn_raw(p->last, octets, sizeof(octets));
		n += err == DL3_OK;
	}
	assert_int_equal(err, DL3_ERR_OUTPUT_LIMIT);
	assert_int_equal(n, DL3_RAW_MAX / sizeof(octets) - 1);
	/* What has gone makes room. */
	dl3_conn_hold(p->last, false);
	UNTIL((c.len = 0, take(&c), p->last->out.raw_held == 0));
	assert_int_equal(dl3_conn_raw(p->last, octets, 1), DL3_OK);
	/* Some still waits when it ends. */
	dl3_conn_hold(p->last, true);
	dl3_conn_close(p->last);
	assert_int_equal(dl3_conn_raw(p->last, octets, 1), DL3_ERR_STATE);
	finish(p, &c);
}

DL3T_TESTS(cmocka_unit_test(held_connection_answers_nothing),
           cmocka_unit_test(closing_a_held_connection_sends_nothing),
           cmocka_unit_test(throttled_connection_sends_in_pieces),
           cmocka_unit_test(turning_the_throttle_off_sends_the_rest),
           cmocka_unit_test(throttling_a_full_tls_connection_loses_nothing),
           cmocka_unit_test(raw_octets_keep_their_place), cmocka_unit_test(raw_octets_are_bounded));
