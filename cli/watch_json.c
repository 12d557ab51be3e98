/* SPDX-License-Identifier: MIT */
/* `devlink3 watch` in a pipe: a line of JSON for whatever happens. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "link.h"
#include "record/json.h"
#include "watch.h"

struct sink {
	struct watch_sink sink;
	struct link_output *out;
	unsigned options;
	uint64_t snapshot; /* records of it */
};

/* What a line is made of. */
struct line {
	char time[LINK_TIME_TEXT];
	const struct sink *sink;
	const struct dl3_event *event;
	const struct dl3_link_change *change;
	bool snapshot;
};

static struct sink *sink_of(struct watch_sink *sink)
{
	return (struct sink *)(void *)sink;
}

/* ---- Members ---- */

static void ready(struct dl3i_json *j, const char *ready_key)
{
	dl3i_json_ready_key(j, ready_key, strlen(ready_key));
}

static void number(struct dl3i_json *j, const char *ready_key, uint64_t value)
{
	ready(j, ready_key);
	dl3i_json_unsigned(j, value);
}

static void text(struct dl3i_json *j, const char *ready_key, const char *value)
{
	ready(j, ready_key);
	dl3i_json_z(j, value);
}

static void name_or_number(struct dl3i_json *j, const char *name, uint32_t value)
{
	if (name)
		dl3i_json_z(j, name);
	else
		dl3i_json_unsigned(j, value);
}

/* Milliseconds as seconds, with three decimals. */
static void seconds(struct dl3i_json *j, const char *ready_key, uint32_t ms)
{
	ready(j, ready_key);
	dl3i_put_unsigned(&j->out, ms / 1000);
	dl3i_put_char(&j->out, '.');
	for (uint32_t unit = 100; unit > 0; unit /= 10)
		dl3i_put_char(&j->out, (char)('0' + ms / unit % 10));
	j->comma = true;
}

static void pbx_address(struct dl3i_json *j, uint32_t pbx)
{
	char buf[16];
	struct dl3i_out o = dl3i_out_to(buf, sizeof(buf));

	link_put_address(&o, pbx);
	DL3I_JSON_KEY(j, "pbx_address");
	dl3i_json_str(j, (struct dl3_str){ .ptr = buf, .len = (uint32_t)o.len });
}

static void fault(struct dl3i_json *j, const struct dl3_fault *f)
{
	char reason[DL3_FAULT_TEXT_MAX];

	text(j, "\"error\":", dl3_err_name(f->err));
	if (f->has_offset)
		number(j, "\"offset\":", f->offset);
	dl3_fault_text(f, reason, sizeof(reason));
	text(j, "\"reason\":", reason);
}

static void flag_list(struct dl3i_json *j, const char *ready_key, uint32_t flags)
{
	char words[DL3_FLAGS_TEXT_MAX];

	ready(j, ready_key);
	dl3i_json_open(j, '[');
	for (uint32_t bit = 1; bit <= DL3_FLAGS_ALL; bit <<= 1)
		if (flags & bit) {
			dl3_flags_format(bit, words);
			dl3i_json_z(j, words);
		}
	dl3i_json_close(j, ']');
}

/* ---- Lines ---- */

static void open_line(struct dl3i_json *j, const struct line *l)
{
	dl3i_json_open(j, '{');
	text(j, "\"time\":", l->time);
}

static void open_object(struct dl3i_json *j, const char *ready_key)
{
	ready(j, ready_key);
	dl3i_json_open(j, '{');
}

static void record(struct dl3i_json *j, const struct line *l)
{
	pbx_address(j, l->event->u.record.pbx);
	number(j, "\"counter\":", l->event->u.record.counter);
	if (l->snapshot) {
		DL3I_JSON_KEY(j, "snapshot");
		dl3i_json_literal(j, "true");
	}
	DL3I_JSON_KEY(j, "record");
	dl3i_json_record(j, l->event->u.record.record, l->sink->options);
}

static void counter(struct dl3i_json *j, const struct dl3_event *e)
{
	static const char *const keys[] = {
		[DL3_COUNTER_GAP] = "\"gap\":",
		[DL3_COUNTER_DUPLICATE] = "\"duplicate\":",
		[DL3_COUNTER_RESTART] = "\"restart\":",
	};

	open_object(j, keys[e->u.counter.change]);
	pbx_address(j, e->u.counter.pbx);
	number(j, "\"expected\":", e->u.counter.expected);
	number(j, "\"came\":", e->u.counter.came);
	if (e->u.counter.change == DL3_COUNTER_GAP)
		number(j, "\"missed\":", e->u.counter.missed);
	dl3i_json_close(j, '}');
}

static void stream(struct dl3i_json *j, const struct dl3_event *e)
{
	open_object(j, "\"stream\":");
	DL3I_JSON_KEY(j, "result");
	name_or_number(j, dl3_event_result_name(e->u.stream.result), e->u.stream.result);
	flag_list(j, "\"accepted\":", e->u.stream.accepted);
	flag_list(j, "\"dropped\":", e->u.stream.dropped);
	dl3i_json_close(j, '}');
}

static void authenticated(struct dl3i_json *j, const struct dl3_event *e)
{
	open_object(j, "\"authenticated\":");
	if (e->u.authenticated.pbx.ptr) {
		DL3I_JSON_KEY(j, "pbx");
		dl3i_json_str(j, e->u.authenticated.pbx);
	}
	if (e->u.authenticated.variant.ptr) {
		DL3I_JSON_KEY(j, "variant");
		dl3i_json_str(j, e->u.authenticated.variant);
	}
	dl3i_json_close(j, '}');
}

static void malformed(struct dl3i_json *j, const struct dl3_event *e)
{
	open_object(j, "\"malformed\":");
	if (e->u.malformed.in_tuple) {
		pbx_address(j, e->u.malformed.pbx);
		number(j, "\"counter\":", e->u.malformed.counter);
		text(j, "\"tuple\":", dl3_tuple_name(e->u.malformed.tuple.code));
	}
	fault(j, &e->u.malformed.fault);
	DL3I_JSON_KEY(j, "data");
	dl3i_json_hex(j, e->u.malformed.octets);
	dl3i_json_close(j, '}');
}

static void unknown(struct dl3i_json *j, const struct dl3_msg *m)
{
	open_object(j, "\"unexpected\":");
	text(j, "\"message\":", dl3_msg_name(m->type));
	number(j, "\"code\":", m->code);
	number(j, "\"request_id\":", m->request_id);
	if (m->type == DL3_MSG_UNKNOWN) {
		DL3I_JSON_KEY(j, "body");
		dl3i_json_hex(j, m->body);
	}
	dl3i_json_close(j, '}');
}

static void failed(struct dl3i_json *j, const struct dl3_event *e)
{
	open_object(j, "\"failed\":");
	fault(j, &e->u.failed.fault);
	dl3i_json_close(j, '}');
}

static void body(struct dl3i_json *j, const struct line *l)
{
	switch (l->event->type) {
	case DL3_EV_AUTHENTICATED:
		authenticated(j, l->event);
		break;
	case DL3_EV_STREAM:
		stream(j, l->event);
		break;
	case DL3_EV_RECORD:
		record(j, l);
		break;
	case DL3_EV_COUNTER:
		counter(j, l->event);
		break;
	case DL3_EV_SNAPSHOT_END:
		open_object(j, "\"snapshot_end\":");
		number(j, "\"records\":", l->sink->snapshot);
		dl3i_json_close(j, '}');
		break;
	case DL3_EV_MALFORMED:
		malformed(j, l->event);
		break;
	case DL3_EV_FAILED:
		failed(j, l->event);
		break;
	default:
		unknown(j, l->event->u.message);
	}
}

static bool is_shown(enum dl3_event_type type)
{
	return type == DL3_EV_AUTHENTICATED || type == DL3_EV_STREAM || type == DL3_EV_RECORD ||
	       type == DL3_EV_COUNTER || type == DL3_EV_SNAPSHOT_END || type == DL3_EV_MALFORMED ||
	       type == DL3_EV_FAILED || type == DL3_EV_UNKNOWN;
}

static void close_line(struct dl3i_json *j, struct dl3i_out *o)
{
	dl3i_json_close(j, '}');
	*o = j->out;
	dl3i_put_char(o, '\n');
}

static void event_line(struct dl3i_out *o, const void *what)
{
	const struct line *l = what;
	struct dl3i_json j = { .out = *o };

	open_line(&j, l);
	body(&j, l);
	close_line(&j, o);
}

static void change_line(struct dl3i_out *o, const void *what)
{
	const struct line *l = what;
	const struct dl3_link_change *c = l->change;
	struct dl3i_json j = { .out = *o };

	open_line(&j, l);
	text(&j, "\"link\":", dl3_link_state_name(c->state));
	text(&j, "\"before\":", dl3_link_state_name(c->before));
	number(&j, "\"attempt\":", c->attempt);
	if (*c->address)
		text(&j, "\"address\":", c->address);
	if (c->reason != DL3_REASON_NONE) {
		text(&j, "\"reason\":", dl3_link_reason_name(c->reason));
		text(&j, "\"detail\":", c->detail);
		text(&j, "\"advice\":", c->advice);
	}
	if (c->state == DL3_LINK_WAITING)
		seconds(&j, "\"retry_s\":", c->retry_ms);
	close_line(&j, o);
}

/* ---- The sink ---- */

static void event(struct watch_sink *sink, const struct timespec *at, const struct dl3_event *e,
                  bool snapshot)
{
	struct sink *s = sink_of(sink);
	struct line l = { .sink = s, .event = e, .snapshot = snapshot };

	if (e->type == DL3_EV_STREAM)
		s->snapshot = 0;
	if (e->type == DL3_EV_RECORD && snapshot)
		s->snapshot++;
	link_time_text(at, l.time);
	if (is_shown(e->type))
		link_output_put(s->out, event_line, &l);
}

static void change(struct watch_sink *sink, const struct timespec *at, const struct dl3_link_change *c)
{
	struct sink *s = sink_of(sink);
	struct line l = { .sink = s, .change = c };

	link_time_text(at, l.time);
	link_output_put(s->out, change_line, &l);
}

static void finish(struct watch_sink *sink)
{
	free(sink);
}

static const struct watch_sink_ops ops = { .event = event, .change = change, .finish = finish };

struct watch_sink *watch_json_new(struct link_output *out, const struct watch_style *style)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct sink){ .sink = { .ops = &ops },
		            .out = out,
		            .options = style->raw ? DL3_JSON_RAW : DL3_JSON_DEFAULT };
	return &s->sink;
}
