/* SPDX-License-Identifier: MIT */
/* What the gateway counts, as Prometheus reads it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "gateway_parts.h"

static void family(struct evbuffer *b, const char *name, const char *type, const char *help)
{
	(void)evbuffer_add_printf(b, "# HELP devlink3_%s %s\n# TYPE devlink3_%s %s\n", name, help, name,
	                          type);
}

static void value(struct evbuffer *b, const char *name, double v, const char *labels, ...)
	__attribute__((format(printf, 4, 5)));
static void value(struct evbuffer *b, const char *name, double v, const char *labels, ...)
{
	char text[256] = "";
	va_list args;

	va_start(args, labels);
	if (labels)
		(void)vsnprintf(text, sizeof(text), labels, args);
	va_end(args);
	(void)evbuffer_add_printf(b, "devlink3_%s%s%s%s %.17g\n", name, labels ? "{" : "", text,
	                          labels ? "}" : "", v);
}

struct site_metric {
	const char *name, *type, *help;
	double (*of)(const struct site_status *s);
};

static double up(const struct site_status *s)
{
	return s->connected ? 1 : 0;
}
static double events(const struct site_status *s)
{
	return (double)s->link.events;
}
static double gaps(const struct site_status *s)
{
	return (double)s->link.gaps;
}
static double missed(const struct site_status *s)
{
	return (double)s->link.missed;
}
static double attempts(const struct site_status *s)
{
	return (double)s->link.attempts;
}
static double connections(const struct site_status *s)
{
	return (double)s->link.connections;
}
static double octets_in(const struct site_status *s)
{
	return (double)s->link.octets_in;
}
static double octets_out(const struct site_status *s)
{
	return (double)s->link.octets_out;
}
static double malformed(const struct site_status *s)
{
	return (double)s->malformed;
}
static double calls_up(const struct site_status *s)
{
	return (double)s->tracker.calls;
}
static double calls_began(const struct site_status *s)
{
	return (double)s->tracker.began;
}
static double calls_ended(const struct site_status *s)
{
	return (double)s->tracker.ended;
}
static double calls_merged(const struct site_status *s)
{
	return (double)s->tracker.merged;
}
static double users(const struct site_status *s)
{
	return (double)s->tracker.users;
}
static double overflow(const struct site_status *s)
{
	return (double)s->tracker.overflow;
}
static double memory(const struct site_status *s)
{
	return (double)s->tracker_memory;
}

static const struct site_metric site_metrics[] = {
	{ "link_up", "gauge", "Whether the stream of a PBX is connected and its snapshot whole.", up },
	{ "link_records_total", "counter", "Records that came from a PBX.", events },
	{ "link_gaps_total", "counter", "Gaps in a PBX's own counter.", gaps },
	{ "link_missed_events_total", "counter", "Events that a PBX counted and that never came.", missed },
	{ "link_attempts_total", "counter", "Attempts to connect to a PBX.", attempts },
	{ "link_connections_total", "counter", "Connections to a PBX that came up.", connections },
	{ "link_received_bytes_total", "counter", "Octets received from a PBX.", octets_in },
	{ "link_sent_bytes_total", "counter", "Octets sent to a PBX.", octets_out },
	{ "link_malformed_total", "counter", "Messages and records that could not be read.", malformed },
	{ "calls", "gauge", "Calls that are up.", calls_up },
	{ "calls_began_total", "counter", "Calls that began.", calls_began },
	{ "calls_ended_total", "counter", "Calls that ended.", calls_ended },
	{ "calls_merged_total", "counter", "Calls that turned out to be part of another.", calls_merged },
	{ "users", "gauge", "Extensions that are followed.", users },
	{ "tracker_overflow_total", "counter", "Things dropped or cut for a limit of the call tracker.",
	  overflow },
	{ "tracker_memory_bytes", "gauge", "Memory of the call tracker.", memory },
};

/* One of the states is 1. */
static void put_link_states(const struct gateway *g, struct evbuffer *b)
{
	family(b, "link_state", "gauge", "What the link to a PBX is at.");
	for (size_t i = 0; i < g->site_count; i++) {
		const enum dl3_link_state now = site_status(g->sites[i]).state;
		for (enum dl3_link_state s = 0; s <= DL3_LINK_STOPPED; s++)
			value(b, "link_state", s == now, "pbx=\"%s\",state=\"%s\"", site_name(g->sites[i]),
			      dl3_link_state_name(s));
	}
}

static void put_sites(const struct gateway *g, struct evbuffer *b)
{
	put_link_states(g, b);
	for (size_t m = 0; m < sizeof(site_metrics) / sizeof(site_metrics[0]); m++) {
		const struct site_metric *metric = &site_metrics[m];
		family(b, metric->name, metric->type, metric->help);
		for (size_t i = 0; i < g->site_count; i++) {
			const struct site_status s = site_status(g->sites[i]);
			value(b, metric->name, metric->of(&s), "pbx=\"%s\"", site_name(g->sites[i]));
		}
	}
}

static void one(struct evbuffer *b, const char *name, const char *type, const char *help, double v)
{
	family(b, name, type, help);
	value(b, name, v, NULL);
}

static uint32_t proxied(const struct gateway *g)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < g->proxy_count; i++)
		sum += proxy_counts(g->proxies[i].proxy).monitors;
	return sum;
}

static void put_consumers(const struct gateway *g, struct evbuffer *b, const struct hub_counts *c)
{
	uint64_t sum, most;

	family(b, "consumers", "gauge", "Consumers that listen, by how they do.");
	value(b, "consumers", c->listening[HUB_SSE], "kind=\"sse\"");
	value(b, "consumers", c->listening[HUB_WEBSOCKET], "kind=\"websocket\"");
	value(b, "consumers", proxied(g), "kind=\"proxy\"");
	consumers_waiting(g->consumers, &sum, &most);
	one(b, "consumer_queued", "gauge", "Messages that wait for consumers that are behind.", (double)sum);
	one(b, "consumer_queued_most", "gauge",
	    "Messages that wait for the consumer that is furthest behind.", (double)most);
}

/* A turn of the loop is measured once, and each of its messages has taken that long: no less than it did. */
static void put_latency(struct evbuffer *b, const struct hub_counts *c)
{
	uint64_t sum = 0;

	family(b, "delivery_seconds", "histogram",
	       "From a record's octets being read off the link until its messages were given to consumers.");
	for (size_t i = 0; i < HUB_LATENCY_BUCKETS; i++) {
		sum += c->latency[i];
		value(b, "delivery_seconds_bucket", (double)sum, "le=\"%g\"", hub_latency_bounds[i]);
	}
	sum += c->latency[HUB_LATENCY_BUCKETS];
	value(b, "delivery_seconds_bucket", (double)sum, "le=\"+Inf\"");
	value(b, "delivery_seconds_sum", c->latency_s, NULL);
	value(b, "delivery_seconds_count", (double)sum, NULL);
}

static void put_proxies(const struct gateway *g, struct evbuffer *b)
{
	static const struct {
		const char *name, *help;
		size_t at;
	} counters[] = {
		{ "proxy_deliveries_total", "Events queued for applications of the proxy.",
		  offsetof(struct proxy_counts, deliveries) },
		{ "proxy_disconnected_total", "Applications of the proxy that did not read in time.",
		  offsetof(struct proxy_counts, disconnected) },
		{ "proxy_turned_away_total", "Connections of the proxy closed for a limit.",
		  offsetof(struct proxy_counts, turned_away) },
		{ "proxy_refused_total", "Logins at the proxy that were refused.",
		  offsetof(struct proxy_counts, refused) },
	};

	if (g->proxy_count == 0)
		return;
	family(b, "proxy_connections", "gauge", "Connections of applications to the proxy.");
	for (size_t i = 0; i < g->proxy_count; i++)
		value(b, "proxy_connections", proxy_counts(g->proxies[i].proxy).connections, "pbx=\"%s\"",
		      g->proxies[i].pbx);
	for (size_t k = 0; k < sizeof(counters) / sizeof(counters[0]); k++) {
		family(b, counters[k].name, "counter", counters[k].help);
		for (size_t i = 0; i < g->proxy_count; i++) {
			const struct proxy_counts c = proxy_counts(g->proxies[i].proxy);
			uint64_t n;
			memcpy(&n, (const char *)&c + counters[k].at, sizeof(n));
			value(b, counters[k].name, (double)n, "pbx=\"%s\"", g->proxies[i].pbx);
		}
	}
}

static void put_hub(struct gateway *g, struct evbuffer *b)
{
	const struct hub_counts c = hub_counts(g->hub);

	family(b, "messages_total", "counter", "Messages published, by kind.");
	for (enum hub_kind k = 0; k < HUB_KINDS; k++)
		value(b, "messages_total", (double)c.published[k], "kind=\"%s\"", hub_kind_name(k));
	one(b, "messages_kept", "gauge", "Messages that can be resumed from.", c.kept);
	one(b, "messages_kept_bytes", "gauge", "Memory of the messages that can be resumed from.",
	    (double)c.kept_bytes);
	one(b, "messages_lost_total", "counter", "Messages that could not be made for want of memory.",
	    (double)c.lost);
	put_consumers(g, b, &c);
	put_latency(b, &c);
	one(b, "channels", "gauge", "Different filters that consumers have.", c.channels);
	one(b, "deliveries_total", "counter", "Messages handed to consumers that kept up.",
	    (double)c.deliveries);
	one(b, "delivered_bytes_total", "counter", "Octets sent to consumers.", (double)c.octets);
	one(b, "consumer_missed_total", "counter", "Messages that consumers were told they missed.",
	    (double)c.missed);
	one(b, "consumer_skipped_total", "counter", "Times that a slow consumer was moved on.",
	    (double)c.skipped);
	one(b, "consumer_disconnected_total", "counter", "Slow or stalled consumers that were closed.",
	    (double)c.disconnected);
}

static void put_https(struct gateway *g, struct evbuffer *b)
{
	struct http_counts sum = { 0 };

	for (size_t i = 0; i < g->listener_count; i++) {
		const struct http_counts c = http_counts(g->listeners[i].http);
		sum.connections += c.connections;
		sum.accepted += c.accepted;
		sum.requests += c.requests;
		sum.turned_away += c.turned_away;
		sum.timed_out += c.timed_out;
		sum.malformed += c.malformed;
		for (size_t k = 1; k < 6; k++)
			sum.answers[k] += c.answers[k];
	}
	one(b, "http_connections", "gauge", "Connections of HTTP, without those that have become streams.",
	    sum.connections);
	one(b, "http_accepted_total", "counter", "Connections of HTTP that were accepted.",
	    (double)sum.accepted);
	one(b, "http_requests_total", "counter", "Requests of HTTP.", (double)sum.requests);
	one(b, "http_turned_away_total", "counter", "Connections of HTTP closed for a limit.",
	    (double)sum.turned_away);
	one(b, "http_timed_out_total", "counter", "Requests that took too long.", (double)sum.timed_out);
	one(b, "http_malformed_total", "counter", "Requests that could not be read.", (double)sum.malformed);
	family(b, "http_answers_total", "counter", "Answers, by the class of their status.");
	for (unsigned k = 1; k < 6; k++)
		value(b, "http_answers_total", (double)sum.answers[k], "class=\"%uxx\"", k);
}

static void put_store(struct gateway *g, struct evbuffer *b)
{
	struct store_status s;

	if (!g->store)
		return;
	store_status(g->store, &s);
	one(b, "store_up", "gauge", "Whether the store can be written.", s.state != STORE_FAILING);
	one(b, "store_queued", "gauge", "Items that wait to be stored.", (double)s.queued);
	one(b, "store_queued_bytes", "gauge", "Memory of the items that wait to be stored.",
	    (double)s.queued_bytes);
	one(b, "store_lag_seconds", "gauge", "How long the oldest item that waits to be stored has waited.",
	    (double)s.lag_ms / 1000);
	one(b, "store_commits_total", "counter", "Transactions of the store.", (double)s.commits);
	one(b, "store_retries_total", "counter", "Transactions that had to be tried again.",
	    (double)s.retries);
	one(b, "store_commit_seconds", "gauge", "How long the last transaction took.",
	    (double)s.commit_ms / 1000);
	family(b, "store_stored_total", "counter", "Items stored, by kind.");
	for (enum store_kind k = 0; k < STORE_KINDS; k++)
		value(b, "store_stored_total", (double)s.stored[k], "kind=\"%s\"", store_kind_name(k));
	family(b, "store_lost_total", "counter", "Items that were not stored, by kind.");
	for (enum store_kind k = 0; k < STORE_KINDS; k++)
		value(b, "store_lost_total", (double)(s.lost[k] + s.unstorable[k]), "kind=\"%s\"",
		      store_kind_name(k));
}

void api_metrics(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct evbuffer *b = evbuffer_new();

	(void)grant;
	if (!b) {
		http_problem(x, 503, "no memory is left");
		return;
	}
	family(b, "build_info", "gauge", "The version that runs.");
	value(b, "build_info", 1, "version=\"%s\"", dl3_version());
	one(b, "start_time_seconds", "gauge", "When the gateway was started, in Unix seconds.",
	    (double)g->started_ms / 1000);
	put_sites(g, b);
	put_hub(g, b);
	put_proxies(g, b);
	put_https(g, b);
	put_store(g, b);
	http_set(x, "Cache-Control", "no-store");
	http_reply_buffer(x, 200, "text/plain; version=0.0.4; charset=utf-8", b);
	evbuffer_free(b);
}
