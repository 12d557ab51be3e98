/* SPDX-License-Identifier: MIT */
/* From what the tracker tells to what the store keeps. */
#ifndef GATEWAY_STORE_CALL_H
#define GATEWAY_STORE_CALL_H

#include <devlink3/call.h>

#include "store.h"

/*
 * Puts the record of a call that is over (DL3_TRACKED_CALL_ENDED with `counts`), with its JSON. It is found by the
 * extensions that talked in it, answered it, pushed it away, were called, or began it.
 * @return false when it was not accepted, which is counted.
 */
bool store_put_ended(struct store *s, struct dl3_str pbx, const struct dl3_call_info *call,
                     struct dl3_str json);

#endif
