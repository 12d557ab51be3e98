/* SPDX-License-Identifier: MIT */
/**
 * @file conversation.h
 * Sessions in tests: an end with an owner that acts on its events and a log of them, a client
 * and a PBX joined in memory, and messages made by hand.
 */
#ifndef DL3T_CONVERSATION_H
#define DL3T_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devlink3/devlink3.h>

/* ---- Text and octets that grow ---- */

struct dl3t_text {
	char *ptr; /* NUL-terminated once something was put; NULL before */
	size_t len, cap;
};

void dl3t_put(struct dl3t_text *t, const void *data, size_t len);
void dl3t_printf(struct dl3t_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dl3t_text_free(struct dl3t_text *t);
/* The text so far; "" when there is none. */
const char *dl3t_text_of(const struct dl3t_text *t);

/* ---- One end ---- */

struct dl3t_end;
typedef void (*dl3t_owner_fn)(struct dl3t_end *end, const struct dl3_event *ev);

struct dl3t_end {
	struct dl3_session *s;
	dl3t_owner_fn owner;  /* acts on each event; may be NULL */
	void *script;         /* the owner's */
	struct dl3t_text log; /* a line for each event, and one for the error that ended it */
	struct dl3t_text out; /* all that it sent */
	enum dl3_err err;     /* what next() said last */
};

/* Takes events until there are none, and what the session has to send. */
void dl3t_end_run(struct dl3t_end *end);
/* Feeds octets, `chunk` at a time, and runs after each. 0: all at once, or as the environment has it:
 * DL3T_CHUNK at a time, or in two pieces cut behind DL3T_CUT octets. */
void dl3t_end_feed(struct dl3t_end *end, const void *data, size_t len, size_t chunk);
/* Tells the time and runs. */
void dl3t_end_tick(struct dl3t_end *end, uint64_t now);
/* Forgets the log so far. */
void dl3t_end_quiet(struct dl3t_end *end);
/* Frees the session and the texts. */
void dl3t_end_finish(struct dl3t_end *end);

/* One line about an event, without a line break. */
void dl3t_event_text(struct dl3t_text *t, const struct dl3_event *ev);

/* ---- Messages by hand ---- */

/* Feeds one message as a frame. */
void dl3t_say(struct dl3t_end *end, const struct dl3_msg *msg);
/* Feeds a frame with this payload, as it is. */
void dl3t_say_payload(struct dl3t_end *end, const void *payload, size_t len);
/* Feeds octets written as hex. */
void dl3t_say_hex(struct dl3t_end *end, const char *hex);

/* ---- A PBX ---- */

/* How the owner of a server session answers. All zeros: the user "app" has the password "secret". */
struct dl3t_pbx {
	const char *password;                /* NULL: "secret" */
	bool plain;                          /* PLAIN challenge */
	bool silent;                         /* answers nothing */
	uint32_t refuse_login, refuse_proof; /* results, instead of the right answer */
	uint32_t stream_result;              /* instead of what the rules say; 0: the rules */
	const char *file;                    /* contents of "nasystem/user_list"; NULL: none */
	size_t file_len;
};

/* The owner of a server; its script is a struct dl3t_pbx. */
void dl3t_pbx_owner(struct dl3t_end *end, const struct dl3_event *ev);

extern const uint8_t dl3t_challenge[DL3_CHALLENGE_SIZE];

/* ---- Both ends, joined ---- */

struct dl3t_pair {
	struct dl3t_end client, server;
	struct dl3t_pbx pbx;
	size_t to_server, to_client; /* octets of `out` that have been handed over */
	size_t chunk;                /* octets at a time; 0: as they come */
};

/* Makes both ends, with their configurations (NULL: the defaults), and ticks them at 0. */
void dl3t_pair_init(struct dl3t_pair *p, const struct dl3_client_config *client,
                    const struct dl3_server_config *server);
/* Carries octets to and fro until neither end has any. */
void dl3t_pair_run(struct dl3t_pair *p);
/* Tells both the time, and runs. */
void dl3t_pair_tick(struct dl3t_pair *p, uint64_t now);
/* Authenticates as "app" with "secret" and forgets the logs. */
void dl3t_pair_login(struct dl3t_pair *p);
void dl3t_pair_finish(struct dl3t_pair *p);

#endif
