/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include <devlink3/session.h>

uint64_t dl3i_pace_time(const struct dl3i_pace *p, uint64_t now)
{
	return now - p->behind;
}

uint64_t dl3i_pace_due(const struct dl3i_pace *p, uint64_t due)
{
	return due < DL3_NEVER - p->behind ? due + p->behind : DL3_NEVER;
}

/* Whether nobody looked when something was due, nor for a good while behind it. */
static bool stood_still(const struct dl3i_pace *p, uint64_t now, uint64_t due)
{
	uint64_t at = dl3i_pace_due(p, due);

	return p->told > 0 && at < now && now - at >= DL3I_STANDSTILL_MS;
}

void dl3i_pace_tell(struct dl3i_pace *p, uint64_t now, uint64_t due)
{
	if (p->still) {
		p->behind += now - p->told;
	} else if (!p->put_off && stood_still(p, now, due)) {
		p->behind += now - p->told;
		p->put_off = true;
	}
	p->still = false;
	p->told = now;
}

void dl3i_pace_stop(struct dl3i_pace *p)
{
	p->still = true;
}

void dl3i_pace_heard(struct dl3i_pace *p)
{
	p->put_off = false;
}
