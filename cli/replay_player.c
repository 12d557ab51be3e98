/* SPDX-License-Identifier: MIT */
#include "replay_player.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Octets that wait for a client before it has to take some: well below what holds its requests up. */
#define AHEAD 262144u
/* A client without a test packet behind its event request hears the first event this much later. */
#define BARRIER_MS 100u
/* Between two looks whether all was taken, at the end. */
#define LOOK_MS 20u
/* Between two rounds, in time of the recording: one of a single moment does not fill the line. */
#define PAUSE_NS 1000000000u
#define SECOND_NS 1000000000u

enum stage {
	STAGE_SILENT,   /* nobody has asked for events */
	STAGE_SNAPSHOT, /* what was told before the recording's snapshot ended; the test packet waits */
	STAGE_BARRIER,  /* waits for that test packet to be answered */
	STAGE_PLAYING,
	STAGE_DRAINING, /* nothing is left to queue */
	STAGE_DONE,
};

struct client {
	struct replay_player *player;
	struct dl3_conn *conn;
	struct event *timer;
	struct tape_cursor cursor;
	enum stage stage;
	double start_ns; /* when what follows the snapshot begins, of the clock that only goes on */
	uint64_t told;   /* events */
};

struct replay_player {
	struct replay_config config;
	struct event_base *base;
	struct dl3_listener *listener;
	bool ending; /* by its owner */
};

static double now_ns(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * SECOND_NS + (double)t.tv_nsec;
}

static void log_of(const struct client *c, const char *what)
{
	const struct replay_config *config = &c->player->config;
	char line[512];

	snprintf(line, sizeof(line), "%s: %s", dl3_conn_peer(c->conn), what);
	config->log(line, config->arg);
}

static void wait_ns(const struct client *c, double ns)
{
	/* Rounded up, and no longer than any clock is asked to wait. */
	double us = ns < 0 ? 0 : ns / 1000 + 1;
	us = us < 1e12 ? us : 1e12;
	struct timeval tv = { .tv_sec = (time_t)(us / 1e6) };

	tv.tv_usec = (suseconds_t)(us - (double)tv.tv_sec * 1e6);
	(void)event_add(c->timer, &tv);
}

/* What cannot go on here ends: memory, or the temporary file. */
static void give_up(struct client *c, const char *why)
{
	log_of(c, why);
	c->stage = STAGE_DONE;
	dl3_conn_close(c->conn);
}

static void judge(struct client *c, enum dl3_err err)
{
	if (err != DL3_OK)
		give_up(c, dl3_err_text(err));
}

/* ---- Playing ---- */

static double due_ns(const struct client *c, const struct tape_event *e)
{
	const struct replay_config *config = &c->player->config;
	uint64_t begin = config->tape->begin_ns;

	if (config->speed == 0 || c->cursor.at < config->tape->snapshot_end || e->time_ns <= begin)
		return c->start_ns;
	return c->start_ns + (double)(e->time_ns - begin) / config->speed;
}

static void drained(struct client *c)
{
	uint64_t unsent = dl3_conn_unsent(c->conn);

	if (unsent > 0) {
		wait_ns(c, LOOK_MS * 1e6);
		return;
	}
	c->stage = STAGE_DONE;
	dl3_conn_close(c->conn);
}

static void begin_again(struct client *c)
{
	const struct replay_config *config = &c->player->config;
	const struct tape *tape = config->tape;
	double length = tape->last_ns > tape->begin_ns ? (double)(tape->last_ns - tape->begin_ns) : 0;

	if (config->speed > 0)
		c->start_ns += (length + PAUSE_NS) / config->speed;
	c->cursor.at = 0;
}

static void end_of_tape(struct client *c)
{
	char line[128];

	snprintf(line, sizeof(line), "all %" PRIu64 " events told", c->told);
	log_of(c, line);
	if (c->player->config.stay) {
		c->stage = STAGE_DONE;
		return;
	}
	c->stage = STAGE_DRAINING;
	drained(c);
}

/* @return whether there is more to queue now. */
static bool queue_next(struct client *c)
{
	struct tape_event e;
	int got = tape_peek(&c->cursor, &e);

	if (got < 0) {
		give_up(c, strerror(errno));
		return false;
	}
	if (got == 0 && !c->player->config.loop) {
		end_of_tape(c);
		return false;
	}
	if (got == 0) {
		begin_again(c);
		return true;
	}
	double left = due_ns(c, &e) - now_ns();
	if (left > 0) {
		wait_ns(c, left);
		return false;
	}
	enum dl3_err err = dl3_server_frame(dl3_conn_session(c->conn), e.frame.ptr, e.frame.len);
	if (err == DL3_ERR_OUTPUT_LIMIT)
		return false;
	if (err == DL3_ERR_STATE) /* its stream is dead: it logged in again, and failed */
		c->stage = STAGE_DONE;
	else
		judge(c, err);
	if (err != DL3_OK)
		return false;
	c->told++;
	tape_advance(&c->cursor, &e);
	return true;
}

static bool has_room(const struct client *c)
{
	return dl3_session_output(dl3_conn_session(c->conn)).len < AHEAD;
}

/* As much of the snapshot as there is room for; what is left follows when that was taken. */
static void play_snapshot(struct client *c)
{
	struct dl3_session *s = dl3_conn_session(c->conn);

	while (c->cursor.at < c->player->config.tape->snapshot_end && has_room(c))
		if (!queue_next(c))
			return;
	if (c->cursor.at < c->player->config.tape->snapshot_end)
		return;
	c->stage = STAGE_BARRIER;
	dl3_server_hold(s, false);
	wait_ns(c, BARRIER_MS * 1e6);
}

static void play(struct client *c)
{
	if (c->stage == STAGE_SNAPSHOT)
		play_snapshot(c);
	while (c->stage == STAGE_PLAYING && has_room(c))
		if (!queue_next(c))
			return;
	if (c->stage == STAGE_DRAINING)
		drained(c);
}

static void begin_playing(struct client *c)
{
	c->stage = STAGE_PLAYING;
	c->start_ns = now_ns();
	(void)event_del(c->timer);
	play(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;

	(void)fd;
	(void)what;
	if (c->stage == STAGE_BARRIER)
		begin_playing(c);
	else
		play(c);
	dl3_conn_flush(c->conn);
}

/* ---- What clients ask ---- */

static void challenge(struct client *c, struct dl3_str user)
{
	const struct replay_config *config = &c->player->config;
	uint8_t octets[DL3_CHALLENGE_SIZE];

	if (RAND_bytes(octets, sizeof(octets)) != 1) {
		give_up(c, "no random octets for a challenge");
		return;
	}
	bool known = dl3_str_is(user, config->user);
	if (!known)
		log_of(c, "logs in as a user who is not the recording's; --user says who is");
	judge(c, dl3_server_challenge(dl3_conn_session(c->conn), octets, known ? config->password : NULL));
}

static void admit(struct client *c, bool right)
{
	const struct tape *tape = c->player->config.tape;
	struct dl3_session *s = dl3_conn_session(c->conn);

	if (right) {
		judge(c, dl3_server_admit(s, *tape->pbx ? tape->pbx : NULL,
		                          *tape->variant ? tape->variant : NULL));
		return;
	}
	log_of(c, "refused: wrong user or password");
	judge(c, dl3_server_refuse(s, DL3_AUTH_FAILED));
}

static void stream(struct client *c, const struct dl3_event *ev)
{
	uint32_t result = ev->u.stream_request.result;
	struct dl3_session *s = dl3_conn_session(c->conn);
	bool granted = result == DL3_EVENTS_SUCCESS || result == DL3_EVENTS_PARTIAL_SUCCESS;

	judge(c, dl3_server_stream(s, ev->u.stream_request.request, result, ev->u.stream_request.accepted));
	/* One who asks again, with other flags, goes on hearing what it hears. */
	if (!granted || c->stage != STAGE_SILENT)
		return;
	log_of(c, "asks for events");
	c->stage = STAGE_SNAPSHOT;
	dl3_server_hold(s, true);
	play(c);
}

static void read_file(struct client *c, const struct dl3_event *ev)
{
	const struct tape *tape = c->player->config.tape;
	struct dl3_session *s = dl3_conn_session(c->conn);
	uint32_t request = ev->u.read_request.request;
	const struct tape_file *file = tape_find_file(tape, ev->u.read_request.file);

	if (!file) {
		judge(c, dl3_server_no_file(s, request));
		return;
	}
	uint8_t *contents = tape_read_file(tape, file);
	if (!contents) {
		give_up(c, strerror(errno));
		return;
	}
	judge(c, dl3_server_file(s, request, contents, file->len));
	free(contents);
}

/* ---- What the listener tells ---- */

static void on_opened(struct dl3_conn *conn, void *arg)
{
	struct replay_player *p = arg;
	struct client *c = calloc(1, sizeof(*c));

	if (c)
		*c = (struct client){ .player = p, .conn = conn, .cursor = { .tape = p->config.tape } };
	if (c)
		c->timer = evtimer_new(p->base, on_timer, c);
	if (!c || !c->timer) {
		free(c);
		p->config.log("a client was turned away: no memory is left", p->config.arg);
		dl3_conn_abort(conn, false);
		return;
	}
	dl3_conn_set_user(conn, c);
}

static void on_event(struct dl3_conn *conn, const struct dl3_event *ev, void *arg)
{
	struct client *c = dl3_conn_user(conn);

	(void)arg;
	switch (ev->type) {
	case DL3_EV_LOGIN:
		challenge(c, ev->u.login.user);
		break;
	case DL3_EV_PROOF:
		admit(c, ev->u.proof.right);
		break;
	case DL3_EV_STREAM_REQUEST:
		stream(c, ev);
		break;
	case DL3_EV_READ_REQUEST:
		read_file(c, ev);
		break;
	case DL3_EV_TESTED:
		if (c->stage == STAGE_BARRIER)
			begin_playing(c);
		break;
	default:
		break;
	}
}

static void on_drained(struct dl3_conn *conn, void *arg)
{
	struct client *c = dl3_conn_user(conn);

	(void)arg;
	if (c)
		play(c);
}

static void on_closed(struct dl3_conn *conn, const struct dl3_close *why, void *arg)
{
	struct replay_player *p = arg;
	struct client *c = dl3_conn_user(conn);
	char line[DL3_FAULT_TEXT_MAX + 64];

	if (!c)
		return;
	bool heard = c->stage != STAGE_SILENT;
	snprintf(line, sizeof(line), "gone after %" PRIu64 " events: %s", c->told, why->detail);
	log_of(c, line);
	event_free(c->timer);
	tape_cursor_finish(&c->cursor);
	free(c);
	if (heard && p->config.once && !p->ending)
		p->config.ended(p->config.arg);
}

/* ---- The player ---- */

struct replay_player *replay_player_new(struct event_base *base, const struct replay_config *config,
                                        char *error, size_t cap)
{
	struct replay_player *p = calloc(1, sizeof(*p));

	snprintf(error, cap, "no memory is left");
	if (!p)
		return NULL;
	*p = (struct replay_player){ .config = *config, .base = base };
	const struct dl3_listener_config listener = {
		.address = config->listen,
		.callbacks = { .opened = on_opened,
		               .event = on_event,
		               .drained = on_drained,
		               .closed = on_closed },
		.arg = p,
	};
	p->listener = dl3_listener_new(base, &listener, error, cap);
	if (p->listener)
		return p;
	free(p);
	return NULL;
}

void replay_player_free(struct replay_player *p)
{
	if (!p)
		return;
	p->ending = true;
	dl3_listener_free(p->listener);
	free(p);
}

const char *replay_player_address(const struct replay_player *p)
{
	return dl3_listener_address(p->listener);
}
