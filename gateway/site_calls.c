/* SPDX-License-Identifier: MIT */
/* From records to what is told and kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "site_parts.h"
#include "store_call.h"

/* ---- Tags: what filters find it by ---- */

static void tag(struct site_tags *t, enum hub_dimension d, struct dl3_str value)
{
	if (value.len == 0 || t->count == HUB_TAGS - 1)
		return;
	const uint64_t x = hub_tag(d, value);
	for (size_t i = 0; i < t->count; i++)
		if (t->at[i] == x)
			return;
	t->at[t->count++] = x;
}

static void tag_texts(struct site_tags *t, enum hub_dimension d, const struct dl3_call_texts *list)
{
	for (size_t i = 0; i < list->count; i++)
		tag(t, d, list->at[i]);
}

static int node_text(uint32_t pbx, char out[16])
{
	return snprintf(out, 16, "%u.%u.%u.%u", pbx >> 24 & 255, pbx >> 16 & 255, pbx >> 8 & 255, pbx & 255);
}

/* Records write a node as eight digits, the events that carry them have its address: either finds it. */
static void tag_node(struct site_tags *t, struct dl3_str node)
{
	char digits[9], address[16];
	char *end;

	tag(t, HUB_NODE, node);
	if (node.len != 8)
		return;
	memcpy(digits, node.ptr, 8);
	digits[8] = '\0';
	const unsigned long n = strtoul(digits, &end, 16);
	if (*end != '\0')
		return;
	int len = node_text((uint32_t)n, address);
	tag(t, HUB_NODE, (struct dl3_str){ .ptr = address, .len = (uint32_t)len });
}

static void tag_call(struct site_tags *t, const struct dl3_call_info *c)
{
	tag(t, HUB_GROUP_NUMBER, c->group);
	tag(t, HUB_GROUP_NUMBER, c->group_now);
	for (size_t i = 0; i < c->nodes.count; i++)
		tag_node(t, c->nodes.at[i]);
	if (c->has_a)
		tag(t, HUB_EXTENSION, c->a.extension);
	if (c->has_b)
		tag(t, HUB_EXTENSION, c->b.extension);
	tag(t, HUB_EXTENSION, c->answered_by);
	tag_texts(t, HUB_EXTENSION, &c->parties);
	for (size_t i = 0; i < c->target_count; i++)
		tag(t, HUB_EXTENSION, c->targets[i].extension);
	tag_texts(t, HUB_EXTENSION, &c->rejected_by);
}

/* ---- Calls, people, groups ---- */

/* @return false without memory: then it is not told, and counted. */
static bool call_json(struct site *s, const struct dl3_call_info *call, unsigned options, size_t *len)
{
	if (dl3_call_json(call, options, s->buf, s->cap, len) == DL3_OK)
		return true;
	if (!site_room(s, *len))
		return false;
	return dl3_call_json(call, options, s->buf, s->cap, len) == DL3_OK;
}

static void publish(struct site *s, struct hub_news *news)
{
	news->pbx = dl3_str_of(s->name);
	if (hub_publish(s->hub, news) == 0)
		s->without_memory++;
}

static struct dl3_str buffer(const struct site *s, size_t len)
{
	return (struct dl3_str){ .ptr = s->buf, .len = (uint32_t)len };
}

/* With the PBX in front of its members, as the hub has it: that is how history answers. */
static void store_call(struct site *s, const struct dl3_call_info *call, struct dl3_str body)
{
	const size_t need = body.len + strlen(s->name) * 6 + 16;

	if (need > s->raw_cap) {
		char *wider = realloc(s->raw, need);
		if (!wider) {
			s->without_memory++;
			return;
		}
		s->raw = wider;
		s->raw_cap = need;
	}
	struct dl3i_json j = dl3i_json_to(s->raw, s->raw_cap);
	dl3i_json_open(&j, '{');
	DL3I_JSON_KEY(&j, "pbx");
	dl3i_json_z(&j, s->name);
	dl3i_put_char(&j.out, ',');
	dl3i_put(&j.out, body.ptr + 1, body.len - 1);
	(void)store_put_ended(s->store, dl3_str_of(s->name), call,
	                      (struct dl3_str){ .ptr = s->raw, .len = (uint32_t)j.out.len });
}

static void tell_call(struct site *s, const struct dl3_tracked *told)
{
	const struct dl3_call_info *call = told->call;
	struct hub_news news = { .kind = HUB_CALL, .about = call->id, .key = "call" };
	struct site_tags tags = { .count = 0 };
	size_t len = 0;

	if (!call_json(s, call, DL3_CALL_JSON_DEFAULT, &len)) {
		s->without_memory++;
		return;
	}
	tag_call(&tags, call);
	news.tags = tags.at;
	news.tag_count = tags.count;
	news.body = buffer(s, len);
	news.over = told->type == DL3_TRACKED_CALL_ENDED;
	news.what = told->type == DL3_TRACKED_CALL_BEGAN ? "began" : news.over ? "ended" : "changed";
	publish(s, &news);
	if (news.over && call->counts && s->store)
		store_call(s, call, news.body);
}

/* The younger is gone; the older comes as changed. */
static void tell_merged(struct site *s, const struct dl3_tracked *told)
{
	struct hub_news news = { .kind = HUB_CALL, .about = told->merged, .over = true, .what = "merged" };
	struct site_tags tags = { .count = 0 };
	const size_t need = 256 + ((size_t)told->merged.len + told->call->id.len + strlen(s->name)) * 6;

	if (!site_room(s, need)) {
		s->without_memory++;
		return;
	}
	struct dl3i_json j = dl3i_json_to(s->buf, s->cap);
	DL3I_JSON_KEY(&j, "into");
	dl3i_json_str(&j, told->call->id);
	DL3I_JSON_KEY(&j, "call");
	dl3i_json_open(&j, '{');
	DL3I_JSON_KEY(&j, "pbx");
	dl3i_json_z(&j, s->name);
	DL3I_JSON_KEY(&j, "id");
	dl3i_json_str(&j, told->merged);
	dl3i_json_close(&j, '}');
	tag_call(&tags, told->call);
	news.tags = tags.at;
	news.tag_count = tags.count;
	news.body = buffer(s, j.out.len);
	publish(s, &news);
	if (s->store && s->keep_records)
		(void)store_put_merged(s->store, dl3_str_of(s->name), told->merged, told->call->id);
	struct dl3_tracked changed = { .type = DL3_TRACKED_CALL_CHANGED, .call = told->call };
	tell_call(s, &changed);
}

static void tell_user(struct site *s, const struct dl3_user_info *user)
{
	struct hub_news news = { .kind = HUB_USER, .about = user->extension, .key = "user", .tag_count = 1 };
	const uint64_t t = hub_tag(HUB_EXTENSION, user->extension);
	size_t len = 0;

	if (dl3_user_json(user, s->buf, s->cap, &len) != DL3_OK &&
	    (!site_room(s, len) || dl3_user_json(user, s->buf, s->cap, &len) != DL3_OK)) {
		s->without_memory++;
		return;
	}
	news.tags = &t;
	news.body = buffer(s, len);
	publish(s, &news);
	if (s->store)
		(void)store_put_user(s->store, &(struct store_thing){ .pbx = news.pbx,
		                                                      .number = user->extension,
		                                                      .name = user->name,
		                                                      .time_ms = site_now_ms(),
		                                                      .json = news.body });
}

static void tell_group(struct site *s, const struct dl3_group_info *group)
{
	struct hub_news news = { .kind = HUB_GROUP, .about = group->group, .key = "group", .tag_count = 1 };
	const uint64_t t = hub_tag(HUB_GROUP_NUMBER, group->group);
	size_t len = 0;

	if (dl3_group_json(group, s->buf, s->cap, &len) != DL3_OK &&
	    (!site_room(s, len) || dl3_group_json(group, s->buf, s->cap, &len) != DL3_OK)) {
		s->without_memory++;
		return;
	}
	news.tags = &t;
	news.body = buffer(s, len);
	publish(s, &news);
	if (s->store)
		(void)store_put_group(s->store, &(struct store_thing){ .pbx = news.pbx,
		                                                       .number = group->group,
		                                                       .name = group->name,
		                                                       .time_ms = site_now_ms(),
		                                                       .json = news.body });
}

void site_tell(struct site *s)
{
	struct dl3_tracked told;

	while (dl3_tracker_next(s->tracker, &told) == DL3_OK) {
		s->unsaved = true;
		if (s->over.count > 0 && site_is_over(s, &told))
			continue;
		switch (told.type) {
		case DL3_TRACKED_CALL_BEGAN:
		case DL3_TRACKED_CALL_CHANGED:
		case DL3_TRACKED_CALL_ENDED:
			tell_call(s, &told);
			break;
		case DL3_TRACKED_CALL_MERGED:
			tell_merged(s, &told);
			break;
		case DL3_TRACKED_USER_CHANGED:
			tell_user(s, told.user);
			break;
		case DL3_TRACKED_GROUP_CHANGED:
			tell_group(s, told.group);
			break;
		case DL3_TRACKED_SIP: /* stands in the call */
			break;
		}
	}
}

void site_tell_all(struct site *s)
{
	struct dl3_tracker_cursor calls = { 0 }, users = { 0 }, groups = { 0 };
	struct dl3_tracked told = { .type = DL3_TRACKED_CALL_CHANGED };
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;

	while (dl3_tracker_walk_calls(s->tracker, &calls, &told.call) == DL3_OK)
		if (!site_knows_over(s, told.call->id))
			tell_call(s, &told);
	while (dl3_tracker_walk_users(s->tracker, &users, &user) == DL3_OK)
		tell_user(s, user);
	while (dl3_tracker_walk_groups(s->tracker, &groups, &group) == DL3_OK)
		tell_group(s, group);
}

void site_tell_call(struct site *s, struct dl3_str id)
{
	struct dl3_tracked told = { .type = DL3_TRACKED_CALL_CHANGED };

	if (dl3_tracker_find_call(s->tracker, id, &told.call) == DL3_OK)
		tell_call(s, &told);
}

/* ---- Records ---- */

static struct dl3_str end_of(const struct dl3_record *r)
{
	switch (r->kind) {
	case DL3_KIND_DETAIL:
		return r->u.detail.has_a ? r->u.detail.a.end : r->u.detail.b.end;
	case DL3_KIND_CALL_LOST:
		return r->u.call_lost.end;
	case DL3_KIND_LINK_LOST:
		return r->u.link_lost.end;
	case DL3_KIND_ATTEMPT_REJECT:
		return r->u.attempt_reject.end;
	case DL3_KIND_SIPTRACK:
		return r->u.siptrack.end;
	default:
		return (struct dl3_str){ 0 };
	}
}

/* The call that a record is about: its tags, and its id in `id`. */
static void find_call(struct site *s, const struct dl3_record *r, struct site_tags *tags,
                      char id[SITE_CALL_ID], struct dl3_str *found)
{
	const struct dl3_str end = end_of(r);
	const struct dl3_call_info *call;

	if (end.len == 0 || dl3_tracker_find_end(s->tracker, end, &call) != DL3_OK)
		return;
	tag_call(tags, call);
	if (call->id.len <= SITE_CALL_ID) {
		memcpy(id, call->id.ptr, call->id.len);
		*found = (struct dl3_str){ .ptr = id, .len = call->id.len };
	}
}

static bool record_json(struct site *s, const struct dl3_record *r, struct dl3i_json *j, size_t head)
{
	size_t len = 0;
	enum dl3_err err = dl3_record_json(r, 0, s->buf + head, s->cap - head, &len);

	if (err == DL3_ERR_SPACE) {
		if (!site_room(s, head + len))
			return false;
		err = dl3_record_json(r, 0, s->buf + head, s->cap - head, &len);
	}
	j->out.len = head + len;
	return err == DL3_OK;
}

static void publish_record(struct site *s, const struct dl3_event *e, const struct site_tags *tags,
                           struct dl3_str call)
{
	struct hub_news news = { .kind = HUB_RECORD, .tags = tags->at, .tag_count = tags->count };
	const struct dl3_record *r = e->u.record.record;
	char node[16];

	int node_len = node_text(e->u.record.pbx, node);
	if (!site_room(s, 1024)) {
		s->without_memory++;
		return;
	}
	struct dl3i_json j = dl3i_json_to(s->buf, s->cap);
	DL3I_JSON_KEY(&j, "node");
	dl3i_json_z(&j, node);
	DL3I_JSON_KEY(&j, "counter");
	dl3i_json_unsigned(&j, e->u.record.counter);
	if (call.len > 0) {
		DL3I_JSON_KEY(&j, "call");
		dl3i_json_str(&j, call);
	}
	DL3I_JSON_KEY(&j, "record");
	const size_t head = j.out.len;
	if (!record_json(s, r, &j, head)) {
		s->without_memory++;
		return;
	}
	news.body = buffer(s, j.out.len);
	news.pbx = dl3_str_of(s->name);
	uint64_t seq = hub_publish(s->hub, &news);
	s->without_memory += seq == 0;
	if (!s->store || !s->keep_records || seq == 0)
		return;
	(void)store_put_event(
		s->store,
		&(struct store_event){ .seq = seq,
	                               .time_ms = site_now_ms(),
	                               .pbx = news.pbx,
	                               .node = { .ptr = node, .len = (uint32_t)node_len },
	                               .kind = dl3_str_of(dl3_kind_name(r->kind)),
	                               .counter = e->u.record.counter,
	                               .call = call,
	                               .json = { .ptr = s->buf + head, .len = (uint32_t)(j.out.len - head) },
	                               .raw = r->raw });
}

void site_take_record(struct site *s, const struct dl3_event *e)
{
	const struct dl3_record *r = e->u.record.record;
	struct site_tags tags = { .count = 0 };
	struct dl3_str call = { 0 };
	char id[SITE_CALL_ID], node[16];

	s->records++;
	int node_len = node_text(e->u.record.pbx, node);
	tag(&tags, HUB_NODE, (struct dl3_str){ .ptr = node, .len = (uint32_t)node_len });
	/* A Detail may begin the call that it is about; another record may end it. */
	if (r->kind != DL3_KIND_DETAIL)
		find_call(s, r, &tags, id, &call);
	if (dl3_tracker_record(s->tracker, site_now_ms(), e->u.record.pbx, e->u.record.counter, r) != DL3_OK)
		s->without_memory++;
	if (r->kind == DL3_KIND_DETAIL)
		find_call(s, r, &tags, id, &call);
	publish_record(s, e, &tags, call);
	site_tell(s);
}
