/* SPDX-License-Identifier: MIT */
#include <cyaml/cyaml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "fail.h"
#include "scenario_parts.h"

#define TIME_MAX_S 31536000.0
#define TIMES_MAX 1000000
#define TEXT_MAX 4096
#define DEPTH_MAX 32

/* ---- What a file may hold ---- */

#define RAW_LABEL char *
#define RAW_DIGITS char *
#define RAW_TEXT char *
#define RAW_PRESENTATION char *
#define RAW_FLAGS char *
#define RAW_NUMBER int64_t *
#define RAW_SWITCH int *

struct raw_step {
	double *at, *after;
	char *action;
	int *may_fail;
#define SIM_ARGUMENT(KIND, name, least, most, meaning) RAW_##KIND name;
	SIM_ARGUMENTS(SIM_ARGUMENT)
#undef SIM_ARGUMENT
};

struct raw_repeat {
	int64_t times;
	double every;
};

struct raw {
	char *about; // cppcheck-suppress unusedStructMember ; libcyaml fills it, for people
	struct raw_repeat *repeat;
	struct raw_step *steps;
	unsigned step_count;
};

static const cyaml_strval_t switches[] = {
	{ "false", 0 }, { "true", 1 }, { "no", 0 }, { "yes", 1 }, { "off", 0 }, { "on", 1 },
};
#define SWITCHES CYAML_ARRAY_LEN(switches)

#define OPTIONAL_POINTER (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define FIELD_TEXT(name) CYAML_FIELD_STRING_PTR(#name, OPTIONAL_POINTER, struct raw_step, name, 0, TEXT_MAX),
#define FIELD_LABEL(name) FIELD_TEXT(name)
#define FIELD_DIGITS(name) FIELD_TEXT(name)
#define FIELD_PRESENTATION(name) FIELD_TEXT(name)
#define FIELD_FLAGS(name) FIELD_TEXT(name)
#define FIELD_NUMBER(name) CYAML_FIELD_INT_PTR(#name, OPTIONAL_POINTER, struct raw_step, name),
#define FIELD_SWITCH(name)                                                                                 \
	CYAML_FIELD_ENUM_PTR(#name, OPTIONAL_POINTER | CYAML_FLAG_STRICT, struct raw_step, name, switches, \
	                     SWITCHES),

static const cyaml_schema_field_t step_fields[] = {
	CYAML_FIELD_FLOAT_PTR("at", OPTIONAL_POINTER, struct raw_step, at),
	CYAML_FIELD_FLOAT_PTR("after", OPTIONAL_POINTER, struct raw_step, after),
	CYAML_FIELD_STRING_PTR("do", CYAML_FLAG_POINTER, struct raw_step, action, 1, TEXT_MAX),
	FIELD_SWITCH(may_fail)
#define SIM_ARGUMENT(KIND, name, least, most, meaning) FIELD_##KIND(name)
		SIM_ARGUMENTS(SIM_ARGUMENT)
#undef SIM_ARGUMENT
			CYAML_FIELD_END,
};

static const cyaml_schema_value_t step_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_step, step_fields),
};

static const cyaml_schema_field_t repeat_fields[] = {
	CYAML_FIELD_INT("times", CYAML_FLAG_DEFAULT, struct raw_repeat, times),
	CYAML_FIELD_FLOAT("every", CYAML_FLAG_DEFAULT, struct raw_repeat, every),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_STRING_PTR("about", OPTIONAL_POINTER, struct raw, about, 0, TEXT_MAX),
	CYAML_FIELD_MAPPING_PTR("repeat", OPTIONAL_POINTER, struct raw, repeat, repeat_fields),
	CYAML_FIELD_SEQUENCE_COUNT("steps", CYAML_FLAG_POINTER, struct raw, steps, step_count, &step_value, 1,
	                           SIM_STEPS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, top_fields),
};

/* ---- Reading ---- */

/* What libcyaml says when the schema does not fit: a sentence, then where, from the innermost out. */
struct complaint {
	char text[SIM_ERROR_MAX];
	size_t line[2], column[2];
	size_t places;
	bool in_step, in_repeat;
};

struct reading {
	struct sim_script *script;
	const char *name;
	yaml_document_t document; /* for the positions, which libcyaml does not keep */
	struct raw *raw;
	struct complaint complaint;
	struct sim_error *error;
};

/* "(line: 3, column: 7)" */
static bool read_place(const char *text, size_t *line, size_t *column)
{
	static const char between[] = ", column: ";
	char *end;

	*line = strtoul(text + strlen("(line: "), &end, 10);
	if (strncmp(end, between, strlen(between)) != 0)
		return false;
	*column = strtoul(end + strlen(between), &end, 10);
	return *end == ')';
}

__attribute__((format(printf, 3, 0))) static void hear(cyaml_log_t level, void *arg, const char *format,
                                                       va_list args)
{
	struct complaint *c = arg;
	char line[SIM_ERROR_MAX];

	(void)level;
	vsnprintf(line, sizeof(line), format, args);
	if (strncmp(line, "  in ", 5) != 0) {
		if (c->text[0] == '\0' && strncmp(line, "Load: ", 6) == 0 &&
		    strncmp(line + 6, "Backtrace", 9) != 0)
			snprintf(c->text, sizeof(c->text), "%.*s", (int)strcspn(line + 6, "\n"), line + 6);
		return;
	}
	const char *place = strstr(line, "(line: ");

	c->in_repeat = c->in_repeat || strstr(line, "field 'repeat'");
	c->in_step = c->in_step || strstr(line, "in sequence entry");
	if (place && c->places < 2 && read_place(place, &c->line[c->places], &c->column[c->places]))
		c->places++;
}

static cyaml_config_t config_for(struct complaint *c)
{
	return (cyaml_config_t){
		.log_fn = hear,
		.log_ctx = c,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

/* Octets that would do something to a terminal are not repeated. */
static bool fail_at(struct reading *r, size_t line, size_t column, const char *text)
{
	char clean[SIM_ERROR_MAX];

	(void)snprintf(clean, sizeof(clean), "%.*s", (int)sizeof(clean) - 1, text);
	for (char *p = clean; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return sim_fail(r->error, "%.150s:%zu:%zu: %.320s", r->name, line, column, clean);
}

static bool fail_at_mark(struct reading *r, yaml_mark_t mark, const char *text)
{
	return fail_at(r, mark.line + 1, mark.column + 1, text);
}

static bool fail_at_node(struct reading *r, const yaml_node_t *node, const char *text)
{
	return fail_at_mark(r, node->start_mark, text);
}

/* ---- As YAML ---- */

static bool fail_parser(struct reading *r, const yaml_parser_t *parser)
{
	char text[SIM_ERROR_MAX];

	if (parser->error == YAML_MEMORY_ERROR)
		return sim_fail(r->error, "%s: no memory", r->name);
	snprintf(text, sizeof(text), "%s%s%s", parser->context ? parser->context : "",
	         parser->context ? ": " : "", parser->problem ? parser->problem : "this is no YAML");
	return fail_at_mark(r, parser->problem_mark, text);
}

static bool check_only_document(struct reading *r, yaml_parser_t *parser)
{
	yaml_document_t second;

	if (!yaml_parser_load(parser, &second))
		return fail_parser(r, parser);
	const yaml_node_t *root = yaml_document_get_root_node(&second);
	bool only = !root || fail_at_node(r, root, "a second document: expected the end of the file");

	yaml_document_delete(&second);
	return only;
}

static bool check_scalars(struct reading *r)
{
	for (const yaml_node_t *n = r->document.nodes.start; n < r->document.nodes.top; n++)
		if (n->type == YAML_SCALAR_NODE && memchr(n->data.scalar.value, '\0', n->data.scalar.length))
			return fail_at_node(r, n, "a NUL: expected text without");
	return true;
}

/* How much deeper the text goes behind this event. */
static int deeper(yaml_event_type_t type)
{
	if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
		return 1;
	return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

static bool check_depth_by(struct reading *r, yaml_parser_t *parser)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_event_t event;

	for (int depth = 0; type != YAML_STREAM_END_EVENT;) {
		if (!yaml_parser_parse(parser, &event))
			return fail_parser(r, parser);
		yaml_mark_t mark = event.start_mark;

		type = event.type;
		depth += deeper(type);
		yaml_event_delete(&event);
		if (depth > DEPTH_MAX)
			return fail_at_mark(r, mark, "nested deeper than any scenario");
	}
	return true;
}

/* libyaml takes time with the square of the depth: what is too deep is not read to its end. */
static bool check_depth(struct reading *r, const char *text, size_t len)
{
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return sim_fail(r->error, "%s: no memory", r->name);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	bool good = check_depth_by(r, &parser);

	yaml_parser_delete(&parser);
	return good;
}

static bool load_document(struct reading *r, const char *text, size_t len)
{
	yaml_parser_t parser;

	if (!check_depth(r, text, len))
		return false;

	if (!yaml_parser_initialize(&parser))
		return sim_fail(r->error, "%s: no memory", r->name);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	bool loaded = yaml_parser_load(&parser, &r->document) || fail_parser(r, &parser);

	if (!loaded) {
		yaml_parser_delete(&parser);
		return false;
	}
	const yaml_node_t *root = yaml_document_get_root_node(&r->document);
	bool good = root ? check_only_document(r, &parser) && check_scalars(r)
	                 : fail_at(r, 1, 1, "empty: expected a mapping with steps");

	yaml_parser_delete(&parser);
	if (!good)
		yaml_document_delete(&r->document);
	return good;
}

/* ---- As the schema has it ---- */

static void put_keys(const cyaml_schema_field_t *fields, char *out, size_t cap)
{
	size_t used = 0;

	for (; fields->key && used < cap; fields++)
		used += (size_t)snprintf(out + used, cap - used, "%s%s", used > 0 ? ", " : "", fields->key);
}

/* libcyaml knows where it was before a key that it does not take; the key comes behind that. */
static bool fail_at_key(struct reading *r, const char *key, const char *text)
{
	size_t line = r->complaint.line[0], column = r->complaint.column[0];

	for (const yaml_node_t *n = r->document.nodes.start; n < r->document.nodes.top; n++) {
		size_t at = n->start_mark.line + 1, by = n->start_mark.column + 1;

		if (n->type == YAML_SCALAR_NODE && strcmp((const char *)n->data.scalar.value, key) == 0 &&
		    (at > line || (at == line && by > column)))
			return fail_at(r, at, by, text);
	}
	return fail_at(r, line, column, text);
}

static bool fail_key(struct reading *r, cyaml_err_t e)
{
	const struct complaint *c = &r->complaint;
	const char *colon = strstr(c->text, ": "), *key = colon ? colon + 2 : "";
	char keys[SIM_ERROR_MAX] = "", text[2 * SIM_ERROR_MAX];

	if (e != CYAML_ERR_INVALID_KEY)
		return fail_at_key(r, key, c->text);
	put_keys(c->in_step ? step_fields : c->in_repeat ? repeat_fields : top_fields, keys, sizeof(keys));
	snprintf(text, sizeof(text), "no key is called '%.40s': expected one of %s", key, keys);
	return fail_at_key(r, key, text);
}

static const char *hint(const char *complaint)
{
	static const struct {
		const char *begins, *expected;
	} hints[] = {
		{ "Invalid FLOAT", ": expected seconds, such as 2.5" },
		{ "Invalid INT", ": expected a whole number" },
		{ "Invalid ENUM", ": expected true or false" },
		{ "", "" },
	};
	size_t i = 0;

	while (strncmp(complaint, hints[i].begins, strlen(hints[i].begins)) != 0)
		i++;
	return hints[i].expected;
}

static bool fail_schema(struct reading *r, cyaml_err_t e)
{
	const struct complaint *c = &r->complaint;
	char text[SIM_ERROR_MAX + 64];

	if (e == CYAML_ERR_OOM)
		return sim_fail(r->error, "%s: no memory", r->name);
	if (e == CYAML_ERR_INVALID_KEY || strncmp(c->text, "Mapping field already seen", 26) == 0)
		return fail_key(r, e);
	snprintf(text, sizeof(text), "%s%s", c->text[0] ? c->text : cyaml_strerror(e), hint(c->text));
	/* The innermost place is the last field that was there; what lacks one is around it. */
	if (e == CYAML_ERR_MAPPING_FIELD_MISSING)
		return c->places == 2 ? fail_at(r, c->line[1], c->column[1], text)
		                      : fail_at_node(r, yaml_document_get_root_node(&r->document), text);
	return c->places > 0 ? fail_at(r, c->line[0], c->column[0], text) : fail_at(r, 1, 1, text);
}

/* ---- What it means ---- */

/* The node of a key's value; the mapping itself if it has none. */
static const yaml_node_t *value_of(struct reading *r, const yaml_node_t *mapping, const char *key)
{
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
	     p < mapping->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(&r->document, p->key);

		if (k->type == YAML_SCALAR_NODE && strcmp((const char *)k->data.scalar.value, key) == 0)
			return yaml_document_get_node(&r->document, p->value);
	}
	return mapping;
}

static bool read_time(struct reading *r, const yaml_node_t *at, double seconds, uint64_t *ms)
{
	if (!isfinite(seconds) || seconds < 0 || seconds > TIME_MAX_S)
		return fail_at_node(r, at, "no time: expected seconds from 0 to 31536000");
	*ms = (uint64_t)(seconds * 1000 + 0.5);
	return true;
}

static bool read_when(struct reading *r, const struct raw_step *raw, const yaml_node_t *node, uint64_t before,
                      uint64_t *at)
{
	*at = before;
	if (raw->at && raw->after)
		return fail_at_node(r, value_of(r, node, "after"), "at and after: expected one of them");
	if (raw->after) {
		uint64_t after = 0;

		if (!read_time(r, value_of(r, node, "after"), *raw->after, &after))
			return false;
		*at += after;
	}
	if (!raw->at)
		return true;
	if (!read_time(r, value_of(r, node, "at"), *raw->at, at))
		return false;
	return *at >= before ||
	       fail_at_node(r, value_of(r, node, "at"),
	                    "this lies before the step above: expected steps in their order");
}

#define GIVEN_TEXT(name) c.name = raw->name;
#define GIVEN_LABEL(name) GIVEN_TEXT(name)
#define GIVEN_DIGITS(name) GIVEN_TEXT(name)
#define GIVEN_PRESENTATION(name) GIVEN_TEXT(name)
#define GIVEN_FLAGS(name) GIVEN_TEXT(name)
#define GIVEN_NUMBER(name) \
	if (raw->name)     \
		c.name = *raw->name;
#define GIVEN_SWITCH(name) GIVEN_NUMBER(name)

static struct sim_command command_of(const struct raw_step *raw)
{
	struct sim_command c = SIM_COMMAND(raw->action);

#define SIM_ARGUMENT(KIND, name, least, most, meaning) GIVEN_##KIND(name)
	SIM_ARGUMENTS(SIM_ARGUMENT)
#undef SIM_ARGUMENT
	return c;
}

static bool read_step(struct reading *r, const struct raw_step *raw, const yaml_node_t *node, uint64_t before,
                      struct sim_step *out)
{
	struct sim_error why;
	const char *at;

	out->command = command_of(raw);
	out->may_fail = raw->may_fail && *raw->may_fail;
	out->line = node->start_mark.line + 1;
	out->column = node->start_mark.column + 1;
	if (!sim_command_check(&out->command, &at, &why))
		return fail_at_node(r, at ? value_of(r, node, at) : value_of(r, node, "do"), why.text);
	return read_when(r, raw, node, before, &out->at);
}

static bool read_repeat(struct reading *r, const yaml_node_t *root)
{
	const struct raw_repeat *raw = r->raw->repeat;
	struct sim_script *s = r->script;

	s->times = 1;
	if (!raw)
		return true;
	const yaml_node_t *node = value_of(r, root, "repeat");

	if (raw->times < 1 || raw->times > TIMES_MAX)
		return fail_at_node(r, value_of(r, node, "times"), "times: expected 1 to 1000000");
	s->times = (uint64_t)raw->times;
	if (!read_time(r, value_of(r, node, "every"), raw->every, &s->every))
		return false;
	return s->every >= s->steps[s->count - 1].at ||
	       fail_at_node(r, value_of(r, node, "every"),
	                    "every: expected no less than the time of the last step");
}

static bool read_meaning(struct reading *r)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->document);
	const yaml_node_t *list = value_of(r, root, "steps");
	struct sim_script *s = r->script;

	s->steps = calloc(r->raw->step_count, sizeof(*s->steps));
	if (!s->steps)
		return sim_fail(r->error, "%s: no memory", r->name);
	for (size_t i = 0; i < r->raw->step_count; i++) {
		const yaml_node_t *node =
			yaml_document_get_node(&r->document, list->data.sequence.items.start[i]);

		if (!read_step(r, &r->raw->steps[i], node, i > 0 ? s->steps[i - 1].at : 0, &s->steps[i]))
			return false;
		s->count = i + 1;
	}
	return read_repeat(r, root);
}

/* ---- All of it ---- */

bool sim_script_read(struct sim_script *s, const char *text, size_t len, const char *name,
                     struct sim_error *error)
{
	struct reading r = { .script = s, .name = name, .error = error };
	cyaml_config_t config = config_for(&r.complaint);

	s->name = strdup(name);
	if (!s->name)
		return sim_fail(error, "%s: no memory", name);
	if (len > SIM_SCENARIO_MAX)
		return sim_fail(error, "%s: expected at most %u octets", name, SIM_SCENARIO_MAX);
	if (!load_document(&r, text, len))
		return false;
	cyaml_err_t e = cyaml_load_data((const uint8_t *)text, len, &config, &top_value,
	                                (cyaml_data_t **)&r.raw, NULL);

	s->loaded = r.raw;
	bool good = e == CYAML_OK ? read_meaning(&r) : fail_schema(&r, e);

	yaml_document_delete(&r.document);
	return good;
}

void sim_script_finish(struct sim_script *s)
{
	struct complaint ignored = { 0 };
	cyaml_config_t config = config_for(&ignored);

	if (s->loaded)
		cyaml_free(&config, &top_value, s->loaded, 0);
	free(s->steps);
	free(s->name);
	*s = (struct sim_script){ 0 };
}
