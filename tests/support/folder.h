/* SPDX-License-Identifier: MIT */
/**
 * @file folder.h
 * A folder of a test's own, with files in it.
 */
#ifndef DL3T_FOLDER_H
#define DL3T_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

struct folder {
	char path[64];
	char text[256]; /* of folder_path() */
};

static inline void folder_begin(struct folder *f)
{
	snprintf(f->path, sizeof(f->path), "/tmp/dl3t-XXXXXX");
	assert_non_null(mkdtemp(f->path));
}

static inline void folder_end(struct folder *f)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", f->path);
	assert_int_equal(system(command), 0);
}

/* Until the next call. */
static inline const char *folder_path(struct folder *f, const char *name)
{
	snprintf(f->text, sizeof(f->text), "%s/%s", f->path, name);
	return f->text;
}

static inline const char *folder_write(struct folder *f, const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(folder_path(f, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(f->text, mode), 0);
	return f->text;
}

/* The whole file; to be freed. */
static inline char *file_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(text);
	if (!file)
		fail_msg("%s is not there", path);
	size_t len = fread(text, 1, (1 << 20) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

#endif
