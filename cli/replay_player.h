/* SPDX-License-Identifier: MIT */
/* The clients of `devlink3 replay`: each hears the tape from its beginning, at its own time. */
#ifndef CLI_REPLAY_PLAYER_H
#define CLI_REPLAY_PLAYER_H

#include <devlink3/event.h>

#include "replay_tape.h"

struct replay_config {
	const struct tape *tape;
	const char *listen;
	const char *user, *password; /* copied neither: they live as long as the player */
	double speed;                /* times faster than it was; 0: as fast as a client takes it */
	bool loop;                   /* from the beginning again, at the end */
	bool stay;                   /* the connection stays open at the end */
	bool once;                   /* `ended` when the first that was played to has gone */
	void (*log)(const char *line, void *arg);
	void (*ended)(void *arg);
	void *arg;
};

struct replay_player;

/* @return NULL; then `error` has one line. The configuration is copied. */
struct replay_player *replay_player_new(struct event_base *base, const struct replay_config *config,
                                        char *error, size_t cap);
/* Closes what connections there are. */
void replay_player_free(struct replay_player *p);
const char *replay_player_address(const struct replay_player *p);

#endif
