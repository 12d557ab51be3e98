/* SPDX-License-Identifier: MIT */
#include "record/json.h"

#include "base/text.h"

/* Keys made ready, `"name":`, beside the fields they belong to. */
struct key {
	const char *text;
	size_t len;
};

#define DL3_FIELD(NAME, name, type, enumeration, meaning) { "\"" #name "\":", sizeof(#name) + 2 },
static const struct key keys_call[] = {
#include <devlink3/tables/call.def>
};
static const struct key keys_party[] = {
#include <devlink3/tables/party.def>
};
static const struct key keys_target[] = {
#include <devlink3/tables/target.def>
};
static const struct key keys_call_lost[] = {
#include <devlink3/tables/call_lost.def>
};
static const struct key keys_link_lost[] = {
#include <devlink3/tables/link_lost.def>
};
static const struct key keys_attempt_reject[] = {
#include <devlink3/tables/attempt_reject.def>
};
static const struct key keys_delta2_s[] = {
#include <devlink3/tables/delta2_s.def>
};
static const struct key keys_delta2_ends[] = {
#include <devlink3/tables/delta2_ends.def>
};
static const struct key keys_siptrack[] = {
#include <devlink3/tables/siptrack.def>
};
#undef DL3_FIELD

static const struct key *const keys_of[DL3_ROW_COUNT] = {
#define DL3_ROW(name, title, section) [DL3_ROW_##name] = keys_##name,
#include <devlink3/tables/rows.def>
#undef DL3_ROW
};

/* Text as it came: not one octet of it is undone. */
static void json_raw(struct dl3i_json *j, struct dl3_str s)
{
	s.escaped = false;
	dl3i_json_str(j, s);
}

/* Names of the bits that have one, and what is left over as a number. */
static void json_flags(struct dl3i_json *j, enum dl3_enumeration e, int64_t flags)
{
	size_t count = 0;
	const struct dl3_value *values = dl3_enum_values(e, &count);

	dl3i_json_open(j, '[');
	for (size_t i = 0; i < count; i++) {
		if ((flags & values[i].code) == 0)
			continue;
		dl3i_json_z(j, values[i].name);
		flags &= ~values[i].code;
	}
	if (flags != 0)
		dl3i_json_signed(j, flags);
	dl3i_json_close(j, ']');
}

static void json_number(struct dl3i_json *j, const struct dl3_field *f, int64_t value)
{
	const char *name = NULL;

	if (f->type == DL3_TYPE_FLAGS) {
		json_flags(j, f->enumeration, value);
		return;
	}
	if (f->type == DL3_TYPE_ENUM)
		name = dl3_enum_name(f->enumeration, value);
	if (name)
		dl3i_json_z(j, name);
	else
		dl3i_json_signed(j, value);
}

/* A number that is there, but empty or not to be read as one. */
static void json_no_number(struct dl3i_json *j, enum dl3_row_kind kind, const struct dl3_row *row,
                           size_t index)
{
	if (row->unread >> index & 1)
		json_raw(j, dl3_row_text(kind, row->raw, index));
	else
		dl3i_json_literal(j, "null");
}

static void json_fields(struct dl3i_json *j, enum dl3_row_kind kind, const void *row)
{
	const struct dl3_table *t = dl3_row_table(kind);
	const struct key *keys = keys_of[kind];
	const struct dl3_row *head = row;

	for (size_t i = 0; i < t->count; i++) {
		const struct dl3_field *f = &t->fields[i];
		const void *member = (const char *)row + f->offset;
		bool text = f->type == DL3_TYPE_TEXT || f->type == DL3_TYPE_QUOTED;
		if (text ? !((const struct dl3_str *)member)->ptr : !(head->present >> i & 1))
			continue;
		dl3i_json_ready_key(j, keys[i].text, keys[i].len);
		if (text)
			dl3i_json_str(j, *(const struct dl3_str *)member);
		else if (head->valued >> i & 1)
			json_number(j, f, *(const int64_t *)member);
		else
			json_no_number(j, kind, head, i);
	}
	if (head->extra.ptr) {
		DL3I_JSON_KEY(j, "extra");
		json_raw(j, head->extra);
	}
	if (head->irregular) {
		DL3I_JSON_KEY(j, "irregular");
		dl3i_json_literal(j, "true");
		DL3I_JSON_KEY(j, "raw");
		json_raw(j, head->raw);
	}
}

static void json_row(struct dl3i_json *j, enum dl3_row_kind kind, const void *row)
{
	dl3i_json_open(j, '{');
	json_fields(j, kind, row);
	dl3i_json_close(j, '}');
}

static void json_targets(struct dl3i_json *j, const struct dl3_targets *targets)
{
	struct dl3_str rest = targets->raw;
	struct dl3_target target;

	if (!targets->raw.ptr && targets->count == 0)
		return;
	DL3I_JSON_KEY(j, "targets");
	dl3i_json_open(j, '[');
	for (size_t i = 0; targets->list && i < targets->count; i++)
		json_row(j, DL3_ROW_target, &targets->list[i]);
	while (!targets->list && dl3_target_next(&rest, &target) == DL3_OK)
		json_row(j, DL3_ROW_target, &target);
	dl3i_json_close(j, ']');
}

static void json_detail(struct dl3i_json *j, const struct dl3_detail *d)
{
	if (d->has_call) {
		DL3I_JSON_KEY(j, "call");
		json_row(j, DL3_ROW_call, &d->call);
	}
	if (d->has_a) {
		DL3I_JSON_KEY(j, "party_a");
		json_row(j, DL3_ROW_party, &d->a);
	}
	if (d->has_b) {
		DL3I_JSON_KEY(j, "party_b");
		json_row(j, DL3_ROW_party, &d->b);
	}
	json_targets(j, &d->targets);
}

static void json_cmextn_state(struct dl3i_json *j, const struct dl3_cmextn_state *s)
{
	DL3I_JSON_KEY(j, "v");
	dl3i_json_unsigned(j, s->v);
	DL3I_JSON_KEY(j, "p1");
	dl3i_json_unsigned(j, s->p1);
	DL3I_JSON_KEY(j, "p2");
	dl3i_json_unsigned(j, s->p2);
	DL3I_JSON_KEY(j, "who");
	dl3i_json_str(j, s->who);
}

static void json_unknown(struct dl3i_json *j, const struct dl3_record *r)
{
	const struct dl3_unknown *u = &r->u.unknown;

	DL3I_JSON_KEY(j, "tuple");
	dl3i_json_unsigned(j, u->tuple);
	if (u->name.ptr) {
		DL3I_JSON_KEY(j, "name");
		dl3i_json_str(j, u->name);
	}
	if (!r->raw.ptr) {
		DL3I_JSON_KEY(j, "data");
		dl3i_json_hex(j, u->data);
	}
}

static void json_kind(struct dl3i_json *j, const struct dl3_record *r)
{
	switch (r->kind) {
	case DL3_KIND_DETAIL:
		json_detail(j, &r->u.detail);
		break;
	case DL3_KIND_CALL_LOST:
		json_fields(j, DL3_ROW_call_lost, &r->u.call_lost);
		break;
	case DL3_KIND_LINK_LOST:
		json_fields(j, DL3_ROW_link_lost, &r->u.link_lost);
		break;
	case DL3_KIND_ATTEMPT_REJECT:
		json_fields(j, DL3_ROW_attempt_reject, &r->u.attempt_reject);
		break;
	case DL3_KIND_DELTA2_S:
		json_fields(j, DL3_ROW_delta2_s, &r->u.delta2_s);
		break;
	case DL3_KIND_DELTA2_D:
	case DL3_KIND_DELTA2_A:
		json_fields(j, DL3_ROW_delta2_ends, &r->u.delta2_ends);
		break;
	case DL3_KIND_SIPTRACK:
		json_fields(j, DL3_ROW_siptrack, &r->u.siptrack);
		break;
	case DL3_KIND_CMEXTN:
		DL3I_JSON_KEY(j, "text");
		dl3i_json_str(j, r->u.cmextn.text);
		break;
	case DL3_KIND_CMEXTN_STATE:
		json_cmextn_state(j, &r->u.cmextn_state);
		break;
	case DL3_KIND_UNKNOWN:
		json_unknown(j, r);
		break;
	}
}

void dl3i_json_record(struct dl3i_json *j, const struct dl3_record *record, unsigned options)
{
	bool raw = options & DL3_JSON_RAW || record->kind == DL3_KIND_UNKNOWN;

	dl3i_json_open(j, '{');
	DL3I_JSON_KEY(j, "kind");
	dl3i_json_z(j, dl3_kind_name(record->kind));
	json_kind(j, record);
	if (record->irregular) {
		DL3I_JSON_KEY(j, "irregular");
		dl3i_json_literal(j, "true");
	}
	if (raw && record->raw.ptr) {
		DL3I_JSON_KEY(j, "raw");
		json_raw(j, record->raw);
	}
	dl3i_json_close(j, '}');
}

enum dl3_err dl3_record_json(const struct dl3_record *record, unsigned options, char *buf, size_t cap,
                             size_t *len)
{
	struct dl3i_json j = dl3i_json_to(buf, cap);

	dl3i_json_record(&j, record, options);
	*len = j.out.len;
	return dl3i_out_err(&j.out);
}
