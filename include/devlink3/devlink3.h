/* SPDX-License-Identifier: MIT */
/**
 * @file devlink3.h
 * All of libdevlink3. Each layer may be included alone.
 */
#ifndef DEVLINK3_DEVLINK3_H
#define DEVLINK3_DEVLINK3_H

#include <devlink3/base.h>
#include <devlink3/call.h>
#include <devlink3/record.h>
#include <devlink3/session.h>
#include <devlink3/wire.h>

#endif
