/* SPDX-License-Identifier: MIT */
#include "proxy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy_parts.h"

#define LINE_MAX_OCTETS 512u

void proxy_say(struct proxy_client *c, enum proxy_said what, const char *format, ...)
{
	const struct proxy *p = c->proxy;
	char line[LINE_MAX_OCTETS];
	va_list args;
	int n;

	if (!p->log || c->said & what)
		return;
	c->said |= what;
	n = snprintf(line, sizeof(line), "proxy of %s: %s: ", p->name, dl3_conn_peer(c->conn));
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	va_start(args, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	va_end(args);
	p->log(line, p->arg);
}

/* ---- Connections ---- */

void proxy_cut(struct proxy_client *c)
{
	proxy_stream_end(c);
	proxy_wait_end(c);
	c->admitted = false;
	dl3_conn_abort(c->conn, true);
}

void proxy_close_all(struct proxy *p)
{
	for (struct proxy_view *v = p->views; v; v = v->next)
		proxy_view_give(v);
	for (struct proxy_client *c = p->clients; c; c = c->next) {
		if (!c->admitted)
			continue;
		proxy_stream_end(c);
		c->admitted = false;
		dl3_conn_close(c->conn);
	}
}

static void on_opened(struct dl3_conn *conn, void *arg)
{
	struct proxy *p = arg;
	struct proxy_client *c = calloc(1, sizeof(*c));

	if (!c) {
		dl3_conn_abort(conn, true);
		return;
	}
	c->proxy = p;
	c->conn = conn;
	c->next = p->clients;
	c->back = &p->clients;
	if (c->next)
		c->next->back = &c->next;
	p->clients = c;
	p->counts.connections++;
	dl3_conn_set_user(conn, c);
}

static void on_closed(struct dl3_conn *conn, const struct dl3_close *why, void *arg)
{
	struct proxy_client *c = dl3_conn_user(conn);
	struct proxy *p = arg;

	(void)why;
	if (!c) /* it was never opened */
		return;
	proxy_stream_end(c);
	proxy_wait_end(c);
	proxy_read_forget(c);
	*c->back = c->next;
	if (c->next)
		c->next->back = c->back;
	p->counts.connections--;
	free(c);
}

static void on_event(struct dl3_conn *conn, const struct dl3_event *ev, void *arg)
{
	struct proxy_client *c = dl3_conn_user(conn);

	(void)arg;
	if (!c)
		return;
	switch (ev->type) {
	case DL3_EV_LOGIN:
		proxy_login(c, ev->u.login.user);
		break;
	case DL3_EV_PROOF:
		proxy_proof(c, ev->u.proof.right);
		break;
	case DL3_EV_STREAM_REQUEST:
		proxy_stream(c, ev->u.stream_request.request, ev->u.stream_request.result,
		             ev->u.stream_request.accepted);
		break;
	case DL3_EV_READ_REQUEST:
		proxy_read_request(c, ev->u.read_request.request, ev->u.read_request.file);
		break;
	case DL3_EV_TESTED:
		/* Nothing but tests is answered from here on. */
		if (ev->u.tested.result == DL3_TEST_STREAM_INTEGRITY_LOST)
			proxy_stream_end(c);
		break;
	default:
		break;
	}
}

/* What came in this turn of the loop is whole: the session gives all of an event at once. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct proxy *p = arg;

	(void)fd;
	(void)what;
	proxy_event_end(p);
	for (struct proxy_view *v = p->views; v; v = v->next)
		proxy_view_give(v);
}

/* ---- Life ---- */

static bool listen_at(struct proxy *p, const struct proxy_config *config, const struct proxy_listen *at,
                      char *error, size_t cap)
{
	const struct dl3_listener_config listen = {
		.address = at->address,
		.tls = at->tls,
		.shared_tls = at->shared_tls,
		.max_connections = config->connections ? config->connections : PROXY_CONNECTIONS,
		.callbacks = { .opened = on_opened, .event = on_event, .closed = on_closed },
		.arg = p,
	};
	struct dl3_listener *l = dl3_listener_new(p->base, &listen, error, cap);

	if (!l)
		return false;
	p->listeners[p->listener_count++] = l;
	return true;
}

static bool fill(struct proxy *p, const struct proxy_config *config)
{
	p->name = strdup(config->name ? config->name : "");
	p->listeners = calloc(config->listen_count, sizeof(struct dl3_listener *));
	p->calls = proxy_calls_new(config->calls ? config->calls : PROXY_CALLS, PROXY_CALL_OCTETS);
	p->turn = event_new(p->base, -1, 0, on_turn, p);
	p->queue = config->queue ? config->queue : PROXY_QUEUE;
	p->patience_ms = config->patience_ms ? config->patience_ms : PROXY_PATIENCE_MS;
	p->locks.failures = config->lockout_failures ? config->lockout_failures : PROXY_LOCKOUT_FAILURES;
	p->locks.for_ms = (uint64_t)(config->lockout_s ? config->lockout_s : PROXY_LOCKOUT_S) * 1000;
	p->configured_node = config->node;
	p->file = config->file;
	p->log = config->log;
	p->arg = config->arg;
	return p->name && p->listeners && p->calls && p->turn &&
	       proxy_set_users(p, config->users, config->user_count);
}

struct proxy *proxy_new(struct event_base *base, const struct proxy_config *config, char *error,
                        size_t error_cap)
{
	struct proxy *p;
	bool listening = true;

	if (config->listen_count == 0) {
		(void)snprintf(error, error_cap, "a proxy needs an address to listen on");
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (p)
		p->base = base;
	if (!p || !fill(p, config)) {
		(void)snprintf(error, error_cap, "out of memory");
		proxy_free(p);
		return NULL;
	}
	for (size_t i = 0; listening && i < config->listen_count; i++)
		listening = listen_at(p, config, &config->listen[i], error, error_cap);
	if (listening)
		return p;
	proxy_free(p);
	return NULL;
}

void proxy_free(struct proxy *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->listener_count; i++)
		dl3_listener_free(p->listeners[i]);
	free(p->listeners);
	proxy_reads_finish(p);
	proxy_views_free(p);
	if (p->turn)
		event_free(p->turn);
	proxy_calls_free(p->calls);
	proxy_accounts_free(p->accounts, p->account_count);
	free(p->pending.octets);
	free(p->pending.pieces);
	free(p->nodes);
	free(p->name);
	free(p->pbx);
	free(p->variant);
	free(p);
}

const char *proxy_address(const struct proxy *p, size_t index)
{
	return index < p->listener_count ? dl3_listener_address(p->listeners[index]) : NULL;
}

struct proxy_counts proxy_counts(const struct proxy *p)
{
	struct proxy_counts counts = p->counts;

	counts.up = p->up;
	counts.calls = proxy_calls_count(p->calls);
	counts.forgotten = proxy_calls_forgotten(p->calls);
	for (size_t i = 0; i < p->listener_count; i++) {
		uint64_t away;

		(void)dl3_listener_connections(p->listeners[i], &away);
		counts.turned_away += away;
	}
	return counts;
}
