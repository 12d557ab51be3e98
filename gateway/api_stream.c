/* SPDX-License-Identifier: MIT */
/* Streams: what is asked for, and the handing on of the connection. */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway_parts.h"

/* RFC 6455, section 1.3. */
#define WEBSOCKET_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define HEAD_MAX 1024u

static const char *const known[] = { "kind",   "extension", "group",    "node", "pbx",
	                             "policy", "queue",     "snapshot", "from", NULL };

static bool read_wish(const struct gateway *g, struct http_exchange *x, const struct token_grant *grant,
                      struct consumer_wish *wish)
{
	struct dl3_str key, value, last = http_header(x, "last-event-id");
	char error[240];
	bool ok = api_only(x, known);

	if (!ok)
		return false;
	consumer_wish_init(wish);
	wish->queue = g->config->limits.queue;
	for (unsigned i = 0; ok && http_parameter(x, i, &key, &value); i++)
		ok = consumer_wish_set(wish, key, value, error, sizeof(error));
	/* A browser that comes again says where it was; what it asked for at first is then of no importance. */
	if (ok && last.len > 0) {
		ok = consumer_wish_set(wish, dl3_str_of("from"), last, error, sizeof(error));
		wish->snapshot = false;
	}
	if (!ok) {
		http_problem(x, 400, "%s", error);
		return false;
	}
	if (!api_narrow(x, grant, wish))
		return false;
	consumer_wish_done(wish);
	return true;
}

/* The grant goes with it: it ends when the token does, and a WebSocket may not ask for more later. */
static void hand_on(struct gateway *g, struct http_exchange *x, const struct token_grant *grant,
                    struct consumer_start *start, const char *head)
{
	static struct http_taken taken; /* of the loop's thread, and too large for its stack */

	if (g->stopping || consumers_count(g->consumers) >= consumers_max(g->consumers)) {
		http_set(x, "Retry-After", "5");
		http_problem(x, 503, g->stopping ? "the gateway stops" : "there are too many consumers");
		return;
	}
	if (g->tokens) {
		start->owner = malloc(sizeof(*grant));
		if (!start->owner) {
			http_problem(x, 503, "no memory is left");
			return;
		}
		memcpy(start->owner, grant, sizeof(*grant));
		start->release = free;
	}
	http_take(x, &taken);
	start->fd = taken.fd;
	start->ssl = taken.ssl;
	start->head = dl3_str_of(head);
	start->input = (struct dl3_str){ .ptr = taken.input, .len = (uint32_t)taken.input_len };
	(void)consumer_begin(g->consumers, start);
}

void api_stream(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct consumer_start start = { .encoding = HUB_SSE };
	char head[HEAD_MAX];

	if (!read_wish(g, x, grant, &start.wish))
		return;
	if (strcmp(http_method(x), "HEAD") == 0) {
		http_reply(x, 200, "text/event-stream", (struct dl3_str){ 0 });
		return;
	}
	(void)snprintf(head, sizeof(head),
	               "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
	               "X-Accel-Buffering: no\r\nConnection: close\r\n%s\r\nretry: 2000\n\n",
	               gateway_headers);
	hand_on(g, x, grant, &start, head);
}

/* ---- WebSocket ---- */

static bool has_token(struct dl3_str list, const char *token)
{
	const size_t n = strlen(token);

	for (size_t i = 0; i + n <= list.len; i++)
		if (strncasecmp(list.ptr + i, token, n) == 0 &&
		    (i == 0 || list.ptr[i - 1] == ' ' || list.ptr[i - 1] == ',') &&
		    (i + n == list.len || list.ptr[i + n] == ',' || list.ptr[i + n] == ' '))
			return true;
	return false;
}

/* @return false when it is not 16 octets in base64. */
static bool accept_of(struct dl3_str key, char out[32])
{
	unsigned char digest[SHA_DIGEST_LENGTH];
	char joined[64];

	if (key.len != 24)
		return false;
	int len = snprintf(joined, sizeof(joined), "%.24s" WEBSOCKET_GUID, key.ptr);
	if (!SHA1((const unsigned char *)joined, (size_t)len, digest))
		return false;
	return EVP_EncodeBlock((unsigned char *)out, digest, sizeof(digest)) == 28;
}

void api_ws(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct consumer_start start = { .encoding = HUB_WEBSOCKET };
	char head[HEAD_MAX], accept[32];

	if (!has_token(http_header(x, "upgrade"), "websocket") ||
	    !has_token(http_header(x, "connection"), "upgrade")) {
		http_set(x, "Upgrade", "websocket");
		http_set(x, "Connection", "Upgrade");
		http_problem(x, 426,
		             "this address speaks WebSocket; /v1/stream has the same as server-sent events");
		return;
	}
	if (!dl3_str_is(http_header(x, "sec-websocket-version"), "13")) {
		http_set(x, "Sec-WebSocket-Version", "13");
		http_problem(x, 426, "WebSocket of version 13 is spoken here");
		return;
	}
	if (!accept_of(http_header(x, "sec-websocket-key"), accept)) {
		http_problem(x, 400, "Sec-WebSocket-Key: expected 16 octets in base64");
		return;
	}
	if (!read_wish(g, x, grant, &start.wish))
		return;
	(void)snprintf(head, sizeof(head),
	               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	               "Sec-WebSocket-Accept: %s\r\n\r\n",
	               accept);
	hand_on(g, x, grant, &start, head);
}
