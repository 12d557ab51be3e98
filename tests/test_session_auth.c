/* SPDX-License-Identifier: MIT */
/* Authentication: the proof by itself, and both ends through every way it can go. */
#include "support/test.h"

#include <devlink3/devlink3.h>
#include <string.h>

#include "session/session.h"
#include "support/conversation.h"

static const struct dl3_client_config encrypted_client = { .encrypted = true };
static const struct dl3_server_config encrypted_server = { .encrypted = true };

static const char welcome[] = "authenticated pbx=Test PBX 1.0 variant=Standard 1.0\n";

/* ---- What the system's cryptography is asked for: a file of the library's for each system ---- */

static void what_is_wiped_is_gone(void **state)
{
	char secret[8] = "secret!";

	(void)state;
	dl3i_wipe(secret + 1, 5);
	assert_memory_equal(secret, "s\0\0\0\0\0!", 8);
	dl3i_wipe(secret, 0);
	assert_memory_equal(secret, "s", 1);
}

static void any_difference_makes_secrets_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < DL3_SHA1_SIZE; i++) {
		uint8_t a[DL3_SHA1_SIZE] = { 1, 2, 3 };
		uint8_t b[DL3_SHA1_SIZE] = { 1, 2, 3 };

		assert_true(dl3i_auth_same(a, b, sizeof(a)));
		b[i] ^= (uint8_t)(1u << i % 8);
		assert_false(dl3i_auth_same(a, b, sizeof(a)));
		assert_true(dl3i_auth_same(a, b, i));
	}
}

/* ---- SHA-1: sums made by another implementation ---- */

static void assert_proof(const char *password, const char *expected)
{
	struct dl3_octets challenge = { dl3t_challenge, sizeof(dl3t_challenge) };
	uint8_t out[DL3_SHA1_SIZE];
	char hex[2 * DL3_SHA1_SIZE + 1] = "";

	assert_int_equal(dl3_auth_sha1(challenge, password, out), DL3_OK);
	for (size_t i = 0; i < sizeof(out); i++) {
		hex[2 * i] = "0123456789abcdef"[out[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[out[i] & 15];
	}
	assert_string_equal(hex, expected);
}

static void sha1_of_a_short_password(void **state)
{
	(void)state;
	assert_proof("secret", "44725f4e04cb35fe68f44ac50f418c8c193cb893");
}

static void sha1_uses_sixteen_octets_of_a_password(void **state)
{
	(void)state;
	assert_proof("0123456789abcdef", "ce4266dded3e60434919aecf4db767d606d1b1ac");
	assert_proof("0123456789abcdefXYZ", "ce4266dded3e60434919aecf4db767d606d1b1ac");
}

static void sha1_cuts_inside_a_character(void **state)
{
	(void)state;
	assert_proof("0123456789abcde\xc3\xa9!", "e98bfeb72783b279c21f893ae77a8f75ed332e9f");
}

static void sha1_refuses_what_it_cannot_take(void **state)
{
	uint8_t out[DL3_SHA1_SIZE];
	uint8_t challenge[DL3_CHALLENGE_MAX + 1] = { 0 };

	(void)state;
	assert_int_equal(dl3_auth_sha1((struct dl3_octets){ challenge, 16 }, NULL, out), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_auth_sha1((struct dl3_octets){ challenge, 65 }, "x", out), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_auth_sha1((struct dl3_octets){ challenge, 64 }, "x", out), DL3_OK);
	assert_int_equal(dl3_auth_sha1((struct dl3_octets){ NULL, 0 }, "x", out), DL3_OK);
}

/* ---- Both ends ---- */

static void authenticate(struct dl3t_pair *p, const char *user, const char *password)
{
	assert_int_equal(dl3_client_authenticate(p->client.s, user, password, NULL), DL3_OK);
	dl3t_pair_run(p);
}

static void right_password_is_let_in(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	assert_int_equal(dl3_client_authenticate(p.client.s, "app", "secret", "Acme 8.0"), DL3_OK);
	dl3t_pair_run(&p);
	assert_string_equal(dl3t_text_of(&p.client.log), welcome);
	assert_string_equal(dl3t_text_of(&p.server.log), "login user=app application=Acme 8.0\n"
	                                                 "proof right user=app\n");
	dl3t_pair_finish(&p);
}

static void wrong_password_is_refused(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	authenticate(&p, "app", "Secret");
	assert_string_equal(
		dl3t_text_of(&p.client.log),
		"refused 80000041\n"
		"end: refused: expected success of the authentication, came the result 0x80000041\n");
	assert_string_equal(dl3t_text_of(&p.server.log), "login user=app\nproof wrong user=app\n");
	assert_int_equal(dl3_session_deadline(p.client.s), DL3_NEVER);
	dl3t_pair_finish(&p);
}

static void unknown_user_is_challenged_all_the_same(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	/* The empty password is what an unknown user's is taken for; it must not be right. */
	authenticate(&p, "nobody", "");
	assert_string_equal(dl3t_text_of(&p.server.log), "login user=nobody\nproof wrong user=nobody\n");
	dl3t_pair_finish(&p);
}

static void empty_password_may_be_right(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	p.pbx.password = "";
	authenticate(&p, "app", "");
	assert_string_equal(dl3t_text_of(&p.client.log), welcome);
	dl3t_pair_finish(&p);
}

static void plain_password_of_thirty_two_octets(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, &encrypted_client, &encrypted_server);
	p.pbx.plain = true;
	p.pbx.password = "0123456789abcdef0123456789abcdef-this-is-cut";
	authenticate(&p, "app", "0123456789abcdef0123456789abcdefX");
	assert_string_equal(dl3t_text_of(&p.client.log), welcome);
	dl3t_pair_finish(&p);
}

static void plain_password_wrong_in_the_seventeenth_octet(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, &encrypted_client, &encrypted_server);
	p.pbx.plain = true;
	p.pbx.password = "0123456789abcdefA";
	authenticate(&p, "app", "0123456789abcdefB");
	assert_non_null(strstr(dl3t_text_of(&p.client.log), "refused 80000041"));
	dl3t_pair_finish(&p);
}

static void plain_and_an_unknown_user(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, &encrypted_client, &encrypted_server);
	p.pbx.plain = true;
	authenticate(&p, "nobody", "");
	assert_string_equal(dl3t_text_of(&p.server.log), "login user=nobody\nproof wrong user=nobody\n");
	dl3t_pair_finish(&p);
}

static void plain_in_the_clear_sends_nothing(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, &encrypted_server);
	p.pbx.plain = true;
	assert_int_equal(dl3_client_authenticate(p.client.s, "app", "secret", NULL), DL3_OK);
	dl3t_end_run(&p.client);
	size_t sent = p.client.out.len;
	dl3t_pair_run(&p);
	assert_int_equal(p.client.out.len, sent);
	assert_int_equal(p.client.err, DL3_ERR_PLAIN_IN_CLEAR);
	assert_int_equal(dl3_session_next(p.client.s, &(struct dl3_event){ 0 }), DL3_ERR_PLAIN_IN_CLEAR);
	dl3t_pair_finish(&p);
}

static void server_asks_for_plain_on_encrypted_links_only(void **state)
{
	struct dl3t_pair p;

	(void)state;
	dl3t_pair_init(&p, NULL, NULL);
	p.pbx.silent = true;
	authenticate(&p, "app", "secret");
	assert_int_equal(dl3_server_challenge_plain(p.server.s, "secret"), DL3_ERR_STATE);
	assert_int_equal(dl3_server_challenge(p.server.s, dl3t_challenge, "secret"), DL3_OK);
	dl3t_pair_finish(&p);
}

static const uint32_t refusals[] = { DL3_AUTH_FAILED,      DL3_AUTH_LIMITS_EXCEEDED,
	                             DL3_AUTH_RETRY_LATER, DL3_AUTH_LICENCE_MISSING,
	                             0x80000099u,          3 };

static void assert_refused(bool at_login, uint32_t result)
{
	struct dl3t_pair p;

	dl3t_pair_init(&p, NULL, NULL);
	p.pbx.refuse_login = at_login ? result : 0;
	p.pbx.refuse_proof = at_login ? 0 : result;
	assert_int_equal(dl3_client_authenticate(p.client.s, "app", "secret", NULL), DL3_OK);
	for (int i = 0; i < 3 && p.client.log.len == 0; i++)
		dl3t_pair_run(&p);
	char expected[32] = "refused ";
	for (int i = 0; i < 8; i++)
		expected[8 + i] = "0123456789abcdef"[result >> (28 - 4 * i) & 15];
	assert_memory_equal(dl3t_text_of(&p.client.log), expected, 16);
	assert_int_equal(p.client.err, DL3_ERR_REFUSED);
	assert_int_equal(dl3_session_fault(p.client.s).value, result);
	assert_int_equal(dl3_client_test(p.client.s, NULL, 0, NULL), DL3_ERR_STATE);
	dl3t_pair_finish(&p);
}

static void every_refusal_reaches_the_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		assert_refused(true, refusals[i]);
		assert_refused(false, refusals[i]);
	}
}

/* ---- The client against what a PBX may say ---- */

static void begin_client(struct dl3t_end *end, bool encrypted)
{
	*end = (struct dl3t_end){ .s = dl3_client_new(encrypted ? &encrypted_client : NULL, NULL) };
	dl3_session_tick(end->s, 0);
	assert_int_equal(dl3_client_authenticate(end->s, "app", "secret", NULL), DL3_OK);
	dl3t_end_run(end);
}

static void reply(struct dl3t_end *end, uint32_t id, uint32_t result, const char *challenge)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REPLY, .request_id = id };

	msg.u.auth_reply.result = result;
	if (challenge)
		msg.u.auth_reply.challenge =
			(struct dl3_octets){ (const uint8_t *)challenge, strlen(challenge) };
	dl3t_say(end, &msg);
}

static void client_uses_a_new_id_for_each_step(void **state)
{
	struct dl3t_end end;
	static const uint8_t first[] = { 0x49, 0, 0x13, 0, 0x30, 0,   1,   0,   0, 0,
		                         1,    0, 0,    0, 1,    'a', 'p', 'p', 0 };

	(void)state;
	begin_client(&end, false);
	assert_int_equal(end.out.len, sizeof(first));
	assert_memory_equal(end.out.ptr, first, sizeof(first));
	dl3t_say_hex(&end, "49002380300001000000010000000200000010a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
	static const uint8_t proof[] = { 0x49, 0,    0x27, 0,    0x30, 0,    1,    0,    0,    0,
		                         2,    0,    0,    0,    0x50, 0,    0,    0,    0x14, 0x44,
		                         0x72, 0x5f, 0x4e, 0x04, 0xcb, 0x35, 0xfe, 0x68, 0xf4, 0x4a,
		                         0xc5, 0x0f, 0x41, 0x8c, 0x8c, 0x19, 0x3c, 0xb8, 0x93 };
	assert_int_equal(end.out.len, sizeof(first) + sizeof(proof));
	assert_memory_equal(end.out.ptr + sizeof(first), proof, sizeof(proof));
	dl3t_end_finish(&end);
}

static void answer_with_another_id_does_not_count(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin_client(&end, false);
	size_t sent = end.out.len;
	reply(&end, 7, DL3_AUTH_SUCCESS, NULL);
	reply(&end, 7, DL3_AUTH_FAILED, NULL);
	reply(&end, 7, DL3_AUTH_CHALLENGE_SHA1, "0123456789abcdef");
	assert_string_equal(dl3t_text_of(&end.log), "unknown auth_reply 80300001 id 7\n"
	                                            "unknown auth_reply 80300001 id 7\n"
	                                            "unknown auth_reply 80300001 id 7\n");
	assert_int_equal(end.out.len, sent);
	dl3t_end_tick(&end, DL3_ANSWER_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	dl3t_end_finish(&end);
}

static void the_id_of_the_first_step_is_spent(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin_client(&end, false);
	reply(&end, 1, DL3_AUTH_CHALLENGE_SHA1, "0123456789abcdef");
	reply(&end, 1, DL3_AUTH_SUCCESS, NULL);
	assert_string_equal(dl3t_text_of(&end.log), "unknown auth_reply 80300001 id 1\n");
	reply(&end, 2, DL3_AUTH_SUCCESS, NULL);
	assert_string_equal(dl3t_text_of(&end.log), "unknown auth_reply 80300001 id 1\nauthenticated\n");
	dl3t_end_finish(&end);
}

static void success_without_a_challenge_counts(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin_client(&end, false);
	reply(&end, 1, DL3_AUTH_SUCCESS, NULL);
	assert_string_equal(dl3t_text_of(&end.log), "authenticated\n");
	dl3t_end_finish(&end);
}

static void challenges_of_other_lengths(void **state)
{
	static const char sixty_five[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX";
	struct dl3t_end end;

	(void)state;
	begin_client(&end, false);
	reply(&end, 1, DL3_AUTH_CHALLENGE_SHA1, "x");
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
	begin_client(&end, false);
	reply(&end, 1, DL3_AUTH_CHALLENGE_SHA1, sixty_five + 1);
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_finish(&end);
	begin_client(&end, false);
	reply(&end, 1, DL3_AUTH_CHALLENGE_SHA1, sixty_five);
	assert_int_equal(end.err, DL3_ERR_UNEXPECTED);
	dl3t_end_finish(&end);
	begin_client(&end, false);
	reply(&end, 1, DL3_AUTH_CHALLENGE_SHA1, "");
	assert_int_equal(end.err, DL3_ERR_UNEXPECTED);
	dl3t_end_finish(&end);
}

static void only_one_challenge_is_answered(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin_client(&end, true);
	reply(&end, 1, DL3_AUTH_CHALLENGE_SHA1, "0123456789abcdef");
	size_t sent = end.out.len;
	reply(&end, 2, DL3_AUTH_CHALLENGE_PLAIN, NULL);
	assert_int_equal(end.err, DL3_ERR_UNEXPECTED);
	assert_int_equal(end.out.len, sent);
	dl3t_end_finish(&end);
}

static void answer_that_cannot_be_read_ends_the_client(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin_client(&end, false);
	dl3t_say_hex(&end, "49002380300001000000010000000200001000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
	assert_int_equal(end.err, DL3_ERR_TRUNCATED_MESSAGE);
	assert_int_equal(dl3_session_fault(end.s).offset, 12);
	dl3t_end_finish(&end);
	begin_client(&end, false);
	dl3t_say_hex(&end, "49000980300001"
	                   "0000");
	assert_int_equal(end.err, DL3_ERR_TRUNCATED_MESSAGE);
	dl3t_end_finish(&end);
	begin_client(&end, false);
	dl3t_say_hex(&end, "490013803000010000000100000000007d0001");
	assert_int_equal(end.err, DL3_ERR_TRUNCATED_TUPLE);
	dl3t_end_finish(&end);
}

static void unreadable_answer_to_nothing_is_an_event(void **state)
{
	struct dl3t_end end;

	(void)state;
	begin_client(&end, false);
	dl3t_say_hex(&end, "49000d80300001"
	                   "00000009"
	                   "0000");
	assert_int_equal(end.err, DL3_NEED_MORE);
	assert_memory_equal(dl3t_text_of(&end.log), "malformed ", 10);
	reply(&end, 1, DL3_AUTH_SUCCESS, NULL);
	dl3t_end_quiet(&end);
	dl3t_say_hex(&end, "49000d80300001"
	                   "00000001"
	                   "0000");
	assert_int_equal(end.err, DL3_NEED_MORE);
	assert_memory_equal(dl3t_text_of(&end.log), "malformed ", 10);
	dl3t_end_finish(&end);
}

/* ---- The server against what a client may say ---- */

static void begin_server(struct dl3t_end *end, struct dl3t_pbx *pbx)
{
	*end = (struct dl3t_end){ .s = dl3_server_new(&encrypted_server, NULL),
		                  .owner = dl3t_pbx_owner,
		                  .script = pbx };
	dl3_session_tick(end->s, 0);
	dl3t_say_hex(end, "49001300300001000000010000000161707000");
}

static void answer_challenge(struct dl3t_end *end, uint32_t step, const char *octets, size_t len)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 99 };

	msg.u.auth_request.step = step;
	msg.u.auth_request.response = (struct dl3_octets){ (const uint8_t *)octets, len };
	dl3t_say(end, &msg);
}

static const char right_sha1[DL3_SHA1_SIZE] = { 0x44,       0x72,       0x5f,       0x4e,       0x04,
	                                        (char)0xcb, 0x35,       (char)0xfe, 0x68,       (char)0xf4,
	                                        0x4a,       (char)0xc5, 0x0f,       0x41,       (char)0x8c,
	                                        (char)0x8c, 0x19,       0x3c,       (char)0xb8, (char)0x93 };

static void each_answer_carries_the_id_of_its_request(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_server(&end, &pbx);
	assert_int_equal(end.out.ptr[10], 1);
	size_t sent = end.out.len;
	answer_challenge(&end, DL3_AUTH_STEP_SHA1_RESPONSE, right_sha1, sizeof(right_sha1));
	assert_string_equal(dl3t_text_of(&end.log), "login user=app\nproof right user=app\n");
	assert_int_equal(end.out.ptr[sent + 10], 99);
	dl3t_end_finish(&end);
}

static void assert_wrong(bool plain, uint32_t step, const char *octets, size_t len)
{
	struct dl3t_pbx pbx = { .plain = plain };
	struct dl3t_end end;

	begin_server(&end, &pbx);
	answer_challenge(&end, step, octets, len);
	assert_string_equal(dl3t_text_of(&end.log), "login user=app\nproof wrong user=app\n");
	dl3t_end_finish(&end);
}

static void proofs_that_are_wrong(void **state)
{
	char longer[DL3_SHA1_SIZE + 1] = { 0 };
	char password[DL3_PLAIN_PASSWORD_MAX + 1] = "secret";

	(void)state;
	memcpy(longer, right_sha1, sizeof(right_sha1));
	assert_wrong(false, DL3_AUTH_STEP_SHA1_RESPONSE, right_sha1, DL3_SHA1_SIZE - 1);
	assert_wrong(false, DL3_AUTH_STEP_SHA1_RESPONSE, longer, sizeof(longer));
	assert_wrong(false, DL3_AUTH_STEP_SHA1_RESPONSE, "", 0);
	assert_wrong(false, DL3_AUTH_STEP_PLAIN_RESPONSE, right_sha1, DL3_SHA1_SIZE);
	assert_wrong(true, DL3_AUTH_STEP_PLAIN_RESPONSE, password, sizeof(password));
	assert_wrong(true, DL3_AUTH_STEP_SHA1_RESPONSE, password, DL3_PLAIN_PASSWORD_MAX);
	assert_wrong(true, DL3_AUTH_STEP_PLAIN_RESPONSE, "secre", 5);
}

static void plain_password_without_its_padding(void **state)
{
	struct dl3t_pbx pbx = { .plain = true };
	struct dl3t_end end;

	(void)state;
	begin_server(&end, &pbx);
	answer_challenge(&end, DL3_AUTH_STEP_PLAIN_RESPONSE, "secret", 6);
	assert_string_equal(dl3t_text_of(&end.log), "login user=app\nproof right user=app\n");
	dl3t_end_finish(&end);
}

static void empty_password_and_too_long_an_answer(void **state)
{
	static const char nothing[DL3_PLAIN_PASSWORD_MAX + 1];
	struct dl3t_pbx pbx = { .plain = true, .password = "" };
	struct dl3t_end end;

	(void)state;
	begin_server(&end, &pbx);
	answer_challenge(&end, DL3_AUTH_STEP_PLAIN_RESPONSE, nothing, sizeof(nothing));
	assert_string_equal(dl3t_text_of(&end.log), "login user=app\nproof wrong user=app\n");
	dl3t_end_finish(&end);
}

static void steps_out_of_turn_are_ignored(void **state)
{
	struct dl3t_pbx pbx = { .silent = true };
	struct dl3t_end end = { .s = dl3_server_new(NULL, NULL), .owner = dl3t_pbx_owner, .script = &pbx };
	struct dl3_msg odd = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 5 };

	(void)state;
	answer_challenge(&end, DL3_AUTH_STEP_SHA1_RESPONSE, right_sha1, sizeof(right_sha1));
	odd.u.auth_request.step = 0x52;
	dl3t_say(&end, &odd);
	dl3t_say_hex(&end, "49001300300001000000010000000161707000");
	dl3t_say_hex(&end, "49001300300001000000010000000161707000");
	assert_string_equal(dl3t_text_of(&end.log), "ignored auth_request 00300001 id 99\n"
	                                            "ignored auth_request 00300001 id 5\n"
	                                            "login user=app\n"
	                                            "ignored auth_request 00300001 id 1\n");
	assert_int_equal(end.out.len, 0);
	dl3t_end_finish(&end);
}

static void owner_answers_out_of_turn(void **state)
{
	struct dl3t_pbx pbx = { .silent = true };
	struct dl3t_end end;

	(void)state;
	begin_server(&end, &pbx);
	assert_int_equal(dl3_server_admit(end.s, NULL, NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_server_challenge(end.s, NULL, "secret"), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_challenge(end.s, dl3t_challenge, "secret"), DL3_OK);
	assert_int_equal(dl3_server_challenge(end.s, dl3t_challenge, "secret"), DL3_ERR_STATE);
	assert_int_equal(dl3_server_challenge_plain(end.s, "secret"), DL3_ERR_STATE);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_FAILED), DL3_ERR_STATE);
	answer_challenge(&end, DL3_AUTH_STEP_SHA1_RESPONSE, "no", 2);
	assert_int_equal(dl3_server_admit(end.s, NULL, NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_SUCCESS), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_CHALLENGE_PLAIN), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_CHALLENGE_SHA1), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_FAILED), DL3_OK);
	assert_int_equal(dl3_server_refuse(end.s, DL3_AUTH_FAILED), DL3_ERR_STATE);
	dl3t_end_finish(&end);
}

static void names_too_long_to_admit_with(void **state)
{
	static char name[DL3_NAME_MAX + 2];
	struct dl3t_pbx pbx = { .silent = true };
	struct dl3t_end end;

	(void)state;
	memset(name, 'x', DL3_NAME_MAX + 1);
	begin_server(&end, &pbx);
	assert_int_equal(dl3_server_challenge(end.s, dl3t_challenge, "secret"), DL3_OK);
	answer_challenge(&end, DL3_AUTH_STEP_SHA1_RESPONSE, right_sha1, sizeof(right_sha1));
	assert_int_equal(dl3_server_admit(end.s, name, NULL), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_server_admit(end.s, NULL, name), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_server_admit(end.s, name + 1, NULL), DL3_OK);
	dl3t_end_finish(&end);
}

static void a_second_login_leaves_the_first_in_force(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;
	bool streaming = false;

	(void)state;
	begin_server(&end, &pbx);
	answer_challenge(&end, DL3_AUTH_STEP_SHA1_RESPONSE, right_sha1, sizeof(right_sha1));
	dl3t_say_hex(&end, "49000e0030001100000002000100");
	dl3t_say_hex(&end, "49001300300001000000030000000161707000");
	(void)dl3_server_flags(end.s, &streaming);
	assert_true(streaming);
	answer_challenge(&end, DL3_AUTH_STEP_SHA1_RESPONSE, "no", 2);
	(void)dl3_server_flags(end.s, &streaming);
	assert_false(streaming);
	dl3t_end_quiet(&end);
	dl3t_say_hex(&end, "49000e0030001100000002000100");
	assert_string_equal(dl3t_text_of(&end.log), "ignored event_request 00300011 id 2\n");
	dl3t_end_finish(&end);
}

static void login_takes_too_long(void **state)
{
	struct dl3t_pbx pbx = { 0 };
	struct dl3t_end end;

	(void)state;
	begin_server(&end, &pbx);
	assert_int_equal(dl3_session_deadline(end.s), DL3_LOGIN_TIMEOUT_MS);
	dl3t_end_tick(&end, DL3_LOGIN_TIMEOUT_MS - 1);
	assert_int_equal(end.err, DL3_NEED_MORE);
	dl3t_end_tick(&end, DL3_LOGIN_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	assert_non_null(strstr(dl3t_text_of(&end.log),
	                       "expected an authentication, came none in milliseconds: 30000"));
	dl3t_end_finish(&end);
}

static void a_refused_client_is_kept_for_a_while(void **state)
{
	struct dl3t_pbx pbx = { .refuse_login = DL3_AUTH_LIMITS_EXCEEDED };
	struct dl3t_end end = { .s = dl3_server_new(NULL, NULL), .owner = dl3t_pbx_owner, .script = &pbx };

	(void)state;
	dl3_session_tick(end.s, 1000);
	dl3_session_tick(end.s, 2000);
	dl3t_say_hex(&end, "49001300300001000000010000000161707000");
	assert_int_equal(dl3_session_deadline(end.s), 2000 + DL3_LOGIN_TIMEOUT_MS);
	dl3t_end_tick(&end, 2000 + DL3_LOGIN_TIMEOUT_MS);
	assert_int_equal(end.err, DL3_ERR_TIMEOUT);
	dl3t_end_finish(&end);
}

/* ---- Arguments ---- */

static void arguments_of_authenticate(void **state)
{
	static char name[DL3_NAME_MAX + 2];
	struct dl3_session *s = dl3_client_new(NULL, NULL);

	(void)state;
	memset(name, 'x', DL3_NAME_MAX + 1);
	assert_int_equal(dl3_client_authenticate(s, NULL, "p", NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_client_authenticate(s, "", "p", NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_client_authenticate(s, "u", NULL, NULL), DL3_ERR_ARGUMENT);
	assert_int_equal(dl3_client_authenticate(s, name, "p", NULL), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_client_authenticate(s, "u", "p", name), DL3_ERR_TOO_LONG);
	assert_int_equal(dl3_session_output(s).len, 0);
	assert_int_equal(dl3_client_authenticate(s, name + 1, "p", name + 1), DL3_OK);
	assert_int_equal(dl3_client_authenticate(s, "u", "p", NULL), DL3_ERR_STATE);
	dl3_session_free(s);
	dl3_session_free(NULL);
}

static void calls_of_the_other_end(void **state)
{
	struct dl3_session *client = dl3_client_new(NULL, NULL);
	struct dl3_session *server = dl3_server_new(NULL, NULL);
	bool streaming = true;

	(void)state;
	assert_int_equal(dl3_client_authenticate(server, "u", "p", NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_client_stream(server, 0, NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_client_read(server, "x", NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_client_test(server, NULL, 0, NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_server_challenge(client, dl3t_challenge, "p"), DL3_ERR_STATE);
	assert_int_equal(dl3_server_challenge_plain(client, "p"), DL3_ERR_STATE);
	assert_int_equal(dl3_server_admit(client, NULL, NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_server_refuse(client, DL3_AUTH_FAILED), DL3_ERR_STATE);
	assert_int_equal(dl3_server_stream(client, 1, 0, 0), DL3_ERR_STATE);
	assert_int_equal(dl3_server_file(client, 1, NULL, 0), DL3_ERR_STATE);
	assert_int_equal(dl3_server_no_file(client, 1), DL3_ERR_STATE);
	assert_int_equal(dl3_server_frame(client, "x", 1), DL3_ERR_STATE);
	assert_int_equal(dl3_server_event(client, 1, 1, NULL), DL3_ERR_STATE);
	assert_int_equal(dl3_server_flags(client, &streaming), 0);
	assert_false(streaming);
	assert_int_equal(dl3_server_flags(server, NULL), 0);
	dl3_session_free(client);
	dl3_session_free(server);
}

DL3T_TESTS(cmocka_unit_test(what_is_wiped_is_gone), cmocka_unit_test(any_difference_makes_secrets_differ),
           cmocka_unit_test(sha1_of_a_short_password),
           cmocka_unit_test(sha1_uses_sixteen_octets_of_a_password),
           cmocka_unit_test(sha1_cuts_inside_a_character), cmocka_unit_test(sha1_refuses_what_it_cannot_take),
           cmocka_unit_test(right_password_is_let_in), cmocka_unit_test(wrong_password_is_refused),
           cmocka_unit_test(unknown_user_is_challenged_all_the_same),
           cmocka_unit_test(empty_password_may_be_right),
           cmocka_unit_test(plain_password_of_thirty_two_octets),
           cmocka_unit_test(plain_password_wrong_in_the_seventeenth_octet),
           cmocka_unit_test(plain_and_an_unknown_user), cmocka_unit_test(plain_in_the_clear_sends_nothing),
           cmocka_unit_test(server_asks_for_plain_on_encrypted_links_only),
           cmocka_unit_test(every_refusal_reaches_the_client),
           cmocka_unit_test(client_uses_a_new_id_for_each_step),
           cmocka_unit_test(answer_with_another_id_does_not_count),
           cmocka_unit_test(the_id_of_the_first_step_is_spent),
           cmocka_unit_test(success_without_a_challenge_counts),
           cmocka_unit_test(challenges_of_other_lengths), cmocka_unit_test(only_one_challenge_is_answered),
           cmocka_unit_test(answer_that_cannot_be_read_ends_the_client),
           cmocka_unit_test(unreadable_answer_to_nothing_is_an_event),
           cmocka_unit_test(each_answer_carries_the_id_of_its_request),
           cmocka_unit_test(proofs_that_are_wrong), cmocka_unit_test(plain_password_without_its_padding),
           cmocka_unit_test(empty_password_and_too_long_an_answer),
           cmocka_unit_test(steps_out_of_turn_are_ignored), cmocka_unit_test(owner_answers_out_of_turn),
           cmocka_unit_test(names_too_long_to_admit_with),
           cmocka_unit_test(a_second_login_leaves_the_first_in_force), cmocka_unit_test(login_takes_too_long),
           cmocka_unit_test(a_refused_client_is_kept_for_a_while),
           cmocka_unit_test(arguments_of_authenticate), cmocka_unit_test(calls_of_the_other_end));
