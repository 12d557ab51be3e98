/* SPDX-License-Identifier: MIT */
#include "watch_row.h"

#include <ctype.h>
#include <string.h>

/* ---- Words ---- */

static void named(struct cells_text *t, enum dl3_enumeration e, int64_t code)
{
	const char *name = dl3_enum_name(e, code);
	char words[64];
	size_t n = 0;

	if (!name) {
		cells_signed(t, code);
		return;
	}
	for (; name[n] && n + 1 < sizeof(words); n++) {
		words[n] = name[n];
		if (words[n] == '_')
			words[n] = ' ';
	}
	words[n] = '\0';
	cells_z(t, words);
}

/* The table's sentence, as the end of one. */
static void cause_in_words(struct cells_text *t, int64_t cause)
{
	size_t count = 0;
	const struct dl3_value *values = dl3_enum_values(DL3_ENUM_cause, &count);
	char words[96];

	for (size_t i = 0; i < count; i++) {
		if (values[i].code != cause)
			continue;
		size_t n = strcspn(values[i].meaning, ".");
		if (n >= sizeof(words))
			n = sizeof(words) - 1;
		memcpy(words, values[i].meaning, n);
		words[n] = '\0';
		if (islower((unsigned char)words[1]))
			words[0] = (char)tolower((unsigned char)words[0]);
		cells_z(t, words);
		return;
	}
	cells_z(t, "cause ");
	cells_signed(t, cause);
}

static void labelled(struct cells_text *t, const char *label, struct dl3_str s)
{
	if (s.len == 0)
		return;
	cells_next(t);
	cells_z(t, label);
	cells_str(t, s);
}

static void word(struct cells_text *t, const char *z)
{
	cells_next(t);
	cells_z(t, z);
}

/* ---- Who ---- */

static bool is_trunk(int64_t class)
{
	return (class >= DL3_EQUIPMENT_ISDN_TRUNK && class <= DL3_EQUIPMENT_R2_TRUNK) ||
	       class == DL3_EQUIPMENT_S0_TRUNK;
}

/* What is no person's: a mailbox, a park slot, a conference. */
static bool is_service(int64_t class)
{
	return class == DL3_EQUIPMENT_VOICEMAIL || class == DL3_EQUIPMENT_PARK_SLOT ||
	       class == DL3_EQUIPMENT_CONFERENCE || class == DL3_EQUIPMENT_CONFERENCE_MEET_ME ||
	       class == DL3_EQUIPMENT_RECORDING_HANDLER || class == DL3_EQUIPMENT_WAV_DRIVER;
}

static struct dl3_str first_of(struct dl3_str a, struct dl3_str b, struct dl3_str c)
{
	return a.len > 0 ? a : b.len > 0 ? b : c;
}

/* An outside party is its number; a caller's is told, a called one's was dialled. */
static void outside(struct cells_text *t, const struct dl3_party *p, bool caller)
{
	struct dl3_str dialled = first_of(p->target_number, p->dialled, p->description);

	if (caller && DL3_HAS(p, DL3_PARTY_CLI_PRESENTATION) &&
	    p->cli_presentation == DL3_PRESENTATION_WITHHELD)
		cells_z(t, "withheld ");
	cells_str(t, caller ? first_of(p->cli, dialled, p->end) : first_of(dialled, p->cli, p->end));
	if (p->name.len == 0 || !caller)
		return;
	cells_z(t, " ");
	cells_str(t, p->name);
}

static void who(struct cells_text *t, const struct dl3_party *p, bool caller)
{
	int64_t class = DL3_HAS(p, DL3_PARTY_EQUIPMENT_CLASS) ? p->equipment_class : 0;

	if (is_trunk(class) || (DL3_HAS(p, DL3_PARTY_PUBLIC_LINE) && p->public_line == 1)) {
		outside(t, p, caller);
		return;
	}
	if (is_service(class)) {
		named(t, DL3_ENUM_equipment_class, class);
		struct dl3_str which = first_of(p->identity, p->purpose, p->description);
		if (which.len > 0)
			cells_z(t, " ");
		cells_str(t, which);
		return;
	}
	cells_str(t, first_of(p->identity, p->description, p->end));
	/* The name is the calling one's. */
	if (p->name.len == 0 || !caller)
		return;
	cells_z(t, " ");
	cells_str(t, p->name);
}

static void offered_to(struct watch_row *row, struct watch_ends *ends, const struct dl3_detail *d,
                       const int64_t *call)
{
	struct dl3_str rest = d->targets.raw;
	struct dl3_target target = { .end = { 0 } };

	while (dl3_target_next(&rest, &target) == DL3_OK) {
		struct cells_text one = { .len = 0 };
		cells_str(&one, first_of(target.identity, target.target_number, target.end));
		watch_ends_tell(ends, target.end, call, &one);
		cells_next(&row->to);
		cells_str(&row->to, (struct dl3_str){ .ptr = one.buf, .len = (uint32_t)one.len });
	}
}

/* ---- Delta3 ---- */

static bool has_state(const struct dl3_party *p, int64_t state)
{
	return DL3_HAS(p, DL3_PARTY_STATE) && p->state == state;
}

/* Connected, and hears nothing of it. */
static bool is_held(const struct dl3_party *p)
{
	return has_state(p, DL3_STATE_CONNECTED) && DL3_HAS(p, DL3_PARTY_AUDIO_PATH) && p->audio_path == 0;
}

static void tone(struct cells_text *t, const struct dl3_party *p)
{
	if (!DL3_HAS(p, DL3_PARTY_TONE) || p->tone == DL3_TONE_NONE)
		return;
	cells_next(t);
	named(t, DL3_ENUM_tone, p->tone);
	if (p->tone != DL3_TONE_HOLD_MUSIC)
		cells_z(t, " tone");
}

static void states(struct cells_text *t, const struct dl3_detail *d)
{
	bool a = d->has_a && DL3_HAS(&d->a, DL3_PARTY_STATE);
	bool b = d->has_b && DL3_HAS(&d->b, DL3_PARTY_STATE);

	if (d->has_a && d->has_b && is_held(&d->a) && is_held(&d->b)) {
		cells_z(t, "on hold");
		return;
	}
	if (a)
		named(t, DL3_ENUM_state, d->a.state);
	if (b && !(a && d->a.state == d->b.state)) {
		cells_z(t, "/");
		named(t, DL3_ENUM_state, d->b.state);
	}
}

static void call_fields(struct cells_text *t, const struct dl3_call *c)
{
	labelled(t, "group ",
	         first_of(c->currently_targeted_huntgroup, c->owner_huntgroup,
	                  c->originally_targeted_huntgroup));
	if (DL3_HAS(c, DL3_CALL_QUEUEING) && c->queueing != 0) {
		cells_next(t);
		named(t, DL3_ENUM_queueing, c->queueing);
	}
	if (DL3_HAS(c, DL3_CALL_VOICEMAIL_BEING_LEFT) && c->voicemail_being_left == 1)
		word(t, "leaves a message");
	labelled(t, "account ", c->account_code);
	labelled(t, "tag ", c->tag);
}

static enum watch_tone tone_of(const struct dl3_detail *d)
{
	bool up = d->has_a && d->has_b && has_state(&d->a, DL3_STATE_CONNECTED) &&
	          has_state(&d->b, DL3_STATE_CONNECTED);

	if (up)
		return is_held(&d->a) || is_held(&d->b) ? TONE_RINGING : TONE_UP;
	return d->has_b || d->targets.count > 0 ? TONE_RINGING : TONE_PLAIN;
}

static void detail(struct watch_row *row, struct watch_ends *ends, const struct dl3_detail *d)
{
	bool has_call = d->has_call && DL3_HAS(&d->call, DL3_CALL_CALL_ID);
	const int64_t *call = has_call ? &d->call.call_id : NULL;

	if (call) {
		cells_signed(&row->call, *call);
		watch_ends_count(ends, row->pbx, *call);
	}
	if (d->has_a) {
		who(&row->from, &d->a, true);
		watch_ends_tell(ends, d->a.end, call, &row->from);
	}
	if (d->has_b) {
		who(&row->to, &d->b, false);
		watch_ends_tell(ends, d->b.end, call, &row->to);
	}
	offered_to(row, ends, d, call);
	if (row->to.len == 0 && d->has_a)
		cells_str(&row->to, d->a.dialled);
	states(&row->what, d);
	if (d->has_a)
		tone(&row->what, &d->a);
	if (d->has_b)
		tone(&row->what, &d->b);
	if (d->has_call)
		call_fields(&row->what, &d->call);
	row->tone = tone_of(d);
}

/* Who an end was, and in which call; its identifier when that is not known. */
static void end_of(struct watch_row *row, const struct watch_ends *ends, struct dl3_str end)
{
	const struct watch_end *e = watch_ends_find(ends, end);

	if (!e) {
		cells_str(&row->from, end);
		return;
	}
	cells_str(&row->from, (struct dl3_str){ .ptr = e->who, .len = e->len });
	if (e->has_call)
		cells_signed(&row->call, e->call);
}

static bool is_usual(int64_t cause)
{
	/* From there on they are a PBX's own: transferred, parked, picked up. */
	return cause == DL3_CAUSE_NORMAL || cause == DL3_CAUSE_NORMAL_UNSPECIFIED ||
	       cause >= DL3_CAUSE_PHONE_INFO;
}

static void call_lost(struct watch_row *row, const struct watch_ends *ends, const struct dl3_call_lost *l)
{
	bool has_cause = DL3_HAS(l, DL3_CALL_LOST_CAUSE);
	bool itself = DL3_HAS(l, DL3_CALL_LOST_CLEARED_INBOUND) && l->cleared_inbound == 1;

	end_of(row, ends, l->end);
	row->tone = has_cause && !is_usual(l->cause) ? TONE_BAD : TONE_GONE;
	if (has_cause && l->cause == DL3_CAUSE_TRANSFER) {
		cells_z(&row->what, "left: transferred");
		return;
	}
	cells_z(&row->what, itself ? "hung up" : "gone");
	if (!has_cause)
		return;
	cells_z(&row->what, ": ");
	cause_in_words(&row->what, l->cause);
}

static void link_lost(struct watch_row *row, const struct watch_ends *ends, const struct dl3_link_lost *l)
{
	end_of(row, ends, l->end);
	/* The number is of the end's own node, and this is another's. */
	row->tone = TONE_ASIDE;
	cells_z(&row->what, "out of sight of ");
	cells_str(&row->what, l->node);
	if (!DL3_HAS(l, DL3_LINK_LOST_CAUSE))
		return;
	cells_z(&row->what, ": ");
	cause_in_words(&row->what, l->cause);
}

static void reject(struct watch_row *row, const struct watch_ends *ends, const struct dl3_attempt_reject *r)
{
	end_of(row, ends, r->end);
	if (r->user.len > 0)
		row->from.len = 0;
	cells_str(&row->from, r->user);
	cells_z(&row->what, "pushed away");
	labelled(&row->what, "", r->qualifier);
	row->tone = TONE_BAD;
}

/* ---- The rest ---- */

static void delta2_s(struct watch_row *row, const struct dl3_delta2_s *s)
{
	if (DL3_HAS(s, DL3_DELTA2_S_CALL_ID))
		cells_signed(&row->call, s->call_id);
	cells_str(&row->from, first_of(s->a_name, s->calling_number, s->a_call_id));
	cells_str(&row->to, first_of(s->b_name, s->b_list, s->called_number));
	if (DL3_HAS(s, DL3_DELTA2_S_A_STATE))
		named(&row->what, DL3_ENUM_delta2_state, s->a_state);
	if (DL3_HAS(s, DL3_DELTA2_S_B_STATE) && s->b_state != s->a_state) {
		cells_z(&row->what, "/");
		named(&row->what, DL3_ENUM_delta2_state, s->b_state);
	}
	labelled(&row->what, "group ", s->target_group);
	labelled(&row->what, "account ", s->account_code);
	labelled(&row->what, "tag ", s->tag);
	row->tone = DL3_HAS(s, DL3_DELTA2_S_B_STATE) && s->b_state == DL3_DELTA2_STATE_CONNECTED
	                    ? TONE_UP
	                    : TONE_RINGING;
}

static void delta2_ends(struct watch_row *row, const struct dl3_delta2_ends *e, bool gone)
{
	if (DL3_HAS(e, DL3_DELTA2_ENDS_CALL_ID))
		cells_signed(&row->call, e->call_id);
	cells_str(&row->from, e->a_call_id);
	cells_str(&row->to, e->b_call_id);
	cells_z(&row->what, gone ? "gone" : "ends changed places");
	row->tone = gone ? TONE_GONE : TONE_PLAIN;
}

static void behind(struct cells_text *t, struct dl3_str s)
{
	if (s.len > 0)
		cells_z(t, " ");
	cells_str(t, s);
}

static void siptrack(struct watch_row *row, const struct watch_ends *ends, const struct dl3_siptrack *s)
{
	end_of(row, ends, s->end);
	cells_str(&row->to, s->sip_call_id);
	cells_z(&row->what, "SIP");
	behind(&row->what, s->event);
	behind(&row->what, s->type);
	behind(&row->what, s->direction);
	row->tone = TONE_ASIDE;
}

/* Two states are published, see docs/rulings.md. */
static void extension_state(struct cells_text *t, uint32_t state)
{
	if (state == 0)
		cells_z(t, "idle");
	else if (state == 2)
		cells_z(t, "dialling");
	else
		cells_signed(t, state);
}

static void cmextn_state(struct watch_row *row, const struct dl3_cmextn_state *s)
{
	cells_str(&row->from, s->who);
	cells_z(&row->what, "extension ");
	extension_state(&row->what, s->p2);
	cells_z(&row->what, " -> ");
	extension_state(&row->what, s->p1);
	row->tone = TONE_ASIDE;
}

/* "Extn4001: ...": whose event it is stands in front. */
static void cmextn(struct watch_row *row, struct dl3_str text)
{
	const char *colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
	uint32_t len = colon ? (uint32_t)(colon - text.ptr) : 0;
	uint32_t skip = colon ? len + 1 : 0;

	row->tone = TONE_ASIDE;
	cells_str(&row->from, (struct dl3_str){ .ptr = text.ptr, .len = len });
	while (skip < text.len && text.ptr[skip] == ' ')
		skip++;
	cells_str(&row->what, (struct dl3_str){ .ptr = text.ptr + skip, .len = text.len - skip });
}

static void unknown(struct watch_row *row, const struct dl3_record *r)
{
	cells_str(&row->from, r->u.unknown.name);
	cells_z(&row->what, "unknown record");
	labelled(&row->what, "", r->raw);
	row->tone = TONE_BAD;
}

void watch_row_of(struct watch_row *row, struct watch_ends *ends, uint32_t pbx, const struct dl3_record *r)
{
	row->pbx = pbx;
	switch (r->kind) {
	case DL3_KIND_DETAIL:
		detail(row, ends, &r->u.detail);
		break;
	case DL3_KIND_CALL_LOST:
		call_lost(row, ends, &r->u.call_lost);
		break;
	case DL3_KIND_LINK_LOST:
		link_lost(row, ends, &r->u.link_lost);
		break;
	case DL3_KIND_ATTEMPT_REJECT:
		reject(row, ends, &r->u.attempt_reject);
		break;
	case DL3_KIND_DELTA2_S:
		delta2_s(row, &r->u.delta2_s);
		break;
	case DL3_KIND_DELTA2_D:
	case DL3_KIND_DELTA2_A:
		delta2_ends(row, &r->u.delta2_ends, r->kind == DL3_KIND_DELTA2_D);
		break;
	case DL3_KIND_SIPTRACK:
		siptrack(row, ends, &r->u.siptrack);
		break;
	case DL3_KIND_CMEXTN:
		cmextn(row, r->u.cmextn.text);
		break;
	case DL3_KIND_CMEXTN_STATE:
		cmextn_state(row, &r->u.cmextn_state);
		break;
	case DL3_KIND_UNKNOWN:
		unknown(row, r);
		break;
	}
}
