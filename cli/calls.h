/* SPDX-License-Identifier: MIT */
/*
 * Calls in place of records: for `devlink3 calls`, which reads what was recorded, and for `devlink3 watch
 * --calls`. A printer has a tracker, is fed what the tracker is fed, and writes a line for each call that is over.
 */
#ifndef CLI_CALLS_H
#define CLI_CALLS_H

#include <devlink3/devlink3.h>

#include "base/out.h"

struct call_style {
	bool text;     /* for people; JSON otherwise */
	bool terminal; /* lines are cut to its width */
	bool colour;
	bool timeline;      /* with each call its history */
	bool open;          /* at the end the calls that are up */
	bool users, groups; /* at the end tables of them */
	/* Times are those of the PBX, from a start of its own: there is no arrival to relate them to. */
	bool without_date;
	uint32_t delta2_unit_ms; /* of the tracker */
};

/* Takes whole lines. @return 0, or -1 when no more is wanted. */
typedef int (*calls_write_fn)(const char *data, size_t len, void *arg);

struct call_printer;

/* Copies the style. @return NULL without memory. */
struct call_printer *call_printer_new(const struct call_style *style, calls_write_fn write, void *arg);
void call_printer_free(struct call_printer *p);

/*
 * As the functions of the tracker with these names, and then what came of it is written.
 * @return 0, or -1 without memory for a line, or when `write` wants no more: then there is no use in going on.
 */
int call_printer_record(struct call_printer *p, int64_t now_ms, uint32_t pbx, uint32_t counter,
                        const struct dl3_record *record);
int call_printer_counter(struct call_printer *p, int64_t now_ms, uint32_t pbx,
                         enum dl3_counter_change change);
int call_printer_link_up(struct call_printer *p, int64_t now_ms);
int call_printer_link_lost(struct call_printer *p, int64_t now_ms);
int call_printer_snapshot_end(struct call_printer *p, int64_t now_ms);
int call_printer_tick(struct call_printer *p, int64_t now_ms);

/* The end: calls that are up, and the tables, as far as the style asks for them. @return as above. */
int call_printer_finish(struct call_printer *p);

/* Calls that are up. */
size_t call_printer_up(const struct call_printer *p);
struct dl3_tracked_counts call_printer_counts(const struct call_printer *p);

/* ---- Between the files of this module ---- */

/* Where text goes, and how wide it may be; 0 for as wide as it is. */
struct call_text {
	const struct call_style *style;
	unsigned width;
	bool utf8;
};

void call_text_titles(struct dl3i_out *o, const struct call_text *t);
/* A call's line, and below it its history. */
void call_text_line(struct dl3i_out *o, const struct call_text *t, const struct dl3_call_info *c);
void call_text_user_titles(struct dl3i_out *o, const struct call_text *t);
void call_text_user(struct dl3i_out *o, const struct call_text *t, const struct dl3_user_info *u);
void call_text_group_titles(struct dl3i_out *o, const struct call_text *t);
void call_text_group(struct dl3i_out *o, const struct call_text *t, const struct dl3_group_info *g);

#endif
