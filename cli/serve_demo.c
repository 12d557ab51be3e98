/* SPDX-License-Identifier: MIT */
#include "serve_demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/host.h"

/* Calls a minute: enough that something happens while one looks. */
#define RATE 30.0

struct serve_demo {
	struct sim_world *world;
	struct sim_host *host;
	char url[128];
};

static bool begin(struct serve_demo *d, struct event_base *base, struct sim_error *error)
{
	static const char *const listen[] = { "127.0.0.1:0" };
	/* Each demonstration is another day. */
	const uint64_t seed = (uint64_t)time(NULL);
	const struct sim_size size = { .seed = 1 };

	d->world = sim_world_make(&size, error);
	if (!d->world)
		return false;
	const struct sim_host_config config = { .world = d->world,
		                                .listen = listen,
		                                .listen_count = 1,
		                                .traffic = { .rate = RATE },
		                                .seed = seed };
	d->host = sim_host_new(base, &config, error);
	if (!d->host)
		return false;
	(void)snprintf(d->url, sizeof(d->url), "devlink3://devlink3@%s",
	               sim_host_address(d->host, 0, NULL, NULL));
	return true;
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
