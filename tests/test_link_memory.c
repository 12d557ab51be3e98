/* SPDX-License-Identifier: MIT */
/* What a link does with memory: each allocation fails in turn, passwords are wiped, and thousands of
 * connections leave nothing behind. */
#include "support/test.h"

#include <dirent.h>
#include <openssl/crypto.h>

#include "support/alloc.h"
#include "support/linked.h"

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

/* ---- Each allocation fails ---- */

static bool made_with(struct linked *k, struct pbx *p, bool ours, size_t n)
{
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	link_to(k, p, false);
	k->config.application = "test";
	k->config.allocator = &a.allocator;
	attempts = 0;
	*(ours ? &a.fail_at : &fail_at) = n;
	k->link = dl3_link_new(p->base, &k->config, k->error, sizeof(k->error));
	fail_at = 0;
	bool made = k->link != NULL;
	if (!made)
		assert_string_equal(k->error, "out of memory");
	link_end(k);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
	return made;
}

static void one_that_cannot_be_made_is_refused(void **state)
{
	struct pbx pbx;
	struct linked link;
	size_t refused[2] = { 0, 0 };

	(void)state;
	pbx_begin(&pbx);
	for (unsigned ours = 0; ours < 2; ours++)
		while (!made_with(&link, &pbx, ours == 1, refused[ours] + 1))
			refused[ours]++;
	assert_true(refused[0] >= 1);
	assert_true(refused[1] >= 4);
	pbx_end(&pbx);
}

/* From the beginning to UP; whatever failed, it comes up in the end, and says what it was.
 * @return how many allocations that took. */
static size_t attempt(struct linked *k, struct pbx *p, size_t n)
{
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	k->config.allocator = &a.allocator;
	link_begin(k);
	a.attempts = 0;
	a.fail_at = n;
	UNTIL(IN_STATE(k, DL3_LINK_UP) || IN_STATE(k, DL3_LINK_WAITING));
	a.fail_at = 0;
	if (k->down.reason != DL3_REASON_NONE)
		assert_int_equal(k->down.reason, DL3_REASON_SYSTEM);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	size_t count = a.attempts;
	link_end(k);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
	UNTIL(dl3_listener_connections(p->l, NULL) == 0);
	return count;
}

/* Whose certificate it is does not matter here: what is pinned is learnt. */
static void learn_pin(struct linked *k, struct pbx *p, char pin[96])
{
	link_to(k, p, true);
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	const char *at = strstr(k->advice, "fingerprint ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "fingerprint %95s", pin), 1);
	link_end(k);
	UNTIL(dl3_listener_connections(p->l, NULL) == 0);
}

static void fail_each(bool tls)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	char pin[96] = "";
	const struct dl3_tls_client trust = { .fingerprint = pin };
	size_t count = 1;

	pbx_prepare(p);
	p->config.tls = tls ? &generated : NULL;
	pbx_listen(p);
	if (tls)
		learn_pin(k, p, pin);
	for (size_t n = 0; n <= count; n++) {
		link_to(k, p, tls);
		k->config.tls = tls ? &trust : NULL;
		size_t took = attempt(k, p, n);
		if (n == 0)
			count = took;
	}
	assert_true(count > 3);
	pbx_end(p);
}

static void attempts_without_memory_are_repeated(void **state)
{
	(void)state;
	fail_each(false);
}

static void attempts_with_tls_without_memory_are_repeated(void **state)
{
	(void)state;
	fail_each(true);
}

static void password_that_cannot_be_kept_leaves_the_old_one(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct dl3t_alloc a;

	(void)state;
	pbx_begin(p);
	dl3t_alloc_init(&a);
	link_to(k, p, false);
	k->config.allocator = &a.allocator;
	link_begin(k);
	a.attempts = 0;
	a.fail_at = 1;
	assert_int_equal(dl3_link_set_password(k->link, "other"), DL3_ERR_MEMORY);
	a.fail_at = 0;
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	link_end(k);
	pbx_end(p);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

/* ---- Passwords ---- */

#define PASSWORD "correct horse b4" /* as long as SHA-1 has it */

/* Looks into every block that is given back. */
struct gossip {
	unsigned blocks, told;
};

static void *looking_resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	struct gossip *g = arg;
	void *fresh = new_size > 0 ? malloc(new_size) : NULL;

	if (new_size > 0 && !fresh)
		return NULL;
	if (block) {
		if (fresh)
			memcpy(fresh, block, old_size < new_size ? old_size : new_size);
		g->blocks++;
		g->told += memmem(block, old_size, PASSWORD, sizeof(PASSWORD) - 1) != NULL;
		free(block);
	}
	return fresh;
}

static void answer_with(const struct pbx *p, struct dl3_session *s, const struct dl3_event *ev)
{
	static const uint8_t challenge[DL3_CHALLENGE_SIZE] = "0123456789abcde";

	if (ev->type == DL3_EV_LOGIN && p->plain)
		assert_int_equal(dl3_server_challenge_plain(s, PASSWORD), DL3_OK);
	else if (ev->type == DL3_EV_LOGIN)
		assert_int_equal(dl3_server_challenge(s, challenge, PASSWORD), DL3_OK);
	else
		answer(p, s, ev);
}

static void on_event_with(struct dl3_conn *c, const struct dl3_event *ev, void *arg)
{
	answer_with(arg, dl3_conn_session(c), ev);
}

static void password_is_wiped(bool tls)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct gossip gossip = { 0 };
	const struct dl3_allocator allocator = { .resize = looking_resize, .arg = &gossip };
	struct dl3_tls_client trust = { 0 };
	char pin[96] = "";

	pbx_prepare(p);
	p->config.callbacks.event = on_event_with;
	p->plain = tls;
	if (tls)
		p->config.tls = &generated;
	pbx_listen(p);
	if (tls)
		learn_pin(k, p, pin);
	trust.fingerprint = pin;
	link_to(k, p, tls);
	k->config.tls = tls ? &trust : NULL;
	k->config.password = PASSWORD;
	k->config.allocator = &allocator;
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(dl3_link_set_password(k->link, PASSWORD "!"), DL3_OK);
	dl3_link_stop(k->link);
	UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
	link_end(k);
	assert_true(gossip.blocks > 4);
	assert_int_equal(gossip.told, 0);
	pbx_end(p);
}

static void password_is_nowhere_in_what_is_given_back(void **state)
{
	(void)state;
	password_is_wiped(false);
	password_is_wiped(true);
}

/* ---- Again and again ---- */

static unsigned descriptors(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while (readdir(d))
		n++;
	assert_int_equal(closedir(d), 0);
	return n;
}

static void thousands_of_connections_leave_nothing_behind(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct dl3t_alloc a;
	size_t live = 0, peak = 0;
	unsigned open = 0;

	(void)state;
	pbx_begin(p);
	dl3t_alloc_init(&a);
	link_to(k, p, false);
	k->config.allocator = &a.allocator;
	k->config.callbacks.octets = NULL;
	k->config.retry_min_ms = k->config.retry_max_ms = 1;
	link_begin(k);
	for (unsigned i = 1; i <= 3000; i++) {
		UNTIL(dl3_link_counts(k->link).connections == i && IN_STATE(k, DL3_LINK_UP) && p->last);
		dl3_conn_abort(p->last, i % 2 == 0);
		if (i == 100) {
			UNTIL(dl3_link_counts(k->link).connections == i + 1);
			live = a.live;
			peak = a.peak;
			open = descriptors();
		}
	}
	UNTIL(dl3_link_counts(k->link).connections == 3001);
	assert_int_equal(a.live, live);
	assert_int_equal(a.peak, peak);
	assert_int_equal(descriptors(), open);
	assert_int_equal(dl3_link_counts(k->link).connections, 3001);
	link_end(k);
	pbx_end(p);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

DL3T_TESTS(cmocka_unit_test(one_that_cannot_be_made_is_refused),
           cmocka_unit_test(attempts_without_memory_are_repeated),
           cmocka_unit_test(attempts_with_tls_without_memory_are_repeated),
           cmocka_unit_test(password_that_cannot_be_kept_leaves_the_old_one),
           cmocka_unit_test(password_is_nowhere_in_what_is_given_back),
           cmocka_unit_test(thousands_of_connections_leave_nothing_behind));
