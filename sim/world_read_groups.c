/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world_read.h"

#define TIME_MAX 86400u

/* ---- Groups ---- */

static bool read_times(struct sim_reader *r, const struct sim_group_entry *e, struct sim_group *g, size_t i)
{
	return sim_read_number(r, SIM_AT("groups", i + 1, "ring_s"), e->ring_s, 15, 1, 3600, &g->ring_s) &&
	       sim_read_number(r, SIM_AT("groups", i + 1, "queue_limit"), e->queue_limit, 0, 0, 10000,
	                       &g->queue_limit) &&
	       sim_read_number(r, SIM_AT("groups", i + 1, "announce_s"), e->announce_s, 0, 0, TIME_MAX,
	                       &g->announce_s) &&
	       sim_read_number(r, SIM_AT("groups", i + 1, "overflow_s"), e->overflow_s, e->overflow ? 30 : 0, 1,
	                       TIME_MAX, &g->overflow_s) &&
	       sim_read_number(r, SIM_AT("groups", i + 1, "voicemail_s"), e->voicemail_s, 0, 0, TIME_MAX,
	                       &g->voicemail_s);
}

static bool read_group(struct sim_reader *r, const struct sim_group_entry *e, size_t i)
{
	struct sim_group *g = &r->w->groups[i];

	*g = (struct sim_group){ .id = (uint32_t)i + 1, .overflow = SIM_NONE };
	g->mode = (enum sim_group_mode)SIM_TOLD(e->mode, SIM_COLLECTIVE);
	g->service = (enum sim_service_mode)SIM_TOLD(e->service, SIM_DAY);
	if (!sim_read_extension(r, SIM_AT("groups", i + 1, "extension"), e->extension, SIM_GROUPS_FROM + i, &g->extension) ||
	    !sim_read_text(r, &g->name, e->name) ||
	    !sim_read_node(r, SIM_AT("groups", i + 1, "node"), e->node, &g->node) || !read_times(r, e, g, i))
		return false;
	size_t first = sim_table_put(&r->group_names, g->name, i);

	if (first != SIM_NONE)
		return sim_read_twice(r, SIM_AT("groups", i + 1, "name"), SIM_AT("groups", first + 1, "name"), "name",
		                      g->name);
	r->w->group_count++;
	return true;
}

bool sim_read_groups(struct sim_reader *r)
{
	size_t listed = r->file->groups_count;

	if (!sim_read_room(r, "groups", listed, r->generate.groups, SIM_GROUPS_MAX, sizeof(*r->w->groups),
	                   (void **)&r->w->groups) ||
	    !sim_table_init(&r->group_names, r->w, listed))
		return false;
	for (size_t i = 0; i < listed; i++)
		if (!read_group(r, &r->file->groups[i], i))
			return false;
	return true;
}

/* ---- Members: an extension, a login name, or a range of extensions "4001-4010" ---- */

/* What stands in one list of a group; those of one list may not meet. */
struct list {
	const char *key;
	char **said;
	size_t count;
	/* For each user: 0, or 1 and the place in the list where he was named. */
	size_t *named;
};

static bool name_member(struct sim_reader *r, struct list *l, const struct sim_place *at, size_t user)
{
	if (l->named[user])
		return sim_document_fail(&r->doc, at, "%s: extension \"%s\" is named twice", l->key,
		                         r->w->users[user].extension);
	l->named[user] = at->item;
	return true;
}

static bool is_range(const char *said, size_t *len)
{
	*len = strspn(said, "0123456789");
	return *len > 0 && said[*len] == '-' && strspn(said + *len + 1, "0123456789") == *len &&
	       said[2 * *len + 1] == '\0';
}

static bool name_range(struct sim_reader *r, struct list *l, const struct sim_place *at, const char *said, size_t len)
{
	bool any = false;

	for (size_t u = 0; u < r->w->user_count; u++) {
		const char *extension = r->w->users[u].extension;

		/* Of the same length, so that the order of text is that of numbers. */
		if (strlen(extension) != len || strncmp(extension, said, len) < 0 ||
		    strncmp(extension, said + len + 1, len) > 0)
			continue;
		any = true;
		if (!name_member(r, l, at, u))
			return false;
	}
	return any || sim_document_fail(&r->doc, at, "%s: no user has an extension in \"%s\"", l->key, said);
}

static bool name_one(struct sim_reader *r, struct list *l, const struct sim_place *at, const char *said)
{
	size_t user = sim_table_get(&r->maker.extensions, said), len;

	if (user == SIM_NONE)
		user = sim_table_get(&r->logins, said);
	if (user != SIM_NONE && user < r->w->user_count)
		return name_member(r, l, at, user);
	if (user == SIM_NONE && is_range(said, &len))
		return name_range(r, l, at, said, len);
	return sim_document_fail(&r->doc, at, "%s: no user has the extension or login \"%s\"", l->key, said);
}

static bool name_all(struct sim_reader *r, struct list *l, size_t group)
{
	for (size_t i = 0; i < l->count; i++)
		if (!name_one(r, l, SIM_AT_ITEM("groups", group + 1, l->key, i + 1, NULL), l->said[i]))
			return false;
	return true;
}

/* In the order in which they were named, which is that of a sequential group; within a range, of users. */
struct place {
	size_t named, user;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->named != y->named)
		return x->named < y->named ? -1 : 1;
	return x->user < y->user ? -1 : x->user > y->user;
}

static bool fill_members(struct sim_reader *r, struct sim_group *g, const struct list *members,
                         const struct list *inactive, struct place *places)
{
	size_t count = 0;

	for (size_t u = 0; u < r->w->user_count; u++)
		if (members->named[u])
			places[count++] = (struct place){ members->named[u], u };
	qsort(places, count, sizeof(*places), by_place);
	g->members = sim_world_alloc(r->w, count, sizeof(*g->members));
	g->active = sim_world_alloc(r->w, count, sizeof(*g->active));
	if (!g->members || !g->active)
		return false;
	for (; g->member_count < count; g->member_count++) {
		g->members[g->member_count] = places[g->member_count].user;
		g->active[g->member_count] = !inactive->named[places[g->member_count].user];
	}
	return true;
}

static bool check_members(struct sim_reader *r, size_t i, const struct list *members, const struct list *inactive)
{
	const struct sim_group *g = &r->w->groups[i];

	if (g->mode == SIM_COLLECTIVE && g->member_count > SIM_TARGETS_MAX)
		return sim_document_fail(&r->doc, SIM_AT("groups", i + 1, "members"),
		                         "members: expected at most %u in a collective group, not %zu", SIM_TARGETS_MAX,
		                         g->member_count);
	for (size_t u = 0; u < r->w->user_count; u++)
		if (inactive->named[u] && !members->named[u])
			return sim_document_fail(&r->doc, SIM_AT_ITEM("groups", i + 1, "inactive", inactive->named[u], NULL),
			                         "inactive: extension \"%s\" is no member", r->w->users[u].extension);
	return true;
}

bool sim_read_members(struct sim_reader *r)
{
	size_t users = r->w->user_count;
	size_t *named = sim_world_alloc(r->w, 2 * users, sizeof(*named));
	struct place *places = sim_world_alloc(r->w, users, sizeof(*places));

	if (!named || !places)
		return false;
	for (size_t i = 0; i < r->file->groups_count; i++) {
		const struct sim_group_entry *e = &r->file->groups[i];
		struct list members = { "members", e->members, e->members_count, named };
		struct list inactive = { "inactive", e->inactive, e->inactive_count, named + users };

		memset(named, 0, 2 * users * sizeof(*named));
		if (!name_all(r, &members, i) || !name_all(r, &inactive, i) ||
		    !fill_members(r, &r->w->groups[i], &members, &inactive, places) ||
		    !check_members(r, i, &members, &inactive))
			return false;
	}
	return true;
}

/* ---- Overflow ---- */

static size_t find_group(const struct sim_reader *r, const char *said)
{
	size_t i = sim_table_get(&r->group_names, said);

	if (i != SIM_NONE)
		return i;
	for (i = 0; i < r->w->group_count; i++)
		if (strcmp(r->w->groups[i].extension, said) == 0)
			return i;
	return SIM_NONE;
}

/* Whoever closes the circle is to blame: it was none before. */
static bool check_circle(struct sim_reader *r, size_t group)
{
	size_t next = r->w->groups[group].overflow;

	for (; next != SIM_NONE; next = r->w->groups[next].overflow)
		if (next == group)
			return sim_document_fail(&r->doc, SIM_AT("groups", group + 1, "overflow"),
			                         "overflow: calls of \"%s\" would come back to it in a circle",
			                         r->w->groups[group].name);
	return true;
}

bool sim_read_overflows(struct sim_reader *r)
{
	for (size_t i = 0; i < r->file->groups_count; i++) {
		const struct sim_group_entry *e = &r->file->groups[i];
		struct sim_group *g = &r->w->groups[i];

		if (!e->overflow && e->overflow_s)
			return sim_document_fail(&r->doc, SIM_AT("groups", i + 1, "overflow_s"),
			                         "overflow_s: expected \"overflow\" with it, the group to go to");
		if (!e->overflow)
			continue;
		g->overflow = find_group(r, e->overflow);
		if (g->overflow == SIM_NONE)
			return sim_document_fail(&r->doc, SIM_AT("groups", i + 1, "overflow"),
			                         "overflow: no group has the name or extension \"%s\"", e->overflow);
		if (!check_circle(r, i))
			return false;
	}
	return true;
}

/* ---- Trunks ---- */

/* The text of a number so many further on, with as many digits. */
static bool count_on(char *text, uint32_t by)
{
	for (size_t i = strlen(text); i-- > 0 && by > 0; by /= 10) {
		uint32_t digit = (uint32_t)(text[i] - '0') + by % 10;

		text[i] = (char)('0' + digit % 10);
		by += digit / 10 * 10;
	}
	return by == 0;
}

static bool add_route(struct sim_reader *r, struct sim_trunk *t, struct sim_table *dids, const struct sim_place *at,
                      const char *did, const char *to)
{
	struct sim_route *route = &t->routes[t->route_count];
	struct sim_place there = *at;

	there.sub = "to";
	if (!sim_read_target(r, &there, to, &route->to) || !sim_read_text(r, &route->did, did))
		return false;
	if (sim_table_put(dids, route->did, 0) != SIM_NONE)
		return sim_document_fail(&r->doc, at, "did: \"%s\" has a route on this trunk already", did);
	t->route_count++;
	return true;
}

static bool read_route(struct sim_reader *r, struct sim_trunk *t, struct sim_table *dids,
                       const struct sim_route_entry *e, struct sim_place *at)
{
	char did[SIM_NUMBER_MAX], to[SIM_NUMBER_MAX];
	uint32_t count = SIM_TOLD(e->count, 1);

	at->sub = "to";
	if (!sim_read_digits(r, at, e->to, ""))
		return false;
	at->sub = "did";
	if (!sim_read_digits(r, at, e->did, ""))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		snprintf(did, sizeof(did), "%s", e->did);
		snprintf(to, sizeof(to), "%s", e->to);
		if (!count_on(did, i) || !count_on(to, i))
			return sim_document_fail(&r->doc, at, "did: %u numbers from \"%s\" to \"%s\" on are too many for their digits",
			                         count, e->did, e->to);
		if (!add_route(r, t, dids, at, did, to))
			return false;
	}
	return true;
}

static bool read_routes(struct sim_reader *r, const struct sim_trunk_entry *e, size_t i)
{
	struct sim_trunk *t = &r->w->trunks[i];
	struct sim_table dids;
	size_t total = 0;

	for (size_t k = 0; k < e->routes_count; k++) {
		uint32_t count;

		if (!sim_read_number(r, SIM_AT_ITEM("trunks", i + 1, "routes", k + 1, "count"), e->routes[k].count, 1, 1,
		                     SIM_USERS_MAX, &count))
			return false;
		total += count;
	}
	if (total > SIM_ROUTES_MAX)
		return sim_document_fail(&r->doc, SIM_AT("trunks", i + 1, "routes"),
		                         "routes: expected at most %u numbers, not %zu", SIM_ROUTES_MAX, total);
	t->routes = sim_world_alloc(r->w, total, sizeof(*t->routes));
	if (!t->routes || !sim_table_init(&dids, r->w, total))
		return false;
	for (size_t k = 0; k < e->routes_count; k++) {
		struct sim_place at = { "trunks", i + 1, "routes", k + 1, NULL };

		if (!read_route(r, t, &dids, &e->routes[k], &at))
			return false;
	}
	return true;
}

/* Lines that are told come before those that are free to choose. */
static bool place_trunk(struct sim_reader *r, const struct sim_trunk_entry *e, size_t i)
{
	struct sim_trunk *t = &r->w->trunks[i];
	uint32_t line;

	t->class = SIM_TOLD(e->type, DL3_EQUIPMENT_SIP_TRUNK);
	if (!sim_read_node(r, SIM_AT("trunks", i + 1, "node"), e->node, &t->node) ||
	    !sim_read_number(r, SIM_AT("trunks", i + 1, "line"), e->line, 0, 1, SIM_LINE_MAX, &line))
		return false;
	r->w->trunk_count++;
	if (line > 0 && sim_free_line(r->w, t->node, line) != line)
		return sim_document_fail(&r->doc, SIM_AT("trunks", i + 1, "line"), "line: \"%s\" has a line %u already",
		                         r->w->nodes[t->node].name, line);
	t->line = line;
	return true;
}

static bool read_trunk(struct sim_reader *r, const struct sim_trunk_entry *e, size_t i)
{
	struct sim_trunk *t = &r->w->trunks[i];
	char number[SIM_NUMBER_MAX];

	if (t->line == 0)
		t->line = sim_free_line(r->w, t->node, t->class == DL3_EQUIPMENT_SIP_TRUNK ? 17 : 1);
	sim_number_own(i, 0, 3, number);
	return sim_read_number(r, SIM_AT("trunks", i + 1, "channels"), e->channels, sim_natural_channels(t->class), 1,
	                       SIM_CHANNELS_MAX, &t->channels) &&
	       sim_read_digits(r, SIM_AT("trunks", i + 1, "number"), e->number, "+") &&
	       sim_read_digits(r, SIM_AT("trunks", i + 1, "prefix"), e->prefix, "*#") &&
	       sim_read_text(r, &t->number, e->number ? e->number : number) &&
	       sim_read_text(r, &t->prefix, e->prefix ? e->prefix : "9") &&
	       sim_read_target(r, SIM_AT("trunks", i + 1, "fallback"), e->fallback, &t->fallback) &&
	       read_routes(r, e, i);
}

bool sim_read_trunks(struct sim_reader *r)
{
	size_t listed = r->file->trunks_count;

	if (!sim_read_room(r, "trunks", listed, r->generate.trunks, SIM_TRUNKS_MAX, sizeof(*r->w->trunks),
	                   (void **)&r->w->trunks) ||
	    !sim_read_number(r, SIM_AT("generate", 0, "channels"), r->generate.channels, 0, 1, SIM_CHANNELS_MAX,
	                     &r->maker.channels))
		return false;
	for (size_t i = 0; i < listed; i++)
		if (!place_trunk(r, &r->file->trunks[i], i))
			return false;
	for (size_t i = 0; i < listed; i++)
		if (!read_trunk(r, &r->file->trunks[i], i))
			return false;
	return sim_make_trunks(&r->maker);
}
