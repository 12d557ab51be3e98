/* SPDX-License-Identifier: MIT */
#include "world_maker.h"

#include <stdio.h>
#include <string.h>


#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void sim_node_id(struct sim_node *n)
{
	snprintf(n->id, sizeof(n->id), "%08x", n->address);
}

void sim_node_defaults(struct sim_node *n, size_t nodes)
{
	n->cti_licences = nodes <= 1 ? 1 : nodes <= 5 ? 2 : nodes <= 20 ? 3 : 4;
	n->park_slots = 10;
	n->bridges = 64;
	n->voicemail_channels = 10;
}

bool sim_make_nodes(struct sim_maker *m)
{
	struct sim_world *w = m->w;
	size_t total = w->node_count + m->nodes;
	char name[SIM_NAME_MAX];

	for (size_t i = w->node_count; i < total; i++) {
		struct sim_node *n = &w->nodes[i];

		sim_name_node(i, name);
		n->name = sim_world_text(w, name);
		n->version = sim_world_text(w, SIM_NODE_VERSION);
		n->variant = sim_world_text(w, SIM_NODE_VARIANT);
		if (!n->name || !n->version || !n->variant)
			return false;
		n->address = m->first_address + (uint32_t)i;
		sim_node_id(n);
		sim_node_defaults(n, total);
	}
	w->node_count = total;
	return true;
}

bool sim_make_links(struct sim_maker *m)
{
	struct sim_world *w = m->w;

	for (size_t i = 1; i < w->node_count; i++)
		w->links[w->link_count++] = (struct sim_link){ .to = i, .line = 100 + (uint32_t)i };
	return true;
}

/* Each node has a power of ten of extensions, the last tenth of them for groups: 2001 and 2900 on the
 * first node of few, 20001 and 20900 on that of many; 9 stays free to get a line with. */
static void plan_numbers(struct sim_maker *m)
{
	uint64_t nodes = m->w->node_count, users = (m->users + nodes - 1) / nodes, groups = (m->groups + nodes - 1) / nodes;

	m->span = 1000;
	m->digits = 3;
	while (users >= (uint64_t)m->span / 10 * 9 || groups > m->span / 10) {
		m->span *= 10;
		m->digits++;
	}
}

static char *free_extension(struct sim_maker *m, size_t node, uint32_t *offset)
{
	uint32_t base = (uint32_t)((m->w->node_count <= 6 ? 2 : 20) + node) * m->span;
	char text[SIM_NUMBER_MAX];

	do
		snprintf(text, sizeof(text), "%u", base + (*offset)++);
	while (sim_table_get(&m->extensions, text) != SIM_NONE);
	char *copy = sim_world_text(m->w, text);

	if (copy)
		sim_table_put(&m->extensions, copy, 0);
	return copy;
}

/* One each of any twenty. */
static const uint8_t devices[20] = {
	DL3_EQUIPMENT_H323_PHONE, DL3_EQUIPMENT_TDM_PHONE,  DL3_EQUIPMENT_SIP_DEVICE,   DL3_EQUIPMENT_H323_PHONE,
	DL3_EQUIPMENT_DECT_PHONE, DL3_EQUIPMENT_SIP_DEVICE, DL3_EQUIPMENT_H323_PHONE,   DL3_EQUIPMENT_TDM_PHONE,
	DL3_EQUIPMENT_MOBILE_PHONE, DL3_EQUIPMENT_H323_PHONE, DL3_EQUIPMENT_WEBRTC_PHONE, DL3_EQUIPMENT_SIP_DEVICE,
	DL3_EQUIPMENT_H323_PHONE, DL3_EQUIPMENT_SIP_DEVICE, DL3_EQUIPMENT_DECT_PHONE,   DL3_EQUIPMENT_TDM_PHONE,
	DL3_EQUIPMENT_H323_PHONE, DL3_EQUIPMENT_SIP_DEVICE, DL3_EQUIPMENT_DTE_PORT,     DL3_EQUIPMENT_H323_PHONE,
};

static void user_habits(struct sim_user *u, size_t i, struct sim_random *r)
{
	u->device = devices[i % COUNT(devices)];
	u->equipment = i % 20 == 13 ? DL3_EQUIPMENT_TYPE_ACCS : i % 20 == 17 ? DL3_EQUIPMENT_TYPE_IPOCC : SIM_TYPE_PHONE;
	u->ring_s = 15 + 5 * sim_random_below(r, 3);
	u->voicemail = i % 7 != 6;
	u->do_not_disturb = i % 40 == 39;
	u->record = i % 8 == 3;
	u->auto_answer = i % 40 == 24;
	u->privacy = i % 20 == 9;
	u->consent = i % 10 == 5 ? DL3_PARTY_FLAG_CONSENT_ANSWERED : i % 20 == 12 ? DL3_PARTY_FLAG_CONSENT_REFUSED : 0;
}

static bool make_user(struct sim_maker *m, size_t i, size_t node, uint32_t *offset, struct sim_random *r)
{
	struct sim_world *w = m->w;
	struct sim_user *u = &w->users[w->user_count];
	char name[SIM_NAME_MAX];

	sim_name_person(r, i, name);
	u->full_name = sim_world_text(w, name);
	u->extension = free_extension(m, node, offset);
	if (!u->full_name || !u->extension)
		return false;
	u->login = sim_world_printf(w, "Extn%s", u->extension);
	u->email = sim_world_printf(w, "extn%s@example.com", u->extension);
	u->node = node;
	u->id = (uint32_t)w->user_count + 1;
	user_habits(u, i, r);
	w->user_count++;
	return u->login && u->email;
}

/* Some pass calls on to the colleague next to them. */
static void make_forwards(struct sim_world *w, size_t first)
{
	for (size_t i = first; i + 1 < w->user_count; i++) {
		const struct sim_user *next = &w->users[i + 1];

		if ((i - first) % 10 == 1)
			w->users[i].forward_busy = next->extension;
		if ((i - first) % 14 == 6)
			w->users[i].forward_no_answer = next->extension;
	}
}

bool sim_make_users(struct sim_maker *m)
{
	struct sim_random r;
	size_t first = m->w->user_count, node = SIM_NONE;
	uint32_t offset = 1;

	plan_numbers(m);
	sim_random_init(&r, m->seed, "world users");
	for (size_t i = 0; i < m->users; i++) {
		size_t here = i * m->w->node_count / m->users;

		if (here != node)
			offset = 1;
		node = here;
		if (!make_user(m, i, node, &offset, &r))
			return false;
	}
	make_forwards(m->w, first);
	return true;
}

static bool sort_by_node(struct sim_maker *m)
{
	const struct sim_world *w = m->w;
	size_t place[SIM_NODES_MAX] = { 0 };

	if (m->local)
		return true;
	m->local = sim_world_alloc(m->w, w->user_count, sizeof(*m->local));
	if (!m->local)
		return false;
	for (size_t i = 0; i < w->user_count; i++)
		m->first_local[w->users[i].node + 1]++;
	for (size_t n = 0; n < w->node_count; n++) {
		m->first_local[n + 1] += m->first_local[n];
		place[n] = m->first_local[n];
	}
	for (size_t i = 0; i < w->user_count; i++)
		m->local[place[w->users[i].node]++] = i;
	return true;
}

/* How groups are, in turns; an overflow that reaches past the last group is none. */
static const struct habit {
	enum sim_service_mode service;
	uint32_t ring_s, queue_limit, announce_s, overflow_s, overflow_by, voicemail_s;
} habits[] = {
	{ SIM_DAY, 20, 8, 10, 30, 1, 0 }, { SIM_DAY, 10, 4, 0, 25, 2, 0 },  { SIM_DAY, 12, 0, 0, 0, 0, 20 },
	{ SIM_DAY, 10, 6, 8, 0, 0, 45 },  { SIM_DAY, 15, 10, 15, 0, 0, 0 }, { SIM_DAY, 15, 5, 0, 20, 1, 60 },
	{ SIM_NIGHT, 10, 2, 5, 0, 0, 30 }, { SIM_DAY, 20, 20, 12, 40, 2, 90 }, { SIM_OUT_OF_SERVICE, 10, 0, 0, 0, 0, 30 },
};

/* Neighbours on the group's node, in a run that goes round; on a node without users, of the network. */
static bool make_members(struct sim_maker *m, struct sim_group *g, struct sim_random *r)
{
	const struct sim_world *w = m->w;
	size_t first = m->first_local[g->node], n = m->first_local[g->node + 1] - first;
	uint32_t count = 3 + sim_random_below(r, 8);

	if (n == 0) {
		first = 0;
		n = w->user_count;
	}
	if (count > n)
		count = (uint32_t)n;
	size_t start = sim_random_below(r, (uint32_t)n);

	g->members = sim_world_alloc(m->w, count + 1, sizeof(*g->members));
	g->active = sim_world_alloc(m->w, count + 1, sizeof(*g->active));
	if (!g->members || !g->active)
		return false;
	for (; g->member_count < count; g->member_count++) {
		g->members[g->member_count] = m->local[first + (start + g->member_count) % n];
		g->active[g->member_count] = g->member_count != 3;
	}
	return true;
}

/* Somebody from another node, so that calls of the group cross the network. */
static void add_distant_member(struct sim_maker *m, struct sim_group *g, struct sim_random *r)
{
	size_t first = m->first_local[g->node], end = m->first_local[g->node + 1], all = m->w->user_count;
	size_t others = all - (end - first), pick = sim_random_below(r, (uint32_t)others);

	if (others == 0 || end == first)
		return;
	g->members[g->member_count] = m->local[pick < first ? pick : pick + (end - first)];
	g->active[g->member_count++] = true;
}

static bool make_group(struct sim_maker *m, size_t i, uint32_t *offset, struct sim_random *r)
{
	struct sim_world *w = m->w;
	const struct habit *h = &habits[i % COUNT(habits)];
	struct sim_group *g = &w->groups[w->group_count];
	char name[SIM_NAME_MAX];

	sim_name_group(i, name);
	*g = (struct sim_group){ .name = sim_world_text(w, name),
		                 .node = i % w->node_count,
		                 .id = (uint32_t)w->group_count + 1,
		                 .mode = (enum sim_group_mode)(i % 4),
		                 .service = h->service,
		                 .ring_s = h->ring_s,
		                 .queue_limit = h->queue_limit,
		                 .announce_s = h->announce_s,
		                 .voicemail_s = h->voicemail_s,
		                 .overflow = SIM_NONE };
	g->extension = free_extension(m, g->node, &offset[g->node]);
	if (!g->name || !g->extension || !make_members(m, g, r))
		return false;
	add_distant_member(m, g, r);
	if (h->overflow_by > 0 && i + h->overflow_by < m->groups) {
		g->overflow = w->group_count + h->overflow_by;
		g->overflow_s = h->overflow_s;
	}
	w->group_count++;
	return true;
}

bool sim_make_groups(struct sim_maker *m)
{
	struct sim_random r;
	uint32_t offset[SIM_NODES_MAX];

	if (!sort_by_node(m))
		return false;
	for (size_t i = 0; i < SIM_NODES_MAX; i++)
		offset[i] = m->span / 10 * 9;
	sim_random_init(&r, m->seed, "world groups");
	for (size_t i = 0; i < m->groups; i++)
		if (!make_group(m, i, offset, &r))
			return false;
	return true;
}

uint32_t sim_natural_channels(int64_t class)
{
	switch (class) {
	case DL3_EQUIPMENT_ALOG_TRUNK:
		return 4;
	case DL3_EQUIPMENT_S0_TRUNK:
		return 2;
	case DL3_EQUIPMENT_T1_TRUNK:
		return 23;
	default:
		return 30;
	}
}

static bool has_line(const struct sim_world *w, size_t node, uint32_t line)
{
	for (size_t i = 0; i < w->trunk_count; i++)
		if (w->trunks[i].node == node && w->trunks[i].line == line)
			return true;
	for (size_t i = 0; i < w->link_count; i++)
		if ((w->links[i].from == node || w->links[i].to == node) && w->links[i].line == line)
			return true;
	return false;
}

uint32_t sim_free_line(const struct sim_world *w, size_t node, uint32_t from)
{
	while (has_line(w, node, from))
		from++;
	return from;
}

/* Only the first two trunks of a node have a number for everybody; those after them for this many. */
#define FEW_USERS 20u

static size_t trunks_before(const struct sim_world *w, size_t node)
{
	size_t count = 0;

	for (size_t i = 0; i < w->trunk_count; i++)
		count += w->trunks[i].node == node;
	return count;
}

/* How much of a number an exchange sends: all of it by SIP, the end by other lines. */
static const char *received(int64_t class, const char *number, unsigned digits)
{
	size_t len = strlen(number), keep = len;

	if (class == DL3_EQUIPMENT_ISDN_TRUNK || class == DL3_EQUIPMENT_S0_TRUNK)
		keep = 6;
	else if (class != DL3_EQUIPMENT_SIP_TRUNK)
		keep = digits > 4 ? digits : 4;
	return number + (len - (keep < len ? keep : len));
}

/* A route whose number ends as the extension does. Where two extensions end alike the first has it. */
static bool add_route(struct sim_maker *m, struct sim_trunk *t, struct sim_table *taken, char *extension)
{
	size_t len = strlen(extension), skip = len > m->digits ? len - m->digits : 0;
	char number[SIM_NUMBER_MAX];
	uint32_t end = 0;

	for (const char *p = extension + skip; *p; p++)
		end = end * 10 + (uint32_t)(*p - '0');
	sim_number_own((size_t)(t - m->w->trunks), end, m->digits, number);
	char *did = sim_world_text(m->w, received(t->class, number, m->digits));

	if (!did)
		return false;
	if (sim_table_put(taken, did, 0) == SIM_NONE)
		t->routes[t->route_count++] = (struct sim_route){ .did = did, .to = extension };
	return true;
}

static bool make_routes(struct sim_maker *m, struct sim_trunk *t, size_t before)
{
	struct sim_world *w = m->w;
	size_t first = m->first_local[t->node], users = m->first_local[t->node + 1] - first;
	struct sim_table taken;

	if (before > 1 && users > FEW_USERS)
		users = FEW_USERS;
	t->routes = sim_world_alloc(w, w->group_count + users, sizeof(*t->routes));
	if (!t->routes || !sim_table_init(&taken, w, w->group_count + users))
		return false;
	for (size_t i = 0; i < w->group_count; i++)
		if (w->groups[i].node == t->node && !add_route(m, t, &taken, w->groups[i].extension))
			return false;
	for (size_t i = 0; i < users; i++)
		if (!add_route(m, t, &taken, w->users[m->local[first + i]].extension))
			return false;
	return true;
}

/* A group where there is one. */
static char *main_number(const struct sim_maker *m, size_t node)
{
	const struct sim_world *w = m->w;

	for (size_t i = 0; i < w->group_count; i++)
		if (w->groups[i].node == node)
			return w->groups[i].extension;
	if (m->first_local[node] < m->first_local[node + 1])
		return w->users[m->local[m->first_local[node]]].extension;
	return w->group_count > 0 ? w->groups[0].extension : w->users[0].extension;
}

static bool make_trunk(struct sim_maker *m, size_t i)
{
	static const uint8_t classes[] = { DL3_EQUIPMENT_SIP_TRUNK, DL3_EQUIPMENT_ISDN_TRUNK, DL3_EQUIPMENT_T1_TRUNK,
		                           DL3_EQUIPMENT_R2_TRUNK, DL3_EQUIPMENT_ALOG_TRUNK };
	struct sim_world *w = m->w;
	struct sim_trunk *t = &w->trunks[w->trunk_count];
	char number[SIM_NUMBER_MAX];

	t->class = classes[i % COUNT(classes)];
	t->node = i % w->node_count;
	t->line = sim_free_line(w, t->node, t->class == DL3_EQUIPMENT_SIP_TRUNK ? 17 : 1);
	t->channels = m->channels > 0 ? m->channels : sim_natural_channels(t->class);
	sim_number_own(w->trunk_count, 0, m->digits, number);
	t->number = sim_world_text(w, number);
	t->prefix = sim_world_text(w, "9");
	t->fallback = main_number(m, t->node);
	if (!t->number || !t->prefix)
		return false;
	/* An analogue line is told no number: all its calls go to one place. */
	if (t->class != DL3_EQUIPMENT_ALOG_TRUNK && !make_routes(m, t, trunks_before(w, t->node)))
		return false;
	w->trunk_count++;
	return true;
}

bool sim_make_trunks(struct sim_maker *m)
{
	if (!sort_by_node(m))
		return false;
	for (size_t i = 0; i < m->trunks; i++)
		if (!make_trunk(m, i))
			return false;
	return true;
}

/* The next number that nobody has; false when there are no more. */
static bool free_number(struct sim_maker *m, size_t *next, char number[SIM_NUMBER_MAX])
{
	while (*next < SIM_OUTSIDE_MAX) {
		sim_number_outside((*next)++, number);
		if (sim_table_get(&m->numbers, number) == SIM_NONE)
			return true;
	}
	return false;
}

static bool make_contact(struct sim_maker *m, size_t i, const char *number, struct sim_random *r)
{
	struct sim_contact *c = &m->w->contacts[m->w->contact_count];
	/* Every fifth caller is a stranger. */
	bool known = i % 5 != 4;
	char name[SIM_NAME_MAX];

	if (i % 3 == 2)
		sim_name_firm(i / 3, name);
	else
		sim_name_person(r, i, name);
	c->number = sim_world_text(m->w, number);
	c->name = known ? sim_world_text(m->w, name) : NULL;
	if (!c->number || (known && !c->name))
		return false;
	c->in_directory = known && i % 2 == 0;
	c->presentation = i % 12 == 7    ? DL3_PRESENTATION_WITHHELD
	                  : i % 24 == 11 ? DL3_PRESENTATION_NOT_AVAILABLE
	                                 : DL3_PRESENTATION_ALLOWED;
	m->w->contact_count++;
	return true;
}

bool sim_make_contacts(struct sim_maker *m)
{
	struct sim_random r;
	char number[SIM_NUMBER_MAX];
	size_t next = 0;

	sim_random_init(&r, m->seed, "world contacts");
	for (size_t i = 0; i < m->contacts && free_number(m, &next, number); i++)
		if (!make_contact(m, i, number, &r))
			return false;
	return true;
}

bool sim_make_accounts(struct sim_maker *m)
{
	static const struct {
		const char *code, *name;
	} accounts[] = { { "1001", "General" }, { "1002", "Project Ökotest" }, { "2044", "Client: Doe, J." },
		         { "90210", "プロジェクト" } };
	struct sim_world *w = m->w;

	w->accounts = sim_world_alloc(w, COUNT(accounts), sizeof(*w->accounts));
	if (!w->accounts)
		return false;
	for (size_t i = 0; i < COUNT(accounts); i++) {
		struct sim_account *a = &w->accounts[w->account_count++];

		a->code = sim_world_text(w, accounts[i].code);
		a->name = sim_world_text(w, accounts[i].name);
		if (!a->code || !a->name)
			return false;
	}
	return true;
}

bool sim_make_service_users(struct sim_maker *m)
{
	static const struct {
		const char *name;
		bool devlink3, enabled;
	} users[] = { { "devlink3", true, true }, { "norights", false, true }, { "disabled", true, false } };
	struct sim_world *w = m->w;

	w->service_users = sim_world_alloc(w, COUNT(users), sizeof(*w->service_users));
	if (!w->service_users)
		return false;
	for (size_t i = 0; i < COUNT(users); i++) {
		struct sim_service_user *u = &w->service_users[w->service_user_count++];

		u->name = sim_world_text(w, users[i].name);
		u->password = sim_world_text(w, "devlink3");
		u->devlink3 = users[i].devlink3;
		u->enabled = users[i].enabled;
		if (!u->name || !u->password)
			return false;
	}
	return true;
}

struct sim_security sim_make_security(void)
{
	return (struct sim_security){ .unsecured = true, .lockout_failures = 5, .lockout_s = 60, .monitors = 3 };
}
