/* SPDX-License-Identifier: MIT */
#include <devlink3/base.h>

#ifndef DL3_VERSION
#error "the build defines DL3_VERSION"
#endif

const char *dl3_version(void)
{
	return DL3_VERSION;
}
