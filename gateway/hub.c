/* SPDX-License-Identifier: MIT */
#include "hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "hub_parts.h"

#define BUCKETS_FIRST 1024u

static const char *const kind_names[HUB_KINDS] = { "record", "call", "user", "group", "link", "gap" };

const char *hub_kind_name(enum hub_kind kind)
{
	return kind < HUB_KINDS ? kind_names[kind] : "unknown";
}

enum hub_kind hub_kind_of(struct dl3_str name)
{
	for (unsigned i = 0; i < HUB_KINDS; i++)
		if (strlen(kind_names[i]) == name.len && memcmp(kind_names[i], name.ptr, name.len) == 0)
			return (enum hub_kind)i;
	return HUB_KINDS;
}

static uint64_t hash(uint64_t h, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
	return h;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

uint64_t hub_tag(enum hub_dimension dimension, struct dl3_str value)
{
	const char d = (char)('0' + dimension);

	return hash(hash(HASH_START, &d, 1), value.ptr, value.len);
}

/* ---- Messages ---- */

static void message_release(struct hub_message *m)
{
	if (m && --m->refs == 0)
		free(m);
}

struct draft {
	const struct hub_news *news;
	uint64_t seq;
	int64_t now;
	uint32_t event_at, json_at, body_at, body_len;
};

/* "pbx" is put in front of the members of an object. */
static void put_body(struct dl3i_json *j, struct draft *d)
{
	const struct hub_news *n = d->news;
	const bool object = n->key != NULL;

	if (object) {
		char key[64];
		int len = snprintf(key, sizeof(key), "\"%s\":", n->key);
		dl3i_json_ready_key(j, key, (size_t)len);
		d->body_at = (uint32_t)j->out.len;
		dl3i_json_open(j, '{');
		if (n->pbx.len > 0) {
			DL3I_JSON_KEY(j, "pbx");
			dl3i_json_str(j, n->pbx);
		}
	}
	struct dl3_str body = n->body;
	if (object && body.len >= 2) { /* without its braces */
		body.ptr++;
		body.len -= 2;
	}
	if (body.len > 0) {
		if (j->comma)
			dl3i_put_char(&j->out, ',');
		dl3i_put(&j->out, body.ptr, body.len);
		j->comma = true;
	}
	if (object) {
		dl3i_json_close(j, '}');
		d->body_len = (uint32_t)j->out.len - d->body_at;
	}
}

static void put_time(struct dl3i_json *j, int64_t ms)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));

	dl3i_put(&j->out, text, (size_t)len);
	j->comma = true;
}

/* The whole of a message's text, for a buffer of any size. */
static size_t write_text(struct draft *d, char *buf, size_t cap)
{
	struct dl3i_json j = dl3i_json_to(buf, cap);
	const struct hub_news *n = d->news;

	dl3i_put_z(&j.out, "id: ");
	dl3i_put_unsigned(&j.out, d->seq);
	dl3i_put_char(&j.out, '\n');
	d->event_at = (uint32_t)j.out.len;
	dl3i_put_z(&j.out, "event: ");
	dl3i_put_z(&j.out, hub_kind_name(n->kind));
	dl3i_put_z(&j.out, "\ndata: ");
	d->json_at = (uint32_t)j.out.len;
	dl3i_json_open(&j, '{');
	DL3I_JSON_KEY(&j, "seq");
	dl3i_json_unsigned(&j, d->seq);
	DL3I_JSON_KEY(&j, "time");
	put_time(&j, d->now);
	if (n->pbx.len > 0) {
		DL3I_JSON_KEY(&j, "pbx");
		dl3i_json_str(&j, n->pbx);
	}
	DL3I_JSON_KEY(&j, "kind");
	dl3i_json_z(&j, hub_kind_name(n->kind));
	if (n->what) {
		DL3I_JSON_KEY(&j, "what");
		dl3i_json_z(&j, n->what);
	}
	put_body(&j, d);
	dl3i_json_close(&j, '}');
	dl3i_put_z(&j.out, "\n\n");
	return j.out.len;
}

static struct hub_message *make(const struct hub *h, const struct hub_news *news)
{
	struct draft d = { .news = news, .seq = h->last + 1, .now = h->now_ms(h->arg) };
	size_t tags = news->tag_count < HUB_TAGS - 1 ? news->tag_count : HUB_TAGS - 1;
	size_t len = write_text(&d, NULL, 0);
	size_t size = sizeof(struct hub_message) + (tags + 1) * sizeof(uint64_t) + len;

	if (len > UINT32_MAX)
		return NULL;
	struct hub_message *m = malloc(size);
	if (!m)
		return NULL;
	*m = (struct hub_message){ .refs = 1, .seq = d.seq, .kind = news->kind, .size = size };
	m->tags = (uint64_t *)(m + 1);
	m->tag_count = (uint32_t)tags + 1;
	m->text = (char *)(m->tags + m->tag_count);
	m->tags[0] = hub_tag(HUB_PBX, news->pbx);
	if (tags > 0)
		memcpy(m->tags + 1, news->tags, tags * sizeof(uint64_t));
	m->len = (uint32_t)write_text(&d, m->text, len);
	m->event_at = d.event_at;
	m->json_at = d.json_at;
	m->json_len = m->len - d.json_at - 2;
	m->body_at = d.body_at;
	m->body_len = d.body_len;
	return m;
}

/* ---- The ring ---- */

static void drop_oldest(struct hub *h)
{
	struct hub_message **slot = &h->ring[h->first & (h->ring_size - 1)];

	h->ring_bytes -= (*slot)->size;
	message_release(*slot);
	*slot = NULL;
	h->first++;
}

static void keep(struct hub *h, struct hub_message *m)
{
	if (h->last + 1 - h->first == h->ring_size)
		drop_oldest(h);
	h->last = m->seq;
	h->ring[m->seq & (h->ring_size - 1)] = m;
	h->ring_bytes += m->size;
}

void hub_trim(struct hub *h)
{
	/* What the channels have not been given yet stays, or a turn would lose what it brought. */
	while (h->ring_bytes > h->ring_bytes_max && h->first <= h->flushed)
		drop_oldest(h);
}

/* ---- Things ---- */

static uint64_t thing_hash(enum hub_kind kind, struct dl3_str pbx, struct dl3_str about)
{
	const char k = (char)kind;
	uint64_t x = hash(hash(HASH_START, &k, 1), pbx.ptr, pbx.len);

	return hash(hash(x, "", 1), about.ptr, about.len);
}

static bool is_thing(const struct hub_thing *t, enum hub_kind kind, struct dl3_str pbx, struct dl3_str about)
{
	return t->kind == kind && t->pbx_len == pbx.len && t->about_len == about.len &&
	       (pbx.len == 0 || memcmp(t->name, pbx.ptr, pbx.len) == 0) &&
	       memcmp(t->name + t->pbx_len, about.ptr, about.len) == 0;
}

static struct hub_thing **find(const struct hub *h, enum hub_kind kind, struct dl3_str pbx,
                               struct dl3_str about)
{
	struct hub_thing **at = &h->buckets[thing_hash(kind, pbx, about) & (h->bucket_count - 1)];

	while (*at && !is_thing(*at, kind, pbx, about))
		at = &(*at)->next_in_bucket;
	return at;
}

static void grow_buckets(struct hub *h)
{
	uint32_t count = h->bucket_count * 2;
	struct hub_thing **wider = calloc(count, sizeof(struct hub_thing *));

	if (!wider)
		return;
	for (uint32_t i = 0; i < h->bucket_count; i++) {
		while (h->buckets[i]) {
			struct hub_thing *t = h->buckets[i];
			struct dl3_str pbx = { .ptr = t->name, .len = (uint32_t)t->pbx_len };
			struct dl3_str about = { .ptr = t->name + t->pbx_len, .len = (uint32_t)t->about_len };
			uint64_t to = thing_hash(t->kind, pbx, about) & (count - 1);
			h->buckets[i] = t->next_in_bucket;
			t->next_in_bucket = wider[to];
			wider[to] = t;
		}
	}
	free(h->buckets);
	h->buckets = wider;
	h->bucket_count = count;
}

static struct hub_thing *add_thing(struct hub *h, const struct hub_news *n)
{
	struct hub_thing *t = malloc(sizeof(*t) + n->pbx.len + n->about.len);

	if (!t)
		return NULL;
	if (h->thing_count >= h->bucket_count)
		grow_buckets(h);
	*t = (struct hub_thing){ .kind = n->kind };
	t->pbx_len = n->pbx.len;
	t->about_len = n->about.len;
	if (n->pbx.len > 0)
		memcpy(t->name, n->pbx.ptr, n->pbx.len);
	memcpy(t->name + n->pbx.len, n->about.ptr, n->about.len);
	*find(h, n->kind, n->pbx, n->about) = t;
	t->older = h->newest[n->kind];
	if (t->older)
		t->older->newer = t;
	else
		h->oldest[n->kind] = t;
	h->newest[n->kind] = t;
	h->thing_count++;
	return t;
}

static void free_thing(struct hub *h, struct hub_thing *t)
{
	if (t->older)
		t->older->newer = t->newer;
	else
		h->oldest[t->kind] = t->newer;
	if (t->newer)
		t->newer->older = t->older;
	else
		h->newest[t->kind] = t->older;
	free(t);
}

/* One that is pinned keeps its place in the order, and nothing else. */
static void remove_thing(struct hub *h, struct hub_thing **at)
{
	struct hub_thing *t = *at;

	if (!t)
		return;
	*at = t->next_in_bucket;
	h->thing_count--;
	message_release(t->latest);
	t->latest = NULL;
	if (t->pins == 0)
		free_thing(h, t);
}

struct hub_thing *hub_thing_after(const struct hub *h, enum hub_kind kind, const struct hub_thing *t)
{
	struct hub_thing *next = t ? t->newer : h->oldest[kind];

	while (next && !next->latest)
		next = next->newer;
	return next;
}

void hub_thing_pin(struct hub *h, struct hub_thing **pinned, struct hub_thing *t)
{
	struct hub_thing *before = *pinned;

	if (t)
		t->pins++;
	*pinned = t;
	if (before && --before->pins == 0 && !before->latest)
		free_thing(h, before);
}

static bool note_thing(struct hub *h, const struct hub_news *n, struct hub_message *m)
{
	if (n->about.len == 0)
		return true;
	struct hub_thing **at = find(h, n->kind, n->pbx, n->about);
	if (*at)
		(*at)->latest->replaced = true;
	if (n->over) {
		if (*at)
			remove_thing(h, at);
		return true;
	}
	struct hub_thing *t = *at ? *at : add_thing(h, n);
	if (!t)
		return false;
	message_release(t->latest);
	t->latest = m;
	m->refs++;
	return true;
}

uint64_t hub_publish(struct hub *h, const struct hub_news *news)
{
	struct hub_message *m = make(h, news);

	if (!m || !note_thing(h, news, m)) {
		message_release(m);
		h->counts.lost++;
		return 0;
	}
	const uint64_t seq = m->seq;
	keep(h, m);
	h->turn_bytes += m->len;
	h->counts.published[news->kind]++;
	/* A block is as long as a turn, and whoever is slow keeps it; nor must the ring come round to what nobody has
	 * been given. The message may be gone behind that. */
	if (h->last - h->flushed >= h->ring_size / 2 || h->turn_bytes >= HUB_TURN_BYTES)
		hub_flush(h);
	if (h->flushed < h->last && !h->flush_set) {
		h->flush_set = true;
		event_active(h->flush, EV_TIMEOUT, 0);
	}
	return seq;
}

uint64_t hub_seq(const struct hub *h)
{
	return h->last;
}

void hub_each(struct hub *h, enum hub_kind kind, hub_each_fn fn, void *arg)
{
	const struct hub_thing *t = NULL;

	while ((t = hub_thing_after(h, kind, t)) != NULL) {
		const struct hub_message *m = t->latest;
		struct dl3_str pbx = { .ptr = t->name, .len = (uint32_t)t->pbx_len };
		struct dl3_str about = { .ptr = t->name + t->pbx_len, .len = (uint32_t)t->about_len };
		struct dl3_str body = { .ptr = m->text + m->body_at, .len = m->body_len };
		fn(pbx, about, body, m->tags, m->tag_count, arg);
	}
}

struct dl3_str hub_latest(struct hub *h, enum hub_kind kind, struct dl3_str pbx, struct dl3_str about)
{
	struct hub_thing *t = *find(h, kind, pbx, about);

	if (!t)
		return (struct dl3_str){ 0 };
	return (struct dl3_str){ .ptr = t->latest->text + t->latest->body_at, .len = t->latest->body_len };
}

struct hub_counts hub_counts(const struct hub *h)
{
	struct hub_counts c = h->counts;

	c.kept = (uint32_t)(h->last + 1 - h->first);
	c.kept_bytes = h->ring_bytes;
	c.first = h->first;
	c.things = h->thing_count;
	return c;
}

/* ---- Life ---- */

static int64_t system_now_ms(void *arg)
{
	struct timespec ts = { 0 };

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	for (enum hub_kind k = 0; k < HUB_KINDS && h->buckets; k++)
		while (h->oldest[k]) {
			struct hub_thing *t = h->oldest[k];
			struct dl3_str pbx = { .ptr = t->name, .len = (uint32_t)t->pbx_len };
			struct dl3_str about = { .ptr = t->name + t->pbx_len, .len = (uint32_t)t->about_len };
			remove_thing(h, find(h, k, pbx, about));
		}
	while (h->ring && h->first <= h->last)
		drop_oldest(h);
	if (h->flush)
		event_free(h->flush);
	free(h->ring);
	free(h->buckets);
	free(h);
}

/* The next that is one, where it is none. */
static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 2;

	while (p < n && p < UINT32_C(1) << 31)
		p *= 2;
	return p;
}

struct hub *hub_new(struct event_base *base, const struct hub_config *config)
{
	static const struct hub_config defaults = { 0 };
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	if (!config)
		config = &defaults;
	h->base = base;
	h->now_ms = config->now_ms ? config->now_ms : system_now_ms;
	h->arg = config->arg;
	h->ring_size = power_of_two(config->ring_messages ? config->ring_messages : HUB_RING_MESSAGES);
	h->ring_bytes_max = config->ring_bytes ? config->ring_bytes : HUB_RING_BYTES;
	h->first = h->began = config->first_seq ? config->first_seq : 1;
	h->earlier = config->last_seq;
	h->last = h->flushed = h->turn = h->first - 1;
	h->ring = calloc(h->ring_size, sizeof(struct hub_message *));
	h->bucket_count = BUCKETS_FIRST;
	h->buckets = calloc(h->bucket_count, sizeof(struct hub_thing *));
	h->flush = event_new(base, -1, 0, hub_on_flush, h);
	if (h->ring && h->buckets && h->flush)
		return h;
	hub_free(h);
	return NULL;
}
