/* SPDX-License-Identifier: MIT */
/* What the exchange does with calls, seen from inside; test_sim_calls.c sees what is told of it. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/office.h"

/* An office whose world may still be changed; opened, it reports only what a test asks for. */
static struct dl3t_office *new_office(void)
{
	struct dl3t_office *o = dl3t_office_new();

	o->silent = true;
	return o;
}

static struct dl3t_office *open_office(void)
{
	struct dl3t_office *o = new_office();

	dl3t_office_open(o);
	return o;
}

static const struct sim_user *at(struct dl3t_office *o, const char *extension)
{
	return dl3t_user(o, extension);
}

static void answer(struct dl3t_office *o, const char *extension)
{
	DL3T_DO(sim_answer(o->x, at(o, extension), NULL, &error));
}

static void hang_up(struct dl3t_office *o, const char *extension)
{
	DL3T_DO(sim_hang_up(o->x, at(o, extension), NULL, &error));
}

static struct sim_call *dial(struct dl3t_office *o, const char *from, const char *number)
{
	struct sim_call *call = NULL;

	DL3T_DO(sim_dial(o->x, at(o, from), &(struct sim_dialling){ .number = number }, &call, &error));
	return call;
}

static void consult(struct dl3t_office *o, const char *from, const char *to)
{
	DL3T_DO(sim_consult(o->x, at(o, from), to, NULL, &error));
}

static bool rings(struct dl3t_office *o, const char *extension)
{
	return sim_user_ringing(o->x, at(o, extension)) != NULL;
}

/* A trunk's call that is answered there. */
static struct sim_call *talking(struct dl3t_office *o, const char *extension)
{
	struct sim_call *call = dl3t_incoming(o, extension);

	answer(o, extension);
	return call;
}

/* ---- Consultation and conference ---- */

static void who_was_put_on_hold_can_neither_complete_nor_confer(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office();

	talking(o, "4001");
	consult(o, "4001", "4002");
	answer(o, "4002");
	DL3T_DO(sim_hold(o->x, at(o, "4002"), NULL, &error));
	dial(o, "4002", "4003");
	DL3T_REFUSED(sim_complete(o->x, at(o, "4001"), &error), "has put 4001 on hold");
	DL3T_REFUSED(sim_conference(o->x, at(o, "4001"), &error), "has put 4001 on hold");
	hang_up(o, "4002");
	DL3T_DO(sim_retrieve(o->x, at(o, "4002"), NULL, &error));
	DL3T_DO(sim_complete(o->x, at(o, "4001"), &error));
	assert_true(sim_user_is_free(o->x, at(o, "4001")));
	dl3t_office_free(o);
}

static void a_completed_call_to_outside_is_dialled_anew_for_the_one_who_waits(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office();
	struct sim_call *call = talking(o, "4001");
	char left[SIM_END_ID_SIZE];

	memcpy(left, call->b->id, sizeof(left));
	consult(o, "4001", "901632555");
	DL3T_DO(sim_complete(o->x, at(o, "4001"), &error));
	assert_true(sim_user_is_free(o->x, at(o, "4001")));
	assert_int_equal(sim_exchange_counts(o->x).calls_now, 1);
	assert_non_null(call->b);
	assert_string_equal(call->b->target_number, "01632555");
	assert_string_equal(call->b->related, left);
	assert_int_equal(call->b->state, DL3_STATE_DIALED);
	DL3T_DO(sim_far_answer(o->x, call, &error));
	assert_int_equal(call->a->state, DL3_STATE_CONNECTED);
	assert_int_equal(call->b->state, DL3_STATE_CONNECTED);
	dl3t_office_free(o);
}

static size_t seats_of(struct dl3t_office *o)
{
	size_t seats = 0;

	for (struct sim_call *c = sim_call_first(o->x); c; c = sim_call_next(o->x, c))
		seats += c->b && c->b->device == SIM_AT_CONFERENCE;
	return seats;
}

/* 4001, an outside party and 4002. */
static struct sim_call *three_in_conference(struct dl3t_office *o)
{
	talking(o, "4001");
	consult(o, "4001", "4002");
	answer(o, "4002");
	DL3T_DO(sim_conference(o->x, at(o, "4001"), &error));
	assert_int_equal(seats_of(o), 3);
	return sim_user_active(o->x, at(o, "4001"));
}

static void a_held_call_joins_the_conference_one_is_in(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office();
	struct sim_call *seat = three_in_conference(o);

	DL3T_DO(sim_hold(o->x, at(o, "4001"), NULL, &error));
	dial(o, "4001", "4003");
	answer(o, "4003");
	DL3T_DO(sim_hold(o->x, at(o, "4001"), NULL, &error));
	DL3T_DO(sim_retrieve(o->x, at(o, "4001"), seat, &error));
	DL3T_DO(sim_conference(o->x, at(o, "4001"), &error));
	assert_int_equal(seats_of(o), 4);
	assert_null(sim_user_held(o->x, at(o, "4001")));
	assert_ptr_equal(sim_user_active(o->x, at(o, "4003"))->b, seat->b);
	dl3t_office_free(o);
}

static void a_conference_has_no_more_seats_than_its_node(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->nodes[0].bridges = 3;
	dl3t_office_open(o);
	three_in_conference(o);
	consult(o, "4001", "4003");
	answer(o, "4003");
	DL3T_REFUSED(sim_conference(o->x, at(o, "4001"), &error), "3 of 3 are taken");
	hang_up(o, "4002");
	DL3T_DO(sim_conference(o->x, at(o, "4001"), &error));
	dl3t_office_free(o);
}

/* ---- Forwarding ---- */

static void nobody_answers_and_the_call_goes_to_a_number_outside(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->users[0].forward_no_answer = o->world->trunks[0].number; /* 0...: no prefix */
	o->world->users[1].forward_no_answer = (char[]){ "9077" };
	dl3t_office_open(o);
	dl3t_incoming(o, "4001");
	struct sim_call *call = dl3t_incoming(o, "4002");

	dl3t_wait(o, 20000);
	assert_true(rings(o, "4001")); /* its number leads nowhere */
	assert_false(rings(o, "4002"));
	assert_non_null(call->b);
	assert_int_equal(call->b->device, SIM_AT_TRUNK);
	assert_string_equal(call->b->target_number, "077");
	DL3T_DO(sim_far_answer(o->x, call, &error));
	dl3t_office_free(o);
}

static void a_phone_rings_on_when_the_one_it_forwards_to_is_busy(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->users[0].forward_no_answer = o->world->users[1].extension;
	dl3t_office_open(o);
	DL3T_DO(sim_off_hook(o->x, at(o, "4002"), NULL, &error));
	dl3t_incoming(o, "4001");
	dl3t_wait(o, 20000);
	assert_true(rings(o, "4001"));
	hang_up(o, "4002");
	dl3t_wait(o, 20000);
	assert_false(rings(o, "4001"));
	assert_true(rings(o, "4002"));
	dl3t_office_free(o);
}

static void a_busy_user_who_forwards_can_be_transferred_to(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->users[1].forward_busy = o->world->users[2].extension;
	dl3t_office_open(o);
	talking(o, "4001");
	DL3T_DO(sim_off_hook(o->x, at(o, "4002"), NULL, &error));
	DL3T_DO(sim_transfer(o->x, at(o, "4001"), NULL, "4002", &error));
	assert_true(rings(o, "4003"));
	talking(o, "4004");
	DL3T_REFUSED(sim_transfer(o->x, at(o, "4004"), NULL, "4002", &error), "busy and has no voicemail");
	dl3t_office_free(o);
}

static void forwarding_in_a_circle_comes_to_an_end(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->users[0].forward_busy = o->world->users[1].extension;
	o->world->users[1].forward_busy = o->world->users[0].extension;
	dl3t_office_open(o);
	DL3T_DO(sim_off_hook(o->x, at(o, "4001"), NULL, &error));
	DL3T_DO(sim_off_hook(o->x, at(o, "4002"), NULL, &error));
	assert_null(dl3t_incoming(o, "4001"));
	dl3t_office_free(o);
}

static void of_two_outside_parties_the_caller_gives_up_and_the_called_one_is_busy(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();

	dl3t_office_open(o);
	struct sim_call *call = talking(o, "4001");

	DL3T_DO(sim_transfer(o->x, at(o, "4001"), NULL, "9077", &error));
	dl3t_told(o);
	DL3T_DO(sim_far_clear(o->x, call, DL3_CAUSE_NORMAL, &error));
	assert_non_null(strstr(dl3t_told(o), "c0a82a0300000001,1,16,"));
	call = talking(o, "4001");
	DL3T_DO(sim_transfer(o->x, at(o, "4001"), NULL, "9077", &error));
	dl3t_told(o);
	DL3T_DO(sim_far_clear(o->x, call, DL3_CAUSE_BUSY, &error));
	assert_non_null(strstr(dl3t_told(o), "c0a82a0300000004,0,17,"));
	dl3t_office_free(o);
}

/* ---- Hunt groups ---- */

static void a_rotary_group_begins_with_the_next_one_each_time(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();
	static const char *const order[] = { "4001", "4002", "4003", "4001" };

	o->world->groups[0].mode = SIM_ROTARY;
	dl3t_office_open(o);
	for (size_t i = 0; i < 4; i++) {
		struct sim_call *call = dl3t_incoming(o, "5678");

		assert_int_equal(call->target_count, 1);
		assert_ptr_equal(call->targets[0]->user, at(o, order[i]));
		DL3T_DO(sim_far_clear(o->x, call, DL3_CAUSE_NORMAL, &error));
	}
	dl3t_office_free(o);
}

static void a_sequential_group_begins_with_the_first_one_each_time(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->groups[0].mode = SIM_SEQUENTIAL;
	dl3t_office_open(o);
	for (size_t i = 0; i < 2; i++) {
		struct sim_call *call = dl3t_incoming(o, "5678");

		assert_ptr_equal(call->targets[0]->user, at(o, "4001"));
		dl3t_wait(o, 10000);
		assert_ptr_equal(call->targets[0]->user, at(o, "4002"));
		DL3T_DO(sim_far_clear(o->x, call, DL3_CAUSE_NORMAL, &error));
	}
	dl3t_office_free(o);
}

static void the_longest_idle_phone_rings_first(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();
	static const char *const used[] = { "4002", "4003", "4001" };

	o->world->groups[0].mode = SIM_LONGEST_WAITING;
	dl3t_office_open(o);
	for (size_t i = 0; i < 3; i++) {
		DL3T_DO(sim_off_hook(o->x, at(o, used[i]), NULL, &error));
		dl3t_wait(o, 1000);
		hang_up(o, used[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		struct sim_call *call = dl3t_incoming(o, "5678");

		assert_ptr_equal(call->targets[0]->user, at(o, used[i]));
		answer(o, used[i]);
	}
	dl3t_office_free(o);
}

static void occupy(struct dl3t_office *o, const char *extension)
{
	DL3T_DO(sim_off_hook(o->x, at(o, extension), NULL, &error));
}

static void occupy_sales(struct dl3t_office *o)
{
	occupy(o, "4001");
	occupy(o, "4002");
	occupy(o, "4003");
}

static void who_takes_calls_again_is_given_the_one_that_waits(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office();
	const struct sim_group *sales = dl3t_group(o, "200");

	DL3T_DO(sim_set_member(o->x, sales, at(o, "4001"), false, &error));
	assert_false(sim_member_is_active(o->x, sales, at(o, "4001")));
	DL3T_DO(sim_set_do_not_disturb(o->x, at(o, "4002"), true, &error));
	assert_true(sim_user_does_not_disturb(o->x, at(o, "4002")));
	occupy(o, "4003");
	dl3t_incoming(o, "5678");
	dl3t_incoming(o, "5678");
	assert_int_equal(sim_group_waiting(o->x, sales), 2);
	DL3T_DO(sim_set_member(o->x, sales, at(o, "4001"), true, &error));
	assert_true(rings(o, "4001"));
	DL3T_DO(sim_set_do_not_disturb(o->x, at(o, "4002"), false, &error));
	assert_true(rings(o, "4002"));
	assert_int_equal(sim_group_waiting(o->x, sales), 0);
	DL3T_REFUSED(sim_set_member(o->x, sales, at(o, "5001"), true, &error), "to be a member of 200");
	dl3t_office_free(o);
}

static void a_call_passed_on_to_a_group_may_overflow_once_more(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->groups[0].overflow = 1;
	o->world->groups[0].overflow_s = 5;
	dl3t_office_open(o);
	occupy_sales(o);
	struct sim_call *call = dl3t_incoming(o, "5678");

	dl3t_wait(o, 5000);
	assert_true(call->overflowed);
	assert_ptr_equal(call->current_group, dl3t_group(o, "201"));
	answer(o, "5001");
	DL3T_DO(sim_transfer(o->x, at(o, "5001"), NULL, "200", &error));
	assert_ptr_equal(call->current_group, dl3t_group(o, "200"));
	dl3t_wait(o, 5000);
	assert_ptr_equal(call->current_group, dl3t_group(o, "201"));
	assert_true(rings(o, "5001"));
	dl3t_office_free(o);
}

static void who_waits_for_a_mailbox_gets_a_channel_as_soon_as_one_is_free(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->nodes[0].voicemail_channels = 1;
	o->world->groups[0].voicemail_s = 5;
	o->world->groups[0].announce_s = 8;
	dl3t_office_open(o);
	occupy_sales(o);
	occupy(o, "4004");
	struct sim_call *first = dl3t_incoming(o, "4004"), *call = dl3t_incoming(o, "5678");

	assert_true(first->leaving_message);
	dl3t_wait(o, 7000);
	assert_int_equal(call->queueing, DL3_QUEUEING_QUEUEING);
	dl3t_wait(o, 2000);
	assert_int_equal(call->queueing, DL3_QUEUEING_ANNOUNCEMENT);
	DL3T_DO(sim_far_clear(o->x, first, DL3_CAUSE_NORMAL, &error));
	dl3t_wait(o, 1000);
	assert_true(call->leaving_message);
	assert_ptr_equal(call->b->group, dl3t_group(o, "200"));
	assert_int_equal(sim_group_waiting(o->x, dl3t_group(o, "200")), 0);
	dl3t_office_free(o);
}

static void a_group_at_night_takes_messages_or_nothing(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->groups[0].service = SIM_NIGHT;
	o->world->groups[1].service = SIM_OUT_OF_SERVICE;
	o->world->groups[0].voicemail_s = 30;
	dl3t_office_open(o);
	assert_true(dl3t_incoming(o, "5678")->leaving_message);
	struct sim_call *call = dial(o, "4004", "201");

	assert_int_equal(call->a->tone, DL3_TONE_BUSY);
	dl3t_office_free(o);
}

static void who_leaves_from_the_middle_of_a_queue_leaves_the_others_in_order(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();
	struct sim_call *calls[4];

	o->world->groups[0].queue_limit = 4;
	dl3t_office_open(o);
	occupy_sales(o);
	for (size_t i = 0; i < 4; i++)
		calls[i] = dl3t_incoming(o, "5678");
	DL3T_DO(sim_far_clear(o->x, calls[1], DL3_CAUSE_NORMAL, &error));
	DL3T_DO(sim_far_clear(o->x, calls[3], DL3_CAUSE_NORMAL, &error));
	calls[1] = dl3t_incoming(o, "5678");
	hang_up(o, "4002");
	assert_ptr_equal(sim_user_ringing(o->x, at(o, "4002")), calls[0]);
	hang_up(o, "4003");
	assert_ptr_equal(sim_user_ringing(o->x, at(o, "4003")), calls[2]);
	hang_up(o, "4001");
	assert_ptr_equal(sim_user_ringing(o->x, at(o, "4001")), calls[1]);
	dl3t_office_free(o);
}

/* ---- Pick-up ---- */

static void a_call_is_picked_up_from_a_group_and_from_a_user(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office();
	struct sim_call *call = dl3t_incoming(o, "5678");

	DL3T_REFUSED(sim_pick_up(o->x, at(o, "4004"), "201", &error), "to ring at 201");
	DL3T_DO(sim_pick_up(o->x, at(o, "4004"), "200", &error));
	assert_int_equal(call->target_count, 0);
	assert_ptr_equal(call->b->user, at(o, "4004"));
	assert_int_equal(call->b->called_type, DL3_CALLED_PICKUP);
	assert_string_equal(call->b->cli, "901707123456");
	assert_string_equal(call->b->purpose, "200");
	assert_false(rings(o, "4001"));
	struct sim_call *second = dl3t_incoming(o, "5001");

	DL3T_REFUSED(sim_pick_up(o->x, at(o, "4004"), "5001", &error), "4004 to be free");
	DL3T_DO(sim_pick_up(o->x, at(o, "4002"), "5001", &error));
	assert_ptr_equal(second->b->user, at(o, "4002"));
	dl3t_office_free(o);
}

/* ---- Marks ---- */

static void what_a_phone_is_set_to_shows_on_the_call_it_answers(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->users[0].record = o->world->users[0].auto_answer = true;
	o->world->users[0].consent = DL3_PARTY_FLAG_CONSENT_REFUSED;
	dl3t_office_open(o);
	struct sim_call *call = talking(o, "4001");

	assert_int_equal(call->b->flags, DL3_PARTY_FLAG_AUTO_RECORDED | DL3_PARTY_FLAG_AUTO_ANSWERED);
	assert_int_equal(call->a->flags, DL3_PARTY_FLAG_CONSENT_REFUSED);
	DL3T_DO(sim_set_flags(o->x, call, call->b, DL3_PARTY_FLAG_PRIVACY, &error));
	assert_int_equal(call->b->flags, DL3_PARTY_FLAG_PRIVACY);
	DL3T_REFUSED(sim_set_flags(o->x, call, NULL, 0, &error), "expected an end of call");
	DL3T_DO(sim_set_account(o->x, call, "4711", &error));
	assert_string_equal(call->account_code, "4711");
	DL3T_REFUSED(sim_set_account(o->x, call, "0123456789012345678901234567890123456789", &error),
	             "up to 39 characters");
	dl3t_office_free(o);
}

/* ---- Channels, nodes, many calls ---- */

static void the_channel_that_was_free_for_longest_is_taken(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();
	static const uint32_t expected[] = { 3, 1, 2 };

	o->world->trunks[0].channels = 3;
	o->world->groups[0].queue_limit = 5;
	dl3t_office_open(o);
	struct sim_call *first = dl3t_incoming(o, "5678"), *second = dl3t_incoming(o, "5678");

	assert_int_equal(first->a->channel, 1);
	assert_int_equal(second->a->channel, 2);
	DL3T_DO(sim_far_clear(o->x, first, DL3_CAUSE_NORMAL, &error));
	DL3T_DO(sim_far_clear(o->x, second, DL3_CAUSE_NORMAL, &error));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(dl3t_incoming(o, "5678")->a->channel, expected[i]);
	assert_false(sim_trunk_has_channel(o->x, &o->world->trunks[0]));
	dl3t_office_free(o);
}

static void nobody_is_reached_where_no_link_leads(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();

	o->world->link_count = 1; /* none to the depot */
	dl3t_office_open(o);
	struct sim_incoming in = { .trunk = &o->world->trunks[0], .to = "6001" };

	DL3T_REFUSED(sim_call_in(o->x, &in, NULL, &error), "'6001' is neither");
	assert_int_equal(dial(o, "4001", "6001")->a->tone, DL3_TONE_BUSY);
	assert_int_equal(dial(o, "6001", "90123")->a->tone, DL3_TONE_BUSY);
	hang_up(o, "6001");
	hang_up(o, "4001");
	struct sim_call *call = talking(o, "4001");

	DL3T_REFUSED(sim_transfer(o->x, at(o, "4001"), NULL, "6001", &error), "leads nowhere");
	DL3T_DO(sim_park(o->x, at(o, "4001"), NULL, 1, &error));
	DL3T_REFUSED(sim_unpark(o->x, at(o, "6001"), 1, 0, &error), "there is none");
	DL3T_DO(sim_far_clear(o->x, call, DL3_CAUSE_NORMAL, &error));
	dl3t_incoming(o, "4001");
	DL3T_REFUSED(sim_pick_up(o->x, at(o, "6001"), "4001", &error), "there is none");
	dl3t_office_free(o);
}

static void every_call_is_found_among_many(void **state)
{
	(void)state;
	struct dl3t_office *o = new_office();
	uint64_t numbers[300], i = 0;

	o->world->trunks[0].channels = o->world->groups[0].queue_limit = 300;
	dl3t_office_open(o);
	occupy_sales(o);
	for (; i < 300; i++)
		numbers[i] = dl3t_incoming(o, "5678")->number;
	for (i = 0; i < 300; i += 2)
		DL3T_DO(sim_far_clear(o->x, sim_call_numbered(o->x, numbers[i]), DL3_CAUSE_NORMAL, &error));
	for (i = 0; i < 300; i++)
		assert_int_equal(sim_call_numbered(o->x, numbers[i]) != NULL, i % 2);
	i = 0;
	for (struct sim_call *c = sim_call_first(o->x); c; c = sim_call_next(o->x, c))
		i++;
	assert_int_equal(i, 153);
	dl3t_office_free(o);
}

static void sip_call_ids_are_the_same_on_every_machine(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office();
	struct sim_random r;
	char expected[40];

	sim_random_init(&r, 1, "exchange");
	unsigned long long first = sim_random_next(&r), second = sim_random_next(&r);

	snprintf(expected, sizeof(expected), "%016llx%016llx", first, second);
	assert_string_equal(dl3t_incoming(o, "4001")->a->sip_call_id, expected);
	dl3t_office_free(o);
}

/* ---- Restarts ---- */

static void all_lines_are_of_node(const char *told, char node)
{
	for (const char *line = told; *line; line = strchr(line, '\n') + 1)
		if (*line != node)
			fail_msg("a node that restarts tells: %s", line);
}

static void a_node_that_restarts_says_nothing_and_the_others_do(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();

	o->kinds = SIM_TELLS_DELTA3 | SIM_TELLS_DELTA2;
	dl3t_office_open(o);
	talking(o, "4001");
	consult(o, "4001", "5001");
	answer(o, "5001");
	DL3T_DO(sim_conference(o->x, at(o, "4001"), &error));
	dl3t_told(o);
	sim_exchange_reboot(o->x, 0);
	const char *told = dl3t_told(o);

	assert_non_null(strstr(told, ",38,"));
	all_lines_are_of_node(told, '1');
	assert_int_equal(sim_exchange_counts(o->x).calls_now, 0);
	assert_string_equal(dl3t_incoming(o, "4001")->a->id, "c0a82a0300000001");
	assert_int_equal(sim_call_first(o->x)->views[0].call_id, 1);
	dl3t_office_free(o);
}

static void calls_elsewhere_outlive_a_restart(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();

	dl3t_office_open(o);
	struct sim_call *call = talking(o, "4001");

	dial(o, "4002", "5001");
	dl3t_told(o);
	sim_exchange_reboot(o->x, 1);
	assert_int_equal(sim_exchange_counts(o->x).calls_now, 1);
	assert_ptr_equal(sim_call_first(o->x), call);
	all_lines_are_of_node(dl3t_told(o), '0');
	sim_exchange_reboot(o->x, SIM_NONE);
	assert_int_equal(sim_exchange_counts(o->x).calls_now, 0);
	assert_string_equal(dl3t_told(o), "");
	dl3t_office_free(o);
}

DL3T_TESTS(cmocka_unit_test(who_was_put_on_hold_can_neither_complete_nor_confer),
           cmocka_unit_test(a_completed_call_to_outside_is_dialled_anew_for_the_one_who_waits),
           cmocka_unit_test(a_held_call_joins_the_conference_one_is_in),
           cmocka_unit_test(a_conference_has_no_more_seats_than_its_node),
           cmocka_unit_test(nobody_answers_and_the_call_goes_to_a_number_outside),
           cmocka_unit_test(a_phone_rings_on_when_the_one_it_forwards_to_is_busy),
           cmocka_unit_test(a_busy_user_who_forwards_can_be_transferred_to),
           cmocka_unit_test(forwarding_in_a_circle_comes_to_an_end),
           cmocka_unit_test(of_two_outside_parties_the_caller_gives_up_and_the_called_one_is_busy),
           cmocka_unit_test(a_rotary_group_begins_with_the_next_one_each_time),
           cmocka_unit_test(a_sequential_group_begins_with_the_first_one_each_time),
           cmocka_unit_test(the_longest_idle_phone_rings_first),
           cmocka_unit_test(who_takes_calls_again_is_given_the_one_that_waits),
           cmocka_unit_test(a_call_passed_on_to_a_group_may_overflow_once_more),
           cmocka_unit_test(who_waits_for_a_mailbox_gets_a_channel_as_soon_as_one_is_free),
           cmocka_unit_test(a_group_at_night_takes_messages_or_nothing),
           cmocka_unit_test(who_leaves_from_the_middle_of_a_queue_leaves_the_others_in_order),
           cmocka_unit_test(a_call_is_picked_up_from_a_group_and_from_a_user),
           cmocka_unit_test(what_a_phone_is_set_to_shows_on_the_call_it_answers),
           cmocka_unit_test(the_channel_that_was_free_for_longest_is_taken),
           cmocka_unit_test(nobody_is_reached_where_no_link_leads),
           cmocka_unit_test(every_call_is_found_among_many),
           cmocka_unit_test(sip_call_ids_are_the_same_on_every_machine),
           cmocka_unit_test(a_node_that_restarts_says_nothing_and_the_others_do),
           cmocka_unit_test(calls_elsewhere_outlive_a_restart));
