/* SPDX-License-Identifier: MIT */
/**
 * @file site.h
 * The PBX's service of a small office, with clients joined to it in memory.
 */
#ifndef DL3T_SITE_H
#define DL3T_SITE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/pbx.h"
#include "sim/world_parts.h"
#include "support/office.h"

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
	struct dl3t_text records; /* letter_of() each */
	uint32_t counters[3], counted;
	struct dl3t_text file;
};

static inline void log_line(const char *text, void *arg)
{
	struct site *s = arg;

	dl3t_printf(&s->log, "%s\n", text);
}

static inline void add_users(struct sim_world *w)
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

static inline struct site *new_site(void)
{
	struct site *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->o = dl3t_office_new();
	s->o->silent = true;
	add_users(s->o->world);
	return s;
}

/* In place of the office, with the same users who may log in. */
static inline void use_made_world(struct site *s, const struct sim_size *size)
{
	struct sim_error error = { "" };
	struct sim_world *w = sim_world_make(size, &error);

	if (!w)
		fail_msg("%s", error.text);
	sim_world_free(s->o->world);
	s->o->world = w;
	add_users(w);
}

static inline struct site *open_site(struct site *s)
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

static inline void free_site(struct site *s)
{
	sim_pbx_free(s->pbx);
	dl3t_office_free(s->o);
	sim_report_free(s->report);
	dl3t_text_free(&s->log);
	free(s);
}

static inline void flush(void *arg)
{
	(void)arg;
}

static inline void close_line(void *arg, const char *why)
{
	struct line *l = arg;

	assert_non_null(why);
	l->closed = true;
}

static inline struct line *connect_from(struct site *s, size_t node, const char *peer, bool encrypted,
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

static inline struct line *dial_in(struct site *s)
{
	return connect_from(s, 0, "192.0.2.1:5000", false, 0);
}

static inline void hang_up(struct line *l)
{
	sim_pbx_disconnect(l->port);
	dl3_session_free(l->client);
	dl3_session_free(l->server);
	dl3t_text_free(&l->records);
	dl3t_text_free(&l->file);
	free(l);
}

/* detail, call_lost, link_lost, attempt_reject, siptrack: their first letters; Delta2 `2` in Unicode, `8` in
 * UTF-8; CMExtn `x`, in its extended form `e`. */
static inline char letter_of(const struct dl3_event *ev)
{
	switch (ev->u.record.record->kind) {
	case DL3_KIND_DELTA2_S:
	case DL3_KIND_DELTA2_A:
	case DL3_KIND_DELTA2_D:
		return ev->u.record.tuple->data.ptr[0] == 0 ? '2' : '8';
	case DL3_KIND_CMEXTN:
		return 'x';
	case DL3_KIND_CMEXTN_STATE:
		return 'e';
	default:
		return dl3_kind_name(ev->u.record.record->kind)[0];
	}
}

static inline void note_record(struct line *l, const struct dl3_event *ev)
{
	size_t node = ev->u.record.pbx - 0xc0a82a03;
	char letter = letter_of(ev);

	assert_in_range(node, 0, 2);
	assert_int_equal(ev->u.record.counter, l->counters[node] + 1);
	l->counters[node]++;
	dl3t_put(&l->records, &letter, 1);
}

static inline void client_event(struct line *l, const struct dl3_event *ev)
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
static inline size_t move(struct dl3_session *from, struct dl3_session *to, size_t most)
{
	struct dl3_octets out = dl3_session_output(from);
	size_t n = out.len < most ? out.len : most;

	n = n > 0 ? dl3_session_feed(to, out.ptr, n) : 0;
	dl3_session_sent(from, n);
	return n;
}

static inline size_t turn(struct line *l, size_t most)
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

static inline void talk(struct line *l)
{
	while (turn(l, SIZE_MAX) > 0)
		;
}

static inline uint32_t login(struct line *l, const char *user, const char *password)
{
	assert_int_equal(dl3_client_authenticate(l->client, user, password, "test"), DL3_OK);
	talk(l);
	assert_true(l->authenticated != l->refused);
	return l->authenticated ? 0 : l->result;
}

static inline uint32_t stream(struct line *l, uint32_t flags)
{
	l->snapshot_end = false;
	assert_int_equal(dl3_client_stream(l->client, flags, NULL), DL3_OK);
	talk(l);
	return l->result;
}

static inline struct line *listen_with(struct site *s, uint32_t flags)
{
	struct line *l = dial_in(s);

	assert_int_equal(login(l, "app", "secret"), 0);
	assert_int_equal(stream(l, flags), 0);
	return l;
}

static inline const char *records(struct line *l)
{
	static char text[4096];

	talk(l);
	snprintf(text, sizeof(text), "%s", dl3t_text_of(&l->records));
	l->records.len = 0;
	if (l->records.ptr)
		l->records.ptr[0] = '\0';
	return text;
}

static inline uint32_t login_once(struct site *s, const char *user, const char *password)
{
	struct line *l = dial_in(s);
	uint32_t result = login(l, user, password);

	hang_up(l);
	return result;
}

/* A call from 4002, a SIP phone, to 5001 on the second node: a Detail on each, an answer, four losses. */
static inline void one_call(struct site *s)
{
	DL3T_DO(sim_dial(s->o->x, dl3t_user(s->o, "4002"), &(struct sim_dialling){ .number = "5001" }, NULL,
	                 &error));
	DL3T_DO(sim_answer(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
	DL3T_DO(sim_hang_up(s->o->x, dl3t_user(s->o, "5001"), NULL, &error));
}

static inline unsigned count(const char *text, char c)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

static inline uint32_t read_file(struct line *l, const char *name)
{
	assert_int_equal(dl3_client_read(l->client, name, NULL), DL3_OK);
	talk(l);
	return l->result;
}

#endif
