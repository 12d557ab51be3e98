/* SPDX-License-Identifier: MIT */
#include <devlink3/wire.h>

#include "base/octets.h"

#define LONG_FORM 0x80u
#define SHORT_HEADER 3u
#define LONG_HEADER 4u

static enum dl3_err need(struct dl3_frame *out, size_t header, size_t size)
{
	*out = (struct dl3_frame){ .header = header, .size = size };
	return DL3_NEED_MORE;
}

static enum dl3_err wrong_discriminator(struct dl3_fault *fault, uint8_t came)
{
	dl3i_fail_value(fault, DL3_ERR_DISCRIMINATOR, 0, "the discriminator 0x49", "the octet", came);
	if (fault)
		fault->is_code = true;
	return DL3_ERR_DISCRIMINATOR;
}

enum dl3_err dl3_frame_decode(const void *data, size_t len, struct dl3_frame *out, struct dl3_fault *fault)
{
	const uint8_t *p = data;

	if (len == 0)
		return need(out, 0, SHORT_HEADER);
	if (p[0] != DL3_DISCRIMINATOR)
		return wrong_discriminator(fault, p[0]);
	if (len < SHORT_HEADER)
		return need(out, 0, len == 2 && p[1] & LONG_FORM ? LONG_HEADER : SHORT_HEADER);

	size_t header = p[1] & LONG_FORM ? LONG_HEADER : SHORT_HEADER;
	if (len < header)
		return need(out, 0, header);
	size_t size = (size_t)p[1] << 8 | p[2];
	if (header == LONG_HEADER)
		size = (size_t)(p[1] & 0x7fu) << 15 | (size_t)(p[2] & 0x7fu) << 8 | p[3];
	if (size < header)
		return dl3i_fail_value(fault, DL3_ERR_LENGTH, 1, "a frame length of at least its header's",
		                       "the length", size);
	if (len < size)
		return need(out, header, size);
	*out = (struct dl3_frame){ .payload = { p + header, size - header }, .header = header, .size = size };
	return DL3_OK;
}

size_t dl3_frame_header(size_t payload_len, uint8_t out[DL3_FRAME_HEADER_MAX])
{
	out[0] = DL3_DISCRIMINATOR;
	if (payload_len <= DL3_FRAME_SHORT_MAX - SHORT_HEADER) {
		size_t size = payload_len + SHORT_HEADER;
		out[1] = (uint8_t)(size >> 8);
		out[2] = (uint8_t)size;
		return SHORT_HEADER;
	}
	if (payload_len > DL3_PAYLOAD_MAX)
		return 0;
	size_t size = payload_len + LONG_HEADER;
	out[1] = (uint8_t)(size >> 15 | LONG_FORM);
	out[2] = (uint8_t)(size >> 8 & 0x7f);
	out[3] = (uint8_t)size;
	return LONG_HEADER;
}
