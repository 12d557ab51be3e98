/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host_parts.h"

/* Simulated time that is run at once, and real time after which others get their turn. */
#define SLICE_MS 10u
#define TURN_MS 20u
/* The pump looks at least so often, for the end and for the scenario. */
#define IDLE_MS 250u
#define LOG_MAX 512u

uint64_t sim_real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void sim_host_log(struct sim_host *h, const char *format, ...)
{
	char line[LOG_MAX];
	va_list args;

	if (!h->config.log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	h->config.log(line, h->config.arg);
}

/* ---- Time ---- */

static uint64_t sim_time(const struct sim_host *h)
{
	if (h->standing)
		return h->clock.now;
	return h->sim_origin + (uint64_t)((double)(sim_real_ms() - h->real_origin) * h->speed);
}

static void set_origin(struct sim_host *h)
{
	h->real_origin = sim_real_ms();
	h->sim_origin = h->clock.now;
}

/* @return whether it is up to date; otherwise others should have a turn. */
static bool run_clock(struct sim_host *h)
{
	uint64_t until = sim_time(h), began = sim_real_ms();

	while (h->clock.now < until) {
		uint64_t next = h->clock.now + SLICE_MS;

		sim_clock_run(&h->clock, next < until ? next : until);
		if (sim_real_ms() - began >= TURN_MS)
			return h->clock.now >= until;
	}
	return true;
}

void sim_host_catch_up(struct sim_host *h)
{
	/* Time that stands begins with the first stream, and with it what would have been then. */
	(void)run_clock(h);
}

static bool anybody_listens(const struct sim_host *h)
{
	for (uint32_t i = 0; i < h->site_count; i++)
		if (sim_pbx_counts(h->sites[i].pbx).monitors > 0)
			return true;
	return false;
}

static void wake_in(struct sim_host *h, uint64_t real_ms)
{
	struct timeval tv = { .tv_sec = (time_t)(real_ms / 1000), .tv_usec = (suseconds_t)(real_ms % 1000 * 1000) };

	event_add(h->pump, &tv);
}

void sim_host_wake(struct sim_host *h)
{
	if (h->standing && anybody_listens(h)) {
		h->standing = false;
		set_origin(h);
	}
	uint64_t next = sim_clock_next(&h->clock), now = sim_time(h);
	double wait = next <= now ? 0 : (double)(next - now) / h->speed;

	wake_in(h, h->standing || wait > IDLE_MS ? IDLE_MS : (uint64_t)wait + 1);
}

/* ---- The end ---- */

static void end(struct sim_host *h, const struct sim_error *error)
{
	if (h->over)
		return;
	h->over = true;
	if (h->config.ended)
		h->config.ended(error, h->config.arg);
}

static void scenario_done(const struct sim_error *error, void *arg)
{
	end(arg, error);
}

static bool all_quiet(const struct sim_host *h)
{
	for (uint32_t i = 0; i < h->site_count; i++)
		if (sim_exchange_counts(h->sites[i].exchange).calls_now > 0)
			return false;
	return true;
}

static void look_for_the_end(struct sim_host *h)
{
	if (h->config.end_ms == 0 || h->clock.now < h->config.end_ms)
		return;
	for (uint32_t i = 0; !h->closing && i < h->site_count; i++)
		sim_traffic_set_rate(h->sites[i].traffic, 0);
	h->closing = true;
	if (all_quiet(h))
		end(h, NULL);
}

static void pump(evutil_socket_t fd, short what, void *arg)
{
	struct sim_host *h = arg;

	(void)fd;
	(void)what;
	bool current = run_clock(h);

	look_for_the_end(h);
	if (h->over)
		wake_in(h, IDLE_MS);
	else if (current)
		sim_host_wake(h);
	else
		wake_in(h, 0);
}

/* ---- Sites ---- */

static void pbx_log(const char *line, void *arg)
{
	sim_host_log(arg, "%s", line);
}

static bool make_truth(struct site *s)
{
	struct sim_host *h = s->host;

	if (!h->config.truth)
		return true;
	s->truth = sim_truth_new(s->exchange, h->config.truth, h->config.arg);
	return s->truth != NULL;
}

static bool make_traffic(struct site *s)
{
	struct sim_host *h = s->host;
	struct sim_traffic_config config = h->config.traffic;

	config.seed = h->config.seed + (uint64_t)(s - h->sites);
	s->traffic = sim_traffic_new(s->exchange, &config);
	return s->traffic != NULL;
}

static bool make_service(struct site *s)
{
	struct sim_pbx_config config = { .exchange = s->exchange, .log = pbx_log, .arg = s->host };

	s->pbx = sim_pbx_new(&config);
	if (!s->pbx)
		return false;
	struct sim_audience audience = sim_pbx_audience(s->pbx);

	s->report = sim_report_new(s->exchange, &audience);
	if (!s->report)
		return false;
	sim_pbx_set_report(s->pbx, s->report);
	return true;
}

static bool make_site(struct site *s)
{
	struct sim_host *h = s->host;

	s->exchange = sim_exchange_new(h->config.world, &h->clock, h->config.seed + (uint64_t)(s - h->sites));
	if (!s->exchange || !make_truth(s) || !make_service(s))
		return false;
	s->commands = sim_commands_new(s->exchange);
	return s->commands && make_traffic(s);
}

static void free_site(struct sim_host *h, struct site *s)
{
	for (size_t i = 0; i < s->port_count; i++) {
		sim_alarm_cancel(&h->clock, &s->ports[i].restart);
		sim_port_close(&s->ports[i]);
	}
	free(s->ports);
	sim_traffic_free(s->traffic);
	sim_commands_free(s->commands);
	sim_pbx_free(s->pbx);
	sim_report_free(s->report);
	sim_truth_free(s->truth);
	sim_exchange_free(s->exchange);
}

/* ---- Ports ---- */

/* The address of a site's port: later sites have the ports behind the first one's. */
static bool place(const char *first, uint32_t site, char *out, size_t cap, struct sim_error *error)
{
	const char *colon = strrchr(first, ':');
	char *last;
	unsigned long port = colon ? strtoul(colon + 1, &last, 10) : 0;

	if (!colon || colon[1] == '\0' || *last != '\0' || port > UINT16_MAX) {
		snprintf(error->text, sizeof(error->text), "'%.200s': expected ADDRESS:PORT, such as 127.0.0.1:50797",
		         first);
		return false;
	}
	if (port != 0)
		port += site;
	if (port > UINT16_MAX) {
		snprintf(error->text, sizeof(error->text), "'%.200s': site %u would need port %lu, past the last one",
		         first, site + 1, port);
		return false;
	}
	snprintf(out, cap, "%.*s:%lu", (int)(colon - first), first, port);
	return true;
}

static bool open_ports(struct site *s, uint32_t index, struct sim_error *error)
{
	const struct sim_host_config *c = &s->host->config;
	size_t count = c->listen_count + c->tls_listen_count;

	s->ports = calloc(count, sizeof(*s->ports));
	if (!s->ports && count > 0) {
		snprintf(error->text, sizeof(error->text), "no memory");
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		struct port *p = &s->ports[s->port_count++];
		char address[128];

		p->site = s;
		p->tls = i >= c->listen_count;
		p->node = p->tls ? i - c->listen_count : i;
		if (!place(p->tls ? c->tls_listen[p->node] : c->listen[p->node], index, address, sizeof(address), error) ||
		    !sim_port_open(p, address, error))
			return false;
	}
	return true;
}

static bool check_ports(const struct sim_host_config *c, struct sim_error *error)
{
	size_t nodes = c->world->node_count;

	if (c->listen_count > nodes || c->tls_listen_count > nodes)
		snprintf(error->text, sizeof(error->text), "%zu addresses to listen on, and %zu nodes: one for each at most",
		         c->listen_count > nodes ? c->listen_count : c->tls_listen_count, nodes);
	else if (!c->world->security.unsecured && c->listen_count > 0)
		snprintf(error->text, sizeof(error->text),
		         "the world's unsecured interface is off: it can be reached by TLS only, not at %s", c->listen[0]);
	else if (!c->world->security.unsecured && c->tls_listen_count > 0 && !c->client_ca)
		snprintf(error->text, sizeof(error->text),
		         "the world's unsecured interface is off: clients need certificates, and their CA must be given");
	else
		return true;
	return false;
}

static bool make_tls(struct sim_host *h, struct sim_error *error)
{
	const struct sim_host_config *c = &h->config;
	struct dl3_tls_server tls = { .certificate = c->certificate,
		                      .key = c->key,
		                      .client_ca = c->client_ca,
		                      .require_client = !c->world->security.unsecured };

	if (c->tls_listen_count == 0)
		return true;
	h->tls = dl3_tls_server_new(&tls, NULL, error->text, sizeof(error->text));
	return h->tls != NULL;
}

/* ---- The host ---- */

static bool arm_faults(struct sim_host *h)
{
	h->faults = sim_faults_new(&h->clock, h->config.seed, sim_host_strike, h);
	for (size_t i = 0; h->faults && i < h->config.fault_count; i++)
		if (!sim_faults_arm(h->faults, &h->config.faults[i]))
			return false;
	return h->faults != NULL;
}

static bool begin(struct sim_host *h, struct sim_error *error)
{
	if (!check_ports(&h->config, error) || !make_tls(h, error))
		return false;
	snprintf(error->text, sizeof(error->text), "no memory");
	h->pump = evtimer_new(h->base, pump, h);
	h->sites = calloc(h->config.sites, sizeof(*h->sites));
	if (!h->pump || !h->sites)
		return false;
	for (; h->site_count < h->config.sites; h->site_count++) {
		struct site *s = &h->sites[h->site_count];

		s->host = h;
		if (!make_site(s) || !open_ports(s, h->site_count, error)) {
			h->site_count++;
			return false;
		}
	}
	snprintf(error->text, sizeof(error->text), "no memory");
	if (!arm_faults(h))
		return false;
	if (h->config.scenario)
		sim_scenario_set_log(h->config.scenario, pbx_log, h);
	return !h->config.scenario ||
	       sim_scenario_play(h->config.scenario, h->sites[0].exchange, scenario_done, h);
}

struct sim_host *sim_host_new(struct event_base *base, const struct sim_host_config *config,
                              struct sim_error *error)
{
	struct sim_host *h = calloc(1, sizeof(*h));

	if (!h) {
		snprintf(error->text, sizeof(error->text), "no memory");
		return NULL;
	}
	h->base = base;
	h->config = *config;
	if (h->config.sites == 0)
		h->config.sites = 1;
	h->speed = config->speed > 0 ? config->speed : 1;
	h->standing = config->wait;
	sim_clock_init(&h->clock);
	sim_random_init(&h->luck, config->seed, "luck");
	if (!begin(h, error)) {
		sim_host_free(h);
		return NULL;
	}
	set_origin(h);
	sim_host_wake(h);
	return h;
}

void sim_host_free(struct sim_host *h)
{
	if (!h)
		return;
	sim_faults_free(h->faults);
	sim_alarm_cancel(&h->clock, &h->let_out);
	for (uint32_t i = 0; i < h->site_count; i++)
		free_site(h, &h->sites[i]);
	free(h->sites);
	dl3_tls_free(h->tls);
	if (h->pump)
		event_free(h->pump);
	sim_clock_finish(&h->clock);
	free(h);
}

/* ---- Questions ---- */

const char *sim_host_address(const struct sim_host *h, size_t index, bool *tls, size_t *node)
{
	for (uint32_t i = 0; i < h->site_count; i++) {
		const struct site *s = &h->sites[i];

		if (index < s->port_count) {
			if (tls)
				*tls = s->ports[index].tls;
			if (node)
				*node = s->ports[index].node;
			return s->ports[index].address;
		}
		index -= s->port_count;
	}
	return NULL;
}

struct sim_host_counts sim_host_counts(const struct sim_host *h)
{
	struct sim_host_counts c = { .now_ms = h->clock.now };
	uint64_t should_be = sim_time(h);

	c.lag_ms = should_be > c.now_ms ? should_be - c.now_ms : 0;
	for (uint32_t i = 0; i < h->site_count; i++) {
		struct sim_counts x = sim_exchange_counts(h->sites[i].exchange);
		struct sim_pbx_counts p = sim_pbx_counts(h->sites[i].pbx);

		c.calls_now += x.calls_now;
		c.calls += x.calls;
		c.answered += x.answered;
		c.events += p.events;
		c.deliveries += p.deliveries;
		c.connections += p.connections;
		c.monitors += p.monitors;
		c.overruns += p.overruns;
	}
	return c;
}

struct sim_exchange *sim_host_exchange(struct sim_host *h)
{
	return h->sites[0].exchange;
}

struct sim_pbx *sim_host_pbx(struct sim_host *h)
{
	return h->sites[0].pbx;
}

struct sim_commands *sim_host_commands(struct sim_host *h)
{
	return h->sites[0].commands;
}

/* ---- Orders ---- */

bool sim_host_do(struct sim_host *h, const struct sim_command *command, uint64_t *call, struct sim_error *error)
{
	sim_host_catch_up(h);
	bool done = sim_command_do(h->sites[0].commands, command, call, error);

	sim_host_wake(h);
	return done;
}

bool sim_host_fault(struct sim_host *h, const struct sim_fault *fault, struct sim_error *error)
{
	sim_host_catch_up(h);
	bool done = sim_faults_arm(h->faults, fault);

	if (!done)
		snprintf(error->text, sizeof(error->text), "no memory");
	sim_host_wake(h);
	return done;
}

bool sim_host_reset(struct sim_host *h, struct sim_error *error)
{
	sim_host_catch_up(h);
	snprintf(error->text, sizeof(error->text), "no memory");
	sim_host_end_faults(h);
	if (h->config.scenario)
		sim_scenario_stop(h->config.scenario);
	for (uint32_t i = 0; i < h->site_count; i++) {
		struct site *s = &h->sites[i];

		sim_exchange_clear(s->exchange);
		sim_traffic_set_rate(s->traffic, h->config.traffic.rate);
		sim_commands_free(s->commands);
		s->commands = sim_commands_new(s->exchange);
		if (!s->commands)
			return false;
	}
	bool done = arm_faults(h);

	sim_host_wake(h);
	return done;
}

void sim_host_set_rate(struct sim_host *h, double rate)
{
	sim_host_catch_up(h);
	for (uint32_t i = 0; i < h->site_count; i++)
		sim_traffic_set_rate(h->sites[i].traffic, rate);
	sim_host_wake(h);
}

void sim_host_set_speed(struct sim_host *h, double speed)
{
	sim_host_catch_up(h);
	h->speed = speed > 0 ? speed : 1;
	set_origin(h);
	sim_host_wake(h);
}
