/* SPDX-License-Identifier: MIT */
/* A call of the tracker's in the store. */
#include "gateway/store_call.h"

#include <string.h>

#include "support/depot.h"
#include "support/test.h"

static struct dl3_str z(const char *text)
{
	return dl3_str_of(text);
}

static struct dl3_call_info info(void)
{
	return (struct dl3_call_info){ .id = z("0.1.7"),
		                       .state = DL3_CALL_OVER,
		                       .direction = DL3_CALL_INCOMING,
		                       .outcome = DL3_CALL_ANSWERED,
		                       .started = 1795434000100,
		                       .answered = 1795434005400,
		                       .ended = 1795434065900,
		                       .duration_ms = 65800,
		                       .ring_ms = 5300,
		                       .queue_ms = 1200,
		                       .talk_ms = 60500,
		                       .hold_ms = 2000,
		                       .voicemail_ms = 700,
		                       .cli = z("+49301234567"),
		                       .name = z("Anna"),
		                       .did = z("5550100"),
		                       .dialled = z("200"),
		                       .group = z("300"),
		                       .answered_by = z("201"),
		                       .account_code = z("A-7"),
		                       .tag = z("vip"),
		                       .transfers = 2,
		                       .cause = 16,
		                       .end_party = z("caller"),
		                       .incomplete = true,
		                       .counts = true };
}

static const char *csv(struct dl3t_depot *d, const struct dl3_call_info *call)
{
	struct store_filter f = dl3t_all();

	assert_true(store_put_ended(d->store, z("main"), call, z("{}")));
	dl3t_depot_settle(d);
	f.csv = true;
	dl3t_depot_history(d, &f);
	return dl3t_depot_rows(d);
}

static void every_field_finds_its_column(void **state)
{
	struct dl3_call_info call = info();
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	assert_string_equal(
		csv(&d, &call),
		"main,0.1.7,2026-11-23T11:40:00.1Z,2026-11-23T11:40:05.4Z,2026-11-23T11:41:05.9Z,incoming,"
		"answered,65.8,5.3,1.2,60.5,2.0,0.7,+49301234567,Anna,5550100,200,300,201,2,16,caller,true,"
		"A-7,vip\r\n");
	dl3t_depot_end(&d);
}

static void what_the_tracker_does_not_know_is_null(void **state)
{
	struct dl3_call_info call = { .id = z("1"),
		                      .direction = DL3_CALL_INTERNAL,
		                      .outcome = DL3_CALL_NO_OUTCOME,
		                      .started = 0,
		                      .answered = DL3_NO_TIME,
		                      .ended = DL3_NO_TIME,
		                      .cause = -1 };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	assert_string_equal(csv(&d, &call),
	                    "main,1,1970-01-01T00:00:00.0Z,,,internal,,0.0,0.0,0.0,0.0,0.0,0.0,,,,,,,0,,,"
	                    "false,,\r\n");
	dl3t_depot_end(&d);
}

static bool found_by(struct dl3t_depot *d, const char *extension)
{
	struct store_filter f = dl3t_all();

	f.extension = z(extension);
	dl3t_depot_history(d, &f);
	assert_int_equal(d->answer, STORE_ANSWERED);
	return d->row_count == 1;
}

static void a_call_is_found_by_everybody_it_concerned(void **state)
{
	struct dl3_str parties[] = { z("201"), z("202") }, rejected[] = { z("203") };
	struct dl3_call_moment timeline[] = { { .what = DL3_CALL_DID_BEGIN, .who = z("204") },
		                              { .what = DL3_CALL_DID_OFFER, .who = z("205") },
		                              { .what = DL3_CALL_DID_OFFER, .who = z("+49301234567") },
		                              { .what = DL3_CALL_DID_PARK, .who = z("62000") } };
	struct dl3_call_info call = info();
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	call.parties = (struct dl3_call_texts){ parties, 2 };
	call.rejected_by = (struct dl3_call_texts){ rejected, 1 };
	call.timeline = timeline;
	call.timeline_count = 4;
	(void)csv(&d, &call);
	assert_true(found_by(&d, "201"));
	assert_true(found_by(&d, "202"));
	assert_true(found_by(&d, "203"));
	assert_true(found_by(&d, "204"));
	assert_true(found_by(&d, "205"));
	assert_false(found_by(&d, "+49301234567"));
	assert_false(found_by(&d, "62000"));
	dl3t_depot_end(&d);
}

DL3T_TESTS(cmocka_unit_test(every_field_finds_its_column),
           cmocka_unit_test(what_the_tracker_does_not_know_is_null),
           cmocka_unit_test(a_call_is_found_by_everybody_it_concerned));
