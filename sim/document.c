/* SPDX-License-Identifier: MIT */
#include "document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 4, 0))) static bool fail_at(const char *name, yaml_mark_t at,
                                                          struct sim_error *error, const char *format,
                                                          va_list args)
{
	int n = snprintf(error->text, sizeof(error->text), "%.200s:%zu:%zu: ", name, at.line + 1, at.column + 1);

	if (n > 0 && (size_t)n < sizeof(error->text))
		vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, format, args);
	return false;
}

__attribute__((format(printf, 3, 4))) static bool fail(struct sim_document *d, yaml_mark_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail_at(d->name, at, d->error, format, args);
	va_end(args);
	return false;
}

/* ---- Reading ---- */

/* libyaml counts octets, not lines, when they are no UTF-8. */
static yaml_mark_t mark_of_octet(const char *text, size_t offset)
{
	yaml_mark_t at = { .index = offset };

	for (size_t i = 0; i < offset; i++) {
		at.column++;
		if (text[i] == '\n') {
			at.line++;
			at.column = 0;
		}
	}
	return at;
}

static bool syntax_error(struct sim_document *d, const yaml_parser_t *p, const char *text, size_t len)
{
	const char *problem = p->problem ? p->problem : "not YAML";

	if (p->error == YAML_MEMORY_ERROR)
		return fail(d, p->mark, "no memory to read it");
	if (p->error == YAML_READER_ERROR)
		return fail(d, mark_of_octet(text, p->problem_offset < len ? p->problem_offset : len), "%s", problem);
	return fail(d, p->problem_mark, "%s%s%s", problem, p->context ? ", " : "", p->context ? p->context : "");
}

struct scan {
	size_t depth, nodes, documents;
};

static bool has_anchor(const yaml_event_t *e)
{
	return e->type == YAML_ALIAS_EVENT || (e->type == YAML_SCALAR_EVENT && e->data.scalar.anchor) ||
	       (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.anchor) ||
	       (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.anchor);
}

static bool scan_event(struct sim_document *d, struct scan *s, const yaml_event_t *e)
{
	if (e->type == YAML_DOCUMENT_START_EVENT && s->documents++ > 0)
		return fail(d, e->start_mark, "expected one document, not a second one");
	if (has_anchor(e))
		return fail(d, e->start_mark, "anchors and aliases are not taken: write it out");
	if (e->type == YAML_SEQUENCE_START_EVENT || e->type == YAML_MAPPING_START_EVENT) {
		if (++s->depth > SIM_DOCUMENT_DEPTH_MAX)
			return fail(d, e->start_mark, "nested deeper than %u", SIM_DOCUMENT_DEPTH_MAX);
	} else if (e->type == YAML_SEQUENCE_END_EVENT || e->type == YAML_MAPPING_END_EVENT) {
		s->depth--;
	}
	if (++s->nodes > SIM_DOCUMENT_NODES_MAX)
		return fail(d, e->start_mark, "more than %u things in it", SIM_DOCUMENT_NODES_MAX);
	return true;
}

/* Each event costs next to nothing: bounds are known before memory is used. */
static bool scan(struct sim_document *d, const char *text, size_t len)
{
	struct scan s = { 0 };
	yaml_parser_t p;
	bool ok = true, end = false;

	if (!yaml_parser_initialize(&p))
		return fail(d, (yaml_mark_t){ 0 }, "no memory to read it");
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	while (ok && !end) {
		yaml_event_t e;

		if (!yaml_parser_parse(&p, &e)) {
			ok = syntax_error(d, &p, text, len);
			break;
		}
		ok = scan_event(d, &s, &e);
		end = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return ok;
}

static bool load(struct sim_document *d, const char *text, size_t len)
{
	yaml_parser_t p;

	if (!yaml_parser_initialize(&p))
		return fail(d, (yaml_mark_t){ 0 }, "no memory to read it");
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	bool ok = yaml_parser_load(&p, &d->yaml) != 0;

	if (!ok)
		syntax_error(d, &p, text, len);
	yaml_parser_delete(&p);
	return ok;
}

bool sim_document_read(struct sim_document *d, const char *text, size_t len, const char *name,
                       struct sim_error *error)
{
	*d = (struct sim_document){ .name = name, .error = error };
	if (len > SIM_DOCUMENT_MAX)
		return fail(d, (yaml_mark_t){ 0 }, "longer than %u octets", SIM_DOCUMENT_MAX);
	if (!scan(d, text, len) || !load(d, text, len))
		return false;
	if (yaml_document_get_root_node(&d->yaml))
		return true;
	sim_document_free(d);
	return fail(d, (yaml_mark_t){ 0 }, "nothing in it");
}

void sim_document_free(struct sim_document *d)
{
	yaml_document_delete(&d->yaml);
}

/* ---- Finding places ---- */

static const char *scalar(const yaml_node_t *n)
{
	return (const char *)n->data.scalar.value;
}

static yaml_node_t *value_of(struct sim_document *d, const yaml_node_t *mapping, const char *key)
{
	if (mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(&d->yaml, p->key);

		if (k->type == YAML_SCALAR_NODE && strcmp(scalar(k), key) == 0)
			return yaml_document_get_node(&d->yaml, p->value);
	}
	return NULL;
}

static yaml_node_t *item_of(struct sim_document *d, const yaml_node_t *sequence, size_t number)
{
	if (sequence->type != YAML_SEQUENCE_NODE)
		return NULL;
	const yaml_node_item_t *start = sequence->data.sequence.items.start;

	if (number > (size_t)(sequence->data.sequence.items.top - start))
		return NULL;
	return yaml_document_get_node(&d->yaml, start[number - 1]);
}

yaml_mark_t sim_document_mark(struct sim_document *d, const struct sim_place *place)
{
	yaml_node_t *n = yaml_document_get_root_node(&d->yaml), *next = n;
	const char *keys[] = { place->list, place->key, place->sub };
	size_t items[] = { place->entry, place->item, 0 };

	if (!n)
		return (yaml_mark_t){ 0 };
	for (size_t i = 0; i < 3 && next; i++) {
		next = keys[i] ? value_of(d, n, keys[i]) : NULL;
		n = next ? next : n;
		/* A mapping such as `security` has keys at once, and no entries. */
		if (!next || items[i] == 0)
			continue;
		next = item_of(d, n, items[i]);
		n = next ? next : n;
	}
	return n->start_mark;
}

bool sim_document_fail(struct sim_document *d, const struct sim_place *place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail_at(d->name, sim_document_mark(d, place), d->error, format, args);
	va_end(args);
	return false;
}

/* ---- Against a schema ---- */

static const char *kind_of(const yaml_node_t *n)
{
	return n->type == YAML_MAPPING_NODE ? "a mapping" : n->type == YAML_SEQUENCE_NODE ? "a list" : "a single value";
}

static bool want(struct sim_document *d, const yaml_node_t *n, yaml_node_type_t type, const char *key,
                 const char *expected)
{
	return n->type == type || fail(d, n->start_mark, "%s: expected %s, not %s", key, expected, kind_of(n));
}

static bool check_number(struct sim_document *d, const cyaml_schema_value_t *s, const yaml_node_t *n, const char *key)
{
	const char *text = scalar(n), *digits = text + (s->type == CYAML_INT && *text == '-');
	size_t len = strspn(digits, "0123456789");
	long long most = s->data_size >= 8 ? INT64_MAX : (long long)UINT32_MAX, value;

	errno = 0;
	value = strtoll(text, NULL, 10);
	if (len > 0 && digits[len] == '\0' && len == n->data.scalar.length - (size_t)(digits - text) &&
	    (len == 1 || *digits != '0') && errno == 0 && value <= most)
		return true;
	return fail(d, n->start_mark, "%s: expected a whole number%s, not \"%.40s\"", key,
	            s->type == CYAML_UINT ? " from 0 up" : "", text);
}

static bool check_boolean(struct sim_document *d, const yaml_node_t *n, const char *key)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(scalar(n), words[i]) == 0)
			return true;
	return fail(d, n->start_mark, "%s: expected true or false, not \"%.40s\"", key, scalar(n));
}

static bool check_enumeration(struct sim_document *d, const cyaml_schema_value_t *s, const yaml_node_t *n,
                              const char *key)
{
	char choices[300] = "";

	for (uint32_t i = 0; i < s->enumeration.count; i++) {
		const char *word = s->enumeration.strings[i].str;
		size_t len = strlen(choices);

		if (strcmp(scalar(n), word) == 0)
			return true;
		snprintf(choices + len, sizeof(choices) - len, "%s%s", i > 0 ? ", " : "", word);
	}
	return fail(d, n->start_mark, "%s: expected one of %s, not \"%.40s\"", key, choices, scalar(n));
}

static bool check_text(struct sim_document *d, const cyaml_schema_value_t *s, const yaml_node_t *n, const char *key)
{
	size_t len = n->data.scalar.length;

	if (len < s->string.min)
		return fail(d, n->start_mark, "%s: expected some text, not nothing", key);
	if (len > s->string.max)
		return fail(d, n->start_mark, "%s: expected at most %u octets, not %zu", key, s->string.max, len);
	for (size_t i = 0; i < len; i++) {
		unsigned c = n->data.scalar.value[i];

		if (c < 0x20 || c == 0x7f)
			return fail(d, n->start_mark, "%s: expected text without control characters, not 0x%02x", key, c);
	}
	return true;
}

static bool check_value(struct sim_document *d, const cyaml_schema_value_t *s, const yaml_node_t *n, const char *key);

static const cyaml_schema_field_t *field_of(const cyaml_schema_field_t *fields, const char *key, size_t *index)
{
	for (*index = 0; fields[*index].key; ++*index)
		if (strcmp(fields[*index].key, key) == 0)
			return &fields[*index];
	return NULL;
}

static bool unknown_key(struct sim_document *d, const cyaml_schema_field_t *fields, const yaml_node_t *key)
{
	char known[300] = "";

	for (; fields->key; fields++) {
		size_t len = strlen(known);

		snprintf(known + len, sizeof(known) - len, "%s%s", len > 0 ? ", " : "", fields->key);
	}
	return fail(d, key->start_mark, "unknown key \"%.40s\"; expected one of %s", scalar(key), known);
}

/* What is nested is nested no deeper than SIM_DOCUMENT_DEPTH_MAX: scan() has seen to that.
 * NOLINTBEGIN(misc-no-recursion) */
static bool check_mapping(struct sim_document *d, const cyaml_schema_value_t *s, const yaml_node_t *n,
                          const char *name)
{
	const cyaml_schema_field_t *fields = s->mapping.fields;
	uint64_t seen = 0; /* no mapping of ours has so many fields */
	size_t index;

	if (!want(d, n, YAML_MAPPING_NODE, name, "a mapping"))
		return false;
	for (const yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(&d->yaml, p->key);

		if (key->type != YAML_SCALAR_NODE)
			return fail(d, key->start_mark, "%s: expected a key, not %s", name, kind_of(key));
		const cyaml_schema_field_t *f = field_of(fields, scalar(key), &index);

		if (!f)
			return unknown_key(d, fields, key);
		if (seen & (uint64_t)1 << index)
			return fail(d, key->start_mark, "%s: given twice", f->key);
		seen |= (uint64_t)1 << index;
		if (!check_value(d, &f->value, yaml_document_get_node(&d->yaml, p->value), f->key))
			return false;
	}
	for (index = 0; fields[index].key; index++)
		if (!(fields[index].value.flags & CYAML_FLAG_OPTIONAL) && !(seen & (uint64_t)1 << index))
			return fail(d, n->start_mark, "%s: expected \"%s\", which is missing", name, fields[index].key);
	return true;
}

static bool check_sequence(struct sim_document *d, const cyaml_schema_value_t *s, const yaml_node_t *n, const char *key)
{
	if (!want(d, n, YAML_SEQUENCE_NODE, key, "a list"))
		return false;
	const yaml_node_item_t *start = n->data.sequence.items.start;
	size_t count = (size_t)(n->data.sequence.items.top - start);

	if (count < s->sequence.min)
		return fail(d, n->start_mark, "%s: expected at least %u, not %zu", key, s->sequence.min, count);
	if (count > s->sequence.max)
		return fail(d, yaml_document_get_node(&d->yaml, start[s->sequence.max])->start_mark,
		            "%s: expected at most %u, not %zu", key, s->sequence.max, count);
	for (size_t i = 0; i < count; i++)
		if (!check_value(d, s->sequence.entry, yaml_document_get_node(&d->yaml, start[i]), key))
			return false;
	return true;
}

static bool check_value(struct sim_document *d, const cyaml_schema_value_t *s, const yaml_node_t *n, const char *key)
{
	if (s->type == CYAML_MAPPING)
		return check_mapping(d, s, n, key);
	if (s->type == CYAML_SEQUENCE)
		return check_sequence(d, s, n, key);
	if (!want(d, n, YAML_SCALAR_NODE, key, "a single value"))
		return false;
	switch (s->type) {
	case CYAML_INT:
	case CYAML_UINT:
		return check_number(d, s, n, key);
	case CYAML_BOOL:
		return check_boolean(d, n, key);
	case CYAML_ENUM:
		return check_enumeration(d, s, n, key);
	default:
		return check_text(d, s, n, key);
	}
}
/* NOLINTEND(misc-no-recursion) */

bool sim_document_check(struct sim_document *d, const cyaml_schema_value_t *schema)
{
	return check_value(d, schema, yaml_document_get_root_node(&d->yaml), "the document");
}
