/* SPDX-License-Identifier: MIT */
/*
 * What there is: the systems of a network, who works there, and what they have. A world does not
 * change while it is simulated; all strings and arrays belong to it.
 *
 * Extensions of users and groups are unique in the network, as in a real one.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <devlink3/record.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_NODES_MAX 64u   /* sets of nodes are bits of a word */
#define SIM_NUMBER_MAX 40u  /* octets of a number or an extension, and */
#define SIM_NAME_MAX 128u   /* of a name, with the NUL */
#define SIM_TARGETS_MAX 64u /* phones that ring at once for one call: members of a collective group */
#define SIM_USERS_MAX 10000u

struct sim_node {
	char *name;       /* "Head Office" */
	char *version;    /* told after authentication: "IP 500 V2 11.1.3.1 build 34" or the like */
	char *variant;    /* "Standard 1.0" */
	uint32_t address; /* IPv4; an end identifier begins with it in hexadecimal */
	char id[9];       /* that, as text: "c0a82a03" */
	int64_t clock_offset; /* of its timestamps, in tenths of a second */
	uint32_t cti_licences; /* CTI Link Pro licences installed here */
	uint32_t park_slots, bridges; /* conference bridges: seats in all */
	uint32_t voicemail_channels;  /* messages that can be left at once; 0: no voicemail */
};

/* A network link between two nodes; the trunk by which they see each other. */
struct sim_link {
	size_t from, to; /* nodes */
	uint32_t line;   /* line number at both ends */
};

struct sim_user {
	char *login;     /* "Extn4001" */
	char *full_name; /* "Sofía Marín" */
	char *extension; /* "4001" */
	char *email;     /* may be NULL */
	uint32_t id;     /* in user_list */
	size_t node;
	int64_t device;    /* DL3_EQUIPMENT_*: the phone's equipment class */
	int64_t equipment; /* equipment type: 106, 162, 163 */
	uint32_t ring_s;   /* no answer after that */
	bool voicemail, do_not_disturb, record, auto_answer, privacy;
	int64_t consent; /* 0, DL3_PARTY_FLAG_CONSENT_*: what callers to this user say */
	char *forward_busy, *forward_no_answer; /* numbers; may be NULL */
};

enum sim_group_mode { SIM_COLLECTIVE, SIM_SEQUENTIAL, SIM_ROTARY, SIM_LONGEST_WAITING };
enum sim_service_mode { SIM_OUT_OF_SERVICE, SIM_DAY, SIM_NIGHT };

struct sim_group {
	char *name, *extension;
	uint32_t id;
	size_t node; /* where it is homed */
	enum sim_group_mode mode;
	enum sim_service_mode service;
	size_t *members; /* users */
	bool *active;    /* whether each takes calls of the group now */
	size_t member_count;
	uint32_t ring_s;         /* each member rings so long before the next one is tried */
	uint32_t queue_limit;    /* calls that may wait; 0: no queue, busy */
	uint32_t announce_s;     /* first announcement after that; 0: none */
	uint32_t overflow_s;     /* goes on to the overflow group after that; 0: never */
	size_t overflow;         /* group; SIM_NONE */
	uint32_t voicemail_s;    /* goes to the group's mailbox after that; 0: never */
};
#define SIM_NONE SIZE_MAX

struct sim_route {
	char *did;  /* digits received */
	char *to;   /* extension of a user or group */
};

struct sim_trunk {
	uint32_t line; /* number, unique on its node */
	size_t node;
	int64_t class; /* DL3_EQUIPMENT_*: ISDN, SIP, analogue, H.323, T1, R2 */
	uint32_t channels;
	char *number;  /* what it sends as calling number */
	char *prefix;  /* put in front of an incoming CLI, and dialled to get a line: "9" */
	struct sim_route *routes;
	size_t route_count;
	char *fallback; /* where a call goes whose number no route has; may be NULL: it is refused */
};

/* Somebody outside. */
struct sim_contact {
	char *number, *name; /* name may be NULL */
	int64_t presentation; /* DL3_PRESENTATION_* */
	bool in_directory;
};

/* A user of the security settings, who may log in. */
struct sim_service_user {
	char *name;
	char *password;
	bool devlink3; /* its rights group has the DevLink3 right */
	bool enabled;
};

/* Which reading of the limit of three holds: docs/rulings.md. */
enum sim_limit { SIM_LIMIT_MONITORS, SIM_LIMIT_CONNECTIONS };

struct sim_security {
	bool unsecured;          /* the unsecured interface is on: TCP in the clear, TLS without a certificate */
	bool plain;              /* PLAIN challenges on encrypted links */
	uint32_t lockout_failures; /* in a row, of one user; from one address four times as many; 5 */
	uint32_t lockout_s;        /* 60 */
	uint32_t monitors;         /* 3 */
	enum sim_limit limit;
};

struct sim_account {
	char *code, *name;
};

struct sim_world {
	char *name;
	struct sim_node *nodes;
	size_t node_count;
	struct sim_link *links;
	size_t link_count;
	struct sim_user *users;
	size_t user_count;
	struct sim_group *groups;
	size_t group_count;
	struct sim_trunk *trunks;
	size_t trunk_count;
	struct sim_contact *contacts;
	size_t contact_count;
	struct sim_account *accounts;
	size_t account_count;
	struct sim_service_user *service_users;
	size_t service_user_count;
	struct sim_security security;
	struct sim_index *index;   /* for lookups */
	struct sim_memory *memory; /* all of the world's, itself included */
};

/* A line of text that says what is wrong, where and what would be right. */
#define SIM_ERROR_MAX 512
struct sim_error {
	char text[SIM_ERROR_MAX];
};

/* How big a made world is; 0 anywhere takes the default: 2 nodes, 40 users and 5 groups in all, five
 * trunks or as many as there are nodes, of SIP, ISDN, T1, R2 and analogue lines in turn with as many
 * channels as such a line has. A made world has contacts, accounts, and the service users "devlink3",
 * "norights" and "disabled", whose password is "devlink3". */
struct sim_size {
	uint32_t nodes, users, groups, trunks, channels;
	uint64_t seed;
	uint32_t first_address; /* of the first node, the others follow; 0: 192.168.42.1 */
};

/* Makes a world. NULL with `error` filled for sizes that cannot be: a trunk without a node... */
struct sim_world *sim_world_make(const struct sim_size *size, struct sim_error *error);
/* Reads one from a YAML file, checked against its schema; errors have "FILE:LINE:COLUMN: ". */
struct sim_world *sim_world_load(const char *path, struct sim_error *error);
/* The same of text in memory; `name` is what errors call it. */
struct sim_world *sim_world_parse(const char *text, size_t len, const char *name, struct sim_error *error);
void sim_world_free(struct sim_world *w);

/* NULL when there is none. */
const struct sim_user *sim_world_user(const struct sim_world *w, const char *extension);
const struct sim_group *sim_world_group(const struct sim_world *w, const char *extension);
const struct sim_user *sim_world_user_named(const struct sim_world *w, const char *login);
/* The trunk of a line number on a node; SIM_NONE for any node: the first with that number. */
const struct sim_trunk *sim_world_trunk(const struct sim_world *w, size_t node, uint32_t line);
const struct sim_contact *sim_world_contact(const struct sim_world *w, const char *number);
/* The nodes on the way between two, both included, by the fewest links, into `path` (room for
 * node_count). @return how many; 0 when there is no way. */
size_t sim_world_path(const struct sim_world *w, size_t from, size_t to, size_t *path);

#endif
