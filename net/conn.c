/* SPDX-License-Identifier: MIT */
#include "conn.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "listener.h"
#include "tls.h"

/* Octets taken from a connection before others get their turn. */
#define TURN 65536u
/* A dead peer is found in two minutes: a PBX's clients are idle for hours. */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 6

static uint64_t now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void wake(struct dl3_conn *c)
{
	event_active(c->work, EV_TIMEOUT, 0);
}

/* Unlike wake() lets the loop look at all sockets first. */
static void after_others(struct dl3_conn *c)
{
	const struct timeval none = { 0 };

	(void)event_add(c->work, &none);
}

/* ---- The end ---- */

static size_t socket_queue(const struct dl3_conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static void explain(struct dl3_conn *c, enum dl3_close_reason reason, const char *detail)
{
	c->why.reason = reason;
	c->why.detail = c->detail;
	(void)snprintf(c->detail, sizeof(c->detail), "%s", detail);
}

static void done(struct dl3_conn *c)
{
	c->state = DL3I_CONN_DONE;
	(void)bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	(void)event_del(c->timer);
	if (c->depth == 0)
		wake(c);
}

static void end(struct dl3_conn *c, enum dl3_close_reason reason, const char *detail)
{
	if (c->state == DL3I_CONN_DONE)
		return;
	if (c->state != DL3I_CONN_LINGER)
		explain(c, reason, detail);
	done(c);
}

void dl3i_conn_drop(struct dl3_conn *c)
{
	end(c, DL3_CLOSED_BY_OWNER, "the listener was freed");
}

void dl3i_conn_finish(struct dl3_conn *c)
{
	struct dl3_listener *l = c->listener;

	if (c->previous)
		c->previous->next = c->next;
	else
		l->conns = c->next;
	if (c->next)
		c->next->previous = c->previous;
	l->count--;
	c->depth++; /* so that nothing the owner calls now wakes it */
	if (l->callbacks.closed)
		l->callbacks.closed(c, &c->why, l->arg);
	event_free(c->timer);
	event_free(c->work);
	bufferevent_free(c->bev);
	dl3_session_free(c->session);
	free(c);
	dl3i_listener_release(l);
}

/* Around all that may call the owner. After leave() the connection may be gone. */
static void enter(struct dl3_conn *c)
{
	c->depth++;
}

static void leave(struct dl3_conn *c)
{
	if (--c->depth == 0 && c->state == DL3I_CONN_DONE)
		dl3i_conn_finish(c);
}

/* ---- Time ---- */

/* The timer is set to what is due next. */
static void schedule(struct dl3_conn *c)
{
	uint64_t due = c->deadline;

	if (c->state == DL3I_CONN_DONE)
		return;
	if (c->state == DL3I_CONN_OPEN && dl3_session_deadline(c->session) < due)
		due = dl3_session_deadline(c->session);
	if (due == DL3_NEVER) {
		(void)event_del(c->timer);
		return;
	}
	uint64_t now = now_ms();
	uint64_t left = due > now ? due - now : 0;
	/* A thousandth of a second more than is left in whole ones, never less. */
	const struct timeval tv = { .tv_sec = (time_t)(left / 1000),
		                    .tv_usec = (suseconds_t)(left % 1000 * 1000 + 999) };
	(void)event_add(c->timer, &tv);
}

static void set_deadline(struct dl3_conn *c, uint32_t ms)
{
	c->deadline = now_ms() + ms;
}

/* ---- Output ---- */

static void shut(struct dl3_conn *c)
{
	if (c->shut)
		return;
	c->shut = true;
	if (c->ssl)
		dl3i_tls_goodbye(c->ssl);
	(void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
}

/* Moves output to the socket's buffer, up to what that may hold in advance. */
static void move(struct dl3_conn *c)
{
	while (c->state == DL3I_CONN_OPEN || c->state == DL3I_CONN_LINGER) {
		struct dl3_octets out = dl3_session_output(c->session);
		size_t ahead = socket_queue(c);
		if (out.len == 0 || ahead >= DL3_SOCKET_AHEAD)
			return;
		size_t room = DL3_SOCKET_AHEAD - ahead;
		size_t n = out.len < room ? out.len : room;
		if (bufferevent_write(c->bev, out.ptr, n) != 0) {
			end(c, DL3_CLOSED_SOCKET, "out of memory");
			return;
		}
		dl3_session_sent(c->session, n);
		c->owes = true;
	}
}

static bool all_sent(const struct dl3_conn *c)
{
	return dl3_session_output(c->session).len == 0 && socket_queue(c) == 0;
}

/* All has been sent. A client that broke the protocol may still be sending, and octets that
 * meet a closed socket make a reset, which would overtake the answer that says what was wrong:
 * so it gets the time to see it and to close. */
static void said_all(struct dl3_conn *c)
{
	shut(c);
	if (c->why.reason != DL3_CLOSED_SESSION || c->eof)
		done(c);
}

static void send_what_is_queued(struct dl3_conn *c)
{
	move(c);
	if (c->state == DL3I_CONN_OPEN && c->owes && all_sent(c)) {
		c->owes = false;
		if (c->listener->callbacks.drained)
			c->listener->callbacks.drained(c, c->listener->arg);
		move(c);
	}
	if (c->state == DL3I_CONN_LINGER && all_sent(c))
		said_all(c);
}

static void linger(struct dl3_conn *c)
{
	c->state = DL3I_CONN_LINGER;
	c->paused = false;
	set_deadline(c, c->listener->linger_ms);
	(void)bufferevent_enable(c->bev, EV_READ); /* to see its end, and to throw away what comes */
	move(c);
	/* A close of the owner's leads to no callback inside of it. */
	if (c->depth == 0)
		wake(c);
}

/* ---- Input ---- */

static void end_of_session(struct dl3_conn *c)
{
	char text[DL3_FAULT_TEXT_MAX];

	c->why.fault = dl3_session_fault(c->session);
	(void)dl3_fault_text(&c->why.fault, text, sizeof(text));
	explain(c, DL3_CLOSED_SESSION, text);
	linger(c);
}

/* Gives events until there are none. @return DL3_NEED_MORE, or else why it stopped. */
static enum dl3_err give(struct dl3_conn *c)
{
	enum dl3_err err = DL3_BLOCKED;
	struct dl3_event ev;

	while (c->state == DL3I_CONN_OPEN && !c->paused) {
		err = dl3_session_next(c->session, &ev);
		if (err != DL3_OK)
			return err;
		c->listener->callbacks.event(c, &ev, c->listener->arg);
		move(c);
		err = DL3_BLOCKED;
	}
	return err;
}

/* Hands a piece of input to the session. @return its length; 0 when there is none. */
static size_t feed(struct dl3_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_iovec piece;

	if (evbuffer_peek(in, -1, NULL, &piece, 1) < 1)
		return 0;
	size_t used = dl3_session_feed(c->session, piece.iov_base, piece.iov_len);
	(void)evbuffer_drain(in, used);
	return used;
}

/* No more will come and all that came has been answered. */
static void end_of_input(struct dl3_conn *c)
{
	explain(c, DL3_CLOSED_BY_PEER, "the other end closed the connection");
	/* A TLS connection whose other end is gone takes no more output. */
	if (c->ssl)
		done(c);
	else
		linger(c);
}

static void pump(struct dl3_conn *c)
{
	size_t taken = 0;

	if (c->state != DL3I_CONN_OPEN || c->paused)
		return;
	dl3_session_tick(c->session, now_ms());
	while (true) {
		enum dl3_err err = give(c);
		if (c->state != DL3I_CONN_OPEN || err == DL3_BLOCKED)
			return;
		if (err != DL3_NEED_MORE) {
			end_of_session(c);
			return;
		}
		if (taken >= TURN) {
			after_others(c);
			return;
		}
		size_t used = feed(c);
		taken += used;
		if (used == 0)
			break;
	}
	if (c->eof)
		end_of_input(c);
}

/* Whatever happened: goes on from there. */
static void go_on(struct dl3_conn *c)
{
	if (c->state == DL3I_CONN_LINGER) {
		struct evbuffer *in = bufferevent_get_input(c->bev);
		(void)evbuffer_drain(in, evbuffer_get_length(in));
	}
	pump(c);
	send_what_is_queued(c);
	schedule(c);
}

/* ---- What the loop calls ---- */

static void on_work(evutil_socket_t fd, short what, void *arg)
{
	struct dl3_conn *c = arg;

	(void)fd;
	(void)what;
	enter(c);
	go_on(c);
	leave(c);
}

static void on_data(struct bufferevent *bev, void *arg)
{
	(void)bev;
	on_work(-1, 0, arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dl3_conn *c = arg;

	(void)fd;
	(void)what;
	enter(c);
	if (c->deadline <= now_ms()) {
		if (c->state == DL3I_CONN_HANDSHAKE)
			end(c, DL3_CLOSED_TLS, "the handshake took too long");
		else if (c->state == DL3I_CONN_OPEN)
			end(c, DL3_CLOSED_BY_PEER, "the other end closed the connection");
		else
			end(c, DL3_CLOSED_BY_OWNER, "");
	}
	/* Time goes on for one that is paused or blocked too, but pump() tells it then only to find
	 * out: its owner hears of the end when it reads again. */
	if (c->state == DL3I_CONN_OPEN)
		dl3_session_tick(c->session, now_ms());
	go_on(c);
	leave(c);
}

static void ready(struct dl3_conn *c)
{
	c->state = DL3I_CONN_OPEN;
	c->deadline = DL3_NEVER;
	dl3_session_tick(c->session, now_ms());
	if (c->listener->callbacks.opened)
		c->listener->callbacks.opened(c, c->listener->arg);
	go_on(c);
}

static void failed(struct dl3_conn *c, int error)
{
	char detail[DL3_FAULT_TEXT_MAX];

	if (c->ssl && dl3i_tls_detail(c->bev, c->ssl, detail, sizeof(detail)))
		end(c, DL3_CLOSED_TLS, detail);
	else if (error == 0)
		end(c, DL3_CLOSED_BY_PEER, "the other end closed the connection");
	else if (error == ECONNRESET || error == EPIPE)
		end(c, DL3_CLOSED_BY_PEER, strerror(error));
	else
		end(c, DL3_CLOSED_SOCKET, strerror(error));
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct dl3_conn *c = arg;
	int error = (what & BEV_EVENT_ERROR) ? EVUTIL_SOCKET_ERROR() : 0;

	(void)bev;
	enter(c);
	if (c->state == DL3I_CONN_HANDSHAKE && (what & BEV_EVENT_CONNECTED)) {
		ready(c);
	} else if (what & BEV_EVENT_ERROR) {
		failed(c, error);
	} else if (what & BEV_EVENT_EOF) {
		c->eof = true;
		if (c->state == DL3I_CONN_HANDSHAKE)
			failed(c, 0);
		/* What came before the end is still to be read, for as long as it takes answers to
		 * drain, but not for ever. */
		if (c->state == DL3I_CONN_OPEN)
			set_deadline(c, c->listener->linger_ms);
		go_on(c);
	}
	leave(c);
}

/* ---- The beginning ---- */

static void set_option(evutil_socket_t fd, int level, int option, int value)
{
	/* An option that the system does not grant is no reason to turn a client away. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static void set_options(evutil_socket_t fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
#endif
}

/* The bufferevent owns the socket, and the SSL where there is one, as soon as it exists. */
static bool wrap(struct dl3_conn *c, evutil_socket_t fd)
{
	const int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
	struct dl3_listener *l = c->listener;

	if (!l->tls) {
		c->bev = bufferevent_socket_new(l->base, fd, options);
		return c->bev != NULL;
	}
	c->ssl = SSL_new(l->tls);
	if (c->ssl)
		c->bev = bufferevent_openssl_socket_new(l->base, fd, c->ssl, BUFFEREVENT_SSL_ACCEPTING,
		                                        options);
	if (!c->bev)
		SSL_free(c->ssl);
	return c->bev != NULL;
}

static struct dl3_conn *new_conn(struct dl3_listener *l, evutil_socket_t fd)
{
	struct dl3_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->listener = l;
	c->deadline = DL3_NEVER;
	c->session = dl3_server_new(&l->session, NULL);
	c->timer = evtimer_new(l->base, on_timer, c);
	c->work = evtimer_new(l->base, on_work, c);
	if (c->session && c->timer && c->work && wrap(c, fd))
		return c;
	if (c->timer)
		event_free(c->timer);
	if (c->work)
		event_free(c->work);
	dl3_session_free(c->session);
	free(c);
	return NULL;
}

static void enlist(struct dl3_conn *c)
{
	struct dl3_listener *l = c->listener;

	c->next = l->conns;
	if (c->next)
		c->next->previous = c;
	l->conns = c;
	l->count++;
	l->refs++;
}

void dl3i_conn_begin(struct dl3_listener *l, evutil_socket_t fd, const struct sockaddr *sa, socklen_t len)
{
	struct dl3_conn *c = new_conn(l, fd);

	if (!c) {
		(void)evutil_closesocket(fd);
		return;
	}
	enlist(c);
	set_options(fd);
	dl3i_address_text(sa, len, c->peer);
	bufferevent_setcb(c->bev, on_data, on_data, on_event, c);
	/* Reading stops by itself while the session does not take what came. */
	bufferevent_setwatermark(c->bev, EV_READ, 0, DL3_INPUT_WINDOW);
	bufferevent_setwatermark(c->bev, EV_WRITE, DL3_SOCKET_AHEAD / 2, 0);
	enter(c);
	if (bufferevent_enable(c->bev, EV_READ | EV_WRITE) != 0)
		end(c, DL3_CLOSED_SOCKET, "the event base does not take the socket");
	else if (c->ssl)
		set_deadline(c, l->handshake_ms);
	else
		ready(c);
	schedule(c);
	leave(c);
}

/* ---- The owner's ---- */

const char *dl3_close_reason_name(enum dl3_close_reason reason)
{
	switch (reason) {
	case DL3_CLOSED_BY_PEER:
		return "peer";
	case DL3_CLOSED_BY_OWNER:
		return "owner";
	case DL3_CLOSED_SESSION:
		return "session";
	case DL3_CLOSED_TLS:
		return "tls";
	case DL3_CLOSED_SOCKET:
		return "socket";
	}
	return "unknown";
}

struct dl3_session *dl3_conn_session(struct dl3_conn *conn)
{
	return conn->session;
}

void dl3_conn_flush(struct dl3_conn *conn)
{
	if (conn->state != DL3I_CONN_OPEN)
		return;
	move(conn);
	/* An answer may have been what the session waited for, or have changed its deadline. */
	if (conn->depth == 0)
		wake(conn);
}

void dl3_conn_close(struct dl3_conn *conn)
{
	const char *detail = "closed by its owner";

	if (conn->state == DL3I_CONN_HANDSHAKE) {
		end(conn, DL3_CLOSED_BY_OWNER, detail);
	} else if (conn->state == DL3I_CONN_OPEN) {
		explain(conn, DL3_CLOSED_BY_OWNER, detail);
		linger(conn);
	}
}

void dl3_conn_abort(struct dl3_conn *conn, bool reset)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (conn->state == DL3I_CONN_DONE)
		return;
	if (reset)
		(void)setsockopt(bufferevent_getfd(conn->bev), SOL_SOCKET, SO_LINGER, &at_once,
		                 sizeof(at_once));
	end(conn, DL3_CLOSED_BY_OWNER, "aborted by its owner");
}

void dl3_conn_pause(struct dl3_conn *conn, bool paused)
{
	if (conn->state == DL3I_CONN_DONE || conn->state == DL3I_CONN_LINGER || conn->paused == paused)
		return;
	conn->paused = paused;
	/* A handshake needs to read; it leads to a session that is not read. */
	if (conn->state == DL3I_CONN_OPEN && paused)
		(void)bufferevent_disable(conn->bev, EV_READ);
	if (conn->state == DL3I_CONN_OPEN && !paused) {
		(void)bufferevent_enable(conn->bev, EV_READ);
		wake(conn);
	}
}

const char *dl3_conn_peer(const struct dl3_conn *conn)
{
	return conn->peer;
}

bool dl3_conn_encrypted(const struct dl3_conn *conn)
{
	return conn->ssl != NULL;
}

void dl3_conn_set_user(struct dl3_conn *conn, void *user)
{
	conn->user = user;
}

void *dl3_conn_user(const struct dl3_conn *conn)
{
	return conn->user;
}
