/* SPDX-License-Identifier: MIT */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fail(char *error, size_t size, const char *path, const char *what)
{
	snprintf(error, size, "%.300s: %s", path, what);
	return false;
}

static bool acceptable(const char *path, const struct stat *st, char *error, size_t error_size)
{
	if (!S_ISREG(st->st_mode))
		return fail(error, error_size, path, "expected a file, came a folder or a device");
	if (st->st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) {
		snprintf(error, error_size,
		         "%.300s: expected a file that others cannot read or change, its mode is %03o: chmod "
		         "600 ends that",
		         path, (unsigned)st->st_mode & 0777u);
		return false;
	}
	return true;
}

/* One octet more than there is room for shows that it is too long. */
static ssize_t read_all(int fd, char *to, size_t cap)
{
	size_t have = 0;
	char more;

	while (have <= cap) {
		ssize_t n = have < cap ? read(fd, to + have, cap - have) : read(fd, &more, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : (ssize_t)have;
		have += (size_t)n;
	}
	errno = EFBIG;
	return -1;
}

bool secret_file_read(const char *path, char *buf, size_t cap, size_t *len, struct stat *st, char *error,
                      size_t error_size)
{
	struct stat is;
	/* A pipe that nobody writes to would have us wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fail(error, error_size, path, strerror(errno));
	if (fstat(fd, &is) != 0) {
		fail(error, error_size, path, strerror(errno));
		close(fd);
		return false;
	}
	bool ok = acceptable(path, &is, error, error_size);
	ssize_t got = ok ? read_all(fd, buf, cap) : -1;

	if (ok && got < 0) {
		ok = fail(error, error_size, path,
		          errno == EFBIG ? "longer than such a file can be" : strerror(errno));
		explicit_bzero(buf, cap);
	}
	close(fd);
	*len = ok ? (size_t)got : 0;
	if (st)
		*st = is;
	return ok;
}

/* ---- Writing ---- */

static bool write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* A file that root changes stays the service's. */
static bool take_after(int fd, const char *path)
{
	struct stat old;

	if (stat(path, &old) != 0)
		return errno == ENOENT;
	if (old.st_uid == geteuid() && old.st_gid == getegid())
		return fchmod(fd, (old.st_mode & 0640) | 0600) == 0;
	return fchown(fd, old.st_uid, old.st_gid) == 0 && fchmod(fd, (old.st_mode & 0640) | 0600) == 0;
}

/* The new name is on the disk only when the folder is. */
static bool sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	int fd = open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool ok = fsync(fd) == 0 || errno == EINVAL;

	close(fd);
	return ok;
}

bool secret_file_write(const char *path, const char *data, size_t len, char *error, size_t error_size)
{
	char new[PATH_MAX], real[PATH_MAX];
	/* Where a link leads, the file is replaced and not the link. */
	const char *target = realpath(path, real) ? real : path;
	int n = snprintf(new, sizeof(new), "%s.XXXXXX", target);

	if (n < 0 || (size_t)n >= sizeof(new))
		return fail(error, error_size, path, strerror(ENAMETOOLONG));
	int fd = mkstemp(new);

	if (fd < 0)
		return fail(error, error_size, path, strerror(errno));
	bool ok = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && take_after(fd, target) && write_all(fd, data, len) &&
	          fsync(fd) == 0;
	int why = errno;

	if (close(fd) != 0 && ok) {
		why = errno;
		ok = false;
	}
	if (ok && (rename(new, target) != 0 || !sync_folder(target))) {
		why = errno;
		ok = false;
	}
	if (ok)
		return true;
	unlink(new);
	return fail(error, error_size, path, strerror(why));
}
