/* SPDX-License-Identifier: MIT */
#include "record_blank.h"

#include <devlink3/wire.h>

#include "base/octets.h"

/* Takes an octet of a header; when that is whole, the payload begins. */
static void take_header(struct record_blank *b, uint8_t octet)
{
	const uint8_t *h = b->header;
	size_t size = 0, header = 3;

	b->header[b->header_len++] = octet;
	if (b->header_len < 3)
		return;
	if (h[1] & 0x80) {
		header = 4;
		if (b->header_len < header)
			return;
		size = (size_t)(h[1] & 0x7f) << 15 | (size_t)(h[2] & 0x7f) << 8 | h[3];
	} else {
		size = (size_t)h[1] << 8 | h[2];
	}
	b->at = 0;
	b->len = size > header ? size - header : 0;
	if (b->len == 0)
		b->header_len = 0;
}

static int is_password(const struct record_blank *b)
{
	return b->at >= RECORD_BLANK_HEAD && dl3i_get32(b->head) == DL3_CODE_AUTH_REQUEST &&
	       dl3i_get32(b->head + 8) == DL3_AUTH_STEP_PLAIN_RESPONSE;
}

static void take_payload(struct record_blank *b, uint8_t *octet)
{
	if (b->at < RECORD_BLANK_HEAD)
		b->head[b->at] = *octet;
	if (is_password(b)) {
		*octet = 0;
		b->blanked++;
	}
	b->at++;
	if (b->at == b->len) {
		b->header_len = 0;
		b->len = 0;
	}
}

void record_blank(struct record_blank *b, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (b->len == 0)
			take_header(b, data[i]);
		else
			take_payload(b, &data[i]);
	}
}
