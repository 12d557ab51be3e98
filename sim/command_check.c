/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "command_parts.h"
#include "fail.h"

/* ---- The tables ---- */

static const struct sim_argument arguments[] = {
#define SIM_ARGUMENT(KIND, name, least, most, meaning) \
	{ #name, SIM_##KIND, offsetof(struct sim_command, name), least, most, meaning },
	SIM_ARGUMENTS(SIM_ARGUMENT)
#undef SIM_ARGUMENT
};
#define ARGUMENTS (sizeof(arguments) / sizeof(arguments[0]))

static const struct {
	const char *name, *arguments, *meaning;
	enum sim_call_use use;
} actions[] = {
#define SIM_ACTION(name, arguments, call, meaning) { #name, arguments, meaning, SIM_CALL_##call },
	SIM_ACTIONS(SIM_ACTION)
#undef SIM_ACTION
};

const struct sim_argument *sim_argument_at(size_t index)
{
	return index < ARGUMENTS ? &arguments[index] : NULL;
}

const struct sim_argument *sim_argument_named(const char *name, size_t len)
{
	for (size_t i = 0; i < ARGUMENTS; i++)
		if (strlen(arguments[i].name) == len && memcmp(arguments[i].name, name, len) == 0)
			return &arguments[i];
	return NULL;
}

const char *sim_command_action(size_t index, const char **taken, const char **meaning)
{
	if (index >= SIM_ACTION_COUNT)
		return NULL;
	*taken = actions[index].arguments;
	*meaning = actions[index].meaning;
	return actions[index].name;
}

enum sim_action sim_action_named(const char *name)
{
	for (size_t i = 0; name && i < SIM_ACTION_COUNT; i++)
		if (strcmp(actions[i].name, name) == 0)
			return (enum sim_action)i;
	return SIM_ACTION_COUNT;
}

enum sim_call_use sim_action_use(enum sim_action action)
{
	return actions[action].use;
}

/* ---- What is given ---- */

static bool is_text(const struct sim_argument *a)
{
	return a->kind != SIM_NUMBER && a->kind != SIM_SWITCH;
}

static const void *place(const struct sim_argument *a, const struct sim_command *command)
{
	return (const char *)command + a->offset;
}

static const char *text_of(const struct sim_argument *a, const struct sim_command *command)
{
	return *(const char *const *)place(a, command);
}

static int64_t number_of(const struct sim_argument *a, const struct sim_command *command)
{
	if (a->kind == SIM_SWITCH)
		return *(const int *)place(a, command);
	return *(const int64_t *)place(a, command);
}

bool sim_argument_is_given(const struct sim_argument *a, const struct sim_command *command)
{
	if (is_text(a))
		return text_of(a, command) != NULL;
	return number_of(a, command) != (a->kind == SIM_SWITCH ? SIM_ABSENT_SWITCH : SIM_ABSENT_NUMBER);
}

/* ---- What can be in it ---- */

bool sim_presentation_named(const char *name, int64_t *code)
{
	size_t count;
	const struct dl3_value *values = dl3_enum_values(DL3_ENUM_presentation, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0) {
			*code = values[i].code;
			return true;
		}
	return false;
}

static int64_t flag_named(const char *name, size_t len)
{
	size_t count;
	const struct dl3_value *values = dl3_enum_values(DL3_ENUM_party_flag, &count);

	for (size_t i = 0; i < count; i++)
		if (strlen(values[i].name) == len && memcmp(values[i].name, name, len) == 0)
			return values[i].code;
	return 0;
}

bool sim_flags_named(const char *names, int64_t *flags)
{
	*flags = 0;
	if (strcmp(names, "none") == 0)
		return true;
	for (names += strspn(names, " "); *names; names += strspn(names, " ")) {
		size_t len = strcspn(names, " ");
		int64_t flag = flag_named(names, len);

		if (flag == 0)
			return false;
		*flags |= flag;
		names += len;
	}
	return *flags != 0;
}

bool sim_label_is_number(const char *label, uint64_t *number)
{
	size_t digits = strspn(label, "0123456789");

	if (digits == 0 || digits > 19 || label[digits] != '\0')
		return false;
	*number = strtoull(label, NULL, 10);
	return true;
}

static bool is_label(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	uint64_t number;

	return sim_label_is_number(text, &number) ||
	       (strchr(letters, *text) && text[strspn(text, others)] == '\0');
}

static bool is_clean(const char *text)
{
	const char *end = text + strlen(text);
	uint32_t code;

	for (size_t n; text < end; text += n) {
		n = dl3i_utf8_sequence(text, end, &code);
		if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
			return false;
	}
	return true;
}

/* NULL when it can be; otherwise what would be. */
static const char *expected_text(enum sim_argument_kind kind, const char *text)
{
	int64_t code;

	switch (kind) {
	case SIM_LABEL:
		return is_label(text)
		               ? NULL
		               : "a letter, then letters, digits, '_', '.' and '-'; or a call's number";
	case SIM_DIGITS:
		return text[strspn(text, "0123456789*#+")] == '\0' ? NULL : "digits, '*', '#' and '+'";
	case SIM_PRESENTATION:
		return sim_presentation_named(text, &code)
		               ? NULL
		               : "allowed, withheld, not_available or unspecified";
	case SIM_FLAGS:
		return sim_flags_named(text, &code)
		               ? NULL
		               : "none, or of privacy, auto_answered, auto_recorded, consent_answered and "
		                 "consent_refused those that are set, parted by spaces";
	case SIM_TEXT:
	case SIM_NUMBER:
	case SIM_SWITCH:
		break;
	}
	return is_clean(text) ? NULL : "UTF-8 without control characters";
}

static bool check_text(const struct sim_argument *a, const char *text, struct sim_error *error)
{
	size_t len = strlen(text);

	if (len < (size_t)a->least || len > (size_t)a->most)
		return sim_fail(error, "%s has %zu octets: expected %" PRId64 " to %" PRId64, a->name, len,
		                a->least, a->most);
	const char *expected = expected_text(a->kind, text);

	if (!expected)
		return true;
	return sim_fail(error, "%s is '%s': expected %s", a->name, is_clean(text) ? text : "?", expected);
}

static bool check_value(const struct sim_argument *a, const struct sim_command *command,
                        struct sim_error *error)
{
	if (is_text(a))
		return check_text(a, text_of(a, command), error);
	int64_t value = number_of(a, command);

	if (value >= a->least && value <= a->most)
		return true;
	return sim_fail(error, "%s is %" PRId64 ": expected %" PRId64 " to %" PRId64, a->name, value,
	                a->least, a->most);
}

/* ---- Which are taken, which are needed ---- */

/* The next name in "user [call]"; NULL past the last. */
static const char *next_taken(const char **rest, size_t *len, bool *needed)
{
	const char *p = *rest + strspn(*rest, " ");

	if (*p == '\0')
		return NULL;
	*needed = *p != '[';
	p += *p == '[';
	*len = strcspn(p, " ]");
	*rest = p + *len + (p[*len] == ']');
	return p;
}

static bool is_taken(const char *taken, const char *name)
{
	size_t len;
	bool needed;

	for (const char *p; (p = next_taken(&taken, &len, &needed));)
		if (strlen(name) == len && memcmp(p, name, len) == 0)
			return true;
	return false;
}

static bool fail_unknown(const char *action, struct sim_error *error)
{
	char all[SIM_ERROR_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; i < SIM_ACTION_COUNT; i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i > 0 ? ", " : "",
		                         actions[i].name);
	if (!action)
		return sim_fail(error, "no action: expected one of %s", all);
	return sim_fail(error, "no action is called '%.64s': expected one of %s",
	                is_clean(action) ? action : "?", all);
}

static bool check_given(enum sim_action action, const struct sim_command *command, const char **at,
                        struct sim_error *error)
{
	const char *taken = actions[action].arguments;

	for (const struct sim_argument *a = arguments; a < arguments + ARGUMENTS; a++) {
		if (!sim_argument_is_given(a, command))
			continue;
		*at = a->name;
		if (!is_taken(taken, a->name))
			return sim_fail(error, "%s takes no %s: expected %s", actions[action].name, a->name,
			                *taken ? taken : "no arguments");
		if (!check_value(a, command, error))
			return false;
	}
	*at = NULL;
	return true;
}

static bool check_needed(enum sim_action action, const struct sim_command *command, struct sim_error *error)
{
	const char *taken = actions[action].arguments, *rest = taken;
	size_t len;
	bool needed;

	for (const char *p; (p = next_taken(&rest, &len, &needed));) {
		const struct sim_argument *a = sim_argument_named(p, len);

		if (needed && a && !sim_argument_is_given(a, command))
			return sim_fail(error, "%s needs %.*s: expected %s", actions[action].name, (int)len,
			                p, taken);
	}
	if ((action == SIM_DO_answer || action == SIM_DO_hang_up) && !command->user && !command->call)
		return sim_fail(error, "%s needs user, or call for the outside party: expected %s",
		                actions[action].name, taken);
	if (command->user && command->cause >= 0)
		return sim_fail(error, "a cause is the outside party's: %s takes it without user",
		                actions[action].name);
	return true;
}

/* What a call is called when it is made cannot be the number that it will get. */
static bool check_label(enum sim_action action, const struct sim_command *command, const char **at,
                        struct sim_error *error)
{
	uint64_t number;

	if (sim_action_use(action) != SIM_CALL_MADE || !command->call ||
	    !sim_label_is_number(command->call, &number))
		return true;
	*at = "call";
	return sim_fail(error,
	                "call is '%s': expected a label that begins with a letter, since %s makes a call",
	                command->call, actions[action].name);
}

bool sim_command_check(const struct sim_command *command, const char **at, struct sim_error *error)
{
	enum sim_action action = sim_action_named(command->action);
	const char *ignored;

	if (!at)
		at = &ignored;
	*at = NULL;
	if (action == SIM_ACTION_COUNT)
		return fail_unknown(command->action, error);
	return check_given(action, command, at, error) && check_needed(action, command, error) &&
	       check_label(action, command, at, error);
}
