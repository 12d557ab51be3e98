/* SPDX-License-Identifier: MIT */
/* Between the files of a site. */
#ifndef GATEWAY_SITE_PARTS_H
#define GATEWAY_SITE_PARTS_H

#include <event2/event.h>

#include "site.h"

/* Nodes that a link is told to have. */
#define SITE_NODES 64u
#define SITE_TLS_TEXTS 5u
/* Longer identifiers than that are no PBX's. */
#define SITE_CALL_ID 64u

struct site_tags {
	uint64_t at[HUB_TAGS];
	size_t count;
};

struct site_file {
	struct site_file *next;
	struct site *site; /* NULL once it is cancelled while it is being asked */
	site_file_fn fn;
	void *arg;
	char path[DL3_NAME_MAX + 1];
};

/* Calls that the state from before a restart has as up, and that the store has as ended. */
struct site_over {
	char (*ids)[SITE_CALL_ID];
	size_t count;
};

struct site {
	struct event_base *base;
	char *name, *url, *user, *application, *password;
	char *tls_texts[SITE_TLS_TEXTS];
	struct dl3_tls_client tls; /* of these */
	bool has_tls;
	uint32_t flags;
	struct hub *hub;
	struct store *store;
	bool keep_records;
	void (*event)(struct site *s, const struct dl3_event *event, void *arg);
	void (*changed)(struct site *s, const struct dl3_link_change *change, void *arg);
	void *arg;

	struct dl3_link *link;
	struct dl3_tracker *tracker;
	struct event *tick;
	bool streaming; /* the tracker has been told of a link */
	int64_t names_at;
	uint64_t records, malformed, without_memory;

	/* What the tracker knows, for the next start. */
	bool unsaved;
	uint64_t saved_ms, save_after_ms; /* monotonic */
	uint8_t *saved;
	size_t saved_cap;
	enum dl3_err restored;
	struct site_over over;

	/* The link's last change. */
	enum dl3_link_reason reason;
	enum dl3_link_state state;
	int64_t since_ms;
	uint32_t retry_ms, accepted;
	char detail[512], advice[256], address[DL3_ADDRESS_TEXT], variant[128];
	uint32_t nodes[SITE_NODES];
	size_t node_count;

	/* Files. */
	struct dl3_link *reader;
	struct event *reader_timer;
	struct site_file *files, *asked; /* `asked` is the first, when it waits for its answer */
	size_t file_count;
	uint32_t request;

	char *buf, *raw; /* for JSON */
	size_t cap, raw_cap;
};

/* Room for so much in `buf`. @return false without memory. */
bool site_room(struct site *s, size_t len);

/* ---- From the tracker: site_calls.c ---- */

/* A record of the stream. */
void site_take_record(struct site *s, const struct dl3_event *e);
/* Tells what the tracker has to tell. */
void site_tell(struct site *s);

/* What is up, as if it had changed just now: to a hub that knows nothing yet. */
void site_tell_all(struct site *s);
/* The one with this id, or that has taken it in. */
void site_tell_call(struct site *s, struct dl3_str id);

/* ---- Over a restart: site_saved.c ---- */

void site_restore(struct site *s, struct dl3_octets state);
/* Puts what the tracker knows into the store, if it is time. */
void site_save(struct site *s);
/* Whether the end of the call was told and stored in an earlier life. */
bool site_knows_over(const struct site *s, struct dl3_str id);
/* Whether what is told is of such a call, and is not to be passed on. */
bool site_is_over(struct site *s, const struct dl3_tracked *told);
/* The snapshot has told which are up all the same. */
void site_over_decided(struct site *s);
void site_saved_free(struct site *s);

/* ---- The link as JSON ---- */

void site_publish_link(struct site *s);

/* ---- Files: site_files.c ---- */

/* Reads who is who. */
void site_ask_names(struct site *s);
void site_files_finish(struct site *s);

#endif
