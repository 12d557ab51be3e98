/* SPDX-License-Identifier: MIT */
/* A record as a value inside other JSON. */
#ifndef DL3I_RECORD_JSON_H
#define DL3I_RECORD_JSON_H

#include <devlink3/record.h>

#include "base/json.h"

void dl3i_json_record(struct dl3i_json *j, const struct dl3_record *record, unsigned options);

#endif
