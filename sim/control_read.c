/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "control_parts.h"
#include "fail.h"

static bool fail_as(struct sim_problem *p, int status, const char *argument)
{
	p->status = status;
	p->argument = argument;
	return false;
}

static const char *type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a truth value";
	case JSON_NULL:
		break;
	}
	return "null";
}

json_t *sim_read_object(const char *text, size_t len, struct sim_problem *p)
{
	json_error_t where;

	if (len == 0)
		return json_object();
	json_t *body = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);

	if (!body) {
		sim_fail(&p->error, "body, line %d, column %d: %s: expected a JSON object", where.line,
		         where.column, where.text);
		fail_as(p, 400, NULL);
		return NULL;
	}
	if (json_is_object(body))
		return body;
	sim_fail(&p->error, "the body is %s: expected a JSON object", type_of(body));
	fail_as(p, 422, NULL);
	json_decref(body);
	return NULL;
}

bool sim_control_members(json_t *object, const char *const *names, struct sim_problem *p)
{
	const char *key, *const *known;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		for (known = names; *known && strcmp(*known, key) != 0; known++)
			;
		if (*known)
			continue;
		if (*names)
			sim_fail(&p->error, "no member is called '%.64s': expected %s", key, *names);
		else
			sim_fail(&p->error, "no member is called '%.64s': expected none", key);
		return fail_as(p, 422, NULL);
	}
	return true;
}

bool sim_control_number(json_t *object, const char *name, double least, double most, double *out,
                     struct sim_problem *p)
{
	const json_t *value = json_object_get(object, name);

	*out = json_number_value(value);
	if (json_is_number(value) && *out >= least && *out <= most)
		return true;
	if (!json_is_number(value))
		sim_fail(&p->error, "%s is %s: expected a number from %g to %g", name,
		         value ? type_of(value) : "missing", least, most);
	else
		sim_fail(&p->error, "%s is %g: expected %g to %g", name, *out, least, most);
	return fail_as(p, 422, name);
}

/* ---- Commands ---- */

static bool fail_type(const struct sim_argument *a, const json_t *value, const char *expected,
                      struct sim_problem *p)
{
	sim_fail(&p->error, "%s is %s: expected %s", a->name, type_of(value), expected);
	return fail_as(p, 422, a->name);
}

/* Extensions and calls may be given as numbers too. */
static bool read_text(const struct sim_argument *a, const json_t *value, struct sim_numerals *numerals,
                      const char **out, struct sim_problem *p)
{
	bool numeral = a->kind == SIM_LABEL || a->kind == SIM_DIGITS;

	if (json_is_string(value)) {
		*out = json_string_value(value);
		return true;
	}
	if (!numeral)
		return fail_type(a, value, "a string", p);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return fail_type(a, value, "a string, or a whole number that is not negative", p);
	char *text = numerals->text[numerals->count++];

	snprintf(text, sizeof(numerals->text[0]), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	*out = text;
	return true;
}

static bool read_argument(const struct sim_argument *a, const json_t *value, struct sim_numerals *numerals,
                          struct sim_command *out, struct sim_problem *p)
{
	void *place = (char *)out + a->offset;

	if (a->kind == SIM_SWITCH) {
		if (!json_is_boolean(value))
			return fail_type(a, value, "true or false", p);
		*(int *)place = json_is_true(value);
		return true;
	}
	if (a->kind == SIM_NUMBER) {
		if (!json_is_integer(value))
			return fail_type(a, value, "a whole number", p);
		*(int64_t *)place = json_integer_value(value);
		return true;
	}
	return read_text(a, value, numerals, place, p);
}

static bool read_action(const json_t *value, struct sim_command *out, struct sim_problem *p)
{
	if (!json_is_string(value)) {
		sim_fail(&p->error, "action is %s: expected a string", type_of(value));
		return fail_as(p, 422, "action");
	}
	out->action = json_string_value(value);
	return true;
}

static bool read_member(const char *key, const json_t *value, struct sim_numerals *numerals,
                        struct sim_command *out, struct sim_problem *p)
{
	const struct sim_argument *a = sim_argument_named(key, strlen(key));

	if (strcmp(key, "action") == 0)
		return read_action(value, out, p);
	if (a)
		return read_argument(a, value, numerals, out, p);
	sim_fail(&p->error,
	         "no argument is called '%.64s': expected action and the arguments that it takes; GET / "
	         "lists them",
	         key);
	return fail_as(p, 422, NULL);
}

bool sim_read_command(json_t *object, struct sim_numerals *numerals, struct sim_command *out,
                      struct sim_problem *p)
{
	const char *key;
	json_t *value;

	*out = SIM_COMMAND(NULL);
	numerals->count = 0;
	json_object_foreach(object, key, value)
	{
		if (!read_member(key, value, numerals, out, p))
			return false;
	}
	if (sim_command_check(out, &p->argument, &p->error))
		return true;
	p->status = 422;
	return false;
}
