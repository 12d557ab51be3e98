/* SPDX-License-Identifier: MIT */
/* `devlink3 serve`: the gateway. */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "gateway/gateway.h"
#include "gateway/hub.h"
#include "password.h"
#include "serve_demo.h"

#define PBXS_MAX 64u
#define LISTEN_MAX 16u
#define NAME_SIZE 64u
#define DEFAULT_LISTEN "127.0.0.1:8080"
/* Time for consumers to be told that the gateway stops. */
#define GOODBYE_MS 2000
#define GOODBYE_STEP_MS 50

struct serve {
	const struct command *self;
	struct event_base *base;
	struct gateway *gateway;
	struct serve_demo *demo;
	const char *urls[PBXS_MAX];
	size_t url_count;
	struct gateway_listen listen[LISTEN_MAX];
	size_t listen_count;
	struct gateway_pbx pbxs[PBXS_MAX];
	char names[PBXS_MAX][NAME_SIZE];
	const char *state, *password_file;
	char store[4096];
	char scratch[64]; /* a folder for the demonstration's history, which goes with it */
	bool is_demo, no_records;
	struct password password;
	struct event *signals[2], *goodbye;
	unsigned waited_ms;
	int code;
};

static int complain(struct serve *s, const char *error)
{
	fprintf(stderr, "devlink3 serve: %s\n", error);
	return s->code = EXIT_FAILED;
}

/* ---- The command line ---- */

enum { OPT_DEMO = 256, OPT_PBX, OPT_LISTEN, OPT_STATE, OPT_PASSWORD_FILE, OPT_NO_RECORDS, OPT_HELP };

static const struct option options[] = {
	{ "demo", no_argument, NULL, OPT_DEMO },
	{ "pbx", required_argument, NULL, OPT_PBX },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "password-file", required_argument, NULL, OPT_PASSWORD_FILE },
	{ "no-records", no_argument, NULL, OPT_NO_RECORDS },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int take_option(struct serve *s, int option)
{
	switch (option) {
	case OPT_DEMO:
		s->is_demo = true;
		return -1;
	case OPT_PBX:
		if (s->url_count == PBXS_MAX)
			return command_usage_error(s->self, "--pbx: at most %u", PBXS_MAX);
		s->urls[s->url_count++] = optarg;
		return -1;
	case OPT_LISTEN:
		if (s->listen_count == LISTEN_MAX)
			return command_usage_error(s->self, "--listen: at most %u", LISTEN_MAX);
		s->listen[s->listen_count++].address = optarg;
		return -1;
	case OPT_STATE:
		s->state = optarg;
		return -1;
	case OPT_PASSWORD_FILE:
		s->password_file = optarg;
		return -1;
	case OPT_NO_RECORDS:
		s->no_records = true;
		return -1;
	case OPT_HELP:
		return command_print_help(s->self);
	default:
		return command_usage_error(s->self, "there is no such option, or its value is missing");
	}
}

static int parse(struct serve *s, int argc, char **argv)
{
	int option, code = -1;

	opterr = 0;
	while (code < 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		code = take_option(s, option);
	if (code >= 0)
		return code;
	if (optind < argc)
		return command_usage_error(s->self, "'%s' is not understood here", argv[optind]);
	if (!s->is_demo && s->url_count == 0)
		return command_usage_error(s->self, "which PBX? --pbx URL names one, --demo brings its own");
	return -1;
}

/* ---- Where things are kept ---- */

static bool make_folder(const char *path)
{
	char part[4096];

	if (strlen(path) >= sizeof(part))
		return false;
	for (size_t i = 1; path[i - 1] != '\0'; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return false;
	}
	return true;
}

/* As the service manager says, or else as people keep such things. */
static bool choose_state(char *out, size_t size)
{
	const char *given = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");
	int len;

	if (given && given[0])
		len = snprintf(out, size, "%.*s", (int)strcspn(given, ":"), given);
	else if (xdg && xdg[0])
		len = snprintf(out, size, "%s/devlink3", xdg);
	else if (home && home[0])
		len = snprintf(out, size, "%s/.local/state/devlink3", home);
	else
		return false;
	return len > 0 && (size_t)len < size;
}

static bool choose_store(struct serve *s)
{
	char folder[3072];

	if (!s->state && s->is_demo) {
		(void)snprintf(s->scratch, sizeof(s->scratch), "/tmp/devlink3-demo-XXXXXX");
		if (!mkdtemp(s->scratch)) {
			s->scratch[0] = '\0';
			(void)complain(s, "cannot make a folder in /tmp for the demonstration's history");
			return false;
		}
		(void)snprintf(s->store, sizeof(s->store), "%s/devlink3.db", s->scratch);
		return true;
	}
	if (s->state)
		(void)snprintf(folder, sizeof(folder), "%s", s->state);
	else if (!choose_state(folder, sizeof(folder))) {
		(void)complain(s, "where is what it knows to be kept? --state DIR says so");
		return false;
	}
	if (!make_folder(folder)) {
		fprintf(stderr, "devlink3 serve: cannot make the folder %s: %s\n", folder, strerror(errno));
		s->code = EXIT_FAILED;
		return false;
	}
	(void)snprintf(s->store, sizeof(s->store), "%s/devlink3.db", folder);
	return true;
}

static void remove_scratch(struct serve *s)
{
	static const char *const files[] = { "", "-wal", "-shm" };
	char path[sizeof(s->scratch) + 32];

	if (s->scratch[0] == '\0')
		return;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/devlink3.db%s", s->scratch, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(s->scratch);
}

/* ---- PBXs ---- */

static bool name_is_taken(const struct serve *s, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(s->names[i], name) == 0)
			return true;
	return false;
}

/* The host's name, with a number behind it when there are several of it. */
static void name_pbx(struct serve *s, size_t at, const char *host)
{
	char name[NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%.40s", host);
	for (unsigned n = 2; name_is_taken(s, at, name); n++)
		(void)snprintf(name, sizeof(name), "%.40s-%u", host, n);
	memcpy(s->names[at], name, sizeof(name));
}

static bool choose_pbxs(struct serve *s)
{
	char error[256];
	struct dl3_url url;

	for (size_t i = 0; i < s->url_count; i++) {
		if (!dl3_url_parse(s->urls[i], &url, error, sizeof(error))) {
			fprintf(stderr, "devlink3 serve: --pbx %s: %s\n", s->urls[i], error);
			s->code = EXIT_USAGE;
			return false;
		}
		if (i == 0 && s->password.text[0] == '\0') {
			s->code = password_get(&s->password, "serve", s->password_file, url.user, url.host);
			if (s->code >= 0)
				return false;
			s->code = EXIT_DONE;
		}
		name_pbx(s, i, url.host);
		s->pbxs[i] = (struct gateway_pbx){ .name = s->names[i],
			                           .url = s->urls[i],
			                           .password = s->password.text,
			                           .flags = GATEWAY_FLAGS };
	}
	return true;
}

static bool begin_demo(struct serve *s)
{
	char error[512];

	s->demo = serve_demo_new(s->base, error, sizeof(error));
	if (!s->demo) {
		(void)complain(s, error);
		return false;
	}
	if (s->url_count == PBXS_MAX)
		s->url_count--;
	(void)snprintf(s->names[s->url_count], NAME_SIZE, "demo");
	s->pbxs[s->url_count] = (struct gateway_pbx){ .name = s->names[s->url_count],
		                                      .url = serve_demo_url(s->demo),
		                                      .password = serve_demo_password(s->demo),
		                                      .flags = GATEWAY_FLAGS };
	s->url_count++;
	return true;
}

/* ---- Running ---- */

static void log_line(const char *what, const char *line, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s: %s\n", what, line);
}

/* Until those who listen have heard it. */
static void on_goodbye(evutil_socket_t fd, short what, void *arg)
{
	struct serve *s = arg;

	(void)fd;
	(void)what;
	s->waited_ms += GOODBYE_STEP_MS;
	if (gateway_is_quiet(s->gateway) || s->waited_ms >= GOODBYE_MS)
		(void)event_base_loopbreak(s->base);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct serve *s = arg;
	const struct timeval step = { .tv_usec = GOODBYE_STEP_MS * 1000L };

	(void)number;
	(void)what;
	/* Whoever asks twice means it. */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	gateway_stop(s->gateway);
	(void)event_add(s->goodbye, &step);
}

static bool watch_signals(struct serve *s)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < 2; i++) {
		s->signals[i] = evsignal_new(s->base, numbers[i], on_signal, s);
		if (!s->signals[i] || event_add(s->signals[i], NULL) != 0)
			return false;
	}
	s->goodbye = event_new(s->base, -1, EV_PERSIST, on_goodbye, s);
	return s->goodbye != NULL;
}

static bool begin(struct serve *s)
{
	char error[512] = "out of memory";

	s->base = event_base_new();
	if (!s->base || !watch_signals(s)) {
		(void)complain(s, error);
		return false;
	}
	if (!choose_pbxs(s) || !choose_store(s) || (s->is_demo && !begin_demo(s)))
		return false;
	if (s->listen_count == 0)
		s->listen[s->listen_count++].address = DEFAULT_LISTEN;
	const struct gateway_settings settings = { .pbxs = s->pbxs,
		                                   .pbx_count = s->url_count,
		                                   .listen = s->listen,
		                                   .listen_count = s->listen_count,
		                                   .store = s->store,
		                                   .keep_records = !s->no_records,
		                                   .demo = s->is_demo,
		                                   .log = log_line,
		                                   .arg = s };
	s->gateway = gateway_new(s->base, &settings, error, sizeof(error));
	if (!s->gateway)
		(void)complain(s, error);
	return s->gateway != NULL;
}

static void finish(struct serve *s)
{
	gateway_free(s->gateway);
	serve_demo_free(s->demo);
	for (size_t i = 0; i < 2; i++)
		if (s->signals[i])
			event_free(s->signals[i]);
	if (s->goodbye)
		event_free(s->goodbye);
	if (s->base)
		event_base_free(s->base);
	password_wipe(&s->password);
	remove_scratch(s);
	libevent_global_shutdown();
}

static void announce(const struct serve *s)
{
	const char *address;

	for (size_t i = 0; (address = gateway_address(s->gateway, i)) != NULL; i++)
		printf("listening on http://%s\n", address);
	(void)fflush(stdout);
}

static int run(const struct command *self, int argc, char **argv)
{
	struct serve s = { .self = self };
	int code = parse(&s, argc, argv);

	if (code >= 0)
		return code;
	(void)signal(SIGPIPE, SIG_IGN);
	if (begin(&s)) {
		announce(&s);
		(void)event_base_dispatch(s.base);
	}
	finish(&s);
	return s.code;
}

const struct command command_serve = {
	.name = "serve",
	.usage = "serve [--demo] [--pbx URL]... [--listen A:P]... [--state DIR]",
	.summary = "the gateway: one connection to a PBX, any number of consumers, history, a wallboard",
	.help = "Keeps one connection to each PBX, makes calls of what comes, and serves them by HTTP: live "
		"as\n"
		"server-sent events and WebSocket, past calls from a database, and a page that shows both.\n"
		"Prints 'listening on http://ADDRESS:PORT' once it is ready.\n"
		"\n"
		"  --pbx URL            devlink3://USER@HOST[:50797], or devlink3s:// with TLS; may be given "
		"again\n"
		"  --password-file F    its first line is the password; else DEVLINK3_PASSWORD is, else it "
		"is\n"
		"                       asked for on the terminal\n"
		"  --demo               a simulated PBX with people who phone, in the same process\n"
		"  --listen A:P         where to serve (default " DEFAULT_LISTEN
		"); port 0 picks one; may be given again\n"
		"  --state DIR          where the history is kept (default STATE_DIRECTORY, as systemd sets "
		"it, or\n"
		"                       ~/.local/state/devlink3; for a demonstration a folder that goes with "
		"it)\n"
		"  --no-records         keep calls, and not each record that told of them\n"
		"\n"
		"  devlink3 serve --demo\n"
		"  devlink3 serve --pbx devlink3://wallboard@192.0.2.1 --password-file secret\n"
		"\n"
		"Exit codes: 0 stopped by a signal, 1 failed, 2 usage.\n",
	.run = run,
};
