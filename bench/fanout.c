/* SPDX-License-Identifier: MIT */
/*
 * What it costs to give messages to many: deliveries for each second of the server's CPU time, of the gateway's hub
 * with server-sent events and with WebSocket, and of Redis with publish and subscribe, in turns. Each server is a process
 * of its own on a processor of its own and is given the same messages over a socket; those who publish and those who
 * listen are here. Then what a consumer takes of memory.
 *
 *     bench/fanout [SECONDS [ROUNDS]]    for each measurement, and the best of so many; a quarter, and one
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/consumer.h"

#define MANY 10000u
/* Redis reads so much at a time; so does our server here. */
#define READ_SIZE 16384
/* Messages that are on their way at most, when it is as fast as can be. */
#define WINDOW 256u
#define PACE 1000u /* messages a second, when it is not */
/* A character that is in each message once. */
#define MARK '~'
#define CHANNEL "calls"

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

/* ---- Messages ---- */

/* A call in the middle of its life, as the tracker writes it. */
static const char body[] =
	"{\"id\":\"0a2a00c8-1187-4f\",\"direction\":\"incoming\",\"outcome\":\"answered\",\"state\":"
	"\"connected\","
	"\"since\":1795434003.4,\"started\":1795433996.1,\"answered\":1795434003.4,\"ended\":null,"
	"\"duration_s\":7.3,\"ring_s\":5.1,\"queue_s\":2.2,\"talk_s\":0.0,\"hold_s\":0.0,\"voicemail_s\":0.0,"
	"\"cli\":\"+493012345678\",\"name\":\"Example, Anna~\",\"did\":\"98765432\",\"dialled\":\"700\","
	"\"group\":\"700\",\"answered_by\":\"201\",\"parties\":[\"201\"],"
	"\"segments\":[{\"party\":\"201\",\"from\":1795434003.4,\"to\":null,\"talk_s\":0.0,\"hold_s\":0.0}],"
	"\"transfers\":0,\"rejected_by\":[],\"nodes\":[\"c0a82a03\"],\"call_ids\":[\"c0a82a03:1187\"],"
	"\"sip_call_ids\":[],\"account_code\":null,\"tag\":null,\"cause\":null,\"incomplete\":false,"
	"\"a\":{\"end\":\"c0a82a03.17.0\",\"number\":\"+493012345678\",\"state\":\"connected\",\"class\":"
	"\"trunk\"},"
	"\"b\":{\"end\":\"c0a82a03.1001.0\",\"extension\":\"201\",\"name\":\"Extn201\",\"state\":"
	"\"connected\","
	"\"class\":\"phone\"},\"targets\":[{\"end\":\"c0a82a03.1001.0\",\"extension\":\"201\"}]}";
/* As much as the hub puts around it. */
static const char around[] =
	"{\"seq\":1000000001,\"time\":1795434003.412,\"pbx\":\"main\",\"kind\":\"call\",\"what\":\"changed\","
	"\"call\":{\"pbx\":\"main\",";

/* ---- Our server ---- */

struct server {
	struct event_base *base;
	struct hub *hub;
	struct consumers *consumers;
	enum hub_encoding encoding;
	struct event *publisher;
	char in[READ_SIZE + sizeof(body)];
	size_t len;
	unsigned count;
	uint64_t tags[4];
};

static void publish(struct server *s, const char *line, size_t len)
{
	char id[16];
	struct hub_news news = { .kind = HUB_CALL, .pbx = dl3_str_of("main"), .what = "changed" };

	news.about = (struct dl3_str){ .ptr = id };
	news.about.len = (uint32_t)snprintf(id, sizeof(id), "%u", s->count++ % 200);
	news.key = "call";
	news.body = (struct dl3_str){ .ptr = line, .len = (uint32_t)len };
	news.tags = s->tags;
	news.tag_count = sizeof(s->tags) / sizeof(s->tags[0]);
	(void)hub_publish(s->hub, &news);
}

/* Lines, each of which is a call; answers each with an octet, as Redis does with a number. */
static void on_line(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	static const char answers[READ_SIZE];
	const char *end;
	size_t at = 0, lines = 0;

	(void)what;
	ssize_t n = read(fd, s->in + s->len, READ_SIZE);
	if (n <= 0) {
		event_free(s->publisher);
		(void)close(fd);
		return;
	}
	s->len += (size_t)n;
	while ((end = memchr(s->in + at, '\n', s->len - at)) != NULL) {
		publish(s, s->in + at, (size_t)(end - s->in) - at);
		at = (size_t)(end - s->in) + 1;
		lines++;
	}
	memmove(s->in, s->in + at, s->len - at);
	s->len -= at;
	if (lines > 0 && write(fd, answers, lines) < 0)
		_exit(1);
}

static void on_subscriber(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct consumer_start start = { .encoding = s->encoding };

	(void)what;
	while ((start.fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		consumer_wish_init(&start.wish);
		start.wish.queue = CONSUMER_QUEUE_MAX;
		consumer_wish_done(&start.wish);
		start.head = dl3_str_of("hello");
		if (!consumer_begin(s->consumers, &start))
			_exit(1);
	}
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

static void on_publisher(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	int one = accept4(fd, NULL, NULL, SOCK_NONBLOCK);

	(void)what;
	s->publisher = event_new(s->base, one, EV_READ | EV_PERSIST, on_line, s);
	if (one < 0 || !s->publisher || event_add(s->publisher, NULL) != 0)
		_exit(1);
}

static void serve(enum hub_encoding encoding, int publishers, int subscribers)
{
	static struct server s;
	const struct hub_config hub = { .first_seq = 1000000001 };

	s.encoding = encoding;
	s.base = event_base_new();
	s.hub = s.base ? hub_new(s.base, &hub) : NULL;
	const struct consumers_config config = { .hub = s.hub, .max = MANY + 1 };
	s.consumers = s.hub ? consumers_new(s.base, &config) : NULL;
	for (unsigned i = 0; i < sizeof(s.tags) / sizeof(s.tags[0]); i++)
		s.tags[i] = hub_tag(HUB_EXTENSION, dl3_str_of("201")) + i;
	if (!s.consumers)
		_exit(1);
	(void)evutil_make_socket_nonblocking(subscribers);
	struct event *a = event_new(s.base, publishers, EV_READ | EV_PERSIST, on_publisher, &s);
	struct event *b = event_new(s.base, subscribers, EV_READ | EV_PERSIST, on_subscriber, &s);
	if (!a || !b || event_add(a, NULL) != 0 || event_add(b, NULL) != 0)
		_exit(1);
	(void)event_base_dispatch(s.base);
	_exit(0);
}

/* ---- Servers as processes ---- */

enum kind { SSE, WEBSOCKET, REDIS, KINDS };

static const char *const names[KINDS] = { "server-sent events", "WebSocket", "Redis" };

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

	if (kind == REDIS) {
		/* The port was free, and nobody is there who would take it in between. */
		(void)close(publishers);
		p.subscribers = p.publishers;
	}
	(void)fflush(stdout);
	p.pid = fork();
	if (p.pid < 0)
		die("fork");
	if (p.pid == 0) {
		run_on(0);
		if (kind == REDIS)
			exec_redis(p.publishers);
		serve(kind == SSE ? HUB_SSE : HUB_WEBSOCKET, publishers, subscribers);
	}
	(void)close(subscribers);
	if (kind != REDIS)
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
static uint64_t published, received;
static char line[2 * sizeof(body)]; /* a message as the server wants it */
static size_t line_len;

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

static void join(const struct process *p, unsigned count)
{
	char buf[256];

	queue = epoll_create1(EPOLL_CLOEXEC);
	publisher = dial(p->publishers);
	(void)setsockopt(publisher, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	for (subscriber_count = 0; subscriber_count < count; subscriber_count++) {
		int fd = dial(p->subscribers);
		if (p->kind == REDIS)
			write_all(fd, "SUBSCRIBE " CHANNEL "\r\n", sizeof("SUBSCRIBE " CHANNEL "\r\n") - 1);
		if (read(fd, buf, sizeof(buf)) <= 0)
			die("a subscriber was turned away");
		struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
		if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &e) != 0)
			die("epoll_ctl");
		subscribers[subscriber_count] = fd;
	}
	struct epoll_event e = { .events = EPOLLIN, .data.fd = publisher };
	(void)epoll_ctl(queue, EPOLL_CTL_ADD, publisher, &e);
	published = received = 0;
	if (p->kind == REDIS)
		line_len = (size_t)snprintf(line, sizeof(line),
		                            "*3\r\n$7\r\nPUBLISH\r\n$5\r\n" CHANNEL "\r\n$%zu\r\n%s%s}\r\n",
		                            strlen(around) + strlen(body), around, body + 1);
	else
		line_len = (size_t)snprintf(line, sizeof(line), "%s\n", body);
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
		ssize_t len = read(events[i].data.fd, buf, sizeof(buf));
		if (len <= 0)
			die("a subscriber was dropped");
		if (events[i].data.fd == publisher)
			continue;
		const char *at = buf, *end = buf + len;
		while ((at = memchr(at, MARK, (size_t)(end - at))) != NULL) {
			at++;
			received++;
		}
	}
}

static void take_all(void)
{
	const double until = seconds_of(CLOCK_MONOTONIC) + 60;

	while (received < published * subscriber_count) {
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
		while (published - received / subscriber_count < WINDOW)
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
	return (double)received / cpu;
}

static int rounds = 1;

static void compare(unsigned count, bool fast, double seconds, unsigned kinds)
{
	double best[KINDS] = { 0 };

	for (int round = 0; round < rounds; round++)
		for (unsigned k = 0; k < kinds; k++) {
			double rate = measure((enum kind)k, count, fast, seconds);
			best[k] = rate > best[k] ? rate : best[k];
		}
	for (unsigned k = 0; k < kinds; k++) {
		printf("%5u subscribers, %-16s %-18s %9.0f", count, fast ? "flat out" : "1,000 a second",
		       names[k], best[k]);
		if (kinds > REDIS)
			printf("  %5.2f x Redis", best[k] / best[REDIS]);
		printf("\n");
	}
}

static void memory(unsigned count, unsigned kinds)
{
	for (unsigned k = 0; k < kinds; k++) {
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
	const bool redis = system("command -v redis-check-rdb >/dev/null") == 0;
	const unsigned kinds = redis ? KINDS : REDIS;
	struct rlimit files;

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
	if (!redis)
		printf("no Redis: the gateway alone\n");
	printf("deliveries of %zu octets of JSON for a second of the server's CPU time, the best of %d in "
	       "turns\n",
	       strlen(around) + strlen(body), rounds);
	compare(100, true, seconds, kinds);
	compare(1000, true, seconds, kinds);
	compare(100, false, seconds, kinds);
	compare(1000, false, seconds, kinds);
	memory(files.rlim_cur > MANY + 100 ? MANY : (unsigned)files.rlim_cur - 100, kinds);
	return 0;
}
