/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS 60000.0
#define RATE_MIN 0.0001  /* once a week */
#define RATE_MAX 60000.0 /* a thousand a second */
#define VALUE_MAX 86400000u

struct kind {
	const char *name, *parameter;
	uint64_t normal;
	const char *meaning;
};

static const struct kind kinds[] = {
#define SIM_FAULT(NAME, name, parameter, normal, meaning) { #name, #parameter, normal, meaning },
	SIM_FAULTS(SIM_FAULT)
#undef SIM_FAULT
};

const char *sim_fault_name(enum sim_fault_kind kind)
{
	return kinds[kind].name;
}

const char *sim_fault_parameter(enum sim_fault_kind kind, uint64_t *normal)
{
	*normal = kinds[kind].normal;
	return kinds[kind].parameter[0] ? kinds[kind].parameter : NULL;
}

const char *sim_fault_meaning(enum sim_fault_kind kind)
{
	return kinds[kind].meaning;
}

/* ---- From text ---- */

static bool fail(struct sim_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct sim_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return false;
}

static void list_kinds(char *out, size_t cap)
{
	size_t used = 0;

	for (size_t i = 0; i < SIM_FAULT_KINDS; i++)
		used += (size_t)snprintf(out + used, cap - used, "%s%s", i > 0 ? ", " : "", kinds[i].name);
}

static bool parse_kind(const char *text, size_t len, struct sim_fault *out, struct sim_error *error)
{
	char all[SIM_ERROR_MAX / 2];

	for (size_t i = 0; i < SIM_FAULT_KINDS; i++)
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, text, len) == 0) {
			*out = (struct sim_fault){ .kind = (enum sim_fault_kind)i,
				                   .value = kinds[i].normal,
				                   .node = SIM_NONE };
			return true;
		}
	list_kinds(all, sizeof(all));
	return fail(error, "there is no fault '%.*s'; there are %s", (int)len, text, all);
}

static bool parse_rate(const char *text, struct sim_fault *out, struct sim_error *error)
{
	char *end;

	if (strcmp(text, "off") == 0) {
		out->off = true;
		return true;
	}
	errno = 0;
	out->rate = strtod(text, &end);
	if (end == text || *end || errno || !(out->rate >= RATE_MIN && out->rate <= RATE_MAX))
		return fail(error, "%s=%s: expected a rate in times a minute from %g to %g, or 'off'",
		            kinds[out->kind].name, text, RATE_MIN, RATE_MAX);
	return true;
}

static bool parse_node(const char *text, const struct sim_world *w, struct sim_fault *out, struct sim_error *error)
{
	for (size_t i = 0; i < w->node_count; i++)
		if (strcmp(w->nodes[i].name, text) == 0 || strcmp(w->nodes[i].id, text) == 0) {
			out->node = i;
			return true;
		}
	return fail(error, "%s: there is no node '%s'; the first is '%s'", kinds[out->kind].name, text,
	            w->node_count > 0 ? w->nodes[0].name : "");
}

static bool parse_parameter(char *text, const struct sim_world *w, struct sim_fault *out, struct sim_error *error)
{
	const struct kind *kind = &kinds[out->kind];
	char *value = strchr(text, '='), *end;

	if (value)
		*value++ = '\0';
	if (value && strcmp(text, "node") == 0)
		return parse_node(value, w, out, error);
	if (!value || !kind->parameter[0] || strcmp(text, kind->parameter) != 0)
		return fail(error, "%s takes no '%s'; it takes node%s%s", kind->name, text,
		            kind->parameter[0] ? " and " : "", kind->parameter);
	errno = 0;
	out->value = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || out->value == 0 || out->value > VALUE_MAX)
		return fail(error, "%s: %s=%s: expected a number from 1 to %u", kind->name, text, value, VALUE_MAX);
	return true;
}

bool sim_fault_parse(const char *text, const struct sim_world *w, struct sim_fault *out, struct sim_error *error)
{
	char buf[SIM_ERROR_MAX / 2], *rest = buf, *part;

	if (strlen(text) >= sizeof(buf))
		return fail(error, "a fault of %zu characters: expected KIND[=RATE][,PARAMETER=VALUE]...", strlen(text));
	memcpy(buf, text, strlen(text) + 1);
	part = strsep(&rest, ",");
	char *rate = strchr(part, '=');

	if (!parse_kind(part, rate ? (size_t)(rate - part) : strlen(part), out, error))
		return false;
	if (rate && !parse_rate(rate + 1, out, error))
		return false;
	while ((part = strsep(&rest, ",")))
		if (!parse_parameter(part, w, out, error))
			return false;
	return true;
}

/* ---- When they come ---- */

struct armed {
	struct sim_faults *all;
	struct sim_fault fault;
	struct sim_alarm alarm;
	struct sim_random random;
	struct armed *next;
};

struct sim_faults {
	struct sim_clock *clock;
	uint64_t seed;
	void (*strike)(const struct sim_fault *fault, void *arg);
	void *arg;
	struct armed *armed;
};

struct sim_faults *sim_faults_new(struct sim_clock *clock, uint64_t seed,
                                  void (*strike)(const struct sim_fault *fault, void *arg), void *arg)
{
	struct sim_faults *f = calloc(1, sizeof(*f));

	if (f)
		*f = (struct sim_faults){ .clock = clock, .seed = seed, .strike = strike, .arg = arg };
	return f;
}

static void disarm(struct sim_faults *f, struct armed **link)
{
	struct armed *a = *link;

	*link = a->next;
	sim_alarm_cancel(f->clock, &a->alarm);
	free(a);
}

void sim_faults_free(struct sim_faults *f)
{
	if (!f)
		return;
	while (f->armed)
		disarm(f, &f->armed);
	free(f);
}

static void strike(void *arg);

static bool wait_for_next(struct armed *a)
{
	uint64_t gap = sim_random_gap(&a->random, (uint64_t)(MINUTE_MS * 1000.0 / a->fault.rate)) / 1000;

	return sim_alarm_set(a->all->clock, &a->alarm, gap > 0 ? gap : 1, strike, a);
}

static void strike(void *arg)
{
	struct armed *a = arg;
	struct sim_faults *f = a->all;
	struct sim_fault fault = a->fault;

	/* Set first: what strikes may disarm it. There is room, since it has just rung. */
	(void)wait_for_next(a);
	f->strike(&fault, f->arg);
}

bool sim_faults_arm(struct sim_faults *f, const struct sim_fault *fault)
{
	for (struct armed **link = &f->armed; *link;) {
		if ((*link)->fault.kind == fault->kind && (*link)->fault.node == fault->node)
			disarm(f, link);
		else
			link = &(*link)->next;
	}
	if (fault->off || fault->rate <= 0) {
		f->strike(fault, f->arg);
		return true;
	}
	struct armed *a = calloc(1, sizeof(*a));

	if (!a)
		return false;
	a->all = f;
	a->fault = *fault;
	sim_random_init(&a->random, f->seed + (fault->node == SIM_NONE ? 0 : fault->node + 1),
	                kinds[fault->kind].name);
	if (!wait_for_next(a)) {
		free(a);
		return false;
	}
	a->next = f->armed;
	f->armed = a;
	return true;
}
