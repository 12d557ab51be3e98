/* SPDX-License-Identifier: MIT */
/* What WebSocket adds: frames that come, by wslay; and the answers that these want. What goes out otherwise are blocks. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "base/json.h"
#include "consumer_parts.h"

/* A subscription is a list of filters. */
#define MESSAGE_MAX 16384u
/* Answers that wait: pings come one by one, and whoever sends thousands of them has to wait for us. */
#define ANSWERS_MAX 4096u
#define ANSWERS_WAITING 16u
#define ERROR_MAX 240u
/* As JSON, where an octet takes six at most, in a frame. */
#define ERROR_ROOM (ERROR_MAX * 6 + 64)

struct consumer_ws {
	wslay_event_context_ptr context;
	struct consumer *consumer;
	const uint8_t *data; /* what came and was not taken yet */
	size_t len;
	uint8_t answers[ANSWERS_MAX];
	size_t answers_len;
	char error[ERROR_MAX]; /* of a subscription; to be told */
};

/* ---- What wslay calls ---- */

static ssize_t give(wslay_event_context_ptr context, uint8_t *buf, size_t len, int flags, void *arg)
{
	struct consumer_ws *ws = arg;
	size_t n = ws->len < len ? ws->len : len;

	(void)flags;
	if (n == 0) {
		wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(buf, ws->data, n);
	ws->data += n;
	ws->len -= n;
	return (ssize_t)n;
}

static ssize_t take(wslay_event_context_ptr context, const uint8_t *data, size_t len, int flags, void *arg)
{
	struct consumer_ws *ws = arg;
	size_t room = sizeof(ws->answers) - ws->answers_len;
	size_t n = len < room ? len : room;

	(void)flags;
	if (n == 0) {
		wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(ws->answers + ws->answers_len, data, n);
	ws->answers_len += n;
	return (ssize_t)n;
}

/* ---- Subscriptions ---- */

static bool set_text(struct consumer_wish *wish, const char *key, const json_t *value, char *error,
                     size_t size)
{
	if (json_is_string(value))
		return consumer_wish_set(wish, dl3_str_of(key), dl3_str_of(json_string_value(value)), error,
		                         size);
	(void)snprintf(error, size, "%.40s: expected a list of text", key);
	return false;
}

/* A value of {"subscribe": {...}}: text, a number, true or false, or a list of text. */
static bool set_value(struct consumer_wish *wish, const char *key, const json_t *value, char *error,
                      size_t size)
{
	char text[32];

	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			if (!set_text(wish, key, json_array_get(value, i), error, size))
				return false;
		return true;
	}
	struct dl3_str s = { .ptr = text };
	if (json_is_integer(value))
		s.len = (uint32_t)snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		s.len = (uint32_t)snprintf(text, sizeof(text), "%d", json_is_true(value));
	else if (json_is_string(value))
		s = dl3_str_of(json_string_value(value));
	if (s.len > 0 || json_is_string(value))
		return consumer_wish_set(wish, dl3_str_of(key), s, error, size);
	(void)snprintf(error, size, "%.40s: expected text, a number, true or false, or a list of text", key);
	return false;
}

/* A word that means nothing would leave a filter wider than it was meant. */
static bool is_known(const char *key, char *error, size_t size)
{
	static const char *const known[] = { "kind",   "extension", "group",    "node", "pbx",
		                             "policy", "queue",     "snapshot", "from" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(key, known[i]) == 0)
			return true;
	(void)snprintf(
		error, size,
		"expected kind, extension, group, node, pbx, policy, queue, snapshot or from, came '%.40s'",
		key);
	return false;
}

static bool read_wish(const struct consumer *c, json_t *wanted, struct consumer_wish *wish, char *error,
                      size_t size)
{
	consumer_wish_init(wish);
	wish->queue = c->all->queue;
	for (void *i = json_object_iter(wanted); i; i = json_object_iter_next(wanted, i)) {
		const char *key = json_object_iter_key(i);
		if (!is_known(key, error, size) ||
		    !set_value(wish, key, json_object_iter_value(i), error, size))
			return false;
	}
	if (c->all->narrow && !c->all->narrow(c->owner, wish, error, size))
		return false;
	consumer_wish_done(wish);
	return true;
}

static void subscribe(struct consumer_ws *ws, const uint8_t *text, size_t len)
{
	struct consumer_wish wish;
	json_error_t wrong;
	json_t *all = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &wrong);
	json_t *wanted = json_object_get(all, "subscribe");

	if (!all)
		(void)snprintf(ws->error, sizeof(ws->error), "this is no JSON: %.100s", wrong.text);
	else if (!json_is_object(wanted))
		(void)snprintf(ws->error, sizeof(ws->error), "expected {\"subscribe\": {...}}");
	else if (read_wish(ws->consumer, wanted, &wish, ws->error, sizeof(ws->error)) &&
	         !consumer_subscribe(ws->consumer, &wish))
		(void)snprintf(ws->error, sizeof(ws->error), "no memory is left");
	json_decref(all);
}

static void on_message(wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *m,
                       void *arg)
{
	struct consumer_ws *ws = arg;

	(void)context;
	if (m->opcode == WSLAY_CONNECTION_CLOSE)
		ws->consumer->ending = true; /* once its answer has gone */
	else if (m->opcode == WSLAY_TEXT_FRAME)
		subscribe(ws, m->msg, m->msg_length);
	else if (m->opcode == WSLAY_BINARY_FRAME)
		consumer_ws_close(ws->consumer, WSLAY_CODE_UNSUPPORTED_DATA);
}

/* ---- For the consumer ---- */

bool consumer_ws_init(struct consumer *c)
{
	static const struct wslay_event_callbacks callbacks = { .recv_callback = give,
		                                                .send_callback = take,
		                                                .on_msg_recv_callback = on_message };
	struct consumer_ws *ws = calloc(1, sizeof(*ws));

	if (!ws)
		return false;
	ws->consumer = c;
	if (wslay_event_context_server_init(&ws->context, &callbacks, ws) != 0) {
		free(ws);
		return false;
	}
	wslay_event_config_set_max_recv_msg_length(ws->context, MESSAGE_MAX);
	c->ws = ws;
	return true;
}

void consumer_ws_finish(struct consumer *c)
{
	if (!c->ws)
		return;
	wslay_event_context_free(c->ws->context);
	free(c->ws);
	c->ws = NULL;
}

void consumer_ws_close(struct consumer *c, unsigned code)
{
	(void)wslay_event_queue_close(c->ws->context, (uint16_t)code, NULL, 0);
	c->closing = true;
}

bool consumer_ws_feed(struct consumer *c, const uint8_t *data, size_t len)
{
	struct consumer_ws *ws = c->ws;

	ws->data = data;
	ws->len = len;
	int result = wslay_event_recv(ws->context);
	ws->data = NULL;
	/* What cannot be a frame ends it; wslay has queued the reason. */
	if (result != 0 || !wslay_event_get_read_enabled(ws->context))
		c->closing = true;
	return result != WSLAY_ERR_NOMEM;
}

bool consumer_ws_hears(const struct consumer *c)
{
	return wslay_event_get_queued_msg_count(c->ws->context) < ANSWERS_WAITING;
}

/* A subscription that could not be read is answered, as a message. */
static void put_error(struct consumer_ws *ws, struct hub_writer *w)
{
	char text[ERROR_ROOM];
	struct dl3i_json j = dl3i_json_to(text, sizeof(text));

	dl3i_json_open(&j, '{');
	DL3I_JSON_KEY(&j, "kind");
	dl3i_json_z(&j, "error");
	DL3I_JSON_KEY(&j, "detail");
	dl3i_json_z(&j, ws->error);
	dl3i_json_close(&j, '}');
	hub_writer_put(w, "", 0, text, j.out.len);
	ws->error[0] = '\0';
}

struct hub_block *consumer_ws_block(struct consumer *c)
{
	struct consumer_ws *ws = c->ws;
	struct hub_writer w = { .encoding = HUB_WEBSOCKET };

	/* The end is said behind what the consumer is told of it. */
	if ((!c->closing || c->ending) && wslay_event_want_write(ws->context))
		(void)wslay_event_send(ws->context);
	if (ws->answers_len == 0 && ws->error[0] == '\0')
		return NULL;
	struct hub_block *b = hub_block_new(sizeof(ws->answers) + ERROR_ROOM);
	if (!b)
		return NULL;
	memcpy(b->octets, ws->answers, ws->answers_len);
	b->len = ws->answers_len;
	ws->answers_len = 0;
	/* Not in the middle of an answer that does not fit as a whole. */
	if (ws->error[0] == '\0' || wslay_event_want_write(ws->context))
		return b;
	w.out = b->octets + b->len;
	hub_writer_begin(&w);
	put_error(ws, &w);
	hub_writer_end(&w);
	b->len += w.len;
	return b;
}
