/* SPDX-License-Identifier: MIT */
/* The server: its socket, and those who come. */
#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_parts.h"
#include "net/address.h"
#include "net/tls.h"

/* After the system ran out of descriptors. */
#define ACCEPT_AGAIN_MS 100

static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *sa, int len,
                      void *arg)
{
	struct http *h = arg;

	(void)socket;
	if (h->counts.connections >= h->max_connections) {
		h->counts.turned_away++;
		(void)evutil_closesocket(fd);
		return;
	}
	http_conn_begin(h, fd, sa, (socklen_t)len);
}

/* What failed stays ready to be accepted, so trying at once would never end. */
static void on_accept_error(struct evconnlistener *socket, void *arg)
{
	struct http *h = arg;
	const struct timeval pause = { .tv_usec = ACCEPT_AGAIN_MS * 1000L };

	(void)evconnlistener_disable(socket);
	(void)event_add(h->again, &pause);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct http *h = arg;

	(void)fd;
	(void)what;
	if (!h->stopping && evconnlistener_enable(h->listener) != 0)
		on_accept_error(h->listener, h);
}

static bool listen_at(struct http *h, const struct dl3i_address *at, const char *text, char *error,
                      size_t size)
{
	const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
	struct dl3i_address bound = { .len = sizeof(bound.sa) };

	errno = 0;
	h->listener = evconnlistener_new_bind(h->base, on_accept, h, flags, SOMAXCONN,
	                                      (const struct sockaddr *)&at->sa, (int)at->len);
	if (!h->listener ||
	    getsockname(evconnlistener_get_fd(h->listener), (struct sockaddr *)&bound.sa, &bound.len) != 0) {
		const char *advice = errno == EADDRINUSE
		                             ? "; another program listens there, choose another port"
		                     : errno == EACCES        ? "; choose a port over 1023"
		                     : errno == EADDRNOTAVAIL ? "; this machine does not have that address"
		                                              : "";
		(void)snprintf(error, size, "cannot listen on %s: %s%s", text, strerror(errno), advice);
		return false;
	}
	evconnlistener_set_error_cb(h->listener, on_accept_error);
	dl3i_address_text((const struct sockaddr *)&bound.sa, bound.len, h->address);
	return true;
}

struct http *http_new(struct event_base *base, const struct http_config *config, char *error,
                      size_t error_size)
{
	struct dl3i_address at = { 0 };

	if (!dl3i_address_parse(config->address, &at)) {
		(void)snprintf(error, error_size,
		               "'%s' is no address: write it as 127.0.0.1:8080 or [::1]:8080",
		               config->address);
		return NULL;
	}
	struct http *h = calloc(1, sizeof(*h));
	if (!h) {
		(void)snprintf(error, error_size, "out of memory");
		return NULL;
	}
	h->base = base;
	h->handle = config->handle;
	h->headers = config->headers;
	h->arg = config->arg;
	h->max_connections = config->max_connections ? config->max_connections : HTTP_CONNECTIONS;
	h->max_of_address = config->max_of_address ? config->max_of_address : HTTP_CONNECTIONS_OF_ADDRESS;
	h->request_ms = config->request_ms ? config->request_ms : HTTP_REQUEST_MS;
	h->idle_ms = config->idle_ms ? config->idle_ms : HTTP_IDLE_MS;
	h->stall_ms = config->stall_ms ? config->stall_ms : HTTP_STALL_MS;
	http_set_tls(h, config->tls);
	http_parser_set_max_header_size(HTTP_HEAD_MAX + 4096);
	h->again = evtimer_new(base, on_again, h);
	if (h->again && listen_at(h, &at, config->address, error, error_size))
		return h;
	http_free(h);
	return NULL;
}

const char *http_address(const struct http *h)
{
	return h->address;
}

void http_set_tls(struct http *h, const struct dl3_tls *tls)
{
	SSL_CTX_free(h->tls);
	h->tls = tls ? tls->ctx : NULL;
	if (h->tls)
		(void)SSL_CTX_up_ref(h->tls);
}

void http_stop(struct http *h)
{
	h->stopping = true;
	if (h->listener)
		(void)evconnlistener_disable(h->listener);
	for (struct http_exchange *x = h->first, *newer; x; x = newer) {
		newer = x->newer;
		if (x->doing == HTTP_READING && !x->request)
			http_conn_destroy(x);
	}
}

void http_free(struct http *h)
{
	if (!h)
		return;
	h->stopping = true;
	for (struct http_exchange *x = h->first, *newer; x; x = newer) {
		newer = x->newer;
		http_conn_destroy(x);
	}
	if (h->listener)
		evconnlistener_free(h->listener);
	if (h->again)
		event_free(h->again);
	SSL_CTX_free(h->tls);
	free(h);
}

struct http_counts http_counts(const struct http *h)
{
	return h->counts;
}
