/* SPDX-License-Identifier: MIT */
/*
 * What the call tracker costs: records per second beside decoding alone, of a server with as many calls up as the
 * largest has; memory of a call that is up; and saving and restoring. The records are made from a seed.
 */
#include <devlink3/devlink3.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UP 3000u        /* calls at once: the largest single server */
#define RECORDS 300000u /* of these, so many records */
#define ROUNDS 7
#define MANY 100000u /* calls at once, for the memory */
#define USERS 3000u
#define PBX 0xc0a82a03u

/* ---- The records ---- */

struct texts {
	char *at;
	size_t len, cap;
	uint32_t *lens;
	size_t count, count_cap;
};

struct leg {
	unsigned step, a, targets, first_target, user, group;
};

struct maker {
	struct texts *out;
	uint64_t random;
	uint32_t end;
	int64_t tenths;
	bool direct; /* calls ring at one place, not at up to four */
};

static void *need(void *p)
{
	if (!p) {
		fputs("bench: no memory\n", stderr);
		exit(1);
	}
	return p;
}

static unsigned below(struct maker *m, unsigned n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (unsigned)(m->random >> 33) % n;
}

__attribute__((format(printf, 2, 3))) static void put(struct texts *t, const char *format, ...)
{
	va_list args;

	if (t->len + 1024 > t->cap) {
		t->cap = t->cap * 2 + 65536;
		t->at = need(realloc(t->at, t->cap));
	}
	va_start(args, format);
	int n = vsnprintf(t->at + t->len, 1024, format, args);
	va_end(args);
	if (n < 0 || n >= 1024)
		abort();
	t->len += (size_t)n;
}

static void finish(struct texts *t, size_t from)
{
	if (t->count == t->count_cap) {
		t->count_cap = t->count_cap * 2 + 4096;
		t->lens = need(realloc(t->lens, t->count_cap * sizeof(*t->lens)));
	}
	t->lens[t->count++] = (uint32_t)(t->len - from);
}

static void put_parties(struct maker *m, const struct leg *l, bool met, bool held)
{
	struct texts *t = m->out;

	put(t,
	    "<PartyA>%08x%08x,1,%d,%d,%d,0,1,0,1,5,106,0f5757c5c504c74197be9699697eab8d,,0,0,5678,,,,,%u,"
	    "01707%06u,100,5,\"Caller, %u\",</PartyA>",
	    PBX, l->a, met ? 2 : 19, !held,
	    held  ? 1
	    : met ? 0
	          : 2,
	    l->group, l->a % 1000000, l->a % 1000000);
	if (met)
		put(t,
		    "<PartyB>%08x%08x,0,2,%d,0,0,0,0,1,8,106,,%u,0,4,,,,,,%u,01707%06u,100,5,\"User "
		    "%u\",</PartyB>",
		    PBX, l->first_target + l->user % l->targets, 1,
		    10000 + (l->first_target + l->user % l->targets) % USERS, l->group, l->a % 1000000,
		    (l->first_target + l->user % l->targets) % USERS);
}

static void detail(struct maker *m, const struct leg *l, bool met, bool held)
{
	struct texts *t = m->out;
	size_t from = t->len;

	put(t, "<Detail><Call>%08x,%u,,,,0,,%u,,%u,,0,0,%s,%" PRId64 ",0,,</Call>", PBX, l->a, l->group,
	    l->group, met ? "" : "1", m->tenths);
	put_parties(m, l, met, held);
	if (!met) {
		put(t, "<Target_list>");
		for (unsigned i = 0; i < l->targets; i++)
			put(t, "<Target>%08x%08x,0,0,8,106,,%u,0,4,,,%u,01707%06u,100</Target>", PBX,
			    l->first_target + i, 10000 + (l->first_target + i) % USERS, l->group,
			    l->a % 1000000);
		put(t, "</Target_list>");
	}
	put(t, "</Detail>");
	finish(t, from);
}

static void lost(struct maker *m, unsigned end, bool cleared)
{
	size_t from = m->out->len;

	put(m->out, "<CallLost>%08x,%08x%08x,%d,16,%" PRId64 "</CallLost>", PBX, PBX, end, cleared,
	    m->tenths);
	finish(m->out, from);
}

/* Rings, is answered, held, retrieved, cleared; each call at its own pace. */
static void go_on(struct maker *m, struct leg *l)
{
	switch (l->step++) {
	case 0:
		l->a = m->end++;
		l->targets = m->direct ? 1 : 1 + below(m, 4);
		l->first_target = m->end;
		l->user = below(m, 1000);
		l->group = 200 + below(m, 40);
		m->end += l->targets;
		detail(m, l, false, false);
		break;
	case 1:
	case 3:
		detail(m, l, true, false);
		break;
	case 2:
		detail(m, l, true, true);
		break;
	default:
		lost(m, l->a, true);
		lost(m, l->first_target + l->user % l->targets, false);
		l->step = 0;
	}
}

static struct texts make_stream(void)
{
	struct texts t = { 0 };
	struct maker m = { .out = &t, .random = 20160730, .end = 1000, .tenths = 81234 };
	static struct leg legs[UP];

	while (t.count < RECORDS) {
		m.tenths += below(&m, 40) == 0;
		go_on(&m, &legs[below(&m, UP)]);
	}
	return t;
}

/* ---- Methods ---- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct result {
	const char *name;
	double best;
	uint64_t sum, ended;
};

enum { DECODE, ENDED, ENDED_JSON, ALL, ALL_BATCH, METHODS };
#define BATCH 64u /* a read from a socket has some 16 KiB */

static void fetch(struct dl3_tracker *t, struct result *r, bool json)
{
	static char line[65536];
	struct dl3_tracked told;
	size_t len;

	while (dl3_tracker_next(t, &told) == DL3_OK) {
		r->sum += told.type;
		if (told.type != DL3_TRACKED_CALL_ENDED)
			continue;
		r->ended++;
		if (!json)
			continue;
		if (dl3_call_json(told.call, DL3_CALL_JSON_RECORD, line, sizeof(line), &len) != DL3_OK)
			abort();
		r->sum += len;
	}
}

static void run(const struct texts *x, struct result *r, int how)
{
	const struct dl3_tracker_config config = { .quiet = how >= ALL ? 0 : DL3_TRACKER_RECORDS_ONLY };
	struct dl3_tracker *t = need(dl3_tracker_new(&config, NULL));
	const char *at = x->at;
	double start = seconds();

	r->sum = r->ended = 0;
	for (size_t i = 0; i < x->count; i++) {
		struct dl3_str text = { .ptr = at, .len = x->lens[i] };
		struct dl3_record record;

		if (dl3_delta3_decode(text, &record, NULL) != DL3_OK)
			abort();
		at += x->lens[i];
		r->sum += (uint64_t)record.kind;
		if (how == DECODE)
			continue;
		if (dl3_tracker_record(t, 1700000000000 + (int64_t)i, PBX, (uint32_t)i, &record) != DL3_OK)
			abort();
		if (how != ALL_BATCH || i % BATCH == BATCH - 1)
			fetch(t, r, how == ENDED_JSON);
	}
	fetch(t, r, false);
	double took = seconds() - start;
	if (r->best == 0 || took < r->best)
		r->best = took;
	dl3_tracker_free(t);
}

/* ---- Memory ---- */

static size_t live, live_real;

/* What glibc takes for a block: a word in front, in steps of 16, and no less than 32. */
static size_t real_size(size_t size)
{
	size_t real = (size + 8 + 15) / 16 * 16;

	return size == 0 ? 0 : real < 32 ? 32 : real;
}

static void *counted(void *block, size_t old_size, size_t new_size, void *arg)
{
	(void)arg;
	void *p = realloc(block, new_size > 0 ? new_size : 1);

	if (!p)
		return NULL;
	live = live - old_size + new_size;
	live_real = live_real - real_size(old_size) + real_size(new_size);
	if (new_size > 0)
		return p;
	free(p);
	return NULL;
}

static void save(struct dl3_tracker *t)
{
	size_t len = 0;

	if (dl3_tracker_save(t, NULL, 0, &len) != DL3_ERR_SPACE)
		abort();
	uint8_t *saved = need(malloc(len));
	double start = seconds();
	if (dl3_tracker_save(t, saved, len, &len) != DL3_OK)
		abort();
	double took = seconds() - start;
	printf("\nsaved: %.0f octets a call, in %.0f ms\n", (double)len / MANY, took * 1e3);
	start = seconds();
	if (dl3_tracker_restore(t, (struct dl3_octets){ saved, len }) != DL3_OK)
		abort();
	printf("restored in %.0f ms\n", (seconds() - start) * 1e3);
	free(saved);
}

/* How far calls have come: ringing, answered, held. */
static void measure(unsigned steps, const char *state, bool and_save)
{
	struct dl3_allocator allocator = { .resize = counted };
	struct dl3_tracker_config config = { .max_calls = 2 * MANY };
	struct texts x = { 0 };
	struct maker m = { .out = &x, .random = 7, .end = 1000, .tenths = 100, .direct = true };
	struct result ignored = { 0 };

	for (unsigned i = 0; i < MANY; i++) {
		struct leg l = { 0 };

		while (l.step < steps)
			go_on(&m, &l);
	}
	live = live_real = 0;
	struct dl3_tracker *t = need(dl3_tracker_new(&config, &allocator));
	const char *at = x.at;
	for (size_t i = 0; i < x.count; i++) {
		struct dl3_record record;

		if (dl3_delta3_decode((struct dl3_str){ .ptr = at, .len = x.lens[i] }, &record, NULL) !=
		            DL3_OK ||
		    dl3_tracker_record(t, 1700000000000, PBX, 1, &record) != DL3_OK)
			abort();
		at += x.lens[i];
		fetch(t, &ignored, false);
	}
	struct dl3_tracked_counts c = dl3_tracker_counts(t);
	if (c.calls != MANY || live != dl3_tracker_memory(t))
		abort();
	printf("%-28s %12.0f %12.0f\n", state, (double)live / MANY, (double)live_real / MANY);
	if (and_save)
		save(t);
	dl3_tracker_free(t);
	free(x.at);
	free(x.lens);
}

int main(void)
{
	struct texts x = make_stream();
	struct result results[] = { { .name = "decode" },
		                    { .name = "decode and track: records" },
		                    { .name = "and a line for each" },
		                    { .name = "decode and track: all" },
		                    { .name = "all, once in 64 records" } };

	/* In turns, so that a slow moment of the machine falls on all of them. */
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < METHODS; i++)
			run(&x, &results[i], i);
	printf("%zu records, %.0f octets each on average, %u calls at once, %" PRIu64
	       " over; best of %d rounds, CPU time\n\n",
	       x.count, (double)x.len / (double)x.count, UP, results[ALL].ended, ROUNDS);
	printf("%-28s %12s %10s\n", "", "records/s", "x decode");
	for (int i = 0; i < METHODS; i++)
		printf("%-28s %12.0f %10.2f\n", results[i].name, (double)x.count / results[i].best,
		       results[DECODE].best / results[i].best);
	for (int i = ENDED; i < METHODS; i++) {
		static const char *const names[] = { [ENDED] = "track alone: records",
			                             [ALL] = "track alone: all",
			                             [ALL_BATCH] = "track alone: all, in 64s" };
		double alone = results[i].best - results[DECODE].best;

		if (i != ENDED_JSON)
			printf("%-28s %12.0f %10.2f\n", names[i], (double)x.count / alone,
			       results[DECODE].best / alone);
	}
	free(x.at);
	free(x.lens);
	printf("\n%u calls up between two parties, %u users, 40 groups: octets a call\n\n"
	       "%-28s %12s %12s\n",
	       MANY, USERS, "", "asked for", "with malloc");
	measure(1, "ringing", false);
	measure(2, "answered", false);
	measure(4, "held and retrieved", true);
	return 0;
}
