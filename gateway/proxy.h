/* SPDX-License-Identifier: MIT */
/*
 * DevLink3 itself, served on: applications that speak it connect to the gateway as if it were the PBX, as many
 * as the machine holds. One proxy stands for one PBX, whose one link it is fed from; it belongs to that link's
 * loop and thread. docs/proxy.md is for those who use it.
 *
 * What comes from the PBX is passed on as it came, octet for octet: an event is put together once for each set
 * of flags in which somebody wants it, into a block that all of those send from, and nobody has a copy.
 *
 * Counters are the PBX's own, so a gap of the PBX's shows at each application. To one whose flags leave
 * something out, what was left out is taken off the counter, so that only a loss looks like one.
 *
 * While the link is down nobody is let in, since there is nothing to say: a login waits PROXY_PATIENCE_MS for the
 * PBX to come back and is then told RETRY LATER. Whoever was connected when the stream was lost gets what is still
 * queued for it and is closed, as by a PBX that restarts. It could have been kept, with a CallLost of ours for
 * each call that ended meanwhile; but then the proxy would tell what no PBX said, with causes and times that
 * nobody knows, while every application already has to cope with a connection that is lost, and learns what is up
 * from the next snapshot.
 */
#ifndef GATEWAY_PROXY_H
#define GATEWAY_PROXY_H

#include <devlink3/event.h>

struct event_base;
struct proxy;

/* How long a login waits for a PBX that is not there: less than DL3_ANSWER_TIMEOUT_MS, since the
 * application waits as well. */
#define PROXY_PATIENCE_MS 5000u
/* Octets that may wait for one application; past them it is disconnected. */
#define PROXY_QUEUE DL3_SERVER_MAX_OUTPUT
#define PROXY_CONNECTIONS 256u
/* Failed logins before a user is locked out, and four times as many before an address is; for so long. */
#define PROXY_LOCKOUT_FAILURES 5u
#define PROXY_LOCKOUT_S 60u
/* Calls remembered for the snapshot, and octets of them: ten times what the largest PBX has. Further ones are
 * passed on as all are, but a snapshot does not have them. */
#define PROXY_CALLS 32768u
#define PROXY_CALL_OCTETS ((size_t)64 * 1024 * 1024)

struct proxy_listen {
	const char *address;              /* "127.0.0.1:50797", port 0 picks one */
	const struct dl3_tls_server *tls; /* NULL: in the clear */
	const struct dl3_tls *shared_tls; /* instead */
};

/* One who may log in. As at a PBX, passwords that are the same in their first 16 octets are the same. */
struct proxy_user {
	const char *name, *password;
};

/* Gives what a file has, or that there is none; `contents` lives during the call. */
typedef void (*proxy_file_fn)(bool found, struct dl3_octets contents, void *arg);

/* Everything is copied. 0 anywhere means the default above. */
struct proxy_config {
	const char *name; /* of the PBX, told to applications while the PBX has not told its own */
	const struct proxy_listen *listen;
	size_t listen_count; /* at least one */
	const struct proxy_user *users;
	size_t user_count;
	uint32_t connections; /* at once, on each address */
	uint32_t queue;       /* octets */
	uint32_t patience_ms;
	uint32_t lockout_failures, lockout_s;
	uint32_t calls;
	/*
	 * The PBX's own address among those of its network, as events have it (0xc0a82a01 is 192.168.42.1): what an
	 * application hears that does not ask for -SCN, when the link does. 0: it is the address that the link is
	 * connected to, if events come from there; else such an application is refused, FEATURE NOT AVAILABLE.
	 */
	uint32_t node;
	/*
	 * Reads a pseudo-file of the PBX's, on another connection than the events'. @return false when it cannot now;
	 * otherwise `done` is called once with `done_arg`, maybe before this returns, maybe after proxy_free().
	 * NULL: there are no files. The same file is asked for once while an answer is due, whoever wants it.
	 */
	bool (*file)(void *arg, struct dl3_str path, proxy_file_fn done, void *done_arg);
	/* A line for the log; NULL: none. What applications can repeat is said once a connection. No passwords. */
	void (*log)(const char *line, void *arg);
	void *arg;
};

/* Begins to listen. @return NULL with one line in `error`. */
struct proxy *proxy_new(struct event_base *base, const struct proxy_config *config, char *error,
                        size_t error_cap);
/* Closes all connections. Not to be called from within one of its own callbacks. NULL is allowed. */
void proxy_free(struct proxy *p);

/*
 * Both are a site's callbacks, each of them called for all that happens on the link that brings the events, in
 * order. The stream begins with DL3_EV_STREAM, applications are let in from DL3_EV_SNAPSHOT_END on, and out when the
 * link is no more.
 */
void proxy_event(struct proxy *p, const struct dl3_event *event);
void proxy_changed(struct proxy *p, const struct dl3_link_change *change);

/* Other users from now on, copied. Whoever is connected stays, but for those whose name or password is no
 * longer right. @return false without memory; then nothing has changed. */
bool proxy_set_users(struct proxy *p, const struct proxy_user *users, size_t count);

/* Where it listens, by index; NULL past the last. */
const char *proxy_address(const struct proxy *p, size_t index);

struct proxy_counts {
	bool up;                          /* applications are let in */
	uint32_t connections, monitors;   /* now; those that get events */
	uint64_t calls;                   /* remembered for the snapshot, now */
	uint64_t events;                  /* of the PBX's, passed on or not */
	uint64_t deliveries, octets;      /* of events queued, with those of snapshots */
	uint64_t disconnected;            /* that did not read in time */
	uint64_t turned_away;             /* for there were too many */
	uint64_t logins, refused, locked; /* refused: any; locked: users and addresses locked out */
	uint64_t forgotten;               /* calls that no snapshot will have, for want of room */
};
struct proxy_counts proxy_counts(const struct proxy *p);

#endif
