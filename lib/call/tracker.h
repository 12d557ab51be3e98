/* SPDX-License-Identifier: MIT */
/*
 * The inside of a tracker. What records say is noted as facts (detail.c, losses.c, delta2.c); what these
 * mean is worked out in rules.c and nowhere else, and shown by info.c.
 *
 * Calls, ends and meets live in pools and are named by number; 0 is none. Times (`at`, `now`, ...) are
 * tenths of a second since the tracker's epoch; DL3I_NEVER is none.
 */
#ifndef DL3I_CALL_TRACKER_H
#define DL3I_CALL_TRACKER_H

#include <devlink3/call.h>

#define DL3I_NEVER (-1)
/* The first record lies here, so that what lies before it has a time too. */
#define DL3I_FIRST_MOMENT 36000

/* ---- Memory: memory.c ---- */

/* Things of one size, in chunks, that keep their place and number. */
struct dl3i_pool {
	uint8_t **chunks;
	uint32_t chunk_cap;
	uint32_t size;
	uint32_t used; /* numbers given out so far */
	uint32_t free; /* the first that was given back; each begins with the number of the next */
	uint32_t live;
};
#define DL3I_CHUNK 32u

static inline void *dl3i_pool_at(const struct dl3i_pool *p, uint32_t index)
{
	return p->chunks[index / DL3I_CHUNK] + (size_t)(index % DL3I_CHUNK) * p->size;
}

/* A text that is kept once, however often it is used. */
struct dl3i_text {
	struct dl3i_text *next;
	uint32_t hash, refs;
	uint32_t len;
	bool simple; /* in a record it stands as it is, or in quotes */
	char at[];
};

struct dl3i_texts {
	struct dl3i_text **buckets;
	uint32_t bucket_count, count;
};

/* A growing array of anything. */
struct dl3i_list {
	void *at;
	size_t count, cap;
};

/* ---- Ends ---- */

struct dl3i_key {
	uint64_t value;     /* 16 hexadecimal digits, or the sum of any other text */
	struct dl3_str odd; /* that text; absent for the digits */
};

enum {
	DL3I_END_PARTY = 1,        /* was a party; otherwise a target only */
	DL3I_END_LOST = 2,         /* and is gone */
	DL3I_END_OFFERED = 4,      /* was a target */
	DL3I_END_REJECTED = 8,     /* and pushed away */
	DL3I_END_STARTER = 16,     /* a call began with it */
	DL3I_END_AUDIO = 32,       /* has an audio path */
	DL3I_END_PUBLIC = 64,      /* is a public line */
	DL3I_END_OWN = 128,        /* its own node has told of it */
	DL3I_END_CLEARED = 256,    /* cleared by itself */
	DL3I_END_DIALLED = 512,    /* has dialled */
	DL3I_END_ORPHAN = 1024,    /* waits in the list of those that nobody sees */
	DL3I_END_CONFIRMED = 2048, /* told of since the link is up */
	DL3I_END_FOUND = 4096,     /* can be found by its identifier */
	DL3I_END_MINUS = 8192,     /* no more than a name in a history: dropped for the limit */
	DL3I_END_UNNAMED = 16384,  /* a target of Delta2, whose identifier is not told */
	DL3I_END_DEDUCED = 32768,  /* nobody told the cause of its loss */
};

struct dl3i_end {
	uint32_t chain; /* of the table; of the free ones */
	uint32_t next;  /* of its call */
	uint32_t call;
	uint32_t user, user_next, user_prev;
	uint64_t key;
	struct dl3i_text *odd, *identity, *name, *number, *sip;
	uint32_t party_views, target_views; /* a bit for each of the call's nodes */
	int32_t first;                      /* when it was a target or a party first */
	int32_t lost, held;                 /* `held`: tenths on hold */
	uint32_t order;                     /* of its loss, or of its rejection */
	int16_t state, tone, cls, far_cls, cause;
	uint16_t flags;
	uint32_t shown; /* where its identifier stands in the room, while its call is shown */
};

/* Two ends that were connected with each other, when for the first time. */
struct dl3i_meet {
	uint32_t next;
	uint32_t a, b;
	int32_t at;
	uint32_t order;
};

/* Open hashing over the ends. */
struct dl3i_table {
	uint32_t *buckets;
	uint32_t bucket_count, count;
};

/* ---- Calls ---- */

struct dl3i_moment {
	int32_t at;
	uint32_t who, other; /* ends */
	int16_t cause;
	uint8_t what;
};

#define DL3I_NO_ID (-1)
struct dl3i_view {
	int64_t call_id; /* or DL3I_NO_ID */
	uint32_t node;
	int32_t since; /* its first report */
};

enum {
	DL3I_TELL_BEGAN = 1,
	DL3I_TELL_CHANGED = 2,
	DL3I_TELL_ENDED = 4,
	DL3I_TOLD_BEGAN = 8,
	DL3I_TELL_NO_MORE = 16, /* to be freed when the queue comes to it */
};

struct dl3i_call {
	uint32_t chain;       /* of the free ones */
	uint32_t prev, next;  /* calls that are up, oldest first */
	uint32_t queued_next; /* to be told */
	uint32_t absorbed;    /* calls that went into this one and are to be told */
	uint32_t first_end, last_end, first_meet, last_meet;
	uint32_t a, b;                   /* of the last Detail */
	uint32_t group;                  /* whose numbers it counts for */
	uint32_t group_prev, group_next; /* those that wait for it, the longest first */
	uint32_t first_leg;
	uint64_t number; /* in order of beginning */
	uint64_t key;
	struct dl3i_text *odd;
	int64_t started_ms, last_ms;
	int32_t began, rang, queued, ended;
	int32_t last; /* the last fact */
	int32_t state_since, hold_since, held;
	int32_t grouped; /* since when it waits for its group */
	/* For how long it was counted to have waited when it was answered, and what was the longest wait before. */
	int32_t group_wait;
	uint32_t group_longest;
	/* What rules.c made of the meets: */
	int32_t answered, voicemail;
	uint32_t answerer, answer_order, last_answer;
	uint32_t message_s;
	struct dl3i_text *cli, *name, *did, *dialled, *first_group, *group_now, *account, *tag, *ivr;
	struct dl3i_view view, *views; /* the first, as a rule the only one, and more */
	struct dl3i_moment *timeline;
	uint32_t left_out;
	uint32_t end_count, live; /* `live`: parties that are there */
	uint16_t meet_count, leg_count, timeline_count, timeline_cap;
	uint8_t view_count, more_views; /* `more_views`: room for them */
	uint8_t state;
	uint8_t tell;
	uint8_t queueing;   /* DL3_QUEUEING_* now */
	uint8_t group_part; /* DL3I_GROUP_* */
	bool is_queued : 1; /* in the queue of what is to be told */
	bool a_public : 1;
	bool b_public : 1;
	bool counts : 1;
	bool incomplete : 1;
	bool touched : 1; /* by a gap or a lost link */
	bool over : 1;
	bool on_hold : 1;
	bool caller_own : 1; /* cli and its like come from the caller's own node */
	bool confirmed : 1;  /* since the link is up */
	bool reread : 1;     /* the meets are to be looked at again */
	bool told2 : 1;      /* Delta2 has told of it, */
	bool told3 : 1;      /* Delta3 has */
	bool loose : 1;      /* not to be found by the end whose identifier it has */
};

/* ---- Legs: legs.c ---- */

/* A call as Delta2 has it: two ends under a number. An end is there while a leg has it. */
struct dl3i_leg {
	uint32_t chain; /* of the table; of the free ones */
	uint32_t next;  /* of its call; of the ghosts */
	uint32_t call;  /* 0: a ghost, known by its number only: it was given up while nothing was heard */
	uint32_t a, b;  /* ends that are there; 0 */
	uint32_t pbx;
	int64_t call_id; /* -1: not told */
	int16_t cause;
};

/* What a call has in the numbers of its group. */
enum {
	DL3I_GROUP_NONE,
	DL3I_GROUP_WAITS,
	DL3I_GROUP_TALKS,
	DL3I_GROUP_FOUND, /* talked when it was first told that it is the group's: its wait is not known */
	DL3I_GROUP_DONE
};

/* ---- Nodes and their clocks: clock.c ---- */

struct dl3i_node {
	struct dl3i_text *name;
	uint32_t pbx;
	bool has_pbx, has_clock;
	bool heard2, heard3; /* Delta2 and Delta3 of it, since the link is up */
	int64_t raw, offset; /* moment = raw + offset */
	int32_t last;
	int32_t jumped; /* when its clock jumped last; DL3I_NEVER */
	uint32_t reports;
	uint32_t shifts;
};

struct dl3i_clock {
	int64_t epoch_ms; /* Unix time of moment 0, at the first record */
	bool begun, has_common;
	int64_t common;       /* offset of the clock that nodes share */
	int32_t latest;       /* the latest moment, */
	int64_t latest_ms;    /* when it arrived, */
	uint32_t latest_node; /* and from whom */
};

/* ---- People: people.c ---- */

struct dl3i_user {
	uint32_t chain;
	uint32_t hash_next;
	uint32_t ends; /* live ones, and targets that ring */
	uint32_t queued_next;
	uint32_t prev, next; /* of the idle ones, the one heard of longest ago first */
	struct dl3i_text *extension, *name, *cmextn;
	int64_t since;
	uint32_t call, with; /* that the state is about: a call, an end */
	uint32_t calls;
	uint8_t state;
	bool is_queued;
	bool seeded; /* with a name from elsewhere, which records do not change */
};

/* ---- Groups: groups.c ---- */

/* A day may have 25 hours, and begin and end within hours of Unix time. */
#define DL3I_HOURS 26u
struct dl3i_minute {
	uint16_t offered, answered, in_time, abandoned, abandoned_short, voicemail;
	uint32_t wait_s10, abandoned_s10, talk_s10, longest_s10; /* tenths */
};

struct dl3i_hour {
	int64_t hour; /* of Unix time */
	struct dl3i_minute minutes[60];
	struct dl3_group_stats sum; /* of all minutes but the open one, unless that has changed */
	uint8_t open;               /* the minute that counts */
	bool changed;
};

struct dl3i_abandoned {
	struct dl3i_text *cli, *name, *odd;
	uint64_t key;
	int64_t at, waited_ms;
};

struct dl3i_group {
	struct dl3i_text *number, *name;
	uint32_t waiting, talking;
	uint32_t first_waiting, last_waiting; /* calls */
	struct dl3i_hour *hours[DL3I_HOURS];
	struct dl3i_abandoned *abandoned; /* a ring */
	uint32_t abandoned_count, abandoned_at, abandoned_cap;
	bool is_queued;
	uint32_t queued_next;
};

/* ---- The tracker ---- */

struct dl3i_gone {
	uint64_t key;
	struct dl3i_text *odd;
	int32_t lost;
	bool used;
	int64_t at_ms;
};

struct dl3i_orphan {
	uint32_t end;
	uint64_t key;
	int64_t due_ms;
};

struct dl3i_sip {
	uint64_t key;
	struct dl3i_text *odd, *sip;
	bool started, trunk, in;
	bool waits; /* for its end */
};

/* Room for what an event or a look-up points to. */
struct dl3i_shown {
	struct dl3_call_info call;
	struct dl3_user_info user;
	struct dl3_group_info group;
	uint8_t *room;
	size_t used, cap;
};

struct dl3_tracker {
	struct dl3_allocator allocator;
	struct dl3_tracker_config config; /* no zeros */
	size_t memory;
	bool poor; /* memory ran out in what is being done */
	bool fed;
	int64_t now_ms;
	uint32_t order; /* of facts; goes round */
	uint64_t calls_begun;

	struct dl3i_pool calls, ends, meets, users, legs;
	struct dl3i_table table, leg_table;
	uint32_t leg_now, first_ghost;
	bool giving_up; /* what ends now does so because nothing was heard of it */
	struct dl3i_texts texts;
	uint32_t first_call, last_call;
	uint32_t over;  /* calls that are over, or absorbed, and still to be told */
	uint32_t loose; /* calls that are up and `loose` */

	struct dl3i_node *nodes;
	uint32_t node_count, node_cap, node_last;
	struct dl3i_clock clock;

	struct dl3i_list gone;    /* struct dl3i_gone, by their sum */
	struct dl3i_list orphans; /* struct dl3i_orphan */
	struct dl3i_list waiting; /* struct dl3i_sip, of ends not seen yet */

	uint32_t *user_buckets;
	uint32_t user_bucket_count;
	uint32_t idle_first, idle_last;
	struct dl3i_group *groups;
	uint32_t group_count, group_cap;
	int64_t day_ms;

	uint32_t tell_first, tell_last; /* calls */
	uint32_t tell_user_first, tell_user_last;
	uint32_t tell_group_first, tell_group_last; /* number + 1 */
	struct dl3i_list tell_sip;
	size_t tell_sip_at;

	bool link_was_lost;
	int32_t link_lost_at;
	bool in_snapshot;
	int64_t swept_ms;

	struct dl3_tracked_counts counts;
	struct dl3i_shown shown;
	struct dl3i_text *merged; /* the id that was told of last, of a call that is no more */
};

static inline struct dl3i_call *dl3i_call_at(const struct dl3_tracker *t, uint32_t i)
{
	return dl3i_pool_at(&t->calls, i);
}
static inline struct dl3i_end *dl3i_end_at(const struct dl3_tracker *t, uint32_t i)
{
	return dl3i_pool_at(&t->ends, i);
}
static inline struct dl3i_meet *dl3i_meet_at(const struct dl3_tracker *t, uint32_t i)
{
	return dl3i_pool_at(&t->meets, i);
}
static inline struct dl3i_user *dl3i_user_at(const struct dl3_tracker *t, uint32_t i)
{
	return dl3i_pool_at(&t->users, i);
}

/* ---- memory.c ---- */

/* The tracker's allocator, counted. A failure makes the tracker `poor`. */
void *dl3i_track_resize(struct dl3_tracker *t, void *block, size_t old_size, size_t new_size);
/* It is needed soon: calls come in no order, so that nearly each of their lines has left the caches, and waiting for
 * one after the other is most of what a record costs. */
static inline void dl3i_soon(const void *at, size_t size)
{
#ifdef __GNUC__
	for (size_t i = 0; at && i < size; i += 64)
		__builtin_prefetch((const uint8_t *)at + i);
#else
	(void)at;
	(void)size;
#endif
}
/* A thing of zeros; 0 without memory. */
uint32_t dl3i_pool_take(struct dl3_tracker *t, struct dl3i_pool *p);
void dl3i_pool_give(struct dl3i_pool *p, uint32_t index);
void dl3i_pool_free(struct dl3_tracker *t, struct dl3i_pool *p);
/* Room for one more of `size` octets, zeroed; NULL without memory. */
void *dl3i_list_add(struct dl3_tracker *t, struct dl3i_list *l, size_t size);
void dl3i_list_free(struct dl3_tracker *t, struct dl3i_list *l, size_t size);

uint64_t dl3i_hash(const void *data, size_t len);
/* The text kept for these octets; it is the caller's to drop. NULL for nothing, and without memory. */
struct dl3i_text *dl3i_text_keep(struct dl3_tracker *t, const char *at, size_t len);
void dl3i_text_drop(struct dl3_tracker *t, struct dl3i_text *text);
static inline struct dl3i_text *dl3i_text_more(struct dl3i_text *text)
{
	if (text)
		text->refs++;
	return text;
}
/* Puts text from a record into a slot, plain and cut; empty text changes nothing. @return whether it is different now. */
bool dl3i_text_note(struct dl3_tracker *t, struct dl3i_text **slot, struct dl3_str s);
/* The plain form of text from a record, kept; NULL for nothing, and without memory. */
struct dl3i_text *dl3i_text_of(struct dl3_tracker *t, struct dl3_str s);
void dl3i_texts_free(struct dl3_tracker *t);

static inline struct dl3_str dl3i_text_str(const struct dl3i_text *text)
{
	return text ? (struct dl3_str){ .ptr = text->at, .len = text->len } : (struct dl3_str){ 0 };
}

/* ---- ends.c ---- */

struct dl3i_key dl3i_key_of(struct dl3_str end);
/* It is looked for soon; very soon. */
void dl3i_end_soon(const struct dl3_tracker *t, const struct dl3i_key *key);
void dl3i_end_sooner(const struct dl3_tracker *t, const struct dl3i_key *key);
/* It was found, and its call with what else is its own is needed soon. */
void dl3i_call_soon(const struct dl3_tracker *t, uint32_t end);
/* The end that can be found by this; 0 when there is none. */
uint32_t dl3i_end_find(const struct dl3_tracker *t, const struct dl3i_key *key);
/* A new end, the last of its call; 0 without memory or past the limit. */
uint32_t dl3i_end_add(struct dl3_tracker *t, uint32_t call, const struct dl3i_key *key);
/* It gets another identifier, which no other has. @return false without memory: nothing has changed. */
bool dl3i_end_rename(struct dl3_tracker *t, uint32_t end, const struct dl3i_key *key);
/* It cannot be found any more. */
void dl3i_end_forget(struct dl3_tracker *t, uint32_t end);
void dl3i_end_free(struct dl3_tracker *t, uint32_t end);
/* The party is gone. The call may be over by that: dl3i_call_settle(). */
void dl3i_end_lose(struct dl3_tracker *t, uint32_t end, int32_t at, int64_t cause, bool cleared);
/* The target rings no more. */
void dl3i_end_withdraw(struct dl3_tracker *t, uint32_t end);
/* Was it here until a moment ago, so that a view of it may be late? @return when it was lost; DL3I_NEVER. */
int32_t dl3i_gone_when(const struct dl3_tracker *t, const struct dl3i_key *key);
void dl3i_gone_add(struct dl3_tracker *t, uint64_t key, struct dl3i_text *odd, int32_t lost);
void dl3i_gone_put(struct dl3_tracker *t, const struct dl3i_gone *gone);
/* Forgets those of a node: it begins to count anew. */
void dl3i_gone_clear(struct dl3_tracker *t, uint32_t pbx);
/* Nobody sees it, and its own node never told of it: it goes when that is due. */
void dl3i_orphan(struct dl3_tracker *t, uint32_t end, int64_t due_ms);
bool dl3i_is_orphan(const struct dl3_tracker *t, const struct dl3i_orphan *o);
void dl3i_orphans_sweep(struct dl3_tracker *t);
static inline bool dl3i_end_is_there(const struct dl3i_end *e)
{
	return (e->flags & (DL3I_END_PARTY | DL3I_END_LOST)) == DL3I_END_PARTY;
}
static inline bool dl3i_end_rings(const struct dl3i_end *e)
{
	return !(e->flags & DL3I_END_PARTY) && e->target_views != 0;
}
/* The node of an end as an address, where its identifier says so. */
static inline uint32_t dl3i_end_node(const struct dl3i_end *e)
{
	return e->odd ? 0 : (uint32_t)(e->key >> 32);
}

/* ---- calls.c ---- */

/* A new call, the youngest; 0 without memory. The oldest makes room. */
uint32_t dl3i_call_new(struct dl3_tracker *t, int32_t at);
/* One that was up and told of already; 0 without memory. */
uint32_t dl3i_call_restore(struct dl3_tracker *t, uint64_t number);
/* The younger is taken into the older. @return the older. */
uint32_t dl3i_call_merge(struct dl3_tracker *t, uint32_t one, uint32_t other);
/* After facts: its state, hold, users, group; whether it is over. `changed`: something visible is different. */
void dl3i_call_settle(struct dl3_tracker *t, uint32_t call, int32_t at, bool changed);
/* It is over, because of us: its ends are lost at `at`. */
void dl3i_call_close(struct dl3_tracker *t, uint32_t call, int32_t at);
void dl3i_call_free(struct dl3_tracker *t, uint32_t call);
static inline const struct dl3i_view *dl3i_view_at(const struct dl3i_call *c, unsigned i)
{
	return i == 0 ? &c->view : &c->views[i - 1];
}
/* The bit of a node among the call's; 0 past the limit and without memory. */
uint32_t dl3i_call_view(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_view *view);
void dl3i_call_tell(struct dl3_tracker *t, uint32_t call, unsigned what);
/* Whether the owner does not want to be told of such things. */
static inline bool dl3i_is_quiet(const struct dl3_tracker *t, enum dl3_tracked_type type)
{
	return t->config.quiet >> type & 1;
}
uint32_t dl3i_meet_add(struct dl3_tracker *t, struct dl3i_call *c, uint32_t a, uint32_t b, int32_t at);
/* All its times are so much later. */
void dl3i_call_shift(struct dl3_tracker *t, struct dl3i_call *c, int32_t by);
/* Whom it met is forgotten. */
void dl3i_meets_forget(struct dl3_tracker *t, struct dl3i_call *c, uint32_t end);

/* ---- ids.c ---- */

/* The call that is up and has this identifier; 0. */
uint32_t dl3i_call_find(const struct dl3_tracker *t, const struct dl3i_key *key);
/* Gives a new call the identifier of the end with which it begins, or one made of that. */
void dl3i_call_name(struct dl3_tracker *t, struct dl3i_call *c, const struct dl3i_end *e);
/* The end whose identifier it has is not its own any more. */
void dl3i_call_loosen(struct dl3_tracker *t, struct dl3i_call *c);

/* ---- limits.c ---- */

/* What is over and was not fetched goes first, then the oldest call that is up. */
void dl3i_calls_make_room(struct dl3_tracker *t);
/* After a merge: ends that are gone make room, the oldest first; then the youngest that are there. */
void dl3i_call_keep_limit(struct dl3_tracker *t, struct dl3i_call *c);
/* Whom it can spare for the limit of ends; 0. */
uint32_t dl3i_call_spare(struct dl3_tracker *t, struct dl3i_call *c);

/* ---- legs.c ---- */

/* The leg with this number, a ghost maybe; 0. */
uint32_t dl3i_leg_find(const struct dl3_tracker *t, uint32_t pbx, int64_t call_id);
/* The leg that has just these two ends (0: none there); `loosely`: at least one of them. 0. */
uint32_t dl3i_leg_of_pair(const struct dl3_tracker *t, uint32_t a, uint32_t b, bool loosely);
/* A new leg of a call; 0 without memory. */
uint32_t dl3i_leg_add(struct dl3_tracker *t, uint32_t call, uint32_t pbx, int64_t call_id);
void dl3i_leg_number(struct dl3_tracker *t, uint32_t leg, int64_t call_id);
/* Its ends stay as they are. */
void dl3i_leg_remove(struct dl3_tracker *t, uint32_t leg);
bool dl3i_legs_have(const struct dl3_tracker *t, uint32_t end);
/* No leg has it any more. */
void dl3i_legs_forget(struct dl3_tracker *t, struct dl3i_call *c, uint32_t end);
/* The legs of one call become those of another. */
void dl3i_legs_move(struct dl3_tracker *t, uint32_t to, struct dl3i_call *from);
void dl3i_ghosts_clear(struct dl3_tracker *t);
void dl3i_legs_free(struct dl3_tracker *t);
static inline struct dl3i_leg *dl3i_leg_at(const struct dl3_tracker *t, uint32_t i)
{
	return dl3i_pool_at(&t->legs, i);
}

/* ---- history.c ---- */

void dl3i_moment_add(struct dl3_tracker *t, struct dl3i_call *c, enum dl3_call_what what, int32_t at,
                     uint32_t who, uint32_t other, int64_t cause);
/* Two ends meet: an answer, voicemail, a park slot or a conference, by what the second is as far as that is known. */
void dl3i_moment_meet(struct dl3_tracker *t, struct dl3i_call *c, uint32_t a, uint32_t b, int32_t at);
/* Who was put on hold last; 0: the history does not say. */
uint32_t dl3i_moment_held(const struct dl3i_call *c);
/* It was no hold: its line goes. */
void dl3i_moment_not_held(struct dl3i_call *c);
/* More is known of what the ends are: meetings are looked at again. */
void dl3i_moments_reread(struct dl3_tracker *t, struct dl3i_call *c);
/* The last line becomes the first. */
void dl3i_moment_to_front(struct dl3i_call *c);
/* Takes another's lines in, in order of time. */
void dl3i_moments_merge(struct dl3_tracker *t, struct dl3i_call *c, struct dl3i_call *from);
/* An end is not to be named any more. */
void dl3i_moments_forget(struct dl3i_call *c, uint32_t end);
static inline struct dl3i_moment *dl3i_moment_at(const struct dl3i_call *c, size_t i)
{
	return &c->timeline[i];
}

/* ---- clock.c ---- */

/* The number of a node; the last one past the limit; UINT32_MAX without memory. */
uint32_t dl3i_node_of(struct dl3_tracker *t, struct dl3_str name, uint32_t pbx);
/* The moment that a node means by its time stamp, or of the arrival without one. */
int32_t dl3i_moment_of(struct dl3_tracker *t, uint32_t node, bool has_time, int64_t raw);
/* The moment now, by arrival. */
int32_t dl3i_moment_now(const struct dl3_tracker *t);
/* The owner's clock. */
void dl3i_clock_arrive(struct dl3_tracker *t, int64_t now_ms);

/* ---- rules.c ---- */

bool dl3i_is_person(const struct dl3i_end *e);
bool dl3i_is_voicemail(const struct dl3i_end *e);
bool dl3i_is_park_slot(const struct dl3i_end *e);
bool dl3i_is_conference(const struct dl3i_end *e);
int16_t dl3i_class_of(const struct dl3i_end *e);
static inline bool dl3i_connected(const struct dl3i_end *e)
{
	return e->state == DL3_STATE_CONNECTED;
}
static inline bool dl3i_later(uint32_t order, uint32_t than)
{
	return (int32_t)(order - than) > 0;
}
/* Answer and voicemail out of the meets, kept in the call. */
void dl3i_rules_reread(struct dl3_tracker *t, struct dl3i_call *c);
enum dl3_call_state dl3i_rules_state(const struct dl3_tracker *t, const struct dl3i_call *c);
/* Whether the call, as it is, stands still for somebody: hold, park. */
bool dl3i_rules_on_hold(const struct dl3_tracker *t, const struct dl3i_call *c);

struct dl3i_times {
	int32_t duration, ring, queue, talk, hold;
};
enum dl3_call_direction dl3i_rules_direction(const struct dl3i_call *c);
enum dl3_call_outcome dl3i_rules_outcome(const struct dl3_tracker *t, const struct dl3i_call *c);
/* `now` for a call that is up. */
struct dl3i_times dl3i_rules_times(const struct dl3_tracker *t, const struct dl3i_call *c, int32_t now);
/* The loss that decides the cause; 0 for none. */
uint32_t dl3i_rules_decisive(const struct dl3_tracker *t, const struct dl3i_call *c);
/* Who ended it: an end; 0 when none did by itself. */
uint32_t dl3i_rules_ender(const struct dl3_tracker *t, const struct dl3i_call *c);
uint32_t dl3i_rules_transfers(const struct dl3_tracker *t, const struct dl3i_call *c);
/* Since when an end has talked; DL3I_NEVER. */
int32_t dl3i_rules_talks_from(const struct dl3_tracker *t, const struct dl3i_call *c, uint32_t end);
int32_t dl3i_rules_talked(const struct dl3_tracker *t, const struct dl3i_call *c, int32_t from, int32_t to,
                          int32_t now);
bool dl3i_rules_incomplete(const struct dl3_tracker *t, const struct dl3i_call *c);
enum dl3_user_state dl3i_rules_user(const struct dl3i_end *e);

/* ---- info.c ---- */

int64_t dl3i_unix_ms(const struct dl3i_call *c, int32_t at);
/* Fills t->shown. @return DL3_OK, DL3_ERR_MEMORY. */
enum dl3_err dl3i_show_call(struct dl3_tracker *t, uint32_t call);
enum dl3_err dl3i_show_user(struct dl3_tracker *t, uint32_t user);
enum dl3_err dl3i_show_group(struct dl3_tracker *t, uint32_t group);
/* Room in t->shown; begun anew by dl3i_room_begin(). */
void dl3i_room_begin(struct dl3_tracker *t);
/* @return false without memory. What was shown before is void. */
bool dl3i_room_reserve(struct dl3_tracker *t, size_t size);
void *dl3i_room_take(struct dl3_tracker *t, size_t size);
struct dl3_str dl3i_show_id(struct dl3_tracker *t, uint64_t key, const struct dl3i_text *odd);

/* ---- people.c ---- */

/* The user with this extension, made if need be, in place of an idle one past the limit; 0 when there is none, and
 * without memory. */
uint32_t dl3i_user_of(struct dl3_tracker *t, struct dl3i_text *extension);
uint32_t dl3i_user_find(const struct dl3_tracker *t, struct dl3_str extension);
/* The end is this user's, who has it while it is there or rings. */
void dl3i_user_join(struct dl3_tracker *t, uint32_t end);
void dl3i_user_leave(struct dl3_tracker *t, uint32_t end);
/* Has no end any more: the last of the idle ones. */
void dl3i_user_idle(struct dl3_tracker *t, uint32_t user);
/* @return whether it is another name. */
bool dl3i_user_name(struct dl3_tracker *t, uint32_t user, struct dl3i_text *name);
/* A record has its user's name in this end; `own`: of the user's own node. */
void dl3i_user_named(struct dl3_tracker *t, uint32_t end, bool own);
/* Works out what the user is doing; tells it if that is different. */
void dl3i_user_look(struct dl3_tracker *t, uint32_t user);
/* What its state is about, out of its ends; tells nothing. */
void dl3i_user_point(struct dl3_tracker *t, uint32_t user);
void dl3i_user_tell(struct dl3_tracker *t, uint32_t user);
void dl3i_users_free(struct dl3_tracker *t);
void dl3i_user_cmextn(struct dl3_tracker *t, struct dl3_str who, struct dl3_str text);

/* ---- groups.c ---- */

/* The group's number + 1, made if need be; 0 past the limit and without memory. */
uint32_t dl3i_group_of(struct dl3_tracker *t, struct dl3i_text *number);
uint32_t dl3i_group_find(const struct dl3_tracker *t, struct dl3_str number);
/* An hour's numbers, emptied if they are another's; NULL without memory. */
struct dl3i_hour *dl3i_group_hour(struct dl3_tracker *t, struct dl3i_group *g, int64_t hour);
/* The place of the next caller who gave up, empty; the oldest makes room. NULL without memory. */
struct dl3i_abandoned *dl3i_group_abandoned(struct dl3_tracker *t, struct dl3i_group *g);
/* It waits for its group, or talks. */
static inline bool dl3i_group_has(const struct dl3i_call *c)
{
	return c->group_part != DL3I_GROUP_NONE && c->group_part != DL3I_GROUP_DONE;
}
/* The call waits for its group, in the order of the time since when it does; or no more. */
void dl3i_group_wait(struct dl3_tracker *t, uint32_t call);
void dl3i_group_wait_no_more(struct dl3_tracker *t, struct dl3i_call *c);
/* What has happened to a call, for its group's numbers. */
void dl3i_group_follow(struct dl3_tracker *t, uint32_t call);
/* The call is out of the world before its end: taken into another. */
void dl3i_group_withdraw(struct dl3_tracker *t, struct dl3i_call *c);
void dl3i_group_sum(struct dl3i_group *g, int64_t from_ms, int64_t to_ms, struct dl3_group_stats *out);
void dl3i_group_tell(struct dl3_tracker *t, struct dl3i_group *g);
void dl3i_groups_free(struct dl3_tracker *t);

/* ---- detail.c, losses.c, delta2.c ---- */

/* A party or target as any kind of record tells of it. */
struct dl3i_seen {
	struct dl3i_key key;
	struct dl3_str identity, name, number, did, dialled;
	int16_t state, tone, cls; /* -1: not told */
	bool there;
	bool remote, outside, audio, has_audio;
	bool in_order; /* from who tells in order: no view of it is late */
	bool unnamed;
	bool named; /* `name` is its own: that of an internal user */
};

/* A view of a call. */
struct dl3i_sight {
	uint32_t node;
	int32_t at;
	int64_t call_id;
	bool has_call_id;
	bool delta2;
	struct dl3i_seen a, b;
	bool has_targets;
	struct dl3_str account, tag, first_group, group_now, ivr;
	int64_t queueing;  /* 0: neither */
	int64_t message_s; /* 0: none */
};
/* Gives the targets one by one; false at the end. */
typedef bool (*dl3i_targets_fn)(struct dl3i_seen *out, void *arg);

void dl3i_take_sight(struct dl3_tracker *t, struct dl3i_sight *s, dl3i_targets_fn next, void *arg);
void dl3i_take_detail(struct dl3_tracker *t, uint32_t pbx, const struct dl3_detail *d);
void dl3i_take_call_lost(struct dl3_tracker *t, uint32_t pbx, const struct dl3_call_lost *l);
void dl3i_take_link_lost(struct dl3_tracker *t, uint32_t pbx, const struct dl3_link_lost *l);
void dl3i_take_reject(struct dl3_tracker *t, uint32_t pbx, const struct dl3_attempt_reject *r);
void dl3i_take_siptrack(struct dl3_tracker *t, uint32_t pbx, const struct dl3_siptrack *s);
void dl3i_take_delta2_s(struct dl3_tracker *t, uint32_t pbx, const struct dl3_delta2_s *s);
void dl3i_take_delta2_ends(struct dl3_tracker *t, uint32_t pbx, const struct dl3_delta2_ends *e,
                           bool swapped);
/* Delta3 tells of a call: if Delta2 has told of it until now, its ends go on as those of the Detail. */
void dl3i_delta2_hand_over(struct dl3_tracker *t, uint32_t pbx, const struct dl3i_sight *s);
/* The key of an end in its local form, with room for it; without a text for none. */
struct dl3i_local_key {
	struct dl3i_key key;
	char text[9 + 3 * 128];
};
bool dl3i_local_key(struct dl3i_local_key *k, uint32_t pbx, struct dl3_str local);
/* Of this PBX nothing but Delta2 is heard. */
bool dl3i_hears_delta2(const struct dl3_tracker *t, uint32_t pbx);
/* What waited for this end to appear. */
void dl3i_sip_join(struct dl3_tracker *t, uint32_t end);

/* ---- link.c ---- */

void dl3i_sweep(struct dl3_tracker *t);

#endif
