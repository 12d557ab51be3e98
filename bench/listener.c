/* SPDX-License-Identifier: MIT */
/*
 * What a listener, a connection and an event on its way to three monitors cost. The clients are
 * in a process of their own, so that what is counted is the PBX's alone.
 */
#include <arpa/inet.h>
#include <devlink3/devlink3.h>
#include <devlink3/event.h>
#include <event2/event.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LISTENERS 10000u
#define CONNECTIONS 5000u
#define TLS_CONNECTIONS 1000u
#define MONITORS 3u
#define TICK_MS 10
#define EVENTS_A_TICK 60u /* 6,000 a second */
#define TICKS 200u

static void die(const char *what)
{
	(void)fprintf(stderr, "bench/listener: %s\n", what);
	exit(1);
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The clients' process ---- */

struct end {
	int fd;
	SSL *ssl;
};

static void put(const struct end *e, struct dl3_octets out)
{
	ssize_t n = e->ssl ? SSL_write(e->ssl, out.ptr, (int)out.len) : write(e->fd, out.ptr, out.len);

	if (n != (ssize_t)out.len)
		die("a client cannot write");
}

static size_t take(const struct end *e, void *buf, size_t cap)
{
	ssize_t n = e->ssl ? SSL_read(e->ssl, buf, (int)cap) : read(e->fd, buf, cap);

	if (n <= 0)
		die("a client was turned away");
	return (size_t)n;
}

/* Logs in and asks for the stream. */
static void join(const struct end *e)
{
	struct dl3_session *s = dl3_client_new(NULL, NULL);
	struct dl3_event ev = { 0 };
	uint8_t buf[4096];

	if (!s)
		die("out of memory");
	dl3_session_tick(s, 1);
	if (dl3_client_authenticate(s, "app", "secret", NULL) != DL3_OK)
		die("a client cannot begin");
	while (ev.type != DL3_EV_STREAM) {
		enum dl3_err err = dl3_session_next(s, &ev);
		struct dl3_octets out = dl3_session_output(s);
		if (out.len > 0) {
			put(e, out);
			dl3_session_sent(s, out.len);
		}
		if (err == DL3_NEED_MORE)
			(void)dl3_session_feed(s, buf, take(e, buf, sizeof(buf)));
		else if (err != DL3_OK)
			die("a client's session ended");
		else if (ev.type == DL3_EV_AUTHENTICATED && dl3_client_stream(s, 0, NULL) != DL3_OK)
			die("a client cannot ask for the stream");
	}
	dl3_session_free(s);
}

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
		die("a client cannot connect");
	return fd;
}

/* Reads and forgets what comes to all, until the first of them ends. */
static void swallow(const struct end *ends, unsigned count)
{
	struct pollfd polls[MONITORS];
	static char buf[1 << 20];

	for (unsigned i = 0; i < count; i++)
		polls[i] = (struct pollfd){ .fd = ends[i].fd, .events = POLLIN };
	while (poll(polls, count, -1) > 0) {
		for (unsigned i = 0; i < count; i++) {
			if (polls[i].revents && read(polls[i].fd, buf, sizeof(buf)) <= 0)
				_exit(0);
		}
	}
}

static void clients(const struct dl3_listener *const *listeners, unsigned listening, unsigned count, bool tls)
{
	SSL_CTX *ctx = tls ? SSL_CTX_new(TLS_client_method()) : NULL;
	struct end ends[MONITORS];

	for (unsigned i = 0; i < count; i++) {
		struct end e = { .fd = dial(dl3_listener_address(listeners[i % listening])) };
		if (ctx) {
			e.ssl = SSL_new(ctx);
			(void)SSL_set_fd(e.ssl, e.fd);
			if (SSL_connect(e.ssl) != 1)
				die("a client cannot shake hands");
		}
		join(&e);
		if (i < MONITORS)
			ends[i] = e;
	}
	if (count <= MONITORS)
		swallow(ends, count);
	(void)pause();
}

/* ---- The PBXs ---- */

struct pbxs {
	struct event_base *base;
	struct dl3_listener **listeners;
	struct dl3_conn *monitors[MONITORS];
	unsigned listening, streaming;
};

static void on_event(struct dl3_conn *conn, const struct dl3_event *ev, void *arg)
{
	static const uint8_t challenge[DL3_CHALLENGE_SIZE] = "not a secret now";
	struct dl3_session *s = dl3_conn_session(conn);
	struct pbxs *p = arg;
	enum dl3_err err = DL3_OK;

	if (ev->type == DL3_EV_LOGIN)
		err = dl3_server_challenge(s, challenge, "secret");
	else if (ev->type == DL3_EV_PROOF)
		err = dl3_server_admit(s, "PBX", NULL);
	else if (ev->type == DL3_EV_STREAM_REQUEST) {
		err = dl3_server_stream(s, ev->u.stream_request.request, DL3_EVENTS_SUCCESS, 0);
		if (p->streaming < MONITORS)
			p->monitors[p->streaming] = conn;
		p->streaming++;
	}
	if (err != DL3_OK)
		die("a PBX cannot answer");
}

static void listen_at(struct pbxs *p, unsigned count, const struct dl3_tls *tls)
{
	struct dl3_listener_config config = { .shared_tls = tls, .arg = p };
	char error[256], address[32];

	config.callbacks.event = on_event;
	p->listeners = calloc(count, sizeof(struct dl3_listener *));
	for (p->listening = 0; p->listeners && p->listening < count; p->listening++) {
		unsigned n = p->listening + 1;
		(void)snprintf(address, sizeof(address), "127.%u.%u.%u:0", tls ? 2u : 1u, n >> 8, n & 255);
		config.address = address;
		p->listeners[p->listening] = dl3_listener_new(p->base, &config, error, sizeof(error));
		if (!p->listeners[p->listening])
			die(error);
	}
}

static void finish(struct pbxs *p, pid_t child)
{
	for (unsigned i = 0; i < p->listening; i++)
		dl3_listener_free(p->listeners[i]);
	free(p->listeners);
	event_base_free(p->base);
	(void)kill(child, SIGTERM);
	(void)waitpid(child, NULL, 0);
}

static pid_t begin_clients(struct pbxs *p, unsigned count, bool tls)
{
	pid_t child = fork();

	if (child == 0) {
		clients((const struct dl3_listener *const *)p->listeners, p->listening, count, tls);
		_exit(0);
	}
	while (child > 0 && p->streaming < count) {
		(void)event_base_loop(p->base, EVLOOP_ONCE);
		if (waitpid(child, NULL, WNOHANG) == child)
			die("the clients ended");
	}
	if (child < 0)
		die("cannot fork");
	return child;
}

/* ---- Memory ---- */

static double held(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd);
}

static void scale(unsigned listeners, unsigned connections, const struct dl3_tls *tls)
{
	struct pbxs pbxs = { .base = event_base_new() };
	const char *how = tls ? "TLS" : "in the clear";

	double begun = held();
	listen_at(&pbxs, listeners, tls);
	double listening = held();
	pid_t child = begin_clients(&pbxs, connections, tls);
	double connected = held();
	printf("%6u listeners    %-13s %8.0f octets each\n", listeners, how, (listening - begun) / listeners);
	printf("%6u connections  %-13s %8.0f octets each\n", connections, how,
	       (connected - listening) / connections);
	finish(&pbxs, child);
}

/* ---- Events ---- */

static size_t an_event(uint8_t *out, size_t cap, uint32_t counter)
{
	struct dl3_str text = dl3_str_of("<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>");
	struct dl3_msg msg = { .type = DL3_MSG_EVENT };
	struct dl3_record record;
	char tuple[256];
	size_t len = 0;

	msg.u.event.pbx = 1;
	msg.u.event.counter = counter;
	if (dl3_delta3_decode(text, &record, NULL) != DL3_OK ||
	    dl3_record_encode(&record, DL3_DELTA2_UTF8, tuple, sizeof(tuple), &len) != DL3_OK)
		die("cannot encode a record");
	msg.u.event.tuples = (struct dl3_octets){ (const uint8_t *)tuple, len };
	if (dl3_msg_encode(&msg, out, cap, &len) != DL3_OK)
		die("cannot encode an event");
	return len;
}

static void push(struct pbxs *p, const uint8_t *frame, size_t len)
{
	for (unsigned i = 0; i < MONITORS; i++) {
		if (dl3_server_frame(dl3_conn_session(p->monitors[i]), frame, len) != DL3_OK)
			die("a monitor does not keep up");
		dl3_conn_flush(p->monitors[i]);
	}
}

static void turn(const struct pbxs *p)
{
	(void)event_base_loop(p->base, EVLOOP_NONBLOCK);
}

static void encode_only(void)
{
	uint8_t frame[512];
	double begun = cpu_seconds();

	for (uint32_t i = 0; i < TICKS * EVENTS_A_TICK; i++)
		(void)an_event(frame, sizeof(frame), i);
	printf("%-46s %8.2f us an event\n", "making the event alone",
	       (cpu_seconds() - begun) * 1e6 / (TICKS * EVENTS_A_TICK));
}

/* 6,000 events a second, made together a tick; the loop turns after each tick or after each event. */
static void fan_out(const char *name, const struct dl3_tls *tls, bool turn_each)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
	struct pbxs pbxs = { .base = event_base_new() };
	uint8_t frame[512];

	listen_at(&pbxs, 1, tls);
	pid_t child = begin_clients(&pbxs, MONITORS, tls != NULL);
	double begun = cpu_seconds();
	for (uint32_t i = 0; i < TICKS * EVENTS_A_TICK; i++) {
		push(&pbxs, frame, an_event(frame, sizeof(frame), i));
		if (turn_each)
			turn(&pbxs);
		if ((i + 1) % EVENTS_A_TICK != 0)
			continue;
		turn(&pbxs);
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);
	}
	double each = (cpu_seconds() - begun) / (TICKS * EVENTS_A_TICK);
	printf("%-46s %8.2f us an event, %4.1f %% of a processor\n", name, each * 1e6, each * 6000 * 100);
	finish(&pbxs, child);
}

static unsigned descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		die("cannot see how many descriptors there may be");
	l.rlim_cur = l.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur < 1000)
		die("cannot have enough descriptors: raise the hard limit, ulimit -Hn");
	return l.rlim_cur > 1000000 ? 1000000 : (unsigned)l.rlim_cur;
}

int main(void)
{
	const struct dl3_tls_server generated = { 0 };
	char error[256];
	struct dl3_tls *tls = dl3_tls_server_new(&generated, NULL, error, sizeof(error));
	unsigned most = descriptors() - 100;
	unsigned listeners = most / 3 * 2 < LISTENERS ? most / 3 * 2 : LISTENERS;
	unsigned connections = most / 3 < CONNECTIONS ? most / 3 : CONNECTIONS;
	unsigned encrypted = most / 3 < TLS_CONNECTIONS ? most / 3 : TLS_CONNECTIONS;

	if (!tls)
		die(error);
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	puts("Memory of the process, all connections with a stream and idle:");
	scale(listeners, connections, NULL);
	scale(listeners, encrypted, tls);
	puts("CPU of 6,000 events a second to three monitors, 60 events every 10 ms:");
	encode_only();
	fan_out("in the clear, a turn of the loop for 60", NULL, false);
	fan_out("in the clear, a turn of the loop for each", NULL, true);
	fan_out("TLS, a turn of the loop for 60", tls, false);
	fan_out("TLS, a turn of the loop for each", tls, true);
	dl3_tls_free(tls);
	return 0;
}
