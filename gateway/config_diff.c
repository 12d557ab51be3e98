/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_secret(const struct config_secret *a, const struct config_secret *b)
{
	return same(a->file, b->file) && same(a->env, b->env);
}

/* ---- Where it listens ---- */

static bool same_addresses(const struct config_listen *a, size_t a_count, const struct config_listen *b,
                           size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!same(a[i].address, b[i].address) || a[i].encrypted != b[i].encrypted)
			return false;
	return true;
}

static bool same_tls(const struct config_listen *a, size_t a_count, const struct config_listen *b,
                     size_t b_count)
{
	for (size_t i = 0; i < a_count && i < b_count; i++)
		if (!same(a[i].tls.certificate, b[i].tls.certificate) || !same(a[i].tls.key, b[i].tls.key) ||
		    !same(a[i].tls.client_ca, b[i].tls.client_ca) ||
		    a[i].tls.require_client != b[i].tls.require_client)
			return false;
	return true;
}

static unsigned compare_listen(const struct gateway_config *a, const struct gateway_config *b)
{
	const struct config_proxy *p = &a->proxy, *q = &b->proxy;
	unsigned sections = 0;

	if (!same_addresses(a->listen, a->listen_count, b->listen, b->listen_count))
		sections |= CONFIG_SECTION_LISTEN;
	if (!same_addresses(p->listen, p->listen_count, q->listen, q->listen_count) ||
	    p->connections != q->connections)
		sections |= CONFIG_SECTION_PROXY;
	if (!same_tls(a->listen, a->listen_count, b->listen, b->listen_count) ||
	    !same_tls(p->listen, p->listen_count, q->listen, q->listen_count))
		sections |= CONFIG_SECTION_TLS;
	return sections;
}

/* ---- The rest ---- */

static bool same_users(const struct config_proxy *a, const struct config_proxy *b)
{
	if (a->user_count != b->user_count)
		return false;
	for (size_t i = 0; i < a->user_count; i++)
		if (!same(a->users[i].name, b->users[i].name) ||
		    !same_secret(&a->users[i].password, &b->users[i].password))
			return false;
	return true;
}

static bool same_origins(const struct gateway_config *a, const struct gateway_config *b)
{
	if (a->origin_count != b->origin_count)
		return false;
	for (size_t i = 0; i < a->origin_count; i++)
		if (!same(a->allowed_origins[i], b->allowed_origins[i]))
			return false;
	return true;
}

static bool same_store(const struct config_store *a, const struct config_store *b)
{
	return same(a->where, b->where) && a->calls_days == b->calls_days &&
	       a->events_days == b->events_days && a->max_bytes == b->max_bytes &&
	       a->commit_ms == b->commit_ms && a->records == b->records;
}

static bool same_calls(const struct config_calls *a, const struct config_calls *b)
{
	return a->answer_goal_s == b->answer_goal_s && a->short_s == b->short_s &&
	       a->day_start_min == b->day_start_min;
}

static bool same_limits(const struct config_limits *a, const struct config_limits *b)
{
	return a->consumers == b->consumers && a->connections == b->connections &&
	       a->connections_per_address == b->connections_per_address &&
	       a->ring_messages == b->ring_messages && a->ring_bytes == b->ring_bytes &&
	       a->request_timeout_s == b->request_timeout_s && a->queue == b->queue;
}

static unsigned compare(const struct gateway_config *a, const struct gateway_config *b)
{
	unsigned sections = compare_listen(a, b);

	sections |= same_users(&a->proxy, &b->proxy) ? 0 : CONFIG_SECTION_PROXY_USERS;
	sections |= same(a->tokens_file, b->tokens_file) ? 0 : CONFIG_SECTION_TOKENS_FILE;
	sections |= same_origins(a, b) ? 0 : CONFIG_SECTION_ALLOWED_ORIGINS;
	sections |= same_store(&a->store, &b->store) ? 0 : CONFIG_SECTION_STORE;
	sections |= same_calls(&a->calls, &b->calls) ? 0 : CONFIG_SECTION_CALLS;
	sections |= same_limits(&a->limits, &b->limits) ? 0 : CONFIG_SECTION_LIMITS;
	sections |= a->log.format == b->log.format && a->log.level == b->log.level ? 0 : CONFIG_SECTION_LOG;
	return sections | (same(a->state, b->state) ? 0 : (unsigned)CONFIG_SECTION_STATE);
}

/* ---- PBXs ---- */

static bool same_pbx(const struct config_pbx *a, const struct config_pbx *b)
{
	return same(a->url, b->url) && same_secret(&a->password, &b->password) &&
	       same(a->tls.ca_file, b->tls.ca_file) && same(a->tls.fingerprint, b->tls.fingerprint) &&
	       same(a->tls.name, b->tls.name) && same(a->tls.certificate, b->tls.certificate) &&
	       same(a->tls.key, b->tls.key) && a->flags == b->flags && same(a->application, b->application);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct config_pbx *const *)a)->name,
	              (*(const struct config_pbx *const *)b)->name);
}

/* Thousands of PBXs are compared at each reload. @return to be freed. */
static const struct config_pbx **sorted(const struct gateway_config *config)
{
	const struct config_pbx **list = calloc(config->pbx_count + 1, sizeof(*list));

	for (size_t i = 0; list && i < config->pbx_count; i++)
		list[i] = &config->pbxs[i];
	if (list)
		qsort(list, config->pbx_count, sizeof(*list), by_name);
	return list;
}

static const struct config_pbx *find(const struct config_pbx **list, size_t count,
                                     const struct config_pbx *key)
{
	const struct config_pbx **found = bsearch(&key, list, count, sizeof(*list), by_name);

	return found ? *found : NULL;
}

static void compare_pbxs(struct config_diff *diff, const struct gateway_config *a,
                         const struct config_pbx **before, const struct gateway_config *b,
                         const struct config_pbx **after)
{
	struct config_pbx_change *out = diff->pbxs;

	for (size_t i = 0; i < b->pbx_count; i++, out++) {
		out->after = &b->pbxs[i];
		out->before = find(before, a->pbx_count, out->after);
		out->what = !out->before                        ? CONFIG_NEW
		            : same_pbx(out->before, out->after) ? CONFIG_SAME
		                                                : CONFIG_CHANGED;
	}
	for (size_t i = 0; i < a->pbx_count; i++)
		if (!find(after, b->pbx_count, &a->pbxs[i]))
			*out++ = (struct config_pbx_change){ .what = CONFIG_GONE, .before = &a->pbxs[i] };
	diff->pbx_count = (size_t)(out - diff->pbxs);
	for (size_t i = 0; i < diff->pbx_count; i++)
		if (diff->pbxs[i].what != CONFIG_SAME)
			diff->sections |= CONFIG_SECTION_PBXS;
}

bool gateway_config_diff(const struct gateway_config *before, const struct gateway_config *after,
                         struct config_diff *diff)
{
	const struct config_pbx **a = sorted(before), **b = sorted(after);

	*diff = (struct config_diff){ .sections = compare(before, after) };
	diff->pbxs = calloc(before->pbx_count + after->pbx_count + 1, sizeof(*diff->pbxs));
	bool ok = a && b && diff->pbxs;

	if (ok)
		compare_pbxs(diff, before, a, after, b);
	else
		gateway_config_diff_free(diff);
	free(a);
	free(b);
	return ok;
}

void gateway_config_diff_free(struct config_diff *diff)
{
	free(diff->pbxs);
	*diff = (struct config_diff){ 0 };
}

char *config_sections_text(unsigned sections, char *buf, size_t size)
{
	static const char *const names[] = {
		"pbxs",  "listen", "tls",    "proxy", "proxy.users", "tokens_file", "allowed_origins",
		"store", "calls",  "limits", "log",   "state"
	};
	size_t len = 0;

	if (size > 0)
		buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sections & 1u << i && len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len > 0 ? ", " : "", names[i]);
	return buf;
}
