/* SPDX-License-Identifier: MIT */
#include "watch_ends.h"

#include <stdlib.h>
#include <string.h>

/* More than the ends of 3,000 calls; each has one place where it can be. */
#define ENDS 16384u
/* Calls that are known to have been counted; then all are forgotten, so that those in progress
 * may be counted twice: after a million calls that is not seen. */
#define CALLS_MAX 1048576u
#define CALLS_FIRST 1024u

struct watch_ends {
	struct watch_end ends[ENDS];
	uint64_t *calls; /* a table with open addresses, at most half full; 0 is a free place */
	size_t cap, used;
	uint64_t count;
};

struct watch_ends *watch_ends_new(void)
{
	return calloc(1, sizeof(struct watch_ends));
}

void watch_ends_free(struct watch_ends *ends)
{
	if (ends)
		free(ends->calls);
	free(ends);
}

/* FNV-1a; never 0. */
static uint64_t hash(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	h ^= h >> 32;
	return h ? h : 1;
}

void watch_ends_tell(struct watch_ends *ends, struct dl3_str end, const int64_t *call,
                     const struct cells_text *who)
{
	size_t len = who->len < WATCH_WHO_MAX ? who->len : WATCH_WHO_MAX;

	if (end.len == 0)
		return;
	uint64_t key = hash(end.ptr, end.len);
	struct watch_end *e = &ends->ends[key % ENDS];
	/* A character that is cut in two would be shown as two. */
	while (len < who->len && len > 0 && ((uint8_t)who->buf[len] & 0xc0) == 0x80)
		len--;
	*e = (struct watch_end){
		.key = key, .call = call ? *call : 0, .has_call = call != NULL, .len = (uint8_t)len
	};
	memcpy(e->who, who->buf, len);
}

const struct watch_end *watch_ends_find(const struct watch_ends *ends, struct dl3_str end)
{
	if (end.len == 0)
		return NULL;
	uint64_t key = hash(end.ptr, end.len);
	const struct watch_end *e = &ends->ends[key % ENDS];

	return e->key == key ? e : NULL;
}

/* ---- Calls ---- */

/* Where a key is, or is to be. */
static uint64_t *place(uint64_t *calls, size_t cap, uint64_t key)
{
	size_t at = key & (cap - 1);

	while (calls[at] != 0 && calls[at] != key)
		at = (at + 1) & (cap - 1);
	return &calls[at];
}

static bool make_room(struct watch_ends *ends)
{
	size_t cap = ends->cap ? 2 * ends->cap : CALLS_FIRST;

	if (2 * ends->used < ends->cap)
		return true;
	if (ends->used >= CALLS_MAX) {
		memset(ends->calls, 0, ends->cap * sizeof(*ends->calls));
		ends->used = 0;
		return true;
	}
	uint64_t *calls = calloc(cap, sizeof(*calls));
	if (!calls)
		return false;
	for (size_t i = 0; i < ends->cap; i++)
		if (ends->calls[i])
			*place(calls, cap, ends->calls[i]) = ends->calls[i];
	free(ends->calls);
	ends->calls = calls;
	ends->cap = cap;
	return true;
}

void watch_ends_count(struct watch_ends *ends, uint32_t pbx, int64_t call)
{
	uint8_t name[sizeof(pbx) + sizeof(call)];

	memcpy(name, &pbx, sizeof(pbx));
	memcpy(name + sizeof(pbx), &call, sizeof(call));
	uint64_t key = hash(name, sizeof(name));

	if (!make_room(ends))
		return;
	uint64_t *p = place(ends->calls, ends->cap, key);
	if (*p == key)
		return;
	*p = key;
	ends->used++;
	ends->count++;
}

uint64_t watch_ends_calls(const struct watch_ends *ends)
{
	return ends->count;
}
