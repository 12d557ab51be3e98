/* SPDX-License-Identifier: MIT */
/* Faults at the level of connections and nodes; those of counters are the PBX's. */
#include <stdlib.h>
#include <string.h>

#include "host_parts.h"

/* Links of a node, or of all of them. */
static bool concerns(const struct sim_fault *fault, const struct link *l)
{
	return fault->node == SIM_NONE || fault->node == l->port->node;
}

static struct link *unlucky_link(struct sim_host *h, const struct sim_fault *fault)
{
	uint32_t count = 0, chosen;

	for (struct link *l = h->links; l; l = l->next)
		count += concerns(fault, l) && !l->half_open;
	chosen = sim_random_below(&h->luck, count);
	for (struct link *l = h->links; l; l = l->next)
		if (concerns(fault, l) && !l->half_open && chosen-- == 0)
			return l;
	return NULL;
}

static size_t unlucky_node(struct sim_host *h, const struct sim_fault *fault)
{
	if (fault->node != SIM_NONE)
		return fault->node;
	return sim_random_below(&h->luck, (uint32_t)h->config.world->node_count);
}

static struct site *unlucky_site(struct sim_host *h)
{
	return &h->sites[sim_random_below(&h->luck, h->site_count)];
}

static void shape_all(struct sim_host *h)
{
	for (struct link *l = h->links; l; l = l->next)
		sim_link_shape(l);
}

/* ---- Delay: the gates open every so often ---- */

#define OPEN_MS 5u /* of the real clock: a turn or two of the loop, in which what waits is sent */

static void hold_all(struct sim_host *h, bool hold)
{
	for (struct link *l = h->links; l; l = l->next)
		if (!l->half_open && !sim_alarm_is_set(&l->stalled))
			dl3_conn_hold(l->conn, hold);
}

static void let_out(void *arg);

static void keep_back(void *arg)
{
	struct sim_host *h = arg;

	hold_all(h, true);
	(void)sim_alarm_set(&h->clock, &h->let_out, h->lasting.delay_ms, let_out, h);
}

static void let_out(void *arg)
{
	struct sim_host *h = arg;

	hold_all(h, false);
	(void)sim_alarm_set(&h->clock, &h->let_out, (uint64_t)(OPEN_MS * h->speed) + 1, keep_back, h);
}

static void delay(struct sim_host *h, uint64_t ms)
{
	h->lasting.delay_ms = ms;
	shape_all(h);
	sim_alarm_cancel(&h->clock, &h->let_out);
	if (ms > 0)
		(void)sim_alarm_set(&h->clock, &h->let_out, ms, let_out, h);
}

/* ---- Restart ---- */

static void back_again(void *arg)
{
	struct port *p = arg;
	struct sim_error error;

	if (sim_port_open(p, p->address, &error))
		return;
	sim_host_log(p->site->host, "after the restart: %s; trying again", error.text);
	(void)sim_alarm_set(&p->site->host->clock, &p->restart, 1000, back_again, p);
}

static void reboot(struct sim_host *h, const struct sim_fault *fault)
{
	struct site *site = unlucky_site(h);
	size_t node = unlucky_node(h, fault);

	sim_host_log(h, "%s restarts", h->config.world->nodes[node].name);
	for (struct link *l = h->links, *next; l; l = next) {
		next = l->next;
		if (l->port->site == site && l->port->node == node)
			dl3_conn_abort(l->conn, true);
	}
	for (size_t i = 0; i < site->port_count; i++) {
		struct port *p = &site->ports[i];

		if (p->node != node || !p->listener)
			continue;
		sim_port_close(p);
		(void)sim_alarm_set(&h->clock, &p->restart, fault->value, back_again, p);
	}
	sim_pbx_reboot(site->pbx, node);
}

/* ---- Octets that nobody should send ---- */

/* An event whose tuple claims more than the frame has. */
/* An event that ends in its counter: with one it would tell of events that never were. */
static const uint8_t malformed[] = {
	0x49, 0x00, 0x0d, 0x10, 0x30, 0x00, 0x11, 0xc0, 0xa8, 0x2a, 0x01, 0x00, 0x00,
};
static const uint8_t garbage[] = { 0xde, 0xad, 0xbe, 0xef, 0x00, 0xff, 0x55, 0xaa };
/* Of the malformed event, what comes before the end of a connection that is cut. */
#define CUT_AFTER 11u

/* A connection that takes no more is disturbed enough. */
static void send_raw(struct link *l, const uint8_t *octets, size_t len)
{
	if (dl3_conn_raw(l->conn, octets, len) != DL3_OK)
		sim_host_log(l->port->site->host, "%s: a fault could not be sent", dl3_conn_peer(l->conn));
}

static void disturb(struct link *l, enum sim_fault_kind kind)
{
	switch (kind) {
	case SIM_FAULT_RESET:
		dl3_conn_abort(l->conn, true);
		break;
	case SIM_FAULT_CLOSE:
		dl3_conn_close(l->conn);
		break;
	case SIM_FAULT_CUT:
		send_raw(l, malformed, CUT_AFTER);
		dl3_conn_close(l->conn);
		break;
	case SIM_FAULT_HALF_OPEN:
		l->half_open = true;
		sim_link_shape(l);
		break;
	case SIM_FAULT_MALFORMED:
		send_raw(l, malformed, sizeof(malformed));
		break;
	case SIM_FAULT_GARBAGE:
		send_raw(l, garbage, sizeof(garbage));
		break;
	default:
		break;
	}
}

/* ---- Those of the PBX ---- */

static const char *a_service_user(const struct sim_world *w)
{
	for (size_t i = 0; i < w->service_user_count; i++)
		if (w->service_users[i].enabled && w->service_users[i].devlink3)
			return w->service_users[i].name;
	return "";
}

static void disturb_pbx(struct sim_host *h, const struct sim_fault *fault)
{
	struct sim_pbx *pbx = unlucky_site(h)->pbx;
	size_t node = unlucky_node(h, fault);
	uint64_t value = fault->off ? 0 : fault->value;

	switch (fault->kind) {
	case SIM_FAULT_GAP:
		sim_pbx_lose(pbx, node, (uint32_t)value);
		break;
	case SIM_FAULT_SKIP:
		sim_pbx_skip(pbx, node, (uint32_t)value);
		break;
	case SIM_FAULT_DUPLICATE:
		sim_pbx_duplicate(pbx, node);
		break;
	case SIM_FAULT_REFUSE:
		sim_pbx_refuse(pbx, DL3_AUTH_RETRY_LATER, value);
		break;
	case SIM_FAULT_LOCKOUT:
		sim_pbx_lock_out(pbx, a_service_user(h->config.world), value);
		break;
	default:
		break;
	}
}

static bool is_of_pbx(enum sim_fault_kind kind)
{
	return kind == SIM_FAULT_GAP || kind == SIM_FAULT_SKIP || kind == SIM_FAULT_DUPLICATE ||
	       kind == SIM_FAULT_REFUSE || kind == SIM_FAULT_LOCKOUT;
}

/* Those that last until they are ended. @return whether it was one. */
static bool lasts(struct sim_host *h, const struct sim_fault *fault)
{
	uint64_t value = fault->off ? 0 : fault->value;

	switch (fault->kind) {
	case SIM_FAULT_PIECES:
		h->lasting.pieces = value;
		shape_all(h);
		return true;
	case SIM_FAULT_DELAY:
		delay(h, value);
		return true;
	case SIM_FAULT_SLOW_START:
		h->lasting.slow_start_ms = value;
		return true;
	default:
		return false;
	}
}

void sim_host_strike(const struct sim_fault *fault, void *host)
{
	struct sim_host *h = host;

	if (lasts(h, fault))
		return;
	if (is_of_pbx(fault->kind)) {
		disturb_pbx(h, fault);
		return;
	}
	if (fault->off)
		return; /* it was armed, and is no more */
	if (fault->kind == SIM_FAULT_REBOOT) {
		reboot(h, fault);
		return;
	}
	struct link *l = unlucky_link(h, fault);

	if (l && fault->kind == SIM_FAULT_STALL)
		sim_link_stall(l, fault->value);
	else if (l)
		disturb(l, fault->kind);
}

void sim_host_end_faults(struct sim_host *h)
{
	sim_faults_free(h->faults);
	h->faults = NULL;
	h->lasting = (struct lasting){ 0 };
	sim_alarm_cancel(&h->clock, &h->let_out);
	for (struct link *l = h->links; l; l = l->next) {
		l->half_open = false;
		sim_alarm_cancel(&h->clock, &l->stalled);
		sim_link_shape(l);
	}
	for (uint32_t i = 0; i < h->site_count; i++)
		sim_pbx_refuse(h->sites[i].pbx, DL3_AUTH_RETRY_LATER, 0);
}
