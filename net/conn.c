/* SPDX-License-Identifier: MIT */
#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tls.h"

/* Octets taken from a connection before others get their turn. */
#define TURN 65536u
/* A dead peer is found in two minutes: a PBX's clients are idle for hours. */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 6

uint64_t dl3i_now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void dl3i_conn_wake(struct dl3_conn *c)
{
	if (c->depth == 0)
		event_active(c->timer, EV_TIMEOUT, 0);
}

/* ---- The end ---- */

static void explain(struct dl3_conn *c, enum dl3_close_reason reason, const char *detail)
{
	c->why.reason = reason;
	c->why.detail = c->detail;
	(void)snprintf(c->detail, sizeof(c->detail), "%s", detail);
}

static void done(struct dl3_conn *c)
{
	c->state = DL3I_CONN_DONE;
	(void)event_del(c->readable);
	(void)event_del(c->writable);
	(void)event_del(c->timer);
	dl3i_conn_wake(c);
}

static void end(struct dl3_conn *c, enum dl3_close_reason reason, const char *detail)
{
	if (c->state == DL3I_CONN_DONE)
		return;
	if (c->state != DL3I_CONN_LINGER)
		explain(c, reason, detail);
	done(c);
}

/* What was encrypted may hold a password. */
static void wipe(const struct dl3_conn *c, void *data, size_t len)
{
	if (c->stream.ssl)
		OPENSSL_cleanse(data, len);
}

/* Remembers input that the session does not take now, instead of what was remembered. */
static void keep_rest(struct dl3_conn *c, const uint8_t *data, size_t len)
{
	if (c->rest) {
		wipe(c, c->rest, c->rest_len);
		dl3i_owner_resize(c->owner, c->rest, c->rest_len, 0);
	}
	c->rest = len > 0 ? dl3i_owner_resize(c->owner, NULL, 0, len) : NULL;
	c->rest_at = 0;
	c->rest_len = c->rest ? len : 0;
	if (c->rest)
		memcpy(c->rest, data, len);
	else if (len > 0)
		end(c, DL3_CLOSED_SOCKET, "out of memory");
}

/* Gives back what a connection has, whole or half made, but for its socket. */
static void destroy(struct dl3_conn *c)
{
	struct dl3i_owner *o = c->owner;

	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	if (c->timer)
		event_free(c->timer);
	dl3i_output_free(c);
	keep_rest(c, NULL, 0);
	dl3_session_free(c->session);
	dl3i_owner_resize(o, c, sizeof(*c), 0);
}

void dl3i_conn_finish(struct dl3_conn *c)
{
	struct dl3i_owner *o = c->owner;

	if (c->previous)
		c->previous->next = c->next;
	else
		o->conns = c->next;
	if (c->next)
		c->next->previous = c->previous;
	o->count--;
	c->depth++; /* so that nothing the owner calls now wakes it */
	if (o->callbacks.closed)
		o->callbacks.closed(c, &c->why, o->arg);
	(void)event_del(c->readable);
	(void)event_del(c->writable);
	dl3i_stream_close(&c->stream);
	destroy(c);
	dl3i_owner_release(o);
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

static void failed(struct dl3_conn *c)
{
	char detail[DL3_FAULT_TEXT_MAX];
	int error = c->stream.error;

	if (c->stream.ssl && dl3i_tls_detail(&c->stream, detail, sizeof(detail)))
		end(c, DL3_CLOSED_TLS, detail);
	else if (error == 0)
		end(c, DL3_CLOSED_BY_PEER, "the other end closed the connection");
	else if (error == ECONNRESET || error == EPIPE)
		end(c, DL3_CLOSED_BY_PEER, strerror(error));
	else
		end(c, DL3_CLOSED_SOCKET, strerror(error));
}

/* ---- What it waits for ---- */

static uint64_t in_ms(uint32_t ms)
{
	return dl3i_now_ms() + ms;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Whoever does not read cannot hold it against the other end that nothing is heard of it. */
static bool stands_still(const struct dl3_conn *c)
{
	return c->paused && c->owner->waits_when_paused;
}

static uint64_t next_due(const struct dl3_conn *c)
{
	uint64_t due = sooner(c->deadline, c->look);

	if (c->again)
		return 0;
	if (c->state == DL3I_CONN_OPEN && !stands_still(c))
		due = sooner(due, dl3i_pace_due(&c->pace, dl3_session_deadline(c->session)));
	if (c->state == DL3I_CONN_OPEN || c->state == DL3I_CONN_LINGER)
		due = sooner(due, dl3i_output_due(c));
	return due;
}

/* The timer is set to what is due next. */
static void schedule(struct dl3_conn *c)
{
	struct timeval tv = { 0 };
	uint64_t due = next_due(c);

	if (due == DL3_NEVER) {
		if (event_pending(c->timer, EV_TIMEOUT, NULL))
			(void)event_del(c->timer);
		return;
	}
	uint64_t now = dl3i_now_ms();
	if (due > now) {
		/* A thousandth of a second more than is left in whole ones, never less. */
		tv.tv_sec = (time_t)((due - now) / 1000);
		tv.tv_usec = (suseconds_t)((due - now) % 1000 * 1000 + 999);
	}
	if (event_add(c->timer, &tv) != 0)
		end(c, DL3_CLOSED_SOCKET, "out of memory");
}

static bool wants_input(const struct dl3_conn *c)
{
	if (c->state == DL3I_CONN_HANDSHAKE)
		return !c->stream.read_needs_room;
	if (c->state == DL3I_CONN_LINGER)
		return !c->eof;
	return !c->paused && !c->blocked && !c->rest;
}

static bool wants_room(const struct dl3_conn *c)
{
	return c->stream.read_needs_room || (c->out.full && !c->out.held && !dl3i_output_empty(c));
}

static void wait_for(struct dl3_conn *c, struct event *ev, bool *set, bool want)
{
	if (*set == want || c->state == DL3I_CONN_DONE)
		return;
	if ((want ? event_add(ev, NULL) : event_del(ev)) != 0)
		end(c, DL3_CLOSED_SOCKET, "the event base does not take the socket");
	*set = want;
}

/* An idle connection is read all the time. One that is not read, being paused or blocked, has to be
 * looked at now and then, or nobody would notice that the other end is gone. */
static void await(struct dl3_conn *c)
{
	wait_for(c, c->readable, &c->waits_readable, wants_input(c) || c->stream.write_needs_input);
	wait_for(c, c->writable, &c->waits_writable, wants_room(c));
	if (c->state != DL3I_CONN_OPEN || c->waits_readable || c->deadline != DL3_NEVER)
		c->look = DL3_NEVER;
	else if (c->look == DL3_NEVER)
		c->look = in_ms(c->owner->look_ms);
	if (c->state != DL3I_CONN_DONE)
		schedule(c);
}

/* ---- Closing ---- */

/* All has been sent. A client may still be sending, and octets that meet a closed socket make a
 * reset, which would overtake what was sent last: so it gets the time to see our end, and to
 * close. */
static void said_all(struct dl3_conn *c)
{
	if (!c->shut)
		dl3i_stream_shut(&c->stream);
	c->shut = true;
	if (c->eof)
		done(c);
}

static void linger(struct dl3_conn *c)
{
	c->state = DL3I_CONN_LINGER;
	c->deadline = in_ms(c->owner->linger_ms);
	/* A close of the owner's leads to no callback inside of it. */
	dl3i_conn_wake(c);
}

/* Reads to throw away, and to see the end. */
static void discard(struct dl3_conn *c)
{
	keep_rest(c, NULL, 0);
	if (c->eof)
		return;
	switch (dl3i_stream_discard(&c->stream, TURN)) {
	case DL3I_IO_END:
		c->eof = true;
		break;
	case DL3I_IO_FAILED:
		failed(c);
		break;
	default:
		break;
	}
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

/* No more will come and all that came has been answered. */
static void end_of_input(struct dl3_conn *c)
{
	char text[DL3_FAULT_TEXT_MAX] = "the other end closed the connection";
	struct dl3_event ev;

	dl3_session_end_of_input(c->session);
	if (dl3_session_next(c->session, &ev) != DL3_ERR_CLOSED) {
		c->why.fault = dl3_session_fault(c->session);
		(void)dl3_fault_text(&c->why.fault, text, sizeof(text));
	}
	explain(c, DL3_CLOSED_BY_PEER, text);
	linger(c);
}

static size_t feed_rest(struct dl3_conn *c)
{
	size_t used = dl3_session_feed(c->session, c->rest + c->rest_at, c->rest_len - c->rest_at);

	c->rest_at += used;
	if (c->rest_at == c->rest_len)
		keep_rest(c, NULL, 0);
	return used;
}

static size_t feed_new(struct dl3_conn *c)
{
	uint8_t buf[DL3_INPUT_WINDOW];
	size_t n = 0, used = 0;

	enum dl3i_io io = dl3i_stream_read(&c->stream, buf, sizeof(buf), &n);
	/* In the clear a short read has emptied the socket; TLS may have more within itself. */
	c->input = io == DL3I_IO_DONE && (c->stream.ssl || n == sizeof(buf));
	if (io == DL3I_IO_END)
		c->eof = true;
	if (io == DL3I_IO_FAILED)
		failed(c);
	if (io != DL3I_IO_DONE)
		return 0;
	dl3i_pace_heard(&c->pace);
	if (c->owner->octets)
		c->owner->octets(c, true, (struct dl3_octets){ buf, n }, c->owner->arg);
	used = dl3_session_feed(c->session, buf, n);
	if (used < n)
		keep_rest(c, buf + used, n - used);
	wipe(c, buf, n);
	return n;
}

/* Hands input to the session. @return how much; 0 when there is none. */
static size_t feed(struct dl3_conn *c)
{
	if (c->rest)
		return feed_rest(c);
	return c->input ? feed_new(c) : 0;
}

/* Gives events until there are none. @return DL3_NEED_MORE, or else why it stopped. */
static enum dl3_err give(struct dl3_conn *c)
{
	enum dl3_err err = DL3_OK;
	struct dl3_event ev;

	while (err == DL3_OK && c->state == DL3I_CONN_OPEN && !c->paused) {
		err = dl3_session_next(c->session, &ev);
		if (err == DL3_OK)
			c->owner->callbacks.event(c, &ev, c->owner->arg);
	}
	return err;
}

/*
 * Tells the session the time. What is late by it may have come while this program was busy, and the socket
 * has it. So that is looked at first.
 */
static void tell_time(struct dl3_conn *c)
{
	uint64_t now = dl3i_now_ms();

	if (stands_still(c)) {
		dl3i_pace_stop(&c->pace);
		return;
	}
	dl3i_pace_tell(&c->pace, now, dl3_session_deadline(c->session));
	now = dl3i_pace_time(&c->pace, now);
	if (dl3_session_deadline(c->session) <= now && !c->paused && !c->blocked && !c->rest) {
		c->input = true;
		(void)feed(c);
	}
	/* One that is paused or blocked is told too, but its owner hears of the end when it reads again. */
	dl3_session_tick(c->session, now);
}

/* Reads, up to what is left of the turn. */
static void pump(struct dl3_conn *c, size_t *left)
{
	size_t used;

	tell_time(c);
	do {
		enum dl3_err err = give(c);

		if (err == DL3_OK) /* closed or paused by its owner */
			return;
		c->blocked = err == DL3_BLOCKED;
		if (c->blocked)
			return;
		if (err != DL3_NEED_MORE) {
			end_of_session(c);
			return;
		}
		c->again = *left == 0;
		if (c->again)
			return;
		used = feed(c);
		*left -= used < *left ? used : *left;
	} while (used > 0);
	if (c->state == DL3I_CONN_OPEN && c->eof)
		end_of_input(c);
}

/* ---- Going on ---- */

static bool send_some(struct dl3_conn *c)
{
	bool any = false;

	if (c->state != DL3I_CONN_OPEN && c->state != DL3I_CONN_LINGER)
		return false;
	if (dl3i_output_send(c, &any) == DL3I_IO_FAILED)
		failed(c);
	return any;
}

static void tell_drained(struct dl3_conn *c)
{
	if (c->state != DL3I_CONN_OPEN || !c->owes || !dl3i_output_empty(c))
		return;
	c->owes = false;
	if (c->owner->callbacks.drained)
		c->owner->callbacks.drained(c, c->owner->arg);
	/* What is queued now is written in the next turn, or one that always has more would take
	 * them all. The owner may have let go of what held the session, with nothing to queue. */
	if (c->blocked || !dl3i_output_empty(c))
		c->again = true;
}

/* Whatever happened: goes on from there. */
static void go_on(struct dl3_conn *c)
{
	size_t left = TURN;
	bool sent;

	c->again = false;
	do {
		if (c->state == DL3I_CONN_OPEN)
			pump(c, &left);
		sent = send_some(c);
	} while (c->state == DL3I_CONN_OPEN && c->blocked && sent);
	tell_drained(c);
	if (c->state == DL3I_CONN_LINGER)
		discard(c);
	if (c->state == DL3I_CONN_LINGER && dl3i_output_empty(c))
		said_all(c);
	if (c->state != DL3I_CONN_DONE)
		await(c);
}

static void ready(struct dl3_conn *c)
{
	c->state = DL3I_CONN_OPEN;
	c->deadline = DL3_NEVER;
	c->input = c->stream.ssl != NULL; /* it may have come with the end of the handshake */
	dl3i_pace_tell(&c->pace, dl3i_now_ms(), DL3_NEVER);
	dl3_session_tick(c->session, c->pace.told);
	if (c->owner->callbacks.opened)
		c->owner->callbacks.opened(c, c->owner->arg);
}

static void shake(struct dl3_conn *c)
{
	enum dl3i_io io = dl3i_stream_handshake(&c->stream);

	if (io == DL3I_IO_DONE)
		ready(c);
	else if (io != DL3I_IO_WAIT)
		failed(c);
}

/* ---- What the loop calls ---- */

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct dl3_conn *c = arg;

	(void)fd;
	enter(c);
	if (what & EV_READ)
		c->input = true;
	/* TLS may have waited for the one to do the other. */
	if ((what & EV_WRITE) || c->stream.write_needs_input)
		c->out.full = false;
	if (c->state == DL3I_CONN_HANDSHAKE)
		shake(c);
	go_on(c);
	leave(c);
}

static void too_late(struct dl3_conn *c)
{
	if (c->state == DL3I_CONN_HANDSHAKE)
		end(c, DL3_CLOSED_TLS, "the handshake took too long");
	else
		end(c, DL3_CLOSED_BY_PEER, "the other end closed the connection");
}

/* One that is not read and whose other end is gone gets as much time as one that is read. */
static void look(struct dl3_conn *c)
{
	c->look = DL3_NEVER;
	switch (dl3i_stream_look(&c->stream)) {
	case DL3I_IO_END:
		c->deadline = in_ms(c->owner->linger_ms);
		break;
	case DL3I_IO_FAILED:
		failed(c);
		break;
	default:
		break;
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dl3_conn *c = arg;
	uint64_t now = dl3i_now_ms();

	(void)fd;
	(void)what;
	enter(c);
	if (c->deadline <= now)
		too_late(c);
	else if (c->look <= now)
		look(c);
	go_on(c);
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

static struct dl3_conn *new_conn(struct dl3i_owner *o, const struct dl3i_conn_start *start)
{
	struct dl3_conn *c = dl3i_owner_resize(o, NULL, 0, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct dl3_conn){ .owner = o, .deadline = DL3_NEVER, .look = DL3_NEVER };
	c->stream = (struct dl3i_stream){ .fd = start->fd, .ssl = start->ssl };
	c->session = start->session;
	c->timer = evtimer_new(o->base, on_timer, c);
	c->readable = event_new(o->base, start->fd, EV_READ | EV_PERSIST, on_socket, c);
	c->writable = event_new(o->base, start->fd, EV_WRITE | EV_PERSIST, on_socket, c);
	if (c->session && c->timer && c->readable && c->writable)
		return c;
	c->session = NULL;
	destroy(c);
	return NULL;
}

static void enlist(struct dl3_conn *c)
{
	struct dl3i_owner *o = c->owner;

	c->next = o->conns;
	if (c->next)
		c->next->previous = c;
	o->conns = c;
	o->count++;
	o->refs++;
}

bool dl3i_conn_begin(struct dl3i_owner *owner, const struct dl3i_conn_start *start)
{
	struct dl3i_stream stream = { .fd = start->fd, .ssl = start->ssl };
	struct dl3_conn *c = new_conn(owner, start);

	if (!c) {
		dl3i_stream_close(&stream);
		dl3_session_free(start->session);
		return false;
	}
	enlist(c);
	set_options(start->fd);
	dl3i_address_text(start->sa, start->len, c->peer);
	enter(c);
	if (start->ssl) {
		c->deadline = in_ms(owner->handshake_ms);
		shake(c); /* it is the client who begins */
	} else {
		ready(c);
	}
	go_on(c);
	leave(c);
	return true;
}

void dl3i_conns_drop(struct dl3i_owner *owner)
{
	struct dl3_conn *c;

	for (c = owner->conns; c; c = c->next)
		end(c, DL3_CLOSED_BY_OWNER, "its owner was freed");
	/* From the start after each, since a `closed` may do anything. */
	c = owner->conns;
	while (c) {
		if (c->depth == 0) {
			dl3i_conn_finish(c);
			c = owner->conns;
		} else {
			c = c->next;
		}
	}
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
	dl3i_conn_wake(conn);
}

void dl3_conn_close(struct dl3_conn *conn)
{
	/* Before it is open, its owner does not know it. */
	if (conn->state != DL3I_CONN_OPEN)
		return;
	explain(conn, DL3_CLOSED_BY_OWNER, "closed by its owner");
	linger(conn);
}

void dl3_conn_abort(struct dl3_conn *conn, bool reset)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (conn->state == DL3I_CONN_DONE)
		return;
	if (reset)
		(void)setsockopt(conn->stream.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	end(conn, DL3_CLOSED_BY_OWNER, "aborted by its owner");
}

void dl3_conn_pause(struct dl3_conn *conn, bool paused)
{
	conn->paused = paused;
	dl3i_conn_wake(conn);
}

const char *dl3_conn_peer(const struct dl3_conn *conn)
{
	return conn->peer;
}

bool dl3_conn_encrypted(const struct dl3_conn *conn)
{
	return conn->stream.ssl != NULL;
}

void dl3_conn_set_user(struct dl3_conn *conn, void *user)
{
	conn->user = user;
}

void *dl3_conn_user(const struct dl3_conn *conn)
{
	return conn->user;
}
