/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utf8.h"

/* ---- Text ---- */

struct timespec link_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

void link_time_text(const struct timespec *t, char buf[LINK_TIME_TEXT])
{
	struct tm utc;
	size_t n = 0;

	if (gmtime_r(&t->tv_sec, &utc))
		n = strftime(buf, LINK_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf + n, LINK_TIME_TEXT - n, ".%03ldZ", t->tv_nsec / 1000000 % 1000);
}

void link_put_address(struct dl3i_out *o, uint32_t pbx)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		dl3i_put_unsigned(o, pbx >> shift & 255);
		if (shift > 0)
			dl3i_put_char(o, '.');
	}
}

/* Text may have come from the other end: a terminal is not to obey it. */
static void put_safely(FILE *to, const char *text)
{
	const char *end = text + strlen(text);
	uint32_t code = 0;
	char octets[4];

	while (text < end) {
		text += dl3i_utf8_next(text, end, &code);
		if (dl3i_obeyed(code))
			code = '.';
		size_t n = dl3i_utf8_put(code, octets);
		fwrite(octets, 1, n, to);
	}
}

void link_complain(const struct link_app *app, const char *detail, const char *advice)
{
	fprintf(stderr, "devlink3 %s: ", app->self->name);
	put_safely(stderr, detail);
	if (*advice) {
		fputs("\n  ", stderr);
		put_safely(stderr, advice);
	}
	fputc('\n', stderr);
}

int link_exit_code(enum dl3_link_reason reason)
{
	switch (reason) {
	case DL3_REASON_NONE:
	case DL3_REASON_OWNER:
		return EXIT_DONE;
	case DL3_REASON_UNKNOWN_HOST:
	case DL3_REASON_UNREACHABLE:
	case DL3_REASON_CONNECTION_REFUSED:
	case DL3_REASON_NO_ANSWER:
	case DL3_REASON_CLOSED:
		return EXIT_UNREACHABLE;
	case DL3_REASON_WRONG_PASSWORD:
	case DL3_REASON_REFUSED:
	case DL3_REASON_RETRY_LATER:
		return EXIT_NOT_AUTHENTICATED;
	case DL3_REASON_LIMITS_EXCEEDED:
	case DL3_REASON_LICENCE_MISSING:
	case DL3_REASON_STREAM_REFUSED:
		return EXIT_REFUSED;
	case DL3_REASON_TLS:
	case DL3_REASON_NOT_DEVLINK3:
	case DL3_REASON_PROTOCOL:
	case DL3_REASON_SYSTEM:
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

/* ---- Signals ---- */

/* A signal has to get through also while the loop waits for standard output to take something: so it
 * is a pipe, and nobody reads it before the loop does. */
static int wake_pipe[2] = { -1, -1 };

static void on_signal(int number)
{
	int error = errno;
	ssize_t n = write(wake_pipe[1], "", 1);

	(void)n;
	/* Whoever asks twice means it. */
	signal(number, SIG_DFL);
	errno = error;
}

static void woken(evutil_socket_t fd, short what, void *arg)
{
	struct link_app *app = arg;
	char octet;

	(void)what;
	if (read(fd, &octet, 1) != 1)
		return;
	app->interrupted = true;
	if (app->on_signal)
		app->on_signal(app->arg);
	else
		link_end(app, EXIT_DONE);
}

static bool watch_signals(struct link_app *app)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (pipe(wake_pipe) != 0)
		return false;
	for (size_t i = 0; i < 2; i++)
		fcntl(wake_pipe[i], F_SETFD, FD_CLOEXEC);
	fcntl(wake_pipe[1], F_SETFL, O_NONBLOCK);
	app->wake = event_new(app->base, wake_pipe[0], EV_READ | EV_PERSIST, woken, app);
	if (!app->wake || event_add(app->wake, NULL) != 0)
		return false;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;
		/* nohup, and a shell's background, have it ignored. */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	return true;
}

/* ---- The link ---- */

static void fill_in(struct link_app *app, struct dl3_link_config *config, struct dl3_tls_client *tls)
{
	const struct link_options *o = &app->o;
	uint32_t timeout_ms = (uint32_t)(o->timeout_s * 1000);

	*tls = (struct dl3_tls_client){ .ca_file = o->ca,
		                        .fingerprint = o->pin,
		                        .name = o->tls_name,
		                        .certificate = o->certificate,
		                        .key = o->key ? o->key : o->certificate };
	config->url = app->url_text;
	if (app->login == LINK_LOGIN) {
		config->user = o->user ? o->user : app->url.user;
		config->password = app->password.text;
		config->application = LINK_APPLICATION;
	}
	config->tls = tls;
	if (timeout_ms == 0)
		return;
	config->connect_timeout_ms = timeout_ms;
	if (config->limits.answer_timeout_ms == 0)
		config->limits.answer_timeout_ms = timeout_ms;
}

static int fail(const struct link_app *app, const char *why)
{
	link_complain(app, why, "");
	return EXIT_FAILED;
}

int link_begin(struct link_app *app, struct dl3_link_config *config)
{
	struct dl3_tls_client tls;
	char error[512];
	int code = -1;

	link_url_without_user(&app->url, app->url_text, sizeof(app->url_text));
	if (app->login == LINK_LOGIN)
		code = password_get(&app->password, app->self->name, app->o.password_file,
		                    app->o.user ? app->o.user : app->url.user, app->url.host);
	if (code >= 0)
		return code;
	app->base = event_base_new();
	if (!app->base || !watch_signals(app))
		return fail(app, "no memory, or no file descriptor, is left");
	link_output_init(&app->out, STDOUT_FILENO, wake_pipe[0]);
	fill_in(app, config, &tls);
	app->link = dl3_link_new(app->base, config, error, sizeof(error));
	/* The link has its own copy. */
	password_wipe(&app->password);
	return app->link ? -1 : fail(app, error);
}

int link_run(struct link_app *app)
{
	if (!app->ended)
		event_base_dispatch(app->base);
	return app->code;
}

void link_end(struct link_app *app, int code)
{
	if (app->ended)
		return;
	app->ended = true;
	app->code = code;
	event_base_loopbreak(app->base);
}

bool link_is_hopeless(const struct link_app *app, const struct dl3_link_change *change)
{
	return change->state == DL3_LINK_WAITING && change->reason == DL3_REASON_TLS &&
	       dl3_link_counts(app->link).connections == 0;
}

void link_failed(struct link_app *app, const struct dl3_link_change *change)
{
	if (app->ended)
		return;
	snprintf(app->detail, sizeof(app->detail), "%s", change->detail);
	snprintf(app->advice, sizeof(app->advice), "%s", change->advice);
	link_end(app, link_exit_code(change->reason));
}

void link_flush(struct link_app *app)
{
	if (!link_output_flush(&app->out))
		link_end(app, EXIT_DONE);
}

static int judge_output(const struct link_app *app, int code)
{
	if (app->out.state != OUTPUT_FAILED)
		return code;
	fprintf(stderr, "devlink3 %s: standard output could not be written: %s\n", app->self->name,
	        strerror(app->out.error));
	return code == EXIT_DONE ? EXIT_FAILED : code;
}

int link_finish(struct link_app *app, int code)
{
	if (app->base) {
		link_output_finish(&app->out);
		code = judge_output(app, code);
	}
	if (*app->detail)
		link_complain(app, app->detail, app->advice);
	dl3_link_free(app->link);
	password_wipe(&app->password);
	if (app->wake)
		event_free(app->wake);
	if (app->base)
		event_base_free(app->base);
	libevent_global_shutdown();
	return code;
}
