/* SPDX-License-Identifier: MIT */
#include "serve_demo.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/host.h"

/* Calls a minute: enough that something happens while one looks. */
#define RATE 36.0
/* Nobody waits a minute for a first impression: it begins with a rush. */
#define RUSH_RATE 240.0
#define RUSH_S 10
/* Median of a conversation: one can see how a call ends. */
#define TALK_S 40u

struct serve_demo {
	struct sim_world *world;
	struct sim_host *host;
	struct event *rush_over;
	char url[128];
};

static void on_rush_over(evutil_socket_t fd, short what, void *arg)
{
	struct serve_demo *d = arg;

	(void)fd;
	(void)what;
	sim_host_set_rate(d->host, RATE);
}

static bool time_rush(struct serve_demo *d, struct event_base *base)
{
	const struct timeval tv = { .tv_sec = RUSH_S };

	d->rush_over = evtimer_new(base, on_rush_over, d);
	return d->rush_over && evtimer_add(d->rush_over, &tv) == 0;
}

static bool begin(struct serve_demo *d, struct event_base *base, struct sim_error *error)
{
	static const char *const listen[] = { "127.0.0.1:0" };
	/* Each demonstration is another day. */
	const uint64_t seed = (uint64_t)time(NULL);
	/* One system, since a PBX tells the names of its own people only. */
	const struct sim_size size = { .seed = 1, .nodes = 1, .users = 60 };

	d->world = sim_world_make(&size, error);
	if (!d->world)
		return false;
	/* For the events of a whole network, which the gateway asks its demonstration for. */
	d->world->nodes[0].cti_licences = 2;
	const struct sim_host_config config = { .world = d->world,
		                                .listen = listen,
		                                .listen_count = 1,
		                                .traffic = { .rate = RUSH_RATE, .talk_s = TALK_S },
		                                .seed = seed,
		                                .wait = true };
	d->host = sim_host_new(base, &config, error);
	if (!d->host)
		return false;
	(void)snprintf(d->url, sizeof(d->url), "devlink3://devlink3@%s",
	               sim_host_address(d->host, 0, NULL, NULL));
	return time_rush(d, base);
}

struct serve_demo *serve_demo_new(struct event_base *base, char *error, size_t error_size)
{
	struct sim_error why = { "out of memory" };
	struct serve_demo *d = calloc(1, sizeof(*d));

	if (d && begin(d, base, &why))
		return d;
	(void)snprintf(error, error_size, "%s", why.text);
	serve_demo_free(d);
	return NULL;
}

void serve_demo_free(struct serve_demo *d)
{
	if (!d)
		return;
	if (d->rush_over)
		event_free(d->rush_over);
	sim_host_free(d->host);
	sim_world_free(d->world);
	free(d);
}

const char *serve_demo_url(const struct serve_demo *d)
{
	return d->url;
}

const char *serve_demo_password(const struct serve_demo *d)
{
	(void)d;
	return "devlink3";
}
