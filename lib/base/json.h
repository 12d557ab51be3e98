/* SPDX-License-Identifier: MIT */
/* A streaming writer of JSON: no tree, no allocation, always valid UTF-8. */
#ifndef DL3I_BASE_JSON_H
#define DL3I_BASE_JSON_H

#include "base/out.h"

struct dl3i_json {
	struct dl3i_out out;
	bool comma; /* something stands in front of the next element */
};

static inline struct dl3i_json dl3i_json_to(void *buf, size_t cap)
{
	return (struct dl3i_json){ .out = dl3i_out_to(buf, cap) };
}

static inline void dl3i_json_open(struct dl3i_json *j, char bracket)
{
	if (j->comma)
		dl3i_put_char(&j->out, ',');
	dl3i_put_char(&j->out, bracket);
	j->comma = false;
}

static inline void dl3i_json_close(struct dl3i_json *j, char bracket)
{
	dl3i_put_char(&j->out, bracket);
	j->comma = true;
}

/* A key made ready: `"key":` with its quotes and colon. */
static inline void dl3i_json_ready_key(struct dl3i_json *j, const char *key, size_t len)
{
	if (j->comma)
		dl3i_put_char(&j->out, ',');
	dl3i_put(&j->out, key, len);
	j->comma = false;
}
/* A literal key: DL3I_JSON_KEY(&j, "end"). */
#define DL3I_JSON_KEY(j, literal) dl3i_json_ready_key(j, "\"" literal "\":", sizeof(literal) + 2)

/* Values; each puts a comma in front when one is due. */
void dl3i_json_str(struct dl3i_json *j, struct dl3_str s);
void dl3i_json_z(struct dl3i_json *j, const char *z);
void dl3i_json_signed(struct dl3i_json *j, int64_t value);
void dl3i_json_unsigned(struct dl3i_json *j, uint64_t value);
void dl3i_json_hex(struct dl3i_json *j, struct dl3_octets octets);
/* A literal: true, false, null. */
void dl3i_json_literal(struct dl3i_json *j, const char *z);

#endif
