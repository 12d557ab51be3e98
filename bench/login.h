/* SPDX-License-Identifier: MIT */
/* An application at the other end of what is measured. */
#ifndef BENCH_LOGIN_H
#define BENCH_LOGIN_H

#include <devlink3/devlink3.h>

/* On a connected socket: logs in as `app` with `secret` and asks for the stream, until that event. Exits when it can't. */
void login(int fd, enum dl3_event_type until);

#endif
