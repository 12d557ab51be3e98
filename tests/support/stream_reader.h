/* SPDX-License-Identifier: MIT */
/**
 * @file stream_reader.h
 * The other end of a stream: server-sent events and WebSocket read by parsers that share nothing with the gateway.
 */
#ifndef DL3T_STREAM_READER_H
#define DL3T_STREAM_READER_H

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READER_NO_NUMBER (-1)
#define READER_NULL (-2)

/** One message. */
struct reader_message {
	bool has_id;
	long long id, seq, missed, n; /* READER_NO_NUMBER when it is not there */
	bool at_least;
	char kind[16], what[16], scope[16], detail[256];
	size_t len; /* of its JSON */
};

struct reader {
	int fd;
	bool websocket;
	char *in;
	size_t len, cap;
	struct reader_message *messages;
	size_t count, room;
	unsigned comments, pings, pongs, frames; /* frames of text */
	size_t longest_frame;
	char pong[128];
	size_t pong_len;
	unsigned close_code; /* 0: none yet */
	bool ended;
	/* Of the event that is being read. */
	char event[32];
	long long id;
	char *data;
	size_t data_len;
	bool any;
};

static inline long long reader_number(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	if (json_is_null(v))
		return READER_NULL;
	return json_is_integer(v) ? (long long)json_integer_value(v) : READER_NO_NUMBER;
}

static inline void reader_text(const json_t *object, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_true(snprintf(out, size, "%s", text ? text : "") < (int)size);
}

static inline void reader_keep(struct reader *r, const char *json, size_t len)
{
	json_error_t wrong;
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, &wrong);

	if (!object)
		fail_msg("no JSON: %s: %.*s", wrong.text, (int)(len < 300 ? len : 300), json);
	if (r->count == r->room) {
		r->room = r->room ? r->room * 2 : 64;
		r->messages = realloc(r->messages, r->room * sizeof(*r->messages));
		assert_non_null(r->messages);
	}
	struct reader_message *m = &r->messages[r->count++];
	*m = (struct reader_message){ .id = READER_NO_NUMBER, .len = len };
	m->seq = reader_number(object, "seq");
	m->missed = reader_number(object, "missed");
	m->at_least = json_is_true(json_object_get(object, "at_least"));
	reader_text(object, "kind", m->kind, sizeof(m->kind));
	reader_text(object, "what", m->what, sizeof(m->what));
	reader_text(object, "scope", m->scope, sizeof(m->scope));
	reader_text(object, "detail", m->detail, sizeof(m->detail));
	const json_t *body = json_object_get(object, m->kind);
	m->n = reader_number(body ? body : object, "n");
	if (strcmp(m->kind, "error") != 0)
		assert_true(json_is_real(json_object_get(object, "time")));
	json_decref(object);
}

/* ---- Server-sent events: the HTML standard, section 9.2.6 ---- */

static inline void reader_dispatch(struct reader *r)
{
	if (r->data_len > 0) {
		reader_keep(r, r->data, r->data_len - 1); /* without the last line break */
		struct reader_message *m = &r->messages[r->count - 1];
		assert_string_equal(r->event, m->kind);
		m->has_id = r->id != READER_NO_NUMBER;
		m->id = r->id;
		if (m->has_id)
			assert_int_equal(m->id, m->seq);
	}
	r->data_len = 0;
	r->event[0] = '\0';
	r->id = READER_NO_NUMBER;
}

static inline void reader_field(struct reader *r, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t name = colon ? (size_t)(colon - line) : len;
	const char *value = colon ? colon + 1 : line + len;

	if (value < line + len && *value == ' ')
		value++;
	size_t rest = (size_t)(line + len - value);
	if (name == 0) {
		r->comments++;
	} else if (name == 2 && memcmp(line, "id", 2) == 0) {
		r->id = strtoll(value, NULL, 10);
	} else if (name == 5 && memcmp(line, "event", 5) == 0) {
		assert_true(rest < sizeof(r->event));
		memcpy(r->event, value, rest);
		r->event[rest] = '\0';
	} else if (name == 4 && memcmp(line, "data", 4) == 0) {
		r->data = realloc(r->data, r->data_len + rest + 1);
		assert_non_null(r->data);
		memcpy(r->data + r->data_len, value, rest);
		r->data[r->data_len + rest] = '\n';
		r->data_len += rest + 1;
	} else {
		fail_msg("no field: %.*s", (int)(len < 80 ? len : 80), line);
	}
}

/* @return the octets that it took. */
static inline size_t reader_events(struct reader *r)
{
	size_t at = 0;
	const char *end;

	while ((end = memchr(r->in + at, '\n', r->len - at)) != NULL) {
		size_t len = (size_t)(end - (r->in + at));
		if (len == 0)
			reader_dispatch(r);
		else
			reader_field(r, r->in + at, len);
		at += len + 1;
	}
	return at;
}

/* ---- WebSocket: RFC 6455, section 5.2 ---- */

static inline void reader_lines(struct reader *r, const char *text, size_t len)
{
	r->frames++;
	if (len > r->longest_frame)
		r->longest_frame = len;
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		reader_keep(r, text, line);
		text += line + (end != NULL);
		len -= line + (end != NULL);
	}
}

static inline void reader_frame(struct reader *r, unsigned first, const char *payload, size_t len)
{
	assert_int_equal(first & 0xf0, 0x80); /* whole, and without extensions */
	assert_int_equal(r->close_code, 0);   /* nothing comes behind the end */
	switch (first & 15) {
	case 1:
		reader_lines(r, payload, len);
		break;
	case 8:
		assert_int_not_equal(len, 1);
		r->close_code =
			len == 0 ? 1005
				 : (unsigned)(unsigned char)payload[0] << 8 | (unsigned char)payload[1];
		break;
	case 9:
		r->pings++;
		break;
	case 10:
		r->pongs++;
		assert_true(len < sizeof(r->pong));
		memcpy(r->pong, payload, len);
		r->pong_len = len;
		break;
	default:
		fail_msg("a frame of type %u", first & 15);
	}
}

static inline size_t reader_frames(struct reader *r)
{
	size_t at = 0;

	for (;;) {
		const unsigned char *f = (const unsigned char *)r->in + at;
		size_t have = r->len - at;
		if (have < 2)
			return at;
		assert_int_equal(f[1] & 0x80, 0); /* servers do not mask */
		size_t octets = f[1] == 127 ? 8 : f[1] == 126 ? 2 : 0, len = octets > 0 ? 0 : f[1];
		if (have < 2 + octets)
			return at;
		for (size_t i = 0; i < octets; i++)
			len = len << 8 | f[2 + i];
		assert_true(octets == 0 || len > (octets == 2 ? 125 : 65535));
		if (have - 2 - octets < len)
			return at;
		reader_frame(r, f[0], (const char *)f + 2 + octets, len);
		at += 2 + octets + len;
	}
}

/* ---- Reading ---- */

/** Reads at most so many octets of what has come. @return how many there were. */
static inline size_t reader_read(struct reader *r, size_t most)
{
	if (r->ended || most == 0)
		return 0;
	if (r->cap - r->len < most + 1) {
		r->cap = r->len + most + 1;
		r->in = realloc(r->in, r->cap);
		assert_non_null(r->in);
	}
	ssize_t n = recv(r->fd, r->in + r->len, most, MSG_DONTWAIT);
	if (n < 0 && errno == ECONNRESET)
		n = 0;
	if (n < 0) {
		assert_int_equal(errno, EAGAIN);
		return 0;
	}
	r->ended = n == 0;
	r->len += (size_t)n;
	r->in[r->len] = '\0'; /* numbers are read up to what is none */
	size_t used = r->websocket ? reader_frames(r) : reader_events(r);
	memmove(r->in, r->in + used, r->len - used);
	r->len -= used;
	/* What ends does not end in the middle of something. */
	if (r->ended)
		assert_int_equal(r->len, 0);
	return (size_t)n;
}

static inline void reader_open(struct reader *r, int fd, bool websocket)
{
	*r = (struct reader){ .fd = fd, .websocket = websocket, .id = READER_NO_NUMBER };
}

static inline void reader_close(struct reader *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	free(r->in);
	free(r->messages);
	free(r->data);
	*r = (struct reader){ .fd = -1 };
}

/** Sends a frame as a client: `first` is its first octet, such as 0x81. */
static inline void reader_say(const struct reader *r, unsigned first, const void *payload, size_t len)
{
	unsigned char *f = malloc(len + 14);
	const unsigned char mask[4] = { 0x12, 0x34, 0x56, 0x78 };
	size_t at = 2, octets = len < 126 ? 0 : len < 65536 ? 2 : 8;

	assert_non_null(f);
	f[0] = (unsigned char)first;
	f[1] = (unsigned char)(0x80 | (octets == 0 ? len : octets == 2 ? 126 : 127));
	for (size_t i = 0; i < octets; i++)
		f[at++] = (unsigned char)(len >> (8 * (octets - 1 - i)));
	memcpy(f + at, mask, 4);
	at += 4;
	for (size_t i = 0; i < len; i++)
		f[at + i] = ((const unsigned char *)payload)[i] ^ mask[i & 3];
	assert_int_equal(send(r->fd, f, at + len, MSG_NOSIGNAL), at + len);
	free(f);
}

static inline void reader_say_text(const struct reader *r, const char *text)
{
	reader_say(r, 0x81, text, strlen(text));
}

#endif
