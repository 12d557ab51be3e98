/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <devlink3/event.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* As much as resolvers that load modules have been seen to need, and some more. */
#define STACK ((size_t)512 * 1024)

struct dl3i_lookup {
	atomic_uint refs; /* the loop's and the thread's: whoever is last frees it */
	int fd;           /* told by the thread when it is done */
	struct event *done_event;
	dl3i_lookup_fn done;
	void *arg;
	int error;
	struct addrinfo *list;
	char port[8];
	char host[DL3_HOST_MAX + 1];
};

static void release(struct dl3i_lookup *l)
{
	if (atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	if (l->list)
		freeaddrinfo(l->list);
	(void)close(l->fd);
	free(l);
}

static void *look_up(void *arg)
{
	const struct addrinfo want = { .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG,
		                       .ai_family = AF_UNSPEC,
		                       .ai_socktype = SOCK_STREAM };
	struct dl3i_lookup *l = arg;
	ssize_t written;

	l->error = getaddrinfo(l->host, l->port, &want, &l->list);
	do
		written = eventfd_write(l->fd, 1);
	while (written < 0 && errno == EINTR);
	release(l);
	return NULL;
}

static void forget(struct dl3i_lookup *l)
{
	event_free(l->done_event);
	l->done_event = NULL;
	release(l);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	struct dl3i_lookup *l = arg;

	(void)fd;
	(void)what;
	l->done(l->error, l->list, l->arg);
	forget(l);
}

/* Signals are for the threads of the program. */
static int start_thread(struct dl3i_lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;

	int error = pthread_attr_init(&attr);
	if (error != 0)
		return error;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attr, look_up, l);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return error;
}

static struct dl3i_lookup *give_up(struct dl3i_lookup *l, int error)
{
	if (l->done_event)
		event_free(l->done_event);
	if (l->fd >= 0)
		(void)close(l->fd);
	free(l);
	errno = error;
	return NULL;
}

struct dl3i_lookup *dl3i_lookup_begin(struct event_base *base, const char *host, const char *port,
                                      dl3i_lookup_fn done, void *arg)
{
	struct dl3i_lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->done = done;
	l->arg = arg;
	atomic_init(&l->refs, 2);
	(void)strncpy(l->host, host, sizeof(l->host) - 1);
	(void)strncpy(l->port, port, sizeof(l->port) - 1);
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->fd < 0)
		return give_up(l, errno);
	l->done_event = event_new(base, l->fd, EV_READ, on_done, l);
	if (!l->done_event || event_add(l->done_event, NULL) != 0)
		return give_up(l, ENOMEM);
	int error = start_thread(l);
	return error == 0 ? l : give_up(l, error);
}

void dl3i_lookup_cancel(struct dl3i_lookup *l)
{
	if (l)
		forget(l);
}
