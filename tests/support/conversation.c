/* SPDX-License-Identifier: MIT */
#include "support/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/test.h"

/* ---- Text and octets that grow ---- */

void dl3t_put(struct dl3t_text *t, const void *data, size_t len)
{
	if (t->len + len + 1 > t->cap) {
		t->cap = (t->len + len + 1) * 2;
		t->ptr = realloc(t->ptr, t->cap);
		assert_non_null(t->ptr);
	}
	if (len > 0)
		memcpy(t->ptr + t->len, data, len);
	t->len += len;
	t->ptr[t->len] = '\0';
}

void dl3t_printf(struct dl3t_text *t, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(line));
	dl3t_put(t, line, (size_t)n);
}

void dl3t_text_free(struct dl3t_text *t)
{
	free(t->ptr);
	*t = (struct dl3t_text){ 0 };
}

const char *dl3t_text_of(const struct dl3t_text *t)
{
	return t->ptr ? t->ptr : "";
}

/* ---- Events as text ---- */

static void put_str(struct dl3t_text *t, const char *name, struct dl3_str s)
{
	if (s.ptr)
		dl3t_printf(t, " %s=%.*s", name, (int)s.len, s.ptr);
}

/* Short octets as text where that can be read, long ones by their length and a sum. */
static void put_octets(struct dl3t_text *t, const char *name, struct dl3_octets o)
{
	uint32_t sum = 0;
	bool plain = o.len <= 40;

	for (size_t i = 0; i < o.len; i++) {
		sum = sum * 31 + o.ptr[i];
		plain = plain && o.ptr[i] >= 0x20 && o.ptr[i] < 0x7f;
	}
	if (plain)
		dl3t_printf(t, " %s='%.*s'", name, (int)o.len, o.len > 0 ? (const char *)o.ptr : "");
	else
		dl3t_printf(t, " %s=%zu octets, sum %08x", name, o.len, sum);
}

static void put_flags(struct dl3t_text *t, const char *name, uint32_t flags)
{
	char text[DL3_FLAGS_TEXT_MAX];

	dl3_flags_format(flags, text);
	dl3t_printf(t, " %s=[%s]", name, text);
}

static void put_record(struct dl3t_text *t, const struct dl3_event *ev)
{
	size_t len = 0;

	dl3t_printf(t, "record %08x %u.%u ", ev->u.record.pbx, ev->u.record.counter, ev->u.record.index);
	assert_int_equal(dl3_record_json(ev->u.record.record, DL3_JSON_DEFAULT, NULL, 0, &len),
	                 DL3_ERR_SPACE);
	char *json = malloc(len);
	assert_non_null(json);
	assert_int_equal(dl3_record_json(ev->u.record.record, DL3_JSON_DEFAULT, json, len, &len), DL3_OK);
	dl3t_put(t, json, len);
	free(json);
}

static void put_counter(struct dl3t_text *t, const struct dl3_event *ev)
{
	static const char *const names[] = { "gap", "duplicate", "restart" };

	dl3t_printf(t, "%s %08x expected %u came %u missed %u", names[ev->u.counter.change],
	            ev->u.counter.pbx, ev->u.counter.expected, ev->u.counter.came, ev->u.counter.missed);
}

static void put_message(struct dl3t_text *t, const char *name, const struct dl3_event *ev)
{
	dl3t_printf(t, "%s %s %08x id %u", name, dl3_msg_name(ev->u.message->type), ev->u.message->code,
	            ev->u.message->request_id);
}

static void put_malformed(struct dl3t_text *t, const struct dl3_event *ev)
{
	char why[DL3_FAULT_TEXT_MAX];

	dl3_fault_text(&ev->u.malformed.fault, why, sizeof(why));
	dl3t_printf(t, "malformed%s %08x %u:", ev->u.malformed.in_tuple ? " tuple" : "", ev->u.malformed.pbx,
	            ev->u.malformed.counter);
	if (ev->u.malformed.in_tuple)
		dl3t_printf(t, " tuple %08x", ev->u.malformed.tuple.code);
	dl3t_printf(t, " %s;", why);
	put_octets(t, "octets", ev->u.malformed.octets);
}

static void put_failed(struct dl3t_text *t, const struct dl3_event *ev)
{
	const struct dl3_fault *fault = &ev->u.failed.fault;

	dl3t_printf(t, "failed %u %s: %s;", ev->u.failed.request, dl3_err_name(fault->err), fault->expected);
	dl3t_printf(t, " %zu octets", ev->u.failed.octets.len);
}

static void put_server_event(struct dl3t_text *t, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_LOGIN:
		dl3t_printf(t, "login");
		put_str(t, "user", ev->u.login.user);
		put_str(t, "application", ev->u.login.application);
		break;
	case DL3_EV_PROOF:
		dl3t_printf(t, "proof %s", ev->u.proof.right ? "right" : "wrong");
		put_str(t, "user", ev->u.proof.user);
		break;
	case DL3_EV_STREAM_REQUEST:
		dl3t_printf(t, "stream_request %u result %08x", ev->u.stream_request.request,
		            ev->u.stream_request.result);
		put_flags(t, "asked", ev->u.stream_request.asked);
		put_flags(t, "accepted", ev->u.stream_request.accepted);
		put_str(t, "unknown", ev->u.stream_request.unknown);
		break;
	case DL3_EV_READ_REQUEST:
		dl3t_printf(t, "read_request %u", ev->u.read_request.request);
		put_str(t, "file", ev->u.read_request.file);
		break;
	case DL3_EV_TESTED:
		dl3t_printf(t, "tested %u result %08x", ev->u.tested.request, ev->u.tested.result);
		break;
	case DL3_EV_IGNORED:
		put_message(t, "ignored", ev);
		break;
	default:
		fail_msg("event type %d", (int)ev->type);
	}
}

void dl3t_event_text(struct dl3t_text *t, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_AUTHENTICATED:
		dl3t_printf(t, "authenticated");
		put_str(t, "pbx", ev->u.authenticated.pbx);
		put_str(t, "variant", ev->u.authenticated.variant);
		break;
	case DL3_EV_REFUSED:
		dl3t_printf(t, "refused %08x", ev->u.refused.result);
		break;
	case DL3_EV_STREAM:
		dl3t_printf(t, "stream %u %s result %08x", ev->u.stream.request,
		            ev->u.stream.streaming ? "on" : "off", ev->u.stream.result);
		put_flags(t, "accepted", ev->u.stream.accepted);
		put_flags(t, "dropped", ev->u.stream.dropped);
		break;
	case DL3_EV_RECORD:
		put_record(t, ev);
		break;
	case DL3_EV_COUNTER:
		put_counter(t, ev);
		break;
	case DL3_EV_SNAPSHOT_END:
		dl3t_printf(t, "snapshot_end %u", ev->u.request);
		break;
	case DL3_EV_FILE:
		dl3t_printf(t, "file %u result %08x", ev->u.file.request, ev->u.file.result);
		put_octets(t, "contents", ev->u.file.contents);
		break;
	case DL3_EV_TEST_REPLY:
		dl3t_printf(t, "test_reply %u result %08x after %u", ev->u.test_reply.request,
		            ev->u.test_reply.result, (unsigned)ev->u.test_reply.round_trip_ms);
		put_octets(t, "payload", ev->u.test_reply.payload);
		break;
	case DL3_EV_FAILED:
		put_failed(t, ev);
		break;
	case DL3_EV_UNKNOWN:
		put_message(t, "unknown", ev);
		break;
	case DL3_EV_MALFORMED:
		put_malformed(t, ev);
		break;
	default:
		put_server_event(t, ev);
	}
}

/* ---- One end ---- */

static void put_end(struct dl3t_text *t, const struct dl3_session *s)
{
	struct dl3_fault fault = dl3_session_fault(s);
	char why[DL3_FAULT_TEXT_MAX];

	dl3_fault_text(&fault, why, sizeof(why));
	dl3t_printf(t, "end: %s: %s\n", dl3_err_name(fault.err), why);
}

static void take_output(struct dl3t_end *end)
{
	struct dl3_octets o = dl3_session_output(end->s);

	if (o.len == 0)
		return;
	dl3t_put(&end->out, o.ptr, o.len);
	dl3_session_sent(end->s, o.len);
}

void dl3t_end_run(struct dl3t_end *end)
{
	bool ended = dl3_err_class(end->err) != DL3_CLASS_OK;
	struct dl3_event ev;

	do {
		while ((end->err = dl3_session_next(end->s, &ev)) == DL3_OK) {
			dl3t_event_text(&end->log, &ev);
			dl3t_printf(&end->log, "\n");
			if (end->owner)
				end->owner(end, &ev);
		}
		take_output(end);
	} while (end->err == DL3_BLOCKED && dl3_session_output(end->s).len > 0);
	if (!ended && dl3_err_class(end->err) != DL3_CLASS_OK) {
		assert_int_equal(dl3_session_fault(end->s).err, end->err);
		put_end(&end->log, end->s);
	}
}

static size_t number_from(const char *variable)
{
	const char *text = getenv(variable);

	return text ? (size_t)strtoul(text, NULL, 10) : 0;
}

void dl3t_end_feed(struct dl3t_end *end, const void *data, size_t len, size_t chunk)
{
	const uint8_t *p = data;
	unsigned stuck = 0;
	size_t cut = chunk == 0 ? number_from("DL3T_CUT") : 0;

	if (chunk == 0)
		chunk = number_from("DL3T_CHUNK");
	while (len > 0) {
		size_t n = chunk > 0 && chunk < len ? chunk : len;
		if (cut > 0 && cut < n)
			n = cut;
		cut = 0;
		size_t used = dl3_session_feed(end->s, p, n);
		assert_true(used <= n);
		stuck = used == 0 ? stuck + 1 : 0;
		assert_true(stuck < 3);
		p += used;
		len -= used;
		dl3t_end_run(end);
	}
}

void dl3t_end_tick(struct dl3t_end *end, uint64_t now)
{
	dl3_session_tick(end->s, now);
	dl3t_end_run(end);
}

void dl3t_end_quiet(struct dl3t_end *end)
{
	dl3t_text_free(&end->log);
}

void dl3t_end_finish(struct dl3t_end *end)
{
	dl3_session_free(end->s);
	end->s = NULL;
	dl3t_text_free(&end->log);
	dl3t_text_free(&end->out);
}

/* ---- Messages by hand ---- */

void dl3t_say(struct dl3t_end *end, const struct dl3_msg *msg)
{
	size_t len = 0;

	assert_int_equal(dl3_msg_encode(msg, NULL, 0, &len), DL3_ERR_SPACE);
	uint8_t *frame = malloc(len);
	assert_non_null(frame);
	assert_int_equal(dl3_msg_encode(msg, frame, len, &len), DL3_OK);
	dl3t_end_feed(end, frame, len, 0);
	free(frame);
}

void dl3t_say_payload(struct dl3t_end *end, const void *payload, size_t len)
{
	uint8_t header[DL3_FRAME_HEADER_MAX];
	size_t n = dl3_frame_header(len, header);

	assert_true(n > 0);
	dl3t_end_feed(end, header, n, 0);
	dl3t_end_feed(end, payload, len, 0);
}

static unsigned digit(char c)
{
	return (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
}

void dl3t_say_hex(struct dl3t_end *end, const char *hex)
{
	size_t len = strlen(hex) / 2;
	uint8_t *octets = malloc(len);

	assert_non_null(octets);
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	dl3t_end_feed(end, octets, len, 0);
	free(octets);
}

/* ---- A PBX ---- */

const uint8_t dl3t_challenge[DL3_CHALLENGE_SIZE] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
	                                             0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf };

static enum dl3_err on_login(struct dl3_session *s, const struct dl3t_pbx *pbx, const struct dl3_event *ev)
{
	const char *password = pbx->password ? pbx->password : "secret";

	if (pbx->refuse_login != 0)
		return dl3_server_refuse(s, pbx->refuse_login);
	if (!dl3_str_is(ev->u.login.user, "app"))
		password = NULL;
	if (pbx->plain)
		return dl3_server_challenge_plain(s, password);
	return dl3_server_challenge(s, dl3t_challenge, password);
}

static enum dl3_err on_proof(struct dl3_session *s, const struct dl3t_pbx *pbx, const struct dl3_event *ev)
{
	if (pbx->refuse_proof != 0)
		return dl3_server_refuse(s, pbx->refuse_proof);
	if (!ev->u.proof.right)
		return dl3_server_refuse(s, DL3_AUTH_FAILED);
	return dl3_server_admit(s, "Test PBX 1.0", "Standard 1.0");
}

static enum dl3_err on_stream(struct dl3_session *s, const struct dl3t_pbx *pbx, const struct dl3_event *ev)
{
	uint32_t result = pbx->stream_result != 0 ? pbx->stream_result : ev->u.stream_request.result;

	return dl3_server_stream(s, ev->u.stream_request.request, result, ev->u.stream_request.accepted);
}

static enum dl3_err on_read(struct dl3_session *s, const struct dl3t_pbx *pbx, const struct dl3_event *ev)
{
	if (!pbx->file || !dl3_str_is(ev->u.read_request.file, "nasystem/user_list"))
		return dl3_server_no_file(s, ev->u.read_request.request);
	return dl3_server_file(s, ev->u.read_request.request, pbx->file, pbx->file_len);
}

void dl3t_pbx_owner(struct dl3t_end *end, const struct dl3_event *ev)
{
	const struct dl3t_pbx *pbx = end->script;
	enum dl3_err err = DL3_OK;

	if (pbx->silent)
		return;
	if (ev->type == DL3_EV_LOGIN)
		err = on_login(end->s, pbx, ev);
	else if (ev->type == DL3_EV_PROOF)
		err = on_proof(end->s, pbx, ev);
	else if (ev->type == DL3_EV_STREAM_REQUEST)
		err = on_stream(end->s, pbx, ev);
	else if (ev->type == DL3_EV_READ_REQUEST)
		err = on_read(end->s, pbx, ev);
	assert_int_equal(err, DL3_OK);
}

/* ---- Both ends, joined ---- */

void dl3t_pair_init(struct dl3t_pair *p, const struct dl3_client_config *client,
                    const struct dl3_server_config *server)
{
	*p = (struct dl3t_pair){ 0 };
	p->client.s = dl3_client_new(client, NULL);
	p->server.s = dl3_server_new(server, NULL);
	assert_non_null(p->client.s);
	assert_non_null(p->server.s);
	p->server.owner = dl3t_pbx_owner;
	p->server.script = &p->pbx;
	dl3_session_tick(p->client.s, 0);
	dl3_session_tick(p->server.s, 0);
}

static bool carry(const struct dl3t_end *from, size_t *at, struct dl3t_end *to, size_t chunk)
{
	size_t start = *at;

	if (start == from->out.len)
		return false;
	*at = from->out.len;
	dl3t_end_feed(to, from->out.ptr + start, from->out.len - start, chunk);
	return true;
}

void dl3t_pair_run(struct dl3t_pair *p)
{
	bool moved = true;

	while (moved) {
		dl3t_end_run(&p->client);
		moved = carry(&p->client, &p->to_server, &p->server, p->chunk);
		dl3t_end_run(&p->server);
		moved = carry(&p->server, &p->to_client, &p->client, p->chunk) || moved;
	}
}

void dl3t_pair_tick(struct dl3t_pair *p, uint64_t now)
{
	dl3_session_tick(p->client.s, now);
	dl3_session_tick(p->server.s, now);
	dl3t_pair_run(p);
}

void dl3t_pair_login(struct dl3t_pair *p)
{
	assert_int_equal(dl3_client_authenticate(p->client.s, "app", "secret", "Test 1.0"), DL3_OK);
	dl3t_pair_run(p);
	assert_string_equal(dl3t_text_of(&p->client.log),
	                    "authenticated pbx=Test PBX 1.0 variant=Standard 1.0\n");
	dl3t_end_quiet(&p->client);
	dl3t_end_quiet(&p->server);
}

void dl3t_pair_finish(struct dl3t_pair *p)
{
	dl3t_end_finish(&p->client);
	dl3t_end_finish(&p->server);
}
