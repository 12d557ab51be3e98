/* SPDX-License-Identifier: MIT */
/* A client for Windows: prints each call of a PBX when it is over, as a line of JSON, with Winsock and the DLL alone.
 * set DEVLINK3_PASSWORD=...    winsock HOST PORT USER */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <devlink3/devlink3.h>
#include <stdio.h>
#include <stdlib.h>

struct app {
	SOCKET socket;
	struct dl3_session *session;
	struct dl3_tracker *tracker;
};

/* Unix time in milliseconds; Windows counts 100 ns since 1601. */
static int64_t unix_ms(void)
{
	FILETIME t;

	GetSystemTimeAsFileTime(&t);
	return (int64_t)(((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) / 10000) - 11644473600000;
}

static SOCKET dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	SOCKET s = INVALID_SOCKET;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return INVALID_SOCKET;
	for (struct addrinfo *a = found; a && s == INVALID_SOCKET; a = a->ai_next) {
		s = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (s != INVALID_SOCKET && connect(s, a->ai_addr, (int)a->ai_addrlen) != 0) {
			closesocket(s);
			s = INVALID_SOCKET;
		}
	}
	freeaddrinfo(found);
	return s;
}

/* What the tracker has to tell; here only of calls that are over. */
static void show(struct dl3_tracker *t)
{
	static char json[1 << 18];
	struct dl3_tracked told;
	size_t len;

	while (dl3_tracker_next(t, &told) == DL3_OK)
		if (told.type == DL3_TRACKED_CALL_ENDED && told.call->counts &&
		    dl3_call_json(told.call, DL3_CALL_JSON_RECORD | DL3_CALL_JSON_NO_TIMELINE, json,
		                  sizeof(json), &len) == DL3_OK)
			printf("%.*s\n", (int)len, json);
}

static enum dl3_err on_event(struct app *a, const struct dl3_event *ev)
{
	enum dl3_err err = DL3_OK;

	if (ev->type == DL3_EV_AUTHENTICATED) {
		dl3_tracker_link_up(a->tracker, unix_ms());
		err = dl3_client_stream(a->session, DL3_FLAG_SIPTRACK, NULL);
	} else if (ev->type == DL3_EV_RECORD) {
		err = dl3_tracker_record(a->tracker, unix_ms(), ev->u.record.pbx, ev->u.record.counter,
		                         ev->u.record.record);
	} else if (ev->type == DL3_EV_COUNTER) {
		dl3_tracker_counter(a->tracker, unix_ms(), ev->u.counter.pbx, ev->u.counter.change);
	} else if (ev->type == DL3_EV_SNAPSHOT_END) {
		dl3_tracker_snapshot_end(a->tracker, unix_ms());
	}
	show(a->tracker);
	return err;
}

/* Sends what is queued and waits for input until the session wants to know the time. @return octets */
static size_t wait_for_input(struct app *a, char *data, int cap)
{
	struct dl3_octets out;
	WSAPOLLFD p = { .fd = a->socket, .events = POLLRDNORM };
	int n = 1;

	while (n > 0 && (out = dl3_session_output(a->session)).len > 0)
		if ((n = send(a->socket, (const char *)out.ptr, (int)out.len, 0)) > 0)
			dl3_session_sent(a->session, (size_t)n);
	uint64_t due = dl3_session_deadline(a->session), now = GetTickCount64();
	/* The tracker wants to know the time too, once a second. */
	WSAPoll(&p, 1, due <= now ? 0 : due - now < 1000 ? (int)(due - now) : 1000);
	dl3_session_tick(a->session, GetTickCount64());
	dl3_tracker_tick(a->tracker, unix_ms());
	show(a->tracker);
	if (p.revents == 0)
		return 0;
	n = recv(a->socket, data, cap, 0);
	if (n <= 0)
		dl3_session_end_of_input(a->session);
	return n > 0 ? (size_t)n : 0;
}

static enum dl3_err run(struct app *a)
{
	char data[DL3_INPUT_WINDOW];
	enum dl3_err err = DL3_OK;
	struct dl3_event ev;

	while (dl3_err_class(err) == DL3_CLASS_OK) {
		size_t n = wait_for_input(a, data, (int)sizeof(data)), at = 0;
		do {
			at += dl3_session_feed(a->session, data + at, n - at);
			while ((err = dl3_session_next(a->session, &ev)) == DL3_OK &&
			       (err = on_event(a, &ev)) == DL3_OK) {
			}
		} while (at < n && err == DL3_NEED_MORE);
		fflush(stdout);
	}
	return err;
}

int main(int argc, char **argv)
{
	const char *password = getenv("DEVLINK3_PASSWORD");
	char why[DL3_FAULT_TEXT_MAX];
	struct app a = { .socket = INVALID_SOCKET };
	WSADATA winsock;

	if (argc != 4 || !password)
		return fprintf(stderr, "usage: winsock HOST PORT USER, with DEVLINK3_PASSWORD set\n"), 2;
	if (WSAStartup(MAKEWORD(2, 2), &winsock) == 0)
		a.socket = dial(argv[1], argv[2]);
	if (a.socket == INVALID_SOCKET)
		return fprintf(stderr, "no connection to %s, port %s\n", argv[1], argv[2]), 1;
	a.session = dl3_client_new(NULL, NULL);
	a.tracker = dl3_tracker_new(NULL, NULL);
	if (!a.session || !a.tracker)
		return fprintf(stderr, "no memory\n"), 1;
	dl3_session_tick(a.session, GetTickCount64());
	enum dl3_err err = dl3_client_authenticate(a.session, argv[3], password, "winsock example");
	if (err == DL3_OK)
		err = run(&a);
	struct dl3_fault fault = dl3_session_fault(a.session);
	dl3_fault_text(&fault, why, sizeof(why));
	fprintf(stderr, "%s: %s\n", dl3_err_name(err), why);
	dl3_tracker_free(a.tracker);
	dl3_session_free(a.session);
	closesocket(a.socket);
	WSACleanup();
	return err == DL3_ERR_CLOSED ? 0 : 1;
}
