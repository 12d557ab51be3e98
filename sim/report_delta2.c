/* SPDX-License-Identifier: MIT */
/* Delta2: the S record of a call. Its states are not Delta3's; units of its times are not published,
 * so that tenths of a second stand in those that Delta3 has too, and the others stay empty. */
#include <stdio.h>
#include <string.h>

#include "report_rows.h"

/* The description cuts the list of targets after the fourth. */
#define LISTED_TARGETS 4u

static int64_t state_of(const struct sim_call *call, const struct sim_end *end)
{
	const struct sim_end *other = end == call->a ? call->b : call->a;

	if (!end)
		return DL3_DELTA2_STATE_IDLE;
	if (other && other->device == SIM_AT_PARK)
		return DL3_DELTA2_STATE_PARKED;
	if (end->on_hold)
		return DL3_DELTA2_STATE_HELD;
	if (call->queueing != 0 && end == call->a)
		return DL3_DELTA2_STATE_QUEUED;
	switch (end->state) {
	case DL3_STATE_CONNECTED:
		return DL3_DELTA2_STATE_CONNECTED;
	case DL3_STATE_DIALLING:
		return DL3_DELTA2_STATE_LOCAL_DIAL;
	case DL3_STATE_DIALED:
		return DL3_DELTA2_STATE_DIALLED;
	case DL3_STATE_DISCONNECTING:
		return DL3_DELTA2_STATE_DISCONNECTED;
	default:
		return DL3_DELTA2_STATE_RINGING;
	}
}

/* "Name (Number)", or "Line n". */
static void name_of(const struct sim_end *end, char *out, size_t cap)
{
	switch (end->device) {
	case SIM_AT_USER:
		snprintf(out, cap, "%s(%s)", end->user->full_name, end->user->extension);
		break;
	case SIM_AT_TRUNK:
		snprintf(out, cap, "Line %u", end->trunk->line);
		break;
	case SIM_AT_VOICEMAIL:
		snprintf(out, cap, "Voicemail");
		break;
	case SIM_AT_PARK:
		snprintf(out, cap, "Park %u", end->channel);
		break;
	case SIM_AT_CONFERENCE:
		snprintf(out, cap, "Conf %u", end->channel);
		break;
	}
}

static void list_targets(const struct sim_call *call, char *out, size_t cap)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < call->target_count && i < LISTED_TARGETS; i++) {
		char name[2 * SIM_NAME_MAX];

		name_of(call->targets[i], name, sizeof(name));
		int n = snprintf(out + used, cap - used, "%s%s", i > 0 ? ";" : "", name);

		if (n < 0 || (size_t)n >= cap - used)
			return;
		used += (size_t)n;
	}
}

static void slot_of(const struct sim_end *end, char *out, size_t cap)
{
	if (end && end->device == SIM_AT_TRUNK)
		snprintf(out, cap, "%u.%u", end->trunk->line, end->channel);
	else
		snprintf(out, cap, "0.0");
}

static void side_a(const struct sim_look *look, const struct sim_call *call, struct sim_delta2_text *text, struct dl3_delta2_s *s)
{
	const struct sim_end *a = call->a;

	if (!a)
		return;
	const struct sim_told told = sim_told_of(a);

	sim_local_form(look, &told, text->a_id, sizeof(text->a_id));
	name_of(a, text->a_name, sizeof(text->a_name));
	s->a_call_id = dl3_str_of(text->a_id);
	s->a_name = dl3_str_of(text->a_name);
	DL3_SET(s, DL3_DELTA2_S_A_CONNECTED, a_connected, a->audio && a->state == DL3_STATE_CONNECTED ? 1 : 0);
	DL3_SET(s, DL3_DELTA2_S_A_IS_MUSIC, a_is_music, a->tone == DL3_TONE_HOLD_MUSIC ? 1 : 0);
	slot_of(a, text->a_slot, sizeof(text->a_slot));
	s->a_slot_channel = dl3_str_of(text->a_slot);
}

static void side_b(const struct sim_look *look, const struct sim_call *call, struct sim_delta2_text *text, struct dl3_delta2_s *s)
{
	const struct sim_end *b = call->b;

	if (b) {
		const struct sim_told told = sim_told_of(b);

		sim_local_form(look, &told, text->b_id, sizeof(text->b_id));
		name_of(b, text->b_name, sizeof(text->b_name));
	}
	s->b_call_id = dl3_str_of(text->b_id);
	s->b_name = dl3_str_of(text->b_name);
	DL3_SET(s, DL3_DELTA2_S_B_CONNECTED, b_connected,
	        b && b->audio && b->state == DL3_STATE_CONNECTED ? 1 : 0);
	DL3_SET(s, DL3_DELTA2_S_B_IS_MUSIC, b_is_music, b && b->tone == DL3_TONE_HOLD_MUSIC ? 1 : 0);
	slot_of(b, text->b_slot, sizeof(text->b_slot));
	s->b_slot_channel = dl3_str_of(text->b_slot);
	list_targets(call, text->b_list, sizeof(text->b_list));
	s->b_list = dl3_str_of(text->b_list);
}

static const char *called_number(const struct sim_call *call)
{
	const struct sim_end *a = call->a;

	if (call->b && call->b->target_number[0])
		return call->b->target_number;
	if (a && a->did[0])
		return a->did;
	return a ? a->dialled : "";
}

static void numbers(const struct sim_call *call, struct sim_delta2_text *text, struct dl3_delta2_s *s)
{
	const struct sim_end *a = call->a;

	s->called_presentation_type = dl3_str_of("0.0");
	s->called_number = dl3_str_of(called_number(call));
	if (a) {
		const char *prefix = a->device == SIM_AT_TRUNK && a->cli[0] && a->trunk->prefix ? a->trunk->prefix : "";

		snprintf(text->presentation, sizeof(text->presentation), "%lld.0", (long long)a->presentation);
		snprintf(text->calling, sizeof(text->calling), "%s%s", prefix, a->cli);
	}
	s->calling_presentation_type = dl3_str_of(text->presentation);
	s->calling_number = dl3_str_of(text->calling);
	s->called_subaddress = dl3_str_of("");
	s->calling_subaddress = dl3_str_of("");
	DL3_SET(s, DL3_DELTA2_S_DIALLED_TYPE, dialled_type, 0);
	s->dialled_number = dl3_str_of(a ? a->dialled : "");
	DL3_SET(s, DL3_DELTA2_S_KEYPAD_TYPE, keypad_type, 0);
	s->keypad_number = dl3_str_of("");
}

static bool is_internal(const struct sim_call *call)
{
	bool outside = (call->a && call->a->device == SIM_AT_TRUNK) || (call->b && call->b->device == SIM_AT_TRUNK);

	for (size_t i = 0; i < call->target_count; i++)
		outside = outside || call->targets[i]->device == SIM_AT_TRUNK;
	return !outside;
}

static bool is_packet(const struct sim_end *end)
{
	return end && (end->equipment_class == DL3_EQUIPMENT_SIP_TRUNK ||
	               end->equipment_class == DL3_EQUIPMENT_H323_TRUNK ||
	               end->equipment_class == DL3_EQUIPMENT_SIP_DEVICE ||
	               end->equipment_class == DL3_EQUIPMENT_H323_PHONE);
}

static void rest(const struct sim_look *look, const struct sim_call *call, struct sim_delta2_text *text,
                 struct dl3_delta2_s *s)
{
	DL3_SET(s, DL3_DELTA2_S_RING_ATTEMPTS, ring_attempts, 0);
	DL3_SET(s, DL3_DELTA2_S_CAUSE, cause, 0);
	DL3_SET(s, DL3_DELTA2_S_VOICEMAIL_DISALLOW, voicemail_disallow, 0);
	DL3_SET(s, DL3_DELTA2_S_SENDING_COMPLETE, sending_complete, 1);
	s->call_type_transport = dl3_str_of(is_packet(call->a) ? "0.2" : "0.0");
	s->owner_group = sim_group_number(call->owner_group);
	s->original_group = sim_group_number(call->original_group);
	s->original_user = sim_user_number(call->original_user);
	s->target_group = sim_group_number(call->current_group);
	s->target_user = sim_user_number(call->current_user);
	s->target_ras = dl3_str_of("");
	DL3_SET(s, DL3_DELTA2_S_IS_INTERNAL, is_internal, is_internal(call) ? 1 : 0);
	DL3_SET(s, DL3_DELTA2_S_TIMESTAMP, timestamp, sim_look_time(look));
	if (call->b && call->b->device == SIM_AT_PARK) {
		snprintf(text->park, sizeof(text->park), "%u", call->b->channel);
		s->park_slot = dl3_str_of(text->park);
	}
	s->tag = dl3_str_of(call->tag);
	s->account_code = dl3_str_of(call->account_code);
	DL3_SET(s, DL3_DELTA2_S_CALL_ID, call_id, sim_call_id_on(call, look->node));
}

void sim_delta2(const struct sim_look *look, const struct sim_call *call, struct sim_delta2_text *text,
                struct dl3_record *out)
{
	struct dl3_delta2_s *s = &out->u.delta2_s;

	*out = (struct dl3_record){ .kind = DL3_KIND_DELTA2_S };
	*text = (struct sim_delta2_text){ 0 };
	DL3_SET(s, DL3_DELTA2_S_A_STATE, a_state, state_of(call, call->a));
	DL3_SET(s, DL3_DELTA2_S_B_STATE, b_state, state_of(call, call->b));
	side_a(look, call, text, s);
	side_b(look, call, text, s);
	numbers(call, text, s);
	rest(look, call, text, s);
}
