/* SPDX-License-Identifier: MIT */
/* The streams of tests/data through a session: whole, an octet at a time and in two pieces cut at
 * each place, with the same events and the same answers. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/conversation.h"
#include "support/guard.h"
#include "support/hex.h"

/* A session that is to be fed the stream. */
typedef void (*begin_fn)(struct dl3t_end *end, struct dl3t_pbx *pbx);

static void begin_client(struct dl3t_end *end, struct dl3t_pbx *pbx)
{
	(void)pbx;
	*end = (struct dl3t_end){ .s = dl3_client_new(NULL, NULL) };
	dl3_session_tick(end->s, 0);
	assert_int_equal(dl3_client_authenticate(end->s, "app", "secret", NULL), DL3_OK);
	dl3t_say_hex(end, "49000f803000010000000100000000");
	assert_int_equal(dl3_client_stream(end->s, DL3_FLAG_CMEXTN, NULL), DL3_OK);
	assert_int_equal(dl3_client_read(end->s, "x", NULL), DL3_OK);
	dl3t_end_quiet(end);
}

static void begin_new_client(struct dl3t_end *end, struct dl3t_pbx *pbx)
{
	(void)pbx;
	*end = (struct dl3t_end){ .s = dl3_client_new(NULL, NULL) };
	assert_int_equal(dl3_client_authenticate(end->s, "app", "secret", NULL), DL3_OK);
}

static void begin_server(struct dl3t_end *end, struct dl3t_pbx *pbx)
{
	*end = (struct dl3t_end){ .s = dl3_server_new(NULL, NULL), .owner = dl3t_pbx_owner, .script = pbx };
	dl3_session_tick(end->s, 0);
}

static void assert_fed(begin_fn begin, const struct dl3t_text *stream, size_t split, size_t chunk,
                       const struct dl3t_end *whole)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	begin(&end, &pbx);
	dl3t_end_feed(&end, stream->ptr, split, chunk);
	dl3t_end_feed(&end, stream->ptr + split, stream->len - split, chunk);
	assert_string_equal(dl3t_text_of(&end.log), dl3t_text_of(&whole->log));
	assert_int_equal(end.out.len, whole->out.len);
	if (end.out.len > 0)
		assert_memory_equal(end.out.ptr, whole->out.ptr, end.out.len);
	assert_int_equal(end.err, whole->err);
	dl3t_end_finish(&end);
}

/* Feeds the stream in every way. @return how often `event` begins a line of the log. */
static size_t in_every_split(begin_fn begin, const struct dl3t_text *stream, const char *event)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end whole;
	size_t count = 0;

	begin(&whole, &pbx);
	dl3t_end_feed(&whole, stream->ptr, stream->len, 0);
	for (size_t chunk = 1; chunk < 4; chunk++)
		assert_fed(begin, stream, 0, chunk, &whole);
	for (size_t split = 1; split < stream->len; split++)
		assert_fed(begin, stream, split, 0, &whole);
	const char *line = dl3t_text_of(&whole.log);
	while (line && *line != '\0') {
		count += strncmp(line, event, strlen(event)) == 0;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	dl3t_end_finish(&whole);
	return count;
}

static void put_message(struct dl3t_text *stream, const struct dl3_msg *msg)
{
	static uint8_t frame[70000];
	size_t len = 0;

	assert_int_equal(dl3_msg_encode(msg, frame, sizeof(frame), &len), DL3_OK);
	dl3t_put(stream, frame, len);
}

static void put_xml(struct dl3t_text *stream, uint32_t counter, const char *xml)
{
	static const uint8_t code[] = { 0, 0x76, 0, 1 };
	struct dl3_msg msg = { .type = DL3_MSG_EVENT };
	size_t len = strlen(xml) + 1;
	uint8_t *tuple = malloc(DL3_TUPLE_HEADER + len);

	assert_non_null(tuple);
	assert_true(len <= DL3_TUPLE_DATA_MAX);
	memcpy(tuple, code, sizeof(code));
	tuple[4] = (uint8_t)(len >> 8);
	tuple[5] = (uint8_t)len;
	memcpy(tuple + DL3_TUPLE_HEADER, xml, len);
	msg.u.event = (struct dl3_event_message){ .pbx = 0xc0a82a03,
		                                  .counter = counter,
		                                  .tuples = { tuple, DL3_TUPLE_HEADER + len } };
	put_message(stream, &msg);
	free(tuple);
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	if (!root)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return root;
}

static void call_in_every_split(const char *path)
{
	json_t *root = load(path);
	json_t *events = json_object_get(root, "events");
	struct dl3t_text stream = { 0 };

	for (size_t i = 0; i < json_array_size(events); i++) {
		const char *xml = json_string_value(json_object_get(json_array_get(events, i), "xml"));
		assert_non_null(xml);
		put_xml(&stream, (uint32_t)i, xml);
	}
	assert_true(json_array_size(events) > 0);
	assert_int_equal(in_every_split(begin_client, &stream, "record "), json_array_size(events));
	dl3t_text_free(&stream);
	json_decref(root);
}

static void calls_in_every_split(void **state)
{
	DIR *dir = opendir(DL3T_DATA "/calls");
	const struct dirent *entry;
	size_t files = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char path[1024];

		if (!strstr(entry->d_name, ".json"))
			continue;
		(void)snprintf(path, sizeof(path), "%s/calls/%s", DL3T_DATA, entry->d_name);
		call_in_every_split(path);
		files++;
	}
	closedir(dir);
	assert_true(files >= 10);
}

/* The frames that one end sends, one behind the other. */
static void put_frames(struct dl3t_text *stream, const json_t *frames, const char *from)
{
	for (size_t i = 0; i < json_array_size(frames); i++) {
		const json_t *vector = json_array_get(frames, i);
		const char *hex = json_string_value(json_object_get(vector, "hex"));
		const char *who = json_string_value(json_object_get(vector, "from"));
		size_t len = 0;

		if (!hex || (who && strcmp(who, from) != 0))
			continue;
		uint8_t *octets = dl3t_hex(hex, &len);
		dl3t_put(stream, octets, len);
		dl3t_guard_free(octets, len);
	}
}

static void frames_in_every_split(void **state)
{
	json_t *root = load(DL3T_DATA "/wire.json");
	const json_t *frames = json_object_get(root, "frames");
	struct dl3t_text stream = { 0 };

	(void)state;
	put_frames(&stream, frames, "pbx");
	assert_true(stream.len > 500);
	assert_true(in_every_split(begin_client, &stream, "record ") > 3);
	(void)in_every_split(begin_new_client, &stream, "");
	dl3t_text_free(&stream);
	put_frames(&stream, frames, "client");
	assert_true(stream.len > 100);
	assert_true(in_every_split(begin_server, &stream, "tested ") > 1);
	dl3t_text_free(&stream);
	json_decref(root);
}

/* Each by itself: the fault is the same wherever the octets were cut. */
static void malformed_frames_in_every_split(void **state)
{
	json_t *root = load(DL3T_DATA "/wire.json");
	const json_t *malformed = json_object_get(root, "malformed");

	(void)state;
	assert_true(json_array_size(malformed) > 5);
	for (size_t i = 0; i < json_array_size(malformed); i++) {
		struct dl3t_text stream = { 0 };
		json_t *one = json_array();

		assert_int_equal(json_array_append(one, json_array_get(malformed, i)), 0);
		put_frames(&stream, one, "anyone");
		assert_true(stream.len > 0);
		(void)in_every_split(begin_client, &stream, "");
		(void)in_every_split(begin_new_client, &stream, "");
		(void)in_every_split(begin_server, &stream, "");
		dl3t_text_free(&stream);
		json_decref(one);
	}
	json_decref(root);
}

DL3T_TESTS(cmocka_unit_test(calls_in_every_split), cmocka_unit_test(frames_in_every_split),
           cmocka_unit_test(malformed_frames_in_every_split));
