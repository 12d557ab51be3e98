/* SPDX-License-Identifier: MIT */
/*
 * Prints what is made from the tables of the library: `tables records` the page docs/records.md,
 * `tables dictionary` the words that the fuzzers are told of.
 */
#include <devlink3/devlink3.h>
#include <stdio.h>
#include <string.h>

static const char *type_name(const struct dl3_field *f)
{
	switch (f->type) {
	case DL3_TYPE_TEXT:
		return "text";
	case DL3_TYPE_QUOTED:
		return "quoted text";
	case DL3_TYPE_INT:
		return "number";
	case DL3_TYPE_ENUM:
	case DL3_TYPE_FLAGS:
		break;
	}
	return dl3_enum_title(f->enumeration);
}

static void print_row(const struct dl3_table *t)
{
	printf("\n## %s\n\nSection %s of the description; `struct dl3_%s`; %zu fields.\n\n", t->title, t->section, t->name,
	       t->count);
	puts("| # | JSON name | type | meaning |\n|---|---|---|---|");
	for (size_t i = 0; i < t->count; i++) {
		const struct dl3_field *f = &t->fields[i];
		printf("| %zu | `%s` | %s | %s |\n", i + 1, f->name, type_name(f), f->meaning);
	}
}

static void print_enumeration(enum dl3_enumeration e)
{
	size_t count = 0;
	const struct dl3_value *values = dl3_enum_values(e, &count);

	printf("\n## %s\n\n| code | JSON name | meaning |\n|---|---|---|\n", dl3_enum_title(e));
	for (size_t i = 0; i < count; i++)
		printf("| %lld | `%s` | %s |\n", (long long)values[i].code, values[i].name, values[i].meaning);
}

static void print_kinds(void)
{
	puts("\n## Kinds of record\n\n| `kind` | meaning |\n|---|---|");
#define DL3_RECORD_KIND(NAME, name, meaning) printf("| `%s` | %s |\n", name, meaning);
#include <devlink3/tables/kinds.def>
#undef DL3_RECORD_KIND
}

static void print_wire(void)
{
	puts("\n## Messages\n\n| code | `message` | meaning |\n|---|---|---|");
#define DL3_MESSAGE_TYPE(NAME, name, meaning) printf("| 0x%08X | `%s` | %s |\n", DL3_CODE_##NAME, name, meaning);
#include <devlink3/tables/wire.def>
	puts("\n## Tuples\n\n| code | name | meaning |\n|---|---|---|");
#define DL3_TUPLE_TYPE(code, name, meaning) printf("| 0x%08X | `%s` | %s |\n", code, name, meaning);
#include <devlink3/tables/wire.def>
	puts("\n## Steps of authentication\n\n| code | `step` | meaning |\n|---|---|---|");
#define DL3_AUTH_STEP(code, name, meaning) printf("| 0x%02X | `%s` | %s |\n", code, name, meaning);
#include <devlink3/tables/wire.def>
	puts("\n## Results\n\n| of | code | `result` | meaning |\n|---|---|---|---|");
#define DL3_TEST_RESULT(code, name, meaning) printf("| test | 0x%08X | `%s` | %s |\n", code, name, meaning);
#include <devlink3/tables/wire.def>
#define DL3_AUTH_RESULT(code, name, meaning) printf("| authentication | 0x%08X | `%s` | %s |\n", code, name, meaning);
#include <devlink3/tables/wire.def>
#define DL3_EVENT_RESULT(code, name, meaning) printf("| event request | 0x%08X | `%s` | %s |\n", code, name, meaning);
#include <devlink3/tables/wire.def>
#define DL3_READ_RESULT(code, name, meaning) printf("| file | 0x%08X | `%s` | %s |\n", code, name, meaning);
#include <devlink3/tables/wire.def>
	puts("\n## Stream flags\n\n| flag | meaning |\n|---|---|");
#define DL3_STREAM_FLAG(bit, word, meaning) printf("| `%s` | %s |\n", word, meaning);
#include <devlink3/tables/wire.def>
}

static void print_errors(void)
{
	puts("\n## Errors of the library\n\n| name | meaning |\n|---|---|");
#define DL3_ERROR(NAME, number, name, class, text) printf("| `%s` | %s |\n", name, text);
#include <devlink3/tables/errors.def>
#undef DL3_ERROR
}

static void print_records(void)
{
	puts("# Record reference\n\n"
	     "<!-- Made from include/devlink3/tables/ by `make docs`; edit those. -->\n\n"
	     "Fields stand in the order of their row. In JSON a field that the row does not reach is left out,\n"
	     "an empty number is `null`, a number that could not be read is its text, and a code without a name\n"
	     "is its number. Fields behind the last that the table knows are kept under `extra`.");
	print_kinds();
	for (int i = 0; i < DL3_ROW_COUNT; i++)
		print_row(dl3_row_table((enum dl3_row_kind)i));
	for (int e = DL3_ENUM_none + 1; e < DL3_ENUM_COUNT; e++)
		print_enumeration((enum dl3_enumeration)e);
	print_wire();
	print_errors();
}

/* Four octets as a fuzz dictionary has them. */
static void print_code(uint32_t code)
{
	printf("\"\\x%02X\\x%02X\\x%02X\\x%02X\"\n", (unsigned)(code >> 24), (unsigned)(code >> 16 & 255),
	       (unsigned)(code >> 8 & 255), (unsigned)(code & 255));
}

static void print_dictionary(void)
{
	static const char *const words[] = {
		"I",       "<Detail>", "</Detail>",     "<Call>",         "</Call>",    "<PartyA>",  "</PartyA>",  "<PartyB>",
		"</PartyB>", "<Target_list>", "</Target_list>", "<Targets>", "</Targets>", "<Target>", "</Target>",
		"<CallLost>", "</CallLost>", "<LinkLost>", "</LinkLost>", "<AttemptReject>", "</AttemptReject>",
		"CALL:S ", "CALL:D ", "CALL:A ", "START,", "END,", "TRUNK", "PHONE", "&amp;", "&lt;", "&#x", "<!--", "-->", "<?",
	};

	puts("# Made from include/devlink3/tables/ by `make docs`.");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		printf("\"%s\"\n", words[i]);
	puts("\"\\\"\\\"\"");
#define DL3_MESSAGE_TYPE(NAME, name, meaning) print_code(DL3_CODE_##NAME);
#define DL3_TUPLE_TYPE(code, name, meaning) print_code(code);
#define DL3_AUTH_STEP(code, name, meaning) print_code(code);
#define DL3_TEST_RESULT(code, name, meaning) print_code(code);
#define DL3_AUTH_RESULT(code, name, meaning) print_code(code);
#define DL3_EVENT_RESULT(code, name, meaning) print_code(code);
#define DL3_READ_RESULT(code, name, meaning) print_code(code);
#define DL3_STREAM_FLAG(bit, word, meaning) printf("\"%s\"\n", word);
#include <devlink3/tables/wire.def>
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "records") == 0) {
		print_records();
	} else if (argc == 2 && strcmp(argv[1], "dictionary") == 0) {
		print_dictionary();
	} else {
		fputs("usage: tables records | dictionary\n", stderr);
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
