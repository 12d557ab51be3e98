/* SPDX-License-Identifier: MIT */
/* The proxy and those who guess, do not read, or talk nonsense; and the PBX that is not there. */
#include "support/test.h"

#include <errno.h>
#include <unistd.h>

#include "net/address.h"
#include "support/fed.h"

static const struct proxied_options alone = { .no_link = true };

/* Who tries once, and what came of it. */
static struct peer *try_as(struct proxied *x, const char *user, const char *password)
{
	struct peer *p =
		peer_new(x, &(struct peer_options){
				    .user = user, .password = password, .once = true, .no_stream = true });

	PROXIED_UNTIL(x, p->downs > 0 || p->state == DL3_LINK_UP);
	return p;
}

static uint32_t result_of(struct proxied *x, const char *user, const char *password)
{
	struct peer *p = try_as(x, user, password);

	if (p->state == DL3_LINK_UP)
		dl3_link_stop(p->link);
	PROXIED_UNTIL(x, p->state == DL3_LINK_STOPPED);
	return p->result;
}

static void only_its_own_users_are_let_in(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	assert_int_equal(result_of(x, "app", "secret"), 0);
	assert_int_equal(result_of(x, "app", "Secret"), DL3_AUTH_FAILED);
	assert_int_equal(result_of(x, "app", "secret2"), DL3_AUTH_FAILED);
	assert_int_equal(result_of(x, "nobody", "secret"), DL3_AUTH_FAILED);
	/* The PBX's own are none of the proxy's. */
	assert_int_equal(result_of(x, "devlink3", "devlink3"), DL3_AUTH_FAILED);
	/* As at a PBX, sixteen octets count. */
	assert_int_equal(result_of(x, "other", "0123456789abcdefYY"), 0);
	assert_int_equal(proxy_counts(x->proxy).logins, 2);
	assert_int_equal(proxy_counts(x->proxy).refused, 4);
	assert_null(strstr(x->log, "Secret"));
	assert_null(strstr(x->log, "secret2"));
	assert_non_null(strstr(x->log, "'nobody' was refused: authentication_failed"));
	proxied_end(x);
}

static void failures_lock_the_user_out_for_a_time(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .no_link = true,
	                                            .proxy = { .lockout_failures = 3, .lockout_s = 1 } });
	feed_up(x, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(result_of(x, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(result_of(x, "app", "secret"), 0);
	int64_t begun = proxied_now();
	for (int i = 0; i < 3; i++)
		assert_int_equal(result_of(x, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(proxy_counts(x->proxy).locked, 1);
	uint32_t locked = result_of(x, "app", "secret");
	if (proxied_now() - begun < 1000)
		assert_int_equal(locked, DL3_AUTH_RETRY_LATER);
	assert_int_equal(result_of(x, "other", "0123456789abcdef"), 0);
	proxied_wait(x, 1100);
	assert_int_equal(result_of(x, "app", "secret"), 0);
	proxied_end(x);
}

static void failures_lock_the_address_out(void **state)
{
	struct proxied world, *x = &world;
	char name[16];

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .no_link = true, .proxy = { .lockout_failures = 2 } });
	feed_up(x, 0);
	for (int i = 0; i < 8; i++) {
		(void)snprintf(name, sizeof(name), "guess%d", i);
		assert_int_equal(result_of(x, name, "x"), DL3_AUTH_FAILED);
	}
	assert_int_equal(result_of(x, "app", "secret"), DL3_AUTH_RETRY_LATER);
	assert_int_equal(proxy_counts(x->proxy).locked, 1);
	proxied_end(x);
}

static void other_users_can_be_set(void **state)
{
	static const struct proxy_user users[] = { { "app", "secret" },
		                                   { "other", "changed" },
		                                   { "new", "new" } };
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *stays = try_as(x, "app", "secret"), *goes = try_as(x, "other", "0123456789abcdef");
	assert_int_equal(goes->state, DL3_LINK_UP);
	assert_true(proxy_set_users(x->proxy, users, 3));
	PROXIED_UNTIL(x, goes->downs == 1);
	assert_int_equal(stays->state, DL3_LINK_UP);
	assert_int_equal(result_of(x, "new", "new"), 0);
	assert_int_equal(result_of(x, "other", "changed"), 0);
	assert_true(proxy_set_users(x->proxy, users + 1, 1));
	PROXIED_UNTIL(x, stays->downs == 1);
	proxied_end(x);
}

/* ---- The PBX is not there ---- */

static void a_login_waits_for_the_pbx_for_a_while(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	struct peer *p = peer_new(x, &(struct peer_options){ .once = true });
	PROXIED_UNTIL(x, p->state == DL3_LINK_LOGIN);
	/* A wrong password learns nothing of that. */
	assert_int_equal(result_of(x, "app", "wrong"), DL3_AUTH_FAILED);
	proxied_wait(x, 100);
	assert_int_equal(p->state, DL3_LINK_LOGIN);
	proxied_dial(x, PROXIED_ALL);
	PROXIED_UNTIL(x, p->state == DL3_LINK_UP);
	assert_true(strlen(p->pbx) > 0);
	proxied_end(x);
}

static void then_it_is_told_to_come_later(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .no_link = true, .proxy = { .patience_ms = 50 } });
	assert_int_equal(result_of(x, "app", "secret"), DL3_AUTH_RETRY_LATER);
	/* One who does not wait either is no trouble. */
	struct peer *p = peer_new(x, &(struct peer_options){ .once = true });
	PROXIED_UNTIL(x, proxy_counts(x->proxy).connections == 1);
	dl3_link_free(p->link);
	p->link = NULL;
	PROXIED_UNTIL(x, proxy_counts(x->proxy).connections == 0);
	proxied_end(x);
}

static void when_the_pbx_restarts_the_applications_are_closed_and_come_back(void **state)
{
	struct proxied world, *x = &world;
	struct sim_fault reboot = { .kind = SIM_FAULT_REBOOT, .value = 1000, .node = 0 };
	struct sim_error error;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .rate = 600 });
	struct peer *p = peer_up(x, &(struct peer_options){ .retry_ms = 20 });
	struct peer *file = peer_up(x, &(struct peer_options){ .retry_ms = 20, .no_stream = true });
	PROXIED_UNTIL(x, p->records > 100);
	assert_true(sim_host_fault(x->host, &reboot, &error));
	PROXIED_UNTIL(x, p->downs == 1 && file->downs == 1);
	assert_int_equal(p->reason, DL3_REASON_CLOSED);
	PROXIED_UNTIL(x, p->ups == 2 && file->ups == 2);
	size_t had = p->records;
	PROXIED_UNTIL(x, p->records > had + 100);
	assert_int_equal(p->gaps, 0);
	proxied_end(x);
}

/* What came before the end is still given. */
static void all_that_came_is_sent_before_the_close(void **state)
{
	static const struct dl3_link_change lost = {
		.state = DL3_LINK_WAITING, .address = "", .detail = "", .advice = ""
	};
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *p = peer_new(x, &(struct peer_options){ .once = true });
	PROXIED_UNTIL(x, p->state == DL3_LINK_UP);
	for (uint32_t i = 0; i < 5000; i++)
		feed_call(x, i, i, "c0a82a0100000001", "c0a82a0100000002");
	proxy_changed(x->proxy, &lost);
	PROXIED_UNTIL(x, p->downs == 1);
	assert_int_equal(p->records, 5000);
	assert_int_equal(p->gaps, 0);
	proxied_end(x);
}

/* ---- Those who do not read ---- */

static void one_who_does_not_read_is_disconnected_and_slows_nobody(void **state)
{
	static uint8_t big[50000];
	struct proxied world, *x = &world;
	uint32_t counter = 0;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .no_link = true, .proxy = { .queue = 2000000 } });
	feed_up(x, 0);
	struct peer *slow = peer_new(x, &(struct peer_options){ .once = true });
	struct peer *good = peer_up(x, &(struct peer_options){ 0 });
	PROXIED_UNTIL(x, slow->state == DL3_LINK_UP);
	dl3_link_pause(slow->link, true);
	while (proxy_counts(x->proxy).disconnected == 0 && counter < 5000) {
		for (unsigned i = 0; i < 10; i++)
			feed_tuple(x, ++counter, 0, 0x00790001, big, sizeof(big));
		PROXIED_UNTIL(x, good->records == counter);
	}
	assert_int_equal(proxy_counts(x->proxy).disconnected, 1);
	assert_int_equal(proxy_counts(x->proxy).monitors, 1);
	assert_non_null(strstr(x->log, "does not read"));
	feed_tuple(x, ++counter, 0, 0x00790001, big, sizeof(big));
	PROXIED_UNTIL(x, good->records == counter);
	assert_int_equal(good->gaps + good->downs, 0);
	PROXIED_UNTIL(x, proxy_counts(x->proxy).connections == 1);
	proxied_end(x);
}

/* What is up when it comes is not its doing, however much that is. */
static void a_long_snapshot_is_no_reason_to_disconnect(void **state)
{
	struct proxied world, *x = &world;
	static char record[4000], name[3000];
	uint32_t counter = 0;

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .no_link = true, .proxy = { .queue = 100000 } });
	feed_begin(x, 0);
	memset(name, 'n', sizeof(name) - 1);
	for (unsigned i = 1; i <= 5000; i++) {
		(void)snprintf(
			record, sizeof(record),
			"<Detail><Call>c0a82a01,%u,,,%s</Call><PartyA>c0a82a01%08x,1,2</PartyA></Detail>", i,
			name, i);
		feed(x, ++counter, record);
	}
	feed_snapshot_end(x);
	struct peer *p = peer_new(x, &(struct peer_options){ .once = true });
	PROXIED_UNTIL(x, proxy_counts(x->proxy).monitors == 1);
	for (unsigned i = 0; i < 20; i++) {
		feed(x, ++counter, "<X/>");
		proxied_turn(x);
	}
	PROXIED_UNTIL(x, p->records == 5020);
	assert_int_equal(p->gaps + p->downs, 0);
	assert_int_equal(proxy_counts(x->proxy).disconnected, 0);
	proxied_end(x);
}

/* ---- Those who talk nonsense ---- */

static int dial(const struct proxied *x)
{
	struct dl3i_address a;
	int fd;

	assert_true(dl3i_address_parse(proxy_address(x->proxy, 0), &a));
	fd = socket(a.sa.ss_family, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a.sa, a.len), 0);
	return fd;
}

static void nonsense_harms_only_itself(void **state)
{
	/* An event request and a file read without a login; half a frame; a frame that is too long; no frame. */
	static const uint8_t early[] = { 0x49, 0, 17, 0, 0x30, 0, 0x11, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0 },
			     half[] = { 0x49, 0, 40, 0 }, long_one[] = { 0x49, 0xff, 0xff, 0xff, 1, 2, 3 };
	struct proxied world, *x = &world;
	uint8_t noise[4096];
	uint32_t seed = 5;
	int fds[40];

	(void)state;
	proxied_begin(x, &alone);
	feed_up(x, 0);
	struct peer *p = peer_with(x, false, 0);
	for (size_t i = 0; i < 40; i++) {
		fds[i] = dial(x);
		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 16);
		noise[0] = i & 4 ? 0x49 : noise[0];
		const void *what = i % 4 == 0   ? (const void *)early
		                   : i % 4 == 1 ? half
		                   : i % 4 == 2 ? long_one
		                                : noise;
		size_t len = i % 4 == 0   ? sizeof(early)
		             : i % 4 == 1 ? sizeof(half)
		             : i % 4 == 2 ? sizeof(long_one)
		                          : sizeof(noise);
		assert_true(send(fds[i], what, len, MSG_NOSIGNAL) > 0);
		feed(x, (uint32_t)i, "<X/>");
	}
	PROXIED_UNTIL(x, p->records == 40);
	assert_int_equal(proxy_counts(x->proxy).monitors, 1);
	for (size_t i = 0; i < 40; i++)
		(void)close(fds[i]);
	PROXIED_UNTIL(x, proxy_counts(x->proxy).connections == 1);
	assert_int_equal(proxy_counts(x->proxy).logins, 1);
	proxied_end(x);
}

static void too_many_are_turned_away(void **state)
{
	struct proxied world, *x = &world;
	int fds[3];

	(void)state;
	proxied_begin(x, &(struct proxied_options){ .no_link = true, .proxy = { .connections = 2 } });
	for (size_t i = 0; i < 3; i++)
		fds[i] = dial(x);
	PROXIED_UNTIL(x, proxy_counts(x->proxy).turned_away == 1);
	assert_int_equal(proxy_counts(x->proxy).connections, 2);
	for (size_t i = 0; i < 3; i++)
		(void)close(fds[i]);
	proxied_end(x);
}

static void a_test_is_answered_behind_the_snapshot_and_in_its_place(void **state)
{
	struct proxied world, *x = &world;

	(void)state;
	proxied_begin(x, &alone);
	feed_begin(x, 0);
	for (unsigned i = 1; i <= 3000; i++) {
		char end[24];

		(void)snprintf(end, sizeof(end), "c0a82a01%08x", i);
		feed_call(x, i, i, end, NULL);
	}
	feed_snapshot_end(x);
	struct peer *p = peer_with(x, false, 0);
	/* The barrier of the link is such a test. */
	assert_int_equal(p->snapshot_records, 3000);
	assert_int_equal(p->records, 3000);
	proxied_end(x);
}

static void it_cannot_listen_where_another_does(void **state)
{
	struct proxied world, *x = &world;
	char error[256] = "";

	(void)state;
	proxied_begin(x, &alone);
	const struct proxy_listen at[] = { { .address = "127.0.0.1:0" },
		                           { .address = proxy_address(x->proxy, 0) } };
	const struct proxy_config config = { .name = "main", .listen = at, .listen_count = 2 };
	assert_null(proxy_new(x->base, &config, error, sizeof(error)));
	assert_non_null(strstr(error, "another program listens there"));
	assert_null(proxy_new(x->base, &(struct proxy_config){ .name = "main" }, error, sizeof(error)));
	assert_non_null(strstr(error, "address"));
	assert_null(proxy_address(x->proxy, 1));
	proxied_end(x);
}

DL3T_TESTS(cmocka_unit_test(only_its_own_users_are_let_in),
           cmocka_unit_test(failures_lock_the_user_out_for_a_time),
           cmocka_unit_test(failures_lock_the_address_out), cmocka_unit_test(other_users_can_be_set),
           cmocka_unit_test(a_login_waits_for_the_pbx_for_a_while),
           cmocka_unit_test(then_it_is_told_to_come_later),
           cmocka_unit_test(when_the_pbx_restarts_the_applications_are_closed_and_come_back),
           cmocka_unit_test(all_that_came_is_sent_before_the_close),
           cmocka_unit_test(one_who_does_not_read_is_disconnected_and_slows_nobody),
           cmocka_unit_test(a_long_snapshot_is_no_reason_to_disconnect),
           cmocka_unit_test(nonsense_harms_only_itself), cmocka_unit_test(too_many_are_turned_away),
           cmocka_unit_test(a_test_is_answered_behind_the_snapshot_and_in_its_place),
           cmocka_unit_test(it_cannot_listen_where_another_does));
