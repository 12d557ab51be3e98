/* SPDX-License-Identifier: MIT */
/* Calls, users and hunt groups as lines of a table. What does not fit a terminal is cut; in a pipe nothing is. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "watch_cells.h"

/* A terminal as wide as this has room for dates and whole words. */
#define WIDE 140u
#define NARROW 100u

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"
#define FAINT "\033[2m"
#define BOLD "\033[1m"
#define RESET "\033[0m"

struct widths {
	unsigned time, direction, from, to, group;
};

static struct widths widths_of(const struct call_text *t)
{
	struct widths w = { .time = 8, .direction = 8, .from = 26, .to = 14, .group = 6 };

	if ((t->width == 0 || t->width >= WIDE) && !t->style->without_date)
		w.time = 19;
	if (t->width > 0 && t->width < NARROW)
		w = (struct widths){ .time = 8, .direction = 3, .from = 16, .to = 8, .group = 5 };
	return w;
}

/* ---- A line in the making ---- */

struct pen {
	struct dl3i_out *o;
	const struct call_text *t;
	unsigned left; /* of the width; of no use where there is none */
};

static struct pen pen_of(struct dl3i_out *o, const struct call_text *t)
{
	return (struct pen){ .o = o, .t = t, .left = t->width };
}

static void colour(struct pen *p, const char *escape)
{
	if (p->t->style->colour)
		dl3i_put_z(p->o, escape);
}

/* Writes text in `width` cells, 0 for as many as it has, as far as there is room. */
static void put_text(struct pen *p, const struct cells_text *text, unsigned width)
{
	bool cut = p->t->width > 0;

	if (cut && p->left == 0)
		return;
	if (!cut) {
		/* A column may be wider than it should. */
		unsigned used = cells_fit(p->o, text, 0, false, p->t->utf8);
		for (; used < width; used++)
			dl3i_put_char(p->o, ' ');
		return;
	}
	unsigned room = width > 0 && width < p->left ? width : p->left;
	p->left -= cells_fit(p->o, text, room, width > 0, p->t->utf8);
}

static void put_z(struct pen *p, const char *z, unsigned width)
{
	struct cells_text text = { .len = 0 };

	cells_z(&text, z);
	put_text(p, &text, width);
}

static void gap(struct pen *p)
{
	put_z(p, " ", 1);
}

static void column(struct pen *p, const struct cells_text *text, unsigned width)
{
	put_text(p, text, width);
	gap(p);
}

static void column_z(struct pen *p, const char *z, unsigned width)
{
	put_z(p, z, width);
	gap(p);
}

static void column_right(struct pen *p, const char *z, unsigned width)
{
	char padded[64];

	snprintf(padded, sizeof(padded), "%*s", (int)width, z);
	column_z(p, padded, width);
}

static void end_line(struct pen *p)
{
	struct dl3i_out *o = p->o;

	while (o->len > 0 && o->len <= o->cap && o->buf[o->len - 1] == ' ')
		o->len--;
	dl3i_put_char(p->o, '\n');
}

/* ---- What stands in it ---- */

static void time_text(const struct call_text *t, int64_t ms, unsigned width, char *buf, size_t cap)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	if (ms < 0)
		snprintf(buf, cap, "-");
	else if (t->style->without_date)
		snprintf(buf, cap, "%" PRId64 ":%02d:%02d", ms / 3600000, (int)(ms / 60000 % 60),
		         (int)(ms / 1000 % 60));
	else if (!localtime_r(&s, &tm) || strftime(buf, cap, width > 8 ? "%F %T" : "%T", &tm) == 0)
		snprintf(buf, cap, "?");
}

/* "6.1", "3:20", "1:03:20"; nothing for none. */
static const char *span_text(int64_t ms, char buf[32])
{
	if (ms <= 0)
		buf[0] = '\0';
	else if (ms < 60000)
		snprintf(buf, 32, "%" PRId64 ".%" PRId64, ms / 1000, ms / 100 % 10);
	else if (ms < 3600000)
		snprintf(buf, 32, "%" PRId64 ":%02d", ms / 60000, (int)(ms / 1000 % 60));
	else
		snprintf(buf, 32, "%" PRId64 ":%02d:%02d", ms / 3600000, (int)(ms / 60000 % 60),
		         (int)(ms / 1000 % 60));
	return buf;
}

static void add_word(struct cells_text *text, struct dl3_str s)
{
	if (s.len == 0)
		return;
	if (text->len > 0)
		cells_z(text, " ");
	cells_str(text, s);
}

static struct cells_text from_text(const struct dl3_call_info *c)
{
	struct cells_text text = { .len = 0 };

	add_word(&text, c->cli);
	add_word(&text, c->name);
	if (text.len == 0)
		cells_z(&text, "-");
	return text;
}

static struct dl3_str first_offered(const struct dl3_call_info *c)
{
	for (size_t i = 0; i < c->timeline_count; i++)
		if (c->timeline[i].what == DL3_CALL_DID_OFFER)
			return c->timeline[i].who;
	return (struct dl3_str){ 0 };
}

/* Who answered; or who should have: the first that is known. */
static struct cells_text to_text(const struct dl3_call_info *c)
{
	bool in = c->direction == DL3_CALL_INCOMING;
	const struct dl3_str known[] = { c->answered_by, in ? c->group : c->dialled, first_offered(c),
		                         c->dialled, c->did };
	struct cells_text text = { .len = 0 };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && text.len == 0; i++)
		add_word(&text, known[i]);
	if (text.len == 0)
		cells_z(&text, "-");
	return text;
}

static const char *short_direction(enum dl3_call_direction d)
{
	switch (d) {
	case DL3_CALL_INCOMING:
		return "in";
	case DL3_CALL_OUTGOING:
		return "out";
	case DL3_CALL_TANDEM:
		return "tan";
	default:
		return "int";
	}
}

static const char *outcome_colour(const struct dl3_call_info *c)
{
	if (c->state != DL3_CALL_OVER)
		return CYAN;
	switch (c->outcome) {
	case DL3_CALL_ANSWERED:
		return GREEN;
	case DL3_CALL_TO_VOICEMAIL:
		return YELLOW;
	default:
		return RED;
	}
}

/* ---- Notes, behind the columns ---- */

static void add_texts(struct cells_text *text, const char *before, struct dl3_call_texts list,
                      const char *between)
{
	cells_next(text);
	cells_z(text, before);
	for (size_t i = 0; i < list.count; i++) {
		cells_z(text, i > 0 ? between : "");
		cells_str(text, list.at[i]);
	}
}

static void add_span(struct cells_text *text, const char *what, int64_t ms)
{
	char buf[32];

	if (ms <= 0)
		return;
	cells_next(text);
	cells_z(text, what);
	cells_z(text, span_text(ms, buf));
}

static struct cells_text notes_text(const struct dl3_call_info *c, bool utf8)
{
	const char *cause = c->cause >= 0 ? dl3_enum_name(DL3_ENUM_cause, c->cause) : NULL;
	struct cells_text text = { .len = 0 };

	if (c->parties.count > 1)
		add_texts(&text, "", c->parties, utf8 ? " → " : " > ");
	add_span(&text, "hold ", c->hold_ms);
	if (c->rejected_by.count > 0)
		add_texts(&text, "rejected by ", c->rejected_by, ", ");
	add_span(&text, "message ", c->voicemail_ms);
	if (c->state == DL3_CALL_OVER && c->outcome == DL3_CALL_FAILED && cause) {
		cells_next(&text);
		cells_z(&text, cause);
	}
	if (c->incomplete) {
		cells_next(&text);
		cells_z(&text, "incomplete");
	}
	return text;
}

/* ---- Calls ---- */

void call_text_titles(struct dl3i_out *o, const struct call_text *t)
{
	struct pen p = pen_of(o, t);
	struct widths w = widths_of(t);

	colour(&p, BOLD);
	column_z(&p, "TIME", w.time);
	column_z(&p, w.direction < 8 ? "DIR" : "CALL", w.direction);
	column_z(&p, "FROM", w.from);
	column_z(&p, "", t->utf8 ? 1 : 2);
	column_z(&p, "TO", w.to);
	column_z(&p, "GROUP", w.group);
	column_z(&p, "OUTCOME", 10);
	column_right(&p, "RING", 5);
	column_right(&p, "QUEUE", 5);
	column_right(&p, "TALK", 7);
	colour(&p, RESET);
	end_line(&p);
}

static void put_moment(struct dl3i_out *o, const struct call_text *t, const struct dl3_call_info *c,
                       const struct dl3_call_moment *m)
{
	struct pen p = pen_of(o, t);
	struct cells_text text = { .len = 0 };
	int64_t ms = m->at > c->started ? m->at - c->started : 0;
	const char *cause = m->cause >= 0 ? dl3_enum_name(DL3_ENUM_cause, m->cause) : NULL;
	char at[32];

	snprintf(at, sizeof(at), "+%" PRId64 ".%" PRId64, ms / 1000, ms / 100 % 10);
	colour(&p, FAINT);
	column_right(&p, at, 14);
	column_z(&p, dl3_call_what_name(m->what), 12);
	cells_str(&text, m->who.len > 0 ? m->who : m->end);
	if (m->other.len > 0) {
		cells_z(&text, " with ");
		cells_str(&text, m->other);
	}
	if (m->cause >= 0) {
		cells_next(&text);
		if (cause)
			cells_z(&text, cause);
		else
			cells_signed(&text, m->cause);
	}
	put_text(&p, &text, 0);
	colour(&p, RESET);
	end_line(&p);
}

static void put_timeline(struct dl3i_out *o, const struct call_text *t, const struct dl3_call_info *c)
{
	for (size_t i = 0; i < c->timeline_count; i++) {
		if (c->timeline_left_out > 0 && i == c->timeline_count / 2) {
			struct pen p = pen_of(o, t);
			char left_out[64];

			snprintf(left_out, sizeof(left_out), "               %zu lines left out",
			         c->timeline_left_out);
			put_z(&p, left_out, 0);
			end_line(&p);
		}
		put_moment(o, t, c, &c->timeline[i]);
	}
}

void call_text_line(struct dl3i_out *o, const struct call_text *t, const struct dl3_call_info *c)
{
	struct pen p = pen_of(o, t);
	struct widths w = widths_of(t);
	struct cells_text from = from_text(c), to = to_text(c), notes = notes_text(c, t->utf8),
			  group = { .len = 0 };
	char buf[64];

	time_text(t, c->started, w.time, buf, sizeof(buf));
	colour(&p, FAINT);
	column_z(&p, buf, w.time);
	colour(&p, RESET);
	column_z(&p, w.direction < 8 ? short_direction(c->direction) : dl3_call_direction_name(c->direction),
	         w.direction);
	column(&p, &from, w.from);
	column_z(&p, t->utf8 ? "→" : "->", t->utf8 ? 1 : 2);
	column(&p, &to, w.to);
	cells_str(&group, c->group);
	column(&p, &group, w.group);
	colour(&p, outcome_colour(c));
	column_z(&p,
	         c->state == DL3_CALL_OVER ? dl3_call_outcome_name(c->outcome)
	                                   : dl3_call_state_name(c->state),
	         10);
	colour(&p, RESET);
	column_right(&p, span_text(c->ring_ms, buf), 5);
	column_right(&p, span_text(c->queue_ms, buf), 5);
	column_right(&p, span_text(c->talk_ms, buf), 7);
	put_text(&p, &notes, 0);
	end_line(&p);
	if (t->style->timeline)
		put_timeline(o, t, c);
}

/* ---- Users ---- */

void call_text_user_titles(struct dl3i_out *o, const struct call_text *t)
{
	struct pen p = pen_of(o, t);

	end_line(&p);
	colour(&p, BOLD);
	column_z(&p, "USER", 10);
	column_z(&p, "NAME", 24);
	column_z(&p, "STATE", 9);
	column_z(&p, "SINCE", widths_of(t).time);
	put_z(&p, "WITH", 0);
	colour(&p, RESET);
	end_line(&p);
}

void call_text_user(struct dl3i_out *o, const struct call_text *t, const struct dl3_user_info *u)
{
	struct pen p = pen_of(o, t);
	struct cells_text extension = { .len = 0 }, name = { .len = 0 }, with = { .len = 0 };
	char since[64];

	cells_str(&extension, u->extension);
	cells_str(&name, u->name);
	cells_str(&with, u->with);
	column(&p, &extension, 10);
	column(&p, &name, 24);
	colour(&p, u->state == DL3_USER_TALKING ? GREEN : u->state == DL3_USER_IDLE ? FAINT : YELLOW);
	column_z(&p, dl3_user_state_name(u->state), 9);
	colour(&p, RESET);
	time_text(t, u->since, widths_of(t).time, since, sizeof(since));
	column_z(&p, since, widths_of(t).time);
	put_text(&p, &with, 0);
	end_line(&p);
}

/* ---- Groups ---- */

static const char *const group_titles[] = { "WAIT",    "TALK",    "OFFERED", "ANSWERED", "IN TIME",
	                                    "GAVE UP", "VOICEM.", "AV.WAIT", "LONGEST",  "AV.TALK" };
#define GROUP_NUMBERS (sizeof(group_titles) / sizeof(group_titles[0]))

void call_text_group_titles(struct dl3i_out *o, const struct call_text *t)
{
	struct pen p = pen_of(o, t);

	end_line(&p);
	colour(&p, BOLD);
	column_z(&p, "GROUP", 8);
	column_z(&p, "NAME", 16);
	for (size_t i = 0; i < GROUP_NUMBERS; i++)
		column_right(&p, group_titles[i], 8);
	colour(&p, RESET);
	end_line(&p);
}

static void number(struct pen *p, uint64_t value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%" PRIu64, value);
	column_right(p, buf, 8);
}

static void average(struct pen *p, uint64_t sum, uint32_t count)
{
	char buf[32];

	column_right(p, span_text(count > 0 ? (int64_t)(sum / count) : 0, buf), 8);
}

void call_text_group(struct dl3i_out *o, const struct call_text *t, const struct dl3_group_info *g)
{
	const struct dl3_group_stats *s = &g->today;
	struct pen p = pen_of(o, t);
	struct cells_text group = { .len = 0 }, name = { .len = 0 };

	cells_str(&group, g->group);
	cells_str(&name, g->name);
	column(&p, &group, 8);
	column(&p, &name, 16);
	number(&p, g->waiting);
	number(&p, g->talking);
	number(&p, s->offered);
	number(&p, s->answered);
	number(&p, s->answered_in_time);
	number(&p, s->abandoned);
	number(&p, s->voicemail);
	average(&p, s->wait_ms, s->answered);
	average(&p, s->longest_wait_ms, 1);
	average(&p, s->talk_ms, s->answered);
	end_line(&p);
}
