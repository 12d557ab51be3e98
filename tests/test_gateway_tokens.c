/* SPDX-License-Identifier: MIT */
#include "gateway/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/test.h"

#define HASH "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683" /* of "key" */
#define NOW 1795455687

static struct folder f;
static char path[128], error[TOKENS_ERROR_SIZE], token[TOKEN_TEXT_SIZE];

static int begin(void **state)
{
	(void)state;
	folder_begin(&f);
	snprintf(path, sizeof(path), "%s", folder_path(&f, "tokens.yaml"));
	return 0;
}

static int end(void **state)
{
	(void)state;
	folder_end(&f);
	return 0;
}

static void add(const char *name, unsigned scopes, const char *const *pbxs, size_t pbx_count)
{
	const struct token_wish wish = { name, scopes, pbxs, pbx_count, NOW };

	if (!token_file_add(path, &wish, token, error, sizeof(error)))
		fail_msg("%s", error);
}

static struct tokens *loaded(void)
{
	struct tokens *t = tokens_load(path, error, sizeof(error));

	if (!t)
		fail_msg("%s", error);
	return t;
}

/* ---- Names ---- */

static void scopes_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TOKEN_SCOPES; i++)
		assert_int_equal(token_scope_of(token_scope_name(i), strlen(token_scope_name(i))), 1u << i);
	assert_int_equal(token_scope_of("metrics", 7), TOKEN_METRICS);
	assert_null(token_scope_name(TOKEN_SCOPES));
	assert_int_equal(token_scope_of("lively", 6), 0);
	assert_int_equal(token_scope_of("li", 2), 0);
}

/* ---- Adding and checking ---- */

static void a_token_that_was_added_is_known(void **state)
{
	const char *const pbxs[] = { "main", "1e3" };
	struct token_grant g;

	(void)state;
	add("wall", TOKEN_LIVE | TOKEN_FILES, pbxs, 2);
	assert_int_equal(strlen(token), TOKEN_TEXT_SIZE - 1);
	assert_int_equal(strncmp(token, "dl3_", 4), 0);
	struct tokens *t = loaded();

	assert_int_equal(tokens_count(t), 1);
	assert_true(tokens_check(t, dl3_str_of(token), &g));
	assert_string_equal(g.name, "wall");
	assert_int_equal(g.scopes, TOKEN_LIVE | TOKEN_FILES);
	assert_true(token_grant_allows(&g, TOKEN_LIVE));
	assert_false(token_grant_allows(&g, TOKEN_LIVE | TOKEN_HISTORY));
	assert_true(token_grant_allows_pbx(&g, dl3_str_of("main")));
	assert_true(token_grant_allows_pbx(&g, dl3_str_of("1e3")));
	assert_false(token_grant_allows_pbx(&g, dl3_str_of("other")));
	tokens_free(t);
}

static void what_is_nearly_a_token_is_none(void **state)
{
	static const char none[400] = { 0 };
	struct token_grant g = { .name = "untouched" };

	(void)state;
	add("wall", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();

	token[TOKEN_TEXT_SIZE - 2] ^= 1;
	assert_false(tokens_check(t, dl3_str_of(token), &g));
	token[TOKEN_TEXT_SIZE - 2] ^= 1;
	token[4] ^= 1;
	assert_false(tokens_check(t, dl3_str_of(token), &g));
	token[4] ^= 1;
	assert_false(tokens_check(t, (struct dl3_str){ .ptr = token, .len = TOKEN_TEXT_SIZE - 2 }, &g));
	assert_false(tokens_check(t, (struct dl3_str){ .ptr = token, .len = TOKEN_TEXT_SIZE }, &g));
	assert_false(tokens_check(t, dl3_str_of(""), &g));
	assert_false(tokens_check(t, (struct dl3_str){ 0 }, &g));
	assert_false(tokens_check(t, (struct dl3_str){ .ptr = none, .len = sizeof(none) }, &g));
	assert_false(tokens_check(NULL, dl3_str_of(token), &g));
	assert_string_equal(g.name, "untouched");
	tokens_free(t);
}

static void each_token_is_found_among_others(void **state)
{
	char all[5][TOKEN_TEXT_SIZE], name[8];
	struct token_grant g;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		add(name, 1u << i, NULL, 0);
		memcpy(all[i], token, sizeof(token));
	}
	struct tokens *t = loaded();

	for (unsigned i = 0; i < 5; i++) {
		assert_true(tokens_check(t, dl3_str_of(all[i]), &g));
		assert_int_equal(g.scopes, 1u << i);
		assert_int_equal(g.pbx_count, 0);
		assert_true(token_grant_allows_pbx(&g, dl3_str_of("whatever")));
	}
	tokens_free(t);
}

static void the_file_does_not_have_the_token(void **state)
{
	struct stat st;

	(void)state;
	add("wall", TOKEN_LIVE, NULL, 0);
	char *text = file_text(path);

	assert_null(strstr(text, token + 4));
	assert_non_null(strstr(text, "hash: sha256:"));
	assert_non_null(strstr(text, "created: 2026-11-23T17:41:27Z"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	free(text);
}

static void a_hash_is_that_of_sha256(void **state)
{
	struct token_grant g;

	(void)state;
	folder_write(&f, "tokens.yaml",
	             "tokens:\n- {name: a, scopes: [live], hash: 'sha256:" HASH "', created: '2026-11-23'}\n",
	             0600);
	struct tokens *t = loaded();

	assert_true(tokens_check(t, dl3_str_of("key"), &g));
	tokens_free(t);
}

static void a_name_is_added_once(void **state)
{
	const struct token_wish again = { .name = "wall" }, odd = { .name = "a b" }, up = { .name = "../x" };
	char second[TOKEN_TEXT_SIZE] = "x";

	(void)state;
	add("wall", TOKEN_LIVE, NULL, 0);
	assert_false(token_file_add(path, &again, second, error, sizeof(error)));
	assert_non_null(strstr(error, "there is a token \"wall\" already"));
	assert_string_equal(second, "");
	assert_false(token_file_add(path, &odd, second, error, sizeof(error)));
	assert_false(token_file_add(path, &up, second, error, sizeof(error)));
	struct tokens *t = loaded();

	assert_int_equal(tokens_count(t), 1);
	tokens_free(t);
}

static void a_token_that_was_removed_is_none(void **state)
{
	char first[TOKEN_TEXT_SIZE];
	struct token_grant g;

	(void)state;
	add("one", TOKEN_LIVE, NULL, 0);
	memcpy(first, token, sizeof(first));
	add("two", TOKEN_LIVE, NULL, 0);
	assert_true(token_file_remove(path, "one", error, sizeof(error)));
	struct tokens *t = loaded();

	assert_false(tokens_check(t, dl3_str_of(first), &g));
	assert_true(tokens_check(t, dl3_str_of(token), &g));
	tokens_free(t);
	assert_false(token_file_remove(path, "one", error, sizeof(error)));
	assert_non_null(strstr(error, "there is no token \"one\""));
	assert_true(token_file_remove(path, "two", error, sizeof(error)));
	t = loaded();
	assert_int_equal(tokens_count(t), 0);
	tokens_free(t);
}

static void a_change_keeps_what_the_group_may(void **state)
{
	struct stat st;

	(void)state;
	add("one", TOKEN_LIVE, NULL, 0);
	assert_int_equal(chmod(path, 0640), 0);
	add("two", TOKEN_LIVE, NULL, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_change_goes_where_a_link_leads(void **state)
{
	struct stat st;

	(void)state;
	add("one", TOKEN_LIVE, NULL, 0);
	assert_int_equal(rename(path, folder_path(&f, "real")), 0);
	assert_int_equal(symlink("real", path), 0);
	add("two", TOKEN_LIVE, NULL, 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	struct tokens *t = loaded();

	assert_int_equal(tokens_count(t), 2);
	tokens_free(t);
}

static void a_file_that_cannot_be_read_is_not_written_over(void **state)
{
	const struct token_wish wish = { .name = "a" };

	(void)state;
	folder_write(&f, "tokens.yaml", "not: tokens\n", 0600);
	assert_false(token_file_add(path, &wish, token, error, sizeof(error)));
	assert_non_null(strstr(error, "tokens.yaml:1:1: unknown key"));
	char *text = file_text(path);

	assert_string_equal(text, "not: tokens\n");
	free(text);
}

/* ---- Reading ---- */

static void refused(const char *text, const char *expected)
{
	folder_write(&f, "tokens.yaml", text, 0600);
	struct tokens *t = tokens_load(path, error, sizeof(error));

	if (t) {
		tokens_free(t);
		fail_msg("taken: %s", text);
	}
	if (!strstr(error, expected))
		fail_msg("\"%s\" does not say \"%s\"", error, expected);
}

static void what_no_token_can_be_is_refused(void **state)
{
	(void)state;
	refused("tokens:\n- {name: A, scopes: [], hash: 'sha256:" HASH "', created: x}",
	        "tokens.yaml:2:10: name: expected");
	refused("tokens:\n- {name: a, scopes: [root], hash: 'sha256:" HASH "', created: x}",
	        "scopes: expected live, history, files, metrics or admin, came \"root\"");
	refused("tokens:\n- {name: a, scopes: [], pbxs: [], hash: 'sha256:" HASH "', created: x}",
	        "pbxs: expected at least 1");
	refused("tokens:\n- {name: a, scopes: [], pbxs: ['a b'], hash: 'sha256:" HASH "', created: x}",
	        "pbxs: expected the name of a PBX");
	refused("tokens:\n- {name: a, scopes: [], hash: dl3_secret, created: x}",
	        "hash: expected \"sha256:\" and 64");
	assert_null(strstr(error, "dl3_secret"));
	refused("tokens:\n- {name: a, scopes: [], hash: 'sha256:" HASH "0', created: x}", "hash: expected");
	refused("tokens:\n- {name: a, scopes: [], created: x}", "\"hash\", which is missing");
	refused("tokens:\n- {name: a, scopes: [], hash: 'sha256:" HASH
	        "', created: x}\n- {name: a, scopes: [], hash: "
	        "'sha256:" HASH "', created: x}",
	        "name \"a\" is taken: see line 2");
	refused("", "nothing in it");
	refused("tokens: 1", "expected a list");
}

static void a_file_that_others_may_read_is_refused(void **state)
{
	(void)state;
	add("a", TOKEN_LIVE, NULL, 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_null(tokens_load(path, error, sizeof(error)));
	assert_non_null(strstr(error, "its mode is 644: chmod 600"));
	assert_int_equal(chmod(path, 0620), 0);
	assert_null(tokens_load(path, error, sizeof(error)));
	assert_int_equal(unlink(path), 0);
	assert_null(tokens_load(path, error, sizeof(error)));
	assert_non_null(strstr(error, "No such file"));
}

/* ---- Reload ---- */

static void a_reload_brings_what_has_changed(void **state)
{
	struct token_grant g;

	(void)state;
	add("one", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();

	assert_false(tokens_stale(t));
	assert_true(tokens_check(t, dl3_str_of(token), &g));
	add("two", TOKEN_LIVE, NULL, 0);
	assert_true(tokens_stale(t));
	assert_true(tokens_reload(t, error, sizeof(error)));
	assert_false(tokens_stale(t));
	assert_int_equal(tokens_count(t), 2);
	assert_true(tokens_renew(t, &g));
	assert_true(token_file_remove(path, "one", error, sizeof(error)));
	assert_true(tokens_reload(t, error, sizeof(error)));
	assert_false(tokens_renew(t, &g));
	tokens_free(t);
}

static void a_reload_that_fails_leaves_the_tokens(void **state)
{
	struct token_grant g;

	(void)state;
	add("one", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();

	folder_write(&f, "tokens.yaml", "tokens: [", 0600);
	assert_true(tokens_stale(t));
	assert_false(tokens_reload(t, error, sizeof(error)));
	assert_true(tokens_check(t, dl3_str_of(token), &g));
	/* It has been said; once is enough. */
	assert_false(tokens_stale(t));
	assert_int_equal(unlink(path), 0);
	assert_true(tokens_stale(t));
	assert_false(tokens_reload(t, error, sizeof(error)));
	assert_false(tokens_stale(t));
	tokens_free(t);
}

static void a_token_made_anew_is_not_the_one_of_that_name(void **state)
{
	struct token_grant g;

	(void)state;
	add("one", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();

	assert_true(tokens_check(t, dl3_str_of(token), &g));
	assert_true(token_file_remove(path, "one", error, sizeof(error)));
	add("one", TOKEN_LIVE, NULL, 0);
	assert_true(tokens_reload(t, error, sizeof(error)));
	assert_false(tokens_renew(t, &g));
	tokens_free(t);
}

/* ---- Sessions ---- */

static struct token_sessions *sessions(void)
{
	struct token_sessions *s = token_sessions_new(f.path, error, sizeof(error));

	if (!s)
		fail_msg("%s", error);
	return s;
}

static void a_session_holds_until_it_expires(void **state)
{
	char cookie[TOKEN_SESSION_SIZE];
	struct token_grant g, got;

	(void)state;
	add("a2345678901234567890123456789012", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();
	struct token_sessions *s = sessions();

	assert_true(tokens_check(t, dl3_str_of(token), &g));
	assert_false(token_session_new(s, &g, NOW, NOW, cookie));
	assert_true(token_session_new(s, &g, NOW, NOW + 60, cookie));
	assert_int_equal(strlen(cookie), TOKEN_SESSION_SIZE - 1);
	assert_int_equal(strspn(cookie, "abcdefghijklmnopqrstuvwxyz0123456789-_."), strlen(cookie));
	assert_true(token_session_check(s, t, dl3_str_of(cookie), NOW + 59, &got));
	assert_string_equal(got.name, g.name);
	assert_int_equal(got.scopes, TOKEN_LIVE);
	assert_false(token_session_check(s, t, dl3_str_of(cookie), NOW + 60, &got));
	token_sessions_free(s);
	tokens_free(t);
}

static void a_session_that_was_tampered_with_is_none(void **state)
{
	char cookie[TOKEN_SESSION_SIZE];
	struct token_grant g;

	(void)state;
	add("wall", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();
	struct token_sessions *s = sessions();

	assert_true(tokens_check(t, dl3_str_of(token), &g));
	assert_true(token_session_new(s, &g, NOW, NOW + 60, cookie));
	size_t len = strlen(cookie);

	for (size_t i = 0; i < len; i++) {
		cookie[i] ^= 1;
		assert_false(token_session_check(s, t, dl3_str_of(cookie), NOW, &g));
		cookie[i] ^= 1;
		assert_false(token_session_check(s, t, (struct dl3_str){ .ptr = cookie, .len = (uint32_t)i },
		                                 NOW, &g));
	}
	assert_false(token_session_check(s, t, (struct dl3_str){ .ptr = cookie, .len = (uint32_t)len + 1 },
	                                 NOW, &g));
	assert_false(token_session_check(s, t, (struct dl3_str){ 0 }, NOW, &g));
	assert_true(token_session_check(s, t, dl3_str_of(cookie), NOW, &g));
	token_sessions_free(s);
	tokens_free(t);
}

static void a_session_ends_with_its_token(void **state)
{
	char cookie[TOKEN_SESSION_SIZE];
	struct token_grant g;

	(void)state;
	add("wall", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();
	struct token_sessions *s = sessions();

	assert_true(tokens_check(t, dl3_str_of(token), &g));
	assert_true(token_session_new(s, &g, NOW, NOW + 60, cookie));
	assert_true(token_file_remove(path, "wall", error, sizeof(error)));
	add("wall", TOKEN_LIVE, NULL, 0);
	assert_true(tokens_reload(t, error, sizeof(error)));
	assert_false(token_session_check(s, t, dl3_str_of(cookie), NOW, &g));
	token_sessions_free(s);
	tokens_free(t);
}

static void sessions_outlive_the_gateway_with_its_state(void **state)
{
	char cookie[TOKEN_SESSION_SIZE];
	struct token_grant g;
	struct stat st;

	(void)state;
	add("wall", TOKEN_LIVE, NULL, 0);
	struct tokens *t = loaded();
	struct token_sessions *s = sessions(), *memory = token_sessions_new(NULL, error, sizeof(error));

	assert_non_null(memory);
	assert_true(tokens_check(t, dl3_str_of(token), &g));
	assert_true(token_session_new(s, &g, NOW, NOW + 60, cookie));
	token_sessions_free(s);
	s = sessions();
	assert_true(token_session_check(s, t, dl3_str_of(cookie), NOW, &g));
	assert_false(token_session_check(memory, t, dl3_str_of(cookie), NOW, &g));
	assert_int_equal(stat(folder_path(&f, TOKEN_SESSION_KEY), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	token_sessions_free(s);
	assert_int_equal(unlink(f.text), 0);
	s = sessions();
	assert_false(token_session_check(s, t, dl3_str_of(cookie), NOW, &g));
	token_sessions_free(s);
	token_sessions_free(memory);
	tokens_free(t);
}

static void a_key_that_is_none_is_refused(void **state)
{
	(void)state;
	folder_write(&f, TOKEN_SESSION_KEY, "0123\n", 0600);
	assert_null(token_sessions_new(f.path, error, sizeof(error)));
	assert_non_null(strstr(error, "expected 64 small hexadecimal digits"));
	folder_write(&f, TOKEN_SESSION_KEY, HASH "\n", 0644);
	assert_null(token_sessions_new(f.path, error, sizeof(error)));
	assert_non_null(strstr(error, "others cannot read"));
	assert_null(token_sessions_new("/nowhere", error, sizeof(error)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
DL3T_TESTS(TEST(scopes_have_names), TEST(a_token_that_was_added_is_known),
           TEST(what_is_nearly_a_token_is_none), TEST(each_token_is_found_among_others),
           TEST(the_file_does_not_have_the_token), TEST(a_hash_is_that_of_sha256), TEST(a_name_is_added_once),
           TEST(a_token_that_was_removed_is_none), TEST(a_change_keeps_what_the_group_may),
           TEST(a_change_goes_where_a_link_leads), TEST(a_file_that_cannot_be_read_is_not_written_over),
           TEST(what_no_token_can_be_is_refused), TEST(a_file_that_others_may_read_is_refused),
           TEST(a_reload_brings_what_has_changed), TEST(a_reload_that_fails_leaves_the_tokens),
           TEST(a_token_made_anew_is_not_the_one_of_that_name), TEST(a_session_holds_until_it_expires),
           TEST(a_session_that_was_tampered_with_is_none), TEST(a_session_ends_with_its_token),
           TEST(sessions_outlive_the_gateway_with_its_state), TEST(a_key_that_is_none_is_refused));
