/* SPDX-License-Identifier: MIT */
#include "gateway/config.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/config_schema.h"
#include "gateway/tokens.h"
#include "support/folder.h"
#include "support/test.h"

#define ROOT DL3T_DATA "/../../"

static struct gateway_config parsed_here(const char *text)
{
	struct gateway_config c;
	struct config_error e;

	if (!gateway_config_parse(text, strlen(text), "/etc/devlink3/gw.yaml", &c, &e))
		fail_msg("%s", e.text);
	return c;
}

/* The same wherever the test runs. */
static struct gateway_config parsed(const char *text)
{
	setenv("STATE_DIRECTORY", "/var/lib/gw", 1);
	return parsed_here(text);
}

static void refused(const char *text, const char *expected)
{
	struct gateway_config c;
	struct config_error e;

	if (gateway_config_parse(text, strlen(text), "gw.yaml", &c, &e)) {
		gateway_config_free(&c);
		fail_msg("taken: %s", text);
	}
	assert_null(c.memory);
	if (!strstr(e.text, expected))
		fail_msg("\"%s\" does not say \"%s\"", e.text, expected);
}

static void set_state(const char *name, const char *value)
{
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(setenv(name, value, 1), 0);
}

/* ---- What is there without a word ---- */

static void without_a_word_there_are_the_defaults(void **state)
{
	struct gateway_config c;

	(void)state;
	set_state("STATE_DIRECTORY", "/var/lib/gw:/var/lib/other");
	c = parsed_here("# nothing\n\n  # at all\n");
	assert_int_equal(c.pbx_count, 0);
	assert_int_equal(c.listen_count, 1);
	assert_string_equal(c.listen[0].address, "127.0.0.1:8080");
	assert_false(c.listen[0].encrypted);
	assert_string_equal(c.state, "/var/lib/gw");
	assert_string_equal(c.store.where, "/var/lib/gw/devlink3.db");
	assert_true(c.store.records);
	assert_int_equal(c.store.calls_days, 400);
	assert_int_equal(c.store.events_days, 14);
	assert_int_equal(c.calls.answer_goal_s, 20);
	assert_int_equal(c.calls.short_s, 5);
	assert_int_equal(c.limits.ring_messages, 65536);
	assert_int_equal(c.limits.queue, 10000);
	assert_int_equal(c.log.level, LOG_LEVEL_INFO);
	assert_null(c.tokens_file);
	gateway_config_free(&c);
	assert_null(c.state);
}

static void the_state_is_in_the_users_folder_unless_it_is_roots(void **state)
{
	struct gateway_config c;
	struct config_error e;

	(void)state;
	set_state("XDG_STATE_HOME", "/home/me/.state");
	assert_true(gateway_config_default(&c, &e));
	assert_string_equal(c.state, geteuid() == 0 ? "/var/lib/devlink3" : "/home/me/.state/devlink3");
	gateway_config_free(&c);
}

static void a_state_that_is_told_needs_no_environment(void **state)
{
	struct config_error e;
	struct gateway_config c;

	(void)state;
	unsetenv("STATE_DIRECTORY");
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	c = parsed_here("state: /s");
	assert_string_equal(c.store.where, "/s/devlink3.db");
	gateway_config_free(&c);
	if (geteuid() == 0)
		return;
	assert_false(gateway_config_default(&c, &e));
	assert_non_null(strstr(e.text, "no folder for the state: expected STATE_DIRECTORY"));
	assert_null(c.memory);
}

static void a_store_without_a_place_is_in_the_state_that_was_told(void **state)
{
	struct gateway_config c = parsed("state: var\nstore: {calls_days: 0}\n");

	(void)state;
	assert_string_equal(c.state, "/etc/devlink3/var");
	assert_string_equal(c.store.where, "/etc/devlink3/var/devlink3.db");
	assert_int_equal(c.store.calls_days, 0);
	gateway_config_free(&c);
}

/* ---- PBXs ---- */

static void a_pbx_has_all_that_was_told(void **state)
{
	struct gateway_config c = parsed("pbxs:\n"
	                                 "  - name: main-1.a_b\n"
	                                 "    url: devlink3s://app@pbx.example.org:5000\n"
	                                 "    password_file: secrets/main\n"
	                                 "    ca_file: /etc/ca.pem\n"
	                                 "    tls_name: other\n"
	                                 "    certificate: us.pem\n"
	                                 "    flags: -SCN\n"
	                                 "    application: Board\n");
	const struct config_pbx *p = c.pbxs;

	(void)state;
	assert_int_equal(c.pbx_count, 1);
	assert_string_equal(p->name, "main-1.a_b");
	assert_string_equal(p->url, "devlink3s://app@pbx.example.org:5000");
	assert_int_equal(p->parsed.port, 5000);
	assert_string_equal(p->password.file, "/etc/devlink3/secrets/main");
	assert_null(p->password.env);
	assert_string_equal(p->tls.ca_file, "/etc/ca.pem");
	assert_string_equal(p->tls.name, "other");
	assert_string_equal(p->tls.certificate, "/etc/devlink3/us.pem");
	assert_string_equal(p->tls.key, "/etc/devlink3/us.pem");
	assert_int_equal(p->flags, DL3_FLAG_SCN);
	assert_string_equal(p->application, "Board");
	assert_int_equal(p->place.line, 2);
	gateway_config_free(&c);
}

static void a_pbx_that_says_little_gets_the_rest(void **state)
{
	struct gateway_config c = parsed(
		"pbxs: [{name: a, url: 'devlink3://app@h'}, {name: b, url: 'devlink3://app@i', flags: ''}]");

	(void)state;
	assert_string_equal(c.pbxs[0].password.env, "DEVLINK3_PASSWORD");
	assert_int_equal(c.pbxs[0].flags, DL3_FLAG_SIPTRACK | DL3_FLAG_CMEXTN);
	assert_int_equal(c.pbxs[1].flags, 0);
	assert_string_equal(c.pbxs[0].application, "Devlink3");
	assert_null(c.pbxs[0].tls.ca_file);
	gateway_config_free(&c);
}

static void a_password_in_the_file_is_told_where_it_belongs(void **state)
{
	(void)state;
	refused("pbxs:\n  - name: a\n    password: hunter2\n",
	        "gw.yaml:3:5: password: a password does not belong");
	refused("proxy:\n  users:\n    - {name: a, password: hunter2}\n",
	        "password_file: FILE, or password_env: VARIABLE");
	refused("store: {where: 'postgresql://a:b@h/d'}",
	        "gw.yaml:1:16: where: expected a URL without a password");
	refused("store: {where: 'postgres://h/d?x=y&password=b'}",
	        "where: expected a URL without a password");
}

static void urls_of_databases_stay_as_they_are(void **state)
{
	struct gateway_config c = parsed("store: {where: 'postgresql://me@h:5432/d?options=a:b@c'}");

	(void)state;
	assert_string_equal(c.store.where, "postgresql://me@h:5432/d?options=a:b@c");
	gateway_config_free(&c);
}

static void what_a_pbx_cannot_be_is_refused(void **state)
{
	(void)state;
	refused("pbxs:\n- {name: A, url: 'devlink3://a@h'}",
	        "gw.yaml:2:10: name: expected at most 32 small letters");
	refused("pbxs: [{name: .., url: 'devlink3://a@h'}]", "name: expected");
	refused("pbxs: [{name: a2345678901234567890123456789012x, url: 'devlink3://a@h'}]", "name: expected");
	refused("pbxs:\n- {name: a, url: 'devlink3://a@h'}\n- {name: b, url: 'devlink3://a@h'}\n- {name: a, "
	        "url: "
	        "'devlink3://a@h'}",
	        "gw.yaml:4:10: name \"a\" is taken: see line 2");
	refused("pbxs: [{name: a}]", "expected \"url\", which is missing");
	refused("pbxs: [{name: a, url: 'devlink3://h'}]", "url: expected a user: devlink3://USER@h");
	refused("pbxs: [{name: a, url: h}]", "url: expected devlink3://USER@HOST");
	refused("pbxs: [{name: a, url: 'http://a@h'}]", "gw.yaml:1:23: url: ");
	refused("pbxs: [{name: a, url: 'devlink3://a@h', password_file: x, password_env: Y}]", "came both");
	refused("pbxs: [{name: a, url: 'devlink3://a@h', password_env: 'my secret'}]",
	        "password_env: expected the name of a variable");
	refused("pbxs: [{name: a, url: 'devlink3://a@h', ca_file: x}]",
	        "ca_file: it is for TLS: expected devlink3s://");
	refused("pbxs: [{name: a, url: 'devlink3s://a@h', fingerprint: ab12}]", "fingerprint: expected 64");
	refused("pbxs: [{name: a, url: 'devlink3s://a@h', key: x}]", "key: expected a certificate");
	refused("pbxs: [{name: a, url: 'devlink3://a@h', flags: '-SCN -WAT'}]", "came \"-WAT\"");
	refused("pbxs: [{name: a, url: 'devlink3://a@h', flags: -CD2}]", "flags: -CD2");
	refused("pbxs: [{name: a, url: 'devlink3://a@h', colour: red}]", "unknown key \"colour\"");
}

/* ---- The other sections ---- */

static void all_sections_are_read(void **state)
{
	struct gateway_config c =
		parsed("listen:\n- {address: '0.0.0.0:1', tls: {certificate: c.pem, client_ca: ca.pem}}\n- "
	               "{address: '[::1]:2', "
	               "allow_insecure: yes}\n- {address: '127.0.0.1:3', tls: {}}\n"
	               "proxy: {listen: [{address: '127.0.0.1:50797'}], users: [{name: Crm 1, password_env: "
	               "CRM}], connections: 7}\n"
	               "tokens_file: tokens.yaml\nallowed_origins: ['https://a.example.org:8443']\n"
	               "store: {where: x.db, calls_days: 1, events_days: 2, max_bytes: 5000000000, "
	               "commit_ms: 3, records: false}\n"
	               "calls: {answer_goal_s: 30, short_s: 0, day_start: '23:59'}\n"
	               "limits: {consumers: 1, connections: 2, connections_per_address: 3, ring_messages: "
	               "1024, ring_bytes: 2000000, "
	               "request_timeout_s: 4, queue: 5}\n"
	               "log: {format: json, level: error}\n");

	(void)state;
	assert_int_equal(c.listen_count, 3);
	assert_true(c.listen[0].encrypted);
	assert_string_equal(c.listen[0].tls.certificate, "/etc/devlink3/c.pem");
	assert_string_equal(c.listen[0].tls.key, "/etc/devlink3/c.pem");
	assert_true(c.listen[0].tls.require_client);
	assert_false(c.listen[0].allow_insecure);
	assert_false(c.listen[1].encrypted);
	assert_true(c.listen[1].allow_insecure);
	assert_true(c.listen[2].encrypted);
	assert_null(c.listen[2].tls.certificate);
	assert_int_equal(c.proxy.listen_count, 1);
	assert_string_equal(c.proxy.users[0].name, "Crm 1");
	assert_string_equal(c.proxy.users[0].password.env, "CRM");
	assert_int_equal(c.proxy.connections, 7);
	assert_string_equal(c.tokens_file, "/etc/devlink3/tokens.yaml");
	assert_int_equal(c.origin_count, 1);
	assert_string_equal(c.allowed_origins[0], "https://a.example.org:8443");
	assert_string_equal(c.store.where, "/etc/devlink3/x.db");
	assert_true(c.store.max_bytes == 5000000000u);
	assert_int_equal(c.store.commit_ms, 3);
	assert_false(c.store.records);
	assert_int_equal(c.calls.short_s, 0);
	assert_int_equal(c.calls.day_start_min, 24 * 60 - 1);
	assert_int_equal(c.limits.ring_messages, 1024);
	assert_true(c.limits.ring_bytes == 2000000);
	assert_int_equal(c.limits.request_timeout_s, 4);
	assert_int_equal(c.log.format, LOG_FORMAT_JSON);
	assert_int_equal(c.log.level, LOG_LEVEL_ERROR);
	gateway_config_free(&c);
}

static void what_sections_cannot_be_is_refused(void **state)
{
	(void)state;
	refused("listen: []", "gw.yaml:1:9: listen: expected at least 1, not 0");
	refused("listen: [{address: '8080'}]", "address: expected one such as 127.0.0.1:8080");
	refused("listen: [{address: '127.0.0.1:1', tls: {key: k}}]", "key: expected a certificate");
	refused("listen: [{address: '127.0.0.1:1', tls: {require_client: true}}]",
	        "require_client: expected client_ca");
	refused("listen: [{address: '127.0.0.1:1', allow_insecure: maybe}]", "expected true or false");
	refused("proxy: {listen: [{address: '127.0.0.1:1'}]}", "proxy: expected users");
	refused("proxy:\n  users:\n  - name: a\n",
	        "gw.yaml:3:11: expected password_file or password_env for \"a\"");
	refused("proxy:\n  users:\n  - {name: a, password_env: X}\n  - {name: a, password_env: X}\n",
	        "gw.yaml:4:12: name \"a\" is taken: see line 3");
	refused("allowed_origins: ['*']", "allowed_origins: expected one such as");
	refused("allowed_origins: ['https://a.example.org/']", "without a path");
	refused("store: {max_bytes: 10}", "max_bytes: expected a number from 1048576");
	refused("store: {commit_ms: 0}",
	        "gw.yaml:1:20: commit_ms: expected a number from 1 to 60000, came 0");
	refused("calls: {day_start: '24:00'}",
	        "day_start: expected a time from 00:00 to 23:59, came \"24:00\"");
	refused("calls: {day_start: '0:00'}", "day_start: expected");
	refused("calls: {answer_goal_s: 010}", "answer_goal_s: expected a whole number");
	refused("limits: {ring_messages: 1025}", "ring_messages: expected a power of two");
	refused("limits: {queue: 1000001}", "queue: expected a number from 1 to 1000000");
	refused("log: {level: loud}", "expected one of debug, info, warning, error");
	refused("colour: red", "gw.yaml:1:1: unknown key \"colour\"");
	refused("log: {level: info}\nlog: {level: info}", "gw.yaml:2:1: log: given twice");
	refused("a: [", "gw.yaml:");
}

static void a_file_that_is_not_there_says_so(void **state)
{
	struct gateway_config c;
	struct config_error e;

	(void)state;
	assert_false(gateway_config_read("/nowhere/gw.yaml", &c, &e));
	assert_non_null(strstr(e.text, "/nowhere/gw.yaml: cannot be read: No such file"));
	assert_false(gateway_config_read("/", &c, &e));
	assert_non_null(strstr(e.text, "Is a directory"));
}

/* ---- The command line ---- */

static void a_pbx_of_the_command_line_is_called_as_its_host(void **state)
{
	struct gateway_config c = parsed("pbxs: [{name: pbx.example.org, url: 'devlink3://a@h'}]");
	struct config_error e;

	(void)state;
	assert_true(gateway_config_add_pbx(&c, "devlink3://app@PBX.Example.org", &e));
	assert_true(gateway_config_add_pbx(&c, "devlink3s://app@[::1]:5", &e));
	assert_true(gateway_config_add_pbx(&c, "devlink3s://app@[::1]:6", &e));
	assert_int_equal(c.pbx_count, 4);
	assert_string_equal(c.pbxs[0].name, "pbx.example.org");
	assert_string_equal(c.pbxs[1].name, "pbx.example.org-2");
	assert_string_equal(c.pbxs[2].name, "1");
	assert_string_equal(c.pbxs[3].name, "1-2");
	assert_string_equal(c.pbxs[3].password.env, "DEVLINK3_PASSWORD");
	assert_int_equal(c.pbxs[3].flags, CONFIG_FLAGS);
	assert_false(gateway_config_add_pbx(&c, "devlink3://h", &e));
	assert_string_equal(e.text, "expected a user: devlink3://USER@h");
	assert_int_equal(c.pbx_count, 4);
	gateway_config_free(&c);
}

static void addresses_of_the_command_line_take_the_place_of_others(void **state)
{
	struct gateway_config c = parsed("listen: [{address: '127.0.0.1:1', tls: {}}]");
	const char *const two[] = { "127.0.0.1:2", "[::1]:3" }, *const bad[] = { "nine" };
	struct config_error e;

	(void)state;
	assert_true(gateway_config_set_listen(&c, two, 2, &e));
	assert_int_equal(c.listen_count, 2);
	assert_string_equal(c.listen[1].address, "[::1]:3");
	assert_false(c.listen[0].encrypted);
	assert_false(gateway_config_set_listen(&c, bad, 1, &e));
	assert_non_null(strstr(e.text, "came \"nine\""));
	assert_int_equal(c.listen_count, 2);
	gateway_config_free(&c);
}

static void loopback_is_what_only_this_machine_reaches(void **state)
{
	(void)state;
	assert_true(gateway_is_loopback("127.0.0.1:80"));
	assert_true(gateway_is_loopback("127.8.0.1:80"));
	assert_true(gateway_is_loopback("[::1]:80"));
	assert_false(gateway_is_loopback("0.0.0.0:80"));
	assert_false(gateway_is_loopback("[::]:80"));
	assert_false(gateway_is_loopback("192.0.2.1:80"));
	assert_false(gateway_is_loopback("nonsense"));
}

/* ---- Passwords ---- */

static bool password_of(struct folder *f, const char *text, mode_t mode, struct gateway_password *p,
                        struct config_error *e)
{
	struct gateway_config c = { .file = "gw.yaml" };
	struct config_secret s = { .file = folder_write(f, "p", text, mode), .place = { 3, 5 } };

	return gateway_password_get(&c, &s, p, e);
}

static void a_password_is_what_its_file_has_but_for_the_line_break(void **state)
{
	struct gateway_password p;
	struct config_error e;
	struct folder f;

	(void)state;
	folder_begin(&f);
	assert_true(password_of(&f, " pass word \n", 0600, &p, &e));
	assert_string_equal(p.text, " pass word ");
	assert_true(password_of(&f, "secret\r\n", 0640, &p, &e));
	assert_string_equal(p.text, "secret");
	assert_true(password_of(&f, "secret", 0400, &p, &e));
	assert_string_equal(p.text, "secret");
	folder_end(&f);
}

static void a_password_file_that_is_none_is_refused(void **state)
{
	char longest[400];
	struct gateway_password p = { "left over" };
	struct config_error e;
	struct folder f;

	(void)state;
	folder_begin(&f);
	assert_false(password_of(&f, "secret\n", 0644, &p, &e));
	assert_non_null(strstr(e.text, "gw.yaml:3:5: password_file: "));
	assert_non_null(strstr(e.text, "expected a file that others cannot read or change, its mode is 644"));
	assert_string_equal(p.text, "");
	assert_false(password_of(&f, "\n", 0600, &p, &e));
	assert_non_null(strstr(e.text, "expected a password, came nothing"));
	assert_false(password_of(&f, "one\ntwo\n", 0600, &p, &e));
	assert_non_null(strstr(e.text, "on one line"));
	assert_null(strstr(e.text, "two"));
	memset(longest, 'x', sizeof(longest));
	longest[399] = '\0';
	assert_false(password_of(&f, longest, 0600, &p, &e));
	assert_non_null(strstr(e.text, "longer than"));
	assert_string_equal(p.text, "");
	folder_end(&f);
}

static void a_password_file_that_is_a_pipe_is_not_waited_for(void **state)
{
	struct gateway_config c = { 0 };
	struct gateway_password p;
	struct config_error e;
	struct folder f;

	(void)state;
	folder_begin(&f);
	assert_int_equal(mkfifo(folder_path(&f, "p"), 0600), 0);
	assert_false(gateway_password_get(&c, &(struct config_secret){ .file = f.text }, &p, &e));
	assert_non_null(strstr(e.text, "expected a file"));
	folder_end(&f);
}

static void a_password_of_the_environment_is_there_the_next_time(void **state)
{
	struct gateway_config c = { 0 };
	struct config_secret s = { .env = "DL3T_PASSWORD" };
	struct gateway_password p;
	struct config_error e;

	(void)state;
	setenv("DL3T_PASSWORD", "secret", 1);
	assert_true(gateway_password_get(&c, &s, &p, &e));
	gateway_password_wipe(&p);
	assert_string_equal(p.text, "");
	assert_true(gateway_password_get(&c, &s, &p, &e));
	assert_string_equal(p.text, "secret");
	unsetenv("DL3T_PASSWORD");
	assert_false(gateway_password_get(&c, &s, &p, &e));
	assert_string_equal(e.text,
	                    "expected a password in the environment's DL3T_PASSWORD, which is not there");
	assert_false(gateway_password_get(&c, &(struct config_secret){ 0 }, &p, &e));
}

/* ---- The check of all ---- */

/* @return the error; "" when there is none. */
static const char *checked(struct folder *f, const char *text, bool make)
{
	static struct config_error e;
	struct gateway_config c;

	e.text[0] = '\0';
	if (gateway_config_read(folder_write(f, "gw.yaml", text, 0644), &c, &e)) {
		gateway_config_check(&c, make, &e);
		gateway_config_free(&c);
	}
	return e.text;
}

static void says(const char *text, const char *expected)
{
	if (!strstr(text, expected) || (*expected == '\0') != (*text == '\0'))
		fail_msg("\"%s\" does not say \"%s\"", text, expected);
}

static void an_address_that_others_reach_needs_tls_and_a_token(void **state)
{
	struct token_wish wish = { .name = "a", .scopes = TOKEN_LIVE };
	char token[TOKEN_TEXT_SIZE], why[TOKENS_ERROR_SIZE];
	struct folder f;

	(void)state;
	folder_begin(&f);
	says(checked(&f, "state: s\nlisten: [{address: '127.0.0.1:1'}]", false), "");
	says(checked(&f, "state: s\nlisten: [{address: '0.0.0.0:1'}]", false),
	     "gw.yaml:2:20: 0.0.0.0:1: others than this machine reach it: expected tls");
	says(checked(&f, "state: s\nlisten: [{address: '0.0.0.0:1', tls: {}}]", false),
	     "expected tokens_file");
	says(checked(&f, "state: s\nlisten: [{address: '0.0.0.0:1', allow_insecure: true}]", false),
	     "expected tokens_file");
	says(checked(&f, "state: s\ntokens_file: t\n", false), "tokens_file: ");
	folder_write(&f, "t", "tokens: []\n", 0600);
	says(checked(&f, "state: s\ntokens_file: t\nlisten: [{address: '[::]:1', tls: {}}]", false),
	     "expected tokens_file");
	assert_true(token_file_add(folder_path(&f, "t"), &wish, token, why, sizeof(why)));
	says(checked(&f, "state: s\ntokens_file: t\nlisten: [{address: '[::]:1', tls: {}}]", false), "");
	says(checked(&f, "state: s\ntokens_file: t\nlisten: [{address: '[::]:1', allow_insecure: true}]",
	             false),
	     "");
	says(checked(&f, "state: s\ntokens_file: t\nlisten: [{address: '[::]:1'}]", false), "expected tls");
	folder_end(&f);
}

static void an_address_of_the_command_line_is_checked_too(void **state)
{
	const char *const all[] = { "0.0.0.0:8080" };
	struct gateway_config c = parsed("");
	struct config_error e;

	(void)state;
	assert_true(gateway_config_set_listen(&c, all, 1, &e));
	assert_false(gateway_config_check(&c, false, &e));
	assert_int_equal(strncmp(e.text, "0.0.0.0:8080: others than this machine", 38), 0);
	gateway_config_free(&c);
}

static void the_proxy_that_others_reach_needs_tls(void **state)
{
	struct folder f;

	(void)state;
	setenv("DL3T_PASSWORD", "secret", 1);
	folder_begin(&f);
	says(checked(&f,
	             "state: s\nproxy: {users: [{name: a, password_env: DL3T_PASSWORD}], listen: [{address: "
	             "'0.0.0.0:1'}]}",
	             false),
	     "or allow_insecure: true where the applications have no TLS");
	says(checked(&f,
	             "state: s\nproxy: {users: [{name: a, password_env: DL3T_PASSWORD}], listen: [{address: "
	             "'0.0.0.0:1', "
	             "allow_insecure: true}]}",
	             false),
	     "");
	says(checked(&f,
	             "state: s\nproxy: {users: [{name: a, password_env: DL3T_NONE}], listen: [{address: "
	             "'127.0.0.1:1'}]}",
	             false),
	     "DL3T_NONE, which is not there");
	folder_end(&f);
}

static void files_that_are_named_must_be_there(void **state)
{
	struct folder f;

	(void)state;
	setenv("DEVLINK3_PASSWORD", "secret", 1);
	folder_begin(&f);
	says(checked(&f, "state: s\npbxs:\n- {name: a, url: 'devlink3://a@h', password_file: none}\n", false),
	     "gw.yaml:3:51: password_file: ");
	says(checked(&f, "state: s\npbxs:\n- {name: a, url: 'devlink3s://a@h', ca_file: none}\n", false),
	     "none: No such file or directory");
	says(checked(&f, "state: s\npbxs:\n- {name: a, url: 'devlink3s://a@h', certificate: .}\n", false),
	     "expected a file, came a folder");
	says(checked(&f, "state: s\nlisten: [{address: '127.0.0.1:1', tls: {certificate: none}}]", false),
	     "none");
	says(checked(&f, "state: s\npbxs:\n- {name: a, url: 'devlink3s://a@h', ca_file: gw.yaml}\n", false),
	     "");
	folder_end(&f);
}

static void the_states_folder_is_made_only_when_that_is_wanted(void **state)
{
	struct folder f;
	struct stat st;

	(void)state;
	folder_begin(&f);
	says(checked(&f, "state: a/b\n", false), "");
	assert_int_not_equal(stat(folder_path(&f, "a"), &st), 0);
	says(checked(&f, "state: a/b\n", true), "");
	assert_int_equal(stat(folder_path(&f, "a/b"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	says(checked(&f, "state: gw.yaml\n", true), "expected a folder");
	says(checked(&f, "state: gw.yaml/x\n", true), "cannot be made");
	says(checked(&f, "state: gw.yaml/x\n", false), "cannot be made");
	folder_end(&f);
}

/* ---- Reload ---- */

#define PBX(name, rest) "- {name: " name ", url: 'devlink3://a@h'" rest "}\n"

static void pbxs_are_compared_by_name(void **state)
{
	struct gateway_config a = parsed("pbxs:\n" PBX("one", "") PBX("two", "") PBX("three", ""));
	struct gateway_config b =
		parsed("pbxs:\n" PBX("three", ", flags: -SCN") PBX("four", "") PBX("one", ""));
	struct config_diff d;

	(void)state;
	assert_true(gateway_config_diff(&a, &b, &d));
	assert_int_equal(d.sections, CONFIG_SECTION_PBXS);
	assert_int_equal(d.pbx_count, 4);
	assert_int_equal(d.pbxs[0].what, CONFIG_CHANGED);
	assert_ptr_equal(d.pbxs[0].before, &a.pbxs[2]);
	assert_ptr_equal(d.pbxs[0].after, &b.pbxs[0]);
	assert_int_equal(d.pbxs[1].what, CONFIG_NEW);
	assert_null(d.pbxs[1].before);
	assert_int_equal(d.pbxs[2].what, CONFIG_SAME);
	assert_int_equal(d.pbxs[3].what, CONFIG_GONE);
	assert_ptr_equal(d.pbxs[3].before, &a.pbxs[1]);
	assert_null(d.pbxs[3].after);
	gateway_config_diff_free(&d);
	gateway_config_free(&a);
	gateway_config_free(&b);
}

static void sections_that_differ_are_told(void **state)
{
	static const struct {
		const char *text;
		unsigned section;
		const char *name;
	} cases[] = {
		{ "", 0, "" },
		{ "pbxs: [{name: a, url: 'devlink3://a@h'}]", CONFIG_SECTION_PBXS, "pbxs" },
		{ "listen: [{address: '127.0.0.1:1'}]", CONFIG_SECTION_LISTEN, "listen" },
		{ "listen: [{address: '127.0.0.1:8080', tls: {}}]", CONFIG_SECTION_LISTEN, "listen" },
		{ "proxy: {connections: 1}", CONFIG_SECTION_PROXY, "proxy" },
		{ "proxy: {users: [{name: a, password_env: A}]}", CONFIG_SECTION_PROXY_USERS, "proxy.users" },
		{ "tokens_file: a", CONFIG_SECTION_TOKENS_FILE, "tokens_file" },
		{ "allowed_origins: ['http://a']", CONFIG_SECTION_ALLOWED_ORIGINS, "allowed_origins" },
		{ "store: {records: false}", CONFIG_SECTION_STORE, "store" },
		{ "calls: {day_start: '01:00'}", CONFIG_SECTION_CALLS, "calls" },
		{ "limits: {queue: 1}", CONFIG_SECTION_LIMITS, "limits" },
		{ "log: {level: debug}", CONFIG_SECTION_LOG, "log" },
		{ "state: a\nstore: {where: /b}", CONFIG_SECTION_STATE | CONFIG_SECTION_STORE,
		  "store, state" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gateway_config a = parsed(""), b = parsed(cases[i].text);
		char text[CONFIG_SECTIONS_SIZE];
		struct config_diff d;

		assert_true(gateway_config_diff(&a, &b, &d));
		assert_int_equal(d.sections, cases[i].section);
		assert_string_equal(config_sections_text(d.sections, text, sizeof(text)), cases[i].name);
		gateway_config_diff_free(&d);
		gateway_config_free(&a);
		gateway_config_free(&b);
	}
}

static void another_certificate_needs_no_restart(void **state)
{
	struct gateway_config a = parsed("listen: [{address: '127.0.0.1:1', tls: {certificate: a}}]");
	struct gateway_config b = parsed("listen: [{address: '127.0.0.1:1', tls: {certificate: b}}]");
	struct config_diff d;

	(void)state;
	assert_true(gateway_config_diff(&a, &b, &d));
	assert_int_equal(d.sections, CONFIG_SECTION_TLS);
	assert_int_equal(d.sections & CONFIG_NEEDS_RESTART, 0);
	gateway_config_diff_free(&d);
	gateway_config_free(&a);
	gateway_config_free(&b);
}

static void all_names_of_sections_fit(void **state)
{
	char text[CONFIG_SECTIONS_SIZE], small[12];

	(void)state;
	config_sections_text(~0u, text, sizeof(text));
	assert_string_equal(text + strlen(text) - 12, ", log, state");
	assert_string_equal(config_sections_text(~0u, small, sizeof(small)), "pbxs, liste");
}

/* ---- The example and the page ---- */

typedef void (*key_fn)(const char *key, void *arg);

/* NOLINTBEGIN(misc-no-recursion) */
static void each_key(const cyaml_schema_value_t *s, key_fn fn, void *arg)
{
	if (s->type == CYAML_SEQUENCE)
		each_key(s->sequence.entry, fn, arg);
	if (s->type != CYAML_MAPPING)
		return;
	for (const cyaml_schema_field_t *f = s->mapping.fields; f->key; f++) {
		fn(f->key, arg);
		each_key(&f->value, fn, arg);
	}
}
/* NOLINTEND(misc-no-recursion) */

static void is_in_example(const char *key, void *arg)
{
	char line[64];

	snprintf(line, sizeof(line), "%s:", key);
	for (const char *p = arg; (p = strstr(p, line)); p++)
		if (p[-1] == '\n' || p[-1] == ' ')
			return;
	fail_msg("%s is not in the example", key);
}

static void is_in_page(const char *key, void *arg)
{
	char row[64];

	/* Those of `users` are told in the row of `users`. */
	snprintf(row, sizeof(row), "\n| `%s` | ", key);
	if (!strstr(arg, row))
		fail_msg("%s has no row in docs/configuration.md", key);
}

static void the_example_is_right_and_whole(void **state)
{
	char *text = file_text(ROOT "packaging/devlink3.yaml.example");
	struct gateway_config c;
	struct config_error e;

	(void)state;
	set_state("STATE_DIRECTORY", "/var/lib/gw");
	if (!gateway_config_read(ROOT "packaging/devlink3.yaml.example", &c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(c.pbx_count, 2);
	assert_true(c.limits.ring_bytes == 64u << 20);
	each_key(&config_schema, is_in_example, text);
	gateway_config_free(&c);
	free(text);
}

static void the_page_has_every_key(void **state)
{
	char *text = file_text(ROOT "docs/configuration.md");

	(void)state;
	each_key(&config_schema, is_in_page, text);
	free(text);
}

static void the_pages_defaults_are_those_of_the_program(void **state)
{
	static const char *const numbers[] = { "calls_days",
		                               "events_days",
		                               "max_bytes",
		                               "commit_ms",
		                               "answer_goal_s",
		                               "short_s",
		                               "consumers",
		                               "ring_messages",
		                               "ring_bytes",
		                               "queue",
		                               "connections_per_address",
		                               "request_timeout_s" };
	char *text = file_text(ROOT "docs/configuration.md");
	struct gateway_config c = parsed("");
	const uint64_t values[] = { c.store.calls_days,
		                    c.store.events_days,
		                    c.store.max_bytes,
		                    c.store.commit_ms,
		                    c.calls.answer_goal_s,
		                    c.calls.short_s,
		                    c.limits.consumers,
		                    c.limits.ring_messages,
		                    c.limits.ring_bytes,
		                    c.limits.queue,
		                    c.limits.connections_per_address,
		                    c.limits.request_timeout_s };
	char row[96];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(row, sizeof(row), "\n| `%s` | `%ju` |", numbers[i], (uintmax_t)values[i]);
		if (!strstr(text, row))
			fail_msg("docs/configuration.md has another default: %s", row + 1);
	}
	gateway_config_free(&c);
	free(text);
}

DL3T_TESTS(cmocka_unit_test(without_a_word_there_are_the_defaults),
           cmocka_unit_test(the_state_is_in_the_users_folder_unless_it_is_roots),
           cmocka_unit_test(a_state_that_is_told_needs_no_environment),
           cmocka_unit_test(a_store_without_a_place_is_in_the_state_that_was_told),
           cmocka_unit_test(a_pbx_has_all_that_was_told),
           cmocka_unit_test(a_pbx_that_says_little_gets_the_rest),
           cmocka_unit_test(a_password_in_the_file_is_told_where_it_belongs),
           cmocka_unit_test(urls_of_databases_stay_as_they_are),
           cmocka_unit_test(what_a_pbx_cannot_be_is_refused), cmocka_unit_test(all_sections_are_read),
           cmocka_unit_test(what_sections_cannot_be_is_refused),
           cmocka_unit_test(a_file_that_is_not_there_says_so),
           cmocka_unit_test(a_pbx_of_the_command_line_is_called_as_its_host),
           cmocka_unit_test(addresses_of_the_command_line_take_the_place_of_others),
           cmocka_unit_test(loopback_is_what_only_this_machine_reaches),
           cmocka_unit_test(a_password_is_what_its_file_has_but_for_the_line_break),
           cmocka_unit_test(a_password_file_that_is_none_is_refused),
           cmocka_unit_test(a_password_file_that_is_a_pipe_is_not_waited_for),
           cmocka_unit_test(a_password_of_the_environment_is_there_the_next_time),
           cmocka_unit_test(an_address_that_others_reach_needs_tls_and_a_token),
           cmocka_unit_test(an_address_of_the_command_line_is_checked_too),
           cmocka_unit_test(the_proxy_that_others_reach_needs_tls),
           cmocka_unit_test(files_that_are_named_must_be_there),
           cmocka_unit_test(the_states_folder_is_made_only_when_that_is_wanted),
           cmocka_unit_test(pbxs_are_compared_by_name), cmocka_unit_test(sections_that_differ_are_told),
           cmocka_unit_test(another_certificate_needs_no_restart),
           cmocka_unit_test(all_names_of_sections_fit), cmocka_unit_test(the_example_is_right_and_whole),
           cmocka_unit_test(the_page_has_every_key),
           cmocka_unit_test(the_pages_defaults_are_those_of_the_program));
