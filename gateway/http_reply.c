/* SPDX-License-Identifier: MIT */
/* Answers. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "http_parts.h"

const char *http_status_text(unsigned status)
{
	return http_status_str((enum http_status)status);
}

void http_set(struct http_exchange *x, const char *name, const char *value)
{
	size_t room = sizeof(x->headers) - x->headers_len;
	int len = snprintf(x->headers + x->headers_len, room, "%s: %s\r\n", name, value);

	/* A line break would begin another header. */
	if (len > 0 && (size_t)len < room && strpbrk(value, "\r\n") == NULL)
		x->headers_len += (size_t)len;
}

static void put_head(struct http_exchange *x, unsigned status, const char *type, bool counted, size_t length)
{
	x->status = status;
	if (status >= 100 && status < 600)
		x->http->counts.answers[status / 100]++;
	(void)evbuffer_add_printf(x->out, "HTTP/1.1 %u %s\r\n", status, http_status_text(status));
	if (type)
		(void)evbuffer_add_printf(x->out, "Content-Type: %s\r\n", type);
	if (counted && status != 304 && status != 204)
		(void)evbuffer_add_printf(x->out, "Content-Length: %zu\r\n", length);
	if (x->chunked)
		(void)evbuffer_add_printf(x->out, "Transfer-Encoding: chunked\r\n");
	if (x->http->stopping)
		x->keep_alive = false;
	if (!x->keep_alive)
		(void)evbuffer_add_printf(x->out, "Connection: close\r\n");
	else if (x->parser.http_minor == 0)
		(void)evbuffer_add_printf(x->out, "Connection: keep-alive\r\n");
	(void)evbuffer_add(x->out, x->headers, x->headers_len);
	if (x->http->headers)
		(void)evbuffer_add(x->out, x->http->headers, strlen(x->http->headers));
	(void)evbuffer_add(x->out, "\r\n", 2);
}

void http_reply(struct http_exchange *x, unsigned status, const char *type, struct dl3_str body)
{
	put_head(x, status, type, true, body.len);
	if (!x->head_only && body.len > 0 && evbuffer_add(x->out, body.ptr, body.len) != 0)
		x->keep_alive = false; /* cut short, which the length tells */
	http_conn_answered(x);
}

void http_reply_static(struct http_exchange *x, unsigned status, const char *type, const void *data,
                       size_t len)
{
	put_head(x, status, type, true, len);
	if (!x->head_only && len > 0 && evbuffer_add_reference(x->out, data, len, NULL, NULL) != 0)
		x->keep_alive = false;
	http_conn_answered(x);
}

void http_reply_buffer(struct http_exchange *x, unsigned status, const char *type, struct evbuffer *body)
{
	put_head(x, status, type, true, evbuffer_get_length(body));
	if (x->head_only)
		(void)evbuffer_drain(body, evbuffer_get_length(body));
	else if (evbuffer_add_buffer(x->out, body) != 0)
		x->keep_alive = false;
	http_conn_answered(x);
}

void http_problem(struct http_exchange *x, unsigned status, const char *format, ...)
{
	char detail[512], text[4096];
	struct dl3i_json j = dl3i_json_to(text, sizeof(text));
	va_list args;

	va_start(args, format);
	(void)vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	dl3i_json_open(&j, '{');
	DL3I_JSON_KEY(&j, "type");
	dl3i_json_z(&j, "about:blank");
	DL3I_JSON_KEY(&j, "title");
	dl3i_json_z(&j, http_status_text(status));
	DL3I_JSON_KEY(&j, "status");
	dl3i_json_unsigned(&j, status);
	DL3I_JSON_KEY(&j, "detail");
	dl3i_json_z(&j, detail);
	dl3i_json_close(&j, '}');
	http_reply(x, status, "application/problem+json",
	           (struct dl3_str){ .ptr = text, .len = (uint32_t)j.out.len });
}

void http_begin(struct http_exchange *x, unsigned status, const char *type,
                void (*room)(struct http_exchange *x))
{
	x->pieces = true;
	x->room = room;
	/* Who speaks HTTP/1.0 sees the end by the connection's. */
	x->chunked = x->parser.http_minor > 0 || x->parser.http_major > 1;
	x->keep_alive = x->keep_alive && x->chunked;
	put_head(x, status, type, false, 0);
	http_conn_answered(x);
	/* The answer has begun and is not whole. */
	x->doing = HTTP_HANDLING;
	x->room = room;
}

bool http_write(struct http_exchange *x, const void *data, size_t len)
{
	if (len > 0 && !x->head_only) {
		if (x->chunked)
			(void)evbuffer_add_printf(x->out, "%zx\r\n", len);
		(void)evbuffer_add(x->out, data, len);
		if (x->chunked)
			(void)evbuffer_add(x->out, "\r\n", 2);
	}
	if (!x->serving)
		event_active(x->writable, EV_WRITE, 0);
	x->wants_room = evbuffer_get_length(x->out) > HTTP_PENDING;
	return !x->wants_room;
}

void http_end(struct http_exchange *x)
{
	if (x->chunked && !x->head_only)
		(void)evbuffer_add(x->out, "0\r\n\r\n", 5);
	http_conn_answered(x);
}

void http_break(struct http_exchange *x)
{
	x->gone = NULL;
	x->doing = HTTP_SENDING;
	x->keep_alive = false;
	http_conn_destroy(x);
}

void http_take(struct http_exchange *x, struct http_taken *out)
{
	out->fd = x->stream.fd;
	out->ssl = x->stream.ssl;
	int n = evbuffer_remove(x->in, out->input, sizeof(out->input));
	out->input_len = n > 0 ? (size_t)n : 0;
	/* The events go before the descriptor gets another owner. */
	(void)event_del(x->readable);
	(void)event_del(x->writable);
	(void)event_del(x->timer);
	x->stream = (struct dl3i_stream){ .fd = -1 };
	x->gone = NULL;
	x->doing = HTTP_LINGERING;
	http_conn_destroy(x);
}
