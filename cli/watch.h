/* SPDX-License-Identifier: MIT */
/*
 * What `devlink3 watch` shows, and how. A sink is one way to show it: a line of JSON for each record, a
 * log for people, calls instead of records.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <devlink3/event.h>
#include <time.h>

#include "calls.h"
#include "link_output.h"

struct watch_sink;

struct watch_sink_ops {
	/* An event of the session; `snapshot`: it tells of a call that was in progress already. */
	void (*event)(struct watch_sink *sink, const struct timespec *at, const struct dl3_event *event,
	              bool snapshot);
	void (*change)(struct watch_sink *sink, const struct timespec *at,
	               const struct dl3_link_change *change);
	/* Once a second. May be NULL. */
	void (*second)(struct watch_sink *sink);
	/* The end of a turn of the loop: what is shown now may stay for long. May be NULL. */
	void (*rest)(struct watch_sink *sink);
	/* Frees it. */
	void (*finish)(struct watch_sink *sink);
};

struct watch_sink {
	const struct watch_sink_ops *ops;
};

struct watch_style {
	bool raw;      /* records' text as it came too */
	bool terminal; /* standard output is one: as wide as it is, with a status line */
	bool colour;
	bool network;   /* events of several PBXs are expected */
	const char *to; /* where, for the status line */
};

/* NULL without memory. They write to `out`, which must outlive them. */
struct watch_sink *watch_json_new(struct link_output *out, const struct watch_style *style);
struct watch_sink *watch_text_new(struct link_output *out, const struct watch_style *style);

struct watch_sink *watch_calls_new(struct link_output *out, const struct call_style *style);

/* "delta3", "siptrack", "cmextn_state": which tuple a record came in, as `decode` names it. */
const char *watch_tuple_kind(const struct dl3_tuple *tuple, const struct dl3_record *record);

#endif
