/* SPDX-License-Identifier: MIT */
/* Prints a PBX's stream, a line of JSON a record: DEVLINK3_PASSWORD=... client HOST PORT USER */
#include <devlink3/devlink3.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *a;

	if (getaddrinfo(host, port, &hints, &a) != 0)
		return -1;
	int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
	int failed = fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) != 0;
	freeaddrinfo(a);
	return failed ? -1 : fd;
}

static void on_event(struct dl3_session *s, const struct dl3_event *ev)
{
	static char json[1 << 19]; /* longer than any record */
	size_t len = 0;

	if (ev->type == DL3_EV_AUTHENTICATED &&
	    dl3_client_stream(s, DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN, NULL) != DL3_OK)
		exit(1);
	if (ev->type == DL3_EV_RECORD &&
	    dl3_record_json(ev->u.record.record, DL3_JSON_DEFAULT, json, sizeof(json), &len) == DL3_OK)
		printf("%.*s\n", (int)len, json);
}

/* Sends what is queued and waits for input until the session wants to know the time. */
static size_t wait_for_input(struct dl3_session *s, int fd, char *data, size_t cap)
{
	struct dl3_octets out;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = 1;

	while (n > 0 && (out = dl3_session_output(s)).len > 0 &&
	       (n = send(fd, out.ptr, out.len, MSG_NOSIGNAL)) > 0)
		dl3_session_sent(s, (size_t)n);
	uint64_t due = dl3_session_deadline(s);
	uint64_t now = now_ms();
	poll(&p, 1, due == DL3_NEVER ? -1 : due > now ? (int)(due - now) : 0);
	dl3_session_tick(s, now_ms());
	if (p.revents == 0)
		return 0;
	n = recv(fd, data, cap, 0);
	if (n <= 0)
		dl3_session_end_of_input(s);
	return n > 0 ? (size_t)n : 0;
}

int main(int argc, char **argv)
{
	const char *password = getenv("DEVLINK3_PASSWORD");
	int fd = argc == 4 && password ? dial(argv[1], argv[2]) : -1;
	struct dl3_session *s = dl3_client_new(NULL, NULL);
	char data[DL3_INPUT_WINDOW];
	char why[DL3_FAULT_TEXT_MAX] = "no connection to HOST PORT, or no DEVLINK3_PASSWORD";
	enum dl3_err err = DL3_ERR_ARGUMENT;
	struct dl3_event ev;

	if (fd >= 0 && s) {
		dl3_session_tick(s, now_ms());
		err = dl3_client_authenticate(s, argv[3], password, "example");
	}
	while (dl3_err_class(err) == DL3_CLASS_OK) {
		size_t n = wait_for_input(s, fd, data, sizeof(data));
		size_t at = 0;
		do {
			at += dl3_session_feed(s, data + at, n - at);
			while ((err = dl3_session_next(s, &ev)) == DL3_OK)
				on_event(s, &ev);
		} while (at < n && err == DL3_NEED_MORE);
		fflush(stdout);
		struct dl3_fault fault = dl3_session_fault(s);
		dl3_fault_text(&fault, why, sizeof(why));
	}
	fprintf(stderr, "%s: %s\n", dl3_err_name(err), why);
	dl3_session_free(s);
	return err == DL3_ERR_CLOSED ? 0 : 1;
}
