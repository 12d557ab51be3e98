/* SPDX-License-Identifier: MIT */
/*
 * What it costs to pass a PBX's events on to many: the proxy, from the octets that come from the PBX to those that
 * the system has taken, beside plain write(2) of the same octets to as many sockets. The applications are in a
 * process of their own, so that what is counted is the server's alone.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "feed.h"
#include "login.h"
#include "stream.h"

/* Of a row, and where there is a write for each. */
#define DELIVERIES 4000000u
#define WRITES 400000u
#define OCTETS (8u << 20) /* of different events */
/* Octets on their way to each application: beyond, the server waits for them. */
#define WINDOW 1000000u
#define ROUNDS 3

static void die(const char *what)
{
	(void)fprintf(stderr, "bench/proxy: %s\n", what);
	exit(1);
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The applications' process ---- */

static _Atomic uint64_t *received; /* octets, of all; shared by both processes */

static int dial(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char host[32];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)snprintf(host, sizeof(host), "%.*s", (int)strcspn(address, ":"), address);
	(void)inet_pton(AF_INET, host, &to.sin_addr);
	to.sin_port = htons((uint16_t)strtoul(strchr(address, ':') + 1, NULL, 10));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("an application cannot connect");
	return fd;
}

static void applications(const char *address, unsigned count, bool logs_in)
{
	static char buf[1 << 18];
	struct epoll_event events[256];
	int epoll = epoll_create1(0);

	for (unsigned i = 0; i < count; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.fd = dial(address) };
		if (logs_in)
			login(ev.data.fd, DL3_EV_SNAPSHOT_END);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, ev.data.fd, &ev) != 0)
			die("an application cannot wait");
	}
	for (;;) {
		int n = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < n; i++) {
			ssize_t got = read(events[i].data.fd, buf, sizeof(buf));
			if (got <= 0)
				_exit(0);
			atomic_fetch_add(received, (uint64_t)got);
		}
	}
}

static pid_t begin(const char *address, unsigned count, bool logs_in)
{
	pid_t child = fork();

	if (child < 0)
		die("cannot fork");
	if (child == 0) {
		applications(address, count, logs_in);
	}
	return child;
}

static void end(pid_t child)
{
	(void)kill(child, SIGTERM);
	(void)waitpid(child, NULL, 0);
}

/* ---- The events ---- */

struct events {
	struct stream stream;
	size_t at;
};

/* The next frame, over and over. */
static struct dl3_octets next(struct events *e)
{
	struct dl3_frame f;

	if (e->at == e->stream.len)
		e->at = 0;
	if (dl3_frame_decode(e->stream.octets + e->at, e->stream.len - e->at, &f, NULL) != DL3_OK)
		die("the stream is broken");
	e->at += f.size;
	return (struct dl3_octets){ e->stream.octets + e->at - f.size, f.size };
}

/* So that nobody is cut off for being slower than a loop without a pause; sleeping is no CPU time. */
static void wait_for(struct event_base *base, uint64_t sent, unsigned count, uint64_t window)
{
	const struct timespec pause = { .tv_nsec = 200000 };

	while (sent > atomic_load(received) + (uint64_t)count * window) {
		if (base)
			(void)event_base_loop(base, EVLOOP_NONBLOCK);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

/* ---- The proxy ---- */

static double proxied(struct events *e, unsigned count, unsigned a_turn)
{
	struct event_base *base = event_base_new();
	const struct proxy_listen listen = { .address = "127.0.0.1:0" };
	char error[256];
	struct proxy *p = feed_proxy(base, &listen, count + 1, error, sizeof(error));
	if (!p)
		die(error);
	pid_t child = begin(proxy_address(p, 0), count, true);

	while (proxy_counts(p).monitors < count)
		(void)event_base_loop(base, EVLOOP_ONCE);
	for (uint64_t quiet = 0; quiet < 50; quiet++) {
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		(void)poll(NULL, 0, 2);
	}
	atomic_store(received, 0);
	uint32_t counter = 0;
	double begun = cpu_seconds();
	while (proxy_counts(p).deliveries < (a_turn == 1 ? WRITES : DELIVERIES)) {
		for (unsigned i = 0; i < a_turn; i++)
			feed_event(p, next(e), ++counter);
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		wait_for(base, proxy_counts(p).octets, count, WINDOW);
	}
	wait_for(base, proxy_counts(p).octets, count, 0);
	double rate = (double)proxy_counts(p).deliveries / (cpu_seconds() - begun);
	if (proxy_counts(p).disconnected > 0)
		die("an application was cut off");
	end(child);
	proxy_free(p);
	event_base_free(base);
	return rate;
}

/* ---- write(2) ---- */

static void put(int fd, const void *data, size_t len)
{
	if (write(fd, data, len) != (ssize_t)len)
		die("a write was not whole");
}

/* One write to each socket for each event, or for all of a turn. */
static double written(struct events *e, unsigned count, unsigned a_turn, bool each)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listening = socket(AF_INET, SOCK_STREAM, 0), *fds = calloc(count, sizeof(*fds));
	char address[32];
	uint8_t *block = malloc(1u << 22);

	if (!fds || !block || bind(listening, (struct sockaddr *)&at, len) != 0 ||
	    listen(listening, 4096) != 0 || getsockname(listening, (struct sockaddr *)&at, &len) != 0)
		die("cannot listen");
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(at.sin_port));
	pid_t child = begin(address, count, false);
	for (unsigned i = 0; i < count; i++) {
		fds[i] = accept(listening, NULL, NULL);
		/* As all that serves events does, and the proxy. */
		(void)setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	}
	atomic_store(received, 0);
	uint64_t deliveries = 0, octets = 0;
	double begun = cpu_seconds();
	while (deliveries < (each || a_turn == 1 ? WRITES : DELIVERIES)) {
		size_t held = 0;
		for (unsigned i = 0; i < a_turn; i++) {
			struct dl3_octets frame = next(e);
			memcpy(block + held, frame.ptr, frame.len);
			held += frame.len;
			for (unsigned k = 0; each && k < count; k++)
				put(fds[k], frame.ptr, frame.len);
		}
		for (unsigned k = 0; !each && k < count; k++)
			put(fds[k], block, held);
		deliveries += (uint64_t)a_turn * count;
		octets += (uint64_t)held * count;
		wait_for(NULL, octets, count, WINDOW);
	}
	double rate = (double)deliveries / (cpu_seconds() - begun);
	end(child);
	for (unsigned i = 0; i < count; i++)
		(void)close(fds[i]);
	(void)close(listening);
	free(fds);
	free(block);
	return rate;
}

/* ---- All ---- */

static double best(double a, double b)
{
	return a > b ? a : b;
}

static void compare(struct events *e, unsigned count, unsigned a_turn)
{
	double proxy = 0, each = 0, turn = 0;

	for (int i = 0; i < ROUNDS; i++) {
		proxy = best(proxy, proxied(e, count, a_turn));
		each = best(each, written(e, count, a_turn, true));
		turn = best(turn, written(e, count, a_turn, false));
	}
	printf("%12u %8u %10.2f %10.2f %10.2f %8.1f %8.2f\n", count, a_turn, proxy / 1e6, each / 1e6,
	       turn / 1e6, proxy / each, proxy / turn);
}

int main(void)
{
	static const unsigned counts[] = { 100, 1000 }, turns[] = { 1, 8, 64 };
	struct events e = { .stream = stream_make(1, OCTETS) };
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
	received = mmap(NULL, sizeof(*received), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (received == MAP_FAILED)
		die("no memory is shared");
	(void)signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("Millions of deliveries a second of the server's CPU, events of %.0f octets:\n",
	       (double)e.stream.len / (double)e.stream.events);
	printf("%12s %8s %10s %10s %10s %8s %8s\n", "applications", "a turn", "proxy", "write each",
	       "write all", "x each", "x all");
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 3; k++)
			compare(&e, counts[i], turns[k]);
	stream_free(&e.stream);
	return 0;
}
