/* SPDX-License-Identifier: MIT */
/**
 * @file certs.h
 * Authorities and certificates made for a test, in files of a folder of their own.
 */
#ifndef DL3T_CERTS_H
#define DL3T_CERTS_H

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CERTS_MAX 16

struct certs {
	char folder[32];
	EVP_PKEY *ca_key, *key; /* of the authority, and of all the others */
	X509 *ca;
	unsigned count;
	char files[CERTS_MAX][64];
	char ca_file[64], key_file[64];
};

struct cert_of {
	const char *cn, *names; /* names as "DNS:pbx,IP:127.0.0.1"; NULL: none */
	long from, to;          /* seconds from now */
	bool stranger;          /* signed by itself */
};

static inline void certs_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline X509 *certs_make(const struct certs *c, const struct cert_of *of, EVP_PKEY *key, bool ca)
{
	static long serial = 1;
	X509 *x = X509_new();

	assert_non_null(x);
	(void)X509_set_version(x, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), of->from);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), of->to);
	(void)X509_set_pubkey(x, key);
	X509_NAME *name = X509_get_subject_name(x);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)of->cn, -1, -1, 0);
	(void)X509_set_issuer_name(x, ca || of->stranger ? name : X509_get_subject_name(c->ca));
	if (ca)
		certs_extend(x, NID_basic_constraints, "critical,CA:TRUE");
	if (of->names)
		certs_extend(x, NID_subject_alt_name, of->names);
	assert_true(X509_sign(x, ca || of->stranger ? key : c->ca_key, EVP_sha256()) > 0);
	return x;
}

static inline void certs_write(const char *path, X509 *x, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	if (key)
		assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	if (x)
		assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
}

static inline void certs_begin(struct certs *c)
{
	const struct cert_of ca = { .cn = "Test CA", .from = -7200, .to = 7200 };

	memset(c, 0, sizeof(*c));
	(void)snprintf(c->folder, sizeof(c->folder), "/tmp/dl3-test-XXXXXX");
	assert_non_null(mkdtemp(c->folder));
	c->ca_key = EVP_EC_gen("P-256");
	c->key = EVP_EC_gen("P-256");
	assert_true(c->ca_key && c->key);
	c->ca = certs_make(c, &ca, c->ca_key, true);
	(void)snprintf(c->ca_file, sizeof(c->ca_file), "%s/ca.pem", c->folder);
	(void)snprintf(c->key_file, sizeof(c->key_file), "%s/key.pem", c->folder);
	certs_write(c->ca_file, c->ca, NULL);
	certs_write(c->key_file, NULL, c->key);
}

static inline void fingerprint_of(const X509 *x, char out[65])
{
	uint8_t digest[32];
	unsigned len;

	assert_int_equal(X509_digest(x, EVP_sha256(), digest, &len), 1);
	for (unsigned i = 0; i < len; i++)
		(void)snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
}

/* @return the path of a PEM file that has the key too; `fingerprint` may be NULL. */
static inline const char *certs_file(struct certs *c, const struct cert_of *of, char fingerprint[65])
{
	assert_true(c->count < CERTS_MAX);
	char *path = c->files[c->count];

	(void)snprintf(path, sizeof(c->files[0]), "%s/%u.pem", c->folder, c->count);
	c->count++;
	X509 *x = certs_make(c, of, c->key, false);
	certs_write(path, x, c->key);
	if (fingerprint)
		fingerprint_of(x, fingerprint);
	X509_free(x);
	return path;
}

static inline void certs_end(struct certs *c)
{
	for (unsigned i = 0; i < c->count; i++)
		(void)unlink(c->files[i]);
	(void)unlink(c->ca_file);
	(void)unlink(c->key_file);
	assert_int_equal(rmdir(c->folder), 0);
	X509_free(c->ca);
	EVP_PKEY_free(c->ca_key);
	EVP_PKEY_free(c->key);
}

#endif
