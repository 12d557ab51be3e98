/* SPDX-License-Identifier: MIT */
/* What of TLS does not belong to one connection: contexts, and what an error means. */
#ifndef DL3I_NET_TLS_H
#define DL3I_NET_TLS_H

#include <devlink3/event.h>
#include <openssl/ssl.h>

#include "address.h"
#include "stream.h"

struct dl3_tls {
	SSL_CTX *ctx; /* which counts its users */
};

/**
 * A context for the connections of a listener; the address is for a certificate that has to be
 * made. @return NULL on failure, with one line in `error`.
 */
SSL_CTX *dl3i_tls_server(const struct dl3_tls_server *config, const struct dl3i_address *address, char *error,
                         size_t error_cap);

/**
 * Says in one line what went wrong on a TLS connection. @return false when TLS found nothing
 * wrong: the fault is the socket's.
 */
bool dl3i_tls_detail(const struct dl3i_stream *s, char *out, size_t cap);

/** Says what OpenSSL could not do, from its queue of errors. @return false. */
bool dl3i_tls_fail(char *error, size_t cap, const char *what, const char *file);
/** Gives a context a certificate and its private key, PEM files. @return false with one line in `error`. */
bool dl3i_tls_identify(SSL_CTX *ctx, const char *certificate, const char *key, char *error, size_t cap);

#endif
