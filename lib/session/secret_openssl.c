/* SPDX-License-Identifier: MIT */
/* What secrets need of cryptography, by OpenSSL's libcrypto; secret_windows.c is its twin. */
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "session/session.h"

void dl3i_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

bool dl3i_auth_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

bool dl3i_sha1(const uint8_t *data, size_t n, uint8_t out[DL3_SHA1_SIZE])
{
	unsigned size = 0;

	return EVP_Digest(data, n, out, &size, EVP_sha1(), NULL) == 1 && size == DL3_SHA1_SIZE;
}
