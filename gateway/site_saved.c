/* SPDX-License-Identifier: MIT */
/*
 * What the tracker knows goes into the store again and again, so that calls that are up go on after a restart, however the
 * last life ended.
 *
 * The store has what was put in order, yet it commits when it likes: after a crash it may have the end of a call that the state
 * has as up. The snapshot ends that call a second time; it is left out, since the first end was the true one.
 */
#include <stdlib.h>
#include <string.h>

#include "net/conn.h"
#include "site_parts.h"

/* While calls are up the state is stored so often even if nothing changes: what is gone at the next start is taken to have
 * ended then. */
#define AGAIN_MS 1000u
/* Of the loop's time saving takes one part in so many at most. */
#define SHARE 20u

/* ---- Saving ---- */

static bool is_due(struct site *s, uint64_t now)
{
	if (!s->store || now < s->save_after_ms)
		return false;
	if (!s->unsaved && (dl3_tracker_counts(s->tracker).calls == 0 || now - s->saved_ms < AGAIN_MS))
		return false;
	return store_open_due(s->store, dl3_str_of(s->name));
}

/* The state in `saved`. @return false when it cannot be had now. */
static bool take_state(struct site *s, size_t *len)
{
	enum dl3_err err = dl3_tracker_save(s->tracker, s->saved, s->saved_cap, len);

	if (err == DL3_ERR_SPACE) {
		const size_t cap = *len + *len / 4;
		uint8_t *wider = realloc(s->saved, cap);
		if (!wider) {
			s->without_memory++;
			return false;
		}
		s->saved = wider;
		s->saved_cap = cap;
		err = dl3_tracker_save(s->tracker, s->saved, s->saved_cap, len);
	}
	return err == DL3_OK;
}

void site_save(struct site *s)
{
	const uint64_t begin = dl3i_now_ms();
	size_t len = 0;

	if (!is_due(s, begin) || !take_state(s, &len))
		return;
	if (!store_put_open(s->store, dl3_str_of(s->name), (struct dl3_octets){ s->saved, len }))
		return;
	s->unsaved = false;
	s->saved_ms = dl3i_now_ms();
	s->save_after_ms = s->saved_ms + (s->saved_ms - begin) * SHARE;
}

/* ---- Restoring ---- */

static size_t list_calls(struct site *s, struct store_known *calls, char (*ids)[SITE_CALL_ID], size_t room)
{
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_call_info *call;
	size_t n = 0;

	while (n < room && dl3_tracker_walk_calls(s->tracker, &at, &call) == DL3_OK) {
		if (call->id.len >= SITE_CALL_ID)
			continue;
		memset(ids[n], 0, SITE_CALL_ID);
		memcpy(ids[n], call->id.ptr, call->id.len);
		calls[n] = (struct store_known){ .id = { .ptr = ids[n], .len = call->id.len },
			                         .started_ms = call->started };
		n++;
	}
	return n;
}

/* Which of the calls that are up by the state have ended by the store. */
static void look_for_ended(struct site *s)
{
	const size_t room = dl3_tracker_counts(s->tracker).calls;
	struct store_known *calls = calloc(room + 1, sizeof(*calls));
	char(*ids)[SITE_CALL_ID] = calloc(room + 1, sizeof(*ids));

	if (!calls || !ids) {
		s->without_memory++;
		free(calls);
		free(ids);
		return;
	}
	const size_t count = list_calls(s, calls, ids, room);
	(void)store_know_ended(s->store, dl3_str_of(s->name), calls, count);
	for (size_t i = 0; i < count; i++)
		if (calls[i].ended)
			memmove(ids[s->over.count++], ids[i], SITE_CALL_ID);
	free(calls);
	s->over.ids = ids;
}

void site_restore(struct site *s, struct dl3_octets state)
{
	if (state.len == 0)
		return;
	s->restored = dl3_tracker_restore(s->tracker, state);
	if (s->restored == DL3_OK && s->store)
		look_for_ended(s);
}

static size_t find_over(const struct site *s, struct dl3_str id)
{
	size_t i = 0;

	while (i < s->over.count && !dl3_str_is(id, s->over.ids[i]))
		i++;
	return i;
}

bool site_knows_over(const struct site *s, struct dl3_str id)
{
	return find_over(s, id) < s->over.count;
}

bool site_is_over(struct site *s, const struct dl3_tracked *told)
{
	const bool ended = told->type == DL3_TRACKED_CALL_ENDED;

	if (!ended && told->type != DL3_TRACKED_CALL_CHANGED)
		return false;
	const size_t i = find_over(s, told->call->id);
	if (i == s->over.count)
		return false;
	/* Until the snapshot is whole, it may still be one that is up. */
	if (ended) {
		s->over.count--;
		memmove(s->over.ids[i], s->over.ids[s->over.count], SITE_CALL_ID);
	}
	return true;
}

void site_over_decided(struct site *s)
{
	const size_t count = s->over.count;

	/* Those that are left were in the snapshot: they are up, whatever the store has. */
	s->over.count = 0;
	for (size_t i = 0; i < count; i++)
		site_tell_call(s, dl3_str_of(s->over.ids[i]));
}

void site_saved_free(struct site *s)
{
	free(s->over.ids);
	free(s->saved);
}
