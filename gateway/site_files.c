/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-files, on a connection of their own: a large one would hold up the stream. It is there only while
 * something is asked, since a PBX has few.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site_parts.h"

/* gcc's analyser loses sight of what hangs in a list, and takes it for lost. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static void ask_next(struct site *s);

/* ---- One question after another ---- */

/* The first is done with. Its callback may ask for more. */
static void answer(struct site *s, enum site_answer a, struct dl3_octets contents, const char *detail)
{
	struct site_file *f = s->files;

	s->files = f->next;
	s->file_count--;
	s->asked = NULL;
	if (f->site)
		f->fn(a, contents, detail, f->arg);
	free(f);
}

static void set_timer(struct site *s, uint32_t ms)
{
	const struct timeval after = { .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000L };

	(void)event_add(s->reader_timer, &after);
}

static void close_reader(struct site *s)
{
	dl3_link_free(s->reader);
	s->reader = NULL;
	if (s->reader_timer)
		(void)event_del(s->reader_timer);
}

/* None of those that wait will be answered by this connection. */
static void fail_all(struct site *s, enum site_answer a, const char *detail)
{
	size_t waiting = s->file_count; /* what is asked meanwhile gets a connection of its own */

	while (waiting-- > 0 && s->files)
		answer(s, a, (struct dl3_octets){ 0 }, detail);
}

static void on_event(struct dl3_link *link, const struct dl3_event *e, void *arg)
{
	struct site *s = arg;
	char why[DL3_FAULT_TEXT_MAX];

	(void)link;
	if (e->type == DL3_EV_FILE && s->asked && e->u.file.request == s->request) {
		if (e->u.file.result == DL3_READ_SUCCESS)
			answer(s, SITE_FILE, e->u.file.contents, "");
		else
			answer(s, SITE_NO_FILE, (struct dl3_octets){ 0 }, "the PBX has no such file");
	} else if (e->type == DL3_EV_FAILED && s->asked && e->u.failed.request == s->request) {
		(void)dl3_fault_text(&e->u.failed.fault, why, sizeof(why));
		answer(s, e->u.failed.fault.err == DL3_ERR_TIMEOUT ? SITE_LATE : SITE_UNREACHABLE,
		       (struct dl3_octets){ 0 }, why);
	} else {
		return;
	}
	ask_next(s);
}

static void on_change(struct dl3_link *link, const struct dl3_link_change *change, void *arg)
{
	struct site *s = arg;
	char why[sizeof(s->detail)];

	(void)link;
	if (change->state == DL3_LINK_UP) {
		ask_next(s);
	} else if (change->state == DL3_LINK_STOPPED) {
		(void)snprintf(why, sizeof(why), "%s", change->detail);
		close_reader(s);
		fail_all(s, SITE_UNREACHABLE, why);
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct site *s = arg;

	(void)fd;
	(void)what;
	close_reader(s);
	fail_all(s, SITE_LATE, "the PBX did not answer in time");
}

static bool open_reader(struct site *s)
{
	const struct dl3_link_config config = { .url = s->url,
		                                .user = s->user,
		                                .password = s->password,
		                                .application = s->application,
		                                .tls = s->has_tls ? &s->tls : NULL,
		                                .no_stream = true,
		                                .once = true,
		                                .callbacks = { .changed = on_change, .event = on_event },
		                                .arg = s };

	if (!s->reader_timer)
		s->reader_timer = evtimer_new(s->base, on_timer, s);
	if (!s->reader_timer)
		return false;
	char error[256]; /* the site's own link has said it already */
	s->reader = dl3_link_new(s->base, &config, error, sizeof(error));
	if (s->reader)
		set_timer(s, SITE_FILE_MS);
	return s->reader != NULL;
}

/* Sends the first question that can be sent. */
static void ask_next(struct site *s)
{
	while (s->reader && !s->asked) {
		struct dl3_session *session = dl3_link_session(s->reader);
		if (!s->files) {
			set_timer(s, SITE_FILES_IDLE_MS);
			return;
		}
		if (!s->files->site) { /* cancelled */
			answer(s, SITE_LATE, (struct dl3_octets){ 0 }, "");
			continue;
		}
		if (dl3_link_state(s->reader) != DL3_LINK_UP || !session)
			return;
		if (dl3_client_read(session, s->files->path, &s->request) != DL3_OK) {
			answer(s, SITE_UNREACHABLE, (struct dl3_octets){ 0 },
			       "the question could not be sent");
			continue;
		}
		s->asked = s->files;
		set_timer(s, SITE_FILE_MS);
		dl3_link_flush(s->reader);
	}
}

struct site_file *site_read(struct site *s, struct dl3_str path, site_file_fn fn, void *arg)
{
	struct site_file *last = s->files;

	if (s->file_count >= SITE_FILES_MAX || path.len == 0 || path.len > DL3_NAME_MAX ||
	    (!s->reader && !open_reader(s)))
		return NULL;
	struct site_file *f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->site = s;
	f->fn = fn;
	f->arg = arg;
	memcpy(f->path, path.ptr, path.len);
	while (last && last->next)
		last = last->next;
	if (last)
		last->next = f;
	else
		s->files = f;
	s->file_count++;
	ask_next(s);
	return f;
}

void site_read_cancel(struct site_file *f)
{
	f->site = NULL;
}

void site_files_finish(struct site *s)
{
	close_reader(s);
	fail_all(s, SITE_UNREACHABLE, "the gateway stops");
	if (s->reader_timer)
		event_free(s->reader_timer);
	s->reader_timer = NULL;
}

/* ---- Who is who ---- */

/* A row's fields, up to its line break. @return false at the end. */
static bool next_row(struct dl3_octets *left, struct dl3_str fields[3])
{
	if (left->len == 0)
		return false;
	const char *p = (const char *)left->ptr;
	const char *end = memchr(p, '\n', left->len);
	size_t len = left->len;
	if (end)
		len = (size_t)(end - p);
	left->ptr += len + (end ? 1 : 0);
	left->len -= (uint32_t)(len + (end ? 1 : 0));
	if (len > 0 && p[len - 1] == '\r')
		len--;
	for (unsigned i = 0; i < 3; i++) {
		const char *comma = memchr(p, ',', len);
		size_t n = comma ? (size_t)(comma - p) : len;
		fields[i] = (struct dl3_str){ .ptr = p, .len = (uint32_t)n };
		p += n + (comma ? 1 : 0);
		len -= n + (comma ? 1 : 0);
	}
	return true;
}

/* Login name, extension, full name. */
static void on_users(enum site_answer a, struct dl3_octets contents, const char *detail, void *arg)
{
	struct site *s = arg;
	struct dl3_str f[3] = { 0 };

	(void)detail;
	while (a == SITE_FILE && next_row(&contents, f))
		if (f[1].len > 0 && dl3_tracker_user(s->tracker, f[1], f[2].len > 0 ? f[2] : f[0]) != DL3_OK)
			s->without_memory++;
	site_tell(s);
}

/* Name, extension. */
static void on_groups(enum site_answer a, struct dl3_octets contents, const char *detail, void *arg)
{
	struct site *s = arg;
	struct dl3_str f[3] = { 0 };

	(void)detail;
	while (a == SITE_FILE && next_row(&contents, f))
		if (f[1].len > 0 && dl3_tracker_group(s->tracker, f[1], f[0]) != DL3_OK)
			s->without_memory++;
	site_tell(s);
}

void site_ask_names(struct site *s)
{
	s->names_at = site_now_ms();
	(void)site_read(s, dl3_str_of("nasystem/user_list"), on_users, s);
	(void)site_read(s, dl3_str_of("nasystem/hunt_list"), on_groups, s);
}
