/* SPDX-License-Identifier: MIT */
/* Secrets: proving that one knows a password. */
#include <string.h>

#include "session/session.h"

void dl3i_password_pad(const char *password, uint8_t *out, size_t n)
{
	size_t len = 0;

	memset(out, 0, n);
	while (password && len < n && password[len] != '\0') {
		out[len] = (uint8_t)password[len];
		len++;
	}
}

enum dl3_err dl3i_auth_sha1(struct dl3_octets challenge, const uint8_t password[DL3_SHA1_PASSWORD_MAX],
                            uint8_t out[DL3_SHA1_SIZE])
{
	uint8_t input[DL3_CHALLENGE_MAX + DL3_SHA1_PASSWORD_MAX];

	if (challenge.len > DL3_CHALLENGE_MAX)
		return DL3_ERR_ARGUMENT;
	if (challenge.len > 0)
		memcpy(input, challenge.ptr, challenge.len);
	memcpy(input + challenge.len, password, DL3_SHA1_PASSWORD_MAX);
	bool done = dl3i_sha1(input, challenge.len + DL3_SHA1_PASSWORD_MAX, out);
	dl3i_wipe(input, sizeof(input));
	return done ? DL3_OK : DL3_ERR_CRYPTO;
}

enum dl3_err dl3_auth_sha1(struct dl3_octets challenge, const char *password, uint8_t out[DL3_SHA1_SIZE])
{
	uint8_t padded[DL3_SHA1_PASSWORD_MAX];

	if (!password)
		return DL3_ERR_ARGUMENT;
	dl3i_password_pad(password, padded, sizeof(padded));
	enum dl3_err err = dl3i_auth_sha1(challenge, padded, out);
	dl3i_wipe(padded, sizeof(padded));
	return err;
}
