/* SPDX-License-Identifier: MIT */
/*
 * What the store's questions cost once there are many calls: makes N calls as the gateway would put them, then
 * asks. The time of a page is given beside that of the simplest one, the latest hundred calls.
 *
 *     bench/store N FILE    makes the file, or goes on with it when it is there; it stays
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/store.h"

#define START_S 1700000000LL
#define SPACING_MS 9000 /* ten million calls in not quite three years */
#define EXTENSIONS 400u
#define GROUPS 20u
#define NUMBERS 300000u
#define ROUNDS 21

static void die(const char *what)
{
	(void)fprintf(stderr, "bench/store: %s\n", what);
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t seed = 1;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 8) * n >> 24);
}

/* ---- Calls ---- */

struct words {
	char text[40];
};

static struct dl3_str print(struct words *w, const char *format, unsigned n)
{
	int len = snprintf(w->text, sizeof(w->text), "%s%u", format, n);

	return (struct dl3_str){ .ptr = w->text, .len = (uint32_t)len };
}

static const char *const first_names[] = {
	"Anna", "Bob", "Clara", "David", "Emma", "Frank", "Grete", "Hans"
};

/* Few call often, most seldom. */
static unsigned a_number(void)
{
	return below(4) == 0 ? below(2000) : below(NUMBERS);
}

static void put(struct store *s, unsigned n)
{
	static char json[800];
	static const char *const outcomes[] = { "answered", "abandoned", "voicemail", "rejected", "failed" };
	struct words id, cli, dialled, extension, other, group, name;
	unsigned kind = below(10), fate = below(100);
	struct dl3_str extensions[2];
	struct store_segment segment;
	struct store_call c = { .pbx = dl3_str_of(below(4) > 0 ? "main" : "branch") };

	if (!json[0])
		memset(json, '.', sizeof(json) - 1);
	extensions[0] = print(&extension, "", 200 + below(EXTENSIONS));
	extensions[1] = print(&other, "", 200 + below(EXTENSIONS));
	c.id = print(&id, "0.1000.", n);
	c.direction = dl3_str_of(kind < 6 ? "incoming" : kind < 8 ? "outgoing" : "internal");
	c.outcome = dl3_str_of(outcomes[fate < 80 ? 0 : fate < 90 ? 1 : fate < 97 ? 2 : fate < 98 ? 3 : 4]);
	c.started_ms = START_S * 1000 + (int64_t)n * SPACING_MS + below(SPACING_MS);
	c.duration_ms =
		(int64_t)below(600) * 100 * (1 + (int64_t)below(10)) + (below(10000) == 0 ? 7200000 : 0);
	c.answered_ms = fate < 80 ? c.started_ms + 5000 : STORE_NULL;
	c.ended_ms = c.started_ms + c.duration_ms;
	c.ring_ms = 5000;
	c.talk_ms = fate < 80 ? c.duration_ms : 0;
	c.cli = kind < 6 ? print(&cli, "+4930", 1000000 + a_number()) : extensions[0];
	c.dialled = kind >= 6 && kind < 8 ? print(&dialled, "+4989", 1000000 + a_number()) : extensions[1];
	c.name = print(&name, first_names[below(8)], below(20000));
	c.name.ptr = name.text;
	c.group = kind < 3 ? print(&group, "", 700 + below(GROUPS)) : dl3_str_of(NULL);
	c.answered_by = fate < 80 ? extensions[1] : dl3_str_of(NULL);
	c.cause = 16;
	c.json = (struct dl3_str){ .ptr = json, .len = 400 + below(399) };
	segment =
		(struct store_segment){ .who = extensions[1], .from_ms = c.started_ms, .to_ms = c.ended_ms };
	c.segments = &segment;
	c.segment_count = fate < 80;
	c.extensions = extensions;
	c.extension_count = kind < 8 ? 1 : 2;
	if (!store_put_call(s, &c))
		die("a call was not accepted");
}

static void wait_until_queued_below(struct store *s, size_t n)
{
	struct store_status status;

	for (;;) {
		store_status(s, &status);
		if (status.state == STORE_FAILING)
			die(status.reason);
		if (status.queued <= n)
			return;
		(void)usleep(1000);
	}
}

static void make(struct store *s, unsigned count, const char *path)
{
	double began = seconds(), last = began;
	struct stat st;

	for (unsigned i = 0; i < count; i++) {
		put(s, i);
		if (i % 10000 == 0)
			wait_until_queued_below(s, 40000);
		if (i > 0 && i % 500000 == 0) {
			(void)fprintf(stderr, "%u calls, %.0f a second lately\n", i,
			              500000 / (seconds() - last));
			last = seconds();
		}
	}
	wait_until_queued_below(s, 0);
	printf("%u calls stored, %.0f a second", count, count / (seconds() - began));
	if (stat(path, &st) == 0)
		printf(", %.0f octets each in the file", (double)st.st_size / count);
	printf("\n");
}

/* ---- Questions ---- */

struct answer {
	bool come;
	size_t rows;
	char next[STORE_CURSOR_SIZE];
};

static void on_answer(const struct store_result *r, void *arg)
{
	struct answer *a = arg;

	if (r->answer != STORE_ANSWERED)
		(void)fprintf(stderr, "bench/store: %s\n", r->reason);
	a->come = true;
	a->rows = r->row_count + r->point_count;
	(void)snprintf(a->next, sizeof(a->next), "%s", r->next ? r->next : "");
}

static void wait_for(struct store *s, struct answer *a)
{
	struct pollfd p = { .fd = store_fd(s), .events = POLLIN };

	while (!a->come) {
		(void)poll(&p, 1, -1);
		store_dispatch(s);
	}
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double simplest;

static void tell(const char *what, double times[ROUNDS], size_t rows)
{
	qsort(times, ROUNDS, sizeof(times[0]), ascending);
	if (simplest <= 0)
		simplest = times[ROUNDS / 2];
	printf("%-58s %5zu rows  %8.2f ms  at most %8.2f  %8.1f x\n", what, rows, times[ROUNDS / 2] * 1e3,
	       times[ROUNDS - 1] * 1e3, times[ROUNDS / 2] / simplest);
}

/* From a place somewhere in the history, another each time. */
static void ask(struct store *s, const char *what, const struct store_filter *filter, unsigned count,
                bool latest)
{
	double times[ROUNDS];
	struct answer a = { .rows = 0 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct store_filter f = *filter;
		double began = seconds();
		if (!latest)
			f.to_ms = START_S * 1000 + (int64_t)below(count) * SPACING_MS;
		a.come = false;
		if (!store_history(s, &f, on_answer, &a))
			die("a question was refused");
		wait_for(s, &a);
		times[i] = seconds() - began;
	}
	tell(what, times, a.rows);
}

static void ask_series(struct store *s, const char *what, unsigned count, int64_t days, const char *group)
{
	double times[ROUNDS];
	struct answer a = { .rows = 0 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		int64_t from = START_S * 1000 + (int64_t)below(count / 2) * SPACING_MS;
		double began = seconds();
		a.come = false;
		if (!store_series(s, dl3_str_of(NULL), dl3_str_of(group), from, from + days * 86400000,
		                  86400000, on_answer, &a))
			die("a question was refused");
		wait_for(s, &a);
		times[i] = seconds() - began;
	}
	tell(what, times, a.rows);
}

static void ask_pages(struct store *s, unsigned count)
{
	const struct store_filter all = { .from_ms = STORE_NULL, .to_ms = STORE_NULL, .min_ms = STORE_NULL };
	struct store_filter f = all;

	ask(s, "the latest", &f, count, true);
	ask(s, "before some moment", &f, count, false);
	f.limit = 1000;
	ask(s, "a thousand before some moment", &f, count, false);
	f = all, f.outcome = dl3_str_of("failed");
	ask(s, "failed (2 %)", &f, count, false);
	f.direction = dl3_str_of("outgoing");
	f.pbx = dl3_str_of("branch");
	ask(s, "failed, outgoing, of a PBX (0.1 %)", &f, count, false);
	f = all, f.group = dl3_str_of("705");
	ask(s, "of a group", &f, count, false);
	f = all, f.extension = dl3_str_of("222");
	ask(s, "of an extension", &f, count, false);
	f.outcome = dl3_str_of("abandoned");
	ask(s, "of an extension, abandoned", &f, count, false);
	f = all, f.number = dl3_str_of("+49301000042");
	ask(s, "of a number that calls often", &f, count, false);
	f.number = dl3_str_of("+49301234567");
	ask(s, "of a number that calls seldom", &f, count, false);
	f.number_prefix = true, f.number = dl3_str_of("+4930");
	ask(s, "numbers that begin so, common (45 %)", &f, count, false);
	f.number = dl3_str_of("+49301234");
	ask(s, "numbers that begin so, rare", &f, count, false);
	f.number = dl3_str_of("+4930123");
	ask(s, "numbers that begin so, between", &f, count, false);
	f = all, f.text = dl3_str_of("anna");
	ask(s, "a word, common (12 %)", &f, count, false);
	f.text = dl3_str_of("anna1234");
	ask(s, "a word, rare", &f, count, false);
	f = all, f.min_ms = 7200000;
	ask(s, "two hours long (0.01 %)", &f, count, false);
	f.min_ms = 300000;
	ask(s, "five minutes long (20 %)", &f, count, false);
	f = all, f.outcome = dl3_str_of("none such");
	ask(s, "what there is none of, among all", &f, count, true);
}

int main(int argc, char **argv)
{
	struct store_config config = { .batch = 5000, .query_ms = 600000 };
	unsigned count = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	char error[300];
	struct store *s;
	bool there;

	if (count == 0)
		die("usage: bench/store N FILE");
	config.where = argv[2];
	there = access(argv[2], F_OK) == 0;
	s = store_new(&config, error, sizeof(error));
	if (!s)
		die(error);
	if (!there)
		make(s, count, argv[2]);
	ask_pages(s, count);
	ask_series(s, "a month, by day", count, 30, NULL);
	ask_series(s, "a year, by day", count, 365, NULL);
	ask_series(s, "a year of a group, by day", count, 365, "705");
	store_free(s, NULL);
	return 0;
}
