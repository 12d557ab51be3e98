/* SPDX-License-Identifier: MIT */
/* A datagram to the socket that NOTIFY_SOCKET names, as sd_notify(3) describes: no library is needed for that. */
#include "serve_notify.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct serve_notify {
	int fd;
	struct sockaddr_un to;
	socklen_t len;
	struct event *watchdog;
};

void serve_notify(const struct serve_notify *n, const char *state)
{
	/* Whoever does not take it does not get it. */
	if (n)
		(void)sendto(n->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		             (const struct sockaddr *)&n->to, n->len);
}

void serve_notify_reloading(const struct serve_notify *n)
{
	struct timespec now = { 0 };
	char text[96];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	               (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	serve_notify(n, text);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	serve_notify(arg, "WATCHDOG=1");
}

static bool watch(struct serve_notify *n, struct event_base *base)
{
	const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	long long us = text ? strtoll(text, NULL, 10) : 0;

	if (us <= 0 || (pid && strtoll(pid, NULL, 10) != (long long)getpid()))
		return true;
	const struct timeval half = { .tv_sec = (time_t)(us / 2000000),
		                      .tv_usec = (suseconds_t)(us / 2 % 1000000) };
	n->watchdog = event_new(base, -1, EV_PERSIST, on_watchdog, n);
	return n->watchdog && event_add(n->watchdog, &half) == 0;
}

struct serve_notify *serve_notify_new(struct event_base *base)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct serve_notify *n = NULL;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(n->to.sun_path))
		return NULL;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, path, strlen(path));
	n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	/* One that begins with @ has no file. */
	if (path[0] == '@')
		n->to.sun_path[0] = '\0';
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0 && watch(n, base))
		return n;
	serve_notify_free(n);
	return NULL;
}

void serve_notify_free(struct serve_notify *n)
{
	if (!n)
		return;
	if (n->watchdog)
		event_free(n->watchdog);
	if (n->fd >= 0)
		(void)close(n->fd);
	free(n);
}
