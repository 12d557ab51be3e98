/* SPDX-License-Identifier: MIT */
/* The PBX's service, with clients joined to it in memory. */
#include "sim/pbx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world_parts.h"
#include "support/office.h"
#include "support/test.h"

struct site {
	struct dl3t_office *o;
	struct sim_pbx *pbx;
	struct sim_report *report;
	struct dl3t_text log;
};

/* A client and its end of the PBX. */
struct line {
	struct site *site;
	struct dl3_session *client, *server;
	struct sim_client *port;
	bool closed, gone;
	uint32_t result, accepted; /* of the last answer */
	bool authenticated, refused, streaming, snapshot_end;
	struct dl3t_text records; /* a letter for each kind of record */
	uint32_t counters[3], counted;
	struct dl3t_text file;
};

static void log_line(const char *text, void *arg)
{
	struct site *s = arg;

	dl3t_printf(&s->log, "%s\n", text);
}

static void add_users(struct sim_world *w)
{
	static char app[] = "app", norights[] = "norights", disabled[] = "disabled", secret[] = "secret";
	static const struct sim_service_user users[] = { { app, secret, true, true },
		                                         { norights, secret, false, true },
		                                         { disabled, secret, true, false } };

	w->service_users = sim_world_alloc(w, 3, sizeof(users[0]));
	assert_non_null(w->service_users);
	memcpy(w->service_users, users, sizeof(users));
	w->service_user_count = 3;
	w->security = (struct sim_security){
		.unsecured = true, .lockout_failures = 3, .lockout_s = 60, .monitors = 3
	};
}

static struct site *new_site(void)
{
	struct site *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->o = dl3t_office_new();
	s->o->silent = true;
	add_users(s->o->world);
	return s;
}

static struct site *open_site(struct site *s)
{
	struct sim_pbx_config config = { .log = log_line, .arg = s };

	dl3t_office_open(s->o);
	config.exchange = s->o->x;
	s->pbx = sim_pbx_new(&config);
	assert_non_null(s->pbx);
	struct sim_audience audience = sim_pbx_audience(s->pbx);

	s->report = sim_report_new(s->o->x, &audience);
	assert_non_null(s->report);
	sim_pbx_set_report(s->pbx, s->report);
	return s;
}

static void free_site(struct site *s)
{
	sim_pbx_free(s->pbx);
	dl3t_office_free(s->o);
	sim_report_free(s->report);
	dl3t_text_free(&s->log);
	free(s);
}

static void flush(void *arg)
{
	(void)arg;
}

static void close_line(void *arg, const char *why)
{
	struct line *l = arg;

	assert_non_null(why);
	l->closed = true;
}

static struct line *connect_from(struct site *s, size_t node, const char *peer, bool encrypted,
                                 uint32_t max_output)
{
	struct line *l = calloc(1, sizeof(*l));
	struct dl3_server_config sc = { .encrypted = encrypted, .limits = { .max_output = max_output } };
	struct dl3_client_config cc = { .encrypted = encrypted, .limits = { .no_keepalive = true } };

	assert_non_null(l);
	l->site = s;
	l->client = dl3_client_new(&cc, NULL);
	l->server = dl3_server_new(&sc, NULL);
	assert_true(l->client && l->server);
	dl3_session_tick(l->client, 1);
	dl3_session_tick(l->server, 1);
	struct sim_connection c = { .session = l->server,
		                    .encrypted = encrypted,
		                    .peer = peer,
		                    .flush = flush,
		                    .close = close_line,
		                    .arg = l };

	l->port = sim_pbx_connect(s->pbx, node, &c);
	assert_non_null(l->port);
	return l;
}

static struct line *dial_in(struct site *s)
{
	return connect_from(s, 0, "192.0.2.1:5000", false, 0);
}

static void hang_up(struct line *l)
{
	sim_pbx_disconnect(l->port);
	dl3_session_free(l->client);
	dl3_session_free(l->server);
	dl3t_text_free(&l->records);
	dl3t_text_free(&l->file);
	free(l);
}

static void note_record(struct line *l, const struct dl3_event *ev)
{
	size_t node = ev->u.record.pbx - 0xc0a82a03;
	char letter = dl3_kind_name(ev->u.record.record->kind)[0];

	assert_in_range(node, 0, 2);
	assert_int_equal(ev->u.record.counter, l->counters[node] + 1);
	l->counters[node]++;
	dl3t_put(&l->records, &letter, 1);
}

static void client_event(struct line *l, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_AUTHENTICATED:
		l->authenticated = true;
		break;
	case DL3_EV_REFUSED:
		l->refused = true;
		l->result = ev->u.refused.result;
		break;
	case DL3_EV_STREAM:
		l->streaming = ev->u.stream.streaming;
		l->result = ev->u.stream.result;
		l->accepted = ev->u.stream.accepted;
		break;
	case DL3_EV_RECORD:
		note_record(l, ev);
		break;
	case DL3_EV_SNAPSHOT_END:
		l->snapshot_end = true;
		break;
	case DL3_EV_FILE:
		l->result = ev->u.file.result;
		l->file.len = 0;
		dl3t_put(&l->file, ev->u.file.contents.ptr, ev->u.file.contents.len);
		break;
	default:
		break;
	}
}

/* `all`: as long as anything moves; otherwise so many octets from the server. @return what moved. */
static size_t move(struct dl3_session *from, struct dl3_session *to, size_t most)
{
	struct dl3_octets out = dl3_session_output(from);
	size_t n = out.len < most ? out.len : most;

	n = n > 0 ? dl3_session_feed(to, out.ptr, n) : 0;
	dl3_session_sent(from, n);
	return n;
}

static size_t turn(struct line *l, size_t most)
{
	size_t moved = move(l->client, l->server, SIZE_MAX);
	struct dl3_event ev;

	while (dl3_session_next(l->server, &ev) == DL3_OK) {
		sim_pbx_event(l->port, &ev);
		moved++;
	}
	if (dl3_session_output(l->server).len == 0)
		sim_pbx_drained(l->port);
	moved += move(l->server, l->client, most);
	while (dl3_session_next(l->client, &ev) == DL3_OK) {
		client_event(l, &ev);
		moved++;
	}
	return moved;
}

static void talk(struct line *l)
{
	while (turn(l, SIZE_MAX) > 0)
		;
}

static uint32_t login(struct line *l, const char *user, const char *password)
{
	assert_int_equal(dl3_client_authenticate(l->client, user, password, "test"), DL3_OK);
	talk(l);
	assert_true(l->authenticated != l->refused);
	return l->authenticated ? 0 : l->result;
}

static uint32_t stream(struct line *l, uint32_t flags)
{
	l->snapshot_end = false;
	assert_int_equal(dl3_client_stream(l->client, flags, NULL), DL3_OK);
	talk(l);
	return l->result;
}

static struct line *listen_with(struct site *s, uint32_t flags)
{
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(stream(l, flags), 0);
	return l;
}

static const char *records(struct line *l)
{
	static char text[4096];

	talk(l);
	snprintf(text, sizeof(text), "%s", dl3t_text_of(&l->records));
	l->records.len = 0;
	if (l->records.ptr)
		l->records.ptr[0] = '\0';
	return text;
}

static uint32_t login_once(struct site *s, const char *user, const char *password)
{
	struct line *l = dial_in(s);
	uint32_t result = login(l, user, password);

	hang_up(l);
	return result;
}

static void rights_and_passwords(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	assert_int_equal(login_once(s, "app", "secret"), 0);
	assert_int_equal(login_once(s, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "norights", "secret"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "disabled", "secret"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "nobody", "secret"), DL3_AUTH_FAILED);
	assert_null(strstr(dl3t_text_of(&s->log), "secret"));
	assert_null(strstr(dl3t_text_of(&s->log), "wrong"));
	free_site(s);
}

static void failures_lock_the_user_out_for_a_time(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	for (int i = 0; i < 2; i++)
		assert_int_equal(login_once(s, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(login_once(s, "app", "wrong"), DL3_AUTH_FAILED);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 59999);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 1);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	assert_int_equal(sim_pbx_counts(s->pbx).lockouts, 1);
	free_site(s);
}

static void an_address_is_locked_out_too(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	char name[16];

	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "guess%d", i);
		assert_int_equal(login_once(s, name, "x"), DL3_AUTH_FAILED);
	}
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	struct line *l = connect_from(s, 0, "192.0.2.2:5000", false, 0);

	assert_int_equal(login(l, "app", "secret"), 0);
	hang_up(l);
	free_site(s);
}

static void the_memory_of_failures_is_bounded(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	char name[16], peer[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "guess%d", i);
		snprintf(peer, sizeof(peer), "198.51.100.%d:%d", i % 200, i);
		struct line *l = connect_from(s, 0, peer, false, 0);

		(void)login(l, name, "x");
		hang_up(l);
	}
	assert_int_equal(login_once(s, "app", "secret"), 0);
	free_site(s);
}

static void licences(void **state)
{
	(void)state;
	static const struct {
		uint32_t licences;
		uint32_t login, network;
	} cases[] = { { 0, DL3_AUTH_LICENCE_MISSING, 0 },
		      { 1, 0, DL3_EVENTS_INSUFFICIENT_LICENCE },
		      { 2, 0, 0 } };

	for (size_t i = 0; i < 3; i++) {
		struct site *s = new_site();

		s->o->world->nodes[0].cti_licences = cases[i].licences;
		open_site(s);
		struct line *l = dial_in(s);

		assert_int_equal(login(l, "app", "secret"), cases[i].login);
		if (cases[i].login == 0) {
			assert_int_equal(stream(l, DL3_FLAG_SCN), cases[i].network);
			assert_int_equal(stream(l, 0), 0);
		}
		hang_up(l);
		free_site(s);
	}
}

static void three_may_listen(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l[4];

	for (int i = 0; i < 3; i++)
		l[i] = listen_with(s, 0);
	l[3] = dial_in(s);
	assert_int_equal(login(l[3], "app", "secret"), 0);
	assert_int_equal(stream(l[3], 0), DL3_EVENTS_FEATURE_NOT_AVAILABLE);
	/* One who listens may ask for something else. */
	assert_int_equal(stream(l[0], DL3_FLAG_SIPTRACK), 0);
	hang_up(l[1]);
	assert_int_equal(stream(l[3], 0), 0);
	assert_int_equal(sim_pbx_counts(s->pbx).monitors, 3);
	hang_up(l[0]);
	hang_up(l[2]);
	hang_up(l[3]);
	assert_int_equal(sim_pbx_counts(s->pbx).connections, 0);
	free_site(s);
}

static void three_may_listen_to_a_network(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l[3], *other = connect_from(s, 1, "192.0.2.9:1", false, 0);

	for (int i = 0; i < 3; i++)
		l[i] = listen_with(s, i == 0 ? 0 : DL3_FLAG_SCN);
	assert_int_equal(login(other, "app", "secret"), 0);
	assert_int_equal(stream(other, DL3_FLAG_SCN), DL3_EVENTS_FEATURE_NOT_AVAILABLE);
	assert_int_equal(stream(other, 0), 0);
	for (int i = 0; i < 3; i++)
		hang_up(l[i]);
	hang_up(other);
	free_site(s);
}

static void or_three_may_connect(void **state)
{
	(void)state;
	struct site *s = new_site();
	struct line *l[3];

	s->o->world->security.limit = SIM_LIMIT_CONNECTIONS;
	open_site(s);
	for (int i = 0; i < 3; i++) {
		l[i] = dial_in(s);
		assert_int_equal(login(l[i], "app", "secret"), 0);
	}
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_LIMITS_EXCEEDED);
	hang_up(l[0]);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	hang_up(l[1]);
	hang_up(l[2]);
	free_site(s);
}

static void plain_on_encrypted_links(void **state)
{
	(void)state;
	struct site *s = new_site();

	s->o->world->security.plain = true;
	open_site(s);
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		struct line *l = connect_from(s, 0, "192.0.2.1:1", encrypted, 0);

		assert_int_equal(login(l, "app", "secret"), 0);
		hang_up(l);
		l = connect_from(s, 0, "192.0.2.1:1", encrypted, 0);
		assert_int_equal(login(l, "app", "Secret"), DL3_AUTH_FAILED);
		hang_up(l);
	}
	free_site(s);
}

/* A call from 4002, a SIP phone, to 5001 on the second node: a Detail on each, an answer, four losses. */
static void one_call(struct site *s)
{
	DL3T_DO(sim_dial(s->o->x, dl3t_user(s->o, "4002"), &(struct sim_dialling){ .number = "5001" }, NULL,
	                 &error));
	DL3T_DO(sim_answer(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
	DL3T_DO(sim_hang_up(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
}

static unsigned count(const char *text, char c)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

static void every_combination_of_flags_gets_its_records(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	for (uint32_t bits = 0; bits < 64; bits++) {
		uint32_t flags = 0;
		static const uint32_t all[] = { DL3_FLAG_SCN,    DL3_FLAG_CD2,  DL3_FLAG_SIPTRACK,
			                        DL3_FLAG_CMEXTN, DL3_FLAG_CONN, DL3_FLAG_TEXT };

		for (int i = 0; i < 6; i++)
			flags |= bits >> i & 1 ? all[i] : 0;
		bool cd2 = flags & DL3_FLAG_CD2, network = flags & DL3_FLAG_SCN && !cd2,
		     conn = flags & DL3_FLAG_CONN;
		struct line *l = dial_in(s);

		assert_int_equal(login(l, "app", "secret"), 0);
		assert_int_equal(stream(l, flags),
		                 cd2 && flags & DL3_FLAG_SCN ? DL3_EVENTS_PARTIAL_SUCCESS : 0);
		assert_true(l->snapshot_end);
		one_call(s);
		talk(l);
		const char *got = dl3t_text_of(&l->records);
		/* detail, delta2_*: d; call_lost, cmextn*: c; link_lost: l; siptrack: s */
		unsigned details = cd2 ? 3 : (conn ? 1u : 2u) * (network ? 2 : 1);
		unsigned extension = flags & DL3_FLAG_CMEXTN ? (network ? 6u : 0) + 3 : 0;

		assert_int_equal(count(got, 'd'), details);
		assert_int_equal(count(got, 'l'), cd2 ? 0 : network ? 2 : 1);
		assert_int_equal(count(got, 's'), flags & DL3_FLAG_SIPTRACK ? 2 : 0);
		if (!extension)
			assert_int_equal(count(got, 'c'), cd2 ? 0 : network ? 2 : 1);
		else
			assert_true(count(got, 'c') > (cd2 ? 0u : network ? 2u : 1u));
		hang_up(l);
	}
	free_site(s);
}

static void a_snapshot_comes_before_its_end(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	(void)dl3t_incoming(s->o, "4001");
	(void)dl3t_incoming(s->o, "5001");
	DL3T_DO(sim_answer(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
	struct line *l = listen_with(s, 0);

	assert_string_equal(records(l), "dd");
	assert_int_equal(stream(l, DL3_FLAG_SCN), 0);
	assert_string_equal(records(l), "ddd");
	assert_int_equal(stream(l, DL3_FLAG_CONN), 0);
	assert_string_equal(records(l), "d");
	assert_int_equal(stream(l, DL3_FLAG_CD2), 0);
	assert_string_equal(records(l), "");
	assert_true(l->snapshot_end);
	hang_up(l);
	free_site(s);
}

static void lost_skipped_and_doubled_events(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0);

	sim_pbx_lose(s->pbx, 0, 2);
	one_call(s);
	l->counters[0] = 2;
	assert_string_equal(records(l), "lc");
	sim_pbx_skip(s->pbx, 0, 5);
	l->counters[0] += 5;
	one_call(s);
	assert_string_equal(records(l), "ddlc");
	sim_pbx_duplicate(s->pbx, 0);
	one_call(s); /* the client does not give a duplicate's records */
	assert_string_equal(records(l), "ddlc");
	assert_int_equal(sim_pbx_counts(s->pbx).deliveries, 2 + 4 + 5);
	hang_up(l);
	free_site(s);
}

static void a_restart_begins_anew(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = listen_with(s, 0), *other = connect_from(s, 1, "192.0.2.2:2", false, 0);

	assert_int_equal(login(other, "app", "secret"), 0);
	assert_int_equal(stream(other, 0), 0);
	DL3T_DO(sim_dial(s->o->x, dl3t_user(s->o, "4002"), &(struct sim_dialling){ .number = "5001" }, NULL,
	                 &error));
	DL3T_DO(sim_answer(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
	(void)records(l);
	(void)records(other);
	sim_pbx_reboot(s->pbx, 0);
	assert_string_equal(records(l), "");
	assert_string_equal(records(other), "lc"); /* its neighbour has lost both */
	assert_int_equal(sim_exchange_counts(s->o->x).calls_now, 0);
	l->counters[0] = 0;
	one_call(s);
	assert_string_equal(records(l), "ddlc");
	hang_up(l);
	hang_up(other);
	free_site(s);
}

static void refusals_and_lockouts_on_purpose(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());

	sim_pbx_refuse(s->pbx, DL3_AUTH_RETRY_LATER, 1000);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 1000);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	sim_pbx_lock_out(s->pbx, "app", 1000);
	assert_int_equal(login_once(s, "app", "secret"), DL3_AUTH_RETRY_LATER);
	dl3t_wait(s->o, 1000);
	assert_int_equal(login_once(s, "app", "secret"), 0);
	free_site(s);
}

static void one_who_does_not_read_is_given_up_and_nobody_else(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *lazy = connect_from(s, 0, "192.0.2.7:7", false, 20000), *good = listen_with(s, 0);

	assert_int_equal(login(lazy, "app", "secret"), 0);
	assert_int_equal(stream(lazy, 0), 0);
	for (int i = 0; i < 100; i++) {
		one_call(s);
		assert_string_equal(records(good), "ddlc");
	}
	assert_true(lazy->closed);
	assert_false(good->closed);
	assert_int_equal(sim_pbx_counts(s->pbx).overruns, 1);
	assert_int_equal(sim_pbx_counts(s->pbx).monitors, 1);
	assert_true(dl3_session_output(lazy->server).len <= 20000);
	assert_int_equal(count(dl3t_text_of(&s->log), '\n'), 0);
	hang_up(lazy);
	hang_up(good);
	free_site(s);
}

static uint32_t read_file(struct line *l, const char *name)
{
	assert_int_equal(dl3_client_read(l->client, name, NULL), DL3_OK);
	talk(l);
	return l->result;
}

static void files_have_their_columns(void **state)
{
	(void)state;
	struct site *s = open_site(new_site());
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(read_file(l, "nasystem/user_list"), 0);
	const char *text = dl3t_text_of(&l->file);

	assert_non_null(strstr(text, "4001,4001,Ada Field,,,,,,,,,0\r\n"));
	assert_non_null(strstr(text, "\r\n4003,4003,\xc3\x87"
	                             "elik Deniz,"));
	assert_null(strstr(text, "5001"));
	assert_int_equal(read_file(l, "nasystem/hunt_list"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "Sales,200,,,1,,,0,,0\r\n");
	assert_int_equal(read_file(l, "nasystem/hunt_info/Sales"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "4001\r\n4002\r\n4003\r\n");
	DL3T_DO(sim_set_member(s->o->x, dl3t_group(s->o, "200"), dl3t_user(s->o, "4002"), false, &error));
	assert_int_equal(read_file(l, "nasystem/hunt_info/200"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "4001\r\n4002*\r\n4003\r\n");
	assert_int_equal(read_file(l, "nasystem/dir_list"), 0);
	assert_string_equal(dl3t_text_of(&l->file), "M&S <HQ> Z\xc3\xbcrich,01707123456\r\n");
	for (const char *const *name = (const char *const[]){ "nasystem/hunt_info/nobody", "nasystem/",
	                                                      "user_list", "", "nasystem/user_list9", NULL };
	     *name; name++)
		if (**name)
			assert_int_equal(read_file(l, *name), DL3_READ_NOT_FOUND);
	hang_up(l);
	free_site(s);
}

static void a_snapshot_larger_than_the_queue_comes_whole(void **state)
{
	(void)state;
	struct site *s = new_site();

	s->o->world->trunks[0].channels = 3000;
	s->o->world->groups[0].queue_limit = 3000;
	open_site(s);
	for (int i = 0; i < 2000; i++)
		(void)dl3t_incoming(s->o, "5678");
	struct line *l = connect_from(s, 0, "192.0.2.7:7", false, 40000);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(dl3_client_stream(l->client, 0, NULL), DL3_OK);
	while (turn(l, 1000) > 0)
		if (l->snapshot_end)
			assert_int_equal(l->records.len, 2000);
	assert_int_equal(l->records.len, 2000);
	assert_true(l->snapshot_end);
	hang_up(l);
	free_site(s);
}

DL3T_TESTS(cmocka_unit_test(rights_and_passwords), cmocka_unit_test(failures_lock_the_user_out_for_a_time),
           cmocka_unit_test(an_address_is_locked_out_too),
           cmocka_unit_test(the_memory_of_failures_is_bounded), cmocka_unit_test(licences),
           cmocka_unit_test(three_may_listen), cmocka_unit_test(three_may_listen_to_a_network),
           cmocka_unit_test(or_three_may_connect), cmocka_unit_test(plain_on_encrypted_links),
           cmocka_unit_test(every_combination_of_flags_gets_its_records),
           cmocka_unit_test(a_snapshot_comes_before_its_end),
           cmocka_unit_test(lost_skipped_and_doubled_events), cmocka_unit_test(a_restart_begins_anew),
           cmocka_unit_test(refusals_and_lockouts_on_purpose),
           cmocka_unit_test(one_who_does_not_read_is_given_up_and_nobody_else),
           cmocka_unit_test(files_have_their_columns),
           cmocka_unit_test(a_snapshot_larger_than_the_queue_comes_whole));
