/* SPDX-License-Identifier: MIT */
/**
 * @file call.h
 * Calls, people and queues, out of the stream. DevLink3 never says that a call began or ended: it
 * describes ends, as each node sees them. A tracker makes calls of that, by the rules in docs/calls.md.
 *
 * A tracker is fed everything that comes over one connection, which may tell of a network of PBXs,
 * and asked for what came of it:
 *
 *     err = dl3_tracker_record(t, now, ev.u.record.pbx, ev.u.record.counter, ev.u.record.record);
 *     while (dl3_tracker_next(t, &told) == DL3_OK) { ... }
 *
 * and so after every other call that takes a time. It has no clock: `now_ms` is the owner's, Unix time in
 * milliseconds, when what is fed arrived; one before the last is taken as the last. Records need not be kept: what
 * is needed of them is copied.
 *
 * Times. A PBX counts tenths of a second from a start of its own. Durations are differences of these where
 * a record has them, so that a stream may be played at any speed; without them arrival counts. Points in time are Unix
 * time: the arrival of a call's first record, and from there on by the PBX's tenths. Nodes are taken to share a clock until one
 * is seen to go back against the others by more than DL3_TRACKER_CLOCK_TOLERANCE_MS; from then on it is related by arrival.
 * Durations are never negative; where a clock's jump has cut one, the call is `incomplete`.
 *
 * A record that comes twice changes nothing. Nodes may tell of the same moment in any order.
 *
 * Pointers. What an event or a look-up points to belongs to the tracker and lives until the next call of any
 * of its functions, but for the writers of JSON. A tracker is used by one thread at a time, and never calls back but for its allocator.
 *
 * Delta2 records (a stream under -CD2) tell of the same calls with less: docs/calls.md, "Under -CD2". Ends have identifiers of
 * the form "c0a82a03:17.1003.1" there, the PBX's address and the end as it stands in the record.
 */
#ifndef DEVLINK3_CALL_H
#define DEVLINK3_CALL_H

#include <devlink3/base.h>
#include <devlink3/record.h>
#include <devlink3/session.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dl3_tracker;

/* ---- Limits; each can be set in the configuration, where 0 means the default ---- */

/** Calls kept at once, those over and not yet told among them: the largest single server has 3,000 up, and a network
 * of servers several times that. 100,000 and more can be set; memory is taken as calls come. */
#define DL3_TRACKER_MAX_CALLS 20000u
/** Ends of one call, its targets and those gone included: a large conference, or a hunt group of everyone.
 * At most 65,535. */
#define DL3_TRACKER_MAX_ENDS 512u
/** Lines in the history of one call: the first half and the last half are kept. At most 65,535. */
#define DL3_TRACKER_MAX_TIMELINE 64u
/** People followed: several times the 3,000 of the largest server. Past it the idle one that was heard of longest ago makes
 * room, with its name; when nobody is idle whoever comes is not followed. */
#define DL3_TRACKER_MAX_USERS 20000u
/** Hunt groups followed. Past it further groups have no statistics. */
#define DL3_TRACKER_MAX_GROUPS 1000u
/** Nodes told apart: 32 in a Server Edition network, more with Select. Past it further nodes count as one. */
#define DL3_TRACKER_MAX_NODES 256u
/** Octets kept of any text: names are 128 at most where a limit is known. Cut at a character. */
#define DL3_TRACKER_MAX_TEXT 256u
/** Callers who gave up that a group remembers. */
#define DL3_TRACKER_MAX_ABANDONED 50u
/** Ends remembered for a while after their call was over, so that a late view of one begins no new call; and
 * SIP Call-IDs that wait for their end to appear. */
#define DL3_TRACKER_MAX_GONE 1024u
/** Nodes through which one call is seen. */
#define DL3_TRACKER_CALL_NODES 32u

/** A caller answered within this time counts as answered in time: the usual 80/20 goal of call centres. */
#define DL3_TRACKER_ANSWER_GOAL_MS 20000u
/** A caller who gives up before this has not waited: a wrong number, or a short pause for thought. */
#define DL3_TRACKER_SHORT_MS 5000u
/** Time after which an end of which only other nodes have told, and which none of them sees any more, counts as gone; and
 * for how long ends that are gone are remembered: reports of one moment from several nodes lie within a second or so. */
#define DL3_TRACKER_GRACE_MS 3000u
/** How far a node's clock may go back against the others before it is taken for one of its own: more than a slow
 * link between nodes delays a report. */
#define DL3_TRACKER_CLOCK_TOLERANCE_MS 10000u
/** Silence after which a call that a gap or a lost link has touched is closed: its end may have been in the gap. */
#define DL3_TRACKER_STALE_MS (24u * 3600u * 1000u)

/** The longest unit of Delta2's timestamps that can be set, in milliseconds: a minute. */
#define DL3_TRACKER_DELTA2_UNIT_MAX 60000u

/** Limits and settings of a tracker; 0 anywhere means the default above. */
struct dl3_tracker_config {
	uint32_t max_calls;
	uint32_t max_ends;
	uint32_t max_timeline; /**< at least 4 */
	uint32_t max_users;
	uint32_t max_groups;
	uint32_t max_nodes;
	uint32_t max_text;
	uint32_t max_abandoned;
	uint32_t max_gone;
	uint32_t answer_goal_ms;
	uint32_t short_ms;
	uint32_t grace_ms;
	uint32_t clock_tolerance_ms;
	uint32_t stale_ms;
	/** What dl3_tracker_next() is not to tell of, a bit `1u << DL3_TRACKED_...` each; 0: it tells of everything. ENDED is
	 * always told. Whoever wants records alone saves a good part of the work with DL3_TRACKER_RECORDS_ONLY. */
	uint32_t quiet;
	/** Milliseconds in a unit of Delta2's timestamps, which is not published. 0: not known, and durations of
	 * calls told of by Delta2 are those of arrival. */
	uint32_t delta2_unit_ms;
};

/** For `quiet`: records of calls that are over, and nothing else. */
#define DL3_TRACKER_RECORDS_ONLY UINT32_MAX

/* ---- Calls ---- */

/** No such time. */
#define DL3_NO_TIME (-1)

#define DL3_TRACKER_VALUE(NAME, name, meaning) DL3_##NAME,
enum dl3_call_direction {
#include <devlink3/tables/tracker_direction.def>
};
enum dl3_call_outcome {
#include <devlink3/tables/tracker_outcome.def>
};
enum dl3_call_state {
#include <devlink3/tables/tracker_state.def>
};
enum dl3_call_what {
#include <devlink3/tables/tracker_what.def>
};
enum dl3_user_state {
#include <devlink3/tables/tracker_user.def>
};
#undef DL3_TRACKER_VALUE

/** Their names, as JSON has them. Static; "unknown" for a number that is none. */
DL3_API const char *dl3_call_direction_name(enum dl3_call_direction direction);
DL3_API const char *dl3_call_outcome_name(enum dl3_call_outcome outcome);
DL3_API const char *dl3_call_state_name(enum dl3_call_state state);
DL3_API const char *dl3_call_what_name(enum dl3_call_what what);
DL3_API const char *dl3_user_state_name(enum dl3_user_state state);

/**
 * A list of text. Text here and below is plain UTF-8, never escaped, and cut at max_text; absent
 * when not so.
 */
struct dl3_call_texts {
	const struct dl3_str *at;
	size_t count;
};

/** An end of a call, as it was told of last. */
struct dl3_call_party {
	struct dl3_str end;
	struct dl3_str extension; /**< absent when it is nobody's */
	struct dl3_str number;    /**< of an outside party: its number; of others their extension */
	struct dl3_str name;
	int64_t state;           /**< DL3_STATE_*; -1 when not told */
	int64_t tone;            /**< DL3_TONE_*; -1 when not told */
	int64_t equipment_class; /**< DL3_EQUIPMENT_*, from its own node if that has told; -1 when not told */
	bool audio;              /**< it has an audio path */
	bool outside;            /**< it is a public line */
	bool person; /**< somebody talks there: no voicemail, park slot, recorder, announcement, conference */
};

/** Somebody has pushed the call away or can take it: a target, which rings. */
struct dl3_call_target {
	struct dl3_str end, extension, number;
	int64_t equipment_class; /**< as above */
	bool outside;
	bool rejected; /**< pushed away, and still told of */
	int64_t since; /**< Unix ms */
};

/** A person's time in a call. Ends of one person that overlap, as in a consultation, are one segment. */
struct dl3_call_segment {
	struct dl3_str party; /**< the extension */
	int64_t from, to;     /**< Unix ms; `to` DL3_NO_TIME while it lasts */
	int64_t talk_ms;      /**< with hold, without voicemail */
	int64_t hold_ms;      /**< of it, in which somebody was on hold */
};

/** A line of a call's history. */
struct dl3_call_moment {
	int64_t at; /**< Unix ms */
	enum dl3_call_what what;
	struct dl3_str who;   /**< extension or number; absent when neither is known */
	struct dl3_str end;   /**< its end identifier */
	struct dl3_str other; /**< as `who`: with whom */
	int64_t cause;        /**< DL3_CAUSE_*; -1 when there is none */
};

/** A node's own number for a call. */
struct dl3_call_view {
	struct dl3_str node;
	int64_t call_id; /**< the last one there */
};

/**
 * A call: one that is going on, or the record of one that is over. The same struct and the same
 * fields; durations of a call that is going on are up to the last record or tick.
 */
struct dl3_call_info {
	/** The identifier of the end with which it began. Of any tracker of the same stream the same. No two calls that are up have
	 * the same: where a PBX gives an identifier again and the call that had it is still up, ".2" is added, or a higher number. */
	struct dl3_str id;
	enum dl3_call_state state;
	int64_t since; /**< Unix ms: in that state */
	enum dl3_call_direction direction;
	enum dl3_call_outcome outcome;
	int64_t started, answered, ended; /**< Unix ms; DL3_NO_TIME when not so */
	int64_t duration_ms;
	int64_t ring_ms;  /**< from the first target or party B to the answer, to voicemail, or to the end */
	int64_t queue_ms; /**< from the first queueing or announcement to the answer or the end */
	int64_t talk_ms; /**< from the answer to the loss of the last who talked, less voicemail; with hold */
	int64_t hold_ms; /**< after the answer: a party has no audio path, or the call is parked */
	/** Length of the message left, as the PBX told it; DL3_NO_TIME of a call told of by Delta2 alone, which does not. */
	int64_t voicemail_ms;
	struct dl3_str cli, name, did, dialled; /**< of the party with which it began */
	struct dl3_str group;                   /**< hunt group first called */
	struct dl3_str answered_by;             /**< extension; absent for an outside party */
	struct dl3_str account_code, tag;
	struct dl3_str ivr_callflow;
	struct dl3_call_texts parties;     /**< the extensions that talked, in order */
	struct dl3_call_texts rejected_by; /**< who pushed it away */
	struct dl3_call_texts nodes;       /**< that saw it, in order */
	struct dl3_call_texts ends;        /**< that were a party, in order */
	const struct dl3_call_segment *segments;
	size_t segment_count;
	uint32_t transfers; /**< moves from one person to another */
	/** DL3_CAUSE_*: of an answered call, the first cause but 126 among the losses after the last answer; of a failed one,
	 * the cause that failed it; else the first loss's. -1 before. */
	int64_t cause;
	/** Who ended it: the extension of the end that cleared first after the last answer, "caller" for the outside party with which it began,
	 * "called" for another one, "system" when no end cleared by itself; absent while it lasts, and when Delta2 does not say it. */
	struct dl3_str end_party;
	/** A snapshot was the first to tell of it; it was connected at its first record; or a gap, a lost link, a restart, a clock's jump, a limit or want of memory hid part
	 * of it. */
	bool incomplete;
	/** It leaves a record: somebody was called, or it queued. False of a handset lifted and put down. */
	bool counts;

	/* What is going on; empty when it is over. */
	bool has_a, has_b;
	struct dl3_call_party a, b; /**< as the last Detail had them */
	const struct dl3_call_target *targets;
	size_t target_count;
	const struct dl3_call_view *call_ids;
	size_t call_id_count;
	struct dl3_call_texts sip_call_ids;
	struct dl3_str group_now; /**< hunt group called now */
	const struct dl3_call_moment *timeline;
	size_t timeline_count;
	size_t timeline_left_out; /**< lines that stood between the first half and the rest */
};

/* ---- People ---- */

struct dl3_user_info {
	struct dl3_str extension;
	/** As given to dl3_tracker_user(), or as a record had it last for an internal user of this extension. */
	struct dl3_str name;
	enum dl3_user_state state;
	int64_t since;         /**< Unix ms; DL3_NO_TIME when nothing was told of it yet */
	struct dl3_str call;   /**< id of the call that `state` is about; absent when idle */
	struct dl3_str with;   /**< extension or number at the other side of it */
	uint32_t calls;        /**< that it has an end in or that are offered to it */
	struct dl3_str cmextn; /**< the last CMExtn event of it, as it came; absent when none */
};

/* ---- Queues ---- */

/** What came of the calls of a hunt group in some time. A call counts for the group first called. */
struct dl3_group_stats {
	uint32_t offered;
	uint32_t answered;
	uint32_t answered_in_time;  /**< within answer_goal_ms */
	uint32_t abandoned;         /**< ended unanswered and not by voicemail; the short ones included */
	uint32_t abandoned_short;   /**< within short_ms */
	uint32_t voicemail;         /**< went to voicemail */
	uint64_t wait_ms;           /**< sum, of those answered */
	uint64_t longest_wait_ms;   /**< of those answered or abandoned */
	uint64_t abandoned_wait_ms; /**< sum */
	uint64_t talk_ms;           /**< sum, of those over */
};

/** A caller who gave up. */
struct dl3_group_abandoned {
	struct dl3_str cli, name, call; /**< `call`: its id */
	int64_t at;                     /**< Unix ms, when it gave up */
	int64_t waited_ms;
};

struct dl3_group_info {
	struct dl3_str group;  /**< its number */
	struct dl3_str name;   /**< as seeded */
	uint32_t waiting;      /**< calls not answered yet, ringing or queued */
	int64_t waiting_since; /**< Unix ms, of the one that waits longest; DL3_NO_TIME when none does */
	/** Calls of it that have been answered and are up. One that talked when it was first told to be of this group is among
	 * them, but not in the numbers: its wait is not known. */
	uint32_t talking;
	struct dl3_group_stats today;                /**< since dl3_tracker_day() */
	const struct dl3_group_abandoned *abandoned; /**< the last ones, newest first */
	size_t abandoned_count;
};

/* ---- What a tracker tells ---- */

enum dl3_tracked_type {
	DL3_TRACKED_CALL_BEGAN,   /**< `call` */
	DL3_TRACKED_CALL_CHANGED, /**< `call`: anything of it is different; at most once for what was fed */
	DL3_TRACKED_CALL_ENDED,   /**< `call`: its record. When `call->counts` is false it leaves none */
	/** `call` has taken in the younger call `merged`, whose id is not used any more. It ends by this:
	 * each call that began is told of by one ENDED or one MERGED. */
	DL3_TRACKED_CALL_MERGED,
	DL3_TRACKED_USER_CHANGED,  /**< `user` */
	DL3_TRACKED_GROUP_CHANGED, /**< `group`: what it has now, or its numbers of today */
	DL3_TRACKED_SIP,           /**< `sip`: a SIP dialogue and an end belong together, or no longer */
};

struct dl3_tracked {
	enum dl3_tracked_type type;
	const struct dl3_call_info *call;
	struct dl3_str merged; /**< MERGED: the younger call's id */
	const struct dl3_user_info *user;
	const struct dl3_group_info *group;
	struct {
		struct dl3_str end, sip_call_id;
		struct dl3_str call; /**< id of the call that has that end; absent when none has */
		bool started;        /**< false: it is over */
		bool trunk;          /**< TRUNK rather than PHONE */
		bool in;             /**< IN rather than OUT */
	} sip;
};

/* ---- The tracker ---- */

/** `config` and `allocator` may be NULL for the defaults (realloc and free); both are copied. NULL when there is no memory. */
DL3_API struct dl3_tracker *dl3_tracker_new(const struct dl3_tracker_config *config,
                                            const struct dl3_allocator *allocator);
/** NULL is allowed. Calls that are up are forgotten: dl3_tracker_close() ends them first. */
DL3_API void dl3_tracker_free(struct dl3_tracker *t);

/**
 * Takes a record of an event of PBX `pbx`, as the session gave it. Kinds of no use here do nothing.
 * @return DL3_OK; DL3_ERR_MEMORY: some of it may be missing, and the call it is about is marked incomplete. The tracker goes on.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_record(struct dl3_tracker *t, int64_t now_ms, uint32_t pbx,
                                                     uint32_t counter, const struct dl3_record *record);

/** The counter of a PBX was not in order (DL3_EV_COUNTER). A gap marks the calls that this PBX saw; a restart
 * ends what was on it, marked; a duplicate does nothing. */
DL3_API void dl3_tracker_counter(struct dl3_tracker *t, int64_t now_ms, uint32_t pbx,
                                 enum dl3_counter_change change);

/** The connection is up, and a stream with a snapshot was asked for; to be called before its first record. What it confirms goes on, marked. */
DL3_API void dl3_tracker_link_up(struct dl3_tracker *t, int64_t now_ms);
/** The connection was lost. Nothing ends by that: what is not in the next snapshot does, at this time. */
DL3_API void dl3_tracker_link_lost(struct dl3_tracker *t, int64_t now_ms);
/** The snapshot is whole (DL3_EV_SNAPSHOT_END): calls and ends of which nothing was told since link_up() are gone; they ended
 * when the link was lost, or, if it was not, at the last record before link_up(). */
DL3_API void dl3_tracker_snapshot_end(struct dl3_tracker *t, int64_t now_ms);

/** Tells the time: what is overdue is done (grace_ms, stale_ms). Once a second is often enough. */
DL3_API void dl3_tracker_tick(struct dl3_tracker *t, int64_t now_ms);

/** The owner's day began at `start_ms`, local midnight as a rule: `today` of all groups counts from there, out of the minutes of
 * the last 25 hours, which is the longest day. Until then it counts from the tracker's beginning. */
DL3_API void dl3_tracker_day(struct dl3_tracker *t, int64_t start_ms);

/** Ends all calls now, marked: the stream is over and will not go on. */
DL3_API void dl3_tracker_close(struct dl3_tracker *t, int64_t now_ms);

/**
 * The next thing to tell. @return DL3_OK, DL3_END when there is none, DL3_ERR_MEMORY when there is none to
 * show it in: then nothing was taken, and it may be tried again.
 *
 * What is not fetched is told as it is when it is fetched, several changes as one. Calls that are over, or were taken in by another, and
 * not fetched count for max_calls, and are dropped past it, the first to be told first.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_next(struct dl3_tracker *t, struct dl3_tracked *out);

/** Names an extension, or a group, before or after it is seen: from a pseudo-file. Records do not change that name. NULL or
 * empty takes it away, until a record has one.
 * @return DL3_OK, DL3_ERR_ARGUMENT for no number, DL3_ERR_MEMORY; past the limit, with nobody idle, DL3_OK and no effect. */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_user(struct dl3_tracker *t, struct dl3_str extension,
                                                   struct dl3_str name);
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_group(struct dl3_tracker *t, struct dl3_str group,
                                                    struct dl3_str name);

/* ---- Over a restart ---- */

/**
 * What a tracker knows, as octets: calls that are up, users, groups with their last 25 hours, counters, clocks; not its limits,
 * nor what is only to be told: fetch everything with dl3_tracker_next() before. They mean the same on any machine, of this and
 * later versions of the library where the version inside is known.
 *
 * Writes to `buf` when `cap` suffices; `*len` gets the length needed either way. It takes no memory.
 * @return DL3_OK, DL3_ERR_SPACE; DL3_ERR_STATE when something is still to be told; DL3_ERR_TOO_LONG for 4 GiB and more.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_save(struct dl3_tracker *t, void *buf, size_t cap, size_t *len);

/**
 * Takes up what was saved in place of all that the tracker has, with the limits of this one. Calls have the ids they had. It is
 * as if the link had been lost when it was saved: link_up() and the next snapshot decide which calls went on. Nothing is told of by
 * that; walk_calls(), walk_users() and walk_groups() show what there is. Calls that go on are not told as BEGAN again.
 *
 * @return DL3_OK; DL3_ERR_SAVED: it is damaged, not ours, of a version that is not known, or more than this
 *         tracker's limits allow; DL3_ERR_MEMORY. On an error the tracker is as it was.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_restore(struct dl3_tracker *t, struct dl3_octets saved);

/* ---- Looking ---- */

/** Where a walk is; all zeros at first. A walk goes on over calls that begin and end meanwhile, and stays where it is on an error. */
struct dl3_tracker_cursor {
	uint64_t at;
};

/** The next call that is up, oldest first. @return DL3_OK, DL3_END, DL3_ERR_MEMORY. */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_walk_calls(struct dl3_tracker *t, struct dl3_tracker_cursor *c,
                                                         const struct dl3_call_info **out);
/** The call that is up with this id, or that has taken in one with this id. @return DL3_OK, DL3_END, DL3_ERR_MEMORY. */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_find_call(struct dl3_tracker *t, struct dl3_str id,
                                                        const struct dl3_call_info **out);
/** The call that has this end, as a party or a target. @return as above. */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_find_end(struct dl3_tracker *t, struct dl3_str end,
                                                       const struct dl3_call_info **out);
/** The next user, in the order in which they were seen, but that who came for another has that one's place; one by
 * extension. @return as above. */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_walk_users(struct dl3_tracker *t, struct dl3_tracker_cursor *c,
                                                         const struct dl3_user_info **out);
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_find_user(struct dl3_tracker *t, struct dl3_str extension,
                                                        const struct dl3_user_info **out);
/** The next group, in the order in which they were seen; one by number. @return as above. */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_walk_groups(struct dl3_tracker *t, struct dl3_tracker_cursor *c,
                                                          const struct dl3_group_info **out);
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_find_group(struct dl3_tracker *t, struct dl3_str group,
                                                         const struct dl3_group_info **out);
/** What came of a group's calls from the minute of `from_ms` up to, and without, that of `to_ms`; of the last 25 hours. So the figures from a set hour on, or of the last minutes. What is counted
 * is counted in the minute of its arrival: offered when it was offered, answered when it was answered, talk
 * when it was over. @return DL3_OK, DL3_END when there is no such group. */
DL3_API DL3_MUST_USE enum dl3_err dl3_tracker_group_stats(const struct dl3_tracker *t, struct dl3_str group,
                                                          int64_t from_ms, int64_t to_ms,
                                                          struct dl3_group_stats *out);

struct dl3_tracked_counts {
	size_t calls, ends, users, groups, nodes; /**< now; `calls` up, `ends` of parties that are there */
	uint64_t began, ended, merged;            /**< calls, since the beginning */
	uint64_t records;                         /**< fed */
	uint64_t stale;                           /**< views of ends that were gone already, passed over */
	uint64_t users_forgotten;                 /**< idle users who made room for others, for max_users */
	uint64_t overflow;                        /**< other things dropped or cut for a limit */
};
DL3_API struct dl3_tracked_counts dl3_tracker_counts(const struct dl3_tracker *t);
/** Octets of memory held now, the tracker's own struct included. */
DL3_API size_t dl3_tracker_memory(const struct dl3_tracker *t);

/* ---- JSON ---- */

/** What dl3_call_json() leaves out; bits. */
enum dl3_call_json_option {
	DL3_CALL_JSON_DEFAULT = 0,
	DL3_CALL_JSON_NO_TIMELINE = 1,
	/** Only what a record of a call that is over has: nothing of what is going on. */
	DL3_CALL_JSON_RECORD = 2,
};

/**
 * Writes a call as one JSON object on one line, in the manner of dl3_record_json(). Points in time are Unix
 * seconds and durations (`..._s`) seconds, both with one decimal, cut, and `voicemail_s` whole seconds; what is not so, or not told, is null.
 * `cause` is the number and `cause_name` its name, or null where the table has none.
 *
 *     id direction outcome state since started answered ended duration_s ring_s queue_s talk_s hold_s voicemail_s
 *     cli name did dialled group answered_by parties segments[party from to talk_s hold_s] transfers
 *     rejected_by nodes ends account_code tag ivr_callflow cause cause_name end_party incomplete
 *     a b [end extension number name state tone audio_path outside class person]
 *     targets[end extension number class outside rejected since] group_now call_ids["node:id"] sip_call_ids
 *     timeline[at what who end other cause] timeline_left_out
 *
 * @return DL3_OK or DL3_ERR_SPACE; `*len` gets the length needed either way.
 */
DL3_API DL3_MUST_USE enum dl3_err dl3_call_json(const struct dl3_call_info *call, unsigned options, char *buf,
                                                size_t cap, size_t *len);
/** The same for a user: extension name state since call with calls cmextn. */
DL3_API DL3_MUST_USE enum dl3_err dl3_user_json(const struct dl3_user_info *user, char *buf, size_t cap,
                                                size_t *len);
/** The same for a group: group name waiting waiting_since talking today{offered answered answered_in_time abandoned
 * abandoned_short voicemail wait_s average_wait_s longest_wait_s abandoned_wait_s talk_s average_talk_s}
 * abandoned[cli name call at waited_s]. */
DL3_API DL3_MUST_USE enum dl3_err dl3_group_json(const struct dl3_group_info *group, char *buf, size_t cap,
                                                 size_t *len);
/** The object `today` by itself, for a window of dl3_tracker_group_stats(). */
DL3_API DL3_MUST_USE enum dl3_err dl3_group_stats_json(const struct dl3_group_stats *stats, char *buf,
                                                       size_t cap, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
