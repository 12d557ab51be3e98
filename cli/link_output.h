/* SPDX-License-Identifier: MIT */
/*
 * Output of a command that runs for long: kept until the end of a turn of the loop, written in
 * pieces that never keep a signal waiting, and given up quietly when nobody reads it any more.
 */
#ifndef CLI_LINK_OUTPUT_H
#define CLI_LINK_OUTPUT_H

#include <stdbool.h>

#include "base/out.h"

enum link_output_state {
	OUTPUT_OPEN,
	OUTPUT_CLOSED,      /* its reader went away */
	OUTPUT_FAILED,      /* `error` says why */
	OUTPUT_INTERRUPTED, /* a signal came while it would take no more */
};

struct link_output {
	int fd;
	int wake; /* readable once a signal has come; -1 for none */
	enum link_output_state state;
	int error;
	char *buf;
	size_t len, cap;
};

/* Writes something to `o`, the same however often it is called. */
typedef void (*link_render_fn)(struct dl3i_out *o, const void *what);

void link_output_init(struct link_output *o, int fd, int wake);
/* Flushes what it can, and frees. */
void link_output_finish(struct link_output *o);

/* Keeps what `render` writes. Once the state is not open it is thrown away. */
void link_output_put(struct link_output *o, link_render_fn render, const void *what);
void link_output_octets(struct link_output *o, const void *data, size_t len);
/* @return whether it is still open. */
bool link_output_flush(struct link_output *o);

#endif
