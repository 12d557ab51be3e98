/* SPDX-License-Identifier: MIT */
#include "world_schema.h"

#include <devlink3/record.h>

#include "world_maker.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OPTIONAL CYAML_FLAG_OPTIONAL
#define CHOICE CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT

/* What may be left out, which is nearly everything; keys are called as the members are. */
#define NAME(of, key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, struct of, key, 1, SIM_NAME_MAX - 1)
#define NUMBER(of, key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, struct of, key, 1, SIM_NUMBER_MAX - 1)
#define UINT(of, key) CYAML_FIELD_UINT_PTR(#key, OPTIONAL, struct of, key)
#define INT(of, key) CYAML_FIELD_INT_PTR(#key, OPTIONAL, struct of, key)
#define BOOL(of, key) CYAML_FIELD_BOOL_PTR(#key, OPTIONAL, struct of, key)
#define ENUM(of, key, words) CYAML_FIELD_ENUM_PTR(#key, CHOICE, struct of, key, words, COUNT(words))
#define LIST(of, key, entry, most) \
	CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER | OPTIONAL, struct of, key, entry, 0, most)
/* What may not. */
#define NAME_NEEDED(of, key) CYAML_FIELD_STRING_PTR(#key, 0, struct of, key, 1, SIM_NAME_MAX - 1)
#define NUMBER_NEEDED(of, key) CYAML_FIELD_STRING_PTR(#key, 0, struct of, key, 1, SIM_NUMBER_MAX - 1)

#define ENTRY(of, fields) { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct of, fields) }

static const cyaml_strval_t devices[] = {
	{ "tdm_phone", DL3_EQUIPMENT_TDM_PHONE },       { "h323_phone", DL3_EQUIPMENT_H323_PHONE },
	{ "sip_device", DL3_EQUIPMENT_SIP_DEVICE },     { "dect_phone", DL3_EQUIPMENT_DECT_PHONE },
	{ "dte_port", DL3_EQUIPMENT_DTE_PORT },         { "mobile_phone", DL3_EQUIPMENT_MOBILE_PHONE },
	{ "outdialer", DL3_EQUIPMENT_OUTDIALER },       { "webrtc_phone", DL3_EQUIPMENT_WEBRTC_PHONE },
};
static const cyaml_strval_t equipment[] = {
	{ "accs", DL3_EQUIPMENT_TYPE_ACCS },
	{ "ipocc", DL3_EQUIPMENT_TYPE_IPOCC },
};
static const cyaml_strval_t consents[] = {
	{ "none", 0 },
	{ "answered", DL3_PARTY_FLAG_CONSENT_ANSWERED },
	{ "refused", DL3_PARTY_FLAG_CONSENT_REFUSED },
};
static const cyaml_strval_t modes[] = {
	{ "collective", SIM_COLLECTIVE },
	{ "sequential", SIM_SEQUENTIAL },
	{ "rotary", SIM_ROTARY },
	{ "longest_waiting", SIM_LONGEST_WAITING },
};
static const cyaml_strval_t services[] = {
	{ "out_of_service", SIM_OUT_OF_SERVICE },
	{ "day", SIM_DAY },
	{ "night", SIM_NIGHT },
};
static const cyaml_strval_t trunk_types[] = {
	{ "sip_trunk", DL3_EQUIPMENT_SIP_TRUNK },   { "isdn_trunk", DL3_EQUIPMENT_ISDN_TRUNK },
	{ "t1_trunk", DL3_EQUIPMENT_T1_TRUNK },     { "r2_trunk", DL3_EQUIPMENT_R2_TRUNK },
	{ "alog_trunk", DL3_EQUIPMENT_ALOG_TRUNK }, { "s0_trunk", DL3_EQUIPMENT_S0_TRUNK },
	{ "h323_trunk", DL3_EQUIPMENT_H323_TRUNK },
};
static const cyaml_strval_t presentations[] = {
	{ "allowed", DL3_PRESENTATION_ALLOWED },
	{ "withheld", DL3_PRESENTATION_WITHHELD },
	{ "not_available", DL3_PRESENTATION_NOT_AVAILABLE },
	{ "unspecified", DL3_PRESENTATION_UNSPECIFIED },
};
static const cyaml_strval_t limits[] = {
	{ "monitors", SIM_LIMIT_MONITORS },
	{ "connections", SIM_LIMIT_CONNECTIONS },
};

static const cyaml_schema_field_t node_fields[] = {
	NAME_NEEDED(sim_node_entry, name),
	NUMBER(sim_node_entry, address),
	NAME(sim_node_entry, version),
	NAME(sim_node_entry, variant),
	INT(sim_node_entry, clock_offset),
	UINT(sim_node_entry, cti_licences),
	UINT(sim_node_entry, park_slots),
	UINT(sim_node_entry, bridges),
	UINT(sim_node_entry, voicemail_channels),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t node = ENTRY(sim_node_entry, node_fields);

static const cyaml_schema_field_t link_fields[] = {
	NAME_NEEDED(sim_link_entry, from),
	NAME_NEEDED(sim_link_entry, to),
	UINT(sim_link_entry, line),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t network_link = ENTRY(sim_link_entry, link_fields);

static const cyaml_schema_field_t user_fields[] = {
	NUMBER_NEEDED(sim_user_entry, extension),
	NAME(sim_user_entry, name),
	NAME(sim_user_entry, login),
	NAME(sim_user_entry, email),
	NAME(sim_user_entry, node),
	ENUM(sim_user_entry, device, devices),
	ENUM(sim_user_entry, equipment, equipment),
	ENUM(sim_user_entry, consent, consents),
	UINT(sim_user_entry, ring_s),
	BOOL(sim_user_entry, voicemail),
	BOOL(sim_user_entry, do_not_disturb),
	BOOL(sim_user_entry, record),
	BOOL(sim_user_entry, auto_answer),
	BOOL(sim_user_entry, privacy),
	NUMBER(sim_user_entry, forward_busy),
	NUMBER(sim_user_entry, forward_no_answer),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t user = ENTRY(sim_user_entry, user_fields);

static const cyaml_schema_value_t member = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, SIM_NAME_MAX - 1),
};

static const cyaml_schema_field_t group_fields[] = {
	NUMBER_NEEDED(sim_group_entry, extension),
	NAME_NEEDED(sim_group_entry, name),
	CYAML_FIELD_SEQUENCE("members", CYAML_FLAG_POINTER, struct sim_group_entry, members, &member, 1, SIM_USERS_MAX),
	LIST(sim_group_entry, inactive, &member, SIM_USERS_MAX),
	NAME(sim_group_entry, node),
	ENUM(sim_group_entry, mode, modes),
	ENUM(sim_group_entry, service, services),
	UINT(sim_group_entry, ring_s),
	UINT(sim_group_entry, queue_limit),
	UINT(sim_group_entry, announce_s),
	NAME(sim_group_entry, overflow),
	UINT(sim_group_entry, overflow_s),
	UINT(sim_group_entry, voicemail_s),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t group = ENTRY(sim_group_entry, group_fields);

static const cyaml_schema_field_t route_fields[] = {
	NUMBER_NEEDED(sim_route_entry, did),
	NUMBER_NEEDED(sim_route_entry, to),
	UINT(sim_route_entry, count),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t route = ENTRY(sim_route_entry, route_fields);

static const cyaml_schema_field_t trunk_fields[] = {
	ENUM(sim_trunk_entry, type, trunk_types),
	NAME(sim_trunk_entry, node),
	UINT(sim_trunk_entry, line),
	UINT(sim_trunk_entry, channels),
	NUMBER(sim_trunk_entry, number),
	NUMBER(sim_trunk_entry, prefix),
	LIST(sim_trunk_entry, routes, &route, SIM_USERS_MAX),
	NUMBER(sim_trunk_entry, fallback),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t trunk = ENTRY(sim_trunk_entry, trunk_fields);

static const cyaml_schema_field_t contact_fields[] = {
	NUMBER_NEEDED(sim_contact_entry, number),
	NAME(sim_contact_entry, name),
	ENUM(sim_contact_entry, presentation, presentations),
	BOOL(sim_contact_entry, in_directory),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t contact = ENTRY(sim_contact_entry, contact_fields);

static const cyaml_schema_field_t account_fields[] = {
	NUMBER_NEEDED(sim_account_entry, code),
	NAME(sim_account_entry, name),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t account = ENTRY(sim_account_entry, account_fields);

static const cyaml_schema_field_t service_user_fields[] = {
	NAME_NEEDED(sim_service_user_entry, name),
	/* What a manager can set. */
	CYAML_FIELD_STRING_PTR("password", 0, struct sim_service_user_entry, password, 1, 31),
	BOOL(sim_service_user_entry, devlink3),
	BOOL(sim_service_user_entry, enabled),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t service_user = ENTRY(sim_service_user_entry, service_user_fields);

static const cyaml_schema_field_t security_fields[] = {
	BOOL(sim_security_entry, unsecured),
	BOOL(sim_security_entry, plain),
	UINT(sim_security_entry, lockout_failures),
	UINT(sim_security_entry, lockout_s),
	UINT(sim_security_entry, monitors),
	ENUM(sim_security_entry, limit, limits),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t generate_fields[] = {
	UINT(sim_generate_entry, nodes),
	UINT(sim_generate_entry, users),
	UINT(sim_generate_entry, groups),
	UINT(sim_generate_entry, trunks),
	UINT(sim_generate_entry, channels),
	UINT(sim_generate_entry, contacts),
	UINT(sim_generate_entry, seed),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t world_fields[] = {
	NAME(sim_world_file, name),
	CYAML_FIELD_MAPPING_PTR("generate", OPTIONAL, struct sim_world_file, generate, generate_fields),
	LIST(sim_world_file, nodes, &node, SIM_NODES_MAX),
	LIST(sim_world_file, links, &network_link, SIM_LINKS_MAX),
	LIST(sim_world_file, users, &user, SIM_USERS_MAX),
	LIST(sim_world_file, groups, &group, SIM_GROUPS_MAX),
	LIST(sim_world_file, trunks, &trunk, SIM_TRUNKS_MAX),
	LIST(sim_world_file, contacts, &contact, SIM_CONTACTS_MAX),
	LIST(sim_world_file, accounts, &account, SIM_ACCOUNTS_MAX),
	LIST(sim_world_file, service_users, &service_user, SIM_SERVICE_USERS_MAX),
	CYAML_FIELD_MAPPING_PTR("security", OPTIONAL, struct sim_world_file, security, security_fields),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t sim_world_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sim_world_file, world_fields),
};
