/* SPDX-License-Identifier: MIT */
/* Between the files of the HTTP server. */
#ifndef GATEWAY_HTTP_PARTS_H
#define GATEWAY_HTTP_PARTS_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <http_parser.h>
#include <netinet/in.h>

#include "http.h"
#include "net/stream.h"

struct http {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *again;
	SSL_CTX *tls;
	uint32_t max_connections, max_of_address;
	uint32_t request_ms, idle_ms, stall_ms;
	void (*handle)(struct http_exchange *x, void *arg);
	const char *headers;
	void *arg;
	struct http_exchange *first;
	struct http_counts counts;
	bool stopping;
	char address[DL3_ADDRESS_TEXT];
	struct http_host *hosts[256]; /* how many connections each address has */
};

struct http_host {
	struct http_host *next;
	uint8_t address[16];
	uint32_t connections;
};

struct http_view {
	uint32_t at, len;
};

enum http_doing {
	HTTP_HANDSHAKE,
	HTTP_READING,  /* the request, or waits for one */
	HTTP_HANDLING, /* the handler has it */
	HTTP_SENDING,  /* the answer is whole, and goes out */
	HTTP_LINGERING /* all is said; the other end is given time to read it */
};

/* The request, in one block of memory that grows. */
struct http_request {
	char *text;
	size_t len, cap;
	struct http_view path, query;
	struct http_view segments[HTTP_SEGMENTS_MAX];
	uint32_t raw_segments[HTTP_SEGMENTS_MAX]; /* where they begin in the decoded path */
	unsigned segment_count;
	struct http_view keys[HTTP_PARAMETERS_MAX], values[HTTP_PARAMETERS_MAX];
	unsigned parameter_count;
	struct http_view names[HTTP_HEADERS_MAX], fields[HTTP_HEADERS_MAX];
	unsigned header_count;
	struct http_view url, body;
	bool in_value;
};

/* A connection and what is going on on it: at any time there is one exchange. */
struct http_exchange {
	struct http *http;
	struct http_exchange *older, *newer;
	struct http_host *host;
	struct dl3i_stream stream;
	struct event *readable, *writable, *timer;
	bool reads, waits;
	enum http_doing doing;
	http_parser parser;
	struct http_request *request; /* NULL between requests */
	unsigned refused;             /* the status with which what cannot be taken is answered; 0 */
	const char *why;
	struct evbuffer *in, *out;
	char headers[HTTP_REPLY_HEADERS_MAX];
	size_t headers_len;
	bool head_only, keep_alive, chunked, pieces, wants_room;
	bool serving; /* inside the handler, or one of its callbacks: nothing may be freed */
	bool dead;
	unsigned status;
	void (*room)(struct http_exchange *x);
	void (*gone)(struct http_exchange *x);
	void *user;
	char peer[DL3_ADDRESS_TEXT];
};

/* ---- The request: http_request.c ---- */

/* Gives octets to the parser; stops behind a request that is whole. @return how many it took. */
size_t http_parse(struct http_exchange *x, const char *data, size_t len, bool *whole);
void http_parser_start(struct http_exchange *x);
void http_request_free(struct http_exchange *x);
/* Takes the path and the query apart. @return false with refused and why set. */
bool http_request_ready(struct http_exchange *x);

/* ---- The connection: http_conn.c ---- */

void http_conn_begin(struct http *h, evutil_socket_t fd, const struct sockaddr *sa, socklen_t len);
/* Ends it at once. */
void http_conn_destroy(struct http_exchange *x);
/* Goes on with sending, and with the next request when the answer is out. */
void http_conn_pump(struct http_exchange *x);
/* What the answer is made of is complete. */
void http_conn_answered(struct http_exchange *x);

#endif
