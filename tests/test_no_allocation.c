/* SPDX-License-Identifier: MIT */
/*
 * That decoding allocates nothing. The linker leads every call of an allocating function in this
 * program, the library's among them, through here (--wrap, tests/CMakeLists.txt), and what is
 * called between begin() and end() is counted.
 */
#include "support/test.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/devlink3.h>
#include <jansson.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/random.h"

static bool counting;
/* An optimiser knows that malloc() leaves it alone; that ours does not is for volatile to say. */
static volatile size_t allocations;

#define COUNTED(type, name, parameters, arguments) \
	type __real_##name parameters;             \
	type __wrap_##name parameters;             \
	type __wrap_##name parameters              \
	{                                          \
		allocations += counting;           \
		return __real_##name arguments;    \
	}
COUNTED(void *, malloc, (size_t n), (n))
COUNTED(void *, calloc, (size_t n, size_t size), (n, size))
COUNTED(void *, realloc, (void *block, size_t n), (block, n))
COUNTED(char *, strdup, (const char *text), (text))
#ifndef _WIN32 /* has none of these */
COUNTED(void *, reallocarray, (void *block, size_t n, size_t size), (block, n, size))
COUNTED(void *, aligned_alloc, (size_t alignment, size_t n), (alignment, n))
COUNTED(int, posix_memalign, (void **block, size_t alignment, size_t n), (block, alignment, n))
COUNTED(char *, strndup, (const char *text, size_t n), (text, n))
#endif

static void begin(void)
{
	allocations = 0;
	counting = true;
}

static size_t end(void)
{
	counting = false;
	return allocations;
}

/* What has been decoded, a bit for each type and kind. */
static unsigned types_seen, kinds_seen;

static char scratch[DL3_RECORD_SCRATCH_MAX];
static char output[8 * DL3_RECORD_SCRATCH_MAX];

/* ---- Everything that reads ---- */

static void read_text(struct dl3_str text)
{
	size_t len = 0;

	assert_int_equal(dl3_str_plain(text, output, sizeof(output), &len), DL3_OK);
}

static void read_row(enum dl3_row_kind kind, const struct dl3_row *row)
{
	if (row->raw.ptr)
		read_text(dl3_row_text(kind, row->raw, 1));
}

static void read_record(const struct dl3_record *r)
{
	struct dl3_str rest = r->u.detail.targets.raw;
	struct dl3_target target;

	kinds_seen |= 1u << r->kind;
	if (r->raw.ptr)
		read_text(r->raw);
	if (r->kind != DL3_KIND_DETAIL)
		return;
	if (r->u.detail.has_a)
		read_row(DL3_ROW_party, &r->u.detail.a.row);
	while (dl3_target_next(&rest, &target) == DL3_OK)
		read_row(DL3_ROW_target, &target.row);
}

static void read_tuples(struct dl3_octets table, struct dl3_fault *fault)
{
	struct dl3_tuple tuple;
	struct dl3_record record;

	while (dl3_tuple_next(&table, &tuple, fault) == DL3_OK) {
		if (dl3_record_decode(&tuple, scratch, sizeof(scratch), &record, fault) == DL3_OK)
			read_record(&record);
	}
}

static void read_octets(const uint8_t *data, size_t len)
{
	struct dl3_fault fault = { .err = DL3_OK };
	struct dl3_frame frame;
	struct dl3_msg msg;
	char why[DL3_FAULT_TEXT_MAX];

	if (dl3_frame_decode(data, len, &frame, &fault) == DL3_OK &&
	    dl3_msg_decode(frame.payload, &msg, &fault) == DL3_OK) {
		types_seen |= 1u << msg.type;
		if (msg.type == DL3_MSG_EVENT)
			read_tuples(msg.u.event.tuples, &fault);
		if (msg.type == DL3_MSG_EVENT_REQUEST)
			(void)dl3_flags_parse(msg.u.event_request.flags, NULL);
	}
	(void)dl3_fault_text(&fault, why, sizeof(why));
}

/* ---- The vectors ---- */

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	if (!root)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return root;
}

static void vectors(const json_t *list)
{
	size_t i;
	const json_t *vector;

	assert_true(json_array_size(list) > 0);
	json_array_foreach(list, i, vector)
	{
		size_t len = 0;
		uint8_t *data = dl3t_hex(json_string_value(json_object_get(vector, "hex")), &len);

		begin();
		read_octets(data, len);
		size_t count = end();
		if (count > 0)
			fail_msg("%s: %zu allocations", json_string_value(json_object_get(vector, "name")),
			         count);
		dl3t_guard_free(data, len);
	}
}

static void decoding_the_vectors_allocates_nothing(void **state)
{
	json_t *root = load(DL3T_DATA "/wire.json");

	(void)state;
	types_seen = 0;
	vectors(json_object_get(root, "frames"));
	vectors(json_object_get(root, "malformed"));
	json_decref(root);
	/* Every message of the table was among them; here is one that is not of it. */
	begin();
	read_octets((const uint8_t *)"I\0\011\x12\x34\x56\x78xy", 9);
	assert_int_equal(end(), 0);
	assert_int_equal(types_seen, (2u << DL3_MSG_READ_REPLY) - 1);
}

static size_t stream(const char *path)
{
	json_t *root = load(path);
	size_t i;
	const json_t *event;

	json_array_foreach(json_object_get(root, "events"), i, event)
	{
		struct dl3_str text = dl3_str_of(json_string_value(json_object_get(event, "xml")));
		struct dl3_record record;

		begin();
		assert_int_equal(dl3_delta3_decode(text, &record, NULL), DL3_OK);
		read_record(&record);
		assert_int_equal(end(), 0);
	}
	json_decref(root);
	return i;
}

static void decoding_the_streams_allocates_nothing(void **state)
{
	DIR *dir = opendir(DL3T_DATA "/calls");
	size_t count = 0;

	(void)state;
	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char path[8192];

		if (!strstr(entry->d_name, ".json"))
			continue;
		(void)snprintf(path, sizeof(path), "%s/calls/%s", DL3T_DATA, entry->d_name);
		count += stream(path);
	}
	(void)closedir(dir);
	assert_true(count > 0);
}

/* ---- Random records ---- */

#define ROUNDS 300u
/* Those of which a record can be made by hand: all behind UNKNOWN, the first. */
#define KINDS ((unsigned)DL3_KIND_CMEXTN_STATE)

static struct dl3t_made made;

/* Reads an encoded record, and once more with octets knocked over. */
static void read_and_damage(struct dl3t_random *random, uint8_t *data, size_t len)
{
	struct dl3_fault fault = { .err = DL3_OK };

	begin();
	read_tuples((struct dl3_octets){ data, len }, &fault);
	assert_int_equal(end(), 0);
	for (unsigned i = 0; i < 3; i++)
		data[DL3_TUPLE_HEADER + dl3t_below(random, len - DL3_TUPLE_HEADER)] =
			(uint8_t)dl3t_random(random);
	begin();
	read_tuples((struct dl3_octets){ data, len }, &fault);
	assert_int_equal(end(), 0);
}

static void decoding_random_records_allocates_nothing(void **state)
{
	static uint8_t octets[DL3_TUPLE_HEADER + 3 * DL3_TUPLE_DATA_MAX];
	struct dl3t_random random = { 271828 };

	(void)state;
	kinds_seen = 0;
	for (unsigned round = 0; round < ROUNDS * KINDS; round++) {
		enum dl3_kind kind = (enum dl3_kind)(1 + round % KINDS);
		enum dl3_delta2_form form = round % 2 ? DL3_DELTA2_UTF8 : DL3_DELTA2_UNICODE;
		size_t len = 0;

		dl3t_make_record(&random, kind, &made);
		enum dl3_err err = dl3_record_encode(&made.record, form, octets, sizeof(octets), &len);
		if (err == DL3_OK)
			read_and_damage(&random, octets, len);
	}
	/* Every kind was among them, damaged ones that nobody knows too. */
	assert_int_equal(kinds_seen, (2u << KINDS) - 1);
}

/* ---- And everything that writes ---- */

static void writing_records_allocates_nothing(void **state)
{
	struct dl3t_random random = { 314159 };

	(void)state;
	for (unsigned round = 0; round < ROUNDS * KINDS; round++) {
		size_t len = 0;

		dl3t_make_record(&random, (enum dl3_kind)(1 + round % KINDS), &made);
		begin();
		enum dl3_err text = dl3_record_text(&made.record, output, sizeof(output), &len);
		enum dl3_err json = dl3_record_json(&made.record, DL3_JSON_RAW, output, sizeof(output), &len);
		enum dl3_err tuple =
			dl3_record_encode(&made.record, DL3_DELTA2_UNICODE, output, sizeof(output), &len);
		assert_int_equal(end(), 0);
		assert_int_equal(text, DL3_OK);
		assert_int_equal(json, DL3_OK);
		assert_true(tuple == DL3_OK || tuple == DL3_ERR_TOO_LONG);
	}
}

/* ---- Whether the counter counts ---- */

/* A session is what the library does allocate, by its default allocator; so the zeros above are none
 * for want of counting the library's own calls. */
static void the_counter_sees_what_the_library_allocates(void **state)
{
	(void)state;
	begin();
	struct dl3_session *s = dl3_client_new(NULL, NULL);
	size_t count = end();

	assert_non_null(s);
	dl3_session_free(s);
	assert_true(count > 0);
}

static void the_counter_sees_each_function(void **state)
{
	void *blocks[4];
	volatile size_t n = 16;

	(void)state;
	begin();
	blocks[0] = malloc(n);
	assert_int_equal(allocations, 1);
	blocks[1] = calloc(n, 1);
	assert_int_equal(allocations, 2);
	blocks[2] = realloc(NULL, n);
	assert_int_equal(allocations, 3);
#ifdef _WIN32
	blocks[3] = strdup("x");
#else
	blocks[3] = aligned_alloc(16, n);
#endif
	assert_int_equal(end(), 4);
	for (unsigned i = 0; i < 4; i++)
		free(blocks[i]);
}

DL3T_TESTS(cmocka_unit_test(decoding_the_vectors_allocates_nothing),
           cmocka_unit_test(decoding_the_streams_allocates_nothing),
           cmocka_unit_test(decoding_random_records_allocates_nothing),
           cmocka_unit_test(writing_records_allocates_nothing),
           cmocka_unit_test(the_counter_sees_what_the_library_allocates),
           cmocka_unit_test(the_counter_sees_each_function));
