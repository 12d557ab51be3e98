/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_HELP 1
#define VALUE_FIRST 1000 /* above any letter */

/* The entries of all sets, side by side, as getopt wants them. */
struct parser {
	const struct command *command;
	const struct option_entry *entries[OPTIONS_MAX];
	void *into[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 3];
	size_t count;
};

static void add(struct parser *p, const struct option_entry *e, void *into)
{
	bool flag = e->kind == OPTION_FLAG;
	size_t at = strlen(p->letters);

	p->longs[p->count] = (struct option){ .name = e->name,
		                              .has_arg = flag ? no_argument : required_argument,
		                              .val = VALUE_FIRST + (int)p->count };
	p->entries[p->count] = e;
	p->into[p->count++] = into;
	if (!e->letter)
		return;
	p->letters[at] = e->letter;
	p->letters[at + 1] = flag ? '\0' : ':';
}

static struct parser parser_of(const struct command *c, const struct option_set *sets, size_t count)
{
	struct parser p = { .command = c, .letters = ":h" };

	for (size_t s = 0; s < count; s++)
		for (size_t i = 0; i < sets[s].count && p.count < OPTIONS_MAX; i++)
			add(&p, &sets[s].entries[i], sets[s].into);
	p.longs[p.count] = (struct option){ .name = "help", .val = VALUE_HELP };
	return p;
}

static int set_number(const struct parser *p, const struct option_entry *e, const char *text, double *out)
{
	bool whole = e->kind == OPTION_WHOLE;
	char *end;

	errno = 0;
	*out = strtod(text, &end);
	if (end != text && !*end && !errno && *out >= e->low && *out <= e->high &&
	    (!whole || floor(*out) == *out))
		return -1;
	return command_usage_error(p->command, "--%s %s: expected a %s from %.15g to %.15g", e->name, text,
	                           whole ? "whole number" : "number", e->low, e->high);
}

static int set(const struct parser *p, size_t i, const char *text)
{
	const struct option_entry *e = p->entries[i];
	void *member = (char *)p->into[i] + e->offset;

	switch (e->kind) {
	case OPTION_FLAG:
		*(bool *)member = true;
		return -1;
	case OPTION_TEXT:
		*(const char **)member = text;
		return -1;
	default:
		return set_number(p, e, text, member);
	}
}

/* Which entry getopt means; `count` when it is none. */
static size_t entry_of(const struct parser *p, int which)
{
	if (which >= VALUE_FIRST)
		return (size_t)(which - VALUE_FIRST);
	for (size_t i = 0; i < p->count; i++)
		if (p->entries[i]->letter == which)
			return i;
	return p->count;
}

static int wrong(const struct parser *p, int which, char **argv)
{
	const char *word = argv[optind - 1];

	if (which == ':')
		return command_usage_error(p->command, "%s wants an argument", word);
	/* A letter may stand in a word of letters, of which getopt says the letter only. */
	if (optopt > 0 && optopt < VALUE_FIRST && optopt != VALUE_HELP)
		return command_usage_error(p->command, "there is no option '-%c'", optopt);
	return command_usage_error(p->command, "there is no option '%s'", word);
}

int options_parse(const struct command *c, int argc, char **argv, const struct option_set *sets, size_t count)
{
	struct parser p = parser_of(c, sets, count);
	int code = -1, which;

	opterr = 0;
	while (code < 0 && (which = getopt_long(argc, argv, p.letters, p.longs, NULL)) != -1) {
		if (which == 'h' || which == VALUE_HELP)
			return command_print_help(c);
		size_t i = entry_of(&p, which);
		code = i < p.count ? set(&p, i, optarg) : wrong(&p, which, argv);
	}
	return code;
}
