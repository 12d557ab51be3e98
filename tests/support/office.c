/* SPDX-License-Identifier: MIT */
#include "support/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world_parts.h"
#include "support/test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char *own(struct sim_world *w, const char *text)
{
	char *copy = sim_world_text(w, text);

	assert_non_null(copy);
	return copy;
}

static void *own_array(struct sim_world *w, const void *from, size_t size)
{
	void *copy = sim_world_alloc(w, 1, size);

	assert_non_null(copy);
	return memcpy(copy, from, size);
}

static struct sim_node node(struct sim_world *w, const char *name, const char *id, uint32_t address)
{
	struct sim_node n = { .name = own(w, name),
		              .version = own(w, "IP 500 V2"),
		              .variant = own(w, "Standard 1.0"),
		              .address = address,
		              .cti_licences = 4,
		              .park_slots = 2,
		              .bridges = 5,
		              .voicemail_channels = 2 };

	memcpy(n.id, id, sizeof(n.id));
	return n;
}

static struct sim_user user(struct sim_world *w, const char *extension, const char *name, size_t at,
                            int64_t device, bool voicemail)
{
	return (struct sim_user){ .login = own(w, extension),
		                  .full_name = own(w, name),
		                  .extension = own(w, extension),
		                  .node = at,
		                  .device = device,
		                  .equipment = 106,
		                  .ring_s = 20,
		                  .voicemail = voicemail };
}

static struct sim_group group(struct sim_world *w, const char *name, const char *extension, size_t at,
                              enum sim_group_mode mode, const size_t *members, size_t count)
{
	return (struct sim_group){ .name = own(w, name),
		                   .extension = own(w, extension),
		                   .node = at,
		                   .mode = mode,
		                   .service = SIM_DAY,
		                   .members = own_array(w, members, count * sizeof(*members)),
		                   .member_count = count,
		                   .ring_s = 10,
		                   .queue_limit = 2,
		                   .overflow = SIM_NONE };
}

static void make_people(struct sim_world *w)
{
	static const size_t sales[] = { 0, 1, 2 }, service[] = { 4, 0 };
	struct sim_user users[] = {
		user(w, "4001", "Ada Field", 0, DL3_EQUIPMENT_TDM_PHONE, false),
		user(w, "4002", "Bo Lind", 0, DL3_EQUIPMENT_SIP_DEVICE, false),
		user(w, "4003",
		     "\xc3\x87"
		     "elik, Deniz",
		     0, DL3_EQUIPMENT_H323_PHONE, false),
		user(w, "4004", "Dora O'Neil", 0, DL3_EQUIPMENT_DECT_PHONE, true),
		user(w, "5001", "Eva Nov\xc3\xa1k", 1, DL3_EQUIPMENT_TDM_PHONE, false),
		user(w, "6001", "Finn Berg", 2, DL3_EQUIPMENT_TDM_PHONE, false),
	};
	struct sim_group groups[] = {
		group(w, "Sales", "200", 0, SIM_COLLECTIVE, sales, COUNT(sales)),
		group(w, "Service", "201", 1, SIM_SEQUENTIAL, service, COUNT(service)),
	};

	w->users = own_array(w, users, sizeof(users));
	w->user_count = COUNT(users);
	w->groups = own_array(w, groups, sizeof(groups));
	w->group_count = COUNT(groups);
}

static struct sim_trunk trunk(struct sim_world *w, uint32_t line, int64_t class, uint32_t channels,
                              const char *prefix)
{
	static const char *const dids[] = { "5678", "4001", "4002", "4003", "4004", "5001", "6001" };
	struct sim_route routes[COUNT(dids)];

	for (size_t i = 0; i < COUNT(dids); i++)
		routes[i] = (struct sim_route){ own(w, dids[i]), own(w, i == 0 ? "200" : dids[i]) };
	return (struct sim_trunk){ .line = line,
		                   .class = class,
		                   .channels = channels,
		                   .number = own(w, "01632960000"),
		                   .prefix = own(w, prefix),
		                   .routes = own_array(w, routes, sizeof(routes)),
		                   .route_count = COUNT(dids) };
}

struct dl3t_office *dl3t_office_new(void)
{
	struct dl3t_office *o = calloc(1, sizeof(*o));
	struct sim_world *w = sim_world_new(NULL);

	assert_true(o && w);
	struct sim_node nodes[] = { node(w, "Office", "c0a82a03", 0xc0a82a03),
		                    node(w, "Branch", "c0a82a04", 0xc0a82a04),
		                    node(w, "Depot", "c0a82a05", 0xc0a82a05) };
	struct sim_link links[] = { { 0, 1, 17 }, { 0, 2, 18 } };
	struct sim_trunk trunks[] = { trunk(w, 5, DL3_EQUIPMENT_SIP_TRUNK, 10, "9"),
		                      trunk(w, 6, DL3_EQUIPMENT_ISDN_TRUNK, 1, "8") };
	struct sim_contact contacts[] = { { own(w, "01707123456"), own(w, "M&S <HQ>, Z\xc3\xbcrich"), 100,
		                            true } };

	o->world = w;
	w->nodes = own_array(w, nodes, sizeof(nodes));
	w->node_count = COUNT(nodes);
	w->links = own_array(w, links, sizeof(links));
	w->link_count = COUNT(links);
	w->trunks = own_array(w, trunks, sizeof(trunks));
	w->trunk_count = COUNT(trunks);
	w->contacts = own_array(w, contacts, sizeof(contacts));
	w->contact_count = COUNT(contacts);
	make_people(w);
	o->kinds = SIM_TELLS_DELTA3;
	return o;
}

static unsigned wants(size_t at, void *arg)
{
	const struct dl3t_office *o = arg;

	(void)at;
	return o->kinds;
}

static void tell(size_t at, enum sim_stream_kind kind, bool connected, const struct dl3_record *record,
                 void *arg)
{
	struct dl3t_office *o = arg;
	char text[8192];
	size_t len;

	(void)kind;
	assert_int_equal(dl3_record_text(record, text, sizeof(text), &len), DL3_OK);
	dl3t_printf(&o->told, "%zu%s ", at, connected ? "" : "-");
	dl3t_put(&o->told, text, len);
	if (record->kind == DL3_KIND_CMEXTN_STATE)
		dl3t_printf(&o->told, " v=%u new=%u old=%u", record->u.cmextn_state.v,
		            record->u.cmextn_state.p1, record->u.cmextn_state.p2);
	dl3t_put(&o->told, "\n", 1);
}

static void write_truth(const char *line, size_t len, void *arg)
{
	struct dl3t_office *o = arg;

	dl3t_put(&o->lines, line, len);
	dl3t_put(&o->lines, "\n", 1);
}

void dl3t_office_open(struct dl3t_office *o)
{
	struct sim_audience audience = { .wants = wants, .tell = tell, .arg = o };

	assert_true(sim_world_seal(o->world));
	sim_clock_init(&o->clock);
	o->x = sim_exchange_new(o->world, &o->clock, 1);
	assert_non_null(o->x);
	o->truth = sim_truth_new(o->x, write_truth, o);
	assert_non_null(o->truth);
	if (o->silent)
		return;
	o->report = sim_report_new(o->x, &audience);
	assert_non_null(o->report);
}

void dl3t_office_free(struct dl3t_office *o)
{
	sim_truth_free(o->truth);
	sim_report_free(o->report);
	sim_exchange_free(o->x);
	sim_clock_finish(&o->clock);
	sim_world_free(o->world);
	dl3t_text_free(&o->told);
	dl3t_text_free(&o->lines);
	free(o);
}

const struct sim_user *dl3t_user(const struct dl3t_office *o, const char *extension)
{
	const struct sim_user *u = sim_world_user(o->world, extension);

	assert_non_null(u);
	return u;
}

const struct sim_group *dl3t_group(const struct dl3t_office *o, const char *extension)
{
	const struct sim_group *g = sim_world_group(o->world, extension);

	assert_non_null(g);
	return g;
}

const char *dl3t_told(struct dl3t_office *o)
{
	static char told[65536];

	snprintf(told, sizeof(told), "%s", dl3t_text_of(&o->told));
	dl3t_text_free(&o->told);
	return told;
}

struct sim_call *dl3t_incoming(struct dl3t_office *o, const char *did)
{
	struct sim_incoming in = { .trunk = &o->world->trunks[0],
		                   .did = did,
		                   .cli = "01707123456",
		                   .presentation = DL3_PRESENTATION_UNSPECIFIED };
	struct sim_call *call = NULL;

	DL3T_DO(sim_call_in(o->x, &in, &call, &error));
	return call;
}

void dl3t_wait(struct dl3t_office *o, uint64_t ms)
{
	sim_clock_run(&o->clock, o->clock.now + ms);
}
