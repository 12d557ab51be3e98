/* SPDX-License-Identifier: MIT */
/* The command line of a command that connects. */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "link.h"

#define PIN_DIGITS 64u
#define TIMEOUT_MAX_S 3600

#define OPTION(text, member)                                                                       \
	{                                                                                          \
		.name = text, .kind = OPTION_TEXT, .offset = offsetof(struct link_options, member) \
	}
static const struct option_entry entries[] = {
	OPTION("ca", ca),
	OPTION("pin", pin),
	OPTION("tls-name", tls_name),
	OPTION("cert", certificate),
	OPTION("key", key),
	{ .name = "timeout",
	  .kind = OPTION_REAL,
	  .offset = offsetof(struct link_options, timeout_s),
	  .low = 0.001,
	  .high = TIMEOUT_MAX_S },
	/* The last two are those of a login. */
	OPTION("user", user),
	OPTION("password-file", password_file),
};
#define ENTRIES (sizeof(entries) / sizeof(entries[0]))
#define ENTRIES_WITHOUT_LOGIN (ENTRIES - 2)

static bool is_fingerprint(const char *text)
{
	size_t digits = 0;

	for (; *text; text++) {
		if (isxdigit((unsigned char)*text))
			digits++;
		else if (*text != ':')
			return false;
	}
	return digits == PIN_DIGITS;
}

static const char *first_tls_option(const struct link_options *o)
{
	return o->ca            ? "--ca"
	       : o->pin         ? "--pin"
	       : o->tls_name    ? "--tls-name"
	       : o->certificate ? "--cert"
	       : o->key         ? "--key"
	                        : NULL;
}

static int check_tls(const struct link_app *app)
{
	const char *option = first_tls_option(&app->o);

	if (option && !app->url.tls)
		return command_usage_error(
			app->self, "%s is for TLS: write devlink3s:// instead of devlink3://", option);
	if (app->o.pin && !is_fingerprint(app->o.pin))
		return command_usage_error(
			app->self,
			"--pin %s: expected 64 hexadecimal digits, with or without colons; "
			"openssl x509 -fingerprint -sha256 shows them",
			app->o.pin);
	if (app->o.key && !app->o.certificate)
		return command_usage_error(app->self, "--key is the key of a certificate: --cert is missing");
	return -1;
}

void link_url_without_user(const struct dl3_url *url, char *buf, size_t cap)
{
	bool brackets = strchr(url->host, ':') != NULL;

	snprintf(buf, cap, "devlink3%s://%s%s%s:%u", url->tls ? "s" : "", brackets ? "[" : "", url->host,
	         brackets ? "]" : "", url->port);
}

static int read_url(struct link_app *app, const char *text)
{
	char error[256];

	if (!strstr(text, "://"))
		return command_usage_error(app->self,
		                           "'%s' is no URL: write devlink3://USER@HOST, or "
		                           "devlink3s://USER@HOST with TLS",
		                           text);
	if (!dl3_url_parse(text, &app->url, error, sizeof(error)))
		return command_usage_error(app->self, "%s", error);
	if (app->login == LINK_LOGIN && !app->o.user && !app->url.user[0])
		return command_usage_error(app->self, "no user: write devlink3%s://USER@%s, or --user USER",
		                           app->url.tls ? "s" : "", app->url.host);
	if (app->o.user && !*app->o.user)
		return command_usage_error(app->self, "--user: expected a name, came an empty one");
	return check_tls(app);
}

int link_arguments(struct link_app *app, int argc, char **argv, const struct option_set *own)
{
	const struct option_set sets[OPTION_SETS_MAX] = {
		{ .entries = entries,
		  .count = app->login == LINK_LOGIN ? ENTRIES : ENTRIES_WITHOUT_LOGIN,
		  .into = &app->o },
		*own,
	};
	int code = options_parse(app->self, argc, argv, sets, OPTION_SETS_MAX);

	if (code >= 0)
		return code;
	if (optind == argc)
		return command_usage_error(app->self, "a URL is expected, such as devlink3://USER@HOST");
	return read_url(app, argv[optind++]);
}

int link_flags(const struct link_app *app, const char *words, uint32_t *flags)
{
	struct dl3_str unknown;

	*flags = dl3_flags_parse(dl3_str_of(words), &unknown);
	if (!unknown.ptr)
		return -1;
	return command_usage_error(app->self,
	                           "--flags: nobody knows '%.*s'; there are -SCN, -CD2, -SIPTrack, -CMExtn, "
	                           "-CONN and -TEXT",
	                           (int)unknown.len, unknown.ptr);
}
