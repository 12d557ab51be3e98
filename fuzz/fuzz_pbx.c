/* SPDX-License-Identifier: MIT */
/*
 * The simulated PBX's service and the sessions of its clients: the input says what several clients
 * send, what they leave unread, and what happens in the exchange meanwhile. Whatever it is, places are
 * kept for those who listen and for nobody else, queues stay bounded, and all that is sent can be read.
 *
 * An input is steps of two octets, what and with which number, some with octets behind them.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sim/pbx.h"

#define LINES 5u
#define NODES 2u
#define MONITORS 2u
#define MAX_OUTPUT 16384u
#define STEPS 400u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct site;

/* A client's connection, and what it has been sent and is not yet a whole frame. */
struct line {
	struct site *site;
	struct dl3_session *session;
	struct sim_client *client;
	size_t node;
	bool encrypted, closed, over;
	uint8_t rest[MAX_OUTPUT * 2];
	size_t rest_len;
	uint32_t counters[NODES];
};

struct site {
	struct sim_clock clock;
	struct sim_exchange *exchange;
	struct sim_report *report;
	struct sim_pbx *pbx;
	struct line lines[LINES];
	bool disturbed; /* counters have been made to jump */
};

static const uint8_t challenge[DL3_CHALLENGE_SIZE] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
	                                               0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf };

static const struct sim_world *the_world(void)
{
	static struct sim_world *world;
	const struct sim_size size = { .nodes = NODES, .users = 12, .groups = 2, .trunks = 2, .channels = 8 };
	struct sim_error error;

	if (!world) {
		world = sim_world_make(&size, &error);
		MUST(world != NULL);
		world->security = (struct sim_security){
			.plain = true, .lockout_failures = 3, .lockout_s = 5, .monitors = MONITORS
		};
	}
	return world;
}

/* ---- Connections ---- */

static void flush(void *arg)
{
	const struct line *l = arg;

	MUST(dl3_session_output(l->session).len <= MAX_OUTPUT);
}

static void close_line(void *arg, const char *why)
{
	struct line *l = arg;

	MUST(why != NULL && !l->closed);
	l->closed = true;
}

static void pick_up(struct site *s, struct line *l, size_t node, bool encrypted)
{
	static const char *const peers[] = { "192.0.2.1:5000", "192.0.2.2:5000", "[2001:db8::1]:5000", "",
		                             ":" };
	struct dl3_server_config config = { .encrypted = encrypted, .limits = { .max_output = MAX_OUTPUT } };
	struct sim_connection c = { .encrypted = encrypted,
		                    .peer = peers[(size_t)(l - s->lines) % COUNT(peers)],
		                    .flush = flush,
		                    .close = close_line,
		                    .arg = l };

	memset(l, 0, sizeof(*l));
	l->site = s;
	l->node = node;
	l->encrypted = encrypted;
	c.session = l->session = dl3_server_new(&config, NULL);
	MUST(l->session != NULL);
	dl3_session_tick(l->session, s->clock.now);
	l->client = sim_pbx_connect(s->pbx, node, &c);
	MUST(l->client != NULL);
}

static void hang_up(struct line *l)
{
	sim_pbx_disconnect(l->client);
	dl3_session_free(l->session);
}

static void serve(struct line *l)
{
	enum dl3_err err = DL3_OK;
	struct dl3_event ev;

	while (!l->closed && !l->over && err == DL3_OK) {
		err = dl3_session_next(l->session, &ev);
		if (err == DL3_OK)
			sim_pbx_event(l->client, &ev);
	}
	l->over |= dl3_err_class(err) != DL3_CLASS_OK;
}

static void feed(struct line *l, const uint8_t *data, size_t len)
{
	while (len > 0 && !l->closed && !l->over) {
		size_t used = dl3_session_feed(l->session, data, len);

		serve(l);
		if (used == 0)
			return; /* it waits until it has been read */
		data += used;
		len -= used;
	}
}

/* ---- What is sent ---- */

static void check_event(struct line *l, const struct dl3_event_message *m)
{
	static char scratch[DL3_RECORD_SCRATCH_MAX];
	const struct sim_world *w = the_world();
	struct dl3_octets table = m->tuples;
	struct dl3_record record;
	struct dl3_tuple tuple;
	size_t node = 0;

	while (node < NODES && w->nodes[node].address != m->pbx)
		node++;
	MUST(node < NODES);
	MUST(l->site->disturbed || m->counter == l->counters[node] + 1);
	l->counters[node] = m->counter;
	MUST(dl3_tuple_next(&table, &tuple, NULL) == DL3_OK && table.len == 0);
	MUST(dl3_record_decode(&tuple, scratch, sizeof(scratch), &record, NULL) == DL3_OK);
	MUST(record.kind != DL3_KIND_UNKNOWN);
}

static void check_frame(struct line *l, struct dl3_octets payload)
{
	struct dl3_msg msg;

	MUST(dl3_msg_decode(payload, &msg, NULL) == DL3_OK);
	MUST(msg.type == DL3_MSG_TEST_REPLY || msg.type == DL3_MSG_AUTH_REPLY ||
	     msg.type == DL3_MSG_EVENT_REPLY || msg.type == DL3_MSG_READ_REPLY || msg.type == DL3_MSG_EVENT);
	if (msg.type == DL3_MSG_EVENT)
		check_event(l, &msg.u.event);
}

static void read_frames(struct line *l)
{
	struct dl3_frame frame;
	size_t at = 0;
	enum dl3_err err;

	while ((err = dl3_frame_decode(l->rest + at, l->rest_len - at, &frame, NULL)) == DL3_OK) {
		check_frame(l, frame.payload);
		at += frame.size;
	}
	MUST(err == DL3_NEED_MORE);
	memmove(l->rest, l->rest + at, l->rest_len - at);
	l->rest_len -= at;
}

static void take(struct line *l, size_t most)
{
	struct dl3_octets out = dl3_session_output(l->session);
	size_t n = out.len < most ? out.len : most;

	MUST(l->rest_len + n <= sizeof(l->rest));
	if (n > 0)
		memcpy(l->rest + l->rest_len, out.ptr, n);
	l->rest_len += n;
	dl3_session_sent(l->session, n);
	read_frames(l);
	if (n == out.len && !l->closed && !l->over)
		sim_pbx_drained(l->client);
	serve(l);
}

/* ---- What clients say ---- */

static void say(struct line *l, const struct dl3_msg *msg)
{
	uint8_t frame[8192];
	size_t len = 0;

	MUST(dl3_msg_encode(msg, frame, sizeof(frame), &len) == DL3_OK);
	feed(l, frame, len);
}

static void say_user(struct line *l, uint8_t n)
{
	static const char *const users[] = { "devlink3", "devlink3", "norights", "disabled", "nobody", "" };
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST, .request_id = n };

	msg.u.auth_request.step = DL3_AUTH_STEP_REQUEST;
	msg.u.auth_request.user = dl3_str_of(users[n % COUNT(users)]);
	say(l, &msg);
}

static void say_proof(struct line *l, bool right)
{
	struct dl3_msg msg = { .type = DL3_MSG_AUTH_REQUEST, .request_id = 2 };
	struct dl3_octets given = { challenge, sizeof(challenge) };
	const char *password = right ? the_world()->service_users[0].password : "wrong";
	uint8_t proof[DL3_SHA1_SIZE];

	MUST(dl3_auth_sha1(given, password, proof) == DL3_OK);
	msg.u.auth_request.step = DL3_AUTH_STEP_SHA1_RESPONSE;
	msg.u.auth_request.response = (struct dl3_octets){ proof, sizeof(proof) };
	if (l->encrypted) {
		msg.u.auth_request.step = DL3_AUTH_STEP_PLAIN_RESPONSE;
		msg.u.auth_request.response =
			(struct dl3_octets){ (const uint8_t *)password, strlen(password) };
	}
	say(l, &msg);
}

static void say_flags(struct line *l, uint8_t n)
{
	struct dl3_msg msg = { .type = DL3_MSG_EVENT_REQUEST, .request_id = n };
	char flags[DL3_FLAGS_TEXT_MAX];

	(void)dl3_flags_format(n & DL3_FLAGS_ALL, flags);
	msg.u.event_request.flags = dl3_str_of(n & 0x80 ? "-Invented" : flags);
	say(l, &msg);
}

static void say_file(struct line *l, uint8_t n)
{
	static const char *const files[] = { "user_list",   "user_list8",    "hunt_list",     "hunt_info/200",
		                             "dir_list",    "who_is",        "licence_list",  "extn_list",
		                             "AccountCode", "user_info/201", "call_list/1/1", "nothing" };
	struct dl3_msg msg = { .type = DL3_MSG_READ_REQUEST, .request_id = n };
	char name[64] = "nasystem/";

	strcat(name, files[n % COUNT(files)]);
	msg.u.read_request.file = dl3_str_of(name);
	say(l, &msg);
}

static void say_test(struct line *l, uint8_t n)
{
	static const uint8_t payload[DL3_TEST_PAYLOAD_FATAL + 80];
	struct dl3_msg msg = { .type = DL3_MSG_TEST_REQUEST, .request_id = n };

	msg.u.test_request.payload = (struct dl3_octets){ payload, (size_t)n * 16 };
	say(l, &msg);
}

static void log_in(struct line *l, uint8_t flags)
{
	say_user(l, 0);
	say_proof(l, true);
	say_flags(l, flags);
}

/* ---- What happens meanwhile ---- */

static void phone(struct site *s, uint8_t n)
{
	const struct sim_world *w = the_world();
	struct sim_exchange *x = s->exchange;
	const struct sim_user *u = &w->users[(n >> 3) % w->user_count];
	const struct sim_user *other = &w->users[(n >> 3) * 7u % w->user_count];
	struct sim_incoming in = { .trunk = &w->trunks[n % w->trunk_count], .did = "", .to = u->extension };
	struct sim_dialling out = { .number = other->extension };

	switch (n & 7u) {
	case 0:
		(void)sim_call_in(x, &in, NULL, NULL);
		break;
	case 1:
		in.to = w->groups[(n >> 3) % w->group_count].extension;
		(void)sim_call_in(x, &in, NULL, NULL);
		break;
	case 2:
		(void)sim_answer(x, u, NULL, NULL);
		break;
	case 3:
		(void)sim_hang_up(x, u, NULL, NULL);
		break;
	case 4:
		(void)sim_dial(x, u, &out, NULL, NULL);
		break;
	case 5:
		(void)sim_hold(x, u, NULL, NULL);
		break;
	case 6:
		(void)sim_transfer(x, u, NULL, other->extension, NULL);
		break;
	default:
		sim_exchange_clear(x);
		break;
	}
}

static void disturb(struct site *s, uint8_t n)
{
	size_t node = n >> 3 & 1u;

	s->disturbed |= (n & 7u) < 4;
	switch (n & 7u) {
	case 0:
		sim_pbx_skip(s->pbx, node, n);
		break;
	case 1:
		sim_pbx_lose(s->pbx, node, n >> 4);
		break;
	case 2:
		sim_pbx_duplicate(s->pbx, node);
		break;
	case 3:
		sim_pbx_reboot(s->pbx, node);
		break;
	case 4:
		sim_pbx_refuse(s->pbx, DL3_AUTH_RETRY_LATER, n);
		break;
	default:
		sim_pbx_lock_out(s->pbx, n & 1u ? "devlink3" : "nobody", n);
		break;
	}
}

static void wait(struct site *s, uint8_t n)
{
	sim_clock_run(&s->clock, s->clock.now + n * (uint64_t)100);
	for (struct line *l = s->lines; l < s->lines + LINES; l++) {
		dl3_session_tick(l->session, s->clock.now);
		serve(l);
	}
}

/* ---- What must hold ---- */

static void check(const struct site *s)
{
	struct sim_pbx_counts counts = sim_pbx_counts(s->pbx);
	uint64_t monitors = 0, hear[NODES] = { 0 };

	for (const struct line *l = s->lines; l < s->lines + LINES; l++) {
		bool streaming = false;
		uint32_t flags = dl3_server_flags(l->session, &streaming);

		if (!streaming || l->closed)
			continue;
		monitors++;
		for (size_t node = 0; node < NODES; node++)
			hear[node] += node == l->node || flags & DL3_FLAG_SCN;
	}
	MUST(counts.connections == LINES);
	MUST(counts.monitors == monitors);
	for (size_t node = 0; node < NODES; node++)
		MUST(hear[node] <= MONITORS);
}

/* As whoever owns connections does: one that is over is taken down, here for a new one. */
static void tidy(struct site *s)
{
	for (struct line *l = s->lines; l < s->lines + LINES; l++)
		if (l->over || l->closed) {
			hang_up(l);
			pick_up(s, l, l->node, l->encrypted);
		}
}

/* ---- A run ---- */

static void give_challenge(uint8_t out[DL3_CHALLENGE_SIZE], void *arg)
{
	(void)arg;
	memcpy(out, challenge, sizeof(challenge));
}

/* No line may hold what a client made up, nor a secret. */
static void log_line(const char *line, void *arg)
{
	(void)arg;
	for (const char *p = line; *p; p++)
		MUST(*p >= ' ' && *p <= '~');
	MUST(strstr(line, the_world()->service_users[0].password) == NULL);
}

static void open_site(struct site *s)
{
	struct sim_pbx_config config = { .challenge = give_challenge, .log = log_line };

	sim_clock_init(&s->clock);
	s->disturbed = false;
	config.exchange = s->exchange = sim_exchange_new(the_world(), &s->clock, 1);
	MUST(s->exchange != NULL);
	s->pbx = sim_pbx_new(&config);
	MUST(s->pbx != NULL);
	struct sim_audience audience = sim_pbx_audience(s->pbx);

	s->report = sim_report_new(s->exchange, &audience);
	MUST(s->report != NULL);
	sim_pbx_set_report(s->pbx, s->report);
	for (size_t i = 0; i < LINES; i++)
		pick_up(s, &s->lines[i], i % NODES, i == 2);
}

static void close_site(struct site *s)
{
	for (size_t i = 0; i < LINES; i++)
		hang_up(&s->lines[i]);
	MUST(sim_pbx_counts(s->pbx).connections == 0 && sim_pbx_counts(s->pbx).monitors == 0);
	sim_pbx_free(s->pbx);
	sim_exchange_free(s->exchange);
	sim_report_free(s->report);
	sim_clock_finish(&s->clock);
}

static void (*const sayings[])(struct line *l, uint8_t n) = { say_user, say_flags, say_file, say_test,
	                                                      log_in };

/* What is said on a line: octets as they are, or a message with the number in it. @return octets used. */
static size_t speak(struct line *l, uint8_t how, uint8_t n, const uint8_t *data, size_t size)
{
	size_t used = n < size ? n : size;

	if (how < COUNT(sayings)) {
		sayings[how](l, n);
		return 0;
	}
	if (how == COUNT(sayings)) {
		say_proof(l, n & 1u);
		return 0;
	}
	feed(l, data, used);
	return used;
}

static size_t step(struct site *s, uint8_t what, uint8_t n, const uint8_t *data, size_t size)
{
	struct line *l = &s->lines[what % LINES];

	switch (what / LINES) {
	case 0:
		phone(s, n);
		return 0;
	case 1:
		disturb(s, n);
		return 0;
	case 2:
		wait(s, n);
		return 0;
	case 3:
		take(l, n < 255 ? n * (size_t)16 : SIZE_MAX);
		return 0;
	case 4:
		hang_up(l);
		pick_up(s, l, n >> 1 & 1u, n & 1u);
		return 0;
	default:
		return speak(l, (uint8_t)((what / LINES - 5) % (COUNT(sayings) + 2)), n, data, size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site site;

	open_site(&site);
	for (unsigned i = 0; size >= 2 && i < STEPS; i++) {
		size_t used = 2 + step(&site, data[0], data[1], data + 2, size - 2);

		tidy(&site);
		check(&site);
		data += used;
		size -= used;
	}
	close_site(&site);
	return 0;
}
