/* SPDX-License-Identifier: MIT */
/* For those who watch the gateway: metrics as Prometheus reads them, whether it lives, and whether it does its work. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway_parts.h"

/* ---- Metrics ---- */

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

static void put_sites(struct gateway *g, struct evbuffer *b)
{
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
	one(b, "consumers", "gauge", "Consumers that listen.", c.consumers);
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
	put_https(g, b);
	put_store(g, b);
	http_set(x, "Cache-Control", "no-store");
	http_reply_buffer(x, 200, "text/plain; version=0.0.4; charset=utf-8", b);
	evbuffer_free(b);
}

/* ---- Health ---- */

/* That it answers is the answer. */
void api_health(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	(void)g;
	(void)grant;
	http_set(x, "Cache-Control", "no-store");
	http_reply(x, 200, "text/plain; charset=utf-8", dl3_str_of("ok\n"));
}

static bool links_are_up(const struct gateway *g)
{
	for (size_t i = 0; i < g->site_count; i++)
		if (!site_status(g->sites[i]).connected)
			return false;
	return true;
}

static void put_link_states(const struct gateway *g, struct evbuffer *b)
{
	put_z(b, "\"pbxs\":{");
	for (size_t i = 0; i < g->site_count; i++) {
		if (i > 0)
			put_z(b, ",");
		put_json_str(b, dl3_str_of(site_name(g->sites[i])));
		(void)evbuffer_add_printf(b, ":\"%s\"", dl3_link_state_name(site_status(g->sites[i]).state));
	}
	put_z(b, "},");
}

/* Ready is who has what a consumer comes for: the calls of every PBX, and a history that is written. Which PBXs there
 * are is not everybody's business where tokens are needed. */
void api_ready(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct evbuffer *b = evbuffer_new();
	struct store_status store = { .state = STORE_OK };

	(void)grant;
	if (!b) {
		http_problem(x, 503, "no memory is left");
		return;
	}
	if (g->store)
		store_status(g->store, &store);
	const bool ready = !g->stopping && store.state != STORE_FAILING && links_are_up(g);
	put_z(b, "{");
	if (!g->tokens)
		put_link_states(g, b);
	(void)evbuffer_add_printf(b, "\"store\":\"%s\",\"stopping\":%s,\"ready\":%s}",
	                          g->store ? store_state_name(store.state) : "none",
	                          g->stopping ? "true" : "false", ready ? "true" : "false");
	http_set(x, "Cache-Control", "no-store");
	http_reply_buffer(x, ready ? 200 : 503, "application/json", b);
	evbuffer_free(b);
}
