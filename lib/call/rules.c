/* SPDX-License-Identifier: MIT */
/*
 * The rules: what the facts of a call mean. How a transfer, a conference or a parked call looks in Delta3
 * is not published; this is our reading of it, all in one place: docs/calls.md.
 */
#include "call/tracker.h"

/* ---- What an end is ---- */

/* Only its own node knows; to the others it is a line between nodes. */
int16_t dl3i_class_of(const struct dl3i_end *e)
{
	if (e->cls >= 0)
		return e->cls;
	return e->far_cls;
}

bool dl3i_is_voicemail(const struct dl3i_end *e)
{
	return dl3i_class_of(e) == DL3_EQUIPMENT_VOICEMAIL;
}

bool dl3i_is_park_slot(const struct dl3i_end *e)
{
	return dl3i_class_of(e) == DL3_EQUIPMENT_PARK_SLOT;
}

bool dl3i_is_conference(const struct dl3i_end *e)
{
	int16_t c = dl3i_class_of(e);

	return c == DL3_EQUIPMENT_CONFERENCE || c == DL3_EQUIPMENT_CONFERENCE_MEET_ME ||
	       c == DL3_EQUIPMENT_PAGING_CONFERENCE;
}

bool dl3i_is_person(const struct dl3i_end *e)
{
	switch (dl3i_class_of(e)) {
	case DL3_EQUIPMENT_VOICEMAIL:
	case DL3_EQUIPMENT_WAV_DRIVER:
	case DL3_EQUIPMENT_PARK_SLOT:
	case DL3_EQUIPMENT_CONFERENCE:
	case DL3_EQUIPMENT_PAGING_CONFERENCE:
	case DL3_EQUIPMENT_CONFERENCE_MEET_ME:
	case DL3_EQUIPMENT_RECORDING_HANDLER:
	case DL3_EQUIPMENT_CONFERENCE_RECORDER:
	case DL3_EQUIPMENT_GHOST_HANDLER:
	case DL3_EQUIPMENT_IPO_NOTIFICATION_HANDLER:
	case DL3_EQUIPMENT_ALARM_CALL:
	case DL3_EQUIPMENT_VOICE_SCREENING:
	case DL3_EQUIPMENT_LISTEN_OR_COACH:
		return false;
	default:
		return true;
	}
}

/* Two people who meet, so that somebody has answered. */
static bool is_answer(const struct dl3_tracker *t, const struct dl3i_meet *m)
{
	return dl3i_is_person(dl3i_end_at(t, m->b));
}

/* People talk where a person is, or on a bridge; not to a machine. */
static bool is_talk(const struct dl3_tracker *t, const struct dl3i_meet *m)
{
	const struct dl3i_end *b = dl3i_end_at(t, m->b);

	return dl3i_is_person(b) || dl3i_is_conference(b);
}

void dl3i_rules_reread(struct dl3_tracker *t, struct dl3i_call *c)
{
	c->reread = false;
	c->answered = c->voicemail = DL3I_NEVER;
	c->answerer = c->answer_order = c->last_answer = 0;
	for (uint32_t i = c->first_meet; i != 0; i = dl3i_meet_at(t, i)->next) {
		const struct dl3i_meet *m = dl3i_meet_at(t, i);

		if (dl3i_is_voicemail(dl3i_end_at(t, m->b)) && (c->voicemail < 0 || m->at < c->voicemail))
			c->voicemail = m->at;
		if (!is_answer(t, m))
			continue;
		if (c->answered < 0 || m->at < c->answered) {
			c->answered = m->at;
			c->answerer = m->b;
			c->answer_order = m->order;
		}
		if (c->last_answer == 0 || dl3i_later(m->order, c->last_answer))
			c->last_answer = m->order;
	}
	dl3i_moments_reread(t, c);
}

/* ---- What it is now ---- */

static bool has_no_audio(const struct dl3i_end *e)
{
	return dl3i_connected(e) && !(e->flags & DL3I_END_AUDIO);
}

bool dl3i_rules_on_hold(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (dl3i_end_is_there(e) && (has_no_audio(e) || dl3i_is_park_slot(e)))
			return true;
	}
	return false;
}

struct present {
	bool voicemail, parked, conference, held, rings;
	unsigned connected;
};

static void look_at(const struct dl3i_end *e, struct present *p)
{
	if (dl3i_end_rings(e))
		p->rings = true;
	if (!dl3i_end_is_there(e))
		return;
	p->rings = p->rings || e->state == DL3_STATE_RINGING;
	if (!dl3i_connected(e))
		return;
	p->connected++;
	p->voicemail = p->voicemail || dl3i_is_voicemail(e);
	p->parked = p->parked || dl3i_is_park_slot(e);
	p->conference = p->conference || dl3i_is_conference(e);
	p->held = p->held || has_no_audio(e);
}

enum dl3_call_state dl3i_rules_state(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	struct present p = { 0 };

	if (c->over)
		return DL3_CALL_OVER;
	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next)
		look_at(dl3i_end_at(t, i), &p);
	if (p.voicemail)
		return DL3_CALL_VOICEMAIL;
	if (p.parked)
		return DL3_CALL_PARKED;
	if (p.conference)
		return DL3_CALL_CONFERENCE;
	if (p.connected >= 2)
		return p.held ? DL3_CALL_HELD : DL3_CALL_CONNECTED;
	if (c->queueing)
		return DL3_CALL_QUEUED;
	return p.rings || c->rang >= 0 ? DL3_CALL_RINGING : DL3_CALL_DIALLING;
}

enum dl3_user_state dl3i_rules_user(const struct dl3i_end *e)
{
	if (!dl3i_end_is_there(e) || e->state == DL3_STATE_RINGING || e->state == DL3_STATE_OFFERING)
		return DL3_USER_RINGING;
	if (!dl3i_connected(e))
		return DL3_USER_DIALLING;
	return e->flags & DL3I_END_AUDIO && e->tone != DL3_TONE_HOLD_MUSIC ? DL3_USER_TALKING : DL3_USER_HELD;
}

/* ---- What came of it ---- */

enum dl3_call_direction dl3i_rules_direction(const struct dl3i_call *c)
{
	if (c->a_public)
		return c->b_public ? DL3_CALL_TANDEM : DL3_CALL_INCOMING;
	return c->b_public ? DL3_CALL_OUTGOING : DL3_CALL_INTERNAL;
}

static bool is_loss(const struct dl3i_end *e)
{
	return (e->flags & DL3I_END_LOST) && e->cause >= 0 && !(e->flags & DL3I_END_DEDUCED);
}

static uint32_t earlier(const struct dl3_tracker *t, uint32_t a, uint32_t b)
{
	return a == 0 || dl3i_later(dl3i_end_at(t, a)->order, dl3i_end_at(t, b)->order) ? b : a;
}

static uint32_t first_loss(const struct dl3_tracker *t, const struct dl3i_call *c, bool after_answer)
{
	uint32_t first = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (!is_loss(e) || (after_answer && (e->cause == DL3_CAUSE_TRANSFER ||
		                                     !dl3i_later(e->order, c->last_answer))))
			continue;
		first = earlier(t, first, i);
	}
	return first;
}

static uint32_t failure(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	uint32_t first = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (is_loss(e) && e->cause != DL3_CAUSE_NORMAL && e->cause != DL3_CAUSE_TRANSFER)
			first = earlier(t, first, i);
	}
	return first;
}

static bool all_rejected(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	unsigned offered = 0, rejected = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		uint16_t flags = dl3i_end_at(t, i)->flags;

		offered += (flags & DL3I_END_OFFERED) != 0;
		rejected += (flags & DL3I_END_REJECTED) != 0;
	}
	return offered > 0 && rejected >= offered;
}

enum dl3_call_outcome dl3i_rules_outcome(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	if (c->answered >= 0)
		return DL3_CALL_ANSWERED;
	if (c->voicemail >= 0)
		return DL3_CALL_TO_VOICEMAIL;
	if (!c->over)
		return DL3_CALL_NO_OUTCOME;
	if (all_rejected(t, c))
		return DL3_CALL_REJECTED;
	return failure(t, c) ? DL3_CALL_FAILED : DL3_CALL_ABANDONED;
}

uint32_t dl3i_rules_decisive(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	uint32_t end = 0;

	if (c->answered >= 0)
		end = first_loss(t, c, true);
	else if (c->voicemail < 0)
		end = failure(t, c);
	return end ? end : first_loss(t, c, false);
}

uint32_t dl3i_rules_ender(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	uint32_t first = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if ((e->flags & DL3I_END_LOST) && (e->flags & DL3I_END_CLEARED) &&
		    e->cause != DL3_CAUSE_TRANSFER &&
		    (c->answered < 0 || dl3i_later(e->order, c->last_answer)))
			first = earlier(t, first, i);
	}
	return first;
}

/* ---- How long ---- */

int32_t dl3i_rules_talks_from(const struct dl3_tracker *t, const struct dl3i_call *c, uint32_t end)
{
	int32_t from = DL3I_NEVER;

	const struct dl3i_end *e = dl3i_end_at(t, end);

	if (c->answered < 0 || !(e->flags & DL3I_END_PARTY) || !dl3i_is_person(e))
		return DL3I_NEVER;
	for (uint32_t i = c->first_meet; i != 0; i = dl3i_meet_at(t, i)->next) {
		const struct dl3i_meet *m = dl3i_meet_at(t, i);
		int32_t at = m->at > c->answered ? m->at : c->answered;

		if ((m->a == end || m->b == end) && is_talk(t, m) && (from < 0 || at < from))
			from = at;
	}
	return from;
}

/* Time with voicemail is none with people. */
static int32_t voicemail_within(const struct dl3_tracker *t, const struct dl3i_call *c, int32_t from,
                                int32_t to, int32_t now)
{
	int32_t sum = 0;

	if (c->voicemail < 0)
		return 0;
	for (uint32_t i = c->first_meet; i != 0; i = dl3i_meet_at(t, i)->next) {
		const struct dl3i_meet *m = dl3i_meet_at(t, i);
		const struct dl3i_end *v = dl3i_end_at(t, m->b);

		if (!dl3i_is_voicemail(v))
			continue;
		int32_t begin = m->at > from ? m->at : from, end = v->flags & DL3I_END_LOST ? v->lost : now;
		if (end > to)
			end = to;
		if (end > begin)
			sum += end - begin;
	}
	return sum;
}

int32_t dl3i_rules_talked(const struct dl3_tracker *t, const struct dl3i_call *c, int32_t from, int32_t to,
                          int32_t now)
{
	if (from < 0 || to <= from)
		return 0;
	int32_t all = to - from, voicemail = voicemail_within(t, c, from, to, now);

	return all > voicemail ? all - voicemail : 0;
}

/* When the last of those who talked had gone: of the extensions, or of the lines where there were none. */
static int32_t talk_ended(const struct dl3_tracker *t, const struct dl3i_call *c, int32_t now)
{
	int32_t last[2] = { 0, 0 };

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);
		int32_t to = e->flags & DL3I_END_LOST ? e->lost : now;

		if (dl3i_rules_talks_from(t, c, i) >= 0 && to > last[e->identity != NULL])
			last[e->identity != NULL] = to;
	}
	return last[1] > 0 ? last[1] : last[0];
}

static int32_t between(int32_t from, int32_t to)
{
	return from < 0 || to < from ? 0 : to - from;
}

struct dl3i_times dl3i_rules_times(const struct dl3_tracker *t, const struct dl3i_call *c, int32_t now)
{
	int32_t end = c->over ? c->ended : now, stop = c->answered >= 0    ? c->answered
	                                               : c->voicemail >= 0 ? c->voicemail
	                                                                   : end;
	struct dl3i_times times = { .duration = between(c->began, end), .ring = between(c->rang, stop) };

	times.queue = between(c->queued, c->answered >= 0 ? c->answered : end);
	if (c->answered >= 0)
		times.talk = dl3i_rules_talked(t, c, c->answered, talk_ended(t, c, end), end);
	times.hold = c->held;
	if (c->on_hold && c->answered >= 0)
		times.hold += between(c->hold_since > c->answered ? c->hold_since : c->answered, end);
	return times;
}

/* ---- Moves ---- */

static bool same_person(const struct dl3i_end *a, const struct dl3i_end *b)
{
	return a == b || (a->identity && a->identity == b->identity);
}

/* Whom an end met last before a meet; 0. */
static uint32_t partner_before(const struct dl3_tracker *t, const struct dl3i_call *c, uint32_t end,
                               uint32_t meet)
{
	uint32_t partner = 0;

	for (uint32_t i = c->first_meet; i != 0 && i != meet; i = dl3i_meet_at(t, i)->next) {
		const struct dl3i_meet *m = dl3i_meet_at(t, i);

		if (is_answer(t, m) && (m->a == end || m->b == end))
			partner = m->a == end ? m->b : m->a;
	}
	return partner;
}

/* The other one has come in place of somebody who passed the call on. */
static bool has_moved(const struct dl3_tracker *t, const struct dl3i_call *c, uint32_t meet, uint32_t stays,
                      uint32_t comes)
{
	uint32_t before = partner_before(t, c, stays, meet);
	const struct dl3i_end *e = before ? dl3i_end_at(t, before) : NULL;

	return e && (e->flags & DL3I_END_LOST) &&
	       (e->cause == DL3_CAUSE_TRANSFER || e->cause == DL3_CAUSE_PARKED) &&
	       !same_person(e, dl3i_end_at(t, comes)) && !same_person(e, dl3i_end_at(t, stays));
}

uint32_t dl3i_rules_transfers(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	uint32_t moves = 0;

	if (c->meet_count < 2)
		return 0;
	for (uint32_t i = c->first_meet; i != 0; i = dl3i_meet_at(t, i)->next) {
		const struct dl3i_meet *m = dl3i_meet_at(t, i);

		if (is_answer(t, m) && (has_moved(t, c, i, m->a, m->b) || has_moved(t, c, i, m->b, m->a)))
			moves++;
	}
	return moves;
}

bool dl3i_rules_incomplete(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	for (unsigned i = 0; i < c->view_count; i++)
		if (t->nodes[dl3i_view_at(c, i)->node].jumped > c->began)
			return true;
	return c->incomplete;
}
