/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "calls.h"
#include "watch_cells.h"

/* A line has room for most calls at once, and gets more when it needs it. */
#define LINE_FIRST 16384u
/* What a terminal is taken for that does not say. */
#define WIDTH_DEFAULT 120u
/* Often enough for what is overdue, and far from every record. */
#define TICK_MS 1000

struct call_printer {
	struct dl3_tracker *tracker;
	struct call_style style;
	struct call_text text;
	calls_write_fn write;
	void *arg;
	char *line;
	size_t cap;
	int64_t ticked_ms;
	bool titles_shown;
};

/* What a line is about: one of these. */
struct subject {
	const struct dl3_call_info *call;
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;
};

struct call_printer *call_printer_new(const struct call_style *style, calls_write_fn write, void *arg)
{
	struct call_printer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	*p = (struct call_printer){ .style = *style, .write = write, .arg = arg, .cap = LINE_FIRST };
	p->text = (struct call_text){ .style = &p->style, .utf8 = style->text && cells_locale() };
	p->tracker = dl3_tracker_new(&(struct dl3_tracker_config){ .delta2_unit_ms = style->delta2_unit_ms },
	                             NULL);
	p->line = malloc(p->cap);
	if (p->tracker && p->line)
		return p;
	call_printer_free(p);
	return NULL;
}

void call_printer_free(struct call_printer *p)
{
	if (!p)
		return;
	dl3_tracker_free(p->tracker);
	free(p->line);
	free(p);
}

/* ---- Lines ---- */

static void put_json_object(struct dl3i_out *o, const struct call_printer *p, const struct subject *s)
{
	size_t len = 0, room = o->len < o->cap ? o->cap - o->len : 0;
	char *at = room > 0 ? o->buf + o->len : NULL;
	unsigned options = p->style.timeline ? 0 : DL3_CALL_JSON_NO_TIMELINE;

	/* What does not fit is written again with more room. */
	if (s->call)
		(void)!dl3_call_json(s->call,
		                     options | (s->call->state == DL3_CALL_OVER ? DL3_CALL_JSON_RECORD : 0),
		                     at, room, &len);
	else if (s->user)
		(void)!dl3_user_json(s->user, at, room, &len);
	else
		(void)!dl3_group_json(s->group, at, room, &len);
	o->len += len;
}

static void put_json(struct dl3i_out *o, const struct call_printer *p, const struct subject *s)
{
	dl3i_put_z(o, s->user ? "{\"user\":" : s->group ? "{\"group\":" : "");
	put_json_object(o, p, s);
	dl3i_put_z(o, s->call ? "\n" : "}\n");
}

static void put_text(struct dl3i_out *o, const struct call_printer *p, const struct subject *s)
{
	if (s->call)
		call_text_line(o, &p->text, s->call);
	else if (s->user)
		call_text_user(o, &p->text, s->user);
	else
		call_text_group(o, &p->text, s->group);
}

static int write_line(struct call_printer *p, const struct subject *s)
{
	for (;;) {
		struct dl3i_out o = dl3i_out_to(p->line, p->cap);
		(p->style.text ? put_text : put_json)(&o, p, s);
		if (o.len <= o.cap)
			return p->write(p->line, o.len, p->arg);
		char *line = realloc(p->line, o.len);
		if (!line)
			return -1;
		p->line = line;
		p->cap = o.len;
	}
}

static int write_titles(struct call_printer *p, void (*titles)(struct dl3i_out *, const struct call_text *))
{
	struct dl3i_out o = dl3i_out_to(p->line, p->cap);

	if (!p->style.text)
		return 0;
	titles(&o, &p->text);
	return p->write(p->line, o.len, p->arg);
}

/* A terminal may change its width between two lines. */
static void measure(struct call_printer *p)
{
	struct winsize size;

	if (!p->style.text || !p->style.terminal)
		return;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
	p->text.width = known ? size.ws_col : WIDTH_DEFAULT;
}

static int show_call(struct call_printer *p, const struct dl3_call_info *call)
{
	measure(p);
	if (!p->titles_shown && write_titles(p, call_text_titles) != 0)
		return -1;
	p->titles_shown = true;
	return write_line(p, &(struct subject){ .call = call });
}

/* ---- Feeding ---- */

static int drain(struct call_printer *p)
{
	struct dl3_tracked told;
	enum dl3_err err;

	while ((err = dl3_tracker_next(p->tracker, &told)) == DL3_OK)
		if (told.type == DL3_TRACKED_CALL_ENDED && told.call->counts && show_call(p, told.call) != 0)
			return -1;
	return err == DL3_END ? 0 : -1;
}

int call_printer_tick(struct call_printer *p, int64_t now_ms)
{
	p->ticked_ms = now_ms;
	dl3_tracker_tick(p->tracker, now_ms);
	return drain(p);
}

int call_printer_record(struct call_printer *p, int64_t now_ms, uint32_t pbx, uint32_t counter,
                        const struct dl3_record *record)
{
	if (now_ms - p->ticked_ms >= TICK_MS && call_printer_tick(p, now_ms) != 0)
		return -1;
	/* Without memory some of it is missing, and the call is marked; the tracker goes on. */
	(void)!dl3_tracker_record(p->tracker, now_ms, pbx, counter, record);
	return drain(p);
}

int call_printer_counter(struct call_printer *p, int64_t now_ms, uint32_t pbx, enum dl3_counter_change change)
{
	dl3_tracker_counter(p->tracker, now_ms, pbx, change);
	return drain(p);
}

int call_printer_link_up(struct call_printer *p, int64_t now_ms)
{
	dl3_tracker_link_up(p->tracker, now_ms);
	return drain(p);
}

int call_printer_link_lost(struct call_printer *p, int64_t now_ms)
{
	dl3_tracker_link_lost(p->tracker, now_ms);
	return drain(p);
}

int call_printer_snapshot_end(struct call_printer *p, int64_t now_ms)
{
	dl3_tracker_snapshot_end(p->tracker, now_ms);
	return drain(p);
}

/* ---- The end ---- */

static int show_open(struct call_printer *p)
{
	struct dl3_tracker_cursor c = { 0 };
	const struct dl3_call_info *call;
	int result = 0;

	while (result == 0 && dl3_tracker_walk_calls(p->tracker, &c, &call) == DL3_OK)
		result = call->counts ? show_call(p, call) : 0;
	return result;
}

static int show_users(struct call_printer *p)
{
	struct subject s = { 0 };
	struct dl3_tracker_cursor c = { 0 };
	int result = write_titles(p, call_text_user_titles);

	while (result == 0 && dl3_tracker_walk_users(p->tracker, &c, &s.user) == DL3_OK)
		result = write_line(p, &s);
	return result;
}

static int show_groups(struct call_printer *p)
{
	struct subject s = { 0 };
	struct dl3_tracker_cursor c = { 0 };
	int result = write_titles(p, call_text_group_titles);

	while (result == 0 && dl3_tracker_walk_groups(p->tracker, &c, &s.group) == DL3_OK)
		result = write_line(p, &s);
	return result;
}

int call_printer_finish(struct call_printer *p)
{
	measure(p);
	if (p->style.open && show_open(p) != 0)
		return -1;
	if (p->style.users && show_users(p) != 0)
		return -1;
	return p->style.groups ? show_groups(p) : 0;
}

size_t call_printer_up(const struct call_printer *p)
{
	struct dl3_tracker_cursor c = { 0 };
	const struct dl3_call_info *call;
	size_t up = 0;

	while (dl3_tracker_walk_calls(p->tracker, &c, &call) == DL3_OK)
		up += call->counts;
	return up;
}

struct dl3_tracked_counts call_printer_counts(const struct call_printer *p)
{
	return dl3_tracker_counts(p->tracker);
}
