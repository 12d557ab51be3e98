/* SPDX-License-Identifier: MIT */
/* TLS of a link: whom it trusts, and what it saw when it did not. */
#ifndef DL3I_NET_TLS_CLIENT_H
#define DL3I_NET_TLS_CLIENT_H

#include <devlink3/event.h>
#include <openssl/ssl.h>

#define DL3I_FINGERPRINT_SIZE 32
/* "AB:CD:...", with NUL. */
#define DL3I_FINGERPRINT_TEXT (DL3I_FINGERPRINT_SIZE * 3)

struct dl3i_tls_client {
	SSL_CTX *ctx;
	bool pinned;
	bool system_cas;
	uint8_t pin[DL3I_FINGERPRINT_SIZE];
	char name[DL3_HOST_MAX + 1]; /* that the certificate must have */
	/* What the certificate of the last handshake was found to be; empty when none came. */
	long verdict; /* X509_V_*; that of a wrong pin is X509_V_ERR_APPLICATION_VERIFICATION */
	char seen[DL3I_FINGERPRINT_TEXT];
	char subject[256];
	char names[256];
	char since[32], until[32];
};

/** Reads the files. @return false with one line in `error`; finish() is allowed either way. */
bool dl3i_tls_client_init(struct dl3i_tls_client *t, const struct dl3_tls_client *config, const char *host,
                          char *error, size_t error_cap);
void dl3i_tls_client_finish(struct dl3i_tls_client *t);

/** TLS for one connection. @return NULL without memory. */
SSL *dl3i_tls_client_new(struct dl3i_tls_client *t, int fd);

/** Says what was wrong with the certificate, and what to try. @return false when nothing was. */
bool dl3i_tls_client_explain(const struct dl3i_tls_client *t, char *detail, size_t detail_cap, char *advice,
                             size_t advice_cap);

#endif
