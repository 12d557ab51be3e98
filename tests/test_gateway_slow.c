/* SPDX-License-Identifier: MIT */
/*
 * Consumers that do not keep up: what they get and what they are told they missed is, together, what was
 * published for them. Held against a list of all that was published, with readers of all speeds.
 */
#include "support/test.h"

#include "gateway/consumer_parts.h"
#include "support/random.h"
#include "support/stage.h"

#define READERS 24u
#define THINGS 40u
#define PUBLISHED_MAX 20000u

/* ---- All that was published ---- */

struct published {
	enum hub_kind kind;
	int thing; /* -1: about nothing */
	int extension;
	bool over;
};

static struct published history[PUBLISHED_MAX];
static uint64_t published; /* the first has number 1 */

static struct stage stage;
static struct dl3t_random seed;

static unsigned below(unsigned n)
{
	return (unsigned)dl3t_below(&seed, n);
}

static void publish(void)
{
	static const enum hub_kind kinds[] = { HUB_CALL, HUB_CALL, HUB_CALL, HUB_USER, HUB_RECORD, HUB_GAP };
	const enum hub_kind kind = kinds[below(6)];
	const bool about = kind == HUB_CALL || kind == HUB_USER;
	/* What it is about keeps its extension. */
	const int thing = about ? (int)below(THINGS) : -1, extension = about ? thing % 3 : (int)below(3);
	char name[16], ext[8];

	(void)snprintf(name, sizeof(name), "t%d", thing);
	(void)snprintf(ext, sizeof(ext), "20%d", extension);
	const uint64_t tags[] = { hub_tag(HUB_EXTENSION, dl3_str_of(ext)), 0 };
	history[published] = (struct published){ kind, thing, extension, kind == HUB_CALL && below(20) == 0 };
	published++;
	const long long n = (long long)published - 1;
	uint64_t seq = history[n].over ? stage_end(&stage, name, n, tags)
	                               : stage_tell(&stage, kind, about ? name : NULL, n, tags);
	assert_int_equal(seq, published);
}

/* ---- Those who read ---- */

struct listener {
	struct reader reader;
	char query[96];
	unsigned kinds;
	int extension; /* -1: all */
	enum consumer_policy policy;
	unsigned speed;     /* octets a turn at most */
	uint64_t since;     /* the number before its first */
	long long last;     /* the number that it has come to */
	uint64_t got, told; /* messages, and those it was told it missed */
	size_t looked;      /* at messages of its reader */
	bool in_snapshot, had_snapshot;
	long long known[2][THINGS]; /* of calls and of users: the last that it knows */
};

static struct listener listeners[READERS];
static unsigned joined;

/* Whether a number is for it; written again from the description, not taken from the hub. */
static bool is_for(const struct listener *l, uint64_t seq)
{
	const struct published *p = &history[seq - 1];

	return (l->kinds >> p->kind & 1) != 0 &&
	       (p->kind == HUB_GAP || l->extension < 0 || p->extension == l->extension);
}

static uint64_t count_for(const struct listener *l, uint64_t after, uint64_t to)
{
	uint64_t n = 0;

	for (uint64_t seq = after + 1; seq <= to; seq++)
		n += is_for(l, seq);
	return n;
}

static void join(struct listener *l, unsigned i)
{
	static const char *const policies[] = { "disconnect", "skip", "latest" };
	static const char *const kinds[] = { "", "&kind=call", "&kind=record,user,call" };
	static const unsigned sets[] = { 1u << HUB_CALL | 1u << HUB_USER | 1u << HUB_GAP,
		                         1u << HUB_CALL | 1u << HUB_GAP,
		                         1u << HUB_CALL | 1u << HUB_USER | 1u << HUB_RECORD | 1u << HUB_GAP };
	const unsigned kind = below(3), narrow = below(2);

	memset(l, 0, sizeof(*l));
	memset(l->known, -1, sizeof(l->known));
	l->policy = (enum consumer_policy)(i % 3);
	l->kinds = sets[kind];
	l->extension = narrow ? (int)below(3) : -1;
	l->speed = below(3) == 0 ? 100000 : 50 + below(1500);
	l->since = published;
	l->last = (long long)published;
	(void)snprintf(l->query, sizeof(l->query), "policy=%s&queue=%u%s", policies[l->policy],
	               1 + below(below(2) ? 10 : 300), kinds[kind]);
	if (narrow)
		(void)snprintf(l->query + strlen(l->query), sizeof(l->query) - strlen(l->query),
		               "&extension=20%d", l->extension);
	const struct consumer_wish wish = stage_wish(l->query);
	assert_true(stage_join_as(&stage, &l->reader, below(2) ? HUB_WEBSOCKET : HUB_SSE, &wish, 4096));
}

static void learn(struct listener *l, const struct reader_message *m)
{
	const struct published *p = &history[m->n];

	assert_int_equal(m->seq, m->n + 1);
	if (p->thing < 0)
		return;
	long long *known = &l->known[p->kind == HUB_USER][p->thing];
	/* A snapshot may be ahead of what comes behind it. */
	if (m->n > *known)
		*known = m->n;
}

static void took(struct listener *l, const struct reader_message *m)
{
	assert_true(m->seq > l->last);
	assert_true(is_for(l, (uint64_t)m->seq));
	/* What is passed over without a word is passed over for nobody but who wants the latest alone. */
	if (l->policy != CONSUMER_LATEST)
		assert_int_equal(count_for(l, (uint64_t)l->last, (uint64_t)m->seq), 1);
	l->last = m->seq;
	l->got++;
	learn(l, m);
}

static void told(struct listener *l, const struct reader_message *m)
{
	assert_string_equal(m->scope, "slow");
	assert_true(m->missed > 0);
	if (l->policy == CONSUMER_SKIP)
		assert_int_equal(count_for(l, (uint64_t)l->last, (uint64_t)m->seq), m->missed);
	if (l->policy == CONSUMER_DISCONNECT)
		assert_int_equal(m->seq >= l->last, 1);
	l->told += (uint64_t)m->missed;
	if (m->seq > l->last)
		l->last = m->seq;
}

static void look(struct listener *l)
{
	for (; l->looked < l->reader.count; l->looked++) {
		const struct reader_message *m = &l->reader.messages[l->looked];
		if (strcmp(m->kind, "snapshot") == 0) {
			assert_int_equal(l->policy, CONSUMER_LATEST);
			l->in_snapshot = strcmp(m->what, "begin") == 0;
			l->had_snapshot = true;
		} else if (l->in_snapshot && m->n >= 0) {
			learn(l, m);
		} else if (strcmp(m->kind, "gap") == 0 && m->scope[0]) {
			told(l, m);
		} else if (strcmp(m->kind, "bye") != 0) {
			took(l, m);
		}
	}
}

/* What it knows of each thing is the last that there was for it. */
static void check_latest(const struct listener *l)
{
	long long last[2][THINGS];

	memset(last, -1, sizeof(last));
	for (uint64_t seq = l->since + 1; seq <= published; seq++)
		if (is_for(l, seq) && history[seq - 1].thing >= 0)
			last[history[seq - 1].kind == HUB_USER][history[seq - 1].thing] = (long long)seq - 1;
	for (int k = 0; k < 2; k++)
		for (unsigned i = 0; i < THINGS; i++) {
			/* What ended while the ring went past is not in the snapshot: that says so. */
			const bool ended = l->had_snapshot && last[k][i] >= 0 && history[last[k][i]].over &&
			                   l->known[k][i] < last[k][i];
			if (!ended)
				assert_int_equal(l->known[k][i], last[k][i]);
		}
}

static void finish(struct listener *l)
{
	do
		stage_turn(&stage);
	while (reader_read(&l->reader, 100000) > 0);
	stage_drain(&stage, &l->reader);
	look(l);
	const uint64_t all = count_for(l, l->since, published);
	if (l->policy == CONSUMER_DISCONNECT)
		/* It was told up to when it went. */
		assert_true(l->got + l->told <= all && (l->reader.ended || l->told == 0));
	else
		assert_int_equal(l->got + l->told, all);
	assert_int_equal(l->policy == CONSUMER_DISCONNECT && l->told > 0, l->reader.ended);
	if (l->policy == CONSUMER_LATEST)
		check_latest(l);
	reader_close(&l->reader);
}

static void step(void)
{
	const unsigned burst = below(10) == 0 ? 60 : below(4);

	for (unsigned i = 0; i < burst && published < PUBLISHED_MAX; i++)
		publish();
	if (below(3))
		stage_turn(&stage);
	for (unsigned i = 0; i < joined; i++) {
		if (below(3) == 0)
			(void)reader_read(&listeners[i].reader, 1 + below(listeners[i].speed));
		look(&listeners[i]);
	}
}

static struct hub_counts storm(uint64_t first_seed, uint32_t ring)
{
	seed = (struct dl3t_random){ first_seed };
	published = 0;
	stage_open_as(&stage, (struct hub_config){ .ring_messages = ring }, (struct consumers_config){ 0 });
	for (joined = 0; joined < READERS; joined++) {
		join(&listeners[joined], joined);
		step();
	}
	while (published < PUBLISHED_MAX / 4)
		step();
	stage_turn(&stage);
	for (unsigned i = 0; i < READERS; i++)
		finish(&listeners[i]);
	const struct hub_counts counts = hub_counts(stage.hub);
	stage_close(&stage);
	return counts;
}

static void got_and_missed_are_all_there_was(void **state)
{
	(void)state;
	for (uint64_t s = 1; s <= 6; s++) {
		const struct hub_counts c = storm(s, 0);
		assert_true(c.skipped > 20);
		assert_true(c.missed > 1000);
		assert_true(c.disconnected > 1);
	}
}

static void also_where_the_ring_is_short(void **state)
{
	(void)state;
	for (uint64_t s = 11; s <= 16; s++) {
		const struct hub_counts c = storm(s, 64);
		assert_true(c.missed > 1000);
	}
}

/* ---- Each policy by itself ---- */

static void fill(struct stage *s, struct reader *r, const char *query, int from, int to)
{
	const struct consumer_wish wish = stage_wish(query);

	assert_true(stage_join_as(s, r, HUB_SSE, &wish, 4096));
	for (int i = from; i <= to; i++) {
		stage_tell(s, HUB_CALL, i % 2 ? "odd" : "even", i, NULL);
		stage_turn(s);
	}
}

static void who_skips_goes_on_behind_the_gap(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	size_t gap = 0;

	stage_open(&s);
	fill(&s, &r, "policy=skip&queue=50", 1, 400);
	stage_drain(&s, &r);
	stage_tell(&s, HUB_CALL, "odd", 401, NULL);
	stage_drain(&s, &r);
	while (strcmp(r.messages[gap].kind, "gap") != 0)
		gap++;
	const struct reader_message *m = &r.messages[gap];
	assert_string_equal(m->scope, "slow");
	assert_int_equal(m->id, m[-1].id + m->missed);
	assert_int_equal(m[1].id, m->id + 1);
	assert_int_equal(r.messages[r.count - 1].n, 401);
	assert_true(hub_counts(s.hub).skipped > 0);
	assert_int_equal(hub_counts(s.hub).disconnected, 0);
	reader_close(&r);
	stage_close(&s);
}

static void who_wants_the_latest_gets_the_last_about_each(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;

	stage_open(&s);
	fill(&s, &r, "policy=latest&queue=50", 1, 400);
	stage_drain(&s, &r);
	/* What fitted into the socket; then the last two; then how many were passed over. */
	assert_true(r.count > 10 && r.count < 200);
	assert_int_equal(r.messages[r.count - 3].n, 399);
	assert_int_equal(r.messages[r.count - 2].n, 400);
	assert_string_equal(r.messages[r.count - 1].scope, "slow");
	assert_int_equal(r.messages[r.count - 1].missed, 400 - (r.count - 1));
	stage_tell(&s, HUB_CALL, "odd", 401, NULL);
	stage_tell(&s, HUB_CALL, "odd", 402, NULL);
	stage_drain(&s, &r);
	/* Having caught up it gets all again. */
	assert_int_equal(r.messages[r.count - 2].n, 401);
	assert_int_equal(r.messages[r.count - 1].n, 402);
	reader_close(&r);
	stage_close(&s);
}

static void whose_latest_is_gone_gets_a_snapshot(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	size_t begin = 0;

	stage_open_as(&s, (struct hub_config){ .ring_messages = 32 }, (struct consumers_config){ 0 });
	stage_tell(&s, HUB_USER, "quiet", 0, NULL);
	fill(&s, &r, "policy=latest&queue=50", 1, 400);
	stage_drain(&s, &r);
	while (strcmp(r.messages[begin].kind, "snapshot") != 0)
		begin++;
	/* First how many there were. */
	assert_string_equal(r.messages[begin - 1].scope, "slow");
	assert_int_equal(r.messages[begin - 1].missed, 400 - (begin - 1));
	assert_int_equal(r.count, begin + 5);
	assert_int_equal(r.messages[begin + 1].n, 0);
	assert_int_equal(r.messages[begin + 2].n, 399);
	assert_int_equal(r.messages[begin + 3].n, 400);
	assert_string_equal(r.messages[begin + 4].what, "end");
	reader_close(&r);
	stage_close(&s);
}

static void who_is_disconnected_can_resume_without_a_loss(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	char query[64];
	long long last = 0;
	unsigned times = 0;

	stage_open(&s);
	fill(&s, &r, "policy=disconnect&queue=50", 1, 400);
	for (;;) {
		stage_drain(&s, &r);
		for (size_t i = 0; i < r.count && r.messages[i].scope[0] == '\0' && r.messages[i].n >= 0; i++)
			assert_int_equal(r.messages[i].id, ++last);
		if (!r.ended)
			break;
		assert_string_equal(r.messages[r.count - 2].scope, "slow");
		assert_int_equal(r.messages[r.count - 2].id, last);
		assert_string_equal(r.messages[r.count - 1].kind, "bye");
		assert_int_equal(r.messages[r.count - 2].missed, (long long)hub_seq(s.hub) - last);
		reader_close(&r);
		(void)snprintf(query, sizeof(query), "policy=disconnect&queue=50&from=%lld", last);
		/* Twice it is too slow again. */
		times++;
		fill(&s, &r, query, 1, times < 3 ? 400 : 1);
	}
	assert_int_equal(times, 3);
	assert_int_equal(last, hub_seq(s.hub));
	assert_int_equal(hub_counts(s.hub).disconnected, 3);
	reader_close(&r);
	stage_close(&s);
}

static void who_resumes_and_is_too_slow_is_told_of_history_too(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	long long last = 0, missed = 0;

	stage_open(&s);
	for (int i = 1; i <= 1000; i++)
		stage_tell(&s, i % 2 ? HUB_CALL : HUB_RECORD, NULL, i, NULL);
	fill(&s, &r, "from=0&policy=skip&queue=50", 1001, 1200);
	stage_drain(&s, &r);
	for (size_t i = 0; i < r.count; i++) {
		missed += r.messages[i].missed > 0 ? r.messages[i].missed - 1 : 0;
		assert_true(r.messages[i].id >= last);
		last = r.messages[i].id;
	}
	/* 500 before it came, and 200 since. */
	assert_true(missed > 500);
	assert_int_equal((long long)r.count + missed, 700);
	reader_close(&r);
	stage_close(&s);
}

static void who_resumes_and_is_passed_by_the_ring_is_told(void **state)
{
	(void)state;
	struct stage s;
	struct reader r;
	long long sum = 0;
	bool history_told = false, slow = false;

	stage_open_as(&s, (struct hub_config){ .ring_messages = 512 }, (struct consumers_config){ 0 });
	for (int i = 1; i <= 500; i++)
		stage_tell(&s, HUB_CALL, NULL, i, NULL);
	fill(&s, &r, "from=0&policy=skip&queue=100000", 501, 1500);
	stage_drain(&s, &r);
	for (size_t i = 0; i < r.count; i++) {
		sum += r.messages[i].missed > 0 ? r.messages[i].missed : 1;
		history_told = history_told || strcmp(r.messages[i].scope, "history") == 0;
		slow = slow || strcmp(r.messages[i].scope, "slow") == 0;
	}
	assert_true(history_told && slow);
	assert_int_equal(sum, 1500);
	reader_close(&r);
	stage_close(&s);
}

static void the_others_are_not_held_up(void **state)
{
	(void)state;
	struct stage s;
	struct reader slow, fast;

	stage_open(&s);
	stage_join(&s, &fast, "queue=1&policy=disconnect");
	const struct consumer_wish wish = stage_wish("queue=1&policy=skip");
	assert_true(stage_join_as(&s, &slow, HUB_SSE, &wish, 4096));
	for (int i = 0; i < 3000; i++) {
		stage_tell(&s, HUB_CALL, "a", i, NULL);
		stage_turn(&s);
		(void)reader_read(&fast, 65536);
		assert_int_equal(fast.count, i + 1);
	}
	reader_close(&slow);
	reader_close(&fast);
	stage_close(&s);
}

DL3T_TESTS(cmocka_unit_test(got_and_missed_are_all_there_was), cmocka_unit_test(also_where_the_ring_is_short),
           cmocka_unit_test(who_skips_goes_on_behind_the_gap),
           cmocka_unit_test(who_wants_the_latest_gets_the_last_about_each),
           cmocka_unit_test(whose_latest_is_gone_gets_a_snapshot),
           cmocka_unit_test(who_is_disconnected_can_resume_without_a_loss),
           cmocka_unit_test(who_resumes_and_is_too_slow_is_told_of_history_too),
           cmocka_unit_test(who_resumes_and_is_passed_by_the_ring_is_told),
           cmocka_unit_test(the_others_are_not_held_up));
