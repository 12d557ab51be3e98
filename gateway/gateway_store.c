/* SPDX-License-Identifier: MIT */
/* The gateway's store: how it is opened, what is taken out of it at the start, what is said of it. */
#include <stdlib.h>
#include <string.h>

#include "gateway_parts.h"

static void on_store(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;

	(void)fd;
	(void)what;
	store_dispatch(g->store);
}

static void on_store_status(const struct store_status *s, void *arg)
{
	const struct gateway *g = arg;
	uint64_t lost = 0;

	for (size_t k = 0; k < STORE_KINDS; k++)
		lost += s->lost[k] + s->unstorable[k];
	log_say(g->log, s->state == STORE_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "store",
	        LOG_TEXT("state", store_state_name(s->state)),
	        LOG_TEXT("reason", s->reason[0] ? s->reason : NULL),
	        LOG_VARYING_UNSIGNED("queued", s->queued), LOG_VARYING_UNSIGNED("lost", lost));
}

/* ---- From before a restart ---- */

/* What a PBX's calls were when they were stored last. */
struct gateway_saved {
	struct gateway_saved *next;
	char *pbx;
	size_t len;
	uint8_t state[];
};

static void keep_saved(struct dl3_str pbx, struct dl3_octets state, void *arg)
{
	struct gateway *g = arg;
	struct gateway_saved *s = malloc(sizeof(*s) + state.len);

	if (!s)
		return;
	s->pbx = strndup(pbx.ptr, pbx.len);
	s->len = state.len;
	if (state.len > 0)
		memcpy(s->state, state.ptr, state.len);
	s->next = g->saved;
	g->saved = s;
}

struct dl3_octets gateway_saved(const struct gateway *g, const char *pbx)
{
	for (const struct gateway_saved *s = g->saved; s; s = s->next)
		if (s->pbx && strcmp(s->pbx, pbx) == 0)
			return (struct dl3_octets){ s->state, s->len };
	return (struct dl3_octets){ 0 };
}

void gateway_forget_saved(struct gateway *g)
{
	for (struct gateway_saved *s = g->saved, *next; s; s = next) {
		next = s->next;
		free(s->pbx);
		free(s);
	}
	g->saved = NULL;
}

/* ---- Life ---- */

bool gateway_open_store(struct gateway *g, uint64_t *seq, struct config_error *error)
{
	const struct config_store *c = &g->config->store;
	const struct store_config config = { .where = c->where,
		                             .commit_ms = c->commit_ms,
		                             .calls_days = c->calls_days,
		                             .events_days = c->events_days,
		                             .max_bytes = c->max_bytes,
		                             .on_status = on_store_status,
		                             .arg = g };
	char why[256];

	g->store = store_new(&config, error->text, sizeof(error->text));
	if (!g->store)
		return false;
	g->store_ready = event_new(g->base, store_fd(g->store), EV_READ | EV_PERSIST, on_store, g);
	if (!g->store_ready || event_add(g->store_ready, NULL) != 0)
		return gateway_fail(error, "out of memory");
	/* A store that is away now may come back; what it knows is then of no use any more. */
	if (!store_restore(g->store, seq, keep_saved, g, why, sizeof(why)))
		log_say(g->log, LOG_LEVEL_WARNING, "store", LOG_TEXT("what", "cannot be read"),
		        LOG_TEXT("reason", why));
	return true;
}

void gateway_close_store(struct gateway *g)
{
	struct store_status last = { 0 };

	if (g->store_ready)
		event_free(g->store_ready);
	if (!g->store)
		return;
	store_free(g->store, &last);
	log_say(g->log, LOG_LEVEL_INFO, "store", LOG_TEXT("state", "closed"),
	        LOG_UNSIGNED("calls", last.stored[STORE_CALL]),
	        LOG_UNSIGNED("lost_calls", last.lost[STORE_CALL]),
	        LOG_UNSIGNED("lost_events", last.lost[STORE_EVENT]));
}
