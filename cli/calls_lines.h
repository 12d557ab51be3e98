/* SPDX-License-Identifier: MIT */
/* Lines of JSON into a feed: those of `watch` and of `decode`, or records with a time and an address. */
#ifndef CLI_CALLS_LINES_H
#define CLI_CALLS_LINES_H

#include <stdio.h>

#include "calls_feed.h"
#include "input.h"

/* Whether the input begins as such lines do. @return 1, 0, or -1 as input_fill(). */
int calls_lines_detect(struct input *in);

/*
 * Feeds all lines. `complain` is told of each that is none; they are passed over and counted in f->faults.
 * @return 0, or -1 when reading failed, without memory, or as a printer does.
 */
int calls_lines_run(struct input *in, struct calls_feed *f, void (*complain)(const char *what, void *arg),
                    void *arg);

#endif
