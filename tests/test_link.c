/* SPDX-License-Identifier: MIT */
/* A link on real sockets, when all goes well: its states, what it sends, what it tells and counts, and what
 * its owner may ask of it. */
#include "support/test.h"

#include "support/linked.h"

static void states_come_in_order(void **state)
{
	static const enum dl3_link_state order[] = { DL3_LINK_RESOLVING, DL3_LINK_CONNECTING, DL3_LINK_LOGIN,
		                                     DL3_LINK_ASKING,    DL3_LINK_SNAPSHOT,   DL3_LINK_UP };
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	link_begin(k);
	/* Nothing is told inside of the call. */
	assert_int_equal(k->count, 0);
	assert_int_equal(dl3_link_state(k->link), DL3_LINK_STOPPED);
	assert_null(dl3_link_session(k->link));
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(k->count, 6);
	assert_memory_equal(k->states, order, sizeof(order));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(k->attempts[i], 1);
	assert_int_equal(k->last.before, DL3_LINK_SNAPSHOT);
	assert_string_equal(k->address, dl3_listener_address(p->l));
	assert_true(k->snapshot_end);
	link_end(k);
	pbx_end(p);
}

static void records_are_told_and_counted(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct dl3_record r = a_record();

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	static const uint32_t counters[] = { 7, 8, 8, 9, 13, 14, 2 };
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, counters[i], &r), DL3_OK);
	dl3_conn_flush(p->last);
	UNTIL(k->records == 6); /* the duplicate is not told again */
	struct dl3_link_totals c = dl3_link_counts(k->link);
	assert_int_equal(c.events, 6);
	assert_int_equal(c.gaps, 1);
	assert_int_equal(c.missed, 3);
	assert_int_equal(c.attempts, 1);
	assert_int_equal(c.connections, 1);
	assert_int_equal(c.octets_in, k->in.len);
	assert_int_equal(c.octets_out, k->out.len);
	link_end(k);
	pbx_end(p);
}

/* What is recorded is what a PBX by hand sent and heard, octet for octet. */
static void octets_are_those_of_the_wire(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;
	uint8_t sent[256], heard[1024];
	size_t len, got = 0;

	(void)state;
	hand_link(h, k, p, "devlink3");
	link_begin(k);
	hand_accept(h, p);
	UNTIL((take(&h->c), h->c.len == k->out.len && h->c.len > 0));
	got = h->c.len;
	memcpy(heard, h->c.in, got);
	h->c.len = 0;
	/* A challenge, an octet at a time, that has to be answered. */
	struct dl3_msg m = { .type = DL3_MSG_AUTH_REPLY, .request_id = 1 };
	m.u.auth_reply.result = DL3_AUTH_CHALLENGE_SHA1;
	m.u.auth_reply.challenge = (struct dl3_octets){ sent, 16 };
	memset(sent, 0x49, 16);
	struct dl3_frame frame;
	struct dl3_msg login;
	assert_int_equal(dl3_frame_decode(heard, got, &frame, NULL), DL3_OK);
	assert_int_equal(dl3_msg_decode(frame.payload, &login, NULL), DL3_OK);
	m.request_id = login.request_id;
	assert_int_equal(dl3_msg_encode(&m, sent + 16, sizeof(sent) - 16, &len), DL3_OK);
	put_chunks(p, &h->c, sent + 16, len, 1);
	UNTIL((take(&h->c), h->c.len > 0 && got + h->c.len == k->out.len));
	memcpy(heard + got, h->c.in, h->c.len);
	assert_int_equal(k->in.len, len);
	assert_memory_equal(k->in.ptr, sent + 16, len);
	assert_memory_equal(k->out.ptr, heard, k->out.len);
	hand_end(h, k, p);
}

static void without_events_up_means_let_in(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.no_stream = true;
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(k->count, 4);
	assert_int_equal(k->last.before, DL3_LINK_LOGIN);
	/* Its owner may still ask for them, and for all else. */
	assert_int_equal(dl3_client_stream(dl3_link_session(k->link), 0, NULL), DL3_OK);
	dl3_link_flush(k->link);
	UNTIL(k->snapshot_end);
	assert_int_equal(dl3_link_state(k->link), DL3_LINK_UP);
	link_end(k);
	pbx_end(p);
}

static void without_a_user_nobody_logs_in(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	char url[128];

	(void)state;
	pbx_begin(p);
	(void)snprintf(url, sizeof(url), "devlink3://%s", dl3_listener_address(p->l));
	link_prepare(k, p, url);
	k->config.no_stream = true;
	k->config.password = NULL;
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(k->count, 3);
	assert_int_equal(dl3_client_test(dl3_link_session(k->link), "x", 1, NULL), DL3_OK);
	dl3_link_flush(k->link);
	UNTIL(k->event == DL3_EV_TEST_REPLY);
	assert_int_equal(p->logins, 0);
	assert_int_equal(dl3_link_set_password(k->link, "x"), DL3_ERR_ARGUMENT);
	link_end(k);
	pbx_end(p);
}

static void user_of_the_configuration_comes_first(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	hand_link(h, k, p, "devlink3");
	k->config.user = "other";
	k->config.application = "the application";
	link_begin(k);
	hand_accept(h, p);
	struct dl3_msg m = hear(p, &h->c);
	assert_int_equal(m.type, DL3_MSG_AUTH_REQUEST);
	assert_true(dl3_str_is(m.u.auth_request.user, "other"));
	assert_true(dl3_str_is(m.u.auth_request.application, "the application"));
	hand_end(h, k, p);
}

static void flags_are_asked_for(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	hand_link(h, k, p, "devlink3");
	k->config.flags = DL3_FLAG_SCN | DL3_FLAG_CMEXTN;
	link_begin(k);
	hand_accept(h, p);
	hand_let_in(h, p);
	struct dl3_msg m = hear(p, &h->c);
	uint32_t flags = 0;
	assert_int_equal(m.type, DL3_MSG_EVENT_REQUEST);
	flags = dl3_flags_parse(m.u.event_request.flags, NULL);
	assert_int_equal(flags, DL3_FLAG_SCN | DL3_FLAG_CMEXTN);
	hand_end(h, k, p);
}

static void addresses_are_those_of_the_connection(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	char own[DL3_ADDRESS_TEXT], other[DL3_ADDRESS_TEXT];

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	link_begin(k);
	assert_false(dl3_link_addresses(k->link, own, other));
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_true(dl3_link_addresses(k->link, own, other));
	assert_string_equal(own, dl3_conn_peer(p->last));
	assert_string_equal(other, dl3_listener_address(p->l));
	assert_true(dl3_link_addresses(k->link, NULL, NULL));
	link_end(k);
	pbx_end(p);
}

static void owner_has_a_pointer(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	link_begin(k);
	assert_null(dl3_link_user(k->link));
	dl3_link_set_user(k->link, k);
	assert_ptr_equal(dl3_link_user(k->link), k);
	link_end(k);
	pbx_end(p);
}

static void callbacks_may_be_missing(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct dl3_record r = a_record();

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.callbacks = (struct dl3_link_callbacks){ 0 };
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, 1, &r), DL3_OK);
	dl3_conn_flush(p->last);
	UNTIL(dl3_link_counts(k->link).events == 1);
	link_end(k);
	UNTIL(p->closed == 1);
	pbx_end(p);
}

/* What the configuration points to need not live any longer. */
static void configuration_is_copied(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	char user[] = "app", password[] = "secret", application[] = "x";

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.user = user;
	k->config.password = password;
	k->config.application = application;
	link_begin(k);
	memset(user, '?', sizeof(user));
	memset(password, '?', sizeof(password));
	memset(application, '?', sizeof(application));
	memset(k->url, '?', sizeof(k->url));
	memset(&k->config, 0xff, sizeof(k->config));
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	link_end(k);
	pbx_end(p);
}

static void two_links_in_one_loop(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked one, two, *a = &one, *b = &two;

	(void)state;
	pbx_begin(p);
	link_to(a, p, false);
	link_to(b, p, false);
	b->config.password = "wrong";
	link_begin(a);
	link_begin(b);
	UNTIL(IN_STATE(a, DL3_LINK_UP) && IN_STATE(b, DL3_LINK_STOPPED) && b->count > 1);
	assert_int_equal(b->down.reason, DL3_REASON_WRONG_PASSWORD);
	link_end(b);
	wait_ms(p, 5);
	assert_true(IN_STATE(a, DL3_LINK_UP));
	link_end(a);
	pbx_end(p);
}

/* ---- Configurations that cannot be ---- */

static void refused(struct linked *k, const char *what)
{
	k->link = dl3_link_new(k->pbx->base, &k->config, k->error, sizeof(k->error));
	assert_null(k->link);
	if (!strstr(k->error, what))
		fail_msg("'%s' was expected, '%s' came", what, k->error);
}

static void link_without_what_it_needs_is_refused(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	char name[DL3_NAME_MAX + 2];

	(void)state;
	pbx_begin(p);
	link_to(k, p, false);
	k->config.password = NULL;
	refused(k, "the password of user 'app' is missing");
	k->config.password = "secret";
	k->config.url = NULL;
	refused(k, "a URL");
	k->config.url = "devlink3://";
	refused(k, "there is no host");
	k->config.url = "devlink3s://pbx";
	refused(k, "devlink3s://user@pbx");
	k->config.url = "devlink3://u@pbx";
	k->config.flags = 1u << 31;
	refused(k, "0x80000000");
	k->config.flags = 0;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	k->config.application = name;
	refused(k, "longer than 1024");
	k->config.application = NULL;
	k->config.user = name;
	refused(k, "longer than 1024");
	assert_null(dl3_link_new(NULL, &k->config, k->error, sizeof(k->error)));
	assert_non_null(strstr(k->error, "event base"));
	assert_null(dl3_link_new(p->base, NULL, k->error, sizeof(k->error)));
	dl3_link_free(NULL);
	pbx_end(p);
}

/* ---- Names ---- */

static void names_are_told(void **state)
{
	(void)state;
	for (int s = DL3_LINK_RESOLVING; s <= DL3_LINK_STOPPED; s++)
		for (int t = DL3_LINK_RESOLVING; t < s; t++)
			assert_string_not_equal(dl3_link_state_name((enum dl3_link_state)s),
			                        dl3_link_state_name((enum dl3_link_state)t));
	for (int r = DL3_REASON_NONE; r <= DL3_REASON_OWNER; r++)
		for (int t = DL3_REASON_NONE; t < r; t++)
			assert_string_not_equal(dl3_link_reason_name((enum dl3_link_reason)r),
			                        dl3_link_reason_name((enum dl3_link_reason)t));
	assert_string_equal(dl3_link_state_name(DL3_LINK_UP), "up");
	assert_string_equal(dl3_link_state_name((enum dl3_link_state)99), "unknown");
	assert_string_equal(dl3_link_reason_name(DL3_REASON_NO_ANSWER), "no_answer");
	assert_string_equal(dl3_link_reason_name((enum dl3_link_reason)99), "unknown");
}

DL3T_TESTS(cmocka_unit_test(states_come_in_order), cmocka_unit_test(records_are_told_and_counted),
           cmocka_unit_test(octets_are_those_of_the_wire), cmocka_unit_test(without_events_up_means_let_in),
           cmocka_unit_test(without_a_user_nobody_logs_in),
           cmocka_unit_test(user_of_the_configuration_comes_first), cmocka_unit_test(flags_are_asked_for),
           cmocka_unit_test(addresses_are_those_of_the_connection), cmocka_unit_test(owner_has_a_pointer),
           cmocka_unit_test(callbacks_may_be_missing), cmocka_unit_test(configuration_is_copied),
           cmocka_unit_test(two_links_in_one_loop), cmocka_unit_test(link_without_what_it_needs_is_refused),
           cmocka_unit_test(names_are_told));
