/* SPDX-License-Identifier: MIT */
/* The proxies: each passes one PBX's own protocol on. The first address is the first PBX's, the second the second's; where there
 * is one PBX all addresses are its. */
#include <stdio.h>
#include <stdlib.h>

#include "gateway_parts.h"

struct reading {
	proxy_file_fn done;
	void *arg;
};

static void on_read(enum site_answer answer, struct dl3_octets contents, const char *detail, void *arg)
{
	struct reading *r = arg;

	(void)detail;
	r->done(answer == SITE_FILE, contents, r->arg);
	free(r);
}

/* On the site's connection for files. */
static bool read_file(void *arg, struct dl3_str path, proxy_file_fn done, void *done_arg)
{
	const struct gateway_proxy *p = arg;
	struct site *s = gateway_site(p->gateway, dl3_str_of(p->pbx));
	struct reading *r = s ? malloc(sizeof(*r)) : NULL;

	if (!r)
		return false;
	*r = (struct reading){ .done = done, .arg = done_arg };
	if (site_read(s, path, on_read, r))
		return true;
	free(r);
	return false;
}

static void say(const char *line, void *arg)
{
	const struct gateway_proxy *p = arg;

	log_say(p->gateway->log, LOG_LEVEL_INFO, "proxy", LOG_TEXT("pbx", p->pbx), LOG_TEXT("said", line));
}

/* ---- Users ---- */

struct people {
	struct proxy_user *users;
	struct gateway_password *passwords;
	size_t count;
};

static void forget(struct people *all)
{
	for (size_t i = 0; i < all->count; i++)
		gateway_password_wipe(&all->passwords[i]);
	free(all->users);
	free(all->passwords);
	*all = (struct people){ 0 };
}

static bool fetch(const struct gateway_config *config, struct people *all, struct config_error *error)
{
	const struct config_proxy *c = &config->proxy;

	*all = (struct people){ .users = calloc(c->user_count + 1, sizeof(struct proxy_user)),
		                .passwords = calloc(c->user_count + 1, sizeof(struct gateway_password)) };
	if (!all->users || !all->passwords) {
		forget(all);
		return gateway_fail(error, "out of memory");
	}
	bool ok = true;
	for (size_t i = 0; ok && i < c->user_count; i++) {
		ok = gateway_password_get(config, &c->users[i].password, &all->passwords[i], error);
		all->users[i] =
			(struct proxy_user){ .name = c->users[i].name, .password = all->passwords[i].text };
		all->count++;
	}
	if (!ok)
		forget(all);
	return ok;
}

/* ---- Life ---- */

static bool add(struct gateway *g, const struct config_listen *l, const char *pbx,
                const struct people *people, struct config_error *error)
{
	struct gateway_proxy *to = &g->proxies[g->proxy_count];
	const struct proxy_listen listen = { .address = l->address, .tls = l->encrypted ? &l->tls : NULL };
	const struct proxy_config config = { .name = pbx,
		                             .listen = &listen,
		                             .listen_count = 1,
		                             .users = people->users,
		                             .user_count = people->count,
		                             .connections = g->config->proxy.connections,
		                             .file = read_file,
		                             .log = say,
		                             .arg = to };

	to->gateway = g;
	(void)snprintf(to->pbx, sizeof(to->pbx), "%s", pbx);
	to->proxy = proxy_new(g->base, &config, error->text, sizeof(error->text));
	if (!to->proxy)
		return false;
	(void)snprintf(to->url, sizeof(to->url), "devlink3%s://%s", l->encrypted ? "s" : "",
	               proxy_address(to->proxy, 0));
	g->proxy_count++;
	return true;
}

bool gateway_begin_proxies(struct gateway *g, struct config_error *error)
{
	const struct config_proxy *c = &g->config->proxy;
	struct people people;

	if (c->listen_count == 0)
		return true;
	if (g->site_count > 1 && c->listen_count > g->site_count)
		return gateway_fail(error, "proxy: expected at most one address for each PBX");
	if (g->site_count == 0)
		return gateway_fail(error, "proxy: expected a PBX to stand for, came none");
	if (!fetch(g->config, &people, error))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < c->listen_count; i++)
		ok = add(g, &c->listen[i], site_name(g->sites[g->site_count > 1 ? i : 0]), &people, error);
	forget(&people);
	return ok;
}

void gateway_end_proxies(struct gateway *g)
{
	for (size_t i = 0; i < g->proxy_count; i++)
		proxy_free(g->proxies[i].proxy);
	g->proxy_count = 0;
}

void gateway_renew_proxy_users(struct gateway *g)
{
	struct config_error error;
	struct people people;

	if (g->proxy_count == 0)
		return;
	if (!fetch(g->config, &people, &error)) {
		log_say(g->log, LOG_LEVEL_ERROR, "reload", LOG_TEXT("what", "proxy.users"),
		        LOG_TEXT("reason", error.text));
		return;
	}
	for (size_t i = 0; i < g->proxy_count; i++)
		(void)proxy_set_users(g->proxies[i].proxy, people.users, people.count);
	forget(&people);
}

/* ---- What happens on a link ---- */

void gateway_proxy_event(const struct gateway *g, const struct site *s, const struct dl3_event *event)
{
	for (size_t i = 0; i < g->proxy_count; i++)
		if (dl3_str_is(dl3_str_of(g->proxies[i].pbx), site_name(s)))
			proxy_event(g->proxies[i].proxy, event);
}

void gateway_proxy_changed(const struct gateway *g, const struct site *s,
                           const struct dl3_link_change *change)
{
	for (size_t i = 0; i < g->proxy_count; i++)
		if (dl3_str_is(dl3_str_of(g->proxies[i].pbx), site_name(s)))
			proxy_changed(g->proxies[i].proxy, change);
}

const char *gateway_proxy_address(const struct gateway *g, size_t index)
{
	return index < g->proxy_count ? g->proxies[index].url : NULL;
}
