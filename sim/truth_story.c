/* SPDX-License-Identifier: MIT */
#include "truth_story.h"

#include <stdlib.h>
#include <string.h>

#define NEVER UINT64_MAX
#define TENTH 100u /* milliseconds */

/* Room for one more in a list; without memory the story is poor, and says so in the end. */
static bool make_room(struct sim_story *s, void **at, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return true;
	size_t more = *cap > 0 ? *cap * 2 : 4;
	void *block = realloc(*at, more * size);

	if (!block) {
		s->poor = true;
		return false;
	}
	*at = block;
	*cap = more;
	return true;
}

#define APPEND(s, list, ...)                                                                          \
	do {                                                                                          \
		void *block_ = (s)->list.at;                                                          \
		if (make_room(s, &block_, (s)->list.count, &(s)->list.cap, sizeof(*(s)->list.at))) {  \
			(s)->list.at = block_;                                                        \
			(s)->list.at[(s)->list.count++] = (__VA_ARGS__);                              \
		}                                                                                     \
	} while (0)

struct sim_story *sim_story_new(const struct sim_call *call, uint64_t now)
{
	struct sim_story *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->parts = 1;
	s->number = call->number;
	s->began = now;
	s->ended = s->rang = s->answered = s->went_to_voicemail = s->queued = NEVER;
	s->a_public = call->a && call->a->device == SIM_AT_TRUNK;
	return s;
}

static void free_lists(struct sim_story *s)
{
	free(s->talkers.at);
	free(s->losses.at);
	free(s->voicemail.at);
	free(s->rejected_by.at);
	free(s->nodes.at);
}

void sim_story_free(struct sim_story *s)
{
	while (s) {
		struct sim_story *next = s->taken;

		free_lists(s);
		free(s);
		s = next;
	}
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void take_lists(struct sim_story *s, const struct sim_story *from)
{
	for (size_t i = 0; i < from->talkers.count; i++)
		APPEND(s, talkers, from->talkers.at[i]);
	for (size_t i = 0; i < from->losses.count; i++)
		APPEND(s, losses, from->losses.at[i]);
	for (size_t i = 0; i < from->voicemail.count; i++)
		APPEND(s, voicemail, from->voicemail.at[i]);
	for (size_t i = 0; i < from->rejected_by.count; i++)
		APPEND(s, rejected_by, from->rejected_by.at[i]);
	for (size_t i = 0; i < from->nodes.count; i++) {
		bool known = false;

		for (size_t j = 0; j < s->nodes.count; j++)
			known = known || s->nodes.at[j] == from->nodes.at[i];
		if (!known)
			APPEND(s, nodes, from->nodes.at[i]);
	}
}

static void take_times(struct sim_story *s, const struct sim_story *from)
{
	if (from->answered < s->answered) {
		s->answered = from->answered;
		s->answered_by = from->answered_by;
	}
	s->rang = least(s->rang, from->rang);
	s->queued = least(s->queued, from->queued);
	s->went_to_voicemail = least(s->went_to_voicemail, from->went_to_voicemail);
	s->held += from->held;
	if (from->holding > 0) {
		s->held_since = s->holding > 0 ? least(s->held_since, from->held_since) : from->held_since;
		s->holding += from->holding;
	}
	if (from->last_answer > s->last_answer)
		s->last_answer = from->last_answer;
}

void sim_story_merge(struct sim_story *a, struct sim_story *b)
{
	struct sim_story *s = a->number < b->number ? a : b, *from = s == a ? b : a, *last = from;

	take_lists(s, from);
	take_times(s, from);
	s->parts += from->parts;
	s->b_public = s->b_public || from->b_public || from->a_public;
	s->had_partner = s->had_partner || from->had_partner;
	s->poor = s->poor || from->poor;
	s->offered += from->offered;
	s->rejections += from->rejections;
	s->transfers += from->transfers;
	if (s->order < from->order)
		s->order = from->order;
	if (!s->group)
		s->group = from->group;
	from->into = s;
	while (last->taken)
		last = last->taken;
	last->taken = s->taken;
	s->taken = from;
}

/* ---- What happens ---- */

void sim_story_offered(struct sim_story *s, const struct sim_end *target, uint64_t now)
{
	s->had_partner = true;
	s->offered++;
	s->b_public |= target->device == SIM_AT_TRUNK;
	s->rang = least(s->rang, now);
}

void sim_story_rejected(struct sim_story *s, const struct sim_user *u)
{
	s->rejections++;
	for (size_t i = 0; i < s->rejected_by.count; i++)
		if (s->rejected_by.at[i] == u)
			return;
	APPEND(s, rejected_by, u);
}

void sim_story_queued(struct sim_story *s, uint64_t now)
{
	s->had_partner = true;
	s->queued = least(s->queued, now);
}

void sim_story_voicemail(struct sim_story *s, uint64_t now)
{
	s->had_partner = true;
	s->went_to_voicemail = least(s->went_to_voicemail, now);
}

static struct sim_talker *talker(struct sim_story *s, const char *id)
{
	for (size_t i = s->talkers.count; i-- > 0;)
		if (strcmp(s->talkers.at[i].id, id) == 0)
			return &s->talkers.at[i];
	return NULL;
}

/* Losses and answers in their order, also of stories that become one later. */
static uint64_t next_order(struct sim_story *s, uint64_t now)
{
	uint64_t least_order = now << 16;

	s->order = s->order < least_order ? least_order : s->order + 1;
	return s->order;
}

void sim_story_lost(struct sim_story *s, const struct sim_end *end, int64_t cause, uint64_t now)
{
	struct sim_talker *t = talker(s, end->id);

	APPEND(s, losses,
	       (struct sim_loss){ .order = next_order(s, now), .cause = cause, .answered = s->answered != NEVER });
	if (!t)
		return;
	t->gone = true;
	t->to = now;
}

static void note_end(struct sim_story *s, const struct sim_end *end)
{
	if (!end || talker(s, end->id))
		return;
	struct sim_talker t = { .user = end->device == SIM_AT_USER ? end->user : NULL };

	memcpy(t.id, end->id, sizeof(t.id));
	APPEND(s, talkers, t);
}

static void note_text(char *to, const char *from, size_t size)
{
	if (!to[0])
		memcpy(to, from, size);
}

/* The numbers are those of the end with which it all began. */
static void note_caller(struct sim_story *s, const struct sim_end *a)
{
	if (s->talkers.count == 0 || strcmp(s->talkers.at[0].id, a->id) != 0)
		return;
	note_text(s->cli, a->cli, sizeof(s->cli));
	note_text(s->name, a->name, sizeof(s->name));
	note_text(s->did, a->did, sizeof(s->did));
	note_text(s->dialled, a->dialled, sizeof(s->dialled));
}

static void note_nodes(struct sim_story *s, const struct sim_call *call)
{
	for (size_t i = 0; i < call->view_count; i++) {
		bool known = false;

		for (size_t j = 0; j < s->nodes.count; j++)
			known = known || s->nodes.at[j] == call->views[i].node;
		if (!known)
			APPEND(s, nodes, call->views[i].node);
	}
}

void sim_story_look(struct sim_story *s, const struct sim_call *call, uint64_t now)
{
	note_end(s, call->a);
	note_end(s, call->b);
	note_nodes(s, call);
	if (call->a)
		note_caller(s, call->a);
	if (call->b) {
		s->had_partner = true;
		s->b_public |= call->b->device == SIM_AT_TRUNK;
		s->rang = least(s->rang, now);
	}
	if (call->account_code[0])
		memcpy(s->account, call->account_code, sizeof(s->account));
	if (call->tag[0])
		memcpy(s->tag, call->tag, sizeof(s->tag));
	if (!s->group)
		s->group = call->original_group;
}

/* ---- Who talks with whom ---- */

static bool connected(const struct sim_end *end)
{
	return end && end->state == DL3_STATE_CONNECTED;
}

static bool is_person(const struct sim_end *end)
{
	return end->device == SIM_AT_USER || end->device == SIM_AT_TRUNK;
}

/* Somebody is there who was not there before: an answer, the first or a later one. */
static void met(struct sim_story *s, const struct sim_call *call, uint64_t now)
{
	const struct sim_user *b = call->b->device == SIM_AT_USER ? call->b->user : NULL;
	const struct sim_user *a = call->a->device == SIM_AT_USER ? call->a->user : NULL;

	s->last_answer = next_order(s, now);
	if (s->answered == NEVER) {
		s->answered = now;
		s->answered_by = b;
	}
	/* What somebody passed on has arrived with somebody else; who is on the other side has not moved. */
	if (s->moved && s->moved_from != b && s->moved_from != a)
		s->transfers++;
	s->moved = false;
}

static void talks(struct sim_story *s, const struct sim_end *end, uint64_t now)
{
	struct sim_talker *t = talker(s, end->id);

	if (!t || t->talked)
		return;
	t->talked = true;
	t->from = now;
}

static void watch_pair(struct sim_part *p, struct sim_story *s, const struct sim_call *call, uint64_t now)
{
	if (!connected(call->a) || !connected(call->b))
		return;
	bool new_pair = strcmp(p->pair[0], call->a->id) != 0 || strcmp(p->pair[1], call->b->id) != 0;

	if (new_pair && is_person(call->b))
		met(s, call, now);
	memcpy(p->pair[0], call->a->id, SIM_END_ID_SIZE);
	memcpy(p->pair[1], call->b->id, SIM_END_ID_SIZE);
	if (s->answered == NEVER || call->b->device == SIM_AT_VOICEMAIL || call->b->device == SIM_AT_PARK)
		return;
	if (is_person(call->a))
		talks(s, call->a, now);
	if (is_person(call->b))
		talks(s, call->b, now);
}

static void watch_hold(struct sim_part *p, struct sim_story *s, bool held, uint64_t now)
{
	if (held == p->held)
		return;
	p->held = held;
	if (held) {
		if (s->holding++ == 0)
			s->held_since = now;
	} else if (--s->holding == 0) {
		/* Each from tenth to tenth, as whoever listens adds them up. */
		s->held += now / TENTH - s->held_since / TENTH;
	}
}

static void watch_voicemail(struct sim_part *p, struct sim_story *s, bool there, uint64_t now)
{
	if (there == p->at_voicemail)
		return;
	p->at_voicemail = there;
	if (there)
		p->voicemail_since = now;
	else
		APPEND(s, voicemail, (struct sim_stretch){ p->voicemail_since, now });
}

static bool on_hold(const struct sim_call *call)
{
	return (connected(call->a) && !call->a->audio) || (connected(call->b) && !call->b->audio) ||
	       (call->b && call->b->device == SIM_AT_PARK);
}

void sim_part_watch(struct sim_part *p, struct sim_story *s, const struct sim_call *call, uint64_t now)
{
	if (call)
		watch_pair(p, s, call, now);
	watch_hold(p, s, call && s->answered != NEVER && on_hold(call), now);
	watch_voicemail(p, s, call && connected(call->b) && call->b->device == SIM_AT_VOICEMAIL, now);
}

bool sim_story_counts(const struct sim_story *s)
{
	return s->had_partner;
}
