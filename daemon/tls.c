/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SSL_CTX for doors and links.  A reload makes new contexts and swaps them under a mutex; open
 * conversations keep the old ones through OpenSSL's reference counts.
 */
#include "daemon/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

#include "proto/base/mem.h"

struct tls {
	pthread_mutex_t lock;
	SSL_CTX *server; /* NULL: no certificate */
	SSL_CTX *client;
};

static int untrusted_index = -1; /* SSL ex_data: the certificate was not vouched for */

const char *tls_reason(void)
{
	unsigned long e = ERR_get_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return text ? text : "unknown reason";
}

struct tls *tls_new(void)
{
	struct tls *t = mem_new(struct tls);

	pthread_mutex_init(&t->lock, NULL);
	if (untrusted_index < 0)
		untrusted_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return t;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->server);
	SSL_CTX_free(t->client);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* Doors take any certificate; one that does not verify gives no name. */
static int note_untrusted(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());

	if (!ok)
		SSL_set_ex_data(ssl, untrusted_index, ssl);
	return 1;
}

static SSL_CTX *ctx_new(const SSL_METHOD *method, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx) {
		err_set(err, KERR_IO, "TLS: %s", tls_reason());
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	return ctx;
}

static int load_pair(SSL_CTX *ctx, const struct conf *c, struct err *err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, c->tls.certificate) != 1)
		return err_set(err, KERR_INVALID, "tls.certificate: %s: %s", c->tls.certificate,
			tls_reason());
	if (SSL_CTX_use_PrivateKey_file(ctx, c->tls.key, SSL_FILETYPE_PEM) != 1)
		return err_set(err, KERR_INVALID, "tls.key: %s: %s", c->tls.key, tls_reason());
	if (SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, KERR_INVALID, "tls.key: %s: is not the key of %s", c->tls.key,
			c->tls.certificate);
	return 0;
}

static int load_ca(SSL_CTX *ctx, const struct conf *c, struct err *err)
{
	if (SSL_CTX_load_verify_file(ctx, c->tls.ca) != 1)
		return err_set(err, KERR_INVALID, "tls.ca: %s: %s", c->tls.ca, tls_reason());
	return 0;
}

static int make_server(const struct conf *c, SSL_CTX **out, struct err *err)
{
	SSL_CTX *ctx = ctx_new(TLS_server_method(), err);
	int rc = ctx ? load_pair(ctx, c, err) : KERR_IO;

	if (rc == 0 && c->tls.ca[0] != '\0') {
		rc = load_ca(ctx, c, err);
		SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(c->tls.ca));
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, note_untrusted);
	}
	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*out = ctx;
	return 0;
}

/* Without tls.ca the system's authorities vouch for servers. */
static int make_client(const struct conf *c, SSL_CTX **out, struct err *err)
{
	SSL_CTX *ctx = ctx_new(TLS_client_method(), err);
	int rc = ctx ? 0 : KERR_IO;

	if (rc == 0 && c->tls.certificate[0] != '\0')
		rc = load_pair(ctx, c, err);
	if (rc == 0 && c->tls.ca[0] != '\0')
		rc = load_ca(ctx, c, err);
	else if (rc == 0)
		SSL_CTX_set_default_verify_paths(ctx);
	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	*out = ctx;
	return 0;
}

int tls_load(struct tls *t, const struct conf *c, struct err *err)
{
	SSL_CTX *server = NULL, *client = NULL;
	int rc = make_client(c, &client, err);

	if (rc == 0 && c->tls.certificate[0] != '\0')
		rc = make_server(c, &server, err);
	if (rc < 0) {
		SSL_CTX_free(client);
		return rc;
	}
	pthread_mutex_lock(&t->lock);
	SSL_CTX *old_server = t->server, *old_client = t->client;
	t->server = server;
	t->client = client;
	pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(old_server);
	SSL_CTX_free(old_client);
	return 0;
}

bool tls_ready(struct tls *t)
{
	pthread_mutex_lock(&t->lock);
	bool ready = t->server != NULL;
	pthread_mutex_unlock(&t->lock);
	return ready;
}

static SSL *ssl_new(struct tls *t, SSL_CTX *const *ctx, int fd)
{
	pthread_mutex_lock(&t->lock);
	SSL *ssl = *ctx ? SSL_new(*ctx) : NULL;
	pthread_mutex_unlock(&t->lock);
	if (ssl && SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

SSL *tls_server(struct tls *t, int fd)
{
	SSL *ssl = ssl_new(t, &t->server, fd);

	if (ssl)
		SSL_set_accept_state(ssl);
	return ssl;
}

SSL *tls_client(struct tls *t, int fd, const char *name)
{
	SSL *ssl = ssl_new(t, &t->client, fd);

	if (!ssl)
		return NULL;
	SSL_set_connect_state(ssl);
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (SSL_set1_host(ssl, name) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

/* A NUL inside would make "good.example" of "good.example\0.evil.example". */
static bool copy_name(const ASN1_STRING *s, char out[TLS_NAME_MAX + 1])
{
	struct slice name = slice_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));

	return name.len > 0 && slice_cstr(name, out, TLS_NAME_MAX + 1);
}

/* 1: found; 0: the certificate has no DNS name; -1: it has one that cannot be */
static int dns_name(X509 *cert, char out[TLS_NAME_MAX + 1])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int found = 0;

	for (int i = 0; found == 0 && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_DNS)
			found = copy_name(n->d.dNSName, out) ? 1 : -1;
	}
	GENERAL_NAMES_free(names);
	return found;
}

static bool common_name(X509 *cert, char out[TLS_NAME_MAX + 1])
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	return at >= 0 &&
	       copy_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), out);
}

bool tls_peer_name(SSL *ssl, char out[TLS_NAME_MAX + 1])
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	out[0] = '\0';
	if (!cert || SSL_get_ex_data(ssl, untrusted_index))
		return false;
	int found = dns_name(cert, out);
	if (found == 0)
		found = common_name(cert, out);
	if (found != 1)
		out[0] = '\0';
	return found == 1;
}
