/* SPDX-License-Identifier: MIT */
/*
 * `devlink3 serve` as a whole, between PBXs and subscribers that are both here: how long an octet takes from the one to the other,
 * beside a process that does nothing but read and write; what 10,000 subscribers take of its memory; and a thousand PBXs.
 *
 *     bench/serve PROGRAM [SUBSCRIBERS SECONDS MANY LINKS]     100 5 10000 1000
 */
#include <arpa/inet.h>
#include <devlink3/devlink3.h>
#include <devlink3/event.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "login.h"

#define RATE 1000u /* events a second */
#define STAMP 20u  /* 'T' and 19 digits */
#define LOUD 20u   /* events to many */
#define EACH 10u   /* events of each of many PBXs */
#define NODE 0xc0a82a03u

static char folder[64];

static void die(const char *what)
{
	(void)fprintf(stderr, "bench/serve: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- The PBXs ---- */

struct pbx {
	struct dl3_listener *listener;
	struct dl3_conn *monitor;
	uint32_t counter;
};

static struct event_base *base;
static unsigned streaming;

static void on_event(struct dl3_conn *conn, const struct dl3_event *ev, void *arg)
{
	static const uint8_t challenge[DL3_CHALLENGE_SIZE] = "not a secret now";
	struct dl3_session *s = dl3_conn_session(conn);
	struct pbx *p = arg;
	enum dl3_err err = DL3_OK;

	if (ev->type == DL3_EV_LOGIN)
		err = dl3_server_challenge(s, challenge, "secret");
	else if (ev->type == DL3_EV_PROOF)
		err = dl3_server_admit(s, "PBX", NULL);
	else if (ev->type == DL3_EV_READ_REQUEST)
		err = dl3_server_no_file(s, ev->u.read_request.request);
	else if (ev->type == DL3_EV_STREAM_REQUEST) {
		err = dl3_server_stream(s, ev->u.stream_request.request, DL3_EVENTS_SUCCESS, 0);
		p->monitor = conn;
		streaming++;
	}
	if (err != DL3_OK)
		die("a PBX cannot answer");
}

static void listen_at(struct pbx *p, unsigned n)
{
	struct dl3_listener_config config = { .arg = p, .callbacks = { .event = on_event } };
	char error[256], address[32];

	(void)snprintf(address, sizeof(address), "127.1.%u.%u:0", n >> 8 & 255, n & 255);
	config.address = address;
	p->listener = dl3_listener_new(base, &config, error, sizeof(error));
	if (!p->listener)
		die(error);
}

/* One record, with the time at which it went. */
static void tell(struct pbx *p)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT };
	struct dl3_record record;
	char text[512], tuple[2048];
	uint8_t frame[2048];
	size_t len = 0;

	(void)snprintf(text, sizeof(text),
	               "<Detail><Call>c0a82a03,7,,,T%019llu,0,,,,,,,,0,,,,</"
	               "Call><PartyA>c0a82a0300000413,0,2,1,0,0,0,"
	               "0,1,4,106,,201,0,0,,201,,,,,201,100,0,Anna Example,</PartyA></Detail>",
	               (unsigned long long)now_ns());
	msg.u.event.pbx = NODE;
	msg.u.event.counter = ++p->counter;
	if (dl3_delta3_decode(dl3_str_of(text), &record, NULL) != DL3_OK ||
	    dl3_record_encode(&record, DL3_DELTA2_UTF8, tuple, sizeof(tuple), &len) != DL3_OK)
		die("cannot encode a record");
	msg.u.event.tuples = (struct dl3_octets){ (const uint8_t *)tuple, len };
	if (dl3_msg_encode(&msg, frame, sizeof(frame), &len) != DL3_OK ||
	    dl3_server_frame(dl3_conn_session(p->monitor), frame, len) != DL3_OK)
		die("cannot send an event");
	dl3_conn_flush(p->monitor);
}

static void turn(void)
{
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

/* ---- The gateway ---- */

struct gateway {
	pid_t pid;
	char http[64], proxy[64];
};

static void read_line(FILE *from, const char *begin, char out[64])
{
	char line[256];

	if (!fgets(line, sizeof(line), from) || strncmp(line, begin, strlen(begin)) != 0)
		die("the gateway did not say where it listens");
	line[strcspn(line, "\n")] = '\0';
	(void)snprintf(out, 64, "%s", line + strlen(begin));
}

static void write_config(const char *path, const struct pbx *pbxs, unsigned count)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die(path);
	(void)fprintf(f, "listen: [{address: '127.0.0.1:0'}]\nlog: {level: error}\n"
	                 "proxy:\n  listen: [{address: '127.0.0.1:0'}]\n  connections: 20000\n"
	                 "  users: [{name: app, password_env: DEVLINK3_PASSWORD}]\npbxs:\n");
	for (unsigned i = 0; i < count; i++)
		(void)fprintf(f, "  - {name: p%u, url: 'devlink3://app@%s', flags: ''}\n", i,
		              dl3_listener_address(pbxs[i].listener));
	if (fclose(f) != 0)
		die(path);
}

static struct gateway start(const char *program, const struct pbx *pbxs, unsigned count)
{
	struct gateway g;
	char config[96], state[96];
	int out[2];

	(void)snprintf(config, sizeof(config), "%s/gateway.yaml", folder);
	(void)snprintf(state, sizeof(state), "%s/state%u", folder, count);
	write_config(config, pbxs, count);
	if (pipe(out) != 0)
		die("pipe");
	g.pid = fork();
	if (g.pid == 0) {
		(void)setenv("DEVLINK3_PASSWORD", "secret", 1);
		(void)dup2(out[1], 1);
		(void)execl(program, program, "serve", config, "--state", state, (char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	FILE *said = fdopen(out[0], "r");
	if (g.pid < 0 || !said)
		die("cannot start the gateway");
	read_line(said, "listening on http://", g.http);
	read_line(said, "listening on devlink3://", g.proxy);
	for (streaming = 0; streaming < count;) {
		(void)event_base_loop(base, EVLOOP_ONCE);
		if (waitpid(g.pid, NULL, WNOHANG) == g.pid)
			die("the gateway ended");
	}
	return g;
}

static void stop(const struct gateway *g)
{
	(void)kill(g->pid, SIGTERM);
	while (waitpid(g->pid, NULL, WNOHANG) == 0)
		turn();
}

static double resident(pid_t pid)
{
	char path[64], line[128];
	unsigned long kib = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtoul(line + 6, NULL, 10);
	if (f)
		(void)fclose(f);
	return (double)kib * 1024;
}

static double cpu_of(pid_t pid)
{
	clockid_t clock;
	struct timespec t = { 0 };

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		die("cannot see the gateway's CPU time");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Subscribers ---- */

enum kind { SSE, WS, PROXY, BARE };
static const char *const names[] = { "server-sent events", "WebSocket", "DevLink3 proxy", "bare loopback" };

struct subscriber {
	int fd;
	size_t kept;
	char carry[STAMP];
};

static struct {
	int epoll;
	struct subscriber *list;
	unsigned count;
	uint64_t came;
	uint32_t *samples; /* microseconds; NULL: none are taken */
	size_t room, taken;
} all;

static int dial(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char host[32];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)snprintf(host, sizeof(host), "%.*s", (int)strcspn(address, ":"), address);
	(void)inet_pton(AF_INET, host, &to.sin_addr);
	to.sin_port = htons((uint16_t)strtoul(strchr(address, ':') + 1, NULL, 10));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("cannot connect");
	return fd;
}

static void ask_http(int fd, const char *address, bool ws)
{
	char request[512], answer[4096];
	size_t len = 0;

	int n = snprintf(request, sizeof(request), "GET /v1/%s?kind=record HTTP/1.1\r\nHost: %s\r\n%s\r\n",
	                 ws ? "ws" : "stream", address,
	                 ws ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	                      "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
	                    : "");
	if (write(fd, request, (size_t)n) != n)
		die("cannot ask");
	do {
		ssize_t got = read(fd, answer + len, 1);
		if (got <= 0 || ++len == sizeof(answer))
			die("no answer");
		answer[len] = '\0';
	} while (len < 4 || strcmp(answer + len - 4, "\r\n\r\n") != 0);
	if (strncmp(answer, ws ? "HTTP/1.1 101" : "HTTP/1.1 200", 12) != 0)
		die(answer);
}

static void add_fd(int fd)
{
	struct subscriber *s = &all.list[all.count];
	struct epoll_event ev = { .events = EPOLLIN, .data = { .u32 = all.count } };

	s->fd = fd;
	s->kept = 0;
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(all.epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		die("epoll");
	all.count++;
}

static void listen_to_all(int wait_ms);

/* A snapshot has a stamp as well: what comes until all is quiet does not count. */
static void settle(void)
{
	for (uint64_t came = all.came + 1; came != all.came;) {
		const uint64_t until = now_ns() + 300000000u;

		came = all.came;
		while (now_ns() < until) {
			turn();
			listen_to_all(1);
		}
	}
}

static void subscribe(const struct gateway *g, enum kind kind, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int fd = dial(kind == PROXY ? g->proxy : g->http);
		if (kind == PROXY)
			login(fd, DL3_EV_STREAM);
		else
			ask_http(fd, g->http, kind == WS);
		add_fd(fd);
		turn();
	}
	settle();
}

static void unsubscribe(void)
{
	for (unsigned i = 0; i < all.count; i++)
		(void)close(all.list[i].fd);
	all.count = 0;
}

/* Looks for stamps in what came; the end of it, in which half a one may stand, is kept. */
static void look(struct subscriber *s, char *buf, size_t len, uint64_t now)
{
	const char *at = buf, *end = buf + len;

	while ((at = memchr(at, 'T', (size_t)(end - at))) && (size_t)(end - at) >= STAMP) {
		if (strspn(at + 1, "0123456789") < STAMP - 1) {
			at++;
			continue;
		}
		all.came++;
		if (all.samples && all.taken < all.room)
			all.samples[all.taken++] = (uint32_t)((now - strtoull(at + 1, NULL, 10)) / 1000);
		at += STAMP;
	}
	s->kept = at ? (size_t)(end - at) : 0;
	if (at)
		memcpy(s->carry, at, s->kept);
}

static void listen_to_all(int wait_ms)
{
	static char buf[STAMP + 65536 + 1];
	struct epoll_event ready[256];
	int n = epoll_wait(all.epoll, ready, 256, wait_ms);

	for (int i = 0; i < n; i++) {
		struct subscriber *s = &all.list[ready[i].data.u32];
		memcpy(buf, s->carry, s->kept);
		ssize_t got = read(s->fd, buf + s->kept, 65536);
		uint64_t now = now_ns();
		if (got == 0)
			die("a subscriber was turned away");
		if (got < 0)
			continue;
		buf[s->kept + (size_t)got] = '\0';
		look(s, buf, s->kept + (size_t)got, now);
	}
}

static void wait_for(uint64_t came)
{
	uint64_t end = now_ns() + UINT64_C(60000000000);

	while (all.came < came) {
		turn();
		listen_to_all(1);
		if (now_ns() > end) {
			(void)fprintf(stderr, "%llu of %llu came\n", (unsigned long long)all.came,
			              (unsigned long long)came);
			die("not all came in a minute");
		}
	}
	if (all.came != came)
		die("more came than went");
}

/* ---- How long it takes ---- */

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print_times(enum kind kind, uint32_t out[3])
{
	static const double shares[3] = { 0.5, 0.99, 0.999 };
	static uint32_t bare[3];

	qsort(all.samples, all.taken, sizeof(*all.samples), by_size);
	for (int i = 0; i < 3; i++)
		out[i] = all.samples[(size_t)((double)(all.taken - 1) * shares[i])];
	if (kind == BARE)
		memcpy(bare, out, sizeof(bare));
	printf("%-20s %8u %8u %8u us", names[kind], out[0], out[1], out[2]);
	for (int i = 0; i < 3; i++)
		printf(" %6.1f", (double)out[i] / (bare[i] > 0 ? bare[i] : 1));
	printf("   %zu deliveries\n", all.taken);
}

static void pace(void (*send)(void *arg), void *arg, unsigned subscribers, unsigned seconds)
{
	const uint64_t step = 1000000000u / RATE;
	uint64_t next = now_ns() + step, events = (uint64_t)RATE * seconds;

	all.room = events * subscribers;
	all.samples = malloc(all.room * sizeof(*all.samples));
	all.taken = 0;
	all.came = 0;
	if (!all.samples)
		die("out of memory");
	for (uint64_t i = 0; i < events;) {
		if (now_ns() >= next) {
			send(arg);
			next += step;
			i++;
		}
		turn();
		listen_to_all(0);
	}
	wait_for(events * subscribers);
}

static void send_event(void *arg)
{
	tell(arg);
}

/* Reads and writes: what nobody who passes octets on can do without. */
static void pass_on(int in, const int *out, unsigned count)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		for (unsigned i = 0; i < count; i++)
			if (write(out[i], buf, (size_t)n) != n)
				_exit(1);
	_exit(0);
}

static int bare_in;

static void send_bare(void *arg)
{
	char text[512];

	(void)arg;
	memset(text, '.', sizeof(text));
	(void)snprintf(text, sizeof(text), "T%019llu", (unsigned long long)now_ns());
	text[STAMP] = '.';
	if (write(bare_in, text, sizeof(text)) != (ssize_t)sizeof(text))
		die("cannot write");
}

static void bare_latency(unsigned subscribers, unsigned seconds)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), *ends = calloc(subscribers + 1, sizeof(int));
	char address[32];
	uint32_t times[3];

	if (!ends || bind(listener, (struct sockaddr *)&at, len) != 0 || listen(listener, 128) != 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) != 0)
		die("cannot listen");
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(at.sin_port));
	for (unsigned i = 0; i <= subscribers; i++) {
		int fd = dial(address);
		ends[i] = accept(listener, NULL, NULL);
		(void)setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		if (i < subscribers)
			add_fd(fd);
		else
			bare_in = fd;
	}
	pid_t child = fork();
	if (child == 0)
		pass_on(ends[subscribers], ends, subscribers);
	pace(send_bare, NULL, subscribers, seconds);
	print_times(BARE, times);
	free(all.samples);
	all.samples = NULL;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	(void)close(bare_in);
	for (unsigned i = 0; i <= subscribers; i++)
		(void)close(ends[i]);
	(void)close(listener);
	free(ends);
	unsubscribe();
}

static void latency(const char *program, unsigned subscribers, unsigned seconds)
{
	struct pbx pbx = { 0 };
	uint32_t times[3];

	printf("%u events a second to %u subscribers, from the PBX's octet to the subscriber's\n", RATE,
	       subscribers);
	printf("%-20s %8s %8s %8s    %20s\n", "", "p50", "p99", "p99.9", "x bare");
	bare_latency(subscribers, seconds);
	listen_at(&pbx, 1);
	struct gateway g = start(program, &pbx, 1);
	for (enum kind k = SSE; k <= PROXY; k++) {
		subscribe(&g, k, subscribers);
		pace(send_event, &pbx, subscribers, seconds);
		print_times(k, times);
		free(all.samples);
		all.samples = NULL;
		unsubscribe();
	}
	stop(&g);
	dl3_listener_free(pbx.listener);
}

/* ---- Many ---- */

static void many_subscribers(const char *program, unsigned many)
{
	printf("\n%u subscribers of one gateway, %u events to all of them\n", many, LOUD);
	for (enum kind k = SSE; k <= PROXY; k++) {
		struct pbx pbx = { 0 };
		listen_at(&pbx, 1);
		struct gateway g = start(program, &pbx, 1);
		double before = resident(g.pid);
		subscribe(&g, k, many);
		double idle = resident(g.pid);
		all.came = 0;
		for (unsigned i = 0; i < LOUD; i++) {
			tell(&pbx);
			wait_for((uint64_t)(i + 1) * many);
		}
		printf("%-20s %8.0f octets each, %8.0f after %u events; %llu deliveries, all that went\n",
		       names[k], (idle - before) / many, (resident(g.pid) - before) / many, LOUD,
		       (unsigned long long)all.came);
		unsubscribe();
		stop(&g);
		dl3_listener_free(pbx.listener);
	}
}

static void many_links(const char *program, unsigned links)
{
	struct pbx *pbxs = calloc(links, sizeof(*pbxs));

	if (!pbxs)
		die("out of memory");
	for (unsigned i = 0; i < links; i++)
		listen_at(&pbxs[i], i + 2);
	uint64_t begun = now_ns();
	struct gateway g = start(program, pbxs, links);
	double up = (double)(now_ns() - begun) / 1e9, cpu = cpu_of(g.pid);
	subscribe(&g, SSE, 1);
	all.came = 0;
	for (unsigned n = 0; n < EACH; n++) {
		for (unsigned i = 0; i < links; i++)
			tell(&pbxs[i]);
		wait_for((uint64_t)(n + 1) * links);
	}
	printf("\n%u PBXs of one gateway: all streaming after %.1f s; %.0f KiB each; %u events of each, all "
	       "came, %.0f us "
	       "of CPU an event\n",
	       links, up, resident(g.pid) / 1024 / links, EACH, (cpu_of(g.pid) - cpu) * 1e6 / (links * EACH));
	unsubscribe();
	stop(&g);
	for (unsigned i = 0; i < links; i++)
		dl3_listener_free(pbxs[i].listener);
	free(pbxs);
}

static unsigned number(int argc, char **argv, int i, unsigned normal)
{
	return argc > i ? (unsigned)strtoul(argv[i], NULL, 10) : normal;
}

int main(int argc, char **argv)
{
	struct rlimit l;

	if (argc < 2)
		die("usage: bench/serve PROGRAM [SUBSCRIBERS SECONDS MANY LINKS]");
	const unsigned subscribers = number(argc, argv, 2, 100), seconds = number(argc, argv, 3, 5);
	unsigned many = number(argc, argv, 4, 10000), links = number(argc, argv, 5, 1000);
	(void)snprintf(folder, sizeof(folder), "/tmp/bench-serve.XXXXXX");
	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || !mkdtemp(folder))
		die("cannot begin");
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l);
	/* Each needs a descriptor here and one there. */
	if (l.rlim_max < many + 1000) {
		many = l.rlim_max > 2000 ? (unsigned)l.rlim_max - 1000 : 1000;
		printf("%u subscribers at most, by the limit of descriptors\n", many);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	base = event_base_new();
	all.epoll = epoll_create1(EPOLL_CLOEXEC);
	all.list = calloc((many > subscribers ? many : subscribers) + 1, sizeof(*all.list));
	if (!base || all.epoll < 0 || !all.list)
		die("cannot begin");
	latency(argv[1], subscribers, seconds);
	many_subscribers(argv[1], many);
	many_links(argv[1], links);
	free(all.list);
	event_base_free(base);
	(void)execlp("rm", "rm", "-rf", folder, (char *)NULL);
	return 0;
}
