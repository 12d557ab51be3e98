/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

/* Why writing failed first; stdio remembers only that it did. */
static int first_error;

static int check(int failed)
{
	if (failed && first_error == 0)
		first_error = errno;
	return failed ? -1 : 0;
}

int output_write(const void *data, size_t len)
{
	return check(fwrite(data, 1, len, stdout) != len);
}

int output_flush(void)
{
	return check(fflush(stdout) != 0);
}

int output_finish(int code)
{
	/* What a failed write left behind may be flushed well: that does not undo the failure. */
	if (output_flush() == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "devlink3: standard output could not be written: %s\n",
	        first_error != 0 ? strerror(first_error) : "writing failed");
	return code == EXIT_DONE ? EXIT_FAILED : code;
}
