/* SPDX-License-Identifier: MIT */
/* The limits of a session: memory and its failure, queues, floods, windows, secrets. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdlib.h>
#include <string.h>

#include "support/alloc.h"
#include "support/conversation.h"

#define PBX 0xc0a82a03u

static struct dl3_record detail(void)
{
	struct dl3_record r;

	assert_int_equal(
		dl3_delta3_decode(dl3_str_of("<Detail><Call>c0a82a03,3,,,,0,,200,,200,</Call></Detail>"), &r,
	                          NULL),
		DL3_OK);
	return r;
}

static struct dl3_record text_event(struct dl3_str text)
{
	struct dl3_record r = { .kind = DL3_KIND_CMEXTN };

	r.u.cmextn.text = text;
	return r;
}

static void assert_stream(struct dl3t_pair *p)
{
	assert_int_equal(dl3_client_stream(p->client.s, 0, NULL), DL3_OK);
	dl3t_pair_run(p);
	dl3t_end_quiet(&p->client);
	dl3t_end_quiet(&p->server);
}

/* ---- Every allocation fails in turn ---- */

/* What went wrong in a conversation, by call or by end of a session. */
struct trouble {
	struct dl3t_alloc alloc;
	size_t memory; /* calls and sessions that said DL3_ERR_MEMORY */
	struct dl3t_text log;
};

static void note(struct trouble *t, enum dl3_err err)
{
	if (err == DL3_ERR_MEMORY)
		t->memory++;
	else if (err != DL3_ERR_TIMEOUT || t->memory == 0) /* what could not be answered is late */
		assert_int_equal(err, DL3_OK);
}

/* A call that failed for want of memory changed nothing: it can be made again. */
#define INSIST(t, call)                                                  \
	do {                                                             \
		enum dl3_err insist_err = (call);                        \
		note(t, insist_err);                                     \
		if (insist_err == DL3_ERR_MEMORY && !(t)->alloc.fail_on) \
			note(t, (call));                                 \
	} while (0)

static void client_acts(struct dl3_session *s, struct trouble *t, const struct dl3_event *ev)
{
	if (ev->type != DL3_EV_AUTHENTICATED)
		return;
	INSIST(t, dl3_client_stream(s, DL3_FLAG_CMEXTN, NULL));
	for (int i = 0; i < 8; i++)
		INSIST(t, dl3_client_read(s, "nasystem/user_list", NULL));
	INSIST(t, dl3_client_test(s, "hello", 5, NULL));
}

static void send_events(struct dl3_session *s, struct trouble *t)
{
	static char text[6000];
	struct dl3_record record = detail();
	struct dl3_record large = text_event((struct dl3_str){ .ptr = text, .len = sizeof(text) });

	memset(text, 'x', sizeof(text));
	for (uint32_t pbx = 0; pbx < 6; pbx++)
		INSIST(t, dl3_server_event(s, PBX + pbx, 1, &record));
	INSIST(t, dl3_server_event(s, PBX, 3, &large));
	INSIST(t, dl3_server_frame(s, "I\0\7\1\2\3\4", 7));
}

static void server_acts(struct dl3_session *s, struct trouble *t, const struct dl3_event *ev)
{
	static char file[70000];

	if (ev->type == DL3_EV_LOGIN)
		INSIST(t, dl3_server_challenge_plain(s, "secret"));
	else if (ev->type == DL3_EV_PROOF)
		INSIST(t, dl3_server_admit(s, "P", "V"));
	else if (ev->type == DL3_EV_READ_REQUEST)
		INSIST(t, dl3_server_file(s, ev->u.read_request.request, file, sizeof(file)));
	else if (ev->type == DL3_EV_STREAM_REQUEST) {
		INSIST(t, dl3_server_stream(s, ev->u.stream_request.request, ev->u.stream_request.result,
		                            ev->u.stream_request.accepted));
		send_events(s, t);
	}
}

/* Takes the events of one end. @return false once it has ended. */
static bool drain(struct dl3_session *s, struct trouble *t,
                  void (*act)(struct dl3_session *, struct trouble *, const struct dl3_event *))
{
	struct dl3_event ev;
	enum dl3_err err;

	while ((err = dl3_session_next(s, &ev)) == DL3_OK) {
		dl3t_event_text(&t->log, &ev);
		dl3t_printf(&t->log, "\n");
		if (!dl3_session_fault(s).err)
			act(s, t, &ev);
	}
	if (dl3_err_class(err) == DL3_CLASS_OK)
		return true;
	note(t, err);
	return false;
}

/* Carries what one end has to say to the other. @return whether there was anything. */
static bool carry(struct dl3_session *from, struct dl3_session *to)
{
	struct dl3_octets o = dl3_session_output(from);

	if (o.len == 0)
		return false;
	size_t used = dl3_session_feed(to, o.ptr, o.len < 5000 ? o.len : 5000);
	dl3_session_sent(from, used);
	return true;
}

static void converse(struct dl3_session *client, struct dl3_session *server, struct trouble *t)
{
	bool alive = true;
	bool moved = true;

	INSIST(t, dl3_client_authenticate(client, "app", "secret", "Test 1.0"));
	while (alive && moved) {
		alive = drain(client, t, client_acts) && drain(server, t, server_acts);
		moved = carry(client, server);
		moved = carry(server, client) || moved;
	}
	if (!alive)
		return;
	/* Time passes: the keep-alive wants memory too. */
	dl3_session_tick(client, 3600000);
	(void)(drain(client, t, client_acts) && carry(client, server) && drain(server, t, server_acts));
}

/* One conversation with allocation `n` failing. @return whether there was such an allocation. */
static bool conversation_without(struct trouble *t, size_t n, bool on)
{
	struct dl3_client_config cc = { .encrypted = true };
	struct dl3_server_config sc = { .encrypted = true };

	*t = (struct trouble){ 0 };
	dl3t_alloc_init(&t->alloc);
	t->alloc.fail_at = n;
	t->alloc.fail_on = on;
	struct dl3_session *client = dl3_client_new(&cc, &t->alloc.allocator);
	struct dl3_session *server = dl3_server_new(&sc, &t->alloc.allocator);
	if (client && server) {
		dl3_session_tick(client, 0);
		dl3_session_tick(server, 0);
		converse(client, server, t);
		assert_int_equal(dl3_session_memory(client) + dl3_session_memory(server), t->alloc.live);
	} else {
		t->memory++;
	}
	dl3_session_free(client);
	dl3_session_free(server);
	assert_int_equal(dl3t_alloc_finish(&t->alloc), 0);
	return t->alloc.failures > 0;
}

static void each_allocation_fails_in_turn(void **state)
{
	struct trouble whole;
	struct trouble t;
	size_t n = 0;
	size_t unharmed = 0;
	bool failed = true;

	(void)state;
	conversation_without(&whole, 0, false);
	assert_int_equal(whole.memory, 0);
	assert_non_null(strstr(dl3t_text_of(&whole.log), "snapshot_end"));
	assert_non_null(strstr(dl3t_text_of(&whole.log), "file 11 result 00000000 contents=70000 octets"));
	while (failed) {
		failed = conversation_without(&t, ++n, false);
		/* A conversation without a complaint is the whole one: only giving memory back may fail in silence. */
		if (t.memory == 0)
			assert_string_equal(dl3t_text_of(&t.log), dl3t_text_of(&whole.log));
		unharmed += t.memory == 0;
		dl3t_text_free(&t.log);
	}
	assert_true(n > 40);
	assert_true(unharmed < n / 3);
	dl3t_text_free(&whole.log);
}

static void all_allocations_fail_from_one_on(void **state)
{
	struct trouble t;
	size_t n = 0;
	bool failed = true;

	(void)state;
	while (failed) {
		failed = conversation_without(&t, ++n, true);
		dl3t_text_free(&t.log);
	}
	assert_true(n > 40);
}

static void keepalive_without_memory(void **state)
{
	struct dl3t_alloc a;
	struct dl3t_end end = { 0 };

	(void)state;
	dl3t_alloc_init(&a);
	end.s = dl3_client_new(NULL, &a.allocator);
	dl3_session_tick(end.s, 0);
	assert_int_equal(dl3_client_authenticate(end.s, "app", "secret", NULL), DL3_OK);
	/* The octets are taken, the output is given back, then nothing more is to be had. */
	dl3t_say_hex(&end, "49000f803000010000000100000000");
	char name[DL3_NAME_MAX + 1];
	memset(name, 'x', sizeof(name) - 1);
	name[DL3_NAME_MAX] = '\0';
	for (int i = 0; i < 6; i++)
		assert_int_equal(dl3_client_read(end.s, name, NULL), DL3_OK);
	dl3t_end_run(&end);
	for (uint32_t id = 2; id < 8; id++) {
		struct dl3_msg reply = { .type = DL3_MSG_READ_REPLY, .request_id = id };
		dl3t_say(&end, &reply);
	}
	a.fail_at = 1;
	a.fail_on = true;
	dl3t_end_tick(&end, DL3_KEEPALIVE_MS);
	assert_int_equal(end.err, DL3_ERR_MEMORY);
	dl3t_end_finish(&end);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

/* ---- Input ---- */

static void input_is_taken_a_window_at_a_time(void **state)
{
	static uint8_t frames[7 * 10000];
	struct dl3_session *s = dl3_client_new(NULL, NULL);
	struct dl3_event ev;

	(void)state;
	for (size_t i = 0; i < sizeof(frames); i++)
		frames[i] = (uint8_t) "I\0\7\1\2\3\4"[i % 7];
	assert_int_equal(dl3_session_feed(s, frames, sizeof(frames)), DL3_INPUT_WINDOW);
	assert_int_equal(dl3_session_feed(s, frames + DL3_INPUT_WINDOW, 1), 0);
	size_t at = DL3_INPUT_WINDOW;
	size_t events = 0;
	while (at < sizeof(frames) || dl3_session_next(s, &ev) == DL3_OK) {
		at += dl3_session_feed(s, frames + at, sizeof(frames) - at);
		events++;
		assert_true(dl3_session_memory(s) < 4 * DL3_INPUT_WINDOW);
		if (at < sizeof(frames))
			assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	}
	assert_true(events >= 10000);
	dl3_session_free(s);
}

static void a_length_alone_takes_no_memory(void **state)
{
	static const uint8_t head[] = { 0x49, 0xff, 0x7f, 0xff, 0x80, 0x30, 0, 0x41 };
	static uint8_t rest[100000];
	struct dl3t_end end = { .s = dl3_client_new(NULL, NULL) };

	(void)state;
	size_t before = dl3_session_memory(end.s);
	dl3t_end_feed(&end, head, sizeof(head), 0);
	assert_int_equal(end.err, DL3_NEED_MORE);
	assert_true(dl3_session_memory(end.s) <= before + DL3_BUFFER_KEEP);
	for (size_t fed = 0; fed < 1000000; fed += sizeof(rest)) {
		dl3t_end_feed(&end, rest, sizeof(rest), 0);
		assert_true(dl3_session_memory(end.s) <= before + 3 * (fed + sizeof(rest)));
	}
	dl3t_end_finish(&end);
}

static void memory_is_given_back_while_output_waits(void **state)
{
	static char file[100000];
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	assert_stream(&p);
	p.pbx.silent = true;
	assert_int_equal(dl3_client_read(p.client.s, "x", NULL), DL3_OK);
	dl3t_pair_run(&p);
	size_t before = dl3_session_memory(p.server.s);
	assert_int_equal(dl3_server_file(p.server.s, 5, file, sizeof(file)), DL3_OK);
	assert_int_equal(dl3_server_frame(p.server.s, "I\0\7\1\2\3\4", 7), DL3_OK);
	dl3_session_sent(p.server.s, dl3_session_output(p.server.s).len - 7);
	assert_true(dl3_session_memory(p.server.s) <= before + DL3_BUFFER_KEEP);
	assert_int_equal(dl3_session_output(p.server.s).len, 7);
	assert_memory_equal(dl3_session_output(p.server.s).ptr, "I\0\7\1\2\3\4", 7);
	dl3t_pair_finish(&p);
}

static void memory_for_text_is_given_back(void **state)
{
	static char text[20000];
	struct dl3_record large = text_event((struct dl3_str){ .ptr = text, .len = sizeof(text) });
	struct dl3t_pair p;

	(void)state;
	memset(text, 'x', sizeof(text));
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	assert_stream(&p);
	size_t before = dl3_session_memory(p.client.s);
	assert_int_equal(dl3_server_event(p.server.s, PBX, 1, &large), DL3_OK);
	dl3t_pair_run(&p);
	assert_memory_equal(dl3t_text_of(&p.client.log), "record c0a82a03 1.0 ", 20);
	assert_true(dl3_session_memory(p.client.s) <= before + DL3_BUFFER_KEEP);
	dl3t_pair_finish(&p);
}

static void a_frame_over_the_limit_widens_no_window(void **state)
{
	static uint8_t frame[200000] = { 0x49, 0x80 | 100000 >> 15, 100000 >> 8 & 0x7f, 100000 & 0xff };
	struct dl3_client_config config = { .limits = { .max_frame = 20000 } };
	struct dl3_session *s = dl3_client_new(&config, NULL);
	size_t taken = 0;

	(void)state;
	for (int i = 0; i < 10; i++)
		taken += dl3_session_feed(s, frame + taken, sizeof(frame) - taken);
	assert_int_equal(taken, DL3_INPUT_WINDOW);
	assert_int_equal(dl3_session_next(s, &(struct dl3_event){ 0 }), DL3_ERR_FRAME_LIMIT);
	dl3_session_free(s);
}

static void frames_over_a_clients_limit(void **state)
{
	struct dl3_client_config config = { .limits = { .max_frame = 20 } };
	struct dl3t_end end = { .s = dl3_client_new(&config, NULL) };
	uint8_t header[DL3_FRAME_HEADER_MAX] = { 0x49, 0, 20 };
	static const uint8_t payload[17] = { 1, 2, 3, 4 };

	(void)state;
	dl3t_end_feed(&end, header, 3, 0);
	dl3t_end_feed(&end, payload, sizeof(payload), 0);
	assert_int_equal(end.err, DL3_NEED_MORE);
	header[2] = 21;
	dl3t_end_feed(&end, header, 3, 0);
	assert_int_equal(end.err, DL3_ERR_FRAME_LIMIT);
	assert_int_equal(dl3_session_fault(end.s).offset, 21);
	assert_int_equal(dl3_session_fault(end.s).value, 21);
	dl3t_end_finish(&end);
}

static void server_with_a_larger_limit(void **state)
{
	struct dl3_server_config config = { .limits = { .max_frame = 100000 } };
	static uint8_t payload[50000] = { 0, 0x2a, 0, 1, 0, 0, 0, 8, 0, 0, 0xc0, 0 };
	struct dl3t_end end = { .s = dl3_server_new(&config, NULL) };

	(void)state;
	dl3t_say_payload(&end, payload, sizeof(payload));
	assert_string_equal(dl3t_text_of(&end.log), "tested 8 result 80000002\n");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
}

/* A client that has been let in and was fed `len` octets more before the PBX closed. */
static struct dl3_session *closed_client(const void *data, size_t len)
{
	static const uint8_t admitted[] = { 0x49, 0, 0x0f, 0x80, 0x30, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0 };
	struct dl3_session *s = dl3_client_new(NULL, NULL);

	dl3_session_tick(s, 0);
	assert_int_equal(dl3_client_authenticate(s, "app", "secret", NULL), DL3_OK);
	assert_int_equal(dl3_session_feed(s, admitted, sizeof(admitted)), sizeof(admitted));
	assert_int_equal(dl3_session_feed(s, data, len), len);
	dl3_session_end_of_input(s);
	return s;
}

static void the_end_between_frames(void **state)
{
	struct dl3_session *s = closed_client("I\0\7\1\2\3\4", 7);
	struct dl3_event ev;

	(void)state;
	assert_int_equal(dl3_session_feed(s, "I\0\7\1\2\3\4", 7), 7);
	assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(ev.type, DL3_EV_AUTHENTICATED);
	assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(ev.type, DL3_EV_UNKNOWN);
	assert_int_equal(dl3_session_fault(s).err, DL3_OK);
	assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_CLOSED);
	assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_CLOSED);
	assert_int_equal(dl3_session_fault(s).offset, 22);
	assert_int_equal(dl3_session_deadline(s), DL3_NEVER);
	assert_true(dl3_session_output(s).len > 0);
	dl3_session_free(s);
}

static void the_end_inside_a_frame(void **state)
{
	struct dl3_event ev;

	(void)state;
	for (size_t len = 1; len < 7; len++) {
		struct dl3_session *s = closed_client("I\0\7\1\2\3\4", len);

		assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
		assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_TRUNCATED_FRAME);
		assert_int_equal(dl3_session_fault(s).offset, 15 + len);
		assert_int_equal(dl3_session_fault(s).value, len);
		assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_TRUNCATED_FRAME);
		dl3_session_free(s);
	}
}

static void the_end_before_anything(void **state)
{
	struct dl3_session *s = dl3_server_new(NULL, NULL);
	struct dl3_event ev;

	(void)state;
	dl3_session_end_of_input(s);
	assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_CLOSED);
	assert_int_equal(dl3_session_fault(s).offset, 0);
	dl3_session_free(s);
}

/* A server that was told of the end goes on with what it had been asked. */
static void the_end_waits_for_output(void **state)
{
	static const uint8_t test[] = { 0x49, 0, 0x0f, 0, 0x2a, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0 };
	struct dl3_server_config config = { .limits = { .max_output = 30 } };
	struct dl3_session *s = dl3_server_new(&config, NULL);
	struct dl3_event ev;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(dl3_session_feed(s, test, sizeof(test)), sizeof(test));
	dl3_session_end_of_input(s);
	assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(dl3_session_next(s, &ev), DL3_BLOCKED);
	dl3_session_sent(s, 19);
	assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(dl3_session_next(s, &ev), DL3_BLOCKED);
	dl3_session_sent(s, 10);
	assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_CLOSED);
	assert_int_equal(dl3_session_output(s).len, 9);
	dl3_session_free(s);
}

/* The header of a frame over the limit that may yet be a test packet. */
static void the_end_of_a_frame_too_large(void **state)
{
	struct dl3_session *s = dl3_server_new(NULL, NULL);
	struct dl3_event ev;

	(void)state;
	assert_int_equal(dl3_session_feed(s, "I\177\377\0\52\0", 6), 6);
	assert_int_equal(dl3_session_next(s, &ev), DL3_NEED_MORE);
	dl3_session_end_of_input(s);
	assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_TRUNCATED_FRAME);
	dl3_session_free(s);
}

/* ---- Output ---- */

static void client_output_is_bounded(void **state)
{
	struct dl3_client_config config = { .limits = { .max_output = 60, .max_requests = 5 } };
	struct dl3t_end end = { .s = dl3_client_new(&config, NULL) };
	uint32_t id = 0;

	(void)state;
	dl3_session_tick(end.s, 0);
	assert_int_equal(dl3_client_authenticate(end.s, "app", "secret", NULL), DL3_OK);
	dl3t_say_hex(&end, "49000f803000010000000100000000");
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	/* 30 octets are left: the event request fits and its barrier does not, so neither goes. */
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_SCN, &id), DL3_ERR_OUTPUT_LIMIT);
	assert_int_equal(id, 0);
	assert_int_equal(dl3_session_output(end.s).len, 30);
	assert_int_equal(dl3_client_test(end.s, "0123456789abcdef", 16, NULL), DL3_ERR_OUTPUT_LIMIT);
	assert_int_equal(dl3_client_test(end.s, "0123456789abcde", 15, NULL), DL3_OK);
	assert_int_equal(dl3_client_read(end.s, "x", NULL), DL3_ERR_OUTPUT_LIMIT);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_SCN, &id), DL3_ERR_OUTPUT_LIMIT);
	dl3_session_sent(end.s, 0);
	assert_int_equal(dl3_session_output(end.s).len, 60);
	dl3_session_sent(end.s, 60);
	assert_int_equal(dl3_client_stream(end.s, DL3_FLAG_SCN, &id), DL3_OK);
	dl3t_end_finish(&end);
}

static void no_room_to_answer_a_challenge(void **state)
{
	struct dl3_client_config config = { .limits = { .max_output = 30 } };
	struct dl3t_end end = { .s = dl3_client_new(&config, NULL) };

	(void)state;
	assert_int_equal(dl3_client_authenticate(end.s, "app", "secret", NULL), DL3_OK);
	dl3t_say_hex(&end, "49002380300001000000010000000200000010a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
	assert_int_equal(end.err, DL3_ERR_OUTPUT_LIMIT);
	dl3t_end_finish(&end);
}

static void requests_of_a_client_are_bounded(void **state)
{
	struct dl3_client_config config = { .limits = { .max_requests = 3 } };
	struct dl3t_end end = { .s = dl3_client_new(&config, NULL) };

	(void)state;
	dl3_session_tick(end.s, 0);
	assert_int_equal(dl3_client_authenticate(end.s, "app", "secret", NULL), DL3_OK);
	dl3t_say_hex(&end, "49000f803000010000000100000000");
	assert_int_equal(dl3_client_read(end.s, "a", NULL), DL3_OK);
	assert_int_equal(dl3_client_read(end.s, "b", NULL), DL3_OK);
	size_t queued = dl3_session_output(end.s).len;
	assert_int_equal(dl3_client_stream(end.s, 0, NULL), DL3_ERR_REQUEST_LIMIT);
	assert_int_equal(dl3_session_output(end.s).len, queued);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_ERR_REQUEST_LIMIT);
	/* One answer makes room for one more. */
	dl3t_say_hex(&end, "49000f803000410000000280000051");
	assert_int_equal(dl3_client_test(end.s, NULL, 0, NULL), DL3_OK);
	dl3t_end_finish(&end);
}

static void a_stream_that_is_not_read_is_bounded(void **state)
{
	struct dl3_server_config config = { .limits = { .max_output = 1000 } };
	struct dl3_record record = detail();
	struct dl3t_pair p;
	size_t sent = 0;
	enum dl3_err err;

	(void)state;
	dl3t_pair_init(&p, NULL, &config);
	dl3t_pair_login(&p);
	assert_stream(&p);
	while ((err = dl3_server_event(p.server.s, PBX, (uint32_t)sent, &record)) == DL3_OK)
		sent++;
	assert_int_equal(err, DL3_ERR_OUTPUT_LIMIT);
	assert_in_range(sent, 5, 30);
	size_t queued = dl3_session_output(p.server.s).len;
	assert_true(queued <= 1000);
	static uint8_t frame[1000] = { 0x49, 1000 >> 8, 1000 & 0xff };
	assert_int_equal(dl3_server_frame(p.server.s, frame, sizeof(frame)), DL3_ERR_OUTPUT_LIMIT);
	assert_int_equal(dl3_session_output(p.server.s).len, queued);
	/* What was queued before is whole. */
	dl3t_pair_run(&p);
	assert_int_equal(p.client.err, DL3_NEED_MORE);
	size_t lines = 0;
	for (const char *at = dl3t_text_of(&p.client.log); (at = strstr(at, "record ")) != NULL; at++)
		lines++;
	assert_int_equal(lines, sent);
	assert_int_equal(dl3_server_frame(p.server.s, frame, sizeof(frame)), DL3_OK);
	dl3t_pair_finish(&p);
}

/* A PBX whose snapshot is larger than its output: it holds the barrier, sends what fits as room
 * comes, and lets go behind the last. */
static void a_snapshot_in_pieces_comes_before_its_end(void **state)
{
	enum { CALLS = 500 };
	struct dl3_server_config config = { .limits = { .max_output = 1000 } };
	struct dl3_record record = detail();
	struct dl3t_pair p;
	uint32_t sent = 0;
	size_t pieces = 0;

	(void)state;
	dl3t_pair_init(&p, NULL, &config);
	dl3t_pair_login(&p);
	dl3_server_hold(p.server.s, true);
	assert_int_equal(dl3_client_stream(p.client.s, 0, NULL), DL3_OK);
	while (sent < CALLS) {
		uint32_t before = sent;
		dl3t_pair_run(&p);
		assert_int_equal(p.server.err, DL3_BLOCKED);
		while (sent < CALLS && dl3_server_event(p.server.s, PBX, sent, &record) == DL3_OK)
			sent++;
		assert_true(sent > before);
		pieces++;
	}
	assert_true(pieces > 10);
	assert_null(strstr(dl3t_text_of(&p.client.log), "snapshot_end"));
	dl3_server_hold(p.server.s, false);
	dl3t_pair_run(&p);
	const char *log = dl3t_text_of(&p.client.log);
	const char *end = strstr(log, "snapshot_end 3\n");
	assert_non_null(end);
	assert_string_equal(end, "snapshot_end 3\n");
	assert_non_null(strstr(log, "record c0a82a03 499.0 "));
	dl3t_pair_finish(&p);
}

static void a_flood_of_tests_blocks_its_own_connection(void **state)
{
	static uint8_t test[15 + 1000] = { 0x49, 1015 >> 8, 1015 & 0xff, 0, 0x2a, 0,         1,          0,
		                           0,    0,         1,           0, 0,    1000 >> 8, 1000 & 0xff };
	struct dl3_server_config config = { .limits = { .max_output = 10000 } };
	struct dl3_session *s = dl3_server_new(&config, NULL);
	struct dl3_event ev;
	enum dl3_err err = DL3_OK;
	size_t most = 0;

	(void)state;
	dl3_session_tick(s, 0);
	for (int i = 0; i < 1000; i++) {
		(void)dl3_session_feed(s, test, sizeof(test));
		while ((err = dl3_session_next(s, &ev)) == DL3_OK) {
		}
		if (dl3_session_output(s).len > most)
			most = dl3_session_output(s).len;
	}
	assert_int_equal(err, DL3_BLOCKED);
	assert_true(most > DL3_OUTPUT_HIGH(10000) && most <= DL3_OUTPUT_HIGH(10000) + 1019);
	assert_true(dl3_session_memory(s) < 10000 + 3 * DL3_INPUT_WINDOW);
	/* It is not let off its login by being blocked. */
	assert_int_equal(dl3_session_deadline(s), DL3_LOGIN_TIMEOUT_MS);
	dl3_session_sent(s, 3000);
	assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(ev.type, DL3_EV_TESTED);
	dl3_session_tick(s, DL3_LOGIN_TIMEOUT_MS);
	assert_int_equal(dl3_session_next(s, &ev), DL3_ERR_TIMEOUT);
	dl3_session_free(s);
}

/* Feeds test packets until the session takes no more. @return the most output that was queued. */
static size_t flood(struct dl3_session *s)
{
	static const uint8_t test[15 + 1000] = { 0x49, 1015 >> 8, 1015 & 0xff, 0, 0x2a, 0, 1, 0, 0, 0, 1, 0,
		                                 0,    1000 >> 8, 1000 & 0xff };
	struct dl3_event ev;
	size_t most = 0;

	for (int i = 0; i < 20000; i++) {
		size_t used = dl3_session_feed(s, test, sizeof(test));
		while (dl3_session_next(s, &ev) == DL3_OK) {
		}
		if (dl3_session_output(s).len > most)
			most = dl3_session_output(s).len;
		if (used < sizeof(test))
			return most;
	}
	fail_msg("the flood is taken for ever");
	return 0;
}

static void a_flood_before_login_takes_little_memory(void **state)
{
	struct dl3t_alloc a;

	(void)state;
	dl3t_alloc_init(&a);
	struct dl3_session *s = dl3_server_new(NULL, &a.allocator);
	dl3_session_tick(s, 0);
	assert_in_range(flood(s), DL3_STRANGER_OUTPUT, DL3_STRANGER_OUTPUT + 1019);
	assert_true(a.peak < 6 * DL3_INPUT_WINDOW);
	dl3_session_free(s);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

static void a_flood_on_a_dead_stream_takes_little_memory(void **state)
{
	static const uint8_t lying[] = { 0x49, 0, 0x0f, 0, 0x2a, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9 };
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	assert_int_equal(dl3_session_feed(p.server.s, lying, sizeof(lying)), sizeof(lying));
	assert_true(flood(p.server.s) <= DL3_STRANGER_OUTPUT + 1019);
	dl3t_pair_finish(&p);
}

static void admitted_server(struct dl3_session *s)
{
	struct dl3t_end end = { .s = s, .owner = dl3t_pbx_owner, .script = &(struct dl3t_pbx){ 0 } };
	struct dl3_msg login = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 1 };
	struct dl3_msg proof = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 2 };
	struct dl3_msg stream = { .type = DL3_MSG_EVENT_REQUEST, .request_id = 3 };
	uint8_t response[DL3_SHA1_SIZE];
	struct dl3_octets challenge = { dl3t_challenge, DL3_CHALLENGE_SIZE };

	login.u.auth_request =
		(struct dl3_auth_request){ .step = DL3_AUTH_STEP_REQUEST, .user = dl3_str_of("app") };
	proof.u.auth_request.step = DL3_AUTH_STEP_SHA1_RESPONSE;
	assert_int_equal(dl3_auth_sha1(challenge, "secret", response), DL3_OK);
	proof.u.auth_request.response = (struct dl3_octets){ response, sizeof(response) };
	stream.u.event_request.flags = dl3_str_of("");
	dl3t_say(&end, &login);
	dl3t_say(&end, &proof);
	dl3t_say(&end, &stream);
	assert_non_null(strstr(dl3t_text_of(&end.log), "stream_request 3"));
	end.s = NULL;
	dl3t_end_finish(&end);
}

/* Whatever is queued, and however it is sent, the memory is what is said at the limit. */
static void memory_for_output_keeps_to_its_bound(void **state)
{
	enum { LIMIT = 1 << 20 };
	static uint8_t frame[1000] = { 0x49, 1000 >> 8, 1000 & 0xff };
	struct dl3_server_config config = { .limits = { .max_output = LIMIT } };
	struct dl3t_alloc a;

	(void)state;
	dl3t_alloc_init(&a);
	struct dl3_session *s = dl3_server_new(&config, &a.allocator);
	dl3_session_tick(s, 0);
	admitted_server(s);
	for (size_t round = 0; round < 40; round++) {
		while (dl3_server_frame(s, frame, sizeof(frame)) == DL3_OK) {
		}
		assert_true(dl3_session_output(s).len > LIMIT - sizeof(frame));
		dl3_session_sent(s, round * LIMIT / 30);
	}
	assert_in_range(a.peak, LIMIT, LIMIT + LIMIT / 2 + 2 * DL3_BUFFER_KEEP);
	dl3_session_free(s);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

static void half_of_the_output_is_not_too_much(void **state)
{
	static const uint8_t test[] = { 0x49, 0, 0x0f, 0, 0x2a, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0 };
	struct dl3_server_config config = { .limits = { .max_output = 38 } };
	struct dl3_session *s = dl3_server_new(&config, NULL);
	struct dl3_event ev;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(dl3_session_feed(s, test, sizeof(test)), sizeof(test));
	assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(dl3_session_output(s).len, 19);
	assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(dl3_session_next(s, &ev), DL3_BLOCKED);
	dl3_session_free(s);
}

static void no_room_to_answer_a_test(void **state)
{
	struct dl3_server_config config = { .limits = { .max_output = 18 } };
	struct dl3t_end end = { .s = dl3_server_new(&config, NULL) };

	(void)state;
	dl3t_say_hex(&end, "49000f002a00010000000700000000");
	assert_int_equal(end.err, DL3_ERR_OUTPUT_LIMIT);
	dl3t_end_finish(&end);
}

static void requests_that_wait_for_the_owner_are_bounded(void **state)
{
	struct dl3_server_config config = { .limits = { .max_requests = 2 } };
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, &config);
	dl3t_pair_login(&p);
	p.pbx.silent = true;
	for (int i = 0; i < 3; i++)
		assert_int_equal(dl3_client_read(p.client.s, "x", NULL), DL3_OK);
	dl3t_pair_run(&p);
	assert_string_equal(dl3t_text_of(&p.server.log), "read_request 3 file=x\nread_request 4 file=x\n");
	assert_int_equal(p.server.err, DL3_BLOCKED);
	assert_int_equal(dl3_server_no_file(p.server.s, 4), DL3_OK);
	dl3t_pair_run(&p);
	assert_string_equal(dl3t_text_of(&p.server.log),
	                    "read_request 3 file=x\nread_request 4 file=x\nread_request 5 file=x\n");
	dl3t_pair_finish(&p);
}

static void answers_that_do_not_fit_may_be_tried_again(void **state)
{
	static const char file[500] = { 'f' };
	struct dl3_server_config config = { .limits = { .max_output = 600 } };
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, &config);
	dl3t_pair_login(&p);
	p.pbx.silent = true;
	assert_int_equal(dl3_client_read(p.client.s, "x", NULL), DL3_OK);
	assert_int_equal(dl3_client_read(p.client.s, "y", NULL), DL3_OK);
	assert_int_equal(dl3_client_stream(p.client.s, 0, NULL), DL3_OK);
	dl3t_pair_run(&p);
	assert_int_equal(dl3_server_file(p.server.s, 3, file, 500), DL3_OK);
	assert_int_equal(dl3_server_file(p.server.s, 4, file, 500), DL3_ERR_OUTPUT_LIMIT);
	assert_int_equal(dl3_server_file(p.server.s, 4, file, 55), DL3_OK);
	assert_int_equal(dl3_server_stream(p.server.s, 5, DL3_EVENTS_SUCCESS, 0), DL3_ERR_OUTPUT_LIMIT);
	dl3t_pair_run(&p);
	assert_int_equal(dl3_server_stream(p.server.s, 5, DL3_EVENTS_SUCCESS, 0), DL3_OK);
	dl3t_pair_run(&p);
	assert_non_null(strstr(dl3t_text_of(&p.client.log), "stream 5 on"));
	dl3t_pair_finish(&p);
}

static void refusal_that_does_not_fit(void **state)
{
	struct dl3_server_config config = { .limits = { .max_output = 30 } };
	struct dl3t_pbx pbx = { .silent = true };
	struct dl3t_end end = { .s = dl3_server_new(&config, NULL), .owner = dl3t_pbx_owner, .script = &pbx };
	static const uint8_t test[] = { 0x49, 0, 0x0f, 0, 0x2a, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0 };
	struct dl3_event ev;

	(void)state;
	dl3t_say_hex(&end, "49001300300001000000010000000161707000");
	assert_int_equal(dl3_session_feed(end.s, test, sizeof(test)), sizeof(test));
	assert_int_equal(dl3_session_next(end.s, &ev), DL3_OK);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_RETRY_LATER), DL3_ERR_OUTPUT_LIMIT);
	dl3_session_sent(end.s, 100);
	/* It is as alive as before. */
	dl3t_say_hex(&end, "49000f002a00010000000700000000");
	assert_string_equal(dl3t_text_of(&end.log), "login user=app\ntested 7 result 00000000\n");
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_RETRY_LATER), DL3_OK);
	dl3t_end_finish(&end);
}

static void authentication_answers_that_do_not_fit(void **state)
{
	struct dl3_server_config config = { .encrypted = true, .limits = { .max_output = 36 } };
	struct dl3t_pbx pbx = { .silent = true };
	struct dl3t_end end = { .s = dl3_server_new(&config, NULL), .owner = dl3t_pbx_owner, .script = &pbx };
	struct dl3_event ev;
	static const uint8_t test[] = { 0x49, 0, 0x0f, 0, 0x2a, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0 };

	(void)state;
	dl3t_say_hex(&end, "49001300300001000000010000000161707000");
	/* The answer to a test fills the queue. */
	assert_int_equal(dl3_session_feed(end.s, test, sizeof(test)), sizeof(test));
	assert_int_equal(dl3_session_next(end.s, &ev), DL3_OK);
	assert_int_equal(dl3_server_challenge(end.s, dl3t_challenge, "secret"), DL3_ERR_OUTPUT_LIMIT);
	assert_int_equal(dl3_server_challenge_plain(end.s, "secret"), DL3_OK);
	dl3_session_sent(end.s, 100);
	dl3t_say_hex(&end, "49001900300001000000010000005100000006736563726574");
	assert_string_equal(dl3t_text_of(&end.log), "login user=app\nproof right user=app\n");
	dl3t_end_finish(&end);
}

/* ---- Slow readers ---- */

static void output_sent_bit_by_bit_stays_whole(void **state)
{
	struct dl3_record record = detail();
	struct dl3t_pair p;
	struct dl3t_text got = { 0 };
	uint32_t counter = 0;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	assert_stream(&p);
	for (unsigned round = 0; round < 4000; round++) {
		for (unsigned i = 0; i < 1 + round % 3; i++)
			assert_int_equal(dl3_server_event(p.server.s, PBX, counter++, &record), DL3_OK);
		struct dl3_octets o = dl3_session_output(p.server.s);
		size_t n = round % 7 == 0 ? o.len / 2 : 97;
		n = n < o.len ? n : o.len;
		dl3t_put(&got, o.ptr, n);
		dl3_session_sent(p.server.s, n);
	}
	struct dl3_octets o = dl3_session_output(p.server.s);
	dl3t_put(&got, o.ptr, o.len);
	dl3_session_sent(p.server.s, o.len);
	dl3t_end_feed(&p.client, got.ptr, got.len, 0);
	assert_null(strstr(dl3t_text_of(&p.client.log), "expected"));
	size_t records = 0;
	for (const char *at = dl3t_text_of(&p.client.log); (at = strstr(at, "record ")) != NULL; at++)
		records++;
	assert_int_equal(records, counter);
	assert_int_equal(dl3_session_output(p.server.s).len, 0);
	dl3t_text_free(&got);
	dl3t_pair_finish(&p);
}

/* ---- Secrets ---- */

#define SECRET "hunter2-hunter2-hunter2"
#define BLOCKS 64

/* Knows every live block, and looks for the password in each that is let go. */
struct vault {
	struct {
		uint8_t *ptr;
		size_t size;
	} blocks[BLOCKS];
	size_t leaks;
};

static bool holds_secret(const uint8_t *p, size_t size)
{
	/* Any eight octets of it would be too many. */
	for (size_t i = 0; i + 8 <= size; i++)
		if (memcmp(p + i, SECRET, 8) == 0)
			return true;
	return false;
}

static void *vault_resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	struct vault *v = arg;
	uint8_t *fresh = new_size > 0 ? calloc(1, new_size) : NULL;
	size_t at = 0;

	if (block)
		v->leaks += holds_secret(block, old_size);
	if (block && fresh)
		memcpy(fresh, block, old_size < new_size ? old_size : new_size);
	while (v->blocks[at].ptr != block)
		at++;
	assert_true(at < BLOCKS);
	v->blocks[at].ptr = fresh;
	v->blocks[at].size = new_size;
	free(block);
	return fresh;
}

static size_t live_secrets(const struct vault *v)
{
	size_t n = 0;

	for (size_t i = 0; i < BLOCKS; i++)
		if (v->blocks[i].ptr)
			n += holds_secret(v->blocks[i].ptr, v->blocks[i].size);
	return n;
}

static void shuttle(struct dl3_session *from, struct dl3_session *to, size_t chunk)
{
	struct dl3_octets o;

	while ((o = dl3_session_output(from)).len > 0) {
		size_t n = o.len < chunk ? o.len : chunk;
		n = dl3_session_feed(to, o.ptr, n);
		dl3_session_sent(from, n);
	}
}

/* Authenticates with allocators that look, and counts what is left behind. */
static void authenticate_under_watch(bool plain, bool right, size_t chunk)
{
	struct vault v = { 0 };
	struct dl3_allocator a = { .resize = vault_resize, .arg = &v };
	struct dl3_client_config cc = { .encrypted = true };
	struct dl3_server_config sc = { .encrypted = true };
	struct dl3_session *client = dl3_client_new(&cc, &a);
	struct dl3_session *server = dl3_server_new(&sc, &a);
	const char *known = right ? SECRET : NULL;
	struct dl3_event ev;

	assert_int_equal(dl3_client_authenticate(client, "app", SECRET, NULL), DL3_OK);
	assert_int_equal(live_secrets(&v), 1);
	shuttle(client, server, chunk);
	assert_int_equal(dl3_session_next(server, &ev), DL3_OK);
	assert_int_equal(plain ? dl3_server_challenge_plain(server, known)
	                       : dl3_server_challenge(server, dl3t_challenge, known),
	                 DL3_OK);
	shuttle(server, client, chunk);
	assert_int_equal(dl3_session_next(client, &ev), DL3_NEED_MORE);
	/* More is queued behind the answer, so that the queue has to grow around it. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(dl3_client_test(client, "0123456789", 10, NULL), DL3_OK);
	shuttle(client, server, chunk);
	assert_int_equal(dl3_session_next(server, &ev), DL3_OK);
	assert_int_equal(ev.type, DL3_EV_PROOF);
	assert_int_equal(ev.u.proof.right, right);
	assert_int_equal(right ? dl3_server_admit(server, NULL, NULL)
	                       : dl3_server_refuse(server, DL3_AUTH_FAILED),
	                 DL3_OK);
	while (dl3_session_next(server, &ev) == DL3_OK) {
	}
	shuttle(server, client, chunk);
	assert_int_equal(live_secrets(&v), 0);
	assert_int_equal(dl3_session_next(client, &ev), DL3_OK);
	dl3_session_free(client);
	dl3_session_free(server);
	assert_int_equal(v.leaks, 0);
}

static void no_password_is_left_behind(void **state)
{
	static const size_t chunks[] = { 1, 7, 64, 1000 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		authenticate_under_watch(false, true, chunks[i]);
		authenticate_under_watch(false, false, chunks[i]);
		authenticate_under_watch(true, true, chunks[i]);
		authenticate_under_watch(true, false, chunks[i]);
	}
}

static void feed_tests(struct dl3_session *s, int n)
{
	static const char test[] = "I\0\17\0\x2a\0\1\0\0\0\0\0\0\0\0";

	while (n-- > 0)
		assert_int_equal(dl3_session_feed(s, test, 15), 15);
}

static void next_events(struct dl3_session *s, int n, enum dl3_event_type last)
{
	struct dl3_event ev = { 0 };

	while (n-- > 0)
		assert_int_equal(dl3_session_next(s, &ev), DL3_OK);
	assert_int_equal(ev.type, last);
}

/* Input that waits is moved within its buffer with the password in it; its old place is wiped. */
static void no_password_is_left_where_input_was(void **state)
{
	struct vault v = { 0 };
	struct dl3_allocator a = { .resize = vault_resize, .arg = &v };
	struct dl3_server_config config = { .encrypted = true };
	struct dl3t_pbx pbx = { .plain = true, .password = SECRET };
	struct dl3t_end end = { .s = dl3_server_new(&config, &a), .owner = dl3t_pbx_owner, .script = &pbx };
	static const char proof[] = "I\0\x2a\0\x30\0\1\0\0\0\1\0\0\0\x51\0\0\0\x17" SECRET;
	char block[300];

	(void)state;
	dl3t_say_hex(&end, "49001300300001000000010000000161707000");
	/* A buffer of 300 octets, all but the last test told. */
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = "I\0\17\0\x2a\0\1\0\0\0\0\0\0\0"[i % 15];
	assert_int_equal(dl3_session_feed(end.s, block, sizeof(block)), sizeof(block));
	next_events(end.s, 20, DL3_EV_TESTED);
	/* The next feed moves that one to the front; then eight are told before the password's frame,
	 * and there is no room behind it until it is moved. */
	feed_tests(end.s, 11);
	assert_int_equal(dl3_session_feed(end.s, proof, sizeof(proof) - 1), sizeof(proof) - 1);
	feed_tests(end.s, 6);
	next_events(end.s, 8, DL3_EV_TESTED);
	feed_tests(end.s, 1);
	next_events(end.s, 4, DL3_EV_PROOF);
	next_events(end.s, 1, DL3_EV_TESTED);
	assert_int_equal(live_secrets(&v), 0);
	dl3t_end_finish(&end);
	assert_int_equal(v.leaks, 0);
}

static void no_password_is_left_on_a_dead_stream(void **state)
{
	struct vault v = { 0 };
	struct dl3_allocator a = { .resize = vault_resize, .arg = &v };
	struct dl3_server_config config = { .encrypted = true };
	struct dl3t_pbx pbx = { .plain = true, .password = SECRET };
	struct dl3t_end end = { .s = dl3_server_new(&config, &a), .owner = dl3t_pbx_owner, .script = &pbx };

	(void)state;
	dl3t_say_hex(&end, "49001300300001000000010000000161707000");
	assert_int_equal(live_secrets(&v), 1);
	dl3t_say_hex(&end, "490014002a0001000000080000000668656c6c6f");
	assert_int_equal(live_secrets(&v), 0);
	dl3t_end_finish(&end);
	assert_int_equal(v.leaks, 0);
}

static void no_password_is_left_when_it_was_not_asked_for(void **state)
{
	struct vault v = { 0 };
	struct dl3_allocator a = { .resize = vault_resize, .arg = &v };
	struct dl3t_end end = { .s = dl3_client_new(NULL, &a) };

	(void)state;
	assert_int_equal(dl3_client_authenticate(end.s, "app", SECRET, NULL), DL3_OK);
	assert_int_equal(live_secrets(&v), 1);
	dl3t_say_hex(&end, "49000f803000010000000100000001");
	assert_int_equal(end.err, DL3_ERR_PLAIN_IN_CLEAR);
	assert_int_equal(live_secrets(&v), 0);
	dl3t_end_finish(&end);
	end.s = dl3_client_new(NULL, &a);
	assert_int_equal(dl3_client_authenticate(end.s, "app", SECRET, NULL), DL3_OK);
	dl3t_end_finish(&end);
	assert_int_equal(v.leaks, 0);
}

DL3T_TESTS(cmocka_unit_test(each_allocation_fails_in_turn),
           cmocka_unit_test(all_allocations_fail_from_one_on), cmocka_unit_test(keepalive_without_memory),
           cmocka_unit_test(input_is_taken_a_window_at_a_time),
           cmocka_unit_test(a_length_alone_takes_no_memory),
           cmocka_unit_test(memory_is_given_back_while_output_waits),
           cmocka_unit_test(memory_for_text_is_given_back),
           cmocka_unit_test(a_frame_over_the_limit_widens_no_window),
           cmocka_unit_test(frames_over_a_clients_limit), cmocka_unit_test(server_with_a_larger_limit),
           cmocka_unit_test(client_output_is_bounded), cmocka_unit_test(no_room_to_answer_a_challenge),
           cmocka_unit_test(requests_of_a_client_are_bounded),
           cmocka_unit_test(a_stream_that_is_not_read_is_bounded),
           cmocka_unit_test(a_flood_of_tests_blocks_its_own_connection),
           cmocka_unit_test(a_snapshot_in_pieces_comes_before_its_end),
           cmocka_unit_test(the_end_between_frames), cmocka_unit_test(the_end_inside_a_frame),
           cmocka_unit_test(the_end_before_anything), cmocka_unit_test(the_end_waits_for_output),
           cmocka_unit_test(the_end_of_a_frame_too_large),
           cmocka_unit_test(half_of_the_output_is_not_too_much),
           cmocka_unit_test(a_flood_before_login_takes_little_memory),
           cmocka_unit_test(a_flood_on_a_dead_stream_takes_little_memory),
           cmocka_unit_test(memory_for_output_keeps_to_its_bound), cmocka_unit_test(no_room_to_answer_a_test),
           cmocka_unit_test(requests_that_wait_for_the_owner_are_bounded),
           cmocka_unit_test(answers_that_do_not_fit_may_be_tried_again),
           cmocka_unit_test(authentication_answers_that_do_not_fit),
           cmocka_unit_test(refusal_that_does_not_fit), cmocka_unit_test(output_sent_bit_by_bit_stays_whole),
           cmocka_unit_test(no_password_is_left_behind),
           cmocka_unit_test(no_password_is_left_where_input_was),
           cmocka_unit_test(no_password_is_left_on_a_dead_stream),
           cmocka_unit_test(no_password_is_left_when_it_was_not_asked_for));
