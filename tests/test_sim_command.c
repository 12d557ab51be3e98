/* SPDX-License-Identifier: MIT */
#include "sim/command.h"

#include <stdio.h>
#include <string.h>

#include "support/company.h"
#include "support/test.h"

struct desk {
	struct dl3t_company *company;
	struct sim_exchange *x;
	struct sim_commands *commands;
};

static struct desk open_desk(void **state)
{
	struct dl3t_company *company = *state;
	struct desk d = { .company = company, .x = company->x, .commands = sim_commands_new(company->x) };

	assert_non_null(d.commands);
	return d;
}

static void close_desk(struct desk *d)
{
	sim_commands_free(d->commands);
}

/* @return the call's number. */
static uint64_t done(struct desk *d, struct sim_command c)
{
	struct sim_error error = { "" };
	uint64_t call = UINT64_MAX;

	if (!sim_command_do(d->commands, &c, &call, &error))
		fail_msg("%s was refused: %s", c.action, error.text);
	return call;
}

static void refused(struct desk *d, struct sim_command c, const char *expected)
{
	struct sim_error error = { "" };
	uint64_t call = UINT64_MAX;

	if (sim_command_do(d->commands, &c, &call, &error))
		fail_msg("%s was done", c.action);
	if (!strstr(error.text, expected))
		fail_msg("'%s' does not say '%s'", error.text, expected);
	assert_int_equal(call, 0);
}

static struct sim_command incoming(const char *label, const char *to)
{
	struct sim_command c = SIM_COMMAND("incoming");

	c.trunk = 5;
	c.did = "5678";
	c.cli = "01707123456";
	c.to = to;
	c.call = label;
	return c;
}

static struct sim_command by(const char *action, const char *user)
{
	struct sim_command c = SIM_COMMAND(action);

	c.user = user;
	return c;
}

static struct sim_command in(const char *action, const char *label)
{
	struct sim_command c = SIM_COMMAND(action);

	c.call = label;
	return c;
}

static struct sim_command to(const char *action, const char *user, const char *number)
{
	struct sim_command c = by(action, user);

	c.to = number;
	return c;
}

static struct sim_command slot(const char *action, const char *user, int64_t number)
{
	struct sim_command c = by(action, user);

	c.slot = number;
	return c;
}

static const struct sim_user *user(const struct desk *d, const char *extension)
{
	const struct sim_user *u = sim_world_user(d->company->world, extension);

	assert_non_null(u);
	return u;
}

static struct sim_call *call(const struct desk *d, uint64_t number)
{
	struct sim_call *c = sim_call_numbered(d->x, number);

	assert_non_null(c);
	return c;
}

static bool is_free(const struct desk *d, const char *extension)
{
	return sim_user_is_free(d->x, user(d, extension));
}

/* ---- What is done ---- */

static void a_call_comes_in_with_what_was_given(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command c = incoming("c1", "4001");

	c.name = "Zo\xc3\xab";
	c.tag = "vip";
	c.account_code = "77";
	c.ivr = "Main menu";
	c.ivr_seconds = 12;
	c.presentation = "allowed";
	const struct sim_call *made = call(&d, done(&d, c));

	assert_string_equal(made->a->cli, "01707123456");
	assert_string_equal(made->a->name, "Zo\xc3\xab");
	assert_string_equal(made->a->did, "5678");
	assert_int_equal(made->a->presentation, DL3_PRESENTATION_ALLOWED);
	assert_string_equal(made->tag, "vip");
	assert_string_equal(made->account_code, "77");
	assert_string_equal(made->ivr, "Main menu");
	assert_int_equal(made->ivr_ms, 12000);
	assert_int_equal(made->target_count, 1);
	assert_ptr_equal(made->targets[0]->user, user(&d, "4001"));
	close_desk(&d);
}

static void a_label_names_a_call_from_its_making(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4001")), other = done(&d, incoming("c2", "4002"));
	struct sim_error error;

	assert_true(number != other);
	assert_int_equal(sim_commands_call(d.commands, "c1", &error)->number, number);
	assert_int_equal(sim_commands_call(d.commands, "c2", &error)->number, other);
	struct sim_command answer = by("answer", "4002");

	answer.call = "c2";
	assert_int_equal(done(&d, answer), other);
	assert_non_null(call(&d, other)->b);
	assert_null(call(&d, number)->b);
	close_desk(&d);
}

static void a_number_stands_for_a_call_too(void **state)
{
	struct desk d = open_desk(state);
	char number[24];
	struct sim_command c = by("answer", "4001");

	snprintf(number, sizeof(number), "%llu", (unsigned long long)done(&d, incoming(NULL, "4001")));
	c.call = number;
	done(&d, c);
	assert_non_null(sim_user_active(d.x, user(&d, "4001")));
	close_desk(&d);
}

static void a_call_that_is_over_says_so(void **state)
{
	struct desk d = open_desk(state);

	done(&d, incoming("c1", "4001"));
	done(&d, in("hang_up", "c1"));
	refused(&d, in("hang_up", "c1"), "call c1: it is over");
	refused(&d, in("hang_up", "c9"), "call c9: no call was given that label");
	refused(&d, in("hang_up", "999"), "call 999: there is none with that number now");
	close_desk(&d);
}

static void a_label_is_taken_while_its_call_lasts(void **state)
{
	struct desk d = open_desk(state);
	uint64_t first = done(&d, incoming("c1", "4001"));

	refused(&d, incoming("c1", "4002"), "call c1: there is one already");
	assert_true(is_free(&d, "4002"));
	done(&d, in("hang_up", "c1"));
	assert_true(done(&d, incoming("c1", "4002")) != first);
	close_desk(&d);
}

static void what_could_not_be_made_leaves_no_label(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command c = incoming("c1", "4001");

	c.to = "4999";
	refused(&d, c, "incoming: ");
	assert_int_equal(sim_commands_labels(d.commands), 0);
	refused(&d, in("hang_up", "c1"), "no call was given that label");
	close_desk(&d);
}

static void labels_do_not_pile_up(void **state)
{
	struct desk d = open_desk(state);
	char label[16];

	done(&d, incoming("kept", "4002"));
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(label, sizeof(label), "c%u", i);
		done(&d, incoming(label, "4001"));
		done(&d, in("hang_up", label));
	}
	assert_in_range(sim_commands_labels(d.commands), 1, 64);
	done(&d, in("hang_up", "kept"));
	close_desk(&d);
}

static void a_user_dials_in_the_call_of_his_dial_tone(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command lift = by("off_hook", "4002"), dial = to("dial", "4002", "902079460000");

	lift.call = dial.call = "c1";
	uint64_t number = done(&d, lift);

	assert_int_equal(call(&d, number)->a->state, DL3_STATE_DIALLING);
	dial.account_code = "12";
	assert_int_equal(done(&d, dial), number);
	assert_string_equal(call(&d, number)->a->dialled, "902079460000");
	assert_string_equal(call(&d, number)->account_code, "12");
	done(&d, in("alert", "c1"));
	assert_int_equal(call(&d, number)->b->state, DL3_STATE_RINGBACK);
	done(&d, in("answer", "c1"));
	assert_int_equal(call(&d, number)->b->state, DL3_STATE_CONNECTED);
	dial.to = "4003";
	refused(&d, dial, "call c1: there is one already");
	close_desk(&d);
}

static void dialling_at_once_makes_a_call(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command dial = to("dial", "4001", "4003");

	dial.call = "c1";
	dial.withhold = 1;
	uint64_t number = done(&d, dial);

	assert_int_equal(call(&d, number)->target_count, 1);
	assert_int_equal(call(&d, number)->targets[0]->presentation, DL3_PRESENTATION_WITHHELD);
	close_desk(&d);
}

static void the_users_call_is_found_without_a_label(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming(NULL, "4001"));

	assert_int_equal(done(&d, by("answer", "4001")), number);
	assert_int_equal(done(&d, by("hold", "4001")), number);
	assert_true(call(&d, number)->b->holding);
	assert_int_equal(done(&d, by("retrieve", "4001")), number);
	assert_false(call(&d, number)->b->holding);
	assert_int_equal(done(&d, by("hang_up", "4001")), number);
	assert_null(sim_call_numbered(d.x, number));
	close_desk(&d);
}

static void calls_are_transferred_unannounced(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4001"));

	done(&d, by("answer", "4001"));
	assert_int_equal(done(&d, to("transfer", "4001", "4002")), number);
	assert_true(is_free(&d, "4001"));
	done(&d, by("answer", "4002"));
	assert_ptr_equal(call(&d, number)->b->user, user(&d, "4002"));
	close_desk(&d);
}

static void consultations_are_completed(void **state)
{
	struct desk d = open_desk(state);
	uint64_t first = done(&d, incoming("c1", "4001"));
	struct sim_command consult = to("consult", "4001", "4002");

	done(&d, by("answer", "4001"));
	consult.call = "c2";
	uint64_t second = done(&d, consult);

	assert_true(second != first);
	assert_true(call(&d, first)->b->holding);
	done(&d, by("answer", "4002"));
	assert_int_equal(done(&d, by("complete", "4001")), first);
	assert_true(is_free(&d, "4001"));
	assert_ptr_equal(call(&d, first)->b->user, user(&d, "4002"));
	refused(&d, in("hang_up", "c2"), "it is over");
	close_desk(&d);
}

static void three_meet_in_a_conference(void **state)
{
	struct desk d = open_desk(state);
	uint64_t first = done(&d, incoming("c1", "4001"));

	done(&d, by("answer", "4001"));
	done(&d, to("consult", "4001", "4002"));
	done(&d, by("answer", "4002"));
	done(&d, by("conference", "4001"));
	assert_int_equal(call(&d, first)->b->device, SIM_AT_CONFERENCE);
	assert_false(is_free(&d, "4001"));
	assert_false(is_free(&d, "4002"));
	close_desk(&d);
}

static void calls_are_parked_and_taken_again(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4001"));

	done(&d, by("answer", "4001"));
	assert_int_equal(done(&d, slot("park", "4001", 1)), number);
	assert_int_equal(call(&d, number)->b->device, SIM_AT_PARK);
	refused(&d, slot("unpark", "4002", 2), "unpark: ");
	assert_int_equal(done(&d, slot("unpark", "4002", 1)), number);
	assert_ptr_equal(call(&d, number)->b->user, user(&d, "4002"));
	close_desk(&d);
}

static void a_parked_call_is_taken_from_another_node(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4001"));
	struct sim_command unpark = slot("unpark", "5001", 1);

	done(&d, by("answer", "4001"));
	done(&d, slot("park", "4001", 1));
	refused(&d, unpark, "unpark: ");
	unpark.node = "Nowhere";
	refused(&d, unpark, "node Nowhere: there is none of that name");
	unpark.node = "c0a82a03";
	assert_int_equal(done(&d, unpark), number);
	close_desk(&d);
}

static void a_ringing_call_is_picked_up(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4001"));
	struct sim_command pick = by("pick_up", "4005");

	pick.from = "4001";
	assert_int_equal(done(&d, pick), number);
	assert_ptr_equal(call(&d, number)->b->user, user(&d, "4005"));
	close_desk(&d);
}

static void a_message_is_left(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4004"));
	struct sim_command message = in("message", "c1");

	done(&d, in("voicemail", "c1"));
	assert_int_equal(call(&d, number)->b->device, SIM_AT_VOICEMAIL);
	message.seconds = 23;
	done(&d, message);
	assert_int_equal(call(&d, number)->message_s, 23);
	close_desk(&d);
}

static void flags_are_set_of_the_end_that_is_meant(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4001"));
	struct sim_command flags = in("flags", "c1");

	done(&d, by("answer", "4001"));
	flags.flags = "auto_recorded consent_answered";
	done(&d, flags);
	assert_int_equal(call(&d, number)->a->flags,
	                 DL3_PARTY_FLAG_AUTO_RECORDED | DL3_PARTY_FLAG_CONSENT_ANSWERED);
	flags.user = "4001";
	flags.flags = "privacy";
	done(&d, flags);
	assert_int_equal(call(&d, number)->b->flags, DL3_PARTY_FLAG_PRIVACY);
	flags.flags = "none";
	done(&d, flags);
	assert_int_equal(call(&d, number)->b->flags, 0);
	flags.user = "4002";
	refused(&d, flags, "4002 is not in call c1");
	close_desk(&d);
}

static void an_internal_call_has_no_outside_party(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command dial = to("dial", "4001", "4003"), flags = in("flags", "c1");

	dial.call = "c1";
	done(&d, dial);
	done(&d, by("answer", "4003"));
	flags.flags = "privacy";
	refused(&d, flags, "call c1 has no outside party");
	close_desk(&d);
}

static void an_account_code_is_entered(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", "4001"));
	struct sim_command account = in("account", "c1");

	account.account_code = "4711";
	done(&d, account);
	assert_string_equal(call(&d, number)->account_code, "4711");
	close_desk(&d);
}

static void members_come_and_go(void **state)
{
	struct desk d = open_desk(state);
	const struct sim_group *g = sim_world_group(d.company->world, "200");
	struct sim_command member = by("member", "4002");

	member.group = "200";
	member.on = 0;
	assert_int_equal(done(&d, member), 0);
	assert_false(sim_member_is_active(d.x, g, user(&d, "4002")));
	assert_int_equal(call(&d, done(&d, incoming("c1", NULL)))->target_count, 2);
	member.on = 1;
	done(&d, member);
	assert_true(sim_member_is_active(d.x, g, user(&d, "4002")));
	member.group = "201";
	refused(&d, member, "group 201: no hunt group has that extension");
	close_desk(&d);
}

static void who_is_not_to_be_disturbed_is_not_rung(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command c = by("do_not_disturb", "4002");

	c.on = 1;
	done(&d, c);
	assert_int_equal(call(&d, done(&d, incoming("c1", NULL)))->target_count, 2);
	c.on = 0;
	done(&d, c);
	done(&d, in("hang_up", "c1"));
	assert_int_equal(call(&d, done(&d, incoming("c1", NULL)))->target_count, 3);
	close_desk(&d);
}

static void a_call_is_pushed_away(void **state)
{
	struct desk d = open_desk(state);
	uint64_t number = done(&d, incoming("c1", NULL));

	assert_int_equal(call(&d, number)->target_count, 3);
	assert_int_equal(done(&d, by("reject", "4002")), number);
	assert_int_equal(call(&d, number)->target_count, 2);
	close_desk(&d);
}

static void clear_ends_everything(void **state)
{
	struct desk d = open_desk(state);

	done(&d, incoming("c1", "4001"));
	done(&d, incoming("c2", "4002"));
	assert_int_equal(done(&d, SIM_COMMAND("clear")), 0);
	assert_int_equal(sim_exchange_counts(d.x).calls_now, 0);
	close_desk(&d);
}

/* ---- What is refused ---- */

static void what_the_exchange_refuses_is_said_with_the_action(void **state)
{
	struct desk d = open_desk(state);

	refused(&d, by("answer", "4001"), "answer: ");
	refused(&d, by("retrieve", "4001"), "retrieve: ");
	refused(&d, by("complete", "4001"), "complete: ");
	refused(&d, slot("park", "4001", 1), "park: ");
	assert_int_equal(sim_exchange_counts(d.x).calls, 0);
	close_desk(&d);
}

static void names_that_nobody_has_are_refused(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command c = incoming("c1", "4001");

	refused(&d, by("hold", "4999"), "hold: user 4999: nobody has that extension");
	c.trunk = 77;
	refused(&d, c, "incoming: trunk 77: there is no such line");
	c.trunk = 5;
	c.node = "Branch";
	refused(&d, c, "trunk 5: there is no such line on node Branch");
	close_desk(&d);
}

static void actions_that_are_not_known_are_refused(void **state)
{
	struct desk d = open_desk(state);

	refused(&d, SIM_COMMAND("juggle"),
	        "no action is called 'juggle': expected one of incoming, off_hook, dial");
	refused(&d, SIM_COMMAND("\033[2J"), "no action is called '?'");
	refused(&d, SIM_COMMAND(NULL), "no action: expected one of incoming");
	close_desk(&d);
}

static void arguments_that_are_missing_are_named(void **state)
{
	struct desk d = open_desk(state);

	refused(&d, SIM_COMMAND("hold"), "hold needs user: expected user [call]");
	refused(&d, by("transfer", "4001"), "transfer needs to");
	refused(&d, by("park", "4001"), "park needs slot");
	refused(&d, SIM_COMMAND("incoming"), "incoming needs trunk");
	refused(&d, by("member", "4001"), "member needs group");
	refused(&d, SIM_COMMAND("answer"), "answer needs user, or call for the outside party");
	refused(&d, SIM_COMMAND("hang_up"), "hang_up needs user, or call for the outside party");
	close_desk(&d);
}

static void arguments_that_are_not_taken_are_named(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command c = by("hold", "4001"), clear = by("clear", "4001"),
			   hang_up = by("hang_up", "4001");

	c.cli = "1";
	refused(&d, c, "hold takes no cli: expected user [call]");
	refused(&d, clear, "clear takes no user: expected no arguments");
	hang_up.cause = 17;
	refused(&d, hang_up, "a cause is the outside party's");
	close_desk(&d);
}

static void refused_at(struct sim_command c, const char *argument, const char *expected)
{
	struct sim_error error = { "" };
	const char *at = "untouched";

	assert_false(sim_command_check(&c, &at, &error));
	assert_non_null(at);
	assert_string_equal(at, argument);
	if (!strstr(error.text, expected))
		fail_msg("'%s' does not say '%s'", error.text, expected);
}

static void arguments_that_cannot_be_are_refused(void **state)
{
	(void)state;
	struct sim_command c = incoming("1c", "4001");
	char longest[300];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	refused_at(c, "call", "call is '1c': expected a letter");
	c.call = "17";
	refused_at(c, "call", "since incoming makes a call");
	c = incoming("c1", "40 01");
	refused_at(c, "to", "to is '40 01': expected digits");
	c = incoming("c1", "");
	refused_at(c, "to", "to has 0 octets: expected 1 to 39");
	c = incoming(longest, "4001");
	refused_at(c, "call", "call has 299 octets");
	c = incoming("c1", "4001");
	c.name = "\xff";
	refused_at(c, "name", "name is '?': expected UTF-8");
	c.name = "a\nb";
	refused_at(c, "name", "without control characters");
	c.name = NULL;
	c.presentation = "secret";
	refused_at(c, "presentation", "presentation is 'secret': expected allowed, withheld");
	c.presentation = NULL;
	c.trunk = -1;
	refused_at(c, "trunk", "trunk is -1: expected 0 to 4294967295");
	c = in("flags", "c1");
	c.flags = "privacy shiny";
	refused_at(c, "flags", "expected none, or of privacy");
	c.flags = "  ";
	refused_at(c, "flags", "expected none");
	refused_at(slot("park", "4001", 0), "slot", "slot is 0: expected 1 to 9999");
	c = by("do_not_disturb", "4001");
	c.on = 2;
	refused_at(c, "on", "on is 2: expected 0 to 1");
}

static void nothing_has_happened_after_a_check(void **state)
{
	struct desk d = open_desk(state);
	struct sim_command c = incoming("c1", "4001");

	assert_true(sim_command_check(&c, NULL, NULL));
	assert_int_equal(sim_exchange_counts(d.x).calls, 0);
	close_desk(&d);
}

static void every_action_and_argument_is_described(void **state)
{
	(void)state;
	const char *arguments, *meaning;
	size_t actions = 0;

	for (; sim_command_action(actions, &arguments, &meaning); actions++) {
		assert_true(strlen(meaning) > 5);
		for (const char *p = arguments; *p; p += strspn(p, " ]")) {
			p += strspn(p, "[");
			size_t len = strcspn(p, " ]");

			if (!sim_argument_named(p, len))
				fail_msg("there is no argument %.*s", (int)len, p);
			p += len;
		}
	}
	assert_int_equal(actions, 23);
	assert_null(sim_command_action(actions, &arguments, &meaning));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, dl3t_company_open, dl3t_company_close)

DL3T_TESTS(TEST(a_call_comes_in_with_what_was_given), TEST(a_label_names_a_call_from_its_making),
           TEST(a_number_stands_for_a_call_too), TEST(a_call_that_is_over_says_so),
           TEST(a_label_is_taken_while_its_call_lasts), TEST(what_could_not_be_made_leaves_no_label),
           TEST(labels_do_not_pile_up), TEST(a_user_dials_in_the_call_of_his_dial_tone),
           TEST(dialling_at_once_makes_a_call), TEST(the_users_call_is_found_without_a_label),
           TEST(calls_are_transferred_unannounced), TEST(consultations_are_completed),
           TEST(three_meet_in_a_conference), TEST(calls_are_parked_and_taken_again),
           TEST(a_parked_call_is_taken_from_another_node), TEST(a_ringing_call_is_picked_up),
           TEST(a_message_is_left), TEST(flags_are_set_of_the_end_that_is_meant),
           TEST(an_internal_call_has_no_outside_party), TEST(an_account_code_is_entered),
           TEST(members_come_and_go), TEST(who_is_not_to_be_disturbed_is_not_rung),
           TEST(a_call_is_pushed_away), TEST(clear_ends_everything),
           TEST(what_the_exchange_refuses_is_said_with_the_action), TEST(names_that_nobody_has_are_refused),
           TEST(actions_that_are_not_known_are_refused), TEST(arguments_that_are_missing_are_named),
           TEST(arguments_that_are_not_taken_are_named),
           cmocka_unit_test(arguments_that_cannot_be_are_refused), TEST(nothing_has_happened_after_a_check),
           cmocka_unit_test(every_action_and_argument_is_described));
