/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "link.h"
#include "ping.h"

#define FIRST_SAMPLES 256u

void ping_report_init(struct ping_report *r, struct link_output *out, bool json)
{
	r->out = out;
	r->json = json;
}

void ping_report_finish(struct ping_report *r)
{
	free(r->samples);
	r->samples = NULL;
}

static void say(struct ping_report *r, const char *line)
{
	link_output_octets(r->out, line, strlen(line));
}

/* What a line of JSON begins with. */
static void begin_json(char *buf, size_t cap)
{
	struct timespec now = link_now();
	char time[LINK_TIME_TEXT];

	link_time_text(&now, time);
	snprintf(buf, cap, "{\"time\":\"%s\"", time);
}

/* ---- Numbers ---- */

static bool make_room(struct ping_report *r)
{
	size_t cap = r->cap ? 2 * r->cap : FIRST_SAMPLES;

	if (r->count < r->cap)
		return true;
	if (r->cap == PING_SAMPLES_MAX)
		return false;
	float *samples = realloc(r->samples, cap * sizeof(*samples));
	if (!samples)
		return false;
	r->samples = samples;
	r->cap = cap;
	return true;
}

static void add_sample(struct ping_report *r, double ms)
{
	r->sum_ms += ms;
	r->squares += ms * ms;
	if (r->received == 1 || ms < r->min_ms)
		r->min_ms = ms;
	if (ms > r->max_ms)
		r->max_ms = ms;
	if (make_room(r))
		r->count++;
	if (r->count > 0)
		r->samples[r->at++ % r->count] = (float)ms;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* The least time that so many in a hundred did not exceed; samples are in order. */
static double percentile(const struct ping_report *r, double percent)
{
	size_t rank = (size_t)ceil(percent / 100 * (double)r->count);

	return (double)r->samples[rank > 0 ? rank - 1 : 0];
}

/* ---- Lines ---- */

static void answer_text(struct ping_report *r, const struct ping_answer *a)
{
	char line[256];

	snprintf(line, sizeof(line), "%zu octets from %s: seq=%" PRIu64 " time=%.3f ms%s%s%s\n", a->octets,
	         r->address, a->seq, (double)a->ns / 1e6, a->late ? " late" : "", a->wrong ? " WRONG: " : "",
	         a->wrong ? a->wrong : "");
	say(r, line);
}

static void answer_json(struct ping_report *r, const struct ping_answer *a)
{
	char line[512];

	begin_json(line, sizeof(line));
	size_t n = strlen(line);
	snprintf(line + n, sizeof(line) - n,
	         ",\"seq\":%" PRIu64 ",\"octets\":%zu,\"time_ms\":%.3f%s%s%s%s}\n", a->seq, a->octets,
	         (double)a->ns / 1e6, a->late ? ",\"late\":true" : "", a->wrong ? ",\"wrong\":\"" : "",
	         a->wrong ? a->wrong : "", a->wrong ? "\"" : "");
	say(r, line);
}

void ping_report_answer(struct ping_report *r, const struct ping_answer *a)
{
	if (a->wrong)
		r->wrong++;
	if (a->late) {
		r->late++;
	} else {
		r->received++;
		add_sample(r, (double)a->ns / 1e6);
	}
	if (r->json)
		answer_json(r, a);
	else
		answer_text(r, a);
}

void ping_report_lost(struct ping_report *r, uint64_t seq)
{
	char line[256];

	if (r->json) {
		begin_json(line, sizeof(line));
		size_t n = strlen(line);
		snprintf(line + n, sizeof(line) - n, ",\"seq\":%" PRIu64 ",\"lost\":true}\n", seq);
	} else {
		snprintf(line, sizeof(line), "no answer from %s: seq=%" PRIu64 " lost\n", r->address, seq);
	}
	say(r, line);
}

void ping_report_note(struct ping_report *r, const char *text)
{
	char line[256];

	r->wrong++;
	if (r->json) {
		begin_json(line, sizeof(line));
		size_t n = strlen(line);
		snprintf(line + n, sizeof(line) - n, ",\"wrong\":\"%s\"}\n", text);
	} else {
		snprintf(line, sizeof(line), "%s\n", text);
	}
	say(r, line);
}

/* ---- The summary ---- */

void ping_report_lose(struct ping_report *r, uint64_t waiting)
{
	r->sent -= waiting;
}

static double loss(const struct ping_report *r)
{
	return r->sent > 0 ? 100.0 * (double)(r->sent - r->received) / (double)r->sent : 0;
}

static double deviation(const struct ping_report *r)
{
	double mean = r->sum_ms / (double)r->received;
	double variance = r->squares / (double)r->received - mean * mean;

	return variance > 0 ? sqrt(variance) : 0;
}

static void summary_json(struct ping_report *r)
{
	char line[640];

	begin_json(line, sizeof(line));
	size_t n = strlen(line);
	n += (size_t)snprintf(line + n, sizeof(line) - n,
	                      ",\"summary\":{\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"lost\":%" PRIu64
	                      ",\"late\":%" PRIu64 ",\"wrong\":%" PRIu64 ",\"loss_percent\":%.3f",
	                      r->sent, r->received, r->sent - r->received, r->late, r->wrong, loss(r));
	if (r->count > 0)
		n += (size_t)snprintf(line + n, sizeof(line) - n,
		                      ",\"min_ms\":%.3f,\"avg_ms\":%.3f,\"max_ms\":%.3f,\"mdev_ms\":%.3f,"
		                      "\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f",
		                      r->min_ms, r->sum_ms / (double)r->received, r->max_ms, deviation(r),
		                      percentile(r, 50), percentile(r, 90), percentile(r, 99));
	snprintf(line + n, sizeof(line) - n, "}}\n");
	say(r, line);
}

static void summary_text(struct ping_report *r)
{
	char line[512], odd[96] = "";

	if (r->late > 0 || r->wrong > 0)
		snprintf(odd, sizeof(odd), ", %" PRIu64 " late, %" PRIu64 " wrong", r->late, r->wrong);
	snprintf(line, sizeof(line), "--- %s ---\n%" PRIu64 " sent, %" PRIu64 " received, %.4g %% lost%s\n",
	         r->address, r->sent, r->received, loss(r), odd);
	say(r, line);
	if (r->count == 0)
		return;
	snprintf(line, sizeof(line),
	         "min/avg/max/mdev %.3f/%.3f/%.3f/%.3f ms, p50/p90/p99 %.3f/%.3f/%.3f ms\n", r->min_ms,
	         r->sum_ms / (double)r->received, r->max_ms, deviation(r), percentile(r, 50),
	         percentile(r, 90), percentile(r, 99));
	say(r, line);
}

void ping_report_summary(struct ping_report *r)
{
	if (r->count > 0)
		qsort(r->samples, r->count, sizeof(*r->samples), compare);
	if (r->json)
		summary_json(r);
	else
		summary_text(r);
}
