/* SPDX-License-Identifier: MIT */
#include "told.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---- Shapes ---- */

static void must_be_short(const struct told *s, struct dl3_str text)
{
	MUST(text.len <= s->limits.max_text && !text.escaped);
	MUST(text.len == 0 || text.ptr != NULL);
}

static void texts_must_be_short(const struct told *s, struct dl3_call_texts list)
{
	for (size_t i = 0; i < list.count; i++)
		must_be_short(s, list.at[i]);
}

static void json_of_call(const struct dl3_call_info *call, unsigned options)
{
	size_t need = 0, len = 0;

	MUST(dl3_call_json(call, options, NULL, 0, &need) == DL3_ERR_SPACE);
	char *text = malloc(need);

	MUST(text != NULL);
	MUST(dl3_call_json(call, options, text, need, &len) == DL3_OK && len == need);
	must_be_json(text, len);
	free(text);
}

static void times_must_fit(const struct dl3_call_info *c)
{
	MUST(c->duration_ms >= 0 && c->ring_ms >= 0 && c->queue_ms >= 0 && c->talk_ms >= 0 &&
	     c->hold_ms >= 0 && c->voicemail_ms >= 0);
	MUST(c->answered == DL3_NO_TIME || c->answered >= c->started);
	MUST((c->ended == DL3_NO_TIME) == (c->state != DL3_CALL_OVER));
	MUST(c->ended == DL3_NO_TIME || c->ended >= c->started);
	MUST(c->ring_ms <= c->duration_ms && c->queue_ms <= c->duration_ms && c->talk_ms <= c->duration_ms);
	MUST((c->outcome == DL3_CALL_ANSWERED) == (c->answered != DL3_NO_TIME));
	for (size_t i = 0; i < c->segment_count; i++) {
		const struct dl3_call_segment *g = &c->segments[i];

		MUST(g->from >= c->started && g->talk_ms >= 0 && g->hold_ms >= 0 && g->hold_ms <= g->talk_ms);
		MUST(g->to == DL3_NO_TIME ? c->ended == DL3_NO_TIME : g->to >= g->from);
	}
}

static void look_at_call(const struct told *s, const struct dl3_call_info *c)
{
	MUST(c->id.len > 0 && c->id.len < TOLD_ID_MAX);
	MUST(c->ends.count + c->target_count <= s->limits.max_ends);
	MUST(c->segment_count <= s->limits.max_ends && c->parties.count <= s->limits.max_ends);
	MUST(c->timeline_count <= s->limits.max_timeline);
	MUST(c->nodes.count <= s->limits.max_nodes && c->nodes.count <= DL3_TRACKER_CALL_NODES);
	times_must_fit(c);
	must_be_short(s, c->cli);
	must_be_short(s, c->name);
	must_be_short(s, c->group);
	texts_must_be_short(s, c->parties);
	texts_must_be_short(s, c->rejected_by);
	texts_must_be_short(s, c->nodes);
	json_of_call(c, DL3_CALL_JSON_DEFAULT);
	json_of_call(c, DL3_CALL_JSON_RECORD);
}

static void look_at_user(const struct dl3_user_info *u)
{
	size_t need = 0, len = 0;

	MUST(dl3_user_json(u, NULL, 0, &need) == DL3_ERR_SPACE);
	char *text = malloc(need);

	MUST(text != NULL && dl3_user_json(u, text, need, &len) == DL3_OK && len == need);
	must_be_json(text, len);
	free(text);
	MUST((u->state == DL3_USER_IDLE) == (u->call.len == 0));
	MUST(u->state == DL3_USER_IDLE || u->calls > 0);
}

static void look_at_group(const struct told *s, const struct dl3_group_info *g)
{
	size_t need = 0, len = 0;

	MUST(dl3_group_json(g, NULL, 0, &need) == DL3_ERR_SPACE);
	char *text = malloc(need);

	MUST(text != NULL && dl3_group_json(g, text, need, &len) == DL3_OK && len == need);
	must_be_json(text, len);
	free(text);
	MUST(g->abandoned_count <= s->limits.max_abandoned);
	MUST(g->waiting <= s->limits.max_calls && g->talking <= s->limits.max_calls);
	MUST((g->waiting > 0) == (g->waiting_since != DL3_NO_TIME));
}

/* ---- Who is up ---- */

static size_t place_of(const struct told *s, struct dl3_str id)
{
	size_t i = 0;

	while (i < TOLD_CALLS_MAX &&
	       !(strlen(s->up[i]) == id.len && memcmp(s->up[i], id.ptr, id.len) == 0 && id.len > 0))
		i++;
	return i;
}

static void begins(struct told *s, struct dl3_str id)
{
	size_t i = 0;

	if (s->lazy)
		return;
	MUST(place_of(s, id) == TOLD_CALLS_MAX);
	while (i < TOLD_CALLS_MAX && s->up[i][0] != '\0')
		i++;
	MUST(i < TOLD_CALLS_MAX);
	memcpy(s->up[i], id.ptr, id.len);
	s->up[i][id.len] = '\0';
}

static void ends(struct told *s, struct dl3_str id)
{
	size_t i = place_of(s, id);

	if (s->lazy)
		return;
	MUST(i < TOLD_CALLS_MAX);
	s->up[i][0] = '\0';
}

static void take(struct told *s, const struct dl3_tracked *what)
{
	if (what->call)
		look_at_call(s, what->call);
	switch (what->type) {
	case DL3_TRACKED_CALL_BEGAN:
		begins(s, what->call->id);
		break;
	case DL3_TRACKED_CALL_CHANGED:
		MUST(s->lazy || place_of(s, what->call->id) < TOLD_CALLS_MAX);
		break;
	case DL3_TRACKED_CALL_ENDED:
		MUST(what->call->state == DL3_CALL_OVER);
		ends(s, what->call->id);
		break;
	case DL3_TRACKED_CALL_MERGED:
		MUST(s->lazy || place_of(s, what->call->id) < TOLD_CALLS_MAX);
		ends(s, what->merged);
		break;
	case DL3_TRACKED_USER_CHANGED:
		look_at_user(what->user);
		break;
	case DL3_TRACKED_GROUP_CHANGED:
		look_at_group(s, what->group);
		break;
	case DL3_TRACKED_SIP:
		MUST(what->sip.sip_call_id.len > 0);
		break;
	}
}

void told_fetch(struct told *s, size_t most)
{
	struct dl3_tracked what;
	unsigned poor = 0;

	while (most > 0) {
		enum dl3_err err = dl3_tracker_next(s->tracker, &what);

		if (err == DL3_END)
			return;
		/* One allocation fails at most. */
		MUST(err == DL3_OK || (err == DL3_ERR_MEMORY && poor++ == 0));
		if (err == DL3_OK) {
			take(s, &what);
			most--;
		}
	}
}

/* ---- Looking ---- */

/* One allocation fails at most: then the same is tried again. */
#define TRY(call) ((call) == DL3_OK || (call) == DL3_OK)

static size_t walk_calls(struct told *s)
{
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_call_info *call;
	size_t count = 0;

	while (TRY(dl3_tracker_walk_calls(s->tracker, &at, &call))) {
		const struct dl3_call_info *found;
		char id[TOLD_ID_MAX];
		struct dl3_str view = { .ptr = id, .len = call->id.len };

		count++;
		look_at_call(s, call);
		MUST(call->state != DL3_CALL_OVER);
		MUST(s->lazy || place_of(s, call->id) < TOLD_CALLS_MAX);
		memcpy(id, call->id.ptr, call->id.len);
		MUST(TRY(dl3_tracker_find_call(s->tracker, view, &found)));
		MUST(found->id.len == view.len && memcmp(found->id.ptr, id, view.len) == 0);
	}
	return count;
}

static size_t count_up(const struct told *s)
{
	size_t count = 0;

	for (size_t i = 0; i < TOLD_CALLS_MAX; i++)
		count += s->up[i][0] != '\0';
	return count;
}

static void walk_people(struct told *s)
{
	struct dl3_tracker_cursor at = { 0 };
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;
	const struct dl3_call_info *call;

	while (TRY(dl3_tracker_walk_users(s->tracker, &at, &user))) {
		char id[TOLD_ID_MAX];
		struct dl3_str view = { .ptr = id, .len = user->call.len };

		look_at_user(user);
		if (view.len == 0)
			continue;
		MUST(view.len < TOLD_ID_MAX);
		memcpy(id, user->call.ptr, view.len);
		MUST(TRY(dl3_tracker_find_call(s->tracker, view, &call)));
	}
	at = (struct dl3_tracker_cursor){ 0 };
	while (TRY(dl3_tracker_walk_groups(s->tracker, &at, &group)))
		look_at_group(s, group);
}

void told_look(struct told *s)
{
	const struct dl3_tracked_counts counts = dl3_tracker_counts(s->tracker);
	const size_t calls = walk_calls(s);

	MUST(calls == counts.calls && calls <= s->limits.max_calls);
	MUST(s->lazy || calls == count_up(s));
	MUST(counts.began == counts.ended + counts.merged + counts.calls);
	MUST(counts.ends <= calls * s->limits.max_ends);
	MUST(counts.users <= s->limits.max_users);
	MUST(counts.groups <= s->limits.max_groups && counts.nodes <= s->limits.max_nodes);
	walk_people(s);
}
