/* SPDX-License-Identifier: MIT */
/* The subcommands of `devlink3`. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/* What a subcommand ends with. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_AUTHENTICATED = 3,
	EXIT_REFUSED = 4, /* by licence or limits */
	EXIT_UNREACHABLE = 5,
};

struct command {
	const char *name;
	const char *usage;   /* "decode [OPTION]... FILE" */
	const char *summary; /* one line for the list */
	const char *help;    /* what --help prints behind the usage */
	int (*run)(const struct command *self, int argc, char **argv);
};

extern const struct command command_decode;
extern const struct command command_calls;
extern const struct command command_sim;
extern const struct command command_watch;
extern const struct command command_ping;
extern const struct command command_cat;
extern const struct command command_record;
extern const struct command command_replay;
extern const struct command command_serve;
extern const struct command command_token;

/* Prints a command's help to standard output. @return EXIT_DONE. */
int command_print_help(const struct command *c);

/* Says on standard error what is wrong with the command line. @return EXIT_USAGE. */
int command_usage_error(const struct command *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
