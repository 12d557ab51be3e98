/* SPDX-License-Identifier: MIT */
/* `devlink3 serve`: the gateway. */
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "gateway/gateway.h"
#include "serve_demo.h"
#include "serve_notify.h"

#define PBXS_MAX 64u
/* Time for consumers to be told that the gateway stops. */
#define GOODBYE_MS 2000
#define GOODBYE_STEP_MS 50

struct serve {
	const struct command *self;
	const char *file; /* NULL: none */
	const char *pbxs[PBXS_MAX], *listen[CONFIG_LISTEN_MAX];
	size_t pbx_count, listen_count;
	const char *state;
	bool is_demo, check;

	struct event_base *base;
	struct gateway_config config;
	struct log *log;
	struct gateway *gateway;
	struct serve_demo *demo;
	struct serve_notify *notify;
	char scratch[64]; /* a folder for the demonstration's history, which goes with it */
	struct event *stop[2], *hup, *goodbye;
	unsigned waited_ms;
};

static int complain(const struct serve *s, const char *error)
{
	fprintf(stderr, "devlink3 %s: %s\n", s->self->name, error);
	return EXIT_FAILED;
}

/* ---- The command line ---- */

enum { OPT_DEMO = 256, OPT_PBX, OPT_LISTEN, OPT_STATE, OPT_CHECK, OPT_HELP };

static const struct option options[] = {
	{ "demo", no_argument, NULL, OPT_DEMO },
	{ "pbx", required_argument, NULL, OPT_PBX },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static int add(const struct serve *s, const char **list, size_t *count, size_t max, const char *name)
{
	if (*count == max)
		return command_usage_error(s->self, "--%s: at most %zu", name, max);
	list[(*count)++] = optarg;
	return -1;
}

/* @return an exit code, or -1 to go on. */
static int take_option(struct serve *s, int option, char **argv)
{
	switch (option) {
	case OPT_DEMO:
		s->is_demo = true;
		return -1;
	case OPT_PBX:
		return add(s, s->pbxs, &s->pbx_count, PBXS_MAX, "pbx");
	case OPT_LISTEN:
		return add(s, s->listen, &s->listen_count, CONFIG_LISTEN_MAX, "listen");
	case OPT_STATE:
		s->state = optarg;
		return -1;
	case OPT_CHECK:
		s->check = true;
		return -1;
	case OPT_HELP:
		return command_print_help(s->self);
	case ':':
		return command_usage_error(s->self, "%s wants an argument", argv[optind - 1]);
	default:
		return command_usage_error(s->self, "there is no option '%s'", argv[optind - 1]);
	}
}

static int parse(struct serve *s, int argc, char **argv)
{
	int option, code = -1;

	opterr = 0;
	while (code < 0 && (option = getopt_long(argc, argv, ":h", options, NULL)) != -1)
		code = option == 'h' ? command_print_help(s->self) : take_option(s, option, argv);
	if (code >= 0)
		return code;
	if (argc - optind > 1)
		return command_usage_error(s->self, "one configuration is expected, and '%s' is a second",
		                           argv[optind + 1]);
	s->file = argv[optind]; /* NULL when there is none */
	if (!s->is_demo && s->pbx_count == 0 && !s->file)
		return command_usage_error(
			s->self, "which PBX? A configuration or --pbx URL names one, --demo brings its own");
	return -1;
}

/* ---- The configuration ---- */

/* A demonstration without a folder of its own leaves nothing behind. */
static bool make_scratch(struct serve *s, struct config_error *error)
{
	if (!s->is_demo || s->state || s->file || s->scratch[0] != '\0')
		return true;
	(void)snprintf(s->scratch, sizeof(s->scratch), "/tmp/devlink3-demo-XXXXXX");
	if (mkdtemp(s->scratch))
		return true;
	s->scratch[0] = '\0';
	(void)snprintf(error->text, sizeof(error->text), "cannot make a folder in /tmp: %s", strerror(errno));
	return false;
}

static bool set_state(const struct serve *s, struct gateway_config *config, struct config_error *error)
{
	const char *state = s->state ? s->state : s->scratch[0] ? s->scratch : NULL;
	char store[4096];

	if (!state)
		return true;
	/* The store goes with it, unless the file has put it elsewhere. */
	const bool follows = config->state && config->store.where &&
	                     strncmp(config->store.where, config->state, strlen(config->state)) == 0;
	config->state = gateway_config_text(config, state);
	(void)snprintf(store, sizeof(store), "%s/" CONFIG_STORE, state);
	if (follows || !s->file)
		config->store.where = gateway_config_text(config, store);
	if (config->state && config->store.where)
		return true;
	(void)snprintf(error->text, sizeof(error->text), "out of memory");
	return false;
}

/* The file with the command line on top. */
static bool read_config(struct serve *s, struct gateway_config *config, struct config_error *error)
{
	bool ok = make_scratch(s, error) && (s->file ? gateway_config_read(s->file, config, error)
	                                             : gateway_config_default(config, error));

	for (size_t i = 0; ok && i < s->pbx_count; i++)
		ok = gateway_config_add_pbx(config, s->pbxs[i], error);
	if (ok && s->listen_count > 0)
		ok = gateway_config_set_listen(config, s->listen, s->listen_count, error);
	return ok && set_state(s, config, error) && gateway_config_check(config, !s->check, error);
}

static void remove_scratch(const struct serve *s)
{
	static const char *const files[] = { CONFIG_STORE, CONFIG_STORE "-wal", CONFIG_STORE "-shm",
		                             "session.key" };
	char path[sizeof(s->scratch) + 32];

	if (s->scratch[0] == '\0')
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", s->scratch, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(s->scratch);
}

/* ---- Signals ---- */

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

static void on_stop(evutil_socket_t number, short what, void *arg)
{
	struct serve *s = arg;
	const struct timeval step = { .tv_usec = GOODBYE_STEP_MS * 1000L };

	(void)number;
	(void)what;
	/* Whoever asks twice means it. */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	serve_notify(s->notify, "STOPPING=1");
	gateway_stop(s->gateway);
	(void)event_add(s->goodbye, &step);
}

static void on_hup(evutil_socket_t number, short what, void *arg)
{
	struct serve *s = arg;
	struct gateway_config config = { 0 };
	struct config_error error;

	(void)number;
	(void)what;
	serve_notify_reloading(s->notify);
	if (!read_config(s, &config, &error) || !gateway_reload(s->gateway, &config, &error)) {
		log_say(s->log, LOG_LEVEL_ERROR, "reload", LOG_TEXT("result", "refused"),
		        LOG_TEXT("reason", error.text));
		gateway_config_free(&config);
	} else {
		/* The structs move, what they point to stays. */
		struct gateway_config before = s->config;
		s->config = config;
		gateway_moved(s->gateway, &s->config);
		gateway_config_free(&before);
	}
	serve_notify(s->notify, "READY=1");
}

static bool watch_signals(struct serve *s)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < 2; i++) {
		s->stop[i] = evsignal_new(s->base, numbers[i], on_stop, s);
		if (!s->stop[i] || event_add(s->stop[i], NULL) != 0)
			return false;
	}
	s->hup = evsignal_new(s->base, SIGHUP, on_hup, s);
	s->goodbye = event_new(s->base, -1, EV_PERSIST, on_goodbye, s);
	return s->goodbye && s->hup && event_add(s->hup, NULL) == 0;
}

/* ---- Running ---- */

static bool begin(struct serve *s, struct config_error *error)
{
	const struct log_config log = { .fd = STDERR_FILENO,
		                        .format = s->config.log.format,
		                        .level = s->config.log.level };
	struct gateway_demo demo;

	(void)snprintf(error->text, sizeof(error->text), "out of memory");
	s->base = event_base_new();
	s->log = log_new(&log);
	if (!s->base || !s->log || !watch_signals(s))
		return false;
	if (s->is_demo) {
		s->demo = serve_demo_new(s->base, error->text, sizeof(error->text));
		if (!s->demo)
			return false;
		demo = (struct gateway_demo){ .url = serve_demo_url(s->demo),
			                      .password = serve_demo_password(s->demo) };
	}
	const struct gateway_options o = { .config = &s->config,
		                           .log = s->log,
		                           .demo = s->is_demo ? &demo : NULL };
	s->gateway = gateway_new(s->base, &o, error);
	if (!s->gateway)
		return false;
	s->notify = serve_notify_new(s->base);
	return true;
}

static void announce(const struct serve *s)
{
	const char *address;

	for (size_t i = 0; (address = gateway_address(s->gateway, i)) != NULL; i++)
		printf("listening on %s\n", address);
	for (size_t i = 0; (address = gateway_proxy_address(s->gateway, i)) != NULL; i++)
		printf("listening on %s\n", address);
	(void)fflush(stdout);
	serve_notify(s->notify, "READY=1");
}

static void finish(struct serve *s)
{
	gateway_free(s->gateway);
	serve_demo_free(s->demo);
	serve_notify_free(s->notify);
	struct event *const events[] = { s->stop[0], s->stop[1], s->hup, s->goodbye };
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	log_free(s->log);
	if (s->base)
		event_base_free(s->base);
	gateway_config_free(&s->config);
	remove_scratch(s);
	libevent_global_shutdown();
}

/* Until a signal ends it. @return false when it could not begin. */
static bool serve(struct serve *s, struct config_error *error)
{
	if (!begin(s, error))
		return false;
	announce(s);
	(void)event_base_dispatch(s->base);
	return true;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct serve s = { .self = self };
	struct config_error error;
	int code = parse(&s, argc, argv);

	if (code >= 0)
		return code;
	(void)signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow any more is the same as a full disk, and nothing to die of. */
	(void)signal(SIGXFSZ, SIG_IGN);
	bool good = read_config(&s, &s.config, &error);
	if (good && s.check)
		printf("%s: good\n", s.file ? s.file : "the command line");
	else if (good)
		good = serve(&s, &error);
	code = good ? EXIT_DONE : complain(&s, error.text);
	finish(&s);
	return code;
}

const struct command command_serve = {
	.name = "serve",
	.usage = "serve [CONFIG.yaml] [--demo] [--pbx URL]... [--listen A:P]... [--state DIR]",
	.summary = "the gateway: one connection to a PBX, any number of consumers, history, a wallboard",
	.help = "Keeps one connection to each PBX, makes calls of what comes, and serves them by HTTP: live "
		"as\n"
		"server-sent events and WebSocket, past calls from a database, and a page that shows both.\n"
		"Prints 'listening on http://ADDRESS:PORT' once it is ready. Without CONFIG.yaml it listens "
		"on\n"
		"127.0.0.1:8080; all that can be configured is in docs/configuration.md.\n"
		"\n"
		"  --demo        a simulated PBX with people who phone, in the same process; without a\n"
		"                configuration and --state its history goes with it\n"
		"  --pbx URL     devlink3://USER@HOST[:50797], or devlink3s:// with TLS; may be given "
		"again;\n"
		"                the password is in DEVLINK3_PASSWORD\n"
		"  --listen A:P  in place of the configuration's addresses; port 0 picks one; may be given "
		"again\n"
		"  --state DIR   where the history is kept, in place of the configuration's\n"
		"  --check       says whether all of this is right, and ends\n"
		"\n"
		"SIGHUP reads the configuration again; consumers stay. SIGTERM and SIGINT tell consumers, "
		"write what\n"
		"is not written yet, and end it.\n"
		"\n"
		"Exit codes: 0 stopped by a signal, or checked and good; 1 failed; 2 usage.\n"
		"\n"
		"Examples:\n"
		"  devlink3 serve --demo\n"
		"  devlink3 serve --pbx devlink3://wallboard@192.0.2.1 --state /var/lib/devlink3\n"
		"  devlink3 serve /etc/devlink3/devlink3.yaml\n",
	.run = run,
};
