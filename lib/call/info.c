/* SPDX-License-Identifier: MIT */
/* What is shown of a call, a user, a group. All of it lies in one room, which is measured first. */
#include <string.h>

#include "call/tracker.h"

#define ID_SIZE ((size_t)16)

void dl3i_room_begin(struct dl3_tracker *t)
{
	t->shown.used = 0;
}

bool dl3i_room_reserve(struct dl3_tracker *t, size_t size)
{
	struct dl3i_shown *s = &t->shown;

	if (size <= s->cap)
		return true;
	size_t cap = s->cap > 0 ? s->cap : 2048;
	while (cap < size)
		cap *= 2;
	uint8_t *room = dl3i_track_resize(t, s->room, s->cap, cap);
	if (!room)
		return false;
	s->room = room;
	s->cap = cap;
	return true;
}

/* The room was reserved. */
void *dl3i_room_take(struct dl3_tracker *t, size_t size)
{
	void *p = t->shown.room + t->shown.used;

	t->shown.used += (size + 7) & ~(size_t)7;
	return p;
}

/* Eight hexadecimal digits, the first of them in the highest octet. */
static uint64_t digits_of(uint32_t value)
{
	uint64_t x = value;

	x = (x << 16 | x) & UINT64_C(0x0000ffff0000ffff);
	x = (x << 8 | x) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x << 4 | x) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	/* Those above 9 get the distance from '9' + 1 to 'a' as well. */
	uint64_t letters = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	return x + UINT64_C(0x3030303030303030) + letters * ('a' - '9' - 1);
}

static void put_digits(uint32_t value, char *p)
{
	const uint64_t digits = digits_of(value);

	/* Octet by octet compilers do not see that this is one store. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint64_t turned = __builtin_bswap64(digits);
	memcpy(p, &turned, sizeof(turned));
#else
	for (unsigned i = 0; i < 8; i++)
		p[i] = (char)(digits >> (56 - 8 * i));
#endif
}

struct dl3_str dl3i_show_id(struct dl3_tracker *t, uint64_t key, const struct dl3i_text *odd)
{
	if (odd)
		return dl3i_text_str(odd);
	char *p = dl3i_room_take(t, ID_SIZE);

	put_digits((uint32_t)(key >> 32), p);
	put_digits((uint32_t)key, p + ID_SIZE / 2);
	return (struct dl3_str){ .ptr = p, .len = ID_SIZE };
}

int64_t dl3i_unix_ms(const struct dl3i_call *c, int32_t at)
{
	return at < 0 ? DL3_NO_TIME : c->started_ms + ((int64_t)at - c->began) * 100;
}

/* Of an end of the call that is shown. */
static struct dl3_str end_id(const struct dl3_tracker *t, uint32_t end)
{
	const struct dl3i_end *e = dl3i_end_at(t, end);

	if (!end || e->flags & DL3I_END_UNNAMED)
		return (struct dl3_str){ 0 };
	if (e->odd)
		return dl3i_text_str(e->odd);
	return (struct dl3_str){ .ptr = (const char *)t->shown.room + e->shown, .len = ID_SIZE };
}

static struct dl3_str who(const struct dl3_tracker *t, uint32_t end)
{
	if (!end)
		return (struct dl3_str){ 0 };
	const struct dl3i_end *e = dl3i_end_at(t, end);

	return dl3i_text_str(e->identity ? e->identity : e->number);
}

static void show_party(struct dl3_tracker *t, uint32_t end, struct dl3_call_party *p)
{
	const struct dl3i_end *e = dl3i_end_at(t, end);

	*p = (struct dl3_call_party){ .end = end_id(t, end),
		                      .extension = dl3i_text_str(e->identity),
		                      .number = dl3i_text_str(e->identity ? e->identity : e->number),
		                      .name = dl3i_text_str(e->name),
		                      .state = e->state,
		                      .tone = e->tone,
		                      .equipment_class = dl3i_class_of(e),
		                      .audio = (e->flags & DL3I_END_AUDIO) != 0,
		                      .outside = (e->flags & DL3I_END_PUBLIC) != 0,
		                      .person = dl3i_is_person(e) };
}

static void show_target(struct dl3_tracker *t, const struct dl3i_call *c, uint32_t end,
                        struct dl3_call_target *p)
{
	const struct dl3i_end *e = dl3i_end_at(t, end);

	*p = (struct dl3_call_target){ .end = end_id(t, end),
		                       .extension = dl3i_text_str(e->identity),
		                       .number = dl3i_text_str(e->identity ? e->identity : e->number),
		                       .equipment_class = dl3i_class_of(e),
		                       .outside = (e->flags & DL3I_END_PUBLIC) != 0,
		                       .rejected = (e->flags & DL3I_END_REJECTED) != 0,
		                       .since = dl3i_unix_ms(c, e->first) };
}

/* ---- Lists of a call ---- */

static bool is_known(const struct dl3_str *list, size_t count, struct dl3_str s)
{
	for (size_t i = 0; i < count; i++)
		if (dl3_str_same(list[i], s))
			return true;
	return false;
}

static void show_talkers(struct dl3_tracker *t, const struct dl3i_call *c, const int32_t *from,
                         struct dl3_call_info *out)
{
	struct dl3_str *list = dl3i_room_take(t, c->end_count * sizeof(*list));
	size_t n = 0, k = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next, k++) {
		struct dl3_str s = dl3i_text_str(dl3i_end_at(t, i)->identity);

		if (from[k] >= 0 && s.len > 0 && !is_known(list, n, s))
			list[n++] = s;
	}
	out->parties = (struct dl3_call_texts){ list, n };
}

static int32_t gone_at(const struct dl3i_end *e, int32_t now)
{
	return e->flags & DL3I_END_LOST ? e->lost : now;
}

/* Whether an end's talk began while an earlier end of the same person was there. */
static bool is_inside_earlier(const struct dl3_tracker *t, const struct dl3i_call *c, const int32_t *from,
                              uint32_t end, size_t at, int32_t now)
{
	size_t k = 0;

	for (uint32_t i = c->first_end; i != end; i = dl3i_end_at(t, i)->next, k++) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (from[k] >= 0 && e->identity == dl3i_end_at(t, end)->identity &&
		    from[at] < gone_at(e, now))
			return true;
	}
	return false;
}

static void show_segment(const struct dl3_tracker *t, const struct dl3i_call *c, const int32_t *from,
                         uint32_t end, size_t k, int32_t now, struct dl3_call_segment *s)
{
	const struct dl3i_end *e = dl3i_end_at(t, end);
	int32_t to = gone_at(e, now), since = from[k];
	bool up = !(e->flags & DL3I_END_LOST), held_now = c->on_hold && up && c->hold_since >= 0;

	for (uint32_t i = e->next; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *u = dl3i_end_at(t, i);

		k++;
		if (from[k] < 0 || u->identity != e->identity || from[k] >= to)
			continue;
		up = up || !(u->flags & DL3I_END_LOST);
		if (gone_at(u, now) > to)
			to = gone_at(u, now);
	}
	int32_t held_from = held_now ? c->hold_since > since ? c->hold_since : since : 0;
	*s = (struct dl3_call_segment){
		.party = dl3i_text_str(e->identity),
		.from = dl3i_unix_ms(c, since),
		.to = up && !c->over ? DL3_NO_TIME : dl3i_unix_ms(c, to),
		.talk_ms = (int64_t)dl3i_rules_talked(t, c, since, to, now) * 100,
		.hold_ms = ((int64_t)e->held + (held_now && now > held_from ? now - held_from : 0)) * 100
	};
	if (s->hold_ms > s->talk_ms)
		s->hold_ms = s->talk_ms;
}

static void show_segments(struct dl3_tracker *t, const struct dl3i_call *c, const int32_t *from, int32_t now,
                          struct dl3_call_info *out)
{
	struct dl3_call_segment *list = dl3i_room_take(t, c->end_count * sizeof(*list));
	size_t n = 0, k = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next, k++)
		if (from[k] >= 0 && dl3i_end_at(t, i)->identity && !is_inside_earlier(t, c, from, i, k, now))
			show_segment(t, c, from, i, k, now, &list[n++]);
	out->segments = list;
	out->segment_count = n;
}

static void show_rejections(struct dl3_tracker *t, const struct dl3i_call *c, struct dl3_call_info *out)
{
	struct dl3_str *list = dl3i_room_take(t, c->end_count * sizeof(*list));
	uint32_t last = 0;
	size_t n = 0;

	for (;;) { /* in order of rejection */
		uint32_t next = 0;

		for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
			const struct dl3i_end *e = dl3i_end_at(t, i);

			if (e->flags & DL3I_END_REJECTED &&
			    (!last || dl3i_later(e->order, dl3i_end_at(t, last)->order)) &&
			    (!next || dl3i_later(dl3i_end_at(t, next)->order, e->order)))
				next = i;
		}
		if (!next)
			break;
		struct dl3_str s = dl3i_text_str(dl3i_end_at(t, next)->identity);
		if (s.len > 0 && !is_known(list, n, s))
			list[n++] = s;
		last = next;
	}
	out->rejected_by = (struct dl3_call_texts){ list, n };
}

static void show_ends(struct dl3_tracker *t, const struct dl3i_call *c, struct dl3_call_info *out)
{
	struct dl3_str *ends = dl3i_room_take(t, c->end_count * sizeof(*ends));
	struct dl3_str *sip = dl3i_room_take(t, c->end_count * sizeof(*sip));
	struct dl3_call_target *targets = dl3i_room_take(t, c->end_count * sizeof(*targets));
	size_t n = 0, sips = 0, rings = 0;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		const struct dl3i_end *e = dl3i_end_at(t, i);

		if (e->flags & DL3I_END_PARTY)
			ends[n++] = end_id(t, i);
		if (e->sip)
			sip[sips++] = dl3i_text_str(e->sip);
		if (dl3i_end_rings(e) && !c->over)
			show_target(t, c, i, &targets[rings++]);
	}
	out->ends = (struct dl3_call_texts){ ends, n };
	out->sip_call_ids = (struct dl3_call_texts){ sip, sips };
	out->targets = targets;
	out->target_count = rings;
}

/* By their first reports; of one moment by their names, since it is chance whose came first. */
static bool is_before(const struct dl3_tracker *t, const struct dl3i_view *a, const struct dl3i_view *b)
{
	struct dl3_str x = dl3i_text_str(t->nodes[a->node].name), y = dl3i_text_str(t->nodes[b->node].name);

	if (a->since != b->since)
		return a->since < b->since;
	const uint32_t common = x.len < y.len ? x.len : y.len;
	int order = common > 0 ? memcmp(x.ptr, y.ptr, common) : 0;
	return order != 0 ? order < 0 : x.len < y.len;
}

static void show_nodes(struct dl3_tracker *t, const struct dl3i_call *c, struct dl3_call_info *out)
{
	struct dl3_str *nodes = dl3i_room_take(t, c->view_count * sizeof(*nodes));
	struct dl3_call_view *views = dl3i_room_take(t, c->view_count * sizeof(*views));
	uint8_t order[DL3_TRACKER_CALL_NODES];

	for (unsigned i = 0, at; i < c->view_count; i++) {
		for (at = i; at > 0 && is_before(t, dl3i_view_at(c, i), dl3i_view_at(c, order[at - 1])); at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)i;
	}
	for (unsigned i = 0; i < c->view_count; i++) {
		const struct dl3i_view *v = dl3i_view_at(c, order[i]);

		nodes[i] = dl3i_text_str(t->nodes[v->node].name);
		views[i] = (struct dl3_call_view){ .node = nodes[i], .call_id = v->call_id };
	}
	out->nodes = (struct dl3_call_texts){ nodes, c->view_count };
	out->call_ids = views;
	out->call_id_count = c->view_count;
}

/* Lines of one kind and one moment stand in the order of their ends: it is chance which node told first. */
static void put_in_order(const struct dl3_tracker *t, const struct dl3i_moment *lines, size_t count,
                         uint16_t *order)
{
	for (size_t i = 0, at; i < count; i++) {
		const struct dl3i_moment *m = &lines[i];
		const uint64_t key = dl3i_end_at(t, m->who)->key;

		for (at = i; at > 0; at--) {
			const struct dl3i_moment *before = &lines[order[at - 1]];

			if (before->at != m->at || before->what != m->what ||
			    dl3i_end_at(t, before->who)->key <= key)
				break;
			order[at] = order[at - 1];
		}
		order[at] = (uint16_t)i;
	}
}

static void show_timeline(struct dl3_tracker *t, const struct dl3i_call *c, struct dl3_call_info *out)
{
	struct dl3_call_moment *list = dl3i_room_take(t, c->timeline_count * sizeof(*list));
	uint16_t *order = dl3i_room_take(t, c->timeline_count * sizeof(*order));

	put_in_order(t, c->timeline, c->timeline_count, order);
	for (size_t i = 0; i < c->timeline_count; i++) {
		const struct dl3i_moment *m = &c->timeline[order[i]];

		list[i] = (struct dl3_call_moment){ .at = dl3i_unix_ms(c, m->at),
			                            .what = (enum dl3_call_what)m->what,
			                            .who = who(t, m->who),
			                            .end = end_id(t, m->who),
			                            .other = who(t, m->other),
			                            .cause = m->cause };
	}
	out->timeline = list;
	out->timeline_count = c->timeline_count;
	out->timeline_left_out = c->left_out;
}

/* ---- A call ---- */

static bool only_delta2(const struct dl3i_call *c)
{
	return c->told2 && !c->told3;
}

static struct dl3_str end_party(const struct dl3_tracker *t, const struct dl3i_call *c)
{
	uint32_t end = c->over ? dl3i_rules_ender(t, c) : 0;

	/* Delta2 does not say who cleared. */
	if (!end)
		return c->over && !only_delta2(c) ? dl3_str_of("system") : (struct dl3_str){ 0 };
	if (dl3i_end_at(t, end)->identity)
		return dl3i_text_str(dl3i_end_at(t, end)->identity);
	return dl3_str_of(end == c->first_end ? "caller" : "called");
}

static void show_times(const struct dl3_tracker *t, const struct dl3i_call *c, int32_t now,
                       struct dl3_call_info *out)
{
	struct dl3i_times times = dl3i_rules_times(t, c, now);

	out->since = dl3i_unix_ms(c, c->state_since);
	out->started = c->started_ms;
	out->answered = dl3i_unix_ms(c, c->answered);
	out->ended = c->over ? dl3i_unix_ms(c, c->ended) : DL3_NO_TIME;
	out->duration_ms = (int64_t)times.duration * 100;
	out->ring_ms = (int64_t)times.ring * 100;
	out->queue_ms = (int64_t)times.queue * 100;
	out->talk_ms = (int64_t)times.talk * 100;
	out->hold_ms = (int64_t)times.hold * 100;
	out->voicemail_ms = only_delta2(c) ? DL3_NO_TIME : (int64_t)c->message_s * 1000;
}

static void show_plain(struct dl3_tracker *t, const struct dl3i_call *c, struct dl3_call_info *out)
{
	uint32_t decisive = c->over ? dl3i_rules_decisive(t, c) : 0;

	out->id = dl3i_show_id(t, c->key, c->odd);
	out->state = (enum dl3_call_state)c->state;
	out->direction = dl3i_rules_direction(c);
	out->outcome = dl3i_rules_outcome(t, c);
	out->cli = dl3i_text_str(c->cli);
	out->name = dl3i_text_str(c->name);
	out->did = dl3i_text_str(c->did);
	out->dialled = dl3i_text_str(c->dialled);
	out->group = dl3i_text_str(c->first_group);
	out->group_now = dl3i_text_str(c->group_now);
	out->answered_by = dl3i_text_str(c->answered >= 0 ? dl3i_end_at(t, c->answerer)->identity : NULL);
	out->account_code = dl3i_text_str(c->account);
	out->tag = dl3i_text_str(c->tag);
	out->ivr_callflow = dl3i_text_str(c->ivr);
	out->transfers = dl3i_rules_transfers(t, c);
	out->cause = decisive ? dl3i_end_at(t, decisive)->cause : -1;
	out->end_party = end_party(t, c);
	out->incomplete = dl3i_rules_incomplete(t, c);
	out->counts = c->counts;
	out->has_a = c->a != 0;
	out->has_b = c->b != 0;
	if (c->a)
		show_party(t, c->a, &out->a);
	if (c->b)
		show_party(t, c->b, &out->b);
}

static size_t room_for(const struct dl3i_call *c)
{
	size_t per_end = 4 * sizeof(struct dl3_str) + sizeof(struct dl3_call_segment) +
	                 sizeof(struct dl3_call_target) + sizeof(int32_t) + ID_SIZE;

	return c->end_count * per_end +
	       c->view_count * (sizeof(struct dl3_str) + sizeof(struct dl3_call_view)) +
	       c->timeline_count * (sizeof(struct dl3_call_moment) + sizeof(uint16_t)) + 512;
}

enum dl3_err dl3i_show_call(struct dl3_tracker *t, uint32_t call)
{
	struct dl3i_call *c = dl3i_call_at(t, call);
	int32_t now = c->over ? c->ended : dl3i_moment_now(t);
	struct dl3_call_info *out = &t->shown.call;
	size_t k = 0;

	if (!dl3i_room_reserve(t, t->shown.used + room_for(c)))
		return DL3_ERR_MEMORY;
	int32_t *from = dl3i_room_take(t, c->end_count * sizeof(*from));
	bool rejected = false;

	for (uint32_t i = c->first_end; i != 0; i = dl3i_end_at(t, i)->next) {
		struct dl3i_end *e = dl3i_end_at(t, i);

		from[k++] = dl3i_rules_talks_from(t, c, i);
		rejected = rejected || e->flags & DL3I_END_REJECTED;
		e->shown = (uint32_t)t->shown.used;
		(void)dl3i_show_id(t, e->key, e->odd);
	}
	*out = (struct dl3_call_info){ 0 };
	show_plain(t, c, out);
	show_times(t, c, now, out);
	show_talkers(t, c, from, out);
	show_segments(t, c, from, now, out);
	if (rejected)
		show_rejections(t, c, out);
	show_ends(t, c, out);
	show_nodes(t, c, out);
	show_timeline(t, c, out);
	return DL3_OK;
}

/* ---- Users and groups ---- */

enum dl3_err dl3i_show_user(struct dl3_tracker *t, uint32_t user)
{
	const struct dl3i_user *u = dl3i_user_at(t, user);
	const struct dl3i_call *c = u->call ? dl3i_call_at(t, u->call) : NULL;

	if (!dl3i_room_reserve(t, t->shown.used + 2 * ID_SIZE))
		return DL3_ERR_MEMORY;
	t->shown.user =
		(struct dl3_user_info){ .extension = dl3i_text_str(u->extension),
		                        .name = dl3i_text_str(u->name),
		                        .state = (enum dl3_user_state)u->state,
		                        .since = u->since,
		                        .call = c ? dl3i_show_id(t, c->key, c->odd) : (struct dl3_str){ 0 },
		                        .with = c ? who(t, u->with) : (struct dl3_str){ 0 },
		                        .calls = u->calls,
		                        .cmextn = dl3i_text_str(u->cmextn) };
	return DL3_OK;
}

static int64_t waits_since(const struct dl3_tracker *t, const struct dl3i_group *g)
{
	const struct dl3i_call *c = g->first_waiting ? dl3i_call_at(t, g->first_waiting) : NULL;

	return c ? dl3i_unix_ms(c, c->grouped) : DL3_NO_TIME;
}

enum dl3_err dl3i_show_group(struct dl3_tracker *t, uint32_t group)
{
	struct dl3i_group *g = &t->groups[group - 1];
	struct dl3_group_info *out = &t->shown.group;
	size_t n = g->abandoned_count;

	if (!dl3i_room_reserve(t,
	                       t->shown.used + n * (sizeof(struct dl3_group_abandoned) + ID_SIZE) + ID_SIZE))
		return DL3_ERR_MEMORY;
	struct dl3_group_abandoned *list = dl3i_room_take(t, n * sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		const struct dl3i_abandoned *a =
			&g->abandoned[(g->abandoned_at + g->abandoned_cap - 1 - i) % g->abandoned_cap];

		list[i] = (struct dl3_group_abandoned){ .cli = dl3i_text_str(a->cli),
			                                .name = dl3i_text_str(a->name),
			                                .call = dl3i_show_id(t, a->key, a->odd),
			                                .at = a->at,
			                                .waited_ms = a->waited_ms };
	}
	*out = (struct dl3_group_info){ .group = dl3i_text_str(g->number),
		                        .name = dl3i_text_str(g->name),
		                        .waiting = g->waiting,
		                        .waiting_since = waits_since(t, g),
		                        .talking = g->talking,
		                        .abandoned = list,
		                        .abandoned_count = n };
	dl3i_group_sum(g, t->day_ms, INT64_MAX, &out->today);
	return DL3_OK;
}
