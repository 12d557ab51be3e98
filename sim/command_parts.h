/* SPDX-License-Identifier: MIT */
/* The actions: one table for checking, for doing and for the documentation. */
#ifndef SIM_COMMAND_PARTS_H
#define SIM_COMMAND_PARTS_H

#include "command.h"

/*
 * SIM_ACTION(name, arguments, call, meaning), where `call` says what the label is for:
 *   MADE     the call is made by this, and is called so from now on
 *   DIALLED  likewise, unless the user has lifted the handset in it before
 *   RINGING, ACTIVE, HELD, ANY  the user's call in that state, if no label is given
 *   NAMED    a label or nothing
 */
#define SIM_ACTIONS(SIM_ACTION)                                                                            \
	SIM_ACTION(incoming,                                                                               \
	           "trunk [node] [did] [cli] [name] [presentation] [to] [tag] [account_code] [ivr] "       \
	           "[ivr_seconds] [call]",                                                                 \
	           MADE, "A call comes in on a trunk; to is an extension in place of the trunk's routes.") \
	SIM_ACTION(off_hook, "user [call]", MADE, "Lifts the handset: dial tone.")                         \
	SIM_ACTION(dial, "user to [account_code] [on_behalf] [withhold] [call]", DIALLED,                  \
	           "Dials, from dial tone or at once.")                                                    \
	SIM_ACTION(alert, "call", NAMED, "The outside party's phone rings.")                               \
	SIM_ACTION(answer, "[user] [call]", RINGING, "Answers; without user the outside party does.")      \
	SIM_ACTION(reject, "user [how] [call]", RINGING, "Pushes a ringing call away.")                    \
	SIM_ACTION(hang_up, "[user] [cause] [call]", ANY,                                                  \
	           "Hangs up; without user the outside party does, with a cause.")                         \
	SIM_ACTION(hold, "user [call]", ACTIVE, "Puts the other side on hold.")                            \
	SIM_ACTION(retrieve, "user [call]", HELD, "Comes back to a held call.")                            \
	SIM_ACTION(transfer, "user to [call]", ACTIVE, "Sends the call elsewhere, unannounced.")           \
	SIM_ACTION(consult, "user to [call]", MADE, "Holds the active call and rings somebody else.")      \
	SIM_ACTION(complete, "user", HELD, "Joins who is held with who was consulted, and leaves.")        \
	SIM_ACTION(conference, "user", ACTIVE,                                                             \
	           "Joins them and stays; a further held or consulted call joins too.")                    \
	SIM_ACTION(park, "user slot [call]", ACTIVE, "Parks the call.")                                    \
	SIM_ACTION(unpark, "user slot [node]", NAMED,                                                      \
	           "Takes a parked call, of the user's own node unless another is named.")                 \
	SIM_ACTION(pick_up, "user from", NAMED,                                                            \
	           "Takes a call that rings at another extension, or of a group.")                         \
	SIM_ACTION(voicemail, "call [to]", NAMED, "Sends a ringing or waiting call to a mailbox now.")     \
	SIM_ACTION(message, "call seconds", NAMED, "The caller has left a message of that length.")        \
	SIM_ACTION(flags, "call flags [user]", NAMED,                                                      \
	           "Sets the flags of the user's end, or of the outside party's.")                         \
	SIM_ACTION(account, "call account_code", NAMED, "Enters an account code.")                         \
	SIM_ACTION(member, "group user on", NAMED, "Takes the group's calls from now on, or does not.")    \
	SIM_ACTION(do_not_disturb, "user on", NAMED, "Wants no calls, or wants them again.")               \
	SIM_ACTION(clear, "", NAMED, "Ends all calls.")

enum sim_action {
#define SIM_ACTION(name, arguments, call, meaning) SIM_DO_##name,
	SIM_ACTIONS(SIM_ACTION)
#undef SIM_ACTION
		SIM_ACTION_COUNT
};

enum sim_call_use {
	SIM_CALL_MADE,
	SIM_CALL_DIALLED,
	SIM_CALL_RINGING,
	SIM_CALL_ACTIVE,
	SIM_CALL_HELD,
	SIM_CALL_ANY,
	SIM_CALL_NAMED,
};
enum sim_call_use sim_action_use(enum sim_action action);

/* SIM_ACTION_COUNT when there is none of that name. */
enum sim_action sim_action_named(const char *name);

/* From names to codes; sure to succeed with what was checked. */
bool sim_presentation_named(const char *name, int64_t *code);
bool sim_flags_named(const char *names, int64_t *flags);
/* A label of digits alone is a call's number. */
bool sim_label_is_number(const char *label, uint64_t *number);

#endif
