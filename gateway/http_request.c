/* SPDX-License-Identifier: MIT */
/* A request: from the parser into one block of memory, and what is asked of it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "http_parts.h"

/* ---- Gathering ---- */

static bool refuse(struct http_exchange *x, unsigned status, const char *why)
{
	if (x->refused == 0) {
		x->refused = status;
		x->why = why;
	}
	return false;
}

static bool gather(struct http_exchange *x, struct http_view *view, const char *at, size_t len)
{
	struct http_request *r = x->request;

	if (r->len + len > r->cap) {
		size_t cap = r->cap * 2 > r->len + len ? r->cap * 2 : r->len + len;
		char *wider = realloc(r->text, cap);
		if (!wider)
			return refuse(x, 503, "no memory is left");
		r->text = wider;
		r->cap = cap;
	}
	if (view->len == 0)
		view->at = (uint32_t)r->len;
	memcpy(r->text + r->len, at, len);
	r->len += len;
	view->len += (uint32_t)len;
	return true;
}

static bool gather_head(struct http_exchange *x, struct http_view *view, const char *at, size_t len)
{
	if (x->request->len + len > HTTP_HEAD_MAX)
		return refuse(x, 431, "the request's head is longer than 16384 octets");
	return gather(x, view, at, len);
}

static int on_begin(http_parser *p)
{
	struct http_exchange *x = p->data;

	http_request_free(x);
	x->request = calloc(1, sizeof(*x->request));
	return x->request ? 0 : (refuse(x, 503, "no memory is left"), 1);
}

static int on_url(http_parser *p, const char *at, size_t len)
{
	struct http_exchange *x = p->data;

	return gather_head(x, &x->request->url, at, len) ? 0 : 1;
}

static int on_field(http_parser *p, const char *at, size_t len)
{
	struct http_exchange *x = p->data;
	struct http_request *r = x->request;

	if (r->in_value || r->header_count == 0) {
		if (r->header_count == HTTP_HEADERS_MAX)
			return refuse(x, 431, "the request has more than 64 headers"), 1;
		r->header_count++;
		r->in_value = false;
	}
	return gather_head(x, &r->names[r->header_count - 1], at, len) ? 0 : 1;
}

static int on_value(http_parser *p, const char *at, size_t len)
{
	struct http_exchange *x = p->data;
	struct http_request *r = x->request;

	if (r->header_count == 0)
		return 1;
	r->in_value = true;
	return gather_head(x, &r->fields[r->header_count - 1], at, len) ? 0 : 1;
}

static int on_headers(http_parser *p)
{
	struct http_exchange *x = p->data;
	const struct dl3_str expect = http_header(x, "expect");

	if (p->content_length != UINT64_MAX && p->content_length > HTTP_BODY_MAX)
		return refuse(x, 413, "the body is longer than 65536 octets"), -1;
	/* Who asks before it sends gets its answer; all others are not asked. */
	if (expect.len == 12 && strncasecmp(expect.ptr, "100-continue", 12) == 0)
		(void)evbuffer_add(x->out, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	return 0;
}

static int on_body(http_parser *p, const char *at, size_t len)
{
	struct http_exchange *x = p->data;

	if (x->request->body.len + len > HTTP_BODY_MAX)
		return refuse(x, 413, "the body is longer than 65536 octets"), 1;
	return gather(x, &x->request->body, at, len) ? 0 : 1;
}

static int on_whole(http_parser *p)
{
	struct http_exchange *x = p->data;

	x->keep_alive = http_should_keep_alive(p) != 0 && !x->http->stopping;
	x->head_only = p->method == HTTP_HEAD;
	http_parser_pause(p, 1);
	return 0;
}

void http_parser_start(struct http_exchange *x)
{
	http_parser_init(&x->parser, HTTP_REQUEST);
	x->parser.data = x;
}

size_t http_parse(struct http_exchange *x, const char *data, size_t len, bool *whole)
{
	static const http_parser_settings settings = {
		.on_message_begin = on_begin,
		.on_url = on_url,
		.on_header_field = on_field,
		.on_header_value = on_value,
		.on_headers_complete = on_headers,
		.on_body = on_body,
		.on_message_complete = on_whole,
	};
	size_t used = http_parser_execute(&x->parser, &settings, data, len);
	enum http_errno err = HTTP_PARSER_ERRNO(&x->parser);

	*whole = err == HPE_PAUSED || (err == HPE_OK && x->parser.upgrade != 0);
	if (*whole)
		http_parser_pause(&x->parser, 0);
	else if (err == HPE_HEADER_OVERFLOW)
		(void)refuse(x, 431, "the request's head is too long");
	else if (err != HPE_OK)
		(void)refuse(x, 400, http_errno_description(err));
	return used;
}

void http_request_free(struct http_exchange *x)
{
	if (!x->request)
		return;
	/* There may be a token in it. */
	if (x->request->text)
		OPENSSL_cleanse(x->request->text, x->request->cap);
	free(x->request->text);
	free(x->request);
	x->request = NULL;
}

/* ---- Taking apart ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_utf8(const char *p, size_t len)
{
	const char *end = p + len;
	uint32_t code = 0;

	while (p < end) {
		size_t n = dl3i_utf8_sequence(p, end, &code);
		if (n == 0)
			return false;
		p += n;
	}
	return true;
}

/* Decodes in place. @return false when an escape is none, or what comes out is no text. */
static bool decode(char *text, struct http_view *v, bool plus)
{
	char *at = text + v->at;
	size_t len = 0;

	for (size_t i = 0; i < v->len; i++) {
		char c = at[i];
		if (c == '%') {
			if (i + 2 >= v->len || hex(at[i + 1]) < 0 || hex(at[i + 2]) < 0)
				return false;
			c = (char)(hex(at[i + 1]) * 16 + hex(at[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return false;
		at[len++] = c;
	}
	v->len = (uint32_t)len;
	return is_utf8(at, len);
}

static bool add_segment(struct http_exchange *x, struct http_view v)
{
	struct http_request *r = x->request;

	if (r->segment_count == HTTP_SEGMENTS_MAX)
		return refuse(x, 414, "the path has more than 24 parts");
	r->segments[r->segment_count] = v;
	if (!decode(r->text, &r->segments[r->segment_count], false))
		return refuse(x, 400, "the path is no UTF-8 in percent-encoding");
	r->segment_count++;
	return true;
}

/* The parts are decoded where they are, then the whole is put together again from them. */
static bool take_path(struct http_exchange *x, struct http_view path)
{
	struct http_request *r = x->request;
	const uint32_t end = path.at + path.len;
	uint32_t at = path.at;

	if (path.len == 0 || r->text[at] != '/')
		return refuse(x, 400, "the request names no path");
	while (at < end) {
		const char *slash = memchr(r->text + at + 1, '/', end - at - 1);
		uint32_t to = slash ? (uint32_t)(slash - r->text) : end;
		if (!add_segment(x, (struct http_view){ .at = at + 1, .len = to - at - 1 }))
			return false;
		at = to;
	}
	uint32_t to = path.at;
	for (unsigned i = 0; i < r->segment_count; i++) {
		struct http_view *s = &r->segments[i];
		r->text[to++] = '/';
		memmove(r->text + to, r->text + s->at, s->len);
		s->at = to;
		to += s->len;
	}
	r->path = (struct http_view){ .at = path.at, .len = to - path.at };
	return true;
}

static bool take_query(struct http_exchange *x, struct http_view query)
{
	struct http_request *r = x->request;
	const uint32_t end = query.at + query.len;

	for (uint32_t at = query.at; at < end;) {
		const char *amp = memchr(r->text + at, '&', end - at);
		uint32_t to = amp ? (uint32_t)(amp - r->text) : end;
		const char *is = memchr(r->text + at, '=', to - at);
		uint32_t split = is ? (uint32_t)(is - r->text) : to;
		if (to > at) {
			if (r->parameter_count == HTTP_PARAMETERS_MAX)
				return refuse(x, 414, "the query has more than 64 parameters");
			struct http_view *k = &r->keys[r->parameter_count],
					 *v = &r->values[r->parameter_count];
			*k = (struct http_view){ .at = at, .len = split - at };
			*v = (struct http_view){ .at = is ? split + 1 : to, .len = is ? to - split - 1 : 0 };
			if (!decode(r->text, k, true) || !decode(r->text, v, true))
				return refuse(x, 400, "the query is no UTF-8 in percent-encoding");
			r->parameter_count++;
		}
		at = to + 1;
	}
	return true;
}

bool http_request_ready(struct http_exchange *x)
{
	struct http_request *r = x->request;
	struct http_parser_url parts;

	if (x->parser.http_major != 1)
		return refuse(x, 505, "HTTP/1.1 is spoken here");
	if (x->parser.http_minor > 0 && http_header(x, "host").len == 0)
		return refuse(x, 400, "a request of HTTP/1.1 has a Host");
	http_parser_url_init(&parts);
	if (x->parser.method == HTTP_CONNECT ||
	    http_parser_parse_url(r->text + r->url.at, r->url.len, 0, &parts) != 0)
		return refuse(x, 400, "what is asked for is no URL");
	struct http_view v[2] = { 0 };
	const int fields[2] = { UF_PATH, UF_QUERY };
	for (unsigned i = 0; i < 2; i++)
		if (parts.field_set & (1u << fields[i]))
			v[i] = (struct http_view){ .at = r->url.at + parts.field_data[fields[i]].off,
				                   .len = parts.field_data[fields[i]].len };
	return take_path(x, v[0]) && take_query(x, v[1]);
}

/* ---- Asking ---- */

static struct dl3_str text_of(const struct http_exchange *x, struct http_view v)
{
	return (struct dl3_str){ .ptr = x->request->text + v.at, .len = v.len };
}

static bool is(struct dl3_str s, const char *z)
{
	return s.len == strlen(z) && memcmp(s.ptr, z, s.len) == 0;
}

const char *http_method(const struct http_exchange *x)
{
	return http_method_str((enum http_method)x->parser.method);
}

struct dl3_str http_path(const struct http_exchange *x)
{
	return text_of(x, x->request->path);
}

struct dl3_str http_segment(const struct http_exchange *x, unsigned index)
{
	return index < x->request->segment_count ? text_of(x, x->request->segments[index])
	                                         : (struct dl3_str){ 0 };
}

struct dl3_str http_rest(const struct http_exchange *x, unsigned index)
{
	struct dl3_str from = http_segment(x, index), path = http_path(x);

	if (from.ptr)
		from.len = (uint32_t)(path.ptr + path.len - from.ptr);
	return from;
}

bool http_parameter(const struct http_exchange *x, unsigned index, struct dl3_str *key, struct dl3_str *value)
{
	if (index >= x->request->parameter_count)
		return false;
	*key = text_of(x, x->request->keys[index]);
	*value = text_of(x, x->request->values[index]);
	return true;
}

struct dl3_str http_query(const struct http_exchange *x, const char *key)
{
	struct dl3_str k, v, found = { 0 };

	for (unsigned i = 0; http_parameter(x, i, &k, &v); i++)
		if (is(k, key))
			found = v;
	return found;
}

struct dl3_str http_header(const struct http_exchange *x, const char *name)
{
	const struct http_request *r = x->request;

	for (unsigned i = 0; i < r->header_count; i++)
		if (r->names[i].len == strlen(name) &&
		    strncasecmp(r->text + r->names[i].at, name, r->names[i].len) == 0)
			return text_of(x, r->fields[i]);
	return (struct dl3_str){ 0 };
}

struct dl3_str http_body(const struct http_exchange *x)
{
	return text_of(x, x->request->body);
}

const char *http_peer(const struct http_exchange *x)
{
	return x->peer;
}

bool http_encrypted(const struct http_exchange *x)
{
	return x->stream.ssl != NULL;
}

void http_set_user(struct http_exchange *x, void *user)
{
	x->user = user;
}

void *http_user(const struct http_exchange *x)
{
	return x->user;
}

void http_on_gone(struct http_exchange *x, void (*gone)(struct http_exchange *x))
{
	x->gone = gone;
}
