/* SPDX-License-Identifier: MIT */
/**
 * @file test.h
 * What every test program includes first: cmocka with the headers that it wants before it,
 * and the list from which support/main.c runs the tests.
 */
#ifndef DL3T_TEST_H
#define DL3T_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct CMUnitTest dl3t_tests[];
extern const size_t dl3t_test_count;

/**
 * Ends a test program: DL3T_TESTS(cmocka_unit_test(a), cmocka_unit_test(b));
 * Each test becomes a CTest entry of its own.
 */
#define DL3T_TESTS(...)                                         \
	const struct CMUnitTest dl3t_tests[] = { __VA_ARGS__ }; \
	const size_t dl3t_test_count = sizeof(dl3t_tests) / sizeof(dl3t_tests[0])

/* The path of a file in tests/data: DL3T_DATA "/wire.json". DL3T_DATA comes from the build. */

#endif
