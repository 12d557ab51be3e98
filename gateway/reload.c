/* SPDX-License-Identifier: MIT */
/* Going on with another configuration. What can fail is made first; then nothing can go wrong any more. */
#include <stdlib.h>

#include "gateway_parts.h"

struct reload {
	struct gateway *g;
	const struct gateway_config *config;
	struct config_diff diff;
	struct dl3_tls *tls[CONFIG_LISTEN_MAX];
	struct site **sites; /* of the new and the changed, by their place in the difference */
};

static void forget(struct reload *r)
{
	for (size_t i = 0; i < CONFIG_LISTEN_MAX; i++)
		dl3_tls_free(r->tls[i]);
	free(r->sites);
	gateway_config_diff_free(&r->diff);
}

/* Certificates again, of the addresses that stay. */
static bool make_tls(struct reload *r, struct config_error *error)
{
	if (r->diff.sections & CONFIG_SECTION_LISTEN)
		return true;
	for (size_t i = 0; i < r->config->listen_count; i++) {
		if (!r->config->listen[i].encrypted)
			continue;
		r->tls[i] = gateway_make_tls(&r->config->listen[i], error);
		if (!r->tls[i])
			return false;
	}
	return true;
}

/* Passwords of all, so that a wrong one is found before anything is changed. */
static bool check_passwords(struct reload *r, struct config_error *error)
{
	for (size_t i = 0; i < r->config->pbx_count; i++) {
		struct gateway_password password;
		if (!gateway_password_get(r->config, &r->config->pbxs[i].password, &password, error))
			return false;
		gateway_password_wipe(&password);
	}
	return true;
}

static struct site **find(struct gateway *g, const char *name)
{
	for (size_t i = 0; i < g->site_count; i++)
		if (g->sites[i] != g->demo && dl3_str_is(dl3_str_of(name), site_name(g->sites[i])))
			return &g->sites[i];
	return NULL;
}

static void remove_site(struct gateway *g, const char *name)
{
	struct site **at = find(g, name);

	const struct dl3_link_change gone = { .state = DL3_LINK_STOPPED,
		                              .before = DL3_LINK_UP,
		                              .reason = DL3_REASON_OWNER,
		                              .detail = "",
		                              .advice = "",
		                              .address = "" };

	if (!at)
		return;
	gateway_proxy_changed(g, *at, &gone);
	site_free(*at);
	*at = g->sites[--g->site_count];
}

static void renew_password(struct gateway *g, const struct config_pbx *p)
{
	struct site **at = find(g, p->name);
	struct gateway_password password;
	struct config_error unused;

	if (!at || !gateway_password_get(g->config, &p->password, &password, &unused))
		return;
	(void)site_set_password(*at, password.text);
	gateway_password_wipe(&password);
}

static void change_site(struct gateway *g, const struct config_pbx_change *c)
{
	struct config_error error;

	if (c->what == CONFIG_SAME) {
		renew_password(g, c->after);
		return;
	}
	if (c->before)
		remove_site(g, c->before->name);
	if (!c->after)
		return;
	struct site *s = gateway_make_site(g, c->after, &error);
	if (s)
		g->sites[g->site_count++] = s;
	else
		log_say(g->log, LOG_LEVEL_ERROR, "reload", LOG_TEXT("pbx", c->after->name),
		        LOG_TEXT("reason", error.text));
}

static void apply(struct reload *r)
{
	struct gateway *g = r->g;
	char sections[CONFIG_SECTIONS_SIZE];

	g->config = r->config;
	for (size_t i = 0; i < r->diff.pbx_count; i++)
		change_site(g, &r->diff.pbxs[i]);
	for (size_t i = 0; i < g->listener_count; i++)
		if (r->tls[i])
			http_set_tls(g->listeners[i].http, r->tls[i]);
	gateway_renew_proxy_users(g);
	if (g->log)
		log_set(g->log, r->config->log.format, r->config->log.level);
	const unsigned later = r->diff.sections & CONFIG_NEEDS_RESTART;
	log_say(g->log, later ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "reload", LOG_TEXT("result", "done"),
	        LOG_TEXT("needs_restart",
	                 later ? config_sections_text(later, sections, sizeof(sections)) : NULL));
}

bool gateway_reload(struct gateway *g, const struct gateway_config *config, struct config_error *error)
{
	struct reload r = { .g = g, .config = config };

	if (!gateway_config_diff(g->config, config, &r.diff))
		return gateway_fail(error, "out of memory");
	/* Room for all there may be while it goes on. */
	struct site **wider =
		realloc(g->sites, (g->site_count + config->pbx_count + 1) * sizeof(struct site *));
	if (wider)
		g->sites = wider;
	bool ok = wider ? make_tls(&r, error) && check_passwords(&r, error)
	                : gateway_fail(error, "out of memory");
	if (ok && g->tokens)
		ok = tokens_reload(g->tokens, error->text, sizeof(error->text));
	if (ok)
		apply(&r);
	forget(&r);
	return ok;
}
