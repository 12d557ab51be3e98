/* SPDX-License-Identifier: MIT */
/* Numbers in network byte order, and a reader that says when octets run out. */
#ifndef DL3I_BASE_OCTETS_H
#define DL3I_BASE_OCTETS_H

#include <devlink3/base.h>

static inline uint16_t dl3i_get16(const uint8_t *p)
{
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t dl3i_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void dl3i_set16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void dl3i_set32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* Where a decoder stands in its octets. */
struct dl3i_reader {
	const uint8_t *start;
	size_t len;
	size_t at;
	struct dl3_fault *fault; /* may be NULL */
};

static inline size_t dl3i_left(const struct dl3i_reader *r)
{
	return r->len - r->at;
}

/* Fills in a fault, if there is anybody to tell, and returns its error. */
static inline enum dl3_err dl3i_fail(struct dl3_fault *fault, enum dl3_err err, size_t offset,
                                     const char *expected, const char *came)
{
	if (fault)
		*fault = (struct dl3_fault){
			.err = err, .offset = offset, .expected = expected, .came = came, .has_offset = true
		};
	return err;
}

/* The same with a number behind `came`. */
static inline enum dl3_err dl3i_fail_value(struct dl3_fault *fault, enum dl3_err err, size_t offset,
                                           const char *expected, const char *came, uint64_t value)
{
	dl3i_fail(fault, err, offset, expected, came);
	if (fault) {
		fault->value = value;
		fault->has_value = true;
	}
	return err;
}

/* The same of what lies nowhere: it did not fit into the caller's `cap` octets. */
static inline enum dl3_err dl3i_fail_space(struct dl3_fault *fault, const char *expected, size_t cap)
{
	dl3i_fail_value(fault, DL3_ERR_SPACE, 0, expected, "one of octets:", cap);
	if (fault)
		fault->has_offset = false;
	return DL3_ERR_SPACE;
}

#endif
