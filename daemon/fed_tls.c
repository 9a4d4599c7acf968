/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two contexts that differ in their side only.  A certificate is taken as it is: whether its key
 * may say anything is asked of the records, after the handshake.
 */
#include "daemon/fed_tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "daemon/tls.h"
#include "proto/base/mem.h"
#include "proto/fed/fed_id.h"

struct fed_tls {
	SSL_CTX *server, *client;
};

static const unsigned char alpn[] = "\x05kokod"; /* RFC 7301 section 3.1: length, name */

enum { ALPN_LEN = sizeof alpn - 1, READ_AHEAD = 64 * 1024 };

/* RFC 7301 section 3.2: no protocol in common is the end of the handshake. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg)
{
	unsigned char *chosen = NULL;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, alpn, ALPN_LEN, in, in_len) !=
		OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int take_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static SSL_CTX *context(const struct fed_keys *k, const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1); /* several records with one system call */
	SSL_CTX_set_default_read_buffer_len(ctx, READ_AHEAD);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_max_early_data(ctx, 0);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, take_any);
	if (SSL_CTX_use_certificate(ctx, k->cert) == 1 && SSL_CTX_use_PrivateKey(ctx, k->tls) == 1)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

int fed_tls_new(const struct fed_keys *k, struct fed_tls **out, struct err *err)
{
	struct fed_tls *t = mem_new(struct fed_tls);

	t->server = context(k, TLS_server_method());
	t->client = context(k, TLS_client_method());
	if (!t->server || !t->client || SSL_CTX_set_alpn_protos(t->client, alpn, ALPN_LEN) != 0) {
		fed_tls_free(t);
		return err_set(err, KERR_IO, "TLS of the peer port: %s", tls_reason());
	}
	SSL_CTX_set_alpn_select_cb(t->server, choose_alpn, NULL);
	*out = t;
	return 0;
}

void fed_tls_free(struct fed_tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->server);
	SSL_CTX_free(t->client);
	free(t);
}

static SSL *conversation(SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);

	if (ssl && SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

SSL *fed_tls_server(struct fed_tls *t, int fd)
{
	SSL *ssl = conversation(t->server, fd);

	if (ssl)
		SSL_set_accept_state(ssl);
	return ssl;
}

SSL *fed_tls_client(struct fed_tls *t, int fd)
{
	SSL *ssl = conversation(t->client, fd);

	if (ssl)
		SSL_set_connect_state(ssl);
	return ssl;
}

bool fed_tls_spki_of(const X509 *cert, struct fed_hash *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (n <= 0)
		return false;
	fed_hash_of(&(struct slice){(const char *)der, (size_t)n}, 1, out);
	OPENSSL_free(der);
	return true;
}

bool fed_tls_spki(SSL *ssl, struct fed_hash *out)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	return cert && fed_tls_spki_of(cert, out);
}

bool fed_tls_exporter(SSL *ssl, uint8_t out[FED_EXPORTER_LEN])
{
	return SSL_export_keying_material(ssl, out, FED_EXPORTER_LEN, FED_EXPORTER_LABEL,
		       sizeof FED_EXPORTER_LABEL - 1, NULL, 0, 0) == 1;
}
