/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

struct proxy *feed_proxy(struct event_base *base, const struct proxy_listen *listen, uint32_t connections,
                         char *error, size_t error_cap)
{
	const struct proxy_user user = { "app", "secret" };
	const struct proxy_config config = { .name = "bench",
		                             .listen = listen,
		                             .listen_count = 1,
		                             .users = &user,
		                             .user_count = 1,
		                             .connections = connections,
		                             .queue = UINT32_MAX };
	struct dl3_event ev = { .type = DL3_EV_STREAM };
	struct proxy *p = proxy_new(base, &config, error, error_cap);

	if (!p)
		return NULL;
	ev.u.stream.streaming = true;
	proxy_event(p, &ev);
	proxy_event(p, &(struct dl3_event){ .type = DL3_EV_SNAPSHOT_END });
	return p;
}

void feed_event(struct proxy *p, struct dl3_octets frame, uint32_t counter)
{
	struct dl3_event ev = { .type = DL3_EV_RECORD };
	struct dl3_record record;
	struct dl3_tuple tuple;
	struct dl3_frame f;
	struct dl3_msg msg;

	if (dl3_frame_decode(frame.ptr, frame.len, &f, NULL) != DL3_OK ||
	    dl3_msg_decode(f.payload, &msg, NULL) != DL3_OK)
		die("an event cannot be read");
	ev.u.record.pbx = msg.u.event.pbx;
	ev.u.record.counter = counter;
	ev.u.record.record = &record;
	ev.u.record.tuple = &tuple;
	while (dl3_tuple_next(&msg.u.event.tuples, &tuple, NULL) == DL3_OK) {
		if (dl3_record_decode(&tuple, NULL, 0, &record, NULL) != DL3_OK)
			die("a record cannot be read");
		proxy_event(p, &ev);
		ev.u.record.index++;
	}
}
