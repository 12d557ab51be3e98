/* SPDX-License-Identifier: MIT */
#include "item_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Digits with zeros in front, and a character behind them. @return the place behind that. */
static char *put_digits(char *out, unsigned value, unsigned digits, char behind)
{
	for (unsigned i = digits; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
	out[digits] = behind;
	return out + digits + 1;
}

/* By hand: it stands in front of each line, and printf() would take as long as the rest of it. */
size_t item_time(uint64_t time_ns, char out[ITEM_TIME_MAX])
{
	time_t s = (time_t)(time_ns / 1000000000u);
	struct tm t = { 0 };
	char *at = out;

	(void)gmtime_r(&s, &t);
	at = put_digits(at, (unsigned)(t.tm_year + 1900), 4, '-');
	at = put_digits(at, (unsigned)(t.tm_mon + 1), 2, '-');
	at = put_digits(at, (unsigned)t.tm_mday, 2, 'T');
	at = put_digits(at, (unsigned)t.tm_hour, 2, ':');
	at = put_digits(at, (unsigned)t.tm_min, 2, ':');
	at = put_digits(at, (unsigned)t.tm_sec, 2, '.');
	at = put_digits(at, (unsigned)(time_ns / 1000u % 1000000u), 6, 'Z');
	*at = '\0';
	return (size_t)(at - out);
}

static void put_number(struct dl3i_json *j, const char *ready_key, uint64_t value)
{
	dl3i_json_ready_key(j, ready_key, strlen(ready_key));
	dl3i_json_unsigned(j, value);
}

static void put_origin(struct dl3i_json *j, const struct source_origin *origin)
{
	char time[ITEM_TIME_MAX];

	item_time(origin->time_ns, time);
	DL3I_JSON_KEY(j, "time");
	dl3i_json_z(j, time);
	DL3I_JSON_KEY(j, "from");
	dl3i_json_z(j, origin->from);
	DL3I_JSON_KEY(j, "to");
	dl3i_json_z(j, origin->to);
	DL3I_JSON_KEY(j, "direction");
	if (origin->direction == SOURCE_DIRECTION_UNKNOWN)
		dl3i_json_literal(j, "null");
	else
		dl3i_json_z(j, origin->direction == SOURCE_CLIENT ? "client" : "pbx");
}

static void put_place(struct dl3i_json *j, const struct source_item *item)
{
	const struct place *place = &(struct place){ .offset = item->offset, .line = item->line };

	if (item->origin)
		put_origin(j, item->origin);
	if (place->line > 0)
		put_number(j, "\"line\":", place->line);
	put_number(j, "\"frame\":", place->offset);
}

/* What is wrong with hexadecimal text, as dl3_fault_text() has it for octets. */
static void put_hex_reason(struct dl3i_out *o, const struct dl3_fault *fault)
{
	dl3i_put_z(o, "expected ");
	dl3i_put_z(o, fault->expected);
	dl3i_put_z(o, ", came ");
	dl3i_put_z(o, fault->came);
	if (fault->has_value && fault->value > ' ' && fault->value < 0x7f) {
		dl3i_put_z(o, " '");
		dl3i_put_char(o, (char)fault->value);
		dl3i_put_z(o, "'");
	} else if (fault->has_value) {
		dl3i_put_z(o, " 0x");
		dl3i_put_hex(o, fault->value);
	}
	dl3i_put_z(o, ", at column ");
	dl3i_put_unsigned(o, fault->offset);
}

static void hex_fault_json(struct dl3i_out *o, const struct source_item *item)
{
	char reason[DL3_FAULT_TEXT_MAX];
	struct dl3i_out text = dl3i_out_to(reason, sizeof(reason));
	struct dl3i_json j = { .out = *o };

	put_hex_reason(&text, &item->fault);
	dl3i_json_open(&j, '{');
	put_number(&j, "\"line\":", item->line);
	DL3I_JSON_KEY(&j, "error");
	dl3i_json_z(&j, "hex");
	put_number(&j, "\"column\":", item->fault.offset);
	DL3I_JSON_KEY(&j, "reason");
	dl3i_json_str(&j, (struct dl3_str){ .ptr = reason, .len = (uint32_t)text.len });
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
}

static void fault_line_json(struct dl3i_out *o, const struct source_item *item)
{
	struct dl3i_json j = { .out = *o };

	dl3i_json_open(&j, '{');
	put_place(&j, item);
	fault_json(&j, dl3_err_name(item->fault.err), &item->fault);
	if (item->resumed)
		put_number(&j, "\"resumed_at\":", item->resume);
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
}

static void fault_line_text(struct dl3i_out *o, const struct source_item *item)
{
	if (item->line > 0) {
		dl3i_put_z(o, "line ");
		dl3i_put_unsigned(o, item->line);
		dl3i_put_z(o, ": ");
	}
	dl3i_put_z(o, "malformed (");
	dl3i_put_z(o, item->not_hex ? "hex" : dl3_err_name(item->fault.err));
	dl3i_put_z(o, "): ");
	if (item->not_hex) {
		put_hex_reason(o, &item->fault);
	} else {
		char reason[DL3_FAULT_TEXT_MAX];

		dl3_fault_text(&item->fault, reason, sizeof(reason));
		dl3i_put_z(o, reason);
	}
	if (item->resumed) {
		dl3i_put_z(o, "; a frame was found again at octet ");
		dl3i_put_unsigned(o, item->resume);
	}
	dl3i_put_char(o, '\n');
}

/* ---- Holes ---- */

static void put_hole_reason(struct dl3i_out *o, const struct source_item *item)
{
	if (item->missing > 0) {
		dl3i_put_unsigned(o, item->missing);
		dl3i_put_z(o, " octets are not in the capture");
	} else {
		dl3i_put_z(o, "octets are not in the capture, nobody knows how many");
	}
	if (item->dropped > 0) {
		dl3i_put_z(o, "; ");
		dl3i_put_unsigned(o, item->dropped);
		dl3i_put_z(o, " in front of them, of a frame that is not whole, are of no use");
	}
}

static void hole_json(struct dl3i_out *o, const struct source_item *item)
{
	char reason[DL3_FAULT_TEXT_MAX];
	struct dl3i_out text = dl3i_out_to(reason, sizeof(reason));
	struct dl3i_json j = { .out = *o };

	put_hole_reason(&text, item);
	dl3i_json_open(&j, '{');
	put_origin(&j, item->origin);
	DL3I_JSON_KEY(&j, "error");
	dl3i_json_z(&j, "hole");
	put_number(&j, "\"offset\":", item->offset);
	DL3I_JSON_KEY(&j, "missing");
	if (item->missing > 0)
		dl3i_json_unsigned(&j, item->missing);
	else
		dl3i_json_literal(&j, "null");
	put_number(&j, "\"dropped\":", item->dropped);
	DL3I_JSON_KEY(&j, "reason");
	dl3i_json_str(&j, (struct dl3_str){ .ptr = reason, .len = (uint32_t)text.len });
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
}

/* ---- Lines ---- */

static bool message_line(struct dl3i_out *o, const struct source_item *item, const struct item_style *style)
{
	struct message m = {
		.place = { .offset = item->offset, .line = item->line },
		.header = item->header,
		.payload = item->payload,
		.scratch = style->scratch,
	};
	struct dl3i_json j = { .out = *o };

	m.fault.err = dl3_msg_decode(item->payload, &m.msg, &m.fault);
	if (style->text)
		return message_text(o, &m, style->colour);
	dl3i_json_open(&j, '{');
	put_place(&j, item);
	bool good = message_json(&j, &m);
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
	return good;
}

/* When, and which client's: the arrow behind it says who speaks. */
static void origin_text(struct dl3i_out *o, const struct source_origin *origin)
{
	char time[ITEM_TIME_MAX];

	item_time(origin->time_ns, time);
	dl3i_put_z(o, time);
	dl3i_put_char(o, ' ');
	dl3i_put_z(o, origin->direction == SOURCE_PBX ? origin->to : origin->from);
	dl3i_put_char(o, ' ');
}

static void failed_line(struct dl3i_out *o, const struct source_item *item, const struct item_style *style)
{
	if (!style->text && item->hole) {
		hole_json(o, item);
	} else if (!style->text && item->not_hex) {
		hex_fault_json(o, item);
	} else if (!style->text) {
		fault_line_json(o, item);
	} else {
		if (item->origin)
			dl3i_put_z(o, item->origin->direction == SOURCE_PBX ? "< " : "> ");
		if (!item->hole) {
			fault_line_text(o, item);
			return;
		}
		dl3i_put_z(o, "hole: ");
		put_hole_reason(o, item);
		dl3i_put_char(o, '\n');
	}
}

bool item_line(struct dl3i_out *o, const struct source_item *item, const struct item_style *style)
{
	if (style->text && item->origin)
		origin_text(o, item->origin);
	if (!item->hole && item->fault.err == DL3_OK)
		return message_line(o, item, style);
	failed_line(o, item, style);
	return false;
}
