/* SPDX-License-Identifier: MIT */
/* Prints who calls whom, for ever: DEVLINK3_PASSWORD=... first devlink3://USER@HOST */
#include <devlink3/devlink3.h>
#include <devlink3/event.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

static void on_event(struct dl3_link *link, const struct dl3_event *e, void *arg)
{
	(void)link, (void)arg;
	if (e->type != DL3_EV_RECORD || e->u.record.record->kind != DL3_KIND_DETAIL)
		return;
	const struct dl3_party *a = &e->u.record.record->u.detail.a, *b = &e->u.record.record->u.detail.b;
	printf("%.*s calls %.*s\n", (int)a->cli.len, a->cli.ptr, (int)b->identity.len, b->identity.ptr);
}

int main(int argc, char **argv)
{
	char error[512];
	struct event_base *base = event_base_new();
	struct dl3_link_config config = { .url = argc > 1 ? argv[1] : "",
		                          .password = getenv("DEVLINK3_PASSWORD"),
		                          .callbacks = { .event = on_event } };
	struct dl3_link *link = dl3_link_new(base, &config, error, sizeof(error));
	if (!link)
		return fprintf(stderr, "%s\n", error), 1;
	return event_base_dispatch(base);
}
