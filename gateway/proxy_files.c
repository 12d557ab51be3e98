/* SPDX-License-Identifier: MIT */
/* Pseudo-files: asked of the PBX on behalf of the applications, each once at a time. */
#include <stdlib.h>
#include <string.h>

#include "proxy_parts.h"

/* gcc's analyser loses sight of what hangs in a list, and takes it for lost. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static void answer(struct proxy_client *c, uint32_t request, bool found, struct dl3_octets contents)
{
	struct dl3_session *s = dl3_conn_session(c->conn);
	enum dl3_err err = DL3_ERR_TOO_LONG;

	if (found)
		err = dl3_server_file(s, request, contents.ptr, contents.len);
	if (!found || err == DL3_ERR_TOO_LONG)
		err = dl3_server_no_file(s, request);
	if (err == DL3_ERR_OUTPUT_LIMIT || err == DL3_ERR_MEMORY) {
		c->proxy->counts.disconnected += err == DL3_ERR_OUTPUT_LIMIT;
		proxy_cut(c);
	}
	dl3_conn_flush(c->conn);
}

static struct proxy_read **find(struct proxy *p, struct dl3_str path)
{
	struct proxy_read **at = &p->reads;

	while (*at && ((*at)->path_len != path.len || memcmp((*at)->path, path.ptr, path.len) != 0))
		at = &(*at)->next;
	return at;
}

static void take_out(struct proxy_read *r)
{
	struct proxy_read **at = &r->proxy->reads;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
}

static void on_file(bool found, struct dl3_octets contents, void *arg)
{
	struct proxy_read *r = arg;

	if (r->proxy)
		take_out(r);
	for (struct proxy_wait *w = r->waits, *next; w; w = next) {
		next = w->next;
		if (w->client)
			answer(w->client, w->request, found, contents);
		free(w);
	}
	free(r);
}

/* @return false without memory. */
static bool wait_for(struct proxy_read *r, struct proxy_client *c, uint32_t request)
{
	struct proxy_wait *w = malloc(sizeof(*w));

	if (!w)
		return false;
	*w = (struct proxy_wait){ .next = r->waits, .client = c, .request = request };
	r->waits = w;
	return true;
}

static struct proxy_read *new_read(struct proxy *p, struct dl3_str path)
{
	struct proxy_read *r = malloc(sizeof(*r) + path.len);

	if (!r)
		return NULL;
	*r = (struct proxy_read){ .next = p->reads, .proxy = p, .path_len = path.len };
	memcpy(r->path, path.ptr, path.len);
	p->reads = r;
	return r;
}

static void give_up(struct proxy_read *r)
{
	static const struct dl3_octets nothing;

	on_file(false, nothing, r);
}

void proxy_read_request(struct proxy_client *c, uint32_t request, struct dl3_str path)
{
	struct proxy *p = c->proxy;
	struct proxy_read *r = path.len > 0 ? *find(p, path) : NULL;
	const bool asked = r != NULL;

	if (!r && p->file && path.len > 0 && path.len <= DL3_NAME_MAX)
		r = new_read(p, path);
	if (!r || !wait_for(r, c, request)) {
		answer(c, request, false, (struct dl3_octets){ 0 });
		if (r && !asked)
			give_up(r);
		return;
	}
	if (!asked &&
	    !p->file(p->arg, (struct dl3_str){ .ptr = r->path, .len = (uint32_t)r->path_len }, on_file, r))
		give_up(r);
}

void proxy_read_forget(struct proxy_client *c)
{
	for (struct proxy_read *r = c->proxy->reads; r; r = r->next)
		for (struct proxy_wait *w = r->waits; w; w = w->next)
			if (w->client == c)
				w->client = NULL;
}

/* Their answers may still come. */
void proxy_reads_finish(struct proxy *p)
{
	for (struct proxy_read *r = p->reads; r; r = r->next)
		r->proxy = NULL;
	p->reads = NULL;
}
