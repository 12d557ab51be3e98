/* SPDX-License-Identifier: MIT */
/*
 * What `devlink3 replay` plays: the events of a recording with their times, one behind the other, and
 * the files that were read. It lies in temporary files without a name, so that any number of clients
 * can be at any place of it, in little memory, also when the recording came through a pipe.
 */
#ifndef CLI_REPLAY_TAPE_H
#define CLI_REPLAY_TAPE_H

#include <devlink3/devlink3.h>
#include <stdbool.h>
#include <stdio.h>

/* Names of files that are kept. */
#define TAPE_FILES_MAX 1024u

/* Octets that are only ever added. */
struct tape_spool {
	FILE *file; /* NULL while there are none */
	uint64_t len;
};

struct tape_file {
	char *name;
	uint64_t at; /* in `contents` */
	size_t len;
};

struct tape {
	struct tape_spool events;
	struct tape_spool contents; /* of files */
	struct tape_file *files;
	size_t file_count;
	uint64_t count;          /* of events */
	uint64_t first_ns;       /* of the first event; 0 without times */
	uint64_t last_ns;        /* of the last */
	uint64_t snapshot_end;   /* what lies before this place in `events` is the snapshot */
	uint64_t snapshot_count; /* events of it */
	uint64_t begin_ns;       /* when what follows the snapshot begins */
	bool has_times;
	/* How the PBX called itself; empty when it did not. */
	char pbx[DL3_NAME_MAX + 1], variant[DL3_NAME_MAX + 1];
};

void tape_finish(struct tape *t);

/* Adds an event's frame. Times that go back are taken as the last. @return 0, or -1 (errno). */
int tape_add_event(struct tape *t, uint64_t time_ns, struct dl3_octets frame);

/* Adds a file, unless its name is there, or TAPE_FILES_MAX names are. @return 0, or -1 (errno). */
int tape_add_file(struct tape *t, const char *name, struct dl3_octets contents);

/* To be called before anything is read. @return 0, or -1 (errno). */
int tape_rewind(struct tape *t);

const struct tape_file *tape_find_file(const struct tape *t, struct dl3_str name);

/* The contents of a file, for the caller to free(); NULL without memory, or when reading failed (errno). */
uint8_t *tape_read_file(const struct tape *t, const struct tape_file *file);

struct tape_event {
	uint64_t time_ns;
	struct dl3_octets frame; /* lives until the cursor is used again */
};

/* A place in the tape. All zero but for `tape`: its beginning. */
struct tape_cursor {
	const struct tape *tape;
	uint64_t at; /* of the next event */
	uint64_t from;
	uint8_t *octets; /* read already, from `from` on */
	size_t len, cap;
};

void tape_cursor_finish(struct tape_cursor *c);
/* The event that is next, which stays so. @return 1, 0 at the end, -1 without memory or as reading failed (errno). */
int tape_peek(struct tape_cursor *c, struct tape_event *event);
/* Goes on behind that event. */
void tape_advance(struct tape_cursor *c, const struct tape_event *event);

#endif
