/* SPDX-License-Identifier: MIT */
#include "support/guard.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Octets of the readable pages in front of the guard. */
static size_t readable(size_t len)
{
	size_t page = page_size();
	return (len + page - 1) / page * page;
}

void *dl3t_guard(const void *data, size_t len)
{
	size_t room = readable(len);
	uint8_t *base =
		mmap(NULL, room + page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base + room, page_size(), PROT_NONE) != 0) {
		perror("dl3t_guard");
		abort();
	}
	if (len > 0) {
		memcpy(base + room - len, data, len);
	}
	return base + room - len;
}

void dl3t_guard_free(void *copy, size_t len)
{
	if (copy == NULL) {
		return;
	}
	size_t room = readable(len);
	uint8_t *base = (uint8_t *)copy + len - room;

	if (munmap(base, room + page_size()) != 0) {
		perror("dl3t_guard_free");
		abort();
	}
}
