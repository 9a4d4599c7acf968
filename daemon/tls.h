/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS contexts: one for the doors, one for the links.  TLS 1.2 or later, no renegotiation, no
 * compression, no session tickets.
 *
 * Doors ask for a client certificate when tls.ca is set, and take any or none; only one that
 * tls.ca vouches for gives its owner a name.  Links demand that the server's certificate be vouched
 * for and carry the expected name.
 */
#ifndef DAEMON_TLS_H
#define DAEMON_TLS_H

#include <openssl/types.h>
#include <stdbool.h>

#include "conf/conf.h"

struct tls;

enum { TLS_NAME_MAX = 255 };

struct tls *tls_new(void);
void tls_free(struct tls *t);

/*
 * Read the files that c names and use them for connections from now on.  When that fails, what was
 * loaded before stays; *err names the file.  KERR_INVALID, KERR_IO
 */
NODISCARD int tls_load(struct tls *t, const struct conf *c, struct err *err);

/* There is a certificate: doors can speak TLS.  Any thread. */
bool tls_ready(struct tls *t);

/* A new conversation on fd; NULL when there is no certificate or no memory.  Any thread. */
SSL *tls_server(struct tls *t, int fd);

/* ... as client of a server whose certificate must carry `name`. */
SSL *tls_client(struct tls *t, int fd, const char *name);

/*
 * The first DNS name of the other end's certificate, or its common name when it has none; false
 * and "" when there is no certificate or it was not vouched for.
 */
bool tls_peer_name(SSL *ssl, char out[TLS_NAME_MAX + 1]);

/* The first reason in OpenSSL's queue of this thread, which is emptied; never NULL. */
const char *tls_reason(void);

#endif
