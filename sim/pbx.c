/* SPDX-License-Identifier: MIT */
#include "pbx.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pbx_parts.h"

#define LOG_MAX 512u

static void say(const struct sim_pbx *p, const char *line)
{
	if (p->config.log)
		p->config.log(line, p->config.arg);
}

void sim_pbx_log(struct sim_client *c, enum sim_log_topic topic, const char *format, ...)
{
	char line[LOG_MAX];
	int n = snprintf(line, sizeof(line), "%s: ", c->c.peer);
	va_list args;

	if (c->logged & topic || n < 0 || (size_t)n >= sizeof(line))
		return;
	c->logged |= topic;
	va_start(args, format);
	vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	va_end(args);
	say(c->pbx, line);
}

void sim_pbx_give_up(struct sim_client *c, const char *why)
{
	if (c->given_up)
		return;
	c->given_up = true;
	sim_pbx_stream_gone(c);
	c->c.close(c->c.arg, why);
}

void sim_pbx_dead(struct sim_client *c)
{
	c->admitted = false;
	sim_pbx_stream_gone(c);
}

/* ---- Clients ---- */

struct sim_client *sim_pbx_connect(struct sim_pbx *p, size_t node, const struct sim_connection *connection)
{
	struct sim_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->pbx = p;
	c->node = node;
	c->c = *connection;
	c->next = p->clients;
	c->back = &p->clients;
	if (c->next)
		c->next->back = &c->next;
	p->clients = c;
	p->counts.connections++;
	return c;
}

void sim_pbx_disconnect(struct sim_client *c)
{
	struct sim_pbx *p = c->pbx;

	sim_pbx_stream_gone(c);
	*c->back = c->next;
	if (c->next)
		c->next->back = c->back;
	p->counts.connections--;
	free(c->counters);
	free(c);
}

static void read_file(struct sim_client *c, uint32_t request, struct dl3_str name)
{
	char *contents = NULL;
	size_t len = 0;
	enum dl3_err err;

	if (sim_file(c->pbx->exchange, c->node, name, &contents, &len))
		err = dl3_server_file(c->c.session, request, contents, len);
	else
		err = dl3_server_no_file(c->c.session, request);
	free(contents);
	if (err != DL3_OK && err != DL3_ERR_STATE)
		sim_pbx_log(c, SIM_LOG_FILE, "a file of %zu octets could not be sent: %s", len, dl3_err_text(err));
	if (err != DL3_OK)
		err = dl3_server_no_file(c->c.session, request);
	if (err == DL3_ERR_OUTPUT_LIMIT || err == DL3_ERR_MEMORY)
		sim_pbx_give_up(c, "it does not read its answers");
}

void sim_pbx_event(struct sim_client *c, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_LOGIN:
		sim_pbx_login(c, ev);
		break;
	case DL3_EV_PROOF:
		sim_pbx_proof(c, ev);
		break;
	case DL3_EV_STREAM_REQUEST:
		sim_pbx_stream(c, ev);
		break;
	case DL3_EV_READ_REQUEST:
		read_file(c, ev->u.read_request.request, ev->u.read_request.file);
		break;
	case DL3_EV_IGNORED:
		sim_pbx_log(c, SIM_LOG_IGNORED, "a %s that has no answer here was ignored", dl3_msg_name(ev->u.message->type));
		break;
	case DL3_EV_UNKNOWN:
		sim_pbx_log(c, SIM_LOG_IGNORED, "a message that nobody knows was ignored");
		break;
	case DL3_EV_TESTED:
		if (ev->u.tested.result == DL3_TEST_STREAM_INTEGRITY_LOST)
			sim_pbx_dead(c);
		break;
	default:
		break;
	}
}

void sim_pbx_drained(struct sim_client *c)
{
	sim_pbx_go_on(c);
}

struct sim_pbx_counts sim_pbx_counts(const struct sim_pbx *p)
{
	return p->counts;
}

/* ---- Faults ---- */

static void skip(struct sim_pbx *p, size_t node, uint32_t n)
{
	for (struct sim_client *c = p->clients; c; c = c->next)
		if (c->counters)
			c->counters[node] += n;
}

void sim_pbx_skip(struct sim_pbx *p, size_t node, uint32_t n)
{
	skip(p, node, n);
}

void sim_pbx_lose(struct sim_pbx *p, size_t node, uint32_t n)
{
	p->faults[node].lose = n;
}

void sim_pbx_duplicate(struct sim_pbx *p, size_t node)
{
	p->faults[node].duplicate = true;
}

void sim_pbx_reboot(struct sim_pbx *p, size_t node)
{
	p->faults[node] = (struct sim_node_faults){ 0 };
	sim_exchange_reboot(p->exchange, node);
	for (struct sim_client *c = p->clients; c; c = c->next)
		if (c->counters)
			c->counters[node] = 0;
}

void sim_pbx_refuse(struct sim_pbx *p, uint32_t result, uint64_t for_ms)
{
	p->refusal = result;
	p->refuse_until = p->clock->now + for_ms;
}

/* ---- The service ---- */

struct sim_pbx *sim_pbx_new(const struct sim_pbx_config *config)
{
	struct sim_pbx *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->config = *config;
	p->exchange = config->exchange;
	p->world = sim_exchange_world(p->exchange);
	p->clock = sim_exchange_clock(p->exchange);
	p->wants = calloc(p->world->node_count + 1, sizeof(*p->wants));
	p->faults = calloc(p->world->node_count + 1, sizeof(*p->faults));
	if (p->wants && p->faults)
		return p;
	sim_pbx_free(p);
	return NULL;
}

void sim_pbx_set_report(struct sim_pbx *p, struct sim_report *r)
{
	p->report = r;
}

void sim_pbx_free(struct sim_pbx *p)
{
	if (!p)
		return;
	for (struct sim_client *c = p->clients, *next; c; c = next) {
		next = c->next;
		free(c->counters);
		free(c);
	}
	free(p->wants);
	free(p->faults);
	free(p->frame);
	free(p->locks);
	free(p);
}
