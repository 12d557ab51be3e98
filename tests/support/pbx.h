/* SPDX-License-Identifier: MIT */
/**
 * @file pbx.h
 * A PBX on a listener and clients by hand, for tests. They are in one thread: the loop and the
 * client take turns, so that nothing depends on a scheduler.
 */
#ifndef DL3T_PBX_H
#define DL3T_PBX_H

#include <arpa/inet.h>
#include <devlink3/devlink3.h>
#include <devlink3/event.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/listener.h"

/* ---- The PBX ---- */

enum act { NOTHING, CLOSE, ABORT, RESET, FREE_LISTENER, PAUSE };

struct pbx {
	struct event_base *base;
	struct dl3_listener *l;
	struct dl3_listener_config config;
	struct dl3_conn *last; /* the one opened last; NULL once closed */
	unsigned opened, closed, events, drained, logins, tested;
	enum dl3_close_reason reason;
	enum dl3_err fault;
	char detail[256];
	bool plain;
	bool silent;              /* answers no request for a stream */
	bool let_go;              /* lets held tests go when drained */
	struct dl3_conn *endless; /* gets an event whenever its queue is empty */
	enum act when_opened, when_event, when_closed, when_drained;
	char error[256];
};

static inline void do_act(struct pbx *p, struct dl3_conn *c, enum act act)
{
	if (act == CLOSE)
		dl3_conn_close(c);
	if (act == ABORT || act == RESET)
		dl3_conn_abort(c, act == RESET);
	if (act == PAUSE)
		dl3_conn_pause(c, true);
	if (act == FREE_LISTENER && p->l) {
		struct dl3_listener *l = p->l;
		p->l = NULL;
		dl3_listener_free(l);
	}
}

static inline void on_opened(struct dl3_conn *c, void *arg)
{
	struct pbx *p = arg;

	p->opened++;
	p->last = c;
	do_act(p, c, p->when_opened);
}

static inline void answer(const struct pbx *p, struct dl3_session *s, const struct dl3_event *ev)
{
	static const uint8_t challenge[DL3_CHALLENGE_SIZE] = "0123456789abcde";

	if (ev->type == DL3_EV_LOGIN && p->plain)
		assert_int_equal(dl3_server_challenge_plain(s, "secret"), DL3_OK);
	else if (ev->type == DL3_EV_LOGIN)
		assert_int_equal(dl3_server_challenge(s, challenge, "secret"), DL3_OK);
	else if (ev->type == DL3_EV_PROOF && ev->u.proof.right)
		assert_int_equal(dl3_server_admit(s, "PBX 1.0", NULL), DL3_OK);
	else if (ev->type == DL3_EV_PROOF)
		assert_int_equal(dl3_server_refuse(s, DL3_AUTH_FAILED), DL3_OK);
	else if (ev->type == DL3_EV_STREAM_REQUEST && !p->silent)
		assert_int_equal(
			dl3_server_stream(s, ev->u.stream_request.request, ev->u.stream_request.result, 0),
			DL3_OK);
}

static inline void on_event(struct dl3_conn *c, const struct dl3_event *ev, void *arg)
{
	struct pbx *p = arg;

	p->events++;
	p->tested += ev->type == DL3_EV_TESTED;
	p->logins += ev->type == DL3_EV_LOGIN;
	answer(p, dl3_conn_session(c), ev);
	do_act(p, c, p->when_event);
}

static inline struct dl3_record a_record(void)
{
	struct dl3_record r;
	struct dl3_fault fault;

	assert_int_equal(dl3_delta3_decode(dl3_str_of("<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>"),
	                                   &r, &fault),
	                 DL3_OK);
	return r;
}

static inline void on_drained(struct dl3_conn *c, void *arg)
{
	struct pbx *p = arg;

	p->drained++;
	if (p->let_go)
		dl3_server_hold(dl3_conn_session(c), false);
	if (c == p->endless) {
		struct dl3_record r = a_record();
		assert_int_equal(dl3_server_event(dl3_conn_session(c), 1, p->drained, &r), DL3_OK);
	}
	do_act(p, c, p->when_drained);
}

static inline void on_closed(struct dl3_conn *c, const struct dl3_close *why, void *arg)
{
	struct pbx *p = arg;

	p->closed++;
	p->reason = why->reason;
	p->fault = why->fault.err;
	assert_non_null(why->detail);
	(void)snprintf(p->detail, sizeof(p->detail), "%s", why->detail);
	if (p->last == c)
		p->last = NULL;
	/* All that one may call on a connection that is over does nothing. */
	dl3_conn_flush(c);
	dl3_conn_pause(c, true);
	dl3_conn_close(c);
	dl3_conn_abort(c, true);
	assert_non_null(dl3_conn_session(c));
	do_act(p, c, p->when_closed);
}

static inline void pbx_prepare(struct pbx *p)
{
	memset(p, 0, sizeof(*p));
	p->base = event_base_new();
	assert_non_null(p->base);
	p->config.callbacks = (struct dl3_listener_callbacks){ on_opened, on_event, on_drained, on_closed };
	p->config.arg = p;
}

static inline void pbx_listen(struct pbx *p)
{
	p->l = dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error));
	if (!p->l)
		fail_msg("%s", p->error);
}

static inline void pbx_begin(struct pbx *p)
{
	pbx_prepare(p);
	pbx_listen(p);
}

static inline void pbx_end(struct pbx *p)
{
	dl3_listener_free(p->l);
	event_base_free(p->base);
}

static inline void turn(const struct pbx *p)
{
	(void)event_base_loop(p->base, EVLOOP_NONBLOCK);
}

static inline uint64_t now(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Runs the loop until it is so; ten seconds is for ever. */
#define UNTIL(condition)                                                                                 \
	do {                                                                                             \
		uint64_t begun_ = now();                                                                 \
		while (!(condition)) {                                                                   \
			turn(p);                                                                         \
			if (now() - begun_ > 10000)                                                      \
				fail_msg("never: %s (closed %u: %s)", #condition, p->closed, p->detail); \
		}                                                                                        \
	} while (0)

static inline void wait_ms(const struct pbx *p, unsigned ms)
{
	uint64_t end = now() + ms;

	while (now() < end) {
		turn(p);
		(void)poll(NULL, 0, 1);
	}
}

/* ---- The client ---- */

struct client {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	uint8_t in[8192];
	size_t len;
	bool eof;
};

static inline int dial_raw(const struct pbx *p)
{
	struct dl3i_address a;
	int fd;

	assert_true(dl3i_address_parse(dl3_listener_address(p->l), &a));
	fd = socket(a.sa.ss_family, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a.sa, a.len), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static inline void dial(const struct pbx *p, struct client *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = dial_raw(p);
}

static inline void hang_up(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	ERR_clear_error();
	if (c->fd >= 0)
		assert_int_equal(close(c->fd), 0);
	c->fd = -1;
}

static inline ssize_t put_some(const struct client *c, const uint8_t *ptr, size_t len)
{
	if (c->ssl) {
		int n = SSL_write(c->ssl, ptr, (int)len);
		return n > 0 ? n : -1;
	}
	return send(c->fd, ptr, len, MSG_NOSIGNAL);
}

/* Sends all of it, `chunk` octets at a time. */
static inline void put_chunks(const struct pbx *p, const struct client *c, const void *data, size_t len,
                              size_t chunk)
{
	const uint8_t *ptr = data;
	uint64_t begun = now();

	while (len > 0) {
		ssize_t n = put_some(c, ptr, len < chunk ? len : chunk);
		if (n > 0) {
			ptr += n;
			len -= (size_t)n;
		}
		turn(p);
		assert_true(now() - begun < 10000);
	}
}

static inline void put(const struct pbx *p, const struct client *c, const void *data, size_t len)
{
	put_chunks(p, c, data, len, len);
}

/* Takes what is there. */
static inline void take(struct client *c)
{
	ssize_t n;
	size_t room = sizeof(c->in) - c->len;

	if (c->ssl) {
		n = SSL_read(c->ssl, c->in + c->len, (int)room);
		if (n <= 0 && SSL_get_error(c->ssl, (int)n) != SSL_ERROR_WANT_READ)
			c->eof = true;
		ERR_clear_error();
	} else {
		n = recv(c->fd, c->in + c->len, room, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			c->eof = true;
	}
	if (n > 0)
		c->len += (size_t)n;
}

static inline bool at_end(struct client *c)
{
	take(c);
	return c->eof;
}

/* The next message that came; its octets live until the one after it. */
static inline struct dl3_msg hear(struct pbx *p, struct client *c)
{
	static uint8_t frame_octets[8192];
	struct dl3_frame frame;
	struct dl3_msg msg;

	UNTIL((take(c), dl3_frame_decode(c->in, c->len, &frame, NULL) == DL3_OK));
	memcpy(frame_octets, c->in, frame.size);
	memmove(c->in, c->in + frame.size, c->len - frame.size);
	c->len -= frame.size;
	frame.payload.ptr = frame_octets + frame.header;
	assert_int_equal(dl3_msg_decode(frame.payload, &msg, NULL), DL3_OK);
	return msg;
}

static inline void say_chunks(const struct pbx *p, const struct client *c, const struct dl3_msg *msg,
                              size_t chunk)
{
	uint8_t octets[2048];
	size_t len;

	assert_int_equal(dl3_msg_encode(msg, octets, sizeof(octets), &len), DL3_OK);
	put_chunks(p, c, octets, len, chunk ? chunk : len);
}

static inline void say_login(const struct pbx *p, const struct client *c, size_t chunk)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 1 };

	msg.u.auth_request.step = DL3_AUTH_STEP_REQUEST;
	msg.u.auth_request.user = dl3_str_of("app");
	say_chunks(p, c, &msg, chunk);
}

static inline uint32_t log_in(struct pbx *p, struct client *c, const char *password, size_t chunk)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 2 };
	uint8_t proof[DL3_PLAIN_PASSWORD_MAX] = { 0 };
	struct dl3_auth_request *r = &msg.u.auth_request;

	say_login(p, c, chunk);
	struct dl3_msg reply = hear(p, c);
	assert_int_equal(reply.type, DL3_MSG_AUTH_REPLY);
	if (p->plain) {
		assert_int_equal(reply.u.auth_reply.result, DL3_AUTH_CHALLENGE_PLAIN);
		r->step = DL3_AUTH_STEP_PLAIN_RESPONSE;
		memcpy(proof, password, strlen(password));
		r->response = (struct dl3_octets){ proof, DL3_PLAIN_PASSWORD_MAX };
	} else {
		assert_int_equal(reply.u.auth_reply.result, DL3_AUTH_CHALLENGE_SHA1);
		r->step = DL3_AUTH_STEP_SHA1_RESPONSE;
		assert_int_equal(dl3_auth_sha1(reply.u.auth_reply.challenge, password, proof), DL3_OK);
		r->response = (struct dl3_octets){ proof, DL3_SHA1_SIZE };
	}
	say_chunks(p, c, &msg, chunk);
	reply = hear(p, c);
	assert_int_equal(reply.type, DL3_MSG_AUTH_REPLY);
	return reply.u.auth_reply.result;
}

static inline void say_stream(struct pbx *p, struct client *c)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REQUEST, .request_id = 3 };

	msg.u.event_request.flags = dl3_str_of("");
	say_chunks(p, c, &msg, 0);
	assert_int_equal(hear(p, c).u.event_reply.result, DL3_EVENTS_SUCCESS);
}

static inline void say_test(struct pbx *p, struct client *c, uint32_t id)
{
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = id };

	say_chunks(p, c, &msg, 0);
	assert_int_equal(hear(p, c).request_id, id);
}

/* ---- A stream of events ---- */

#define STALL_LIMIT (256u * 1024u)

/* Pushes events until there is no room, neither in the queue nor in the socket. */
static inline uint32_t push_until_full(struct pbx *p, struct dl3_conn *conn)
{
	struct dl3_record r = a_record();
	uint32_t counter = 0;
	unsigned refused = 0;

	while (refused < 100) {
		enum dl3_err err = dl3_server_event(dl3_conn_session(conn), 1, counter, &r);
		if (err == DL3_OK) {
			counter++;
			refused = 0;
			continue;
		}
		assert_int_equal(err, DL3_ERR_OUTPUT_LIMIT);
		refused++;
		dl3_conn_flush(conn);
		turn(p);
		assert_true(dl3_session_memory(dl3_conn_session(conn)) < 2 * STALL_LIMIT);
	}
	return counter;
}

/* ---- TLS ---- */

static inline void dial_tls(const struct pbx *p, struct client *c)
{
	dial(p, c);
	c->ctx = SSL_CTX_new(TLS_client_method());
	assert_non_null(c->ctx);
	c->ssl = SSL_new(c->ctx);
	assert_non_null(c->ssl);
	assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
	SSL_set_connect_state(c->ssl);
}

/* A step of the handshake. @return whether it is over, one way or the other. */
static inline bool shake(const struct client *c)
{
	int n = SSL_do_handshake(c->ssl);
	int why = SSL_get_error(c->ssl, n);

	ERR_clear_error();
	return n == 1 || (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE);
}

static const struct dl3_tls_server generated;

#endif
