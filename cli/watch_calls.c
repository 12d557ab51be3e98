/* SPDX-License-Identifier: MIT */
/* `devlink3 watch --calls`: a line for each call that is over. */
#include <errno.h>
#include <stdlib.h>

#include "calls.h"
#include "link.h"
#include "watch.h"

struct sink {
	struct watch_sink sink;
	struct link_output *out;
	struct call_printer *printer;
	bool up;      /* a stream was accepted, and the connection has not been lost since */
	bool stopped; /* nothing more can be shown */
};

static struct sink *sink_of(struct watch_sink *sink)
{
	return (struct sink *)(void *)sink;
}

static int write_out(const char *data, size_t len, void *arg)
{
	struct sink *s = arg;

	link_output_octets(s->out, data, len);
	return s->out->state == OUTPUT_OPEN ? 0 : -1;
}

static int64_t milliseconds(const struct timespec *at)
{
	return (int64_t)at->tv_sec * 1000 + at->tv_nsec / 1000000;
}

/* Something was told that nobody will know. An event that breaks off before its counter is missing in the counters. */
static int take_malformed(struct sink *s, int64_t now, const struct dl3_event *e)
{
	uint32_t pbx = e->u.malformed.pbx;
	struct dl3_msg m;

	if (!e->u.malformed.in_tuple) {
		if (dl3_msg_decode(e->u.malformed.octets, &m, NULL) != DL3_OK || m.type != DL3_MSG_EVENT)
			return 0;
		pbx = m.u.event.pbx;
	}
	return call_printer_counter(s->printer, now, pbx, DL3_COUNTER_GAP);
}

/* @return as a printer does. */
static int take_event(struct sink *s, int64_t now, const struct dl3_event *e)
{
	switch (e->type) {
	case DL3_EV_STREAM:
		s->up |= e->u.stream.streaming;
		return e->u.stream.streaming ? call_printer_link_up(s->printer, now) : 0;
	case DL3_EV_RECORD:
		return call_printer_record(s->printer, now, e->u.record.pbx, e->u.record.counter,
		                           e->u.record.record);
	case DL3_EV_COUNTER:
		return call_printer_counter(s->printer, now, e->u.counter.pbx, e->u.counter.change);
	case DL3_EV_SNAPSHOT_END:
		return call_printer_snapshot_end(s->printer, now);
	case DL3_EV_MALFORMED:
		return take_malformed(s, now, e);
	default:
		return 0;
	}
}

/* Without memory for a line there is no use in going on. */
static void check(struct sink *s, int result)
{
	if (result == 0 || s->stopped)
		return;
	s->stopped = true;
	if (s->out->state != OUTPUT_OPEN)
		return;
	s->out->state = OUTPUT_FAILED;
	s->out->error = ENOMEM;
}

static void event(struct watch_sink *sink, const struct timespec *at, const struct dl3_event *e,
                  bool snapshot)
{
	struct sink *s = sink_of(sink);

	(void)snapshot;
	if (!s->stopped)
		check(s, take_event(s, milliseconds(at), e));
}

static void change(struct watch_sink *sink, const struct timespec *at, const struct dl3_link_change *c)
{
	struct sink *s = sink_of(sink);

	if (!s->up || s->stopped || (c->state != DL3_LINK_WAITING && c->state != DL3_LINK_STOPPED))
		return;
	s->up = false;
	check(s, call_printer_link_lost(s->printer, milliseconds(at)));
}

static void second(struct watch_sink *sink)
{
	struct sink *s = sink_of(sink);
	struct timespec now = link_now();

	if (!s->stopped)
		check(s, call_printer_tick(s->printer, milliseconds(&now)));
}

static void finish(struct watch_sink *sink)
{
	struct sink *s = sink_of(sink);

	if (!s->stopped)
		check(s, call_printer_finish(s->printer));
	call_printer_free(s->printer);
	free(s);
}

static const struct watch_sink_ops ops = {
	.event = event, .change = change, .second = second, .finish = finish
};

struct watch_sink *watch_calls_new(struct link_output *out, const struct call_style *style)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct sink){ .sink = { .ops = &ops }, .out = out };
	s->printer = call_printer_new(style, write_out, s);
	if (s->printer)
		return &s->sink;
	free(s);
	return NULL;
}
