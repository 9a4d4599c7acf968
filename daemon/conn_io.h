/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes in and out of a socket, with or without TLS on it.  Never blocks, knows no session and no
 * loop.  One thread.
 */
#ifndef DAEMON_CONN_IO_H
#define DAEMON_CONN_IO_H

#include <openssl/types.h>
#include <stdbool.h>

#include "proto/base/slice.h"

struct conn_io {
	int fd;
	SSL *ssl;        /* NULL: plain */
	bool wait_write; /* TLS can only go on when the socket takes bytes */
	bool drained;    /* the last read took all that the socket had */
	char why[96];    /* reason of IO_FAILED */
};

enum io_rc {
	IO_AGAIN = -1,  /* when the socket is ready */
	IO_EOF = -2,    /* the other end has finished */
	IO_FAILED = -3, /* io->why */
};

void conn_io_init(struct conn_io *io, int fd);

/* Close the socket; with TLS, without another word. */
void conn_io_fini(struct conn_io *io);

/* Bytes read or written (at least 1), or an io_rc.  n > 0. */
long conn_io_read(struct conn_io *io, char *out, size_t n);
long conn_io_write(struct conn_io *io, struct slice s);

/* One step of the handshake: 0 when it is done, or an io_rc. */
int conn_io_handshake(struct conn_io *io);

/* Bytes lie decrypted in memory, so that the socket will not tell of them. */
bool conn_io_pending(const struct conn_io *io);

/* Tell the other end that no more comes (close_notify, FIN). */
void conn_io_finish(struct conn_io *io);

#endif
