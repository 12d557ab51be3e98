/* SPDX-License-Identifier: MIT */
#include "replay_tape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In front of each frame: its time and its length. */
#define MARK (sizeof(uint64_t) + sizeof(uint32_t))
/* Octets that are read at once. */
#define CHUNK 65536u
#define PATH_ROOM 4096u

/* ---- Spools ---- */

/* /tmp is memory on many systems: what is large belongs elsewhere. */
static FILE *open_nameless(void)
{
	const char *folders[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	char path[PATH_ROOM];
	FILE *file = NULL;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !file; i++) {
		const char *folder = folders[i];
		if (!folder || !*folder)
			continue;
		int n = snprintf(path, sizeof(path), "%s/devlink3-XXXXXX", folder);
		int fd = n > 0 && (size_t)n < sizeof(path) ? mkstemp(path) : -1;
		if (fd < 0)
			continue;
		(void)unlink(path);
		file = fdopen(fd, "w+");
		if (!file)
			(void)close(fd);
	}
	return file;
}

static int spool_add(struct tape_spool *s, const void *data, size_t len)
{
	if (!s->file)
		s->file = open_nameless();
	if (!s->file || fwrite(data, 1, len, s->file) != len)
		return -1;
	s->len += len;
	return 0;
}

static int spool_read(const struct tape_spool *s, uint64_t at, uint8_t *to, size_t len)
{
	while (len > 0) {
		ssize_t n = pread(fileno(s->file), to, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		to += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* ---- The tape ---- */

void tape_finish(struct tape *t)
{
	if (t->events.file)
		fclose(t->events.file);
	if (t->contents.file)
		fclose(t->contents.file);
	for (size_t i = 0; i < t->file_count; i++)
		free(t->files[i].name);
	free(t->files);
	*t = (struct tape){ 0 };
}

int tape_add_event(struct tape *t, uint64_t time_ns, struct dl3_octets frame)
{
	uint8_t mark[MARK];
	uint32_t len = (uint32_t)frame.len;

	if (t->count == 0)
		t->first_ns = time_ns;
	else if (time_ns < t->last_ns)
		time_ns = t->last_ns;
	memcpy(mark, &time_ns, sizeof(time_ns));
	memcpy(mark + sizeof(time_ns), &len, sizeof(len));
	if (spool_add(&t->events, mark, sizeof(mark)) != 0 ||
	    spool_add(&t->events, frame.ptr, frame.len) != 0)
		return -1;
	t->last_ns = time_ns;
	t->count++;
	return 0;
}

static bool is_name(struct dl3_str name, const char *of)
{
	return strlen(of) == name.len && memcmp(of, name.ptr, name.len) == 0;
}

const struct tape_file *tape_find_file(const struct tape *t, struct dl3_str name)
{
	for (size_t i = 0; i < t->file_count && name.ptr; i++)
		if (is_name(name, t->files[i].name))
			return &t->files[i];
	return NULL;
}

int tape_add_file(struct tape *t, const char *name, struct dl3_octets contents)
{
	struct tape_file *file;

	if (t->file_count == TAPE_FILES_MAX || tape_find_file(t, dl3_str_of(name)))
		return 0;
	if (!t->files)
		t->files = calloc(TAPE_FILES_MAX, sizeof(*t->files));
	if (!t->files)
		return -1;
	file = &t->files[t->file_count];
	*file = (struct tape_file){ .name = strdup(name), .at = t->contents.len, .len = contents.len };
	if (!file->name)
		return -1;
	t->file_count++;
	return contents.len > 0 ? spool_add(&t->contents, contents.ptr, contents.len) : 0;
}

int tape_rewind(struct tape *t)
{
	if ((t->events.file && fflush(t->events.file) != 0) ||
	    (t->contents.file && fflush(t->contents.file) != 0))
		return -1;
	return 0;
}

uint8_t *tape_read_file(const struct tape *t, const struct tape_file *file)
{
	uint8_t *to = malloc(file->len > 0 ? file->len : 1);

	if (to && file->len > 0 && spool_read(&t->contents, file->at, to, file->len) != 0) {
		free(to);
		return NULL;
	}
	return to;
}

/* ---- Cursors ---- */

void tape_cursor_finish(struct tape_cursor *c)
{
	free(c->octets);
	*c = (struct tape_cursor){ .tape = c->tape };
}

/* Has `want` octets from the place on in memory, and a chunk where there are as many. */
static int fetch(struct tape_cursor *c, size_t want)
{
	uint64_t left = c->tape->events.len - c->at;
	size_t size = want > CHUNK ? want : CHUNK;

	if (c->at >= c->from && c->at + want <= c->from + c->len)
		return 0;
	/* The memory of a long frame is not kept for short ones. */
	if (c->cap != size) {
		free(c->octets);
		c->cap = c->len = 0;
		c->octets = malloc(size);
		if (!c->octets)
			return -1;
		c->cap = size;
	}
	c->from = c->at;
	c->len = 0;
	if (spool_read(&c->tape->events, c->at, c->octets, left < size ? (size_t)left : size) != 0)
		return -1;
	c->len = left < size ? (size_t)left : size;
	return 0;
}

int tape_peek(struct tape_cursor *c, struct tape_event *event)
{
	uint32_t len;

	if (c->at >= c->tape->events.len)
		return 0;
	if (fetch(c, MARK) != 0)
		return -1;
	memcpy(&len, c->octets + (c->at - c->from) + sizeof(event->time_ns), sizeof(len));
	if (fetch(c, MARK + len) != 0)
		return -1;
	const uint8_t *here = c->octets + (c->at - c->from);
	memcpy(&event->time_ns, here, sizeof(event->time_ns));
	event->frame = (struct dl3_octets){ here + MARK, len };
	return 1;
}

void tape_advance(struct tape_cursor *c, const struct tape_event *event)
{
	c->at += MARK + event->frame.len;
}
