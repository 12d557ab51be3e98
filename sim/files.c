/* SPDX-License-Identifier: MIT */
/*
 * Pseudo-files: names and columns as they have been seen, see docs/rulings.md. Rows end in a line
 * break, fields in commas, nothing is quoted: what would break a row is left out of its text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pbx.h"

#define FOLDER "nasystem/"

struct text {
	char *at;
	size_t len, cap;
	bool failed, in_row;
};

static void put(struct text *t, const char *from, size_t len)
{
	if (t->len + len + 1 > t->cap) {
		size_t cap = (t->len + len + 1) * 2;
		char *at = t->failed ? NULL : realloc(t->at, cap);

		if (!at) {
			t->failed = true;
			return;
		}
		t->at = at;
		t->cap = cap;
	}
	if (!t->at)
		return;
	memcpy(t->at + t->len, from, len);
	t->len += len;
	t->at[t->len] = '\0';
}

/* A field and the comma in front of it, if it is not the first. */
static void field(struct text *t, const char *value)
{
	if (t->in_row)
		put(t, ",", 1);
	t->in_row = true;
	for (; value && *value; value++)
		if (*value != ',' && *value != '\r' && *value != '\n')
			put(t, value, 1);
}

static void number(struct text *t, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	field(t, digits);
}

static void row_end(struct text *t)
{
	put(t, "\r\n", 2);
	t->in_row = false;
}

/* ---- Users ---- */

static void fill(struct text *t, unsigned count)
{
	while (count-- > 0)
		field(t, "");
}

static void short_row(struct text *t, const char *login, const char *extension, const char *name, uint32_t id)
{
	field(t, login);
	field(t, extension);
	field(t, name);
	fill(t, 8);
	number(t, id);
	row_end(t);
}

static void user_list(struct text *t, const struct sim_world *w, size_t node)
{
	short_row(t, "NoUser", "", "", 0);
	for (size_t i = 0; i < w->user_count; i++)
		if (w->users[i].node == node)
			short_row(t, w->users[i].login, w->users[i].extension, w->users[i].full_name, w->users[i].id);
}

static void long_row(struct text *t, const struct sim_user *u)
{
	field(t, u->login);
	field(t, u->extension);
	field(t, u->full_name);
	field(t, "3"); /* licence class */
	number(t, (u->voicemail ? 1u : 0u) | (u->do_not_disturb ? 2u : 0u));
	field(t, "0"); /* one-X */
	field(t, "");
	field(t, u->email);
	fill(t, 3);
	number(t, u->id);
	row_end(t);
}

static void user_list8(struct text *t, const struct sim_world *w, size_t node)
{
	short_row(t, "NoUser", "", "", 0);
	for (size_t i = 0; i < w->user_count; i++)
		if (w->users[i].node == node)
			long_row(t, &w->users[i]);
}

static void extn_list(struct text *t, const struct sim_world *w, size_t node)
{
	for (size_t i = 0; i < w->user_count; i++) {
		if (w->users[i].node != node)
			continue;
		field(t, w->users[i].extension);
		number(t, (uint64_t)w->users[i].device);
		field(t, w->users[i].login);
		row_end(t);
	}
}

/* ---- Groups ---- */

static void hunt_list(struct text *t, const struct sim_world *w, size_t node)
{
	for (size_t i = 0; i < w->group_count; i++) {
		const struct sim_group *g = &w->groups[i];

		if (g->node != node)
			continue;
		field(t, g->name);
		field(t, g->extension);
		fill(t, 2);
		number(t, (uint64_t)g->service);
		fill(t, 2);
		field(t, "0"); /* voicemails */
		field(t, "");
		number(t, g->id);
		row_end(t);
	}
}

static const struct sim_group *group_called(const struct sim_world *w, const char *name)
{
	for (size_t i = 0; i < w->group_count; i++)
		if (strcmp(w->groups[i].name, name) == 0 || strcmp(w->groups[i].extension, name) == 0)
			return &w->groups[i];
	return NULL;
}

static bool hunt_info(struct text *t, const struct sim_exchange *x, const char *name)
{
	const struct sim_world *w = sim_exchange_world(x);
	const struct sim_group *g = group_called(w, name);

	for (size_t i = 0; g && i < g->member_count; i++) {
		const struct sim_user *u = &w->users[g->members[i]];

		put(t, u->extension, strlen(u->extension));
		if (!sim_member_is_active(x, g, u))
			put(t, "*", 1);
		row_end(t);
	}
	return g != NULL;
}

/* ---- The rest ---- */

static void dir_list(struct text *t, const struct sim_world *w, size_t node)
{
	(void)node;
	for (size_t i = 0; i < w->contact_count; i++) {
		if (!w->contacts[i].in_directory || !w->contacts[i].name)
			continue;
		field(t, w->contacts[i].name);
		field(t, w->contacts[i].number);
		row_end(t);
	}
}

static void who_is(struct text *t, const struct sim_world *w, size_t node)
{
	const struct sim_node *n = &w->nodes[node];
	char address[16];

	snprintf(address, sizeof(address), "%u.%u.%u.%u", n->address >> 24 & 255, n->address >> 16 & 255,
	         n->address >> 8 & 255, n->address & 255);
	field(t, n->name);
	field(t, n->version);
	field(t, address);
	row_end(t);
}

static void licence_list(struct text *t, const struct sim_world *w, size_t node)
{
	field(t, "CTI Link Pro");
	number(t, w->nodes[node].cti_licences);
	field(t, w->nodes[node].cti_licences > 0 ? "Valid" : "Missing");
	row_end(t);
}

static void account_codes(struct text *t, const struct sim_world *w, size_t node)
{
	(void)node;
	for (size_t i = 0; i < w->account_count; i++) {
		field(t, w->accounts[i].code);
		field(t, w->accounts[i].name);
		row_end(t);
	}
}

static bool user_info(struct text *t, const struct sim_exchange *x, const char *name)
{
	const struct sim_world *w = sim_exchange_world(x);
	const struct sim_user *u = sim_world_user(w, name);

	if (!u)
		u = sim_world_user_named(w, name);
	if (!u)
		return false;
	field(t, u->login);
	field(t, u->extension);
	field(t, u->full_name);
	field(t, sim_user_is_free(x, u) ? "0" : "1");
	row_end(t);
	return true;
}

static bool call_list(struct text *t, const struct sim_exchange *x, size_t node)
{
	for (const struct sim_call *c = sim_call_first(x); c; c = sim_call_next(x, c))
		for (size_t i = 0; i < c->view_count; i++) {
			if (c->views[i].node != node)
				continue;
			number(t, c->views[i].call_id);
			field(t, c->a ? c->a->id : "");
			field(t, c->b ? c->b->id : "");
			row_end(t);
		}
	return true;
}

/* ---- Names ---- */

struct file {
	const char *name;
	void (*write)(struct text *t, const struct sim_world *w, size_t node);
};

static const struct file files[] = {
	{ "user_list", user_list },   { "user_list2", user_list },     { "user_list3", user_list },
	{ "user_list4", user_list },  { "user_list5", user_list },     { "user_list6", user_list },
	{ "user_list7", user_list },  { "user_list8", user_list8 },    { "hunt_list", hunt_list },
	{ "dir_list", dir_list },     { "who_is", who_is },            { "licence_list", licence_list },
	{ "extn_list", extn_list },   { "AccountCode", account_codes },
};

static bool write_file(struct text *t, const struct sim_exchange *x, size_t node, const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].name, name) == 0) {
			files[i].write(t, sim_exchange_world(x), node);
			return true;
		}
	if (strncmp(name, "hunt_info/", 10) == 0)
		return hunt_info(t, x, name + 10);
	if (strncmp(name, "user_info/", 10) == 0)
		return user_info(t, x, name + 10);
	if (strcmp(name, "call_list/1/1") == 0)
		return call_list(t, x, node);
	return false;
}

bool sim_file(const struct sim_exchange *x, size_t node, struct dl3_str name, char **out, size_t *len)
{
	char path[256];
	struct text t = { 0 };

	if (!name.ptr || name.len >= sizeof(path))
		return false;
	memcpy(path, name.ptr, name.len);
	path[name.len] = '\0';
	if (strncmp(path, FOLDER, strlen(FOLDER)) != 0)
		return false;
	put(&t, "", 0);
	bool found = write_file(&t, x, node, path + strlen(FOLDER)) && !t.failed;

	if (!found) {
		free(t.at);
		return false;
	}
	*out = t.at;
	*len = t.len;
	return true;
}
