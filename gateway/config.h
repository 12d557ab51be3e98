/* SPDX-License-Identifier: MIT */
/*
 * What an operator has written down of the gateway: one file of YAML, docs/configuration.md. Everything may be
 * left out and has its default; what nobody knows is an error, and an error says FILE:LINE:COLUMN.
 *
 * Passwords are not in it, only where they are; gateway_password() fetches one when it is needed.
 *
 * All text belongs to the configuration and lives as long as it does. Relative paths of the file are those of the
 * file's own folder, which is in front of them here.
 */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <devlink3/event.h>

#include "log.h"

#define CONFIG_LISTEN "127.0.0.1:8080"
/* In the folder of the state. */
#define CONFIG_STORE "devlink3.db"
#define CONFIG_PBXS_MAX 20000u
#define CONFIG_LISTEN_MAX 16u
#define CONFIG_USERS_MAX 1000u
#define CONFIG_ORIGINS_MAX 64u
/* Octets of a PBX's or a user's name, without the NUL. */
#define CONFIG_NAME_MAX 32u
/* -SCN needs a licence for each node, and a PBX that lacks one streams nothing. */
#define CONFIG_FLAGS (DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN)
#define CONFIG_APPLICATION "Devlink3"
/* A year and a bit, to compare with; the records themselves are many and of use while something is looked into. */
#define CONFIG_CALLS_DAYS 400u
#define CONFIG_EVENTS_DAYS 14u
#define CONFIG_ANSWER_GOAL_S 20u
#define CONFIG_SHORT_S 5u
#define CONFIG_CONSUMERS 20000u
#define CONFIG_PROXY_CONNECTIONS 256u

#define CONFIG_ERROR_SIZE 512u
struct config_error {
	char text[CONFIG_ERROR_SIZE]; /* one line, without a password */
};

/* Line 0: it does not stand in the file. */
struct config_place {
	size_t line, column;
};

/* Where a password is: one of the two, or neither. */
struct config_secret {
	const char *file, *env;
	struct config_place place;
};

struct config_pbx {
	const char *name;
	const char *url;
	struct dl3_url parsed;
	struct config_secret password;
	struct dl3_tls_client tls; /* all NULL: the system's CAs */
	uint32_t flags;            /* DL3_FLAG_* */
	const char *application;
	struct config_place place;
};

struct config_listen {
	const char *address;
	bool encrypted;
	struct dl3_tls_server tls; /* all NULL when encrypted: with a certificate that is made for it */
	bool allow_insecure; /* in the clear where it is not loopback: something in front of it does TLS */
	struct config_place place;
};

/* Who may log in to the proxy, as at a PBX. */
struct config_user {
	const char *name;
	struct config_secret password;
	struct config_place place;
};

struct config_proxy {
	struct config_listen *listen; /* none: there is no proxy */
	size_t listen_count;
	struct config_user *users;
	size_t user_count;
	uint32_t connections;
};

struct config_store {
	const char *where;                /* a path, or a URL of PostgreSQL */
	uint32_t calls_days, events_days; /* 0: for ever */
	uint64_t max_bytes;               /* of SQLite's file; 0: the disk is the limit */
	uint32_t commit_ms;
	bool records; /* the records themselves are stored, too */
};

struct config_calls {
	uint32_t answer_goal_s, short_s;
	uint32_t day_start_min; /* minutes behind local midnight */
};

struct config_limits {
	uint32_t consumers, connections, connections_per_address;
	uint32_t ring_messages; /* a power of two */
	uint64_t ring_bytes;
	uint32_t request_timeout_s;
	uint32_t queue; /* messages, of a consumer that does not say */
};

struct config_log {
	enum log_format format;
	enum log_level level;
};

struct gateway_config {
	const char *file; /* NULL: none was read */
	struct config_pbx *pbxs;
	size_t pbx_count;
	struct config_listen *listen; /* at least one */
	size_t listen_count;
	struct config_proxy proxy;
	const char *tokens_file; /* NULL: none */
	const char **allowed_origins;
	size_t origin_count;
	struct config_store store;
	struct config_calls calls;
	struct config_limits limits;
	struct config_log log;
	const char *state;            /* folder */
	struct config_memory *memory; /* of all that is pointed to */
};

/*
 * The defaults. The state's folder is STATE_DIRECTORY of the environment, which systemd sets, else
 * /var/lib/devlink3 for root, else devlink3 in XDG_STATE_HOME or ~/.local/state. @return false with an error
 * when there is none of these, or no memory; then there is nothing to free.
 */
bool gateway_config_default(struct gateway_config *config, struct config_error *error);
/* The defaults with what the file says. The same. */
bool gateway_config_read(const char *path, struct gateway_config *config, struct config_error *error);
/* The same of text; `name` is for errors and its folder for relative paths. */
bool gateway_config_parse(const char *text, size_t len, const char *name, struct gateway_config *config,
                          struct config_error *error);
/* Of zeros, too. */
void gateway_config_free(struct gateway_config *config);

/* One PBX more, as of the command line; its name is made of its host. Its password is DEVLINK3_PASSWORD's. */
bool gateway_config_add_pbx(struct gateway_config *config, const char *url, struct config_error *error);
/* In place of all addresses there are: of the command line, too. `count` at most CONFIG_LISTEN_MAX. */
bool gateway_config_set_listen(struct gateway_config *config, const char *const *addresses, size_t count,
                               struct config_error *error);
/* A copy that lives as long as the configuration; NULL without memory. */
const char *gateway_config_text(struct gateway_config *config, const char *text);

/*
 * What holds only when all is there, the command line with it; to be called before any of it is used, and for
 * `--check`. An address that is not loopback needs TLS, or allow_insecure, and a token; the proxy needs users.
 * The files that are named can be read, and passwords fetched; the state's folder is there or can be made, with
 * `make` it is made.
 */
bool gateway_config_check(const struct gateway_config *config, bool make, struct config_error *error);

/* Whether it is an address with a port, "127.0.0.1:80" or "[::1]:80", and whether only this machine reaches it. */
bool gateway_is_address(const char *address);
bool gateway_is_loopback(const char *address);

/* ---- Passwords ---- */

#define GATEWAY_PASSWORD_SIZE 256u
struct gateway_password {
	char text[GATEWAY_PASSWORD_SIZE];
};
/*
 * Fetches it: from the file, which must not be anybody's to read, or from the environment, where it stays for the
 * next time. One line break at the end is not of the password. @return false when there is none, it is no
 * password, or neither was named; `password` is then wiped.
 */
bool gateway_password_get(const struct gateway_config *config, const struct config_secret *secret,
                          struct gateway_password *password, struct config_error *error);
void gateway_password_wipe(struct gateway_password *password);

/* ---- What another configuration changes ---- */

enum config_section {
	CONFIG_SECTION_PBXS = 1 << 0,
	CONFIG_SECTION_LISTEN = 1 << 1, /* addresses, and whether they are encrypted */
	CONFIG_SECTION_TLS = 1 << 2,    /* certificates of those */
	CONFIG_SECTION_PROXY = 1 << 3,  /* its addresses and limits */
	CONFIG_SECTION_PROXY_USERS = 1 << 4,
	CONFIG_SECTION_TOKENS_FILE = 1 << 5,
	CONFIG_SECTION_ALLOWED_ORIGINS = 1 << 6,
	CONFIG_SECTION_STORE = 1 << 7,
	CONFIG_SECTION_CALLS = 1 << 8,
	CONFIG_SECTION_LIMITS = 1 << 9,
	CONFIG_SECTION_LOG = 1 << 10,
	CONFIG_SECTION_STATE = 1 << 11,
};
/* What only another start brings about. */
#define CONFIG_NEEDS_RESTART                                                              \
	((unsigned)(CONFIG_SECTION_LISTEN | CONFIG_SECTION_PROXY | CONFIG_SECTION_STORE | \
	            CONFIG_SECTION_CALLS | CONFIG_SECTION_LIMITS | CONFIG_SECTION_STATE))

enum config_change { CONFIG_SAME, CONFIG_NEW, CONFIG_CHANGED, CONFIG_GONE };

struct config_pbx_change {
	enum config_change what;
	const struct config_pbx *before, *after; /* NULL of a new one, of one that is gone */
};

struct config_diff {
	unsigned sections;              /* CONFIG_SECTION_*: where anything differs */
	struct config_pbx_change *pbxs; /* those of `after` in their order, then those that are gone */
	size_t pbx_count;
};

/*
 * Compares, PBXs by their names. What lies behind a path or a variable is not looked at: certificates, tokens and
 * passwords are to be read again at each reload. Both configurations must outlive the difference.
 * @return false without memory.
 */
bool gateway_config_diff(const struct gateway_config *before, const struct gateway_config *after,
                         struct config_diff *diff);
void gateway_config_diff_free(struct config_diff *diff);
/* "listen, store"; "" for 0. Cut to `size`; CONFIG_SECTIONS_SIZE suffices. @return `buf`. */
#define CONFIG_SECTIONS_SIZE 160u
char *config_sections_text(unsigned sections, char *buf, size_t size);

#endif
