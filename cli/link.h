/* SPDX-License-Identifier: MIT */
/* What the commands that connect to a PBX share: the options, the link, signals, and how it ends. */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include <devlink3/event.h>
#include <stdbool.h>
#include <time.h>

#include "command.h"
#include "link_output.h"
#include "options.h"
#include "password.h"

#define LINK_APPLICATION "Devlink3"

struct link_options {
	const char *user, *password_file;
	const char *ca, *pin, *tls_name, *certificate, *key;
	double timeout_s; /* 0: the library's */
};

/* Of the help of each such command, behind its own options. */
#define LINK_HELP_TLS                                                                                    \
	"  --ca FILE            PEM file of the CAs to trust, instead of the system's\n"                 \
	"  --pin SHA256         the one certificate to accept, by its fingerprint; nothing else is "     \
	"checked\n"                                                                                      \
	"  --tls-name NAME      the name that has to be in the certificate, instead of the URL's host\n" \
	"  --cert FILE          our own certificate, where the PBX asks for one\n"                       \
	"  --key FILE           its key; the same file if not given\n"
#define LINK_HELP_LOGIN                                                                               \
	"  --user NAME          instead of the URL's\n"                                               \
	"  --password-file FILE its first line is the password; else DEVLINK3_PASSWORD is, else it\n" \
	"                       is asked for on the terminal\n"
#define LINK_HELP_EXIT                                                                                  \
	"\n"                                                                                            \
	"Exit codes: 0 done, 1 failed, 2 usage, 3 not authenticated, 4 refused by licence or limits,\n" \
	"5 unreachable.\n"
#define LINK_HELP_URL "URL is devlink3://USER@HOST[:50797], or devlink3s://USER@HOST[:50796] with TLS.\n"

enum link_login {
	LINK_LOGIN,    /* a user and a password are needed */
	LINK_NO_LOGIN, /* a URL's user is passed over */
};

/* One run of such a command. */
struct link_app {
	const struct command *self;
	struct link_options o;
	enum link_login login;
	struct dl3_url url;
	char url_text[3 * DL3_NAME_MAX + DL3_HOST_MAX + 32];
	struct password password;
	struct event_base *base;
	struct dl3_link *link;
	struct event *wake;
	struct link_output out; /* standard output */
	int code;
	bool ended;
	char detail[512], advice[256]; /* of link_failed() */
	bool interrupted;              /* by a signal */
	void (*on_signal)(void *);     /* instead of ending; may be NULL */
	void *arg;
};

/*
 * Reads the line: the shared options and the command's own, and the URL, which is the first word;
 * `optind` is then behind it.
 * @return an exit code, or -1 to go on.
 */
int link_arguments(struct link_app *app, int argc, char **argv, const struct option_set *own);

/* Reads the words of --flags. @return an exit code, or -1 to go on. */
int link_flags(const struct link_app *app, const char *words, uint32_t *flags);

/*
 * Sets up the loop, the signals and the link; the caller fills in of `config` what is the
 * command's own, the callbacks among it, whose `arg` is the caller's.
 * @return an exit code, or -1 to go on.
 */
int link_begin(struct link_app *app, struct dl3_link_config *config);

/* Runs the loop until link_end(). @return the exit code. */
int link_run(struct link_app *app);
/* Has link_run() return; the first call counts. */
void link_end(struct link_app *app, int code);
/* Ends because the link did; what happened is said once the output is complete. */
void link_failed(struct link_app *app, const struct dl3_link_change *change);
/* Whether a change to WAITING is no use to wait for: the very first connection found a certificate that is not
 * accepted. Somebody sits there and has mistyped something; one that was good before may be so again. */
bool link_is_hopeless(const struct link_app *app, const struct dl3_link_change *change);
/* Writes what is kept; ends when nobody reads it. */
void link_flush(struct link_app *app);
/* Frees everything, wipes the password, and says what was wrong with the output. @return `code`, or
 * EXIT_FAILED when output was lost. */
int link_finish(struct link_app *app, int code);

/* What a change to WAITING or STOPPED means to a shell. */
int link_exit_code(enum dl3_link_reason reason);
/* Says on standard error what happened and what to try; `more` may be empty. */
void link_complain(const struct link_app *app, const char *detail, const char *advice);

/* Where a PBX is, without the user: "devlink3://192.0.2.1:50797". */
void link_url_without_user(const struct dl3_url *url, char *buf, size_t cap);

#define LINK_TIME_TEXT 32
/* "2026-01-31T09:05:07.042Z". */
void link_time_text(const struct timespec *t, char buf[LINK_TIME_TEXT]);
struct timespec link_now(void);
void link_put_address(struct dl3i_out *o, uint32_t pbx);

#endif
