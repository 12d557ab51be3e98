/* SPDX-License-Identifier: MIT */
/* What stood in the way, in words. */
#ifndef SIM_FAIL_H
#define SIM_FAIL_H

#include <stdarg.h>
#include <stdio.h>

#include "world.h"

static inline bool sim_fail(struct sim_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* `error` may be NULL. @return false. */
static inline bool sim_fail(struct sim_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return false;
}

#endif
