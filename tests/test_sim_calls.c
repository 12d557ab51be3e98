/* SPDX-License-Identifier: MIT */
/* What is told of calls, and the truth about them: the records of well-known situations, word for word. */
#include <stdio.h>
#include <string.h>

#include "support/office.h"
#include "support/test.h"

static struct dl3t_office *open_office(unsigned kinds)
{
	struct dl3t_office *o = dl3t_office_new();

	o->kinds = kinds;
	dl3t_office_open(o);
	return o;
}

static void told(struct dl3t_office *o, const char *expected)
{
	assert_string_equal(dl3t_told(o), expected);
}

/* The value of a key in the only line of the truth. */
static void truth_has(struct dl3t_office *o, const char *part)
{
	const char *lines = dl3t_text_of(&o->lines);

	if (!strstr(lines, part))
		fail_msg("no %s in %s", part, lines);
}

static void one_record(struct dl3t_office *o)
{
	const char *end = strchr(dl3t_text_of(&o->lines), '\n');

	assert_non_null(end);
	assert_string_equal(end, "\n");
}

static void a_group_call_is_told_like_a_pbx_tells_it(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);
	char sip[64], a[512], expected[4096];

	dl3t_wait(o, 10000);
	struct sim_call *call = dl3t_incoming(o, "5678");

	snprintf(sip, sizeof(sip), "%s", call->a->sip_call_id);
	assert_int_equal(strlen(sip), 32);
	snprintf(a, sizeof(a),
	         "0,1,0,1,5,106,%s,,0,0,5678,,,,,,01707123456,100,1,\"M&amp;S &lt;HQ&gt;, "
	         "Z\xc3\xbcrich\",</PartyA>",
	         sip);
	snprintf(expected, sizeof(expected),
	         "0- <Detail><Call>c0a82a03,1,,,,0,,200,,200,,,,,100,,,</Call>"
	         "<PartyA>c0a82a0300000001,1,19,1,2,%s<Target_list>"
	         "<Target>c0a82a0300000002,0,0,8,106,,4001,0,4,,,200,901707123456,100</Target>"
	         "<Target>c0a82a0300000003,0,0,10,106,,4002,0,4,,,200,901707123456,100</Target>"
	         "<Target>c0a82a0300000004,0,0,9,106,,4003,0,4,,,200,901707123456,100</Target>"
	         "</Target_list></Detail>\n",
	         a);
	told(o, expected);
	dl3t_wait(o, 6000);
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	snprintf(expected, sizeof(expected),
	         "0 <Detail><Call>c0a82a03,1,,,,0,,200,,200,4001,,,,160,,,</Call>"
	         "<PartyA>c0a82a0300000001,1,2,1,0,%s"
	         "<PartyB>c0a82a0300000002,0,2,1,0,0,0,0,1,8,106,,4001,0,4,,,,,,200,901707123456,100,0,,</"
	         "PartyB>"
	         "</Detail>\n",
	         a);
	told(o, expected);
	dl3t_wait(o, 30000);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4001"), NULL, &error));
	told(o, "0 <CallLost>c0a82a03,c0a82a0300000002,1,16,460</CallLost>\n"
	        "0 <CallLost>c0a82a03,c0a82a0300000001,0,16,460</CallLost>\n");
	one_record(o);
	truth_has(o, "{\"id\":\"c0a82a0300000001\",\"direction\":\"incoming\",\"outcome\":\"answered\","
	             "\"started\":10.0,"
	             "\"answered\":16.0,\"ended\":46.0,\"duration_s\":36.0,\"ring_s\":6.0,\"queue_s\":0.0,"
	             "\"talk_s\":30.0,"
	             "\"hold_s\":0.0,\"voicemail_s\":0,\"cli\":\"01707123456\",\"name\":\"M&S <HQ>, "
	             "Z\xc3\xbcrich\","
	             "\"did\":\"5678\",\"dialled\":null,\"group\":\"200\",\"answered_by\":\"4001\","
	             "\"parties\":[\"4001\"],"
	             "\"segments\":[{\"party\":\"4001\",\"talk_s\":30.0}],\"transfers\":0,\"rejected_by\":[],"
	             "\"nodes\":[\"c0a82a03\"],\"ends\":[\"c0a82a0300000001\",\"c0a82a0300000002\"],"
	             "\"account_code\":null,\"tag\":null,\"cause\":16,\"incomplete\":false}");
	dl3t_office_free(o);
}

static void dial(struct dl3t_office *o, const char *from, const char *number)
{
	DL3T_DO(sim_dial(o->x, dl3t_user(o, from), &(struct sim_dialling){ .number = number }, NULL, &error));
}

static void hold_takes_the_audio_path_away(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	dial(o, "4001", "4003");
	dl3t_wait(o, 2000);
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4003"), NULL, &error));
	(void)dl3t_told(o);
	dl3t_wait(o, 10000);
	DL3T_DO(sim_hold(o->x, dl3t_user(o, "4003"), NULL, &error));
	told(o, "0 <Detail><Call>c0a82a03,1,,,,0,,,4003,,4003,,,,120,,,</Call>"
	        "<PartyA>c0a82a0300000001,1,2,0,1,0,0,0,1,8,106,,4001,0,0,,4003,,,,,4001,100,5,\"Ada "
	        "Field\",</PartyA>"
	        "<PartyB>c0a82a0300000002,0,2,0,0,0,0,0,1,9,106,,4003,0,4,,,,,,,4001,100,0,,</PartyB></"
	        "Detail>\n");
	DL3T_REFUSED(sim_hold(o->x, dl3t_user(o, "4001"), NULL, &error), "has put 4001 on hold");
	dl3t_wait(o, 15000);
	DL3T_DO(sim_retrieve(o->x, dl3t_user(o, "4003"), NULL, &error));
	assert_non_null(strstr(dl3t_told(o), ",1,2,1,0,0,0,0,1,8,"));
	dl3t_wait(o, 5000);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4003"), NULL, &error));
	one_record(o);
	truth_has(o, "\"direction\":\"internal\"");
	truth_has(o, "\"ring_s\":2.0,\"queue_s\":0.0,\"talk_s\":30.0,\"hold_s\":15.0");
	truth_has(o, "\"cli\":\"4001\"");
	truth_has(o, "\"dialled\":\"4003\"");
	truth_has(o, "\"parties\":[\"4001\",\"4003\"]");
	dl3t_office_free(o);
}

static void a_blind_transfer_tells_targets_then_the_loss(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	(void)dl3t_incoming(o, "4001");
	dl3t_wait(o, 3000);
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	dl3t_wait(o, 20000);
	(void)dl3t_told(o);
	DL3T_DO(sim_transfer(o->x, dl3t_user(o, "4001"), NULL, "4002", &error));
	const char *text = dl3t_told(o), *detail = strstr(text, "<Target>"),
		   *lost = strstr(text, "<CallLost>");

	assert_true(detail && lost && detail < lost);
	assert_non_null(strstr(text, "<Call>c0a82a03,1,,,,0,,,4001,,4002,,,,230,,,</Call>"));
	assert_non_null(strstr(text, "<CallLost>c0a82a03,c0a82a0300000002,1,126,230</CallLost>"));
	dl3t_wait(o, 5000);
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4002"), NULL, &error));
	assert_non_null(strstr(dl3t_told(o), ",901707123456,100,0,,c0a82a0300000002</PartyB>"));
	dl3t_wait(o, 30000);
	DL3T_DO(sim_far_clear(o->x, sim_user_active(o->x, dl3t_user(o, "4002")), 16, &error));
	one_record(o);
	truth_has(o, "\"answered_by\":\"4001\",\"parties\":[\"4001\",\"4002\"],\"segments\":[{\"party\":"
	             "\"4001\",\"talk_s\":20.0},"
	             "{\"party\":\"4002\",\"talk_s\":30.0}],\"transfers\":1");
	truth_has(o, "\"ring_s\":3.0");
	dl3t_office_free(o);
}

static void a_consultation_becomes_one_call_when_it_is_completed(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);
	struct sim_call *second = NULL;

	(void)dl3t_incoming(o, "4001");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	dl3t_wait(o, 10000);
	DL3T_DO(sim_consult(o->x, dl3t_user(o, "4001"), "4002", &second, &error));
	dl3t_wait(o, 2000);
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4002"), NULL, &error));
	dl3t_wait(o, 8000);
	(void)dl3t_told(o);
	DL3T_DO(sim_complete(o->x, dl3t_user(o, "4001"), &error));
	const char *text = dl3t_told(o);

	assert_int_equal(strncmp(text, "0 <Detail><Call>c0a82a03,1,", 27), 0);
	assert_non_null(strstr(text, "<PartyB>c0a82a0300000004,0,2,1,0,"));
	assert_non_null(strstr(text, ",c0a82a0300000002</PartyB></Detail>\n"
	                             "0 <CallLost>c0a82a03,c0a82a0300000002,1,126,200</CallLost>\n"
	                             "0 <CallLost>c0a82a03,c0a82a0300000003,1,126,200</CallLost>\n"));
	assert_true(sim_user_is_free(o->x, dl3t_user(o, "4001")));
	dl3t_wait(o, 5000);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4002"), NULL, &error));
	one_record(o);
	truth_has(o, "\"parties\":[\"4001\",\"4002\"]");
	truth_has(o, "\"transfers\":1");
	truth_has(o, "\"hold_s\":10.0");
	truth_has(o, "\"direction\":\"incoming\",\"outcome\":\"answered\"");
	truth_has(o, "\"talk_s\":25.0");
	dl3t_office_free(o);
}

static void a_consultation_completed_while_it_rings_leaves_a_call_of_its_own(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	(void)dl3t_incoming(o, "4001");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	DL3T_DO(sim_consult(o->x, dl3t_user(o, "4001"), "4002", NULL, &error));
	DL3T_DO(sim_complete(o->x, dl3t_user(o, "4001"), &error));
	truth_has(o, "\"direction\":\"internal\",\"outcome\":\"abandoned\"");
	dl3t_wait(o, 4000);
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4002"), NULL, &error));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4002"), NULL, &error));
	truth_has(o, "\"direction\":\"incoming\",\"outcome\":\"answered\"");
	truth_has(o, "\"transfers\":1");
	dl3t_office_free(o);
}

static void a_parked_call_sits_in_its_slot(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	(void)dl3t_incoming(o, "4001");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	dl3t_wait(o, 4000);
	(void)dl3t_told(o);
	DL3T_REFUSED(sim_park(o->x, dl3t_user(o, "4001"), NULL, 3, &error), "from 1 to 2");
	DL3T_DO(sim_park(o->x, dl3t_user(o, "4001"), NULL, 2, &error));
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "<PartyB>c0a82a0300000003,0,2,1,0,0,0,0,1,16,106,2,,134,"));
	assert_non_null(strstr(text, "<CallLost>c0a82a03,c0a82a0300000002,1,117,40</CallLost>"));
	dl3t_wait(o, 6000);
	DL3T_REFUSED(sim_unpark(o->x, dl3t_user(o, "4002"), 1, 0, &error), "none");
	DL3T_DO(sim_unpark(o->x, dl3t_user(o, "4002"), 2, 0, &error));
	assert_non_null(strstr(dl3t_told(o), "<CallLost>c0a82a03,c0a82a0300000003,0,118,100</CallLost>"));
	dl3t_wait(o, 5000);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4002"), NULL, &error));
	one_record(o);
	truth_has(o, "\"talk_s\":15.0,\"hold_s\":6.0");
	truth_has(o, "\"transfers\":1");
	truth_has(o,
	          "\"segments\":[{\"party\":\"4001\",\"talk_s\":4.0},{\"party\":\"4002\",\"talk_s\":5.0}]");
	dl3t_office_free(o);
}

static void a_conference_is_one_call(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	(void)dl3t_incoming(o, "4001");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	DL3T_DO(sim_consult(o->x, dl3t_user(o, "4001"), "4002", NULL, &error));
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4002"), NULL, &error));
	(void)dl3t_told(o);
	DL3T_DO(sim_conference(o->x, dl3t_user(o, "4001"), &error));
	const char *text = dl3t_told(o);
	unsigned bridges = 0;

	for (const char *at = text;
	     (at = strstr(at, "<PartyB>c0a82a0300000005,0,2,1,0,0,0,0,1,17,106,Conference 100,")); at++)
		bridges++;
	assert_int_equal(bridges, 3);
	assert_non_null(strstr(text, ",127,"));
	DL3T_DO(sim_consult(o->x, dl3t_user(o, "4001"), "4003", NULL, &error));
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4003"), NULL, &error));
	DL3T_DO(sim_conference(o->x, dl3t_user(o, "4001"), &error));
	assert_int_equal(sim_exchange_counts(o->x).calls_now, 4);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4001"), NULL, &error));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4002"), NULL, &error));
	assert_int_equal(sim_exchange_counts(o->x).calls_now, 2);
	assert_null(strstr(dl3t_text_of(&o->told), "<CallLost>c0a82a03,c0a82a0300000005,"));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4003"), NULL, &error));
	assert_non_null(strstr(dl3t_told(o), "<CallLost>c0a82a03,c0a82a0300000005,0,16,"));
	assert_int_equal(sim_exchange_counts(o->x).ends_now, 0);
	one_record(o);
	truth_has(o, "\"parties\":[\"4001\",\"4002\",\"4003\"]");
	truth_has(o, "\"transfers\":0");
	dl3t_office_free(o);
}

static void a_call_over_two_nodes_is_told_by_each(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	(void)dl3t_incoming(o, "5001");
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "0- <Detail><Call>c0a82a03,1,,,,0,,,5001,,5001,,,,0,,,</Call>"));
	assert_non_null(strstr(
		text, "<Target>c0a82a0400000001,1,0,4,106,17.1,5001,0,4,,,,901707123456,100</Target>"));
	assert_non_null(strstr(
		text, "1- <Detail><Call>c0a82a04,1,,,,0,,,5001,,5001,,,,0,,,</Call>"
		      "<PartyA>c0a82a0300000001,1,19,1,0,1,1,0,1,4,106,17.1,,0,0,,,,,,,901707123456,100,"));
	assert_non_null(
		strstr(text, "<Target>c0a82a0400000001,0,0,8,106,,5001,0,4,,,,901707123456,100</Target>"));
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "5001"), NULL, &error));
	(void)dl3t_told(o);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "5001"), NULL, &error));
	told(o, "1 <CallLost>c0a82a04,c0a82a0400000001,1,16,0</CallLost>\n"
	        "0 <LinkLost>c0a82a03,c0a82a0400000001,0,16,0,17.1</LinkLost>\n"
	        "0 <CallLost>c0a82a03,c0a82a0300000001,0,16,0</CallLost>\n"
	        "1 <LinkLost>c0a82a04,c0a82a0300000001,0,16,0,17.1</LinkLost>\n");
	truth_has(o, "\"nodes\":[\"c0a82a03\",\"c0a82a04\"]");
	dl3t_office_free(o);
}

static void a_transit_node_loses_links_only(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	dial(o, "5001", "6001");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "6001"), NULL, &error));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "5001"), NULL, &error));
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "0 <LinkLost>c0a82a03,c0a82a0400000001,0,16,0,17.1</LinkLost>"));
	assert_non_null(strstr(text, "0 <LinkLost>c0a82a03,c0a82a0500000001,0,16,0,18.1</LinkLost>"));
	assert_null(strstr(text, "<CallLost>c0a82a03,"));
	truth_has(o, "\"nodes\":[\"c0a82a04\",\"c0a82a03\",\"c0a82a05\"]");
	dl3t_office_free(o);
}

static void a_transfer_away_leaves_the_node(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3 | SIM_TELLS_DELTA2);

	(void)dl3t_incoming(o, "5001");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "5001"), NULL, &error));
	(void)dl3t_told(o);
	DL3T_DO(sim_transfer(o->x, dl3t_user(o, "5001"), NULL, "4002", &error));
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "1 <LinkLost>c0a82a04,c0a82a0300000001,0,126,0,17.1</LinkLost>"));
	assert_non_null(strstr(text, "1 CALL:D 17.1.1,0.1.0,1\n"));
	assert_non_null(strstr(text, "1 <CallLost>c0a82a04,c0a82a0400000001,1,126,0</CallLost>"));
	dl3t_office_free(o);
}

static void voicemail_takes_over_and_tells_the_length(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);
	struct sim_call *call = dl3t_incoming(o, "4004");

	dl3t_wait(o, 19999);
	(void)dl3t_told(o);
	dl3t_wait(o, 1);
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "<Call>c0a82a03,1,,,,0,,,4004,,4004,1,,,200,,,</Call>"));
	assert_non_null(strstr(text, "<PartyB>c0a82a0300000003,0,2,1,0,0,0,0,1,12,106,,,0,0,,,,,,4004,"
	                             "901707123456,100,0,,</PartyB>"));
	dl3t_wait(o, 25000);
	DL3T_DO(sim_leave_message(o->x, call, 23, &error));
	assert_non_null(strstr(dl3t_told(o), "<Call>c0a82a03,1,,,,0,,,4004,,4004,1,23,,450,,,</Call>"));
	DL3T_DO(sim_far_clear(o->x, call, 16, &error));
	one_record(o);
	truth_has(o, "\"outcome\":\"voicemail\"");
	truth_has(o, "\"ring_s\":20.0");
	truth_has(o, "\"voicemail_s\":23,");
	truth_has(o, "\"answered_by\":null,\"parties\":[]");
	dl3t_office_free(o);
}

static void busy_groups_queue_announce_and_serve(void **state)
{
	(void)state;
	struct dl3t_office *o = dl3t_office_new();

	o->world->groups[0].announce_s = 10;
	dl3t_office_open(o);
	dial(o, "4001", "5001");
	dial(o, "4002", "6001");
	DL3T_DO(sim_off_hook(o->x, dl3t_user(o, "4003"), NULL, &error));
	(void)dl3t_told(o);
	struct sim_call *call = dl3t_incoming(o, "5678");

	assert_non_null(strstr(dl3t_told(o), "<Call>c0a82a03,4,,,,0,200,200,,200,,,,1,0,,,</Call>"));
	assert_int_equal(sim_group_waiting(o->x, dl3t_group(o, "200")), 1);
	dl3t_wait(o, 10000);
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "<Call>c0a82a03,4,,,,0,200,200,,200,,,,3,100,,,</Call>"));
	assert_non_null(strstr(text, ",1,2,1,1,0,1,0,1,5,"));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4003"), NULL, &error));
	assert_ptr_equal(sim_user_ringing(o->x, dl3t_user(o, "4003")), call);
	assert_int_equal(sim_group_waiting(o->x, dl3t_group(o, "200")), 0);
	dl3t_wait(o, 2000);
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4003"), NULL, &error));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4003"), NULL, &error));
	truth_has(o, "\"queue_s\":12.0");
	dl3t_office_free(o);
}

static void who_leaves_the_queue_was_abandoned(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	for (const char *const *e = (const char *const[]){ "4001", "4002", "4003", NULL }; *e; e++)
		DL3T_DO(sim_off_hook(o->x, dl3t_user(o, *e), NULL, &error));
	struct sim_call *call = dl3t_incoming(o, "5678");

	dl3t_wait(o, 25000);
	DL3T_DO(sim_far_clear(o->x, call, 16, &error));
	one_record(o);
	truth_has(o, "\"outcome\":\"abandoned\"");
	truth_has(o, "\"queue_s\":25.0,\"talk_s\":0.0");
	truth_has(o, "\"group\":\"200\",\"answered_by\":null");
	dl3t_office_free(o);
}

static void a_full_queue_is_busy(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	for (const char *const *e = (const char *const[]){ "4001", "4002", "4003", NULL }; *e; e++)
		DL3T_DO(sim_off_hook(o->x, dl3t_user(o, *e), NULL, &error));
	assert_non_null(dl3t_incoming(o, "5678"));
	assert_non_null(dl3t_incoming(o, "5678"));
	(void)dl3t_told(o);
	assert_null(dl3t_incoming(o, "5678"));
	assert_non_null(strstr(dl3t_told(o), ",0,17,0</CallLost>"));
	dl3t_office_free(o);
}

static void a_sequential_group_rings_one_after_the_other(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	dial(o, "4002", "201");
	assert_non_null(sim_user_ringing(o->x, dl3t_user(o, "5001")));
	assert_null(sim_user_ringing(o->x, dl3t_user(o, "4001")));
	dl3t_wait(o, 10000);
	assert_null(sim_user_ringing(o->x, dl3t_user(o, "5001")));
	assert_non_null(sim_user_ringing(o->x, dl3t_user(o, "4001")));
	dl3t_office_free(o);
}

static void pushing_away_is_told_and_the_others_ring_on(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	(void)dl3t_incoming(o, "5678");
	(void)dl3t_told(o);
	dl3t_wait(o, 2000);
	DL3T_DO(sim_reject(o->x, dl3t_user(o, "4002"), NULL, "dnd", &error));
	const char *text = dl3t_told(o);

	assert_int_equal(strncmp(text,
	                         "0- <AttemptReject>c0a82a03,c0a82a0300000003,4002,dnd,20</AttemptReject>\n",
	                         72),
	                 0);
	assert_null(strstr(text, "<Target>c0a82a0300000003"));
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4001"), NULL, &error));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4001"), NULL, &error));
	truth_has(o, "\"rejected_by\":[\"4002\"]");
	dl3t_office_free(o);
}

static void when_the_only_one_pushes_away_the_call_is_rejected(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);

	(void)dl3t_incoming(o, "4001");
	DL3T_DO(sim_reject(o->x, dl3t_user(o, "4001"), NULL, "drop", &error));
	one_record(o);
	truth_has(o, "\"outcome\":\"rejected\"");
	truth_has(o, "\"cause\":21");
	dl3t_office_free(o);
}

static void an_outgoing_call_is_dialled_alerted_answered(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);
	struct sim_call *call = NULL;

	DL3T_DO(sim_off_hook(o->x, dl3t_user(o, "4002"), &call, &error));
	assert_non_null(strstr(dl3t_told(o), "<PartyA>c0a82a0300000001,1,7,1,3,0,0,0,1,10,"));
	dl3t_wait(o, 4000);
	dial(o, "4002", "902079460000");
	DL3T_REFUSED(sim_far_answer(o->x, dl3t_incoming(o, "4001"), &error), "go to the outside");
	DL3T_DO(sim_far_alert(o->x, call, &error));
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "<PartyB>c0a82a0300000002,0,19,1,0,0,1,0,1,5,106,"));
	assert_non_null(strstr(text, ",,0,0,,,,02079460000,,,01632960000,100,0,,</PartyB>"));
	dl3t_wait(o, 8000);
	DL3T_DO(sim_far_answer(o->x, call, &error));
	DL3T_REFUSED(sim_far_answer(o->x, call, &error), "not to have been answered");
	dl3t_wait(o, 60000);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4002"), NULL, &error));
	truth_has(o, "\"direction\":\"outgoing\",\"outcome\":\"answered\"");
	truth_has(o, "\"ring_s\":8.0,\"queue_s\":0.0,\"talk_s\":60.0");
	truth_has(o, "\"dialled\":\"902079460000\"");
	truth_has(o, "\"parties\":[\"4002\"]");
	dl3t_office_free(o);
}

static void a_busy_outside_number_fails(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);
	struct sim_call *call = NULL;

	DL3T_DO(sim_dial(o->x, dl3t_user(o, "4001"), &(struct sim_dialling){ .number = "90123" }, &call,
	                 &error));
	DL3T_DO(sim_far_clear(o->x, call, DL3_CAUSE_BUSY, &error));
	truth_has(o, "\"outcome\":\"failed\"");
	truth_has(o, "\"cause\":17");
	dl3t_office_free(o);
}

static void off_hook_and_away_leaves_no_record(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3 | SIM_TELLS_CMEXTN);

	DL3T_DO(sim_off_hook(o->x, dl3t_user(o, "4001"), NULL, &error));
	dl3t_wait(o, 3000);
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4001"), NULL, &error));
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "0 Extn4001 v=1 new=2 old=0\n"));
	assert_non_null(strstr(text, "0 Extn4001: CALL LOST (CMCauseNormal)\n"));
	assert_non_null(strstr(text, "0 Extn4001 v=1 new=0 old=2\n"));
	assert_string_equal(dl3t_text_of(&o->lines), "");
	dl3t_office_free(o);
}

static void sip_dialogues_begin_and_end(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_SIPTRACK);
	struct sim_call *call = dl3t_incoming(o, "4002");
	char expected[512];

	snprintf(expected, sizeof(expected),
	         "0 START,c0a82a0300000001,5.1.1,TRUNK,IN,%s\n0 START,c0a82a0300000002,0.2.0,PHONE,OUT,%s\n",
	         call->a->sip_call_id, call->targets[0]->sip_call_id);
	told(o, expected);
	DL3T_DO(sim_far_clear(o->x, call, 16, &error));
	const char *text = dl3t_told(o);

	assert_non_null(strstr(text, "0 END,c0a82a0300000001,5.1.1,TRUNK,IN,"));
	assert_non_null(strstr(text, "0 END,c0a82a0300000002,0.2.0,PHONE,OUT,"));
	dl3t_office_free(o);
}

static void delta2_tells_the_same_story(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA2);

	(void)dl3t_incoming(o, "4003");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4003"), NULL, &error));
	const char *text = dl3t_told(o);

	assert_int_equal(strncmp(text, "0- CALL:S 5.1.1,,1,0,0,0,0,0,Line 5,,", 37), 0);
	assert_non_null(strstr(text, "0 CALL:S 5.1.1,0.2.0,2,2,1,0,1,0,Line 5,\xc3\x87"
	                             "elik  Deniz(4003),,5.1,0.0,0.0,4003"));
	DL3T_DO(sim_hold(o->x, dl3t_user(o, "4003"), NULL, &error));
	assert_non_null(strstr(dl3t_told(o), "CALL:S 5.1.1,0.2.0,12,2,0,1,0,0,"));
	DL3T_DO(sim_hang_up(o->x, dl3t_user(o, "4003"), NULL, &error));
	told(o, "0 CALL:D 5.1.1,0.2.0,1\n");
	dl3t_office_free(o);
}

static bool keep(const struct dl3_record *record, void *arg)
{
	struct dl3t_text *t = arg;

	dl3t_printf(t, "%s ", record->u.detail.has_b ? "b" : "targets");
	return t->len < 12;
}

static void a_snapshot_goes_on_where_it_stopped(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);
	struct dl3t_text text = { 0 };
	uint64_t from = 0;

	(void)dl3t_incoming(o, "4001");
	(void)dl3t_incoming(o, "4002");
	DL3T_DO(sim_answer(o->x, dl3t_user(o, "4002"), NULL, &error));
	assert_false(sim_report_snapshot(o->report, 0, false, &from, keep, &text) && false);
	assert_string_equal(dl3t_text_of(&text), "targets b ");
	text.len = 0;
	from = 0;
	assert_true(sim_report_snapshot(o->report, 0, true, &from, keep, &text));
	assert_string_equal(dl3t_text_of(&text), "b ");
	text.len = 0;
	from = 0;
	assert_true(sim_report_snapshot(o->report, 1, false, &from, keep, &text));
	assert_int_equal(text.len, 0);
	dl3t_text_free(&text);
	dl3t_office_free(o);
}

static void what_cannot_be_done_says_why(void **state)
{
	(void)state;
	struct dl3t_office *o = open_office(SIM_TELLS_DELTA3);
	const struct sim_user *u = dl3t_user(o, "4001"), *v = dl3t_user(o, "4002");

	DL3T_REFUSED(sim_answer(o->x, u, NULL, &error), "expected 4001 to ring");
	DL3T_REFUSED(sim_reject(o->x, u, NULL, "dnd", &error), "expected 4001 to ring");
	DL3T_REFUSED(sim_hang_up(o->x, u, NULL, &error), "it is in none");
	DL3T_REFUSED(sim_hold(o->x, u, NULL, &error), "expected 4001 to talk");
	DL3T_REFUSED(sim_retrieve(o->x, u, NULL, &error), "on hold");
	DL3T_REFUSED(sim_transfer(o->x, u, NULL, "4002", &error), "expected 4001 to talk");
	DL3T_REFUSED(sim_consult(o->x, u, "4002", NULL, &error), "expected 4001 to talk");
	DL3T_REFUSED(sim_complete(o->x, u, &error), "to hold one call");
	DL3T_REFUSED(sim_conference(o->x, u, &error), "to hold one");
	DL3T_REFUSED(sim_park(o->x, u, NULL, 1, &error), "expected 4001 to talk");
	DL3T_REFUSED(sim_pick_up(o->x, u, "4002", &error), "none does");
	DL3T_REFUSED(sim_dial(o->x, u, &(struct sim_dialling){ .number = "" }, NULL, &error), "a number");
	DL3T_REFUSED(sim_dial(o->x, u, &(struct sim_dialling){ .number = "4001" }, NULL, &error),
	             "call itself");
	DL3T_REFUSED(sim_set_member(o->x, dl3t_group(o, "201"), v, true, &error), "to be a member");
	struct sim_incoming in = { .trunk = &o->world->trunks[0], .did = "0000" };

	DL3T_REFUSED(sim_call_in(o->x, &in, NULL, &error), "no route for '0000'");
	in.to = "nobody";
	DL3T_REFUSED(sim_call_in(o->x, &in, NULL, &error), "'nobody' is neither");
	in = (struct sim_incoming){ .trunk = &o->world->trunks[1], .to = "4001" };
	DL3T_DO(sim_call_in(o->x, &in, NULL, &error));
	in.to = "4002";
	DL3T_REFUSED(sim_call_in(o->x, &in, NULL, &error), "all 1 are taken");
	dl3t_office_free(o);
}

DL3T_TESTS(cmocka_unit_test(a_group_call_is_told_like_a_pbx_tells_it),
           cmocka_unit_test(hold_takes_the_audio_path_away),
           cmocka_unit_test(a_blind_transfer_tells_targets_then_the_loss),
           cmocka_unit_test(a_consultation_becomes_one_call_when_it_is_completed),
           cmocka_unit_test(a_consultation_completed_while_it_rings_leaves_a_call_of_its_own),
           cmocka_unit_test(a_parked_call_sits_in_its_slot), cmocka_unit_test(a_conference_is_one_call),
           cmocka_unit_test(a_call_over_two_nodes_is_told_by_each),
           cmocka_unit_test(a_transit_node_loses_links_only),
           cmocka_unit_test(a_transfer_away_leaves_the_node),
           cmocka_unit_test(voicemail_takes_over_and_tells_the_length),
           cmocka_unit_test(busy_groups_queue_announce_and_serve),
           cmocka_unit_test(who_leaves_the_queue_was_abandoned), cmocka_unit_test(a_full_queue_is_busy),
           cmocka_unit_test(a_sequential_group_rings_one_after_the_other),
           cmocka_unit_test(pushing_away_is_told_and_the_others_ring_on),
           cmocka_unit_test(when_the_only_one_pushes_away_the_call_is_rejected),
           cmocka_unit_test(an_outgoing_call_is_dialled_alerted_answered),
           cmocka_unit_test(a_busy_outside_number_fails),
           cmocka_unit_test(off_hook_and_away_leaves_no_record),
           cmocka_unit_test(sip_dialogues_begin_and_end), cmocka_unit_test(delta2_tells_the_same_story),
           cmocka_unit_test(a_snapshot_goes_on_where_it_stopped),
           cmocka_unit_test(what_cannot_be_done_says_why));
