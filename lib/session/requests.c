/* SPDX-License-Identifier: MIT */
/* Requests that wait for an answer. There are few, so a list that is gone through will do. */
#include <string.h>

#include "session/session.h"

#define REQUESTS_FIRST 8u

static bool grow(struct dl3_session *s, struct dl3i_requests *r)
{
	size_t cap = r->cap > 0 ? r->cap * 2 : REQUESTS_FIRST;
	struct dl3i_request *list = dl3i_resize(s, r->list, r->cap * sizeof(*list), cap * sizeof(*list));

	if (!list)
		return false;
	r->list = list;
	r->cap = cap;
	return true;
}

enum dl3_err dl3i_request_add(struct dl3_session *s, struct dl3i_requests *r,
                              const struct dl3i_request *request)
{
	if (r->count >= s->limits.max_requests)
		return DL3_ERR_REQUEST_LIMIT;
	if (r->count == r->cap && !grow(s, r))
		return DL3_ERR_MEMORY;
	r->list[r->count++] = *request;
	return DL3_OK;
}

struct dl3i_request *dl3i_request_any(struct dl3i_requests *r, uint32_t id)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].id == id)
			return &r->list[i];
	return NULL;
}

struct dl3i_request *dl3i_request_find(struct dl3i_requests *r, uint32_t id, enum dl3i_request_kind kind)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->list[i].id == id && r->list[i].kind == kind)
			return &r->list[i];
	return NULL;
}

void dl3i_request_remove(struct dl3i_requests *r, struct dl3i_request *request)
{
	size_t behind = (size_t)(r->list + r->count - (request + 1));

	memmove(request, request + 1, behind * sizeof(*request));
	r->count--;
}

void dl3i_requests_free(struct dl3_session *s, struct dl3i_requests *r)
{
	if (r->list)
		dl3i_resize(s, r->list, r->cap * sizeof(*r->list), 0);
	*r = (struct dl3i_requests){ 0 };
}
