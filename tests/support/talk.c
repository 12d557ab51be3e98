/* SPDX-License-Identifier: MIT */
#include "support/talk.h"

#include "support/test.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/random.h"

#define CALLS 12u
#define START_MS INT64_C(1700000000000)
static const uint32_t nodes[2] = { 0xc0000201u, 0xc0000202u };

/* A party of a call made up. */
struct side {
	uint64_t end; /* 0: none */
	unsigned extension, node, cls;
	bool public, held;
};

struct line {
	bool up;
	unsigned number, node, call_id, group, queueing;
	bool both; /* the other node sees it too */
	struct side a, b, targets[3];
	size_t target_count;
};

struct maker {
	struct dl3t_talk *talk;
	struct dl3t_random random;
	struct line lines[CALLS];
	uint32_t next_end;
	unsigned next_call, next_number, moment;
	int64_t tenths;
};

static struct dl3t_said *add(struct maker *m, enum dl3t_talk_what what, unsigned node)
{
	struct dl3t_talk *talk = m->talk;

	if (talk->count == talk->cap) {
		talk->cap = talk->cap > 0 ? talk->cap * 2 : 64;
		talk->said = realloc(talk->said, talk->cap * sizeof(*talk->said));
		assert_non_null(talk->said);
	}
	talk->said[talk->count] = (struct dl3t_said){
		.what = what, .now_ms = START_MS + m->tenths * 100, .pbx = nodes[node], .moment = m->moment
	};
	return &talk->said[talk->count++];
}

static void say(struct maker *m, const struct line *l, unsigned node, struct dl3t_text *text)
{
	struct dl3t_said *said = add(m, DL3T_RECORD, node);

	said->call = l ? l->number : 0;
	said->text = text->ptr;
	*text = (struct dl3t_text){ 0 };
}

/* ---- Records ---- */

static void put_side(struct dl3t_text *t, const char *tag, const struct side *s, bool connected,
                     unsigned node)
{
	char who[16] = "", cli[24] = "";
	bool remote = s->node != node;

	if (s->extension)
		(void)snprintf(who, sizeof(who), "%u", s->extension);
	if (s->public)
		(void)snprintf(cli, sizeof(cli), "0155500%04u", (unsigned)(s->end & 0xffff));
	dl3t_printf(t, "<%s>%016llx,%d,%d,%d,%d,%d,%d,0,1,%u,106,,%s,0,0,,%s,,,,,%s,100,0,%s %s,</%s>", tag,
	            (unsigned long long)s->end, s->public, connected ? 2 : 19, !s->held,
	            s->held ? DL3_TONE_HOLD_MUSIC : 0, remote, s->public, remote ? 4u : s->cls, who,
	            s->public || connected ? "" : "4", cli, s->public ? "Caller" : "User", who, tag);
}

static void put_target(struct dl3t_text *t, const struct side *s, unsigned node)
{
	dl3t_printf(t, "<Target>%016llx,%d,0,%u,106,,%u,0,4,,,,5550100,100</Target>",
	            (unsigned long long)s->end, s->node != node, s->cls, s->extension);
}

static void view(struct maker *m, const struct line *l, unsigned node)
{
	struct dl3t_text t = { 0 };
	bool met = l->b.end != 0;
	char group[12] = "";

	if (l->group)
		(void)snprintf(group, sizeof(group), "%u", l->group);
	dl3t_printf(&t, "<Detail><Call>%08x,%u,%s,,,0,,%s,,%s,,,,%u,%lld,,,</Call>", nodes[node],
	            l->call_id + node, l->number % 5 ? "" : "77", group, group, l->queueing,
	            (long long)m->tenths);
	put_side(&t, "PartyA", &l->a, met, node);
	if (met)
		put_side(&t, "PartyB", &l->b, true, node);
	if (!met && l->target_count > 0) {
		dl3t_printf(&t, "<Target_list>");
		for (size_t i = 0; i < l->target_count; i++)
			put_target(&t, &l->targets[i], node);
		dl3t_printf(&t, "</Target_list>");
	}
	dl3t_printf(&t, "</Detail>");
	say(m, l, node, &t);
}

static void show(struct maker *m, const struct line *l)
{
	m->moment++;
	view(m, l, l->node);
	if (l->both)
		view(m, l, 1 - l->node);
}

static void lose(struct maker *m, const struct line *l, const struct side *s, int cause, bool cleared)
{
	struct dl3t_text t = { 0 };

	if (s->end == 0)
		return;
	if (l->both) {
		dl3t_printf(&t, "<LinkLost>%08x,%016llx,0,%d,%lld,17.1</LinkLost>", nodes[1 - s->node],
		            (unsigned long long)s->end, cause, (long long)m->tenths);
		say(m, l, 1 - s->node, &t);
	}
	dl3t_printf(&t, "<CallLost>%08x,%016llx,%d,%d,%lld</CallLost>", nodes[s->node],
	            (unsigned long long)s->end, cleared, cause, (long long)m->tenths);
	say(m, l, s->node, &t);
}

/* ---- What happens ---- */

static struct side new_side(struct maker *m, unsigned node, bool public)
{
	struct side s = { .end = (uint64_t)nodes[node] << 32 | ++m->next_end,
		          .node = node,
		          .public = public };

	s.cls = public ? DL3_EQUIPMENT_SIP_TRUNK : DL3_EQUIPMENT_TDM_PHONE;
	if (!public)
		s.extension = 4001 + (unsigned)dl3t_below(&m->random, 9) + 1000 * node;
	return s;
}

static void ring_at(struct maker *m, struct line *l)
{
	l->target_count = 1 + dl3t_below(&m->random, 3);
	for (size_t i = 0; i < l->target_count; i++)
		l->targets[i] = new_side(m, l->both ? 1 - l->node : l->node, false);
}

static void begin(struct maker *m, struct line *l)
{
	size_t kind = dl3t_below(&m->random, 4);

	*l = (struct line){ .up = true, .number = ++m->next_number, .node = dl3t_below(&m->random, 3) == 0 };
	l->call_id = m->next_call += 2;
	l->both = dl3t_below(&m->random, 3) == 0;
	l->a = new_side(m, l->node, kind != 0);
	if (kind >= 2)
		l->group = 200 + (unsigned)dl3t_below(&m->random, 3);
	l->queueing = kind == 3 ? DL3_QUEUEING_QUEUEING : 0;
	if (kind != 3)
		ring_at(m, l);
	show(m, l);
}

static void meet(struct maker *m, struct line *l, struct side b)
{
	l->b = b;
	l->target_count = 0;
	l->queueing = 0;
	show(m, l);
}

static void clear(struct maker *m, struct line *l)
{
	static const int causes[] = { 16, 16, 17, 34 };
	int cause = causes[dl3t_below(&m->random, 4)];

	m->moment++;
	lose(m, l, &l->b, cause, true);
	lose(m, l, &l->a, cause, false);
	m->talk->said[m->talk->count - 1].over = true;
	l->up = false;
}

static void reject(struct maker *m, struct line *l)
{
	const struct side *s = &l->targets[--l->target_count];
	struct dl3t_text t = { 0 };

	m->moment++;
	dl3t_printf(&t, "<AttemptReject>%08x,%016llx,%u,busy,%lld</AttemptReject>", nodes[s->node],
	            (unsigned long long)s->end, s->extension, (long long)m->tenths);
	say(m, l, s->node, &t);
	show(m, l);
}

static void dialogue(struct maker *m, struct line *l)
{
	struct dl3t_text t = { 0 };

	m->moment++;
	dl3t_printf(&t, "%s,%016llx,1.2.3,TRUNK,IN,%u@192.0.2.9", dl3t_below(&m->random, 3) ? "START" : "END",
	            (unsigned long long)l->a.end, l->number);
	say(m, l, l->node, &t);
	m->talk->said[m->talk->count - 1].siptrack = true;
}

static void pass_on(struct maker *m, struct line *l, int cause)
{
	struct side gone = l->b;

	l->b = (struct side){ 0 };
	m->moment++;
	lose(m, l, &gone, cause, true);
	if (cause == DL3_CAUSE_PARKED) {
		struct side slot = new_side(m, l->node, false);

		slot.extension = 0;
		slot.cls = DL3_EQUIPMENT_PARK_SLOT;
		l->a.held = true;
		meet(m, l, slot);
		return;
	}
	l->a.held = false;
	ring_at(m, l);
	show(m, l);
}

/* Somebody who has two calls puts those at the other sides together. */
static void join(struct maker *m, struct line *l)
{
	struct line *o = &m->lines[dl3t_below(&m->random, CALLS)];

	if (!o->up || o == l || o->b.end == 0 || o->node != l->node || o->both || l->both)
		return;
	struct side gone[2] = { l->b, o->b };

	l->b = o->a;
	show(m, l);
	m->moment++;
	lose(m, l, &gone[0], DL3_CAUSE_TRANSFER, true);
	lose(m, l, &gone[1], DL3_CAUSE_TRANSFER, true);
	o->up = false;
	m->talk->said[m->talk->count - 1].call = o->number;
	m->talk->said[m->talk->count - 1].over = true;
}

static void ringing(struct maker *m, struct line *l)
{
	struct side s;

	switch (dl3t_below(&m->random, 8)) {
	case 0:
		if (l->target_count > 0)
			reject(m, l);
		break;
	case 1:
		clear(m, l);
		break;
	case 2:
		s = new_side(m, l->node, false);
		s.extension = 0;
		s.cls = DL3_EQUIPMENT_VOICEMAIL;
		meet(m, l, s);
		break;
	case 3:
		l->queueing = DL3_QUEUEING_ANNOUNCEMENT;
		show(m, l);
		break;
	case 4:
		dialogue(m, l);
		break;
	default:
		if (l->target_count == 0)
			ring_at(m, l);
		meet(m, l, l->targets[dl3t_below(&m->random, l->target_count)]);
	}
}

static void talking(struct maker *m, struct line *l)
{
	switch (dl3t_below(&m->random, 8)) {
	case 0:
	case 1:
		l->a.held = !l->a.held;
		show(m, l);
		break;
	case 2:
		pass_on(m, l, DL3_CAUSE_TRANSFER);
		break;
	case 3:
		pass_on(m, l, l->b.cls == DL3_EQUIPMENT_PARK_SLOT ? DL3_CAUSE_UNPARKED : DL3_CAUSE_PARKED);
		break;
	case 4:
		join(m, l);
		break;
	case 5:
		show(m, l); /* once more: nothing is different */
		break;
	default:
		clear(m, l);
	}
}

static void snapshot(struct maker *m)
{
	m->moment++;
	(void)add(m, DL3T_LINK_UP, 0);
	for (size_t i = 0; i < CALLS; i++)
		if (m->lines[i].up)
			show(m, &m->lines[i]);
	m->moment++;
	(void)add(m, DL3T_SNAPSHOT_END, 0);
}

static void goes_wrong(struct maker *m)
{
	m->moment++;
	switch (dl3t_below(&m->random, 3)) {
	case 0:
		(void)add(m, DL3T_GAP, (unsigned)dl3t_below(&m->random, 2));
		break;
	case 1:
		(void)add(m, DL3T_RESTART, 1);
		break;
	default:
		(void)add(m, DL3T_LINK_LOST, 0);
		m->tenths += 50;
		if (dl3t_below(&m->random, 2))
			m->lines[dl3t_below(&m->random, CALLS)].up = false;
		snapshot(m);
	}
}

void dl3t_talk_make(struct dl3t_talk *talk, uint64_t seed, unsigned happenings, unsigned options)
{
	struct maker m = { .talk = talk, .random = { seed } };

	*talk = (struct dl3t_talk){ 0 };
	while (happenings-- > 0) {
		struct line *l = &m.lines[dl3t_below(&m.random, CALLS)];

		m.tenths += (int64_t)dl3t_below(&m.random, 40);
		if (!l->up)
			begin(&m, l);
		else if (l->b.end == 0)
			ringing(&m, l);
		else
			talking(&m, l);
		if (dl3t_below(&m.random, 6) == 0) {
			m.moment++;
			(void)add(&m, DL3T_TICK, 0);
		}
		if (options & DL3T_TALK_FAULTS && dl3t_below(&m.random, 25) == 0)
			goes_wrong(&m);
	}
	for (size_t i = 0; i < CALLS; i++)
		if (m.lines[i].up)
			clear(&m, &m.lines[i]);
}

void dl3t_talk_load(struct dl3t_talk *talk, const char *name)
{
	char path[512];
	struct maker m = { .talk = talk };
	size_t i;
	json_t *event;

	*talk = (struct dl3t_talk){ 0 };
	(void)snprintf(path, sizeof(path), DL3T_DATA "/calls/%s.json", name);
	json_t *doc = json_load_file(path, 0, NULL);
	assert_non_null(doc);
	json_array_foreach(json_object_get(doc, "events"), i, event)
	{
		struct dl3t_text t = { 0 };
		unsigned a = 0, b = 0, c = 0, d = 0;

		m.tenths = (int64_t)(json_number_value(json_object_get(event, "t")) * 10);
		m.moment++;
		const char *xml = json_string_value(json_object_get(event, "xml"));

		dl3t_put(&t, xml, strlen(xml));
		say(&m, NULL, 0, &t);
		assert_int_equal(sscanf(json_string_value(json_object_get(event, "pbx")), "%u.%u.%u.%u", &a,
		                        &b, &c, &d),
		                 4);
		talk->said[talk->count - 1].pbx = a << 24 | b << 16 | c << 8 | d;
	}
	json_decref(doc);
}

void dl3t_talk_free(struct dl3t_talk *talk)
{
	for (size_t i = 0; i < talk->count; i++)
		free(talk->said[i].text);
	free(talk->said);
	*talk = (struct dl3t_talk){ 0 };
}

/* ---- The tracker ---- */

void dl3t_talk_tell(struct dl3_tracker *t, const struct dl3t_said *said)
{
	struct dl3_record record;

	switch (said->what) {
	case DL3T_RECORD:
		if (said->siptrack)
			dl3_siptrack_decode(dl3_str_of(said->text), &record);
		else
			assert_int_equal(dl3_delta3_decode(dl3_str_of(said->text), &record, NULL), DL3_OK);
		assert_int_equal(dl3_tracker_record(t, said->now_ms, said->pbx, 1, &record), DL3_OK);
		break;
	case DL3T_LINK_LOST:
		dl3_tracker_link_lost(t, said->now_ms);
		break;
	case DL3T_LINK_UP:
		dl3_tracker_link_up(t, said->now_ms);
		break;
	case DL3T_SNAPSHOT_END:
		dl3_tracker_snapshot_end(t, said->now_ms);
		break;
	case DL3T_GAP:
		dl3_tracker_counter(t, said->now_ms, said->pbx, DL3_COUNTER_GAP);
		break;
	case DL3T_RESTART:
		dl3_tracker_counter(t, said->now_ms, said->pbx, DL3_COUNTER_RESTART);
		break;
	case DL3T_TICK:
		dl3_tracker_tick(t, said->now_ms);
		break;
	}
}

static char line[65536];

static void put_line(struct dl3t_text *out, size_t len)
{
	dl3t_put(out, line, len);
	dl3t_put(out, "\n", 1);
}

static void put_call(struct dl3t_text *out, const char *what, const struct dl3_call_info *call)
{
	size_t len;

	assert_int_equal(dl3_call_json(call, DL3_CALL_JSON_DEFAULT, line, sizeof(line), &len), DL3_OK);
	dl3t_printf(out, "%s ", what);
	put_line(out, len);
}

static void put_user(struct dl3t_text *out, const struct dl3_user_info *user)
{
	size_t len;

	assert_int_equal(dl3_user_json(user, line, sizeof(line), &len), DL3_OK);
	put_line(out, len);
}

static void put_group(struct dl3t_text *out, const struct dl3_group_info *group)
{
	size_t len;

	assert_int_equal(dl3_group_json(group, line, sizeof(line), &len), DL3_OK);
	put_line(out, len);
}

void dl3t_talk_fetch(struct dl3_tracker *t, struct dl3t_text *out, bool ended_only)
{
	static const char *const names[] = { "began", "changed", "ended", "merged" };
	struct dl3_tracked told;
	enum dl3_err err;

	while ((err = dl3_tracker_next(t, &told)) == DL3_OK) {
		if (told.type == DL3_TRACKED_CALL_ENDED || (told.call && !ended_only))
			put_call(out, names[told.type], told.call);
		if (told.type == DL3_TRACKED_CALL_MERGED && !ended_only)
			dl3t_printf(out, "merged %.*s\n", (int)told.merged.len, told.merged.ptr);
		if (ended_only)
			continue;
		if (told.user)
			put_user(out, told.user);
		if (told.group)
			put_group(out, told.group);
		if (told.type == DL3_TRACKED_SIP)
			dl3t_printf(out, "sip %.*s %.*s\n", (int)told.sip.end.len, told.sip.end.ptr,
			            (int)told.sip.call.len, told.sip.call.len ? told.sip.call.ptr : "");
	}
	assert_int_equal(err, DL3_END);
}

void dl3t_talk_look(struct dl3_tracker *t, struct dl3t_text *out)
{
	struct dl3_tracker_cursor calls = { 0 }, users = { 0 }, groups = { 0 };
	const struct dl3_call_info *call;
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;
	struct dl3_tracked_counts c = dl3_tracker_counts(t);

	while (dl3_tracker_walk_calls(t, &calls, &call) == DL3_OK)
		put_call(out, "up", call);
	while (dl3_tracker_walk_users(t, &users, &user) == DL3_OK)
		put_user(out, user);
	while (dl3_tracker_walk_groups(t, &groups, &group) == DL3_OK)
		put_group(out, group);
	dl3t_printf(out, "%zu %zu %zu %zu %zu %llu %llu %llu %llu %llu %llu\n", c.calls, c.ends, c.users,
	            c.groups, c.nodes, (unsigned long long)c.began, (unsigned long long)c.ended,
	            (unsigned long long)c.merged, (unsigned long long)c.records, (unsigned long long)c.stale,
	            (unsigned long long)c.overflow);
}
