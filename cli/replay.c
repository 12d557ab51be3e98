/* SPDX-License-Identifier: MIT */
/* `devlink3 replay`: be the PBX of a recording. */
#include <event2/event.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "password.h"
#include "replay_player.h"
#include "replay_read.h"

/* The service user of the simulator's made world. */
#define DEFAULT_LOGIN "devlink3"
#define DEFAULT_LISTEN "127.0.0.1:50797"
#define SPEED_MAX 1e6

struct options {
	const char *listen, *user, *password_file, *client;
	double speed, port;
	bool loop, stay, once, raw, hex, pcap, quiet;
};

struct run {
	const struct command *self;
	struct options o;
	const char *file;
	struct password password;
	struct tape tape;
	struct event_base *base;
	struct replay_player *player;
	struct event *signals[2];
};

#define ENTRY(text, what, member)                                                               \
	{                                                                                       \
		.name = text, .kind = OPTION_##what, .offset = offsetof(struct options, member) \
	}

static const struct option_entry entries[] = {
	ENTRY("listen", TEXT, listen),
	{ .name = "speed",
	  .kind = OPTION_REAL,
	  .offset = offsetof(struct options, speed),
	  .low = 0,
	  .high = SPEED_MAX },
	ENTRY("loop", FLAG, loop),
	ENTRY("stay", FLAG, stay),
	ENTRY("once", FLAG, once),
	ENTRY("user", TEXT, user),
	ENTRY("password-file", TEXT, password_file),
	ENTRY("client", TEXT, client),
	{ .name = "port",
	  .kind = OPTION_WHOLE,
	  .offset = offsetof(struct options, port),
	  .low = 1,
	  .high = UINT16_MAX },
	ENTRY("raw", FLAG, raw),
	ENTRY("hex", FLAG, hex),
	ENTRY("pcap", FLAG, pcap),
	ENTRY("quiet", FLAG, quiet),
};

/* @return an exit code, or -1 to go on. */
static int parse(struct run *r, int argc, char **argv)
{
	struct option_set set = { entries, sizeof(entries) / sizeof(entries[0]), &r->o };
	const struct command *c = r->self;

	r->o = (struct options){ .listen = DEFAULT_LISTEN, .speed = 1 };
	int code = options_parse(c, argc, argv, &set, 1);
	if (code >= 0)
		return code;
	if (argc - optind < 1)
		return command_usage_error(c, "a file is expected, or '-' for standard input");
	if (argc - optind > 1)
		return command_usage_error(c, "one file is expected, and '%s' is a second", argv[optind + 1]);
	if (r->o.loop && r->o.stay)
		return command_usage_error(c, "--loop has no end to --stay at");
	if (r->o.raw + r->o.hex + r->o.pcap > 1)
		return command_usage_error(c, "of --raw, --hex and --pcap one is expected");
	r->file = argv[optind];
	return -1;
}

/* The made world's, unless somebody is named. @return an exit code, or -1 to go on. */
static int choose_login(struct run *r)
{
	struct options *o = &r->o;

	if (!o->user && !o->password_file) {
		o->user = DEFAULT_LOGIN;
		snprintf(r->password.text, sizeof(r->password.text), "%s", DEFAULT_LOGIN);
		return -1;
	}
	if (!o->user)
		o->user = DEFAULT_LOGIN;
	return password_get(&r->password, r->self->name, o->password_file, o->user, "this replay");
}

static int complain(const struct run *r, const char *text)
{
	fprintf(stderr, "devlink3 %s: %s\n", r->self->name, text);
	return EXIT_FAILED;
}

static void log_line(const char *line, void *arg)
{
	const struct run *r = arg;

	if (!r->o.quiet)
		fprintf(stderr, "%s\n", line);
}

static void ended(void *arg)
{
	struct run *r = arg;

	event_base_loopbreak(r->base);
}

static void stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ended(arg);
}

static bool watch_signals(struct run *r)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < 2; i++) {
		r->signals[i] = evsignal_new(r->base, numbers[i], stop, r);
		if (!r->signals[i] || evsignal_add(r->signals[i], NULL) != 0)
			return false;
	}
	return true;
}

static int play(struct run *r)
{
	const struct options *o = &r->o;
	struct replay_config config = {
		.tape = &r->tape,
		.listen = o->listen,
		.user = o->user,
		.password = r->password.text,
		.speed = r->tape.has_times ? o->speed : 0,
		.loop = o->loop,
		.stay = o->stay,
		.once = o->once,
		.log = log_line,
		.ended = ended,
		.arg = r,
	};
	char error[512];

	r->base = event_base_new();
	if (!r->base || !watch_signals(r))
		return complain(r, "no memory, or no file descriptor, is left");
	r->player = replay_player_new(r->base, &config, error, sizeof(error));
	if (!r->player)
		return complain(r, error);
	printf("listening on %s\n", replay_player_address(r->player));
	/* Nobody may be there to read it; what is lost is said at the end. */
	(void)output_flush();
	event_base_dispatch(r->base);
	return EXIT_DONE;
}

static void finish(struct run *r)
{
	replay_player_free(r->player);
	for (size_t i = 0; i < 2; i++)
		if (r->signals[i])
			event_free(r->signals[i]);
	if (r->base)
		event_base_free(r->base);
	tape_finish(&r->tape);
	password_wipe(&r->password);
	libevent_global_shutdown();
}

static int run(const struct command *self, int argc, char **argv)
{
	struct run r = { .self = self };
	int code = parse(&r, argc, argv);

	if (code < 0)
		code = choose_login(&r);
	if (code >= 0)
		return code;
	const struct replay_source source = {
		.command = self->name,
		.file = r.file,
		.form = r.o.raw    ? SOURCE_RAW
		        : r.o.hex  ? SOURCE_HEX
		        : r.o.pcap ? SOURCE_PCAP
		                   : SOURCE_DETECT,
		.port = (uint16_t)r.o.port,
		.client = r.o.client,
	};
	code = replay_read(&source, &r.tape) ? play(&r) : EXIT_FAILED;
	finish(&r);
	return code;
}

const struct command command_replay = {
	.name = "replay",
	.usage = "replay [OPTION]... FILE",
	.summary = "be the PBX of a recording: its events, octet for octet, at their own pace",
	.help = "Listens as a PBX and plays the events in FILE ('-' for standard input) to each client that\n"
		"logs in and asks for them: from the beginning, octet for octet, and as far apart as they "
		"were\n"
		"recorded. FILE is what `devlink3 decode` reads: a capture (pcap or pcapng), as `devlink3 "
		"record`\n"
		"writes one, raw octets of the PBX, or hexadecimal text. Raw octets and text have no times,\n"
		"and are played as with --speed 0. Prints 'listening on ADDRESS:PORT' once it is ready.\n"
		"\n"
		"  --listen A:P         where to listen; port 0 picks one (default " DEFAULT_LISTEN ")\n"
		"  --speed X            so many times faster; 0: as fast as each client takes it\n"
		"  --loop               at the end from the beginning again; counters jump back there\n"
		"  --stay               at the end the connection stays open, instead of being closed\n"
		"  --once               end when the first client that asked for events has gone\n"
		"  --user NAME          who may log in (default " DEFAULT_LOGIN
		", as in the simulator's made world)\n"
		"  --password-file FILE its first line is that user's password; else with --user "
		"DEVLINK3_PASSWORD\n"
		"                       is, and without --user it is " DEFAULT_LOGIN "\n"
		"  --client A:P         of a capture, the connection of that client only\n"
		"  --port N             of a capture, connections of this port only\n"
		"  --raw, --hex, --pcap what FILE is, instead of seeing it from its first octets\n"
		"  --quiet              no log on standard error\n"
		"\n"
		"What a PBX would know is taken from the recording: which calls were in progress at the "
		"first\n"
		"event request, its name, and the files that were read. All flags are granted, and change\n"
		"nothing. A damaged recording is played as far as it is good, and the damage is told.\n"
		"A copy of the events is kept in TMPDIR, or else /var/tmp, while this runs.\n"
		"\n"
		"Exit codes: 0 done; 1 nothing to replay, or FILE could not be read, or the address not be\n"
		"listened on; 2 usage; 3 no password.\n"
		"\n"
		"Examples:\n"
		"  devlink3 replay site.pcap\n"
		"  devlink3 replay --listen 127.0.0.1:0 --speed 10 --loop site.pcap\n"
		"  devlink3 replay --speed 0 --once site.pcap &\n"
		"  DEVLINK3_PASSWORD=devlink3 devlink3 watch --json --no-retry "
		"devlink3://devlink3@127.0.0.1\n",
	.run = run,
};
