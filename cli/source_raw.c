/* SPDX-License-Identifier: MIT */
/* Frames out of raw octets. */
#include <string.h>

#include "source.h"

/* Enough of a frame to believe that it is one: header and message code. */
#define GLANCE (DL3_FRAME_HEADER_MAX + 4u)

static bool known_message(const uint8_t *code)
{
	struct dl3_msg msg;
	/* Four octets of code give a type even where the rest of the message is missing. */
	enum dl3_err err = dl3_msg_decode((struct dl3_octets){ code, 4 }, &msg, NULL);

	(void)err;
	return msg.type != DL3_MSG_UNKNOWN;
}

/* Whether a frame with a message that is known seems to begin at `p`, with GLANCE octets there. */
static bool plausible(const uint8_t *p, size_t left)
{
	struct dl3_frame frame = { 0 };
	enum dl3_err err = dl3_frame_decode(p, left, &frame, NULL);

	if (err != DL3_OK && err != DL3_NEED_MORE)
		return false;
	return frame.header > 0 && frame.size >= frame.header + 4 && left >= frame.header + 4 &&
	       known_message(p + frame.header);
}

/*
 * Searches for the next frame. 0x49 occurs inside payloads too, so it must be followed by a
 * length and a known message code. @return 1 when one is found, 0 at the end of the file.
 */
static int search(struct input *in)
{
	for (;;) {
		in->at++;
		if (input_fill(in, GLANCE) != 0)
			return -1;
		const uint8_t *p = input_here(in);
		size_t left = input_left(in);
		if (left == 0)
			return 0;
		const uint8_t *next = memchr(p, DL3_DISCRIMINATOR, left);
		in->at += next ? (size_t)(next - p) : left - 1;
		if (!next)
			continue;
		if (input_fill(in, GLANCE) != 0)
			return -1;
		if (plausible(input_here(in), input_left(in)))
			return 1;
	}
}

/* Framing is lost: says where, and finds the place to go on. */
static int lost(struct input *in, struct source_item *item)
{
	item->fault.offset += item->offset;
	int found = search(in);
	if (found < 0)
		return -1;
	item->resumed = found == 1;
	item->resume = input_place(in);
	return 1;
}

static int cut_short(struct input *in, struct source_item *item)
{
	size_t left = input_left(in);

	item->fault = (struct dl3_fault){
		.err = DL3_ERR_TRUNCATED_FRAME,
		.offset = item->offset,
		.expected = "a whole frame",
		.came = "the end after octets:",
		.value = left,
		.has_value = true,
	};
	in->at = in->len;
	return 1;
}

int source_next_raw(struct input *in, struct source_item *item)
{
	struct dl3_frame frame = { .size = 1 };
	enum dl3_err err = DL3_NEED_MORE;

	while (err == DL3_NEED_MORE) {
		if (input_fill(in, frame.size) != 0)
			return -1;
		item->offset = input_place(in);
		if (input_left(in) == 0)
			return 0;
		if (input_left(in) < frame.size)
			return cut_short(in, item);
		err = dl3_frame_decode(input_here(in), input_left(in), &frame, &item->fault);
	}
	if (err != DL3_OK)
		return lost(in, item);
	item->payload = frame.payload;
	item->header = frame.header;
	in->at += frame.size;
	return 1;
}
