/* SPDX-License-Identifier: MIT */
/* The listener on real sockets. The clients are sockets and OpenSSL by hand, in the same thread:
 * the loop and the client take turns, so that nothing here depends on a scheduler. */
#include "support/test.h"

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/resource.h>

#include "support/pbx.h"

/* ---- In the clear ---- */

static void authenticates_in_chunks(size_t chunk, const char *password, uint32_t result)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	pbx_begin(p);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, password, chunk), result);
	assert_int_equal(p->opened, 1);
	assert_false(dl3_conn_encrypted(p->last));
	assert_memory_equal(dl3_conn_peer(p->last), "127.0.0.1:", 10);
	assert_null(dl3_conn_user(p->last));
	dl3_conn_set_user(p->last, p);
	assert_ptr_equal(dl3_conn_user(p->last), p);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
	assert_int_equal(dl3_listener_connections(p->l, NULL), 0);
	pbx_end(p);
}

static void client_is_let_in(void **state)
{
	(void)state;
	authenticates_in_chunks(0, "secret", DL3_AUTH_SUCCESS);
}

static void client_is_let_in_an_octet_at_a_time(void **state)
{
	(void)state;
	authenticates_in_chunks(1, "secret", DL3_AUTH_SUCCESS);
}

static void wrong_password_is_refused(void **state)
{
	(void)state;
	authenticates_in_chunks(0, "Secret", DL3_AUTH_FAILED);
}

static void listens_on_ipv6(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.address = "[::1]:0";
	p->l = dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error));
	if (!p->l) {
		assert_non_null(strstr(p->error, "[::1]:0"));
		event_base_free(p->base);
		skip();
	}
	assert_memory_equal(dl3_listener_address(p->l), "[::1]:", 6);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	assert_memory_equal(dl3_conn_peer(p->last), "[::1]:", 6);
	hang_up(&c);
	pbx_end(p);
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const bad[] = {
		"",       "127.0.0.1",     "127.0.0.1:",   "127.0.0.1:65536", ":1",       "::1:1", "[::1]",
		"[::1:1", "[127.0.0.1]:1", "127.0.0.1:-1", "127.0.0.1:http",  "example:1"
	};
	struct pbx pbx, *p = &pbx;

	(void)state;
	pbx_prepare(p);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p->config.address = bad[i];
		p->error[0] = '\0';
		p->l = dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error));
		if (p->l)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(strstr(p->error, "is no address"));
	}
	pbx_end(p);
}

static void port_in_use_is_told(void **state)
{
	struct pbx pbx, *p = &pbx;
	char address[96];

	(void)state;
	pbx_begin(p);
	(void)snprintf(address, sizeof(address), "%s", dl3_listener_address(p->l));
	assert_null(strstr(address, ":0"));
	p->config.address = address;
	assert_null(dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error)));
	assert_non_null(strstr(p->error, address));
	assert_non_null(strstr(p->error, "another program"));
	pbx_end(p);
}

static void listener_without_what_it_needs_is_refused(void **state)
{
	struct pbx pbx, *p = &pbx;

	(void)state;
	pbx_prepare(p);
	assert_null(dl3_listener_new(NULL, &p->config, p->error, sizeof(p->error)));
	assert_non_null(strstr(p->error, "event base"));
	assert_null(dl3_listener_new(p->base, NULL, p->error, sizeof(p->error)));
	p->config.callbacks.event = NULL;
	assert_null(dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error)));
	pbx_end(p);
}

/* 192.0.2.0/24 is for documentation: no machine has it. */
static void address_of_another_machine_is_told(void **state)
{
	struct pbx pbx, *p = &pbx;

	(void)state;
	pbx_prepare(p);
	p->config.address = "192.0.2.1:0";
	assert_null(dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error)));
	assert_non_null(strstr(p->error, "192.0.2.1:0"));
	assert_non_null(strstr(p->error, "does not have that address"));
	pbx_end(p);
}

static void peer_may_close_at_each_octet(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = 7 };
	uint8_t octets[64];
	size_t len;

	(void)state;
	pbx_begin(p);
	assert_int_equal(dl3_msg_encode(&msg, octets, sizeof(octets), &len), DL3_OK);
	for (size_t cut = 0; cut <= len; cut++) {
		struct client c;
		dial(p, &c);
		if (cut > 0)
			put(p, &c, octets, cut);
		hang_up(&c);
		UNTIL(p->closed == cut + 1);
		assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
		assert_int_equal(p->tested, cut == len ? 1 : 0);
		bool inside = strstr(p->detail, "the rest of a frame") != NULL;
		assert_int_equal(inside, cut > 0 && cut < len);
	}
	pbx_end(p);
}

static void half_closed_client_still_gets_its_answer(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = 7 };
	struct client c;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	say_chunks(p, &c, &msg, 0);
	assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	assert_int_equal(hear(p, &c).request_id, 7);
	UNTIL(at_end(&c));
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
	hang_up(&c);
	pbx_end(p);
}

static void reset_is_the_peers_close(void **state)
{
	struct pbx pbx, *p = &pbx;
	const struct linger at_once = { .l_onoff = 1 };
	struct client c;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
	assert_string_equal(p->detail, strerror(ECONNRESET));
	pbx_end(p);
}

static void garbage_ends_the_session(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	put(p, &c, "GET / HTTP/1.1\r\n\r\n", 18);
	UNTIL(at_end(&c));
	assert_int_equal(c.len, 0);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_SESSION);
	assert_int_equal(p->fault, DL3_ERR_DISCRIMINATOR);
	assert_non_null(strstr(p->detail, "expected"));
	pbx_end(p);
}

/* The client goes on sending while it is told that its stream is lost, and still hears it. */
static void integrity_lost_is_heard(void **state)
{
	static const uint8_t begin[] = { 0x49, 0xff, 0xff, 0xff, 0x00, 0x2a, 0x00, 0x01,
		                         0,    0,    0,    9,    0,    1,    0,    0 };
	static uint8_t rest[60000];
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	assert_int_equal(send(c.fd, begin, sizeof(begin), 0), sizeof(begin));
	assert_true(send(c.fd, rest, sizeof(rest), 0) > 0);
	struct dl3_msg reply = hear(p, &c);
	assert_int_equal(reply.type, DL3_MSG_TEST_REPLY);
	assert_int_equal(reply.u.test_reply.result, DL3_TEST_STREAM_INTEGRITY_LOST);
	UNTIL(at_end(&c));
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_SESSION);
	assert_int_equal(p->fault, DL3_ERR_FRAME_LIMIT);
	pbx_end(p);
}

static void one_that_does_not_go_is_closed_after_a_while(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_begin(p);
	dl3i_owner_set_times(&p->l->owner, 1000, 50);
	dial(p, &c);
	uint64_t begun = now();
	put(p, &c, "X", 1);
	UNTIL(p->closed == 1);
	assert_true(now() - begun >= 50);
	assert_int_equal(p->reason, DL3_CLOSED_SESSION);
	hang_up(&c);
	pbx_end(p);
}

static void silence_ends_the_session(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.limits.login_timeout_ms = 60;
	pbx_listen(p);
	dial(p, &c);
	uint64_t begun = now();
	UNTIL(at_end(&c));
	assert_true(now() - begun >= 55);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_SESSION);
	assert_int_equal(p->fault, DL3_ERR_TIMEOUT);
	pbx_end(p);
}

static void client_that_never_reads_is_bounded(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client slow, other;
	uint32_t heard = 0;

	(void)state;
	pbx_prepare(p);
	p->config.limits.max_output = STALL_LIMIT;
	pbx_listen(p);
	dial(p, &slow);
	assert_int_equal(log_in(p, &slow, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &slow);
	struct dl3_conn *conn = p->last;
	uint32_t pushed = push_until_full(p, conn);
	assert_true(pushed > STALL_LIMIT / 100);
	dial(p, &other);
	assert_int_equal(log_in(p, &other, "secret", 0), DL3_AUTH_SUCCESS);
	say_test(p, &other, 5);
	/* It reads after all: every event that was taken comes, in order, and the owner hears. */
	p->drained = 0;
	while (heard < pushed) {
		struct dl3_msg msg = hear(p, &slow);
		assert_int_equal(msg.type, DL3_MSG_EVENT);
		assert_int_equal(msg.u.event.counter, heard);
		heard++;
	}
	UNTIL(p->drained > 0);
	hang_up(&slow);
	hang_up(&other);
	UNTIL(p->closed == 2);
	pbx_end(p);
}

/* Asks and asks and never reads: the answers fill up to a limit, then nothing more is read. */
static void flood_is_bounded(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = 7 };
	static uint8_t octets[1024], payload[900];
	size_t len, at = 0;
	uint64_t asked = 0, answered = 0, last = now();

	(void)state;
	pbx_prepare(p);
	p->config.limits.max_output = STALL_LIMIT;
	pbx_listen(p);
	dial(p, &c);
	msg.u.test_request.payload = (struct dl3_octets){ payload, sizeof(payload) };
	assert_int_equal(dl3_msg_encode(&msg, octets, sizeof(octets), &len), DL3_OK);
	/* The clock alone would also end it when this machine is only slow. */
	while (now() - last < 200 || asked <= p->tested) {
		ssize_t n = send(c.fd, octets + at, len - at, MSG_NOSIGNAL);
		if (n > 0) {
			last = now();
			at += (size_t)n;
			asked += at == len;
			at = at == len ? 0 : at;
		}
		turn(p);
		if (p->last) {
			assert_true(dl3_session_memory(dl3_conn_session(p->last)) < 2 * STALL_LIMIT);
			assert_true(p->last->rest_len <= DL3_INPUT_WINDOW);
		}
	}
	while (answered < asked) {
		assert_int_equal(hear(p, &c).u.test_reply.result, DL3_TEST_SUCCESS);
		answered++;
	}
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

static void too_many_are_turned_away(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client a, b, c;
	uint64_t turned = 0;

	(void)state;
	pbx_prepare(p);
	p->config.max_connections = 2;
	pbx_listen(p);
	dial(p, &a);
	dial(p, &b);
	UNTIL(p->opened == 2);
	dial(p, &c);
	UNTIL(at_end(&c));
	assert_int_equal(dl3_listener_connections(p->l, &turned), 2);
	assert_int_equal(turned, 1);
	hang_up(&c);
	hang_up(&a);
	UNTIL(p->closed == 1);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	assert_int_equal(p->opened, 3);
	hang_up(&b);
	hang_up(&c);
	pbx_end(p);
}

static void closing_sends_what_is_queued(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_begin(p);
	p->when_event = CLOSE;
	dial(p, &c);
	say_login(p, &c, 0);
	assert_int_equal(hear(p, &c).u.auth_reply.result, DL3_AUTH_CHALLENGE_SHA1);
	UNTIL(at_end(&c));
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_BY_OWNER);
	assert_int_equal(p->events, 1);
	hang_up(&c);
	pbx_end(p);
}

/* A client that takes nothing holds up the close for the time of lingering, not longer. */
static void closing_does_not_wait_for_ever(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.limits.max_output = STALL_LIMIT;
	pbx_listen(p);
	dl3i_owner_set_times(&p->l->owner, 1000, 80);
	dial(p, &c);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &c);
	(void)push_until_full(p, p->last);
	uint64_t begun = now();
	dl3_conn_close(p->last);
	assert_int_equal(p->closed, 0);
	UNTIL(p->closed == 1);
	assert_true(now() - begun >= 80 && now() - begun < 2000);
	hang_up(&c);
	pbx_end(p);
}

static void act_in(enum act opened, enum act event, enum act drained, enum act closed)
{
	struct pbx pbx, *p = &pbx;
	struct client a, b;

	pbx_begin(p);
	dl3i_owner_set_times(&p->l->owner, 1000, 50);
	dial(p, &a);
	UNTIL(p->opened == 1);
	p->when_opened = opened;
	p->when_event = event;
	p->when_drained = drained;
	p->when_closed = closed;
	dial(p, &b);
	UNTIL(p->opened == 2);
	if (event || drained || closed)
		say_login(p, &b, 0);
	if (closed)
		hang_up(&b);
	UNTIL(p->closed >= 1);
	if (!closed)
		assert_int_equal(p->reason, DL3_CLOSED_BY_OWNER);
	if (opened == FREE_LISTENER || event == FREE_LISTENER || closed == FREE_LISTENER ||
	    drained == FREE_LISTENER)
		UNTIL(p->closed == 2);
	hang_up(&a);
	hang_up(&b);
	pbx_end(p);
	assert_int_equal(p->closed, 2);
}

static void connections_may_end_in_any_callback(void **state)
{
	static const enum act acts[] = { CLOSE, ABORT, RESET, FREE_LISTENER };

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		act_in(acts[i], NOTHING, NOTHING, NOTHING);
		act_in(NOTHING, acts[i], NOTHING, NOTHING);
		act_in(NOTHING, NOTHING, acts[i], NOTHING);
		act_in(NOTHING, NOTHING, NOTHING, acts[i]);
	}
}

static void abort_can_reset(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	char octet;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	UNTIL(p->opened == 1);
	dl3_conn_abort(p->last, true);
	UNTIL(p->closed == 1);
	wait_ms(p, 5);
	assert_int_equal(recv(c.fd, &octet, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	hang_up(&c);
	pbx_end(p);
}

static void freeing_calls_closed_without_the_loop(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client a, b;

	(void)state;
	pbx_begin(p);
	dial(p, &a);
	dial(p, &b);
	UNTIL(p->opened == 2);
	dl3_listener_free(p->l);
	p->l = NULL;
	assert_int_equal(p->closed, 2);
	assert_int_equal(p->reason, DL3_CLOSED_BY_OWNER);
	UNTIL(at_end(&a) && at_end(&b));
	hang_up(&a);
	hang_up(&b);
	pbx_end(p);
}

static void paused_connection_is_not_read(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	UNTIL(p->opened == 1);
	dl3_conn_pause(p->last, true);
	say_login(p, &c, 0);
	wait_ms(p, 30);
	assert_int_equal(p->events, 0);
	dl3_conn_pause(p->last, false);
	assert_int_equal(hear(p, &c).u.auth_reply.result, DL3_AUTH_CHALLENGE_SHA1);
	/* Paused in a callback: the second of two requests that came together waits. */
	p->when_event = PAUSE;
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = 7 };
	uint8_t two[128];
	size_t len;
	assert_int_equal(dl3_msg_encode(&msg, two, 64, &len), DL3_OK);
	memcpy(two + len, two, len);
	put(p, &c, two, 2 * len);
	wait_ms(p, 30);
	assert_int_equal(p->tested, 1);
	dl3_conn_pause(p->last, false);
	UNTIL(p->tested == 2);
	hang_up(&c);
	pbx_end(p);
}

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *dir = opendir("/proc/self/fd");

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static void thousands_come_and_go(void **state)
{
	struct pbx pbx, *p = &pbx;
	const unsigned rounds = 3000;

	(void)state;
	pbx_begin(p);
	size_t before = open_descriptors();
	for (unsigned i = 0; i < rounds; i++) {
		struct client c;
		dial(p, &c);
		if (i % 3 == 0)
			say_login(p, &c, 0);
		if (i % 7 == 0)
			UNTIL(p->opened > 0);
		hang_up(&c);
	}
	UNTIL(p->closed == rounds);
	turn(p);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(dl3_listener_connections(p->l, NULL), 0);
	pbx_end(p);
}

/* Without descriptors the listener waits, without eating the processor, and goes on later. */
static void out_of_descriptors_waits(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct rlimit old, low;
	struct client c;

	(void)state;
	pbx_begin(p);
	dial(p, &c);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = (struct rlimit){ .rlim_cur = 3, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	clock_t begun = clock();
	struct timeval tv = { .tv_usec = 350000 };
	(void)event_base_loopexit(p->base, &tv);
	(void)event_base_dispatch(p->base);
	clock_t used = clock() - begun;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(p->opened, 0);
	assert_true(used < CLOCKS_PER_SEC / 10);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	hang_up(&c);
	pbx_end(p);
}

/* ---- TLS ---- */

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

/* A certificate; signed by itself when there is no issuer. */
static X509 *new_certificate(EVP_PKEY *key, const char *cn, const X509 *issuer, EVP_PKEY *issuer_key,
                             long seconds)
{
	X509 *x = X509_new();

	assert_non_null(x);
	(void)X509_set_version(x, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), issuer ? 2 : 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), -7200);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), seconds);
	(void)X509_set_pubkey(x, key);
	X509_NAME *name = X509_get_subject_name(x);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	(void)X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
	if (!issuer) {
		X509_EXTENSION *e =
			X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
		assert_int_equal(X509_add_ext(x, e, -1), 1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(x, issuer_key ? issuer_key : key, EVP_sha256()) > 0);
	return x;
}

/* Two authorities, each with a client, and files of the first one's. */
struct trust {
	EVP_PKEY *ca_key, *key;
	X509 *ca, *good, *expired, *stranger;
	char folder[32], ca_file[64], key_file[64], good_file[64];
};

static void write_pem(const char *path, X509 *x, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	if (x)
		assert_int_equal(PEM_write_X509(f, x), 1);
	if (key)
		assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
}

static void trust_begin(struct trust *t)
{
	EVP_PKEY *other_key = new_key();
	X509 *other;

	t->ca_key = new_key();
	t->key = new_key();
	t->ca = new_certificate(t->ca_key, "Test CA", NULL, NULL, 3600);
	t->good = new_certificate(t->key, "client", t->ca, t->ca_key, 3600);
	t->expired = new_certificate(t->key, "client", t->ca, t->ca_key, -3600);
	other = new_certificate(other_key, "Other CA", NULL, NULL, 3600);
	t->stranger = new_certificate(t->key, "client", other, other_key, 3600);
	X509_free(other);
	EVP_PKEY_free(other_key);
	(void)snprintf(t->folder, sizeof(t->folder), "/tmp/dl3-test-XXXXXX");
	assert_non_null(mkdtemp(t->folder));
	(void)snprintf(t->ca_file, sizeof(t->ca_file), "%s/ca.pem", t->folder);
	(void)snprintf(t->key_file, sizeof(t->key_file), "%s/key.pem", t->folder);
	(void)snprintf(t->good_file, sizeof(t->good_file), "%s/good.pem", t->folder);
	write_pem(t->ca_file, t->ca, NULL);
	write_pem(t->key_file, NULL, t->key);
	write_pem(t->good_file, t->good, NULL);
}

static void trust_end(struct trust *t)
{
	(void)unlink(t->ca_file);
	(void)unlink(t->key_file);
	(void)unlink(t->good_file);
	assert_int_equal(rmdir(t->folder), 0);
	X509_free(t->ca);
	X509_free(t->good);
	X509_free(t->expired);
	X509_free(t->stranger);
	EVP_PKEY_free(t->ca_key);
	EVP_PKEY_free(t->key);
}

static void certificate_is_generated(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	p->plain = true;
	pbx_listen(p);
	dial_tls(p, &c);
	UNTIL(shake(&c));
	assert_true(SSL_is_init_finished(c.ssl));
	X509 *x = SSL_get1_peer_certificate(c.ssl);
	assert_non_null(x);
	assert_int_equal(X509_check_host(x, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.2", 0), 0);
	int days = 0, seconds = 0;
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x), X509_get0_notAfter(x)), 1);
	assert_int_equal(days, 365);
	/* Who trusts it verifies it. */
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	assert_int_equal(X509_STORE_add_cert(store, x), 1);
	assert_int_equal(X509_STORE_CTX_init(check, store, x, NULL), 1);
	assert_int_equal(X509_verify_cert(check), 1);
	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	X509_free(x);
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	assert_true(dl3_conn_encrypted(p->last));
	dl3_conn_close(p->last);
	UNTIL(at_end(&c));
	/* It said goodbye: nobody cut the line. */
	assert_int_equal(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_BY_OWNER);
	pbx_end(p);
}

static void certificate_for_every_address_names_this_machine(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	p->config.address = "0.0.0.0:0";
	pbx_listen(p);
	dial_tls(p, &c);
	UNTIL(shake(&c));
	X509 *x = SSL_get1_peer_certificate(c.ssl);
	assert_non_null(x);
	assert_int_equal(X509_check_ip_asc(x, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "::1", 0), 1);
	X509_free(x);
	hang_up(&c);
	pbx_end(p);
}

static void tls_an_octet_at_a_time_and_garbage(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	pbx_listen(p);
	dial_tls(p, &c);
	UNTIL(shake(&c));
	assert_int_equal(log_in(p, &c, "secret", 1), DL3_AUTH_SUCCESS);
	put(p, &c, "X", 1);
	UNTIL(at_end(&c));
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_SESSION);
	assert_int_equal(p->fault, DL3_ERR_DISCRIMINATOR);
	/* One that just goes, without a goodbye. */
	dial_tls(p, &c);
	UNTIL(shake(&c));
	hang_up(&c);
	UNTIL(p->closed == 2);
	assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
	pbx_end(p);
}

static void tls_client_that_never_reads_is_bounded(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;
	uint32_t heard = 0;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	p->config.limits.max_output = STALL_LIMIT;
	pbx_listen(p);
	dial_tls(p, &c);
	UNTIL(shake(&c));
	assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	say_stream(p, &c);
	uint32_t pushed = push_until_full(p, p->last);
	while (heard < pushed) {
		assert_int_equal(hear(p, &c).u.event.counter, heard);
		heard++;
	}
	hang_up(&c);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

static void clear_text_on_a_tls_port_is_told(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	pbx_listen(p);
	dial(p, &c);
	say_login(p, &c, 0);
	UNTIL(p->closed == 1);
	assert_int_equal(p->opened, 0);
	assert_int_equal(p->reason, DL3_CLOSED_TLS);
	assert_non_null(strstr(p->detail, "version"));
	hang_up(&c);
	/* One that goes before it began, and one that resets. */
	dial(p, &c);
	UNTIL(dl3_listener_connections(p->l, NULL) == 1);
	hang_up(&c);
	UNTIL(p->closed == 2);
	assert_int_equal(p->reason, DL3_CLOSED_BY_PEER);
	pbx_end(p);
}

static void old_versions_are_refused(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	pbx_listen(p);
	dial_tls(p, &c);
	SSL_set_security_level(c.ssl, 0);
	assert_int_equal(SSL_set_min_proto_version(c.ssl, TLS1_VERSION), 1);
	assert_int_equal(SSL_set_max_proto_version(c.ssl, TLS1_1_VERSION), 1);
	UNTIL(shake(&c));
	assert_false(SSL_is_init_finished(c.ssl));
	hang_up(&c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->reason, DL3_CLOSED_TLS);
	assert_non_null(strstr(p->detail, "protocol"));
	pbx_end(p);
}

static void handshake_has_a_time(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct client c;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	pbx_listen(p);
	dl3i_owner_set_times(&p->l->owner, 60, 1000);
	dial(p, &c);
	UNTIL(p->closed == 1);
	assert_int_equal(p->opened, 0);
	assert_int_equal(p->reason, DL3_CLOSED_TLS);
	assert_non_null(strstr(p->detail, "too long"));
	hang_up(&c);
	pbx_end(p);
}

/* Connects with that certificate (NULL: none). @return whether it was let in. */
static bool mutual(struct pbx *p, const struct trust *t, X509 *certificate)
{
	struct client c;
	unsigned opened = p->opened, closed = p->closed;

	dial_tls(p, &c);
	if (certificate) {
		assert_int_equal(SSL_use_certificate(c.ssl, certificate), 1);
		assert_int_equal(SSL_use_PrivateKey(c.ssl, t->key), 1);
	}
	UNTIL(shake(&c));
	UNTIL(p->opened > opened || p->closed > closed);
	if (p->opened > opened)
		assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
	hang_up(&c);
	UNTIL(p->closed > closed);
	return p->opened > opened;
}

static void client_certificates_are_checked(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct trust t;
	struct dl3_tls_server tls = { 0 };

	(void)state;
	trust_begin(&t);
	pbx_prepare(p);
	tls.client_ca = t.ca_file;
	tls.require_client = true;
	p->config.tls = &tls;
	pbx_listen(p);
	assert_true(mutual(p, &t, t.good));
	assert_false(mutual(p, &t, NULL));
	assert_int_equal(p->reason, DL3_CLOSED_TLS);
	assert_string_equal(p->detail, "peer did not return a certificate");
	assert_false(mutual(p, &t, t.stranger));
	assert_int_equal(p->reason, DL3_CLOSED_TLS);
	assert_string_equal(p->detail, "client certificate: unable to get local issuer certificate");
	assert_false(mutual(p, &t, t.expired));
	assert_string_equal(p->detail, "client certificate: certificate has expired");
	dl3_listener_free(p->l);
	/* Asked for but not required: none will do, a wrong one will not. */
	tls.require_client = false;
	pbx_listen(p);
	assert_true(mutual(p, &t, NULL));
	assert_true(mutual(p, &t, t.good));
	assert_false(mutual(p, &t, t.stranger));
	pbx_end(p);
	trust_end(&t);
}

static void tls_files_are_used(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct trust t;
	struct client c;
	struct dl3_tls_server tls = { 0 };

	(void)state;
	trust_begin(&t);
	pbx_prepare(p);
	tls.certificate = t.good_file;
	tls.key = t.key_file;
	p->config.tls = &tls;
	pbx_listen(p);
	dial_tls(p, &c);
	UNTIL(shake(&c));
	X509 *x = SSL_get1_peer_certificate(c.ssl);
	assert_int_equal(X509_cmp(x, t.good), 0);
	X509_free(x);
	hang_up(&c);
	pbx_end(p);
	trust_end(&t);
}

static void refuse_tls(struct pbx *p, struct dl3_tls_server tls, const char *expected)
{
	p->config.tls = &tls;
	p->error[0] = '\0';
	p->l = dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error));
	assert_null(p->l);
	if (!strstr(p->error, expected))
		fail_msg("expected '%s' in: %s", expected, p->error);
}

static void bad_tls_files_are_told(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct trust t;

	(void)state;
	trust_begin(&t);
	pbx_prepare(p);
	refuse_tls(p, (struct dl3_tls_server){ .certificate = t.good_file }, "private key");
	refuse_tls(p, (struct dl3_tls_server){ .key = t.key_file }, "certificate");
	refuse_tls(p, (struct dl3_tls_server){ .require_client = true }, "CAs");
	refuse_tls(p, (struct dl3_tls_server){ .client_ca = "/nowhere/ca.pem" }, "/nowhere/ca.pem");
	refuse_tls(p, (struct dl3_tls_server){ .certificate = "/nowhere/c.pem", .key = t.key_file },
	           "/nowhere/c.pem: No such file");
	refuse_tls(p, (struct dl3_tls_server){ .certificate = t.good_file, .key = t.good_file }, t.good_file);
	refuse_tls(p, (struct dl3_tls_server){ .certificate = t.ca_file, .key = t.key_file }, "mismatch");
	/* An encrypted key is refused rather than the password asked for. */
	FILE *f = fopen(t.key_file, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, t.key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6,
	                                      NULL, NULL),
	                 1);
	assert_int_equal(fclose(f), 0);
	refuse_tls(p, (struct dl3_tls_server){ .certificate = t.good_file, .key = t.key_file }, t.key_file);
	pbx_end(p);
	trust_end(&t);
}

/* Two listeners show the same certificate, also after the owner let go of it. */
static void tls_can_be_shared(void **state)
{
	struct pbx pbx[2];
	X509 *seen[2];
	char error[256];
	struct dl3_tls *tls = dl3_tls_server_new(&generated, NULL, error, sizeof(error));

	(void)state;
	assert_non_null(tls);
	for (int i = 0; i < 2; i++) {
		pbx_prepare(&pbx[i]);
		pbx[i].config.shared_tls = tls;
		pbx_listen(&pbx[i]);
	}
	dl3_tls_free(tls);
	dl3_tls_free(NULL);
	for (int i = 0; i < 2; i++) {
		struct pbx *p = &pbx[i];
		struct client c;
		dial_tls(p, &c);
		UNTIL(shake(&c));
		seen[i] = SSL_get1_peer_certificate(c.ssl);
		assert_int_equal(X509_check_ip_asc(seen[i], "127.0.0.1", 0), 1);
		p->plain = true;
		assert_int_equal(log_in(p, &c, "secret", 0), DL3_AUTH_SUCCESS);
		hang_up(&c);
		UNTIL(p->closed == 1);
		pbx_end(p);
	}
	assert_int_equal(X509_cmp(seen[0], seen[1]), 0);
	X509_free(seen[0]);
	X509_free(seen[1]);
}

static void tls_to_share_tells_what_is_wrong(void **state)
{
	struct dl3_tls_server bad = { .certificate = "/nowhere/c.pem", .key = "/nowhere/k.pem" };
	char error[256];

	(void)state;
	assert_null(dl3_tls_server_new(NULL, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "configuration"));
	assert_null(dl3_tls_server_new(&generated, "here", error, sizeof(error)));
	assert_non_null(strstr(error, "is no address"));
	assert_null(dl3_tls_server_new(&bad, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "/nowhere/c.pem"));
	struct dl3_tls *tls = dl3_tls_server_new(&generated, "[::]:0", error, sizeof(error));
	assert_non_null(tls);
	dl3_tls_free(tls);
}

static void reasons_have_names(void **state)
{
	(void)state;
	assert_string_equal(dl3_close_reason_name(DL3_CLOSED_BY_PEER), "peer");
	assert_string_equal(dl3_close_reason_name(DL3_CLOSED_BY_OWNER), "owner");
	assert_string_equal(dl3_close_reason_name(DL3_CLOSED_SESSION), "session");
	assert_string_equal(dl3_close_reason_name(DL3_CLOSED_TLS), "tls");
	assert_string_equal(dl3_close_reason_name(DL3_CLOSED_SOCKET), "socket");
}

DL3T_TESTS(cmocka_unit_test(client_is_let_in), cmocka_unit_test(client_is_let_in_an_octet_at_a_time),
           cmocka_unit_test(wrong_password_is_refused), cmocka_unit_test(listens_on_ipv6),
           cmocka_unit_test(bad_addresses_are_refused), cmocka_unit_test(port_in_use_is_told),
           cmocka_unit_test(listener_without_what_it_needs_is_refused),
           cmocka_unit_test(address_of_another_machine_is_told),
           cmocka_unit_test(peer_may_close_at_each_octet),
           cmocka_unit_test(half_closed_client_still_gets_its_answer),
           cmocka_unit_test(reset_is_the_peers_close), cmocka_unit_test(garbage_ends_the_session),
           cmocka_unit_test(integrity_lost_is_heard),
           cmocka_unit_test(one_that_does_not_go_is_closed_after_a_while),
           cmocka_unit_test(silence_ends_the_session), cmocka_unit_test(client_that_never_reads_is_bounded),
           cmocka_unit_test(flood_is_bounded), cmocka_unit_test(too_many_are_turned_away),
           cmocka_unit_test(closing_sends_what_is_queued), cmocka_unit_test(closing_does_not_wait_for_ever),
           cmocka_unit_test(connections_may_end_in_any_callback), cmocka_unit_test(abort_can_reset),
           cmocka_unit_test(freeing_calls_closed_without_the_loop),
           cmocka_unit_test(paused_connection_is_not_read), cmocka_unit_test(thousands_come_and_go),
           cmocka_unit_test(out_of_descriptors_waits), cmocka_unit_test(certificate_is_generated),
           cmocka_unit_test(certificate_for_every_address_names_this_machine),
           cmocka_unit_test(tls_an_octet_at_a_time_and_garbage),
           cmocka_unit_test(tls_client_that_never_reads_is_bounded),
           cmocka_unit_test(clear_text_on_a_tls_port_is_told), cmocka_unit_test(old_versions_are_refused),
           cmocka_unit_test(handshake_has_a_time), cmocka_unit_test(client_certificates_are_checked),
           cmocka_unit_test(tls_files_are_used), cmocka_unit_test(bad_tls_files_are_told),
           cmocka_unit_test(tls_can_be_shared), cmocka_unit_test(tls_to_share_tells_what_is_wrong),
           cmocka_unit_test(reasons_have_names));
