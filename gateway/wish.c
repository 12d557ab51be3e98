/* SPDX-License-Identifier: MIT */
/* What a consumer asks for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer.h"

static bool is(struct dl3_str s, const char *z)
{
	return s.len == strlen(z) && memcmp(s.ptr, z, s.len) == 0;
}

static bool wrong(char *error, size_t size, const char *what, const char *expected, struct dl3_str came)
{
	(void)snprintf(error, size, "%s: expected %s, came '%.*s'", what, expected,
	               (int)(came.len < 80 ? came.len : 80), came.len > 0 ? came.ptr : "");
	return false;
}

static bool number(struct dl3_str s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > 19)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	*out = n;
	return n <= max;
}

/* The next value of a list with commas; empty ones are passed over. */
static bool next_value(struct dl3_str *list, struct dl3_str *value)
{
	while (list->len > 0) {
		const char *comma = memchr(list->ptr, ',', list->len);
		size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
		*value = (struct dl3_str){ .ptr = list->ptr, .len = (uint32_t)len };
		list->ptr += len + (comma ? 1 : 0);
		list->len -= (uint32_t)(len + (comma ? 1 : 0));
		if (len > 0)
			return true;
	}
	return false;
}

static bool kinds(struct consumer_wish *w, struct dl3_str list, char *error, size_t size)
{
	struct dl3_str one;

	while (next_value(&list, &one)) {
		enum hub_kind kind = hub_kind_of(one);
		if (kind == HUB_KINDS)
			return wrong(error, size, "kind", "record, call, user, group, link or gap", one);
		/* The first that is named takes the place of what one gets who names none. */
		if (!w->kinds_named)
			w->filter.kinds = 1u << HUB_GAP;
		w->kinds_named = true;
		w->filter.kinds |= 1u << kind;
	}
	return true;
}

static bool values(struct consumer_wish *w, enum hub_dimension d, struct dl3_str list, char *error,
                   size_t size)
{
	struct dl3_str one;

	while (next_value(&list, &one)) {
		if (w->filter.count[d] >= HUB_FILTER_VALUES) {
			(void)snprintf(error, size, "a filter lists at most %u values", HUB_FILTER_VALUES);
			return false;
		}
		w->filter.tags[d][w->filter.count[d]++] = hub_tag(d, one);
	}
	return true;
}

static bool policy(struct consumer_wish *w, struct dl3_str value, char *error, size_t size)
{
	if (is(value, "disconnect"))
		w->policy = CONSUMER_DISCONNECT;
	else if (is(value, "skip"))
		w->policy = CONSUMER_SKIP;
	else if (is(value, "latest"))
		w->policy = CONSUMER_LATEST;
	else
		return wrong(error, size, "policy", "disconnect, skip or latest", value);
	return true;
}

static bool yes_or_no(bool *out, const char *name, struct dl3_str value, char *error, size_t size)
{
	*out = is(value, "1") || is(value, "true");
	return *out || is(value, "0") || is(value, "false") || wrong(error, size, name, "1 or 0", value);
}

bool consumer_wish_set(struct consumer_wish *w, struct dl3_str key, struct dl3_str value, char *error,
                       size_t size)
{
	static const struct {
		const char *name;
		enum hub_dimension dimension;
	} dimensions[] = {
		{ "pbx", HUB_PBX },
		{ "node", HUB_NODE },
		{ "extension", HUB_EXTENSION },
		{ "group", HUB_GROUP_NUMBER },
	};
	uint64_t n = 0;

	for (size_t i = 0; i < HUB_DIMENSIONS; i++)
		if (is(key, dimensions[i].name))
			return values(w, dimensions[i].dimension, value, error, size);
	if (is(key, "kind"))
		return kinds(w, value, error, size);
	if (is(key, "policy"))
		return policy(w, value, error, size);
	if (is(key, "snapshot"))
		return yes_or_no(&w->snapshot, "snapshot", value, error, size);
	if (is(key, "queue")) {
		if (!number(value, CONSUMER_QUEUE_MAX, &n) || n == 0)
			return wrong(error, size, "queue", "a number of messages from 1 to 1000000", value);
		w->queue = (uint32_t)n;
	}
	if (is(key, "from")) {
		if (!number(value, INT64_MAX, &n))
			return wrong(error, size, "from",
			             "the sequence number of the last message that was received", value);
		w->resume = true;
		w->after = n;
	}
	return true;
}

void consumer_wish_init(struct consumer_wish *w)
{
	/* Whole, since filters are compared as memory. */
	memset(w, 0, sizeof(*w));
	w->filter.kinds = (1u << HUB_KINDS) - 1u - (1u << HUB_RECORD);
	w->policy = CONSUMER_SKIP;
	w->queue = CONSUMER_QUEUE;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* So that who wishes for the same in another order, or twice, shares a channel. */
static void sort_values(uint64_t tags[HUB_FILTER_VALUES], uint8_t *count)
{
	uint8_t kept = 0;

	qsort(tags, *count, sizeof(tags[0]), by_value);
	for (uint8_t i = 0; i < *count; i++)
		if (kept == 0 || tags[kept - 1] != tags[i])
			tags[kept++] = tags[i];
	memset(tags + kept, 0, (HUB_FILTER_VALUES - kept) * sizeof(tags[0]));
	*count = kept;
}

void consumer_wish_done(struct consumer_wish *w)
{
	for (unsigned d = 0; d < HUB_DIMENSIONS; d++)
		sort_values(w->filter.tags[d], &w->filter.count[d]);
}
