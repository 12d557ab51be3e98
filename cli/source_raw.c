/* SPDX-License-Identifier: MIT */
/*
 * Frames out of raw octets. A damaged length is the worst that can happen to them: it makes a frame of
 * what are several, or of all that follows. So a frame that does not add up is looked into for others,
 * and one that reaches past the end is searched. Whatever is asked of an octet is asked a bounded
 * number of times, so time stays in proportion to the file.
 */
#include <string.h>

#include "source.h"

/* Enough of a frame to believe that it is one: header and message code. */
#define CODE_LEN 4u
#define GLANCE (DL3_FRAME_HEADER_MAX + CODE_LEN)
/* A message whose checking takes as long as the message is not checked beyond this length, */
#define CHECK_MAX 1024u
/* nor an event beyond so many tuples. */
#define TUPLES_MAX 64

static enum dl3_msg_type type_of(const uint8_t *code)
{
	struct dl3_msg msg;
	/* Four octets of code give a type even where the rest of the message is missing. */
	enum dl3_err err = dl3_msg_decode((struct dl3_octets){ code, CODE_LEN }, &msg, NULL);

	(void)err;
	return msg.type;
}

/* Whether a known message seems to begin at `p`, as far as octets are there. */
bool source_begins(const uint8_t *p, size_t left)
{
	struct dl3_frame frame = { 0 };
	enum dl3_err err = dl3_frame_decode(p, left, &frame, NULL);

	if (err != DL3_OK && err != DL3_NEED_MORE)
		return false;
	if (frame.header == 0)
		return true;
	if (frame.size < frame.header + CODE_LEN)
		return false;
	return left < frame.header + CODE_LEN || type_of(p + frame.header) != DL3_MSG_UNKNOWN;
}

/* Whether a known message begins at `p` for sure, and then how long its frame is; 0 otherwise. */
static size_t frame_size(const uint8_t *p, size_t left)
{
	struct dl3_frame frame = { 0 };
	enum dl3_err err = dl3_frame_decode(p, left, &frame, NULL);

	if (err != DL3_OK && err != DL3_NEED_MORE)
		return 0;
	return frame.header > 0 && left >= frame.header + CODE_LEN && source_begins(p, left) ? frame.size : 0;
}

static bool sound_tuples(struct dl3_octets table)
{
	struct dl3_tuple tuple;

	for (int i = 0; i < TUPLES_MAX; i++) {
		enum dl3_err err = dl3_tuple_next(&table, &tuple, NULL);
		if (err != DL3_OK)
			return err == DL3_END;
		if (strcmp(dl3_tuple_name(tuple.code), "unknown") == 0)
			return false;
	}
	return true;
}

/* Whether a message fills its frame and cannot have filled another: a wrong length would show. */
static bool sound(struct dl3_octets payload)
{
	struct dl3_msg msg;

	static const uint8_t event[CODE_LEN] = { 0x10, 0x30, 0x00, 0x11 };

	if (payload.len < CODE_LEN)
		return false;
	/* Nearly all there is. */
	enum dl3_msg_type type =
		memcmp(payload.ptr, event, CODE_LEN) == 0 ? DL3_MSG_EVENT : type_of(payload.ptr);
	/* These have what they come with, to the end. */
	if (type == DL3_MSG_UNKNOWN || type == DL3_MSG_READ_REPLY)
		return false;
	bool at_once = type == DL3_MSG_EVENT || type == DL3_MSG_TEST_REQUEST || type == DL3_MSG_TEST_REPLY;
	if (!at_once && payload.len > CHECK_MAX)
		return false;
	if (dl3_msg_decode(payload, &msg, NULL) != DL3_OK || msg.rest.len > 0)
		return false;
	return type != DL3_MSG_EVENT || sound_tuples(msg.u.event.tuples);
}

/*
 * 0x49 occurs inside payloads too, so what is taken for a frame in a search must have a message
 * that is known, be whole, and either add up or have the end or another frame behind it. Judges
 * the octets `at` places on by those that `fill` can get. @return 1, 0, or -1 when reading failed.
 */
static int is_frame(struct input *in, size_t at, int (*fill)(struct input *in, size_t want))
{
	if (fill(in, at + GLANCE) != 0)
		return -1;
	size_t size = frame_size(input_here(in) + at, input_left(in) - at);
	if (size == 0 || at + size > DL3_FRAME_MAX)
		return 0;
	if (fill(in, at + size) != 0)
		return -1;
	if (input_left(in) < at + size)
		return 0;
	struct dl3_frame frame;
	if (dl3_frame_decode(input_here(in) + at, size, &frame, NULL) != DL3_OK)
		return 0;
	if (sound(frame.payload))
		return 1;
	if (fill(in, at + size + GLANCE) != 0)
		return -1;
	size_t behind = input_left(in) - at - size;
	return behind > 0 ? source_begins(input_here(in) + at + size, behind) : in->at_end;
}

/* Searches for the next frame, from here on. @return 1 when one is found, 0 at the end, -1 as input_fill(). */
static int find(struct input *in)
{
	for (;;) {
		if (input_fill(in, 1) != 0)
			return -1;
		size_t left = input_left(in);
		if (left == 0)
			return 0;
		const uint8_t *p = input_here(in);
		const uint8_t *next = memchr(p, DL3_DISCRIMINATOR, left);
		in->at += next ? (size_t)(next - p) : left;
		int found = next ? is_frame(in, 0, input_fill) : 0;
		if (found != 0)
			return found;
		if (next)
			in->at++;
	}
}

/*
 * Looks for a frame that begins inside another, of `size` octets, which does not add up. Waits for
 * nothing: a reply with a file does not add up either, and is to be shown when it is there.
 * @return how far in it begins, 0 when there is none, -1 when reading failed.
 */
static ptrdiff_t inside(struct input *in, size_t size)
{
	for (size_t at = 1; at < size; at++) {
		const uint8_t *p = input_here(in);
		const uint8_t *next = memchr(p + at, DL3_DISCRIMINATOR, size - at);
		if (!next)
			return 0;
		at = (size_t)(next - p);
		int found = is_frame(in, at, input_fill_at_hand);
		if (found != 0)
			return found < 0 ? -1 : (ptrdiff_t)at;
	}
	return 0;
}

/* As inside(), for the frame that is next. */
static ptrdiff_t swallowed(struct input *in, const struct dl3_frame *frame)
{
	size_t size = frame->size;

	if (sound(frame->payload))
		return 0;
	enum dl3_msg_type type =
		size < frame->header + CODE_LEN ? DL3_MSG_UNKNOWN : type_of(frame->payload.ptr);
	if (input_fill_at_hand(in, size + GLANCE) != 0)
		return -1;
	/* What may hold anything is believed where another frame follows, or nothing yet. */
	bool open_ended = type == DL3_MSG_UNKNOWN || type == DL3_MSG_READ_REPLY;
	size_t behind = input_left(in) - size;
	if (open_ended && (behind == 0 || source_begins(input_here(in) + size, behind)))
		return 0;
	return inside(in, size);
}

/* Framing is lost here: what to say of it waits until the place to go on is found. */
static int lost(struct input *in, struct source_search *search, const struct source_item *item)
{
	*search = (struct source_search){
		.searching = true,
		.passed_over = search->passed_over,
		.fault = *item,
	};
	in->at++;
	return 0;
}

/* @return as source_next_raw(), but 0 for a search that ends and says nothing. */
static int go_on(struct input *in, struct source_search *search, struct source_item *item)
{
	uint64_t from = input_place(in);
	int found = find(in);

	if (search->silent)
		search->passed_over += input_place(in) - from;
	if (found < 0)
		return -1;
	search->searching = false;
	if (search->silent)
		return 0;
	*item = search->fault;
	item->resumed = found == 1;
	item->resume = input_place(in);
	return 1;
}

static void cut_short(const struct input *in, struct source_item *item)
{
	item->fault = (struct dl3_fault){
		.err = DL3_ERR_TRUNCATED_FRAME,
		.offset = item->offset,
		.expected = "a whole frame",
		.came = "the end after octets:",
		.value = input_left(in),
		.has_offset = true,
		.has_value = true,
	};
}

static int too_long(struct input *in, struct source_item *item, size_t size, size_t next)
{
	item->fault = (struct dl3_fault){
		.err = DL3_ERR_LENGTH,
		.offset = item->offset + 1,
		.expected = "a frame that ends before the next one begins",
		.came = "the length",
		.value = size,
		.has_offset = true,
		.has_value = true,
	};
	in->at += next;
	item->resumed = true;
	item->resume = input_place(in);
	return 1;
}

/* The frame that is next. @return 1 with it or a fault that is told, 0 at the end or a search begun. */
static int next_frame(struct input *in, struct source_search *search, struct source_item *item)
{
	struct dl3_frame frame = { .size = 1 };
	enum dl3_err err = DL3_NEED_MORE;

	while (err == DL3_NEED_MORE) {
		if (input_fill(in, frame.size) != 0)
			return -1;
		item->offset = input_place(in);
		if (input_left(in) == 0)
			return 0;
		if (input_left(in) < frame.size) {
			cut_short(in, item);
			return lost(in, search, item);
		}
		err = dl3_frame_decode(input_here(in), input_left(in), &frame, &item->fault);
	}
	if (err != DL3_OK) {
		item->fault.offset += item->offset;
		return lost(in, search, item);
	}
	ptrdiff_t next = swallowed(in, &frame);
	if (next != 0)
		return next < 0 ? -1 : too_long(in, item, frame.size, (size_t)next);
	/* Reading on may have moved the octets. */
	item->payload = (struct dl3_octets){ input_here(in) + frame.header, frame.size - frame.header };
	item->header = frame.header;
	in->at += frame.size;
	return 1;
}

int source_next_raw(struct input *in, struct source_search *search, struct source_item *item)
{
	int got = search->searching ? go_on(in, search, item) : 0;

	if (got == 0)
		got = next_frame(in, search, item);
	return got == 0 && search->searching ? go_on(in, search, item) : got;
}
