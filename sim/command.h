/* SPDX-License-Identifier: MIT */
/*
 * One thing to be done, with names in place of pointers: the common ground of scenario files and of
 * control by HTTP. `incoming`, `answer`, `hold`, ... with the arguments that each needs.
 */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "exchange.h"

#define SIM_LABEL_MAX 63

/* SIM_ARGUMENT(KIND, name, least, most, meaning): of text its length, of a number its value. */
#define SIM_ARGUMENTS(SIM_ARGUMENT)                                                                        \
	SIM_ARGUMENT(LABEL, call, 1, SIM_LABEL_MAX,                                                                   \
	             "label of a call, given when it is made and used from then on; or its number")        \
	SIM_ARGUMENT(DIGITS, user, 1, 39, "extension of who does it; without it the outside party does")   \
	SIM_ARGUMENT(DIGITS, to, 1, 39, "number dialled, where a call goes; a mailbox")                    \
	SIM_ARGUMENT(DIGITS, from, 1, 39, "extension at which a call rings")                               \
	SIM_ARGUMENT(DIGITS, group, 1, 39, "extension of a hunt group")                                    \
	SIM_ARGUMENT(NUMBER, trunk, 0, UINT32_MAX, "line number of a trunk")                               \
	SIM_ARGUMENT(TEXT, node, 1, 127, "name or hexadecimal identifier of a node")                       \
	SIM_ARGUMENT(DIGITS, did, 0, 39, "digits received from the line")                                  \
	SIM_ARGUMENT(DIGITS, cli, 0, 39, "the caller's number")                                            \
	SIM_ARGUMENT(TEXT, name, 0, 127, "the caller's name; the directory's, if not given")               \
	SIM_ARGUMENT(PRESENTATION, presentation, 1, 39, "allowed, withheld, not_available or unspecified") \
	SIM_ARGUMENT(TEXT, tag, 1, 127, "tag of a call")                                                   \
	SIM_ARGUMENT(TEXT, account_code, 1, 39, "account code")                                            \
	SIM_ARGUMENT(TEXT, ivr, 1, 127, "call flow out of which it was transferred")                       \
	SIM_ARGUMENT(NUMBER, ivr_seconds, 0, 86400, "the time spent in that")                              \
	SIM_ARGUMENT(DIGITS, on_behalf, 1, 39, "number on whose behalf it is dialled")                     \
	SIM_ARGUMENT(SWITCH, withhold, 0, 1, "the number is not to be shown")                              \
	SIM_ARGUMENT(TEXT, how, 1, 39, "how a call is pushed away: drop or dnd")                           \
	SIM_ARGUMENT(NUMBER, cause, 0, 255, "clearing cause")                                              \
	SIM_ARGUMENT(NUMBER, slot, 1, 9999, "park slot")                                                   \
	SIM_ARGUMENT(NUMBER, seconds, 0, 86400, "length of a message")                                     \
	SIM_ARGUMENT(FLAGS, flags, 1, 127, "flags of an end by name, parted by spaces; none clears them")  \
	SIM_ARGUMENT(SWITCH, on, 0, 1, "on or off")

enum sim_argument_kind {
	SIM_LABEL,
	SIM_DIGITS, /* digits, *, # and + */
	SIM_TEXT,   /* UTF-8 without control characters */
	SIM_PRESENTATION,
	SIM_FLAGS,
	SIM_NUMBER,
	SIM_SWITCH,
};

#define SIM_C_LABEL const char *
#define SIM_C_DIGITS const char *
#define SIM_C_TEXT const char *
#define SIM_C_PRESENTATION const char *
#define SIM_C_FLAGS const char *
#define SIM_C_NUMBER int64_t
#define SIM_C_SWITCH int

#define SIM_ABSENT_LABEL NULL
#define SIM_ABSENT_DIGITS NULL
#define SIM_ABSENT_TEXT NULL
#define SIM_ABSENT_PRESENTATION NULL
#define SIM_ABSENT_FLAGS NULL
#define SIM_ABSENT_NUMBER INT64_MIN
#define SIM_ABSENT_SWITCH -1

/* Arguments that are not given have these values: begin with SIM_COMMAND("hold"). */
struct sim_command {
	const char *action; /* "incoming", "off_hook", "dial", "alert", "answer", "reject", "hold", ... */
#define SIM_ARGUMENT(KIND, name, least, most, meaning) SIM_C_##KIND name;
	SIM_ARGUMENTS(SIM_ARGUMENT)
#undef SIM_ARGUMENT
};

#define SIM_ABSENT_ARGUMENT(KIND, name, least, most, meaning) .name = SIM_ABSENT_##KIND,
#define SIM_COMMAND(what) ((struct sim_command){ SIM_ARGUMENTS(SIM_ABSENT_ARGUMENT).action = (what) })

struct sim_argument {
	const char *name;
	enum sim_argument_kind kind;
	size_t offset; /* in struct sim_command: const char *, of a number int64_t, of a switch int */
	int64_t least, most;
	const char *meaning;
};
/* NULL past the last, and for a name that no argument has. */
const struct sim_argument *sim_argument_at(size_t index);
const struct sim_argument *sim_argument_named(const char *name, size_t len);
bool sim_argument_is_given(const struct sim_argument *a, const struct sim_command *command);

/* The actions, for the documentation: "hold", "user [call]", where brackets stand for what may be left
 * out, and one line of what it does; NULL past the last. */
const char *sim_command_action(size_t index, const char **taken, const char **meaning);

/* Whether the action is known, takes these arguments and lacks none, and what is in them can be. What
 * they name may still not be there. `*at` (may be NULL) gets the name of the argument at fault; NULL
 * when it is the action, or an argument that is missing. */
bool sim_command_check(const struct sim_command *command, const char **at, struct sim_error *error);

struct sim_commands; /* the labels */
/* NULL without memory. `x` must outlive what is done, not sim_commands_free(). */
struct sim_commands *sim_commands_new(struct sim_exchange *x);
void sim_commands_free(struct sim_commands *c);
/* Checks it and does it; `*call` (may be NULL) gets the number of the call it made or acted on, 0 for
 * none. What the check finds, unknown labels, extensions and trunks, and what the exchange says
 * against it, are errors; nothing has happened then. */
bool sim_command_do(struct sim_commands *c, const struct sim_command *command, uint64_t *call,
                    struct sim_error *error);
/* The call with a label or number. NULL with `error` when it is over or never was. */
struct sim_call *sim_commands_call(const struct sim_commands *c, const char *label, struct sim_error *error);
/* How many labels are kept: never many more than there are calls. */
size_t sim_commands_labels(const struct sim_commands *c);

#endif
