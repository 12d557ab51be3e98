/* SPDX-License-Identifier: MIT */
/*
 * A story is what a call record tells of: the calls of the exchange that belong together, since a
 * consultation became a transfer or people met in a conference. Each call has a part in a story.
 */
#include "truth.h"

#include <stdlib.h>
#include <string.h>

#include "truth_story.h"

struct sim_truth {
	struct sim_exchange *exchange;
	struct sim_clock *clock;
	struct sim_observer observer;
	struct sim_part *parts; /* of the calls that are up */
	void (*write)(const char *line, size_t len, void *arg);
	void *arg;
	uint64_t lines;
};

static struct sim_story *story_of(struct sim_part *p)
{
	while (p->story->into)
		p->story = p->story->into;
	return p->story;
}

/* ---- Parts come and go ---- */

static void begin(struct sim_truth *t, struct sim_call *call)
{
	struct sim_part *p = calloc(1, sizeof(*p));

	call->story = p;
	if (!p)
		return;
	p->story = sim_story_new(call, t->clock->now);
	if (!p->story) {
		free(p);
		call->story = NULL;
		return;
	}
	p->next = t->parts;
	p->back = &t->parts;
	if (p->next)
		p->next->back = &p->next;
	t->parts = p;
}

static void drop(struct sim_part *p)
{
	*p->back = p->next;
	if (p->next)
		p->next->back = p->back;
	free(p);
}

static void write_line(struct sim_truth *t, const struct sim_story *s)
{
	size_t len = 0;
	char *line = sim_story_json(s, sim_exchange_world(t->exchange), &len);

	if (!line)
		return;
	t->write(line, len, t->arg);
	t->lines++;
	free(line);
}

static void end(struct sim_truth *t, struct sim_call *call)
{
	struct sim_part *p = call->story;
	struct sim_story *s = story_of(p);

	sim_part_watch(p, s, NULL, t->clock->now);
	call->story = NULL;
	drop(p);
	if (--s->parts > 0)
		return;
	s->ended = t->clock->now;
	if (sim_story_counts(s))
		write_line(t, s);
	sim_story_free(s);
}

/* ---- What happens ---- */

static void merge(struct sim_call *call, struct sim_call *other)
{
	struct sim_part *p = call->story, *q = other ? other->story : NULL;

	if (p && q && story_of(p) != story_of(q))
		sim_story_merge(story_of(p), story_of(q));
}

static void transferred(struct sim_story *s, const struct sim_news *n)
{
	if (n->end)
		s->transfers++;
	else
		s->moved = true;
	s->moved_from = n->user;
	if (n->end)
		s->moved = false;
}

static void on_story(struct sim_truth *t, struct sim_part *p, const struct sim_news *n)
{
	struct sim_story *s = story_of(p);
	uint64_t now = t->clock->now;

	switch (n->what) {
	case SIM_OFFERED:
		sim_story_offered(s, n->end, now);
		break;
	case SIM_REJECTED:
		sim_story_rejected(s, n->end->user);
		break;
	case SIM_QUEUED:
	case SIM_ANNOUNCED:
		sim_story_queued(s, now);
		break;
	case SIM_VOICEMAIL:
		sim_story_voicemail(s, now);
		break;
	case SIM_MESSAGE:
		s->message_s = n->call->message_s;
		break;
	case SIM_TRANSFERRED:
		transferred(s, n);
		break;
	case SIM_PARKED:
		s->moved = true;
		s->moved_from = n->user;
		break;
	case SIM_CHANGED:
		sim_story_look(s, n->call, now);
		sim_part_watch(p, s, n->call, now);
		break;
	case SIM_END_LOST:
		sim_story_lost(s, n->end, n->cause, now);
		break;
	default:
		break;
	}
}

static void on_news(const struct sim_news *n, void *arg)
{
	struct sim_truth *t = arg;

	if (!n->call)
		return;
	if (n->what == SIM_BEGAN)
		begin(t, n->call);
	if (!n->call->story)
		return; /* it began before the truth was asked for */
	if (n->what == SIM_TRANSFERRED || n->what == SIM_CONFERENCED)
		merge(n->call, n->other);
	on_story(t, n->call->story, n);
	if (n->what == SIM_ENDED)
		end(t, n->call);
}

struct sim_truth *sim_truth_new(struct sim_exchange *x, void (*write)(const char *line, size_t len, void *arg),
                                void *arg)
{
	struct sim_truth *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->exchange = x;
	t->clock = sim_exchange_clock(x);
	t->write = write;
	t->arg = arg;
	t->observer = (struct sim_observer){ .news = on_news, .arg = t };
	sim_exchange_observe(x, &t->observer);
	return t;
}

void sim_truth_free(struct sim_truth *t)
{
	if (!t)
		return;
	for (struct sim_part *p = t->parts, *next; p; p = next) {
		struct sim_story *s = story_of(p);

		next = p->next;
		free(p);
		if (--s->parts == 0)
			sim_story_free(s);
	}
	free(t);
}

uint64_t sim_truth_lines(const struct sim_truth *t)
{
	return t->lines;
}
