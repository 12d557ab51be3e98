/* SPDX-License-Identifier: MIT */
/* What a user does with a call: answer, push away, hang up, hold, pick up, mark. */
#include <string.h>

#include "exchange_parts.h"

/* ---- Which call ---- */

static struct sim_live *ringing_call(const struct sim_exchange *x, const struct sim_user *u,
                                     const struct sim_call *call, struct sim_error *error)
{
	struct sim_call *rings = sim_user_ringing(x, u);

	if (!rings || (call && call != rings)) {
		(void)sim_no(error, "expected %s to ring, and it does not", u->extension);
		return NULL;
	}
	return sim_live(rings);
}

static struct sim_live *connected_call(const struct sim_exchange *x, const struct sim_user *u,
                                       struct sim_call *call, struct sim_error *error)
{
	struct sim_call *c = call ? call : sim_user_active(x, u);
	struct sim_end *e = c ? sim_call_end_of(c, u) : NULL;

	if (!e || e->holding || e->state != DL3_STATE_CONNECTED || !c->b) {
		(void)sim_no(error, "expected %s to talk to somebody, and it does not", u->extension);
		return NULL;
	}
	return sim_live(c);
}

/* ---- Answering ---- */

static void take_place(struct sim_live *l, struct sim_end *e)
{
	memcpy(e->related, l->related, sizeof(e->related));
	l->related[0] = '\0';
	l->c.current_user = e->user;
	if (e->user->record)
		e->flags |= DL3_PARTY_FLAG_AUTO_RECORDED;
	if (e->user->auto_answer)
		e->flags |= DL3_PARTY_FLAG_AUTO_ANSWERED;
	l->c.a->flags |= e->user->consent;
	sim_join(l, &l->c.b, e);
	sim_connect(l);
	sim_tell(l->x, &(struct sim_news){ .what = SIM_ANSWERED, .call = &l->c, .end = e });
	sim_changed(l);
}

static size_t target_of(const struct sim_live *l, const struct sim_user *u)
{
	for (size_t i = 0; i < l->c.target_count; i++)
		if (l->c.targets[i]->user == u)
			return i;
	return SIM_NONE;
}

bool sim_answer(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
                struct sim_error *error)
{
	struct sim_live *l = ringing_call(x, u, call, error);

	if (!l || !sim_reserve(x, 0, sim_goal_ends(x, NULL), error))
		return false;
	if (sim_user_active(x, u))
		return sim_no(error, "expected %s to be free to answer, and it is in another call",
		              u->extension);
	size_t i = target_of(l, u);
	struct sim_end *e = l->c.targets[i];

	l->c.targets[i] = l->c.targets[--l->c.target_count];
	sim_withdraw_all(l);
	take_place(l, e);
	sim_settle(x);
	return true;
}

static struct sim_live *rings_at(const struct sim_exchange *x, const char *from)
{
	const struct sim_user *u = sim_world_user(x->world, from);
	const struct sim_group *g = u ? NULL : sim_world_group(x->world, from);

	if (u && sim_user_ringing(x, u))
		return sim_live(sim_user_ringing(x, u));
	for (size_t i = 0; g && i < g->member_count; i++) {
		struct sim_call *c = sim_user_ringing(x, &x->world->users[g->members[i]]);

		if (c && c->current_group == g)
			return sim_live(c);
	}
	return NULL;
}

bool sim_pick_up(struct sim_exchange *x, const struct sim_user *u, const char *from, struct sim_error *error)
{
	struct sim_live *l = from ? rings_at(x, from) : NULL;

	if (!l)
		return sim_no(error, "expected a call to ring at %s, and none does",
		              from ? from : "(nobody)");
	if (sim_user_ringing(x, u) && &l->c == sim_user_ringing(x, u))
		return sim_answer(x, u, NULL, error);
	if (!sim_user_is_free(x, u))
		return sim_no(error, "expected %s to be free, and it is not", u->extension);
	if (!sim_can_reach(x, l->c.a->node, u->node))
		return sim_no(error, "expected a way from %s to the caller's node, and there is none",
		              u->extension);
	if (!sim_reserve(x, 0, 1 + sim_goal_ends(x, NULL), error))
		return false;
	const struct sim_end *rang = l->c.targets[0];
	struct sim_end *e = sim_end_of_user(x, u, false);

	e->called_type = DL3_CALLED_PICKUP;
	e->presentation = rang->presentation;
	memcpy(e->cli, rang->cli, sizeof(e->cli));
	memcpy(e->purpose, rang->purpose, sizeof(e->purpose));
	sim_withdraw_all(l);
	take_place(l, e);
	sim_settle(x);
	return true;
}

/* ---- Pushing away ---- */

bool sim_reject(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call, const char *how,
                struct sim_error *error)
{
	struct sim_live *l = ringing_call(x, u, call, error);

	if (!l || !sim_reserve(x, 0, sim_goal_ends(x, NULL), error))
		return false;
	size_t i = target_of(l, u);

	sim_tell(x, &(struct sim_news){ .what = SIM_REJECTED,
	                                .call = &l->c,
	                                .end = l->c.targets[i],
	                                .text = how ? how : "drop" });
	sim_withdraw(l, i, false);
	if (l->c.target_count > 0)
		sim_changed(l);
	else
		sim_next_target(l, DL3_CAUSE_CALL_REJECTED);
	sim_settle(x);
	return true;
}

/* ---- Hanging up ---- */

bool sim_hang_up(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
                 struct sim_error *error)
{
	struct sim_call *c = call ? call : sim_user_active(x, u);

	if (!c && !call)
		c = sim_user_held(x, u);
	struct sim_end *e = c ? sim_call_end_of(c, u) : NULL;

	if (!e)
		return sim_no(error, "expected %s to be in a call, and it is in none%s", u->extension,
		              call ? " of that name" : "");
	sim_clear(sim_live(c), e, DL3_CAUSE_NORMAL);
	sim_settle(x);
	return true;
}

/* ---- Hold ---- */

bool sim_hold(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
              struct sim_error *error)
{
	struct sim_live *l = connected_call(x, u, call, error);

	if (!l)
		return false;
	struct sim_end *e = sim_call_end_of(&l->c, u), *other = sim_other(l, e);

	if (other->holding)
		return sim_no(error, "expected the other side of %s to be there, and it has put %s on hold",
		              u->extension, u->extension);
	if (l->stage != SIM_STAGE_CONNECTED && l->stage != SIM_STAGE_CONFERENCE)
		return sim_no(error, "expected %s to talk to people, and it does not", u->extension);
	e->holding = true;
	e->audio = false;
	/* A conference goes on without the one who holds it. */
	if (!l->bridge) {
		other->audio = false;
		other->on_hold = true;
		other->tone = DL3_TONE_HOLD_MUSIC;
	}
	sim_tell(x, &(struct sim_news){ .what = SIM_HELD, .call = &l->c, .end = e });
	sim_changed(l);
	sim_touch(x, u);
	return true;
}

bool sim_retrieve(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
                  struct sim_error *error)
{
	struct sim_call *c = call ? call : sim_user_held(x, u);
	struct sim_end *e = c ? sim_call_end_of(c, u) : NULL;

	if (!e || !e->holding)
		return sim_no(error, "expected %s to have put a call on hold, and it has not", u->extension);
	if (sim_user_active(x, u))
		return sim_no(error, "expected %s to be free to retrieve, and it is in another call",
		              u->extension);
	sim_connect(sim_live(c));
	sim_tell(x, &(struct sim_news){ .what = SIM_RETRIEVED, .call = c, .end = e });
	sim_changed(sim_live(c));
	sim_touch(x, u);
	return true;
}

/* ---- Voicemail ---- */

bool sim_to_voicemail(struct sim_exchange *x, struct sim_call *call, const char *mailbox,
                      struct sim_error *error)
{
	struct sim_live *l = sim_live(call);
	const struct sim_user *u = mailbox ? sim_world_user(x->world, mailbox) : NULL;
	const struct sim_group *g = mailbox && !u ? sim_world_group(x->world, mailbox) : NULL;

	if (!mailbox) {
		g = call->current_group;
		u = g ? NULL : call->current_user;
	}
	if (!u && !g)
		return sim_no(error, "expected the extension of a user or a group, and '%s' is neither",
		              mailbox ? mailbox : "");
	if (l->stage != SIM_STAGE_OFFERING && l->stage != SIM_STAGE_QUEUED)
		return sim_no(error, "expected call %llu to ring or to wait, and it does not",
		              (unsigned long long)call->number);
	if (!sim_reserve(x, 0, sim_goal_ends(x, NULL), error))
		return false;
	if (l->c.b)
		return sim_no(error, "expected call %llu to ring inside, and it goes to the outside",
		              (unsigned long long)call->number);
	if (!sim_send_to_voicemail(l, u, g))
		return sim_no(error, "expected a free voicemail channel, and all are taken");
	sim_settle(x);
	return true;
}

bool sim_leave_message(struct sim_exchange *x, struct sim_call *call, uint32_t seconds,
                       struct sim_error *error)
{
	struct sim_live *l = sim_live(call);

	if (l->stage != SIM_STAGE_VOICEMAIL || call->message_s > 0)
		return sim_no(error, "expected call %llu to speak to voicemail, and it does not",
		              (unsigned long long)call->number);
	call->message_s = seconds > 0 ? seconds : 1;
	sim_tell(x, &(struct sim_news){ .what = SIM_MESSAGE, .call = call });
	sim_changed(l);
	return true;
}

/* ---- Marks ---- */

bool sim_set_flags(struct sim_exchange *x, struct sim_call *call, const struct sim_end *end, int64_t flags,
                   struct sim_error *error)
{
	struct sim_end *e = call->a == end ? call->a : call->b == end ? call->b : NULL;

	(void)x;
	if (!e || e->device == SIM_AT_CONFERENCE)
		return sim_no(error, "expected an end of call %llu", (unsigned long long)call->number);
	e->flags = flags;
	sim_changed(sim_live(call));
	return true;
}

bool sim_set_account(struct sim_exchange *x, struct sim_call *call, const char *code, struct sim_error *error)
{
	(void)x;
	if (!code || strlen(code) >= SIM_NUMBER_MAX)
		return sim_no(error, "expected an account code of up to %u characters", SIM_NUMBER_MAX - 1);
	sim_text(call->account_code, sizeof(call->account_code), code);
	sim_changed(sim_live(call));
	return true;
}

static size_t member_index(const struct sim_exchange *x, const struct sim_group *g, const struct sim_user *u)
{
	for (size_t i = 0; i < g->member_count; i++)
		if (&x->world->users[g->members[i]] == u)
			return i;
	return SIM_NONE;
}

bool sim_member_is_active(const struct sim_exchange *x, const struct sim_group *g, const struct sim_user *u)
{
	size_t i = member_index(x, g, u);

	return i != SIM_NONE && sim_group_state_of(x, g)->active[i];
}

static void offer_service(struct sim_exchange *x, const struct sim_user *u)
{
	sim_want_service(x, u);
	sim_settle(x);
}

bool sim_set_member(struct sim_exchange *x, const struct sim_group *g, const struct sim_user *u, bool active,
                    struct sim_error *error)
{
	size_t i = member_index(x, g, u);

	if (i == SIM_NONE)
		return sim_no(error, "expected %s to be a member of %s, and it is not", u->extension,
		              g->extension);
	sim_group_state_of(x, g)->active[i] = active;
	if (active)
		offer_service(x, u);
	return true;
}

bool sim_set_do_not_disturb(struct sim_exchange *x, const struct sim_user *u, bool on,
                            struct sim_error *error)
{
	(void)error;
	sim_state_of(x, u)->do_not_disturb = on;
	if (!on)
		offer_service(x, u);
	return true;
}

bool sim_user_does_not_disturb(const struct sim_exchange *x, const struct sim_user *u)
{
	return sim_state_of(x, u)->do_not_disturb;
}
