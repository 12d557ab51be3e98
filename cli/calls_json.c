/* SPDX-License-Identifier: MIT */
#include "calls_json.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PRESENT UINT64_C(1)
/* Past it a number of seconds is no Unix time, but perhaps one of milliseconds. */
#define SECONDS_MAX 1e11

/* ---- What is wrong ---- */

static void name_type(const json_t *came, char *out, size_t cap)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "text",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};
	const char *text = json_string_value(came);

	if (!came)
		snprintf(out, cap, "none");
	else if (text && strlen(text) < 24 && !strpbrk(text, "\r\n\033"))
		snprintf(out, cap, "\"%s\"", text);
	else
		snprintf(out, cap, "%s", names[json_typeof(came)]);
}

int calls_problem_is(struct calls_problem *p, const char *where, const char *member, const char *expected,
                     const json_t *came)
{
	snprintf(p->where, sizeof(p->where), "%s%s%s", where, *where && *member ? "." : "", member);
	p->expected = expected;
	name_type(came, p->came, sizeof(p->came));
	return 0;
}

/* ---- Rows ---- */

static struct dl3_str text_of(const json_t *json)
{
	size_t len = json_string_length(json);

	return (struct dl3_str){ .ptr = json_string_value(json),
		                 .len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len };
}

static bool code_of(enum dl3_enumeration e, const char *name, int64_t *out)
{
	size_t count = 0;
	const struct dl3_value *values = dl3_enum_values(e, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0) {
			*out = values[i].code;
			return true;
		}
	return false;
}

/* Names of bits, and what is left over as a number. */
static bool flags_of(enum dl3_enumeration e, const json_t *json, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < json_array_size(json); i++) {
		const json_t *one = json_array_get(json, i);
		int64_t bit = json_integer_value(one);
		if (!json_is_integer(one) &&
		    (!json_is_string(one) || !code_of(e, json_string_value(one), &bit)))
			return false;
		*out |= bit;
	}
	return true;
}

/* A field that is a number in the description. @return whether the JSON is one that a number may have. */
static bool number_of(const struct dl3_field *f, const json_t *json, struct dl3_row *row, uint64_t bit,
                      int64_t *out)
{
	bool valued = true;

	*out = 0;
	if (json_is_null(json))
		valued = false;
	else if (json_is_integer(json))
		*out = json_integer_value(json);
	else if (json_is_array(json) && f->type == DL3_TYPE_FLAGS)
		valued = flags_of(f->enumeration, json, out);
	else if (json_is_string(json))
		/* A name; or what stood there and could not be read as a number. */
		valued = f->type == DL3_TYPE_ENUM && code_of(f->enumeration, json_string_value(json), out);
	else
		return false;
	row->present |= bit;
	if (valued)
		row->valued |= bit;
	else if (!json_is_null(json))
		row->unread |= bit;
	return true;
}

static int row_of(enum dl3_row_kind kind, const char *where, const json_t *json, void *out,
                  struct calls_problem *problem)
{
	const struct dl3_table *t = dl3_row_table(kind);
	struct dl3_row *row = out;

	memset(out, 0, t->size);
	for (size_t i = 0; i < t->count; i++) {
		const struct dl3_field *f = &t->fields[i];
		const json_t *v = json_object_get(json, f->name);
		void *member = (char *)out + f->offset;
		uint64_t bit = PRESENT << i;

		if (!v)
			continue;
		if (f->type == DL3_TYPE_TEXT || f->type == DL3_TYPE_QUOTED) {
			if (!json_is_string(v))
				return calls_problem_is(problem, where, f->name, "text", v);
			*(struct dl3_str *)member = text_of(v);
			row->present |= bit;
			row->valued |= json_string_length(v) > 0 ? bit : 0;
		} else if (!number_of(f, v, row, bit, member)) {
			return calls_problem_is(problem, where, f->name, "a number or a name", v);
		}
	}
	return 1;
}

/* A row of a Detail: one that is irregular has its text, which says more. */
static int section_of(enum dl3_row_kind kind, const char *where, const json_t *json, void *out,
                      struct calls_problem *problem)
{
	const json_t *raw = json_object_get(json, "raw");

	if (!json_is_object(json))
		return calls_problem_is(problem, where, "", "an object", json);
	if (!json_is_string(raw))
		return row_of(kind, where, json, out, problem);
	dl3_row_decode(kind, text_of(raw), out);
	return 1;
}

/* ---- Records ---- */

void calls_record_room_free(struct calls_record_room *room)
{
	free(room->targets);
	*room = (struct calls_record_room){ 0 };
}

static int targets_of(const json_t *json, struct calls_record_room *room, struct dl3_targets *out,
                      struct calls_problem *problem)
{
	size_t count = json_array_size(json);

	if (!json_is_array(json) || count > CALLS_TARGETS_MAX)
		return calls_problem_is(problem, "record.targets", "", "a list of at most 4096", json);
	if (count > room->cap) {
		struct dl3_target *targets = realloc(room->targets, count * sizeof(*targets));
		if (!targets)
			return -1;
		room->targets = targets;
		room->cap = count;
	}
	for (size_t i = 0; i < count; i++)
		if (section_of(DL3_ROW_target, "record.targets", json_array_get(json, i), &room->targets[i],
		               problem) != 1)
			return 0;
	*out = (struct dl3_targets){ .count = count, .list = room->targets };
	return 1;
}

static int detail_of(const json_t *json, struct calls_record_room *room, struct dl3_detail *out,
                     struct calls_problem *problem)
{
	const json_t *call = json_object_get(json, "call"), *a = json_object_get(json, "party_a"),
		     *b = json_object_get(json, "party_b"), *targets = json_object_get(json, "targets");
	int got = 1;

	out->has_call = call != NULL;
	out->has_a = a != NULL;
	out->has_b = b != NULL;
	if (call)
		got = section_of(DL3_ROW_call, "record.call", call, &out->call, problem);
	if (a && got == 1)
		got = section_of(DL3_ROW_party, "record.party_a", a, &out->a, problem);
	if (b && got == 1)
		got = section_of(DL3_ROW_party, "record.party_b", b, &out->b, problem);
	return targets && got == 1 ? targets_of(targets, room, &out->targets, problem) : got;
}

static bool kind_of(const json_t *json, enum dl3_kind *out)
{
	static const enum dl3_kind kinds[] = {
#define DL3_RECORD_KIND(NAME, name, meaning) DL3_KIND_##NAME,
#include <devlink3/tables/kinds.def>
#undef DL3_RECORD_KIND
	};
	const char *name = json_string_value(json);

	for (size_t i = 0; name && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(dl3_kind_name(kinds[i]), name) == 0) {
			*out = kinds[i];
			return true;
		}
	return false;
}

static int members_of(const json_t *json, struct calls_record_room *room, struct dl3_record *out,
                      struct calls_problem *problem)
{
	switch (out->kind) {
	case DL3_KIND_DETAIL:
		return detail_of(json, room, &out->u.detail, problem);
	case DL3_KIND_CALL_LOST:
		return row_of(DL3_ROW_call_lost, "record", json, &out->u.call_lost, problem);
	case DL3_KIND_LINK_LOST:
		return row_of(DL3_ROW_link_lost, "record", json, &out->u.link_lost, problem);
	case DL3_KIND_ATTEMPT_REJECT:
		return row_of(DL3_ROW_attempt_reject, "record", json, &out->u.attempt_reject, problem);
	case DL3_KIND_DELTA2_S:
		return row_of(DL3_ROW_delta2_s, "record", json, &out->u.delta2_s, problem);
	case DL3_KIND_DELTA2_D:
	case DL3_KIND_DELTA2_A:
		return row_of(DL3_ROW_delta2_ends, "record", json, &out->u.delta2_ends, problem);
	case DL3_KIND_SIPTRACK:
		return row_of(DL3_ROW_siptrack, "record", json, &out->u.siptrack, problem);
	case DL3_KIND_CMEXTN:
		out->u.cmextn.text = text_of(json_object_get(json, "text"));
		return 1;
	case DL3_KIND_CMEXTN_STATE:
		out->u.cmextn_state = (struct dl3_cmextn_state){
			.v = (uint32_t)json_integer_value(json_object_get(json, "v")),
			.p1 = (uint32_t)json_integer_value(json_object_get(json, "p1")),
			.p2 = (uint32_t)json_integer_value(json_object_get(json, "p2")),
			.who = text_of(json_object_get(json, "who")),
		};
		return 1;
	default: /* of no use to calls */
		return 1;
	}
}

static bool is_delta3(enum dl3_kind kind)
{
	return kind == DL3_KIND_DETAIL || kind == DL3_KIND_CALL_LOST || kind == DL3_KIND_LINK_LOST ||
	       kind == DL3_KIND_ATTEMPT_REJECT;
}

static bool is_delta2(enum dl3_kind kind)
{
	return kind == DL3_KIND_DELTA2_S || kind == DL3_KIND_DELTA2_D || kind == DL3_KIND_DELTA2_A;
}

int calls_record_of(const json_t *json, struct calls_record_room *room, struct dl3_record *out,
                    struct calls_problem *problem)
{
	const json_t *kind = json_object_get(json, "kind"), *raw = json_object_get(json, "raw");

	*out = (struct dl3_record){ .kind = DL3_KIND_UNKNOWN };
	if (!json_is_object(json))
		return calls_problem_is(problem, "record", "", "an object", json);
	if (!kind_of(kind, &out->kind))
		return calls_problem_is(problem, "record", "kind", "a kind of record", kind);
	if (is_delta2(out->kind) && json_is_string(raw)) {
		if (dl3_delta2_decode(text_of(raw), out, NULL) != DL3_OK || !is_delta2(out->kind))
			return calls_problem_is(problem, "record", "raw", "a Delta2 record", raw);
		return 1;
	}
	if (!is_delta3(out->kind) || !json_is_string(raw))
		return members_of(json, room, out, problem);
	if (dl3_delta3_decode(text_of(raw), out, NULL) != DL3_OK)
		return calls_problem_is(problem, "record", "raw", "a Delta3 record", raw);
	return 1;
}

/* ---- Around a record ---- */

int calls_address_of(const json_t *json, uint32_t *out)
{
	struct in_addr a;

	if (!json_is_string(json) || inet_pton(AF_INET, json_string_value(json), &a) != 1)
		return 0;
	*out = ntohl(a.s_addr);
	return 1;
}

int calls_time_of(const json_t *json, int64_t *out)
{
	struct tm tm = { 0 };
	double fraction = 0;

	if (json_is_number(json)) {
		double s = json_number_value(json);
		*out = (int64_t)(s * 1000);
		return s >= 0 && s < SECONDS_MAX;
	}
	const char *rest =
		json_is_string(json) ? strptime(json_string_value(json), "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	if (!rest)
		return 0;
	if (*rest == '.') {
		char *end;
		fraction = strtod(rest, &end);
		rest = end;
	}
	if (strcmp(rest, "Z") != 0 || !(fraction >= 0 && fraction < 1))
		return 0;
	*out = (int64_t)timegm(&tm) * 1000 + (int64_t)(fraction * 1000 + 0.5);
	return *out >= 0;
}
