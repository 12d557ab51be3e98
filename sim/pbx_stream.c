/* SPDX-License-Identifier: MIT */
/* Streams: who may have one, and what goes into it. */
#include <stdlib.h>
#include <string.h>

#include "pbx_parts.h"

#define EVENT_HEAD 12u /* type, PBX, counter */
#define FRAME_FIRST 2048u
/* Systems that each number of licences is good for; section 5. */
#define NODES_OF_TWO 5u
#define NODES_OF_THREE 20u

/* ---- Who listens to what ---- */

static unsigned kinds_of(uint32_t flags)
{
	unsigned kinds = flags & DL3_FLAG_CD2 ? SIM_TELLS_DELTA2 : SIM_TELLS_DELTA3;

	if (flags & DL3_FLAG_SIPTRACK)
		kinds |= SIM_TELLS_SIPTRACK;
	if (flags & DL3_FLAG_CMEXTN)
		kinds |= SIM_TELLS_CMEXTN;
	return kinds;
}

static bool hears(const struct sim_client *c, size_t node)
{
	return c->streaming && (c->node == node || c->flags & DL3_FLAG_SCN);
}

static void ask_again(struct sim_pbx *p)
{
	p->counts.monitors = 0;
	memset(p->wants, 0, p->world->node_count * sizeof(*p->wants));
	for (const struct sim_client *c = p->clients; c; c = c->next) {
		p->counts.monitors += c->streaming;
		for (size_t i = 0; i < p->world->node_count; i++)
			if (hears(c, i))
				p->wants[i] |= kinds_of(c->flags);
	}
}

void sim_pbx_stream_gone(struct sim_client *c)
{
	bool was = c->streaming;

	c->streaming = c->snapshot = false;
	if (was)
		ask_again(c->pbx);
}

/* ---- Requests ---- */

static bool licensed(const struct sim_client *c)
{
	const struct sim_world *w = c->pbx->world;
	uint32_t licences = w->nodes[c->node].cti_licences;

	if (licences < 2)
		return false;
	if (licences == 2)
		return w->node_count <= NODES_OF_TWO;
	return licences > 3 || w->node_count <= NODES_OF_THREE;
}

/* How many listen where this one would: on its system, or for the whole network on all of them. */
static uint32_t listeners(const struct sim_client *me, bool network)
{
	uint32_t count = 0;

	for (const struct sim_client *c = me->pbx->clients; c; c = c->next)
		if (c != me && c->streaming && (network || hears(c, me->node)))
			count++;
	return count;
}

static uint32_t judge(const struct sim_client *c, const struct dl3_event *ev)
{
	uint32_t result = ev->u.stream_request.result, flags = ev->u.stream_request.accepted;

	if (result != DL3_EVENTS_SUCCESS && result != DL3_EVENTS_PARTIAL_SUCCESS)
		return result;
	if (flags & DL3_FLAG_SCN && !licensed(c))
		return DL3_EVENTS_INSUFFICIENT_LICENCE;
	if (listeners(c, flags & DL3_FLAG_SCN) >= c->pbx->world->security.monitors)
		return DL3_EVENTS_FEATURE_NOT_AVAILABLE;
	return result;
}

static bool make_counters(struct sim_client *c)
{
	if (!c->counters)
		c->counters = calloc(c->pbx->world->node_count, sizeof(*c->counters));
	return c->counters;
}

void sim_pbx_stream(struct sim_client *c, const struct dl3_event *ev)
{
	uint32_t result = judge(c, ev), flags = ev->u.stream_request.accepted;
	bool streams = result == DL3_EVENTS_SUCCESS || result == DL3_EVENTS_PARTIAL_SUCCESS;

	if (streams && !make_counters(c)) {
		sim_pbx_give_up(c, "no memory");
		return;
	}
	if (!streams)
		sim_pbx_log(c, SIM_LOG_STREAM, "an event request was refused: %s", dl3_event_result_name(result));
	if (dl3_server_stream(c->c.session, ev->u.stream_request.request, result, flags) != DL3_OK) {
		sim_pbx_give_up(c, "it does not read its answers");
		return;
	}
	if (!streams)
		return;
	c->streaming = true;
	c->flags = flags;
	ask_again(c->pbx);
	c->snapshot = !(flags & DL3_FLAG_CD2);
	dl3_server_hold(c->c.session, c->snapshot);
	c->snapshot_node = flags & DL3_FLAG_SCN ? 0 : c->node;
	c->snapshot_from = 0;
	sim_pbx_go_on(c);
}

/* ---- Events ---- */

static bool widen(struct sim_pbx *p, size_t size)
{
	if (size <= p->frame_cap)
		return true;
	uint8_t *frame = realloc(p->frame, size);

	if (!frame)
		return false;
	p->frame = frame;
	p->frame_cap = size;
	return true;
}

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The whole event with the counter left open: the same for all who hear it in this form. */
static bool encode(struct sim_pbx *p, size_t node, const struct dl3_record *record, enum dl3_delta2_form form)
{
	size_t room = DL3_FRAME_HEADER_MAX + EVENT_HEAD, len = 0;
	uint8_t header[DL3_FRAME_HEADER_MAX];

	if (!widen(p, FRAME_FIRST))
		return false;
	enum dl3_err err = dl3_record_encode(record, form, p->frame + room, p->frame_cap - room, &len);

	if (err == DL3_ERR_SPACE && widen(p, room + len))
		err = dl3_record_encode(record, form, p->frame + room, p->frame_cap - room, &len);
	if (err != DL3_OK)
		return false;
	size_t size = dl3_frame_header(EVENT_HEAD + len, header);

	p->frame_from = DL3_FRAME_HEADER_MAX - size;
	memcpy(p->frame + p->frame_from, header, size);
	put32(p->frame + DL3_FRAME_HEADER_MAX, DL3_CODE_EVENT);
	put32(p->frame + DL3_FRAME_HEADER_MAX + 4, p->world->nodes[node].address);
	p->frame_len = size + EVENT_HEAD + len;
	return true;
}

static enum dl3_err send_event(struct sim_client *c, uint32_t counter)
{
	struct sim_pbx *p = c->pbx;

	put32(p->frame + DL3_FRAME_HEADER_MAX + 8, counter);
	return dl3_server_frame(c->c.session, p->frame + p->frame_from, p->frame_len);
}

static void not_sent(struct sim_client *c, enum dl3_err err)
{
	if (err == DL3_ERR_OUTPUT_LIMIT) {
		c->pbx->counts.overruns++;
		sim_pbx_give_up(c, "it does not read, and its queue is full");
	} else if (err == DL3_ERR_STATE) {
		sim_pbx_dead(c); /* its session has ended, which whoever owns that will see */
	} else {
		sim_pbx_give_up(c, "no memory for what it is to be sent");
	}
}

/* Counted all the same, so that the client sees that something is missing. */
static void not_encoded(struct sim_client *c, size_t node)
{
	c->counters[node]++;
	sim_pbx_log(c, SIM_LOG_EVENT, "an event could not be written, and was left out");
}

static void deliver(struct sim_client *c, size_t node)
{
	const struct sim_node_faults *f = &c->pbx->faults[node];
	uint32_t counter = ++c->counters[node];

	if (f->lose > 0)
		return;
	for (int times = f->duplicate ? 2 : 1; times > 0; times--) {
		enum dl3_err err = send_event(c, counter);

		if (err != DL3_OK) {
			not_sent(c, err);
			return;
		}
		c->pbx->counts.deliveries++;
	}
	c->c.flush(c->c.arg);
}

static bool takes(const struct sim_client *c, size_t node, enum sim_stream_kind kind, bool connected)
{
	if (!hears(c, node) || !(kinds_of(c->flags) & kind))
		return false;
	return connected || kind != SIM_TELLS_DELTA3 || !(c->flags & DL3_FLAG_CONN);
}

static enum dl3_delta2_form form_of(const struct sim_client *c)
{
	return c->flags & DL3_FLAG_TEXT ? DL3_DELTA2_UTF8 : DL3_DELTA2_UNICODE;
}

/* To all who want the record in one form. @return whether anybody did. */
static bool tell_in(struct sim_pbx *p, size_t node, enum sim_stream_kind kind, bool connected,
                    const struct dl3_record *record, enum dl3_delta2_form form)
{
	bool encoded = false, any = false;

	for (struct sim_client *c = p->clients, *next; c; c = next) {
		next = c->next;
		if (!takes(c, node, kind, connected) || (kind == SIM_TELLS_DELTA2 && form_of(c) != form))
			continue;
		any = true;
		if (!encoded && !encode(p, node, record, form)) {
			not_encoded(c, node);
			continue;
		}
		encoded = true;
		deliver(c, node);
	}
	return any;
}

static void tell(size_t node, enum sim_stream_kind kind, bool connected, const struct dl3_record *record, void *arg)
{
	struct sim_pbx *p = arg;
	struct sim_node_faults *f = &p->faults[node];
	bool told = tell_in(p, node, kind, connected, record, DL3_DELTA2_UNICODE);

	if (kind == SIM_TELLS_DELTA2)
		told |= tell_in(p, node, kind, connected, record, DL3_DELTA2_UTF8);
	p->counts.events++;
	if (told && f->lose > 0)
		f->lose--;
	else if (told)
		f->duplicate = false;
}

static unsigned wants(size_t node, void *arg)
{
	const struct sim_pbx *p = arg;

	return p->wants[node];
}

struct sim_audience sim_pbx_audience(struct sim_pbx *p)
{
	return (struct sim_audience){ .wants = wants, .tell = tell, .arg = p };
}

/* ---- Snapshots ---- */

static bool tell_one(const struct dl3_record *record, void *arg)
{
	struct sim_client *c = arg;
	struct sim_pbx *p = c->pbx;

	if (dl3_session_output(c->c.session).len > DL3_OUTPUT_HIGH(DL3_SERVER_MAX_OUTPUT))
		return false;
	if (!encode(p, c->snapshot_node, record, DL3_DELTA2_UNICODE)) {
		not_encoded(c, c->snapshot_node);
		return true;
	}
	enum dl3_err err = send_event(c, c->counters[c->snapshot_node] + 1);

	/* What does not fit in an empty queue never will. */
	if (err != DL3_OK && (err != DL3_ERR_OUTPUT_LIMIT || dl3_session_output(c->c.session).len == 0))
		not_sent(c, err);
	if (err != DL3_OK)
		return false;
	c->counters[c->snapshot_node]++;
	p->counts.deliveries++;
	return true;
}

void sim_pbx_go_on(struct sim_client *c)
{
	bool network = c->flags & DL3_FLAG_SCN;

	while (c->snapshot) {
		bool all = sim_report_snapshot(c->pbx->report, c->snapshot_node, c->flags & DL3_FLAG_CONN,
		                               &c->snapshot_from, tell_one, c);

		c->c.flush(c->c.arg);
		if (!all)
			return;
		c->snapshot_from = 0;
		if (network && ++c->snapshot_node < c->pbx->world->node_count)
			continue;
		c->snapshot = false;
		dl3_server_hold(c->c.session, false);
		c->c.flush(c->c.arg);
	}
}
