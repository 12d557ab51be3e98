/* SPDX-License-Identifier: MIT */
/* The main() of every test program: `--list` prints the names of its tests, NAME runs that
 * one, nothing runs all. */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static int list_names(void)
{
	for (size_t i = 0; i < dl3t_test_count; i++) {
		puts(dl3t_tests[i].name);
	}
	return 0;
}

static int run(const char *group, const struct CMUnitTest *tests, size_t count)
{
	return _cmocka_run_group_tests(group, tests, count, NULL, NULL) == 0 ? 0 : 1;
}

static int run_one(const char *name)
{
	for (size_t i = 0; i < dl3t_test_count; i++) {
		if (strcmp(dl3t_tests[i].name, name) == 0) {
			return run(name, &dl3t_tests[i], 1);
		}
	}
	/* Not a success: a test that was renamed away must not look like one that passed. */
	(void)fprintf(stderr, "no test is called %s\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc == 1) {
		return run("all", dl3t_tests, dl3t_test_count);
	}
	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s [--list | NAME]\n", argv[0]);
		return 2;
	}
	return strcmp(argv[1], "--list") == 0 ? list_names() : run_one(argv[1]);
}
