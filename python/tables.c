/* SPDX-License-Identifier: MIT */
/* Prints python/devlink3/_tables.py, the enumerations and rows of the tables. */
#include <ctype.h>
#include <devlink3/devlink3.h>
#include <stdio.h>
#include <string.h>

/* "attempt_reject" is AttemptReject. */
static void print_class_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if (*p != '_')
			putchar(p == name || p[-1] == '_' ? toupper((unsigned char)*p) : *p);
}

static void print_upper(const char *name)
{
	for (; *name; name++)
		putchar(*name == ' ' || *name == '-' ? '_' : toupper((unsigned char)*name));
}

/* ---- Enumerations ---- */

struct value {
	const char *constant, *name, *meaning;
	long long code;
};

static void open_class(const char *name, const char *base, const char *doc)
{
	printf("\n\nclass ");
	print_class_name(name);
	printf("(%s):\n    \"\"\"%s.\"\"\"\n\n", base, doc);
}

/* `prefix` NULL: the member is called as JSON has it. */
static void print_values(const char *name, const char *prefix, const struct value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		printf("    ");
		print_upper(prefix ? values[i].constant + strlen(prefix) : values[i].name);
		printf(" = %lld\n    \"\"\"%s\"\"\"\n", values[i].code, values[i].meaning);
	}
	printf("\n\ndescribe(");
	print_class_name(name);
	printf(", {\n");
	for (size_t i = 0; i < count; i++)
		printf("    %lld: (\"%s\", \"%s\"),\n", values[i].code, values[i].name, values[i].meaning);
	printf("})\n");
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define DL3_VALUE(NAME, code, name, meaning) { #NAME, name, meaning, code },
#define DL3_TRACKER_VALUE(NAME, name, meaning) { #NAME, name, meaning, DL3_##NAME },
#define DL3_RECORD_KIND(NAME, name, meaning) { #NAME, name, meaning, DL3_KIND_##NAME },
#define DL3_ERROR(NAME, number, name, class, text) { #NAME, name, text, number },

static const struct value state[] = {
#include <devlink3/tables/state.def>
};
static const struct value tone[] = {
#include <devlink3/tables/tone.def>
};
static const struct value equipment_class[] = {
#include <devlink3/tables/equipment_class.def>
};
static const struct value equipment_type[] = {
#include <devlink3/tables/equipment_type.def>
};
static const struct value called_type[] = {
#include <devlink3/tables/called_type.def>
};
static const struct value presentation[] = {
#include <devlink3/tables/presentation.def>
};
static const struct value name_type[] = {
#include <devlink3/tables/name_type.def>
};
static const struct value queueing[] = {
#include <devlink3/tables/queueing.def>
};
static const struct value party_flag[] = {
#include <devlink3/tables/party_flag.def>
};
static const struct value cause[] = {
#include <devlink3/tables/cause.def>
};
static const struct value delta2_state[] = {
#include <devlink3/tables/delta2_state.def>
};
static const struct value direction[] = {
#include <devlink3/tables/tracker_direction.def>
};
static const struct value outcome[] = {
#include <devlink3/tables/tracker_outcome.def>
};
static const struct value call_state[] = {
#include <devlink3/tables/tracker_state.def>
};
static const struct value what[] = {
#include <devlink3/tables/tracker_what.def>
};
static const struct value user_state[] = {
#include <devlink3/tables/tracker_user.def>
};
static const struct value kinds[] = {
#include <devlink3/tables/kinds.def>
};
static const struct value errors[] = {
#include <devlink3/tables/errors.def>
};
#define DL3_TEST_RESULT(code, name, meaning) { #code, name, meaning, code },
static const struct value test_results[] = {
#include <devlink3/tables/wire.def>
};
#define DL3_AUTH_RESULT(code, name, meaning) { #code, name, meaning, code },
static const struct value auth_results[] = {
#include <devlink3/tables/wire.def>
};
#define DL3_EVENT_RESULT(code, name, meaning) { #code, name, meaning, code },
static const struct value event_results[] = {
#include <devlink3/tables/wire.def>
};
#define DL3_READ_RESULT(code, name, meaning) { #code, name, meaning, code },
static const struct value read_results[] = {
#include <devlink3/tables/wire.def>
};
#define DL3_AUTH_STEP(code, name, meaning) { #code, name, meaning, code },
static const struct value auth_steps[] = {
#include <devlink3/tables/wire.def>
};
#define DL3_TUPLE_TYPE(code, name, meaning) { #code, name, meaning, code },
static const struct value tuple_codes[] = {
#include <devlink3/tables/wire.def>
};
#define DL3_STREAM_FLAG(bit, word, meaning) { #bit, word, meaning, bit },
static const struct value stream_flags[] = {
#include <devlink3/tables/wire.def>
};

static const struct enumeration {
	const char *name, *base, *prefix, *doc;
	const struct value *values;
	size_t count;
} enumerations[] = {
	{ "state", "Code", "STATE_", "Call state", state, COUNT(state) },
	{ "tone", "Code", "TONE_", "Tone", tone, COUNT(tone) },
	{ "equipment_class", "Code", "EQUIPMENT_", "Equipment classification", equipment_class,
	  COUNT(equipment_class) },
	{ "equipment_type", "Code", "EQUIPMENT_TYPE_", "Equipment type", equipment_type,
	  COUNT(equipment_type) },
	{ "called_type", "Code", "CALLED_", "Called type", called_type, COUNT(called_type) },
	{ "presentation", "Code", "PRESENTATION_", "CLI presentation", presentation, COUNT(presentation) },
	{ "name_type", "Code", "NAME_TYPE_", "Calling party name type", name_type, COUNT(name_type) },
	{ "queueing", "Code", "QUEUEING_", "Queueing or announcement", queueing, COUNT(queueing) },
	{ "cause", "Code", "CAUSE_", "Clearing cause", cause, COUNT(cause) },
	{ "delta2_state", "Code", "DELTA2_STATE_", "Delta2 call state", delta2_state, COUNT(delta2_state) },
	{ "party_flag", "Flags", "PARTY_FLAG_", "Flags of a call end", party_flag, COUNT(party_flag) },
	{ "stream_flag", "Flags", "DL3_FLAG_", "What may be asked of a stream of events", stream_flags,
	  COUNT(stream_flags) },
	{ "kind", "Code", NULL, "Kind of a record", kinds, COUNT(kinds) },
	{ "error_code", "Code", "", "What a call of the library can come back with", errors, COUNT(errors) },
	{ "test_result", "Code", NULL, "Result of a test packet", test_results, COUNT(test_results) },
	{ "auth_result", "Code", NULL, "Result of authentication", auth_results, COUNT(auth_results) },
	{ "event_result", "Code", NULL, "Result of an event request", event_results, COUNT(event_results) },
	{ "read_result", "Code", NULL, "Result of reading a file", read_results, COUNT(read_results) },
	{ "auth_step", "Code", NULL, "Step of authentication", auth_steps, COUNT(auth_steps) },
	{ "tuple_code", "Code", NULL, "What a tuple carries", tuple_codes, COUNT(tuple_codes) },
	{ "direction", "Code", NULL, "Direction of a call", direction, COUNT(direction) },
	{ "outcome", "Code", NULL, "What came of a call", outcome, COUNT(outcome) },
	{ "call_state", "Code", NULL, "State of a call as a whole", call_state, COUNT(call_state) },
	{ "call_step", "Code", NULL, "What stands in a call's history", what, COUNT(what) },
	{ "user_state", "Code", NULL, "What a user is doing", user_state, COUNT(user_state) },
};

/* ---- Rows ---- */

static void print_type(const struct dl3_field *f)
{
	static const char *const names[] = {
#define DL3_ENUMERATION(name, title) [DL3_ENUM_##name] = #name,
#include <devlink3/tables/enumerations.def>
	};

	if (f->type == DL3_TYPE_TEXT || f->type == DL3_TYPE_QUOTED)
		printf("str");
	else if (f->type == DL3_TYPE_INT)
		printf("int");
	else
		print_class_name(names[f->enumeration]);
}

/* A row that is a record by itself knows its kind. */
static const char *kind_of(const struct dl3_table *t)
{
	if (strcmp(t->name, "delta2_ends") == 0)
		return "delta2_d";
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].name, t->name) == 0)
			return t->name;
	return NULL;
}

static void print_row(const struct dl3_table *t, int number)
{
	const char *kind = kind_of(t);

	printf("\n\n@dataclass(frozen=True, repr=False)\nclass ");
	print_class_name(t->name);
	printf("(%s):\n    \"\"\"%s; section %s of the description.\"\"\"\n\n", kind ? "RecordRow" : "Row",
	       t->title, t->section);
	for (size_t i = 0; i < t->count; i++) {
		printf("    %s: Optional[", t->fields[i].name);
		print_type(&t->fields[i]);
		printf("] = None\n    \"\"\"%s\"\"\"\n", t->fields[i].meaning);
	}
	printf("\n    _number = %d\n", number);
	if (kind) {
		printf("    kind = Kind.");
		print_upper(kind);
		putchar('\n');
	}
	printf("    _fields = (\n");
	for (size_t i = 0; i < t->count; i++) {
		printf("        (\"%s\", ", t->fields[i].name);
		print_type(&t->fields[i]);
		printf("),\n");
	}
	printf("    )\n");
}

static void print_tables(void)
{
	printf("# SPDX-License-Identifier: MIT\n"
	       "# Made from include/devlink3/tables/ by `make docs`; edit those.\n"
	       "\"\"\"The enumerations and rows of DevLink3.\"\"\"\n"
	       "from dataclasses import dataclass\n"
	       "from typing import Optional\n\n"
	       "from ._base import Code, Flags, RecordRow, Row, describe\n\n"
	       "VERSION = \"%s\"\n",
	       dl3_version());
	for (size_t i = 0; i < COUNT(enumerations); i++) {
		const struct enumeration *e = &enumerations[i];
		open_class(e->name, e->base, e->doc);
		print_values(e->name, e->prefix, e->values, e->count);
	}
	for (int i = 0; i < DL3_ROW_COUNT; i++)
		print_row(dl3_row_table((enum dl3_row_kind)i), i);
}

int main(int argc, char **argv)
{
	/* same.sh gives a word for what is wanted; there is one thing only. */
	(void)argv;
	if (argc > 2)
		return 2;
	print_tables();
	return fflush(stdout) == 0 ? 0 : 1;
}
