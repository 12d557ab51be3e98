/* SPDX-License-Identifier: MIT */
#include <devlink3/base.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"

static const struct command *const commands[] = {
#ifdef DL3_HAVE_EVENT
	&command_watch,  &command_ping,  &command_cat, &command_record, &command_replay,
#endif
	&command_decode, &command_calls,
#ifdef DL3_HAVE_SIM
	&command_sim,
#endif
#ifdef DL3_HAVE_GATEWAY
	&command_serve,  &command_token,
#endif
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_commands(FILE *to)
{
	fputs("usage: devlink3 COMMAND [ARGUMENT]...\n\n"
	      "Tools for DevLink3, by which an Avaya IP Office tells what its calls are doing.\n\n",
	      to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`devlink3 COMMAND --help` says more; `devlink3 --version` prints the version.\n"
	      "Exit codes: 0 done, 1 failed, 2 usage, 3 not authenticated, 4 refused by licence or limits,\n"
	      "5 unreachable.\n",
	      to);
}

int command_print_help(const struct command *c)
{
	printf("usage: devlink3 %s\n\n%s", c->usage, c->help);
	return EXIT_DONE;
}

int command_usage_error(const struct command *c, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "devlink3 %s: ", c->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nusage: devlink3 %s\n`devlink3 %s --help` says more.\n", c->usage, c->name);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_commands(stdout);
		return output_finish(EXIT_DONE);
	}
	if (strcmp(name, "--version") == 0) {
		printf("devlink3 %s\n", dl3_version());
		return output_finish(EXIT_DONE);
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return output_finish(commands[i]->run(commands[i], argc - 1, argv + 1));
	fprintf(stderr, "devlink3: there is no command '%s'\n\n", name);
	print_commands(stderr);
	return EXIT_USAGE;
}
