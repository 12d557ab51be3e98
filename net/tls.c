/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define CERTIFICATE_SECONDS (365L * 24 * 60 * 60)

/* ---- A certificate of our own ---- */

/* The names by which a client on this machine, or at the listening address, finds us. */
static bool alternative_names(const struct dl3i_address *address, char *out, size_t cap)
{
	char host[DL3I_ADDRESS_TEXT_MAX];

	if (dl3i_address_any(address))
		return snprintf(out, cap, "DNS:localhost,IP:127.0.0.1,IP:::1") > 0;
	if (!dl3i_address_host(address, host))
		return false;
	host[strcspn(host, "%")] = '\0'; /* a zone means nothing to the other end */
	return snprintf(out, cap, "DNS:localhost,IP:%s", host) > 0;
}

static bool extend(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = extension && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

/* Random, since a client that remembers issuer and number would take the next one for a forgery. */
static bool number(X509 *x)
{
	uint64_t n = 0;

	if (RAND_bytes((unsigned char *)&n, sizeof(n)) != 1)
		return false;
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), (n >> 1) | 1) == 1;
}

static bool fill(X509 *x, EVP_PKEY *key, const char *names)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_set_version(x, X509_VERSION_3) == 1 && number(x) &&
	       X509_gmtime_adj(X509_getm_notBefore(x), 0) &&
	       X509_gmtime_adj(X509_getm_notAfter(x), CERTIFICATE_SECONDS) && X509_set_pubkey(x, key) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"devlink3", -1, -1,
	                                  0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 && extend(x, NID_subject_alt_name, names) &&
	       extend(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       extend(x, NID_ext_key_usage, "serverAuth") && X509_sign(x, key, EVP_sha256()) > 0;
}

static bool generate(SSL_CTX *ctx, const struct dl3i_address *address)
{
	char names[DL3I_ADDRESS_TEXT_MAX + 32];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool ok = key && x && alternative_names(address, names, sizeof(names)) && fill(x, key, names) &&
	          SSL_CTX_use_certificate(ctx, x) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

/* ---- The context ---- */

/* OpenSSL would ask the terminal for the password of an encrypted key. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)rwflag;
	(void)arg;
	if (size > 0)
		buf[0] = '\0';
	return -1;
}

/* The first error is the one that came first; what follows is what it led to. */
bool dl3i_tls_fail(char *error, size_t cap, const char *what, const char *file)
{
	unsigned long code = ERR_get_error();
	const char *reason =
		ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);

	(void)snprintf(error, cap, "TLS: cannot %s%s%s: %s", what, file ? " " : "", file ? file : "",
	               reason ? reason : "OpenSSL does not say why");
	ERR_clear_error();
	return false;
}

static bool check(const struct dl3_tls_server *config, char *error, size_t cap)
{
	const char *wrong = NULL;

	if (config->certificate && !config->key)
		wrong = "a certificate needs its private key: give both, or none to have one generated";
	else if (config->key && !config->certificate)
		wrong = "a private key needs its certificate: give both, or none to have one generated";
	else if (config->require_client && !config->client_ca)
		wrong = "to require client certificates, give the file of their CAs";
	if (wrong)
		(void)snprintf(error, cap, "TLS: %s", wrong);
	return !wrong;
}

bool dl3i_tls_identify(SSL_CTX *ctx, const char *certificate, const char *key, char *error, size_t cap)
{
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return dl3i_tls_fail(error, cap, "use the certificate", certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return dl3i_tls_fail(error, cap, "use the private key", key);
	return true;
}

static bool identify(SSL_CTX *ctx, const struct dl3_tls_server *config, const struct dl3i_address *address,
                     char *error, size_t cap)
{
	if (!config->certificate)
		return generate(ctx, address) || dl3i_tls_fail(error, cap, "generate a certificate", NULL);
	return dl3i_tls_identify(ctx, config->certificate, config->key, error, cap);
}

static bool trust(SSL_CTX *ctx, const struct dl3_tls_server *config, char *error, size_t cap)
{
	int mode = SSL_VERIFY_PEER | (config->require_client ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);

	if (!config->client_ca)
		return true;
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(config->client_ca);
	if (!names || SSL_CTX_load_verify_file(ctx, config->client_ca) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return dl3i_tls_fail(error, cap, "use the client CAs", config->client_ca);
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(ctx, mode, NULL);
	return true;
}

static bool prepare(SSL_CTX *ctx, const struct dl3_tls_server *config, const struct dl3i_address *address,
                    char *error, size_t cap)
{
	/* A frame says its own length, so an end without a goodbye cuts nothing unseen. Nobody
	 * resumes: clients hold one connection for days, and a ticket that a client has not read
	 * when it closes would turn its close into a reset. */
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	                                 SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Octets are written from where they are queued, and that may move in between. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 || SSL_CTX_set_num_tickets(ctx, 0) != 1)
		return dl3i_tls_fail(error, cap, "prepare", NULL);
	return identify(ctx, config, address, error, cap) && trust(ctx, config, error, cap);
}

SSL_CTX *dl3i_tls_server(const struct dl3_tls_server *config, const struct dl3i_address *address, char *error,
                         size_t error_cap)
{
	if (!check(config, error, error_cap))
		return NULL;
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx) {
		(void)dl3i_tls_fail(error, error_cap, "begin", NULL);
		return NULL;
	}
	if (!prepare(ctx, config, address, error, error_cap)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* ---- A connection ---- */

bool dl3i_tls_detail(const struct dl3i_stream *s, char *out, size_t cap)
{
	const char *reason = s->tls != 0 ? ERR_reason_error_string(s->tls) : NULL;
	long verdict = SSL_get_verify_result(s->ssl);

	if (verdict != X509_V_OK) {
		(void)snprintf(out, cap, "%s certificate: %s", SSL_is_server(s->ssl) ? "client" : "server",
		               X509_verify_cert_error_string(verdict));
		return true;
	}
	if (!reason)
		return false;
	(void)snprintf(out, cap, "%s", reason);
	return true;
}
