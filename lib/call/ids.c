/* SPDX-License-Identifier: MIT */
/*
 * Identifiers of calls. A call has that of the end with which it began, and is found by it. A PBX that has restarted
 * gives identifiers again, while others may still see the call that had one: then the new call's gets a number.
 */
#include <string.h>

#include "call/tracker.h"

#define ID_SIZE 16u

/* The identifier of an end, in `name` if it is to be written. */
static struct dl3_str id_of(const struct dl3i_end *e, char *name)
{
	uint64_t key = e->key;

	if (e->odd)
		return dl3i_text_str(e->odd);
	for (unsigned i = ID_SIZE; i-- > 0; key >>= 4)
		name[i] = "0123456789abcdef"[key & 15];
	return (struct dl3_str){ .ptr = name, .len = ID_SIZE };
}

static bool is_called(const struct dl3i_call *c, const struct dl3i_key *key)
{
	return c->key == key->value && dl3_str_same(dl3i_text_str(c->odd), key->odd);
}

uint32_t dl3i_call_find(const struct dl3_tracker *t, const struct dl3i_key *key)
{
	uint32_t end = dl3i_end_find(t, key), call = end ? dl3i_end_at(t, end)->call : 0;

	if (call && is_called(dl3i_call_at(t, call), key))
		return call;
	call = t->loose > 0 ? t->first_call : 0;
	while (call && !is_called(dl3i_call_at(t, call), key))
		call = dl3i_call_at(t, call)->next;
	return call;
}

void dl3i_call_loosen(struct dl3_tracker *t, struct dl3i_call *c)
{
	t->loose += !c->loose;
	c->loose = true;
}

/* "id.n"; NULL without memory. */
static struct dl3i_text *numbered(struct dl3_tracker *t, struct dl3_str id, unsigned n)
{
	char name[DL3_TRACKER_MAX_TEXT + 12], digits[10];
	size_t len = id.len, count = 0;

	memcpy(name, id.ptr, len);
	name[len++] = '.';
	for (; n > 0; n /= 10)
		digits[count++] = (char)('0' + n % 10);
	while (count > 0)
		name[len++] = digits[--count];
	return dl3i_text_keep(t, name, len);
}

void dl3i_call_name(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_end *e)
{
	char digits[ID_SIZE];
	struct dl3_str id = id_of(e, digits);
	struct dl3i_key key = { .value = e->key, .odd = dl3i_text_str(e->odd) };
	struct dl3i_text *name = dl3i_text_more(e->odd);

	for (unsigned n = 2; t->loose > 0 && dl3i_call_find(t, &key); n++) {
		dl3i_text_drop(t, name);
		name = numbered(t, id, n);
		if (!name)
			break;
		key = dl3i_key_of(dl3i_text_str(name));
		dl3i_call_loosen(t, c);
	}
	c->key = key.value;
	c->odd = name;
}
