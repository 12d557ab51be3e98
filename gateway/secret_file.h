/* SPDX-License-Identifier: MIT */
/* Files that are not everybody's business. */
#ifndef GATEWAY_SECRET_FILE_H
#define GATEWAY_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/*
 * Reads a regular file of at most `cap` octets that no others may read or write, and no group may write. `st` is
 * what it was then; it may be NULL. What was read is wiped when it fails.
 * @return false with one line in `error` that names the file.
 */
bool secret_file_read(const char *path, char *buf, size_t cap, size_t *len, struct stat *st, char *error,
                      size_t error_size);

/*
 * Puts `len` octets in the file's place, all or none, safe against the loss of power. It gets the owner and the
 * right of the group to read of the one that is there, if any; otherwise nobody else may read it.
 * @return the same.
 */
bool secret_file_write(const char *path, const char *data, size_t len, char *error, size_t error_size);

#endif
