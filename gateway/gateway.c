/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway_parts.h"

#define TICK_S 1
/* Numbers of messages that a crash may have given out without the store's knowing: a second of a large site, many
 * times over. */
#define SEQ_DISTANCE 1000000u

struct site *gateway_site(const struct gateway *g, struct dl3_str name)
{
	for (size_t i = 0; i < g->site_count; i++)
		if (dl3_str_is(name, site_name(g->sites[i])))
			return g->sites[i];
	return NULL;
}

bool gateway_fail(struct config_error *error, const char *text)
{
	(void)snprintf(error->text, sizeof(error->text), "%s", text);
	return false;
}

/* ---- The day ---- */

/* The last time that it was so many minutes past midnight here. */
static int64_t day_start(unsigned minutes)
{
	const time_t now = (time_t)(site_now_ms() / 1000);
	struct tm tm;

	(void)localtime_r(&now, &tm);
	if ((unsigned)(tm.tm_hour * 60 + tm.tm_min) < minutes)
		tm.tm_mday--;
	tm.tm_hour = (int)(minutes / 60);
	tm.tm_min = (int)(minutes % 60);
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

static void begin_day(struct gateway *g)
{
	const int64_t day = day_start(g->config->calls.day_start_min);

	if (day == g->day_start_ms)
		return;
	g->day_start_ms = day;
	for (size_t i = 0; i < g->site_count; i++)
		site_day(g->sites[i], day);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;

	(void)fd;
	(void)what;
	if (g->store) {
		store_put_seq(g->store, hub_seq(g->hub));
		store_tick(g->store);
	}
	begin_day(g);
	gateway_look_at_tokens(g);
	if (g->log)
		log_tick(g->log);
}

/* ---- Sites ---- */

static void on_event(struct site *s, const struct dl3_event *event, void *arg)
{
	gateway_proxy_event(arg, s, event);
}

static void on_link(struct site *s, const struct dl3_link_change *c, void *arg)
{
	const struct gateway *g = arg;
	const bool down = c->state == DL3_LINK_WAITING || c->state == DL3_LINK_STOPPED;

	log_say(g->log,
	        c->state == DL3_LINK_STOPPED ? LOG_LEVEL_ERROR
	        : down                       ? LOG_LEVEL_WARNING
	                                     : LOG_LEVEL_INFO,
	        "link", LOG_TEXT("pbx", site_name(s)), LOG_TEXT("state", dl3_link_state_name(c->state)),
	        LOG_TEXT("reason", down ? dl3_link_reason_name(c->reason) : NULL),
	        LOG_TEXT("detail", c->detail[0] ? c->detail : NULL),
	        LOG_TEXT("advice", c->advice[0] ? c->advice : NULL),
	        LOG_TEXT("address", c->address[0] ? c->address : NULL));
	gateway_proxy_changed(g, s, c);
}

static struct site *make_site(struct gateway *g, const struct config_pbx *p, const char *password,
                              struct config_error *error)
{
	const struct config_calls *calls = &g->config->calls;
	const struct site_config config = { .name = p->name,
		                            .url = p->url,
		                            .password = password,
		                            .application = p->application,
		                            .tls = p->parsed.tls ? &p->tls : NULL,
		                            .flags = p->flags,
		                            .tracker = { .answer_goal_ms = calls->answer_goal_s * 1000,
		                                         .short_ms = calls->short_s * 1000 },
		                            .hub = g->hub,
		                            .store = g->store,
		                            .keep_records = g->config->store.records,
		                            .day_start_ms = g->day_start_ms,
		                            .state = gateway_saved(g, p->name),
		                            .event = on_event,
		                            .changed = on_link,
		                            .arg = g };

	return site_new(g->base, &config, error->text, sizeof(error->text));
}

struct site *gateway_make_site(struct gateway *g, const struct config_pbx *p, struct config_error *error)
{
	struct gateway_password password;

	if (!gateway_password_get(g->config, &p->password, &password, error))
		return NULL;
	struct site *s = make_site(g, p, password.text, error);
	gateway_password_wipe(&password);
	if (s && site_restored(s) != DL3_OK)
		log_say(g->log, LOG_LEVEL_WARNING, "store", LOG_TEXT("pbx", p->name),
		        LOG_TEXT("what", "the calls that were up cannot be taken up again"),
		        LOG_TEXT("reason", dl3_err_text(site_restored(s))));
	return s;
}

static bool add_sites(struct gateway *g, const struct gateway_demo *demo, struct config_error *error)
{
	const struct gateway_config *c = g->config;

	g->sites = calloc(c->pbx_count + 1, sizeof(struct site *));
	if (!g->sites)
		return gateway_fail(error, "out of memory");
	for (size_t i = 0; i < c->pbx_count; i++) {
		struct site *s = gateway_make_site(g, &c->pbxs[i], error);
		if (!s)
			return false;
		g->sites[g->site_count++] = s;
	}
	if (!demo)
		return true;
	const struct config_pbx p = { .name = "demo",
		                      .url = demo->url,
		                      .flags = CONFIG_FLAGS | DL3_FLAG_SCN,
		                      .application = CONFIG_APPLICATION };
	/* Its PBX begins anew each time, with the identifiers that it gave before. */
	gateway_forget_saved(g);
	g->demo = make_site(g, &p, demo->password, error);
	if (g->demo)
		g->sites[g->site_count++] = g->demo;
	return g->demo != NULL;
}

/* ---- Listening ---- */

struct dl3_tls *gateway_make_tls(const struct config_listen *l, struct config_error *error)
{
	return dl3_tls_server_new(&l->tls, l->address, error->text, sizeof(error->text));
}

static bool add_listener(struct gateway *g, const struct config_listen *l, struct config_error *error)
{
	struct gateway_listener *to = &g->listeners[g->listener_count];
	struct http_config config = { .address = l->address,
		                      .max_connections = g->config->limits.connections,
		                      .max_of_address = g->config->limits.connections_per_address,
		                      .request_ms = g->config->limits.request_timeout_s * 1000,
		                      .handle = gateway_handle,
		                      .headers = gateway_headers,
		                      .arg = g };
	struct dl3_tls *tls = NULL;

	if (l->encrypted) {
		tls = gateway_make_tls(l, error);
		if (!tls)
			return false;
	}
	config.tls = tls;
	to->http = http_new(g->base, &config, error->text, sizeof(error->text));
	dl3_tls_free(tls);
	if (!to->http)
		return false;
	to->encrypted = l->encrypted;
	(void)snprintf(to->url, sizeof(to->url), "http%s://%s", l->encrypted ? "s" : "",
	               http_address(to->http));
	g->listener_count++;
	return true;
}

static bool add_listeners(struct gateway *g, struct config_error *error)
{
	for (size_t i = 0; i < g->config->listen_count; i++)
		if (!add_listener(g, &g->config->listen[i], error))
			return false;
	return true;
}

/* ---- Life ---- */

static bool make_hub(struct gateway *g, uint64_t seq)
{
	const struct config_limits *limits = &g->config->limits;
	const struct timeval tick = { .tv_sec = TICK_S };
	const struct hub_config hub = { .ring_messages = limits->ring_messages,
		                        .ring_bytes = (size_t)limits->ring_bytes,
		                        .first_seq = seq > 0 ? seq + SEQ_DISTANCE : 0,
		                        .last_seq = seq };

	g->hub = hub_new(g->base, &hub);
	if (!g->hub)
		return false;
	const struct consumers_config consumers = {
		.hub = g->hub, .max = limits->consumers, .queue = limits->queue, .narrow = gateway_narrow
	};
	g->consumers = consumers_new(g->base, &consumers);
	g->tick = event_new(g->base, -1, EV_PERSIST, on_tick, g);
	return g->consumers && g->tick && event_add(g->tick, &tick) == 0;
}

static bool begin(struct gateway *g, const struct gateway_options *o, struct config_error *error)
{
	uint64_t seq = 0;

	if (!gateway_begin_tokens(g, error) || !gateway_open_store(g, &seq, error))
		return false;
	if (!make_hub(g, seq))
		return gateway_fail(error, "out of memory");
	bool ok = add_sites(g, o->demo, error);
	gateway_forget_saved(g);
	return ok && gateway_begin_proxies(g, error) && add_listeners(g, error);
}

struct gateway *gateway_new(struct event_base *base, const struct gateway_options *o,
                            struct config_error *error)
{
	struct gateway *g = calloc(1, sizeof(*g));

	if (!g) {
		(void)gateway_fail(error, "out of memory");
		return NULL;
	}
	g->base = base;
	g->log = o->log;
	g->config = o->config;
	g->started_ms = site_now_ms();
	g->day_start_ms = day_start(g->config->calls.day_start_min);
	if (begin(g, o, error))
		return g;
	gateway_free(g);
	return NULL;
}

const char *gateway_address(const struct gateway *g, size_t index)
{
	return index < g->listener_count ? g->listeners[index].url : NULL;
}

void gateway_moved(struct gateway *g, const struct gateway_config *config)
{
	g->config = config;
}

void gateway_stop(struct gateway *g)
{
	g->stopping = true;
	for (size_t i = 0; i < g->listener_count; i++)
		http_stop(g->listeners[i].http);
	consumers_stop(g->consumers);
}

bool gateway_is_quiet(const struct gateway *g)
{
	uint32_t connections = consumers_count(g->consumers);

	for (size_t i = 0; i < g->listener_count; i++)
		connections += http_counts(g->listeners[i].http).connections;
	return connections == 0;
}

void gateway_free(struct gateway *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->listener_count; i++)
		http_free(g->listeners[i].http);
	for (size_t i = 0; i < g->site_count; i++)
		site_free(g->sites[i]);
	gateway_end_proxies(g);
	consumers_free(g->consumers);
	if (g->store && g->hub)
		store_put_seq(g->store, hub_seq(g->hub));
	hub_free(g->hub);
	if (g->tick)
		event_free(g->tick);
	gateway_close_store(g);
	gateway_end_tokens(g);
	free(g->sites);
	free(g);
}
