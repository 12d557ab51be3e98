/* SPDX-License-Identifier: MIT */
#include "call/tracker.h"

#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

#define DL3_TRACKER_VALUE(NAME, name, meaning) \
	case DL3_##NAME:                       \
		return name;

const char *dl3_call_direction_name(enum dl3_call_direction direction)
{
	switch (direction) {
#include <devlink3/tables/tracker_direction.def>
	}
	return "unknown";
}

const char *dl3_call_outcome_name(enum dl3_call_outcome outcome)
{
	switch (outcome) {
#include <devlink3/tables/tracker_outcome.def>
	}
	return "unknown";
}

const char *dl3_call_state_name(enum dl3_call_state state)
{
	switch (state) {
#include <devlink3/tables/tracker_state.def>
	}
	return "unknown";
}

const char *dl3_call_what_name(enum dl3_call_what what)
{
	switch (what) {
#include <devlink3/tables/tracker_what.def>
	}
	return "unknown";
}

const char *dl3_user_state_name(enum dl3_user_state state)
{
	switch (state) {
#include <devlink3/tables/tracker_user.def>
	}
	return "unknown";
}
#undef DL3_TRACKER_VALUE

/* ---- Coming and going ---- */

static void *plain_resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	(void)old_size;
	(void)arg;
	if (new_size > 0)
		return realloc(block, new_size);
	free(block);
	return NULL;
}

static void set(uint32_t *value, uint32_t normal, uint32_t most)
{
	if (*value == 0)
		*value = normal;
	if (*value > most)
		*value = most;
}

static void set_limits(struct dl3_tracker_config *c)
{
	set(&c->max_calls, DL3_TRACKER_MAX_CALLS, UINT32_MAX / 4);
	set(&c->max_ends, DL3_TRACKER_MAX_ENDS, UINT16_MAX);
	set(&c->max_timeline, DL3_TRACKER_MAX_TIMELINE, UINT16_MAX);
	if (c->max_timeline < 4)
		c->max_timeline = 4;
	set(&c->max_users, DL3_TRACKER_MAX_USERS, UINT32_MAX / 4);
	set(&c->max_groups, DL3_TRACKER_MAX_GROUPS, UINT32_MAX / 4);
	set(&c->max_nodes, DL3_TRACKER_MAX_NODES, UINT32_MAX / 4);
	set(&c->max_text, DL3_TRACKER_MAX_TEXT, DL3_TRACKER_MAX_TEXT);
	set(&c->max_abandoned, DL3_TRACKER_MAX_ABANDONED, 65536);
	set(&c->max_gone, DL3_TRACKER_MAX_GONE, 1u << 20);
	set(&c->answer_goal_ms, DL3_TRACKER_ANSWER_GOAL_MS, UINT32_MAX);
	set(&c->short_ms, DL3_TRACKER_SHORT_MS, UINT32_MAX);
	set(&c->grace_ms, DL3_TRACKER_GRACE_MS, UINT32_MAX);
	set(&c->clock_tolerance_ms, DL3_TRACKER_CLOCK_TOLERANCE_MS, UINT32_MAX);
	set(&c->stale_ms, DL3_TRACKER_STALE_MS, UINT32_MAX);
	set(&c->delta2_unit_ms, 0, DL3_TRACKER_DELTA2_UNIT_MAX);
}

struct dl3_tracker *dl3_tracker_new(const struct dl3_tracker_config *config,
                                    const struct dl3_allocator *allocator)
{
	struct dl3_allocator a = allocator ? *allocator : (struct dl3_allocator){ .resize = plain_resize };
	struct dl3_tracker *t = a.resize(NULL, 0, sizeof(*t), a.arg);

	if (!t)
		return NULL;
	*t = (struct dl3_tracker){ .allocator = a, .memory = sizeof(*t) };
	if (config)
		t->config = *config;
	set_limits(&t->config);
	t->calls.size = sizeof(struct dl3i_call);
	t->ends.size = sizeof(struct dl3i_end);
	t->meets.size = sizeof(struct dl3i_meet);
	t->users.size = sizeof(struct dl3i_user);
	t->legs.size = sizeof(struct dl3i_leg);
	return t;
}

static void free_calls(struct dl3_tracker *t)
{
	/* Texts go as a whole; what a call holds beside the pools is its views and its history. */
	for (uint32_t i = 1; i < t->calls.used; i++) {
		struct dl3i_call *c = dl3i_call_at(t, i);

		if (c->views)
			dl3i_track_resize(t, c->views, c->more_views * sizeof(*c->views), 0);
		if (c->timeline)
			dl3i_track_resize(t, c->timeline, c->timeline_cap * sizeof(*c->timeline), 0);
	}
}

void dl3_tracker_free(struct dl3_tracker *t)
{
	if (!t)
		return;
	free_calls(t);
	dl3i_groups_free(t);
	dl3i_users_free(t);
	dl3i_pool_free(t, &t->calls);
	dl3i_pool_free(t, &t->ends);
	dl3i_pool_free(t, &t->meets);
	dl3i_legs_free(t);
	if (t->table.buckets)
		dl3i_track_resize(t, t->table.buckets, t->table.bucket_count * sizeof(uint32_t), 0);
	if (t->nodes)
		dl3i_track_resize(t, t->nodes, t->node_cap * sizeof(*t->nodes), 0);
	dl3i_list_free(t, &t->gone, sizeof(struct dl3i_gone));
	dl3i_list_free(t, &t->orphans, sizeof(struct dl3i_orphan));
	dl3i_list_free(t, &t->waiting, sizeof(struct dl3i_sip));
	dl3i_list_free(t, &t->tell_sip, sizeof(struct dl3i_sip));
	if (t->shown.room)
		dl3i_track_resize(t, t->shown.room, t->shown.cap, 0);
	dl3i_texts_free(t);
	t->allocator.resize(t, sizeof(*t), 0, t->allocator.arg);
}

/* ---- Records ---- */

enum dl3_err dl3_tracker_record(struct dl3_tracker *t, int64_t now_ms, uint32_t pbx, uint32_t counter,
                                const struct dl3_record *record)
{
	(void)counter; /* the session has left out what came twice, and what comes twice all the same changes nothing */
	t->poor = false;
	t->fed = true;
	t->counts.records++;
	dl3i_clock_arrive(t, now_ms);
	dl3i_sweep(t);
	switch (record->kind) {
	case DL3_KIND_DETAIL:
		dl3i_take_detail(t, pbx, &record->u.detail);
		break;
	case DL3_KIND_CALL_LOST:
		dl3i_take_call_lost(t, pbx, &record->u.call_lost);
		break;
	case DL3_KIND_LINK_LOST:
		dl3i_take_link_lost(t, pbx, &record->u.link_lost);
		break;
	case DL3_KIND_ATTEMPT_REJECT:
		dl3i_take_reject(t, pbx, &record->u.attempt_reject);
		break;
	case DL3_KIND_SIPTRACK:
		dl3i_take_siptrack(t, pbx, &record->u.siptrack);
		break;
	case DL3_KIND_DELTA2_S:
		dl3i_take_delta2_s(t, pbx, &record->u.delta2_s);
		break;
	case DL3_KIND_DELTA2_D:
	case DL3_KIND_DELTA2_A:
		dl3i_take_delta2_ends(t, pbx, &record->u.delta2_ends, record->kind == DL3_KIND_DELTA2_A);
		break;
	case DL3_KIND_CMEXTN:
		dl3i_user_cmextn(t, record->u.cmextn.text, record->u.cmextn.text);
		break;
	default:
		break;
	}
	return t->poor ? DL3_ERR_MEMORY : DL3_OK;
}

/* ---- Telling ---- */

static void call_told(struct dl3_tracker *t)
{
	struct dl3i_call *c = dl3i_call_at(t, t->tell_first);

	t->tell_first = c->queued_next;
	if (t->tell_first == 0)
		t->tell_last = 0;
	c->is_queued = false;
	c->tell &= (uint8_t)~DL3I_TELL_CHANGED;
}

static enum dl3_err tell_merged(struct dl3_tracker *t, uint32_t call, struct dl3_tracked *out)
{
	struct dl3i_call *c = dl3i_call_at(t, call);
	uint32_t gone = c->absorbed;
	struct dl3i_call *g = dl3i_call_at(t, gone);

	const bool quiet = dl3i_is_quiet(t, DL3_TRACKED_CALL_MERGED);

	if (!quiet && dl3i_show_call(t, call) != DL3_OK)
		return DL3_ERR_MEMORY;
	out->type = DL3_TRACKED_CALL_MERGED;
	out->call = &t->shown.call;
	if (!quiet)
		out->merged = dl3i_show_id(t, g->key, g->odd);
	c->absorbed = g->next;
	g->next = 0;
	bool told = (g->tell & DL3I_TOLD_BEGAN) != 0;
	dl3i_text_drop(t, t->merged);
	t->merged = dl3i_text_more(g->odd);
	if (g->is_queued)
		g->tell |= DL3I_TELL_NO_MORE;
	else
		dl3i_call_free(t, gone);
	return told && !quiet ? DL3_OK : DL3_END;
}

/* The first call of the queue. @return DL3_END when nothing of it is to be told (any more). */
static enum dl3_err tell_call(struct dl3_tracker *t, struct dl3_tracked *out)
{
	uint32_t call = t->tell_first;
	struct dl3i_call *c = dl3i_call_at(t, call);
	enum dl3_err err;

	if (c->over && c->ended < 0) { /* it has been taken into another */
		call_told(t);
		if (c->tell & DL3I_TELL_NO_MORE)
			dl3i_call_free(t, call);
		return DL3_END;
	}
	if (c->tell & DL3I_TELL_BEGAN) {
		err = dl3i_show_call(t, call);
		if (err != DL3_OK)
			return err;
		c->tell = (uint8_t)((c->tell & ~(DL3I_TELL_BEGAN | DL3I_TELL_CHANGED)) | DL3I_TOLD_BEGAN);
		out->type = DL3_TRACKED_CALL_BEGAN;
	} else if (c->absorbed) {
		return tell_merged(t, call, out);
	} else if (c->tell & DL3I_TELL_ENDED ||
	           (c->tell & DL3I_TELL_CHANGED && !dl3i_is_quiet(t, DL3_TRACKED_CALL_CHANGED))) {
		err = dl3i_show_call(t, call);
		if (err != DL3_OK)
			return err;
		out->type = c->tell & DL3I_TELL_ENDED ? DL3_TRACKED_CALL_ENDED : DL3_TRACKED_CALL_CHANGED;
		c->tell &= DL3I_TOLD_BEGAN;
	} else {
		call_told(t);
		if (c->over)
			dl3i_call_free(t, call);
		return DL3_END;
	}
	out->call = &t->shown.call;
	return DL3_OK;
}

static enum dl3_err tell_user(struct dl3_tracker *t, struct dl3_tracked *out)
{
	uint32_t user = t->tell_user_first;
	enum dl3_err err = dl3i_show_user(t, user);

	if (err != DL3_OK)
		return err;
	t->tell_user_first = dl3i_user_at(t, user)->queued_next;
	if (t->tell_user_first == 0)
		t->tell_user_last = 0;
	dl3i_user_at(t, user)->is_queued = false;
	out->type = DL3_TRACKED_USER_CHANGED;
	out->user = &t->shown.user;
	return DL3_OK;
}

static enum dl3_err tell_group(struct dl3_tracker *t, struct dl3_tracked *out)
{
	uint32_t group = t->tell_group_first;
	enum dl3_err err = dl3i_show_group(t, group);

	if (err != DL3_OK)
		return err;
	t->tell_group_first = t->groups[group - 1].queued_next;
	if (t->tell_group_first == 0)
		t->tell_group_last = 0;
	t->groups[group - 1].is_queued = false;
	out->type = DL3_TRACKED_GROUP_CHANGED;
	out->group = &t->shown.group;
	return DL3_OK;
}

/* What was told last is not needed any more. */
static void drop_told_sip(struct dl3_tracker *t)
{
	struct dl3i_sip *list = t->tell_sip.at;

	if (t->tell_sip_at < t->tell_sip.count)
		return;
	for (size_t i = 0; i < t->tell_sip.count; i++) {
		dl3i_text_drop(t, list[i].odd);
		dl3i_text_drop(t, list[i].sip);
	}
	t->tell_sip.count = t->tell_sip_at = 0;
}

static enum dl3_err tell_sip(struct dl3_tracker *t, struct dl3_tracked *out)
{
	const struct dl3i_sip *s = (struct dl3i_sip *)t->tell_sip.at + t->tell_sip_at;
	struct dl3i_key key = { .value = s->key, .odd = dl3i_text_str(s->odd) };
	uint32_t end = dl3i_end_find(t, &key);

	if (!dl3i_room_reserve(t, 64))
		return DL3_ERR_MEMORY;
	out->type = DL3_TRACKED_SIP;
	out->sip.end = dl3i_show_id(t, s->key, s->odd);
	out->sip.sip_call_id = dl3i_text_str(s->sip);
	if (end) {
		const struct dl3i_call *c = dl3i_call_at(t, dl3i_end_at(t, end)->call);

		out->sip.call = dl3i_show_id(t, c->key, c->odd);
	}
	out->sip.started = s->started;
	out->sip.trunk = s->trunk;
	out->sip.in = s->in;
	t->tell_sip_at++;
	return DL3_OK;
}

/* One by one: compilers empty a struct of this size with an instruction that takes longer than all the rest here. */
static void is_nothing(struct dl3_tracked *out)
{
	const struct dl3_str none = { 0 };

	out->type = DL3_TRACKED_CALL_BEGAN;
	out->call = NULL;
	out->merged = none;
	out->user = NULL;
	out->group = NULL;
	out->sip.end = out->sip.sip_call_id = out->sip.call = none;
	out->sip.started = out->sip.trunk = out->sip.in = false;
}

enum dl3_err dl3_tracker_next(struct dl3_tracker *t, struct dl3_tracked *out)
{
	is_nothing(out);
	t->shown.used = 0;
	drop_told_sip(t);
	while (t->tell_first != 0) {
		enum dl3_err err = tell_call(t, out);

		if (err != DL3_END)
			return err;
		t->shown.used = 0;
		is_nothing(out);
	}
	if (t->tell_sip_at < t->tell_sip.count)
		return tell_sip(t, out);
	if (t->tell_user_first != 0)
		return tell_user(t, out);
	return t->tell_group_first != 0 ? tell_group(t, out) : DL3_END;
}

/* ---- Looking ---- */

static struct dl3_str plain(struct dl3_str s)
{
	s.escaped = false;
	return s;
}

enum dl3_err dl3_tracker_group(struct dl3_tracker *t, struct dl3_str group, struct dl3_str name)
{
	if (group.len == 0)
		return DL3_ERR_ARGUMENT;
	t->poor = false;
	struct dl3i_text *text = dl3i_text_of(t, group), *named = dl3i_text_of(t, name);
	uint32_t index = text ? dl3i_group_of(t, text) : 0;

	dl3i_text_drop(t, text);
	if (index && t->groups[index - 1].name != named) {
		dl3i_text_drop(t, t->groups[index - 1].name);
		t->groups[index - 1].name = dl3i_text_more(named);
		dl3i_group_tell(t, &t->groups[index - 1]);
	}
	dl3i_text_drop(t, named);
	return t->poor ? DL3_ERR_MEMORY : DL3_OK;
}

static enum dl3_err show_call(struct dl3_tracker *t, uint32_t call, const struct dl3_call_info **out)
{
	t->shown.used = 0;
	*out = &t->shown.call;
	return call ? dl3i_show_call(t, call) : DL3_END;
}

enum dl3_err dl3_tracker_walk_calls(struct dl3_tracker *t, struct dl3_tracker_cursor *c,
                                    const struct dl3_call_info **out)
{
	uint32_t i = t->first_call;

	/* The place of the last one, if it is still there, saves the walk. */
	uint32_t hint = (uint32_t)(c->at >> 40);
	uint64_t number = c->at & ((UINT64_C(1) << 40) - 1);
	if (hint != 0 && hint < t->calls.used && dl3i_call_at(t, hint)->number == number &&
	    !dl3i_call_at(t, hint)->over)
		i = dl3i_call_at(t, hint)->next;
	while (i != 0 && dl3i_call_at(t, i)->number <= number)
		i = dl3i_call_at(t, i)->next;
	enum dl3_err err = show_call(t, i, out);

	if (err == DL3_OK)
		c->at = (uint64_t)i << 40 | dl3i_call_at(t, i)->number;
	return err;
}

static uint32_t end_named(const struct dl3_tracker *t, struct dl3_str id)
{
	struct dl3i_key key = dl3i_key_of(plain(id));

	return dl3i_end_find(t, &key);
}

enum dl3_err dl3_tracker_find_call(struct dl3_tracker *t, struct dl3_str id, const struct dl3_call_info **out)
{
	struct dl3i_key key = dl3i_key_of(plain(id));
	uint32_t call = dl3i_call_find(t, &key), end = call ? 0 : dl3i_end_find(t, &key);

	if (end && dl3i_end_at(t, end)->flags & DL3I_END_STARTER)
		call = dl3i_end_at(t, end)->call;
	return show_call(t, call, out);
}

enum dl3_err dl3_tracker_find_end(struct dl3_tracker *t, struct dl3_str id, const struct dl3_call_info **out)
{
	uint32_t end = end_named(t, id);

	return show_call(t, end ? dl3i_end_at(t, end)->call : 0, out);
}

static enum dl3_err show_user(struct dl3_tracker *t, uint32_t user, const struct dl3_user_info **out)
{
	t->shown.used = 0;
	*out = &t->shown.user;
	return user ? dl3i_show_user(t, user) : DL3_END;
}

enum dl3_err dl3_tracker_walk_users(struct dl3_tracker *t, struct dl3_tracker_cursor *c,
                                    const struct dl3_user_info **out)
{
	uint32_t user = (uint32_t)c->at + 1;

	while (user < t->users.used && !dl3i_user_at(t, user)->extension)
		user++;
	if (user >= t->users.used)
		return DL3_END;
	enum dl3_err err = show_user(t, user, out);
	if (err == DL3_OK)
		c->at = user;
	return err;
}

enum dl3_err dl3_tracker_find_user(struct dl3_tracker *t, struct dl3_str extension,
                                   const struct dl3_user_info **out)
{
	return show_user(t, dl3i_user_find(t, plain(extension)), out);
}

static enum dl3_err show_group(struct dl3_tracker *t, uint32_t group, const struct dl3_group_info **out)
{
	t->shown.used = 0;
	*out = &t->shown.group;
	return group ? dl3i_show_group(t, group) : DL3_END;
}

enum dl3_err dl3_tracker_walk_groups(struct dl3_tracker *t, struct dl3_tracker_cursor *c,
                                     const struct dl3_group_info **out)
{
	if (c->at >= t->group_count)
		return DL3_END;
	enum dl3_err err = show_group(t, (uint32_t)c->at + 1, out);

	c->at += err == DL3_OK;
	return err;
}

enum dl3_err dl3_tracker_find_group(struct dl3_tracker *t, struct dl3_str group,
                                    const struct dl3_group_info **out)
{
	return show_group(t, dl3i_group_find(t, plain(group)), out);
}

enum dl3_err dl3_tracker_group_stats(const struct dl3_tracker *t, struct dl3_str group, int64_t from_ms,
                                     int64_t to_ms, struct dl3_group_stats *out)
{
	uint32_t index = dl3i_group_find(t, plain(group));

	if (!index)
		return DL3_END;
	dl3i_group_sum(&t->groups[index - 1], from_ms, to_ms - to_ms % 60000, out);
	return DL3_OK;
}

struct dl3_tracked_counts dl3_tracker_counts(const struct dl3_tracker *t)
{
	struct dl3_tracked_counts c = t->counts;

	c.users = t->users.live;
	c.groups = t->group_count;
	c.nodes = t->node_count;
	return c;
}

size_t dl3_tracker_memory(const struct dl3_tracker *t)
{
	return t->memory;
}
