/* SPDX-License-Identifier: MIT */
/* The helpers that other tests lean on: a guard that does not stop a read, or an allocator
 * that does not notice a leak, would make those tests worth nothing. */
#include "support/alloc.h"
#include "support/guard.h"
#include "support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>

static LONG CALLBACK on_fault(EXCEPTION_POINTERS *what)
{
	if (what->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION)
		ExitThread(1);
	return EXCEPTION_CONTINUE_SEARCH;
}

static void on_abort(int signal)
{
	(void)signal;
	ExitThread(1);
}

static DWORD WINAPI act_alone(void *act)
{
	(*(void (**)(void))act)();
	return 0;
}

/* Runs `act` in a thread of its own, as there is no fork(). @return whether it came to its end. */
static bool survives(void (*act)(void))
{
	void *handler = AddVectoredExceptionHandler(1, on_fault);
	void (*before)(int) = signal(SIGABRT, on_abort);
	HANDLE thread = CreateThread(NULL, 0, act_alone, &act, 0, NULL);
	DWORD code = 1;

	assert_non_null(thread);
	assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	assert_true(GetExitCodeThread(thread, &code));
	(void)CloseHandle(thread);
	(void)signal(SIGABRT, before);
	(void)RemoveVectoredExceptionHandler(handler);
	return code == 0;
}
#else
#include <sys/wait.h>
#include <unistd.h>

/* Runs `act` in a process of its own. @return whether it ended as a program ends that is well. */
static bool survives(void (*act)(void))
{
	pid_t child = fork();

	if (child == 0) {
		/* What it says on its way down would look like a failure in the log. */
		(void)freopen("/dev/null", "w", stderr);
		/* cmocka catches this one, to go on with the next test. */
		(void)signal(SIGSEGV, SIG_DFL);
		act();
		_exit(0);
	}
	int status = -1;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
#endif

static void read_last(void)
{
	volatile const char *copy = dl3t_guard("abc", 3);
	(void)copy[2];
}

static void read_past(void)
{
	volatile const char *copy = dl3t_guard("abc", 3);
	(void)copy[3];
}

static void read_past_nothing(void)
{
	volatile const char *copy = dl3t_guard(NULL, 0);
	(void)copy[0];
}

static void guard_stops_a_read_past_the_end(void **state)
{
	(void)state;
	assert_true(survives(read_last));
	assert_false(survives(read_past));
	assert_false(survives(read_past_nothing));
}

static void guard_copies_any_length(void **state)
{
	(void)state;
	static const size_t lengths[] = { 0, 1, 4095, 4096, 4097, 65536, 70000 };
	static char data[70000];

	memset(data, 'x', sizeof(data));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		void *copy = dl3t_guard(data, lengths[i]);

		assert_non_null(copy);
		assert_memory_equal(copy, data, lengths[i]);
		dl3t_guard_free(copy, lengths[i]);
	}
	dl3t_guard_free(NULL, 0);
}

static void *call(struct dl3t_alloc *a, void *block, size_t old_size, size_t new_size)
{
	return a->allocator.resize(block, old_size, new_size, a->allocator.arg);
}

static void alloc_keeps_contents(void **state)
{
	(void)state;
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	char *block = call(&a, NULL, 0, 4);
	assert_non_null(block);
	memcpy(block, "abc", 4);
	block = call(&a, block, 4, 100);
	assert_string_equal(block, "abc");
	block = call(&a, block, 100, 2);
	assert_memory_equal(block, "ab", 2);
	assert_int_equal(a.live, 2);
	assert_int_equal(a.peak, 100);
	assert_int_equal(a.attempts, 3);
	assert_null(call(&a, block, 2, 0));
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

static void alloc_fails_the_one_asked_for(void **state)
{
	(void)state;
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	a.fail_at = 2;
	char *block = call(&a, NULL, 0, 4);
	memcpy(block, "abc", 4);
	assert_null(call(&a, block, 4, 8));
	assert_string_equal(block, "abc");
	char *other = call(&a, NULL, 0, 8);
	assert_non_null(other);
	assert_int_equal(a.failures, 1);
	a.fail_at = 4;
	a.fail_on = true;
	assert_null(call(&a, other, 8, 9));
	assert_null(call(&a, other, 8, 9));
	assert_null(call(&a, other, 8, 0));
	assert_null(call(&a, block, 4, 0));
	assert_int_equal(a.failures, 3);
	assert_int_equal(dl3t_alloc_finish(&a), 0);
}

static void alloc_counts_leaks(void **state)
{
	(void)state;
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	assert_non_null(call(&a, NULL, 0, 4));
	assert_non_null(call(&a, NULL, 0, 5));
	assert_int_equal(dl3t_alloc_finish(&a), 2);
}

static void claim_a_wrong_size(void)
{
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	(void)call(&a, call(&a, NULL, 0, 4), 5, 0);
}

static void free_twice(void)
{
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	void *block = call(&a, NULL, 0, 4);
	(void)call(&a, block, 4, 0);
	(void)call(&a, block, 4, 0);
}

static void free_a_strangers_block(void)
{
	struct dl3t_alloc a;
	char mine[4];

	dl3t_alloc_init(&a);
	(void)call(&a, mine, 4, 0);
}

static void give_a_size_without_a_block(void)
{
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	(void)call(&a, NULL, 4, 8);
}

static void write_behind_a_block(void)
{
	struct dl3t_alloc a;

	dl3t_alloc_init(&a);
	char *block = call(&a, NULL, 0, 4);
	block[4] = 'x';
	(void)call(&a, block, 4, 0);
}

static void alloc_stops_at_misuse(void **state)
{
	(void)state;
	assert_false(survives(claim_a_wrong_size));
	assert_false(survives(free_twice));
	assert_false(survives(free_a_strangers_block));
	assert_false(survives(give_a_size_without_a_block));
	assert_false(survives(write_behind_a_block));
}

DL3T_TESTS(cmocka_unit_test(guard_stops_a_read_past_the_end), cmocka_unit_test(guard_copies_any_length),
           cmocka_unit_test(alloc_keeps_contents), cmocka_unit_test(alloc_fails_the_one_asked_for),
           cmocka_unit_test(alloc_counts_leaks), cmocka_unit_test(alloc_stops_at_misuse));
