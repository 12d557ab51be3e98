/* SPDX-License-Identifier: MIT */
/*
 * One thing to be done, with names in place of pointers: the common ground of scenario files and of
 * control by HTTP. `place`, `answer`, `hold`, ... with the arguments that each needs.
 */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "exchange.h"

/* Arguments; NULL or -1 where not given. */
struct sim_command {
	const char *action;  /* "incoming", "off_hook", "dial", "alert", "answer", "reject", "hold", ... */
	const char *call;    /* label of a call: given when it is made, used from then on */
	const char *user;    /* extension of who does it; absent for the outside party */
	const char *to;      /* number dialled, where a call goes */
	const char *cli, *name, *presentation, *did, *tag, *account_code, *authorization_code, *on_behalf;
	const char *ivr, *how, *flags, *node, *text;
	int64_t trunk;       /* line */
	int64_t slot, seconds, cause, ivr_seconds;
	int withhold, on;    /* -1, 0, 1 */
};

struct sim_commands; /* the labels */
struct sim_commands *sim_commands_new(struct sim_exchange *x);
void sim_commands_free(struct sim_commands *c);
/* Does it; `*call` (may be NULL) gets the number of the call it made or acted on, 0 for none. Unknown
 * actions, labels, extensions, and arguments that an action lacks or does not take are errors. */
bool sim_command_do(struct sim_commands *c, const struct sim_command *command, uint64_t *call,
                    struct sim_error *error);
/* The actions: name, arguments and one line of what it does, for the documentation; NULL past the last. */
const char *sim_command_action(size_t index, const char **arguments, const char **meaning);

#endif
