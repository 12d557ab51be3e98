/* SPDX-License-Identifier: MIT */
/* `devlink3 ping`: test packets, and how long their answers take. */
#include <event2/event.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "ping.h"

#define COUNT_MAX 1e12
#define OCTETS_DEFAULT 56
#define TIMEOUT_DEFAULT_S 10
/* Answers that may be waited for, and those given up that may still come. */
#define PROBES 1024u

struct options {
	double count, interval_s, octets;
	bool json, text;
};

struct probe {
	uint32_t request;
	uint64_t seq, sent_ns;
	bool waits, lost;
};

struct ping {
	struct link_app app;
	struct options o;
	struct ping_report report;
	struct event *next, *expire, *rest;
	struct probe probes[PROBES];
	uint64_t timeout_ns, next_seq;
	size_t waiting;
	bool up;
};

static const struct option_entry entries[] = {
	{ .name = "count",
	  .letter = 'c',
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, count),
	  .low = 1,
	  .high = COUNT_MAX },
	{ .name = "interval",
	  .letter = 'i',
	  .kind = OPTION_REAL,
	  .offset = offsetof(struct options, interval_s),
	  .low = 0.001,
	  .high = 86400 },
	{ .name = "size",
	  .letter = 's',
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, octets),
	  .low = 0,
	  .high = DL3_TEST_PAYLOAD_MAX },
	{ .name = "json", .offset = offsetof(struct options, json) },
	{ .name = "text", .offset = offsetof(struct options, text) },
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct timeval timeval_of(uint64_t ns)
{
	return (struct timeval){ .tv_sec = (time_t)(ns / 1000000000u),
		                 .tv_usec = (suseconds_t)(ns / 1000u % 1000000u) };
}

/* What a test packet carries: its number, then octets of all values, other ones in each packet. */
static void payload(uint64_t seq, uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(i < 8 ? seq >> (56 - 8 * i) : seq + i);
}

static void shown(struct ping *p)
{
	event_active(p->rest, 0, 0);
}

static void rest(evutil_socket_t fd, short what, void *arg)
{
	struct ping *p = arg;

	(void)fd;
	(void)what;
	link_flush(&p->app);
}

/* ---- Sending ---- */

/* A free place, or that of the oldest one given up; NULL when all are waited for. */
static struct probe *place(struct ping *p)
{
	struct probe *oldest = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct probe *q = &p->probes[i];
		if (!q->waits && !q->lost)
			return q;
		if (q->lost && (!oldest || q->seq < oldest->seq))
			oldest = q;
	}
	return oldest;
}

static struct probe *waiting_longest(struct ping *p)
{
	struct probe *oldest = NULL;

	for (size_t i = 0; i < PROBES; i++)
		if (p->probes[i].waits && (!oldest || p->probes[i].seq < oldest->seq))
			oldest = &p->probes[i];
	return oldest;
}

static void arm_expiry(struct ping *p)
{
	const struct probe *oldest = waiting_longest(p);
	uint64_t now = now_ns();

	if (!oldest) {
		event_del(p->expire);
		return;
	}
	uint64_t at = oldest->sent_ns + p->timeout_ns;
	struct timeval in = timeval_of(at > now ? at - now : 0);
	event_add(p->expire, &in);
}

static bool all_sent(const struct ping *p)
{
	return p->o.count > 0 && p->report.sent >= (uint64_t)p->o.count;
}

static void end_if_done(struct ping *p)
{
	if (all_sent(p) && p->waiting == 0)
		link_end(&p->app, EXIT_DONE);
}

static void send_one(evutil_socket_t fd, short what, void *arg)
{
	struct ping *p = arg;
	struct dl3_session *session = dl3_link_session(p->app.link);
	struct probe *q = place(p);
	uint8_t octets[DL3_TEST_PAYLOAD_MAX];
	uint32_t request;

	(void)fd;
	(void)what;
	if (!session || !q || all_sent(p))
		return;
	payload(p->next_seq, octets, (size_t)p->o.octets);
	uint64_t at = now_ns();
	if (dl3_client_test(session, octets, (size_t)p->o.octets, &request) != DL3_OK)
		return; /* there are as many on their way as may be */
	*q = (struct probe){ .request = request, .seq = p->next_seq++, .sent_ns = at, .waits = true };
	p->waiting++;
	p->report.sent++;
	dl3_link_flush(p->app.link);
	arm_expiry(p);
	if (all_sent(p))
		event_del(p->next);
}

static void give_up(struct ping *p, struct probe *q)
{
	q->waits = false;
	q->lost = true;
	p->waiting--;
	ping_report_lost(&p->report, q->seq);
	shown(p);
}

static void expire(evutil_socket_t fd, short what, void *arg)
{
	struct ping *p = arg;
	struct probe *q;

	(void)fd;
	(void)what;
	while ((q = waiting_longest(p)) && q->sent_ns + p->timeout_ns <= now_ns())
		give_up(p, q);
	arm_expiry(p);
	end_if_done(p);
}

/* ---- Answers ---- */

static struct probe *find(struct ping *p, uint32_t request)
{
	for (size_t i = 0; i < PROBES; i++)
		if ((p->probes[i].waits || p->probes[i].lost) && p->probes[i].request == request)
			return &p->probes[i];
	return NULL;
}

/* What is wrong with an answer; NULL if nothing is. */
static const char *fault_of(const struct ping *p, const struct probe *q, const struct dl3_event *e)
{
	struct dl3_octets came = e->u.test_reply.payload;
	uint8_t octets[DL3_TEST_PAYLOAD_MAX];
	size_t len = (size_t)p->o.octets;

	if (e->u.test_reply.result != DL3_TEST_SUCCESS) {
		const char *name = dl3_test_result_name(e->u.test_reply.result);
		return name ? name : "answered with a code that nobody knows";
	}
	if (came.len != len)
		return "came back with another length";
	payload(q->seq, octets, len);
	return len == 0 || memcmp(octets, came.ptr, len) == 0 ? NULL : "came back with other octets";
}

static void answered(struct ping *p, const struct dl3_event *e)
{
	uint64_t at = now_ns();
	struct probe *q = find(p, e->u.test_reply.request);

	if (!q)
		return;
	struct ping_answer a = { .seq = q->seq,
		                 .octets = e->u.test_reply.payload.len,
		                 .ns = at - q->sent_ns,
		                 .late = q->lost,
		                 .wrong = fault_of(p, q, e) };
	p->waiting -= q->waits;
	*q = (struct probe){ 0 };
	ping_report_answer(&p->report, &a);
	shown(p);
	arm_expiry(p);
	end_if_done(p);
}

static void failed(struct ping *p, const struct dl3_event *e)
{
	struct probe *q = find(p, e->u.failed.request);

	if (!q)
		return;
	if (q->waits)
		give_up(p, q);
	*q = (struct probe){ 0 };
	ping_report_note(&p->report, "an answer cannot be read");
	arm_expiry(p);
	end_if_done(p);
}

static void on_event(struct dl3_link *link, const struct dl3_event *e, void *arg)
{
	struct ping *p = arg;

	(void)link;
	if (p->app.ended)
		return;
	if (e->type == DL3_EV_TEST_REPLY)
		answered(p, e);
	else if (e->type == DL3_EV_FAILED)
		failed(p, e);
	else if (e->type == DL3_EV_UNKNOWN && e->u.message->type == DL3_MSG_TEST_REPLY)
		ping_report_note(&p->report, "an answer came that was not asked for, or a second one");
	else if (e->type == DL3_EV_UNKNOWN || e->type == DL3_EV_MALFORMED)
		ping_report_note(&p->report, "something came that is no answer to a test packet");
	shown(p);
}

static void begin_sending(struct ping *p)
{
	struct timeval interval = timeval_of((uint64_t)(p->o.interval_s * 1e9));

	p->up = true;
	dl3_link_addresses(p->app.link, NULL, p->report.address);
	event_add(p->next, &interval);
	send_one(-1, 0, p);
}

static void on_change(struct dl3_link *link, const struct dl3_link_change *c, void *arg)
{
	struct ping *p = arg;

	(void)link;
	if (p->app.ended)
		return;
	if (c->state == DL3_LINK_UP)
		begin_sending(p);
	if (c->state != DL3_LINK_STOPPED && c->state != DL3_LINK_WAITING)
		return;
	for (struct probe *q; (q = waiting_longest(p)) != NULL;)
		give_up(p, q);
	link_failed(&p->app, c);
}

/* ---- Setting up ---- */

static int parse(struct ping *p, int argc, char **argv)
{
	const struct option_set own = { .entries = entries,
		                        .count = sizeof(entries) / sizeof(entries[0]),
		                        .into = &p->o };
	int code = link_arguments(&p->app, argc, argv, &own);

	if (code >= 0)
		return code;
	if (optind < argc)
		return command_usage_error(p->app.self, "one URL is expected, and '%s' is a second word",
		                           argv[optind]);
	if (p->o.json && p->o.text)
		return command_usage_error(p->app.self, "--json and --text exclude each other");
	if (p->app.o.timeout_s <= 0)
		p->app.o.timeout_s = TIMEOUT_DEFAULT_S;
	p->timeout_ns = (uint64_t)(p->app.o.timeout_s * 1e9);
	return -1;
}

static int begin(struct ping *p)
{
	struct dl3_link_config config = { .no_stream = true,
		                          .once = true,
		                          .callbacks = { .changed = on_change, .event = on_event },
		                          .arg = p };

	/* What is late is said by this command, and may still come. */
	config.limits.answer_timeout_ms = INT32_MAX;
	config.limits.max_requests = PROBES;
	config.limits.no_keepalive = true;
	int code = link_begin(&p->app, &config);
	if (code >= 0)
		return code;
	bool json = p->o.json || (!p->o.text && !isatty(STDOUT_FILENO));
	ping_report_init(&p->report, &p->app.out, json);
	p->next = event_new(p->app.base, -1, EV_PERSIST, send_one, p);
	p->expire = event_new(p->app.base, -1, 0, expire, p);
	p->rest = event_new(p->app.base, -1, 0, rest, p);
	if (p->next && p->expire && p->rest)
		return -1;
	link_complain(&p->app, "no memory is left", "");
	return EXIT_FAILED;
}

/* One that came late came all the same, but not when it should. */
static int judge(struct ping *p, int code)
{
	ping_report_lose(&p->report, p->waiting);
	bool bad = p->report.received < p->report.sent || p->report.wrong > 0;
	if (p->up)
		ping_report_summary(&p->report);
	if (p->up && (bad || code != EXIT_DONE))
		return EXIT_FAILED;
	return code;
}

static int finish(struct ping *p, int code)
{
	struct event *events[] = { p->next, p->expire, p->rest };

	dl3_link_free(p->app.link);
	p->app.link = NULL;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	code = link_finish(&p->app, code);
	ping_report_finish(&p->report);
	return code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct ping *p = calloc(1, sizeof(*p));

	if (!p)
		return EXIT_FAILED;
	p->app.self = self;
	p->app.login = LINK_NO_LOGIN;
	p->o = (struct options){ .interval_s = 1, .octets = OCTETS_DEFAULT };
	p->next_seq = 1;
	int code = parse(p, argc, argv);
	if (code < 0) {
		code = begin(p);
		if (code < 0)
			code = judge(p, link_run(&p->app));
		code = finish(p, code);
	}
	free(p);
	return code;
}

const struct command command_ping = {
	.name = "ping",
	.usage = "ping [OPTION]... URL",
	.summary = "round trips to a PBX by test packets; no login is needed",
	.help = "URL is devlink3://HOST[:50797], or devlink3s://HOST[:50796] with TLS. Nobody is logged in; "
		"a "
		"user\n"
		"in it is passed over. Without -c it goes on until Ctrl-C. Lines and summary are JSON Lines "
		"in "
		"a\n"
		"pipe.\n"
		"\n"
		"  -c, --count N        so many packets\n"
		"  -i, --interval S     seconds between them (default 1)\n"
		"  -s, --size N         octets in each, up to 1000 (default 56)\n"
		"  --timeout S          seconds to connect, and until an answer is lost (default 10)\n"
		"  --json               JSON Lines; the default in a pipe\n"
		"  --text               text for people; the default on a terminal\n" LINK_HELP_TLS "\n"
		"Times are measured here, from the request to its answer, TLS and a busy PBX included.\n"
		"\n"
		"Exit codes: 0 all answers came in time and as they should, 1 one did not, 2 usage, 5 "
		"unreachable.\n"
		"\n"
		"Examples:\n"
		"  devlink3 ping devlink3://192.0.2.1\n"
		"  devlink3 ping -c 100 -i 0.05 -s 1000 devlink3s://pbx.example --ca ca.pem\n",
	.run = run,
};
