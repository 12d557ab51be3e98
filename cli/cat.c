/* SPDX-License-Identifier: MIT */
/* `devlink3 cat`: pseudo-files of a PBX. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utf8.h"
#include "link.h"

/* Progress is shown of what takes longer. */
#define PATIENCE_S 1

struct options {
	const char *output;
};

struct cat {
	struct link_app app;
	struct options o;
	char **paths;
	int count, at;
	int code; /* what is wrong so far with the files */
	uint32_t request;
	bool visible;            /* controls are shown, since a terminal would obey them */
	struct link_output *out; /* standard output's, or the file's */
	struct link_output file;
	struct event *progress;
	unsigned waited_s;
	bool progress_shown;
};

static const struct option_entry entries[] = {
	{ .name = "output", .letter = 'o', .kind = OPTION_TEXT, .offset = offsetof(struct options, output) },
};

/* ---- Progress ---- */

static void clear_progress(struct cat *c)
{
	if (c->progress_shown)
		fputs("\r\033[K", stderr);
	c->progress_shown = false;
}

static void show_progress(evutil_socket_t fd, short what, void *arg)
{
	struct cat *c = arg;
	struct dl3_link_totals counts = dl3_link_counts(c->app.link);

	(void)fd;
	(void)what;
	c->waited_s++;
	if (c->at >= c->count)
		return;
	clear_progress(c);
	fprintf(stderr, "%s: %s, %" PRIu64 " octets in %u s", c->paths[c->at],
	        dl3_link_state_name(dl3_link_state(c->app.link)), counts.octets_in, c->waited_s);
	fflush(stderr);
	c->progress_shown = true;
}

static void complain(struct cat *c, const char *why, const char *advice)
{
	char line[512];

	clear_progress(c);
	snprintf(line, sizeof(line), "%s: %s", c->paths[c->at], why);
	link_complain(&c->app, line, advice);
	c->code = EXIT_FAILED;
}

/* ---- Contents ---- */

/* Controls as people write them, ^X; what turns text around by its number. */
static void put_visible(struct link_output *out, uint32_t code)
{
	char buf[16];
	int n;

	if (code < 0x20 || code == 0x7f)
		n = snprintf(buf, sizeof(buf), "^%c", (char)(code ^ 0x40));
	else
		n = snprintf(buf, sizeof(buf), "<U+%04X>", (unsigned)code);
	link_output_octets(out, buf, (size_t)n);
}

static void put_for_terminal(struct link_output *out, struct dl3_octets contents)
{
	const char *p = (const char *)contents.ptr, *end = p + contents.len;
	uint32_t code = 0;
	char octets[4];

	while (p < end) {
		p += dl3i_utf8_next(p, end, &code);
		bool line_end = code == '\r' && p < end && *p == '\n';
		if (code == '\n' || code == '\t' || !dl3i_obeyed(code))
			link_output_octets(out, octets, dl3i_utf8_put(code, octets));
		else if (!line_end)
			put_visible(out, code);
	}
}

static void write_contents(struct cat *c, struct dl3_octets contents)
{
	clear_progress(c);
	if (contents.len == 0)
		return;
	if (c->visible)
		put_for_terminal(c->out, contents);
	else
		link_output_octets(c->out, contents.ptr, contents.len);
	if (!link_output_flush(c->out))
		link_end(&c->app, c->code);
}

/* ---- The conversation ---- */

static void ask(struct cat *c)
{
	struct dl3_session *session = dl3_link_session(c->app.link);

	while (!c->app.ended && c->at < c->count) {
		enum dl3_err err =
			session ? dl3_client_read(session, c->paths[c->at], &c->request) : DL3_ERR_STATE;
		if (err == DL3_OK) {
			dl3_link_flush(c->app.link);
			return;
		}
		complain(c, dl3_err_text(err), "");
		c->at++;
	}
	link_end(&c->app, c->code);
}

static void got_file(struct cat *c, const struct dl3_event *e)
{
	if (e->u.file.request != c->request)
		return;
	if (e->u.file.result == DL3_READ_SUCCESS) {
		write_contents(c, e->u.file.contents);
	} else {
		char why[96];

		snprintf(why, sizeof(why), "the PBX has no such file (0x%08x)", (unsigned)e->u.file.result);
		complain(c, why,
		         "known are, under nasystem/: user_list, user_list2 to user_list8, hunt_list, "
		         "hunt_info/NAME, dir_list, who_is, licence_list, extn_list, AccountCode, "
		         "user_info/NAME, call_list/1/1");
	}
	c->at++;
	ask(c);
}

static void failed(struct cat *c, const struct dl3_event *e)
{
	if (e->u.failed.request != c->request)
		return;
	if (e->u.failed.fault.err == DL3_ERR_TIMEOUT) {
		complain(c, "the PBX did not answer in time", "--timeout S waits longer");
	} else {
		char why[DL3_FAULT_TEXT_MAX];

		dl3_fault_text(&e->u.failed.fault, why, sizeof(why));
		complain(c, why, "");
	}
	c->at++;
	ask(c);
}

static void on_event(struct dl3_link *link, const struct dl3_event *e, void *arg)
{
	struct cat *c = arg;

	(void)link;
	if (c->app.ended)
		return;
	if (e->type == DL3_EV_FILE)
		got_file(c, e);
	else if (e->type == DL3_EV_FAILED)
		failed(c, e);
}

static void on_change(struct dl3_link *link, const struct dl3_link_change *change, void *arg)
{
	struct cat *c = arg;

	(void)link;
	if (c->app.ended)
		return;
	if (change->state == DL3_LINK_UP)
		ask(c);
	if (change->state == DL3_LINK_STOPPED || change->state == DL3_LINK_WAITING) {
		clear_progress(c);
		link_failed(&c->app, change);
	}
}

/* A cut file is not a file: interrupted, it has failed. */
static void on_signal(void *arg)
{
	struct cat *c = arg;

	clear_progress(c);
	link_end(&c->app, EXIT_FAILED);
}

/* ---- Setting up ---- */

static int parse(struct cat *c, int argc, char **argv)
{
	const struct option_set own = { .entries = entries, .count = 1, .into = &c->o };
	int code = link_arguments(&c->app, argc, argv, &own);

	if (code >= 0)
		return code;
	c->paths = argv + optind;
	c->count = argc - optind;
	if (c->count == 0)
		return command_usage_error(c->app.self, "a file is expected, such as nasystem/user_list");
	for (int i = 0; i < c->count; i++) {
		size_t len = strlen(c->paths[i]);
		if (len == 0 || len > DL3_NAME_MAX)
			return command_usage_error(c->app.self,
			                           "a file's name has 1 to %u octets, and one given has %zu",
			                           DL3_NAME_MAX, len);
	}
	return -1;
}

static int open_output(struct cat *c)
{
	c->out = &c->app.out;
	c->visible = !c->o.output && isatty(STDOUT_FILENO);
	if (!c->o.output)
		return -1;
	int fd = open(c->o.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		fprintf(stderr, "devlink3 cat: %s: %s\n", c->o.output, strerror(errno));
		return EXIT_FAILED;
	}
	link_output_init(&c->file, fd, -1);
	c->out = &c->file;
	return -1;
}

static int begin(struct cat *c)
{
	struct dl3_link_config config = { .no_stream = true,
		                          .once = true,
		                          .callbacks = { .changed = on_change, .event = on_event },
		                          .arg = c };
	struct timeval patience = { .tv_sec = PATIENCE_S };

	c->app.on_signal = on_signal;
	c->app.arg = c;
	int code = link_begin(&c->app, &config);
	if (code >= 0)
		return code;
	code = open_output(c);
	if (code >= 0 || !isatty(STDERR_FILENO))
		return code;
	c->progress = event_new(c->app.base, -1, EV_PERSIST, show_progress, c);
	if (c->progress && event_add(c->progress, &patience) == 0)
		return -1;
	link_complain(&c->app, "no memory is left", "");
	return EXIT_FAILED;
}

static int close_file(struct cat *c, int code)
{
	int error = c->file.state == OUTPUT_OPEN ? 0 : c->file.error;

	link_output_finish(&c->file);
	if (close(c->file.fd) != 0 && error == 0)
		error = errno;
	if (error == 0)
		return code;
	fprintf(stderr, "devlink3 cat: %s: %s\n", c->o.output, strerror(error));
	return code == EXIT_DONE ? EXIT_FAILED : code;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct cat c = { .app = { .self = self } };
	int code = parse(&c, argc, argv);

	if (code >= 0)
		return code;
	code = begin(&c);
	if (code < 0)
		code = link_run(&c.app);
	if (c.out == &c.file)
		code = close_file(&c, code);
	if (c.progress)
		event_free(c.progress);
	return link_finish(&c.app, code);
}

const struct command command_cat = {
	.name = "cat",
	.usage = "cat [OPTION]... URL PATH...",
	.summary = "pseudo-files of a PBX: its users, groups, directory",
	.help = LINK_HELP_URL
	"Logs in once, reads the files in order and writes their octets as they are; on a terminal,\n"
	"controls are shown as ^X. No events are asked for: it does not count as one of the three\n"
	"connections that a PBX gives events to.\n"
	"\n"
	"  -o, --output FILE    writes there instead of to standard output\n"
	"  --timeout S          seconds to connect, and for each file (default 10)\n" LINK_HELP_LOGIN
		LINK_HELP_TLS "\n"
	"Files that are known, under nasystem/: user_list, user_list2 to user_list8, hunt_list,\n"
	"hunt_info/NAME, dir_list, who_is, licence_list, extn_list, AccountCode, user_info/NAME,\n"
	"call_list/1/1.\n" LINK_HELP_EXIT "A file that is not there is 1; the others are read all the same.\n"
	"\n"
	"Examples:\n"
	"  devlink3 cat devlink3://app@192.0.2.1 nasystem/user_list\n"
	"  devlink3 cat devlink3://app@192.0.2.1 nasystem/hunt_list nasystem/dir_list -o lists.csv\n",
	.run = run,
};
