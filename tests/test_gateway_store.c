/* SPDX-License-Identifier: MIT */
/* What the store holds. With DL3T_STORE set to the URL of an empty database all of this is done there. */
#include "gateway/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/depot.h"
#include "support/test.h"

static struct dl3_str z(const char *text)
{
	return dl3_str_of(text);
}

static const char *csv_of(struct dl3t_depot *d)
{
	struct store_filter f = dl3t_all();

	f.csv = true;
	dl3t_depot_history(d, &f);
	assert_int_equal(d->answer, STORE_ANSWERED);
	return dl3t_depot_rows(d);
}

/* ---- Calls ---- */

static void every_field_of_a_call_comes_back(void **state)
{
	struct dl3_str extensions[] = { z("201"), z("202") };
	struct store_segment segments[] = { { z("201"), 1795434005400, 1795434020000, 14600, 2000 } };
	struct store_call c = { .pbx = z("main"),
		                .id = z("0.1.77"),
		                .direction = z("incoming"),
		                .outcome = z("answered"),
		                .started_ms = 1795434000100,
		                .answered_ms = 1795434005400,
		                .ended_ms = 1795434065900,
		                .duration_ms = 65800,
		                .ring_ms = 5300,
		                .queue_ms = 1200,
		                .talk_ms = 60500,
		                .hold_ms = 2000,
		                .voicemail_ms = 700,
		                .cli = z("+49301234567"),
		                .name = z("Anna \"A\" Schmidt, Berlin"),
		                .did = z("5550100"),
		                .dialled = z("200"),
		                .group = z("300"),
		                .answered_by = z("201"),
		                .end_party = z("caller"),
		                .account_code = z("A-7"),
		                .tag = z("vip"),
		                .transfers = 2,
		                .cause = 16,
		                .incomplete = true,
		                .json = z("{\"id\":\"0.1.77\"}"),
		                .segments = segments,
		                .segment_count = 1,
		                .extensions = extensions,
		                .extension_count = 2 };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	assert_string_equal(csv_of(&d), "main,0.1.77,2026-11-23T11:40:00.1Z,2026-11-23T11:40:05.4Z,2026-11-"
	                                "23T11:41:05.9Z,incoming,answered,"
	                                "65.8,5.3,1.2,60.5,2.0,0.7,+49301234567,\"Anna \"\"A\"\" Schmidt, "
	                                "Berlin\",5550100,200,300,201,2,16,"
	                                "caller,true,A-7,vip\r\n");
	dl3t_depot_call(&d, "main", "0.1.77");
	assert_string_equal(dl3t_depot_rows(&d), "{\"id\":\"0.1.77\"}");
	dl3t_depot_end(&d);
}

static void what_a_call_does_not_have_is_absent(void **state)
{
	struct store_call c = { .pbx = z("main"),
		                .id = z("1"),
		                .started_ms = 0,
		                .answered_ms = STORE_NULL,
		                .ended_ms = STORE_NULL,
		                .duration_ms = STORE_NULL,
		                .ring_ms = STORE_NULL,
		                .queue_ms = STORE_NULL,
		                .talk_ms = STORE_NULL,
		                .hold_ms = STORE_NULL,
		                .voicemail_ms = STORE_NULL,
		                .transfers = STORE_NULL,
		                .cause = STORE_NULL };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	assert_string_equal(csv_of(&d), "main,1,1970-01-01T00:00:00.0Z,,,,,,,,,,,,,,,,,,,,false,,\r\n");
	dl3t_depot_end(&d);
}

static void a_call_that_comes_twice_replaces_itself(void **state)
{
	struct store_filter f = dl3t_all();
	struct store_call c = dl3t_call("1", 100);
	struct dl3_str before[] = { z("201"), z("202") }, after[] = { z("203") };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	c.name = z("old");
	c.extensions = before;
	c.extension_count = 2;
	dl3t_depot_put(&d, &c);
	c.name = z("new");
	c.json = z("again");
	c.extensions = after;
	c.extension_count = 1;
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "again");
	f.extension = z("201");
	dl3t_depot_history(&d, &f);
	assert_int_equal(d.row_count, 0);
	f.extension = z("203");
	f.text = z("new");
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "again");
	dl3t_depot_end(&d);
}

static void the_same_id_at_another_time_or_pbx_is_another_call(void **state)
{
	struct store_call a = dl3t_call("1", 100), b = dl3t_call("1", 200), c = dl3t_call("1", 100);
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	b.json = z("later");
	c.pbx = z("branch");
	c.json = z("branch");
	dl3t_depot_put(&d, &a);
	dl3t_depot_put(&d, &b);
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	dl3t_depot_call(&d, "main", "1");
	assert_string_equal(dl3t_depot_rows(&d), "later");
	dl3t_depot_call(&d, "branch", "1");
	assert_string_equal(dl3t_depot_rows(&d), "branch");
	dl3t_depot_call(&d, NULL, "1");
	assert_string_equal(dl3t_depot_rows(&d), "later");
	dl3t_depot_call(&d, NULL, "2");
	assert_int_equal(d.answer, STORE_NOT_FOUND);
	dl3t_depot_end(&d);
}

static void calls_are_there_after_a_restart(void **state)
{
	struct store_call c = dl3t_call("1", 100);
	struct store_filter f = dl3t_all();
	struct store_status last;
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	dl3t_depot_put(&d, &c);
	/* At once: closing stores what is queued. */
	last = dl3t_depot_close(&d);
	assert_int_equal(last.stored[STORE_CALL], 1);
	assert_int_equal(last.lost[STORE_CALL], 0);
	dl3t_depot_open(&d);
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "1");
	dl3t_depot_end(&d);
}

/* ---- Text ---- */

static void text_that_is_none_is_stored_as_what_it_could_be(void **state)
{
	struct store_call c = dl3t_call("1", 100);
	struct store_filter f = dl3t_all();
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	c.name = (struct dl3_str){ .ptr = "M\xfcller\0x", .len = 8 };
	c.tag = (struct dl3_str){ .ptr = "\"a\"\"b\"", .len = 6, .escaped = true };
	c.account_code = z("\xed\xa0\x80"); /* half of a pair */
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	assert_non_null(strstr(csv_of(&d), ",M\xc3\xbcller\xef\xbf\xbdx,"));
	assert_non_null(strstr(dl3t_depot_rows(&d), ",\"a\"\"b\"\r\n"));
	f.text = (struct dl3_str){ .ptr = "M\xdcLL", .len = 4 };
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "1");
	dl3t_depot_end(&d);
}

static void more_text_that_is_none_than_a_call_should_have(void **state)
{
	struct store_segment segments[500];
	struct dl3_str extensions[500];
	struct store_call c = dl3t_call("1", 100);
	struct store_filter f = dl3t_all();
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	for (size_t i = 0; i < 500; i++) {
		segments[i] = (struct store_segment){ .who = z("\xff\xfe"), .to_ms = STORE_NULL };
		extensions[i] = z("\xff");
	}
	c.segments = segments;
	c.extensions = extensions;
	c.segment_count = c.extension_count = 500;
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	f.extension = z("\xff");
	dl3t_depot_history(&d, &f);
	assert_string_equal(dl3t_depot_rows(&d), "1");
	dl3t_depot_end(&d);
}

static void an_item_too_large_is_refused_and_counted(void **state)
{
	struct store_call c = dl3t_call("1", 100);
	char *large = malloc(STORE_ITEM_BYTES);
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	assert_non_null(large);
	memset(large, 'x', STORE_ITEM_BYTES);
	c.json = (struct dl3_str){ .ptr = large, .len = STORE_ITEM_BYTES };
	assert_false(store_put_call(d.store, &c));
	store_dispatch(d.store);
	assert_int_equal(d.told.lost[STORE_CALL], 1);
	free(large);
	dl3t_depot_end(&d);
}

/* ---- Events and the rest ---- */

static void events_come_back_whole_and_in_order(void **state)
{
	struct store_event e = { .seq = 7,
		                 .time_ms = 1795434000100,
		                 .pbx = z("main"),
		                 .node = z("192.168.42.3"),
		                 .kind = z("record"),
		                 .counter = 4294967295u,
		                 .call = z("0.1.77"),
		                 .json = z("{}"),
		                 .raw = z("<Delta3>") };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	assert_true(store_put_event(d.store, &e));
	e.seq = 5;
	e.call = z(NULL);
	assert_true(store_put_event(d.store, &e));
	dl3t_depot_settle(&d);
	dl3t_depot_events(&d, 0, 0);
	assert_int_equal(d.event_count, 2);
	assert_int_equal(d.events[0].seq, 5);
	assert_null(d.events[0].call.ptr);
	assert_int_equal(d.events[1].seq, 7);
	assert_int_equal(d.events[1].time_ms, 1795434000100);
	assert_int_equal(d.events[1].counter, 4294967295u);
	assert_string_equal(d.events[1].pbx.ptr, "main");
	assert_string_equal(d.events[1].node.ptr, "192.168.42.3");
	assert_string_equal(d.events[1].kind.ptr, "record");
	assert_string_equal(d.events[1].call.ptr, "0.1.77");
	assert_string_equal(d.events[1].json.ptr, "{}");
	assert_string_equal(d.events[1].raw.ptr, "<Delta3>");
	dl3t_depot_events(&d, 5, 0);
	assert_int_equal(d.event_count, 1);
	dl3t_depot_events(&d, 0, 1);
	assert_int_equal(d.events[0].seq, 5);
	assert_int_equal(d.event_count, 1);
	dl3t_depot_events(&d, UINT64_MAX, 0);
	assert_int_equal(d.event_count, 0);
	dl3t_depot_end(&d);
}

static void a_call_has_its_events(void **state)
{
	struct store_call c = dl3t_call("1", 100);
	struct store_event e = { .pbx = z("main"), .call = z("1"), .json = z("{}") };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	dl3t_depot_put(&d, &c);
	for (e.seq = 1; e.seq <= 3; e.seq++)
		assert_true(store_put_event(d.store, &e));
	e.pbx = z("branch");
	assert_true(store_put_event(d.store, &e));
	dl3t_depot_settle(&d);
	dl3t_depot_call(&d, NULL, "1");
	assert_int_equal(d.event_count, 3);
	assert_int_equal(d.events[2].seq, 3);
	dl3t_depot_end(&d);
}

static void a_call_that_is_up_has_events_and_no_row(void **state)
{
	struct store_event e = { .seq = 1, .pbx = z("main"), .call = z("1"), .json = z("{}") };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	assert_true(store_put_event(d.store, &e));
	dl3t_depot_settle(&d);
	dl3t_depot_call(&d, "main", "1");
	assert_int_equal(d.answer, STORE_ANSWERED);
	assert_int_equal(d.row_count, 0);
	assert_int_equal(d.event_count, 1);
	dl3t_depot_call(&d, "main", "2");
	assert_int_equal(d.answer, STORE_NOT_FOUND);
	dl3t_depot_end(&d);
}

static void events_of_a_call_that_was_another_s_are_that_one_s(void **state)
{
	struct store_call c = dl3t_call("1", 100);
	struct store_event e = { .seq = 1, .pbx = z("main"), .call = z("2"), .json = z("{}") };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	dl3t_depot_put(&d, &c);
	assert_true(store_put_event(d.store, &e));
	e = (struct store_event){ .seq = 2, .pbx = z("branch"), .call = z("2"), .json = z("{}") };
	assert_true(store_put_event(d.store, &e));
	assert_true(store_put_merged(d.store, z("main"), z("2"), z("1")));
	dl3t_depot_settle(&d);
	dl3t_depot_call(&d, "main", "1");
	assert_int_equal(d.event_count, 1);
	assert_int_equal(d.events[0].seq, 1);
	dl3t_depot_events(&d, 1, 0);
	assert_string_equal(d.events[0].call.ptr, "2");
	dl3t_depot_end(&d);
}

static void numbers_past_the_limits_are_the_largest_there_is(void **state)
{
	struct store_event e = { .seq = UINT64_MAX, .counter = UINT64_MAX, .time_ms = INT64_MAX };
	struct store_call c = dl3t_call("1", 100);
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	c.duration_ms = INT64_MAX;
	c.ended_ms = INT64_MAX;
	c.talk_ms = INT64_MIN + 1;
	dl3t_depot_put(&d, &c);
	assert_true(store_put_event(d.store, &e));
	dl3t_depot_settle(&d);
	dl3t_depot_events(&d, 0, 0);
	assert_int_equal(d.events[0].seq, INT64_MAX);
	assert_int_equal(d.events[0].counter, INT64_MAX);
	assert_int_equal(d.events[0].time_ms, INT64_MAX);
	assert_non_null(strstr(csv_of(&d), ",9223372036854775.8,"));
	assert_non_null(strstr(dl3t_depot_rows(&d), ",-9223372036854775.8,"));
	dl3t_depot_end(&d);
}

struct states {
	char text[200];
	size_t n;
};

static void on_open(struct dl3_str pbx, struct dl3_octets state, void *arg)
{
	struct states *s = arg;

	s->n += (size_t)snprintf(s->text + s->n, sizeof(s->text) - s->n, "%.*s:", (int)pbx.len, pbx.ptr);
	for (size_t i = 0; i < state.len; i++)
		s->n += (size_t)snprintf(s->text + s->n, sizeof(s->text) - s->n, "%02x", state.ptr[i]);
	s->n += (size_t)snprintf(s->text + s->n, sizeof(s->text) - s->n, " ");
}

static void put_state(struct dl3t_depot *d, const char *pbx, const char *octets, size_t len)
{
	struct dl3_octets o = { (const uint8_t *)octets, len };

	dl3t_depot_settle(d);
	assert_true(store_put_open(d->store, z(pbx), o));
}

static void a_restart_goes_on_where_it_was(void **state)
{
	char error[200] = "";
	struct states s = { .n = 0 };
	uint64_t seq = 1;
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	assert_true(store_restore(d.store, &seq, on_open, &s, error, sizeof(error)));
	assert_int_equal(seq, 0);
	assert_string_equal(s.text, "");
	put_state(&d, "main", "old", 3);
	put_state(&d, "main", "\0\xff\x01", 3);
	put_state(&d, "gone", "x", 1);
	put_state(&d, "gone", "", 0);
	put_state(&d, "branch", "b", 1);
	store_put_seq(d.store, 99);
	(void)dl3t_depot_close(&d);
	dl3t_depot_open(&d);
	assert_true(store_restore(d.store, &seq, on_open, &s, error, sizeof(error)));
	assert_int_equal(seq, 99);
	assert_string_equal(s.text, "branch:62 main:00ff01 ");
	dl3t_depot_end(&d);
}

static void which_calls_have_ended_can_be_asked(void **state)
{
	struct dl3t_depot d;
	struct store_known calls[] = { { .id = z("a"), .started_ms = 1000 },
		                       { .id = z("a"), .started_ms = 1001 },
		                       { .id = z("b"), .started_ms = 1000 },
		                       { .id = z("c"), .started_ms = 7 } };

	(void)state;
	dl3t_depot_begin(&d);
	assert_true(store_know_ended(d.store, z("main"), calls, 0));
	assert_true(store_put_call(
		d.store, &(struct store_call){ .pbx = z("main"), .id = z("a"), .started_ms = 1000 }));
	assert_true(store_put_call(
		d.store, &(struct store_call){ .pbx = z("branch"), .id = z("b"), .started_ms = 1000 }));
	assert_true(store_put_call(d.store,
	                           &(struct store_call){ .pbx = z("main"), .id = z("c"), .started_ms = 7 }));
	dl3t_depot_settle(&d);
	assert_true(store_know_ended(d.store, z("main"), calls, 4));
	assert_true(calls[0].ended && calls[3].ended);
	assert_false(calls[1].ended || calls[2].ended);
	dl3t_depot_end(&d);
}

static void a_sequence_number_alone_is_stored(void **state)
{
	char error[200];
	uint64_t seq;
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	store_put_seq(d.store, 5);
	(void)dl3t_depot_close(&d);
	dl3t_depot_open(&d);
	assert_true(store_restore(d.store, &seq, NULL, NULL, error, sizeof(error)));
	assert_int_equal(seq, 5);
	dl3t_depot_end(&d);
}

static void users_and_groups_are_kept_as_last_known(void **state)
{
	struct store_thing t = {
		.pbx = z("main"), .number = z("201"), .name = z("Ann"), .time_ms = 1, .json = z("{}")
	};
	struct store_status s;
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	assert_true(store_put_user(d.store, &t));
	t.name = z("Bob");
	assert_true(store_put_user(d.store, &t));
	assert_true(store_put_group(d.store, &t));
	dl3t_depot_settle(&d);
	store_status(d.store, &s);
	assert_int_equal(s.stored[STORE_USER], 2);
	assert_int_equal(s.stored[STORE_GROUP], 1);
	assert_int_equal(s.unstorable[STORE_USER] + s.unstorable[STORE_GROUP], 0);
	dl3t_depot_end(&d);
}

/* ---- Counts ---- */

static void a_series_counts_each_step(void **state)
{
	struct store_call a = dl3t_call("1", 100), b = dl3t_call("2", 109), c = dl3t_call("3", 120);
	struct store_call e = dl3t_call("4", 130);
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	b.direction = z("internal");
	b.outcome = z("abandoned");
	b.group = z("300");
	c.direction = z("outgoing");
	c.outcome = z("voicemail");
	c.group = z("300");
	c.pbx = z("branch");
	dl3t_depot_put(&d, &a);
	dl3t_depot_put(&d, &b);
	dl3t_depot_put(&d, &c);
	dl3t_depot_put(&d, &e); /* after the end */
	dl3t_depot_settle(&d);
	dl3t_depot_series(&d, NULL, NULL, 100000, 125000, 10000);
	assert_int_equal(d.point_count, 3);
	assert_int_equal(d.points[0].at_ms, 100000);
	assert_int_equal(d.points[0].calls, 2);
	assert_int_equal(d.points[0].incoming, 1);
	assert_int_equal(d.points[0].internal, 1);
	assert_int_equal(d.points[0].answered, 1);
	assert_int_equal(d.points[0].abandoned, 1);
	assert_int_equal(d.points[0].talk_ms, 55000);
	assert_int_equal(d.points[1].calls, 0);
	assert_int_equal(d.points[2].outgoing, 1);
	assert_int_equal(d.points[2].voicemail, 1);
	dl3t_depot_series(&d, NULL, "300", 100000, 125000, 10000);
	assert_int_equal(d.points[0].calls, 1);
	assert_int_equal(d.points[2].calls, 1);
	dl3t_depot_series(&d, "branch", "300", 100000, 125000, 10000);
	assert_int_equal(d.points[0].calls, 0);
	assert_int_equal(d.points[2].calls, 1);
	dl3t_depot_end(&d);
}

static void a_series_without_sense_is_refused(void **state)
{
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	dl3t_depot_series(&d, NULL, NULL, 0, 1000, 0);
	assert_int_equal(d.answer, STORE_BAD_QUERY);
	dl3t_depot_series(&d, NULL, NULL, 1000, 1000, 1);
	assert_int_equal(d.answer, STORE_BAD_QUERY);
	dl3t_depot_series(&d, NULL, NULL, 0, 10001, 1);
	assert_int_equal(d.answer, STORE_BAD_QUERY);
	dl3t_depot_series(&d, NULL, NULL, INT64_MIN, INT64_MAX, INT64_MAX);
	assert_int_equal(d.answer, STORE_BAD_QUERY);
	dl3t_depot_series(&d, NULL, NULL, 0, 10000, 1);
	assert_int_equal(d.answer, STORE_ANSWERED);
	assert_int_equal(d.point_count, 10000);
	dl3t_depot_end(&d);
}

/* ---- CSV ---- */

struct pieces {
	char *text;
	size_t len;
	unsigned count;
	bool end;
};

static void on_piece(const char *text, size_t len, bool end, const char *reason, void *arg)
{
	struct pieces *p = arg;

	assert_null(reason);
	p->text = realloc(p->text, p->len + len + 1);
	memcpy(p->text + p->len, text, len);
	p->len += len;
	p->text[p->len] = '\0';
	p->count++;
	p->end = end;
}

static void wait_for_piece(struct dl3t_depot *d, struct pieces *p, unsigned count)
{
	for (int i = 0; i < 10000000 && p->count < count; i++)
		store_dispatch(d->store);
	assert_int_equal(p->count, count);
}

static void a_long_csv_comes_in_pieces(void **state)
{
	struct store_filter f = dl3t_all();
	struct pieces p = { .text = NULL };
	struct store_csv *csv;
	size_t lines = 0;
	char id[16] = "";
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	for (int i = 0; i < 2500; i++) {
		struct store_call c = dl3t_call(id, 100 + i / 10);
		c.id.len = (uint32_t)snprintf(id, sizeof(id), "%d", i);
		dl3t_depot_put(&d, &c);
	}
	dl3t_depot_settle(&d);
	f.direction = z("incoming");
	csv = store_csv_new(d.store, &f, on_piece, &p);
	assert_non_null(csv);
	for (unsigned i = 1; i <= 3; i++) {
		wait_for_piece(&d, &p, i);
		assert_int_equal(p.end, i == 3);
		if (!p.end)
			store_csv_more(csv);
	}
	for (const char *at = p.text; (at = strstr(at, "\r\n")) != NULL; at += 2)
		lines++;
	assert_int_equal(lines, 2501);
	assert_memory_equal(p.text, "pbx,id,started,", 15);
	store_csv_free(csv);
	free(p.text);
	dl3t_depot_end(&d);
}

static void a_csv_that_is_not_wanted_any_more_is_forgotten(void **state)
{
	struct store_filter f = dl3t_all();
	struct pieces p = { .text = NULL };
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	store_csv_free(store_csv_new(d.store, &f, on_piece, &p));
	dl3t_depot_history(&d, &f);
	assert_int_equal(p.count, 0);
	dl3t_depot_end(&d);
}

static void a_name_is_no_formula(void **state)
{
	struct store_call c = dl3t_call("1", 100);
	struct dl3t_depot d;

	(void)state;
	dl3t_depot_begin(&d);
	c.name = z("=1+1");
	c.cli = z("+49 (30) 12-34");
	c.tag = z("-x");
	dl3t_depot_put(&d, &c);
	dl3t_depot_settle(&d);
	assert_non_null(strstr(csv_of(&d), ",+49 (30) 12-34,\"'=1+1\","));
	assert_non_null(strstr(dl3t_depot_rows(&d), ",\"'-x\"\r\n"));
	dl3t_depot_end(&d);
}

DL3T_TESTS(cmocka_unit_test(every_field_of_a_call_comes_back),
           cmocka_unit_test(what_a_call_does_not_have_is_absent),
           cmocka_unit_test(a_call_that_comes_twice_replaces_itself),
           cmocka_unit_test(the_same_id_at_another_time_or_pbx_is_another_call),
           cmocka_unit_test(calls_are_there_after_a_restart),
           cmocka_unit_test(text_that_is_none_is_stored_as_what_it_could_be),
           cmocka_unit_test(more_text_that_is_none_than_a_call_should_have),
           cmocka_unit_test(an_item_too_large_is_refused_and_counted),
           cmocka_unit_test(events_come_back_whole_and_in_order), cmocka_unit_test(a_call_has_its_events),
           cmocka_unit_test(a_call_that_is_up_has_events_and_no_row),
           cmocka_unit_test(events_of_a_call_that_was_another_s_are_that_one_s),
           cmocka_unit_test(numbers_past_the_limits_are_the_largest_there_is),
           cmocka_unit_test(a_restart_goes_on_where_it_was),
           cmocka_unit_test(which_calls_have_ended_can_be_asked),
           cmocka_unit_test(a_sequence_number_alone_is_stored),
           cmocka_unit_test(users_and_groups_are_kept_as_last_known),
           cmocka_unit_test(a_series_counts_each_step), cmocka_unit_test(a_series_without_sense_is_refused),
           cmocka_unit_test(a_long_csv_comes_in_pieces),
           cmocka_unit_test(a_csv_that_is_not_wanted_any_more_is_forgotten),
           cmocka_unit_test(a_name_is_no_formula));
