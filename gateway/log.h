/* SPDX-License-Identifier: MIT */
/*
 * Lines for an operator, on standard error:
 *
 *     2026-11-23T17:41:27.123Z info link pbx=main state=up address=192.0.2.1:50797
 *     {"time":"2026-11-23T17:41:27.123Z","level":"info","event":"link","pbx":"main","state":"up"}
 *
 * A line that is said again within LOG_REPEAT_MS is counted, not said; then it is said once more with
 * `repeated` as the number of times. A line is no longer than LOG_LINE_MAX; controls are escaped; when whoever
 * reads is too slow lines are left out and counted, so that nothing waits for the log.
 *
 * Never give it a password or a token. All of it belongs to one thread.
 */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

#include <devlink3/base.h>

/* With the line break. What a pipe takes as a whole is more. */
#define LOG_LINE_MAX 2048u
/* Different lines of which repetitions are counted at a time. */
#define LOG_REPEATS 32u
#define LOG_REPEAT_MS 10000u
/* Of one text. */
#define LOG_TEXT_MAX 512u

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR, LOG_LEVELS };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* "debug", "info", "warning", "error" */
const char *log_level_name(enum log_level level);

enum log_kind { LOG_KIND_TEXT, LOG_KIND_SIGNED, LOG_KIND_UNSIGNED, LOG_KIND_BOOL };

struct log_field {
	const char *key; /* snake_case */
	enum log_kind kind;
	bool varies; /* another value does not make it another line */
	union {
		struct dl3_str text; /* absent: the field is left out */
		int64_t number;
		uint64_t count;
		bool yes;
	} value;
};

#define LOG_STR(name, view)                                                      \
	{                                                                        \
		.key = (name), .kind = LOG_KIND_TEXT, .value = {.text = (view) } \
	}
/* NULL leaves it out. */
#define LOG_TEXT(name, z) LOG_STR(name, dl3_str_of(z))
#define LOG_SIGNED(name, n)                                                       \
	{                                                                         \
		.key = (name), .kind = LOG_KIND_SIGNED, .value = {.number = (n) } \
	}
#define LOG_UNSIGNED(name, n)                                                      \
	{                                                                          \
		.key = (name), .kind = LOG_KIND_UNSIGNED, .value = {.count = (n) } \
	}
#define LOG_BOOL(name, b)                                                    \
	{                                                                    \
		.key = (name), .kind = LOG_KIND_BOOL, .value = {.yes = (b) } \
	}
/* The same of a value that is another each time, such as a port. */
#define LOG_VARYING_TEXT(name, z)                                                                       \
	{                                                                                               \
		.key = (name), .kind = LOG_KIND_TEXT, .varies = true, .value = {.text = dl3_str_of(z) } \
	}
#define LOG_VARYING_UNSIGNED(name, n)                                                              \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_UNSIGNED, .varies = true, .value = {.count = (n) } \
	}

struct log;

struct log_config {
	int fd; /* not closed */
	enum log_format format;
	enum log_level level; /* what is below is not said */
	/* The wall clock, Unix milliseconds; NULL: the system's. */
	int64_t (*now_ms)(void *arg);
	void *arg;
};

/* @return NULL without memory. */
struct log *log_new(const struct log_config *config);
/* Says what is still counted. NULL is allowed. */
void log_free(struct log *l);
void log_set(struct log *l, enum log_format format, enum log_level level);
bool log_takes(const struct log *l, enum log_level level);

/* `event` is one word, such as "link". A NULL log says nothing. */
void log_line(struct log *l, enum log_level level, const char *event, const struct log_field *fields,
              size_t count);
/* log_say(l, LOG_LEVEL_INFO, "link", LOG_TEXT("pbx", name), LOG_TEXT("state", "up")); */
#define log_say(l, level, event, ...)                                        \
	log_line(l, level, event, (const struct log_field[]){ __VA_ARGS__ }, \
	         sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

/* Says what was counted and is due; to be called every few seconds. */
void log_tick(struct log *l);

struct log_counts {
	uint64_t lines[LOG_LEVELS]; /* said */
	uint64_t repeated;          /* counted instead */
	uint64_t lost;              /* left out: nobody took them */
};
struct log_counts log_counts(const struct log *l);

#endif
