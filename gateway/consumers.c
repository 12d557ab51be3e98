/* SPDX-License-Identifier: MIT */
/* All that listen: how many, their signs of life, and their end. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer_parts.h"

/* How often it is looked who was silent for too long. */
#define BEAT_MS 5000u
#define CONSUMERS_MAX 20000u

static uint64_t monotonic_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void sign_of_life(struct consumer *c)
{
	static const char sse[] = ":\n\n", ping[] = { (char)0x89, 0 };
	const bool events = c->channel->encoding == HUB_SSE;
	size_t len = events ? sizeof(sse) - 1 : sizeof(ping);

	c->block = hub_block_new(len);
	if (!c->block)
		return;
	memcpy(c->block->octets, events ? sse : ping, len);
	c->block->len = len;
	consumer_pump(c);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct consumers *all = arg;

	(void)fd;
	(void)what;
	all->now = monotonic_ms();
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		if (c->block && all->now - c->moved >= all->stall_ms) {
			all->hub->counts.disconnected++;
			consumer_destroy(c);
		} else if (!c->block && all->now - c->moved >= all->heartbeat_ms) {
			sign_of_life(c);
		}
	}
}

/* Of times shorter than usual it is looked more often, or they would be as long as these. */
static struct timeval beat_of(const struct consumers *all)
{
	uint32_t ms = all->heartbeat_ms < all->stall_ms ? all->heartbeat_ms / 3 : all->stall_ms / 3;

	ms = ms > BEAT_MS ? BEAT_MS : ms < 10 ? 10 : ms;
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };
}

struct consumers *consumers_new(struct event_base *base, const struct consumers_config *config)
{
	struct consumers *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	all->hub = config->hub;
	all->base = base;
	all->max = config->max ? config->max : CONSUMERS_MAX;
	all->heartbeat_ms = config->heartbeat_ms ? config->heartbeat_ms : CONSUMER_HEARTBEAT_MS;
	all->stall_ms = config->stall_ms ? config->stall_ms : CONSUMER_STALL_MS;
	all->queue = config->queue ? config->queue : CONSUMER_QUEUE;
	all->narrow = config->narrow;
	all->now = monotonic_ms();
	const struct timeval beat = beat_of(all);
	all->beat = event_new(base, -1, EV_PERSIST, on_beat, all);
	if (all->beat && event_add(all->beat, &beat) == 0)
		return all;
	consumers_free(all);
	return NULL;
}

void consumers_keep(struct consumers *all, bool (*still)(void *owner, void *arg), void *arg)
{
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		if (!still(c->owner, arg))
			consumer_close(c);
	}
}

void consumers_stop(struct consumers *all)
{
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		consumer_close(c);
	}
}

void consumers_free(struct consumers *all)
{
	if (!all)
		return;
	for (struct consumer *c = all->first, *newer; c; c = newer) {
		newer = c->newer;
		consumer_destroy(c);
	}
	if (all->beat)
		event_free(all->beat);
	free(all);
}

uint32_t consumers_count(const struct consumers *all)
{
	return all->count;
}

void consumers_waiting(const struct consumers *all, uint64_t *sum, uint64_t *most)
{
	*sum = *most = 0;
	for (const struct consumer *c = all->first; c; c = c->newer) {
		*sum += c->behind;
		if (c->behind > *most)
			*most = c->behind;
	}
}

uint32_t consumers_max(const struct consumers *all)
{
	return all->max;
}
