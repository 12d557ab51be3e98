/* SPDX-License-Identifier: MIT */
/* Links with TLS: whom they trust, and what they say when they do not. */
#include "support/test.h"

#include "support/certs.h"
#include "support/linked.h"

struct secure {
	struct pbx pbx;
	struct linked link;
	struct certs certs;
	struct dl3_tls_server server;
	struct dl3_tls_client client;
	char fingerprint[65];
};

static const struct cert_of good = { "pbx", "DNS:pbx.example,IP:127.0.0.1", -3600, 3600, false };

/* A PBX with such a certificate, and a link, not yet begun, that trusts its authority. */
static void secure_begin(struct secure *s, const struct cert_of *of)
{
	memset(s, 0, sizeof(*s));
	certs_begin(&s->certs);
	pbx_prepare(&s->pbx);
	s->server.certificate = certs_file(&s->certs, of, s->fingerprint);
	s->server.key = s->certs.key_file;
	s->pbx.config.tls = &s->server;
	s->client.ca_file = s->certs.ca_file;
}

static void secure_listen(struct secure *s)
{
	pbx_listen(&s->pbx);
	link_to(&s->link, &s->pbx, true);
	s->link.config.tls = &s->client;
	s->link.config.retry_min_ms = s->link.config.retry_max_ms = 600000;
}

static void secure_end(struct secure *s)
{
	struct pbx *p = &s->pbx;

	link_end(&s->link);
	UNTIL(dl3_listener_connections(p->l, NULL) == 0);
	pbx_end(p);
	certs_end(&s->certs);
}

static void comes_up(struct secure *s)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP) || k->down.reason != DL3_REASON_NONE);
	if (k->down.reason != DL3_REASON_NONE)
		fail_msg("%s (%s)", k->detail, k->advice);
	assert_true(dl3_conn_encrypted(p->last));
	secure_end(s);
}

static void is_refused(struct secure *s, const char *detail, const char *advice)
{
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	link_begin(k);
	UNTIL(IN_STATE(k, DL3_LINK_UP) || k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	/* It may be put right at the PBX, so it is tried again. */
	assert_int_equal(k->down.state, DL3_LINK_WAITING);
	if (!strstr(k->detail, detail))
		fail_msg("'%s' was expected, '%s' came", detail, k->detail);
	if (!strstr(k->advice, advice))
		fail_msg("'%s' was expected, '%s' came", advice, k->advice);
	/* Nothing was said to whom is not trusted. */
	assert_int_equal(k->out.len, 0);
	assert_int_equal(p->logins, 0);
	secure_end(s);
}

/* ---- Trusted ---- */

static void authority_is_trusted(void **state)
{
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &good);
	secure_listen(s);
	comes_up(s);
}

static void authority_of_the_system_is_trusted(void **state)
{
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &good);
	/* Where OpenSSL looks for them. */
	assert_int_equal(setenv("SSL_CERT_FILE", s->certs.ca_file, 1), 0);
	secure_listen(s);
	s->link.config.tls = NULL;
	comes_up(s);
	assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
}

static void name_to_expect_may_be_given(void **state)
{
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &good);
	secure_listen(s);
	s->client.name = "pbx.example";
	comes_up(s);
}

/* A PBX asks for the password itself where nobody else hears it. */
static void plain_challenge_is_answered(void **state)
{
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &good);
	s->pbx.plain = true;
	secure_listen(s);
	comes_up(s);
}

/* Dates, names and who signed it are nothing to whoever knows the certificate itself. */
static void pinned_certificate_is_trusted(void **state)
{
	static const struct cert_of bad = { "other", "DNS:other.example", -7200, -3600, true };
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &bad);
	secure_listen(s);
	s->client = (struct dl3_tls_client){ .fingerprint = s->fingerprint };
	comes_up(s);
}

/* What is advised can be used as it stands. */
static void fingerprint_that_is_advised_is_the_one_to_pin(void **state)
{
	static const struct cert_of own = { "pbx", "IP:127.0.0.1", -3600, 3600, true };
	struct secure secure, *s = &secure;
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;
	char pin[96] = "";

	(void)state;
	secure_begin(s, &own);
	secure_listen(s);
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	const char *at = strstr(k->advice, "fingerprint ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "fingerprint %95s", pin), 1);
	assert_int_equal(strlen(pin), 95);
	link_end(k);
	link_to(k, p, true);
	s->client = (struct dl3_tls_client){ .fingerprint = pin };
	k->config.tls = &s->client;
	comes_up(s);
}

static void reconnects_with_tls(void **state)
{
	struct secure secure, *s = &secure;
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	(void)state;
	secure_begin(s, &good);
	secure_listen(s);
	k->config.retry_min_ms = k->config.retry_max_ms = 1;
	link_begin(k);
	for (unsigned i = 1; i <= 20; i++) {
		UNTIL(times_in(k, DL3_LINK_UP) == i && p->last);
		if (i % 2)
			dl3_conn_abort(p->last, true);
		else
			dl3_conn_close(p->last);
		UNTIL(times_in(k, DL3_LINK_WAITING) == i);
		assert_int_equal(k->down.reason, DL3_REASON_CLOSED);
	}
	secure_end(s);
}

/* ---- Not trusted ---- */

static void unknown_authority_is_refused(void **state)
{
	static const struct cert_of own = { "pbx", "DNS:self.example,IP:127.0.0.1", -3600, 3600, true };
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &own);
	secure_listen(s);
	is_refused(s, "not of a CA that is trusted here", "pin its fingerprint");
	/* Nor does the system trust it. */
	secure_begin(s, &good);
	secure_listen(s);
	s->link.config.tls = NULL;
	is_refused(s, "(it is for pbx.example, 127.0.0.1)", "give the file of the PBX's CA;");
}

static void wrong_pin_is_refused(void **state)
{
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &good);
	secure_listen(s);
	s->fingerprint[63] = s->fingerprint[63] == '0' ? '1' : '0';
	s->client.fingerprint = s->fingerprint;
	is_refused(s, "which is not the pinned one", "somebody may be in between");
}

static void certificate_of_another_host_is_refused(void **state)
{
	static const struct cert_of other = { "127.0.0.1", "DNS:other.example,IP:192.0.2.9", -3600, 3600,
		                              false };
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &other);
	secure_listen(s);
	is_refused(s, "is not for '127.0.0.1' but for: other.example, 192.0.2.9", "connect by a name");
	secure_begin(s, &good);
	secure_listen(s);
	s->client.name = "pbx2.example";
	is_refused(s, "is not for 'pbx2.example' but for: pbx.example, 127.0.0.1", "connect by a name");
}

static void expired_certificate_is_refused(void **state)
{
	static const struct cert_of old = { "pbx", "IP:127.0.0.1", -7200, -3600, false };
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &old);
	secure_listen(s);
	is_refused(s, "has expired: it was good until 20", "renew");
}

static void certificate_that_is_not_yet_valid_is_refused(void **state)
{
	static const struct cert_of early = { "pbx", "IP:127.0.0.1", 3600, 7200, false };
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &early);
	secure_listen(s);
	is_refused(s, "not yet valid: it is good from 20", "clock");
}

/* What a stranger writes into a certificate does nothing to a terminal. */
static void names_are_shown_without_controls(void **state)
{
	static const struct cert_of rude = { "rude\x1b[2J\nPBX", NULL, -3600, 3600, true };
	struct secure secure, *s = &secure;

	(void)state;
	secure_begin(s, &rude);
	secure_listen(s);
	is_refused(s, "rude", "");
	for (const char *c = s->link.detail; *c; c++)
		assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
}

/* ---- The PBX asks who we are ---- */

static void mutual(struct secure *s)
{
	secure_begin(s, &good);
	s->server.client_ca = s->certs.ca_file;
	s->server.require_client = true;
	secure_listen(s);
}

static void own_certificate_is_shown(void **state)
{
	static const struct cert_of client = { "client", NULL, -3600, 3600, false };
	struct secure secure, *s = &secure;

	(void)state;
	mutual(s);
	s->client.certificate = certs_file(&s->certs, &client, NULL);
	s->client.key = s->certs.key_file;
	comes_up(s);
	/* The key may be in the same file. */
	mutual(s);
	s->client.certificate = certs_file(&s->certs, &client, NULL);
	comes_up(s);
}

/* In TLS 1.3 the client thinks that it is connected before the PBX has looked at its certificate. */
static void missing_certificate_of_ours_is_told(void **state)
{
	struct secure secure, *s = &secure;
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	(void)state;
	mutual(s);
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	assert_non_null(strstr(k->detail, "certificate required"));
	assert_non_null(strstr(k->advice, "want a certificate of ours"));
	secure_end(s);
}

static void certificate_of_ours_that_is_not_trusted_is_told(void **state)
{
	static const struct cert_of stranger = { "stranger", NULL, -3600, 3600, true };
	struct secure secure, *s = &secure;
	struct pbx *p = &s->pbx;
	struct linked *k = &s->link;

	(void)state;
	mutual(s);
	s->client.certificate = certs_file(&s->certs, &stranger, NULL);
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	assert_true(strlen(k->advice) > 0);
	secure_end(s);
}

/* ---- The wrong port ---- */

static void port_in_the_clear_is_told(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_begin(p);
	link_to(k, p, true);
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	assert_int_equal(k->down.state, DL3_LINK_WAITING);
	assert_non_null(strstr(k->advice, "50797 in the clear"));
	link_end(k);
	pbx_end(p);
}

static void port_of_something_else_is_told(void **state)
{
	static const char ssh[] = "SSH-2.0-OpenSSH_9.2\r\n";
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	hand_link(h, k, p, "devlink3s");
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	hand_accept(h, p);
	put(p, &h->c, ssh, sizeof(ssh) - 1);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	assert_non_null(strstr(k->advice, "does not talk TLS"));
	hand_end(h, k, p);
}

static void port_with_tls_is_told(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	(void)state;
	pbx_prepare(p);
	p->config.tls = &generated;
	pbx_listen(p);
	link_to(k, p, false);
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	if (k->down.reason == DL3_REASON_NOT_DEVLINK3)
		assert_non_null(strstr(k->advice, "that port wants TLS: use devlink3s://127.0.0.1:"));
	else
		assert_non_null(strstr(k->advice, "does that port want TLS?"));
	link_end(k);
	pbx_end(p);
}

/* ---- Handshakes that do not end ---- */

static void handshake_that_is_not_answered_is_given_up(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	hand_link(h, k, p, "devlink3s");
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	dl3i_owner_set_times(&k->link->owner, 30, 20);
	hand_accept(h, p);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	assert_non_null(strstr(k->detail, "took too long"));
	hand_end(h, k, p);
}

static void handshake_that_is_closed_is_told(void **state)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	hand_link(h, k, p, "devlink3s");
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	hand_accept(h, p);
	UNTIL((take(&h->c), h->c.len > 0));
	hang_up(&h->c);
	UNTIL(k->down.reason != DL3_REASON_NONE);
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	assert_non_null(strstr(k->detail, "instead of agreeing on TLS"));
	hand_end(h, k, p);
}

static void stopped_and_freed_in_the_handshake(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pbx pbx, *p = &pbx;
		struct linked link, *k = &link;
		struct hand hand, *h = &hand;
		hand_link(h, k, p, "devlink3s");
		link_begin(k);
		hand_accept(h, p);
		UNTIL((take(&h->c), h->c.len > 0));
		assert_null(dl3_link_session(k->link));
		if (i == 0) {
			dl3_link_stop(k->link);
			UNTIL(IN_STATE(k, DL3_LINK_STOPPED));
			assert_int_equal(k->down.reason, DL3_REASON_OWNER);
		}
		hand_end(h, k, p);
	}
}

/* A PBX that has not been updated for a decade. */
static void old_version_is_refused(void **state)
{
	struct secure secure, *s = &secure;
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;
	struct hand hand, *h = &hand;

	(void)state;
	secure_begin(s, &good);
	hand_link(h, k, p, "devlink3s");
	k->config.tls = &s->client;
	k->config.retry_min_ms = k->config.retry_max_ms = 600000;
	link_begin(k);
	hand_accept(h, p);
	h->c.ctx = SSL_CTX_new(TLS_server_method());
	assert_non_null(h->c.ctx);
	(void)SSL_CTX_set_min_proto_version(h->c.ctx, TLS1_VERSION);
	(void)SSL_CTX_set_max_proto_version(h->c.ctx, TLS1_1_VERSION);
	(void)SSL_CTX_set_cipher_list(h->c.ctx, "ALL:@SECLEVEL=0");
	assert_int_equal(SSL_CTX_use_certificate_chain_file(h->c.ctx, s->server.certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(h->c.ctx, s->server.key, SSL_FILETYPE_PEM), 1);
	h->c.ssl = SSL_new(h->c.ctx);
	assert_int_equal(SSL_set_fd(h->c.ssl, h->c.fd), 1);
	UNTIL(((void)SSL_accept(h->c.ssl), ERR_clear_error(), k->down.reason != DL3_REASON_NONE));
	assert_int_equal(k->down.reason, DL3_REASON_TLS);
	assert_non_null(strstr(k->detail, "version"));
	assert_int_equal(k->out.len, 0);
	hand_end(h, k, p);
	event_base_free(s->pbx.base);
	certs_end(&s->certs);
}

/* ---- Configurations that cannot be ---- */

static void bad(struct dl3_tls_client client, const char *what)
{
	struct pbx pbx, *p = &pbx;
	struct linked link, *k = &link;

	pbx_prepare(p);
	link_prepare(k, p, "devlink3s://app@127.0.0.1");
	k->config.tls = &client;
	k->link = dl3_link_new(p->base, &k->config, k->error, sizeof(k->error));
	assert_null(k->link);
	if (!strstr(k->error, what))
		fail_msg("'%s' was expected, '%s' came", what, k->error);
	event_base_free(p->base);
}

static void bad_configurations_are_refused(void **state)
{
	static const struct cert_of client = { "client", NULL, -3600, 3600, false };
	static const char pair[] = "AB:cd:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:"
				   "AB:CD:EF:01:23:45:67:8";
	static char name[400];
	struct certs c;

	(void)state;
	certs_begin(&c);
	bad((struct dl3_tls_client){ .ca_file = "/nonexistent/ca.pem" }, "/nonexistent/ca.pem");
	bad((struct dl3_tls_client){ .ca_file = c.key_file }, c.key_file);
	bad((struct dl3_tls_client){ .fingerprint = "" }, "64 hexadecimal digits");
	bad((struct dl3_tls_client){ .fingerprint = "abc" }, "this is not: abc");
	bad((struct dl3_tls_client){ .fingerprint = pair }, "64 hexadecimal digits");
	bad((struct dl3_tls_client){ .key = c.key_file }, "a private key needs its certificate");
	bad((struct dl3_tls_client){ .certificate = c.ca_file }, "use the private key");
	bad((struct dl3_tls_client){ .certificate = certs_file(&c, &client, NULL), .key = c.ca_file },
	    "use the private key");
	/* No name would mean that any is good. */
	bad((struct dl3_tls_client){ .name = "" }, "name");
	memset(name, 'n', sizeof(name) - 1);
	bad((struct dl3_tls_client){ .name = name }, "name");
	certs_end(&c);
}

DL3T_TESTS(cmocka_unit_test(authority_is_trusted), cmocka_unit_test(authority_of_the_system_is_trusted),
           cmocka_unit_test(name_to_expect_may_be_given), cmocka_unit_test(plain_challenge_is_answered),
           cmocka_unit_test(pinned_certificate_is_trusted),
           cmocka_unit_test(fingerprint_that_is_advised_is_the_one_to_pin),
           cmocka_unit_test(reconnects_with_tls), cmocka_unit_test(unknown_authority_is_refused),
           cmocka_unit_test(wrong_pin_is_refused), cmocka_unit_test(certificate_of_another_host_is_refused),
           cmocka_unit_test(expired_certificate_is_refused),
           cmocka_unit_test(certificate_that_is_not_yet_valid_is_refused),
           cmocka_unit_test(names_are_shown_without_controls), cmocka_unit_test(own_certificate_is_shown),
           cmocka_unit_test(missing_certificate_of_ours_is_told),
           cmocka_unit_test(certificate_of_ours_that_is_not_trusted_is_told),
           cmocka_unit_test(port_in_the_clear_is_told), cmocka_unit_test(port_of_something_else_is_told),
           cmocka_unit_test(port_with_tls_is_told),
           cmocka_unit_test(handshake_that_is_not_answered_is_given_up),
           cmocka_unit_test(handshake_that_is_closed_is_told),
           cmocka_unit_test(stopped_and_freed_in_the_handshake), cmocka_unit_test(old_version_is_refused),
           cmocka_unit_test(bad_configurations_are_refused));
