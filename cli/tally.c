/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <string.h>

#include "base/json.h"

/* NOLINTNEXTLINE(readability-non-const-parameter): records_next() writes to it */
bool tally_add(struct tally *t, const struct source_item *item, char *scratch)
{
	struct message m = { .header = item->header, .payload = item->payload, .scratch = scratch };
	struct dl3_fault fault;
	struct dl3_tuple tuple;
	struct dl3_record record;

	if (item->hole)
		return false;
	if (item->fault.err != DL3_OK || item->not_hex) {
		t->faults++;
		return false;
	}
	m.fault.err = dl3_msg_decode(item->payload, &m.msg, &m.fault);
	fault = m.fault;
	struct records records = records_of(&m, &fault);
	while (records_next(&records, &tuple, &record))
		t->kinds[record.kind]++;
	t->octets += item->header + item->payload.len;
	t->messages[m.msg.type]++;
	t->faults += fault.err != DL3_OK;
	return fault.err == DL3_OK;
}

static uint64_t messages(const struct tally *t)
{
	uint64_t all = 0;

	for (size_t i = 0; i < TALLY_MESSAGES; i++)
		all += t->messages[i];
	return all;
}

/* ---- JSON ---- */

static void put_key(struct dl3i_json *j, const char *name)
{
	/* Names of tables have nothing in them to be escaped. */
	dl3i_json_z(j, name);
	dl3i_put_char(&j->out, ':');
	j->comma = false;
}

static void member(struct dl3i_json *j, const char *name, uint64_t value)
{
	put_key(j, name);
	dl3i_json_unsigned(j, value);
}

static void capture_members(struct dl3i_json *j, const struct capture_counts *c)
{
	member(j, "holes", c->holes);
	member(j, "missing", c->missing);
	member(j, "packets", c->packets);
	member(j, "connections", c->connections);
	member(j, "encrypted", c->encrypted);
	member(j, "middle", c->middle);
	member(j, "passed_over", c->passed_over);
	member(j, "dropped", c->dropped);
	member(j, "cut_packets", c->cut);
	member(j, "fragments", c->fragments);
}

void tally_json(const struct tally *t, struct dl3i_out *o)
{
	struct dl3i_json j = { .out = *o };

	dl3i_json_open(&j, '{');
	member(&j, "messages", messages(t));
	member(&j, "octets", t->octets);
	put_key(&j, "by_message");
	dl3i_json_open(&j, '{');
	for (size_t i = 0; i < TALLY_MESSAGES; i++)
		if (t->messages[i] > 0)
			member(&j, dl3_msg_name((enum dl3_msg_type)i), t->messages[i]);
	dl3i_json_close(&j, '}');
	put_key(&j, "records");
	dl3i_json_open(&j, '{');
	for (size_t i = 0; i < TALLY_KINDS; i++)
		if (t->kinds[i] > 0)
			member(&j, dl3_kind_name((enum dl3_kind)i), t->kinds[i]);
	dl3i_json_close(&j, '}');
	member(&j, "faults", t->faults);
	if (t->is_capture)
		capture_members(&j, &t->capture);
	dl3i_json_close(&j, '}');
	*o = j.out;
	dl3i_put_char(o, '\n');
}

/* ---- Text ---- */

static void line(struct dl3i_out *o, const char *indent, uint64_t value, const char *what)
{
	dl3i_put_z(o, indent);
	dl3i_put_unsigned(o, value);
	dl3i_put_char(o, ' ');
	dl3i_put_z(o, what);
	dl3i_put_char(o, '\n');
}

static void line_if_any(struct dl3i_out *o, uint64_t value, const char *what)
{
	if (value > 0)
		line(o, "", value, what);
}

void tally_text(const struct tally *t, struct dl3i_out *o)
{
	const struct capture_counts *c = &t->capture;

	line(o, "", messages(t), "messages");
	for (size_t i = 0; i < TALLY_MESSAGES; i++)
		if (t->messages[i] > 0)
			line(o, "  ", t->messages[i], dl3_msg_name((enum dl3_msg_type)i));
	for (size_t i = 0; i < TALLY_KINDS; i++)
		if (t->kinds[i] > 0)
			line(o, "    ", t->kinds[i], dl3_kind_name((enum dl3_kind)i));
	line(o, "", t->octets, "octets of frames");
	line(o, "", t->faults, "faults");
	if (!t->is_capture)
		return;
	line(o, "", c->holes, "holes");
	line_if_any(o, c->missing, "octets missing in them");
	line(o, "", c->packets, "packets");
	line(o, "", c->connections, "connections");
	line_if_any(o, c->encrypted, "encrypted connections, not read");
	line_if_any(o, c->middle, "directions without their beginning");
	line_if_any(o, c->passed_over, "octets passed over in search of a frame");
	line_if_any(o, c->dropped, "connections forgotten for want of room");
	line_if_any(o, c->cut, "packets without whole headers");
	line_if_any(o, c->fragments, "fragments, not put together");
}
