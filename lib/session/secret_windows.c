/* SPDX-License-Identifier: MIT */
/* What secrets need of cryptography, by what every Windows has, so that the DLL brings no other
 * with it; secret_openssl.c is its twin. */
#include <windows.h>

#include <bcrypt.h>

#include "session/session.h"

void dl3i_wipe(void *p, size_t n)
{
	if (n > 0)
		SecureZeroMemory(p, n);
}

bool dl3i_auth_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	/* All of it is read, and through volatile, so that the compiler cannot stop at the first difference. */
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	unsigned differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= (unsigned)(x[i] ^ y[i]);
	return differ == 0;
}

static bool hash(BCRYPT_ALG_HANDLE sha1, const uint8_t *data, size_t n, uint8_t out[DL3_SHA1_SIZE])
{
	BCRYPT_HASH_HANDLE hash = NULL;
	/* The interface takes as writable what it only reads. */
	UCHAR *in = (UCHAR *)(uintptr_t)data;
	bool done = BCRYPT_SUCCESS(BCryptCreateHash(sha1, &hash, NULL, 0, NULL, 0, 0)) &&
	            BCRYPT_SUCCESS(BCryptHashData(hash, in, (ULONG)n, 0)) &&
	            BCRYPT_SUCCESS(BCryptFinishHash(hash, out, DL3_SHA1_SIZE, 0));

	if (hash)
		(void)BCryptDestroyHash(hash);
	return done;
}

bool dl3i_sha1(const uint8_t *data, size_t n, uint8_t out[DL3_SHA1_SIZE])
{
	BCRYPT_ALG_HANDLE sha1 = NULL;

	if (!BCRYPT_SUCCESS(BCryptOpenAlgorithmProvider(&sha1, BCRYPT_SHA1_ALGORITHM, NULL, 0)))
		return false;
	bool done = hash(sha1, data, n, out);
	(void)BCryptCloseAlgorithmProvider(sha1, 0);
	return done;
}
