/* SPDX-License-Identifier: MIT */
/*
 * The DevLink3 service of a network's nodes: who may log in, who may listen, what each is sent.
 * Knows sessions (devlink3/session.h) and no sockets: host.h brings the connections, tests and fuzz
 * targets bring none.
 *
 * An event is encoded once for each form in which somebody wants it; each stream has its own counter
 * for each PBX, which is all that differs between those who hear the same.
 */
#ifndef SIM_PBX_H
#define SIM_PBX_H

#include <devlink3/session.h>

#include "exchange.h"
#include "report.h"

struct sim_pbx;
struct sim_client; /* a connection */

/* What a PBX does to a connection; `arg` is the connection's. Neither function may call the PBX back: what
 * comes of it (drained, gone) is told later. */
struct sim_connection {
	struct dl3_session *session;
	bool encrypted;
	const char *peer; /* "192.0.2.7:51044"; the address is what a lockout also counts by */
	void (*flush)(void *arg);             /* the session has output */
	void (*close)(void *arg, const char *why); /* what is queued is still to be sent */
	void *arg;
};

struct sim_pbx_config {
	struct sim_exchange *exchange;
	/* Fills 16 octets for a challenge. NULL: the operating system's random numbers, as befits. */
	void (*challenge)(uint8_t out[DL3_CHALLENGE_SIZE], void *arg);
	/* A line for the log; NULL: none. Things that a client can repeat are logged once a connection. */
	void (*log)(const char *line, void *arg);
	void *arg;
};

struct sim_pbx *sim_pbx_new(const struct sim_pbx_config *config);
void sim_pbx_free(struct sim_pbx *p);

/* A client of `node` is there. NULL without memory. */
struct sim_client *sim_pbx_connect(struct sim_pbx *p, size_t node, const struct sim_connection *c);
/* What the nodes tell goes to the streams: an audience for report.h. */
struct sim_audience sim_pbx_audience(struct sim_pbx *p);
/* Where snapshots come from; before the first client. */
void sim_pbx_set_report(struct sim_pbx *p, struct sim_report *r);

/* An event of its session. */
void sim_pbx_event(struct sim_client *c, const struct dl3_event *event);
/* Its queue has room again: a snapshot goes on. */
void sim_pbx_drained(struct sim_client *c);
/* It is gone; not called by sim_pbx_free(), which forgets its clients by itself. */
void sim_pbx_disconnect(struct sim_client *c);

struct sim_pbx_counts {
	uint64_t connections, monitors; /* now */
	uint64_t events;     /* records told by the nodes */
	uint64_t deliveries; /* events queued for streams, and */
	uint64_t overruns;   /* streams given up since their queue was full */
	uint64_t logins, refusals, lockouts;
};
struct sim_pbx_counts sim_pbx_counts(const struct sim_pbx *p);

/* ---- Faults; see faults.h for when they come ---- */

/* The counters of a node's PBX jump ahead by `n` in every stream, as if so many events had been lost. */
void sim_pbx_skip(struct sim_pbx *p, size_t node, uint32_t n);
/* The next `n` events of a node are not sent, though counted: a gap with its cause. */
void sim_pbx_lose(struct sim_pbx *p, size_t node, uint32_t n);
/* The next event of a node is sent twice with the same counter. */
void sim_pbx_duplicate(struct sim_pbx *p, size_t node);
/* Counters of a node start again at 1, calls and identifiers too; the connections to it are for the
 * caller to cut. */
void sim_pbx_reboot(struct sim_pbx *p, size_t node);
/* Logins are answered with a refusal, DL3_AUTH_*, until `for_ms` from now; 0 ends it. */
void sim_pbx_refuse(struct sim_pbx *p, uint32_t result, uint64_t for_ms);
/* As if too many failures had come: the user is locked out now. */
void sim_pbx_lock_out(struct sim_pbx *p, const char *user, uint64_t for_ms);

/* ---- Pseudo-files, by themselves; ruling in docs/rulings.md ---- */

/* The contents of a file on a node, malloc'd into `*out`; false when there is none. */
bool sim_file(const struct sim_exchange *x, size_t node, struct dl3_str name, char **out, size_t *len);

#endif
