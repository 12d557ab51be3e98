/* SPDX-License-Identifier: MIT */
/* Options by table: what a command and what it shares with others, read in one go. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stddef.h>

#include "command.h"

enum option_kind {
	OPTION_FLAG,  /* bool */
	OPTION_TEXT,  /* const char * */
	OPTION_REAL,  /* double */
	OPTION_WHOLE, /* double, without a fraction */
};

struct option_entry {
	const char *name;
	char letter; /* 0 for none */
	enum option_kind kind;
	size_t offset; /* of its member in what the set fills */
	double low, high;
};

/* Entries and the struct that they fill, which has its defaults already. */
struct option_set {
	const struct option_entry *entries;
	size_t count;
	void *into;
};

#define OPTION_SETS_MAX 2u
#define OPTIONS_MAX 40u

/*
 * Reads the options of all sets, anywhere in the line; `optind` is then at the first of what is left.
 * `--help` prints the command's help.
 * @return an exit code, or -1 to go on.
 */
int options_parse(const struct command *c, int argc, char **argv, const struct option_set *sets,
                  size_t count);

#endif
