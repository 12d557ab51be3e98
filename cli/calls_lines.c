/* SPDX-License-Identifier: MIT */
#include "calls_lines.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "calls_json.h"

/* A record's line has a few thousand octets; an event of the greatest length some hundred times that. */
#define LINE_MAX_OCTETS ((size_t)16 << 20)
#define LOOK 256u
#define BLANK_MAX 4096u /* in front of the first line */

struct lines {
	struct input *in;
	struct calls_feed *feed;
	struct calls_stream *stream;
	struct calls_record_room room;
	char *line;
	size_t len, cap;
	bool too_long;
	uint64_t number;
	void (*complain)(const char *what, void *arg);
	void *arg;
};

int calls_lines_detect(struct input *in)
{
	size_t i = 0;

	do {
		if (input_fill(in, i + 1) != 0 || input_fill_at_hand(in, i + LOOK) != 0)
			return -1;
		if (i == 0 && input_left(in) >= 3 && memcmp(input_here(in), "\xef\xbb\xbf", 3) == 0)
			i = 3;
		while (i < input_left(in) && isspace(input_here(in)[i]))
			i++;
	} while (i == input_left(in) && !in->at_end && i < BLANK_MAX);
	return i < input_left(in) && input_here(in)[i] == '{';
}

/* ---- A line ---- */

static int keep(struct lines *l, const uint8_t *data, size_t n)
{
	if (l->too_long || l->len + n > LINE_MAX_OCTETS) {
		l->too_long = true;
		return 0;
	}
	if (n == 0)
		return 0;
	if (l->len + n > l->cap) {
		size_t cap = (l->len + n) * 2;
		char *line = realloc(l->line, cap);
		if (!line)
			return -1;
		l->line = line;
		l->cap = cap;
	}
	memcpy(l->line + l->len, data, n);
	l->len += n;
	return 0;
}

/* @return 1, 0 at the end, -1 as input_fill(). */
static int read_line(struct lines *l)
{
	l->len = 0;
	l->too_long = false;
	for (bool any = false;; any = true) {
		if (input_fill(l->in, 1) != 0)
			return -1;
		size_t left = input_left(l->in);
		if (left == 0)
			return any;
		const uint8_t *here = input_here(l->in), *end = memchr(here, '\n', left);
		size_t n = end ? (size_t)(end - here) : left;
		if (keep(l, here, n) != 0)
			return -1;
		l->in->at += n + (end != NULL);
		if (end)
			return 1;
	}
}

static int complain(struct lines *l, const char *text)
{
	char what[320];

	snprintf(what, sizeof(what), "line %" PRIu64 ": %s", l->number, text);
	l->feed->faults++;
	l->complain(what, l->arg);
	return 0;
}

static int complain_of(struct lines *l, const struct calls_problem *p)
{
	char text[256];

	snprintf(text, sizeof(text), "%s%sexpected %s, came %s", p->where, *p->where ? ": " : "", p->expected,
	         p->came);
	return complain(l, text);
}

/* ---- What a line says. @return 0, or -1 as a printer does. ---- */

static int take_record(struct lines *l, const json_t *json, uint32_t pbx, uint32_t counter)
{
	struct calls_problem problem = { .expected = NULL };
	struct dl3_record record;
	int got = calls_record_of(json, &l->room, &record, &problem);

	if (got < 0)
		return -1;
	if (got == 0) {
		complain_of(l, &problem);
		return call_printer_counter(l->stream->printer, l->stream->now_ms, pbx, DL3_COUNTER_GAP);
	}
	return calls_stream_record(l->feed, l->stream, pbx, counter, &record);
}

static bool counter_of(const json_t *json, uint32_t *out)
{
	json_int_t n = json_integer_value(json);

	*out = (uint32_t)n;
	return json_is_integer(json) && n >= 0 && n <= UINT32_MAX;
}

/* A record of `watch`, or the records of an event of `decode`. */
static int take_records(struct lines *l, const json_t *line, const json_t *record)
{
	const json_t *address = json_object_get(line, "pbx_address"),
		     *number = json_object_get(line, "counter");
	struct calls_problem problem = { .expected = NULL };
	uint32_t pbx, counter = 0;
	enum dl3_counter_change change;

	if (!calls_address_of(address, &pbx)) {
		calls_problem_is(&problem, "pbx_address", "", "an address such as \"192.0.2.5\"", address);
		return complain_of(l, &problem);
	}
	if (number && !counter_of(number, &counter)) {
		calls_problem_is(&problem, "counter", "", "a number of 32 bits", number);
		return complain_of(l, &problem);
	}
	/* Records of one event have one counter, a line each. */
	if (number && calls_stream_count(l->stream, pbx, counter, &change) == 1 &&
	    change != DL3_COUNTER_DUPLICATE &&
	    call_printer_counter(l->stream->printer, l->stream->now_ms, pbx, change) != 0)
		return -1;
	if (!json_is_array(record))
		return take_record(l, record, pbx, counter);
	for (size_t i = 0; i < json_array_size(record); i++)
		if (take_record(l, json_array_get(record, i), pbx, counter) != 0)
			return -1;
	return 0;
}

static int take_counter(struct lines *l, const json_t *said, enum dl3_counter_change change)
{
	uint32_t pbx, came;

	if (!calls_address_of(json_object_get(said, "pbx_address"), &pbx) ||
	    !counter_of(json_object_get(said, "came"), &came))
		return complain(l, "expected pbx_address and came of a counter");
	return calls_stream_counter(l->stream, pbx, came, change);
}

static bool is_stream(const json_t *said)
{
	const char *result = json_string_value(json_object_get(said, "result"));

	return result && (strcmp(result, "success") == 0 || strcmp(result, "partial_success") == 0);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The PBX of an event that could not be read, by its octets. */
static bool pbx_of_data(const json_t *data, uint32_t *out)
{
	const char *hex = json_string_value(data);
	uint8_t octets[12]; /* code, PBX, counter */
	struct dl3_msg m;

	if (!hex || strlen(hex) < 2 * sizeof(octets))
		return false;
	for (size_t i = 0; i < sizeof(octets); i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		octets[i] = (uint8_t)(high << 4 | low);
	}
	if (dl3_msg_decode((struct dl3_octets){ .ptr = octets, .len = sizeof(octets) }, &m, NULL) != DL3_OK ||
	    m.type != DL3_MSG_EVENT)
		return false;
	*out = m.u.event.pbx;
	return true;
}

/* Something was told that nobody will know. */
static int take_malformed(struct lines *l, const json_t *said)
{
	const json_t *address = json_object_get(said, "pbx_address");
	uint32_t pbx;

	l->feed->faults++;
	if (address ? !calls_address_of(address, &pbx) : !pbx_of_data(json_object_get(said, "data"), &pbx))
		return 0;
	return call_printer_counter(l->stream->printer, l->stream->now_ms, pbx, DL3_COUNTER_GAP);
}

static int take_link(struct lines *l, const char *state, const char *before)
{
	bool up = before && (strcmp(before, "up") == 0 || strcmp(before, "snapshot") == 0);
	bool still = strcmp(state, "up") == 0 || strcmp(state, "snapshot") == 0;

	return up && !still ? calls_stream_ends(l->stream) : 0;
}

/* A message of `decode` that is no event. */
static int take_message(struct lines *l, const json_t *line, const char *message)
{
	if (strcmp(message, "event_reply") == 0)
		return is_stream(line) ? calls_stream_begins(l->stream) : 0;
	if (strcmp(message, "test_reply") == 0 || strcmp(message, "test_request") == 0)
		return calls_stream_snapshot_end(l->stream);
	return 0;
}

static int take_line(struct lines *l, const json_t *line)
{
	static const struct {
		const char *name;
		enum dl3_counter_change change;
	} counters[] = { { "gap", DL3_COUNTER_GAP },
		         { "duplicate", DL3_COUNTER_DUPLICATE },
		         { "restart", DL3_COUNTER_RESTART } };
	const json_t *said = json_object_get(line, "record");
	const char *word;

	if (said || (said = json_object_get(line, "records")) != NULL)
		return take_records(l, line, said);
	if ((said = json_object_get(line, "stream")) != NULL)
		return is_stream(said) ? calls_stream_begins(l->stream) : 0;
	if (json_object_get(line, "snapshot_end"))
		return calls_stream_snapshot_end(l->stream);
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if ((said = json_object_get(line, counters[i].name)) != NULL)
			return take_counter(l, said, counters[i].change);
	if ((said = json_object_get(line, "malformed")) != NULL)
		return take_malformed(l, said);
	if ((word = json_string_value(json_object_get(line, "link"))) != NULL)
		return take_link(l, word, json_string_value(json_object_get(line, "before")));
	if ((word = json_string_value(json_object_get(line, "message"))) != NULL)
		return take_message(l, line, word);
	if (json_object_get(line, "authenticated") || json_object_get(line, "unexpected") ||
	    json_object_get(line, "failed"))
		return 0;
	if (json_object_get(line, "error")) {
		l->feed->faults++;
		return 0;
	}
	return complain(l, "expected a record, came an object without one");
}

static int take_text(struct lines *l)
{
	json_error_t error;
	size_t skip = l->number == 1 && l->len >= 3 && memcmp(l->line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	int result;

	if (l->too_long)
		return complain(l, "expected at most 16 MiB, came more");
	while (skip < l->len && isspace((unsigned char)l->line[skip]))
		skip++;
	if (skip == l->len)
		return 0;
	json_t *line = json_loadb(l->line + skip, l->len - skip, JSON_ALLOW_NUL, &error);
	if (!line && json_error_code(&error) == json_error_out_of_memory)
		return -1;
	if (!line) {
		char what[256];

		snprintf(what, sizeof(what), "expected JSON, came %s at column %d", error.text, error.column);
		return complain(l, what);
	}
	if (json_is_object(line)) {
		const json_t *time = json_object_get(line, "time");
		int64_t ms = -1;
		if (time && !calls_time_of(time, &ms))
			complain(l, "time: expected one such as 2026-01-31T09:05:07.042Z");
		calls_stream_time(l->stream, ms);
		result = take_line(l, line);
	} else {
		result = complain(l, "expected an object, came something else");
	}
	json_decref(line);
	return result;
}

int calls_lines_run(struct input *in, struct calls_feed *f, void (*complain_fn)(const char *what, void *arg),
                    void *arg)
{
	struct lines l = { .in = in, .feed = f, .complain = complain_fn, .arg = arg };
	int got = 1;

	l.stream = calls_feed_stream(f);
	if (!l.stream)
		return -1;
	while (got == 1 && (got = read_line(&l)) == 1) {
		l.number++;
		if (take_text(&l) != 0)
			got = -1;
	}
	calls_record_room_free(&l.room);
	free(l.line);
	return got;
}
