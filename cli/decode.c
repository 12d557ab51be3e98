/* SPDX-License-Identifier: MIT */
/* `devlink3 decode`: octets of a conversation to JSON Lines, or to text for people. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "message.h"
#include "output.h"
#include "source.h"

/* Lines begin with so much room and get more when they need it. */
#define LINE_FIRST 65536u

struct options {
	const char *file;
	enum source_form form;
	bool text;
	bool colour;
	bool help;
};

struct decoder {
	const struct options *options;
	char *line;
	size_t cap;
	char *scratch;
	bool malformed;   /* anything was */
	bool output_lost; /* standard output takes no more */
};

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

/* @return an exit code, or -1 to go on. */
static int parse(const struct command *c, int argc, char **argv, struct options *o)
{
	bool options_end = false;

	*o = (struct options){ .text = isatty(STDOUT_FILENO), .colour = wants_colour() };
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i];
		if (options_end || a[0] != '-' || strcmp(a, "-") == 0) {
			if (o->file)
				return command_usage_error(c, "one file is expected, and '%s' is a second",
				                           a);
			o->file = a;
		} else if (strcmp(a, "--") == 0) {
			options_end = true;
		} else if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) {
			return command_print_help(c);
		} else if (strcmp(a, "--json") == 0) {
			o->text = false;
		} else if (strcmp(a, "--text") == 0) {
			o->text = true;
		} else if (strcmp(a, "--raw") == 0) {
			o->form = SOURCE_RAW;
		} else if (strcmp(a, "--hex") == 0) {
			o->form = SOURCE_HEX;
		} else {
			return command_usage_error(c, "there is no option '%s'", a);
		}
	}
	return o->file ? -1 : command_usage_error(c, "a file is expected, or '-' for standard input");
}

/* ---- Lines ---- */

static void put_place(struct dl3i_json *j, const struct place *place)
{
	if (place->line > 0) {
		DL3I_JSON_KEY(j, "line");
		dl3i_json_unsigned(j, place->line);
	}
	DL3I_JSON_KEY(j, "frame");
	dl3i_json_unsigned(j, place->offset);
}

static const char *fault_name(const struct source_item *item)
{
	return item->not_hex ? "hex" : dl3_err_name(item->fault.err);
}

static void fault_line_json(struct dl3i_out *o, const struct source_item *item, const struct place *place)
{
	struct dl3i_json j = { .out = *o };

	dl3i_json_open(&j, '{');
	put_place(&j, place);
	fault_json(&j, fault_name(item), &item->fault);
	if (item->resumed) {
		DL3I_JSON_KEY(&j, "resumed_at");
		dl3i_json_unsigned(&j, item->resume);
	}
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
}

static void fault_line_text(struct dl3i_out *o, const struct source_item *item, const struct place *place)
{
	char reason[DL3_FAULT_TEXT_MAX];

	dl3_fault_text(&item->fault, reason, sizeof(reason));
	if (place->line > 0) {
		dl3i_put_z(o, "line ");
		dl3i_put_unsigned(o, place->line);
		dl3i_put_z(o, ": ");
	}
	dl3i_put_z(o, "malformed (");
	dl3i_put_z(o, fault_name(item));
	dl3i_put_z(o, "): ");
	dl3i_put_z(o, reason);
	if (item->resumed) {
		dl3i_put_z(o, "; a frame was found again at octet ");
		dl3i_put_unsigned(o, item->resume);
	}
	dl3i_put_char(o, '\n');
}

static void fault_line(struct dl3i_out *o, const struct source_item *item, const struct place *place,
                       bool text)
{
	if (text)
		fault_line_text(o, item, place);
	else
		fault_line_json(o, item, place);
}

static void message_line(struct decoder *d, struct dl3i_out *o, const struct source_item *item,
                         const struct place *place)
{
	struct message m = {
		.place = *place, .header = item->header, .payload = item->payload, .scratch = d->scratch
	};
	bool good = false;

	m.fault.err = dl3_msg_decode(item->payload, &m.msg, &m.fault);
	if (d->options->text) {
		good = message_text(o, &m, d->options->colour);
	} else {
		struct dl3i_json j = { .out = *o };
		dl3i_json_open(&j, '{');
		put_place(&j, place);
		good = message_json(&j, &m);
		dl3i_json_close(&j, '}');
		*o = j.out;
		dl3i_put_char(o, '\n');
	}
	d->malformed |= !good;
}

static void put_line(struct decoder *d, struct dl3i_out *o, const struct source_item *item)
{
	struct place place = { .offset = item->offset, .line = item->line };

	if (item->fault.err == DL3_OK) {
		message_line(d, o, item, &place);
		return;
	}
	d->malformed = true;
	fault_line(o, item, &place, d->options->text);
}

/* Writes one item, in as much room as it takes. */
static int write_item(struct decoder *d, const struct source_item *item)
{
	for (;;) {
		struct dl3i_out o = dl3i_out_to(d->line, d->cap);
		put_line(d, &o, item);
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

/* Nothing more is there for now: what was decoded is shown. */
static int show(void *decoder)
{
	struct decoder *d = decoder;

	d->output_lost = output_flush() != 0;
	return d->output_lost ? -1 : 0;
}

static int decode_all(struct decoder *d, struct source *source)
{
	struct source_item item;
	int got = 0;

	while ((got = source_next(source, &item)) == 1)
		if (write_item(d, &item) != 0)
			return -1;
	return got;
}

static int decode_file(int fd, const struct options *o)
{
	struct decoder d = { .options = o, .cap = LINE_FIRST };
	struct source source;

	source_init(&source, fd, o->form, show, &d);
	d.line = malloc(d.cap);
	d.scratch = malloc(DL3_RECORD_SCRATCH_MAX);
	int got = d.line && d.scratch ? decode_all(&d, &source) : -1;
	/* Of the output output_finish() speaks. */
	if (got < 0 && !d.output_lost)
		fprintf(stderr, "devlink3 decode: %s: %s\n", o->file, strerror(errno));
	source_finish(&source);
	free(d.line);
	free(d.scratch);
	return got < 0 || d.malformed ? EXIT_FAILED : EXIT_DONE;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct options o;
	int code = parse(self, argc, argv, &o);

	if (code >= 0 || !o.file)
		return code;
	bool standard_input = strcmp(o.file, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : open(o.file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "devlink3 decode: %s: %s\n", o.file, strerror(errno));
		return EXIT_FAILED;
	}
	code = decode_file(fd, &o);
	if (!standard_input)
		close(fd);
	return code;
}

const struct command command_decode = {
	.name = "decode",
	.usage = "decode [--json | --text] [--raw | --hex] FILE",
	.summary = "octets of a conversation, as JSON Lines or text",
	.help = "Decodes FILE ('-' for standard input): raw octets of one direction of a connection, or\n"
		"hexadecimal text with a frame a line and comments behind '#'. Which of the two it is\n"
		"is seen from its first octets.\n"
		"\n"
		"  --json   JSON Lines, a line a message with its records inside; the default in a pipe\n"
		"  --text   text for people; the default on a terminal (NO_COLOR is respected)\n"
		"  --raw    FILE is raw octets\n"
		"  --hex    FILE is hexadecimal text\n"
		"\n"
		"A malformed frame gives a line with its error, offset and reason, and decoding goes on\n"
		"at the next line, or in raw octets at the next place that looks like a frame\n"
		"(\"resumed_at\"). Passwords that a client sent in plain are shown.\n"
		"\n"
		"Exit code: 0 when all was well, 1 when anything was malformed or could not be read.\n"
		"\n"
		"  devlink3 decode examples/sample-stream.hex\n"
		"  devlink3 decode --json capture.bin | jq 'select(.message == \"event\")'\n",
	.run = run,
};
