/* SPDX-License-Identifier: MIT */
/*
 * A site: one PBX, or one network of them, at the other end of one link. What comes from there goes
 * through a tracker to the hub and to the store, in this order for each record: the record itself, then what it
 * changed. Belongs to the loop's thread.
 */
#ifndef GATEWAY_SITE_H
#define GATEWAY_SITE_H

#include <devlink3/call.h>
#include <devlink3/event.h>

#include "hub.h"
#include "store.h"

struct event_base;
struct site;
struct site_file;

/* The names of users and groups are read again so often: people come and go. */
#define SITE_NAMES_S 3600u
/* Questions for files that may wait; each PBX answers one at a time. */
#define SITE_FILES_MAX 64u
/* The connection for files is closed again so soon, since a PBX has few. */
#define SITE_FILES_IDLE_MS 5000u
/* A file that takes longer is given up. */
#define SITE_FILE_MS 30000u

/* The wall clock, Unix milliseconds. */
int64_t site_now_ms(void);

struct site_config {
	const char *name; /* "main" */
	const char *url;
	const char *user;     /* NULL: the URL's */
	const char *password; /* kept while the site lives, wiped at its end; NULL: none */
	const char *application;
	const struct dl3_tls_client *tls; /* NULL: the system's CAs */
	uint32_t flags;                   /* DL3_FLAG_* */
	struct dl3_tracker_config tracker;
	struct hub *hub;
	struct store *store;     /* NULL: nothing is kept */
	bool keep_records;       /* the records themselves are stored, too */
	int64_t day_start_ms;    /* of now; site_day() later */
	struct dl3_octets state; /* what an earlier life put into the store about it; absent: nothing */
	/* Each event of the link's session, and each change of the link, for whoever passes them on. May be NULL. */
	void (*event)(struct site *s, const struct dl3_event *event, void *arg);
	void (*changed)(struct site *s, const struct dl3_link_change *change, void *arg);
	void *arg;
};

/* @return NULL with one line in `error`. */
struct site *site_new(struct event_base *base, const struct site_config *config, char *error,
                      size_t error_size);
/* NULL is allowed. */
void site_free(struct site *s);

const char *site_name(const struct site *s);
const char *site_url(const struct site *s);
/* What became of the state that it was given: DL3_OK, also when there was none. */
enum dl3_err site_restored(const struct site *s);
/* The tracker's day begins anew. */
void site_day(struct site *s, int64_t start_ms);
/* Another password for the next attempt; a link that has stopped begins again. */
bool site_set_password(struct site *s, const char *password);

/* What came of a group's calls in some time. @return false when there is no such group. */
bool site_group_stats(const struct site *s, struct dl3_str group, int64_t from_ms, int64_t to_ms,
                      struct dl3_group_stats *out);

/* The link as one JSON object, with its numbers of now; NULL without memory. To be freed by the caller. */
char *site_link_json(struct site *s, size_t *len);

struct site_status {
	enum dl3_link_state state;
	bool connected; /* the stream and its snapshot are there */
	int64_t since_ms;
	struct dl3_link_totals link;
	struct dl3_tracked_counts tracker;
	size_t tracker_memory;
	uint64_t records, malformed, without_memory;
};
struct site_status site_status(const struct site *s);

/* ---- Files ---- */

enum site_answer {
	SITE_FILE,
	SITE_NO_FILE,     /* the PBX says so */
	SITE_BUSY,        /* too many wait */
	SITE_UNREACHABLE, /* no connection, or refused */
	SITE_LATE,        /* no answer in time */
};

/* `detail` is one line when there is no file. Valid during the call. */
typedef void (*site_file_fn)(enum site_answer answer, struct dl3_octets contents, const char *detail,
                             void *arg);
/* Reads a pseudo-file on a connection of its own. @return NULL when too many wait, or without memory. */
struct site_file *site_read(struct site *s, struct dl3_str path, site_file_fn fn, void *arg);
/* Its callback will not come. */
void site_read_cancel(struct site_file *f);

#endif
