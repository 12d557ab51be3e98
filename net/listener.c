/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

/* After the system ran out of descriptors or memory: long enough for some to come back, short
 * enough that nobody who waits in the queue gives up. */
#define ACCEPT_AGAIN_MS 100

/* ---- Accepting ---- */

/* @return false when TLS has no memory for another connection. */
static bool accept_tls(const struct dl3_listener *l, evutil_socket_t fd, SSL **ssl)
{
	*ssl = l->tls ? SSL_new(l->tls) : NULL;
	if (!l->tls)
		return true;
	if (*ssl && SSL_set_fd(*ssl, fd) == 1) {
		SSL_set_accept_state(*ssl);
		return true;
	}
	SSL_free(*ssl);
	ERR_clear_error();
	return false;
}

static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *sa, int len,
                      void *arg)
{
	struct dl3_listener *l = arg;

	(void)socket;
	struct dl3i_conn_start start = { .fd = fd, .sa = sa, .len = (socklen_t)len };

	if (l->owner.count >= l->max_connections) {
		l->turned_away++;
		(void)evutil_closesocket(fd);
		return;
	}
	if (!accept_tls(l, fd, &start.ssl)) {
		(void)evutil_closesocket(fd);
		return;
	}
	start.session = dl3_server_new(&l->session, &l->owner.allocator);
	l->owner.refs++;
	(void)dl3i_conn_begin(&l->owner, &start);
	dl3i_owner_release(&l->owner);
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
	l->socket = evconnlistener_new_bind(l->owner.base, on_accept, l, flags, SOMAXCONN,
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
	l->again = evtimer_new(l->owner.base, on_again, l);
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

static void release(struct dl3i_owner *owner)
{
	struct dl3_listener *l = (struct dl3_listener *)owner; /* its first member */
	struct dl3_allocator a = owner->allocator;

	SSL_CTX_free(l->tls);
	a.resize(l, sizeof(*l), 0, a.arg);
}

struct dl3_listener *dl3_listener_new(struct event_base *base, const struct dl3_listener_config *config,
                                      char *error, size_t error_cap)
{
	struct dl3_listener *l;

	if (!base || !config || !config->callbacks.event) {
		(void)snprintf(error, error_cap, "a listener needs an event base and an event callback");
		return NULL;
	}
	struct dl3_allocator allocator = dl3i_allocator(config->allocator);
	l = allocator.resize(NULL, 0, sizeof(*l), allocator.arg);
	if (!l) {
		(void)snprintf(error, error_cap, "out of memory");
		return NULL;
	}
	*l = (struct dl3_listener){ .owner = { .refs = 1, .base = base, .allocator = allocator } };
	l->owner.callbacks = config->callbacks;
	l->owner.arg = config->arg;
	l->owner.release = release;
	l->session = (struct dl3_server_config){ .encrypted = config->tls || config->shared_tls,
		                                 .limits = config->limits };
	l->max_connections = config->max_connections ? config->max_connections : DL3_LISTENER_MAX_CONNECTIONS;
	dl3i_owner_set_times(&l->owner, DL3_TLS_HANDSHAKE_MS, DL3_LINGER_MS);
	if (!set_up(l, config, error, error_cap)) {
		dl3_listener_free(l);
		return NULL;
	}
	dl3i_ignore_sigpipe();
	return l;
}

void dl3_listener_free(struct dl3_listener *l)
{
	if (!l)
		return;
	if (l->socket)
		evconnlistener_free(l->socket);
	if (l->again)
		event_free(l->again);
	l->socket = NULL;
	l->again = NULL;
	dl3i_conns_drop(&l->owner);
	dl3i_owner_release(&l->owner);
}

const char *dl3_listener_address(const struct dl3_listener *l)
{
	return l->address;
}

uint32_t dl3_listener_connections(const struct dl3_listener *l, uint64_t *turned_away)
{
	if (turned_away)
		*turned_away = l->turned_away;
	return l->owner.count;
}
