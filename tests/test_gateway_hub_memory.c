/* SPDX-License-Identifier: MIT */
/*
 * The hub and its consumers when memory is short, and consumers over TLS. The linker leads the allocating functions of
 * this program through here (--wrap, tests/CMakeLists.txt).
 */
#include "support/test.h"

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "gateway/consumer_parts.h"
#include "support/certs.h"
#include "support/stage.h"

/* ---- Memory that fails ---- */

static bool doing;       /* only what the hub does fails */
static size_t countdown; /* fails the allocation that brings it to 0 */
static unsigned one_in;  /* or one of so many */
static uint64_t random_state;
static size_t failures;

static bool fails(void)
{
	if (!doing)
		return false;
	bool failed = countdown > 0 && --countdown == 0;
	if (one_in > 0) {
		random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		failed = (random_state >> 33) % one_in == 0;
	}
	failures += failed;
	return failed;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

/* Begins a consumer while memory fails. @return whether it began; else its owner was released and its socket closed. */
static bool try_to_join(struct stage *s, struct reader *r, enum hub_encoding encoding)
{
	const struct consumer_wish wish = stage_wish("");
	const unsigned released = s->released;

	doing = true;
	bool ok = stage_join_as(s, r, encoding, &wish, 0);
	doing = false;
	if (ok)
		return true;
	assert_int_equal(s->released, released + 1);
	stage_drain(s, r);
	assert_true(r->ended);
	reader_close(r);
	return false;
}

static void a_consumer_begins_whole_or_not_at_all(void **state)
{
	(void)state;
	for (int encoding = HUB_SSE; encoding <= HUB_WEBSOCKET; encoding++) {
		struct stage s;
		struct reader r;
		size_t tried = 0;
		stage_open(&s);
		do
			countdown = ++tried;
		while (!try_to_join(&s, &r, (enum hub_encoding)encoding));
		assert_true(tried > 3);
		assert_int_equal(consumers_count(s.consumers), 1);
		assert_int_equal(hub_counts(s.hub).channels, 1);
		countdown = 0;
		stage_tell(&s, HUB_CALL, "a", 1, NULL);
		stage_drain(&s, &r);
		assert_int_equal(r.count, 1);
		reader_close(&r);
		stage_close(&s);
	}
}

static void a_hub_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	struct event_base *base = event_base_new();
	struct hub *hub = NULL;
	size_t tried = 0;

	while (!hub) {
		countdown = ++tried;
		doing = true;
		hub = hub_new(base, NULL);
		doing = false;
	}
	assert_true(tried > 2);
	hub_free(hub);
	event_base_free(base);
}

static void a_message_without_memory_is_counted_and_has_no_number(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join(&s, &r, "");
	/* The message itself, and the thing that it is about. */
	for (size_t at = 1; at <= 2; at++) {
		doing = true;
		countdown = at;
		assert_int_equal(stage_tell(&s, HUB_CALL, "a", 1, NULL), 0);
		doing = false;
		assert_int_equal(hub_counts(s.hub).lost, at);
		assert_int_equal(hub_counts(s.hub).things, 0);
	}
	assert_int_equal(stage_tell(&s, HUB_CALL, "a", 1, NULL), 1);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 1);
	reader_close(&r);
	stage_close(&s);
}

static void a_block_without_memory_loses_nothing(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	stage_join(&s, &r, "");
	for (int i = 0; i < 10; i++)
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
	doing = true;
	countdown = 1; /* the turn's block */
	stage_turn(&s);
	doing = false;
	assert_int_equal(countdown, 0);
	stage_drain(&s, &r);
	assert_int_equal(r.count, 10);
	assert_false(r.ended);
	reader_close(&r);
	stage_close(&s);
}

static void in_a_storm_all_that_is_numbered_comes_or_the_connection_ends(void **state)
{
	(void)state;
	static const char *const queries[] = { "", "snapshot=1", "from=0", "policy=latest&queue=3",
		                               "policy=skip&queue=3" };
	enum { MANY = 10 };

	failures = 0;
	for (unsigned seed = 1; seed <= 8; seed++) {
		struct stage s;
		struct reader readers[MANY];
		random_state = seed;
		stage_open(&s);
		for (unsigned i = 0; i < MANY; i++) {
			const struct consumer_wish wish = stage_wish(queries[i % 5]);
			assert_true(stage_join_as(&s, &readers[i], i % 2 ? HUB_WEBSOCKET : HUB_SSE, &wish,
			                          i % 3 ? 4096 : 0));
		}
		one_in = 3 + seed;
		for (int i = 0; i < 1000; i++) {
			char about[8];
			(void)snprintf(about, sizeof(about), "%d", i % 17);
			doing = true;
			stage_tell(&s, HUB_CALL, about, i, NULL);
			if (i % 3 == 0)
				stage_turn(&s);
			doing = false;
			(void)reader_read(&readers[i % MANY], 2000);
			if (i % 50 == 0 && readers[1].fd >= 0 && !readers[1].ended)
				(void)send(readers[1].fd, "\x89\x80\0\0\0\0", 6, MSG_NOSIGNAL);
		}
		one_in = 0;
		for (unsigned i = 0; i < MANY; i++) {
			stage_drain(&s, &readers[i]);
			long long last = 0, missed = 0;
			for (size_t k = 0; k < readers[i].count; k++) {
				const struct reader_message *m = &readers[i].messages[k];
				const bool numbered = readers[i].websocket || m->has_id;
				missed += m->missed > 0 ? m->missed : 0;
				/* In snapshots and of those who are passed over numbers jump. */
				if (i % 5 == 0 && numbered && m->missed < 0)
					assert_int_equal(m->seq, last + 1);
				last = m->seq;
			}
			if (i % 5 == 0 && !readers[i].ended)
				assert_int_equal(last, hub_seq(s.hub));
			if (i % 5 == 4 && !readers[i].ended)
				assert_true(missed > 0);
			reader_close(&readers[i]);
		}
		stage_close(&s);
	}
	assert_true(failures > 500);
}

/* ---- TLS ---- */

static SSL *tls_end(SSL_CTX *ctx, int fd, bool server)
{
	SSL *ssl = SSL_new(ctx);

	assert_non_null(ssl);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	if (server)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

struct tls_pair {
	SSL_CTX *server_ctx, *client_ctx;
	SSL *server, *client;
	int fd;
};

/* Two ends that have shaken hands, on small buffers. */
static void tls_open(struct tls_pair *t, struct certs *certs, int *fd)
{
	const struct cert_of of = { .cn = "gateway", .from = -7200, .to = 7200 };
	const int room = 4096;
	int ends[2];

	certs_begin(certs);
	const char *file = certs_file(certs, &of, NULL);
	t->server_ctx = SSL_CTX_new(TLS_server_method());
	t->client_ctx = SSL_CTX_new(TLS_client_method());
	assert_int_equal(SSL_CTX_use_certificate_file(t->server_ctx, file, SSL_FILETYPE_PEM), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(t->server_ctx, file, SSL_FILETYPE_PEM), 1);
	/* As net/tls.c does. */
	(void)SSL_CTX_set_mode(t->server_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	                                              SSL_MODE_RELEASE_BUFFERS);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	t->server = tls_end(t->server_ctx, ends[0], true);
	t->client = tls_end(t->client_ctx, ends[1], false);
	for (int i = 0; i < 20; i++) {
		(void)SSL_do_handshake(t->client);
		(void)SSL_do_handshake(t->server);
	}
	assert_true(SSL_is_init_finished(t->client) && SSL_is_init_finished(t->server));
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	t->fd = ends[1];
	*fd = ends[0];
}

static void tls_close(struct tls_pair *t, struct certs *certs)
{
	SSL_free(t->client);
	(void)close(t->fd);
	SSL_CTX_free(t->server_ctx);
	SSL_CTX_free(t->client_ctx);
	certs_end(certs);
}

/* Decrypts at most so many octets into the reader. @return how many there were. */
static size_t tls_read(struct tls_pair *t, struct reader *r, size_t most)
{
	int pipe_ends[2];
	char buf[4096];
	size_t n = 0;

	if (SSL_read_ex(t->client, buf, most < sizeof(buf) ? most : sizeof(buf), &n) != 1)
		return 0;
	/* The reader reads from a socket. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pipe_ends), 0);
	assert_int_equal(send(pipe_ends[0], buf, n, 0), n);
	r->fd = pipe_ends[1];
	assert_int_equal(reader_read(r, n), n);
	(void)close(pipe_ends[0]);
	(void)close(pipe_ends[1]);
	return n;
}

static void a_slow_reader_over_tls_gets_all(void **state)
{
	(void)state;
	struct certs certs;
	struct tls_pair t;
	struct stage s;
	struct reader r;
	int fd;

	tls_open(&t, &certs, &fd);
	stage_open(&s);
	reader_open(&r, -1, false);
	struct consumer_start start = { .fd = fd, .ssl = t.server, .wish = stage_wish("") };
	assert_true(consumer_begin(s.consumers, &start));
	for (int i = 0; i < 3000; i++) {
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
		if (i % 20 == 0)
			stage_turn(&s);
		if (i % 2)
			(void)tls_read(&t, &r, (size_t)(i % 300));
	}
	for (int idle = 0; idle < 5; idle++) {
		stage_turn(&s);
		if (tls_read(&t, &r, 4096) > 0)
			idle = 0;
	}
	assert_int_equal(r.count, 3000);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(r.messages[i].n, i);
	r.fd = -1;
	reader_close(&r);
	stage_close(&s);
	tls_close(&t, &certs);
}

/* Frames of 131 octets in one record: pongs, which want nothing, or pings. */
static unsigned say_in_one_record(struct tls_pair *t, size_t size, unsigned char first)
{
	static char record[16384];
	size_t len = 0, put = 0;
	unsigned count = 0;

	for (; len + 131 <= size; len += 131, count++) {
		memset(record + len, 0, 131);
		record[len] = (char)first;
		record[len + 1] = (char)(0x80 | 125);
	}
	/* The last is a ping in any case. */
	record[len - 131] = (char)0x89;
	assert_int_equal(SSL_write_ex(t->client, record, len, &put), 1);
	assert_int_equal(put, len);
	return first == 0x89 ? count : 1;
}

/* @return the pongs that came. */
static unsigned say_over_tls(size_t first_record, unsigned records, unsigned char first)
{
	struct certs certs;
	struct tls_pair t;
	struct stage s;
	struct reader r;
	unsigned pings;
	int fd;

	tls_open(&t, &certs, &fd);
	stage_open(&s);
	reader_open(&r, -1, true);
	struct consumer_start start = { .fd = fd, .ssl = t.server, .encoding = HUB_WEBSOCKET };
	start.wish = stage_wish("");
	assert_true(consumer_begin(s.consumers, &start));
	pings = say_in_one_record(&t, first_record, first);
	for (unsigned i = 1; i < records; i++)
		pings += say_in_one_record(&t, 16384, first);
	for (int idle = 0; idle < 5; idle++) {
		stage_turn(&s);
		if (tls_read(&t, &r, 4096) > 0)
			idle = 0;
	}
	assert_int_equal(r.pongs, pings);
	r.fd = -1;
	reader_close(&r);
	stage_close(&s);
	tls_close(&t, &certs);
	return pings;
}

static void what_tls_holds_back_is_heard(void **state)
{
	(void)state;
	/* More than is read at a time, and more pings than may wait. */
	assert_int_equal(say_over_tls(16384, 1, 0x89), 125);
	/* More than is read in one turn: the rest of the last record has left the socket already. */
	assert_int_equal(say_over_tls(2000, 5, 0x8a), 5);
}

DL3T_TESTS(cmocka_unit_test(a_hub_is_made_whole_or_not_at_all),
           cmocka_unit_test(a_consumer_begins_whole_or_not_at_all),
           cmocka_unit_test(a_message_without_memory_is_counted_and_has_no_number),
           cmocka_unit_test(a_block_without_memory_loses_nothing),
           cmocka_unit_test(in_a_storm_all_that_is_numbered_comes_or_the_connection_ends),
           cmocka_unit_test(a_slow_reader_over_tls_gets_all), cmocka_unit_test(what_tls_holds_back_is_heard));
