/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "scenario_parts.h"

struct sim_scenario {
	struct sim_script script;
	struct sim_exchange *exchange;
	struct sim_commands *commands;
	struct sim_alarm alarm;
	size_t next;    /* step */
	uint64_t begun; /* when this turn did */
	uint64_t turns; /* that are over */
	void (*done)(const struct sim_error *error, void *arg);
	void *done_arg;
	void (*log)(const char *line, void *arg);
	void *log_arg;
};

/* ---- From a file ---- */

struct sim_scenario *sim_scenario_parse(const char *text, size_t len, const char *name,
                                        struct sim_error *error)
{
	struct sim_scenario *s = calloc(1, sizeof(*s));

	if (!s) {
		sim_fail(error, "%s: no memory", name);
		return NULL;
	}
	if (!sim_script_read(&s->script, text, len, name, error)) {
		sim_scenario_free(s);
		return NULL;
	}
	return s;
}

static char *read_all(FILE *f, size_t *len, const char *path, struct sim_error *error)
{
	char *text = malloc(SIM_SCENARIO_MAX + 1);

	if (!text) {
		sim_fail(error, "%s: no memory", path);
		return NULL;
	}
	*len = fread(text, 1, SIM_SCENARIO_MAX + 1, f);
	if (!ferror(f))
		return text;
	sim_fail(error, "%s: %s", path, strerror(errno));
	free(text);
	return NULL;
}

struct sim_scenario *sim_scenario_load(const char *path, struct sim_error *error)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		sim_fail(error, "%s: %s", path, strerror(errno));
		return NULL;
	}
	char *text = read_all(f, &len, path, error);
	struct sim_scenario *s = text ? sim_scenario_parse(text, len, path, error) : NULL;

	free(text);
	fclose(f);
	return s;
}

void sim_scenario_free(struct sim_scenario *s)
{
	if (!s)
		return;
	sim_commands_free(s->commands);
	sim_script_finish(&s->script);
	free(s);
}

/* ---- On the stage ---- */

void sim_scenario_set_log(struct sim_scenario *s, void (*log)(const char *line, void *arg), void *arg)
{
	s->log = log;
	s->log_arg = arg;
}

void sim_scenario_stop(struct sim_scenario *s)
{
	if (!s->commands)
		return;
	sim_alarm_cancel(sim_exchange_clock(s->exchange), &s->alarm);
	sim_commands_free(s->commands);
	s->commands = NULL;
}

static void finish(struct sim_scenario *s, const struct sim_error *error)
{
	sim_scenario_stop(s);
	if (s->done)
		s->done(error, s->done_arg);
}

/* @return false when it has stopped. */
static bool do_step(struct sim_scenario *s, const struct sim_step *step)
{
	struct sim_error error = { "" }, placed;

	if (sim_command_do(s->commands, &step->command, NULL, &error))
		return true;
	sim_fail(&placed, "%.200s:%zu:%zu: %.256s", s->script.name, step->line, step->column, error.text);
	if (!step->may_fail) {
		finish(s, &placed);
		return false;
	}
	if (s->log)
		s->log(placed.text, s->log_arg);
	return true;
}

static void play_on(void *arg);

static void wait_for_next(struct sim_scenario *s)
{
	struct sim_clock *clock = sim_exchange_clock(s->exchange);
	uint64_t due = s->begun + s->script.steps[s->next].at;

	if (!sim_alarm_set(clock, &s->alarm, due > clock->now ? due - clock->now : 0, play_on, s)) {
		struct sim_error error;

		sim_fail(&error, "%.200s: no memory", s->script.name);
		finish(s, &error);
	}
}

/* Each step is rung for by itself, so that what the one before has set off at the same moment goes first. */
static void play_on(void *arg)
{
	struct sim_scenario *s = arg;

	if (!do_step(s, &s->script.steps[s->next]))
		return;
	if (++s->next == s->script.count) {
		s->next = 0;
		s->begun += s->script.every;
		if (++s->turns == s->script.times) {
			finish(s, NULL);
			return;
		}
	}
	wait_for_next(s);
}

bool sim_scenario_play(struct sim_scenario *s, struct sim_exchange *x,
                       void (*done)(const struct sim_error *error, void *arg), void *arg)
{
	struct sim_clock *clock = sim_exchange_clock(x);

	if (s->commands)
		return false;
	s->commands = sim_commands_new(x);
	if (!s->commands)
		return false;
	s->exchange = x;
	s->next = 0;
	s->turns = 0;
	s->begun = clock->now;
	s->done = done;
	s->done_arg = arg;
	if (sim_alarm_set(clock, &s->alarm, s->script.steps[0].at, play_on, s))
		return true;
	sim_scenario_stop(s);
	return false;
}
