/* SPDX-License-Identifier: MIT */
/* Standard output: what fails there is said once, at the end, and as what it is. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>

/* @return 0, or -1 when standard output takes no more: then there is no use in going on. */
int output_write(const void *data, size_t len);

/* Passes on what is held back. @return as output_write(). */
int output_flush(void);

/*
 * Flushes, and says on standard error if anything was lost, now or before, by these functions or
 * by stdio's. @return `code`, or EXIT_FAILED in place of EXIT_DONE when something was lost.
 */
int output_finish(int code);

#endif
