/* SPDX-License-Identifier: MIT */
/* Socket addresses to text and back. */
#ifndef DL3I_NET_ADDRESS_H
#define DL3I_NET_ADDRESS_H

#include <devlink3/event.h>
#include <stdbool.h>
#include <sys/socket.h>

/** Octets that hold any address as text, with brackets, port and NUL. */
#define DL3I_ADDRESS_TEXT_MAX DL3_ADDRESS_TEXT

struct dl3i_address {
	struct sockaddr_storage sa;
	socklen_t len;
};

/** Reads "127.0.0.1:50797" or "[::1]:0". @return false when it is neither. */
bool dl3i_address_parse(const char *text, struct dl3i_address *out);
/** Writes it as dl3i_address_parse() reads it; "unknown" when the system cannot. */
void dl3i_address_text(const struct sockaddr *sa, socklen_t len, char out[DL3I_ADDRESS_TEXT_MAX]);
/** The host alone, "::1". */
bool dl3i_address_host(const struct dl3i_address *a, char out[DL3I_ADDRESS_TEXT_MAX]);
/** Whether it means every address of the machine. */
bool dl3i_address_any(const struct dl3i_address *a);

#endif
