/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

/* ---- Texts of the owner's ---- */

static bool copy_text(struct dl3_link *l, char **to, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;

	*to = NULL;
	if (!text)
		return true;
	*to = dl3i_owner_resize(&l->owner, NULL, 0, size);
	if (*to)
		memcpy(*to, text, size);
	return *to != NULL;
}

static void drop_text(struct dl3_link *l, char **text)
{
	if (!*text)
		return;
	size_t size = strlen(*text) + 1;
	OPENSSL_cleanse(*text, size);
	dl3i_owner_resize(&l->owner, *text, size, 0);
	*text = NULL;
}

/* ---- States ---- */

static void hold(struct dl3_link *l)
{
	l->owner.refs++;
}

static void let_go(struct dl3_link *l)
{
	dl3i_owner_release(&l->owner);
}

/* Has the timer run in the loop's next turn. */
static void wake(struct dl3_link *l)
{
	event_active(l->timer, EV_READ, 0);
}

static bool is_down(const struct dl3_link *l)
{
	return l->state == DL3_LINK_WAITING || l->state == DL3_LINK_STOPPED;
}

/* The owner may do anything in its callback: whoever calls this has to look at `freed` behind it. */
static void set_state(struct dl3_link *l, enum dl3_link_state state, uint32_t retry_ms)
{
	const struct dl3i_down *d = &l->down;
	struct dl3_link_change change = {
		.state = state,
		.before = l->state,
		.detail = "",
		.advice = "",
		.attempt = l->attempt,
		.address = l->address,
	};

	if (l->freed || state == l->state)
		return;
	l->state = state;
	if (is_down(l)) {
		change.reason = d->reason;
		change.detail = d->detail;
		change.advice = d->advice;
		change.retry_ms = retry_ms;
		change.fault = d->fault;
		change.result = d->result;
	}
	if (l->callbacks.changed)
		l->callbacks.changed(l, &change, l->arg);
}

/* ---- Going down ---- */

/* Between the half and the whole, so that many who lost the same PBX do not come back together. */
static uint32_t jitter(uint32_t ms)
{
	uint32_t random = 0;

	(void)RAND_bytes((unsigned char *)&random, sizeof(random));
	return ms / 2 + random % (ms - ms / 2 + 1);
}

static uint32_t pause_before_retry(const struct dl3_link *l)
{
	const struct dl3_link_config *c = &l->config;
	enum dl3_link_reason why = l->down.reason;
	uint32_t ms = c->retry_min_ms;

	/* Never less than the whole of it, in which an account stays locked. */
	if (why == DL3_REASON_RETRY_LATER || why == DL3_REASON_LIMITS_EXCEEDED) {
		uint32_t more = jitter(c->retry_long_ms / 4);
		return c->retry_long_ms < UINT32_MAX - more ? c->retry_long_ms + more : UINT32_MAX;
	}
	for (uint32_t i = 1; i < l->failures && ms < c->retry_max_ms; i++)
		ms = ms > c->retry_max_ms / 2 ? c->retry_max_ms : ms * 2;
	return jitter(ms < c->retry_max_ms ? ms : c->retry_max_ms);
}

/* It is set all the time, if for nothing: one that is set has its place, and needs no memory to be set anew. */
static bool set_timer(struct dl3_link *l, uint32_t ms)
{
	/* A thousandth of a second more than whole ones, never less. */
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		              .tv_usec = (suseconds_t)(ms % 1000 * 1000 + 999) };

	return event_add(l->timer, &tv) == 0;
}

static void stopped_by_owner(struct dl3_link *l)
{
	l->down = (struct dl3i_down){ .reason = DL3_REASON_OWNER };
	(void)snprintf(l->down.detail, sizeof(l->down.detail), "stopped by its owner");
	l->want_stop = false;
	set_state(l, DL3_LINK_STOPPED, 0);
	if (!l->freed && l->want_start)
		wake(l);
}

/* There is no connection any more, or none came about; `down` says why. */
static void go_down(struct dl3_link *l)
{
	const uint64_t now = dl3i_now_ms();

	if (l->freed)
		return;
	if (l->up_since > 0 && now - l->up_since >= l->config.stable_ms)
		l->failures = 0;
	l->up_since = 0;
	l->stream_request = 0;
	if (l->want_stop) {
		stopped_by_owner(l);
		return;
	}
	l->failures++;
	dl3i_down_advise(l, &l->down);
	if (l->down.stops || l->config.once) {
		set_state(l, DL3_LINK_STOPPED, 0);
		return;
	}
	uint32_t ms = pause_before_retry(l);
	l->due = now + ms;
	(void)set_timer(l, ms);
	set_state(l, DL3_LINK_WAITING, ms);
}

static void fail(struct dl3_link *l, enum dl3_link_reason reason, const char *detail)
{
	l->down = (struct dl3i_down){ .reason = reason };
	(void)snprintf(l->down.detail, sizeof(l->down.detail), "%s", detail);
}

/* Ends the connection for a reason of ours. */
static void give_up(struct dl3_link *l, enum dl3_link_reason reason, const char *detail)
{
	fail(l, reason, detail);
	dl3_conn_close(l->conn);
}

/* ---- A connection ---- */

static void came_up(struct dl3_link *l)
{
	l->up_since = dl3i_now_ms();
	l->counts.connections++;
	set_state(l, DL3_LINK_UP, 0);
	l->attempt = 0;
}

static void on_opened(struct dl3_conn *c, void *arg)
{
	struct dl3_link *l = arg;

	l->conn = c;
	c->paused = l->paused;
	if (!l->user_name) {
		came_up(l);
		return;
	}
	enum dl3_err err = dl3_client_authenticate(c->session, l->user_name, l->password, l->application);
	if (err != DL3_OK)
		give_up(l, DL3_REASON_SYSTEM, dl3_err_text(err));
	else
		set_state(l, DL3_LINK_LOGIN, 0);
}

static void let_in(struct dl3_link *l)
{
	if (l->config.no_stream) {
		came_up(l);
		return;
	}
	enum dl3_err err = dl3_client_stream(l->conn->session, l->config.flags, &l->stream_request);
	if (err != DL3_OK)
		give_up(l, DL3_REASON_SYSTEM, dl3_err_text(err));
	else
		set_state(l, DL3_LINK_ASKING, 0);
}

static void stream_answered(struct dl3_link *l, const struct dl3_event *ev)
{
	if (ev->u.stream.request != l->stream_request || l->state != DL3_LINK_ASKING)
		return;
	if (ev->u.stream.streaming) {
		set_state(l, DL3_LINK_SNAPSHOT, 0);
		return;
	}
	l->down = (struct dl3i_down){ 0 };
	dl3i_down_stream(ev->u.stream.result, &l->down);
	dl3_conn_close(l->conn);
}

/* What the link itself does about an event. */
static void act(struct dl3_link *l, const struct dl3_event *ev)
{
	switch (ev->type) {
	case DL3_EV_AUTHENTICATED:
		let_in(l);
		break;
	case DL3_EV_REFUSED:
		l->down = (struct dl3i_down){ 0 };
		dl3i_down_refused(ev->u.refused.result, &l->down);
		break;
	case DL3_EV_STREAM:
		stream_answered(l, ev);
		break;
	case DL3_EV_SNAPSHOT_END:
		if (ev->u.request == l->stream_request && l->state == DL3_LINK_SNAPSHOT)
			came_up(l);
		break;
	case DL3_EV_FAILED:
		if (ev->u.failed.request == l->stream_request && l->state == DL3_LINK_ASKING)
			give_up(l, DL3_REASON_PROTOCOL, "the answer to the event request could not be read");
		break;
	case DL3_EV_RECORD:
		l->counts.events++;
		break;
	case DL3_EV_COUNTER:
		if (ev->u.counter.change == DL3_COUNTER_GAP) {
			l->counts.gaps++;
			l->counts.missed += ev->u.counter.missed;
		}
		break;
	default:
		break;
	}
}

// cppcheck-suppress constParameter ; it is a callback
static void on_event(struct dl3_conn *c, const struct dl3_event *ev, void *arg)
{
	struct dl3_link *l = arg;

	if (l->freed || c != l->conn)
		return;
	act(l, ev);
	/* Of one that was closed just now, the event is still told: it was there. */
	if (!l->freed && l->callbacks.event)
		l->callbacks.event(l, ev, l->arg);
}

// cppcheck-suppress constParameter ; it is a callback
static void on_closed(struct dl3_conn *c, const struct dl3_close *why, void *arg)
{
	struct dl3_link *l = arg;

	/* Before it is open it is not known yet, and then there is no other. */
	if (l->freed || (l->conn && c != l->conn))
		return;
	l->conn = NULL;
	if (l->down.reason == DL3_REASON_NONE)
		dl3i_down_closed(l, why, &l->down);
	else
		l->down.fault = why->fault;
	go_down(l);
}

// cppcheck-suppress constParameter ; it is a callback
static void on_octets(struct dl3_conn *c, bool came, struct dl3_octets octets, void *arg)
{
	struct dl3_link *l = arg;

	if (l->freed || (l->conn && c != l->conn))
		return;
	if (came) {
		size_t n = sizeof(l->first) - l->first_len;
		n = octets.len < n ? octets.len : n;
		memcpy(l->first + l->first_len, octets.ptr, n);
		l->first_len += n;
		l->had_octets = true;
		l->counts.octets_in += octets.len;
	} else {
		l->counts.octets_out += octets.len;
	}
	if (l->callbacks.octets)
		l->callbacks.octets(l, came, octets, l->arg);
}

/* ---- Connecting ---- */

static void on_resolved(void *arg)
{
	set_state(arg, DL3_LINK_CONNECTING, 0);
}

/* @return false without memory; then nothing is left of the socket. */
static bool begin_connection(struct dl3_link *l, const struct dl3i_dial_result *result)
{
	const struct dl3_client_config session = { .encrypted = l->url.tls, .limits = l->config.limits };
	struct dl3i_conn_start start = { .fd = result->fd,
		                         .sa = (const struct sockaddr *)&result->address->sa,
		                         .len = result->address->len };

	if (l->url.tls) {
		start.ssl = dl3i_tls_client_new(&l->tls, result->fd);
		if (!start.ssl) {
			(void)evutil_closesocket(result->fd);
			return false;
		}
	}
	l->had_octets = false;
	l->first_len = 0;
	l->first[0] = 0;
	start.session = dl3_client_new(&session, &l->owner.allocator);
	return dl3i_conn_begin(&l->owner, &start);
}

static void on_dialled(const struct dl3i_dial_result *result, void *arg)
{
	struct dl3_link *l = arg;

	hold(l);
	if (result->address)
		dl3i_address_text((const struct sockaddr *)&result->address->sa, result->address->len,
		                  l->address);
	if (result->fd < 0) {
		fail(l, result->reason, result->detail);
		go_down(l);
	} else if (!result->address || !begin_connection(l, result)) {
		fail(l, DL3_REASON_SYSTEM, "out of memory");
		go_down(l);
	}
	let_go(l);
}

static void begin_attempt(struct dl3_link *l)
{
	l->want_start = false;
	l->down = (struct dl3i_down){ 0 };
	l->address[0] = '\0';
	l->counts.attempts++;
	l->attempt++;
	dl3i_dial_begin(&l->dial, &l->url, l->config.connect_timeout_ms);
	set_state(l, DL3_LINK_RESOLVING, 0);
}

/* ---- What the owner wants ---- */

/* In TLS's handshake a connection cannot say goodbye. */
static void close_connection(struct dl3_link *l)
{
	struct dl3_conn *c = l->conn ? l->conn : l->owner.conns;

	fail(l, DL3_REASON_OWNER, "stopped by its owner");
	if (c->state == DL3I_CONN_HANDSHAKE)
		dl3_conn_abort(c, false);
	else
		dl3_conn_close(c);
}

static void stop_now(struct dl3_link *l)
{
	dl3i_dial_cancel(&l->dial);
	if (l->owner.conns)
		close_connection(l); /* go_down() does the rest */
	else
		stopped_by_owner(l);
}

static void try_when_due(struct dl3_link *l)
{
	uint64_t now = dl3i_now_ms();

	if (l->want_start || (l->state == DL3_LINK_WAITING && now >= l->due))
		begin_attempt(l);
	else if (l->state == DL3_LINK_WAITING) /* the loop's clock is coarser than ours, and may be early */
		(void)set_timer(l, (uint32_t)(l->due - now));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dl3_link *l = arg;

	(void)fd;
	if (what & EV_TIMEOUT)
		(void)set_timer(l, UINT32_MAX);
	hold(l);
	if (l->want_stop && l->state != DL3_LINK_STOPPED)
		stop_now(l);
	if (!l->freed && is_down(l)) {
		if (l->want_start)
			l->failures = 0;
		try_when_due(l);
	} else if (!l->want_stop) {
		/* It is under way, and whoever asked for that did not mean the next time. */
		l->want_start = false;
	}
	let_go(l);
}

void dl3_link_start(struct dl3_link *link)
{
	link->want_start = true;
	wake(link);
}

void dl3_link_stop(struct dl3_link *link)
{
	link->want_start = false;
	link->want_stop = link->state != DL3_LINK_STOPPED;
	wake(link);
}

enum dl3_err dl3_link_set_password(struct dl3_link *link, const char *password)
{
	char *copy = NULL;

	if (!password || !link->user_name)
		return DL3_ERR_ARGUMENT;
	if (!copy_text(link, &copy, password))
		return DL3_ERR_MEMORY;
	drop_text(link, &link->password);
	link->password = copy;
	return DL3_OK;
}

/* ---- Life ---- */

static void release(struct dl3i_owner *owner)
{
	struct dl3_link *l = (struct dl3_link *)owner; /* its first member */
	struct dl3_allocator a = owner->allocator;

	dl3i_tls_client_finish(&l->tls);
	a.resize(l, sizeof(*l), 0, a.arg);
}

void dl3_link_free(struct dl3_link *link)
{
	if (!link)
		return;
	link->freed = true;
	dl3i_dial_finish(&link->dial);
	if (link->timer)
		event_free(link->timer);
	link->timer = NULL;
	dl3i_conns_drop(&link->owner);
	drop_text(link, &link->user_name);
	drop_text(link, &link->password);
	drop_text(link, &link->application);
	dl3i_owner_release(&link->owner);
}

static uint32_t or_default(uint32_t value, uint32_t standard)
{
	return value > 0 ? value : standard;
}

static void keep_config(struct dl3_link *l, const struct dl3_link_config *config)
{
	struct dl3_link_config *c = &l->config;

	*c = *config;
	c->url = c->user = c->password = c->application = NULL;
	c->tls = NULL;
	c->connect_timeout_ms = or_default(c->connect_timeout_ms, DL3_CONNECT_TIMEOUT_MS);
	c->retry_min_ms = or_default(c->retry_min_ms, DL3_RETRY_MIN_MS);
	c->retry_max_ms = or_default(c->retry_max_ms, DL3_RETRY_MAX_MS);
	c->retry_long_ms = or_default(c->retry_long_ms, DL3_RETRY_LONG_MS);
	c->stable_ms = or_default(c->stable_ms, DL3_LINK_STABLE_MS);
	l->callbacks = config->callbacks;
	l->arg = config->arg;
	l->owner.callbacks = (struct dl3_listener_callbacks){ .opened = on_opened,
		                                              .event = on_event,
		                                              .closed = on_closed };
	l->owner.octets = on_octets;
	l->owner.arg = l;
	l->owner.release = release;
	l->owner.waits_when_paused = true;
	dl3i_owner_set_times(&l->owner, c->connect_timeout_ms, DL3_LINGER_MS);
}

static bool check(struct dl3_link *l, const struct dl3_link_config *config, char *error, size_t cap)
{
	const char *user = config->user ? config->user : l->url.user;

	if (config->flags & ~DL3_FLAGS_ALL) {
		(void)snprintf(error, cap, "there are bits among the flags that are no flags: 0x%x",
		               (unsigned)(config->flags & ~DL3_FLAGS_ALL));
		return false;
	}
	if (*user == '\0') {
		if (config->no_stream)
			return true;
		(void)snprintf(error, cap, "a user is missing: write it as devlink3%s://user@%s",
		               l->url.tls ? "s" : "", l->url.host);
		return false;
	}
	if (!config->password) {
		(void)snprintf(error, cap, "the password of user '%s' is missing", user);
		return false;
	}
	if (strlen(user) > DL3_NAME_MAX ||
	    (config->application && strlen(config->application) > DL3_NAME_MAX)) {
		(void)snprintf(error, cap, "a name is longer than %u octets", DL3_NAME_MAX);
		return false;
	}
	return true;
}

static bool copy_texts(struct dl3_link *l, const struct dl3_link_config *config)
{
	const char *user = config->user ? config->user : l->url.user;

	if (*user == '\0')
		return true;
	return copy_text(l, &l->user_name, user) && copy_text(l, &l->password, config->password) &&
	       copy_text(l, &l->application, config->application);
}

static bool set_up(struct dl3_link *l, const struct dl3_link_config *config, char *error, size_t cap)
{
	static const struct dl3i_dial_callbacks dial = { .resolved = on_resolved, .done = on_dialled };

	if (!dl3_url_parse(config->url, &l->url, error, cap) || !check(l, config, error, cap))
		return false;
	if (l->url.tls && !dl3i_tls_client_init(&l->tls, config->tls, l->url.host, error, cap))
		return false;
	(void)snprintf(error, cap, "out of memory");
	l->timer = event_new(l->owner.base, -1, 0, on_timer, l);
	return copy_texts(l, config) && l->timer && set_timer(l, UINT32_MAX) &&
	       dl3i_dial_init(&l->dial, l->owner.base, &dial, l);
}

struct dl3_link *dl3_link_new(struct event_base *base, const struct dl3_link_config *config, char *error,
                              size_t error_cap)
{
	if (!base || !config || !config->url) {
		(void)snprintf(error, error_cap, "a link needs an event base and a URL");
		return NULL;
	}
	struct dl3_allocator allocator = dl3i_allocator(config->allocator);
	struct dl3_link *l = allocator.resize(NULL, 0, sizeof(*l), allocator.arg);
	if (!l) {
		(void)snprintf(error, error_cap, "out of memory");
		return NULL;
	}
	*l = (struct dl3_link){ .owner = { .refs = 1, .base = base, .allocator = allocator },
		                .state = DL3_LINK_STOPPED };
	l->dial.fd = -1;
	keep_config(l, config);
	if (!set_up(l, config, error, error_cap)) {
		dl3_link_free(l);
		return NULL;
	}
	dl3i_ignore_sigpipe();
	dl3_link_start(l);
	return l;
}

/* ---- The owner's ---- */

enum dl3_link_state dl3_link_state(const struct dl3_link *link)
{
	return link->state;
}

struct dl3_session *dl3_link_session(struct dl3_link *link)
{
	return link->conn && link->conn->state == DL3I_CONN_OPEN ? link->conn->session : NULL;
}

void dl3_link_flush(struct dl3_link *link)
{
	if (link->conn)
		dl3i_conn_wake(link->conn);
}

void dl3_link_pause(struct dl3_link *link, bool paused)
{
	link->paused = paused;
	if (link->conn)
		dl3_conn_pause(link->conn, paused);
}

bool dl3_link_addresses(const struct dl3_link *link, char local[DL3_ADDRESS_TEXT], char pbx[DL3_ADDRESS_TEXT])
{
	struct dl3i_address own = { .len = sizeof(own.sa) };

	if (!link->conn)
		return false;
	if (pbx)
		memcpy(pbx, link->conn->peer, DL3_ADDRESS_TEXT);
	if (local) {
		(void)getsockname(link->conn->stream.fd, (struct sockaddr *)&own.sa, &own.len);
		dl3i_address_text((const struct sockaddr *)&own.sa, own.len, local);
	}
	return true;
}

struct dl3_link_totals dl3_link_counts(const struct dl3_link *link)
{
	return link->counts;
}

void dl3_link_set_user(struct dl3_link *link, void *user)
{
	link->user = user;
}

void *dl3_link_user(const struct dl3_link *link)
{
	return link->user;
}
