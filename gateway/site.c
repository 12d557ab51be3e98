/* SPDX-License-Identifier: MIT */
#include "site.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "site_parts.h"

/* The tracker's time. */
#define TICK_MS 100u
#define BUFFER 16384u

int64_t site_now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool site_room(struct site *s, size_t len)
{
	if (len <= s->cap)
		return true;
	size_t cap = s->cap * 2 > len ? s->cap * 2 : len;
	char *wider = realloc(s->buf, cap);
	if (!wider)
		return false;
	s->buf = wider;
	s->cap = cap;
	return true;
}

/* ---- The link as JSON ---- */

static void put_time(struct dl3i_json *j, int64_t ms)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));

	dl3i_put(&j->out, text, (size_t)len);
	j->comma = true;
}

static void put_text_or_null(struct dl3i_json *j, const char *text)
{
	if (text[0] != '\0')
		dl3i_json_z(j, text);
	else
		dl3i_json_literal(j, "null");
}

static void put_flags(struct dl3i_json *j, uint32_t flags)
{
	char text[DL3_FLAGS_TEXT_MAX];

	(void)dl3_flags_format(flags, text);
	dl3i_json_z(j, text);
}

static void put_nodes(struct dl3i_json *j, const struct site *s)
{
	char text[16];

	dl3i_json_open(j, '[');
	for (size_t i = 0; i < s->node_count; i++) {
		const uint32_t n = s->nodes[i];
		(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", n >> 24 & 255, n >> 16 & 255, n >> 8 & 255,
		               n & 255);
		dl3i_json_z(j, text);
	}
	dl3i_json_close(j, ']');
}

static void put_counts(struct dl3i_json *j, const struct site *s)
{
	const struct dl3_link_totals t = dl3_link_counts(s->link);

	DL3I_JSON_KEY(j, "events");
	dl3i_json_unsigned(j, t.events);
	DL3I_JSON_KEY(j, "gaps");
	dl3i_json_unsigned(j, t.gaps);
	DL3I_JSON_KEY(j, "missed");
	dl3i_json_unsigned(j, t.missed);
	DL3I_JSON_KEY(j, "attempts");
	dl3i_json_unsigned(j, t.attempts);
	DL3I_JSON_KEY(j, "octets_in");
	dl3i_json_unsigned(j, t.octets_in);
	DL3I_JSON_KEY(j, "octets_out");
	dl3i_json_unsigned(j, t.octets_out);
}

/* Who holds the PBX's connections: of ours it is known, of others no PBX tells. */
static void put_connections(struct dl3i_json *j, const struct site *s)
{
	DL3I_JSON_KEY(j, "connections");
	dl3i_json_open(j, '{');
	DL3I_JSON_KEY(j, "limit");
	dl3i_json_unsigned(j, 3);
	DL3I_JSON_KEY(j, "ours");
	dl3i_json_unsigned(j, (unsigned)(s->state == DL3_LINK_UP || s->state == DL3_LINK_SNAPSHOT) +
	                              (unsigned)(s->reader != NULL));
	DL3I_JSON_KEY(j, "others");
	/* All three are taken when the fourth is refused. */
	dl3i_json_z(j, s->reason == DL3_REASON_LIMITS_EXCEEDED ? "limit reached" : "unknown");
	dl3i_json_close(j, '}');
}

static void put_link(struct dl3i_json *j, const struct site *s)
{
	DL3I_JSON_KEY(j, "url");
	dl3i_json_z(j, s->url);
	DL3I_JSON_KEY(j, "state");
	dl3i_json_z(j, dl3_link_state_name(s->state));
	DL3I_JSON_KEY(j, "since");
	put_time(j, s->since_ms);
	DL3I_JSON_KEY(j, "reason");
	put_text_or_null(j, s->reason == DL3_REASON_NONE ? "" : dl3_link_reason_name(s->reason));
	DL3I_JSON_KEY(j, "detail");
	put_text_or_null(j, s->detail);
	DL3I_JSON_KEY(j, "advice");
	put_text_or_null(j, s->advice);
	DL3I_JSON_KEY(j, "retry_s");
	if (s->state == DL3_LINK_WAITING)
		dl3i_json_unsigned(j, (s->retry_ms + 999) / 1000);
	else
		dl3i_json_literal(j, "null");
	DL3I_JSON_KEY(j, "address");
	put_text_or_null(j, s->address);
	DL3I_JSON_KEY(j, "variant");
	put_text_or_null(j, s->variant);
	DL3I_JSON_KEY(j, "flags");
	put_flags(j, s->accepted);
	DL3I_JSON_KEY(j, "nodes");
	put_nodes(j, s);
	put_counts(j, s);
	put_connections(j, s);
}

char *site_link_json(struct site *s, size_t *len)
{
	struct dl3i_json j = dl3i_json_to(NULL, 0);
	char *text = NULL;

	for (unsigned pass = 0; pass < 2; pass++) {
		dl3i_json_open(&j, '{');
		DL3I_JSON_KEY(&j, "pbx");
		dl3i_json_z(&j, s->name);
		put_link(&j, s);
		dl3i_json_close(&j, '}');
		*len = j.out.len;
		if (pass == 1)
			break;
		text = malloc(*len);
		if (!text)
			return NULL;
		j = dl3i_json_to(text, *len);
	}
	return text;
}

void site_publish_link(struct site *s)
{
	struct hub_news news = {
		.kind = HUB_LINK, .pbx = dl3_str_of(s->name), .about = dl3_str_of("link"), .key = "link"
	};
	struct dl3i_json j = dl3i_json_to(s->buf, s->cap);

	for (unsigned pass = 0; pass < 2; pass++) {
		dl3i_json_open(&j, '{');
		put_link(&j, s);
		dl3i_json_close(&j, '}');
		if (j.out.len <= s->cap)
			break;
		if (!site_room(s, j.out.len)) {
			s->without_memory++;
			return;
		}
		j = dl3i_json_to(s->buf, s->cap);
	}
	news.body = (struct dl3_str){ .ptr = s->buf, .len = (uint32_t)j.out.len };
	if (hub_publish(s->hub, &news) == 0)
		s->without_memory++;
}

/* ---- What the link tells ---- */

static void keep_text(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

static void on_change(struct dl3_link *link, const struct dl3_link_change *change, void *arg)
{
	struct site *s = arg;

	(void)link;
	if (s->streaming && (change->state == DL3_LINK_WAITING || change->state == DL3_LINK_STOPPED)) {
		s->streaming = false;
		dl3_tracker_link_lost(s->tracker, site_now_ms());
	}
	if (change->state == DL3_LINK_SNAPSHOT) {
		s->streaming = true;
		dl3_tracker_link_up(s->tracker, site_now_ms());
	}
	s->state = change->state;
	s->since_ms = site_now_ms();
	s->reason = change->reason;
	s->retry_ms = change->retry_ms;
	keep_text(s->detail, sizeof(s->detail), change->detail);
	keep_text(s->advice, sizeof(s->advice), change->advice);
	keep_text(s->address, sizeof(s->address), change->address);
	s->unsaved = true;
	site_publish_link(s);
	site_tell(s);
	if (change->state == DL3_LINK_UP)
		site_ask_names(s);
	if (s->changed)
		s->changed(s, change, s->arg);
}

static void note_node(struct site *s, uint32_t node)
{
	for (size_t i = 0; i < s->node_count; i++)
		if (s->nodes[i] == node)
			return;
	if (s->node_count == SITE_NODES)
		return;
	s->nodes[s->node_count++] = node;
	site_publish_link(s);
}

static void on_counter(struct site *s, const struct dl3_event *e)
{
	struct hub_news news = { .kind = HUB_GAP, .pbx = dl3_str_of(s->name) };
	char body[160];
	const uint32_t n = e->u.counter.pbx;

	dl3_tracker_counter(s->tracker, site_now_ms(), n, e->u.counter.change);
	if (e->u.counter.change != DL3_COUNTER_DUPLICATE) {
		const bool gap = e->u.counter.change == DL3_COUNTER_GAP;
		int len = snprintf(body, sizeof(body),
		                   "\"scope\":\"pbx\",\"node\":\"%u.%u.%u.%u\",\"missed\":", n >> 24 & 255,
		                   n >> 16 & 255, n >> 8 & 255, n & 255);
		len += gap ? snprintf(body + len, sizeof(body) - (size_t)len, "%u",
		                      (unsigned)e->u.counter.missed)
		           : snprintf(body + len, sizeof(body) - (size_t)len, "null");
		news.body = (struct dl3_str){ .ptr = body, .len = (uint32_t)len };
		if (hub_publish(s->hub, &news) == 0)
			s->without_memory++;
		site_publish_link(s);
	}
	site_tell(s);
}

static void on_event(struct dl3_link *link, const struct dl3_event *e, void *arg)
{
	struct site *s = arg;

	(void)link;
	switch (e->type) {
	case DL3_EV_AUTHENTICATED:
		(void)snprintf(
			s->variant, sizeof(s->variant), "%.*s",
			(int)(e->u.authenticated.variant.len < 100 ? e->u.authenticated.variant.len : 100),
			e->u.authenticated.variant.ptr ? e->u.authenticated.variant.ptr : "");
		break;
	case DL3_EV_STREAM:
		s->accepted = e->u.stream.accepted;
		break;
	case DL3_EV_RECORD:
		hub_arrived(s->hub);
		note_node(s, e->u.record.pbx);
		site_take_record(s, e);
		break;
	case DL3_EV_COUNTER:
		on_counter(s, e);
		break;
	case DL3_EV_SNAPSHOT_END:
		dl3_tracker_snapshot_end(s->tracker, site_now_ms());
		site_tell(s);
		site_over_decided(s);
		break;
	case DL3_EV_MALFORMED:
		s->malformed++;
		break;
	default:
		break;
	}
	if (s->event)
		s->event(s, e, s->arg);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct site *s = arg;
	const int64_t now = site_now_ms();

	(void)fd;
	(void)what;
	dl3_tracker_tick(s->tracker, now);
	site_tell(s);
	site_save(s);
	if (s->state == DL3_LINK_UP && now - s->names_at > (int64_t)SITE_NAMES_S * 1000)
		site_ask_names(s);
}

/* ---- Asking ---- */

const char *site_name(const struct site *s)
{
	return s->name;
}

const char *site_url(const struct site *s)
{
	return s->url;
}

enum dl3_err site_restored(const struct site *s)
{
	return s->restored;
}

void site_day(struct site *s, int64_t start_ms)
{
	dl3_tracker_day(s->tracker, start_ms);
	site_tell(s);
}

bool site_set_password(struct site *s, const char *password)
{
	char *copy = strdup(password);

	if (!copy || dl3_link_set_password(s->link, password) != DL3_OK) {
		free(copy);
		return false;
	}
	if (s->password)
		OPENSSL_cleanse(s->password, strlen(s->password));
	free(s->password);
	s->password = copy;
	if (s->state == DL3_LINK_STOPPED)
		dl3_link_start(s->link);
	return true;
}

bool site_group_stats(const struct site *s, struct dl3_str group, int64_t from_ms, int64_t to_ms,
                      struct dl3_group_stats *out)
{
	return dl3_tracker_group_stats(s->tracker, group, from_ms, to_ms, out) == DL3_OK;
}

struct site_status site_status(const struct site *s)
{
	return (struct site_status){ .state = s->state,
		                     .connected = s->state == DL3_LINK_UP,
		                     .since_ms = s->since_ms,
		                     .link = dl3_link_counts(s->link),
		                     .tracker = dl3_tracker_counts(s->tracker),
		                     .tracker_memory = dl3_tracker_memory(s->tracker),
		                     .records = s->records,
		                     .malformed = s->malformed,
		                     .without_memory = s->without_memory };
}

/* ---- Life ---- */

static void free_texts(struct site *s)
{
	if (s->password)
		OPENSSL_cleanse(s->password, strlen(s->password));
	free(s->password);
	free(s->name);
	free(s->url);
	free(s->user);
	free(s->application);
	for (size_t i = 0; i < SITE_TLS_TEXTS; i++)
		free(s->tls_texts[i]);
}

void site_free(struct site *s)
{
	if (!s)
		return;
	site_files_finish(s);
	dl3_link_free(s->link);
	s->link = NULL;
	if (s->tracker) {
		s->save_after_ms = 0;
		site_save(s);
	}
	dl3_tracker_free(s->tracker);
	site_saved_free(s);
	if (s->tick)
		event_free(s->tick);
	free_texts(s);
	free(s->buf);
	free(s->raw);
	free(s);
}

static bool copy_text(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return !text || *out;
}

static bool copy_tls(struct site *s, const struct dl3_tls_client *tls)
{
	s->has_tls = tls != NULL;
	if (!tls)
		return true;
	const char *const texts[SITE_TLS_TEXTS] = { tls->ca_file, tls->fingerprint, tls->name,
		                                    tls->certificate, tls->key };
	for (size_t i = 0; i < SITE_TLS_TEXTS; i++)
		if (!copy_text(&s->tls_texts[i], texts[i]))
			return false;
	s->tls = (struct dl3_tls_client){ .ca_file = s->tls_texts[0],
		                          .fingerprint = s->tls_texts[1],
		                          .name = s->tls_texts[2],
		                          .certificate = s->tls_texts[3],
		                          .key = s->tls_texts[4] };
	return true;
}

static bool copy(struct site *s, const struct site_config *c)
{
	s->flags = c->flags;
	s->hub = c->hub;
	s->store = c->store;
	s->keep_records = c->keep_records;
	s->event = c->event;
	s->changed = c->changed;
	s->arg = c->arg;
	s->since_ms = site_now_ms();
	return copy_text(&s->name, c->name) && copy_text(&s->url, c->url) && copy_text(&s->user, c->user) &&
	       copy_text(&s->application, c->application) && copy_text(&s->password, c->password) &&
	       copy_tls(s, c->tls) && site_room(s, BUFFER);
}

static bool begin(struct site *s, const struct site_config *c, char *error, size_t size)
{
	const struct timeval tick = { .tv_usec = TICK_MS * 1000L };
	struct dl3_link_config link = { .url = s->url,
		                        .user = s->user,
		                        .password = s->password,
		                        .application = s->application,
		                        .tls = s->has_tls ? &s->tls : NULL,
		                        .flags = s->flags,
		                        .callbacks = { .changed = on_change, .event = on_event },
		                        .arg = s };

	s->tracker = dl3_tracker_new(&c->tracker, NULL);
	s->tick = event_new(s->base, -1, EV_PERSIST, on_tick, s);
	if (!s->tracker || !s->tick || event_add(s->tick, &tick) != 0) {
		(void)snprintf(error, size, "out of memory");
		return false;
	}
	site_restore(s, c->state);
	if (c->day_start_ms > 0)
		dl3_tracker_day(s->tracker, c->day_start_ms);
	site_tell_all(s);
	s->link = dl3_link_new(s->base, &link, error, size);
	return s->link != NULL;
}

struct site *site_new(struct event_base *base, const struct site_config *config, char *error,
                      size_t error_size)
{
	struct site *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)snprintf(error, error_size, "out of memory");
		return NULL;
	}
	s->base = base;
	if (!copy(s, config)) {
		(void)snprintf(error, error_size, "out of memory");
		site_free(s);
		return NULL;
	}
	if (!begin(s, config, error, error_size)) {
		site_free(s);
		return NULL;
	}
	site_publish_link(s);
	return s;
}
