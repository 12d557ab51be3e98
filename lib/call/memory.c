/* SPDX-License-Identifier: MIT */
/* Memory of a tracker: pools, lists, and texts that are kept once. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "call/tracker.h"

void *dl3i_track_resize(struct dl3_tracker *t, void *block, size_t old_size, size_t new_size)
{
	void *p = t->allocator.resize(block, old_size, new_size, t->allocator.arg);

	if (p || new_size == 0)
		t->memory = t->memory - old_size + new_size;
	else
		t->poor = true;
	return p;
}

/* ---- Pools ---- */

static bool more_chunks(struct dl3_tracker *t, struct dl3i_pool *p)
{
	uint32_t chunk = p->used / DL3I_CHUNK;

	if (chunk >= p->chunk_cap) {
		uint32_t cap = p->chunk_cap > 0 ? p->chunk_cap * 2 : 8;
		uint8_t **chunks = dl3i_track_resize(t, p->chunks, p->chunk_cap * sizeof(*chunks),
		                                     cap * sizeof(*chunks));

		if (!chunks)
			return false;
		memset(chunks + p->chunk_cap, 0, (cap - p->chunk_cap) * sizeof(*chunks));
		p->chunks = chunks;
		p->chunk_cap = cap;
	}
	if (!p->chunks[chunk])
		p->chunks[chunk] = dl3i_track_resize(t, NULL, 0, (size_t)DL3I_CHUNK * p->size);
	return p->chunks[chunk] != NULL;
}

uint32_t dl3i_pool_take(struct dl3_tracker *t, struct dl3i_pool *p)
{
	uint32_t index = p->free;

	if (index != 0) {
		memcpy(&p->free, dl3i_pool_at(p, index), sizeof(p->free));
	} else {
		if (p->used == 0)
			p->used = 1; /* 0 is none */
		if (!more_chunks(t, p))
			return 0;
		index = p->used++;
	}
	p->live++;
	memset(dl3i_pool_at(p, index), 0, p->size);
	return index;
}

void dl3i_pool_give(struct dl3i_pool *p, uint32_t index)
{
	memset(dl3i_pool_at(p, index), 0, p->size);
	memcpy(dl3i_pool_at(p, index), &p->free, sizeof(p->free));
	p->free = index;
	p->live--;
}

void dl3i_pool_free(struct dl3_tracker *t, struct dl3i_pool *p)
{
	for (uint32_t i = 0; i < p->chunk_cap; i++)
		if (p->chunks[i])
			dl3i_track_resize(t, p->chunks[i], (size_t)DL3I_CHUNK * p->size, 0);
	if (p->chunks)
		dl3i_track_resize(t, p->chunks, p->chunk_cap * sizeof(*p->chunks), 0);
}

/* ---- Lists ---- */

void *dl3i_list_add(struct dl3_tracker *t, struct dl3i_list *l, size_t size)
{
	if (l->count == l->cap) {
		size_t cap = l->cap > 0 ? l->cap * 2 : 8;
		void *at = dl3i_track_resize(t, l->at, l->cap * size, cap * size);

		if (!at)
			return NULL;
		l->at = at;
		l->cap = cap;
	}
	return memset((uint8_t *)l->at + l->count++ * size, 0, size);
}

void dl3i_list_free(struct dl3_tracker *t, struct dl3i_list *l, size_t size)
{
	if (l->at)
		dl3i_track_resize(t, l->at, l->cap * size, 0);
	*l = (struct dl3i_list){ 0 };
}

/* ---- Texts ---- */

uint64_t dl3i_hash(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ len;

	while (len >= 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
		p += 8;
		len -= 8;
	}
	if (len >= 4) {
		uint32_t first, last;

		memcpy(&first, p, 4);
		memcpy(&last, p + len - 4, 4);
		h = (h ^ ((uint64_t)first << 32 | last)) * UINT64_C(0xff51afd7ed558ccd);
	} else if (len > 0) {
		h = (h ^ (uint64_t)(p[0] | p[len / 2] << 8 | p[len - 1] << 16)) *
		    UINT64_C(0xff51afd7ed558ccd);
	}
	h ^= h >> 29;
	return h * UINT64_C(0xc4ceb9fe1a85ec53) ^ h >> 32;
}

/* The struct may end in padding, behind the first characters. */
static size_t text_size(size_t len)
{
	size_t size = offsetof(struct dl3i_text, at) + len + 1;

	return size > sizeof(struct dl3i_text) ? size : sizeof(struct dl3i_text);
}

static void grow_texts(struct dl3_tracker *t)
{
	struct dl3i_texts *x = &t->texts;
	uint32_t count = x->bucket_count > 0 ? x->bucket_count * 2 : 64;
	struct dl3i_text **buckets = dl3i_track_resize(t, NULL, 0, count * sizeof(struct dl3i_text *));

	if (!buckets)
		return; /* longer chains will do, unless there are none */
	memset(buckets, 0, count * sizeof(struct dl3i_text *));
	for (uint32_t i = 0; i < x->bucket_count; i++) {
		for (struct dl3i_text *p = x->buckets[i], *next; p; p = next) {
			next = p->next;
			p->next = buckets[p->hash & (count - 1)];
			buckets[p->hash & (count - 1)] = p;
		}
	}
	if (x->buckets)
		dl3i_track_resize(t, x->buckets, x->bucket_count * sizeof(struct dl3i_text *), 0);
	x->buckets = buckets;
	x->bucket_count = count;
}

struct dl3i_text *dl3i_text_keep(struct dl3_tracker *t, const char *at, size_t len)
{
	struct dl3i_texts *x = &t->texts;
	uint32_t hash = (uint32_t)dl3i_hash(at, len);

	if (len == 0)
		return NULL;
	if (x->count >= x->bucket_count)
		grow_texts(t);
	if (x->bucket_count == 0)
		return NULL;
	struct dl3i_text **bucket = &x->buckets[hash & (x->bucket_count - 1)];
	for (struct dl3i_text *p = *bucket; p; p = p->next)
		if (p->hash == hash && p->len == len && memcmp(p->at, at, len) == 0)
			return dl3i_text_more(p);
	struct dl3i_text *p = dl3i_track_resize(t, NULL, 0, text_size(len));
	if (!p)
		return NULL;
	*p = (struct dl3i_text){ .next = *bucket,
		                 .hash = hash,
		                 .refs = 1,
		                 .len = (uint32_t)len,
		                 .simple = !memchr(at, '"', len) && !memchr(at, '&', len) };
	memcpy(p->at, at, len);
	p->at[len] = '\0';
	*bucket = p;
	x->count++;
	return p;
}

void dl3i_text_drop(struct dl3_tracker *t, struct dl3i_text *text)
{
	struct dl3i_texts *x = &t->texts;

	if (!text || --text->refs > 0)
		return;
	struct dl3i_text **p = &x->buckets[text->hash & (x->bucket_count - 1)];
	while (*p != text)
		p = &(*p)->next;
	*p = text->next;
	x->count--;
	dl3i_track_resize(t, text, text_size(text->len), 0);
}

void dl3i_texts_free(struct dl3_tracker *t)
{
	struct dl3i_texts *x = &t->texts;

	for (uint32_t i = 0; i < x->bucket_count; i++) {
		for (struct dl3i_text *p = x->buckets[i], *next; p; p = next) {
			next = p->next;
			dl3i_track_resize(t, p, text_size(p->len), 0);
		}
	}
	if (x->buckets)
		dl3i_track_resize(t, x->buckets, x->bucket_count * sizeof(struct dl3i_text *), 0);
	*x = (struct dl3i_texts){ 0 };
}

/* What was cut may end inside a character. */
static size_t whole_characters(const char *at, size_t len)
{
	size_t whole = 0;
	uint32_t code;

	while (whole < len) {
		size_t n = dl3i_utf8_sequence(at + whole, at + len, &code);

		if (n == 0)
			break;
		whole += n;
	}
	return whole;
}

/* Most text is ASCII without anything in it that stands for something else: that is its own plain form,
 * but for the quotes around it. */
static bool is_simple(struct dl3_str *s)
{
	struct dl3_str in = *s;
	uint64_t high = 0;
	uint32_t i = 0;

	if (in.escaped && in.len >= 2 && in.ptr[0] == '"' && in.ptr[in.len - 1] == '"') {
		in.ptr++;
		in.len -= 2;
	}
	for (; i + 8 <= in.len; i += 8) {
		uint64_t word;

		memcpy(&word, in.ptr + i, 8);
		high |= word;
	}
	for (; i < in.len; i++)
		high |= (uint8_t)in.ptr[i];
	if (high & UINT64_C(0x8080808080808080))
		return false;
	if (in.escaped && in.len > 0 && (memchr(in.ptr, '"', in.len) || memchr(in.ptr, '&', in.len)))
		return false;
	in.escaped = false;
	*s = in;
	return true;
}

struct dl3i_text *dl3i_text_of(struct dl3_tracker *t, struct dl3_str s)
{
	char plain[DL3_TRACKER_MAX_TEXT];
	size_t len = 0, cap = t->config.max_text;

	if (s.len == 0)
		return NULL;
	if (is_simple(&s) && s.len <= cap)
		return dl3i_text_keep(t, s.ptr, s.len);
	if (dl3_str_plain(s, plain, cap, &len) == DL3_ERR_SPACE) {
		len = whole_characters(plain, cap);
		t->counts.overflow++;
	}
	return dl3i_text_keep(t, plain, len);
}

/* What is kept is plain: text equal to it, and not escaped, is plain too; and so it is in quotes, unless there is
 * something in it that is written otherwise. */
static bool is_same(const struct dl3i_text *old, struct dl3_str s)
{
	if (!s.escaped)
		return old->len == s.len && memcmp(old->at, s.ptr, s.len) == 0;
	return old->simple && s.len == old->len + 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"' &&
	       memcmp(old->at, s.ptr + 1, old->len) == 0;
}

bool dl3i_text_note(struct dl3_tracker *t, struct dl3i_text **slot, struct dl3_str s)
{
	struct dl3i_text *old = *slot;

	if (s.len == 0 || (old && is_same(old, s)))
		return false;
	struct dl3i_text *text = dl3i_text_of(t, s);
	if (!text)
		return false;
	*slot = text;
	dl3i_text_drop(t, old);
	return text != old;
}
