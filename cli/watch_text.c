/* SPDX-License-Identifier: MIT */
/* `devlink3 watch` for people: a row for each record in fixed columns, and below them how things are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "link.h"
#include "watch.h"
#include "watch_cells.h"
#include "watch_row.h"

/* What a terminal is taken for that does not say, and the columns in a pipe, where nothing is cut. */
#define WIDTH_DEFAULT 120u
#define TIME_CELLS 12u
#define TIME_CELLS_SHORT 8u
#define NARROW 80u
#define PBX_CELLS 15u
#define CALL_CELLS 6u
#define ARROW_CELLS 3u
#define WHO_MIN 6u

struct sink {
	struct watch_sink sink;
	struct link_output *out;
	struct watch_style style;
	struct watch_ends *ends;
	bool utf8, titles_shown, status_shown;
	enum dl3_link_state state;
	char address[DL3_ADDRESS_TEXT];
	uint64_t retry_at_s; /* of CLOCK_REALTIME */
	uint64_t records, records_before, rate, missed;
};

/* One row, ready to be written. */
struct line {
	const struct sink *sink;
	char time[24];
	unsigned width; /* 0: none */
	struct watch_row row;
	struct cells_text message; /* in place of a row */
};

static struct sink *sink_of(struct watch_sink *sink)
{
	return (struct sink *)(void *)sink;
}

/* ---- Drawing ---- */

static const char *const escapes[TONES] = {
	[TONE_PLAIN] = "",        [TONE_UP] = "\033[32m",  [TONE_RINGING] = "\033[33m",
	[TONE_GONE] = "\033[2m",  [TONE_BAD] = "\033[31m", [TONE_ASIDE] = "\033[2m",
	[TONE_LINK] = "\033[36m",
};

static void colour(struct dl3i_out *o, const struct sink *s, const char *escape)
{
	if (s->style.colour && *escape)
		dl3i_put_z(o, escape);
}

static unsigned terminal_width(const struct sink *s)
{
	struct winsize size;

	if (!s->style.terminal)
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

static void clear_status(struct dl3i_out *o, const struct sink *s)
{
	if (s->status_shown)
		dl3i_put_z(o, "\r\033[K");
}

/* What is left of a line. Where nothing is cut, the end of it. */
struct pen {
	struct dl3i_out *o;
	const struct sink *s;
	unsigned left;
	bool cut;
};

/* A column, and the space behind it. */
static void column(struct pen *p, const struct cells_text *t, unsigned width)
{
	if (p->cut && width > p->left)
		width = p->left;
	if (p->cut && width == 0)
		return;
	/* In a pipe a column may be wider than it should. */
	if (p->cut) {
		p->left -= cells_fit(p->o, t, width, true, p->s->utf8);
	} else {
		unsigned used = cells_fit(p->o, t, 0, false, p->s->utf8);
		for (; used < width; used++)
			dl3i_put_char(p->o, ' ');
	}
	if (p->cut && p->left == 0)
		return;
	dl3i_put_char(p->o, ' ');
	p->left -= p->cut;
}

static void arrow(struct pen *p, bool any)
{
	if (p->cut && p->left < ARROW_CELLS)
		return;
	dl3i_put_z(p->o, !any ? "   " : p->s->utf8 ? "→  " : "-> ");
	p->left -= p->cut ? ARROW_CELLS : 0;
}

static void last_column(struct pen *p, const struct cells_text *t)
{
	if (p->cut && p->left == 0)
		return;
	cells_fit(p->o, t, p->cut ? p->left : 0, false, p->s->utf8);
}

static void time_column(struct pen *p, const struct line *l)
{
	struct cells_text t = { .len = 0 };
	bool narrow = l->width > 0 && l->width < NARROW;

	cells_z(&t, l->time);
	if (narrow && t.len > TIME_CELLS_SHORT)
		t.len = TIME_CELLS_SHORT;
	colour(p->o, p->s, escapes[TONE_ASIDE]);
	column(p, &t, narrow ? TIME_CELLS_SHORT : TIME_CELLS);
	colour(p->o, p->s, "\033[0m");
}

static void pbx_column(struct pen *p, const struct line *l)
{
	struct cells_text t;
	struct dl3i_out o = dl3i_out_to(t.buf, sizeof(t.buf));

	if (!p->s->style.network)
		return;
	if (l->row.pbx)
		link_put_address(&o, l->row.pbx);
	else
		dl3i_put_z(&o, "PBX");
	t.len = o.len;
	column(p, &t, PBX_CELLS);
}

/* Who and whom get a third each of what the fixed columns leave. */
static void row(struct pen *p, const struct line *l)
{
	unsigned room = l->width > 0 ? p->left : WIDTH_DEFAULT;
	unsigned fixed = CALL_CELLS + ARROW_CELLS + 3;
	unsigned who = room > fixed ? (room - fixed) * 3 / 10 : 0;

	if (who < WHO_MIN)
		who = WHO_MIN;
	column(p, &l->row.call, CALL_CELLS);
	colour(p->o, p->s, escapes[l->row.tone]);
	column(p, &l->row.from, who);
	arrow(p, l->row.to.len > 0);
	column(p, &l->row.to, who);
	last_column(p, &l->row.what);
}

static void draw(struct dl3i_out *o, const void *what)
{
	const struct line *l = what;
	struct pen p = { .o = o, .s = l->sink, .left = l->width, .cut = l->width > 0 };

	clear_status(o, l->sink);
	time_column(&p, l);
	if (l->message.len > 0) {
		colour(o, l->sink, escapes[l->row.tone]);
		/* What happened to the link is not cut: it says what to do. */
		cells_fit(o, &l->message, 0, false, l->sink->utf8);
	} else {
		pbx_column(&p, l);
		row(&p, l);
	}
	colour(o, l->sink, "\033[0m");
	dl3i_put_char(o, '\n');
}

static void draw_titles(struct dl3i_out *o, const void *what)
{
	struct line l = *(const struct line *)what;
	struct pen p = { .o = o, .s = l.sink, .left = l.width, .cut = l.width > 0 };

	clear_status(o, l.sink);
	snprintf(l.time, sizeof(l.time), "time");
	cells_z(&l.row.call, "call");
	cells_z(&l.row.from, "who");
	cells_z(&l.row.to, "whom");
	cells_z(&l.row.what, "what");
	l.row.tone = TONE_ASIDE;
	time_column(&p, &l);
	colour(o, l.sink, escapes[TONE_ASIDE]);
	pbx_column(&p, &l);
	row(&p, &l);
	colour(o, l.sink, "\033[0m");
	dl3i_put_char(o, '\n');
}

static struct line line_of(const struct sink *s, const struct timespec *at)
{
	struct line l = { .sink = s, .width = terminal_width(s) };
	struct tm local;

	if (localtime_r(&at->tv_sec, &local) && strftime(l.time, sizeof(l.time), "%H:%M:%S", &local) > 0)
		snprintf(l.time + TIME_CELLS_SHORT, sizeof(l.time) - TIME_CELLS_SHORT, ".%03ld",
		         at->tv_nsec / 1000000 % 1000);
	return l;
}

static void show(struct sink *s, const struct line *l)
{
	link_output_put(s->out, draw, l);
	s->status_shown = false;
}

/* ---- What is shown ---- */

static void show_record(struct sink *s, const struct timespec *at, const struct dl3_event *e, bool snapshot)
{
	struct line l = line_of(s, at);

	if (!s->titles_shown) {
		link_output_put(s->out, draw_titles, &l);
		s->status_shown = false;
		s->titles_shown = true;
	}
	watch_row_of(&l.row, s->ends, e->u.record.pbx, e->u.record.record);
	if (snapshot) {
		cells_next(&l.row.what);
		cells_z(&l.row.what, "in progress");
	}
	s->records++;
	show(s, &l);
	if (!s->style.raw || e->u.record.record->raw.len == 0)
		return;
	l.row.tone = TONE_ASIDE;
	cells_str(&l.message,
	          (struct dl3_str){ .ptr = e->u.record.record->raw.ptr, .len = e->u.record.record->raw.len });
	show(s, &l);
}

static void address_word(struct cells_text *t, uint32_t pbx)
{
	char buf[16];
	struct dl3i_out o = dl3i_out_to(buf, sizeof(buf));

	link_put_address(&o, pbx);
	cells_str(t, (struct dl3_str){ .ptr = buf, .len = (uint32_t)o.len });
}

static void counter_words(struct sink *s, struct line *l, const struct dl3_event *e)
{
	static const char *const words[] = {
		[DL3_COUNTER_GAP] = " events of this PBX are lost",
		[DL3_COUNTER_DUPLICATE] = "an event came twice",
		[DL3_COUNTER_RESTART] = "the PBX began again to count its events",
	};

	l->row.tone = e->u.counter.change == DL3_COUNTER_DUPLICATE ? TONE_ASIDE : TONE_BAD;
	address_word(&l->message, e->u.counter.pbx);
	cells_z(&l->message, ": ");
	if (e->u.counter.change == DL3_COUNTER_GAP) {
		cells_signed(&l->message, e->u.counter.missed);
		s->missed += e->u.counter.missed;
	}
	cells_z(&l->message, words[e->u.counter.change]);
	cells_z(&l->message, " (expected ");
	cells_signed(&l->message, e->u.counter.expected);
	cells_z(&l->message, ", came ");
	cells_signed(&l->message, e->u.counter.came);
	cells_z(&l->message, ")");
}

static void stream_words(struct line *l, const struct dl3_event *e)
{
	char words[DL3_FLAGS_TEXT_MAX];

	l->row.tone = TONE_LINK;
	if (!e->u.stream.streaming)
		return; /* the link says it */
	dl3_flags_format(e->u.stream.accepted, words);
	cells_z(&l->message, "events are streamed");
	if (*words) {
		cells_z(&l->message, ", with ");
		cells_z(&l->message, words);
	}
	if (!e->u.stream.dropped)
		return;
	dl3_flags_format(e->u.stream.dropped, words);
	cells_z(&l->message, ", but without ");
	cells_z(&l->message, words);
}

static void fault_words(struct line *l, const char *what, const struct dl3_fault *f)
{
	char reason[DL3_FAULT_TEXT_MAX];

	l->row.tone = TONE_BAD;
	dl3_fault_text(f, reason, sizeof(reason));
	cells_z(&l->message, what);
	cells_z(&l->message, reason);
}

static void authenticated_words(struct line *l, const struct dl3_event *e)
{
	l->row.tone = TONE_LINK;
	cells_z(&l->message, "logged in");
	if (e->u.authenticated.pbx.len > 0)
		cells_z(&l->message, ": ");
	cells_str(&l->message, e->u.authenticated.pbx);
	if (e->u.authenticated.variant.len > 0)
		cells_next(&l->message);
	cells_str(&l->message, e->u.authenticated.variant);
}

static void event(struct watch_sink *sink, const struct timespec *at, const struct dl3_event *e,
                  bool snapshot)
{
	struct sink *s = sink_of(sink);
	struct line l = line_of(s, at);

	switch (e->type) {
	case DL3_EV_RECORD:
		show_record(s, at, e, snapshot);
		return;
	case DL3_EV_AUTHENTICATED:
		authenticated_words(&l, e);
		break;
	case DL3_EV_STREAM:
		stream_words(&l, e);
		break;
	case DL3_EV_COUNTER:
		counter_words(s, &l, e);
		break;
	case DL3_EV_MALFORMED:
		fault_words(&l, "malformed: ", &e->u.malformed.fault);
		break;
	case DL3_EV_FAILED:
		fault_words(&l, "no answer that can be read: ", &e->u.failed.fault);
		break;
	case DL3_EV_UNKNOWN:
		l.row.tone = TONE_ASIDE;
		cells_z(&l.message, "passed over: a message that nobody asked for, ");
		cells_z(&l.message, dl3_msg_name(e->u.message->type));
		break;
	default:
		return;
	}
	if (l.message.len > 0)
		show(s, &l);
}

static void change(struct watch_sink *sink, const struct timespec *at, const struct dl3_link_change *c)
{
	struct sink *s = sink_of(sink);
	struct line l = line_of(s, at);

	s->state = c->state;
	snprintf(s->address, sizeof(s->address), "%s", *c->address ? c->address : s->style.to);
	s->retry_at_s = (uint64_t)at->tv_sec + c->retry_ms / 1000;
	if (c->state != DL3_LINK_WAITING)
		return; /* the status says it; and where it stopped is said at the end */
	char wait[64];
	snprintf(wait, sizeof(wait), "; next attempt in %.1f s", (double)c->retry_ms / 1000);
	l.row.tone = TONE_BAD;
	cells_z(&l.message, c->detail);
	cells_z(&l.message, wait);
	if (*c->advice)
		cells_z(&l.message, ". ");
	cells_z(&l.message, c->advice);
	show(s, &l);
}

/* ---- The status line ---- */

static const char *state_tone(enum dl3_link_state state)
{
	if (state == DL3_LINK_UP)
		return "\033[32m";
	return state == DL3_LINK_WAITING || state == DL3_LINK_STOPPED ? "\033[31m" : "\033[33m";
}

static void status_words(const struct sink *s, struct cells_text *t)
{
	char words[256], wait[32] = "", lost[48] = "";
	uint64_t now = (uint64_t)link_now().tv_sec;

	if (s->state == DL3_LINK_WAITING && s->retry_at_s > now)
		snprintf(wait, sizeof(wait), " %" PRIu64 " s", s->retry_at_s - now);
	if (s->missed > 0)
		snprintf(lost, sizeof(lost), "  %" PRIu64 " lost", s->missed);
	snprintf(words, sizeof(words), "%s%s  %s  %" PRIu64 " calls  %" PRIu64 " records  %" PRIu64 "/s%s",
	         dl3_link_state_name(s->state), wait, s->address, watch_ends_calls(s->ends), s->records,
	         s->rate, lost);
	cells_z(t, words);
}

static void draw_status(struct dl3i_out *o, const void *what)
{
	const struct line *l = what;
	const struct sink *s = l->sink;

	clear_status(o, s);
	colour(o, s, state_tone(s->state));
	dl3i_put_z(o, s->utf8 ? "● " : "* ");
	colour(o, s, "\033[0m");
	/* Not to the last cell, where some terminals begin a new line. */
	cells_fit(o, &l->message, l->width > 4 ? l->width - 3 : 1, false, s->utf8);
}

static void rest(struct watch_sink *sink)
{
	struct sink *s = sink_of(sink);
	struct line l = { .sink = s, .width = terminal_width(s) };

	if (!s->style.terminal)
		return;
	status_words(s, &l.message);
	link_output_put(s->out, draw_status, &l);
	s->status_shown = true;
}

static void second(struct watch_sink *sink)
{
	struct sink *s = sink_of(sink);

	s->rate = s->records - s->records_before;
	s->records_before = s->records;
}

static void draw_nothing(struct dl3i_out *o, const void *what)
{
	clear_status(o, what);
}

static void finish(struct watch_sink *sink)
{
	struct sink *s = sink_of(sink);

	link_output_put(s->out, draw_nothing, s);
	watch_ends_free(s->ends);
	free(s);
}

static const struct watch_sink_ops ops = {
	.event = event, .change = change, .second = second, .rest = rest, .finish = finish
};

struct watch_sink *watch_text_new(struct link_output *out, const struct watch_style *style)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct sink){ .sink = { .ops = &ops }, .out = out, .style = *style };
	s->ends = watch_ends_new();
	s->utf8 = cells_locale();
	if (s->ends)
		return &s->sink;
	free(s);
	return NULL;
}
