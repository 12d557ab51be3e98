/* SPDX-License-Identifier: MIT */
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"

void password_wipe(struct password *p)
{
	explicit_bzero(p, sizeof(*p));
}

/* ---- A file ---- */

static int complain(const char *command, const char *file, const char *what)
{
	fprintf(stderr, "devlink3 %s: %s: %s\n", command, file, what);
	return EXIT_FAILED;
}

/* Others have no business with it; but a file is as its owner wants it. */
static void warn_if_shared(const char *command, const char *file, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		fprintf(stderr, "devlink3 %s: %s can be read by others: chmod 600 would end that\n", command,
		        file);
}

/* As much as there is room for. @return the number of octets, or -1. */
static ssize_t read_some(int fd, char *to, size_t room)
{
	size_t have = 0;

	while (have < room) {
		ssize_t n = read(fd, to + have, room - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int from_fd(struct password *p, const char *command, const char *file, int fd)
{
	char text[PASSWORD_MAX + 3]; /* and its line break */
	ssize_t got = read_some(fd, text, sizeof(text));
	int code = -1;

	if (got < 0)
		return complain(command, file, strerror(errno));
	const char *end = memchr(text, '\n', (size_t)got);
	size_t len = end ? (size_t)(end - text) : (size_t)got;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (len == 0)
		code = complain(command, file, "its first line should be the password, and is empty");
	else if (len > PASSWORD_MAX)
		code = complain(command, file, "its first line is longer than any password");
	else if (memchr(text, '\0', len))
		code = complain(command, file, "its first line should be the password, and has a NUL in it");
	else
		memcpy(p->text, text, len);
	explicit_bzero(text, sizeof(text));
	return code;
}

static int from_file(struct password *p, const char *command, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return complain(command, file, strerror(errno));
	warn_if_shared(command, file, fd);
	int code = from_fd(p, command, file, fd);
	close(fd);
	return code;
}

/* ---- The environment ---- */

static int from_environment(struct password *p, const char *command, char *value)
{
	size_t len = strlen(value);

	if (len > PASSWORD_MAX) {
		fprintf(stderr, "devlink3 %s: %s is longer than any password\n", command, PASSWORD_VARIABLE);
		return EXIT_FAILED;
	}
	memcpy(p->text, value, len);
	/* Whoever may look at this process can look at its environment. */
	explicit_bzero(value, len);
	return -1;
}

/* ---- The terminal ---- */

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };
#define WATCHED (sizeof(watched) / sizeof(watched[0]))

/* Waits for input with the signals let through that are otherwise kept back: so none can come between looking
 * whether there was one and waiting. */
static bool wait_for_input(int tty, const sigset_t *let_through)
{
	fd_set set;

	FD_ZERO(&set);
	/* musl's reckons in unsigned numbers. */
	FD_SET((unsigned)tty, &set);
	return pselect(tty + 1, &set, NULL, NULL, NULL, let_through) == 1;
}

/* One line, with the terminal as it should be. @return octets, or -1 when there is none or a signal came. */
static ssize_t read_line(int tty, const sigset_t *let_through, char *to, size_t room)
{
	size_t have = 0;
	char c;

	for (;;) {
		ssize_t n = wait_for_input(tty, let_through) ? read(tty, &c, 1) : -1;
		if (n != 1)
			return -1;
		if (c == '\n' || c == '\r')
			return (ssize_t)have;
		/* Too long is told by the length, and cut nowhere. */
		if (have < room)
			to[have] = c;
		have++;
	}
}

static ssize_t ask_without_echo(int tty, const sigset_t *let_through, const char *prompt, char *to,
                                size_t room)
{
	struct termios before, quiet;

	if (tcgetattr(tty, &before) != 0)
		return -1;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	quiet.c_lflag |= ICANON | ISIG;
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
		return -1;
	ssize_t n = write(tty, prompt, strlen(prompt));
	if (n >= 0)
		n = read_line(tty, let_through, to, room);
	tcsetattr(tty, TCSAFLUSH, &before);
	if (write(tty, "\n", 1) != 1)
		return -1;
	return n;
}

/* A signal finds the terminal as it was before: it is kept until then, and raised again. */
static ssize_t ask_once(int tty, const char *prompt, char *to, size_t room)
{
	struct sigaction old[WATCHED], new = { .sa_handler = catch_signal };
	sigset_t kept_back, before;

	caught = 0;
	sigemptyset(&new.sa_mask);
	sigemptyset(&kept_back);
	for (size_t i = 0; i < WATCHED; i++) {
		/* These two come of our own use of the terminal from the background, never in between. */
		if (watched[i] != SIGTTIN && watched[i] != SIGTTOU)
			sigaddset(&kept_back, watched[i]);
		sigaction(watched[i], &new, &old[i]);
	}
	sigprocmask(SIG_BLOCK, &kept_back, &before);
	ssize_t n = ask_without_echo(tty, &before, prompt, to, room);
	sigprocmask(SIG_SETMASK, &before, NULL); /* what came meanwhile is caught here */
	for (size_t i = 0; i < WATCHED; i++)
		sigaction(watched[i], &old[i], NULL);
	return n;
}

static ssize_t ask(int tty, const char *prompt, char *to, size_t room)
{
	for (;;) {
		ssize_t n = ask_once(tty, prompt, to, room);
		int number = caught;
		if (number == 0)
			return n;
		explicit_bzero(to, room);
		raise(number);
		// cppcheck-suppress unreachableCode ; it was stopped, and goes on
		if (number != SIGTSTP && number != SIGTTIN && number != SIGTTOU)
			return -1;
	}
}

static int from_terminal(struct password *p, const char *command, const char *user, const char *host)
{
	char prompt[160];
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0) {
		fprintf(stderr,
		        "devlink3 %s: a password is needed, and there is no terminal to ask for it on\n"
		        "  give it with --password-file FILE, in %s, or run this on a terminal\n",
		        command, PASSWORD_VARIABLE);
		return EXIT_NOT_AUTHENTICATED;
	}
	snprintf(prompt, sizeof(prompt), "Password of %.60s at %.60s: ", user, host);
	ssize_t n = ask(tty, prompt, p->text, PASSWORD_MAX);
	close(tty);
	if (n > 0 && (size_t)n <= PASSWORD_MAX)
		return -1;
	fprintf(stderr, "devlink3 %s: %s\n", command,
	        n > 0 ? "that is longer than any password" : "no password was entered");
	return EXIT_NOT_AUTHENTICATED;
}

int password_get(struct password *p, const char *command, const char *file, const char *user,
                 const char *host)
{
	char *value = getenv(PASSWORD_VARIABLE);

	*p = (struct password){ "" };
	if (file)
		return from_file(p, command, file);
	if (value && *value)
		return from_environment(p, command, value);
	return from_terminal(p, command, user, host);
}
