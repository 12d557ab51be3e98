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

static void put_number(struct dl3i_json *j, const char *ready_key, uint64_t value)
{
	dl3i_json_ready_key(j, ready_key, strlen(ready_key));
	dl3i_json_unsigned(j, value);
}

static void put_place(struct dl3i_json *j, const struct place *place)
{
	if (place->line > 0)
		put_number(j, "\"line\":", place->line);
	put_number(j, "\"frame\":", place->offset);
}

/* What is wrong with hexadecimal text, as dl3_fault_text() has it for octets. */
static void put_hex_reason(struct dl3i_out *o, const struct dl3_fault *fault)
{
	dl3i_put_z(o, "expected ");
	dl3i_put_z(o, fault->expected);
	dl3i_put_z(o, ", came ");
	dl3i_put_z(o, fault->came);
	if (fault->has_value && fault->value > ' ' && fault->value < 0x7f) {
		dl3i_put_z(o, " '");
		dl3i_put_char(o, (char)fault->value);
		dl3i_put_z(o, "'");
	} else if (fault->has_value) {
		dl3i_put_z(o, " 0x");
		dl3i_put_hex(o, fault->value);
	}
	dl3i_put_z(o, ", at column ");
	dl3i_put_unsigned(o, fault->offset);
}

static void hex_fault_json(struct dl3i_out *o, const struct source_item *item)
{
	char reason[DL3_FAULT_TEXT_MAX];
	struct dl3i_out text = dl3i_out_to(reason, sizeof(reason));
	struct dl3i_json j = { .out = *o };

	put_hex_reason(&text, &item->fault);
	dl3i_json_open(&j, '{');
	put_number(&j, "\"line\":", item->line);
	DL3I_JSON_KEY(&j, "error");
	dl3i_json_z(&j, "hex");
	put_number(&j, "\"column\":", item->fault.offset);
	DL3I_JSON_KEY(&j, "reason");
	dl3i_json_str(&j, (struct dl3_str){ .ptr = reason, .len = (uint32_t)text.len });
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
}

static void fault_line_json(struct dl3i_out *o, const struct source_item *item, const struct place *place)
{
	struct dl3i_json j = { .out = *o };

	dl3i_json_open(&j, '{');
	put_place(&j, place);
	fault_json(&j, dl3_err_name(item->fault.err), &item->fault);
	if (item->resumed)
		put_number(&j, "\"resumed_at\":", item->resume);
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
}

static void fault_line_text(struct dl3i_out *o, const struct source_item *item, const struct place *place)
{
	if (place->line > 0) {
		dl3i_put_z(o, "line ");
		dl3i_put_unsigned(o, place->line);
		dl3i_put_z(o, ": ");
	}
	dl3i_put_z(o, "malformed (");
	dl3i_put_z(o, item->not_hex ? "hex" : dl3_err_name(item->fault.err));
	dl3i_put_z(o, "): ");
	if (item->not_hex) {
		put_hex_reason(o, &item->fault);
	} else {
		char reason[DL3_FAULT_TEXT_MAX];

		dl3_fault_text(&item->fault, reason, sizeof(reason));
		dl3i_put_z(o, reason);
	}
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
	else if (item->not_hex)
		hex_fault_json(o, item);
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

static bool is_standard_input(const struct options *o)
{
	return strcmp(o->file, "-") == 0;
}

static const char *input_name(const struct options *o)
{
	return is_standard_input(o) ? "standard input" : *o->file ? o->file : "''";
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
		fprintf(stderr, "devlink3 decode: %s: %s\n", input_name(o), strerror(errno));
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
	.usage = "decode [--json | --text] [--raw | --hex] FILE",
	.summary = "octets of a conversation, as JSON Lines or text",
	.help = "Decodes FILE ('-' for standard input): raw octets of one direction of a connection, or of\n"
		"both mixed, or hexadecimal text. Which of the two it is is seen from its first octets.\n"
		"\n"
		"  --json   JSON Lines, a line a message with its records inside; the default in a pipe\n"
		"  --text   text for people; the default on a terminal (NO_COLOR is respected)\n"
		"  --raw    FILE is raw octets\n"
		"  --hex    FILE is hexadecimal text\n"
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
		"Exit codes: 0 all was well; 1 anything was malformed, or could not be read or written;\n"
		"2 usage.\n"
		"\n"
		"Examples:\n"
		"  devlink3 decode examples/sample-stream.hex\n"
		"  devlink3 decode --json capture.bin | jq 'select(.message == \"event\")'\n",
	.run = run,
};
