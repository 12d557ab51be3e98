/* SPDX-License-Identifier: MIT */
/* How a listener's connections hold back, go on, and end, when the other end does not read, does
 * not stop, or is gone. */
#include "support/test.h"

#include "support/pbx.h"

/* In front of the C library's: counts what is written to one socket. */
static int counted_fd = -1;
static unsigned writes;

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	writes += fd == counted_fd;
	return sendto(fd, data, len, flags, NULL, 0);
}

/* A client whose socket holds few octets. */
static void dial_small(const struct pbx *p, struct client *c, int octets)
{
	struct dl3i_address a;

	memset(c, 0, sizeof(*c));
	assert_true(dl3i_address_parse(dl3_listener_address(p->l), &a));
	c->fd = socket(a.sa.ss_family, SOCK_STREAM, 0);
	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets)), 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&a.sa, a.len), 0);
	assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
}

static void shrink(int fd, int option, int octets)
{
	assert_int_equal(setsockopt(fd, SOL_SOCKET, option, &octets, sizeof(octets)), 0);
}

static size_t test_request(uint8_t *octets, size_t cap, uint32_t id)
{
	static const uint8_t payload[900];
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = id };
	size_t len;

	msg.u.test_request.payload = (struct dl3_octets){ payload, sizeof(payload) };
	assert_int_equal(dl3_msg_encode(&msg, octets, cap, &len), DL3_OK);
	return len;
}

/* Asks, `most` times or until the other end is blocked and nothing moves any more, without reading.
 * @return how many it asked whole. */
static unsigned flood(struct pbx *p, const struct client *c, unsigned most)
{
	uint8_t octets[1024];
	size_t at = 0, len = test_request(octets, sizeof(octets), 7);
	uint64_t begun = now(), last = begun;
	unsigned asked = 0;

	while (asked < most && (!p->last || !p->last->blocked || now() - last < 100)) {
		ssize_t n = put_some(c, octets + at, len - at);
		if (n > 0) {
			last = now();
			at += (size_t)n;
			asked += at == len;
			at = at == len ? 0 : at;
		}
		turn(p);
		assert_true(now() - begun < 20000);
	}
	UNTIL(p->last->blocked);
	return asked;
}

static void hear_answers(struct pbx *p, struct client *c, unsigned asked)
{
	for (unsigned i = 0; i < asked; i++)
		assert_int_equal(hear(p, c).u.test_reply.result, DL3_TEST_SUCCESS);
}

/* Small limits and small sockets: the session blocks again and again, and each time goes on. */
static void goes_on_after_output_blocked_it(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.limits.max_output = 4096;
	pbx_listen(p);
	dial_small(p, &c, 16384);
	UNTIL(p->opened == 1);
	shrink(p->last->stream.fd, SO_SNDBUF, 16384);
	unsigned asked = flood(p, &c, 300);
	assert_true(asked > p->tested);
	hear_answers(p, &c, asked);
	assert_int_equal(p->tested, asked);
	assert_false(p->last->blocked);
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* As above with 64 KiB, at which libevent's own buffers ate the processor and never returned. */
static void blocked_connection_costs_nothing(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.limits.max_output = STALL_LIMIT;
	pbx_listen(p);
	dial_small(p, &c, 65536);
	unsigned asked = flood(p, &c, 20000);
	clock_t begun = clock();
	struct timeval tv = { .tv_usec = 350000 };
	(void)event_base_loopexit(p->base, &tv);
	(void)event_base_dispatch(p->base);
	assert_true(clock() - begun < CLOCKS_PER_SEC / 10);
	hear_answers(p, &c, asked);
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* What TLS has decrypted and nobody took is not announced by the socket again. */
static void goes_on_after_output_blocked_it_with_tls(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	static uint8_t octets[16384];
	size_t len = 0;
	unsigned asked = 0;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	p->config.limits.max_output = 8192;
	pbx_listen(p);
	dial_tls(p, &c);
	UNTIL(shake(&c));
	UNTIL(p->opened == 1);
	while (sizeof(octets) - len > 1000) {
		len += test_request(octets + len, sizeof(octets) - len, 7);
		asked++;
	}
	/* Paused, so that all of it lies in the socket, record by record. */
	dl3_conn_hold(p->last, true);
	for (int i = 0; i < 10; i++)
		put(p, &c, octets, len);
	wait_ms(p, 20);
	assert_true(p->last->blocked);
	assert_true(p->tested < 20);
	dl3_conn_hold(p->last, false);
	hear_answers(p, &c, 10 * asked);
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* More event requests than may wait for their owner. */
static void goes_on_after_requests_blocked_it(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REQUEST };
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.limits.max_requests = 2;
	pbx_listen(p);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	p->silent = true;
	msg.u.event_request.flags = dl3_str_of("");
	unsigned before = p->events;
	for (uint32_t id = 10; id < 15; id++) {
		msg.request_id = id;
		say_chunks(p, &c, &msg, 0);
	}
	UNTIL(p->events - before == 2);
	wait_ms(p, 60); /* the client's system may send a few small messages late */
	assert_int_equal(p->events - before, 2);
	assert_true(p->last->blocked);
	for (uint32_t id = 10; id < 15; id++) {
		UNTIL(dl3_server_stream(dl3_conn_session(p->last), id, DL3_EVENTS_SUCCESS, 0) == DL3_OK);
		dl3_conn_flush(p->last);
		assert_int_equal(hear(p, &c).request_id, id);
	}
	assert_int_equal(p->events - before, 5);
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* What a snapshot in pieces does when its last call has ended meanwhile: there is nothing more to queue. */
static void goes_on_after_drained_let_tests_go(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = 77 };
	struct client c;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &c);
	p->l->owner.look_ms = 3600 * 1000; /* nor does it come by chance */
	dl3_server_hold(dl3_conn_session(p->last), true);
	say_chunks(p, &c, &msg, 0);
	UNTIL(p->last->blocked);
	assert_int_equal(p->tested, 0);
	p->let_go = true;
	struct dl3_record r = a_record();
	assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, 1, &r), DL3_OK);
	dl3_conn_flush(p->last);
	assert_int_equal(hear(p, &c).type, DL3_MSG_EVENT);
	assert_int_equal(hear(p, &c).request_id, 77);
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* ---- Ends ---- */

/* The other end says goodbye, with TLS, and still gets what was queued. */
static void tls_goodbye_leaves_what_is_queued(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	uint32_t heard = 0;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	p->config.limits.max_output = STALL_LIMIT;
	pbx_listen(p);
	dial_tls(p, &c);
	UNTIL(shake(&c));
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &c);
	uint32_t pushed = push_until_full(p, p->last);
	assert_true(SSL_shutdown(c.ssl) >= 0);
	wait_ms(p, 5);
	while (heard < pushed) {
		assert_int_equal(hear(p, &c).u.event.counter, heard);
		heard++;
	}
	UNTIL(at_end(&c));
	assert_int_equal(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
	pbx_end(p);
}

static void paused_one_that_goes_is_noticed(bool reset)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct pbx pbx, *p = &pbx;
	struct client c;

	pbx_begin(p);
	dl3i_owner_set_times(&p->l->owner, 1000, 60);
	dial(p, &c);
	UNTIL(p->opened == 1);
	dl3_conn_pause(p->last, true);
	say_login(p, &c, 0);
	wait_ms(p, 5);
	if (reset)
		assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->events, 0);
	assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
	assert_string_equal(p->detail, reset ? strerror(ECONNRESET) : "the other end closed the connection");
	pbx_end(p);
}

static void paused_connection_notices_a_close(void **state)
{
	(void)state;
	paused_one_that_goes_is_noticed(false);
}

static void paused_connection_notices_a_reset(void **state)
{
	(void)state;
	paused_one_that_goes_is_noticed(true);
}

/* It is there and silent: nothing happens to it. */
static void paused_connection_is_kept(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_begin(p);
	dl3i_owner_set_times(&p->l->owner, 1000, 10);
	dial(p, &c);
	UNTIL(p->opened == 1);
	dl3_conn_pause(p->last, true);
	say_login(p, &c, 0);
	wait_ms(p, 60);
	assert_int_equal(p->closed, 0);
	dl3_conn_pause(p->last, false);
	assert_int_equal(hear(p, &c).u.auth_reply.result, DL3_AUTH_CHALLENGE_SHA1);
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* The client sends and sends while its owner closes, and yet reads all that was queued for it. */
static void owners_close_does_not_reset_a_flood(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	uint8_t octets[1024];
	size_t len = test_request(octets, sizeof(octets), 7);
	struct dl3_record r = a_record();
	uint32_t heard = 0;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &c);
	dl3_conn_pause(p->last, true);
	for (int i = 0; i < 100; i++)
		(void)put_some(&c, octets, len);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, i, &r), DL3_OK);
	dl3_conn_close(p->last);
	for (int i = 0; i < 100; i++) {
		assert_true(put_some(&c, octets, len) > 0 || errno == EAGAIN);
		turn(p);
	}
	while (heard < 100)
		assert_int_equal(hear(p, &c).u.event.counter, heard++);
	ssize_t n = -1;
	UNTIL((n = recv(c.fd, octets, 1, 0)) >= 0 || errno != EAGAIN);
	assert_int_equal(n, 0);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_BY_OWNER);
	pbx_end(p);
}

/* ---- Writes ---- */

static void many_events_make_one_write(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	struct dl3_record r = a_record();

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &c);
	turn(p);
	counted_fd = p->last->stream.fd;
	writes = 0;
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, i, &r), DL3_OK);
		dl3_conn_flush(p->last);
	}
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(hear(p, &c).u.event.counter, i);
	assert_int_equal(writes, 1);
	counted_fd = -1;
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* One that always has more in `drained` leaves the others their turn. */
static void endless_drained_leaves_others_their_turn(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client a, b;

	(void)state;
	pbx_begin(p);
	dial(p, &a);
	assert_int_equal(log_in(p, &a, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &a);
	p->endless = p->last;
	struct timeval tv = { .tv_usec = 20000 };
	struct dl3_record r = a_record();
	assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, 0, &r), DL3_OK);
	dl3_conn_flush(p->last);
	dial(p, &b);
	(void)event_base_loopexit(p->base, &tv);
	(void)event_base_dispatch(p->base);
	assert_int_equal(p->opened, 2);
	assert_true(p->drained > 1);
	p->endless = NULL;
	hang_up(&a);
	hang_up(&b);
	UNTIL(p->closed == 2);
	pbx_end(p);
}

DL3T_TESTS(cmocka_unit_test(goes_on_after_output_blocked_it),
           cmocka_unit_test(blocked_connection_costs_nothing),
           cmocka_unit_test(goes_on_after_output_blocked_it_with_tls),
           cmocka_unit_test(goes_on_after_requests_blocked_it),
           cmocka_unit_test(goes_on_after_drained_let_tests_go),
           cmocka_unit_test(tls_goodbye_leaves_what_is_queued),
           cmocka_unit_test(paused_connection_notices_a_close),
           cmocka_unit_test(paused_connection_notices_a_reset), cmocka_unit_test(paused_connection_is_kept),
           cmocka_unit_test(owners_close_does_not_reset_a_flood),
           cmocka_unit_test(many_events_make_one_write),
           cmocka_unit_test(endless_drained_leaves_others_their_turn));
