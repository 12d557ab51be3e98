/* SPDX-License-Identifier: MIT */
#include "world_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAKES(given) ((given) ? *(given) : 0)

bool sim_read_text(struct sim_reader *r, char **out, const char *text)
{
	*out = text ? sim_world_text(r->w, text) : NULL;
	return *out || !text;
}

bool sim_read_number(struct sim_reader *r, const struct sim_place *at, const uint32_t *given, uint32_t normal,
                     uint32_t least, uint32_t most, uint32_t *out)
{
	*out = given ? *given : normal;
	if (!given || (*given >= least && *given <= most))
		return true;
	return sim_document_fail(&r->doc, at, "%s: expected a number from %u to %u, not %u",
	                         at->sub ? at->sub : at->key, least, most, *given);
}

bool sim_read_digits(struct sim_reader *r, const struct sim_place *at, const char *text, const char *more)
{
	if (!text)
		return true;
	for (const char *p = text; *p; p++)
		if ((*p < '0' || *p > '9') && !strchr(more, *p))
			return sim_document_fail(&r->doc, at, "%s: expected digits%s%s, not \"%s\"",
			                         at->sub ? at->sub : at->key, *more ? " or " : "", more, text);
	return true;
}

bool sim_read_node(struct sim_reader *r, const struct sim_place *at, const char *name, size_t *out)
{
	*out = name ? sim_table_get(&r->node_names, name) : 0;
	return *out != SIM_NONE || sim_document_fail(&r->doc, at, "%s: no node is called \"%s\"", at->key, name);
}

bool sim_read_room(struct sim_reader *r, const char *what, size_t listed, const uint32_t *made, size_t most,
                   size_t size, void **out)
{
	size_t count = listed + MAKES(made);

	if (count > most)
		return sim_document_fail(&r->doc, SIM_AT("generate", 0, what),
		                         "%s: expected at most %zu in all, not %zu", what, most, count);
	*out = sim_world_alloc(r->w, count, size);
	return *out;
}

bool sim_read_twice(struct sim_reader *r, const struct sim_place *at, const struct sim_place *first,
                    const char *what, const char *text)
{
	return sim_document_fail(&r->doc, at, "%s \"%s\" is taken: see line %zu", what, text,
	                         sim_document_mark(&r->doc, first).line + 1);
}

bool sim_read_extension(struct sim_reader *r, const struct sim_place *at, const char *text, size_t value, char **out)
{
	if (!sim_read_digits(r, at, text, "") || !sim_read_text(r, out, text))
		return false;
	size_t first = sim_table_put(&r->maker.extensions, *out, value);

	if (first == SIM_NONE)
		return true;
	const char *list = first < SIM_GROUPS_FROM ? "users" : "groups";

	first = first < SIM_GROUPS_FROM ? first : first - SIM_GROUPS_FROM;
	return sim_read_twice(r, at, SIM_AT(list, first + 1, "extension"), "extension", text);
}

bool sim_read_target(struct sim_reader *r, const struct sim_place *at, const char *text, char **out)
{
	if (!text)
		return true;
	if (sim_table_get(&r->maker.extensions, text) == SIM_NONE)
		return sim_document_fail(&r->doc, at, "%s: no user or group has the extension \"%s\"",
		                         at->sub ? at->sub : at->key, text);
	return sim_read_text(r, out, text);
}

/* ---- Nodes ---- */

static bool read_address(struct sim_reader *r, const struct sim_place *at, const char *text, uint32_t *out)
{
	const char *p = text;
	uint32_t address = 0;

	for (int i = 0; i < 4; i++) {
		char *end;
		unsigned long part = strtoul(p, &end, 10);

		if (*p < '0' || *p > '9' || end - p > 3 || part > 255 || *end != (i < 3 ? '.' : '\0'))
			return sim_document_fail(&r->doc, at,
			                         "address: expected one such as 192.168.42.1, not \"%s\"", text);
		address = address << 8 | (uint32_t)part;
		p = end + 1;
	}
	*out = address;
	return true;
}

#define CLOCK_OFFSET_MAX 1000000000

static bool read_node_numbers(struct sim_reader *r, const struct sim_node_entry *e, struct sim_node *n, size_t i)
{
	if (e->clock_offset && (*e->clock_offset > CLOCK_OFFSET_MAX || *e->clock_offset < -CLOCK_OFFSET_MAX))
		return sim_document_fail(&r->doc, SIM_AT("nodes", i + 1, "clock_offset"),
		                         "clock_offset: expected tenths of a second, at most %d of them", CLOCK_OFFSET_MAX);
	n->clock_offset = e->clock_offset ? *e->clock_offset : 0;
	return sim_read_number(r, SIM_AT("nodes", i + 1, "cti_licences"), e->cti_licences, n->cti_licences, 0, 100,
	                       &n->cti_licences) &&
	       sim_read_number(r, SIM_AT("nodes", i + 1, "park_slots"), e->park_slots, n->park_slots, 0, 1000,
	                       &n->park_slots) &&
	       sim_read_number(r, SIM_AT("nodes", i + 1, "bridges"), e->bridges, n->bridges, 0, 10000,
	                       &n->bridges) &&
	       sim_read_number(r, SIM_AT("nodes", i + 1, "voicemail_channels"), e->voicemail_channels,
	                       n->voicemail_channels, 0, 1000, &n->voicemail_channels);
}

static bool read_node(struct sim_reader *r, const struct sim_node_entry *e, size_t i, size_t total)
{
	struct sim_node *n = &r->w->nodes[i];

	sim_node_defaults(n, total);
	n->address = r->maker.first_address + (uint32_t)i;
	if (!sim_read_text(r, &n->name, e->name) ||
	    !sim_read_text(r, &n->version, e->version ? e->version : SIM_NODE_VERSION) ||
	    !sim_read_text(r, &n->variant, e->variant ? e->variant : SIM_NODE_VARIANT))
		return false;
	if (e->address && !read_address(r, SIM_AT("nodes", i + 1, "address"), e->address, &n->address))
		return false;
	sim_node_id(n);
	size_t first = sim_table_put(&r->node_names, n->name, i);

	if (first != SIM_NONE)
		return sim_read_twice(r, SIM_AT("nodes", i + 1, "name"), SIM_AT("nodes", first + 1, "name"), "name",
		                      n->name);
	r->w->node_count++;
	return read_node_numbers(r, e, n, i);
}

static bool check_addresses(struct sim_reader *r)
{
	struct sim_table ids;

	if (!sim_table_init(&ids, r->w, r->w->node_count))
		return false;
	for (size_t i = 0; i < r->w->node_count; i++) {
		size_t first = sim_table_put(&ids, r->w->nodes[i].id, i);

		if (first != SIM_NONE)
			return sim_document_fail(&r->doc, SIM_AT("nodes", i + 1, "address"),
			                         "nodes %zu and %zu have the same address", first + 1, i + 1);
	}
	return true;
}

bool sim_read_nodes(struct sim_reader *r)
{
	static const uint32_t one = 1;
	const uint32_t *makes = r->generate.nodes;
	size_t listed = r->file->nodes_count;

	if (listed + MAKES(makes) == 0)
		makes = &one;
	r->maker.nodes = MAKES(makes);
	if (!sim_read_room(r, "nodes", listed, makes, SIM_NODES_MAX, sizeof(*r->w->nodes), (void **)&r->w->nodes) ||
	    !sim_table_init(&r->node_names, r->w, SIM_NODES_MAX))
		return false;
	for (size_t i = 0; i < listed; i++)
		if (!read_node(r, &r->file->nodes[i], i, listed + r->maker.nodes))
			return false;
	if (!sim_make_nodes(&r->maker))
		return false;
	for (size_t i = listed; i < r->w->node_count; i++)
		sim_table_put(&r->node_names, r->w->nodes[i].name, i);
	return check_addresses(r);
}

/* ---- Links ---- */

static bool check_line(struct sim_reader *r, const struct sim_place *at, size_t node, uint32_t line)
{
	return sim_free_line(r->w, node, line) == line ||
	       sim_document_fail(&r->doc, at, "line: \"%s\" has a line %u already", r->w->nodes[node].name, line);
}

static bool read_link(struct sim_reader *r, const struct sim_link_entry *e, size_t i)
{
	struct sim_link l;

	if (!sim_read_node(r, SIM_AT("links", i + 1, "from"), e->from, &l.from) ||
	    !sim_read_node(r, SIM_AT("links", i + 1, "to"), e->to, &l.to) ||
	    !sim_read_number(r, SIM_AT("links", i + 1, "line"), e->line, 101 + (uint32_t)i, 1, SIM_LINE_MAX, &l.line))
		return false;
	if (l.from == l.to)
		return sim_document_fail(&r->doc, SIM_AT("links", i + 1, "to"), "to: expected another node than \"%s\"",
		                         e->to);
	if (!check_line(r, SIM_AT("links", i + 1, "line"), l.from, l.line) ||
	    !check_line(r, SIM_AT("links", i + 1, "line"), l.to, l.line))
		return false;
	r->w->links[r->w->link_count++] = l;
	return true;
}

bool sim_read_links(struct sim_reader *r)
{
	size_t listed = r->file->links_count;

	r->w->links = sim_world_alloc(r->w, listed + r->w->node_count, sizeof(*r->w->links));
	if (!r->w->links)
		return false;
	if (listed == 0)
		return sim_make_links(&r->maker);
	for (size_t i = 0; i < listed; i++)
		if (!read_link(r, &r->file->links[i], i))
			return false;
	return true;
}

/* ---- Users ---- */

static bool read_forwards(struct sim_reader *r, const struct sim_user_entry *e, struct sim_user *u, size_t i)
{
	if (!sim_read_digits(r, SIM_AT("users", i + 1, "forward_busy"), e->forward_busy, "+*#") ||
	    !sim_read_digits(r, SIM_AT("users", i + 1, "forward_no_answer"), e->forward_no_answer, "+*#"))
		return false;
	if (e->forward_busy && strcmp(e->forward_busy, e->extension) == 0)
		return sim_document_fail(&r->doc, SIM_AT("users", i + 1, "forward_busy"),
		                         "forward_busy: expected another number than the user's own");
	if (e->forward_no_answer && strcmp(e->forward_no_answer, e->extension) == 0)
		return sim_document_fail(&r->doc, SIM_AT("users", i + 1, "forward_no_answer"),
		                         "forward_no_answer: expected another number than the user's own");
	return sim_read_text(r, &u->forward_busy, e->forward_busy) &&
	       sim_read_text(r, &u->forward_no_answer, e->forward_no_answer);
}

static bool read_login(struct sim_reader *r, const struct sim_user_entry *e, struct sim_user *u, size_t i)
{
	u->login = e->login ? sim_world_text(r->w, e->login) : sim_world_printf(r->w, "Extn%s", e->extension);
	if (!u->login || !sim_read_text(r, &u->full_name, e->name ? e->name : u->login) ||
	    !sim_read_text(r, &u->email, e->email))
		return false;
	size_t first = sim_table_put(&r->logins, u->login, i);

	return first == SIM_NONE || sim_read_twice(r, SIM_AT("users", i + 1, "login"),
	                                           SIM_AT("users", first + 1, "login"), "login", u->login);
}

static bool read_user(struct sim_reader *r, const struct sim_user_entry *e, size_t i)
{
	struct sim_user *u = &r->w->users[i];

	if (!sim_read_extension(r, SIM_AT("users", i + 1, "extension"), e->extension, i, &u->extension) ||
	    !sim_read_node(r, SIM_AT("users", i + 1, "node"), e->node, &u->node) ||
	    !sim_read_number(r, SIM_AT("users", i + 1, "ring_s"), e->ring_s, 15, 1, 3600, &u->ring_s) ||
	    !read_login(r, e, u, i) || !read_forwards(r, e, u, i))
		return false;
	u->id = (uint32_t)i + 1;
	u->device = SIM_TOLD(e->device, DL3_EQUIPMENT_H323_PHONE);
	u->equipment = SIM_TOLD(e->equipment, SIM_TYPE_PHONE);
	u->consent = SIM_TOLD(e->consent, 0);
	u->voicemail = SIM_TOLD(e->voicemail, true);
	u->do_not_disturb = SIM_TOLD(e->do_not_disturb, false);
	u->record = SIM_TOLD(e->record, false);
	u->auto_answer = SIM_TOLD(e->auto_answer, false);
	u->privacy = SIM_TOLD(e->privacy, false);
	r->w->user_count++;
	return true;
}

bool sim_read_users(struct sim_reader *r)
{
	const struct sim_world_file *f = r->file;
	size_t listed = f->users_count, users = listed + MAKES(r->generate.users);

	if (users == 0)
		return sim_document_fail(&r->doc, SIM_AT("users", 0, NULL), "expected a list of users, or generate: { users: ... }");
	if (!sim_read_room(r, "users", listed, r->generate.users, SIM_USERS_MAX, sizeof(*r->w->users),
	                   (void **)&r->w->users) ||
	    !sim_table_init(&r->logins, r->w, listed) ||
	    !sim_table_init(&r->maker.extensions, r->w, users + SIM_GROUPS_MAX))
		return false;
	for (size_t i = 0; i < listed; i++)
		if (!read_user(r, &f->users[i], i))
			return false;
	return true;
}

/* ---- The rest, which is simple ---- */

static bool read_contact(struct sim_reader *r, const struct sim_contact_entry *e, size_t i)
{
	struct sim_contact *c = &r->w->contacts[i];

	if (!sim_read_digits(r, SIM_AT("contacts", i + 1, "number"), e->number, "+") ||
	    !sim_read_text(r, &c->number, e->number) || !sim_read_text(r, &c->name, e->name))
		return false;
	size_t first = sim_table_put(&r->maker.numbers, c->number, i);

	if (first != SIM_NONE)
		return sim_read_twice(r, SIM_AT("contacts", i + 1, "number"), SIM_AT("contacts", first + 1, "number"),
		                      "number", c->number);
	c->presentation = SIM_TOLD(e->presentation, DL3_PRESENTATION_ALLOWED);
	c->in_directory = SIM_TOLD(e->in_directory, e->name != NULL);
	if (c->in_directory && !c->name)
		return sim_document_fail(&r->doc, SIM_AT("contacts", i + 1, "in_directory"),
		                         "in_directory: expected a contact with a name");
	r->w->contact_count++;
	return true;
}

#define DEFAULT_CONTACTS 60u

bool sim_read_contacts(struct sim_reader *r)
{
	static const uint32_t normal = DEFAULT_CONTACTS;
	const uint32_t *makes = r->generate.contacts;
	size_t listed = r->file->contacts_count;

	if (!makes && listed == 0)
		makes = &normal;
	if (makes && *makes > SIM_OUTSIDE_MAX / 2)
		return sim_document_fail(&r->doc, SIM_AT("generate", 0, "contacts"),
		                         "contacts: expected at most %u, not %u", SIM_OUTSIDE_MAX / 2, *makes);
	r->maker.contacts = MAKES(makes);
	if (!sim_read_room(r, "contacts", listed, makes, SIM_CONTACTS_MAX + SIM_OUTSIDE_MAX, sizeof(*r->w->contacts),
	                   (void **)&r->w->contacts) ||
	    !sim_table_init(&r->maker.numbers, r->w, listed + r->maker.contacts))
		return false;
	for (size_t i = 0; i < listed; i++)
		if (!read_contact(r, &r->file->contacts[i], i))
			return false;
	return sim_make_contacts(&r->maker);
}

bool sim_read_accounts(struct sim_reader *r)
{
	size_t listed = r->file->accounts_count;
	struct sim_table codes;

	if (listed == 0)
		return sim_make_accounts(&r->maker);
	r->w->accounts = sim_world_alloc(r->w, listed, sizeof(*r->w->accounts));
	if (!r->w->accounts || !sim_table_init(&codes, r->w, listed))
		return false;
	for (size_t i = 0; i < listed; i++) {
		const struct sim_account_entry *e = &r->file->accounts[i];
		struct sim_account *a = &r->w->accounts[i];

		if (!sim_read_digits(r, SIM_AT("accounts", i + 1, "code"), e->code, "*#") ||
		    !sim_read_text(r, &a->code, e->code) || !sim_read_text(r, &a->name, e->name ? e->name : e->code))
			return false;
		size_t first = sim_table_put(&codes, a->code, i);

		if (first != SIM_NONE)
			return sim_read_twice(r, SIM_AT("accounts", i + 1, "code"),
			                      SIM_AT("accounts", first + 1, "code"), "code", a->code);
		r->w->account_count++;
	}
	return true;
}

bool sim_read_service_users(struct sim_reader *r)
{
	size_t listed = r->file->service_users_count;
	struct sim_table names;

	if (listed == 0)
		return sim_make_service_users(&r->maker);
	r->w->service_users = sim_world_alloc(r->w, listed, sizeof(*r->w->service_users));
	if (!r->w->service_users || !sim_table_init(&names, r->w, listed))
		return false;
	for (size_t i = 0; i < listed; i++) {
		const struct sim_service_user_entry *e = &r->file->service_users[i];
		struct sim_service_user *u = &r->w->service_users[i];

		if (!sim_read_text(r, &u->name, e->name) || !sim_read_text(r, &u->password, e->password))
			return false;
		size_t first = sim_table_put(&names, u->name, i);

		if (first != SIM_NONE)
			return sim_read_twice(r, SIM_AT("service_users", i + 1, "name"),
			                      SIM_AT("service_users", first + 1, "name"), "name", u->name);
		u->devlink3 = SIM_TOLD(e->devlink3, true);
		u->enabled = SIM_TOLD(e->enabled, true);
		r->w->service_user_count++;
	}
	return true;
}

bool sim_read_security(struct sim_reader *r)
{
	const struct sim_security_entry *e = r->file->security;
	struct sim_security *s = &r->w->security;

	*s = sim_make_security();
	if (!e)
		return true;
	s->unsecured = SIM_TOLD(e->unsecured, s->unsecured);
	s->plain = SIM_TOLD(e->plain, s->plain);
	s->limit = (enum sim_limit)SIM_TOLD(e->limit, s->limit);
	return sim_read_number(r, SIM_AT("security", 0, "lockout_failures"), e->lockout_failures,
	                       s->lockout_failures, 1, 1000, &s->lockout_failures) &&
	       sim_read_number(r, SIM_AT("security", 0, "lockout_s"), e->lockout_s, s->lockout_s, 0, 86400,
	                       &s->lockout_s) &&
	       sim_read_number(r, SIM_AT("security", 0, "monitors"), e->monitors, s->monitors, 0, 100000,
	                       &s->monitors);
}
