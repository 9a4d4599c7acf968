/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mailstream_low driver on SSL_read and SSL_write.  The socket blocks, with a time-out in both
 * directions, so nothing waits for ever.
 */
#include "clients/net_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/mem.h"

struct tls {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
};

static struct tls *tls_of(mailstream_low *low)
{
	return low->data;
}

static ssize_t tls_read(mailstream_low *low, void *to, size_t n)
{
	int got = SSL_read(tls_of(low)->ssl, to, n > INT_MAX ? INT_MAX : (int)n);

	return got > 0 ? got : -1;
}

static ssize_t tls_write(mailstream_low *low, const void *from, size_t n)
{
	int sent = SSL_write(tls_of(low)->ssl, from, n > INT_MAX ? INT_MAX : (int)n);

	return sent > 0 ? sent : -1;
}

static void release(struct tls *t)
{
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

static int tls_close(mailstream_low *low)
{
	SSL_shutdown(tls_of(low)->ssl);
	return 0;
}

static void tls_free(mailstream_low *low)
{
	release(tls_of(low));
	free(low);
}

static int tls_fd(mailstream_low *low)
{
	return tls_of(low)->fd;
}

static void tls_cancel(mailstream_low *low)
{
	(void)low;
}

static mailstream_low_driver driver = {
	.mailstream_read = tls_read,
	.mailstream_write = tls_write,
	.mailstream_close = tls_close,
	.mailstream_get_fd = tls_fd,
	.mailstream_free = tls_free,
	.mailstream_cancel = tls_cancel,
};

static const char *last_error(void)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	return why ? why : "the connection was closed";
}

/* The certificate must carry this name, or this address. */
static bool expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	struct in6_addr address;

	if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

static int handshake(struct tls *t, const char *host, struct err *err)
{
	ERR_clear_error();
	if (SSL_set_fd(t->ssl, t->fd) != 1 || !expect_host(t->ssl, host))
		return err_set(err, KERR_IO, "%s: TLS: %s", host, last_error());
	if (SSL_connect(t->ssl) == 1)
		return 0;

	long verdict = SSL_get_verify_result(t->ssl);
	if (verdict != X509_V_OK)
		return err_set(err, KERR_DENIED, "%s: certificate: %s", host,
			X509_verify_cert_error_string(verdict));
	return err_set(err, KERR_IO, "%s: TLS: %s", host, last_error());
}

static int prepare(struct tls *t, const char *ca, struct err *err)
{
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx)
		return err_set(err, KERR_IO, "TLS: %s", last_error());
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_AUTO_RETRY);
	int known = ca ? SSL_CTX_load_verify_locations(t->ctx, ca, NULL)
		       : SSL_CTX_set_default_verify_paths(t->ctx);
	if (known != 1)
		return err_set(err, KERR_INVALID, "%s: %s", ca ? ca : "system", last_error());
	t->ssl = SSL_new(t->ctx);
	return t->ssl ? 0 : err_set(err, KERR_IO, "TLS: %s", last_error());
}

int net_tls_open(int fd, const char *host, const char *ca, mailstream_low **out, struct err *err)
{
	struct tls *t = mem_new(struct tls);

	t->fd = fd;
	int rc = prepare(t, ca, err);
	if (rc == 0)
		rc = handshake(t, host, err);
	if (rc == 0) {
		*out = mailstream_low_new(t, &driver);
		if (!*out)
			rc = err_set(err, KERR_IO, "out of memory");
	}
	if (rc < 0)
		release(t);
	return rc;
}
