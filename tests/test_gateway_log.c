/* SPDX-License-Identifier: MIT */
#include "gateway/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

#define TIME "2026-11-23T17:41:27.123Z"

/* A pipe, its log, and a clock that stands. */
struct ear {
	int fds[2];
	int64_t now;
	struct log *log;
	char text[65536];
};

static struct ear ear;

static int64_t now(void *arg)
{
	return ((struct ear *)arg)->now;
}

static int begin(void **state)
{
	struct log_config c = { .level = LOG_LEVEL_INFO, .now_ms = now, .arg = &ear };

	(void)state;
	memset(&ear, 0, sizeof(ear));
	ear.now = 1795455687123;
	if (pipe2(ear.fds, O_NONBLOCK) != 0)
		return -1;
	c.fd = ear.fds[1];
	ear.log = log_new(&c);
	return ear.log ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	log_free(ear.log);
	close(ear.fds[0]);
	close(ear.fds[1]);
	return 0;
}

/* All that came since. */
static const char *heard(void)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(ear.fds[0], ear.text + len, sizeof(ear.text) - 1 - len)) > 0)
		len += (size_t)n;
	ear.text[len] = '\0';
	return ear.text;
}

/* ---- One line ---- */

static void a_line_has_time_level_event_and_pairs(void **state)
{
	(void)state;
	log_say(ear.log, LOG_LEVEL_INFO, "link", LOG_TEXT("pbx", "main"), LOG_TEXT("state", "up"),
	        LOG_TEXT("reason", NULL), LOG_SIGNED("offset", -5), LOG_UNSIGNED("events", UINT64_MAX),
	        LOG_BOOL("tls", true), LOG_TEXT("none", ""));
	assert_string_equal(heard(), TIME
	                    " info link pbx=main state=up offset=-5 events=18446744073709551615 tls=true "
	                    "none=\"\"\n");
}

static void the_same_is_an_object_in_json(void **state)
{
	(void)state;
	log_set(ear.log, LOG_FORMAT_JSON, LOG_LEVEL_DEBUG);
	log_say(ear.log, LOG_LEVEL_DEBUG, "link", LOG_TEXT("pbx", "main"), LOG_TEXT("reason", NULL),
	        LOG_SIGNED("offset", -5), LOG_BOOL("tls", false), LOG_TEXT("text", "a \"b\"\n"));
	assert_string_equal(heard(),
	                    "{\"time\":\"" TIME "\",\"level\":\"debug\",\"event\":\"link\",\"pbx\":\"main\","
	                    "\"offset\":-5,\"tls\":false,\"text\":\"a \\\"b\\\"\\n\"}\n");
}

static void a_line_may_have_no_pairs(void **state)
{
	(void)state;
	log_line(ear.log, LOG_LEVEL_WARNING, "stopping", NULL, 0);
	assert_string_equal(heard(), TIME " warning stopping\n");
}

static void what_could_be_taken_for_something_else_is_quoted_and_escaped(void **state)
{
	(void)state;
	log_say(ear.log, LOG_LEVEL_INFO, "x", LOG_TEXT("blank", "a b"), LOG_TEXT("equals", "a=b"),
	        LOG_TEXT("quote", "a\"b\\c"), LOG_TEXT("break", "a\nlevel=error\r\x1b[31m\x7f"),
	        LOG_TEXT("parted", "\xe2\x80\xa8"
	                           "abc"),
	        LOG_TEXT("utf8", "Sof\xc3\xad"
	                         "a"),
	        LOG_TEXT("latin", "\xe4"));
	assert_string_equal(heard(),
	                    TIME " info x blank=\"a b\" equals=\"a=b\" quote=\"a\\\"b\\\\c\" "
	                         "break=\"a\\nlevel=error\\u000d\\u001b[31m\\u007f\" parted=\"\\u2028abc\" "
	                         "utf8=\"Sof\xc3\xad"
	                         "a\" latin=\"\xc3\xa4\"\n");
}

static void what_is_below_the_level_is_not_said(void **state)
{
	(void)state;
	assert_false(log_takes(ear.log, LOG_LEVEL_DEBUG));
	assert_true(log_takes(ear.log, LOG_LEVEL_INFO));
	assert_false(log_takes(NULL, LOG_LEVEL_ERROR));
	log_line(ear.log, LOG_LEVEL_DEBUG, "x", NULL, 0);
	log_line(NULL, LOG_LEVEL_ERROR, "x", NULL, 0);
	log_set(ear.log, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	log_line(ear.log, LOG_LEVEL_WARNING, "x", NULL, 0);
	log_line(ear.log, LOG_LEVEL_ERROR, "y", NULL, 0);
	assert_string_equal(heard(), TIME " error y\n");
	assert_int_equal(log_counts(ear.log).lines[LOG_LEVEL_ERROR], 1);
	assert_int_equal(log_counts(ear.log).lines[LOG_LEVEL_WARNING], 0);
}

/* ---- No line is too long ---- */

static void a_long_text_is_cut(void **state)
{
	char long_text[3000];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	log_say(ear.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", long_text), LOG_UNSIGNED("b", 1));
	const char *line = heard();

	assert_non_null(strstr(line, "xxx\xe2\x80\xa6 b=1\n"));
	assert_true(strlen(line) < 600);
}

static void fields_that_do_not_fit_are_left_out_whole(void **state)
{
	char long_text[3000];

	(void)state;
	memset(long_text, '\x01', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		log_set(ear.log, i == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
		log_say(ear.log, LOG_LEVEL_INFO, "x", LOG_TEXT("a", long_text), LOG_TEXT("b", long_text),
		        LOG_TEXT("c", long_text), LOG_TEXT("d", long_text), LOG_UNSIGNED("e", 1));
		const char *line = heard();

		assert_true(strlen(line) <= LOG_LINE_MAX);
		assert_null(strstr(line, "e\":1"));
		assert_non_null(strstr(line, i == 0 ? "\",\"cut\":true}\n" : "\" cut=true\n"));
	}
}

/* ---- Again and again ---- */

static void say_late(unsigned n)
{
	log_say(ear.log, LOG_LEVEL_WARNING, "store", LOG_TEXT("state", "failing"),
	        LOG_VARYING_UNSIGNED("queued", n));
}

static void what_is_said_again_is_counted(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		say_late(i);
	assert_string_equal(heard(), TIME " warning store state=failing queued=0\n");
	assert_int_equal(log_counts(ear.log).repeated, 4);
	ear.now += LOG_REPEAT_MS;
	log_tick(ear.log);
	assert_string_equal(heard(),
	                    "2026-11-23T17:41:37.123Z warning store state=failing queued=4 repeated=4\n");
	/* It goes on: still once in that time, */
	say_late(5);
	assert_string_equal(heard(), "");
	ear.now += LOG_REPEAT_MS;
	log_tick(ear.log);
	assert_non_null(strstr(heard(), "queued=5 repeated=1\n"));
	/* until it is quiet for as long. */
	ear.now += LOG_REPEAT_MS;
	log_tick(ear.log);
	assert_string_equal(heard(), "");
	say_late(6);
	assert_non_null(strstr(heard(), "queued=6\n"));
}

static void what_differs_is_said(void **state)
{
	(void)state;
	log_say(ear.log, LOG_LEVEL_INFO, "link", LOG_TEXT("pbx", "a"));
	log_say(ear.log, LOG_LEVEL_INFO, "link", LOG_TEXT("pbx", "b"));
	log_say(ear.log, LOG_LEVEL_WARNING, "link", LOG_TEXT("pbx", "a"));
	log_say(ear.log, LOG_LEVEL_INFO, "links", LOG_TEXT("pbx", "a"));
	assert_string_equal(heard(), TIME " info link pbx=a\n" TIME " info link pbx=b\n" TIME
	                                  " warning link pbx=a\n" TIME " info links pbx=a\n");
}

static void what_is_still_counted_is_said_in_the_end(void **state)
{
	(void)state;
	say_late(1);
	say_late(2);
	heard();
	log_free(ear.log);
	ear.log = NULL;
	assert_string_equal(heard(), TIME " warning store state=failing queued=2 repeated=1\n");
}

static void the_oldest_makes_room_and_is_told(void **state)
{
	(void)state;
	say_late(1);
	say_late(2);
	for (unsigned i = 0; i < LOG_REPEATS; i++) {
		ear.now++;
		log_say(ear.log, LOG_LEVEL_INFO, "x", LOG_UNSIGNED("n", i));
	}
	assert_non_null(strstr(heard(), "queued=2 repeated=1\n"));
	log_say(ear.log, LOG_LEVEL_INFO, "x", LOG_UNSIGNED("n", LOG_REPEATS - 1));
	assert_string_equal(heard(), "");
}

static void a_clock_that_is_set_back_does_not_silence(void **state)
{
	(void)state;
	say_late(1);
	heard();
	ear.now -= 3600000;
	say_late(2);
	assert_non_null(strstr(heard(), "queued=2\n"));
}

static void repetitions_are_told_in_json_as_well(void **state)
{
	(void)state;
	log_set(ear.log, LOG_FORMAT_JSON, LOG_LEVEL_INFO);
	say_late(1);
	say_late(2);
	heard();
	ear.now += LOG_REPEAT_MS;
	log_tick(ear.log);
	assert_non_null(strstr(heard(), "\"queued\":2,\"repeated\":1}\n"));
}

/* ---- Who reads ---- */

static void a_reader_who_is_slow_is_not_waited_for(void **state)
{
	static char block[65536];
	unsigned said;

	(void)state;
	assert_int_equal(write(ear.fds[1], block, sizeof(block)), sizeof(block));
	for (unsigned i = 0; i < 3; i++)
		log_say(ear.log, LOG_LEVEL_INFO, "x", LOG_UNSIGNED("n", i));
	assert_int_equal(log_counts(ear.log).lost, 3);
	assert_int_equal(read(ear.fds[0], block, sizeof(block)), sizeof(block));
	for (said = 3; said < 5; said++)
		log_say(ear.log, LOG_LEVEL_INFO, "x", LOG_UNSIGNED("n", said));
	assert_string_equal(heard(), TIME " warning log lost=3\n" TIME " info x n=3\n" TIME " info x n=4\n");
}

static void the_journal_gets_levels(void **state)
{
	struct log_config c = { .fd = ear.fds[1], .now_ms = now, .arg = &ear };
	struct stat st;
	char stream[64];

	(void)state;
	assert_int_equal(fstat(c.fd, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	struct log *l = log_new(&c);

	unsetenv("JOURNAL_STREAM");
	assert_non_null(l);
	log_line(l, LOG_LEVEL_ERROR, "x", NULL, 0);
	log_line(l, LOG_LEVEL_DEBUG, "x", NULL, 0);
	assert_string_equal(heard(), "<3>" TIME " error x\n<7>" TIME " debug x\n");
	log_free(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
DL3T_TESTS(TEST(a_line_has_time_level_event_and_pairs), TEST(the_same_is_an_object_in_json),
           TEST(a_line_may_have_no_pairs), TEST(what_could_be_taken_for_something_else_is_quoted_and_escaped),
           TEST(what_is_below_the_level_is_not_said), TEST(a_long_text_is_cut),
           TEST(fields_that_do_not_fit_are_left_out_whole), TEST(what_is_said_again_is_counted),
           TEST(what_differs_is_said), TEST(what_is_still_counted_is_said_in_the_end),
           TEST(the_oldest_makes_room_and_is_told), TEST(a_clock_that_is_set_back_does_not_silence),
           TEST(repetitions_are_told_in_json_as_well), TEST(a_reader_who_is_slow_is_not_waited_for),
           TEST(the_journal_gets_levels));
