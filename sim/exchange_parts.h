/* SPDX-License-Identifier: MIT */
/*
 * Inside of the exchange. An operation looks whether it can be done, reserves what it needs, and only
 * then changes anything; so nothing fails halfway. In the end it settles: phones that became free
 * are given what waits for them.
 */
#ifndef SIM_EXCHANGE_PARTS_H
#define SIM_EXCHANGE_PARTS_H

#include "exchange.h"

#define SIM_USER_ENDS_MAX 4u /* a user talks, holds, consults, and no more */

enum sim_stage {
	SIM_STAGE_DIALLING, /* dial tone */
	SIM_STAGE_BUSY,     /* busy tone: nobody there */
	SIM_STAGE_OFFERING, /* targets ring, or a trunk is dialled */
	SIM_STAGE_QUEUED,
	SIM_STAGE_CONNECTED,
	SIM_STAGE_VOICEMAIL,
	SIM_STAGE_PARKED,
	SIM_STAGE_CONFERENCE,
};

struct sim_bridge {
	struct sim_bridge *next, **back;
	uint32_t number;
	struct sim_end *end; /* party B of each member's call */
	struct sim_live *first;
	unsigned members;
};

/* A call with what only the exchange knows. */
struct sim_live {
	struct sim_call c; /* first: a sim_call is one of these */
	struct sim_live *older, *newer, *chained;
	enum sim_stage stage;
	struct sim_alarm ring, wait;   /* nobody answers; announcement, overflow, voicemail of a group */
	const struct sim_group *group; /* that distributes it */
	size_t next_member;            /* of a sequential or rotary group */
	uint64_t group_since;
	bool announced, overflow_done, rebooted;
	struct sim_live *queue_next, *queue_back;
	bool in_queue;
	struct sim_end *leaving;       /* lost behind the next CHANGED: who passed the call on */
	char related[SIM_END_ID_SIZE]; /* who transferred it, for the end that answers */
	struct sim_bridge *bridge;
	struct sim_live *next_member_call; /* of the bridge */
	struct sim_exchange *x;
	struct sim_view *kept; /* the views array, node_count long */
};

struct sim_user_state {
	struct sim_end *ends[SIM_USER_ENDS_MAX];
	unsigned end_count;
	struct sim_end *ringing; /* a target; not among `ends` */
	bool do_not_disturb, wants_service;
	uint32_t state;         /* SIM_EXTN_* */
	uint64_t free_since;    /* of the longest waiting */
	const uint32_t *groups; /* where he is a member */
	uint32_t group_count;
};

struct sim_group_state {
	struct sim_live *first, *last; /* waiting */
	uint32_t waiting;
	size_t rotary; /* who is next */
	bool *active;  /* members */
};

struct sim_trunk_state {
	uint32_t *free; /* channels, from `first` on and round: the one free for longest is taken */
	uint32_t first, free_count;
};

struct sim_node_state {
	uint32_t ends, calls; /* counted so far */
	uint32_t voicemail;   /* channels in use */
	uint32_t seats;       /* in conferences */
	struct sim_live **slots;
};

struct sim_exchange {
	const struct sim_world *world;
	struct sim_clock *clock;
	struct sim_random random;
	struct sim_observer *observers, **last_observer;
	struct sim_live *oldest, *newest, **chains;
	struct sim_live *walk; /* the next call of whoever goes through them and ends some */
	size_t chain_count;
	uint64_t calls_made, answered, calls_now, ends_now;
	struct sim_live *spare_calls;
	struct sim_end *spare_ends; /* chained by `call` */
	size_t spare_call_count, spare_end_count, max_targets;
	struct sim_user_state *users;
	struct sim_group_state *groups;
	struct sim_trunk_state *trunks;
	struct sim_node_state *nodes;
	uint32_t *memberships; /* of all users, one behind the other */
	bool *active;          /* of all groups' members */
	uint32_t *channels;    /* of all trunks */
	struct sim_live **slots; /* of all nodes */
	uint32_t *freed;       /* users that may take a call that waits */
	size_t freed_count;
	struct sim_bridge *bridges;
	uint32_t bridge_count;
};

static inline struct sim_live *sim_live(struct sim_call *c)
{
	return (struct sim_live *)(void *)c;
}

/* ---- exchange.c: calls and memory ---- */

bool sim_no(struct sim_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* So that `calls` calls and `ends` ends can be made without fail. */
bool sim_reserve(struct sim_exchange *x, size_t calls, size_t ends, struct sim_error *error);
struct sim_live *sim_live_new(struct sim_exchange *x);
struct sim_end *sim_end_take(struct sim_exchange *x);
void sim_end_give(struct sim_exchange *x, struct sim_end *e);
void sim_tell(struct sim_exchange *x, const struct sim_news *news);
struct sim_user_state *sim_state_of(const struct sim_exchange *x, const struct sim_user *u);
struct sim_group_state *sim_group_state_of(const struct sim_exchange *x, const struct sim_group *g);
struct sim_trunk_state *sim_trunk_state_of(const struct sim_exchange *x, const struct sim_trunk *t);

/* ---- exchange_ends.c ---- */

struct sim_end *sim_end_of_user(struct sim_exchange *x, const struct sim_user *u, bool incoming);
struct sim_end *sim_end_of_trunk(struct sim_exchange *x, const struct sim_trunk *t, bool incoming);
struct sim_end *sim_end_of(struct sim_exchange *x, enum sim_device device, size_t node,
                           int64_t equipment_class);
void sim_text(char *to, size_t cap, const char *from);
/* Puts an end into its place; a user's is known to him from then on. */
void sim_join(struct sim_live *l, struct sim_end **place, struct sim_end *e);
/* A target stops ringing, and is gone; told or not. */
void sim_withdraw(struct sim_live *l, size_t index, bool tell);
void sim_withdraw_all(struct sim_live *l);
/* An end is gone: told, freed, its device given back. It must have left its place. */
void sim_lose(struct sim_live *l, struct sim_end *e, int64_t cause, bool inbound);
/* The call is told: where it can be seen, then that it has changed. */
void sim_changed(struct sim_live *l);
void sim_swap(struct sim_live *l);
/* Clears it all: the one who cleared it first. */
void sim_clear(struct sim_live *l, const struct sim_end *by, int64_t cause);
/* Nothing is left of it: told and freed. */
void sim_end_call(struct sim_live *l);
/* He may take a call that waits: sim_settle() sees to it. */
void sim_want_service(struct sim_exchange *x, const struct sim_user *u);
/* A user's state may be another one. */
void sim_touch(struct sim_exchange *x, const struct sim_user *u);
void sim_connect(struct sim_live *l);
struct sim_end *sim_other(const struct sim_live *l, const struct sim_end *e);
/* The remaining end is A, after `gone` has left its place; NULLs the other. */
void sim_leave_to_a(struct sim_live *l, const struct sim_end *gone);

/* ---- exchange_route.c ---- */

/* Where a number leads. */
struct sim_goal {
	const struct sim_user *user;
	const struct sim_group *group;
	const struct sim_trunk *trunk; /* with a free channel, or NULL and `full` */
	const char *outside;           /* digits sent out */
	bool full;
};
bool sim_resolve(const struct sim_exchange *x, const char *number, size_t node, struct sim_goal *goal);
/* Rings, queues, sends to voicemail: whatever a call to that goal leads to. Reserved: sim_goal_ends(). A is
 * there. Tells BEGAN or TRANSFERRED first if it is to. May end the call: then false. */
bool sim_route(struct sim_live *l, const struct sim_goal *goal);
size_t sim_goal_ends(const struct sim_exchange *x, const struct sim_goal *goal);
bool sim_goal_is_open(const struct sim_exchange *x, const struct sim_goal *goal, struct sim_error *error);
void sim_stop_waiting(struct sim_live *l); /* its alarms and its place in a queue */
bool sim_send_to_voicemail(struct sim_live *l, const struct sim_user *u, const struct sim_group *g);
/* Nobody rings any more: the next one, or what comes then. May end the call. */
void sim_next_target(struct sim_live *l, int64_t cause);
void sim_settle(struct sim_exchange *x);
bool sim_can_reach(const struct sim_exchange *x, size_t from, size_t to);

/* ---- exchange_conference.c ---- */
void sim_bridge_left(struct sim_live *l);

#endif
