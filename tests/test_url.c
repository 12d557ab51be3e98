/* SPDX-License-Identifier: MIT */
/* URLs of PBXs, good ones and each kind of bad one. */
#include "support/test.h"

#include <devlink3/event.h>
#include <stdio.h>
#include <string.h>

static struct dl3_url parsed(const char *text)
{
	char error[256] = "";
	struct dl3_url url;

	if (!dl3_url_parse(text, &url, error, sizeof(error)))
		fail_msg("%s: %s", text, error);
	return url;
}

static void is(const char *text, bool tls, const char *user, const char *host, unsigned port)
{
	struct dl3_url url = parsed(text);

	assert_int_equal(url.tls, tls);
	assert_string_equal(url.user, user);
	assert_string_equal(url.host, host);
	assert_int_equal(url.port, port);
}

static void says(const char *text, const char *what)
{
	char error[256] = "";
	struct dl3_url url;

	if (dl3_url_parse(text, &url, error, sizeof(error)))
		fail_msg("taken: %s", text);
	if (!strstr(error, what))
		fail_msg("%s: '%s' was expected, '%s' came", text, what, error);
	assert_null(strchr(error, '\n'));
	/* What a good one looks like is always told. */
	assert_non_null(strstr(error, "devlink3://user@host"));
}

static void parts_are_found(void **state)
{
	(void)state;
	is("devlink3://app@pbx.example:1234", false, "app", "pbx.example", 1234);
	is("devlink3://app@192.0.2.1:1", false, "app", "192.0.2.1", 1);
	is("devlink3s://app@[2001:db8::1]:65535", true, "app", "2001:db8::1", 65535);
	is("devlink3s://app@[fe80::1%eth0]", true, "app", "fe80::1%eth0", DL3_PORT_TLS);
	is("devlink3://pbx/", false, "", "pbx", DL3_PORT);
}

static void port_is_that_of_the_scheme(void **state)
{
	(void)state;
	is("devlink3://app@pbx", false, "app", "pbx", 50797);
	is("devlink3s://app@pbx", true, "app", "pbx", 50796);
	is("devlink3://@pbx", false, "", "pbx", 50797);
}

static void user_is_decoded(void **state)
{
	(void)state;
	is("devlink3://a%20b%2F%3a@pbx", false, "a b/:", "pbx", DL3_PORT);
	is("devlink3://m%C3%BCller@pbx", false, "m\xc3\xbcller", "pbx", DL3_PORT);
	is("devlink3://me@home@pbx", false, "me@home", "pbx", DL3_PORT);
}

static void other_schemes_are_refused(void **state)
{
	static const char *const bad[] = { "",
		                           "pbx",
		                           "app@pbx:50797",
		                           "http://pbx",
		                           "devlink3:/",
		                           "devlink3:pbx",
		                           "DEVLINK3://p",
		                           " devlink3://p",
		                           "devlink3ss://p" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		says(bad[i], "begins with devlink3:// or devlink3s://");
}

static void missing_host_is_told(void **state)
{
	static const char *const bad[] = { "devlink3://",        "devlink3://app@", "devlink3://:1",
		                           "devlink3://app@:1",  "devlink3:///",    "devlink3://[]",
		                           "devlink3://app@[]:1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		says(bad[i], "there is no host");
}

/* And is not repeated where it would be seen. */
static void password_is_refused(void **state)
{
	char error[256];
	struct dl3_url url;

	(void)state;
	says("devlink3://app:hunter2@pbx", "a password does not belong into a URL");
	says("devlink3://app:@pbx", "a password does not belong into a URL");
	says("devlink3://app:p@ss@pbx", "a password does not belong into a URL");
	assert_false(dl3_url_parse("devlink3://app:hunter2@pbx", &url, error, sizeof(error)));
	assert_null(strstr(error, "hunter2"));
	assert_false(dl3_url_parse("devlink3://app:hun/ter2@pbx", &url, error, sizeof(error)));
	assert_null(strstr(error, "ter2"));
}

static void what_means_nothing_is_refused(void **state)
{
	static const char *const bad[] = { "devlink3://pbx/path", "devlink3://pbx?x=1", "devlink3://pbx#x",
		                           "devlink3://pbx//", "devlink3://app@pbx:1/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		says(bad[i], "a path, a query or a fragment means nothing here");
}

static void ports_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "devlink3://p:",
		                           "devlink3://p:0",
		                           "devlink3://p:65536",
		                           "devlink3://p:-1",
		                           "devlink3://p:+1",
		                           "devlink3://p:1x",
		                           "devlink3://p:http",
		                           "devlink3://p: 1",
		                           "devlink3://[::1]:",
		                           "devlink3://p:4294967297",
		                           "devlink3://p:18446744073709551617" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		says(bad[i], "a port is a number from 1 to 65535");
}

static void ipv6_wants_its_brackets(void **state)
{
	(void)state;
	says("devlink3://::1", "stands in brackets");
	says("devlink3://app@2001:db8::1:50797", "stands in brackets");
	says("devlink3://[::1", "no closing bracket");
	says("devlink3://[::1]x", "behind the bracket");
	says("devlink3://[::1]50797", "behind the bracket");
}

static void percent_wants_two_digits(void **state)
{
	static const char *const bad[] = { "devlink3://a%@p", "devlink3://a%2@p", "devlink3://a%zz@p",
		                           "devlink3://%2g@p", "devlink3://100%@p" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		says(bad[i], "two hexadecimal digits");
	says("devlink3://a%00b@p", "cannot hold a NUL");
}

static void host_holds_no_space_and_no_control(void **state)
{
	(void)state;
	says("devlink3://a@p bx", "white space and controls");
	says("devlink3://a@pbx\n", "white space and controls");
	says("devlink3://a@\x1b[2J", "white space and controls");
	says("devlink3://a@p\x7f", "white space and controls");
}

/* As long as may be, and one longer. */
static void length_has_an_end(void **state)
{
	char text[DL3_NAME_MAX + DL3_HOST_MAX + 64], host[DL3_HOST_MAX + 2], user[DL3_NAME_MAX + 2];

	(void)state;
	memset(host, 'h', sizeof(host));
	memset(user, 'u', sizeof(user));
	(void)snprintf(text, sizeof(text), "devlink3://app@%.*s", (int)DL3_HOST_MAX, host);
	assert_int_equal(strlen(parsed(text).host), DL3_HOST_MAX);
	(void)snprintf(text, sizeof(text), "devlink3://app@%.*s", (int)DL3_HOST_MAX + 1, host);
	says(text, "longer than 255 octets");
	(void)snprintf(text, sizeof(text), "devlink3://%.*s@pbx", (int)DL3_NAME_MAX, user);
	assert_int_equal(strlen(parsed(text).user), DL3_NAME_MAX);
	(void)snprintf(text, sizeof(text), "devlink3://%.*s@pbx", (int)DL3_NAME_MAX + 1, user);
	says(text, "user's name is too long");
}

static void no_room_for_the_error_is_no_trouble(void **state)
{
	struct dl3_url url;
	char error[8];

	(void)state;
	assert_false(dl3_url_parse("http://pbx", &url, NULL, 0));
	assert_false(dl3_url_parse("http://pbx", &url, error, sizeof(error)));
	assert_int_equal(strlen(error), sizeof(error) - 1);
}

DL3T_TESTS(cmocka_unit_test(parts_are_found), cmocka_unit_test(port_is_that_of_the_scheme),
           cmocka_unit_test(user_is_decoded), cmocka_unit_test(other_schemes_are_refused),
           cmocka_unit_test(missing_host_is_told), cmocka_unit_test(password_is_refused),
           cmocka_unit_test(what_means_nothing_is_refused), cmocka_unit_test(ports_that_are_none_are_refused),
           cmocka_unit_test(ipv6_wants_its_brackets), cmocka_unit_test(percent_wants_two_digits),
           cmocka_unit_test(host_holds_no_space_and_no_control), cmocka_unit_test(length_has_an_end),
           cmocka_unit_test(no_room_for_the_error_is_no_trouble));
