/* SPDX-License-Identifier: MIT */
/*
 * A connection: the handshake, requests one after another, their answers, and the end. A deadline stands over
 * each stage, so none can be held open by saying little.
 */
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http_parts.h"
#include "net/address.h"

/* What is read at once, and kept while a request is being answered. */
#define READ_SIZE 16384u
#define LINGER_MS 1000u

/* ---- Addresses ---- */

static void address_of(const struct sockaddr *sa, uint8_t out[16])
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	memset(out, 0, 16);
	if (sa->sa_family == AF_INET) {
		memcpy(&four, sa, sizeof(four));
		memcpy(out, &four.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&six, sa, sizeof(six));
		memcpy(out, &six.sin6_addr, 16);
	}
}

static unsigned bucket_of(const uint8_t address[16])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 16; i++)
		sum = sum * 31 + address[i];
	return sum % 256;
}

static struct http_host **find_host(struct http *h, const uint8_t address[16])
{
	struct http_host **at = &h->hosts[bucket_of(address)];

	while (*at && memcmp((*at)->address, address, 16) != 0)
		at = &(*at)->next;
	return at;
}

/* @return NULL when that address has too many, or without memory. */
static struct http_host *join_host(struct http *h, const struct sockaddr *sa)
{
	uint8_t address[16];

	address_of(sa, address);
	struct http_host *host = *find_host(h, address);
	if (!host) {
		struct http_host **first = &h->hosts[bucket_of(address)];
		host = calloc(1, sizeof(*host));
		if (!host)
			return NULL;
		memcpy(host->address, address, 16);
		host->next = *first;
		*first = host;
	}
	if (host->connections >= h->max_of_address)
		return NULL;
	host->connections++;
	return host;
}

static void leave_host(struct http *h, struct http_host *host)
{
	if (!host || --host->connections > 0)
		return;
	struct http_host **at = find_host(h, host->address);
	*at = host->next;
	free(host);
}

/* ---- The end ---- */

static void unlist(struct http_exchange *x)
{
	if (x->older)
		x->older->newer = x->newer;
	else
		x->http->first = x->newer;
	if (x->newer)
		x->newer->older = x->older;
	x->http->counts.connections--;
}

void http_conn_destroy(struct http_exchange *x)
{
	if (x->dead)
		return;
	if (x->doing == HTTP_HANDLING && x->gone) {
		x->dead = true; /* against a second time, from inside of it */
		x->http->counts.answers[0]++;
		x->gone(x);
		x->dead = false;
	}
	x->gone = NULL;
	x->room = NULL;
	if (x->serving) {
		x->dead = true;
		return;
	}
	unlist(x);
	leave_host(x->http, x->host);
	if (x->readable)
		event_free(x->readable);
	if (x->writable)
		event_free(x->writable);
	if (x->timer)
		event_free(x->timer);
	http_request_free(x);
	if (x->in)
		evbuffer_free(x->in);
	if (x->out)
		evbuffer_free(x->out);
	dl3i_stream_shut(&x->stream);
	dl3i_stream_close(&x->stream);
	free(x);
}

/* ---- What it waits for ---- */

static void set_timer(struct http_exchange *x, uint32_t ms)
{
	const struct timeval after = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000L };

	(void)event_add(x->timer, &after);
}

static void want_input(struct http_exchange *x, bool want)
{
	if (x->reads != want && (want ? event_add(x->readable, NULL) : event_del(x->readable)) == 0)
		x->reads = want;
}

static void want_room(struct http_exchange *x, bool want)
{
	if (x->waits != want && (want ? event_add(x->writable, NULL) : event_del(x->writable)) == 0)
		x->waits = want;
}

static void linger(struct http_exchange *x)
{
	x->doing = HTTP_LINGERING;
	dl3i_stream_shut(&x->stream);
	want_room(x, false);
	want_input(x, true);
	set_timer(x, LINGER_MS);
}

/* ---- Sending ---- */

/* @return false when the connection is gone. */
static bool send_out(struct http_exchange *x)
{
	struct evbuffer_iovec piece;

	while (evbuffer_peek(x->out, -1, NULL, &piece, 1) > 0 && piece.iov_len > 0) {
		size_t n = 0;
		enum dl3i_io io = dl3i_stream_write(&x->stream, piece.iov_base, piece.iov_len, &n);
		if (io == DL3I_IO_WAIT)
			return true;
		if (io != DL3I_IO_DONE)
			return false;
		(void)evbuffer_drain(x->out, n);
		if (x->doing == HTTP_HANDLING || x->doing == HTTP_SENDING)
			set_timer(x, x->http->stall_ms);
	}
	return true;
}

static void serve(struct http_exchange *x)
{
	x->doing = HTTP_HANDLING;
	x->http->counts.requests++;
	(void)event_del(x->timer);
	if (http_request_ready(x)) {
		x->http->handle(x, x->http->arg);
		return;
	}
	x->http->counts.malformed++;
	x->keep_alive = false;
	http_problem(x, x->refused, "%s", x->why);
}

static void answer_refusal(struct http_exchange *x)
{
	x->http->counts.malformed++;
	x->keep_alive = false;
	x->doing = HTTP_HANDLING;
	http_problem(x, x->refused, "%s", x->why);
}

/* Gives the parser what there is. */
static void take_input(struct http_exchange *x)
{
	struct evbuffer_iovec piece;
	bool whole = false;

	while (x->doing == HTTP_READING && evbuffer_peek(x->in, -1, NULL, &piece, 1) > 0) {
		bool first = x->request == NULL;
		size_t used = http_parse(x, piece.iov_base, piece.iov_len, &whole);
		(void)evbuffer_drain(x->in, used);
		if (whole) {
			serve(x);
		} else if (x->refused != 0) {
			answer_refusal(x);
		} else if (first && x->request) {
			set_timer(x, x->http->request_ms);
		}
	}
}

/* The answer is out. @return false when that was the last. */
static bool next_exchange(struct http_exchange *x)
{
	http_request_free(x);
	x->headers_len = 0;
	x->chunked = x->pieces = x->wants_room = false;
	x->refused = 0;
	x->status = 0;
	x->gone = NULL;
	x->room = NULL;
	x->user = NULL;
	if (!x->keep_alive || x->http->stopping) {
		linger(x);
		return false;
	}
	x->doing = HTTP_READING;
	http_parser_start(x);
	set_timer(x, x->http->idle_ms);
	return true;
}

static void tell_room(struct http_exchange *x)
{
	if (!x->wants_room || !x->room || evbuffer_get_length(x->out) > HTTP_PENDING / 2)
		return;
	x->wants_room = false;
	x->room(x);
}

/* @return false when the connection is over. */
static bool pump(struct http_exchange *x)
{
	for (;;) {
		if (!send_out(x))
			return false;
		tell_room(x);
		if (x->dead)
			return false;
		if (x->doing == HTTP_SENDING && evbuffer_get_length(x->out) == 0) {
			if (!next_exchange(x))
				return true;
			take_input(x);
			if (x->dead)
				return false;
			continue;
		}
		break;
	}
	if (x->doing == HTTP_LINGERING)
		return true;
	want_room(x, evbuffer_get_length(x->out) > 0 ||
	                     (x->doing == HTTP_HANDSHAKE && x->stream.read_needs_room));
	/* A client that is being answered may say goodbye; what else it says waits, within limits. */
	want_input(x, evbuffer_get_length(x->in) < READ_SIZE);
	/* What TLS has read already the socket says nothing of. */
	if (x->reads && x->stream.ssl && SSL_pending(x->stream.ssl) > 0)
		event_active(x->readable, EV_READ, 0);
	return true;
}

void http_conn_pump(struct http_exchange *x)
{
	if (x->serving)
		return;
	x->serving = true;
	bool alive = pump(x);
	x->serving = false;
	if (!alive || x->dead) {
		x->dead = false;
		http_conn_destroy(x);
	}
}

void http_conn_answered(struct http_exchange *x)
{
	x->doing = HTTP_SENDING;
	x->gone = NULL;
	x->room = NULL;
	set_timer(x, x->http->stall_ms);
	/* Not from here: whoever answers may still hold the exchange. The loop goes on with it at once. */
	if (!x->serving)
		event_active(x->writable, EV_WRITE, 0);
}

/* ---- What the loop calls ---- */

/* @return false when it is over. */
static bool read_some(struct http_exchange *x)
{
	uint8_t buf[READ_SIZE];
	size_t n = 0;

	if (x->doing == HTTP_HANDSHAKE) {
		enum dl3i_io io = dl3i_stream_handshake(&x->stream);
		if (io != DL3I_IO_DONE)
			return io == DL3I_IO_WAIT;
		x->doing = HTTP_READING;
	}
	enum dl3i_io io = dl3i_stream_read(&x->stream, buf, sizeof(buf), &n);
	if (io == DL3I_IO_WAIT)
		return true;
	if (io != DL3I_IO_DONE)
		return false;
	if (x->doing == HTTP_LINGERING)
		return true;
	if (evbuffer_add(x->in, buf, n) != 0)
		return false;
	take_input(x);
	return !x->dead;
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct http_exchange *x = arg;

	(void)fd;
	if (what & EV_WRITE)
		x->waits = false;
	x->serving = true;
	bool alive = (what & EV_READ) || x->doing == HTTP_HANDSHAKE ? read_some(x) : true;
	if (alive && !x->dead)
		alive = pump(x);
	x->serving = false;
	if (!alive || x->dead) {
		x->dead = false;
		http_conn_destroy(x);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_exchange *x = arg;

	(void)fd;
	(void)what;
	if (x->doing == HTTP_READING && x->request && evbuffer_get_length(x->out) == 0) {
		x->http->counts.timed_out++;
		x->refused = 408;
		x->why = "the request took too long";
		answer_refusal(x);
		return;
	}
	if (x->doing != HTTP_LINGERING && (x->doing != HTTP_READING || x->request))
		x->http->counts.timed_out++;
	http_conn_destroy(x);
}

/* ---- Beginning ---- */

static bool set_up(struct http_exchange *x, evutil_socket_t fd)
{
	struct http *h = x->http;

	if (h->tls) {
		x->stream.ssl = SSL_new(h->tls);
		if (!x->stream.ssl || SSL_set_fd(x->stream.ssl, (int)fd) != 1) {
			ERR_clear_error();
			return false;
		}
		SSL_set_accept_state(x->stream.ssl);
		x->doing = HTTP_HANDSHAKE;
	}
	http_parser_start(x);
	x->readable = event_new(h->base, fd, EV_READ | EV_PERSIST, on_event, x);
	x->writable = event_new(h->base, fd, EV_WRITE, on_event, x);
	x->timer = evtimer_new(h->base, on_timer, x);
	x->in = evbuffer_new();
	x->out = evbuffer_new();
	return x->readable && x->writable && x->timer && x->in && x->out;
}

void http_conn_begin(struct http *h, evutil_socket_t fd, const struct sockaddr *sa, socklen_t len)
{
	const int yes = 1;
	struct http_exchange *x = calloc(1, sizeof(*x));

	if (!x) {
		(void)evutil_closesocket(fd);
		return;
	}
	x->http = h;
	x->stream.fd = fd;
	x->doing = HTTP_READING;
	x->newer = h->first;
	if (x->newer)
		x->newer->older = x;
	h->first = x;
	h->counts.connections++;
	h->counts.accepted++;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	dl3i_address_text(sa, len, x->peer);
	x->host = join_host(h, sa);
	if (!x->host || !set_up(x, fd)) {
		h->counts.turned_away += x->host == NULL;
		http_conn_destroy(x);
		return;
	}
	set_timer(x, h->request_ms);
	want_input(x, true);
}
