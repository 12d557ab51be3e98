/* SPDX-License-Identifier: MIT */
/* Each allocation of a listener and its connections fails in turn: nothing crashes, nothing
 * leaks, and the listener goes on serving. */
#include "support/test.h"

#include <openssl/crypto.h>

#include "support/alloc.h"
#include "support/pbx.h"

/* ---- libevent's and OpenSSL's memory ---- */

static size_t fail_at; /* 0: none */
static size_t attempts;

static bool fails(void)
{
	return ++attempts == fail_at;
}

static void *try_malloc(size_t n)
{
	return fails() ? NULL : malloc(n);
}

static void *try_realloc(void *old, size_t n)
{
	return n > 0 && fails() ? NULL : realloc(old, n);
}

static void *tls_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return try_malloc(n);
}

static void *tls_realloc(void *old, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	if (n > 0)
		return try_realloc(old, n);
	free(old);
	return NULL;
}

static void tls_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Before anything is allocated there. */
__attribute__((constructor)) static void take_over(void)
{
	event_set_mem_functions(try_malloc, try_realloc, free);
	(void)CRYPTO_set_mem_functions(tls_malloc, tls_realloc, tls_free);
}

/* ---- A conversation that may break at any point ---- */

static void on_event_or_close(struct dl3_conn *c, const struct dl3_event *ev, void *arg)
{
	static const uint8_t challenge[DL3_CHALLENGE_SIZE] = "0123456789abcde";
	struct dl3_session *s = dl3_conn_session(c);
	struct pbx *p = arg;
	enum dl3_err err = DL3_OK;

	p->events++;
	if (ev->type == DL3_EV_LOGIN)
		err = dl3_server_challenge(s, challenge, "secret");
	else if (ev->type == DL3_EV_PROOF)
		err = dl3_server_admit(s, "PBX 1.0", NULL);
	else if (ev->type == DL3_EV_STREAM_REQUEST)
		err = dl3_server_stream(s, ev->u.stream_request.request, DL3_EVENTS_SUCCESS, 0);
	if (err == DL3_OK && ev->type == DL3_EV_STREAM_REQUEST) {
		struct dl3_record r = a_record();
		err = dl3_server_event(s, 1, 1, &r);
	}
	if (err == DL3_OK)
		err = dl3_conn_raw(c, "raw", 3);
	if (err != DL3_OK || ev->type == DL3_EV_STREAM_REQUEST)
		dl3_conn_close(c);
}

/* Everything that a client has to say, at once, and much that will not be read in time: so that
 * input is left over. */
static size_t script(uint8_t *out, size_t cap)
{
	static const uint8_t challenge[DL3_CHALLENGE_SIZE] = "0123456789abcde";
	struct dl3_msg login = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 1 };
	struct dl3_msg proof = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 2 };
	struct dl3_msg stream = { .type = DL3_MSG_EVENT_REQUEST, .request_id = 3 };
	struct dl3_msg test = { .type = DL3_MSG_TEST_REQUEST, .request_id = 4 };
	static const uint8_t payload[900];
	uint8_t sha[DL3_SHA1_SIZE];
	size_t len = 0, n;

	login.u.auth_request.step = DL3_AUTH_STEP_REQUEST;
	login.u.auth_request.user = dl3_str_of("app");
	assert_int_equal(dl3_msg_encode(&login, out, cap, &n), DL3_OK);
	len += n;
	test.u.test_request.payload = (struct dl3_octets){ payload, sizeof(payload) };
	for (int i = 0; i < 30; i++) {
		assert_int_equal(dl3_msg_encode(&test, out + len, cap - len, &n), DL3_OK);
		len += n;
	}
	proof.u.auth_request.step = DL3_AUTH_STEP_SHA1_RESPONSE;
	assert_int_equal(dl3_auth_sha1((struct dl3_octets){ challenge, DL3_CHALLENGE_SIZE }, "secret", sha),
	                 DL3_OK);
	proof.u.auth_request.response = (struct dl3_octets){ sha, sizeof(sha) };
	assert_int_equal(dl3_msg_encode(&proof, out + len, cap - len, &n), DL3_OK);
	len += n;
	stream.u.event_request.flags = dl3_str_of("");
	assert_int_equal(dl3_msg_encode(&stream, out + len, cap - len, &n), DL3_OK);
	return len + n;
}

/* Talks until the other end closes, in the midst of the handshake perhaps. @return octets heard. */
static size_t talk(struct pbx *p, bool tls)
{
	static uint8_t said[65536];
	static size_t len;
	size_t at = 0, heard = 0;
	struct client c;
	bool shaken = !tls;
	uint64_t begun = now();
	const size_t which = fail_at;

	fail_at = 0;
	if (len == 0)
		len = script(said, sizeof(said));
	if (tls)
		dial_tls(p, &c);
	else
		dial(p, &c);
	fail_at = which;
	attempts = 0;
	while (!c.eof && now() - begun < 10000) {
		turn(p);
		shaken = shaken || shake(&c);
		if (shaken && tls && !SSL_is_init_finished(c.ssl))
			break;
		if (!shaken)
			continue;
		ssize_t n = at < len ? put_some(&c, said + at, len - at) : 0;
		at += n > 0 ? (size_t)n : 0;
		c.len = 0;
		take(&c);
		heard += c.len;
	}
	if (!c.eof && now() - begun >= 10000)
		fail_msg("no end after allocation %zu", which);
	hang_up(&c);
	UNTIL(dl3_listener_connections(p->l, NULL) == 0);
	return heard;
}

static void prepare(struct pbx *p, struct dl3t_alloc *a, const struct dl3_tls *tls)
{
	pbx_prepare(p);
	dl3t_alloc_init(a);
	p->config.callbacks.event = on_event_or_close;
	p->config.allocator = &a->allocator;
	p->config.shared_tls = tls;
	p->config.limits.max_output = 8192;
}

static void finish(struct pbx *p, struct dl3t_alloc *a)
{
	pbx_end(p);
	assert_int_equal(p->opened > p->closed, 0);
	assert_int_equal(dl3t_alloc_finish(a), 0);
}

/* @return what a conversation takes when nothing fails. */
static size_t whole(struct pbx *p, bool tls)
{
	size_t heard = talk(p, tls);

	assert_true(heard > 30 * 900);
	return heard;
}

static void listener_without_memory_is_refused(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3t_alloc a;

	(void)state;
	prepare(p, &a, NULL);
	a.fail_at = 1;
	assert_null(dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error)));
	assert_string_equal(p->error, "out of memory");
	finish(p, &a);
	for (fail_at = 1; !p->l; fail_at++) {
		size_t at = fail_at;
		fail_at = 0;
		prepare(p, &a, NULL);
		fail_at = at;
		attempts = 0;
		p->error[0] = '\0';
		p->l = dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error));
		assert_true(p->l || p->error[0]);
		if (!p->l)
			finish(p, &a);
	}
	assert_true(fail_at > 3);
	fail_at = 0;
	(void)whole(p, false);
	finish(p, &a);
}

/* Fails each allocation of a conversation in turn: of the listener's allocator, or of the others. */
static void fail_each(struct pbx *p, struct dl3t_alloc *a, bool tls, bool ours, size_t step)
{
	size_t count, n;

	dl3i_owner_set_times(&p->l->owner, 500, 10);
	(void)whole(p, tls);
	a->attempts = 0;
	(void)whole(p, tls);
	count = ours ? a->attempts : attempts;
	assert_true(count > 2);
	for (n = 1; n <= count; n += n < 60 ? 1 : step) {
		a->attempts = 0;
		*(ours ? &a->fail_at : &fail_at) = n;
		(void)talk(p, tls);
		a->fail_at = 0;
		fail_at = 0;
	}
	(void)whole(p, tls);
}

static void connections_without_memory_end(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3t_alloc a;

	(void)state;
	prepare(p, &a, NULL);
	pbx_listen(p);
	fail_each(p, &a, false, true, 1);
	fail_each(p, &a, false, false, 1);
	finish(p, &a);
}

static void tls_connections_without_memory_end(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3t_alloc a;
	char error[256];
	struct dl3_tls *tls = dl3_tls_server_new(&generated, NULL, error, sizeof(error));

	(void)state;
	assert_non_null(tls);
	prepare(p, &a, tls);
	pbx_listen(p);
	fail_each(p, &a, true, true, 1);
	/* The client's are among them, so it is OpenSSL that both ends of a handshake fail in. */
	fail_each(p, &a, true, false, 29);
	finish(p, &a);
	dl3_tls_free(tls);
}

DL3T_TESTS(cmocka_unit_test(listener_without_memory_is_refused),
           cmocka_unit_test(connections_without_memory_end),
           cmocka_unit_test(tls_connections_without_memory_end));
