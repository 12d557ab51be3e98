/* SPDX-License-Identifier: MIT */
#include "support/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/guard.h"

static unsigned digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	if (at == NULL) {
		(void)fprintf(stderr, "dl3t_hex: '%c' is no digit\n", c);
		abort();
	}
	return (unsigned)(at - digits);
}

uint8_t *dl3t_hex(const char *hex, size_t *len)
{
	uint8_t *octets = malloc(strlen(hex) / 2 + 1);
	size_t n = 0;

	if (octets == NULL) {
		abort();
	}
	while (*hex != '\0') {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		octets[n++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	uint8_t *copy = dl3t_guard(octets, n);

	free(octets);
	*len = n;
	return copy;
}

struct dl3_str dl3t_wire_text(const char *text)
{
	size_t len = strlen(text);

	return (struct dl3_str){ .ptr = dl3t_guard(text, len), .len = (uint32_t)len, .escaped = true };
}

void dl3t_wire_text_free(struct dl3_str text)
{
	union {
		const char *from;
		void *to;
	} ptr = { .from = text.ptr };

	dl3t_guard_free(ptr.to, text.len);
}
