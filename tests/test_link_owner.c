/* SPDX-License-Identifier: MIT */
/* What the owner of a link may do with it, in every callback and outside of any: free, stop, start, pause. */
#include "support/test.h"

#include <signal.h>

#include "support/linked.h"

/* ---- In callbacks ---- */

struct scene {
	struct pbx pbx;
	struct linked link;
	struct dl3_record record;
};

static void scene_begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	pbx_begin(&s->pbx);
	link_to(&s->link, &s->pbx, false);
	s->record = a_record();
}

static void scene_end(struct scene *s)
{
	struct pbx *p = &s->pbx;

	link_end(&s->link);
	UNTIL(p->closed == p->opened);
	pbx_end(p);
}

/* Lets the link come up and be down, with a record in between. */
static void play(struct scene *s)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	UNTIL(k->done > 0 || IN_STATE(k, DL3_LINK_UP));
	if (k->link && IN_STATE(k, DL3_LINK_UP) && p->last) {
		assert_int_equal(dl3_server_event(dl3_conn_session(p->last), 1, 1, &s->record), DL3_OK);
		dl3_conn_flush(p->last);
		UNTIL(k->done > 0 || k->records > 0);
	}
	if (k->done == 0 && p->last)
		dl3_conn_abort(p->last, true);
	UNTIL(k->done > 0 || times_in(k, DL3_LINK_WAITING) > 0);
}

static void each_state(enum deed deed, void (*then)(struct scene *s, enum dl3_link_state in))
{
	static const enum dl3_link_state states[] = { DL3_LINK_RESOLVING, DL3_LINK_CONNECTING, DL3_LINK_LOGIN,
		                                      DL3_LINK_ASKING,    DL3_LINK_SNAPSHOT,   DL3_LINK_UP,
		                                      DL3_LINK_WAITING };

	for (size_t i = 0; i < 7; i++) {
		struct scene scene, *s = &scene;
		scene_begin(s);
		s->link.when_state[states[i]] = deed;
		link_begin(&s->link);
		play(s);
		assert_true(s->link.done > 0);
		then(s, states[i]);
		scene_end(s);
	}
}

static void nothing_more(struct scene *s, enum dl3_link_state in)
{
	const size_t told = s->link.count;

	assert_int_equal(s->link.last.state, in);
	wait_ms(&s->pbx, 10);
	assert_int_equal(s->link.count, told);
}

static void freed_in_each_state(void **state)
{
	(void)state;
	each_state(FREE_IT, nothing_more);
}

static void is_stopped(struct scene *s, enum dl3_link_state in)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
	assert_int_equal(k->down.reason, DL3_REASON_OWNER);
	assert_true(k->last.before >= in); /* what had come was still told */
	assert_string_equal(k->advice, "");
	assert_null(dl3_link_session(k->link));
	wait_ms(p, 10);
	assert_int_equal(times_in(k, DL3_LINK_STOPPED), 1);
	assert_int_equal(times_in(k, DL3_LINK_RESOLVING), 1);
	/* And begins again when told. */
	memset(k->when_state, 0, sizeof(k->when_state));
	dl3_link_start(k->link);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
}

static void stopped_in_each_state(void **state)
{
	(void)state;
	each_state(STOP_IT, is_stopped);
}

static void is_another(struct scene *s, enum dl3_link_state in)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	(void)in;
	memset(k->when_state, 0, sizeof(k->when_state));
	UNTIL(IN_STATE(k, DL3_LINK_UP) && times_in(k, DL3_LINK_STOPPED) == 1);
	assert_int_equal(k->down.reason, DL3_REASON_OWNER);
	assert_int_equal(times_in(k, DL3_LINK_RESOLVING), 2);
}

static void stopped_and_started_makes_another_connection(void **state)
{
	(void)state;
	each_state(STOP_AND_START_IT, is_another);
}

static void goes_on(struct scene *s, enum dl3_link_state in)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	/* Once: what it was told while it was under way is not remembered for the next time. */
	if (in != DL3_LINK_WAITING) {
		UNTIL(IN_STATE(k, DL3_LINK_UP));
		assert_int_equal(times_in(k, DL3_LINK_RESOLVING), 1);
		wait_ms(p, 5);
		assert_false(k->link->want_start);
	}
	assert_int_equal(times_in(k, DL3_LINK_STOPPED), 0);
}

static void started_in_each_state(void **state)
{
	(void)state;
	each_state(START_IT, goes_on);
}

static void waits_until_it_goes_on(struct scene *s, enum dl3_link_state in)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	memset(k->when_state, 0, sizeof(k->when_state));
	wait_ms(p, 20);
	if (in < DL3_LINK_UP)
		assert_int_not_equal(dl3_link_state(k->link), DL3_LINK_UP);
	dl3_link_pause(k->link, false);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	assert_int_equal(times_in(k, DL3_LINK_RESOLVING), in == DL3_LINK_WAITING ? 2 : 1);
}

static void paused_in_each_state(void **state)
{
	(void)state;
	each_state(PAUSE_IT, waits_until_it_goes_on);
}

static void each_event(enum deed in_event, enum deed in_octets)
{
	struct scene scene, *s = &scene;
	struct pbx *p = &s->pbx;

	scene_begin(s);
	s->link.when_event = in_event;
	s->link.when_octets = in_octets;
	link_begin(&s->link);
	UNTIL(s->link.done > 0);
	if (s->link.link && in_event != PAUSE_IT && in_octets != PAUSE_IT) {
		s->link.when_event = s->link.when_octets = LEAVE;
		if (in_event == STOP_IT || in_octets == STOP_IT)
			UNTIL(IN_STATE(&s->link, DL3_LINK_STOPPED));
		else
			UNTIL(IN_STATE(&s->link, DL3_LINK_UP));
	}
	scene_end(s);
}

static void freed_stopped_and_started_in_events(void **state)
{
	(void)state;
	for (int deed = FREE_IT; deed <= STOP_AND_START_IT; deed++) {
		each_event((enum deed)deed, LEAVE);
		each_event(LEAVE, (enum deed)deed);
	}
}

/* One that is stopped because it was refused may be freed, or begun again, where it is told so. */
static void freed_when_refused(void **state)
{
	struct scene scene, *s = &scene;
	struct pbx *p = &s->pbx;

	(void)state;
	scene_begin(s);
	s->link.config.password = "wrong";
	s->link.when_state[DL3_LINK_STOPPED] = FREE_IT;
	link_begin(&s->link);
	UNTIL(s->link.freed);
	assert_int_equal(s->link.down.reason, DL3_REASON_WRONG_PASSWORD);
	scene_end(s);
}

static void freed_when_the_connection_is_refused(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_prepare(p);
	link_prepare(k, p, "devlink3://app@127.0.0.1:1");
	k->when_state[DL3_LINK_WAITING] = FREE_IT;
	link_begin(k);
	UNTIL(k->freed);
	assert_int_equal(k->down.reason, DL3_REASON_CONNECTION_REFUSED);
	link_end(k);
	pbx_end(p);
}

/* ---- Outside of callbacks ---- */

static void freed_after_any_number_of_turns(void **state)
{
	(void)state;
	for (unsigned turns = 0; turns < 40; turns++) {
		struct scene scene, *s = &scene;
		scene_begin(s);
		link_begin(&s->link);
		for (unsigned i = 0; i < turns; i++)
			turn(&s->pbx);
		scene_end(s);
	}
}

static void stopped_after_any_number_of_turns(void **state)
{
	(void)state;
	for (unsigned turns = 0; turns < 40; turns++) {
		struct scene scene, *s = &scene;
		struct pbx *p = &s->pbx;
		scene_begin(s);
		link_begin(&s->link);
		for (unsigned i = 0; i < turns; i++)
			turn(p);
		dl3_link_stop(s->link.link);
		UNTIL(IN_STATE(&s->link, DL3_LINK_STOPPED));
		wait_ms(p, 2);
		assert_true(IN_STATE(&s->link, DL3_LINK_STOPPED));
		UNTIL(p->closed == p->opened);
		scene_end(s);
	}
}

/* What was queued when it was stopped is still sent. */
static void stop_sends_what_is_queued(void **state)
{
	struct scene scene, *s = &scene;
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	(void)state;
	scene_begin(s);
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	unsigned tested = p->tested;
	assert_int_equal(dl3_client_test(dl3_link_session(k->link), "last", 4, NULL), DL3_OK);
	dl3_link_stop(k->link);
	UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
	UNTIL(p->tested == tested + 1);
	scene_end(s);
}

static void start_while_up_does_not_shorten_a_later_wait(void **state)
{
	struct scene scene, *s = &scene;
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	(void)state;
	scene_begin(s);
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	dl3_link_start(k->link);
	turn(p);
	dl3_conn_abort(p->last, true);
	UNTIL(IN_STATE(k, DL3_LINK_WAITING));
	wait_ms(p, 10);
	assert_true(IN_STATE(k, DL3_LINK_WAITING));
	/* But now it does. */
	dl3_link_start(k->link);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	scene_end(s);
}

static void stop_before_the_first_turn_leaves_it_stopped(void **state)
{
	struct scene scene, *s = &scene;

	(void)state;
	scene_begin(s);
	link_begin(&s->link);
	dl3_link_stop(s->link.link);
	wait_ms(&s->pbx, 10);
	assert_int_equal(s->link.count, 0);
	assert_int_equal(s->pbx.opened, 0);
	scene_end(s);
}

static void flush_and_pause_without_a_connection_do_nothing(void **state)
{
	struct scene scene, *s = &scene;
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	(void)state;
	scene_begin(s);
	link_begin(k);
	dl3_link_flush(k->link);
	dl3_link_pause(k->link, true);
	dl3_link_pause(k->link, false);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
	scene_end(s);
}

/* A link takes SIGPIPE from the program that has left it as it was. */
static void sigpipe_is_taken(void **state)
{
	struct scene scene, *s = &scene;
	struct sigaction now;

	(void)state;
	(void)signal(SIGPIPE, SIG_DFL);
	scene_begin(s);
	link_begin(&s->link);
	assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, SIG_IGN);
	scene_end(s);
}

DL3T_TESTS(cmocka_unit_test(freed_in_each_state), cmocka_unit_test(stopped_in_each_state),
           cmocka_unit_test(stopped_and_started_makes_another_connection),
           cmocka_unit_test(started_in_each_state), cmocka_unit_test(paused_in_each_state),
           cmocka_unit_test(freed_stopped_and_started_in_events), cmocka_unit_test(freed_when_refused),
           cmocka_unit_test(freed_when_the_connection_is_refused),
           cmocka_unit_test(freed_after_any_number_of_turns),
           cmocka_unit_test(stopped_after_any_number_of_turns), cmocka_unit_test(stop_sends_what_is_queued),
           cmocka_unit_test(start_while_up_does_not_shorten_a_later_wait),
           cmocka_unit_test(stop_before_the_first_turn_leaves_it_stopped),
           cmocka_unit_test(flush_and_pause_without_a_connection_do_nothing),
           cmocka_unit_test(sigpipe_is_taken));
