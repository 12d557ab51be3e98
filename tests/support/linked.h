/* SPDX-License-Identifier: MIT */
/**
 * @file linked.h
 * A link, what it told, and PBXs made by hand for it, in one thread and one loop.
 */
#ifndef DL3T_LINKED_H
#define DL3T_LINKED_H

#include <netinet/tcp.h>

#include "net/link.h"
#include "support/pbx.h"

#define STATES_KEPT 512

/* What is done in a callback. */
enum deed { LEAVE, FREE_IT, STOP_IT, START_IT, PAUSE_IT, STOP_AND_START_IT };

struct linked {
	struct pbx *pbx; /* whose loop it is in */
	struct dl3_link *link;
	struct dl3_link_config config;
	char url[320], error[512];
	/* All changes, and the last of them. Of those that waited, how long. */
	enum dl3_link_state states[STATES_KEPT];
	uint32_t waits[STATES_KEPT], attempts[STATES_KEPT];
	size_t count;
	struct dl3_link_change last, down; /* without its texts */
	char detail[512], advice[512], address[DL3_ADDRESS_TEXT];
	unsigned records, events, refused;
	bool snapshot_end;
	enum dl3_event_type event;
	struct dl3_octets in, out; /* copies of the octets */
	enum deed when_state[DL3_LINK_STOPPED + 1], when_event, when_octets;
	unsigned done; /* deeds */
	bool freed;
};

static inline void do_deed(struct linked *k, struct dl3_link *link, enum deed deed)
{
	/* Whoever begins anew each time never gets anywhere. */
	if (deed == LEAVE || (deed == STOP_AND_START_IT && k->done > 0))
		return;
	k->done++;
	if (deed == STOP_IT || deed == STOP_AND_START_IT)
		dl3_link_stop(link);
	if (deed == START_IT || deed == STOP_AND_START_IT)
		dl3_link_start(link);
	if (deed == PAUSE_IT)
		dl3_link_pause(link, true);
	if (deed == FREE_IT) {
		k->freed = true;
		k->link = NULL;
		dl3_link_free(link);
	}
}

static inline void keep_octets(struct dl3_octets *to, struct dl3_octets more)
{
	uint8_t *ptr = realloc((void *)(uintptr_t)to->ptr, to->len + more.len + 1);

	assert_non_null(ptr);
	memcpy(ptr + to->len, more.ptr, more.len);
	to->ptr = ptr;
	to->len += more.len;
}

static inline void on_link_changed(struct dl3_link *link, const struct dl3_link_change *c, void *arg)
{
	struct linked *k = arg;

	assert_false(k->freed);
	assert_true(c->detail && c->advice && c->address);
	assert_int_equal(dl3_link_state(link), c->state);
	bool down = c->state == DL3_LINK_WAITING || c->state == DL3_LINK_STOPPED;
	/* Whoever is told that it is down is told why. */
	assert_int_equal(down, c->reason != DL3_REASON_NONE);
	assert_int_equal(down, c->detail[0] != '\0');
	if (k->count < STATES_KEPT) {
		k->states[k->count] = c->state;
		k->attempts[k->count] = c->attempt;
		k->waits[k->count++] = c->retry_ms;
	}
	k->last = *c;
	if (down) {
		k->down = *c;
		(void)snprintf(k->detail, sizeof(k->detail), "%s", c->detail);
		(void)snprintf(k->advice, sizeof(k->advice), "%s", c->advice);
	}
	(void)snprintf(k->address, sizeof(k->address), "%s", c->address);
	do_deed(k, link, k->when_state[c->state]);
}

static inline void on_link_event(struct dl3_link *link, const struct dl3_event *ev, void *arg)
{
	struct linked *k = arg;

	assert_false(k->freed);
	k->events++;
	k->event = ev->type;
	k->records += ev->type == DL3_EV_RECORD;
	k->refused += ev->type == DL3_EV_REFUSED;
	k->snapshot_end = k->snapshot_end || ev->type == DL3_EV_SNAPSHOT_END;
	do_deed(k, link, k->when_event);
}

static inline void on_link_octets(struct dl3_link *link, bool from_pbx, struct dl3_octets octets, void *arg)
{
	struct linked *k = arg;

	assert_false(k->freed);
	assert_true(octets.len > 0);
	keep_octets(from_pbx ? &k->in : &k->out, octets);
	do_deed(k, link, k->when_octets);
}

/* Times that make tests short; none of them is what a test measures by the clock. */
static inline void link_prepare(struct linked *k, struct pbx *p, const char *url)
{
	memset(k, 0, sizeof(*k));
	k->pbx = p;
	(void)snprintf(k->url, sizeof(k->url), "%s", url);
	k->config = (struct dl3_link_config){ .url = k->url,
		                              .password = "secret",
		                              .connect_timeout_ms = 2000,
		                              .retry_min_ms = 1,
		                              .retry_max_ms = 4,
		                              .retry_long_ms = 8,
		                              .callbacks = { on_link_changed, on_link_event, on_link_octets },
		                              .arg = k };
}

static inline void link_begin(struct linked *k)
{
	k->link = dl3_link_new(k->pbx->base, &k->config, k->error, sizeof(k->error));
	if (!k->link)
		fail_msg("%s", k->error);
	/* Those who do not answer a close are not waited for. */
	dl3i_owner_set_times(&k->link->owner, 2000, 20);
}

/* To the listener of `p`, by its number. */
static inline void link_to(struct linked *k, struct pbx *p, bool tls)
{
	char url[160];

	(void)snprintf(url, sizeof(url), "devlink3%s://app@%s", tls ? "s" : "", dl3_listener_address(p->l));
	link_prepare(k, p, url);
}

static inline void link_end(struct linked *k)
{
	struct dl3_link *link = k->link;

	k->link = NULL;
	k->freed = true;
	dl3_link_free(link);
	free((void *)(uintptr_t)k->in.ptr);
	free((void *)(uintptr_t)k->out.ptr);
}

#define IN_STATE(k, s) ((k)->link && dl3_link_state((k)->link) == (s))

/* How often it came into a state. */
static inline unsigned times_in(const struct linked *k, enum dl3_link_state state)
{
	unsigned n = 0;

	for (size_t i = 0; i < k->count; i++)
		n += k->states[i] == state;
	return n;
}

/* ---- A PBX that is a socket by hand ---- */

struct hand {
	int listening;
	struct client c; /* the connection, when there is one */
};

static inline void hand_listen(struct hand *h)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };

	*h = (struct hand){ .listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .c = { .fd = -1 } };
	assert_true(h->listening >= 0);
	assert_int_equal(bind(h->listening, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(h->listening, 16), 0);
}

static inline unsigned hand_port(const struct hand *h)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	assert_int_equal(getsockname(h->listening, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

/* A link to it. */
static inline void hand_link(struct hand *h, struct linked *k, struct pbx *p, const char *scheme)
{
	char url[160];

	pbx_prepare(p);
	hand_listen(h);
	(void)snprintf(url, sizeof(url), "%s://app@127.0.0.1:%u", scheme, hand_port(h));
	link_prepare(k, p, url);
}

static inline bool hand_try(struct hand *h)
{
	const int at_once = 1;
	int fd = accept4(h->listening, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return false;
	/* Or small messages wait for what acknowledges those before them. */
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once)), 0);
	memset(&h->c, 0, sizeof(h->c));
	h->c.fd = fd;
	return true;
}

static inline void hand_accept(struct hand *h, struct pbx *p)
{
	UNTIL(hand_try(h));
}

static inline void hand_end(struct hand *h, struct linked *k, const struct pbx *p)
{
	link_end(k);
	if (h->c.fd >= 0)
		hang_up(&h->c);
	assert_int_equal(close(h->listening), 0);
	event_base_free(p->base);
}

static inline void hand_say_auth(struct hand *h, struct pbx *p, uint32_t request, uint32_t result)
{
	static const uint8_t challenge[DL3_CHALLENGE_SIZE] = "0123456789abcde";
	struct dl3_msg m = { .type = DL3_MSG_AUTH_REPLY, .request_id = request };

	m.u.auth_reply.result = result;
	if (result == DL3_AUTH_CHALLENGE_SHA1)
		m.u.auth_reply.challenge = (struct dl3_octets){ challenge, sizeof(challenge) };
	say_chunks(p, &h->c, &m, 0);
}

/* Hears a request for authentication and answers it. @return its id. */
static inline uint32_t hand_auth(struct hand *h, struct pbx *p, uint32_t result)
{
	struct dl3_msg m = hear(p, &h->c);

	assert_int_equal(m.type, DL3_MSG_AUTH_REQUEST);
	hand_say_auth(h, p, m.request_id, result);
	return m.request_id;
}

static inline void hand_let_in(struct hand *h, struct pbx *p)
{
	(void)hand_auth(h, p, DL3_AUTH_CHALLENGE_SHA1);
	(void)hand_auth(h, p, DL3_AUTH_SUCCESS);
}

static inline void hand_say_stream(struct hand *h, struct pbx *p, uint32_t request, uint32_t result)
{
	struct dl3_msg m = { .type = DL3_MSG_EVENT_REPLY, .request_id = request };

	m.u.event_reply.result = result;
	say_chunks(p, &h->c, &m, 0);
}

static inline void hand_say_test(struct hand *h, struct pbx *p, uint32_t request)
{
	struct dl3_msg m = { .type = DL3_MSG_TEST_REPLY, .request_id = request };

	say_chunks(p, &h->c, &m, 0);
}

/* A frame of an event with one record. */
static inline size_t event_octets(uint32_t counter, uint8_t *out, size_t cap)
{
	static const char text[] = "<CallLost>c0a82a03,c0a82a0300000413,1,16</CallLost>";
	struct dl3_msg m = { .type = DL3_MSG_EVENT };
	uint8_t table[DL3_TUPLE_HEADER + sizeof(text)] = { 0, 0x76, 0, 1, 0, sizeof(text) };
	size_t len;

	memcpy(table + DL3_TUPLE_HEADER, text, sizeof(text));
	m.u.event.pbx = 0xc0a82a03;
	m.u.event.counter = counter;
	m.u.event.tuples = (struct dl3_octets){ table, sizeof(table) };
	assert_int_equal(dl3_msg_encode(&m, out, cap, &len), DL3_OK);
	return len;
}

static inline void hand_say_event(struct hand *h, struct pbx *p, uint32_t counter)
{
	uint8_t octets[256];

	put(p, &h->c, octets, event_octets(counter, octets, sizeof(octets)));
}

/* From the beginning to UP. */
static inline void hand_bring_up(struct hand *h, struct linked *k, struct pbx *p)
{
	hand_accept(h, p);
	hand_let_in(h, p);
	struct dl3_msg m = hear(p, &h->c);
	assert_int_equal(m.type, DL3_MSG_EVENT_REQUEST);
	hand_say_stream(h, p, m.request_id, DL3_EVENTS_SUCCESS);
	m = hear(p, &h->c);
	assert_int_equal(m.type, DL3_MSG_TEST_REQUEST);
	hand_say_test(h, p, m.request_id);
	UNTIL(IN_STATE(k, DL3_LINK_UP));
}

#endif
