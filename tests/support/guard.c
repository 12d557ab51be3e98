/* SPDX-License-Identifier: MIT */
#include "support/guard.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>

static size_t page_size(void)
{
	SYSTEM_INFO info;

	GetSystemInfo(&info);
	return info.dwPageSize;
}

/* `room` octets of whole pages with one behind them that cannot be read; NULL when that failed. */
static void *pages_new(size_t room)
{
	uint8_t *base = VirtualAlloc(NULL, room + page_size(), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	DWORD before;

	return base && VirtualProtect(base + room, page_size(), PAGE_NOACCESS, &before) ? base : NULL;
}

static bool pages_free(void *base, size_t room)
{
	(void)room;
	return VirtualFree(base, 0, MEM_RELEASE);
}
#else
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* `room` octets of whole pages with one behind them that cannot be read; NULL when that failed. */
static void *pages_new(size_t room)
{
	uint8_t *base =
		mmap(NULL, room + page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return base != MAP_FAILED && mprotect(base + room, page_size(), PROT_NONE) == 0 ? base : NULL;
}

static bool pages_free(void *base, size_t room)
{
	return munmap(base, room + page_size()) == 0;
}
#endif

/* Octets of the readable pages in front of the guard. */
static size_t readable(size_t len)
{
	size_t page = page_size();
	return (len + page - 1) / page * page;
}

void *dl3t_guard(const void *data, size_t len)
{
	size_t room = readable(len);
	uint8_t *base = pages_new(room);

	if (base == NULL) {
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

	if (!pages_free(base, room)) {
		perror("dl3t_guard_free");
		abort();
	}
}
