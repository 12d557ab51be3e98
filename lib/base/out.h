/* SPDX-License-Identifier: MIT */
/* Output to a caller's buffer: counts what it would have written when the buffer is full. */
#ifndef DL3I_BASE_OUT_H
#define DL3I_BASE_OUT_H

#include <devlink3/base.h>
#include <string.h>

struct dl3i_out {
	char *buf;
	size_t cap;
	size_t len; /* what was asked for; may exceed cap */
};

static inline struct dl3i_out dl3i_out_to(void *buf, size_t cap)
{
	return (struct dl3i_out){ .buf = buf, .cap = cap, .len = 0 };
}

static inline void dl3i_put(struct dl3i_out *o, const void *data, size_t n)
{
	if (o->len < o->cap && n > 0) {
		size_t room = o->cap - o->len;
		memcpy(o->buf + o->len, data, n < room ? n : room);
	}
	o->len += n;
}

static inline void dl3i_put_char(struct dl3i_out *o, char c)
{
	if (o->len < o->cap)
		o->buf[o->len] = c;
	o->len++;
}

static inline void dl3i_put_z(struct dl3i_out *o, const char *z)
{
	dl3i_put(o, z, strlen(z));
}

static inline enum dl3_err dl3i_out_err(const struct dl3i_out *o)
{
	return o->len > o->cap ? DL3_ERR_SPACE : DL3_OK;
}

/* Numbers as ASCII; no stdio in the library. */
void dl3i_put_unsigned(struct dl3i_out *o, uint64_t value);
void dl3i_put_signed(struct dl3i_out *o, int64_t value);
void dl3i_put_hex(struct dl3i_out *o, uint64_t value);

#endif
