/* SPDX-License-Identifier: MIT */
/* What is published, kept and known; who is given it. */
#include "support/test.h"

#include "gateway/hub_parts.h"
#include "support/stage.h"

/* ---- Numbers and the ring ---- */

static void numbers_rise_by_one_from_the_first(void **state)
{
	(void)state;
	struct stage s;

	stage_open_as(&s, (struct hub_config){ .first_seq = 1000 }, (struct consumers_config){ 0 });
	assert_int_equal(hub_seq(s.hub), 999);
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(stage_tell(&s, HUB_CALL, "a", 1, NULL), 1000 + i);
	assert_int_equal(hub_seq(s.hub), 1009);
	assert_int_equal(hub_counts(s.hub).published[HUB_CALL], 10);
	stage_close(&s);
}

static void the_ring_keeps_the_last_by_number(void **state)
{
	(void)state;
	struct stage s;

	/* Rounded up to 16. */
	stage_open_as(&s, (struct hub_config){ .ring_messages = 9 }, (struct consumers_config){ 0 });
	for (int i = 0; i < 100; i++)
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
	stage_turn(&s);
	const struct hub_counts c = hub_counts(s.hub);
	assert_int_equal(c.kept, 16);
	assert_int_equal(c.first, 85);
	assert_null(hub_message_of(s.hub, 84));
	assert_int_equal(hub_message_of(s.hub, 85)->seq, 85);
	assert_int_equal(hub_message_of(s.hub, 100)->seq, 100);
	assert_null(hub_message_of(s.hub, 101));
	stage_close(&s);
}

static void the_ring_keeps_no_more_octets_than_it_may(void **state)
{
	(void)state;
	struct stage s;

	stage_open_as(&s, (struct hub_config){ .ring_bytes = 10000 }, (struct consumers_config){ 0 });
	for (int i = 0; i < 1000; i++) {
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
		stage_turn(&s);
		assert_true(hub_counts(s.hub).kept_bytes <= 10000);
	}
	const struct hub_counts c = hub_counts(s.hub);
	assert_true(c.kept > 20 && c.kept < 100);
	assert_int_equal(c.first + c.kept - 1, hub_seq(s.hub));
	assert_int_equal(hub_message_of(s.hub, hub_seq(s.hub))->seq, 1000);
	stage_close(&s);
}

static void a_message_larger_than_the_ring_is_delivered_and_not_kept(void **state)
{
	(void)state;
	static char body[200001];
	struct stage s;
	struct reader r;
	struct hub_news news = { .kind = HUB_CALL, .key = "call" };

	memset(body, 'x', sizeof(body) - 1);
	memcpy(body, "{\"n\":1,\"x\":\"", 12);
	memcpy(body + sizeof(body) - 3, "\"}", 2);
	news.body = dl3_str_of(body);
	stage_open_as(&s, (struct hub_config){ .ring_bytes = 10000 }, (struct consumers_config){ 0 });
	stage_join(&s, &r, "");
	assert_int_equal(hub_publish(s.hub, &news), 1);
	assert_int_equal(hub_publish(s.hub, &news), 2);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 2);
	assert_true(r.messages[1].len > 200000);
	assert_int_equal(hub_counts(s.hub).kept, 0);
	assert_int_equal(hub_counts(s.hub).kept_bytes, 0);
	reader_close(&r);
	stage_close(&s);
}

static void a_burst_longer_than_the_ring_reaches_who_keeps_up(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open_as(&s, (struct hub_config){ .ring_messages = 64 }, (struct consumers_config){ 0 });
	stage_join(&s, &r, "");
	/* In one turn of the loop. */
	for (int i = 0; i < 500; i++)
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 500);
	for (int i = 0; i < 500; i++)
		assert_int_equal(r.messages[i].n, i);
	reader_close(&r);
	stage_close(&s);
}

static void blocks_are_no_longer_than_a_turn_may_bring(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join(&s, &r, "");
	for (int i = 0; i < 5000; i++)
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
	/* Of some 100 octets each. */
	assert_true(hub_counts(s.hub).blocks >= 5000 * 100 / HUB_TURN_BYTES);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 5000);
	reader_close(&r);
	stage_close(&s);
}

/* ---- The text ---- */

static void a_message_says_who_when_what(void **state)
{
	(void)state;
	struct stage s;
	const struct hub_news news = { .kind = HUB_CALL,
		                       .pbx = dl3_str_of("ma\"in"),
		                       .about = dl3_str_of("c1"),
		                       .what = "began",
		                       .key = "call",
		                       .body = dl3_str_of("{\"id\":\"c1\"}") };
	static const char whole[] =
		"id: 7\nevent: call\ndata: "
		"{\"seq\":7,\"time\":1795434000.123,\"pbx\":\"ma\\\"in\",\"kind\":\"call\","
		"\"what\":\"began\",\"call\":{\"pbx\":\"ma\\\"in\",\"id\":\"c1\"}}\n\n";

	stage_open_as(&s, (struct hub_config){ .first_seq = 7 }, (struct consumers_config){ 0 });
	hub_publish(s.hub, &news);
	const struct hub_message *m = hub_message_of(s.hub, 7);
	assert_int_equal(m->len, sizeof(whole) - 1);
	assert_memory_equal(m->text, whole, sizeof(whole) - 1);
	struct dl3_str body = hub_latest(s.hub, HUB_CALL, news.pbx, news.about);
	static const char latest[] = "{\"pbx\":\"ma\\\"in\",\"id\":\"c1\"}";
	assert_int_equal(body.len, sizeof(latest) - 1);
	assert_memory_equal(body.ptr, latest, body.len);
	stage_close(&s);
}

static void bodies_may_be_empty_objects_and_bare_members(void **state)
{
	(void)state;
	static const struct {
		struct hub_news news;
		const char *json;
	} cases[] = {
		{ { .kind = HUB_USER, .key = "user" },
		  "{\"seq\":1,\"time\":1795434000.123,\"kind\":\"user\",\"user\":{}}" },
		{ { .kind = HUB_USER, .key = "user", .body = { .ptr = "{}", .len = 2 } },
		  "{\"seq\":1,\"time\":1795434000.123,\"kind\":\"user\",\"user\":{}}" },
		{ { .kind = HUB_GAP,
		    .pbx = { .ptr = "m", .len = 1 },
		    .body = { .ptr = "\"missed\":3", .len = 10 } },
		  "{\"seq\":1,\"time\":1795434000.123,\"pbx\":\"m\",\"kind\":\"gap\",\"missed\":3}" },
		{ { .kind = HUB_GAP }, "{\"seq\":1,\"time\":1795434000.123,\"kind\":\"gap\"}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage s;
		stage_open(&s);
		hub_publish(s.hub, &cases[i].news);
		const struct hub_message *m = hub_message_of(s.hub, 1);
		assert_int_equal(m->json_len, strlen(cases[i].json));
		assert_memory_equal(m->text + m->json_at, cases[i].json, m->json_len);
		stage_close(&s);
	}
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (enum hub_kind k = 0; k < HUB_KINDS; k++)
		assert_int_equal(hub_kind_of(dl3_str_of(hub_kind_name(k))), k);
	assert_int_equal(hub_kind_of(dl3_str_of("calls")), HUB_KINDS);
	assert_int_equal(hub_kind_of(dl3_str_of("")), HUB_KINDS);
	assert_string_equal(hub_kind_name(HUB_KINDS), "unknown");
}

/* ---- Things ---- */

struct list {
	char text[256];
	size_t tags;
};

static void add(struct dl3_str pbx, struct dl3_str about, struct dl3_str body, const uint64_t *tags,
                size_t tag_count, void *arg)
{
	struct list *l = arg;
	size_t len = strlen(l->text);
	json_t *object = json_loadb(body.ptr, body.len, 0, NULL);

	assert_non_null(object);
	assert_memory_equal(pbx.ptr, "main", 4);
	assert_true(tag_count > 0 && tags[0] == hub_tag(HUB_PBX, pbx));
	l->tags += tag_count - 1;
	(void)snprintf(l->text + len, sizeof(l->text) - len, "%.*s=%lld ", (int)about.len, about.ptr,
	               (long long)json_integer_value(json_object_get(object, "n")));
	json_decref(object);
}

static const char *things(const struct stage *s, enum hub_kind kind)
{
	static struct list l;

	memset(&l, 0, sizeof(l));
	hub_each(s->hub, kind, add, &l);
	return l.text;
}

static void what_is_now_is_the_latest_about_each(void **state)
{
	(void)state;
	struct stage s;

	stage_open(&s);
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_tell(&s, HUB_CALL, "b", 2, NULL);
	stage_tell(&s, HUB_USER, "a", 3, NULL);
	stage_tell(&s, HUB_CALL, "a", 4, NULL);
	stage_tell(&s, HUB_CALL, "c", 5, NULL);
	assert_string_equal(things(&s, HUB_CALL), "a=4 b=2 c=5 ");
	assert_string_equal(things(&s, HUB_USER), "a=3 ");
	assert_string_equal(things(&s, HUB_GROUP), "");
	stage_end(&s, "b", 6, NULL);
	assert_string_equal(things(&s, HUB_CALL), "a=4 c=5 ");
	assert_int_equal(hub_counts(s.hub).things, 3);
	/* What ends twice, or was never known, is nothing. */
	stage_end(&s, "b", 7, NULL);
	stage_end(&s, "never", 8, NULL);
	stage_end(&s, "a", 9, NULL);
	stage_end(&s, "c", 10, NULL);
	assert_string_equal(things(&s, HUB_CALL), "");
	stage_tell(&s, HUB_CALL, "b", 11, NULL);
	assert_string_equal(things(&s, HUB_CALL), "b=11 ");
	assert_int_equal(hub_latest(s.hub, HUB_CALL, dl3_str_of("main"), dl3_str_of("a")).len, 0);
	assert_int_equal(hub_latest(s.hub, HUB_CALL, dl3_str_of("mainb"), dl3_str_of("")).len, 0);
	stage_close(&s);
}

static void what_is_now_outlives_the_ring(void **state)
{
	(void)state;
	struct stage s;

	stage_open_as(&s, (struct hub_config){ .ring_messages = 4 }, (struct consumers_config){ 0 });
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	for (int i = 0; i < 100; i++)
		stage_tell(&s, HUB_RECORD, NULL, i, NULL);
	assert_string_equal(things(&s, HUB_CALL), "a=1 ");
	stage_close(&s);
}

static void many_things_are_found_again(void **state)
{
	(void)state;
	struct stage s;
	char about[16];

	stage_open(&s);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			(void)snprintf(about, sizeof(about), "%d", i);
			stage_tell(&s, HUB_CALL, about, i + round, NULL);
		}
	assert_int_equal(hub_counts(s.hub).things, 5000);
	for (int i = 0; i < 5000; i++) {
		char want[64];
		(void)snprintf(about, sizeof(about), "%d", i);
		(void)snprintf(want, sizeof(want), "{\"pbx\":\"main\",\"n\":%d}", i + 1);
		struct dl3_str body = hub_latest(s.hub, HUB_CALL, dl3_str_of("main"), dl3_str_of(about));
		assert_int_equal(body.len, strlen(want));
		assert_memory_equal(body.ptr, want, body.len);
		if (i % 2)
			stage_end(&s, about, 0, NULL);
	}
	assert_int_equal(hub_counts(s.hub).things, 2500);
	stage_close(&s);
}

/* ---- Filters ---- */

static uint64_t extension(const char *value)
{
	return hub_tag(HUB_EXTENSION, dl3_str_of(value));
}

/* The numbers that a query gets of a few messages, as text. */
static const char *got(const char *query)
{
	static char text[128];
	const uint64_t first[] = { extension("201"), hub_tag(HUB_GROUP_NUMBER, dl3_str_of("700")), 0 };
	const uint64_t second[] = { extension("202"), extension("203"),
		                    hub_tag(HUB_NODE, dl3_str_of("10.0.0.1")), 0 };
	struct hub_news other = { .kind = HUB_CALL, .pbx = dl3_str_of("branch"), .key = "call" };
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join(&s, &r, query);
	stage_tell(&s, HUB_CALL, "a", 1, first);
	stage_tell(&s, HUB_CALL, "b", 2, second);
	stage_tell(&s, HUB_RECORD, NULL, 3, second);
	stage_tell(&s, HUB_USER, "201", 4, (const uint64_t[]){ extension("201"), 0 });
	stage_tell(&s, HUB_LINK, "main", 5, NULL);
	stage_tell(&s, HUB_GAP, NULL, 6, NULL);
	other.body = dl3_str_of("{\"n\":7}");
	other.tags = first;
	other.tag_count = 2;
	hub_publish(s.hub, &other);
	other = (struct hub_news){ .kind = HUB_GAP,
		                   .pbx = dl3_str_of("branch"),
		                   .body = dl3_str_of("\"n\":8") };
	hub_publish(s.hub, &other);
	stage_drain(&s, &r);
	text[0] = '\0';
	for (size_t i = 0; i < r.count; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%lld ", r.messages[i].n);
	reader_close(&r);
	stage_close(&s);
	return text;
}

static void filters_choose_by_kind(void **state)
{
	(void)state;
	assert_string_equal(got(""), "1 2 4 5 6 7 8 ");
	assert_string_equal(got("kind=record"), "3 6 8 ");
	assert_string_equal(got("kind=user,link"), "4 5 6 8 ");
	assert_string_equal(got("kind=record,call,user,group,link,gap"), "1 2 3 4 5 6 7 8 ");
}

static void filters_choose_by_extension_group_and_node(void **state)
{
	(void)state;
	assert_string_equal(got("kind=call,record&extension=202"), "2 3 6 8 ");
	assert_string_equal(got("kind=call,record&extension=203,201"), "1 2 3 6 7 8 ");
	assert_string_equal(got("kind=call&group=700"), "1 6 7 8 ");
	assert_string_equal(got("kind=call&node=10.0.0.1"), "2 6 8 ");
	assert_string_equal(got("kind=call&extension=700"), "6 8 ");
	/* All that are named have to fit. */
	assert_string_equal(got("kind=call&extension=201&group=700"), "1 6 7 8 ");
	assert_string_equal(got("kind=call&extension=202&group=700"), "6 8 ");
}

static void links_and_gaps_concern_all_of_their_pbx(void **state)
{
	(void)state;
	assert_string_equal(got("pbx=main"), "1 2 4 5 6 ");
	assert_string_equal(got("pbx=branch"), "7 8 ");
	assert_string_equal(got("pbx=main&extension=999&node=x&group=y"), "5 6 ");
	assert_string_equal(got("pbx=none"), "");
	assert_string_equal(got("pbx=main,branch&extension=201"), "1 4 5 6 7 8 ");
}

/* ---- Sharing ---- */

static void the_same_filter_is_the_same_block(void **state)
{
	(void)state;
	struct stage s;
	struct reader r[8];
	static const char *const queries[8] = { "",
		                                "policy=latest&queue=5",
		                                "extension=201,202",
		                                "extension=202&extension=201&policy=disconnect",
		                                "",
		                                "kind=call",
		                                "extension=201,202,201",
		                                "" };

	stage_open(&s);
	for (int i = 0; i < 8; i++)
		stage_join(&s, &r[i], queries[i]);
	assert_int_equal(hub_counts(s.hub).channels, 3);
	assert_int_equal(hub_counts(s.hub).consumers, 8);
	for (int i = 0; i < 10; i++)
		stage_tell(&s, HUB_CALL, "a", i, (const uint64_t[]){ extension("201"), 0 });
	stage_turn(&s);
	/* One turn, one block for each channel. */
	assert_int_equal(hub_counts(s.hub).blocks, 3);
	assert_int_equal(hub_counts(s.hub).deliveries, 80);
	for (int i = 0; i < 8; i++) {
		stage_drain(&s, &r[i]);
		assert_int_equal(r[i].count, 10);
		reader_close(&r[i]);
	}
	stage_turn(&s);
	assert_int_equal(hub_counts(s.hub).channels, 0);
	assert_int_equal(hub_counts(s.hub).consumers, 0);
	assert_int_equal(s.released, 8);
	stage_close(&s);
}

static void encodings_do_not_share(void **state)
{
	(void)state;
	struct stage s;
	struct reader a, b;

	stage_open(&s);
	stage_join(&s, &a, "");
	stage_join_ws(&s, &b, "");
	assert_int_equal(hub_counts(s.hub).channels, 2);
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_drain(&s, &a);
	stage_drain(&s, &b);
	assert_int_equal(a.count, 1);
	assert_int_equal(b.count, 1);
	assert_int_equal(a.messages[0].seq, b.messages[0].seq);
	reader_close(&a);
	reader_close(&b);
	stage_close(&s);
}

static void what_concerns_nobody_makes_no_block(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join(&s, &r, "kind=user");
	stage_tell(&s, HUB_CALL, "a", 1, NULL);
	stage_turn(&s);
	assert_int_equal(hub_counts(s.hub).blocks, 0);
	stage_tell(&s, HUB_USER, "a", 2, NULL);
	stage_drain(&s, &r);
	assert_int_equal(hub_counts(s.hub).blocks, 1);
	assert_int_equal(r.count, 1);
	reader_close(&r);
	stage_close(&s);
}

DL3T_TESTS(cmocka_unit_test(numbers_rise_by_one_from_the_first),
           cmocka_unit_test(the_ring_keeps_the_last_by_number),
           cmocka_unit_test(the_ring_keeps_no_more_octets_than_it_may),
           cmocka_unit_test(a_message_larger_than_the_ring_is_delivered_and_not_kept),
           cmocka_unit_test(a_burst_longer_than_the_ring_reaches_who_keeps_up),
           cmocka_unit_test(blocks_are_no_longer_than_a_turn_may_bring),
           cmocka_unit_test(a_message_says_who_when_what),
           cmocka_unit_test(bodies_may_be_empty_objects_and_bare_members), cmocka_unit_test(kinds_have_names),
           cmocka_unit_test(what_is_now_is_the_latest_about_each),
           cmocka_unit_test(what_is_now_outlives_the_ring), cmocka_unit_test(many_things_are_found_again),
           cmocka_unit_test(filters_choose_by_kind),
           cmocka_unit_test(filters_choose_by_extension_group_and_node),
           cmocka_unit_test(links_and_gaps_concern_all_of_their_pbx),
           cmocka_unit_test(the_same_filter_is_the_same_block), cmocka_unit_test(encodings_do_not_share),
           cmocka_unit_test(what_concerns_nobody_makes_no_block));
