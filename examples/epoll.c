/* SPDX-License-Identifier: MIT */
/* A PBX's stream in a loop of one's own, with epoll and nothing of libdevlink3-event: DEVLINK3_PASSWORD=... epoll ADDRESS
 * PORT USER. The session tells what to send and when it wants to know the time; the rest is the caller's. */
#include <arpa/inet.h>
#include <devlink3/devlink3.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct app {
	struct dl3_session *session;
	int epoll, fd;
	uint32_t waits_for; /* as epoll was told */
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int dial(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS))
		return -1;
	return fd;
}

static void show(struct dl3_session *s, const struct dl3_event *ev)
{
	if (ev->type == DL3_EV_AUTHENTICATED && dl3_client_stream(s, 0, NULL) != DL3_OK)
		exit(1);
	if (ev->type == DL3_EV_RECORD)
		printf("%u %.*s\n", ev->u.record.counter, (int)ev->u.record.record->raw.len,
		       ev->u.record.record->raw.ptr);
	if (ev->type == DL3_EV_SNAPSHOT_END)
		printf("that was all that was up\n");
}

/* Sends as much as the socket takes; whether more is left decides what epoll waits for. */
static int send_output(struct app *a)
{
	struct dl3_octets out;
	struct epoll_event want = { .events = EPOLLIN };

	while ((out = dl3_session_output(a->session)).len > 0) {
		ssize_t n = send(a->fd, out.ptr, out.len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != ENOTCONN)
			return -1;
		if (n < 0) {
			want.events |= EPOLLOUT;
			break;
		}
		dl3_session_sent(a->session, (size_t)n);
	}
	if (want.events == a->waits_for)
		return 0;
	a->waits_for = want.events;
	return epoll_ctl(a->epoll, EPOLL_CTL_MOD, a->fd, &want);
}

/* Feeds what has come and shows what it means. @return 0, 1 at the end, -1 when something is wrong. */
static int receive(struct app *a)
{
	char data[16384];
	struct dl3_event ev;
	ssize_t n = recv(a->fd, data, sizeof(data), 0);

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : n == 0 ? 1 : -1;
	for (size_t fed = 0; fed < (size_t)n;) {
		fed += dl3_session_feed(a->session, data + fed, (size_t)n - fed);
		enum dl3_err err;
		while ((err = dl3_session_next(a->session, &ev)) == DL3_OK)
			show(a->session, &ev);
		if (err != DL3_NEED_MORE)
			return -1;
	}
	fflush(stdout);
	return 0;
}

static int run(struct app *a)
{
	struct epoll_event ready;
	int result = 0;

	while (result == 0 && send_output(a) == 0) {
		uint64_t due = dl3_session_deadline(a->session), now = now_ms();
		int wait = due == DL3_NEVER ? -1 : due > now ? (int)(due - now) : 0;
		int n = epoll_wait(a->epoll, &ready, 1, wait);
		dl3_session_tick(a->session, now_ms());
		if (n > 0 && (ready.events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
			result = receive(a);
	}
	return result == 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct epoll_event want = { .events = EPOLLIN };
	struct app a = { .epoll = epoll_create1(EPOLL_CLOEXEC), .waits_for = EPOLLIN };

	if (argc != 4 || !getenv("DEVLINK3_PASSWORD"))
		return fprintf(stderr, "usage: DEVLINK3_PASSWORD=... epoll ADDRESS PORT USER\n"), 2;
	a.fd = dial(argv[1], argv[2]);
	a.session = dl3_client_new(NULL, NULL);
	if (a.fd < 0 || a.epoll < 0 || !a.session || epoll_ctl(a.epoll, EPOLL_CTL_ADD, a.fd, &want) != 0)
		return perror("epoll"), 1;
	dl3_session_tick(a.session, now_ms());
	if (dl3_client_authenticate(a.session, argv[3], getenv("DEVLINK3_PASSWORD"), "epoll example") !=
	    DL3_OK)
		return 1;
	int code = run(&a);
	struct dl3_fault fault = dl3_session_fault(a.session);
	char why[DL3_FAULT_TEXT_MAX];
	dl3_fault_text(&fault, why, sizeof(why));
	fprintf(stderr, "%s\n", fault.err == DL3_OK ? "the PBX closed the connection" : why);
	dl3_session_free(a.session);
	close(a.fd);
	close(a.epoll);
	return code;
}
