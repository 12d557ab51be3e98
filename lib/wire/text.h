/* SPDX-License-Identifier: MIT */
/* Places in double-octet text. */
#ifndef DL3I_WIRE_TEXT_H
#define DL3I_WIRE_TEXT_H

#include <devlink3/wire.h>

/* Octets of the double-octet text from which dl3_utf16_decode() made these `len` octets of UTF-8. */
uint64_t dl3i_utf16_octets(const char *text, size_t len);

#endif
