/* SPDX-License-Identifier: MIT */
/* What listeners and links have in common. */
#include <signal.h>
#include <stdlib.h>

#include "conn.h"

static void *plain_resize(void *block, size_t old_size, size_t new_size, void *arg)
{
	(void)old_size;
	(void)arg;
	if (new_size > 0)
		return realloc(block, new_size);
	free(block);
	return NULL;
}

struct dl3_allocator dl3i_allocator(const struct dl3_allocator *configured)
{
	return configured ? *configured : (struct dl3_allocator){ .resize = plain_resize };
}

void *dl3i_owner_resize(const struct dl3i_owner *owner, void *block, size_t old_size, size_t new_size)
{
	return owner->allocator.resize(block, old_size, new_size, owner->allocator.arg);
}

void dl3i_owner_set_times(struct dl3i_owner *owner, uint32_t handshake_ms, uint32_t linger_ms)
{
	owner->handshake_ms = handshake_ms;
	owner->linger_ms = linger_ms;
	owner->look_ms = linger_ms / 2;
}

void dl3i_owner_release(struct dl3i_owner *owner)
{
	if (--owner->refs == 0)
		owner->release(owner);
}

void dl3i_ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
	    now.sa_handler == SIG_DFL) {
		now.sa_handler = SIG_IGN;
		(void)sigaction(SIGPIPE, &now, NULL);
	}
}
