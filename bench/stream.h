/* SPDX-License-Identifier: MIT */
/* A varied Delta3 stream, made from a seed: the same octets every time. */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct stream {
	uint8_t *octets; /* whole frames, one event each */
	size_t len;
	size_t events;
	size_t text; /* octets of record text in it */
};

/* Makes a stream of at least `want` octets; exits with a message when there is no memory. */
struct stream stream_make(uint64_t seed, size_t want);
void stream_free(struct stream *s);

#endif
