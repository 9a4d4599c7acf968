/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recv and send, or SSL_read and SSL_write, behind one face; errors become an io_rc here. */
#include "daemon/conn_io.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/tls.h"

void conn_io_init(struct conn_io *io, int fd)
{
	*io = (struct conn_io){.fd = fd};
}

void conn_io_fini(struct conn_io *io)
{
	SSL_free(io->ssl);
	io->ssl = NULL;
	if (io->fd >= 0)
		close(io->fd);
	io->fd = -1;
}

static int sys_failed(struct conn_io *io, int error)
{
	if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
		return IO_AGAIN;
	snprintf(io->why, sizeof io->why, "%s", strerror(error));
	return IO_FAILED;
}

/* error is errno as the SSL call left it. */
static int ssl_failed(struct conn_io *io, int rc, int error)
{
	switch (SSL_get_error(io->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return IO_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		io->wait_write = true;
		return IO_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return IO_EOF;
	case SSL_ERROR_SYSCALL:
		if (error == 0)
			return IO_EOF;
		snprintf(io->why, sizeof io->why, "%s", strerror(error));
		return IO_FAILED;
	default:
		break;
	}
	long verified = SSL_is_server(io->ssl) ? X509_V_OK : SSL_get_verify_result(io->ssl);

	if (verified != X509_V_OK)
		snprintf(io->why, sizeof io->why, "TLS: certificate: %s",
			X509_verify_cert_error_string(verified));
	else
		snprintf(io->why, sizeof io->why, "TLS: %s", tls_reason());
	return IO_FAILED;
}

static void ssl_ready(struct conn_io *io)
{
	ERR_clear_error();
	errno = 0;
	io->wait_write = false;
}

static int int_len(size_t n)
{
	return n < INT_MAX ? (int)n : INT_MAX;
}

long conn_io_read(struct conn_io *io, char *out, size_t n)
{
	io->drained = true;
	if (io->ssl) {
		ssl_ready(io);
		int rc = SSL_read(io->ssl, out, int_len(n));

		if (rc <= 0)
			return ssl_failed(io, rc, errno);
		/* after a full record there is probably another one in the socket */
		io->drained = rc < SSL3_RT_MAX_PLAIN_LENGTH && !conn_io_pending(io);
		return rc;
	}
	ssize_t got = recv(io->fd, out, n, 0);
	if (got == 0)
		return IO_EOF;
	if (got < 0)
		return sys_failed(io, errno);
	io->drained = (size_t)got < n;
	return got;
}

long conn_io_write(struct conn_io *io, struct slice s)
{
	if (io->ssl) {
		ssl_ready(io);
		int rc = SSL_write(io->ssl, s.p, int_len(s.len));

		return rc > 0 ? rc : ssl_failed(io, rc, errno);
	}
	ssize_t sent = send(io->fd, s.p, s.len, MSG_NOSIGNAL);
	return sent >= 0 ? sent : sys_failed(io, errno);
}

int conn_io_handshake(struct conn_io *io)
{
	ssl_ready(io);
	int rc = SSL_do_handshake(io->ssl);

	return rc == 1 ? 0 : ssl_failed(io, rc, errno);
}

bool conn_io_pending(const struct conn_io *io)
{
	return io->ssl && SSL_has_pending(io->ssl) == 1;
}

void conn_io_finish(struct conn_io *io)
{
	if (io->ssl && SSL_is_init_finished(io->ssl)) {
		ERR_clear_error();
		(void)SSL_shutdown(io->ssl);
	}
	shutdown(io->fd, SHUT_WR);
}
