/* SPDX-License-Identifier: MIT */
/*
 * Looking a name up as the system does: hosts file, name servers, whatever else it is set up to ask, in
 * the order of addresses that it prefers. That waits, so it is done in a thread of its own, which is all that
 * it does; what it found is handed over in the loop's.
 */
#ifndef DL3I_NET_LOOKUP_H
#define DL3I_NET_LOOKUP_H

#include <event2/event.h>
#include <netdb.h>

struct dl3i_lookup;

/** What came: `error` is getaddrinfo()'s, 0 with a list, which is freed behind the call. The lookup is
 * over and freed, too. */
typedef void (*dl3i_lookup_fn)(int error, const struct addrinfo *list, void *arg);

/** Begins. @return NULL when the system has no more threads, descriptors or memory (errno). */
struct dl3i_lookup *dl3i_lookup_begin(struct event_base *base, const char *host, const char *port,
                                      dl3i_lookup_fn done, void *arg);
/** `done` is not called any more. The thread is left to end by itself, when the system lets it. */
void dl3i_lookup_cancel(struct dl3i_lookup *l);

#endif
