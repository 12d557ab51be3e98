/* SPDX-License-Identifier: MIT */
/* A client and a server joined in memory, and what they said replayed in every split. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <stdlib.h>
#include <string.h>

#include "support/conversation.h"

#define PBX 0xc0a82a03u

/* ---- Flags ---- */

static void assert_flags(struct dl3t_pair *p, uint32_t asked)
{
	char text[DL3_FLAGS_TEXT_MAX];
	bool clash = (asked & DL3_FLAG_CD2) && (asked & DL3_FLAG_SCN);
	uint32_t accepted = clash ? asked & ~DL3_FLAG_SCN : asked;
	struct dl3t_text expected = { 0 };
	uint32_t id = 0;
	bool streaming = false;

	assert_int_equal(dl3_client_stream(p->client.s, asked, &id), DL3_OK);
	dl3t_pair_run(p);
	dl3_flags_format(accepted, text);
	dl3t_printf(&expected, "stream %u on result %08x accepted=[%s] dropped=[%s]\nsnapshot_end %u\n", id,
	            clash ? 9 : 0, text, clash ? "-SCN" : "", id);
	assert_string_equal(dl3t_text_of(&p->client.log), dl3t_text_of(&expected));
	assert_int_equal(dl3_server_flags(p->server.s, &streaming), accepted);
	assert_true(streaming);
	dl3t_text_free(&expected);
	dl3t_end_quiet(&p->client);
}

static void every_combination_of_flags(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	for (uint32_t flags = 0; flags <= DL3_FLAGS_ALL; flags++)
		assert_flags(&p, flags);
	dl3t_pair_finish(&p);
}

static void every_refusal_of_a_stream(void **state)
{
	static const uint32_t results[] = { DL3_EVENTS_UNKNOWN_FLAG, DL3_EVENTS_INSUFFICIENT_LICENCE,
		                            DL3_EVENTS_FEATURE_NOT_AVAILABLE };
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	for (size_t i = 0; i < 3; i++) {
		struct dl3t_text expected = { 0 };
		uint32_t id = 0;

		p.pbx.stream_result = results[i];
		assert_int_equal(dl3_client_stream(p.client.s, DL3_FLAG_CONN, &id), DL3_OK);
		dl3t_pair_run(&p);
		dl3t_printf(&expected, "stream %u off result %08x accepted=[] dropped=[-CONN]\n", id,
		            results[i]);
		assert_string_equal(dl3t_text_of(&p.client.log), dl3t_text_of(&expected));
		dl3t_text_free(&expected);
		dl3t_end_quiet(&p.client);
	}
	dl3t_pair_finish(&p);
}

/* ---- Files ---- */

/* What the client got, compared with what the PBX has. */
struct expect_file {
	const char *contents;
	size_t len;
	int seen;
};

static void expect_file_owner(struct dl3t_end *end, const struct dl3_event *ev)
{
	struct expect_file *expected = end->script;

	assert_int_equal(ev->type, DL3_EV_FILE);
	assert_int_equal(ev->u.file.result, DL3_READ_SUCCESS);
	assert_int_equal(ev->u.file.contents.len, expected->len);
	if (expected->len > 0)
		assert_int_equal(memcmp(ev->u.file.contents.ptr, expected->contents, expected->len), 0);
	expected->seen++;
}

static void read_file(struct dl3t_pair *p, char *contents, size_t len)
{
	struct expect_file expected = { .contents = contents, .len = len };

	p->pbx.file = contents;
	p->pbx.file_len = len;
	p->client.owner = expect_file_owner;
	p->client.script = &expected;
	assert_int_equal(dl3_client_read(p->client.s, "nasystem/user_list", NULL), DL3_OK);
	dl3t_pair_run(p);
	assert_int_equal(expected.seen, 1);
}

static void files_of_all_lengths(void **state)
{
	/* 12 octets stand before the contents; the short form of a frame ends at 0x7fff octets. */
	size_t edge = DL3_FRAME_SHORT_MAX - 3 - 12;
	size_t most = DL3_PAYLOAD_MAX - 12;
	size_t sizes[] = { 0, 1, 2, edge - 1, edge, edge + 1, edge + 2, 65536, 1000000, most - 1, most };
	char *contents = malloc(most);
	struct dl3t_pair p;

	(void)state;
	assert_non_null(contents);
	for (size_t i = 0; i < most; i++)
		contents[i] = (char)(i * 7 + i / 251);
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	size_t idle = dl3_session_memory(p.client.s);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		read_file(&p, contents, sizes[i]);
	/* After the largest files no more is held than what an idle session keeps. */
	dl3t_pair_run(&p);
	assert_true(dl3_session_memory(p.client.s) <= idle + 2 * DL3_BUFFER_KEEP);
	assert_true(dl3_session_memory(p.server.s) <= idle + 2 * DL3_BUFFER_KEEP);
	dl3t_pair_finish(&p);
	free(contents);
}

static void file_that_is_not_there(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	assert_int_equal(dl3_client_read(p.client.s, "nasystem/nothing", NULL), DL3_OK);
	dl3t_pair_run(&p);
	assert_string_equal(dl3t_text_of(&p.client.log), "file 3 result 80000051 contents=''\n");
	assert_string_equal(dl3t_text_of(&p.server.log), "read_request 3 file=nasystem/nothing\n");
	dl3t_pair_finish(&p);
}

/* ---- Records ---- */

static const char detail[] =
	"<Detail><Call>c0a82a03,3,,,,0,,200,,200,</Call>"
	"<PartyA>c0a82a030000232a,1,2,1,0,0,1,0,0,2,2,5.23,,0,0,5678,,,,,,01707123456,100</PartyA>"
	"<Target_list><Target>c0a82a03000003fe,0,0,8,106,,4002,0,4,,,200,901707123456,100</Target></"
	"Target_list></Detail>";

static struct dl3_record delta3(const char *text)
{
	struct dl3_record r;

	assert_int_equal(dl3_delta3_decode(dl3_str_of(text), &r, NULL), DL3_OK);
	return r;
}

static struct dl3_record siptrack(void)
{
	struct dl3_record r;

	dl3_siptrack_decode(dl3_str_of("START,c0a82a1f000003eb,17.1003.1,TRUNK,IN,0f5757"), &r);
	return r;
}

static struct dl3_record delta2(void)
{
	struct dl3_record r;

	assert_int_equal(
		dl3_delta2_decode(dl3_str_of("CALL:S 9.1.0,0.2.0,2,1,1,0,0,0,Zo\xc3\xab(4001)"), &r, NULL),
		DL3_OK);
	return r;
}

static struct dl3_record extension_state(void)
{
	struct dl3_record r = { .kind = DL3_KIND_CMEXTN_STATE };

	r.u.cmextn_state.v = 1;
	r.u.cmextn_state.p1 = 2;
	r.u.cmextn_state.who = dl3_str_of("Extn865001");
	return r;
}

static void send_and_compare(struct dl3t_pair *p, uint32_t counter, const struct dl3_record *record)
{
	struct dl3_event ev = { .type = DL3_EV_RECORD };
	struct dl3t_text expected = { 0 };

	ev.u.record.pbx = PBX;
	ev.u.record.counter = counter;
	ev.u.record.record = record;
	dl3t_event_text(&expected, &ev);
	dl3t_printf(&expected, "\n");
	assert_int_equal(dl3_server_event(p->server.s, PBX, counter, record), DL3_OK);
	dl3t_pair_run(p);
	assert_string_equal(dl3t_text_of(&p->client.log), dl3t_text_of(&expected));
	dl3t_text_free(&expected);
	dl3t_end_quiet(&p->client);
}

static void records_arrive_as_they_were(void **state)
{
	struct dl3_record records[] = { delta3(detail), siptrack(), delta2(), extension_state() };
	static const uint32_t flags[] = { 0, DL3_FLAG_CD2 | DL3_FLAG_TEXT };
	uint32_t counter = 0;

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		struct dl3t_pair p;

		dl3t_pair_init(&p, NULL, NULL);
		dl3t_pair_login(&p);
		assert_int_equal(dl3_client_stream(p.client.s, flags[f], NULL), DL3_OK);
		dl3t_pair_run(&p);
		dl3t_end_quiet(&p.client);
		for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
			send_and_compare(&p, counter++, &records[i]);
		dl3t_pair_finish(&p);
	}
}

/* ---- Tests, keep-alive, time ---- */

static void tests_there_and_back(void **state)
{
	static const char payload[DL3_TEST_PAYLOAD_MAX] = { 'p' };
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	assert_int_equal(dl3_client_test(p.client.s, NULL, 0, NULL), DL3_OK);
	assert_int_equal(dl3_client_test(p.client.s, "hello", 5, NULL), DL3_OK);
	assert_int_equal(dl3_client_test(p.client.s, payload, sizeof(payload), NULL), DL3_OK);
	dl3t_pair_run(&p);
	assert_string_equal(dl3t_text_of(&p.client.log),
	                    "test_reply 1 result 00000000 after 0 payload=''\n"
	                    "test_reply 2 result 00000000 after 0 payload='hello'\n"
	                    "test_reply 3 result 00000000 after 0 payload=1000 octets, sum a3a5e190\n");
	dl3t_pair_finish(&p);
}

static void keepalives_are_answered(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	for (uint64_t now = 0; now < 600000; now += 1000)
		dl3t_pair_tick(&p, now);
	assert_string_equal(dl3t_text_of(&p.client.log), "");
	/* One in thirty seconds, the first at thirty. */
	size_t tests = 0;
	for (const char *at = dl3t_text_of(&p.server.log); (at = strstr(at, "tested")) != NULL; at++)
		tests++;
	assert_int_equal(tests, 19);
	dl3t_pair_finish(&p);
}

static void client_hears_of_a_dead_stream(void **state)
{
	static const uint8_t lying[] = { 0x49, 0, 0x0f, 0, 0x2a, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9 };
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	dl3t_pair_login(&p);
	dl3t_end_feed(&p.server, lying, sizeof(lying), 0);
	assert_int_equal(dl3_client_test(p.client.s, "x", 1, NULL), DL3_OK);
	dl3t_pair_run(&p);
	assert_int_equal(p.client.err, DL3_ERR_STREAM_DEAD);
	dl3t_pair_finish(&p);
}

/* ---- A whole conversation, in every split ---- */

/* The client's owner: asks for everything once it is let in. */
static void asking_owner(struct dl3t_end *end, const struct dl3_event *ev)
{
	if (ev->type != DL3_EV_AUTHENTICATED)
		return;
	assert_int_equal(dl3_client_stream(end->s, DL3_FLAG_SCN | DL3_FLAG_CD2 | DL3_FLAG_SIPTRACK, NULL),
	                 DL3_OK);
	assert_int_equal(dl3_client_read(end->s, "nasystem/user_list", NULL), DL3_OK);
	assert_int_equal(dl3_client_read(end->s, "nasystem/nothing", NULL), DL3_OK);
	assert_int_equal(dl3_client_test(end->s, "hello", 5, NULL), DL3_OK);
	assert_int_equal(dl3_client_stream(end->s, DL3_FLAG_CMEXTN, NULL), DL3_OK);
}

/* The server's owner: a PBX that sends some calls when it is asked for events. */
static void calling_owner(struct dl3t_end *end, const struct dl3_event *ev)
{
	static const uint32_t counters[] = { UINT32_MAX, 0, 0, 5, 2, 3 };
	struct dl3_record records[] = { delta3(detail), siptrack(), delta2(), extension_state() };

	dl3t_pbx_owner(end, ev);
	if (ev->type != DL3_EV_STREAM_REQUEST)
		return;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		assert_int_equal(dl3_server_event(end->s, PBX, counters[i], &records[i % 4]), DL3_OK);
	assert_int_equal(dl3_server_event(end->s, PBX + 1, 1, &records[0]), DL3_OK);
	assert_int_equal(dl3_server_frame(end->s, "I\0\7\1\2\3\4", 7), DL3_OK);
	assert_int_equal(dl3_server_frame(end->s, "I\0\14\x10\x30\0\x11\xc0\xa8\x2a\x03\0", 12), DL3_OK);
}

static void begin_conversation(struct dl3t_pair *p)
{
	dl3t_pair_init(p, NULL, NULL);
	p->client.owner = asking_owner;
	p->server.owner = calling_owner;
	p->pbx.file = "4001,Extn4001\r\n";
	p->pbx.file_len = 15;
	assert_int_equal(dl3_client_authenticate(p->client.s, "app", "secret", "Test 1.0"), DL3_OK);
	dl3t_end_run(&p->client);
	dl3t_end_run(&p->server);
}

static void assert_same(const struct dl3t_end *a, const struct dl3t_end *b)
{
	assert_string_equal(dl3t_text_of(&a->log), dl3t_text_of(&b->log));
	assert_int_equal(a->out.len, b->out.len);
	assert_memory_equal(a->out.ptr, b->out.ptr, b->out.len);
}

/* Feeds one end of a fresh conversation what it was fed in the recorded one. */
static void replay(const struct dl3t_pair *recorded, bool client, size_t split, size_t chunk)
{
	const struct dl3t_text *said = client ? &recorded->server.out : &recorded->client.out;
	const struct dl3t_end *expected = client ? &recorded->client : &recorded->server;
	struct dl3t_pair p;

	begin_conversation(&p);
	struct dl3t_end *end = client ? &p.client : &p.server;
	dl3t_end_feed(end, said->ptr, split, chunk);
	dl3t_end_feed(end, said->ptr + split, said->len - split, chunk);
	assert_same(end, expected);
	dl3t_pair_finish(&p);
}

static void assert_conversation(const struct dl3t_pair *p)
{
	const char *log = dl3t_text_of(&p->client.log);

	assert_int_equal(p->client.err, DL3_NEED_MORE);
	assert_int_equal(p->server.err, DL3_NEED_MORE);
	assert_non_null(strstr(log, "accepted=[-CD2 -SIPTrack] dropped=[-SCN]"));
	assert_non_null(strstr(log, "duplicate c0a82a03"));
	assert_non_null(strstr(log, "gap c0a82a03 expected 1 came 5 missed 4"));
	assert_non_null(strstr(log, "restart c0a82a03 expected 6 came 2"));
	assert_non_null(strstr(log, "snapshot_end 3\n"));
	assert_non_null(strstr(log, "snapshot_end 8\n"));
	assert_non_null(strstr(log, "file 5 result 00000000 contents=15 octets"));
	assert_non_null(strstr(log, "file 6 result 80000051"));
	assert_non_null(strstr(log, "test_reply 7 "));
	assert_non_null(strstr(log, "unknown unknown 01020304"));
	assert_non_null(strstr(log, "malformed c0a82a03"));
}

static void a_conversation_in_every_split(void **state)
{
	struct dl3t_pair p;

	(void)state;
	begin_conversation(&p);
	dl3t_pair_run(&p);
	assert_conversation(&p);
	for (size_t split = 0; split <= p.server.out.len; split++)
		replay(&p, true, split, 0);
	for (size_t split = 0; split <= p.client.out.len; split++)
		replay(&p, false, split, 0);
	dl3t_pair_finish(&p);
}

static void a_conversation_in_chunks(void **state)
{
	struct dl3t_pair p;

	(void)state;
	begin_conversation(&p);
	dl3t_pair_run(&p);
	for (size_t chunk = 1; chunk < 20; chunk++) {
		replay(&p, true, 0, chunk);
		replay(&p, false, 0, chunk);
	}
	dl3t_pair_finish(&p);
}

static void both_ends_an_octet_at_a_time(void **state)
{
	struct dl3t_pair whole;
	struct dl3t_pair p;

	(void)state;
	begin_conversation(&whole);
	dl3t_pair_run(&whole);
	begin_conversation(&p);
	p.chunk = 1;
	dl3t_pair_run(&p);
	assert_same(&p.client, &whole.client);
	assert_same(&p.server, &whole.server);
	dl3t_pair_finish(&p);
	dl3t_pair_finish(&whole);
}

/* ---- Bad input ---- */

static uint32_t noise(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 24;
}

/* Owners that take part as far as they can; a conversation gone wrong leads to refused calls. */
static void lenient_client(struct dl3t_end *end, const struct dl3_event *ev)
{
	if (ev->type == DL3_EV_AUTHENTICATED) {
		(void)!dl3_client_stream(end->s, DL3_FLAG_SCN, NULL);
		(void)!dl3_client_read(end->s, "nasystem/user_list", NULL);
	}
}

static void lenient_server(struct dl3t_end *end, const struct dl3_event *ev)
{
	struct dl3_record record = delta3(detail);

	if (ev->type == DL3_EV_LOGIN)
		(void)!dl3_server_challenge(end->s, dl3t_challenge, "secret");
	else if (ev->type == DL3_EV_PROOF && ev->u.proof.right)
		(void)!dl3_server_admit(end->s, "P", NULL);
	else if (ev->type == DL3_EV_PROOF)
		(void)!dl3_server_refuse(end->s, DL3_AUTH_FAILED);
	else if (ev->type == DL3_EV_STREAM_REQUEST)
		(void)!dl3_server_stream(end->s, ev->u.stream_request.request, ev->u.stream_request.result,
		                         ev->u.stream_request.accepted);
	else if (ev->type == DL3_EV_READ_REQUEST)
		(void)!dl3_server_file(end->s, ev->u.read_request.request, "x", 1);
	(void)!dl3_server_event(end->s, PBX, 1, &record);
}

/* The recorded octets with one of them changed: nothing may break, and an end that has ended stays so. */
static void replay_damaged(const struct dl3t_pair *recorded, bool client, size_t at, uint8_t with)
{
	const struct dl3t_text *said = client ? &recorded->server.out : &recorded->client.out;
	struct dl3t_pair p;

	begin_conversation(&p);
	p.client.owner = lenient_client;
	p.server.owner = lenient_server;
	struct dl3t_end *end = client ? &p.client : &p.server;
	char *damaged = malloc(said->len);
	assert_non_null(damaged);
	memcpy(damaged, said->ptr, said->len);
	damaged[at] = (char)(damaged[at] ^ with);
	dl3t_end_feed(end, damaged, said->len, 0);
	assert_int_equal(dl3_session_next(end->s, &(struct dl3_event){ 0 }), end->err);
	free(damaged);
	dl3t_pair_finish(&p);
}

static void a_conversation_with_any_octet_damaged(void **state)
{
	struct dl3t_pair p;

	(void)state;
	begin_conversation(&p);
	dl3t_pair_run(&p);
	for (size_t at = 0; at < p.server.out.len; at++) {
		replay_damaged(&p, true, at, 0x01);
		replay_damaged(&p, true, at, 0xff);
	}
	for (size_t at = 0; at < p.client.out.len; at++) {
		replay_damaged(&p, false, at, 0x01);
		replay_damaged(&p, false, at, 0xff);
	}
	dl3t_pair_finish(&p);
}

/* Frames of noise behind each known code, so that it gets past the framing. */
static void say_noise(struct dl3t_end *end, uint32_t *seed)
{
	static const uint8_t codes[][4] = { { 0, 0x2a, 0, 1 },      { 0x80, 0x2a, 0, 1 },
		                            { 0, 0x30, 0, 1 },      { 0x80, 0x30, 0, 1 },
		                            { 0, 0x30, 0, 0x11 },   { 0x80, 0x30, 0, 0x11 },
		                            { 0, 0x30, 0, 0x41 },   { 0x80, 0x30, 0, 0x41 },
		                            { 0x10, 0x30, 0, 0x11 } };
	uint8_t payload[64];
	size_t len = 4 + noise(seed) % (sizeof(payload) - 4);

	memcpy(payload, codes[noise(seed) % 9], 4);
	for (size_t i = 4; i < len; i++)
		payload[i] = noise(seed) < 200 ? (uint8_t)(noise(seed) % 4) : (uint8_t)noise(seed);
	dl3t_say_payload(end, payload, len);
}

static void frames_of_noise(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct dl3t_pair p;

		begin_conversation(&p);
		p.client.owner = lenient_client;
		p.server.owner = lenient_server;
		for (int i = 0; i < 20; i++) {
			say_noise(&p.client, &seed);
			say_noise(&p.server, &seed);
		}
		dl3t_pair_finish(&p);
	}
}

static void octets_that_are_no_frames(void **state)
{
	struct dl3t_pair p;

	(void)state;
	begin_conversation(&p);
	dl3t_end_feed(&p.client, "HTTP/1.1 400 Bad Request\r\n", 26, 0);
	assert_int_equal(p.client.err, DL3_ERR_DISCRIMINATOR);
	dl3t_end_feed(&p.server,
	              "I\0\7\1\2\3\4"
	              "I\0\2",
	              10, 0);
	assert_int_equal(p.server.err, DL3_ERR_LENGTH);
	assert_int_equal(dl3_session_fault(p.server.s).offset, 8);
	dl3t_pair_finish(&p);
}

DL3T_TESTS(cmocka_unit_test(every_combination_of_flags), cmocka_unit_test(every_refusal_of_a_stream),
           cmocka_unit_test(files_of_all_lengths), cmocka_unit_test(file_that_is_not_there),
           cmocka_unit_test(records_arrive_as_they_were), cmocka_unit_test(tests_there_and_back),
           cmocka_unit_test(keepalives_are_answered), cmocka_unit_test(client_hears_of_a_dead_stream),
           cmocka_unit_test(a_conversation_in_every_split), cmocka_unit_test(a_conversation_in_chunks),
           cmocka_unit_test(both_ends_an_octet_at_a_time),
           cmocka_unit_test(a_conversation_with_any_octet_damaged), cmocka_unit_test(frames_of_noise),
           cmocka_unit_test(octets_that_are_no_frames));
