/* SPDX-License-Identifier: MIT */
/* `devlink3 record`: a conversation with a PBX to a capture file. */
#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_write.h"
#include "link.h"
#include "record_blank.h"

#define DEFAULT_FLAGS "-SIPTrack -CMExtn"
#define FOREVER_S 1e9
#define COUNT_MAX 1e15

struct options {
	const char *flags;
	double duration_s, count;
	bool force, no_retry;
};

struct record {
	struct link_app app;
	struct options o;
	uint32_t flags;
	const char *file;
	struct capture_writer *writer;
	struct record_blank blank;
	struct event *rest, *second, *end;
	uint8_t *copy;
	size_t copy_cap;
	uint64_t records, octets, connections, blanked;
	bool open, status_shown;
};

static const struct option_entry entries[] = {
	{ .name = "flags", .kind = OPTION_TEXT, .offset = offsetof(struct options, flags) },
	{ .name = "duration",
	  .kind = OPTION_REAL,
	  .offset = offsetof(struct options, duration_s),
	  .low = 0.001,
	  .high = FOREVER_S },
	{ .name = "count",
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, count),
	  .low = 1,
	  .high = COUNT_MAX },
	{ .name = "force", .offset = offsetof(struct options, force) },
	{ .name = "no-retry", .offset = offsetof(struct options, no_retry) },
};

static uint64_t now_us(void)
{
	struct timespec t = link_now();

	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* ---- The status line ---- */

static void clear_status(struct record *r)
{
	if (r->status_shown)
		fputs("\r\033[K", stderr);
	r->status_shown = false;
}

static void second(evutil_socket_t fd, short what, void *arg)
{
	struct record *r = arg;

	(void)fd;
	(void)what;
	clear_status(r);
	fprintf(stderr, "%s  %" PRIu64 " records  %" PRIu64 " octets  %" PRIu64 " connections",
	        dl3_link_state_name(dl3_link_state(r->app.link)), r->records, r->octets, r->connections);
	fflush(stderr);
	r->status_shown = true;
}

/* ---- What is recorded ---- */

static void rest(evutil_socket_t fd, short what, void *arg)
{
	struct record *r = arg;

	(void)fd;
	(void)what;
	/* What is wrong is said when it is closed. */
	if (capture_writer_flush(r->writer) != 0)
		link_end(&r->app, EXIT_FAILED);
}

static bool read_address(const char *text, struct sockaddr_storage *to)
{
	int len = sizeof(*to);

	return evutil_parse_sockaddr_port(text, (struct sockaddr *)to, &len) == 0;
}

/* What is written is in the clear: on its own port a reader would take it for TLS. */
static void hide_tls(const struct record *r, struct sockaddr_storage *pbx)
{
	uint16_t port = htons(CAPTURE_PORT);

	if (!r->app.url.tls)
		return;
	if (pbx->ss_family == AF_INET6)
		((struct sockaddr_in6 *)pbx)->sin6_port = port;
	else
		((struct sockaddr_in *)pbx)->sin_port = port;
}

static void begin_connection(struct record *r)
{
	char here[DL3_ADDRESS_TEXT], there[DL3_ADDRESS_TEXT];
	struct sockaddr_storage client = { 0 }, pbx = { 0 };

	if (!dl3_link_addresses(r->app.link, here, there) || !read_address(here, &client) ||
	    !read_address(there, &pbx))
		return;
	hide_tls(r, &pbx);
	capture_writer_connection(r->writer, now_us(), (struct sockaddr *)&client, (struct sockaddr *)&pbx);
	r->blank = (struct record_blank){ 0 };
	r->connections++;
	r->open = true;
}

static bool make_room(struct record *r, size_t len)
{
	uint8_t *copy;

	if (len <= r->copy_cap)
		return true;
	copy = realloc(r->copy, len);
	if (!copy)
		return false;
	r->copy = copy;
	r->copy_cap = len;
	return true;
}

static void from_client(struct record *r, struct dl3_octets octets)
{
	uint64_t before = r->blank.blanked;

	if (!make_room(r, octets.len)) {
		link_complain(&r->app, "no memory is left", "");
		link_end(&r->app, EXIT_FAILED);
		return;
	}
	memcpy(r->copy, octets.ptr, octets.len);
	record_blank(&r->blank, r->copy, octets.len);
	r->blanked += r->blank.blanked - before;
	capture_writer_data(r->writer, now_us(), false, r->copy, octets.len);
	explicit_bzero(r->copy, octets.len);
}

static void on_octets(struct dl3_link *link, bool from_pbx, struct dl3_octets octets, void *arg)
{
	struct record *r = arg;

	(void)link;
	if (r->app.ended || octets.len == 0)
		return;
	if (!r->open)
		begin_connection(r);
	r->octets += octets.len;
	if (from_pbx)
		capture_writer_data(r->writer, now_us(), true, octets.ptr, octets.len);
	else
		from_client(r, octets);
	event_active(r->rest, 0, 0);
}

static void on_event(struct dl3_link *link, const struct dl3_event *e, void *arg)
{
	struct record *r = arg;

	(void)link;
	if (e->type == DL3_EV_RECORD && !r->app.ended && ++r->records == (uint64_t)r->o.count)
		link_end(&r->app, EXIT_DONE);
}

static void end_connection(struct record *r, enum dl3_link_reason reason)
{
	if (!r->open)
		return;
	capture_writer_end(r->writer, now_us(),
	                   reason == DL3_REASON_CLOSED        ? CAPTURE_END_PBX
	                   : reason == DL3_REASON_UNREACHABLE ? CAPTURE_END_RESET
	                                                      : CAPTURE_END_CLIENT);
	r->open = false;
	event_active(r->rest, 0, 0);
}

static void on_change(struct dl3_link *link, const struct dl3_link_change *c, void *arg)
{
	struct record *r = arg;
	char detail[640];

	(void)link;
	if (r->app.ended || (c->state != DL3_LINK_WAITING && c->state != DL3_LINK_STOPPED))
		return;
	end_connection(r, c->reason);
	clear_status(r);
	if (c->state == DL3_LINK_STOPPED || link_is_hopeless(&r->app, c)) {
		link_failed(&r->app, c);
		return;
	}
	snprintf(detail, sizeof(detail), "%s; next attempt in %.1f s", c->detail, (double)c->retry_ms / 1000);
	link_complain(&r->app, detail, c->advice);
}

static void time_is_over(evutil_socket_t fd, short what, void *arg)
{
	struct record *r = arg;

	(void)fd;
	(void)what;
	link_end(&r->app, EXIT_DONE);
}

/* ---- Setting up ---- */

static bool to_standard_output(const struct record *r)
{
	return strcmp(r->file, "-") == 0;
}

static int check_file(struct record *r)
{
	struct stat st;

	if (to_standard_output(r) && isatty(STDOUT_FILENO))
		return command_usage_error(r->app.self,
		                           "standard output is a terminal, which cannot show a capture");
	/* A device, or a named pipe, loses nothing. */
	if (to_standard_output(r) || r->o.force || stat(r->file, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	fprintf(stderr, "devlink3 record: %s: there is such a file already; --force writes over it\n",
	        r->file);
	return EXIT_FAILED;
}

static int parse(struct record *r, int argc, char **argv)
{
	const struct option_set own = { .entries = entries,
		                        .count = sizeof(entries) / sizeof(entries[0]),
		                        .into = &r->o };
	int code = link_arguments(&r->app, argc, argv, &own);

	if (code >= 0)
		return code;
	if (argc - optind != 1)
		return command_usage_error(r->app.self, "a URL and one file are expected");
	r->file = argv[optind];
	code = link_flags(&r->app, r->o.flags, &r->flags);
	return code >= 0 ? code : check_file(r);
}

static bool begin_events(struct record *r)
{
	struct timeval a_second = { .tv_sec = 1 };
	struct timeval duration = { .tv_sec = (time_t)r->o.duration_s };

	duration.tv_usec = (suseconds_t)((r->o.duration_s - (double)duration.tv_sec) * 1e6);
	r->rest = event_new(r->app.base, -1, 0, rest, r);
	r->second = event_new(r->app.base, -1, EV_PERSIST, second, r);
	r->end = event_new(r->app.base, -1, 0, time_is_over, r);
	if (!r->rest || !r->second || !r->end)
		return false;
	if (r->o.duration_s > 0 && event_add(r->end, &duration) != 0)
		return false;
	return !isatty(STDERR_FILENO) || event_add(r->second, &a_second) == 0;
}

static int begin(struct record *r)
{
	struct dl3_link_config config = {
		.flags = r->flags,
		.once = r->o.no_retry,
		.callbacks = { .changed = on_change, .event = on_event, .octets = on_octets },
		.arg = r
	};
	char error[512] = "no memory is left";
	int code = link_begin(&r->app, &config);

	if (code >= 0)
		return code;
	/* What a user answered to a challenge is in it. */
	umask(umask(0) | (S_IRWXG | S_IRWXO));
	r->writer = capture_writer_open(r->file, error, sizeof(error));
	if (r->writer && begin_events(r))
		return -1;
	link_complain(&r->app, error, "");
	return EXIT_FAILED;
}

/* @return whether all of it is in the file. */
static bool close_file(struct record *r)
{
	char error[512];

	if (!r->writer)
		return true;
	if (r->open)
		capture_writer_end(r->writer, now_us(), CAPTURE_END_CLIENT);
	if (capture_writer_close(r->writer, error, sizeof(error)) == 0)
		return true;
	link_complain(&r->app, error, "");
	return false;
}

static void say_goodbye(const struct record *r)
{
	fprintf(stderr, "%" PRIu64 " records, %" PRIu64 " octets, %" PRIu64 " %s recorded. %s\n", r->records,
	        r->octets, r->connections, r->connections == 1 ? "connection" : "connections",
	        r->blanked > 0 ? "Zeros stand in place of the password."
	                       : "In it is the SHA-1 proof of the password, from which a weak one can be "
	                         "guessed.");
}

static int finish(struct record *r, int code)
{
	struct event *events[] = { r->rest, r->second, r->end };

	clear_status(r);
	dl3_link_free(r->app.link);
	r->app.link = NULL;
	if (!close_file(r))
		code = code == EXIT_DONE ? EXIT_FAILED : code;
	else if (r->connections > 0)
		say_goodbye(r);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	free(r->copy);
	return link_finish(&r->app, code);
}

static int run(const struct command *self, int argc, char **argv)
{
	struct record r = { .app = { .self = self }, .o = { .flags = DEFAULT_FLAGS } };
	int code = parse(&r, argc, argv);

	if (code >= 0)
		return code;
	code = begin(&r);
	return finish(&r, code < 0 ? link_run(&r.app) : code);
}

const struct command command_record = {
	.name = "record",
	.usage = "record [OPTION]... URL FILE",
	.summary = "a conversation with a PBX to a capture file, for Wireshark",
	.help = LINK_HELP_URL
	"Connects as `watch` does and writes every octet, sent and received, to FILE as pcap ('-' for\n"
	"standard output), each connection as one of TCP. What came through TLS is there in the clear.\n"
	"\n"
	"A password is never in it: where the PBX asks for the password itself, zeros take its place. What\n"
	"is there is the SHA-1 answer to the PBX's challenge, at which one can guess; so the file is made\n"
	"for its owner alone.\n"
	"\n"
	"  --flags WORDS        what to ask for: any of -SCN -CD2 -SIPTrack -CMExtn -CONN -TEXT, in one "
	"word\n"
	"                       (default '" DEFAULT_FLAGS "')\n"
	"  --duration S         ends after so many seconds\n"
	"  --count N            ends after N records\n"
	"  --force              writes over a file that is there\n"
	"  --no-retry           the first failure ends it\n"
	"  --timeout S          seconds to connect, and for an answer (default 10)\n" LINK_HELP_LOGIN
		LINK_HELP_TLS LINK_HELP_EXIT "\n"
	"Examples:\n"
	"  devlink3 record devlink3://app@192.0.2.1 office.pcap --duration 3600\n"
	"  devlink3 record devlink3s://app@pbx.example - --ca ca.pem | wireshark -k -i -\n",
	.run = run,
};
