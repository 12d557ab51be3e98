/* SPDX-License-Identifier: MIT */
/* The tables as data, for code that goes through all fields or all values. */
#include <devlink3/record.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DL3_VALUE(NAME, code, name, meaning) { code, name, meaning },
static const struct dl3_value values_state[] = {
#include <devlink3/tables/state.def>
};
static const struct dl3_value values_tone[] = {
#include <devlink3/tables/tone.def>
};
static const struct dl3_value values_equipment_class[] = {
#include <devlink3/tables/equipment_class.def>
};
static const struct dl3_value values_equipment_type[] = {
#include <devlink3/tables/equipment_type.def>
};
static const struct dl3_value values_called_type[] = {
#include <devlink3/tables/called_type.def>
};
static const struct dl3_value values_presentation[] = {
#include <devlink3/tables/presentation.def>
};
static const struct dl3_value values_name_type[] = {
#include <devlink3/tables/name_type.def>
};
static const struct dl3_value values_queueing[] = {
#include <devlink3/tables/queueing.def>
};
static const struct dl3_value values_party_flag[] = {
#include <devlink3/tables/party_flag.def>
};
static const struct dl3_value values_cause[] = {
#include <devlink3/tables/cause.def>
};
static const struct dl3_value values_delta2_state[] = {
#include <devlink3/tables/delta2_state.def>
};
#undef DL3_VALUE

struct enumeration {
	const char *title;
	const struct dl3_value *values;
	size_t count;
};

static const struct enumeration enumerations[DL3_ENUM_COUNT] = {
#define DL3_ENUMERATION(name, title) [DL3_ENUM_##name] = { title, values_##name, COUNT(values_##name) },
#include <devlink3/tables/enumerations.def>
#undef DL3_ENUMERATION
};

const struct dl3_value *dl3_enum_values(enum dl3_enumeration e, size_t *count)
{
	bool known = (unsigned)e < DL3_ENUM_COUNT;

	*count = known ? enumerations[e].count : 0;
	return known ? enumerations[e].values : NULL;
}

const char *dl3_enum_title(enum dl3_enumeration e)
{
	return (unsigned)e < DL3_ENUM_COUNT ? enumerations[e].title : NULL;
}

const char *dl3_enum_name(enum dl3_enumeration e, int64_t code)
{
	size_t count = 0;
	const struct dl3_value *values = dl3_enum_values(e, &count);

	for (size_t i = 0; i < count; i++)
		if (values[i].code == code)
			return values[i].name;
	return NULL;
}

#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_call, name), meaning },
static const struct dl3_field fields_call[] = {
#include <devlink3/tables/call.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_party, name), meaning },
static const struct dl3_field fields_party[] = {
#include <devlink3/tables/party.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_target, name), meaning },
static const struct dl3_field fields_target[] = {
#include <devlink3/tables/target.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_call_lost, name), meaning },
static const struct dl3_field fields_call_lost[] = {
#include <devlink3/tables/call_lost.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_link_lost, name), meaning },
static const struct dl3_field fields_link_lost[] = {
#include <devlink3/tables/link_lost.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning)                                            \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_attempt_reject, name), \
	  meaning },
static const struct dl3_field fields_attempt_reject[] = {
#include <devlink3/tables/attempt_reject.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_delta2_s, name), meaning },
static const struct dl3_field fields_delta2_s[] = {
#include <devlink3/tables/delta2_s.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_delta2_ends, name), meaning },
static const struct dl3_field fields_delta2_ends[] = {
#include <devlink3/tables/delta2_ends.def>
};
#undef DL3_FIELD
#define DL3_FIELD(NAME, name, type, enumeration, meaning) \
	{ #name, DL3_TYPE_##type, DL3_ENUM_##enumeration, offsetof(struct dl3_siptrack, name), meaning },
static const struct dl3_field fields_siptrack[] = {
#include <devlink3/tables/siptrack.def>
};
#undef DL3_FIELD

static const struct dl3_table tables[DL3_ROW_COUNT] = {
#define DL3_ROW(name, title, section)                                                                 \
	[DL3_ROW_##name] = {                                                                          \
		#name, title, section, fields_##name, COUNT(fields_##name), sizeof(struct dl3_##name) \
	},
#include <devlink3/tables/rows.def>
#undef DL3_ROW
};

const struct dl3_table *dl3_row_table(enum dl3_row_kind kind)
{
	return (unsigned)kind < DL3_ROW_COUNT ? &tables[kind] : NULL;
}

const char *dl3_kind_name(enum dl3_kind kind)
{
	switch (kind) {
#define DL3_RECORD_KIND(NAME, name, meaning) \
	case DL3_KIND_##NAME:                \
		return name;
#include <devlink3/tables/kinds.def>
#undef DL3_RECORD_KIND
	}
	return "unknown";
}
