/* SPDX-License-Identifier: MIT */
#include "store_item.h"

#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 20

static size_t texts_of(struct store_item *i, struct dl3_str *out[TEXTS_MAX])
{
	struct store_call *c = &i->u.call;
	struct store_event *e = &i->u.event;
	struct store_thing *t = &i->u.thing;
	struct dl3_str *of_call[] = { &c->pbx,   &c->id,          &c->direction, &c->outcome,
		                      &c->cli,   &c->name,        &c->did,       &c->dialled,
		                      &c->group, &c->answered_by, &c->tag,       &c->end_party,
		                      &c->json,  &c->account_code };
	struct dl3_str *of_event[] = { &e->pbx, &e->node, &e->kind, &e->call, &e->json, &e->raw };
	struct dl3_str *of_thing[] = { &t->pbx, &t->number, &t->name, &t->json };
	struct dl3_str **from = of_thing;
	size_t count = sizeof(of_thing) / sizeof(of_thing[0]);

	if (i->kind == STORE_CALL) {
		from = of_call;
		count = sizeof(of_call) / sizeof(of_call[0]);
	} else if (i->kind == STORE_EVENT) {
		from = of_event;
		count = sizeof(of_event) / sizeof(of_event[0]);
	} else if (i->kind == STORE_OPEN) {
		out[0] = &i->u.open.pbx;
		return 1;
	}
	memcpy(out, from, count * sizeof(*out));
	return count;
}

/* Texts that are in arrays, or no texts. */
static size_t rest_size(const struct store_item *i)
{
	size_t n = 0;

	if (i->kind == STORE_OPEN)
		return i->u.open.state.len;
	if (i->kind != STORE_CALL)
		return 0;
	n = i->u.call.segment_count * sizeof(struct store_segment) +
	    i->u.call.extension_count * sizeof(struct dl3_str);
	for (size_t k = 0; k < i->u.call.segment_count; k++)
		n += i->u.call.segments[k].who.len;
	for (size_t k = 0; k < i->u.call.extension_count; k++)
		n += i->u.call.extensions[k].len;
	return n;
}

static void move_text(struct dl3_str *s, char **at)
{
	if (!s->ptr)
		return;
	memcpy(*at, s->ptr, s->len);
	s->ptr = *at;
	*at += s->len;
}

/* Arrays first, for their alignment. */
static char *move_arrays(struct store_call *c, char *at)
{
	struct store_segment *segments = (struct store_segment *)(void *)at;
	struct dl3_str *extensions = (struct dl3_str *)(void *)(segments + c->segment_count);

	if (c->segment_count > 0)
		memcpy(segments, c->segments, c->segment_count * sizeof(*segments));
	if (c->extension_count > 0)
		memcpy(extensions, c->extensions, c->extension_count * sizeof(*extensions));
	c->segments = segments;
	c->extensions = extensions;
	at = (char *)(extensions + c->extension_count);
	for (size_t k = 0; k < c->segment_count; k++)
		move_text(&segments[k].who, &at);
	for (size_t k = 0; k < c->extension_count; k++)
		move_text(&extensions[k], &at);
	return at;
}

struct store_item *store_item_new(const struct store_item *like)
{
	struct store_item copy = *like, *item;
	struct dl3_str *texts[TEXTS_MAX];
	size_t count = texts_of(&copy, texts), bytes = sizeof(*item) + rest_size(like);
	char *at;

	for (size_t k = 0; k < count; k++)
		bytes += texts[k]->len;
	item = bytes <= STORE_ITEM_BYTES ? malloc(bytes) : NULL;
	if (!item)
		return NULL;
	*item = copy;
	item->next = NULL;
	item->bytes = bytes;
	at = (char *)(item + 1);
	if (item->kind == STORE_CALL)
		at = move_arrays(&item->u.call, at);
	count = texts_of(item, texts);
	for (size_t k = 0; k < count; k++)
		move_text(texts[k], &at);
	if (item->kind == STORE_OPEN && item->u.open.state.len > 0) {
		memcpy(at, item->u.open.state.ptr, item->u.open.state.len);
		item->u.open.state.ptr = (const uint8_t *)at;
	}
	return item;
}

void store_items_free(struct store_item *first)
{
	while (first) {
		struct store_item *next = first->next;
		free(first);
		first = next;
	}
}
