/* SPDX-License-Identifier: MIT */
/* What a link would tell, said by hand. */
#ifndef DL3T_FED_H
#define DL3T_FED_H

#include "proxied.h"

static inline void feed_begin(struct proxied *x, uint32_t flags)
{
	struct dl3_event ev = { .type = DL3_EV_STREAM };

	ev.u.stream.streaming = true;
	ev.u.stream.accepted = flags;
	proxy_event(x->proxy, &ev);
}

static inline void feed_snapshot_end(struct proxied *x)
{
	proxy_event(x->proxy, &(struct dl3_event){ .type = DL3_EV_SNAPSHOT_END });
}

static inline void feed_up(struct proxied *x, uint32_t flags)
{
	feed_begin(x, flags);
	feed_snapshot_end(x);
}

static inline void feed_tuple(struct proxied *x, uint32_t counter, unsigned index, uint32_t code,
                              const void *data, size_t len)
{
	struct dl3_tuple tuple = { .code = code, .data = { data, len } };
	struct dl3_event ev = { .type = DL3_EV_RECORD };
	char *scratch = malloc(DL3_RECORD_SCRATCH(len) + 1);
	struct dl3_record record;

	assert_non_null(scratch);
	assert_int_equal(dl3_record_decode(&tuple, scratch, DL3_RECORD_SCRATCH(len) + 1, &record, NULL),
	                 DL3_OK);
	ev.u.record.pbx = 0xc0a82a01;
	ev.u.record.counter = counter;
	ev.u.record.index = index;
	ev.u.record.record = &record;
	ev.u.record.tuple = &tuple;
	proxy_event(x->proxy, &ev);
	free(scratch);
}

static inline void feed(struct proxied *x, uint32_t counter, const char *text)
{
	feed_tuple(x, counter, 0, DL3_TUPLE_DELTA3, text, strlen(text) + 1);
}

static inline void feed_counter(struct proxied *x, enum dl3_counter_change change)
{
	struct dl3_event ev = { .type = DL3_EV_COUNTER };

	ev.u.counter.change = change;
	ev.u.counter.pbx = 0xc0a82a01;
	proxy_event(x->proxy, &ev);
}

/* A call of two ends that are connected, or of one that rings. */
static inline void feed_call(struct proxied *x, uint32_t counter, unsigned id, const char *a, const char *b)
{
	char text[512];

	if (b)
		(void)snprintf(text, sizeof(text),
		               "<Detail><Call>c0a82a01,%u,,,,0,,,,</Call><PartyA>%s,1,2,1,0,0,1</PartyA>"
		               "<PartyB>%s,0,2,1,0,0,0</PartyB></Detail>",
		               id, a, b);
	else
		(void)snprintf(
			text, sizeof(text),
			"<Detail><Call>c0a82a01,%u,,,,0,,,,</Call><PartyA>%s,1,19,1,0,0,1</PartyA></Detail>",
			id, a);
	feed(x, counter, text);
}

static inline void feed_lost(struct proxied *x, uint32_t counter, const char *end)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "<CallLost>c0a82a01,%s,1,16,9</CallLost>", end);
	feed(x, counter, text);
}

/* The events that a peer kept: counters with their text, "7:<CallLost>...|". */
static inline const char *kept(const struct peer *p, char *out, size_t size)
{
	struct dl3_frame f;
	size_t at = 0, used = 0;

	out[0] = '\0';
	while (at < p->len && dl3_frame_decode(p->octets + at, p->len - at, &f, NULL) == DL3_OK) {
		struct dl3_msg msg;
		struct dl3_tuple t;

		assert_int_equal(dl3_msg_decode(f.payload, &msg, NULL), DL3_OK);
		used += (size_t)snprintf(out + used, size - used, "%u:", (unsigned)msg.u.event.counter);
		struct dl3_octets tuples = msg.u.event.tuples;
		while (dl3_tuple_next(&tuples, &t, NULL) == DL3_OK)
			used += (size_t)snprintf(
				out + used, size - used, "%.*s",
				(int)strnlen((const char *)t.data.ptr, t.data.len < 61 ? t.data.len : 61),
				(const char *)t.data.ptr);
		used += (size_t)snprintf(out + used, size - used, "|");
		at += f.size;
	}
	return out;
}

#endif
