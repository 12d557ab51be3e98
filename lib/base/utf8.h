/* SPDX-License-Identifier: MIT */
/* UTF-8 that never fails: what is no valid sequence is taken octet by octet as ISO-8859-1. */
#ifndef DL3I_BASE_UTF8_H
#define DL3I_BASE_UTF8_H

#include <devlink3/base.h>

/*
 * Length of the valid sequence at `p`, 1 to 4, with its code point; 0 when there is none
 * (overlong forms, surrogates, code points past U+10FFFF and cut sequences are not valid).
 * `p < end`.
 */
size_t dl3i_utf8_sequence(const char *p, const char *end, uint32_t *code);

/* The code point at `p`, in any case. @return the octets it takes, at least 1. */
size_t dl3i_utf8_next(const char *p, const char *end, uint32_t *code);

/* Writes a code point up to U+10FFFF; a surrogate becomes U+FFFD. @return 1 to 4. */
size_t dl3i_utf8_put(uint32_t code, char out[4]);

#endif
