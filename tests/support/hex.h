/* SPDX-License-Identifier: MIT */
/**
 * @file hex.h
 * Octets from hexadecimal text, and what the tests of the wire say again and again.
 */
#ifndef DL3T_HEX_H
#define DL3T_HEX_H

#include <stddef.h>
#include <stdint.h>

#include <devlink3/base.h>

/** The octets of `hex` against an unreadable page; blanks do not count. Freed with
 * dl3t_guard_free(). Ends the program on a bad digit. */
uint8_t *dl3t_hex(const char *hex, size_t *len);

/** A NUL-terminated string's octets against an unreadable page, as text from the wire. */
struct dl3_str dl3t_wire_text(const char *text);
/** Frees what dl3t_wire_text() made. */
void dl3t_wire_text_free(struct dl3_str text);

#endif
