/* SPDX-License-Identifier: MIT */
/* What systemd wants to hear: that the service is ready, and again and again that it lives. */
#ifndef CLI_SERVE_NOTIFY_H
#define CLI_SERVE_NOTIFY_H

struct event_base;
struct serve_notify;

/* NULL where nobody listens, which is no error. With WATCHDOG_USEC it says that it lives at half that time. */
struct serve_notify *serve_notify_new(struct event_base *base);
void serve_notify_free(struct serve_notify *n);
/* "READY=1"; NULL is allowed. */
void serve_notify(const struct serve_notify *n, const char *state);
void serve_notify_reloading(const struct serve_notify *n);

#endif
