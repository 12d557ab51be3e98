/* SPDX-License-Identifier: MIT */
/* The simulated PBX of `devlink3 serve --demo`. */
#ifndef CLI_SERVE_DEMO_H
#define CLI_SERVE_DEMO_H

#include <stddef.h>

struct event_base;
struct serve_demo;

/* @return NULL with one line in `error`. */
struct serve_demo *serve_demo_new(struct event_base *base, char *error, size_t error_size);
void serve_demo_free(struct serve_demo *d); /* NULL is allowed */
const char *serve_demo_url(const struct serve_demo *d);
const char *serve_demo_password(const struct serve_demo *d);

#endif
