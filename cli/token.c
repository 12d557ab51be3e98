/* SPDX-License-Identifier: MIT */
/* `devlink3 token`: who may use the gateway. */
#include <getopt.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "command.h"
#include "gateway/tokens.h"
#include "options.h"
#include "output.h"

#define DEFAULT_SCOPES (TOKEN_LIVE | TOKEN_HISTORY)
#define COLUMNS 4
/* A token with all that it can have, as JSON or as a line. */
#define LINE_MAX_OF_TOKEN 4096u

struct options {
	const char *file, *scope, *pbx;
	bool json, text;
};

#define OPTION(text, of, member)                                                     \
	{                                                                            \
		.name = text, .kind = of, .offset = offsetof(struct options, member) \
	}
static const struct option_entry entries[] = {
	OPTION("file", OPTION_TEXT, file), OPTION("scope", OPTION_TEXT, scope),
	OPTION("pbx", OPTION_TEXT, pbx),   OPTION("json", OPTION_FLAG, json),
	OPTION("text", OPTION_FLAG, text),
};

static int complain(const struct command *self, const char *error)
{
	fprintf(stderr, "devlink3 %s: %s\n", self->name, error);
	return EXIT_FAILED;
}

/* ---- Words with commas between ---- */

/* The next one; an empty one as well. @return false when there is none. */
static bool next_word(const char **rest, const char **word, size_t *len)
{
	if (!*rest)
		return false;
	*word = *rest;
	*len = strcspn(*rest, ",");
	*rest = (*rest)[*len] ? *rest + *len + 1 : NULL;
	return true;
}

static int read_scopes(const struct command *self, const char *list, unsigned *scopes)
{
	const char *word;
	size_t len;

	*scopes = list ? 0 : DEFAULT_SCOPES;
	while (next_word(&list, &word, &len)) {
		unsigned scope = token_scope_of(word, len);

		if (scope == 0)
			return command_usage_error(
				self,
				"--scope: expected some of live, history, files, metrics and admin, with "
				"commas between, came '%.*s'",
				(int)len, word);
		*scopes |= scope;
	}
	return -1;
}

struct pbxs {
	char names[TOKEN_PBXS_MAX][TOKEN_NAME_MAX + 1];
	const char *list[TOKEN_PBXS_MAX];
	size_t count;
};

static int read_pbxs(const struct command *self, const char *list, struct pbxs *out)
{
	const char *word;
	size_t len;

	out->count = 0;
	while (next_word(&list, &word, &len)) {
		if (!token_name_ok(word, len))
			return command_usage_error(self,
			                           "--pbx: expected names of PBXs as in the configuration, "
			                           "with commas between, came '%.*s'",
			                           (int)len, word);
		if (out->count == TOKEN_PBXS_MAX)
			return command_usage_error(self, "--pbx: a token is for at most %u PBXs, or for all",
			                           TOKEN_PBXS_MAX);
		snprintf(out->names[out->count], sizeof(out->names[0]), "%.*s", (int)len, word);
		out->list[out->count] = out->names[out->count];
		out->count++;
	}
	return -1;
}

/* ---- add, remove ---- */

static int add(const struct command *self, const struct options *o, const char *name)
{
	struct token_wish wish = { .name = name, .created = (int64_t)time(NULL) };
	char token[TOKEN_TEXT_SIZE] = "", error[TOKENS_ERROR_SIZE];
	struct pbxs pbxs;
	int code = read_scopes(self, o->scope, &wish.scopes);

	if (code < 0)
		code = read_pbxs(self, o->pbx, &pbxs);
	if (code >= 0)
		return code;
	if (!token_name_ok(name, strlen(name)))
		return command_usage_error(
			self,
			"'%s' cannot be a name: expected at most %u small letters, digits, '-', '_' and "
			"'.', a letter or digit first",
			name, TOKEN_NAME_MAX);
	wish.pbxs = pbxs.list;
	wish.pbx_count = pbxs.count;
	if (!token_file_add(o->file, &wish, token, error, sizeof(error)))
		return complain(self, error);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "The token of %s, shown this once; %s has its hash.\n", name, o->file);
	printf("%s\n", token);
	OPENSSL_cleanse(token, sizeof(token));
	if (output_flush() == 0)
		return EXIT_DONE;
	/* Nobody has seen it, and nobody will. */
	fprintf(stderr, "devlink3 %s: the token of %s could not be shown and is removed again\n", self->name,
	        name);
	if (!token_file_remove(o->file, name, error, sizeof(error)))
		complain(self, error);
	return EXIT_FAILED;
}

static int remove_token(const struct command *self, const struct options *o, const char *name)
{
	char error[TOKENS_ERROR_SIZE];

	return token_file_remove(o->file, name, error, sizeof(error)) ? EXIT_DONE : complain(self, error);
}

/* ---- list ---- */

static void put_scopes(struct dl3i_out *o, const struct token_grant *g)
{
	bool any = false;

	for (unsigned i = 0; i < TOKEN_SCOPES; i++) {
		if (!(g->scopes & 1u << i))
			continue;
		dl3i_put_z(o, any ? "," : "");
		dl3i_put_z(o, token_scope_name(i));
		any = true;
	}
	dl3i_put_z(o, any ? "" : "-");
}

static void put_pbxs(struct dl3i_out *o, const struct token_grant *g)
{
	for (unsigned i = 0; i < g->pbx_count; i++) {
		dl3i_put_z(o, i > 0 ? "," : "");
		dl3i_put_z(o, g->pbxs[i]);
	}
	dl3i_put_z(o, g->pbx_count == 0 ? "all" : "");
}

static void print_json(const struct token_grant *g, const char *created, void *arg)
{
	char line[LINE_MAX_OF_TOKEN];
	struct dl3i_json j = dl3i_json_to(line, sizeof(line));

	(void)arg;
	dl3i_json_open(&j, '{');
	DL3I_JSON_KEY(&j, "name");
	dl3i_json_z(&j, g->name);
	DL3I_JSON_KEY(&j, "scopes");
	dl3i_json_open(&j, '[');
	for (unsigned i = 0; i < TOKEN_SCOPES; i++)
		if (g->scopes & 1u << i)
			dl3i_json_z(&j, token_scope_name(i));
	dl3i_json_close(&j, ']');
	DL3I_JSON_KEY(&j, "pbxs");
	if (g->pbx_count == 0)
		dl3i_json_literal(&j, "null");
	else
		dl3i_json_open(&j, '[');
	for (unsigned i = 0; i < g->pbx_count; i++)
		dl3i_json_z(&j, g->pbxs[i]);
	if (g->pbx_count > 0)
		dl3i_json_close(&j, ']');
	DL3I_JSON_KEY(&j, "created");
	dl3i_json_z(&j, created);
	dl3i_json_close(&j, '}');
	dl3i_put_char(&j.out, '\n');
	output_write(line, j.out.len);
}

struct table {
	bool measure;
	int widths[COLUMNS];
};

static void print_row(struct table *t, const char *const cells[COLUMNS])
{
	for (int i = 0; i < COLUMNS; i++) {
		int len = (int)strlen(cells[i]);

		if (t->measure && len > t->widths[i])
			t->widths[i] = len;
		if (!t->measure)
			printf("%-*s%s", i + 1 < COLUMNS ? t->widths[i] : 0, cells[i],
			       i + 1 < COLUMNS ? "  " : "\n");
	}
}

static void print_text(const struct token_grant *g, const char *created, void *arg)
{
	char scopes[64], pbxs[LINE_MAX_OF_TOKEN];
	struct dl3i_out s = dl3i_out_to(scopes, sizeof(scopes) - 1), p = dl3i_out_to(pbxs, sizeof(pbxs) - 1);

	put_scopes(&s, g);
	put_pbxs(&p, g);
	scopes[s.len] = '\0';
	pbxs[p.len] = '\0';
	print_row(arg, (const char *const[COLUMNS]){ g->name, created, scopes, pbxs });
}

static void print_table(const struct tokens *t)
{
	static const char *const head[COLUMNS] = { "name", "created", "scopes", "pbxs" };
	struct table table = { .measure = true };

	for (int pass = 0; pass < 2; pass++) {
		print_row(&table, head);
		tokens_each(t, print_text, &table);
		table.measure = false;
	}
}

static int list(const struct command *self, const struct options *o)
{
	char error[TOKENS_ERROR_SIZE];

	if (o->json && o->text)
		return command_usage_error(self, "--json and --text exclude each other");
	struct tokens *t = tokens_load(o->file, error, sizeof(error));

	if (!t)
		return complain(self, error);
	if (o->text || (!o->json && isatty(STDOUT_FILENO)))
		print_table(t);
	else
		tokens_each(t, print_json, NULL);
	tokens_free(t);
	return EXIT_DONE;
}

/* ---- The command ---- */

static const struct action {
	const char *name;
	bool named;
	int (*one)(const struct command *self, const struct options *o, const char *name);
} actions[] = {
	{ "add", true, add },
	{ "remove", true, remove_token },
	{ "list", false, NULL },
};

static const struct action *find_action(const char *word)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, word) == 0)
			return &actions[i];
	return NULL;
}

/* An option that an action would pass over is a mistake. */
static const char *stray_option(const struct action *a, const struct options *o)
{
	if (a->one != add && o->scope)
		return "--scope";
	if (a->one != add && o->pbx)
		return "--pbx";
	if (a->named && (o->json || o->text))
		return o->json ? "--json" : "--text";
	return NULL;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct options o = { 0 };
	const struct option_set set = { .entries = entries,
		                        .count = sizeof(entries) / sizeof(entries[0]),
		                        .into = &o };
	int code = options_parse(self, argc, argv, &set, 1);

	if (code >= 0)
		return code;
	const struct action *a = optind < argc ? find_action(argv[optind]) : NULL;

	if (!a)
		return command_usage_error(self, "expected add, list or remove, came %s",
		                           optind < argc ? argv[optind] : "nothing");
	int words = argc - optind - 1;

	if (words != (a->named ? 1 : 0))
		return command_usage_error(self, "%s: expected %s, came %d words", a->name,
		                           a->named ? "a name" : "no name", words);
	if (stray_option(a, &o))
		return command_usage_error(self, "%s has no option %s", a->name, stray_option(a, &o));
	if (!o.file || !*o.file)
		return command_usage_error(self, "--file FILE is missing: the gateway's tokens_file");
	return a->one ? a->one(self, &o, argv[optind + 1]) : list(self, &o);
}

const struct command command_token = {
	.name = "token",
	.usage = "token add NAME | list | remove NAME --file FILE [OPTION]...",
	.summary = "who may use the gateway: makes, lists and removes tokens",
	.help = "The file is the configuration's tokens_file. `add` makes it when it is not there, and "
		"prints the\n"
		"token: it is shown this once, the file has a hash of it. Programs send it as "
		"`Authorization:\n"
		"Bearer TOKEN`, the page asks for it. A running gateway takes over what has changed by "
		"itself.\n"
		"\n"
		"  --file FILE          the file; nobody else may read it\n"
		"  --scope SCOPE,...    of add: what it allows (default live,history):\n"
		"                         live     streams; calls, people, groups and links as they are now\n"
		"                         history  what is stored\n"
		"                         files    pseudo-files of the PBXs: names, directory, licences\n"
		"                         metrics  /metrics\n"
		"                         admin    what changes the gateway\n"
		"  --pbx NAME,...       of add: for these PBXs only; NAME as in the configuration (default "
		"all)\n"
		"  --json               of list: JSON Lines; the default in a pipe\n"
		"  --text               of list: a table; the default on a terminal\n"
		"\n"
		"Exit codes: 0 done, 1 failed, 2 usage.\n"
		"\n"
		"Examples:\n"
		"  devlink3 token add wallboard --file /etc/devlink3/tokens.yaml\n"
		"  devlink3 token add crm --scope live,files --pbx main --file /etc/devlink3/tokens.yaml\n"
		"  devlink3 token remove wallboard --file /etc/devlink3/tokens.yaml\n",
	.run = run,
};
