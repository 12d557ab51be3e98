/* SPDX-License-Identifier: MIT */
/*
 * Splitting a row at its commas.
 *
 * Fields are four octets long on average, so to look at each octet by itself costs a
 * mispredicted branch a field. Instead 64 octets at a time become words with a bit for each
 * octet of interest, and the words a list of places.
 */
#include <string.h>

#include "base/text.h"
#include "record/row.h"

#if defined(__SSE2__) && !defined(DL3_NO_SIMD)
#include <emmintrin.h>
#define USE_SSE2 1
#endif

/* Behind the closing quote if the field at `p` is quoted text, else `p`: a quote that is never
 * closed is an ordinary character. */
static const char *pass_quoted(const char *p, const char *end)
{
	const char *q = dl3i_skip_space(p, end);

	if (q == end || *q != '"')
		return p;
	q = dl3i_quote_end(q, end);
	return q ? q : p;
}

/* The comma or row's end that ends the field at `p`. */
static const char *field_end(bool quotes, const char *p, const char *row_end)
{
	if (quotes)
		p = pass_quoted(p, row_end);
	const char *comma = memchr(p, ',', (size_t)(row_end - p));
	return comma ? comma : row_end;
}

void dl3i_split_row(const struct dl3i_row_text *t, uint32_t max, struct dl3i_split *out)
{
	const char *p = t->row;
	size_t left = (size_t)(t->end - p);
	const char *tag = t->xml && left > 0 ? memchr(p, '<', left) : NULL;
	uint32_t n = 0;

	out->row = p;
	out->row_end = tag ? tag : t->end;
	out->extra = NULL;
	out->starts[0] = 0;
	for (;;) {
		const char *end = field_end(t->xml, p, out->row_end);
		out->starts[++n] = (uint32_t)(end - t->row) + 1;
		if (end == out->row_end)
			break;
		p = end + 1;
		if (n == max) {
			out->extra = p;
			break;
		}
	}
	out->count = n == 1 && dl3i_skip_space(t->row, out->row_end) == out->row_end ? 0 : n;
}

/* ---- Sixty-four octets at a glance ---- */

/* Octets up to '&' (0x26) are odd: white space, '"' and '&', and a few that only seem so. */
#define ODD_MAX 0x26

struct masks {
	uint64_t comma;
	uint64_t tag; /* '<' */
	uint64_t odd; /* needs a closer look */
};

#ifdef USE_SSE2
static inline struct masks mask_block(const char *p)
{
	const __m128i comma = _mm_set1_epi8(',');
	const __m128i tag = _mm_set1_epi8('<');
	const __m128i odd_max = _mm_set1_epi8(ODD_MAX);
	struct masks m = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * i));
		__m128i o = _mm_cmpeq_epi8(_mm_min_epu8(x, odd_max), x);
		m.comma |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, comma)) << (16 * i);
		m.tag |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, tag)) << (16 * i);
		m.odd |= (uint64_t)(uint32_t)_mm_movemask_epi8(o) << (16 * i);
	}
	return m;
}
#else
static inline struct masks mask_block(const char *p)
{
	struct masks m = { 0 };

	for (unsigned i = 0; i < DL3I_BLOCK; i++) {
		m.comma |= (uint64_t)(p[i] == ',') << i;
		m.tag |= (uint64_t)(p[i] == '<') << i;
		m.odd |= (uint64_t)((uint8_t)p[i] <= ODD_MAX) << i;
	}
	return m;
}
#endif

/* The block at `p` when the text that may be read ends inside it. */
static inline struct masks mask_last(const char *p, const char *start, const char *end)
{
	size_t left = (size_t)(end - p);
	char copy[DL3I_BLOCK];

	/* A shift by all 64 bits is not defined. */
	if (left == 0)
		return (struct masks){ 0 };
	if ((size_t)(end - start) >= DL3I_BLOCK) {
		/* The last 64 octets of the text, with those in front of `p` shifted out. */
		struct masks m = mask_block(end - DL3I_BLOCK);
		unsigned shift = (unsigned)(DL3I_BLOCK - left);
		return (struct masks){ m.comma >> shift, m.tag >> shift, m.odd >> shift };
	}
	memset(copy, 'x', sizeof(copy));
	memcpy(copy, p, left);
	return mask_block(copy);
}

/* The masks of the block at `p`, up to the end of the row if that lies in it; `*len` is then where. */
static inline struct masks row_block(const struct dl3i_row_text *t, const char *p, uint32_t *len)
{
	ptrdiff_t left = t->end - p;
	bool last = left < (ptrdiff_t)DL3I_BLOCK;
	struct masks m = last ? mask_last(p, t->start, t->end) : mask_block(p);
	uint64_t end = t->xml ? m.tag : 0;

	if (last)
		end |= (uint64_t)1 << left;
	*len = DL3I_BLOCK;
	if (end) {
		*len = (uint32_t)__builtin_ctzll(end);
		uint64_t first = end & (0 - end);
		m.comma = (m.comma & (first - 1)) | first;
		m.odd &= first - 1;
	}
	return m;
}

/* Takes out the commas from octet `from` to octet `to` of the row. */
static void clear_commas(struct dl3i_cut *c, uint32_t from, uint32_t to)
{
	for (uint32_t i = from / DL3I_BLOCK; i * DL3I_BLOCK < to; i++) {
		uint32_t base = i * DL3I_BLOCK;
		uint64_t keep = 0;
		if (from > base)
			keep |= ((uint64_t)1 << (from - base)) - 1;
		if (to - base < DL3I_BLOCK)
			keep |= ~(uint64_t)0 << (to - base);
		c->ends[i] &= keep;
	}
}

static bool at_field_start(const char *row, const char *p)
{
	while (p > row && dl3i_space(p[-1]))
		p--;
	return p == row || p[-1] == ',';
}

/* Takes out the commas that lie in quoted text. */
static void clear_quoted(struct dl3i_cut *c)
{
	uint32_t passed = 0;

	for (uint32_t i = 0; i < c->blocks; i++) {
		for (uint64_t odd = c->odd[i]; odd; odd &= odd - 1) {
			uint32_t at = i * DL3I_BLOCK + (uint32_t)__builtin_ctzll(odd);
			const char *p = c->row + at;
			/* Only at the beginning of a field is a quote more than a character. */
			if (at < passed || *p != '"' || !at_field_start(c->row, p))
				continue;
			passed = (uint32_t)(pass_quoted(p, c->row_end) - c->row);
			if (passed > at)
				clear_commas(c, at, passed);
		}
	}
}

bool dl3i_cut_row(const struct dl3i_row_text *t, struct dl3i_cut *c)
{
	uint32_t len = DL3I_BLOCK, n = 0;
	uint64_t any_odd = 0;

	for (; n < DL3I_CUT_BLOCKS && len == DL3I_BLOCK; n++) {
		struct masks m = row_block(t, t->row + (size_t)n * DL3I_BLOCK, &len);
		c->ends[n] = m.comma;
		c->odd[n] = m.odd;
		any_odd |= m.odd;
	}
	if (len == DL3I_BLOCK)
		return false;
	c->row = t->row;
	c->row_end = t->row + (size_t)(n - 1) * DL3I_BLOCK + len;
	c->blocks = n;
	c->any_odd = any_odd != 0;
	if (any_odd && t->xml)
		clear_quoted(c);
	return true;
}
