/* SPDX-License-Identifier: MIT */
#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool set_timer(struct dl3i_dial *d, uint32_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	return event_add(d->timer, &tv) == 0;
}

/* The next step is taken by the loop: so nothing is freed inside of what calls back. */
static void next_step(struct dl3i_dial *d)
{
	(void)event_del(d->timer);
	event_active(d->timer, EV_READ, 0);
}

static void drop_socket(struct dl3i_dial *d)
{
	if (d->socket)
		event_free(d->socket);
	d->socket = NULL;
	if (d->fd >= 0)
		(void)evutil_closesocket(d->fd);
	d->fd = -1;
}

static void drop_lookup(struct dl3i_dial *d)
{
	dl3i_lookup_cancel(d->lookup);
	d->lookup = NULL;
}

static void fail(struct dl3i_dial *d, enum dl3_link_reason reason, const char *what)
{
	char where[DL3I_ADDRESS_TEXT_MAX] = "";

	d->reason = reason;
	if (d->at < d->count)
		dl3i_address_text((const struct sockaddr *)&d->list[d->at].sa, d->list[d->at].len, where);
	(void)snprintf(d->detail, sizeof(d->detail), "%.120s: %.120s", *where ? where : d->host, what);
}

/* ---- Trying an address ---- */

static enum dl3_link_reason reason_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return DL3_REASON_CONNECTION_REFUSED;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EACCES:
	case EPERM:
	case EAFNOSUPPORT:
		return DL3_REASON_SYSTEM;
	default:
		return DL3_REASON_UNREACHABLE;
	}
}

static void give_up_address(struct dl3i_dial *d, int error)
{
	fail(d, reason_of(error), error == ECONNREFUSED ? "connection refused" : strerror(error));
	drop_socket(d);
	d->at++;
	next_step(d);
}

static void deliver(struct dl3i_dial *d)
{
	struct dl3i_dial_result result = { .fd = d->fd, .reason = d->reason, .detail = d->detail };

	if (d->count > 0)
		result.address = &d->list[d->at < d->count ? d->at : d->count - 1];
	if (d->socket)
		event_free(d->socket);
	d->socket = NULL;
	d->fd = -1;
	(void)event_del(d->timer);
	d->callbacks.done(&result, d->arg);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct dl3i_dial *d = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error != 0)
		give_up_address(d, error);
	else
		deliver(d);
}

static void try_address(struct dl3i_dial *d)
{
	const struct dl3i_address *a = &d->list[d->at];

	d->fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0 ||
	    (connect(d->fd, (const struct sockaddr *)&a->sa, a->len) != 0 && errno != EINPROGRESS)) {
		give_up_address(d, errno);
		return;
	}
	d->socket = event_new(d->base, d->fd, EV_WRITE, on_connected, d);
	if (!d->socket || event_add(d->socket, NULL) != 0 || !set_timer(d, d->timeout_ms))
		give_up_address(d, ENOMEM);
}

/* ---- Looking up ---- */

static void keep_addresses(struct dl3i_dial *d, const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a && d->count < DL3I_DIAL_ADDRESSES; a = a->ai_next) {
		struct dl3i_address *to = &d->list[d->count];
		if (a->ai_addrlen > sizeof(to->sa))
			continue;
		memcpy(&to->sa, a->ai_addr, a->ai_addrlen);
		to->len = a->ai_addrlen;
		d->count++;
	}
}

/* Not every error means that there is no such name; of a system that cannot ask, that is said. */
static void looked_up(int error, const struct addrinfo *list, void *arg)
{
	struct dl3i_dial *d = arg;

	d->lookup = NULL;
	d->looked_up = true;
	if (error == 0)
		keep_addresses(d, list);
	if (error == EAI_MEMORY || error == EAI_SYSTEM)
		fail(d, DL3_REASON_SYSTEM, gai_strerror(error));
	else if (d->count == 0)
		fail(d, DL3_REASON_UNKNOWN_HOST,
		     error != 0 ? gai_strerror(error) : "the name has no address");
	next_step(d);
}

static void look_up(struct dl3i_dial *d)
{
	char port[8];
	const struct addrinfo numbers = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		                          .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;

	(void)snprintf(port, sizeof(port), "%u", (unsigned)d->port);
	if (getaddrinfo(d->host, port, &numbers, &list) == 0) {
		looked_up(0, list, d);
		freeaddrinfo(list);
		return;
	}
	d->lookup = dl3i_lookup_begin(d->base, d->host, port, looked_up, d);
	if (d->lookup && set_timer(d, d->timeout_ms))
		return;
	if (d->lookup)
		errno = ENOMEM;
	drop_lookup(d);
	d->looked_up = true;
	fail(d, DL3_REASON_SYSTEM, strerror(errno));
	next_step(d);
}

/* ---- Steps ---- */

static void too_late(struct dl3i_dial *d)
{
	if (!d->looked_up) {
		drop_lookup(d);
		d->looked_up = true;
		fail(d, DL3_REASON_UNKNOWN_HOST, "no name server answers");
		deliver(d);
		return;
	}
	give_up_address(d, ETIMEDOUT);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dl3i_dial *d = arg;

	(void)fd;
	if (what & EV_TIMEOUT) {
		too_late(d);
		return;
	}
	if (!d->looked_up) {
		look_up(d);
		return;
	}
	if (d->at >= d->count) {
		deliver(d);
		return;
	}
	if (d->told) {
		try_address(d);
		return;
	}
	/* Nothing of this is touched behind a callback, which may cancel or free it. */
	d->told = true;
	next_step(d);
	d->callbacks.resolved(d->arg);
}

bool dl3i_dial_init(struct dl3i_dial *d, struct event_base *base, const struct dl3i_dial_callbacks *callbacks,
                    void *arg)
{
	*d = (struct dl3i_dial){ .base = base, .callbacks = *callbacks, .arg = arg, .fd = -1 };
	d->timer = event_new(base, -1, 0, on_timer, d);
	return d->timer != NULL;
}

void dl3i_dial_cancel(struct dl3i_dial *d)
{
	if (d->timer)
		(void)event_del(d->timer);
	drop_socket(d);
	drop_lookup(d);
	d->looked_up = d->told = false;
	d->count = d->at = 0;
}

void dl3i_dial_finish(struct dl3i_dial *d)
{
	dl3i_dial_cancel(d);
	if (d->timer)
		event_free(d->timer);
	d->timer = NULL;
}

void dl3i_dial_begin(struct dl3i_dial *d, const struct dl3_url *url, uint32_t timeout_ms)
{
	dl3i_dial_cancel(d);
	d->timeout_ms = timeout_ms;
	d->port = url->port;
	(void)snprintf(d->host, sizeof(d->host), "%s", url->host);
	next_step(d);
}
