/* SPDX-License-Identifier: MIT */
/*
 * The proxy alone, in front of a PBX: proxy_serve URL [--tls] [--scn NODE] [--queue OCTETS]. The PBX's password is
 * "devlink3", the proxy's users are app (secret) and long (0123456789abcdefgh). Says where it listens; ends with
 * its standard input, and then what it counted.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/proxy.h"

#define FILES 64u

struct asked {
	uint32_t request;
	proxy_file_fn done;
	void *arg;
};

struct serving {
	struct event_base *base;
	struct dl3_link *link;
	struct proxy *proxy;
	struct asked asked[FILES];
	size_t count;
};

static void answer(struct serving *s, size_t i, bool found, struct dl3_octets contents)
{
	struct asked a = s->asked[i];

	s->asked[i] = s->asked[--s->count];
	a.done(found, contents, a.arg);
}

static void on_event(struct dl3_link *link, const struct dl3_event *ev, void *arg)
{
	struct serving *s = arg;

	(void)link;
	proxy_event(s->proxy, ev);
	for (size_t i = 0; ev->type == DL3_EV_FILE && i < s->count; i++) {
		if (s->asked[i].request != ev->u.file.request)
			continue;
		answer(s, i, ev->u.file.result == DL3_READ_SUCCESS, ev->u.file.contents);
		break;
	}
}

static void on_change(struct dl3_link *link, const struct dl3_link_change *change, void *arg)
{
	struct serving *s = arg;

	(void)link;
	proxy_changed(s->proxy, change);
	while ((change->state == DL3_LINK_WAITING || change->state == DL3_LINK_STOPPED) && s->count > 0)
		answer(s, 0, false, (struct dl3_octets){ 0 });
}

static bool on_file(void *arg, struct dl3_str path, proxy_file_fn done, void *done_arg)
{
	struct serving *s = arg;
	struct dl3_session *session = dl3_link_session(s->link);
	char name[DL3_NAME_MAX + 1];

	(void)snprintf(name, sizeof(name), "%.*s", (int)path.len, path.ptr);
	if (!session || s->count == FILES ||
	    dl3_client_read(session, name, &s->asked[s->count].request) != DL3_OK)
		return false;
	s->asked[s->count].done = done;
	s->asked[s->count++].arg = done_arg;
	dl3_link_flush(s->link);
	return true;
}

static void on_log(const char *line, void *arg)
{
	(void)arg;
	(void)fprintf(stderr, "%s\n", line);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct serving *s = arg;
	char buf[64];

	(void)what;
	if (read((int)fd, buf, sizeof(buf)) <= 0)
		(void)event_base_loopbreak(s->base);
}

static void serve(struct serving *s, const char *url, uint32_t flags)
{
	const struct dl3_link_config config = {
		.url = url,
		.password = "devlink3",
		.flags = flags,
		.retry_min_ms = 50,
		.retry_max_ms = 100,
		.callbacks = { .changed = on_change, .event = on_event },
		.arg = s,
	};
	char error[256];
	struct event *input = event_new(s->base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, s);

	s->link = dl3_link_new(s->base, &config, error, sizeof(error));
	if (!s->link || !input || event_add(input, NULL) != 0) {
		(void)fprintf(stderr, "%s\n", error);
		exit(1);
	}
	printf("listening on %s\n", proxy_address(s->proxy, 0));
	(void)fflush(stdout);
	(void)event_base_dispatch(s->base);
	event_free(input);
}

int main(int argc, char **argv)
{
	static const struct dl3_tls_server generated = { 0 };
	static const struct proxy_user users[] = { { "app", "secret" }, { "long", "0123456789abcdefgh" } };
	struct serving s = { .base = event_base_new() };
	struct proxy_listen listen = { .address = "127.0.0.1:0" };
	struct proxy_config config = { .name = "main",
		                       .listen = &listen,
		                       .listen_count = 1,
		                       .users = users,
		                       .user_count = 2,
		                       .file = on_file,
		                       .log = on_log,
		                       .arg = &s };
	uint32_t flags = DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN;
	char error[256];

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--tls") == 0) {
			listen.tls = &generated;
		} else if (strcmp(argv[i], "--scn") == 0 && i + 1 < argc) {
			config.node = (uint32_t)strtoul(argv[++i], NULL, 16);
			flags |= DL3_FLAG_SCN;
		} else if (strcmp(argv[i], "--queue") == 0 && i + 1 < argc) {
			config.queue = (uint32_t)strtoul(argv[++i], NULL, 10);
		}
	}
	s.proxy = argc > 1 && s.base ? proxy_new(s.base, &config, error, sizeof(error)) : NULL;
	if (!s.proxy) {
		(void)fprintf(stderr, "usage: proxy_serve URL [--tls] [--scn NODE] [--queue OCTETS]\n");
		return 2;
	}
	serve(&s, argv[1], flags);
	const struct proxy_counts c = proxy_counts(s.proxy);
	printf("logins %llu refused %llu disconnected %llu events %llu\n", (unsigned long long)c.logins,
	       (unsigned long long)c.refused, (unsigned long long)c.disconnected,
	       (unsigned long long)c.events);
	dl3_link_free(s.link);
	while (s.count > 0)
		answer(&s, 0, false, (struct dl3_octets){ 0 });
	proxy_free(s.proxy);
	(void)event_base_loop(s.base, EVLOOP_NONBLOCK);
	event_base_free(s.base);
	return 0;
}
