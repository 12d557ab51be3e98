/* SPDX-License-Identifier: MIT */
/* The connections of a host: from net/'s callbacks to the PBX and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_parts.h"

static void flush(void *arg)
{
	struct link *l = arg;

	dl3_conn_flush(l->conn);
}

static void close_link(void *arg, const char *why)
{
	struct link *l = arg;

	sim_host_log(l->port->site->host, "%s: closed: %s", dl3_conn_peer(l->conn), why);
	dl3_conn_close(l->conn);
}

void sim_link_shape(struct link *l)
{
	const struct lasting *lasting = &l->port->site->host->lasting;
	bool still = l->half_open || sim_alarm_is_set(&l->stalled);

	dl3_conn_pause(l->conn, still);
	dl3_conn_hold(l->conn, still || lasting->delay_ms > 0);
	dl3_conn_throttle(l->conn, (uint32_t)lasting->pieces, lasting->pieces > 0 ? 1 : 0);
}

static void stall_over(void *arg)
{
	sim_link_shape(arg);
}

void sim_link_stall(struct link *l, uint64_t ms)
{
	(void)sim_alarm_set(&l->port->site->host->clock, &l->stalled, ms, stall_over, l);
	sim_link_shape(l);
}

static void list(struct sim_host *h, struct link *l)
{
	l->next = h->links;
	l->back = &h->links;
	if (l->next)
		l->next->back = &l->next;
	h->links = l;
}

static void unlist(struct link *l)
{
	*l->back = l->next;
	if (l->next)
		l->next->back = l->back;
}

static void opened(struct dl3_conn *conn, void *arg)
{
	struct port *p = arg;
	struct sim_host *h = p->site->host;
	struct link *l = calloc(1, sizeof(*l));
	struct sim_connection c = { .session = dl3_conn_session(conn),
		                    .encrypted = dl3_conn_encrypted(conn),
		                    .peer = dl3_conn_peer(conn),
		                    .flush = flush,
		                    .close = close_link,
		                    .arg = l };

	sim_host_catch_up(h);
	if (l)
		l->client = sim_pbx_connect(p->site->pbx, p->node, &c);
	if (!l || !l->client) {
		sim_host_log(h, "%s: no memory for a connection", dl3_conn_peer(conn));
		free(l);
		dl3_conn_abort(conn, true);
		return;
	}
	l->port = p;
	l->conn = conn;
	list(h, l);
	dl3_conn_set_user(conn, l);
	/* While time stands nothing would ever end that. */
	if (h->lasting.slow_start_ms > 0 && !h->standing)
		sim_link_stall(l, h->lasting.slow_start_ms);
	else
		sim_link_shape(l);
	sim_host_wake(h);
}

static void happened(struct dl3_conn *conn, const struct dl3_event *event, void *arg)
{
	struct port *p = arg;
	struct link *l = dl3_conn_user(conn);

	if (!l)
		return;
	sim_host_catch_up(p->site->host);
	sim_pbx_event(l->client, event);
	sim_host_wake(p->site->host);
}

static void drained(struct dl3_conn *conn, void *arg)
{
	struct link *l = dl3_conn_user(conn);

	(void)arg;
	if (l)
		sim_pbx_drained(l->client);
}

static void log_end(struct sim_host *h, struct dl3_conn *conn, const struct dl3_close *why)
{
	char fault[DL3_FAULT_TEXT_MAX];

	if (why->reason == DL3_CLOSED_SESSION)
		dl3_fault_text(&why->fault, fault, sizeof(fault));
	else
		snprintf(fault, sizeof(fault), "%s", why->detail);
	sim_host_log(h, "%s: gone (%s): %s", dl3_conn_peer(conn), dl3_close_reason_name(why->reason), fault);
}

static void closed(struct dl3_conn *conn, const struct dl3_close *why, void *arg)
{
	struct port *p = arg;
	struct sim_host *h = p->site->host;
	struct link *l = dl3_conn_user(conn);

	if (why->reason != DL3_CLOSED_BY_PEER && why->reason != DL3_CLOSED_BY_OWNER)
		log_end(h, conn, why);
	if (!l)
		return;
	dl3_conn_set_user(conn, NULL);
	sim_alarm_cancel(&h->clock, &l->stalled);
	sim_pbx_disconnect(l->client);
	unlist(l);
	free(l);
}

bool sim_port_open(struct port *p, const char *address, struct sim_error *error)
{
	struct sim_host *h = p->site->host;
	struct dl3_listener_config config = {
		.address = address,
		.shared_tls = p->tls ? h->tls : NULL,
		.callbacks = { .opened = opened, .event = happened, .drained = drained, .closed = closed },
		.arg = p,
	};

	p->listener = dl3_listener_new(h->base, &config, error->text, sizeof(error->text));
	if (!p->listener)
		return false;
	snprintf(p->address, sizeof(p->address), "%s", dl3_listener_address(p->listener));
	return true;
}

void sim_port_close(struct port *p)
{
	struct dl3_listener *l = p->listener;

	p->listener = NULL;
	dl3_listener_free(l);
}
