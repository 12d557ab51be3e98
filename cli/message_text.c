/* SPDX-License-Identifier: MIT */
/* Messages as people read them: one line each, who and what in fixed places. */
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "message.h"

#define NAME_COLUMN 14

enum style {
	PLAIN,
	FROM_CLIENT,
	FROM_PBX,
	FAULT,
	GOOD,
	DIM,
};

struct pen {
	struct dl3i_out *out;
	bool colour;
};

static void style(struct pen *p, enum style s)
{
	static const char *const escapes[] = {
		[PLAIN] = "\033[0m",    [FROM_CLIENT] = "\033[36m", [FROM_PBX] = "\033[33m",
		[FAULT] = "\033[1;31m", [GOOD] = "\033[32m",        [DIM] = "\033[2m",
	};

	if (p->colour)
		dl3i_put_z(p->out, escapes[s]);
}

static void z(struct pen *p, const char *text)
{
	dl3i_put_z(p->out, text);
}

static void number(struct pen *p, uint64_t v)
{
	dl3i_put_unsigned(p->out, v);
}

/* Plain text; what a terminal would obey becomes dots. */
static void text(struct pen *p, struct dl3_str s)
{
	struct dl3i_plain plain = dl3i_plain_of(s);
	uint32_t c = 0;
	char octets[4];

	while (dl3i_plain_next(&plain, &c)) {
		if (dl3i_obeyed(c))
			c = '.';
		dl3i_put(p->out, octets, dl3i_utf8_put(c, octets));
	}
}

static void quoted(struct pen *p, struct dl3_str s)
{
	z(p, "\"");
	text(p, s);
	z(p, "\"");
}

static void labelled(struct pen *p, const char *label, struct dl3_str s)
{
	if (s.len == 0)
		return;
	z(p, label);
	text(p, s);
}

static void name_or_number(struct pen *p, const char *name, int64_t value)
{
	if (name)
		z(p, name);
	else
		dl3i_put_signed(p->out, value);
}

/* A code of the wire as the description writes it: eight hexadecimal digits. */
static void code(struct pen *p, uint32_t value)
{
	z(p, "0x");
	for (int shift = 28; shift >= 0; shift -= 4)
		dl3i_put_hex(p->out, value >> shift & 15);
}

static void name_or_code(struct pen *p, const char *name, uint32_t value)
{
	if (name)
		z(p, name);
	else
		code(p, value);
}

/* ---- Records ---- */

/* Who an end is: its extension, else its number, else its identifier. */
static void who(struct pen *p, const struct dl3_party *party)
{
	struct dl3_str s = party->identity.len > 0 ? party->identity : party->description;

	text(p, s.len > 0 ? s : party->end);
	labelled(p, " cli ", party->cli);
	if (party->name.len > 0) {
		z(p, " ");
		if (party->name.escaped && party->name.ptr[0] == '"')
			quoted(p, party->name);
		else
			text(p, party->name);
	}
	if (DL3_HAS(party, DL3_PARTY_STATE)) {
		z(p, " ");
		style(p, party->state == DL3_STATE_CONNECTED ? GOOD : PLAIN);
		name_or_number(p, dl3_enum_name(DL3_ENUM_state, party->state), party->state);
		style(p, PLAIN);
	}
	if (DL3_HAS(party, DL3_PARTY_TONE) && party->tone != DL3_TONE_NONE) {
		z(p, " (");
		name_or_number(p, dl3_enum_name(DL3_ENUM_tone, party->tone), party->tone);
		z(p, " tone)");
	}
}

static void targets(struct pen *p, const struct dl3_targets *t)
{
	struct dl3_str rest = t->raw;
	struct dl3_target target;
	const char *between = "";

	z(p, "  offered to ");
	while (dl3_target_next(&rest, &target) == DL3_OK) {
		z(p, between);
		text(p, target.identity.len > 0 ? target.identity : target.end);
		between = ", ";
	}
}

static void detail(struct pen *p, const struct dl3_detail *d)
{
	z(p, "call ");
	if (d->has_call && DL3_HAS(&d->call, DL3_CALL_CALL_ID))
		dl3i_put_signed(p->out, d->call.call_id);
	else
		z(p, "?");
	labelled(p, " group ", d->call.originally_targeted_huntgroup);
	if (DL3_HAS(&d->call, DL3_CALL_QUEUEING) && d->call.queueing != 0) {
		z(p, " ");
		name_or_number(p, dl3_enum_name(DL3_ENUM_queueing, d->call.queueing), d->call.queueing);
	}
	if (d->has_a) {
		z(p, "  A ");
		who(p, &d->a);
	}
	if (d->has_b) {
		z(p, "  B ");
		who(p, &d->b);
	}
	if (d->targets.count > 0)
		targets(p, &d->targets);
}

static void lost(struct pen *p, struct dl3_str end, bool has_cause, int64_t cause)
{
	text(p, end);
	if (!has_cause)
		return;
	z(p, " ");
	name_or_number(p, dl3_enum_name(DL3_ENUM_cause, cause), cause);
}

static void delta2(struct pen *p, const struct dl3_record *r)
{
	labelled(p, "", r->raw);
}

static void record(struct pen *p, const struct dl3_record *r)
{
	style(p, FROM_PBX);
	z(p, dl3_kind_name(r->kind));
	style(p, PLAIN);
	z(p, " ");
	switch (r->kind) {
	case DL3_KIND_DETAIL:
		detail(p, &r->u.detail);
		break;
	case DL3_KIND_CALL_LOST:
		lost(p, r->u.call_lost.end, DL3_HAS(&r->u.call_lost, DL3_CALL_LOST_CAUSE),
		     r->u.call_lost.cause);
		break;
	case DL3_KIND_LINK_LOST:
		lost(p, r->u.link_lost.end, DL3_HAS(&r->u.link_lost, DL3_LINK_LOST_CAUSE),
		     r->u.link_lost.cause);
		labelled(p, " link ", r->u.link_lost.link);
		break;
	case DL3_KIND_ATTEMPT_REJECT:
		text(p, r->u.attempt_reject.end);
		labelled(p, " by ", r->u.attempt_reject.user);
		labelled(p, " ", r->u.attempt_reject.qualifier);
		break;
	case DL3_KIND_CMEXTN_STATE:
		text(p, r->u.cmextn_state.who);
		z(p, " state ");
		number(p, r->u.cmextn_state.p2);
		z(p, " -> ");
		number(p, r->u.cmextn_state.p1);
		break;
	case DL3_KIND_UNKNOWN:
		z(p, "tuple ");
		code(p, r->u.unknown.tuple);
		labelled(p, " ", r->raw);
		break;
	default:
		delta2(p, r);
	}
}

/* ---- Messages ---- */

static void pbx_address(struct pen *p, uint32_t pbx)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		number(p, pbx >> shift & 255);
		if (shift > 0)
			z(p, ".");
	}
}

static void event(struct pen *p, const struct message *m, struct records *r)
{
	struct dl3_tuple tuple;
	struct dl3_record rec;
	const char *between = " ";

	pbx_address(p, m->msg.u.event.pbx);
	z(p, " #");
	number(p, m->msg.u.event.counter);
	while (records_next(r, &tuple, &rec)) {
		z(p, between);
		record(p, &rec);
		between = "; ";
	}
}

static void auth_request(struct pen *p, const struct dl3_auth_request *m)
{
	name_or_code(p, dl3_auth_step_name(m->step), m->step);
	labelled(p, " user ", m->user);
	labelled(p, " application ", m->application);
}

static void auth_reply(struct pen *p, const struct dl3_auth_reply *m)
{
	style(p, m->result >= 0x80000000u ? FAULT : GOOD);
	name_or_code(p, dl3_auth_result_name(m->result), m->result);
	style(p, PLAIN);
	labelled(p, " ", m->pbx);
	labelled(p, ", ", m->variant);
}

static void body(struct pen *p, const struct message *m, struct records *r)
{
	const struct dl3_msg *msg = &m->msg;

	switch (msg->type) {
	case DL3_MSG_TEST_REQUEST:
		number(p, msg->u.test_request.payload.len);
		z(p, " octets");
		break;
	case DL3_MSG_TEST_REPLY:
		name_or_code(p, dl3_test_result_name(msg->u.test_reply.result), msg->u.test_reply.result);
		break;
	case DL3_MSG_AUTH_REQUEST:
		auth_request(p, &msg->u.auth_request);
		break;
	case DL3_MSG_AUTH_REPLY:
		auth_reply(p, &msg->u.auth_reply);
		break;
	case DL3_MSG_EVENT_REQUEST:
		text(p, msg->u.event_request.flags);
		break;
	case DL3_MSG_EVENT_REPLY:
		name_or_code(p, dl3_event_result_name(msg->u.event_reply.result), msg->u.event_reply.result);
		labelled(p, " ", msg->u.event_reply.flags);
		break;
	case DL3_MSG_EVENT:
		event(p, m, r);
		break;
	case DL3_MSG_READ_REQUEST:
		text(p, msg->u.read_request.file);
		break;
	case DL3_MSG_READ_REPLY:
		z(p, dl3_read_result_name(msg->u.read_reply.result));
		/* No number for failure is published, so the one that came is shown. */
		if (msg->u.read_reply.result != DL3_READ_SUCCESS) {
			z(p, " ");
			code(p, msg->u.read_reply.result);
		}
		z(p, ", ");
		number(p, msg->u.read_reply.contents.len);
		z(p, " octets");
		break;
	case DL3_MSG_UNKNOWN:
		z(p, "code ");
		code(p, msg->code);
		break;
	}
}

static bool from_client(enum dl3_msg_type type)
{
	return type == DL3_MSG_TEST_REQUEST || type == DL3_MSG_AUTH_REQUEST ||
	       type == DL3_MSG_EVENT_REQUEST || type == DL3_MSG_READ_REQUEST;
}

static void heading(struct pen *p, const struct message *m)
{
	const char *name = dl3_msg_name(m->msg.type);
	bool client = from_client(m->msg.type);

	style(p, client ? FROM_CLIENT : FROM_PBX);
	z(p, client ? "> " : "< ");
	z(p, name);
	style(p, PLAIN);
	for (size_t i = strlen(name); i < NAME_COLUMN; i++)
		z(p, " ");
	if (m->msg.type == DL3_MSG_UNKNOWN || m->msg.type == DL3_MSG_EVENT)
		return;
	style(p, DIM);
	z(p, "#");
	number(p, m->msg.request_id);
	style(p, PLAIN);
	z(p, " ");
}

static void put_fault(struct pen *p, const struct message *m, struct dl3_fault fault)
{
	char reason[DL3_FAULT_TEXT_MAX];

	fault.offset += m->place.offset + m->header;
	dl3_fault_text(&fault, reason, sizeof(reason));
	style(p, FAULT);
	z(p, "  malformed (");
	z(p, dl3_err_name(fault.err));
	z(p, "): ");
	z(p, reason);
	style(p, PLAIN);
}

bool message_text(struct dl3i_out *o, const struct message *m, bool colour)
{
	struct pen pen = { .out = o, .colour = colour };
	struct dl3_fault fault = m->fault;
	struct records records = records_of(m, &fault);

	heading(&pen, m);
	if (m->fault.err == DL3_OK || m->msg.type == DL3_MSG_EVENT)
		body(&pen, m, &records);
	if (fault.err != DL3_OK)
		put_fault(&pen, m, fault);
	z(&pen, "\n");
	return fault.err == DL3_OK;
}
