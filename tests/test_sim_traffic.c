/* SPDX-License-Identifier: MIT */
/* People at random: everything happens, everything ends, and nothing is told that does not fit. */
#include "sim/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world_parts.h"
#include "support/office.h"
#include "support/test.h"

#define CALLS 4000u

/* What was told of an end, and whether it is gone: each party must be lost once on each node. */
struct seen {
	char key[24]; /* node and end */
	bool lost;
};

struct listener {
	struct dl3t_office *o;
	struct sim_traffic *traffic;
	struct sim_observer observer;
	struct seen *seen;
	size_t seen_count, seen_cap;
	uint64_t began, ended, offered, stopped, losses, details;
	uint64_t sum; /* of all that was told */
};

static struct seen *find(struct listener *l, const char *key)
{
	for (size_t i = l->seen_count; i-- > 0;)
		if (strcmp(l->seen[i].key, key) == 0)
			return &l->seen[i];
	return NULL;
}

static void note_party(struct listener *l, size_t node, struct dl3_str end)
{
	char key[24];

	snprintf(key, sizeof(key), "%zu %.*s", node, (int)end.len, end.ptr);
	struct seen *s = find(l, key);

	if (s) {
		assert_false(s->lost); /* an end that is gone does not come back */
		return;
	}
	if (l->seen_count == l->seen_cap) {
		l->seen_cap = l->seen_cap * 2 + 16;
		l->seen = realloc(l->seen, l->seen_cap * sizeof(*l->seen));
		assert_non_null(l->seen);
	}
	memcpy(l->seen[l->seen_count].key, key, sizeof(key));
	l->seen[l->seen_count++].lost = false;
}

static void note_loss(struct listener *l, size_t node, struct dl3_str end)
{
	char key[24];

	snprintf(key, sizeof(key), "%zu %.*s", node, (int)end.len, end.ptr);
	struct seen *s = find(l, key);

	assert_non_null(s); /* nothing is lost that was not there */
	/* A node that a call has left may see the end again: then it is told anew and lost anew. */
	*s = l->seen[--l->seen_count];
	l->losses++;
}

static unsigned all_kinds(size_t node, void *arg)
{
	(void)node;
	(void)arg;
	return SIM_TELLS_DELTA3 | SIM_TELLS_DELTA2 | SIM_TELLS_SIPTRACK | SIM_TELLS_CMEXTN;
}

static void add_up(struct listener *l, const struct dl3_record *record)
{
	char text[16384];
	size_t len;

	assert_int_equal(dl3_record_text(record, text, sizeof(text), &len), DL3_OK);
	for (size_t i = 0; i < len; i++)
		l->sum = (l->sum ^ (uint8_t)text[i]) * 0x100000001b3u;
}

static void listen_to(size_t node, enum sim_stream_kind kind, bool connected, const struct dl3_record *r,
                      void *arg)
{
	struct listener *l = arg;

	(void)kind;
	(void)connected;
	add_up(l, r);
	if (r->kind == DL3_KIND_DETAIL) {
		l->details++;
		assert_true(r->u.detail.has_a);
		note_party(l, node, r->u.detail.a.end);
		if (r->u.detail.has_b)
			note_party(l, node, r->u.detail.b.end);
	} else if (r->kind == DL3_KIND_CALL_LOST) {
		note_loss(l, node, r->u.call_lost.end);
	} else if (r->kind == DL3_KIND_LINK_LOST) {
		note_loss(l, node, r->u.link_lost.end);
	}
}

static void on_news(const struct sim_news *n, void *arg)
{
	struct listener *l = arg;

	l->began += n->what == SIM_BEGAN;
	l->ended += n->what == SIM_ENDED;
	l->offered += n->what == SIM_OFFERED;
	if (n->what == SIM_WITHDRAWN || n->what == SIM_REJECTED)
		l->stopped++;
	/* One who picks up was not rung. */
	if (n->what == SIM_ANSWERED && n->end->device == SIM_AT_USER &&
	    n->end->called_type != DL3_CALLED_PICKUP)
		l->stopped++;
}

/* Every end is where it says that it is. */
static void check_calls(const struct dl3t_office *o)
{
	for (struct sim_call *c = sim_call_first(o->x); c; c = sim_call_next(o->x, c)) {
		assert_non_null(c->a);
		assert_ptr_equal(c->a->call, c);
		assert_true(!c->b || c->target_count == 0);
		if (c->b && c->b->device != SIM_AT_CONFERENCE)
			assert_ptr_equal(c->b->call, c);
		for (size_t i = 0; i < c->target_count; i++)
			assert_ptr_equal(sim_user_ringing(o->x, c->targets[i]->user), c);
		assert_true(c->view_count > 0);
		assert_int_equal(c->views[0].node < o->world->node_count, 1);
		assert_ptr_equal(sim_call_numbered(o->x, c->number), c);
	}
}

static void run(struct listener *l, uint64_t seed)
{
	struct sim_traffic_config config = { .rate = 12, .seed = seed, .calls = CALLS, .talk_s = 30 };

	*l = (struct listener){ .o = dl3t_office_new() };
	l->o->silent = true;
	l->o->world->accounts = sim_world_alloc(l->o->world, 1, sizeof(struct sim_account));
	l->o->world->accounts[0] = (struct sim_account){ sim_world_text(l->o->world, "77"), NULL };
	l->o->world->account_count = 1;
	dl3t_office_open(l->o);
	struct sim_audience audience = { .wants = all_kinds, .tell = listen_to, .arg = l };

	l->o->report = sim_report_new(l->o->x, &audience);
	assert_non_null(l->o->report);
	l->observer = (struct sim_observer){ .news = on_news, .arg = l };
	sim_exchange_observe(l->o->x, &l->observer);
	l->traffic = sim_traffic_new(l->o->x, &config);
	assert_non_null(l->traffic);
	while (sim_traffic_begun(l->traffic, NULL) < CALLS || sim_exchange_counts(l->o->x).calls_now > 0) {
		dl3t_wait(l->o, 10000);
		check_calls(l->o);
		assert_true(l->o->clock.now < 72u * 3600 * 1000);
	}
}

static void stop(struct listener *l)
{
	sim_traffic_free(l->traffic);
	dl3t_office_free(l->o);
	free(l->seen);
}

static void everything_ends_and_is_told(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct listener l;

		run(&l, seed);
		assert_int_equal(l.began, l.ended);
		assert_int_equal(l.offered, l.stopped);
		assert_int_equal(l.seen_count, 0); /* all parties told of have been lost */
		assert_int_equal(sim_exchange_counts(l.o->x).ends_now, 0);
		assert_true(l.details > CALLS && l.losses > CALLS);
		stop(&l);
	}
}

static void everything_happens(void **state)
{
	(void)state;
	struct listener l;
	const char *name;
	uint64_t count;

	run(&l, 4);
	for (size_t i = 0; (name = sim_traffic_feature(l.traffic, i, &count)); i++)
		if (count == 0)
			fail_msg("in %u calls there was no %s", CALLS, name);
	stop(&l);
}

static void the_seed_decides(void **state)
{
	(void)state;
	struct listener a, b, c;

	run(&a, 5);
	run(&b, 5);
	run(&c, 6);
	assert_true(a.sum == b.sum);
	assert_true(a.sum != c.sum);
	assert_string_equal(dl3t_text_of(&a.o->lines), dl3t_text_of(&b.o->lines));
	stop(&a);
	stop(&b);
	stop(&c);
}

static void each_call_with_a_partner_has_its_line(void **state)
{
	(void)state;
	struct listener l;
	uint64_t lines = 0;

	run(&l, 7);
	for (const char *at = dl3t_text_of(&l.o->lines); (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, sim_truth_lines(l.o->truth));
	assert_in_range(lines, CALLS / 2, l.began);
	assert_null(strstr(dl3t_text_of(&l.o->lines), "\"incomplete\":true"));
	stop(&l);
}

static void nobody_acts_where_nobody_lives(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();

	dl3t_office_open(o);
	struct sim_traffic *t = sim_traffic_new(o->x, &(struct sim_traffic_config){ .seed = 1 });

	assert_non_null(t);
	(void)dl3t_incoming(o, "4001");
	dl3t_wait(o, 600000);
	assert_non_null(sim_user_ringing(o->x, dl3t_user(o, "4001")));
	sim_traffic_free(t);
	dl3t_office_free(o);
}

DL3T_TESTS(cmocka_unit_test(everything_ends_and_is_told), cmocka_unit_test(everything_happens),
           cmocka_unit_test(the_seed_decides), cmocka_unit_test(each_call_with_a_partner_has_its_line),
           cmocka_unit_test(nobody_acts_where_nobody_lives));
