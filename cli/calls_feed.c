/* SPDX-License-Identifier: MIT */
#include "calls_feed.h"

#include <stdlib.h>
#include <string.h>

/* Half the circle: a step forward is less than this, anything else is a step back. */
#define HALF 0x80000000u
#define TENTH_MS 100
/* A recording goes on for so long after its last record: longer than a tracker waits for another node's word. */
#define AFTERWARDS_MS ((int64_t)DL3_TRACKER_GRACE_MS * 2)

int calls_feed_init(struct calls_feed *f, const struct call_style *style, calls_write_fn write, void *arg)
{
	*f = (struct calls_feed){ .style = *style, .write = write, .arg = arg };
	f->scratch = malloc(DL3_RECORD_SCRATCH_MAX);
	return f->scratch ? 0 : -1;
}

void calls_feed_finish(struct calls_feed *f)
{
	for (size_t i = 0; i < f->count; i++) {
		call_printer_free(f->streams[i].printer);
		free(f->streams[i].pbx);
		free(f->streams[i].client);
	}
	free(f->scratch);
}

/* ---- One stream ---- */

void calls_stream_time(struct calls_stream *s, int64_t time_ms)
{
	s->time_ms = time_ms;
	if (time_ms > s->now_ms)
		s->now_ms = time_ms;
}

int calls_stream_begins(struct calls_stream *s)
{
	s->snapshot = true;
	s->counters.count = 0;
	s->since_ms = s->time_ms;
	return call_printer_link_up(s->printer, s->now_ms);
}

int calls_stream_ends(struct calls_stream *s)
{
	return call_printer_link_lost(s->printer, s->now_ms);
}

int calls_stream_snapshot_end(struct calls_stream *s)
{
	if (!s->snapshot)
		return 0;
	s->snapshot = false;
	return call_printer_snapshot_end(s->printer, s->now_ms);
}

int calls_stream_count(struct calls_stream *s, uint32_t pbx, uint32_t came, enum dl3_counter_change *change)
{
	struct calls_counters *c = &s->counters;
	size_t i = 0;

	while (i < c->count && c->at[i].pbx != pbx)
		i++;
	if (i == CALLS_PBXS_MAX)
		return 0;
	uint32_t last = c->at[i].last;
	c->at[i].pbx = pbx;
	c->at[i].last = came;
	if (i == c->count) {
		c->count++;
		return 0;
	}
	*change = came == last             ? DL3_COUNTER_DUPLICATE
	          : came - last - 1 < HALF ? DL3_COUNTER_GAP
	                                   : DL3_COUNTER_RESTART;
	return came != last + 1;
}

int calls_stream_counter(struct calls_stream *s, uint32_t pbx, uint32_t came, enum dl3_counter_change change)
{
	enum dl3_counter_change unused;

	(void)calls_stream_count(s, pbx, came, &unused);
	return call_printer_counter(s->printer, s->now_ms, pbx, change);
}

static bool is_delta2(const struct dl3_record *r)
{
	return r->kind == DL3_KIND_DELTA2_S || r->kind == DL3_KIND_DELTA2_D || r->kind == DL3_KIND_DELTA2_A;
}

static int64_t delta2_time(const struct dl3_record *r, int64_t unit_ms)
{
	const struct dl3_delta2_s *s = &r->u.delta2_s;
	bool has = r->kind == DL3_KIND_DELTA2_S && DL3_HAS(s, DL3_DELTA2_S_TIMESTAMP) && unit_ms > 0;

	return has && s->timestamp < INT64_MAX / DL3_TRACKER_DELTA2_UNIT_MAX
	               ? s->timestamp * unit_ms / TENTH_MS
	               : -1;
}

/* Where nothing says when a record came, it came when the PBX made it. */
static int64_t pbx_time(const struct dl3_record *r, int64_t delta2_unit_ms)
{
	switch (r->kind) {
	case DL3_KIND_DELTA2_S:
		return delta2_time(r, delta2_unit_ms);
	case DL3_KIND_DETAIL:
		return DL3_HAS(&r->u.detail.call, DL3_CALL_TIMESTAMP) ? r->u.detail.call.timestamp : -1;
	case DL3_KIND_CALL_LOST:
		return DL3_HAS(&r->u.call_lost, DL3_CALL_LOST_TIMESTAMP) ? r->u.call_lost.timestamp : -1;
	case DL3_KIND_LINK_LOST:
		return DL3_HAS(&r->u.link_lost, DL3_LINK_LOST_TIMESTAMP) ? r->u.link_lost.timestamp : -1;
	case DL3_KIND_ATTEMPT_REJECT:
		return DL3_HAS(&r->u.attempt_reject, DL3_ATTEMPT_REJECT_TIMESTAMP)
		               ? r->u.attempt_reject.timestamp
		               : -1;
	default:
		return -1;
	}
}

int calls_stream_record(struct calls_feed *f, struct calls_stream *s, uint32_t pbx, uint32_t counter,
                        const struct dl3_record *record)
{
	int64_t tenths = s->time_ms < 0 ? pbx_time(record, f->style.delta2_unit_ms) : -1;

	f->records++;
	f->timeless += s->time_ms < 0 && is_delta2(record) && f->style.delta2_unit_ms == 0;
	if (tenths >= 0 && tenths < INT64_MAX / TENTH_MS && tenths * TENTH_MS > s->now_ms)
		s->now_ms = tenths * TENTH_MS;
	if (s->snapshot && s->since_ms < 0)
		s->since_ms = s->now_ms;
	/* It has nothing but Details. */
	if (s->snapshot && (record->kind != DL3_KIND_DETAIL || s->now_ms > s->since_ms + CALLS_SNAPSHOT_MS) &&
	    calls_stream_snapshot_end(s) != 0)
		return -1;
	return call_printer_record(s->printer, s->now_ms, pbx, counter, record);
}

/* ---- Which stream ---- */

static bool begins_stream(const struct dl3_msg *m)
{
	return m->type == DL3_MSG_EVENT_REPLY && (m->u.event_reply.result == DL3_EVENTS_SUCCESS ||
	                                          m->u.event_reply.result == DL3_EVENTS_PARTIAL_SUCCESS);
}

static struct calls_stream *add_stream(struct calls_feed *f, const struct source_origin *origin)
{
	struct calls_stream *s = &f->streams[f->count];

	*s = (struct calls_stream){ .time_ms = -1 };
	s->printer = call_printer_new(&f->style, f->write, f->arg);
	s->pbx = origin ? strdup(origin->from) : NULL;
	s->client = origin ? strdup(origin->to) : NULL;
	f->count++;
	return s->printer && (!origin || (s->pbx && s->client)) ? s : NULL;
}

struct calls_stream *calls_feed_stream(struct calls_feed *f)
{
	return f->count > 0 ? &f->streams[0] : add_stream(f, NULL);
}

/* "192.0.2.9:40001" and "192.0.2.9:40002" are the same host. */
static bool same_host(const char *a, const char *b)
{
	const char *a_port = strrchr(a, ':'), *b_port = strrchr(b, ':');
	size_t a_len = a_port ? (size_t)(a_port - a) : strlen(a);

	return a_len == (b_port ? (size_t)(b_port - b) : strlen(b)) && strncmp(a, b, a_len) == 0;
}

static struct calls_stream *find_stream(struct calls_feed *f, const struct source_origin *origin)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->streams[i].pbx, origin->from) == 0)
			return &f->streams[i];
	return NULL;
}

/*
 * Applications that listen to one PBX at the same time are told the same. One host is listened to; when
 * it connects again, its newer connection.
 * @return 1 with the stream, 0 when this is to be passed over, -1 without memory.
 */
static int stream_of(struct calls_feed *f, const struct source_origin *origin, const struct dl3_msg *m,
                     struct calls_stream **out)
{
	bool begins = begins_stream(m);
	struct calls_stream *s = *out = find_stream(f, origin);

	if (!s) {
		/* Only what streams makes a stream: others are no concern of the calls. */
		if ((!begins && m->type != DL3_MSG_EVENT) || f->count == CALLS_STREAMS_MAX)
			return 0;
		*out = add_stream(f, origin);
		return *out ? 1 : -1;
	}
	if (strcmp(s->client, origin->to) == 0)
		return 1;
	if (!begins || !same_host(s->client, origin->to))
		return 0;
	char *client = strdup(origin->to);
	if (!client)
		return -1;
	free(s->client);
	s->client = client;
	return calls_stream_ends(s) == 0 ? 1 : -1;
}

/* ---- Messages ---- */

static int take_tuples(struct calls_feed *f, struct calls_stream *s, const struct dl3_msg *m)
{
	struct dl3_octets left = m->u.event.tuples;
	struct dl3_tuple tuple;
	struct dl3_record record;
	uint32_t pbx = m->u.event.pbx, counter = m->u.event.counter;

	while (left.len > 0) {
		if (dl3_tuple_next(&left, &tuple, NULL) != DL3_OK ||
		    dl3_record_decode(&tuple, f->scratch, DL3_RECORD_SCRATCH_MAX, &record, NULL) != DL3_OK) {
			/* Something was told that nobody will know. */
			f->faults++;
			if (call_printer_counter(s->printer, s->now_ms, pbx, DL3_COUNTER_GAP) != 0)
				return -1;
			continue;
		}
		if (calls_stream_record(f, s, pbx, counter, &record) != 0)
			return -1;
	}
	return 0;
}

static int take_event(struct calls_feed *f, struct calls_stream *s, const struct dl3_msg *m)
{
	enum dl3_counter_change change;
	uint32_t pbx = m->u.event.pbx;

	if (calls_stream_count(s, pbx, m->u.event.counter, &change) == 1) {
		if (change == DL3_COUNTER_DUPLICATE)
			return 0;
		if (call_printer_counter(s->printer, s->now_ms, pbx, change) != 0)
			return -1;
	}
	return take_tuples(f, s, m);
}

static int take_message(struct calls_feed *f, const struct source_origin *origin, const struct dl3_msg *m)
{
	struct calls_stream *s;
	bool begins = begins_stream(m);
	int got = 1;

	if (!begins && m->type != DL3_MSG_EVENT && m->type != DL3_MSG_TEST_REQUEST &&
	    m->type != DL3_MSG_TEST_REPLY)
		return 0;
	if (origin)
		got = stream_of(f, origin, m, &s);
	else
		s = calls_feed_stream(f);
	if (got < 0 || (got == 1 && !s))
		return -1;
	if (got == 0) {
		f->passed_over += m->type == DL3_MSG_EVENT;
		return 0;
	}
	calls_stream_time(s, origin ? (int64_t)(origin->time_ns / 1000000) : -1);
	if (begins)
		return calls_stream_begins(s);
	if (m->type == DL3_MSG_EVENT)
		return take_event(f, s, m);
	/* The snapshot comes before anything else: what follows it shows that it is whole. */
	return calls_stream_snapshot_end(s);
}

int calls_feed_item(struct calls_feed *f, const struct source_item *item)
{
	struct dl3_msg msg;

	if (item->origin && item->origin->direction == SOURCE_CLIENT)
		return 0;
	if (item->hole || item->not_hex || item->fault.err != DL3_OK) {
		/* What is missing shows in the counters, if anything comes after it. */
		f->faults++;
		return 0;
	}
	if (dl3_msg_decode(item->payload, &msg, NULL) != DL3_OK) {
		f->faults++;
		return 0;
	}
	return take_message(f, item->origin, &msg);
}

/* ---- The end ---- */

int calls_feed_end(struct calls_feed *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct calls_stream *s = &f->streams[i];
		if (call_printer_tick(s->printer, s->now_ms + AFTERWARDS_MS) != 0 ||
		    call_printer_finish(s->printer) != 0)
			return -1;
	}
	return 0;
}

size_t calls_feed_up(const struct calls_feed *f)
{
	size_t up = 0;

	for (size_t i = 0; i < f->count; i++)
		up += call_printer_up(f->streams[i].printer);
	return up;
}
