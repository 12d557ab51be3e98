/* SPDX-License-Identifier: MIT */
#include "login.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

void login(int fd, enum dl3_event_type until)
{
	struct dl3_session *s = dl3_client_new(NULL, NULL);
	struct dl3_event ev = { 0 };
	uint8_t buf[4096];

	if (!s)
		die("out of memory");
	dl3_session_tick(s, 1);
	if (dl3_client_authenticate(s, "app", "secret", NULL) != DL3_OK)
		die("an application cannot begin");
	while (ev.type != until) {
		enum dl3_err err = dl3_session_next(s, &ev);
		struct dl3_octets out = dl3_session_output(s);

		if (out.len > 0 && write(fd, out.ptr, out.len) != (ssize_t)out.len)
			die("an application cannot write");
		dl3_session_sent(s, out.len);
		ssize_t n = err == DL3_NEED_MORE ? read(fd, buf, sizeof(buf)) : 0;
		if (err == DL3_NEED_MORE && n > 0)
			(void)dl3_session_feed(s, buf, (size_t)n);
		else if (err != DL3_OK)
			die("an application was turned away");
		else if (ev.type == DL3_EV_AUTHENTICATED && dl3_client_stream(s, 0, NULL) != DL3_OK)
			die("an application cannot ask for the stream");
	}
	dl3_session_free(s);
}
