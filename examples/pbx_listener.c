/* SPDX-License-Identifier: MIT */
/* A PBX with one user, `app`, whose password is in DEVLINK3_PASSWORD, and with an event a second:
 * pbx_listener [ADDRESS:PORT]. Says where it listens. */
#include <devlink3/devlink3.h>
#include <devlink3/event.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct event_base *base;
static const char *password;
static uint32_t counter;

static void each_second(evutil_socket_t fd, short what, void *arg)
{
	struct dl3_str text = dl3_str_of("<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>");
	struct dl3_session *session = dl3_conn_session(arg);
	struct dl3_record record;
	bool streaming;

	(void)fd, (void)what, (void)dl3_server_flags(session, &streaming);
	/* A client that does not read loses events, as its counter shows. */
	if (streaming && dl3_delta3_decode(text, &record, NULL) == DL3_OK &&
	    dl3_server_event(session, 0xc0a82a03, ++counter, &record) == DL3_OK)
		dl3_conn_flush(arg);
}

static void on_opened(struct dl3_conn *conn, void *arg)
{
	const struct timeval second = { .tv_sec = 1 };
	struct event *timer = event_new(base, -1, EV_PERSIST, each_second, conn);

	(void)arg;
	dl3_conn_set_user(conn, timer);
	if (!timer || event_add(timer, &second) != 0)
		dl3_conn_close(conn);
}

static void on_event(struct dl3_conn *conn, const struct dl3_event *ev, void *arg)
{
	struct dl3_session *session = dl3_conn_session(conn);
	uint8_t challenge[DL3_CHALLENGE_SIZE];
	enum dl3_err err = DL3_OK;

	(void)arg;
	if (ev->type == DL3_EV_LOGIN && getentropy(challenge, sizeof(challenge)) == 0)
		err = dl3_server_challenge(session, challenge,
		                           dl3_str_is(ev->u.login.user, "app") ? password : NULL);
	else if (ev->type == DL3_EV_PROOF)
		err = ev->u.proof.right ? dl3_server_admit(session, "An example", NULL)
		                        : dl3_server_refuse(session, DL3_AUTH_FAILED);
	else if (ev->type == DL3_EV_STREAM_REQUEST)
		err = dl3_server_stream(session, ev->u.stream_request.request, ev->u.stream_request.result,
		                        ev->u.stream_request.accepted);
	else if (ev->type == DL3_EV_READ_REQUEST)
		err = dl3_server_no_file(session, ev->u.read_request.request);
	if (err != DL3_OK)
		dl3_conn_close(conn);
}

static void on_closed(struct dl3_conn *conn, const struct dl3_close *why, void *arg)
{
	struct event *timer = dl3_conn_user(conn);

	(void)arg;
	printf("%s: %s\n", dl3_conn_peer(conn), why->detail);
	if (timer)
		event_free(timer);
}

int main(int argc, char **argv)
{
	struct dl3_listener_config config = { .address = argc > 1 ? argv[1] : NULL };
	char error[256] = "set DEVLINK3_PASSWORD";

	config.callbacks.opened = on_opened;
	config.callbacks.event = on_event;
	config.callbacks.closed = on_closed;
	base = event_base_new();
	password = getenv("DEVLINK3_PASSWORD");
	struct dl3_listener *listener =
		password ? dl3_listener_new(base, &config, error, sizeof(error)) : NULL;
	if (!listener) {
		fprintf(stderr, "pbx_listener: %s\n", error);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("listening on %s\n", dl3_listener_address(listener));
	event_base_dispatch(base);
	return 0;
}
