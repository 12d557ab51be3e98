/* SPDX-License-Identifier: MIT */
/* Where a password comes from: a file, the environment, or whoever sits at the terminal. */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include <stdbool.h>

/* Far past what a PBX can hold. */
#define PASSWORD_MAX 255u
#define PASSWORD_VARIABLE "DEVLINK3_PASSWORD"

struct password {
	char text[PASSWORD_MAX + 1];
};

/*
 * Gets it: from `file` when there is one, else from the environment, where it is wiped, else it asks
 * on the terminal for that of `user` at `host`. What is wrong is said on standard error.
 * @return an exit code, or -1 to go on.
 */
int password_get(struct password *p, const char *command, const char *file, const char *user,
                 const char *host);
void password_wipe(struct password *p);

#endif
