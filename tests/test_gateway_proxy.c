/* SPDX-License-Identifier: MIT */
/* What applications get from the proxy: the same as from the PBX, whoever they are and whenever they come. */
#include "support/test.h"

#include "support/proxied.h"

#define RATE 600.0

/* Lets calls come, and holds what two peers got against each other. */
static void same_octets(struct proxied *x, struct peer *a, struct peer *b, size_t events)
{
	a->keeps = b->keeps = true;
	sim_host_set_rate(x->host, RATE);
	PROXIED_UNTIL(x, a->counted >= events && b->counted >= events);
	sim_host_set_rate(x->host, 0);
	PROXIED_UNTIL(x, sim_host_counts(x->host).calls_now == 0);
	PROXIED_UNTIL(x, a->counted == b->counted);
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->octets, b->octets, a->len);
	assert_int_equal(a->gaps + b->gaps + a->restarts + b->restarts, 0);
}

static void an_application_gets_what_the_pbx_sends(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ 0 });
	same_octets(x, peer_with(x, true, PROXIED_ALL), peer_with(x, false, PROXIED_ALL), 1000);
	proxied_end(x);
}

/* Each with all that its flags leave out, and counted as a PBX would count it. */
static void flags_are_honoured(void **state)
{
	static const uint32_t flags[] = { 0, DL3_FLAG_SIPTRACK, DL3_FLAG_CMEXTN, DL3_FLAG_CONN,
		                          PROXIED_ALL | DL3_FLAG_CONN };
	struct proxied world, *x = &world;

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		/* What another node saw connected, this one's events need not show. */
		proxied_begin(x, &(struct proxied_options){ .size = { .nodes = 1 } });
		struct peer *direct = peer_with(x, true, flags[i]), *served = peer_with(x, false, flags[i]);
		assert_int_equal(served->stream_result, DL3_EVENTS_SUCCESS);
		assert_int_equal(served->accepted, flags[i]);
		same_octets(x, direct, served, 300);
		proxied_end(x);
	}
}

static void a_network_can_be_heard_whole_or_one_node_of_it(void **state)
{
	static const uint32_t flags[] = { DL3_FLAG_SCN, DL3_FLAG_CMEXTN, DL3_FLAG_SCN | DL3_FLAG_CMEXTN };
	struct proxied world, *x = &world;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		proxied_begin(x, &(struct proxied_options){ .size = { .nodes = 3 },
		                                            .flags = PROXIED_ALL | DL3_FLAG_SCN,
		                                            .proxy = { .node = 0xc0a82a01 } });
		same_octets(x, peer_with(x, true, flags[i]), peer_with(x, false, flags[i]), 300);
		proxied_end(x);
	}
}

static void a_network_of_which_the_own_node_is_not_known_is_refused_in_part(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .flags = PROXIED_ALL | DL3_FLAG_SCN });
	struct peer *p = peer_new(x, &(struct peer_options){ .once = true });
	PROXIED_UNTIL(x, p->state == DL3_LINK_STOPPED && p->downs > 0);
	assert_int_equal(p->stream_result, DL3_EVENTS_FEATURE_NOT_AVAILABLE);
	assert_non_null(strstr(x->log, "feature_not_available"));
	(void)peer_with(x, false, DL3_FLAG_SCN);
	proxied_end(x);
}

static void what_the_link_does_not_bring_is_dropped_or_refused(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .flags = DL3_FLAG_CMEXTN });
	struct peer *p = peer_with(x, false, PROXIED_ALL | DL3_FLAG_SCN);
	assert_int_equal(p->stream_result, DL3_EVENTS_PARTIAL_SUCCESS);
	assert_int_equal(p->accepted, DL3_FLAG_CMEXTN);
	struct peer *q = peer_new(x, &(struct peer_options){ .once = true, .flags = DL3_FLAG_CD2 });
	PROXIED_UNTIL(x, q->downs > 0);
	assert_int_equal(q->stream_result, DL3_EVENTS_FEATURE_NOT_AVAILABLE);
	assert_int_equal(p->state, DL3_LINK_UP);
	proxied_end(x);
}

static void a_link_of_delta2_brings_delta2(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .flags = DL3_FLAG_CD2 | DL3_FLAG_CMEXTN });
	struct peer *q = peer_new(x, &(struct peer_options){ .once = true });
	PROXIED_UNTIL(x, q->downs > 0);
	assert_int_equal(q->stream_result, DL3_EVENTS_FEATURE_NOT_AVAILABLE);
	same_octets(x, peer_with(x, true, DL3_FLAG_CD2), peer_with(x, false, DL3_FLAG_CD2), 300);
	proxied_end(x);
}

/* ---- Late comers ---- */

/* Nothing happens any more, and all that did has come. */
static void stand_still(struct proxied *x)
{
	uint64_t before;

	sim_host_set_speed(x->host, 0.0001);
	do {
		before = proxy_counts(x->proxy).events;
		proxied_wait(x, 100);
	} while (proxy_counts(x->proxy).events != before);
}

static size_t live_ids(struct peer *p, char ids[][64], size_t max)
{
	const struct dl3_call_info *call;
	struct dl3_tracker_cursor c = { 0 };
	size_t n = 0;

	while (n < max && dl3_tracker_walk_calls(p->tracker, &c, &call) == DL3_OK) {
		if (call->id.len < 64 && memcpy(ids[n], call->id.ptr, call->id.len))
			ids[n++][call->id.len] = '\0';
	}
	qsort(ids, n, 64, (int (*)(const void *, const void *))strcmp);
	return n;
}

#define LIVE 400u
static void hold_against(struct peer *a, struct peer *b)
{
	static char of_a[LIVE][64], of_b[LIVE][64];
	/* Ends that only other nodes told of are gone after a while. */
	dl3_tracker_tick(a->tracker, proxied_now() + 2 * DL3_TRACKER_GRACE_MS);
	dl3_tracker_tick(b->tracker, proxied_now() + 2 * DL3_TRACKER_GRACE_MS);
	peer_tell(a);
	peer_tell(b);
	size_t n = live_ids(a, of_a, LIVE), m = live_ids(b, of_b, LIVE);

	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(of_a[i], of_b[i]);
}

static void one_who_comes_late_knows_the_same_calls(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .rate = RATE });
	struct peer *first = peer_up(x, &(struct peer_options){ .tracks = true });
	PROXIED_UNTIL(x, first->records > 2000 && sim_host_counts(x->host).calls_now > 5);
	stand_still(x);
	struct peer *late = peer_up(x, &(struct peer_options){ .tracks = true });
	struct peer *direct = peer_up(x, &(struct peer_options){ .tracks = true, .direct = true });
	PROXIED_UNTIL(x, first->state == DL3_LINK_UP && late->state == DL3_LINK_UP);
	assert_true(late->snapshot_records > 5);
	assert_int_equal(late->snapshot_records, direct->snapshot_records);
	hold_against(first, late);
	hold_against(direct, late);
	/* And from there on they hear the same, counted on from the snapshot. */
	sim_host_set_speed(x->host, 200);
	first->keeps = late->keeps = true;
	PROXIED_UNTIL(x, late->counted > 500 && first->counted == late->counted);
	assert_memory_equal(first->octets, late->octets, first->len);
	assert_int_equal(late->gaps + late->restarts, 0);
	proxied_end(x);
}

/* The calls of a late comer's snapshot end: nothing of it stays for ever. */
static void a_snapshot_has_nothing_that_never_ends(void **state)
{
	struct proxied world, *x = &world;
	const struct dl3_call_info *call;
	struct dl3_tracker_cursor c = { 0 };

	(void)state;
	proxied_begin(x, &(struct proxied_options){
				 .size = { .nodes = 3 }, .rate = RATE, .flags = PROXIED_ALL | DL3_FLAG_SCN });
	PROXIED_UNTIL(x, proxy_counts(x->proxy).events > 3000);
	struct peer *late = peer_up(x, &(struct peer_options){ .tracks = true, .flags = DL3_FLAG_SCN });
	assert_true(late->snapshot_records > 0);
	sim_host_set_rate(x->host, 0);
	PROXIED_UNTIL(x, sim_host_counts(x->host).calls_now == 0 && late->events > 0);
	proxied_wait(x, 300);
	dl3_tracker_tick(late->tracker, proxied_now() + 60000);
	peer_tell(late);
	assert_int_equal(dl3_tracker_walk_calls(late->tracker, &c, &call), DL3_END);
	assert_int_equal(proxy_counts(x->proxy).calls, 0);
	assert_int_equal(proxy_counts(x->proxy).forgotten, 0);
	proxied_end(x);
}

static void a_snapshot_past_the_limit_is_cut_and_counted(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .rate = RATE, .proxy = { .calls = 3 } });
	PROXIED_UNTIL(x, proxy_counts(x->proxy).forgotten > 10);
	stand_still(x);
	struct peer *late = peer_with(x, false, 0);
	assert_true(late->snapshot_records <= 3);
	assert_true(proxy_counts(x->proxy).calls <= 3);
	proxied_end(x);
}

/* ---- Many ---- */

static void two_hundred_applications_hear_the_same(void **state)
{
	struct proxied world, *x = &world;
	struct peer *p[200];

	(void)state;
	proxied_begin(x, &(struct proxied_options){ 0 });
	for (size_t i = 0; i < 200; i++)
		p[i] = peer_new(x, &(struct peer_options){ .flags = PROXIED_ALL });
	for (size_t i = 0; i < 200; i++) {
		PROXIED_UNTIL(x, p[i]->state == DL3_LINK_UP);
		p[i]->keeps = true;
	}
	assert_int_equal(proxy_counts(x->proxy).monitors, 200);
	sim_host_set_rate(x->host, RATE);
	PROXIED_UNTIL(x, p[0]->counted > 200);
	sim_host_set_rate(x->host, 0);
	PROXIED_UNTIL(x, sim_host_counts(x->host).calls_now == 0);
	const struct proxy_counts c = proxy_counts(x->proxy);
	PROXIED_UNTIL(x, p[0]->counted == proxy_counts(x->proxy).events);
	for (size_t i = 1; i < 200; i++) {
		PROXIED_UNTIL(x, p[i]->counted == p[0]->counted);
		assert_memory_equal(p[i]->octets, p[0]->octets, p[0]->len);
	}
	assert_true(c.deliveries >= 200 * 200);
	assert_int_equal(proxy_counts(x->proxy).deliveries, 200 * proxy_counts(x->proxy).events);
	assert_int_equal(proxy_counts(x->proxy).octets, 200 * p[0]->len);
	proxied_end(x);
}

static void a_gap_of_the_pbx_shows(void **state)
{
	struct proxied world, *x = &world;
	struct sim_fault fault = { .kind = SIM_FAULT_GAP, .value = 5, .node = 0 };
	struct sim_error error;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .rate = RATE });
	struct peer *all = peer_with(x, false, PROXIED_ALL), *some = peer_with(x, false, DL3_FLAG_CMEXTN);
	assert_true(sim_host_fault(x->host, &fault, &error));
	PROXIED_UNTIL(x, all->gaps == 1 && some->gaps == 1);
	assert_int_equal(all->restarts + some->restarts, 0);
	proxied_end(x);
}

static void files_are_forwarded_once_for_all_who_wait(void **state)
{
	struct proxied world, *x = &world;
	struct peer *p[3];

	(void)state;
	proxied_begin(x, &(struct proxied_options){ 0 });
	x->answer_late = 1;
	for (size_t i = 0; i < 3; i++) {
		p[i] = peer_with(x, false, 0);
		assert_int_equal(dl3_client_read(dl3_link_session(p[i]->link), "nasystem/user_list", NULL),
		                 DL3_OK);
		dl3_link_flush(p[i]->link);
	}
	proxied_wait(x, 50);
	assert_int_equal(x->files, 1);
	/* One of them is gone before the answer is there. */
	dl3_link_stop(p[2]->link);
	PROXIED_UNTIL(x, proxy_counts(x->proxy).connections == 2);
	x->done[0](true, (struct dl3_octets){ (const uint8_t *)"a,b\n", 4 }, x->done_arg[0]);
	PROXIED_UNTIL(x, p[0]->files == 1 && p[1]->files == 1);
	assert_string_equal(p[0]->file, "a,b\n");
	assert_int_equal(p[1]->file_result, DL3_READ_SUCCESS);
	x->answer_late = 0;
	assert_int_equal(dl3_client_read(dl3_link_session(p[0]->link), "nasystem/nothing", NULL), DL3_OK);
	dl3_link_flush(p[0]->link);
	PROXIED_UNTIL(x, p[0]->files == 2);
	assert_int_not_equal(p[0]->file_result, DL3_READ_SUCCESS);
	x->no_files = true;
	assert_int_equal(dl3_client_read(dl3_link_session(p[0]->link), "nasystem/user_list", NULL), DL3_OK);
	dl3_link_flush(p[0]->link);
	PROXIED_UNTIL(x, p[0]->files == 3);
	assert_int_not_equal(p[0]->file_result, DL3_READ_SUCCESS);
	proxied_end(x);
}

static void an_answer_that_comes_after_the_proxy_harms_nobody(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ 0 });
	x->answer_late = 1;
	struct peer *p = peer_with(x, false, 0);
	assert_int_equal(dl3_client_read(dl3_link_session(p->link), "nasystem/user_list", NULL), DL3_OK);
	dl3_link_flush(p->link);
	PROXIED_UNTIL(x, x->files == 1);
	proxy_free(x->proxy);
	x->proxy = NULL;
	x->done[0](true, (struct dl3_octets){ (const uint8_t *)"x", 1 }, x->done_arg[0]);
	proxied_end(x);
}

static void the_flags_can_be_changed_on_the_way(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .rate = RATE });
	struct peer *p = peer_with(x, false, 0);
	PROXIED_UNTIL(x, p->records > 50);
	assert_int_equal(dl3_client_stream(dl3_link_session(p->link), PROXIED_ALL, NULL), DL3_OK);
	dl3_link_flush(p->link);
	PROXIED_UNTIL(x, p->accepted == PROXIED_ALL);
	size_t had = p->records;
	PROXIED_UNTIL(x, p->records > had + 200);
	assert_int_equal(proxy_counts(x->proxy).monitors, 1);
	proxied_end(x);
}

DL3T_TESTS(cmocka_unit_test(an_application_gets_what_the_pbx_sends), cmocka_unit_test(flags_are_honoured),
           cmocka_unit_test(a_network_can_be_heard_whole_or_one_node_of_it),
           cmocka_unit_test(a_network_of_which_the_own_node_is_not_known_is_refused_in_part),
           cmocka_unit_test(what_the_link_does_not_bring_is_dropped_or_refused),
           cmocka_unit_test(a_link_of_delta2_brings_delta2),
           cmocka_unit_test(one_who_comes_late_knows_the_same_calls),
           cmocka_unit_test(a_snapshot_has_nothing_that_never_ends),
           cmocka_unit_test(a_snapshot_past_the_limit_is_cut_and_counted),
           cmocka_unit_test(two_hundred_applications_hear_the_same), cmocka_unit_test(a_gap_of_the_pbx_shows),
           cmocka_unit_test(files_are_forwarded_once_for_all_who_wait),
           cmocka_unit_test(an_answer_that_comes_after_the_proxy_harms_nobody),
           cmocka_unit_test(the_flags_can_be_changed_on_the_way));
