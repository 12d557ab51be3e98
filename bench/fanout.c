/* SPDX-License-Identifier: MIT */
/*
 * What it costs to give messages to many: deliveries for each second of the server's CPU time, of the gateway's hub
 * with server-sent events and with WebSocket, of its proxy, and of Redis with publish and subscribe, in turns. Each server is a process
 * of its own on a processor of its own and is given the same messages over a socket; those who publish and those who
 * listen are here. Then what a consumer takes of memory.
 *
 *     bench/fanout [SECONDS [ROUNDS]]    for each measurement, and the best of so many; a quarter, and one
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fanout.h"
#include "login.h"

/* Messages that are on their way at most, when it is as fast as can be. */
#define WINDOW 256u
#define PACE 1000u /* messages a second, when it is not */
#define CHANNEL "calls"
/* Octets of an event, as they are in the mean where calls are offered to some and talked. */
#define EVENT 256

static const char program[] = "bench/fanout";

static void die(const char *what)
{
	(void)fprintf(stderr, "%s: %s: %s\n", program, what, strerror(errno));
	exit(1);
}

static double seconds_of(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int listen_at(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		die("listen");
	*port = ntohs(at.sin_port);
	return fd;
}

/* ---- Servers as processes ---- */

static const char *const names[KINDS] = { "server-sent events", "WebSocket", "Redis, JSON", "DevLink3 proxy",
	                                  "Redis, events" };
static bool redis; /* is there */

static bool is_redis(enum kind kind)
{
	return kind == REDIS_CALLS || kind == REDIS_EVENTS;
}

struct process {
	enum kind kind;
	pid_t pid;
	clockid_t cpu;
	uint16_t publishers, subscribers;
};

/* One processor for the server, another for the rest, where there are two. */
static void run_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		(void)sched_setaffinity(0, sizeof(set), &set);
}

static void exec_redis(uint16_t port)
{
	char text[8];
	const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)dup2(nowhere, STDOUT_FILENO);
	(void)dup2(nowhere, STDERR_FILENO);
	(void)snprintf(text, sizeof(text), "%u", port);
	/* Debian's redis-tools has the program under the name of a tool; redis-server would add a service that runs. */
	execlp("redis-check-rdb", "redis-server", "--port", text, "--bind", "127.0.0.1", "--save", "",
	       "--appendonly", "no", "--loglevel", "warning", "--maxclients", "12000",
	       "--client-output-buffer-limit", "pubsub 0 0 0", "--tcp-backlog", "4096", "--dir", "/tmp",
	       (char *)NULL);
	_exit(127);
}

static struct process start(enum kind kind)
{
	struct process p = { .kind = kind };
	int publishers = listen_at(&p.publishers), subscribers = listen_at(&p.subscribers);

	/* Those that listen by themselves: the port was free, and nobody is there who would take it in between. */
	if (kind == PROXY || is_redis(kind))
		(void)close(subscribers);
	if (is_redis(kind)) {
		(void)close(publishers);
		p.subscribers = p.publishers;
	}
	(void)fflush(stdout);
	p.pid = fork();
	if (p.pid < 0)
		die("fork");
	if (p.pid == 0) {
		run_on(0);
		if (is_redis(kind))
			exec_redis(p.publishers);
		fanout_serve(kind, publishers, subscribers, p.subscribers);
	}
	if (kind != PROXY && !is_redis(kind))
		(void)close(subscribers);
	if (!is_redis(kind))
		(void)close(publishers);
	if (clock_getcpuclockid(p.pid, &p.cpu) != 0)
		die("clock_getcpuclockid");
	return p;
}

static void stop(const struct process *p)
{
	(void)kill(p->pid, SIGKILL);
	(void)waitpid(p->pid, NULL, 0);
}

static size_t resident(const struct process *p)
{
	char path[64];
	unsigned long total = 0, pages = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)p->pid);
	FILE *f = fopen(path, "r");
	if (!f || fscanf(f, "%lu %lu", &total, &pages) != 2)
		die(path);
	(void)fclose(f);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- Those who publish and those who listen ---- */

static int subscribers[MANY];
static unsigned subscriber_count;
static int publisher = -1, queue = -1;
static uint64_t published;
static enum kind counted;
static uint64_t received; /* what counts() counted: marks, or octets */
static uint64_t each;     /* of those are in a message */
static struct fanout_event event;
static char line[2048]; /* a message as the server wants it */
static size_t line_len;

static uint64_t marks(const char *at, size_t len)
{
	const char *end = at + len;
	uint64_t count = 0;

	while ((at = memchr(at, FANOUT_MARK, (size_t)(end - at))) != NULL) {
		at++;
		count++;
	}
	return count;
}

/* A WebSocket's frames, whose headers may have the mark as well. */
struct frames {
	uint8_t head[10];
	unsigned len;  /* of the header so far */
	uint64_t left; /* of the payload */
};
static struct frames frames[MANY];

static void head_octet(struct frames *f, uint8_t octet)
{
	f->head[f->len++] = octet;
	const unsigned code = f->len > 1 ? f->head[1] : 0, size = code == 127 ? 10 : code == 126 ? 4 : 2;
	if (f->len < size)
		return;
	f->left = size == 2 ? code : 0;
	for (unsigned i = 2; i < size; i++)
		f->left = f->left << 8 | f->head[i];
	f->len = 0;
}

static uint64_t marks_in_frames(struct frames *f, const char *at, size_t len)
{
	uint64_t count = 0;

	while (len > 0) {
		if (f->left == 0) {
			head_octet(f, (uint8_t)*at++);
			len--;
			continue;
		}
		const size_t part = f->left < len ? (size_t)f->left : len;
		count += marks(at, part);
		f->left -= part;
		at += part;
		len -= part;
	}
	return count;
}

static uint64_t counts(unsigned subscriber, const char *data, size_t len)
{
	if (counted == WEBSOCKET)
		return marks_in_frames(&frames[subscriber], data, len);
	return each > 1 ? len : marks(data, len);
}

static int dial(uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		                        .sin_port = htons(port),
		                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const double until = seconds_of(CLOCK_MONOTONIC) + 10;

	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		if (fd >= 0)
			(void)close(fd);
		/* It may not listen yet. */
		if (seconds_of(CLOCK_MONOTONIC) > until)
			die("connect");
		(void)usleep(10000);
	}
}

static void write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0)
			die("write");
		data += n;
		len -= (size_t)n;
	}
}

static void subscribe(enum kind kind, int fd)
{
	static const char wish[] = "SUBSCRIBE " CHANNEL "\r\n";
	char buf[256];

	if (kind == PROXY) {
		login(fd, DL3_EV_SNAPSHOT_END);
		return;
	}
	if (is_redis(kind))
		write_all(fd, wish, sizeof(wish) - 1);
	if (read(fd, buf, sizeof(buf)) <= 0)
		die("a subscriber was turned away");
}

static void put_line(const void *data, size_t len)
{
	if (line_len + len > sizeof(line))
		die("a message is too long");
	memcpy(line + line_len, data, len);
	line_len += len;
}

static void put_text(const char *text)
{
	put_line(text, strlen(text));
}

/* JSON has a mark to be counted, and envelopes of unlike length; an event is as long as it is. */
static void make_line(enum kind kind)
{
	const size_t body = strlen(fanout_body), json = strlen(fanout_around) + body;
	char head[64];

	line_len = 0;
	each = 1;
	if (is_redis(kind)) {
		(void)snprintf(head, sizeof(head), "*3\r\n$7\r\nPUBLISH\r\n$5\r\n" CHANNEL "\r\n$%zu\r\n",
		               kind == REDIS_EVENTS ? event.len : json);
		put_text(head);
	}
	if (kind == REDIS_CALLS)
		put_text(fanout_around);
	if (kind == PROXY || kind == REDIS_EVENTS)
		put_line(event.octets, event.len);
	else
		put_text(kind == REDIS_CALLS ? fanout_body + 1 : fanout_body);
	put_text(kind == REDIS_CALLS ? "}\r\n" : kind == REDIS_EVENTS ? "\r\n" : kind == PROXY ? "" : "\n");
	if (kind == PROXY)
		each = event.len;
	if (kind == REDIS_EVENTS)
		each = (uint64_t)snprintf(head, sizeof(head),
		                          "*3\r\n$7\r\nmessage\r\n$5\r\n" CHANNEL "\r\n$%zu\r\n", event.len) +
		       event.len + 2;
}

static void join(const struct process *p, unsigned count)
{
	queue = epoll_create1(EPOLL_CLOEXEC);
	publisher = dial(p->publishers);
	(void)setsockopt(publisher, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	for (subscriber_count = 0; subscriber_count < count; subscriber_count++) {
		int fd = dial(p->subscribers);
		subscribe(p->kind, fd);
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = subscriber_count };
		if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &e) != 0)
			die("epoll_ctl");
		subscribers[subscriber_count] = fd;
		frames[subscriber_count] = (struct frames){ 0 };
	}
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = MANY };
	(void)epoll_ctl(queue, EPOLL_CTL_ADD, publisher, &e);
	published = received = 0;
	counted = p->kind;
	make_line(p->kind);
}

static void leave(void)
{
	for (unsigned i = 0; i < subscriber_count; i++)
		(void)close(subscribers[i]);
	(void)close(publisher);
	(void)close(queue);
}

static void tell(unsigned messages)
{
	static char lines[64 * sizeof(line)];
	size_t len = 0;

	for (unsigned i = 0; i < messages; i++) {
		memcpy(lines + len, line, line_len);
		len += line_len;
	}
	write_all(publisher, lines, len);
	published += messages;
}

/* Takes what has come. */
static void take(int timeout_ms)
{
	static char buf[1 << 18];
	struct epoll_event events[256];
	int n = epoll_wait(queue, events, 256, timeout_ms);

	for (int i = 0; i < n; i++) {
		const unsigned who = events[i].data.u32;
		ssize_t len = read(who == MANY ? publisher : subscribers[who], buf, sizeof(buf));
		if (len <= 0)
			die("a subscriber was dropped");
		if (who != MANY)
			received += counts(who, buf, (size_t)len);
	}
}

static void take_all(void)
{
	const double until = seconds_of(CLOCK_MONOTONIC) + 60;

	while (received < published * subscriber_count * each) {
		take(1000);
		if (seconds_of(CLOCK_MONOTONIC) > until)
			die("not all came");
	}
}

/* ---- Measuring ---- */

/* As fast as those who listen can take it. */
static void flat_out(double seconds)
{
	const double until = seconds_of(CLOCK_MONOTONIC) + seconds;

	while (seconds_of(CLOCK_MONOTONIC) < until) {
		while (published - received / each / subscriber_count < WINDOW)
			tell(16);
		take(1000);
	}
}

static void paced(double seconds)
{
	const double began = seconds_of(CLOCK_MONOTONIC);

	for (;;) {
		double passed = seconds_of(CLOCK_MONOTONIC) - began;
		if (passed > seconds)
			return;
		while ((double)published < passed * PACE)
			tell(1);
		take(1);
	}
}

/* @return deliveries for a second of the server's CPU time. */
static double measure(enum kind kind, unsigned count, bool fast, double seconds)
{
	struct process p = start(kind);

	join(&p, count);
	tell(16);
	take_all();
	published = received = 0;
	const double before = seconds_of(p.cpu);
	if (fast)
		flat_out(seconds);
	else
		paced(seconds);
	take_all();
	const double cpu = seconds_of(p.cpu) - before;
	leave();
	stop(&p);
	if (received != published * subscriber_count * each) {
		(void)fprintf(stderr, "%s: %s: %llu came where %llu were sent\n", program, names[kind],
		              (unsigned long long)received,
		              (unsigned long long)(published * subscriber_count * each));
		exit(1);
	}
	return (double)(received / each) / cpu;
}

static int rounds = 1;

static bool is_there(unsigned kind)
{
	return redis || !is_redis((enum kind)kind);
}

static void compare(unsigned count, bool fast, double seconds)
{
	double best[KINDS] = { 0 };

	for (int round = 0; round < rounds; round++)
		for (unsigned k = 0; k < KINDS; k++) {
			double rate = is_there(k) ? measure((enum kind)k, count, fast, seconds) : 0;
			best[k] = rate > best[k] ? rate : best[k];
		}
	for (unsigned k = 0; k < KINDS; k++) {
		if (!is_there(k))
			continue;
		printf("%5u subscribers, %-16s %-18s %9.0f", count, fast ? "flat out" : "1,000 a second",
		       names[k], best[k]);
		if (redis)
			printf("  %5.2f x Redis", best[k] / best[k < REDIS_CALLS ? REDIS_CALLS
			                                         : k == PROXY    ? REDIS_EVENTS
			                                                         : k]);
		printf("\n");
	}
}

static void memory(unsigned count)
{
	for (unsigned k = 0; k < KINDS; k++) {
		if (!is_there(k) || k == REDIS_EVENTS)
			continue;
		struct process p = start((enum kind)k);
		join(&p, 1);
		tell(16);
		take_all();
		leave();
		const size_t before = resident(&p);
		join(&p, count);
		tell(16);
		take_all();
		printf("%5u subscribers, %-16s %-18s %9.0f\n", count, "resident octets", names[k],
		       ((double)resident(&p) - (double)before) / count);
		leave();
		stop(&p);
	}
}

int main(int argc, char **argv)
{
	const double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.25;
	struct rlimit files;

	redis = system("command -v redis-check-rdb >/dev/null") == 0;
	if (argc > 2)
		rounds = (int)strtol(argv[2], NULL, 10);
	if (seconds <= 0 || rounds <= 0) {
		(void)fprintf(stderr, "usage: %s [SECONDS [ROUNDS]]\n", program);
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	run_on(1);
	fanout_event(&event, EVENT);
	if (!redis)
		printf("no Redis: the gateway alone\n");
	printf("deliveries for a second of the server's CPU time, of %zu octets of JSON or events of %zu, "
	       "the best of "
	       "%d in turns\n",
	       strlen(fanout_around) + strlen(fanout_body), event.len, rounds);
	(void)fflush(stdout);
	compare(100, true, seconds);
	compare(1000, true, seconds);
	compare(100, false, seconds);
	compare(1000, false, seconds);
	memory(files.rlim_cur > MANY + 100 ? MANY : (unsigned)files.rlim_cur - 100);
	return 0;
}
