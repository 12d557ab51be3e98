/* SPDX-License-Identifier: MIT */
/* What the proxy makes of each event, said by hand: how it is put together and counted, and which calls a snapshot
 * has. */
#include "support/test.h"

#include "support/fed.h"

static const struct proxied_options alone = { .no_link = true };
static char text[65536];

static struct peer *keeper(struct proxied *x, uint32_t flags)
{
	struct peer *p = peer_new(x, &(struct peer_options){ .flags = flags });

	p->keeps = true;
	PROXIED_UNTIL(x, p->state == DL3_LINK_UP);
	return p;
}

static void siptrack(struct proxied *x, uint32_t counter, unsigned index)
{
	static const char s[] = "\0S\0T\0A\0R\0T\0\0";

	feed_tuple(x, counter, index, DL3_TUPLE_SIPTRACK, s, 12);
}

static void an_event_of_several_tuples_stays_one(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, PROXIED_ALL);
	struct peer *all = keeper(x, PROXIED_ALL), *some = keeper(x, 0);
	feed_tuple(x, 7, 0, DL3_TUPLE_DELTA3, "<X>one</X>", 11);
	siptrack(x, 7, 1);
	feed_tuple(x, 7, 2, DL3_TUPLE_DELTA3, "<X>two</X>", 11);
	feed_tuple(x, 8, 0, DL3_TUPLE_DELTA3, "<X>three</X>", 13);
	PROXIED_UNTIL(x, all->counted == 2 && some->counted == 2);
	assert_string_equal(kept(some, text, sizeof(text)), "7:<X>one</X><X>two</X>|8:<X>three</X>|");
	assert_int_equal(all->len, some->len + 6 + 12);
	proxied_end(x);
}

/* To whoever asked for less, an event that is not for it has not been. */
static void what_is_left_out_is_taken_off_the_counter(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, PROXIED_ALL);
	struct peer *all = keeper(x, PROXIED_ALL), *some = keeper(x, 0);
	feed(x, 100, "<X/>");
	siptrack(x, 101, 0);
	siptrack(x, 102, 0);
	feed(x, 103, "<X/>");
	/* A gap is one to both. */
	feed_counter(x, DL3_COUNTER_GAP);
	feed(x, 110, "<X/>");
	PROXIED_UNTIL(x, all->counted == 5 && some->counted == 3);
	assert_string_equal(kept(some, text, sizeof(text)), "100:<X/>|101:<X/>|108:<X/>|");
	assert_int_equal(all->gaps, 1);
	assert_int_equal(some->gaps, 1);
	/* A PBX that begins again, too. */
	feed_counter(x, DL3_COUNTER_RESTART);
	feed(x, 1, "<X/>");
	PROXIED_UNTIL(x, all->counted == 6 && some->counted == 4);
	assert_string_equal(kept(some, text, sizeof(text)) + 27, "1:<X/>|");
	proxied_end(x);
}

static void counters_wrap(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, PROXIED_ALL);
	struct peer *some = keeper(x, 0);
	feed(x, UINT32_MAX - 1, "<X/>");
	siptrack(x, UINT32_MAX, 0);
	siptrack(x, 0, 0);
	feed(x, 1, "<X/>");
	feed(x, 2, "<X/>");
	PROXIED_UNTIL(x, some->counted == 3);
	assert_string_equal(kept(some, text, sizeof(text)), "4294967294:<X/>|4294967295:<X/>|0:<X/>|");
	assert_int_equal(some->gaps + some->restarts, 0);
	proxied_end(x);
}

/* The session tells of no event without tuples; nobody is to miss it. */
static void an_event_without_tuples_leaves_no_gap(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *p = keeper(x, 0);
	feed(x, 5, "<X/>");
	feed(x, 7, "<X/>");
	PROXIED_UNTIL(x, p->counted == 2);
	assert_string_equal(kept(p, text, sizeof(text)), "5:<X/>|6:<X/>|");
	proxied_end(x);
}

static void what_cannot_be_read_is_passed_on(void **state)
{
	static const uint8_t payload[] = { 0x10, 0x30, 0, 0x11, 0xc0, 0xa8, 0x2a, 1,  0,  0,
		                           0,    6,    0, 0x76, 0,    1,    0,    99, 'x' };
	struct proxied world, *x = &world;
	struct dl3_event ev = { .type = DL3_EV_MALFORMED };

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *p = keeper(x, 0);
	ev.u.malformed.in_tuple = true;
	ev.u.malformed.pbx = 0xc0a82a01;
	ev.u.malformed.counter = 5;
	ev.u.malformed.tuple = (struct dl3_tuple){ DL3_TUPLE_DELTA3, { (const uint8_t *)"<A>", 4 } };
	proxy_event(x->proxy, &ev);
	ev.u.malformed.in_tuple = false;
	ev.u.malformed.counter = 6;
	ev.u.malformed.octets = (struct dl3_octets){ payload, sizeof(payload) };
	proxy_event(x->proxy, &ev);
	PROXIED_UNTIL(x, p->counted == 2);
	assert_int_equal(p->len, 3 + 12 + 6 + 4 + 3 + sizeof(payload));
	assert_memory_equal(p->octets + p->len - sizeof(payload), payload, sizeof(payload));
	proxied_end(x);
}

/* ---- Snapshots ---- */

static const char *snapshot(struct proxied *x, uint32_t flags)
{
	struct peer *p = keeper(x, flags);

	(void)kept(p, text, sizeof(text));
	dl3_link_stop(p->link);
	PROXIED_UNTIL(x, p->state == DL3_LINK_STOPPED);
	return text;
}

#define SEEN(what) assert_string_equal(snapshot(x, 0), what)
#define CALL(id) "<Detail><Call>c0a82a01," #id ",,,,0,,,,</Call><PartyA>c0a82a0100000"

static void a_snapshot_has_each_call_once_and_counts_up_to_the_next_event(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, DL3_FLAG_SIPTRACK);
	SEEN("");
	feed_call(x, 10, 1, "c0a82a0100000001", NULL);
	feed_call(x, 11, 2, "c0a82a0100000003", NULL);
	feed_call(x, 12, 1, "c0a82a0100000001", "c0a82a0100000002");
	siptrack(x, 13, 0);
	SEEN("11:" CALL(1) "|12:" CALL(2) "|");
	assert_int_equal(strncmp(snapshot(x, DL3_FLAG_SIPTRACK), "12:", 3), 0);
	proxied_end(x);
}

static void a_call_is_over_when_all_its_ends_are_lost(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	feed_call(x, 1, 1, "c0a82a0100000001", "c0a82a0100000002");
	feed_lost(x, 2, "c0a82a0100000001");
	/* Nobody has said what became of the other: it would be wrong to tell of the one that is lost. */
	SEEN("");
	assert_int_equal(proxy_counts(x->proxy).calls, 1);
	feed_lost(x, 3, "c0a82a0100000002");
	(void)snapshot(x, 0);
	assert_int_equal(proxy_counts(x->proxy).calls, 0);
	/* It rings and is given up. */
	feed_call(x, 4, 2, "c0a82a0100000003", NULL);
	feed_lost(x, 5, "c0a82a0100000003");
	SEEN("");
	assert_int_equal(proxy_counts(x->proxy).calls, 0);
	proxied_end(x);
}

static void an_end_that_is_told_in_another_call_is_there(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	feed_call(x, 1, 1, "c0a82a0100000001", "c0a82a0100000002");
	feed_call(x, 2, 3, "c0a82a0100000001", "c0a82a0100000009");
	assert_int_equal(proxy_counts(x->proxy).calls, 2);
	feed_call(x, 3, 4, "c0a82a0100000002", "c0a82a0100000009");
	SEEN("2:" CALL(3) "|3:" CALL(4) "|");
	assert_int_equal(proxy_counts(x->proxy).calls, 2);
	proxied_end(x);
}

static void after_a_gap_what_is_half_gone_is_gone(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	feed_call(x, 1, 1, "c0a82a0100000001", "c0a82a0100000002");
	feed_call(x, 2, 2, "c0a82a0100000003", NULL);
	feed_lost(x, 3, "c0a82a0100000001");
	feed_counter(x, DL3_COUNTER_GAP);
	feed_call(x, 9, 5, "c0a82a0100000005", NULL);
	SEEN("8:" CALL(2) "|9:" CALL(5) "|");
	assert_int_equal(proxy_counts(x->proxy).calls, 2);
	proxied_end(x);
}

static void another_snapshot_of_the_pbx_takes_the_place_of_what_was_known(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *p = keeper(x, 0);
	feed_call(x, 1, 1, "c0a82a0100000001", NULL);
	feed_call(x, 2, 2, "c0a82a0100000003", NULL);
	feed_begin(x, 0);
	feed_call(x, 3, 2, "c0a82a0100000003", NULL);
	feed_snapshot_end(x);
	SEEN("3:" CALL(2) "|");
	assert_int_equal(p->downs, 0);
	/* With other flags nobody has what he was promised. */
	feed_up(x, DL3_FLAG_CD2);
	PROXIED_UNTIL(x, p->downs == 1);
	proxied_end(x);
}

static void only_calls_that_have_been_connected(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *p = keeper(x, DL3_FLAG_CONN);
	feed_call(x, 1, 1, "c0a82a0100000001", NULL);
	feed_call(x, 2, 2, "c0a82a0100000003", NULL);
	feed_lost(x, 3, "c0a82a0100000003");
	assert_string_equal(snapshot(x, DL3_FLAG_CONN), "");
	feed_call(x, 4, 1, "c0a82a0100000001", "c0a82a0100000002");
	/* It goes elsewhere before its first end is told as lost. */
	feed_call(x, 5, 1, "c0a82a0100000002", "c0a82a0100000007");
	feed_lost(x, 6, "c0a82a0100000001");
	PROXIED_UNTIL(x, p->counted == 3);
	assert_string_equal(snapshot(x, DL3_FLAG_CONN), "3:" CALL(1) "|");
	/* It is offered to somebody who rejects it; so is one that nobody has answered. */
	feed(x, 7,
	     "<Detail><Call>c0a82a01,1</Call><PartyA>c0a82a0100000002,1,2</PartyA><Target_list>"
	     "<Target>c0a82a0100000021</Target></Target_list></Detail>");
	feed(x, 8, "<AttemptReject>c0a82a01,c0a82a0100000021,2003,drop,1</AttemptReject>");
	feed(x, 9,
	     "<Detail><Call>c0a82a01,3</Call><PartyA>c0a82a0100000030,1,2</PartyA><Target_list>"
	     "<Target>c0a82a0100000022</Target></Target_list></Detail>");
	feed(x, 10, "<AttemptReject>c0a82a01,c0a82a0100000022,2003,drop,1</AttemptReject>");
	PROXIED_UNTIL(x, p->counted == 5);
	(void)kept(p, text, sizeof(text));
	assert_non_null(strstr(text, "|3:<CallLost>"));
	assert_non_null(strstr(text, "|5:<AttemptReject>c0a82a01,c0a82a0100000021,"));
	proxied_end(x);
}

static void odd_records_harm_nobody(void **state)
{
	static const char *const odd[] = {
		"<Detail></Detail>",
		"<Detail><Call>c0a82a01,1</Call></Detail>",
		"<Detail><Call>c0a82a01,x</Call><PartyA>a</PartyA></Detail>",
		"<Detail><PartyA>a</PartyA></Detail>",
		"<Detail><Call>c0a82a01,2</Call><PartyA>same</PartyA><PartyB>same</PartyB></Detail>",
		"<Detail><Call>c0a82a01,2</Call><PartyA>other</PartyA><PartyB>same</PartyB></Detail>",
		"<Detail><Call>c0a82a01,2</Call><PartyA>same</PartyA><PartyB>other</PartyB></Detail>",
		"<Detail><Call>c0a82a01,3</"
		"Call><PartyA>0123456789012345678901234567890123456789012345678901234567890123"
		"4567890</PartyA></Detail>",
		"<CallLost></CallLost>",
		"<CallLost>,,</CallLost>",
		"<CallLost>c0a82a01,nobody</CallLost>",
		"<LinkLost>c0a82a01,same</LinkLost>",
		"<AttemptReject></AttemptReject>",
		"<LinkLost>c0a82a01,other</LinkLost>",
	};
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *p = keeper(x, 0);
	for (uint32_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		feed(x, i, odd[i]);
	PROXIED_UNTIL(x, p->counted == sizeof(odd) / sizeof(odd[0]));
	assert_int_equal(proxy_counts(x->proxy).calls, 0);
	assert_int_equal(p->gaps + p->restarts, 0);
	proxied_end(x);
}

/* Calls come, go and move at random; what is up in the end is all that is known. */
static void a_storm_of_calls_leaves_nothing_behind(void **state)
{
	struct proxied world, *x = &world;
	char a[20], b[20];
	uint32_t counter = 0, seed = 1;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		(void)snprintf(a, sizeof(a), "c0a82a01%08x", seed >> 16 & 255);
		(void)snprintf(b, sizeof(b), "c0a82a01%08x", seed >> 24 & 255);
		if (seed >> 8 & 3)
			feed_call(x, ++counter, seed >> 12 & 127, a, seed >> 10 & 1 ? b : NULL);
		else
			feed_lost(x, ++counter, a);
	}
	assert_true(proxy_counts(x->proxy).calls <= 128);
	for (unsigned i = 0; i < 256; i++) {
		(void)snprintf(a, sizeof(a), "c0a82a01%08x", i);
		feed_lost(x, ++counter, a);
	}
	assert_int_equal(proxy_counts(x->proxy).calls, 0);
	SEEN("");
	proxied_end(x);
}

DL3T_TESTS(cmocka_unit_test(an_event_of_several_tuples_stays_one),
           cmocka_unit_test(what_is_left_out_is_taken_off_the_counter), cmocka_unit_test(counters_wrap),
           cmocka_unit_test(an_event_without_tuples_leaves_no_gap),
           cmocka_unit_test(what_cannot_be_read_is_passed_on),
           cmocka_unit_test(a_snapshot_has_each_call_once_and_counts_up_to_the_next_event),
           cmocka_unit_test(a_call_is_over_when_all_its_ends_are_lost),
           cmocka_unit_test(an_end_that_is_told_in_another_call_is_there),
           cmocka_unit_test(after_a_gap_what_is_half_gone_is_gone),
           cmocka_unit_test(another_snapshot_of_the_pbx_takes_the_place_of_what_was_known),
           cmocka_unit_test(only_calls_that_have_been_connected), cmocka_unit_test(odd_records_harm_nobody),
           cmocka_unit_test(a_storm_of_calls_leaves_nothing_behind));
