/* SPDX-License-Identifier: MIT */
/*
 * Stores calls 0, 1, 2, ... without end, call n beginning in second n, and says on standard output what becomes of
 * them. SIGTERM ends it: exit code 0 when all was stored, 3 when not; 1 when there is no store.
 *
 *     writer WHERE [QUEUE]
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/store.h"

static volatile sig_atomic_t ended;

static void on_term(int number)
{
	(void)number;
	ended = 1;
}

static void say(const struct store_status *status, void *arg)
{
	(void)arg;
	printf("lost %llu\nunstorable %llu\nstate %s %s\n", (unsigned long long)status->lost[STORE_CALL],
	       (unsigned long long)status->unstorable[STORE_CALL], store_state_name(status->state),
	       status->reason);
}

static bool put(struct store *s, unsigned long n)
{
	char id[24] = "";
	int len = snprintf(id, sizeof(id), "%lu", n);
	struct store_call c = { .pbx = dl3_str_of("main"),
		                .id = { .ptr = id, .len = (uint32_t)len },
		                .started_ms = (int64_t)n * 1000,
		                .name = dl3_str_of("Some Name"),
		                .json = dl3_str_of("{}") };

	return store_put_call(s, &c);
}

/* Up to a thousand wait, or as many as are put when nobody looks at the queue. */
static void run(struct store *s, bool careless)
{
	struct store_status status;
	uint64_t said = 0;
	unsigned long n = 0;

	while (!ended) {
		struct pollfd p = { .fd = store_fd(s), .events = POLLIN };
		store_status(s, &status);
		for (unsigned i = 0; i < 20 && (careless || status.queued < 1000); i++)
			(void)put(s, n++);
		(void)poll(&p, 1, 1);
		store_dispatch(s);
		/* Of what was committed before. */
		if (status.committed != said)
			printf("committed %llu\n", (unsigned long long)status.committed);
		said = status.committed;
	}
}

int main(int argc, char **argv)
{
	struct store_config config = {
		.commit_ms = 5, .retry_max_ms = 100, .close_ms = 1000, .on_status = say
	};
	struct store_status last;
	char error[300];
	struct store *s;

	if (argc < 2)
		return 2;
	config.where = argv[1];
	config.queue_items = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)signal(SIGTERM, on_term);
	s = store_new(&config, error, sizeof(error));
	if (!s) {
		printf("%s\n", error);
		return 1;
	}
	run(s, argc > 2);
	store_free(s, &last);
	return last.lost[STORE_CALL] > 0 ? 3 : 0;
}
