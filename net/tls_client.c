/* SPDX-License-Identifier: MIT */
#include "tls_client.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "tls.h"

/* ---- What a certificate is ---- */

static void fingerprint_text(const uint8_t *octets, char out[DL3I_FINGERPRINT_TEXT])
{
	for (size_t i = 0; i < DL3I_FINGERPRINT_SIZE; i++)
		(void)snprintf(out + i * 3, 4, i + 1 < DL3I_FINGERPRINT_SIZE ? "%02X:" : "%02X", octets[i]);
}

static void date_text(const ASN1_TIME *t, char *out, size_t cap)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) == 1)
		(void)strftime(out, cap, "%Y-%m-%d %H:%M UTC", &tm);
}

static void name_text(const GENERAL_NAME *name, char *out, size_t cap)
{
	int type = 0;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

	out[0] = '\0';
	if (type == GEN_DNS) {
		(void)snprintf(out, cap, "%.*s", ASN1_STRING_length(value),
		               (const char *)ASN1_STRING_get0_data(value));
	} else if (type == GEN_IPADD) {
		int family = ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6;
		if (ASN1_STRING_length(value) == 4 || ASN1_STRING_length(value) == 16)
			(void)inet_ntop(family, ASN1_STRING_get0_data(value), out, (socklen_t)cap);
	}
}

/* Controls in a stranger's certificate are not for anybody's terminal. */
static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static void names_text(const X509 *x, char *out, size_t cap)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && len < cap; i++) {
		char name[128];
		name_text(sk_GENERAL_NAME_value(names, i), name, sizeof(name));
		if (name[0] != '\0')
			len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", name);
	}
	GENERAL_NAMES_free(names);
	clean(out);
}

static bool remember(struct dl3i_tls_client *t, X509 *x, uint8_t digest[DL3I_FINGERPRINT_SIZE])
{
	unsigned len = 0;

	if (X509_digest(x, EVP_sha256(), digest, &len) != 1 || len != DL3I_FINGERPRINT_SIZE)
		return false;
	fingerprint_text(digest, t->seen);
	date_text(X509_get0_notBefore(x), t->since, sizeof(t->since));
	date_text(X509_get0_notAfter(x), t->until, sizeof(t->until));
	names_text(x, t->names, sizeof(t->names));
	if (!X509_NAME_oneline(X509_get_subject_name(x), t->subject, sizeof(t->subject)))
		t->subject[0] = '\0';
	clean(t->subject);
	return true;
}

/* In place of OpenSSL's own verification, which it calls unless a certificate is pinned. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	struct dl3i_tls_client *t = arg;
	X509 *x = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[DL3I_FINGERPRINT_SIZE];
	int ok = 0;

	if (!x || !remember(t, x, digest)) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
	} else if (t->pinned) {
		ok = CRYPTO_memcmp(digest, t->pin, sizeof(digest)) == 0;
		X509_STORE_CTX_set_error(store, ok ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
	} else {
		ok = X509_verify_cert(store);
	}
	t->verdict = X509_STORE_CTX_get_error(store);
	return ok > 0;
}

/* ---- The configuration ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_pin(struct dl3i_tls_client *t, const char *text, char *error, size_t cap)
{
	size_t n = 0;

	for (const char *p = text; *p;) {
		if (n > 0 && *p == ':')
			p++;
		if (n >= sizeof(t->pin) || hex(p[0]) < 0 || hex(p[1]) < 0) {
			n = 0;
			break;
		}
		t->pin[n++] = (uint8_t)(hex(p[0]) << 4 | hex(p[1]));
		p += 2;
	}
	t->pinned = n == sizeof(t->pin);
	if (!t->pinned)
		(void)snprintf(
			error, cap,
			"TLS: a fingerprint is the SHA-256 of a certificate, 64 hexadecimal digits with or "
			"without colons; this is not: %.80s",
			text);
	return t->pinned;
}

static bool read_cas(struct dl3i_tls_client *t, const char *file, char *error, size_t cap)
{
	t->system_cas = !file;
	if (!file && SSL_CTX_set_default_verify_paths(t->ctx) == 1)
		return true;
	if (file && SSL_CTX_load_verify_file(t->ctx, file) == 1)
		return true;
	return dl3i_tls_fail(error, cap, "use the CAs", file);
}

static bool identify(struct dl3i_tls_client *t, const struct dl3_tls_client *config, char *error, size_t cap)
{
	const char *key = config->key ? config->key : config->certificate;

	if (!config->certificate && !config->key)
		return true;
	if (!config->certificate) {
		(void)snprintf(error, cap, "TLS: a private key needs its certificate");
		return false;
	}
	return dl3i_tls_identify(t->ctx, config->certificate, key, error, cap);
}

static bool prepare(struct dl3i_tls_client *t, const struct dl3_tls_client *config, char *error, size_t cap)
{
	/* As of a listener: frames say their own length. */
	SSL_CTX_set_options(t->ctx,
	                    SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(t->ctx, verify, t);
	if (SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1)
		return dl3i_tls_fail(error, cap, "prepare", NULL);
	if (config->fingerprint ? !read_pin(t, config->fingerprint, error, cap)
	                        : !read_cas(t, config->ca_file, error, cap))
		return false;
	return identify(t, config, error, cap);
}

bool dl3i_tls_client_init(struct dl3i_tls_client *t, const struct dl3_tls_client *config, const char *host,
                          char *error, size_t error_cap)
{
	static const struct dl3_tls_client defaults = { 0 };

	if (!config)
		config = &defaults;
	*t = (struct dl3i_tls_client){ 0 };
	/* To OpenSSL an empty one means that every name is good. */
	if (config->name && (config->name[0] == '\0' || strlen(config->name) >= sizeof(t->name))) {
		(void)snprintf(error, error_cap, "TLS: the name to expect is %s",
		               config->name[0] == '\0' ? "empty" : "longer than 255 octets");
		return false;
	}
	(void)snprintf(t->name, sizeof(t->name), "%s", config->name ? config->name : host);
	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx)
		return dl3i_tls_fail(error, error_cap, "begin", NULL);
	return prepare(t, config, error, error_cap);
}

void dl3i_tls_client_finish(struct dl3i_tls_client *t)
{
	SSL_CTX_free(t->ctx);
	t->ctx = NULL;
}

/* ---- A connection ---- */

static bool is_address(const char *name)
{
	struct in6_addr a;

	return inet_pton(AF_INET, name, &a) == 1 || inet_pton(AF_INET6, name, &a) == 1;
}

static bool expect(SSL *ssl, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char sni[DL3_HOST_MAX + 1]; /* OpenSSL copies it, and asks for one that it could change */

	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	(void)snprintf(sni, sizeof(sni), "%s", name);
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
	       SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni) == 1;
}

SSL *dl3i_tls_client_new(struct dl3i_tls_client *t, int fd)
{
	SSL *ssl = SSL_new(t->ctx);

	t->verdict = X509_V_OK;
	t->seen[0] = '\0';
	if (ssl && SSL_set_fd(ssl, fd) == 1 && expect(ssl, t->name)) {
		SSL_set_connect_state(ssl);
		return ssl;
	}
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

/* ---- What was wrong ---- */

static void unknown_issuer(const struct dl3i_tls_client *t, char *detail, size_t dcap, char *advice,
                           size_t acap)
{
	(void)snprintf(detail, dcap, "the certificate is not of a CA that is trusted here: %s (it is for %s)",
	               X509_verify_cert_error_string(t->verdict), t->names[0] ? t->names : t->subject);
	(void)snprintf(advice, acap,
	               "give the file of the PBX's CA%s; or, if this is the PBX's own certificate, pin its "
	               "fingerprint %s",
	               t->system_cas ? "" : " that signed it", t->seen);
}

bool dl3i_tls_client_explain(const struct dl3i_tls_client *t, char *detail, size_t detail_cap, char *advice,
                             size_t advice_cap)
{
	switch (t->verdict) {
	case X509_V_OK:
		return false;
	case X509_V_ERR_APPLICATION_VERIFICATION:
		(void)snprintf(detail, detail_cap,
		               "the certificate's fingerprint is %s, which is not the pinned one", t->seen);
		(void)snprintf(advice, advice_cap,
		               "if the PBX was given a new certificate, pin that; if not, somebody may be in "
		               "between");
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		(void)snprintf(detail, detail_cap, "the certificate has expired: it was good until %s",
		               t->until);
		(void)snprintf(advice, advice_cap,
		               "renew the PBX's certificate; is this machine's clock right?");
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		(void)snprintf(detail, detail_cap, "the certificate is not yet valid: it is good from %s",
		               t->since);
		(void)snprintf(advice, advice_cap, "is this machine's clock right, and the PBX's?");
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		(void)snprintf(detail, detail_cap, "the certificate is not for '%s' but for: %s", t->name,
		               t->names[0] ? t->names : t->subject);
		(void)snprintf(
			advice, advice_cap,
			"connect by a name that is in it, or give the name to expect if that is the PBX");
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_UNTRUSTED:
		unknown_issuer(t, detail, detail_cap, advice, advice_cap);
		break;
	default:
		(void)snprintf(detail, detail_cap, "the certificate was not accepted: %s (it is for %s)",
		               X509_verify_cert_error_string(t->verdict),
		               t->names[0] ? t->names : t->subject);
		(void)snprintf(advice, advice_cap, "mend the PBX's certificate, or pin its fingerprint %s",
		               t->seen);
	}
	return true;
}
