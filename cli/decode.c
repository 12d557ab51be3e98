/* SPDX-License-Identifier: MIT */
/* `devlink3 decode`: octets of a conversation to JSON Lines, or to text for people. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "item_line.h"
#include "output.h"
#include "source.h"
#include "source_pcap.h"
#include "tally.h"

/* Lines begin with so much room and get more when they need it. */
#define LINE_FIRST 65536u

struct options {
	const char *file;
	enum source_form form;
	bool text;
	bool colour;
	bool count;
	uint16_t ports[CAPTURE_PORTS_MAX];
	size_t port_count;
};

struct decoder {
	const struct options *options;
	struct item_style style;
	struct tally tally;
	char *line;
	size_t cap;
	bool malformed;   /* anything was */
	bool output_lost; /* standard output takes no more */
};

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

static int add_port(const struct command *c, const char *text, struct options *o)
{
	char *end;
	unsigned long port = text ? strtoul(text, &end, 10) : 0;

	if (!text || *end || text[0] < '0' || text[0] > '9' || port == 0 || port > UINT16_MAX)
		return command_usage_error(c, "--port expects a number from 1 to 65535%s%s",
		                           text ? ", came " : "", text ? text : "");
	if (o->port_count == CAPTURE_PORTS_MAX)
		return command_usage_error(c, "--port may be given %u times", CAPTURE_PORTS_MAX);
	o->ports[o->port_count++] = (uint16_t)port;
	return -1;
}

/* @return an exit code, or -1 to go on. */
static int set_option(const struct command *c, const char *a, struct options *o)
{
	if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0)
		return command_print_help(c);
	if (strcmp(a, "--json") == 0)
		o->text = false;
	else if (strcmp(a, "--text") == 0)
		o->text = true;
	else if (strcmp(a, "--count") == 0)
		o->count = true;
	else if (strcmp(a, "--raw") == 0)
		o->form = SOURCE_RAW;
	else if (strcmp(a, "--hex") == 0)
		o->form = SOURCE_HEX;
	else if (strcmp(a, "--pcap") == 0)
		o->form = SOURCE_PCAP;
	else
		return command_usage_error(c, "there is no option '%s'", a);
	return -1;
}

/* @return an exit code, or -1 to go on. */
static int parse(const struct command *c, int argc, char **argv, struct options *o)
{
	bool options_end = false;
	int code = -1;

	*o = (struct options){ .text = isatty(STDOUT_FILENO), .colour = wants_colour() };
	for (int i = 1; i < argc && code < 0; i++) {
		const char *a = argv[i];
		if (options_end || a[0] != '-' || strcmp(a, "-") == 0) {
			if (o->file)
				return command_usage_error(c, "one file is expected, and '%s' is a second",
				                           a);
			o->file = a;
		} else if (strcmp(a, "--") == 0) {
			options_end = true;
		} else if (strcmp(a, "--port") == 0) {
			i++;
			code = add_port(c, i < argc ? argv[i] : NULL, o);
		} else {
			code = set_option(c, a, o);
		}
	}
	if (code >= 0 || o->file)
		return code;
	return command_usage_error(c, "a file is expected, or '-' for standard input");
}

/* ---- Output ---- */

/* Writes one item, in as much room as it takes. */
static int write_item(struct decoder *d, const struct source_item *item)
{
	for (;;) {
		struct dl3i_out o = dl3i_out_to(d->line, d->cap);
		d->malformed |= !item_line(&o, item, &d->style);
		if (o.len <= o.cap) {
			d->output_lost = output_write(d->line, o.len) != 0;
			return d->output_lost ? -1 : 0;
		}
		char *line = realloc(d->line, o.len);
		if (!line)
			return -1;
		d->line = line;
		d->cap = o.len;
	}
}

static int take_item(const struct source_item *item, void *decoder)
{
	struct decoder *d = decoder;

	if (!d->options->count)
		return write_item(d, item);
	d->malformed |= !tally_add(&d->tally, item, d->style.scratch);
	return 0;
}

/* Nothing more is there for now: what was decoded is shown. */
static int show(void *decoder)
{
	struct decoder *d = decoder;

	d->output_lost = output_flush() != 0;
	return d->output_lost ? -1 : 0;
}

static bool is_standard_input(const struct options *o)
{
	return strcmp(o->file, "-") == 0;
}

static const char *input_name(const struct options *o)
{
	return is_standard_input(o) ? "standard input" : *o->file ? o->file : "''";
}

static void complain(const struct options *o, const char *what)
{
	/* In their order, should both go to the same place. */
	(void)output_flush();
	fprintf(stderr, "devlink3 decode: %s: %s\n", input_name(o), what);
}

static int decode_frames(struct decoder *d, struct source *source)
{
	struct source_item item;
	int got = 0;

	while ((got = source_next(source, &item)) == 1)
		if (take_item(&item, d) != 0)
			return -1;
	return got;
}

static void say_encrypted(const char *from, const char *to, void *decoder)
{
	const struct decoder *d = decoder;
	char what[256];

	snprintf(what, sizeof(what), "%s to %s is TLS and cannot be read; `devlink3 record` can record it",
	         from, to);
	complain(d->options, what);
}

static void say_number(const struct decoder *d, uint64_t number, const char *what)
{
	char text[256];

	if (number == 0)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %s", number, what);
	complain(d->options, text);
}

/* What lines do not show. */
static void say_counts(const struct decoder *d, const struct capture_counts *c)
{
	if (!d->malformed && c->connections == 0 && c->encrypted == 0)
		complain(d->options, "no DevLink3 in it (--port says on which port to expect it)");
	say_number(d, c->passed_over,
	           "octets passed over in search of a frame, where a beginning is missing");
	say_number(d, c->dropped, "connections forgotten while they went on: too many at the same time");
	say_number(d, c->cut, "packets without whole headers passed over");
	say_number(d, c->fragments, "fragments of IP packets passed over");
}

static int decode_capture(struct decoder *d, struct source *source)
{
	struct capture_config config = {
		.port_count = d->options->port_count, .item = take_item, .encrypted = say_encrypted, .arg = d
	};
	char error[512];

	memcpy(config.ports, d->options->ports, sizeof(config.ports));
	struct capture *capture = capture_new(&config);
	if (!capture)
		return -1;
	int result = source_pcap_run(&source->in, capture, error, sizeof(error));
	d->tally.is_capture = true;
	d->tally.capture = capture_counts(capture);
	if (result == -1) {
		complain(d->options, error);
		d->malformed = true;
	}
	if (result != -2 && !d->options->count)
		say_counts(d, &d->tally.capture);
	capture_free(capture);
	return result == -2 ? -1 : 0;
}

static int decode_all(struct decoder *d, struct source *source)
{
	int form = source_detect(source);
	int result = form < 0              ? -1
	             : form == SOURCE_PCAP ? decode_capture(d, source)
	                                   : decode_frames(d, source);

	if (result != 0 || !d->options->count)
		return result;
	struct dl3i_out o = dl3i_out_to(d->line, d->cap);
	(d->options->text ? tally_text : tally_json)(&d->tally, &o);
	d->output_lost = output_write(d->line, o.len) != 0;
	return d->output_lost ? -1 : 0;
}

static int decode_file(int fd, const struct options *o)
{
	struct decoder d = { .options = o,
		             .style = { .text = o->text, .colour = o->colour },
		             .cap = LINE_FIRST };
	struct source source;

	source_init(&source, fd, o->form, show, &d);
	d.line = malloc(d.cap);
	d.style.scratch = malloc(DL3_RECORD_SCRATCH_MAX);
	int got = d.line && d.style.scratch ? decode_all(&d, &source) : -1;
	/* Of the output output_finish() speaks. */
	if (got < 0 && !d.output_lost)
		fprintf(stderr, "devlink3 decode: %s: %s\n", input_name(o), strerror(errno));
	source_finish(&source);
	free(d.line);
	free(d.style.scratch);
	return got < 0 || d.malformed ? EXIT_FAILED : EXIT_DONE;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct options o;
	int code = parse(self, argc, argv, &o);

	if (code >= 0 || !o.file)
		return code;
	int fd = is_standard_input(&o) ? STDIN_FILENO : open(o.file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "devlink3 decode: %s: %s\n", input_name(&o), strerror(errno));
		return EXIT_FAILED;
	}
	code = decode_file(fd, &o);
	if (!is_standard_input(&o))
		close(fd);
	return code;
}

const struct command command_decode = {
	.name = "decode",
	.usage = "decode [--json | --text] [--count] [--raw | --hex | --pcap] [--port N]... FILE",
	.summary = "a capture or octets of a conversation, as JSON Lines or text",
	.help = "Decodes FILE ('-' for standard input): a capture (pcap or pcapng), raw octets of one "
		"direction\n"
		"of a connection, or of both mixed, or hexadecimal text. Which it is is seen from its first\n"
		"octets.\n"
		"\n"
		"  --json   JSON Lines, a line a message with its records inside; the default in a pipe\n"
		"  --text   text for people; the default on a terminal (NO_COLOR is respected)\n"
		"  --raw    FILE is raw octets\n"
		"  --hex    FILE is hexadecimal text\n"
		"  --pcap   FILE is a capture\n"
		"  --port N of a capture, connections of this port only; may be given again. By default "
		"port\n"
		"           50797, and whatever begins as DevLink3 does\n"
		"  --count  decode everything, but print numbers only: messages, records, faults, holes\n"
		"\n"
		"Hexadecimal text has one or more whole frames a line, and comments behind '#'. Digits are\n"
		"upper or lower case, octets stand together or apart: 49000f2a, 49 00 0f 2a, 49:00:0f:2a,\n"
		"49-00-0f-2a, 0x49,0x00,0x0f,0x2a, 0x49000f2a. Lines end in LF or CRLF.\n"
		"\n"
		"A malformed frame gives a line with its error, offset and reason (text that is not\n"
		"hexadecimal: line and column), and decoding goes on at the next line, or in raw octets at "
		"the\n"
		"next place that looks like a frame (\"resumed_at\"). What has come through a pipe is shown\n"
		"before waiting for more. Passwords that a client sent in plain are shown.\n"
		"\n"
		"Of a capture each line has its time, from whom and to whom it was sent, and \"direction\":\n"
		"\"client\" or \"pbx\", whoever spoke. What is missing is a line with the error \"hole\".\n"
		"Connections with TLS cannot be read and are named on standard error.\n"
		"\n"
		"Exit codes: 0 all was well; 1 anything was malformed, or could not be read or written;\n"
		"2 usage.\n"
		"\n"
		"Examples:\n"
		"  devlink3 decode examples/sample-stream.hex\n"
		"  devlink3 decode --json capture.bin | jq 'select(.message == \"event\")'\n",
	.run = run,
};
