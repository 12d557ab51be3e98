/* SPDX-License-Identifier: MIT */
/*
 * How fast records are decoded, beside what others would do with the same octets in the same
 * run. Every row reads the same frames; what it finds is added up, so that nothing can be left
 * out by the compiler, and the counts must agree.
 */
#include <devlink3/devlink3.h>
#include <expat.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stream.h"

#define STREAM_OCTETS (32u << 20)
#define ROUNDS 9

struct found {
	uint64_t events;
	uint64_t fields; /* fields present, targets' included */
	uint64_t sum;    /* something of the contents */
};

struct method {
	const char *name;
	void (*run)(struct dl3_octets text, struct found *found, void *state);
	void *state;
	double best; /* seconds */
	struct found found;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Ours ---- */

/* Something of every row, so that it must have been put together. */
static uint64_t sum_of(const struct dl3_row *row)
{
	return row->present + row->valued;
}

static void add_detail(const struct dl3_detail *d, struct found *found)
{
	struct dl3_str rest = d->targets.raw;
	struct dl3_target target;

	found->sum += sum_of(&d->call.row) + sum_of(&d->a.row) + sum_of(&d->b.row);
	found->sum += (uint64_t)d->call.call_id + (uint64_t)d->a.state + d->a.cli.len;
	while (d->targets.count > 0 && dl3_target_next(&rest, &target) == DL3_OK)
		found->sum += sum_of(&target.row) + target.identity.len;
}

static void add_record(const struct dl3_record *r, struct found *found)
{
	if (r->kind == DL3_KIND_DETAIL)
		add_detail(&r->u.detail, found);
	else if (r->kind == DL3_KIND_CALL_LOST)
		found->sum += sum_of(&r->u.call_lost.row) + (uint64_t)r->u.call_lost.cause;
}

static struct dl3_str as_text(struct dl3_octets text)
{
	return (struct dl3_str){ .ptr = (const char *)text.ptr, .len = (uint32_t)text.len - 1 };
}

static void run_decode(struct dl3_octets text, struct found *found, void *state)
{
	struct dl3_record record;

	(void)state;
	if (dl3_delta3_decode(as_text(text), &record, NULL) != DL3_OK)
		abort();
	add_record(&record, found);
}

static void run_json(struct dl3_octets text, struct found *found, void *state)
{
	static char line[65536];
	struct dl3_record record;
	size_t len = 0;

	(void)state;
	if (dl3_delta3_decode(as_text(text), &record, NULL) != DL3_OK)
		abort();
	if (dl3_record_json(&record, DL3_JSON_DEFAULT, line, sizeof(line), &len) != DL3_OK)
		abort();
	add_record(&record, found);
	found->sum += len;
}

/* Not timed: how many fields the decoder finds, to be held against the count of the split. */
static void run_count(struct dl3_octets text, struct found *found, void *state)
{
	struct dl3_record record;
	struct dl3_target target;

	(void)state;
	if (dl3_delta3_decode(as_text(text), &record, NULL) != DL3_OK)
		abort();
	if (record.kind != DL3_KIND_DETAIL) {
		found->fields += (unsigned)__builtin_popcountll(record.u.call_lost.row.present);
		return;
	}
	const struct dl3_detail *d = &record.u.detail;
	struct dl3_str rest = d->targets.raw;
	found->fields += (unsigned)__builtin_popcountll(d->call.row.present);
	found->fields += (unsigned)__builtin_popcountll(d->a.row.present);
	found->fields += (unsigned)__builtin_popcountll(d->b.row.present);
	while (dl3_target_next(&rest, &target) == DL3_OK)
		found->fields += (unsigned)__builtin_popcountll(target.row.present);
}

/* ---- expat, then a split at the commas outside quotes: no number is read ---- */

struct expat_state {
	XML_Parser parser;
	struct found *found;
	char content[8192];
	size_t len;
	struct dl3_str fields[64];
};

static void XMLCALL on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct expat_state *s = arg;

	(void)name;
	(void)attributes;
	s->len = 0;
}

static void XMLCALL on_text(void *arg, const XML_Char *text, int len)
{
	struct expat_state *s = arg;

	if (s->len + (size_t)len <= sizeof(s->content)) {
		memcpy(s->content + s->len, text, (size_t)len);
		s->len += (size_t)len;
	}
}

static size_t split(struct expat_state *s)
{
	size_t n = 0, start = 0;
	bool quoted = false;

	for (size_t i = 0; i <= s->len && n < 64; i++) {
		if (i < s->len && s->content[i] == '"')
			quoted = !quoted;
		if (i == s->len || (s->content[i] == ',' && !quoted)) {
			s->fields[n++] =
				(struct dl3_str){ .ptr = s->content + start, .len = (uint32_t)(i - start) };
			start = i + 1;
		}
	}
	return n;
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	struct expat_state *s = arg;

	(void)name;
	if (s->len == 0)
		return;
	s->found->fields += split(s);
	s->found->sum += s->fields[0].len;
	s->len = 0;
}

static void run_expat(struct dl3_octets text, struct found *found, void *state)
{
	struct expat_state *s = state;

	s->found = found;
	XML_ParserReset(s->parser, NULL);
	XML_SetUserData(s->parser, s);
	XML_SetElementHandler(s->parser, on_start, on_end);
	XML_SetCharacterDataHandler(s->parser, on_text);
	if (XML_Parse(s->parser, (const char *)text.ptr, (int)text.len - 1, XML_TRUE) != XML_STATUS_OK)
		abort();
}

/* ---- Looking for commas and nothing else ---- */

static void run_memchr(struct dl3_octets text, struct found *found, void *state)
{
	const uint8_t *p = text.ptr;
	const uint8_t *end = p + text.len;

	(void)state;
	while ((p = memchr(p, ',', (size_t)(end - p))) != NULL) {
		found->fields++;
		p++;
	}
}

/* ---- One run ---- */

/* Frames, messages and tuples are walked the same way for all. */
static void run(const struct stream *s, struct method *m)
{
	size_t at = 0;
	struct found found = { 0 };
	double start = seconds();

	while (at < s->len) {
		struct dl3_frame frame;
		struct dl3_msg msg;
		struct dl3_tuple tuple;
		if (dl3_frame_decode(s->octets + at, s->len - at, &frame, NULL) != DL3_OK ||
		    dl3_msg_decode(frame.payload, &msg, NULL) != DL3_OK)
			abort();
		while (dl3_tuple_next(&msg.u.event.tuples, &tuple, NULL) == DL3_OK)
			m->run(tuple.data, &found, m->state);
		found.events++;
		at += frame.size;
	}
	double took = seconds() - start;
	if (m->best == 0 || took < m->best)
		m->best = took;
	m->found = found;
}

static void print(const struct stream *s, const struct method *m, const struct method *expat,
                  const struct method *scan)
{
	double mb = (double)s->len / 1e6 / m->best;

	printf("%-28s %9.0f %12.0f %10.2f %10.2f\n", m->name, mb, (double)s->events / m->best,
	       expat->best / m->best, scan->best / m->best);
}

int main(void)
{
	struct stream s = stream_make(20160730, STREAM_OCTETS);
	struct expat_state *expat = calloc(1, sizeof(*expat));

	if (!expat || !(expat->parser = XML_ParserCreate(NULL)))
		abort();
	struct method methods[] = {
		{ .name = "full typed decode", .run = run_decode },
		{ .name = "decode and JSON", .run = run_json },
		{ .name = "expat and split", .run = run_expat, .state = expat },
		{ .name = "memchr for commas", .run = run_memchr },
	};
	size_t count = sizeof(methods) / sizeof(methods[0]);

	/* In turns, so that a slow moment of the machine falls on all of them. */
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++)
			run(&s, &methods[i]);
	printf("%zu events, %.1f MB of frames, %.0f octets each on average; best of %d rounds, CPU time\n\n",
	       s.events, (double)s.len / 1e6, (double)s.len / (double)s.events, ROUNDS);
	printf("%-28s %9s %12s %10s %10s\n", "", "MB/s", "events/s", "x expat", "x memchr");
	for (size_t i = 0; i < count; i++)
		print(&s, &methods[i], &methods[2], &methods[3]);
	struct method counter = { .run = run_count };
	run(&s, &counter);
	bool agree = counter.found.fields == methods[2].found.fields;
	printf("\nfields found: %" PRIu64 " by the decoder, %" PRIu64 " by expat and split: %s\n",
	       counter.found.fields, methods[2].found.fields, agree ? "the same" : "NOT THE SAME");
	XML_ParserFree(expat->parser);
	free(expat);
	stream_free(&s);
	return agree ? 0 : 1;
}
