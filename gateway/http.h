/* SPDX-License-Identifier: MIT */
/*
 * A small HTTP/1.1 server: parsing is http-parser's, the loop libevent's, TLS OpenSSL's. libevent's own
 * server was tried first; it neither limits connections nor the time that a request as a whole may take, nor can a
 * connection be taken from it when the answer is a stream.
 *
 * One exchange at a time on a connection. The handler is called when a request is whole; it answers at once or later,
 * and an exchange lives until its answer has been given, or `gone` was called.
 *
 * All of it belongs to the loop's thread.
 */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include <devlink3/event.h>
#include <event2/util.h>
#include <openssl/ssl.h>

struct event_base;
struct http;
struct http_exchange;

/* A request line and its headers: what browsers send of cookies and more fits several times. */
#define HTTP_HEAD_MAX 16384u
/* Nothing here takes large bodies. */
#define HTTP_BODY_MAX 65536u
#define HTTP_HEADERS_MAX 64u
#define HTTP_PARAMETERS_MAX 64u
#define HTTP_SEGMENTS_MAX 24u
/* Headers that an answer may have besides those that are always there. */
#define HTTP_REPLY_HEADERS_MAX 2048u
#define HTTP_CONNECTIONS 30000u
#define HTTP_CONNECTIONS_OF_ADDRESS 20000u
/* A request as a whole, with the TLS handshake before the first. */
#define HTTP_REQUEST_MS 10000u
/* Between one request and the next. */
#define HTTP_IDLE_MS 60000u
/* An answer of which nothing is taken. */
#define HTTP_STALL_MS 30000u
/* What an answer that is made in pieces may have waiting. */
#define HTTP_PENDING 65536u

struct http_config {
	const char *address; /* "127.0.0.1:8080"; port 0 picks one */
	/* What it needs of it is kept; NULL: in the clear. */
	const struct dl3_tls *tls;
	/* Zeros stand for the defaults above. */
	uint32_t max_connections, max_of_address;
	uint32_t request_ms, idle_ms, stall_ms;
	/* A request is whole. Must give an answer now or later. */
	void (*handle)(struct http_exchange *x, void *arg);
	/* Every answer's last headers, CRLF at the end of each; NULL: none. Must outlive the server. */
	const char *headers;
	void *arg;
};

/* @return NULL with one line in `error`. */
struct http *http_new(struct event_base *base, const struct http_config *config, char *error,
                      size_t error_size);
/* Where it listens; lives as long as the server. */
const char *http_address(const struct http *h);
/* For connections from now on. */
void http_set_tls(struct http *h, const struct dl3_tls *tls);
/* Takes no further connection; those that are there end with the answer they are at. */
void http_stop(struct http *h);
/* Ends everything; `gone` is called of exchanges that have no answer yet. NULL is allowed. */
void http_free(struct http *h);

struct http_counts {
	uint32_t connections;
	uint64_t accepted, turned_away, requests, timed_out, malformed;
	uint64_t answers[6]; /* by the hundreds of their status; [0]: none was given */
};
struct http_counts http_counts(const struct http *h);

/* ---- A request ---- */

const char *http_method(const struct http_exchange *x);
/* Decoded, and without the query. What is no path (no slash, a NUL, no UTF-8) has been refused already. */
struct dl3_str http_path(const struct http_exchange *x);
/* The path's parts, each decoded: "v1", "calls", ... Absent past the last. */
struct dl3_str http_segment(const struct http_exchange *x, unsigned index);
/* The decoded rest of the path from a part on, with its slashes. */
struct dl3_str http_rest(const struct http_exchange *x, unsigned index);
/* The query's parameters in their order, decoded. @return false past the last. */
bool http_parameter(const struct http_exchange *x, unsigned index, struct dl3_str *key,
                    struct dl3_str *value);
/* The last one of that name; absent when there is none. */
struct dl3_str http_query(const struct http_exchange *x, const char *key);
/* Absent when there is none. The name in small letters. */
struct dl3_str http_header(const struct http_exchange *x, const char *name);
struct dl3_str http_body(const struct http_exchange *x);
/* The other end's address, with its port. */
const char *http_peer(const struct http_exchange *x);
bool http_encrypted(const struct http_exchange *x);

/* A pointer of the handler's; NULL at first. */
void http_set_user(struct http_exchange *x, void *user);
void *http_user(const struct http_exchange *x);
/* To be called when the other end has gone before the answer was whole; the exchange is not to be used any more. */
void http_on_gone(struct http_exchange *x, void (*gone)(struct http_exchange *x));

/* ---- The answer ---- */

/* A header of the answer; what is past HTTP_REPLY_HEADERS_MAX is an error of ours and left out. */
void http_set(struct http_exchange *x, const char *name, const char *value);
/* The whole answer. The body is copied. The exchange is over. */
void http_reply(struct http_exchange *x, unsigned status, const char *type, struct dl3_str body);
/* The same with octets that live as long as the program. */
void http_reply_static(struct http_exchange *x, unsigned status, const char *type, const void *data,
                       size_t len);
/* The same with the contents of a buffer, which is empty then. */
struct evbuffer;
void http_reply_buffer(struct http_exchange *x, unsigned status, const char *type, struct evbuffer *body);
/* RFC 9457: an object with type, title, status and detail. */
void http_problem(struct http_exchange *x, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An answer in pieces, of a length that is not known. `room` is called when there is room again behind a
 * http_write() that said there is none, never from inside of it. */
void http_begin(struct http_exchange *x, unsigned status, const char *type,
                void (*room)(struct http_exchange *x));
/* Takes all of it in any case. @return whether there is room for more at once. */
bool http_write(struct http_exchange *x, const void *data, size_t len);
void http_end(struct http_exchange *x);
/* It cannot be ended as it should: the connection breaks, so that nobody takes the piece for the whole. */
void http_break(struct http_exchange *x);

/* The connection itself, for an answer that is a stream. Octets that came behind the request are copied. The
 * exchange is over. To be called before any answer. */
struct http_taken {
	evutil_socket_t fd;
	SSL *ssl;
	size_t input_len;
	char input[HTTP_HEAD_MAX];
};
void http_take(struct http_exchange *x, struct http_taken *out);

/* ---- What is of use elsewhere ---- */

/* "OK", "Not Found", ... */
const char *http_status_text(unsigned status);

#endif
