/* SPDX-License-Identifier: MIT */
#include "store_call.h"

#include <stdlib.h>

/* Extensions by which a call is found; nobody looks for one that was the hundredth. */
#define EXTENSIONS_MAX 100u

struct extensions {
	struct dl3_str at[EXTENSIONS_MAX];
	size_t count;
};

/* Up to nine digits, as extensions are: the numbers of outside parties begin otherwise or are longer. */
static bool may_be_extension(struct dl3_str s)
{
	for (uint32_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return s.len > 0 && s.len <= 9;
}

static void add(struct extensions *e, struct dl3_str s)
{
	if (!s.ptr || s.len == 0 || e->count == EXTENSIONS_MAX)
		return;
	for (size_t i = 0; i < e->count; i++) {
		if (dl3_str_same(e->at[i], s))
			return;
	}
	e->at[e->count++] = s;
}

static void add_all(struct extensions *e, struct dl3_call_texts texts)
{
	for (size_t i = 0; i < texts.count; i++)
		add(e, texts.at[i]);
}

static void add_moment(struct extensions *e, const struct dl3_call_moment *m, bool first)
{
	bool counts = first || m->what == DL3_CALL_DID_OFFER || m->what == DL3_CALL_DID_ANSWER;

	if (counts && may_be_extension(m->who))
		add(e, m->who);
}

static void find_extensions(struct extensions *e, const struct dl3_call_info *call)
{
	e->count = 0;
	add_all(e, call->parties);
	add(e, call->answered_by);
	add_all(e, call->rejected_by);
	for (size_t i = 0; i < call->timeline_count; i++)
		add_moment(e, &call->timeline[i], i == 0);
}

static int64_t time_of(int64_t t)
{
	return t == DL3_NO_TIME ? STORE_NULL : t;
}

static struct dl3_str outcome_of(const struct dl3_call_info *call)
{
	if (call->outcome == DL3_CALL_NO_OUTCOME)
		return (struct dl3_str){ .ptr = NULL };
	return dl3_str_of(dl3_call_outcome_name(call->outcome));
}

/* NULL without memory, or without segments. */
static struct store_segment *segments_of(const struct dl3_call_info *call)
{
	struct store_segment *out =
		call->segment_count > 0 ? calloc(call->segment_count, sizeof(*out)) : NULL;

	for (size_t i = 0; out && i < call->segment_count; i++) {
		const struct dl3_call_segment *s = &call->segments[i];
		out[i] = (struct store_segment){ .who = s->party,
			                         .from_ms = time_of(s->from),
			                         .to_ms = time_of(s->to),
			                         .talk_ms = s->talk_ms,
			                         .hold_ms = s->hold_ms };
	}
	return out;
}

bool store_put_ended(struct store *s, struct dl3_str pbx, const struct dl3_call_info *call,
                     struct dl3_str json)
{
	struct store_segment *segments = segments_of(call);
	struct extensions extensions;
	struct store_call c = { .pbx = pbx,
		                .id = call->id,
		                .direction = dl3_str_of(dl3_call_direction_name(call->direction)),
		                .outcome = outcome_of(call),
		                .started_ms = time_of(call->started),
		                .answered_ms = time_of(call->answered),
		                .ended_ms = time_of(call->ended),
		                .duration_ms = call->duration_ms,
		                .ring_ms = call->ring_ms,
		                .queue_ms = call->queue_ms,
		                .talk_ms = call->talk_ms,
		                .hold_ms = call->hold_ms,
		                .voicemail_ms = call->voicemail_ms,
		                .cli = call->cli,
		                .name = call->name,
		                .did = call->did,
		                .dialled = call->dialled,
		                .group = call->group,
		                .answered_by = call->answered_by,
		                .end_party = call->end_party,
		                .account_code = call->account_code,
		                .tag = call->tag,
		                .transfers = call->transfers,
		                .cause = call->cause >= 0 ? call->cause : STORE_NULL,
		                .incomplete = call->incomplete,
		                .json = json,
		                .segments = segments,
		                .segment_count = segments ? call->segment_count : 0 };
	bool accepted;

	find_extensions(&extensions, call);
	c.extensions = extensions.at;
	c.extension_count = extensions.count;
	accepted = store_put_call(s, &c);
	free(segments);
	return accepted;
}
