/* SPDX-License-Identifier: MIT */
/* The vectors in tests/data: whole frames with their meaning, frames that must be refused, and
 * streams of records. DEVLINK3_VECTORS names another folder of the same form to run instead;
 * what a vector expects and this file does not know is a failure, never skipped. */
#include "support/test.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <devlink3/record.h>
#include <devlink3/wire.h>
#include <jansson.h>

#include "support/guard.h"
#include "support/hex.h"
#include "support/same.h"

#define MAX_TUPLES 16u

/* A frame taken apart down to its records. */
struct apart {
	const char *name; /* of the vector */
	struct dl3_frame frame;
	struct dl3_msg msg;
	struct dl3_tuple tuples[MAX_TUPLES];
	struct dl3_record records[MAX_TUPLES];
	char *scratch[MAX_TUPLES];
	size_t count;
	struct dl3_fault fault;
};

#define check(v, condition, ...)                        \
	do {                                            \
		if (!(condition)) {                     \
			print_error("%s: ", (v)->name); \
			print_error(__VA_ARGS__);       \
			fail_msg(" [%s]", #condition);  \
		}                                       \
	} while (0)

static const char *folder(void)
{
	const char *other = getenv("DEVLINK3_VECTORS");

	return other != NULL && *other != '\0' ? other : DL3T_DATA;
}

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	if (root == NULL) {
		fail_msg("%s:%d: %s", path, error.line, error.text);
	}
	return root;
}

static json_t *load_wire(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/wire.json", folder());
	return load(path);
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text == NULL) {
		fail_msg("a vector lacks \"%s\"", key);
	}
	return text;
}

/* ---- Taking apart ---- */

static enum dl3_err take_records(struct apart *v)
{
	struct dl3_octets table = v->msg.u.event.tuples;

	for (v->count = 0; v->count < MAX_TUPLES; v->count++) {
		struct dl3_tuple *tuple = &v->tuples[v->count];
		enum dl3_err err = dl3_tuple_next(&table, tuple, &v->fault);

		if (err != DL3_OK) {
			return err == DL3_END ? DL3_OK : err;
		}
		size_t room = DL3_RECORD_SCRATCH(tuple->data.len);
		char *scratch = malloc(room + 1);

		v->scratch[v->count] = scratch;
		err = dl3_record_decode(tuple, scratch, room, &v->records[v->count], &v->fault);
		if (err != DL3_OK) {
			v->count++;
			return err;
		}
	}
	return DL3_OK;
}

static enum dl3_err take_payload(struct apart *v, struct dl3_octets payload)
{
	enum dl3_err err = dl3_msg_decode(payload, &v->msg, &v->fault);

	return err == DL3_OK && v->msg.type == DL3_MSG_EVENT ? take_records(v) : err;
}

static enum dl3_err take_apart(struct apart *v, const uint8_t *data, size_t len)
{
	enum dl3_err err = dl3_frame_decode(data, len, &v->frame, &v->fault);

	return err == DL3_OK ? take_payload(v, v->frame.payload) : err;
}

static void put_away(struct apart *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->scratch[i]);
	}
	v->count = 0;
}

/* ---- Comparing ---- */

static void check_text(const struct apart *v, const char *key, struct dl3_str came, const json_t *want)
{
	if (json_is_null(want)) {
		check(v, came.ptr == NULL, "%s: expected none", key);
		return;
	}
	size_t len;
	char *plain = dl3t_plain(came, &len);

	check(v, came.ptr != NULL, "%s: expected text, came none", key);
	check(v, json_is_string(want), "%s: the vector has no text", key);
	check(v, json_string_length(want) == len && memcmp(plain, json_string_value(want), len) == 0,
	      "%s: expected \"%s\", came \"%s\"", key, json_string_value(want), plain);
	free(plain);
}

static void check_octets(const struct apart *v, const char *key, struct dl3_octets came, const json_t *want)
{
	size_t len = json_string_length(want);

	check(v,
	      json_is_string(want) && came.len == len && memcmp(came.ptr, json_string_value(want), len) == 0,
	      "%s: expected \"%s\", came %zu octets", key, json_string_value(want), came.len);
}

static void check_hex(const struct apart *v, const char *key, struct dl3_octets came, const json_t *want)
{
	size_t len;
	uint8_t *octets = dl3t_hex(json_string_value(want), &len);

	check(v, came.len == len && memcmp(came.ptr, octets, len) == 0, "%s: expected %s", key,
	      json_string_value(want));
	dl3t_guard_free(octets, len);
}

static void check_name(const struct apart *v, const char *key, const char *came, const json_t *want)
{
	check(v, came != NULL && json_is_string(want) && strcmp(came, json_string_value(want)) == 0,
	      "%s: expected %s, came %s", key, json_string_value(want), came == NULL ? "no name" : came);
}

static void check_number(const struct apart *v, const char *key, int64_t came, const json_t *want)
{
	check(v, json_is_integer(want) && came == json_integer_value(want), "%s: expected %lld, came %lld",
	      key, (long long)json_integer_value(want), (long long)came);
}

static uint32_t flag_bit(const char *word)
{
	static const struct {
		const char *word;
		uint32_t bit;
	} known[] = {
		{ "-SCN", DL3_FLAG_SCN },           { "-CD2", DL3_FLAG_CD2 },
		{ "-SIPTrack", DL3_FLAG_SIPTRACK }, { "-CMExtn", DL3_FLAG_CMEXTN },
		{ "-CONN", DL3_FLAG_CONN },         { "-TEXT", DL3_FLAG_TEXT },
		{ "_SIPTrack", DL3_FLAG_SIPTRACK }, { "_CMExtn", DL3_FLAG_CMEXTN },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].word, word) == 0) {
			return known[i].bit;
		}
	}
	return 0;
}

static void check_flags(const struct apart *v, struct dl3_str text, const json_t *want)
{
	struct dl3_str unknown = dl3_str_of("not touched");
	uint32_t came = dl3_flags_parse(text, &unknown);
	uint32_t bits = 0;
	const char *stranger = NULL;
	size_t i;
	json_t *word;

	json_array_foreach(want, i, word)
	{
		uint32_t bit = flag_bit(json_string_value(word));

		bits |= bit;
		if (bit == 0 && stranger == NULL) {
			stranger = json_string_value(word);
		}
	}
	check(v, json_is_array(want) && came == bits, "flags: expected %#x, came %#x", bits, came);
	check(v, stranger == NULL ? unknown.ptr == NULL : dl3_str_is(unknown, stranger), "unknown flag");
}

static void check_row_field(const struct apart *v, enum dl3_row_kind kind, const void *row, const char *key,
                            const json_t *want)
{
	const struct dl3_table *table = dl3_row_table(kind);
	const struct dl3_row *head = row;

	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->fields[i].name, key) != 0) {
			continue;
		}
		if (dl3t_is_text(kind, i)) {
			check_text(v, key, dl3t_text_at(kind, row, i), want);
		} else if (json_is_null(want)) {
			check(v, (head->valued >> i & 1u) == 0, "%s: expected no value", key);
		} else {
			check(v, (head->valued >> i & 1u) != 0, "%s: expected a value", key);
			check_number(v, key, dl3t_number_at(kind, row, i), want);
		}
		return;
	}
	if (strcmp(key, "irregular") == 0) {
		check(v, head->irregular == json_is_true(want), "irregular");
	} else if (strcmp(key, "extra") == 0) {
		check(v, dl3_str_is(head->extra, json_string_value(want)), "extra: expected %s",
		      json_string_value(want));
	} else {
		check(v, false, "a row of %s has no field \"%s\"", table->name, key);
	}
}

static void check_row(const struct apart *v, const json_t *want)
{
	enum dl3_row_kind kind = DL3_ROW_call;
	const struct dl3_row *row = v->count > 0 ? dl3t_record_row(&v->records[0], &kind) : NULL;
	const char *key;
	json_t *value;

	check(v, row != NULL, "the first tuple is no row");
	json_object_foreach((json_t *)(uintptr_t)want, key, value)
	{
		if (strcmp(key, "kind") == 0) {
			check_name(v, key, dl3_kind_name(v->records[0].kind), value);
		} else {
			check_row_field(v, kind, row, key, value);
		}
	}
}

static void check_state(const struct apart *v, const json_t *want)
{
	const struct dl3_cmextn_state *state = &v->records[0].u.cmextn_state;

	check(v, v->count > 0 && v->records[0].kind == DL3_KIND_CMEXTN_STATE, "no cmextn_state");
	check(v, json_object_size(want) == 4, "cmextn_state: four members");
	check_number(v, "v", state->v, json_object_get(want, "v"));
	check_number(v, "p1", state->p1, json_object_get(want, "p1"));
	check_number(v, "p2", state->p2, json_object_get(want, "p2"));
	check_text(v, "who", state->who, json_object_get(want, "who"));
}

static void check_cmextn(const struct apart *v, const json_t *want)
{
	check(v, v->count > 0 && v->records[0].kind == DL3_KIND_CMEXTN, "no cmextn");
	check(v, json_object_size(want) == 1, "cmextn: one member");
	check_text(v, "text", v->records[0].u.cmextn.text, json_object_get(want, "text"));
}

static void check_tuples(const struct apart *v, const json_t *want)
{
	check(v, json_array_size(want) == v->count, "expected %zu tuples, came %zu", json_array_size(want),
	      v->count);
	for (size_t i = 0; i < v->count; i++) {
		const char *name = v->records[i].kind == DL3_KIND_CMEXTN_STATE
		                           ? "cmextn_state"
		                           : dl3_tuple_name(v->tuples[i].code);

		check_name(v, "tuple", name, json_array_get(want, i));
	}
}

static void check_address(const struct apart *v, const json_t *want)
{
	char text[16];
	uint32_t pbx = v->msg.u.event.pbx;

	(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", pbx >> 24, pbx >> 16 & 255u, pbx >> 8 & 255u,
	               pbx & 255u);
	check_name(v, "pbx_address", text, want);
}

static const char *result_name(const struct dl3_msg *msg)
{
	switch (msg->type) {
	case DL3_MSG_TEST_REPLY:
		return dl3_test_result_name(msg->u.test_reply.result);
	case DL3_MSG_AUTH_REPLY:
		return dl3_auth_result_name(msg->u.auth_reply.result);
	case DL3_MSG_EVENT_REPLY:
		return dl3_event_result_name(msg->u.event_reply.result);
	case DL3_MSG_READ_REPLY:
		return dl3_read_result_name(msg->u.read_reply.result);
	default:
		return NULL;
	}
}

static void check_password(const struct apart *v, const json_t *want)
{
	struct dl3_octets response = v->msg.u.auth_request.response;
	size_t len = json_string_length(want);

	check(v, response.len == 32 && memcmp(response.ptr, json_string_value(want), len) == 0, "password");
	for (size_t i = len; i < response.len; i++) {
		check(v, response.ptr[i] == 0, "padding");
	}
}

/* A message's own members, by type: false when this type has no such key. */
static bool check_auth(const struct apart *v, const char *key, const json_t *want)
{
	const struct dl3_auth_request *request = &v->msg.u.auth_request;
	const struct dl3_auth_reply *reply = &v->msg.u.auth_reply;

	if (v->msg.type == DL3_MSG_AUTH_REQUEST) {
		if (strcmp(key, "step") == 0) {
			check_name(v, key, dl3_auth_step_name(request->step), want);
		} else if (strcmp(key, "user") == 0) {
			check_text(v, key, request->user, want);
		} else if (strcmp(key, "application") == 0) {
			check_text(v, key, request->application, want);
		} else if (strcmp(key, "response") == 0) {
			check_hex(v, key, request->response, want);
		} else if (strcmp(key, "password") == 0) {
			check_password(v, want);
		} else {
			return false;
		}
		return true;
	}
	if (strcmp(key, "challenge") == 0) {
		check_hex(v, key, reply->challenge, want);
	} else if (strcmp(key, "pbx") == 0) {
		check_text(v, key, reply->pbx, want);
	} else if (strcmp(key, "variant") == 0) {
		check_text(v, key, reply->variant, want);
	} else {
		return false;
	}
	return true;
}

static bool check_event(const struct apart *v, const char *key, const json_t *want)
{
	if (strcmp(key, "pbx_address") == 0) {
		check_address(v, want);
	} else if (strcmp(key, "counter") == 0) {
		check_number(v, key, v->msg.u.event.counter, want);
	} else if (strcmp(key, "tuples") == 0) {
		check_tuples(v, want);
	} else if (strcmp(key, "record") == 0 || strcmp(key, "siptrack") == 0) {
		check_row(v, want);
	} else if (strcmp(key, "text") == 0) {
		check_text(v, key, v->records[0].raw, want);
	} else if (strcmp(key, "cmextn") == 0) {
		check_cmextn(v, want);
	} else if (strcmp(key, "cmextn_state") == 0) {
		check_state(v, want);
	} else {
		return false;
	}
	return true;
}

static bool check_rest(const struct apart *v, const char *key, const json_t *want)
{
	const struct dl3_msg *msg = &v->msg;

	if (strcmp(key, "payload") == 0 && msg->type == DL3_MSG_TEST_REQUEST) {
		check_octets(v, key, msg->u.test_request.payload, want);
	} else if (strcmp(key, "payload") == 0 && msg->type == DL3_MSG_TEST_REPLY) {
		check_octets(v, key, msg->u.test_reply.payload, want);
	} else if (strcmp(key, "flags") == 0 && msg->type == DL3_MSG_EVENT_REQUEST) {
		check_flags(v, msg->u.event_request.flags, want);
	} else if (strcmp(key, "flags") == 0 && msg->type == DL3_MSG_EVENT_REPLY) {
		check_flags(v, msg->u.event_reply.flags, want);
	} else if (strcmp(key, "file") == 0 && msg->type == DL3_MSG_READ_REQUEST) {
		check_text(v, key, msg->u.read_request.file, want);
	} else if (strcmp(key, "contents") == 0 && msg->type == DL3_MSG_READ_REPLY) {
		check_octets(v, key, msg->u.read_reply.contents, want);
	} else {
		return false;
	}
	return true;
}

static bool check_member(const struct apart *v, const char *key, const json_t *want)
{
	if (strcmp(key, "note") == 0) {
		return true;
	}
	if (strcmp(key, "message") == 0) {
		check_name(v, key, dl3_msg_name(v->msg.type), want);
	} else if (strcmp(key, "request_id") == 0) {
		check_number(v, key, v->msg.request_id, want);
	} else if (strcmp(key, "result") == 0) {
		check_name(v, key, result_name(&v->msg), want);
	} else if (v->msg.type == DL3_MSG_AUTH_REQUEST || v->msg.type == DL3_MSG_AUTH_REPLY) {
		return check_auth(v, key, want);
	} else if (v->msg.type == DL3_MSG_EVENT) {
		return check_event(v, key, want);
	} else {
		return check_rest(v, key, want);
	}
	return true;
}

/* ---- Frames ---- */

static void each_frame(void (*run)(struct apart *v, const json_t *vector, const uint8_t *data, size_t len))
{
	json_t *root = load_wire();
	json_t *frames = json_object_get(root, "frames");
	size_t i;
	json_t *vector;

	assert_true(json_array_size(frames) > 0);
	json_array_foreach(frames, i, vector)
	{
		struct apart v = { .name = string_of(vector, "name") };
		size_t len;
		uint8_t *data = dl3t_hex(string_of(vector, "hex"), &len);
		enum dl3_err err = take_apart(&v, data, len);

		check(&v, err == DL3_OK, "refused: %s", dl3_err_name(err));
		check(&v, v.frame.size == len, "octets are left over");
		run(&v, vector, data, len);
		put_away(&v);
		dl3t_guard_free(data, len);
	}
	json_decref(root);
}

static void meaning(struct apart *v, const json_t *vector, const uint8_t *data, size_t len)
{
	json_t *expect = json_object_get(vector, "expect");
	const char *key;
	json_t *want;

	(void)data;
	(void)len;
	check(v, json_object_size(expect) > 0, "nothing is expected");
	json_object_foreach(expect, key, want)
	{
		check(v, check_member(v, key, want), "this program does not know the expectation \"%s\"",
		      key);
	}
}

static void frames_mean_what_they_should(void **state)
{
	(void)state;
	each_frame(meaning);
}

static void same_octets(struct apart *v, const json_t *vector, const uint8_t *data, size_t len)
{
	size_t need = 0;
	size_t written = 0;
	uint8_t *out = malloc(len);

	(void)vector;
	check(v, dl3_msg_encode(&v->msg, NULL, 0, &need) == DL3_ERR_SPACE && need == len,
	      "measured %zu, not %zu", need, len);
	check(v, dl3_msg_encode(&v->msg, out, len - 1, &need) == DL3_ERR_SPACE && need == len,
	      "one octet short");
	check(v, dl3_msg_encode(&v->msg, out, len, &written) == DL3_OK && written == len, "encode");
	check(v, memcmp(out, data, len) == 0, "the octets differ");
	free(out);
}

static void frames_encode_to_the_same_octets(void **state)
{
	(void)state;
	each_frame(same_octets);
}

static void tuples_again(struct apart *v, const json_t *vector, const uint8_t *data, size_t len)
{
	uint8_t *out = malloc(len);
	size_t at = 0;

	(void)vector;
	(void)data;
	if (v->msg.type == DL3_MSG_EVENT) {
		for (size_t i = 0; i < v->count; i++) {
			size_t n = 0;

			check(v, dl3_tuple_encode(&v->tuples[i], out + at, len - at, &n) == DL3_OK,
			      "tuple %zu", i);
			at += n;
		}
		check(v, at == v->msg.u.event.tuples.len && memcmp(out, v->msg.u.event.tuples.ptr, at) == 0,
		      "table");
	}
	free(out);
}

static void tuples_encode_to_the_same_table(void **state)
{
	(void)state;
	each_frame(tuples_again);
}

/* Encodes a record in the form its tuple has; the octets are to be freed. */
static uint8_t *encode_record(const struct apart *v, size_t i, size_t *len)
{
	const struct dl3_octets *data = &v->tuples[i].data;
	enum dl3_delta2_form form = data->len > 0 && data->ptr[0] != 0 ? DL3_DELTA2_UTF8 : DL3_DELTA2_UNICODE;
	size_t room = 2 * data->len + 4096;
	uint8_t *out = malloc(room);

	check(v, dl3_record_encode(&v->records[i], form, out, room, len) == DL3_OK, "tuple %zu", i);
	return out;
}

static void record_again(struct apart *v, const json_t *vector, const uint8_t *data, size_t len)
{
	(void)vector;
	(void)data;
	(void)len;
	for (size_t i = 0; i < v->count; i++) {
		size_t n = 0;
		uint8_t *out = encode_record(v, i, &n);
		struct dl3_octets table = { out, n };
		struct dl3_tuple tuple;
		struct dl3_record again;
		struct dl3t_difference why;
		size_t room = DL3_RECORD_SCRATCH(n);
		char *scratch = malloc(room + 1);

		check(v, dl3_tuple_next(&table, &tuple, NULL) == DL3_OK && table.len == 0, "no tuple");
		check(v, tuple.code == v->tuples[i].code, "another code");
		check(v, dl3_record_decode(&tuple, scratch, room, &again, NULL) == DL3_OK, "tuple %zu", i);
		check(v, dl3t_record_same(&v->records[i], &again, DL3T_REWRITTEN, &why), "%s", why.text);
		free(scratch);
		free(out);
	}
}

static void records_decode_to_what_was_encoded(void **state)
{
	(void)state;
	each_frame(record_again);
}

static void record_octets(struct apart *v, const json_t *vector, const uint8_t *data, size_t len)
{
	(void)vector;
	(void)data;
	(void)len;
	for (size_t i = 0; i < v->count; i++) {
		struct dl3_octets want = { v->tuples[i].data.ptr - DL3_TUPLE_HEADER,
			                   v->tuples[i].data.len + DL3_TUPLE_HEADER };
		size_t n = 0;
		uint8_t *out = encode_record(v, i, &n);

		check(v, n == want.len && memcmp(out, want.ptr, n) == 0, "tuple %zu: %zu octets, not %zu", i,
		      n, want.len);
		free(out);
	}
}

/* Only of our own vectors is it known that their text is as this library would write it. */
static void shipped_records_encode_to_the_same_octets(void **state)
{
	(void)state;
	if (strcmp(folder(), DL3T_DATA) != 0) {
		skip();
	}
	each_frame(record_octets);
}

/* ---- Cut short ---- */

static void cut_frame(struct apart *v, const uint8_t *data, size_t len)
{
	for (size_t n = 0; n < len; n++) {
		uint8_t *part = dl3t_guard(data, n);
		struct dl3_frame frame;
		enum dl3_err err = dl3_frame_decode(part, n, &frame, NULL);

		check(v, err == DL3_NEED_MORE && frame.size > n && frame.size <= len, "cut at %zu: %s", n,
		      dl3_err_name(err));
		check(v, n < 4 || frame.size == len, "cut at %zu: size %zu", n, frame.size);
		dl3t_guard_free(part, n);
	}
}

/* Nobody says what a cut message means; but it must be an answer, not a crash. */
static void cut_payload(struct apart *v, const uint8_t *payload, size_t len)
{
	for (size_t n = 0; n < len; n++) {
		uint8_t *part = dl3t_guard(payload, n);
		struct apart cut = { .name = v->name };
		enum dl3_err err = take_payload(&cut, (struct dl3_octets){ part, n });

		check(v, err == DL3_OK || dl3_err_class(err) == DL3_CLASS_PROTOCOL, "cut at %zu: %s", n,
		      dl3_err_name(err));
		check(v, n >= 4 || err == DL3_ERR_TRUNCATED_MESSAGE, "%zu octets of payload: %s", n,
		      dl3_err_name(err));
		check(v, err == DL3_OK || cut.fault.err == err, "the fault says %s",
		      dl3_err_name(cut.fault.err));
		check(v, err == DL3_OK || cut.fault.offset <= n, "the fault lies behind the end");
		put_away(&cut);
		dl3t_guard_free(part, n);
	}
}

static void cut_everywhere(struct apart *v, const json_t *vector, const uint8_t *data, size_t len)
{
	(void)vector;
	cut_frame(v, data, len);
	cut_payload(v, v->frame.payload.ptr, v->frame.payload.len);
}

static void frames_cut_anywhere_are_survived(void **state)
{
	(void)state;
	each_frame(cut_everywhere);
}

/* ---- Malformed ---- */

static void refusal(struct apart *v, const json_t *vector, const uint8_t *data, size_t len)
{
	const json_t *want = json_object_get(vector, "error");
	enum dl3_err err = take_apart(v, data, len);

	if (json_is_null(want)) {
		check(v, err == DL3_OK, "refused: %s", dl3_err_name(err));
		return;
	}
	check_name(v, "error", dl3_err_name(err), want);
	check(v, v->fault.err == err && v->fault.expected != NULL, "the fault says nothing");
	check(v, v->fault.offset <= len, "the fault lies behind the end");
}

static void malformed_frames_are_refused(void **state)
{
	json_t *root = load_wire();
	json_t *vectors = json_object_get(root, "malformed");
	size_t i;
	json_t *vector;

	(void)state;
	assert_true(json_array_size(vectors) > 0);
	json_array_foreach(vectors, i, vector)
	{
		struct apart v = { .name = string_of(vector, "name") };
		size_t len;
		uint8_t *data = dl3t_hex(string_of(vector, "hex"), &len);

		assert_non_null(json_object_get(vector, "error"));
		refusal(&v, vector, data, len);
		if (v.frame.payload.ptr != NULL) {
			cut_payload(&v, v.frame.payload.ptr, v.frame.payload.len);
		}
		put_away(&v);
		dl3t_guard_free(data, len);
	}
	json_decref(root);
}

static const char *ending(const struct apart *v)
{
	return v->count > 0 ? dl3_kind_name(v->records[v->count - 1].kind) : "none";
}

/* What the accepted ones of the malformed frames become, which the vectors only tell in prose. */
static void accepted_oddities_become_what_the_rulings_say(void **state)
{
	static const char unclosed[] =
		"49004810300011c0a82a03000000010076000100333c43616c6c4c6f73743e63306138326130332c63306138"
		"3261303330303030303431332c312c31363c2f43616c6c4c6f73743e";
	static const char lone[] = "49001910300011c0a82a0300000001007600030004d83d0000";
	static const char shrug[] =
		"49002610300011c0a82a03000000010076000100113c53687275673e313c2f53687275673e00";
	struct apart v = { .name = "unclosed" };
	size_t len;
	uint8_t *data = dl3t_hex(unclosed, &len);

	(void)state;
	assert_int_equal(take_apart(&v, data, len), DL3_OK);
	assert_string_equal(ending(&v), "call_lost");
	assert_int_equal(v.records[0].u.call_lost.cause, 16);
	put_away(&v);
	dl3t_guard_free(data, len);

	data = dl3t_hex(lone, &len);
	assert_int_equal(take_apart(&v, data, len), DL3_OK);
	assert_true(dl3_str_is(v.records[0].raw, "\xef\xbf\xbd"));
	put_away(&v);
	dl3t_guard_free(data, len);

	data = dl3t_hex(shrug, &len);
	assert_int_equal(take_apart(&v, data, len), DL3_OK);
	assert_string_equal(ending(&v), "unknown");
	assert_true(dl3_str_is(v.records[0].u.unknown.name, "Shrug"));
	assert_true(dl3_str_is(v.records[0].raw, "<Shrug>1</Shrug>"));
	assert_int_equal(v.records[0].u.unknown.tuple, DL3_TUPLE_DELTA3);
	put_away(&v);
	dl3t_guard_free(data, len);
}

/* ---- Frame headers and party rows ---- */

static void one_header(const struct apart *v, size_t payload, const uint8_t *want, size_t len)
{
	uint8_t header[DL3_FRAME_HEADER_MAX];
	struct dl3_frame frame;

	check(v, dl3_frame_header(payload, header) == len, "the header's length");
	check(v, memcmp(header, want, len) == 0, "the header");
	check(v, dl3_frame_decode(want, len, &frame, NULL) == DL3_NEED_MORE, "a header alone");
	check(v, frame.size == payload + len, "size %zu", frame.size);
}

static void frame_headers_at_the_limits(void **state)
{
	json_t *root = load_wire();
	json_t *vectors = json_object_get(root, "frame_headers");
	size_t i;
	json_t *vector;

	(void)state;
	assert_true(json_array_size(vectors) > 0);
	json_array_foreach(vectors, i, vector)
	{
		struct apart v = { .name = string_of(vector, "header") };
		size_t len;
		uint8_t *want = dl3t_hex(string_of(vector, "header"), &len);

		one_header(&v, (size_t)json_integer_value(json_object_get(vector, "payload_octets")), want,
		           len);
		dl3t_guard_free(want, len);
	}
	json_decref(root);
}

static void party_rows(void **state)
{
	json_t *root = load_wire();
	json_t *vectors = json_object_get(root, "party_rows");
	size_t i;
	json_t *vector;

	(void)state;
	assert_true(json_array_size(vectors) > 0);
	json_array_foreach(vectors, i, vector)
	{
		struct apart v = { .name = string_of(vector, "name") };
		struct dl3_str text = dl3t_wire_text(string_of(vector, "party"));
		struct dl3_party party;
		const char *key;
		json_t *want;

		dl3_row_decode(DL3_ROW_party, text, &party);
		json_object_foreach(json_object_get(vector, "expect"), key, want)
		{
			check_row_field(&v, DL3_ROW_party, &party, key, want);
		}
		dl3t_wire_text_free(text);
	}
	json_decref(root);
}

/* ---- Streams ---- */

static void check_party_name(const struct apart *v, const struct dl3_party *party, const json_t *names)
{
	char *end = dl3t_plain(party->end, NULL);
	const json_t *want = json_object_get(names, end);

	if (want != NULL) {
		check_text(v, end, party->name, want);
	}
	free(end);
}

static void check_stream_record(const struct apart *v, const struct dl3_record *record, const json_t *expect)
{
	const json_t *names = json_object_get(expect, "names");
	const json_t *ivr = json_object_get(expect, "ivr");
	const struct dl3_detail *detail = &record->u.detail;

	check(v, record->kind != DL3_KIND_UNKNOWN && !record->irregular, "unknown or irregular");
	if (record->kind != DL3_KIND_DETAIL) {
		return;
	}
	check(v, detail->has_call && detail->has_a, "a Detail without Call or PartyA");
	if (ivr != NULL) {
		check_text(v, "ivr", detail->call.ivr_callflow, ivr);
	}
	if (names != NULL) {
		check_party_name(v, &detail->a, names);
		if (detail->has_b) {
			check_party_name(v, &detail->b, names);
		}
	}
}

static void run_stream(const char *path)
{
	json_t *root = load(path);
	struct apart v = { .name = path };
	size_t i;
	json_t *event;

	check(&v, json_array_size(json_object_get(root, "events")) > 0, "no events");
	json_array_foreach(json_object_get(root, "events"), i, event)
	{
		struct dl3_str text = dl3t_wire_text(string_of(event, "xml"));
		struct dl3_record record;
		enum dl3_err err = dl3_delta3_decode(text, &record, &v.fault);

		check(&v, err == DL3_OK, "event %zu: %s", i, dl3_err_name(err));
		check(&v, record.raw.ptr == text.ptr && record.raw.len == text.len, "event %zu: raw", i);
		check_stream_record(&v, &record, json_object_get(root, "expect"));
		dl3t_wire_text_free(text);
	}
	json_decref(root);
}

static void streams_decode(void **state)
{
	char path[8192];
	unsigned count = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/calls", folder());
	DIR *dir = opendir(path);

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		const char *dot = strrchr(entry->d_name, '.');

		if (dot != NULL && strcmp(dot, ".json") == 0) {
			(void)snprintf(path, sizeof(path), "%s/calls/%s", folder(), entry->d_name);
			run_stream(path);
			count++;
		}
	}
	(void)closedir(dir);
	assert_true(count > 0);
}

DL3T_TESTS(cmocka_unit_test(frames_mean_what_they_should), cmocka_unit_test(frames_encode_to_the_same_octets),
           cmocka_unit_test(tuples_encode_to_the_same_table),
           cmocka_unit_test(records_decode_to_what_was_encoded),
           cmocka_unit_test(shipped_records_encode_to_the_same_octets),
           cmocka_unit_test(frames_cut_anywhere_are_survived), cmocka_unit_test(malformed_frames_are_refused),
           cmocka_unit_test(accepted_oddities_become_what_the_rulings_say),
           cmocka_unit_test(frame_headers_at_the_limits), cmocka_unit_test(party_rows),
           cmocka_unit_test(streams_decode));
