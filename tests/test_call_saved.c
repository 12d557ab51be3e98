/* SPDX-License-Identifier: MIT */
/* A tracker that is saved, restored and goes on: include/devlink3/call.h. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "call/saved.h"
#include "support/alloc.h"
#include "support/random.h"
#include "support/talk.h"

static struct dl3_octets save(struct dl3_tracker *t)
{
	size_t len = 0, again = 0;

	assert_int_equal(dl3_tracker_save(t, NULL, 0, &len), DL3_ERR_SPACE);
	uint8_t *p = malloc(len);
	assert_non_null(p);
	assert_int_equal(dl3_tracker_save(t, p, len - 1, &again), DL3_ERR_SPACE);
	assert_int_equal(again, len);
	assert_int_equal(dl3_tracker_save(t, p, len, &again), DL3_OK);
	assert_int_equal(again, len);
	return (struct dl3_octets){ p, len };
}

static struct dl3_tracker *restored(struct dl3_octets saved)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	assert_non_null(t);
	assert_int_equal(dl3_tracker_restore(t, saved), DL3_OK);
	return t;
}

static void drop(struct dl3_octets saved)
{
	free((void *)(uintptr_t)saved.ptr);
}

static void tell(struct dl3_tracker *t, const struct dl3t_talk *talk, size_t from, size_t to,
                 struct dl3t_text *out)
{
	for (size_t i = from; i < to; i++) {
		dl3t_talk_tell(t, &talk->said[i]);
		dl3t_talk_fetch(t, out, false);
	}
}

/* The same is told, and the same is there in the end, when the stream is cut at any point. */
static void goes_on(const struct dl3t_talk *talk, size_t step, bool lost)
{
	for (size_t at = lost ? 1 : 0; at <= talk->count; at += step) {
		struct dl3t_text before = { 0 }, with = { 0 }, without = { 0 };
		struct dl3_tracker *first = dl3_tracker_new(NULL, NULL);

		tell(first, talk, 0, at, &before);
		struct dl3_octets saved = save(first);
		struct dl3_tracker *t = restored(saved);
		/* Whoever is restored has lost the link. */
		if (lost)
			dl3_tracker_link_lost(first, talk->said[at - 1].now_ms);
		dl3t_talk_look(first, &without);
		dl3t_talk_look(t, &with);
		tell(first, talk, at, talk->count, &without);
		tell(t, talk, at, talk->count, &with);
		dl3t_talk_look(first, &without);
		dl3t_talk_look(t, &with);
		assert_string_equal(dl3t_text_of(&with), dl3t_text_of(&without));
		dl3t_text_free(&before);
		dl3t_text_free(&with);
		dl3t_text_free(&without);
		dl3_tracker_free(first);
		dl3_tracker_free(t);
		drop(saved);
	}
}

static void vectors_go_on_wherever_they_are_cut(void **state)
{
	static const char *const names[] = { "abandoned-in-the-queue",  "across-two-nodes",
		                             "blind-transfer",          "group-call-answered",
		                             "internal-call-with-hold", "left-a-message",
		                             "names-that-bite",         "off-hook-and-away",
		                             "outgoing-call",           "pushed-away-then-answered" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct dl3t_talk talk;

		dl3t_talk_load(&talk, names[i]);
		goes_on(&talk, 1, false);
		dl3t_talk_free(&talk);
	}
}

static void streams_go_on_wherever_they_are_cut(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct dl3t_talk talk;

		dl3t_talk_make(&talk, seed, 150, 0);
		goes_on(&talk, 11, false);
		dl3t_talk_free(&talk);
	}
}

static void streams_with_faults_go_on(void **state)
{
	(void)state;
	for (uint64_t seed = 100; seed < 108; seed++) {
		struct dl3t_talk talk;

		dl3t_talk_make(&talk, seed, 150, DL3T_TALK_FAULTS);
		goes_on(&talk, 11, true);
		dl3t_talk_free(&talk);
	}
}

static struct dl3_octets some_state(void)
{
	struct dl3t_talk talk;
	struct dl3t_text out = { 0 };
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	dl3t_talk_make(&talk, 5, 60, 0);
	tell(t, &talk, 0, talk.count * 2 / 3, &out);
	assert_true(dl3_tracker_counts(t).calls > 2);
	struct dl3_octets saved = save(t);
	dl3_tracker_free(t);
	dl3t_text_free(&out);
	dl3t_talk_free(&talk);
	return saved;
}

static void refused(struct dl3_tracker *t, const uint8_t *p, size_t len)
{
	/* Of just that length, so that a sanitizer sees what is read behind it. */
	uint8_t *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, p, len);
	assert_int_equal(dl3_tracker_restore(t, (struct dl3_octets){ copy, len }), DL3_ERR_SAVED);
	free(copy);
}

static void whatever_is_cut_is_refused(void **state)
{
	struct dl3_octets saved = some_state();
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	for (size_t len = 0; len < saved.len; len++)
		refused(t, saved.ptr, len);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
	dl3_tracker_free(t);
	drop(saved);
}

static void whatever_bit_is_turned_it_is_refused(void **state)
{
	struct dl3_octets saved = some_state();
	uint8_t *p = malloc(saved.len);
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	(void)state;
	memcpy(p, saved.ptr, saved.len);
	for (size_t bit = 0; bit < saved.len * 8; bit++) {
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		refused(t, p, saved.len);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	dl3_tracker_free(t);
	free(p);
	drop(saved);
}

static void drain(struct dl3_tracker *t)
{
	struct dl3_tracked told;

	while (dl3_tracker_next(t, &told) == DL3_OK)
		;
}

/* It goes on as any other, and can be saved again. */
static void must_go_on(struct dl3_tracker *t, const struct dl3t_talk *rest)
{
	struct dl3t_text shown = { 0 };

	dl3t_talk_look(t, &shown);
	dl3t_text_free(&shown);
	dl3_tracker_link_up(t, rest->said[rest->count / 2].now_ms);
	for (size_t i = rest->count / 2; i < rest->count; i++)
		dl3t_talk_tell(t, &rest->said[i]);
	dl3_tracker_snapshot_end(t, rest->said[rest->count - 1].now_ms);
	drain(t);
	struct dl3_octets saved = save(t);
	dl3_tracker_free(restored(saved));
	drop(saved);
	dl3_tracker_close(t, rest->said[rest->count - 1].now_ms);
	drain(t);
	assert_int_equal(dl3_tracker_counts(t).calls, 0);
}

/* Behind the sum, where only these checks are. */
static void whatever_octet_is_another_what_is_accepted_goes_on(void **state)
{
	struct dl3t_talk talk;
	struct dl3t_text out = { 0 };
	struct dl3_tracker *first = dl3_tracker_new(NULL, NULL);
	static const uint8_t masks[] = { 0x01, 0x02, 0x40, 0x80, 0xff };
	size_t accepted = 0, frame = 16;

	(void)state;
	dl3t_talk_make(&talk, 11, 25, 0);
	tell(first, &talk, 0, talk.count / 2, &out);
	struct dl3_octets saved = save(first);
	dl3_tracker_free(first);
	uint8_t *p = malloc(saved.len - frame);
	assert_non_null(p);
	memcpy(p, saved.ptr + frame, saved.len - frame);
	for (size_t i = 0; i < (saved.len - frame) * sizeof(masks); i++) {
		struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

		p[i / sizeof(masks)] ^= masks[i % sizeof(masks)];
		enum dl3_err err = dl3i_restore(t, (struct dl3_octets){ p, saved.len - frame });
		assert_true(err == DL3_OK || err == DL3_ERR_SAVED);
		if (err == DL3_OK)
			must_go_on(t, &talk);
		accepted += err == DL3_OK;
		dl3_tracker_free(t);
		p[i / sizeof(masks)] ^= masks[i % sizeof(masks)];
	}
	assert_true(accepted > 0);
	for (size_t len = 0; len < saved.len - frame; len++) {
		struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
		uint8_t *cut = malloc(len > 0 ? len : 1);

		assert_non_null(cut);
		memcpy(cut, p, len);
		assert_int_equal(dl3i_restore(t, (struct dl3_octets){ cut, len }), DL3_ERR_SAVED);
		free(cut);
		dl3_tracker_free(t);
	}
	free(p);
	drop(saved);
	dl3t_text_free(&out);
	dl3t_talk_free(&talk);
}

static void what_is_restored_is_saved_as_the_same_octets(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct dl3t_talk talk;
		struct dl3t_text out = { 0 };
		struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

		dl3t_talk_make(&talk, seed, 120, seed % 2 ? DL3T_TALK_FAULTS : 0);
		tell(t, &talk, 0, talk.count * 3 / 4, &out);
		struct dl3_octets saved = save(t);
		dl3_tracker_free(t);
		t = restored(saved);
		struct dl3_octets again = save(t);
		dl3_tracker_free(t);
		assert_int_equal(again.len, saved.len);
		assert_memory_equal(again.ptr, saved.ptr, saved.len);
		drop(saved);
		drop(again);
		dl3t_text_free(&out);
		dl3t_talk_free(&talk);
	}
}

static bool is_detail(const struct dl3t_said *s)
{
	return s->what == DL3T_RECORD && strstr(s->text, "<Detail>") != NULL;
}

/* What a PBX tells when a link comes up: of each call that is up the last that each node told. */
static void tell_snapshot(struct dl3_tracker *t, const struct dl3t_talk *talk, size_t at, int64_t now_ms)
{
	for (size_t i = 0; i < at; i++) {
		const struct dl3t_said *s = &talk->said[i];
		bool last = is_detail(s);

		for (size_t k = i + 1; last && k < at; k++) {
			const struct dl3t_said *later = &talk->said[k];

			last = later->call != s->call ||
			       !(later->over || (later->pbx == s->pbx && is_detail(later)));
		}
		if (last && !s->over) {
			struct dl3t_said again = *s;

			again.now_ms = now_ms;
			dl3t_talk_tell(t, &again);
		}
	}
}

static size_t ids(struct dl3_tracker *t, struct dl3t_text *out)
{
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_call_info *call;
	size_t count = 0;

	for (; dl3_tracker_walk_calls(t, &at, &call) == DL3_OK; count++)
		dl3t_printf(out, "%.*s %lld\n", (int)call->id.len, call->id.ptr, (long long)call->started);
	return count;
}

static void calls_that_are_up_are_in_the_next_snapshot_with_their_ids(void **state)
{
	size_t up = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct dl3t_talk talk;

		dl3t_talk_make(&talk, seed, 80, 0);
		for (size_t at = 1; at < talk.count; at += 5) {
			struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
			struct dl3t_text before = { 0 }, after = { 0 };
			int64_t now_ms = talk.said[at - 1].now_ms;

			tell(t, &talk, 0, at, &before);
			dl3t_text_free(&before);
			up += ids(t, &before);
			struct dl3_octets saved = save(t);
			dl3_tracker_free(t);
			t = restored(saved);
			dl3_tracker_link_up(t, now_ms);
			tell_snapshot(t, &talk, at, now_ms);
			dl3_tracker_snapshot_end(t, now_ms);
			drain(t);
			(void)ids(t, &after);
			assert_string_equal(dl3t_text_of(&after), dl3t_text_of(&before));
			dl3_tracker_free(t);
			drop(saved);
			dl3t_text_free(&before);
			dl3t_text_free(&after);
		}
		dl3t_talk_free(&talk);
	}
	assert_true(up > 100);
}

static void what_is_refused_leaves_the_tracker_as_it_was(void **state)
{
	struct dl3_octets saved = some_state();
	struct dl3_tracker *t = restored(saved);
	struct dl3t_text before = { 0 }, after = { 0 };

	(void)state;
	dl3t_talk_look(t, &before);
	refused(t, (const uint8_t *)"DL3T, or so it seems", 20);
	refused(t, saved.ptr, saved.len - 1);
	dl3t_talk_look(t, &after);
	assert_string_equal(dl3t_text_of(&before), dl3t_text_of(&after));
	dl3t_text_free(&before);
	dl3t_text_free(&after);
	dl3_tracker_free(t);
	drop(saved);
}

static void larger_limits_than_ours_are_refused(void **state)
{
	struct dl3_octets saved = some_state();
	struct dl3_tracker_config calls = { .max_calls = 2 }, groups = { .max_groups = 1 },
				  users = { .max_users = 2 };
	const struct dl3_tracker_config *configs[] = { &calls, &groups, &users };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct dl3_tracker *t = dl3_tracker_new(configs[i], NULL);

		refused(t, saved.ptr, saved.len);
		dl3_tracker_free(t);
	}
	drop(saved);
}

static void what_is_to_be_told_comes_first(void **state)
{
	struct dl3t_talk talk;
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);
	struct dl3t_text out = { 0 };
	size_t len;

	(void)state;
	dl3t_talk_make(&talk, 1, 3, 0);
	dl3t_talk_tell(t, &talk.said[0]);
	assert_int_equal(dl3_tracker_save(t, NULL, 0, &len), DL3_ERR_STATE);
	dl3t_talk_fetch(t, &out, false);
	assert_int_equal(dl3_tracker_save(t, NULL, 0, &len), DL3_ERR_SPACE);
	dl3t_text_free(&out);
	dl3_tracker_free(t);
	dl3t_talk_free(&talk);
}

static void each_allocation_of_a_restore_may_fail(void **state)
{
	struct dl3_octets saved = some_state();
	size_t failures = 1;

	(void)state;
	for (size_t at = 1; failures > 0; at++) {
		struct dl3t_alloc a;

		dl3t_alloc_init(&a);
		struct dl3_tracker *t = dl3_tracker_new(NULL, &a.allocator);
		a.fail_at = a.attempts + at;
		enum dl3_err err = dl3_tracker_restore(t, saved);
		failures = a.failures;
		/* Without a larger table of texts or a longer room it may do all the same. */
		assert_true(err == DL3_ERR_MEMORY || (err == DL3_OK && failures == 0));
		assert_int_equal(dl3_tracker_memory(t), a.live);
		dl3_tracker_free(t);
		assert_int_equal(dl3t_alloc_finish(&a), 0);
	}
	drop(saved);
}

/* ---- The next snapshot decides ---- */

static char ringing[] = "<Detail><Call>c0000201,7,,,,0,,,,,4001,,,,,,,</Call>"
			"<PartyA>c000020100000001,1,19,1,2,0,1,0,1,5,106,,,0,0,,,,,,,5550100,0,0,,</PartyA>"
			"<Target_list><Target>c000020100000002,0,0,8,106,,4001,0,0,,,,5550100,0</Target></"
			"Target_list></Detail>";
static const struct dl3t_said rings = { .pbx = 0xc0000201u, .now_ms = 1000, .text = ringing };

static struct dl3_tracker *restored_with_a_call(struct dl3t_text *out)
{
	struct dl3_tracker *t = dl3_tracker_new(NULL, NULL);

	dl3t_talk_tell(t, &rings);
	dl3_tracker_tick(t, 3000);
	dl3t_talk_fetch(t, out, true);
	struct dl3_octets saved = save(t);
	dl3_tracker_free(t);
	t = restored(saved);
	drop(saved);
	return t;
}

static void a_call_that_the_snapshot_lacks_ended_when_it_was_saved(void **state)
{
	struct dl3t_text out = { 0 };
	struct dl3_tracker *t = restored_with_a_call(&out);
	struct dl3_tracked told;

	(void)state;
	dl3_tracker_link_up(t, 60000);
	dl3_tracker_snapshot_end(t, 61000);
	assert_int_equal(dl3_tracker_next(t, &told), DL3_OK);
	assert_int_equal(told.type, DL3_TRACKED_CALL_ENDED);
	assert_int_equal(told.call->ended, 3000);
	assert_true(told.call->incomplete);
	dl3_tracker_free(t);
	dl3t_text_free(&out);
}

static void a_call_that_the_snapshot_has_goes_on_with_its_id_and_its_start(void **state)
{
	struct dl3t_text out = { 0 };
	struct dl3_tracker *t = restored_with_a_call(&out);
	struct dl3_tracked told;
	struct dl3t_said again = rings;
	const struct dl3_call_info *call;

	(void)state;
	again.now_ms = 60500;
	dl3_tracker_link_up(t, 60000);
	dl3t_talk_tell(t, &again);
	dl3_tracker_snapshot_end(t, 61000);
	while (dl3_tracker_next(t, &told) == DL3_OK)
		assert_true(told.type != DL3_TRACKED_CALL_BEGAN && told.type != DL3_TRACKED_CALL_ENDED);
	assert_int_equal(dl3_tracker_find_call(t, dl3_str_of("c000020100000001"), &call), DL3_OK);
	assert_int_equal(call->started, 1000);
	assert_true(call->incomplete);
	dl3_tracker_free(t);
	dl3t_text_free(&out);
}

DL3T_TESTS(cmocka_unit_test(vectors_go_on_wherever_they_are_cut),
           cmocka_unit_test(streams_go_on_wherever_they_are_cut), cmocka_unit_test(streams_with_faults_go_on),
           cmocka_unit_test(whatever_is_cut_is_refused),
           cmocka_unit_test(whatever_bit_is_turned_it_is_refused),
           cmocka_unit_test(whatever_octet_is_another_what_is_accepted_goes_on),
           cmocka_unit_test(what_is_restored_is_saved_as_the_same_octets),
           cmocka_unit_test(calls_that_are_up_are_in_the_next_snapshot_with_their_ids),
           cmocka_unit_test(what_is_refused_leaves_the_tracker_as_it_was),
           cmocka_unit_test(larger_limits_than_ours_are_refused),
           cmocka_unit_test(what_is_to_be_told_comes_first),
           cmocka_unit_test(each_allocation_of_a_restore_may_fail),
           cmocka_unit_test(a_call_that_the_snapshot_lacks_ended_when_it_was_saved),
           cmocka_unit_test(a_call_that_the_snapshot_has_goes_on_with_its_id_and_its_start));
