/* SPDX-License-Identifier: MIT */
/**
 * @file record.h
 * Event text to typed records and back: Delta3, Delta2, SIPTrack, CMExtn. Description:
 * sections 6.5.1 and 6.7; docs/rulings.md where that is silent or contradicts itself.
 *
 * Everything here comes from the tables in devlink3/tables/: one line a field, one line a
 * value. Decoding copies nothing and allocates nothing; text in a decoded record points into
 * the octets it was decoded from and lives as long as they do. All functions are re-entrant.
 */
#ifndef DEVLINK3_RECORD_H
#define DEVLINK3_RECORD_H

#include <devlink3/base.h>
#include <devlink3/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Enumerations: DL3_STATE_CONNECTED, DL3_CAUSE_NORMAL, ... ---- */

#define DL3_VALUE(NAME, code, name, meaning) DL3_##NAME = code,
enum dl3_state {
#include <devlink3/tables/state.def>
};
enum dl3_tone {
#include <devlink3/tables/tone.def>
};
enum dl3_equipment_class {
#include <devlink3/tables/equipment_class.def>
};
enum dl3_equipment_type {
#include <devlink3/tables/equipment_type.def>
};
enum dl3_called_type {
#include <devlink3/tables/called_type.def>
};
enum dl3_presentation {
#include <devlink3/tables/presentation.def>
};
enum dl3_name_type {
#include <devlink3/tables/name_type.def>
};
enum dl3_queueing {
#include <devlink3/tables/queueing.def>
};
enum dl3_party_flag {
#include <devlink3/tables/party_flag.def>
};
enum dl3_cause {
#include <devlink3/tables/cause.def>
};
enum dl3_delta2_state {
#include <devlink3/tables/delta2_state.def>
};
#undef DL3_VALUE

/** Which enumeration a field's values come from; DL3_ENUM_none for plain numbers and text. */
enum dl3_enumeration {
	DL3_ENUM_none,
#define DL3_ENUMERATION(name, title) DL3_ENUM_##name,
#include <devlink3/tables/enumerations.def>
#undef DL3_ENUMERATION
	DL3_ENUM_COUNT
};

/** One value of an enumeration. */
struct dl3_value {
	int64_t code;
	const char *name;    /**< as JSON has it */
	const char *meaning; /**< one sentence */
};

/** An enumeration's values, in the order of its table. `*count` gets their number. */
DL3_API const struct dl3_value *dl3_enum_values(enum dl3_enumeration e, size_t *count);
/** A title for people, such as "Call state"; NULL for DL3_ENUM_none. */
DL3_API const char *dl3_enum_title(enum dl3_enumeration e);
/** The name of a code; NULL when the table has none. */
DL3_API const char *dl3_enum_name(enum dl3_enumeration e, int64_t code);

/* ---- Rows: struct dl3_call, dl3_party, dl3_target, dl3_call_lost, ... ---- */

/** The type of a field, from the third column of a table. */
enum dl3_field_type {
	DL3_TYPE_TEXT,   /**< struct dl3_str */
	DL3_TYPE_QUOTED, /**< struct dl3_str, written in quotes */
	DL3_TYPE_INT,    /**< int64_t */
	DL3_TYPE_ENUM,   /**< int64_t, with names from an enumeration */
	DL3_TYPE_FLAGS,  /**< int64_t, bits with names from an enumeration */
};
#define DL3_C_TEXT struct dl3_str
#define DL3_C_QUOTED struct dl3_str
#define DL3_C_INT int64_t
#define DL3_C_ENUM int64_t
#define DL3_C_FLAGS int64_t

/**
 * What every row begins with.
 *
 * A field is absent when the row ended before it, empty when there was nothing between its
 * commas, and has a value otherwise. Text tells these apart by itself (see struct dl3_str);
 * for numbers use DL3_HAS(). A number that could not be read as one (or is past 64 bits) is
 * present without a value and marked in `unread`; dl3_row_text() gives what stood there.
 */
struct dl3_row {
	uint64_t present; /**< a bit for each field that the row reached */
	uint64_t valued;  /**< a bit for each field that is present, not empty, and understood */
	uint64_t unread;  /**< a bit for each number that is present and could not be read as one */
	/** The row's text as it came; absent in a row made by hand. A row is not one text, so that
	 * `escaped` means nothing here and is false. */
	struct dl3_str raw;
	struct dl3_str extra; /**< the same of the fields that the table does not know, commas and all */
	bool irregular;       /**< a party row of 21 or 22 fields, read by docs/rulings.md#party-rows */
};

/* The index of a field in its row: DL3_PARTY_STATE, ... and the number of fields. */
#define DL3_FIELD(NAME, name, type, enumeration, meaning) DL3_##NAME,
enum dl3_call_field {
#include <devlink3/tables/call.def>
	DL3_CALL_FIELDS
};
enum dl3_party_field {
#include <devlink3/tables/party.def>
	DL3_PARTY_FIELDS
};
enum dl3_target_field {
#include <devlink3/tables/target.def>
	DL3_TARGET_FIELDS
};
enum dl3_call_lost_field {
#include <devlink3/tables/call_lost.def>
	DL3_CALL_LOST_FIELDS
};
enum dl3_link_lost_field {
#include <devlink3/tables/link_lost.def>
	DL3_LINK_LOST_FIELDS
};
enum dl3_attempt_reject_field {
#include <devlink3/tables/attempt_reject.def>
	DL3_ATTEMPT_REJECT_FIELDS
};
enum dl3_delta2_s_field {
#include <devlink3/tables/delta2_s.def>
	DL3_DELTA2_S_FIELDS
};
enum dl3_delta2_ends_field {
#include <devlink3/tables/delta2_ends.def>
	DL3_DELTA2_ENDS_FIELDS
};
enum dl3_siptrack_field {
#include <devlink3/tables/siptrack.def>
	DL3_SIPTRACK_FIELDS
};
#undef DL3_FIELD

/* The rows. Each begins with `row`, then has a member for each field of its table. */
#define DL3_FIELD(NAME, name, type, enumeration, meaning) DL3_C_##type name;
struct dl3_call {
	struct dl3_row row;
#include <devlink3/tables/call.def>
};
struct dl3_party {
	struct dl3_row row;
#include <devlink3/tables/party.def>
};
struct dl3_target {
	struct dl3_row row;
#include <devlink3/tables/target.def>
};
struct dl3_call_lost {
	struct dl3_row row;
#include <devlink3/tables/call_lost.def>
};
struct dl3_link_lost {
	struct dl3_row row;
#include <devlink3/tables/link_lost.def>
};
struct dl3_attempt_reject {
	struct dl3_row row;
#include <devlink3/tables/attempt_reject.def>
};
struct dl3_delta2_s {
	struct dl3_row row;
#include <devlink3/tables/delta2_s.def>
};
struct dl3_delta2_ends {
	struct dl3_row row;
#include <devlink3/tables/delta2_ends.def>
};
struct dl3_siptrack {
	struct dl3_row row;
#include <devlink3/tables/siptrack.def>
};
#undef DL3_FIELD

/** Whether a row has a value for a field: DL3_HAS(&party, DL3_PARTY_STATE). */
#define DL3_HAS(rowp, FIELD) (((rowp)->row.valued >> (FIELD)&1u) != 0)

/** Sets a number in a row made by hand: DL3_SET(&party, DL3_PARTY_STATE, state, 7). */
#define DL3_SET(rowp, FIELD, member, number)                                      \
	((rowp)->member = (number), (rowp)->row.valued |= UINT64_C(1) << (FIELD), \
	 (void)((rowp)->row.present |= UINT64_C(1) << (FIELD)))

/** Which table a row follows. */
enum dl3_row_kind {
#define DL3_ROW(name, title, section) DL3_ROW_##name,
#include <devlink3/tables/rows.def>
#undef DL3_ROW
	DL3_ROW_COUNT
};

/** A field of a table, for code that goes through all of them. */
struct dl3_field {
	const char *name; /**< as JSON has it */
	enum dl3_field_type type;
	enum dl3_enumeration enumeration;
	size_t offset; /**< of its member in the struct */
	const char *meaning;
};

/** A table. */
struct dl3_table {
	const char *name;    /**< "party" */
	const char *title;   /**< "PartyA and PartyB" */
	const char *section; /**< of the description */
	const struct dl3_field *fields;
	size_t count;
	size_t size; /**< of the struct */
};

/** The table of a kind of row. Static; NULL for a number that is none. */
DL3_API const struct dl3_table *dl3_row_table(enum dl3_row_kind kind);

/**
 * Decodes one row of a Delta3 element, the text between its tags, into the struct of `kind`.
 * Any text is a row. Delta2 and SIPTrack rows are split without regard to quotes.
 */
DL3_API void dl3_row_decode(enum dl3_row_kind kind, struct dl3_str text, void *out);

/**
 * The text of field `index` of a decoded row, trimmed, as it came; absent when the row ends
 * before it. For fields whose number could not be read, and for what lies between Dialled and
 * Purpose in an irregular row.
 */
DL3_API struct dl3_str dl3_row_text(enum dl3_row_kind kind, struct dl3_str raw, size_t index);

/* ---- Records ---- */

enum dl3_kind {
#define DL3_RECORD_KIND(NAME, name, meaning) DL3_KIND_##NAME,
#include <devlink3/tables/kinds.def>
#undef DL3_RECORD_KIND
};

/** The kind's name, as JSON has it. Static. */
DL3_API const char *dl3_kind_name(enum dl3_kind kind);

/**
 * The targets of a Detail. A decoded record has `raw` and `count`: walk it with
 * dl3_target_next(). To encode, set `list` and `count`.
 */
struct dl3_targets {
	struct dl3_str raw;
	size_t count;
	const struct dl3_target *list;
};

/** A Detail: a Call, a PartyA, and a PartyB or targets or neither. Section 6.7.1. */
struct dl3_detail {
	bool has_call, has_a, has_b; /**< which rows are there; an empty element counts as none */
	struct dl3_call call;
	struct dl3_party a, b;
	struct dl3_targets targets;
};

/** A CMExtn event in its plain form. Section 6.5.1.4. */
struct dl3_cmextn {
	struct dl3_str text;
};

/** A CMExtn event in its extended form. Section 6.5.1.5 and docs/rulings.md#cmextn-forms. */
struct dl3_cmextn_state {
	uint32_t v;
	uint32_t p1; /**< the new state; 0 is Idle, 2 is Dialling, others are not published */
	uint32_t p2; /**< the old state */
	struct dl3_str who;
};

/** What no table knows. */
struct dl3_unknown {
	struct dl3_str name;    /**< Delta3: the root element's name; absent otherwise */
	uint32_t tuple;         /**< the tuple's code */
	struct dl3_octets data; /**< the tuple's octets */
};

/** One record. */
struct dl3_record {
	enum dl3_kind kind;
	/** A row of it is irregular, or a section came twice (the first counts), or something other than
	 * NULs lies behind the NUL that closes the text. */
	bool irregular;
	/** Its text, UTF-8, without the NULs that close it, but with a byte order mark in front of it, and
	 * with what lies behind an inner NUL; absent for unknown tuples. */
	struct dl3_str raw;
	union {
		struct dl3_detail detail;
		struct dl3_call_lost call_lost;
		struct dl3_link_lost link_lost;
		struct dl3_attempt_reject attempt_reject;
		struct dl3_delta2_s delta2_s;
		struct dl3_delta2_ends delta2_ends; /**< DELTA2_D and DELTA2_A */
		struct dl3_siptrack siptrack;
		struct dl3_cmextn cmextn;
		struct dl3_cmextn_state cmextn_state;
		struct dl3_unknown unknown;
	} u;
};

/**
 * Decodes a Delta3 record. A root that nobody knows gives DL3_KIND_UNKNOWN, an element that
 * nobody knows is skipped, and so are a byte order mark, attributes, and comments between elements and at either end
 * of a row. A NUL behind the root ends the text. Rows of a party: docs/rulings.md#party-rows.
 *
 * @return DL3_OK or DL3_ERR_DELTA3: an element is not closed, or not by its own name, or a row has
 *         a comment in its middle or a CDATA section, neither of which a PBX sends; then `out` is
 *         of kind UNKNOWN with the raw text.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_delta3_decode(struct dl3_str text, struct dl3_record *out,
                                                    struct dl3_fault *fault);

/**
 * Takes the next target off the front of `rest`, at first a copy of `detail.targets.raw`.
 * @return DL3_OK or DL3_END.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_target_next(struct dl3_str *rest, struct dl3_target *out);

/**
 * Decodes a Delta2 record. A byte order mark and white space in front of it are skipped, and a NUL
 * ends it. Text that then does not begin with "CALL:", or has a letter that nobody knows, gives
 * DL3_KIND_UNKNOWN.
 * @return DL3_OK, or DL3_ERR_DELTA2 when nothing follows "CALL:".
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_delta2_decode(struct dl3_str text, struct dl3_record *out,
                                                    struct dl3_fault *fault);

/** Decodes a SIPTrack record. Any text is one, up to a NUL; missing fields are absent. */
DL3_API void dl3_siptrack_decode(struct dl3_str text, struct dl3_record *out);

/** Octets of scratch that dl3_record_decode() needs at most for a tuple with `n` octets of data; a
 * `size_t`: two octets become at most three. */
#define DL3_RECORD_SCRATCH(n) ((n) / 2 * sizeof(char[3]))
/** Scratch for any tuple. */
#define DL3_RECORD_SCRATCH_MAX DL3_RECORD_SCRATCH(DL3_TUPLE_DATA_MAX + 1u)

/**
 * Decodes the tuple of an event. Double-octet text is written to `scratch` as UTF-8 first,
 * and the record points there; a Delta3 record, or Delta2 in UTF-8, points into the tuple.
 * Which of its two forms a Delta2 tuple has is seen from its first octets. A tuple that nobody
 * knows gives DL3_KIND_UNKNOWN. Text may be closed by any number of NULs, or by none.
 *
 * @return DL3_OK, DL3_ERR_DELTA3, DL3_ERR_DELTA2, DL3_ERR_TEXT, or DL3_ERR_SPACE when `cap` is
 *         less than DL3_RECORD_SCRATCH(). On an error `out` is of kind UNKNOWN and has the
 *         tuple's octets. Fault offsets count the octets of the tuple's data as it came.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_record_decode(const struct dl3_tuple *tuple, char *scratch, size_t cap,
                                                    struct dl3_record *out, struct dl3_fault *fault);

/* ---- Encoding ---- */

/** How text is written by dl3_record_encode(). */
enum dl3_delta2_form {
	DL3_DELTA2_UNICODE, /**< Delta2 as double-octet text, the default of a stream */
	DL3_DELTA2_UTF8,    /**< Delta2 as UTF-8, a stream under -TEXT */
};

/**
 * Writes a record's text in UTF-8, without a NUL: Delta3 as XML on one line, rows quoted and
 * escaped where needed. A row reaches to its last present field, but a Call to its tenth and
 * a party to its 23rd at least. `extra` is written as it is; for UNKNOWN and both CMExtn kinds
 * the text is written as it is.
 *
 * Text that a form cannot carry is kept as near as it goes: Delta2 and SIPTrack have no
 * quoting, so a comma or a U+0000 in their text becomes a space, and the next reader takes white
 * space at either end of a field for none of it.
 *
 * @return DL3_OK or DL3_ERR_SPACE; `*len` gets the length needed either way.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_record_text(const struct dl3_record *record, char *buf, size_t cap,
                                                  size_t *len);

/**
 * Writes a record as a whole tuple, header included, as an event carries it.
 * @return DL3_OK; DL3_ERR_SPACE, then `*len` is a length that suffices. With `*len` 0:
 *         DL3_ERR_TOO_LONG, which for double-octet text may only show once there is room; and
 *         DL3_ERR_ARGUMENT for a CMExtn record that would be read as the other form or end early:
 *         `v` of 0x10000 or more, or U+0000 in its text.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_record_encode(const struct dl3_record *record,
                                                    enum dl3_delta2_form form, void *buf, size_t cap,
                                                    size_t *len);

/* ---- JSON ---- */

/** What dl3_record_json() adds; bits. */
enum dl3_json_option {
	DL3_JSON_DEFAULT = 0,
	DL3_JSON_RAW = 1, /**< the record's text as it came, under "raw" */
};

/**
 * Writes a record as one JSON object on one line, without a line break or NUL: always valid
 * UTF-8, text escaped, also the controls that JSON would allow to stand for themselves: U+007F
 * to U+009F, line separators, and what turns the direction of text. Absent fields are left out, an empty number is null, a number that
 * could not be read is its text, an enumeration is its name or, without one, its number,
 * flags are a list of names, with what is left over as a number.
 *
 * `kind` comes first. A Detail has the objects `call`, `party_a` and `party_b` and the list
 * `targets`, each if it is there; other records have their fields directly. `extra` is text as
 * it came. An irregular row has `irregular` and `raw`, an irregular record `irregular`; a record
 * that nobody knows has `tuple` (its code) and `name` and `raw`, or `data` in hexadecimal.
 *
 * @return DL3_OK or DL3_ERR_SPACE; `*len` gets the length needed either way.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_record_json(const struct dl3_record *record, unsigned options,
                                                  char *buf, size_t cap, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
