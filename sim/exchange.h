/* SPDX-License-Identifier: MIT */
/*
 * The switching: calls, their ends, and what can be done with them. All nodes of a network are one
 * exchange here; how each node tells of a call is report.h's matter, what came of it is truth.h's.
 *
 * A call has an end A, where it came from, and a B, or targets that ring, or neither. An end is a
 * phone, a channel of a trunk, a voicemail channel, a park slot or a seat in a conference, and
 * belongs to one call at a time. A user who consults or waits has more than one end.
 *
 * The exchange does by itself what a PBX does: it rings hunt groups by their mode, queues,
 * announces, overflows, sends to voicemail or forwards when nobody answers. What people do
 * (answer, hold, hang up, ...) comes from outside: traffic.h, scenario.h, control.h.
 *
 * What happens is told to the observers, in the order in which they were added, while it happens:
 * an observer may set alarms, but must not act on the exchange from within.
 */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include "clock.h"
#include "random.h"
#include "world.h"

struct sim_exchange;
struct sim_call;

#define SIM_END_ID_SIZE 17u

enum sim_device {
	SIM_AT_USER,
	SIM_AT_TRUNK,
	SIM_AT_VOICEMAIL,
	SIM_AT_PARK,
	SIM_AT_CONFERENCE,
};

/* One end. What Delta3 shows of it stands here as it is shown on its own node. */
struct sim_end {
	char id[SIM_END_ID_SIZE];
	uint32_t number; /* the low 32 bits of it */
	size_t node;
	enum sim_device device;
	const struct sim_user *user;   /* AT_USER; the owner of the mailbox AT_VOICEMAIL, if a user */
	const struct sim_group *group; /* the owner of the mailbox, if a group */
	const struct sim_trunk *trunk;
	uint32_t channel; /* of the trunk; the slot; the conference */
	struct sim_call *call;

	bool incoming; /* the call came in on this end: direction 1 */
	int64_t state, tone, flags, equipment_class, equipment_type;
	bool audio;
	int64_t called_type, called_reason, presentation, name_type;
	char description[SIM_NAME_MAX];
	char did[SIM_NUMBER_MAX], dialled[SIM_NUMBER_MAX], on_behalf[SIM_NUMBER_MAX];
	char target_number[SIM_NUMBER_MAX], purpose[SIM_NUMBER_MAX], cli[SIM_NUMBER_MAX];
	char name[SIM_NAME_MAX];
	char related[SIM_END_ID_SIZE];
	char sip_call_id[40]; /* of SIP trunks and SIP phones; empty otherwise */

	bool on_hold;     /* put on hold by the other side, or by itself when `holding` */
	bool holding;     /* this user has put the call on hold */
	uint64_t seen_by; /* report.c: nodes that have told of it as a party */
};

struct sim_view {
	size_t node;
	uint32_t call_id; /* as that node counts its calls */
};

/* An end by which Delta2 last told of a call. */
struct sim_told {
	uint32_t line, number;
	size_t node;
	bool incoming;
};

struct sim_call {
	uint64_t number; /* never used again; what scripts and control call it by */
	struct sim_end *a, *b;
	struct sim_end **targets; /* ringing, none of them an end of a party yet */
	size_t target_count;
	struct sim_view *views; /* where it can be seen: the nodes on its way, A's first */
	size_t view_count;

	char account_code[SIM_NUMBER_MAX], authorization_code[SIM_NUMBER_MAX], tag[SIM_NAME_MAX];
	const struct sim_group *owner_group, *original_group, *current_group;
	const struct sim_user *original_user, *current_user;
	bool leaving_message;
	uint32_t message_s; /* length of the message left; 0 before */
	int64_t queueing;   /* DL3_QUEUEING_*, 0 for neither */
	bool overflowed;
	char ivr[SIM_NAME_MAX];         /* call flow out of which it was transferred; */
	uint64_t ivr_ms;                /* and the time spent in it */
	bool was_connected;             /* A and B have both been connected once: -CONN */
	uint64_t began, answered;       /* clock; answered 0 when it was not */
	struct sim_told told_a, told_b; /* report.c */
	void *story;                    /* truth.c */
	void *script;                   /* traffic.c */
};

/* ---- What happens ---- */

enum sim_what {
	SIM_BEGAN,     /* call, end: A is there */
	SIM_OFFERED,   /* call, end: a target begins to ring */
	SIM_WITHDRAWN, /* call, end: a target stops ringing without having answered; end goes away */
	SIM_REJECTED,  /* call, end, text: a target's user pushed the call away; text is how, "dnd" */
	SIM_QUEUED,    /* call: waits in a queue */
	SIM_ANNOUNCED, /* call: hears an announcement */
	SIM_ANSWERED,  /* call, end: end is B now, and A and B are both connected: a user, an outside party */
	SIM_VOICEMAIL, /* call, end: end is a voicemail channel, and is B now */
	SIM_MESSAGE,   /* call: a message of call->message_s was left */
	SIM_HELD,      /* call, end: end's user has put the other on hold */
	SIM_RETRIEVED, /* call, end: and back */
	SIM_PARKED, /* call, end, user: end is a park slot, and took the place of a user's end, which is lost next */
	SIM_UNPARKED, /* call, end: end took the place of the slot */
	SIM_TRANSFERRED, /* call, end, user: by user; end took the other's place in `call`; other: the consultation it came
	                   * from, which ceases to be; NULL for a blind transfer, then end is not there yet: NULL */
	SIM_CONFERENCED, /* call, end: end is a seat in a conference, in place of what was there; `other`:
	                   * a call that is in the same conference already; NULL when it is the first */
	SIM_END_LOST,    /* call, end, cause, inbound: end is gone, and freed when this was told */
	SIM_ENDED,       /* call: it has no end any more, and is freed when this was told */
	SIM_CHANGED,     /* call: anything that a Detail shows has changed: tell it. Once after each thing
	                   * that happened, before the losses of ends that this made superfluous */
	SIM_LEFT, /* call, node, call_id: that node sees it no more; behind the CHANGED that says where it is */
	SIM_SWAPPED, /* call: A and B have changed places; before its CHANGED */
	SIM_SIP,     /* call, end, inbound: a SIP dialogue began (inbound says START) or is over */
	SIM_USER,    /* user, state, old_state: an extension's state changed; text when it is one of the plain
	                   * messages instead */
};

struct sim_news {
	enum sim_what what;
	struct sim_call *call, *other;
	struct sim_end *end;
	int64_t cause;
	bool inbound;
	const struct sim_user *user;
	uint32_t state, old_state; /* SIM_EXTN_* */
	size_t node;
	uint32_t call_id;
	const char *text;
};

/* States of an extension for CMExtn. Only Idle and Dialling have published numbers; the others are
 * not told in the extended form but in words, since nobody may invent numbers. */
enum { SIM_EXTN_IDLE = 0, SIM_EXTN_DIALLING = 2, SIM_EXTN_RINGING = 1000, SIM_EXTN_CONNECTED, SIM_EXTN_HELD };

struct sim_observer {
	void (*news)(const struct sim_news *news, void *arg);
	void *arg;
	struct sim_observer *next; /* the exchange's */
};

/* ---- The exchange ---- */

/* `world` and `clock` must outlive it. NULL without memory. */
struct sim_exchange *sim_exchange_new(const struct sim_world *world, struct sim_clock *clock, uint64_t seed);
void sim_exchange_free(struct sim_exchange *x);
void sim_exchange_observe(struct sim_exchange *x, struct sim_observer *o);

const struct sim_world *sim_exchange_world(const struct sim_exchange *x);
struct sim_clock *sim_exchange_clock(const struct sim_exchange *x);

struct sim_counts {
	uint64_t calls_now, ends_now;
	uint64_t calls, answered; /* since it began */
};
struct sim_counts sim_exchange_counts(const struct sim_exchange *x);

/* The calls there are, the oldest first: sim_call_first(x), sim_call_next(x, call). */
struct sim_call *sim_call_first(const struct sim_exchange *x);
struct sim_call *sim_call_next(const struct sim_exchange *x, const struct sim_call *call);
/* By number; NULL when it is over or never was. */
struct sim_call *sim_call_numbered(const struct sim_exchange *x, uint64_t number);

/* Ends everything at once, as a restart does: those nodes say nothing of it. With `node` SIM_NONE everywhere;
 * otherwise the calls seen on that node, for which the other nodes do tell the losses (cause 38).
 * End identifiers and CallIDs of what restarted begin again. */
void sim_exchange_reboot(struct sim_exchange *x, size_t node);
/* Clears all calls in the ordinary way. */
void sim_exchange_clear(struct sim_exchange *x);

/* A user's calls, by what can be done with them; NULL when there is none. */
struct sim_call *sim_user_ringing(const struct sim_exchange *x, const struct sim_user *u);
struct sim_call *sim_user_active(const struct sim_exchange *x,
                                 const struct sim_user *u); /* connected, or dialling */
struct sim_call *sim_user_held(const struct sim_exchange *x, const struct sim_user *u);
bool sim_user_is_free(const struct sim_exchange *x,
                      const struct sim_user *u); /* no end at all, not ringing */
/* The end of a user in a call; NULL. */
struct sim_end *sim_call_end_of(const struct sim_call *call, const struct sim_user *u);
/* A channel of that trunk is free. */
bool sim_trunk_has_channel(const struct sim_exchange *x, const struct sim_trunk *t);
uint32_t sim_group_waiting(const struct sim_exchange *x, const struct sim_group *g);

/* ---- What people do. Each returns false and says in `error` (may be NULL) what stood in the way: what
 * it expected, what there was. Nothing has happened then. ---- */

struct sim_incoming {
	const struct sim_trunk *trunk;
	const char *did;                      /* digits received; NULL: "" */
	const char *cli;                      /* NULL or "" when not sent */
	const char *name;                     /* NULL: the directory's, if it knows the number */
	int64_t presentation;                 /* DL3_PRESENTATION_* */
	const char *to;                       /* extension, in place of the trunk's routes; NULL */
	const char *tag, *account_code, *ivr; /* NULL */
	uint64_t ivr_ms;
};
/* `*call` is NULL when it is over already, as one to a busy phone; so it is with the others here. A number
 * that leads nowhere is an error. */
bool sim_call_in(struct sim_exchange *x, const struct sim_incoming *in, struct sim_call **call,
                 struct sim_error *error);

/* Lifts the handset: dial tone. */
bool sim_off_hook(struct sim_exchange *x, const struct sim_user *u, struct sim_call **call,
                  struct sim_error *error);

struct sim_dialling {
	const char *number;       /* an extension, a group's, or a trunk's prefix and a number outside */
	const char *account_code; /* NULL */
	const char *on_behalf;    /* NULL */
	bool withhold;            /* the number is not to be shown */
};
/* Dials: from dial tone (the user's active call) or at once. An outside number takes a channel, and its
 * call waits for sim_far_alert() and sim_far_answer(). A busy or unknown number gives busy tone. */
bool sim_dial(struct sim_exchange *x, const struct sim_user *u, const struct sim_dialling *d,
              struct sim_call **call, struct sim_error *error);

/* What the outside party of a call does. Of two, as behind a transfer to the outside, the caller clears it with
 * cause 16, and the called one with any other. */
bool sim_far_alert(struct sim_exchange *x, struct sim_call *call, struct sim_error *error);
bool sim_far_answer(struct sim_exchange *x, struct sim_call *call, struct sim_error *error);
bool sim_far_clear(struct sim_exchange *x, struct sim_call *call, int64_t cause, struct sim_error *error);

/* `call` may be NULL in all of these: the one call of the user that fits. */
bool sim_answer(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
                struct sim_error *error);
/* Pushes a ringing call away; `how` is what AttemptReject says: "dnd", "drop". */
bool sim_reject(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call, const char *how,
                struct sim_error *error);
bool sim_hang_up(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
                 struct sim_error *error);
bool sim_hold(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
              struct sim_error *error);
bool sim_retrieve(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call,
                  struct sim_error *error);
/* Unannounced: the active call goes to `to`, and the user is out of it. */
bool sim_transfer(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call, const char *to,
                  struct sim_error *error);
/* Holds the active call and rings `to`; then sim_complete(), sim_conference(), or sim_hang_up() and
 * sim_retrieve(). */
bool sim_consult(struct sim_exchange *x, const struct sim_user *u, const char *to, struct sim_call **call,
                 struct sim_error *error);
/* Joins what the user holds with whom he talks to or rings, and leaves. What rings is rung anew for the one
 * who waits: the phones of a group, a number outside. */
bool sim_complete(struct sim_exchange *x, const struct sim_user *u, struct sim_error *error);
/* Joins them and stays: three or more in a conference. A further held or consulted call joins too. */
bool sim_conference(struct sim_exchange *x, const struct sim_user *u, struct sim_error *error);
bool sim_park(struct sim_exchange *x, const struct sim_user *u, struct sim_call *call, uint32_t slot,
              struct sim_error *error);
bool sim_unpark(struct sim_exchange *x, const struct sim_user *u, uint32_t slot, size_t node,
                struct sim_error *error);
/* Takes a call that rings elsewhere: at extension `from`, of a user or a group. */
bool sim_pick_up(struct sim_exchange *x, const struct sim_user *u, const char *from, struct sim_error *error);
/* Sends a ringing or waiting call to a mailbox now; NULL: the one it would come to. */
bool sim_to_voicemail(struct sim_exchange *x, struct sim_call *call, const char *mailbox,
                      struct sim_error *error);
/* The caller has spoken so long; the length shows in a Detail, then the caller may hang up. */
bool sim_leave_message(struct sim_exchange *x, struct sim_call *call, uint32_t seconds,
                       struct sim_error *error);
/* DL3_PARTY_FLAG_* of one side of a call, on or off: recording, consent, privacy. */
bool sim_set_flags(struct sim_exchange *x, struct sim_call *call, const struct sim_end *end, int64_t flags,
                   struct sim_error *error);
bool sim_set_account(struct sim_exchange *x, struct sim_call *call, const char *code,
                     struct sim_error *error);
/* A member takes the group's calls, or does not. */
bool sim_set_member(struct sim_exchange *x, const struct sim_group *g, const struct sim_user *u, bool active,
                    struct sim_error *error);
bool sim_member_is_active(const struct sim_exchange *x, const struct sim_group *g, const struct sim_user *u);
bool sim_set_do_not_disturb(struct sim_exchange *x, const struct sim_user *u, bool on,
                            struct sim_error *error);
bool sim_user_does_not_disturb(const struct sim_exchange *x, const struct sim_user *u);

#endif
