/* SPDX-License-Identifier: MIT */
/* Between the files of the proxy. */
#ifndef GATEWAY_PROXY_PARTS_H
#define GATEWAY_PROXY_PARTS_H

#include <event2/event.h>

#include "net/conn.h"
#include "proxy.h"

#define PROXY_LOCKS 256u /* users and addresses whose failures are remembered */
#define PROXY_LOCK_KEY 80u
/* What of a link an application may leave out, and what its counters are taken off for. */
#define PROXY_CHOICES (DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN | DL3_FLAG_CONN)
#define PROXY_CHOICE_COUNT 8u

struct proxy_lock {
	char key[PROXY_LOCK_KEY]; /* "u:name" or "a:address" */
	uint32_t failures;
	uint64_t until, used; /* locked until; last failure */
};

struct proxy_locks {
	struct proxy_lock list[PROXY_LOCKS];
	size_t count;
	uint32_t failures; /* that lock a user out */
	uint64_t for_ms;
};

struct proxy_account {
	char *name, *password;
};

/* A PBX of the network, by its events. */
struct proxy_node {
	uint32_t pbx;
	uint32_t last; /* counter */
	bool known;    /* it has one */
	bool jumped;   /* the next is not the one behind it, and the applications are to see that */
	uint32_t hidden[PROXY_CHOICE_COUNT]; /* events left out, by proxy_choice() */
};

/* Those who get the same octets. */
struct proxy_view {
	struct proxy_view *next;
	uint32_t flags; /* accepted */
	struct proxy_client *clients;
	uint8_t *octets; /* whole events that came since they were last given to the clients */
	size_t len, cap;
	uint32_t events;
	struct dl3i_shared *snapshot; /* of `snapshot_at`; NULL: none */
	uint32_t snapshot_events;
	uint64_t snapshot_at;
};

/* One tuple of the event that is being put together. */
struct proxy_piece {
	size_t at, len;
	unsigned choices; /* a bit for each proxy_choice() that gets it */
};

struct proxy_pending {
	bool any;
	uint32_t pbx, counter;
	uint8_t *octets; /* tuples, headers included */
	size_t len, cap;
	struct proxy_piece *pieces;
	size_t count, piece_cap;
};

enum proxy_said {
	PROXY_SAID_REFUSED = 1,
	PROXY_SAID_STREAM = 2,
};

struct proxy_client {
	struct proxy_client *next, **back;           /* of the proxy's */
	struct proxy_client *view_next, **view_back; /* of the view's */
	struct proxy *proxy;
	struct dl3_conn *conn;
	struct proxy_view *view;             /* NULL: it has no stream */
	const struct proxy_account *account; /* who tries to log in or did; NULL: nobody knows him */
	char name[PROXY_LOCK_KEY];
	bool admitted;
	size_t snapshot;        /* octets of one that may still wait; 0 once it has gone */
	struct event *patience; /* a right password waits for the PBX; NULL: none does */
	unsigned said;
};

struct proxy_wait {
	struct proxy_wait *next;
	struct proxy_client *client;
	uint32_t request;
};

/* A file that has been asked for. */
struct proxy_read {
	struct proxy_read *next;
	struct proxy *proxy; /* NULL: it is gone */
	struct proxy_wait *waits;
	size_t path_len;
	char path[];
};

struct proxy_calls;

struct proxy {
	struct event_base *base;
	struct dl3_listener **listeners;
	size_t listener_count;
	struct proxy_account *accounts;
	size_t account_count;
	struct proxy_locks locks;
	char *name, *pbx, *variant; /* the last two are the PBX's own words; NULL: none */
	uint32_t queue, patience_ms, configured_node;
	bool (*file)(void *arg, struct dl3_str path, proxy_file_fn done, void *done_arg);
	void (*log)(const char *line, void *arg);
	void *arg;

	struct proxy_client *clients;
	struct proxy_view *views;
	struct proxy_read *reads;
	struct event *turn; /* gives what came in this turn of the loop to those who want it */
	struct proxy_pending pending;
	struct proxy_calls *calls;
	struct proxy_node *nodes;
	size_t node_count;
	uint64_t version; /* of the snapshot: rises with each event */
	bool streaming, up;
	uint32_t flags;        /* of the link */
	uint32_t link_address; /* IPv4; 0: none */
	struct proxy_counts counts;
};

/* ---- proxy.c ---- */

void proxy_say(struct proxy_client *c, enum proxy_said what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* It is of no more use: cut off, with what is queued. */
void proxy_cut(struct proxy_client *c);
/* All who have been let in, since there is nothing to give any more. */
void proxy_close_all(struct proxy *p);

/* ---- proxy_lock.c ---- */

bool proxy_locked(const struct proxy_locks *l, const char *user, const char *peer, uint64_t now);
/* @return how many were locked out by this. */
unsigned proxy_lock_fail(struct proxy_locks *l, const char *user, const char *peer, uint64_t now);
void proxy_lock_forgive(struct proxy_locks *l, const char *user, const char *peer);

/* ---- proxy_login.c ---- */

void proxy_login(struct proxy_client *c, struct dl3_str user);
void proxy_proof(struct proxy_client *c, bool right);
/* The PBX is there: those who wait for it are let in. */
void proxy_admit_waiting(struct proxy *p);
void proxy_wait_end(struct proxy_client *c);
void proxy_accounts_free(struct proxy_account *accounts, size_t count);

/* ---- proxy_stream.c ---- */

/* The three flags as a number below PROXY_CHOICE_COUNT. */
unsigned proxy_choice(uint32_t flags);
void proxy_stream(struct proxy_client *c, uint32_t request, uint32_t result, uint32_t flags);
void proxy_stream_end(struct proxy_client *c);
/* The PBX that an application without -SCN hears; 0: all, or not known. */
uint32_t proxy_own_node(const struct proxy *p);
bool proxy_view_hears(const struct proxy_view *v, uint32_t pbx);
/* Adds an event of so many octets behind the others of the turn. @return where they go; NULL without memory,
 * then the view's clients are cut off. */
uint8_t *proxy_view_add(struct proxy_view *v, size_t len);
/* Gives what has been added to the clients, and lets go of a snapshot that is not of now any more. */
void proxy_view_give(struct proxy_view *v);
void proxy_views_free(struct proxy *p);

/* ---- proxy_event.c ---- */

#define PROXY_EVENT_HEAD 12u /* type, PBX, counter */

/* Writes a frame's head and the event's, for `len` octets of tuples. @return where those go; `*size` is the length
 * of all. With NULL only that is told. */
uint8_t *proxy_event_head(uint8_t *at, uint32_t pbx, uint32_t counter, size_t len, size_t *size);
/* What is being put together is whole. */
void proxy_event_end(struct proxy *p);
struct proxy_node *proxy_node_find(struct proxy *p, uint32_t pbx);

/* ---- proxy_calls.c ---- */

struct proxy_calls *proxy_calls_new(uint32_t max, size_t max_octets);
void proxy_calls_free(struct proxy_calls *k);
void proxy_calls_clear(struct proxy_calls *k);
/* A Delta3 record and its tuple. @return whether it is of a call that has been connected. */
bool proxy_calls_take(struct proxy_calls *k, uint32_t pbx, const struct dl3_record *record,
                      const struct dl3_tuple *tuple);
/* Events are missing, maybe those that end a call: drops what is half gone. */
void proxy_calls_gap(struct proxy_calls *k, uint32_t pbx);
/* Another snapshot begins, on the same link; at its end what it did not have is dropped. */
void proxy_calls_renew(struct proxy_calls *k);
void proxy_calls_renewed(struct proxy_calls *k);
size_t proxy_calls_count(const struct proxy_calls *k);
uint64_t proxy_calls_forgotten(const struct proxy_calls *k);

/* A call in progress, as it was told last. */
struct proxy_told {
	uint32_t pbx;
	bool connected;
	struct dl3_octets tuple; /* header included */
};
/* Each in turn, in the order in which they began; `*at` is NULL at first. @return false behind the last. */
bool proxy_calls_next(const struct proxy_calls *k, const void **at, struct proxy_told *told);

/* ---- proxy_files.c ---- */

void proxy_read_request(struct proxy_client *c, uint32_t request, struct dl3_str path);
/* Its answers are not wanted any more. */
void proxy_read_forget(struct proxy_client *c);
void proxy_reads_finish(struct proxy *p);

#endif
