/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway_parts.h"

#define TICK_S 1
/* Numbers of messages that a crash may have given out without the store's knowing: a second of a large site, many
 * times over. */
#define SEQ_DISTANCE 1000000u

void gateway_log(const struct gateway *g, const char *what, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!g->log)
		return;
	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	g->log(what, line, g->arg);
}

struct site *gateway_site(const struct gateway *g, struct dl3_str name)
{
	for (size_t i = 0; i < g->site_count; i++)
		if (dl3_str_is(name, site_name(g->sites[i])))
			return g->sites[i];
	return NULL;
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

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;
	const int64_t day = day_start(g->day_start_min);

	(void)fd;
	(void)what;
	if (g->store)
		store_put_seq(g->store, hub_seq(g->hub));
	if (day == g->day_start_ms)
		return;
	g->day_start_ms = day;
	for (size_t i = 0; i < g->site_count; i++)
		site_day(g->sites[i], day);
}

/* ---- The store ---- */

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;

	(void)fd;
	(void)what;
	store_dispatch(g->store);
}

static void on_store_status(const struct store_status *s, void *arg)
{
	const struct gateway *g = arg;
	uint64_t lost = 0;

	for (size_t k = 0; k < STORE_KINDS; k++)
		lost += s->lost[k] + s->unstorable[k];
	gateway_log(g, "store", "state=%s queued=%zu lost=%llu%s%s", store_state_name(s->state), s->queued,
	            (unsigned long long)lost, s->reason[0] ? " reason=" : "", s->reason);
}

/* What a PBX's calls were when the store saw them last. */
struct saved {
	struct saved *next;
	struct dl3_octets state;
	char *pbx;
};

static void keep_saved(struct dl3_str pbx, struct dl3_octets state, void *arg)
{
	struct saved **list = arg, *s = calloc(1, sizeof(*s) + state.len);

	if (!s)
		return;
	s->pbx = strndup(pbx.ptr, pbx.len);
	memcpy(s + 1, state.ptr, state.len);
	s->state = (struct dl3_octets){ .ptr = (const uint8_t *)(s + 1), .len = state.len };
	s->next = *list;
	*list = s;
}

static void free_saved(struct saved *list)
{
	while (list) {
		struct saved *next = list->next;
		free(list->pbx);
		free(list);
		list = next;
	}
}

static bool open_store(struct gateway *g, const struct gateway_settings *c, uint64_t *seq,
                       struct saved **saved, char *error, size_t size)
{
	const struct store_config config = { .where = c->store,
		                             .commit_ms = c->commit_ms,
		                             .calls_days = c->calls_days,
		                             .events_days = c->events_days,
		                             .max_bytes = c->store_bytes,
		                             .on_status = on_store_status,
		                             .arg = g };

	g->store = store_new(&config, error, size);
	if (!g->store)
		return false;
	g->store_ready = event_new(g->base, store_fd(g->store), EV_READ | EV_PERSIST, on_store, g);
	if (!g->store_ready || event_add(g->store_ready, NULL) != 0) {
		(void)snprintf(error, size, "out of memory");
		return false;
	}
	char why[256];
	/* A store that is away now may come back; what it knows is then of no use any more. */
	if (!store_restore(g->store, seq, keep_saved, saved, why, sizeof(why)))
		gateway_log(g, "store", "cannot be read: %s", why);
	return true;
}

/* ---- Sites ---- */

static void on_link(struct site *s, const struct dl3_link_change *change, void *arg)
{
	const struct gateway *g = arg;

	gateway_log(g, "link", "pbx=%s state=%s%s%s%s%s%s%s", site_name(s),
	            dl3_link_state_name(change->state), change->reason != DL3_REASON_NONE ? " reason=" : "",
	            change->reason != DL3_REASON_NONE ? dl3_link_reason_name(change->reason) : "",
	            change->detail[0] ? " detail=" : "", change->detail, change->advice[0] ? " advice=" : "",
	            change->advice);
}

static bool add_site(struct gateway *g, const struct gateway_settings *c, const struct gateway_pbx *p,
                     const struct saved *saved, char *error, size_t size)
{
	struct site_config config = { .name = p->name,
		                      .url = p->url,
		                      .user = p->user,
		                      .password = p->password,
		                      .application = "Devlink3 gateway",
		                      .tls = p->tls,
		                      .flags = p->flags,
		                      .tracker = { .answer_goal_ms = g->answer_goal_ms,
		                                   .short_ms = g->short_ms },
		                      .hub = g->hub,
		                      .store = g->store,
		                      .keep_records = c->keep_records,
		                      .day_start_ms = g->day_start_ms,
		                      .changed = on_link,
		                      .arg = g };

	for (; saved; saved = saved->next)
		if (saved->pbx && strcmp(saved->pbx, p->name) == 0)
			config.state = saved->state;
	g->sites[g->site_count] = site_new(g->base, &config, error, size);
	if (!g->sites[g->site_count])
		return false;
	g->site_count++;
	return true;
}

/* ---- Life ---- */

static bool add_listener(struct gateway *g, const struct gateway_settings *c, const struct gateway_listen *l,
                         char *error, size_t size)
{
	const struct http_config config = { .address = l->address,
		                            .tls = l->tls,
		                            .max_connections = c->connections,
		                            .max_of_address = c->connections_of_address,
		                            .handle = gateway_handle,
		                            .headers = gateway_headers,
		                            .arg = g };

	g->https[g->http_count] = http_new(g->base, &config, error, size);
	if (!g->https[g->http_count])
		return false;
	g->http_count++;
	return true;
}

static bool listen_all(struct gateway *g, const struct gateway_settings *c, char *error, size_t size)
{
	static const struct gateway_listen local = { .address = "127.0.0.1:8080" };

	if (c->listen_count == 0)
		return add_listener(g, c, &local, error, size);
	for (size_t i = 0; i < c->listen_count && i < GATEWAY_LISTENERS; i++)
		if (!add_listener(g, c, &c->listen[i], error, size))
			return false;
	return true;
}

static bool out_of_memory(char *error, size_t size)
{
	(void)snprintf(error, size, "out of memory");
	return false;
}

static bool make_hub(struct gateway *g, const struct gateway_settings *c, uint64_t seq)
{
	const struct timeval tick = { .tv_sec = TICK_S };
	const struct hub_config hub = { .ring_messages = c->ring_messages,
		                        .ring_bytes = c->ring_bytes,
		                        .first_seq = seq > 0 ? seq + SEQ_DISTANCE : 0 };

	g->hub = hub_new(g->base, &hub);
	if (!g->hub)
		return false;
	const struct consumers_config consumers = { .hub = g->hub, .max = c->consumers };
	g->consumers = consumers_new(g->base, &consumers);
	g->tick = event_new(g->base, -1, EV_PERSIST, on_tick, g);
	return g->consumers && g->tick && event_add(g->tick, &tick) == 0;
}

static bool begin(struct gateway *g, const struct gateway_settings *c, struct saved **saved, char *error,
                  size_t size)
{
	uint64_t seq = 0;

	g->sites = calloc(c->pbx_count > 0 ? c->pbx_count : 1, sizeof(struct site *));
	if (!g->sites)
		return out_of_memory(error, size);
	if (c->store && !open_store(g, c, &seq, saved, error, size))
		return false;
	if (!make_hub(g, c, seq))
		return out_of_memory(error, size);
	for (size_t i = 0; i < c->pbx_count; i++)
		if (!add_site(g, c, &c->pbxs[i], *saved, error, size))
			return false;
	return listen_all(g, c, error, size);
}

struct gateway *gateway_new(struct event_base *base, const struct gateway_settings *c, char *error,
                            size_t error_size)
{
	struct gateway *g = calloc(1, sizeof(*g));
	struct saved *saved = NULL;

	if (!g) {
		(void)out_of_memory(error, error_size);
		return NULL;
	}
	g->base = base;
	g->log = c->log;
	g->arg = c->arg;
	g->demo = c->demo;
	g->origins = c->origins;
	g->origin_count = c->origin_count;
	g->day_start_min = c->day_start_min;
	g->answer_goal_ms = c->answer_goal_ms ? c->answer_goal_ms : DL3_TRACKER_ANSWER_GOAL_MS;
	g->short_ms = c->short_ms ? c->short_ms : DL3_TRACKER_SHORT_MS;
	g->started_ms = site_now_ms();
	g->day_start_ms = day_start(g->day_start_min);
	bool ok = begin(g, c, &saved, error, error_size);
	free_saved(saved);
	if (ok)
		return g;
	gateway_free(g);
	return NULL;
}

const char *gateway_address(const struct gateway *g, size_t index)
{
	return index < g->http_count ? http_address(g->https[index]) : NULL;
}

void gateway_stop(struct gateway *g)
{
	g->stopping = true;
	for (size_t i = 0; i < g->http_count; i++)
		http_stop(g->https[i]);
	consumers_stop(g->consumers);
}

bool gateway_is_quiet(const struct gateway *g)
{
	uint32_t connections = consumers_count(g->consumers);

	for (size_t i = 0; i < g->http_count; i++)
		connections += http_counts(g->https[i]).connections;
	return connections == 0;
}

void gateway_free(struct gateway *g)
{
	struct store_status last = { 0 };

	if (!g)
		return;
	for (size_t i = 0; i < g->http_count; i++)
		http_free(g->https[i]);
	for (size_t i = 0; i < g->site_count; i++)
		site_free(g->sites[i]);
	consumers_free(g->consumers);
	if (g->store && g->hub)
		store_put_seq(g->store, hub_seq(g->hub));
	hub_free(g->hub);
	if (g->tick)
		event_free(g->tick);
	if (g->store_ready)
		event_free(g->store_ready);
	if (g->store) {
		store_free(g->store, &last);
		gateway_log(g, "store", "closed, stored calls=%llu lost calls=%llu",
		            (unsigned long long)last.stored[STORE_CALL],
		            (unsigned long long)last.lost[STORE_CALL]);
	}
	free(g->sites);
	free(g);
}
