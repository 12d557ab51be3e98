/* SPDX-License-Identifier: MIT */
/* Inside of the PBX's service. */
#ifndef SIM_PBX_PARTS_H
#define SIM_PBX_PARTS_H

#include "pbx.h"

#define SIM_LOCKS 256u /* users and addresses whose failures are remembered */
#define SIM_LOCK_KEY 80u

struct sim_lock {
	char key[SIM_LOCK_KEY]; /* "u:name" or "a:address" */
	uint32_t failures;
	uint64_t until, used; /* locked until; last failure */
};

struct sim_node_faults {
	uint32_t lose;
	bool duplicate;
};

struct sim_client {
	struct sim_client *next, **back;
	struct sim_pbx *pbx;
	size_t node;
	struct sim_connection c;
	const struct sim_service_user *user; /* who tries to log in; NULL: nobody knows him */
	char name[SIM_LOCK_KEY];
	bool admitted, streaming, given_up;
	unsigned logged; /* SIM_LOG_* that have been said of it */
	uint32_t flags;     /* of the stream */
	uint32_t *counters; /* of each node's PBX in this stream */
	bool snapshot;      /* is being told: */
	size_t snapshot_node;
	uint64_t snapshot_from;
};

struct sim_pbx {
	struct sim_pbx_config config;
	struct sim_exchange *exchange;
	const struct sim_world *world;
	struct sim_clock *clock;
	struct sim_report *report;
	struct sim_client *clients;
	unsigned *wants; /* of each node: SIM_TELLS_* */
	struct sim_node_faults *faults;
	struct sim_pbx_counts counts;
	struct sim_lock *locks;
	size_t lock_count, lock_cap;
	uint32_t refusal;
	uint64_t refuse_until;
	uint8_t *frame; /* the event that is being sent */
	size_t frame_cap, frame_from, frame_len; /* room; where it begins: headers differ in length */
};

/* What a line is about: each is said once a connection, since who can cause a line must not be able to
 * fill a disk. */
enum sim_log_topic {
	SIM_LOG_REFUSED = 1,
	SIM_LOG_STREAM = 2,
	SIM_LOG_FILE = 4,
	SIM_LOG_IGNORED = 8,
	SIM_LOG_EVENT = 16,
};
void sim_pbx_log(struct sim_client *c, enum sim_log_topic topic, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Every failure may make it. */
void sim_pbx_give_up(struct sim_client *c, const char *why);
/* Its session's stream is dead: it is nobody's place any more, and only its test packets are answered. */
void sim_pbx_dead(struct sim_client *c);

/* pbx_login.c */
void sim_pbx_login(struct sim_client *c, const struct dl3_event *ev);
void sim_pbx_proof(struct sim_client *c, const struct dl3_event *ev);

/* pbx_stream.c */
void sim_pbx_stream(struct sim_client *c, const struct dl3_event *ev);
void sim_pbx_go_on(struct sim_client *c);
void sim_pbx_stream_gone(struct sim_client *c);

#endif
