/* SPDX-License-Identifier: MIT */
/* What an S record says of the two ends and the targets. Names, and with them what kind of thing an end is, are
 * as we have seen them: docs/calls.md, "Under -CD2". */
#include "call/delta2.h"

#include <string.h>

/* ---- Names ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct dl3_str trimmed(struct dl3_str s)
{
	while (s.len > 0 && s.ptr[s.len - 1] == ' ')
		s.len--;
	while (s.len > 0 && s.ptr[0] == ' ') {
		s.ptr++;
		s.len--;
	}
	return s;
}

static struct dl3_str cut(struct dl3_str s, uint32_t from, uint32_t to)
{
	return trimmed((struct dl3_str){ .ptr = s.ptr + from, .len = to - from });
}

/* "0.0.0" is none. */
static bool is_none(struct dl3_str local)
{
	for (uint32_t i = 0; i < local.len; i++)
		if (local.ptr[i] != '0' && local.ptr[i] != '.')
			return false;
	return true;
}

static void make_key(struct dl3i_local_key *k, uint32_t pbx, char mark, struct dl3_str s)
{
	uint32_t len = s.len < sizeof(k->text) - 9 ? s.len : (uint32_t)sizeof(k->text) - 9;

	dl3i_put_hex(k->text, pbx);
	k->text[8] = mark;
	memcpy(k->text + 9, s.ptr, len); /* which is no empty text */
	k->key.odd = (struct dl3_str){ .ptr = k->text, .len = 9 + len };
	k->key.value = dl3i_hash(k->text, 9 + len);
}

bool dl3i_local_key(struct dl3i_local_key *k, uint32_t pbx, struct dl3_str local)
{
	if (is_none(local))
		return false;
	make_key(k, pbx, ':', local);
	return true;
}

static bool is_number(struct dl3_str s)
{
	for (uint32_t i = 0; i < s.len; i++)
		if (!is_digit(s.ptr[i]) && !strchr("*#+", s.ptr[i]))
			return false;
	return s.len > 0;
}

/* "Name (Number)": what is in the last brackets, if that is a number. */
static void split_name(struct dl3_str s, struct dl3_str *name, struct dl3_str *number)
{
	uint32_t open = s.len;

	*name = s = trimmed(s);
	*number = (struct dl3_str){ 0 };
	if (s.len == 0 || s.ptr[s.len - 1] != ')')
		return;
	while (open > 0 && s.ptr[open - 1] != '(')
		open--;
	if (open == 0 || !is_number(cut(s, open, s.len - 1)))
		return;
	*number = cut(s, open, s.len - 1);
	*name = cut(s, 0, open - 1);
}

/* The word itself, or the word with a number behind it. */
static bool is_called(struct dl3_str s, const char *word)
{
	size_t len = strlen(word);

	if (s.len < len || memcmp(s.ptr, word, len) != 0)
		return false;
	struct dl3_str rest = trimmed((struct dl3_str){ .ptr = s.ptr + len, .len = s.len - (uint32_t)len });

	for (uint32_t i = 0; i < rest.len; i++)
		if (!is_digit(rest.ptr[i]) && rest.ptr[i] != '.')
			return false;
	return true;
}

/* What is no person has a name without a number, and no class to know it by. */
static int16_t class_of_name(struct dl3_str name)
{
	static const struct {
		const char *word;
		int16_t cls;
	} known[] = { { "Voicemail", DL3_EQUIPMENT_VOICEMAIL },
		      { "VM Channel", DL3_EQUIPMENT_VOICEMAIL },
		      { "Park", DL3_EQUIPMENT_PARK_SLOT },
		      { "Conf", DL3_EQUIPMENT_CONFERENCE },
		      { "CO Channel", DL3_EQUIPMENT_CONFERENCE } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (is_called(name, known[i].word))
			return known[i].cls;
	return -1;
}

/* "17.1003.1": the first number is the line; extensions have none. */
static bool is_on_line(struct dl3_str local)
{
	uint32_t i = 0;

	while (i < local.len && local.ptr[i] == '0')
		i++;
	return i < local.len && is_digit(local.ptr[i]);
}

static void see_name(struct dl3_str local, struct dl3_str text, struct dl3i_seen *p)
{
	struct dl3_str number;

	split_name(text, &p->name, &number);
	bool line = number.len == 0 && p->name.len > 0 && is_called(p->name, "Line");

	/* Somebody with a number is an extension, on the line to another system too. */
	p->cls = (int16_t)(line || number.len > 0 ? -1 : class_of_name(p->name));
	p->outside = line || (number.len == 0 && p->cls < 0 && is_on_line(local));
	if (line)
		p->name = (struct dl3_str){ 0 };
	p->identity = number;
}

/* ---- States ---- */

static bool waits_alone(int64_t state)
{
	return state == DL3_DELTA2_STATE_HELD || state == DL3_DELTA2_STATE_PARKED ||
	       state == DL3_DELTA2_STATE_SUSPENDING || state == DL3_DELTA2_STATE_SUSPENDED ||
	       state == DL3_DELTA2_STATE_RESUMING;
}

/* As Delta3 would have it; -1 of a state that nobody knows. */
static int16_t state_of(int64_t state, bool is_a)
{
	if (waits_alone(state))
		return DL3_STATE_CONNECTED;
	switch (state) {
	case DL3_DELTA2_STATE_IDLE:
		return DL3_STATE_IDLE;
	case DL3_DELTA2_STATE_RINGING: /* A is who called, and hears it ring */
		return is_a ? DL3_STATE_RINGBACK : DL3_STATE_RINGING;
	case DL3_DELTA2_STATE_QUEUED:
		return DL3_STATE_RINGBACK;
	case DL3_DELTA2_STATE_CONNECTED:
		return DL3_STATE_CONNECTED;
	case DL3_DELTA2_STATE_DISCONNECTED:
		return DL3_STATE_DISCONNECTING;
	case DL3_DELTA2_STATE_DIALLING:
	case DL3_DELTA2_STATE_LOCAL_DIAL:
	case DL3_DELTA2_STATE_REDIALLING:
		return DL3_STATE_DIALLING;
	case DL3_DELTA2_STATE_DIALLED:
		return DL3_STATE_DIALED;
	default:
		return -1;
	}
}

/* One side of an S record. */
struct side {
	bool has_state, has_audio, has_music;
	int64_t state, audio, music;
};

static void see_state(const struct side *s, bool is_a, struct dl3i_seen *p)
{
	p->state = (int16_t)(s->has_state ? state_of(s->state, is_a) : -1);
	p->tone = -1;
	if (s->has_music)
		p->tone = s->music == 1 ? DL3_TONE_HOLD_MUSIC : DL3_TONE_NONE;
	p->has_audio = p->state == DL3_STATE_CONNECTED;
	p->audio = !waits_alone(s->state) && !(s->has_audio && s->audio == 0);
	p->in_order = true;
}

/* ---- An S record as a view ---- */

static void see_a(struct dl3i_delta2_view *v)
{
	const struct dl3_delta2_s *s = v->s;
	struct side side = { .has_state = DL3_HAS(s, DL3_DELTA2_S_A_STATE),
		             .has_audio = DL3_HAS(s, DL3_DELTA2_S_A_CONNECTED),
		             .has_music = DL3_HAS(s, DL3_DELTA2_S_A_IS_MUSIC),
		             .state = s->a_state,
		             .audio = s->a_connected,
		             .music = s->a_is_music };
	struct dl3i_seen *p = &v->sight.a;

	p->there = dl3i_local_key(&v->a, v->pbx, s->a_call_id);
	if (!p->there)
		return;
	p->key = v->a.key;
	see_name(s->a_call_id, s->a_name, p);
	see_state(&side, true, p);
	if (s->calling_number.len > 0)
		p->number = s->calling_number;
	else if (p->identity.len > 0)
		p->number = p->identity;
	p->dialled = s->dialled_number;
}

/* The slot has no class, but those in it are told to be there. */
static bool is_in_slot(const struct dl3i_delta2_view *v)
{
	return v->s->park_slot.len > 0 ||
	       (DL3_HAS(v->s, DL3_DELTA2_S_A_STATE) && v->s->a_state == DL3_DELTA2_STATE_PARKED);
}

static void see_b(struct dl3i_delta2_view *v)
{
	const struct dl3_delta2_s *s = v->s;
	struct side side = { .has_state = DL3_HAS(s, DL3_DELTA2_S_B_STATE),
		             .has_audio = DL3_HAS(s, DL3_DELTA2_S_B_CONNECTED),
		             .has_music = DL3_HAS(s, DL3_DELTA2_S_B_IS_MUSIC),
		             .state = s->b_state,
		             .audio = s->b_connected,
		             .music = s->b_is_music };
	struct dl3i_seen *p = &v->sight.b;

	p->there = dl3i_local_key(&v->b, v->pbx, s->b_call_id);
	if (!p->there)
		return;
	p->key = v->b.key;
	see_name(s->b_call_id, s->b_name, p);
	see_state(&side, false, p);
	if (p->outside && s->called_number.len > 0)
		p->number = s->called_number;
	else if (p->identity.len > 0)
		p->number = p->identity;
	else if (p->cls < 0 && !p->outside && is_in_slot(v))
		p->cls = DL3_EQUIPMENT_PARK_SLOT;
}

/* Targets are names between semicolons. They are known by these, within their call. */
bool dl3i_delta2_next_target(struct dl3i_seen *out, void *arg)
{
	struct dl3i_delta2_view *v = arg;
	struct dl3_str text = { 0 };

	while (text.len == 0) {
		if (v->targets.len == 0)
			return false;
		const char *end = memchr(v->targets.ptr, ';', v->targets.len);
		uint32_t len = end ? (uint32_t)(end - v->targets.ptr) : v->targets.len;

		text = cut(v->targets, 0, len);
		len += end != NULL;
		v->targets.ptr += len;
		v->targets.len -= len;
	}
	*out = (struct dl3i_seen){
		.state = -1, .tone = -1, .there = true, .in_order = true, .unnamed = true
	};
	see_name((struct dl3_str){ 0 }, text, out);
	/* The number of the call in front of the name: a name can ring in several. */
	char id[3 * 128];
	uint32_t len = text.len < sizeof(id) - 17 ? text.len : (uint32_t)sizeof(id) - 17;
	dl3i_put_hex(id, (uint32_t)((uint64_t)v->call_id >> 32));
	dl3i_put_hex(id + 8, (uint32_t)v->call_id);
	id[16] = ' ';
	memcpy(id + 17, text.ptr, len);
	make_key(&v->target, v->pbx, '>', (struct dl3_str){ .ptr = id, .len = len + 17 });
	out->key = v->target.key;
	return true;
}

bool dl3i_delta2_queues(const struct dl3_delta2_s *s)
{
	return DL3_HAS(s, DL3_DELTA2_S_A_STATE) && s->a_state == DL3_DELTA2_STATE_QUEUED;
}

void dl3i_delta2_see(struct dl3i_delta2_view *v)
{
	const struct dl3_delta2_s *s = v->s;
	struct dl3i_sight *sight = &v->sight;

	sight->delta2 = true;
	sight->has_call_id = v->call_id >= 0;
	sight->call_id = v->call_id;
	see_a(v);
	see_b(v);
	/* One end is not connected with itself. */
	if (sight->a.there && sight->b.there && dl3_str_same(sight->a.key.odd, sight->b.key.odd))
		sight->b.there = false;
	sight->account = s->account_code;
	sight->tag = s->tag;
	sight->first_group = s->original_group;
	sight->group_now = s->target_group;
	sight->queueing = dl3i_delta2_queues(s) ? DL3_QUEUEING_QUEUEING : 0;
}
