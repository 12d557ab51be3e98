/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"

/* Of a line, behind its time and level: what is left is for those two, `cut` and `repeated`. */
#define BODY_MAX (LOG_LINE_MAX - 128u)
#define HEAD_MAX 64u

struct repeat {
	uint64_t hash; /* of what does not vary; 0: free */
	int64_t at_ms; /* last said */
	uint64_t count;
	enum log_level level;
	uint32_t len;
	char body[BODY_MAX];
};

struct log {
	struct log_config config;
	struct log_counts counts;
	uint64_t lost; /* and not yet told */
	bool journal;
	struct repeat repeats[LOG_REPEATS];
};

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = { "debug", "info", "warning", "error" };

	return level < LOG_LEVELS ? names[level] : "?";
}

static int64_t now_ms(const struct log *l)
{
	struct timespec t;

	if (l->config.now_ms)
		return l->config.now_ms(l->config.arg);
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Writing ---- */

/* The journal says in the environment which file it reads from; it takes a level in front of a line. */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char is[48];
	struct stat st;

	if (!stream || fstat(fd, &st) != 0)
		return false;
	snprintf(is, sizeof(is), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(is, stream) == 0;
}

/* Without waiting: a pipe that can be written takes this much as a whole. */
static bool write_line(const struct log *l, const char *line, size_t len)
{
	struct pollfd p = { .fd = l->config.fd, .events = POLLOUT };

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	while (len > 0) {
		ssize_t n = write(l->config.fd, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		line += n;
		len -= (size_t)n;
	}
	return true;
}

static size_t put_head(const struct log *l, enum log_level level, char *to)
{
	static const int priorities[] = { 7, 6, 4, 3 };
	bool json = l->config.format == LOG_FORMAT_JSON;
	int64_t ms = now_ms(l);
	time_t s = (time_t)(ms / 1000);
	char when[32] = "", priority[8] = "";
	struct tm tm;

	if (gmtime_r(&s, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	if (l->journal)
		snprintf(priority, sizeof(priority), "<%d>", priorities[level]);
	int n = snprintf(to, HEAD_MAX, json ? "%s{\"time\":\"%s.%03uZ\",\"level\":\"%s\"" : "%s%s.%03uZ %s",
	                 priority, when, (unsigned)(ms % 1000), log_level_name(level));

	return n > 0 ? (size_t)n : 0;
}

static bool say(struct log *l, enum log_level level, const char *body, size_t len, uint64_t repeated)
{
	bool json = l->config.format == LOG_FORMAT_JSON;
	char line[LOG_LINE_MAX];
	size_t at = put_head(l, level, line);

	memcpy(line + at, body, len);
	at += len;
	if (repeated > 0)
		at += (size_t)snprintf(line + at, sizeof(line) - at,
		                       json ? ",\"repeated\":%ju" : " repeated=%ju", (uintmax_t)repeated);
	if (json)
		line[at++] = '}';
	line[at++] = '\n';
	return write_line(l, line, at);
}

static bool tell_lost(struct log *l)
{
	bool json = l->config.format == LOG_FORMAT_JSON;
	char body[64];
	int n = snprintf(body, sizeof(body), json ? ",\"event\":\"log\",\"lost\":%ju" : " log lost=%ju",
	                 (uintmax_t)l->lost);

	if (!say(l, LOG_LEVEL_WARNING, body, (size_t)n, 0))
		return false;
	l->lost = 0;
	return true;
}

static void emit(struct log *l, enum log_level level, const char *body, size_t len, uint64_t repeated)
{
	if ((l->lost == 0 || tell_lost(l)) && say(l, level, body, len, repeated)) {
		l->counts.lines[level]++;
		return;
	}
	l->lost++;
	l->counts.lost++;
}

/* ---- A line ---- */

static bool is_bare(uint32_t code)
{
	return code > ' ' && code < 0x7f && code != '"' && code != '=' && code != '\\';
}

static bool all_bare(struct dl3_str text)
{
	struct dl3i_plain p = dl3i_plain_of(text);
	uint32_t code;
	bool any = false;

	while (dl3i_plain_next(&p, &code)) {
		if (!is_bare(code))
			return false;
		any = true;
	}
	return any;
}

static void put_code(struct dl3i_out *o, uint32_t code)
{
	static const char digits[] = "0123456789abcdef";
	char utf8[4];

	if (code == '"' || code == '\\') {
		dl3i_put_char(o, '\\');
		dl3i_put_char(o, (char)code);
	} else if (code == '\n') {
		dl3i_put_z(o, "\\n");
	} else if (code == 0x7f || (code <= 0xffff && dl3i_obeyed(code))) {
		dl3i_put_z(o, "\\u");
		for (unsigned shift = 16; shift > 0; shift -= 4)
			dl3i_put_char(o, digits[code >> (shift - 4) & 0xf]);
	} else {
		dl3i_put(o, utf8, dl3i_utf8_put(code, utf8));
	}
}

/* In quotes as JSON has them, also where it is no JSON; nobody's terminal obeys it. */
static void put_text(struct dl3i_out *o, struct dl3_str text, bool bare)
{
	struct dl3i_plain p = dl3i_plain_of(text);
	size_t begin = o->len;
	uint32_t code;

	if (!bare)
		dl3i_put_char(o, '"');
	while (dl3i_plain_next(&p, &code)) {
		if (o->len - begin >= LOG_TEXT_MAX) {
			dl3i_put_z(o, "\xe2\x80\xa6");
			break;
		}
		put_code(o, code);
	}
	if (!bare)
		dl3i_put_char(o, '"');
}

static void put_value(struct dl3i_out *o, const struct log_field *f, bool json)
{
	switch (f->kind) {
	case LOG_KIND_TEXT:
		put_text(o, f->value.text, !json && all_bare(f->value.text));
		break;
	case LOG_KIND_SIGNED:
		dl3i_put_signed(o, f->value.number);
		break;
	case LOG_KIND_UNSIGNED:
		dl3i_put_unsigned(o, f->value.count);
		break;
	case LOG_KIND_BOOL:
		dl3i_put_z(o, f->value.yes ? "true" : "false");
		break;
	}
}

static void put_field(struct dl3i_out *o, const struct log_field *f, bool json)
{
	dl3i_put_z(o, json ? ",\"" : " ");
	dl3i_put_z(o, f->key);
	dl3i_put_z(o, json ? "\":" : "=");
	put_value(o, f, json);
}

static void hash_add(uint64_t *hash, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ (uint8_t)data[i]) * 0x100000001b3u;
}

/* Fields that do not fit are left out as a whole, so that it can be read by machines all the same. */
static uint64_t put_body(struct dl3i_out *o, bool json, const char *event, const struct log_field *fields,
                         size_t count)
{
	static const char cut_json[] = ",\"cut\":true", cut_text[] = " cut=true";
	uint64_t hash = 0xcbf29ce484222325u;

	dl3i_put_z(o, json ? ",\"event\":" : " ");
	put_text(o, dl3_str_of(event), !json);
	hash_add(&hash, o->buf, o->len);
	for (size_t i = 0; i < count; i++) {
		size_t before = o->len;

		if (fields[i].kind == LOG_KIND_TEXT && !fields[i].value.text.ptr)
			continue;
		put_field(o, &fields[i], json);
		if (o->len > o->cap - sizeof(cut_json)) {
			o->len = before;
			dl3i_put_z(o, json ? cut_json : cut_text);
			break;
		}
		if (!fields[i].varies)
			hash_add(&hash, o->buf + before, o->len - before);
	}
	return hash;
}

/* ---- What is said again ---- */

static void tell_repeated(struct log *l, struct repeat *r, int64_t now)
{
	if (r->count == 0) {
		r->hash = 0;
		return;
	}
	emit(l, r->level, r->body, r->len, r->count);
	r->count = 0;
	r->at_ms = now;
}

/* A clock that was set back makes everything due. */
static bool is_due(const struct repeat *r, int64_t now)
{
	return r->hash != 0 && (now < r->at_ms || now - r->at_ms >= LOG_REPEAT_MS);
}

void log_tick(struct log *l)
{
	int64_t now;

	if (!l)
		return;
	now = now_ms(l);
	for (size_t i = 0; i < LOG_REPEATS; i++)
		if (is_due(&l->repeats[i], now))
			tell_repeated(l, &l->repeats[i], now);
}

static void flush(struct log *l)
{
	for (size_t i = 0; i < LOG_REPEATS; i++) {
		if (l->repeats[i].hash != 0)
			tell_repeated(l, &l->repeats[i], now_ms(l));
		l->repeats[i].hash = 0;
	}
}

static struct repeat *find(struct log *l, uint64_t hash)
{
	for (size_t i = 0; i < LOG_REPEATS; i++)
		if (l->repeats[i].hash == hash)
			return &l->repeats[i];
	return NULL;
}

/* A free place, or that of the line which was said the longest ago. */
static struct repeat *make_room(struct log *l, int64_t now)
{
	struct repeat *oldest = &l->repeats[0];

	for (size_t i = 0; i < LOG_REPEATS; i++) {
		if (l->repeats[i].hash == 0)
			return &l->repeats[i];
		if (l->repeats[i].at_ms < oldest->at_ms)
			oldest = &l->repeats[i];
	}
	tell_repeated(l, oldest, now);
	return oldest;
}

void log_line(struct log *l, enum log_level level, const char *event, const struct log_field *fields,
              size_t count)
{
	char body[BODY_MAX];
	struct dl3i_out o = dl3i_out_to(body, sizeof(body));

	if (!log_takes(l, level))
		return;
	log_tick(l);
	uint64_t hash = put_body(&o, l->config.format == LOG_FORMAT_JSON, event, fields, count);
	hash += (uint64_t)level;
	hash += hash == 0;
	struct repeat *r = find(l, hash);
	int64_t now = now_ms(l);

	if (r) {
		r->count++;
		l->counts.repeated++;
	} else {
		r = make_room(l, now);
		*r = (struct repeat){ .hash = hash, .at_ms = now, .level = level };
		emit(l, level, body, o.len, 0);
	}
	/* Of those that vary the last one is said. */
	memcpy(r->body, body, o.len);
	r->len = (uint32_t)o.len;
}

/* ---- The log ---- */

struct log *log_new(const struct log_config *config)
{
	struct log *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->config = *config;
	l->journal = is_journal(config->fd);
	return l;
}

void log_free(struct log *l)
{
	if (!l)
		return;
	flush(l);
	free(l);
}

void log_set(struct log *l, enum log_format format, enum log_level level)
{
	flush(l);
	l->config.format = format;
	l->config.level = level;
}

bool log_takes(const struct log *l, enum log_level level)
{
	return l && level >= l->config.level && level < LOG_LEVELS;
}

struct log_counts log_counts(const struct log *l)
{
	return l->counts;
}
