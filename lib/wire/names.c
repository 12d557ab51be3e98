/* SPDX-License-Identifier: MIT */
#include <devlink3/wire.h>

/* A switch made from a table: the compiler refuses a code that stands there twice. */

const char *dl3_msg_name(enum dl3_msg_type type)
{
	switch (type) {
#define DL3_MESSAGE_TYPE(NAME, name, meaning) \
	case DL3_MSG_##NAME:                  \
		return name;
#include <devlink3/tables/wire.def>
	case DL3_MSG_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *dl3_tuple_name(uint32_t code)
{
	switch (code) {
#define DL3_TUPLE_TYPE(tuple, name, meaning) \
	case tuple:                          \
		return name;
#include <devlink3/tables/wire.def>
	default:
		return "unknown";
	}
}

const char *dl3_auth_step_name(uint32_t step)
{
	switch (step) {
#define DL3_AUTH_STEP(step, name, meaning) \
	case step:                         \
		return name;
#include <devlink3/tables/wire.def>
	default:
		return NULL;
	}
}

const char *dl3_test_result_name(uint32_t result)
{
	switch (result) {
#define DL3_TEST_RESULT(result, name, meaning) \
	case result:                           \
		return name;
#include <devlink3/tables/wire.def>
	default:
		return NULL;
	}
}

const char *dl3_auth_result_name(uint32_t result)
{
	switch (result) {
#define DL3_AUTH_RESULT(result, name, meaning) \
	case result:                           \
		return name;
#include <devlink3/tables/wire.def>
	default:
		return NULL;
	}
}

const char *dl3_auth_result_text(uint32_t result)
{
	switch (result) {
#define DL3_AUTH_RESULT(result, name, meaning) \
	case result:                           \
		return meaning;
#include <devlink3/tables/wire.def>
	default:
		return NULL;
	}
}

const char *dl3_event_result_name(uint32_t result)
{
	switch (result) {
#define DL3_EVENT_RESULT(result, name, meaning) \
	case result:                            \
		return name;
#include <devlink3/tables/wire.def>
	default:
		return NULL;
	}
}

const char *dl3_event_result_text(uint32_t result)
{
	switch (result) {
#define DL3_EVENT_RESULT(result, name, meaning) \
	case result:                            \
		return meaning;
#include <devlink3/tables/wire.def>
	default:
		return NULL;
	}
}

static const char *read_result_name(uint32_t result)
{
	switch (result) {
#define DL3_READ_RESULT(result, name, meaning) \
	case result:                           \
		return name;
#include <devlink3/tables/wire.def>
	default:
		return NULL;
	}
}

const char *dl3_read_result_name(uint32_t result)
{
	const char *name = read_result_name(result);

	/* No number for failure is published: anything but success is one. */
	return name ? name : read_result_name(DL3_READ_NOT_FOUND);
}
