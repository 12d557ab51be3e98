/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

/* After the system ran out of descriptors or memory: long enough for some to come back, short
 * enough that nobody who waits in the queue gives up. */
#define ACCEPT_AGAIN_MS 100

void dl3i_listener_release(struct dl3_listener *l)
{
	struct dl3_allocator a = l->allocator;

	if (--l->refs > 0)
		return;
	SSL_CTX_free(l->tls);
	a.resize(l, sizeof(*l), 0, a.arg);
}

static void *plain_resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	(void)old_size;
	(void)arg;
	if (new_size > 0)
		return realloc(block, new_size);
	free(block);
	return NULL;
}

void *dl3i_listener_resize(const struct dl3_listener *l, void *block, size_t old_size, size_t new_size)
{
	return l->allocator.resize(block, old_size, new_size, l->allocator.arg);
}

void dl3i_listener_set_times(struct dl3_listener *l, uint32_t handshake_ms, uint32_t linger_ms)
{
	l->handshake_ms = handshake_ms;
	l->linger_ms = linger_ms;
	l->look_ms = linger_ms / 2;
}

/* ---- Accepting ---- */

static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *sa, int len,
                      void *arg)
{
	struct dl3_listener *l = arg;

	(void)socket;
	if (l->count >= l->max_connections) {
		l->turned_away++;
		(void)evutil_closesocket(fd);
		return;
	}
	l->refs++;
	dl3i_conn_begin(l, fd, sa, (socklen_t)len);
	dl3i_listener_release(l);
}

/* What failed stays ready to be accepted, so trying at once would never end. */
static void on_accept_error(struct evconnlistener *socket, void *arg)
{
	struct dl3_listener *l = arg;
	const struct timeval pause = { .tv_usec = ACCEPT_AGAIN_MS * 1000L };

	(void)evconnlistener_disable(socket);
	(void)event_add(l->again, &pause);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct dl3_listener *l = arg;

	(void)fd;
	(void)what;
	if (evconnlistener_enable(l->socket) != 0)
		on_accept_error(l->socket, l);
}

/* ---- Life ---- */

/* Neither libevent nor OpenSSL writes so that a closed socket is only an error. A handler that the
 * program has set stays. */
static void spare_from_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
	    now.sa_handler == SIG_DFL) {
		now.sa_handler = SIG_IGN;
		(void)sigaction(SIGPIPE, &now, NULL);
	}
}

static const char *advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "; another program listens there, choose another port";
	case EADDRNOTAVAIL:
		return "; this machine does not have that address";
	case EACCES:
		return "; choose a port over 1023";
	default:
		return "";
	}
}

static bool listen_at(struct dl3_listener *l, const struct dl3i_address *at, char *error, size_t cap)
{
	/* Enabled by us, since libevent's own attempt may fail unseen. */
	const unsigned flags =
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE | LEV_OPT_DISABLED;
	struct dl3i_address bound = { .len = sizeof(bound.sa) };

	errno = 0;
	l->socket = evconnlistener_new_bind(l->base, on_accept, l, flags, SOMAXCONN,
	                                    (const struct sockaddr *)&at->sa, (int)at->len);
	if (!l->socket ||
	    getsockname(evconnlistener_get_fd(l->socket), (struct sockaddr *)&bound.sa, &bound.len) != 0) {
		int why = errno;
		dl3i_address_text((const struct sockaddr *)&at->sa, at->len, l->address);
		(void)snprintf(error, cap, "cannot listen on %s: %s%s", l->address, strerror(why),
		               advice(why));
		return false;
	}
	evconnlistener_set_error_cb(l->socket, on_accept_error);
	if (evconnlistener_enable(l->socket) != 0) {
		(void)snprintf(error, cap, "out of memory");
		return false;
	}
	dl3i_address_text((const struct sockaddr *)&bound.sa, bound.len, l->address);
	return true;
}

static bool parse(const char *text, struct dl3i_address *at, char *error, size_t cap)
{
	if (dl3i_address_parse(text, at))
		return true;
	(void)snprintf(error, cap, "'%s' is no address: write it as 127.0.0.1:50797 or [::1]:50797", text);
	return false;
}

static bool set_up(struct dl3_listener *l, const struct dl3_listener_config *config, char *error, size_t cap)
{
	struct dl3i_address at = { 0 };

	if (!parse(config->address ? config->address : "127.0.0.1:0", &at, error, cap))
		return false;
	if (config->shared_tls) {
		l->tls = config->shared_tls->ctx;
		(void)SSL_CTX_up_ref(l->tls);
	} else if (config->tls) {
		l->tls = dl3i_tls_server(config->tls, &at, error, cap);
		if (!l->tls)
			return false;
	}
	l->again = evtimer_new(l->base, on_again, l);
	if (!l->again) {
		(void)snprintf(error, cap, "out of memory");
		return false;
	}
	return listen_at(l, &at, error, cap);
}

struct dl3_tls *dl3_tls_server_new(const struct dl3_tls_server *config, const char *address, char *error,
                                   size_t error_cap)
{
	struct dl3_tls *tls;
	struct dl3i_address at = { 0 };

	if (!config) {
		(void)snprintf(error, error_cap, "TLS needs a configuration");
		return NULL;
	}
	if (!parse(address ? address : "0.0.0.0:0", &at, error, error_cap))
		return NULL;
	tls = calloc(1, sizeof(*tls));
	if (!tls) {
		(void)snprintf(error, error_cap, "out of memory");
		return NULL;
	}
	tls->ctx = dl3i_tls_server(config, &at, error, error_cap);
	if (tls->ctx)
		return tls;
	free(tls);
	return NULL;
}

void dl3_tls_free(struct dl3_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

struct dl3_listener *dl3_listener_new(struct event_base *base, const struct dl3_listener_config *config,
                                      char *error, size_t error_cap)
{
	struct dl3_allocator allocator = { .resize = plain_resize };
	struct dl3_listener *l;

	if (!base || !config || !config->callbacks.event) {
		(void)snprintf(error, error_cap, "a listener needs an event base and an event callback");
		return NULL;
	}
	if (config->allocator)
		allocator = *config->allocator;
	l = allocator.resize(NULL, 0, sizeof(*l), allocator.arg);
	if (!l) {
		(void)snprintf(error, error_cap, "out of memory");
		return NULL;
	}
	*l = (struct dl3_listener){ .refs = 1, .base = base, .allocator = allocator };
	l->callbacks = config->callbacks;
	l->arg = config->arg;
	l->session = (struct dl3_server_config){ .encrypted = config->tls || config->shared_tls,
		                                 .limits = config->limits };
	l->max_connections = config->max_connections ? config->max_connections : DL3_LISTENER_MAX_CONNECTIONS;
	dl3i_listener_set_times(l, DL3_TLS_HANDSHAKE_MS, DL3_LINGER_MS);
	if (!set_up(l, config, error, error_cap)) {
		dl3_listener_free(l);
		return NULL;
	}
	spare_from_sigpipe();
	return l;
}

void dl3_listener_free(struct dl3_listener *l)
{
	struct dl3_conn *c;

	if (!l)
		return;
	if (l->socket)
		evconnlistener_free(l->socket);
	if (l->again)
		event_free(l->again);
	l->socket = NULL;
	l->again = NULL;
	for (c = l->conns; c; c = c->next)
		dl3i_conn_drop(c);
	/* Those whose callback is on the stack finish when it returns. From the start after each,
	 * since a `closed` may do anything. */
	c = l->conns;
	while (c) {
		if (c->depth == 0) {
			dl3i_conn_finish(c);
			c = l->conns;
		} else {
			c = c->next;
		}
	}
	dl3i_listener_release(l);
}

const char *dl3_listener_address(const struct dl3_listener *l)
{
	return l->address;
}

uint32_t dl3_listener_connections(const struct dl3_listener *l, uint64_t *turned_away)
{
	if (turned_away)
		*turned_away = l->turned_away;
	return l->count;
}
