/* SPDX-License-Identifier: MIT */
#include "support/storm.h"

#include <stdio.h>
#include <string.h>

#include "support/test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- What is told ---- */

static struct dl3t_story *story_of(struct dl3t_storm *s, uint64_t number)
{
	for (size_t i = 0; i < s->story_count; i++)
		if (s->stories[i].number == number)
			return &s->stories[i];
	return NULL;
}

static void mix(struct dl3t_storm *s, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		s->digest = (s->digest ^ p[i]) * 0x100000001b3u;
}

static void mix_number(struct dl3t_storm *s, uint64_t n)
{
	mix(s, &n, sizeof(n));
}

static void mix_news(struct dl3t_storm *s, const struct sim_news *n)
{
	mix_number(s, n->what);
	mix_number(s, s->clock.now);
	mix_number(s, n->call ? n->call->number : 0);
	mix_number(s, (uint64_t)n->cause);
	if (n->end)
		mix(s, n->end->id, strlen(n->end->id));
	if (n->user)
		mix(s, n->user->extension, strlen(n->user->extension));
}

static size_t find_offer(const struct dl3t_story *story, const struct sim_end *e)
{
	for (size_t i = 0; i < story->offered_count; i++)
		if (story->offered[i] == e->number && story->offered_node[i] == e->node)
			return i;
	return SIM_NONE;
}

static void offered(struct dl3t_story *story, const struct sim_end *e)
{
	assert_int_equal(find_offer(story, e), SIM_NONE);
	assert_true(story->offered_count < SIM_TARGETS_MAX);
	story->offered[story->offered_count] = e->number;
	story->offered_node[story->offered_count++] = (uint32_t)e->node;
}

/* @return whether it had been offered. */
static bool settled(struct dl3t_story *story, const struct sim_end *e)
{
	size_t i = find_offer(story, e);

	if (i == SIM_NONE)
		return false;
	story->offered[i] = story->offered[--story->offered_count];
	story->offered_node[i] = story->offered_node[story->offered_count];
	return true;
}

static void begun(struct dl3t_storm *s, const struct sim_news *n)
{
	assert_null(story_of(s, n->call->number));
	assert_true(s->story_count < DL3T_STORM_CALLS);
	assert_ptr_equal(n->end, n->call->a);
	s->stories[s->story_count++] = (struct dl3t_story){ .number = n->call->number };
}

static void ended(struct dl3t_storm *s, struct dl3t_story *story, const struct sim_call *call)
{
	assert_int_equal(story->offered_count, 0);
	assert_int_equal(call->target_count, 0);
	assert_null(call->a);
	assert_null(call->b);
	*story = s->stories[--s->story_count];
}

static void changed(struct dl3t_story *story, const struct sim_call *call)
{
	story->told = true;
	assert_non_null(call->a);
	assert_true(call->view_count > 0);
	assert_int_equal(call->target_count, story->offered_count);
	for (size_t i = 0; i < call->target_count; i++)
		assert_int_not_equal(find_offer(story, call->targets[i]), SIM_NONE);
}

static void on_news(const struct sim_news *n, void *arg)
{
	struct dl3t_storm *s = arg;
	struct dl3t_story *story = n->call ? story_of(s, n->call->number) : NULL;

	s->news++;
	s->kinds[n->what]++;
	mix_news(s, n);
	if (n->what == SIM_BEGAN) {
		begun(s, n);
		return;
	}
	if (n->what == SIM_USER) {
		assert_non_null(n->user);
		assert_true(n->text || n->state != n->old_state);
		return;
	}
	if (n->what == SIM_SIP) {
		assert_true(n->end->sip_call_id[0] != '\0');
		assert_true(n->inbound || s->dialogues > 0);
		s->dialogues += n->inbound ? 1u : UINT64_MAX;
		return;
	}
	assert_non_null(story);
	switch (n->what) {
	case SIM_OFFERED:
		offered(story, n->end);
		break;
	case SIM_WITHDRAWN:
	case SIM_REJECTED:
		assert_true(settled(story, n->end));
		break;
	case SIM_ANSWERED:
		(void)settled(story, n->end); /* who picks it up was not offered it */
		assert_ptr_equal(n->end, n->call->b);
		break;
	case SIM_VOICEMAIL:
		assert_ptr_equal(n->end, n->call->b);
		assert_int_equal(n->end->device, SIM_AT_VOICEMAIL);
		break;
	case SIM_END_LOST:
		assert_int_equal(find_offer(story, n->end), SIM_NONE);
		assert_true(n->cause != 0);
		break;
	case SIM_CHANGED:
		changed(story, n->call);
		break;
	case SIM_ENDED:
		ended(s, story, n->call);
		break;
	default:
		break;
	}
}

/* ---- The network ---- */

static void squeeze(struct sim_world *w)
{
	for (size_t i = 0; i < w->node_count; i++) {
		w->nodes[i].park_slots = 2;
		w->nodes[i].bridges = 5;
		w->nodes[i].voicemail_channels = 2;
	}
	for (size_t i = 0; i < w->user_count; i++) {
		w->users[i].ring_s = 5;
		w->users[i].voicemail = i % 3 == 0;
		w->users[i].do_not_disturb = false;
	}
	for (size_t i = 0; i < w->group_count; i++) {
		struct sim_group *g = &w->groups[i];

		g->mode = (enum sim_group_mode)(i % 4);
		g->service = i == 5 ? SIM_NIGHT : SIM_DAY;
		g->ring_s = 4;
		g->queue_limit = i == 3 ? 0 : 3;
		g->announce_s = 6;
		g->overflow = i + 1 < w->group_count ? i + 1 : 0;
		g->overflow_s = i % 2 == 0 ? 12 : 0;
		g->voicemail_s = i % 3 == 0 ? 25 : 0;
	}
}

void dl3t_storm_open(struct dl3t_storm *s, uint64_t seed)
{
	struct sim_size size = {
		.nodes = 3, .users = 18, .groups = 6, .trunks = 3, .channels = 5, .seed = seed + 1
	};
	struct sim_error error = { "" };

	*s = (struct dl3t_storm){ .digest = 0xcbf29ce484222325u };
	s->world = sim_world_make(&size, &error);
	if (!s->world)
		fail_msg("%s", error.text);
	squeeze(s->world);
	sim_clock_init(&s->clock);
	sim_random_init(&s->random, seed, "storm");
	s->x = sim_exchange_new(s->world, &s->clock, seed);
	assert_non_null(s->x);
	s->observer = (struct sim_observer){ .news = on_news, .arg = s };
	sim_exchange_observe(s->x, &s->observer);
}

/* ---- What people do ---- */

static uint32_t below(struct dl3t_storm *s, size_t n)
{
	return sim_random_below(&s->random, (uint32_t)n);
}

static const struct sim_user *anybody(struct dl3t_storm *s)
{
	return &s->world->users[below(s, s->world->user_count)];
}

static const struct sim_group *any_group(struct dl3t_storm *s)
{
	return &s->world->groups[below(s, s->world->group_count)];
}

static struct sim_call *any_call(struct dl3t_storm *s)
{
	uint64_t now = sim_exchange_counts(s->x).calls_now;
	struct sim_call *c = sim_call_first(s->x);

	for (uint32_t i = now > 0 ? below(s, (size_t)now) : 0; c && i > 0; i--)
		c = sim_call_next(s->x, c);
	return c;
}

static const char *any_number(struct dl3t_storm *s, char *buffer, size_t size)
{
	switch (below(s, 8)) {
	case 0:
	case 1:
		return any_group(s)->extension;
	case 2:
		snprintf(buffer, size, "%s0123456", s->world->trunks[below(s, s->world->trunk_count)].prefix);
		return buffer;
	case 3:
		return below(s, 4) == 0 ? "no such number" : "";
	default:
		return anybody(s)->extension;
	}
}

static bool call_in(struct dl3t_storm *s, struct sim_error *error)
{
	struct sim_incoming in = { .did = "1234" };

	in.trunk = &s->world->trunks[below(s, s->world->trunk_count)];
	in.cli = below(s, 5) == 0 ? NULL : "01632960123";
	in.to = below(s, 3) == 0 ? anybody(s)->extension : any_group(s)->extension;
	return sim_call_in(s->x, &in, NULL, error);
}

/* Of no more than one random number in the arguments of a call: their order is the compiler's. */
static bool unpark(struct dl3t_storm *s, const struct sim_user *u, uint32_t slot, struct sim_error *error)
{
	return sim_unpark(s->x, u, slot, below(s, s->world->node_count + 1), error);
}

/* Ringing phones are answered, those in a call hang up, ...: else little would come about. */
static bool do_the_likely(struct dl3t_storm *s, const struct sim_user *u, struct sim_error *error)
{
	char number[SIM_NUMBER_MAX];

	if (sim_user_ringing(s->x, u))
		return below(s, 4) == 0 ? sim_reject(s->x, u, NULL, "dnd", error)
		                        : sim_answer(s->x, u, NULL, error);
	if (sim_user_active(s->x, u) && sim_user_held(s->x, u))
		return below(s, 2) == 0 ? sim_complete(s->x, u, error) : sim_conference(s->x, u, error);
	if (sim_user_active(s->x, u) && below(s, 8) == 0)
		return sim_park(s->x, u, NULL, 1 + below(s, 2), error);
	if (sim_user_active(s->x, u))
		return below(s, 2) == 0
		               ? sim_hang_up(s->x, u, NULL, error)
		               : sim_consult(s->x, u, any_number(s, number, sizeof(number)), NULL, error);
	if (sim_user_held(s->x, u))
		return sim_retrieve(s->x, u, NULL, error);
	if (below(s, 6) == 0)
		return unpark(s, u, 1 + below(s, 2), error);
	return sim_dial(s->x, u, &(struct sim_dialling){ .number = any_number(s, number, sizeof(number)) },
	                NULL, error);
}

static bool do_with_call(struct dl3t_storm *s, struct sim_error *error)
{
	struct sim_call *c = any_call(s);
	static const char mailbox[] = "nobody's";

	if (!c)
		return call_in(s, error);
	switch (below(s, 8)) {
	case 0:
		return sim_far_alert(s->x, c, error);
	case 1:
	case 2:
		return sim_far_answer(s->x, c, error);
	case 3:
		return sim_far_clear(s->x, c, below(s, 2) == 0 ? DL3_CAUSE_NORMAL : DL3_CAUSE_BUSY, error);
	case 4:
		return sim_to_voicemail(s->x, c, below(s, 6) == 0 ? mailbox : NULL, error);
	case 5:
		return sim_leave_message(s->x, c, below(s, 30), error);
	case 6:
		return sim_set_flags(s->x, c, below(s, 2) == 0 ? c->a : c->b, DL3_PARTY_FLAG_PRIVACY, error);
	default:
		return sim_set_account(s->x, c, below(s, 4) == 0 ? NULL : "77", error);
	}
}

/* With a call of somebody, or of somebody else. */
static bool do_as_user(struct dl3t_storm *s, const struct sim_user *u, struct sim_error *error)
{
	struct sim_call *c = below(s, 3) == 0 ? any_call(s) : NULL;
	char number[SIM_NUMBER_MAX];
	bool active;

	switch (below(s, 12)) {
	case 0:
		return sim_off_hook(s->x, u, NULL, error);
	case 1:
		return sim_answer(s->x, u, c, error);
	case 2:
		return sim_hang_up(s->x, u, c, error);
	case 3:
	case 4:
		return sim_hold(s->x, u, c, error);
	case 5:
		return sim_retrieve(s->x, u, c, error);
	case 6:
	case 7:
		return sim_transfer(s->x, u, c, any_number(s, number, sizeof(number)), error);
	case 8:
		return sim_park(s->x, u, c, below(s, 4), error);
	case 9:
		return unpark(s, u, below(s, 4), error);
	case 10:
		return sim_pick_up(s->x, u, any_number(s, number, sizeof(number)), error);
	default:
		active = below(s, 3) > 0;
		return sim_set_member(s->x, any_group(s), u, active, error);
	}
}

static bool do_something(struct dl3t_storm *s, struct sim_error *error)
{
	const struct sim_user *u = anybody(s);

	switch (below(s, 16)) {
	case 0:
	case 1:
	case 2:
		return call_in(s, error);
	case 3:
	case 4:
		return do_with_call(s, error);
	case 5:
	case 6:
	case 7:
	case 8:
		return do_as_user(s, u, error);
	case 9:
		return sim_set_do_not_disturb(s->x, u, below(s, 5) == 0, error);
	default:
		return do_the_likely(s, u, error);
	}
}

void dl3t_storm_step(struct dl3t_storm *s)
{
	struct sim_error error = { "" };

	if (below(s, 3) == 0) {
		s->doing = true;
		sim_clock_run(&s->clock, s->clock.now + below(s, 4000));
		s->doing = false;
		return;
	}
	uint64_t news = s->news;

	s->doing = true;
	bool done = do_something(s, &error);

	s->doing = false;
	if (done) {
		s->done++;
		return;
	}
	s->refused++;
	assert_true(error.text[0] != '\0');
	if (s->news != news)
		fail_msg("refused, but something happened: %s", error.text);
}

/* ---- What holds ---- */

struct census {
	size_t ends, bridges, voicemail[SIM_NODES_MAX];
	const struct sim_end *bridge[DL3T_STORM_CALLS];
	size_t seats[DL3T_STORM_CALLS];
	uint32_t used[SIM_NODES_MAX]; /* channels of each trunk */
	uint64_t taken[SIM_NODES_MAX], slots[SIM_NODES_MAX];
	unsigned of_user[64], talking[64], ringing[64];
};

static void count_bridge(struct census *c, const struct sim_end *e)
{
	for (size_t i = 0; i < c->bridges; i++)
		if (c->bridge[i] == e) {
			c->seats[i]++;
			return;
		}
	assert_true(c->bridges < DL3T_STORM_CALLS);
	c->bridge[c->bridges] = e;
	c->seats[c->bridges++] = 1;
	c->ends++;
}

/* Nobody else has that place. */
static void take_place(uint64_t *places, uint32_t place)
{
	assert_in_range(place, 1, 63);
	assert_false(*places & (uint64_t)1 << place);
	*places |= (uint64_t)1 << place;
}

static void count_end(const struct dl3t_storm *s, struct census *c, const struct sim_call *call,
                      const struct sim_end *e)
{
	if (e->device == SIM_AT_CONFERENCE) {
		assert_ptr_equal(e, call->b);
		count_bridge(c, e);
		return;
	}
	c->ends++;
	assert_ptr_equal(e->call, call);
	switch (e->device) {
	case SIM_AT_USER:
		c->of_user[e->user - s->world->users]++;
		c->talking[e->user - s->world->users] += !e->holding;
		break;
	case SIM_AT_TRUNK:
		c->used[e->trunk - s->world->trunks]++;
		take_place(&c->taken[e->trunk - s->world->trunks], e->channel);
		break;
	case SIM_AT_VOICEMAIL:
		c->voicemail[e->node]++;
		break;
	default:
		take_place(&c->slots[e->node], e->channel);
		break;
	}
}

static void check_hold(const struct sim_call *call)
{
	const struct sim_end *a = call->a, *b = call->b;

	if (!b || b->device == SIM_AT_CONFERENCE) {
		assert_false(a->on_hold);
		return;
	}
	assert_int_equal(a->holding, b->on_hold);
	assert_int_equal(b->holding, a->on_hold);
	assert_false(a->holding && b->holding);
	if (a->holding || b->holding)
		assert_false(a->audio || b->audio);
}

static void check_views(const struct sim_call *call)
{
	uint64_t seen = 0;

	assert_true(call->view_count > 0);
	for (size_t i = 0; i < call->view_count; i++) {
		assert_false(seen & (uint64_t)1 << call->views[i].node);
		seen |= (uint64_t)1 << call->views[i].node;
		assert_true(call->views[i].call_id > 0);
	}
	assert_true(seen & (uint64_t)1 << call->a->node);
	if (call->b)
		assert_true(seen & (uint64_t)1 << call->b->node);
	for (size_t i = 0; i < call->target_count; i++)
		assert_true(seen & (uint64_t)1 << call->targets[i]->node);
}

static void check_call(struct dl3t_storm *s, struct census *c, struct sim_call *call)
{
	struct dl3t_story *story = story_of(s, call->number);

	assert_non_null(story);
	assert_true(story->told);
	assert_ptr_equal(sim_call_numbered(s->x, call->number), call);
	assert_non_null(call->a);
	count_end(s, c, call, call->a);
	if (call->b)
		count_end(s, c, call, call->b);
	assert_true(call->target_count == 0 || !call->b);
	assert_int_equal(call->target_count, story->offered_count);
	for (size_t i = 0; i < call->target_count; i++) {
		const struct sim_user *u = call->targets[i]->user;

		c->ends++;
		c->ringing[u - s->world->users]++;
		assert_ptr_equal(call->targets[i]->call, call);
		assert_ptr_equal(sim_user_ringing(s->x, u), call);
	}
	check_hold(call);
	check_views(call);
}

static void check_users(const struct dl3t_storm *s, const struct census *c)
{
	for (size_t i = 0; i < s->world->user_count; i++) {
		const struct sim_user *u = &s->world->users[i];

		assert_true(c->ringing[i] <= 1);
		assert_true(c->talking[i] <= 1);
		assert_int_equal(!sim_user_ringing(s->x, u), c->ringing[i] == 0);
		assert_int_equal(!sim_user_active(s->x, u), c->talking[i] == 0);
		assert_int_equal(!sim_user_held(s->x, u), c->of_user[i] == c->talking[i]);
		assert_int_equal(sim_user_is_free(s->x, u), c->of_user[i] + c->ringing[i] == 0);
	}
}

/* Nobody waits for a group while a phone of it has nothing to do. */
static void check_groups(const struct dl3t_storm *s)
{
	for (size_t i = 0; i < s->world->group_count; i++) {
		const struct sim_group *g = &s->world->groups[i];

		assert_true(sim_group_waiting(s->x, g) <= g->queue_limit);
		if (sim_group_waiting(s->x, g) == 0 || s->hungry)
			continue;
		for (size_t j = 0; j < g->member_count; j++) {
			const struct sim_user *u = &s->world->users[g->members[j]];

			assert_false(sim_member_is_active(s->x, g, u) && sim_user_is_free(s->x, u) &&
			             !sim_user_does_not_disturb(s->x, u));
		}
	}
}

static void check_devices(const struct dl3t_storm *s, const struct census *c)
{
	size_t seats[SIM_NODES_MAX] = { 0 };

	for (size_t i = 0; i < s->world->trunk_count; i++) {
		const struct sim_trunk *t = &s->world->trunks[i];

		assert_true(c->used[i] <= t->channels);
		assert_int_equal(sim_trunk_has_channel(s->x, t), c->used[i] < t->channels);
	}
	for (size_t i = 0; i < c->bridges; i++) {
		assert_true(c->seats[i] >= 2);
		seats[c->bridge[i]->node] += c->seats[i];
	}
	for (size_t i = 0; i < s->world->node_count; i++) {
		assert_true(c->voicemail[i] <= s->world->nodes[i].voicemail_channels);
		assert_true(seats[i] <= s->world->nodes[i].bridges);
	}
}

void dl3t_storm_check(struct dl3t_storm *s)
{
	struct sim_counts counts = sim_exchange_counts(s->x);
	struct census c = { 0 };
	uint64_t calls = 0, last = 0;

	for (struct sim_call *call = sim_call_first(s->x); call; call = sim_call_next(s->x, call)) {
		assert_true(call->number > last);
		last = call->number;
		calls++;
		check_call(s, &c, call);
	}
	assert_int_equal(calls, counts.calls_now);
	assert_int_equal(calls, s->story_count);
	assert_int_equal(c.ends, counts.ends_now);
	check_users(s, &c);
	check_groups(s);
	check_devices(s, &c);
}

static void check_empty(struct dl3t_storm *s)
{
	assert_int_equal(s->story_count, 0);
	assert_int_equal(s->dialogues, 0);
	assert_int_equal(sim_exchange_counts(s->x).ends_now, 0);
	assert_int_equal(s->clock.count, 0);
	for (size_t i = 0; i < s->world->group_count; i++)
		assert_int_equal(sim_group_waiting(s->x, &s->world->groups[i]), 0);
	for (size_t i = 0; i < s->world->node_count; i++)
		for (uint32_t slot = 1; slot <= s->world->nodes[i].park_slots; slot++)
			assert_false(sim_unpark(s->x, &s->world->users[0], slot, i, NULL));
}

/* Three of a node meet there, as often as its seats allow. */
static void check_conferences(struct dl3t_storm *s, size_t node)
{
	const struct sim_user *u[3];
	size_t count = 0;

	for (size_t i = 0; i < s->world->user_count && count < 3; i++)
		if (s->world->users[i].node == node)
			u[count++] = &s->world->users[i];
	assert_int_equal(count, 3);
	for (size_t i = 0; i < 3; i++)
		(void)sim_set_do_not_disturb(s->x, u[i], false, NULL);
	assert_true(sim_dial(s->x, u[0], &(struct sim_dialling){ .number = u[1]->extension }, NULL, NULL));
	assert_true(sim_answer(s->x, u[1], NULL, NULL));
	assert_true(sim_consult(s->x, u[0], u[2]->extension, NULL, NULL));
	assert_true(sim_answer(s->x, u[2], NULL, NULL));
	assert_true(sim_conference(s->x, u[0], NULL));
}

static bool take_message(struct dl3t_storm *s, const struct sim_user *from, const char *mailbox)
{
	struct sim_call *call = NULL;

	(void)sim_set_do_not_disturb(s->x, from, false, NULL);
	assert_true(sim_dial(s->x, from, &(struct sim_dialling){ .number = mailbox }, &call, NULL));
	return call && call->leaving_message;
}

/* All channels of voicemail can be had. */
static void check_mailboxes(struct dl3t_storm *s, size_t node)
{
	const struct sim_user *mailbox = NULL;
	uint32_t taken = 0;

	for (size_t i = 0; i < s->world->user_count; i++)
		if (s->world->users[i].node == node && s->world->users[i].voicemail)
			mailbox = &s->world->users[i];
	assert_non_null(mailbox);
	(void)sim_set_do_not_disturb(s->x, mailbox, true, NULL);
	for (size_t i = 0; i < s->world->user_count; i++)
		if (&s->world->users[i] != mailbox && taken < s->world->nodes[node].voicemail_channels)
			taken += take_message(s, &s->world->users[i], mailbox->extension);
	assert_int_equal(taken, s->world->nodes[node].voicemail_channels);
}

void dl3t_storm_close(struct dl3t_storm *s)
{
	sim_exchange_clear(s->x);
	dl3t_storm_check(s);
	check_empty(s);
	for (size_t i = 0; i < s->world->node_count; i++) {
		check_conferences(s, i);
		sim_exchange_clear(s->x);
		check_mailboxes(s, i);
		sim_exchange_clear(s->x);
	}
	check_empty(s);
	sim_exchange_free(s->x);
	sim_clock_finish(&s->clock);
	sim_world_free(s->world);
}
