/* SPDX-License-Identifier: MIT */
/*
 * What the tools cost beside the library alone: a recording of many events is written, decoded by the library in this
 * process and by `devlink3 decode` in its own, and played by `devlink3 replay` to `devlink3 watch`, which must get
 * all of it. Usage: tools PROGRAM [EVENTS]
 */
#include <devlink3/devlink3.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/capture_write.h"
#include "stream.h"

#define EVENTS 1000000u
#define OCTETS_OF_EVENT 257u
#define ROUNDS 3
#define LINE 512

static double of_time(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double cpu_of(int who)
{
	struct rusage u;

	(void)getrusage(who, &u);
	return of_time(u.ru_utime) + of_time(u.ru_stime);
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- The recording ---- */

static void write_recording(const struct stream *s, const char *path)
{
	const struct sockaddr_in client = { .sin_family = AF_INET,
		                            .sin_addr.s_addr = htonl(0xc0000209u),
		                            .sin_port = htons(40000) };
	const struct sockaddr_in pbx = { .sin_family = AF_INET,
		                         .sin_addr.s_addr = htonl(0xc0000205u),
		                         .sin_port = htons(CAPTURE_PORT) };
	char error[256];
	struct capture_writer *w = capture_writer_open(path, error, sizeof(error));
	uint64_t now = 1772357400000000;

	if (!w)
		fail(path);
	capture_writer_connection(w, now, (const struct sockaddr *)&client, (const struct sockaddr *)&pbx);
	for (size_t at = 0; at < s->len; at += 1460, now += 10)
		capture_writer_data(w, now, true, s->octets + at, s->len - at < 1460 ? s->len - at : 1460);
	capture_writer_end(w, now, CAPTURE_END_PBX);
	if (capture_writer_close(w, error, sizeof(error)) != 0)
		fail(error);
}

/* ---- The library alone ---- */

static size_t decode_all(const struct stream *s, bool json)
{
	static char line[65536];
	static char scratch[DL3_RECORD_SCRATCH_MAX];
	size_t events = 0, len = 0;

	for (size_t at = 0; at < s->len; events++) {
		struct dl3_frame frame;
		struct dl3_msg msg;
		struct dl3_tuple tuple;
		struct dl3_record record;
		if (dl3_frame_decode(s->octets + at, s->len - at, &frame, NULL) != DL3_OK ||
		    dl3_msg_decode(frame.payload, &msg, NULL) != DL3_OK)
			abort();
		while (dl3_tuple_next(&msg.u.event.tuples, &tuple, NULL) == DL3_OK) {
			if (dl3_record_decode(&tuple, scratch, sizeof(scratch), &record, NULL) != DL3_OK)
				abort();
			if (json &&
			    dl3_record_json(&record, DL3_JSON_DEFAULT, line, sizeof(line), &len) != DL3_OK)
				abort();
		}
		at += frame.size;
	}
	return events;
}

static double library(const struct stream *s, bool json)
{
	double before = cpu_of(RUSAGE_SELF);

	if (decode_all(s, json) != s->events)
		abort();
	return cpu_of(RUSAGE_SELF) - before;
}

/* ---- The tools ---- */

static double shell(const char *command)
{
	double before = cpu_of(RUSAGE_CHILDREN);

	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
	return cpu_of(RUSAGE_CHILDREN) - before;
}

static double best(double a, double b)
{
	return a == 0 || b < a ? b : a;
}

static void print(const char *name, const struct stream *s, double took, double alone)
{
	printf("%-34s %9.0f %12.0f %10.2f\n", name, (double)s->len / 1e6 / took, (double)s->events / took,
	       alone / took);
}

/* @return whether `watch` got everything. */
static bool play(const char *program, const char *recording, const struct stream *s)
{
	char command[4 * LINE], line[128] = "";
	uint64_t got = 0;

	(void)snprintf(command, sizeof(command),
	               "%s replay --listen 127.0.0.1:0 --speed 0 --once --quiet %s > %s.port & "
	               "while ! grep -q listening %s.port; do sleep 0.05; done; "
	               "DEVLINK3_PASSWORD=devlink3 %s watch --json --no-retry "
	               "devlink3://devlink3@$(sed 's/.* //' %s.port) 2>/dev/null | grep -c '\"record\":'; "
	               "wait; rm -f %s.port",
	               program, recording, recording, recording, program, recording, recording);
	double before = cpu_of(RUSAGE_CHILDREN);
	FILE *p = popen(command, "r");
	if (!p || !fgets(line, sizeof(line), p))
		fail("replay");
	(void)pclose(p);
	got = strtoull(line, NULL, 10);
	double took = cpu_of(RUSAGE_CHILDREN) - before;
	printf("\nreplay to watch: %" PRIu64
	       " of %zu events came, %.0f events a second of CPU for both and the count of the lines\n",
	       got, s->events, (double)s->events / took);
	return got == s->events;
}

int main(int argc, char **argv)
{
	size_t want = argc > 2 ? strtoull(argv[2], NULL, 10) : EVENTS;
	char path[] = "/var/tmp/devlink3-bench-XXXXXX", count[LINE], json[LINE];

	if (argc < 2 || want == 0) {
		fprintf(stderr, "usage: tools PROGRAM [EVENTS]\n");
		return 2;
	}
	struct stream s = stream_make(20160730, want * OCTETS_OF_EVENT);
	int fd = mkstemp(path);
	if (fd < 0)
		fail(path);
	(void)close(fd);
	write_recording(&s, path);
	(void)snprintf(count, sizeof(count), "%s decode --count %s > /dev/null", argv[1], path);
	(void)snprintf(json, sizeof(json), "%s decode %s > /dev/null", argv[1], path);
	double alone = 0, alone_json = 0, tool = 0, tool_json = 0;
	/* In turns, so that a slow moment of the machine falls on all of them. */
	for (int i = 0; i < ROUNDS; i++) {
		alone = best(alone, library(&s, false));
		tool = best(tool, shell(count));
		alone_json = best(alone_json, library(&s, true));
		tool_json = best(tool_json, shell(json));
	}
	printf("%zu events, %.1f MB; best of %d rounds, CPU time of the whole process\n\n", s.events,
	       (double)s.len / 1e6, ROUNDS);
	printf("%-34s %9s %12s %10s\n", "", "MB/s", "events/s", "x library");
	print("library: decode", &s, alone, alone);
	print("devlink3 decode --count", &s, tool, alone);
	print("library: decode and JSON", &s, alone_json, alone_json);
	print("devlink3 decode", &s, tool_json, alone_json);
	(void)fflush(stdout);
	bool all = play(argv[1], path, &s);
	(void)unlink(path);
	stream_free(&s);
	return all ? 0 : 1;
}
