/* SPDX-License-Identifier: MIT */
/* Buffers of a session. They grow as octets come, never because a length field says so. */
#include <string.h>

#include "session/session.h"

void *dl3i_resize(struct dl3_session *s, void *block, size_t old_size, size_t new_size)
{
	void *p = s->allocator.resize(block, old_size, new_size, s->allocator.arg);

	if (p || new_size == 0)
		s->memory = s->memory - old_size + new_size;
	return p;
}

static void to_front(struct dl3i_buf *b)
{
	size_t held = dl3i_held(b);

	if (held > 0)
		memmove(b->ptr, b->ptr + b->start, held);
	if (b->secret)
		dl3i_wipe(b->ptr + held, b->start);
	b->start = 0;
	b->end = held;
}

/* Moves what is held to a block of its own. A plain resize could leave a password behind. */
static bool move(struct dl3_session *s, struct dl3i_buf *b, size_t cap)
{
	size_t held = dl3i_held(b);
	uint8_t *p = dl3i_resize(s, NULL, 0, cap);

	if (!p)
		return false;
	if (held > 0)
		memcpy(p, b->ptr + b->start, held);
	if (b->ptr) {
		dl3i_wipe(b->ptr, b->cap);
		dl3i_resize(s, b->ptr, b->cap, 0);
	}
	b->ptr = p;
	b->cap = cap;
	b->start = 0;
	b->end = held;
	return true;
}

/* Gives the buffer `cap` octets, which hold what it holds. Two blocks at once would be twice the
 * memory, so there are two only where the first is to be wiped. */
static bool change(struct dl3_session *s, struct dl3i_buf *b, size_t cap)
{
	if (b->secret)
		return move(s, b, cap);
	if (b->start > 0)
		to_front(b);
	uint8_t *p = dl3i_resize(s, b->ptr, b->cap, cap);
	if (!p)
		return false;
	b->ptr = p;
	b->cap = cap;
	return true;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Moving to the front is worth it once a quarter is free there; until then the buffer grows,
 * up to half as much again as its limit, so that each octet is moved a few times at most.
 */
bool dl3i_buf_reserve(struct dl3_session *s, struct dl3i_buf *b, size_t n, size_t limit)
{
	size_t most = limit + limit / 2;
	size_t held = dl3i_held(b);

	if (n <= b->cap - b->end)
		return true;
	if (held + n <= b->cap && b->start >= b->cap / 4) {
		to_front(b);
		return true;
	}
	size_t cap = least(b->cap * 2, most);
	return change(s, b, cap > held + n ? cap : held + n);
}

/* Shrinking is a favour: without memory for the smaller block the large one is kept. */
static void shrink(struct dl3_session *s, struct dl3i_buf *b)
{
	size_t held = dl3i_held(b);

	if (b->cap <= DL3_BUFFER_KEEP)
		return;
	if (held == 0)
		dl3i_buf_free(s, b);
	else if (held < b->cap / 8)
		(void)change(s, b, held * 2 > DL3_BUFFER_KEEP ? held * 2 : DL3_BUFFER_KEEP);
}

void dl3i_buf_drop(struct dl3_session *s, struct dl3i_buf *b, size_t n)
{
	if (n == 0)
		return;
	if (b->secret)
		dl3i_wipe(b->ptr + b->start, n);
	b->start += n;
	if (b->start == b->end) {
		b->start = 0;
		b->end = 0;
	}
	shrink(s, b);
}

void dl3i_buf_free(struct dl3_session *s, struct dl3i_buf *b)
{
	if (b->ptr) {
		if (b->secret)
			dl3i_wipe(b->ptr, b->cap);
		dl3i_resize(s, b->ptr, b->cap, 0);
	}
	*b = (struct dl3i_buf){ .secret = b->secret };
}

bool dl3i_scratch_reserve(struct dl3_session *s, size_t n)
{
	if (n <= s->scratch_cap)
		return true;
	char *p = dl3i_resize(s, s->scratch, s->scratch_cap, n);
	if (!p)
		return false;
	s->scratch = p;
	s->scratch_cap = n;
	return true;
}

void dl3i_scratch_trim(struct dl3_session *s)
{
	if (s->scratch_cap <= DL3_BUFFER_KEEP)
		return;
	dl3i_resize(s, s->scratch, s->scratch_cap, 0);
	s->scratch = NULL;
	s->scratch_cap = 0;
}
