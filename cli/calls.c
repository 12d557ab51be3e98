/* SPDX-License-Identifier: MIT */
/* `devlink3 calls`: the calls in what was recorded. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls_feed.h"
#include "calls_lines.h"
#include "command.h"
#include "options.h"
#include "output.h"
#include "source.h"
#include "source_pcap.h"

/* Lines that are complained of one by one. */
#define COMPLAINTS_MAX 20u

struct options {
	bool json, text, raw, hex, pcap, lines;
	bool open, users, groups, timeline;
	double port, delta2_unit;
};

struct reader {
	const char *name; /* of the file, for people */
	struct options o;
	struct calls_feed feed;
	struct source source;
	uint64_t complaints;
	bool output_lost;
	bool failed; /* something could not be read, and that was said */
};

static const struct option_entry entries[] = {
	{ .name = "json", .offset = offsetof(struct options, json) },
	{ .name = "text", .offset = offsetof(struct options, text) },
	{ .name = "raw", .offset = offsetof(struct options, raw) },
	{ .name = "hex", .offset = offsetof(struct options, hex) },
	{ .name = "pcap", .offset = offsetof(struct options, pcap) },
	{ .name = "lines", .offset = offsetof(struct options, lines) },
	{ .name = "open", .offset = offsetof(struct options, open) },
	{ .name = "users", .offset = offsetof(struct options, users) },
	{ .name = "groups", .offset = offsetof(struct options, groups) },
	{ .name = "timeline", .offset = offsetof(struct options, timeline) },
	{ .name = "port",
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, port),
	  .low = 1,
	  .high = 65535 },
	{ .name = "delta2-unit",
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, delta2_unit),
	  .low = 1,
	  .high = DL3_TRACKER_DELTA2_UNIT_MAX },
};

/* ---- Output ---- */

static int write_out(const char *data, size_t len, void *arg)
{
	struct reader *r = arg;

	r->output_lost = output_write(data, len) != 0;
	return r->output_lost ? -1 : 0;
}

/* Nothing more is there for now: what is known is shown. */
static int show(void *arg)
{
	struct reader *r = arg;

	r->output_lost = output_flush() != 0;
	return r->output_lost ? -1 : 0;
}

static void complain(const struct reader *r, const char *what)
{
	(void)output_flush();
	fprintf(stderr, "devlink3 calls: %s: %s\n", r->name, what);
}

static void complain_of_line(const char *what, void *arg)
{
	struct reader *r = arg;

	if (r->complaints++ < COMPLAINTS_MAX)
		complain(r, what);
}

static void say_encrypted(const char *from, const char *to, void *arg)
{
	const struct reader *r = arg;
	char what[256];

	snprintf(what, sizeof(what), "%s to %s is TLS and cannot be read; `devlink3 record` can record it",
	         from, to);
	complain(r, what);
}

static void say_number(const struct reader *r, uint64_t number, const char *what)
{
	char text[256];

	if (number == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %s", number, what);
	complain(r, text);
}

static void say_counts(const struct reader *r)
{
	const struct calls_feed *f = &r->feed;

	if (r->complaints > COMPLAINTS_MAX)
		say_number(r, r->complaints - COMPLAINTS_MAX, "further lines could not be read");
	else if (r->complaints == 0)
		say_number(r, f->faults,
		           "frames, records or stretches could not be read; `devlink3 decode` shows them");
	if (f->records == 0)
		complain(r, "no events in it");
	say_number(r, f->timeless,
	           "records of a stream under -CD2 without a time: no durations; see --delta2-unit");
	say_number(r, f->passed_over,
	           "events passed over: of another application that listened to the same PBX");
	if (!r->o.open)
		say_number(r, calls_feed_up(f), "calls still up at the end; --open shows them");
}

/* ---- Input ---- */

static int take_item(const struct source_item *item, void *arg)
{
	struct reader *r = arg;

	return calls_feed_item(&r->feed, item);
}

static int read_frames(struct reader *r)
{
	struct source_item item;
	int got;

	while ((got = source_next(&r->source, &item)) == 1)
		if (take_item(&item, r) != 0)
			return -1;
	return got;
}

static int read_capture(struct reader *r)
{
	struct capture_config config = { .item = take_item, .encrypted = say_encrypted, .arg = r };
	char error[512];

	config.ports[0] = (uint16_t)r->o.port;
	config.port_count = r->o.port > 0;
	struct capture *capture = capture_new(&config);
	if (!capture)
		return -1;
	int result = source_pcap_run(&r->source.in, capture, error, sizeof(error));
	if (result == -1) {
		complain(r, error);
		r->failed = true;
	}
	capture_free(capture);
	return result == -2 ? -1 : 0;
}

static int read_all(struct reader *r)
{
	bool told = r->o.raw || r->o.hex || r->o.pcap;
	int lines = r->o.lines ? 1 : told ? 0 : calls_lines_detect(&r->source.in);
	int form = lines == 0 ? source_detect(&r->source) : lines;

	if (lines < 0 || form < 0)
		return -1;
	/* Without a time of arrival there is no date. */
	r->feed.style.without_date = lines == 0 && form != SOURCE_PCAP;
	int result = lines == 1            ? calls_lines_run(&r->source.in, &r->feed, complain_of_line, r)
	             : form == SOURCE_PCAP ? read_capture(r)
	                                   : read_frames(r);
	if (result != 0)
		return -1;
	return calls_feed_end(&r->feed);
}

static struct call_style style_of(const struct options *o)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(STDOUT_FILENO);

	return (struct call_style){ .text = o->text || (!o->json && terminal),
		                    .terminal = terminal,
		                    .colour = terminal && term && strcmp(term, "dumb") != 0 &&
		                              !(no_colour && *no_colour),
		                    .timeline = o->timeline,
		                    .open = o->open,
		                    .users = o->users,
		                    .groups = o->groups,
		                    .delta2_unit_ms = (uint32_t)o->delta2_unit };
}

static int read_file(struct reader *r, int fd)
{
	struct call_style style = style_of(&r->o);
	enum source_form form = r->o.raw    ? SOURCE_RAW
	                        : r->o.hex  ? SOURCE_HEX
	                        : r->o.pcap ? SOURCE_PCAP
	                                    : SOURCE_DETECT;

	source_init(&r->source, fd, form, show, r);
	errno = ENOMEM;
	int got = calls_feed_init(&r->feed, &style, write_out, r) == 0 ? read_all(r) : -1;
	/* Of the output output_finish() speaks. */
	if (got < 0 && !r->output_lost)
		complain(r, strerror(errno));
	else if (!r->output_lost)
		say_counts(r);
	bool well = got == 0 && !r->failed && r->feed.faults == 0;
	source_finish(&r->source);
	calls_feed_finish(&r->feed);
	return well ? EXIT_DONE : EXIT_FAILED;
}

/* ---- The command ---- */

/* @return an exit code, or -1 to go on. */
static int parse(const struct command *c, int argc, char **argv, struct options *o)
{
	const struct option_set sets[OPTION_SETS_MAX] = {
		{ .entries = entries, .count = sizeof(entries) / sizeof(entries[0]), .into = o }
	};
	int code = options_parse(c, argc, argv, sets, 1);

	if (code >= 0)
		return code;
	if (optind == argc)
		return command_usage_error(c, "a file is expected, or '-' for standard input");
	if (optind + 1 < argc)
		return command_usage_error(c, "one file is expected, and '%s' is a second", argv[optind + 1]);
	if (o->json && o->text)
		return command_usage_error(c, "--json and --text exclude each other");
	if (o->raw + o->hex + o->pcap + o->lines > 1)
		return command_usage_error(c, "--raw, --hex, --pcap and --lines exclude each other");
	return -1;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct reader *r = calloc(1, sizeof(*r));
	int fd = STDIN_FILENO;

	if (!r)
		return EXIT_FAILED;
	int code = parse(self, argc, argv, &r->o);
	if (code < 0) {
		const char *file = argv[optind];
		bool standard = strcmp(file, "-") == 0;
		r->name = standard ? "standard input" : *file ? file : "''";
		fd = standard ? fd : open(file, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			complain(r, strerror(errno));
		code = fd < 0 ? EXIT_FAILED : read_file(r, fd);
		if (!standard && fd >= 0)
			close(fd);
	}
	free(r);
	return code;
}

const struct command command_calls = {
	.name = "calls",
	.usage = "calls [OPTION]... FILE",
	.summary = "the calls in a capture, in octets or in what watch printed",
	.help = "Makes calls of what a PBX told: a line for each call that is over. FILE ('-' for standard\n"
		"input) is a capture (pcap or pcapng), octets of a connection, raw or as hexadecimal text, "
		"or\n"
		"JSON Lines that `devlink3 watch` or `devlink3 decode` printed. Which is seen from its "
		"first\n"
		"octets.\n"
		"\n"
		"  --json      JSON Lines; the default in a pipe. The fields are in docs/calls.md\n"
		"  --text      a table for people; the default on a terminal (NO_COLOR is respected)\n"
		"  --timeline  with each call what happened in it, step by step\n"
		"  --open      at the end, the calls that are still up\n"
		"  --users     at the end, what each user is doing\n"
		"  --groups    at the end, what came of the calls of each hunt group\n"
		"  --raw, --hex, --pcap, --lines   what FILE is, where it is not seen right\n"
		"  --port N    of a capture, connections of this port only\n"
		"  --delta2-unit MS   a unit of the PBX's times under -CD2, in milliseconds\n"
		"\n"
		"In a capture one application's connection to each PBX is followed, the first that streams, "
		"and\n"
		"those that take its place. Octets without times: times count from when the PBX began to "
		"count.\n"
		"A call that was up already when the recording began, or of which something is missing, is\n"
		"marked incomplete.\n"
		"\n"
		"Exit codes: 0 all was well; 1 something could not be read or written; 2 usage.\n"
		"\n"
		"Examples:\n"
		"  devlink3 calls examples/sample-stream.hex\n"
		"  devlink3 watch devlink3://app@192.0.2.1 --json > day.jsonl; devlink3 calls day.jsonl\n"
		"  devlink3 calls --json capture.pcapng | jq 'select(.outcome == \"abandoned\") | .cli'\n",
	.run = run,
};
