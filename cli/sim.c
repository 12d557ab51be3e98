/* SPDX-License-Identifier: MIT */
/* `devlink3 sim`: a simulated IP Office, or a network of them. */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "sim/control.h"
#include "sim/host.h"

#define LISTS_MAX 64u /* addresses and faults: as many as a network may have nodes */
#define DEFAULT_LISTEN "127.0.0.1:50797"
#define DEFAULT_TLS_LISTEN "127.0.0.1:50796"
#define DEFAULT_RATE 12.0
#define RATE_MAX 6e6
#define SPEED_MAX 1e5
#define FOREVER_S 1e9
#define STATUS_MS 1000u
#define LAST_WORDS_US 200000

struct list {
	const char *of[LISTS_MAX];
	size_t count;
};

struct options {
	struct list listen, tls_listen, faults;
	const char *world, *certificate, *key, *client_ca, *scenario, *control, *truth;
	struct sim_size size;
	double rate, speed, duration_s, talk_s, calls, sites, seed;
	double nodes, users, groups, trunks, channels;
	bool plain, mutual, limit_connections, wait, quiet;
};

struct run {
	const struct command *self;
	struct options o;
	struct sim_world *world;
	struct sim_scenario *scenario;
	struct sim_host_config config;
	struct sim_fault faults[LISTS_MAX];
	struct event_base *base;
	struct sim_host *host;
	struct sim_control *control;
	struct event *signals[2], *status;
	struct sim_host_counts last; /* at the last line of status */
	FILE *truth;
	bool truth_failed, status_shown;
	int code;
};

/* ---- The command line ---- */

enum kind { FLAG, TEXT, LIST, NUMBER };

struct option_entry {
	const char *name;
	enum kind kind;
	size_t offset;
	double low, high; /* of a number, whole when `low` is */
	bool whole;
};

#define ENTRY(name, kind, member)                                         \
	{                                                                 \
		name, kind, offsetof(struct options, member), 0, 0, false \
	}
#define COUNT(name, member, low, high)                                          \
	{                                                                       \
		name, NUMBER, offsetof(struct options, member), low, high, true \
	}
#define REAL(name, member, low, high)                                            \
	{                                                                        \
		name, NUMBER, offsetof(struct options, member), low, high, false \
	}

static const struct option_entry entries[] = {
	ENTRY("listen", LIST, listen),
	ENTRY("tls-listen", LIST, tls_listen),
	ENTRY("cert", TEXT, certificate),
	ENTRY("key", TEXT, key),
	ENTRY("client-ca", TEXT, client_ca),
	ENTRY("mutual-tls", FLAG, mutual),
	ENTRY("plain", FLAG, plain),
	ENTRY("limit-connections", FLAG, limit_connections),
	COUNT("nodes", nodes, 1, 64),
	COUNT("users", users, 1, 10000),
	COUNT("groups", groups, 0, 1000),
	COUNT("trunks", trunks, 0, 1000),
	COUNT("channels", channels, 1, 1000),
	REAL("rate", rate, 0, RATE_MAX),
	COUNT("seed", seed, 0, 9007199254740992.0),
	REAL("speed", speed, 0.001, SPEED_MAX),
	REAL("duration", duration_s, 0.1, FOREVER_S),
	REAL("talk", talk_s, 1, 86400),
	COUNT("calls", calls, 1, FOREVER_S),
	COUNT("sites", sites, 1, 60000),
	ENTRY("scenario", TEXT, scenario),
	ENTRY("control", TEXT, control),
	ENTRY("truth", TEXT, truth),
	ENTRY("fault", LIST, faults),
	ENTRY("wait", FLAG, wait),
	ENTRY("quiet", FLAG, quiet),
};
#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

static int set_number(const struct command *c, const struct option_entry *e, const char *text, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(text, &end);
	if (end != text && !*end && !errno && *out >= e->low && *out <= e->high &&
	    (!e->whole || floor(*out) == *out))
		return -1;
	return command_usage_error(c, "--%s %s: expected a %s from %.15g to %.15g", e->name, text,
	                           e->whole ? "whole number" : "number", e->low, e->high);
}

static int add(const struct command *c, const struct option_entry *e, struct list *list, const char *text)
{
	if (list->count == LISTS_MAX)
		return command_usage_error(c, "--%s may be given %u times", e->name, LISTS_MAX);
	list->of[list->count++] = text;
	return -1;
}

/* @return an exit code, or -1 to go on. */
static int set(const struct command *c, const struct option_entry *e, const char *text, struct options *o)
{
	void *member = (char *)o + e->offset;

	switch (e->kind) {
	case FLAG:
		*(bool *)member = true;
		return -1;
	case TEXT:
		*(const char **)member = text;
		return -1;
	case LIST:
		return add(c, e, member, text);
	default:
		return set_number(c, e, text, member);
	}
}

static int parse(const struct command *c, int argc, char **argv, struct options *o)
{
	struct option longs[ENTRIES + 2] = { 0 };
	int code = -1, which;

	*o = (struct options){ .rate = DEFAULT_RATE, .speed = 1, .sites = 1, .seed = 1 };
	for (size_t i = 0; i < ENTRIES; i++)
		longs[i] =
			(struct option){ .name = entries[i].name,
			                 .has_arg = entries[i].kind == FLAG ? no_argument : required_argument,
			                 .val = (int)i + 1 };
	longs[ENTRIES] = (struct option){ .name = "help", .val = 'h' };
	opterr = 0;
	while (code < 0 && (which = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
		if (which == 'h')
			return command_print_help(c);
		if (which == ':')
			return command_usage_error(c, "%s wants an argument", argv[optind - 1]);
		if (which == '?')
			return command_usage_error(c, "there is no option '%s'", argv[optind - 1]);
		code = set(c, &entries[which - 1], optarg, o);
	}
	if (code >= 0)
		return code;
	if (argc - optind > 1)
		return command_usage_error(c, "one world is expected, and '%s' is a second",
		                           argv[optind + 1]);
	o->world = argv[optind];
	if (o->world && (o->nodes > 0 || o->users > 0 || o->groups > 0 || o->trunks > 0 || o->channels > 0))
		return command_usage_error(c, "the size of '%s' is its own: no --nodes, --users, ... with it",
		                           o->world);
	return -1;
}

/* ---- Setting up ---- */

static int complain(const struct run *r, const char *text)
{
	fprintf(stderr, "devlink3 %s: %s\n", r->self->name, text);
	return EXIT_FAILED;
}

static bool make_world(struct run *r, struct sim_error *error)
{
	const struct options *o = &r->o;
	struct sim_size size = { .nodes = (uint32_t)o->nodes,
		                 .users = (uint32_t)o->users,
		                 .groups = (uint32_t)o->groups,
		                 .trunks = (uint32_t)o->trunks,
		                 .channels = (uint32_t)o->channels,
		                 .seed = (uint64_t)o->seed };

	r->world = o->world ? sim_world_load(o->world, error) : sim_world_make(&size, error);
	if (!r->world)
		return false;
	r->world->security.plain |= o->plain;
	if (o->mutual)
		r->world->security.unsecured = false;
	if (o->limit_connections)
		r->world->security.limit = SIM_LIMIT_CONNECTIONS;
	return true;
}

static void write_truth(const char *line, size_t len, void *arg)
{
	struct run *r = arg;

	if (fwrite(line, 1, len, r->truth) != len || putc('\n', r->truth) == EOF)
		r->truth_failed = true;
}

static void clear_status(struct run *r)
{
	if (r->status_shown)
		fputs("\r\033[K", stderr);
	r->status_shown = false;
}

static void log_line(const char *line, void *arg)
{
	struct run *r = arg;

	if (r->o.quiet)
		return;
	clear_status(r);
	fprintf(stderr, "%s\n", line);
}

/* What was told last is still to be sent. */
static void leave(struct run *r)
{
	struct timeval soon = { .tv_usec = LAST_WORDS_US };

	event_base_loopexit(r->base, &soon);
}

static void ended(const struct sim_error *error, void *arg)
{
	struct run *r = arg;

	if (error) {
		clear_status(r);
		r->code = complain(r, error->text);
	}
	leave(r);
}

/* Where nothing is said, it listens where an IP Office does, on this machine only. */
static void choose_addresses(struct run *r)
{
	struct options *o = &r->o;

	if (o->listen.count > 0 || o->tls_listen.count > 0)
		return;
	if (r->world->security.unsecured)
		o->listen.of[o->listen.count++] = DEFAULT_LISTEN;
	else
		o->tls_listen.of[o->tls_listen.count++] = DEFAULT_TLS_LISTEN;
}

static void configure(struct run *r)
{
	const struct options *o = &r->o;

	choose_addresses(r);
	r->config = (struct sim_host_config){
		.world = r->world,
		.listen = o->listen.of,
		.listen_count = o->listen.count,
		.tls_listen = o->tls_listen.of,
		.tls_listen_count = o->tls_listen.count,
		.certificate = o->certificate,
		.key = o->key,
		.client_ca = o->client_ca,
		/* A scenario's calls are all there are, unless a rate is asked for. */
		.traffic = { .rate = o->scenario && o->rate == DEFAULT_RATE ? 0 : o->rate,
		             .talk_s = (uint32_t)o->talk_s,
		             .calls = (uint64_t)o->calls },
		.seed = (uint64_t)o->seed,
		.speed = o->speed,
		.wait = o->wait,
		.end_ms = (uint64_t)(o->duration_s * 1000),
		.scenario = r->scenario,
		.faults = r->faults,
		.fault_count = o->faults.count,
		.sites = (uint32_t)o->sites,
		.truth = r->truth ? write_truth : NULL,
		.log = log_line,
		.ended = ended,
		.arg = r,
	};
}

static bool read_faults(struct run *r, struct sim_error *error)
{
	for (size_t i = 0; i < r->o.faults.count; i++)
		if (!sim_fault_parse(r->o.faults.of[i], r->world, &r->faults[i], error))
			return false;
	return true;
}

static bool open_truth(struct run *r, struct sim_error *error)
{
	if (!r->o.truth)
		return true;
	r->truth = fopen(r->o.truth, "w");
	if (!r->truth)
		snprintf(error->text, sizeof(error->text), "%s: %s", r->o.truth, strerror(errno));
	return r->truth != NULL;
}

static bool load_scenario(struct run *r, struct sim_error *error)
{
	if (!r->o.scenario)
		return true;
	r->scenario = sim_scenario_load(r->o.scenario, error);
	return r->scenario != NULL;
}

static bool open_control(struct run *r, struct sim_error *error)
{
	if (!r->o.control)
		return true;
	r->control = sim_control_new(r->base, r->o.control, r->host, error);
	return r->control != NULL;
}

/* ---- Running ---- */

static void stop(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;

	(void)fd;
	(void)what;
	/* Whoever asks twice means it. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	event_base_loopbreak(r->base);
}

static void show_status(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	struct sim_host_counts c = sim_host_counts(r->host);
	uint64_t s = c.now_ms / 1000;
	char lag[64] = "", end[32] = "";

	(void)fd;
	(void)what;
	if (c.lag_ms > STATUS_MS)
		snprintf(lag, sizeof(lag), "  %.1f s behind", (double)c.lag_ms / 1000);
	if (r->o.duration_s > 0)
		snprintf(end, sizeof(end), " (%.0f %%)", (double)c.now_ms / r->o.duration_s / 10);
	clear_status(r);
	fprintf(stderr,
	        "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "%s  %" PRIu64 " calls up, %" PRIu64
	        " in all  %" PRIu64 " events/s  %" PRIu64 " connections, %" PRIu64 " of them listening%s",
	        s / 3600, s / 60 % 60, s % 60, end, c.calls_now, c.calls, c.events - r->last.events,
	        c.connections, c.monitors, lag);
	fflush(stderr);
	r->status_shown = true;
	r->last = c;
}

static bool watch(struct run *r)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct timeval second = { .tv_sec = STATUS_MS / 1000 };

	for (size_t i = 0; i < 2; i++) {
		r->signals[i] = evsignal_new(r->base, numbers[i], stop, r);
		if (!r->signals[i] || evsignal_add(r->signals[i], NULL) != 0)
			return false;
	}
	if (r->o.quiet || !isatty(STDERR_FILENO))
		return true;
	r->status = event_new(r->base, -1, EV_PERSIST, show_status, r);
	return r->status && event_add(r->status, &second) == 0;
}

static void announce(const struct run *r)
{
	size_t count = r->config.listen_count + r->config.tls_listen_count;
	const char *address, *last = NULL;

	for (size_t i = 0; i < count; i++)
		printf("listening on %s\n", sim_host_address(r->host, i, NULL, NULL));
	for (size_t i = count; (address = sim_host_address(r->host, i, NULL, NULL)); i++)
		last = address;
	if (last)
		printf("and %u sites more, up to %s\n", r->config.sites - 1, last);
	if (r->control)
		printf("control on http://%s\n", sim_control_address(r->control));
	fflush(stdout);
}

static bool begin(struct run *r, struct sim_error *error)
{
	if (!make_world(r, error) || !read_faults(r, error) || !load_scenario(r, error) ||
	    !open_truth(r, error))
		return false;
	configure(r);
	snprintf(error->text, sizeof(error->text), "no memory");
	r->base = event_base_new();
	if (!r->base)
		return false;
	r->host = sim_host_new(r->base, &r->config, error);
	if (!r->host || !open_control(r, error))
		return false;
	snprintf(error->text, sizeof(error->text), "no memory");
	return watch(r);
}

static void say_goodbye(struct run *r)
{
	struct sim_host_counts c = sim_host_counts(r->host);

	clear_status(r);
	if (!r->o.quiet)
		fprintf(stderr,
		        "%" PRIu64 " calls, %" PRIu64 " answered, %" PRIu64 " events, %" PRIu64 " sent\n",
		        c.calls, c.answered, c.events, c.deliveries);
}

static void finish(struct run *r)
{
	if (r->host)
		say_goodbye(r);
	sim_control_free(r->control);
	sim_host_free(r->host);
	for (size_t i = 0; i < 2; i++)
		if (r->signals[i])
			event_free(r->signals[i]);
	if (r->status)
		event_free(r->status);
	if (r->base)
		event_base_free(r->base);
	sim_scenario_free(r->scenario);
	sim_world_free(r->world);
	if (r->truth && (fclose(r->truth) != 0 || r->truth_failed)) {
		fprintf(stderr, "devlink3 %s: %s could not be written\n", r->self->name, r->o.truth);
		r->code = EXIT_FAILED;
	}
	libevent_global_shutdown();
}

static int run(const struct command *self, int argc, char **argv)
{
	struct run r = { .self = self };
	struct sim_error error = { "" };
	int code = parse(self, argc, argv, &r.o);

	if (code >= 0)
		return code;
	if (begin(&r, &error)) {
		announce(&r);
		event_base_dispatch(r.base);
	} else {
		r.code = complain(&r, error.text);
	}
	finish(&r);
	return r.code;
}

const struct command command_sim = {
	.name = "sim",
	.usage = "sim [OPTION]... [WORLD.yaml]",
	.summary = "a simulated IP Office, or a network of them, with people who phone",
	.help = "Plays the world in WORLD.yaml, or one that is made: by default two systems with forty users "
		"and\n"
		"five hunt groups. Prints 'listening on ADDRESS:PORT' for each address once it is ready. Log "
		"in as\n"
		"the world's service user; that of a made world is in docs/simulator.md.\n"
		"\n"
		"Where\n"
		"  --listen A:P        in the clear; once for each node, in their order; port 0 picks one\n"
		"                      (default " DEFAULT_LISTEN ")\n"
		"  --tls-listen A:P    with TLS, likewise\n"
		"  --cert F, --key F   PEM files of the certificate; without them one is made\n"
		"  --client-ca F       CAs of clients' certificates\n"
		"  --mutual-tls        the unsecured interface is off: TLS only, clients need certificates\n"
		"  --sites N           so many networks of this kind, on the ports behind the given ones\n"
		"\n"
		"What\n"
		"  --nodes, --users, --groups, --trunks, --channels N   the size of a made world, in all\n"
		"  --rate N            calls a minute (default 12)\n"
		"  --talk S            median length of a conversation (default 60)\n"
		"  --calls N           so many calls, then no more\n"
		"  --scenario F        calls exactly as the file has them, and no others unless --rate is "
		"given\n"
		"  --plain             asks for passwords in PLAIN on encrypted links\n"
		"  --limit-connections a fourth connection is refused, rather than a fourth event request\n"
		"  --fault KIND[=RATE][,PARAMETER=VALUE]   something goes wrong, RATE times a minute or "
		"once;\n"
		"                      may be given again; the kinds are in docs/simulator.md\n"
		"\n"
		"How\n"
		"  --seed N            the same seed tells the same story, octet for octet (default 1)\n"
		"  --speed X           so many times faster than the real clock\n"
		"  --wait              time stands until the first client asks for events\n"
		"  --duration S        of simulated time: then no more calls, and the end when the last is "
		"over\n"
		"  --truth F           a line of JSON for each call that is over, with what really happened\n"
		"  --control A:P       the same by HTTP and JSON: place, answer, hold, transfer, faults, "
		"state\n"
		"  --quiet             no line of statistics, no log\n"
		"\n"
		"  devlink3 sim --rate 60 --speed 10\n"
		"  devlink3 sim --listen 127.0.0.1:0 --scenario examples/scenarios/blind-transfer.yaml "
		"--wait\n"
		"  devlink3 sim --truth calls.jsonl --duration 3600 --speed 100 --fault reset=0.5 --fault "
		"gap=1\n",
	.run = run,
};
