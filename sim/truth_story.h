/* SPDX-License-Identifier: MIT */
/* What is remembered of the calls that belong together until they are over. Times are the clock's. */
#ifndef SIM_TRUTH_STORY_H
#define SIM_TRUTH_STORY_H

#include "exchange.h"

/* An end that has been a party. */
struct sim_talker {
	char id[SIM_END_ID_SIZE];
	const struct sim_user *user; /* NULL: an outside party */
	bool talked, gone;
	uint64_t from, to; /* when it talked */
};

struct sim_loss {
	uint64_t order; /* of all losses and answers of the story */
	int64_t cause;
	bool answered; /* the story had been answered by then */
};

struct sim_stretch {
	uint64_t from, to;
};

#define SIM_LIST(type)      \
	struct {            \
		type *at;   \
		size_t count, cap; \
	}

struct sim_story {
	struct sim_story *into; /* the older one that has taken this in */
	struct sim_story *taken; /* those taken in, to be freed with it */
	unsigned parts;         /* calls that are up */
	uint64_t number;        /* of its first call */
	uint64_t began, ended, rang, answered, went_to_voicemail, queued; /* UINT64_MAX: never */
	bool a_public, b_public, had_partner, poor;
	char cli[SIM_NUMBER_MAX], name[SIM_NAME_MAX], did[SIM_NUMBER_MAX], dialled[SIM_NUMBER_MAX];
	char account[SIM_NUMBER_MAX], tag[SIM_NAME_MAX];
	const struct sim_group *group;
	const struct sim_user *answered_by;
	unsigned offered, rejections, transfers;
	bool moved;                       /* somebody passed it on, and nobody has it yet */
	const struct sim_user *moved_from;
	uint32_t message_s;
	unsigned holding;  /* calls in which somebody is on hold now */
	uint64_t held_since;
	uint64_t held; /* tenths of a second */
	uint64_t order, last_answer;
	SIM_LIST(struct sim_talker) talkers;
	SIM_LIST(struct sim_loss) losses;
	SIM_LIST(struct sim_stretch) voicemail;
	SIM_LIST(const struct sim_user *) rejected_by;
	SIM_LIST(size_t) nodes;
};

/* A call's part in a story. */
struct sim_part {
	struct sim_part *next, **back;
	struct sim_story *story;
	bool held;                             /* counted in story->holding */
	bool at_voicemail;
	uint64_t voicemail_since;
	char pair[2][SIM_END_ID_SIZE];         /* who was connected with whom last */
};

struct sim_story *sim_story_new(const struct sim_call *call, uint64_t now);
void sim_story_free(struct sim_story *s);
/* The younger becomes part of the older. */
void sim_story_merge(struct sim_story *a, struct sim_story *b);

void sim_story_offered(struct sim_story *s, const struct sim_end *target, uint64_t now);
void sim_story_rejected(struct sim_story *s, const struct sim_user *u);
void sim_story_queued(struct sim_story *s, uint64_t now);
void sim_story_voicemail(struct sim_story *s, uint64_t now);
void sim_story_lost(struct sim_story *s, const struct sim_end *end, int64_t cause, uint64_t now);
/* A call of it has changed: ends, nodes, numbers. */
void sim_story_look(struct sim_story *s, const struct sim_call *call, uint64_t now);
/* Who talks, holds, speaks to voicemail in this part; `call` NULL: it is over. */
void sim_part_watch(struct sim_part *p, struct sim_story *s, const struct sim_call *call, uint64_t now);

/* Whether it leaves a record: somebody or something was called. */
bool sim_story_counts(const struct sim_story *s);
/* Its record, malloc'd; NULL without memory. */
char *sim_story_json(const struct sim_story *s, const struct sim_world *w, size_t *len);

#endif
