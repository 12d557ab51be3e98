/* SPDX-License-Identifier: MIT */
/* From a host's name to a connection: what is looked up, which of its addresses is taken, and what is told when
 * none is. The system's resolver and connect() are taken over where a name or an error is not to be had. */
#include "support/test.h"

#include <netdb.h>
#include <semaphore.h>
#include <sys/resource.h>

#include "support/linked.h"

/* ---- A resolver ---- */

static sem_t asked, may_answer; /* of slow.test: that it was asked, and that it may answer */

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __real_connect(int fd, const struct sockaddr *sa, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len);

/* Those of a name, one behind the other; NULL ends them. */
static const struct {
	const char *name;
	const char *addresses[10];
	int error;
} names[] = {
	{ "one.test", { "127.0.0.1" }, 0 },
	{ "several.test", { "127.0.0.2", "127.0.0.3", "127.0.0.1" }, 0 },
	{ "closed.test", { "127.0.0.2", "127.0.0.3" }, 0 },
	{ "nine.test",
	  { "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8",
	    "127.0.0.9", "127.0.0.1" },
	  0 },
	{ "none.test", { NULL }, EAI_NONAME },
	{ "again.test", { NULL }, EAI_AGAIN },
	{ "memory.test", { NULL }, EAI_MEMORY },
	{ "empty.test", { NULL }, 0 },
	{ "slow.test", { "127.0.0.1" }, 0 },
};

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list)
{
	if (hints->ai_flags & AI_NUMERICHOST)
		return __real_getaddrinfo(host, port, hints, list);
	*list = NULL;
	if (strcmp(host, "slow.test") == 0) {
		(void)sem_post(&asked);
		while (sem_wait(&may_answer) != 0)
			;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, host) != 0)
			continue;
		for (size_t a = 0; names[i].addresses[a]; a++) {
			const struct addrinfo number = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				                         .ai_socktype = SOCK_STREAM };
			int error = __real_getaddrinfo(names[i].addresses[a], port, &number, list);
			if (error != 0)
				return error;
			list = &(*list)->ai_next;
		}
		return names[i].error;
	}
	return EAI_FAIL;
}

static int connect_error; /* 0: as the system has it */

int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	if (connect_error == 0)
		return __real_connect(fd, sa, len);
	errno = connect_error;
	return -1;
}

/* ---- */

static void to(struct linked *k, struct pbx *p, const char *host)
{
	char url[160];
	const char *colon = strrchr(dl3_listener_address(p->l), ':');

	(void)snprintf(url, sizeof(url), "devlink3://app@%s%s", host, colon);
	link_prepare(k, p, url);
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
}

static void comes_up_at(const char *host, const char *address)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	pbx_begin(p);
	to(k, p, host);
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP) || k->down.reason != DL3_REASON_NONE);
	if (k->down.reason != DL3_REASON_NONE)
		fail_msg("%s", k->detail);
	assert_memory_equal(k->address, address, strlen(address));
	link_end(k);
	pbx_end(p);
}

static void is_down(const char *host, enum dl3_link_reason reason, const char *detail, const char *advice,
                    const char *address)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	pbx_begin(p);
	to(k, p, host);
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	if (k->down.reason != reason)
		fail_msg("%s: %s", dl3_link_reason_name(k->down.reason), k->detail);
	assert_int_equal(k->down.state, DL3_LINK_WAITING);
	if (!strstr(k->detail, detail))
		fail_msg("'%s' was expected, '%s' came", detail, k->detail);
	if (!strstr(k->advice, advice))
		fail_msg("'%s' was expected, '%s' came", advice, k->advice);
	assert_memory_equal(k->address, address, strlen(address));
	if (*address == '\0')
		assert_string_equal(k->address, "");
	link_end(k);
	pbx_end(p);
}

static void number_needs_no_name_server(void **state)
{
	(void)state;
	comes_up_at("127.0.0.1", "127.0.0.1:");
}

static void name_is_looked_up(void **state)
{
	(void)state;
	comes_up_at("one.test", "127.0.0.1:");
}

static void ipv6_address_is_dialled(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_prepare(p);
	p->config.address = "[::1]:0";
	p->l = dl3_listener_new(p->base, &p->config, p->error, sizeof(p->error));
	if (!p->l) {
		event_base_free(p->base);
		skip();
	}
	link_to(k, p, false);
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_memory_equal(k->address, "[::1]:", 6);
	link_end(k);
	pbx_end(p);
}

static void addresses_are_tried_one_behind_the_other(void **state)
{
	(void)state;
	comes_up_at("several.test", "127.0.0.1:");
}

static void last_address_that_was_refused_is_told(void **state)
{
	(void)state;
	is_down("closed.test", DL3_REASON_CONNECTION_REFUSED, "127.0.0.3:", "is the port right",
	        "127.0.0.3:");
	is_down("127.0.0.2", DL3_REASON_CONNECTION_REFUSED, "connection refused", "is the port right",
	        "127.0.0.2:");
}

static void ninth_address_is_not_tried(void **state)
{
	(void)state;
	is_down("nine.test", DL3_REASON_CONNECTION_REFUSED, "127.0.0.9:", "", "127.0.0.9:");
}

static void unknown_host_is_told(void **state)
{
	(void)state;
	is_down("none.test", DL3_REASON_UNKNOWN_HOST, "none.test: ", "check the name for typing errors", "");
	is_down("again.test", DL3_REASON_UNKNOWN_HOST, "again.test: ", "check the name", "");
	is_down("empty.test", DL3_REASON_UNKNOWN_HOST, "empty.test: the name has no address", "", "");
}

static void resolver_without_memory_is_this_machines_fault(void **state)
{
	(void)state;
	is_down("memory.test", DL3_REASON_SYSTEM, "memory.test: ", "look at this machine", "");
}

static void errors_of_connect_are_sorted(void **state)
{
	static const struct {
		int error;
		enum dl3_link_reason reason;
	} errors[] = {
		{ ENETUNREACH, DL3_REASON_UNREACHABLE }, { EHOSTUNREACH, DL3_REASON_UNREACHABLE },
		{ ETIMEDOUT, DL3_REASON_UNREACHABLE },   { ECONNREFUSED, DL3_REASON_CONNECTION_REFUSED },
		{ ENOBUFS, DL3_REASON_SYSTEM },          { EPERM, DL3_REASON_SYSTEM },
		{ EAFNOSUPPORT, DL3_REASON_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		connect_error = errors[i].error;
		is_down("127.0.0.1", errors[i].reason, "127.0.0.1:", "", "127.0.0.1:");
	}
	connect_error = 0;
}

/* ---- Too long ---- */

/* Listens, and has no room for a further connection: what comes then is not answered at all. */
struct wall {
	int listening, in_between[16];
};

static void wall_begin(struct wall *w, struct hand *h)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	w->listening = h->listening;
	assert_int_equal(listen(w->listening, 0), 0);
	assert_int_equal(getsockname(w->listening, (struct sockaddr *)&a, &len), 0);
	for (size_t i = 0; i < 16; i++) {
		w->in_between[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)__real_connect(w->in_between[i], (struct sockaddr *)&a, sizeof(a));
	}
}

static void wall_end(const struct wall *w)
{
	for (size_t i = 0; i < 16; i++)
		(void)close(w->in_between[i]);
}

static void host_that_does_not_answer_is_given_up(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;
	struct wall wall;

	(void)state;
	hand_link(h, k, p, "devlink3");
	wall_begin(&wall, h);
	k->config.connect_timeout_ms = 30;
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_UNREACHABLE);
	assert_int_equal(k->down.before, DL3_LINK_CONNECTING);
	assert_non_null(strstr(k->detail, strerror(ETIMEDOUT)));
	assert_non_null(strstr(k->advice, "firewall"));
	wall_end(&wall);
	hand_end(h, k, p);
}

static void freed_and_stopped_while_it_connects(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pbx pbx, *p = &pbx;
		struct linked link, *k = &link;
		struct hand hand, *h = &hand;
		struct wall wall;
		hand_link(h, k, p, "devlink3");
		wall_begin(&wall, h);
		k->config.connect_timeout_ms = 600000;
		link_begin(k);
		UNTIL(IN_STATE(k, DL3_LINK_CONNECTING));
		wait_ms(p, 5);
		if (i == 0) {
			dl3_link_stop(k->link);
			UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
		}
		wall_end(&wall);
		hand_end(h, k, p);
	}
}

/* ---- A resolver that takes its time ---- */

static void slow_begin(struct pbx *p, struct linked *k)
{
	assert_int_equal(sem_init(&asked, 0, 0), 0);
	assert_int_equal(sem_init(&may_answer, 0, 0), 0);
	pbx_begin(p);
	to(k, p, "slow.test");
}

/* The thread that asks lives on by itself, and must not touch what is gone. */
static void slow_end(struct pbx *p, struct linked *k)
{
	link_end(k);
	assert_int_equal(sem_post(&may_answer), 0);
	wait_ms(p, 20);
	pbx_end(p);
}

static void loop_goes_on_while_a_name_is_looked_up(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked slow, other, *k = &slow, *o = &other;

	(void)state;
	slow_begin(p, k);
	link_begin(k);
	UNTIL(sem_trywait(&asked) == 0);
	link_to(o, p, false);
	link_begin(o);
	UNTIL(IN_STATE(o, DL3_LINK_UP));
	assert_true(IN_STATE(k, DL3_LINK_RESOLVING));
	assert_int_equal(sem_post(&may_answer), 0);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	link_end(o);
	slow_end(p, k);
}

static void freed_while_a_name_is_looked_up(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked slow, *k = &slow;

	(void)state;
	slow_begin(p, k);
	link_begin(k);
	UNTIL(sem_trywait(&asked) == 0);
	slow_end(p, k);
}

static void stopped_and_begun_again_while_a_name_is_looked_up(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked slow, *k = &slow;

	(void)state;
	slow_begin(p, k);
	link_begin(k);
	UNTIL(sem_trywait(&asked) == 0);
	dl3_link_stop(k->link);
	UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
	assert_int_equal(k->down.reason, DL3_REASON_OWNER);
	dl3_link_start(k->link);
	UNTIL(sem_trywait(&asked) == 0);
	/* The answer to the first question is nobody's. */
	assert_int_equal(sem_post(&may_answer), 0);
	assert_int_equal(sem_post(&may_answer), 0);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(times_in(k, DL3_LINK_CONNECTING), 1);
	slow_end(p, k);
}

static void name_server_that_does_not_answer_is_given_up(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked slow, *k = &slow;

	(void)state;
	slow_begin(p, k);
	k->config.connect_timeout_ms = 30;
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_UNKNOWN_HOST);
	assert_string_equal(k->detail, "slow.test: no name server answers");
	slow_end(p, k);
}

/* ---- This machine ---- */

/* Takes all descriptors but so many. @return what to give back. */
static struct rlimit leave_descriptors(rlim_t n)
{
	struct rlimit before, now;
	int lowest = dup(0);

	assert_true(lowest >= 0);
	assert_int_equal(close(lowest), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)lowest + n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	return before;
}

static void without_descriptors(const char *host)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	pbx_begin(p);
	to(k, p, host);
	k->config.retry_min_ms = k->config.retry_max_ms = 1;
	link_begin(k);
	turn(p); /* what libevent needs it has */
	dl3_link_stop(k->link);
	UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
	memset(&k->down, 0, sizeof(k->down));
	struct rlimit before = leave_descriptors(0);
	dl3_link_start(k->link);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_SYSTEM);
	assert_int_equal(k->down.state, DL3_LINK_WAITING);
	assert_non_null(strstr(k->detail, strerror(EMFILE)));
	assert_non_null(strstr(k->advice, "open files"));
	/* When there are some again, it comes up by itself. */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	link_end(k);
	pbx_end(p);
}

static void missing_descriptors_are_told(void **state)
{
	(void)state;
	without_descriptors("127.0.0.1");
	without_descriptors("one.test");
}

DL3T_TESTS(cmocka_unit_test(number_needs_no_name_server), cmocka_unit_test(name_is_looked_up),
           cmocka_unit_test(ipv6_address_is_dialled),
           cmocka_unit_test(addresses_are_tried_one_behind_the_other),
           cmocka_unit_test(last_address_that_was_refused_is_told),
           cmocka_unit_test(ninth_address_is_not_tried), cmocka_unit_test(unknown_host_is_told),
           cmocka_unit_test(resolver_without_memory_is_this_machines_fault),
           cmocka_unit_test(errors_of_connect_are_sorted),
           cmocka_unit_test(host_that_does_not_answer_is_given_up),
           cmocka_unit_test(freed_and_stopped_while_it_connects),
           cmocka_unit_test(loop_goes_on_while_a_name_is_looked_up),
           cmocka_unit_test(freed_while_a_name_is_looked_up),
           cmocka_unit_test(stopped_and_begun_again_while_a_name_is_looked_up),
           cmocka_unit_test(name_server_that_does_not_answer_is_given_up),
           cmocka_unit_test(missing_descriptors_are_told));
