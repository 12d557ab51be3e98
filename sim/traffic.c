/* SPDX-License-Identifier: MIT */
/* Arrivals: who calls whom, and when. */
#include "traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic_parts.h"

#define MINUTE_US 60000000.0
#define TALK_S 60u
#define TRIES 8u
/* Shares of arrivals, in parts of a hundred. */
#define SHARE_INCOMING 52u
#define SHARE_OUTGOING 22u
#define SHARE_INTERNAL 23u

void sim_count(struct sim_traffic *t, enum sim_feature f)
{
	t->did[f]++;
}

const char *sim_traffic_feature(const struct sim_traffic *t, size_t index, uint64_t *count)
{
	static const char *const names[] = {
#define FEATURE(NAME, name) #name,
		SIM_FEATURES(FEATURE)
#undef FEATURE
	};

	if (index >= SIM_FEATURE_COUNT)
		return NULL;
	*count = t->did[index];
	return names[index];
}

const struct sim_user *sim_free_user(struct sim_traffic *t, const struct sim_user *but)
{
	for (unsigned i = 0; i < TRIES && t->world->user_count > 0; i++) {
		const struct sim_user *u =
			&t->world->users[sim_random_below(&t->people, (uint32_t)t->world->user_count)];

		if (u != but && sim_user_is_free(t->exchange, u))
			return u;
	}
	return NULL;
}

/* ---- From outside ---- */

static const struct sim_trunk *free_trunk(struct sim_traffic *t)
{
	for (unsigned i = 0; i < TRIES && t->world->trunk_count > 0; i++) {
		const struct sim_trunk *k =
			&t->world->trunks[sim_random_below(&t->arrivals, (uint32_t)t->world->trunk_count)];

		if (sim_trunk_has_channel(t->exchange, k))
			return k;
	}
	return NULL;
}

static void choose_caller(struct sim_traffic *t, struct sim_incoming *in, char *number, size_t cap)
{
	in->presentation = DL3_PRESENTATION_UNSPECIFIED;
	if (t->world->contact_count > 0 && sim_random_chance(&t->arrivals, 0.6)) {
		const struct sim_contact *c =
			&t->world->contacts[sim_random_below(&t->arrivals, (uint32_t)t->world->contact_count)];

		in->cli = c->number;
		in->presentation = c->presentation;
	} else {
		/* Numbers that are kept free for stories. */
		snprintf(number, cap, "01632960%03u", sim_random_below(&t->arrivals, 1000));
		in->cli = number;
	}
	if (sim_random_chance(&t->arrivals, 0.05)) {
		in->cli = "";
		in->presentation = DL3_PRESENTATION_WITHHELD;
		sim_count(t, SIM_DOES_WITHHELD);
	}
}

static bool call_in(struct sim_traffic *t, struct sim_call **call)
{
	struct sim_incoming in = { .trunk = free_trunk(t) };
	char number[SIM_NUMBER_MAX];

	if (!in.trunk)
		return false;
	if (in.trunk->route_count > 0)
		in.did = in.trunk->routes[sim_random_below(&t->arrivals, (uint32_t)in.trunk->route_count)].did;
	choose_caller(t, &in, number, sizeof(number));
	if (sim_random_chance(&t->arrivals, 0.05)) {
		in.ivr = "Welcome, \"press 1\"";
		in.ivr_ms = sim_random_between(&t->arrivals, 5000, 60000);
		in.tag = "menu 1";
		sim_count(t, SIM_DOES_IVR);
	}
	if (!sim_call_in(t->exchange, &in, call, NULL))
		return false;
	sim_count(t, SIM_DOES_INCOMING);
	return true;
}

/* ---- From inside ---- */

static bool dial(struct sim_traffic *t, const struct sim_user *u, const char *number, struct sim_call **call)
{
	struct sim_dialling d = { .number = number };

	if (t->world->account_count > 0 && sim_random_chance(&t->arrivals, 0.1)) {
		d.account_code =
			t->world->accounts[sim_random_below(&t->arrivals, (uint32_t)t->world->account_count)].code;
		sim_count(t, SIM_DOES_ACCOUNT);
	}
	d.withhold = sim_random_chance(&t->arrivals, 0.03);
	return sim_dial(t->exchange, u, &d, call, NULL);
}

static bool call_out(struct sim_traffic *t, struct sim_call **call)
{
	const struct sim_user *u = sim_free_user(t, NULL);
	const struct sim_trunk *k = free_trunk(t);
	char number[2 * SIM_NUMBER_MAX];

	if (!u || !k)
		return false;
	if (t->world->contact_count > 0 && sim_random_chance(&t->arrivals, 0.7))
		snprintf(number, sizeof(number), "%s%s", k->prefix ? k->prefix : "",
		         t->world->contacts[sim_random_below(&t->arrivals, (uint32_t)t->world->contact_count)].number);
	else
		snprintf(number, sizeof(number), "%s01632960%03u", k->prefix ? k->prefix : "",
		         sim_random_below(&t->arrivals, 1000));
	if (!dial(t, u, number, call))
		return false;
	sim_count(t, SIM_DOES_OUTGOING);
	return true;
}

static bool call_inside(struct sim_traffic *t, struct sim_call **call)
{
	const struct sim_user *u = sim_free_user(t, NULL), *to;
	const char *number;

	if (!u || t->world->user_count < 2)
		return false;
	if (t->world->group_count > 0 && sim_random_chance(&t->arrivals, 0.25)) {
		number = t->world->groups[sim_random_below(&t->arrivals, (uint32_t)t->world->group_count)].extension;
	} else {
		to = &t->world->users[sim_random_below(&t->arrivals, (uint32_t)t->world->user_count)];
		if (to == u)
			return false;
		number = to->extension;
	}
	if (!dial(t, u, number, call))
		return false;
	sim_count(t, SIM_DOES_INTERNAL);
	return true;
}

/* ---- Arrivals ---- */

static bool has_trunk_end(const struct sim_call *call)
{
	return call->b && call->b->device == SIM_AT_TRUNK;
}

/* `*call` may be NULL all the same: one that came to a busy phone is over already. */
static bool begin_call(struct sim_traffic *t, struct sim_call **call, bool *away)
{
	uint32_t share = sim_random_below(&t->arrivals, 100);
	const struct sim_user *u;

	*away = false;
	if (share < SHARE_INCOMING)
		return call_in(t, call);
	if (share < SHARE_INCOMING + SHARE_OUTGOING)
		return call_out(t, call);
	if (share < SHARE_INCOMING + SHARE_OUTGOING + SHARE_INTERNAL)
		return call_inside(t, call);
	u = sim_free_user(t, NULL);
	if (!u || !sim_off_hook(t->exchange, u, call, NULL))
		return false;
	sim_count(t, SIM_DOES_OFF_HOOK);
	*away = true;
	return true;
}

static void arrive(struct sim_traffic *t)
{
	bool away;
	struct sim_call *call = NULL;

	if (!begin_call(t, &call, &away)) {
		t->lost++;
		return;
	}
	t->begun++;
	if (!call)
		return;
	struct sim_actor *a = call->script ? call->script : sim_actor_new(t, call);

	if (!a)
		return;
	if (away)
		sim_caller_goes_away(a);
	else if (has_trunk_end(call))
		sim_outside_rings(a);
	else if (!sim_alarm_is_set(&a->due))
		sim_caller_waits(a);
}

static void plan_arrival(struct sim_traffic *t);

static void arrival_due(void *arg)
{
	struct sim_traffic *t = arg;

	arrive(t);
	plan_arrival(t);
}

static void plan_arrival(struct sim_traffic *t)
{
	if (t->config.rate <= 0 || (t->config.calls > 0 && t->begun >= t->config.calls))
		return;
	uint64_t gap_us = sim_random_gap(&t->arrivals, (uint64_t)(MINUTE_US / t->config.rate));
	/* Fractions of a millisecond add up at thousands of calls a second. */
	uint64_t gap = gap_us / 1000 + sim_random_chance(&t->arrivals, (double)(gap_us % 1000) / 1000.0);

	(void)sim_alarm_set(t->clock, &t->next_arrival, gap, arrival_due, t);
}

static void on_news(const struct sim_news *n, void *arg)
{
	sim_people_news(arg, n);
}

struct sim_traffic *sim_traffic_new(struct sim_exchange *x, const struct sim_traffic_config *config)
{
	struct sim_traffic *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->exchange = x;
	t->world = sim_exchange_world(x);
	t->clock = sim_exchange_clock(x);
	t->config = *config;
	if (t->config.talk_s == 0)
		t->config.talk_s = TALK_S;
	sim_random_init(&t->arrivals, config->seed, "arrivals");
	sim_random_init(&t->people, config->seed, "people");
	t->observer = (struct sim_observer){ .news = on_news, .arg = t };
	sim_exchange_observe(x, &t->observer);
	plan_arrival(t);
	return t;
}

void sim_traffic_free(struct sim_traffic *t)
{
	if (!t)
		return;
	sim_alarm_cancel(t->clock, &t->next_arrival);
	while (t->actors)
		sim_actor_free(t->actors);
	while (t->rings)
		sim_ring_free(t->rings);
	free(t);
}

void sim_traffic_set_rate(struct sim_traffic *t, double rate)
{
	t->config.rate = rate;
	sim_alarm_cancel(t->clock, &t->next_arrival);
	plan_arrival(t);
}

uint64_t sim_traffic_begun(const struct sim_traffic *t, uint64_t *lost)
{
	if (lost)
		*lost = t->lost;
	return t->begun;
}
