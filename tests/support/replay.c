/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target on files instead of on what a fuzzer thinks up: each argument is a
 * folder, whose files are inputs, or an input. Each lies against an unreadable page. */
#include "support/guard.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_up(const char *path)
{
	perror(path);
	exit(2);
}

static void replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(size + 1);

	if (file == NULL || data == NULL || fread(data, 1, size, file) != size) {
		give_up(path);
	}
	(void)fclose(file);
	uint8_t *copy = dl3t_guard(data, size);

	(void)LLVMFuzzerTestOneInput(copy, size);
	dl3t_guard_free(copy, size);
	free(data);
}

static size_t replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	if (dir == NULL) {
		give_up(folder);
	}
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char path[4096];
		struct stat info;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (stat(path, &info) != 0) {
			give_up(path);
		}
		if (S_ISREG(info.st_mode)) {
			/* When it crashes, the last line says on what. */
			puts(path);
			(void)fflush(stdout);
			replay_file(path, (size_t)info.st_size);
			count++;
		}
	}
	(void)closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		struct stat info;

		if (stat(argv[i], &info) != 0) {
			give_up(argv[i]);
		}
		if (S_ISDIR(info.st_mode)) {
			count += replay_folder(argv[i]);
		} else {
			replay_file(argv[i], (size_t)info.st_size);
			count++;
		}
	}
	printf("%zu inputs\n", count);
	/* An empty corpus is a mistake of whoever moved it, not a success. */
	return count == 0 ? 1 : 0;
}
