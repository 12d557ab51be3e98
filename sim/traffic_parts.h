/* SPDX-License-Identifier: MIT */
/* Inside of the traffic: what people do in a call, and when. */
#ifndef SIM_TRAFFIC_PARTS_H
#define SIM_TRAFFIC_PARTS_H

#include "traffic.h"

/* Things that happen in calls: name. */
#define SIM_FEATURES(FEATURE)                                                                              \
	FEATURE(INCOMING, incoming) FEATURE(OUTGOING, outgoing) FEATURE(INTERNAL, internal)               \
	FEATURE(OFF_HOOK, off_hook_and_away) FEATURE(WITHHELD, withheld) FEATURE(IVR, from_ivr)            \
	FEATURE(ANSWER, answer) FEATURE(PUSH_AWAY, push_away) FEATURE(PICK_UP, pick_up)                    \
	FEATURE(GIVE_UP, give_up) FEATURE(OUTSIDE_BUSY, outside_busy) FEATURE(VOICEMAIL, voicemail)        \
	FEATURE(MESSAGE, message) FEATURE(HOLD, hold) FEATURE(BLIND, blind_transfer)                       \
	FEATURE(CONSULT, consultation) FEATURE(COMPLETE, consult_transfer)                                 \
	FEATURE(CONFERENCE, conference) FEATURE(PARK, park) FEATURE(UNPARK, unpark)                        \
	FEATURE(ACCOUNT, account_code) FEATURE(RECORD, recording) FEATURE(CONSENT, consent)                \
	FEATURE(HANG_UP, hang_up)

enum sim_feature {
#define FEATURE(NAME, name) SIM_DOES_##NAME,
	SIM_FEATURES(FEATURE)
#undef FEATURE
	SIM_FEATURE_COUNT
};

struct sim_traffic {
	struct sim_exchange *exchange;
	const struct sim_world *world;
	struct sim_clock *clock;
	struct sim_observer observer;
	struct sim_traffic_config config;
	struct sim_random arrivals, people; /* who calls when; what people do */
	struct sim_alarm next_arrival;
	struct sim_actor *actors;
	struct sim_ring *rings;
	uint64_t begun, lost;
	uint64_t did[SIM_FEATURE_COUNT];
};

/* What is to become of one call: something is always due, so that no call is forgotten. */
struct sim_actor {
	struct sim_actor *next, **back;
	struct sim_traffic *traffic;
	uint64_t call;
	struct sim_alarm due;
	void (*step)(struct sim_actor *a, struct sim_call *call);
	const struct sim_user *user; /* who put it on hold, parked it, consults in it */
	uint64_t held_call;          /* of a consultation: the call that waits for it */
	unsigned done;               /* features so far */
	bool talking, at_voicemail;
};

/* A phone that rings and a user who will do something about it. */
struct sim_ring {
	struct sim_ring *next, **back;
	struct sim_traffic *traffic;
	uint64_t call;
	const struct sim_user *user;
	struct sim_alarm due;
	enum sim_feature will; /* ANSWER, PUSH_AWAY, PICK_UP: a colleague does */
};

/* traffic_people.c */
void sim_people_news(struct sim_traffic *t, const struct sim_news *n);
struct sim_actor *sim_actor_new(struct sim_traffic *t, struct sim_call *call);
void sim_actor_free(struct sim_actor *a);
void sim_ring_free(struct sim_ring *r);
/* What comes next in a call, after so many milliseconds. */
void sim_actor_plan(struct sim_actor *a, uint64_t after, void (*step)(struct sim_actor *a, struct sim_call *call));

/* Plans for a call that was just begun. */
void sim_caller_waits(struct sim_actor *a);
void sim_caller_goes_away(struct sim_actor *a);
void sim_outside_rings(struct sim_actor *a);

/* Somebody who has no call; NULL when nobody was found. */
const struct sim_user *sim_free_user(struct sim_traffic *t, const struct sim_user *but);
void sim_count(struct sim_traffic *t, enum sim_feature f);

#endif
