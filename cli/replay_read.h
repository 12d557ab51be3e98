/* SPDX-License-Identifier: MIT */
/* A recording, read once and made ready to be played. */
#ifndef CLI_REPLAY_READ_H
#define CLI_REPLAY_READ_H

#include "replay_tape.h"
#include "source.h"

struct replay_source {
	const char *command; /* in front of what is said on standard error */
	const char *file;    /* "-": standard input */
	enum source_form form;
	uint16_t port;      /* of a capture, connections of this port only; 0: as `decode` */
	const char *client; /* of a capture, the connection of this client only; NULL: all */
};

/*
 * Reads the whole of it. What is wrong is said on standard error; what is good of a damaged recording
 * is on the tape all the same. @return whether there is anything to play; the tape is to be finished
 * in either case.
 */
bool replay_read(const struct replay_source *source, struct tape *tape);

#endif
