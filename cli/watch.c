/* SPDX-License-Identifier: MIT */
/* `devlink3 watch`: what the calls of a PBX are doing, as it happens. */
#include <event2/event.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "watch.h"

/* -SCN needs a licence for every node of the network, and a PBX without them streams nothing at all. */
#define DEFAULT_FLAGS "-SIPTrack -CMExtn"
#define COUNT_MAX 1e15

struct options {
	const char *flags;
	bool records; // cppcheck-suppress unusedStructMember ; what is shown anyway
	bool once, no_retry, raw, json, text;
	bool calls, timeline, open, users, groups;
	double count, delta2_unit;
};

struct watch {
	struct link_app app;
	struct options o;
	uint32_t flags;
	struct watch_sink *sink;
	struct event *rest, *second;
	uint64_t records;
	bool snapshot;
};

static const struct option_entry entries[] = {
	{ .name = "flags", .kind = OPTION_TEXT, .offset = offsetof(struct options, flags) },
	{ .name = "records", .offset = offsetof(struct options, records) },
	{ .name = "calls", .offset = offsetof(struct options, calls) },
	{ .name = "timeline", .offset = offsetof(struct options, timeline) },
	{ .name = "open", .offset = offsetof(struct options, open) },
	{ .name = "users", .offset = offsetof(struct options, users) },
	{ .name = "groups", .offset = offsetof(struct options, groups) },
	{ .name = "once", .offset = offsetof(struct options, once) },
	{ .name = "count",
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, count),
	  .low = 1,
	  .high = COUNT_MAX },
	{ .name = "delta2-unit",
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, delta2_unit),
	  .low = 1,
	  .high = DL3_TRACKER_DELTA2_UNIT_MAX },
	{ .name = "no-retry", .offset = offsetof(struct options, no_retry) },
	{ .name = "raw", .offset = offsetof(struct options, raw) },
	{ .name = "json", .offset = offsetof(struct options, json) },
	{ .name = "text", .offset = offsetof(struct options, text) },
};

/* ---- What happens ---- */

/* Nothing is held back while there is nothing more to come; what comes together is written together. */
static void rest(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	if (w->sink->ops->rest)
		w->sink->ops->rest(w->sink);
	link_flush(&w->app);
}

static void second(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	w->sink->ops->second(w->sink);
	rest(fd, what, arg);
}

static void shown(struct watch *w)
{
	event_active(w->rest, 0, 0);
	/* It writes in the middle of a turn when there is much. */
	if (w->app.out.state != OUTPUT_OPEN)
		link_end(&w->app, EXIT_DONE);
}

static void on_event(struct dl3_link *link, const struct dl3_event *e, void *arg)
{
	struct watch *w = arg;
	struct timespec now = link_now();

	(void)link;
	if (w->app.ended)
		return;
	w->sink->ops->event(w->sink, &now, e, w->snapshot);
	shown(w);
	if ((e->type == DL3_EV_RECORD && ++w->records == (uint64_t)w->o.count) ||
	    (e->type == DL3_EV_SNAPSHOT_END && w->o.once))
		link_end(&w->app, EXIT_DONE);
}

/* Where the log goes elsewhere, whoever sits at the terminal hears of it too. */
static void say_it_waits(const struct watch *w, const struct dl3_link_change *c)
{
	char detail[640];

	if ((w->o.text && !w->o.calls) || !isatty(STDERR_FILENO))
		return;
	snprintf(detail, sizeof(detail), "%s; next attempt in %.1f s", c->detail, (double)c->retry_ms / 1000);
	link_complain(&w->app, detail, c->advice);
}

static void on_change(struct dl3_link *link, const struct dl3_link_change *c, void *arg)
{
	struct watch *w = arg;
	struct timespec now = link_now();

	(void)link;
	if (w->app.ended)
		return;
	w->snapshot = c->state == DL3_LINK_SNAPSHOT;
	w->sink->ops->change(w->sink, &now, c);
	shown(w);
	if (c->state == DL3_LINK_STOPPED || link_is_hopeless(&w->app, c))
		link_failed(&w->app, c);
	else if (c->state == DL3_LINK_WAITING)
		say_it_waits(w, c);
}

/* ---- Setting up ---- */

static int parse(struct watch *w, int argc, char **argv)
{
	const struct option_set own = { .entries = entries,
		                        .count = sizeof(entries) / sizeof(entries[0]),
		                        .into = &w->o };
	int code = link_arguments(&w->app, argc, argv, &own);

	if (code >= 0)
		return code;
	if (optind < argc)
		return command_usage_error(w->app.self, "one URL is expected, and '%s' is a second word",
		                           argv[optind]);
	if (w->o.json && w->o.text)
		return command_usage_error(w->app.self, "--json and --text exclude each other");
	if (w->o.calls && (w->o.records || w->o.raw))
		return command_usage_error(w->app.self, "--calls shows no records: --%s is for these",
		                           w->o.records ? "records" : "raw");
	if (!w->o.calls && w->o.delta2_unit > 0)
		return command_usage_error(w->app.self, "--delta2-unit is for --calls");
	if (!w->o.calls && (w->o.timeline || w->o.open || w->o.users || w->o.groups))
		return command_usage_error(w->app.self,
		                           "--timeline, --open, --users and --groups are for --calls");
	w->o.text |= !w->o.json && isatty(STDOUT_FILENO);
	return link_flags(&w->app, w->o.flags, &w->flags);
}

static struct watch_sink *new_sink(struct watch *w, const struct watch_style *style)
{
	struct call_style calls = { .text = w->o.text,
		                    .terminal = style->terminal,
		                    .colour = style->colour,
		                    .timeline = w->o.timeline,
		                    .open = w->o.open,
		                    .users = w->o.users,
		                    .groups = w->o.groups,
		                    .delta2_unit_ms = (uint32_t)w->o.delta2_unit };

	if (w->o.calls)
		return watch_calls_new(&w->app.out, &calls);
	return w->o.text ? watch_text_new(&w->app.out, style) : watch_json_new(&w->app.out, style);
}

static bool begin_sink(struct watch *w)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool able = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
	struct watch_style style = { .raw = w->o.raw,
		                     .terminal = able,
		                     .colour = able && !(no_colour && *no_colour),
		                     .network = (w->flags & DL3_FLAG_SCN) != 0,
		                     .to = w->app.url.host };
	struct timeval a_second = { .tv_sec = 1 };

	w->sink = new_sink(w, &style);
	w->rest = event_new(w->app.base, -1, 0, rest, w);
	w->second = event_new(w->app.base, -1, EV_PERSIST, second, w);
	if (!w->sink || !w->rest || !w->second)
		return false;
	return !w->sink->ops->second || event_add(w->second, &a_second) == 0;
}

static int begin(struct watch *w)
{
	struct dl3_link_config config = { .flags = w->flags,
		                          /* What is asked for once is not waited for. */
		                          .once = w->o.no_retry || w->o.once,
		                          .callbacks = { .changed = on_change, .event = on_event },
		                          .arg = w };
	int code = link_begin(&w->app, &config);

	if (code >= 0 || begin_sink(w))
		return code;
	link_complain(&w->app, "no memory is left", "");
	return EXIT_FAILED;
}

static int finish(struct watch *w, int code)
{
	/* First, since it calls back no more: then nothing is shown any more. */
	dl3_link_free(w->app.link);
	w->app.link = NULL;
	if (w->sink)
		w->sink->ops->finish(w->sink);
	if (w->rest)
		event_free(w->rest);
	if (w->second)
		event_free(w->second);
	return link_finish(&w->app, code);
}

static int run(const struct command *self, int argc, char **argv)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return EXIT_FAILED;
	w->app.self = self;
	w->o.flags = DEFAULT_FLAGS;
	int code = parse(w, argc, argv);
	if (code < 0) {
		code = begin(w);
		code = finish(w, code < 0 ? link_run(&w->app) : code);
	}
	free(w);
	return code;
}

const struct command command_watch = {
	.name = "watch",
	.usage = "watch [OPTION]... URL",
	.summary = "what the calls of a PBX are doing, as it happens",
	.help = LINK_HELP_URL
	"Connects, asks for events and shows them, in a pipe as JSON Lines. When the connection is lost it\n"
	"makes another, for ever; a wrong password or a missing licence ends it. Ctrl-C ends it with 0.\n"
	"\n"
	"  --flags WORDS        what to ask for: any of -SCN -CD2 -SIPTrack -CMExtn -CONN -TEXT, in one "
	"word\n"
	"                       (default '" DEFAULT_FLAGS "'; -SCN needs a licence for each node)\n"
	"  --records            a line for each record; the default\n"
	"  --calls              a line for each call that is over\n"
	"  --timeline           of --calls: with what happened in it, step by step\n"
	"  --open               of --calls: when it ends, the calls that are up\n"
	"  --users, --groups    of --calls: when it ends, what each user is doing; what came of each\n"
	"                       hunt group's calls\n"
	"  --delta2-unit MS     of --calls with -CD2: a unit of the PBX's times, in milliseconds\n"
	"  --once               only the calls that are in progress now; no second attempt\n"
	"  --count N            ends after N records\n"
	"  --no-retry           the first failure ends it\n"
	"  --raw                with each record its text as it came\n"
	"  --json               JSON Lines; the default in a pipe\n"
	"  --text               a log for people; the default on a terminal (NO_COLOR is respected)\n"
	"  --timeout S          seconds to connect, and for an answer (default 10)\n" LINK_HELP_LOGIN
		LINK_HELP_TLS LINK_HELP_EXIT "\n"
	"Examples:\n"
	"  devlink3 watch devlink3://app@192.0.2.1\n"
	"  devlink3 watch --calls devlink3://app@192.0.2.1\n"
	"  devlink3 watch --flags '-SCN -SIPTrack' devlink3s://app@pbx.example --ca ca.pem\n"
	"  devlink3 watch devlink3://app@192.0.2.1 --json | jq -c 'select(.record.kind == \"call_lost\")'\n",
	.run = run,
};
