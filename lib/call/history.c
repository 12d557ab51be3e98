/* SPDX-License-Identifier: MIT */
/* A call's history: its first and its last lines are kept, and those between are counted. */
#include <string.h>

#include "call/tracker.h"

static bool make_room(struct dl3_tracker *t, struct dl3i_call *c, size_t want)
{
	size_t cap = c->timeline_cap > 0 ? c->timeline_cap : 6;

	while (cap < want)
		cap *= 2;
	if (cap == c->timeline_cap)
		return true;
	struct dl3i_moment *at =
		dl3i_track_resize(t, c->timeline, c->timeline_cap * sizeof(*at), cap * sizeof(*at));

	if (!at)
		return false;
	c->timeline = at;
	c->timeline_cap = (uint16_t)cap;
	return true;
}

/* The line behind the first half makes room. */
static void leave_out(struct dl3_tracker *t, struct dl3i_call *c, size_t max)
{
	size_t half = max / 2, drop = c->timeline_count - (max - 1);

	memmove(c->timeline + half, c->timeline + half + drop,
	        (c->timeline_count - half - drop) * sizeof(*c->timeline));
	c->timeline_count = (uint16_t)(c->timeline_count - drop);
	c->left_out += (uint32_t)drop;
	t->counts.overflow += drop;
}

void dl3i_moment_add(struct dl3_tracker *t, struct dl3i_call *c, enum dl3_call_what what, int32_t at,
                     uint32_t who, uint32_t other, int64_t cause)
{
	size_t max = t->config.max_timeline;

	if (c->timeline_count >= max)
		leave_out(t, c, max);
	if (!make_room(t, c, c->timeline_count + 1u)) {
		c->left_out++;
		return;
	}
	c->timeline[c->timeline_count++] = (struct dl3i_moment){
		.at = at, .who = who, .other = other, .cause = (int16_t)cause, .what = (uint8_t)what
	};
}

/* ---- Meetings ---- */

/* What it means that somebody meets this end. */
static enum dl3_call_what meeting(const struct dl3i_end *b)
{
	if (dl3i_is_voicemail(b))
		return DL3_CALL_DID_VOICEMAIL;
	if (dl3i_is_park_slot(b))
		return DL3_CALL_DID_PARK;
	return dl3i_is_conference(b) ? DL3_CALL_DID_CONFERENCE : DL3_CALL_DID_ANSWER;
}

/* Of a conference the line is the one's who goes there, of all else the other's. */
static bool is_of_other(enum dl3_call_what what)
{
	return what != DL3_CALL_DID_CONFERENCE;
}

void dl3i_moment_meet(struct dl3_tracker *t, struct dl3i_call *c, uint32_t a, uint32_t b, int32_t at)
{
	enum dl3_call_what what = meeting(dl3i_end_at(t, b));

	dl3i_moment_add(t, c, what, at, is_of_other(what) ? b : a, is_of_other(what) ? a : b, -1);
}

void dl3i_moments_reread(struct dl3_tracker *t, struct dl3i_call *c)
{
	for (size_t i = 0; i < c->timeline_count; i++) {
		struct dl3i_moment *m = &c->timeline[i];
		enum dl3_call_what was = (enum dl3_call_what)m->what;

		if (was != DL3_CALL_DID_ANSWER && was != DL3_CALL_DID_PARK && was != DL3_CALL_DID_VOICEMAIL &&
		    was != DL3_CALL_DID_CONFERENCE)
			continue;
		uint32_t b = is_of_other(was) ? m->who : m->other, a = is_of_other(was) ? m->other : m->who;
		if (!b)
			continue;
		enum dl3_call_what what = meeting(dl3i_end_at(t, b));
		m->what = (uint8_t)what;
		m->who = is_of_other(what) ? b : a;
		m->other = is_of_other(what) ? a : b;
	}
}

/* ---- Looking ---- */

/* The last line of a hold; SIZE_MAX: there is none. */
static size_t last_hold(const struct dl3i_call *c)
{
	size_t i = c->timeline_count;

	while (i-- > 0)
		if (c->timeline[i].what == DL3_CALL_DID_HOLD)
			break;
	return i;
}

uint32_t dl3i_moment_held(const struct dl3i_call *c)
{
	const size_t i = last_hold(c);

	return i != SIZE_MAX ? c->timeline[i].who : 0;
}

void dl3i_moment_not_held(struct dl3i_call *c)
{
	const size_t i = last_hold(c);

	if (i == SIZE_MAX)
		return;
	c->timeline_count--;
	memmove(&c->timeline[i], &c->timeline[i + 1], (c->timeline_count - i) * sizeof(*c->timeline));
}

/* ---- Order ---- */

void dl3i_moment_to_front(struct dl3i_call *c)
{
	if (c->timeline_count < 2)
		return;
	struct dl3i_moment last = c->timeline[c->timeline_count - 1];

	memmove(c->timeline + 1, c->timeline, (c->timeline_count - 1u) * sizeof(last));
	c->timeline[0] = last;
}

void dl3i_moments_merge(struct dl3_tracker *t, struct dl3i_call *c, struct dl3i_call *from)
{
	size_t i = c->timeline_count, j = from->timeline_count, n = i + j;

	c->left_out += from->left_out;
	if (n > UINT16_MAX || !make_room(t, c, n)) {
		c->left_out += (uint32_t)j;
		return;
	}
	c->timeline_count = (uint16_t)n;
	while (j > 0) { /* from behind, so that nothing is overwritten that is still to be moved */
		bool mine = i > 0 && c->timeline[i - 1].at > from->timeline[j - 1].at;

		c->timeline[--n] = mine ? c->timeline[--i] : from->timeline[--j];
	}
	if (c->timeline_count > t->config.max_timeline)
		leave_out(t, c, t->config.max_timeline + 1u);
}

void dl3i_moments_forget(struct dl3i_call *c, uint32_t end)
{
	for (size_t i = 0; i < c->timeline_count; i++) {
		if (c->timeline[i].who == end)
			c->timeline[i].who = 0;
		if (c->timeline[i].other == end)
			c->timeline[i].other = 0;
	}
}
